"""An ensemble in a file: all that its search found comes back, and a damaged one is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import neurona
from neurona import ModelFileError, NeuralNetClassifier, NeuralNetRegressor
from neurona.engine.layers import Activate, Add, Sequential
from neurona.engine.network import Network
from neurona.engine.parameters import arrays
from neurona.estimators.settings import Setting
from neurona.files import estimator as files
from neurona.files import network

OLDER = Path(__file__).parent.parent / "data" / "older"
FAST = {"epochs": 3, "random_state": 0}
RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 3))
CLASSES = np.array(["no", "yes"])[(X[:, 0] > 0).astype(int)]
FEW = X[:30]


def there_and_back(net, path):
    neurona.save(path, net)
    return neurona.load(path)


@pytest.mark.parametrize("more", [{}, {"normalization": "batch"}, {"networks": 3}], ids=str)
@pytest.mark.parametrize(
    ("class_", "y"),
    [
        (NeuralNetClassifier, CLASSES),
        (NeuralNetClassifier, np.arange(90) % 3),
        (NeuralNetRegressor, X[:, 0]),
        (NeuralNetRegressor, X[:, :1]),
        (NeuralNetRegressor, X[:, :2]),
    ],
    ids=["two classes", "three classes", "a number", "a number in a column", "two numbers"],
)
def test_an_ensemble_comes_back_to_the_last_bit(class_, y, more, tmp_path):
    net = class_(**FAST, **more).fit(X, y)
    again = there_and_back(net, tmp_path / "m")
    for a, b in zip(arrays(again.params_), arrays(net.params_), strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype
    np.testing.assert_array_equal(again.predict(X), net.predict(X))
    assert again.network_ == net.network_
    assert again._member == net._member
    assert (again.setting_, again.trials_) == (net.setting_, net.trials_)
    assert len(again.trials_) >= 1
    assert again.temperature_ == net.temperature_
    assert len(again.state_) == len(net.state_) == more.get("networks", 4)
    for a, b in zip(arrays(again.state_.params), arrays(net.state_.params), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    if class_ is NeuralNetRegressor:
        np.testing.assert_array_equal(again.residuals_, net.residuals_)
        np.testing.assert_array_equal(again.predict_interval(X, 0.8), net.predict_interval(X, 0.8))
    else:
        assert again.residuals_ is None
    there_and_back(again, tmp_path / "again")
    first, second = (network.read(tmp_path / name) for name in ("m", "again"))
    assert first.estimator == second.estimator


def test_one_network_and_few_rows_have_nothing_of_it(tmp_path):
    alone = there_and_back(NeuralNetRegressor(networks=1, **FAST).fit(X, X[:, 0]), tmp_path / "m")
    assert (alone.temperature_, alone.residuals_) == (1.0, None)
    assert [trial.cost for trial in alone.trials_] == [None]
    few = there_and_back(NeuralNetRegressor(**FAST).fit(FEW, FEW[:, 0]), tmp_path / "m")
    assert (few.residuals_, len(few.state_)) == (None, 4)


def test_a_trial_that_diverged_comes_back(tmp_path):
    net = NeuralNetClassifier(**FAST).fit(X, CLASSES)
    net.trials_ += (replace(net.trials_[0], cost=np.inf, kept=False),)
    again = there_and_back(net, tmp_path / "m")
    assert again.trials_[:-1] == net.trials_[:-1]
    assert again.trials_[-1].setting == net.trials_[-1].setting
    assert again.trials_[-1].cost is None  # JSON has no infinity


def test_splits_are_not_kept_and_a_number_of_folds_is(tmp_path):
    pairs = [(np.arange(60), np.arange(60, 90)), (np.arange(30, 90), np.arange(30))]
    net = NeuralNetClassifier(cv=pairs, **FAST).fit(X, CLASSES)
    assert there_and_back(net, tmp_path / "m").cv is None
    assert there_and_back(net.set_params(cv=3).fit(X, CLASSES), tmp_path / "m").cv == 3
    net.set_params(cv=np.int64(3)).fit(X, CLASSES)
    assert there_and_back(net, tmp_path / "m").cv in (3, None)


@pytest.mark.parametrize("given", [(5, 4), [5], 6, np.array([5, 3]), ()], ids=str)
def test_widths_come_back_whatever_they_were_given_as(given, tmp_path):
    net = NeuralNetClassifier(given, **FAST).fit(X, CLASSES)
    again = there_and_back(net, tmp_path / "m")
    np.testing.assert_array_equal(again.predict_proba(X), net.predict_proba(X))
    assert again.set_params(warm_start=True).fit(X, CLASSES).state_.step > 0


def test_a_warm_start_goes_on_with_an_ensemble_of_a_file(tmp_path):
    net = NeuralNetClassifier(**FAST | {"epochs": 30}).fit(X, CLASSES)
    again = there_and_back(net, tmp_path / "m").set_params(warm_start=True)
    assert again.fit(X, CLASSES).loss_ < net.loss_curve_[0]
    assert again.setting_ == net.setting_
    with pytest.raises(ValueError, match=r"goes on with 4 network\(s\)"):
        again.set_params(networks=2).fit(X, CLASSES)


@pytest.mark.parametrize("name", ["classifier-two", "regressor-mse"])
def test_a_network_of_an_older_file_goes_on(name):
    net = neurona.load(OLDER / f"{name}.safetensors")
    assert (net.networks, net.ramps, net.quick) == (1, 0, True)
    assert (net.temperature_, net.residuals_, net.trials_) == (1.0, None, ())
    assert isinstance(net.setting_, Setting)
    pets = {
        "kilos": [4.0, 22.0, np.nan, 5.0], "colour": ["black", None, "red", "red"],
        "tame": [True, True, False, False], "nothing": [None] * 4,
        "born": np.array(["2016-02-03", "2018-05-06", "2017-01-01", "2016-01-01"], "datetime64[D]"),
    }  # fmt: skip
    pandas = pytest.importorskip("pandas")
    rows = pandas.DataFrame(pets)
    y = np.resize(net.classes_, 4) if hasattr(net, "classes_") else np.arange(8.0).reshape(4, 2)
    before = arrays(net.params_)
    net.set_params(warm_start=True, epochs=2).fit(rows, y)
    after = arrays(net.params_)
    assert [a.shape for a in before] == [a.shape for a in after]
    assert any((a != b).any() for a, b in zip(before, after, strict=True))
    neurona.load(OLDER / f"{name}.safetensors").partial_fit(rows, y)


# Damaged


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return the parts of a file."""
    path = tmp_path_factory.mktemp("models") / "m"
    neurona.save(path, NeuralNetRegressor(**FAST).fit(X, X[:, :2]))
    return network.read(path)


def refused(model, **wrong):
    described = {
        **model.estimator,
        **{k: v for k, v in wrong.items() if k not in ("net", "params")},
    }
    changed = model._replace(
        estimator=described,
        net=wrong.get("net", model.net),
        params=wrong.get("params", model.params),
    )
    with pytest.raises(ModelFileError) as error:
        files.estimator_of("m", changed)
    return str(error.value)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf"), "hot", None])
def test_a_temperature_is_positive(model, temperature):
    assert "temperature" in refused(model, temperature=temperature)


@pytest.mark.parametrize(
    "residuals", [[], [[]], [[1.0]], [[1.0, 2.0], [1.0]], [[1.0, 2.0, 3.0]], [1.0, 2.0],
                  [[float("nan"), 1.0]], "many"],
    ids=str,
)  # fmt: skip
def test_residuals_are_of_the_outputs(model, residuals):
    assert "residuals" in refused(model, residuals=residuals)


def test_trials_and_the_setting_are_what_they_are(model):
    (trial, *_) = model.estimator["trials"]
    for name, value in (("cost", "low"), ("kept", 1), ("setting", None), ("more", 1)):
        assert "trials.0" in refused(model, trials=[{**trial, name: value}])
    assert "setting" in refused(model, setting={"hidden_layer_sizes": 3})
    assert "setting" in refused(model, setting="careful")


def test_an_ensemble_is_networks_that_are_alike(model):
    add, last = model.net.layers
    one = add.layers[0]
    said = "adds up layers that are not the networks of an ensemble"
    other = neurona.network([model.net.n_in, 7, 2])
    shape = model.net.in_shape
    for layers in (
        (Add((one, Sequential(other.layers))), last),
        (Add((one, one)), Activate(last.activation), Activate(last.activation)),
        (Add((one.layers[0], one.layers[0])), *one.layers[1:], last),
    ):
        net = Network(layers, shape)
        assert said in refused(model, net=net, params=net.init(0))
