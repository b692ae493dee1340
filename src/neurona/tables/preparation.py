"""From the columns of a table to what a network can take: numbers of about one size, none missing.

Each column has a step, a small frozen dataclass of numbers and texts, so that it can be saved and
compared.

A number is centred at the median, divided by the distance of the quartiles, and clipped smoothly,
x / √(1 + (x / 3)²), so that no outlier gets further than 3 [1]_. Where there are rows enough, ramps
stand beside it: :mod:`neurona.tables.ramps`.

References
----------
.. [1] Holzmüller, Grinsztajn & Steinwart, "Better by default: strong pre-tuned MLPs and boosted
   trees on tabular data", 2024, section 3 (RealMLP).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from neurona.tables.categories import Categories, Moments, Target, Weights, levels_for, rows_of
from neurona.tables.cells import numbers_among
from neurona.tables.columns import Column, Kind, objects
from neurona.tables.ramps import Ramps, ramps_for

CLIP = 3.0
FAR = 1e9  # spreads; beyond, x² might be infinite
MICROSECONDS_A_DAY = 86_400e6
CYCLES = {"year": 365.2425, "week": 7.0, "day": 1.0}  # in days


class ColumnPreparation(Protocol):
    """The preparation of one column, learned from its cells."""

    name: str

    @property
    def kind(self) -> Kind:
        """The kind that the column must have."""
        ...

    @property
    def outputs(self) -> list[str]:
        """The names of the columns made of it."""
        ...

    def transform(self, column: Column) -> NDArray[np.float64]:
        """Return those columns, ``(n, len(outputs))``."""
        ...


@dataclass(frozen=True)
class Numbers:
    """x' = (x - median) / spread, then x' / √(1 + (x' / 3)²); 0, and an indicator, where missing.

    The spread is the distance of the quartiles; where that is 0, half that of the extremes. The
    ramps, if there are any, are those of the median where a cell is missing. ``decimal`` is the
    sign before decimals where numbers were texts.

    >>> ages = Numbers.fit(Column("age", "number", np.array([20.0, 30, 40, 50, np.nan])), None)
    >>> ages
    Numbers(name='age', median=30.0, spread=20.0, missing=True, ramps=None, decimal='.')
    >>> ages.transform(Column("age", "number", np.array([30.0, 1e9, np.nan])))
    array([[0., 0.],
           [3., 0.],
           [0., 1.]])
    """

    name: str
    median: float
    spread: float
    missing: bool
    ramps: Ramps | None = None
    decimal: str = "."
    kind: ClassVar[Kind] = "number"

    @classmethod
    def fit(cls, column: Column, weight: Weights, ramps: int = 0) -> Numbers | None:
        """Return what was learned, with so many ramps; None if all cells are alike or missing."""
        missing = column.missing
        x = column.values[~missing]
        if not x.size:  # of the rows that count, whatever others hold
            return None
        weight = None if weight is None else weight[~missing]
        low, high = float(x.min()), float(x.max())
        made = cls.of(column.name, x, weight, low, high, bool(missing.any()), ramps)
        return made and replace(made, decimal=column.decimal)

    @classmethod
    def of(
        cls,
        name: str,
        known: NDArray[np.float64],
        weight: Weights,
        low: float,
        high: float,
        missing: bool,
        ramps: int = 0,
    ) -> Numbers | None:
        """Return what known cells, or a sample of them, tell about a column with these extremes."""
        if low == high and not missing:
            return None
        # With this method a weight of 2 is what two rows are.
        quartiles = np.quantile(known, [0.25, 0.5, 0.75], method="inverted_cdf", weights=weight)
        lower, median, upper = map(float, quartiles)
        spread = min(upper - lower, sys.float_info.max)  # their distance may be beyond all floats
        spread = spread or high / 2 - low / 2 or 1.0
        weight = None if weight is None or not ramps else rows_of(weight)
        return cls(name, median, spread, missing, Ramps.of(known, weight, ramps) if ramps else None)

    @property
    def outputs(self) -> list[str]:
        """The names of the columns made of it."""
        names = [self.name, f"{self.name} is missing"] if self.missing else [self.name]
        return names + ([] if self.ramps is None else self.ramps.outputs(self.name))

    def transform(self, column: Column) -> NDArray[np.float64]:
        """Return those columns, ``(n, len(outputs))``."""
        missing = column.missing
        x = np.where(missing, self.median, column.values)
        clipped = squashed(x, self.median, self.spread)
        columns = np.stack([clipped, missing] if self.missing else [clipped], axis=1)
        if self.ramps is None:
            return columns
        return np.concatenate([columns, self.ramps.transform(x)], axis=1)


def squashed(x: NDArray[Any], median: Any, spread: Any) -> NDArray[Any]:
    """Return x' / √(1 + (x' / 3)²), x' = (x - median) / spread: of a column, or of many at once."""
    with np.errstate(over="ignore"):  # x² may be infinite; x / ∞ would be 0, hence the bounds
        x = np.clip((x - median) / spread, -FAR, FAR)
        return np.asarray(x / np.sqrt(1 + (x / CLIP) ** 2))


@dataclass(frozen=True)
class Dates:
    """The day as a number, and where it stands in the year, the week and the day, as on a clock.

    ``order`` is that of texts with the day or the month first, or ``"time"``: of times of day.
    ``moved`` says whether dates came from another time zone than UTC; None where nobody knows.

    >>> days = np.array(["2024-01-01", "2024-04-01", "2024-07-02", "2025-03-02"], "datetime64[D]")
    >>> dates = Dates.fit(Column("sold", "date", days), None)
    >>> dates.outputs
    ['sold', 'sin of sold in the year', 'cos of sold in the year', \
'sin of sold in the week', 'cos of sold in the week']
    >>> dates.transform(Column("sold", "date", days[:2])).round(1)
    array([[-0.5, -0. ,  1. , -0.4, -0.9],
           [ 0. ,  1. ,  0. , -0.4, -0.9]])
    """

    name: str
    number: Numbers
    cycles: tuple[str, ...]
    order: str | None = None
    moved: bool | None = None
    kind: ClassVar[Kind] = "date"

    @property
    def is_time(self) -> bool:
        """Whether the column is of times of day."""
        return self.order == "time"

    @classmethod
    def fit(cls, column: Column, weight: Weights, ramps: int = 0) -> Dates | None:
        """Return what was learned, with so many ramps; None if all cells are the same."""
        days = _days(column)
        number = Numbers.fit(days, weight, ramps)
        if number is None:
            return None
        known = days.values[~days.missing]
        day = np.floor(known)  # the hour is not where a day is in the year
        places = {"year": day, "week": day, "day": known}
        cycles = [one for one, length in CYCLES.items() if np.ptp(places[one] % length) > 0]
        return cls(column.name, number, tuple(cycles), column.order, column.moved)

    @property
    def outputs(self) -> list[str]:
        """The names of the columns made of it."""
        return self.number.outputs + [
            f"{wave} of {self.name} in the {cycle}"
            for cycle in self.cycles
            for wave in ("sin", "cos")
        ]

    def transform(self, column: Column) -> NDArray[np.float64]:
        """Return those columns, ``(n, len(outputs))``."""
        days = _days(column)
        parts = [self.number.transform(days)]
        for cycle in self.cycles:
            angle = 2 * np.pi * days.values / CYCLES[cycle]
            waves = np.stack([np.sin(angle), np.cos(angle)], axis=1)
            parts.append(np.where(days.missing[:, None], 0.0, waves))
        return np.concatenate(parts, axis=1)


def _days(column: Column) -> Column:
    """Return a column of dates as days since the beginning of 1970, NaN where missing."""
    if column.kind == "empty":
        return Column(column.name, "number", np.full(len(column.values), np.nan))
    moments = column.values.astype("datetime64[us]")
    days = moments.astype(np.int64) / MICROSECONDS_A_DAY
    return Column(column.name, "number", np.where(np.isnat(moments), np.nan, days))


STEPS: dict[str, Any] = {"number": Numbers, "category": Categories, "date": Dates}


@dataclass(frozen=True)
class Preparation:
    """The preparation of a table's columns: it turns them, and later tables, into numbers.

    Attributes
    ----------
    kinds
        The kind of each column, in the table's order.
    steps
        One for each column that tells something; constant and empty ones have none.

    Examples
    --------
    >>> from neurona.tables.frames import read_array
    >>> table = read_array(np.array([[1.0, "red"], [2.0, "blue"], [3.0, "red"]], dtype=object))
    >>> preparation = Preparation.fit(table)
    >>> preparation.outputs
    ['x0', 'x1 = red', 'x1 is another']
    """

    kinds: tuple[Kind, ...]
    steps: tuple[tuple[int, ColumnPreparation], ...]

    @classmethod
    def fit(
        cls,
        columns: Iterable[Column],
        weight: Weights = None,
        ramps: int | str = 0,
        target: Target = None,
    ) -> Preparation:
        """Learn about each column of a table, its rows counting by their weights.

        ``ramps`` stand beside each number; ``"auto"``: as many as rows and columns bear. The
        ``target``, ``(n, outputs)``, tells how large the indicators of many categories are, and
        which of very many are kept.

        Raises
        ------
        ValueError
            If there is no column with two different cells.
        """
        columns = tuple(columns)
        n = len(columns[0].values) if columns else 0
        rows = float(n if weight is None else rows_of(weight).sum())
        moments = None if target is None else Moments.of(target)
        return cls.of([(column, weight, moments) for column in columns], n, rows, ramps)

    @classmethod
    def of(
        cls,
        columns: Sequence[tuple[Column, Weights, Moments | None]],
        n: int,
        rows: float,
        ramps: int | str = 0,
    ) -> Preparation:
        """Learn about columns, each with the weights and the targets of its own cells.

        Parameters
        ----------
        n
            How many rows the table has.
        rows
            And how many they are by their weights.
        """
        kinds = tuple(column.kind for column, _, _ in columns)
        if ramps == "auto":
            ramps = ramps_for(rows, sum(_bears_ramps(column) for column, _, _ in columns))
        levels = levels_for(n * kinds.count("category"))
        steps: list[Any] = [
            None
            if column.kind == "empty"
            else Categories.fit(column, weight, target, levels)
            if column.kind == "category"
            else STEPS[column.kind].fit(column, weight, ramps)
            for column, weight, target in columns
        ]
        return cls.of_steps(kinds, steps, n)

    @classmethod
    def of_steps(cls, kinds: Iterable[Kind], steps: Iterable[Any], n: int) -> Preparation:
        """Return the preparation by a step a column, None where its n cells tell nothing."""
        telling = tuple((i, step) for i, step in enumerate(steps) if step is not None)
        if not telling:
            raise ValueError(
                f"X has {n} rows that are all alike (n_samples={n}): there is nothing to learn "
                "from columns that are constant or empty, or a name for each row"
            )
        return cls(tuple(kinds), telling)

    @property
    def outputs(self) -> list[str]:
        """The names of the columns that the network gets."""
        return [name for _, step in self.steps for name in step.outputs]

    @property
    def in_shape(self) -> tuple[int, ...]:
        """The shape of one example, as the network takes it."""
        return (len(self.outputs),)

    @property
    def plain(self) -> Preparation:
        """The same without ramps."""

        def bare(step: Any) -> Any:
            if isinstance(step, Dates):
                return replace(step, number=bare(step.number))
            return replace(step, ramps=None) if isinstance(step, Numbers) else step

        return replace(self, steps=tuple((place, bare(step)) for place, step in self.steps))

    @cached_property
    def _by_place(self) -> dict[int, ColumnPreparation]:
        return dict(self.steps)

    def form(self, place: int) -> dict[str, Any]:
        """Return how the texts of a column were read: its kind, decimal sign and order of dates."""
        step = self._by_place.get(place)
        form: dict[str, Any] = {"kind": self.kinds[place]}
        if isinstance(step, Numbers):
            form["decimal"] = step.decimal
        if isinstance(step, Dates):
            form["order"] = step.order
        return form

    def unseen(self, columns: Iterable[Column]) -> dict[str, Counter[str]]:
        """Return the categories of a later table that tell the network nothing, by their columns.

        Raises
        ------
        ValueError
            If a column holds something else than it did.
        """
        given = tuple(columns)
        found = {
            given[i].name: step.unseen(_as(step, given[i]))
            for i, step in self.steps
            if isinstance(step, Categories)
        }
        return {name: strange for name, strange in found.items() if strange}

    def of_other_zones(self, columns: Iterable[Column]) -> Iterator[str]:
        """Yield what to say of columns whose dates have a time zone only now, or had one only then.

        Those without one are read as UTC, which may be other hours than were meant.
        """
        given = tuple(columns)
        for i, step in self.steps:
            if not isinstance(step, Dates) or given[i].kind != "date":
                continue
            if {step.moved, given[i].moved} == {True, False}:
                then, now = ("a", "none") if step.moved else ("no", "one")
                yield (
                    f"column {given[i].name!r} held dates with {then} time zone when the network "
                    f"learned, and has {now} now: dates without one are read as UTC"
                )

    def transform(self, columns: Iterable[Column]) -> NDArray[np.float64]:
        """Return the network's input, ``(n, len(outputs))``, from a table's columns.

        Raises
        ------
        ValueError
            If a column holds something else than it did.
        """
        given = tuple(columns)
        return np.concatenate(
            [step.transform(_as(step, given[i])) for i, step in self.steps], axis=1
        )


def _bears_ramps(column: Column) -> bool:
    """Tell whether a column is one of numbers or dates, and not of one value alone."""
    if column.kind not in ("number", "date"):
        return False
    known = column.values[~column.missing]
    return bool(known.size and (column.missing.any() or (known != known[0]).any()))


def _as(step: ColumnPreparation, column: Column) -> Column:
    """Return the column in the form that the step takes, or say that it holds something else."""
    if isinstance(step, Dates) and column.kind == "date" and step.is_time != column.is_time:
        held, holds = ("times of day", "dates") if step.is_time else ("dates", "times of day")
        raise ValueError(
            f"column {column.name!r} held {held} when the network learned, and holds {holds} now"
        )
    if column.kind == step.kind:
        return column
    if column.kind == "empty":
        if step.kind == "number":
            return Column(column.name, "number", np.full(len(column.values), np.nan))
        return column
    if isinstance(step, Categories) and column.kind == "number":
        levels = numbers_among(step.levels)
        if levels:  # what it held were not texts alone, and here are none
            cells = [None if np.isnan(x) else levels.get(x, str(x)) for x in column.values]
            return Column(column.name, "category", objects(cells))
    row = int(np.argmin(column.missing))
    raise ValueError(
        f"column {column.name!r} held {PLURALS[step.kind]} when the network learned, and holds "
        f"{PLURALS[column.kind]} now, {str(column.values[row])!r} in row {row}"
    )


PLURALS = {"number": "numbers", "category": "categories", "date": "dates"}
