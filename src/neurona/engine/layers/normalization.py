"""Normalization: a layer's sums at mean 0 and variance 1, then at a scale that is learned.

Both layers hold the activation that follows: a hidden layer is a linear ``Dense`` or convolution,
then one of these. As in ``Dense``, within a layer an example is a column; of images and series,
each place is one.

References
----------
.. [1] Ioffe & Szegedy, "Batch normalization: accelerating deep network training by reducing
   internal covariate shift", 2015.
.. [2] Ba, Kiros & Hinton, "Layer normalization", 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, prod
from typing import Any, ClassVar, NamedTuple

import numpy as np

from neurona.engine.activations import Activation, linear
from neurona.engine.layers.base import Layer, Train
from neurona.engine.layers.deprecated import formerly_with
from neurona.engine.layout import as_columns, from_columns
from neurona.engine.types import Array, Pullback, Shape
from neurona.engine.weighting import shares


class BatchNormalizationParams(NamedTuple):
    """``gamma`` and ``beta``, which are learned, and the statistics to predict with: ``(n,)``."""

    gamma: Array
    beta: Array
    mean: Array
    variance: Array


class LayerNormalizationParams(NamedTuple):
    """``gamma`` and ``beta``, which are learned: both ``(n,)``."""

    gamma: Array
    beta: Array


@dataclass(frozen=True, repr=False)
class _Normalization(Layer, abstract=True):
    """The two layers' common part: an activation, and an epsilon against 1 / √0."""

    activation: Activation = linear
    epsilon: float = 1e-5
    axes: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        epsilon = self.epsilon
        if not isinstance(epsilon, float | int) or not 0 < epsilon < inf:
            raise ValueError(f"epsilon is {epsilon!r}: give a small positive number, such as 1e-5")

    def for_shape(self, shape: Shape) -> Any:
        """Return the layer for examples of so many axes."""
        return replace(self, axes=len(shape))

    def shapes(self, shape: Shape) -> Any:
        """Return the shape of each array: a number for each channel."""
        return self.Params(*(shape[-1:] for _ in self.Params._fields))

    def init(self, rng: np.random.Generator, shape: Shape, dtype: Any = np.float32) -> Any:
        """Draw nothing: γ = 1, β = 0, and until there are examples m = 0 and v = 1."""
        first = {"gamma": np.ones, "beta": np.zeros, "mean": np.zeros, "variance": np.ones}
        return self.Params(*(first[name](shape[-1:], dtype) for name in self.Params._fields))

    def _sides(self, x: Array) -> Shape:
        """Return the height and width of images, the steps of series, and nothing of rows."""
        return x.shape[x.ndim - self.axes : -1]

    def _activated(
        self, gamma: Array, beta: Array, h: Array
    ) -> tuple[Array, Callable[[Array], tuple[Array, Array, Array]]]:
        """Return a = f(γ h + β) of ``h (n, batch)``, and the pullback da -> (dh, dγ, dβ)."""
        gamma, beta = gamma[..., None], beta[..., None]
        a, activation_pullback = self.activation.function(gamma * h + beta)

        def pullback(da: Array) -> tuple[Array, Array, Array]:
            dz = activation_pullback(da)
            return gamma * dz, (dz * h).sum(axis=-1), dz.sum(axis=-1)

        return a, pullback


@formerly_with("n")
@dataclass(frozen=True, repr=False)
class BatchNormalization(_Normalization):
    """Batch normalization: a = f(γ h + β), h = (x - m) / √(v + ε), for each neuron by itself.

    In images and series a channel is a neuron, and m and v go over all places too.

    In training m and v are the mean and the variance over the step's batch [1]_, algorithm 1: so
    the output of an example depends on those beside it, and the derivative by x goes through m
    and v too. Each example counts by its weight: a weight of 2 is two rows, one of 0 is none.

    To predict, it takes the m and v of the training examples [1]_, algorithm 2, computed where a
    state is handed out. (Keras and PyTorch keep running averages
    over the last steps instead; PyTorch's variance is divided by m - 1.)

    Parameters
    ----------
    activation
        f, from :mod:`neurona.activations`, or its name.
    epsilon
        ε, for a neuron that always says the same.
    axes
        Axes of an example: 3 for images ``(height, width, channels)``. A network fills it in.

    Raises
    ------
    ValueError
        If ε is not positive.

    Examples
    --------
    >>> layer = BatchNormalization()
    >>> params = layer.init(np.random.default_rng(0), (1,), np.float64)
    >>> x = np.array([[1.0], [3.0]])
    >>> layer.forward(params, x, Train())[0].round(3)
    array([[-1.],
           [ 1.]])
    >>> params = layer.calibrate(params, x)
    >>> params.mean, params.variance
    (array([2.]), array([1.]))
    >>> layer.forward(params, np.array([[5.0]]))[0].round(3)
    array([[3.]])
    """

    Params: ClassVar[Any] = BatchNormalizationParams
    takes_off_mean: ClassVar[bool] = True

    def check_batch(self, size: int) -> None:
        """Refuse rows one at a time: each would be its own mean, and every output β."""
        if size == 1 and self.axes == 1:
            raise ValueError(
                f"{self!r} takes mean and variance over the examples of a step, and a step has "
                "one: give batch_size=2 or more (32, say), or use LayerNormalization()"
            )

    def forward(
        self, params: BatchNormalizationParams, x: Array, train: Train | None = None
    ) -> tuple[Array, Pullback]:
        """Return ``a (batch, *sides, n)`` and its pullback, from ``x (batch, *sides, n)``.

        In training, p being an example's share in the mean, m = Σ p x and v = Σ p (x - m)², so that

            dx = (dh - p Σ dh - p h Σ dh h) / √(v + ε)

        ([1]_, the equations after algorithm 1, where p is 1 / batch). In predicting, m and v are
        parameters, and their derivatives are those of any.
        """
        sides, x = self._sides(x), as_columns(x, self.axes)
        if train is None:
            p, mean, variance = 0.0, params.mean[..., None], params.variance[..., None]
        else:
            p = _shares(train.weight, x.shape[-1], prod(sides))
            mean, variance = _moments(x, p)
        s = 1 / x.__array_namespace__().sqrt(variance + self.epsilon)
        h = (x - mean) * s
        a, activated_pullback = self._activated(params.gamma, params.beta, h)

        def pullback(
            da: Array, need_dx: bool = True
        ) -> tuple[Array | None, BatchNormalizationParams]:
            dh, dgamma, dbeta = activated_pullback(as_columns(da, self.axes))
            by_mean = dh.sum(axis=-1)[..., None]
            by_variance = (dh * h).sum(axis=-1)[..., None]
            dx = s * (dh - p * (by_mean + h * by_variance)) if need_dx else None
            if train is None:
                dmean, dvariance = -s * by_mean, -0.5 * s * s * by_variance
            else:  # the statistics to predict with have no part in this value
                dmean = dvariance = 0 * by_mean
            grads = BatchNormalizationParams(dgamma, dbeta, dmean[..., 0], dvariance[..., 0])
            return None if dx is None else from_columns(dx, sides), grads

        return from_columns(a, sides), pullback

    def calibrate(
        self, params: BatchNormalizationParams, x: Array, weight: Array | None = None
    ) -> BatchNormalizationParams:
        """Return the parameters with mean and variance of ``x (examples, *sides, n)``."""
        sides, x = self._sides(x), as_columns(x, self.axes)
        mean, variance = _moments(x, _shares(weight, x.shape[-1], prod(sides)))
        # The networks of a stack share the examples that reach a first layer, and have its moments.
        shape, xp = params.mean.shape, x.__array_namespace__()
        return params._replace(
            mean=xp.broadcast_to(mean[..., 0], shape),
            variance=xp.broadcast_to(variance[..., 0], shape),
        )


@formerly_with("n")
@dataclass(frozen=True, repr=False)
class LayerNormalization(_Normalization):
    """Layer normalization: a = f(γ h + β), h = (x - m) / √(v + ε), for each example by itself.

    In images and series each place is normalized by itself, over its channels.

    m and v are the mean and the variance of the example's n numbers [2]_, equation 3: a batch,
    its size and its weights play no part, and training and predicting are the same. There should
    be more than one number: of one alone, h is always 0.

    Parameters
    ----------
    activation
        f, from :mod:`neurona.activations`, or its name.
    epsilon
        ε, for an example whose numbers are all the same.
    axes
        Axes of an example: 2 for series ``(steps, features)``. A network fills it in.

    Raises
    ------
    ValueError
        If ε is not positive.

    Examples
    --------
    >>> layer = LayerNormalization()
    >>> params = layer.init(np.random.default_rng(0), (2,), np.float64)
    >>> layer.forward(params, np.array([[1.0, 3.0], [60.0, 20.0]]))[0].round(3)
    array([[-1.,  1.],
           [ 1., -1.]])
    """

    Params: ClassVar[Any] = LayerNormalizationParams

    def forward(
        self, params: LayerNormalizationParams, x: Array, train: Train | None = None
    ) -> tuple[Array, Pullback]:
        """Return ``a (batch, *sides, n)`` and its pullback, from ``x (batch, *sides, n)``.

        dx = (dh - mean(dh) - h mean(dh h)) / √(v + ε), the means being over the example's numbers.
        """
        sides, x = self._sides(x), as_columns(x, self.axes)
        d = x - _mean(x)  # (n, batch · places)
        s = 1 / x.__array_namespace__().sqrt(_mean(d * d) + self.epsilon)
        h = d * s
        a, activated_pullback = self._activated(params.gamma, params.beta, h)

        def pullback(
            da: Array, need_dx: bool = True
        ) -> tuple[Array | None, LayerNormalizationParams]:
            dh, dgamma, dbeta = activated_pullback(as_columns(da, self.axes))
            dx = s * (dh - _mean(dh) - h * _mean(dh * h)) if need_dx else None
            grads = LayerNormalizationParams(dgamma, dbeta)
            return None if dx is None else from_columns(dx, sides), grads

        return from_columns(a, sides), pullback


def _mean(values: Array) -> Array:
    """Return the mean of each column."""
    mean: Array = values.mean(axis=-2, keepdims=True)
    return mean


def _shares(weight: Array | None, columns: int, places: int) -> Any:
    """Return each column's share in the mean: one number for all, or a row ``(1, columns)``.

    An example has a column for each of its places, and its weight is that of all of them.
    """
    if weight is None:
        return 1 / columns
    share = shares(weight, columns // places).mT / places
    return share if places == 1 else share.__array_namespace__().repeat(share, places, axis=-1)


def _moments(x: Array, share: Any) -> tuple[Array, Array]:
    """Return mean and variance of ``x (n, batch)``, columns ``(n, 1)``."""
    mean = (share * x).sum(axis=-1)[..., None]
    d = x - mean
    return mean, (share * d * d).sum(axis=-1)[..., None]
