"""Fits of a sweep: an estimator with the settings of each cell, judged on rows that it never sees.

Each seed holds out another fifth of the rows, where no validation examples are given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from neurona.engine.types import Array
from neurona.extras import require
from neurona.sweeps import told
from neurona.sweeps.axes import Axis, Cell, settings_of
from neurona.sweeps.networks import Unit
from neurona.tables.table import Table

HELD_OUT = 0.2


@dataclass(frozen=True, eq=False)
class Fits:
    """The fits of a sweep: an estimator for each cell of the grid.

    Attributes
    ----------
    estimator
        All that the axes leave as it is.
    X, y
        A table, as the estimator takes it.
    axes
        What varies: parameters of the estimator.
    seeds
        Random seeds of the fit, if it takes one, and of the rows that are held out.
    X_val, y_val
        What judges all fits, in place of rows held out.
    """

    estimator: Any
    X: Any
    y: Any
    axes: tuple[Axis, ...]
    seeds: tuple[int, ...]
    X_val: Any = None
    y_val: Any = None

    moments = ()

    def __post_init__(self) -> None:
        if isinstance(self.estimator, type):
            name = self.estimator.__name__
            raise ValueError(f"estimator is the class {name}: give one, such as {name}()")
        if len(self.X) != len(self.y):
            raise ValueError(
                f"X has {len(self.X)} rows, and y {len(self.y)}: give one target a row"
            )
        known = self.estimator.get_params()
        for axis in self.axes:
            if axis.name == "random_state":
                raise ValueError("random_state varies by itself: give seeds, and not random_state")
            if axis.name not in known:
                raise ValueError(
                    f"{type(self.estimator).__name__} has no parameter {axis.name!r}: it has "
                    f"{', '.join(sorted(known))}"
                )

    def of(self, cell: Cell, seed: int | None = None) -> Any:
        """Return the estimator of a cell, not fitted, at one of the seeds."""
        return self._made(settings_of(self.axes, cell), seed)

    def _made(self, own: dict[str, Any], seed: int | None) -> Any:
        made = require("sklearn.base", extra="learn").clone(self.estimator).set_params(**own)
        its_own = seed is not None and "random_state" in made.get_params(deep=False)
        return made.set_params(random_state=seed) if its_own else made

    @property
    def measure(self) -> str:
        """The measure of each fit."""
        return "1 - accuracy" if hasattr(self.estimator, "predict_proba") else "1 - R²"

    def told(self) -> dict[str, str]:
        """Return what tells this sweep from others."""
        return {
            "estimator": repr(self.estimator),
            **{name: told.of_data(getattr(self, name)) for name in ("X", "y", "X_val", "y_val")},
            **told.of_axes(self.axes, self.seeds),
        }

    def below(self) -> float:
        """Return the median of the estimator as it is: a fit below it is better than that."""
        costs = [scored(*self._task({}, seed)) for seed in self.seeds]
        return float(np.median(costs))

    def units(self, left: Sequence[Cell]) -> Iterator[Unit]:
        """Yield each fit, in the order of the cells."""
        return (Unit((cell,), (k,)) for cell in left for k in range(len(self.seeds)))

    def task(self, unit: Unit) -> tuple[Any, ...]:
        """Return what :func:`fitted` takes, for another process."""
        [cell], [k] = unit.cells, unit.seeds
        return self._task(settings_of(self.axes, cell), self.seeds[k])

    def _task(self, own: dict[str, Any], seed: int) -> tuple[Any, ...]:
        return self._made(own, seed), self.X, self.y, self.X_val, self.y_val, seed


def fitted(*given: Any) -> tuple[Array, Array]:
    """Fit an estimator, and return its cost ``(1, 1)`` and a curve of no moments."""
    *task, _ = given  # a fit comes to its end
    return np.array([[scored(*task)]]), np.empty((1, 1, 0), np.float32)


def scored(estimator: Any, X: Any, y: Any, X_val: Any, y_val: Any, seed: int) -> float:
    """Return 1 less the score on rows that the fit does not see; inf where it diverged."""
    if X_val is None:
        mine, held_out = _split(np.asarray(y), seed, hasattr(estimator, "predict_proba"))
        X, X_val, y, y_val = _rows(X, mine), _rows(X, held_out), _rows(y, mine), _rows(y, held_out)
    try:
        return 1 - float(estimator.fit(X, y).score(X_val, y_val))
    except ArithmeticError:
        return inf


def _split(y: Array, seed: int, is_classes: bool) -> tuple[Array, Array]:
    """Return the rows to learn from and those held out, classes in their proportions."""
    split = require("sklearn.model_selection", extra="learn").train_test_split
    rows = np.arange(len(y))
    options: dict[str, Any] = {"test_size": HELD_OUT, "random_state": seed}
    try:
        mine, held_out = split(rows, stratify=y if is_classes else None, **options)
    except ValueError:  # a class with one row
        mine, held_out = split(rows, **options)
    return mine, held_out


def _rows(X: Any, rows: Array) -> Any:
    """Return some rows of an array, a frame, a list, or a table that neurona read."""
    if isinstance(X, Table):
        return X[rows]
    return require("sklearn.utils", extra="learn")._safe_indexing(X, rows)
