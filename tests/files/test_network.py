"""A network in a file: it comes back as it was, and of a damaged file it is said what is wrong."""

import hashlib
import io
import json
import os
import re
import tracemalloc
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import neurona
from neurona.engine.activations import ACTIVATIONS, Activation
from neurona.engine.costs import Cost, Huber, Pinball, Poisson, SquaredError
from neurona.engine.initializers import INITIALIZERS
from neurona.engine.layers import LAYERS
from neurona.engine.parameters import flatten
from neurona.files import ModelFileError
from neurona.files.codec import form_of
from neurona.files.network import read

STORED = Path(__file__).parent.parent / "data" / "version-1.safetensors"
STORED_ANSWERS = [0.99008, 0.0025160, 0.99008]
STORED_FURTHER = [
    [0.007429, 0.991672, 0.000899],
    [0.000846, 0.375094, 0.624060],
    [0.000163, 0.000892, 0.998945],
]


class SquaredMore(SquaredError):
    """A cost of one's own."""


def net_of(hidden="tanh", output="softmax", **options):
    return neurona.network([2, 3, 3], [hidden, output], **options)


@pytest.fixture(scope="module")
def data():
    """Return the bytes of a good file."""
    net, buffer = net_of(), io.BytesIO()
    neurona.save(buffer, net, net.init(rng=1), cost="cross_entropy", notes={"step": 3})
    return buffer.getvalue()


@pytest.fixture(scope="module")
def first():
    """Return the bytes of a good file of version 1."""
    return STORED.read_bytes()


@pytest.fixture(scope="module")
def second():
    """Return the bytes of a good file of version 2."""
    return STORED.with_name("version-2.safetensors").read_bytes()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("models") / "model.safetensors"


def loaded(data, place):
    place.write_bytes(data)
    return read(place)


def refused(data, place):
    with pytest.raises(ModelFileError) as error:
        loaded(data, place)
    assert str(place) in str(error.value)
    return str(error.value)


def parts_of(data):
    """Return a file's description and its arrays."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    return json.loads(header["__metadata__"]["neurona"]), safetensors.numpy.load(data)


def made_of(config, arrays):
    """Write a file with a right checksum, whatever stands in it."""
    text = config if isinstance(config, str) else json.dumps(config)
    sum_ = hashlib.sha256(text.encode())
    order = ["W", "b", "gamma", "beta", "mean", "variance"]
    places = {
        name: (name.rpartition(".")[0], order.index(name.rpartition(".")[2]))
        for name in arrays
        if "." in name
    }
    for name in sorted(arrays, key=lambda name: places.get(name, (name, 0))):
        sum_.update(arrays[name].tobytes())
    return safetensors.numpy.save(arrays, metadata={"neurona": text, "sha256": sum_.hexdigest()})


# There and back


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_activation_comes_back(name, dtype, tmp_path):
    net = neurona.network([3, 5, 4, 2], [name, "tanh", name], initializer="uniform")
    params = net.init(rng=0, dtype=dtype)
    neurona.save(tmp_path / "m.safetensors", net, params)
    again, weights = neurona.load(tmp_path / "m.safetensors")
    assert again == net
    assert flatten(weights).dtype == dtype
    np.testing.assert_array_equal(flatten(weights), flatten(params))
    X = np.random.default_rng(0).normal(size=(7, 3))
    np.testing.assert_array_equal(again.predict(weights, X), net.predict(params, X))


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_every_initializer_comes_back(name, tmp_path):
    net = net_of(initializer=name, bias_initializer=name if name == "uniform" else "zeros")
    neurona.save(tmp_path / "m", net, net.init(rng=0))
    again, _ = neurona.load(tmp_path / "m")
    np.testing.assert_array_equal(flatten(again.init(rng=5)), flatten(net.init(rng=5)))


def test_cost_notes_and_version_come_back(data, place):
    model = loaded(data, place)
    assert model.cost == neurona.costs.CategoricalCrossEntropy()
    assert model.notes == {"step": 3}
    assert model.version == neurona.__version__
    net = net_of()
    neurona.save(place, net, net.init(rng=0))
    assert read(place)[2:4] == (None, {})


@pytest.mark.parametrize(
    ("cost", "output", "written"),
    [
        (SquaredError(), "linear", {"kind": "mse"}),
        (Poisson(), "exp", {"kind": "poisson"}),
        (Huber(), "linear", {"kind": "huber", "delta": 1.0}),
        (Huber(delta=2), "linear", {"kind": "huber", "delta": 2.0}),
        (Pinball(np.float64(0.9)), "tanh", {"kind": "pinball", "quantile": 0.9}),
    ],
    ids=str,
)
def test_costs_and_their_settings_come_back(cost, output, written, place):
    net = net_of(output=output)
    neurona.save(place, net, net.init(rng=0), cost=cost)
    assert read(place).cost == cost
    assert parts_of(place.read_bytes())[0]["cost"] == written


@given(st.floats(0, 1, exclude_min=True, exclude_max=True) | st.floats(1e-9, 1e9).map(Huber))
def test_any_setting_of_a_cost_comes_back_from_json(given_setting):
    cost = given_setting if isinstance(given_setting, Huber) else Pinball(given_setting)
    write, read_back = form_of(Cost)
    assert read_back(json.loads(json.dumps(write(cost, "cost"))), "cost") == cost


def test_a_training_goes_on_from_a_file(tmp_path):
    X, y = neurona.datasets.blobs(n=60, rng=0)
    net = net_of()
    *_, state = neurona.train(net, X, y, steps=20, rng=0)
    neurona.save(tmp_path / "m", net, state.params)
    again, params = neurona.load(tmp_path / "m")
    assert not params[0].W.flags.writeable
    *_, after = neurona.train(again, X, y, steps=50, start=params)
    assert after.cost < state.cost


def test_the_file_is_safetensors_and_others_can_read_it(data):
    arrays = safetensors.numpy.load(data)
    assert {name: array.shape for name, array in arrays.items()} == {
        "layers.0.W": (2, 3), "layers.0.b": (3,), "layers.1.W": (3, 3), "layers.1.b": (3,),
    }  # fmt: skip
    np.testing.assert_array_equal(arrays["layers.1.W"], net_of().init(rng=1)[1].W)


def furnished(**options):
    """Return a network with all kinds of layers."""
    dense, linear = neurona.Dense, ACTIVATIONS["linear"]
    return neurona.Network(
        (
            dense(3, linear), neurona.BatchNormalization(ACTIVATIONS["gelu"], 1e-3),
            neurona.Dropout(0.25), dense(4), neurona.LayerNormalization(),
            dense(3, ACTIVATIONS["softmax"], gain=1.0),
        ),
        in_shape=2,
    )  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_layer_comes_back(dtype, place):
    net = furnished()
    X, y = neurona.datasets.blobs(n=60, rng=0)
    *_, state = neurona.train(net, X, y, steps=9, every=9, rng=0, dtype=dtype)
    neurona.save(place, net, state.params)
    again, params = neurona.load(place)
    assert again == net
    assert [type(own) for own in params] == [type(own) for own in state.params]
    assert flatten(params).dtype == dtype
    np.testing.assert_array_equal(flatten(params), flatten(state.params))
    np.testing.assert_array_equal(again.predict(params, X), net.predict(state.params, X))
    *_, on = neurona.train(again, X, y, steps=30, every=30, start=params)
    assert on.cost < state.cost


def test_a_file_says_each_layer_by_its_kind_and_fields_and_where_its_arrays_are(place):
    neurona.save(place, furnished(), furnished().init(rng=0))
    config, arrays = parts_of(place.read_bytes())
    assert (config["format"], config["model"]["kind"]) == (3, "Network")
    assert {name: array.shape for name, array in arrays.items() if ".1." in name} == {
        f"layers.1.{name}": (3,) for name in ("gamma", "beta", "mean", "variance")
    }
    assert config["model"]["layers"][1:3] == [
        {"kind": "BatchNormalization", "activation": "gelu", "epsilon": 1e-3, "axes": 1},
        {"kind": "Dropout", "rate": 0.25},
    ]


def composed():
    """Return a network of images with compositions within one another, in float64."""
    layers = neurona.engine.layers
    return neurona.Network(
        (
            neurona.Conv2D(2, (2, 3), "relu"), neurona.MaxPool2D((2, 1)),
            neurona.Concatenate(
                [
                    neurona.Conv2D(1, 1),
                    neurona.Sequential([layers.Activate("tanh"), neurona.Conv2D(3, 1)]),
                ]
            ),
            neurona.Flatten(),
            neurona.Add([layers.Activate("linear"), neurona.network([24, 5, 24], dropout=0.1)]),
            neurona.Dense(2, "softmax"),
        ),
        in_shape=(5, 5, 1),
    )  # fmt: skip


def test_compositions_come_back_within_one_another(place):
    net = composed()
    params = net.init(0, np.float64)
    neurona.save(place, net, params)
    again, weights = neurona.load(place)
    assert again == net
    x = np.random.default_rng(0).normal(size=(3, 5, 5, 1))
    np.testing.assert_array_equal(again.predict(weights, x), net.predict(params, x))
    config, arrays = parts_of(place.read_bytes())
    assert config["model"]["layers"][4]["layers"][1]["kind"] == "Network"
    assert {name: array.shape for name, array in arrays.items()} == {
        "layers.0.W": (2, 3, 1, 2), "layers.0.b": (2,),
        "layers.2.0.W": (1, 1, 2, 1), "layers.2.0.b": (1,),
        "layers.2.1.1.W": (1, 1, 2, 3), "layers.2.1.1.b": (3,),
        "layers.4.1.0.W": (24, 5), "layers.4.1.0.b": (5,),
        "layers.4.1.2.W": (5, 24), "layers.4.1.2.b": (24,),
        "layers.5.W": (24, 2), "layers.5.b": (2,),
    }  # fmt: skip


def test_a_custom_layer_is_known_by_its_name_and_missed_elsewhere(place):
    @dataclass(frozen=True)
    class Scale(neurona.Layer):
        by: float = 2.0
        each: tuple[int, ...] = ()

        def forward(self, params, x, train=None):
            return self.by * x, lambda dy, need_dx=True: (self.by * dy, params)

    net = neurona.Network((Scale(3, (1, 2)), neurona.Dense(1)), 2)
    try:
        neurona.save(place, net, net.init(0))
        assert neurona.load(place)[0] == net
    finally:
        del LAYERS["Scale"]
    with pytest.raises(ModelFileError, match=r"layers\.0 is the layer 'Scale', which this neurona"):
        neurona.load(place)
    with pytest.raises(ValueError, match="the layer Scale is not known by its name"):
        neurona.save(place, net, net.init(0))


def test_a_layer_whose_types_are_hidden_in_a_function_is_refused(place):
    @dataclass(frozen=True)
    class Hidden(neurona.Layer):
        by: "Secret" = 1  # noqa: F821

        def forward(self, params, x, train=None):
            return x, lambda dy, need_dx=True: (dy, params)

    net = neurona.Network((Hidden(), neurona.Dense(1)), 2)
    try:
        with pytest.raises(ValueError, match="fields of Hidden have types that are not found"):
            neurona.save(place, net, net.init(0))
    finally:
        del LAYERS["Hidden"]


def test_a_file_of_version_2_is_read_for_ever():
    model = read(STORED.with_name("version-2.safetensors"))
    assert model.net == furnished()
    answers = model.net.predict(model.params, [[0.0, 0.0], [-9.0, -6.0], [8.0, 1.0]])
    np.testing.assert_allclose(answers, STORED_FURTHER, atol=1e-5)


def test_a_file_of_version_1_is_read_for_ever():
    model = read(STORED)
    assert model.net.topology == (2, 4, 3, 1)
    assert [layer.activation.name for layer in model.net.layers] == ["tanh", "relu", "sigmoid"]
    assert (model.cost.link, model.notes) == ("sigmoid", {"about": "circles, 300 steps"})
    answers = model.net.predict(model.params, [[0.0, 0.0], [1.0, 0.0], [0.0, -0.5]])
    np.testing.assert_allclose(answers.ravel(), STORED_ANSWERS, atol=1e-5)


# Refused by save


def test_an_activation_without_a_known_name_is_refused(tmp_path):
    cube = Activation("cube", lambda z: (z**3, lambda da: da * 3 * z**2), 1.0)
    pretender = Activation("tanh", cube.function, 1.0)
    for own in (cube, pretender):
        net = net_of(own)
        with pytest.raises(ValueError, match="not known by its name, and a file holds names"):
            neurona.save(tmp_path / "m", net, net.init(rng=0))
    assert list(tmp_path.iterdir()) == []


def test_an_activation_that_is_made_known_can_be_saved_and_is_missed_elsewhere(tmp_path):
    @neurona.activation(gain=1.0)
    def cube(z):
        return z**3, lambda da: da * 3 * z**2

    try:
        net = net_of("cube")
        neurona.save(tmp_path / "m", net, net.init(rng=0))
        assert neurona.load(tmp_path / "m")[0] == net
    finally:
        del ACTIVATIONS["cube"]
    with pytest.raises(ModelFileError, match=r"layers\.0\.activation is the activation 'cube'"):
        neurona.load(tmp_path / "m")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"params": net_of().init(rng=0)[:1]}, "parameters for 1 layers"),
        ({"params": neurona.network([2, 4, 3]).init(rng=0)}, "the parameters of layer 1"),
        ({"params": [(W * np.nan, b) for W, b in net_of().init(rng=0)]}, "must be finite"),
        ({"params": [(W.astype(int), b) for W, b in net_of().init(rng=0)]}, "float32 or float64"),
        ({"net": net_of(initializer=lambda rng, shape, gain: np.ones(shape))}, "the initializer"),
        ({"cost": SquaredMore()}, "the cost SquaredMore"),
        ({"cost": "binary_cross_entropy"}, "ends in softmax"),
        ({"cost": "least"}, "no cost 'least'"),
        ({"notes": {"at": {1, 2}}}, "what JSON can hold"),
        ({"notes": {"at": float("nan")}}, "what JSON can hold"),
    ],
)
def test_what_does_not_fit_is_not_saved(change, said, tmp_path):
    given = {"net": net_of(), "params": net_of().init(rng=0), **change}
    (tmp_path / "m").write_bytes(b"as before")
    with pytest.raises(ValueError, match=said):
        neurona.save(tmp_path / "m", **given)
    assert (tmp_path / "m").read_bytes() == b"as before"


def test_a_file_is_whole_or_not_there(tmp_path, monkeypatch):
    net = net_of()
    params = net.init(rng=0)
    neurona.save(tmp_path / "m", net, params)
    before = (tmp_path / "m").read_bytes()

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        neurona.save(tmp_path / "m", net, net.init(rng=1))
    assert [one.name for one in tmp_path.iterdir()] == ["m"]
    assert (tmp_path / "m").read_bytes() == before
    with pytest.raises(FileNotFoundError) as caught:
        neurona.save(tmp_path / "nowhere" / "m", net, params)
    assert caught.value.filename == str(tmp_path / "nowhere" / "m")  # not one of our own beside it


# Refused by load


def test_a_file_that_is_not_there_or_a_folder_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        neurona.load(tmp_path / "m")
    with pytest.raises(IsADirectoryError, match="is a folder: give the name of a model file"):
        neurona.load(tmp_path)


def test_a_cut_file_is_refused_wherever_it_was_cut(data, place):
    for length in range(len(data)):
        assert "was cut" in refused(data[:length], place)
    assert "was cut" in refused(data + b"\0", place)


def test_any_other_byte_is_noticed(data, place):
    for i in range(len(data)):
        changed = bytearray(data)
        changed[i] ^= 0b1
        refused(bytes(changed), place)


def other(config, arrays, **parts):
    return {**config, **parts}, arrays


def other_cost(config, arrays, name, settings):
    return other(config, arrays, cost={"cost": name, "settings": settings})


def other_layer(config, arrays, k=0, **parts):
    """Change a layer, of a description of any version."""
    changed = json.loads(json.dumps(config))
    layers = changed["model"]["layers"] if "model" in changed else changed["layers"]
    layers[k].update(parts)
    return changed, arrays


def without(config, arrays, k, name):
    changed = json.loads(json.dumps(config))
    del changed["model"]["layers"][k][name]
    return changed, arrays


def nested(config, arrays, depth):
    model = config["model"]
    for _ in range(depth):
        model = {"kind": "Network", "layers": [model], "in_shape": [2]}
    return {**config, "model": model}, arrays


def other_array(config, arrays, name, change):
    return config, {**arrays, name: change(arrays[name])}


def check_said(data, change, said, place):
    config, arrays = parts_of(data)
    assert loaded(made_of(config, arrays), place)  # unchanged, it is good
    with np.errstate(invalid="ignore"):
        changed = made_of(*change(config, arrays))
    assert said in refused(changed, place)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c, a: other(c, a, format=4), "of version 4 of the format"),
        (lambda c, a: other(c, a, format=0), "of version 0 of the format"),
        (lambda c, a: other(c, a, format="1"), "does not say which format"),
        (lambda c, a: other(c, a, format=True), "does not say which format"),
        (lambda c, a: ([], a), "does not say which format"),
        (lambda c, a: ("{", a), "is not JSON"),
        (lambda c, a: ("[" * 100_000, a), "is not JSON"),
        (lambda c, a: other(c, a, model=[]), "model is []: it takes an object with a kind"),
        (lambda c, a: other(c, a, model=None), "model is None"),
        (lambda c, a: other(c, a, model=c["model"]["layers"][0]), "is a Dense, and not a Network"),
        (lambda c, a: other(c, a, model={"kind": "Network"}), "layers is missing"),
        (lambda c, a: other(c, a, notes="none"), "'notes' is missing"),
        (lambda c, a: other(c, a, version=3), "'version' is missing"),
        (lambda c, a: other(c, a, estimator=[]), "'estimator' is missing"),
        (lambda c, a: other(c, a, cost="mse"), "cost is 'mse': it takes an object"),
        (lambda c, a: other(c, a, cost={"kind": "greed"}), "cost is the cost 'greed', which this"),
        (lambda c, a: other(c, a, cost={"kind": "binary_cross_entropy"}), "ends in sigmoid"),
        (lambda c, a: other(c, a, cost={"kind": "mse", "x": 1}), "cost has no field 'x'"),
        (lambda c, a: other(c, a, cost={"kind": "huber", "delta": "1"}), "cost.delta is '1'"),
        (lambda c, a: other(c, a, cost={"kind": "huber", "delta": 1e999}), "cost.delta is inf"),
        (
            lambda c, a: other(c, a, cost={"kind": "pinball", "quantile": 1.0}),
            "quantile is 1.0: it",
        ),
        (lambda c, a: other_layer(c, a, kind="Magic"), "layers.0 is the layer 'Magic', which this"),
        (lambda c, a: other_layer(c, a, kind=["Dense"]), "layers.0 is the layer ['Dense']"),
        (lambda c, a: other_layer(c, a, kind=None), "layers.0 is the layer None"),
        (lambda c, a: other_layer(c, a, kind="os.system"), "layers.0 is the layer 'os.system'"),
        (lambda c, a: other_layer(c, a, more=1), "layers.0 has no field 'more'"),
        (lambda c, a: without(c, a, 1, "n_out"), "layers.1.n_out is missing"),
        (lambda c, a: other_layer(c, a, activation="magic"), "is the activation 'magic'"),
        (lambda c, a: other_layer(c, a, activation="x" * 10**6), "xxx...xxx"),
        (lambda c, a: other_layer(c, a, activation=["tanh"]), "is the activation ['tanh']"),
        (lambda c, a: other_layer(c, a, initializer="os.system"), "is the initializer 'os.system'"),
        (lambda c, a: other_layer(c, a, n_out=2.0), "layers.0.n_out is 2.0: it takes a whole"),
        (lambda c, a: other_layer(c, a, n_out=True), "layers.0.n_out is True"),
        (lambda c, a: other_layer(c, a, n_out=10**400), "layers.0.n_out is 1000"),
        (lambda c, a: other_layer(c, a, gain="1"), "layers.0.gain is '1': it takes a finite"),
        (lambda c, a: other_layer(c, a, gain=10**400), "layers.0.gain is 1000"),
        (lambda c, a: other_layer(c, a, gain=float("inf")), "layers.0.gain is inf"),
        (lambda c, a: other_layer(c, a, n_in=5), "layers.0 has no field 'n_in'"),
        (lambda c, a: other_layer(c, a, 1, n_out=5), "layers.1.W has shape"),
        (lambda c, a: other_layer(c, a, n_out=10**12), "needs (2, 1000000000000)"),
        (lambda c, a: other_layer(c, a, n_out=0), "layers.0: n_out is 0: it must be a positive"),
        (lambda c, a: other(c, a, model={**c["model"], "layers": []}), "Network has no layers"),
        (lambda c, a: other(c, a, model={**c["model"], "in_shape": []}), "in_shape is ()"),
        (lambda c, a: other(c, a, model={**c["model"], "in_shape": [2, 2]}), "takes rows of"),
        (lambda c, a: other(c, a, model={**c["model"], "in_shape": 2}), "in_shape is 2: it takes"),
        (lambda c, a: nested(c, a, 1), "should hold layers.0.0.W"),
        (lambda c, a: nested(c, a, 150), "is too deep"),
        (lambda c, a: other_array(c, a, "layers.1.W", lambda W: W[:2]), "layers.1.W has shape"),
        (lambda c, a: other_array(c, a, "layers.1.b", lambda b: b * np.inf), "is not finite"),
        (lambda c, a: other_array(c, a, "layers.1.b", lambda b: b.astype("f8")), "F32, F64"),
        (lambda c, a: other_array(c, a, "layers.0.b", lambda b: b.astype("i4")), "F32, I32"),
        (lambda c, a: (c, {**a, "more": np.zeros(3)}), "and holds layers.0.W"),
    ],
)
def test_what_does_not_fit_is_said(change, said, data, place):
    check_said(data, change, said, place)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c, a: other(c, a, layers=[]), "without layers"),
        (lambda c, a: other(c, a, layers=c["layers"][:1]), "should hold layers.0.W, layers.0.b"),
        (lambda c, a: other(c, a, layers=[3]), "layers.0 is 3, which is not a layer"),
        (lambda c, a: other(c, a, notes="none"), "'notes' is missing"),
        (lambda c, a: other(c, a, cost="greed"), "is the cost 'greed'"),
        (lambda c, a: other(c, a, cost="categorical_cross_entropy"), "ends in softmax"),
        (lambda c, a: other(c, a, cost={}), "is the cost None"),
        (lambda c, a: other(c, a, cost=["mse"]), "'cost' is missing"),
        (lambda c, a: other_cost(c, a, "greed", {}), "is the cost 'greed'"),
        (lambda c, a: other_cost(c, a, ["mse"], {}), "is the cost ['mse']"),
        (lambda c, a: other_cost(c, a, "huber", []), "is the cost None"),
        (lambda c, a: other_cost(c, a, "mse", {"delta": 1.0}), "cost has no field 'delta'"),
        (lambda c, a: other_cost(c, a, "huber", {"delta": "1"}), "cost.delta is '1'"),
        (lambda c, a: other_cost(c, a, "huber", {"delta": 1e999}), "cost.delta is inf"),
        (lambda c, a: other_cost(c, a, "pinball", {"quantile": 1.0}), "quantile is 1.0: it must"),
        (lambda c, a: other_layer(c, a, activation="magic"), "is the activation 'magic'"),
        (lambda c, a: other_layer(c, a, activation=["tanh"]), "is the activation ['tanh']"),
        (lambda c, a: other_layer(c, a, initializer="os.system"), "is the initializer"),
        (lambda c, a: other_layer(c, a, inputs=0), "in_shape is (0,)"),
        (lambda c, a: other_layer(c, a, inputs=None), "layers.0 takes None numbers"),
        (lambda c, a: other_layer(c, a, inputs=True), "layers.0 takes True numbers"),
        (lambda c, a: other_layer(c, a, 2, neurons=2.0), "n_out is 2.0: it takes a whole number"),
        (lambda c, a: other_layer(c, a, gain="1"), "layers.0.gain is '1'"),
        (lambda c, a: other_layer(c, a, gain=float("inf")), "layers.0.gain is inf"),
        (lambda c, a: other_layer(c, a, inputs=10**400), "is 1000"),
        (lambda c, a: other_layer(c, a, inputs=5), "layers.0.W has shape"),
        (lambda c, a: other_layer(c, a, neurons=10**12), "layers.1 takes 4 numbers, and gets 1000"),
        (lambda c, a: other_array(c, a, "layers.1.b", lambda b: b * np.inf), "is not finite"),
        (lambda c, a: (c, {**a, "more": np.zeros(3)}), "and holds layers.0.W"),
    ],
)
def test_what_does_not_fit_of_version_1_is_said(change, said, first, place):
    check_said(first, change, said, place)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c, a: other_layer(c, a, 2, kind="magic"), "layers.2 is {'kind': 'magic', "),
        (lambda c, a: other_layer(c, a, 2, kind=["dropout"]), "layers.2 is {'kind': ['dropout'], "),
        (lambda c, a: other_layer(c, a, 2, rate=1.0), "layers.2: dropout is 1.0"),
        (lambda c, a: other_layer(c, a, 2, rate=float("nan")), "layers.2.rate is nan"),
        (lambda c, a: other_layer(c, a, 2, rate=None), "layers.2.rate is None"),
        (lambda c, a: other_layer(c, a, 2, neurons=4), "layers.2 takes 4 numbers, and gets 3"),
        (lambda c, a: other_layer(c, a, 2, neurons=-1), "layers.2 takes -1 numbers"),
        (lambda c, a: other_layer(c, a, 1, epsilon=0.0), "layers.1: epsilon is 0.0"),
        (lambda c, a: other_layer(c, a, 1, epsilon=float("inf")), "layers.1.epsilon is inf"),
        (lambda c, a: other_layer(c, a, 1, activation="magic"), "is the activation 'magic'"),
        (lambda c, a: other_layer(c, a, 1, kind="layer_normalization"), "and holds"),
        (
            lambda c, a: other_layer(c, a, 0, kind="dropout", rate=0.5),
            "layers.0 is {'",
        ),
        (lambda c, a: other_array(c, a, "layers.1.variance", lambda v: -v), "a negative number"),
        (lambda c, a: other_array(c, a, "layers.1.mean", lambda m: m[:2]), "has shape (2,)"),
        (lambda c, a: other_array(c, a, "layers.4.beta", lambda b: b * np.nan), "is not finite"),
    ],
)
def test_what_does_not_fit_of_version_2_is_said(change, said, second, place):
    check_said(second, change, said, place)


def test_a_safetensors_file_of_others_is_refused(place):
    for metadata in (None, {"format": "pt"}):
        other_file = safetensors.numpy.save({"w": np.zeros(3)}, metadata=metadata)
        assert "neurona did not write it" in refused(other_file, place)


def test_what_was_changed_and_is_right_in_itself_is_found_by_the_checksum(data, place):
    changed = data.replace(b'\\"n_out\\": 3', b'\\"n_out\\":3 ', 1)
    assert changed != data
    assert "was altered" in refused(changed, place)
    changed = bytearray(data)
    changed[-2] ^= 1  # a digit of a weight
    assert "was altered" in refused(bytes(changed), place)


def test_no_more_memory_is_taken_than_the_file_is_long(data, place):
    config, arrays = parts_of(data)
    huge = json.loads(json.dumps(config))
    for layer in huge["model"]["layers"]:
        layer["n_out"] = 50_000  # 10 GB
    place.write_bytes(made_of(huge, arrays))
    tracemalloc.start()
    with pytest.raises(ModelFileError, match="has shape"):
        neurona.load(place)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2_000_000
    header = b'{"a":{"dtype":"F32","shape":[1000000000,1000],"data_offsets":[0,4000000000000]}}'
    assert "was cut" in refused(len(header).to_bytes(8, "little") + header, place)
    assert "safetensors" in refused((2**62).to_bytes(8, "little") + header, place)


# Whatever the bytes are

FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def right_or_refused(changed, place, good):
    """Load what may be damaged: it is what was saved, or a ModelFileError says why not."""
    place.write_bytes(changed)
    try:
        net, params = neurona.load(place)
    except ModelFileError:
        pass
    else:
        assert net == good.net
        np.testing.assert_array_equal(flatten(params), flatten(good.params))


@FUZZ
@example("")
@example("{}")
@example("[1]")
@example('{"format": 1')
@example('{"format": 1}')
@given(st.text(max_size=60))
def test_any_description_is_refused_in_words_of_its_own(data, place, text):
    said = refused(made_of(text, parts_of(data)[1]), place)
    assert re.search("its description|of the format|is missing, or not what it should be", said)
    assert "cut" not in said  # as the library's refusals are called


@FUZZ
@given(st.data())
def test_any_bytes_in_the_place_of_some(data, place, draw):
    good = loaded(data, place)
    changed = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(data) - 1))
        piece = draw.draw(st.binary(min_size=0, max_size=5))
        changed[at : at + draw.draw(st.integers(0, 5))] = piece
    right_or_refused(bytes(changed), place, good)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


KEYS = ["format", "version", "model", "layers", "cost", "notes", "kind", "estimator", "new"]


@pytest.mark.parametrize("version", ["data", "first"])
@FUZZ
@given(ANYTHING, st.sampled_from(KEYS))
def test_any_description(version, request, place, value, key):
    data = request.getfixturevalue(version)
    config, arrays = parts_of(data)
    good = loaded(data, place)
    right_or_refused(made_of({**config, key: value}, arrays), place, good)
    right_or_refused(made_of(value, arrays), place, good)


def right_but_for(key, k, changed, place, good):
    """Load what may be damaged in one field: with any value that is right, or refused."""
    place.write_bytes(changed)
    try:
        net, params = neurona.load(place)
    except ModelFileError:
        return
    np.testing.assert_array_equal(flatten(params), flatten(good.params))
    kept, was = net.layers[k], good.net.layers[k]
    if key in ("rate", "epsilon", "gain") and hasattr(was, key):  # any in its range is as good
        kept = replace(kept, **{key: getattr(was, key)})
    assert kept == was


@FUZZ
@given(
    ANYTHING,
    st.sampled_from(["kind", "n_out", "activation", "initializer", "gain", "rate", "epsilon",
                     "layers", "in_shape", "size", "axes"]),
    st.sampled_from([0, 1, 2, 4]),
)  # fmt: skip
def test_any_description_of_a_layer(place, value, key, k):
    buffer = io.BytesIO()
    neurona.save(buffer, furnished(), furnished().init(rng=0))
    good = loaded(buffer.getvalue(), place)
    config, arrays = other_layer(*parts_of(buffer.getvalue()), k=k, **{key: value})
    right_but_for(key, k, made_of(config, arrays), place, good)
    config["model"]["layers"][k] = value
    right_but_for(key, k, made_of(config, arrays), place, good)


@FUZZ
@given(
    ANYTHING,
    st.sampled_from(["kind", "inputs", "neurons", "activation", "initializer", "gain", "rate",
                     "epsilon", "new"]),
    st.sampled_from([0, 1, 2, 4]),
)  # fmt: skip
def test_any_description_of_a_layer_of_version_2(second, place, value, key, k):
    good = loaded(second, place)
    config, arrays = other_layer(*parts_of(second), k=k, **{key: value})
    right_but_for(key, k, made_of(config, arrays), place, good)
    config["layers"][k] = value
    right_but_for(key, k, made_of(config, arrays), place, good)


@pytest.mark.parametrize(
    "line",
    [
        "9x9x2, conv 4 3x2 stride 2 same groups 2, batchnorm, average 2 stride 1 same, upsample 2, "
        "global max, layernorm, dropout 0.1, 3",
        "9x4, conv 4 3 causal dilation 2, layernorm, positions, attention 2 causal, transformer 2, "
        "lstm 4 all both, rnn 3 all, gru 3 backwards, 2",
        "7, embedding 20 8 mask, positions learned mask, gru 4 mask all, global max mask, "
        "reshape 2x2x1, flatten, 2",
    ],
)
def test_every_layer_comes_back_from_its_file(place, line):
    net = neurona.network(line, "tanh", output="softmax")
    params = net.init(rng=0)
    neurona.save(place, net, params)
    again, its = neurona.load(place)
    assert again == net
    X = np.random.default_rng(0).integers(1, 20, (3, *net.in_shape))
    np.testing.assert_array_equal(again.predict(its, X), net.predict(params, X))


def test_a_layer_with_a_field_of_that_name_could_not_be_saved():
    with pytest.raises(TypeError, match="a field 'kind', which files use: rename it"):
        type("Odd", (neurona.Layer,), {"__annotations__": {"kind": "str"}})


def test_moments_come_back_to_the_nanosecond():
    write, read_back = form_of(NDArray[Any])
    times = np.array(["2026-11-30T23:59:59.123456789", "1901-01-01"], "datetime64[ns]")
    np.testing.assert_array_equal(read_back(json.loads(json.dumps(write(times, ""))), ""), times)
