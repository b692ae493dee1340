"""Several processes that train one network together, and what each asks the others for.

Where nobody has connected, all of this is of one process alone, and costs nothing:
:mod:`neurona.engine.distributed` connects.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import Any

import numpy as np


class ProcessMissing(RuntimeError):
    """A process that the others wait for is not there; the message says which, and why.

    Attributes
    ----------
    processes
        The process ids of those that are missing.
    """

    def __init__(self, message: str, processes: tuple[int, ...] = ()) -> None:
        super().__init__(message)
        self.processes = processes

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what makes the error again."""
        return ProcessMissing, (*self.args, self.processes)


class ProcessesDisagree(ValueError):
    """The processes have different settings or data; all of them raise it."""


_connection: Any = None  # a neurona.engine.distributed.Connection


def join(connection: Any) -> None:
    """Take a connection, for all the training to come: a process has one, as JAX has."""
    global _connection  # noqa: PLW0603
    _connection = connection


def is_connected() -> bool:
    """Tell whether this process is connected with others."""
    return _connection is not None


def process_id() -> int:
    """Return which of the processes this is, from 0 on; 0 where they are not connected."""
    return _connection.process_id if _connection else 0


def processes() -> int:
    """Return how many processes train together; 1 where they are not connected."""
    return _connection.processes if _connection else 1


def is_first() -> bool:
    """Tell whether this is the process that prints, and writes the files."""
    return process_id() == 0


def gathered(value: Any, timeout: float | None = None) -> list[Any]:
    """Return the values of all processes, in their order: each calls this, as often as the others.

    Parameters
    ----------
    value
        None, a bool, a number, a string or a NumPy array, in lists and in dicts with string keys.
        Tuples come back as lists.
    timeout
        Seconds to wait for the others; those of :func:`connect` by default.

    Raises
    ------
    TypeError
        If the value is something else.
    ProcessMissing
        If a process does not come to this call.

    Examples
    --------
    >>> gathered({"rows": 3, "sum": np.array([1.0, 2.0])})
    [{'rows': 3, 'sum': array([1., 2.])}]
    """
    told = packed(value)
    return [unpacked(told)] if _connection is None else _connection.gathered(told, timeout)


def agreed(facts: dict[str, Any], timeout: float | None = None) -> None:
    """Compare facts, such as settings, with those of all processes.

    Raises
    ------
    ProcessesDisagree
        In every process, if one has another fact than the first; the message has both.
    ProcessMissing
        If a process does not come to this call.

    Examples
    --------
    >>> agreed({"dtype": "float32"})
    """
    first, *others = gathered(facts, timeout)
    problems = [
        f"{name} is {its.get(name)} in process {process}, and {first.get(name)} in process 0"
        for process, its in enumerate(others, start=1)
        for name in first | its
        if its.get(name) != first.get(name)
    ]
    if problems:
        more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise ProcessesDisagree(f"the processes disagree: {'; '.join(problems[:3])}{more}")


def awaited(call: Callable[[], Any]) -> Any:
    """Return what a call returns that needs all processes, such as a compiled step.

    Raises
    ------
    ProcessMissing
        If a process does not come to this call.
    """
    return call() if _connection is None else _connection.awaited(call)


def leaving(reason: str, missing: tuple[int, ...] = ()) -> None:
    """Tell the others that this process goes, and why: they will not wait for it for long.

    ``missing`` are the processes for want of which it goes.
    """
    if _connection:
        with suppress(OSError):  # the coordinator has gone
            _connection.say(why=reason, missing=missing, place=_connection.place)


@contextmanager
def staying(common: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Tell the others where an exception ends what they wait for, and which.

    ``common`` are those that all processes raise alike; they stay together then.

    Examples
    --------
    >>> with staying():
    ...     pass  # such as reading a file
    """
    try:
        yield
    except BaseException as error:
        if isinstance(error, (GeneratorExit, ProcessesDisagree, *common)):
            raise
        text = f"{type(error).__name__}: {error}".partition("\n")[0].rstrip(": ")
        leaving(text[:500], getattr(error, "processes", ()))
        raise


def packed(value: Any) -> bytes:
    """Return a value as bytes: JSON, and beside it the arrays.

    >>> unpacked(packed({"a": [1, 0.1, None], "b": np.arange(2)}))
    {'a': [1, 0.1, None], 'b': array([0, 1])}
    """
    arrays: dict[str, Any] = {}

    def plain(one: Any) -> Any:
        if isinstance(one, np.ndarray):
            if one.dtype.hasobject:
                raise TypeError("an array of objects cannot go to other processes: give numbers")
            arrays[f"a{len(arrays)}"] = one
            return {"": f"a{len(arrays) - 1}"}
        if isinstance(one, np.generic):
            return one.item()
        if isinstance(one, dict) and all(isinstance(key, str) and key for key in one):
            return {key: plain(its) for key, its in one.items()}
        if isinstance(one, list | tuple):
            return [*map(plain, one)]
        if one is None or isinstance(one, bool | int | float | str):
            return one
        raise TypeError(
            f"a {type(one).__name__} cannot go to other processes: give None, numbers, strings "
            "and arrays, in lists and in dicts with string keys"
        )

    text = json.dumps(plain(value)).encode()
    file = BytesIO()
    np.savez(file, json=np.frombuffer(text, np.uint8), **arrays)
    return file.getvalue()


def unpacked(told: bytes) -> Any:
    """Return the value that :func:`packed` made bytes of."""
    with np.load(BytesIO(told), allow_pickle=False) as arrays:

        def rich(one: Any) -> Any:
            if isinstance(one, dict):
                return arrays[one[""]] if "" in one else {k: rich(its) for k, its in one.items()}
            return [*map(rich, one)] if isinstance(one, list) else one

        return rich(json.loads(arrays["json"].tobytes()))
