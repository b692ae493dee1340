"""Parameters as layers and as one flat vector: the same numbers, seen in two ways."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from neurona.engine.types import Array, Params


def arrays(params: Params) -> list[Array]:
    """Return the arrays of all layers, in order: W, b, W, b, and so on."""
    return [array for layer in params for array in layer]


def flatten(params: Params) -> Array:
    """Return a new vector with all the numbers, in order.

    Examples
    --------
    >>> flatten(((np.array([[1, 2]]), np.array([3, 4])), (np.array([[5], [6]]), np.array([7]))))
    array([1, 2, 3, 4, 5, 6, 7])
    """
    return np.concatenate(arrays(params), axis=None)


def unflatten(theta: Array, like: Params) -> Params:
    """Return views into the vector, shaped like other parameters.

    Examples
    --------
    >>> like = ((np.zeros((1, 2)), np.zeros(2)), (np.zeros((2, 1)), np.zeros(1)))
    >>> unflatten(np.arange(7), like)[1]
    (array([[4],
           [5]]), array([6]))
    """
    start = 0
    layers = []
    for layer in like:
        views = []
        for array in layer:
            views.append(theta[start : start + array.size].reshape(array.shape))
            start += array.size
        layers.append(like_tuple(layer, views))
    return tuple(layers)


def like_tuple(layer: tuple[Array, ...], views: Iterable[Array]) -> tuple[Array, ...]:
    """Make a tuple of the layer's own kind: a NamedTuple keeps its names."""
    make = getattr(type(layer), "_make", tuple)
    result: tuple[Array, ...] = make(views)
    return result
