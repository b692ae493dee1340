"""Rows and what goes with them: targets, and how much each counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array, check_consistent_length


@dataclass(frozen=True, eq=False)
class Prepared:
    """Rows that have been prepared already: a scorer hands them to the estimator at each epoch.

    ``x`` is the network's input, which is not what the person gave.
    """

    x: NDArray[np.float64]

    @property
    def shape(self) -> tuple[int, ...]:
        """Return how many rows there are, and how many columns the network gets."""
        return self.x.shape

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: Any) -> Prepared:
        return Prepared(self.x[rows])


@dataclass(frozen=True, eq=False)
class Examples:
    """Rows with their targets, as the person gave them, read and checked."""

    table: Any  # a Table, or an array where nothing is prepared
    y: NDArray[Any]
    weight: NDArray[np.float64] | None
    rows: NDArray[np.int64]  # which of those that were given they are

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, rows: Any) -> Examples:
        weight = None if self.weight is None else self.weight[rows]
        return Examples(self.table[rows], self.y[rows], weight, self.rows[rows])


def examples_of(table: Any, y: NDArray[Any], sample_weight: Any) -> Examples:
    """Return the rows that weigh something, with their targets.

    Raises
    ------
    ValueError
        If there are not as many targets or weights as rows, or weights are wrong.
    """
    check_consistent_length(range(len(table)), y)
    weight = None if sample_weight is None else check_weights(sample_weight, len(y))
    examples = Examples(table, y, weight, np.arange(len(y)))
    return examples if weight is None or weight.all() else examples[weight > 0]


def check_weights(sample_weight: Any, n: int) -> NDArray[np.float64]:
    """Return the weights of the rows, or say what is wrong with them."""
    weight: NDArray[np.float64] = check_array(
        sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if weight.shape != (n,):
        raise ValueError(f"sample_weight has shape {weight.shape}: give one number a row, ({n},)")
    if (weight < 0).any() or not weight.any():
        raise ValueError("sample_weight must not be negative, nor zero everywhere")
    return weight


def of_ordinary_size(weight: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    """Return the weights times a power of two, so that float32 holds them; only shares matter.

    >>> of_ordinary_size(np.array([3e-300, 6e-300])).round(1)
    array([0.3, 0.5])
    """
    return None if weight is None else np.ldexp(weight, -np.frexp(weight.max())[1])


def with_another_class(
    x: NDArray[Any], target: NDArray[Any], weight: NDArray[Any] | None, output: str
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Add a row of another class, which weighs nothing, to rows that are all of one class.

    A part of a table may be so, and the engine refuses to train a classifier on it.

    >>> x, target, weight = with_another_class(np.eye(2), np.ones((2, 1)), None, "sigmoid")
    >>> target.ravel(), weight
    (array([1., 1., 0.]), array([1., 1., 0.]))
    """
    other = np.roll(target[:1], 1, axis=1) if output == "softmax" else 1 - target[:1]
    weight = np.ones(len(x)) if weight is None else weight
    return np.vstack([x, x[:1]]), np.vstack([target, other]), np.append(weight, 0.0)
