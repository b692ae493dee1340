"""Attention: each step takes from all others what they have for it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, NamedTuple

import numpy as np

from neurona.checks import check_count
from neurona.engine.activations import softmax
from neurona.engine.initializers import Initializer, orthogonal, zeros
from neurona.engine.layers.base import Layer, Train, check_axes
from neurona.engine.layers.dense import Dense, DenseParams
from neurona.engine.types import Array, LayerParams, Pullback, Shape

UNSEEN = -1e9  # of a score: e^-1e9 is 0, and unlike infinity it has differences


class MultiHeadAttentionParams(NamedTuple):
    """``W (n, 3 m)`` and ``b (3 m,)`` of q, k and v side by side; ``V (m, n)`` and ``c (n,)``."""

    W: Array
    b: Array
    V: Array
    c: Array


@dataclass(frozen=True, repr=False)
class MultiHeadAttention(Layer):
    """Self-attention: y = [head₁, head₂, …] V + c, each head being A v, A = softmax(q kᵀ / √d).

    From each step x come a query, a key and a value, [q, k, v] = x W + b, which every head has d
    numbers of. A[s, t], how much step s takes of step t, is the softmax over t of how well query
    s and key t agree.

    Parameters
    ----------
    heads
        How many.
    head_size
        d; by default n / heads, n being the features of a step.
    causal
        Whether a step attends to itself and those before it alone.
    mask_zero
        Whether a step whose numbers are all 0 is padding: none attends to it, and y is 0 there.
    initializer, bias_initializer, gain
        As in :class:`~neurona.Dense`; q, k and v are drawn each by themselves.

    Raises
    ------
    ValueError
        If a number is not a positive whole one; from :meth:`out_shape`, if examples are not
        series, or the heads do not divide their features.

    References
    ----------
    Vaswani et al., "Attention is all you need", 2017, section 3.2.

    Examples
    --------
    >>> layer = MultiHeadAttention(1, causal=True)
    >>> W = np.array([[0.0, 0.0, 1.0]])  # q = k = 0: each step takes the mean of the values
    >>> params = MultiHeadAttentionParams(W, np.zeros(3), np.eye(1), np.zeros(1))
    >>> layer.forward(params, np.array([1.0, 2.0, 6.0]).reshape(1, 3, 1))[0].ravel()
    array([1. , 1.5, 3. ])
    """

    Params: ClassVar[Any] = MultiHeadAttentionParams

    heads: int
    head_size: int | None = None
    causal: bool = False
    mask_zero: bool = False
    initializer: Initializer = orthogonal
    bias_initializer: Initializer = zeros
    gain: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("heads", self.heads)
        if self.head_size is not None:
            check_count("head_size", self.head_size)

    def out_shape(self, shape: Shape) -> Shape:
        """Return the same shape, which is that of a series."""
        check_axes(self, shape, 2)
        if self.head_size is None and shape[-1] % self.heads:
            raise ValueError(
                f"{self!r} gets steps of {shape[-1]} features, which {self.heads} heads do not "
                f"divide: give a head_size, or as many heads as divide {shape[-1]}"
            )
        return shape

    def shapes(self, shape: Shape) -> Any:
        """Return the shapes of the parameters, for series ``(steps, n)``."""
        n = shape[-1]
        m = self.heads * (self.head_size or n // self.heads)
        return self.Params((n, 3 * m), (3 * m,), (m, n), (n,))

    def init(self, rng: np.random.Generator, shape: Shape, dtype: Any = np.float32) -> LayerParams:
        """Draw initial parameters; q, k and v each by themselves."""
        gain = 1.0 if self.gain is None else self.gain
        W, b, V, c = self.shapes(shape)
        drawn = [self.bias_initializer(rng, c, gain), self.initializer(rng, V, gain)]
        drawn.append(self.bias_initializer(rng, b, gain))
        parts = [self.initializer(rng, (W[0], V[0]), gain) for _ in range(3)]
        drawn.append(np.concatenate(parts, axis=-1))
        return MultiHeadAttentionParams(*(one.astype(dtype) for one in reversed(drawn)))

    def operations(self, shape: Shape) -> int:
        """Return the multiplications of W and V at each step, and of q kᵀ and A v."""
        W, _, V, _ = self.shapes(shape)
        steps, m = shape[0], V[0]
        return int(steps * (prod(W) + prod(V)) + 2 * steps * steps * m)

    def forward(
        self, params: MultiHeadAttentionParams, x: Array, train: Train | None = None
    ) -> tuple[Array, Pullback]:
        """Return ``y (batch, steps, n)`` and its pullback.

        Within a head a step is a column, q, k and v being ``(d, steps)``: the scores S = kᵀ q / √d
        are ``(keys, queries)``, A their softmax along the keys, and the head H = v A. Then

            dv = dH Aᵀ,  dA = vᵀ dH,  dS from dA by the softmax,  dq = k dS / √d,  dk = q dSᵀ / √d.
        """
        xp = x.__array_namespace__()
        there = self.mask(x)
        (q, k, v), into_back = self._projected(params, x)
        A, softmax_back = self._attended(q, k, there)
        y, out_back = Dense(x.shape[-1]).forward(DenseParams(params.V, params.c), rows(v @ A))

        def masked(values: Array) -> Array:
            return values if there is None else there * values

        def pullback(
            dy: Array, need_dx: bool = True
        ) -> tuple[Array | None, MultiHeadAttentionParams]:
            dy = masked(dy)
            drows: Any
            drows, (dV, dc) = out_back(dy.reshape(*dy.shape[:-3], -1, dy.shape[-1]))
            dH = columns(drows.reshape(*drows.shape[:-1], self.heads, -1), x.shape[-3:-1])
            dS = softmax_back(v.mT @ dH) / q.shape[-2] ** 0.5
            parts = k @ dS, q @ dS.mT, dH @ A.mT
            dx, (dW, db) = into_back(xp.concatenate([rows(one) for one in parts], -1), need_dx)
            if dx is not None:
                dx = dx.reshape(*dx.shape[:-2], *x.shape[-3:])
            return dx, MultiHeadAttentionParams(dW, db, dV, dc)

        return masked(y.reshape(*y.shape[:-2], *x.shape[-3:])), pullback

    def weights(self, params: MultiHeadAttentionParams, x: Array) -> Array:
        """Return A ``(batch, heads, steps, steps)``: how much the row's step takes of each step."""
        q, k, _ = self._projected(params, x)[0]
        A: Array = self._attended(q, k, self.mask(x))[0]
        return A.mT

    def _projected(self, params: MultiHeadAttentionParams, x: Array) -> Any:
        """Return q, k and v, each ``(batch, heads, d, steps)``, and the pullback of all three."""
        dense = Dense(params.W.shape[-1])
        flat = x.reshape(*x.shape[:-3], -1, x.shape[-1])
        qkv, back = dense.forward(DenseParams(params.W, params.b), flat)
        parts = qkv.__array_namespace__().moveaxis(
            qkv.reshape(*qkv.shape[:-1], 3, self.heads, -1), -3, 0
        )
        return columns(parts, x.shape[-3:-1]), back

    def _attended(self, q: Array, k: Array, there: Array | None) -> Any:
        """Return A ``(batch, heads, keys, queries)`` and its pullback, from the scores."""
        S = k.mT @ (q / q.shape[-2] ** 0.5)
        seen: Any = True
        if self.causal:
            t = np.arange(S.shape[-1])
            seen = t[:, None] <= t
        if there is not None:
            seen = (there[..., None, :, :] > 0) & seen  # keys are rows
        return softmax.function(
            S if seen is True else S.__array_namespace__().where(seen, S, UNSEEN)
        )


def columns(x: Array, places: Shape) -> Array:
    """Return rows ``(batch steps, heads, d)`` as ``(batch, heads, d, steps)``.

    ``places`` are batch and steps.
    """
    apart = x.reshape(*x.shape[:-3], *places, *x.shape[-2:])
    return x.__array_namespace__().moveaxis(apart, -3, -1)  # type: ignore[no-any-return]


def rows(x: Array) -> Array:
    """Return ``(batch, heads, d, steps)`` as rows ``(batch steps, heads d)``."""
    m = x.shape[-3] * x.shape[-2]
    return x.__array_namespace__().moveaxis(x, -1, -3).reshape(*x.shape[:-4], -1, m)  # type: ignore[no-any-return]
