"""The lesson's step as an optimizer: what its program does with the gradient of its own cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from neurona.engine.network import Network
from neurona.engine.optimizers import LearningRate
from neurona.engine.parameters import arrays
from neurona.engine.types import Array


class Factors(NamedTuple):
    """The lesson's step at a rate of 1, in multiples of the gradient of its own cost."""

    W: float
    b: float


def factors(examples: int, outputs: int) -> Factors:
    """Return the factors between the lesson's step and the gradient of its mean squared error.

    The mean over n examples and m outputs has the derivative ``2 (p - t) / (n m)``; the lesson
    leaves out ``2 / (n m)``. For the bias, the derivative is a sum over the examples; the lesson
    takes their mean.

    Examples
    --------
    >>> factors(examples=500, outputs=1)
    Factors(W=250.0, b=0.5)
    """
    return Factors(W=examples * outputs / 2, b=outputs / 2)


@dataclass(frozen=True)
class LessonStep:
    """Gradient descent with the lesson's factors: W ← W - η (n m / 2) g, b ← b - η (m / 2) g.

    Parameters
    ----------
    learning_rate
        η: a number, one per layer, or a schedule; the lesson's ``lr``.
    net
        The network; its matrices are moved as the lesson moves W, all else as it moves b.
    examples
        n: how many examples the gradient is a mean of. m is the network's number of outputs.

    Examples
    --------
    >>> from neurona import network
    >>> step = LessonStep(0.05, network([2, 1]), examples=500)
    >>> step.update(np.ones(3), (), np.zeros(3), rate=0.05)[0]
    array([-12.5  , -12.5  ,  -0.025])
    """

    learning_rate: LearningRate
    net: Network
    examples: int

    def __post_init__(self) -> None:
        W, b = factors(self.examples, self.net.n_out)
        each = [
            np.full(array.size, W if array.ndim > 1 else b) for array in arrays(self.net.init(0))
        ]
        object.__setattr__(self, "_each", np.concatenate(each))

    def init(self, theta: Array) -> tuple[()]:
        """Return the state before the first step: there is none."""
        return ()

    def update(
        self, gradient: Array, state: tuple[()], theta: Array, rate: float | Array
    ) -> tuple[Array, tuple[()]]:
        """Return the change to add to ``theta``, and the next state.

        ``theta`` is the vector of all parameters, or under JAX each array by itself.
        """
        each: Array = self._each  # type: ignore[attr-defined]
        if theta.shape[-1] == each.size:
            return -rate * each.astype(gradient.dtype) * gradient, state
        W, b = factors(self.examples, self.net.n_out)
        return -rate * (W if theta.ndim > 1 else b) * gradient, state
