"""Probabilities that mean what they say, and intervals that hold their share."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import neurona
from neurona import NeuralNetClassifier, NeuralNetRegressor
from neurona.engine.costs import find_cost
from neurona.estimators.calibration import COLDEST, HOTTEST, KEPT, bounds_of, quantiles_of
from neurona.estimators.calibration import temperature_for as temperature

FAST = {"hidden_layer_sizes": 8, "epochs": 20, "random_state": 0}


def logits(n, classes, sharper, seed=0):
    """Return logits that are so many times too sharp, and targets."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 1.5, (n, classes))
    if classes == 1:
        y = rng.random((n, 1)) < 1 / (1 + np.exp(-z))
    else:
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        which = (p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
        y = np.eye(classes)[which.clip(max=classes - 1)]
    return sharper * z, y.astype(float)


@pytest.mark.parametrize("sharper", [0.6, 1.0, 3.0])
@pytest.mark.parametrize("classes", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_temperature_is_that_of_least_cost(classes, sharper, weighted):
    z, y = logits(2000, classes, sharper)
    weight = np.random.default_rng(1).integers(0, 3, 2000).astype(float) if weighted else None
    net = neurona.network([1, classes], output="sigmoid" if classes == 1 else "softmax")
    cost = find_cost("cross_entropy", net)
    found = temperature(cost, z, y, weight)
    grid = np.geomspace(COLDEST, HOTTEST, 2000)
    costs = [cost(z / T, y, weight)[0] for T in grid]
    assert found == pytest.approx(grid[np.argmin(costs)], rel=0.003)
    assert found == pytest.approx(sharper, rel=0.2)


def test_a_temperature_has_bounds():
    cost = find_cost("cross_entropy", neurona.network([1, 1], output="sigmoid"))
    z, y = np.array([[1.0], [-1.0]]), np.array([[1.0], [0.0]])
    assert temperature(cost, z, y, None) == pytest.approx(COLDEST)
    assert temperature(cost, z, 1 - y, None) == pytest.approx(HOTTEST)
    assert COLDEST <= temperature(cost, 0 * z, y, None) <= HOTTEST


def noisy(n, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    return X, np.where(rng.random(n) < 0.25, X[:, 0] < 0, X[:, 0] > 0).astype(int)


@pytest.mark.parametrize("classes", [2, 3])
def test_an_overconfident_network_is_cooled_and_predicts_the_same_classes(classes):
    X, y = noisy(200)
    y = y + (classes == 3) * (X[:, 1] > 1)
    net = NeuralNetClassifier(
        64, epochs=150, dropout=0.0, weight_decay=0.0, l1=0.0, initializer="lecun_normal",
        random_state=0,
    ).fit(X, y)  # fmt: skip
    assert net.temperature_ > 1.5
    fresh, truth = noisy(1000, seed=1)
    calibrated, classes_ = net.predict_proba(fresh), net.predict(fresh)
    net.temperature_ = 1.0
    net._set_state(net.state_)
    sharp = net.predict_proba(fresh)
    np.testing.assert_array_equal(net.predict(fresh), classes_)
    if classes == 2:
        np.testing.assert_array_equal(*(np.argsort(p[:, 1]) for p in (calibrated, sharp)))
        rows = np.arange(1000)
        assert -np.log(calibrated[rows, truth]).mean() < -np.log(sharp[rows, truth]).mean() - 0.1


@pytest.mark.parametrize("only", [{"networks": 1}, {"cost": "mse", "networks": 1}], ids=str)
def test_one_network_is_not_calibrated(only):
    net = NeuralNetClassifier(**FAST, **only).fit(*noisy(80))
    assert net.temperature_ == 1.0
    few = NeuralNetClassifier(**FAST).fit(*noisy(40))
    assert few.temperature_ == 1.0


# Intervals


def wave(n, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.uniform(-2, 2, (n, 1))
    return X, np.sin(2 * X[:, 0]) + rng.normal(0, 0.3, n)


@pytest.fixture(scope="module")
def fitted():
    return NeuralNetRegressor(16, epochs=60, random_state=0).fit(*wave(400))


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_an_interval_covers_its_share_of_new_rows(fitted, share):
    X, y = wave(2000, seed=1)
    low, high = fitted.predict_interval(X, share).T
    assert ((low < y) & (y < high)).mean() == pytest.approx(share, abs=0.06)
    assert (y < low).mean() == pytest.approx((y > high).mean(), abs=0.06)
    np.testing.assert_allclose(high - low, high[0] - low[0])


def test_intervals_of_several_outputs_are_each_ones():
    X, y = wave(200)
    net = NeuralNetRegressor(**FAST).fit(X, np.column_stack([y, 1000 * y]))
    interval = net.predict_interval(X[:7], 0.8)
    assert interval.shape == (7, 2, 2)
    width = (interval[:, 1] - interval[:, 0]).mean(axis=0)
    assert 300 < width[1] / width[0] < 3000
    single = NeuralNetRegressor(**FAST).fit(X, y[:, None])
    assert single.predict(X[:7]).shape == (7, 1)
    assert single.predict_interval(X[:7]).shape == (7, 2, 1)


def test_an_interval_is_in_the_targets_unit():
    X, y = wave(120)
    one, thousand = (NeuralNetRegressor(**FAST).fit(X, k * y).predict_interval(X) for k in (1, 1e3))
    np.testing.assert_allclose(thousand, 1e3 * one, rtol=1e-3, atol=1)


def test_an_interval_of_counts_is_not_below_0():
    X, y = wave(200)
    counts = np.random.default_rng(0).poisson(np.exp(y))
    net = NeuralNetRegressor(cost="poisson", **FAST).fit(X, counts)
    low, high = net.predict_interval(X).T
    assert low.min() == 0
    assert ((low <= counts) & (counts <= high)).mean() > 0.8


def test_targets_as_large_as_floats_get_are_learned_without_a_warning():
    """Their differences from the mean were infinite, and so was scikit-learn's sum of them."""
    X, y = wave(200)
    X = np.where(abs(X) > 0.9 * abs(X).max(), 1.7e308 * np.sign(X), X)
    net, usual = (NeuralNetRegressor(**FAST).fit(X, k * (y / abs(y).max())) for k in (1.7e308, 1))
    np.testing.assert_allclose(net.predict(X) / 1.7e308, usual.predict(X), atol=1e-4)
    assert net.predict_interval(X).shape == (200, 2)


@pytest.mark.parametrize("share", [0, 1, -0.5, 2.0, "much", None])
def test_a_share_lies_between_0_and_1(fitted, share):
    with pytest.raises(ValueError, match=f"share is {share!r}"):
        fitted.predict_interval([[0.0]], share)


def test_too_few_rows_for_a_share_are_said(fitted):
    assert fitted.predict_interval([[0.0]], 0.99).shape == (1, 2)
    with pytest.raises(ValueError, match=r"0\.999 needs 2000 rows that were left out, and"):
        fitted.predict_interval([[0.0]], 0.999)


def test_without_rows_left_out_there_is_no_interval():
    X, y = wave(60)
    for net in (
        NeuralNetRegressor(networks=1, **FAST).fit(X, y),
        NeuralNetRegressor(**FAST).fit(X[:40], y[:40]),
        NeuralNetRegressor(**FAST).partial_fit(X, y),
    ):
        with pytest.raises(ValueError, match="no rows were left out of this fit"):
            net.predict_interval(X)
    with pytest.raises(NotFittedError):
        NeuralNetRegressor().predict_interval(X)
    few = NeuralNetRegressor(early_stopping=True, validation_fraction=0.5, **FAST)
    assert few.fit(X[:40], y[:40]).predict_interval(X, 0.8).shape == (60, 2)


def test_many_residuals_are_kept_as_quantiles():
    residuals = np.random.default_rng(0).normal(size=(5000, 2))
    kept = quantiles_of(residuals)
    assert kept.shape == (KEPT, 2)
    np.testing.assert_array_equal(kept[[0, -1]], [residuals.min(axis=0), residuals.max(axis=0)])
    for share in (0.5, 0.9, 0.99):
        of_all = bounds_of(np.sort(residuals, axis=0), share)
        np.testing.assert_allclose(bounds_of(kept, share), of_all, atol=0.1)


def test_an_interval_is_of_the_weights_that_predict():
    """A later fit has its own."""
    X, y = wave(100)
    net = NeuralNetRegressor(**FAST).fit(X, y)
    wide = np.diff(clone(net).fit(X, 10 * y).predict_interval(X[:1]))
    assert np.diff(net.fit(X, 10 * y).predict_interval(X[:1])) == pytest.approx(wide)
    net.set_params(networks=1).fit(X, y)
    with pytest.raises(ValueError, match="no rows were left out"):
        net.predict_interval(X)
