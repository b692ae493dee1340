"""Learning in parts: what a call leaves, rows held aside of a stream, and when to stop."""

from __future__ import annotations

import pickle
from itertools import repeat

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification

import neurona
from neurona import NeuralNetClassifier, NeuralNetRegressor
from neurona.engine.activations import Activation
from neurona.estimators.reading import table_for
from neurona.estimators.validation import ValidationSample, hashes_of
from tests.support.animals import animals
from tests.support.plain import PLAIN

IRIS = load_iris(return_X_y=True)


def blurred(n=300, seed=0):
    """Return rows of which a network learns something first, and then the noise by heart."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 8))
    return X, (X[:, 0] + rng.normal(size=n) > 0).astype(int)


def until_it_should_stop(net, calls, most=200):
    """Make calls until the estimator says so; return what it answers to ROWS after each."""
    answers = []
    for call in calls:
        call(net)
        answers.append(net.predict_proba(ROWS))
        if net.should_stop_:
            return answers
        assert len(answers) < most
    return answers


def rows_aside(net, X):
    """Tell which rows of a table an estimator keeps aside."""
    kept = {row.tobytes() for row in net._validation_sample.x}
    return np.array([row.tobytes() in kept for row in net._prepared(table_for(net, X, False))])


ROWS = blurred(seed=2)[0]


def test_partial_fit_learns_in_parts():
    table, kind = animals()
    X = pd.DataFrame(table)
    net = NeuralNetClassifier(random_state=0, learning_rate=0.05)
    with pytest.raises(ValueError, match="needs classes"):
        net.partial_fit(X[:60], kind[:60])
    net.partial_fit(X[:60], kind[:60], classes=["fox", "dog", "cat", "owl"])
    for _ in range(15):
        for begin in range(60, 240, 60):
            net.partial_fit(X[begin : begin + 60], kind[begin : begin + 60])
    assert net.classes_.tolist() == ["cat", "dog", "fox", "owl"]
    assert net.score(X, kind) > 0.9
    assert net.validation_scores_ == []
    with pytest.raises(ValueError, match="y has the class 'cow'"):
        net.partial_fit(X[:2], ["cow", "dog"])


def test_a_regressor_takes_one_epoch_a_call():
    X, y = load_diabetes(return_X_y=True)
    net = NeuralNetRegressor(random_state=0)
    for _ in range(10):
        net.partial_fit(X, y)
    assert net.state_.epoch == 10
    assert not net.should_stop_
    assert net.score(X, y) > 0.3


@pytest.mark.parametrize("scoring", [None, "accuracy"])
def test_validation_rows_choose_the_best_weights_of_partial_fit(scoring):
    learned, judges = blurred(), blurred(seed=1)
    net = NeuralNetClassifier(early_stopping=True, patience=5, scoring=scoring, random_state=0)

    def call(net):
        net.partial_fit(*learned, classes=[0, 1], X_val=judges[0], y_val=judges[1])

    answers = until_it_should_stop(net, repeat(call))
    scores = net.validation_scores_
    best = int(np.argmax(scores))
    assert len(scores) == len(answers) == net.state_.epoch == best + 1 + net.patience
    assert best > 1
    assert all(np.array_equal(answers[best], later) for later in answers[best:])
    assert not np.array_equal(answers[best - 1], answers[best])
    assert net.loss_ == net.loss_curve_[best]


def test_partial_fit_continues_from_the_last_weights_not_the_best():
    """So the costs are those of a training that nobody judges."""
    learned, judges = blurred(), blurred(seed=1)
    judged = NeuralNetClassifier(early_stopping=True, patience=2, random_state=0)
    alone = NeuralNetClassifier(random_state=0)
    for _ in range(40):
        judged.partial_fit(*learned, classes=[0, 1], X_val=judges[0], y_val=judges[1])
        alone.partial_fit(*learned, classes=[0, 1])
    assert judged.should_stop_
    assert judged.loss_curve_ == alone.loss_curve_
    assert judged.loss_ > alone.loss_
    assert judged.score(*judges) > alone.score(*judges)


def test_partial_fit_keeps_better_weights_from_before():
    X, y = IRIS
    net = NeuralNetClassifier(random_state=0, networks=1).fit(X, y)
    before = net.predict_proba(X)
    wrong = (y + 1) % 3
    net.partial_fit(X, wrong, X_val=IRIS[0], y_val=IRIS[1])
    assert np.array_equal(net.predict_proba(X), before)
    net.partial_fit(X, wrong)  # nobody judges any more: the last weights answer
    assert not np.array_equal(net.predict_proba(X), before)


def test_partial_fit_scores_the_best_weights_on_the_new_validation_rows():
    """The best by yesterday's rows does not stay so when the world is another."""
    X, y = IRIS
    net = NeuralNetClassifier(random_state=0)
    for _ in range(10):
        net.partial_fit(X, y, classes=[0, 1, 2], X_val=IRIS[0], y_val=IRIS[1])
    other = X, (y + 1) % 3
    net.partial_fit(*other, X_val=other[0], y_val=other[1])
    assert net.validation_scores_[-1] < net.validation_scores_[-2]
    assert net.params_ is net.state_.params


def test_partial_fit_with_early_stopping_holds_out_rows_of_each_part():
    """Classes that were drawn can be learned by heart, and only where the network has seen them."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 8)), rng.integers(0, 2, 400)
    net = NeuralNetClassifier(
        (128, 128),
        optimizer="adam",
        learning_rate=0.01,
        batch_size=20,
        l1=0,
        early_stopping=True,
        validation_fraction=0.25,
        random_state=0,
        **PLAIN,
    )
    for _ in range(60):
        order = rng.permutation(400)
        for rows in np.array_split(order, 4):
            net.partial_fit(X[rows], y[rows], classes=[0, 1])
    aside = rows_aside(net, X)
    assert aside.sum() == pytest.approx(100, abs=30)
    net.params_ = net.state_.params  # the last, not the best
    assert net.score(X[~aside], y[~aside]) > 0.99
    assert net.score(X[aside], y[aside]) < 0.65
    assert net.should_stop_


def test_a_row_is_held_out_by_its_content_alone(tmp_path):
    """Whatever the parts, their order, the seed; after a file, and after a copy."""
    X, y = blurred()
    settings = {"early_stopping": True, "validation_fraction": 0.3}
    once = NeuralNetClassifier(**settings, random_state=0).partial_fit(X, y, classes=[0, 1])
    once.save(tmp_path / "m")
    loaded = neurona.load(tmp_path / "m")
    copied = pickle.loads(pickle.dumps(once))
    for net in (loaded.set_params(random_state=5), copied):
        for row in reversed(range(len(X))):
            net.partial_fit(X[row : row + 1], y[row : row + 1])
        assert (rows_aside(net, X) == rows_aside(once, X)).all()
    assert 60 < rows_aside(once, X).sum() == len(copied._validation_sample) < 120


def test_a_copy_goes_on_as_the_original_does():
    X, y = blurred()
    net = NeuralNetClassifier(early_stopping=True, random_state=0).partial_fit(X, y, classes=[0, 1])
    copied = pickle.loads(pickle.dumps(net))
    for one in (net, copied):
        for _ in range(3):
            one.partial_fit(X, y)
    assert copied.validation_scores_ == net.validation_scores_
    assert np.array_equal(copied.predict_proba(X), net.predict_proba(X))


def test_held_out_rows_of_a_stream_are_a_bounded_even_sample():
    held_out = ValidationSample(0.5, most=400)
    x = np.random.default_rng(0).random((20_000, 1))
    aside = [
        held_out.hold_out(part, part[:, 0], part[:, 0], hashes_of(part)) for part in np.split(x, 20)
    ]
    assert len(held_out) == len(held_out.x) == len(held_out.y) == 400
    assert (held_out.x[:, 0] == held_out.y).all()
    assert (held_out.y == held_out.weight).all()
    assert aside[0].mean() == pytest.approx(0.5, abs=0.06)
    assert aside[-1].mean() == pytest.approx(400 / 20_000, abs=0.02)
    assert held_out.x.mean() == pytest.approx(0.5, abs=0.06)  # of all parts, not the first alone
    again = np.concatenate(
        [
            held_out.hold_out(part, part[:, 0], part[:, 0], hashes_of(part))
            for part in np.split(x, 20)
        ]
    )
    assert np.array_equal(np.sort(x[again, 0]), np.sort(held_out.y))


def test_rows_held_out_of_a_stream_count_by_their_weights():
    X, y = IRIS
    X, wrong = np.vstack([X, X + 1e-3]), np.concatenate([y, (y + 1) % 3])
    weight = np.repeat([1.0, 1e-9], len(y))
    net = NeuralNetClassifier(early_stopping=True, validation_fraction=0.3, random_state=0)
    for _ in range(40):
        net.partial_fit(X, wrong, [0, 1, 2], weight)
    assert min(net.validation_loss_curve_) < 0.2


def test_partial_fit_without_a_class_that_class_weight_names():
    X, y = IRIS
    net = NeuralNetClassifier(class_weight={2: 5.0}, preprocess=None, random_state=0)
    net.partial_fit(X, y, classes=[0, 1, 2])
    net.partial_fit(X[:100], y[:100])
    same = NeuralNetClassifier(preprocess=None, random_state=0)
    same.partial_fit(X, y, [0, 1, 2], 1.0 + 4.0 * (y == 2)).partial_fit(X[:100], y[:100])
    assert np.array_equal(net.predict_proba(X), same.predict_proba(X))


def test_fit_forgets_the_rows_that_partial_fit_held_out():
    X, y = blurred()
    net = NeuralNetClassifier(
        early_stopping=True, random_state=0, epochs=3, warm_start=True, networks=1
    )
    net.partial_fit(X, y, classes=[0, 1])
    net.fit(X, y)
    assert net._validation_sample is None
    assert len(net.validation_scores_) == 4
    assert net.state_.epoch <= 4


def test_before_any_row_is_held_out_nothing_is_judged():
    X, y = IRIS
    net = NeuralNetClassifier(early_stopping=True, validation_fraction=1e-9, random_state=0)
    net.partial_fit(X, y, classes=[0, 1, 2])
    assert net.validation_scores_ == []
    assert not net.should_stop_
    assert net.score(X, y) > 0.5


def test_a_first_part_that_is_all_held_out_keeps_the_initial_weights():
    X, y = IRIS
    net = NeuralNetClassifier(early_stopping=True, validation_fraction=1 - 1e-9, random_state=0)
    net.partial_fit(X, y, classes=[0, 1, 2])
    assert net.state_.step == 0
    assert net.predict_proba(X).shape == (150, 3)
    net.set_params(early_stopping=False).partial_fit(X, y)
    assert net.state_.step == 1


def test_a_frame_with_missing_cells_numbers_and_labels_can_all_be_held_out():
    table, kind = animals()
    X = pd.DataFrame(table)
    named = NeuralNetClassifier(early_stopping=True, random_state=0)
    for begin in (0, 60, 120, 180):
        rows = slice(begin, begin + 60)
        named.partial_fit(X[rows], kind[rows], classes=["cat", "dog", "fox", "owl"])
    assert set(named._validation_sample.y) <= {"cat", "dog", "fox", "owl"}
    assert len(named.validation_scores_) == 4

    X, y = load_diabetes(return_X_y=True)
    numbers = NeuralNetRegressor(early_stopping=True, scoring="r2", random_state=0)
    for _ in range(20):
        numbers.partial_fit(X, y)
    assert max(numbers.validation_scores_) > 0.3

    X, y = make_multilabel_classification(random_state=0)
    labels = NeuralNetClassifier(early_stopping=True, random_state=0)
    for _ in range(3):
        labels.partial_fit(X, y, classes=range(5))
    assert labels._validation_sample.y.shape[1] == 5
    assert len(labels.validation_scores_) == 3


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"validation_fraction": 5}, "validation_fraction is 5: it must be a number between"),
        ({"patience": 0}, "patience is 0"),
        ({"scoring": "beauty"}, "beauty"),
        ({"networks": 0}, "networks is 0: it must be a positive whole number"),
        ({"epochs": -3}, "epochs is -3: it must be a positive whole number"),
        ({"epochs": "many"}, "epochs is 'many'"),
        ({"batch_size": 2.5}, r"batch_size is 2\.5"),
        ({"cv": "five"}, "cv is 'five': give a number of folds"),
        ({"cv": -1}, "cv is -1: it must be a positive whole number"),
        ({"ramps": -1}, "ramps is -1"),
        ({"quick": "yes"}, "quick is 'yes': give True or False"),
        ({"preprocess": "scale"}, "preprocess is 'scale'"),
    ],
)
def test_fit_and_partial_fit_refuse_the_same_parameters(settings, early_stopping, message, method):
    net = NeuralNetClassifier(early_stopping=early_stopping, **settings)
    more = {"classes": [0, 1, 2]} if method == "partial_fit" else {}
    with pytest.raises(ValueError, match=message):
        getattr(net, method)(*IRIS, **more)
    good = NeuralNetClassifier().partial_fit(*IRIS, classes=[0, 1, 2])
    with pytest.raises(ValueError, match=message):  # set later, too
        good.set_params(early_stopping=early_stopping, **settings).partial_fit(*IRIS)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("validation", ["rows", IRIS[0], (IRIS[0],)])
def test_rows_to_judge_by_are_a_table_and_its_targets(validation):
    with pytest.raises(ValueError, match=r"validation must be \(X, y\)"):
        NeuralNetClassifier().partial_fit(*IRIS, classes=[0, 1, 2], validation=validation)


def test_each_call_goes_through_the_rows_in_an_order_of_its_own():
    seen = []

    def function(z):
        seen.append(float(z[0, 0]))
        return z, lambda da: da

    net = NeuralNetRegressor(
        hidden_layer_sizes=1, activation=Activation("seen", function, 1.0), preprocess=None,
        optimizer="sgd", learning_rate=1e-12, batch_size=1, l1=0, random_state=0,
    )  # fmt: skip
    X, orders = np.arange(1.0, 13.0)[:, None], []
    for _ in range(3):
        seen.clear()
        net.partial_fit(X, X.ravel())
        steps = np.array(seen)[-12:] / net.params_[0].W.item()
        orders.append(tuple(steps.round().astype(int).tolist()))
    assert len(set(orders)) == 3
    assert all(sorted(order) == list(range(1, 13)) for order in orders)


@pytest.mark.parametrize("classes", [["a", "b"], ["a", "b", "d"], ["a", "b", "c", "d"]])
def test_all_calls_name_the_same_classes(classes):
    X, y = IRIS[0], np.array(["a", "b", "c"])[IRIS[1]]
    net = NeuralNetClassifier(random_state=0).partial_fit(X, y, classes=["c", "b", "a"])
    net.partial_fit(X, y, classes=["b", "a", "c"])
    with pytest.raises(ValueError, match=r"and were \['a', 'b', 'c'\] before"):
        net.partial_fit(X, y, classes=classes)
    assert len(net.partial_fit(X, y).loss_curve_) == 3


def test_labels_are_as_many_as_the_columns_whatever_the_classes():
    X, y = make_multilabel_classification(60, n_classes=3, random_state=0)
    net = NeuralNetClassifier(random_state=0)
    for _ in range(2):
        net.partial_fit(X, y, classes=[0, 1])
    assert net.classes_.tolist() == [0, 1, 2]


@pytest.mark.parametrize("engine", ["numpy", "jax"])
@pytest.mark.parametrize("size", [1, 32, 64])
def test_partial_fit_learns_from_parts_with_equal_labels(engine, size):
    X, y = make_multilabel_classification(64, n_classes=2, random_state=0)
    net = NeuralNetClassifier(random_state=0, batch_size=size, engine=engine, learning_rate=0.01)
    net.partial_fit(X, y, classes=[0, 1])
    before = net.predict_proba(X).mean(axis=0)
    for _ in range(5):
        net.partial_fit(X, np.zeros_like(y))
    assert (net.predict_proba(X).mean(axis=0) < before).all()
    for _ in range(20):
        net.partial_fit(X, np.ones_like(y))
    assert (net.predict_proba(X).mean(axis=0) > before).all()


@pytest.mark.parametrize("size", [1, 8, 50, 64])
def test_a_part_of_one_class_takes_its_steps_whatever_the_batches(size):
    """The row that is added for the engine weighs nothing, and may be a batch by itself."""
    X, y = IRIS
    net = NeuralNetClassifier(random_state=0, batch_size=size).partial_fit(X, y, [0, 1, 2])
    before = net.predict_proba(X[:50])[:, 0].mean()
    for _ in range(10):
        net.partial_fit(X[:50], y[:50])
    assert np.isfinite(net.loss_curve_).all()
    assert net.predict_proba(X[:50])[:, 0].mean() > before


def test_a_label_is_0_or_1_in_a_later_part_too():
    X, y = make_multilabel_classification(60, n_classes=3, random_state=0)
    net = NeuralNetClassifier(random_state=0).partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"y\[\d+, \d\] is 2: a label is 0 or 1"):
        net.partial_fit(X, y * 2)
    y[7, 1] = 2
    with pytest.raises(ValueError, match=r"y has shape \(60, 3\): .* labels, each of them 0 or 1"):
        net.partial_fit(X, y)


def test_a_refused_partial_fit_changes_nothing():
    X, y = IRIS
    net = NeuralNetClassifier(random_state=0).partial_fit(X, y, classes=[0, 1, 2])
    before, answers = dict(vars(net)), net.predict_proba(X)
    for rows, targets, weight in [(X[:, :3], y, None), (X, y + 1, None), (X, y, -np.ones(150))]:
        with pytest.raises(ValueError, match=r"\w"):
            net.partial_fit(rows, targets, None, weight)
        with pytest.raises(ValueError, match=r"\w"):
            net.partial_fit(X, y, X_val=rows, y_val=targets, sample_weight_val=weight)
    assert vars(net).keys() == before.keys()
    assert all(vars(net)[name] is value for name, value in before.items())
    assert np.array_equal(net.predict_proba(X), answers)


def test_a_first_call_that_is_refused_is_still_the_first():
    X, y = IRIS
    net = NeuralNetClassifier(random_state=0, learning_rate=-1)
    before = dict(vars(net))
    with pytest.raises(ValueError, match="learning rate -1"):
        net.partial_fit(X, y, classes=[0, 1, 2])
    assert vars(net) == before
    with pytest.raises(ValueError, match="needs classes"):
        net.set_params(learning_rate=None).partial_fit(X, y)


# One row at a time, and targets that do not vary yet


def test_a_stream_may_begin_with_one_row_that_is_not_prepared():
    X, y = IRIS
    net = NeuralNetClassifier(8, preprocess=None, random_state=0)
    for row in np.random.default_rng(0).permutation(150):
        net.partial_fit(X[row : row + 1], y[row : row + 1], classes=[0, 1, 2])
    assert net.state_.step == 150
    assert net.score(X, y) > 0.6
    with pytest.raises(ValueError, match=r"at least 2 are needed to tell .* give preprocess=None"):
        NeuralNetClassifier().partial_fit(X[:1], y[:1], classes=[0, 1, 2])


def test_one_row_is_fitted_where_nothing_is_prepared():
    net = NeuralNetRegressor(8, preprocess=None, random_state=0).fit([[2.0]], [4.0])
    assert net.predict([[2.0]]) == pytest.approx(4.0)


@pytest.mark.parametrize(("first", "cost"), [("fit", None), ("partial_fit", "poisson")])
def test_a_target_that_was_constant_gets_a_scale_when_it_varies(first, cost, tmp_path):
    """Its deviation was 0, and a prediction would stay the mean for ever."""
    constant = 0.0 if cost == "poisson" else 4.0
    net = NeuralNetRegressor(
        8, cost=cost, preprocess=None, networks=1, learning_rate=0.02, random_state=0
    )
    getattr(net, first)([[2.0], [3.0]], [constant, constant])
    assert net.predict([[2.0], [3.0]]) == pytest.approx(constant)
    net.save(tmp_path / "m")
    for one in (net, neurona.load(tmp_path / "m")):
        for _ in range(300):
            one.partial_fit([[2.0], [3.0]], [1.0, 3.0])
        assert one.predict([[2.0], [3.0]]) == pytest.approx([1.0, 3.0], abs=0.3)


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("first", ["fit", "partial_fit"])
def test_a_call_of_few_rows_keeps_the_statistics_of_batch_normalization(first, stored, tmp_path):
    """The weights stand still: so the statistics are known, and the accuracy stays what it was."""
    X, y = IRIS
    still = {"optimizer": neurona.sgd(1e-12), "preprocess": None, "networks": 1, "random_state": 0}
    net = NeuralNetClassifier(8, normalization="batch", **still, epochs=1)
    net = net.fit(X[::2], y[::2]) if first == "fit" else net.partial_fit(X[::2], y[::2], [0, 1, 2])
    parts = [np.arange(1, 120, 2), np.arange(121, 123), np.arange(123, 150, 2)]
    for rows in parts:
        if stored:
            net.save(tmp_path / "net")
            net = neurona.load(tmp_path / "net")
        assert net.partial_fit(X[rows], y[rows]) is net
    seen = X[np.concatenate([np.arange(0, 150, 2), *parts])]
    assert net.state_.rows_seen == len(seen)
    (W, b), normalization = net.params_[:2]
    sums = seen @ W + b
    np.testing.assert_allclose(normalization.mean, sums.mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(normalization.variance, sums.var(axis=0), rtol=1e-4)


def test_batch_normalization_learns_from_a_stream_of_small_parts():
    X, y = IRIS
    net = NeuralNetClassifier(8, normalization="batch", learning_rate=0.02, random_state=0)
    net.partial_fit(X, y, classes=[0, 1, 2])
    order = np.random.default_rng(0).permutation(len(y))
    for _ in range(10):
        for rows in np.array_split(order, 30):  # of five rows each
            net.partial_fit(X[rows], y[rows])
    assert net.score(X, y) > 0.9
