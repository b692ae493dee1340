"""Estimators: how they train, what they keep and answer, and scikit-learn's tools around them."""

from __future__ import annotations

import pickle
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import neurona
from neurona import NeuralNetClassifier, NeuralNetRegressor, TrainingDiverged
from neurona.engine.activations import Activation
from tests.support.animals import QUICK, animals
from tests.support.ids import steady
from tests.support.plain import PLAIN


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"preprocess": "yes"}, "give 'auto' or None"),
        ({"early_stopping": "no"}, "early_stopping is 'no': give True or False"),
        ({"warm_start": "no"}, "warm_start is 'no'"),
        ({"quick": 3}, "quick is 3"),
        ({"epochs": 0}, "epochs is 0"),
        ({"batch_size": 1.5}, "batch_size is 1.5"),
        ({"activation": "reluu"}, "did you mean 'relu'"),
        ({"hidden_layer_sizes": 8, "activation": ["relu", "tanh"]}, "2 activations for 1 hidden"),
        ({"optimizer": "adamm"}, "did you mean 'adam'"),
        ({"engine": "torch"}, "there is no engine 'torch'"),
        ({"cost": "mse2"}, "there is no cost"),
        ({"learning_rate": -1}, "must be a positive number"),
        (
            {"learning_rate": [0.1, 0.1, 0.1], "hidden_layer_sizes": 8},
            "3 learning rates for 2 layers",
        ),
        ({"l2": -1}, "l2 is -1"),
        ({"dropout": 1}, "dropout is 1: the probability to drop is a number from 0 to less than"),
        (
            {"dropout": [0.1, 0.1], "hidden_layer_sizes": 8},
            "2 rates of dropout for 1 hidden layers",
        ),
        ({"dropout": [0.1] * 9}, "9 rates of dropout for"),
        ({"networks": 0}, "networks is 0"),
        ({"networks": "four"}, "networks is 'four'"),
        ({"ramps": -1}, "ramps is -1"),
        ({"weight_decay": -1}, "weight_decay is -1"),
        (
            {"weight_decay": 0.1, "optimizer": "sgd"},
            "'sgd' has no weight decay: leave weight_decay",
        ),
        ({"normalization": "bach"}, "did you mean 'batch'"),
        ({"clip": 0}, "clip is 0"),
        ({"hidden_layer_sizes": (0,)}, "each width must be a positive whole number"),
        ({"hidden_layer_sizes": "64"}, "hidden_layer_sizes is '64'"),
        ({"hidden_layer_sizes": None}, "hidden_layer_sizes is None"),
        ({"hidden_layer_sizes": True}, "True is not"),
        ({"l1": "much"}, "l1 is 'much'"),
        ({"patience": 0, "early_stopping": True}, "patience is 0"),
        ({"scoring": "beauty", "early_stopping": True}, "beauty"),
        ({"validation_fraction": 2.0, "early_stopping": True}, "validation_fraction is 2.0: it"),
        ({"validation_fraction": 20, "early_stopping": True}, "validation_fraction is 20: it must"),
        ({"activation": None}, "there is no activation None"),
        ({"class_weight": 3}, "class_weight is 3: give 'balanced', or such as {'rare': 5.0}"),
        ({"class_weight": {0: -1.0}}, "must be a number, and not negative"),
        ({"class_weight": {0: np.inf}}, "must be a number, and not negative"),
        ({"class_weight": {0: "5"}}, "must be a number, and not negative"),
        ({"class_weight": {0: 10**400}}, "must be a number, and not negative"),
        ({"class_weight": {0: [1, 2]}}, "must be a number, and not negative"),
        ({"class_weight": {0: 1j}}, "must be a number, and not negative"),
        ({"class_weight": {0: 0, 1: 0, 2: 0}}, "none of these rows counts: give one of their"),
        pytest.param(
            {"learning_rate": lambda: 0.1},
            "cannot be called with a step .*: a schedule is a func",
            id="schedule-of-nothing",
        ),
        pytest.param(
            {"learning_rate": lambda step, rate: 0.1},
            r"called with a step \(missing a required",
            id="schedule-of-two",
        ),
        ({"class_weight": {2: 5.0, 7: 1.0}}, "class_weight names the class 7; the classes are"),
    ],
    ids=str,
)
def test_wrong_settings_are_named_when_fitting(settings, message):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match=message):
        NeuralNetClassifier(**{**QUICK, **settings}).fit(X, y)


@pytest.mark.parametrize("weight", [[1.0, -1.0, 1.0], [0.0, 0.0, 0.0], [1.0], [[1.0, 1.0, 1.0]]])
def test_wrong_weights_are_refused(weight):
    with pytest.raises(ValueError, match="sample_weight"):
        NeuralNetRegressor().fit([[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0], sample_weight=weight)


def test_a_training_that_diverges_says_which_rate_would_hold():
    X, y = load_diabetes(return_X_y=True)
    net = NeuralNetRegressor(optimizer="sgd", learning_rate=1e6, activation="relu", random_state=0)
    with pytest.raises(TrainingDiverged, match="Try a learning rate of"):
        net.fit(X, y)


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden_layer_sizes": ()},
        {"hidden_layer_sizes": 8},
        {"hidden_layer_sizes": (8, 8), "activation": ["relu", "tanh"]},
        {"activation": neurona.activations.gelu},
        {"optimizer": "sgd"},
        {"optimizer": neurona.adamw(0.01, weight_decay=0.1)},
        {"learning_rate": 0.01},
        {"learning_rate": [0.01, 0.02]},
        {"learning_rate": neurona.schedules.cosine(0.02, 40)},
        {"batch_size": 16},
        {"l1": 1e-4, "l2": 1e-3},
        {"cost": "mse"},
        {"label_smoothing": 0.1},
        {"clip": 1.0},
        {"initializer": "he_normal"},
        {"dropout": 0.2},
        {"normalization": "batch"},
        {"normalization": "layer"},
        {"normalization": "batch", "dropout": [0.1], "batch_size": 32, "early_stopping": True},
        {"class_weight": "balanced"},
        {"class_weight": {0: 2.0, 1: 1.0, 2: 1.0}},
        {"early_stopping": True, "scoring": "accuracy"},
        {"early_stopping": True, "validation_fraction": 0.2},
        {"preprocess": None},
    ],
    ids=steady,
)
def test_each_setting_learns(settings):
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(**{"random_state": 0, "epochs": 200, "networks": 1, **settings}).fit(
        X, y
    )
    assert net.score(X, y) > 0.85


@pytest.mark.parametrize(
    "cost", ["mse", "mae", "huber", "pinball", neurona.costs.Huber(0.5)], ids=str
)
def test_each_cost_of_numbers_learns(cost):
    X, y = load_diabetes(return_X_y=True)
    net = NeuralNetRegressor(cost=cost, random_state=0).fit(X[::2], y[::2])
    assert net.score(X[1::2], y[1::2]) > 0.35


def test_a_custom_activation_learns():
    def function(z):
        a = np.sin(z)
        return a, lambda da: da * np.cos(z)

    X, y = load_iris(return_X_y=True)
    sine = Activation("sine", function, 1.0)
    net = NeuralNetClassifier((8, 8), [sine, "tanh"], random_state=0).fit(X, y)
    assert net.score(X, y) > 0.9


# By rounding, a weight that l1 holds at 0 has another sign in the other engine, step after step.
@pytest.mark.parametrize(("l1", "apart"), [(0.0, 1e-4), ("auto", 2e-3)])
def test_the_compiled_engine_learns_the_same(l1, apart):
    pytest.importorskip("jax")
    X, y = load_iris(return_X_y=True)
    answers = [
        NeuralNetClassifier(engine=engine, l1=l1, **QUICK).fit(X, y).predict_proba(X)
        for engine in ("numpy", "jax")
    ]
    assert answers[1] == pytest.approx(answers[0], abs=apart)


def test_iter_fit_can_be_left_early():
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(**QUICK)
    seen = []
    for state in net.iter_fit(X, y):
        seen.append((state.epoch, net.score(X, y)))
        if state.epoch >= 20:
            break
    assert seen[0][0] == 0
    assert net.n_iter_ == seen[-1][0] == 20
    assert net.score(X, y) == seen[-1][1] > 0.8


def test_fit_equals_a_loop_over_iter_fit():
    X, y = load_iris(return_X_y=True)
    by_hand = NeuralNetClassifier(**QUICK, networks=1)
    *_, last = by_hand.iter_fit(X, y)
    fitted = NeuralNetClassifier(**QUICK, networks=1).fit(X, y)
    assert np.array_equal(fitted.predict_proba(X), by_hand.predict_proba(X))
    assert fitted.loss_ == last.cost == fitted.loss_curve_[-1]


def test_a_warm_start_goes_on_with_the_optimizers_memory():
    X, y = load_iris(return_X_y=True)
    settings = {"random_state": 0, "learning_rate": 0.01, **PLAIN}
    long = NeuralNetClassifier(epochs=20, **settings).fit(X, y)
    short = NeuralNetClassifier(epochs=10, warm_start=True, **settings).fit(X, y).fit(X, y)
    assert short.predict_proba(X) == pytest.approx(long.predict_proba(X), abs=1e-12)
    assert short.state_.step == 20
    assert short.n_iter_ == 10
    short.set_params(warm_start=False).fit(X, y)
    assert short.state_.step == 10


def test_a_pipeline_and_a_grid_search_know_the_parameters():
    X, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), NeuralNetClassifier(**QUICK, networks=1))
    grid = {"neuralnetclassifier__hidden_layer_sizes": [(4,), (16, 16)]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    assert search.best_score_ > 0.85
    assert search.best_estimator_[-1].network_.topology == (
        4,
        *search.best_params_["neuralnetclassifier__hidden_layer_sizes"],
        3,
    )


def test_weights_are_routed_through_a_search():
    X, y = load_iris(return_X_y=True)
    weight = np.where(y == 0, 0.0, 1.0)
    weight[0] = 1e-9
    with sklearn.config_context(enable_metadata_routing=True):
        net = NeuralNetClassifier(**QUICK)
        net.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        found = cross_validate(
            net, X, y, params={"sample_weight": weight}, cv=3, return_estimator=True
        )
    assert (found["test_score"] > 0.8).all()
    assert any(0 not in one.predict(X) for one in found["estimator"])


def test_pickle_and_copy_predict_the_same(fitted):
    X = pd.DataFrame(animals()[0])
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert not hasattr(clone(fitted), "params_")


@pytest.mark.parametrize(("before", "after"), [("auto", None), (None, "auto")])
def test_a_prediction_reads_what_was_learned_not_what_is_set_since(before, after, tmp_path):
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(preprocess=before, epochs=2).fit(X, y)
    expected = net.predict_proba(X)
    net.set_params(preprocess=after)
    assert np.array_equal(net.predict_proba(X), expected)
    net.save(tmp_path / "m")
    loaded = neurona.load(tmp_path / "m")
    assert np.array_equal(loaded.predict_proba(X), expected)
    assert loaded.preprocess == before
    with pytest.raises(ValueError, match=f"preprocess is {after!r}, and warm_start goes on with"):
        net.set_params(warm_start=True).fit(X, y)
    assert np.array_equal(net.predict_proba(X), expected)
    net.set_params(warm_start=False).fit(X, y)
    assert (net.preparation_ is None) == (after is None)


def test_predict_before_fit_raises_not_fitted():
    with pytest.raises(NotFittedError):
        NeuralNetClassifier().predict([[1.0]])


def test_multilabel_targets():
    X, y = make_multilabel_classification(n_samples=200, random_state=0)
    net = NeuralNetClassifier(random_state=0, networks=1).fit(X, y)
    assert net.predict(X).shape == net.predict_proba(X).shape == y.shape
    assert (net.predict(X) == y).mean() > 0.85


def test_multioutput_regression_keeps_each_targets_units():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = np.column_stack([X[:, 0] * 1e6 + 1e7, X[:, 1] * 1e-6])
    net = NeuralNetRegressor(random_state=0).fit(X, y)
    assert net.predict(X).shape == (200, 2)
    assert net.score(X, y) > 0.95


def test_a_constant_target_is_predicted():
    X = np.random.default_rng(0).normal(size=(30, 2))
    assert NeuralNetRegressor(**QUICK).fit(X, np.full(30, 0.1)).predict(X) == pytest.approx(0.1)


def test_class_weight_shifts_predictions():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 2)), (rng.random(300) < 0.1).astype(int)
    plain = NeuralNetClassifier(**QUICK).fit(X, y).predict(X).mean()
    balanced = NeuralNetClassifier(class_weight="balanced", **QUICK).fit(X, y).predict(X).mean()
    assert plain < 0.1 < balanced


def test_class_weight_of_multilabel_targets_is_a_list():
    X, y = load_iris(return_X_y=True)
    labels = np.column_stack([y == 1, y == 2]).astype(int)
    plain = NeuralNetClassifier(**QUICK).fit(X, labels).predict_proba(X)[:, 1].mean()
    of_label = [{0: 1.0, 1: 1.0}, {0: 1.0, 1: 20.0}]
    net = NeuralNetClassifier(class_weight=of_label, **QUICK).fit(X, labels)
    assert net.predict_proba(X)[:, 1].mean() > plain
    with pytest.raises(ValueError, match="one for each label"):
        NeuralNetClassifier(class_weight={1: 5.0}, **QUICK).fit(X, labels)


def test_verbose_prints_a_line_a_state(capsys):
    X, y = load_iris(return_X_y=True)
    NeuralNetClassifier(verbose=True, epochs=2, networks=1, random_state=0).fit(
        X, y, X_val=X, y_val=y
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("epoch 2: cost ")
    assert "validation score" in lines[1]


def test_training_diverged_can_be_pickled():
    error = TrainingDiverged(neurona.State(3, 1, (), (), 0.5), 2, 1.0, 0.1)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)


def test_without_scikit_learn_the_extra_is_named():
    program = (
        "import sys\n"
        "sys.modules['sklearn'] = None\n"
        "import neurona\n"
        "try:\n"
        "    neurona.NeuralNetClassifier\n"
        "except neurona.MissingExtra as error:\n"
        "    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == 'sklearn is not installed: pip install "neurona[learn]"'


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
@pytest.mark.parametrize("estimator", [NeuralNetClassifier, NeuralNetRegressor])
def test_a_weight_of_two_is_two_rows(estimator, normalization):
    table, kind = animals(60)
    y = kind if estimator is NeuralNetClassifier else np.arange(60.0)
    X, weight = pd.DataFrame(table), np.random.default_rng(0).integers(0, 3, 60)
    twice = np.repeat(np.arange(60), weight)
    # L1 pulls weights to and fro across 0, and where their scale is normalized away nothing else
    # holds them: there, after 200 steps, a rounding has become a difference.
    l1 = 0.002 if normalization is None else 0.0
    chosen = {"weight_decay": 0.5, "initializer": "orthogonal", "l1": l1}  # else by the rows
    net = estimator(random_state=0, normalization=normalization, **chosen, **PLAIN)
    weighted = net.fit(X, y, sample_weight=weight)._outputs(X)
    repeated = clone(net).fit(X.iloc[twice], y[twice])._outputs(X)
    assert weighted == pytest.approx(repeated, rel=1e-6, abs=1e-9)


def test_a_refused_fit_leaves_the_estimator_unchanged():
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(early_stopping=True, **QUICK).fit(X, y)
    answers, epochs = net.predict_proba(X), len(net.loss_curve_)
    for wrong in ({"learning_rate": -1}, {"scoring": "beauty"}, {"cost": "nonsense"}):
        net.set_params(**wrong)
        with pytest.raises(ValueError, match=r"\w"):
            net.fit(X[:, :2], np.where(y == 0, "a", "b"))
        net.set_params(learning_rate=None, scoring=None, cost=None)
    assert np.array_equal(net.predict_proba(X), answers)
    assert (net.n_features_in_, net.classes_.tolist()) == (4, [0, 1, 2])
    assert len(net.loss_curve_) == epochs


def test_an_older_iter_fit_loop_changes_nothing_after_a_new_fit():
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(**QUICK)
    old = net.iter_fit(X, y)
    next(old), next(old)
    net.fit(X, y)
    answers, curve = net.predict_proba(X), list(net.loss_curve_)
    with pytest.raises(RuntimeError, match="another fit has begun since"):
        next(old)
    old.close()
    assert np.array_equal(net.predict_proba(X), answers)
    assert net.loss_curve_ == curve


@pytest.mark.parametrize("weight", [1e-300, 1e-40, 1e300])
def test_only_ratios_of_sample_weights_matter(weight):
    X, y = load_iris(return_X_y=True)
    some = np.random.default_rng(0).integers(1, 4, 150).astype(float)
    net = NeuralNetClassifier(batch_size=50, **QUICK, **PLAIN)
    plain = clone(net).fit(X, y, some, X_val=X, y_val=y, sample_weight_val=some)
    scaled = clone(net).fit(
        X, y, some * weight, X_val=X, y_val=y, sample_weight_val=some * weight * 1e7
    )
    np.testing.assert_allclose(scaled.predict_proba(X), plain.predict_proba(X), 1e-2, 1e-4)
    np.testing.assert_allclose(
        scaled.validation_loss_curve_, plain.validation_loss_curve_, rtol=1e-2
    )


def test_balanced_class_weight_uses_sample_weight():
    X, y = load_iris(return_X_y=True)
    weight = np.random.default_rng(0).integers(1, 4, 150)
    twice = np.repeat(np.arange(150), weight)
    net = NeuralNetClassifier(class_weight="balanced", l1=0, batch_size=400, **QUICK, **PLAIN)
    weighted = net.fit(X, y, weight).predict_proba(X)
    repeated = clone(net).fit(X[twice], y[twice]).predict_proba(X)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-6)


def test_a_custom_optimizer_can_be_any_class():
    class Signs:
        """Steps of one size, down whatever the gradient is."""

        learning_rate = 0.01

        def init(self, theta):
            return None

        def update(self, gradient, state, theta, rate):
            return -rate * np.sign(gradient), state

    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(optimizer=Signs(), **QUICK).fit(X, y)
    assert net.score(X, y) > 0.9
    with pytest.raises(ValueError, match="leave learning_rate out"):
        net.set_params(learning_rate=0.1).fit(X, y)


def test_hidden_layer_sizes_can_be_an_array():
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(hidden_layer_sizes=np.array([5, 3]), **QUICK, **PLAIN).fit(X, y)
    assert [layer.b.size for layer in net.params_] == [5, 3, 3]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a", "b", np.nan] * 4, "the class of row 2 is missing"),
        (["a", None, "b"] * 4, "the class of row 1 is missing"),
        (["a", 1, "b"] * 4, "y holds texts and int: give classes of one type"),
        (np.array(["a", 1.5, "b"] * 4, dtype=object), "y holds texts and float"),
    ],
)
def test_missing_or_mixed_classes_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        NeuralNetClassifier(**QUICK).fit(np.arange(12.0)[:, None], y)


@pytest.mark.parametrize(
    "of_label", [[3, 4], [{0: 1.0}], [{1: "5"}, {}], [{1: None}, {}], [{2: 1.0}, {}]]
)
def test_class_weight_of_labels_is_a_mapping_for_each(of_label):
    labels = np.column_stack([np.arange(20) % 2, np.arange(20) // 10])
    net = NeuralNetClassifier(class_weight=of_label, **QUICK)
    with pytest.raises(ValueError, match=r"^class_weight "):
        net.fit(labels + 0.5, labels)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([date(2020, 1, 1)] * 4, "y holds dates or durations: give numbers"),
        ([timedelta(1)] * 4, "y holds dates or durations: give numbers"),
        ([1, 2, 10**400, 3], r"y\[2\] is a number beyond all floats: scale y"),
        (
            [1.0, "cat", 2.0, 3.0],
            r"y\[1\] is 'cat', of type str_?: give numbers; texts are",
        ),
        ([1.0, object, 2.0, 3.0], r"y\[1\] is .* of type type: give numbers"),
        ([[1, 2], [3, "x"], [1, 2], [1, 3]], r"y\[1, 1\] is 'x'"),
        ([1.0, pd.NA, "x", 2.0], r"Input y contains NaN: y\[1\] is missing"),
    ],
)
def test_a_regressor_says_which_target_is_not_a_number(y, message):
    with pytest.raises(ValueError, match=message):
        NeuralNetRegressor(**QUICK).fit(np.eye(4), np.array(y, dtype=object))


def test_a_regressor_takes_objects_that_are_numbers():
    y = np.array([1, 2.5, Decimal("3.5"), "4"], dtype=object)
    assert NeuralNetRegressor(**QUICK).fit(np.eye(4), y).predict(np.eye(4)).dtype == np.float64


@pytest.mark.parametrize(
    "two", [(True, False), (np.True_, np.False_), (np.int64(3), np.int64(4)), (2**53, 2**53 + 1)]
)
def test_objects_that_are_classes_are_fitted_and_scored(two):
    y = np.array(two * 20, dtype=object)
    net = NeuralNetClassifier(**QUICK).fit(np.arange(40.0)[:, None] % 2, y)
    assert net.classes_.tolist() == sorted(two)
    assert net.score(np.arange(40.0)[:, None] % 2, y) == 1.0


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([date(2020, 1, 1), date(2021, 1, 1)], "y holds objects of type date: give each class as"),
        ([1.5, 2.5], "y holds objects of type float: give each class as a text"),
        ([2**70, 1], "y holds integers beyond 64 bits: give them as texts"),
        ([True, 2], "y holds bool, int: give classes of one type"),
    ],
)
def test_objects_that_are_not_classes_are_named(y, message):
    with pytest.raises(ValueError, match=message):
        NeuralNetClassifier(**QUICK).fit(np.eye(20), np.array(y * 10, dtype=object))


def test_a_class_that_ends_with_a_nul_keeps_it():
    X = np.arange(40.0)[:, None] % 2
    net = NeuralNetClassifier(**QUICK).fit(X, ["a\0", "a"] * 20)
    assert net.classes_.tolist() == ["a", "a\0"]
    assert net.predict(X[:2]).tolist() == ["a\0", "a"]
