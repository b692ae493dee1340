"""Recognise an activation of another library by what it does, for names mislead.

PyTorch's and Keras's ``gelu`` are not neurona's unless they are asked for the approximation by
tanh, and Keras's ``leaky_relu`` leaks 0.2 where neurona's leaks 0.01.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from neurona.engine.types import Array
from neurona.export.parts import OWN, Part, dense

# Where others have other forms under the same name.
DETAILS = {"gelu": "the approximation by tanh", "leaky_relu": "slope 0.01"}

TOLERANCE = 1e-5  # of float32, on values of 1; GELU's two forms differ by 5e-4


def recognise(function: Callable[[Array], Any], width: int, what: str) -> str:
    """Return the name of neurona's activation that does the same as a function.

    Parameters
    ----------
    function
        From rows ``(n, width)`` of float32 to rows of the same shape.
    width
        The layer's neurons: a softmax depends on all of them.
    what
        How the function is called in an error.

    Raises
    ------
    ValueError
        If none does; the message lists those there are.

    Examples
    --------
    >>> recognise(np.tanh, 3, "np.tanh")
    'tanh'
    >>> recognise(lambda z: np.maximum(z, 0.2 * z), 3, "LeakyReLU(0.2)")
    Traceback (most recent call last):
    ValueError: LeakyReLU(0.2) is none of neurona's activations, which are elu, exp, gelu (the \
approximation by tanh), leaky_relu (slope 0.01), linear, mish, relu, selu, sigmoid, silu, softmax, \
softplus, softsign, tanh
    """
    z = _samples(width)
    try:
        given = np.asarray(function(z.copy()), dtype=np.float64)
    except Exception as error:
        raise ValueError(f"{what} can't be applied to the layer's numbers: {error}") from error
    if given.shape != z.shape:
        raise ValueError(
            f"{what} makes {given.shape} of {z.shape}: an activation keeps the shape of its rows"
        )
    for name, own in OWN.items():
        with np.errstate(all="ignore"):
            ours = own(z).astype(np.float64)
            near = abs(given - ours) <= TOLERANCE * (1 + abs(ours))
            same = near | (given == ours)  # both may be infinite
        if same.all():
            return name
    known = (f"{name} ({DETAILS[name]})" if name in DETAILS else name for name in sorted(OWN))
    raise ValueError(f"{what} is none of neurona's activations, which are {', '.join(known)}")


def _samples(width: int) -> Array:
    """Return rows around 0 and far from it, where a function that is cut off somewhere shows it."""
    rng = np.random.default_rng(0)
    n = max(16, 2000 // width)
    rows = rng.normal(size=(n, width)) * rng.choice([1, 5, 60], size=(n, 1))
    return np.asarray(rows, dtype=np.float32)


class Chain:
    """Dense layers and activations, one after the other as a foreign model has them.

    Examples
    --------
    >>> chain = Chain()
    >>> chain.dense(np.eye(2), None, "the first layer")
    >>> chain.activation(np.tanh, "np.tanh")
    >>> [part.activation for part in chain.parts]
    ['tanh']
    """

    def __init__(self) -> None:
        self.parts: list[Part] = []

    def dense(self, W: Any, b: Any, what: str) -> None:
        """Add a layer ``W (n_in, n_out)``, ``b (n_out,)`` or None, as yet without activation."""
        W = np.array(W, dtype=np.float32)
        b = np.zeros(W.shape[1], np.float32) if b is None else np.array(b, dtype=np.float32)
        if self.parts and self.parts[-1].n_out != W.shape[0]:
            raise ValueError(
                f"{what} takes {W.shape[0]} numbers, but the layer before it "
                f"gives {self.parts[-1].n_out}"
            )
        if not (np.isfinite(W).all() and np.isfinite(b).all()):
            raise ValueError(f"{what} has weights that are not finite")
        self.parts.append(dense(W, b))

    def activation(self, function: Callable[[Array], Any], what: str) -> None:
        """Give the last layer its activation, which may have one only; the identity is none."""
        width = self.parts[-1].n_out if self.parts else 3
        name = recognise(function, width, what)
        if name == "linear":
            return
        if not self.parts:
            raise ValueError(
                f"{what} comes before the first dense layer: neurona has no place there"
            )
        last = self.parts[-1]
        if last.activation != "linear":
            raise ValueError(
                f"{what} comes after another activation, {last.activation}: "
                "a layer of neurona has one"
            )
        self.parts[-1] = last._replace(activation=name)

    def finished(self, what: str) -> list[Part]:
        """Return the parts, if there are any."""
        if not self.parts:
            raise ValueError(f"{what} has no dense layer")
        return self.parts
