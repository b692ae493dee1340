"""A file is written as a whole: at every moment the old one is there, or the new one."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

try:
    import fcntl
except ImportError:  # on Windows, where a file that is open cannot be removed anyway
    fcntl = None  # type: ignore[assignment]

LONGEST = 59  # characters of a name, 4 bytes each at most, so that a temporary name fits in 255


def replace(path: Path, data: bytes) -> None:
    """Write a file beside its place and then move it there, so that it is never half there.

    A link is followed. The mode of a file that is there stays as it is, and its owner and access
    list too, where the system allows it. A stream, such as ``/dev/stdout`` or a pipe, is written
    into. A first Ctrl-C waits until the file is there.

    Raises
    ------
    OSError
        If the file cannot be written; PermissionError if the one that is there is read-only.
    """
    if is_stream(path):
        _pour(path, data)
        return
    with _named(path), held():
        target = _target(path)
        with _partial(target) as (partial, file):
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            if target.exists():
                _make_alike(partial, target)
            if fcntl is None:
                file.close()
            partial.replace(target)


def check_replaceable(path: Path) -> None:
    """Do all that :func:`replace` does, but for the writing.

    Raises
    ------
    OSError
        As :func:`replace`.
    """
    if not is_stream(path):
        with _named(path), _partial(_target(path)):
            pass


def is_stream(path: Path) -> bool:
    """Tell whether a path is there and cannot be replaced, as a device or the standard output."""
    try:
        there = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return not path.is_file() or _standard(there) is not None


def _standard(there: os.stat_result) -> int | None:
    """Return the standard output or error stream that a file is."""
    for stream in (1, 2):
        with suppress(OSError):
            if os.path.samestat(there, os.fstat(stream)):
                return stream
    return None


def _pour(path: Path, data: bytes) -> None:
    """Write into a stream; where a file is the standard output, after what was printed."""
    stream = _standard(path.stat())
    with open(path if stream is None else stream, "wb", closefd=stream is None) as file:
        file.write(data)


@contextmanager
def held() -> Iterator[None]:
    """Let a first Ctrl-C wait until the block is left; a second one does not wait."""
    before = signal.getsignal(signal.SIGINT)
    if before is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def wait(number: int, frame: Any) -> None:
        asked.append(number)
        if len(asked) > 1 and callable(before):
            before(number, frame)

    signal.signal(signal.SIGINT, wait)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if len(asked) == 1:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let an error name the path that a person knows."""
    try:
        yield
    except OSError as error:
        error.filename = str(path)
        raise


def _target(path: Path) -> Path:
    """Return the file that a path leads to, through links; it may be written, if it is there."""
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    # An administrator could write into it all the same; who made it read-only meant something.
    if not mode & 0o222 or not os.access(target, os.W_OK):
        problem = "it is read-only: make it writable, or give another name"
        raise PermissionError(errno.EACCES, problem)
    return target


@contextmanager
def _partial(target: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """Make a file beside another, with a lock while its process lives; remove it at the end."""
    _remove_left_ones(target)
    while True:
        partial = target.with_name(f".{target.name[:LONGEST]}.{secrets.token_hex(4)}.partial")
        mode = 0o600 if target.exists() else 0o666  # less the umask
        with open(partial, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:  # noqa: B023
            try:
                if fcntl is not None:
                    with suppress(OSError):  # a file system without locks
                        fcntl.flock(file, fcntl.LOCK_EX)
                    if not os.fstat(file.fileno()).st_nlink:  # taken for a left one, and removed
                        continue
                yield partial, file
            finally:
                with suppress(OSError):
                    partial.unlink()
        return


def _remove_left_ones(target: Path) -> None:
    """Remove what processes have left that were killed as they wrote this file."""
    name = re.compile(re.escape(f".{target.name[:LONGEST]}.") + r"[0-9a-f]{8}\.partial")
    with suppress(OSError), os.scandir(target.parent) as entries:
        for entry in entries:
            if name.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    _remove_unless_locked(Path(entry.path))


def _remove_unless_locked(path: Path) -> None:
    if fcntl is None:
        path.unlink()
        return
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # an error while somebody writes it
        path.unlink()


def _make_alike(partial: Path, target: Path) -> None:
    """Give a new file the owner, the group, the mode and the access list of the old one."""
    there = target.stat()
    if hasattr(os, "chown"):
        for owner in ((-1, there.st_gid), (there.st_uid, -1)):
            with suppress(OSError):
                os.chown(partial, *owner)
    with suppress(OSError):
        shutil.copystat(target, partial)
    os.utime(partial)
