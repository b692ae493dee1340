"""Layers: hyperparameters in a frozen dataclass, the formula beside its derivative."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from neurona.engine.activations import Activation, linear
from neurona.engine.initializers import Initializer, orthogonal, zeros
from neurona.engine.types import Array, Pullback


class DenseParams(NamedTuple):
    """The parameters of a dense layer: ``W (n_in, n_out)`` and ``b (n_out,)``."""

    W: Array
    b: Array


@dataclass(frozen=True)
class Dense:
    """A dense layer: a = f(z), z = x W + b.

    Parameters
    ----------
    n_in, n_out
        Inputs and neurons.
    activation
        f, from :mod:`neurona.activations`.
    initializer, bias_initializer
        How ``W`` and ``b`` are drawn, from :mod:`neurona.initializers`.
    gain
        The gain that the initializer is told: by default the activation's.

    Examples
    --------
    >>> layer = Dense(2, 1)
    >>> params = DenseParams(W=np.array([[1.0], [2.0]]), b=np.array([0.5]))
    >>> a, pullback = layer.forward(params, np.array([[3.0, 4.0]]))
    >>> a
    array([[11.5]])
    >>> dx, grads = pullback(np.array([[1.0]]))
    >>> dx, grads.W.T, grads.b
    (array([[1., 2.]]), array([[3., 4.]]), array([1.]))
    """

    n_in: int
    n_out: int
    activation: Activation = linear
    initializer: Initializer = orthogonal
    bias_initializer: Initializer = zeros
    gain: float | None = None

    def init(self, rng: np.random.Generator, dtype: Any = np.float32) -> DenseParams:
        """Draw ``b``, then ``W``: the tutorial's order."""
        gain = self.activation.gain if self.gain is None else self.gain
        b = self.bias_initializer(rng, (self.n_out,), gain)
        W = self.initializer(rng, (self.n_in, self.n_out), gain)
        return DenseParams(W.astype(dtype), b.astype(dtype))

    def forward(self, params: DenseParams, x: Array) -> tuple[Array, Pullback]:
        """Return ``a (batch, n_out)`` and its pullback, from ``x (batch, n_in)``.

        Within the layer an example is a column, zᵀ = Wᵀ xᵀ + b: what adds a bias, applies f or sums
        over the batch then runs along few long lines, and not along many short ones.
        """
        W, b = params
        z = W.T.dot(x.T) + b[:, None]  # (n_out, batch)
        a, activation_pullback = self.activation.function(z)

        def pullback(da: Array, need_dx: bool = True) -> tuple[Array | None, DenseParams]:
            dz = activation_pullback(da.T)  # (n_out, batch)
            dx = W.dot(dz).T if need_dx else None
            return dx, DenseParams(W=x.T.dot(dz.T), b=dz.dot(ones(len(x), dz.dtype)))

        return a.T, pullback


@lru_cache(maxsize=4)
def ones(n: int, dtype: Any) -> Array:
    """Return n ones, for a sum that is a product: faster than ``sum`` along a few long lines."""
    return np.ones(n, dtype)
