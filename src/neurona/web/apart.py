"""Long work in another process, which is ended where it is to leave off.

In the server's own interpreter it would hold up every page; and no thread can be ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from typing import Any

from neurona.web.errors import PlaygroundError, no_answer
from neurona.web.worker import NICENESS, process_context

TURN = 0.1  # seconds between two looks whether to leave off

Stop = Callable[[], bool]
Work = Callable[..., Iterable[Any]]


def apart(
    work: Work,
    *request: Any,
    stop: Stop,
    seconds: float,
    code: str,
    niceness: int = NICENESS,
) -> Iterator[Any]:
    """Yield what ``work(*request)`` yields in another process.

    Parameters
    ----------
    work
        A function of a module, which the other process imports.
    stop
        Asked now and then whether to leave off.
    seconds
        After which the process is ended.
    code
        Of the error where it is ended.
    niceness
        The process's priority: the higher, the more it waits for others.

    Raises
    ------
    PlaygroundError
        One that the work raises; or if the process has ended, or was ended.
    """
    context = process_context()
    pipe, other = context.Pipe()
    process = context.Process(target=_work, args=(other, niceness, work, request), daemon=True)
    process.start()
    other.close()
    end = time.monotonic() + seconds
    try:
        while True:
            while not pipe.poll(TURN):
                if stop() or time.monotonic() > end:
                    raise no_answer(code)
            if stop():  # it may send faster than one looks
                raise no_answer(code)
            kind, content = pipe.recv()
            if kind == "content":
                yield content
                continue
            process.join(timeout=2)  # it has said all, and ends by itself
            if kind == "error":
                raise content
            return
    except (EOFError, OSError):
        raise no_answer(code) from None
    finally:
        process.kill()
        process.join()
        pipe.close()


def _work(pipe: Connection, niceness: int, work: Work, request: tuple[Any, ...]) -> None:
    """Work in this process, and send what comes of it, or the error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent process
    if hasattr(os, "nice"):  # Windows has no such thing
        os.nice(niceness)
    with contextlib.suppress(OSError):
        try:
            for content in work(*request):
                pipe.send(("content", content))
            pipe.send(("end", None))
        except PlaygroundError as error:
            pipe.send(("error", error))
