"""The axes of a sweep: a setting's name, and the values that it takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona.checks import check_positive

Cell = tuple[int, ...]  # the place of a value on each axis

VALUES = 20  # of a range, if nothing else is said
MOST = 1000  # of a range
NUMBERS = ("learning_rate", "l1", "l2")
COUNTS = ("batch_size", "depth")
_RANGE = re.compile(r"([^:]+):([^:]+)(?::([^:]+))?")


@dataclass(frozen=True)
class Axis:
    """One setting of a sweep and its values.

    Attributes
    ----------
    name
        The setting, such as ``"learning_rate"``.
    values
        What it takes, one after the other.

    Examples
    --------
    >>> Axis.read("learning_rate", "0.01:1:3")
    Axis(name='learning_rate', values=(0.01, 0.1, 1.0))
    >>> Axis.read("topology", "4,8/4,8,16").labels
    ('4-8', '4-8-16')
    """

    name: str
    values: tuple[Any, ...]

    @classmethod
    def read(cls, name: str, given: Any) -> Axis:
        """Make an axis of a text, or of values.

        ``"low:high"`` are 20 numbers at equal ratios and ``"low:high:count"`` so many; otherwise
        commas stand between values, and slashes between topologies, whose widths have commas.

        Raises
        ------
        ValueError
            If the range is empty, a number is not positive, or there are no values.
        """
        if isinstance(given, str):
            given = _parsed(name, given)
        elif isinstance(given, Mapping) or not isinstance(given, Iterable):
            raise ValueError(f"{name} is {given!r}: a sweep takes several values, in a list")
        values = tuple(tuple(one) if isinstance(one, list) else one for one in given)
        values = tuple(one.item() if isinstance(one, np.generic) else one for one in values)
        if not values:
            raise ValueError(f"{name} has no values: a sweep takes at least one")
        if len({*map(repr, values)}) < len(values):
            raise ValueError(f"{name} has a value twice: {', '.join(map(str, values))}")
        return cls(name, values)

    @property
    def labels(self) -> tuple[str, ...]:
        """The values as short texts."""
        return tuple(map(label, self.values))

    @property
    def is_of_numbers(self) -> bool:
        """Tell whether the values are numbers that rise, as those of a range."""
        numbers = [one for one in self.values if isinstance(one, int | float)]
        return len(numbers) == len(self.values) and numbers == sorted(numbers)


def settings_of(axes: Sequence[Axis], cell: Cell) -> dict[str, Any]:
    """Return the values of a cell by the names of their settings.

    >>> settings_of([Axis("depth", (1, 2)), Axis("l2", (0.0, 0.1))], (1, 0))
    {'depth': 2, 'l2': 0.0}
    """
    return {axis.name: axis.values[k] for axis, k in zip(axes, cell, strict=True)}


def label(value: Any) -> str:
    """Return a value as a short text.

    >>> label(0.000123456), label((4, 8)), label(32), label(None)
    ('0.000123', '4-8', '32', 'all')
    """
    if value is None:
        return "all"  # the batch size of the whole data
    if isinstance(value, tuple):
        return "-".join(map(str, value)) or "0"
    if isinstance(value, float):
        return f"{value:.3g}"
    return getattr(value, "__name__", None) or str(value)


def between(low: float, high: float, count: int) -> list[float]:
    """Return so many numbers from low to high, at equal ratios."""
    low, high = check_positive("the lowest value", low), check_positive("the highest value", high)
    if not low < high:
        raise ValueError(f"the range from {low:g} to {high:g} is empty: the lower number is first")
    if not 2 <= count <= MOST:
        raise ValueError(
            f"{count} values between {low:g} and {high:g}: a range has two at least, and {MOST} at "
            "most"
        )
    # Rounded to what a person would write: the ends stay as they were given.
    inner = [float(f"{one:.4g}") for one in np.geomspace(low, high, count)[1:-1]]
    return [float(low), *inner, float(high)]


def _parsed(name: str, text: str) -> Sequence[Any]:
    if name == "topology":
        return [
            tuple(_number(name, width, int) for width in one.split(",")) for one in text.split("/")
        ]
    if name not in NUMBERS + COUNTS:
        return [one.strip() for one in text.split(",")]
    if name in NUMBERS and (found := _RANGE.fullmatch(text.strip())):
        low, high = (_number(name, one, float) for one in found.groups()[:2])
        count = VALUES if found[3] is None else _number(name, found[3], int)
        try:
            return between(low, high, count)
        except ValueError as error:
            raise ValueError(f"{name} {text!r}: {error}") from None
    kind = float if name in NUMBERS else int
    return [
        None if name == "batch_size" and one.strip() == "all" else _number(name, one, kind)
        for one in text.split(",")
    ]


def _number(name: str, text: str, kind: Any) -> Any:
    try:
        return kind(text)
    except ValueError:
        what = "a number" if kind is float else "a whole number"
        raise ValueError(f"{name}: {text.strip()!r} is not {what}") from None
