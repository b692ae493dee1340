"""Short texts by which data and settings are known again: in a file, or in another process."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any

import numpy as np

from neurona.engine.data import LARGE
from neurona.engine.parameters import arrays
from neurona.engine.state import State

SAMPLE = 1000  # rows of a large table by which it is known again


def digest(values: Any) -> str:
    """Return a text by which an array is known again: its shape, its kind and a hash of it.

    That of more than 64 MB is of 1,000 rows at even distances.

    >>> digest(np.zeros((2, 3)))
    '2 x 3 float64, 672ad4916724'
    """
    array = np.asanyarray(values)
    shape = " x ".join(map(str, array.shape)) or "one"
    if array.nbytes > LARGE:
        array = array[np.linspace(0, len(array) - 1, SAMPLE).astype(int)]
    if array.dtype.hasobject:
        data = "\0".join(map(str, array.ravel().tolist())).encode()
    else:
        data = np.ascontiguousarray(array).tobytes()
    return f"{shape} {array.dtype}, {hashed(data)}"


def hashed(data: bytes) -> str:
    """Return a short hash of bytes, in which two that differ do so almost certainly."""
    return blake2b(data, digest_size=6).hexdigest()


def written(value: Any) -> str:
    """Return a text of a setting that is the same in each process: without places in memory.

    >>> written(np.random.default_rng(0)) == written(np.random.default_rng(0))
    True
    >>> written(lambda step: 0.1)
    '<function <lambda>>'
    """
    if isinstance(value, np.random.Generator):
        return f"a generator at {hashed(repr(value.bit_generator.state).encode())}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(written, value))}]"
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))


def of_start(start: Any) -> str:
    """Return a text by which a state, or parameters to begin with, are known again."""
    params = start.params if isinstance(start, State) else start
    step = f"step {start.step}, " if isinstance(start, State) else ""
    return step + ", ".join(map(digest, arrays(params)))
