"""scikit-learn's own tests of its MLP, run on the estimators: ``python -m benchmarks.mlp_tests``.

The tests are those of the scikit-learn that is installed. They find, in place of ``MLPClassifier``
and ``MLPRegressor``, two classes with the same parameters and attributes that hand everything on to
``NeuralNetClassifier`` and ``NeuralNetRegressor``. Every test that does not pass is explained
below, and in docs/scikit-learn.md.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter

import numpy as np
import pytest
import sklearn.neural_network
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _num_samples

import neurona
from neurona import NeuralNetClassifier, NeuralNetRegressor

TESTS = "sklearn.neural_network.tests.test_mlp"
ACTIVATIONS = {"identity": "linear", "logistic": "sigmoid"}

# Why a test does not pass: it is decided otherwise here,
DESIGN = {
    "test_fit": "weights are not set by hand on an estimator: neurona.train(start=...) takes them",
    "test_gradient": "reads a private method; check_gradient is the public one",
    "test_learning_rate_warmstart": "reads a private optimizer; schedules are functions of a step",
    "test_predict_proba_multilabel": "its L-BFGS part passes; where p is within 1e-16 of 1, log p "
    "from the logits is more exact than np.log(p)",
    "test_nonfinite_params": "TrainingDiverged, which names the layer, in place of a ValueError",
    "test_mlp_diverging_loss": "TrainingDiverged in place of a score that is NaN",
    "test_early_stopping_stratified": "a class of one row is not refused: rows are held "
    "out without strata",
    "test_minimum_input_sample_size": "refused, in other words",
    "test_verbose_sgd": "a line begins with 'epoch', not with 'Iteration'",
    "test_mlp_param_dtypes": "weights are float32, or float64 where a step takes the whole small "
    "table, and predictions float64, whatever X is",
    "test_mlp_partial_fit_after_fit": "partial_fit takes early_stopping",
    "test_preserve_feature_names": "a classifier refuses one class",
}
# or is not there.
MISSING = {
    "test_adaptive_learning_rate": "no rate that falls when the cost stops falling; the default "
    "falls along a cosine",
    "test_n_iter_no_change": "a fit ends by itself only where it is validated; leave a loop over "
    "iter_fit, as is done here",
    "test_n_iter_no_change_inf": "the same",
    "test_shuffle": "rows are drawn in a new order in each epoch, always",
}


class MLP(BaseEstimator):
    """The parameters and attributes of scikit-learn's class, on top of an estimator of neurona."""

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        loss="squared_error",
        solver="adam",
        alpha=1e-4,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=1e-3,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        max_fun=15_000,
    ):
        given = {**locals()}
        for name in self._get_param_names():
            setattr(self, name, given[name])

    def fit(self, X, y, sample_weight=None):
        """Learn as long as the cost falls by ``tol`` in ``n_iter_no_change`` epochs."""
        self._begin(X, y, anew=not self.warm_start)
        best, since, epoch = np.inf, 0, 0
        for state in self.net_.iter_fit(X, y, sample_weight):
            since += state.epoch - epoch
            epoch = state.epoch
            loss = self.net_.loss_ * self._unit()
            if self.early_stopping:
                loss = -max(self.net_.validation_scores_[-1:], default=-np.inf)
            if loss < best - self.tol:
                best, since = loss, 0
            if since > self.n_iter_no_change * self._epochs_an_iteration():
                break
        else:
            if not self.early_stopping:
                warnings.warn("the cost still falls", ConvergenceWarning, stacklevel=2)
        return self

    def _unit(self):
        return 1.0

    def _streams(self):
        return self.solver != "lbfgs"

    def _epochs_an_iteration(self):
        return 1 if self._streams() else 10

    @available_if(_streams)
    def partial_fit(self, X, y, classes=None):
        """Take one epoch's steps."""
        self._begin(X, y, anew=False)
        given = {} if classes is None else {"classes": classes}
        self.net_.partial_fit(X, y, **given)
        return self

    def _begin(self, X, y, anew):
        given = self._given(_num_samples(X), len(y[0]) if np.ndim(y) > 1 else 1)
        if anew or not hasattr(self, "net_"):
            self.net_ = self.neurona(**given)
        else:
            self.net_.set_params(**given)

    def _given(self, n, outputs):
        size = min(200, n) if self.batch_size == "auto" else self.batch_size
        # Its cost of several labels is their sum, and ours the mean.
        rate, epochs = self.learning_rate_init * outputs, self.max_iter
        if self.solver == "adam":
            optimizer = neurona.adam(neurona.schedules.Constant(rate))
        elif self.solver == "sgd" and self.momentum:
            nesterov = self.nesterovs_momentum
            optimizer = neurona.momentum(
                neurona.schedules.Constant(rate), self.momentum, nesterov=nesterov
            )
        elif self.solver == "sgd":
            optimizer = neurona.sgd(neurona.schedules.Constant(rate))
        else:  # an iteration of L-BFGS is taken for ten steps with the whole table
            optimizer, size = neurona.adam(0.02), n
            epochs = min(epochs, self.max_fun) * self._epochs_an_iteration()
        return {
            "hidden_layer_sizes": self.hidden_layer_sizes,
            "activation": ACTIVATIONS.get(self.activation, self.activation),
            "optimizer": optimizer,
            "batch_size": size,
            "epochs": epochs,
            "l1": 0.0,
            "l2": self.alpha / size,
            "dropout": 0.0,
            "initializer": "glorot_uniform",
            "networks": 1,
            "preprocess": None,
            "early_stopping": self.early_stopping,
            "validation_fraction": self.validation_fraction,
            "patience": int(min(self.n_iter_no_change, 10**6)),
            "random_state": self.random_state,
            "verbose": bool(self.verbose),
            "warm_start": self.warm_start,
            **self.own,
        }

    def predict(self, X):
        """Predict."""
        return self.net_.predict(X)

    coefs_ = property(lambda self: [layer.W for layer in self.net_.params_])
    intercepts_ = property(lambda self: [layer.b for layer in self.net_.params_])
    n_iter_ = property(lambda self: self.net_.n_iter_ // self._epochs_an_iteration())
    loss_ = property(lambda self: self.net_.loss_)
    loss_curve_ = property(lambda self: self.net_.loss_curve_)
    n_layers_ = property(lambda self: len(self.net_.params_) + 1)
    n_outputs_ = property(lambda self: self.net_.network_.n_out)

    @property
    def best_loss_(self):
        """The least cost, where no rows were held out."""
        return None if self.early_stopping else min(self.net_.loss_curve_)

    @property
    def validation_scores_(self):
        """The scores of the rows held out, if there were any."""
        return self.net_.validation_scores_ if self.early_stopping else None

    @property
    def best_validation_score_(self):
        """The best of them."""
        return max(self.net_.validation_scores_) if self.early_stopping else None


class MLPClassifier(ClassifierMixin, MLP):
    """A classifier."""

    neurona = NeuralNetClassifier
    classes_ = property(lambda self: self.net_.classes_)

    @property
    def own(self):
        """The score."""
        return {"scoring": "accuracy"}

    def predict_proba(self, X):
        """Return probabilities."""
        return self.net_.predict_proba(X)

    def predict_log_proba(self, X):
        """Return their logarithms."""
        return self.net_.predict_log_proba(X)


class MLPRegressor(RegressorMixin, MLP):
    """A regressor."""

    neurona = NeuralNetRegressor

    def _unit(self):
        return 1.0 if self.loss == "poisson" else float(np.max(self.net_.targets_.scale)) ** 2 / 2

    @property
    def own(self):
        """The cost, and the score."""
        cost = "poisson" if self.loss == "poisson" else "mse"
        return {"scoring": "r2", "cost": cost}


class Outcomes:
    """A plugin of pytest that keeps which tests passed, and why others did not."""

    def __init__(self):
        self.passed, self.failed = [], {}

    def pytest_runtest_logreport(self, report):
        """Keep one test's outcome."""
        name = report.nodeid.rpartition("::")[2]
        if report.when == "call" and report.passed:
            self.passed.append(name)
        elif report.failed:
            self.failed[name] = str(report.longrepr.reprcrash.message).splitlines()[0]


def main() -> int:
    """Run the tests, print a line for each that did not pass, and say if one is not explained."""
    sklearn.neural_network.MLPClassifier = MLPClassifier
    sklearn.neural_network.MLPRegressor = MLPRegressor
    outcomes = Outcomes()
    options = ["-q", "--no-header", "--tb=no", "-rN", "-p", "no:cacheprovider", "--pyargs", TESTS]
    pytest.main([*options, *sys.argv[1:]], plugins=[outcomes])
    explained = dict.fromkeys(DESIGN, "design") | dict.fromkeys(MISSING, "missing")
    kinds = Counter({"pass": len(outcomes.passed)})
    unexplained = 0
    for name, message in sorted(outcomes.failed.items()):
        kind = explained.get(name.partition("[")[0], "UNEXPLAINED")
        kinds[kind] += 1
        unexplained += kind == "UNEXPLAINED"
        print(f"{kind:11}  {name}: {message[:110]}")
    print(", ".join(f"{count} {kind}" for kind, count in kinds.items()))
    return int(unexplained > 0)


if __name__ == "__main__":
    sys.exit(main())
