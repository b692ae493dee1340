"""A training that goes on from a state, and what its batches are: order, shares, epochs."""

from __future__ import annotations

import numpy as np
import pytest

import neurona
from neurona import network, train
from neurona.engine.batches import blocks
from neurona.engine.parameters import flatten
from tests.support.points import last
from tests.support.recording import RecordingCost

X = np.random.default_rng(0).normal(size=(12, 2)).astype(np.float32)
Y = np.arange(12.0)
NET = network([2, 3, 1], "tanh", output="linear")
STILL = neurona.sgd(1e-12)  # the weights stay what they are


def test_dropout_goes_on_from_a_state_with_the_noise_of_its_steps():
    net = network([2, 8, 1], "tanh", output="linear", dropout=0.5)
    whole = last(train(net, X, Y, steps=6, rng=0))
    half = last(train(net, X, Y, steps=3, rng=0))
    again = last(train(net, X, Y, steps=3, rng=0, start=half))
    assert again.step == 6
    np.testing.assert_array_equal(flatten(again.params), flatten(whole.params))


def test_a_schedule_and_the_epochs_go_on_from_a_state():
    rates = {step: 0.1 / (1 + step) for step in range(20)}
    settings = {"optimizer": neurona.sgd(rates.__getitem__), "batch_size": 6}
    first = last(train(NET, X, Y, epochs=2, rng=0, **settings))
    assert (first.step, first.epoch) == (4, 2)
    again = last(train(NET, X, Y, epochs=1, rng=0, start=first, **settings))
    assert (again.step, again.epoch) == (6, 3)
    slow = {"optimizer": neurona.sgd(lambda step: rates[step + 4]), "batch_size": 6}
    other = last(train(NET, X, Y, epochs=1, rng=0, start=first.params, **slow))
    np.testing.assert_array_equal(flatten(again.params), flatten(other.params))


def test_the_cost_of_an_epoch_is_the_mean_of_its_batches():
    first, epoch = train(NET, X, Y, epochs=1, batch_size=4, rng=0, optimizer=STILL, cost="mse")
    assert epoch.cost == pytest.approx(first.cost, rel=1e-5)


@pytest.mark.parametrize("size", [12, 13, 1000])
def test_a_batch_as_large_as_the_data_is_all_of_it(size):
    by_size = list(train(NET, X, Y, steps=3, batch_size=size, rng=0))
    whole = list(train(NET, X, Y, steps=3, rng=0))
    assert [(s.step, s.epoch, s.cost) for s in by_size] == [
        (s.step, s.epoch, s.cost) for s in whole
    ]


def test_an_epoch_is_over_with_its_last_batch_and_not_before():
    states = train(NET, X, Y, steps=6, every=1, batch_size=4, rng=0)
    assert [state.epoch for state in states] == [0, 0, 0, 1, 1, 1, 2]
    batches = [(X[:6], Y[:6]), (X[6:], Y[6:])]
    states = train(NET, batches=batches, epochs=2, every=1, rng=0)
    assert [state.epoch for state in states] == [0, 0, 1, 1, 2]


def orders_of(X, y, epochs, **settings):
    """Return the targets in the order in which each epoch takes them."""
    cost = RecordingCost()
    (*_,) = train(NET, X, y, cost=cost, optimizer=STILL, epochs=epochs, rng=0, **settings)
    first_cost, *steps = cost.targets
    steps = np.concatenate([first_cost[:0], *steps])
    return steps[: epochs * len(y)].reshape(epochs, len(y)).astype(int)


def test_each_epoch_takes_every_row_once_in_an_order_of_its_own():
    orders = orders_of(X, Y, 3, batch_size=4)
    assert [sorted(order) for order in orders.tolist()] == [list(range(12))] * 3
    assert len({tuple(order) for order in orders.tolist()}) == 3


def order_of(n, size, block, at_once, seed=0):
    batches = list(blocks(n, size, block, at_once, np.random.default_rng(seed)))
    assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1)
    order = np.concatenate(batches)
    assert sorted(order) == list(range(n))
    return order


def test_the_rows_of_a_file_are_shuffled_within_a_window():
    order = order_of(200, 10, block=50, at_once=4)
    assert (np.diff(order) == 1).sum() < 10  # of 199 pairs, about one by chance
    order = order_of(200, 10, block=200, at_once=1)
    assert (np.diff(order) == 1).sum() < 10


def test_the_blocks_of_a_file_come_in_random_order():
    order = order_of(200, 10, block=10, at_once=1)
    firsts = order.reshape(20, 10).min(axis=1)
    assert sorted(firsts) == list(range(0, 200, 10))
    assert list(firsts) != sorted(firsts)


def test_rows_left_over_in_a_window_come_in_the_next_batch():
    order_of(50, 8, block=5, at_once=2)
    order_of(10, 4, block=3, at_once=1)


def test_batch_normalization_remembers_rows_from_the_whole_of_a_long_table():
    n = 30_000  # sorted: its first third is far from the mean
    X = np.linspace(-1, 1, n, dtype=np.float32)[:, None]
    net = network([1, 2, 1], "tanh", output="linear", normalization="batch")
    state = last(train(net, X, X[:, 0], steps=1, rng=0))
    W, b = state.params[0]
    z = X @ W + b
    np.testing.assert_allclose(state.params[1].mean, z.mean(axis=0), atol=0.02)
    np.testing.assert_allclose(state.params[1].variance, z.var(axis=0), rtol=0.05)


def test_parameters_of_a_state_cannot_be_written():
    state = last(train(NET, X, Y, steps=1, rng=0))
    with pytest.raises(ValueError, match="read-only"):
        state.params[0].W[0, 0] = 1.0
