"""A program with a mistake on purpose trains in the engine's place, and its line is found."""

import json
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

import neurona
from neurona.engine.divergence import TrainingDiverged
from neurona.engine.parameters import flatten
from neurona.lesson.bugs import BUGS
from neurona.web import downloads
from neurona.web.bugs import ProgramStopped, rows_of, states_of
from neurona.web.code import program
from neurona.web.encoding import encoded
from neurona.web.errors import PlaygroundError
from neurona.web.session import Session
from neurona.web.setup import OFFERED, Setup
from neurona.web.steering import optimizer_of
from neurona.web.task import make_task, program_of
from neurona.web.worker import WorkerRun
from tests.support.runs import SMALL, setup_of

# A set-up in which each bug changes something.
SHOWN = {
    "lost-two": {"training": {"cost": "mse", "optimizer": "sgd"}},
    "softmax-jacobian": {"output": {"activation": "softmax"}},
    "no-shuffling": {"training": {"batch_size": 4, "optimizer": "sgd"}},
}


def shown(name, **parts):
    return setup_of(bug=name, **SHOWN.get(name, {}), **parts)


def without_its_bug(task):
    """A task whose program is the correct one."""
    return replace(task, program=program_of(task.net, task.cost))


def states(task, count, frozen=None, start=None, seed=0, every=1):
    still = task.frozen if frozen is None else frozen
    training = states_of(
        task, start or task.draw(), still, lambda: every, np.random.default_rng(seed)
    )
    return [next(training) for _ in range(count + 1)]


def session_of(**parts):
    session = Session()
    first = session.handle({"type": "hello", "setup": {**SMALL, **parts}})
    assert [content["type"] for content, _ in first] == ["welcome", "run"]
    return session


def asked(session, **message):
    ((content, arrays),) = session.handle(message)
    encoded(content, arrays)
    json.dumps(content, allow_nan=False)
    return content


# ---- The set-up


def test_a_bug_is_in_a_set_up_and_in_its_json():
    setup = Setup.from_json({"bug": "lost-two"})
    assert Setup.from_json(setup.to_json()) == setup
    assert Setup.from_json({}).bug is None
    with pytest.raises(PlaygroundError, match="give one of sum-for-mean, lost-two"):
        Setup.from_json({"bug": "lost-three"})


@pytest.mark.parametrize("name", [one for one in OFFERED if one != "softmax"])
def test_a_program_is_refused_only_where_a_slope_is_not_a_function_of_a(name):
    setup = setup_of(bug="lost-two", layers=[{"neurons": 2, "activation": name}])
    if name not in ("gelu", "mish", "silu"):
        assert make_task(setup).program
        return
    with pytest.raises(PlaygroundError) as info:
        make_task(setup)
    assert info.value.field == "bug"
    assert name in info.value.message["es"]


# ---- The training


@pytest.mark.parametrize("optimizer", sorted(neurona.engine.optimizers.OPTIMIZERS))
@pytest.mark.parametrize("kind", ["circles", "blobs", "plane"])
def test_the_correct_program_trains_as_the_engine_does(optimizer, kind):
    setup = Setup.from_json(
        {
            "data": {"n": 60, "kind": kind},
            "bug": "lost-two",
            "layers": [{"neurons": 3}, {"neurons": 4, "activation": "elu", "learning_rate": 0.02}],
            "training": {"optimizer": optimizer, "l1": 1e-3, "l2": 1e-2},
            "frozen": [0, 5, 11],
        }
    )
    task = without_its_bug(make_task(setup))
    ours = states(task, 20)
    engine = neurona.train(
        task.net, task.train.x, task.train.target, cost=task.cost, every=1, steps=20,
        optimizer=optimizer_of(setup, task.frozen), l1=1e-3, l2=1e-2, start=task.draw(),
    )  # fmt: skip
    for one, other in zip(ours, engine, strict=True):
        assert (one.step, one.epoch) == (other.step, other.epoch)
        assert one.cost == pytest.approx(other.cost, rel=1e-4)
        np.testing.assert_allclose(flatten(one.params), flatten(other.params), rtol=0, atol=2e-4)
        assert flatten(one.params).dtype == np.float32


def test_mini_batches_are_passes_over_the_rows_and_the_cost_is_their_mean():
    task = without_its_bug(
        make_task(setup_of(bug="lost-two", training={"batch_size": 5, "optimizer": "sgd"}))
    )
    assert len(task.train.x) == 28
    last = states(task, 12)[-1]
    assert (last.step, last.epoch) == (12, 2)
    one_by_one, at_once = states(task, 6), states(task, 1, every=6)
    np.testing.assert_array_equal(flatten(one_by_one[-1].params), flatten(at_once[-1].params))
    assert at_once[-1].cost == pytest.approx(np.mean([one.cost for one in one_by_one[1:]]))


def test_a_training_goes_on_from_a_state_with_its_optimizers_memory():
    task = make_task(setup_of(bug="z-for-a", training={"optimizer": "adam", "learning_rate": 0.05}))
    whole = states(task, 10)
    rest = states(task, 5, start=whole[5])
    assert rest[-1].step == 10
    np.testing.assert_allclose(flatten(rest[-1].params), flatten(whole[-1].params), atol=1e-5)


@pytest.mark.parametrize("name", [name for name in BUGS if name != "transpose"])
def test_each_bug_changes_the_training(name):
    task = make_task(shown(name))
    right = without_its_bug(task)
    count = 12
    first = task.begin() if name == "zero-start" else task.draw()
    wrong = states(task, count, start=first)[-1]
    assert np.isfinite(flatten(wrong.params)).all()
    assert (flatten(wrong.params) != flatten(states(right, count)[-1].params)).any()


def test_a_rate_that_is_too_large_for_a_sum_diverges_with_one_that_holds():
    setup = setup_of(
        bug="sum-for-mean", training={"optimizer": "sgd", "cost": "mse", "learning_rate": 50},
        output={"activation": "linear"}, layers=[{"neurons": 4, "activation": "relu"}],
    )  # fmt: skip
    task = make_task(setup)
    training = states_of(task, task.draw(), task.frozen, lambda: 7, np.random.default_rng(0))
    with pytest.raises(TrainingDiverged) as info:
        list(islice(training, 100))
    assert np.isfinite(info.value.state.cost)
    assert 0 < info.value.suggested_rate < 50
    assert info.value.layer in (1, 2)


def test_a_program_that_stops_tells_its_line_and_the_last_state():
    task = make_task(shown("transpose"))
    training = states_of(task, task.draw(), task.frozen, lambda: 3, np.random.default_rng(0))
    first = next(training)
    with pytest.raises(ProgramStopped, match="matmul") as info:
        next(training)
    assert info.value.line == BUGS["transpose"].line(without_its_bug(task).program)
    assert info.value.state.cost == first.cost
    np.testing.assert_array_equal(flatten(info.value.state.params), flatten(first.params))


def test_rows_come_by_class_with_those_that_are_held_out_in_their_places():
    task = make_task(setup_of(bug="no-shuffling"))
    x, target, held_out = rows_of(task)
    assert (np.diff(target[:, 0]) >= 0).all()
    assert held_out.sum() == task.held_out.sum() == len(task.test.x)
    together = {tuple(row) for row in x[held_out]}
    assert together == {tuple(row) for row in task.test.x.astype(float)}


# ---- A run and its session


def test_a_run_trains_with_the_bug_and_has_its_history():
    session = session_of(bug="zero-start", training={"optimizer": "sgd", "learning_rate": 0.5})
    assert not flatten(session.run.view.state.params).any()
    for _ in range(5):
        session.handle({"type": "step"})
    view = session.run.settle()
    assert (view.state.step, view.snapshots) == (5, 6)
    for W, _ in view.state.params[:-1]:
        assert (W[:, :1] == W).all()  # the neurons stay alike
    session.handle({"type": "seek", "index": 2})
    session.handle({"type": "branch"})
    session.handle({"type": "step"})
    assert session.run.settle().state.step == 3
    assert asked(session, type="frame", resolution=10)["step"] == 3
    session.close()


def test_without_a_bug_the_engine_trains_again():
    session = session_of(bug="lost-two")
    ((run, _),) = session.handle({"type": "setup", "setup": {**SMALL, "bug": None}})
    assert run["setup"]["bug"] is None
    session.handle({"type": "step"})
    task, view = session.run.task, session.run.settle()
    assert task.program is None
    *_, state = neurona.train(
        task.net, task.train.x, task.train.target, optimizer=neurona.sgd(0.01),
        steps=1, start=task.net.init(rng=0),
    )  # fmt: skip
    np.testing.assert_array_equal(flatten(view.state.params), flatten(state.params))
    session.close()


@pytest.mark.parametrize("trainer", [None, WorkerRun], ids=["thread", "process"])
def test_a_page_is_told_the_line_at_which_a_program_stopped(trainer):
    session = Session(trainer=trainer) if trainer else Session()
    session.handle({"type": "hello", "setup": {**SMALL, "bug": "transpose"}})
    session.handle({"type": "play"})
    session.handle({"type": "step"})
    session.run.settle()
    frame = asked(session, type="frame", resolution=10)
    assert frame["diverged"]["line"] == asked(session, type="find_bug")["found"]["line"]
    assert "matmul" in frame["diverged"]["message"]
    assert not frame["playing"]
    assert frame["step"] == 0
    session.close()


@pytest.mark.parametrize("name", BUGS)
def test_a_session_finds_each_bug_with_its_line(name):
    session = session_of(**{**SHOWN.get(name, {}), "bug": name})
    lab = asked(session, type="bugs")
    content = asked(session, type="find_bug")
    found = content["found"]
    assert found["kind"] == name
    assert content["silent"] is None
    for language in ("en", "es"):
        assert found["said"][language]
        assert lab["program"][language][found["line"] - 1].strip() != found["right"]
    assert [one["name"] for one in lab["bugs"]] == list(BUGS)
    assert next(one for one in lab["bugs"] if one["name"] == name)["silent"] is None
    session.close()


def test_nothing_is_found_where_there_is_no_bug_or_it_changes_nothing():
    session = session_of()
    assert asked(session, type="find_bug")["found"] is None
    session.handle({"type": "setup", "setup": {**SMALL, "bug": "lost-two"}})
    content = asked(session, type="find_bug")
    assert content["found"] is None
    assert content["silent"] == {
        "en": "this cost has no square", "es": "este coste no tiene cuadrado",
    }  # fmt: skip
    session.close()


def test_the_lab_says_where_there_is_no_program():
    session = session_of(layers=[{"neurons": 2, "activation": "gelu"}])
    lab = asked(session, type="bugs")
    assert lab["program"] is None
    assert "gelu" in lab["refusal"]["en"]
    assert asked(session, type="find_bug")["type"] == "error"
    session.close()


def test_the_microscope_says_that_the_training_takes_other_steps():
    session = session_of(bug="lost-two")
    step = {"type": "microscope", "point": None, "layer": 0, "unit": 0}
    assert asked(session, **step)["bug"] is True
    session.handle({"type": "setup", "setup": SMALL})
    assert asked(session, **step)["bug"] is False
    session.close()


@pytest.mark.parametrize("language", ["en", "es"])
def test_code_to_take_home_holds_the_weights(language):
    session = session_of(bug="z-for-a")
    session.handle({"type": "step"})
    view = session.run.settle()
    text = program(view, language)
    assert {"en": "a bug on purpose", "es": "un error a propósito"}[language] in " ".join(
        text.replace("#", " ").split()
    )
    assert "neurona.train(net, X[train], y[train], start=params)" in text
    assert downloads.prepare(session.run, "model", language)().data
    session.close()
