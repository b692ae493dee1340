"""A training that goes on from a state, and what its batches are: order, shares, epochs."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

import neurona
from neurona import network, train
from neurona.engine import orders
from neurona.engine.orders import blocks
from neurona.engine.parameters import flatten
from tests.support.points import last
from tests.support.recording import RecordingCost

X = np.random.default_rng(0).normal(size=(12, 2)).astype(np.float32)
Y = np.arange(12.0)
NET = network([2, 3, 1], "tanh", output="linear")
STILL = neurona.sgd(1e-12)  # the weights stay what they are


DROPOUT = network([2, 8, 1], "tanh", output="linear", dropout=0.5, normalization="batch")
WEIGHT = np.arange(12.0)


def assert_same(state, other):
    """Check that two states are the same to the last bit, what they draw from included."""
    assert (state.step, state.epoch) == (other.step, other.epoch)
    np.testing.assert_array_equal(flatten(state.params), flatten(other.params))
    for own, its in zip(state.optimizer_state, other.optimizer_state, strict=True):
        np.testing.assert_array_equal(own, its)
    assert state.randomness == other.randomness


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"batch_size": 5},
        {"batch_size": 4, "sample_weight": WEIGHT},
        {"batch_size": 5, "rng": None},
        {"batch_size": 5, "rng": [3, 4]},
        {"batch_size": 5, "rng": np.random.SeedSequence(5)},
        {"batch_size": 5, "rng": None, "seeds": [1, 2, 3]},
        {"batch_size": 5, "rng": None, "learning_rates": [0.1, 0.01]},
        {"rng": None, "seeds": [1, 2]},
    ],
    ids=str,
)
@pytest.mark.parametrize("net", [NET, DROPOUT], ids=["plain", "dropout"])
def test_going_on_is_what_it_was_without_a_stop(engine, net, settings):
    settings = {"rng": 0, "engine": engine, **settings}
    states = [*train(net, X, Y, steps=10, every=1, **settings)]
    settings |= {"rng": None, "seeds": None}
    for stop in (1, 3, 5):  # within the first epoch, at its end, within the second
        on = last(train(net, X, Y, steps=10 - stop, start=states[stop], **settings))
        assert_same(on, states[10])
        again = pickle.loads(pickle.dumps(states[stop]))
        again = last(train(net, X, Y, steps=2, start=again, **settings))
        assert_same(last(train(net, X, Y, steps=8 - stop, start=again, **settings)), states[10])


@pytest.mark.parametrize("bits", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_going_on_with_every_generator_of_numpy(bits):
    settings = {"batch_size": 5}
    rng = np.random.Generator(getattr(np.random, bits)(7))
    states = [*train(DROPOUT, X, Y, steps=10, every=1, rng=rng, **settings)]
    half = pickle.loads(pickle.dumps(states[4]))
    assert_same(last(train(DROPOUT, X, Y, steps=6, start=half, **settings)), states[10])
    assert_same(last(train(DROPOUT, X, Y, steps=6, start=half, rng=rng, **settings)), states[10])


def test_one_network_of_a_stack_goes_on_as_it_would_in_the_stack():
    net = network([2, 8, 1], "tanh", output="linear", dropout=0.5)
    settings = {"batch_size": 5}
    whole = last(train(net, X, Y, steps=9, seeds=[1, 2], **settings))
    half = last(train(net, X, Y, steps=4, seeds=[1, 2], **settings))
    one = last(train(net, X, Y, steps=5, start=half[1], **settings))
    np.testing.assert_allclose(flatten(one.params), flatten(whole[1].params), rtol=1e-4, atol=1e-6)
    assert one.randomness == whole[1].randomness


def test_the_same_seed_goes_on_and_another_draws_anew():
    settings = {"batch_size": 5}
    whole = last(train(DROPOUT, X, Y, steps=9, rng=0, **settings))
    half = last(train(DROPOUT, X, Y, steps=4, rng=0, **settings))
    assert_same(last(train(DROPOUT, X, Y, steps=5, start=half, rng=0, **settings)), whole)
    others = [last(train(DROPOUT, X, Y, steps=5, start=half, rng=k, **settings)) for k in (1, 1, 2)]
    flat = [flatten(state.params) for state in (whole, *others)]
    np.testing.assert_array_equal(flat[1], flat[2])
    assert abs(flat[0] - flat[1]).max() > 1e-3
    assert abs(flat[2] - flat[3]).max() > 1e-3


def test_the_same_generator_goes_on_and_is_not_touched():
    rng = np.random.default_rng(7)
    whole = last(train(NET, X, Y, steps=9, batch_size=5, rng=7))
    half = last(train(NET, X, Y, steps=4, batch_size=5, rng=rng))
    before = rng.bit_generator.state
    rng.random()  # whatever else it is used for
    again = last(train(NET, X, Y, steps=5, batch_size=5, start=half, rng=rng))
    np.testing.assert_array_equal(flatten(again.params), flatten(whole.params))
    rng.bit_generator.state = before


def test_another_batch_size_begins_an_epoch():
    half = last(train(NET, X, Y, steps=4, batch_size=5, rng=0))
    cost = RecordingCost()
    (*_,) = train(NET, X, Y, steps=3, batch_size=4, start=half, cost=cost, optimizer=STILL_ADAM)
    _, *steps = cost.targets
    assert sorted(np.concatenate(steps).ravel()) == [*range(12)]


STILL_ADAM = neurona.adam(1e-12)
LIST = [(X[:5], Y[:5]), (X[5:7], Y[5:7]), (X[7:], Y[7:])]


class Items:
    """Keras' PyDataset: a length and items."""

    def __len__(self):
        return len(LIST)

    def __getitem__(self, i):
        if i >= len(LIST):
            raise RuntimeError(i)
        return LIST[i]


@pytest.mark.parametrize(
    "batches", [LIST, lambda: iter(LIST), Items()], ids=["list", "iterator", "items"]
)
@pytest.mark.parametrize("stop", [1, 3, 4])
def test_going_on_with_batches_goes_on_within_the_pass(batches, stop, engine):
    net = network([2, 8, 1], "tanh", output="linear", dropout=0.5)
    settings = {"batches": batches, "engine": engine}
    states = [*train(net, steps=8, every=1, rng=0, **settings)]
    assert_same(last(train(net, steps=8 - stop, start=states[stop], **settings)), states[8])


def test_a_pass_of_another_length_begins_anew():
    half = last(train(NET, batches=LIST, steps=2, rng=0))
    cost = RecordingCost()
    (*_,) = train(NET, batches=LIST[:2], steps=2, start=half, cost=cost, optimizer=STILL_ADAM)
    assert [len(one) for one in cost.targets] == [5, 5, 2]


def test_a_pass_that_has_become_shorter_begins_anew():
    half = last(train(NET, batches=lambda: iter(LIST), steps=2, rng=0))
    state = last(train(NET, batches=lambda: iter(LIST[:1]), steps=2, start=half))
    assert (state.step, state.epoch) == (4, 2)


def test_an_iterator_goes_on_where_it_stands():
    batches = iter(LIST * 3)
    half = last(train(NET, batches=batches, steps=2, rng=0))
    assert last(train(NET, batches=batches, steps=2, start=half)).step == 4


@pytest.mark.parametrize("stop", [1, 2, 5])
def test_going_on_with_a_large_file(stop, tmp_path, monkeypatch):
    monkeypatch.setattr("neurona.engine.batches.LARGE", 1)
    X = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (1000, 2))
    X[:] = np.random.default_rng(0).normal(size=(1000, 2))
    settings = {"batch_size": 300}
    states = [*train(NET, X, X[:, 0], steps=10, every=1, rng=0, **settings)]
    again = last(train(NET, X, X[:, 0], steps=10 - stop, start=states[stop], **settings))
    assert_same(again, states[10])


def test_a_state_where_a_training_diverged_has_its_place_too():
    settings = {"batch_size": 5, "every": 4}
    wild = neurona.sgd(lambda step: 0.01 if step < 6 else 1e30)
    with pytest.raises(neurona.TrainingDiverged) as caught:
        (*_,) = train(NET, X, Y, steps=20, rng=0, optimizer=wild, **settings)
    calm = {"optimizer": neurona.sgd(0.01), **settings}
    whole = last(train(NET, X, Y, steps=10, rng=0, **calm))
    lost = caught.value.state
    assert 4 <= lost.step <= 7
    again = last(train(NET, X, Y, steps=10 - lost.step, start=lost, **calm))
    if lost.step <= 6:
        np.testing.assert_array_equal(flatten(again.params), flatten(whole.params))


def test_states_from_before_they_knew_what_they_draw_from_are_gone_on_with():
    half = last(train(NET, X, Y, steps=4, rng=0))
    old = replace(half, randomness=None)
    first, second = (last(train(NET, X, Y, steps=2, start=old, rng=3, batch_size=5)) for _ in "ab")
    np.testing.assert_array_equal(flatten(first.params), flatten(second.params))
    del old.__dict__["randomness"]  # as in a pickle of neurona 0.1
    assert pickle.loads(pickle.dumps(old)).randomness is None


@pytest.mark.parametrize(
    "rng",
    ["abc", -1, 1.5, True, [1, -2], {}, np.nan, b"x", np.random, [True, 1], object()],
    ids=lambda rng: type(rng).__name__,
)
def test_a_seed_is_checked(rng):
    for settings in ({"rng": rng}, {"seeds": [1, rng]}):
        with pytest.raises(ValueError, match=r"(rng|seeds\[1\]) is .*: give a seed"):
            train(NET, X, Y, steps=1, **settings)


def test_a_schedule_and_the_epochs_go_on_from_a_state():
    rates = {step: 0.1 / (1 + step) for step in range(20)}
    settings = {"optimizer": neurona.sgd(rates.__getitem__), "batch_size": 6}
    whole = last(train(NET, X, Y, epochs=3, rng=0, **settings))
    first = last(train(NET, X, Y, epochs=2, rng=0, **settings))
    assert (first.step, first.epoch) == (4, 2)
    again = last(train(NET, X, Y, epochs=1, start=first, **settings))
    assert (again.step, again.epoch) == (6, 3)
    assert_same(again, whole)
    slow = {"optimizer": neurona.sgd(lambda step: rates[step + 4]), "batch_size": 6}
    drawn = {"rng": 5, "epochs": 1}
    again = last(train(NET, X, Y, start=first, **drawn, **settings))
    other = last(train(NET, X, Y, start=first.params, **drawn, **slow))
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


def test_a_block_and_a_window_of_a_file_are_so_many_bytes(tmp_path, monkeypatch):
    file = np.memmap(tmp_path / "rows", np.float64, "w+", shape=(64, 2))
    monkeypatch.setattr(orders, "BLOCK", 4 * 16)
    monkeypatch.setattr(orders, "WINDOW", 2 * 4 * 16)
    order = np.concatenate([*orders.order_of(file, 64, 8, np.random.default_rng(0))])
    for together in order.reshape(8, 8):  # two blocks of four rows, in one order
        assert sorted(together)[::4] == sorted(k - k % 4 for k in together)[::4]
        assert list(together) != sorted(together)


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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("adam", "nadam"),
        ("nadam", "adamw"),
        ("adamw", "adam"),
        ("adam", "rmsprop"),
        ("sgd", "adam"),
    ],
)
def test_another_optimizers_memory_is_refused(engine, before, after):
    """Adam, AdamW and Nadam remember arrays of the same names and shapes."""
    half = last(train(NET, X, Y, steps=3, rng=0, optimizer=before, engine=engine))
    with pytest.raises(ValueError, match="start holds what another optimizer remembers"):
        train(NET, X, Y, start=half, optimizer=after, engine=engine)
    assert last(train(NET, X, Y, steps=1, start=half.params, optimizer=after)).step == 1
    same = getattr(neurona, before)(0.5)  # at another rate it is the same optimizer
    assert last(train(NET, X, Y, steps=1, start=half, optimizer=same, engine=engine)).step == 4


def statistics(params):
    """Return mean and variance of each batch normalization."""
    return [(one.mean, one.variance) for one in params if hasattr(one, "variance")]


def test_going_on_with_few_rows_keeps_the_statistics_of_those_before(engine):
    """The first layer's sums depend on its weights, which stand still here."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(2, 3, size=(1000, 2)), rng.normal(size=1000)
    net = network([2, 6, 1], "tanh", output="linear", normalization="batch")
    parts = [(X[a:b], y[a:b]) for a, b in ((0, 600), (600, 995), (995, 1000))]
    state = None
    settings = {"optimizer": STILL, "engine": engine, "rng": 0}
    for part in parts:
        state = last(train(net, batches=[part], start=state, **settings))
    assert state.rows_seen == 1000
    whole = last(train(net, X, y, steps=1, **settings))
    assert whole.rows_seen == 1000
    for own, its in zip(statistics(state.params), statistics(whole.params), strict=True):
        np.testing.assert_allclose(own, its, rtol=1e-4)
    # A table is all the data there is: those before have no part in it.
    few = last(train(net, *parts[-1], steps=1, start=whole, **settings))
    assert few.rows_seen == 5
    assert not np.allclose(few.params[1].mean, whole.params[1].mean, rtol=0.05)


def test_rows_that_weigh_nothing_are_not_seen():
    net = network([2, 3, 1], "tanh", output="linear", normalization="batch")
    state = last(train(net, batches=[(X, Y, [1.0] * 4 + [0.0] * 8)], rng=0))
    assert state.rows_seen == 4


def test_the_latest_ten_thousand_rows_count():
    """Earlier ones were seen by other weights; a training without a stop forgets them, too."""
    rng = np.random.default_rng(0)
    net = network([1, 2, 1], "tanh", output="linear", normalization="batch")
    old, new = rng.normal(size=(30_000, 1)), rng.normal(5, 1, size=(4_000, 1))
    settings = {"optimizer": STILL, "rng": 0}
    state = last(train(net, batches=[(old, old[:, 0])], **settings))
    assert state.rows_seen == 30_000  # which came in one batch
    state = last(train(net, batches=[(new, new[:, 0])], start=state, **settings))
    assert state.rows_seen == 10_000
    W, b = state.params[0]
    share = 0.4 * new.mean() + 0.6 * old.mean()
    np.testing.assert_allclose(state.params[1].mean, share * W[0] + b, rtol=1e-3, atol=1e-4)
