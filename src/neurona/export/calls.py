"""The notes of an import: the calls of a model, and where each of its arrays comes from.

PyTorch and Keras say the same layers in ways of their own; here each is said once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from neurona.engine import layers as ours
from neurona.engine.layers import Layer
from neurona.engine.types import Array, Shape
from neurona.export.parts import gates

# Where each number of the model's array stands in neurona's example.
Places: TypeAlias = Array
# Places of a zero and of -∞, which were added, and of a number that no layer gives.
ZERO, LEAST, GONE = -1, -2, -3

EXAMPLES = 3  # with which a model is read
TINY = 1e-30  # an epsilon that changes nothing, where what is imported has none
CONVOLUTIONS = (ours.Conv1D, ours.Conv2D)
MEANS = ours.GlobalAveragePool1D(), ours.GlobalAveragePool2D()
LARGEST = ours.GlobalMaxPool1D(), ours.GlobalMaxPool2D()


@dataclass(frozen=True, eq=False)
class Value:
    """An array that the model makes of its input."""

    what: str  # made it, as it is called in an error
    inputs: tuple[Value, ...] = ()  # that it was made of; none for the input of the model
    function: Callable[..., Any] = lambda x: x  # from arrays, one for each input, to this one
    step: Any = None  # a Call, a Pool, a Merge or a Move; None for anything else


@dataclass(frozen=True)
class Call:
    """A layer of neurona with its parameters, in float64, and how it expects the examples."""

    layer: Any  # a Dense becomes a convolution of size 1 where examples are series or images
    params: Any = ()
    channels_first: bool = False  # before the other axes of an example
    axis: int | None = 0  # of the examples; None: any but the last
    told: bool = False  # by something else than zeros which steps are padding


@dataclass(frozen=True)
class Pool:
    """A call that takes the mean, the sum or the maximum along axes of the model's array."""

    layers: tuple[Layer, Layer]  # neurona's, for series and for images
    axes: tuple[int, ...]
    keeps: bool = False  # the axes, of length 1
    total: bool = False  # the sum, and not the mean


@dataclass(frozen=True)
class Merge:
    """A call that puts values together: ``Add``, or ``Concatenate`` along an axis of the arrays.

    With ``mean``, what is added up is divided by the number of values.

    A ``Masked`` puts zeros into the first value where a step of the second is padding.
    """

    layer: Any
    axis: int = -1
    mean: bool = False


@dataclass(frozen=True)
class Move:
    """A call that moves numbers, leaves some out or adds zeros, and can do so with places."""

    function: Callable[[Places], Places]  # of EXAMPLES examples


# ---------------------------------------------------- layers as both libraries have their numbers


def convolution(W: Array, b: Array, first: bool, **windows: Any) -> Call:
    """Return a convolution with ``W (*size, n_in / groups, n_out)``, and its windows."""
    size = W.shape[:-2]
    if len(size) > 2:
        raise ValueError("neurona has convolutions of series and images")
    if not isinstance(windows["padding"], str) and not np.any(windows["padding"]):
        windows["padding"] = "valid"
    kind = CONVOLUTIONS[len(size) - 1]
    return Call(kind(len(b), size, **windows), kind.Params(W, b), first)


def transposed_convolution(
    W: Array, b: Array, stride: Any, padding: Any, dilation: Any, groups: int, first: bool
) -> Call:
    """Return a transposed convolution of stride 1, which is a convolution with a turned kernel.

    ``W (*size, n_out / groups, n_in)`` and ``padding`` are as in the transposed one, of each side;
    with a larger stride it puts zeros between the numbers, and neurona has no layer that does.
    """
    size = W.shape[:-2]
    stride, padding, dilation = (
        tuple(int(n) for n in np.broadcast_to(one, len(size)))
        for one in (stride, padding, dilation)
    )
    around = [d * (n - 1) - p for n, p, d in zip(size, padding, dilation, strict=True)]
    if len(size) < 3 and ({*stride} != {1} or min(around) < 0):
        raise ValueError(
            f"it is a transposed convolution of stride {', '.join(map(str, stride))} and padding "
            f"{', '.join(map(str, padding))}: neurona has those of stride 1 that are convolutions. "
            "To enlarge images, train with an upsampling to the nearest pixel and a convolution "
            "after it"
        )
    each = np.split(np.flip(W, tuple(range(len(size)))).swapaxes(-1, -2), groups, axis=-2)
    turned = np.concatenate(each, axis=-1)
    return convolution(turned, b, first, padding=around, dilation=dilation, groups=groups)


def padding(widths: Any, value: Any = 0) -> Move | None:
    """Return what adds zeros around an example, or -∞; None for another value."""
    added = {None: ZERO, 0: ZERO, -np.inf: LEAST}.get(value)
    if added is None:
        return None
    return Move(lambda places: np.pad(places, widths, constant_values=added))


def repetition(times: int) -> list[Any]:
    """Return the steps that repeat each step of a series, or a row, which is a series of one.

    It is a narrow image that is enlarged.
    """
    return [
        Move(lambda places: places.reshape(len(places), -1, 1, places.shape[-1])),
        Call(ours.Upsample2D((times, 1))),
        Move(lambda places: places.reshape(len(places), -1, places.shape[-1])),
    ]


def recurrence(
    kind: str, W: Array, U: Array, biases: Sequence[Array], order: Sequence[int] = (0, 1, 2),
    **options: Any,
) -> Call:  # fmt: skip
    """Return a recurrence, whose library has its gates in another order, and a bias or two."""
    if kind != "SimpleRNN":
        W, U, *biases = (gates(one, order) for one in (W, U, *biases))
    b, *rest = biases
    c = rest[0] if rest else 0 * b
    make: Any = getattr(ours, kind)
    layer, new = make(len(U), **options), 2 * len(U)
    if kind == "GRU":  # which multiplies the bias of new numbers by a gate
        kept = np.arange(len(b)) < new
        return Call(layer, layer.Params(W, U, b + np.where(kept, c, 0), c[new:]))
    return Call(layer, layer.Params(W, U, b + c))


def batch_normalization(
    gamma: Array, beta: Array, mean: Array, variance: Array, epsilon: float, first: bool
) -> Call:
    """Return a batch normalization."""
    params = ours.BatchNormalization.Params(gamma, beta, mean, variance)
    return Call(ours.BatchNormalization(epsilon=epsilon or TINY), params, first)


def layer_normalization(
    shape: Shape, axes: Sequence[int], gamma: Array, beta: Array, epsilon: float
) -> Any:
    """Return a layer normalization, of examples of a shape, over some axes of their array.

    That of all numbers of an example is one of a row: ``gamma`` and ``beta`` are of a shape that
    fits the example's.
    """
    layer = ours.LayerNormalization(epsilon=epsilon or TINY)
    if tuple(axes) == (len(shape),):
        return Call(layer, layer.Params(gamma, beta), axis=None)
    if tuple(axes) != (*range(1, len(shape) + 1),):
        raise ValueError("neurona's LayerNormalization is over the last axis, or over all")
    own = (np.broadcast_to(one, shape).ravel() for one in (gamma, beta))
    return [
        Move(lambda places: places.reshape(len(places), -1)),
        Call(layer, layer.Params(*own)),
        Move(lambda places: places.reshape(len(places), *shape)),
    ]


def group_normalization(
    groups: int, alone: str, shape: Shape, gamma: Array, beta: Array, epsilon: float
) -> Any:
    """Return a normalization of one group of channels; ``alone`` is how the library has it."""
    if groups != 1:
        raise ValueError(
            f"it normalizes {groups} groups of channels: neurona's LayerNormalization is over the "
            f"channels of each place, or over all numbers, as {alone}. Train with one of these, or "
            "with a batch normalization"
        )
    return layer_normalization(shape, range(1, len(shape) + 1), gamma, beta, epsilon)
