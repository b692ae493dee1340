"""A table as a person has it, read into columns of numbers, of categories and of dates.

pandas' and polars' frames are recognised by what they can do, so that neither is imported here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

# "empty": no cell of the column holds anything, so nobody can tell what it would hold.
Kind: TypeAlias = Literal["number", "category", "date", "empty"]

_NUMBERS = (int, float, np.integer, np.floating, Decimal, Fraction)
_NO_NUMBERS = (bool, np.timedelta64)  # which Python and NumPy take for integers
_DATES = (date, datetime, np.datetime64)
_SPANS = (timedelta, np.timedelta64)
_WIDE = ("Int128", "UInt128")  # polars' own
_CATEGORICAL = ("category", "Categorical", "Enum")  # how pandas and polars name the type


@dataclass(frozen=True, eq=False)
class Column:
    """One column, its cells all of one kind.

    Attributes
    ----------
    name
        What messages call it: its name, or ``x3`` for the fourth of an array.
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
        """Which cells hold nothing."""
        values = self.values
        missing: NDArray[np.bool_]
        if self.kind == "number":
            missing = np.isnan(values)
        elif self.kind == "date":
            missing = np.isnat(values)
        else:
            missing = np.fromiter((cell is None for cell in values), bool, len(values))
        return missing


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length; ``table[rows]`` takes some of the rows."""

    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.columns[0].values) if self.columns else 0

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __getitem__(self, rows: Any) -> Table:
        return Table(tuple(replace(one, values=one.values[rows]) for one in self.columns))


def is_frame(X: Any) -> bool:
    """Tell a data frame, pandas' or polars', from an array."""
    return hasattr(X, "columns") and hasattr(X, "dtypes") and hasattr(X, "shape")


def names_of(X: Any) -> list[str] | None:
    """Return a frame's column names if all are texts; None for an array, or for numbered columns.

    Raises
    ------
    ValueError
        If two columns have the same name.
    """
    if not is_frame(X) or not all(isinstance(name, str) for name in X.columns):
        return None
    names = [str(name) for name in X.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"X has more than one column named {', '.join(map(repr, twice))}")
    return names


def read_frame(X: Any, names: Sequence[str] | None = None) -> Table:
    """Read a frame's columns: those of the names, in their order, or all.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"kilos": [4.5, None], "kind": ["cat", None]})
    >>> [(column.name, column.kind, column.values.tolist()) for column in read_frame(frame)]
    [('kilos', 'number', [4.5, nan]), ('kind', 'category', ['cat', None])]
    """
    if names is None:
        named = names_of(X)
        labels = [f"x{i}" for i in range(X.shape[1])] if named is None else named
    else:
        labels = list(names)
    series = [X[name] for name in (X.columns if names is None else names)]
    return Table(tuple(map(_read_series, labels, series)))


def _read_series(name: str, series: Any) -> Column:
    if str(series.dtype).startswith(_CATEGORICAL):  # as the person said, be it made of numbers
        cells = series.to_list()
        return Column(name, "category", _texts(cells, which_missing(cells)))
    if str(series.dtype).startswith("period"):  # a month is the moment in which it begins
        series = series.dt.to_timestamp()
    if str(series.dtype) in _WIDE:  # NumPy has no such integers
        return read_column(name, np.array(series.to_list(), dtype=object))
    values = series.to_numpy()
    if values.ndim > 1:
        raise ValueError(
            f"column {name!r} holds {values.shape[1]} values in each cell: give numbers, texts or "
            "dates, one a cell"
        )
    return read_column(name, values)


def read_array(X: NDArray[Any]) -> Table:
    """Read the columns of an array ``(n, p)`` of objects, texts, dates or numbers.

    A column of texts that are all numbers is one of numbers: an array that is made of a list with
    texts and numbers holds them so.

    Examples
    --------
    >>> import numpy as np
    >>> [column.kind for column in read_array(np.array([["1.5", "cat"], ["", "dog"]]))]
    ['number', 'category']
    """
    return Table(tuple(read_column(f"x{i}", X[:, i]) for i in range(X.shape[1])))


def read_column(name: str, values: NDArray[Any]) -> Column:
    """Read one column: its kind is told by its type, or by what its cells are."""
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
    return _objects(name, cells)


def _objects(name: str, cells: list[Any]) -> Column:
    missing = which_missing(cells)
    types = {type(cell) for cell, none in zip(cells, missing, strict=True) if not none}
    if not types:
        return Column(name, "empty", np.full(len(cells), None))
    if all(issubclass(one, _NUMBERS) and not issubclass(one, _NO_NUMBERS) for one in types):
        filled = [
            np.nan if none else _float(cell) for cell, none in zip(cells, missing, strict=True)
        ]
        return _number(name, np.array(filled))
    if all(issubclass(one, _SPANS) for one in types):
        spans = [
            np.timedelta64("NaT", "us") if none else np.timedelta64(cell, "us")
            for cell, none in zip(cells, missing, strict=True)
        ]
        return _number(name, _seconds(np.array(spans, "timedelta64[us]")))
    if all(issubclass(one, _DATES) for one in types):
        dates = [
            np.datetime64("NaT", "us") if none else _moment(cell)
            for cell, none in zip(cells, missing, strict=True)
        ]
        return _date(name, np.array(dates, "datetime64[us]"))
    return Column(name, "category", _texts(cells, missing))


def _number(name: str, values: NDArray[np.float64]) -> Column:
    if np.isinf(values).any():
        row = int(np.argmax(np.isinf(values)))
        raise ValueError(
            f"Input X contains infinity: column {name!r}, row {row}; "
            "a cell that is not known may be missing (NaN)"
        )
    if len(values) and np.isnan(values).all():
        return Column(name, "empty", np.full(len(values), None))
    return Column(name, "number", values)


def _date(name: str, values: NDArray[Any]) -> Column:
    if len(values) and np.isnat(values).all():
        return Column(name, "empty", np.full(len(values), None))
    return Column(name, "date", values.astype("datetime64[us]"))


def _seconds(values: NDArray[Any]) -> NDArray[np.float64]:
    seconds = values.astype("timedelta64[us]").astype(np.float64) / 1e6
    return np.where(np.isnat(values), np.nan, seconds)


def _float(cell: Any) -> float:
    try:
        return float(cell)
    except OverflowError:  # a whole number beyond all floats
        return np.inf


def _moment(cell: Any) -> np.datetime64:
    if isinstance(cell, datetime) and cell.tzinfo is not None:
        cell = cell.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(cell, "us")


def which_missing(cells: Iterable[Any]) -> NDArray[np.bool_]:
    """Tell which cells hold nothing: None, NaN, NaT, pandas' NA."""
    return np.fromiter((cell is None or _is_nothing(cell) for cell in cells), bool)


def _is_nothing(cell: Any) -> bool:
    """NaN and NaT are not equal to themselves, and pandas' NA does not say whether it is."""
    try:
        return bool(cell != cell)  # noqa: PLR0124
    except (TypeError, ValueError):
        return type(cell).__name__ == "NAType"


def _texts(cells: Sequence[Any], missing: NDArray[np.bool_]) -> NDArray[Any]:
    texts = [None if none else _text(cell) for cell, none in zip(cells, missing, strict=True)]
    return np.array([*texts, None], dtype=object)[:-1]  # the None: objects, whatever the texts


def _text(cell: Any) -> str:
    """Return a category's text: the same for 1 and 1.0, which missing cells make of 1."""
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))
    return str(cell)
