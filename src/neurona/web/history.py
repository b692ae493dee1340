"""The moments of a run: every one at first, then ever sparser, from the beginning to now."""

from __future__ import annotations

from collections import Counter
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
    """Moments of all branches, thinned, never cut: of each its first and its last stay.

    When the branch that goes on is full, every other moment of it goes, and from then on only
    every other one is kept. When all branches together are too many moments, the longest of those
    that were left loses every other one. So an hour takes no more memory than a minute, and a
    hundred branches no more than a few; the beginning stays visible, and so does every end.

    Of ``total / 2`` branches two moments each are left. Beyond that the oldest branch but the first
    is forgotten, and those that come from it are taken for ones of the branch that it had left.

    Parameters
    ----------
    most
        Moments of one branch, an even number.
    total
        Moments of all of them, six at least.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> history = History(most=4)
    >>> for step in range(20):
    ...     _ = history.keep(Moment(SimpleNamespace(step=step, cost=0.5), None, branch=0))
    >>> [moment.state.step for moment in history.moments]
    [0, 8, 16]
    """

    def __init__(self, most: int = 500, total: int = 2000) -> None:
        self.most = most
        self.total = total
        self.moments: list[Moment] = []
        self._roots: dict[int, tuple[int, int]] = {}  # the branch that each one left, and when
        self._stride = 1
        self._offered = 0
        self._rows = np.empty((0, 4), dtype=np.float32)

    def keep(self, moment: Moment) -> bool:
        """Offer a moment of the branch that goes on; return whether it was kept."""
        kept = self._offered % self._stride == 0
        self._offered += 1
        if kept:
            self._append(moment)
        return kept

    def branch(self, at: int, end: Moment) -> Moment:
        """Leave a branch, of which ``end`` is where it stands, for one that begins at a moment.

        Returns
        -------
        Moment
            The first of the new branch.
        """
        start = self.moments[at]
        if self.moments[-1].state is not end.state:  # it was one that is passed over
            self._append(end)
        branch = 1 + end.branch  # that of the newest goes on
        self._roots[branch] = start.branch, start.state.step
        self._stride, self._offered = 1, 1
        first = Moment(start.state, start.test_cost, branch)
        self._append(first)
        return first

    def way(self, to: Moment) -> list[State]:
        """Return the states on the way to a moment, over the branches it came by, in order."""
        branch, end = to.branch, to.state.step
        states = [to.state]
        while True:
            own = [moment.state for moment in self.moments if moment.branch == branch]
            states += [state for state in own if state.step < end]
            if branch not in self._roots:
                return sorted(states, key=lambda state: state.step)
            branch, left = self._roots[branch]
            end = min(end, left)

    @property
    def rows(self) -> Array:
        """``(k, 4)`` float32: step, cost, cost on the test (NaN if none), branch; never changed."""
        return self._rows

    def _append(self, moment: Moment) -> None:
        before = len(self.moments)
        self.moments.append(moment)
        self._thin(moment.branch)
        if len(self.moments) == before + 1:
            self._rows = np.vstack([self._rows, _row(moment)])
        else:
            self._rows = np.array([_row(m) for m in self.moments], dtype=np.float32)

    def _thin(self, now: int) -> None:
        """Keep to both limits; ``now`` is the branch that goes on."""
        lengths = Counter(moment.branch for moment in self.moments)
        while lengths[now] > self.most or lengths.total() > self.total:
            left = max((k for k in lengths if k != now), key=lengths.__getitem__, default=now)
            if lengths[now] > self.most or lengths[left] <= 2 < lengths[now]:
                self._halve(now)
                self._stride *= 2
            elif lengths[left] > 2:
                self._halve(left)
            else:
                self._forget(now)
            lengths = Counter(moment.branch for moment in self.moments)

    def _halve(self, branch: int) -> None:
        """Let every other moment of a branch go, but neither its first nor its last."""
        own = [moment for moment in self.moments if moment.branch == branch]
        stays = {id(moment) for moment in (*own[::2], own[-1])}
        self.moments = [m for m in self.moments if m.branch != branch or id(m) in stays]

    def _forget(self, now: int) -> None:
        """Let the oldest branch go, but neither the first nor the one that goes on."""
        oldest = min(m.branch for m in self.moments if m.branch not in (0, now))
        before, left = self._roots.pop(oldest)
        for branch, (root, step) in self._roots.items():
            if root == oldest:
                self._roots[branch] = before, min(step, left)
        self.moments = [moment for moment in self.moments if moment.branch != oldest]


def _row(moment: Moment) -> Array:
    state, test_cost = moment.state, moment.test_cost
    row = (state.step, state.cost, nan if test_cost is None else test_cost, moment.branch)
    return np.array(row, dtype=np.float32)
