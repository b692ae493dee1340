"""Tables of many columns: time grows with their number, and judging them has an end."""

from dataclasses import replace
from time import process_time

import numpy as np
import pandas as pd
import pytest

import neurona
from neurona.commands import report_page, tables
from neurona.commands.report_page import Subject
from neurona.estimators import report
from neurona.tables.columns import Column
from neurona.tables.csv import parse_csv
from neurona.tables.table import Columns
from tests.support.commands import pets

QUICK = {"epochs": 1, "networks": 1, "random_state": 0}


def genes(columns, rows=40):
    """Return a frame with a target that the first column tells."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, columns)).round(3)
    return pd.DataFrame(X, columns=[f"gene{k}" for k in range(columns)]), X[:, 0] > 0


def of_a_frame(columns):
    X, y = genes(columns)
    return neurona.NeuralNetClassifier(2, **QUICK).fit(X, y).predict(X.iloc[:1])


def of_an_array(columns):
    X, y = genes(columns)
    return neurona.NeuralNetClassifier(2, **QUICK).fit(X.to_numpy(), y).predict(X.to_numpy()[:1])


def of_a_file(columns):
    X, y = genes(columns, rows=4)
    file = parse_csv(X.to_csv(index=False))
    table = file.select(file.names)
    return neurona.NeuralNetClassifier(2, **QUICK).fit(table, y).predict(table[:1])


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(of_a_frame, marks=pytest.mark.long),
        of_an_array,
        pytest.param(of_a_file, marks=pytest.mark.long),
    ],
)
def test_four_times_the_columns_take_no_more_than_some_four_times_as_long(act):
    act(10)

    def seconds(columns):
        begin = process_time()
        act(columns)
        return process_time() - begin

    few = min(seconds(2500) for _ in range(2))
    many = min(seconds(10_000) for _ in range(2))
    assert many < 10 * few  # 16 times, if it grew with their square


def test_the_product_of_a_stack_is_left_to_blas():
    """NumPy's dot of three axes and two is a loop, 20 to 100 times as long."""
    net = neurona.network([3000, 64, 1])
    stack = neurona.engine.parameters.stacked(net.init(seed) for seed in range(4))
    x = np.ones((32, 3000), np.float32)

    def seconds(params):
        begin = process_time()
        net.forward(params, x)
        return process_time() - begin

    one = net.init(0)
    alone, together = (min(seconds(params) for _ in range(5)) for params in (one, stack))
    assert together < 4 * 10 * max(alone, 1e-4)


# ---- the importance of columns ------------------------------------------------------------------


def fitted(n=120, kind="kind"):
    """Return an estimator with a table that it has not seen: numbers, texts, dates and holes."""
    file = parse_csv(pets(2 * n))
    target = file.target(kind)
    table = file.select([name for name in file.names if name != kind])[target.rows]
    half = len(target.y) // 2
    estimators = {True: neurona.NeuralNetClassifier, False: neurona.NeuralNetRegressor}
    made = estimators[target.is_classes](8, **{**QUICK, "epochs": 30})
    return made.fit(table[:half], target.y[:half]), table[half:], target.y[half:]


@pytest.mark.parametrize("kind", ["kind", "kilos"])
def test_importance_is_the_fall_of_the_score_with_the_cells_shuffled(kind):
    """Here the cells are, and all columns are prepared again; there the numbers made of them."""
    net, table, y = fitted(kind=kind)
    rng = np.random.default_rng(0)

    def score(table):
        predictions = net.predict(table)
        return np.mean(predictions == y) if kind == "kind" else report.r2(y, predictions)

    falls = {}
    for place, column in enumerate(table):
        lost = []
        for _ in range(5):
            columns = list(table.columns)
            columns[place] = replace(column, values=rng.permutation(column.values))
            lost.append(score(table) - score(Columns(tuple(columns))))
        falls[column.name] = np.mean(lost)
    found = report.importances(net, table, y)
    assert [one.fall for one in found] == sorted(falls.values(), reverse=True)
    assert {one.column: one.fall for one in found} == falls


def test_when_time_is_over_the_promising_columns_are_judged_and_the_others_named(monkeypatch):
    X, y = genes(30, rows=400)
    X = X[[*X.columns[1:], "gene0"]]  # the one that tells it all is the last
    table = Columns(tuple(Column(name, "number", X[name].to_numpy()) for name in X))
    y = np.where(y, "high", "low")
    net = neurona.NeuralNetClassifier(8, **{**QUICK, "epochs": 60}).fit(table[:200], y[:200])
    whole = report.judge(net, table[200:], y[200:])
    assert (len(whole.columns), whole.not_shuffled) == (30, ())
    assert not [line for line in tables.report(whole) if "seconds" in line]
    monkeypatch.setattr(report, "SECONDS", 0.0)
    found = report.judge(net, table[200:], y[200:])
    assert found.columns == whole.columns[:1]
    assert found.columns[0].column == "gene0"
    assert found.not_shuffled == tuple(name for name in X if name != "gene0")
    said = (
        "judged 1 of 30 columns within 10 seconds, the most promising ones first; not judged: "
        "gene1, gene2, gene3, gene4, gene5, gene6, gene7, gene8 and 21 more"
    )
    assert [*tables.report(found)][-1] == said
    subject = Subject("t", "l", "t.csv", "m", "high", "rows", [("rows", 100)], "100 rows")
    assert f"<p>Neurona {said}.</p>" in report_page.page(net, subject, found)
    silent = replace(found, columns=[report.Importance("gene0", 0.0)])  # which tells nothing
    assert [*tables.report(silent)][-1] == said
    assert f"<p>Neurona {said}.</p>" in report_page.page(net, subject, silent)


def test_a_missing_column_is_told_with_a_few_of_those_that_are_there():
    X, y = genes(2000)
    net = neurona.NeuralNetClassifier(2, **QUICK).fit(X, y)
    with pytest.raises(ValueError, match="lacks the column") as caught:
        net.predict(X.drop(columns="gene7"))
    assert "'gene7'" in str(caught.value)
    assert "and 1987 more" in str(caught.value)
    assert len(str(caught.value)) < 300
