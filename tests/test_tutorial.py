"""The lesson's program gives the lesson's numbers, and what its docstrings say of them is true."""
# ruff: noqa: NPY002 - the lesson draws from NumPy's global generator

from __future__ import annotations

import ast
import inspect

import numpy as np
import pytest

import neurona
from neurona import tutorial
from neurona.tutorial import (
    NeuralLayer,
    create_nn,
    create_nn_scaled,
    l2_cost,
    l2_cost_exact,
    relu,
    sigm,
    tanh,
    train,
    train_corrected,
)

DEEP = [2, 4, 8, 16, 8, 4, 1]


def circles(n=500, seed=0):
    """Heroes (1) inside, enemies (0) around: the lesson's cloud, without scikit-learn."""
    rng = np.random.default_rng(seed)
    Y = (np.arange(n) % 2)[:, np.newaxis].astype(float)
    angle = rng.uniform(0, 2 * np.pi, (n, 1))
    X = np.hstack([np.cos(angle), np.sin(angle)]) * (1 - 0.5 * Y)
    return X + rng.normal(0, 0.05, X.shape), Y


def drawn(topology, act_f=sigm, seed=0, build=create_nn):
    np.random.seed(seed)
    return build(topology, act_f)


def numbers(neural_net):
    return [(layer.W.copy(), layer.b.copy()) for layer in neural_net]


def assert_same(some, others, **tolerance):
    for (W, b), (W_other, b_other) in zip(some, others, strict=True):
        np.testing.assert_allclose(W, W_other, **tolerance)
        np.testing.assert_allclose(b, b_other, **tolerance)


def numerical_gradient(neural_net, X, Y, h=1e-6):
    """Central differences of the plotted cost by every W and b."""

    def cost():
        a = X
        for layer in neural_net:
            a = layer.act_f[0](a @ layer.W + layer.b)
        return np.mean((a - Y) ** 2)

    gradient = []
    for layer in neural_net:
        pair = []
        for theta in (layer.W, layer.b):
            slope = np.empty_like(theta)
            for i in np.ndindex(theta.shape):
                kept = theta[i]
                theta[i] = kept + h
                above = cost()
                theta[i] = kept - h
                below = cost()
                theta[i] = kept
                slope[i] = (above - below) / (2 * h)
            pair.append(slope)
        gradient.append(tuple(pair))
    return gradient


# ---- The network ---------------------------------------------------------------------------------


def test_layer_draws_b_then_w_uniformly_from_minus_one_to_one():
    np.random.seed(7)
    b = np.random.rand(1, 4) * 2 - 1
    W = np.random.rand(2, 4) * 2 - 1
    np.random.seed(7)
    layer = NeuralLayer(2, 4, sigm)
    np.testing.assert_array_equal(layer.b, b)
    np.testing.assert_array_equal(layer.W, W)
    assert layer.act_f is sigm


def test_create_nn_draws_layer_after_layer():
    neural_net = drawn([2, 4, 8, 1], tanh, seed=3)
    np.random.seed(3)
    for layer, (n_conn, n_neur) in zip(neural_net, [(2, 4), (4, 8), (8, 1)], strict=True):
        np.testing.assert_array_equal(layer.b, np.random.rand(1, n_neur) * 2 - 1)
        np.testing.assert_array_equal(layer.W, np.random.rand(n_conn, n_neur) * 2 - 1)
        assert layer.act_f is tanh


def test_draw_fills_the_interval():
    layer = NeuralLayer(100, 100, sigm)
    assert -1 <= layer.W.min() < -0.99
    assert 0.99 < layer.W.max() < 1
    assert abs(layer.W.mean()) < 0.05


# ---- The pairs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("act_f", [sigm, relu, tanh], ids=["sigm", "relu", "tanh"])
def test_derivative_takes_the_activated_value(act_f):
    function, derivative = act_f
    x = np.linspace(-5, 5, 100)  # even: 0, where relu has its kink, is not among the points
    slope = (function(x + 1e-6) - function(x - 1e-6)) / 2e-6
    np.testing.assert_allclose(derivative(function(x)), slope, rtol=1e-6, atol=1e-9)


def test_activations_at_known_points():
    x = np.array([-2.0, 0.0, 2.0])
    np.testing.assert_allclose(sigm[0](x), [0.1192029220, 0.5, 0.8807970780], rtol=1e-9)
    np.testing.assert_array_equal(relu[0](x), [0.0, 0.0, 2.0])
    np.testing.assert_array_equal(relu[1](relu[0](x)), [0.0, 0.0, 1.0])
    np.testing.assert_allclose(tanh[0](x), [-0.9640275801, 0.0, 0.9640275801], rtol=1e-9)


def test_sigm_overflows_as_in_the_lesson():
    with pytest.warns(RuntimeWarning, match="overflow"):
        assert sigm[0](np.array([-1000.0]))[0] == 0.0


def test_cost_pairs():
    Yp, Yr = np.array([[0.0], [0.5], [1.0], [0.25]]), np.array([[0.0], [1.0], [0.0], [0.25]])
    assert l2_cost[0](Yp, Yr) == l2_cost_exact[0](Yp, Yr) == (0.25 + 1.0) / 4
    np.testing.assert_array_equal(l2_cost[1](Yp, Yr), [[0.0], [-0.5], [1.0], [0.0]])
    np.testing.assert_array_equal(l2_cost_exact[1](Yp, Yr), [[0.0], [-0.25], [0.5], [0.0]])


# ---- The step ------------------------------------------------------------------------------------


def by_hand():
    """Two points, a layer of one neuron and a layer of one neuron, in plain numbers."""
    neural_net = create_nn([1, 1, 1], sigm)
    for layer, (w, b) in zip(neural_net, [(0.5, 0.1), (-1.0, 0.2)], strict=True):
        layer.W, layer.b = np.array([[w]]), np.array([[b]])
    X, Y = np.array([[1.0], [-2.0]]), np.array([[1.0], [0.0]])

    def s(x):
        return 1 / (1 + np.exp(-x))

    a1 = [s(0.5 * x + 0.1) for x in (1.0, -2.0)]
    a2 = [s(-1.0 * a + 0.2) for a in a1]
    d2 = [(a - y) * a * (1 - a) for a, y in zip(a2, (1.0, 0.0), strict=True)]
    d1 = [d * -1.0 * a * (1 - a) for d, a in zip(d2, a1, strict=True)]  # by the W before its update
    return neural_net, X, Y, a1, a2, d1, d2


def test_one_step_by_hand():
    neural_net, X, Y, a1, a2, d1, d2 = by_hand()
    Yp = train(neural_net, X, Y, l2_cost, lr=0.1)
    np.testing.assert_allclose(Yp[:, 0], a2, rtol=1e-15)
    first, last = neural_net
    sums = [(d1[0] * 1.0 + d1[1] * -2.0), (d2[0] * a1[0] + d2[1] * a1[1])]
    np.testing.assert_allclose(first.W, [[0.5 - 0.1 * sums[0]]], rtol=1e-14)
    np.testing.assert_allclose(last.W, [[-1.0 - 0.1 * sums[1]]], rtol=1e-14)
    np.testing.assert_allclose(first.b, [[0.1 - 0.1 * (d1[0] + d1[1]) / 2]], rtol=1e-14)
    np.testing.assert_allclose(last.b, [[0.2 - 0.1 * (d2[0] + d2[1]) / 2]], rtol=1e-14)


def test_one_corrected_step_by_hand():
    neural_net, X, Y, a1, a2, d1, d2 = by_hand()
    Yp = train_corrected(neural_net, X, Y, lr=0.1)
    np.testing.assert_allclose(Yp[:, 0], a2, rtol=1e-15)
    first, last = neural_net  # two points: the 2 of the square and the 1/N of the mean cancel out
    sums = [(d1[0] * 1.0 + d1[1] * -2.0), (d2[0] * a1[0] + d2[1] * a1[1])]
    np.testing.assert_allclose(first.W, [[0.5 - 0.1 * sums[0]]], rtol=1e-14)
    np.testing.assert_allclose(last.W, [[-1.0 - 0.1 * sums[1]]], rtol=1e-14)
    np.testing.assert_allclose(first.b, [[0.1 - 0.1 * (d1[0] + d1[1])]], rtol=1e-14)
    np.testing.assert_allclose(last.b, [[0.2 - 0.1 * (d2[0] + d2[1])]], rtol=1e-14)


def test_default_rate_is_one_half():
    X, Y = circles(20)
    implicit, explicit = drawn([2, 3, 1]), drawn([2, 3, 1])
    train(implicit, X, Y, l2_cost)
    train(explicit, X, Y, l2_cost, lr=0.5, train=True)
    assert_same(numbers(implicit), numbers(explicit), rtol=0)


@pytest.mark.parametrize("step", [train, train_corrected])
def test_train_false_predicts_and_changes_nothing(step):
    X, Y = circles(20)
    neural_net = drawn([2, 4, 8, 1])
    before = numbers(neural_net)
    Yp = step(neural_net, X, Y, l2_cost, train=False)
    assert Yp.shape == (20, 1)
    assert_same(numbers(neural_net), before, rtol=0)
    np.testing.assert_array_equal(Yp, step(neural_net, X, Y, l2_cost))  # the one before the step


@pytest.mark.parametrize("step", [train, train_corrected])
def test_step_does_not_change_data_or_earlier_arrays(step):
    X, Y = circles(20)
    X_kept, Y_kept = X.copy(), Y.copy()
    neural_net = drawn([2, 4, 1])
    held, kept = neural_net[0].W, neural_net[0].W.copy()
    step(neural_net, X, Y, l2_cost)
    np.testing.assert_array_equal(X, X_kept)
    np.testing.assert_array_equal(Y, Y_kept)
    np.testing.assert_array_equal(held, kept)  # whoever kept a frame of the film still has it


# ---- The docstrings ------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "of_W", "of_b"), [(500, 250.0, 0.5), (60, 30.0, 0.5)])
def test_steps_are_n_halves_and_one_half_of_the_gradient(n, of_W, of_b):
    X, Y = circles(n)
    neural_net = drawn([2, 4, 8, 1])
    gradient = numerical_gradient(neural_net, X, Y)
    before = numbers(neural_net)
    train(neural_net, X, Y, l2_cost, lr=1e-3)
    steps = [
        ((W - layer.W) / 1e-3, (b - layer.b) / 1e-3)
        for (W, b), layer in zip(before, neural_net, strict=True)
    ]
    expected = [(of_W * dW, of_b * db) for dW, db in gradient]
    assert_same(steps, expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("act_f", [sigm, tanh], ids=["sigm", "tanh"])
def test_corrected_steps_are_the_gradient(act_f, outputs):
    X, _ = circles(60)
    Y = np.random.default_rng(1).random((60, outputs))
    neural_net = drawn([2, 4, 8, outputs], act_f, build=create_nn_scaled)
    gradient = numerical_gradient(neural_net, X, Y)
    before = numbers(neural_net)
    train_corrected(neural_net, X, Y, lr=1.0)
    steps = [(W - layer.W, b - layer.b) for (W, b), layer in zip(before, neural_net, strict=True)]
    assert_same(steps, gradient, rtol=1e-5, atol=1e-9)


def test_lessons_shallow_network_learns_the_circle():
    X, Y = circles()
    neural_net = drawn([2, 4, 8, 1], seed=4)
    for _ in range(1000):
        Yp = train(neural_net, X, Y, l2_cost, lr=0.05)
    assert l2_cost[0](Yp, Y) < 0.01


@pytest.mark.parametrize("lr", [0.5, 0.05])
def test_deep_network_is_stuck_at_one_quarter(lr):
    X, Y = circles()
    neural_net = drawn(DEEP)
    for _ in range(500):
        Yp = train(neural_net, X, Y, l2_cost, lr=lr)
    assert l2_cost[0](Yp, Y) == pytest.approx(0.25, abs=1e-3)
    np.testing.assert_allclose(Yp, 0.5, atol=0.02)  # it answers one half, whatever it is asked


def test_corrected_program_trains_the_same_topology():
    X, Y = circles()
    neural_net = drawn(DEEP, build=create_nn_scaled)
    for _ in range(800):
        Yp = train_corrected(neural_net, X, Y, lr=5.0)
    assert l2_cost[0](Yp, Y) < 0.01


def test_scaled_weights_fill_their_limit_and_biases_are_zero():
    layer = drawn([60, 90], build=create_nn_scaled)[0]
    limit = 4 * np.sqrt(6 / 150)
    assert 0.99 * limit < np.abs(layer.W).max() <= limit
    np.testing.assert_array_equal(layer.b, np.zeros((1, 90)))
    np.testing.assert_allclose(
        drawn([60, 90], build=lambda *a: create_nn_scaled(*a, gain=1.0))[0].W, layer.W / 4
    )


# ---- Beside the engine ---------------------------------------------------------------------------


def in_the_engine(neural_net):
    """The same network for the engine: its layers, and its parameters."""
    topology = [neural_net[0].W.shape[0], *(layer.W.shape[1] for layer in neural_net)]
    net = neurona.network(topology, activation="sigmoid")
    params = net.init(np.random.default_rng(0), dtype=np.float64)
    kinds = [type(layer_params) for layer_params in params]
    pairs = zip(kinds, neural_net, strict=True)
    return net, tuple(kind(W=layer.W.copy(), b=layer.b[0].copy()) for kind, layer in pairs)


def test_corrected_program_and_engine_agree_step_for_step():
    X, Y = circles()
    neural_net = drawn([2, 4, 8, 1], seed=4)
    net, params = in_the_engine(neural_net)
    states = neurona.train(
        net, X, Y, cost="mse", optimizer=neurona.sgd(2.0), steps=50, every=1,
        start=params, dtype=np.float64,
    )  # fmt: skip
    for state in states:
        engine = [(p.W, p.b[np.newaxis]) for p in state.params]
        assert_same(engine, numbers(neural_net), rtol=1e-10, atol=1e-12)
        Yp = train_corrected(neural_net, X, Y, lr=2.0)
        assert state.cost == pytest.approx(l2_cost[0](Yp, Y), rel=1e-10)
    assert state.step == 50


def test_lessons_program_and_engine_agree_step_for_step():
    """The engine's gradient, times 250 for W and 0.5 for b, walks the lesson's path."""
    X, Y = circles()
    neural_net = drawn([2, 4, 8, 1], seed=4)
    net, params = in_the_engine(neural_net)
    for _ in range(50):
        (now, after) = neurona.train(
            net, X, Y, cost="mse", optimizer=neurona.sgd(1.0), steps=1, every=1,
            start=params, dtype=np.float64,
        )  # fmt: skip
        params = tuple(
            type(p)(W=p.W - 0.05 * 250 * (p.W - q.W), b=p.b - 0.05 * 0.5 * (p.b - q.b))
            for p, q in zip(now.params, after.params, strict=True)
        )
        train(neural_net, X, Y, l2_cost, lr=0.05)
        engine = [(p.W, p.b[np.newaxis]) for p in params]
        assert_same(engine, numbers(neural_net), rtol=1e-8, atol=1e-10)


# ---- The page ------------------------------------------------------------------------------------


def test_tutorial_imports_only_numpy():
    """A beginner reads it beside the lesson: it leans on NumPy, and on nothing of the project."""
    imported = set()
    for node in ast.walk(ast.parse(inspect.getsource(tutorial))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module)
    needs_typing_only = {"__future__", "collections.abc", "numpy.typing", "typing"}
    assert imported - needs_typing_only == {"itertools", "numpy"}
