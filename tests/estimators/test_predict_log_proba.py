"""Logarithms of probabilities: those of predict_proba, where these are not 0."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.model_selection import cross_val_predict
from sklearn.multioutput import ClassifierChain

import neurona
from neurona import NeuralNetClassifier

IRIS = load_iris(return_X_y=True)
TWO = IRIS[0][:100], np.array(["no", "yes"])[IRIS[1][:100]]
LABELS = make_multilabel_classification(100, n_classes=3, random_state=0)
FAST = {"epochs": 10, "random_state": 0}


@pytest.mark.parametrize("networks", [1, "auto"])
@pytest.mark.parametrize(("X", "y"), [IRIS, TWO, LABELS], ids=["classes", "two", "labels"])
def test_they_are_the_logarithms_of_the_probabilities(X, y, networks, tmp_path):
    net = NeuralNetClassifier(8, networks=networks, **FAST).fit(X, y)
    logarithms = net.predict_log_proba(X)
    np.testing.assert_allclose(logarithms, np.log(net.predict_proba(X)), rtol=1e-9)
    net.save(tmp_path / "m")
    assert np.array_equal(neurona.load(tmp_path / "m").predict_log_proba(X), logarithms)


@pytest.mark.parametrize(("X", "y"), [IRIS, TWO, LABELS], ids=["classes", "two", "labels"])
def test_no_logarithm_underflows(X, y):
    net = NeuralNetClassifier(
        8, "linear", preprocess=None, networks=1, learning_rate=0.01, **FAST
    ).fit(X, y)
    far = net.predict_log_proba(X * 1e6)
    assert (net.predict_proba(X * 1e6) == 0).any()
    assert far.shape == net.predict_proba(X).shape
    assert np.isfinite(far).all()
    assert far.min() < -1000
    logits = net.network_.logits.predict(net.params_, X * 1e6).astype(float)
    largest = logits.max(axis=1, keepdims=True) if X is IRIS[0] else np.maximum(logits, 0)
    by_hand = logits - largest
    np.testing.assert_allclose(far[:, -by_hand.shape[1] :], by_hand, rtol=1e-4, atol=1)


def test_scikit_learn_finds_them():
    X, y = IRIS
    net = NeuralNetClassifier(8, networks=1, **FAST)
    logarithms = cross_val_predict(net, X, y, method="predict_log_proba", cv=3)
    probabilities = cross_val_predict(net, X, y, method="predict_proba", cv=3)
    np.testing.assert_allclose(logarithms, np.log(probabilities), rtol=1e-9)
    X, y = LABELS
    chain = ClassifierChain(net, chain_method="predict_log_proba").fit(X, y)
    np.testing.assert_allclose(
        chain.predict_log_proba(X), np.log(chain.predict_proba(X)), rtol=1e-9
    )
