"""The state of a training in a file: it goes on in another process as if it had never stopped."""

from __future__ import annotations

import json
import sys
from collections import namedtuple

import numpy as np
import pytest
from safetensors.numpy import load_file

import neurona
from neurona import ModelFileError, network, train
from neurona.engine.optimizers import OPTIMIZERS
from neurona.engine.parameters import flatten
from neurona.engine.trees import each_of
from neurona.files import storage
from neurona.files.codec import DEEPEST, Misfit
from neurona.files.state import shapes_of, state_of
from tests.support import forks
from tests.support.points import last

X = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
Y = np.arange(30) % 2
NET = network([2, 4, 1], "tanh", output="sigmoid", dropout=0.3, normalization="batch")
SETTINGS = {"batch_size": 7}


def assert_same(state, other):
    """Check that two states are the same to the last bit, what they draw from included."""
    assert (state.step, state.epoch) == (other.step, other.epoch)
    np.testing.assert_array_equal(flatten(state.params), flatten(other.params))
    each_of(np.testing.assert_array_equal, state.optimizer_state, other.optimizer_state)
    assert state.randomness == other.randomness
    assert (state.optimizer, state.rows_seen) == (other.optimizer, other.rows_seen)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "half.safetensors"


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_a_state_of_every_optimizer_comes_back_and_goes_on(path, name):
    states = [*train(NET, X, Y, steps=12, every=1, rng=2**70, optimizer=name, **SETTINGS)]
    neurona.save(path, NET, states[6])
    net, state = neurona.load_state(path)
    assert net == NET
    assert type(state.optimizer_state) is type(states[6].optimizer_state)
    assert state.cost == states[6].cost
    assert_same(state, states[6])
    assert_same(
        last(train(net, X, Y, steps=6, start=state, optimizer=name, **SETTINGS)), states[12]
    )


def test_a_training_goes_on_in_another_process(path):
    states = [*train(NET, X, Y, steps=12, every=1, rng=0, **SETTINGS)]
    neurona.save(path, NET, states[5])
    code = f"""if True:
        import neurona, numpy as np
        net, state = neurona.load_state({str(path)!r})
        X = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
        *_, state = neurona.train(net, X, np.arange(30) % 2, steps=7, start=state, batch_size=7)
        neurona.save({str(path)!r}, net, state)
    """
    forks.run([sys.executable, "-c", code], check=True)
    assert_same(neurona.load_state(path)[1], states[12])


@pytest.mark.parametrize("bits", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_every_generator_of_numpy_comes_back(path, bits):
    rng = np.random.Generator(getattr(np.random, bits)([3, 2**80]))
    states = [*train(NET, X, Y, steps=9, every=1, rng=rng, **SETTINGS)]
    neurona.save(path, NET, states[3])
    state = neurona.load_state(path)[1]
    assert_same(last(train(NET, X, Y, steps=6, start=state, **SETTINGS)), states[9])


def test_a_state_file_is_read_as_a_network_too(path):
    state = last(train(NET, X, Y, steps=3, rng=0))
    neurona.save(path, NET, state, cost="cross_entropy", notes={"a": 1})
    net, params = neurona.load(path)
    assert net == NET
    np.testing.assert_array_equal(flatten(params), flatten(state.params))


def test_nothing_in_a_loaded_state_can_be_written(path):
    neurona.save(path, NET, last(train(NET, X, Y, steps=3, rng=0)))
    state = neurona.load_state(path)[1]

    def is_read_only(array):
        if np.ndim(array):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0
            with pytest.raises(ValueError, match="cannot set WRITEABLE"):
                array.setflags(write=True)

    each_of(is_read_only, (state.params, state.optimizer_state, neurona.load(path)[1]))


Pair = namedtuple("Pair", "a b")


class Custom:
    """An optimizer whose memory is a tree."""

    learning_rate = 0.1

    def __init__(self, remembered):
        self.remembered = remembered

    def init(self, theta):
        return self.remembered(0 * theta)

    def update(self, gradient, state, theta, rate):
        return -rate * gradient, state


@pytest.mark.parametrize(
    "remembered",
    [
        lambda v: v,
        lambda v: {"v": v, "t": 3, "more": [v, (v, 1.5)], "name": "x", "none": None},
        lambda v: Pair(v, 1),
        lambda v: (),
    ],
)
def test_a_custom_memory_comes_back(path, remembered):
    optimizer = Custom(remembered)
    state = last(train(NET, X, Y, steps=3, rng=0, optimizer=optimizer))
    neurona.save(path, NET, state)
    again = neurona.load_state(path)[1]
    assert_same(again, state)
    assert last(train(NET, X, Y, steps=3, start=again, optimizer=optimizer)).step == 6


@pytest.mark.parametrize(
    ("remembered", "said"),
    [
        (lambda v: v.astype(np.float16), "an array of float16: a file holds finite numbers of"),
        (lambda v: v + np.inf, "a file holds finite numbers of float32"),
        (lambda v: (object(),), "the optimizer remembers <object"),
        (lambda v: np.nan, "the optimizer remembers nan"),
        (lambda v: {1: v}, "the optimizer remembers"),
    ],
)
def test_a_memory_that_a_file_cannot_hold(path, remembered, said):
    state = last(train(NET, X, Y, steps=1, rng=0, optimizer=Custom(remembered)))
    with pytest.raises(ValueError, match=said):
        neurona.save(path, NET, state)
    assert not path.exists()


def test_the_state_of_a_stack_is_saved_network_by_network(path):
    stack = last(train(NET, X, Y, steps=3, seeds=[1, 2], **SETTINGS))
    with pytest.raises(ValueError, match=r"a file holds one network: .*state\[0\]"):
        neurona.save(path, NET, stack)
    neurona.save(path, NET, stack[1])
    assert_same(neurona.load_state(path)[1], stack[1])


def test_a_state_that_makes_no_sense_is_told():
    nested = {"kind": "tuple", "items": []}
    for _ in range(DEEPEST):
        nested = {"kind": "tuple", "items": [nested]}
    assert shapes_of({"optimizer": nested}) == {}
    with pytest.raises(Misfit, match=r"state\.optimizer is too deep: neurona reads \d+ levels"):
        shapes_of({"optimizer": {"kind": "tuple", "items": [nested]}})
    for given, said in (
        ({"optimizer_class": 3}, "optimizer_class is 3: it takes a text"),
        ({"cost": "low"}, "cost is 'low': it takes a number"),
        ({"step": 0, "epoch": 0, "optimizer": [1, 2]}, r"optimizer: .* has no kind"),
    ):
        with pytest.raises(Misfit, match=said):
            state_of(given, NET.init(0), {})


def test_a_file_without_a_state(path):
    neurona.save(path, NET, NET.init(0))
    with pytest.raises(ModelFileError, match=r"holds no state of a training: neurona\.load "):
        neurona.load_state(path)


def changed(path, change):
    """Write the file again, with another description, and the checksum of that."""
    with storage.opened(path) as (_, metadata):
        description = json.loads(metadata[storage.DESCRIPTION])
    change(description["state"])
    arrays = load_file(path)
    of_layers = ["W", "b", "gamma", "beta", "mean", "variance", "0", "1"]
    order = sorted(arrays, key=lambda n: (n[0], n.split(".")[1], of_layers.index(n.split(".")[-1])))
    path.write_bytes(storage.packed(json.dumps(description), {n: arrays[n] for n in order}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.update(step=-1), "state.step holds -1"),
        (lambda s: s.update(step=True), "state.step holds True"),
        (lambda s: s.pop("epoch"), "state.epoch holds None"),
        (lambda s: s.update(cost="low"), "state.cost is 'low'"),
        (lambda s: s.update(optimizer={"kind": "Magic", "items": []}), "should hold"),
        (lambda s: s["optimizer"].update(kind="Magic"), "is not known"),
        (lambda s: s["optimizer"].update(kind=["Moments"]), "is not known"),
        (lambda s: s["optimizer"].update(items=3), "should hold"),
        (lambda s: s["optimizer"]["items"].pop(0), "Moments has 2 items"),
        (lambda s: s["optimizer"]["items"][1].update(shape=[3]), "has shape"),
        (lambda s: s["optimizer"]["items"][1].update(shape="abc"), "is not an array"),
        (lambda s: s["optimizer"]["items"][1].update(array="layers.0.W"), "is not an array"),
        (lambda s: s["randomness"].update(taken=2**60), "cannot have been taken"),
        (lambda s: s["randomness"].update(generators=[]), "generator of one network"),
        (lambda s: s["randomness"].pop("size"), "state.randomness has"),
        (lambda s: s["randomness"]["generators"][0].update(bit_generator="system"), "not one of"),
        (lambda s: s["randomness"]["generators"][0].update(state=3), "not the state of a PCG64"),
        (lambda s: s["randomness"]["generators"][0]["state"].update(inc="x"), "not the state of"),
        (lambda s: s["randomness"]["generators"][0]["state"].update(inc=2**200), "not the state"),
        (lambda s: s["randomness"]["generators"][0]["seed"].update(pool_size=2**40), "a seed"),
        (lambda s: s["randomness"]["generators"][0]["seed"].update(entropy="x"), "not the state"),
        (lambda s: s["randomness"]["generators"][0]["seed"].update(more=1), "not the state of a"),
        (lambda s: s["randomness"].update(noise=["x"]), "holds 'x'"),
    ],
)
def test_a_state_that_was_altered_is_refused(path, change, said):
    neurona.save(path, NET, last(train(NET, X, Y, steps=3, rng=0, **SETTINGS)))
    changed(path, change)
    for read in (neurona.load_state, neurona.load):
        with pytest.raises(ModelFileError, match=said):
            read(path)
