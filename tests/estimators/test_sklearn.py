"""The estimators keep to scikit-learn's conventions: all that it checks, with three exceptions."""

from __future__ import annotations

import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import estimator_checks_generator

from neurona import NeuralNetClassifier, NeuralNetRegressor

# It gives negative targets to whatever takes several, and counts are not negative.
NOT_OF_COUNTS = "check_regressor_multioutput"
# It calls partial_fit after fit, and several networks have nothing to go on with: test_ensemble.py.
NOT_OF_SEVERAL = "check_fit_score_takes_y"
# It gives 39 rows with weights, or 57 rows, and from 50 on there is more than one setting to choose
# from; and it gives cv, which one network has no use for: test_fit.py is about its weights.
NOT_OF_CHOICE = (
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
)
# One setting: nothing is chosen.
CHOSEN = {
    "hidden_layer_sizes": 8, "dropout": 0.0, "weight_decay": 0.1, "l1": 0.0,
    "initializer": "lecun_normal", "ramps": 0,
}  # fmt: skip
ESTIMATORS = [
    NeuralNetClassifier(),
    NeuralNetRegressor(),
    NeuralNetClassifier(networks=1, normalization="batch", l1=0.0),
    NeuralNetRegressor(networks=1, preprocess=None),
]
OTHERS = [  # are checked among the long ones only
    NeuralNetClassifier(cv=3, epochs=40),
    NeuralNetRegressor(cv=3, epochs=40),
    NeuralNetClassifier(cv=3, **CHOSEN),
    NeuralNetRegressor(cv=3, **CHOSEN),
    NeuralNetClassifier(quick=True),
    NeuralNetRegressor(quick=True),
    NeuralNetClassifier(networks=1),
    NeuralNetRegressor(networks=1),
    NeuralNetClassifier(networks=1, preprocess=None),
    NeuralNetClassifier(networks=1, label_smoothing=0.1),
    NeuralNetRegressor(networks=1, cost="poisson"),
]


# These ask how well it learns; for the others a few epochs are enough. The long tests leave both.
LEARNING = ("check_classifiers_train", "check_regressors_train", "check_class_weight_classifiers")
FEW, SOME = 10, 60


def name_of(value):
    """Name a check by its function; an estimator names itself."""
    return value.func.__name__ if hasattr(value, "func") else repr(value)


def cases(estimator):
    return [
        (estimator, check)
        for estimator, check in estimator_checks_generator(estimator)
        if not (estimator.cost == "poisson" and name_of(check) == NOT_OF_COUNTS)
        if not (estimator.networks != 1 and name_of(check) == NOT_OF_SEVERAL)
        if not (estimator.weight_decay == "auto" and name_of(check) in NOT_OF_CHOICE)
    ]


def soon_done(estimator, check):
    """Return the case with fewer epochs than by default."""
    return clone(estimator).set_params(epochs=SOME if name_of(check) in LEARNING else FEW), check


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        *(soon_done(*case) for one in ESTIMATORS for case in cases(one)),
        *(
            pytest.param(*case, marks=pytest.mark.long)
            for one in [*ESTIMATORS, *OTHERS]
            for case in cases(one)
        ),
    ],
    ids=name_of,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
