"""All that the doctor looks at before it speaks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np

from neurona.doctor.case import Case
from neurona.doctor.data_signs import DataSigns, is_extreme
from neurona.doctor.derivatives import Mismatch
from neurona.doctor.signs import Course, Moment, rms
from neurona.doctor.skill import r_squared
from neurona.doctor.training import by_place, cost_of
from neurona.engine.data import Data
from neurona.engine.optimizers import SGD, Momentum, Optimizer, find_optimizer
from neurona.engine.parameters import named
from neurona.engine.types import Array, Params

# A network that reaches nine tenths of what neighbors or a straight line do has learned: all
# healthy controls of the tests do, and none of the real bugs.
LEARNED = 0.9
CERTAIN = 0.7  # of what they explain, which counts how sure a prediction is
SURE = 0.95
NOTHING = 0.05  # of what the best constant gets wrong
ERROR = 1e-3  # of a derivative: differences of float64 are right to 1e-6 at least
SLACK = 0.02  # what chance makes of some hundred examples


@dataclass(frozen=True, eq=False)
class Evidence:
    """A case, and what was measured of it.

    Attributes
    ----------
    case, data, validation
        The case, its training examples, and those that training does not see.
    signs
        Of the examples.
    moments
        From the first step to the last, of the ``sample``.
    sample
        Some of the training examples.
    first_params, params
        Before the first step and after the last.
    course
        Of the training.
    curvatures
        Of the cost, before the first step and after the last; NaN if unknown.
    skills
        On the training examples and those of the validation, if there are any.
    mismatches
        Of layers and a cost that are not neurona's.
    best_validation, last_validation
        The lowest cost of the validation examples at these moments, and the last; NaN without any.
    gained
        How much more of the training examples it explains than before the last fifth of its steps.
    """

    case: Case
    data: Data
    validation: Data | None
    signs: DataSigns
    moments: tuple[Moment, ...]
    sample: Data
    first_params: Params
    params: Params
    course: Course
    curvatures: tuple[float, float]
    skills: tuple[float, float | None]
    mismatches: tuple[Mismatch, ...]
    best_validation: float
    last_validation: float
    gained: float

    @property
    def targets(self) -> Array:
        """Those of the sample, a row for each example and place, as the outputs of a moment."""
        return by_place(self.case.net, self.sample.target)

    @property
    def first(self) -> Moment:
        """The moment before the first step."""
        return self.moments[0]

    @property
    def last(self) -> Moment:
        """The moment after the last step."""
        return self.moments[-1]

    @cached_property
    def is_sick(self) -> bool:
        """Whether the network has learned nothing, or less than it could have."""
        if self.course.diverged is not None or not isfinite(self.last.cost):
            return True
        signs, squares = self.signs, r_squared(self.last.outputs, self.targets)
        if hasattr(cost_of(self.case), "quantile"):
            return self.last.cost > (1 - NOTHING) * signs.trivial_cost
        if not self.knows_something:
            return True
        return (
            self.skills[0] < LEARNED * signs.achievable - SLACK
            or squares < CERTAIN * signs.achievable_squares - SLACK
        )

    @property
    def knows_something(self) -> bool:
        """Whether the network is beyond what the best constant gets right."""
        squares = r_squared(self.last.outputs, self.targets)
        return max(self.skills[0], squares) >= NOTHING

    @property
    def is_layer_lost(self) -> bool:
        """Whether all units of a layer are dead at the end: no step will change that."""
        return any(layer.dead == 1 for layer in self.last.layers if layer.in_line)

    @property
    def knows_less(self) -> bool:
        """Whether neighbors or a straight line know more, and the network not nearly all."""
        return self.skills[0] < min(SURE, self.signs.achievable - SLACK)

    def is_rising(self, least: float) -> bool:
        """Whether the network does not know all yet, and has gained so much at the end."""
        return self.skills[0] < SURE and self.gained > least

    @cached_property
    def ignores_most(self) -> bool:
        """Whether a few extreme targets hold the variance, and the others are not learned."""
        rest = self.signs.without_extremes
        if not isfinite(rest):
            return False
        near = ~is_extreme(self.targets)
        own = r_squared(self.last.outputs[near], self.targets[near])
        return own < LEARNED * rest - SLACK

    @property
    def changes(self) -> dict[str, float]:
        """How far the weights of each layer went in all steps, in lengths of the first ones."""
        ends = zip(named(self.first_params), named(self.params), strict=True)
        with np.errstate(all="ignore"):
            return {
                place: rms(last - first) / (rms(first) or 1.0)
                for (place, name, first), (_, _, last) in ends
                if name == "W"
            }

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer."""
        found = find_optimizer(self.case.optimizer)
        return getattr(found, "optimizer", found)  # within one that freezes parameters

    @property
    def rate(self) -> float:
        """The learning rate of the first step; the largest, where layers have their own."""
        given = self.optimizer.learning_rate
        each: list[Any] = list(given) if isinstance(given, list | tuple) else [given]
        return max(float(one(0) if callable(one) else one) for one in each)

    @property
    def has_one_rate(self) -> bool:
        """Whether all layers have the same rate."""
        return not isinstance(self.optimizer.learning_rate, list | tuple)

    @property
    def is_gradient_descent(self) -> bool:
        """Whether a step is in proportion to the gradient."""
        return isinstance(self.optimizer, SGD | Momentum)

    @property
    def stretched_rate(self) -> float:
        """The rate of gradient descent without momentum that goes as far: η / (1 - μ)."""
        return self.rate / (1 - getattr(self.optimizer, "momentum", 0.0))
