"""Stacks of networks beside one network, and how soon a compiled training starts again."""

from __future__ import annotations

import time
from importlib.util import find_spec
from typing import Any

import neurona

from .race import summary
from .tasks import digits_step, tutorial_step

FOUR = "NumPy: a step of 4 networks of the digits, over a step of one"
HUNDRED = "compiled: 100 networks of the tutorial, 2,500 steps, seconds"
HUNDRED_COMPILED = "compiled: the same with its compilation, seconds"
AGAIN = "compiled: a second training, to its first chunk of steps, seconds"
GOALS = {FOUR: 2.5, HUNDRED: 3.0, HUNDRED_COMPILED: 6.0, AGAIN: 0.003}


def run(quick: bool = False) -> dict[str, dict]:
    """Return the median and the extremes of each figure."""
    found = {FOUR: summary(four_networks(rounds=2 if quick else 15))}
    if find_spec("jax") and not quick:
        with_compilation, without = hundred_networks(rounds=5)
        found[HUNDRED_COMPILED] = summary([with_compilation])
        found[HUNDRED] = summary(without)
        found[AGAIN] = summary(second_starts(rounds=15))
    return found


def four_networks(rounds: int, steps: int = 228) -> list[float]:
    """Return the time of a step of four networks over that of one, in turns."""
    one, four = (_training(digits_step(), **given) for given in ({"rng": 0}, {"seeds": range(4)}))
    ratios = []
    for _ in range(rounds + 1):
        seconds = [_seconds(training, steps) for training in (four, one)]
        ratios.append(seconds[0] / seconds[1])
    return ratios[1:]  # the first warms up


def hundred_networks(rounds: int) -> tuple[float, list[float]]:
    """Return the seconds of 2,500 steps of 100 networks: with their compilation, and without."""
    task = tutorial_step()
    seconds = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        states = _training(task, seeds=range(100), engine="jax", every=2500, steps=2500)
        *_, last = states
        seconds.append(time.perf_counter() - start)
        assert (last.cost < 0.05).mean() > 0.9, "the networks of the stack do not learn"
    return seconds[0], seconds[1:]


def second_starts(rounds: int) -> list[float]:
    """Return the seconds from the call to the second state, of the optimizer that is slowest."""
    task = tutorial_step()
    slowest = [0.0]
    for name in ("sgd", "momentum", "rmsprop", "adam", "adamw", "nadam"):
        optimizer = getattr(neurona, name)(0.01)
        given = {"engine": "jax", "every": 1, "rng": 0, "optimizer": optimizer}
        seconds = []
        for _ in range(rounds + 1):
            start = time.perf_counter()
            states = _training(task, **given)
            next(states)
            next(states)
            seconds.append(time.perf_counter() - start)
        slowest = max(slowest, seconds[1:], key=lambda values: summary(values)["median"])
    return slowest


def _training(task: Any, **given: Any) -> Any:
    settings = {
        "cost": "mse" if task.binary else "cross_entropy",
        "optimizer": getattr(neurona, task.optimizer)(task.learning_rate),
        "steps": 10**9,
        "every": task.chunk,
        "batch_size": task.batch_size,
    }
    return neurona.train(task.network(), task.X, task.y, **{**settings, **given})


def _seconds(states: Any, steps: int) -> float:
    first = next(states).step
    start = time.perf_counter()
    while next(states).step < first + steps:
        pass
    return time.perf_counter() - start
