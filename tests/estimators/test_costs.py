"""An estimator with other costs: rates of counts, quantiles, and less certainty."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.metrics import mean_pinball_loss, mean_poisson_deviance
from sklearn.model_selection import GridSearchCV

import neurona
from neurona import NeuralNetClassifier, NeuralNetRegressor, TrainingDiverged
from neurona.engine.costs import Pinball, Poisson
from neurona.tables.targets import Counts
from tests.support.plain import PLAIN

QUICK = {"epochs": 30, "random_state": 0}
few = settings(deadline=None, max_examples=25, derandomize=True)


def counts(n=300, seed=0, size=1.0):
    """Return a table and counts whose rate is known, with it."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, size=(n, 2))
    rate = size * np.exp(1.0 + X[:, 0] - 2 * X[:, 1] ** 2)
    return X, rng.poisson(rate).astype(float), rate


# Counts


def test_poisson_predicts_as_well_as_sklearns_poisson_regressor():
    """The RAND experiment on health insurance, 20,190 person-years, of which we take some."""
    source = pytest.importorskip("statsmodels.datasets")
    linear_model = pytest.importorskip("sklearn.linear_model")
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    table = source.randhie.load_pandas().data.sample(6000, random_state=0)
    X, visits = table.drop(columns="mdvis"), table["mdvis"].to_numpy(dtype=float)
    net = NeuralNetRegressor(cost="poisson", random_state=0).fit(X[:3000], visits[:3000])
    linear = make_pipeline(StandardScaler(), linear_model.PoissonRegressor(alpha=0))
    linear.fit(X[:3000], visits[:3000])
    ours, theirs, without = (
        mean_poisson_deviance(visits[3000:], rates)
        for rates in (net.predict(X[3000:]), linear.predict(X[3000:]), np.full(3000, visits.mean()))
    )
    assert without - theirs > 0.2
    assert ours < theirs + 0.1 * (without - theirs)
    assert net.predict(X[3000:]).mean() == pytest.approx(visits[3000:].mean(), rel=0.1)


def test_the_rate_is_learnt_and_is_above_zero():
    X, y, _ = counts(2000)
    net = NeuralNetRegressor(cost="poisson", random_state=0).fit(X, y)
    fresh, its, rate = counts(2000, seed=1)
    answers = net.predict(fresh)
    assert (answers > 0).all()
    assert np.mean(abs(np.log(answers / rate))) < 0.15
    assert mean_poisson_deviance(its, answers) < 1.05 * mean_poisson_deviance(its, rate)
    assert net.network_.output.name == "exp"
    assert net.score(X, y) > 0.3  # R², as of any regressor


@few
@given(st.sampled_from([1e-6, 0.37, 1000.0, 1e12, 1e250]), st.integers(0, 9))
def test_another_unit_of_the_counts_changes_nothing_but_the_unit(factor, seed):
    X, y, _ = counts(40, seed)
    one, other = (
        NeuralNetRegressor(4, cost="poisson", preprocess=None, **QUICK).fit(X, y * f).predict(X)
        for f in (1.0, factor)
    )
    np.testing.assert_allclose(other / factor, one, rtol=1e-6)


def test_large_and_several_counts_are_learnt_at_once():
    X, y, rate = counts(size=5000.0)
    several = np.column_stack([y, y[::-1] / 1e6])
    net = NeuralNetRegressor(cost=Poisson(), random_state=0).fit(X, several)
    answers = net.predict(X)
    assert answers.shape == several.shape
    assert np.mean(abs(np.log(answers[:, 0] / rate))) < 0.1
    assert NeuralNetRegressor(cost="poisson", **QUICK).fit(X, y).predict(X).shape == y.shape


def test_a_target_is_a_share_of_its_mean_by_the_weights():
    y = np.array([0.0, 2.0, 4.0])
    targets = Counts.fit(y, np.array([1.0, 1.0, 2.0]))
    np.testing.assert_allclose(targets.mean, [2.5])
    np.testing.assert_allclose(targets.encode(y), [[0], [0.8], [1.6]])
    np.testing.assert_allclose(targets.decide(targets.encode(y)), y)


def test_counts_that_are_all_zero_predict_zero():
    X, y, _ = counts(30)
    net = NeuralNetRegressor(cost="poisson", **QUICK).fit(X, y * 0)
    np.testing.assert_array_equal(net.predict(X * 1e6), 0)


@pytest.mark.long
def test_sample_weight_is_the_exposure_of_a_rate():
    """Counts over times are answered with a rate a unit of time."""
    X, _, rate = counts(2000)
    rng = np.random.default_rng(1)
    time = rng.uniform(0.1, 5, len(X))
    y = rng.poisson(rate * time) / time
    net = NeuralNetRegressor(cost="poisson", random_state=0).fit(X, y, sample_weight=time)
    assert np.mean(abs(np.log(net.predict(X) / rate))) < 0.15


@pytest.mark.parametrize("cost", ["poisson", Poisson()], ids=str)
def test_negative_counts_are_refused(cost):
    X, y, _ = counts(50)
    y[7] = -1
    net = NeuralNetRegressor(cost=cost, networks=1, **QUICK)
    said = r"y\[7\] holds -1, and the Poisson cost is for counts: give numbers of 0 or more"
    with pytest.raises(ValueError, match=said):
        net.fit(X, y)
    with pytest.raises(ValueError, match=r"y\[3\] holds -1"):
        net.fit(X[8:], y[8:], X_val=X[4:20], y_val=y[4:20])
    net.fit(X[8:], y[8:])
    with pytest.raises(ValueError, match=said):
        net.partial_fit(X, y)


def test_a_rate_that_overflows_is_a_divergence_or_infinite_and_no_warning():
    X, y, _ = counts(50)
    with pytest.raises(TrainingDiverged, match="Try a learning rate of"):
        NeuralNetRegressor(cost="poisson", optimizer=neurona.sgd(1e5), **QUICK).fit(X, y)
    net = NeuralNetRegressor((), cost="poisson", preprocess=None, **QUICK).fit(X, y)
    assert set(net.predict(np.array([[1e6, 0], [-1e6, 0]]))) == {0.0, np.inf}


def test_early_stopping_searches_copies_and_pickles_work_with_counts():
    X, y, _ = counts()
    net = NeuralNetRegressor(8, cost="poisson", early_stopping=True, **QUICK).fit(X, y)
    assert len(net.validation_scores_) <= 30
    assert np.isfinite(net.validation_scores_).all()
    again = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(again.predict(X), net.predict(X))
    np.testing.assert_array_equal(clone(net).fit(X, y).predict(X), net.predict(X))
    found = GridSearchCV(
        NeuralNetRegressor(8, **QUICK), {"cost": ["mse", "poisson", Pinball(0.5)]}, cv=2
    ).fit(X, y)
    assert np.isfinite(found.cv_results_["mean_test_score"]).all()


@pytest.mark.long
def test_the_compiled_engine_learns_the_same_rates():
    pytest.importorskip("jax")
    X, y, _ = counts()
    one, other = (
        NeuralNetRegressor(8, cost="poisson", batch_size=64, engine=engine, **QUICK)
        .fit(X, y)
        .predict(X)
        for engine in ("numpy", "jax")
    )
    np.testing.assert_allclose(one, other, rtol=1e-3)


# Quantiles


def prices(n, seed):
    """Return a table and numbers that stray the more, the larger they are, and to one side."""
    rng = np.random.default_rng(seed)
    size = rng.uniform(1, 5, n)
    town = rng.choice(["north", "south"], n)
    y = 1000 * (size + (town == "north")) + 300 * size * rng.exponential(size=n)
    return pd.DataFrame({"size": size, "town": town}), y


@pytest.mark.parametrize("quantile", [0.05, 0.5, 0.9])
def test_the_share_of_the_targets_below_is_the_quantile(quantile):
    net = NeuralNetRegressor(cost=Pinball(quantile), random_state=0).fit(*prices(3000, 0))
    fresh, y = prices(3000, 1)
    answers = net.predict(fresh)
    for rows in (slice(None), fresh["size"] < 3, fresh["size"] > 3, fresh["town"] == "north"):
        assert np.mean(y[rows] < answers[rows]) == pytest.approx(quantile, abs=0.05)
    same_for_all = np.full(len(y), np.quantile(y, quantile))
    assert mean_pinball_loss(y, answers, alpha=quantile) < 0.8 * mean_pinball_loss(
        y, same_for_all, alpha=quantile
    )


def test_pinball_by_its_name_is_the_median():
    X, y = prices(200, 0)
    one, other = (
        NeuralNetRegressor(cost=cost, **QUICK).fit(X, y).predict(X)
        for cost in ("pinball", Pinball())
    )
    np.testing.assert_array_equal(one, other)
    assert 0.35 < np.mean(y < one) < 0.65


# Label smoothing


def clouds(classes):
    rng = np.random.default_rng(0)
    which = np.arange(150) % classes
    angle = 2 * np.pi * which / classes
    return np.column_stack([np.cos(angle), np.sin(angle)]) + rng.normal(0, 0.005, (150, 2)), which


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_label_smoothing_limits_the_predicted_probability(classes):
    X, y = clouds(classes)
    net = NeuralNetClassifier(
        label_smoothing=0.3, l1=0.0, optimizer="adam", random_state=0, **PLAIN
    )
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
    net = NeuralNetClassifier(
        label_smoothing=0.2, l1=0.0, optimizer="adam", random_state=0, **PLAIN
    )
    net.set_params(epochs=400, learning_rate=0.02).fit(X, labels)
    np.testing.assert_allclose(net.predict_proba(X), labels * 0.8 + 0.1, atol=0.03)


def test_validation_targets_are_not_smoothed():
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(label_smoothing=0.2, networks=1, **QUICK)
    net.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
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
