"""Ramps go out with the preparation, and make the same columns of a table elsewhere."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from neurona import NeuralNetClassifier, export
from neurona.export import skl2onnx as ours
from neurona.export.estimator_numpy import LONGEST, preparation_code
from neurona.tables.preparation import Dates
from tests.support.columns import NUMBERS
from tests.support.ramps import ramps

QUICK = {"quick": True, "hidden_layer_sizes": 4, "epochs": 1, "random_state": 0}


def days(rng, n, fresh):
    return pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(-900, 300, n), "D")


def moments(rng, n, fresh):
    return pd.Timestamp("1969-06-01") + pd.to_timedelta(rng.integers(0, 10**14, n), "us")


def texts(rng, n, fresh):
    return rng.choice(np.array(["a", "b", "c"], dtype=object), n)


def table(rng, n, kinds, fresh=False):
    """Return a frame with a column of each kind, some cells missing."""
    columns = {
        f"{kind.__name__} {k}": pd.Series(kind(rng, n, fresh)) for k, kind in enumerate(kinds)
    }
    missing = {name: rng.random(n) < rng.choice([0, 0.2]) for name in columns}
    return pd.DataFrame({name: one.mask(missing[name]) for name, one in columns.items()})


@pytest.fixture(scope="module", params=range(24))
def case(request):
    """Return an estimator with ramps, and a table that it has not seen."""
    rng = np.random.default_rng(request.param)
    kinds = rng.choice(np.array([*NUMBERS, days, moments, texts], dtype=object), 5)
    n = int(rng.integers(30, 90))
    net = NeuralNetClassifier(**QUICK)
    with ramps(int(rng.integers(2, 9))):
        net.fit(table(rng, n, [NUMBERS[0], *kinds]), np.arange(n) % 2)
    assert any("as it is" in name for name in net.preparation_.outputs)
    return net, table(rng, 60, [NUMBERS[0], *kinds], fresh=True)


def space_of(code):
    space = {"__name__": "page"}
    exec(code, space)
    return space


def test_a_program_makes_the_same_columns_to_the_last_bit(case):
    net, X = case
    assert max(map(len, export.numpy_code(net).split("\n"))) <= LONGEST
    wanted = net.prepare(X)
    # The clipped number overflows on its way, as a program's always did, to what is right.
    with np.errstate(over="ignore"):
        in_program = space_of(export.numpy_code(net))["prepare"](X)
        beside = space_of(preparation_code(net, ""))["prepare"](X)
        in_lists = space_of(preparation_code(net, ""))["prepare"]({c: [*X[c]] for c in X})
    np.testing.assert_array_equal(in_program, wanted)
    np.testing.assert_array_equal(beside, wanted.astype(np.float32))
    np.testing.assert_array_equal(in_lists, beside)


def fed(session, X):
    feed = {}
    for one in session.get_inputs():
        cells = X[one.name]
        if one.type == "tensor(int64)":
            feed[one.name] = cells.to_numpy("datetime64[us]").astype(np.int64)[:, None]
        elif one.type == "tensor(string)":
            texts = np.array(["" if pd.isna(c) else c for c in cells], dtype=object)
            feed[one.name] = texts[:, None]
        else:
            feed[one.name] = cells.to_numpy(np.float64)[:, None]
    return feed


def prepared_by(model):
    """Let a model give the rows that its network takes, too, and return a session with it."""
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    values = [value for node in model.graph.node for value in node.output]
    (name,) = (one for one in values if re.fullmatch("preparation.?rows", one))
    rows = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
    model.graph.output.append(rows)
    return runtime.InferenceSession(model.SerializeToString())


def test_an_onnx_model_makes_the_same_columns(case):
    net, X = case
    session = prepared_by(export.to_onnx(net))
    *_, rows = session.run(None, fed(session, X))
    np.testing.assert_allclose(rows, net.prepare(X), rtol=1e-6, atol=1e-9)


def test_skl2onnx_makes_the_same_columns():
    skl2onnx = pytest.importorskip("skl2onnx")
    ours.register()
    rng = np.random.default_rng(0)
    X = np.stack([kind(rng, 90, False) for kind in NUMBERS], axis=1).astype(float)
    X[::7, ::3] = np.nan
    with ramps(5):
        net = NeuralNetClassifier(**QUICK).fit(X, np.arange(90) % 2)
    for given in ({"target_opset": 13}, {}):
        made = skl2onnx.to_onnx(net, X[:1], options={"zipmap": False}, **given)
        *_, rows = prepared_by(made).run(None, {"X": X})
        np.testing.assert_allclose(rows, net.prepare(X), rtol=1e-6, atol=1e-9)


def test_a_page_can_be_read_and_says_nothing_of_ramps_without_any():
    X = pd.DataFrame({"kilos": [*range(20), None], "born": days(np.random.default_rng(0), 21, 0)})
    pages = {}
    for n in (0, 4):
        with ramps(n):
            net = NeuralNetClassifier(**QUICK).fit(X, np.arange(21) % 2)
        pages[n] = export.numpy_code(net)
    assert not re.search("ramp|knots|[«»]", pages[0])
    assert not re.search("[«»]", pages[4])
    numbers, dates = (step for _, step in net.preparation_.steps)
    assert isinstance(dates, Dates)
    for made in (numbers.ramps, dates.number.ramps):
        assert f"mean={made.mean!r}" in pages[4]
        assert ", ".join(map(repr, made.knots)) in re.sub(r"\s+", " ", pages[4])
    for line in (
        'def numbers(cells, median, spread, decimal=".", mark_missing=False, **ramps):',
        "    cells, median, spread, cycles, order=None, moved=None, mark_missing=False, **ramps",
        "    return np.column_stack([x, missing, ramps] if mark_missing else [x, ramps])",
        "                knots=[0.0, 4.0, 9.0, 14.0, 19.0],",
    ):
        assert f"\n{line}\n" in pages[4]
