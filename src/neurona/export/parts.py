"""A network in parts, the form in which every export has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any, NamedTuple, TypeVar

import numpy as np

from neurona.engine import activations
from neurona.engine.activations import Activation
from neurona.engine.data import check_params
from neurona.engine.layers import (
    LAYERS,
    Activate,
    BatchNormalization,
    Dense,
    Dropout,
    Layer,
    LayerNormalization,
    Masked,
    Nothing,
    Sequential,
)
from neurona.engine.layers.base import in_words
from neurona.engine.layers.composition import Composition
from neurona.engine.layers.embedding import Embedding
from neurona.engine.layers.positions import (
    PositionalEncoding,
    PositionalEncodingParams,
    sinusoids,
)
from neurona.engine.network import Network, network
from neurona.engine.parameters import arrays
from neurona.engine.types import Array, Params, Shape

Form = TypeVar("Form")

# Neurona's own activations. Another one of the same name would be another function.
OWN: dict[str, Activation] = {
    one.name: one for one in vars(activations).values() if isinstance(one, Activation)
}
# The layers that become parts, by their kinds: each export's table has a row for each of them.
PARTS = (
    "Dense", "Conv", "LayerNormalization", "MaxPool", "AveragePool", "GlobalMaxPool",
    "GlobalAveragePool", "Flatten", "Reshape", "Upsample", "Activate", "SimpleRNN", "GRU", "LSTM",
    "Embedding", "PositionalEncoding", "MultiHeadAttention", "Concatenate", "Add", "Masked",
)  # fmt: skip
# And those that do not: a dropout has no part in a prediction, a batch normalization is folded or
# becomes a Scale, and the others are opened.
OPENED = ("Dropout", "BatchNormalization", "Sequential", "Network")
RECURRENT = ("SimpleRNN", "GRU", "LSTM")
FOLDABLE = ("Dense", "Conv", "Scale")  # y = x W + b, for each channel of y


class ScaleParams(NamedTuple):
    """A factor and a term for each channel: both ``(n,)``."""

    s: Array
    t: Array


class Scale(Layer, abstract=True):
    """y = s x + t, for each channel: a batch normalization that nothing before it can hold."""

    Params = ScaleParams


class Part(NamedTuple):
    """A layer without its activation, its parameters, and the activation of its output.

    Attributes
    ----------
    shape
        Of an example that it gets.
    branches
        The parts of each layer within, where the layer is made of layers side by side; of a
        Masked, those of its layers in a row, as one branch.
    """

    layer: Any
    params: Any
    activation: str
    shape: Shape
    branches: tuple[list[Part], ...] = ()

    @property
    def kind(self) -> str:
        """The layer's name, without axes, by which each export's table has a row for it."""
        return kind_of(type(self.layer))

    @property
    def axes(self) -> int:
        """1 for a layer of series, 2 for one of images."""
        return len(self.shape) - 1

    @property
    def n_in(self) -> int:
        """Numbers that the layer takes."""
        return prod(self.shape)

    @property
    def n_out(self) -> int:
        """Numbers that the layer gives."""
        return prod(self.layer.out_shape(self.shape))


def kind_of(layer: type[Layer]) -> str:
    """Return the name of a layer without the number of its axes: Conv for Conv1D and Conv2D."""
    return layer.__name__.removesuffix("1D").removesuffix("2D")


def dense(W: Array, b: Array, activation: str = "linear") -> Part:
    """Return a dense part with weights ``W (n_in, n_out)`` and ``b (n_out,)``."""
    n_in, n_out = W.shape
    return Part(Dense(n_out), Dense.Params(W, b), activation, (n_in,))


def parts_of(net: Network, params: Params, dtype: Any = np.float32) -> list[Part]:
    """Take a network and its parameters apart, or say which layer can't be exported.

    A dropout has no part in a prediction. A batch normalization multiplies and adds numbers that
    it has learned and measured, and so do weights and biases: it is folded into the dense layer or
    the convolution before it, W' = W s and b' = (b - mean) s + β, with s = γ / √(variance + ε).
    Elsewhere it becomes a :class:`Scale`, which is ``(s, β - mean s)``.

    Parameters
    ----------
    net, params
        A network, and its parameters, an entry for each layer.
    dtype
        What the numbers are taken to; None keeps their own.

    Raises
    ------
    ValueError
        If a layer or an activation is not one of neurona's own, or if the parameters do not fit the
        network or are not finite in this dtype.

    Examples
    --------
    >>> net = network([2, 3, 1], "tanh", output="sigmoid")
    >>> [(part.n_in, part.n_out, part.activation) for part in parts_of(net, net.init(0))]
    [(2, 3, 'tanh'), (3, 1, 'sigmoid')]
    """
    _check_layers(net, "")
    if dtype is None:
        first = arrays(check_params(net, params, None))[:1]
        dtype = np.float64 if first and first[0].dtype == np.float64 else np.float32
    return _parts(net, check_params(net, params, dtype), net.in_shape, dtype)


def _check_layers(composition: Any, before: str) -> None:
    """Check that each layer has a form elsewhere; ``before`` is the composition's place."""
    for i, layer in enumerate(composition.layers, start=1):
        kind = type(layer)
        known = [name for name, one in LAYERS.items() if kind_of(one) in (*PARTS, *OPENED)]
        if kind.__name__ not in known or not kind.__module__.startswith("neurona.engine."):
            raise ValueError(
                f"layer {before}{i} is a {kind.__name__}: the layers that can be exported are "
                f"{', '.join(known)}"
            )
        if isinstance(layer, Composition):
            _check_layers(layer, f"{before}{i}.")
        elif layer.activation != OWN.get(layer.activation.name):
            raise ValueError(
                f"layer {before}{i} has a custom activation, {layer.activation.name!r}, which only "
                f"neurona can run: the ones that can be exported are {', '.join(sorted(OWN))}"
            )


def _parts(composition: Any, params: Any, shape: Shape, dtype: Any) -> list[Part]:
    """Return the parts of a layer, from its stages."""
    parts: list[Part] = []
    for layer, own, _ in composition.stages(params):
        if isinstance(layer, BatchNormalization):
            if not parts or parts[-1].kind not in FOLDABLE or parts[-1].activation != "linear":
                neutral = ScaleParams(np.ones_like(own.mean), np.zeros_like(own.mean))
                parts.append(Part(Scale(), neutral, "linear", shape))
            parts[-1] = _folded(parts[-1], layer, own)
        elif isinstance(layer, Activate) and parts and parts[-1].activation == "linear":
            parts[-1] = parts[-1]._replace(activation=layer.activation.name)
        elif isinstance(layer, Activate):
            identity = Activate(OWN["linear"])
            parts.append(Part(identity, own, layer.activation.name, shape))
        elif not isinstance(layer, Dropout):
            parts.append(_part(layer, own, shape, dtype))
        shape = layer.out_shape(shape)
    return parts


def _part(layer: Any, params: Any, shape: Shape, dtype: Any) -> Part:
    """Return the part of a layer; of a composition, the branches have the parameters.

    Tables are written out: the waves of positions, and the zeros of an embedding's index 0.
    """
    if isinstance(layer, PositionalEncoding) and not layer.learned:
        params = PositionalEncodingParams(sinusoids(*shape, dtype))
    if isinstance(layer, Embedding) and layer.mask_zero:
        is_word = np.arange(layer.n_in)[:, None] > 0
        params = params._replace(W=np.where(is_word, params.W, 0).astype(dtype))
    if not isinstance(layer, Composition):
        return Part(layer, params, "linear", shape)
    if isinstance(layer, Masked):
        branches: tuple[list[Part], ...] = (_parts(Sequential(layer.layers), params, shape, dtype),)
    else:
        inner = zip(layer.layers, params, strict=True)
        branches = tuple(_parts(one, its, shape, dtype) for one, its in inner)
    return Part(layer, Nothing(), "linear", shape, branches)


def _folded(part: Part, layer: Any, params: Any) -> Part:
    """Put a batch normalization into the weights before it; in float64, then rounded once."""
    gamma, beta, mean, variance = (array.astype(np.float64) for array in params)
    s = gamma / np.sqrt(variance + layer.epsilon)
    W, b = part.params
    with np.errstate(over="ignore"):  # beyond float32: found infinite, and said
        W, b = (W * s).astype(W.dtype), ((b - mean) * s + beta).astype(W.dtype)
    if not (np.isfinite(W).all() and np.isfinite(b).all()):
        raise ValueError(
            "a batch normalization makes weights of this network that are not finite in "
            f"{W.dtype}: its variance is too small"
        )
    return part._replace(params=type(part.params)(W, b))


def padding_of(part: Part) -> tuple[tuple[int, int], ...]:
    """Return how much padding a convolution or a pooling has before and after each side.

    Examples
    --------
    >>> from neurona.engine.layers import MaxPool2D
    >>> padding_of(Part(MaxPool2D(2, padding="same"), Nothing(), "linear", (4, 5, 1)))
    ((0, 0), (0, 1))
    """
    margins: tuple[tuple[int, int], ...] = part.layer.windows.margins(part.shape[:-1])
    return margins


def gates(array: Array, order: Sequence[int]) -> Array:
    """Return the gates of a recurrence, side by side in its weights, in another order.

    >>> gates(np.array([[1, 2, 3, 4, 5, 6]]), (1, 0, 2))
    array([[3, 4, 1, 2, 5, 6]])
    """
    each = np.split(array, len(order), axis=-1)
    return np.concatenate([each[i] for i in order], axis=-1)


def both_directions(part: Part) -> tuple[Part, Part] | None:
    """Return the branches of a part, if they are one recurrence in both directions."""
    if part.kind != "Concatenate" or [len(branch) for branch in part.branches] != [1, 1]:
        return None
    one, other = (branch[0] for branch in part.branches)
    plain = one.kind in RECURRENT and not (one.layer.go_backwards or one.layer.mask_zero)
    linear = one.activation == other.activation == "linear"
    backwards = plain and other.layer == replace(one.layer, go_backwards=True)
    return (one, other) if linear and backwards else None


def every(parts: Sequence[Part]) -> Iterator[Part]:
    """Yield each part, and those within it."""
    for part in parts:
        yield part
        for branch in part.branches:
            yield from every(branch)


def network_of(parts: Sequence[Part]) -> tuple[Network, Params]:
    """Put dense parts together to a network and its parameters.

    Examples
    --------
    >>> net, params = network_of([dense(np.eye(2), np.zeros(2), "relu")])
    >>> net.predict(params, [[-1, 2]])
    array([[0., 2.]])
    """
    widths = [parts[0].n_in, *(part.n_out for part in parts)]
    return network(widths, [part.activation for part in parts]), tuple(p.params for p in parts)


def form_of(what: str, forms: Mapping[str, Form], where: str) -> Form:
    """Return the form of a layer or an activation elsewhere, or say that it has none there.

    Examples
    --------
    >>> form_of("relu", {"relu": "nn.ReLU()"}, "PyTorch")
    'nn.ReLU()'
    >>> form_of("mish", {"relu": "nn.ReLU()"}, "PyTorch")
    Traceback (most recent call last):
    ValueError: 'mish' has no form in PyTorch; these have: relu
    """
    if what not in forms:
        raise ValueError(f"{what!r} has no form in {where}; these have: {', '.join(sorted(forms))}")
    return forms[what]


def topology_of(parts: Sequence[Part]) -> str:
    """Write the shapes as one speaks of them.

    Examples
    --------
    >>> topology_of([dense(np.zeros((2, 4)), np.zeros(4), "tanh")])
    '2-4'
    """
    if all(isinstance(part.layer, Dense | LayerNormalization | Scale) for part in parts):
        dense_ones = [part for part in parts if isinstance(part.layer, Dense)]
        return "-".join(map(str, [parts[0].n_in, *(part.n_out for part in dense_ones)]))
    last = parts[-1]
    return f"from {in_words(parts[0].shape)} to {in_words(last.layer.out_shape(last.shape))}"
