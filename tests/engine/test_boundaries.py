"""Exactly at a kink, a threshold or the end of a schedule; and small numbers in float32."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import neurona
from neurona import costs, network, schedules, train
from neurona.engine.activations import ACTIVATIONS, SELU_ALPHA, SELU_SCALE

SLOPES_AT_ZERO = {
    "relu": 0.0, "leaky_relu": 0.01, "elu": 1.0, "selu": SELU_SCALE * SELU_ALPHA, "linear": 1.0,
    "sigmoid": 0.25, "tanh": 1.0, "softsign": 1.0, "gelu": 0.5, "silu": 0.5, "softplus": 0.5,
    "mish": 0.6, "exp": 1.0,
}  # fmt: skip


def test_every_activation_but_softmax_has_its_slope_at_zero_listed():
    assert SLOPES_AT_ZERO.keys() | {"softmax"} == ACTIVATIONS.keys()


@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize("name", sorted(SLOPES_AT_ZERO))
def test_the_slope_at_exactly_zero_is_that_of_the_lower_side(name, zero):
    z = np.full((1, 1), zero)
    slope = ACTIVATIONS[name].function(z)[1](np.ones((1, 1)))
    np.testing.assert_allclose(slope, SLOPES_AT_ZERO[name], rtol=1e-12, atol=0)


# Where 1 + t or 1 - t would lose the digits of a small t. Left out: exp and linear, which have no
# such sum, softmax, which takes several z, and gelu's left tail, which is such a difference itself.
ACCURATE = sorted(ACTIVATIONS.keys() - {"softmax", "exp", "linear", "gelu"})
PLACES = np.array([-20, -10, -1e-3, -1e-6, 1e-6, 1e-3, 10, 20], np.float32)[:, None]


@pytest.mark.parametrize("name", ACCURATE)
def test_float32_is_accurate_near_zero_and_far_from_it(name):
    single, pullback = ACTIVATIONS[name].function(PLACES)
    double, its_pullback = ACTIVATIONS[name].function(PLACES.astype(np.float64))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, rtol=5e-6, atol=0)
    slopes = pullback(np.ones_like(PLACES)), its_pullback(np.ones(PLACES.shape))
    np.testing.assert_allclose(*slopes, rtol=5e-6, atol=5e-7)


def test_softplus_at_minus_20_is_the_exponential():
    (value,) = ACTIVATIONS["softplus"].function(np.array([-20.0], np.float32))[0]
    assert value == pytest.approx(np.exp(-20.0), rel=1e-6)


INFINITE = {"exp", "sigmoid", "silu", "softplus", "mish"}  # pass through e^-z = ∞, on purpose


@pytest.mark.parametrize("name", sorted(ACTIVATIONS.keys() - INFINITE))
def test_a_large_z_overflows_nowhere(name):
    z = np.array([[1000.0, -1000.0, 0.0], [0.0, 999.0, -1.0]])
    with np.errstate(over="raise", invalid="raise"):
        value, pullback = ACTIVATIONS[name].function(z)
        assert np.isfinite(value).all()
        assert np.isfinite(pullback(np.ones_like(z))).all()


def test_gelu_is_its_formula_to_the_last_digits():
    z = np.linspace(-4, 4, 17)
    formula = 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
    np.testing.assert_allclose(ACTIVATIONS["gelu"](z[:, None])[:, 0], formula, rtol=1e-12)


FAR = np.array([1, 5, 10, 20, 30, 50, 80, 87, 1e2, 1e3, 1e10, 1e19, 1e20, 1e30, 3e38])
ONE_SIDED = sorted(ACTIVATIONS.keys() - {"softmax", "exp"})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ONE_SIDED)
def test_values_and_slopes_far_out_are_those_of_more_digits(name, dtype):
    z = np.concatenate([-FAR, FAR]).astype(dtype)[:, None]
    with np.errstate(all="ignore"):
        a, pullback = ACTIVATIONS[name].function(z)
        exact, its = ACTIVATIONS[name].function(z.astype(np.longdouble))
        slopes = pullback(np.ones_like(z)), its(np.ones_like(exact))
    size = np.finfo(dtype)
    np.testing.assert_allclose(a, exact.astype(np.float64), rtol=1e-5, atol=4 * size.eps)
    # A slope is a sum with 1: it has the digits of 1, and no more.
    np.testing.assert_allclose(*slopes, rtol=2e-6, atol=40 * size.eps)


@pytest.mark.parametrize(
    ("name", "scale"), [("elu", 1), ("selu", 1.0507009873554805 * 1.6732632423543772)]
)
def test_the_slope_of_an_exponential_keeps_its_digits(name, scale):
    z = np.array([-1.0, -15, -20, -50, -80], np.float32)[:, None]
    slope = ACTIVATIONS[name].function(z)[1](np.ones_like(z))
    np.testing.assert_allclose(slope, scale * np.exp(z.astype(np.float64)), rtol=1e-5)


LOGITS = np.concatenate([np.linspace(-80, 80, 321), [-1e3, 1e3]])


def library(name, values):
    return jax.numpy.asarray(values) if name == "jax" else values


@pytest.mark.parametrize("engine", ["numpy", "jax"])
@pytest.mark.parametrize("target", [0.0, 0.05, 0.5, 0.9, 1.0])
def test_a_binary_cross_entropy_keeps_the_digits_of_a_small_cost(target, engine):
    t = np.full((1, 1), target, np.float32)
    for z in LOGITS:
        exact = max(z, 0) - float(t[0, 0]) * z + np.log1p(np.exp(-abs(z)))
        given = library(engine, np.full((1, 1), z, np.float32)), library(engine, t)
        value = float(costs.BinaryCrossEntropy()(*given)[0])
        assert value == pytest.approx(exact, rel=2e-6, abs=1e-36)


@pytest.mark.parametrize("engine", ["numpy", "jax"])
@pytest.mark.parametrize("smoothing", [0, 0.1])
def test_a_cross_entropy_of_many_classes_keeps_the_digits_of_a_small_cost(smoothing, engine):
    for z in LOGITS:
        logits = np.array([[z, 0.0, -3.0], [z, z, z]])
        t = (np.eye(3)[[0, 1]] * (1 - smoothing) + smoothing / 3).astype(np.float32)
        ordered = np.sort(logits - logits.max(axis=1, keepdims=True), axis=1)
        log_sum = np.log1p(np.exp(ordered[:, :-1]).sum(axis=1, keepdims=True))
        terms = t * (log_sum - (logits - logits.max(axis=1, keepdims=True)))
        weight = np.array([1.0, 1e-30], np.float32)  # ties do not hide the first
        given = [library(engine, one) for one in (logits.astype(np.float32), t, weight)]
        value = float(costs.CategoricalCrossEntropy()(*given)[0])
        assert value == pytest.approx(terms[0].sum(), rel=2e-6, abs=1e-29)


# Costs at their kinks


def derivative(cost, error, weight=None):
    output = np.array(error, float)[:, None]
    return len(output) * cost(output, np.zeros_like(output), weight)[1].ravel()


def test_the_derivative_at_the_target_is_the_middle_of_both_sides():
    errors = [-1.0, 0.0, 1.0]
    np.testing.assert_allclose(derivative(costs.AbsoluteError(), errors), [-1, 0, 1])
    for quantile in (0.1, 0.5, 0.9):
        slopes = derivative(costs.Pinball(quantile), errors)
        np.testing.assert_allclose(slopes, [-quantile, 0.5 - quantile, 1 - quantile])


def test_huber_turns_from_a_parabola_into_a_line_at_delta():
    errors = [-3.0, -2.0, -1.9, 1.9, 2.0, 3.0]
    slopes = derivative(costs.Huber(2.0), errors)
    np.testing.assert_allclose(slopes, [-2, -2, -1.9, 1.9, 2, 2])
    value = costs.Huber(2.0)(np.array([[2.0], [3.0]]), np.zeros((2, 1)))[0]
    assert float(value) == pytest.approx((2 + 2 * (3 - 1)) / 2)


@pytest.mark.parametrize(
    "cost", [costs.SquaredError(), costs.AbsoluteError(), costs.Pinball(0.9)], ids=repr
)
def test_a_batch_whose_weights_are_all_zero_costs_nothing(cost):
    value, d = cost(np.ones((2, 1)), np.zeros((2, 1)), np.zeros(2))
    assert float(value) == 0.0
    np.testing.assert_array_equal(d, np.zeros((2, 1)))


def test_each_output_of_a_binary_cross_entropy_has_its_share_in_the_mean():
    output, target = np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]])
    value, d = costs.BinaryCrossEntropy()(output, target)
    assert float(value) == pytest.approx(np.log(2))
    np.testing.assert_allclose(d, [[-0.25, 0.25]])


def test_a_cross_entropy_of_many_classes_takes_large_logits():
    output, target = np.array([[1000.0, 0.0, -1000.0]]), np.array([[0.0, 1.0, 0.0]])
    with np.errstate(over="raise", invalid="raise"):
        value, d = costs.CategoricalCrossEntropy()(output, target)
    assert float(value) == pytest.approx(1000)
    np.testing.assert_allclose(d, [[1, -1, 0]], atol=1e-12)


# Schedules at their ends


def test_a_warm_up_begins_the_schedule_that_follows_at_its_first_step():
    cosine = schedules.cosine(0.4, steps=4)
    warm = schedules.warm_up(cosine, steps=4)
    np.testing.assert_allclose([warm(step) for step in range(4)], [0.1, 0.2, 0.3, 0.4])
    for step in range(6):
        assert warm(4 + step) == cosine(step)


def test_a_decay_by_steps_jumps_when_every_steps_are_over():
    decay = schedules.step_decay(0.1, factor=0.5, every=10)
    assert [decay(step) for step in (0, 9, 10, 19, 20)] == [0.1, 0.1, 0.05, 0.05, 0.025]


def test_a_cosine_ends_at_its_final_rate_and_stays_there():
    cosine = schedules.cosine(0.1, steps=10, final=0.02)
    np.testing.assert_allclose(
        [cosine(step) for step in (0, 5, 10, 11, 20)], [0.1, 0.06, 0.02, 0.02, 0.02]
    )


# Targets at the edge of what is taken


def states_of(net, X, y, **settings):
    return list(train(net, X, y, **{"rng": 0, "steps": 2} | settings))


def test_rows_after_a_softmax_may_miss_1_by_rounding_and_no_more():
    net, X = network([1, 2], "softmax"), [[0.0], [1.0]]
    states_of(net, X, [[0.30001, 0.7], [1.0, 0.0]])
    with pytest.raises(ValueError, match=r"y\[0\] adds up to 1\.01"):
        states_of(net, X, [[0.31, 0.7], [1.0, 0.0]])


def test_targets_of_exactly_0_and_1_are_taken_and_beyond_them_refused():
    net, X = network([1, 1], "sigmoid"), [[0.0], [1.0]]
    states_of(net, X, [0.0, 1.0])
    for beyond in (-1e-6, 1.00001):
        with pytest.raises(ValueError, match="between 0 and 1"):
            states_of(net, X, [0.5, beyond])


def test_booleans_are_numbers():
    net = network([2, 1], "sigmoid")
    X, y = np.array([[True, False], [False, True]]), np.array([True, False])
    given = states_of(net, X.astype(float), y.astype(float))
    for state, other in zip(states_of(net, X, y), given, strict=True):
        np.testing.assert_array_equal(state.params[0].W, other.params[0].W)


@pytest.mark.parametrize("row", [0, 5, 32_767, 32_768, 70_000])
def test_a_missing_number_is_named_by_its_place_in_the_whole_table(row):
    X = np.zeros((70_001, 2), np.float32)
    X[row, 1] = np.nan
    with pytest.raises(ValueError, match=rf"X\[{row}, 1\] is nan"):
        train(network([2, 1], "linear"), X, X[:, 0])


# Gradients as long as the limit


def test_clip_leaves_a_shorter_gradient_as_it_is():
    net = network([1, 1], "linear")
    X, y = [[1.0], [2.0]], [0.5, 1.5]
    plain = states_of(net, X, y, optimizer="sgd")
    clipped = states_of(net, X, y, optimizer="sgd", clip=1e6)
    np.testing.assert_array_equal(clipped[-1].params[0].W, plain[-1].params[0].W)


# A divergence, and the rate that holds


def rate_after_divergence(X, y, rate, topology=(1, 1)):
    net = network(topology, "linear")
    with pytest.raises(neurona.TrainingDiverged) as caught:
        states_of(net, X, y, optimizer=neurona.sgd(rate), steps=2000, cost="mse")
    return caught.value


@pytest.mark.parametrize(("rate", "holds"), [(2.0, 0.2), (20.0, 0.2), (200.0, 0.2)])
def test_the_suggested_rate_is_the_largest_tenth_that_brings_the_cost_down(rate, holds):
    # One example x = 1: the curvature is 2 (x² + 1) = 4, and a step holds below a rate of 0.5.
    error = rate_after_divergence([[1.0]], [3.0], rate)
    assert error.suggested_rate == pytest.approx(holds)


def test_the_suggested_rate_trains_to_a_small_cost():
    X = np.linspace(-2, 2, 20)[:, None]
    y = 3 * X[:, 0] - 1
    error = rate_after_divergence(X, y, 5.0)
    net = network([1, 1], "linear")
    optimizer = neurona.sgd(error.suggested_rate)
    *_, last = train(net, X, y, cost="mse", optimizer=optimizer, steps=500, every=500, rng=0)
    assert last.cost < 1e-6


def test_a_suggested_rate_must_hold_for_more_than_two_steps():
    # By b the error is large and falls at once; by w it is tiny, and at a rate of 0.14 it grows by
    # a half at each step: the curvatures are 2 and 2 · 3² = 18.
    X, y = np.array([[3.0], [-3.0]]), np.array([0.0, 0.0])
    start = [(np.array([[1e-3]]), np.array([10.0]))]
    net = network([1, 1], "linear")
    settings = {"cost": "mse", "start": start, "dtype": np.float64, "steps": 2000}
    with pytest.raises(neurona.TrainingDiverged) as caught:
        states_of(net, X, y, optimizer=neurona.sgd(1.4), **settings)
    assert caught.value.suggested_rate == pytest.approx(0.014)


def test_the_suggested_rate_is_that_of_the_layer_that_grew():
    net = network([1, 2, 1], "linear")
    with pytest.raises(neurona.TrainingDiverged) as caught:
        states_of(net, [[1.0]], [3.0], cost="mse", optimizer=neurona.sgd([1e-6, 3.0]), steps=2000)
    assert caught.value.layer == 2
    assert caught.value.suggested_rate == pytest.approx(0.3)
