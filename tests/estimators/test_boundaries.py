"""The estimators' defaults, and their thresholds: patience, shares, sizes, a warm start's rates."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import neurona
from neurona import NeuralNetClassifier, NeuralNetRegressor
from neurona.engine.parameters import flatten
from neurona.estimators.defaults import training_plan
from neurona.estimators.report import NumberFindings, Score, judge
from neurona.estimators.validation import ValidationSample, hashes_of
from neurona.tables.frames import read_array
from tests.support.plain import PLAIN
from tests.support.recording import RATES, RecordingCost, RecordingScorer, RecordingSGD

RNG = np.random.default_rng(0)
QUICK = {"hidden_layer_sizes": (3,), "random_state": 0, **PLAIN}

DEFAULTS = {
    "hidden_layer_sizes": "auto", "activation": "silu", "optimizer": None, "learning_rate": None,
    "weight_decay": "auto", "batch_size": "auto", "epochs": "auto", "l1": "auto", "l2": 0.0,
    "cost": None, "clip": None,
    "initializer": "auto", "dropout": "auto", "normalization": None, "ramps": "auto",
    "layers": None, "augmentation": None,
    "networks": "auto", "cv": None, "quick": False, "early_stopping": False,
    "validation_fraction": 0.1, "patience": 20, "scoring": None, "engine": "numpy",
    "devices": None,
    "random_state": None, "preprocess": "auto", "verbose": False, "warm_start": False,
}  # fmt: skip
OF_CLASSES = {"label_smoothing": 0.0, "class_weight": None}


@pytest.mark.parametrize(
    ("make", "expected"),
    [(NeuralNetRegressor, DEFAULTS), (NeuralNetClassifier, DEFAULTS | OF_CLASSES)],
)
def test_defaults(make, expected):
    assert make().get_params() == expected
    given = inspect.signature(make).parameters
    assert [*given][:2] == ["hidden_layer_sizes", "activation"]  # the rest go by their names
    assert all(one.kind == one.KEYWORD_ONLY for one in [*given.values()][2:])


def numbers(n, seed=0):
    X = np.random.default_rng(seed).normal(size=(n, 2))
    return X, X[:, 0] - 2 * X[:, 1]


def weights_of(net):
    return flatten(net.params_)


@pytest.mark.parametrize(
    ("n", "epochs", "states"),
    [(200, 250, 50), (256, 250, 50), (257, 150, 50), (1280, 75, 75)],
    ids=str,
)
def test_up_to_256_rows_are_one_step_and_more_go_by_64(n, epochs, states):
    net = NeuralNetRegressor(**QUICK).fit(*numbers(n))
    assert net.n_iter_ == epochs
    assert len(net.loss_curve_) == states
    assert weights_of(net).dtype == (np.float64 if n <= 256 else np.float32)
    sized = NeuralNetRegressor(**QUICK, batch_size=min(n, 64 if n > 256 else n), epochs=epochs)
    np.testing.assert_array_equal(weights_of(sized.fit(*numbers(n))), weights_of(net))


@pytest.mark.parametrize(
    ("rows", "trying", "networks"),
    [(49, 4, 4), (50, 2, 4), (499, 2, 4), (500, 4, 8), (999, 4, 8), (1000, 4, 4)],
)
def test_how_many_networks_try_the_settings_and_how_many_learn_with_the_best(
    rows, trying, networks
):
    X = RNG.normal(size=(rows, 2))
    net = NeuralNetRegressor(epochs=1, random_state=0)
    states = net.iter_fit(X, X[:, 0])
    assert len(next(states)) == trying
    states.close()
    assert len(net.fit(X, X[:, 0]).network_.layers[0].layers) == networks
    assert (net.residuals_ is None) == (rows < 50)  # none is left out


def test_the_default_optimizer_is_adamw_with_the_decay_that_is_given():
    plain = NeuralNetRegressor(**QUICK, epochs=20, weight_decay=0.3).fit(*numbers(50))
    optimizer = neurona.adamw(0.02, weight_decay=0.3)
    named = NeuralNetRegressor(**QUICK, epochs=20, optimizer=optimizer).fit(*numbers(50))
    np.testing.assert_array_equal(weights_of(plain), weights_of(named))


# Early stopping


@pytest.mark.parametrize("patience", [1, 3])
def test_a_score_that_is_only_equal_is_not_better(patience):
    net = NeuralNetRegressor(
        **QUICK, early_stopping=True, patience=patience, scoring=RecordingScorer()
    ).fit(*numbers(50))
    assert net.state_.epoch == 1  # the first with that score is kept
    assert net.n_iter_ == 1 + patience
    assert net.should_stop_
    assert len(net.validation_scores_) == 1 + patience


@pytest.mark.parametrize(("n", "held"), [(50, 5), (51, 6), (59, 6), (3, 1)])
def test_the_rows_held_out_are_rounded_up(n, held):
    scorer = RecordingScorer()
    NeuralNetRegressor(**QUICK, early_stopping=True, patience=1, scoring=scorer).fit(*numbers(n))
    assert {len(y) for y in scorer.y} == {held}


@pytest.mark.parametrize("seed", range(5))
def test_a_class_of_two_rows_has_one_held_out_where_half_are(seed):
    X, y = RNG.normal(size=(20, 2)), np.repeat([0, 1], [18, 2])
    scorer = RecordingScorer()
    NeuralNetClassifier(
        **QUICK | {"random_state": seed}, early_stopping=True, patience=1,
        validation_fraction=0.5, scoring=scorer,
    ).fit(X, y)  # fmt: skip
    assert scorer.y[0].sum() == 1


@pytest.mark.parametrize("seed", range(3))
def test_as_many_rows_held_out_as_classes_are_one_of_each(seed):
    scorer = RecordingScorer()
    net = NeuralNetClassifier(
        **QUICK | {"random_state": seed}, early_stopping=True, patience=1, scoring=scorer
    )
    net.fit(RNG.normal(size=(30, 2)), np.repeat([0, 1, 2], 10))
    assert sorted(scorer.y[0]) == [0, 1, 2]


def test_a_class_of_one_row_may_be_held_out_or_not():
    net = NeuralNetClassifier(**QUICK, early_stopping=True, patience=1, validation_fraction=0.5)
    assert net.fit(RNG.normal(size=(20, 2)), np.arange(20) == 7).classes_.tolist() == [False, True]


def test_a_stream_holds_out_the_same_rows_again_however_many_there_are():
    held_out = ValidationSample(0.5, most=10)
    x = np.random.default_rng(0).normal(size=(200, 2))
    held_out.hold_out(x, np.zeros(200), None, hashes_of(x))
    assert len(held_out) == 10
    aside = held_out.hold_out(x, np.zeros(200), None, hashes_of(x))
    assert aside.sum() == len(held_out) == 10
    np.testing.assert_array_equal(np.unique(x[aside], axis=0), np.unique(held_out.x, axis=0))


# Going on


def test_a_warm_start_begins_at_the_full_rate_again():
    RATES.clear()
    net = NeuralNetRegressor(**QUICK, optimizer=RecordingSGD(0.1), epochs=10, warm_start=True)
    net.fit(*numbers(50))
    first = RATES[:10]
    assert first[0] == pytest.approx(0.1)
    assert first[-1] < 0.01
    net.fit(*numbers(50))
    assert RATES[10:] == pytest.approx(first)
    assert net.n_iter_ == 10
    assert net.state_.step == 20


def test_partial_fit_takes_a_rate_that_does_not_fall():
    RATES.clear()
    net = NeuralNetRegressor(**QUICK, optimizer=RecordingSGD(0.1), batch_size=10)
    for _ in range(3):
        net.partial_fit(*numbers(50))
    assert pytest.approx([0.1] * 15) == RATES


def test_each_call_of_partial_fit_takes_the_rows_in_another_order():
    cost = RecordingCost()
    net = NeuralNetRegressor(**QUICK, cost=cost, batch_size=10)
    orders = []
    for _ in range(3):
        cost.targets.clear()
        net.partial_fit(*numbers(50))
        orders.append(tuple(np.concatenate(cost.targets[1:6])))
    assert [sorted(order) for order in orders] == [sorted(orders[0])] * 3
    assert len(set(orders)) == 3


# Classes


def test_a_class_that_has_no_weight_counts_once():
    X, y = RNG.normal(size=(40, 2)), np.arange(40) % 3
    made = [
        NeuralNetClassifier(**QUICK, epochs=5, class_weight=weight).fit(X, y)
        for weight in ({1: 3.0}, {0: 1.0, 1: 3.0, 2: 1.0})
    ]
    np.testing.assert_array_equal(*map(weights_of, made))


def test_smoothing_takes_half_of_itself_from_two_classes():
    X, y = RNG.normal(size=(10, 2)), np.arange(10) % 2
    cost = RecordingCost(link="sigmoid")
    NeuralNetClassifier(**QUICK, epochs=1, cost=cost, label_smoothing=0.2).fit(X, y)
    assert sorted(set(cost.targets[0].round(6))) == [0.1, 0.9]


def test_at_exactly_one_half_the_first_class_is_predicted():
    X, y = RNG.normal(size=(10, 2)), np.array(["cat", "dog"] * 5)
    net = NeuralNetClassifier(**QUICK, epochs=1).fit(X, y)
    net.params_ = tuple(type(one)(*(0 * array for array in one)) for one in net.params_)
    np.testing.assert_array_equal(net.predict_proba(X), 0.5)
    assert set(net.predict(X)) == {"cat"}


# A report


def test_the_columns_of_two_rows_are_judged_too():
    X, y = numbers(30)
    net = NeuralNetRegressor(**QUICK, epochs=5).fit(X, y)
    assert len(judge(net, read_array(X[:2]), y[:2]).columns) == 2
    assert judge(net, read_array(X[:1]), y[:1]).columns == []


def test_a_target_that_equals_its_prediction_is_not_below_it():
    found = NumberFindings(
        np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.5, 3.0, 3.0]), Score(1, 1, 1), 0.0, []
    )
    assert found.below == 0.25


def test_a_share_of_the_epochs_is_rounded_up():
    assert training_plan(100, "auto", "auto", each_epoch=False, share=0.302).epochs == 76  # of 250
