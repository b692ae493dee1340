"""The defaults that the documentation names: of optimizers, schedules, costs, layers, `train`."""

from __future__ import annotations

import numpy as np
import pytest

import neurona
from neurona import costs, network, schedules, train
from neurona.engine.initializers import INITIALIZERS
from tests.support.points import last

DEFAULTS = [
    (neurona.sgd(), {"learning_rate": 0.1}),
    (neurona.momentum(), {"learning_rate": 0.01, "momentum": 0.9, "nesterov": False}),
    (neurona.rmsprop(), {"learning_rate": 0.001, "decay": 0.9, "eps": 1e-8}),
    (neurona.adam(), {"learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}),
    (neurona.adamw(), {"learning_rate": 0.01, "weight_decay": 0.01, "beta2": 0.999}),
    (neurona.nadam(), {"learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}),
    (schedules.step_decay(1.0), {"factor": 0.5, "every": 1000}),
    (schedules.exponential(1.0), {"factor": 0.5, "every": 1000}),
    (schedules.cosine(1.0, steps=10), {"final": 0.0}),
    (costs.Huber(), {"delta": 1.0}),
    (costs.Pinball(), {"quantile": 0.5}),
    (network([1, 2, 1], normalization="batch").layers[1], {"epsilon": 1e-5}),
    (network([1, 2, 1], normalization="layer").layers[1], {"epsilon": 1e-5}),
]


@pytest.mark.parametrize(("made", "expected"), DEFAULTS, ids=lambda one: type(one).__name__)
def test_defaults(made, expected):
    assert {name: getattr(made, name) for name in expected} == expected


def test_a_training_has_1000_steps_by_default_with_adam():
    X, y = [[0.0], [1.0]], [0.0, 1.0]
    net = network([1, 1], "linear")
    state = last(train(net, X, y, every=1000, rng=0))
    assert state.step == 1000
    named = last(train(net, X, y, every=1000, rng=0, optimizer=neurona.adam(0.01)))
    np.testing.assert_array_equal(state.params[0].W, named.params[0].W)


def test_a_network_is_orthogonal_with_zero_biases_and_a_last_layer_of_gain_1():
    net = network([8, 8, 8], "tanh")
    (W, b), (W_last, _) = net.init(0, np.float64)
    gain = neurona.activations.tanh.gain
    np.testing.assert_allclose(W.T @ W, gain**2 * np.eye(8), atol=1e-12)
    np.testing.assert_allclose(W_last.T @ W_last, np.eye(8), atol=1e-12)
    np.testing.assert_array_equal(b, np.zeros(8))


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("glorot_uniform", 2 / 500), ("glorot_normal", 2 / 500), ("lecun_uniform", 1 / 100),
        ("lecun_normal", 1 / 100), ("he_uniform", 1 / 100), ("he_normal", 1 / 100),
        ("uniform", 1 / 3),
    ],
)  # fmt: skip
def test_the_variance_of_an_initializer_is_by_its_fans(name, variance):
    W = INITIALIZERS[name](np.random.default_rng(0), (100, 400), 1.0)
    assert W.shape == (100, 400)
    assert W.var() == pytest.approx(variance, rel=0.03)
    assert abs(W.mean()) < 0.01


def test_orthogonal_matrices_are_drawn_evenly():
    # The Q of LAPACK's QR has a first number below 0 wherever that of the matrix is above.
    rng = np.random.default_rng(0)
    drawn = [INITIALIZERS["orthogonal"](rng, (2, 2), 1.0) for _ in range(1000)]
    above = np.mean([W > 0 for W in drawn], axis=0)
    np.testing.assert_allclose(above, 0.5, atol=0.05)


def test_biases_are_drawn_before_weights_as_in_the_tutorial():
    net = network([3, 2], "tanh", initializer="uniform", bias_initializer="uniform")
    ((W, b),) = net.init(0, np.float64)
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(b, rng.random(2) * 2 - 1)
    np.testing.assert_array_equal(W, rng.random((3, 2)) * 2 - 1)
