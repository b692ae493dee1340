"""Positions: attention sees a set of steps, and these numbers tell it which comes when."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from neurona.engine.layers.base import Layer, Nothing, Train, check_axes
from neurona.engine.types import Array, Pullback, Shape


class PositionalEncodingParams(NamedTuple):
    """The positions that are learned: ``P (steps, n)``."""

    P: Array


@dataclass(frozen=True, repr=False)
class PositionalEncoding(Layer):
    """Positions, added: y = x + P, with P[t] for step t.

    Sinusoidal ones are waves whose lengths go from 2π to 20,000 π steps,

        P[t, 2 i] = sin(t / 10000^(2 i / n)),  P[t, 2 i + 1] = cos(t / 10000^(2 i / n)),

    so that P[t + k] is a rotation of P[t], the same for all t. Learned ones begin as orthogonal
    rows.

    Parameters
    ----------
    learned
        Whether P is learned, and not the waves.
    mask_zero
        Whether a step whose numbers are all 0 is padding, and stays 0.

    Raises
    ------
    ValueError
        From :meth:`out_shape`, if examples are not series.

    References
    ----------
    Vaswani et al., "Attention is all you need", 2017, section 3.5; learned ones: Gehring et al.,
    "Convolutional sequence to sequence learning", 2017.

    Examples
    --------
    >>> PositionalEncoding().forward(Nothing(), np.zeros((1, 2, 4)))[0].round(2)
    array([[[0.  , 1.  , 0.  , 1.  ],
            [0.84, 0.54, 0.01, 1.  ]]])
    """

    learned: bool = False
    mask_zero: bool = False

    def out_shape(self, shape: Shape) -> Shape:
        """Return the same shape, which is that of a series."""
        check_axes(self, shape, 2)
        return shape

    def shapes(self, shape: Shape) -> Any:
        """Return the shape of ``P``, where it is learned."""
        return PositionalEncodingParams(shape) if self.learned else Nothing()  # type: ignore[arg-type]

    def operations(self, shape: Shape) -> int:
        """Return 0: P is added."""
        return 0

    def forward(self, params: Any, x: Array, train: Train | None = None) -> tuple[Array, Pullback]:
        """Return ``y (batch, steps, n)`` and its pullback: dx = dy, and dP is their sum."""
        there = self.mask(x)
        P = params.P[..., None, :, :] if self.learned else sinusoids(*x.shape[-2:], x.dtype)

        def masked(values: Array) -> Array:
            return values if there is None else there * values

        def pullback(dy: Array, need_dx: bool = True) -> tuple[Array | None, Any]:
            dx = masked(dy)
            grads = PositionalEncodingParams(dx.sum(axis=-3)) if self.learned else Nothing()
            return dx if need_dx else None, grads

        return masked(x + P), pullback


@lru_cache(maxsize=8)
def sinusoids(steps: int, n: int, dtype: Any) -> Array:
    """Return P ``(steps, n)``, sines in the even columns and cosines in the odd ones."""
    k = np.arange(n)
    angle = np.arange(steps)[:, None] / 10_000 ** (k // 2 * 2 / n)
    return np.where(k % 2, np.cos(angle), np.sin(angle)).astype(dtype)
