"""Points in the plane with a number each, for a network with a linear output."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from neurona.datasets.arguments import Rng, generator, not_negative, whole

if TYPE_CHECKING:
    from collections.abc import Callable

Surface: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]


def plane(n: int = 500, *, noise: float = 0.05, rng: Rng = None) -> Surface:
    """Draw points of a tilted plane, which a single linear neuron can learn.

        y = (x1 + x2) / 2 + noise,   x uniform over [-1, 1]²

    Parameters
    ----------
    n
        Number of points, 1 or more.
    noise
        Standard deviation of the noise in each y.
    rng
        Seed or generator.

    Returns
    -------
    X : (n, 2) float64
        The points.
    y : (n,) float64
        Their heights.

    Raises
    ------
    ValueError
        If an argument is out of the range given above.

    Examples
    --------
    >>> X, y = plane(n=3, noise=0.0, rng=0)
    >>> bool((y == X.mean(axis=1)).all())
    True
    """
    return _surface(lambda X: X.mean(axis=1), n, noise, rng)


def wave(n: int = 500, *, noise: float = 0.05, rng: Rng = None) -> Surface:
    """Draw points of a ripple, as from a stone in water; it needs hidden layers.

        y = cos(2π ‖x‖) + noise,   x uniform over [-1, 1]²

    A crest in the center, a trough at radius 1/2 and a crest at radius 1.

    Parameters
    ----------
    n
        Number of points, 1 or more.
    noise
        Standard deviation of the noise in each y.
    rng
        Seed or generator.

    Returns
    -------
    X : (n, 2) float64
        The points.
    y : (n,) float64
        Their heights.

    Raises
    ------
    ValueError
        If an argument is out of the range given above.

    Examples
    --------
    >>> X, y = wave(n=500, noise=0.0, rng=0)
    >>> radius = (X**2).sum(axis=1) ** 0.5
    >>> y[radius < 0.1].min() > 0.8, y[abs(radius - 0.5) < 0.1].max() < -0.8
    (np.True_, np.True_)
    """
    return _surface(lambda X: np.cos(2 * np.pi * np.hypot(X[:, 0], X[:, 1])), n, noise, rng)


REGRESSIONS: dict[str, Callable[..., Surface]] = {"plane": plane, "wave": wave}
"""Every surface by its name; each takes ``n``, ``noise`` and ``rng``."""


def _surface(
    height: Callable[[NDArray[np.float64]], NDArray[np.float64]], n: int, noise: float, rng: Rng
) -> Surface:
    n = whole("n", n, 1, "a point to learn from", example=500)
    noise = not_negative("noise", noise, example=0.05)
    rng = generator(rng)
    X = rng.uniform(-1, 1, size=(n, 2))
    return X, height(X) + rng.normal(scale=noise, size=n)
