"""``neurona.distributed``: several processes, on one machine or many, train one network together.

JAX's own coordination and collectives do the work [1]_. Here is what they leave out: every wait has
a time limit, and its error names the process that is missing.

References
----------
.. [1] https://docs.jax.dev/en/latest/multi_process.html
"""

from __future__ import annotations

import atexit
import json
import re
import socket
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count
from math import ceil
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

from neurona.checks import check_count, check_positive
from neurona.engine import processes as joined
from neurona.engine.coordinator import Coordinator
from neurona.engine.processes import (
    ProcessesDisagree,
    ProcessMissing,
    agreed,
    gathered,
    is_first,
    leaving,
    process_id,
    processes,
    staying,
    unpacked,
)
from neurona.extras import require

__all__ = [
    "ProcessMissing",
    "ProcessesDisagree",
    "agreed",
    "connect",
    "gathered",
    "is_first",
    "leaving",
    "process_id",
    "processes",
    "staying",
]

TICK = 0.5  # seconds between two signs of life, and between two looks for those of the others
SILENT = 5.0  # seconds without a sign of life, after which a process is said to be silent
GRACE = 1.0  # seconds in which the last words of a process that has gone may still arrive
BACK = 5.0  # seconds in which one that has left, but has not ended, may come back
LAST = 5.0  # seconds for what is computed, when this process ends, to fail without it
NEVER = 7 * 24 * 3600  # seconds of silence, after which JAX would end all processes by itself
STATUS = re.compile("[A-Z_]+: ")  # what errors of JAX's runtime begin with


def connect(coordinator: str, *, processes: int, process_id: int, timeout: float = 60) -> None:
    """Connect this process with the others that train with it; call it before JAX computes.

    Afterwards ``train(..., engine="jax", devices="all")`` splits each batch over the devices of all
    processes. The connection ends with the process.

    Parameters
    ----------
    coordinator
        ``"host:port"``, the same in all processes: a free port of the first process's machine.
    processes
        How many there are.
    process_id
        Which one this is, from 0 on.
    timeout
        Seconds that any wait for another process may take; here, and in the training.

    Raises
    ------
    ValueError
        If an argument does not fit, if two processes have the same id, or if the processes have
        different versions of neurona, JAX or NumPy.
    ProcessMissing
        If a process does not come; the message names it.

    Notes
    -----
    On CPUs the processes talk through gloo. A port is open to its network, without a password: use
    a network that you trust, or ``127.0.0.1``.

    JAX ends a process at once, without a Python error, where the coordinator is killed: it runs
    beside the first process, as a process of its own.

    Examples
    --------
    >>> connect("localhost:4711", processes=2, process_id=2)
    Traceback (most recent call last):
    ValueError: process_id is 2, and there are 2 processes: give 0 to 1, each once
    """
    host, port = _address(coordinator)
    timeout, processes = check_positive("timeout", timeout), check_count("processes", processes)
    if isinstance(process_id, bool) or process_id not in range(processes):
        raise ValueError(
            f"process_id is {process_id!r}, and there are {processes} processes: give 0 to "
            f"{processes - 1}, each once"
        )
    if joined.is_connected():
        raise ValueError("this process is connected already: connect it once")
    jax = require("jax", extra="jax")
    if _has_begun():
        raise ValueError(
            "JAX has computed already: call connect before anything else uses JAX, its devices "
            "included"
        )
    facts = {"processes": processes, "neurona": sys.modules["neurona"].__version__}
    facts |= {name: version(name) for name in ("jax", "jaxlib", "numpy")}
    beside = None
    if process_id == 0:
        beside = Coordinator(
            host=host, port=port, processes=processes, timeout=timeout, facts=facts
        )
    call, lines = _roll_call(host, port, process_id, processes, facts, timeout)
    settings = {
        "jax_cpu_collectives_implementation": "gloo",
        "jax_enable_preemption_service": False,  # it would keep SIGTERM from ending the process
    }
    for name, value in settings.items():
        with suppress(AttributeError):  # an older JAX has none
            jax.config.update(name, value)
    with _service(beside):
        jax.distributed.initialize(
            f"{host}:{port}",
            num_processes=processes,
            process_id=int(process_id),
            initialization_timeout=ceil(timeout),
        )
    connection = Connection(process_id, processes, timeout, call, lines)
    atexit.register(connection.end)  # before JAX, which would wait for all
    joined.join(connection)


def _address(coordinator: str) -> tuple[str, int]:
    host, _, port = str(coordinator).rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 2**16:
        raise ValueError(
            f"coordinator is {coordinator!r}: give the first process's machine and a free port, "
            'such as "192.168.0.7:4711"'
        )
    return host, int(port)


def _has_begun() -> bool:
    """Tell whether JAX has looked for its devices, after which it does not connect any more."""
    from jax._src import xla_bridge

    return bool(xla_bridge.backends_are_initialized())


def _roll_call(
    host: str, port: int, process_id: int, processes: int, facts: Any, timeout: float
) -> tuple[socket.socket, Iterable[str]]:
    """Call the coordinator; return the connection and its lines once all processes have called."""
    end = monotonic() + timeout
    here: list[int] = []
    problem: Any = None
    while monotonic() < end:
        with ExitStack() as opened:
            try:
                left = max(0.1, end - monotonic())
                call = opened.enter_context(socket.create_connection((host, port), timeout=left))
                call.sendall(json.dumps({"process": process_id, "facts": facts}).encode() + b"\n")
                lines = opened.enter_context(call.makefile())
                for line in lines:
                    message = _understood(line, f"{host}:{port}")
                    if "refused" in message:
                        raise ValueError(message["refused"])
                    if "missing" in message:
                        here = [one for one in range(processes) if one not in message["missing"]]
                        raise _nobody(here, processes, host, port, timeout)
                    here = message.get("here", here)
                    if "all" in message:
                        call.settimeout(None)
                        opened.pop_all()
                        return call, lines
                problem = "the connection is closed"
            except OSError as error:  # it may begin later
                problem = error
        sleep(min(0.2, timeout / 10))
    raise _nobody(here, processes, host, port, timeout, problem)


def _understood(line: str, address: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        raise ValueError(
            f"coordinator is {address}, where something else answers ({line[:40]!r}): give a port "
            "that is free on the first process's machine"
        ) from None


def _nobody(
    here: list[int], processes: int, host: str, port: int, timeout: float, problem: Any = None
) -> ProcessMissing:
    """Return the error of a roll call that not all have answered."""
    if not here:
        return ProcessMissing(
            f"process 0 is missing: nobody answers at {host}:{port} within {timeout:g} seconds "
            f"({problem}); start it with process_id=0, or give its address",
            (0,),
        )
    missing = tuple(one for one in range(processes) if one not in here)
    return ProcessMissing(
        f"{_names(missing)} missing: not there within {timeout:g} seconds, of {processes} "
        f"processes; start each with its process_id and coordinator {host}:{port}",
        missing,
    )


def _names(missing: tuple[int, ...]) -> str:
    """Name processes, with the verb.

    >>> _names((1,)), _names((1, 2, 5))
    ('process 1 is', 'processes 1, 2 and 5 are')
    """
    *most, last = map(str, missing)
    return f"processes {', '.join(most)} and {last} are" if most else f"process {last} is"


@contextmanager
def _service(beside: Coordinator | None) -> Iterator[None]:
    """Let JAX's service run in the coordinator, and its client never end this process by itself."""
    from jax._src import distributed

    runtime: Any = getattr(distributed, "_jax", None) or distributed.xla_extension  # type: ignore[attr-defined]
    service, client = (
        runtime.get_distributed_runtime_service,
        runtime.get_distributed_runtime_client,
    )

    def patient(given: dict[str, Any]) -> dict[str, Any]:
        if "max_missing_heartbeats" in given:  # before jax 0.6
            return {**given, "max_missing_heartbeats": NEVER // given["heartbeat_interval"]}
        return {**given, "heartbeat_timeout": NEVER}

    def get_service(address: str, processes: int, **given: Any) -> Any:
        assert beside is not None
        beside.serve(address, processes, **patient(given))
        return beside

    def get_client(*which: Any, **given: Any) -> Any:
        return client(*which, **patient(given), shutdown_on_destruction=False)

    runtime.get_distributed_runtime_service = get_service
    runtime.get_distributed_runtime_client = get_client
    try:
        yield
    finally:
        runtime.get_distributed_runtime_service = service
        runtime.get_distributed_runtime_client = client


@dataclass
class Leaving:
    """A process that has told that it leaves, or that has ended."""

    at: float
    why: str
    missing: list[int]  # for want of whom
    place: int  # a process that comes to a later one is back
    ended: bool

    def told(self) -> str:
        """Say it in words."""
        return f"it has left: {self.why}" if self.why else "it has ended"


class Connection:
    """One process among the others, with threads that hear, give signs of life, and compute.

    Attributes
    ----------
    place
        How many calls this process has come to that need all of them.
    """

    def __init__(
        self,
        process_id: int,
        processes: int,
        timeout: float,
        call: socket.socket,
        lines: Iterable[str],
    ) -> None:
        from jax._src import distributed

        self.client: Any = distributed.global_state.client
        self.process_id = process_id
        self.processes = processes
        self.timeout = timeout
        self.call = call
        self.lines = lines
        self.place = 0
        self.lost: ProcessMissing | None = None
        self.before = ""  # the key of what was told last
        self.leaving: dict[int, Leaving] = {}
        self.places = dict.fromkeys(range(processes), 0)
        self.beats = dict.fromkeys(range(processes), ("", monotonic()))
        self.calls: SimpleQueue[Any] = SimpleQueue()
        self.ended = Event()
        self.threads = [
            Thread(target=one, daemon=True) for one in (self._hear, self._beat, self._compute)
        ]
        for thread in self.threads:
            thread.start()

    def say(self, **message: Any) -> None:
        """Send the coordinator a message."""
        self.call.sendall(json.dumps(message).encode() + b"\n")

    def gathered(self, told: bytes, timeout: float | None) -> list[Any]:
        """Return what all processes have told."""
        began, limit = self._enter(), timeout or self.timeout
        self.client.key_value_set_bytes(self._key(self.process_id), told)
        values = []
        for process in range(self.processes):
            value = told if process == self.process_id else None
            while value is None:
                try:
                    wait = int(1000 * TICK)
                    value = self.client.blocking_key_value_get_bytes(self._key(process), wait)
                except RuntimeError as error:
                    if "DEADLINE_EXCEEDED" not in str(error):
                        raise self._explained(error) from error
                    self._look(began, limit)
            values.append(unpacked(value))
        # Who has come here has read all that was told before.
        if self.before:
            with suppress(RuntimeError):
                self.client.key_value_delete(self.before)
        self.before = self._key(self.process_id)
        return values

    def _key(self, process: int) -> str:
        return f"neurona/told/{self.place}/{process}"

    def awaited(self, call: Callable[[], Any]) -> Any:
        """Return what a call returns; another thread makes it, so that the wait can end."""
        began = self._enter()
        done: SimpleQueue[Any] = SimpleQueue()
        self.calls.put((call, done))
        while True:
            try:
                value, error = done.get(timeout=TICK)
            except Empty:
                self._look(began, self.timeout)
                continue
            if error is None:
                return value
            explained = self._explained(error)
            raise explained from (None if explained is error else error)

    def _enter(self) -> float:
        if self.lost:
            raise self.lost
        self.place += 1
        return monotonic()

    def _look(self, began: float, limit: float) -> None:
        """Raise the error that names the missing, where the wait is in vain or too long."""
        now = monotonic()
        gone = [
            one
            for one, its in list(self.leaving.items())
            if (its.ended and now - its.at > GRACE)
            or (not self._is_back(one, its) and now - max(its.at, began) > min(BACK, limit / 2))
        ]
        if gone or now - began > limit:
            self.lost = self._missing(gone, limit)
            raise self.lost

    def _missing(self, gone: Collection[int], limit: float) -> ProcessMissing:
        """Return the error that names the missing: those gone, silent, or not come to this call."""
        now, others = monotonic(), [one for one in range(self.processes) if one != self.process_id]
        reasons = {}
        for one in others:
            since = now - self.beats[one][1]
            if one not in gone and since > min(SILENT, limit / 2):
                reasons[one] = f"no sign of life for {since:.0f} seconds"
        for one in gone:
            its = self.leaving[one]
            if self.process_id in its.missing:
                reasons[one] = "it has left, after it had waited for this process in vain"
            elif not its.missing:
                reasons[one] = its.told()
            for other in its.missing:
                if other != self.process_id:
                    reasons.setdefault(other, f"process {one} has left for want of it")
        if not reasons:
            behind = [one for one in others if self.places[one] < self.place]
            reasons = dict.fromkeys(behind, f"not come to the same step within {limit:g} seconds")
        if not reasons:
            return ProcessMissing(
                f"all processes are there, but what they compute together has not ended within "
                f"{limit:g} seconds: look at the network between them, or give "
                "distributed.connect(timeout=...) more seconds"
            )
        missing = tuple(sorted(reasons))
        each = "; ".join(f"process {one}: {reasons[one]}" for one in missing)
        return ProcessMissing(f"{_names(missing)} missing ({each})", missing)

    def _explained(self, error: BaseException) -> BaseException:
        """Return the error that names who is missing, where that is what made JAX fail."""
        if not (isinstance(error, RuntimeError | ValueError) and STATUS.match(str(error))):
            return error
        end = monotonic() + BACK
        while monotonic() < end:  # the coordinator will have heard
            sleep(0.1)
            if gone := [
                one for one, its in list(self.leaving.items()) if not self._is_back(one, its)
            ]:
                sleep(0.1)  # its last words come before its end
                self.lost = self._missing(gone, self.timeout)
                return self.lost
        return error

    def _is_back(self, one: int, its: Leaving) -> bool:
        """Tell whether a process has come again after it had left."""
        return not its.ended and self.places[one] > its.place

    def _hear(self) -> None:
        """Take note of who is gone."""
        with suppress(OSError, ValueError):
            for line in self.lines:
                message = json.loads(line)
                if "gone" in message:
                    its = Leaving(monotonic(), **message["its"])
                    if its.ended and (before := self.leaving.get(message["gone"])):
                        its.why, its.missing = before.why, before.missing
                    self.leaving[message["gone"]] = its

    def _beat(self) -> None:
        """Give signs of life, with the place of this process, and look for those of the others."""
        for i in count():
            with suppress(RuntimeError):  # then it is the first process that is silent
                own = f"neurona/place/{self.process_id}"
                self.client.key_value_set(own, f"{i} {self.place}", allow_overwrite=True)
                for key, value in self.client.key_value_dir_get("neurona/place/"):
                    process = int(key.rpartition("/")[2])
                    if self.beats[process][0] != value:
                        self.beats[process] = value, monotonic()
                        self.places[process] = int(value.split()[1])
            if self.ended.wait(TICK):
                return

    def _compute(self) -> None:
        """Make the calls."""
        for call, done in iter(self.calls.get, None):
            try:
                done.put((call(), None))
            except BaseException as error:
                done.put((None, error))
            del call, done

    def end(self) -> None:
        """End the connection; the others are told."""
        from jax._src import distributed

        with suppress(OSError):
            self.call.shutdown(socket.SHUT_RDWR)
        self.ended.set()
        self.calls.put(None)
        end = monotonic() + LAST
        for thread in self.threads:  # one that came back from JAX after Python's end would abort
            thread.join(max(0.0, end - monotonic()))
        state: Any = distributed.global_state
        # JAX would wait here for all the others.
        state.client = state.service = state.preemption_sync_manager = None
