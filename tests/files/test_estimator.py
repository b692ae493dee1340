"""An estimator in a file: it answers as before, and of a damaged file it is said what is wrong."""

import hashlib
import io
import json
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
from neurona.files import estimator as files
from neurona.files import network
from neurona.tables.targets import Counts, Labels, Quantities


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
    return NeuralNetClassifier(4, **QUICK).fit(*frame)


@pytest.fixture(scope="module")
def data(fitted):
    buffer = io.BytesIO()
    neurona.save(buffer, fitted, notes={"of": "animals"})
    return buffer.getvalue()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("models") / "model.safetensors"


# There and back


def test_a_raw_table_is_answered_as_before(fitted, frame, tmp_path):
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
        np.array([1.0, 2.0], dtype=np.float32),
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
    net = NeuralNetRegressor(4, early_stopping=True, **QUICK).fit(X, X[:, 0])
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
    neurona.load(tmp_path / "m").partial_fit(*frame)


def test_the_network_in_an_estimators_file_is_a_network(data, place):
    place.write_bytes(data)
    net, params = network.load(place)
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


# What can't be saved


def cube(z):
    return z**3, lambda da: da * 3 * z**2


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"activation": Activation("cube", cube, 1.0)}, "activation"),
        ({"initializer": lambda rng, shape, gain: np.ones(shape)}, "initializer"),
        ({"learning_rate": neurona.schedules.cosine(0.1, 5)}, "learning_rate is .*no code"),
        ({"optimizer": neurona.adam(neurona.schedules.cosine(0.1, 5))}, "optimizer is .*no code"),
        ({"scoring": lambda estimator, X, y: 0.0, "early_stopping": True}, "scoring is .*function"),
        ({"random_state": np.random.default_rng(0)}, "random_state is Generator"),
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


def test_what_is_no_fitted_estimator_is_refused(fitted, tmp_path):
    class Own(NeuralNetClassifier):
        pass

    path, net = tmp_path / "m", fitted.network_
    with pytest.raises(NotFittedError):
        neurona.save(path, NeuralNetClassifier())
    with pytest.raises(ValueError, match="Own is no estimator that a file can hold"):
        neurona.save(path, Own())
    with pytest.raises(ValueError, match="a dict is nothing that a file can hold"):
        neurona.save(path, {})
    with pytest.raises(ValueError, match="saved with its parameters"):
        neurona.save(path, net)
    with pytest.raises(ValueError, match="give it alone"):
        neurona.save(path, fitted, fitted.params_)
    with pytest.raises(ValueError, match="notes: give what JSON can hold"):
        fitted.save(path, notes={"at": {1}})
    assert list(tmp_path.iterdir()) == []


# What can't be loaded


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


STEPS = ("preparation", "steps")  # of kilos, colour, tame and born


@pytest.mark.parametrize(
    ("way", "value", "said"),
    [
        (["class"], "os.system", "is a 'os.system', which this neurona has not"),
        (["class"], "NeuralNetRegressor", "has no parameter 'class_weight'"),
        (["class"], ["NeuralNetClassifier"], "'class' of the estimator"),
        (["parameters"], [], "'parameters' of the estimator"),
        (["parameters", "colour"], 1, "has no parameter 'colour'"),
        (["parameters", "clip"], float("nan"), "the parameter 'clip' is nan"),
        (["parameters", "clip"], {"code": "x"}, "the parameter 'clip' is {"),
        (["parameters", "clip"], {"pairs": [[1]]}, "which is no pair"),
        (["parameters", "clip"], {"pairs": [[[1], 2]]}, "which is no pair"),
        (["parameters", "clip"], [[[[[[[1]]]]]]], "which is none"),
        (["parameters", "optimizer"], {"optimizer": "x", "settings": {}}, "the optimizer 'x'"),
        (["parameters", "optimizer"], {"optimizer": "adam", "settings": {"x": 1}}, "can't be made"),
        (["parameters", "cost"], {"cost": "x", "settings": {}}, "knows no cost 'x'"),
        (["parameters", "cost"], {"cost": "pinball", "settings": {"quantile": 2.0}}, "is 2.0: it"),
        (["parameters", "cost"], {"pairs": []}, "knows no cost {'pairs': []}"),
        (["parameters", "preprocess"], None, "preprocess is None"),
        (["parameters", "preprocess"], "all", "preprocess is 'all'"),
        (["width"], 10**12, "'width' of the estimator is 1000000000000"),
        (["width"], True, "'width' of the estimator is True"),
        (["width"], 4, "not the kinds of 4 columns"),
        (["columns"], ["a"], "1 names for 5 columns"),
        (["columns"], ["a"] * 5, "are not texts that differ"),
        (["preparation"], None, "which the preparation contradicts"),
        (["preparation", "kinds"], ["number"] * 5, "column 1 is prepared as 'category'"),
        (["preparation", "kinds", 0], "magic", "are not the kinds"),
        ([*STEPS], [], "no column is prepared"),
        ([*STEPS, 0], [0, "number"], "not a place, a kind and what was learnt"),
        ([*STEPS, 1, 0], 0, "column 0 is prepared"),
        ([*STEPS, 3, 0], 10**9, "column 1000000000 is prepared"),
        ([*STEPS, 0, 2, "spread"], 0.0, "has the spread 0.0"),
        ([*STEPS, 0, 2, "spread"], float("inf"), "'spread' of the estimator is inf"),
        ([*STEPS, 0, 2, "median"], "1", "'median' of the estimator"),
        ([*STEPS, 0, 2, "missing"], 1, "'missing' of the estimator"),
        ([*STEPS, 0, 2, "missing"], False, "numbers, and the network takes"),
        ([*STEPS, 0, 2, "more"], 1, "a column of numbers is not described by"),
        ([*STEPS, 1, 2, "levels"], ["a", "a"], "are not texts that differ"),
        ([*STEPS, 1, 2, "levels"], [1, 2], "are not texts that differ"),
        ([*STEPS, 1, 2], {"name": "x", "levels": [], "other": False, "missing": True}, "nothing"),
        ([*STEPS, 3, 2, "cycles"], ["century"], "dates have the cycles"),
        ([*STEPS, 3, 2, "number"], 3, "a column of numbers is not described"),
        (["target", "kind"], "magic", "the target is 'magic'"),
        (["target", "classes"], ["fox", "dog", "cat"], "not in order"),
        (["target", "classes"], ["cat", "dog"], "needs 1 outputs of sigmoid"),
        (["target", "classes"], ["cat"], "two or more of their type"),
        (["target", "classes"], [1, 2, 3], "two or more of their type"),
        (["target", "type"], "complex", "the classes are of 'complex'"),
        (["target"], {"kind": "classes", "type": "int8", "classes": [1, 2, 10**30]}, "of int8"),
        (["target"], {"kind": "labels", "labels": 2**30}, "1073741824 labels for a network"),
        (["target"], {"kind": "labels", "labels": 3}, "needs 3 outputs of sigmoid"),
        (["target"], {"kind": "numbers", "mean": [0.0], "deviation": [1.0], "single": True},
         "is none of a NeuralNetClassifier"),
        (["target"], {"kind": "numbers", "mean": [0.0], "deviation": [], "single": True}, "fit"),
        (["target"], {"kind": "numbers", "mean": [0.0], "deviation": [-1.0], "single": True},
         "negative"),
        (["target"], {"kind": "counts", "mean": [1.0], "single": True},
         "is none of a NeuralNetClassifier"),
        (["target"], {"kind": "counts", "mean": [-1.0], "single": True}, "none of counts"),
        (["target"], {"kind": "counts", "mean": [], "single": False}, "none of counts"),
        (["target"], {"kind": "counts", "mean": [1.0, 1.0], "single": True}, "none of counts"),
        (["target"], {"kind": "counts", "mean": [float("inf")], "single": True}, "no finite"),
        (["epochs"], -1, "'epochs' of the estimator is -1"),
        (["loss"], "low", "'loss' of the estimator"),
        (["loss_curve"], [1.0, "x"], "a curve holds what is no number"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(way, value, said, data, place):
    good = made_of(*parts_of(data))
    place.write_bytes(good)
    neurona.load(place)  # unchanged, it is good
    assert said in refused(changed(data, way, value), place)


def test_what_is_missing_is_said(data, place):
    for key in parts_of(data)[0]["estimator"].keys() - {"validation_loss_curve"}:
        config, arrays = parts_of(data)
        del config["estimator"][key]
        assert f"{key!r} of the estimator is missing" in refused(made_of(config, arrays), place)
    config, arrays = parts_of(data)
    assert "of the kind 'forest'" in refused(made_of({**config, "kind": "forest"}, arrays), place)
    assert "'estimator' is missing" in refused(made_of({**config, "kind": None}, arrays), place)
    del config["estimator"]
    assert "'estimator' is missing" in refused(made_of(config, arrays), place)


def test_a_network_is_no_estimator(tmp_path):
    net = neurona.network([2, 1])
    neurona.save(tmp_path / "m", net, net.init(rng=0))
    with pytest.raises(ModelFileError, match="holds a network alone"):
        files.read(tmp_path / "m")


def test_a_cut_file_is_refused(data, place):
    for length in range(0, len(data), 17):
        assert "was cut" in refused(data[:length], place)


def test_no_more_memory_is_taken_than_the_file_is_long(data, place):
    place.write_bytes(changed(data, ["target"], {"kind": "labels", "labels": 2**31 - 1}))
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


@FUZZ
@given(st.data())
def test_any_description_is_refused_or_answers(data, place, frame, draw):
    """With a right checksum: an estimator of ours that can predict, or the module's error."""
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
