"""Large tables are not copied: they are checked, prepared and learned where they lie."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import neurona
from neurona.engine.costs import BinaryCrossEntropy
from neurona.engine.data import ROWS, check_data
from neurona.engine.objective import Objective
from neurona.engine.parameters import flatten
from tests.support.plain import PLAIN
from tests.support.points import NET, examples, last

# Nothing is copied


def test_a_table_of_the_engines_dtype_is_not_copied():
    X, y = examples()
    data = check_data(NET, X, y.astype(np.float32))
    assert np.shares_memory(data.x, X)
    assert not np.shares_memory(check_data(NET, X, y, dtype=np.float64).x, X)


def test_parameters_to_begin_with_are_copied():
    X, y = examples()
    start = NET.init(0)
    states = neurona.train(NET, X, y, start=start, steps=3)
    first = next(states)
    start[0].W[:] = np.nan
    assert np.isfinite(flatten(first.params)).all()
    assert math.isfinite(last(states).cost)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("row", [0, ROWS - 1, ROWS, 2 * ROWS + 4])
def test_a_nan_is_found_in_any_row(wrong, row):
    X = np.zeros((2 * ROWS + 5, 3), np.float32)
    X[row, 1] = wrong
    with pytest.raises(ValueError) as caught:
        check_data(NET, X, np.zeros(len(X)))
    assert f"X[{row}, 1] is {wrong}: X must be finite" in str(caught.value)


def test_finite_numbers_whose_sum_is_not_are_taken():
    X = np.full((10, 3), 3e38, np.float32)
    assert check_data(NET, X, np.zeros(10)).x is X


@pytest.mark.parametrize("weighted", [False, True])
def test_the_first_cost_of_many_examples_is_that_of_all(weighted):
    X, y = examples(2 * ROWS + 5)
    weight = np.random.default_rng(1).random(len(X)) if weighted else None
    params = NET.init(0)
    state = next(neurona.train(NET, X, y, start=params, l2=0.1, sample_weight=weight))
    data = check_data(NET, X, y, weight, np.float64)
    whole = Objective(NET, BinaryCrossEntropy(), l2=0.1).value(params, *data)
    assert state.cost == pytest.approx(float(whole), rel=1e-5)


def test_the_compiled_engine_copies_batches_and_not_a_large_table(monkeypatch):
    pytest.importorskip("jax")
    from neurona.engine import jax_engine

    X, y = examples(130)
    weight = np.linspace(0.5, 2, len(X))
    settings = {"batch_size": 32, "epochs": 4, "rng": 0, "engine": "jax", "sample_weight": weight}
    there = last(neurona.train(NET, X, y, **settings))
    monkeypatch.setattr(jax_engine, "LARGE", 1000)
    monkeypatch.setattr(jax_engine, "HELD", 1000)
    apart = last(neurona.train(NET, X, y, **settings))
    np.testing.assert_allclose(flatten(apart.params), flatten(there.params), rtol=1e-4, atol=1e-6)
    assert apart.cost == pytest.approx(there.cost, rel=1e-5)


# Estimators on a large table


@pytest.fixture
def large(monkeypatch):
    """Make 1,000 numbers a large table."""
    module = pytest.importorskip("neurona.tables.large")
    monkeypatch.setattr(module, "LARGE", 1000)
    return module


def crooked(n=900, dtype=np.float32):
    """Return a table with columns on all scales, some cells missing, and one column constant."""
    X, y = examples(n, dtype=dtype)
    X = np.column_stack([1e4 + 50 * X[:, 0], X[:, 1] / 1e3, np.full(n, 7), X[:, 2]]).astype(dtype)
    X[::9, 3] = np.nan
    return X, y


FIT = {"epochs": 30, "batch_size": 32, "random_state": 0, **PLAIN}


@pytest.mark.parametrize("engine", ["numpy", "jax"])
@pytest.mark.parametrize("mapped", [False, True])
def test_a_large_table_is_learnt_as_a_copied_one(large, mapped, engine, file_of, monkeypatch):
    if engine == "jax":
        pytest.importorskip("jax")
    X, y = crooked()
    given = file_of(X) if mapped else X
    net = neurona.NeuralNetClassifier(engine=engine, **FIT).fit(given, y)
    answers = net.predict_proba(given)
    assert (net.n_iter_, net.n_features_in_) == (30, 4)
    monkeypatch.setattr(large, "LARGE", 10**9)
    copied = neurona.NeuralNetClassifier(engine=engine, **FIT).fit(X, y)
    assert net.preparation_ == copied.preparation_  # fewer rows than the sample has
    assert net.score(X, y) > 0.93
    assert copied.score(X, y) > 0.93
    np.testing.assert_allclose(net.predict_proba(X), answers, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
def test_a_large_table_of_numbers_predicted(large, dtype, file_of):
    X, _ = examples(900)
    X = (1000 * X).astype(dtype)
    y = (X[:, 0] + 0.5 * X[:, 1]).astype(float)
    for preprocess, scale in (("auto", 1), (None, 1000)):
        if preprocess is None and dtype == np.int32:
            continue
        given = file_of(X / scale if preprocess is None else X)
        net = neurona.NeuralNetRegressor(preprocess=preprocess, **FIT).fit(given, y)
        assert net.score(given, y) > 0.97


def test_weights_and_rows_held_out_of_a_large_table(large, file_of):
    X, y = crooked()
    wrong = np.where(np.arange(900) < 300, 1 - y, y)
    weight = (np.arange(900) >= 300).astype(float)
    for table in (X, file_of(X)):
        net = neurona.NeuralNetClassifier(early_stopping=True, scoring="accuracy", **FIT)
        net.fit(table, wrong, sample_weight=weight)
        assert net.score(X[300:], y[300:]) > 0.9
        assert net.validation_scores_[-1] > 0.85
    judged = neurona.NeuralNetClassifier(**FIT).fit(X, y, X_val=file_of(X), y_val=y)
    assert judged.score(X, y) > 0.93


def test_a_large_table_works_with_warm_start_and_partial_fit(large):
    X, y = crooked()
    net = neurona.NeuralNetClassifier(**{**FIT, "epochs": 3}, warm_start=True)
    steps = [net.fit(X, y).state_.step for _ in range(2)]
    assert steps == [3 * 29, 6 * 29]
    part = neurona.NeuralNetClassifier(**FIT)
    for _ in range(20):
        part.partial_fit(X, y, classes=[0, 1])
    assert part.score(X, y) > 0.9
    part.partial_fit(X, np.ones(900, int))  # of one class, as a part may be


def test_rows_of_a_large_part_are_held_out_where_they_lie(large, file_of):
    X, y = crooked()
    net = neurona.NeuralNetClassifier(early_stopping=True, scoring="accuracy", **FIT)
    for _ in range(20):
        net.partial_fit(file_of(X), y, classes=[0, 1])
    assert 50 < len(net._validation_sample) < 130
    assert net.validation_scores_[-1] > 0.9
    assert net.score(X, y) > 0.9


def test_an_unknown_class_in_a_large_table_is_named(large, monkeypatch):
    X, y = crooked()
    names = np.array(["ant", "bee", "cat"])[y + (X[:, 1] > 1e-3)]
    net = neurona.NeuralNetClassifier(class_weight="balanced", **FIT).fit(X, names)
    monkeypatch.setattr(large, "LARGE", 10**9)
    copied = neurona.NeuralNetClassifier(class_weight="balanced", **FIT).fit(X, names)
    assert net.score(X, names) > 0.7  # of the balanced classes, one has a twentieth of the rows
    assert net.score(X, names) == pytest.approx(copied.score(X, names), abs=0.05)
    monkeypatch.setattr(large, "LARGE", 1000)
    names[5] = "dog"
    with pytest.raises(ValueError, match="y has the class 'dog'"):
        net.partial_fit(X, names)


def test_what_is_wrong_in_a_large_table_is_said(large, file_of):
    X, y = crooked()
    X[123, 1] = np.inf
    net = neurona.NeuralNetClassifier(**FIT)
    for table in (X, file_of(X)):
        with pytest.raises(ValueError, match="contains infinity: column 'x1', row 123"):
            net.fit(table, y)
    with pytest.raises(ValueError, match=r"contains NaN: column 'x3', row \d+"):
        neurona.NeuralNetClassifier(preprocess=None, **FIT).fit(file_of(crooked()[0]), y)
    with pytest.raises(ValueError, match=r"n_samples=900.*constant or empty"):
        net.fit(np.ones((900, 4), np.float32), y)
    net.fit(crooked()[0], y)
    with pytest.raises(ValueError, match="3 features"):
        net.predict(crooked()[0][:, :3])


@given(
    seed=st.integers(0, 30),
    missing=st.lists(st.booleans(), min_size=4, max_size=4),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_all_columns_at_once_are_each_of_them(seed, missing, dtype):
    module = pytest.importorskip("neurona.tables.large")
    from neurona.tables.frames import read_array
    from neurona.tables.preparation import Preparation

    rng = np.random.default_rng(seed)
    X = (rng.normal(size=(50, 4)) * 10.0 ** rng.integers(-3, 6, 4)).astype(dtype)
    X[3, 0] = 1e30
    X[:, 2] = 1
    for column in np.flatnonzero(missing):
        X[rng.integers(0, 50, 5), column] = np.nan
    each = Preparation.fit(read_array(X))
    columns = module.AllNumbers(each)(X)
    assert columns.dtype == dtype
    atol = 1e-12 if dtype == np.float64 else 2e-5
    np.testing.assert_allclose(columns, each.transform(read_array(X)), atol=atol)


@pytest.mark.parametrize("sample", [900, 90])
def test_a_large_tables_summaries_are_those_of_its_columns(large, sample, monkeypatch):
    """Of a sample too: the extremes and the missing cells are those of all rows."""
    from neurona.tables.frames import read_array
    from neurona.tables.summaries import summary

    monkeypatch.setattr(large, "SAMPLE", sample)
    X, _ = crooked()
    X[:, 1] = np.nan
    told = large.LargeTable(X).summaries(None, np.random.default_rng(0))
    for i, (part, column) in enumerate(zip(told, read_array(X.astype(np.float64)), strict=True)):
        whole = summary(column)
        assert (part["kind"], part["missing"]) == (whole["kind"], whole["missing"])
        if sample == 900:
            np.testing.assert_array_equal(part["cells"], whole["cells"])
            np.testing.assert_array_equal(part["rows"], whole["rows"])
        elif part["kind"] == "number":
            assert {*part["cells"]} <= {*X[:, i].astype(np.float64)}
            assert part["cells"][[0, -1]].tolist() == whole["cells"][[0, -1]].tolist()
            assert part["rows"].sum() == pytest.approx(whole["rows"].sum(), rel=0.05)


def test_long_tables_are_prepared_and_answered_part_by_part(monkeypatch):
    table = pytest.importorskip("neurona.tables.table")
    X, y = crooked()
    fitted = [neurona.NeuralNetClassifier(early_stopping=True, **FIT).fit(X, y)]
    monkeypatch.setattr(table, "ROWS", 64)
    fitted.append(neurona.NeuralNetClassifier(early_stopping=True, **FIT).fit(X, y))
    one, other = fitted
    np.testing.assert_array_equal(flatten(one.params_), flatten(other.params_))
    np.testing.assert_allclose(one.validation_scores_, other.validation_scores_)
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), atol=1e-12)


# The memory that a training takes
