"""A session within a notebook's kernel, whose frames are drawn in a separate thread.

A kernel has one thread for cells and messages, which a frame must not block: the request is noted,
and answered when there is something new to see.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from neurona.engine.types import Array
from neurona.web.run import Run, View
from neurona.web.session import Message, Session
from neurona.web.setup import Setup
from neurona.web.worker import WorkerRun

PICTURES_PER_SECOND = 30


class KernelSession:
    """Handles messages, and sends others by ``send``, which several threads call.

    Parameters
    ----------
    setup
        The first set-up.
    send
        Takes the content of a message, and its arrays by their names.

    Raises
    ------
    PlaygroundError
        If parts of the set-up are incompatible.

    Examples
    --------
    >>> session = KernelSession(Setup(), send=lambda content, arrays: print(content["type"]))
    >>> session.greet()
    welcome
    run
    >>> session.run.step(20)
    >>> session.view().state.step
    20
    >>> session.close()
    """

    def __init__(self, setup: Setup, send: Callable[[dict[str, Any], dict[str, Array]], None]):
        self._send = send
        self._changed = threading.Event()
        self._ended = threading.Event()
        self._turn = threading.RLock()  # one message at a time
        self._asked: Mapping[str, Any] | None = None
        self._talk = Session(self._changed.set, trainer=Run)
        self._talk.handle({"type": "hello", "setup": setup.to_json()})
        self._painter = threading.Thread(target=self._draw, name="neurona-pictures", daemon=True)
        self._painter.start()

    @property
    def run(self) -> Run | WorkerRun:
        """The training.

        Raises
        ------
        RuntimeError
            If the session is closed.
        """
        if self._ended.is_set():
            raise RuntimeError("this playground is closed: make another")
        return self._talk.run

    def view(self) -> View:
        """Return the view after all messages so far."""
        return self.run.settle()

    def handle(self, message: Any) -> list[Message]:
        """Handle a message, and return the responses."""
        with self._turn:
            if self._ended.is_set():
                return []
            answers = self._talk.handle(message)
            self._answer(answers)
        return answers

    def greet(self) -> None:
        """Send the current run to all views, of which one has just opened."""
        with self._turn:
            self.view()
            self._answer(self._talk.greet())

    def ask(self, message: Mapping[str, Any]) -> None:
        """Request a frame, which is sent when there is something new to see."""
        with self._turn:
            self._asked = message
            self._talk.look()
        self._changed.set()

    def close(self) -> None:
        """End the training and both threads."""
        self._ended.set()
        self._changed.set()
        # The garbage collector may run this in any thread, one of these too. At the interpreter's
        # exit no thread runs that could be joined.
        own = threading.current_thread().name.startswith("neurona-")
        if not own and not sys.is_finalizing():
            self._painter.join(timeout=10)

    def _answer(self, answers: list[Message]) -> None:
        for content, arrays in answers:
            self._send(content, arrays)

    def _draw(self) -> None:
        """Draw in a thread: one frame for each request, at a limited rate."""
        while not self._ended.is_set():
            self._changed.wait()
            self._changed.clear()
            with self._turn:
                wanted = self._asked if self._talk.news and not self._ended.is_set() else None
                if wanted is not None:
                    self._asked = None
                    self._answer(self._talk.handle(wanted))
            if wanted is not None:
                self._ended.wait(1 / PICTURES_PER_SECOND)
        self._talk.close()
