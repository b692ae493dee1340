"""The forms in which X and y may come, brought into those that are read: frames and arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array

from neurona.extras import require
from neurona.tables.cells import is_number
from neurona.tables.columns import objects
from neurona.tables.frames import is_frame
from neurona.tables.large import LARGE
from neurona.tables.parquet import ParquetTable
from neurona.tables.table import Columns


class DictFrame:
    """A dict of columns, lists, arrays or series of one length, as a frame.

    >>> frame = DictFrame({"kilos": [4.5, 30.0], "kind": ["cat", "dog"]})
    >>> frame.columns, frame.shape
    (['kilos', 'kind'], (2, 2))

    Raises
    ------
    ValueError
        If a name is not a text, or the columns are not of one length.
    """

    def __init__(self, given: Mapping[Any, Any]) -> None:
        strange = [name for name in given if not isinstance(name, str)]
        if strange:
            raise ValueError(
                f"X is a dict with the key {strange[0]!r}: give each column a text as name"
            )
        self.columns = list(given)
        self._series = {name: _series(name, cells) for name, cells in given.items()}
        lengths = {name: len(one.to_numpy()) for name, one in self._series.items()}
        if len(set(lengths.values())) != 1 or 0 in lengths.values():
            raise ValueError(
                f"X is a dict whose columns have so many cells: {lengths or 'none'}; give each the "
                "same number, one or more"
            )
        self.shape = lengths[self.columns[0]], len(self.columns)

    @property
    def dtypes(self) -> list[Any]:
        """The type of each column."""
        return [one.dtype for one in self._series.values()]

    def __getitem__(self, name: str) -> Any:
        return self._series[name]


class _Series:
    """An array as a series."""

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values
        self.dtype = values.dtype

    def to_numpy(self) -> NDArray[Any]:
        return self.values


def _series(name: str, cells: Any) -> Any:
    if type(cells).__module__ == "pyarrow.lib":  # its own to_numpy refuses texts
        cells = ParquetTable(require("pyarrow", extra="parquet").table({name: cells})).values(name)
    elif hasattr(cells, "to_numpy"):
        return cells
    values = unmasked(np.asanyarray(cells))
    if values.dtype.kind in "US" and not isinstance(cells, np.ndarray):
        values = objects(cells)  # so that numbers among texts stay numbers
    if values.ndim != 1:
        raise ValueError(f"column {name!r} has shape {values.shape}: give one cell for each row")
    return _Series(values)


def usual_form(estimator: Any, X: Any, reset: bool) -> Any:
    """Return X as a frame whose columns have names, columns, or an array; or say what to give."""
    if hasattr(X, "tocsr"):  # a sparse matrix, of which one form is a dict too
        return X
    if hasattr(X, "collect"):
        raise ValueError("X is a frame that has not been computed yet: give X.collect()")
    X = computed("X", X)
    if isinstance(X, list | tuple) and X and isinstance(X[0], Mapping):
        raise ValueError(
            "X is a list of dicts: give a dict of columns, {'name': [cell, ...], ...}, or a frame, "
            "such as pandas.DataFrame(X)"
        )
    if type(X).__module__ == "pyarrow.lib" and hasattr(X, "column_names"):
        X = _of_arrow(X)
    if isinstance(X, np.ndarray) and X.dtype.names:
        X = {name: X[name] for name in X.dtype.names}
    if isinstance(X, Mapping):
        return DictFrame(X)
    return _with_names(estimator, X, reset) if is_frame(X) else unmasked(X)


def _of_arrow(X: Any) -> dict[str, NDArray[Any]]:
    """Return the columns of a table of Arrow, or of a batch; NumPy would forget their names.

    Raises
    ------
    ValueError
        If two columns have the same name.
    """
    names = X.column_names
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"X has more than one column named {twice[0]!r}")
    if not hasattr(X, "to_batches"):
        X = require("pyarrow", extra="parquet").Table.from_batches([X])
    table = ParquetTable(X)
    return {name: table.values(name) for name in names}


def _with_names(estimator: Any, X: Any, reset: bool) -> Any:
    """Return a frame with the texts of its columns' names, where these are numbers, say.

    Then they are found by them. Only 0, 1, 2 … are places: an array's columns have these.

    Raises
    ------
    ValueError
        If the columns are numbered, and one that was learned from is not there.
    """
    names = list(X.columns)
    if any(isinstance(name, str) for name in names) or not hasattr(X, "set_axis"):
        return X  # scikit-learn refuses texts among others
    numbered, places = names == list(range(len(names))), all(map(is_number, names))
    if reset:
        return X if numbered else X.set_axis([*map(str, names)], axis=1)
    known = getattr(estimator, "feature_names_in_", None)
    if known is not None:
        texts = [*map(str, names)]
        return X if numbered and not set(known) <= set(texts) else X.set_axis(texts, axis=1)
    if numbered or not places:
        return X
    wanted = list(range(estimator.n_features_in_))
    absent = [place for place in wanted if place not in names]
    if absent:
        raise ValueError(
            f"X lacks the column(s) {', '.join(map(str, absent))}: the network learned from the "
            f"columns 0 to {wanted[-1]}, and X has {', '.join(map(str, names))}; give X.to_numpy() "
            "if only their order counts"
        )
    return X[wanted]


def numbers_of(estimator: Any, table: Columns) -> NDArray[Any]:
    """Return columns of numbers as the network takes them, without any preparation."""
    for column in table:
        if column.kind not in ("number", "empty"):
            raise ValueError(
                f"column {column.name!r} does not hold numbers, and preprocess=None takes numbers "
                "as they are: give preprocess='auto'"
            )
    x = np.stack([column.values.astype(np.float64) for column in table], axis=1)
    checked: NDArray[Any] = check_array(x, input_name="X", estimator=estimator)
    return checked


def computed(name: str, given: Any) -> Any:
    """Return what Dask holds as an array or a frame, and all else as it is.

    Raises
    ------
    ValueError
        If it would be of more than 8 million cells, or is a data set of Ray, which holds X and y.
    """
    if hasattr(given, "iter_batches"):
        raise ValueError(
            f"{name} is a data set of Ray: give partial_fit the columns of each of its "
            "iter_batches(), or those of its to_pandas()"
        )
    if not hasattr(given, "__dask_graph__"):
        return given
    if isinstance(given.shape[0], float):  # not a number: blocks of unknown lengths
        given = given.compute_chunk_sizes()
    cells = len(given) * math.prod(given.shape[1:])
    if cells > LARGE:
        raise ValueError(
            f"{name} is a collection of Dask with {cells:,} cells, and at most {LARGE:,} are "
            f"computed here: give {name}.compute() where memory holds it; otherwise give its parts "
            "to partial_fit, and predict to its map_partitions or map_blocks"
        )
    return given.compute()


def unmasked(given: Any) -> Any:
    """Return a masked array as one whose masked cells are missing; all else as it is.

    >>> unmasked(np.ma.array([1, 2, 3], mask=[False, True, False]))
    array([ 1., nan,  3.])
    """
    if not isinstance(given, np.ma.MaskedArray):
        return given
    if not np.ma.is_masked(given):
        return np.asarray(given)
    values, missing = np.array(given.data), np.ma.getmaskarray(given)
    if values.dtype.kind in "iuf":
        values = values.astype(np.result_type(values.dtype, np.float32))
    elif values.dtype.kind not in "mM":
        values = values.astype(object)
    values[missing] = np.nan if values.dtype.kind == "f" else None
    return values


def target_of(y: Any) -> NDArray[Any]:
    """Return a target as an array: a sparse matrix of labels dense, a masked cell missing."""
    y = computed("y", y)
    array = np.asarray(y.toarray() if hasattr(y, "toarray") else unmasked(y))
    if array.ndim not in (1, 2):
        raise ValueError(
            f"y has shape {array.shape}: give one target a row, (n,), or several, (n, outputs)"
        )
    return array.astype(object) if array.dtype.kind == "T" else array  # NumPy's newer texts
