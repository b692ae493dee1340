"""Recognize a function of another library by what it does, for names mislead.

PyTorch's and Keras's ``gelu`` are not neurona's unless they are asked for the approximation by
tanh, and Keras's ``leaky_relu`` leaks 0.2 where neurona's leaks 0.01.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from neurona.engine.types import Array, Shape
from neurona.export.parts import OWN

# Where others have other forms under the same name.
DETAILS = {"gelu": "the approximation by tanh", "leaky_relu": "slope 0.01"}

# In float32, on values of 1; GELU's two forms differ by 5e-4, and a batch normalization that has
# learned nothing from 1 by 5e-6.
TOLERANCE = 2e-6
FAR = 2.0**20  # where a factor shows, however large what is added to it
SIZES = 1, 5, 60, 1, 1e3, 5, 60, 1e5, 1, 1e9, 5, 60, 1e15, 1, 60, 1e25  # of rows, in turns


def recognize(function: Callable[[Array], Any], shape: int | Shape, what: str) -> str:
    """Return the name of neurona's activation that does the same as a function.

    Parameters
    ----------
    function
        From float32 ``(n, *shape)`` to numbers of the same shape.
    shape
        The shape of one example: a softmax depends on all neurons of the layer.
    what
        How the function is called in an error.

    Raises
    ------
    ValueError
        If none does; the message lists those there are.

    Examples
    --------
    >>> recognize(np.tanh, 3, "np.tanh")
    'tanh'
    >>> recognize(lambda z: np.maximum(z, 0.2 * z), 3, "LeakyReLU(0.2)")
    Traceback (most recent call last):
    ValueError: LeakyReLU(0.2) is none of neurona's activations, which are elu, exp, gelu (the \
approximation by tanh), leaky_relu (slope 0.01), linear, mish, relu, selu, sigmoid, silu, softmax, \
softplus, softsign, tanh
    """
    z = _samples(shape)
    given = _applied(function, z, what)
    if given.shape != z.shape:
        raise ValueError(
            f"{what} makes {given.shape} of {z.shape}: an activation keeps the shape of its rows"
        )
    for name, own in OWN.items():
        with np.errstate(all="ignore"):
            if _same(given, own(z)):
                return name
    known = (f"{name} ({DETAILS[name]})" if name in DETAILS else name for name in sorted(OWN))
    raise ValueError(f"{what} is none of neurona's activations, which are {', '.join(known)}")


def affine(function: Callable[[Array], Any], shape: Shape) -> tuple[Array, Array] | None:
    """Return scale and shift if a function is ``scale x + shift``, for each number of an example.

    Examples
    --------
    >>> affine(lambda x: 2 * x + [0, 1], (2,))
    (array([2., 2.]), array([0., 1.]))
    >>> affine(np.tanh, (2,))
    """
    z = _samples(shape)
    point = np.zeros((1, *shape), np.float32)
    try:
        at_0, above, below = (_applied(function, point + far, "it") for far in (0, FAR, -FAR))
        given = _applied(function, z, "it")
    except ValueError:
        return None
    if given.shape != z.shape:
        return None
    with np.errstate(all="ignore"):
        scale, shift = (above - below) / (2 * FAR), at_0
        if not _same(given, z * scale + shift):
            return None
    return scale[0], shift[0]


def _applied(function: Callable[[Array], Any], z: Array, what: str) -> Array:
    try:
        return np.asarray(function(z.copy()), dtype=np.float64)
    except Exception as error:
        said = [*str(error).splitlines(), type(error).__name__][0].removesuffix(".")
        raise ValueError(f"{what} can't be applied to the layer's numbers: {said}") from error


def _same(given: Array, ours: Array) -> bool:
    ours = ours.astype(np.float64)
    near = abs(given - ours) <= TOLERANCE * (1 + abs(ours))
    return bool(np.where(np.isfinite(ours), near, given == ours).all())


def _samples(shape: int | Shape) -> Array:
    """Return rows around 0 and far from it, where a function that is cut off somewhere shows it."""
    shape = shape if isinstance(shape, tuple) else (shape,)
    n = max(len(SIZES), 2000 // max(1, prod(shape)))
    size = np.resize(SIZES, (n, *[1] * len(shape)))
    rows = size * np.random.default_rng(0).normal(size=(n, *shape))
    return np.asarray(rows, dtype=np.float32)
