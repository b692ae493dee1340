"""X, in whatever form it is given, as the table that an estimator learns from or predicts."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from neurona.tables.cells import is_number
from neurona.tables.columns import Column, objects
from neurona.tables.frames import is_frame, names_of, read_array, read_frame, read_series
from neurona.tables.kinds import read_column
from neurona.tables.large import LargeTable, is_large
from neurona.tables.table import Columns, Prepared, Table


def table_for(estimator: Any, X: Any, reset: bool) -> Table:
    """Return X as a table of the columns that the estimator takes.

    Parameters
    ----------
    estimator
        Once it has learned from a frame, the columns are found by their names.
    X
        A frame, an array, a dict of columns, or a :class:`~neurona.tables.table.Table`.
    reset
        Whether the estimator learns anew, whatever columns there were before.

    Raises
    ------
    ValueError
        If a column is missing, or X is not a table of numbers, texts and dates.
    """
    if isinstance(X, Prepared | LargeTable):  # from the estimator itself, by way of a scorer
        return X
    X = _usual_form(estimator, X, reset)
    # What was learned tells, and not a parameter that may have been set since.
    raw = (estimator.preprocess if reset else estimator.preparation_) is None
    if is_large(X) and (not raw or isinstance(X, np.memmap)):
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        return LargeTable(X, raw=raw)
    if isinstance(X, Columns):
        table = _columns(estimator, X, reset)
        return Prepared(_numbers(estimator, table)) if raw else table
    if raw:
        return Prepared(validate_data(estimator, X, reset=reset, dtype=[np.float64, np.float32]))
    if is_frame(X):
        return _frame(estimator, X, reset)
    is_sparse = hasattr(X, "toarray")  # which is refused below, in scikit-learn's words
    array = X if is_sparse else np.asarray(X)
    if array.dtype.kind in "US" and not isinstance(X, np.ndarray):
        array = np.asarray(X, dtype=object)  # so that numbers among texts stay numbers
    if array.dtype.kind in "OUSTMmb" and array.size and not is_sparse:
        if array.ndim != 2:
            check_array(array, dtype=None, ensure_all_finite=False)  # says so
        validate_data(estimator, array, reset=reset, skip_check_array=True)
    else:
        array = validate_data(
            estimator, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan"
        )
    return _said(read_array(array, None if reset else estimator.preparation_))


def _frame(estimator: Any, X: Any, reset: bool) -> Columns:
    """Read a frame: once it has been learned from, by its columns' names."""
    names, known = names_of(X), getattr(estimator, "feature_names_in_", None)
    if 0 in X.shape:
        check_array(X, dtype=None)  # says so, in scikit-learn's words
    if reset or names is None or known is None:
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        if reset and names is not None:  # older scikit-learns do not know newer polars' frames
            estimator.feature_names_in_ = objects(names)
        return _said(read_frame(X, learned=None if reset else estimator.preparation_))
    _check_present(known, names)
    return _said(read_frame(X, [str(name) for name in known], estimator.preparation_))


def _said(table: Columns) -> Columns:
    """Warn of cells that may be something else than they are taken for."""
    for column in table:
        for remark in column.remarks:
            warnings.warn(f"column {column.name!r} {remark}", UserWarning, stacklevel=6)
    return table


def _usual_form(estimator: Any, X: Any, reset: bool) -> Any:
    """Return X as columns, a frame whose columns have names, or an array; or say what to give."""
    if hasattr(X, "collect"):
        raise ValueError("X is a frame that has not been computed yet: give X.collect()")
    if isinstance(X, list | tuple) and X and isinstance(X[0], Mapping):
        raise ValueError(
            "X is a list of dicts: give a dict of columns, {'name': [cell, ...], ...}, or a frame, "
            "such as pandas.DataFrame(X)"
        )
    if isinstance(X, np.ndarray) and X.dtype.names:
        X = {name: X[name] for name in X.dtype.names}
    if isinstance(X, Mapping):
        return _read_dict(X, {} if reset else _forms(estimator))
    return _with_names(estimator, X, reset) if is_frame(X) else unmasked(X)


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


def _forms(estimator: Any) -> dict[str, Any]:
    """Return how the texts of each column were read, by its name."""
    learned, known = estimator.preparation_, getattr(estimator, "feature_names_in_", ())
    return {} if learned is None else {name: learned.form(i) for i, name in enumerate(known)}


def _read_dict(X: Mapping[Any, Any], forms: dict[str, Any]) -> Columns:
    """Read a dict of columns: lists, arrays or series of one length, by their names."""
    columns: list[Column] = []
    for name, cells in X.items():
        if not isinstance(name, str):
            raise ValueError(f"X is a dict with the key {name!r}: give each column a text as name")
        if hasattr(cells, "to_numpy"):
            columns.append(read_series(name, cells, forms.get(name, {})))
            continue
        values = unmasked(np.asanyarray(cells))
        if values.dtype.kind in "US" and not isinstance(cells, np.ndarray):
            values = objects(cells)  # so that numbers among texts stay numbers
        if values.ndim != 1:
            raise ValueError(
                f"column {name!r} has shape {values.shape}: give one cell for each row"
            )
        columns.append(read_column(name, values, **forms.get(name, {})))
    lengths = {column.name: len(column.values) for column in columns}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        raise ValueError(
            f"X is a dict whose columns have so many cells: {lengths or 'none'}; give each the "
            "same number, one or more"
        )
    return _said(Columns(tuple(columns)))


def _numbers(estimator: Any, table: Columns) -> NDArray[Any]:
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
    array = np.asarray(y.toarray() if hasattr(y, "toarray") else unmasked(y))
    if array.ndim not in (1, 2):
        raise ValueError(
            f"y has shape {array.shape}: give one target a row, (n,), or several, (n, outputs)"
        )
    return array


def _columns(estimator: Any, table: Columns, reset: bool) -> Columns:
    """Take columns that have been read already, from a file say."""
    if reset:
        estimator.n_features_in_ = len(table.columns)
        estimator.feature_names_in_ = objects(table.names)
        return table
    known = getattr(estimator, "feature_names_in_", table.names)
    _check_present(known, table.names)
    return table.select(known)


def _check_present(known: Iterable[str], names: Sequence[str]) -> None:
    there = set(names)
    absent = [name for name in known if name not in there]
    if absent:
        raise ValueError(
            f"X lacks the column(s) {', '.join(map(repr, absent))}, which the network learned "
            f"from; it has {', '.join(map(repr, names))}"
        )
