"""Normalization: a layer's sums at mean 0 and variance 1, then at a scale that is learnt.

Both layers hold the activation that follows: a hidden layer is a linear ``Dense``, then one of
these. As in ``Dense``, within a layer an example is a column.

References
----------
.. [1] Ioffe & Szegedy, "Batch normalization: accelerating deep network training by reducing
   internal covariate shift", 2015.
.. [2] Ba, Kiros & Hinton, "Layer normalization", 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

import numpy as np

from neurona.engine.activations import Activation, linear
from neurona.engine.costs import shares
from neurona.engine.layers.base import SameWidth
from neurona.engine.types import Array, Pullback


class BatchNormalizationParams(NamedTuple):
    """What is learnt, ``gamma`` and ``beta``, and what is remembered; all ``(n,)``."""

    gamma: Array
    beta: Array
    mean: Array
    variance: Array


class LayerNormalizationParams(NamedTuple):
    """What is learnt: ``gamma`` and ``beta``, both ``(n,)``."""

    gamma: Array
    beta: Array


@dataclass(frozen=True)
class _Normalization(SameWidth):
    """What the two have in common: a width, an activation, and what keeps 1 / √0 away."""

    activation: Activation = linear
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        super().__post_init__()
        epsilon = self.epsilon
        if not isinstance(epsilon, float | int) or not 0 < epsilon < inf:
            raise ValueError(f"epsilon is {epsilon!r}: give a small positive number, such as 1e-5")

    def _activated(
        self, gamma: Array, beta: Array, h: Array
    ) -> tuple[Array, Callable[[Array], tuple[Array, Array, Array]]]:
        """Return a = f(γ h + β) of ``h (n, batch)``, and the pullback da -> (dh, dγ, dβ)."""
        a, activation_pullback = self.activation.function(gamma[:, None] * h + beta[:, None])

        def pullback(da: Array) -> tuple[Array, Array, Array]:
            dz = activation_pullback(da)
            return gamma[:, None] * dz, (dz * h).sum(axis=1), dz.sum(axis=1)

        return a, pullback


@dataclass(frozen=True)
class BatchNormalization(_Normalization):
    """Batch normalization: a = f(γ h + β), h = (x - m) / √(v + ε), for each neuron by itself.

    In training m and v are the mean and the variance over the step's batch [1]_, algorithm 1: so
    the answer to an example depends on those beside it, and the derivative by x goes through m
    and v too. Each example counts by its weight: a weight of 2 is two rows, one of 0 is none.

    When it answers, m and v are numbers that it remembers: those over the training examples [1]_,
    algorithm 2, computed where a state is handed out. (Keras and PyTorch keep running averages
    over the last steps instead; PyTorch's variance is divided by m - 1.)

    Parameters
    ----------
    n
        Neurons.
    activation
        f, from :mod:`neurona.activations`.
    epsilon
        ε, for a neuron that always says the same.

    Raises
    ------
    ValueError
        If ``n`` is no positive whole number, or ε is not positive.

    Examples
    --------
    >>> layer = BatchNormalization(1)
    >>> params = layer.init(np.random.default_rng(0), np.float64)
    >>> x = np.array([[1.0], [3.0]])
    >>> layer.practise(params, x)[0].round(3)
    array([[-1.],
           [ 1.]])
    >>> params = layer.remember(params, x)
    >>> params.mean, params.variance
    (array([2.]), array([1.]))
    >>> layer.forward(params, np.array([[5.0]]))[0].round(3)
    array([[3.]])
    """

    def init(self, rng: np.random.Generator, dtype: Any = np.float32) -> BatchNormalizationParams:
        """Draw nothing: γ = 1, β = 0, and until there are examples m = 0 and v = 1."""
        gamma, variance = np.ones((2, self.n), dtype)
        beta, mean = np.zeros((2, self.n), dtype)
        return BatchNormalizationParams(gamma, beta, mean, variance)

    def forward(self, params: BatchNormalizationParams, x: Array) -> tuple[Array, Pullback]:
        """Return ``a (batch, n)`` and its pullback, with the m and v that are remembered."""
        gamma, beta, mean, variance = params
        s = 1 / x.__array_namespace__().sqrt(variance + self.epsilon)
        h = (x.T - mean[:, None]) * s[:, None]
        a, activated_pullback = self._activated(gamma, beta, h)

        def pullback(
            da: Array, need_dx: bool = True
        ) -> tuple[Array | None, BatchNormalizationParams]:
            dh, dgamma, dbeta = activated_pullback(da.T)
            dmean = -s * dh.sum(axis=1)
            dvariance = -0.5 * s * s * (dh * h).sum(axis=1)
            dx = (dh * s[:, None]).T if need_dx else None
            return dx, BatchNormalizationParams(dgamma, dbeta, dmean, dvariance)

        return a.T, pullback

    def practise(
        self,
        params: BatchNormalizationParams,
        x: Array,
        weight: Array | None = None,
        noise: Any = None,
    ) -> tuple[Array, Pullback]:
        """Return ``a (batch, n)`` and its pullback, with m and v of the batch ``x (batch, n)``.

        p being an example's share in the mean, m = Σ p x and v = Σ p (x - m)², so that

            dx = (dh - p Σ dh - p h Σ dh h) / √(v + ε)

        ([1]_, the equations after algorithm 1, where p is 1 / batch).
        """
        p = _shares(weight, len(x))
        mean, variance = _moments(x.T, p)
        s = 1 / x.__array_namespace__().sqrt(variance + self.epsilon)
        h = (x.T - mean) * s
        a, activated_pullback = self._activated(params.gamma, params.beta, h)

        def pullback(
            da: Array, need_dx: bool = True
        ) -> tuple[Array | None, BatchNormalizationParams]:
            dh, dgamma, dbeta = activated_pullback(da.T)
            dx = None
            if need_dx:
                by_mean = dh.sum(axis=1)[:, None]
                by_variance = (dh * h).sum(axis=1)[:, None]
                dx = (s * (dh - p * (by_mean + h * by_variance))).T
            untouched = 0 * dbeta  # what is remembered has no part in this value
            return dx, BatchNormalizationParams(dgamma, dbeta, untouched, untouched)

        return a.T, pullback

    def remember(
        self, params: BatchNormalizationParams, x: Array, weight: Array | None = None
    ) -> BatchNormalizationParams:
        """Return the parameters with mean and variance of ``x (examples, n)``."""
        mean, variance = _moments(x.T, _shares(weight, len(x)))
        return params._replace(mean=mean[:, 0], variance=variance[:, 0])


@dataclass(frozen=True)
class LayerNormalization(_Normalization):
    """Layer normalization: a = f(γ h + β), h = (x - m) / √(v + ε), for each example by itself.

    m and v are the mean and the variance of the example's n numbers [2]_, equation 3: a batch,
    its size and its weights play no part, and training and answering are the same.

    Parameters
    ----------
    n
        Neurons, of which there should be more than one: of one alone, h is always 0.
    activation
        f, from :mod:`neurona.activations`.
    epsilon
        ε, for an example whose numbers are all the same.

    Raises
    ------
    ValueError
        If ``n`` is no positive whole number, or ε is not positive.

    Examples
    --------
    >>> layer = LayerNormalization(2)
    >>> params = layer.init(np.random.default_rng(0), np.float64)
    >>> layer.forward(params, np.array([[1.0, 3.0], [60.0, 20.0]]))[0].round(3)
    array([[-1.,  1.],
           [ 1., -1.]])
    """

    def init(self, rng: np.random.Generator, dtype: Any = np.float32) -> LayerNormalizationParams:
        """Draw nothing: γ = 1, β = 0."""
        return LayerNormalizationParams(np.ones(self.n, dtype), np.zeros(self.n, dtype))

    def forward(self, params: LayerNormalizationParams, x: Array) -> tuple[Array, Pullback]:
        """Return ``a (batch, n)`` and its pullback, from ``x (batch, n)``.

        dx = (dh - mean(dh) - h mean(dh h)) / √(v + ε), the means being over the example's numbers.
        """
        d = x.T - x.T.mean(axis=0)  # (n, batch)
        s = 1 / x.__array_namespace__().sqrt((d * d).mean(axis=0) + self.epsilon)
        h = d * s
        a, activated_pullback = self._activated(params.gamma, params.beta, h)

        def pullback(
            da: Array, need_dx: bool = True
        ) -> tuple[Array | None, LayerNormalizationParams]:
            dh, dgamma, dbeta = activated_pullback(da.T)
            dx = None
            if need_dx:
                dx = (s * (dh - dh.mean(axis=0) - h * (dh * h).mean(axis=0))).T
            return dx, LayerNormalizationParams(dgamma, dbeta)

        return a.T, pullback


def _shares(weight: Array | None, batch: int) -> Any:
    """Return each example's share in the mean: one number for all, or a row ``(1, batch)``."""
    share = shares(weight, batch)
    return share if weight is None else share.T


def _moments(x: Array, share: Any) -> tuple[Array, Array]:
    """Return mean and variance of ``x (n, batch)``, columns ``(n, 1)``."""
    mean = (share * x).sum(axis=1)[:, None]
    d = x - mean
    return mean, (share * d * d).sum(axis=1)[:, None]
