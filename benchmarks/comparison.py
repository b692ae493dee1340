"""Statistics over folds and over tables: corrected standard errors, ranks, normalized scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import rankdata


def corrected_error(values: Sequence[float], test_over_train: float) -> float:
    """Return the standard error of the mean over J folds whose training rows overlap.

        √((1/J + n_test / n_train) · variance)

    Nadeau & Bengio (2003), "Inference for the generalization error". Independent draws have
    nothing in common: their ratio is 0. One value has no error: the result is nan.

    >>> round(corrected_error([0.8, 0.9, 1.0], 1 / 4), 4)
    0.0764
    """
    if len(values) < 2:
        return float("nan")
    return float(np.sqrt((1 / len(values) + test_over_train) * np.var(values, ddof=1)))


def verdict(own: Sequence[float], peer: Sequence[float], test_over_train: float) -> int:
    """Return -1 if a peer is better by more than a corrected standard error, 1 if it is worse.

    The scores are paired: both models learned from the same folds.

    >>> verdict([0.9, 0.8, 0.9], [0.8, 0.7, 0.75], 1 / 4)
    1
    """
    differences = np.subtract(own, peer)
    error = corrected_error(differences, test_over_train)
    mean = float(differences.mean())
    return int(mean > error) - int(mean < -error)


def mean_ranks(tables: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return each model's mean rank over the tables, 1 for the best; equal scores share a rank.

    >>> mean_ranks([{"a": 0.9, "b": 0.8}, {"a": 0.7, "b": 0.7}])
    {'a': 1.25, 'b': 1.75}
    """
    titles = list(tables[0])
    ranks = [rankdata([-table[title] for title in titles]) for table in tables]
    return dict(zip(titles, np.mean(ranks, axis=0).tolist(), strict=True))


def mean_normalized(
    tables: Sequence[Mapping[str, float]], constants: Sequence[float]
) -> dict[str, float]:
    """Return each model's mean score, where the table's best is 1 and its worst is 0.

    A score below a constant prediction's counts as that one, so that one failure does not make all
    others equal. Grinsztajn, Oyallon & Varoquaux (2022), "Why do tree-based models still outperform
    deep learning on typical tabular data?", cut low scores too.

    >>> mean_normalized([{"a": 0.9, "b": 0.7, "c": 0.5}, {"a": 0.6, "b": 0.8, "c": -9}], [0, 0])
    {'a': 0.875, 'b': 0.75, 'c': 0.0}
    """
    titles = list(tables[0])
    rows = []
    for table, constant in zip(tables, constants, strict=True):
        scores = np.maximum([table[title] for title in titles], constant)
        low, high = scores.min(), scores.max()
        rows.append((scores - low) / (high - low) if high > low else np.ones(len(titles)))
    return dict(zip(titles, np.mean(rows, axis=0).tolist(), strict=True))
