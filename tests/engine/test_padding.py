"""The cost of padded series: padding does not count, however much of it there is."""

from __future__ import annotations

import numpy as np
import pytest

import neurona
from neurona import GRU, LSTM, Conv1D, Embedding, Masked, Network, bidirectional, transformer_block
from neurona.engine.costs import find_cost
from neurona.engine.objective import Objective
from neurona.engine.parameters import arrays

STEPS, REAL = 6, 3
SERIES = {
    "a recurrence": [LSTM(3, return_sequences=True, mask_zero=True)],
    "both directions": [bidirectional(GRU(2, return_sequences=True, mask_zero=True))],
    "attention": [transformer_block(4, 2, mask_zero=True)],
    "a masked convolution": [Masked([Conv1D(3, size=1)])],
    "an embedding": [Embedding(5, 3, mask_zero=True), GRU(3, return_sequences=True)],
}
every_start = pytest.mark.parametrize("start", SERIES)


def network(start, steps):
    shape = (steps,) if start == "an embedding" else (steps, 4)
    return Network([*SERIES[start], Conv1D(1, size=1)], in_shape=shape)


def examples(start, n=4):
    """Return series of three steps, and targets."""
    rng = np.random.default_rng(0)
    shape = (n, REAL) if start == "an embedding" else (n, REAL, 4)
    X = rng.integers(1, 5, shape) if start == "an embedding" else rng.normal(size=shape)
    return X.astype(float), rng.normal(size=(n, REAL, 1))


def padded(x, value=0.0):
    return np.concatenate([x, np.full((len(x), STEPS - REAL, *x.shape[2:]), value)], axis=1)


@every_start
@pytest.mark.parametrize("weight", [None, np.array([1.0, 0.0, 3.0, 0.5])])
def test_padding_changes_neither_cost_nor_gradient(start, weight):
    X, y = examples(start)
    short, long = network(start, REAL), network(start, STEPS)
    params = short.init(0, dtype=np.float64)
    costs, grads = zip(
        *(
            Objective(net, find_cost("mse", net)).value_and_gradient(
                params, X, y.reshape(len(y), -1), weight
            )
            for net, X, y in ((short, X, y), (long, padded(X), padded(y, 100.0)))
        ),
        strict=True,
    )
    assert costs[0] == pytest.approx(costs[1], rel=1e-12)
    for one, other in zip(*map(arrays, grads), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_each_series_counts_alike_whatever_its_length():
    net = network("a recurrence", STEPS)
    X, y = examples("a recurrence", 2)
    X, y = padded(X), padded(y)
    X[1, 1:] = 0  # one step
    params = net.init(0)
    error = (net.predict(params, X) - y) ** 2
    expected = (error[0, :REAL].mean() + error[1, 0]) / 2
    state = next(neurona.train(net, X, y, start=params, cost="mse", steps=1))
    assert state.cost == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("engine", ["numpy", "jax"])
@pytest.mark.parametrize("start", ["a recurrence", "an embedding"])
def test_training_is_that_without_padding(start, engine):
    """Batches of 3 of 4: the last is filled up with an example that weighs nothing."""
    X, y = examples(start)
    short, long = (network(start, REAL), X, y), (network(start, STEPS), padded(X), padded(y, 100.0))
    ends = []
    for net, inputs, targets in (short, long):
        *_, end = neurona.train(
            net, inputs, targets, cost="mse", batch_size=3, steps=6, rng=0, engine=engine,
            start=network(start, REAL).init(0),
        )  # fmt: skip
        ends.append(end)
    assert ends[0].cost == pytest.approx(ends[1].cost, rel=1e-4)
    for one, other in zip(*(arrays(end.params) for end in ends), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_stack_of_networks_leaves_padding_out_as_well():
    net = network("a recurrence", STEPS)
    X, y = examples("a recurrence")
    X, y = padded(X), padded(y, 100.0)
    *_, stack = neurona.train(net, X, y, cost="mse", seeds=[0, 1], steps=3)
    for k in range(2):
        *_, alone = neurona.train(net, X, y, cost="mse", rng=k, steps=3)
        assert stack[k].cost == pytest.approx(alone.cost, rel=1e-5)
