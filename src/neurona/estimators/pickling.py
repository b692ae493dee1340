"""Lets a network be pickled: an activation that everybody knows, by its name.

The function of one is hidden behind the :class:`Activation` of the same name, where pickle looks
for it in vain. One of a person's own is pickled as it is, its function being found in its module.
"""

from __future__ import annotations

import copyreg
from typing import Any

from neurona.engine.activations import ACTIVATIONS, Activation, find_activation


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
