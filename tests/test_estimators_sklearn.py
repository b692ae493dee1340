"""The estimators keep to scikit-learn's conventions: all that it checks, with no exception."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from neurona import NeuralNetClassifier, NeuralNetRegressor

ESTIMATORS = [
    NeuralNetClassifier(),
    NeuralNetRegressor(),
    NeuralNetClassifier(preprocess=None),
    NeuralNetRegressor(preprocess=None),
]


def name_of(value):
    """Name a check by its function; an estimator names itself."""
    return value.func.__name__ if hasattr(value, "func") else repr(value)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [pair for estimator in ESTIMATORS for pair in estimator_checks_generator(estimator)],
    ids=name_of,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
