"""A training whose cost is no longer finite: where it was lost, and which rate would hold.

Nothing is kept for this while all is well. A chunk of steps that ends badly is run again from the
state before it, which gives the same numbers, up to the step that matters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isfinite, isnan, nan
from typing import Any

import numpy as np

from neurona.engine.parameters import arrays, flatten
from neurona.engine.state import Engine, Rates, State, Steps
from neurona.engine.types import LayerParams, Params

TRIAL = 20  # steps in which a smaller rate must bring the cost down
SMALLEST = 8  # tenths of tenths to try


class TrainingDiverged(ArithmeticError):
    """The cost is no longer a finite number.

    Attributes
    ----------
    state
        The last state whose cost was finite.
    layer
        The layer, counted from 1, whose parameters had grown the most by then.
    suggested_rate
        A learning rate for that layer: the largest tenth, hundredth and so on of the one it had
        that brings the cost down in the first steps.
    """

    def __init__(self, state: State, layer: int, rate: float, suggested_rate: float) -> None:
        self.state = state
        self.layer = layer
        self.suggested_rate = suggested_rate
        if isnan(state.cost):
            super().__init__(
                f"training diverged at step {state.step}: the cost is not finite before any step "
                "is taken; inputs, targets or first weights are too large: scale them"
            )
            return
        super().__init__(
            f"training diverged after step {state.step}: the cost was {state.cost:.3g} and is no "
            f"longer finite; layer {layer} grew the most. Try a learning rate of "
            f"{suggested_rate:.2g} instead of {rate:.2g}, or clip=1.0"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what makes the error again: its message is made of more than it keeps."""
        return TrainingDiverged.__new__, (TrainingDiverged, *self.args), vars(self)


def diagnose(
    build: Callable[[Params, Any], Engine],
    beginning: Params,
    state: State,
    steps: Steps,
    costs: Sequence[Any],
    epoch_of: Callable[[int], int],
    calibrated: Callable[[Params], Params],
) -> TrainingDiverged:
    """Return the error that tells what happened in a chunk of steps after ``state``.

    A stack of networks has diverged when all of them have: its cost is the smallest of theirs.
    """
    costs = list(map(smallest, costs))
    finite = int(np.argmin([*map(isfinite, costs), False]))  # so many costs in a row were finite
    last = min(max(finite - 1, 0), steps.n - 1)  # the step at which the last of them was seen
    engine = build(state.params, state.optimizer_state)
    if last:
        engine.advance(steps.at(range(last)))
    params, optimizer_state = engine.snapshot()
    cost = costs[last] if finite else smallest(state.cost)
    engine.advance(steps.at([last]))
    at_once = np.array_equal(flatten(params), flatten(beginning))  # in the very first step
    layer = _grown_most(beginning, engine.snapshot()[0] if at_once else params)
    rate = _rate_of(steps.rates[last], layer)
    scale = _scale_that_holds(build, beginning, steps)
    at = state.step + last
    randomness = state.randomness and state.randomness.after(last)
    lost = replace(
        state,
        step=at,
        epoch=epoch_of(at),
        params=calibrated(params),
        optimizer_state=optimizer_state,
        cost=cost,
        randomness=randomness,
    )
    return TrainingDiverged(lost, layer + 1, rate, rate * scale)


def smallest(cost: Any) -> float:
    """Return the smallest finite cost of a stack, or that of one network; NaN if none is finite.

    >>> smallest(np.array([np.inf, 2.0, 3.0])), smallest(1.0)
    (2.0, 1.0)
    """
    finite = np.asarray(cost)[np.isfinite(cost)]
    return float(finite.min()) if finite.size else nan


def _rate_of(rates: Rates, layer: int) -> float:
    """Return the rate of a layer; of networks with rates of their own, the smallest."""
    if isinstance(rates, np.ndarray):
        return float(rates.min())
    return rates[layer if len(rates) > 1 else 0]


def _grown_most(before: Params, after: Params) -> int:
    """Return the layer whose norm was multiplied by the most; the first that is not a number."""
    with np.errstate(all="ignore"):
        growth = [_norm(b) / (_norm(a) + 1e-12) for a, b in zip(before, after, strict=True)]
    return int(np.argmax(np.nan_to_num(growth, nan=np.inf)))


def _norm(layer: LayerParams) -> Any:
    """Return the norm of a layer's parameters; one that has none has the norm 0."""
    return np.linalg.norm(flatten((layer,))) if arrays(layer) else 0.0


def _scale_that_holds(
    build: Callable[[Params, Any], Engine],
    beginning: Params,
    steps: Steps,
) -> float:
    """Return the largest of 1/10, 1/100 … by which the rates bring the cost down at first."""
    trial = steps.at([i % steps.n for i in range(TRIAL)])
    for tenths in range(1, SMALLEST):
        scale = float(f"1e-{tenths}")
        scaled = trial._replace(rates=[_scaled(rate, scale) for rate in trial.rates])
        costs = build(beginning, None).advance(scaled)
        if np.isfinite(costs[-1]).all() and np.all(costs[-1] < costs[0]):
            break
    return scale


def _scaled(rates: Rates, scale: float) -> Rates:
    if isinstance(rates, np.ndarray):
        return rates * scale
    return tuple(rate * scale for rate in rates)
