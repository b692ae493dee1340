"""The doctor on the page: a sentence in each frame, and the findings on demand."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from math import isfinite
from typing import Any

import numpy as np

from neurona.doctor.case import Case, Finding
from neurona.doctor.data_signs import data_signs
from neurona.doctor.diagnosis import SEEN, SINGLE, Diagnosis, Watched, diagnose_case, judge
from neurona.doctor.sentence import Instant, Sentence, sentence
from neurona.doctor.signs import Moment, moment
from neurona.doctor.skill import r_squared, skill
from neurona.doctor.training import thinned
from neurona.engine.activations import Activation
from neurona.engine.divergence import TrainingDiverged
from neurona.engine.state import State
from neurona.engine.training import train
from neurona.engine.types import Array, Params
from neurona.language import LANGUAGES, Text
from neurona.observe.numbers import activation_curve
from neurona.web.errors import PlaygroundError, no_answer
from neurona.web.run import Run, View
from neurona.web.steering import optimizer_of
from neurona.web.task import Task
from neurona.web.worker import WorkerRun

PAUSE = 0.5  # seconds in which a sentence can be read, and stays
LOOKS = 3.0  # seconds after which the layers are looked at again
TRIED = 1000  # steps that are trained to judge a run that has taken next to none


def case_of(task: Task, steps: int, frozen: Array, params: Params | None) -> Case:
    """Return what decides the training of a task; without parameters its weights are drawn."""
    training = task.setup.training
    test = task.test if len(task.test.x) else None
    return Case(
        task.net,
        task.train.x,
        task.train.target,
        cost=task.cost,
        optimizer=optimizer_of(task, frozen),
        steps=steps,
        batch_size=training.batch_size,
        l1=training.l1,
        l2=training.l2,
        params=params,
        seed=training.seed,
        X_val=None if test is None else test.x,
        y_val=None if test is None else test.target,
    )


class Speaker:
    """Says a sentence on each view of a task; what costs more is measured once, or seldom."""

    def __init__(self, task: Task) -> None:
        self._case = case_of(task, 0, task.frozen, task.begin())
        self._task = task
        self._signs = data_signs(self._case)
        self._sample = thinned(task.train)
        first = self._look(self._case.params, 0)
        signals = [layer.signal for layer in first.layers]
        self._fading = signals[0] / signals[-1] if len(signals) > 2 and signals[-1] else 1.0
        self._dead: tuple[str, float] = ("1", 0.0)
        self._can_die = any(_can_die(layer.activation) for layer in task.net.layers)
        self._said: Sentence | None = None
        self._of: tuple[Any, ...] = ()
        self._due = self._next_look = 0.0

    def say(self, view: View) -> dict[str, Any]:
        """Return the sentence in both languages, its kind and tone."""
        now = time.monotonic()
        state: tuple[Any, ...] = (
            view.playing,
            view.at,
            view.branch,
            view.state.step == 0,
            bool(view.diverged),
        )
        if not view.playing:  # each step that a person takes counts
            state = (*state, view.version)
        if self._said is None or state != self._of or now >= self._due:
            self._said, self._of, self._due = self._sentence(view, now), state, now + PAUSE
        said = self._said
        return {**said.text._asdict(), "kind": said.kind, "tone": said.tone}

    def _look(self, params: Any, step: int) -> Moment:
        return moment(self._task.net, self._task.cost, params, self._sample, step)

    def _sentence(self, view: View, now: float) -> Sentence:
        task, state, signs = self._task, view.state, self._signs
        training = task.setup.training
        outputs = task.net.predict(state.params, self._sample.x)
        target = self._sample.target
        ours = skill(outputs, target, signs.task)
        tested, gap, right = len(task.test.x) > 0, None, None
        if tested:
            predicted = task.net.predict(state.params, task.test.x)
            theirs = skill(predicted, task.test.target, signs.task)
            gap = ours - theirs
        if task.classes:
            some, its = (predicted, task.test.target) if tested else (outputs, target)
            right = share_right(some, its)
        if self._can_die and (now >= self._next_look or not view.playing):
            worst = max(self._look(state.params, state.step).layers, key=lambda one: one.dead)
            self._dead, self._next_look = (worst.place, worst.dead), now + LOOKS
        past = view.history[view.history[:, 3] == view.branch]
        past = past[past[:, 0] <= state.step]
        lost = view.diverged or {}
        return sentence(
            Instant(
                step=state.step,
                cost=float(state.cost),
                playing=view.playing,
                outputs=outputs,
                target_spread=signs.target_spread,
                trivial_cost=signs.trivial_cost,
                skill=ours,
                squares=r_squared(outputs, target),
                achievable=signs.achievable,
                achievable_squares=signs.achievable_squares,
                right=right,
                tested=tested,
                steps=past[:, 0],
                costs=past[:, 1],
                test_costs=past[:, 2],
                fading=self._fading,
                dead=self._dead,
                gap=gap,
                whole=training.batch_size is None or training.batch_size >= task.train.n,
                in_shape=task.net.in_shape,
                diverged=view.diverged is not None,
                rate=float(lost.get("rate", training.learning_rate)),
                suggested_rate=float(lost.get("suggested_rate", 0.0)),
            )
        )


@lru_cache(maxsize=64)
def _can_die(activation: Activation) -> bool:
    """Return whether an activation is 0 and flat somewhere, as a ReLU is."""
    curve = activation_curve(activation, -40, 40)
    return bool(((curve.a == 0) & (curve.slope == 0)).any())


def share_right(outputs: Any, target: Any) -> float:
    """Return the share of examples whose class is right."""
    if target.shape[1] == 1:
        return float(np.mean((outputs > 0.5) == (target > 0.5)))
    return float(np.mean(outputs.argmax(axis=1) == target.argmax(axis=1)))


def prepare(run: Run | WorkerRun) -> Callable[[], dict[str, Any]]:
    """Capture the run on the screen, and return a function that examines it.

    Examining may take a second, and does not need the run.

    Raises
    ------
    PlaygroundError
        If the training does not respond.
    """
    try:
        view = run.settle()
        way = run.snapshots(SEEN)
    except (TimeoutError, PlaygroundError) as error:  # the page waits for an error of this code
        raise no_answer("doctor") from error
    return lambda: _told(diagnosis_of(view, way))


def diagnosis_of(view: View, way: list[State]) -> Diagnosis:
    """Examine a run from the states that lead to what is on the screen.

    A run that has taken next to no steps is trained here, for 1,000.
    """
    state = view.state
    case = case_of(view.task, state.step, view.frozen, view.task.begin())
    if state.step < SINGLE and view.diverged is None:
        return diagnose_case(replace(case, steps=TRIED))
    first = way[0]
    if first.step:  # of a branch, whose beginning was left
        first = State.unseen(view.task.begin(), None, first.cost, step=0, epoch=0)
    seen = {one.step: one for one in (first, *way, state) if isfinite(one.cost)}
    lost = None if view.diverged is None else _lost(view)
    single = [*_single(case, first.params), *([] if lost else _single(case, state))]
    watched = Watched(tuple(seen[step] for step in sorted(seen)), lost, tuple(single))
    return judge(case, watched)


def _single(case: Case, start: State | Params) -> list[State]:
    """Return some single steps from a moment: the page keeps one state of many steps."""
    seen: list[State] = []
    with suppress(TrainingDiverged):
        seen += train(
            case.net, case.X, case.y, cost=case.cost, optimizer=case.optimizer, steps=SINGLE,
            every=1, batch_size=case.batch_size, l1=case.l1, l2=case.l2, start=start,
            rng=None if isinstance(start, State) else case.seed,
        )  # fmt: skip
    return seen


def _lost(view: View) -> TrainingDiverged:
    lost = view.diverged or {}
    return TrainingDiverged(
        view.state,
        int(lost.get("layer", 1)),
        float(lost.get("rate", 0)),
        float(lost.get("suggested_rate", 0)),
    )


def _told(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the message of a diagnosis."""
    return {
        "type": "doctor",
        "findings": [_finding(one) for one in diagnosis.findings],
        "healthy": diagnosis.healthy,
        "text": {language: diagnosis.say(language) for language in LANGUAGES},
        "seconds": diagnosis.seconds,
        "steps": diagnosis.case.steps,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    numbers: Mapping[str, Any] = finding.numbers
    return {
        "kind": finding.kind,
        "layer": finding.layer,
        "value": float(numbers["value"]),
        "threshold": float(numbers["threshold"]),
        "measure": (finding.measure or Text("", ""))._asdict(),
        "text": {language: finding.say(language) for language in LANGUAGES},
        "cures": list(finding.cures),
    }
