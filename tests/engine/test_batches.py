"""Where batches come from: made elsewhere, or from files that are not read whole."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import count, islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import neurona
from neurona.engine import batches, streams
from neurona.engine.orders import blocks
from neurona.engine.parameters import flatten
from tests.support.points import NET, examples, last


def cut(X, y, size):
    return [(X[i : i + size], y[i : i + size]) for i in range(0, len(X), size)]


# Batches from elsewhere


@pytest.mark.parametrize("engine", ["numpy", "jax"])
def test_batches_train_like_the_whole_arrays(engine):
    if engine == "jax":
        pytest.importorskip("jax")
    X, y = examples(100)
    weight = np.linspace(0.5, 2, len(X)).astype(np.float32)
    settings = {"start": NET.init(0), "epochs": 3, "engine": engine}
    arrays = [*neurona.train(NET, X, y, sample_weight=weight, batch_size=32, rng=7, **settings)]
    rng = np.random.default_rng(7)

    def one_pass():
        order = rng.permutation(len(X))
        for begin in range(0, len(X), 32):
            rows = order[begin : begin + 32]
            yield X[rows], y[rows], weight[rows]

    streamed = [*neurona.train(NET, batches=one_pass, **settings)]
    assert [(s.step, s.epoch) for s in streamed] == [(s.step, s.epoch) for s in arrays]
    for one, other in zip(streamed[1:], arrays[1:], strict=True):
        assert one.cost == pytest.approx(other.cost, rel=1e-5)
        np.testing.assert_allclose(flatten(one.params), flatten(other.params), rtol=1e-4, atol=1e-6)


class Loader:
    """Keras calls it a PyDataset: a length, and batches by number."""

    def __init__(self, batches):
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, i):
        return self.batches[i]


@pytest.mark.parametrize("kind", [list, tuple, Loader, lambda b: lambda: iter(b)])
def test_lists_loaders_and_functions_give_batches(kind):
    given = cut(*examples(70), 20)
    steps = [(s.step, s.epoch) for s in neurona.train(NET, batches=kind(given), epochs=2, rng=0)]
    assert steps == [(0, 0), (4, 1), (8, 2)]


def test_pytorch_loader_gives_batches():
    torch = pytest.importorskip("torch")
    X, y = map(torch.from_numpy, examples(70))
    data = torch.utils.data.TensorDataset(X, y)
    loader = torch.utils.data.DataLoader(data, batch_size=20, shuffle=True)
    assert last(neurona.train(NET, batches=loader, epochs=2, rng=0)).step == 8


def test_batches_are_passed_over_once_by_default():
    given = cut(*examples(70), 20)
    assert last(neurona.train(NET, batches=given, rng=0)).step == 4
    assert last(neurona.train(NET, batches=iter(given), rng=0)).step == 4


def test_states_within_and_across_epochs():
    given = cut(*examples(70), 20)
    states = [*neurona.train(NET, batches=given, steps=11, every=3, rng=0)]
    assert [(s.step, s.epoch) for s in states] == [(0, 0), (3, 0), (6, 1), (9, 2), (11, 2)]
    states = [*neurona.train(NET, batches=given, epochs=2, every=3, rng=0)]
    assert [(s.step, s.epoch) for s in states] == [(0, 0), (3, 0), (6, 1), (8, 2)]


@pytest.mark.parametrize("held", [1, 2000, 10**9])
def test_the_number_of_held_batches_does_not_change_the_result(held, monkeypatch):
    monkeypatch.setattr(streams, "HELD", held)
    given = cut(*examples(300), 20)
    states = [*neurona.train(NET, batches=given, epochs=3, every=8, rng=0)]
    assert [s.step for s in states] == [0, 8, 16, 24, 32, 40, 45]
    assert states[-1].cost == pytest.approx(0.6, abs=0.2)
    whole = [*neurona.train(NET, batches=given, epochs=3, every=45, rng=0)]
    np.testing.assert_array_equal(flatten(states[-1].params), flatten(whole[-1].params))


def test_few_batches_are_drawn_ahead(monkeypatch):
    monkeypatch.setattr(streams, "HELD", 1000)
    drawn = []

    def endless():
        for i in count():
            drawn.append(i)
            yield examples(20, seed=i)

    states = neurona.train(NET, batches=endless(), steps=math.inf, every=4, rng=0)
    steps = [state.step for state in islice(states, 6)]
    assert steps == [0, 4, 8, 12, 16, 20]
    assert len(drawn) <= 22  # one more is asked for, to know whether the pass is over


def test_exhausted_iterator_ends_the_training():
    given = cut(*examples(70), 20)
    states = [*neurona.train(NET, batches=iter(given), steps=100, every=3, rng=0)]
    assert [(s.step, s.epoch) for s in states] == [(0, 0), (3, 0), (4, 1)]


def test_training_continues_with_other_batches():
    given = cut(*examples(80), 20)
    first = last(neurona.train(NET, batches=given, epochs=1, rng=0))
    second = last(neurona.train(NET, batches=given, epochs=1, start=first))
    both = last(neurona.train(NET, batches=given, epochs=2, rng=0))
    assert (second.step, second.epoch) == (both.step, both.epoch)
    np.testing.assert_array_equal(flatten(second.params), flatten(both.params))


def test_divergence_with_batches_is_diagnosed():
    X, y = examples(100)
    net = neurona.network([3, 4, 1], "relu", output="linear")
    given = cut(X, 1e3 * y, 20)
    with pytest.raises(neurona.TrainingDiverged, match="learning rate") as caught:
        last(neurona.train(net, batches=given, epochs=50, optimizer=neurona.sgd(100.0), rng=0))
    assert np.isfinite(flatten(caught.value.state.params)).all()
    assert caught.value.suggested_rate < 100


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"X": [[0.0] * 3]}, "give X within the batches"),
        ({"y": [1]}, "give y within the batches"),
        ({"sample_weight": [1]}, "give sample_weight within the batches"),
        ({"batch_size": 3}, "leave batch_size out"),
        ({"batches": 3}, "batches is a int: give a list of batches"),
        ({"steps": 3, "epochs": 3}, "give steps or epochs, not both"),
        ({"batches": iter([]), "epochs": 2}, "can be gone through once, and epochs is 2"),
    ],
)
def test_arguments_that_exclude_batches(settings, said):
    with pytest.raises(ValueError) as caught:
        neurona.train(NET, **{"batches": cut(*examples(40), 20), **settings})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("batch", "said"),
    [
        (np.zeros((4, 3)), "batch 2 is a ndarray: each batch must be (X, y)"),
        ((np.zeros((4, 3)),), "batch 2 is a tuple: each batch must be (X, y)"),
        ((np.zeros((4, 2)), np.zeros(4)), "batch 2: X has shape (4, 2)"),
        ((np.full((4, 3), np.nan), np.zeros(4)), "batch 2: X[0, 0] is nan"),
        ((np.zeros((4, 3)), np.zeros(3)), "batch 2: y has shape (3,), but X has 4 rows"),
        ((np.zeros((0, 3)), np.zeros(0)), "batch 2: X has no rows"),
    ],
)
def test_wrong_batch_is_named(batch, said):
    with pytest.raises(ValueError) as caught:
        last(neurona.train(NET, batches=[examples(20), batch]))
    assert said in str(caught.value)


def test_empty_batches_are_refused():
    with pytest.raises(ValueError, match="give at least one"):
        next(neurona.train(NET, batches=[]))


def test_function_that_returns_the_same_iterator_raises():
    once = iter(cut(*examples(40), 20))
    with pytest.raises(ValueError, match="must make a new iterator each time"):
        last(neurona.train(NET, batches=lambda: once, epochs=2))


# Files


@given(
    n=st.integers(1, 300),
    size=st.integers(1, 50),
    block=st.integers(1, 40),
    at_once=st.integers(1, 5),
    seed=st.integers(0, 5),
)
def test_each_row_of_a_file_comes_once_an_epoch(n, size, block, at_once, seed):
    batches = list(blocks(n, size, block, at_once, np.random.default_rng(seed)))
    assert sorted(np.concatenate(batches).tolist()) == list(range(n))
    assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1)
    assert 1 <= len(batches[-1]) <= size


def test_file_is_read_in_blocks_and_reshuffled_each_epoch():
    rng = np.random.default_rng(0)
    one, other = (np.concatenate([*blocks(1000, 16, 10, 5, rng)]) for _ in range(2))
    assert (one != other).mean() > 0.9
    for order in (one, other):
        assert not np.array_equal(order[:50], np.sort(order[:50]))
        assert len(set(order[:50] // 10)) == 5  # five blocks at a time, and all of their rows


def test_large_file_streams_all_its_rows(file_of):
    X, y = examples(400)
    X[:, 0] = np.arange(400)
    source = batches.source_of(
        NET, file_of(X), file_of(y, "y.npy"), None, None, 32, np.float32, [np.random.default_rng(0)]
    )
    assert isinstance(source, streams.Stream)
    source.steps(epochs=2)
    passes = [[one for _, chunk, _ in source.chunks(math.inf) for one in chunk] for _ in range(2)]
    orders = [np.concatenate([batch.x[:, 0] for batch in one]).astype(int) for one in passes]
    for order, one in zip(orders, passes, strict=True):
        assert sorted(order.tolist()) == list(range(400))
        np.testing.assert_array_equal(
            np.concatenate([batch.target[:, 0] for batch in one]), y[order]
        )
    assert (orders[0] != orders[1]).any()


@pytest.mark.parametrize("engine", ["numpy", "jax"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_training_on_a_large_file(file_of, engine, dtype):
    if engine == "jax":
        pytest.importorskip("jax")
    X, y = examples(600)
    X = (2 * X).round().astype(dtype)
    y = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
    settings = {"epochs": 40, "batch_size": 32, "rng": 0, "engine": engine}
    settings["optimizer"] = neurona.adam(0.03)
    state = last(neurona.train(NET, file_of(X), y, **settings))
    assert (state.step, state.epoch) == (40 * 19, 40)
    right = neurona.observe.accuracy(NET.predict(state.params, X), y)
    assert right > 0.85
    assert last(neurona.train(NET, file_of(X), y, **settings)).cost == state.cost  # the same seed


def test_sample_weights_with_a_file(file_of):
    X, y = examples(400)
    wrong = np.where(np.arange(400) < 200, 1 - y, y)
    weight = (np.arange(400) >= 200).astype(float)
    settings = {"epochs": 60, "batch_size": 32, "rng": 0, "optimizer": neurona.adam(0.03)}
    state = last(neurona.train(NET, file_of(X), wrong, sample_weight=weight, **settings))
    assert neurona.observe.accuracy(NET.predict(state.params, X), y) > 0.9


def test_small_file_is_an_array(tmp_path):
    X, y = examples(300)
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    for batch_size in (None, 32):
        settings = {"steps": 5, "batch_size": batch_size, "rng": 0}
        one = last(neurona.train(NET, mapped, y, **settings))
        other = last(neurona.train(NET, X, y, **settings))
        np.testing.assert_array_equal(flatten(one.params), flatten(other.params))


def test_error_in_a_file_names_the_row(file_of):
    X, y = examples(400)
    with pytest.raises(ValueError, match=r"y has shape \(399,\), but X has 400 rows"):
        neurona.train(NET, file_of(X), y[:-1], batch_size=32)
    with pytest.raises(ValueError, match=r"X has shape \(1, 2\)"):
        neurona.train(NET, file_of(X[:, :2]), y, batch_size=32)
    X[137, 2] = np.nan
    with pytest.raises(ValueError, match=r"X\[137, 2\] is nan"):
        last(neurona.train(NET, file_of(X), y, batch_size=32))


# The memory that a training takes

LIMITED = """
import resource, sys
import numpy as np
import neurona
{imports}
def train(X, y):
    {train}
rng = np.random.default_rng(0)
small = rng.normal(size=(3000, 30)).astype(np.float32)
train(small, (small[:, 0] > 0).astype(np.int64))  # what the libraries take for themselves
X = np.load({path!r}, mmap_mode="r")
y = (np.arange(len(X)) % 2).astype(np.int64)
status = dict(line.split(":") for line in open("/proc/self/status"))
held = int(status["VmData"].split()[0]) * 1024
limit = held + {room} * 2**20
assert X.nbytes > {room} * 2**20, "the table must not fit"
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
if {whole}:
    X = np.array(X)
train(X, y)
print("trained")
"""


ENGINE = """
    net = neurona.network([30, 16, 1], "relu", output="sigmoid")
    states = list(neurona.train(net, X, y, epochs=1, batch_size=1024, rng=0))
    assert np.isfinite(states[-1].cost) and states[-1].epoch == 1
"""


ESTIMATOR = """
    net = neurona.NeuralNetClassifier(16, batch_size=1024, epochs=1, preprocess={preprocess!r})
    net.fit(X, y)
    assert np.isfinite(net.loss_) and len(net.predict(X)) == len(X)
"""


def limited(path, train, room, whole=False):
    """Train in a process of its own, which may hold so many megabytes more than it does."""
    code = LIMITED.format(
        imports="neurona.NeuralNetClassifier" if "Classifier" in train else "",
        train=train.strip(),
        path=str(path),
        room=room,
        whole=whole,
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def table_on_disk(path, megabytes):
    """Write a table of 30 columns, without ever holding it."""
    rows = megabytes * 2**20 // 120
    file = np.lib.format.open_memmap(path, "w+", np.float32, (rows, 30))
    rng = np.random.default_rng(0)
    for begin in range(0, rows, 50_000):
        part = file[begin : begin + 50_000]
        part[:] = rng.standard_normal(part.shape, np.float32)
    file.flush()
    return path


needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA is Linux's")


TRAININGS = {
    "engine": ENGINE,
    "as it is": ESTIMATOR.format(preprocess=None),
    "prepared": ESTIMATOR.format(preprocess="auto"),
}


@needs_proc
@pytest.mark.parametrize(
    "name", ["engine", "as it is", pytest.param("prepared", marks=pytest.mark.long)]
)
def test_training_on_a_file_needs_less_memory_than_its_size(name, tmp_path):
    path = table_on_disk(tmp_path / "table.npy", 96)
    done = limited(path, TRAININGS[name], room=72)
    assert done.stdout == "trained\n", done.stderr
    if name == "engine":  # the limit is one
        assert "MemoryError" in limited(path, TRAININGS[name], room=72, whole=True).stderr


@needs_proc
@pytest.mark.long
@pytest.mark.parametrize("name", TRAININGS)
def test_training_on_600_megabytes_needs_250(name, tmp_path):
    path = table_on_disk(tmp_path / "table.npy", 600)
    done = limited(path, TRAININGS[name], room=250)
    assert done.stdout == "trained\n", done.stderr


def test_an_example_of_a_stack_counts_where_one_of_its_networks_weighs_it():
    x, weight = np.arange(6.0).reshape(2, 3, 1), np.array([[1.0, 0, 0], [0, 0, 2.0]])
    data = batches.Data(x, np.zeros((2, 3, 1)), weight)
    np.testing.assert_array_equal(batches.population(data).x[..., 0], [[0, 2], [3, 5]])


def test_batches_without_weights_beside_some_with_weights_weigh_one():
    one, other = (
        batches.Data(np.ones((2, 1)), np.ones((2, 1)), w) for w in (None, np.full(2, 3.0))
    )
    np.testing.assert_array_equal(streams.together([one, other]).weight, [1, 1, 3, 3])
