"""Networks of all layers, composed at random, predict the same in ONNX and as a program."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import neurona
from neurona import layers as kinds
from neurona.engine.parameters import mapped
from neurona.export import numpy_code, numpy_layers, onnx_layers, to_onnx, to_sklearn
from neurona.export.parts import OPENED, PARTS, kind_of
from tests.support.compositions import learned, random_network

OPSETS = [13, 17, 18, 20, 22]  # where operations take other inputs


def onnx_of(net, params, X, **options):
    onnxruntime = pytest.importorskip("onnxruntime")
    model = to_onnx(net, params, **options)
    (predictions,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"X": X})
    return predictions


def program_of(net, params, X, **options):
    namespace = {"__name__": "model"}
    exec(numpy_code(net, params, **options), namespace)
    return namespace["predict"](X)


def assert_same(predictions, wanted, close=1e-5):
    assert predictions.shape == wanted.shape
    assert np.isfinite(wanted).all()
    size = max(1, abs(wanted).max())
    np.testing.assert_allclose(predictions, wanted, rtol=close, atol=close * size)


def check(seed):
    """Compare both exports with the network; float64 tells a rounding from an error."""
    rng = np.random.default_rng(seed)
    net, params, X = random_network(rng)
    wanted = net.predict(params, X)
    assert_same(onnx_of(net, params, X, opset=OPSETS[seed % len(OPSETS)]), wanted)
    assert_same(program_of(net, params, X, written_out=[0, np.inf][seed % 2]), wanted)
    params = mapped(np.float64, params)
    assert_same(program_of(net, params, X), net.predict(params, X), 1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_a_composition_is_the_network(seed):
    check(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 900))
def test_many_compositions_are_the_network(seed):
    check(seed)


def test_each_layer_has_a_form_in_each_table():
    own = {name for name, one in kinds.LAYERS.items() if one.__module__.startswith("neurona.")}
    assert {kind_of(kinds.LAYERS[name]) for name in own} <= {*PARTS, *OPENED}
    for table in (onnx_layers.ROWS, numpy_layers.ROWS):
        assert {*table} == {*PARTS, "Scale"}


def series(rng, n=3, steps=6, features=2):
    """Return series with padding anywhere: before, between, behind, and none."""
    X = rng.normal(size=(n, steps, features)).astype(np.float32)
    X[0, 4:] = X[1, :2] = X[1, 3] = 0
    return X


@pytest.mark.parametrize("kind", [kinds.SimpleRNN, kinds.GRU, kinds.LSTM])
def test_a_recurrence_is_one_operation_or_a_scan(kind):
    pytest.importorskip("onnx")
    rng = np.random.default_rng(0)
    X = series(rng)
    for given, operation in [
        ({}, {kinds.SimpleRNN: "RNN", kinds.GRU: "GRU", kinds.LSTM: "LSTM"}[kind]),
        ({"mask_zero": True}, "Scan"),
    ]:
        for how in ({}, {"return_sequences": True}, {"go_backwards": True}):
            net = neurona.Network([kind(3, **given, **how)], (6, 2))
            params = learned(net, rng)
            operations = [node.op_type for node in to_onnx(net, params).graph.node]
            assert operation in operations
            assert_same(onnx_of(net, params, X), net.predict(params, X))


@pytest.mark.parametrize("opset", [13, 20])
def test_a_recurrence_with_each_activation(opset):
    """Far from 0 too, where onnxruntime's own softplus of a recurrence is infinite."""
    rng = np.random.default_rng(0)
    X = 50 * series(rng)
    for name in sorted({*neurona.activations.ACTIVATIONS} - {"exp"}):
        net = neurona.Network([kinds.SimpleRNN(3, name)], (6, 2))
        params = mapped(lambda array: array / 2, learned(net, rng))
        assert_same(onnx_of(net, params, X, opset=opset), net.predict(params, X))
        assert_same(program_of(net, params, X), net.predict(params, X))


def test_a_batch_normalization_goes_into_a_convolution_or_scales_each_channel():
    pytest.importorskip("onnx")
    batch = kinds.BatchNormalization
    rng = np.random.default_rng(0)
    net = neurona.Network([kinds.Conv2D(3), batch("relu"), batch(), kinds.MaxPool2D()], (7, 8, 2))
    params = learned(net, rng)
    nodes = [node.op_type for node in to_onnx(net, params).graph.node]
    assert nodes == [
        "Transpose", "Conv", "Transpose", "Relu", "Mul", "Add", "Transpose", "MaxPool", "Transpose",
    ]  # fmt: skip
    X = rng.normal(size=(2, 7, 8, 2)).astype(np.float32)
    assert_same(onnx_of(net, params, X), net.predict(params, X))
    assert_same(program_of(net, params, X), net.predict(params, X))


def test_scikit_learn_gets_a_scale_as_a_dense_layer():
    pytest.importorskip("sklearn")
    dense, rng = neurona.Dense, np.random.default_rng(0)
    layers = [dense(4, "tanh"), kinds.BatchNormalization("tanh"), dense(2)]
    net = neurona.Network(layers, (3,))
    params, X = learned(net, rng), rng.normal(size=(5, 3)).astype(np.float32)
    mlp = to_sklearn(net, params)
    assert [len(W) for W in mlp.coefs_] == [3, 4, 4]
    assert_same(mlp.predict(X), net.predict(params, X))


PADDED = [
    kinds.GlobalAveragePool1D(mask_zero=True), kinds.GlobalMaxPool1D(mask_zero=True),
    kinds.PositionalEncoding(mask_zero=True), kinds.PositionalEncoding(True, mask_zero=True),
    kinds.MultiHeadAttention(2, 2, mask_zero=True), kinds.Masked([kinds.Activate("sigmoid")]),
    kinds.LSTM(3, return_sequences=True, mask_zero=True), kinds.GRU(3, mask_zero=True),
]  # fmt: skip


@pytest.mark.parametrize("layer", PADDED, ids=repr)
def test_steps_of_padding_are_left_out(layer):
    rng = np.random.default_rng(0)
    net, X = neurona.Network([layer], (6, 2)), series(rng)
    params = learned(net, rng)
    assert_same(program_of(net, params, X), net.predict(params, X))
    assert_same(onnx_of(net, params, X), net.predict(params, X))


@pytest.mark.parametrize("index", [7, -1, 0.5])
def test_a_program_refuses_an_index_beyond_its_embedding(index):
    net = neurona.Network([kinds.Embedding(7, 2), kinds.Flatten()], (3,))
    with pytest.raises(ValueError, match="X holds indices: give whole numbers from 0 to 6"):
        program_of(net, net.init(0), [[0, 1, index]])


def test_a_program_writes_a_series_in_a_line(tmp_path):
    net = neurona.Network([kinds.GRU(2, return_sequences=True)], (3, 2))
    params, X = net.init(0), np.ones((4, 3, 2), np.float32)
    (tmp_path / "model.py").write_text(numpy_code(net, params), encoding="utf-8")
    np.savetxt(tmp_path / "rows.csv", X.reshape(4, -1), delimiter=",")
    command = [sys.executable, "-W", "error", "model.py", "rows.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    predictions = np.loadtxt(done.stdout.splitlines(), delimiter=",")
    assert_same(predictions.reshape(4, 3, 2), net.predict(params, X))
