"""A state never changes, and every public object can be pickled."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from neurona import State, network, train
from neurona.engine.parameters import flatten
from neurona.engine.trees import FrozenDict, each_of, frozen
from tests.support import forks
from tests.support.points import last

X = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)
Y = np.arange(20) % 2
NET = network([2, 4, 1], "tanh", output="sigmoid", dropout=0.3, normalization="batch")


def arrays_in(one, seen=()):
    """Return all arrays that can be reached from an object, through tuples, dicts and fields."""
    if isinstance(one, np.ndarray):
        return [one]
    if isinstance(one, tuple | list):
        parts = [*one]
    elif isinstance(one, dict):
        parts = [*one.values()]
    else:
        parts = [*vars(one).values()] if hasattr(one, "__dict__") else []
    return [array for part in parts for array in arrays_in(part)]


def mappings_in(one):
    if isinstance(one, dict):
        return [one, *(each for part in one.values() for each in mappings_in(part))]
    if isinstance(one, tuple | list):
        return [each for part in one for each in mappings_in(part)]
    return mappings_in([*vars(one).values()]) if hasattr(one, "__dict__") else []


class Tree:
    """An optimizer that remembers a tree, and writes into its own arrays."""

    learning_rate = 0.1

    def init(self, theta):
        return {"v": [0 * theta, (1, 0 * theta)]}

    def update(self, gradient, state, theta, rate):
        v, (n, w) = state["v"]
        if isinstance(v, np.ndarray):
            v += gradient
            return -rate * gradient, state
        return -rate * gradient, {"v": [v + gradient, (n + 1, w)]}


@cache
def trained(engine, optimizer, stack):
    settings = {"seeds": [1, 2]} if stack else {"rng": 0}
    optimizer = Tree() if optimizer == "tree" else optimizer
    states = train(NET, X, Y, steps=2, batch_size=6, optimizer=optimizer, engine=engine, **settings)
    return last(states)


@pytest.mark.parametrize("optimizer", ["adam", "momentum", "rmsprop", "nadam", "tree"])
@pytest.mark.parametrize("stack", [False, True], ids=["one", "stack"])
@pytest.mark.parametrize(
    "way",
    [
        lambda state: state,
        lambda state: pickle.loads(pickle.dumps(state)),
        copy.copy,
        copy.deepcopy,
        lambda state: replace(state, step=3),
        lambda state: state[1] if np.ndim(state.cost) else state,
    ],
    ids=["itself", "pickled", "copied", "deeply", "replaced", "of a stack"],
)
def test_nothing_in_a_state_can_be_written(engine, optimizer, stack, way):
    state = way(trained(engine, optimizer, stack))
    found = arrays_in(state)
    assert len(found) >= 8
    for array in found:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True
    for mapping in mappings_in(vars(state)["optimizer_state"]) + mappings_in(state.randomness):
        for write in ("__setitem__", "update", "setdefault", "pop", "clear", "popitem", "__ior__"):
            with pytest.raises(TypeError, match="nothing in a state can be written"):
                getattr(mapping, write)(*({"a": 1} if write in ("update", "__ior__") else "v"))
    with pytest.raises(AttributeError):
        state.step = 1


def test_a_state_does_not_change_with_the_training_that_made_it(engine):
    states = train(NET, X, Y, steps=6, every=1, rng=0, optimizer=Tree(), engine=engine)
    first = next(states)
    kept = pickle.dumps((first.params, first.optimizer_state))
    (*_,) = states
    assert pickle.dumps((first.params, first.optimizer_state)) == kept


def test_a_state_is_shown_without_its_arrays():
    net = network([2, 50, 1])
    *_, one = train(net, [[0, 1], [1, 0]], [0, 1], steps=2, rng=0)
    assert repr(one) == f"State(step=2, epoch=2, cost={one.cost:.4f})"
    *_, stack = train(net, [[0, 1], [1, 0]], [0, 1], steps=2, seeds=range(2))
    assert repr(stack) == "State(step=2, epoch=2, cost=[{:.4f}, {:.4f}])".format(*stack.cost)


def test_a_state_made_by_hand_keeps_what_it_was_given():
    params = NET.init(0)
    state = State(0, 0, params, {"v": [np.zeros(3)]}, np.ones(2))
    before = flatten(state.params)
    params[0].W[...] = 7
    np.testing.assert_array_equal(flatten(state.params), before)
    assert not any(array.flags.writeable for array in arrays_in(state))


def test_each_state_of_a_training_costs_no_copy_of_the_parameters():
    state = last(train(NET, X, Y, steps=1, rng=0))
    assert frozen(state.params) is state.params
    assert replace(state, step=7).params is state.params


def test_what_is_frozen_has_the_same_form():
    tree = {"a": [1, np.ones(2)], "b": (None, "x", np.float32(2))}
    kept = frozen(tree)
    assert isinstance(kept, FrozenDict)
    assert frozen(kept) is kept
    assert pickle.loads(pickle.dumps(kept)).keys() == tree.keys()
    again = each_of(lambda own, its: its, tree, kept)
    assert isinstance(again["a"], list)
    for other in ({"a": 1}, {"a": [1], "b": ()}, 3):
        with pytest.raises(ValueError):
            each_of(lambda own, its: its, tree, other)
    with pytest.raises(ValueError, match="one where"):
        each_of(lambda own, its: its, 1, (1,))


OBJECTS = """
import pickle
import neurona
from dataclasses import fields, is_dataclass
def made():
    yield neurona.network([2, 3, 1], "relu", output="sigmoid")
    yield neurona.network([2, 3, 1], ["gelu", "softmax"], dropout=0.2, normalization="batch")
    yield neurona.network([2, 3, 1], "relu").logits
    yield neurona.sgd(neurona.schedules.warm_up(neurona.schedules.cosine(0.1, 9), 3))
    yield neurona.sgd([0.1, 0.2])
    yield neurona.costs.Pinball(0.3)
    yield neurona.Sequential([neurona.Conv2D(3, 3, activation="relu"), neurona.Flatten()])
    yield [*neurona.train(neurona.network([1, 2, 1], "relu"), [[0], [1]], [0, 1], steps=1, rng=0)]
    yield neurona.TrainingDiverged(neurona.State(0, 0, (), None, 1.0), 1, 0.1, 0.01)
    yield neurona.NeuralNetClassifier(activation="relu")
    for module in (neurona.activations, neurona.costs, neurona.optimizers, neurona.initializers):
        for name in ("ACTIVATIONS", "COSTS", "OPTIMIZERS", "INITIALIZERS"):
            yield from getattr(module, name, {}).values()
    for one in {*neurona.costs.COSTS.values(), *neurona.optimizers.OPTIMIZERS.values()}:
        yield one()
    for make in vars(neurona.schedules).values():
        if isinstance(make, type) and is_dataclass(make):
            yield make(*(neurona.schedules.constant(0.1) if f.name == "then" else 1
                         for f in fields(make)))
    for layer in neurona.layers.LAYERS.values():
        for given in ((), (3,), ("tanh",), (0.5,), (2, 3), ([neurona.Dense(2, "relu")],),
                      ([neurona.Dense(2, "relu")], 3)):
            try:
                one = layer(*given)
            except (TypeError, ValueError):
                continue
            yield one
            break
        else:
            raise SystemExit(f"no {layer}")
    yield neurona.activations.relu.function
for one in made():
    again = pickle.loads(pickle.dumps(one))
    if hasattr(one, "activation") and isinstance(one, neurona.Layer):
        assert again.activation is one.activation, one
    if is_dataclass(one) and not isinstance(one, neurona.State):
        assert again == one, one
"""


def test_every_public_object_is_pickled_after_import_neurona_alone():
    code = f"import warnings\nwarnings.simplefilter('ignore')\n{OBJECTS}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_custom_activation_is_pickled_by_its_module(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import neurona\n\n@neurona.activation(gain=1.0)\ndef cubed(z):\n"
        "    return z**3, lambda da: da * 3 * z**2\n"
    )
    make = "import mine, neurona, pickle; net = neurona.network([1, 2, 1], 'cubed')"

    def printed(code):
        done = forks.run(
            [sys.executable, "-c", code], check=True, cwd=tmp_path, capture_output=True, text=True
        )
        return done.stdout.strip()

    given = printed(f"{make}; print(pickle.dumps(net))")
    assert "cubed" in printed(f"import neurona, pickle; print(pickle.loads({given}))")


def test_no_array_of_a_state_can_be_made_writable(engine):
    given = NET.init(0)
    for array in arrays_in(given):
        array.setflags(write=False)  # who owns an array may take that back
    views = [array[...] for array in arrays_in(NET.init(0))]
    for view in views:
        view.setflags(write=False)
    trained = last(train(NET, X, Y, steps=2, start=given, engine=engine))
    made = State(0, 0, given, tuple(views), np.array([0.5]))
    for array in arrays_in((vars(trained), vars(made), vars(replace(trained, step=3)))):
        with pytest.raises(ValueError, match="cannot set WRITEABLE"):
            array.setflags(write=True)
