"""One training in its own thread, steered while it goes on.

Commands go into a queue, and the thread executes them between two chunks of steps. Readers take the
:class:`View` that the thread published last. So no view ever changes, and neither side waits.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from neurona.engine.data import Data
from neurona.engine.divergence import TrainingDiverged
from neurona.engine.parameters import flatten, unflatten
from neurona.engine.state import State
from neurona.engine.training import train
from neurona.engine.types import Array, Params
from neurona.web.bugs import ProgramStopped, states_of
from neurona.web.errors import PlaygroundError
from neurona.web.flow import sizes
from neurona.web.history import History, Snapshot
from neurona.web.pacing import SECONDS, SLOW, ChunkSize, Pace
from neurona.web.setup import Setup
from neurona.web.steering import optimizer_of
from neurona.web.task import Task

# The share of the time that measures signal and gradient of each layer, at least once a second.
MEASURING = 0.01
T = TypeVar("T")

RATE_WINDOW = 1.0  # seconds over which steps a second are averaged


@dataclass(frozen=True, eq=False)
class View:
    """An immutable view of a run.

    Attributes
    ----------
    version
        Increases by 1 with each view of a run.
    task, state, frozen
        The task, the training's state, and which parameters are frozen, ``(p,)`` booleans.
    playing, steps_per_second
        Whether the training plays, and its recent speed.
    branch, at, snapshots
        The branch of the state, the index of the shown snapshot (None: the latest), and the
        number of snapshots.
    history, flows, kept
        ``(k, 4)`` and ``(k, 2, n_layers)``: see :class:`neurona.web.history.History`; and a
        counter of their changes.
    test_cost
        None without test points.
    diverged
        The layer (from 1), its rate, and one that would hold, if the training diverged; the line
        and NumPy's message, if a program with a bug stopped by itself.
    steered
        Whether the set-up alone cannot repeat the training: rates or points that changed
        after the first step, a weight that was set or frozen, a branch.
    """

    version: int
    task: Task
    state: State
    frozen: Array
    playing: bool
    steps_per_second: float
    branch: int
    at: int | None
    snapshots: int
    history: Array
    flows: Array
    kept: int
    test_cost: float | None
    diverged: dict[str, Any] | None
    steered: bool


@dataclass(frozen=True, eq=False)
class Memory:
    """All that another run needs to go on from here.

    Attributes
    ----------
    setup
        That of the task.
    history, snapshots
        The history without its snapshots; and these, with the latest state after them.
    rng
        The source of the batches.
    version, kept, frozen, playing, at, diverged, steered
        As in :class:`View`.
    pace
        The chosen steps per second; None is unlimited.
    """

    setup: Setup
    history: History
    snapshots: tuple[Snapshot, ...]
    rng: np.random.Generator
    version: int
    kept: int
    frozen: Array
    playing: bool
    pace: float | None
    at: int | None
    diverged: dict[str, Any] | None
    steered: bool


class Run:
    """A training and its history.

    Parameters
    ----------
    task
        The task; its set-up has the initial weights.
    on_change
        Called in the training's thread after each view.
    memory
        That of another run with the same task, to go on from; None begins.
    """

    def __init__(
        self,
        task: Task,
        on_change: Callable[[], None] = lambda: None,
        memory: Memory | None = None,
    ) -> None:
        self.task = task
        self._on_change = on_change
        self._commands: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._playing = False
        self.crowd = 1.0  # trainings for each processor
        self._pace: Pace | None = None
        self._rest = 0.0  # until when others train, unless somebody looks
        self._until: int | None = None  # the step at which to pause
        self._set_pace(None)
        self._version = self._kept = 0
        self._now: Snapshot
        self._measuring = 0.0  # when each layer's signal and gradient are due
        self._at: int | None = None
        self._diverged: dict[str, Any] | None = None
        self._steered = False
        self._speed: deque[tuple[float, int]] = deque(maxlen=256)
        self._count = 1  # steps to the iterator's next state
        self._steps: Iterator[State] | None = None
        if memory is None:
            self._begin()
        else:
            self._go_on(memory)
        self.view = self._published()
        self._thread = threading.Thread(target=self._work, name="neurona-run", daemon=True)
        self._thread.start()

    # --------------------------------------------------------------------------------- commands
    def play(self, until: int | None = None) -> None:
        """Train until :meth:`pause`, or until a step."""
        self._command(lambda: self._play(until))

    def pause(self) -> None:
        """Stop training."""
        self._command(self._pause)

    def step(self, count: int = 1) -> None:
        """Take some steps, then pause."""
        self._command(lambda: self._step(count))

    def begin(self, task: Task, memory: Memory | None = None) -> None:
        """Start over with another task, or go on, paused, from a memory of it."""

        def change() -> None:
            self.task, self._playing = task, False
            if memory is None:
                self._begin()
            else:
                self._return_to(memory)

        self._command(change)
        self.settle()

    def look(self, crowd: float = 1.0) -> None:
        """Request a view that is newer than the current one, from a training that waits."""
        self.crowd = crowd
        self._commands.put(self._look)

    def reset(self) -> None:
        """Go back to the initial weights, without a history; frozen parameters stay as they are."""
        self._command(self._reset)

    def pace(self, steps_per_second: float | None) -> None:
        """Limit the steps per second; None is unlimited."""
        self._command(lambda: self._set_pace(steps_per_second))

    def retrain(self, task: Task) -> None:
        """Go on with other learning rates or points, from the same parameters.

        The network must be the same.
        """

        def change() -> None:
            self.task = task
            if self._now.state.step == 0 and not self._steered:  # nothing was learned otherwise
                self._begin()
                return
            self._steered = True
            self._now = self._snapshot(self._now.state, self._now.branch)  # the test may be another
            self._steps = None

        self._command(change)
        self.settle()  # the next change begins with this task

    def set_parameter(self, index: int, value: float | None, frozen: bool | None) -> None:
        """Set one parameter's value, or freeze it; None changes nothing."""
        self._command(lambda: self._set_parameter(index, value, frozen))

    def set_parameters(self, params: Params) -> None:
        """Set all parameters, which must fit the network."""
        self._command(lambda: self._set_parameters(params))

    def seek(self, index: int) -> None:
        """Show a snapshot of the history, and pause."""
        self._command(lambda: self._seek(index))

    def branch(self) -> None:
        """Continue from the shown snapshot in a new branch."""
        self._command(self._adopt)

    def close(self) -> None:
        """End the training and its thread."""
        self._commands.put(None)
        self._thread.join(timeout=5)

    def settle(self, seconds: float | None = 5.0) -> View:
        """Wait until all commands so far are executed; return the view after them.

        Raises
        ------
        TimeoutError
            If they are not, within so many seconds; None waits for ever.
        """
        done = threading.Event()
        self._commands.put(done.set)
        if not done.wait(seconds):
            raise TimeoutError("the training does not answer")
        return self.view

    def snapshots(self, most: int, seconds: float | None = 5.0) -> list[State]:
        """Return the states that lead to the shown one, from the first.

        More than ``most`` are thinned at equal distances. They come without the optimizer's state.
        """
        return self._gathered(lambda: self._way(most), seconds)

    def recall(self, seconds: float | None = 5.0) -> Memory:
        """Return what another run can go on from, after all commands so far."""
        return self._gathered(self.memory, seconds)

    def memory(self) -> Memory:
        """Return what another run can go on from; call it in the training's thread."""
        return Memory(
            setup=self.task.setup,
            history=self._history.holding([]),
            snapshots=(*self._history.snapshots, self._now),
            rng=deepcopy(self._rng),  # the training draws on
            version=self._version,
            kept=self._kept,
            frozen=self._frozen,
            playing=self._playing,
            pace=self._rate,
            at=self._at,
            diverged=self._diverged,
            steered=self._steered,
        )

    def _gathered(self, gather: Callable[[], T], seconds: float | None) -> T:
        """Return what a function finds in the training's thread, after all commands so far."""
        done = threading.Event()
        found: list[T] = []

        def obey() -> None:
            found.append(gather())
            done.set()

        self._commands.put(obey)
        if not done.wait(seconds):
            raise TimeoutError("the training does not answer")
        return found[0]

    def _command(self, command: Callable[[], None]) -> None:
        def obey() -> None:
            command()
            self.view = self._published()

        self._commands.put(obey)

    # --------------------------------------------------------------- all below: in the run's thread
    def _work(self) -> None:
        while True:
            try:
                command = self._commands.get(timeout=self._wait())
            except queue.Empty:
                self._advance(self._due())
                continue
            if command is None:
                return
            command()
            self._on_change()

    def _wait(self) -> float | None:
        """Return the seconds until the next chunk; None without one."""
        if not self._playing:
            return None
        due = self._rest if self._pace is None else self._pace.next()
        return max(0.0, due - time.monotonic())

    def _due(self) -> int:
        """Return the steps of the next chunk."""
        most = self._chunk.steps
        return most if self._pace is None else min(most, self._pace.due(time.monotonic()))

    def _look(self) -> None:
        self._rest = 0.0
        if self._pace is not None:
            self._pace.look()

    def _set_pace(self, rate: float | None) -> None:
        """Begin to count the time, at the smallest chunk."""
        self._pace = None if rate is None else Pace(rate, time.monotonic())
        self._rest = 0.0
        self._chunk = ChunkSize(seconds=SECONDS if self.task.planar else SLOW)

    @property
    def _rate(self) -> float | None:
        return None if self._pace is None else self._pace.rate

    def _begin(self, params: Params | None = None, frozen: Array | None = None) -> None:
        """Go to step 0, with the task's own parameters or with others."""
        training = self.task.setup.training
        params = self.task.begin() if params is None else params
        self._frozen = self.task.frozen if frozen is None else frozen
        self._rng = np.random.default_rng([training.seed, 1])
        self._history, self._measuring = History(), 0.0
        self._at = None
        self._diverged = None
        self._steered = False
        self._speed.clear()
        self._steps = None
        self._set_pace(self._rate)
        self._stand(next(self._training(params)), branch=0)

    def _reset(self) -> None:
        """Go to step 0; what is frozen keeps its value."""
        first = flatten(self.task.begin())
        kept = np.where(self._frozen, flatten(self._now.state.params), first)
        frozen = self._frozen | self.task.frozen
        self._begin(unflatten(kept, self._now.state.params), frozen)
        same = np.array_equal(frozen, self.task.frozen) and np.array_equal(kept, first)
        self._steered = not same

    def _return_to(self, memory: Memory) -> None:
        """Go to where this run was; its views count on, and its speed stays as it is chosen."""
        version, kept, rate = self._version, self._kept, self._rate
        self._go_on(memory)
        self._version, self._kept = version, kept + 1
        self._playing, self._steps = False, None
        self._set_pace(rate)
        self._speed.clear()

    def _go_on(self, memory: Memory) -> None:
        """Go to where another run was."""
        *kept, self._now = memory.snapshots
        self._history = memory.history.holding(kept)
        self._rng, self._frozen = deepcopy(memory.rng), memory.frozen
        self._version, self._kept = memory.version, memory.kept
        self._playing = memory.playing
        self._set_pace(memory.pace)
        self._at, self._diverged = memory.at, memory.diverged
        self._steered = memory.steered

    def _training(self, start: State | Params) -> Iterator[State]:
        """Return the engine's iterator, or a program's; its first state is the start.

        There is one for all steps, whatever the clock makes of the chunks, until something else
        than the clock intervenes.
        """
        task, training = self.task, self.task.setup.training
        if task.program is not None:
            return states_of(task, start, self._frozen, lambda: self._count, self._rng)
        return train(
            task.net,
            task.train.x,
            task.train.target,
            cost=task.cost,
            optimizer=optimizer_of(task, self._frozen),
            steps=math.inf,
            every=lambda: self._count,
            batch_size=training.batch_size,
            l1=training.l1,
            l2=training.l2,
            start=start,
            rng=self._rng,
        )

    def _advance(self, count: int) -> None:
        """Take some steps, and publish the view after them."""
        if self._at is not None:
            self._adopt()
        began, started = time.monotonic(), time.thread_time()
        if self._playing and self._until is not None:
            count = min(count, self._until - self._now.state.step)
        self._count = count
        try:
            steps = self._steps
            if steps is None:
                steps = self._steps = self._training(self._now.state)
                next(steps)
            state = next(steps)
        except TrainingDiverged as error:
            state, self._playing, self._steps = error.state, False, None
            rates = optimizer_of(self.task, self._frozen).learning_rate
            rate = rates[error.layer - 1] if isinstance(rates, list) else rates
            self._diverged = {
                "layer": error.layer,
                "rate": float(rate),  # type: ignore[arg-type]
                "suggested_rate": error.suggested_rate,
            }
        except ProgramStopped as error:
            state, self._playing, self._steps = error.state, False, None
            self._diverged = {"line": error.line, "message": str(error)}
        self._speed.append((time.monotonic(), state.step))
        self._stand(state, self._now.branch)
        self._playing = self._playing and state.step != self._until
        self.view = self._published()
        self._on_change()
        computed = time.thread_time() - started
        self._chunk.took(computed, count)
        if self._pace is not None:
            self._pace.took(count, began)
        else:  # the others of this processor have their turn
            self._rest = time.monotonic() + computed * max(0.0, self.crowd - 1)

    def _play(self, until: int | None = None) -> None:
        self._until, self._diverged = until, None
        self._playing = until is None or self._now.state.step < until
        self._speed.clear()
        self._set_pace(self._rate)

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
        """Replace the parameters; the state keeps this vector."""
        theta.flags.writeable = False
        params = unflatten(theta, self._now.state.params)
        cost = self._cost(params, self.task.train)
        state = replace(self._now.state, params=params, cost=cost)
        self._now = self._snapshot(state, self._now.branch)

    def _seek(self, index: int) -> None:
        self._playing = False
        if 0 <= index < len(self._history.snapshots):
            last = index == len(self._history.snapshots) - 1
            self._at = None if last else index

    def _adopt(self) -> None:
        """Continue from the shown snapshot."""
        if self._at is not None:
            first = self._history.branch(self._at, end=self._now)
            self._now = self._snapshot(first.state, first.branch)
            self._kept += 1
            self._at, self._steps, self._diverged = None, None, None
            self._steered = True

    def _way(self, most: int) -> list[State]:
        """Return the states from the first to the shown one, over its branches."""
        shown = self._now if self._at is None else self._history.snapshots[self._at]
        states = self._history.way(shown)
        places = np.unique(np.linspace(0, len(states) - 1, min(most, len(states))).astype(int))
        return [replace(states[k], optimizer_state=None) for k in places]

    def _stand(self, state: State, branch: int) -> None:
        """Take a state, and offer it to the history."""
        self._now = self._snapshot(state, branch)
        now = time.monotonic()
        if self._history.will_keep and (now >= self._measuring or not self._playing):
            self._now = replace(self._now, flow=sizes(self.task, state.params))
            self._measuring = now + min(1.0, (time.monotonic() - now) / MEASURING)
        if self._history.keep(self._now):
            self._kept += 1

    def _snapshot(self, state: State, branch: int) -> Snapshot:
        """Return a state with its test cost."""
        test_cost = self._cost(state.params, self.task.test) if len(self.task.test.x) else None
        return Snapshot(state, test_cost, branch)

    def _cost(self, params: Params, data: Data) -> float:
        with np.errstate(all="ignore"):
            return float(self.task.objective.value(params, *data))

    def _published(self) -> View:
        self._version += 1
        shown = self._now if self._at is None else self._history.snapshots[self._at]
        return View(
            version=self._version,
            task=self.task,
            state=shown.state,
            frozen=self._frozen,
            playing=self._playing,
            steps_per_second=self._steps_per_second(),
            branch=shown.branch,
            at=self._at,
            snapshots=len(self._history.snapshots),
            history=self._history.rows,
            flows=self._history.flows,
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


def parameter_index(task: Task, layer: int, row: int, column: int) -> int:
    """Return the index of a weight in the flat vector; a bias has row -1.

    Raises
    ------
    PlaygroundError
        If the network has no such parameter.
    """
    start = 0
    for k, (n_in, n_out) in enumerate(pairwise(task.net.topology)):
        if k == layer and -1 <= row < n_in and 0 <= column < n_out:
            own: int = (n_in if row == -1 else row) * n_out + column
            return start + own
        start += (n_in + 1) * n_out
    raise PlaygroundError(
        "parameter",
        "The network has no such parameter.",
        "La red no tiene ese parámetro.",
    )
