"""All costs under one roof: the core's, and those beyond the lesson.

>>> sorted(COSTS)
['binary_cross_entropy', 'categorical_cross_entropy', 'huber', 'mae', 'mse', 'pinball', 'poisson']

How they are made, and how one of your own is, stands in :mod:`neurona.engine.costs`.
"""

from __future__ import annotations

from neurona.engine.costs import (
    COSTS,
    AbsoluteError,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Cost,
    Huber,
    SquaredError,
    find_cost,
    shares,
)
from neurona.engine.further.costs import Pinball, Poisson

__all__ = [
    "COSTS",
    "AbsoluteError",
    "BinaryCrossEntropy",
    "CategoricalCrossEntropy",
    "Cost",
    "Huber",
    "Pinball",
    "Poisson",
    "SquaredError",
    "find_cost",
    "shares",
]
