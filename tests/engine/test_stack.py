"""A stack of networks: each learns what it would learn by itself, in both engines."""

from __future__ import annotations

import numpy as np
import pytest

import neurona
from neurona import (
    Add,
    BatchNormalization,
    Concatenate,
    Dense,
    Dropout,
    Flatten,
    Network,
    network,
    schedules,
    train,
)
from neurona.engine.parameters import arrays, flatten, mapped, stacked
from neurona.engine.state import State
from tests.support.points import last

RNG = np.random.default_rng(0)
N = 23
X = RNG.normal(size=(N, 2)).astype(np.float32)
Y = np.arange(N) % 2
WEIGHT = RNG.uniform(0.5, 2, N)
SEEDS = [3, 1, 4]
long = pytest.mark.long
NET = network([2, 5, 4, 1], "tanh", output="sigmoid")
SKIP = Network([Add([Dense(2, "tanh"), Dropout(0.3)]), Dense(3, "softmax")], 2)


def assert_alike(stack, alone, atol=2e-5):
    assert isinstance(stack, State)
    assert (stack.step, stack.epoch) == (alone.step, alone.epoch)
    np.testing.assert_allclose(stack.cost, alone.cost, rtol=1e-4)
    np.testing.assert_allclose(flatten(stack.params), flatten(alone.params), rtol=1e-4, atol=atol)


SETTINGS = {
    "whole": {},
    "mini-batches": {"batch_size": 6},
    "weights": {"sample_weight": WEIGHT},
    "weighted mini-batches": {"sample_weight": WEIGHT, "batch_size": 5},
    "penalties and clip": {"l1": 0.01, "l2": 0.1, "clip": 0.1},
    "rates per layer": {"optimizer": neurona.sgd([0.1, 0.2, 0.05])},
    "schedule": {"optimizer": neurona.momentum(schedules.cosine(0.2, 9))},
    "adam": {"optimizer": neurona.adam(0.01)},
    "float64": {"dtype": np.float64},
}


# Each is compiled twice: the others are parts of those that are not long.
LONG_IN_JAX = ("whole", "weights", "adam")
BOTH = [
    pytest.param(engine, settings, marks=long if engine == "jax" and name in LONG_IN_JAX else (),
                 id=f"{engine}-{name}")
    for engine in ("numpy", "jax")
    for name, settings in SETTINGS.items()
    if (engine, name) != ("jax", "float64")  # it computes in float32
]  # fmt: skip


@pytest.mark.parametrize(("engine", "settings"), BOTH)
def test_each_network_of_a_stack_trains_as_if_alone(engine, settings):
    given = {"steps": 9, "every": 4, "optimizer": neurona.momentum(0.1), "engine": engine}
    given |= settings
    stack = list(train(NET, X, Y, seeds=SEEDS, **given))
    assert [len(state) for state in stack] == [3] * len(stack)
    for k, seed in enumerate(SEEDS):
        for state, alone in zip(stack, train(NET, X, Y, rng=seed, **given), strict=True):
            assert_alike(state[k], alone)


@pytest.mark.parametrize("batch_size", [None, 6])
@pytest.mark.parametrize(
    "net",
    [
        SKIP,
        network([2, 5, 3], "tanh", output="softmax", normalization="batch", dropout=0.2),
        network([2, 5, 3], "relu", output="softmax", normalization="layer"),
        Network([BatchNormalization(), Dense(3, "softmax")], 2),
    ],
    ids=["skip", "batch normalization and dropout", "layer normalization", "of the inputs"],
)
def test_noise_and_statistics_are_separate_for_each_network(engine, net, batch_size):
    y = np.arange(N) % 3
    given = {"steps": 8, "every": 4, "batch_size": batch_size, "optimizer": neurona.sgd(0.1)}
    stack = list(train(net, X, y, seeds=SEEDS, engine=engine, **given))
    for k, seed in enumerate(SEEDS):
        its = train(net, X, y, rng=seed, engine=engine, **given)
        for state, alone in zip(stack, its, strict=True):
            np.testing.assert_allclose(state.cost[k], alone.cost, rtol=1e-3)
            some, others = net.predict(state[k].params, X), net.predict(alone.params, X)
            np.testing.assert_allclose(some, others, atol=1e-3)


@pytest.mark.parametrize("batch_size", [None, 6])
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_examples_for_each_network(engine, batch_size, weighted):
    xs, ys = RNG.normal(size=(3, N, 2)).astype(np.float32), np.stack([Y, 1 - Y, Y])
    weights = RNG.uniform(0.5, 2, (3, N)) if weighted else None
    given = {"steps": 6, "every": 3, "batch_size": batch_size, "engine": engine}
    stack = last(train(NET, xs, ys, seeds=SEEDS, sample_weight=weights, **given))
    for k, seed in enumerate(SEEDS):
        weight = weights[k] if weighted else None
        alone = last(train(NET, xs[k], ys[k], rng=seed, sample_weight=weight, **given))
        assert_alike(stack[k], alone)
    shared = last(train(NET, xs, Y, seeds=SEEDS, **given))
    alone = last(train(NET, xs[1], Y, rng=SEEDS[1], **given))
    assert_alike(shared[1], alone)


@pytest.mark.parametrize("batch_size", [None, 6])
def test_targets_or_weights_for_each_network_of_shared_inputs(engine, batch_size):
    given = {"steps": 8, "every": 8, "batch_size": batch_size, "engine": engine}
    ys, weights = np.stack([Y, 1 - Y, Y]), RNG.uniform(0.5, 2, (3, N))
    stack = last(train(NET, X, ys, seeds=SEEDS, **given))
    assert_alike(stack[1], last(train(NET, X, 1 - Y, rng=SEEDS[1], **given)))
    stack = last(train(NET, X, Y, sample_weight=weights, seeds=SEEDS, **given))
    alone = last(train(NET, X, Y, sample_weight=weights[2], rng=SEEDS[2], **given))
    assert_alike(stack[2], alone)


def test_targets_of_as_many_numbers_as_rows_are_shared():
    """Three rows of three outputs, for three networks: as for one network, they are the rows'."""
    net = network([2, 3], output="linear")
    stack = last(train(net, X[:3], np.eye(3), seeds=SEEDS, steps=2))
    assert_alike(stack[0], last(train(net, X[:3], np.eye(3), rng=SEEDS[0], steps=2)))


@pytest.mark.parametrize("batch_size", [None, 6])
def test_learning_rates_for_each_network(engine, batch_size):
    """Without seeds all begin with the same weights, and take the same batches."""
    rates = [0.05, schedules.step_decay(0.4, every=3), 0.2]
    given = {"steps": 8, "every": 8, "batch_size": batch_size, "engine": engine}
    stack = last(
        train(NET, X, Y, learning_rates=rates, optimizer=neurona.momentum(), rng=1, **given)
    )
    for k, rate in enumerate(rates):
        alone = last(train(NET, X, Y, optimizer=neurona.momentum(rate), rng=1, **given))
        assert_alike(stack[k], alone)
    both = last(train(NET, X, Y, learning_rates=rates, seeds=SEEDS, **given))
    assert_alike(both[2], last(train(NET, X, Y, optimizer=neurona.adam(0.2), rng=4, **given)))


def test_stack_and_one_of_its_networks_continue_from_a_state(engine):
    given = {"optimizer": neurona.adam(0.01), "every": 5, "engine": engine}
    through = last(train(NET, X, Y, seeds=SEEDS, steps=10, **given))
    half = last(train(NET, X, Y, seeds=SEEDS, steps=5, **given))
    assert_alike_stack(last(train(NET, X, Y, start=half, steps=5, **given)), through)
    assert_alike(last(train(NET, X, Y, start=half[1], steps=5, **given)), through[1])


@pytest.mark.parametrize("optimizer", [neurona.adam, neurona.momentum])
def test_a_stack_continues_from_the_state_of_one_network(engine, optimizer):
    """With another learning rate each: all take what the optimizer remembers with them."""
    given = {"steps": 4, "every": 4, "batch_size": 7, "engine": engine}
    half = last(train(NET, X, Y, optimizer=optimizer(0.1), rng=2, **given))
    rates = [0.02, 0.2]
    stack = last(train(NET, X, Y, start=half, optimizer=optimizer(), learning_rates=rates, **given))
    for k, rate in enumerate(rates):
        alone = last(train(NET, X, Y, start=half, optimizer=optimizer(rate), **given))
        assert_alike(stack[k], alone)


def assert_alike_stack(one, other):
    for k in range(len(other)):
        assert_alike(one[k], other[k])


def test_stack_starts_from_the_parameters_of_several_networks(engine):
    each = [NET.init(seed) for seed in (5, 6)]
    stack = last(train(NET, X, Y, start=stacked(each), steps=5, batch_size=7, rng=2, engine=engine))
    for k, params in enumerate(each):
        alone = last(train(NET, X, Y, start=params, steps=5, batch_size=7, rng=2, engine=engine))
        assert_alike(stack[k], alone)


def test_custom_batches_are_shared(engine):
    batches = [(X[:9], Y[:9]), (X[9:], Y[9:], WEIGHT[9:])]
    stack = last(train(NET, batches=batches, epochs=3, seeds=SEEDS, engine=engine))
    assert_alike(stack[2], last(train(NET, batches=batches, epochs=3, rng=4, engine=engine)))


def test_engines_agree():
    given = {"steps": 9, "seeds": SEEDS, "batch_size": 6, "optimizer": neurona.sgd(0.2)}
    assert_alike_stack(
        last(train(NET, X, Y, **given)), last(train(NET, X, Y, engine="jax", **given))
    )


def test_networks_of_a_stack_predict_together():
    state = last(train(NET, X, Y, seeds=SEEDS, steps=3))
    predicted = NET.predict(state.params, X)
    assert predicted.shape == (3, N, 1)
    for k in range(3):
        np.testing.assert_allclose(predicted[k], NET.predict(state[k].params, X), atol=1e-6)
    assert np.array_equal(flatten(state[-1].params), flatten(state[2].params))
    assert not arrays(state[0].params)[0].flags.writeable
    for wrong, error in (
        (3, IndexError),
        (-4, IndexError),
        ("a", TypeError),
        (slice(1), TypeError),
    ):
        with pytest.raises(
            error, match="the stack has 3 networks, so give a whole number from 0 to 2"
        ):
            _ = state[wrong]


@pytest.mark.parametrize("composition", [Add, Concatenate])
def test_a_branch_without_parameters_goes_beside_those_of_a_stack(composition, engine):
    branches = composition([Flatten(), Dense(2, "tanh")])
    net = Network([branches, Dense(1)], in_shape=2)
    given = {"steps": 3, "engine": engine}
    state = last(train(net, X, Y, seeds=[0, 1], **given))
    for k in range(2):
        own = last(train(net, X, Y, rng=k, **given))
        np.testing.assert_allclose(flatten(state[k].params), flatten(own.params), atol=1e-6)


def test_diverging_network_does_not_affect_the_others(engine):
    net, y = network([2, 8, 1], "relu", output="linear"), 10 * X[:, 0]
    rates = [0.01, 1e6]
    given = {"steps": 60, "every": 20, "rng": 0, "engine": engine}
    stack = last(train(net, X, y, learning_rates=rates, optimizer=neurona.sgd(), **given))
    assert not np.isfinite(stack.cost[1])
    assert_alike(stack[0], last(train(net, X, y, optimizer=neurona.sgd(0.01), **given)))
    with pytest.raises(neurona.TrainingDiverged, match="is no longer finite") as error:
        last(train(net, X, y, learning_rates=[1e6, 1e7], optimizer=neurona.sgd(), **given))
    assert error.value.suggested_rate < 1e6


def test_state_of_one_network_is_not_a_stack():
    state = next(train(NET, X, Y, rng=0))
    assert state
    for ask in (len, lambda state: state[0], list):
        with pytest.raises(TypeError, match="the state of one network, and not of a stack"):
            ask(state)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"seeds": [1, 2, 3], "learning_rates": [0.1, 0.2]}, "3 in seeds, 2 in learning_rates"),
        ({"seeds": [1, 2], "start": stacked([NET.init(0)] * 3)}, "2 in seeds, 3 in start"),
        ({"seeds": []}, r"seeds is \[\]: give one for each network"),
        ({"seeds": 3}, "seeds is 3: give one for each network"),
        ({"learning_rates": 0.1}, "learning_rates is 0.1: give one for each network"),
        ({"seeds": [1, 2], "rng": 0}, "give rng, for all networks alike, or seeds, one for each"),
        ({"learning_rates": [0.1, -1]}, "learning rate -1: it must be a positive number"),
        ({"seeds": [1, 2], "X": np.zeros((3, N, 2))}, "examples for 3 networks, but the stack has"),
        (
            {"start": mapped(lambda array: array[:, :1], stacked([NET.init(0)] * 3))},
            "the parameters of layer 1 have shapes",
        ),
    ],
)
def test_stack_error_messages(settings, said):
    with pytest.raises(ValueError, match=said):
        train(NET, **{"X": X, "y": Y, **settings})


def test_examples_with_another_axis_alone_are_not_a_stack():
    with pytest.raises(ValueError, match="takes rows of 2 numbers"):
        train(NET, np.zeros((3, N, 2)), Y)
