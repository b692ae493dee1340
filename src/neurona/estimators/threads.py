"""One thread for small products: several wait for each other longer than they compute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

from neurona.engine.parameters import arrays
from neurona.engine.state import State
from neurona.engine.types import Params

# Multiplications of a layer in a step. Two threads gained nothing below, and a quarter at four
# times as many; where other fits took the cores, they took ten times as long as one.
SMALL = 2**24


def is_small(params: Params, batch_size: int) -> bool:
    """Tell whether a step of one network is so small that one thread of BLAS is fastest.

    >>> from neurona import network
    >>> params = network([30, 64, 1], "tanh").init(0)
    >>> is_small(params, 256), is_small(params, 10_000)
    (True, False)
    """
    return batch_size * max(array.size for array in arrays(params)) <= SMALL


def on_one_thread(running: Iterator[State]) -> Iterator[State]:
    """Yield the states of a training that takes one thread of BLAS, and its caller all of them.

    The networks of an ensemble are small, and so are their batches.
    """
    while True:
        with _one_thread:
            state = next(running, None)
        if state is None:
            return
        yield state


class OneThread:
    """The limit of one thread, which all fits of a process share.

    BLAS has one number of threads for the process. If fits in several threads of it, such as those
    of a Dask worker, each restored what they found, one would leave the limit of another behind.
    So the first one sets the limit and the last one lifts it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._holders = 0
        self._before: list[int] = []

    @cached_property
    def _libraries(self) -> list[Any]:
        """Return BLAS, of which there may be several; to find them takes a millisecond."""
        found: list[Any] = ThreadpoolController().select(user_api="blas").lib_controllers
        return found

    def _set(self, threads: Iterable[int]) -> None:
        for library, its in zip(self._libraries, threads, strict=True):
            library.set_num_threads(its)
            # From threadpoolctl 3.8 on, the thread that sets the number is the only one that may.
            getattr(library, "clear_controlling_thread", bool)()

    def __enter__(self) -> None:
        with self._lock:
            if not self._holders:
                self._before = [library.num_threads for library in self._libraries]
                self._set(1 for _ in self._libraries)
            self._holders += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._holders -= 1
            if not self._holders:
                self._set(self._before)


_one_thread = OneThread()
