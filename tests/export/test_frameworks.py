"""All layers go to PyTorch and Keras, and come from there, and predict the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neurona
from neurona.export import from_keras, from_pytorch, pytorch, to_keras, to_pytorch
from neurona.export import keras as export_keras
from neurona.export.parts import PARTS
from tests.support.compositions import random_network
from tests.support.zoo import examples, keras_models, pytorch_modules

# Keras, on PyTorch, makes arrays in a way that NumPy 2 would have otherwise.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")


def assert_same(predictions, wanted, close=1e-5):
    assert predictions.shape == wanted.shape
    assert np.isfinite(wanted).all()
    size = max(1, abs(wanted).max())
    np.testing.assert_allclose(predictions, wanted, rtol=close, atol=close * size)


def loaded(export, net, params, folder):
    """Return what the code of an export loads."""
    pytest.importorskip("safetensors")
    path = export(net, params, folder)
    namespace = {"__name__": "model", "__file__": str(path)}
    exec(path.read_text(encoding="utf-8"), namespace)
    return namespace["load"]()


def test_each_layer_has_a_form_in_each_table():
    for table in (pytorch.ROWS, export_keras.ROWS):
        assert {*table} == {*PARTS, "Scale"}


# PyTorch


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def outputs(torch, module, X):
    with torch.no_grad():
        return module.eval()(torch.from_numpy(X)).numpy()


def check_pytorch(torch, seed, folder):
    """Compare the module with the network, and what comes back."""
    net, params, X = random_network(np.random.default_rng(seed))
    wanted = net.predict(params, X)
    module = loaded(to_pytorch, net, params, folder)
    assert_same(outputs(torch, module, X), wanted)
    again, its = from_pytorch(module, in_shape=net.in_shape)
    predictions = again.predict(its, X.reshape(len(X), *again.in_shape))
    assert_same(predictions.reshape(wanted.shape), wanted, 1e-4)


# 201: at large inputs a masked step is 0 in float32 alone
@pytest.mark.parametrize("seed", [*range(15), 201])
def test_a_composition_is_the_module_of_pytorch(torch, seed, tmp_path):
    check_pytorch(torch, seed, tmp_path)


def test_a_kernel_as_wide_as_its_channels_are_many_is_a_convolution_of_images(torch, tmp_path):
    """A convolution of series with a window of one step is a dense layer there; this is not."""
    net = neurona.Network([neurona.Conv2D(3, (1, 2))], (5, 2, 2))
    params, X = net.init(0), np.random.default_rng(0).normal(size=(4, 5, 2, 2)).astype(np.float32)
    module = loaded(to_pytorch, net, params, tmp_path)
    assert_same(outputs(torch, module, X), net.predict(params, X))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 600))
def test_many_compositions_are_modules_of_pytorch(torch, seed, tmp_path):
    check_pytorch(torch, seed, tmp_path)


@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_modules_of_pytorch_are_imported(torch):
    torch.manual_seed(0)
    for name, (module, shape, *indices) in pytorch_modules().items():
        for one in module.modules():
            if getattr(one, "running_mean", None) is not None:
                one.running_mean.normal_()
                one.running_var.uniform_(0.5, 2)
        try:
            net, params = from_pytorch(module, in_shape=shape)
        except ValueError as error:
            raise AssertionError(name) from error
        X = examples(np.random.default_rng(0), shape, *indices)
        wanted = outputs(torch, module, X.astype(int) if indices else X)
        last = net.in_shape != shape  # channels
        predictions = net.predict(params, np.moveaxis(X, 1, -1) if last else X)
        if predictions.shape != wanted.shape:
            predictions = np.moveaxis(predictions, -1, 1)
        try:
            assert_same(predictions, wanted)
        except AssertionError as error:
            raise AssertionError(f"{name}: {net}") from error


def test_what_an_import_from_pytorch_makes(torch):
    modules = pytorch_modules()
    net, _ = from_pytorch(modules["images"][0], in_shape=(2, 11, 10))
    kinds = [type(one).__name__ for one in net.layers]
    assert kinds == ["Conv2D", "MaxPool2D", "Conv2D", "BatchNormalization", "Flatten", "Dense"]
    assert net.in_shape == (11, 10, 2)
    net, _ = from_pytorch(modules["LSTM, 2 layers, True, states"][0], in_shape=(6, 3))
    below, above = net.layers
    assert [one.return_sequences for one in below.layers] == [True, True]
    assert [one.return_sequences for one in above.layers] == [False, False]
    assert [one.go_backwards for one in above.layers] == [False, True]
    net, _ = from_pytorch(modules["causal convolution"][0], in_shape=(3, 9))
    assert net.layers[0].padding == "causal"
    net, _ = from_pytorch(modules["convolutions that lose their later steps"][0], in_shape=(3, 9))
    assert [one.padding for one in net.layers[:2]] == ["causal", "causal"]
    net, _ = from_pytorch(modules["language model"][0], in_shape=(6,))
    assert str(net).count("causal=True") == 2


@pytest.mark.parametrize(
    ("build", "in_shape", "message"),
    [
        (lambda nn: nn.GroupNorm(2, 4), (4, 3, 3), r"1 GroupNorm\(2, 4.*: .* Train with one of"),
        (lambda nn: nn.InstanceNorm2d(4), (4, 3, 3), r"1 InstanceNorm2d\(4.*: .* train with a"),
        (
            lambda nn: nn.ConvTranspose2d(4, 2, 2, 2), (4, 3, 3),
            r"1 ConvTranspose2d\(.*: .* stride 2, 2 .* To enlarge images, train with",
        ),
        (lambda nn: nn.LayerNorm([3, 3]), (4, 3, 3), r"1 LayerNorm.*: .* over the last axis, or"),
        (lambda nn: nn.Upsample(scale_factor=2, mode="bilinear"), (4, 3, 3), r"1 Upsample.*: neur"),
        (lambda nn: nn.MaxPool2d(2, ceil_mode=True), (4, 3, 3), r"1 MaxPool2d.*ceil_mode=False"),
        (lambda nn: nn.MaxPool2d(2, dilation=2), (4, 3, 3), r"1 MaxPool2d.*: .* no dilation"),
        (lambda nn: nn.LogSoftmax(1), (4, 3, 3), r"1 LogSoftmax.* end the model with a softmax"),
        (lambda nn: nn.EmbeddingBag(5, 2), (4,), r"EmbeddingBag\(5, 2.*: use nn.Embedding"),
        (lambda nn: nn.AdaptiveAvgPool2d(2), (4, 3, 3), r"1 AdaptiveAvgPool2d.*output_size is 2"),
        (
            lambda nn: nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular"),
            (4, 3, 3), r"1 Conv2d.*: neurona's padding is zeros",
        ),
        (lambda nn: nn.Embedding(5, 2, max_norm=1.0), (4,), r"Embedding\(5, 2.*has no max_norm"),
    ],
)  # fmt: skip
def test_a_module_that_neurona_has_not_is_refused(torch, build, in_shape, message):
    nn = torch.nn
    before = [nn.Conv2d(4, 4, 1)] if len(in_shape) == 3 else [nn.Identity()]
    with pytest.raises(ValueError, match=message):
        from_pytorch(nn.Sequential(*before, build(nn)), in_shape=in_shape)


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"batch_first": False},
            r"steps LSTM\(3, 4\) takes the examples along axis 1.*batch_first",
        ),
        (
            {"proj_size": 2},
            r"steps LSTM\(3, 4, proj_size=2.* has proj_size, which neurona does not have",
        ),
    ],
)
def test_a_recurrence_that_neurona_has_not_is_refused(torch, given, message):
    class Net(torch.nn.Module):
        def __init__(self, **given):
            super().__init__()
            self.steps = torch.nn.LSTM(3, 4, **given)
            self.cells = not given

        def forward(self, x):
            h, (_, c) = self.steps(x)
            return c[-1] if self.cells else h

    with pytest.raises(ValueError, match=message):
        from_pytorch(Net(**{"batch_first": True, **given}), in_shape=(6, 3))


def test_a_packed_series_is_refused(torch):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.steps = torch.nn.GRU(3, 4, batch_first=True)

        def forward(self, x):
            lengths = (x != 0).any(dim=2).sum(dim=1)
            pack = torch.nn.utils.rnn.pack_padded_sequence
            return self.steps(pack(x, lengths, batch_first=True, enforce_sorted=False))[1][0]

    with pytest.raises(ValueError, match=r"_pack_padded_sequence in Net: .* set mask_zero"):
        from_pytorch(Net(), in_shape=(5, 3))


def test_attention_of_several_inputs_is_refused(torch):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = torch.nn.MultiheadAttention(4, 2, batch_first=True)

        def forward(self, x):
            return self.attention(x, torch.relu(x), x)[0]

    with pytest.raises(ValueError, match=r"attention Multihead.*: .* is self-attention"):
        from_pytorch(Net(), in_shape=(5, 4))


# Keras


def check_keras(keras, seed, folder):
    net, params, X = random_network(np.random.default_rng(seed))
    model = loaded(to_keras, net, params, folder)
    predictions = keras.ops.convert_to_numpy(model(X, training=False))
    wanted = net.predict(params, X)
    assert_same(predictions, wanted)
    again, its = from_keras(model)
    predictions = again.predict(its, X.reshape(len(X), *again.in_shape))
    assert_same(predictions.reshape(wanted.shape), wanted, 1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_a_composition_is_the_model_of_keras(keras, seed, tmp_path):
    check_keras(keras, seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 300))
def test_many_compositions_are_models_of_keras(keras, seed, tmp_path):
    check_keras(keras, seed, tmp_path)


def check_import(keras, chosen):
    for name, (make, shape, *given) in keras_models(keras).items():
        if chosen is not None and name not in chosen:
            continue
        keras.utils.set_random_seed(1)
        rng = np.random.default_rng(2)
        made = make(shape) if make.__code__.co_argcount else make()
        given_shape = keras.Input(shape)
        model = keras.Sequential([given_shape, *made]) if isinstance(made, list) else made
        for one in model.weights:
            positive = "variance" in one.path or "gamma" in one.path
            drawn = rng.uniform(0.5, 2, one.shape) if positive else rng.normal(size=one.shape) / 2
            one.assign(drawn)
        net, params = from_keras(model)
        X = examples(rng, shape, *given)
        wanted = keras.ops.convert_to_numpy(model(X, training=False))
        first = net.in_shape != shape and len(net.in_shape) == len(shape)
        predictions = net.predict(
            params, np.moveaxis(X, 1, -1) if first else X.reshape(4, *net.in_shape)
        )
        if wanted.ndim == 3 and len(given) > 1:  # nothing is meant by what is said of padding
            predictions, wanted = predictions[2:], wanted[2:]
        try:
            assert_same(predictions, wanted)
        except AssertionError as error:
            raise AssertionError(f"{name}: {net}") from error


@pytest.mark.filterwarnings("ignore:Layer 'global_max_pooling1d")
def test_models_of_keras_are_imported(keras):
    check_import(keras, None)


PADDED = {
    "mean": [neurona.GlobalAveragePool1D(mask_zero=True)],
    "states": [neurona.LSTM(4, mask_zero=True, return_sequences=True)],
    "backwards": [neurona.GRU(4, mask_zero=True, go_backwards=True)],
    "both ways": [neurona.bidirectional(neurona.SimpleRNN(2, "relu", mask_zero=True))],
    "attention": [neurona.MultiHeadAttention(2, 2, mask_zero=True)],
    "windows": [neurona.MaxPool1D(3, 2, padding="same"), neurona.AveragePool1D(2, padding=1)],
}


@pytest.mark.parametrize("name", PADDED)
def test_series_with_padding_go_there_and_back(torch, keras, name, tmp_path):
    """A relu makes steps of zeros, within the network: what it takes first is refused."""
    layers = [neurona.Activate("relu"), *PADDED[name], neurona.Flatten(), neurona.Dense(2)]
    net = neurona.Network(layers, (6, 4))
    rng = np.random.default_rng(0)
    params, X = net.init(0), rng.normal(size=(5, 6, 4)).astype(np.float32)
    X[1, 2:], X[2, :] = -1, -1
    wanted = net.predict(params, X)
    module = loaded(to_pytorch, net, params, tmp_path / "pytorch")
    assert_same(outputs(torch, module, X), wanted)
    again, its = from_pytorch(module, in_shape=net.in_shape)
    assert_same(again.predict(its, X), wanted)
    model = loaded(to_keras, net, params, tmp_path / "keras")
    assert_same(keras.ops.convert_to_numpy(model(X, training=False)), wanted)
    again, its = from_keras(model)
    assert_same(again.predict(its, X), wanted)


def test_the_mean_of_padding_alone_is_0_in_both(torch, keras, tmp_path):
    """Within a network, where a relu makes it; what it takes first is refused."""
    net = neurona.Network(
        [neurona.Activate("relu"), neurona.GlobalAveragePool1D(mask_zero=True), neurona.Dense(1)],
        (3, 2),
    )
    params, X = net.init(0), np.float32([[[-1, -2]] * 3, [[1, 2], [-1, -1], [3, 4]]])
    module = loaded(to_pytorch, net, params, tmp_path / "pytorch")
    assert_same(outputs(torch, module, X), net.predict(params, X))
    model = loaded(to_keras, net, params, tmp_path / "keras")
    assert_same(keras.ops.convert_to_numpy(model(X)), net.predict(params, X))


ON_JAX = """
import sys
from pathlib import Path

import keras

from tests.export import test_frameworks as tests

assert keras.backend.backend() == "jax"
for seed in range(4):
    tests.check_keras(keras, seed, Path(sys.argv[1]) / str(seed))
tests.check_import(keras, {"windows", "series", "LSTM, padding", "GRU, both directions"})
"""


@pytest.mark.long
def test_exports_and_imports_of_keras_on_jax(tmp_path):
    """Keras reads once which backend it has: another process has JAX."""
    for name in ("jax", "keras", "safetensors"):
        pytest.importorskip(name)
    root, package = Path(__file__).parents[2], Path(neurona.__file__).parents[1]
    paths = os.pathsep.join([str(root), str(package)])
    env = {**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": paths}
    command = [sys.executable, "-c", ON_JAX, str(tmp_path)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda k: k.GRU(3, reset_after=False), r"\(GRU\): .* give reset_after=True"),
        (lambda k: k.LSTM(3, recurrent_activation="hard_sigmoid"), r"\(LSTM\): its activation is"),
        (lambda k: k.LSTM(3, recurrent_activation="relu"), "neurona's are tanh and sigmoid"),
        (lambda k: k.Masking(-1.0), "give mask_value=0"),
        (
            lambda k: k.Bidirectional(k.LSTM(2), merge_mode="mul"),
            "merge_mode is 'mul': neurona has",
        ),
        (lambda k: k.Bidirectional(k.RNN(k.LSTMCell(2))), "it has a RNN: neurona has SimpleRNN"),
        (lambda k: k.TimeDistributed(k.LayerNormalization()), "it has a LayerNormalization"),
        (
            lambda k: k.EinsumDense("abc,cd->abd", output_shape=(None, 2)),
            r"\(EinsumDense\) makes .* layers that an import",
        ),
    ],
)
def test_a_layer_of_series_that_neurona_has_not_is_refused(keras, build, message):
    model = keras.Sequential([keras.Input((6, 3)), build(keras.layers)])
    with pytest.raises(ValueError, match=message):
        from_keras(model)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda k, x: k.layers.MultiHeadAttention(2, 3, value_dim=2)(x, x), "one size of a head"),
        (lambda k, x: k.layers.MultiHeadAttention(2, 3, output_shape=5)(x, x), "as many numbers"),
        (
            lambda k, x: k.layers.LSTM(2)(x, mask=k.ops.not_equal(x[..., 0], 1)),
            r"\(LSTM\) gets a mask: neurona knows padding by its zeros",
        ),
        (lambda k, x: k.layers.LSTM(2, return_state=True)(x)[1], "does not make one array"),
    ],
)
def test_what_a_layer_of_keras_is_called_with_is_refused_where_neurona_has_it_not(
    keras, build, message
):
    x = keras.Input((6, 3))
    with pytest.raises(ValueError, match=message):
        from_keras(keras.Model(x, build(keras, x)))


def test_a_model_of_keras_that_takes_series_of_any_length(keras):
    layers = keras.layers
    model = keras.Sequential([keras.Input((None, 3)), layers.LSTM(4), layers.Dense(2)])
    net, params = from_keras(model, in_shape=(5, 3))
    X = np.random.default_rng(0).normal(size=(4, 5, 3)).astype(np.float32)
    assert_same(net.predict(params, X), keras.ops.convert_to_numpy(model(X)))
