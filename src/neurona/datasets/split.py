"""Hold out examples, to test a network on data that it has not seen."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurona.datasets.arguments import Rng, fraction, sklearn_seed
from neurona.extras import require

Array = NDArray[Any]


def train_test_split(
    X: ArrayLike, y: ArrayLike, *, test_size: float = 0.2, rng: Rng = None
) -> tuple[Array, Array, Array, Array]:
    """Shuffle the examples and hold out a part of them for a test.

    If the targets are classes, each class has the same share of both parts ("stratified"). Classes
    are integers, booleans, text, one-hot rows, or only the numbers 0.0 and 1.0; other floats are a
    regression. It calls scikit-learn's function of the same name.

    Parameters
    ----------
    X
        (n, ...) examples.
    y
        (n,) or (n, k) targets.
    test_size
        The share to hold out, between 0 and 1; ceil(test_size · n) examples.
    rng
        Seed or generator.

    Returns
    -------
    X_train, X_test, y_train, y_test : arrays
        Copies of both parts, with the given dtypes.

    Raises
    ------
    ValueError
        If X and y differ in length, or if there are too few examples for every class to be in both
        parts.
    MissingExtra
        If scikit-learn is not installed.

    Examples
    --------
    >>> X, y = np.arange(20.0).reshape(10, 2), np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, rng=0)
    >>> X_train.shape, X_test.shape, y_train.sum(), y_test.sum()
    ((6, 2), (4, 2), np.int64(3), np.int64(2))
    """
    X, y = np.asarray(X), np.asarray(y)
    test_size = fraction("test_size", test_size, example=0.2)
    if X.ndim == 0 or y.ndim not in {1, 2} or len(X) != len(y):
        raise ValueError(
            f"X has shape {X.shape} and y has shape {y.shape}: "
            "expected (n, ...) and (n,) or (n, k), a target for each example"
        )
    n, n_test = len(X), ceil(test_size * len(X))
    if not 0 < n_test < n:
        raise ValueError(
            f"test_size={test_size} of {n} examples leaves {n - n_test} to train on and {n_test} "
            "to test on: expected at least 1 each; bring more examples or choose another test_size"
        )
    labels = _class_labels(y)
    if labels is not None:
        _check_every_class_fits(labels, n_test)
    split = require("sklearn.model_selection", extra="datasets").train_test_split
    X_train, X_test, y_train, y_test = split(
        X, y, test_size=test_size, stratify=labels, random_state=sklearn_seed(rng)
    )
    return X_train, X_test, y_train, y_test


def _class_labels(y: Array) -> Array | None:
    """Return the class of each example, or None if the targets are a regression."""
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 1 and y.dtype.kind in "biuUSO":
        return y
    if not np.isin(y, (0, 1)).all():
        return None
    if y.ndim == 1:
        return y
    return y.argmax(axis=1) if (y.sum(axis=1) == 1).all() else None


def _check_every_class_fits(labels: Array, n_test: int) -> None:
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < 2:
        raise ValueError(
            f"class {classes[counts.argmin()]} has only one example: expected two or more, one for "
            "each part; add another, leave the class out, or pass y.astype(float) if the targets "
            "are numbers and not classes"
        )
    n_train = len(labels) - n_test
    if min(n_train, n_test) < len(classes):
        raise ValueError(
            f"{n_train} examples to train on and {n_test} to test on: expected at least one for "
            f"each of the {len(classes)} classes; bring more examples or choose another test_size"
        )
