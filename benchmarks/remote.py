"""A contestant in a process of its own: Keras chooses its backend once, when it is imported."""

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
    """Start the contestant in a new process; it computes only while it is asked to.

    A question and its answer take some 50 microseconds, once for hundreds of steps.
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
    from . import contestants  # noqa: F401 - enters them all

    contestant = CONTESTANTS[name]
    os.environ.update(contestant.environment)
    training = contestant.build(task)
    gc.disable()
    while True:
        try:
            method, argument = asked.recv()
        except EOFError:  # nobody asks any more
            return
        asked.send(getattr(training, method)(argument))
