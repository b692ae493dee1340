"""The estimators keep to scikit-learn's conventions, all that it checks, with no exception."""

from __future__ import annotations

from sklearn.utils.estimator_checks import parametrize_with_checks

from neurona import NeuralNetClassifier, NeuralNetRegressor


@parametrize_with_checks(
    [
        NeuralNetClassifier(),
        NeuralNetRegressor(),
        NeuralNetClassifier(preprocess=None),
        NeuralNetRegressor(preprocess=None),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
