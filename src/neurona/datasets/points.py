"""Clouds of points in the plane, each with the class of every point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from neurona.datasets.arguments import (
    Rng,
    fraction,
    generator,
    not_negative,
    points,
    positive,
    sklearn_seed,
    whole,
)
from neurona.extras import require

if TYPE_CHECKING:
    from collections.abc import Callable

Cloud: TypeAlias = tuple[NDArray[np.float64], NDArray[np.int64]]


def circles(n: int = 500, *, factor: float = 0.5, noise: float = 0.05, rng: Rng = None) -> Cloud:
    """Draw a circle within a circle, two classes that no line separates.

    Class 0 has radius 1 and class 1 has radius ``factor``; each circle has half of the points,
    evenly spaced. It calls scikit-learn's ``make_circles``, as the lesson does.

    Parameters
    ----------
    n
        Number of points, 2 or more; an odd one goes to class 1.
    factor
        Radius of the inner circle, between 0 and 1. The closer to 1, the harder.
    noise
        Standard deviation of the noise in each coordinate.
    rng
        Seed or generator.

    Returns
    -------
    X : (n, 2) float64
        The points, in random order.
    y : (n,) int64
        Their classes, 0 or 1.

    Raises
    ------
    ValueError
        If an argument is out of the range given above.
    MissingExtra
        If scikit-learn is not installed.

    Examples
    --------
    >>> X, y = circles(n=500, factor=0.5, noise=0.0, rng=0)
    >>> radius = (X**2).sum(axis=1) ** 0.5
    >>> radius[y == 0].mean().round(3), radius[y == 1].mean().round(3)
    (np.float64(1.0), np.float64(0.5))
    """
    n = points(n, classes=2)
    factor = fraction("factor", factor, example=0.5)
    noise = not_negative("noise", noise, example=0.05)
    make_circles = require("sklearn.datasets", extra="datasets").make_circles
    return _cloud(
        *make_circles(n_samples=n, factor=factor, noise=noise, random_state=sklearn_seed(rng))
    )


def moons(n: int = 500, *, noise: float = 0.1, rng: Rng = None) -> Cloud:
    """Draw two half circles, each with a tip inside the other.

    These are the points of scikit-learn's ``make_moons``, moved by (-1/2, -1/4), which centers
    them, and divided by 3/2, so that the clean moons fill [-1, 1] x [-1/2, 1/2]. ``noise`` counts
    after the division. At the default noise the tips just touch: 99 % of the points are separable.

    Parameters
    ----------
    n
        Number of points, 2 or more; an odd one goes to class 1.
    noise
        Standard deviation of the noise in each coordinate.
    rng
        Seed or generator.

    Returns
    -------
    X : (n, 2) float64
        The points, in random order.
    y : (n,) int64
        Their classes: 0 for the upper moon, 1 for the lower.

    Raises
    ------
    ValueError
        If an argument is out of the range given above.
    MissingExtra
        If scikit-learn is not installed.

    Examples
    --------
    >>> X, y = moons(n=500, noise=0.0, rng=0)
    >>> X.min(axis=0).round(2), X.max(axis=0).round(2)
    (array([-1. , -0.5]), array([1. , 0.5]))
    """
    n = points(n, classes=2)
    noise = not_negative("noise", noise, example=0.1)
    make_moons = require("sklearn.datasets", extra="datasets").make_moons
    X, y = make_moons(n_samples=n, noise=1.5 * noise, random_state=sklearn_seed(rng))
    return _cloud((X - (0.5, 0.25)) / 1.5, y)


def xor(n: int = 500, *, noise: float = 0.0, gap: float = 0.06, rng: Rng = None) -> Cloud:
    """Draw four squares, with the same class in opposite ones: the exclusive or of two signs.

        y = [x1 · x2 < 0]

    Points are uniform over [-1, 1]² without the cross |x1| < gap or |x2| < gap, a quarter of them
    in each square. The class is that of the clean point: noise moves the point and keeps the class.

    Parameters
    ----------
    n
        Number of points, 2 or more.
    noise
        Standard deviation of the noise in each coordinate.
    gap
        Half the width of the empty cross, between 0 and 1.
    rng
        Seed or generator.

    Returns
    -------
    X : (n, 2) float64
        The points, in random order.
    y : (n,) int64
        Their classes: 1 if the signs differ, 0 if they agree.

    Raises
    ------
    ValueError
        If an argument is out of the range given above.

    References
    ----------
    Rumelhart, Hinton & Williams (1986), "Learning internal representations by error propagation":
    two layers solve this problem, which one layer cannot solve.

    Examples
    --------
    >>> X, y = xor(n=4, rng=0)
    >>> bool(((X[:, 0] * X[:, 1] < 0) == y).all()), y.sum()
    (True, np.int64(2))
    """
    n = points(n, classes=2)
    noise = not_negative("noise", noise, example=0.1)
    gap = fraction("gap", gap, example=0.06)
    rng = generator(rng)
    quadrants = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    signs = quadrants[np.arange(n) % 4]  # in turn, so that the classes stay balanced
    X = signs * rng.uniform(gap, 1, size=(n, 2))
    return _blurred_and_shuffled(X, signs.prod(axis=1) < 0, noise, rng)


def gaussians(n: int = 500, *, noise: float = 0.2, rng: Rng = None) -> Cloud:
    """Draw two round clouds, one per class, which a single neuron can separate.

        x ~ N(±(1/2, 1/2), noise²)

    The best classifier is the line x1 + x2 = 0, right with probability Φ(1 / (√2 · noise)):
    99.98 % at the default noise, 92 % at 0.5.

    Parameters
    ----------
    n
        Number of points, 2 or more; an odd one goes to class 0.
    noise
        Standard deviation of each cloud along each coordinate.
    rng
        Seed or generator.

    Returns
    -------
    X : (n, 2) float64
        The points, in random order.
    y : (n,) int64
        Their classes: 0 around (-1/2, -1/2), 1 around (1/2, 1/2).

    Raises
    ------
    ValueError
        If an argument is out of the range given above.
    MissingExtra
        If scikit-learn is not installed.

    Examples
    --------
    >>> X, y = gaussians(n=500, rng=0)
    >>> ((X.sum(axis=1) > 0) == y).mean()
    np.float64(1.0)
    """
    n = points(n, classes=2)
    noise = not_negative("noise", noise, example=0.2)
    return _gaussian_clouds(n, np.array([[-0.5, -0.5], [0.5, 0.5]]), noise, rng)


def spirals(
    n: int = 500, *, arms: int = 2, turns: float = 1.5, noise: float = 0.02, rng: Rng = None
) -> Cloud:
    """Draw interlocking spirals, one class per arm: the lesson's challenge.

        x = r · (cos φ, sin φ) + noise,   φ = 2π (turns · r + class / arms),   0 < r < 1

    The radii are square roots of evenly spaced numbers, so the points are as dense at the end of an
    arm as near the center. The distance between arms is 1 / (turns · arms). With the default noise
    and a million points, a vote of the 25 nearest neighbors finds the arm of 99.98 % of new points
    for 2 arms and of 99.75 % for 5. For more arms or turns, lower the noise.

    Parameters
    ----------
    n
        Number of points, at least one per arm; the arms receive them in turn.
    arms
        Number of arms and of classes, 2 or more.
    turns
        Number of turns of each arm, above 0.
    noise
        Standard deviation of the noise in each coordinate.
    rng
        Seed or generator.

    Returns
    -------
    X : (n, 2) float64
        The points, in random order.
    y : (n,) int64
        Their classes, 0 to arms - 1.

    Raises
    ------
    ValueError
        If an argument is out of the range given above.

    References
    ----------
    Lang & Witbrock (1988), "Learning to tell two spirals apart", Proceedings of the 1988
    Connectionist Models Summer School: two arms of 97 points and three turns, evenly spaced in
    angle, so denser near the center.

    Examples
    --------
    >>> X, y = spirals(n=500, arms=3, rng=0)
    >>> np.bincount(y)
    array([167, 167, 166])
    """
    arms = whole("arms", arms, 2, "a class for each arm", example=2)
    n = points(n, classes=arms)
    turns = positive("turns", turns, example=1.5)
    noise = not_negative("noise", noise, example=0.02)
    rng = generator(rng)
    arm = np.arange(n) % arms
    radius = np.sqrt((np.arange(n) + 0.5) / n)
    angle = 2 * np.pi * (turns * radius + arm / arms)
    X = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return _blurred_and_shuffled(X, arm, noise, rng)


def blobs(n: int = 500, *, classes: int = 3, noise: float = 0.15, rng: Rng = None) -> Cloud:
    """Draw one round cloud per class, with centers evenly spaced on a circle of radius 3/4.

        x ~ N(3/4 · (cos φ, sin φ), noise²),   φ = π/2 + 2π · class / classes

    It calls scikit-learn's ``make_blobs`` with given centers: random centers overlap too often.

    Parameters
    ----------
    n
        Number of points, at least one per class.
    classes
        Number of clouds, 2 or more. At the default noise, neighbors begin to mix from 6 on.
    noise
        Standard deviation of each cloud along each coordinate.
    rng
        Seed or generator.

    Returns
    -------
    X : (n, 2) float64
        The points, in random order.
    y : (n,) int64
        Their classes, 0 to classes - 1, counter-clockwise from the top.

    Raises
    ------
    ValueError
        If an argument is out of the range given above.
    MissingExtra
        If scikit-learn is not installed.

    Examples
    --------
    >>> X, y = blobs(n=500, classes=4, rng=0)
    >>> np.bincount(y)
    array([125, 125, 125, 125])
    """
    classes = whole("classes", classes, 2, "something to tell apart", example=3)
    n = points(n, classes=classes)
    noise = not_negative("noise", noise, example=0.15)
    angle = np.pi / 2 + 2 * np.pi * np.arange(classes) / classes
    centers = 0.75 * np.column_stack([np.cos(angle), np.sin(angle)])
    return _gaussian_clouds(n, centers, noise, rng)


POINT_CLOUDS: dict[str, Callable[..., Cloud]] = {
    "circles": circles,
    "moons": moons,
    "xor": xor,
    "gaussians": gaussians,
    "spirals": spirals,
    "blobs": blobs,
}
"""Every cloud by its name; each takes at least ``n``, ``noise`` and ``rng``."""


def _gaussian_clouds(n: int, centers: NDArray[np.float64], noise: float, rng: Rng) -> Cloud:
    make_blobs = require("sklearn.datasets", extra="datasets").make_blobs
    return _cloud(
        *make_blobs(n_samples=n, centers=centers, cluster_std=noise, random_state=sklearn_seed(rng))
    )


def _blurred_and_shuffled(
    X: NDArray[np.float64], y: NDArray[Any], noise: float, rng: np.random.Generator
) -> Cloud:
    order = rng.permutation(len(X))
    return _cloud(X[order] + rng.normal(scale=noise, size=X.shape), y[order])


def _cloud(X: NDArray[np.float64], y: NDArray[Any]) -> Cloud:
    return np.ascontiguousarray(X), y.astype(np.int64)
