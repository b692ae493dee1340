"""A message as bytes: the length of its JSON, the JSON, then its arrays, aligned to 8."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np

from neurona.engine.types import Array

ALIGNMENT = 8
DTYPES = ("float32", "int32", "uint8")


def described(content: Mapping[str, Any], arrays: Mapping[str, Array]) -> Any:
    """Return the content as JSON, with a description of its arrays."""
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES:
            raise TypeError(f"{name} is of {array.dtype}: the page reads {', '.join(DTYPES)}")
    shapes = [
        {"name": name, "dtype": array.dtype.name, "shape": list(array.shape)}
        for name, array in arrays.items()
    ]
    return jsonable({**content, "arrays": shapes})


def jsonable(value: Any) -> Any:
    """Return a value with None in place of NaN and infinities, which JSON lacks.

    Examples
    --------
    >>> jsonable({"cost": float("inf"), "rows": (1.0, float("nan"))})
    {'cost': None, 'rows': [1.0, None]}
    """
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {key: jsonable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(one) for one in value]
    return value


def encoded(content: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """Return one binary message.

    Numbers of arrays are little-endian, in C order. JSON has no NaN: there it is null.

    Examples
    --------
    >>> message = encoded({"type": "run"}, {"points": np.zeros((1, 2), np.float32)})
    >>> int.from_bytes(message[:4], "little") + 4 + 8 == len(message)
    True
    """
    header = json.dumps(described(content, arrays), allow_nan=False, separators=(",", ":")).encode()
    header += b" " * (-(4 + len(header)) % ALIGNMENT)
    parts = [len(header).to_bytes(4, "little"), header]
    for array in arrays.values():
        little = packed(array)
        parts += [little, bytes(-len(little) % ALIGNMENT)]
    return b"".join(parts)


def packed(array: Array) -> bytes:
    r"""Return the numbers of an array: little-endian, in C order.

    Examples
    --------
    >>> packed(np.array([[1, 2], [3, 4]], np.uint8).T)
    b'\x01\x03\x02\x04'
    """
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
