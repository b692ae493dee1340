"""Every gradient is the gradient of the value beside it: by differences, and by JAX's own."""

from __future__ import annotations

import inspect
import re
from math import pi, sqrt

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurona.engine import costs as costs_module
from neurona.engine.activations import ACTIVATIONS, activation
from neurona.engine.costs import COSTS, Huber, Pinball
from neurona.engine.gradcheck import check_gradient, numerical_gradient, parameter_name
from neurona.engine.layers.base import LAYERS, Train
from neurona.engine.layers.dense import Dense, DenseParams
from neurona.engine.network import Network, network
from neurona.engine.noise import noise_of
from neurona.engine.objective import Objective
from neurona.engine.parameters import arrays, flatten, stacked, unflatten
from tests.support.layers import KINDS, anywhere, one_of, shape_for

few = settings(deadline=None, max_examples=100, derandomize=True)

WIDTHS = (1, 3)
BATCHES = [pytest.param(1, marks=pytest.mark.long), 3, pytest.param(20, marks=pytest.mark.long)]

# Differences of float64 are good to about 1e-9; JAX's derivative, to the last digits.
BY_DIFFERENCES = {"rtol": 1e-6, "atol": 1e-8}
BY_JAX = {"rtol": 1e-9, "atol": 1e-12}

# Each cost as its name gives it, and those whose formula changes with a parameter in another way.
CASES = {name: make() for name, make in COSTS.items()} | {
    "huber of 0.3": Huber(0.3),
    "pinball of 0.9": Pinball(0.9),
    "pinball of 0.2": Pinball(0.2),
}

KINK = 1e-3  # how far from a kink a sample stays: a hundred times the step of the differences


def kinks(cost):
    """Return the errors |p - t| at which a cost has a kink."""
    return (0.0, getattr(cost, "delta", 0.0)) if cost.link is None else ()


def sample(net, cost, batch, rng):
    """Return parameters, inputs and targets, no sum z and no error being near a kink."""
    n_out = net.n_out
    while True:
        params = tuple(
            type(layer)(*(array + rng.normal(0, 0.3, array.shape) for array in layer))
            for layer in net.init(rng, np.float64)
        )
        x = rng.normal(size=(batch, net.n_in))
        target = rng.normal(size=(batch, n_out))
        if cost.link == "sigmoid":
            target = rng.random((batch, n_out))
        if cost.link == "softmax":
            target = rng.dirichlet(np.ones(n_out), batch)
        if cost.link == "exp":
            target = rng.poisson(2, (batch, n_out)).astype(float)
        a, near = x, False
        for layer, (W, b) in zip(net.layers, params, strict=True):
            z = a @ W + b
            near |= bool((abs(z) < KINK).any())
            a = layer.activation(z)
        near |= any((abs(abs(a - target) - kink) < KINK).any() for kink in kinks(cost))
        if not near:
            return params, x, target


def deep(name, cost, width):
    """Return a network of two layers with that activation, as far as the cost admits it."""
    output = cost.link or ("linear" if name == "exp" else None)  # e^(e^z) is beyond differences
    return network([3, 3, width], name, output=output)


def by_differences(function, *groups):
    """Return the numerical gradient of a function of several groups of arrays, in their shapes."""
    theta = flatten(groups)
    return unflatten(
        numerical_gradient(lambda t: float(function(*unflatten(t, groups))), theta), groups
    )


def assert_close(some, others, **tolerance):
    for one, other in zip(arrays(some), arrays(others), strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, **tolerance)


def assert_is_gradient(objective, params, x, target, weight=None):
    """Check the gradient by the parameters, and by the input, in both ways."""

    def value(*groups):
        *some, (inputs,) = groups
        return objective.value(tuple(some), inputs, target, weight)

    _, grads = objective.value_and_gradient(params, x, target, weight)
    output, pullback = objective.output(params, x)
    _, d_output = objective.cost(output, target, weight)
    dx, _ = pullback(d_output)
    analytic = (*grads, (dx,))

    assert_close(analytic, by_differences(value, *params, (x,)), **BY_DIFFERENCES)
    with jax.enable_x64(True):
        its = jax.jit(jax.grad(value, argnums=tuple(range(len(params) + 1))))(*params, (x,))
    assert_close(analytic, its, **BY_JAX)


# The network, whatever it is made of


# With one output, each activation is tried with one cost, and each cost with one activation.
PAIRS = [
    pytest.param(
        name, cost, width,
        marks=() if width > 1 or name == "tanh" or cost == "mse" else pytest.mark.long,
    )
    for name in sorted(ACTIVATIONS)
    for cost in sorted(COSTS)
    for width in WIDTHS
]  # fmt: skip


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize(("name", "cost", "width"), PAIRS)
def test_gradient_of_every_activation_and_cost(name, cost, width, batch):
    cost = COSTS[cost]()
    net = deep(name, cost, width)
    params, x, target = sample(net, cost, batch, np.random.default_rng([width, batch]))
    assert_is_gradient(Objective(net, cost), params, x, target)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("cost", sorted(CASES))
def test_gradient_with_sample_weights_and_penalties(cost, width):
    cost = CASES[cost]
    net = deep("tanh", cost, width)
    rng = np.random.default_rng(width)
    params, x, target = sample(net, cost, 3, rng)
    weight = np.array([0.0, 0.5, 2.0])
    assert_is_gradient(Objective(net, cost, l1=0.03, l2=0.2), params, x, target, weight)


def test_penalties_are_on_weights_and_not_on_biases():
    net = network([2, 3, 1], "tanh")
    cost = COSTS["mse"]()
    params, x, target = sample(net, cost, 4, np.random.default_rng(0))
    plain, grads = Objective(net, cost).value_and_gradient(params, x, target)
    full, more = Objective(net, cost, l1=0.1, l2=0.4).value_and_gradient(params, x, target)
    Ws = [W for W, _ in params]
    penalty = sum(0.1 * abs(W).sum() + 0.2 * (W**2).sum() for W in Ws)
    assert full - plain == pytest.approx(penalty)
    for W, before, after in zip(Ws, grads, more, strict=True):
        np.testing.assert_allclose(after.W - before.W, 0.1 * np.sign(W) + 0.4 * W)
        np.testing.assert_array_equal(after.b, before.b)


def test_every_layer_is_checked():
    assert {"Dense", "Dropout", "Conv2D", "MaxPool2D", "Concatenate", "Sequential"} <= set(LAYERS)
    assert {kind.__name__ for kind in KINDS} <= set(LAYERS)


MODES = [("predict", False), ("train", False), ("train", True)]


@pytest.mark.parametrize(("mode", "weighted"), MODES, ids=["predict", "train", "weighted"])
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_pullback_of_every_layer(kind, batch, mode, weighted):
    layer = one_of(kind)
    if mode == "train" and not layer.has_training_mode:
        return  # it is trained on what it predicts with
    shape = shape_for(layer)
    rng = np.random.default_rng([batch, len(shape)])
    params = anywhere(layer, rng, shape)
    x = rng.normal(size=(batch, *shape))
    dy = rng.normal(size=(batch, *layer.out_shape(shape)))
    train = None
    if mode == "train":
        weight = np.array([0.0, 2.0, *rng.random(batch)])[-batch:] if weighted else None
        train = Train(weight, layer.noise(rng, x.shape))

    def value(params, inputs):
        return (layer.forward(params, inputs[0], train)[0] * dy).sum()

    y, pullback = layer.forward(params, x, train)
    assert y.shape == dy.shape
    dx, grads = pullback(dy)
    assert type(grads) is type(params)
    assert_close((grads, (dx,)), by_differences(value, params, (x,)), **BY_DIFFERENCES)
    with jax.enable_x64(True):
        its = jax.jit(jax.grad(value, argnums=(0, 1)))(params, (x,))
    assert_close((grads, (dx,)), its, **BY_JAX)
    spared, same = pullback(dy, need_dx=False)
    assert spared is None
    assert_close((grads,), (same,), rtol=0)


@pytest.mark.parametrize("mode", ["predict", "train"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_stack_of_every_layer_equals_its_members(kind, mode):
    layer = one_of(kind)
    shape = shape_for(layer)
    rng = np.random.default_rng(len(shape))
    each = [anywhere(layer, rng, shape) for _ in range(3)]
    x = rng.normal(size=(5, *shape))
    noise = layer.noise(rng, x.shape)
    train = Train(np.array([1.0, 2.0, 0.0, 1.0, 3.0]), noise) if mode == "train" else None
    own = rng.normal(size=(3, *x.shape))
    dy = rng.normal(size=(3, 5, *layer.out_shape(shape)))
    for inputs, shared in ((x, True), (own, False)):
        y, pullback = layer.forward(stacked(each), inputs, train)
        grads = pullback(dy, need_dx=not shared)[1]
        dx = pullback(dy)[0]
        for k, params in enumerate(each):
            y_k, pullback_k = layer.forward(params, inputs if shared else inputs[k], train)
            dx_k, grads_k = pullback_k(dy[k])
            np.testing.assert_allclose(y[k] if y.ndim == dy.ndim else y, y_k, atol=1e-12)
            np.testing.assert_allclose(dx[k], dx_k, atol=1e-12)
            for some, alone in zip(arrays(grads), arrays(grads_k), strict=True):
                np.testing.assert_allclose(some[k], alone, atol=1e-12)


FURNISHED = [
    {"dropout": 0.3}, {"normalization": "batch"}, {"normalization": "layer"},
    {"normalization": "batch", "dropout": [0.4, 0.0]},
    {"normalization": "layer", "dropout": [0.0, 0.2]},
]  # fmt: skip


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize(
    "cost", ["mse", pytest.param("categorical_cross_entropy", marks=pytest.mark.long)]
)
@pytest.mark.parametrize("settings", FURNISHED, ids=str)
def test_gradient_of_a_step_with_dropout_and_normalization(settings, cost, weighted):
    cost = COSTS[cost]()
    net = network([3, 4, 5, 2], "tanh", output=cost.link, **settings)
    rng = np.random.default_rng(0)
    params = anywhere(net, rng, net.in_shape)
    x, target = rng.normal(size=(7, 3)), rng.dirichlet(np.ones(2), 7)
    weight = np.array([0.0, 0.5, 2.0, 1.0, 1.0, 0.0, 3.0]) if weighted else None
    objective = Objective(net, cost, l1=0.01, l2=0.1)
    noise = noise_of(net, (0, 0), 7)

    def value(*groups):
        return objective.value(groups, x, target, weight, noise)

    _, grads = objective.value_and_gradient(params, x, target, weight, noise)
    assert_close(grads, by_differences(value, *params), rtol=1e-6, atol=2e-8)
    with jax.enable_x64(True):
        its = jax.jit(jax.grad(value, argnums=tuple(range(len(params)))))(*params)
    assert_close(grads, its, **BY_JAX)
    assert_is_gradient(objective, params, x, target, weight)  # and as it answers


def test_need_dx_false_returns_no_dx():
    rng = np.random.default_rng(0)
    net = network([3, 4, 2], "tanh")
    params, x = net.init(rng, np.float64), rng.normal(size=(5, 3))
    y, pullback = net.forward(params, x)
    dx, grads = pullback(np.ones_like(y))
    spared, same = pullback(np.ones_like(y), need_dx=False)
    assert dx.shape == x.shape
    assert spared is None
    for some, others in zip(jax.tree.leaves(grads), jax.tree.leaves(same), strict=True):
        np.testing.assert_array_equal(some, others)


# The parts by themselves


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_pullback_of_every_activation(name):
    function = ACTIVATIONS[name].function
    rng = np.random.default_rng(0)
    z, da = rng.normal(0, 2, (20, 3)), rng.normal(size=(20, 3))
    assert abs(z).min() > KINK
    dz = function(z)[1](da)
    (differences,) = by_differences(lambda group: (function(group[0])[0] * da).sum(), (z,))
    np.testing.assert_allclose(dz, differences[0], **BY_DIFFERENCES)
    with jax.enable_x64(True):
        its = jax.grad(lambda z: (function(z)[0] * da).sum())(z)
    np.testing.assert_allclose(dz, its, **BY_JAX)
    np.testing.assert_array_equal(ACTIVATIONS[name](z.T), function(z)[0].T)


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("cost", sorted(CASES))
def test_gradient_of_every_cost(cost, width, weighted):
    cost = CASES[cost]
    net = Network((Dense(width),), width)
    _, output, target = sample(net, cost, 20, np.random.default_rng(width))
    for kink in kinks(cost):
        assert abs(abs(output - target) - kink).min() > 1e-4
    weight = np.random.default_rng(1).random(20) if weighted else None
    d_output = cost(output, target, weight)[1]
    (differences,) = by_differences(lambda group: cost(group[0], target, weight)[0], (output,))
    np.testing.assert_allclose(d_output, differences[0], **BY_DIFFERENCES)


def test_every_cost_class_has_a_name():
    found = {
        one
        for module in (costs_module,)
        for _, one in inspect.getmembers(module, inspect.isclass)
        if one.__module__ == module.__name__ and not getattr(one, "_is_protocol", False)
    }
    assert found == set(COSTS.values())


@pytest.mark.parametrize("n", [1, 2, 5])
def test_softmax_has_the_full_jacobian(n):
    z = np.random.default_rng(n).normal(0, 2, (n, 1))
    softmax = ACTIVATIONS["softmax"]
    a, pullback = softmax.function(z)
    rows = np.stack([pullback(unit[:, None])[:, 0] for unit in np.eye(n)])  # row i: da_i / dz
    h = 6e-6
    columns = [(softmax(z.T + h * e) - softmax(z.T - h * e))[0] / (2 * h) for e in np.eye(n)]
    np.testing.assert_allclose(rows, np.diag(a[:, 0]) - np.outer(a, a), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(rows, np.transpose(columns), **BY_DIFFERENCES)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_gain_follows_its_definition(name):
    gain = ACTIVATIONS[name].gain
    if name in ("softmax", "selu"):  # an output; and one that keeps its scale by its own constants
        assert gain == 1.0
        return
    z = np.linspace(-12, 12, 240_000)  # even in number: none of them is 0
    slope = ACTIVATIONS[name].function(z)[1](np.ones_like(z))
    mean_square = np.trapezoid(slope**2 * np.exp(-(z**2) / 2) / sqrt(2 * pi), z)
    assert gain == pytest.approx(1 / sqrt(mean_square), abs=1e-3)


def test_selu_keeps_mean_0_and_variance_1():
    z = np.linspace(-12, 12, 240_000)
    density = np.exp(-(z**2) / 2) / sqrt(2 * pi)
    a = ACTIVATIONS["selu"](z)
    assert np.trapezoid(a * density, z) == pytest.approx(0, abs=1e-6)
    assert np.trapezoid(a**2 * density, z) == pytest.approx(1, abs=1e-6)


# Far out


def extremes(dtype):
    sizes = np.array([0, 1e-30, 1e-3, 1, 15, 40, 80, 88.8, 100, 710, 1e3, 1e4])
    return np.array([[one, -one, -1.0] for one in sizes], dtype)


@pytest.mark.parametrize(
    ("library", "dtype"), [("numpy", np.float32), ("numpy", np.float64), ("jax", np.float32)]
)
@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activations_are_finite_for_extreme_inputs(name, library, dtype):
    z = extremes(dtype)
    if name == "exp":  # beyond, e^z is infinite, which is all that can be said
        z = np.minimum(z, 88)
    with np.errstate(all="raise", under="ignore", over="ignore"):  # e^-z may be infinite
        z = z if library == "numpy" else jax.numpy.asarray(z)
        a, pullback = ACTIVATIONS[name].function(z)
        dz = pullback(z * 0 + 1)
    assert np.isfinite(a).all()
    assert np.isfinite(dz).all()
    assert name == "exp" or abs(np.asarray(dz)).max() < 2  # no slope of the others is steeper


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("name", "left", "right"),
    [
        ("sigmoid", 0, 1), ("tanh", -1, 1), ("softsign", -1e4 / 10001, 1e4 / 10001),
        ("relu", 0, 1e4), ("leaky_relu", -100, 1e4), ("elu", -1, 1e4), ("gelu", 0, 1e4),
        ("silu", 0, 1e4), ("softplus", 0, 1e4), ("mish", 0, 1e4), ("linear", -1e4, 1e4),
        ("selu", -1.7580993408473766, 10507.009873554805), ("exp", 0, np.inf),
    ],
)  # fmt: skip
def test_activations_at_infinity(name, left, right, dtype):
    a = ACTIVATIONS[name](np.array([[-1e4, 1e4]], dtype))
    np.testing.assert_allclose(a, [[left, right]], rtol=1e-6, atol=1e-30)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cost", sorted(COSTS))
def test_costs_are_finite_for_extreme_outputs(cost, dtype):
    output = extremes(dtype)
    if cost == "poisson":
        output = np.minimum(output, 88)
    for column in range(3):
        target = np.tile(np.eye(3, dtype=dtype)[column], (len(output), 1))
        with np.errstate(all="raise", under="ignore"):
            value, d_output = COSTS[cost]()(output, target)
        assert np.isfinite(value)
        assert np.isfinite(d_output).all()
        assert value >= 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_overflowing_poisson_rate_gives_an_infinite_cost_and_no_warning(dtype):
    output = np.array([[1e4, 0.0]], dtype)
    value, d_output = COSTS["poisson"]()(output, np.ones((1, 2), dtype))
    assert value == np.inf
    np.testing.assert_array_equal(d_output, [[np.inf, 0.0]])


# Compared with others


@few
@given(st.lists(st.tuples(st.floats(-5, 5), st.integers(0, 50)), min_size=1, max_size=20))
def test_poisson_equals_pytorchs_loss_and_half_of_sklearns_deviance_up_to_a_constant(examples):
    torch, metrics = pytest.importorskip("torch"), pytest.importorskip("sklearn.metrics")
    z, target = np.array(examples, dtype=float).T[..., None]
    value = float(COSTS["poisson"]()(z, target)[0])
    its = torch.nn.PoissonNLLLoss()(torch.from_numpy(z), torch.from_numpy(target))
    assert value == pytest.approx(float(its), rel=1e-12, abs=1e-12)
    constant = np.mean([t * np.log(t) - t if t else 0.0 for t in target.ravel()])
    deviance = metrics.mean_poisson_deviance(target.ravel(), np.exp(z.ravel()))
    assert value + constant == pytest.approx(deviance / 2, rel=1e-9, abs=1e-9)


@few
@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=1, max_size=20),
    st.floats(0.01, 0.99),
)
def test_pinball_equals_scikit_learn(examples, quantile):
    metrics = pytest.importorskip("sklearn.metrics")
    output, target = np.array(examples).T[..., None]
    value, _ = Pinball(quantile)(output, target)
    its = metrics.mean_pinball_loss(target, output, alpha=quantile)
    assert float(value) == pytest.approx(its, rel=1e-12, abs=1e-12)


@few
@given(
    st.lists(st.integers(-9, 9), min_size=1, max_size=30), st.integers(1, 99), st.integers(-9, 9)
)
def test_pinball_is_minimal_at_the_quantile(numbers, percent, other):
    target = np.array(numbers, dtype=float)[:, None]
    best = np.quantile(target, percent / 100, method="inverted_cdf")
    at_best, at_other = (
        float(Pinball(percent / 100)(np.full_like(target, p), target)[0]) for p in (best, other)
    )
    assert at_best <= at_other + 1e-12


@pytest.mark.parametrize("quantile", [0, 1, -0.1, 1.5, np.nan, "0.9", None, True])
def test_quantile_must_lie_between_0_and_1(quantile):
    with pytest.raises(ValueError, match=r"quantile is .*: it must be a number between 0 and 1"):
        Pinball(quantile)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_quantile_of_any_type_keeps_the_dtype(dtype):
    value, d_output = Pinball(np.float64(0.9))(np.ones((2, 1), dtype), np.zeros((2, 1), dtype))
    assert value.dtype == d_output.dtype == dtype


# A gradient that is wrong


@pytest.fixture
def registered():
    """Activations that a test adds are forgotten after it."""
    before = dict(ACTIVATIONS)
    yield
    ACTIVATIONS.clear()
    ACTIVATIONS.update(before)


X = np.random.default_rng(0).normal(size=(6, 2))
LABELS = np.array([0, 1, 2, 0, 1, 2])


@pytest.mark.parametrize(
    ("net", "y", "cost"),
    [
        (network([2, 3, 1], "tanh", output="sigmoid"), LABELS % 2, None),
        (network([2, 4, 3], "gelu", output="softmax"), LABELS, "cross_entropy"),
        (network([2, 4, 3], "sigmoid", output="softmax"), LABELS, "mse"),
        (network([2, 3, 2], "mish", output="linear"), X * 2, "huber"),
        (network([2, 2, 2, 2, 1]), LABELS % 2, "mse"),
        (network([2, 4, 1], "tanh", dropout=0.5, normalization="batch"), LABELS % 2, "mse"),
    ],
)
def test_check_gradient_accepts_a_correct_gradient(net, y, cost):
    assert check_gradient(net, X, y, cost).error < 1e-6
    assert check_gradient(net, X, y, cost, l1=0.01, l2=0.1, rng=1).error < 1e-6
    given = net.init(3)
    assert check_gradient(net, X, y, cost, params=given).error < 1e-6


def test_check_gradient_names_the_wrong_parameter(registered):
    @activation(gain=1.0)
    def third_is_wrong(z):
        return z * z, lambda da: da * 2 * z * np.array([[1.0], [1.0], [1.5]])

    net = network([2, 3, 2, 1], ["third_is_wrong", "tanh", "sigmoid"])
    error, parameter = check_gradient(net, X, LABELS % 2)
    assert error == pytest.approx(1 / 3, abs=1e-6)  # of 1.5, 0.5 is too much
    assert re.fullmatch(r"layer 1, (W\[[01], 2\]|b\[2\])", parameter)


@pytest.mark.parametrize("factor", [0.999, -1.0, 0.0, np.nan, np.inf])
def test_check_gradient_finds_a_wrong_factor(registered, factor):
    @activation(gain=1.0)
    def wrong(z):
        return np.tanh(z), lambda da: factor * da * (1 - np.tanh(z) ** 2)

    net = network([2, 3, 1], ["wrong", "linear"])
    with np.errstate(invalid="ignore"):
        error, parameter = check_gradient(net, X, LABELS)
    assert error > 5e-4
    assert parameter.startswith("layer 1, ")


def test_check_gradient_says_no_false_alarm():
    rng = np.random.default_rng(0)
    smooth = ["sigmoid", "tanh", "softplus", "gelu", "silu", "mish", "linear", "softsign"]
    for i in range(60):
        widths = rng.integers(2, 9, int(rng.integers(1, 4))).tolist()
        net = network([int(rng.integers(1, 8)), *widths, 1], smooth[i % 8], output="sigmoid")
        points = rng.normal(size=(5, net.n_in))
        assert check_gradient(net, points, [0, 1, 0, 1, 0], rng=i).error < 2e-7


@pytest.mark.parametrize("factor", [1 + 1e-5, 1 - 3e-6])
def test_check_gradient_finds_a_small_error(registered, factor):
    @activation(gain=1.0)
    def wrong(z):
        return np.tanh(z), lambda da: factor * da * (1 - np.tanh(z) ** 2)

    net = network([2, 5, 4, 1], ["tanh", "wrong", "sigmoid"])
    for seed in range(10):
        error = check_gradient(net, X, LABELS % 2, rng=seed).error
        assert error == pytest.approx(abs(1 - factor), rel=0.1)


def test_check_gradient_of_a_flat_cost(registered):
    dead = (DenseParams(np.zeros((2, 1)), np.array([-1.0])),)
    net = network([2, 1], "relu")
    assert check_gradient(net, X, LABELS, params=dead) == (0.0, "layer 1, W[0, 0]")


def test_check_gradient_checks_its_arguments():
    with pytest.raises(ValueError, match=r"X has shape \(6, 2\)"):
        check_gradient(network([3, 1]), X, LABELS)
    with pytest.raises(ValueError, match="parameters of layer 1 have shapes"):
        check_gradient(network([2, 1]), X, LABELS % 2, params=network([2, 2]).init(0))


def test_numerical_gradient_is_exact_on_a_cubic():
    theta = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(
        numerical_gradient(lambda t: (t**3).sum(), theta), 3 * theta**2, rtol=1e-8
    )


@pytest.mark.parametrize("topology", [[1, 1], [2, 3, 1], [3, 1, 4, 2]])
def test_parameter_name_gives_the_position(topology):
    net = network(topology)
    total = sum(array.size for array in arrays(net.init(0)))
    positions = unflatten(np.arange(total), net.init(0))
    for position in range(total):
        name = parameter_name(positions, position)
        layer, field, place = re.fullmatch(r"layer (\d+), (W|b)\[([\d, ]+)\]", name).groups()
        array = getattr(positions[int(layer) - 1], field)
        assert array[tuple(map(int, place.split(", ")))] == position
    with pytest.raises(IndexError, match=f"only {total} parameters"):
        parameter_name(positions, total)


def test_registered_activation_is_found_by_name(registered):
    @activation(gain=2.0)
    def square(z):
        return z * z, lambda da: 2 * z * da

    net = network([2, 3, 1], ["square", square])
    assert net.layers[0].activation is net.output is square
    assert (square.name, square.gain) == ("square", 2.0)
    assert check_gradient(net, X, LABELS, "mse").error < 1e-6
