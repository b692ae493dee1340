"""Categories: an indicator each; of very many, those that tell the most of the target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

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


@dataclass(frozen=True)
class Categories:
    """An indicator a category; if there were any, one for all others and one for missing cells.

    The others, ``merged`` of them, are rare, or of too many the least useful to tell the target. A
    category that was never seen is taken for one of them; where there was none, all is 0. Two
    categories are one column, -1 and 1. Whether one is rare is told by its rows: a weight of 2 is
    two of them, but where weights are not whole numbers, they are shares of the rows there are. An
    older file does not know how many were merged, and has 0.

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
    kind: ClassVar[Kind] = "category"

    @classmethod
    def fit(
        cls,
        column: Column,
        weight: Weights,
        target: Target = None,
        most: int = MOST_LEVELS,
    ) -> Categories | None:
        """Return what was learned; None if all cells are the same, or all different.

        Of more categories than the most that are kept, the target chooses.
        """
        missing = column.missing
        given = column.values[~missing]
        levels = sorted(set(given))
        which = places(given, levels)
        weight = None if weight is None else rows_of(weight)[~missing]
        rows = np.bincount(which, weights=weight)
        # In a small table all are kept, unless they are too many.
        fewest = FEWEST_ROWS if rows.sum() >= FEWEST_ROWS * len(levels) else 2
        enough = np.flatnonzero(rows >= fewest)
        if len(enough) > most:
            use = rows if target is None else _use(which, rows, weight, target[~missing])
            by_use = np.lexsort([-rows[enough], -use[enough]])  # then by the alphabet
            enough = np.sort(enough[by_use[:most]])
        kept = tuple(levels[i] for i in enough)
        merged = len(levels) - len(kept)
        made = cls(column.name, kept, merged > 0, bool(missing.any()), merged)
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
        x[there, which[there]] = 1
        return np.asarray(x @ np.array([[-1.0], [1.0]])) if self.two else x


def places(cells: NDArray[Any], levels: Sequence[str]) -> NDArray[np.int64]:
    """Return which level each cell is, -1 where it is none."""
    place = {level.strip(): i for i, level in enumerate(levels)}  # blanks are in older files
    return np.fromiter((place.get(cell, -1) for cell in cells), np.int64, len(cells))


def _use(
    which: NDArray[np.int64], rows: NDArray[Any], weight: Weights, target: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how much of the target each level tells: r (mean - mean of all)² r / (r + 3).

    That is the sum of squares between its r rows and all, over the outputs, shrunk where r is
    small: then a mean is far off by chance.
    """
    use = np.zeros(len(rows))
    size = float(abs(target).max()) or 1.0  # so that no square overflows
    for output in target.T / size:
        total = np.bincount(which, weights=output if weight is None else output * weight)
        means = np.divide(total, rows, out=np.zeros(len(rows)), where=rows > 0)
        use += rows * (means - total.sum() / rows.sum()) ** 2
    return np.asarray(use * (rows / (rows + PRIOR_ROWS)))


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
