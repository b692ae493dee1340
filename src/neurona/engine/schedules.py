"""Learning rates that change with the step: ``schedule(step) -> rate``, the first step being 0.

They are called outside the training step, so that any Python function of the step will do, and a
change of the rate never needs a new compilation.

>>> from neurona import sgd
>>> sgd(cosine(0.1, steps=1000)).learning_rate(500)
0.05
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import cos, pi
from typing import Any, TypeAlias

from neurona.checks import check_fields, check_finite, check_positive

Schedule: TypeAlias = Callable[[int], float]


_not_negative = partial(check_positive, zero=True)


@dataclass(frozen=True)
class Constant:
    """rate, always.

    >>> constant(0.1)(1000)
    0.1
    """

    rate: float

    def __post_init__(self) -> None:
        check_fields(self, rate=check_finite)

    def __call__(self, step: int) -> float:
        """Return the rate of a step."""
        return self.rate


@dataclass(frozen=True)
class StepDecay:
    """rate · factor^⌊step / every⌋.

    >>> step_decay(0.1, factor=0.5, every=100)(250)
    0.025
    """

    rate: float
    factor: float = 0.5
    every: int = 1000

    def __post_init__(self) -> None:
        check_fields(self, rate=check_finite, factor=check_positive, every=check_positive)

    def __call__(self, step: int) -> float:
        """Return the rate of a step."""
        return float(self.rate * self.factor ** (step // self.every))


@dataclass(frozen=True)
class Exponential:
    """rate · factor^(step / every): the same, without the jumps.

    >>> exponential(0.1, factor=0.25, every=100)(50)
    0.05
    """

    rate: float
    factor: float = 0.5
    every: int = 1000

    def __post_init__(self) -> None:
        check_fields(self, rate=check_finite, factor=check_positive, every=check_positive)

    def __call__(self, step: int) -> float:
        """Return the rate of a step."""
        return float(self.rate * self.factor ** (step / self.every))


@dataclass(frozen=True)
class Cosine:
    """From rate down to final along half a cosine, over steps; final from there on.

    final + (rate - final) (1 + cos(π step / steps)) / 2 (Loshchilov & Hutter, 2017, equation 5).

    >>> [cosine(0.1, steps=100)(step) for step in (0, 50, 100, 200)]
    [0.1, 0.05, 0.0, 0.0]
    """

    rate: float
    steps: int
    final: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, rate=check_finite, steps=check_positive, final=_not_negative)

    def __call__(self, step: int) -> float:
        """Return the rate of a step."""
        part = min(step / self.steps, 1.0)
        return self.final + (self.rate - self.final) * (1 + cos(pi * part)) / 2


@dataclass(frozen=True)
class WarmUp:
    """A line up from rate / steps to another schedule's first rate, then that schedule.

    >>> [round(warm_up(constant(0.1), steps=4)(step), 3) for step in range(6)]
    [0.025, 0.05, 0.075, 0.1, 0.1, 0.1]
    """

    then: Schedule
    steps: int

    def __post_init__(self) -> None:
        if not callable(self.then):
            raise ValueError(
                f"warm_up leads to {self.then!r}: give a schedule, such as constant(0.1)"
            )
        check_fields(self, steps=check_positive)

    def __call__(self, step: int) -> float:
        """Return the rate of a step."""
        if step < self.steps:
            return self.then(0) * (step + 1) / self.steps
        return self.then(step - self.steps)


# By the names under which files hold them.
SCHEDULES = {
    "constant": Constant,
    "step_decay": StepDecay,
    "exponential": Exponential,
    "cosine": Cosine,
    "warm_up": WarmUp,
}


def is_fixed(rate: Any) -> bool:
    """Tell whether a rate is known beforehand: a number, or one of these schedules.

    A function may look at what has happened in the training.

    >>> is_fixed(0.1), is_fixed(warm_up(cosine(0.1, 10), 5)), is_fixed(lambda step: 0.1)
    (True, True, False)
    """
    if isinstance(rate, WarmUp):
        return is_fixed(rate.then)
    return not callable(rate) or isinstance(rate, (*SCHEDULES.values(),))


constant = Constant
step_decay = StepDecay
exponential = Exponential
cosine = Cosine
warm_up = WarmUp
