"""``neurona.save`` and ``neurona.load``: a network or an estimator, in one file.

:mod:`neurona.files.codec` turns what describes a model into JSON and back,
:mod:`neurona.files.storage` puts it into a file beside the arrays. A network needs no scikit-learn.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from neurona.engine.network import Network
from neurona.files.network import encoded, read
from neurona.files.storage import ModelFileError
from neurona.saving import replace

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from neurona.engine.costs import Cost
    from neurona.engine.state import State
    from neurona.engine.types import Params

__all__ = ["ModelFileError", "load", "load_state", "save"]


def save(
    file: str | os.PathLike[str] | IO[bytes],
    net: Any,
    params: Params | State | None = None,
    *,
    cost: str | Cost | None = None,
    notes: Mapping[str, Any] | None = None,
) -> None:
    """Write a network with its parameters, or a fitted estimator, into one file.

    A file of that name is replaced once the new one is complete and on the disk.

    Parameters
    ----------
    file
        Its path, whose name usually ends in ``.safetensors``, or a binary file to write into.
    net
        A network, or a fitted :class:`~neurona.NeuralNetClassifier` or
        :class:`~neurona.NeuralNetRegressor`.
    params
        The network's parameters, such as ``state.params``; or a state, from which a training goes
        on after :func:`load_state`. An estimator has its own.
    cost
        The cost that the network was trained with, for further training.
    notes
        Anything that JSON can hold.

    Raises
    ------
    ValueError
        If something does not fit, or is code without a known name.
    OSError
        If the file can't be written.
    MissingExtra
        If safetensors is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from neurona import NeuralNetClassifier
    >>> pets = [[4.0, "long"], [25.0, "short"], [5.0, None], [30.0, "short"]]
    >>> net = NeuralNetClassifier(random_state=0).fit(pets, ["cat", "dog", "cat", "dog"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/pets.safetensors", net)
    ...     again = load(f"{folder}/pets.safetensors")
    >>> again.predict([[3.5, "wiry"]])
    array(['cat'], dtype='<U3')
    """
    if isinstance(net, Network):
        if params is None:
            raise ValueError("a network is saved with its parameters: give state.params")
        data = encoded(net, params, cost, notes)
    elif not hasattr(net, "get_params"):
        raise ValueError(
            f"cannot save a {type(net).__name__}: pass a network with its parameters, or a fitted "
            "NeuralNetClassifier or NeuralNetRegressor"
        )
    elif params is not None or cost is not None:
        raise ValueError("an estimator has its own parameters and cost: give it alone")
    else:
        from neurona.files import estimator

        data = estimator.encoded(net, notes)
    if hasattr(file, "write"):
        file.write(data)
    else:
        replace(Path(file), data)


def load(path: str | os.PathLike[str]) -> Any:
    """Return the content of a file: a network and its parameters, or an estimator.

    Nothing of the file is run, and no more memory is taken than the file is long.

    Raises
    ------
    ModelFileError
        If it is not a safetensors file, is cut or altered, comes from a later version of the
        format, or holds parts that don't fit together.
    OSError
        If the file can't be read.
    MissingExtra
        If safetensors is not installed; for an estimator, if scikit-learn isn't.
    """
    model = read(path)
    if model.estimator is None:
        return model.net, model.params
    from neurona.files.estimator import estimator_of

    return estimator_of(path, model)


def load_state(path: str | os.PathLike[str]) -> tuple[Network, State]:
    """Return a network and the state of its training, as :func:`save` was given them.

    :func:`neurona.train` goes on from it as if it had never stopped, given the same data and
    settings.

    Raises
    ------
    ModelFileError, OSError, MissingExtra
        As :func:`load`; and if the file holds parameters alone.

    Examples
    --------
    >>> import neurona, tempfile
    >>> net, X, y = neurona.network([1, 3, 1], "tanh", output="linear"), [[0], [1], [2]], [1, 3, 2]
    >>> _, half, whole = neurona.train(net, X, y, steps=20, every=10, batch_size=2, rng=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/half.safetensors", net, half)
    ...     net, half = load_state(f"{folder}/half.safetensors")
    >>> *_, state = neurona.train(net, X, y, steps=10, batch_size=2, start=half)
    >>> state.step, bool((state.params[0].W == whole.params[0].W).all())
    (20, True)
    """
    model = read(path)
    if model.state is None:
        raise ModelFileError(f"{path} holds no state of a training: neurona.load reads it")
    return model.net, model.state
