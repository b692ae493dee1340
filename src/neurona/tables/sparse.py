"""A sparse matrix as a table: rows become dense a batch at a time, and never all of them.

The matrix is one of SciPy's, in rows (CSR). It is told by its methods, so that SciPy is not
imported here. A cell that is not stored is 0, and a number like any other: the preparation is that
of the same numbers in an array.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.tables.categories import Target, Weights
from neurona.tables.large import AllNumbers, LargeTable
from neurona.tables.preparation import Numbers, Preparation, squashed

QUARTER = 0.25  # with fewer cells that are not 0 the quartiles are


@dataclass(frozen=True, eq=False)
class SparseTable(LargeTable):
    """Rows of a sparse matrix; where most cells are 0, they take a hundredth of the memory."""

    readers: dict[int, Any] = field(default_factory=dict)  # by a preparation: for all parts

    @classmethod
    def of(cls, X: Any, raw: bool) -> SparseTable:
        """Return the rows of a matrix in CSR form."""
        if not X.has_canonical_format:  # a cell that is stored twice is the sum
            X = X.copy()
            X.sum_duplicates()
        return cls(X, raw)

    def __len__(self) -> int:
        return int(self.X.shape[0])

    def __getitem__(self, rows: Any) -> SparseTable:
        return replace(self, X=self.X[rows])

    def learn(
        self,
        weight: Weights,
        rng: np.random.Generator,
        ramps: int | str = 0,
        target: Target = None,
    ) -> Preparation | None:
        """Return what the columns hold; here ``"auto"`` means no ramps.

        Raises
        ------
        ValueError
            If no column has two different numbers.
        """
        if self.raw:
            return None
        n, p = self.X.shape
        X: Any = self.X
        by_column = X.tocsc()
        share = np.full(n, 1 / n) if weight is None else weight / weight.sum()
        n_ramps = 0 if isinstance(ramps, str) else ramps
        steps = []
        for i in range(p):
            cells = slice(*by_column.indptr[i : i + 2])
            stored, rows = by_column.data[cells].astype(np.float64), by_column.indices[cells]
            steps.append(_step(f"x{i}", stored, rows, share, weight, n_ramps))
        return Preparation.of_steps(["number"] * p, steps, n)

    def transform(self, preparation: Preparation | None, dtype: Any = np.float64) -> NDArray[Any]:
        """Return the network's input of all these rows, in float64."""
        return np.asarray(self._prepare(preparation)(self.X), np.float64)

    def reader(
        self, preparation: Preparation | None
    ) -> Callable[[NDArray[np.int64]], NDArray[Any]]:
        """Return a function from the numbers of some rows to the network's input."""
        prepare = self._prepare(preparation)
        return lambda which: prepare(self.X[which])

    def _prepare(self, preparation: Preparation | None) -> Callable[[Any], NDArray[Any]]:
        if preparation is None:
            return lambda X: np.asarray(X.toarray())
        made = self.readers.get(id(preparation))
        if made is None:
            made = self.readers[id(preparation)] = SparseNumbers(preparation)
        return made


def _step(
    name: str,
    stored: NDArray[np.float64],
    rows: NDArray[Any],
    share: NDArray[np.float64],
    weight: Weights,
    ramps: int,
) -> Numbers | None:
    """Return what a column holds, of which some cells are stored, those of some rows."""
    if not ramps and share[rows].sum() < QUARTER and not np.isnan(stored).any():
        low, high = min(0.0, stored.min(initial=0)), max(0.0, stored.max(initial=0))
        # Other than Numbers.of, without a look at the zeros: all three quartiles are among them.
        return None if low == high else Numbers(name, 0.0, high / 2 - low / 2 or 1.0, False)
    column = np.zeros(len(share))
    column[rows] = stored
    missing = np.isnan(column)
    known = column[~missing]
    if not len(known):
        return None
    counts = None if weight is None else weight[~missing]
    ends = float(known.min()), float(known.max())
    return Numbers.of(name, known, counts, *ends, bool(missing.any()), ramps)


class SparseNumbers:
    """A preparation of numbers, of sparse rows: f(0) everywhere, and f(x) - f(0) where x is stored.

    Where columns have ramps or marks of missing cells, the rows become dense before.
    """

    def __init__(self, preparation: Preparation) -> None:
        self.preparation = preparation  # held, so that no other takes its id
        self.whole = AllNumbers(preparation)
        medians, spreads = self.whole.medians, self.whole.spreads
        self.zero = squashed(np.zeros(len(medians)), medians, spreads)
        self.is_plain = self.whole.n_out == len(self.whole.columns)

    def __call__(self, X: Any) -> NDArray[Any]:
        """Return the network's input, ``(n, n_out)``, in the dtype of X."""
        if not self.is_plain:
            return self.whole(X.toarray())
        columns = self.whole.columns
        X = X[:, columns] if len(columns) < X.shape[1] else X.copy()
        at = X.indices
        known = np.where(np.isnan(X.data), self.whole.medians[at], X.data)
        prepared = squashed(known, self.whole.medians[at], self.whole.spreads[at])
        X.data = (prepared - self.zero[at]).astype(X.dtype)
        x = np.asarray(X.toarray())
        if self.zero.any():
            x += self.zero.astype(x.dtype)
        return x
