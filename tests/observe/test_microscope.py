"""One step taken apart: the numbers are those of the training, and differences agree with them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neurona
from neurona.engine.activations import ACTIVATIONS
from neurona.engine.costs import COSTS, find_cost
from neurona.engine.data import Data
from neurona.engine.objective import Objective
from neurona.engine.optimizers import OPTIMIZERS
from neurona.engine.parameters import flatten
from neurona.engine.state import Steps
from neurona.engine.training import NumpyEngine
from neurona.observe.microscope import dissect, finite_differences
from neurona.observe.numbers import activations, gradients

KINK = 1e-3  # how far from a kink a sample stays


def after(step):
    return np.concatenate([flatten([(one.W_next, one.b_next)]) for one in step.layers])


def clouds(outputs=1, n=12):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(n, 2))
    return X, rng.permutation(np.arange(n) % max(2, outputs))


# The update


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
@pytest.mark.parametrize("rate", [0.03, [0.03, 0.5, 0.002], neurona.schedules.Exponential(0.1, 2)])
def test_dissect_makes_the_update_of_train(optimizer, rate):
    net = neurona.network([2, 4, 3, 1], ["tanh", "gelu", "sigmoid"])
    X, y = clouds()
    optimizer = OPTIMIZERS[optimizer](rate)
    options = {"l1": 0.01, "l2": 0.1, "optimizer": optimizer}
    states = list(neurona.train(net, X, y, steps=4, every=1, rng=0, dtype=np.float64, **options))
    for before, then in pairwise(states):
        step = dissect(
            net, before.params, X, y, optimizer_state=before.optimizer_state, step=before.step,
            **options,
        )  # fmt: skip
        assert step.cost == pytest.approx(before.cost, rel=1e-12)
        np.testing.assert_allclose(after(step), flatten(then.params), rtol=1e-12, atol=1e-14)


def test_dissect_makes_the_update_of_float32_training_to_rounding():
    net = neurona.network([2, 4, 1], "tanh", output="sigmoid")
    X, y = clouds()
    *_, before, then = neurona.train(net, X, y, steps=3, every=1, rng=0)
    step = dissect(net, before.params, X, y, optimizer_state=before.optimizer_state)
    np.testing.assert_allclose(after(step), flatten(then.params), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("weight", [None, np.arange(12.0)])
def test_examples_are_the_batch(weight):
    net = neurona.network([2, 3, 1])
    X, y = clouds()
    params, rows = net.init(0, np.float64), [4, 7]
    data = Data(X, y[:, None].astype(float), weight)
    objective = Objective(net, find_cost("mse", net))
    engine = NumpyEngine(objective, neurona.momentum(0.1), None, data, params, None)
    engine.advance(Steps(np.array([rows]), [(0.1,)]))
    some = data.rows(rows)
    step = dissect(
        net, params, *some[:2], "mse", weight=some.weight, optimizer=neurona.momentum(0.1)
    )
    np.testing.assert_allclose(after(step), engine.theta, rtol=1e-12)


# The numbers of the layers


@pytest.mark.parametrize("cost", sorted(COSTS))
def test_numbers_equal_the_engines(cost):
    link = COSTS[cost].link
    net = neurona.network([2, 3, 3], "tanh", output=link or "softmax")
    X, y = clouds(outputs=3)
    params = net.init(1, np.float64)
    step = dissect(net, params, X, y, cost)
    forward, backward = activations(net, params, X), gradients(net, params, X, y, cost)
    for one, activity, back in zip(step.layers, forward, backward, strict=True):
        np.testing.assert_array_equal(one.z, activity.z)
        np.testing.assert_array_equal(one.a, activity.a)
        np.testing.assert_array_equal(one.delta, back.delta)
        np.testing.assert_allclose(one.dW, back.dW, rtol=1e-12)
        np.testing.assert_allclose(one.db, back.db, rtol=1e-12)
    first, last = step.layers
    # The chain rule as the page writes it, neuron by neuron.
    np.testing.assert_allclose(first.slope, 1 - first.a**2)
    np.testing.assert_allclose(first.error, last.delta @ last.W.T)
    np.testing.assert_allclose(first.delta, first.error * first.slope)
    if link:
        np.testing.assert_array_equal(last.error, last.delta)
    else:
        inner = (last.error * last.a).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(last.delta, last.a * (last.error - inner))


def test_penalty_is_in_cost_and_gradient():
    net = neurona.network([2, 1], "linear")
    X, y = clouds()
    params = net.init(0, np.float64)
    (plain,), (one,) = (dissect(net, params, X, y, "mse", **p).layers for p in ({}, {"l2": 0.5}))
    np.testing.assert_allclose(one.dW - plain.dW, 0.5 * plain.W)
    np.testing.assert_array_equal(one.db, plain.db)
    step = dissect(net, params, X, y, "mse", l1=0.1)
    assert step.cost - step.data_cost == pytest.approx(0.1 * abs(plain.W).sum())


# Differences


@st.composite
def situations(draw):
    """Draw a network, its parameters, a cost and examples that are near no kink."""
    cost = COSTS[draw(st.sampled_from(sorted(COSTS)))]()
    names = st.sampled_from(sorted({*ACTIVATIONS} - {"softmax"}))
    hidden = draw(st.lists(st.tuples(st.integers(1, 4), names), max_size=3))
    output = cost.link or draw(names)
    outputs = draw(st.integers(2 if output == "softmax" else 1, 3))
    net = neurona.network(
        [2, *(width for width, _ in hidden), outputs], [*(name for _, name in hidden), output]
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    while True:
        params = net.init(rng, np.float64)
        x, n = rng.normal(size=(5, 2)), net.n_out
        target = rng.dirichlet(np.ones(n), 5) if output == "softmax" else rng.random((5, n))
        layers = activations(net, params, x)
        off = abs(layers[-1].a - target)
        if all((abs(one.z) > KINK).all() for one in layers) and (
            cost.link or ((off > KINK) & (abs(off - 1) > KINK)).all()
        ):
            return net, params, cost, Data(x, target, None)


@settings(max_examples=150, deadline=None)
@given(situations(), st.sampled_from([0.0, 0.3]), st.sampled_from([0.0, 0.2]), st.data())
def test_finite_differences_equal_the_derivatives(situation, l1, l2, data):
    net, params, cost, given_data = situation
    layer = data.draw(st.integers(0, len(net.layers) - 1))
    unit = data.draw(st.integers(0, net.layers[layer].n_out - 1))
    if l1:
        params = tuple(type(one)(np.where(abs(one.W) < KINK, 0.1, one.W), one.b) for one in params)
    step = dissect(net, params, *given_data[:2], cost, l1=l1, l2=l2)
    found = finite_differences(Objective(net, cost, l1, l2), params, given_data, layer, unit)
    one = step.layers[layer]
    exact = np.append(one.dW[:, unit], one.db[unit])
    np.testing.assert_allclose(found, exact, rtol=1e-5, atol=1e-7)


# Wrong input


def test_dissect_error_messages():
    net = neurona.network([2, 3, 1])
    X, y = clouds()
    with pytest.raises(ValueError, match="takes rows of 2"):
        dissect(net, net.init(0), X[:, :1], y)
    with pytest.raises(ValueError, match="parameters for 1 layers"):
        dissect(net, net.init(0)[:1], X, y)
    with pytest.raises(ValueError, match="another optimizer"):
        dissect(net, net.init(0), X, y, optimizer="adam", optimizer_state=())
    with pytest.raises(ValueError, match="3 learning rates for 2 layers"):
        dissect(net, net.init(0), X, y, optimizer=neurona.sgd([0.1, 0.1, 0.1]))
