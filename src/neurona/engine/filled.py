"""Batches made equally long for the compiled engine: what fills one up weighs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neurona.engine.data import Data
from neurona.engine.types import Array


def length(rows: Any) -> int:
    """Return how many examples a batch has: row numbers, or examples of its own."""
    return len(rows.x if isinstance(rows, Data) else rows)


def filled(
    batches: Sequence[Any], weight: Array | None, size: int, dtype: Any
) -> tuple[Any, Array]:
    """Return batches of one length, and their weights ``(batches, size)``.

    Parameters
    ----------
    batches
        Row numbers of the data each, or examples of their own each, a :class:`Data`.
    weight
        How much each example of the data counts; None: all the same.
    size
        How long the longest is, at least.

    Examples
    --------
    >>> rows, weights = filled([np.array([4, 2]), np.array([3])], None, 2, np.float32)
    >>> rows.tolist(), weights.tolist()
    ([[4, 2], [3, 0]], [[1.0, 1.0], [1.0, 0.0]])
    """
    weights = np.zeros((len(batches), size), dtype)
    if isinstance(batches[0], Data):
        for batch, place in zip(batches, weights, strict=True):
            place[: len(batch.x)] = 1 if batch.weight is None else batch.weight
        x, target = (_stacked([batch[k] for batch in batches], size) for k in (0, 1))
        return Data(x, target, None), weights
    rows = np.zeros(weights.shape, np.int32)
    for i, batch in enumerate(batches):
        rows[i, : len(batch)] = batch
        weights[i, : len(batch)] = 1 if weight is None else weight[batch]
    return rows, weights


def _stacked(parts: Sequence[Array], size: int) -> Array:
    """Return the parts as one array, each filled up with zeros."""
    stacked = np.zeros((len(parts), size, *parts[0].shape[1:]), parts[0].dtype)
    for part, place in zip(parts, stacked, strict=True):
        place[: len(part)] = part
    return stacked
