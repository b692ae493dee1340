"""A session beside its training, in one interpreter; pictures are drawn in a thread apart.

A notebook's kernel has one thread for cells and messages, and a picture that was asked for must not
keep it: the question is noted, and answered when there is something new to see.
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
    """Messages in, and messages out through ``send``, which is called from several threads.

    Parameters
    ----------
    setup
        What is learnt at first.
    send
        Takes the content of a message, and its arrays by their names.

    Raises
    ------
    PlaygroundError
        If the parts of the set-up don't go together.

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
        self._turn = threading.RLock()  # a session answers one message after the other
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
        """Return what there is to see after all that was said so far."""
        return self.run.settle()

    def handle(self, message: Any) -> list[Message]:
        """Answer a message, and return the answers."""
        with self._turn:
            if self._ended.is_set():
                return []
            answers = self._talk.handle(message)
            self._answer(answers)
        return answers

    def greet(self) -> None:
        """Tell a page that has just opened, and all the others, what is trained."""
        with self._turn:
            self.view()
            self._answer(self._talk.greet())

    def ask(self, message: Mapping[str, Any]) -> None:
        """Note that a picture is wanted; it comes when there is something new to see."""
        with self._turn:
            self._asked = message
        self._changed.set()

    def close(self) -> None:
        """End the training and both threads."""
        self._ended.set()
        self._changed.set()
        # What is thrown away may be found by the garbage collector in any thread, one of these too,
        # and at the very end of the interpreter nothing runs that could be waited for.
        own = threading.current_thread().name.startswith("neurona-")
        if not own and not sys.is_finalizing():
            self._painter.join(timeout=10)

    def _answer(self, answers: list[Message]) -> None:
        for content, arrays in answers:
            self._send(content, arrays)

    def _draw(self) -> None:
        """Be the thread that draws: one picture for each that was asked for, and not too many."""
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
