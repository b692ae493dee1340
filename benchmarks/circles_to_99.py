"""The time to train the circles: seconds and steps until 99 % of the points are right."""

from __future__ import annotations

import sys
import time

from .contest import CONTESTANTS
from .race import summary
from .tasks import circles_to_99

EVERY = 25  # steps between two measurements of the accuracy
GIVE_UP = 20_000  # steps


def run(names: list[str], seeds: int) -> dict[str, dict]:
    """Return each contestant's seconds, seconds to the first accuracy, and steps, over seeds."""
    results = {}
    for name in names:
        if not CONTESTANTS[name].takes(circles_to_99()):
            continue
        trials = [_trial(name, seed) for seed in range(seeds)]
        reached = [trial for trial in trials if trial is not None]
        results[name] = {"seeds": seeds, "reached": len(reached)}
        if reached:
            seconds, first, steps = map(list, zip(*reached, strict=True))
            results[name] |= {
                "seconds": summary(seconds),
                "first": summary(first),
                "steps": summary(steps),
            }
    return results


def _trial(name: str, seed: int) -> tuple[float, float, int] | None:
    task = circles_to_99(seed)
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()  # compile again for each seed
    training = CONTESTANTS[name].start(task)
    first = None
    start = time.perf_counter()
    while training.steps < GIVE_UP:
        training.seconds_per_step(EVERY)
        accuracy = task.accuracy(training.predict(task.X))
        first = first or time.perf_counter() - start
        if accuracy >= 0.99:
            return time.perf_counter() - start, first, training.steps
    return None
