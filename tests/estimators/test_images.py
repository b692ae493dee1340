"""The estimators on images and series: what X may be, layers, augmentation, and all around."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import neurona
from neurona import (
    GRU,
    Augmentation,
    Conv2D,
    Embedding,
    Flatten,
    MaxPool2D,
    NeuralNetClassifier,
    NeuralNetRegressor,
)
from neurona.engine.layers.global_pooling import GlobalAveragePool1D
from neurona.estimators.arrays import default_layers

RNG = np.random.default_rng(0)
CLASSES = np.array(["high", "low", "mid"])
WHICH = RNG.integers(0, 3, 60)
Y = CLASSES[WHICH]
X = RNG.integers(40, 120, (60, 8, 8)).astype(np.uint8)  # a bright bar: above, below or between
for image, place in zip(X, np.array([1, 6, 4])[WHICH], strict=True):
    image[place] += 110
SMALL = {
    "layers": [Conv2D(3), MaxPool2D(), Flatten(), 6],
    "epochs": 8,
    "learning_rate": 0.01,
    "random_state": 0,
}
SERIES = RNG.normal(size=(40, 7, 2))
TREND = np.where(SERIES[..., 0].sum(axis=1) > 0, 1, 0)


def classifier(**settings):
    return NeuralNetClassifier(**(SMALL | {"batch_size": 16} | settings))


@pytest.fixture(scope="module")
def fitted():
    return classifier(augmentation={"shift": 0.5, "rotation": 5}).fit(X, Y)


def test_images_are_learned_and_the_same_again(fitted):
    assert fitted.score(X, Y) > 0.9
    assert fitted.network_.in_shape == (8, 8, 1)
    assert fitted.n_features_in_ == 64
    again = clone(fitted).fit(X, Y)
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    with_channel = X[..., None]
    np.testing.assert_array_equal(fitted.predict_proba(with_channel), fitted.predict_proba(X))
    one_by_one = np.concatenate([fitted.predict_proba(image[None]) for image in X[:5]])
    np.testing.assert_allclose(one_by_one, fitted.predict_proba(X[:5]), rtol=1e-9)


def test_whole_numbers_are_scaled_and_it_is_said(capsys):
    net = classifier(epochs=1, verbose=True).fit(X, Y)
    said = capsys.readouterr().out.splitlines()[0]
    assert said == str(net.preparation_)
    assert said.startswith("images of 8 x 8 x 1, whole numbers from 40 to ")
    assert f"(x - {X.mean():.4g}) / {X.std():.4g}" in said
    prepared = net.prepare(X)
    np.testing.assert_allclose([prepared.mean(), prepared.std()], [0, 1], atol=1e-9)


def test_each_channel_and_each_feature_is_scaled_by_itself():
    colors = np.stack([X, X * 0.0 + 3, X * 1e-3 - 5], axis=-1)
    prepared = classifier(epochs=1).fit(colors, Y).prepare(colors)
    np.testing.assert_allclose(prepared.std(axis=(0, 1, 2)), [1, 0, 1], atol=1e-9)
    np.testing.assert_allclose(prepared.mean(axis=(0, 1, 2)), 0, atol=1e-9)
    weight = np.where(np.arange(60) < 30, 1.0, 0.0)
    few = classifier(epochs=1).fit(X, Y, sample_weight=weight)
    assert few.preparation_ == classifier(epochs=1).fit(X[:30], Y[:30]).preparation_


def test_padding_stays_zeros():
    series = SERIES + 5
    series[:, 5:] = 0
    net = NeuralNetRegressor(layers=[GRU(3, mask_zero=True)], epochs=1, random_state=0)
    prepared = net.fit(series, TREND).prepare(series)
    assert (prepared[:, 5:] == 0).all()
    np.testing.assert_allclose(prepared[:, :5].mean(axis=(0, 1)), 0, atol=1e-9)
    np.testing.assert_allclose(prepared[:, :5].std(axis=(0, 1)), 1, atol=1e-9)


@pytest.mark.parametrize(
    ("X", "settings", "shape"),
    [
        (X, {"layers": None}, (8, 8, 1)),
        (RNG.normal(size=(60, 12, 14)), {"layers": None}, (12, 14, 1)),
        (X[:, :4], {"layers": None}, (4, 8, 1)),  # twice as long as high
        (X[:, :4, :1].repeat(9, axis=2), {"layers": None}, (4, 9)),  # series: longer than that
        (X[..., None], {"layers": None, "hidden_layer_sizes": (4,)}, (8, 8, 1)),
        (X, {"layers": [Flatten(), 4]}, (8, 8, 1)),
        (X, {"layers": [GRU(2)]}, (8, 8)),
        (X, {"layers": "conv 2, pool, flatten, 4"}, (8, 8, 1)),
        (X, {"layers": "gru 2"}, (8, 8)),
        (X[:, 0] // 20, {"layers": [Embedding(12, 3), GlobalAveragePool1D()]}, (8,)),
        (X[:, 0] // 20, {"layers": "embedding 12 3, global"}, (8,)),
        (X[:, 0], {"layers": [4, 3]}, None),  # a table
        (X.tolist(), {}, (8, 8, 1)),
        ([*X], {}, (8, 8, 1)),
        (X > 100, {}, (8, 8, 1)),
        (np.ma.array(X), {}, (8, 8, 1)),
        ([*map(Image.fromarray, X)], {}, (8, 8, 1)),
        ([Image.fromarray(np.stack([one] * 3, -1)) for one in X], {}, (8, 8, 3)),
    ],
    ids=lambda one: str(one) if isinstance(one, dict | tuple) else "",
)
def test_forms_of_x(X, settings, shape):
    net = classifier(epochs=1, **settings).fit(X, Y)
    assert shape is None or net.network_.in_shape == shape
    assert net.predict(X[:2]).shape == (2,)


def test_as_they_are():
    net = classifier(preprocess=None, epochs=1).fit(X / 255, Y)
    np.testing.assert_array_equal(net.prepare(X), X[..., None])
    words = classifier(layers="embedding 12 3, global", epochs=1).fit(X[:, 0] // 20, Y)
    np.testing.assert_array_equal(words.prepare(X[:2, 0] // 20), X[:2, 0] // 20)
    with pytest.raises(ValueError, match="12"):
        words.predict(X[:2, 0])


FIT = [
    (np.moveaxis(X[..., None], -1, 1), {}, r"channels first: give np.moveaxis\(X, 1, -1\)"),
    ([X[0], X[1, :5]], {}, r"different shapes, \(8, 8\) and \(5, 8\)"),
    (np.where(np.arange(64).reshape(8, 8) == 9, np.nan, X), {}, r"contains NaN: X\[0, 1, 1\]"),
    (X * 0, {}, "images that are all alike"),
    (X[:0], {}, "give examples"),
    (X.astype(str), {}, "images and series as numbers"),
    (X, {"layers": [Conv2D(3, size=9)]}, "patch of 9 x 9"),
    (X, {"layers": [Conv2D]}, "which is a class: call it"),
    (X, {"layers": 3}, "give a list of layers"),
    (X, {"layers": [0]}, "positive whole number"),
    (X, {"hidden_layer_sizes": 3}, "give one of the two"),
    (X, {"layers": [Conv2D(3)]}, "Flatten"),
    (X, {"augmentation": {"turn": 3}}, "give {'shift': pixels, 'rotation'"),
    (X, {"augmentation": 3}, "augmentation is 3"),
    (X, {"augmentation": {"shift": -3}}, "shift is -3"),
    (X[:, 0], {"layers": None, "augmentation": {"shift": 1}}, "takes images"),
    (X[:, 0], {}, "examples of 8"),
    (X, {"layers": [8, 4]}, "put a Flatten"),
    (X, {"layers": []}, "put a Flatten"),
    (X, {"layers": iter([Flatten()])}, "give a list of layers"),
    (X.reshape(60, 2, 2, 4, 4), {"layers": None}, "give images"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "settings", "says"), FIT, ids=[one[2][:30] for one in FIT])
def test_bad_input_of_fit(given, settings, says):
    net = classifier(**settings)
    with pytest.raises(ValueError, match=says):
        net.fit(given, Y[: len(given)])
    assert not hasattr(net, "params_")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (X.reshape(60, -1), r"from images of 8 x 8 x 1: give X.reshape\(-1, 8, 8, 1\)"),
        (X[0], r"give X\[None\] for a single example"),
        (X[0][..., None], r"give X\[None\]"),
        (X[:, :5], r"give an array of shape \(n, 8, 8, 1\)"),
        (X[:, None], r"give np.moveaxis\(X, 1, -1\)"),
        (X * np.inf, "contains"),
    ],
    ids=["flat", "single", "single with channel", "smaller", "channels first", "not finite"],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_bad_input_of_predict(fitted, given, says):
    with pytest.raises(ValueError, match=says):
        fitted.predict(given)


@pytest.mark.parametrize(
    ("side", "filters", "pools"),
    [(3, [], 0), (4, [32], 0), (5, [32], 0), (6, [32], 1), (11, [32, 64], 1), (12, [16, 32], 2)],
)
def test_the_layers_that_images_have_by_default(side, filters, pools):
    layers = default_layers((side, 20, 1))
    assert [one.n_out for one in layers if isinstance(one, Conv2D)] == filters
    assert sum(isinstance(one, MaxPool2D) for one in layers) == pools


@pytest.mark.parametrize("white", [255, X.max()])
def test_another_scale_is_told(fitted, white):
    with pytest.warns(UserWarning, match="give them on the same scale") as told:
        fitted.predict(X / white)
    assert told[0].filename == __file__


def test_a_table_does_not_take_images():
    net = NeuralNetClassifier(3, epochs=1, networks=1).fit(X[:, 0], Y)
    with pytest.raises(ValueError, match="dim 3"):
        net.predict(X)


@pytest.mark.parametrize(
    ("settings", "networks"),
    [
        ({"early_stopping": True}, None),
        ({"networks": 2}, 2),
        ({"cv": 3, "epochs": 2}, 3),
        ({"class_weight": "balanced", "label_smoothing": 0.1, "engine": "jax"}, None),
    ],
    ids=["early stopping", "two networks", "three folds", "weights, compiled"],
)
def test_settings(settings, networks):
    if settings.get("engine") == "jax":
        pytest.importorskip("jax")
    net = classifier(augmentation=Augmentation(0.5), **settings).fit(X, Y)
    assert (len(net.state_) if np.ndim(net.state_.cost) else None) == networks
    assert len(net.trials_) == 1
    assert net.score(X, Y) > 0.5
    assert (net.temperature_ != 1) == (networks is not None)


def test_a_stream_of_images():
    net = classifier(early_stopping=True)
    for _ in range(4):
        net.partial_fit(X, Y, classes=CLASSES)
    assert len(net.validation_scores_) == 4
    before = net.loss_
    net.set_params(early_stopping=False).partial_fit(X[:1], Y[:1])  # of a single example, too
    assert net.loss_ != before


def test_a_warm_start_goes_on_with_the_same_layers_only(fitted):
    net = clone(fitted).set_params(warm_start=True, epochs=1).fit(X, Y)
    first = net.params_[0].W
    assert (first != net.fit(X, Y).params_[0].W).any()
    net.set_params(layers=[Flatten(), 3])
    with pytest.raises(ValueError, match=r"layers is \[Flatten.*made with Conv2D\(3, .*MaxPool2D"):
        net.fit(X, Y)


def test_batch_normalization_takes_a_single_example():
    layers = "conv 2, batchnorm, flatten, 4"
    net = classifier(layers=layers, epochs=1).fit(X, Y)
    assert np.isfinite(net.predict_proba(X[:1])).all()
    net.partial_fit(X[:1], Y[:1])
    assert np.isfinite(net.predict_proba(X[:1])).all()


def test_a_search_over_layers():
    search = GridSearchCV(
        classifier(epochs=1), {"layers": [[Flatten(), 4], ["conv 2", Flatten()]]}, cv=2
    )
    assert search.fit(X, Y).best_estimator_.predict(X).shape == (60,)


@pytest.mark.parametrize("settings", [{}, {"networks": 2}, {"preprocess": None}], ids=str)
def test_pickle_and_file_hold_all(settings, tmp_path):
    augmentation = Augmentation(shift=0.5)
    net = classifier(augmentation=augmentation, epochs=2, **settings).fit(X, Y)
    net.save(tmp_path / "net.safetensors")
    read = neurona.load(tmp_path / "net.safetensors")
    for other in (pickle.loads(pickle.dumps(net)), read):
        np.testing.assert_array_equal(other.predict_proba(X), net.predict_proba(X))
        assert other.preparation_ == net.preparation_
        assert other.augmentation == augmentation
        assert [*other.layers] == net.layers
    assert read.setting_ == net.setting_
    read.set_params(warm_start=True).fit(X, Y)


def test_a_file_does_not_hold_a_custom_augmentation(tmp_path):
    net = classifier(epochs=1, augmentation=lambda x, rng: x).fit(X, Y)
    with pytest.raises(ValueError, match=r"augmentation is .*not code"):
        net.save(tmp_path / "net.safetensors")


def test_a_regressor_of_series():
    net = NeuralNetRegressor(epochs=15, random_state=0).fit(SERIES, SERIES[..., 0].mean(axis=1))
    assert net.score(SERIES, SERIES[..., 0].mean(axis=1)) > 0.5
    assert str(net.preparation_).startswith("series of 7 x 2, numbers from ")
    assert "of each feature" in str(net.preparation_)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"shape": (8, 8)}, "examples are of shape"),
        ({"mean": (1.0, 2.0)}, "2 means and 1 deviations for 1 channels"),
        ({"deviation": (0.0,)}, "deviation 0.0: it is positive"),
        ({"raw": True}, "taken as they are, and have a mean"),
    ],
    ids=str,
)
def test_a_file_whose_scaling_does_not_fit(fitted, changes, says, tmp_path):
    net = clone(fitted).fit(X[:20], Y[:20])
    net.preparation_ = replace(net.preparation_, **changes)
    net.preprocess = "auto"
    neurona.save(tmp_path / "net.safetensors", net)
    with pytest.raises(neurona.ModelFileError, match=says):
        neurona.load(tmp_path / "net.safetensors")
