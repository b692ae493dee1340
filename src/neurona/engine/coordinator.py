"""The coordinator of several processes: the roll call, then JAX's coordination service.

JAX's own service does not do for this. It ends a process at once, without a Python error, where
another does not come in time (``connect``), where two have one id, and where the service is gone:
so it begins when all are there, and runs beside the first process, not in it. Each process keeps a
connection open; when one closes, the others are told, and when all are closed the coordinator ends.

A message is a line of JSON: a process tells its ``process``, and later ``why`` it leaves. The
coordinator tells who is ``here``, that ``all`` are, whom it ``refused``, who is ``missing`` when
the time is over, and who is ``gone``.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from selectors import EVENT_READ, DefaultSelector
from threading import Thread
from time import monotonic, sleep
from typing import Any

HELLO = 5.0  # seconds in which a caller must say who it is
LINGER = 3.0  # seconds that the last processes have to end before JAX's service does


class Coordinator:
    """The process beside the first one, as the first one sees it."""

    def __init__(self, **settings: Any) -> None:
        program = f"import sys; sys.path[:0] = {sys.path!r}; from {__name__} import main; main()"
        self.child = subprocess.Popen(
            [sys.executable, "-c", program, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C is not for it
        )
        problem = self._reply()
        if problem:
            raise ValueError(f"the coordinator cannot use its address: {problem}")

    def serve(self, address: str, processes: int, **settings: Any) -> None:
        """Start JAX's service, with what JAX would start it with in this process."""
        assert self.child.stdin is not None
        self.child.stdin.write(json.dumps([address, processes, settings]) + "\n")
        self.child.stdin.flush()
        problem = self._reply()
        if problem:
            raise RuntimeError(f"JAX's coordination service does not start: {problem}")

    def _reply(self) -> str:
        """Return what was wrong with the last request, or ``""``."""
        assert self.child.stdout is not None
        line = self.child.stdout.readline()
        return line.strip() if line else "it has ended"

    def shutdown(self) -> None:
        """Do nothing, where JAX would end its service: it ends with the last process."""


def main() -> None:
    """Call the roll, start JAX's service, and stay until every process has gone."""
    settings = json.loads(sys.argv[1])
    try:
        listener = listening(settings.pop("host"), settings.pop("port"))
    except OSError as error:
        print(error, flush=True)
        return
    print(flush=True)
    Thread(target=runtime_of_jax, daemon=True).start()  # it takes a while
    with listener:
        callers = roll_call(listener, **settings)
    if callers:
        runtime = runtime_of_jax()
        address, processes, given = json.loads(sys.stdin.readline())
        try:
            service = runtime.get_distributed_runtime_service(address, processes, **given)
        except Exception as error:
            print(error, flush=True)
            return
        print(flush=True)
        stay(callers)
        sleep(LINGER)
        del service
    os._exit(0)  # the service's threads would be waited for


def runtime_of_jax() -> Any:
    """Return the module of jaxlib that has the coordination service."""
    try:
        return import_module("jaxlib._jax")
    except ImportError:  # before jaxlib 0.6
        return import_module("jaxlib.xla_extension")


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that takes calls: of this machine alone where the host is its loopback."""
    if host == "localhost" or host.startswith("127."):
        return socket.create_server((host, port))
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("", port))


def roll_call(
    listener: socket.socket, processes: int, timeout: float, facts: dict[str, Any]
) -> dict[int, socket.socket]:
    """Return a connection to each process once all have called; none if they do not.

    All must have the ``facts`` of the first process, such as the number of processes.
    """
    here: dict[int, socket.socket] = {}
    end = monotonic() + timeout
    listener.settimeout(0.2)
    while len(here) < processes:
        for process in [one for one in here if has_closed(here[one])]:
            here.pop(process).close()
        if monotonic() > end:
            missing = [one for one in range(processes) if one not in here]
            return dismissed(here.values(), missing=missing)
        with suppress(TimeoutError):
            caller, _ = listener.accept()
            said = hello(caller)
            if said is None:
                caller.close()
                continue
            process, its_facts = said
            refused = refusal(process, its_facts, facts, here)
            if refused:
                return dismissed([caller, *here.values()], refused=refused)
            here[process] = caller
            tell(here.values(), here=sorted(here))
    tell(here.values(), all=True)
    return here


def hello(caller: socket.socket) -> tuple[int, dict[str, Any]] | None:
    """Return who calls, and its facts; None where it is not one of the processes."""
    caller.settimeout(HELLO)
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    try:
        message = json.loads(caller.makefile().readline(65536))
        return int(message["process"]), dict(message["facts"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def refusal(
    process: int, its_facts: dict[str, Any], facts: dict[str, Any], here: dict[int, Any]
) -> str:
    """Return why a process cannot join the others, or ``""``."""
    for name, value in facts.items():
        if its_facts.get(name) != value:
            return (
                f"process {process} disagrees with process 0 in {name}: {its_facts.get(name)!r} "
                f"there, {value!r} here"
            )
    if process in here:
        return f"two processes have process_id={process}: give each its own, from 0 on"
    return ""


def has_closed(connection: socket.socket) -> bool:
    """Tell whether the other side has closed; it says nothing between its call and the service."""
    try:
        connection.setblocking(False)
        return not connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        connection.settimeout(HELLO)


def tell(connections: Iterable[socket.socket], **message: Any) -> None:
    """Send a message to all who can still hear it."""
    line = json.dumps(message).encode() + b"\n"
    for one in connections:
        with suppress(OSError):
            one.sendall(line)


def dismissed(connections: Iterable[socket.socket], **message: Any) -> dict[int, socket.socket]:
    """Tell all why they cannot stay; nobody is left."""
    for one in connections:
        tell([one], **message)
        one.close()
    return {}


def stay(callers: dict[int, socket.socket]) -> None:
    """Tell the others who leaves and who is gone, until all are gone."""
    selector = DefaultSelector()
    for process, connection in callers.items():
        selector.register(connection, EVENT_READ, process)
    heard = dict.fromkeys(callers, b"")
    while callers:
        for key, _ in selector.select():
            process, connection = key.data, callers[key.data]
            try:
                heard[process] += (received := connection.recv(65536))
            except OSError:
                received = b""
            *lines, heard[process] = heard[process].split(b"\n")
            messages = [{**json.loads(line), "ended": False} for line in lines]
            if not received:
                selector.unregister(connection)
                callers.pop(process).close()
                messages.append({"why": "", "missing": [], "place": -1, "ended": True})
            for message in messages:
                others = [one for its, one in callers.items() if its != process]
                tell(others, gone=process, its=message)
