"""What a classifier learns that is told to be less certain."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris

from neurona import NeuralNetClassifier

QUICK = {"epochs": 30, "random_state": 0}


# Label smoothing


def clouds(classes):
    rng = np.random.default_rng(0)
    which = np.arange(150) % classes
    angle = 2 * np.pi * which / classes
    return np.column_stack([np.cos(angle), np.sin(angle)]) + rng.normal(0, 0.005, (150, 2)), which


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_it_is_trained_to_be_as_certain_as_it_is_told_and_no_more(classes):
    X, y = clouds(classes)
    net = NeuralNetClassifier(label_smoothing=0.3, l1=0.0, optimizer="adam", random_state=0)
    net.set_params(epochs=400, learning_rate=0.02).fit(X, y)
    goal = np.eye(classes)[y] * 0.7 + 0.3 / classes
    np.testing.assert_allclose(net.predict_proba(X), goal, atol=0.03)
    assert net.score(X, y) == 1
    least = -(goal[0] * np.log(goal[0])).sum()  # of a cost on smoothed targets: their entropy
    assert net.loss_ == pytest.approx(least, abs=0.01)
    certain = clone(net).set_params(label_smoothing=0.0).fit(X, y)
    assert certain.predict_proba(X).max(axis=1).min() > 0.95
    assert certain.loss_ < 0.05


def test_each_label_is_smoothed_as_one_of_two():
    X, y = clouds(4)
    labels = np.column_stack([y % 2, y // 2])
    net = NeuralNetClassifier(label_smoothing=0.2, l1=0.0, optimizer="adam", random_state=0)
    net.set_params(epochs=400, learning_rate=0.02).fit(X, labels)
    np.testing.assert_allclose(net.predict_proba(X), labels * 0.8 + 0.1, atol=0.03)


def test_the_rows_held_out_are_judged_by_what_they_are():
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(label_smoothing=0.2, **QUICK)
    net.fit(X[::2], y[::2], validation=(X[1::2], y[1::2]))
    probabilities = net.predict_proba(X[1::2])
    cost = -np.log(probabilities[np.arange(75), y[1::2]]).mean()
    assert max(net.validation_scores_) == pytest.approx(-cost, rel=1e-9)


def test_without_smoothing_nothing_changes():
    X, y = load_iris(return_X_y=True)
    one, other = (
        NeuralNetClassifier(label_smoothing=none, **QUICK).fit(X, y).predict_proba(X)
        for none in (0.0, 0)
    )
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("wrong", [-0.1, 1, 1.0, 2, np.nan, "0.1", None, True])
def test_a_smoothing_is_a_share(wrong):
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(label_smoothing=wrong, **QUICK)
    with pytest.raises(ValueError, match=r"label_smoothing is .*: it must be a number from 0 to"):
        net.fit(X, y)
    assert not hasattr(net, "params_")


def test_smoothing_works_with_partial_fit_and_a_part_of_one_class():
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(label_smoothing=0.1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for part in (y >= 0, y == 1):
            net.partial_fit(X[part], y[part], classes=[0, 1, 2])
    assert net.predict_proba(X).shape == (150, 3)
