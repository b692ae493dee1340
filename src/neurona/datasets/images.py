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
