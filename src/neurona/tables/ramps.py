"""Ramps: a number as several, so that one layer bends a line where the column's rows are.

A network's first layer makes a straight line of a number, and has to learn each bend. A ramp is
flat, rises from 0 to 1 between two knots, and is flat again: a weighted sum of them is any curve
with corners at the knots, steps and peaks included [1]_. The knots are quantiles, so that there are
about as many rows in each ramp; where a column has few different values, each is a knot, and the
ramps tell as much as a category for each value would.

.. [1] Gorishniy, Rubachev and Babenko, "On embeddings for numerical features in tabular deep
   learning", 2022, section 3.2 (piecewise linear encoding). There the outermost ramps go on for
   ever; here the number itself does so beside them, as far again as the known ones reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isinf
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS_A_RAMP = 20  # that all columns' ramps share
MOST_RAMPS = 16  # of a column
MOST_LEVELS = 24  # whole numbers, such as the hours of a day, of which each may be a knot
LIGHTEST = 1e-12  # of all rows: a value of less weight is not there, or a deviation could be tiny


def ramps_for(rows: float, columns: int) -> int:
    """Return how many ramps a column of numbers bears: 16 at most, and none for fewer than 2.

    >>> [ramps_for(rows, columns=8) for rows in (100, 1000, 10_000)]
    [0, 6, 16]
    """
    bearable = int(min(rows / (ROWS_A_RAMP * max(columns, 1)), MOST_RAMPS))
    return bearable if bearable > 1 else 0


def check_ramps(ramps: Any) -> int | str:
    """Return a number of ramps, or ``"auto"``, or say what it should be."""
    if isinstance(ramps, str) and ramps == "auto":
        return ramps
    if isinstance(ramps, bool) or not isinstance(ramps, int | np.integer) or ramps < 0:
        raise ValueError(f"ramps is {ramps!r}: give a number of them, 0 for none, or 'auto'")
    return int(ramps)


@dataclass(frozen=True)
class Ramps:
    """The number as it is, standardized, then rⱼ = (x - kⱼ) / (kⱼ₊₁ - kⱼ), from 0 to 1, per ramp.

    The number is not squashed, so that the tails keep their order; it ends as far beyond the knots
    as they are apart.

    >>> ramps = Ramps.of(np.array([0.0, 1, 2, 3, 4, 5, 6, 7]), None, 2)
    >>> ramps
    Ramps(mean=3.5, deviation=2.29128784747792, knots=(0.0, 3.0, 7.0))
    >>> ramps.transform(np.array([1.5, 7.0, 1e9])).round(2)
    array([[-0.87,  0.5 ,  0.  ],
           [ 1.53,  1.  ,  1.  ],
           [ 4.58,  1.  ,  1.  ]])
    """

    mean: float
    deviation: float
    knots: tuple[float, ...]

    @classmethod
    def of(cls, x: NDArray[np.float64], weight: NDArray[np.float64] | None, n: int) -> Ramps | None:
        """Return n ramps of known cells, more if each value is a knot; None if they tell nothing.

        A value that holds more rows than a ramp would is a knot, and the others share the rest.
        """
        values, which = np.unique(x, return_inverse=True)
        rows = np.bincount(which, weights=weight)
        there = rows > LIGHTEST * rows.sum()
        values, rows = values[there], rows[there]
        if len(values) < 3:
            return None
        share = rows / rows.sum()
        whole = bool((values % 1 == 0).all()) and len(values) <= MOST_LEVELS
        if len(values) <= n + 1 or (whole and rows.sum() >= ROWS_A_RAMP * len(values)):
            knots = values
        else:
            heavy = share > 1 / n
            others = np.where(heavy, 0.0, share)
            parts = np.linspace(0, 1, max(n + 1 - int(heavy.sum()), 2))
            at = np.searchsorted(np.cumsum(others) / others.sum(), parts - 1e-12)
            quantiles = values[at.clip(max=len(values) - 1)]
            knots = np.unique([values[0], *values[heavy], *quantiles, values[-1]])
        size = float(abs(values).max()) or 1.0  # so that no square overflows, or comes to nothing
        mean = float(share @ (values / size)) * size
        mean = min(max(mean, float(values[0])), float(values[-1]))  # rounded, it may be beyond
        deviation = float(np.sqrt(share @ (values / size - mean / size) ** 2)) * size
        made = cls(mean, deviation, tuple(knots.tolist()))
        return None if len(knots) < 3 or not deviation or isinf(4 * made.reach) else made

    @property
    def n_out(self) -> int:
        """How many numbers there are instead of one."""
        return len(self.knots)

    @property
    def reach(self) -> float:
        """The distance of the outermost knots, infinite if it is beyond all floats."""
        return self.knots[-1] - self.knots[0]

    @property
    def lines(self) -> NDArray[np.float64]:
        """Where each column's line begins and ends, its zero and its unit, ``(4, n_out)``."""
        knots, reach = self.knots, self.reach
        number = (knots[0] - reach, knots[-1] + reach, self.mean, self.deviation)
        ramps = [(low, high, low, high - low) for low, high in pairwise(knots)]
        return np.array([number, *ramps]).T

    def outputs(self, name: str) -> list[str]:
        """Return the names of the columns made of one of that name."""
        ends = written(self.knots)
        return [f"{name} as it is", *(f"{name} from {a} to {b}" for a, b in pairwise(ends))]

    def transform(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return those columns, ``(n, n_out)``, from numbers ``(n,)``, none missing."""
        return ramped(x[:, None], self.lines)


def ramped(x: NDArray[Any], lines: NDArray[np.float64]) -> NDArray[Any]:
    """Return (x from low to high - zero) / unit, of a column's lines, or of many columns' at once.

    No far number overflows, since it is low or high before anything is done with it.
    """
    low, high, zero, unit = lines
    return np.asarray((np.clip(x, low, high) - zero) / unit)


def written(numbers: Sequence[float]) -> list[str]:
    """Return numbers as texts that are as short as they can be and still differ.

    >>> written([0.0, 1 / 3, 1e9]), written([1e9, 1e9 + 1])
    (['0', '0.333333', '1e+09'], ['1000000000', '1000000001'])
    """
    texts = ([f"{number:.{digits}g}" for number in numbers] for digits in range(6, 18))
    return next(one for one in texts if len(set(one)) == len(numbers))
