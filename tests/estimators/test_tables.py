"""Estimators on tables as people have them: which are read, and what of them is refused."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
)
from sklearn.model_selection import (
    KFold,
    StratifiedKFold,
    cross_val_score,
)

from neurona import NeuralNetClassifier, NeuralNetRegressor
from neurona.tables.categories import Categories
from tests.support.animals import QUICK, animals


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_it_learns_from_a_frame_as_it_is(frame):
    table, kind = animals()
    X = frame(table)
    net = NeuralNetClassifier(**QUICK).fit(X, kind)
    fresh, truth = animals(seed=1)
    assert net.score(frame(fresh), truth) > 0.9
    assert net.classes_.tolist() == ["cat", "dog", "fox"]
    assert net.n_features_in_ == 5
    assert net.feature_names_in_.tolist() == list(table)
    assert net.predict_proba(X).sum(axis=1) == pytest.approx(1)


def test_all_kinds_of_tables_give_the_same_network():
    table, kind = animals()
    frames = [pd.DataFrame(table), pl.DataFrame(table)]
    arrays = [frames[0].to_numpy(dtype=object)]
    arrays.append(arrays[0].tolist())
    answers = [NeuralNetClassifier(**QUICK).fit(X, kind).predict_proba(X) for X in frames + arrays]
    for answer in answers[1:]:
        assert np.array_equal(answer, answers[0])


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_columns_are_found_by_their_names(frame):
    table, kind = animals()
    net = NeuralNetClassifier(**QUICK).fit(frame(table), kind)
    answers = net.predict_proba(frame(table))
    turned = {"new": np.arange(len(kind)), **dict(reversed(table.items()))}
    assert np.array_equal(net.predict_proba(frame(turned)), answers)


def test_missing_columns_are_named(fitted):
    X = pd.DataFrame(animals()[0]).drop(columns=["born", "tame"])
    with pytest.raises(ValueError, match=r"lacks the column\(s\) 'tame', 'born'"):
        fitted.predict(X)


def test_a_renamed_column_is_a_missing_one(fitted):
    X = pd.DataFrame(animals()[0]).rename(columns={"kilos": "kg"})
    with pytest.raises(ValueError, match=r"lacks the column\(s\) 'kilos'.* it has 'kg'"):
        fitted.predict(X)


def test_a_column_of_another_type_is_named(fitted):
    X = pd.DataFrame(animals()[0]).assign(kilos="heavy")
    with pytest.raises(ValueError, match=r"column 'kilos', row 0: 'heavy' is not a finite number"):
        fitted.predict(X)


def test_unseen_categories_and_missing_cells_are_predicted(fitted):
    X = pd.DataFrame(animals()[0]).assign(colour="green", kilos=None, born=None, tame=None)
    with pytest.warns(UserWarning, match=r"column 'colour': 'green' \(240 of 240 cells\)"):
        assert set(fitted.predict(X)) <= {"cat", "dog", "fox"}


def test_two_columns_of_the_same_name_are_refused():
    X = pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])
    with pytest.raises(ValueError, match="more than one column named 'a'"):
        NeuralNetRegressor().fit(X, [1.0, 2.0])


def test_numbered_columns_are_taken_in_their_order():
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 2)))
    net = NeuralNetRegressor(**QUICK).fit(X, X[0] + 0.0)
    assert not hasattr(net, "feature_names_in_")
    assert net.predict(X) == pytest.approx(net.predict(X.to_numpy()))


def test_an_all_missing_column_tells_nothing():
    X, y = load_iris(return_X_y=True)
    empty = np.column_stack([X, np.full(len(X), np.nan)])
    with_it = NeuralNetClassifier(**QUICK).fit(empty, y)
    assert np.array_equal(
        with_it.predict_proba(empty), NeuralNetClassifier(**QUICK).fit(X, y).predict_proba(X)
    )


def test_a_pandas_period_is_its_start():
    months = pd.DataFrame({"month": pd.period_range("2020-01", periods=60, freq="M")})
    begin = months.apply(lambda month: month.dt.to_timestamp())
    late = np.arange(60) >= 30
    of_months = NeuralNetClassifier(**QUICK).fit(months, late).predict_proba(months)
    of_days = NeuralNetClassifier(**QUICK).fit(begin, late).predict_proba(begin)
    assert np.array_equal(of_months, of_days)


@pytest.mark.parametrize("estimator", [NeuralNetClassifier(), NeuralNetRegressor()])
def test_one_row_is_not_enough(estimator):
    with pytest.raises(ValueError, match="n_samples=1"):
        estimator.fit([[1.0, 2.0]], [1])


@pytest.mark.parametrize("estimator", [NeuralNetClassifier(), NeuralNetRegressor()])
def test_one_row_is_predicted(estimator):
    X, y = load_iris(return_X_y=True)
    net = clone(estimator).set_params(**QUICK).fit(X, y)
    assert net.predict(X[:1]) == pytest.approx(net.predict(X)[:1])


def test_one_class_is_not_enough():
    with pytest.raises(ValueError, match="one class only, 'cat'"):
        NeuralNetClassifier().fit([[1.0], [2.0]], ["cat", "cat"])


@pytest.mark.parametrize(
    ("estimator", "y"),
    [
        (NeuralNetRegressor(), [1.0, np.nan, 2.0]),
        (NeuralNetClassifier(), [1.0, np.nan, 2.0]),
        (NeuralNetClassifier(), ["cat", None, "dog"]),
        (NeuralNetClassifier(), pd.Series(["cat", None, "dog"])),
        (NeuralNetClassifier(), pl.Series(["cat", None, "dog"])),
    ],
)
def test_a_target_with_missing_values_is_refused(estimator, y):
    with pytest.raises(ValueError, match="Input y contains NaN"):
        estimator.fit([[1.0], [2.0], [3.0]], y)


def test_validation_rows_may_be_a_frame():
    table, kind = animals()
    X, y = pl.DataFrame(table), kind
    net = NeuralNetClassifier(**QUICK).fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    assert len(net.validation_scores_) == 40


def test_each_call_of_partial_fit_draws_another_dropout():
    """With rates next to 0 the weights stay, and costs differ by what was dropped."""
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(
        dropout=0.5, optimizer="sgd", learning_rate=1e-12, batch_size=149, random_state=0, l1=0
    )
    for _ in range(4):
        net.partial_fit(X, y, classes=[0, 1, 2])
    assert len({round(cost, 6) for cost in net.loss_curve_}) == 4


def test_what_is_learnt_does_not_depend_on_the_scale_of_a_column():
    X, y = load_iris(return_X_y=True)
    plain = NeuralNetClassifier(**QUICK).fit(X, y).predict_proba(X)
    scaled = X * [1e-3, 1.0, 1e6, 1e9] + [0, 100, 0, 0]
    assert NeuralNetClassifier(**QUICK).fit(scaled, y).predict_proba(scaled) == pytest.approx(
        plain, abs=1e-5
    )


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "category", "string", "object"])
def test_classes_may_be_of_any_of_pandas_types(dtype):
    X, y = load_iris(return_X_y=True)
    kind = pd.Series(y == 0 if dtype == "boolean" else y).astype(
        str if dtype == "object" else dtype
    )
    net = NeuralNetClassifier(**QUICK).fit(X, kind.astype(dtype))
    assert net.score(X, kind.astype(dtype)) > 0.8


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_part_of_the_table_may_be_of_one_class_or_of_one_row(n_classes):
    X, y = load_iris(return_X_y=True)
    X, y = X[y < n_classes], y[y < n_classes]
    net = NeuralNetClassifier(random_state=0).partial_fit(X, y, classes=range(n_classes))
    before = net.predict_proba(X[:50])[:, 0].mean()
    for _ in range(5):
        net.partial_fit(X[:50], y[:50])
        net.partial_fit(X[:1], y[:1])
    assert net.predict_proba(X[:50])[:, 0].mean() > before
    assert np.isfinite(net.loss_)


@pytest.mark.parametrize(
    ("load", "estimator", "least"),
    [
        (load_iris, NeuralNetClassifier, 0.94),
        (load_wine, NeuralNetClassifier, 0.96),
        (load_breast_cancer, NeuralNetClassifier, 0.965),
        pytest.param(load_digits, NeuralNetClassifier, 0.965, marks=pytest.mark.long),
        (load_diabetes, NeuralNetRegressor, 0.45),
    ],
    ids=["iris", "wine", "breast cancer", "digits", "diabetes"],
)
def test_with_its_default_settings_it_is_right_on_raw_columns(load, estimator, least):
    X, y = load(return_X_y=True)
    folds = (StratifiedKFold if estimator is NeuralNetClassifier else KFold)(
        n_splits=2 if load is load_digits else 3, shuffle=True, random_state=0
    )
    assert cross_val_score(estimator(random_state=0), X, y, cv=folds).mean() > least


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_the_scale_of_the_target_makes_no_difference(scale):
    X, y = load_diabetes(return_X_y=True)
    plain = NeuralNetRegressor(**QUICK).fit(X, y).predict(X)
    scaled = NeuralNetRegressor(**QUICK).fit(X, y * scale).predict(X)
    assert scaled / scale == pytest.approx(plain, rel=1e-3)


def test_a_lazy_frame_is_to_be_collected():
    with pytest.raises(ValueError, match=r"give X.collect\(\)"):
        NeuralNetClassifier().fit(pl.LazyFrame({"a": [1, 2]}), [0, 1])


@pytest.mark.parametrize("dtype", [bool, "T"])
def test_boolean_and_text_arrays_are_categories(dtype):
    g = np.random.default_rng(0)
    cells = g.random((120, 3)) > 0.5
    X = cells if dtype is bool else np.where(cells, "yes", "no").astype(dtype)
    net = NeuralNetClassifier(**QUICK).fit(X, cells[:, 0])
    assert all(isinstance(step, Categories) for _, step in net.preparation_.steps)
    assert net.score(X, cells[:, 0]) == 1.0
    as_objects = NeuralNetClassifier(**QUICK).fit(X.astype(object), cells[:, 0])
    assert np.array_equal(net.predict_proba(X), as_objects.predict_proba(X.astype(object)))


def test_categories_that_were_never_seen_are_said_once():
    X = pd.DataFrame({"coat": ["long", "short"] * 30, "tail": ["no", "yes", "no"] * 20})
    net = NeuralNetClassifier(**QUICK, networks=1).fit(X, X["coat"])
    new = pd.DataFrame({"coat": ["bald", "long", "bald", "x"], "tail": ["no", "yes", "no", "?"]})
    with pytest.warns(UserWarning, match="never seen") as caught:
        net.predict(new)
    assert [str(one.message) for one in caught] == [
        "categories that were never seen tell the network nothing; column 'coat': 'bald' (2 of 4 "
        "cells), 'x' (1); column 'tail': '?' (1 of 4 cells)"
    ]
    for others in (new.to_numpy(), {name: [*cells] for name, cells in new.items()}):
        named = net if isinstance(others, dict) else NeuralNetClassifier(**QUICK)
        named = named if named is net else named.fit(X.to_numpy(), X["coat"])
        with pytest.warns(UserWarning, match=r"'bald' \(2 of 4 cells\)"):
            named.predict_proba(others)
    with pytest.warns(UserWarning, match=r"'\?'"):  # in a later part of a stream, too
        net.partial_fit(new.assign(coat="long"), ["long"] * 4)


def test_a_category_among_others_is_one_of_them():
    X = pd.DataFrame({"kind": ["a", "b"] * 40 + ["rare"]})
    net = NeuralNetClassifier(**QUICK).fit(X, X["kind"] == "a")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.predict(pd.DataFrame({"kind": ["new", "a"]}))
