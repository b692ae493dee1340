"""The defaults learn what a network can: small versions of what `make accuracy` measures."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_circles, make_moons
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import recall_score

from neurona import NeuralNetClassifier, NeuralNetRegressor

XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])


@pytest.mark.parametrize("networks", ["auto", 1])
def test_the_four_points_of_xor_are_learned_whatever_the_seed(networks):
    for seed in range(10):
        net = NeuralNetClassifier(networks=networks, random_state=seed)
        assert net.fit(*XOR).score(*XOR) == 1, f"seed {seed}"


def sine(rng, n):
    x = rng.uniform(-3, 3, (n, 1))
    return x, np.sin(2 * x[:, 0]) + 0.05 * rng.normal(size=n)


def waves(rng, n):
    x = rng.uniform(-2, 2, (n, 2))
    return x, np.sin(2 * x[:, 0]) * np.cos(2 * x[:, 1])


def log_normal(rng, n):
    x = rng.normal(size=(n, 1))
    return np.exp(x), x[:, 0]


def identity_of_tails(rng, n):
    x = np.exp(rng.normal(size=(n, 1)))
    return x, x[:, 0]


@pytest.mark.parametrize(
    ("function", "least"),
    [(sine, 0.95), (waves, 0.8), (log_normal, 0.95), (identity_of_tails, 0.9)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_curve_is_learned(function, least):
    rng = np.random.default_rng(0)
    (X, y), (fresh, truth) = function(rng, 300), function(rng, 500)
    score = NeuralNetRegressor(random_state=0).fit(X, y).score(fresh, truth)
    assert score > least
    if function is not identity_of_tails:
        assert score > LinearRegression().fit(X, y).score(fresh, truth) + 0.2


def test_a_straight_line_is_learned_as_one():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5))
    y = X @ [1, -2, 0, 0, 1] + rng.normal(size=400)
    net = NeuralNetRegressor(random_state=0).fit(X[:200], y[:200])
    line = LinearRegression().fit(X[:200], y[:200]).score(X[200:], y[200:])
    assert net.score(X[200:], y[200:]) > line - 0.05


@pytest.mark.parametrize(
    ("make", "least"), [(make_moons, 0.96), (make_circles, 0.95)], ids=["moons", "circles"]
)
def test_classes_that_no_line_parts_are_learned(make, least):
    X, y = make(600, noise=0.1 if make is make_moons else 0.05, random_state=0)
    score = NeuralNetClassifier(random_state=0).fit(X[:300], y[:300]).score(X[300:], y[300:])
    assert score > least
    assert score > LogisticRegression().fit(X[:300], y[:300]).score(X[300:], y[300:]) + 0.05


def test_a_rare_class_is_found():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 2))
    y = (np.hypot(X[:, 0] - 1, X[:, 1] - 1) < 0.4).astype(int)
    assert 0.02 < y.mean() < 0.08
    net = NeuralNetClassifier(random_state=0).fit(X[:600], y[:600])
    assert recall_score(y[600:], net.predict(X[600:])) > 0.75
    balanced = NeuralNetClassifier(class_weight="balanced", random_state=0)
    balanced.fit(X[:600], y[:600])
    assert recall_score(y[600:], balanced.predict(X[600:])) > 0.9


def test_probabilities_of_noisy_classes_are_near_the_shares():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1500, 3))
    share = 1 / (1 + np.exp(-2 * X[:, 0]))
    y = (rng.random(1500) < share).astype(int)
    net = NeuralNetClassifier(random_state=0).fit(X[:500], y[:500])
    assert abs(net.predict_proba(X[500:])[:, 1] - share[500:]).mean() < 0.08
