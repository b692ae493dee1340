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

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS_A_RAMP = 20  # that all columns' ramps share
MOST_RAMPS = 16  # of a column
MOST_LEVELS = 24  # whole numbers, such as the hours of a day, of which each may be a knot


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
    def of(cls, x: NDArray[Any], weight: NDArray[np.float64] | None, n: int) -> Ramps | None:
        """Return n ramps of known cells, or more where each value is a knot; None for no use.

        A value that holds more rows than a ramp would is a knot, and the others share the rest.
        """
        values, which = np.unique(x, return_inverse=True)
        rows = np.bincount(which, weights=weight)
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
        deviation = float(np.sqrt(share @ (values / size - mean / size) ** 2)) * size
        reach = float(knots[-1] / 4 - knots[0] / 4)  # of which four times must be a float
        if len(knots) < 3 or not deviation or reach > np.finfo(float).max / 16:
            return None
        return cls(mean, deviation, tuple(knots.tolist()))

    @property
    def n_out(self) -> int:
        """How many numbers there are instead of one."""
        return len(self.knots)

    def outputs(self, name: str) -> list[str]:
        """Return the names of the columns made of one of that name."""
        ends = [f"{knot:g}" for knot in self.knots]
        ramps = pairwise(ends)
        return [f"{name} as it is", *(f"{name} from {low} to {high}" for low, high in ramps)]

    def transform(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return those columns, ``(n, n_out)``, from numbers ``(n,)``, none missing."""
        knots = np.array(self.knots)
        low, high = knots[0], knots[-1]
        reach = high - low
        wide = (np.clip(x, low - reach, high + reach) - self.mean) / self.deviation
        with np.errstate(over="ignore"):  # a far number over a short ramp may be infinite, and is 1
            ramps = np.clip((x[:, None] - knots[:-1]) / np.diff(knots), 0, 1)
        return np.concatenate([wide[:, None], ramps], axis=1)
