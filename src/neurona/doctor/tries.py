"""The trials of a proof: cures one at a time and together, and a random search of the same size.

Compared are runs of the same seed: the same initial weights where the change allows it, the same
batches, the same examples that judge. The interval of a mean difference is Student's, of paired
differences [1]_; the random search is as in [2]_.

References
----------
.. [1] Student, "The probable error of a mean", 1908.
.. [2] Bergstra & Bengio, "Random search for hyper-parameter optimization", 2012.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import inf, sqrt
from typing import NamedTuple

import numpy as np

from neurona.doctor.case import Case, Finding
from neurona.doctor.cures import CHOICES, apply, in_order, row_of
from neurona.doctor.trials import Outcome, Seeds, run
from neurona.engine.network import Network
from neurona.engine.parameters import arrays
from neurona.engine.types import Array

MARGIN = 0.05  # of skill, by which a cure must be ahead
LEARNED, FAILED = 0.9, 0.5  # of what can be had, by which draws are told apart
LEAST = 0.2  # of skill, which is taken to be had where neighbors know next to nothing
NEAR = 0.02  # of skill, for which nothing more is changed
ENOUGH = 0.98  # skill beyond which nothing is added
MOST_CHANGES = 6
EXAMINATIONS = 3
RESTRAINTS = ("early-stop", "l2", "fewer-neurons")  # of what learns its examples by heart
OTHERWISE = (
    "more-layers",
    "smaller-batches",
)  # what no finding asks for, where none of its cures does
EFFECTS = ("constant-output",)  # findings that others cause
MOST_BY_CLOCK = 2.0  # times as long as by the processor
FOR_DRAWS = 0.25  # of the time, at most, to look for draws that fail
DRAWS = 50  # of the random search, until one fits into the budget
# Student's t beyond which 2.5 % lie, for 1, 2 … degrees of freedom.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179)


class Interval(NamedTuple):
    """A mean, and the 95 % interval that it lies in."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, differences: Array) -> Interval:
        """Return the interval of the mean of differences, one of each seed.

        >>> [round(end, 2) for end in Interval.of(np.array([1.0, 2.0, 3.0]))]
        [2.0, -0.48, 4.48]
        """
        n, mean = len(differences), float(np.mean(differences))
        if n < 2:
            return cls(mean, -inf, inf)
        t = STUDENT[n - 2] if n - 2 < len(STUDENT) else 1.96 + 2.6 / (n - 1)
        half = t * float(np.std(differences, ddof=1)) / sqrt(n)
        return cls(mean, mean - half, mean + half)


@dataclass(frozen=True, eq=False)
class Trial:
    """A case with some cures, trained at all seeds.

    Attributes
    ----------
    cures
        Their names; none for the run as it is.
    outcome
        Its trainings.
    gain
        How much more skill it has than the run as it is.
    wins
        At how many seeds it is ahead of that run and of the best constant by the margin; or, where
        that run has learned too, has learned.
    cured
        Whether it counts as a cure: it wins at all seeds, gains the margin in the mean, and the
        interval of the gain is above 0.
    """

    cures: tuple[str, ...]
    outcome: Outcome
    gain: Interval
    wins: int
    cured: bool

    @classmethod
    def of(
        cls, cures: tuple[str, ...], outcome: Outcome, sick: Outcome, known: float = 1.0
    ) -> Trial:
        """Return the trial, compared with the run as it is; ``known`` is what can be had."""
        own, before = outcome.skill, sick.skill
        ahead = (own >= before + MARGIN) | (np.minimum(own, before) >= LEARNED * known)
        wins = int((ahead & (own >= MARGIN)).sum())
        gain = Interval.of(own - before)
        cured = wins == len(own) and gain.low > 0 and gain.mean >= MARGIN
        return cls(cures, outcome, gain, wins, cured)

    @property
    def mean(self) -> float:
        """The mean skill."""
        return float(self.outcome.skill.mean())


def is_equal(best: Trial, other: Trial) -> bool:
    """Return whether the first is not shown to be better than the other, nor is by a margin."""
    difference = Interval.of(best.outcome.skill - other.outcome.skill)
    return difference.mean < (MARGIN if difference.low <= 0 else NEAR)


class Budget:
    """A time that trainings may take: of the processor, and at most twice as long by the clock.

    So a machine that is busy with other things proves as much, only later.

    Parameters
    ----------
    seconds
        How much there is.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.process_time() + seconds, time.monotonic() + MOST_BY_CLOCK * seconds

    def left(self) -> float:
        """Return the seconds that are left; below 0 if none are."""
        worked, passed = self._ends
        return min(worked - time.process_time(), passed - time.monotonic())


class NotProved(Exception):
    """The time was over before the run as it is had been trained at all seeds."""


class Tries:
    """Trainings that are compared with the run as it is, within a time.

    Parameters
    ----------
    case
        The run as it is.
    count
        The number of seeds.
    balanced
        Whether each class counts alike in the skill.
    budget
        The time for all of it.
    stop
        Asked now and then whether to leave off.
    known
        The skill of neighbors or a straight line: what can be had.

    Attributes
    ----------
    sick
        The run as it is.
    seeds
        Those of all trials.
    trials, search
        What was tried, with cures and by the random search.
    untried
        Cures for which there was no time.
    draws
        How many of how many draws of the run as it is failed, where some learned; None otherwise.

    Raises
    ------
    NotProved
        If the time is over before the run as it is has been trained.
    """

    def __init__(
        self,
        case: Case,
        count: int,
        balanced: bool,
        budget: Budget,
        stop: Callable[[], bool],
        known: float = 1.0,
    ) -> None:
        self.case = case
        self._known = min(1.0, max(LEAST, known))
        self.seeds = Seeds(case, tuple(range(case.seed, case.seed + count)), balanced)
        self.trials: list[Trial] = []
        self.search: list[Trial] = []
        self.untried: list[tuple[str, ...]] = []
        self.draws: tuple[int, int] | None = None
        self._budget = budget
        self._stop = stop
        self._rng = np.random.default_rng(case.seed)
        self._seen: set[tuple[str, ...]] = {()}
        before = budget.left()
        first = self._as_it_is(self.seeds)
        self._pace = (before - budget.left()) / max(1, first.network_steps)
        outcome = self._at_draws_that_fail(first) if self._is_mixed(first.skill) else first
        self.sick = Trial((), outcome, Interval(0.0, 0.0, 0.0), 0, cured=False)

    @property
    def is_sick(self) -> bool:
        """Whether there is a margin of skill to gain."""
        return self.sick.mean < 1 - MARGIN

    def cures(self, found: Sequence[Finding], examine: Callable[[Case], Sequence[Finding]]) -> None:
        """Try the cures of findings: each, then the first of each finding together.

        Then the best is tried with one change more, and with one less. Where that no longer helps,
        the doctor is asked to ``examine`` the best: one fault may hide another. At last, what
        mends a fault may let the network learn its examples by heart, which is restrained; or
        another network or other batches predict what this one cannot.
        """
        causes = [one for one in found if one.kind not in EFFECTS] or found
        names = by_turns([one.cures for one in causes])
        first = [one.cures[0] for one in causes if one.cures]
        self._try([*((name,) for name in dict.fromkeys(first)), in_order(first)], 0.4)
        self._try([(name,) for name in names], 0.3)
        if self.draws:
            self._try([("another-draw",)], 0.5)
        names = by_turns([names, *(one.cures for one in found)])
        for _ in range(EXAMINATIONS):
            while self._improve(names):
                pass
            if not self.trials or self._is_enough(self._top()):
                break
            _, changed = apply(self._top().cures, self.case)
            if 2 * self._seconds_of(changed) > self._budget.left():
                break
            names = by_turns([*(one.cures for one in examine(changed)), names])
        if not self.trials or not self._is_enough(self._top()):
            self._try([(name,) for name in names], 0.5)
        while not any(trial.cured for trial in self.trials) and self._improve(
            (*RESTRAINTS, *OTHERWISE)
        ):
            pass

    def _as_it_is(self, seeds: Seeds) -> Outcome:
        [(_, outcome)] = run([self.case], seeds, ended=self._ended)
        if outcome is None:
            raise NotProved
        return outcome

    def _ended(self) -> bool:
        return self._budget.left() < 0 or self._stop()

    def _at_draws_that_fail(self, first: Outcome) -> Outcome:
        """Where some draws learn as they are, go on to as many seeds at which the run fails.

        The failure is to be cured, and a draw that learns by itself shows nothing.
        """
        count = self.seeds.size
        numbers, outcome = self.seeds.numbers, first
        least = self._budget.left() - FOR_DRAWS * self._budget.seconds
        while (
            self._failed(outcome.skill).sum() < count
            and len(numbers) < 4 * count
            and self._budget.left() > least
        ):
            more = tuple(range(numbers[-1] + 1, numbers[-1] + 1 + count))
            try:
                outcome = outcome.beside(self._as_it_is(self.seeds._replace(numbers=more)))
            except NotProved:
                break
            numbers += more
        failed = np.flatnonzero(self._failed(outcome.skill))
        self.draws = len(failed), len(numbers)
        if len(failed) < count:
            return first
        self.seeds = self.seeds._replace(numbers=tuple(numbers[k] for k in failed[:count]))
        return outcome.at(failed[:count].tolist())

    def _failed(self, skill: Array) -> Array:
        return np.asarray(skill < FAILED * self._known)

    def _is_mixed(self, skill: Array) -> bool:
        return bool((skill >= LEARNED * self._known).any() and self._failed(skill).any())

    def _improve(self, names: Sequence[str]) -> bool:
        """Try the best with one change more, and with one less; return whether that was better."""
        if not self.trials:
            return False
        top = self._top()
        rows = set(map(row_of, top.cures))
        less = [tuple(x for x in top.cures if x != name) for name in top.cures]
        more = [(*top.cures, name) for name in names if row_of(name) not in rows]
        if len(top.cures) >= MOST_CHANGES or self._is_enough(top):
            more = []
        self._try([*less, *more], 0.5)
        return self._top() is not top

    def _seconds_of(self, case: Case) -> float:
        """Return how long a trial takes, as far as can be told beforehand."""
        return self._pace * self._work_of(case)

    def _work_of(self, case: Case) -> float:
        """Return its networks times steps, more for a network that is larger than the case's."""
        larger = max(1.0, _size(case.net) / _size(self.case.net))
        return case.steps * self.seeds.size * larger

    def _is_enough(self, trial: Trial) -> bool:
        return trial.cured and trial.mean >= ENOUGH

    def _top(self) -> Trial:
        """Return the best trial; of nearly equal ones, that with the fewest changes."""
        top = max(trial.mean for trial in self.trials)
        near = [trial for trial in self.trials if trial.mean > top - NEAR]
        return min(near, key=lambda trial: (len(trial.cures), -trial.mean))

    def _try(self, each: Sequence[tuple[str, ...]], share: float) -> None:
        """Train what was not tried before and fits into a share of the time; then search."""
        seconds = share * self._budget.left()
        chosen: list[tuple[tuple[str, ...], Case]] = []
        for names in each:
            done, changed = apply(names, self.case)
            if done in self._seen:
                continue
            self._seen.add(done)
            seconds -= self._seconds_of(changed)
            if seconds > 0:
                chosen.append((done, changed))
            else:
                self.untried.append(done)
        found = self._trained(chosen)
        self.untried += [chosen[k][0] for k in range(len(chosen)) if k not in found]
        self.trials += found.values()
        self._search()

    def _search(self) -> None:
        """Train random choices of changes, until they have cost as much as the cures."""
        left = sum(self._work_of(apply(trial.cures, self.case)[1]) for trial in self.trials)
        left -= sum(self._work_of(apply(trial.cures, self.case)[1]) for trial in self.search)
        seen = {trial.cures for trial in self.search}
        chosen: list[tuple[tuple[str, ...], Case]] = []
        for _ in range(DRAWS):
            names = [
                row[self._rng.integers(len(row))]
                for row in CHOICES.values()
                if self._rng.random() < 0.5
            ]
            done, changed = apply(names, self.case)
            cost = self._work_of(changed)
            if cost <= left and done and done not in seen:
                seen.add(done)
                chosen.append((done, changed))
                left -= cost
        self.search += self._trained(chosen).values()

    def _trained(self, chosen: Sequence[tuple[tuple[str, ...], Case]]) -> dict[int, Trial]:
        """Return the trials, by their places, of those that came to their end in time."""
        found = {}
        for k, outcome in run([case for _, case in chosen], self.seeds, ended=self._ended):
            if outcome is not None:
                found[k] = Trial.of(chosen[k][0], outcome, self.sick.outcome, self._known)
        return dict(sorted(found.items()))


def by_turns(each: Sequence[Sequence[str]]) -> list[str]:
    """Return the first of each, then the second, and so on; nothing twice.

    >>> by_turns([["a", "b", "c"], ["b", "d"]])
    ['a', 'b', 'd', 'c']
    """
    rows = zip_longest(*each)
    return list(dict.fromkeys(name for row in rows for name in row if name is not None))


def _size(net: Network) -> int:
    """Return the number of parameters."""
    return max(1, sum(array.size for array in arrays(net.init(0))))
