"""Exports of estimators of images and series: their scaling is in the model."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from neurona import GRU, NeuralNetClassifier, NeuralNetRegressor
from neurona.export import numpy_code, to_keras, to_onnx, to_pytorch, to_sklearn

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 255, (40, 6, 6, 2)).astype(np.uint8)
CLASSES = np.array(["one", "two", "three"])[RNG.integers(0, 3, 40)]
SERIES = RNG.normal(7, 3, (40, 5, 2))
SERIES[::3, 3:] = 0  # shorter ones
SETTINGS = {"epochs": 2, "random_state": 0}


def of_images(**settings):
    net = NeuralNetClassifier(layers="conv 3 same, pool, flatten, 4", **SETTINGS, **settings)
    return net.fit(IMAGES, CLASSES)


@pytest.fixture(scope="module", params=["images", "two networks", "series", "as they are"])
def model(request):
    """An estimator, what it takes, and its network's outputs in the target's units."""
    if request.param == "series":
        net = NeuralNetRegressor(layers=[GRU(3, mask_zero=True)], **SETTINGS)
        net.fit(SERIES, 50 + 10 * SERIES.mean(axis=(1, 2)))
        return net, SERIES, net.predict(SERIES)[:, None]
    settings = {"two networks": {"networks": 2}, "as they are": {"preprocess": None}}
    net = of_images(**settings.get(request.param, {}))
    return net, IMAGES, net.predict_proba(IMAGES)


def test_onnx(model):
    net, X, outputs = model
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(to_onnx(net).SerializeToString())
    given = session.run(None, {"X": X.astype(np.float32)})
    if len(given) == 2:
        np.testing.assert_array_equal(given[0], net.predict(X))
    np.testing.assert_allclose(given[-1].reshape(outputs.shape), outputs, atol=1e-5, rtol=1e-5)


def test_numpy_program(model):
    net, X, outputs = model
    program = {}
    exec(numpy_code(net), program)
    np.testing.assert_allclose(program["predict"](X), outputs, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("to", [to_pytorch, to_keras], ids=["PyTorch", "Keras"])
def test_frameworks(model, to, tmp_path, monkeypatch):
    net, X, outputs = model
    pytest.importorskip("torch")
    if "Scale" not in sys.modules[to.__module__].ROWS:
        pytest.skip("this export has dense layers alone")
    if to is to_keras:
        monkeypatch.setenv("KERAS_BACKEND", "torch")
        pytest.importorskip("keras")
    path = to(net, tmp_path)
    assert not (tmp_path / "preparation.py").exists()
    spec = importlib.util.spec_from_file_location("model_of_images", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    import torch

    given = module.load()(torch.tensor(X.astype(np.float32)))
    np.testing.assert_allclose(given.detach().cpu().numpy(), outputs, atol=1e-5, rtol=1e-5)


def test_scikit_learn_has_no_convolution():
    with pytest.raises(ValueError, match="scikit-learn has dense layers alone"):
        to_sklearn(of_images())
