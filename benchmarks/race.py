"""Time contestants in turns, so that other load on the machine hits all of them alike."""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .contest import CONTESTANTS, Training

if TYPE_CHECKING:
    from .tasks import Task

Rounds = Mapping[str, list[float]]  # a contestant's seconds per step, one figure a round


@dataclass(frozen=True)
class Effort:
    """The length of a measurement."""

    rounds: int = 7
    seconds: float = 0.25  # of each contestant in each round

    @classmethod
    def quick(cls) -> Effort:
        """Return an effort that only checks that it runs."""
        return cls(rounds=2, seconds=0.01)


def race(task: Task, names: list[str], effort: Effort) -> Rounds:
    """Return the contestants' seconds per step, by round; then check that each one learns.

    Raises
    ------
    AssertionError
        If a contestant's cost is not below the task's bound after the task's number of steps.
    """
    trainings = {name: CONTESTANTS[name].start(task) for name in names}
    steps = {name: _warm_up(training, effort) for name, training in trainings.items()}
    rounds: Rounds = {name: [] for name in names}
    for _ in range(effort.rounds):
        for name, training in trainings.items():
            gc.collect()
            gc.disable()
            try:
                rounds[name].append(training.seconds_per_step(steps[name]))
            finally:
                gc.enable()
    for name, training in trainings.items():
        _assert_that_it_learns(name, training, task)
    return rounds


def _warm_up(training: Training, effort: Effort) -> int:
    """Return the number of steps in a round; this also compiles and fills the caches."""
    training.seconds_per_step(1)
    steps = 1
    while (per_step := training.seconds_per_step(steps)) * steps < effort.seconds / 4:
        steps *= 2
    return math.ceil(effort.seconds / per_step)


def _assert_that_it_learns(name: str, training: Training, task: Task) -> None:
    steps, bound = task.learned
    if training.steps < steps:
        training.seconds_per_step(steps - training.steps)
    cost = task.cost(training.predict(task.X))
    assert cost < bound, (
        f"{name} does not learn ({task.title}): its cost is {cost:.3g} after {training.steps} "
        f"steps, expected below {bound}; do its gradient and its batches fit the task?"
    )


def per_round(rounds: Rounds, name: str, peer: str) -> list[float]:
    """Return the contestant's time over its peer's, in each round."""
    return [own / other for own, other in zip(rounds[name], rounds[peer], strict=True)]


def summary(values: list[float]) -> dict[str, float | list[float]]:
    """Return the median, the extremes, and all values."""
    return {
        "median": float(np.median(values)),
        "low": min(values),
        "high": max(values),
        "values": values,
    }


def note(text: str) -> None:
    """Print the current measurement to the standard error, apart from the tables."""
    print(text, file=sys.stderr, flush=True)
