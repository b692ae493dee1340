"""Python programs in processes of their own, which have already imported what takes long.

A new interpreter that imports NumPy, scikit-learn and JAX takes two seconds. Here one of them has
imported, for all tests of a worker, and each program runs in a fork of it: a process with its own
arguments, folder, environment, streams, signals and exit code. Tests of the imports, and of options
of the interpreter, start a new one. So do all when coverage is measured, which begins with it.
"""

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from subprocess import PIPE, CompletedProcess

import numpy as np

ROOT = Path(__file__).parents[2]
IMPORTED = [
    "jax", "matplotlib.pyplot", "pandas", "sklearn.model_selection", "neurona.cli",
    "neurona.commands.train", "neurona.commands.predict", "neurona.commands.demo",
    "neurona.estimators", "neurona.export", "neurona.observe.figures", "neurona.web.server",
]  # fmt: skip
NUMBER = struct.Struct("q")
LARGEST = 1 << 18  # bytes of a request: most of it is the environment

# ---- Where the tests run


class Forked(subprocess.Popen):
    """``subprocess.Popen([sys.executable, ...])``, whose process is a fork."""

    def _execute_child(self, args, executable, preexec_fn, close_fds, pass_fds, cwd, env, *others):
        """Ask for a fork, which gets the streams, and a pipe to tell its id and its end."""
        _, _, shell, *streams = others[:9]  # of each pipe, the end to read from and the other
        assert args[0] == sys.executable
        assert not any([shell, preexec_fn, pass_fds])
        request = [[*map(str, args[1:])], str(cwd or Path.cwd()), dict(env or os.environ)]
        its = streams[0], streams[3], streams[5]
        given = [number if one == -1 else one for number, one in enumerate(its)]
        self._told, tell = os.pipe()
        socket.send_fds(forking(), [json.dumps(request).encode()], [*given, tell])
        os.close(tell)
        self.pid = self._number()
        self._child_created = True
        self._close_pipe_fds(*streams)

    def _number(self):
        return NUMBER.unpack(os.read(self._told, NUMBER.size))[0]

    def _try_wait(self, flags):
        """Return the id and the status when it has ended, as ``os.waitpid`` does."""
        if flags & os.WNOHANG and not select.select([self._told], [], [], 0)[0]:
            return 0, 0
        status = self._number()
        os.close(self._told)
        return self.pid, status

    def _internal_poll(self, *_, **__):
        if self.returncode is None and self._waitpid_lock.acquire(blocking=False):
            try:
                pid, status = self._try_wait(os.WNOHANG)
                if pid:
                    self._handle_exitstatus(status)
            finally:
                self._waitpid_lock.release()
        return self.returncode


def run(args, *, capture_output=False, check=False, input=None, **given):  # noqa: A002
    """As ``subprocess.run([sys.executable, ...])``."""
    if capture_output:
        given |= {"stdout": PIPE, "stderr": PIPE}
    if input is not None:
        given["stdin"] = PIPE
    with Forked(args, **given) as process:
        done = CompletedProcess(args, None, *process.communicate(input))
    done.returncode = process.returncode
    if check:
        done.check_returncode()
    return done


@cache
def forking():
    """Start the process that forks; return the socket that it takes requests from."""
    own, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LARGEST)
    program = f"from tests.support.forks import serve; serve({its.fileno()})()"
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, pass_fds=[its.fileno()],
        env=os.environ | {"OMP_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"},
    )  # fmt: skip
    its.close()

    @atexit.register
    def end():
        own.close()
        process.wait()

    return own


# ---- In the process that forks


def serve(descriptor):
    """Import, and fork at each request; return what the fork is to run."""
    for module in IMPORTED:
        with suppress(ImportError):  # not all that tests need is everywhere
            import_module(module)
    gc.collect()
    gc.freeze()  # or each fork would copy what a collection marks
    requests = socket.socket(fileno=descriptor)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    running = {}  # who wants to know of its end, by its id
    while True:
        if requests in select.select([requests, woken], [], [])[0]:
            request, streams, *_ = socket.recv_fds(requests, LARGEST, 4)
            if not request:
                os._exit(0)
            *streams, tell = streams
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for one in (woken, wake, requests.detach(), tell, *running.values()):
                    os.close(one)
                return become(*json.loads(request), streams)
            for one in streams:
                os.close(one)
            os.write(tell, NUMBER.pack(pid))
            running[pid] = tell
        else:
            os.read(woken, 100)
        while running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            os.write(running[pid], NUMBER.pack(status))
            os.close(running.pop(pid))


def become(arguments, folder, environment, streams):
    """Take over the streams, the folder and the environment; return the program as a function."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    for stream in set(streams):
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        by_line = number == 2 or "PYTHONUNBUFFERED" in environment
        stream = open(number, "w" if number else "r", 1 if by_line else -1, closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    np.random.seed()  # noqa: NPY002 - a new interpreter would, too
    kind, *rest = arguments
    if kind == "-c":
        sys.argv = [kind, *rest[1:]]
        return partial(exec, compile(rest[0], "<string>", "exec"), vars(sys.modules["__main__"]))
    if kind == "-m":
        sys.argv = [*rest]
        sys.path[0] = folder
        sys.modules.pop(rest[0], None)
        return partial(runpy.run_module, rest[0], run_name="__main__", alter_sys=True)
    sys.argv = [*arguments]
    sys.path[0] = str(Path(kind).parent.absolute())
    return partial(runpy.run_path, kind, run_name="__main__")


if os.name == "nt" or any(name.startswith("COVERAGE_PROCESS") for name in os.environ):
    Popen, run = subprocess.Popen, subprocess.run
else:
    Popen = Forked
