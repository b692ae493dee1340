"""One thread for small products: several wait for each other longer than they compute."""

from __future__ import annotations

from collections.abc import Iterator

from threadpoolctl import ThreadpoolController

from neurona.engine.state import State


def on_one_thread(running: Iterator[State]) -> Iterator[State]:
    """Yield the states of a training that takes one thread of BLAS, and its caller all of them.

    The networks of an ensemble are small, and so are their batches. Where another program takes a
    core, a fit with two threads took ten times as long as one with one.
    """
    blas = ThreadpoolController()
    while True:
        with blas.limit(limits=1, user_api="blas"):
            state = next(running, None)
        if state is None:
            return
        yield state
