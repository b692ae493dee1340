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
        return np.where(np.isfinite(skill), skill, WORST)

    def accuracy(self, prediction: Array, target: Array) -> Array:
        """Return the share of right predictions, of labels over all of them; NaN for values."""
        target = self._unsigned(target)
        if self.kind == "values":
            return np.full(prediction.shape[:-2], np.nan)
        if self.kind == "classes" and target.shape[-1] > 1:
            right = prediction.argmax(axis=-1) == target.argmax(axis=-1)
            right = right & np.isfinite(prediction).all(axis=-1)
            weight = self._weight(target)
            return _mean(right[..., None], weight)[..., 0, 0]
        right = (self._probabilities(prediction) >= 0.5) == (target >= 0.5)
        return _mean(right & np.isfinite(prediction), self._weight(target)).mean(axis=(-2, -1))

    def _unsigned(self, target: Array) -> Array:
        target = np.asarray(target, np.float64)
        return (target + 1) / 2 if self.signed else target

    def _probabilities(self, prediction: Array) -> Array:
        prediction = np.asarray(prediction, np.float64)
        if self.kind == "values":
            return prediction
        return np.clip((prediction + 1) / 2 if self.signed else prediction, 0, 1)

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
    if weight is None:
        return np.asarray(values, np.float64).mean(axis=-2, keepdims=True)
    mean: Array = (values * weight).sum(axis=-2, keepdims=True) / weight.sum(axis=-2, keepdims=True)
    return mean
