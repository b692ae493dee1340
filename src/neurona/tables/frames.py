"""Frames and arrays, read into columns.

pandas' and polars' frames are recognized by what they can do, so that neither is imported here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any

from numpy.typing import NDArray

from neurona.tables.cells import decimal_in
from neurona.tables.columns import Column, objects
from neurona.tables.kinds import read_categories, read_column
from neurona.tables.preparation import Preparation
from neurona.tables.table import Columns

_WIDE = ("Int128", "UInt128")  # polars' own
_TEXTS = ("object", "str", "string", "String")  # the names of types in pandas and polars
_CATEGORICAL = ("category", "Categorical", "Enum")  # the name of the type in pandas and polars


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
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise ValueError(f"X has more than one column named {', '.join(map(repr, twice))}")
    return names


def read_frame(
    X: Any, names: Sequence[str] | None = None, learned: Preparation | None = None
) -> Columns:
    """Read a frame's columns: those of the names, in their order, or all.

    Texts are read as the column was when its preparation was ``learned``.

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
    forms = _forms(learned, [one.to_numpy() for one in series if str(one.dtype) in _TEXTS])
    each = zip(labels, series, forms, strict=False)
    return Columns(tuple(read_series(*one) for one in each))


def _forms(learned: Preparation | None, values: Iterable[NDArray[Any]]) -> Iterator[dict[str, Any]]:
    """Yield how the texts of each column are read: with the decimal sign that the table tells."""
    texts = {cell for one in values for cell in one.ravel().tolist() if isinstance(cell, str)}
    forms = [{}] if learned is None else [*map(learned.form, range(len(learned.kinds)))]
    told: dict[str, Any] = {}
    if "," in "\n".join(texts) or any(form.get("decimal") == "," for form in forms):
        decimal = decimal_in(texts, ".")
        told = {"decimal": decimal} if decimal == decimal_in(texts, ",") else {}
    return (form | told for form in (repeat({}) if learned is None else forms))


def read_series(name: str, series: Any, form: dict[str, Any]) -> Column:
    """Read one column of a frame; see :func:`~neurona.tables.kinds.read_column` for its form."""
    if str(series.dtype).startswith(_CATEGORICAL):  # as the person said, even if of numbers
        return read_categories(name, series.to_list())
    if str(series.dtype).startswith("period"):  # a month is the moment in which it begins
        series = series.dt.to_timestamp()
    # NumPy has no such integers, and knows no time zones
    if str(series.dtype) in _WIDE or getattr(series.dtype, "time_zone", None) is not None:
        return read_column(name, objects(series.to_list()))
    values = series.to_numpy()
    if values.ndim > 1:
        raise ValueError(
            f"column {name!r} holds {values.shape[1]} values in each cell: give numbers, texts or "
            "dates, one a cell"
        )
    return read_column(name, values, **form)


def read_array(X: NDArray[Any], learned: Preparation | None = None) -> Columns:
    """Read the columns of an array ``(n, p)`` of objects, texts, dates or numbers.

    Examples
    --------
    >>> import numpy as np
    >>> [column.kind for column in read_array(np.array([["1.5", "cat"], ["", "dog"]]))]
    ['number', 'category']
    """
    forms = _forms(learned, [X] if X.dtype.kind in "OUT" else [])
    each = zip(range(X.shape[1]), forms, strict=False)
    return Columns(tuple(read_column(f"x{i}", X[:, i], **form) for i, form in each))
