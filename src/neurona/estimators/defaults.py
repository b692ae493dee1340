"""The choices that an estimator makes where none are given: epochs, batches, optimizer, penalty."""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass, replace
from math import ceil
from typing import Any, cast

from neurona.checks import check_count, check_penalty
from neurona.engine.optimizers import AdamW, Optimizer, find_optimizer
from neurona.engine.schedules import Schedule, cosine

SMALL = 256  # rows that a step takes at once
DEFAULT = AdamW(0.02)
# A stack that learns from at most so many rows takes larger batches, at a larger rate: fewer steps.
MOST_STACKED, STACKED, OF_STACKS = 1000, 128, AdamW(0.03)
FOR_ARRAYS = AdamW(0.003)  # a convolution adds up many places
L1_ROWS, MOST_L1, LEAST_L1 = 2.7, 0.004, 0.0001
# States that a training hands out for its curve: each takes as long as a step of few rows.
STATES, OF_A_STACK = 50, 20
EARLY = 1 / 3  # of the epochs: then a trial is compared with the best


@dataclass(frozen=True)
class TrainingPlan:
    """The rows of a step, the epochs, and the epochs between two states.

    With the whole table in each step nothing is drawn, and the training is done in float64: then
    a weight of 2 is what two rows are, at the same l1.
    """

    batch_size: int
    epochs: int
    steps_per_epoch: int
    epochs_per_state: int
    optimizer: Optimizer = DEFAULT  # where none is given

    @property
    def steps(self) -> int:
        """All the steps."""
        return self.epochs * self.steps_per_epoch

    @property
    def full_batch(self) -> bool:
        """Whether each step takes the whole table."""
        return self.steps_per_epoch == 1

    @property
    def early(self) -> int:
        """The epoch after which a trial is compared with the best: there is a state in any case.

        >>> training_plan(1000, 100, 125, each_epoch=False, stack=True).early
        42
        """
        every = _between_states(self.epochs, stack=True)
        return ceil(self.epochs * EARLY / every) * every


def _between_states(epochs: int, stack: bool) -> int:
    """Return the epochs from one state to the next, where nothing but the curve needs them."""
    return max(1, epochs // (OF_A_STACK if stack else STATES))


def training_plan(
    n: int,
    batch_size: Any,
    epochs: Any,
    each_epoch: bool,
    share: float = 1.0,
    arrays: bool = False,
    stack: bool = False,
) -> TrainingPlan:
    """Return the plan for n rows; ``"auto"`` chooses, and takes a share of what one network needs.

    ``arrays``: they are images or series, of which a step always takes a few. ``stack``: several
    networks learn at once.

    Raises
    ------
    ValueError
        If a number is not a positive whole one.
    """
    chosen, whole = batch_size == "auto", n <= SMALL and not arrays
    longer = stack and chosen and not (whole or arrays) and n <= MOST_STACKED
    optimizer = FOR_ARRAYS if arrays else OF_STACKS if longer else DEFAULT
    size = n if whole else STACKED if longer else 64
    size = min(size if chosen else check_count("batch_size", batch_size), n)
    steps = ceil(n / size)
    if epochs == "auto":
        fewest, in_all = (15, 2500) if arrays else (30, 1500)
        if stack and not arrays:  # of which its networks take a share
            fewest, in_all = 36, 900 if longer else 1800
        whole = size == n and not arrays
        epochs = (200 if stack else 250) if whole else min(150, max(fewest, ceil(in_all / steps)))
        epochs = ceil(share * epochs)
    epochs = check_count("epochs", epochs)
    every = 1 if each_epoch else _between_states(epochs, stack)
    return TrainingPlan(size, epochs, steps, every, optimizer)


def l1_for(given: Any, n: int) -> Any:
    """Return l1 as it was given, or, for ``"auto"``, (2.7 / n)^1.5, but 0.004 at most.

    The rows of a small table cannot contradict what a network makes up between them. From a few
    hundred rows on the penalty is next to nothing, and the optimizer's weight decay does the rest:
    below 0.0001 there is none, for it takes a sixth of the time.

    >>> [float(f"{l1_for('auto', n):.2g}") for n in (10, 150, 1000, 2000)]
    [0.004, 0.0024, 0.00014, 0.0]
    """
    if isinstance(given, str) and given == "auto":
        penalty = min((L1_ROWS / n) ** 1.5, MOST_L1)
        return penalty if penalty >= LEAST_L1 else 0.0
    return given


def optimizer_for(
    which: Any,
    learning_rate: Any,
    decay: Any = None,
    steps: int | None = None,
    done: int = 0,
    default: Optimizer = DEFAULT,
) -> Optimizer:
    """Return the optimizer with its learning rate and its weight decay; a default if none is named.

    Where no rate is given, it is the optimizer's own. It falls along half a cosine over the steps
    that are to come after those done, or stays where no steps are given.
    """
    optimizer = default if which is None else find_optimizer(which)
    if decay is not None:
        if not hasattr(optimizer, "weight_decay"):
            raise ValueError(
                f"the optimizer {which!r} has no weight decay: leave weight_decay out, or give "
                "optimizer='adamw'"
            )
        optimizer = replace(
            cast("Any", optimizer), weight_decay=check_penalty("weight_decay", decay)
        )
    if learning_rate is None:
        rate = getattr(optimizer, "learning_rate", None)
        if steps is None or not isinstance(rate, float | int) or not is_dataclass(optimizer):
            return optimizer
        learning_rate = DelayedSchedule(cosine(rate, steps), done)
    if not is_dataclass(optimizer):
        raise ValueError("the optimizer has a learning rate of its own: leave learning_rate out")
    made: Optimizer = replace(optimizer, learning_rate=learning_rate)
    return made


@dataclass(frozen=True)
class DelayedSchedule:
    """A schedule that begins after the steps done before; its last rate is nearly 0."""

    schedule: Schedule
    done: int

    def __call__(self, step: int) -> float:
        """Return the rate of a step."""
        return max(self.schedule(step - self.done), 1e-9)
