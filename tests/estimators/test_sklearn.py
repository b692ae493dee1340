"""The estimators keep to scikit-learn's conventions: all that it checks, with one exception."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from neurona import NeuralNetClassifier, NeuralNetRegressor

# It gives negative targets to whatever takes several, and counts are not negative.
NOT_OF_COUNTS = "check_regressor_multioutput"
ESTIMATORS = [
    NeuralNetClassifier(),
    NeuralNetRegressor(),
    NeuralNetClassifier(preprocess=None),
    NeuralNetRegressor(preprocess=None),
    NeuralNetClassifier(label_smoothing=0.1),
    NeuralNetRegressor(cost="poisson"),
    NeuralNetClassifier(normalization="batch", l1=0.0),
]


def name_of(value):
    """Name a check by its function; an estimator names itself."""
    return value.func.__name__ if hasattr(value, "func") else repr(value)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        (estimator, check)
        for one in ESTIMATORS
        for estimator, check in estimator_checks_generator(one)
        if not (estimator.get_params()["cost"] == "poisson" and name_of(check) == NOT_OF_COUNTS)
    ],
    ids=name_of,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
