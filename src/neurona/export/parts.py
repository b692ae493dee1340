"""A network in parts: what every export takes apart, and every import puts together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from neurona.engine import activations
from neurona.engine.activations import Activation
from neurona.engine.data import check_params
from neurona.engine.layers.dense import Dense, DenseParams
from neurona.engine.layers.dropout import Dropout
from neurona.engine.layers.normalization import BatchNormalization, LayerNormalization
from neurona.engine.network import Network, network
from neurona.engine.types import Array, Params

Form = TypeVar("Form")

# Neurona's own activations. Another one of the same name would be another function.
OWN: dict[str, Activation] = {
    one.name: one for one in vars(activations).values() if isinstance(one, Activation)
}


class Normal(NamedTuple):
    """A layer normalization of an example's sums: ``gamma`` and ``beta (n,)``, and epsilon."""

    gamma: Array
    beta: Array
    epsilon: float


class Part(NamedTuple):
    """A dense layer: ``W (n_in, n_out)``, ``b (n_out,)`` and the name of its activation.

    Where the sums are normalized before the activation, ``normal`` tells how.
    """

    W: Array
    b: Array
    activation: str
    normal: Normal | None = None

    @property
    def n_in(self) -> int:
        """Numbers that the layer takes."""
        return int(self.W.shape[0])

    @property
    def n_out(self) -> int:
        """Numbers that the layer gives."""
        return int(self.W.shape[1])


def parts_of(net: Network, params: Params, dtype: Any = np.float32) -> list[Part]:
    """Take a network and its parameters apart, or say what can't be exported.

    A dropout has no part in an answer. A batch normalization multiplies and adds what it has
    learnt and remembers, and so do weights and biases: it is folded into the dense layer before it,
    W' = W s and b' = (b - mean) s + β, with s = γ / √(variance + ε).

    Parameters
    ----------
    net, params
        A network, and its parameters, an entry for each layer.
    dtype
        What the numbers are taken to; None keeps their own.

    Raises
    ------
    ValueError
        If a layer is not one of neurona's own, or an activation isn't, or if the parameters do not
        fit the network or are not finite in this dtype.

    Examples
    --------
    >>> net = network([2, 3, 1], "tanh", output="sigmoid")
    >>> [(part.n_in, part.n_out, part.activation) for part in parts_of(net, net.init(0))]
    [(2, 3, 'tanh'), (3, 1, 'sigmoid')]
    """
    for i, layer in enumerate(net.layers, start=1):
        if not isinstance(layer, Dense | Dropout | BatchNormalization | LayerNormalization):
            kind = type(layer).__name__
            raise ValueError(
                f"layer {i} is a {kind}: what can be exported is Dense, Dropout, "
                "BatchNormalization and LayerNormalization"
            )
        if isinstance(layer, Dropout):
            continue
        if layer.activation != OWN.get(layer.activation.name):
            raise ValueError(
                f"layer {i} has an activation of your own, {layer.activation.name!r}, which only "
                f"neurona can run: the ones that can be exported are {', '.join(sorted(OWN))}"
            )
    checked = check_params(net, params, np.float64 if dtype is None else dtype)
    if dtype is None and np.asarray(params[0][0]).dtype != np.float64:
        checked = check_params(net, params, np.float32)
    parts: list[Part] = []
    for layer, own in zip(net.layers, checked, strict=True):
        if isinstance(layer, Dense):
            parts.append(Part(own.W, own.b, layer.activation.name))
        elif not isinstance(layer, Dropout):
            *before, last = parts
            if last.activation != "linear" or last.normal:  # nothing to put it into: a part alone
                before, last = parts, _identity(last.n_out, last.W.dtype)
            fold = _normalized if isinstance(layer, LayerNormalization) else _folded
            parts = [*before, fold(last, layer, own)._replace(activation=layer.activation.name)]
    return parts


def _identity(n: int, dtype: Any) -> Part:
    return Part(np.eye(n, dtype=dtype), np.zeros(n, dtype), "linear")


def _normalized(part: Part, layer: Any, params: Any) -> Part:
    return part._replace(normal=Normal(params.gamma, params.beta, float(layer.epsilon)))


def _folded(part: Part, layer: Any, params: Any) -> Part:
    """Put a batch normalization into the weights before it; in float64, then rounded once."""
    gamma, beta, mean, variance = (array.astype(np.float64) for array in params)
    s = gamma / np.sqrt(variance + layer.epsilon)
    W, b, dtype = part.W * s, (part.b - mean) * s + beta, part.W.dtype
    with np.errstate(over="ignore"):  # beyond float32: found infinite, and said
        W, b = W.astype(dtype), b.astype(dtype)
    if not (np.isfinite(W).all() and np.isfinite(b).all()):
        raise ValueError(
            f"a batch normalization makes weights of this network that are no finite {dtype}: "
            "its variance is too small"
        )
    return part._replace(W=W, b=b)


def network_of(parts: Sequence[Part]) -> tuple[Network, Params]:
    """Put parts together to a network and its parameters.

    Examples
    --------
    >>> net, params = network_of([Part(np.eye(2), np.zeros(2), "relu")])
    >>> net.predict(params, [[-1, 2]])
    array([[0., 2.]])
    """
    net = network(
        [parts[0].n_in, *(part.n_out for part in parts)], [part.activation for part in parts]
    )
    return net, tuple(DenseParams(part.W, part.b) for part in parts)


def form_of(activation: str, forms: Mapping[str, Form], where: str) -> Form:
    """Return what an activation is called elsewhere, or say that it has no name there.

    Examples
    --------
    >>> form_of("relu", {"relu": "nn.ReLU()"}, "PyTorch")
    'nn.ReLU()'
    >>> form_of("mish", {"relu": "nn.ReLU()"}, "PyTorch")
    Traceback (most recent call last):
    ValueError: the activation 'mish' has no form in PyTorch; these have: relu
    """
    if activation not in forms:
        raise ValueError(
            f"the activation {activation!r} has no form in {where}; "
            f"these have: {', '.join(sorted(forms))}"
        )
    return forms[activation]


def topology_of(parts: Sequence[Part]) -> str:
    """Write the widths as one speaks of them.

    Examples
    --------
    >>> topology_of([Part(np.zeros((2, 4)), np.zeros(4), "tanh")])
    '2-4'
    """
    return "-".join(str(width) for width in [parts[0].n_in, *(part.n_out for part in parts)])
