"""Series of different length are filled up with steps of zeros: which steps are padding."""

from __future__ import annotations

from neurona.engine.types import Array


def is_step(x: Array) -> Array:
    """Return 1 for each step of series, and 0 for padding: ``(batch, steps, 1)``.

    >>> import numpy as np
    >>> is_step(np.array([[[1.0, 0.0], [0.0, 0.0]]])).ravel()
    array([1., 0.])
    """
    there: Array = (x != 0).any(axis=-1, keepdims=True).astype(x.dtype)
    return there


def place_weights(mask: Array, weight: Array | None) -> Array:
    """Return how much each step of each series counts, ``(batch steps,)``.

    The steps of a series share its weight, times their number; padding has none of it. So a mean
    over all places is one over the series, and of each the mean over its own steps.

    >>> import numpy as np
    >>> place_weights(np.array([[[1.0], [1.0]], [[1.0], [0.0]]]), np.array([1.0, 3.0]))
    array([1., 1., 6., 0.])
    """
    xp = mask.__array_namespace__()
    share = xp.mean(mask, axis=-2, keepdims=True)
    weights = (mask / (share + (share == 0)))[..., 0]
    if weight is not None:
        weights = weight[..., None] * weights
    return weights.reshape(*weights.shape[:-2], -1)  # type: ignore[no-any-return]
