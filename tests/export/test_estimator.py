"""Estimators go out with their preparation, and answer elsewhere as they do here."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import warnings
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

import neurona
from neurona import NeuralNetClassifier, NeuralNetRegressor, export
from neurona.commands.tables import columns_for
from neurona.export.estimator_numpy import preparation_code, program
from neurona.export.estimator_onnx import NO_DATE, class_values
from neurona.tables.csv import parse_csv
from tests.support import forks
from tests.support.ramps import ramps

pytestmark = pytest.mark.filterwarnings("ignore:categories that were never seen")
checks = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# Tables as people have them


def numbers(rng, n, fresh):
    scale, offset = 10.0 ** rng.integers(-9, 13), rng.choice([0, 1e4, -1e9])
    values = rng.standard_t(2, n) * scale + offset
    return np.where(rng.random(n) < 0.1, 1e200, values) if fresh else values


def whole(rng, n, fresh):
    return rng.integers(0, 9 if fresh else 4, n)


def constant(rng, n, fresh):
    return np.full(n, 7.5)


def texts(rng, n, fresh):
    words = ["a", "bé", "C c", '"quoted"', "1", "line\nfeed", "back\\slash", "seldom"]
    words += ["never seen"] if fresh else []
    return rng.choice(np.array(words, dtype=object), n)


def two(rng, n, fresh):
    return rng.choice(np.array(["no", "yes", "never seen"][: 3 if fresh else 2], dtype=object), n)


def towns(rng, n, fresh):
    """So many that their indicators are small where they tell nothing."""
    return rng.choice(np.array([f"town {k}" for k in range(14 if fresh else 12)], object), n)


def truths(rng, n, fresh):
    return rng.random(n) < 0.5


def codes(rng, n, fresh):
    return pd.Series(rng.integers(1, 4, n)).astype("category")


def days(rng, n, fresh):
    return pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(-9000, 2000, n), "D")


def moments(rng, n, fresh):
    microseconds = rng.integers(0, 10**14, n)
    return pd.Timestamp("1969-06-01") + pd.to_timedelta(microseconds, "us")


COLUMNS = [numbers, whole, constant, texts, two, towns, truths, codes, days, moments]


def table(kinds, rng, n, missing, fresh=False):
    """Return a frame with a column of each kind, with the share of missing cells given for it."""
    columns = {}
    for k, (kind, share) in enumerate(zip(kinds, missing, strict=True)):
        column = pd.Series(kind(rng, n, fresh))
        if share:
            column = column.astype(object) if column.dtype == bool else column
            column = column.mask(rng.random(n) < share)
        columns[f"{kind.__name__} {k}"] = column
    return pd.DataFrame(columns)


def target(kind, rng, n):
    if kind in ("two", "three"):
        return rng.permutation(np.arange(n) % (2 if kind == "two" else 3))
    if kind == "texts":
        return np.array(["cat", 'd"o\\g', "fox"], dtype=object)[rng.permutation(np.arange(n) % 3)]
    if kind == "truths":
        return rng.permutation(np.arange(n) % 2).astype(bool)
    if kind == "labels":
        return rng.permutation(np.arange(3 * n) % 2).reshape(n, 3)
    scale = 10.0 ** rng.integers(-6, 9)
    if kind == "counts":
        return scale * rng.poisson(3, n)
    return scale * (rng.normal(size=(n, 2) if kind == "pairs" else n) + rng.choice([0, 100]))


TARGETS = ["two", "three", "texts", "truths", "labels", "number", "pairs", "counts"]


NORMALIZATIONS = (None, None, "batch", "layer")


@st.composite
def cases(
    draw,
    activations=("silu", "relu", "tanh", "gelu"),
    normalizations=NORMALIZATIONS,
    ensembles=({"networks": 1}, {"networks": 3}, {"cv": 2}),
):
    """Draw a fitted estimator, and a table that it has not seen."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    kinds = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=6))
    shares = [draw(st.sampled_from([0, 0, 0.3])) for _ in kinds]
    n = draw(st.integers(8, 40))
    kind = draw(st.sampled_from(TARGETS))
    learned = table([*kinds, two], rng, n, [*shares, 0])  # of the last, something can be learned
    learned.iloc[:2, -1] = ["no", "yes"]
    class_ = NeuralNetRegressor if kind in TARGETS[-3:] else NeuralNetClassifier
    hidden = draw(st.sampled_from([(4,), (5, 3), ()]))
    activation = draw(st.sampled_from(activations))
    cost = "poisson" if kind == "counts" else None
    between = {
        "dropout": draw(st.sampled_from([0.0, 0.3])),
        "normalization": draw(st.sampled_from(normalizations)),
    }
    between |= draw(st.sampled_from(ensembles))
    net = class_(hidden, activation, cost=cost, epochs=3, random_state=0, **between)
    with ramps(draw(st.sampled_from([0, 0, 3, 8]))):
        net.fit(learned, target(kind, rng, n))
    fresh_shares = [draw(st.sampled_from([0, 0.3, 1.0])) for _ in kinds]
    fresh = table([*kinds, two], rng, 9, [*fresh_shares, 0.2], fresh=True)
    return net, fresh


def fed(net, session, frame, missing=""):
    """Return the columns as the model takes them, by what its documentation says."""
    feed = {}
    for one in session.get_inputs():
        column = frame[one.name]
        if one.type == "tensor(double)":
            cells = pd.to_numeric(column).to_numpy(np.float64)
        elif one.type == "tensor(int64)":
            cells = pd.to_datetime(column).to_numpy("datetime64[us]").astype(np.int64)
        else:
            assert one.type == "tensor(string)"
            cells = np.array([missing if pd.isna(c) else str(c) for c in column], dtype=object)
        feed[one.name] = cells[:, None]
    return feed


def session_of(model):
    runtime = pytest.importorskip("onnxruntime")
    return runtime.InferenceSession(model.SerializeToString())


def assert_same_answers(net, X, label, probabilities=None, tolerance=1e-5):
    """Compare with predict and predict_proba; near a draw, a label may be the other one."""
    wanted = net.predict(X)
    if probabilities is None:
        scale = np.where(net.targets_.scale == 0, 1, net.targets_.scale)
        size = max(1, abs((wanted - net.targets_.shift) / scale).max())
        label = np.asarray(label)
        assert label.shape == wanted.shape
        np.testing.assert_allclose(
            (label - wanted) / (scale[0] if wanted.ndim == 1 else scale),
            np.zeros_like(wanted), atol=tolerance * size,
        )  # fmt: skip
        return
    proba = net.predict_proba(X)
    np.testing.assert_allclose(probabilities, proba, atol=tolerance)
    if proba.shape == wanted.shape:
        clear = abs(proba - 0.5) > 2 * tolerance
    else:
        two_best = np.sort(proba, axis=1)[:, -2:]
        clear = two_best[:, 1] - two_best[:, 0] > 2 * tolerance
    label = np.asarray(label)
    assert label.shape == wanted.shape
    assert (label[clear] == wanted[clear]).all()


# ONNX


@settings(checks, max_examples=60)
@given(cases())
def test_an_onnx_model_takes_the_columns_and_answers_as_the_estimator(case):
    pytest.importorskip("onnx")
    net, X = case
    session = session_of(export.to_onnx(net))
    assert_same_answers(net, X, *session.run(None, fed(net, session, X)))


@pytest.fixture(scope="module")
def penguins():
    frame = pytest.importorskip("palmerpenguins").load_penguins()
    return frame.drop(columns="species"), frame["species"].to_numpy(dtype=str)


@pytest.fixture(scope="module")
def penguin_net(penguins):
    return NeuralNetClassifier(random_state=0).fit(*penguins)


def test_the_penguins(penguins, penguin_net, tmp_path):
    onnx = pytest.importorskip("onnx")
    X, _ = penguins
    made = export.to_onnx(penguin_net, tmp_path / "penguins.onnx")
    assert onnx.load(tmp_path / "penguins.onnx") == made
    session = session_of(made)
    types = {one.name: one.type for one in session.get_inputs()}
    assert [types["island"], types["year"]] == ["tensor(string)", "tensor(double)"]
    label, probabilities = session.run(None, fed(penguin_net, session, X))
    np.testing.assert_allclose(probabilities, penguin_net.predict_proba(X), atol=1e-6)
    assert label.tolist() == penguin_net.predict(X).tolist()
    about = {one.name: one.doc_string for one in made.graph.input}
    assert about["island"] == "a text; '' where it is missing"
    assert about["body_mass_g"] == "a number; NaN where it is missing"


def test_a_table_without_names_is_one_matrix_or_numbered_columns():
    pytest.importorskip("onnx")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 5)) * [1, 1e6, 1e-3, 0, 1]
    X[::7, 1] = np.nan
    for net in (
        NeuralNetClassifier(4, epochs=3, random_state=0).fit(X, rng.integers(0, 3, 40)),
        NeuralNetRegressor(4, epochs=3, random_state=0).fit(X, X[:, 0]),
    ):
        session = session_of(export.to_onnx(net))
        assert [(one.name, one.shape) for one in session.get_inputs()] == [("X", ["rows", 5])]
        assert_same_answers(net, X, *session.run(None, {"X": X}))
    mixed = np.array([[1.5, "a"], [2.5, "b"], [None, "a"], [4.0, "b"]], dtype=object)
    net = NeuralNetClassifier(4, epochs=3).fit(mixed, [0, 1, 0, 1])
    session = session_of(export.to_onnx(net))
    feed = {"x0": np.array([[1.5], [2.5], [np.nan], [4.0]]), "x1": mixed[:, 1:]}
    assert_same_answers(net, mixed, *session.run(None, feed))


@pytest.mark.parametrize("named", [False, True])
def test_without_a_preparation_the_rows_are_taken_as_they_are(named):
    pytest.importorskip("onnx")
    X = np.random.default_rng(0).normal(size=(30, 3))
    frame = pd.DataFrame(X, columns=["a", "b", "c"]) if named else X
    net = NeuralNetRegressor(4, preprocess=None, epochs=3).fit(frame, X[:, 0])
    session = session_of(export.to_onnx(net))
    feed = fed(net, session, frame) if named else {"X": X}
    assert_same_answers(net, frame, *session.run(None, feed))
    space = {"__name__": "model"}
    exec(export.numpy_code(net), space)
    assert_same_answers(net, frame, space["predict"](frame), tolerance=1e-12)


def test_dates_are_fed_as_numpy_has_them():
    assert np.array(["NaT"], "datetime64[us]").astype(np.int64)[0] == NO_DATE


def test_classes_keep_what_they_are():
    for classes, dtype in (
        (np.array(["a", "b"]), object),
        (np.array(["a", "b"], dtype=object), object),
        (np.array([1, 2], dtype=object), np.int64),
        (np.array([3, 4], dtype=np.int8), np.int64),
        (np.array([1.5, 2.0], dtype=np.float32), np.float64),
        (np.array([False, True]), np.bool_),
        (np.array([False, True], dtype=object), np.bool_),
        (np.array([2**53, 2**53 + 1, 2**62 + 1]), np.int64),
        (np.array([2**53 + 1, 2**63 - 1], dtype=object), np.int64),
        (np.array([3, 250], dtype=np.uint8), np.int64),
        (np.array([3, 2**63, 2**64 - 1], dtype=np.uint64), np.uint64),
        (np.array([1, 2.5], dtype=object), np.float64),
    ):
        values = class_values(classes)
        assert values.dtype == dtype
        assert values.tolist() == classes.tolist()


@pytest.mark.parametrize(
    "classes",
    [
        np.array([2**64, 5], dtype=object),
        np.array([-1, 2**63], dtype=object),
        np.array([2**60 + 1, 0.5], dtype=object),
        np.array([True, 2], dtype=object),
        np.array(["1", 1], dtype=object),
        np.array([None, "a"], dtype=object),
        np.array(["a", "\ud800"], dtype=object),
        np.array(["2020-01-01", "2021-01-01"], dtype="datetime64[D]"),
        np.array([1, 2], dtype="timedelta64[D]"),
    ],
)
def test_classes_that_onnx_cannot_hold_are_refused(classes):
    with pytest.raises(ValueError, match=r"the classes are .*ONNX has texts of Unicode, whole"):
        class_values(classes)


@pytest.mark.parametrize(
    "classes",
    [
        np.array([2**53, 2**53 + 1, 2**62 + 1]),
        np.array([3, 2**63, 2**64 - 1], dtype=np.uint64),
        np.array([3, 4, 250], dtype=np.uint8),
        np.array([-1.0, 0.0, 1e17]),
        np.array(["01", "1", "ñ"]),
    ],
)
@pytest.mark.parametrize("n", [2, 3])
def test_classes_come_back_from_onnx_as_they_were(classes, n):
    pytest.importorskip("onnx")
    X = np.random.default_rng(0).normal(size=(60, 2))
    which = np.digitize(X[:, 0], [-0.4, 0.4]) if n == 3 else (X[:, 0] > 0).astype(int)
    net = NeuralNetClassifier(4, epochs=5, random_state=0).fit(X, classes[which])
    labels, _ = session_of(export.to_onnx(net)).run(None, {"X": X})
    assert labels.tolist() == net.predict(X).tolist()


@pytest.mark.parametrize("opset", [13, 16, 17, 18, 19, 20, 21])
def test_an_estimator_in_an_older_opset(opset):
    onnx = pytest.importorskip("onnx")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "kilos": rng.normal(size=60),
            "coat": rng.choice(["long", "short", "wiry", None], 60),
            "alive": rng.choice(["yes", "no"], 60),
            "born": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, 60), "D"),
        }
    )
    frame.loc[3, ["kilos", "born"]] = None
    y = np.where(frame["coat"] == "long", "cat", "dog")
    net = NeuralNetClassifier((6,), "gelu", epochs=5, random_state=0).fit(frame, y)
    frame.loc[5, "coat"] = "never seen"
    frame.loc[6:8, "coat"] = ["wiry ", " wiry", " long "]  # a blank is no part of a category
    frame.loc[:9, "alive"] += " "
    made = export.to_onnx(net, opset=opset)
    onnx.checker.check_model(made, full_check=True)
    assert made.opset_import[0].version == opset
    session = session_of(made)
    assert_same_answers(net, frame, *session.run(None, fed(net, session, frame)))


def test_a_missing_category_can_be_another_text():
    pytest.importorskip("onnx")
    cells = pd.DataFrame({"coat": ["no", "long", None, "long", "no", None] * 3})
    net = NeuralNetClassifier(4, epochs=9, random_state=0).fit(cells, [0, 1, 1, 1, 0, 1] * 3)
    with pytest.raises(ValueError, match=r"column 'coat' has the category 'no'.*missing=\.\.\."):
        export.to_onnx(net, missing="no")
    session = session_of(export.to_onnx(net, missing="?"))
    assert_same_answers(net, cells, *session.run(None, fed(net, session, cells, "?")))


def test_columns_that_are_called_as_the_model_calls_its_own_values():
    pytest.importorskip("onnx")
    X = pd.DataFrame({"label": [1.0, 2, 3, 4], "probabilities": [4.0, 3, 1, 2]})
    net = NeuralNetClassifier(4, epochs=2, networks=1).fit(X, [0, 1, 0, 1])
    session = session_of(export.to_onnx(net))
    assert [one.name for one in session.get_outputs()] == ["label_", "probabilities_"]
    assert_same_answers(net, X, *session.run(None, fed(net, session, X)))
    net.fit(X.set_axis(["layer1.W", "b"], axis=1), [0, 1, 0, 1])
    with pytest.raises(ValueError, match=r"column 'layer1\.W' has the name of something else"):
        export.to_onnx(net)


def test_what_cannot_be_exported_is_said(tmp_path):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    with pytest.raises(NotFittedError):
        export.numpy_code(NeuralNetClassifier())
    with pytest.raises(NotFittedError):
        export.to_pytorch(NeuralNetClassifier(), tmp_path)
    with pytest.raises(ValueError, match="cannot export a LogisticRegression"):
        export.numpy_code(LogisticRegression())
    with pytest.raises(ValueError, match="skl2onnx turns a Pipeline into ONNX"):
        export.to_onnx(make_pipeline(NeuralNetClassifier()))
    net = neurona.network([2, 1])
    for to in (export.to_pytorch, export.to_keras, export.to_numpy):
        with pytest.raises(ValueError, match=r"give the (folder|file) to write to"):
            to(net, net.init(0))


@pytest.mark.parametrize("name", ["to_onnx", "numpy_code", "to_pytorch", "to_keras", "to_sklearn"])
def test_an_estimators_own_methods_warn_and_do_the_same(name, tmp_path):
    X = np.random.default_rng(0).normal(size=(9, 2))
    net = NeuralNetRegressor(2, "tanh", epochs=1, preprocess=None, networks=1).fit(X, X[:, 0])
    given = [tmp_path / "old"] if name in ("to_onnx", "to_pytorch", "to_keras") else []
    with pytest.warns(
        DeprecationWarning, match=rf"use neurona\.export\.{name}\(estimator"
    ) as warned:
        old = getattr(net, name)(*given)
    assert warned[0].filename == __file__
    new = getattr(export, name)(net, *(tmp_path / "new" for _ in given))
    if name in ("to_pytorch", "to_keras"):
        old, new = old.read_text(), new.read_text()
    assert str(old) == str(new)


def test_a_program_is_written_to_a_file_and_nothing_else_is_replaced(penguin_net, tmp_path):
    net = neurona.network([2, 1])
    for model in ((penguin_net,), (net, net.init(0))):
        path = export.to_numpy(*model, tmp_path / "model.py", written_out=0)
        assert path.read_text(encoding="utf-8") == export.numpy_code(*model, written_out=0)
    (tmp_path / "mine.py").write_text("mine = 1\n")
    with pytest.raises(FileExistsError, match=r"mine\.py is there already"):
        export.to_numpy(penguin_net, tmp_path / "mine.py")


# The program


@settings(checks, max_examples=60)
@given(cases(), st.sampled_from([0, np.inf]))
def test_the_program_takes_the_columns_and_answers_as_the_estimator(case, written_out):
    net, X = case
    space = {"__name__": "model"}
    code = export.numpy_code(net, written_out=written_out)
    exec(code, space)
    answers = [space["predict"](X)]
    if isinstance(net, NeuralNetClassifier):
        answers.append(space["predict_proba"](X))
    assert_same_answers(net, X, *answers, tolerance=1e-12)
    in_lists = {name: X[name].to_list() for name in X}
    again = np.asarray(space["predict"](in_lists))
    np.testing.assert_array_equal(again, np.asarray(answers[0]))
    assert "neurona" not in code.replace("trained with neurona", "")


def test_the_program_reads_a_csv_file_in_a_fresh_interpreter(penguins, penguin_net, tmp_path):
    X, _ = penguins
    (tmp_path / "model.py").write_text(export.numpy_code(penguin_net), encoding="utf-8")
    for encoding in ("utf-8", "utf-8-sig"):
        X.to_csv(tmp_path / "table.csv", index=False, encoding=encoding, na_rep="NA")
        with (tmp_path / "table.csv").open("rb") as csv:
            done = subprocess.run(
                [sys.executable, "-I", "-W", "error", "model.py"],
                cwd=tmp_path, stdin=csv, capture_output=True, text=True, check=False,
            )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.split() == penguin_net.predict(X).tolist()
        named = [sys.executable, "-I", "-W", "error", "model.py", "table.csv"]
        again = subprocess.run(named, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (again.returncode, again.stdout) == (0, done.stdout)
    for text, said in (
        ("", "it is empty\n"),
        ("beak\n39.1\n", f"the table has no column '{X.columns[0]}'\n"),
    ):
        (tmp_path / "table.csv").write_text(text)
        done = subprocess.run(named, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.endswith(said)
    wrong = X.head(2).astype(object).assign(body_mass_g=["heavy", "heavier"])
    wrong.to_csv(tmp_path / "table.csv", index=False, na_rep="NA")
    done = subprocess.run(named, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("the table is not as it was when the network was trained: ")
    assert "'heavy'" in done.stderr


def test_the_program_can_be_read(penguin_net):
    code = program(penguin_net)
    assert max(map(len, code.split("\n"))) <= 100
    imports = [line for line in code.split("\n") if line.startswith(("import", "from"))]
    assert imports == [
        "import base64", "import csv", "import gzip", "import io", "import re", "import sys",
        "import warnings",
        "from collections.abc import Callable, Collection, Iterable, Sequence",
        "from datetime import timedelta", "from numbers import Number", "from typing import Any",
        "import numpy as np",
    ]  # fmt: skip
    assert "def dates" not in code  # what is not needed is not there
    assert '            categories(table["island"], levels=["Biscoe", "Dream", "Tor' in code
    assert 'classes = ["Adelie", "Chinstrap", "Gentoo"]' in code


def test_rows_of_another_width_are_refused_by_the_program():
    rows = [[1.0, "a"], [2.0, "b"], [3.0, "a"], [4.0, "b"]]
    net = NeuralNetClassifier(4, epochs=2).fit(rows, [0, 1, 0, 1])
    space = {"__name__": "model"}
    exec(export.numpy_code(net), space)
    assert len(space["predict"](rows)) == 4
    with pytest.raises(ValueError, match="a row has 3 cells: give rows of 2"):
        space["predict"]([[1, 2, 3]])


@pytest.mark.filterwarnings("ignore:dates had no time zone")
def test_texts_dates_and_time_zones_in_the_program():
    dates = ["2020-01-01", "2020-05-02", "2021-09-03", "2022-12-31T18:30"]
    born = pd.to_datetime(dates, format="ISO8601")
    X = pd.DataFrame({"born": born, "kilos": [1.0, 2, 3, 4]})
    net = NeuralNetRegressor(4, epochs=2).fit(X, [1.0, 2, 3, 4])
    space = {"__name__": "model"}
    exec(export.numpy_code(net), space)
    wanted = net.predict(X)
    for cells in (
        [str(day) for day in born],
        ["2020-01-01T01:00+01:00", "2020-05-02 00:00Z", *dates[2:]],
        [day.tz_localize("UTC").tz_convert("Asia/Tokyo") for day in born],
        list(born.to_numpy()),
    ):
        np.testing.assert_allclose(
            space["predict"]({"born": cells, "kilos": ["1", "2", 3, 4.0]}), wanted, rtol=1e-12
        )


@pytest.mark.parametrize("zone", ["+02:00", "Z", ""])
@pytest.mark.parametrize("learned", ["+02:00", "Z", ""])
def test_the_program_says_that_dates_lose_or_gain_a_time_zone_as_the_estimator_does(learned, zone):
    def table(end):
        return {"when": [f"2024-05-{day:02}T10:00{end}" for day in range(1, 9)]}

    net = NeuralNetRegressor(4, epochs=2).fit(table(learned), np.arange(8.0))
    space = {"__name__": "model"}
    exec(export.numpy_code(net), space)
    said = []
    for predict in (net.predict, space["predict"]):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            predict(table(zone))
        said.append(["dates without one are" in str(one.message) for one in caught])
    assert said[0] == said[1] == ([True] if {learned, zone} == {"+02:00", ""} else [])


ODD_TABLE = """kilos,code,coat,alive,born
4.5,1.50,long,True,2020-01-01
NA,2,short,False,2021-05-02T18:30
30,A1,long,False,
12,,short,True,2019-12-31
4,1.50,long,True,2020-06-01
8,2,short,False,2022-01-01
20,A1,short,True,2020-01-05
5,,long,False,2020-02-01
"""
ODD_TEXTS = {
    "kilos": [
        "4.5", " 4.5 ", "+5", ".5", "1e3", "-0", "٣", "NA", "n/a", "NaN", "NULL", "",
        "1,5", "1_000", "inf", "-inf", "+nan", "heavy", "True", "1.234.5", "2020-01-01",
    ],
    "code": [
        "1.50", "1.5", "1,50", "2", "2.0", "02", " A1", "a1", "other", "NA", "null", "", "True",
    ],
    "coat": ["long", "long ", "Long", "never seen", "NA", "1"],
    "alive": ["True", "true", "TRUE", "1", "0", "False", ""],
    "born": [
        "2024-12-31", "2024-12-31T18:30", "2024-12-31 18:30", "2024-12-31T18:30:05.5+02:00",
        "2024-12-31T00:00Z", "NA", "", "31/12/2024", "2024-13-01", "20241231", "2024",
        "9999-12-31T23:59-12:00", "5", "2024-12-31T25:00",
    ],
}  # fmt: skip
UTC_2 = timezone(timedelta(hours=2))
ODD_COLUMNS = {
    "kilos": [
        [4, 2.5, None, np.nan, pd.NA], [Decimal("1.5"), Fraction(1, 3), np.float32(2)],
        [True, 1.5], [np.True_], [10**400], [np.inf, 1.0], [1.5, "heavy"], [date(2020, 1, 1)],
    ],
    "code": [
        [1.5, 2, None], [Decimal("1.50"), np.int8(2)], [1.5, "A1"], [2.0, "A1"], ["1.5", "1.50"],
        [True, None], [3, 7.25], ["NA", "", "null"], [None, pd.NaT],
    ],
    "coat": [["long", None, "LONG"], [1, 2.0], [1, "long"], ["NA"]],
    "alive": [[True, False, None], [np.True_], ["True", "true"], [1, 0]],
    "born": [
        [date(2024, 12, 31), datetime(2024, 12, 31, 18, 30, tzinfo=UTC_2), None],
        [np.datetime64("2024-12-31"), pd.Timestamp("2024-12-31T18:30", tz="Asia/Tokyo"), pd.NaT],
        [5], [np.int64(5), None], [True], [1.5],
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def odd():
    """Return an estimator of columns of each kind, and the names in its program."""
    table = parse_csv(ODD_TABLE)
    net = NeuralNetRegressor(4, epochs=2, random_state=0)
    net.fit(table.select(table.names), np.arange(8.0))
    space = {"__name__": "model"}
    exec(export.numpy_code(net), space)
    return net, space


def either_way(predict):
    try:
        return predict()
    except ValueError as error:
        return str(error)


@pytest.mark.filterwarnings("ignore:.* taken for missing", "ignore:.* time zone")
@pytest.mark.parametrize(
    ("column", "cell"), [(name, cell) for name, cells in ODD_TEXTS.items() for cell in cells]
)
def test_a_text_means_to_the_program_what_it_means_to_the_estimator(odd, column, cell):
    net, space = odd
    header, row, *_ = ODD_TABLE.splitlines()
    cells = dict(zip(header.split(","), row.split(","), strict=True))
    line = ",".join(f'"{one}"' for one in (cells | {column: cell}).values())
    text = f"{header}\n{line}\n\n{row}\n"
    wanted = either_way(lambda: net.predict(columns_for(net, parse_csv(text))))
    given = either_way(lambda: space["predict"](*space["read"](text.encode())))
    assert type(given) is type(wanted), (given, wanted)  # both refuse the cell, or neither
    if isinstance(wanted, str):
        assert repr(cell) in wanted
        assert repr(cell) in given
    else:
        np.testing.assert_allclose(given, wanted, rtol=1e-12)


@pytest.mark.filterwarnings("ignore:.* taken for missing", "ignore:.* time zone")
@pytest.mark.parametrize(
    ("column", "cells"), [(name, cells) for name, many in ODD_COLUMNS.items() for cells in many]
)
def test_an_object_means_to_the_program_what_it_means_to_the_estimator(odd, column, cells):
    net, space = odd
    X = {"kilos": 4.5, "code": "A1", "coat": "long", "alive": True, "born": date(2020, 1, 1)}
    X = {name: [cell] * len(cells) for name, cell in X.items()} | {column: cells}
    frame = pd.DataFrame({name: pd.Series(one, dtype=object) for name, one in X.items()})
    wanted = either_way(lambda: net.predict(frame))
    given = either_way(lambda: space["predict"](X))
    assert type(given) is type(wanted), (given, wanted)
    if not isinstance(wanted, str):
        np.testing.assert_allclose(given, wanted, rtol=1e-12)
        assert_same_answers(net, frame, space["predict"](frame), tolerance=1e-12)


# PyTorch and Keras: the network, and its preparation beside it


def run_beside(folder, lines):
    """Run the lines that preparation.py begins with, in a process of its own."""
    text = (folder / "preparation.py").read_text(encoding="utf-8")
    use = text.split('"""')[1].split("\n\n", 1)[1].split("``")[0]
    code = "\n".join(line.removeprefix("    ") for line in use.split("\n"))
    whole_program = f"{lines}\n{code}"
    backend = "jax" if find_spec("jax") else os.environ["KERAS_BACKEND"]  # which is there already
    return forks.run(
        [sys.executable, "-c", whole_program], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "KERAS_BACKEND": backend},
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["pytorch", "keras"])
def test_the_preparation_lies_beside_the_network(kind, penguins, penguin_net, tmp_path):
    pytest.importorskip("torch" if kind == "pytorch" else "keras")
    X, _ = penguins
    to = export.to_pytorch if kind == "pytorch" else export.to_keras
    path = to(penguin_net, tmp_path / "there")
    assert sorted(one.name for one in path.parent.iterdir()) == [
        "model.py", "model.safetensors", "preparation.py",
    ]  # fmt: skip
    assert "preparation.py beside this file" in path.read_text(encoding="utf-8")
    rows = X.head(20).astype(object).where(X.head(20).notna(), None)
    rows.to_json(tmp_path / "rows.json", orient="columns")
    lines = "import json, pathlib\nread = json.loads(pathlib.Path('../rows.json').read_text())\n"
    lines += "table = {name: [*cells.values()] for name, cells in read.items()}"
    done = run_beside(path.parent, lines)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[-2] == str(penguin_net.predict(X.head(20)).tolist())
    (path.parent / "preparation.py").write_text("mine = 1\n")
    with pytest.raises(FileExistsError, match=r"preparation\.py is there already"):
        to(penguin_net, path.parent)


@settings(checks, max_examples=40)
@given(cases())
def test_what_lies_beside_a_network_prepares_and_decides_as_the_estimator(case):
    net, X = case
    space = {"__name__": "preparation"}
    exec(preparation_code(net, ""), space)
    x = space["prepare"](X)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x, net.prepare(X), atol=1e-6)
    answers = net.network_.predict(net.params_, net.prepare(X))
    decided = np.asarray(space["decide"](answers))
    wanted = net.targets_.decide(answers)
    if wanted.dtype.kind == "f":
        np.testing.assert_allclose(decided, wanted, rtol=1e-12)
    else:
        np.testing.assert_array_equal(decided, wanted)


# scikit-learn


@settings(checks, max_examples=60)
@given(cases(["tanh", "relu", "linear", "sigmoid"], [None, "batch"], [{"networks": 1}]))
def test_a_pipeline_of_sklearn_answers_as_the_estimator(case):
    net, X = case
    pipeline = export.to_sklearn(net)
    answers = [pipeline.predict(X)]
    if isinstance(net, NeuralNetClassifier):
        answers.append(pipeline.predict_proba(X))
    assert_same_answers(net, X, *answers, tolerance=1e-9)


def test_a_pipeline_of_sklearn_is_a_copy_and_can_be_kept():
    import pickle

    X = np.random.default_rng(0).normal(size=(40, 3))
    net = NeuralNetRegressor(4, "tanh", epochs=3, networks=1, random_state=0)
    net.fit(X, 1000 * X[:, 0] + 5)
    pipeline, wanted = export.to_sklearn(net), net.predict(X)
    net.fit(5 * X, X[:, 1])
    np.testing.assert_allclose(pipeline.predict(X), wanted)
    np.testing.assert_allclose(pickle.loads(pickle.dumps(pipeline)).predict(X), wanted)
    net = NeuralNetRegressor(4, "tanh", epochs=3, preprocess=None, networks=1).fit(X, X[:, 0])
    mlp = export.to_sklearn(net)
    assert type(mlp).__name__ == "MLPRegressor"
    np.testing.assert_allclose(mlp.predict(X), net.predict(X))
    with pytest.raises(ValueError, match="layer 1 is silu"):
        export.to_sklearn(NeuralNetRegressor(4, epochs=2, networks=1).fit(X, X[:, 0]))
    with pytest.raises(ValueError, match="one network, not an ensemble: fit with networks=1"):
        export.to_sklearn(NeuralNetRegressor(4, "tanh", epochs=2).fit(X, X[:, 0]))


# The program reads what `neurona predict` reads


def layouts(rows):
    """Return ways in which a table with texts, numbers and dates is written, as bytes."""
    plain = "kilos,coat,born\n" + "".join(",".join(row) + "\n" for row in rows)
    german = plain.replace(",", ";").replace(".", ",")
    counted = ",kilos,coat,born\n" + "".join(f"{i},{','.join(r)}\n" for i, r in enumerate(rows))
    return {
        "plain": plain.encode(),
        "a mark": plain.encode("utf-8-sig"),
        "UTF-16": plain.encode("utf-16"),
        "UTF-16 without a mark": plain.encode("utf-16-be"),
        "gzip": gzip.compress(plain.encode()),
        "semicolons": german.encode(),
        "tabs": plain.replace(",", "\t").encode(),
        "bars": plain.replace(",", "|").encode(),
        "blanks": plain.replace(",", ", ").encode(),
        "carriage returns": plain.replace("\n", "\r").encode(),
        "both line ends, a blank line": plain.replace("\n", "\r\n").encode() + b" \r\n",
        "an index": counted.encode(),
        "write.table": counted[1:].encode(),
        "a comma more": plain.replace("\n", ",\n").encode(),
        "sep=": b"sep=;\n" + german.encode(),
        "a comment": b"# made on 2024-05-01\n" + plain.encode(),
        "a commented header": b"# " + plain.encode(),
        "quotes": "".join(
            " ,".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in plain.splitlines()
        ).encode(),
        "thousands": german.replace("4,5", "1.234,5").replace("3,25", "1.040").encode(),
    }


@pytest.fixture(scope="module")
def read_alike():
    rows = [["4.5", "long", "2020-03-01"], ["3.25", "short", "2021/05/07"],
            ["NA", "1.5", "1-Feb-2022"], ["?", "", "2023-01-01 10:00 UTC"]] * 10  # fmt: skip
    text = "kilos,coat,born,y\n" + "".join(f"{','.join(r)},{i}.5\n" for i, r in enumerate(rows))
    table = parse_csv(text)
    net = NeuralNetRegressor(4, epochs=9, random_state=0)
    net.fit(table.select(["kilos", "coat", "born"]), np.arange(40.0))
    space = {"__name__": "model"}
    exec(export.numpy_code(net), space)
    return net, space, layouts(rows)


@pytest.mark.parametrize("name", layouts([["4.5", "long", "2020-03-01"]]))
def test_the_program_reads_the_layouts_that_neurona_reads(read_alike, name):
    from neurona.tables.encoding import decoded, unpacked

    net, space, written = read_alike
    table = parse_csv(decoded(unpacked(written[name])))
    wanted = net.predict(columns_for(net, table))
    given = space["predict"](*space["read"](written[name]))
    np.testing.assert_allclose(given, wanted, rtol=1e-12)
    assert len(given) == 40


def test_a_program_of_one_column_gives_a_row_for_each():
    net = NeuralNetRegressor(4, epochs=2).fit(pd.DataFrame({"x": [1.0, 2, None, 4]}), range(4))
    space = {"__name__": "model"}
    exec(export.numpy_code(net), space)
    assert len(space["predict"](*space["read"](b'x\n1\n\n3\n""\n5\n\n'))) == 5


@pytest.mark.parametrize(
    "classes",
    [np.array(["2024-01-01", "2025-01-01"], "datetime64[D]"),
     np.array(["2024-01-01T10:00", "2025-01-01"], "datetime64[ns]"),
     np.array([1, 5], "timedelta64[h]"), np.array([2**53, 2**53 + 1]), np.array([0, 1], np.uint8),
     np.array([False, True]), np.array([1.0, 3.0]), np.array(["01", "1"]),
     np.array(["a\nb", '"'], object)],
    ids=lambda one: str(one.dtype),
)  # fmt: skip
def test_classes_of_any_type_are_those_of_the_estimator(classes):
    X, which = np.arange(12.0)[:, None], np.arange(12) % 2
    net = NeuralNetClassifier(4, epochs=2).fit(X, classes[which])
    space = {"__name__": "model"}
    exec(export.numpy_code(net), space)
    assert (np.asarray(space["predict"](X), classes.dtype) == net.predict(X)).all()
