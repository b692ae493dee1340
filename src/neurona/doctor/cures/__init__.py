"""The cures: each is one change of a case, and says in a noun phrase what it changes.

A cure that keeps the network's shape keeps its random numbers too: the same seed draws the same
initial weights, scaled by the gain of the activation where an initializer asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from neurona.doctor.case import Case
from neurona.doctor.cures import (  # noqa: F401  (each registers its own)
    activations,
    by_hand,
    examples,
    layers,
    output,
    steps,
    weights,
)
from neurona.doctor.cures.changes import CURES
from neurona.engine.optimizers import find_optimizer
from neurona.engine.training import rates_of_step
from neurona.lesson.step import LessonStep

__all__ = ["CHOICES", "CURES", "apply", "in_order", "row_of"]

# Cures of one row change the same thing, so that two of them are not a pair; a random search draws
# one of a row or leaves it as it is. The rows are in the order in which cures are applied.
CHOICES: dict[str, tuple[str, ...]] = {
    "output": ("output-sigmoid", "output-linear", "output-softmax", "output-tanh"),
    "cost": ("cost-cross-entropy", "cost-mse", "cost-huber", "mean-cost"),
    "inputs": ("standardize-inputs", "clip-inputs"),
    "targets": ("standardize-targets",),
    "classes": ("class-weights",),
    "width": ("more-neurons", "fewer-neurons"),
    "depth": ("more-layers",),
    "layers": ("batch-norm", "drop-dropout"),
    "steps-back": ("gates",),
    "hidden": ("tanh-hidden", "relu-hidden", "leaky-hidden", "add-hidden-activation"),
    "weights": ("orthogonal-weights", "glorot-weights", "he-weights", "zero-biases"),
    "batches": ("smaller-batches", "larger-batches", "shuffle"),
    "steps": ("more-steps",),
    "memorizing": ("l2", "early-stop", "no-penalty"),
    "optimizer": ("adam", "adam-fast", "rate-from-curvature"),
    "rate": ("rate-up", "rate-down", "one-rate"),
}


def row_of(name: str) -> str:
    """Return the row of choices that a cure belongs to.

    >>> row_of("adam")
    'optimizer'
    """
    return next((row for row, names in CHOICES.items() if name in names), name)


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Return cures in the order in which they are applied, one of each row: the first."""
    first = {row_of(name): name for name in reversed(list(names))}
    rows = list(CHOICES)
    return tuple(first[row] for row in sorted(first, key=lambda row: (*rows, row).index(row)))


def apply(names: Iterable[str], case: Case) -> tuple[tuple[str, ...], Case]:
    """Return those of the cures that have something to change, and the case with them."""
    done = []
    for name in in_order(names):
        changed = CURES[name].apply(case)
        if changed is not None and _has_its_rates(changed):
            case = _with_its_step(changed)
            done.append(name)
    return tuple(done), case


def _has_its_rates(case: Case) -> bool:
    """Return whether rates that each layer has of its own are as many as the layers."""
    try:
        rates_of_step(find_optimizer(case.optimizer), case.net)
    except ValueError:
        return False
    return True


def _with_its_step(case: Case) -> Case:
    """Return the case with the lesson's step of its own network and batches."""
    step = case.optimizer
    if not isinstance(step, LessonStep):
        return case
    rows = min(len(case.X), case.batch_size or len(case.X))
    return replace(case, optimizer=replace(step, net=case.net, examples=rows))
