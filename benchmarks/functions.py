"""Functions that a network exists for, each drawn anew: rows to learn from, and new ones to test.

The noise is the same in both. Settings of the estimators may be chosen on these functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from sklearn import datasets

import neurona

Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]


class Function(NamedTuple):
    """A draw of points with their targets, and the numbers of points and of draws."""

    draw: Draw
    rows: int  # to learn from
    regression: bool = False
    test_rows: int = 2000
    draws: int = 3
    rare: int | None = None  # the class whose recall counts


def _sine(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """y = sin x over one period."""
    X = rng.uniform(-np.pi, np.pi, size=(n, 1))
    return X, np.sin(X[:, 0])


def _waves(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """y = sin 2a · cos 2b: a sum of a curve in a and one in b does not fit it."""
    X = rng.uniform(-2, 2, size=(n, 2))
    return X, np.sin(2 * X[:, 0]) * np.cos(2 * X[:, 1])


def _heavy_tail(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """y = x, where the logarithm of x is normal with standard deviation 1.5."""
    X = rng.lognormal(sigma=1.5, size=(n, 1))
    return X, X[:, 0].copy()


def _checkerboard(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw two classes in turns on 4 x 4 squares."""
    X = rng.uniform(0, 4, size=(n, 2))
    return X, np.floor(X).sum(axis=1).astype(int) % 2


def _xor(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Repeat the four points of the exclusive or of two bits, in random order."""
    bits = rng.permutation(n) % 4
    X = np.stack([bits // 2, bits % 2], axis=1).astype(float)
    return X, (X[:, 0] != X[:, 1]).astype(int)


def _threshold(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """y = [x > 2.2] of a standard normal x: 1.4 % are of class 1."""
    X = rng.normal(size=(n, 1))
    return X, (X[:, 0] > 2.2).astype(int)


def _of_scikit_learn(make: Callable[..., tuple[np.ndarray, np.ndarray]], **settings: float) -> Draw:
    return lambda rng, n: make(n_samples=n, random_state=int(rng.integers(2**32)), **settings)


XOR_POINTS = "XOR, 4 points"
FUNCTIONS: dict[str, Function] = {
    "sin x": Function(_sine, 200, regression=True),
    "sin 2a cos 2b": Function(_waves, 1000, regression=True),
    "Friedman 1": Function(_of_scikit_learn(datasets.make_friedman1, noise=1), 500, True),
    "Friedman 2": Function(_of_scikit_learn(datasets.make_friedman2, noise=50), 500, True),
    "Friedman 3": Function(_of_scikit_learn(datasets.make_friedman3, noise=0.1), 500, True),
    "y = x, log-normal": Function(_heavy_tail, 2000, regression=True),
    "moons": Function(_of_scikit_learn(datasets.make_moons, noise=0.1), 1000),
    "circles": Function(lambda rng, n: neurona.datasets.circles(n, rng=rng), 100),
    "spirals": Function(lambda rng, n: neurona.datasets.spirals(n, rng=rng), 1000),
    "XOR, 4 points x 25": Function(_xor, 100),
    XOR_POINTS: Function(_xor, 4, test_rows=4, draws=10),  # the test is on the same four
    "checkerboard": Function(_checkerboard, 1000),
    "x > 2.2": Function(_threshold, 3000, rare=1),
}
