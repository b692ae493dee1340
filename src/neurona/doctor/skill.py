"""One measure of all networks: how much better than the best constant they predict.

The skill is 1 - loss / (loss of the best constant). The loss is the mean squared error: of the
probabilities of classes, where it is Brier's score [1]_ and the skill is Brier's [2]_; of values,
where the skill is R². So costs and outputs of all kinds can be compared: 1 is perfect, 0 is what
the best constant reaches without looking at the inputs, and below 0 is worse than that.

References
----------
.. [1] Brier, "Verification of forecasts expressed in terms of probability", 1950.
.. [2] Murphy, "A new vector partition of the probability score", 1973.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from neurona.engine.costs import Cost
from neurona.engine.network import Network
from neurona.engine.types import Array

Kind = Literal["classes", "labels", "values"]
WORST = -1.0  # the least skill that is told apart, which a training that diverged has


@dataclass(frozen=True)
class Measure:
    """The skill and the accuracy of predictions.

    Attributes
    ----------
    kind
        ``"classes"``: each example is of one class; ``"labels"``: several may hold at once;
        ``"values"``: a regression.
    signed
        Whether the two classes are -1 and 1, as after a tanh.
    balanced
        Whether each class counts alike, however rare.

    Examples
    --------
    >>> target = np.array([[0.0], [1.0], [1.0], [0.0]])
    >>> measure = Measure.of(target)
    >>> measure.kind, float(measure.skill(np.full((4, 1), 0.5), target, constant=0.5))
    ('classes', 0.0)
    """

    kind: Kind
    signed: bool = False
    balanced: bool = False

    @classmethod
    def of(cls, target: Array, balanced: bool = False) -> Measure:
        """Return the measure for the targets ``(n, n_out)`` of a training."""
        values = np.unique(target)
        if target.shape[1] == 1:
            signed = values.tolist() == [-1.0, 1.0]
            kind: Kind = "classes" if signed or values.tolist() == [0.0, 1.0] else "values"
            return cls(kind, signed, balanced and kind == "classes")
        if not np.isin(values, (0.0, 1.0)).all():
            return cls("values")
        one = bool((target.sum(axis=1) == 1).all())
        return cls("classes" if one else "labels", balanced=balanced and one)

    def constant(self, target: Array) -> Array:
        """Return the best constant of training targets ``(..., n, n_out)``: ``(..., 1, n_out)``."""
        target = self._unsigned(target)
        return _mean(target, self._weight(target))

    def skill(self, prediction: Array, target: Array, constant: Any) -> Array:
        """Return the skill of predictions ``(..., n, n_out)``, for each network of a stack.

        Where a network diverged, and below it, the skill is -1.
        """
        target = self._unsigned(target)
        weight = self._weight(target)
        with np.errstate(all="ignore"):
            loss = _mean((self._probabilities(prediction) - target) ** 2, weight)
            trivial = _mean((constant - target) ** 2, weight)
            if self.kind == "values":  # each target by itself, whatever its unit
                ratio = (loss / np.where(trivial > 0, trivial, 1)).mean(axis=(-2, -1))
            else:
                ratio = loss.sum(axis=(-2, -1)) / trivial.sum(axis=(-2, -1))
            skill: Array = np.fmax(1 - ratio, WORST)
        known: Array = np.where(np.isfinite(skill), skill, WORST)
        return known

    def accuracy(self, prediction: Array, target: Array) -> Array:
        """Return the share of right predictions, of labels over all of them; NaN for values."""
        target = self._unsigned(target)
        if self.kind == "values":
            return np.full(prediction.shape[:-2], np.nan)
        if self.kind == "classes" and target.shape[-1] > 1:
            right = prediction.argmax(axis=-1) == target.argmax(axis=-1)
            right = right & np.isfinite(prediction).all(axis=-1)
            weight = self._weight(target)
            share: Array = _mean(right[..., None], weight)[..., 0, 0]
            return share
        right = (self._probabilities(prediction) >= 0.5) == (target >= 0.5)
        known = _mean(right & np.isfinite(prediction), self._weight(target))
        each: Array = known.mean(axis=(-2, -1))
        return each

    def _unsigned(self, target: Array) -> Array:
        target = np.asarray(target, np.float64)
        return (target + 1) / 2 if self.signed else target

    def _probabilities(self, prediction: Array) -> Array:
        prediction = np.asarray(prediction, np.float64)
        if self.kind == "values":
            return prediction
        unsigned: Array = (prediction + 1) / 2 if self.signed else prediction
        return np.clip(unsigned, 0, 1)

    def _weight(self, target: Array) -> Array | None:
        """Return what makes each class count alike, ``(..., n, 1)``."""
        if not self.balanced:
            return None
        each = target if target.shape[-1] > 1 else np.concatenate([target, 1 - target], axis=-1)
        counts = each.sum(axis=-2, keepdims=True)
        weight: Array = (each / np.where(counts > 0, counts, 1)).sum(axis=-1, keepdims=True)
        return weight


def _mean(values: Array, weight: Array | None) -> Array:
    """Return the mean over the examples, of which each counts by its weight."""
    own = np.ones((*values.shape[:-1], 1)) if weight is None else weight
    mean: Array = (values * own).sum(axis=-2, keepdims=True) / own.sum(axis=-2, keepdims=True)
    return mean


def task_of(target: Array) -> str:
    """Return what targets are: two classes, one-hot classes, labels or numbers."""
    if not np.isin(target, (0, 1)).all():
        return "numbers"
    if target.shape[1] == 1:
        return "two"
    return "classes" if (target.sum(axis=1) == 1).all() else "labels"


def skill(predictions: Array, target: Array, task: str) -> float:
    """Return how much of what the best constant gets wrong is right: 1 is all, 0 nothing.

    Of classes it counts the examples, of numbers and labels the squares (R²).

    Examples
    --------
    >>> skill(np.array([[0.9], [0.2], [0.6], [0.7]]), np.array([[1.0], [0], [0], [1]]), "two")
    0.5
    """
    if task in ("two", "classes"):
        shares = class_shares(target)
        right, most = _is_right(predictions, target).mean(), shares.max()
        return float((right - most) / (1 - most)) if most < 1 else 1.0
    return r_squared(predictions, target)


def r_squared(predictions: Array, target: Array) -> float:
    """Return how much of the targets' variance is explained; of classes, Brier's skill score."""
    with np.errstate(all="ignore"):
        error = np.square(predictions - target, dtype=np.float64).mean()
        variance = target.var(axis=0, dtype=np.float64).mean()
        return float(np.nan_to_num(1 - error / variance, nan=-np.inf)) if variance else 1.0


def recalls(predictions: Array, target: Array) -> Array:
    """Return the share of each class that is predicted as that class; NaN for one without rows."""
    right = _is_right(predictions, target)
    member = target > 0.5 if target.shape[1] > 1 else np.hstack([target < 0.5, target > 0.5])
    with np.errstate(all="ignore"):
        return np.asarray((right[:, None] & member).sum(axis=0) / member.sum(axis=0))


def _is_right(predictions: Array, target: Array) -> Array:
    if target.shape[1] == 1:
        return np.asarray((predictions[:, 0] > 0.5) == (target[:, 0] > 0.5))
    right: Array = predictions.argmax(axis=1) == target.argmax(axis=1)
    return right


def class_shares(target: Array) -> Array:
    """Return the share of each class."""
    if target.shape[1] == 1:
        share = float(target.mean())
        return np.array([1 - share, share])
    return np.asarray(target.mean(axis=0))


def best_constant(net: Network, cost: Cost, target: Array) -> tuple[Array, float]:
    """Return the best constant prediction, and its cost.

    It is the mean for squares and cross-entropies, the median for absolute errors, the quantile for
    pinball: the best of these.

    Examples
    --------
    >>> from neurona import network
    >>> from neurona.engine.costs import SquaredError
    >>> best_constant(network([2, 1]), SquaredError(), np.array([[0.0], [1.0], [1.0], [0.0]]))
    (array([0.5]), 0.25)
    """
    candidates = [target.mean(axis=0), np.median(target, axis=0)]
    if hasattr(cost, "quantile"):
        candidates.append(np.quantile(target, cost.quantile, axis=0))
    costs = [cost_of_constant(cost, one, target) for one in candidates]
    best = int(np.nanargmin(costs)) if not np.isnan(costs).all() else 0
    return candidates[best], costs[best]


def cost_of_constant(cost: Cost, p: Array, target: Array) -> float:
    """Return the cost of predicting p for every example."""
    output = np.broadcast_to(_before(cost.link, p), target.shape)
    with np.errstate(all="ignore"):
        return float(cost(output, target)[0])


def _before(link: str | None, p: Array) -> Array:
    """Return the output before the cost's link that makes the prediction p."""
    if link is None:
        return p
    p = np.maximum(p, 1e-7)
    if link == "sigmoid":
        p = np.minimum(p, 1 - 1e-7)
        return np.asarray(np.log(p / (1 - p)))
    return np.asarray(np.log(p))
