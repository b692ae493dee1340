"""Check the arguments of the data sets, before any drawing."""

from __future__ import annotations

import math
from numbers import Real
from operator import index
from typing import Any, TypeAlias

import numpy as np

from neurona.checks import shown

Rng: TypeAlias = int | np.random.Generator | None


def generator(rng: Rng) -> np.random.Generator:
    """Turn a seed into a generator; return a generator itself, which drawing advances."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"rng is {shown(rng)}: expected a seed (a whole number, 0 or more), "
            "a numpy.random.Generator, or None for different numbers on every call"
        ) from error


def sklearn_seed(rng: Rng) -> int:
    """Draw a whole number, which scikit-learn takes in place of a generator."""
    return int(generator(rng).integers(2**32))


def whole(name: str, value: Any, least: int, reason: str, example: int) -> int:
    """Check that a value is a whole number of at least ``least``."""
    try:
        number = index(value)
    except TypeError:
        number = None
    if number is None or number < least or isinstance(value, bool):
        raise ValueError(
            f"{name} is {shown(value)}: expected a whole number of at least {least} ({reason}), "
            f"for example {name}={example}"
        )
    return number


def points(value: Any, classes: int) -> int:
    """Check the number of points: at least one for each class."""
    return whole("n", value, classes, "a point for each class", example=500)


def not_negative(name: str, value: Any, example: float) -> float:
    """Check that a value is a finite number, 0 or more."""
    return _number(
        name, value, "a finite number, 0 or more", 0 <= _float(value) < math.inf, example
    )


def positive(name: str, value: Any, example: float) -> float:
    """Check that a value is a finite number above 0."""
    return _number(name, value, "a finite number above 0", 0 < _float(value) < math.inf, example)


def fraction(name: str, value: Any, example: float) -> float:
    """Check that a value lies between 0 and 1, both excluded."""
    return _number(name, value, "a number between 0 and 1", 0 < _float(value) < 1, example)


def _float(value: Any) -> float:
    return float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan


def _number(name: str, value: Any, expected: str, accepted: bool, example: float) -> float:
    if not accepted:
        raise ValueError(
            f"{name} is {shown(value)}: expected {expected}, for example {name}={example}"
        )
    return float(value)
