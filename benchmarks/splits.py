"""The rows to learn from and the rows to test on, for a table and for a function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

from .data import Dataset, Load
from .functions import Function

FOLDS, REPEATS = 5, 4
LARGE = 1000  # from this number of rows on, one round of folds is enough
Splits = Iterator[tuple[Dataset, Dataset]]


class Problem(NamedTuple):
    """Pairs of rows to learn from and to test on, with facts of all of them."""

    splits: Splits
    rows: int
    columns: int
    regression: bool
    test_over_train: float  # 0 if the draws are independent
    constant: float  # the accuracy of predicting the most frequent class; 0 for numbers
    rare: int | None = None

    def facts(self) -> dict[str, float]:
        """Return the facts that the report needs."""
        return {
            key: value for key, value in self._asdict().items() if key not in ("splits", "rare")
        }


def problem(task: Load | Function, quick: bool = False) -> Problem:
    """Draw the function's points anew each time; divide the table into folds.

    Raises
    ------
    Missing
        If the package that has the table is not installed.
    """
    return _drawn(task, quick) if isinstance(task, Function) else _in_folds(task(), quick)


def _drawn(function: Function, quick: bool) -> Problem:
    def draw(rng: np.random.Generator, rows: int) -> Dataset:
        return Dataset(*function.draw(rng, rows), function.regression)

    def splits() -> Splits:
        for seed in range(2 if quick else function.draws):
            rng = np.random.default_rng(seed)
            yield draw(rng, function.rows), draw(rng, function.test_rows)

    _, data = next(splits())
    return _problem(splits(), data, 0.0)._replace(rows=function.rows, rare=function.rare)


def _in_folds(data: Dataset, quick: bool) -> Problem:
    n, folds = len(data.y), 2 if quick else FOLDS
    kind = RepeatedKFold if data.regression else RepeatedStratifiedKFold
    repeats = 1 if quick or n >= LARGE else REPEATS
    rule = kind(n_splits=folds, n_repeats=repeats, random_state=0)
    pairs = rule.split(np.zeros(n), data.y)
    splits = ((_rows(data, learn), _rows(data, test)) for learn, test in pairs)
    return _problem(splits, data, 1 / (folds - 1))


def _problem(splits: Splits, data: Dataset, test_over_train: float) -> Problem:
    if data.regression:
        constant = 0.0
    else:
        constant = np.unique(data.y, return_counts=True)[1].max() / len(data.y)
    rows, columns = data.X.shape
    return Problem(splits, rows, columns, data.regression, test_over_train, float(constant))


def _rows(data: Dataset, which: np.ndarray) -> Dataset:
    X: Any = data.X[which] if isinstance(data.X, np.ndarray) else data.X.iloc[which]
    return Dataset(X, data.y[which], data.regression)
