"""X of images or series: what its axes are, and the network that it is for by default.

An array of four axes is of images, (n, height, width, channels). One of three axes may be of images
with one channel, or of series: the first of the two that the layers take is meant. Where none are
given, it is of images if neither side is more than twice as long as the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.engine.data import first_not_finite
from neurona.engine.description import entries_of
from neurona.engine.layers import Conv2D, Dense, Flatten, Layer, MaxPool2D
from neurona.engine.layers.base import in_words
from neurona.engine.layers.embedding import Embedding
from neurona.engine.layers.gru import GRU
from neurona.engine.network import network
from neurona.engine.types import Shape
from neurona.tables.arrays import Arrays, Scaling
from neurona.warn import warn

LIKE = 2  # times as long as the other the longer side of an image is, at most
COLORS = (1, 3, 4)  # channels of an image: gray, color, color and opacity
# Where no layers are given: 28 pixels of a side become 14, 7 and 3, and 8 become 4.
LEAST_SIDE, LEAST_POOLED, LARGE = 4, 6, 12
FILTERS, MOST_FILTERS, HIDDEN = 16, 64, 128
BRIGHT = 50.0  # where numbers up to 1 and up to 255 are told apart


def arrays_for(estimator: Any, X: Any, reset: bool) -> Arrays | None:
    """Return X as images or series; None where it is a table.

    Raises
    ------
    ValueError
        If its shape, or a number in it, is not one that the network takes; or if examples differ in
        their shapes.
    """
    known = None if reset else estimator.preparation_
    layers = estimator.layers
    if known is None:
        indices = reset and takes_indices(layers)
        if not reset or not (indices or _axes(X) > 2):
            return None
        array, raw = _array(X), estimator.preprocess is None
        shape = array.shape[1:] if indices else _shape_of(array, layers, raw)
        estimator.n_features_in_ = prod(shape)
        vars(estimator).pop("feature_names_in_", None)
        return Arrays(array.reshape(-1, *shape), raw, indices, _is_padded(layers))
    if not isinstance(known, Scaling):
        return None
    array = _array(X, known)
    _check_scale(array, known)
    indices = not (known.raw or known.mean)
    return Arrays(array.reshape(-1, *known.shape), known.raw, indices, known.padded)


def _axes(X: Any) -> int:
    """Return how many axes an array has, or lists of lists, arrays or pictures; a frame has two."""
    if isinstance(X, list | tuple) or (isinstance(X, np.ndarray) and X.dtype == object):
        first = X[0] if len(X) else None
        if isinstance(X, np.ndarray) and X.ndim > 1:
            return X.ndim
        return 1 + _axes(first)
    if hasattr(X, "__array_interface__"):  # an image of Pillow, which has no shape
        return np.ndim(X)
    return 2 if hasattr(X, "columns") else len(getattr(X, "shape", ()))


def _array(X: Any, known: Scaling | None = None) -> NDArray[Any]:
    """Return X as an array of finite numbers, one of the form that is known."""
    try:
        array = np.asarray(X)
        if array.dtype == object and array.ndim == 1 and len(array):
            array = np.stack([np.asarray(one) for one in array])
    except ValueError:
        shapes = dict.fromkeys(np.shape(one) for one in X)
        one, other = [*shapes, "another shape"][:2]
        raise ValueError(
            f"X holds examples of different shapes, {one} and {other}: give all the same, images "
            "by cutting or scaling them, series by steps of zeros at their end, which layers with "
            "mask_zero=True leave out"
        ) from None
    if known is not None and array.shape[1:] not in (known.shape, _without_channel(known.shape)):
        raise ValueError(_otherwise(array.shape, known))
    if array.dtype.kind not in "buif":
        raise ValueError(
            f"X has shape {array.shape} and dtype {array.dtype}: give images and series as numbers"
        )
    if not array.size:
        raise ValueError(f"X has shape {array.shape} (n_samples={len(array)}): give examples")
    wrong = first_not_finite(array)
    if wrong is not None:
        name = "NaN" if np.isnan(array[wrong]) else "infinity"
        raise ValueError(
            f"Input X contains {name}: X{[*wrong]} is {array[wrong]}; fill it in, or leave the "
            "example out"
        )
    return array


def _without_channel(shape: Shape) -> Shape:
    """Return the shape in which images of one channel may come, too."""
    return shape[:-1] if len(shape) == 3 and shape[-1] == 1 else shape


def _shape_of(array: NDArray[Any], layers: Any, raw: bool) -> Shape:
    """Return the shape of an example, as the network shall take it."""
    shape = array.shape[1:]
    if len(shape) == 3 and not raw and _has_channels_first(shape):
        turned = (len(array), *shape[1:], shape[0])
        raise ValueError(
            f"X has shape {array.shape}, which is that of images with their channels first: give "
            f"np.moveaxis(X, 1, -1), which has shape {turned}; or preprocess=None, if {shape[0]} "
            "is the height"
        )
    if len(shape) > 3 and layers is None:
        raise ValueError(
            f"X has shape {array.shape}: give images (n, height, width, channels), series "
            "(n, steps, features), or layers that take such examples"
        )
    if len(shape) != 2:
        return shape
    image = (*shape, 1)
    likely = image if max(shape) <= LIKE * min(shape) else shape
    if layers is None:
        return likely
    return next((one for one in (image, shape) if _take(layers, one)), likely)


def _has_channels_first(shape: Shape) -> bool:
    return shape[0] in COLORS and min(shape[1:]) > max(COLORS)


def _take(layers: Any, shape: Shape) -> bool:
    """Tell whether layers, and the one that will come after them, take examples of a shape."""
    try:
        network([shape, *entries_of(layers), 1])
    except ValueError:
        return False
    return True


def _otherwise(shape: Shape, known: Scaling) -> str:
    """Say what the network learned from, and how X of this shape may become such."""
    wanted = ", ".join(map(str, known.shape))
    n_features = prod(known.shape)
    if shape in (known.shape, _without_channel(known.shape)):
        advice = "X[None] for a single example"
    elif len(shape) == 2 and shape[1] == n_features:
        advice = f"X.reshape(-1, {wanted})"
    elif len(shape) == 4 and (*shape[2:], shape[1]) == known.shape:
        advice = "np.moveaxis(X, 1, -1), as the channels are the last axis"
    else:
        advice = f"an array of shape (n, {wanted})"
    return (
        f"X has shape {shape}, and the network learned from {known.kind} of "
        f"{in_words(known.shape)}: give {advice}"
    )


def _check_scale(array: NDArray[Any], known: Scaling) -> None:
    """Warn of numbers up to 1 where those learned from were up to 255, and the other way round."""
    if not known.mean or array.dtype == bool:
        return
    low, high = array.min().item(), array.max().item()
    darker = array.dtype.kind == "f" and 0 < high <= 1 and known.high >= BRIGHT
    if darker or (high >= BRIGHT and known.low >= 0 and known.high <= 1):
        warn(
            f"X has numbers from {low:g} to {high:g}, and the network learned from "
            f"{known.low:g} to {known.high:g}: give them on the same scale"
        )


# ------------------------------------------------------------------------------------- layers


def _leaves(layers: Any) -> Iterator[Any]:
    """Yield layers, those within compositions in their place, and words."""
    for one in () if layers is None else entries_of(layers):
        inner = getattr(one, "layers", None)
        yield from [one] if inner is None else _leaves(inner)


def takes_indices(layers: Any) -> bool:
    """Tell whether the first layer is an embedding, which takes whole numbers."""
    first = next(_leaves(layers), None)
    said = isinstance(first, str) and first.lower().startswith("embedding")
    return said or isinstance(first, Embedding)


def _is_padded(layers: Any) -> bool:
    """Tell whether a layer takes steps of zeros for padding."""
    return any(
        "mask" in one.lower().split() if isinstance(one, str) else getattr(one, "mask_zero", False)
        for one in _leaves(layers)
    )


def default_layers(shape: Shape) -> tuple[Layer | int, ...]:
    """Return the layers, without the last, for examples of a shape where none are given.

    Their activation is relu, whose networks were as good on images as others, and faster.

    >>> default_layers((8, 8, 1))[:3]
    (Conv2D(32, activation=relu, padding='same'), MaxPool2D(), Conv2D(64, activation=relu, \
padding='same'))
    >>> default_layers((30, 9))
    (GRU(64),)
    """
    if len(shape) == 2:
        return (GRU(64),)
    layers: list[Layer] = []
    side = min(shape[:2]) if len(shape) == 3 else 0
    filters = FILTERS if side >= LARGE else 2 * FILTERS
    while side >= LEAST_SIDE:
        layers.append(Conv2D(filters, activation="relu", padding="same"))
        if side >= LEAST_POOLED:
            layers.append(MaxPool2D())
        side, filters = side // 2, min(2 * filters, MOST_FILTERS)
    return (*layers, Flatten(), Dense(HIDDEN, "relu"))
