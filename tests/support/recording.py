"""A cost, a scorer and an optimizer that note what they are given, and change nothing else."""

from dataclasses import dataclass, field

import numpy as np

from neurona import sgd
from neurona.engine.costs import BinaryCrossEntropy, SquaredError


@dataclass
class RecordingCost:
    """The squared error, or the cross-entropy after a sigmoid; it notes each call's targets."""

    link: str | None = None
    targets: list = field(default_factory=list)

    def __call__(self, output, target, weight=None):
        self.targets.append(np.array(target).ravel())
        cost = BinaryCrossEntropy() if self.link else SquaredError()
        return cost(output, target, weight)


@dataclass
class RecordingScorer:
    """Gives every state the same score; ``y`` holds the targets of each call."""

    score: float = 1.0
    y: list = field(default_factory=list)

    def __call__(self, estimator, X, y):
        self.y.append(np.array(y))
        return self.score


RATES = []  # of the steps that a RecordingSGD has made


@dataclass(frozen=True)
class RecordingSGD(sgd):
    """Gradient descent; each step's learning rate is added to ``RATES``."""

    def update(self, gradient, state, theta, rate):
        RATES.append(float(rate))
        return super().update(gradient, state, theta, rate)
