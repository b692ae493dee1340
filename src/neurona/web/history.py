"""Snapshots of a run from its beginning to now, the sparser the longer it is."""

from __future__ import annotations

from collections import Counter
from copy import copy
from dataclasses import dataclass, replace
from math import nan
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from neurona.engine.state import State
    from neurona.engine.types import Array


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A state with its test cost and its branch.

    ``flow`` is ``(2, n_layers)``, from :func:`neurona.web.flow.sizes`: the signal and the gradient
    of each layer, where they were measured.
    """

    state: State
    test_cost: float | None
    branch: int
    flow: Array | None = None


class History:
    """Snapshots of all branches, thinned but never cut: the first and last of each stay.

    When the branch that goes on is full, every other snapshot of it goes, and from then on only
    every other one is kept. When all branches together are too many snapshots, the longest of those
    that were left loses every other one. So an hour takes no more memory than a minute, and a
    hundred branches no more than a few; the beginning stays visible, and so does every end.

    With ``total / 2`` branches two snapshots of each are left. Beyond that the oldest branch except
    the first is forgotten, and branches that started from it count as branches of its parent.

    Parameters
    ----------
    most
        Snapshots of one branch, an even number.
    total
        Snapshots of all of them, six at least.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> history = History(most=4)
    >>> for step in range(20):
    ...     _ = history.keep(Snapshot(SimpleNamespace(step=step, cost=0.5), None, branch=0))
    >>> [snapshot.state.step for snapshot in history.snapshots]
    [0, 8, 16]
    """

    def __init__(self, most: int = 500, total: int = 2000) -> None:
        self.most = most
        self.total = total
        self.snapshots: list[Snapshot] = []
        self._roots: dict[
            int, tuple[int, int]
        ] = {}  # each branch's parent, and the step where it left it
        self._stride = 1
        self._offered = 0
        self._rows = np.empty((0, 4), dtype=np.float32)
        self._flows = np.empty((0, 2, 0), dtype=np.float32)

    @property
    def will_keep(self) -> bool:
        """Whether the next snapshot that is offered will be kept."""
        return self._offered % self._stride == 0

    def keep(self, snapshot: Snapshot) -> bool:
        """Offer a snapshot of the branch that goes on; return whether it was kept."""
        kept = self.will_keep
        self._offered += 1
        if kept:
            self._append(snapshot)
        return kept

    def branch(self, at: int, end: Snapshot) -> Snapshot:
        """Leave the current branch, whose state is ``end``, for a new one from a snapshot.

        Returns
        -------
        Snapshot
            The first of the new branch.
        """
        start = self.snapshots[at]
        if self.snapshots[-1].state is not end.state:  # it was skipped
            self._append(end)
        branch = 1 + end.branch  # ids grow
        self._roots[branch] = start.branch, start.state.step
        self._stride, self._offered = 1, 1
        first = replace(start, branch=branch)
        self._append(first)
        return first

    def way(self, to: Snapshot) -> list[State]:
        """Return the states that lead to a snapshot, over its branches, in order."""
        branch, end = to.branch, to.state.step
        states = [to.state]
        while True:
            own = [snapshot.state for snapshot in self.snapshots if snapshot.branch == branch]
            states += [state for state in own if state.step < end]
            if branch not in self._roots:
                return sorted(states, key=lambda state: state.step)
            branch, end = self._roots[branch]

    def holding(self, snapshots: Iterable[Snapshot]) -> History:
        """Return a copy that holds these snapshots: none to send it without them, and all again."""
        other = copy(self)
        other.snapshots, other._roots = list(snapshots), dict(self._roots)
        other._renew()
        return other

    @property
    def rows(self) -> Array:
        """``(k, 4)`` float32: step, cost, test cost (or NaN), branch; never modified."""
        return self._rows

    @property
    def flows(self) -> Array:
        """``(k, 2, n_layers)`` float32: the signal and the gradient of each row; never modified.

        They are NaN where they were not measured.
        """
        return self._flows

    def _append(self, snapshot: Snapshot) -> None:
        before = len(self.snapshots)
        self.snapshots.append(snapshot)
        self._thin(snapshot.branch)
        if len(self.snapshots) == before + 1:
            self._rows = np.vstack([self._rows, _row(snapshot)])
            flow = self._flow(snapshot)
            known = self._flows if before else self._flows.reshape(0, *flow.shape)
            self._flows = np.concatenate([known, flow[None]])
        else:
            self._renew()

    def _renew(self) -> None:
        """Gather the numbers of all snapshots anew."""
        self._rows = np.array([_row(one) for one in self.snapshots], np.float32).reshape(-1, 4)
        if self.snapshots:
            self._flows = np.stack([self._flow(one) for one in self.snapshots])
        else:
            self._flows = self._flows[:0]

    def _flow(self, snapshot: Snapshot) -> Array:
        """Return what was measured of a snapshot, or NaN in its shape."""
        shape = (2, 0) if self.snapshots[0].flow is None else self.snapshots[0].flow.shape
        return np.full(shape, nan, np.float32) if snapshot.flow is None else snapshot.flow

    def _thin(self, now: int) -> None:
        """Keep both limits; ``now`` is the current branch."""
        if len(self.snapshots) <= min(self.most, self.total):
            return
        lengths = Counter(snapshot.branch for snapshot in self.snapshots)
        while lengths[now] > self.most or lengths.total() > self.total:
            left = max((k for k in lengths if k != now), key=lengths.__getitem__, default=now)
            if lengths[now] > self.most or lengths[left] <= 2 < lengths[now]:
                self._halve(now)
                self._stride *= 2
            elif lengths[left] > 2:
                self._halve(left)
            else:
                self._forget(now)
            lengths = Counter(snapshot.branch for snapshot in self.snapshots)

    def _halve(self, branch: int) -> None:
        """Drop every other snapshot of a branch, except its first and last."""
        own = [snapshot for snapshot in self.snapshots if snapshot.branch == branch]
        stays = {id(snapshot) for snapshot in (*own[::2], own[-1])}
        self.snapshots = [m for m in self.snapshots if m.branch != branch or id(m) in stays]

    def _forget(self, now: int) -> None:
        """Drop the oldest branch, except the first and the current one."""
        oldest = min(m.branch for m in self.snapshots if m.branch not in (0, now))
        before, left = self._roots.pop(oldest)
        for branch, (root, _) in self._roots.items():
            if root == oldest:
                self._roots[branch] = before, left
        self.snapshots = [snapshot for snapshot in self.snapshots if snapshot.branch != oldest]


def _row(snapshot: Snapshot) -> Array:
    state, test_cost = snapshot.state, snapshot.test_cost
    row = (state.step, state.cost, nan if test_cost is None else test_cost, snapshot.branch)
    return np.array(row, dtype=np.float32)
