"""The forms in which X and y may come: each is read as what it says, or refused in clear words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.datasets import load_iris, make_multilabel_classification

import neurona
from neurona import NeuralNetClassifier, NeuralNetRegressor
from neurona.tables.columns import objects
from tests.support.animals import animals

IRIS = load_iris(return_X_y=True)
X, Y = IRIS[0][:, :3], IRIS[1]
FAST = {"epochs": 3, "networks": 1, "random_state": 0}


def net(**given):
    """Return a classifier that learns in a moment."""
    return NeuralNetClassifier(4, **FAST | given)


# A dict of columns


@pytest.mark.parametrize("form", [list, tuple, objects, pd.Series, pl.Series])
def test_a_dict_of_columns_is_a_frame(form):
    table, kind = animals()
    frame = pd.DataFrame(table)
    if form is pl.Series:
        columns = {name: pl.DataFrame(table)[name] for name in table}
    else:
        columns = {name: form(frame[name].astype(object).tolist()) for name in frame}
    by_frame = net().fit(frame, kind)
    by_dict = net().fit(columns, kind)
    assert by_dict.preparation_ == by_frame.preparation_
    expected = by_frame.predict_proba(frame)
    assert np.array_equal(by_dict.predict_proba(columns), expected)
    others = {"new": np.zeros(len(kind)), **dict(reversed(columns.items()))}
    assert np.array_equal(by_dict.predict_proba(others), expected)
    assert np.array_equal(by_dict.predict_proba(frame), expected)


def test_a_dict_of_numbers_may_go_unprepared():
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    by_dict = net(preprocess=None).fit(frame.to_dict("list"), Y)
    expected = net(preprocess=None).fit(frame, Y).predict_proba(frame)
    np.testing.assert_allclose(by_dict.predict_proba(frame.to_dict("list")), expected, rtol=1e-9)
    np.testing.assert_allclose(by_dict.predict_proba(frame), expected, rtol=1e-9)
    records = frame.to_records(index=False)
    assert np.array_equal(net().fit(records, Y).predict(frame), net().fit(frame, Y).predict(frame))
    with pytest.raises(ValueError, match="column 'a' does not hold numbers, and preprocess=None"):
        net(preprocess=None).fit({"a": ["x", "y"]}, [0, 1])
    with pytest.raises(ValueError, match="Input X contains NaN"):
        net(preprocess=None).fit({"a": [1.0, None]}, [0, 1])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([{"a": 1}, {"a": 2}], "X is a list of dicts: give a dict of columns"),
        ({"a": [1, 2], "b": [1]}, r"so many cells: {'a': 2, 'b': 1}; give each the same"),
        ({}, "so many cells: none"),
        ({"a": []}, "so many cells: {'a': 0}"),
        ({0: [1, 2]}, "the key 0: give each column a text as name"),
        ({"a": 1}, r"column 'a' has shape \(\)"),
        ({"a": [[1, 2], [3, 4]]}, r"column 'a' has shape \(2, 2\)"),
        (pl.LazyFrame({"a": [1, 2]}), r"give X.collect\(\)"),
        (pd.Series(["a", "b"]), "Expected 2D array"),
        (pd.Series([1, 2]), "Expected a 2-dimensional container|Expected 2D array"),
        (["a", "b"], "Expected 2D array"),
        ([[1, 2], [3]], "X must be a table: its rows, or the values in its cells, differ"),
        (np.ones((2, 2, 2)), "nothing to learn from images that are all alike"),
        (np.ones((2, 2, 2), object), "give images and series as numbers"),
        (np.ones((2, 2, 2, 2, 2)), "dim 5|5 axes|shape"),
        (None, "Expected 2D array"),
        (pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]), "more than one column named 'a'"),
        (pd.DataFrame([[1, 2], [3, 4]], columns=[7, 7]), "more than one column named '7'"),
    ],
    ids=str,
)
def test_other_forms_are_refused_in_clear_words(given, message):
    with pytest.raises(ValueError, match=message):
        net().fit(given, [0, 1])


def test_texts_among_other_names_are_refused_as_scikit_learn_does():
    mixed = pd.DataFrame(X, columns=["a", 1, "b"])
    with pytest.raises(TypeError, match="string names"):
        net().fit(mixed, Y)
    with pytest.raises(TypeError, match="string names"):
        net().fit(X, Y).predict(mixed)


# Columns whose names are not texts


@pytest.mark.parametrize(
    "names", [[10, 20, 30], [2.5, 1.5, 0.5], [("u", 1), ("u", 2), ("v", 1)], [2, 1, 0]], ids=str
)
def test_numbered_columns_are_found_by_their_numbers(names, tmp_path):
    """They were taken in the order in which they came, in silence."""
    frame = pd.DataFrame(X)
    frame.columns = names
    one = net().fit(frame, Y)
    one.save(tmp_path / "m")
    for fitted in (one, neurona.load(tmp_path / "m")):
        expected = fitted.predict_proba(frame)
        assert np.array_equal(fitted.predict_proba(frame.iloc[:, [2, 0, 1]]), expected)
    assert one.predict_proba(frame.iloc[:1]).shape == (1, 3)
    renamed = frame.copy()
    renamed.columns = [100, 200, 300]
    with pytest.raises(ValueError, match="X lacks the column"):
        one.predict(renamed)
    with pytest.raises(ValueError, match="same order"):
        net(preprocess=None).fit(frame, Y).predict(frame.iloc[:, [2, 0, 1]])


@pytest.mark.parametrize("preprocess", ["auto", None])
@pytest.mark.parametrize("form", [np.asarray, pd.DataFrame])
def test_columns_that_were_places_are_found_by_them(form, preprocess):
    one = net(preprocess=preprocess).fit(form(X), Y)
    frame = pd.DataFrame(X)
    expected = one.predict_proba(X)
    for same in (frame, frame[[2, 0, 1]], frame.assign(**{"3": 0}).set_axis(range(4), axis=1)):
        if same.shape[1] == 4 and list(same.columns) == [0, 1, 2, 3]:
            same = same[[3, 2, 1, 0]]  # noqa: PLW2901
        np.testing.assert_allclose(one.predict_proba(same), expected, rtol=1e-9)
    with pytest.raises(ValueError, match=r"X lacks the column\(s\) 0: .* columns 0 to 2, and X"):
        one.predict(pd.DataFrame(X, columns=[1, 2, 3]))
    with pytest.warns(UserWarning, match="valid feature names"):
        net().fit(frame.set_axis(["a", "b", "c"], axis=1), Y).predict(frame)


# Masked arrays


@pytest.mark.parametrize("form", ["table", "batch"])
def test_columns_of_arrow_are_found_by_their_names(form):
    arrow = pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"a": X[:, 0], "b": pd.Categorical(np.where(X[:, 1] > 0, "x", "y"))})
    made = arrow.Table.from_pandas(frame)
    made = made if form == "table" else made.to_batches()[0]
    learned, wanted = net().fit(made, Y), net().fit(frame, Y).predict_proba(frame)
    turned = made.select(["b", "a"])
    np.testing.assert_array_equal(learned.predict_proba(turned), wanted)
    np.testing.assert_array_equal(net().fit(frame, Y).predict_proba(turned), wanted)
    with pytest.raises(ValueError, match="X lacks the column"):
        learned.predict(made.select(["a"]))


@pytest.mark.parametrize("kind", ["string", "large_string", "string_view", "dictionary"])
def test_a_dict_of_arrow_arrays_is_a_frame(kind):
    """Arrow's own error came, since its arrays of texts refuse to become NumPy's."""
    arrow = pytest.importorskip("pyarrow")
    texts = arrow.array(np.where(X[:, 1] > 3, "x", "y").tolist())
    texts = texts.dictionary_encode() if kind == "dictionary" else texts.cast(kind)
    given = {"a": arrow.chunked_array([X[:90, 0], X[90:, 0]]), "b": texts}
    frame = pd.DataFrame({"a": X[:, 0], "b": texts.to_pylist()})
    wanted = net().fit(frame, Y).predict_proba(frame)
    np.testing.assert_array_equal(net().fit(given, Y).predict_proba(given), wanted)
    np.testing.assert_array_equal(net().fit(arrow.table(given), Y).predict_proba(given), wanted)


def test_a_masked_cell_is_a_missing_cell():
    mask = np.random.default_rng(0).random(X.shape) < 0.2
    holes = np.where(mask, np.nan, X)
    wild = np.ma.array(np.where(mask, 1e9, X), mask=mask)
    expected = net().fit(holes, Y).predict_proba(holes)
    assert np.array_equal(net().fit(wild, Y).predict_proba(wild), expected)
    whole = np.ma.array(X.astype(int) * 10, mask=mask)
    as_numbers = np.where(mask, np.nan, X.astype(int) * 10)
    assert net().fit(whole, Y).preparation_ == net().fit(as_numbers, Y).preparation_
    texts = np.ma.array(X.astype(int).astype(str).astype(object), mask=mask)
    assert net().fit(texts, Y).preparation_.outputs.count("x0 is missing") == 1
    columns = {"a": wild[:, 0], "b": X[:, 1]}
    assert "a is missing" in net().fit(columns, Y).preparation_.outputs
    with pytest.raises(ValueError, match="Input X contains NaN"):
        net(preprocess=None).fit(wild, Y)
    unmasked = np.ma.array(X)
    assert np.array_equal(net().fit(unmasked, Y).predict(X), net().fit(X, Y).predict(X))


def test_a_masked_target_or_weight_is_missing():
    for y in (np.ma.array(Y, mask=Y == 1), np.ma.array(Y.astype(str), mask=Y == 1)):
        with pytest.raises(ValueError, match="y contains NaN"):
            net().fit(X, y)
    with pytest.raises(ValueError, match="y contains NaN"):
        NeuralNetRegressor(4, **FAST).fit(X, np.ma.array(Y, mask=Y == 1))
    with pytest.raises(ValueError, match="sample_weight contains NaN"):
        net().fit(X, Y, np.ma.array(np.ones(150), mask=Y == 1))


# Targets


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csr_matrix, sparse.coo_array])
def test_labels_may_be_sparse(form):
    rows, labels = make_multilabel_classification(60, n_classes=3, random_state=0)
    expected = net().fit(rows, labels).predict(rows)
    one = net().fit(rows, form(labels), X_val=rows, y_val=form(labels))
    assert np.array_equal(net().fit(rows, form(labels)).predict(rows), expected)
    assert one.score(rows, form(labels)) == one.score(rows, labels)
    weight = np.arange(60) % 3
    folds = NeuralNetClassifier(4, epochs=3, cv=3).fit(rows, form(labels), weight)
    assert folds.predict(rows).shape == (60, 3)
    assert net().partial_fit(rows, form(labels), [0, 1]).n_iter_ == 1
    with pytest.raises(ValueError, match=r"is 2: a label is 0 or 1"):
        net().fit(rows, form(labels * 2))


def test_labels_of_a_frame_may_be_booleans_beside_numbers():
    frame = pd.DataFrame({"a": Y == 1, "b": (Y > 0).astype(int)})
    expected = net().fit(X, frame.to_numpy(int)).predict_proba(X)
    np.testing.assert_allclose(net().fit(X, frame).predict_proba(X), expected, rtol=1e-6)
    with pytest.raises(ValueError, match="y holds bool, int: give classes of one type"):
        net().fit(X, pd.Series([True, *[0, 1] * 74, 1], dtype=object))


@pytest.mark.parametrize("weight", ["balanced", 3.0, 0])
def test_a_weight_that_is_not_one_a_row_is_said(weight):
    with pytest.raises(ValueError, match=rf"sample_weight is {weight!r}: give one number a row"):
        net().fit(X, Y, weight)


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (pd.Series(Y, dtype="Int64"), [0, 1, 2]),
        (pd.Series(Y.astype(object)), [0, 1, 2]),
        (pd.Series(Y == 1, dtype="boolean"), [False, True]),
        (pd.Series((Y == 1).astype(object)), [False, True]),
        (pd.Series(Y).map({0: "a", 1: "b", 2: "c"}).astype("category"), ["a", "b", "c"]),
        (pd.Series(Y).astype("category"), [0, 1, 2]),
        (pd.Series(Y.astype(str)).astype("string"), ["0", "1", "2"]),
        (pl.Series(Y), [0, 1, 2]),
        (Y.astype(str).astype(np.dtypes.StringDType()), ["0", "1", "2"]),
    ],
)
def test_classes_come_back_as_they_were_given(y, classes):
    one = net().fit(X, y)
    assert one.classes_.tolist() == classes
    assert set(one.predict(X).tolist()) <= set(classes)


@pytest.mark.parametrize(
    "y",
    [
        pd.Series(Y, dtype="Int64").mask(Y == 1),
        pd.Series(Y == 1, dtype="boolean").mask(Y == 1),
        pd.Series(Y).map({0: "a", 2: "c"}),
        pd.Series(Y).map({0: "a", 2: "c"}).astype("category"),
        pd.Series(Y.astype(str)).astype("string").mask(Y == 1),
        np.where(Y == 1, np.nan, Y),
        [None, *Y[1:]],
        pl.Series([None, *Y[1:].tolist()]),
    ],
)
def test_a_missing_class_is_said(y):
    with pytest.raises(ValueError, match="Input y contains NaN"):
        net().fit(X, y)


@pytest.mark.parametrize("y", [Y[:, None, None], np.array(3), {"y": Y}, "y"])
def test_a_target_is_one_or_several_a_row(y):
    for one in (net(), NeuralNetRegressor(4, **FAST)):
        with pytest.raises(ValueError, match=r"y has shape .*: give one target a row"):
            one.fit(X, y)


@pytest.mark.parametrize("dtype", ["datetime64[D]", "timedelta64[s]"])
def test_a_regressor_refuses_dates(dtype):
    with pytest.raises(ValueError, match="y holds dates or durations: give numbers"):
        NeuralNetRegressor(4, **FAST).fit(X, Y.astype(dtype))
