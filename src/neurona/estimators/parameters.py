"""The parameters of an estimator that neither the table nor the network has a say in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring

from neurona.checks import check_count, check_share
from neurona.tables.ramps import check_ramps


def check_parameters(estimator: Any) -> None:
    """Check them before anything is learned, the same for ``fit`` and ``partial_fit``.

    All are checked, whether this call uses them or not: a wrong value is a mistake at once, and not
    only from the day on when it is used.

    Raises
    ------
    ValueError
        If one of them has no meaning; the message says what would.
    """
    one = estimator
    if one.preprocess not in ("auto", None):
        raise ValueError(f"preprocess is {one.preprocess!r}: give 'auto' or None")
    for name in ("early_stopping", "quick", "warm_start"):
        value = getattr(one, name)
        if not isinstance(value, bool | int | np.bool_) or value not in (0, 1):
            raise ValueError(f"{name} is {value!r}: give True or False")
    for name in ("networks", "epochs", "batch_size"):
        value = getattr(one, name)
        if not (isinstance(value, str) and value == "auto"):
            check_count(name, value)
    check_count("patience", one.patience)
    check_share("validation_fraction", one.validation_fraction)
    check_ramps(one.ramps)
    if isinstance(one.cv, int | np.integer):
        check_count("cv", one.cv)
    elif isinstance(one.cv, str) or not (
        one.cv is None or hasattr(one.cv, "split") or isinstance(one.cv, Iterable)
    ):
        raise ValueError(
            f"cv is {one.cv!r}: give a number of folds, a splitter of scikit-learn, or pairs of "
            "row numbers, to learn from and to judge by"
        )
    if one.scoring is not None:
        check_scoring(one, one.scoring)
