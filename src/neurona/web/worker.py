"""A run in its own process: one interpreter trains at full speed while another one draws.

Two threads of one interpreter wait for each other at every operation. The process holds the same
:class:`neurona.web.run.Run`. Commands go in through a pipe, and requested views come out.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

from neurona.engine.state import State
from neurona.web.errors import PlaygroundError
from neurona.web.history import Snapshot
from neurona.web.run import Memory, Run, View
from neurona.web.task import Task, make_task

Command: TypeAlias = tuple[str, tuple[Any, ...]]

COMMANDS = frozenset(
    ["play", "pause", "step", "reset", "pace", "set_parameter", "set_parameters", "seek", "branch"]
)
STARTING = 20.0  # seconds until the first answer: a new process imports NumPy first
ANSWERING = 5.0  # seconds until any other
SENT = [one.name for one in fields(View) if one.name != "task"]  # the other side has the task
BEAT = 1.0  # seconds between two questions whether the process lives
REMEMBERING = 1.0  # seconds of a training that are lost at most, when its process ends
# So many processes in so many seconds end at once: another would end as well.
MOST_ENDS, AT_ONCE = 3, 60.0
# Training has the lowest priority: frames and commands come first.
NICENESS = 15
# Seconds after which the training lets the pipe's thread have the interpreter (usually 0.005).
SWITCH = 0.0005


SILENT = PlaygroundError(
    "stopped",
    "The training process does not answer: it may be suspended, or memory may be short. Wait, or "
    "start it again: it goes on from its last moment.",
    "El proceso del entrenamiento no responde: puede estar suspendido, o faltar memoria. Espera, o "
    "arráncalo de nuevo: seguirá desde su último momento.",
)
GIVEN_UP = PlaygroundError(
    "stopped",
    f"The training process has ended {MOST_ENDS} times within a minute, perhaps for lack of "
    "memory. Close other programs or pages, and start it again: it goes on from its last moment.",
    f"El proceso del entrenamiento ha terminado {MOST_ENDS} veces en un minuto, quizá por falta de "
    "memoria. Cierra otros programas o páginas y arráncalo de nuevo: seguirá desde su último "
    "momento.",
)


def ended(memory: Memory | None) -> PlaygroundError:
    """Return the notice that the process has ended, and where another goes on."""
    step = memory.snapshots[-1].state.step if memory else 0
    return PlaygroundError(
        "ended",
        "The training process has ended, perhaps for lack of memory. Another one goes on from step "
        f"{step}.",
        "El proceso del entrenamiento ha terminado, quizá por falta de memoria. Otro sigue desde "
        f"el paso {step}.",
    )


def process_context() -> Any:
    """Return the context of processes: a server that forks them, where the platform has one.

    The server has imported what a training needs, so that a new page waits for a fork only.
    Calling this early starts it.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["neurona.web.worker", "sklearn.datasets"])
    forkserver.ensure_running()
    return context


class WorkerRun:
    """A :class:`neurona.web.run.Run` whose training is in another process.

    The process may end at any moment: the system ends it where memory is short. Then another goes
    on from what this one remembers of it, which is a second old at most. A process that ends again
    and again, or that says nothing, is left alone until :meth:`restart`; commands say so.

    Parameters
    ----------
    task
        The task.
    on_change
        Called in a thread of this process when a requested view has come.
    on_trouble
        Called with an error when the process has ended or says nothing, and with None when a
        process answers again.

    Raises
    ------
    PlaygroundError
        If no process could be started.
    """

    def __init__(
        self,
        task: Task,
        on_change: Callable[[], None] = lambda: None,
        on_trouble: Callable[[PlaygroundError | None], None] = lambda _: None,
    ) -> None:
        self.task = task
        self.view: View
        self._on_change = on_change
        self._on_trouble = on_trouble
        self._trouble: PlaygroundError | None = None
        self._asked = itertools.count(1)
        self._waiting: dict[int, tuple[threading.Event, str, tuple[Any, ...]]] = {}
        self._states: dict[int, list[State]] = {}
        self._looking = False  # a view is waited for
        self._begun = 0  # tasks: a memory of an earlier one is outdated
        self._memory: Memory | None = None
        self._snapshots: dict[int, Snapshot] = {}  # those of the memory, by the process's numbers
        self._missed = 0  # beats since the process has said something
        self._patience = STARTING
        self._ends: deque[float] = deque(maxlen=MOST_ENDS)
        self._again = threading.Event()  # a restart is asked for
        self._closing = threading.Event()
        self._lock = threading.RLock()
        self._outbox: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._process: Any = None
        threading.Thread(target=self._keep, name="neurona-views", daemon=True).start()
        try:
            self.settle(STARTING)
        except BaseException:
            self.close()
            raise

    def begin(self, task: Task, memory: Memory | None = None) -> None:
        """Start over with another task, or go on from a memory of it, in the same process."""
        with self._lock:
            self._check()
            self.task, self._memory = task, memory
            self._begun += 1
            self._send("begin", self._begun, task.setup, memory)
        self.settle()

    def retrain(self, task: Task) -> None:
        """See :meth:`neurona.web.run.Run.retrain`."""
        with self._lock:
            self._check()
            self.task = task
            self._send("retrain", task.setup)

    def look(self, crowd: float = 1.0) -> None:
        """Request the next view that is newer than the current one.

        ``crowd`` is how many trainings share each processor.
        """
        with self._lock:
            self._looking = True
            self._send("look", self.view.version, crowd)

    def settle(self, seconds: float = ANSWERING) -> View:
        """Wait until all commands so far are executed; return the view after them."""
        self._ask("settle", seconds)
        return self.view

    def snapshots(self, most: int, seconds: float = ANSWERING) -> list[State]:
        """See :meth:`neurona.web.run.Run.snapshots`."""
        return self._states.pop(self._ask("snapshots", seconds, most))

    def recall(self, seconds: float = ANSWERING) -> Memory:
        """See :meth:`neurona.web.run.Run.recall`."""
        self._ask("recall", seconds)
        if self._memory is None:
            raise TimeoutError("the training does not answer")
        return self._memory

    def watch(self) -> None:
        """Find out whether the process lives; call it every :data:`BEAT` seconds."""
        with self._lock:
            self._missed += 1
            if self._trouble is None and self._missed * BEAT <= self._patience:
                self._send("beat")
            elif self._trouble is None:
                self._tell(SILENT)

    def restart(self) -> None:
        """End a process that says nothing, or start another after too many have ended."""
        with self._lock:
            if self._trouble is None:
                return
            self._again.set()
            self._kill()

    def close(self) -> None:
        """End the training and its process."""
        self._closing.set()
        self._again.set()
        self._send("close")
        if self._process is not None:
            self._process.join(timeout=2)
        with self._lock:
            self._kill()

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name not in COMMANDS:
            raise AttributeError(name)

        def command(*arguments: Any) -> None:
            with self._lock:
                self._check()
                self._send(name, *arguments)

        return command

    def _check(self) -> None:
        if self._trouble is not None:
            raise self._trouble.with_traceback(None)  # it may be raised again

    def _tell(self, trouble: PlaygroundError | None) -> None:
        self._trouble = trouble
        self._on_trouble(trouble)

    def _ask(self, name: str, seconds: float, *arguments: Any) -> int:
        """Send a numbered request, and wait for its response."""
        done = threading.Event()
        with self._lock:
            self._check()
            number = next(self._asked)
            self._waiting[number] = done, name, arguments
            self._send(name, number, *arguments)
        done.wait(seconds)
        with self._lock:
            if self._waiting.pop(number, None) is not None:
                self._check()
                raise TimeoutError("the training does not answer")
        return number

    def _send(self, name: str, *arguments: Any) -> None:
        """Send a command without waiting: a process that says nothing does not read either."""
        self._outbox.put((name, arguments))

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()  # one that is stopped obeys no other signal

    # ------------------------------------------------------- all below: in the thread of the views
    def _keep(self) -> None:
        """Read what the process sends; when it has ended, let another go on."""
        while not self._closing.is_set():
            try:
                self._read(self._start())
            except (EOFError, OSError):
                pass  # it has ended, or could not be started
            except Exception:
                logging.getLogger(__name__).exception("the training process could not be read")
            self._kill()
            self._renew_outbox()
            if self._closing.is_set():
                break
            if not self._again.is_set():
                self._ends.append(time.monotonic())
                if len(self._ends) == MOST_ENDS and self._ends[-1] - self._ends[0] < AT_ONCE:
                    self._give_up()
                    self._again.wait()
                else:
                    self._on_trouble(ended(self._memory))
            if self._again.is_set():
                self._again.clear()
                self._ends.clear()
                self._tell(None)

    def _start(self) -> Connection:
        """Start a process, which goes on where the last one was."""
        context = process_context()
        pipe: Connection
        pipe, other = context.Pipe()
        process = context.Process(target=work, args=(other,), daemon=True)
        process.start()
        other.close()
        with self._lock:
            self._process, self._missed, self._patience = process, 0, STARTING
            if self._closing.is_set():
                self._kill()
            first = self._first_commands()
            threading.Thread(
                target=_write,
                args=(pipe, first, self._outbox),
                name="neurona-commands",
                daemon=True,
            ).start()
        return pipe

    def _first_commands(self) -> list[Command]:
        """Return what leads a new process to where the last one was."""
        memory = self._memory
        if memory is None or not hasattr(self, "view"):
            return [("begin", (self._begun, self.task.setup, None))]
        # The page has seen newer views, perhaps: the next ones go on counting from there.
        memory = replace(memory, version=self.view.version, kept=self.view.kept + 1)
        first: list[Command] = [("begin", (self._begun, memory.setup, memory))]
        return (
            first if memory.setup == self.task.setup else [*first, ("retrain", (self.task.setup,))]
        )

    def _renew_outbox(self) -> None:
        """Keep what comes from now on, and what still waits for a response, for another process."""
        with self._lock:
            self._outbox.put(None)
            self._outbox = queue.SimpleQueue()
            for number, (_, name, arguments) in self._waiting.items():
                self._send(name, number, *arguments)
            if self._looking:
                self.look()

    def _read(self, pipe: Connection) -> None:
        """Read until the process ends; the pipe is closed once nobody writes into it either."""
        while True:
            kind, *values = pipe.recv()
            with self._lock:
                self._missed, self._patience = 0, ANSWERING
                if self._trouble is not None and not self._again.is_set():
                    self._tell(None)
                self._take(kind, *values)

    def _take(self, kind: str, *values: Any) -> None:
        """Take a message of the process."""
        if kind == "memory":
            self._remember(*values)
        elif kind == "view":
            asked, view = values
            if view["history"] is None:
                view["history"], view["flows"] = self.view.history, self.view.flows
            self.view = View(task=self.task, **view)
            if asked is None:
                self._looking = False
                self._on_change()
            else:
                self._answered(asked)
        elif kind == "recalled":
            self._answered(*values)
        elif kind == "states":
            asked, states = values
            if asked in self._waiting:
                self._states[asked] = states
            self._answered(asked)

    def _answered(self, asked: int) -> None:
        if asked in self._waiting:
            self._waiting.pop(asked)[0].set()

    def _remember(
        self, begun: int, memory: Memory, numbers: Sequence[int], new: Mapping[int, Snapshot]
    ) -> None:
        known = {**self._snapshots, **new}
        self._snapshots = {number: known[number] for number in numbers}
        if begun == self._begun:
            snapshots = tuple(self._snapshots[number] for number in numbers)
            self._memory = replace(memory, snapshots=snapshots)

    def _give_up(self) -> None:
        """Leave the last view, paused, and let nobody wait."""
        with self._lock:
            if hasattr(self, "view"):
                view = replace(self.view, playing=False, steps_per_second=0.0)
                self.view = replace(view, version=view.version + 1)
            self._tell(GIVEN_UP)
            for done, *_ in self._waiting.values():
                done.set()
        self._on_change()


def _write(
    pipe: Connection, first: Sequence[Command], outbox: queue.SimpleQueue[Command | None]
) -> None:
    """Send some commands, and those that are put into the outbox, until None."""
    with contextlib.suppress(OSError):  # it has ended
        for command in first:
            pipe.send(command)
        while (next_one := outbox.get()) is not None:
            pipe.send(next_one)


def work(pipe: Connection) -> None:
    """Run in the other process: execute commands and send requested views."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent process
    sys.setswitchinterval(SWITCH)
    threading.excepthook = _end
    if hasattr(os, "nice"):  # Windows has no such thing
        os.nice(NICENESS)
    worker = _Worker(pipe)
    with contextlib.suppress(EOFError, OSError):
        while worker.obey(*pipe.recv()):
            pass
    worker.close()


def _end(error: threading.ExceptHookArgs) -> None:
    """End the process with the thread that trains: without it nothing answers any more."""
    try:
        threading.__excepthook__(error)
    finally:
        os._exit(1)


class _Worker:
    """The worker's end of the pipe; its lock sends each requested view once."""

    def __init__(self, pipe: Connection) -> None:
        self.pipe = pipe
        self.run: Run | None = None
        self.known: int | None = None  # the version beyond which a view is waited for
        self.lock = threading.Lock()
        self.kept = -1  # of the history that the other side has
        self.begun: int | None = None  # the number of the task
        self.remembered: dict[int, Snapshot] = {}  # those that the other side has
        self.version = 0  # of what it remembers
        self.due = 0.0  # when it is to remember the next
        self.recalled = False  # it is to remember now

    def obey(self, name: str, arguments: tuple[Any, ...]) -> bool:
        """Execute one command; return whether there may be another."""
        if name == "close":
            return False
        if name == "begin":
            begun, setup, memory = arguments
            self.begun = None  # what the run does until then is of neither task
            if self.run is None:
                self.run = Run(make_task(setup), self.changed, memory)
            else:
                self.run.begin(make_task(setup), memory)
            self.begun = begun
        elif name == "beat":
            self.send("beat")
        elif self.run is None:
            raise ValueError(f"{name} before begin")
        elif name == "look":
            self.look(self.run, *arguments)
        elif name == "settle":
            self.send_view(arguments[0], self.run.settle(None))
        elif name == "snapshots":
            asked, most = arguments
            self.send("states", asked, self.run.snapshots(most, None))
        elif name == "recall":
            self.recall(self.run)
            self.send("recalled", arguments[0])
        elif name == "retrain":
            self.run.retrain(make_task(arguments[0]))
        else:
            getattr(self.run, name)(*arguments)
        return True

    def look(self, run: Run, known: int, crowd: float = 1.0) -> None:
        """Send a view that is newer than this one, now or as soon as there is one."""
        self.known = known
        self.show()
        if self.known is not None:
            run.look(crowd)

    def recall(self, run: Run) -> None:
        """Let the other side remember what is now, and not within a second."""
        self.recalled = True
        for _ in range(2):  # the second is executed after the first has been remembered
            run.settle(None)
        self.recalled = False

    def changed(self) -> None:
        """Send what the other side waits for, and what it should remember."""
        self.show()
        run, begun, now = self.run, self.begun, time.monotonic()
        if run is None or begun is None or run.view.version == self.version:
            return
        if run.view.playing and now < self.due and not self.recalled:
            return
        self.version = run.view.version
        self.due = now + REMEMBERING if run.view.playing else 0.0
        memory = run.memory()
        snapshots = {id(one): one for one in memory.snapshots}
        new = {number: one for number, one in snapshots.items() if number not in self.remembered}
        self.remembered = snapshots  # they live on, so that no number is another's
        numbers = [id(one) for one in memory.snapshots]
        self.send("memory", begun, replace(memory, snapshots=()), numbers, new)

    def show(self) -> None:
        """Send the view, if it was requested and is new."""
        run = self.run
        with self.lock:
            if run is None or self.known is None or run.view.version <= self.known:
                return
            self.known = None
        self.send_view(None, run.view)

    def send_view(self, asked: int | None, view: View) -> None:
        """Send a view; its history only where it has changed."""
        values = {name: getattr(view, name) for name in SENT}
        with self.lock, contextlib.suppress(OSError):
            if view.kept == self.kept:
                values["history"] = values["flows"] = None  # as they were
            self.kept = view.kept
            self.pipe.send(("view", asked, values))

    def send(self, *message: Any) -> None:
        """Send a message; the other side may have left."""
        with self.lock, contextlib.suppress(OSError):
            self.pipe.send(message)

    def close(self) -> None:
        """End the run."""
        if self.run is not None:
            self.run.close()
