"""Rows of a table with their targets and their weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array, check_consistent_length

from neurona.estimators.forms import unmasked
from neurona.tables.table import Table


@dataclass(frozen=True, eq=False)
class Examples:
    """Rows with their targets, as the person gave them, read and checked."""

    table: Table
    y: NDArray[Any]
    weight: NDArray[np.float64] | None
    rows: NDArray[np.int64]  # their numbers among all that were given

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, rows: Any) -> Examples:
        weight = None if self.weight is None else self.weight[rows]
        return Examples(self.table[rows], self.y[rows], weight, self.rows[rows])


def examples_of(table: Table, y: NDArray[Any], sample_weight: Any) -> Examples:
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
    given = unmasked(sample_weight)
    if np.asarray(given).ndim == 0:
        raise ValueError(f"sample_weight is {given!r}: give one number a row, ({n},)")
    weight: NDArray[np.float64] = check_array(
        given, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if weight.shape != (n,):
        raise ValueError(f"sample_weight has shape {weight.shape}: give one number a row, ({n},)")
    if (weight < 0).any() or not weight.any():
        raise ValueError("sample_weight must not be negative, nor zero everywhere")
    return weight
