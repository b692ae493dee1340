"""Calibration: the temperature that makes probabilities mean what they say, and its measure.

Logits are divided by one number T, chosen on rows that the network did not learn from: the order of
the classes stays, and so does the prediction [1]_.

.. [1] Guo et al., "On calibration of modern neural networks", 2017, sections 2 and 4.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.engine.costs import Cost

COLDEST, HOTTEST = 0.5, 5.0  # few rows that are all right say nothing of how sure one may be
KEPT = 1001  # quantiles of residuals


def temperature_for(
    cost: Cost,
    logits: NDArray[Any],
    target: NDArray[Any],
    weight: NDArray[Any] | None,
) -> float:
    """Return the T between 0.5 and 5 at which the cost of z / T is least.

    ``cost`` is a cross-entropy of logits, which is convex in 1 / T: its slope Σ z · dC/dz is
    followed by bisection.

    >>> from neurona.engine.costs import BinaryCrossEntropy
    >>> z, y = np.array([[4.0], [4.0], [4.0], [-4.0]]), np.array([[1.0], [1.0], [0.0], [0.0]])
    >>> round(temperature_for(BinaryCrossEntropy(), z, y, None), 2)  # certain, and right in 3 of 4
    3.64
    """
    cold, hot = 1 / COLDEST, 1 / HOTTEST
    for _ in range(24):  # to a ten-millionth
        middle = (cold * hot) ** 0.5
        slope = (logits * cost(logits * middle, target, weight)[1]).sum()
        cold, hot = (middle, hot) if slope > 0 else (cold, middle)
    return float(1 / middle)


def quantiles_of(residuals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return at most 1,001 quantiles of residuals, ``(quantiles, *outputs)``, the least first.

    >>> quantiles_of(np.array([3.0, -1.0, 2.0]))
    array([-1.,  2.,  3.])
    """
    ordered: NDArray[np.float64] = np.sort(residuals, axis=0)
    if len(ordered) > KEPT:
        ordered = ordered[np.linspace(0, len(ordered) - 1, KEPT).round().astype(np.int64)]
    return ordered


def bounds_of(residuals: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Return the residuals between which the share of them lies, ``(2, *outputs)`` [1]_.

    As many lie below as above. With n of them, the share is that of n + 1, the next one included.

    .. [1] Barber et al., "Predictive inference with the jackknife+", 2021: the CV+ of its section
       3, of which this is the form with one prediction for all folds.

    >>> bounds_of(np.arange(-50.0, 50.0), 0.8)
    array([-41.,  40.])
    """
    n = len(residuals)
    outside = int(np.floor((n + 1) * (1 - share) / 2))
    if outside < 1:
        raise ValueError(
            f"a share of {share} needs {int(np.ceil(2 / (1 - share)))} rows that were left out, "
            f"and there were {n}"
        )
    return np.stack([residuals[outside - 1], residuals[n - outside]])
