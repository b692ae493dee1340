"""What tells one sweep from another: short texts, which a file keeps and compares."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from neurona.sweeps.axes import Axis


def of_array(values: Any) -> str:
    """Return a short text that tells arrays from others: their shape and a checksum."""
    if values is None:
        return "none"
    array = np.ascontiguousarray(np.asarray(values))
    data = repr(array.tolist()).encode() if array.dtype.hasobject else array.tobytes()
    return f"{array.dtype}{list(array.shape)} {hashlib.sha256(data).hexdigest()[:8]}"


def of_axes(axes: tuple[Axis, ...], seeds: tuple[int, ...]) -> dict[str, str]:
    """Return the texts on what varies."""
    grid = {axis.name: ", ".join(map(_text, axis.values)) for axis in axes}
    return {"axes": ", ".join(grid), **grid, "seeds": ", ".join(map(str, seeds))}


def _text(value: Any) -> str:
    return getattr(value, "__name__", None) or repr(value)
