"""The measurements of a training: at one moment, and over its course."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from neurona.doctor.case import Case
from neurona.doctor.training import cost_of, examples, thinned
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
        curve = activation_curve(activation, -1e3, 1e3, 2001)
    if activation.name == "softmax":
        return 0.0, 1.0
    low, high = float(np.nanmin(curve.a)), float(np.nanmax(curve.a))
    ends = curve.a[[0, -1]][abs(curve.slope[[0, -1]]) > 1e-3]  # where it has not leveled off
    return (-np.inf if low in ends else low), (np.inf if high in ends else high)


def _distinct(W: Array, params: Any) -> int:
    b = getattr(params, "b", None)
    columns = W.reshape(-1, W.shape[-1])
    if b is not None and b.shape == (W.shape[-1],):
        columns = np.vstack([columns, b])
    scale = abs(columns).max() or 1.0
    return len(np.unique((columns / scale).round(5), axis=1).T)


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
