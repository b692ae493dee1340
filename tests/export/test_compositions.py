"""Networks of all layers, composed at random, predict the same in ONNX and as a program."""

from __future__ import annotations

import numpy as np
import pytest

from neurona import layers as kinds
from neurona.engine.parameters import mapped
from neurona.export import numpy_code, numpy_layers, onnx_layers, to_onnx
from neurona.export.parts import KNOWN, PARTS
from tests.support.compositions import random_network

OLDER = [13, 17, 18, 20]  # where operations take other inputs


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
    assert_same(onnx_of(net, params, X, opset=OLDER[seed % len(OLDER)]), wanted)
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
    assert own <= {*KNOWN}
    for table in (onnx_layers.ROWS, numpy_layers.ROWS):
        assert {*table} == {*PARTS, "Scale"}
