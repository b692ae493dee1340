"""Rows that judge the weights of an estimator: which they are, what they say, what is kept."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.metrics import log_loss, make_scorer, recall_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from neurona import NeuralNetClassifier, NeuralNetRegressor
from tests.support.animals import QUICK
from tests.support.plain import PLAIN


def test_the_best_weights_are_kept():
    X, y = load_iris(return_X_y=True)
    judges = X[::3], y[::3]
    net = NeuralNetClassifier(
        networks=1,
        learning_rate=0.3,
        batch_size=10,
        scoring="neg_log_loss",
        random_state=0,
        epochs=30,
    )
    net.fit(X[1::3], y[1::3], X_val=judges[0], y_val=judges[1])
    scores = net.validation_scores_
    assert len(scores) == len(net.loss_curve_) == net.n_iter_ == 30
    assert max(scores) > scores[-1]
    scorer = sklearn.metrics.get_scorer("neg_log_loss")
    assert scorer(net, *judges) == pytest.approx(max(scores))
    assert net.state_.epoch == 1 + int(np.argmax(scores))


def test_early_stopping_ends_the_fit_after_patience_epochs():
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(
        early_stopping=True, patience=5, learning_rate=0.3, random_state=0, epochs=300, networks=1
    ).fit(X, y)
    assert net.n_iter_ == net.state_.epoch + 5 < 300


def test_a_custom_scorer_chooses_the_best_weights():
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(
        early_stopping=True, scoring=make_scorer(recall_score, average="macro"), **QUICK
    ).fit(X, y)
    assert max(net.validation_scores_) > 0.8


def test_validation_has_a_curve_of_scores_and_one_of_costs():
    X, y = load_iris(return_X_y=True)
    judges = X[::3], y[::3]
    net = NeuralNetClassifier(scoring="accuracy", **QUICK, **PLAIN).fit(
        X, y, X_val=judges[0], y_val=judges[1]
    )
    scores, costs = net.validation_scores_, net.validation_loss_curve_
    assert len(scores) == len(costs) == 40
    assert scores[int(np.argmax(scores))] == net.score(*judges)
    best = costs[int(np.argmax(scores))]
    assert best == pytest.approx(log_loss(judges[1], net.predict_proba(judges[0])))
    by_cost = NeuralNetClassifier(**QUICK, **PLAIN).fit(X, y, X_val=judges[0], y_val=judges[1])
    assert by_cost.validation_scores_ == [-cost for cost in by_cost.validation_loss_curve_]
    assert by_cost.validation_loss_curve_ == costs


def test_validation_cost_uses_sample_weight_and_class_weight():
    X, y = load_iris(return_X_y=True)
    weight = np.random.default_rng(0).integers(0, 3, 50)
    rows, twice = X[::3], np.repeat(np.arange(50), weight)
    judged = NeuralNetClassifier(**QUICK, **PLAIN).fit(
        X, y, X_val=rows, y_val=y[::3], sample_weight_val=weight
    )
    as_rows = NeuralNetClassifier(**QUICK, **PLAIN).fit(
        X, y, X_val=rows[twice], y_val=y[::3][twice]
    )
    np.testing.assert_allclose(judged.validation_scores_, as_rows.validation_scores_, rtol=1e-9)

    of_class = {2: 5.0}
    net = NeuralNetClassifier(class_weight=of_class, **QUICK, **PLAIN)
    net.fit(X, y, X_val=rows, y_val=y[::3], sample_weight_val=weight)
    counts = weight * np.where(y[::3] == 2, 5.0, 1.0)
    cost = log_loss(y[::3], net.predict_proba(rows), sample_weight=counts)
    assert min(net.validation_loss_curve_) == pytest.approx(cost)


def test_a_scorer_gets_the_validation_sample_weight_if_it_takes_one():
    X, y = load_iris(return_X_y=True)
    weight = np.random.default_rng(0).integers(0, 3, 50)
    rows, twice = X[::3], np.repeat(np.arange(50), weight)
    net = NeuralNetClassifier(scoring="accuracy", **QUICK, **PLAIN)
    judged = net.fit(X, y, X_val=rows, y_val=y[::3], sample_weight_val=weight).validation_scores_
    as_rows = clone(net).fit(X, y, X_val=rows[twice], y_val=y[::3][twice]).validation_scores_
    assert judged == pytest.approx(as_rows)
    plain = clone(net).fit(X, y, X_val=rows, y_val=y[::3]).validation_scores_
    assert judged != pytest.approx(plain)

    regressor = NeuralNetRegressor(scoring="neg_max_error", **QUICK)
    regressor.fit(X[:, :3], X[:, 3], X_val=rows[:, :3], y_val=rows[:, 3], sample_weight_val=weight)
    assert len(regressor.validation_scores_) == 40


def test_early_stopping_rows_keep_their_sample_weight():
    """Half of the rows are mislabelled and weigh next to nothing: they must not choose."""
    X, y = load_iris(return_X_y=True)
    X, wrong = np.vstack([X, X]), np.concatenate([y, (y + 1) % 3])
    weight = np.repeat([1.0, 1e-9], len(y))
    net = NeuralNetClassifier(early_stopping=True, **QUICK).fit(X, wrong, weight)
    assert min(net.validation_loss_curve_) < 0.2


class Interrupted(list):
    """A curve that somebody interrupts when it is to have a third number."""

    def append(self, value):
        if len(self) == 2:
            raise KeyboardInterrupt
        super().append(value)


@pytest.mark.parametrize("curve", ["loss_curve_", "validation_scores_", "validation_loss_curve_"])
def test_all_curves_have_equal_length_after_an_interrupted_fit(curve):
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(warm_start=True, **QUICK, **PLAIN).fit(X, y)
    before = len(net.loss_curve_)
    setattr(net, curve, Interrupted(net.loss_curve_[:0]))
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, y, X_val=X, y_val=y)
    learned = len(net.loss_curve_) - (0 if curve == "loss_curve_" else before)
    assert learned == len(net.validation_scores_) == len(net.validation_loss_curve_) == 2


def test_fewer_validation_rows_than_classes_are_not_stratified():
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(early_stopping=True, validation_fraction=0.01, **QUICK).fit(X, y)
    assert len(net.validation_scores_) > 1


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        ({"validation": np.ones((150, 4))}, r"validation must be \(X, y\)"),
        ({"X_val": np.ones((150, 3)), "y_val": np.ones(150)}, "X has 3 features"),
        ({"X_val": np.ones((150, 4)), "y_val": np.full(150, 7)}, "y has the class 7"),
        ({"X_val": np.ones((150, 4)), "y_val": np.ones(149)}, "inconsistent numbers of samples"),
        ({"X_val": np.ones((150, 4))}, "y_val is missing"),
        ({"y_val": np.ones(150)}, "X_val is missing"),
        ({"sample_weight_val": np.ones(150)}, "X_val is missing"),
        ({"validation": ([[1]], [1]), "y_val": np.ones(150)}, "leave one of the two out"),
    ],
)
def test_wrong_validation_is_refused(validation, message):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match=message):
        NeuralNetClassifier(**QUICK).fit(X, y, **validation)


def test_validation_rows_may_still_be_given_together():
    X, y = load_iris(return_X_y=True)
    apart = NeuralNetClassifier(**QUICK, **PLAIN).fit(X, y, X_val=X[::3], y_val=y[::3])
    together = clone(apart)
    with pytest.warns(FutureWarning, match=r"becomes X_val=X, y_val=y: a Pipeline can transform"):
        together.fit(X, y, validation=(X[::3], y[::3]))
    assert together.validation_scores_ == apart.validation_scores_
    with pytest.warns(FutureWarning, match="becomes X_val=X"):
        together.partial_fit(X, y, validation=(X[::3], y[::3]))


def test_a_pipeline_transforms_the_validation_rows_as_it_does_the_others():
    X, y = load_iris(return_X_y=True)
    X = X * [1, 100, 1, 1] + 50
    rows, targets = X[1::2], y[1::2]
    scale = StandardScaler().fit(X[::2])
    net = NeuralNetClassifier(8, epochs=60, networks=1, random_state=0)
    by_hand = clone(net).fit(
        scale.transform(X[::2]), y[::2], X_val=scale.transform(rows), y_val=targets
    )
    with sklearn.config_context(enable_metadata_routing=True):
        net.set_fit_request(X_val=True, y_val=True)
        pipeline = Pipeline([("scale", scale), ("net", net)], transform_input=["X_val"])
        pipeline.fit(X[::2], y[::2], X_val=rows, y_val=targets)
    assert pipeline[-1].validation_scores_ == by_hand.validation_scores_
    assert pipeline.score(rows, targets) > 0.8


def test_the_target_is_standardized_by_the_training_rows():
    """Each target is a power of two: the bits of a sum tell which rows are in it."""
    X, y = np.arange(20.0)[:, None], 2.0 ** np.arange(20)
    net = NeuralNetRegressor(early_stopping=True, validation_fraction=0.5, **QUICK).fit(X, y)
    learned = round(float(net.targets_.mean[0]) * 10)
    assert learned.bit_count() == 10


def test_a_nan_score_is_not_the_best():
    X, y = load_iris(return_X_y=True)
    scores = iter([np.nan, 0.5, 0.9, np.nan, 0.8])
    net = NeuralNetClassifier(scoring=lambda *_: next(scores), epochs=5, networks=1, random_state=0)
    net.fit(X, y, X_val=X, y_val=y)
    kept = NeuralNetClassifier(epochs=5, networks=1, random_state=0)
    states = list(kept.iter_fit(X, y, X_val=X, y_val=y))
    assert net.state_.epoch == states[3].epoch == 3


@pytest.mark.parametrize("n", [1, 2])
def test_early_stopping_needs_three_rows(n):
    X, y = np.arange(float(n))[:, None], np.arange(n)
    with pytest.raises(ValueError, match=f"n_samples={n}"):
        NeuralNetRegressor(early_stopping=True).fit(X, y)


def test_a_scorer_can_read_the_shape_of_its_rows():
    def share(estimator, X, y):
        assert X.shape[0] == len(X) == len(y)
        return (estimator.predict(X) == y).sum() / X.shape[0]

    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(scoring=share, early_stopping=True, **QUICK).fit(X, y)
    assert max(net.validation_scores_) >= 0.8
