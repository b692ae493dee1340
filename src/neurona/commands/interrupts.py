"""The effect of Ctrl-C, which depends on what would be lost: each command says so as it goes on.

A KeyboardInterrupt may come up anywhere, in the middle of an import or of a destructor, where some
library swallows it, or Python shows a traceback. So it is raised in trainings only, and once more
after the next state.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from neurona.commands import INTERRUPTED

TYPE_CHECKING = False  # typing takes longer to import than all of this
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, NoReturn, TypeVar

    T = TypeVar("T")


class _Now:
    is_program = False  # then its process may be ended
    asked = False  # while Ctrl-C had to wait
    is_raised = False  # in a training


def begin(is_program: bool) -> None:
    """End the command at Ctrl-C, and its process too if that is the program's own."""
    _Now.is_program, _Now.asked = is_program, False
    at_once()


def at_once(words: str = "") -> None:
    """End the command at Ctrl-C, with these words: there is nothing left to be saved."""

    def leave(*_: object) -> NoReturn:
        if not _Now.is_program:
            raise KeyboardInterrupt(words)
        try:
            os.write(2, f"{words}\n".encode(errors="surrogateescape") if words else b"")
        finally:
            os._exit(INTERRUPTED)

    handle(leave)
    if _Now.asked:
        leave()


def raised() -> None:
    """Raise KeyboardInterrupt at Ctrl-C: the training is to be saved."""

    def tell(number: int, frame: Any) -> None:
        _Now.is_raised = True
        signal.default_int_handler(number, frame)

    _Now.is_raised = False
    handle(tell)


def until_raised(states: Iterable[T]) -> Iterator[T]:
    """Yield the states of a training until Ctrl-C, also where a library swallowed it."""
    raised()
    for state in states:
        yield state
        if _Now.is_raised:
            raise KeyboardInterrupt


def later() -> None:
    """Let a first Ctrl-C wait for :func:`at_once`, and raise KeyboardInterrupt at a second."""

    def wait(number: int, frame: Any) -> None:
        if _Now.asked:
            signal.default_int_handler(number, frame)
        _Now.asked = True

    handle(wait)


def handle(handler: Any) -> None:
    """Set a handler, but not where Ctrl-C is ignored, as in a shell's background."""
    if signal.getsignal(signal.SIGINT) not in (signal.SIG_IGN, None):
        with suppress(ValueError):  # in another thread than the main one
            signal.signal(signal.SIGINT, handler)
