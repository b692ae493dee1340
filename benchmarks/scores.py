"""The scores of predictions: log loss, skill, calibration."""

from __future__ import annotations

import numpy as np

# A forest of 100 trees predicts 0 for a class that none of them saw there; without a least
# probability, one such row would decide the table. It is the same for all.
LEAST = 1e-6


def log_loss(probabilities: np.ndarray, classes: np.ndarray) -> float:
    """Return the mean of -log p of the rows' classes, given as column numbers.

    >>> round(log_loss(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1])), 4)
    0.4904
    """
    p = probabilities[np.arange(len(classes)), classes]
    return float(-np.log(np.clip(p, LEAST, 1)).mean())


def skill(probabilities: np.ndarray, classes: np.ndarray, shares: np.ndarray) -> float:
    """Return 1 - log loss / log loss of the classes' shares among the training rows.

    1 is a sure and right prediction; 0 is what is known without any column. R² is the same for
    the squared error.

    >>> skill(np.array([[0.9, 0.1], [0.1, 0.9]]), np.array([0, 1]), np.array([0.5, 0.5])).round(3)
    np.float64(0.848)
    """
    known = log_loss(np.broadcast_to(shares, probabilities.shape), classes)
    return np.float64(1 - log_loss(probabilities, classes) / known)


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """Return the expected calibration error of the likeliest class, in bins of equally many rows.

        Σ share of the bin · |mean confidence - share of right predictions|

    Guo, Pleiss, Sun & Weinberger (2017), "On calibration of modern neural networks", with the
    equal mass of Nixon et al. (2019), "Measuring calibration in deep learning".

    >>> calibration_error(np.array([0.6, 0.6, 0.9, 0.9]), np.array([1, 0, 1, 1]), bins=2).round(3)
    np.float64(0.1)
    """
    order = np.argsort(confidence, kind="stable")
    gap = confidence[order] - right[order]
    return np.float64(sum(abs(each.sum()) for each in np.array_split(gap, bins)) / len(gap))
