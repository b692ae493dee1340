"""A run in its own process: one interpreter trains at full speed while another one draws.

Two threads of one interpreter wait for each other at every operation. The process holds the same
:class:`neurona.web.run.Run`. Commands go in through a pipe, and requested views come out.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import fields
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any

from neurona.engine.state import State
from neurona.web.run import Run, View
from neurona.web.task import Task, make_task

COMMANDS = frozenset(
    ["play", "pause", "step", "reset", "pace", "set_parameter", "set_parameters", "seek", "branch"]
)
PATIENCE = 20.0  # seconds: a new process imports NumPy first
# Training has the lowest priority: frames and commands come first.
NICENESS = 10
# Seconds after which the training lets the pipe's thread have the interpreter (usually 0.005).
SWITCH = 0.0005


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

    Parameters
    ----------
    task
        The task.
    on_change
        Called in a thread of this process when a requested view has come.
    """

    def __init__(self, task: Task, on_change: Callable[[], None] = lambda: None) -> None:
        self.task = task
        self._on_change = on_change
        self._waiting: dict[int, threading.Event] = {}
        self._states: dict[int, list[State]] = {}
        self._asked = itertools.count(1)
        self._sending = threading.Lock()
        context = process_context()
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=work, args=(other,), daemon=True)
        self._process.start()
        other.close()
        self._reader = threading.Thread(target=self._read, name="neurona-views", daemon=True)
        self.view: View
        self._reader.start()
        self._send("begin", task.setup)
        self.settle(PATIENCE)

    def begin(self, task: Task) -> None:
        """Start over with another task in the same process."""
        self.task = task
        self._send("begin", task.setup)
        self.settle()

    def retrain(self, task: Task) -> None:
        """See :meth:`neurona.web.run.Run.retrain`."""
        self.task = task
        self._send("retrain", task.setup)

    def look(self) -> None:
        """Request the next view that is newer than the current one."""
        self._send("look", self.view.version)

    def settle(self, seconds: float = 5.0) -> View:
        """Wait until all commands so far are executed; return the view after them."""
        self._ask("settle", seconds)
        return self.view

    def snapshots(self, most: int, seconds: float = 5.0) -> list[State]:
        """See :meth:`neurona.web.run.Run.snapshots`."""
        return self._states.pop(self._ask("snapshots", seconds, most))

    def close(self) -> None:
        """End the training and its process."""
        self._send("close")
        self._process.join(timeout=2)
        if self._process.is_alive():
            self._process.terminate()
        with contextlib.suppress(OSError):
            self._pipe.close()

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name not in COMMANDS:
            raise AttributeError(name)
        return lambda *arguments: self._send(name, *arguments)

    def _ask(self, name: str, seconds: float, *arguments: Any) -> int:
        """Send a numbered request, and wait for its response."""
        number = next(self._asked)
        done = self._waiting[number] = threading.Event()
        self._send(name, number, *arguments)
        if not done.wait(seconds):
            self._waiting.pop(number, None)
            raise TimeoutError("the training does not answer")
        return number

    def _send(self, name: str, *arguments: Any) -> None:
        with self._sending, contextlib.suppress(OSError):  # it has ended; its views remain
            self._pipe.send((name, arguments))

    def _read(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                asked, values = self._pipe.recv()
                if isinstance(values, list):
                    if asked in self._waiting:
                        self._states[asked] = values
                else:
                    self._see(values)
                if asked is None:
                    self._on_change()
                elif asked in self._waiting:
                    self._waiting.pop(asked).set()

    def _see(self, values: dict[str, Any]) -> None:
        if values["history"] is None:
            values["history"] = self.view.history
        self.view = View(task=self.task, **values)


def work(pipe: Connection) -> None:
    """Run in the other process: execute commands and send requested views."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent process
    sys.setswitchinterval(SWITCH)
    if hasattr(os, "nice"):  # Windows has no such thing
        os.nice(NICENESS)
    worker = _Worker(pipe)
    with contextlib.suppress(EOFError, OSError):
        while worker.obey(*pipe.recv()):
            pass
    worker.close()


class _Worker:
    """The worker's end of the pipe; its lock sends each requested view once."""

    def __init__(self, pipe: Connection) -> None:
        self.pipe = pipe
        self.run: Run | None = None
        self.known: int | None = None  # the version beyond which a view is waited for
        self.lock = threading.Lock()
        self.kept = -1  # of the history that the other side has

    def obey(self, name: str, arguments: tuple[Any, ...]) -> bool:
        """Execute one command; return whether there may be another."""
        if name == "close":
            return False
        if name == "begin":
            task = make_task(arguments[0])
            if self.run is None:
                self.run = Run(task, self.changed)
            else:
                self.run.begin(task)
        elif self.run is None:
            raise ValueError(f"{name} before begin")
        elif name == "look":
            self.known = arguments[0]
            self.changed()
        elif name == "settle":
            self.send(arguments[0], self.run.settle())
        elif name == "snapshots":
            asked, most = arguments
            states = self.run.snapshots(most)
            with self.lock, contextlib.suppress(OSError):
                self.pipe.send((asked, states))
        elif name == "retrain":
            self.run.retrain(make_task(arguments[0]))
        else:
            getattr(self.run, name)(*arguments)
        return True

    def changed(self) -> None:
        """Send the view, if it was requested and is new."""
        run = self.run
        with self.lock:
            if run is None or self.known is None or run.view.version <= self.known:
                return
            self.known = None
        self.send(None, run.view)

    def send(self, asked: int | None, view: View) -> None:
        values = {f.name: getattr(view, f.name) for f in fields(view) if f.name != "task"}
        with self.lock, contextlib.suppress(OSError):
            if view.kept == self.kept:
                values["history"] = None  # as it was
            self.kept = view.kept
            self.pipe.send((asked, values))

    def close(self) -> None:
        """End the run."""
        if self.run is not None:
            self.run.close()
