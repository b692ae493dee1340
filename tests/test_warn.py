"""A warning names the line of the caller, through scikit-learn too."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from neurona import NeuralNetClassifier, NeuralNetRegressor, layers

RNG = np.random.default_rng(0)
X = pd.DataFrame({"a": RNG.normal(size=60), "kind": RNG.choice([*"xyz"], 60)})
Y = np.arange(60) % 2
ODD = X.assign(b=["oops" if k % 20 == 0 else str(k) for k in range(60)])
NEW = X.assign(kind="never seen")
FAST = {"epochs": 1, "quick": True, "random_state": 0}
CLASSES = NeuralNetClassifier(**FAST).fit(X, Y)
NUMBERS = NeuralNetRegressor(**FAST).fit(X, X.a)


@pytest.mark.parametrize(
    "call",
    [
        lambda: NeuralNetClassifier(**FAST).fit(ODD, Y),
        lambda: NeuralNetClassifier(**FAST).partial_fit(ODD, Y, classes=[0, 1]),
        lambda: list(NeuralNetClassifier(**FAST).iter_fit(ODD, Y)),
        lambda: make_pipeline(FunctionTransformer(), NeuralNetClassifier(**FAST)).fit(ODD, Y),
        lambda: CLASSES.predict(NEW),
        lambda: CLASSES.predict_proba(NEW),
        lambda: CLASSES.score(NEW, Y),
        lambda: NUMBERS.predict_interval(NEW),
        lambda: NUMBERS.score(NEW, X.a),
        lambda: NeuralNetClassifier(**FAST).fit(X, Y, validation=(X, Y)),
        lambda: layers.Dropout(8, 0.5),
    ],
)
def test_a_warning_names_the_line_of_the_caller(call):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        call()
    assert said
    assert {one.filename for one in said} == {__file__}
