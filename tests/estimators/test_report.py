"""How right an estimator is: intervals, the rows for the test, the columns that tell most."""

import numpy as np

import neurona
from neurona.estimators import report
from neurona.tables.csv import parse_csv


def test_intervals():
    assert report.wilson(0, 10).low == 0
    np.testing.assert_allclose(report.wilson(81, 263), (0.30798, 0.25529, 0.36621), atol=1e-5)
    y = np.arange(30.0)
    assert report.bootstrapped_r2(y, y) == (1, 1, 1)
    assert np.isnan(report.bootstrapped_r2(y * 0, y).value)


def test_a_split_keeps_shares_and_leaves_a_row_of_each_class():
    kinds = np.repeat(["a", "b", "c", "d"], [40, 20, 2, 1])
    learn, held = report.split(kinds, 63, 0.2, np.random.default_rng(0))
    assert sorted([*learn, *held]) == list(range(63))
    assert len(held) == 13
    assert set(kinds[learn]) == {"a", "b", "c", "d"}
    counts = dict(zip(*np.unique(kinds[held], return_counts=True), strict=True))
    assert abs(counts["a"] - 8) <= 1
    assert abs(counts["b"] - 4) <= 1
    assert len(report.split(None, 10, 0.0, np.random.default_rng(0))[1]) == 0


def test_importances_find_the_informative_column():
    rng = np.random.default_rng(0)
    text = "noise,signal,constant,y\n" + "".join(
        f"{rng.normal()},{k % 7},3,{k % 7 * 2.5}\n" for k in range(80)
    )
    raw = parse_csv(text)
    table, y = raw.select(["noise", "signal", "constant"]), raw.target("y", "numbers").y
    net = neurona.NeuralNetRegressor(8, epochs=60, random_state=0).fit(table, y)
    first, *others = report.importances(net, table, y)
    assert first.column == "signal"
    falls = {one.column: one.fall for one in others}
    assert first.fall > 0.5 > falls["noise"]
    assert falls["constant"] == 0  # it is left out
