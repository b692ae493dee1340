"""Cures that change the optimizer, its rate, the batches or the number of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, is_dataclass, replace
from typing import Any

import numpy as np

from neurona.doctor.case import Case
from neurona.doctor.cures.changes import Change, cure, with_fields
from neurona.doctor.signs import curvature
from neurona.engine.optimizers import SGD, Adam, Optimizer, find_optimizer

BATCH = 32


def _adam(case: Case, rate: float) -> Case | None:
    now = find_optimizer(case.optimizer)
    return None if now == Adam(rate) else replace(case, optimizer=Adam(rate))


@cure("adam", "Adam at a rate of 0.001", "Adam con una tasa de 0,001")
def _(case: Case) -> Case | None:
    return _adam(case, 0.001)


@cure("adam-fast", "Adam at a rate of 0.01", "Adam con una tasa de 0,01")
def _(case: Case) -> Case | None:
    return _adam(case, 0.01)


@dataclass(frozen=True)
class _Scaled:
    """A schedule times a factor."""

    schedule: Callable[[int], float]
    factor: float

    def __call__(self, step: int) -> float:
        return self.factor * self.schedule(step)


def _rate(case: Case, change: Callable[[Any], Any]) -> Case | None:
    """Return the case with another learning rate, or other ones."""
    optimizer: Optimizer = find_optimizer(case.optimizer)
    if not is_dataclass(optimizer):
        return None
    inner = getattr(optimizer, "optimizer", None)  # one around another
    rate = optimizer.learning_rate
    changed = [change(one) for one in rate] if isinstance(rate, list | tuple) else change(rate)
    if inner is not None:
        made = replace(optimizer, optimizer=replace(inner, learning_rate=changed))
    else:
        made = replace(optimizer, learning_rate=changed)
    return replace(case, optimizer=made)


def _by(factor: float) -> Change:
    def change(rate: Any) -> Any:
        return _Scaled(rate, factor) if callable(rate) else factor * rate

    return lambda case: _rate(case, change)


@cure("one-rate", "one learning rate for all layers", "una misma tasa para todas las capas")
def _(case: Case) -> Case | None:
    optimizer = find_optimizer(case.optimizer)
    rate = optimizer.learning_rate
    if not isinstance(rate, list | tuple) or any(map(callable, rate)):
        return None
    return replace(case, optimizer=with_fields(optimizer, learning_rate=max(rate)))


cure("rate-up", "a learning rate ten times as high", "una tasa de aprendizaje diez veces mayor")(
    _by(10.0)
)
cure("rate-down", "a learning rate ten times as low", "una tasa de aprendizaje diez veces menor")(
    _by(0.1)
)


@cure(
    "rate-from-curvature",
    "gradient descent at 1 / the largest curvature",
    "descenso de gradiente a 1 / la mayor curvatura",
)
def _(case: Case) -> Case | None:
    params = case.net.init(case.seed) if case.params is None else case.params
    found = curvature(case, params)
    if not np.isfinite(found) or found <= 0:
        return None
    return replace(case, optimizer=SGD(1 / found))


@cure("more-steps", "four times as many steps", "cuatro veces más pasos")
def _(case: Case) -> Case | None:
    return replace(case, steps=4 * case.steps)


@cure(
    "smaller-batches",
    "mini-batches of 32, up to four times as many",
    "minilotes de 32, hasta cuatro veces más",
)
def _(case: Case) -> Case | None:
    size = min(case.batch_size or len(case.X), len(case.X))
    if size < 2 * BATCH:
        return None
    return replace(case, batch_size=BATCH, steps=round(case.steps * min(4, size / BATCH)))


@cure("larger-batches", "mini-batches of 32", "minilotes de 32")
def _(case: Case) -> Case | None:
    size = min(case.batch_size or len(case.X), len(case.X))
    return replace(case, batch_size=BATCH) if size < min(BATCH, len(case.X)) else None


@cure("shuffle", "shuffled mini-batches", "minilotes barajados")
def _(case: Case) -> Case | None:
    return None if case.shuffle else replace(case, shuffle=True)
