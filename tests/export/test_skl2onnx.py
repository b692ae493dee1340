"""skl2onnx knows the estimators, by themselves and within pipelines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from neurona import MissingExtra, NeuralNetClassifier, NeuralNetRegressor
from neurona.engine.layers import GRU, LSTM, Reshape, bidirectional
from neurona.export import skl2onnx as ours

skl2onnx = pytest.importorskip("skl2onnx")
onnxruntime = pytest.importorskip("onnxruntime")
data_types = pytest.importorskip("skl2onnx.common.data_types")

QUICK = {"hidden_layer_sizes": (6, 4), "epochs": 5, "random_state": 0}


@pytest.fixture(autouse=True)
def _registered():
    ours.register()


def table(n=60):
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(n, 4)) * [1, 1e4, 1e-3, 1] + [0, 1e4, 0, 5]).astype(np.float32)
    return X, np.arange(n) % 3, X[:, 0] + 1e-4 * X[:, 1]


def run(model, feed):
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, feed)


@pytest.mark.parametrize("preprocess", [None, "auto"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "classes", [np.array([3, 5, 9]), np.array([1.0, 2.0, 4.0]), np.array(["cat", "dog", "fox"])]
)
def test_a_pipeline_with_a_classifier(preprocess, dtype, classes):
    X, which, _ = table()
    X = X.astype(dtype)
    pipeline = make_pipeline(StandardScaler(), NeuralNetClassifier(**QUICK, preprocess=preprocess))
    for y in (classes[which], classes[which % 2]):
        pipeline.fit(X, y)
        model = skl2onnx.to_onnx(pipeline, X[:1], options={"zipmap": False})
        label, probabilities = run(model, {"X": X})
        np.testing.assert_allclose(probabilities, pipeline.predict_proba(X), atol=1e-5)
        assert (label == pipeline.predict(X)).mean() > 0.95
        assert label.tolist() == classes_of(probabilities, pipeline.classes_)


def test_a_pipeline_whose_network_reads_a_row_as_a_series():
    """A Scan's graph of one step, and an operation with results that nothing takes, go along."""
    X, which, _ = table()
    recurrent = [GRU(3, return_sequences=True, mask_zero=True), bidirectional(LSTM(2))]
    net = NeuralNetClassifier(
        layers=[Reshape((2, 2)), *recurrent], networks=2, epochs=1, random_state=0
    )
    pipeline = make_pipeline(StandardScaler(), net).fit(X, which)
    model = skl2onnx.to_onnx(pipeline, X[:1], options={"zipmap": False}, target_opset=15)
    assert {"Scan", "LSTM"} <= {node.op_type for node in model.graph.node}
    probabilities = run(model, {"X": X})[1]
    np.testing.assert_allclose(probabilities, pipeline.predict_proba(X), atol=1e-5)


def classes_of(probabilities, classes):
    return classes[probabilities.argmax(axis=1)].tolist()


def test_probabilities_as_dictionaries_which_is_how_skl2onnx_gives_them():
    X, which, _ = table()
    net = NeuralNetClassifier(**QUICK).fit(X, which == 1)
    _, probabilities = run(skl2onnx.to_onnx(net, X[:1]), {"X": X})
    wanted = net.predict_proba(X)
    for k in (0, 1):
        np.testing.assert_allclose([one[k] for one in probabilities], wanted[:, k], atol=1e-5)


@pytest.mark.parametrize("preprocess", [None, "auto"])
@pytest.mark.parametrize("n_out", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_pipeline_with_a_regressor(preprocess, n_out, dtype):
    X, _, y = table()
    X, y = X.astype(dtype), 50 * y - 3
    y = y if n_out == 1 else np.stack([y, -y], axis=1)
    pipeline = make_pipeline(StandardScaler(), NeuralNetRegressor(**QUICK, preprocess=preprocess))
    model = skl2onnx.to_onnx(pipeline.fit(X, y), X[:1])
    (answers,) = run(model, {"X": X})
    assert answers.dtype == dtype
    wanted = pipeline.predict(X).reshape(len(X), -1)
    np.testing.assert_allclose(answers, wanted, atol=1e-5 * abs(wanted).max())


def test_labels_that_do_not_exclude_each_other():
    X, which, _ = table()
    y = np.stack([which == 0, which != 2], axis=1).astype(int)
    net = NeuralNetClassifier(**QUICK).fit(X, y)
    label, probabilities = run(skl2onnx.to_onnx(net, X[:1], options={"zipmap": False}), {"X": X})
    np.testing.assert_allclose(probabilities, net.predict_proba(X), atol=1e-5)
    assert label.tolist() == (probabilities > 0.5).tolist()


def test_a_whole_table_in_a_pipeline_of_columns():
    X, which, _ = table()
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "kind": np.array(list("xyzx"))[which]})
    columns = make_column_transformer(
        (StandardScaler(), ["a", "b"]), (OneHotEncoder(sparse_output=False), ["kind"])
    )
    pipeline = make_pipeline(columns, NeuralNetClassifier(**QUICK)).fit(frame, which)
    model = skl2onnx.to_onnx(
        pipeline,
        initial_types=[
            ("a", data_types.FloatTensorType([None, 1])),
            ("b", data_types.FloatTensorType([None, 1])),
            ("kind", data_types.StringTensorType([None, 1])),
        ],
        options={"zipmap": False},
    )
    feed = {"a": X[:, :1], "b": X[:, 1:2], "kind": frame[["kind"]].to_numpy(object)}
    _, probabilities = run(model, feed)
    np.testing.assert_allclose(probabilities, pipeline.predict_proba(frame), atol=1e-5)


def test_an_estimator_by_itself_takes_a_table_column_by_column():
    X, which, _ = table()
    frame = pd.DataFrame(
        {
            "a": X[:, 0],
            "constant": 1.0,
            "kind": pd.Series(np.array(list("xyz"))[which], dtype=object).mask(X[:, 0] > 1),
            "born": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(len(X)), "D"),
        }
    )
    net = NeuralNetClassifier(**QUICK).fit(frame, which)
    types = [
        ("a", data_types.FloatTensorType([None, 1])),
        ("kind", data_types.StringTensorType([None, 1])),
        ("born", data_types.Int64TensorType([None, 1])),
    ]
    model = skl2onnx.to_onnx(net, initial_types=types, options={"zipmap": False})
    feed = {
        "a": X[:, :1],
        "kind": frame[["kind"]].fillna("").to_numpy(object),
        "born": frame[["born"]].to_numpy("datetime64[us]").astype(np.int64),
    }
    _, probabilities = run(model, feed)
    np.testing.assert_allclose(probabilities, net.predict_proba(frame), atol=1e-5)
    with pytest.raises(ValueError, match=r"no input for the column\(s\) 'born'"):
        skl2onnx.to_onnx(net, initial_types=types[:2])
    with pytest.raises(ValueError, match="the table has texts or dates"):
        skl2onnx.to_onnx(net, initial_types=[("X", data_types.FloatTensorType([None, 4]))])


@pytest.mark.parametrize("opset", [13, 15, 18, 19, 20, 21, None])
def test_the_opset_may_be_an_older_one(opset):
    X, which, _ = table()
    X[3, 1] = np.nan
    net = NeuralNetClassifier(**QUICK).fit(X, which)
    model = skl2onnx.to_onnx(net, X[:1], target_opset=opset, options={"zipmap": False})
    _, probabilities = run(model, {"X": X})
    np.testing.assert_allclose(probabilities, net.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("activation", ["gelu", "mish", "relu"])
def test_the_operations_of_an_older_opset_do_the_same(activation):
    X, which, _ = table()
    net = NeuralNetClassifier((4,), activation, epochs=2).fit(X, which)
    for opset in (13, 17, 19):
        model = skl2onnx.to_onnx(net, X[:1], target_opset=opset, options={"zipmap": False})
        assert max(one.version for one in model.opset_import if not one.domain) <= opset
        _, probabilities = run(model, {"X": X})
        np.testing.assert_allclose(probabilities, net.predict_proba(X), atol=1e-5)
    with pytest.raises(ValueError, match="target_opset is 12, and an estimator needs 13: give"):
        skl2onnx.to_onnx(net, X[:1], target_opset=12)


@pytest.mark.parametrize("opset", [15, 20])
def test_categories_in_an_older_opset(opset):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "kind": rng.choice(["x", "y", "z"], 60)})
    net = NeuralNetClassifier(**QUICK).fit(frame, np.arange(60) % 2)
    model = skl2onnx.to_onnx(
        net,
        initial_types=[
            ("a", data_types.FloatTensorType([None, 1])),
            ("kind", data_types.StringTensorType([None, 1])),
        ],
        target_opset={"": opset, "ai.onnx.ml": 3},
        options={"zipmap": False},
    )
    feed = {
        "a": frame[["a"]].to_numpy(np.float32),
        "kind": frame[["kind"]].to_numpy(object),
    }
    _, probabilities = run(model, feed)
    np.testing.assert_allclose(probabilities, net.predict_proba(frame), atol=1e-5)


def test_classes_beyond_int64_are_refused():
    X, which, _ = table()
    classes = np.array([3, 2**63], np.uint64)
    net = NeuralNetClassifier(**QUICK, preprocess=None).fit(X, classes[which % 2])
    with pytest.raises(ValueError, match="skl2onnx has texts and int64; fit with such classes"):
        skl2onnx.to_onnx(net, X[:1])


def test_two_networks_in_one_model_do_not_share_names():
    from sklearn.ensemble import VotingClassifier

    X, which, _ = table()
    both = VotingClassifier(
        [("a", NeuralNetClassifier(**QUICK)), ("b", NeuralNetClassifier(5, epochs=3))],
        voting="soft",
        flatten_transform=False,
    ).fit(X, which)
    _, probabilities = run(skl2onnx.to_onnx(both, X[:1], options={"zipmap": False}), {"X": X})
    np.testing.assert_allclose(probabilities, both.predict_proba(X), atol=1e-5)


def test_skl2onnx_missing_is_named(monkeypatch):
    def nothing_of_it(name):
        raise ModuleNotFoundError(name, name="skl2onnx")

    monkeypatch.setattr("neurona.extras.import_module", nothing_of_it)
    with pytest.raises(MissingExtra, match=r'skl2onnx is not installed: .*"neurona\[export\]"'):
        ours.register()
