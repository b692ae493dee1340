"""The bug lab: a program with a mistake on purpose trains in the engine's place.

Its steps are its own, line by line. Around them the set-up stays what it is: the optimizer, its
rates, the penalty and the frozen parameters are in the ``update`` that the program calls.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import isfinite, nan
from typing import Any, NamedTuple

import numpy as np

from neurona.engine.divergence import TrainingDiverged
from neurona.engine.parameters import flatten, unflatten
from neurona.engine.state import State
from neurona.engine.trees import each_of
from neurona.engine.types import Array, Params
from neurona.language import LANGUAGES
from neurona.lesson.bugs import BUGS, Setting, find_bug, silent
from neurona.lesson.bugs.program import FILE
from neurona.web.errors import PlaygroundError
from neurona.web.steering import optimizer_of
from neurona.web.task import Task, program_of

TRIAL = 20  # steps in which a smaller rate must bring the cost down
TENTHS = 7  # of tenths of tenths to try


class ProgramStopped(Exception):
    """A program raised an error in a step.

    Attributes
    ----------
    state
        The state before the step.
    line
        The number of its line.
    """

    def __init__(self, state: State, line: int, message: str) -> None:
        super().__init__(message)
        self.state = state
        self.line = line


# ------------------------------------------------------------------------------------- the training


def states_of(
    task: Task,
    start: State | Params,
    frozen: Array,
    count: Callable[[], int],
    rng: np.random.Generator,
) -> Iterator[State]:
    """Train with a task's program: an iterator of states, the first being the start.

    Parameters
    ----------
    task
        The task, which has a program.
    start
        A state to go on from, with a new epoch; or parameters.
    frozen : (p,)
        Which parameters do not move.
    count
        Returns the number of steps to the next state.
    rng
        The source of the batches.

    Raises
    ------
    TrainingDiverged
        From the iterator, when the cost stops being finite.
    ProgramStopped
        From the iterator, when the program raises an error.
    """
    return _Training(task, start, frozen, rng).states(count)


class Place(NamedTuple):
    """Where a training stands: what a state holds, layer by layer."""

    step: int
    epoch: int
    params: Any
    memory: tuple[Any, ...]
    cost: float


class _Training:
    """A program's training, from a start on."""

    def __init__(
        self,
        task: Task,
        start: State | Params,
        frozen: Array,
        rng: np.random.Generator,
        scale: float = 1.0,
    ) -> None:
        if task.program is None:
            raise ValueError("the task has no program")
        self.task = task
        self.given = start, frozen
        self.params: Params = start.params if isinstance(start, State) else start
        self.step, self.epoch = (start.step, start.epoch) if isinstance(start, State) else (0, 0)
        self.scale = scale
        X, Y, held_out = rows_of(task)
        parts = task.program.parts
        train, _ = parts["split"](held_out)
        self.x, self.target = X[train], Y[train]
        self.size = min(task.setup.training.batch_size or len(train), len(train))
        self.steps_an_epoch = -(-len(train) // self.size)
        self.layers = task.program.start(self.params)
        for layer, (W, b) in zip(self.layers, self.params, strict=True):
            layer.W, layer.b = W.astype(np.float64), b.astype(np.float64)
        self._optimize(frozen, start.optimizer_state if isinstance(start, State) else None)
        self.costs = parts["train"](self.layers, X, Y, held_out, self.update, self.size, rng)

    def _optimize(self, frozen: Array, state: Any) -> None:
        """Prepare the optimizer, which goes on from a state of all parameters.

        It takes whole vectors, and each layer takes its place in them: every number of a change
        depends on the numbers at its own place alone.
        """
        self.optimizer = optimizer_of(self.task, frozen)
        rates = self.optimizer.learning_rate
        self.rates: list[Any] = rates if isinstance(rates, list) else [rates] * len(self.layers)
        ends = np.cumsum([layer.W.size + layer.b.size for layer in self.layers])
        self.places = [slice(begin, end) for begin, end in pairwise([0, *ends.tolist()])]
        like = self.optimizer.init(flatten(self.params).astype(np.float64))
        state = like if state is None else each_of(lambda _, one: one, like, state)
        self.memory = [state] * len(self.layers)

    def update(self, i: int, W: Array, b: Array, dW: Array, db: Array) -> tuple[Array, Array]:
        """Return a layer's new parameters: the optimizer's change along the gradient."""
        training, at = self.task.setup.training, self.places[i]
        dW = dW + training.l1 * np.sign(W) + training.l2 * W
        theta, gradient = np.zeros((2, self.places[-1].stop))
        theta[at] = np.concatenate([W.ravel(), b])
        gradient[at] = np.concatenate([dW.ravel(), db])
        rate = self.rates[i] * self.scale
        change, self.memory[i] = self.optimizer.update(gradient, self.memory[i], theta, rate)
        after = theta[at] + change[at]
        return after[: W.size].reshape(W.shape), after[W.size :]

    def states(self, count: Callable[[], int]) -> Iterator[State]:
        """Yield the start, and a state after each count of steps."""
        cost = self.cost()
        yield self.state(self.here(cost))
        while True:
            seen: list[float] = []
            for _ in range(count()):
                before = self.here(cost)
                cost = self.advance(before)
                if not isfinite(cost):
                    raise self.diverged(before)
                seen.append(cost)
            whole = self.size == len(self.x)
            cost = self.cost() if whole else float(np.mean(seen))
            now = self.state(self.here(cost))
            if not (isfinite(now.cost) and np.isfinite(flatten(now.params)).all()):
                raise self.diverged(before)
            yield now

    def advance(self, before: Place) -> float:
        """Take one step; return its cost, as it was before the update."""
        try:
            with np.errstate(all="ignore"):
                cost = next(self.costs)
        except Exception as error:  # a program with a bug may raise anything
            frames = traceback.walk_tb(error.__traceback__)
            line = [number for frame, number in frames if frame.f_code.co_filename == FILE][-1]
            raise ProgramStopped(self.state(before), line, str(error)) from error
        self.step += 1
        self.epoch += self.step % self.steps_an_epoch == 0
        return float(self.task.objective.penalized(cost, before.params))

    def here(self, cost: float) -> Place:
        """Return where the training stands; no step writes into what it holds."""
        params = tuple((layer.W, layer.b) for layer in self.layers)
        return Place(self.step, self.epoch, params, tuple(self.memory), cost)

    def state(self, place: Place) -> State:
        """Return a state in float32, like the engine's, with one memory for all parameters."""

        def own(*each: Any) -> Any:
            if not np.ndim(each[0]):
                return each[0]
            return np.concatenate([one[at] for one, at in zip(each, self.places, strict=True)])

        memory = each_of(own, *place.memory)
        with np.errstate(over="ignore"):
            theta = flatten(place.params).astype(np.float32)
        return State(place.step, place.epoch, unflatten(theta, self.params), memory, place.cost)

    def cost(self) -> float:
        """Return the cost of the current parameters on the rows that the program trains with."""
        with np.errstate(all="ignore"):
            return float(self.task.objective.value(self.here(nan).params, self.x, self.target))

    def diverged(self, place: Place) -> TrainingDiverged:
        """Return the error that tells the last state, and a rate that would hold."""
        start, frozen = self.given
        last = self.state(place)
        sizes = (
            [np.linalg.norm(flatten((one,)).astype(np.float64)) for one in params]
            for params in (self.params, last.params)
        )
        growth = [after / (before + 1e-12) for before, after in zip(*sizes, strict=True)]
        layer = int(np.nan_to_num(growth, nan=np.inf).argmax())
        for tenths in range(1, TENTHS):
            scale = float(f"1e-{tenths}")
            trial = _Training(self.task, start, frozen, np.random.default_rng(0), scale)
            first = trial.cost()
            for _ in range(TRIAL):
                next(trial.costs)
            if trial.cost() < first:
                break
        rate = float(self.rates[layer])
        return TrainingDiverged(last, layer + 1, rate, rate * scale)


def rows_of(task: Task) -> tuple[Array, Array, Array]:
    """Return all rows, their targets, and which are held out: sorted by class, as many files are.

    A program that shuffles does not notice.
    """
    order = np.argsort(task.labels, kind="stable")
    x, target = (
        np.empty((len(task.labels), width), np.float64) for width in (task.net.n_in, task.net.n_out)
    )
    for which, data in ((~task.held_out, task.train), (task.held_out, task.test)):
        x[which], target[which] = data.x, data.target
    return x[order], target[order], task.held_out[order]


# ------------------------------------------------------------------------------- what the page asks


def lab(task: Task) -> dict[str, Any]:
    """Return all bugs with their words, which of them change nothing here, and the program.

    Where the program cannot have the network's activations there is none, but a refusal.
    """
    program, refusal = task.program, None
    try:
        program = program or program_of(task.net, task.cost)
    except PlaygroundError as error:
        refusal = error.message
    setting = _setting(task)
    return {
        "bugs": [
            {
                "name": bug.name,
                **{part: getattr(bug, part)._asdict() for part in ("title", "wrong", "shows")},
                "silent": (why := silent(bug.name, setting)) and why._asdict(),
            }
            for bug in BUGS.values()
        ],
        "program": program and {one: program.lines_in(one) for one in LANGUAGES},
        "refusal": refusal,
    }


def find(task: Task) -> dict[str, Any]:
    """Look for the wrong line of the task's program, or of the correct one without a bug."""
    right = program_of(task.net, task.cost)
    program = task.program or right
    x, target, held_out = rows_of(task)
    drawn = iter(task.draw())
    found = find_bug(
        program,
        x,
        target,
        held_out,
        draw=lambda n_in, n_out: next(drawn),
        size=task.setup.training.batch_size,
    )
    why = task.setup.bug and silent(task.setup.bug, _setting(task))
    content: dict[str, Any] = {"found": None, "silent": why._asdict() if why else None}
    if found is not None:
        bug = BUGS.get(found.kind)
        texts = (bug.wrong, bug.shows, bug.mended) if bug else ()
        content["found"] = {
            "kind": found.kind,
            "line": found.line,
            "layer": found.layer,
            "said": {one: found.say(one) for one in LANGUAGES},
            "title": bug.title._asdict() if bug else None,
            "explained": [one._asdict() for one in texts],
            "right": right.lines[found.line - 1].strip(),
        }
    return content


def _setting(task: Task) -> Setting:
    rows, size = len(task.train.x), task.setup.training.batch_size
    return Setting(
        topology=tuple(task.net.topology),
        activations=tuple(layer.activation.name for layer in task.net.layers),
        cost=type(task.cost).__name__,
        rows=rows,
        held_out=len(task.test.x),
        batch=min(size or rows, rows),
    )
