"""Folds: each network of an ensemble leaves other rows out, and these judge it.

All rows are learned from by most networks, and each row is judged by one that has not seen it: the
judgement is as wide as the table, and the networks differ [1]_.

.. [1] Krogh and Vedelsby, "Neural network ensembles, cross validation, and active learning", 1994.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDS = 4  # of which a network leaves out one
MOST_ROWS = 20_000  # that are dealt into folds; of more, one part is left out by all networks
SHARE = 0.1  # of them

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Folds:
    """The rows that each network learns from, and those that judge it.

    >>> folds = Folds.dealt(np.array([0, 0, 0, 1, 1, 1, 0, 1]), 4, 4, np.random.default_rng(0))
    >>> [sorted(rows.tolist()) for rows in folds.judging]
    [[2, 4], [3, 6], [0, 5], [1, 7]]
    >>> folds.learning.shape
    (4, 6)
    """

    learning: Rows  # (networks, rows)
    judging: tuple[Rows, ...]
    sizes: Rows  # (networks,): the rows that count; those after them fill up, and weigh nothing

    @classmethod
    def of(cls, splits: Iterable[tuple[Rows, Rows]]) -> Folds:
        """Return folds from pairs of rows."""
        learning, judging = zip(*splits, strict=True)
        sizes = np.array([len(rows) for rows in learning])
        return cls(np.stack([np.resize(rows, max(sizes)) for rows in learning]), judging, sizes)

    def part(self, networks: slice) -> Folds:
        """Return the folds of some networks."""
        return Folds(self.learning[networks], self.judging[networks], self.sizes[networks])

    def weights(self, weight: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
        """Return the weights of the rows that each network learns from, 1 at most.

        >>> folds = Folds.of([(np.array([0, 1, 2]), np.array([3])), (np.array([3]), np.array([0]))])
        >>> folds.weights(None)
        array([[1., 1., 1.],
               [1., 0., 0.]])
        """
        most = self.learning.shape[1]
        if weight is None and (self.sizes == most).all():
            return None
        each = np.ones(self.learning.shape) if weight is None else weight[self.learning]
        each = each * (np.arange(most) < self.sizes[:, None])
        shares: NDArray[np.float64] = each / each.max(axis=1, keepdims=True)  # some may be tiny
        return shares

    @classmethod
    def dealt(cls, y: NDArray[Any], networks: int, folds: int, rng: np.random.Generator) -> Folds:
        """Deal the rows, sorted by a single target: each fold has its share of each class.

        They are dealt again where there are more networks than folds.
        """
        splits: list[tuple[Rows, Rows]] = []
        while len(splits) < networks:
            order = rng.permutation(len(y))
            if y.size == len(y):
                order = order[np.argsort(y.ravel()[order], kind="stable")]
            fold = np.empty(len(y), np.int64)
            fold[order] = np.arange(len(y)) % folds
            splits += [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(folds)]
        return cls.of(splits[:networks])

    @classmethod
    def split(cls, cv: Any, y: NDArray[Any], rows: Rows, n: int) -> Folds:
        """Return the folds of one of scikit-learn's splitters, or of pairs of row numbers.

        ``rows`` are those of the n rows given that count, ``y`` their targets.

        Raises
        ------
        ValueError
            If there are no pairs, or one of them has no rows to learn from or to judge by.
        """
        place = np.full(n, -1)
        place[rows] = np.arange(len(rows))
        if hasattr(cv, "split"):
            whole = np.empty(n, y.dtype) if y.ndim == 1 else np.empty((n, *y.shape[1:]), y.dtype)
            whole[:] = y[0]
            whole[rows] = y
            try:
                pairs = list(cv.split(np.zeros((n, 1)), whole))
            except ValueError as error:
                if "groups" not in str(error):
                    raise
                raise ValueError(f"{error} Give cv=list(splitter.split(X, y, groups))") from error
        else:
            pairs = list(cv)
        splits = []
        for i, pair in enumerate(pairs):
            if not isinstance(pair, tuple | list | np.ndarray) or len(pair) != 2:
                raise ValueError(f"split {i} of cv is {pair!r}: give a pair of rows")
            learning, judging = (_numbers(part, n) for part in pair)
            parts = [place[part][place[part] >= 0] for part in (learning, judging)]
            for part, what in zip(parts, ("learn from", "judge by"), strict=True):
                if not len(part):
                    raise ValueError(f"split {i} of cv has no row to {what} that weighs anything")
            both = np.intersect1d(parts[0], parts[1])
            if len(both):
                raise ValueError(
                    f"split {i} of cv has the row {rows[both[0]]} to learn from and to judge by: "
                    "a network is judged by rows that it leaves out"
                )
            splits.append((parts[0], parts[1]))
        if not splits:
            raise ValueError(f"cv is {cv!r}, and gives no split: give a splitter, or pairs of rows")
        return cls.of(splits)


def _numbers(given: Any, n: int) -> Rows:
    """Return row numbers, which may be given as truths."""
    rows: Rows = np.asarray(given)
    if rows.dtype == bool and rows.shape == (n,):
        return np.flatnonzero(rows)
    if not rows.size:
        return np.empty(0, np.int64)
    if rows.dtype.kind not in "iu" or rows.ndim != 1:
        raise ValueError(
            f"cv gives rows of dtype {rows.dtype} and shape {rows.shape}: give their numbers, or "
            f"a truth for each of the {n} rows"
        )
    strange = rows[(rows < 0) | (rows >= n)]
    if len(strange):
        raise ValueError(f"cv names the row {strange[0]}, and X has {n} rows")
    return rows
