"""The measurements of the examples, before any training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neurona.doctor.case import Case
from neurona.doctor.signs import reach, rms
from neurona.doctor.skill import best_constant, class_shares, r_squared, skill, task_of
from neurona.doctor.training import (
    MOST_ROWS,
    by_place,
    cost_of,
    examples,
    spread_rows,
    thinned,
    validation_examples,
)
from neurona.engine.network import Network
from neurona.engine.types import Array

NEIGHBORS = 5
FEW = 30  # rows that a network of their number of weights can remember, whatever they are
FAR = 5.0  # times the span of the quartiles, beyond them: of a normal distribution, nothing is
EXTREME = 0.5  # of the targets' variance
EXTREMES = 0.02  # of the examples: of a normal distribution they hold 15 % of the variance
APART = 0.5  # of the targets' spread: numbers of equal inputs differ by noise, and need not agree
SHUFFLES = 19  # with the targets as they are, twenty: chance is above the others once in twenty


@dataclass(frozen=True)
class DataSigns:
    """The signs in the examples, before any training.

    Attributes
    ----------
    n
        How many there are.
    task
        ``"two"``: 0 and 1; ``"classes"``: one-hot rows; ``"labels"``: several ones a row, or none;
        ``"numbers"``.
    majority
        The share of the largest class; 0 for numbers and labels.
    trivial, trivial_cost
        The best constant prediction, and its cost on the sample.
    input_size, input_ratio, input_column
        The largest root mean square of a column, that of the largest standard deviation and the
        smallest, and the largest column's number, from 1.
    target_size, target_spread
        The root mean square of the targets, and their standard deviation.
    unreachable
        The share of the targets' variance that the output's range leaves over, at best.
    achievable, achievable_squares, linear
        The skill that the nearest neighbors or a straight line have, the better of the two: see
        :func:`skill` and :func:`r_squared`; and the skill of the line alone.
    is_chance, chance
        Whether both are as bad as with shuffled targets; and the best skill with these.
    contradicting
        The share of rows whose inputs occur with another target too; with numbers, if they differ
        by more than noise.
    extremes, without_extremes
        The share of the targets' variance that the most extreme fiftieth of the rows holds; and
        what is achievable of the others, where that is more than half.
    extreme_inputs, extreme_column
        The largest share of a column's variance that numbers far from its quartiles hold, and the
        column's number, from 1.
    rarest
        The share of the rarest class.
    leaked
        The share of the validation rows that are training rows too.
    """

    n: int
    task: str
    majority: float
    trivial: Array
    trivial_cost: float
    input_size: float
    input_ratio: float
    input_column: int
    target_size: float
    target_spread: float
    unreachable: float
    achievable: float
    achievable_squares: float
    linear: float
    is_chance: bool
    chance: float
    contradicting: float
    extremes: float
    without_extremes: float
    extreme_inputs: float
    extreme_column: int
    rarest: float
    leaked: float


def data_signs(case: Case) -> DataSigns:
    """Measure the examples of a case."""
    data, cost, net = examples(case), cost_of(case), case.net
    x, each = data.x.reshape(data.n, -1).astype(np.float64), data.target.astype(np.float64)
    target = by_place(net, each)
    task = task_of(target)
    some = by_place(net, thinned(data).target.astype(np.float64))
    trivial, trivial_cost = best_constant(net, cost, some)
    size, spread = np.sqrt(np.square(x).mean(axis=0)), x.std(axis=0)
    low, high = reach(net.output)
    variance = target.var(axis=0).mean()
    floor = np.square(target - target.clip(low, high)).mean()
    shares = class_shares(target) if task in ("two", "classes") else np.zeros(1)
    # A quantile is not near the targets: neighbors tell nothing of it.
    is_quantile = getattr(cost, "quantile", 0.5) != 0.5
    achievable, squares, linear, by_chance, chance = (
        (0.0, 0.0, 0.0, False, 0.0)
        if is_quantile
        else _achievable(x, each, task, target.shape[1], _narrowest(net))
    )
    worst, column = _extreme_column(x)
    far = is_extreme(each)
    held = float(
        np.square(each - each.mean(axis=0))[far].sum() / (each.var(axis=0).sum() * len(each) or 1)
    )
    without = np.nan
    if task == "numbers" and held > EXTREME and not is_quantile:
        without = _achievable(x[~far], each[~far], task, target.shape[1], _narrowest(net))[0]
    return DataSigns(
        n=data.n,
        task=task,
        majority=float(shares.max()),
        trivial=trivial,
        trivial_cost=trivial_cost,
        input_size=float(size.max()),
        input_ratio=_ratio(spread[spread > 0]),
        input_column=int(size.argmax()) % data.x.shape[-1] + 1,
        target_size=rms(target),
        target_spread=float(np.sqrt(variance)),
        unreachable=float(floor / variance) if variance else 0.0,
        achievable=achievable,
        achievable_squares=squares,
        linear=linear,
        is_chance=by_chance,
        chance=chance,
        contradicting=_contradicting(x, each, APART * target.std() if task == "numbers" else 1e-6),
        extremes=held,
        without_extremes=without,
        extreme_inputs=worst,
        extreme_column=column % data.x.shape[-1] + 1,
        rarest=float(shares[shares > 0].min()) if shares.any() else 0.0,
        leaked=_leaked(case, x),
    )


def is_extreme(target: Array) -> Array:
    """Return which fiftieth of the rows is the furthest from the mean."""
    far = np.square(target - target.mean(axis=0)).sum(axis=1)
    return np.asarray(far.argsort().argsort() >= len(far) - int(EXTREMES * len(far)))


def _narrowest(net: Network) -> int:
    """Return how many numbers of an example reach the output at most: a straight line's rank."""
    return min(int(np.prod(shape)) for shape in net.in_shapes(net.in_shape))


def clipped(x: Array, own: Array) -> Array:
    """Return columns x without what lies far from the quartiles of the columns ``own``.

    A column that is one number for half of the rows and more is left as it is.

    Examples
    --------
    >>> column = np.array([[0.0], [1.0], [2.0], [3.0], [-999.0]])
    >>> clipped(column, column)[:, 0].tolist()
    [0.0, 1.0, 2.0, 3.0, -10.0]
    """
    low, high = np.quantile(own, (0.25, 0.75), axis=0)
    span = np.where(high > low, FAR * (high - low), np.inf)
    return np.asarray(np.clip(x, low - span, high + span))


def _extreme_column(x: Array) -> tuple[float, int]:
    """Return the largest share of a column's variance that its far numbers hold, and its place."""
    near, variance = clipped(x, x), x.var(axis=0)
    kept = near.var(axis=0) / np.where(variance > 0, variance, 1)
    share = np.where(variance > 0, 1 - kept, 0.0)
    return float(share.max()), int(share.argmax())


def _ratio(spread: Array) -> float:
    """Return the ratio of a large column to a small one; of more than ten, a few may be odd."""
    if not spread.size:
        return 1.0
    return float(
        np.quantile(spread, 0.9, method="higher") / np.quantile(spread, 0.1, method="lower")
    )


def _achievable(
    x: Array, target: Array, task: str, n_out: int, rank: int
) -> tuple[float, float, float, bool, float]:
    """Return the skills of the nearest neighbors, each row left out, or of a straight line.

    First the better skill of the two, then that in squares, then that of the line alone, then
    whether both are as bad as with shuffled targets, and how good these are. Few rows of
    classes can be remembered: of these both are 1. Several numbers that go through fewer, their
    ``rank``, are what a line of that rank predicts: neighbors do without such a layer.
    """
    rows = spread_rows(len(x), 5000)
    x, target = clipped(x[rows], x), target[rows]
    spread = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1)
    hat = None
    if x.shape[1] < len(x) / 4 or len(x) < 5:  # more columns fit anything
        design = np.hstack([x, np.ones((len(x), 1))])
        square = design.T @ design + 1e-3 * len(x) * np.eye(design.shape[1])
        hat = design, np.linalg.solve(square, design.T)

    def both(predictions: Array, target: Array) -> tuple[float, float]:
        rows = predictions.reshape(-1, n_out), target.reshape(-1, n_out)
        return skill(*rows, task), r_squared(*rows)

    def line(target: Array) -> tuple[float, float]:
        if hat is None:
            return 0.0, 0.0
        fitted = hat[0] @ (hat[1] @ target)
        return both(_of_rank(fitted, rank) if task == "numbers" else fitted, target)

    linear = line(target)[0]
    if len(x) < FEW:
        if task != "numbers":
            return 1.0, 1.0, linear, False, 0.0
        best = max(linear, _parabola(x, target))
        return best, best, linear, False, 0.0
    asked = spread_rows(len(x), MOST_ROWS)
    near = np.square(x[asked]).sum(axis=1)[:, None] - 2 * x[asked] @ x.T + np.square(x).sum(axis=1)
    near[np.arange(len(asked)), asked] = np.inf
    nearest = np.argpartition(near, NEIGHBORS, axis=1)[:, :NEIGHBORS]

    def reached(target: Array) -> tuple[float, float]:
        theirs, own = both(target[nearest].mean(axis=1), target[asked]), line(target)
        return max(theirs[0], own[0], 0.0), max(theirs[1], own[1], 0.0)

    found = reached(target)
    shuffled, chance = is_chance(found, target, reached)
    if task == "numbers" and rank < n_out and hat is not None:
        found = (linear, linear)
    return *found, linear, shuffled, chance


def _of_rank(fitted: Array, rank: int) -> Array:
    """Return what of the predictions so many numbers of an example can tell."""
    if rank >= fitted.shape[1]:
        return fitted
    mean = fitted.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(fitted, rowvar=False))
    kept = axes[:, -rank:]
    return np.asarray(mean + (fitted - mean) @ kept @ kept.T)


def is_chance(
    found: tuple[float, ...], target: Array, skills: Callable[[Array], tuple[float, ...]]
) -> tuple[bool, float]:
    """Return whether no skill is above all those of shuffled targets, and the best of these."""
    rng = np.random.default_rng(0)
    chance = np.array([skills(rng.permutation(target)) for _ in range(SHUFFLES)])
    return bool((np.array(found) <= chance.max(axis=0)).all()), float(chance[:, 0].max())


def _parabola(x: Array, target: Array) -> float:
    """Return the skill of a parabola in each column, where the rows tell more than it has terms."""
    design = np.hstack([x, x * x, np.ones((len(x), 1))])
    if design.shape[1] >= len(x):
        return 0.0
    found, *_ = np.linalg.lstsq(design, target, rcond=None)
    return skill(design @ found, target, "numbers")


def _contradicting(x: Array, target: Array, least: float) -> float:
    rows = spread_rows(len(x), 5000)
    _, groups = np.unique(x[rows], axis=0, return_inverse=True)
    groups = groups.reshape(-1)
    count = np.bincount(groups)
    means = np.stack([np.bincount(groups, column) for column in target[rows].T], axis=1)
    apart = abs(target[rows] - (means / count[:, None])[groups]).max(axis=1)
    return float((apart > max(least, 1e-6)).mean())


def _leaked(case: Case, x: Array) -> float:
    """Return the share of the validation rows that are training rows too."""
    held_out = validation_examples(case)
    if held_out is None:
        return 0.0
    known = {row.tobytes() for row in x.astype(np.float32)}
    own = held_out.x.reshape(held_out.n, -1).astype(np.float32)
    return float(np.mean([row.tobytes() in known for row in own]))
