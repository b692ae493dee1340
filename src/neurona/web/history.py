"""The moments of a run: every one at first, then ever sparser, from the beginning to now."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from neurona.engine.state import State
    from neurona.engine.types import Array


@dataclass(frozen=True, eq=False)
class Moment:
    """A state that was kept, its cost on the test, and the branch it lies on."""

    state: State
    test_cost: float | None
    branch: int


class History:
    """Moments of all branches, at most ``most`` of each: thinned, never cut.

    When a branch is full, every other moment goes, and from then on only every other one is
    kept. An hour then takes no more memory than a minute, and the beginning stays visible.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> history = History(most=4)
    >>> for step in range(20):
    ...     _ = history.keep(Moment(SimpleNamespace(step=step, cost=0.5), None, branch=0))
    >>> [moment.state.step for moment in history.moments]
    [0, 8, 16]
    """

    def __init__(self, most: int = 500) -> None:
        self.most = most
        self.moments: list[Moment] = []
        self._stride = 1
        self._offered = 0
        self._rows = np.empty((0, 4), dtype=np.float32)

    def keep(self, moment: Moment) -> bool:
        """Offer a moment; return whether it was kept."""
        last = self.moments[-1] if self.moments else None
        if last is not None and last.branch != moment.branch:
            self._stride, self._offered = 1, 0
        kept = self._offered % self._stride == 0
        self._offered += 1
        if kept:
            self.moments.append(moment)
            self._rows = np.vstack([self._rows, _row(moment)])
            own = [m for m in self.moments if m.branch == moment.branch]
            if len(own) > self.most:
                others = [m for m in self.moments if m.branch != moment.branch]
                self.moments = [*others, *own[::2]]
                self._rows = np.array([_row(m) for m in self.moments], dtype=np.float32)
                self._stride *= 2
        return kept

    @property
    def rows(self) -> Array:
        """``(k, 4)`` float32: step, cost, cost on the test (NaN if none), branch; never changed."""
        return self._rows


def _row(moment: Moment) -> Array:
    state, test_cost = moment.state, moment.test_cost
    row = (state.step, state.cost, nan if test_cost is None else test_cost, moment.branch)
    return np.array(row, dtype=np.float32)
