"""Several networks as one: merged, dealt into folds, judged by rows that they have not seen."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)

from neurona import NeuralNetClassifier, NeuralNetRegressor, network
from neurona.engine.parameters import arrays, mapped, stacked
from neurona.estimators.ensemble import member, members, merged, taken_apart
from neurona.estimators.folds import Folds

FAST = {"hidden_layer_sizes": 4, "epochs": 5, "random_state": 0}
# One setting: nothing is chosen, and nothing drawn in a step.
ONE_SETTING = {
    "dropout": 0.0, "weight_decay": 0.1, "l1": 0.0, "initializer": "lecun_normal", "ramps": 0,
}  # fmt: skip


def points(n=120, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    return X, X[:, 0] + X[:, 1] + 0.5 * rng.normal(size=n)


def halves(n=120, seed=0):
    X, y = points(n, seed)
    return X, (y > 0).astype(int)


def networks_of(estimator):
    return len(estimator.state_) if np.ndim(estimator.state_.cost) else None


# Merged


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
@pytest.mark.parametrize("hidden", [[], [5], [5, 4]])
@pytest.mark.parametrize(
    ("output", "n_out"),
    [("sigmoid", 1), ("sigmoid", 3), ("softmax", 3), ("linear", 2), ("exp", 1)],
)
def test_a_merged_network_predicts_by_the_mean_of_the_logits(
    output, n_out, hidden, normalization, temperature
):
    rng = np.random.default_rng(0)
    net = network(
        [3, *hidden, n_out], [*["tanh"] * len(hidden), output],
        dropout=0.2, normalization=normalization,
    )  # fmt: skip
    each = [mapped(lambda a: a + 0.1 * rng.random(a.shape), net.init(k)) for k in range(3)]
    stack, x = stacked(each), rng.normal(size=(7, 3))
    both, params = merged(net, members(stack), temperature)
    mean = sum(net.logits.predict(one, x) for one in each) / 3 / temperature
    expected = net.output.function(mean.T)[0].T
    np.testing.assert_allclose(both.predict(params, x), expected, rtol=1e-6)
    assert both.output.name == output
    assert member(both) == net
    assert member(net) is net
    again = taken_apart(both, params, temperature)
    for a, b in zip(arrays(again), arrays(stack), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    assert taken_apart(net, each[0]) is each[0]
    for one, given in zip(members(stack), each, strict=True):
        np.testing.assert_array_equal(net.predict(one, x), net.predict(given, x))


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_an_estimators_network_predicts_what_it_does(normalization):
    X, y = halves()
    net = NeuralNetClassifier(normalization=normalization, **FAST).fit(X, y)
    params = mapped(np.float64, net.params_)
    predicted = net.network_.predict(params, net.prepare(X))
    np.testing.assert_array_equal(predicted[:, 0], net.predict_proba(X)[:, 1])
    logits = [net._member.logits.predict(p, net.prepare(X)) for p in members(net.state_.params)]
    by_hand = 1 / (1 + np.exp(-np.mean(logits, axis=0) / net.temperature_))
    np.testing.assert_allclose(predicted, by_hand, rtol=1e-4)


# Folds


@pytest.mark.parametrize("n", [50, 51, 52, 53])
@pytest.mark.parametrize("kind", ["classes", "one row of a class", "numbers", "labels"])
def test_every_row_is_judged_once_by_a_network_that_has_not_learned_from_it(kind, n):
    rng = np.random.default_rng(n)
    y = {
        "classes": rng.integers(0, 3, n),
        "one row of a class": (np.arange(n) == 7).astype(int),
        "numbers": rng.normal(size=n),
        "labels": rng.integers(0, 2, (n, 3)),
    }[kind]
    folds = Folds.dealt(y, 4, 4, rng)
    assert sorted(np.concatenate(folds.judging).tolist()) == list(range(n))
    sizes = [len(rows) for rows in folds.judging]
    assert max(sizes) - min(sizes) <= 1
    for learning, judging, size in zip(folds.learning, folds.judging, folds.sizes, strict=True):
        assert sorted([*learning[:size], *judging]) == list(range(n))
    if y.ndim == 1 and kind != "numbers":
        for class_ in np.unique(y):
            counts = [(y[rows] == class_).sum() for rows in folds.judging]
            assert max(counts) - min(counts) <= 1


def test_rows_that_fill_up_a_fold_weigh_nothing():
    folds = Folds.of([(np.arange(3), np.array([3])), (np.array([3]), np.arange(3))])
    np.testing.assert_array_equal(folds.weights(np.array([2.0, 4.0, 1.0, 1e-300])), [
        [0.5, 1.0, 0.25], [1.0, 0.0, 0.0],
    ])  # fmt: skip
    same = Folds.of([(np.array([0]), np.array([1])), (np.array([1]), np.array([0]))])
    assert same.weights(None) is None


X, Y = halves()
GROUPS = np.arange(120) % 7
MASK = np.arange(120) < 40


@pytest.mark.parametrize(
    ("cv", "networks"),
    [
        (3, 3),
        (np.int64(3), 3),
        (KFold(3), 3),
        (StratifiedKFold(3, shuffle=True, random_state=0), 3),
        (TimeSeriesSplit(3), 3),
        (ShuffleSplit(2, random_state=0), 2),
        (list(GroupKFold(3).split(X, Y, GROUPS)), 3),
        ([(MASK, ~MASK), (~MASK, MASK)], 2),
        ([(range(60), range(60, 120))], 1),
    ],
    ids=lambda value: str(value)[:30],
)
@pytest.mark.parametrize("class_", [NeuralNetClassifier, NeuralNetRegressor])
def test_cv_may_be_folds_a_splitter_or_pairs(class_, cv, networks):
    net = class_(cv=cv, **FAST).fit(X, Y)
    assert networks_of(net) == networks
    assert all(np.isfinite(trial.cost) for trial in net.trials_)
    assert net.predict(X).shape == (120,)
    same = class_(cv=cv, networks=networks, **FAST) if networks > 1 else net
    np.testing.assert_array_equal(same.fit(X, Y).predict(X), net.predict(X))


def test_rows_that_weigh_nothing_are_in_no_fold():
    weight = np.ones(120)
    weight[::3] = 0
    n, rows = 120, np.flatnonzero(weight)
    folds = Folds.split(KFold(3), Y[rows], rows, n)
    judged = rows[np.concatenate(folds.judging)]
    assert sorted(judged) == rows.tolist()
    assert (judged[: len(folds.judging[0])] < 40).all()
    with_them = NeuralNetClassifier(**FAST).fit(X, Y, weight).predict_proba(X)
    without = NeuralNetClassifier(**FAST).fit(X[rows], Y[rows]).predict_proba(X)
    np.testing.assert_allclose(with_them, without, atol=1e-5)
    left = [(rows, np.arange(0, 120, 3))]
    with pytest.raises(ValueError, match="split 0 of cv has no row to judge by that weighs anyth"):
        NeuralNetClassifier(cv=left, **FAST).fit(X, Y, weight)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cv": 1}, "cv is 1 and networks is 'auto'"),
        ({"cv": 0}, "cv is 0"),
        ({"cv": True}, "cv is True"),
        ({"cv": 0.5}, "cv is 0.5: give a number of folds, a splitter"),
        ({"cv": "time"}, "cv is 'time': give a number of folds, a splitter"),
        ({"cv": []}, "gives no split"),
        ({"cv": [5]}, "split 0 of cv is 5: give a pair"),
        ({"cv": [([0], [1], [2])]}, "split 0 of cv is .*: give a pair"),
        ({"cv": [([0, 1], [2]), ([0, 1], [])]}, "split 1 of cv has no row to judge by"),
        ({"cv": [([], [1])]}, "split 0 of cv has no row to learn from"),
        ({"cv": [([0, 1], [120])]}, "cv names the row 120, and X has 120 rows"),
        (
            {"cv": [([0, 1], [2]), ([4, 7], [7, 9])]},
            "split 1 of cv has the row 7 to learn from and",
        ),
        ({"cv": [([0, -1], [3])]}, "cv names the row -1, and X has 120 rows"),
        ({"cv": [([0.5, 1.0], [3])]}, "cv gives rows of dtype float64"),
        ({"cv": [([True, False], [3])]}, "a truth for each of the 120 rows"),
        ({"cv": GroupKFold(3)}, r"'groups' parameter should not be None. Give cv=list\(splitter"),
        ({"cv": 3, "networks": 4}, "cv is 3 and networks is 4"),
        ({"cv": 3, "networks": 1}, "cv is 3 and networks is 1"),
        ({"cv": KFold(3), "networks": 4}, "networks is 4, and cv gives 3 splits"),
        ({"cv": KFold(3), "networks": 1}, "networks is 1, and cv gives folds to several"),
        ({"cv": 3, "early_stopping": True}, "cv and early_stopping .* give one"),
    ],
    ids=str,
)
def test_cv_that_does_not_fit_is_said(given, message):
    with pytest.raises(ValueError, match=message):
        NeuralNetClassifier(**FAST, **given).fit(X, Y)


def test_fewer_rows_than_folds_are_said():
    with pytest.raises(ValueError, match=r"X has 4 rows \(n_samples=4\), and cv is 5 folds"):
        NeuralNetClassifier(cv=5, **FAST).fit(X[:4], [0, 1, 0, 1])
    with pytest.raises(ValueError, match="cv and early_stopping"):
        NeuralNetClassifier(cv=3, **FAST).fit(X, Y, X_val=X, y_val=Y)


def test_fewer_than_50_rows_are_left_out_by_no_network():
    for n, judged in ((2, False), (49, False), (50, True)):
        net = NeuralNetRegressor(**FAST).fit(*points(n))
        assert networks_of(net) == 4
        assert (net.residuals_ is not None) == judged
        assert (net.trials_[0].cost is not None) == judged
    net = NeuralNetRegressor(cv=2, **FAST).fit(*points(10))
    assert len(net.residuals_) == 10  # as it was asked for


def test_one_class_in_a_fold_is_learned_by_the_others():
    net = NeuralNetClassifier(cv=KFold(2), **FAST).fit(X[np.argsort(Y)], np.sort(Y))
    assert np.isfinite(net.trials_[0].cost)
    rare = (np.arange(120) == 5).astype(int)
    assert NeuralNetClassifier(**FAST).fit(X, rare).predict_proba(X).shape == (120, 2)


def test_weights_may_all_be_in_one_fold():
    weight = np.full(120, 1e-300)
    weight[:30] = 1
    for one in (NeuralNetClassifier, NeuralNetRegressor):
        net = one(cv=KFold(4), **FAST)
        assert np.isfinite(net.fit(X, Y, weight).trials_[0].cost)
    weight[1:30] = 1e-300  # and then in one row
    assert np.isfinite(NeuralNetClassifier(**FAST).fit(X, Y, weight)._outputs(X)).all()


def test_a_row_is_judged_by_networks_that_have_not_seen_it():
    """Each row has a column of its own: whatever is learned of one says nothing of another."""
    rng = np.random.default_rng(0)
    n = 80
    net = NeuralNetClassifier(
        32, epochs=100, random_state=0, preprocess=None, quick=True,
        **ONE_SETTING | {"weight_decay": 0.0},
    )  # fmt: skip
    net.fit(np.eye(n), rng.permutation(np.arange(n) % 2))
    assert net.loss_ < 0.05
    assert net.trials_[0].cost > 0.6


def test_categories_that_name_two_rows_are_judged_by_networks_that_have_not_seen_the_row():
    n = 200
    y = np.random.default_rng(0).permutation(np.arange(n) % 2)
    names = np.array([[f"row {k // 2}"] for k in range(n)], dtype=object)
    net = NeuralNetClassifier(16, epochs=50, random_state=0).fit(names, y)
    assert min(trial.cost for trial in net.trials_) > 0.6


def test_a_doubled_weight_is_a_doubled_row_in_what_is_judged():
    """Rows of one group are together, so that both tables are dealt into the same folds."""
    weight = np.random.default_rng(0).integers(0, 3, 120)
    twice = np.repeat(np.arange(120), weight)
    for one, y in ((NeuralNetClassifier, Y), (NeuralNetRegressor, points()[1])):
        net = one(**FAST, **ONE_SETTING, batch_size=400)
        splits = list(LeaveOneGroupOut().split(X, y, GROUPS % 3))
        weighted = net.set_params(cv=splits).fit(X, y, weight)
        cost, predicted = weighted.trials_[0].cost, weighted._outputs(X)
        splits = list(LeaveOneGroupOut().split(X[twice], groups=GROUPS[twice] % 3))
        repeated = net.set_params(cv=splits).fit(X[twice], y[twice])
        assert cost == pytest.approx(repeated.trials_[0].cost, rel=1e-9)
        np.testing.assert_allclose(predicted, repeated._outputs(X), atol=1e-7)


def test_class_weight_counts_in_what_is_judged():
    plain = NeuralNetClassifier(preprocess=None, **FAST, **ONE_SETTING)
    by_class = clone(plain).set_params(class_weight={1: 5.0}).fit(X, Y)
    by_row = clone(plain).fit(X, Y, np.where(Y == 1, 5.0, 1.0))
    plain.fit(X, Y)
    costs = [net.trials_[0].cost for net in (by_class, by_row, plain)]
    assert costs[0] == pytest.approx(costs[1], rel=1e-5) != pytest.approx(costs[2], rel=1e-3)


def test_the_compiled_engine_learns_the_same_ensemble():
    pytest.importorskip("jax")
    each = [
        NeuralNetClassifier(engine=engine, **FAST, **ONE_SETTING).fit(X, Y)
        for engine in ("numpy", "jax")
    ]
    np.testing.assert_allclose(*(net.predict_proba(X) for net in each), atol=1e-3)
    assert each[0].trials_[0].cost == pytest.approx(each[1].trials_[0].cost, rel=1e-3)


# Rows that all networks leave out


@pytest.mark.parametrize("scoring", [None, "accuracy", "neg_log_loss"])
def test_rows_to_validate_by_are_left_out_by_all(scoring):
    rows, y = halves(60, seed=1)
    net = NeuralNetClassifier(scoring=scoring, quick=True, **FAST)
    net.fit(X, Y, X_val=rows, y_val=y)
    assert networks_of(net) == 4
    assert len(net.validation_scores_) == net.n_iter_ == 5
    (trial,) = net.trials_
    assert trial.cost == -max(net.validation_scores_)
    if scoring == "accuracy":
        assert net.score(rows, y) == max(net.validation_scores_)  # a temperature changes none
    assert log_loss(y, net.predict_proba(rows)) <= min(net.validation_loss_curve_) * 1.5


def test_an_early_stop_ends_a_trial_and_not_the_search():
    net = NeuralNetRegressor(
        32, early_stopping=True, patience=2, learning_rate=0.1, random_state=0, ramps=0,
        validation_fraction=0.3,
    )  # fmt: skip
    net.fit(*points(100))
    assert len(net.trials_) > 1
    assert net.should_stop_
    assert net.n_iter_ == net.state_.epoch + 2
    assert len(net.residuals_) == 30


def test_a_long_table_leaves_out_one_part(monkeypatch):
    monkeypatch.setattr("neurona.estimators.fit.MOST_ROWS", 100)
    net = NeuralNetRegressor(**FAST).fit(*points(120))
    assert len(net.residuals_) == 12
    assert networks_of(net) == 4
    classes = NeuralNetClassifier(**FAST).fit(X, np.where(np.arange(120) % 10, "often", "rare"))
    assert np.isfinite(classes.trials_[0].cost)
    by_folds = NeuralNetRegressor(cv=3, **FAST).fit(*points(120))
    assert len(by_folds.residuals_) == 120


def test_a_large_table_has_one_network_unless_more_are_given(monkeypatch):
    monkeypatch.setattr("neurona.tables.large.LARGE", 300)
    X, y = points(120)
    net = NeuralNetRegressor(**FAST).fit(X, y)
    assert networks_of(net) is None
    net.set_params(networks=2).fit(X, y)
    assert networks_of(net) == 2
    assert len(net.residuals_) == 12  # which all networks leave out
    assert NeuralNetRegressor(networks=2, early_stopping=True, **FAST).fit(X, y).residuals_.any()
    with pytest.raises(ValueError, match="this table is too large for copies of its rows"):
        NeuralNetRegressor(cv=2, **FAST).fit(X, y)


# Going on


def test_a_warm_start_goes_on_with_all_networks():
    settings = FAST | ONE_SETTING | {"learning_rate": 0.01}
    long = NeuralNetClassifier(**settings | {"epochs": 10}).fit(X, Y)
    net = NeuralNetClassifier(warm_start=True, **settings).fit(X, Y)
    assert net.fit(X, Y).state_.step == 10
    assert len(net.trials_) == 1
    np.testing.assert_allclose(net.predict_proba(X), long.predict_proba(X), atol=1e-5)
    again = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(net.fit(X, Y).predict_proba(X), again.fit(X, Y).predict_proba(X))


def test_a_warm_start_forgets_the_temperature_before():
    """The rows say that one may be sure, and then that one may not."""
    rows, _ = halves(400, seed=1)
    sure = (rows[:, 0] + rows[:, 1] > 0).astype(int)
    wrong = np.where(np.random.default_rng(0).random(400) < 0.4, 1 - sure, sure)
    net = NeuralNetClassifier(
        **FAST | {"epochs": 30, "learning_rate": 0.01}, **ONE_SETTING, warm_start=True
    )
    net.fit(X, Y, X_val=rows, y_val=sure)
    assert net.temperature_ < 1
    assert net.fit(X, Y, X_val=rows, y_val=wrong).temperature_ > 1


def test_a_warm_start_with_another_number_of_networks_is_refused():
    net = NeuralNetClassifier(warm_start=True, **FAST).fit(X, Y)
    before = net.predict_proba(X)
    for other in ({"networks": 2}, {"networks": 1}, {"cv": 3}):
        net.set_params(networks="auto", cv=None).set_params(**other)
        with pytest.raises(ValueError, match=r"warm_start goes on with 4 network\(s\), and \d are"):
            net.fit(X, Y)
    np.testing.assert_array_equal(net.predict_proba(X), before)
    alone = NeuralNetClassifier(networks=1, warm_start=True, **FAST).fit(X, Y)
    with pytest.raises(ValueError, match=r"goes on with 1 network\(s\), and 4 are asked for"):
        alone.set_params(networks=4).fit(X, Y)
    assert networks_of(alone.set_params(networks="auto").fit(X, Y)) is None  # as many as there are


@pytest.mark.parametrize("class_", [NeuralNetClassifier, NeuralNetRegressor])
def test_a_stream_is_learned_by_one_network(class_):
    net = class_(**FAST).fit(X, Y)
    before = net.predict(X)
    with pytest.raises(
        ValueError, match=r"goes on with one network, and fit has left 4.*networks="
    ):
        net.partial_fit(X, Y)
    np.testing.assert_array_equal(net.predict(X), before)
    classes = {"classes": [0, 1]} if class_ is NeuralNetClassifier else {}
    stream = class_(**FAST).partial_fit(X, Y, **classes)
    assert networks_of(stream) is None
    assert stream.partial_fit(X, Y).trials_ == ()
    one = class_(networks=1, **FAST).fit(X, Y)
    assert one.partial_fit(X, Y).n_iter_ == 1
