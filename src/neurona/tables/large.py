"""A table of numbers that is too large to be copied: it is prepared batch by batch where it lies.

An array in memory stays as it is, and a file (``numpy.memmap``) is never read whole. It is read
once for each column's extremes and its missing cells; its quartiles are those of 100,000 rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neurona.engine.data import ROWS, Data
from neurona.engine.orders import order_of
from neurona.engine.streams import Rows
from neurona.tables.categories import Target, Weights
from neurona.tables.columns import Column, Kind
from neurona.tables.preparation import Numbers, Preparation, squashed
from neurona.tables.ramps import ramped
from neurona.tables.summaries import summary
from neurona.tables.table import Encode, Table, spans

LARGE = 2**23  # numbers: as float64 they would take 64 MB
CELLS = 2**22  # that are transformed together
SAMPLE = 100_000  # rows whose quartiles are taken


def is_large(X: Any) -> bool:
    """Tell an array of numbers that should not be copied."""
    return isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "iuf" and X.size > LARGE


@dataclass(frozen=True, eq=False)
class LargeTable(Table):
    """Rows of an array or a file, left where they are.

    Attributes
    ----------
    X : (n, p)
        All the numbers.
    raw
        Whether they are the network's input as they are; then none may be NaN.
    rows
        Which of the rows these are; None for all.
    """

    may_be_of_one_class: ClassVar[bool] = True  # as a batch may be
    X: NDArray[Any]
    raw: bool = False
    rows: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.X) if self.rows is None else len(self.rows)

    def __getitem__(self, rows: Any) -> LargeTable:
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(len(self)))
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        return replace(self, rows=rows if self.rows is None else self.rows[rows])

    def read(self, which: NDArray[np.int64] | None = None) -> NDArray[Any]:
        """Return the numbers of these rows, or of some; float32 where that holds them.

        Raises
        ------
        ValueError
            If a number is infinite, or missing where it must not be.
        """
        rows = self.rows
        if which is not None:
            rows = which if rows is None else rows[which]
        X = np.asarray(self.X)  # without memmap's bookkeeping
        x = X if rows is None else X[rows]
        x = x.astype(np.result_type(x.dtype, np.float32), copy=False)
        with np.errstate(all="ignore"):
            if not np.isfinite(x.sum()):
                self._check(x, rows)
        return x

    def _check(self, x: NDArray[Any], rows: NDArray[np.int64] | None) -> None:
        for what, wrong in (("infinity", np.isinf(x)), ("NaN", np.isnan(x))):
            if wrong.any() and not (what == "NaN" and not self.raw):
                row, column = np.argwhere(wrong)[0]
                raise ValueError(
                    f"Input X contains {what}: column 'x{column}', row "
                    f"{row if rows is None else rows[row]}"
                    + ("" if self.raw else "; a cell that is not known may be missing (NaN)")
                )

    def learn(
        self,
        weight: Weights,
        rng: np.random.Generator,
        ramps: int | str = 0,
        target: Target = None,
    ) -> Preparation | None:
        """Return what the columns hold: extremes of all rows, quartiles and ramps of a sample.

        Here ``"auto"`` means no ramps: they would make each of so many rows several times as long.

        Raises
        ------
        ValueError
            If a number is infinite, or no column has two different numbers.
        """
        if self.raw:
            return None
        n, p = len(self), self.X.shape[1]
        low, high, missing = self._extremes()
        drawn = self._drawn(rng)
        sample = self.read(drawn).astype(np.float64)
        weight = None if weight is None else weight[drawn]
        kinds: list[Kind] = ["number" if low[i] <= high[i] else "empty" for i in range(p)]
        n_ramps = 0 if isinstance(ramps, str) else ramps

        def step(i: int) -> Numbers | None:
            there = ~np.isnan(sample[:, i])
            known = sample[there, i] if there.any() else np.array([low[i], high[i]], np.float64)
            counts = weight[there] if weight is not None and there.any() else None
            ends = float(low[i]), float(high[i])
            return Numbers.of(f"x{i}", known, counts, *ends, bool(missing[i]), n_ramps)

        steps = (step(i) if kind == "number" else None for i, kind in enumerate(kinds))
        return Preparation.of_steps(kinds, steps, n)

    def _extremes(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
        """Return each column's lowest and highest number, and how many cells are missing."""
        p = self.X.shape[1]
        low, high, missing = np.full(p, np.inf), np.full(p, -np.inf), np.zeros(p, np.int64)
        for rows in self.spans():
            x = self[rows].read()
            low, high = np.fmin(low, np.fmin.reduce(x)), np.fmax(high, np.fmax.reduce(x))
            missing += np.isnan(x).sum(axis=0)
        return low, high, missing

    def _drawn(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the numbers of the rows of a sample, in order."""
        n, count = len(self), min(len(self), SAMPLE)
        return ((np.arange(count) + rng.random(count)) * (n / count)).astype(np.int64)

    def summaries(self, target: Target, rng: np.random.Generator) -> list[dict[str, Any]]:
        """Return each column's extremes and missing cells, and the cells of a sample of rows."""
        low, high, missing = self._extremes()
        sample = self.read(self._drawn(rng)).astype(np.float64)
        told = []
        for i, cells in enumerate(sample.T):
            known = cells[~np.isnan(cells)]
            if low[i] > high[i]:
                told.append(summary(Column(f"x{i}", "empty", known)))
            else:
                ends = [low[i], high[i]] if len(known) < len(self) - missing[i] else []
                told.append(summary(Column(f"x{i}", "number", np.concatenate([known, ends]))))
                times = (len(self) - missing[i]) // max(len(known), 1)  # of a row of the sample
                told[-1]["rows"] = told[-1]["rows"] * np.maximum(times, 1)
            told[-1]["missing"] = int(missing[i])
        return told

    def transform(self, preparation: Preparation | None, dtype: Any = np.float64) -> NDArray[Any]:
        """Return the network's input of all these rows, in float64."""
        numbers = self.read().astype(np.float64, copy=False)
        return numbers if preparation is None else AllNumbers(preparation)(numbers)

    def reader(
        self, preparation: Preparation | None
    ) -> Callable[[NDArray[np.int64]], NDArray[Any]]:
        """Return a function from the numbers of some rows to the network's input."""
        prepare = np.asarray if preparation is None else AllNumbers(preparation)
        return lambda which: prepare(self.read(which))

    def spans(self) -> Iterator[slice]:
        """Yield the parts of the rows that are transformed together: fewer rows, if they are wide.

        One array of float64 for them takes 32 MB at most.
        """
        return spans(len(self), max(1, min(ROWS, CELLS // self.X.shape[1])))

    def prepared(self, preparation: Preparation | None) -> LargeTable:
        """Return the table: its rows are too many to be kept prepared."""
        return self

    def ordered(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return numbers of rows in the file's order."""
        return np.sort(rows)

    def training_data(
        self,
        preparation: Preparation | None,
        encode: Encode,
        y: NDArray[Any],
        weight: Weights,
        batch_size: int,
        dtype: Any,
    ) -> dict[str, Any]:
        """Return batches; each is prepared, and its targets encoded, when its turn comes."""
        read = self.reader(preparation)

        def take(which: NDArray[np.int64]) -> Data:
            return Data(
                read(which).astype(np.float32, copy=False),
                encode(y[which]).astype(np.float32),
                None if weight is None else weight[which].astype(np.float32),
            )

        rows = Rows(take, lambda rng: order_of(self.X, len(self), batch_size, rng))
        return {"batches": rows, "dtype": np.float32}


class AllNumbers:
    """A preparation of numbers alone, of all columns at once: the same formula, many times faster.

    >>> X = np.array([[1.0, 5.0], [2.0, np.nan], [4.0, 6.0], [9.0, 8.0]])
    >>> from neurona.tables.frames import read_array
    >>> preparation = Preparation.fit(read_array(X), ramps=3)
    >>> bool((AllNumbers(preparation)(X) == preparation.transform(read_array(X))).all())
    True
    """

    def __init__(self, preparation: Preparation) -> None:
        steps = [(i, step) for i, step in preparation.steps if isinstance(step, Numbers)]
        if len(steps) < len(preparation.steps):
            strange = next(s for _, s in preparation.steps if not isinstance(s, Numbers))
            raise ValueError(
                f"column {strange.name!r} held no numbers when the network learned, and holds "
                "numbers now"
            )
        self.columns = np.array([i for i, _ in steps])
        self.medians = np.array([step.median for _, step in steps])
        self.spreads = np.array([step.spread for _, step in steps])
        widths = np.array([len(step.outputs) for _, step in steps])
        self.places = np.cumsum(widths) - widths
        self.marked = np.flatnonzero([step.missing for _, step in steps])
        self.n_out = int(widths.sum())
        ramps = [(i, step.ramps) for i, (_, step) in enumerate(steps) if step.ramps is not None]
        self.ramped = np.array([i for i, one in ramps for _ in range(one.n_out)], np.int64)
        self.lines = np.concatenate([np.empty((4, 0)), *(one.lines for _, one in ramps)], axis=1)
        others = np.concatenate([self.places, self.places[self.marked] + 1])
        self.beside = np.delete(np.arange(self.n_out), others)

    def __call__(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return the network's input, ``(n, n_out)``, from rows of numbers, in their dtype."""
        if len(self.columns) < x.shape[1]:
            x = x[:, self.columns]
        medians, spreads = self.medians.astype(x.dtype), self.spreads.astype(x.dtype)
        missing = np.isnan(x)
        some = bool(missing.any())
        clipped = squashed(np.where(missing, medians, x) if some else x, medians, spreads)
        if self.n_out == len(self.columns):
            return clipped
        out = np.empty((len(x), self.n_out), x.dtype)
        if len(self.ramped):  # in float64, so that no two knots become one
            known = np.where(missing, medians, x)[:, self.ramped].astype(np.float64)
            out[:, self.beside] = ramped(known, self.lines)
        out[:, self.places] = clipped
        out[:, self.places[self.marked] + 1] = missing[:, self.marked]
        return out
