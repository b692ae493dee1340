"""What a person gives as a table, read for an estimator: the columns that it learnt from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from neurona.tables.columns import Table, is_frame, names_of, read_array, read_frame
from neurona.tables.large import LargeTable, is_large

if TYPE_CHECKING:
    from neurona.estimators.base import NeuralNet


def table_for(estimator: NeuralNet, X: Any, reset: bool) -> Any:
    """Return a table of columns, or an array of numbers where nothing is to be prepared.

    Parameters
    ----------
    estimator
        Whose columns they are, once it has learnt from some: a frame's are found by their names.
    X
        A frame, an array, or a :class:`Table` that was read already.
    reset
        Whether it is to be learnt from anew, whatever columns there were before.

    Raises
    ------
    ValueError
        If a column is missing, or it is no table of numbers, texts and dates.
    """
    if is_large(X) and (estimator.preprocess == "auto" or isinstance(X, np.memmap)):
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        return LargeTable(X, missing=estimator.preprocess == "auto")
    if estimator.preprocess is None:
        return validate_data(estimator, X, reset=reset, dtype=[np.float64, np.float32])
    if hasattr(X, "collect"):
        raise ValueError("X is a frame that has not been computed yet: give X.collect()")
    if isinstance(X, Table):
        return _columns(estimator, X, reset)
    if is_frame(X):
        return _frame(estimator, X, reset)
    if not hasattr(X, "toarray"):  # a sparse matrix is refused below, in scikit-learn's words
        array = np.asarray(X)
        if array.dtype.kind in "US" and not isinstance(X, np.ndarray):
            array = np.asarray(X, dtype=object)  # so that numbers among texts stay numbers
        if array.dtype.kind in "OUSTMmb" and array.ndim == 2 and array.size:
            validate_data(estimator, array, reset=reset, skip_check_array=True)
            return read_array(array)
    X = validate_data(estimator, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan")
    return read_array(X)


def _frame(estimator: NeuralNet, X: Any, reset: bool) -> Table:
    """Read a frame: once it has been learnt from, by its columns' names."""
    names, known = names_of(X), getattr(estimator, "feature_names_in_", None)
    if 0 in X.shape:
        check_array(X, dtype=None)  # says so, in scikit-learn's words
    if reset or names is None or known is None:
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        if reset and names is not None:  # older scikit-learns do not know newer polars' frames
            estimator.feature_names_in_ = np.array(names, dtype=object)
        return read_frame(X)
    _check_present(known, names)
    return read_frame(X, [str(name) for name in known])


def _columns(estimator: NeuralNet, table: Table, reset: bool) -> Table:
    """Take columns that have been read already, :mod:`~neurona.tables.csv_table`'s."""
    columns = {column.name: column for column in table}
    if reset:
        estimator.n_features_in_ = len(table.columns)
        estimator.feature_names_in_ = np.array([*columns, None], dtype=object)[:-1]
        return table
    known = getattr(estimator, "feature_names_in_", columns)
    _check_present(known, list(columns))
    return Table(tuple(columns[name] for name in known))


def _check_present(known: Iterable[str], names: Sequence[str]) -> None:
    absent = [name for name in known if name not in set(names)]
    if absent:
        raise ValueError(
            f"X lacks the column(s) {', '.join(map(repr, absent))}, which the network learnt "
            f"from; it has {', '.join(map(repr, names))}"
        )
