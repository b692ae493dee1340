"""Going on with warm_start and partial_fit: what set_params and the data may change since."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris

import neurona
from neurona import NeuralNetClassifier, NeuralNetRegressor

X, Y = load_iris(return_X_y=True)
FAST = {"epochs": 3, "networks": 1, "warm_start": True, "random_state": 0}


def fitted(**given):
    """Return a classifier that has been fitted."""
    return NeuralNetClassifier(4, **FAST | given).fit(X, Y)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_layer_sizes": 7}, "hidden_layer_sizes is 7, .* made with 4: set"),
        ({"hidden_layer_sizes": (4, 4)}, r"hidden_layer_sizes is \(4, 4\), .* made with 4: set"),
        ({"activation": "relu"}, "activation is 'relu', .* made with silu: set"),
        ({"dropout": 0.5}, "dropout is 0.5, .* made with 0.1: set"),
        ({"normalization": "batch"}, "normalization is 'batch', .* made with none: set"),
        ({"initializer": "he_normal"}, "initializer is 'he_normal', .* made with orthogonal: set"),
        ({"preprocess": None}, "preprocess is None, .* made with auto: set"),
        ({"ramps": 0}, "ramps is 0, .* made with auto: set"),
        ({"activation": "nope"}, "there is no activation 'nope'"),
        ({"dropout": 3}, "dropout is 3"),
    ],
    ids=str,
)
def test_a_parameter_of_another_network_is_refused(change, message, tmp_path):
    net = fitted()
    net.save(tmp_path / "m")
    for one in (net, neurona.load(tmp_path / "m")):
        expected = one.predict_proba(X)
        one.set_params(**change)
        with pytest.raises(ValueError, match=message):
            one.fit(X, Y)
        with pytest.raises(ValueError, match=message):
            one.partial_fit(X, Y)
        assert np.array_equal(one.predict_proba(X), expected)
    if "nope" not in str(change) and change != {"dropout": 3}:
        net.set_params(warm_start=False).fit(X, Y)


@pytest.mark.parametrize("before", ["poisson", "mse"])
def test_a_cost_of_another_output_is_refused(before):
    after = "mse" if before == "poisson" else "poisson"
    net = NeuralNetRegressor(4, cost=before, **FAST).fit(X, Y).set_params(cost=after)
    for method in (net.fit, net.partial_fit):
        with pytest.raises(ValueError, match=f"cost is '{after}', and .* one for the output"):
            method(X, Y)
    net.set_params(cost=before).fit(X, Y)
    assert NeuralNetRegressor(4, **FAST).fit(X, Y).set_params(cost="mae").fit(X, Y).loss_ > 0


@pytest.mark.parametrize(
    "same", [{"hidden_layer_sizes": [4]}, {"hidden_layer_sizes": "auto"}, {"dropout": [0.1]}]
)
def test_a_parameter_that_says_the_same_goes_on(same):
    net = fitted().set_params(**same)
    assert net.fit(X, Y).state_.epoch == 6
    assert net.partial_fit(X, Y).network_.topology == (len(net.preparation_.outputs), 4, 3)


@pytest.mark.parametrize("name", ["weight_decay", "l1"])
def test_a_parameter_of_the_training_is_taken_up(name):
    """It was the setting of the first fit that decided before."""
    free, held = fitted(), fitted().set_params(**{name: 20.0})
    for net in (free, held):
        net.set_params(epochs=50).fit(X, Y)
    assert getattr(held.setting_, name) == 20.0
    assert abs(held.params_[0].W).mean() < 0.5 * abs(free.params_[0].W).mean()


def test_another_optimizer_keeps_the_weights_and_begins_afresh():
    net = fitted(epochs=60)
    cost = net.loss_
    net.set_params(optimizer="sgd", learning_rate=1e-3, epochs=2).fit(X, Y)
    assert net.loss_ == pytest.approx(cost, abs=0.05)
    assert net.n_iter_ == 2
    assert net.partial_fit(X, Y).n_iter_ == 1
    assert net.set_params(optimizer=None).partial_fit(X, Y).n_iter_ == 1
    steps = net.state_.optimizer_state.t
    assert net.set_params(optimizer="adam").partial_fit(X, Y).state_.optimizer_state.t == steps
    assert net.partial_fit(X, Y).state_.optimizer_state.t == 2 * steps


def test_a_warm_start_takes_the_same_classes():
    net, named = fitted(), NeuralNetClassifier(4, **FAST).fit(X, Y.astype(str))
    labels = np.eye(3, dtype=int)[Y]
    many = NeuralNetClassifier(4, **FAST).fit(X, labels)
    with pytest.raises(ValueError, match="the same classes as in the previous call to fit"):
        net.fit(X[:100], Y[:100])
    with pytest.raises(ValueError, match=r"Previously got \['0' '1' '2'\], `y` has \[0 1 2\]"):
        named.fit(X, Y)
    assert net.partial_fit(X[:100], Y[:100]).classes_.tolist() == [0, 1, 2]
    for method in (net.fit, net.partial_fit):
        with pytest.raises(ValueError, match="y holds labels, and held one class a row before"):
            method(X, labels)
    for method in (many.fit, many.partial_fit):
        with pytest.raises(ValueError, match="y holds one class a row, and held labels before"):
            method(X, Y)


def test_a_warm_start_takes_the_same_columns():
    with pytest.raises(ValueError, match=r"X has 3 features, but .* is expecting 4"):
        fitted().fit(X[:, :3], Y)
