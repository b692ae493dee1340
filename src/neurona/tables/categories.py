"""Categories: an indicator each; a small one where they are many and tell little of the target.

Each of many categories has few rows, which a network can learn by heart. If the column tells no
more of the target than chance would, its indicators are small, so that weight decay counts for
more. They are not left out: a category may matter only together with another column. A few
categories often do, the species beside the weight say, and their indicators are never small.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from neurona.tables.columns import Column, Kind

Weights: TypeAlias = NDArray[np.float64] | None
Target: TypeAlias = NDArray[np.float64] | None  # (n, outputs), as the network learns it

MOST_LEVELS = 256  # of a column of categories; the others share one indicator
FEWEST_LEVELS = 32  # that are kept, however many rows and columns there are
MOST_CELLS = 2**26  # of the indicators of all columns, if they are more than those
FEWEST_ROWS = 3  # that a category must have, not to be "another"
PRIOR_ROWS = 3.0  # so many rows at the mean are added to a category's, to tell its use
SMALLEST = 0.25  # of the indicators of many categories
FEW_LEVELS = 8  # that have large indicators in any case
LARGE_F = 10.0  # by which the variance between them is larger than chance: they are large too


class Moments(NamedTuple):
    """Each row's target, or the mean over rows that share a cell.

    Attributes
    ----------
    mean
        ``(n, outputs)``, as the network learns it.
    square
        ``(n,)``: that of its square, summed over the outputs.
    """

    mean: NDArray[np.float64]
    square: NDArray[np.float64]

    @classmethod
    def of(cls, target: NDArray[np.float64]) -> Moments:
        """Return those of single rows."""
        with np.errstate(over="ignore"):  # a count may be far
            return cls(target, (target**2).sum(axis=1))


@dataclass(frozen=True)
class Categories:
    """An indicator a category; if there were any, one for all others and one for missing cells.

    The others, ``merged`` of them, are rare, or of too many the least useful to tell the target. A
    category that was never seen is taken for one of them; where there was none, all is 0. Two
    categories are one column, -1 and 1. Whether one is rare is told by its rows: a weight of 2 is
    two of them, but where weights are not whole numbers, they are shares of the rows there are. An
    older file does not know how many were merged, and has 0.

    An indicator is 0 or the ``scale``, √((F - 1) / 10), from 0.25 to 1 and at least 8 / categories.
    F is the variance of the target between the categories over that within them [1]_, about 1 if
    the column tells nothing. Then the best mean of a category is B = 1 - 1 / F of the way from the
    mean of all to its own [2]_, and a penalty on weights leads there where the square of the
    inputs' scale goes with B / (1 - B) = F - 1. Without a target the scale is 1.

    .. [1] Fisher, "Statistical methods for research workers", 1925, chapter 7 (analysis of
       variance).
    .. [2] James and Stein, "Estimation with quadratic loss", 1961.

    >>> cells = np.array(["a", "b", "a", "b", "a", "b", "c", None], dtype=object)
    >>> kinds = Categories.fit(Column("kind", "category", cells), None)
    >>> kinds.outputs
    ['kind = a', 'kind = b', 'kind is another', 'kind is missing']
    >>> kinds.transform(Column("kind", "category", np.array(["b", "z", None], dtype=object)))
    array([[0., 1., 0., 0.],
           [0., 0., 1., 0.],
           [0., 0., 0., 1.]])
    """

    name: str
    levels: tuple[str, ...]
    other: bool
    missing: bool
    merged: int = 0
    scale: float = 1.0
    kind: ClassVar[Kind] = "category"

    @classmethod
    def fit(
        cls,
        column: Column,
        weight: Weights,
        target: Moments | None = None,
        most: int = MOST_LEVELS,
    ) -> Categories | None:
        """Return what was learned; None if all cells are the same, or all different.

        The target tells the scale, and which are kept of more categories than the most.
        """
        missing = column.missing
        given = column.values[~missing]
        levels = sorted(set(given))
        which = places(given, levels)
        weight = np.ones(len(which)) if weight is None else rows_of(weight)[~missing]
        rows = np.bincount(which, weight)
        # In a small table all are kept, unless they are too many.
        fewest = FEWEST_ROWS if rows.sum() >= FEWEST_ROWS * len(levels) else 2
        enough = np.flatnonzero(rows >= fewest)
        use: NDArray[Any] = rows
        scale = 1.0
        if target is not None and len(levels) > 1:
            known = Moments(target.mean[~missing], target.square[~missing])
            told, within = _squares(which, weight, known)
            use = told * (rows / (rows + PRIOR_ROWS))  # a mean of few rows is far off by chance
            scale = _scale(float(told.sum()), within, len(levels), float(rows.sum()))
        if len(enough) > most:
            by_use = np.lexsort([-rows[enough], -use[enough]])  # then by the alphabet
            enough = np.sort(enough[by_use[:most]])
        kept = tuple(levels[i] for i in enough)
        merged = len(levels) - len(kept)
        made = cls(column.name, kept, merged > 0, bool(missing.any()), merged, scale)
        return made if len(kept) + made.other + made.missing > 1 else None

    @property
    def two(self) -> bool:
        """Whether the categories are two, and nothing else was there."""
        return len(self.levels) == 2 and not (self.other or self.missing)

    @property
    def outputs(self) -> list[str]:
        """The names of the columns made of it."""
        if self.two:
            return [f"{self.name} = {self.levels[1]}"]
        names = [f"{self.name} = {level}" for level in self.levels]
        names += [f"{self.name} is another"] if self.other else []
        return names + ([f"{self.name} is missing"] if self.missing else [])

    def unseen(self, column: Column) -> Counter[str]:
        """Return the categories that tell nothing, as nothing like them was learned, counted."""
        known = {*map(str.strip, self.levels), None}
        return Counter(() if self.other else (cell for cell in column.values if cell not in known))

    def transform(self, column: Column) -> NDArray[np.float64]:
        """Return those columns, ``(n, len(outputs))``."""
        which, missing = places(column.values, self.levels), column.missing
        if self.other:
            which[(which < 0) & ~missing] = len(self.levels)
        if self.missing:
            which[missing] = len(self.levels) + self.other
        x = np.zeros((len(which), len(self.levels) + self.other + self.missing))
        there = np.flatnonzero(which >= 0)
        x[there, which[there]] = self.scale
        return np.asarray(x @ np.array([[-1.0], [1.0]])) if self.two else x


def places(cells: NDArray[Any], levels: Sequence[str]) -> NDArray[np.int64]:
    """Return which level each cell is, -1 where it is none."""
    place = {level.strip(): i for i, level in enumerate(levels)}  # blanks are in older files
    return np.fromiter((place.get(cell, -1) for cell in cells), np.int64, len(cells))


def _squares(
    which: NDArray[np.int64], weight: NDArray[np.float64], target: Moments
) -> tuple[NDArray[np.float64], float]:
    """Return r (mean - mean of all)² of each level, of r rows, and the sum of squares within all.

    Both are summed over the outputs, in a unit in which no target is beyond 1.
    """
    size = float(abs(target.mean).max()) or 1.0  # so that no square overflows
    rows, total = np.bincount(which, weight), float(weight @ target.square) / size / size
    between = np.zeros(len(rows))
    for output in target.mean.T / size:
        sums = np.bincount(which, weight * output)
        means = np.divide(sums, rows, out=np.zeros(len(rows)), where=rows > 0)
        mean = sums.sum() / rows.sum()
        between += rows * (means - mean) ** 2
        total -= rows.sum() * mean**2
    return between, total - float(between.sum())


def _scale(between: float, within: float, levels: int, rows: float) -> float:
    """Return √((F - 1) / 10) within its bounds; 1 where all targets are equal.

    >>> _scale(between=71.0, within=40.0, levels=10, rows=50.0)
    0.83
    >>> [_scale(between, 400.0, levels=50, rows=450.0) for between in (0.0, 49.0, 98.0, 539.0)]
    [0.25, 0.25, 0.316, 1.0]
    """
    if rows <= levels or not 0 < between + within < np.inf:
        return 1.0
    chance = within / (rows - levels) * (levels - 1)  # would be between them
    share = between / chance - 1 if chance > 0 else np.inf
    scale = np.sqrt(max(share, 0.0) / LARGE_F)
    return round(float(min(max(scale, SMALLEST, FEW_LEVELS / levels), 1.0)), 3)


def levels_for(cells: int) -> int:
    """Return how many indicators a column may have, so that those of all categories fit in memory.

    ``cells`` are those of all columns of categories.
    """
    return int(np.clip(MOST_CELLS // max(cells, 1), FEWEST_LEVELS, MOST_LEVELS))


def rows_of(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many rows each is: its weight, whose unit is a row only where all are whole."""
    whole = bool((weight == np.rint(weight)).all())
    if whole and weight.max(initial=0) < 2**53:  # from there on all floats are whole
        return weight
    shares: NDArray[np.float64] = weight / weight.max()  # so that no sum overflows
    return shares / float(shares.mean())
