"""The lesson's failure and its cure in the page's engine: which draws of initial weights learn."""

from __future__ import annotations

from math import nan

from neurona.lesson.cure import (
    BELOW,
    DRAW,
    DRAWS,
    LESSON_RATE,
    STEPS,
    TRUE_RATE,
    WEIGHTS,
    last_costs,
    training,
)

from . import machine
from .race import note

LESSON, TRUE = "the lesson's", "true gradient"
RATES = {LESSON: (0.5, 0.05, 0.01), TRUE: (0.05, 0.5, 5.0)}
LONG = 20_000  # steps: for how long the draw of the page's examples fails
EVERY = 50  # steps between two looks at the cost


def measure(quick: bool = False) -> dict:
    """Return how many draws learn along each step, and what becomes of the examples' draw."""
    facts = machine.facts()
    draws, steps, long = (1, 2, 2) if quick else (DRAWS, STEPS, LONG)

    def learned(weights: str, rate: float, lesson: bool) -> int:
        costs = last_costs(weights, rate=rate, lesson=lesson, draws=draws, steps=steps)
        return sum(cost < BELOW for cost in costs)

    note(f"{draws} draws")
    table = [
        {
            "step": name,
            "rate": rate,
            "below": {weights: learned(weights, rate, name == LESSON) for weights in WEIGHTS},
        }
        for name, rates in RATES.items()
        for rate in rates
    ]
    note(f"draw {DRAW}")
    return {
        "machine": facts,
        "draws": draws,
        "steps": steps,
        "table": table,
        "draw": DRAW,
        "one": [
            {
                "step": name,
                "rate": rate,
                "weights": {
                    weights: one_draw(weights, rate, name == LESSON, steps, long)
                    for weights in WEIGHTS
                },
            }
            for name, rate in ((LESSON, LESSON_RATE), (TRUE, TRUE_RATE))
        ],
    }


def one_draw(weights: str, rate: float, lesson: bool, steps: int, long: int) -> dict:
    """Return the cost after so many steps, and the step at which it first is below 0.01."""
    cost, reached = nan, None
    for state in training(weights, DRAW, long, rate, EVERY, lesson=lesson)[1]:
        if state.step <= steps:
            cost = state.cost
        if state.cost < BELOW:
            reached = reached or state.step
        if reached and state.step >= steps:
            break
    return {"cost": cost, "reached": reached}
