"""Short texts that tell one sweep from another; a file keeps and compares them."""

from __future__ import annotations

from typing import Any

from neurona.engine.fingerprint import digest, written
from neurona.sweeps.axes import Axis
from neurona.tables.table import Columns


def of_data(values: Any) -> str:
    """Return a short text that tells data from other data.

    >>> of_data([[0.0, 0.0]]), of_data(None)
    ('1 x 2 float64, 29307db8a502', 'none')
    """
    if values is None:
        return "none"
    if isinstance(values, Columns):
        return f"{len(values)} rows, {digest([digest(one.values) for one in values])}"
    return digest(values)


def of_examples(subject: Any) -> dict[str, str]:
    """Return the texts on the examples of a case, or of fits."""
    return {name: of_data(getattr(subject, name)) for name in ("X", "y", "X_val", "y_val")}


def of_axes(axes: tuple[Axis, ...], seeds: tuple[int, ...]) -> dict[str, str]:
    """Return the texts on what varies."""
    grid = {axis.name: ", ".join(map(written, axis.values)) for axis in axes}
    return {"axes": ", ".join(grid), **grid, "seeds": ", ".join(map(str, seeds))}
