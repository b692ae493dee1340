"""The program that is handed out: it is run, and has to find what the playground shows."""

import time

import numpy as np
import pytest

from neurona.engine.parameters import flatten
from neurona.observe.scores import accuracy
from neurona.web.code import WRITTEN, program
from neurona.web.run import Run, parameter_index
from neurona.web.setup import INPUTS, KINDS, Setup
from neurona.web.task import make_task

SMALL = {"data": {"n": 40}, "layers": [{"neurons": 3}]}
OWN = [[0, 0, 0], [1, 1, 1], [0.25, -1.5, 2], [1, 0, 0], [-1, 0.1, 2], [0.3, 0.3, 1], [1e-5, 2, 0]]


def run_of(**parts):
    return Run(make_task(Setup.from_json({**SMALL, **parts})))


def after(run, steps):
    for _ in range(steps):
        run.step()
    return run.settle()


def executed(text, folder, monkeypatch):
    """Run a program as a file is run, and return its names."""
    import matplotlib.pyplot as plt

    monkeypatch.chdir(folder)
    names = {"__name__": "__main__"}
    exec(compile(text, "playground.py", "exec"), names)
    plt.close("all")
    assert (folder / "neurona.png").stat().st_size > 5000
    return names


def the_same(view, names):
    """Compare what a program found with what a view shows."""
    np.testing.assert_allclose(
        flatten(names["params"]), flatten(view.state.params), rtol=1e-4, atol=1e-6
    )
    task = view.task
    with np.errstate(all="ignore"):
        cost = float(task.objective.value(view.state.params, *task.train))
    assert names["state"].cost == pytest.approx(cost, rel=1e-4)
    if task.classes:
        answers = task.net.predict(view.state.params, task.features(task.points))
        assert accuracy(names["answers"], names["y"]) == accuracy(answers, task.labels)
        assert names["answers"].shape == answers.shape


SETUPS = [
    {
        "data": {"kind": "memory", "n": 40, "seed": 2},
        "layers": [{"neurons": 3, "kind": "rnn"}, {"neurons": 2, "kind": "lstm"}, {"neurons": 2}],
        "training": {"batch_size": 7, "initializer": "glorot_uniform"},
        "inputs": ["x1"],
    },
    *({"data": {"kind": kind, "n": 40, "points": OWN, "noise": 0.1}} for kind in KINDS),
    {
        "data": {"kind": "digits", "n": 40, "seed": 2},
        "layers": [{"neurons": 3, "kind": "conv+pool"}, {"neurons": 2, "kind": "conv"}],
        "training": {"batch_size": 7, "initializer": "uniform"},
    },
    {"data": {"kind": "spirals", "n": 50, "arms": 4, "test_share": 0.5, "seed": 7}},
    {"data": {"kind": "blobs", "n": 40, "classes": 5, "test_share": 0}},
    {"data": {"kind": "own", "points": OWN, "test_share": 0}, "inputs": ["x2", "x1*x2"]},
    {"data": {"kind": "moons"}, "output": {"activation": "softmax"}},
    {
        "data": {
            "kind": "own",
            "points": [[x1, x2, x1 * x2 / 9] for x1, x2, _ in OWN],
            "regression": True,
            "columns": ["kilos\nimport os", "height", "age"],
        }
    },
    {"inputs": list(INPUTS)},
    {"inputs": ["x1^2"]},
    {"layers": []},
    {"layers": [{"neurons": 4, "activation": "relu"}, {"neurons": 3, "activation": "sigmoid"}]},
    {"layers": [{"neurons": 5, "activation": "sigmoid"}] * 2},
    {"layers": [{"neurons": 16, "activation": "gelu"}] * 6},
    {"layers": [{"neurons": 3, "learning_rate": 0.5}, {"neurons": 2}]},
    {"output": {"activation": "tanh", "learning_rate": 0.001}},
    *(
        {"training": {"optimizer": name, "learning_rate": rate}}
        for name, rate in (("sgd", 0.1), ("momentum", 0.2), ("rmsprop", 0.001), ("adamw", 1e-05))
    ),
    {"training": {"optimizer": "nadam", "cost": "mse", "l1": 0.001, "l2": 0.02}},
    {"training": {"cost": "huber", "initializer": "uniform", "seed": 5}},
    {"training": {"cost": "cross_entropy", "initializer": "he_normal"}},
    {"training": {"batch_size": 7}},
    {"training": {"optimizer": "lesson", "learning_rate": 0.05, "cost": "mse"}},
    {"training": {"optimizer": "lesson", "batch_size": 7}, "frozen": [1, 4]},
    {"training": {"batch_size": 2000}},
    {"weights": [0.5, -0.25, 1.2345, 0.1, 0.2, -3, 0, 0.1, 0.3, 1, -1, 2, 0.125]},
    {
        "weights": [round(0.01 * k - 0.3, 3) for k in range(2 * 16 + 16 + 16 + 1)],
        "layers": [{"neurons": 16}],
        "training": {"batch_size": 9},
    },
    {"training": {"batch_size": 1, "l2": 0.01, "optimizer": "sgd", "seed": 3}},
]


@pytest.mark.parametrize("parts", SETUPS, ids=repr)
def test_the_program_finds_the_weights_and_the_cost_of_the_run(parts, tmp_path, monkeypatch):
    run = run_of(**parts)
    view = after(run, 12)
    run.close()
    names = executed(program(view, "es"), tmp_path, monkeypatch)
    the_same(view, names)


@pytest.mark.parametrize("parts", [{}, {"training": {"batch_size": 5}}], ids=repr)
def test_what_was_played_at_any_pace_can_be_retraced(parts, tmp_path, monkeypatch):
    """Chunks grow and shrink by the clock: they must not decide which batches are drawn."""
    run = run_of(**parts)
    run.play()
    while run.view.state.step < 60:
        time.sleep(0.002)
    run.pause()
    run.pace(500)
    run.play()
    while run.view.state.step < 150:
        time.sleep(0.002)
    run.pause()
    run.settle()
    run.step()
    view = run.settle()
    run.close()
    assert not view.steered
    text = program(view)
    assert f"steps={view.state.step}" in text
    the_same(view, executed(text, tmp_path, monkeypatch))


def test_a_moment_gone_back_to_is_what_the_program_finds(tmp_path, monkeypatch):
    run = run_of()
    after(run, 9)
    run.seek(4)
    view = run.settle()
    run.close()
    assert (view.state.step, view.steered) == (4, False)
    the_same(view, executed(program(view), tmp_path, monkeypatch))


@pytest.mark.parametrize("layers", [1, 3])
def test_before_the_first_step_the_weights_are_drawn(layers, tmp_path, monkeypatch):
    run = run_of(layers=[{"neurons": 3}] * layers, training={"seed": 9})
    view = run.view
    run.close()
    assert "params = net.init(rng=9)" in program(view)
    the_same(view, executed(program(view), tmp_path, monkeypatch))


def changed_rate(run):
    after(run, 3)
    run.retrain(make_task(Setup.from_json({**SMALL, "training": {"learning_rate": 0.7}})))


def set_weight(run):
    run.set_parameter(parameter_index(run.task, 0, 1, 2), 2.5, None)


def frozen(run):
    run.set_parameter(3, None, True)


def branched(run):
    after(run, 5)
    run.seek(2)
    run.branch()


def more_points(run):
    after(run, 2)
    points = [[0, 0, 0], [1, 1, 1], [-1, 0.5, 1], [0.2, 0.3, 0]]
    run.retrain(make_task(Setup.from_json({**SMALL, "data": {"kind": "own", "points": points}})))


@pytest.mark.parametrize("steer", [changed_rate, set_weight, frozen, branched, more_points])
@pytest.mark.parametrize("neurons", [3, 16])
def test_a_steered_training_is_not_retraced_and_its_weights_are_held(
    steer, neurons, tmp_path, monkeypatch
):
    monkeypatch.setitem(SMALL, "layers", [{"neurons": neurons}])
    run = run_of()
    steer(run)
    view = after(run, 4)
    assert view.steered
    text = program(view)
    assert "no program can" in " ".join(text.replace("#", "").split())
    assert "for state in" not in text
    assert ("base64" in text) == (neurons == 16)
    the_same(view, executed(text, tmp_path, monkeypatch))
    run.reset()
    after_reset = run.settle()
    run.close()
    assert after_reset.steered == (steer is frozen)  # a reset keeps what is frozen


def test_what_changes_before_the_first_step_can_be_retraced(tmp_path, monkeypatch):
    run = run_of()
    before = run.view.state.cost
    points = [[0, 0, 0], [1, 1, 1], [-1, 0.5, 1], [0.2, 0.3, 0]]
    run.retrain(
        make_task(
            Setup.from_json(
                {
                    **SMALL,
                    "data": {"kind": "own", "points": points},
                    "training": {"learning_rate": 0.3},
                }
            )
        )
    )
    assert run.settle().state.cost != before  # it is that of the points which are shown now
    view = after(run, 6)
    run.close()
    assert not view.steered
    the_same(view, executed(program(view), tmp_path, monkeypatch))


@pytest.mark.parametrize("frozen", [[4], list(range(0, 40, 2))])
@pytest.mark.parametrize("training", [{}, {"optimizer": "sgd", "batch_size": 7, "l2": 0.01}])
def test_what_is_frozen_from_the_beginning_is_retraced(frozen, training, tmp_path, monkeypatch):
    run = run_of(layers=[{"neurons": 10}], training=training, frozen=frozen)
    assert "Frozen, so that" in program(run.view)
    view = after(run, 6)
    run.close()
    text = program(view)
    assert not view.steered
    assert "for state in" in text
    assert max(map(len, text.splitlines())) <= 110
    names = executed(text, tmp_path, monkeypatch)
    the_same(view, names)
    drawn = flatten(names["net"].init(rng=0))
    assert list(np.flatnonzero(flatten(names["params"]) == drawn)) == frozen


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_steered_program_says_what_was_frozen(language):
    run = run_of()
    frozen(run)
    run.set_parameter(7, None, True)
    text = " ".join(program(after(run, 2), language).replace("#", "").split())
    assert {"en": "the parameters 3, 7,", "es": "los parámetros 3, 7,"}[language] in text
    run.close()


def test_a_diverged_training_is_retraced_up_to_where_it_stands(tmp_path, monkeypatch):
    run = run_of(
        data={"kind": "wave", "n": 40}, training={"optimizer": "sgd", "learning_rate": 900.0}
    )
    run.play()
    while not run.view.diverged:
        time.sleep(0.002)
    view = run.settle()
    run.close()
    names = executed(program(view), tmp_path, monkeypatch)
    np.testing.assert_allclose(flatten(names["params"]), flatten(view.state.params), rtol=1e-3)


def test_only_what_differs_is_written():
    run = run_of(data={"n": 500, "noise": 0.05, "test_share": 0}, training={"learning_rate": 0.01})
    text = program(after(run, 1))
    run.close()
    assert "circles(rng=0)" in text
    assert 'neurona.network([2, 3, 1], "tanh", output="sigmoid")' in text
    for name in ("cost=", "l1", "l2", "batch", "initializer", "optimizer", "every", "test"):
        assert name not in text.partition("import")[2]


def test_the_program_is_said_in_both_languages_and_its_lines_are_short():
    run = run_of(data={"kind": "own", "points": OWN * 9}, inputs=list(INPUTS))
    view = after(run, 1)
    run.close()
    english, spanish = program(view, "en"), program(view, "es")
    assert "# The training, up to" in english
    assert "# El entrenamiento, hasta" in spanish
    lines = [line for line in english.splitlines() if not line.startswith("#")]
    assert len(lines) == len([x for x in spanish.splitlines() if not x.startswith("#")])
    assert max(map(len, english.splitlines())) <= 110
    assert set(WRITTEN) == set(INPUTS)
