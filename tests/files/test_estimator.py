"""An estimator in a file: it answers as before, and of a damaged file it is said what is wrong."""

import hashlib
import io
import json
import re
import subprocess
import sys
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

import neurona
from neurona import ModelFileError, NeuralNetClassifier, NeuralNetRegressor
from neurona.engine.activations import Activation
from neurona.engine.costs import Huber, Pinball, Poisson
from neurona.engine.schedules import cosine, exponential, warm_up
from neurona.files import estimator as files
from neurona.files import network
from neurona.tables.targets import Counts, Labels, Quantities
from tests.support.columns import NUMBERS
from tests.support.plain import PLAIN
from tests.support.ramps import ramps


class SquaredMore(neurona.costs.SquaredError):
    """A cost of one's own."""


QUICK = {"epochs": 3, "random_state": 0}
STORED = Path(__file__).parent.parent / "data"
ROWS = pd.DataFrame(
    {
        "kilos": [4.0, 22.0, np.nan],
        "micrograms": [0.0, 1e9, -1e9],
        "colour": ["black", None, "red"],
        "tame": [True, True, False],
        "born": pd.to_datetime(["2016-02-03", "2018-05-06", "2017-01-01"]),
    }
)


def animals(n=80):
    """Return a frame with numbers, categories, truths, dates and missing cells, and a target."""
    rng = np.random.default_rng(0)
    kind = rng.choice(["cat", "dog", "fox"], n)
    frame = pd.DataFrame(
        {
            "kilos": np.where(kind == "dog", 20.0, 5.0) * rng.uniform(0.8, 1.2, n),
            "colour": rng.choice(["black", "white", "red"], n),
            "tame": kind != "fox",
            "born": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D"),
            "nothing": None,
        }
    )
    frame.loc[rng.random(n) < 0.2, "kilos"] = np.nan
    frame.loc[rng.random(n) < 0.2, "colour"] = None
    frame.loc[rng.random(n) < 0.2, "born"] = pd.NaT
    return frame.astype({"colour": "category"}), kind


def there_and_back(estimator, path, X):
    neurona.save(path, estimator)
    again = neurona.load(path)
    assert type(again) is type(estimator)
    np.testing.assert_array_equal(again.predict(X), estimator.predict(X))
    assert again.predict(X).dtype == estimator.predict(X).dtype
    return again


@pytest.fixture(scope="module")
def frame():
    return animals()


@pytest.fixture(scope="module")
def fitted(frame):
    return NeuralNetClassifier(4, ramps=0, **QUICK).fit(*frame)


@pytest.fixture(scope="module")
def data(fitted):
    buffer = io.BytesIO()
    neurona.save(buffer, fitted, notes={"of": "animals"})
    return buffer.getvalue()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("models") / "model.safetensors"


@pytest.fixture(scope="module")
def older():
    """Return the bytes of an estimator's file as it was before format 3."""
    return (STORED / "older" / "classifier-three.safetensors").read_bytes()


# There and back


def test_an_estimator_from_a_file_predicts_a_raw_table_as_before(fitted, frame, tmp_path):
    X, y = frame
    again = there_and_back(fitted, tmp_path / "m", X)
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert again.score(X, y) == fitted.score(X, y)
    assert again.preparation_ == fitted.preparation_
    assert again.classes_.tolist() == ["cat", "dog", "fox"]
    assert again.feature_names_in_.tolist() == X.columns.tolist()
    assert (again.n_iter_, again.loss_) == (fitted.n_iter_, fitted.loss_)
    assert again.loss_curve_ == fitted.loss_curve_
    other_order = X[X.columns[::-1]]
    np.testing.assert_array_equal(again.predict(other_order), fitted.predict(X))
    with pytest.raises(ValueError, match=r"lacks the column.*'colour'"):
        again.predict(X.drop(columns="colour"))


def test_save_is_a_method_too_and_notes_come_back(fitted, frame, tmp_path):
    fitted.save(tmp_path / "m", notes={"target": "kind"})
    again, notes = files.read(tmp_path / "m")
    assert notes == {"target": "kind"}
    np.testing.assert_array_equal(again.predict(frame[0]), fitted.predict(frame[0]))


def test_ramps_come_back(frame, tmp_path):
    with ramps(4):
        net = NeuralNetClassifier(4, quick=True, **QUICK).fit(*frame)
    again = there_and_back(net, tmp_path / "m", frame[0])
    assert again.preparation_ == net.preparation_
    numbers = [step for _, step in again.preparation_.steps if step.kind in ("number", "date")]
    assert [getattr(step, "number", step).ramps.n_out for step in numbers] == [5, 5]


def test_a_column_of_a_file_may_leave_ramps_out(frame, place):
    with ramps(0):
        net = NeuralNetClassifier(4, **QUICK).fit(*frame)
    neurona.save(place, net)
    config, arrays = parts_of(place.read_bytes())
    (_, kilos), *_, (_, born) = config["estimator"]["preparation"]["steps"]
    assert kilos.pop("ramps") is born["number"].pop("ramps") is None
    place.write_bytes(made_of(config, arrays))
    again = neurona.load(place)
    assert again.preparation_ == net.preparation_
    np.testing.assert_array_equal(again.predict(frame[0]), net.predict(frame[0]))


@pytest.mark.parametrize("kind", NUMBERS, ids=lambda kind: kind.__name__)
def test_any_column_that_is_learned_comes_back(kind, tmp_path):
    """No column of numbers has ramps that reading takes for wrong."""
    for seed in range(8):
        rng = np.random.default_rng(seed)
        X = np.stack([kind(rng, 60, False), rng.normal(size=60)], axis=1)
        weight = rng.random(60) ** 20 if seed % 2 else None
        with ramps(int(rng.integers(2, 12))):
            net = NeuralNetClassifier((), epochs=1, random_state=0)
            net.fit(X, np.arange(60) % 2, sample_weight=weight)
        assert there_and_back(net, tmp_path / "m", X).preparation_ == net.preparation_


@pytest.mark.parametrize("outputs", [1, 3])
def test_numbers_come_back(outputs, frame, tmp_path):
    rng = np.random.default_rng(1)
    y = 1000 + 5 * rng.normal(size=(len(frame[0]), outputs))
    y = y[:, 0] if outputs == 1 else y
    net = NeuralNetRegressor(4, **QUICK).fit(frame[0], y)
    again = there_and_back(net, tmp_path / "m", frame[0])
    assert isinstance(again.targets_, Quantities)
    assert again.predict(frame[0]).shape == y.shape


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("cost", ["poisson", Poisson()], ids=str)
def test_counts_come_back(cost, outputs, frame, tmp_path):
    y = np.random.default_rng(1).poisson(900, size=(len(frame[0]), outputs))
    y = y[:, 0] if outputs == 1 else y
    net = NeuralNetRegressor(4, cost=cost, **QUICK).fit(frame[0], y)
    again = there_and_back(net, tmp_path / "m", frame[0])
    assert isinstance(again.targets_, Counts)
    assert again.predict(frame[0]).shape == y.shape
    assert network.read(tmp_path / "m").cost == Poisson()


@pytest.mark.parametrize("cost", [Pinball(0.9), Huber(delta=2), "pinball"], ids=str)
def test_a_cost_comes_back_with_its_settings(cost, frame, tmp_path):
    X, y = frame[0], np.arange(len(frame[0]))
    net = NeuralNetRegressor(4, cost=cost, **QUICK).fit(X, y)
    again = there_and_back(net, tmp_path / "m", X)
    assert again.cost == cost
    np.testing.assert_array_equal(again.fit(X, y).predict(X), net.predict(X))


def test_label_smoothing_comes_back(frame, tmp_path):
    net = NeuralNetClassifier(4, label_smoothing=0.2, **QUICK).fit(*frame)
    assert there_and_back(net, tmp_path / "m", frame[0]).label_smoothing == 0.2


def test_labels_come_back(frame, tmp_path):
    y = np.random.default_rng(1).integers(0, 2, (len(frame[0]), 3))
    net = NeuralNetClassifier(4, **QUICK).fit(frame[0], y)
    again = there_and_back(net, tmp_path / "m", frame[0])
    assert isinstance(again.targets_, Labels)
    np.testing.assert_array_equal(again.classes_, [0, 1, 2])
    np.testing.assert_array_equal(again.predict_proba(frame[0]), net.predict_proba(frame[0]))
    assert again.predict(frame[0]).shape == y.shape


@pytest.mark.parametrize(
    "classes",
    [
        np.array(["no", "sí"]), np.array(["no", "yes", "?"], dtype=object), np.array([False, True]),
        np.array([-3, 7], dtype=np.int8), np.array([2**63, 2**64 - 1], dtype=np.uint64),
        np.array([1.0, 2.0], dtype=np.float32), np.array([np.str_("a"), np.str_("b")], object),
    ],
    ids=lambda classes: classes.dtype.name,
)  # fmt: skip
def test_classes_come_back_in_their_type(classes, frame, tmp_path):
    y = classes[np.arange(len(frame[0])) % len(classes)]
    net = NeuralNetClassifier(4, **QUICK).fit(frame[0], y)
    again = there_and_back(net, tmp_path / "m", frame[0])
    assert again.classes_.dtype == net.classes_.dtype


def test_an_array_that_is_not_prepared(tmp_path):
    X = np.random.default_rng(0).normal(size=(30, 3))
    net = NeuralNetRegressor(4, preprocess=None, **QUICK).fit(X, X[:, 0])
    again = there_and_back(net, tmp_path / "m", X)
    assert again.preparation_ is None
    assert not hasattr(again, "feature_names_in_")


@pytest.mark.parametrize("normalization", ["batch", "layer"])
@pytest.mark.parametrize("dropout", [0.2, [0.1, 0.0], (0, 0.3)])
def test_dropout_and_normalization_come_back(dropout, normalization, frame, tmp_path):
    given = {"dropout": dropout, "normalization": normalization}
    net = NeuralNetClassifier((5, 4), **given, **QUICK).fit(*frame)
    again = there_and_back(net, tmp_path / "m", frame[0])
    assert again.network_ == net.network_
    assert (list(np.ravel(again.dropout)), again.normalization) == (
        list(np.ravel(dropout)), normalization,
    )  # fmt: skip
    again.set_params(warm_start=True).fit(*frame)


def test_mini_batches_leave_float32_and_it_comes_back(tmp_path):
    X = np.random.default_rng(0).normal(size=(300, 3))
    net = NeuralNetRegressor(4, early_stopping=True, **PLAIN, **QUICK).fit(X, X[:, 0])
    again = there_and_back(net, tmp_path / "m", X)
    assert again.params_[0].W.dtype == np.float32
    assert again.validation_scores_ == net.validation_scores_
    assert again.validation_loss_curve_ == net.validation_loss_curve_


def test_parameters_come_back(frame, tmp_path):
    given_parameters = {
        "hidden_layer_sizes": [4, np.int64(3)],
        "activation": ["tanh", neurona.engine.activations.find_activation("relu")],
        "optimizer": neurona.adam(0.01, beta1=0.8),
        "learning_rate": (0.1, 0.2, 0.3),
        "class_weight": {"cat": 1, "dog": 2.5, "fox": 1},
        "cost": neurona.costs.CategoricalCrossEntropy(),
        "initializer": neurona.engine.initializers.find_initializer("uniform"),
        "clip": np.float32(2.0),
        "scoring": "accuracy",
        "epochs": 2,
        "random_state": 3,
    }
    net = NeuralNetClassifier(**given_parameters).fit(*frame)
    again = there_and_back(net, tmp_path / "m", frame[0])
    parameters = again.get_params()
    assert parameters["hidden_layer_sizes"] == (4, 3)
    assert parameters["activation"] == ("tanh", "relu")
    assert parameters["optimizer"] == neurona.adam(0.01, beta1=0.8)
    assert parameters["class_weight"] == {"cat": 1, "dog": 2.5, "fox": 1}
    assert parameters["initializer"] == "uniform"
    assert parameters["learning_rate"] == (0.1, 0.2, 0.3)
    second = again.fit(*frame)  # with the parameters that came back it learns the same
    np.testing.assert_array_equal(second.predict_proba(frame[0]), net.predict_proba(frame[0]))


def test_an_estimator_of_the_first_files_is_read_for_ever():
    """Its curve of the cost on the rows held out was not yet kept."""
    classifier = neurona.load(STORED / "classifier-version-1.safetensors")
    assert classifier.network_.topology == (13, 6, 4, 3)
    assert (classifier.classes_.tolist(), classifier.activation) == (
        ["cat", "dog", "fox"],
        ("tanh", "silu"),
    )
    assert classifier.class_weight == {"cat": 1.0, "dog": 1.0, "fox": 2.0}
    assert (len(classifier.validation_scores_), classifier.validation_loss_curve_) == (60, [])
    np.testing.assert_allclose(
        classifier.predict_proba(ROWS),
        [
            [0.420138, 0.574190, 0.005671],
            [0.376571, 0.617308, 0.006121],
            [0.009145, 0.016611, 0.974244],
        ],
        atol=1e-5,
    )


def test_an_estimator_of_version_2_is_read_for_ever():
    regressor = neurona.load(STORED / "regressor-version-2.safetensors")
    assert (regressor.cost, regressor.normalization, regressor.dropout) == (
        Huber(2.0),
        "batch",
        0.1,
    )
    np.testing.assert_allclose(
        regressor.predict(ROWS.drop(columns="kilos")), [12.15168, 11.07747, 5.7668], atol=1e-4
    )


def test_a_loaded_estimator_goes_on(fitted, frame, tmp_path):
    neurona.save(tmp_path / "m", fitted)
    again = neurona.load(tmp_path / "m").set_params(warm_start=True, epochs=30)
    again.fit(*frame)
    assert again.loss_ < fitted.loss_
    with pytest.raises(ValueError, match="partial_fit goes on with one network"):
        neurona.load(tmp_path / "m").partial_fit(*frame)
    neurona.save(tmp_path / "m", NeuralNetClassifier(4, networks=1, **QUICK).fit(*frame))
    neurona.load(tmp_path / "m").partial_fit(*frame)


def test_the_network_in_an_estimators_file_is_a_network(data, place):
    place.write_bytes(data)
    net, params, *_ = network.read(place)
    assert net.n_out == 3
    net.predict(params, np.zeros((1, net.n_in)))


def test_nothing_of_a_file_is_run_and_a_network_needs_no_scikit_learn(tmp_path):
    net = neurona.network([2, 1])
    neurona.save(tmp_path / "m", net, net.init(rng=0))
    program = (
        f"import sys, neurona\nneurona.load({str(tmp_path / 'm')!r})\n"
        "sys.exit('sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("which", ["learning_rate", "optimizer"])
def test_schedules_are_saved(which, frame, tmp_path):
    X, _ = frame
    rates = [cosine(0.1, 5), warm_up(exponential(0.1), 3)]
    for rate in (*rates, tuple(rates)):  # one for each layer
        given = rate if which == "learning_rate" else neurona.adam(rate)
        net = NeuralNetRegressor(4, **QUICK, **{which: given}).fit(X, np.arange(len(X)))
        neurona.save(tmp_path / "m", net)
        assert neurona.load(tmp_path / "m").get_params()[which] == given


# Refused by save


def cube(z):
    return z**3, lambda da: da * 3 * z**2


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"activation": Activation("cube", cube, 1.0)}, "activation"),
        ({"initializer": lambda rng, shape, gain: np.ones(shape)}, "initializer"),
        ({"learning_rate": lambda step: 0.1}, "parameters.learning_rate is .*not code"),
        (
            {"optimizer": neurona.adam(lambda step: 0.1)},
            "optimizer.learning_rate is .*a finite number",
        ),
        ({"scoring": lambda estimator, X, y: 0.0, "early_stopping": True}, "scoring is .*function"),
        ({"random_state": np.random.default_rng(0)}, "random_state is .*Generator"),
        ({"cost": SquaredMore()}, "the cost SquaredMore"),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_code_is_refused(parameters, said, frame, tmp_path):
    X, _ = frame
    net = NeuralNetRegressor(4, **{**QUICK, **parameters}).fit(X, np.arange(len(X)))
    with pytest.raises(ValueError, match=said):
        neurona.save(tmp_path / "m", net)
    assert list(tmp_path.iterdir()) == []


def test_an_unfitted_or_other_estimator_is_refused(fitted, tmp_path):
    class Own(NeuralNetClassifier):
        pass

    path, net = tmp_path / "m", fitted.network_
    with pytest.raises(NotFittedError):
        neurona.save(path, NeuralNetClassifier())
    with pytest.raises(ValueError, match="cannot save a Own"):
        neurona.save(path, Own())
    with pytest.raises(ValueError, match="cannot save a dict: pass a network with its parameters"):
        neurona.save(path, {})
    with pytest.raises(ValueError, match="saved with its parameters"):
        neurona.save(path, net)
    with pytest.raises(ValueError, match="give it alone"):
        neurona.save(path, fitted, fitted.params_)
    with pytest.raises(ValueError, match="notes: give what JSON can hold"):
        fitted.save(path, notes={"at": {1}})
    assert list(tmp_path.iterdir()) == []


# Refused by load


def parts_of(data):
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    return json.loads(header["__metadata__"]["neurona"]), safetensors.numpy.load(data)


def made_of(config, arrays):
    """Write a file with a right checksum, whatever stands in it."""
    text = json.dumps(config)
    sum_ = hashlib.sha256(text.encode())
    for name in sorted(arrays, key=lambda name: (name.rpartition(".")[0], name[-1] == "b")):
        sum_.update(arrays[name].tobytes())
    return safetensors.numpy.save(arrays, metadata={"neurona": text, "sha256": sum_.hexdigest()})


def refused(data, place):
    place.write_bytes(data)
    with pytest.raises(ModelFileError) as error:
        neurona.load(place)
    assert str(place) in str(error.value)
    return str(error.value)


def changed(data, way, value):
    """Return the file with another value at the end of the way through its description."""
    config, arrays = parts_of(data)
    inner = config["estimator"]
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    return made_of(config, arrays)


ONE = {"dtype": "float64", "values": [1.0]}
ARRAY_OF_3 = {"dtype": "float64", "values": [1.0, 2.0, 3.0]}


def nested(depth):
    """Return lists within one another."""
    value = 1
    for _ in range(depth):
        value = [value]
    return value


STEPS = ("preparation", "steps")  # of kilos, colour, tame and born


def ramps_of(**wrong):
    """Return ramps as a file describes them, with something wrong."""
    return {"mean": 10.0, "deviation": 6.0, "knots": [4.0, 8.0, 24.0], **wrong}


@pytest.mark.parametrize(
    ("way", "value", "said"),
    [
        (["kind"], "os.system", "estimator is the class 'os.system', which this neurona does not"),
        (["kind"], "NeuralNetRegressor", "has no parameter 'class_weight'"),
        (["kind"], ["NeuralNetClassifier"], "estimator is the class ["),
        (["more"], 1, "estimator has no field 'more'"),
        (["parameters"], [], "estimator.parameters is []"),
        (["parameters", "colour"], 1, "has no parameter 'colour'"),
        (["parameters", "clip"], float("nan"), "estimator.parameters.clip is nan"),
        (["parameters", "clip"], {"code": "x"}, "parameters.clip is the value None"),
        (["parameters", "clip"], {"kind": "Thing"}, "parameters.clip is the value 'Thing'"),
        (["parameters", "clip"], {"kind": "dict", "items": [[1]]}, "clip.0 has 1 items"),
        (["parameters", "clip"], {"kind": "dict", "items": [[[1], 2]]}, "clip is (1,)"),
        (["parameters", "clip"], nested(80), "is too deep"),
        (["parameters", "optimizer"], {"kind": "adam", "x": 1}, "optimizer has no field 'x'"),
        (["parameters", "cost"], {"kind": "pinball", "quantile": 2.0}, "is 2.0: it must"),
        (["parameters", "preprocess"], None, "preprocess is None"),
        (["parameters", "preprocess"], "all", "preprocess is 'all'"),
        (["width"], 10**12, "has 1000000000000 columns"),
        (["width"], True, "estimator.width is True"),
        (["width"], 4, "not the kinds of 4 columns"),
        (["columns"], ["a"], "1 names for 5 columns"),
        (["columns"], ["a"] * 5, "are not texts that differ"),
        (["columns"], [1] * 5, "estimator.columns.0 is 1: it takes a text"),
        (["preparation"], None, "which the preparation contradicts"),
        (["preparation", "kinds"], ["number"] * 5, "column 1 is prepared as 'category'"),
        (["preparation", "kinds", 0], "magic", "kinds.0 is 'magic': it takes one of number"),
        ([*STEPS], [], "no column is prepared"),
        ([*STEPS, 0], [0], "steps.0 has 1 items"),
        ([*STEPS, 1, 0], 0, "column 0 is prepared"),
        ([*STEPS, 3, 0], 10**9, "column 1000000000 is prepared"),
        ([*STEPS, 0, 1, "kind"], "magic", "steps.0.1 is the column 'magic'"),
        ([*STEPS, 0, 1, "spread"], 0.0, "has the spread 0.0"),
        ([*STEPS, 0, 1, "spread"], float("inf"), "steps.0.1.spread is inf"),
        ([*STEPS, 0, 1, "median"], "1", "steps.0.1.median is '1'"),
        ([*STEPS, 0, 1, "missing"], 1, "steps.0.1.missing is 1"),
        ([*STEPS, 0, 1, "missing"], False, "numbers, and the network takes"),
        ([*STEPS, 0, 1, "ramps"], 3, "steps.0.1.ramps is 3: it takes an object of fields"),
        ([*STEPS, 0, 1, "ramps"], {"mean": 1.0}, "steps.0.1.ramps.deviation is missing"),
        ([*STEPS, 0, 1, "ramps"], ramps_of(more=1), "ramps has no field 'more'"),
        ([*STEPS, 0, 1, "ramps"], ramps_of(knots=[4.0, float("inf"), 9.0]), "knots.1 is inf"),
        ([*STEPS, 0, 1, "ramps"], ramps_of(knots="456"), "ramps.knots is '456'"),
        ([*STEPS, 0, 1, "ramps"], ramps_of(knots=[4.0, 24.0]),
         "column 'kilos' has ramps between 2 knots: there are 3 or more"),
        ([*STEPS, 0, 1, "ramps"], ramps_of(knots=[4.0, 24.0, 8.0]),
         "column 'kilos' has the knots (4.0, 24.0, 8.0): each is above the one before"),
        ([*STEPS, 0, 1, "ramps"], ramps_of(knots=[4.0, 8.0, 8.0, 24.0]), "each is above the one"),
        ([*STEPS, 0, 1, "ramps"], ramps_of(knots=[-1e308, 0.0, 1e308]), "no float tells how far"),
        ([*STEPS, 0, 1, "ramps"], ramps_of(mean=25), "the mean 25.0, which is not between its"),
        ([*STEPS, 0, 1, "ramps"], ramps_of(mean=float("nan")), "ramps.mean is nan"),
        ([*STEPS, 0, 1, "ramps"], ramps_of(deviation=0), "has the deviation 0.0: it is positive"),
        ([*STEPS, 0, 1, "ramps"], ramps_of(deviation=-1.0), "has the deviation -1.0"),
        ([*STEPS, 0, 1, "ramps"], ramps_of(deviation=1e-9), "where the knots are 20.0 apart"),
        ([*STEPS, 0, 1, "ramps"], ramps_of(), "numbers, and the network takes"),
        ([*STEPS, 3, 1, "number", "ramps"], ramps_of(knots=[]),
         "column 'born' has ramps between 0 knots"),
        ([*STEPS, 1, 1, "levels"], ["a", "a"], "are not texts that differ"),
        ([*STEPS, 1, 1, "levels"], [1, 2], "levels.0 is 1: it takes a text"),
        ([*STEPS, 1, 1, "scale"], 0, "has the scale 0"),
        ([*STEPS, 1, 1, "scale"], 1.5, "has the scale 1.5"),
        ([*STEPS, 1, 1, "merged"], -1, "has -1 other categories"),
        ([*STEPS, 1, 1, "merged"], 7, "has 7 other categories"),
        (
            [*STEPS, 1, 1],
            {"kind": "category", "name": "x", "levels": [], "other": False, "missing": True},
            "tells nothing",
        ),
        ([*STEPS, 3, 1, "cycles"], ["century"], "dates have the cycles"),
        ([*STEPS, 3, 1, "number"], 3, "steps.3.1.number is 3"),
        (["targets", "kind"], "magic", "targets is the value 'magic'"),
        (["targets", "classes"], [], "targets.classes is []: it takes an array"),
        (["targets", "classes", "more"], 1, "is not described by dtype and values"),
        (["targets", "classes", "values"], ["fox", "dog", "cat"], "two or more, in order"),
        (["targets", "classes", "values"], ["cat", "dog"], "needs 1 outputs of sigmoid"),
        (["targets", "classes", "values"], ["cat"], "two or more, in order"),
        (["targets", "classes", "values"], [1, 2, 3], "not a text"),
        (["targets", "classes", "dtype"], "complex", "dtype is 'complex': it takes one of int8"),
        (["targets", "classes"], {"dtype": "int8", "values": [1, 2, 10**30]}, "not a whole"),
        (["targets", "classes"], {"dtype": "int8", "values": [1, 2, 300]}, "is not of int8"),
        (["targets"], {"kind": "Labels", "classes": ARRAY_OF_3}, "the labels are not 0, 1, 2"),
        (["targets"], {"kind": "Quantities", "mean": ONE, "deviation": ONE, "single": True},
         "a NeuralNetClassifier has no target of Quantities"),
        (["targets"], {"kind": "Quantities", "mean": ONE, "deviation": ARRAY_OF_3, "single": True},
         "fit"),
        (["targets"], {"kind": "Counts", "mean": ONE, "single": True},
         "a NeuralNetClassifier has no target of Counts"),
        (["targets"], {"kind": "Counts", "mean": {**ONE, "values": [-1.0]}, "single": True},
         "negative"),
        (["targets"], {"kind": "Counts", "mean": {**ONE, "values": []}, "single": False}, "fit"),
        (["targets"], {"kind": "Counts", "mean": {**ONE, "values": [1.0, 1.0]}, "single": True},
         "is single, and has several means"),
        (["targets"], {"kind": "Counts", "mean": {**ONE, "values": [float("inf")]},
                       "single": True}, "not a finite number"),
        (["targets"], {"kind": "Counts", "mean": {"dtype": "int8", "values": [1]}, "single": True},
         "not of float64"),
        (["epochs"], -1, "and -1 epochs"),
        (["loss"], "low", "estimator.loss is 'low'"),
        (["loss_curve"], [1.0, "x"], "loss_curve.1 is 'x'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(way, value, said, data, place):
    good = made_of(*parts_of(data))
    place.write_bytes(good)
    neurona.load(place)  # unchanged, it is good
    assert said in refused(changed(data, way, value), place)


@pytest.mark.parametrize(
    ("way", "value", "said"),
    [
        (["class"], "os.system", "is the class 'os.system'"),
        (["class"], "NeuralNetRegressor", "has no parameter 'class_weight'"),
        (["class"], ["NeuralNetClassifier"], "is the class ["),
        (["parameters"], [], "parameters is []"),
        (["parameters", "colour"], 1, "has no parameter 'colour'"),
        (["parameters", "clip"], float("nan"), "parameters.clip is nan"),
        (["parameters", "clip"], {"code": "x"}, "parameters.clip is the value None"),
        (["parameters", "clip"], {"pairs": [[1]]}, "clip.0 has 1 items"),
        (["parameters", "clip"], {"pairs": [[[1], 2]]}, "clip is (1,)"),
        (["parameters", "optimizer"], {"optimizer": "x", "settings": {}}, "the value 'x'"),
        (["parameters", "optimizer"], {"optimizer": "adam", "settings": {"x": 1}}, "no field 'x'"),
        (["parameters", "cost"], {"cost": "x", "settings": {}}, "cost is the value 'x'"),
        (["parameters", "cost"], {"cost": "pinball", "settings": {"quantile": 2.0}}, "is 2.0: it"),
        (["parameters", "preprocess"], None, "preprocess is None"),
        (["parameters", "preprocess"], "all", "preprocess is 'all'"),
        (["width"], 10**12, "has 1000000000000 columns"),
        (["width"], True, "width is True"),
        (["width"], 4, "not the kinds of 4 columns"),
        (["columns"], ["a"], "1 names for 5 columns"),
        (["columns"], ["a"] * 5, "are not texts that differ"),
        (["preparation"], None, "which the preparation contradicts"),
        (["preparation", "kinds"], ["number"] * 5, "column 1 is prepared as 'category'"),
        (["preparation", "kinds", 0], "magic", "kinds.0 is 'magic'"),
        ([*STEPS], [], "no column is prepared"),
        ([*STEPS, 0], [0, "number"], "steps.0.1 is 'number'"),
        ([*STEPS, 1, 0], 0, "column 0 is prepared"),
        ([*STEPS, 3, 0], 10**9, "column 1000000000 is prepared"),
        ([*STEPS, 0, 2, "spread"], 0.0, "has the spread 0.0"),
        ([*STEPS, 0, 2, "spread"], float("inf"), "spread is inf"),
        ([*STEPS, 0, 2, "median"], "1", "median is '1'"),
        ([*STEPS, 0, 2, "missing"], 1, "missing is 1"),
        ([*STEPS, 0, 2, "missing"], False, "numbers, and the network takes"),
        ([*STEPS, 0, 2, "more"], 1, "has no field 'more'"),
        ([*STEPS, 1, 2, "levels"], ["a", "a"], "are not texts that differ"),
        ([*STEPS, 1, 2, "levels"], [1, 2], "levels.0 is 1"),
        ([*STEPS, 1, 2], {"name": "x", "levels": [], "other": False, "missing": True}, "nothing"),
        ([*STEPS, 3, 2, "cycles"], ["century"], "dates have the cycles"),
        ([*STEPS, 3, 2, "number"], 3, "number is 3"),
        (["target", "kind"], "magic", "targets is the value 'magic'"),
        (["target", "classes"], ["fox", "dog", "cat"], "in order"),
        (["target", "classes"], ["cat", "dog"], "needs 1 outputs of sigmoid"),
        (["target", "classes"], ["cat"], "two or more, in order"),
        (["target", "classes"], [1, 2, 3], "not a text"),
        (["target", "type"], "complex", "dtype is 'complex'"),
        (["target"], {"kind": "classes", "type": "int8", "classes": [1, 2, 10**30]}, "not a whole"),
        (["target"], {"kind": "labels", "labels": 2**30}, "1073741824 labels for a network"),
        (["target"], {"kind": "labels", "labels": 3}, "needs 3 outputs of sigmoid"),
        (["target"], {"kind": "numbers", "mean": [0.0], "deviation": [1.0], "single": True},
         "a NeuralNetClassifier has no target of"),
        (["target"], {"kind": "numbers", "mean": [0.0], "deviation": [], "single": True}, "fit"),
        (["target"], {"kind": "numbers", "mean": [0.0], "deviation": [-1.0], "single": True},
         "negative"),
        (["target"], {"kind": "counts", "mean": [1.0], "single": True},
         "a NeuralNetClassifier has no target of"),
        (["target"], {"kind": "counts", "mean": [-1.0], "single": True}, "negative"),
        (["target"], {"kind": "counts", "mean": [], "single": False}, "fit"),
        (["target"], {"kind": "counts", "mean": [1.0, 1.0], "single": True}, "is single"),
        (["target"], {"kind": "counts", "mean": [float("inf")], "single": True}, "not a finite"),
        (["epochs"], -1, "and -1 epochs"),
        (["loss"], "low", "loss is 'low'"),
        (["loss_curve"], [1.0, "x"], "loss_curve.1 is 'x'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_of_an_older_file_is_said(way, value, said, older, place):
    good = made_of(*parts_of(older))
    place.write_bytes(good)
    neurona.load(place)  # unchanged, it is good
    assert said in refused(changed(older, way, value), place)


@pytest.mark.parametrize("version", ["data", "older"])
def test_what_is_missing_is_said(version, request, place):
    data = request.getfixturevalue(version)
    now = {"class": "the class None", "target": "estimator.targets is missing", "kind": "the class"}
    of_all = {"validation_loss_curve", "setting", "trials", "temperature", "residuals", "rows_seen"}
    of_all.add("scaling")
    for key in parts_of(data)[0]["estimator"].keys() - of_all:  # which older files do not have
        config, arrays = parts_of(data)
        del config["estimator"][key]
        said = now.get(key, f"estimator.{key} is missing")
        assert said in refused(made_of(config, arrays), place)
    config, arrays = parts_of(data)
    del config["estimator"]
    assert "'estimator' is missing" in refused(made_of(config, arrays), place)


def test_the_kind_of_an_older_file_is_that_of_an_estimator(older, place):
    config, arrays = parts_of(older)
    assert "of the kind 'forest'" in refused(made_of({**config, "kind": "forest"}, arrays), place)
    assert "'estimator' is missing" in refused(made_of({**config, "kind": None}, arrays), place)


def test_a_network_is_no_estimator(tmp_path):
    net = neurona.network([2, 1])
    neurona.save(tmp_path / "m", net, net.init(rng=0))
    with pytest.raises(ModelFileError, match="holds a network alone"):
        files.read(tmp_path / "m")


def test_a_cut_file_is_refused(data, place):
    for length in range(0, len(data), 17):
        assert "was cut" in refused(data[:length], place)


def test_no_more_memory_is_taken_than_the_file_is_long(older, place):
    place.write_bytes(changed(older, ["target"], {"kind": "labels", "labels": 2**31 - 1}))
    tracemalloc.start()
    with pytest.raises(ModelFileError):
        neurona.load(place)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2_000_000


# Whatever the bytes are

FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@FUZZ
@given(st.data())
def test_any_bytes_in_the_place_of_some(data, place, fitted, frame, draw):
    bytes_ = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(data) - 1))
        bytes_[at : at + draw.draw(st.integers(0, 5))] = draw.draw(st.binary(max_size=5))
    place.write_bytes(bytes(bytes_))
    try:
        again = neurona.load(place)
    except ModelFileError:
        return
    np.testing.assert_array_equal(again.predict(frame[0]), fitted.predict(frame[0]))


def ways(value, way=()):
    """Return the ways to all that is in a description."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in inner:
        yield [*way, key]
        if isinstance(item, dict | list):
            yield from ways(item, [*way, key])


@pytest.mark.parametrize("version", ["data", "older"])
@FUZZ
@given(st.data())
def test_any_description_is_refused_or_answers(version, request, place, frame, draw):
    """With a right checksum: an estimator of ours that can predict, or the module's error."""
    data = request.getfixturevalue(version)
    way = draw.draw(st.sampled_from(list(ways(parts_of(data)[0]["estimator"]))))
    place.write_bytes(changed(data, way, draw.draw(ANYTHING)))
    try:
        again = neurona.load(place)
    except ModelFileError:
        return
    assert type(again) is NeuralNetClassifier
    with warnings.catch_warnings():  # a median may be 1e308
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)  # no names of columns: a frame has some
        try:
            assert again.predict_proba(frame[0]).shape == (len(frame[0]), 3)
        except ValueError as error:  # other names of columns
            assert "X lacks the column" in str(error)  # noqa: PT017


@pytest.mark.parametrize("dtype", ["datetime64[D]", "datetime64[ns]", "timedelta64[s]"])
def test_classes_that_are_dates_or_durations_come_back(dtype, place):
    X, y = np.arange(30.0)[:, None], (np.arange(30) % 3).astype(dtype)
    net = NeuralNetClassifier(4, epochs=2, networks=1, random_state=0).fit(X, y)
    net.save(place)
    again = neurona.load(place)
    assert again.classes_.dtype == dtype
    np.testing.assert_array_equal(again.classes_, net.classes_)
    np.testing.assert_array_equal(again.predict(X), net.predict(X))
    config, arrays = parts_of(place.read_bytes())
    for values, said in (
        ([0, 1, -(2**63)], "not a whole number|not of datetime64|not of timedelta64"),
        ([0, 1, "2"], "not a whole number"),
        ([0, 2, 1], "not two or more, in order"),
    ):
        config["estimator"]["targets"]["classes"]["values"] = values
        assert re.search(said, refused(made_of(config, arrays), place))
