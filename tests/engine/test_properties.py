"""Properties of every network, batch and seed: linearity, sums, inverses, nothing changed."""

from __future__ import annotations

import inspect
from itertools import pairwise
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurona.engine.activations import ACTIVATIONS
from neurona.engine.costs import COSTS
from neurona.engine.initializers import INITIALIZERS, fans
from neurona.engine.network import network
from neurona.engine.objective import Objective
from neurona.engine.optimizers import OPTIMIZERS
from neurona.engine.parameters import arrays, flatten, unflatten
from neurona.engine.training import train

DTYPES = (np.float32, np.float64)

few = settings(deadline=None, max_examples=100, derandomize=True)
names = st.sampled_from(sorted(ACTIVATIONS))
cost_names = st.sampled_from(sorted(COSTS))
widths = st.integers(1, 5)
topologies = st.lists(widths, min_size=2, max_size=4)
sizes = st.integers(1, 8)
seeds = st.integers(0, 2**32)
numbers = st.floats(-3, 3)


def case(topology, name, batch, seed, dtype=np.float64, cost=None):
    """Return a network, its parameters, inputs, and a target that suits the cost."""
    rng = np.random.default_rng(seed)
    link = COSTS[cost].link if cost else None
    if name == "exp":  # one behind the other, it would soon be infinite
        name = [*["tanh"] * (len(topology) - 2), "exp"]
    net = network(topology, name, output=link)
    x = rng.normal(size=(batch, net.n_in)).astype(dtype)
    target = rng.dirichlet(np.ones(net.n_out), batch).astype(dtype)
    return net, net.init(rng, dtype), x, target, rng


def frozen(*some):
    """Return arrays that nobody can write to."""
    for array in some:
        array.flags.writeable = False
    return some


def freeze(params):
    frozen(*arrays(params))
    return params


def assert_close(some, others, **tolerance):
    for one, other in zip(arrays(some), arrays(others), strict=True):
        np.testing.assert_allclose(one, other, **tolerance)


# A pullback


@few
@given(topologies, names, sizes, seeds, numbers, numbers)
def test_pullback_is_linear(topology, name, batch, seed, alpha, beta):
    net, params, x, _, rng = case(topology, name, batch, seed)
    y, pullback = net.forward(params, x)
    one, other = rng.normal(size=(2, *y.shape))
    dx, grads = pullback(alpha * one + beta * other)
    dx_one, grads_one = pullback(one)
    dx_other, grads_other = pullback(other)
    np.testing.assert_allclose(dx, alpha * dx_one + beta * dx_other, rtol=1e-9, atol=1e-9)
    combined = alpha * flatten(grads_one) + beta * flatten(grads_other)
    np.testing.assert_allclose(flatten(grads), combined, rtol=1e-9, atol=1e-9)


@few
@given(topologies, names, st.integers(2, 9), seeds, st.data())
def test_halves_of_a_batch_sum_to_the_whole(topology, name, batch, seed, data):
    net, params, x, _, rng = case(topology, name, batch, seed)
    cut = data.draw(st.integers(1, batch - 1))
    y, pullback = net.forward(params, x)
    dy = rng.normal(size=y.shape)
    dx, grads = pullback(dy)
    (y1, pullback1), (y2, pullback2) = (net.forward(params, part) for part in (x[:cut], x[cut:]))
    (dx1, grads1), (dx2, grads2) = pullback1(dy[:cut]), pullback2(dy[cut:])
    close = {"rtol": 1e-9, "atol": 1e-12}
    np.testing.assert_allclose(np.concatenate([y1, y2]), y, **close)
    np.testing.assert_allclose(np.concatenate([dx1, dx2]), dx, **close)
    np.testing.assert_allclose(flatten(grads1) + flatten(grads2), flatten(grads), **close)


@few
@given(topologies, names, sizes, seeds)
def test_pullback_can_be_called_twice(topology, name, batch, seed):
    net, params, x, _, rng = case(topology, name, batch, seed)
    y, pullback = net.forward(params, x)
    dy = rng.normal(size=y.shape)
    first, second = pullback(dy), pullback(dy)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(flatten(first[1]), flatten(second[1]))


# Parameters, as layers and as one vector


@few
@given(topologies, seeds)
def test_flatten_and_unflatten_are_inverse(topology, seed):
    params = network(topology, initializer="uniform", bias_initializer="uniform").init(seed)
    theta = flatten(params)
    assert theta.shape == (sum(n * m + m for n, m in pairwise(topology)),)
    again = unflatten(theta, params)
    assert [type(layer) for layer in again] == [type(layer) for layer in params]
    for one, other in zip(arrays(params), arrays(again), strict=True):
        np.testing.assert_array_equal(one, other)
        assert np.shares_memory(other, theta)
    np.testing.assert_array_equal(flatten(again), theta)
    assert not np.shares_memory(flatten(again), theta)


# A cost


@few
@given(cost_names, widths, st.integers(2, 8), seeds, st.booleans())
def test_order_of_rows_does_not_matter(cost, width, batch, seed, weighted):
    net, params, x, target, rng = case([2, 3, width], "tanh", batch, seed, cost=cost)
    objective = Objective(net, COSTS[cost]())
    weight = rng.uniform(0.1, 2, batch) if weighted else None
    order = rng.permutation(batch)
    value, grads = objective.value_and_gradient(params, x, target, weight)
    turned = None if weight is None else weight[order]
    other, others = objective.value_and_gradient(params, x[order], target[order], turned)
    assert other == pytest.approx(value, rel=1e-10, abs=1e-14)
    np.testing.assert_allclose(flatten(others), flatten(grads), rtol=1e-9, atol=1e-13)


@few
@given(cost_names, widths, st.integers(1, 6), seeds)
def test_weight_two_equals_a_repeated_row(cost, width, batch, seed):
    net, params, x, target, rng = case([2, 3, width], "tanh", batch, seed, cost=cost)
    objective = Objective(net, COSTS[cost]())
    times = rng.integers(1, 4, batch)
    value, grads = objective.value_and_gradient(params, x, target, times.astype(float))
    rows = np.repeat(np.arange(batch), times)
    other, others = objective.value_and_gradient(params, x[rows], target[rows])
    assert other == pytest.approx(value, rel=1e-10, abs=1e-14)
    np.testing.assert_allclose(flatten(others), flatten(grads), rtol=1e-9, atol=1e-13)


@few
@given(cost_names, widths, st.integers(1, 6), seeds, st.floats(0.01, 100))
def test_only_relative_weights_matter(cost, width, batch, seed, factor):
    _, _, output, target, rng = case([width, width], "linear", batch, seed, cost=cost)
    weight = rng.uniform(0.1, 2, batch)
    value, d_output = COSTS[cost]()(output, target, weight)
    other, d_other = COSTS[cost]()(output, target, factor * weight)
    assert other == pytest.approx(value, rel=1e-10, abs=1e-14)
    np.testing.assert_allclose(d_other, d_output, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("cost", sorted(COSTS))
def test_rows_of_weight_zero_do_not_count(cost):
    _, _, output, target, _ = case([3, 3], "linear", 4, 0, cost=cost)
    value, d_output = COSTS[cost]()(output, target, np.array([0.0, 1.0, 1.0, 0.0]))
    alone, d_alone = COSTS[cost]()(output[1:3], target[1:3])
    assert value == pytest.approx(alone)
    np.testing.assert_allclose(d_output[1:3], d_alone)
    assert not d_output[[0, 3]].any()
    value, d_output = COSTS[cost]()(output, target, np.zeros(4))
    assert value == 0
    assert not d_output.any()


@few
@given(cost_names, widths, st.integers(1, 6), seeds)
def test_cost_is_minimal_at_the_target(cost, width, batch, seed):
    _, _, _, target, rng = case([width, width], "linear", batch, seed, cost=cost)
    link = COSTS[cost].link
    if link == "softmax":
        target = (target + 0.01) / (1 + 0.01 * width)  # its rows still add up to 1
        best = np.log(target)
    else:
        target = 0.05 + 0.9 * target
        inverse = {"sigmoid": lambda p: np.log(p / (1 - p)), "exp": np.log, None: np.asarray}
        best = inverse[link](target)
    value, d_output = COSTS[cost]()(best, target)
    np.testing.assert_allclose(d_output, 0, atol=1e-12)
    assert value <= COSTS[cost]()(best + rng.normal(0, 0.1, best.shape), target)[0] + 1e-12


# Nothing that is given is ever changed


@few
@given(topologies, names, cost_names, sizes, seeds)
def test_engine_does_not_change_its_inputs(topology, name, cost, batch, seed):
    net, params, x, target, rng = case(topology, name, batch, seed, cost=cost)
    freeze(params)
    weight = rng.uniform(0.1, 1, batch)
    before = [array.copy() for array in (*arrays(params), x, target, weight)]
    frozen(x, target, weight)
    objective = Objective(net, COSTS[cost](), l1=0.1, l2=0.1)
    objective.value_and_gradient(params, x, target, weight)
    y, pullback = net.forward(params, x)
    (dy,) = frozen(rng.normal(size=y.shape))
    y_before = y.copy()
    pullback(dy)
    np.testing.assert_array_equal(y, y_before)
    for array, same in zip((*arrays(params), x, target, weight), before, strict=True):
        np.testing.assert_array_equal(array, same)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_optimizer_does_not_change_its_arguments(name):
    optimizer = OPTIMIZERS[name](0.1)
    gradient, theta = frozen(*np.random.default_rng(0).normal(size=(2, 5)))
    state = optimizer.init(theta)
    for _ in range(3):
        frozen(*(part for part in state if np.ndim(part)))
        before = [np.copy(part) for part in state]
        change, later = optimizer.update(gradient, state, theta, 0.1)
        assert change.shape == theta.shape
        assert not np.shares_memory(change, theta)
        for part, same in zip(state, before, strict=True):
            np.testing.assert_array_equal(part, same)
        state = later


@pytest.mark.parametrize("batch_size", [None, 4])
def test_training_does_not_change_its_arguments(batch_size):
    rng = np.random.default_rng(0)
    net = network([2, 3, 1], "tanh", output="sigmoid")
    X, weight = rng.normal(size=(10, 2)), rng.random(10)
    y = (X[:, 0] > 0).astype(int)
    start = net.init(0, np.float64)
    before = [X.copy(), y.copy(), weight.copy(), flatten(start)]
    frozen(X, y, weight, *arrays(start))
    list(
        train(
            net, X, y, steps=5, start=start, sample_weight=weight, dtype=np.float64, l1=0.1,
            batch_size=batch_size, rng=0,
        )
    )  # fmt: skip
    for array, same in zip([X, y, weight, flatten(start)], before, strict=True):
        np.testing.assert_array_equal(array, same)


# The dtype is kept


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activation_keeps_the_dtype(name, dtype):
    a, pullback = ACTIVATIONS[name].function(np.linspace(-2, 2, 6, dtype=dtype).reshape(2, 3))
    assert a.dtype == dtype
    assert pullback(a).dtype == dtype


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("cost", sorted(COSTS))
def test_cost_and_gradient_keep_the_dtype(cost, dtype, weighted):
    net, params, x, target, rng = case([2, 3, 3], "gelu", 4, 0, dtype, cost=cost)
    weight = rng.random(4).astype(dtype) if weighted else None
    objective = Objective(net, COSTS[cost](), l1=0.1, l2=0.1)
    value, grads = objective.value_and_gradient(params, x, target, weight)
    output, pullback = net.forward(params, x)
    assert value.dtype == output.dtype == dtype
    assert pullback(output)[0].dtype == dtype
    assert {array.dtype for array in arrays(grads)} == {np.dtype(dtype)}
    assert COSTS[cost]()(output, target, weight)[1].dtype == dtype


@pytest.mark.parametrize("rate", [0.1, np.float64(0.1)], ids=["float", "float64"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_optimizer_and_training_keep_the_dtype(name, dtype, rate):
    optimizer = OPTIMIZERS[name](rate)
    theta = np.ones(3, dtype)
    change, state = optimizer.update(theta, optimizer.init(theta), theta, 0.1)
    assert change.dtype == dtype
    assert all(part.dtype == dtype for part in state if np.ndim(part))
    net = network([2, 3, 1])
    *_, last = train(
        net, np.eye(2), [0, 1], optimizer=optimizer, steps=2, dtype=dtype, l2=np.float64(0.1),
        clip=np.float64(1.0), sample_weight=np.ones(2), rng=0,
    )  # fmt: skip
    assert {array.dtype for array in arrays(last.params)} == {np.dtype(dtype)}
    assert all(part.dtype == dtype for part in last.optimizer_state if np.ndim(part))
    assert net.predict(last.params, [[0, 1]]).dtype == dtype
    assert type(last.cost) is float


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_init_draws_in_the_given_dtype(name, dtype):
    params = network([2, 3, 1], initializer=name, bias_initializer=name).init(0, dtype)
    assert {array.dtype for array in arrays(params)} == {np.dtype(dtype)}
    assert [array.shape for array in arrays(params)] == [(2, 3), (3,), (3, 1), (1,)]


# Initial weights


SHAPES = [(300, 200), (60, 1000), (2000, 30), (3, 3, 20, 400)]
VARIANCES = {
    "glorot_normal": lambda n_in, n_out, gain: gain**2 * 2 / (n_in + n_out),
    "glorot_uniform": lambda n_in, n_out, gain: gain**2 * 2 / (n_in + n_out),
    "he_normal": lambda n_in, n_out, gain: gain**2 / n_in,
    "he_uniform": lambda n_in, n_out, gain: gain**2 / n_in,
    "lecun_normal": lambda n_in, n_out, gain: gain**2 / n_in,
    "lecun_uniform": lambda n_in, n_out, gain: gain**2 / n_in,
    "orthogonal": lambda n_in, n_out, gain: gain**2 / max(n_in, n_out),
    "uniform": lambda n_in, n_out, gain: 1 / 3,
    "zeros": lambda n_in, n_out, gain: 0.0,
}


def test_every_initializer_is_checked():
    assert set(VARIANCES) == set(INITIALIZERS)
    for name, draw in INITIALIZERS.items():
        assert [*inspect.signature(draw).parameters] == ["rng", "shape", "gain"], name


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_variance_of_the_initial_weights(name, shape):
    n_in, n_out = fans(shape)
    assert (n_in, n_out) == (prod(shape[:-1]), shape[-1])
    W = INITIALIZERS[name](np.random.default_rng(0), shape, 1.5)
    variance = VARIANCES[name](n_in, n_out, 1.5)
    assert W.shape == shape
    assert W.var() == pytest.approx(variance, rel=0.03)
    assert W.mean() == pytest.approx(0, abs=4 * np.sqrt(variance / W.size))
    if name.endswith("uniform"):
        assert abs(W).max() == pytest.approx(np.sqrt(3 * variance), rel=0.01)
        assert abs(W).max() <= np.sqrt(3 * variance)
    if name.endswith("_normal"):
        assert np.mean((W / W.std()) ** 4) == pytest.approx(3, abs=0.2)


@few
@given(st.integers(1, 12), st.integers(1, 12), seeds, st.floats(0.1, 10))
def test_orthogonal_weights_are_orthogonal(n_in, n_out, seed, gain):
    W = INITIALIZERS["orthogonal"](np.random.default_rng(seed), (n_in, n_out), gain)
    fewer = W if n_in >= n_out else W.T
    product = fewer.T @ fewer
    np.testing.assert_allclose(product, gain**2 * np.eye(len(product)), atol=1e-12 * gain**2)


def test_orthogonal_weights_are_uniform_over_directions():
    draws = [
        INITIALIZERS["orthogonal"](np.random.default_rng(seed), (2, 2), 1.0) for seed in range(400)
    ]
    assert abs(np.mean(draws, axis=0)).max() < 0.15
    assert 120 < sum(np.linalg.det(W) > 0 for W in draws) < 280


@pytest.mark.parametrize("name", sorted(set(INITIALIZERS) - {"zeros"}))
def test_seed_fixes_the_weights_and_generator_advances(name):
    net = network([2, 3, 1], initializer=name)
    rng = np.random.default_rng(5)
    first, second = net.init(rng), net.init(rng)
    np.testing.assert_array_equal(flatten(net.init(5)), flatten(first))
    assert not np.array_equal(flatten(first), flatten(second))


def test_initial_predictions_are_undecided():
    net = network([64, 64, 1], "sigmoid", initializer="lecun_normal")
    W1, W2 = (layer.W for layer in net.init(0))
    assert W1.std() * 8 == pytest.approx(ACTIVATIONS["sigmoid"].gain, rel=0.05)
    assert W2.std() * 8 == pytest.approx(1, rel=0.25)
