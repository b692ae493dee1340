"""Sweeps: the seconds of 100 networks of the tutorial, and of a map of 2,000 networks."""

from __future__ import annotations

import time
from typing import Any

import neurona

from . import machine
from .race import note, summary
from .tasks import tutorial_step

HUNDRED = "100 networks of the tutorial, 2,500 steps"
COMPILED = "the same with the compilation"
NUMPY = "the same with NumPy, in processes"
MAP = "a map of 20 rates, 5 topologies and 20 seeds, 2,500 steps"
FIRST = "its first cells"
TITLES = (HUNDRED, COMPILED, NUMPY, MAP, FIRST)
GOALS = {HUNDRED: 3.0, COMPILED: 6.0, MAP: 120.0, FIRST: 5.0}
TOPOLOGIES = [(4,), (4, 8), (8, 8), (4, 8, 8, 4), (4, 8, 16, 8, 4)]


def measure(quick: bool = False) -> dict:
    """Return the seconds of each, on all cores."""
    facts = machine.facts()
    found: dict[str, Any] = {}
    steps, seeds = (20, 2) if quick else (2500, 20)
    note("100 networks")
    rates = {"learning_rate": "0.1:10:5"}
    each = [_seconds(rates, steps, seeds, engine="jax")[0] for _ in range(2 if quick else 6)]
    found[COMPILED], found[HUNDRED] = summary(each[:1]), summary(each[1:])
    each = [_seconds(rates, steps, seeds, engine="numpy")[0] for _ in range(1 if quick else 3)]
    found[NUMPY] = summary(each)
    note("2,000 networks")
    grid = {"learning_rate": f"0.01:10:{3 if quick else 20}", "topology": TOPOLOGIES}
    whole, first = _seconds(grid, steps, seeds)
    found[MAP], found[FIRST] = summary([whole]), summary([first])
    return {"machine": facts, "seconds": found}


def _seconds(
    grid: dict[str, Any], steps: int, seeds: int, engine: str | None = None
) -> tuple[float, float]:
    """Return the seconds of a sweep over the tutorial's task, and those until its first cells."""
    task = tutorial_step()
    began, first = time.perf_counter(), 0.0
    for found in neurona.sweep(
        task.X, task.y, grid, cost="mse", optimizer="sgd", steps=steps, seeds=seeds, n_jobs=-1,
        engine=engine,
    ):  # fmt: skip
        if not first and found.done.any():
            first = time.perf_counter() - began
    assert found.done.all(), "the sweep has come to its end"
    return time.perf_counter() - began, first
