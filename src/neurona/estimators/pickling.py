"""Let a network be pickled, and a divergence be told across processes.

A registered activation is pickled by its name: its function is hidden behind the
:class:`Activation` of the same name, where pickle does not find it. A custom activation that is not
registered is pickled as it is, if its function is found in its module.
"""

from __future__ import annotations

import copyreg
from typing import Any

from neurona.engine.activations import ACTIVATIONS, Activation, find_activation
from neurona.engine.divergence import TrainingDiverged


def reduce_activation(activation: Activation) -> tuple[Any, ...]:
    """Return what makes the activation again.

    >>> import pickle
    >>> relu = find_activation("relu")
    >>> pickle.loads(pickle.dumps(relu)) is relu
    True
    """
    if ACTIVATIONS.get(activation.name) is activation:
        return find_activation, (activation.name,)
    return Activation, (activation.name, activation.function, activation.gain)


copyreg.pickle(Activation, reduce_activation)


def reduce_divergence(error: TrainingDiverged) -> tuple[Any, ...]:
    """Return what makes the error again: its message is made of more than it keeps."""
    return TrainingDiverged.__new__, (TrainingDiverged, *error.args), vars(error)


copyreg.pickle(TrainingDiverged, reduce_divergence)
