"""The score of an estimator on rows that it has not learned from, and its most useful columns.

So, too, whether its probabilities and its intervals hold what they promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import inf, isnan, nan, sqrt
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurona.engine.costs import find_cost
from neurona.engine.parameters import mapped
from neurona.engine.types import Params
from neurona.estimators.base import NeuralNet
from neurona.estimators.calibration import bounds_of
from neurona.tables.cells import number_of
from neurona.tables.table import Columns

Z = 1.959963984540054  # of 95 %, on both sides
RESAMPLES = 1000
SHUFFLES = 5
MOST_ROWS = 1000  # that the importance of columns is measured on
SECONDS = 10.0  # for that, the most promising columns first
BINS, FEWEST_IN_BIN = 10, 20  # of the calibration
PROMISED = 0.9  # of the rows, by an interval
FEWEST_RESIDUALS = 20  # that say where nine of ten rows lie


class Score(NamedTuple):
    """A score with its interval of 95 %."""

    value: float
    low: float
    high: float


class ClassScore(NamedTuple):
    """Precision and recall of one class."""

    name: str
    precision: float
    recall: float
    rows: int


class Bin(NamedTuple):
    """Rows of like confidence: its mean, and the share of them that is right."""

    confidence: float
    right: Score


class Calibration(NamedTuple):
    """How far probabilities are from what happens: the error, and the bins it is the mean of."""

    error: float
    bins: list[Bin]


class Interval(NamedTuple):
    """The share of the rows that an interval covers, and its width."""

    covered: Score
    width: float


class Importance(NamedTuple):
    """The fall of the score when a column's cells are shuffled."""

    column: str
    fall: float


@dataclass(frozen=True, eq=False)
class ClassFindings:
    """The findings on a classifier.

    Attributes
    ----------
    rows, right
        The number of rows, and of right predictions.
    score
        The accuracy.
    classes
        Each class's precision and recall, in the order of their names.
    counts : (k, k)
        The confusion matrix: a row for each true class, a column for each predicted one.
    columns
        How far the accuracy falls for each column that is shuffled, the most first.
    calibration
        That of the probabilities, where the rows are enough for two bins.
    not_shuffled
        The columns for which there was no time.
    """

    rows: int
    right: int
    score: Score
    classes: list[ClassScore]
    counts: NDArray[np.int64]
    columns: list[Importance]
    calibration: Calibration | None = None
    not_shuffled: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class NumberFindings:
    """The findings on a regressor.

    Attributes
    ----------
    y, predictions : (n,)
        The rows' targets, and the predictions for them.
    score
        R²; NaN where all targets are the same.
    off
        The mean absolute error, in the target's units.
    columns
        How far R² falls for each column that is shuffled, the most first.
    quantile
        The one that is predicted, where the cost was that of a quantile.
    interval
        That of 90 %, where enough rows were left out of the fit.
    not_shuffled
        The columns for which there was no time.
    """

    y: NDArray[np.float64]
    predictions: NDArray[np.float64]
    score: Score
    off: float
    columns: list[Importance]
    quantile: float | None = None
    interval: Interval | None = None
    not_shuffled: tuple[str, ...] = ()

    @property
    def below(self) -> float:
        """The share of the targets that are below the predictions."""
        return float((self.y < self.predictions).mean())

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.y)


def judge(estimator: NeuralNet, table: Columns, y: NDArray[Any]) -> ClassFindings | NumberFindings:
    """Score an estimator on a table, and find the columns that tell it most.

    Parameters
    ----------
    y : (n,)
        The names of classes, or numbers.
    """
    predictions = estimator.predict(table)
    columns = importances(estimator, table, y) if len(y) > 1 else []
    shuffled = {one.column for one in columns}
    left = tuple(name for name in _names(estimator, table) if columns and name not in shuffled)
    if not hasattr(estimator, "classes_"):
        off = float(np.abs(y - predictions).mean())
        quantile = getattr(find_cost(estimator.cost, estimator.network_), "quantile", None)
        score, interval = bootstrapped_r2(y, predictions), None
        if estimator.residuals_ is not None and len(estimator.residuals_) >= FEWEST_RESIDUALS:
            interval = covered(y - predictions, bounds_of(estimator.residuals_, PROMISED))
        return NumberFindings(y, predictions, score, off, columns, quantile, interval, left)
    confidence = estimator.predict_proba(table).max(axis=1)
    calibration = calibrated(confidence, predictions.astype(np.str_) == y)
    classes = np.sort(estimator.classes_.astype(np.str_))  # numbers, as texts, have another order
    counts = confusion(classes, y, predictions.astype(np.str_))
    order = np.searchsorted(classes, in_order(classes.tolist()))
    classes, counts = classes[order], counts[np.ix_(order, order)]
    right = int(np.trace(counts))
    share = wilson(right, len(y))
    each = by_class(classes, counts)
    return ClassFindings(len(y), right, share, each, counts, columns, calibration, left)


def in_order(classes: list[str]) -> list[str]:
    """Return the names of classes in the order in which they are read: numbers by their size.

    >>> in_order(["10", "9", "b", "a", "-1"])
    ['-1', '9', '10', 'a', 'b']
    """

    def place(name: str) -> tuple[float, str]:
        number = number_of(name)
        number = number_of(name, ",") if number is None else number
        return (inf if number is None or isnan(number) else number), name

    return sorted(classes, key=place)


def wilson(right: int, n: int) -> Score:
    r"""Return the share of right predictions with Wilson's interval.

    (p + z²/2n ± z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n): unlike p ± z √(p(1 - p)/n), it says
    something of 10 right predictions in 10.

    >>> [round(x, 3) for x in wilson(10, 10)]
    [1.0, 0.722, 1.0]
    """
    p = right / n
    centre, width = p + Z**2 / (2 * n), Z * sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    scale = 1 + Z**2 / n
    return Score(p, max(0.0, (centre - width) / scale), min(1.0, (centre + width) / scale))


def calibrated(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> Calibration | None:
    """Return the calibration error Σ n_b/n · |share right in b - mean confidence in b| [1]_.

    The confidence is the probability of the predicted class. The bins b have equally many rows, and
    are as many as have 20, but 10 at most; None where they are fewer than two.

    .. [1] Guo et al., "On calibration of modern neural networks", 2017, section 2.

    >>> calibrated(np.repeat([0.6, 0.9], 20), np.arange(40) % 2 == 0).error.round(3)
    np.float64(0.25)
    """
    n = len(right)
    count = min(BINS, n // FEWEST_IN_BIN)
    if count < 2:
        return None
    rows = np.array_split(np.argsort(confidence, kind="stable"), count)
    bins = [Bin(float(confidence[b].mean()), wilson(int(right[b].sum()), len(b))) for b in rows]
    gaps = [abs(bin_.right.value - bin_.confidence) for bin_ in bins]
    return Calibration(np.average(gaps, weights=[*map(len, rows)]), bins)


def covered(residuals: NDArray[np.float64], bounds: NDArray[np.float64]) -> Interval:
    """Return the share of residuals that lie between two bounds, which is a row's in its interval.

    >>> covered(np.array([-2.0, 0.0, 1.0, 4.0]), np.array([-1.0, 4.0]))[0].value
    0.75
    """
    low, high = bounds
    inside = int(((low <= residuals) & (residuals <= high)).sum())
    return Interval(wilson(inside, len(residuals)), float(high - low))


def r2(y: NDArray[np.float64], predictions: NDArray[np.float64]) -> float:
    """Return 1 - Σ(y - prediction)² / Σ(y - mean)²; NaN where all of y are the same.

    >>> r2(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))
    0.5
    """
    spread = float(((y - y.mean()) ** 2).sum())
    return 1 - float(((y - predictions) ** 2).sum()) / spread if spread else nan


def bootstrapped_r2(
    y: NDArray[np.float64], predictions: NDArray[np.float64], seed: int = 0
) -> Score:
    """Return R² with the interval of 95 % of its resamples: rows are drawn anew, with return.

    >>> y = np.arange(50.0)
    >>> score = bootstrapped_r2(y, y + np.tile([1.0, -1.0], 25))
    >>> bool(score.low < score.value < score.high <= 1)
    True
    """
    rng = np.random.default_rng(seed)
    drawn = (rng.integers(0, len(y), len(y)) for _ in range(RESAMPLES))
    scores = np.array([r2(y[rows], predictions[rows]) for rows in drawn])
    scores = scores[np.isfinite(scores)]
    low, high = np.quantile(scores, [0.025, 0.975]) if len(scores) else (nan, nan)
    return Score(r2(y, predictions), float(low), float(high))


def confusion(
    classes: NDArray[np.str_], y: NDArray[np.str_], predictions: NDArray[np.str_]
) -> NDArray[np.int64]:
    """Count the rows of each class (row) that were predicted as each class (column)."""
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(counts, (np.searchsorted(classes, y), np.searchsorted(classes, predictions)), 1)
    return counts


def by_class(classes: NDArray[np.str_], counts: NDArray[np.int64]) -> list[ClassScore]:
    """Return each class's precision and recall; NaN where there is nothing to share out.

    >>> by_class(np.array(["a", "b"]), np.array([[3, 1], [0, 0]]))
    [ClassScore(name='a', precision=1.0, recall=0.75, rows=4), \
ClassScore(name='b', precision=0.0, recall=nan, rows=0)]
    """
    predicted, there = counts.sum(axis=0), counts.sum(axis=1)
    return [
        ClassScore(
            str(name),
            float(counts[k, k] / predicted[k]) if predicted[k] else nan,
            float(counts[k, k] / there[k]) if there[k] else nan,
            int(there[k]),
        )
        for k, name in enumerate(classes)
    ]


def importances(
    estimator: NeuralNet, table: Columns, y: NDArray[np.str_] | NDArray[np.float64], seed: int = 0
) -> list[Importance]:
    """Return how far accuracy or R² falls when a column's cells are shuffled, the most first.

    The mean of five shuffles, on 1,000 rows at most. Neither of two columns that say the same may
    look important. The table is prepared once, and the numbers made of a column are shuffled in it.
    When ten seconds are over, the columns that are left are the least promising ones.
    """
    end, rng = monotonic() + SECONDS, np.random.default_rng(seed)
    if len(y) > MOST_ROWS:
        rows = rng.choice(len(y), MOST_ROWS, replace=False)
        table, y = table[rows], y[rows]
    names = _names(estimator, table)
    # In the table's order, so that they are the same for any order of judging.
    orders = np.empty((len(names), SHUFFLES, len(y)), np.min_scalar_type(MOST_ROWS))
    for order in orders.reshape(-1, len(y)):
        order[:] = rng.permutation(len(y))
    x, parts = estimator.prepare(table), _parts(estimator, len(names))
    params = mapped(np.float64, estimator.params_)

    def score() -> float:
        predictions = estimator.targets_.decide(estimator.network_.predict(params, x))
        if hasattr(estimator, "classes_"):
            return float(np.mean(predictions.astype(np.str_) == y))
        return r2(np.asarray(y, dtype=np.float64), predictions)

    whole, falls = score(), {}
    promise = _promise(estimator, params, x, parts, rng)
    for place in np.argsort(-promise, kind="stable").tolist():
        there, lost = x[:, parts[place]].copy(), []
        for order in orders[place]:
            x[:, parts[place]] = there[order]
            lost.append(whole - score())  # exactly 0 of a column that is left out
        x[:, parts[place]] = there
        falls[place] = Importance(names[place], float(np.mean(lost)))
        if monotonic() > end:
            break
    return sorted((falls[place] for place in sorted(falls)), key=lambda one: -one.fall)


def _names(estimator: NeuralNet, table: Columns) -> list[str]:
    """Return the names of the columns that the estimator takes, in its order."""
    return [str(name) for name in getattr(estimator, "feature_names_in_", table.names)]


def _parts(estimator: NeuralNet, columns: int) -> list[slice]:
    """Return the part of the network's input that is made of each column of a table."""
    assert estimator.preparation_ is not None
    steps = dict(estimator.preparation_.steps)
    widths = (len(steps[place].outputs) if place in steps else 0 for place in range(columns))
    return [slice(*ends) for ends in pairwise(accumulate(widths, initial=0))]


def _promise(
    estimator: NeuralNet,
    params: Params,
    x: NDArray[np.float64],
    parts: list[slice],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return how far a shuffle of each column moves the logits: mean |Σⱼ (x'ⱼ - xⱼ) ∂(r·z) / ∂xⱼ|.

    The sum is over the numbers that are made of the column. With random signs r for each row, all
    logits are looked at in one pass.
    """
    z, pullback = estimator.network_.logits.forward(params, x)
    slopes: Any = pullback(rng.choice([-1.0, 1.0], z.shape))[0]
    moved = (x[rng.permutation(len(x))] - x) * slopes
    return np.array([abs(moved[:, part].sum(axis=1)).mean() for part in parts])


def split(
    strata: NDArray[np.str_] | None, n: int, share: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split n rows in two: those to learn from, and a share of them that is held out.

    Of each stratum its share is held out, as nearly as whole rows allow, and never its last row.

    >>> kinds = np.array(["a"] * 6 + ["b"] * 4 + ["c"])
    >>> learn, held = split(kinds, 11, 0.3, np.random.default_rng(0))
    >>> np.unique(kinds[held]).tolist(), len(held)
    (['a', 'b'], 3)
    """
    which = np.zeros(n, int) if strata is None else np.unique(strata, return_inverse=True)[1]
    keys = np.empty(n)
    for stratum in range(int(which.max()) + 1):
        rows = rng.permutation(np.flatnonzero(which == stratum))
        keys[rows] = (np.arange(len(rows)) + rng.random()) / len(rows)
        keys[rows[-1]] = np.inf
    count = min(max(round(share * n), 1 if share else 0), int(np.isfinite(keys).sum()))
    order = np.argsort(keys, kind="stable")
    return np.sort(order[count:]), np.sort(order[:count])
