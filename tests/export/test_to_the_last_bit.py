"""An export is the network itself: every bit of a weight, every tie, every far number."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest

import neurona
from neurona import NeuralNetClassifier, export
from tests.support.plain import PLAIN

NET = neurona.network([2, 5, 3], "tanh", output="softmax")
N_PARAMS = 2 * 5 + 5 + 5 * 3 + 3


def program_of(code, name="program"):
    names = {"__name__": name}
    exec(code, names)
    return names


def params_of(dtype):
    """Return parameters whose every bit counts."""
    rng = np.random.default_rng(1)
    return tuple(
        type(layer)(*(rng.normal(size=array.shape).astype(dtype) for array in layer))
        for layer in NET.init(0, dtype)
    )


@pytest.mark.parametrize("written_out", [0, float("inf")], ids=["base64", "numbers"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_weights_of_a_program_come_back_to_the_last_bit(dtype, written_out):
    params = params_of(dtype)
    program = program_of(export.numpy_code(NET, params, written_out=written_out))
    for layer, (W, b) in zip(program["neural_net"], params, strict=True):
        assert layer.W.dtype == dtype
        assert layer.W.tobytes() == W.tobytes()
        assert layer.b.tobytes() == b.tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_a_program_prints_comes_back_to_the_last_bit(dtype, monkeypatch, tmp_path, capsys):
    params = params_of(dtype)
    X = np.random.default_rng(2).normal(size=(50, 2)).astype(dtype)
    np.savetxt(tmp_path / "rows.csv", X, delimiter=",", fmt="%.17g")
    monkeypatch.setattr(sys, "argv", ["model.py", str(tmp_path / "rows.csv")])
    program = program_of(export.numpy_code(NET, params), "__main__")
    printed = np.loadtxt(io.StringIO(capsys.readouterr().out), delimiter=",").astype(dtype)
    np.testing.assert_array_equal(printed, program["predict"](X))


@pytest.mark.parametrize(("written_out", "is_text"), [(N_PARAMS, False), (N_PARAMS - 1, True)])
def test_as_many_parameters_as_are_written_out_are_numbers(written_out, is_text):
    code = export.numpy_code(NET, params_of(np.float32), written_out=written_out)
    assert ("base64" in code) == is_text


def test_400_parameters_are_written_out():
    for width, is_text in ((133, False), (134, True)):  # 2 w + w: 399 and 402 with no bias but w
        net = neurona.network([2, width], "linear")
        assert ("base64" in export.numpy_code(net, net.init(0))) == is_text


def test_a_batch_normalization_is_folded_with_its_epsilon():
    net = neurona.network([2, 3, 1], "tanh", output="linear", normalization="batch")
    params = net.init(0, np.float64)
    small = params[1]._replace(variance=np.array([1e-5, 0.0, 1.0]), mean=np.array([0.1, 0, -0.2]))
    params = (params[0], small, *params[2:])
    X = np.random.default_rng(0).normal(size=(20, 2))
    program = program_of(export.numpy_code(net, params))
    np.testing.assert_allclose(program["predict"](X), net.predict(params, X), rtol=1e-12)


def test_an_onnx_model_is_of_opset_20_which_runtimes_of_2023_read():
    model = export.to_onnx(NET, params_of(np.float32))
    assert [one.version for one in model.opset_import if one.domain == ""] == [20]
    assert model.ir_version == 9


# Estimators


def undecided(y):
    """Return an estimator that answers one half, whatever it is asked."""
    X = np.random.default_rng(0).normal(size=(len(y), 2))
    net = NeuralNetClassifier(3, epochs=1, random_state=0, **PLAIN).fit(X, y)
    net.params_ = tuple(type(one)(*(0 * array for array in one)) for one in net.params_)
    return net, X


@pytest.mark.parametrize(
    "y", [np.array(["cat", "dog"] * 5), np.eye(2, dtype=int)[np.arange(10) % 2]],
    ids=["classes", "labels"],
)  # fmt: skip
def test_at_exactly_one_half_the_program_decides_as_the_estimator(y, tmp_path):
    net, X = undecided(y)
    np.testing.assert_array_equal(net.predict_proba(X), 0.5)
    program = program_of(export.numpy_code(net))
    np.testing.assert_array_equal(program["predict"](X.tolist()), net.predict(X))
    export.to_pytorch(net, tmp_path)
    beside = program_of((tmp_path / "preparation.py").read_text())
    answers = np.full((len(X), 1 if y.ndim == 1 else 2), 0.5)
    np.testing.assert_array_equal(beside["decide"](answers), net.predict(X))


@pytest.mark.parametrize("far", [1e9, 1e200, -1e300])
def test_a_number_that_is_far_away_is_the_same_in_the_program(far):
    X = np.random.default_rng(0).normal(size=(20, 2))
    net = NeuralNetClassifier(hidden_layer_sizes=(3,), epochs=5, random_state=0)
    net.fit(X, X[:, 0] > 0)
    rows = [[far, 0.0], [0.0, far]]
    program = program_of(export.numpy_code(net))
    np.testing.assert_allclose(program["predict_proba"](rows), net.predict_proba(rows), rtol=1e-6)
