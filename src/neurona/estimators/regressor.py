"""A network that predicts numbers, by scikit-learn's conventions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from neurona.checks import check_share
from neurona.engine.costs import COSTS
from neurona.estimators.base import NeuralNet
from neurona.estimators.calibration import bounds_of
from neurona.estimators.examples import Examples
from neurona.estimators.forms import target_of
from neurona.estimators.settings import FEWEST
from neurona.estimators.validation import validation_rows
from neurona.tables.columns import which_missing
from neurona.tables.targets import Counts, Quantities


class NeuralNetRegressor(RegressorMixin, NeuralNet):  # type: ignore[misc]
    """A neural network that learns numbers from a table as it is.

    It learns each column of the target with mean 0 and standard deviation 1, and predicts in the
    target's units. With ``cost="poisson"`` it learns counts as shares of their mean, by a network
    that ends in ``exp``, and predicts the rate, which is above 0. With
    ``cost=neurona.costs.Pinball(0.9)`` it predicts the 90th percentile. All else is as in
    :class:`~neurona.NeuralNetClassifier`.

    Parameters
    ----------
    hidden_layer_sizes, activation, layers, optimizer, learning_rate, weight_decay, batch_size, \
epochs, l1, l2, clip, initializer, dropout, normalization, augmentation, ramps, networks, cv, \
quick, early_stopping, validation_fraction, patience, scoring, engine, devices, random_state, \
preprocess, verbose, warm_start
        As in :class:`~neurona.NeuralNetClassifier`.
    cost
        A cost or its name: ``"mse"``, the squared error, by default, ``"mae"``, ``"huber"``,
        ``"poisson"``, or ``"pinball"``, the median. Where it has a unit, that is the target's
        standard deviation.

    Attributes
    ----------
    n_features_in_, feature_names_in_, network_, params_, preparation_, setting_, trials_, \
state_, n_iter_, loss_, loss_curve_, validation_scores_, validation_loss_curve_, should_stop_
        As in :class:`~neurona.NeuralNetClassifier`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> net = NeuralNetRegressor(random_state=0).fit(X[::2], y[::2])
    >>> bool(net.score(X[1::2], y[1::2]) > 0.3)
    True
    """

    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        validation: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Any:
        """Take one epoch's steps with these rows, at a learning rate that does not fall.

        The first call learns what the columns are, and the scale of the target. All else is as in
        :meth:`neurona.NeuralNetClassifier.partial_fit`, early stopping too.

        Parameters
        ----------
        X, y, sample_weight
            Rows, as for :meth:`fit`.
        X_val, y_val, sample_weight_val
            The validation set of this call.
        validation
            The same together; it warns.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If anything given does not fit.
        TrainingDiverged
            If the cost stops being finite.
        """
        validation = validation_rows(validation, X_val, y_val, sample_weight_val)
        self._partial_fit(X, y, sample_weight, validation)
        return self

    def predict_interval(self, X: Any, share: float = 0.9) -> NDArray[np.float64]:
        """Return an interval for each row, in which the share of such targets lies.

        Its ends are the prediction plus the residuals of rows that were left out of the fit,
        ``share`` of them being between the two; as many are below as above [1]_. It is as wide for
        each row, and promises its share for rows like those of the table, taken together. Counts
        are not below 0, and neither is an end of theirs.

        Parameters
        ----------
        share
            Between 0 and 1.

        Returns
        -------
        (n, 2), or (n, 2, outputs)
            The lower and the upper end.

        Raises
        ------
        ValueError
            If no rows were left out, or too few for this share.

        References
        ----------
        .. [1] Barber et al., "Predictive inference with the jackknife+", 2021, section 3 (CV+), of
           which this is the form with one prediction for all folds.

        Examples
        --------
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(400, 1))
        >>> y = x[:, 0] + rng.normal(size=400)
        >>> net = NeuralNetRegressor(random_state=0).fit(x[:200], y[:200])
        >>> low, high = net.predict_interval(x[200:], 0.8).T
        >>> bool(0.7 < ((low < y[200:]) & (y[200:] < high)).mean() < 0.9)
        True
        """
        check_is_fitted(self)
        share = check_share("share", share)
        if self.residuals_ is None:
            raise ValueError(
                "no rows were left out of this fit, and only they tell how far predictions are "
                f"off: fit {FEWEST} rows or more with several networks, or with early_stopping"
            )
        bounds = bounds_of(self.residuals_, share)
        interval: NDArray[np.float64] = self.predict(X)[:, None] + bounds
        return np.maximum(interval, 0) if isinstance(self.targets_, Counts) else interval

    @np.errstate(invalid="ignore")  # scikit-learn adds up what may be as large as floats get
    def _check_y(self, y: Any) -> NDArray[Any]:
        y = target_of(y)
        if y.dtype.kind in "mMOUT":
            y = _numbers(y)
        checked: NDArray[Any] = check_array(
            y, ensure_2d=False, dtype=np.float64, input_name="y", estimator=self
        )
        return checked

    def _fit_targets(
        self, learned: Examples, given: Examples, classes: Any = None
    ) -> Quantities | Counts:
        return self._target().fit(learned.y, learned.weight)

    def _summary_of_targets(self, examples: Examples) -> dict[str, Any]:
        """Return what is to be known of the targets of some of the rows."""
        known = self._fit_targets(examples, examples)
        deviation = getattr(known, "deviation", np.zeros(known.n_out))
        told = {"mean": known.mean, "deviation": deviation, "single": known.single}
        return {**told, "rows": len(examples)}

    def _merged_targets(self, parts: list[dict[str, Any]]) -> Quantities | Counts:
        """Return mean and deviation of all rows: those of two rows for each part of them."""
        ends = [part["mean"] + side * part["deviation"] for side in (-1, 1) for part in parts]
        rows = np.array([part["rows"] for part in parts], np.float64)
        y = np.concatenate(ends) if parts[0]["single"] else np.stack(ends)
        return self._target().fit(y, np.concatenate([rows, rows]))

    def _target(self) -> type[Quantities | Counts]:
        return Counts if self._counts() else Quantities

    def _output(self) -> str:
        return self._target().output

    def _confirm_targets(self, y: NDArray[Any], whole: bool) -> None:
        """Give a target a scale that was constant, and now is not: its network has learned 0."""
        known, columns = self.targets_, y.reshape(len(y), -1)
        if columns.shape[1] != known.n_out:  # which is refused when it is encoded
            return
        if isinstance(known, Counts):
            mean = np.where(known.mean == 0, columns.mean(axis=0), known.mean)
            self.targets_ = replace(known, mean=mean)
        else:
            away = abs(columns - known.mean).max(axis=0)
            away[away <= 1e-12 * abs(known.mean)] = 0
            deviation = np.where(known.deviation == 0, away, known.deviation)
            self.targets_ = replace(known, deviation=deviation)

    def _counts(self) -> bool:
        """Tell whether the cost is one of counts."""
        cost = COSTS.get(self.cost) if isinstance(self.cost, str) else self.cost
        return getattr(cost, "link", None) == Counts.output

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        tags.target_tags.positive_only = self._counts()
        return tags


def _numbers(y: NDArray[Any]) -> NDArray[np.float64]:
    """Return objects and texts that are numbers, or say of the first that is none why not."""
    dates = date | time | timedelta
    if y.dtype.kind in "mM" or any(isinstance(one, dates) for one in y.ravel().tolist()):
        raise ValueError(
            "y holds dates or durations: give numbers, such as days, y / np.timedelta64(1, 'D')"
        )
    try:
        return y.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        pass
    for place, one in np.ndenumerate(y):
        where = f"y{[*place]}"
        if which_missing([one])[0]:
            raise ValueError(f"Input y contains NaN: {where} is missing")
        try:
            float(one)
        except OverflowError:
            raise ValueError(f"{where} is a number beyond all floats: scale y") from None
        except (TypeError, ValueError):
            raise ValueError(
                f"{where} is {str(one)[:60]!r}, of type {type(one).__name__}: give numbers; texts "
                "are classes, which NeuralNetClassifier learns"
            ) from None
    raise ValueError(f"y is of type {y.dtype}: give numbers")  # no cell by itself is at fault
