"""What tells one sweep from another: short texts, which a file keeps and compares."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from neurona.sweeps.axes import Axis
from neurona.tables.table import Columns


def of_data(values: Any) -> str:
    """Return a short text that tells data from other data: their size and a checksum.

    >>> of_data(np.zeros((2, 3))), of_data(None)
    ('2 rows 17b0761f', 'none')
    """
    if values is None:
        return "none"
    columns = [one.values for one in values] if isinstance(values, Columns) else [values]
    sum_ = hashlib.sha256()
    for column in columns:
        array = np.ascontiguousarray(column)
        data = repr(array.tolist()).encode() if array.dtype.hasobject else array.tobytes()
        sum_.update(f"{array.dtype} {array.shape}".encode() + data)
    return f"{len(values)} rows {sum_.hexdigest()[:8]}"


def of_axes(axes: tuple[Axis, ...], seeds: tuple[int, ...]) -> dict[str, str]:
    """Return the texts on what varies."""
    grid = {axis.name: ", ".join(map(_text, axis.values)) for axis in axes}
    return {"axes": ", ".join(grid), **grid, "seeds": ", ".join(map(str, seeds))}


def _text(value: Any) -> str:
    return getattr(value, "__name__", None) or repr(value)
