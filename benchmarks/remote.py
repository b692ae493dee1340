"""Run a contestant in a new process: Keras chooses its backend once, on import."""

from __future__ import annotations

import gc
import multiprocessing
import os
from typing import TYPE_CHECKING

from .contest import CONTESTANTS, Contestant, Training

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from .tasks import Task


def train_elsewhere(contestant: Contestant, task: Task) -> Training:
    """Start the contestant in a new process, which computes only on request.

    A request and its reply take about 50 microseconds, once for hundreds of steps.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    context.Process(target=_serve, args=(contestant.name, task, there), daemon=True).start()
    there.close()

    def ask(method: str, argument: object) -> object:
        here.send((method, argument))
        return here.recv()

    return Training(lambda steps: ask("advance", steps), lambda X: ask("predict", X))


def _serve(name: str, task: Task, asked: Connection) -> None:
    from . import contestants  # noqa: F401 - registers them all

    contestant = CONTESTANTS[name]
    os.environ.update(contestant.environment)
    training = contestant.build(task)
    gc.disable()
    while True:
        try:
            method, argument = asked.recv()
        except EOFError:  # the other process has closed the pipe
            return
        asked.send(getattr(training, method)(argument))
