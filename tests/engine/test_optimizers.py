"""The optimizers: the paper's lines by hand, optax's numbers, and what they find."""

from __future__ import annotations

import inspect
from dataclasses import is_dataclass
from itertools import pairwise

import jax
import numpy as np
import optax
import pytest

import neurona
from neurona.engine import schedules
from neurona.engine.network import network
from neurona.engine.optimizers import (
    OPTIMIZERS,
    SGD,
    Adam,
    AdamW,
    Momentum,
    Nadam,
    RMSProp,
    clip_factor,
    find_optimizer,
)
from neurona.engine.parameters import flatten
from neurona.engine.schedules import constant, cosine, exponential, step_decay, warm_up
from neurona.engine.training import train
from tests.support.ids import steady

ETA = 0.1
THETA = np.array([1.0, -2.0, 0.5])
GRADIENTS = np.array([[0.5, -1.0, 2.0], [0.25, 3.0, -1.0]])  # of a first and a second step


def two_steps(optimizer):
    """Return the changes of two steps, the parameters moving in between."""
    theta, state, changes = THETA, optimizer.init(THETA), []
    for gradient in GRADIENTS:
        change, state = optimizer.update(gradient, state, theta, ETA)
        theta = theta + change
        changes.append(change)
    return changes


# By hand: the two changes, written out


def by_hand_sgd(g1, g2, theta1):
    return -ETA * g1, -ETA * g2


def by_hand_momentum(g1, g2, theta1):
    return -ETA * g1, -ETA * (0.9 * g1 + g2)


def by_hand_nesterov(g1, g2, theta1):
    return -ETA * (g1 + 0.9 * g1), -ETA * (g2 + 0.9 * (0.9 * g1 + g2))


def by_hand_rmsprop(g1, g2, theta1):
    v1 = 0.1 * g1**2
    v2 = 0.09 * g1**2 + 0.1 * g2**2
    return -ETA * g1 / (np.sqrt(v1) + 1e-8), -ETA * g2 / (np.sqrt(v2) + 1e-8)


def by_hand_adam(g1, g2, theta1):
    m2 = (0.09 * g1 + 0.1 * g2) / (1 - 0.81)
    v2 = (0.000999 * g1**2 + 0.001 * g2**2) / (1 - 0.998001)
    return -ETA * g1 / (abs(g1) + 1e-8), -ETA * m2 / (np.sqrt(v2) + 1e-8)


def by_hand_adamw(g1, g2, theta1):
    first, second = by_hand_adam(g1, g2, theta1)
    first = first - ETA * 0.01 * theta1
    return first, second - ETA * 0.01 * (theta1 + first)


def by_hand_nadam(g1, g2, theta1):
    ahead1 = 0.9 * (0.1 * g1) / (1 - 0.81) + 0.1 * g1 / (1 - 0.9)
    ahead2 = 0.9 * (0.09 * g1 + 0.1 * g2) / (1 - 0.729) + 0.1 * g2 / (1 - 0.81)
    v2 = (0.000999 * g1**2 + 0.001 * g2**2) / (1 - 0.998001)
    return -ETA * ahead1 / (abs(g1) + 1e-8), -ETA * ahead2 / (np.sqrt(v2) + 1e-8)


BY_HAND = [
    (SGD(), by_hand_sgd),
    (Momentum(), by_hand_momentum),
    (Momentum(nesterov=True), by_hand_nesterov),
    (RMSProp(), by_hand_rmsprop),
    (Adam(), by_hand_adam),
    (AdamW(), by_hand_adamw),
    (Nadam(), by_hand_nadam),
]

# Beside each, optax's, and how many steps of which rate lead it to the bottom.
OPTAX = [
    (SGD(), optax.sgd(ETA)),
    (Momentum(), optax.sgd(ETA, momentum=0.9)),
    (Momentum(momentum=0.7, nesterov=True), optax.sgd(ETA, momentum=0.7, nesterov=True)),
    (RMSProp(decay=0.8), optax.rmsprop(ETA, decay=0.8, eps=1e-8, eps_in_sqrt=False)),
    (Adam(), optax.adam(ETA)),
    (Adam(beta1=0.8, beta2=0.95, eps=1e-3), optax.adam(ETA, b1=0.8, b2=0.95, eps=1e-3)),
    (AdamW(weight_decay=0.05), optax.adamw(ETA, weight_decay=0.05)),
    (Nadam(), optax.nadam(ETA)),
]

DESCENTS = [  # optimizer, (rate, steps) on the parabola, (rate, steps) on Rosenbrock's valley
    (SGD(), (0.1, 300), (0.001, 40_000)),
    (Momentum(), (0.02, 300), (0.0005, 8_000)),
    (Momentum(nesterov=True), (0.02, 300), (0.0005, 8_000)),
    (RMSProp(), (0.002, 2_500), (0.0005, 8_000)),
    (Adam(), (0.05, 800), (0.02, 4_000)),
    (AdamW(weight_decay=0.0), (0.05, 800), (0.02, 4_000)),
    (Nadam(), (0.05, 800), (0.02, 4_000)),
]


@pytest.mark.parametrize("table", [BY_HAND, OPTAX, DESCENTS])
def test_every_optimizer_is_in_each_table(table):
    assert {type(row[0]) for row in table} == set(OPTIMIZERS.values())


@pytest.mark.parametrize(("optimizer", "by_hand"), BY_HAND, ids=steady)
def test_two_steps_by_hand(optimizer, by_hand):
    for change, expected in zip(two_steps(optimizer), by_hand(*GRADIENTS, THETA), strict=True):
        np.testing.assert_allclose(change, expected, rtol=1e-12)


@pytest.mark.parametrize(("optimizer", "its"), OPTAX, ids=steady)
def test_the_same_numbers_as_optax(optimizer, its):
    rng = np.random.default_rng(0)
    theta = rng.normal(size=7)
    gradients = rng.normal(size=(50, 7)) * 10 ** rng.uniform(-3, 1, (50, 1))
    state, ours = optimizer.init(theta), theta
    with jax.enable_x64(True):
        theirs = jax.numpy.asarray(theta)
        its_state, step = its.init(theirs), jax.jit(its.update)
        for gradient in gradients:
            change, state = optimizer.update(gradient, state, ours, ETA)
            its_change, its_state = step(gradient, its_state, theirs)
            ours, theirs = ours + change, theirs + its_change
            np.testing.assert_allclose(change, its_change, rtol=1e-9, atol=1e-12)
    assert abs(ours - theta).min() > 0.01


def parabola(theta):
    curvature = np.array([1.0, 10.0])
    return curvature * theta, 0.5 * (curvature * theta**2).sum()


def rosenbrock(theta):
    x, y = theta
    gradient = np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])
    return gradient, (1 - x) ** 2 + 100 * (y - x * x) ** 2


@pytest.mark.parametrize("hill", ["parabola", "rosenbrock"])
@pytest.mark.parametrize("row", DESCENTS, ids=lambda row: repr(row[0]))
def test_every_optimizer_finds_the_minimum(row, hill):
    optimizer, *rates = row
    rate, steps = rates[hill == "rosenbrock"]
    function, bottom = {"parabola": (parabola, [0, 0]), "rosenbrock": (rosenbrock, [1, 1])}[hill]
    theta = np.array([-1.2, 1.0])
    state = optimizer.init(theta)
    for _ in range(steps):
        change, state = optimizer.update(function(theta)[0], state, theta, rate)
        theta = theta + change
    np.testing.assert_allclose(theta, bottom, atol=0.01)
    assert function(theta)[1] < 1e-4


@pytest.mark.parametrize("optimizer", [row[0] for row in BY_HAND], ids=steady)
def test_one_flat_vector_is_the_same_as_leaf_by_leaf(optimizer):
    rng = np.random.default_rng(0)
    leaves = [rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=(3, 1))]
    theta = flatten((tuple(leaves),))
    state, states = optimizer.init(theta), [optimizer.init(leaf) for leaf in leaves]
    for _ in range(5):
        gradients = [rng.normal(size=leaf.shape) for leaf in leaves]
        change, state = optimizer.update(flatten((tuple(gradients),)), state, theta, ETA)
        theta = theta + change
        for i, gradient in enumerate(gradients):
            change, states[i] = optimizer.update(gradient, states[i], leaves[i], ETA)
            leaves[i] = leaves[i] + change
        np.testing.assert_array_equal(theta, flatten((tuple(leaves),)))


@pytest.mark.parametrize("optimizer", [row[0] for row in BY_HAND], ids=steady)
def test_an_optimizer_takes_one_rate_for_each_parameter(optimizer):
    rates = np.array([0.1, 0.0, 0.2])
    state = optimizer.init(THETA)
    change, _ = optimizer.update(GRADIENTS[0], state, THETA, rates)
    by_one, _ = optimizer.update(GRADIENTS[0], state, THETA, 1.0)
    np.testing.assert_allclose(change, rates * by_one, rtol=1e-12, atol=0)


@pytest.mark.parametrize("optimizer", [row[0] for row in BY_HAND], ids=steady)
def test_a_gradient_of_zero_is_no_division_by_zero(optimizer):
    state = optimizer.init(THETA)
    change, state = optimizer.update(np.zeros(3), state, THETA, ETA)
    decay = ETA * getattr(optimizer, "weight_decay", 0.0) * THETA
    np.testing.assert_allclose(change, -decay, rtol=1e-12)


def test_optimizers_are_found_by_name_or_instance():
    for name, make in OPTIMIZERS.items():
        assert getattr(neurona, name) is make
        assert find_optimizer(name) == make()
    own = Adam(0.3)
    assert find_optimizer(own) is own
    assert find_optimizer(None) == Adam()


# Learning rates that change


RATES = [  # schedule, by hand, optax's
    (constant(0.1), lambda step: 0.1, optax.constant_schedule(0.1)),
    (
        step_decay(0.1, factor=0.5, every=10),
        lambda step: 0.1 if step < 10 else 0.05 if step < 20 else 0.025,
        optax.exponential_decay(0.1, transition_steps=10, decay_rate=0.5, staircase=True),
    ),
    (
        exponential(0.1, factor=0.5, every=10),
        lambda step: 0.1 * 0.5 ** (step / 10),
        optax.exponential_decay(0.1, transition_steps=10, decay_rate=0.5),
    ),
    (
        cosine(0.1, steps=20, final=0.01),
        lambda step: 0.01 + 0.045 * (1 + np.cos(np.pi * step / 20)) if step < 20 else 0.01,
        optax.cosine_decay_schedule(0.1, decay_steps=20, alpha=0.1),
    ),
    (
        warm_up(step_decay(0.1, factor=0.5, every=10), steps=5),
        lambda step: 0.02 * (step + 1) if step < 5 else 0.1 if step < 15 else 0.05,
        optax.join_schedules(
            [
                optax.linear_schedule(0.02, 0.1, transition_steps=4),
                optax.exponential_decay(0.1, transition_steps=10, decay_rate=0.5, staircase=True),
            ],
            [5],
        ),
    ),
]


def test_every_schedule_is_checked():
    assert {type(row[0]) for row in RATES} == {
        one for _, one in inspect.getmembers(schedules, is_dataclass)
    }
    assert neurona.schedules is schedules


@pytest.mark.parametrize(("schedule", "expected", "its"), RATES, ids=steady)
def test_a_schedule_by_hand_and_optax(schedule, expected, its):
    steps = range(25)
    ours = [schedule(step) for step in steps]
    np.testing.assert_allclose(ours, [expected(step) for step in steps], rtol=1e-12)
    np.testing.assert_allclose(ours, [float(its(step)) for step in steps], rtol=1e-5)
    assert all(type(rate) is float for rate in ours)


def test_cosine_ends_at_zero_by_default():
    assert cosine(0.1, steps=10)(10) == 0.0
    assert cosine(0.1, steps=10)(1000) == 0.0


@pytest.mark.parametrize("engine", ["numpy", "jax"])
def test_training_calls_the_schedule_at_each_step(engine):
    X, y = np.array([[1.0], [2.0]]), np.array([1.0, 3.0])
    rates = [0.1, 0.05, 0.2, 0.01, 0.02]
    kept = {"start": network([1, 1], "linear").init(0), "engine": engine, "dtype": np.float32}
    net = network([1, 1], "linear")
    scheduled = train(net, X, y, optimizer=SGD(lambda step: rates[step]), steps=5, **kept)
    for step, (state, after) in enumerate(pairwise(scheduled)):
        *_, alone = train(
            net, X, y, optimizer=SGD(rates[step]), steps=1, **kept | {"start": state.params}
        )
        np.testing.assert_allclose(flatten(after.params), flatten(alone.params), rtol=1e-6)


@pytest.mark.parametrize("engine", ["numpy", "jax"])
@pytest.mark.parametrize("warms_up", [False, True])
def test_a_schedule_may_look_at_all_states_before_its_step(warms_up, engine):
    done, seen = 0, []

    def rate(step):
        seen.append(done)
        return 0.1

    optimizer = SGD(warm_up(rate, steps=2) if warms_up else rate)
    settings = {"optimizer": optimizer, "steps": 5, "engine": engine}
    for state in train(network([1, 1], "linear"), [[1.0], [2.0]], [1, 3], **settings):
        done = state.step
    assert seen[-5:] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("engine", ["numpy", "jax"])
@pytest.mark.parametrize("still", [0, 1])
def test_layer_with_a_tiny_rate_does_not_move(engine, still):
    net = network([2, 3, 1], "tanh", output="sigmoid")
    X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), [0, 1, 1, 0]
    rates = [0.5, constant(0.5)]
    rates[still] = 1e-12
    first, *_, last = train(net, X, y, optimizer=SGD(rates), steps=10, rng=0, engine=engine)
    moved = [
        abs(flatten((after,)) - flatten((before,))).max()
        for before, after in zip(first.params, last.params, strict=True)
    ]
    assert moved[still] < 1e-9
    assert moved[1 - still] > 1e-3


# A gradient that is too long


def test_clip_shortens_only_long_gradients():
    square = np.array(25.0)
    assert clip_factor(square, 1.0) == pytest.approx(0.2)
    assert clip_factor(square, 5.0) == 1.0
    assert clip_factor(square, 100.0) == 1.0
    assert clip_factor(np.zeros(()), 1.0) == 1.0


@pytest.mark.parametrize("engine", ["numpy", "jax"])
def test_clip_is_the_norm_of_the_first_step(engine):
    net = network([3, 4, 1], "tanh", output="linear")
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(10, 3)), 100 * rng.normal(size=10)
    steps = {}
    for clip in (None, 0.25, 1e9):
        before, after = train(
            net, X, y, optimizer=SGD(1.0), steps=1, clip=clip, rng=0, engine=engine
        )
        steps[clip] = flatten(after.params) - flatten(before.params)
    assert np.linalg.norm(steps[None]) > 1
    assert np.linalg.norm(steps[0.25]) == pytest.approx(0.25, rel=1e-5)
    np.testing.assert_allclose(steps[1e9], steps[None], rtol=1e-6)
    direction = steps[None] / np.linalg.norm(steps[None])
    np.testing.assert_allclose(steps[0.25], 0.25 * direction, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("optimizer", ["adam", "momentum"])
def test_no_subnormal_number_is_remembered(optimizer):
    """A mean of gradients that have become 0 shrinks to one, and a step takes twice the time."""
    net = neurona.network([3, 2], "linear")
    once, never = (np.ones((4, 3)), np.ones((4, 2))), (np.zeros((4, 3)), np.ones((4, 2)))
    *_, state = neurona.train(net, batches=[once, *[never] * 1200], epochs=1, optimizer=optimizer)
    for memory in state.optimizer_state:
        if np.ndim(memory):
            assert not ((memory != 0) & (abs(memory) < np.finfo(np.float32).tiny)).any()
    first = state.optimizer_state[-2 if optimizer == "adam" else 0]
    assert (first[:6] == 0).all()  # of W
