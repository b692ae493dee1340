"""The loop of a fit: how long, how fast, when to stop, and which weights to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, is_dataclass, replace
from inspect import signature
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from neurona.checks import check_count
from neurona.engine.optimizers import AdamW, Optimizer, find_optimizer
from neurona.engine.schedules import Schedule, cosine
from neurona.engine.state import State

SMALL = 256  # rows that a step takes at once
DEFAULT = AdamW(0.02, weight_decay=0.5)  # chosen, with L1, by `python -m benchmarks accuracy`
L1_ROWS, MOST_L1 = 2.7, 0.004
LOOKS = 50  # states a fit hands out, where nothing but the curve needs them


@dataclass(frozen=True)
class Pace:
    """How many rows a step takes, how many epochs there are, and how many between two states.

    With the whole table in each step nothing is drawn, and the training is done in float64: then
    a weight of 2 is what two rows are, at the same l1.
    """

    batch_size: int
    epochs: int
    steps_an_epoch: int
    every: int  # epochs

    @property
    def steps(self) -> int:
        """All the steps."""
        return self.epochs * self.steps_an_epoch

    @property
    def whole(self) -> bool:
        """Whether each step takes the whole table."""
        return self.steps_an_epoch == 1


def pace(n: int, batch_size: Any, epochs: Any, each_epoch: bool) -> Pace:
    """Return the pace for n rows; ``"auto"`` chooses.

    Raises
    ------
    ValueError
        If a number is not a positive whole one.
    """
    if batch_size == "auto":
        size = n if n <= SMALL else 64
    else:
        size = min(check_count("batch_size", batch_size), n)
    steps_an_epoch = ceil(n / size)
    if epochs == "auto":
        epochs = 250 if size == n else min(150, max(30, ceil(1500 / steps_an_epoch)))
    epochs = check_count("epochs", epochs)
    return Pace(size, epochs, steps_an_epoch, 1 if each_epoch else max(1, epochs // LOOKS))


def penalty_for(given: Any, n: int) -> Any:
    """Return l1 as it was given, or, for ``"auto"``, (2.7 / n)^1.5, but 0.004 at most.

    The rows of a small table cannot contradict what a network makes up between them. From a few
    hundred rows on the penalty is next to nothing, and the optimizer's weight decay does the rest.

    >>> [float(f"{penalty_for('auto', n):.2g}") for n in (10, 150, 1000)]
    [0.004, 0.0024, 0.00014]
    """
    if isinstance(given, str) and given == "auto":
        return min((L1_ROWS / n) ** 1.5, MOST_L1)
    return given


def optimizer_for(which: Any, learning_rate: Any, steps: int | None, done: int = 0) -> Optimizer:
    """Return the optimizer with its rate; AdamW with a strong weight decay where none is named.

    Where no rate is given, it is the optimizer's own, and falls along half a cosine over the steps
    that are to come after those done.
    """
    optimizer = DEFAULT if which is None else find_optimizer(which)
    if learning_rate is None:
        rate = getattr(optimizer, "learning_rate", None)
        if steps is None or not isinstance(rate, float | int) or not is_dataclass(optimizer):
            return optimizer
        learning_rate = Falling(cosine(rate, steps), done)
    if not is_dataclass(optimizer):
        raise ValueError("the optimizer has a learning rate of its own: leave learning_rate out")
    made: Optimizer = replace(optimizer, learning_rate=learning_rate)
    return made


@dataclass(frozen=True)
class Falling:
    """A schedule that begins after the steps done before; its last rate is nearly 0."""

    schedule: Schedule
    done: int

    def __call__(self, step: int) -> float:
        """Return the rate of a step."""
        return max(self.schedule(step - self.done), 1e-9)


def takes_weights(scorer: Callable[..., Any]) -> bool:
    """Tell whether a scorer lets rows count by ``sample_weight``: ``max_error`` for one does not.

    >>> from sklearn.metrics import get_scorer
    >>> takes_weights(get_scorer("accuracy")), takes_weights(get_scorer("neg_max_error"))
    (True, False)
    """
    return "sample_weight" in signature(getattr(scorer, "_score_func", scorer)).parameters


class Judgement(NamedTuple):
    """What some rows say of the weights; of a score more is better, of a cost less."""

    score: float
    cost: float


class Best:
    """The state with the best score so far, and whether it has been so for long.

    Parameters
    ----------
    judge
        Returns what the weights are worth as they are at the moment.
    patience
        Epochs to wait for a better score; None for ever.
    """

    def __init__(self, judge: Callable[[], Judgement], patience: int | None) -> None:
        self.judge = judge
        self.patience = patience
        self.score = -np.inf
        self.state: State | None = None
        self.waited_enough = False

    def see(self, state: State) -> Judgement:
        """Judge the state, whose weights are those of the moment, and remember it if it is best."""
        judgement = self.judge()
        if self.state is None or judgement.score > self.score or np.isnan(self.score):
            self.state, self.score = state, judgement.score
        waited = state.epoch - self.state.epoch
        self.waited_enough = self.patience is not None and waited >= self.patience
        return judgement
