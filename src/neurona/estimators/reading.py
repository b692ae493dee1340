"""X, in whatever form it is given, as the table that an estimator learns from or predicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from neurona.checks import RAGGED
from neurona.estimators.arrays import arrays_for
from neurona.estimators.forms import DictFrame, numbers_of, usual_form
from neurona.tables.arrays import Arrays
from neurona.tables.columns import objects
from neurona.tables.file import listed
from neurona.tables.frames import is_frame, names_of, read_array, read_frame
from neurona.tables.kinds import counted
from neurona.tables.large import LARGE, LargeTable, is_large
from neurona.tables.preparation import Preparation
from neurona.tables.sparse import SparseTable
from neurona.tables.table import Columns, Prepared, Table
from neurona.warn import warn


def table_for(estimator: Any, X: Any, reset: bool) -> Table:
    """Return X as a table of the columns that the estimator takes, or as images or series.

    Parameters
    ----------
    estimator
        Once it has learned from a frame, the columns are found by their names.
    X
        A frame, an array, images or series, a sparse matrix, a dict of columns, or a
        :class:`~neurona.tables.table.Table`.
    reset
        Whether the estimator learns anew, whatever columns there were before.

    Raises
    ------
    ValueError
        If a column is missing, or X is not a table of numbers, texts and dates.
    """
    if isinstance(X, Prepared | LargeTable | Arrays):  # from the estimator itself, say a scorer
        return X
    with np.errstate(invalid="ignore"):  # scikit-learn adds up what may be as large as floats get
        X = usual_form(estimator, X, reset)
        return arrays_for(estimator, X, reset) or _table(estimator, X, reset)


def _table(estimator: Any, X: Any, reset: bool) -> Table:
    """Read a table of any form but images and series."""
    # The preparation decides, and not a parameter that may have been set since.
    raw = (estimator.preprocess if reset else estimator.preparation_) is None
    if hasattr(X, "tocsr"):
        return _sparse(estimator, X, reset, raw)
    if is_large(X) and (not raw or isinstance(X, np.memmap)):
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        return LargeTable(X, raw=raw)
    if isinstance(X, Columns | DictFrame):
        read: Any = _columns if isinstance(X, Columns) else _frame
        table = read(estimator, X, reset)
        return Prepared(numbers_of(estimator, table)) if raw else table
    if raw:
        return Prepared(validate_data(estimator, X, reset=reset, dtype=[np.float64, np.float32]))
    return _frame(estimator, X, reset) if is_frame(X) else _array(estimator, X, reset)


def _array(estimator: Any, X: Any, reset: bool) -> Columns:
    """Read an array, or a list of rows."""
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise ValueError(f"X must be a table: {RAGGED}") from error
    if array.dtype.kind in "US" and not isinstance(X, np.ndarray):
        array = np.asarray(X, dtype=object)  # so that numbers among texts stay numbers
    if array.dtype.kind in "OUSTMmb" and array.size:
        if array.ndim != 2:
            check_array(array, dtype=None, ensure_all_finite=False)  # says so
        validate_data(estimator, array, reset=reset, skip_check_array=True)
    else:
        array = validate_data(
            estimator, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan"
        )
    learned = None if reset else estimator.preparation_
    return _said(read_array(array, learned), learned)


def _sparse(estimator: Any, X: Any, reset: bool, raw: bool) -> Table:
    """Read a sparse matrix; where it would be too large as an array, it stays sparse.

    Booleans are categories, as those of an array are, where they were learned as such.
    """
    booleans = X.dtype == bool and not raw
    X = validate_data(
        estimator,
        X,
        reset=reset,
        dtype=[np.float64, np.float32],
        accept_sparse="csr",
        ensure_all_finite=True if raw else "allow-nan",
    )
    if X.shape[0] * X.shape[1] > LARGE:
        if booleans and reset:
            warn(
                "X is a sparse matrix of booleans, and too large to be read as categories: its "
                "cells are read as the numbers 0 and 1"
            )
        return SparseTable.of(X, raw)
    if raw:
        return Prepared(X.toarray())
    learned = None if reset else estimator.preparation_
    truths = booleans and (learned is None or "category" in learned.kinds)
    return _said(read_array(X.toarray().astype(bool if truths else X.dtype), learned), learned)


def _frame(estimator: Any, X: Any, reset: bool) -> Columns:
    """Read a frame: once it has been learned from, by its columns' names."""
    names, known = names_of(X), getattr(estimator, "feature_names_in_", None)
    if 0 in X.shape:
        check_array(X, dtype=None)  # says so, in scikit-learn's words
    if reset or names is None or known is None:
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        if reset and names is not None:  # older scikit-learns do not know newer polars' frames
            estimator.feature_names_in_ = objects(names)
        learned = None if reset else estimator.preparation_
        return _said(read_frame(X, learned=learned), learned)
    _check_present(known, names)
    learned = estimator.preparation_
    return _said(read_frame(X, [str(name) for name in known], learned), learned)


def _said(table: Columns, learned: Preparation | None) -> Columns:
    """Warn of cells that may be something else than they are taken for, or were never seen."""
    for column in table:
        for remark in column.remarks:
            warn(f"column {column.name!r} {remark}")
    for remark in () if learned is None else learned.of_other_zones(table):
        warn(remark)
    unseen = {} if learned is None else learned.unseen(table)
    if unseen:
        each = (f"column {name!r}: {counted(its, len(table))}" for name, its in unseen.items())
        warn(f"categories that were never seen tell the network nothing; {'; '.join(each)}")
    return table


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
