"""How much each example counts in a mean."""

from __future__ import annotations

from typing import Any

from neurona.engine.types import Array


def shares(weight: Array | None, batch: int) -> Any:
    """Return each example's share in the mean: 1 / batch, or its weight over their sum.

    Shares of their own are a column ``(batch, 1)``, or in a stack ``(networks, batch, 1)``.

    Examples
    --------
    >>> import numpy as np
    >>> shares(None, 4), shares(np.array([1.0, 3.0]), 2)
    (0.25, array([[0.25],
           [0.75]]))
    """
    if weight is None:
        return 1 / batch
    total = weight.sum(axis=-1, keepdims=True)
    return (weight / (total + (total == 0)))[..., None]  # zeros alone weigh nothing, not 0 / 0
