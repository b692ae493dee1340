"""A contestant and its training: the interface of each peer's function, and their registry."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy as np

    from .tasks import Task


@dataclass
class Training:
    """A running training.

    `advance(steps)` makes at least this number of steps, waits for them and returns how many it
    made; `predict(X)` returns the network's probabilities (n, n_out).
    """

    advance: Callable[[int], int]
    predict: Callable[[np.ndarray], np.ndarray]
    steps: int = 0

    def seconds_per_step(self, steps: int) -> float:
        """Train for more steps, and time them."""
        start = time.perf_counter()
        made = self.advance(steps)
        seconds = time.perf_counter() - start
        self.steps += made
        return seconds / made


@dataclass(frozen=True)
class Contestant:
    """A way to train: `build` turns a task into a training, ready for its first step."""

    name: str
    build: Callable[[Task], Training]
    needs: tuple[str, ...] = ()
    takes: Callable[[Task], bool] = lambda _: True
    environment: Mapping[str, str] = field(default_factory=dict)  # if any: in a new process

    @property
    def missing(self) -> list[str]:
        """The packages it needs that are not installed."""
        return [package for package in self.needs if find_spec(package) is None]

    def start(self, task: Task) -> Training:
        """Return its training of the task, in this process or in a new one."""
        if not self.environment:
            return self.build(task)
        from .remote import train_elsewhere

        return train_elsewhere(self, task)


CONTESTANTS: dict[str, Contestant] = {}


def contestant(name: str, **facts: Any) -> Callable[..., Callable[[Task], Training]]:
    """Register the decorated function for the contest; `facts` are fields of `Contestant`."""

    def enter(build: Callable[[Task], Training]) -> Callable[[Task], Training]:
        CONTESTANTS[name] = Contestant(name, build, **facts)
        return build

    return enter


def batches(
    X: Any, Y: Any, size: int | None, permutation: Callable[[int], Any]
) -> Iterator[tuple[Any, Any]]:
    """Yield the examples of each step, endlessly, shuffled for each epoch."""
    while size is None:
        yield X, Y
    while True:
        order = permutation(len(X))
        X_shuffled, Y_shuffled = X[order], Y[order]
        for i in range(0, len(X), size):
            yield X_shuffled[i : i + size], Y_shuffled[i : i + size]
