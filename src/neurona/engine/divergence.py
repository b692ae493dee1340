"""A training whose cost is no longer finite: where it was lost, and which rate would hold.

Nothing is kept for this while all is well. A chunk of steps that ends badly is run again from the
state before it, which gives the same numbers, up to the step that matters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

import numpy as np

from neurona.engine.parameters import flatten
from neurona.engine.state import Engine, Rates, State
from neurona.engine.types import Params

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
        super().__init__(
            f"training diverged after step {state.step}: the cost was {state.cost:.3g} and is no "
            f"longer finite; layer {layer} grew the most. Try a learning rate of "
            f"{suggested_rate:.2g} instead of {rate:.2g}, or clip=1.0"
        )


def diagnose(
    build: Callable[[Params, Any], Engine],
    beginning: Params,
    state: State,
    batches: Sequence[Any],
    rates: Sequence[Rates],
    costs: Sequence[float],
    epoch_of: Callable[[int], int],
) -> TrainingDiverged:
    """Return the error that tells what happened in a chunk of steps after ``state``."""
    finite = int(np.argmin([*map(isfinite, costs), False]))  # so many costs in a row were finite
    last = min(max(finite - 1, 0), len(batches) - 1)  # the step at which the last of them was seen
    engine = build(state.params, state.optimizer_state)
    engine.advance(batches[:last], rates[:last])
    params, optimizer_state = engine.snapshot()
    cost = costs[last] if finite else state.cost
    engine.advance(batches[last : last + 1], rates[last : last + 1])
    at_once = np.array_equal(flatten(params), flatten(beginning))  # in the very first step
    layer = _grown_most(beginning, engine.snapshot()[0] if at_once else params)
    rate = rates[last][layer if len(rates[last]) > 1 else 0]
    scale = _scale_that_holds(build, beginning, batches, rates)
    lost = State(state.step + last, epoch_of(state.step + last), params, optimizer_state, cost)
    return TrainingDiverged(lost, layer + 1, rate, rate * scale)


def _grown_most(before: Params, after: Params) -> int:
    """Return the layer whose norm was multiplied by the most; the first that is no number."""
    with np.errstate(all="ignore"):
        growth = [
            np.linalg.norm(flatten((b,))) / (np.linalg.norm(flatten((a,))) + 1e-12)
            for a, b in zip(before, after, strict=True)
        ]
    return int(np.argmax(np.nan_to_num(growth, nan=np.inf)))


def _scale_that_holds(
    build: Callable[[Params, Any], Engine],
    beginning: Params,
    batches: Sequence[Any],
    rates: Sequence[Rates],
) -> float:
    """Return the largest of 1/10, 1/100 … by which the rates bring the cost down at first."""
    trial = [batches[i % len(batches)] for i in range(TRIAL)]
    for tenths in range(1, SMALLEST):
        scale = float(f"1e-{tenths}")
        scaled = [tuple(rate * scale for rate in rates[i % len(rates)]) for i in range(TRIAL)]
        costs = build(beginning, None).advance(trial, scaled)
        if isfinite(costs[-1]) and costs[-1] < costs[0]:
            break
    return scale
