"""Python programs that run beside the tests: with several devices, or several at once."""

import json
import os
import signal
import socket
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

from tests.support.forks import Popen

ROOT = Path(__file__).parents[2]
ONCE = {"OMP_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}


@dataclass
class Ended:
    """The outcome of a program."""

    code: int
    out: str
    err: str

    @property
    def told(self):
        """The values that it has printed by ``tell(name=value)``."""
        lines = [line.partition("TOLD ")[2] for line in self.out.splitlines() if "TOLD " in line]
        return {name: value for line in lines for name, value in json.loads(line).items()}


PREAMBLE = """
import json, os, sys
def tell(**what):
    print("TOLD", json.dumps(what), flush=True)
"""


def with_devices(n):
    """Return the environment in which JAX makes n devices of the processor."""
    flag = f"--xla_force_host_platform_device_count={n}"
    return {"XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {flag}"}


def begin(program, *arguments, **environment):
    """Start a program, in which ``tell(name=value)`` is there."""
    return Popen(
        [sys.executable, "-c", PREAMBLE + textwrap.dedent(program), *map(str, arguments)],
        stdout=PIPE,
        stderr=PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **ONCE, **environment},
    )


def ended(started, within=120):
    """Return how each has ended; those that have not by then are killed, and the test fails."""
    results = []
    try:
        for one in started:
            out, err = one.communicate(timeout=within)
            results.append(Ended(one.returncode, out, err))
    finally:
        for one in started:
            if one.poll() is None:
                one.send_signal(signal.SIGCONT)
                one.kill()
                one.communicate()
    return results


def free_address():
    """Return an address of this machine that nothing listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


CONNECTED = """
import neurona
from neurona import distributed
coordinator, processes, me, timeout = sys.argv[1], *map(int, sys.argv[2:])
distributed.connect(coordinator, processes=processes, process_id=me, timeout=timeout)
"""


def connected(program, processes=2, timeout=60, within=120, **environment):
    """Return how so many connected processes with the same program have ended.

    In it ``me`` is the process id.
    """
    address = free_address()
    program = CONNECTED + textwrap.dedent(program)
    started = [
        begin(program, address, processes, me, timeout, **environment) for me in range(processes)
    ]
    return ended(started, within)
