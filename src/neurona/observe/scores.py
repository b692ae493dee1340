"""Measure predictions: classes, accuracy, a confusion matrix; NumPy alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurona.checks import check_array
from neurona.engine.data import CLASSIFIERS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from neurona.engine.network import Network
    from neurona.engine.types import Array


def is_classification(net: Network, y: ArrayLike) -> bool:
    """Return whether the network predicts classes: its output and the targets must both fit.

    Examples
    --------
    >>> from neurona import network
    >>> is_classification(network([2, 1], "sigmoid"), [0, 1])
    True
    >>> is_classification(network([2, 1], "linear"), [0.3, 1.2])
    False
    """
    values = check_array("y", y)
    return net.output.name in CLASSIFIERS and bool((values == np.round(values)).all())


def classes_of(predictions: ArrayLike) -> NDArray[np.int64]:
    """Return the class of each prediction.

    Parameters
    ----------
    predictions : (n,), (n, 1) or (n, n_classes)
        One output is the probability of class 1, which wins above 0.5. Several outputs are one
        number per class, and the largest wins. Whole numbers, one for each example, are classes.

    Returns
    -------
    (n,) array of whole numbers.

    Examples
    --------
    >>> classes_of([[0.2], [0.9]]), classes_of([[0.1, 0.7, 0.2]])
    (array([0, 1]), array([1]))
    """
    given: Array = check_array("predictions", predictions)
    if given.ndim == 2 and given.shape[1] > 1:
        return np.asarray(given.argmax(axis=1), dtype=np.int64)
    if given.dtype.kind in "biu":
        return labels_of(given)
    return np.asarray(given.reshape(len(given)) > 0.5, dtype=np.int64)


def labels_of(y: ArrayLike) -> NDArray[np.int64]:
    """Return targets as labels 0, 1, 2 …, from labels, a column of labels, or one-hot rows.

    Raises
    ------
    ValueError
        If they are not whole numbers, or negative.

    Examples
    --------
    >>> labels_of([[0, 1], [1, 0]]), labels_of([2, 0])
    (array([1, 0]), array([2, 0]))
    """
    given: Array = check_array("y", y)
    if given.ndim == 2 and given.shape[1] > 1:
        return np.asarray(given.argmax(axis=1), dtype=np.int64)
    wrong = given[(given != np.round(given)) | (given < 0)]
    if wrong.size:
        raise ValueError(f"y holds {wrong[0]:g}: classes are whole numbers, 0, 1, 2 …")
    return np.asarray(given.reshape(len(given)), dtype=np.int64)


def _paired(predictions: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    given, target = np.asarray(predictions), np.asarray(y)
    if given.ndim > 2:  # of series, each step is an example
        if target.shape not in (given.shape, given.shape[:-1]):
            raise ValueError(
                f"predictions have shape {given.shape}, and targets {target.shape}: give "
                f"{given.shape[:-1]} labels"
            )
        target = target.reshape(-1, *target.shape[given.ndim - 1 :])
        given = given.reshape(-1, given.shape[-1])
    predicted, labels = classes_of(given), labels_of(target)
    if len(predicted) != len(labels) or len(labels) == 0:
        raise ValueError(
            f"{len(predicted)} predictions for {len(labels)} targets: give one of each per example"
        )
    return predicted, labels


def accuracy(predictions: ArrayLike, y: ArrayLike) -> float:
    """Return the share of examples whose predicted class is right.

    Parameters
    ----------
    predictions : (n,), (n, 1) or (n, n_classes), or of series (n, steps, n_classes)
        As for :func:`classes_of`.
    y : (n,), (n, 1) or (n, n_classes), or of series (n, steps)
        As for :func:`labels_of`.

    Raises
    ------
    ValueError
        If there are no predictions, or not as many as targets.

    Examples
    --------
    >>> accuracy([[0.2], [0.9], [0.6]], [0, 1, 0])
    0.6666666666666666
    """
    predicted, labels = _paired(predictions, y)
    return float(np.mean(predicted == labels))


def confusion_matrix(
    predictions: ArrayLike, y: ArrayLike, n_classes: int | None = None
) -> NDArray[np.int64]:
    """Count the examples of each class (row) that were predicted as each class (column).

    Parameters
    ----------
    predictions, y
        As for :func:`accuracy`.
    n_classes
        Number of rows and columns; by default the number of outputs, or of classes that occur.

    Raises
    ------
    ValueError
        If there are not as many predictions as targets, or a class beyond ``n_classes``.

    Examples
    --------
    >>> confusion_matrix([[0.2], [0.9], [0.6]], [0, 1, 0])
    array([[1, 1],
           [0, 1]])
    """
    predicted, labels = _paired(predictions, y)
    shape = np.shape(predictions)
    largest = int(max(predicted.max(), labels.max()))
    if n_classes is None:
        n_classes = max(largest + 1, shape[1] if len(shape) == 2 else 2, 2)
    elif largest >= n_classes:
        raise ValueError(f"n_classes is {n_classes}, but there is a class {largest}")
    counts = np.bincount(labels * n_classes + predicted, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes).astype(np.int64)


def format_cost(cost: float) -> str:
    """Format a cost for a quick look: four decimals, or two digits for a very small one.

    Examples
    --------
    >>> format_cost(0.25), format_cost(0.000123)
    ('0.2500', '1.2e-04')
    """
    return f"{cost:.4f}" if cost == 0 or abs(cost) >= 0.001 else f"{cost:.1e}"
