"""The layer contract, held against a layer that a person wrote: a break of it is named at once.

neurona's own layers are tested instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from neurona.engine.contracts import is_custom, tried
from neurona.engine.layers.base import Layer, in_words
from neurona.engine.types import Shape


def out_shape_of(layer: Layer, shape: Shape) -> Shape:
    """Return the shape of a layer's output for one example of this shape.

    Raises
    ------
    ValueError
        If the layer does not take such examples, or breaks the contract of
        :mod:`neurona.engine.layers.base`; the message says where, and what is expected.
    """
    layer = layer.for_shape(shape)
    out = layer.out_shape(shape)
    if not is_custom(type(layer)) or hasattr(layer, "layers"):
        return out
    if not _is_shape(out):
        raise ValueError(
            f"{_name(layer)}.out_shape({shape}) returns {out!r}: return the shape of one example, "
            "such as (3,) or (28, 28, 1)"
        )
    try:
        _check(layer, shape, out)
    except TypeError:  # a layer that has no hash
        _check.__wrapped__(layer, shape, out)
    return out


@lru_cache(maxsize=64)
def _check(layer: Layer, shape: Shape, out: Shape) -> None:
    """Refuse a layer that breaks the contract, on a few examples of this shape."""
    name = _name(layer)
    if type(layer).forward is Layer.forward:
        raise ValueError(
            f"{name} has no forward(self, params, x, train=None): write it, so that it returns the "
            "output and its pullback"
        )
    shapes = layer.shapes(shape)
    if not (isinstance(shapes, tuple) and hasattr(shapes, "_fields")):
        raise ValueError(
            f"{name}.shapes({shape}) returns {shapes!r}: return the shapes of the arrays in the "
            "layer's NamedTuple, such as self.Params(W=(2, 3), b=(3,))"
        )
    rows = next(n for n in range(2, 99) if n not in (*shape, *out))  # so that no axes are alike
    rng = np.random.default_rng(0)
    x = np.zeros((rows, *shape), int) if layer.takes_indices else rng.normal(size=(rows, *shape))
    try:
        params = layer.init(rng, shape)
    except Exception:
        return
    its = "the output and its pullback, a function of (dy, need_dx=True)"
    made = tried(f"{name}.forward", layer.forward, (params, x, None), "params, x, train=None", its)
    if made is None:
        return
    y, pullback = made
    if not callable(pullback):
        raise ValueError(f"{name}.forward returns an output and a {type(pullback).__name__}: {its}")
    expected = (rows, *out)
    if np.shape(y) != expected:
        raise ValueError(
            f"{name}.forward returns an output of shape {np.shape(y)} for x of shape {x.shape}: "
            f"out_shape says {in_words(out)}, which is {expected}"
        )
    own = "dx and the gradients of the parameters, in their NamedTuple"
    pulled = tried(f"{name}'s pullback", pullback, (np.ones_like(y), True), "dy, need_dx=True", own)
    if pulled is None:
        return
    dx, grads = pulled
    if not layer.takes_indices and np.shape(dx) != x.shape:
        raise ValueError(
            f"{name}'s pullback returns dx of shape {np.shape(dx)}, and x has {x.shape}: they are "
            "alike"
        )
    sizes, wanted = [*map(np.shape, _arrays(grads))], [*map(np.shape, _arrays(params))]
    if sizes != wanted:
        raise ValueError(
            f"{name}'s pullback returns gradients of shapes {sizes}, and the parameters have "
            f"{wanted}: sum over the examples, the axis -2 of rows, and keep the order"
        )


def _name(layer: Layer) -> str:
    return type(layer).__name__


def _is_shape(out: Any) -> bool:
    return isinstance(out, tuple) and all(isinstance(n, int | np.integer) for n in out)


def _arrays(tree: Any) -> Iterator[Any]:
    """Yield the arrays of parameters, in order."""
    if isinstance(tree, tuple | list):
        for one in tree:
            yield from _arrays(one)
    else:
        yield tree
