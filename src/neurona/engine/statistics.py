"""Statistics of examples that come in parts: what was known before, and what the new ones tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from neurona.engine.data import Data
from neurona.engine.layers.normalization import BatchNormalizationParams
from neurona.engine.state import State
from neurona.engine.types import Params

POPULATION = 10_000  # rows from which mean and variance are known to about 1 %, whatever follows


def rows_seen(examples: Data) -> int:
    """Return how many examples weigh something; of a stack, in any of its networks."""
    weight = examples.weight
    if weight is None:
        return examples.n
    return int(np.count_nonzero(weight.reshape(-1, examples.n).any(axis=0)))


def rows_kept(before: int, rows: int) -> int:
    """Return how many of the rows seen before still count beside new ones: 10,000 in all.

    As many are enough to know mean and variance to about 1 %. Those before them were seen by other
    weights, and are forgotten, as they are in a training that has not stopped.
    """
    return min(before, max(0, POPULATION - rows))


def merged(params: Params, rows: int, before: Params, rows_before: int) -> Params:
    """Return parameters whose batch normalizations know the rows before them, too.

    With the share s of the new rows in all, and the distance d between the two means,

        m = m₀ + s d,    v = (1 - s) v₀ + s v₁ + s (1 - s) d²

    which are mean and variance of all rows together [1]_, equations 1.5. How much an example
    weighs has its part in each of the two, but not in s.

    References
    ----------
    .. [1] Chan, Golub & LeVeque, "Algorithms for computing the sample variance: analysis and
       recommendations", 1983.

    Examples
    --------
    >>> a, b = np.array([[1.0], [5.0], [6.0]]), np.array([[2.0]])
    >>> one, other = ((BatchNormalizationParams(1, 0, x.mean(0), x.var(0)),) for x in (a, b))
    >>> both = merged(other, 1, one, 3)[0]
    >>> both.mean, both.variance, np.vstack([a, b]).var(0)
    (array([3.5]), array([4.25]), array([4.25]))
    """
    s = rows / (rows + rows_before)

    def of(new: Any, old: Any) -> Any:
        if isinstance(new, BatchNormalizationParams):
            d = new.mean - old.mean
            variance = (1 - s) * old.variance + s * new.variance + s * (1 - s) * d * d
            return new._replace(mean=old.mean + s * d, variance=variance)
        if type(new) is tuple:
            return tuple(map(of, new, old))
        return new

    found: Params = of(params, before)
    return found


def with_rows_before(state: State, before: State) -> State:
    """Return a state whose statistics know the rows of an earlier one, too."""
    kept = rows_kept(before.rows_seen, state.rows_seen)
    if not kept:
        return state
    params = merged(state.params, state.rows_seen, before.params, kept)
    return replace(state, params=params, rows_seen=state.rows_seen + kept)
