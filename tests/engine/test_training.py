"""Training, on both engines: which states come, what they hold, and that the two agree."""

from __future__ import annotations

import math
from inspect import signature
from itertools import islice, pairwise

import jax
import numpy as np
import pytest

import neurona
from neurona import TrainingDiverged, network, schedules, train
from neurona.engine import jax_engine
from neurona.engine.costs import COSTS
from neurona.engine.jax_engine import compiled
from neurona.engine.objective import Objective
from neurona.engine.optimizers import OPTIMIZERS
from neurona.engine.parameters import arrays, flatten
from neurona.engine.training import begun

N = 10
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 2)).astype(np.float32)
Y = np.tile([0, 1], N // 2)
WEIGHT = RNG.uniform(0.5, 2, N)
XOR = ([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])

NET = network([2, 3, 1], "tanh", output="sigmoid")
THREE = network([2, 3, 3], "tanh", output="softmax")
LABELS = np.arange(N) % 3


def run(engine="numpy", net=NET, y=Y, **settings):
    """Return all the states of a short training; the seed is 0."""
    return list(train(net, X, y, engine=engine, **{"rng": 0, "steps": 8} | settings))


def assert_same(state, other):
    """Check that two states are equal to the last bit; a cost may come from another compilation."""
    assert (state.step, state.epoch) == (other.step, other.epoch)
    assert state.cost == pytest.approx(other.cost, rel=1e-6)
    np.testing.assert_array_equal(flatten(state.params), flatten(other.params))
    for part, its in zip(state.optimizer_state, other.optimizer_state, strict=True):
        np.testing.assert_array_equal(part, its)


def assert_agree(states, others, rtol=2e-4, atol=1e-6):
    """Check that two engines gave the same, up to the rounding of float32."""
    assert [(s.step, s.epoch) for s in states] == [(s.step, s.epoch) for s in others]
    np.testing.assert_allclose([s.cost for s in states], [s.cost for s in others], rtol=rtol)
    for state, other in zip(states, others, strict=True):
        np.testing.assert_allclose(
            flatten(state.params), flatten(other.params), rtol=rtol, atol=atol * 100
        )


# Which states come


def test_what_train_takes_is_what_a_training_begins_with():
    assert signature(train).parameters == signature(begun).parameters


def test_first_state_is_step_0(engine):
    given = NET.init(7)
    state = next(train(NET, X, Y, start=given, engine=engine))
    assert (state.step, state.epoch) == (0, 0)
    np.testing.assert_array_equal(flatten(state.params), flatten(given))
    value = Objective(NET, COSTS["binary_cross_entropy"]()).value(
        given, X, Y[:, None].astype(np.float32)
    )
    assert state.cost == pytest.approx(float(value), rel=1e-6)


def test_initial_parameters_are_drawn_from_the_seed(engine):
    state = next(train(NET, X, Y, rng=3, engine=engine))
    np.testing.assert_array_equal(flatten(state.params), flatten(NET.init(3)))


COUNTS = [  # settings, the steps of the states, and their epochs
    # All the data in each step: a step is an epoch.
    ({"steps": 3}, [0, 1, 2, 3], [0, 1, 2, 3]),
    ({"epochs": 3}, [0, 1, 2, 3], [0, 1, 2, 3]),
    ({"steps": 6, "every": 3}, [0, 3, 6], [0, 3, 6]),
    ({"steps": 7, "every": 3}, [0, 3, 6, 7], [0, 3, 6, 7]),
    ({"steps": 3, "every": 100}, [0, 3], [0, 3]),
    ({"steps": 2, "batch_size": N}, [0, 1, 2], [0, 1, 2]),
    ({"steps": 2, "batch_size": N + 1}, [0, 1, 2], [0, 1, 2]),
    # Batches of 5: two steps an epoch. A state an epoch, unless told otherwise.
    ({"epochs": 3, "batch_size": 5}, [0, 2, 4, 6], [0, 1, 2, 3]),
    ({"steps": 5, "batch_size": 5}, [0, 2, 4, 5], [0, 1, 2, 2]),
    # Batches of 4, 4 and 2: three steps an epoch.
    ({"epochs": 2, "batch_size": 4}, [0, 3, 6], [0, 1, 2]),
    ({"epochs": 2, "batch_size": 4, "every": 1}, range(7), [0, 0, 0, 1, 1, 1, 2]),
    ({"epochs": 2, "batch_size": 4, "every": 4}, [0, 4, 6], [0, 1, 2]),
    ({"steps": 4, "batch_size": 4}, [0, 3, 4], [0, 1, 1]),
    ({"steps": 3, "batch_size": 1}, [0, 3], [0, 0]),
]


@pytest.mark.parametrize(
    ("engine", "settings", "steps", "epochs"),
    [*(("numpy", *row) for row in COUNTS), *(("jax", *row) for row in COUNTS[3::3])],
    ids=str,
)
def test_every_decides_which_states_are_yielded(engine, settings, steps, epochs):
    states = list(train(NET, X, Y, rng=0, engine=engine, **settings))
    assert [state.step for state in states] == list(steps)
    assert [state.epoch for state in states] == list(epochs)
    assert all(type(state.step) is type(state.epoch) is int for state in states)
    assert all(math.isfinite(state.cost) for state in states)


def test_a_training_without_steps_takes_a_thousand():
    assert [state.step for state in train(NET, X, Y, every=250)] == [0, 250, 500, 750, 1000]


def test_steps_inf_yields_states_on_demand(engine):
    states = train(NET, X, Y, steps=math.inf, every=2, engine=engine)
    assert [state.step for state in islice(states, 4)] == [0, 2, 4, 6]
    assert next(states).step == 8


def test_train_can_start_from_a_state(engine):
    for state in train(NET, X, Y, steps=100, every=5, rng=0, engine=engine):
        if state.step == 10:
            break
    assert state.step == 10
    # Chunks of one length: XLA compiles each length apart, and may round it in its own way.
    assert_same(state, run(engine, steps=10, every=5)[-1])


# States


def test_cost_belongs_to_the_parameters_of_its_state(engine):
    objective = Objective(NET, COSTS["mse"](), l1=0.01, l2=0.1)
    weight, target = WEIGHT.astype(np.float32), Y[:, None].astype(np.float32)
    for state in run(engine, cost="mse", l1=0.01, l2=0.1, sample_weight=WEIGHT, steps=3):
        value = objective.value(state.params, X, target, weight)
        assert state.cost == pytest.approx(float(value), rel=1e-6)


def test_cost_with_mini_batches_is_their_mean(engine):
    single = run(engine, batch_size=4, steps=6, every=1)
    by_epoch = run(engine, batch_size=4, steps=6)
    costs = [state.cost for state in single[1:]]
    assert by_epoch[1].cost == pytest.approx(np.mean(costs[:3]), rel=1e-5)
    assert by_epoch[2].cost == pytest.approx(np.mean(costs[3:]), rel=1e-5)
    np.testing.assert_allclose(flatten(single[-1].params), flatten(by_epoch[-1].params), rtol=1e-5)


def test_epoch_takes_every_row_once(engine):
    """With one output and no hidden layer, d_cost / d_b of a row says which row it was."""
    net = network([1, 1], "linear")
    rows, y = np.zeros((5, 1)), np.array([1.0, 10.0, 100.0, 1000.0, 10000.0])
    states = list(
        train(
            net, rows, y, optimizer=neurona.sgd(1e-8), batch_size=2, epochs=2, every=1, rng=0,
            start=[(np.zeros((1, 1)), np.zeros(1))], engine=engine, cost="mae",
        )
    )  # fmt: skip
    for epoch in (states[1:4], states[4:7]):
        seen = [round(state.cost * size) for state, size in zip(epoch, (2, 2, 1), strict=True)]
        assert sum(seen) == 11111
    assert [s.cost for s in states[1:4]] != [s.cost for s in states[4:7]]


def test_states_do_not_change_later(engine):
    states, copies = [], []
    for state in train(NET, X, Y, steps=6, rng=0, engine=engine, batch_size=4, every=1):
        states.append(state)
        parts = [part for part in state.optimizer_state if np.ndim(part)]
        copies.append([array.copy() for array in (*arrays(state.params), *parts)])
    for state, copy in zip(states, copies, strict=True):
        parts = [part for part in state.optimizer_state if np.ndim(part)]
        for array, same in zip((*arrays(state.params), *parts), copy, strict=True):
            np.testing.assert_array_equal(array, same)
    for state, later in pairwise(states):
        assert not np.array_equal(flatten(state.params), flatten(later.params))


def test_states_are_immutable(engine):
    for state in run(engine, steps=2):
        with pytest.raises(AttributeError):
            state.cost = 0.0
        for array in arrays(state.params):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0


def test_state_has_numpy_arrays_in_the_networks_form(engine):
    state = run(engine, steps=1)[-1]
    for (n_in, n_out), (W, b) in zip(pairwise(NET.topology), state.params, strict=True):
        assert type(W) is type(b) is np.ndarray
        assert (W.shape, b.shape) == ((n_in, n_out), (n_out,))
    assert state.params[0].W is state.params[0][0]
    theta = flatten(state.params)
    assert state.optimizer_state.t == 1
    assert state.optimizer_state.m.shape == state.optimizer_state.v.shape == theta.shape


# The same again


@pytest.mark.parametrize("batch_size", [None, 4])
def test_same_seed_gives_the_same_numbers(engine, batch_size):
    one = run(engine, batch_size=batch_size, rng=1)
    two = run(engine, batch_size=batch_size, rng=np.random.default_rng(1))
    other = run(engine, batch_size=batch_size, rng=2)
    for state, its in zip(one, two, strict=True):
        assert_same(state, its)
    assert other[-1].cost != one[-1].cost


def test_seed_sets_the_order_of_the_batches(engine):
    settings = {"batch_size": 4, "start": NET.init(0), "every": 1}
    one, same, other = (run(engine, rng=seed, **settings) for seed in (1, 1, 2))
    assert [s.cost for s in one] == [s.cost for s in same]
    assert [s.cost for s in one[1:]] != [s.cost for s in other[1:]]


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_fifty_steps_twice_equal_a_hundred(engine, name):
    optimizer = OPTIMIZERS[name](schedules.exponential(0.05, factor=0.5, every=40))
    *_, whole = run(engine, optimizer=optimizer, steps=100, every=100)
    *_, half = run(engine, optimizer=optimizer, steps=50, every=50)
    first, *_, end = run(engine, optimizer=optimizer, steps=50, every=50, start=half)
    assert_same(first, half)
    assert (end.step, end.epoch) == (100, 100)
    assert_same(end, whole)


def test_start_with_parameters_resets_the_optimizer(engine):
    half = run(engine, steps=5)[-1]
    again = run(engine, steps=5, start=half.params)
    assert again[0].step == 0
    assert again[-1].optimizer_state.t == 5
    np.testing.assert_array_equal(flatten(again[0].params), flatten(half.params))


def test_start_can_change_the_dtype(engine):
    *_, narrow = run(engine, steps=5)
    with jax.enable_x64(True):
        *_, wide = run(engine, steps=5, start=narrow, dtype=np.float64)
        *_, back = run(engine, steps=5, start=wide)
    assert {a.dtype for a in (*arrays(wide.params), *wide.optimizer_state[1:])} == {
        np.dtype(np.float64)
    }
    assert {a.dtype for a in (*arrays(back.params), *back.optimizer_state[1:])} == {
        np.dtype(np.float32)
    }
    assert_agree([back], [run(engine, steps=15)[-1]])


# The two engines agree


SETTINGS = {
    "full batch": {},
    "mini-batches": {"batch_size": 5},
    "a short last batch": {"batch_size": 4},
    "weights": {"sample_weight": WEIGHT},
    "weights and a short last batch": {"sample_weight": WEIGHT, "batch_size": 4},
    "a weight of zero alone in its batch": {
        "sample_weight": np.where(np.arange(N) < 4, 0, WEIGHT), "batch_size": 1, "steps": 20,
    },
    "l1 and l2": {"l1": 0.01, "l2": 0.1},
    "clip": {"clip": 0.05, "optimizer": neurona.sgd(1.0)},
    "a rate per layer": {"optimizer": neurona.adam([0.01, 0.1])},
    "a schedule": {"optimizer": neurona.momentum(schedules.cosine(0.5, steps=6))},
    "a schedule for one layer": {
        "optimizer": neurona.sgd([0.1, schedules.warm_up(schedules.constant(0.5), steps=4)]),
        "batch_size": 4,
    },
    "huber": {"cost": "huber"},
    "mae": {"cost": "mae"},
    "pinball": {"cost": neurona.costs.Pinball(0.8)},
    "poisson": {
        "net": network([2, 4, 1], "tanh", output="exp"), "y": np.arange(N) % 4, "cost": "poisson",
        "sample_weight": WEIGHT, "batch_size": 4,
    },
    "all at once": {
        "batch_size": 4, "sample_weight": WEIGHT, "l1": 0.01, "l2": 0.1, "clip": 0.5,
        "optimizer": neurona.nadam([0.01, 0.1]), "cost": "mse",
    },
}  # fmt: skip


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_engines_agree_step_for_step(settings):
    settings = {"every": 1} | settings
    ours, theirs = run("numpy", **settings), run("jax", **settings)
    assert_agree(ours, theirs)
    assert not np.allclose(flatten(ours[0].params), flatten(ours[-1].params), atol=1e-3)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_engines_agree_with_every_optimizer_and_continue_each_other(name):
    settings = {"optimizer": OPTIMIZERS[name](0.05), "steps": 6, "every": 6}
    ours, theirs = run("numpy", **settings), run("jax", **settings)
    assert_agree(ours, theirs)
    one, other = ours[-1].optimizer_state, theirs[-1].optimizer_state
    assert type(one) is type(other)
    for part, its in zip(one, other, strict=True):
        np.testing.assert_allclose(part, its, rtol=1e-3, atol=1e-6)
    crossed = run("jax", start=ours[-1], **settings)[-1]
    back = run("numpy", start=crossed, **settings)[-1]
    straight = run("numpy", **settings | {"steps": 18})[-1]
    assert (back.step, back.epoch) == (18, 18)
    assert_agree([back], [straight])


@pytest.mark.parametrize("name", sorted(neurona.activations.ACTIVATIONS))
def test_engines_agree_with_every_activation(name):
    net = network([2, 4, 3], name, output="softmax")
    settings = {"net": net, "y": LABELS, "steps": 3, "optimizer": neurona.sgd(0.1)}
    assert_agree(run("numpy", **settings), run("jax", **settings))


def test_every_compiled_product_is_asked_for_in_full_precision(monkeypatch):
    """Without that some GPUs round what they multiply to 11 bits; processors never do."""
    texts = []
    jit = jax_engine.jax.jit

    def noted(function):
        made = jit(function)

        def call(*arguments):
            texts.append(made.lower(*arguments).as_text())
            return made(*arguments)

        return call

    monkeypatch.setattr(jax_engine.jax, "jit", noted)
    compiled.cache_clear()
    run("jax", steps=3, every=3)
    compiled.cache_clear()
    program = texts[0]
    products = program.count("stablehlo.dot_general")
    assert products > 6
    assert program.count("precision = [HIGHEST, HIGHEST]") == products


def test_engines_agree_to_the_last_digits_in_float64():
    settings = {"dtype": np.float64, "batch_size": 4, "sample_weight": WEIGHT, "steps": 30}
    with jax.enable_x64(True):
        theirs = run("jax", **settings)
    assert {array.dtype for array in arrays(theirs[-1].params)} == {np.dtype(np.float64)}
    assert_agree(run("numpy", **settings), theirs, rtol=1e-10, atol=1e-14)


def test_classes_may_be_labels_or_one_hot_rows(engine):
    one = run(engine, THREE, LABELS)
    for y in (np.eye(3)[LABELS], LABELS[:, None], LABELS.astype(float), list(LABELS)):
        for state, its in zip(one, run(engine, THREE, y), strict=True):
            assert_same(state, its)


def test_two_classes_may_be_labels_or_a_column(engine):
    one = run(engine)
    for y in (Y[:, None], Y.astype(bool), Y.astype(float)):
        for state, its in zip(one, run(engine, y=y), strict=True):
            assert_same(state, its)


@pytest.mark.parametrize(
    ("net", "y", "named"),
    [
        (NET, Y, "binary_cross_entropy"),
        (THREE, LABELS, "categorical_cross_entropy"),
        (network([2, 1], "linear"), X[:, 0], "mse"),
        (network([2, 1], "tanh"), X[:, 0], "mse"),
    ],
)
def test_default_cost_fits_the_output(net, y, named):
    without = run(net=net, y=y)
    names = [None, named] + (["cross_entropy"] if "cross_entropy" in named else [])
    for cost in (*names, COSTS[named]()):
        assert_same(run(net=net, y=y, cost=cost)[-1], without[-1])


# It learns


@pytest.mark.parametrize(
    ("activation", "cost", "optimizer"),
    [
        ("tanh", None, neurona.adam(0.05)),
        ("tanh", "mse", neurona.momentum(0.5)),
        ("sigmoid", None, neurona.rmsprop(0.05)),
        ("gelu", None, neurona.sgd(1.0)),
    ],
)
def test_xor_is_learned(engine, activation, cost, optimizer):
    net = network([2, 8, 1], activation, output="sigmoid")
    *_, state = train(
        net, *XOR, cost=cost, optimizer=optimizer, steps=600, every=600, rng=0, engine=engine
    )
    np.testing.assert_array_equal(net.predict(state.params, XOR[0]).round().ravel(), XOR[1])
    assert state.cost < 0.05


def test_linear_regression_is_exact(engine):
    net = network([2, 1], "linear")
    y = X @ [2.0, -3.0] + 0.5
    *_, state = train(net, X, y, optimizer=neurona.sgd(0.2), steps=500, every=500, engine=engine)
    np.testing.assert_allclose(flatten(state.params), [2, -3, 0.5], atol=1e-4)


def test_penalty_makes_weights_small(engine):
    norms = [
        abs(flatten(run(engine, steps=200, every=200, **penalty)[-1].params)).sum()
        for penalty in ({}, {"l1": 0.1}, {"l2": 0.1})
    ]
    assert norms[1] < norms[0] / 2
    assert norms[2] < norms[0] / 2


def test_example_with_a_large_weight_is_learned_first(engine):
    weight = np.where(np.arange(N) == 3, 1000.0, 1.0)
    *_, state = run(engine, steps=60, every=60, sample_weight=weight)
    assert NET.predict(state.params, X)[3, 0] == pytest.approx(Y[3], abs=0.1)


# It goes wrong


TOO_FAST = {  # topology, optimizer, batch_size, and the rates of the layers that may be at fault
    "all layers": ([2, 3, 1], neurona.sgd(1e3), None, {1: 1e3, 2: 1e3}),
    "momentum": ([2, 1], neurona.momentum(30.0), 4, {1: 30.0}),
    "the first layer": ([2, 3, 1], neurona.sgd([1e6, 1e-6]), 4, {1: 1e6}),
    "the second layer": ([2, 3, 1], neurona.sgd([1e-6, 1e6]), None, {2: 1e6}),
    "the first step": ([2, 3, 1], neurona.sgd([1e-6, 1e38]), None, {2: 1e38}),
}


def diverged(engine, topology, optimizer, **settings):
    """Return the error, and the states before it."""
    settings = {"steps": 200, "rng": 0, "engine": engine, "optimizer": optimizer} | settings
    seen = []
    training = train(network(topology, "linear"), X, X[:, 0], **settings)
    with pytest.raises(TrainingDiverged) as caught:
        seen.extend(training)
    return caught.value, seen


@pytest.mark.parametrize(
    ("topology", "optimizer", "batch_size", "at_fault"), TOO_FAST.values(), ids=TOO_FAST
)
def test_both_engines_detect_divergence_at_the_same_step(topology, optimizer, batch_size, at_fault):
    errors = [
        diverged(engine, topology, optimizer, batch_size=batch_size, every=every)[0]
        for engine, every in (("numpy", 1), ("numpy", 7), ("numpy", 200), ("jax", 7))
    ]
    steps_an_epoch = 1 if batch_size is None else 3
    for error in errors:
        assert math.isfinite(error.state.cost)
        assert np.isfinite(flatten(error.state.params)).all()
        assert error.layer in at_fault
        rate = at_fault[error.layer]
        assert 0 < error.suggested_rate <= rate / 10 * (1 + 1e-9)
        assert f"layer {error.layer} grew the most" in str(error)
        assert f"learning rate of {error.suggested_rate:.2g} instead of {rate:.2g}" in str(error)
        assert error.state.step == errors[0].state.step
        assert error.state.epoch == error.state.step // steps_an_epoch
        assert error.state.cost == pytest.approx(errors[0].state.cost, rel=1e-3)
        assert error.layer == errors[0].layer


def test_overflowing_rate_is_a_divergence(engine):
    net = network([2, 3, 1], "tanh", output="exp")
    with pytest.raises(TrainingDiverged, match=r"longer finite; layer . grew the most") as caught:
        list(
            train(
                net, X, np.arange(N) % 4, cost="poisson", optimizer=neurona.sgd(1e4), steps=50,
                rng=0, engine=engine,
            )
        )  # fmt: skip
    assert math.isfinite(caught.value.state.cost)
    first, *_, last = train(
        net, X, np.arange(N) % 4, cost="poisson", start=caught.value.state.params, steps=50,
        optimizer=neurona.sgd(caught.value.suggested_rate), engine=engine,
    )  # fmt: skip
    assert last.cost < first.cost


def test_divergence_has_the_last_state_with_a_finite_cost(engine):
    error, seen = diverged(engine, [2, 3, 1], neurona.sgd(1e3), every=1)
    assert_agree([error.state], seen[-1:])
    again, seen = diverged(engine, [2, 3, 1], neurona.sgd(1e3), every=50)
    assert [state.step for state in seen] == [0]
    assert_agree([again.state], [error.state])


def test_training_continues_from_a_diverged_state_at_a_lower_rate(engine):
    error, _ = diverged(engine, [2, 1], neurona.sgd(100.0), every=10)
    states = list(
        train(
            network([2, 1], "linear"), X, X[:, 0], optimizer=neurona.sgd(0.1), steps=300,
            every=300, start=error.state, engine=engine,
        )
    )  # fmt: skip
    assert states[0].step == error.state.step
    assert states[-1].cost < states[0].cost


def test_suggested_rate_trains(engine):
    error, _ = diverged(engine, [2, 3, 1], neurona.sgd(1e3))
    first, last = train(
        network([2, 3, 1], "linear"), X, X[:, 0], optimizer=neurona.sgd(error.suggested_rate),
        steps=100, every=100, rng=0, engine=engine,
    )  # fmt: skip
    assert last.cost < first.cost / 2


# Compiled once


def test_changed_numbers_do_not_recompile():
    net = network([2, 5, 1], "tanh", output="sigmoid")
    settings = {"steps": 4, "every": 2, "engine": "jax", "rng": 0}
    before = compiled.cache_info().misses
    list(train(net, X, Y, optimizer=neurona.adam(0.1), **settings))
    assert compiled.cache_info().misses == before + 1
    equal = network([2, 5, 1], "tanh", output="sigmoid")
    list(train(equal, X, Y, optimizer=neurona.adam(0.1), **settings))
    list(train(net, X + 1, Y[::-1], optimizer=neurona.adam(0.02), **settings | {"rng": 1}))
    schedule = schedules.cosine(0.1, steps=10)
    *_, last = train(net, X, Y, optimizer=neurona.adam(schedule), **settings)
    list(train(net, X, Y, optimizer=neurona.adam(lambda step: 0.1), start=last, **settings))
    assert compiled.cache_info().misses == before + 1
    list(train(net, X, Y, optimizer=neurona.adam(0.1, beta1=0.8), **settings))
    assert compiled.cache_info().misses == before + 2


def test_each_compiled_call_is_traced_once(monkeypatch):
    calls, traces = [], []
    monkeypatch.setattr(jax_engine.Calls, "__init__", spied(jax_engine.Calls.__init__, calls))
    monkeypatch.setattr(jax_engine, "take", spied(jax_engine.take, traces))
    net = network([2, 6, 1], "tanh", output="sigmoid")
    sizes = iter([1, 20, 2, 40, 3])
    common = {"steps": 80, "engine": "jax", "every": lambda: next(sizes, 4), "rng": 0}
    for own in ({"batch_size": 3}, {}, {"sample_weight": WEIGHT}, {"batch_size": 4}):
        list(train(net, X, Y, **common, **own))
    assert len(traces) == len(calls) > 5


def spied(function, made):
    def noted(*given):
        made.append(given)
        return function(*given)

    return noted


@pytest.mark.long
def test_only_the_last_few_compilations_are_kept():
    for width in range(20, 21 + jax_engine.KEPT):
        list(train(network([2, width, 1]), X, Y, steps=2, every=2, engine="jax", rng=0))
    assert compiled.cache_info().currsize == jax_engine.KEPT
    before = compiled.cache_info().misses
    list(train(network([2, width, 1]), X, Y, steps=2, every=2, engine="jax", rng=0))
    assert compiled.cache_info().misses == before


def test_a_compiled_call_ends_soon(monkeypatch):
    calls, own = [], jax_engine.Calls.__init__
    X, y = neurona.datasets.circles(n=500, rng=0)

    def noted(self, advance):
        def call(*arguments):
            calls.append((arguments[4], arguments[5]))
            return advance(*arguments)

        own(self, call)

    monkeypatch.setattr(jax_engine.Calls, "__init__", noted)
    monkeypatch.setattr(jax_engine, "PATIENCE", 1e-3)
    compiled.cache_clear()
    whole = list(train(NET, X, y, steps=500, every=500, engine="jax", rng=0))
    assert calls[0] == (0, 1)
    assert len(calls) > 5
    assert [begin for begin, _ in calls[1:]] == [end for _, end in calls[:-1]]
    assert calls[-1][1] == 500
    monkeypatch.undo()
    compiled.cache_clear()
    assert_same(list(train(NET, X, y, steps=500, every=500, engine="jax", rng=0))[-1], whole[-1])


def test_a_chunk_that_is_begun_early_changes_no_state(engine):
    given = {"engine": engine, "batch_size": 3, "rng": 1, "every": 4}
    through = list(train(NET, X, Y, steps=24, **given))
    for state in islice(train(NET, X, Y, steps=24, **given), 4):
        *_, last = train(NET, X, Y, start=state, steps=24 - state.step, **given)
        assert_same(last, through[-1])


def test_a_function_for_the_rate_is_asked_when_its_steps_are_taken(engine):
    rate = [0.1]
    given = {"optimizer": neurona.sgd(lambda _: rate[0]), "every": 2, "engine": engine}
    states = train(NET, X, Y, steps=20, **given)
    for _ in range(5):
        state = next(states)
    rate[0] = 0.0
    np.testing.assert_array_equal(flatten(next(states).params), flatten(state.params))


@pytest.mark.parametrize("batch_size", [None, 7])
def test_steps_between_states_may_change_during_training(batch_size):
    X, y = neurona.datasets.circles(n=50, rng=0)
    net = neurona.network([2, 3, 1])
    sizes = iter([1, 5, 2, 100])
    given = {"batch_size": batch_size, "rng": 3, "start": net.init(rng=0)}
    some = list(neurona.train(net, X, y, steps=20, every=lambda: next(sizes), **given))
    each = list(neurona.train(net, X, y, steps=20, every=1, **given))
    assert [state.step for state in some] == [0, 1, 6, 8, 20]
    for state in some:
        np.testing.assert_array_equal(state.params[0].W, each[state.step].params[0].W)
        assert state.epoch == each[state.step].epoch


def test_every_function_that_returns_zero_raises():
    X, y = neurona.datasets.circles(n=20, rng=0)
    states = neurona.train(neurona.network([2, 1]), X, y, every=lambda: 0)
    next(states)
    with pytest.raises(ValueError, match="every is 0"):
        next(states)
