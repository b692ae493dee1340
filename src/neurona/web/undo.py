"""Undo and redo: what a training was before each change, with its weights and its history."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from neurona.web.run import Memory
    from neurona.web.setup import Setup
    from neurona.web.task import Task

MOST_CHANGES = 50
MOST_NUMBERS = 4_000_000  # in all memories: 32 MB, where a snapshot's parameters are float64
ONE_CHANGE = 1.0  # seconds between two changes of the same thing that count as one: a slider


@dataclass(frozen=True, eq=False)
class Moment:
    """A training as it was, and the kind of the change that came after it."""

    kind: str
    task: Task
    memory: Memory

    @property
    def numbers(self) -> int:
        """How many numbers its memory holds, about: parameters, and what an optimizer keeps."""
        return 3 * self.memory.frozen.size * len(self.memory.snapshots)


class Past:
    """The moments before the last changes, and those that were undone.

    Parameters
    ----------
    recall
        Returns the training's memory now.
    clock
        Returns seconds.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import numpy as np
    >>> now = SimpleNamespace(frozen=np.zeros(3), snapshots=())
    >>> past = Past(recall=lambda: now)
    >>> past.keep("reset", task="the first")
    >>> past.kinds
    ('reset', None)
    >>> past.undo(task="the second").task, past.kinds
    ('the first', (None, 'reset'))
    >>> past.redo(task="the first").task, past.kinds
    ('the second', ('reset', None))
    """

    def __init__(
        self, recall: Callable[[], Memory], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._recall = recall
        self._clock = clock
        self._before: deque[Moment] = deque(maxlen=MOST_CHANGES)
        self._after: list[Moment] = []
        self._last: tuple[Hashable, float] = ((), 0.0)

    @property
    def kinds(self) -> tuple[str | None, str | None]:
        """The kinds of the changes that undo and redo would change back, or None."""
        return (
            self._before[-1].kind if self._before else None,
            self._after[-1].kind if self._after else None,
        )

    def keep(self, kind: str, task: Task, what: Hashable = None) -> None:
        """Remember the training before a change; ``what`` tells which thing is changed."""
        now, (last, when) = self._clock(), self._last
        self._last = (kind, what), now
        if what is not None and last == (kind, what) and now - when < ONE_CHANGE and self._before:
            self._after.clear()
            return
        self._before.append(Moment(kind, task, self._recall()))
        self._after.clear()
        self._thin()

    def undo(self, task: Task) -> Moment | None:
        """Return the moment before the last change; None if nothing is left."""
        return self._swap(self._before, self._after, task)

    def redo(self, task: Task) -> Moment | None:
        """Return the moment before the last undo; None if nothing is left."""
        return self._swap(self._after, self._before, task)

    def find(self, setup: Setup) -> int:
        """Return how many undos (below 0: redos) lead to a set-up; 0 if none do."""
        for steps, moment in enumerate(reversed(self._before), start=1):
            if moment.task.setup == setup:
                return steps
        for steps, moment in enumerate(reversed(self._after), start=1):
            if moment.task.setup == setup:
                return -steps
        return 0

    def _swap(
        self, source: deque[Moment] | list[Moment], to: deque[Moment] | list[Moment], task: Task
    ) -> Moment | None:
        if not source:
            return None
        now = self._recall()
        moment = source.pop()
        to.append(replace(moment, task=task, memory=now))
        self._last = ((), 0.0)
        return moment

    def _thin(self) -> None:
        """Forget the oldest moments where there are too many numbers."""
        while len(self._before) > 1 and sum(one.numbers for one in self._before) > MOST_NUMBERS:
            self._before.popleft()
