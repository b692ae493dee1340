"""A column: a name, and cells that are all of one kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from neurona.tables.cells import is_missing

# "empty": all cells are missing, so nobody can tell the kind.
Kind: TypeAlias = Literal["number", "category", "date", "empty"]

MOST_NUMBERED_CLASSES = 20
"""Up to so many distinct whole numbers are taken for classes; more are quantities."""


@dataclass(frozen=True, eq=False)
class Column:
    """One column, its cells all of one kind.

    Attributes
    ----------
    name
        Its name in messages: ``x3`` for the fourth column of an array.
    kind
        ``"number"``, ``"category"``, ``"date"`` or ``"empty"``.
    values : (n,)
        float64 with NaN, texts with None, or datetime64 with NaT where the cell is missing.
    decimal
        The sign before the decimals of numbers that were texts.
    order
        The part of a date that came first in texts, if the year did not in all; ``"time"`` of times
        of day.
    moved
        Whether any of its dates was moved to UTC from another zone; None if all named UTC, and
        False if none named a zone.
    remarks
        Of what is taken for missing, or may be something else: "is read as texts; ...".
    odd
        The rows whose cells are not of the kind; of categories, those beside numbers.
    """

    name: str
    kind: Kind
    values: NDArray[Any]
    decimal: str = "."
    order: str | None = None
    remarks: tuple[str, ...] = ()
    odd: tuple[int, ...] = ()
    moved: bool | None = False

    @property
    def is_time(self) -> bool:
        """Whether the column is of times of day."""
        return self.order == "time"

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which cells are missing."""
        values = self.values
        missing: NDArray[np.bool_]
        if self.kind == "number":
            missing = np.isnan(values)
        elif self.kind == "date":
            missing = np.isnat(values)
        else:
            missing = np.fromiter((cell is None for cell in values), bool, len(values))
        return missing


def moved_in(each: Iterable[bool | None]) -> bool | None:
    """Return what is said of many dates, or columns of them: see :attr:`Column.moved`.

    >>> moved_in([None, False, True]), moved_in([None, False]), moved_in([None])
    (True, False, None)
    """
    told = {*each}
    return True if True in told else False if False in told or not told else None


def empty(name: str, n: int) -> Column:
    """Return a column of n missing cells."""
    return Column(name, "empty", np.full(n, None))


def objects(cells: Iterable[Any]) -> NDArray[Any]:
    """Return cells as an array of objects, even where NumPy would make an array of texts."""
    return np.array([*cells, None], dtype=object)[:-1]


def which_missing(cells: Iterable[Any]) -> NDArray[np.bool_]:
    """Tell which cells are missing: None, NaN, NaT, pandas' NA."""
    return np.fromiter(map(is_missing, cells), bool)


def look_like_classes(values: NDArray[np.float64]) -> bool:
    """Tell numbers that name classes from quantities: they are whole, few, and some come twice.

    >>> look_like_classes(np.array([1.0, 2.0, 1.0])), look_like_classes(np.array([1.5, 2.0]))
    (True, False)
    >>> look_like_classes(np.array([2.0, 4.0, 6.0])), look_like_classes(np.array([0.0, 1.0]))
    (False, True)
    """
    distinct = np.unique(values)
    few = len(distinct) <= min(MOST_NUMBERED_CLASSES, max(2, len(values) - 1))
    return few and bool((distinct % 1 == 0).all())
