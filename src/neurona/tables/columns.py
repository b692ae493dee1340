"""A column: a name, and cells that are all of one kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from neurona.tables.cells import (
    float_of,
    is_date,
    is_missing,
    is_number,
    looks_like_date,
    looks_like_number,
    moment_of,
    text_of,
)

# "empty": all cells are missing, so nobody can tell the kind.
Kind: TypeAlias = Literal["number", "category", "date", "empty"]

MOST_NUMBERED_CLASSES = 20
"""Up to so many distinct whole numbers are taken for classes; more are quantities."""

_DURATIONS = (timedelta, np.timedelta64)


@dataclass(frozen=True, eq=False)
class Column:
    """One column, its cells all of one kind.

    Attributes
    ----------
    name
        Its name in messages: ``x3`` for the fourth column of an array.
    kind
        ``"number"``, ``"category"``, ``"date"`` or ``"empty"``.
    values : (n,)
        float64 with NaN, texts with None, or datetime64 with NaT where the cell is missing.
    """

    name: str
    kind: Kind
    values: NDArray[Any]

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which cells are missing."""
        values = self.values
        missing: NDArray[np.bool_]
        if self.kind == "number":
            missing = np.isnan(values)
        elif self.kind == "date":
            missing = np.isnat(values)
        else:
            missing = np.fromiter((cell is None for cell in values), bool, len(values))
        return missing


def empty(name: str, n: int) -> Column:
    """Return a column of n missing cells."""
    return Column(name, "empty", np.full(n, None))


def objects(cells: Iterable[Any]) -> NDArray[Any]:
    """Return cells as an array of objects, even where NumPy would make an array of texts."""
    return np.array([*cells, None], dtype=object)[:-1]


def which_missing(cells: Iterable[Any]) -> NDArray[np.bool_]:
    """Tell which cells are missing: None, NaN, NaT, pandas' NA."""
    return np.fromiter(map(is_missing, cells), bool)


def read_column(name: str, values: NDArray[Any]) -> Column:
    """Read one column of an array or a frame; its dtype, or else its cells, tell its kind.

    A column of texts that are all numbers is one of numbers: an array that is made of a list with
    texts and numbers holds them so.

    Raises
    ------
    ValueError
        If a number is infinite, or the dtype holds no numbers, texts or dates.
    """
    kind = values.dtype.kind
    if kind in "iuf":
        return _number(name, values.astype(np.float64))
    if kind == "b":
        return Column(name, "category", _texts(values.tolist(), np.zeros(len(values), bool)))
    if kind == "M":
        return _date(name, values)
    if kind == "m":
        return _number(name, _seconds(values))
    cells = values.tolist()
    if kind in "UST":  # T is numpy's StringDType
        cells = [cell if cell else None for cell in cells]
        with suppress(ValueError):
            return _number(name, np.array([np.nan if c is None else float(c) for c in cells]))
    elif kind != "O":
        raise ValueError(f"column {name!r} is of type {values.dtype}: give numbers, texts or dates")
    return _read_objects(name, cells)


def read_categories(name: str, cells: Sequence[Any]) -> Column:
    """Read a column of categories, whatever its cells are."""
    return Column(name, "category", _texts(cells, which_missing(cells)))


def _read_objects(name: str, cells: list[Any]) -> Column:
    missing = which_missing(cells)
    kinds = {type(cell): cell for cell, no in zip(cells, missing, strict=True) if not no}.values()

    def filled(read: Any, otherwise: Any) -> list[Any]:
        return [otherwise if no else read(cell) for cell, no in zip(cells, missing, strict=True)]

    if not kinds:
        return empty(name, len(cells))
    if all(map(is_number, kinds)):
        return _number(name, np.array(filled(float_of, np.nan)))
    if all(isinstance(one, _DURATIONS) for one in kinds):
        durations = filled(lambda cell: np.timedelta64(cell, "us"), np.timedelta64("NaT", "us"))
        return _number(name, _seconds(np.array(durations, "timedelta64[us]")))
    if all(map(is_date, kinds)):
        moments = filled(moment_of, np.datetime64("NaT", "us"))
        return _date(name, np.array(moments, "datetime64[us]"))
    return Column(name, "category", _texts(cells, missing))


def _number(name: str, values: NDArray[np.float64]) -> Column:
    if np.isinf(values).any():
        row = int(np.argmax(np.isinf(values)))
        raise ValueError(
            f"Input X contains infinity: column {name!r}, row {row}; "
            "a cell that is not known may be missing (NaN)"
        )
    if len(values) and np.isnan(values).all():
        return empty(name, len(values))
    return Column(name, "number", values)


def _date(name: str, values: NDArray[Any]) -> Column:
    if len(values) and np.isnat(values).all():
        return empty(name, len(values))
    return Column(name, "date", values.astype("datetime64[us]"))


def _seconds(values: NDArray[Any]) -> NDArray[np.float64]:
    seconds = values.astype("timedelta64[us]").astype(np.float64) / 1e6
    return np.where(np.isnat(values), np.nan, seconds)


def _texts(cells: Sequence[Any], missing: NDArray[np.bool_]) -> NDArray[Any]:
    return objects(None if no else text_of(cell) for cell, no in zip(cells, missing, strict=True))


def look_like_classes(values: NDArray[np.float64]) -> bool:
    """Tell numbers that name classes from quantities: they are whole, and few are distinct.

    >>> look_like_classes(np.array([1.0, 2.0, 1.0])), look_like_classes(np.array([1.5, 2.0]))
    (True, False)
    """
    distinct = np.unique(values)
    return len(distinct) <= MOST_NUMBERED_CLASSES and bool((distinct % 1 == 0).all())


def looks_like(column: Column) -> str:
    """Say what the texts of a column may be, and how to write it; else the empty text.

    >>> looks_like(Column("born", "category", np.array(["31/12/2023", "1/2/2024", None], object)))
    'they look like dates: write them as 2024-12-31, or give --dates dmy or mdy'
    """
    if column.kind != "category":
        return ""
    texts = {cell for cell in column.values if cell is not None}
    if all(map(looks_like_date, texts)):
        return "they look like dates: write them as 2024-12-31, or give --dates dmy or mdy"
    if all(map(looks_like_number, texts)):
        return "they look like numbers: write them bare, as 1234.5"
    return ""
