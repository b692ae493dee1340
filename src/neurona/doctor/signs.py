"""The measurements of a training: at one moment, in its data, and over its course."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from neurona.doctor.case import Case
from neurona.doctor.training import by_place, cost_of, examples, validation_examples
from neurona.engine.activations import Activation
from neurona.engine.costs import Cost
from neurona.engine.data import Data
from neurona.engine.layers.base import Layer, Nothing
from neurona.engine.layers.recurrent import Recurrent
from neurona.engine.network import Network
from neurona.engine.objective import Objective
from neurona.engine.parameters import flatten, mapped, unflatten
from neurona.engine.state import State
from neurona.engine.types import Array, Params
from neurona.observe.numbers import activation_curve, slopes
from neurona.observe.recurrences import back, forth, gates_of, reading
from neurona.observe.walk import Leaf, probed, split

MOST_ROWS = 500  # examples of a pass: enough for shares and sizes to one or two hundredths
NEIGHBORS = 5
FEW = 30  # rows that a network of their number of weights can remember, whatever they are
FAR = 5.0  # times the span of the quartiles, beyond them: of a normal distribution, nothing is
EXTREME = 0.5  # of the targets' variance
EXTREMES = 0.02  # of the examples: of a normal distribution they hold 15 % of the variance
APART = 0.5  # of the targets' spread: numbers of equal inputs differ by noise, and need not agree
SHUFFLES = 19  # with the targets as they are, twenty: chance is above the others once in twenty


@dataclass(frozen=True)
class LayerSigns:
    """One layer at one moment; of a composition, each of the layers inside.

    Attributes
    ----------
    place, layer
        Such as ``"2"``, or ``"2.1"`` within a composition; and what stands there.
    in_line
        Whether the whole signal goes through it: it does not stand beside others.
    signal
        The root mean square over its units of their standard deviation over the examples: what
        distinguishes one example from another.
    gradient
        The root mean square of ∂cost/∂W; NaN without a W.
    dead, saturated
        The share of units that are 0 for all examples; the share of pairs of unit and example where
        an activation with two flat ends has less than a twentieth of its steepest slope.
    units, distinct
        How many units there are, and how many of them have weights of their own.
    forgetting
        How many times the derivative by a recurrence's state shrinks from the last step to the
        first one that it reads; NaN in another layer, and in one whose output is a sequence.
    """

    place: str
    layer: Layer
    in_line: bool
    signal: float
    gradient: float
    dead: float
    saturated: float
    units: int
    distinct: int
    forgetting: float = np.nan


@dataclass(frozen=True)
class Moment:
    """One forward and one backward pass over some training examples.

    Attributes
    ----------
    step
        The step.
    cost
        Of these examples, without a penalty.
    outputs
        The predictions, a row for each example and place.
    layers
        One for each layer, in the order of the network.
    """

    step: int
    cost: float
    outputs: Array
    layers: tuple[LayerSigns, ...]

    @property
    def spread(self) -> float:
        """The standard deviation of the predictions over the examples."""
        with np.errstate(all="ignore"):
            return float(np.sqrt(self.outputs.var(axis=0, dtype=np.float64).mean()))


def moment(net: Network, cost: Cost, params: Params, data: Data, step: int) -> Moment:
    """Measure a network on some examples, in float64: a signal may fade below float32's reach."""
    params = mapped(lambda array: array.astype(np.float64), params)
    data = Data(data.x.astype(np.float64), data.target.astype(np.float64), None)
    probe, leaves = probed(net, params)
    objective = Objective(probe, cost)
    with np.errstate(all="ignore"):
        output, pullback = objective.output(params, data.x)
        value, dy = objective.judged(output, data.x, data.target)
        pullback(dy)
        predicted = net.output(output) if cost.link else output
        layers = tuple(map(_signs, leaves.values()))
    return Moment(step, float(value), predicted, layers)


def _output(leaf: Leaf) -> Array:
    """Return a layer's output, also that of the last one where the cost takes its logits."""
    _, activate = split(leaf.layer, leaf.params)
    passed = leaf.forward
    if activate is None or passed.a is not passed.z:
        return np.asarray(passed.a)
    return np.asarray(activate.forward(Nothing(), passed.z)[0])


def _signs(leaf: Leaf) -> LayerSigns:
    layer, a = leaf.layer, _output(leaf)
    dW, W = (getattr(tree, "W", None) for tree in (leaf.backward.grads, leaf.params))
    rows, by_unit = a.reshape(len(a), -1), a.reshape(-1, a.shape[-1])
    units = by_unit.shape[1]
    saturated, forgetting = _saturated(layer.activation, leaf.forward.z), np.nan
    if isinstance(layer, Recurrent):
        saturated, forgetting = _of_steps(layer, leaf.params, leaf.x, leaf.backward.da)
    return LayerSigns(
        leaf.place,
        layer,
        leaf.in_line,
        float(np.sqrt(rows.var(axis=0, dtype=np.float64).mean())),
        np.nan if dW is None else rms(dW),
        _dead(layer.activation, leaf.forward.z, by_unit),
        saturated,
        units,
        # In a recurrence, W has a column for each gate of a unit.
        units if W is None or W.shape[-1] != units else _distinct(W, leaf.params),
        forgetting,
    )


def rms(array: Array) -> float:
    """Return the root mean square of numbers."""
    return float(np.sqrt(np.mean(np.square(array, dtype=np.float64))))


def _dead(activation: Activation, z: Array, by_unit: Array) -> float:
    """Return the share of units that are 0 for all examples, and have no slope there."""
    zero = (by_unit == 0).all(axis=0)
    if not zero.any() or activation.name == "softmax":
        return 0.0
    flat = (slopes(activation, z).reshape(by_unit.shape)[:, zero] == 0).all(axis=0)
    return float(flat.sum() / len(zero))


def _saturated(activation: Activation, z: Array) -> float:
    steepest = _flat_ends(activation)
    if not steepest:
        return 0.0
    return float(np.mean(abs(slopes(activation, z)) < 0.05 * steepest))


# The slope of an activation by its own value, as a share of the steepest one.
_SLOPES: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda a: 4 * a * (1 - a),
    "tanh": lambda a: 1 - a * a,
}


def _of_steps(layer: Any, params: Any, x: Array, dy: Array) -> tuple[float, float]:
    """Return how much of a recurrence is saturated, and how it forgets: see ``LayerSigns``."""
    passed = forth(layer, params, x)
    gates = gates_of(layer, passed)
    flat = [_SLOPES[function](values) < 0.05 for function, values in gates if function in _SLOPES]
    saturated = float(np.mean(np.concatenate(flat, axis=None))) if flat else 0.0
    if layer.return_sequences:
        return saturated, np.nan
    states = back(layer, params, passed, dy).states
    order = reading(layer, x.shape[1])
    first, last = (rms(states[t][0]) for t in (order[0], order[-1]))
    return saturated, last / first if first else np.inf


@lru_cache(maxsize=64)
def _flat_ends(activation: Activation) -> float:
    """Return the steepest slope of an activation that is flat at both ends, 0 of another."""
    if activation.name == "softmax":
        return 0.0
    slope = abs(activation_curve(activation, -40, 40, 1601).slope)
    return float(slope.max()) if max(slope[0], slope[-1]) < 0.05 * slope.max() else 0.0


@lru_cache(maxsize=64)
def reach(activation: Activation) -> tuple[float, float]:
    """Return the range of an activation: what an output can be."""
    with np.errstate(all="ignore"):
        a = activation_curve(activation, -1e3, 1e3, 2001).a
    if activation.name == "softmax":
        return 0.0, 1.0
    low, high = float(np.nanmin(a)), float(np.nanmax(a))
    return (low if low > -50 else -np.inf), (high if high < 50 else np.inf)


def _distinct(W: Array, params: Any) -> int:
    b = getattr(params, "b", None)
    columns = W.reshape(-1, W.shape[-1])
    if b is not None and b.shape == (W.shape[-1],):
        columns = np.vstack([columns, b])
    scale = abs(columns).max() or 1.0
    return len(np.unique((columns / scale).round(5), axis=1).T)


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


def task_of(target: Array) -> str:
    """Return what targets are: two classes, one-hot classes, labels or numbers."""
    if not np.isin(target, (0, 1)).all():
        return "numbers"
    if target.shape[1] == 1:
        return "two"
    return "classes" if (target.sum(axis=1) == 1).all() else "labels"


def skill(predictions: Array, target: Array, task: str) -> float:
    """Return how much of what the best constant gets wrong is right: 1 is all, 0 nothing.

    Of classes it counts the examples, of numbers and labels the squares (R²).

    Examples
    --------
    >>> skill(np.array([[0.9], [0.2], [0.6], [0.7]]), np.array([[1.0], [0], [0], [1]]), "two")
    0.5
    """
    if task in ("two", "classes"):
        shares = _shares(target)
        right, most = _is_right(predictions, target).mean(), shares.max()
        return float((right - most) / (1 - most)) if most < 1 else 1.0
    return r_squared(predictions, target)


def r_squared(predictions: Array, target: Array) -> float:
    """Return how much of the targets' variance is explained; of classes, Brier's skill score."""
    with np.errstate(all="ignore"):
        error = np.square(predictions - target, dtype=np.float64).mean()
        variance = target.var(axis=0, dtype=np.float64).mean()
        return float(np.nan_to_num(1 - error / variance, nan=-np.inf)) if variance else 1.0


def _is_right(predictions: Array, target: Array) -> Array:
    if target.shape[1] == 1:
        return np.asarray((predictions[:, 0] > 0.5) == (target[:, 0] > 0.5))
    right: Array = predictions.argmax(axis=1) == target.argmax(axis=1)
    return right


def _shares(target: Array) -> Array:
    if target.shape[1] == 1:
        share = float(target.mean())
        return np.array([1 - share, share])
    return np.asarray(target.mean(axis=0))


def recalls(predictions: Array, target: Array) -> Array:
    """Return the share of each class that is predicted as that class; NaN for one without rows."""
    right = _is_right(predictions, target)
    member = target > 0.5 if target.shape[1] > 1 else np.hstack([target < 0.5, target > 0.5])
    with np.errstate(all="ignore"):
        return np.asarray((right[:, None] & member).sum(axis=0) / member.sum(axis=0))


def best_constant(net: Network, cost: Cost, target: Array) -> tuple[Array, float]:
    """Return the best constant prediction, and its cost.

    It is the mean for squares and cross-entropies, the median for absolute errors, the quantile for
    pinball: the best of these.

    Examples
    --------
    >>> from neurona import network
    >>> from neurona.engine.costs import SquaredError
    >>> best_constant(network([2, 1]), SquaredError(), np.array([[0.0], [1.0], [1.0], [0.0]]))
    (array([0.5]), 0.25)
    """
    candidates = [target.mean(axis=0), np.median(target, axis=0)]
    if hasattr(cost, "quantile"):
        candidates.append(np.quantile(target, cost.quantile, axis=0))
    costs = [cost_of_constant(cost, one, target) for one in candidates]
    best = int(np.nanargmin(costs)) if not np.isnan(costs).all() else 0
    return candidates[best], costs[best]


def cost_of_constant(cost: Cost, p: Array, target: Array) -> float:
    """Return the cost of predicting p for every example."""
    output = np.broadcast_to(_before(cost.link, p), target.shape)
    with np.errstate(all="ignore"):
        return float(cost(output, target)[0])


def _before(link: str | None, p: Array) -> Array:
    """Return the output before the cost's link that makes the prediction p."""
    if link is None:
        return p
    p = np.maximum(p, 1e-7)
    if link == "sigmoid":
        p = np.minimum(p, 1 - 1e-7)
        return np.asarray(np.log(p / (1 - p)))
    return np.asarray(np.log(p))


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
    shares = _shares(target) if task in ("two", "classes") else np.zeros(1)
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
    rows = _places(len(x), 5000)
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
    asked = _places(len(x), MOST_ROWS)
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
    rows = _places(len(x), 5000)
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


def _places(n: int, most: int) -> Array:
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(int))


def thinned(data: Data, most: int = MOST_ROWS) -> Data:
    """Return so many of the examples at most, at even distances."""
    return data if data.n <= most else data.rows(_places(data.n, most))


def curvature(case: Case, params: Params, rows: int = 256, turns: int = 12) -> float:
    """Return the largest curvature of the cost: the largest eigenvalue of its Hessian.

    Power iteration; the product of the Hessian and a vector v is (g(θ + h v) - g(θ - h v)) / 2h,
    in float64. Gradient descent is stable below the rate 2 / curvature.

    Returns
    -------
    NaN where the network is so large that this would take seconds.
    """
    theta = flatten(params).astype(np.float64)
    rows = min(rows, int(1e7 / len(theta)))
    if rows < 8:
        return np.nan
    objective = Objective(case.net, cost_of(case), case.l1, case.l2)
    data = thinned(examples(case), rows)
    x, target = data.x.astype(np.float64), data.target.astype(np.float64)
    like = unflatten(theta, params)

    def gradient(at: Array) -> Array:
        _, grads = objective.value_and_gradient(unflatten(at, like), x, target)
        return flatten(grads)

    v = np.random.default_rng(0).normal(size=len(theta))
    largest = 0.0
    with np.errstate(all="ignore"):
        for _ in range(turns):
            v /= np.linalg.norm(v)
            h = 1e-4
            product = (gradient(theta + h * v) - gradient(theta - h * v)) / (2 * h)
            value = float(v @ product)
            if not np.isfinite(value) or not product.any():
                return np.nan
            if abs(value - largest) < 0.01 * abs(value):
                return value
            largest, v = value, product
    return largest


@dataclass(frozen=True)
class Course:
    """How a training went.

    Attributes
    ----------
    steps, costs
        The steps at which the cost was seen, and the cost, of the network or of the batch.
    last
        The costs of the last steps, one by one.
    moves
        The norm of a step's change divided by that of the weights: of the first steps and the last.
    moved
        The norm of the change in all steps divided by that of the first weights.
    diverged
        The step after which the cost was no longer finite; None if it stayed so.
    suggested_rate
        A rate that would hold, if it diverged.
    whole
        Whether each step takes all examples, so that two costs compare.
    """

    steps: Array
    costs: Array
    last: Array
    moves: tuple[float, float]
    moved: float
    diverged: int | None = None
    suggested_rate: float | None = None
    whole: bool = True

    @property
    def falling(self) -> float:
        """The share of its cost that the training lost in the last fifth of its steps."""
        if len(self.costs) < 5 or self.diverged is not None:
            return 0.0
        late = self.steps >= 0.8 * self.steps[-1]
        own = self.costs[late]
        part = max(1, len(own) // 4)
        before, after = own[:part].mean(), own[-part:].mean()
        return float((before - after) / abs(before)) if before else 0.0

    @property
    def swinging(self) -> float:
        """The mean change of the cost in one of the last steps, as a share of it.

        It is 0 unless the cost turns in more than half of them.
        """
        change = np.diff(self.last)
        if len(change) < 6 or not self.whole:
            return 0.0
        turns = np.mean(change[1:] * change[:-1] < 0)
        return float(abs(change).mean() / abs(self.last).mean()) if turns > 0.5 else 0.0


def course(states: Sequence[State], fine: Sequence[State], **more: Any) -> Course:
    """Measure a course from its states; ``fine`` are those of single steps."""
    moves = [_move(a, b) for a, b in pairwise(fine) if b.step == a.step + 1]
    half = [one for one, state in zip(moves, fine[1:], strict=False) if state.step <= 5]
    first, last = (flatten(states[k].params).astype(np.float64) for k in (0, -1))
    end = states[-1].step
    with np.errstate(all="ignore"):
        return Course(
            steps=np.array([state.step for state in states]),
            costs=np.array([state.cost for state in states]),
            last=np.array([state.cost for state in fine if state.step > max(end - 25, end / 2)]),
            moves=(
                float(max(half, default=0.0)),
                float(np.median(moves[-10:])) if moves else 0.0,
            ),
            moved=float(np.linalg.norm(last - first) / (np.linalg.norm(first) or 1.0)),
            **more,
        )


def _move(before: State, after: State) -> float:
    """Return how far a step goes, as a share of the weights, which count 0.1 each at least."""
    a, b = (flatten(state.params).astype(np.float64) for state in (before, after))
    return float(np.linalg.norm(b - a) / max(np.linalg.norm(a), 0.1 * len(a) ** 0.5))
