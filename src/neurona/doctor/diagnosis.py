"""Train a network, watch it, and say what is wrong: ``neurona.diagnose``."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.checks import check_count
from neurona.doctor.case import Case, Finding
from neurona.doctor.data_signs import data_signs
from neurona.doctor.derivatives import mismatches
from neurona.doctor.evidence import Evidence
from neurona.doctor.findings import findings_of
from neurona.doctor.signs import Moment, course, curvature, moment
from neurona.doctor.skill import r_squared, skill
from neurona.doctor.training import (
    by_place,
    cost_of,
    examples,
    states,
    thinned,
    validation_examples,
)
from neurona.engine.data import Data
from neurona.engine.divergence import TrainingDiverged
from neurona.engine.network import Network
from neurona.engine.objective import Objective
from neurona.engine.state import State
from neurona.engine.types import Array, Params
from neurona.language import Language, Text

if TYPE_CHECKING:
    from neurona.doctor.proof import Proof

SINGLE = 25  # steps at the beginning and at the end that are looked at one by one
SEEN = 100  # states of all the others
MOMENTS = 6

HEALTHY = Text(
    "Nothing is wrong: the network gets {skill} % of what the best constant misses.",
    "No hay nada que objetar: la red acierta el {skill} % de lo que falla la mejor constante.",
)


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """The measurements of a training, and the findings.

    Attributes
    ----------
    case
        The case.
    findings
        What is wrong, causes before their effects; empty for a healthy training.
    evidence
        All that was measured.
    seconds
        How long it took, the training included.
    """

    case: Case
    findings: tuple[Finding, ...]
    evidence: Evidence
    seconds: float

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    @property
    def signs(self) -> tuple[Moment, ...]:
        """The measurements of a few moments, from the first step to the last."""
        return self.evidence.moments

    def say(self, language: Language = "en") -> str:
        """Return the findings in a language, a line for each."""
        if self.healthy:
            share = round(100 * self.evidence.skills[0], 1)
            return HEALTHY.say(language, skill=share)
        return "\n".join(
            f"{k}. {finding.say(language)}" for k, finding in enumerate(self.findings, start=1)
        )

    def __str__(self) -> str:
        """Return the findings in English."""
        return self.say()

    def __repr__(self) -> str:
        """Return the same, for a notebook's cell that ends with a diagnosis."""
        return self.say()

    def cures(
        self,
        *,
        seeds: int = 5,
        seconds: float = 20.0,
        stop: Callable[[], bool] = lambda: False,
    ) -> Proof:
        """Try the findings' cures, each against the sick training and the best constant.

        Parameters
        ----------
        seeds
            How many networks each cure is tried on.
        seconds
            How long it may take in all.
        stop
            Asked now and then whether to leave off.
        """
        from neurona.doctor.proof import prove

        def examine(case: Case) -> Sequence[Finding]:
            return diagnose_case(case).findings

        return prove(
            self.case, self.findings, seeds=seeds, seconds=seconds, stop=stop, examine=examine
        )


def diagnose(
    net: Network,
    X: Any,
    y: Any,
    *,
    cost: Any = None,
    optimizer: Any = None,
    steps: int = 1000,
    batch_size: int | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    start: Params | None = None,
    rng: int = 0,
    shuffle: bool = True,
    X_val: Any = None,
    y_val: Any = None,
) -> Diagnosis:
    """Train a network, and say what is wrong with its training.

    Targets that the output cannot reach, and a cost that does not go with it, are findings here,
    where :func:`neurona.train` refuses them.

    Parameters
    ----------
    net, X, y, cost, optimizer, steps, batch_size, l1, l2
        As for :func:`neurona.train`.
    start
        The initial parameters; by default those that ``rng`` draws.
    rng
        The seed of the initial weights and the mini-batches.
    shuffle
        Whether the mini-batches are drawn anew each epoch, or are the same rows in the same order.
    X_val, y_val
        Examples that training does not see.

    Raises
    ------
    TypeError
        If ``net`` is not a network.
    ValueError
        If a shape does not fit, a number is not finite, or one of ``X_val`` and ``y_val`` is
        missing.

    Examples
    --------
    >>> import neurona
    >>> X, y = neurona.datasets.circles(n=200, rng=0)
    >>> net = neurona.network([2, 8, 1], ["tanh", "sigmoid"])
    >>> neurona.diagnose(net, X, y, steps=500).healthy
    True
    >>> found = neurona.diagnose(net, X, y, steps=500, optimizer=neurona.sgd(1e-5)).findings
    >>> [finding.kind for finding in found]
    ['rate-too-low']
    """
    if not isinstance(net, Network):
        raise TypeError(f"net is a {type(net).__name__}: give a network, as of neurona.network")
    if (X_val is None) != (y_val is None):
        raise ValueError("X_val and y_val go together: give both or neither")
    if batch_size is not None:
        batch_size = check_count("batch_size", batch_size)
    case = Case(
        net, X, y, cost, optimizer, steps, batch_size, l1, l2, start, rng, shuffle, X_val, y_val
    )
    return diagnose_case(case)


def diagnose_case(case: Case) -> Diagnosis:
    """Train a case, and say what is wrong with it."""
    began = time.perf_counter()
    watched = watch(case)
    return judge(case, watched, began)


@dataclass(frozen=True, eq=False)
class Watched:
    """The states of a training, and how it ended.

    Attributes
    ----------
    states
        From the first to the last.
    diverged
        The error that ended it.
    single
        States of single steps at the beginning and the end; by default the ``states`` have them.
    """

    states: tuple[State, ...]
    diverged: TrainingDiverged | None = None
    single: tuple[State, ...] = ()


def watch(case: Case) -> Watched:
    """Train a case; keep the first and last steps one by one, and some hundred between."""
    position = 0
    stride = max(1, case.steps // SEEN)

    def next_count() -> int:
        if position < SINGLE or position >= case.steps - SINGLE:
            return 1
        return min(stride, case.steps - SINGLE - position)

    seen: list[State] = []
    try:
        for state in states(case, every=next_count):
            position = state.step
            seen.append(state)
    except TrainingDiverged as error:
        if not seen or error.state.step > seen[-1].step:
            seen.append(error.state)
        return Watched(tuple(seen), error)
    return Watched(tuple(seen))


def judge(case: Case, watched: Watched, began: float | None = None) -> Diagnosis:
    """Say what is wrong with a training that was watched."""
    began = time.perf_counter() if began is None else began
    seen, lost = watched.states, watched.diverged
    data, validation, cost = examples(case), validation_examples(case), cost_of(case)
    sample = thinned(data)
    signs = data_signs(case)
    places = np.unique(np.linspace(0, len(seen) - 1, MOMENTS).astype(int))
    moments = tuple(moment(case.net, cost, seen[k].params, sample, seen[k].step) for k in places)
    end = seen[-1]
    more: dict[str, Any] = {"whole": (case.batch_size or data.n) >= data.n}
    if lost is not None:
        more |= {"diverged": lost.state.step, "suggested_rate": lost.suggested_rate}
    best, last, other = nan, nan, None
    if validation is not None:
        held_out = thinned(validation)
        objective = Objective(case.net, cost)
        with np.errstate(all="ignore"):
            costs = [
                float(objective.value(seen[k].params, held_out.x, held_out.target))
                for k in np.unique(np.linspace(0, len(seen) - 1, 20).astype(int))
            ]
            best, last = min(costs), costs[-1]
            predicted = case.net.predict(end.params, held_out.x)
        target = by_place(case.net, held_out.target)
        other = skill(by_place(case.net, predicted), target, signs.task)
    known = skill(moments[-1].outputs, by_place(case.net, sample.target), signs.task)
    evidence = Evidence(
        case=case,
        data=data,
        validation=validation,
        signs=signs,
        moments=moments,
        sample=sample,
        first_params=seen[0].params,
        params=end.params,
        course=course(seen, watched.single or seen, **more),
        curvatures=(curvature(case, seen[0].params), curvature(case, end.params)),
        skills=(known, other),
        mismatches=tuple(mismatches(case, seen[0].params)),
        best_validation=best,
        last_validation=last,
        gained=_gained(case, seen, sample, moments[-1].outputs),
    )
    return Diagnosis(case, findings_of(evidence), evidence, time.perf_counter() - began)


def _gained(case: Case, seen: Sequence[State], sample: Data, outputs: Array) -> float:
    """Return how much more the last outputs explain than those before the last fifth."""
    before = [state for state in seen if state.step <= 0.8 * seen[-1].step][-1]
    target = by_place(case.net, sample.target)
    with np.errstate(all="ignore"):
        earlier = by_place(case.net, case.net.predict(before.params, sample.x))
    return r_squared(outputs, target) - r_squared(earlier, target)


__all__ = ["Diagnosis", "Watched", "diagnose", "diagnose_case", "judge", "watch"]
