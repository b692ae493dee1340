"""Dropout and normalization: how they are trained, how they answer, and that engines agree."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neurona
from neurona import (
    GRU,
    LSTM,
    Activate,
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LayerNormalization,
    MaxPool2D,
    MultiHeadAttention,
    Network,
    PositionalEncoding,
    Sequential,
    network,
    train,
)
from neurona.engine import jax_engine, streams
from neurona.engine.activations import tanh
from neurona.engine.batches import most_calibrated, population
from neurona.engine.costs import find_cost
from neurona.engine.data import Data
from neurona.engine.layers.base import Nothing, Train
from neurona.engine.noise import noise_of, roots_of, seeds_of_steps
from neurona.engine.objective import Objective
from neurona.engine.parameters import arrays, flatten
from neurona.engine.statistics import POPULATION
from neurona.lesson import trace
from neurona.observe import numbers
from neurona.observe.microscope import dissect

RNG = np.random.default_rng(0)
N = 23
X = (RNG.normal(size=(N, 2)) * [3, 1] + [5, 0]).astype(np.float32)
Y = np.arange(N) % 2
WEIGHT = RNG.uniform(0.5, 2, N)

KINDS = {
    "dropout": {"dropout": 0.3},
    "batch": {"normalization": "batch"},
    "layer": {"normalization": "layer"},
    "both": {"normalization": "batch", "dropout": [0.2, 0.4]},
}
quick = settings(deadline=None, derandomize=True, max_examples=60)


@pytest.fixture(params=sorted(KINDS))
def net(request):
    return net_of(request.param)


def net_of(kind):
    return network([2, 5, 4, 1], "tanh", output="sigmoid", **KINDS[kind])


def run(net, engine="numpy", **given):
    given = {"rng": 0, "steps": 8, "optimizer": neurona.momentum(0.05), **given}
    return list(train(net, X, Y, engine=engine, **given))


def same(some, others):
    """Tell whether all numbers of two networks' parameters are equal."""
    return all(map(np.array_equal, arrays(some), arrays(others)))


# The parts of a network


def test_hidden_layer_is_dense_then_normalization_then_dropout():
    net = network(
        [3, 8, 4, 2], ["relu", "tanh", "softmax"], dropout=[0.2, 0.0], normalization="batch"
    )
    relu = net.layers[1].activation
    assert [type(layer) for layer in net.layers] == [
        Dense, BatchNormalization, Dropout, Dense, BatchNormalization, Dense,
    ]  # fmt: skip
    assert net.layers[0] == Dense(8)
    assert net.layers[1:3] == (BatchNormalization(relu), Dropout(0.2))
    assert net.topology == (3, 8, 4, 2)
    assert (net.n_in, net.n_out, net.output.name) == (3, 2, "softmax")
    assert net.logits.layers[:-1] == net.layers[:-1]
    assert net.logits.output.name == "linear"
    with_layer = network([3, 8, 2], "relu", output="linear", normalization="layer")
    assert with_layer.layers[1] == LayerNormalization(relu)


def test_dropout_0_and_no_normalization_add_no_layers():
    assert network([2, 3, 1], dropout=0, normalization=None) == network([2, 3, 1])
    assert network([2, 3, 1], dropout=[0.0]) == network([2, 3, 1])
    assert network([2, 1], dropout=0.5, normalization="batch") == network([2, 1])


def test_dropout_does_not_change_the_initial_weights():
    plain = network([2, 5, 4, 1], "tanh", output="sigmoid")
    assert same(plain.init(3), net_of("dropout").init(3))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dropout": 1.0}, r"dropout is 1.0: the probability to drop is a number from 0 to less"),
        ({"dropout": -0.1}, "dropout is -0.1"),
        ({"dropout": "half"}, "dropout is 'half'"),
        ({"dropout": [0.1, np.nan]}, "dropout is nan"),
        ({"dropout": [0.1]}, "1 rates of dropout for 2 hidden layers: give one number, or one for"),
        ({"normalization": "Batch"}, "no normalization 'Batch': did you mean 'batch'"),
        ({"normalization": True}, "no normalization True. There are: batch, layer"),
    ],
)
def test_wrong_layers_of_a_network_are_refused(given, said):
    with pytest.raises(ValueError, match=said):
        network([2, 5, 4, 1], **given)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Dropout(1), "dropout is 1"),
        (lambda: Dense(0), "n_out is 0"),
        (lambda: Dense(2.0), "n_out is 2.0"),
        (lambda: Dense(2, "thanh"), "no activation 'thanh': did you mean 'tanh'"),
        (lambda: Dense(2, initializer="ones"), "no initializer 'ones'"),
        (lambda: BatchNormalization(epsilon=0.0), "epsilon is 0.0: give a small positive"),
        (lambda: LayerNormalization(epsilon="no"), "epsilon is 'no'"),
        (lambda: Network((), 2), "Network has no layers: give one at least"),
        (lambda: Sequential(()), "Sequential has no layers"),
        (lambda: Concatenate([Dense(2), 3]), "layer 2 of Concatenate is 3: give layers"),
        (lambda: Network([Dense(2)]), r"in_shape is \(\): give the shape of one example"),
        (lambda: Network([Dense(2)], (2, 0)), r"in_shape is \(2, 0\)"),
        (lambda: Network([Dense(2)], "two"), "in_shape is 'two'"),
        (
            lambda: Network([Dense(3), network([4, 1])], 2),
            r"layer 1, Dense\(3\), gives 3, and layer 2: a network that takes examples of 4 gets 3",
        ),
        (
            lambda: Network([Conv2D(8), Dense(10)], (28, 28, 1)),
            r"layer 1, Conv2D\(8\), gives 26 x 26 x 8, and layer 2: Dense\(10\) takes rows of",
        ),
        (lambda: Network([Conv2D(8)], 3), r"layer 1: Conv2D\(8\) takes images .* examples of 3:"),
        (lambda: Network([Conv2D(8, 5)], (4, 9, 1)), "5 x 5, and gets images of 4 x 9 x 1"),
        (lambda: Network([MaxPool2D(3)], (2, 9, 1)), "3 x 3, and gets images of 2 x 9 x 1"),
        (lambda: Flatten().out_shape((28, 28)), r"gets 28 x 28: say Flatten\(axes=2\)"),
        (
            lambda: Network([Add([Dense(3), Dense(4)])], 2),
            r"Add: layer 1, Dense\(3\), gives 3, and layer 2, Dense\(4\), gives 4",
        ),
        (
            lambda: Network([Concatenate([Conv2D(1), Conv2D(1, 5)])], (9, 9, 1)),
            r"Concatenate: layer 1, Conv2D\(1\), gives 7 x 7 x 1, and layer 2, .*, gives 5 x 5 x 1",
        ),
        (lambda: Conv2D(1, (3, 3, 3)), "give .height, width., or one number for both"),
        (lambda: MaxPool2D(0), "size is 0"),
    ],
)  # fmt: skip
def test_wrong_arguments_of_a_layer_are_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize("given", [{"batch_size": 1}])
def test_batch_normalization_of_one_example_is_refused(given):
    with pytest.raises(ValueError, match="over the examples of a step, and a step has one"):
        next(train(net_of("batch"), **{"X": X, "y": Y} | given))


def test_negative_variance_raises():
    net = net_of("batch")
    first, own, *rest = net.init(0)
    with pytest.raises(ValueError, match="the parameters of layer 2 have a negative variance"):
        next(train(net, X, Y, start=(first, own._replace(variance=-own.variance), *rest)))


# Dropout


@quick
@given(st.floats(0, 0.9), st.integers(0, 2**32))
def test_dropout_keeps_the_expected_value(rate, seed):
    layer, batch = Dropout(rate), 2000
    kept = layer.noise(np.random.default_rng(seed), (batch, 20))
    x = np.ones((batch, 20))
    y, pullback = layer.forward(Nothing(), x, Train(noise=kept))
    deviation = np.sqrt(rate / (1 - rate) / y.size)  # of the mean
    assert abs(y.mean() - 1) < 6 * deviation + 1e-9
    assert set(np.unique(y)) <= {0.0, 1 / (1 - rate)}
    np.testing.assert_array_equal(pullback(x)[0], y)


def test_dropout_does_not_change_predictions():
    net, plain = net_of("dropout"), network([2, 5, 4, 1], "tanh", output="sigmoid")
    params = net.init(0)
    np.testing.assert_array_equal(
        net.predict(params, X), plain.predict([own for own in params if own], X)
    )


def test_training_keeps_the_dtype(net):
    for dtype in (np.float32, np.float64):
        params, x = net.init(0, dtype), X.astype(dtype)
        train = Train(WEIGHT.astype(dtype), noise_of(net, (0, 0), N))
        y, pullback = net.forward(params, x, train)
        dx, grads = pullback(y)
        assert {y.dtype, dx.dtype, *(one.dtype for one in arrays(grads))} == {np.dtype(dtype)}


def test_noise_of_a_shorter_batch_begins_that_of_a_longer_one():
    net = net_of("both")
    for short, long in zip(noise_of(net, (1, 2), 3), noise_of(net, (1, 2), 9), strict=True):
        assert (short is None) == (long is None)
        if short is not None:
            np.testing.assert_array_equal(short, long[:3])
    each = [one for one in noise_of(net, (1, 2), 200) if one is not None]
    assert [one.shape for one in each] == [(200, 5), (200, 4)]
    assert not np.array_equal(each[0][:, :4], each[1])  # a layer's is not that of another
    assert not np.array_equal(each[0], noise_of(net, (1, 3), 200)[2])  # nor a step's


# Normalization


@quick
@given(st.integers(1, 6), st.integers(2, 9), st.integers(0, 2**32))
def test_normalized_output_has_mean_0_and_variance_1(n, batch, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(batch, n)) * rng.uniform(1, 9) + rng.normal() * 5
    layer = BatchNormalization(epsilon=1e-12)
    y, _ = layer.forward(layer.init(rng, (n,), np.float64), x, Train())
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(y.var(axis=0), 1, rtol=1e-6)
    layer = LayerNormalization(epsilon=1e-12)
    y, _ = layer.forward(layer.init(rng, (batch,), np.float64), x.T)
    np.testing.assert_allclose(y.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(y.var(axis=1), 1, rtol=1e-6)


@quick
@given(st.lists(st.integers(0, 3), min_size=2, max_size=8).filter(any), st.integers(0, 2**32))
def test_weight_equals_repeated_rows_in_normalization(times, seed):
    rng = np.random.default_rng(seed)
    layer = BatchNormalization(tanh)
    params = layer.init(rng, (3,), np.float64)
    x, dy = rng.normal(size=(2, len(times), 3))
    weight = np.array(times, dtype=np.float64)
    rows = np.repeat(np.arange(len(times)), times)
    y, pullback = layer.forward(params, x, Train(weight))
    repeated, its_pullback = layer.forward(params, x[rows], Train())
    np.testing.assert_allclose(y[rows], repeated, atol=1e-12)
    # A row's share of the derivative: the cost's own is in proportion to the weight.
    dx, grads = pullback(dy * weight[:, None])
    its_dx, its_grads = its_pullback(dy[rows])
    for one, other in zip(grads, its_grads, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)
    for row, weigh in enumerate(times):
        if weigh:
            np.testing.assert_allclose(dx[row], its_dx[rows == row].sum(axis=0), atol=1e-9)
    for one, other in zip(
        layer.calibrate(params, x, weight), layer.calibrate(params, x[rows]), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_batch_with_zero_weight_is_finite():
    layer = BatchNormalization()
    y, pullback = layer.forward(layer.init(None, (2,)), X, Train(np.zeros(N, np.float32)))
    assert np.isfinite(y).all()
    assert np.isfinite(pullback(y)[0]).all()


def test_rows_of_weight_0_do_not_change_a_step():
    net = net_of("both")
    objective = Objective(net, find_cost(None, net))
    params, target = net.init(0, np.float64), Y[:, None].astype(float)
    noise = noise_of(net, (0, 0), N)
    few = tuple(one if one is None else one[:15] for one in noise)
    weight = np.where(np.arange(N) < 15, 1.0, 0.0)
    value, grads = objective.value_and_gradient(params, X, target, weight, noise)
    its, its_grads = objective.value_and_gradient(params, X[:15], target[:15], None, few)
    assert value == pytest.approx(its)
    np.testing.assert_allclose(flatten(grads), flatten(its_grads), atol=1e-12)


@pytest.mark.parametrize("batch_size", [None, 6])
def test_state_has_the_mean_and_variance_of_the_data(engine, batch_size):
    """In layers one after the other, the second seeing what the first answers."""
    net = net_of("batch")
    given = {"batch_size": batch_size, "steps": 8, "every": 4, "optimizer": neurona.adamw(0.05)}
    for state in run(net, engine, **given):
        x = X
        for layer, own in zip(net.layers, state.params, strict=True):
            if isinstance(layer, BatchNormalization):
                np.testing.assert_allclose(own.mean, x.mean(axis=0), rtol=1e-4, atol=1e-5)
                np.testing.assert_allclose(own.variance, x.var(axis=0), rtol=1e-4, atol=1e-6)
            x, _ = layer.forward(own, x)
        np.testing.assert_array_equal(x, net.predict(state.params, X))
        for array in arrays(state.params):
            assert not array.flags.writeable


def test_calibration_uses_sample_weights():
    net = net_of("batch")
    state = run(net, sample_weight=WEIGHT, dtype=np.float64)[-1]
    sums = X.astype(float) @ state.params[0].W + state.params[0].b
    mean = np.average(sums, axis=0, weights=WEIGHT)
    np.testing.assert_allclose(state.params[1].mean, mean, rtol=1e-6)
    np.testing.assert_allclose(
        state.params[1].variance, np.average((sums - mean) ** 2, axis=0, weights=WEIGHT), rtol=1e-6
    )


def test_calibration_samples_large_data():
    n = 3 * POPULATION + 1
    x = np.random.default_rng(0).normal(size=(n, 2))
    some, _, weight = population(Data(x, x, None))
    assert some.shape == (POPULATION, 2)
    assert weight is None
    assert (some[0] == x[0]).all()
    assert (some[-1] == x[-1]).all()
    np.testing.assert_allclose(some.mean(axis=0), x.mean(axis=0), atol=0.05)
    few = np.zeros(n)
    few[1:4] = 2.0  # among all the others, of no weight
    some, _, weight = population(Data(x, x, few))
    np.testing.assert_array_equal(some, x[1:4])
    np.testing.assert_array_equal(weight, [2, 2, 2])


@pytest.mark.parametrize("augmentation", [None, lambda x, rng: x])
def test_calibration_takes_fewer_images_for_they_have_many_places(augmentation):
    layers = [Conv2D(16, 3), BatchNormalization(), Flatten(), Dense(1)]
    net = Network(layers, in_shape=(40, 40, 1))
    X = np.random.default_rng(0).normal(size=(1500, 40, 40, 1)).astype(np.float32)
    states = train(net, X, X[:, 0, 0], steps=1, batch_size=8, augmentation=augmentation)
    assert next(states).rows_seen == most_calibrated(net) == 1448


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_calibration_uses_the_last_custom_batches(engine, weight, monkeypatch):
    monkeypatch.setattr(streams, "POPULATION", 12)
    net = net_of("batch")
    parts = [slice(0, 9), slice(9, 18), slice(18, N)]
    weights = [None if weight is None else weight[part] for part in parts]
    batches = [(X[part], Y[part], w) for part, w in zip(parts, weights, strict=True)]
    states = list(train(net, batches=batches, epochs=2, rng=0, engine=engine))
    assert [state.step for state in states] == [0, 3, 6]
    last = states[-1].params
    sums = X[9:] @ last[0].W + last[0].b
    mean = np.average(sums, axis=0, weights=None if weight is None else weight[9:])
    np.testing.assert_allclose(last[1].mean, mean, rtol=1e-4, atol=1e-5)


def test_engines_agree_on_custom_batches(net):
    batches = [(X[:9], Y[:9]), (X[9:], Y[9:], WEIGHT[9:])]
    ours, theirs = (
        list(train(net, batches=batches, epochs=4, rng=0, engine=name, every=1))
        for name in ("numpy", "jax")
    )
    costs = [[state.cost for state in states] for states in (ours, theirs)]
    np.testing.assert_allclose(*costs, rtol=2e-3)
    answers = [net.predict(states[-1].params, X) for states in (ours, theirs)]
    np.testing.assert_allclose(*answers, atol=2e-3)


def test_calibrate_does_not_change_its_arguments(net):
    params = net.init(0)
    before = flatten(params)
    made = net.calibrate(params, X)
    np.testing.assert_array_equal(flatten(params), before)
    assert same(made, params) == all(not hasattr(one, "mean") for one in params)


# Training


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["", "weighted"])
@pytest.mark.parametrize("batch_size", [None, 6])  # the last batch has 5 rows
def test_engines_agree(net, batch_size, weight):
    """In costs and answers; a bias before a normalization is of no effect, and may drift."""
    given = {
        "batch_size": batch_size, "sample_weight": weight, "steps": 9, "every": 3,
        "optimizer": neurona.sgd(0.1), "l2": 0.01,
    }  # fmt: skip
    for one, other in zip(run(net, "numpy", **given), run(net, "jax", **given), strict=True):
        assert (one.step, one.epoch) == (other.step, other.epoch)
        assert one.cost == pytest.approx(other.cost, rel=2e-4)
        np.testing.assert_allclose(
            net.predict(one.params, X), net.predict(other.params, X), rtol=2e-4, atol=1e-5
        )


@pytest.mark.parametrize("batch_size", [None, 6])
def test_same_seed_gives_the_same_numbers_for_any_every(net, batch_size):
    states = [run(net, batch_size=batch_size, steps=12, every=every) for every in (1, 5, 12)]
    for some in states[1:]:
        assert same(some[-1].params, states[0][-1].params)
        assert some[-1].step == 12
    other = run(net, batch_size=batch_size, steps=12, rng=1)[-1]
    assert not same(other.params, states[0][-1].params)


def test_jax_noise_does_not_depend_on_every():
    """Chunks of different lengths are compiled apart, and rounded apart."""
    net = net_of("dropout")
    some, others = (run(net, "jax", steps=8, every=every)[-1] for every in (4, 8))
    np.testing.assert_allclose(flatten(some.params), flatten(others.params), rtol=1e-4, atol=1e-5)


def test_large_noise_is_drawn_in_chunks(engine, monkeypatch):
    net = network([2, 9, 1], "tanh", output="sigmoid", dropout=0.3)
    for batch_size in (None, 6):
        at_once = run(net, engine, steps=8, every=8, batch_size=batch_size)
        monkeypatch.setattr(jax_engine, "MOST", 4 * 9 * (batch_size or N))  # of 4 steps
        in_pieces = run(net, engine, steps=8, every=8, batch_size=batch_size)
        monkeypatch.undo()
        assert in_pieces[-1].cost == pytest.approx(at_once[-1].cost, rel=1e-4)
        np.testing.assert_allclose(
            net.predict(in_pieces[-1].params, X), net.predict(at_once[-1].params, X), atol=1e-4
        )


def test_dropout_does_not_change_the_batches():
    """The first step's cost of a layer that drops next to nothing is that of the plain network."""
    thin = network([2, 5, 4, 1], "tanh", output="sigmoid", dropout=1e-12)
    plain = network([2, 5, 4, 1], "tanh", output="sigmoid")
    some, others = (run(one, batch_size=6, steps=12) for one in (thin, plain))
    for one, other in zip(some, others, strict=True):
        assert one.cost == pytest.approx(other.cost, rel=1e-5)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_training_with_dropout_and_normalization_can_be_continued(engine, kind):
    """With all data in each step, the same seed even draws the same noise from there on."""
    net = net_of(kind)
    through = run(net, engine, steps=10, every=5)
    half = run(net, engine, steps=5, every=5)[-1]
    on = run(net, engine, steps=5, every=5, start=half)
    assert [state.step for state in on] == [5, 10]
    assert on[0].cost == pytest.approx(half.cost, rel=1e-6)
    np.testing.assert_allclose(flatten(on[0].params), flatten(half.params), rtol=1e-6)
    np.testing.assert_allclose(flatten(on[-1].params), flatten(through[-1].params), rtol=1e-5)


def test_cost_is_that_of_the_predictions(net, engine):
    objective = Objective(net, find_cost(None, net), l1=0.01)
    target = Y[:, None].astype(np.float32)
    for state in run(net, engine, steps=3, l1=0.01):
        value = objective.value(state.params, X, target)
        assert state.cost == pytest.approx(float(value), rel=1e-5)


def test_cost_with_mini_batches_is_that_of_the_steps():
    net = net_of("dropout")
    single = run(net, batch_size=6, steps=8, every=1)
    by_epoch = run(net, batch_size=6, steps=8)
    costs = [state.cost for state in single[1:]]
    assert by_epoch[1].cost == pytest.approx(np.mean(costs[:4]), rel=1e-5)
    assert by_epoch[2].cost == pytest.approx(np.mean(costs[4:]), rel=1e-5)


def test_every_step_draws_new_noise():
    """With a rate of learning next to 0, costs differ by their noise alone."""
    states = run(
        net_of("dropout"), batch_size=N - 1, every=1, optimizer=neurona.sgd(1e-12), steps=6
    )
    costs = [state.cost for state in states[1:]]
    assert len(set(costs)) == len(costs)


def test_learning_rate_for_each_dense_layer(engine):
    """Layers between have that of the dense layer before them."""
    net = net_of("both")
    tiny = 1e-12
    for rates, still in (([0.5, tiny, tiny], [0, 1, 2]), ([tiny, 0.5, tiny], [3, 4, 5])):
        start = net.init(0)
        optimizer = neurona.sgd(rates)
        state = run(net, engine, start=start, optimizer=optimizer, steps=4, every=4)[-1]
        for k, (before, after) in enumerate(zip(start, state.params, strict=True)):
            moved = [
                abs(a - b).max() > 1e-6
                for name, a, b in zip(getattr(before, "_fields", ()), before, after, strict=True)
                if name in ("W", "gamma", "beta")
            ]
            assert all(one == (k in still) for one in moved), (k, moved)
    with pytest.raises(ValueError, match="2 learning rates for 3 layers"):
        run(net, engine, optimizer=neurona.sgd([0.1, 0.1]))


def test_a_layer_before_all_dense_ones_learns_at_the_first_rate(engine):
    net = Network([BatchNormalization(), Dense(2, "tanh"), Dense(1)], in_shape=2)
    tiny = 1e-12
    for rates, moves in (([0.5, tiny], True), ([tiny, 0.5], False)):
        first, *_, last = run(net, engine, start=net.init(0), optimizer=neurona.sgd(rates), steps=4)
        assert (abs(last.params[0].gamma - first.params[0].gamma).max() > 1e-6) == moves


def test_penalty_is_on_weights_and_not_on_scale_or_shift():
    net = net_of("batch")
    cost = find_cost("mse", net)
    params, target = net.init(0, np.float64), Y[:, None].astype(float)
    plain = Objective(net, cost).value_and_gradient(params, X, target)[1]
    more = Objective(net, cost, l1=0.1, l2=0.1).value_and_gradient(params, X, target)[1]
    for before, after in zip(plain, more, strict=True):
        for name, one, other in zip(before._fields, before, after, strict=True):
            assert np.array_equal(one, other) == (name != "W")


@pytest.mark.parametrize("kind", ["dropout", "both"])
def test_divergence_raises(engine, kind):
    net = network([2, 8, 8, 1], "relu", output="linear", **KINDS[kind])
    with pytest.raises(neurona.TrainingDiverged, match="is no longer finite; layer") as error:
        list(
            train(
                net, X, 1e3 * X[:, 0], optimizer=neurona.sgd(1e6), steps=60, every=20, rng=0,
                engine=engine,
            )
        )  # fmt: skip
    state = error.value.state
    assert np.isfinite(flatten(state.params)).all()
    assert np.isfinite(net.predict(state.params, X)).all()
    assert 1 <= error.value.layer <= len(net.layers)
    assert error.value.suggested_rate < 1e6


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_networks_with_dropout_and_normalization_learn(kind):
    points, y = neurona.datasets.circles(n=200, noise=0.05, rng=0)
    net = network([2, 16, 16, 1], "tanh", output="sigmoid", **KINDS[kind])
    *_, state = train(net, points, y, epochs=60, batch_size=32, optimizer=neurona.adam(0.02), rng=0)
    assert neurona.observe.accuracy(net.predict(state.params, points), y) > 0.97


def test_batch_normalization_handles_inputs_far_from_0():
    """Two classes that differ by 1, at 100: plain steps can't, and normalized ones can."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(100, 2)) + 100
    y = (points[:, 0] > 100).astype(int)
    scores = []
    for normalization in (None, "batch"):
        net = network([2, 8, 1], "tanh", output="sigmoid", normalization=normalization)
        *_, state = train(net, points, y, optimizer=neurona.sgd(0.5), steps=200, every=200, rng=0)
        scores.append(neurona.observe.accuracy(net.predict(state.params, points), y))
    assert scores[0] < 0.7
    assert scores[1] > 0.95


def test_steps_have_a_seed_only_where_something_is_drawn():
    rng = np.random.default_rng(0)
    assert roots_of(network([2, 3, 1]), [rng]) == ()
    assert seeds_of_steps((), 0) is None
    assert rng.bit_generator.seed_seq.n_children_spawned == 0
    seeds = seeds_of_steps(roots_of(net_of("batch"), [rng]), 7)
    roots, steps = zip(*[next(seeds) for _ in range(3)], strict=True)
    assert len(set(roots)) == 1
    assert [later - step for step, later in pairwise(steps)] == [1, 1]
    assert steps[0] == 7
    assert rng.integers(100) == np.random.default_rng(0).integers(100)


# Looking inside


def test_activations_and_gradients_of_every_layer(net):
    params = run(net)[-1].params
    surface = neurona.observe.surface(net, params, X, resolution=5)
    assert surface.values.shape == (5, 5, 1)
    activities = neurona.observe.activations(net, params, X)
    assert len(activities) == len(net.layers)
    np.testing.assert_array_equal(activities[-1].a, net.predict(params, X))
    objective = Objective(net, find_cost(None, net))
    _, grads = objective.value_and_gradient(params, X, Y[:, None].astype(np.float32))
    found = neurona.observe.gradients(net, params, X, Y)
    for one, own in zip(found, grads, strict=True):
        for some, others in zip(arrays(one.grads), arrays(own), strict=True):
            np.testing.assert_allclose(some, others, rtol=1e-5, atol=1e-8)
    assert len(numbers.gradient_norms(found)) == 3
    assert len(numbers.saturation(net, params, X)) == len(net.layers)


def test_numbers_of_a_step_need_dense_layers(net):
    params = run(net)[-1].params
    for look in (
        lambda: dissect(net, params, X, Y),
        lambda: trace.trace(net, params, X, Y[:, None], 0.1),
    ):
        with pytest.raises(ValueError, match="dense layers"):
            look()


# Layers of every kind together


def of_everything():
    """Return a network for images with every kind of composition in it."""
    left = Sequential([Flatten(), Dense(5, "relu"), BatchNormalization("tanh")])
    right = Sequential([Flatten(), Dropout(0.3)])
    inner = Sequential([Dense(7, "gelu"), LayerNormalization(), network([7, 41], "silu")])
    residual = Add([Activate(), inner])
    layers = [Conv2D(4, 3, "tanh"), MaxPool2D(2), Concatenate([left, right]), residual]
    return Network([*layers, Dense(3, "softmax")], in_shape=(8, 9, 2))


def images(n=20):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 8, 9, 2)).astype(np.float32), np.arange(n) % 3


def test_network_of_every_layer_has_the_right_gradient():
    net, (x, y) = of_everything(), images(6)
    assert neurona.check_gradient(net, x, y).error < 1e-5
    assert net.out_shape() == (3,)
    assert net.predict(net.init(0), x).shape == (6, 3)


def test_network_of_every_layer_agrees_in_both_engines():
    net, (x, y) = of_everything(), images()
    given = {"batch_size": 7, "epochs": 12, "optimizer": neurona.sgd(0.1), "rng": 0, "l2": 1e-3}
    *_, ours = train(net, x, y, **given)
    *_, its = train(net, x, y, engine="jax", **given)
    assert ours.cost == pytest.approx(its.cost, rel=1e-3)
    np.testing.assert_allclose(net.predict(ours.params, x), net.predict(its.params, x), atol=1e-3)
    *_, last = train(net, x, y, epochs=60, batch_size=7, optimizer=neurona.adam(0.01), rng=0)
    assert last.cost < 0.3  # from log 3, 1.1


def test_summary_has_a_line_for_each_layer():
    net = of_everything()
    lines = str(net).splitlines()
    count = sum(array.size for array in arrays(net.init(0)))
    assert lines[0] == f"Network: 8 x 9 x 2 -> 3, {count:,} parameters, " + (
        f"{net.operations(net.in_shape):,} operations"
    )
    conv, _, _, _, _, dense = (" ".join(line.split()) for line in lines[1:7])
    assert conv == "1 Conv2D(4, activation=tanh) 6 x 7 x 4 3,024 W 3 x 3 x 2 x 4, b 4"
    assert dense == "3.1.2 Dense(5, relu) 5 180 W 36 x 5, b 5"
    assert "3.2.2    Dropout(0.3)" in str(net)
    assert len(repr(neurona.network([2, 4, 1]))) < 120
    assert repr(Dense(4, "tanh", gain=2.0)) == "Dense(4, tanh, gain=2.0)"


def test_only_dense_networks_have_a_topology():
    assert neurona.network([2, 4, 1], dropout=0.5).topology == (2, 4, 1)
    for net in (of_everything(), Network([Concatenate([Dense(2), Dense(3)])], 2)):
        with pytest.raises(AttributeError, match="only a network of dense layers has a topology"):
            _ = net.topology


def test_data_of_another_shape_raises():
    net, (x, y) = of_everything(), images()
    with pytest.raises(ValueError, match=r"\(20, 144\), but the network takes examples of 8"):
        train(net, x.reshape(20, -1), y)
    with pytest.raises(ValueError, match=r"give an array of shape \(n, 8, 9, 2\)"):
        net.predict(net.init(0), x[0])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: LSTM(3, "relu"), "return_sequences is 'relu': it must be True or False"),
        (lambda: MultiHeadAttention(2, causal=1), "causal is 1"),
        (lambda: PositionalEncoding("learned"), "learned is 'learned'"),
        (lambda: Embedding(5, 3, None), "mask_zero is None"),
        (lambda: Dense(3, None), "there is no activation None"),
        (lambda: Dense(3, initializer=3), "there is no initializer 3"),
        (lambda: Dense(3, gain="x"), "gain is 'x': it must be a positive number"),
        (lambda: network("5, 4, embedding 9 2"), "takes the whole numbers of X: put it"),
    ],
)
def test_truths_and_activations_are_checked_where_a_layer_is_made(make, said):
    with pytest.raises(ValueError, match=said):
        make()
    assert GRU(3, np.True_).return_sequences is True


@pytest.mark.parametrize(
    ("line", "instead"),
    [("5x2, gru 3 all, 2", "step, Conv1D(2, 1)"), ("5x5x2, 2", "place, Conv2D(2, 1)")],
)
def test_a_dense_layer_at_each_step_is_named_where_one_is_refused(line, instead):
    with pytest.raises(ValueError, match=re.escape(f"or take the same layer at each {instead}")):
        network(line)


def test_parameters_in_a_composition_are_named_by_their_position():
    net, (x, y) = of_everything(), images()
    first, pool, (left, right), *rest = net.init(0)
    left = (*left[:1], left[1]._replace(b=np.zeros(2)), *left[2:])
    with pytest.raises(ValueError, match=r"the parameters of layer 3.1.2 have shapes .*\(2,\)"):
        train(net, x, y, start=(first, pool, (left, right), *rest))


@pytest.mark.parametrize(
    ("make", "same"),
    [
        (lambda: Dense(2, 8, tanh), Dense(8, tanh)),
        (lambda: Dense(n_in=2, n_out=8), Dense(8)),
        (lambda: Dense(2, n_out=8), Dense(8)),
        (lambda: Dropout(8, 0.5), Dropout(0.5)),
        (lambda: Dropout(n=8, rate=0.5), Dropout(0.5)),
        (lambda: BatchNormalization(8, tanh), BatchNormalization(tanh)),
        (lambda: LayerNormalization(8), LayerNormalization()),
    ],
)
def test_layer_with_a_width_warns(make, same):
    with pytest.warns(DeprecationWarning, match="the layer before it tells: leave it out"):
        assert make() == same


def test_network_of_layers_with_widths_infers_its_shape():
    with pytest.warns(DeprecationWarning, match="takes no n_in any more"):
        net = Network((Dense(2, 8, tanh), Dense(8, 1)))
    assert net == Network((Dense(8, tanh), Dense(1)), 2)
