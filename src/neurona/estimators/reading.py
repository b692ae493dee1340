"""X, in whatever form it is given, as the table that an estimator learns from or predicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from neurona.tables.columns import objects
from neurona.tables.file import listed
from neurona.tables.frames import is_frame, names_of, read_array, read_frame
from neurona.tables.large import LargeTable, is_large
from neurona.tables.table import Columns, Prepared, Table


def table_for(estimator: Any, X: Any, reset: bool) -> Table:
    """Return X as a table of the columns that the estimator takes.

    Parameters
    ----------
    estimator
        Once it has learned from a frame, the columns are found by their names.
    X
        A frame, an array, or a :class:`~neurona.tables.table.Table`.
    reset
        Whether the estimator learns anew, whatever columns there were before.

    Raises
    ------
    ValueError
        If a column is missing, or X is not a table of numbers, texts and dates.
    """
    if isinstance(X, Prepared | LargeTable):  # from the estimator itself, by way of a scorer
        return X
    if not reset and (estimator.preprocess is None) != (estimator.preparation_ is None):
        raise ValueError(
            f"preprocess is {estimator.preprocess!r}, and was not when the network learned: "
            "set it as it was, or fit anew"
        )
    if is_large(X) and (estimator.preprocess == "auto" or isinstance(X, np.memmap)):
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        return LargeTable(X, raw=estimator.preprocess is None)
    if estimator.preprocess is None:
        return Prepared(validate_data(estimator, X, reset=reset, dtype=[np.float64, np.float32]))
    if hasattr(X, "collect"):
        raise ValueError("X is a frame that has not been computed yet: give X.collect()")
    if isinstance(X, Columns):
        return _columns(estimator, X, reset)
    if is_frame(X):
        return _frame(estimator, X, reset)
    is_sparse = hasattr(X, "toarray")  # which is refused below, in scikit-learn's words
    array = X if is_sparse else np.asarray(X)
    if array.dtype.kind in "US" and not isinstance(X, np.ndarray):
        array = np.asarray(X, dtype=object)  # so that numbers among texts stay numbers
    if array.dtype.kind in "OUSTMmb" and array.ndim == 2 and array.size and not is_sparse:
        validate_data(estimator, array, reset=reset, skip_check_array=True)
    else:
        array = validate_data(
            estimator, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan"
        )
    return read_array(array)


def _frame(estimator: Any, X: Any, reset: bool) -> Columns:
    """Read a frame: once it has been learned from, by its columns' names."""
    names, known = names_of(X), getattr(estimator, "feature_names_in_", None)
    if 0 in X.shape:
        check_array(X, dtype=None)  # says so, in scikit-learn's words
    if reset or names is None or known is None:
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        if reset and names is not None:  # older scikit-learns do not know newer polars' frames
            estimator.feature_names_in_ = objects(names)
        return read_frame(X)
    _check_present(known, names)
    return read_frame(X, [str(name) for name in known])


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
            f"X lacks the column(s) {listed(absent)}, which the network learned from; it has "
            f"{listed(names)}"
        )
