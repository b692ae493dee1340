"""One training in a thread of its own, steered while it goes on.

Whoever steers it puts a command in a queue, and the thread carries it out between two chunks of
steps; whoever looks at it takes the :class:`View` that the thread published last. So nothing that
is read ever changes, and nobody waits for the other.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from neurona.engine.data import Data
from neurona.engine.divergence import TrainingDiverged
from neurona.engine.parameters import flatten, unflatten
from neurona.engine.state import State
from neurona.engine.training import train
from neurona.engine.types import Array, Params
from neurona.web.chunk import Chunk
from neurona.web.history import History, Moment
from neurona.web.problem import Problem
from neurona.web.refusal import Refusal
from neurona.web.steering import optimizer_of

RATE_WINDOW = 1.0  # seconds over which steps a second are averaged


@dataclass(frozen=True, eq=False)
class View:
    """What there is to see of a run at one time; nothing in it changes.

    Attributes
    ----------
    version
        Grows by 1 with each view of a run.
    problem, state, frozen
        What is learnt, where it stands, and which parameters stand still, ``(p,)`` booleans.
    playing, steps_per_second
        Whether it goes on by itself, and how fast it went of late.
    branch, at, moments
        The branch that the state lies on, the moment that is shown (None: the latest), and how
        many are kept.
    history, kept
        ``(k, 4)``: see :attr:`neurona.web.history.History.rows`; and a number that grows with it.
    test_cost
        None, where no points are kept for a test.
    diverged
        The layer (from 1), its rate, and one that would hold, if the training diverged.
    steered
        Whether there is more to the way here than the set-up tells: rates or points that changed
        after the first step, a weight that was set or frozen, a branch.
    """

    version: int
    problem: Problem
    state: State
    frozen: Array
    playing: bool
    steps_per_second: float
    branch: int
    at: int | None
    moments: int
    history: Array
    kept: int
    test_cost: float | None
    diverged: dict[str, float] | None
    steered: bool


class Run:
    """A training and its history.

    Parameters
    ----------
    problem
        What is learnt; its set-up says from which weights.
    on_change
        Called in the training's thread after each new view.
    """

    def __init__(self, problem: Problem, on_change: Callable[[], None] = lambda: None) -> None:
        self.problem = problem
        self._on_change = on_change
        self._commands: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._playing = False
        self._pace: float | None = None
        self._due = 0.0  # when the next chunk may begin, by the monotonic clock
        self._chunk = Chunk()
        self._version = self._kept = 0
        self._now: Moment
        self._at: int | None = None
        self._diverged: dict[str, float] | None = None
        self._steered = False
        self._speed: deque[tuple[float, int]] = deque(maxlen=256)
        self._count = 1  # steps that the iterator takes to its next state
        self._steps: Iterator[State] | None = None
        self._begin()
        self.view = self._published()
        self._thread = threading.Thread(target=self._work, name="neurona-run", daemon=True)
        self._thread.start()

    # --------------------------------------------------------------------------------- commands
    def play(self) -> None:
        """Go on by itself."""
        self._command(self._play)

    def pause(self) -> None:
        """Stand still."""
        self._command(self._pause)

    def step(self, count: int = 1) -> None:
        """Take so many steps at once, then stand still."""
        self._command(lambda: self._step(count))

    def begin(self, problem: Problem) -> None:
        """Begin anew with another problem."""

        def change() -> None:
            self.problem, self._playing = problem, False
            self._begin()

        self._command(change)
        self.settle()

    def look(self) -> None:
        """Views come by themselves: see :meth:`neurona.web.remote.RemoteRun.look`."""

    def reset(self) -> None:
        """Go back to the initial weights, those frozen that were at first, without a history."""
        self._command(self._begin)

    def pace(self, steps_per_second: float | None) -> None:
        """Take at most so many steps a second; None: as many as go."""

        def change() -> None:
            self._pace, self._chunk, self._due = steps_per_second, Chunk(), 0.0

        self._command(change)

    def retrain(self, problem: Problem) -> None:
        """Go on with other learning rates, or other points, from the same parameters.

        The network has to be the same.
        """

        def change() -> None:
            self.problem = problem
            if self._now.state.step == 0 and not self._steered:  # nothing was learnt otherwise
                self._begin()
                return
            self._steered = True
            self._now = self._moment(self._now.state, self._now.branch)  # the test may be another
            self._steps = None

        self._command(change)

    def set_parameter(self, index: int, value: float | None, frozen: bool | None) -> None:
        """Give one parameter a value, or freeze it; None leaves things as they are."""
        self._command(lambda: self._set_parameter(index, value, frozen))

    def set_parameters(self, params: Params) -> None:
        """Give all parameters their values; they have to fit the network."""
        self._command(lambda: self._set_parameters(params))

    def seek(self, index: int) -> None:
        """Show a moment of the history, and stand still."""
        self._command(lambda: self._seek(index))

    def branch(self) -> None:
        """Let the training go on from the moment that is shown, as a branch of its own."""
        self._command(self._adopt)

    def close(self) -> None:
        """End the training and its thread."""
        self._commands.put(None)
        self._thread.join(timeout=5)

    def settle(self, seconds: float = 5.0) -> View:
        """Wait until all commands given so far are carried out; return the view after them."""
        done = threading.Event()
        self._commands.put(done.set)
        if not done.wait(seconds):
            raise TimeoutError("the training does not answer")
        return self.view

    def moments(self, most: int, seconds: float = 5.0) -> list[State]:
        """Return states on the way to the one that is shown, from the first to it.

        Of more than ``most`` that are kept, some are left out at equal distances. What the
        optimizer remembers is not among them.
        """
        done = threading.Event()
        states: list[State] = []

        def gather() -> None:
            states.extend(self._way(most))
            done.set()

        self._commands.put(gather)
        if not done.wait(seconds):
            raise TimeoutError("the training does not answer")
        return states

    def _command(self, command: Callable[[], None]) -> None:
        def obey() -> None:
            command()
            self.view = self._published()

        self._commands.put(obey)

    # --------------------------------------------------------------- all below: in the run's thread
    def _work(self) -> None:
        while True:
            wait = max(0.0, self._due - time.monotonic()) if self._playing else None
            try:
                command = self._commands.get(timeout=wait)
            except queue.Empty:
                self._advance(self._chunk.steps)
                continue
            if command is None:
                return
            command()
            self._on_change()

    def _begin(self) -> None:
        """Stand at step 0."""
        training = self.problem.setup.training
        params = self.problem.begin()
        self._frozen = self.problem.frozen
        self._rng = np.random.default_rng([training.seed, 1])
        self._history = History()
        self._at = None
        self._diverged = None
        self._steered = False
        self._speed.clear()
        self._steps, self._chunk = None, Chunk()
        self._stand(next(self._training(params)), branch=0)

    def _training(self, start: State | Params) -> Iterator[State]:
        """Return the engine's iterator; its first state is the start.

        There is one for all steps, whatever the clock makes of the chunks, until something else
        than the clock intervenes: another would begin an epoch in the middle of one.
        """
        problem, training = self.problem, self.problem.setup.training
        return train(
            problem.net,
            problem.train.x,
            problem.train.target,
            cost=problem.cost,
            optimizer=optimizer_of(problem.setup, self._frozen),
            steps=math.inf,
            every=lambda: self._count,
            batch_size=training.batch_size,
            l1=training.l1,
            l2=training.l2,
            start=start,
            rng=self._rng,
        )

    def _advance(self, count: int) -> None:
        """Take so many steps at once, and publish where they led."""
        if self._at is not None:
            self._adopt()
        began = time.monotonic()
        self._count = count
        try:
            steps = self._steps
            if steps is None:
                steps = self._steps = self._training(self._now.state)
                next(steps)
            state = next(steps)
        except TrainingDiverged as error:
            state, self._playing, self._steps = error.state, False, None
            self._steered = self._steered or self._batched()  # its epoch is not gone on with
            rates = optimizer_of(self.problem.setup, self._frozen).learning_rate
            rate = rates[error.layer - 1] if isinstance(rates, list) else rates
            self._diverged = {
                "layer": error.layer,
                "rate": float(rate),  # type: ignore[arg-type]
                "suggested_rate": error.suggested_rate,
            }
        self._speed.append((time.monotonic(), state.step))
        self._stand(state, self._now.branch)
        self.view = self._published()
        self._on_change()
        self._adapt(began, count)

    def _batched(self) -> bool:
        """Tell whether a step takes a part of the examples."""
        size = self.problem.setup.training.batch_size
        return size is not None and size < len(self.problem.train.x)

    def _adapt(self, began: float, count: int) -> None:
        """Let a chunk take as long as it should, or keep the pace that was asked for."""
        if self._pace is not None:
            self._due = began + count / self._pace
            self._chunk.pace(self._pace)
        else:
            self._chunk.took(time.monotonic() - began)

    def _play(self) -> None:
        self._playing, self._diverged = True, None
        self._speed.clear()
        self._chunk = Chunk()

    def _pause(self) -> None:
        self._playing = False

    def _step(self, count: int) -> None:
        self._playing, self._diverged = False, None
        self._advance(count)

    def _set_parameter(self, index: int, value: float | None, frozen: bool | None) -> None:
        if self._at is not None:
            self._adopt()
        if value is not None:
            theta = flatten(self._now.state.params)
            theta[index] = value
            self._move(theta)
        if frozen is not None:
            self._frozen = self._frozen.copy()
            self._frozen[index] = frozen
        self._steps, self._steered = None, True

    def _set_parameters(self, params: Params) -> None:
        if self._at is not None:
            self._adopt()
        self._move(flatten(params))
        self._steps, self._steered = None, True

    def _move(self, theta: Array) -> None:
        """Be at other parameters, of which the state keeps this vector."""
        theta.flags.writeable = False
        params = unflatten(theta, self._now.state.params)
        cost = self._cost(params, self.problem.train)
        state = replace(self._now.state, params=params, cost=cost)
        self._now = self._moment(state, self._now.branch)

    def _seek(self, index: int) -> None:
        self._playing = False
        if 0 <= index < len(self._history.moments):
            last = index == len(self._history.moments) - 1
            self._at = None if last else index

    def _adopt(self) -> None:
        """Go on from the moment that is shown."""
        if self._at is not None:
            first = self._history.branch(self._at, end=self._now)
            self._now = self._moment(first.state, first.branch)
            self._kept += 1
            self._at, self._steps, self._diverged = None, None, None
            self._steered = True

    def _way(self, most: int) -> list[State]:
        """Return states from the first to the one that is shown, over the branches it came by."""
        shown = self._now if self._at is None else self._history.moments[self._at]
        states = self._history.way(shown)
        places = np.unique(np.linspace(0, len(states) - 1, min(most, len(states))).astype(int))
        return [replace(states[k], optimizer_state=None) for k in places]

    def _stand(self, state: State, branch: int) -> None:
        """Be at a state, and offer it to the history."""
        self._now = self._moment(state, branch)
        if self._history.keep(self._now):
            self._kept += 1

    def _moment(self, state: State, branch: int) -> Moment:
        """Return a state with its cost on the test."""
        test_cost = (
            self._cost(state.params, self.problem.test) if len(self.problem.test.x) else None
        )
        return Moment(state, test_cost, branch)

    def _cost(self, params: Params, data: Data) -> float:
        with np.errstate(all="ignore"):
            return float(self.problem.objective.value(params, *data))

    def _published(self) -> View:
        self._version += 1
        shown = self._now if self._at is None else self._history.moments[self._at]
        return View(
            version=self._version,
            problem=self.problem,
            state=shown.state,
            frozen=self._frozen,
            playing=self._playing,
            steps_per_second=self._steps_per_second(),
            branch=shown.branch,
            at=self._at,
            moments=len(self._history.moments),
            history=self._history.rows,
            kept=self._kept,
            test_cost=shown.test_cost,
            diverged=self._diverged,
            steered=self._steered,
        )

    def _steps_per_second(self) -> float:
        now = time.monotonic()
        while self._speed and now - self._speed[0][0] > RATE_WINDOW:
            self._speed.popleft()
        if not self._playing or len(self._speed) < 2:
            return 0.0
        (since, first), (until, last) = self._speed[0], self._speed[-1]
        return (last - first) / max(until - since, 1e-9)


def parameter_index(problem: Problem, layer: int, row: int, column: int) -> int:
    """Return where in the flat vector a weight is, or a bias, whose row is -1.

    Raises
    ------
    Refusal
        If the network has no such parameter.
    """
    start = 0
    for k, (n_in, n_out) in enumerate(pairwise(problem.net.topology)):
        if k == layer and -1 <= row < n_in and 0 <= column < n_out:
            own: int = (n_in if row == -1 else row) * n_out + column
            return start + own
        start += (n_in + 1) * n_out
    raise Refusal(
        "parameter",
        "The network has no such parameter.",
        "La red no tiene ese parámetro.",
    )
