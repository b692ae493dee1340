"""Steering a running training: frozen parameters and changing rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona.engine.optimizers import OPTIMIZERS, LearningRate, Optimizer
from neurona.engine.types import Array
from neurona.lesson.step import LessonStep
from neurona.web.setup import LESSON
from neurona.web.task import Task


@dataclass(frozen=True, eq=False)
class Frozen:
    """An optimizer with frozen parameters.

    Parameters
    ----------
    optimizer
        The optimizer of the other parameters.
    moving : (p,)
        1 for a parameter that moves, and 0 for one that is frozen.

    Examples
    --------
    >>> from neurona import sgd
    >>> theta = np.array([1.0, 1.0])
    >>> optimizer = Frozen(sgd(), moving=np.array([1.0, 0.0]))
    >>> optimizer.update(theta, optimizer.init(theta), theta, rate=0.5)[0]
    array([-0.5, -0. ])
    """

    optimizer: Optimizer
    moving: Array

    @property
    def learning_rate(self) -> LearningRate:
        """The optimizer's learning rate."""
        return self.optimizer.learning_rate

    def init(self, theta: Array) -> Any:
        """Return the optimizer's state before the first step."""
        return self.optimizer.init(theta)

    def update(self, gradient: Array, state: Any, theta: Array, rate: Any) -> tuple[Array, Any]:
        """Return the change, 0 where a parameter is frozen, and the next state."""
        change, state = self.optimizer.update(gradient, state, theta, rate)
        return change * self.moving, state


def optimizer_of(task: Task, frozen: Array, examples: int | None = None) -> Optimizer:
    """Return the optimizer of a task, with each layer's rate and the frozen parameters.

    The lesson's step needs the number of examples that a gradient is the mean of: by default the
    training points, or those of a whole batch.
    """
    setup = task.setup
    common = setup.training.learning_rate
    own = [*(layer.learning_rate for layer in setup.layers), setup.output.learning_rate]
    rates = [common if rate is None else rate for rate in own]
    rate: LearningRate = common if all(one == common for one in rates) else rates
    optimizer: Optimizer
    if setup.training.optimizer == LESSON:
        points = len(task.train.x)
        examples = examples or min(points, setup.training.batch_size or points)
        optimizer = LessonStep(rate, task.net, examples)
    else:
        optimizer = OPTIMIZERS[setup.training.optimizer](rate)
    return Frozen(optimizer, (~frozen).astype(np.float32)) if frozen.any() else optimizer
