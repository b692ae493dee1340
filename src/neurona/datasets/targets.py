"""Targets in the shape of a network's output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurona.datasets.arguments import whole

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def one_hot(y: ArrayLike, classes: int | None = None) -> NDArray[np.float64]:
    """Give each class a column: 1 in the column of the example's class and 0 elsewhere.

        T[i, k] = [y[i] = k],   and back: y = T.argmax(axis=1)

    Parameters
    ----------
    y
        (n,) or (n, 1) whole numbers, 0 or more: the classes.
    classes
        Number of columns, 2 or more; by default the largest class plus one. Pass it if some of the
        data may lack the last classes.

    Returns
    -------
    T : (n, classes) float64
        The targets.

    Raises
    ------
    ValueError
        If ``y`` is not one column of classes, or if a class is not below ``classes``.

    Examples
    --------
    >>> one_hot([2, 0, 1])
    array([[0., 0., 1.],
           [1., 0., 0.],
           [0., 1., 0.]])
    """
    column = _column(y)
    if classes is None and column.max() == 0:
        raise ValueError(
            "y holds only class 0, so the number of classes is unknown: "
            "expected 2 classes or more; pass the number, for example classes=2"
        )
    if classes is None:
        classes = int(column.max()) + 1
    classes = whole("classes", classes, 2, "something to tell apart", example=2)
    if column.max() >= classes:
        raise ValueError(
            f"y holds class {column.max()}, expected 0 to {classes - 1} with classes={classes}: "
            f"pass classes={column.max() + 1}, or number the classes from 0"
        )
    targets = np.zeros((len(column), classes))
    targets[np.arange(len(column)), column] = 1
    return targets


def _column(y: ArrayLike) -> NDArray[np.int64]:
    column = np.asarray(y)
    if column.ndim == 2 and column.shape[1] == 1:  # the lesson's (n, 1)
        column = column[:, 0]
    if column.ndim != 1 or len(column) == 0:
        raise ValueError(
            f"y has shape {column.shape}: expected (n,) or (n, 1), a class for each example"
        )
    unique = "y = np.unique(y, return_inverse=True)"
    if column.dtype.kind not in "biuf":
        raise ValueError(
            f"y[0] is {column.tolist()[0]!r}: expected whole numbers from 0; "
            f"number the names with names, {unique}"
        )
    strange = ~(np.isfinite(column) & (column >= 0) & (column == np.floor(column)))
    if strange.any():
        i = int(strange.argmax())
        raise ValueError(
            f"y[{i}] is {column[i]}: expected whole numbers from 0; "
            f"number other classes with values, {unique}"
        )
    return column.astype(np.int64)
