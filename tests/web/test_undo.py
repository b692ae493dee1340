"""Undo, the eraser, a reset that keeps what is frozen, and set-ups that are damaged."""

from types import SimpleNamespace

import numpy as np
import pytest

from neurona.engine.parameters import flatten
from neurona.web.mending import nearest
from neurona.web.run import Run, parameter_index
from neurona.web.session import Session
from neurona.web.setup import Setup
from neurona.web.undo import ONE_CHANGE, Past
from neurona.web.worker import WorkerRun
from tests.support.runs import SMALL

OWN = {"kind": "own", "points": [[-1, -1, 0], [-0.5, -1, 0], [1, 1, 1], [0.5, 1, 1], [1, -1, 2]]}


@pytest.fixture(params=[Run, WorkerRun], ids=["thread", "process"])
def session(request):
    session = Session(trainer=request.param)
    yield session
    session.close()


def begin(session, setup=SMALL, steps=0):
    session.handle({"type": "hello", "setup": setup})
    for _ in range(steps):
        session.handle({"type": "step"})
    return session.run.settle()


def kinds(session):
    (frame, _) = session.handle({"type": "frame", "resolution": 5, "neurons": 3})[0]
    return frame["undo"], frame["redo"]


CHANGES = {
    "reseed": {"type": "reseed"},
    "reset": {"type": "reset"},
    "setup": {"type": "setup", "setup": {**SMALL, "layers": [{"neurons": 5}]}},
    "weight": {"type": "weight", "layer": 0, "row": 0, "column": 0, "value": 2.0, "frozen": True},
    "point": {"type": "point", "x": 0.1, "y": 0.2, "label": 1},
    "table": {"type": "table", "text": "a,b,c\n" + "1,2,x\n3,4,y\n5,1,x\n2,2,y\n" * 5},
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_is_undone_with_all_steps_and_done_again(session, kind):
    before = begin(session, steps=6)
    setup = session.run.task.setup
    assert kinds(session) == (None, None)
    session.handle(CHANGES[kind])
    changed = session.run.settle()
    assert kinds(session) == (kind, None)
    session.handle({"type": "undo"})
    view = session.run.settle()
    assert kinds(session) == (None, kind)
    assert view.version > changed.version
    assert session.run.task.setup == setup
    assert (view.state.step, view.snapshots, view.steered) == (6, before.snapshots, False)
    np.testing.assert_array_equal(flatten(view.state.params), flatten(before.state.params))
    np.testing.assert_array_equal(view.history, before.history)
    session.handle({"type": "redo"})
    again = session.run.settle()
    assert again.state.step == changed.state.step
    np.testing.assert_array_equal(flatten(again.state.params), flatten(changed.state.params))
    np.testing.assert_array_equal(again.frozen, changed.frozen)
    assert kinds(session) == (kind, None)
    for _ in range(2):
        session.handle({"type": "redo"})  # nothing is left
    assert session.run.settle().version == again.version


def test_steps_after_an_undo_are_those_without_the_change(session):
    setup = {**SMALL, "training": {"batch_size": 4}}
    begin(session, setup, steps=8)
    expected = flatten(session.run.settle().state.params)
    for _ in range(2):
        begin(session, {"data": {"n": 20}})
        begin(session, setup, steps=4)
        for _ in range(2):  # the memory stays as it was, however often it is returned to
            session.handle({"type": "reset"})
            session.handle({"type": "undo"})
        for _ in range(4):
            session.handle({"type": "step"})
        np.testing.assert_array_equal(flatten(session.run.settle().state.params), expected)


def test_a_page_that_goes_back_goes_back_to_the_training(session):
    begin(session, steps=3)
    first = session.run.task.setup.to_json()
    for width in (5, 6):
        session.handle({"type": "setup", "setup": {**SMALL, "layers": [{"neurons": width}]}})
        session.handle({"type": "step"})
    last = session.run.task.setup.to_json()
    session.handle({"type": "setup", "setup": first, "address": True})
    assert session.run.settle().state.step == 3
    session.handle({"type": "setup", "setup": last, "address": True})
    assert session.run.task.net.topology == (2, 6, 1)
    assert session.run.settle().state.step == 1


MEMORY = SimpleNamespace(frozen=np.zeros(3), snapshots=())


def test_quick_changes_of_one_thing_are_one_change():
    now = 0.0
    past = Past(recall=lambda: MEMORY, clock=lambda: now)
    for _ in range(3):
        past.keep("weight", "task", what=1)
        now += 0.5
    past.keep("weight", "task", what=2)
    now += ONE_CHANGE
    past.keep("weight", "task", what=2)
    assert len(past._before) == 3


def test_a_change_after_an_undo_is_one_of_its_own():
    past = Past(recall=lambda: MEMORY, clock=lambda: 0.0)
    past.keep("reset", "task")
    past.keep("weight", "task", what=1)
    past.undo("task")
    past.keep("weight", "task", what=1)
    assert past.kinds == ("weight", None)


def test_a_reset_keeps_a_weight_that_was_set_and_frozen(session):
    first = flatten(begin(session).state.params)
    session.handle({**CHANGES["weight"], "value": 2.5})
    session.handle({"type": "step"})
    session.handle({"type": "reset"})
    view = session.run.settle()
    index = parameter_index(session.run.task, 0, 0, 0)
    assert (view.state.step, view.snapshots, view.steered) == (0, 1, True)
    assert flatten(view.state.params)[index] == 2.5
    assert list(np.flatnonzero(view.frozen)) == [index]
    others = np.arange(len(first)) != index
    np.testing.assert_array_equal(flatten(view.state.params)[others], first[others])
    session.handle({"type": "step"})
    assert flatten(session.run.settle().state.params)[index] == 2.5


# The eraser


def test_the_nearest_point_is_erased_and_training_goes_on(session):
    begin(session, {"data": OWN}, steps=2)
    ((told, arrays),) = session.handle({"type": "erase", "x": -0.98, "y": -1.01})
    assert arrays["points"].tolist() == [[-0.5, -1], [1, 1], [0.5, 1], [1, -1]]
    assert "restarted" not in told
    assert session.run.settle().state.step == 2
    ((error, _),) = session.handle({"type": "erase", "x": 0, "y": 0})
    assert error["code"] == "far"
    ((told, _),) = session.handle({"type": "undo"})
    assert len(told["setup"]["data"]["points"]) == 5


def test_the_last_point_of_a_class_takes_its_output_along_and_says_so(session):
    begin(session, {"data": OWN}, steps=2)
    ((told, _),) = session.handle({"type": "erase", "x": 1, "y": -1})
    assert (told["topology"][-1], told["restarted"]) == (1, True)
    assert told["why"]["es"].startswith("El entrenamiento empieza de nuevo: ya no queda ningún")
    assert told["why"]["en"].endswith("Undo brings back step 2.")
    session.handle({"type": "erase", "x": 1, "y": 1})
    ((error, _),) = session.handle({"type": "erase", "x": 0.5, "y": 1})
    assert "two classes" in error["message"]["en"]


@pytest.mark.parametrize("kind", ["circles", "blobs", "wave", "plane"])
def test_points_of_every_kind_can_be_erased(kind):
    session = Session()
    begin(session, {"data": {"kind": kind, "n": 30}}, steps=1)
    task = session.run.task
    x, y = map(float, task.points[7])
    ((told, arrays),) = session.handle({"type": "erase", "x": x, "y": y})
    assert told["setup"]["data"]["kind"] == "own"
    assert told["classes"] == task.classes
    np.testing.assert_allclose(arrays["points"], np.delete(task.points, 7, axis=0), atol=1e-6)
    np.testing.assert_allclose(arrays["labels"], np.delete(task.labels, 7), atol=1e-6)
    session.close()


@pytest.mark.parametrize(("away", "erased"), [(12.3, True), (12.5, False)])
def test_how_near_a_point_must_be_goes_with_the_width_of_the_plane(away, erased):
    session = Session()
    points = [[-100, 0, 0], [0, 50, 1], [100, -50, 0], [50, 0, 1]]  # the plane is 248 wide
    begin(session, {"data": {"kind": "own", "points": points}})
    left, right, *_ = session.run.task.limits
    assert right - left == pytest.approx(248)
    ((told, _),) = session.handle({"type": "erase", "x": -100 - away, "y": 0})
    assert ("code" not in told) == erased
    session.close()


def test_after_the_largest_seed_comes_0():
    session = Session()
    begin(session, {**SMALL, "training": {"seed": 2**31 - 1}})
    ((told, _),) = session.handle({"type": "reseed"})
    assert told["setup"]["training"]["seed"] == 0
    session.close()


def test_a_restart_is_announced_with_its_reason():
    session = Session()
    begin(session, steps=3)
    setup = session.run.task.setup.to_json()
    setup["layers"][0]["activation"] = "relu"
    ((told, _),) = session.handle({"type": "setup", "setup": setup})
    assert told["restarted"]
    assert "another activation" in told["why"]["en"]
    ((told, _),) = session.handle({"type": "reseed"})
    assert (told["restarted"], told["why"]) == (False, None)  # nothing was learned yet
    session.close()


# Damaged set-ups


@pytest.mark.parametrize(
    ("given", "part", "value", "said"),
    [
        ({"data": {"noise": 7}}, ("data", "noise"), 0.5, "data.noise is 7"),
        ({"data": {"n": 99.5}}, ("data", "n"), 100, "data.n is 99.5"),
        ({"data": {"n": "many"}}, ("data", "n"), 300, "data.n is 'many'"),
        ({"inputs": ["x1", "x3"]}, ("inputs",), ("x1",), "inputs[1] is 'x3'"),
        ({"training": {"learning_rate": 0}}, ("training", "learning_rate"), 0.01, "not 0"),
        ({"colour": 1}, ("data", "kind"), "circles", "no part 'colour'"),
        ({"weights": [1, 2]}, ("weights",), None, "These are 2 weights"),
        ("garbage", ("data", "kind"), "circles", "give an object"),
        ({"version": 2}, ("version",), 1, "version 2"),
    ],
)
def test_a_damaged_set_up_is_mended_part_by_part(given, part, value, said):
    whole = {**given, "layers": [{"neurons": 7}]} if isinstance(given, dict) else given
    task, ((told, _),) = nearest(whole)
    found = task.setup
    for name in part:
        found = getattr(found, name)
    assert found == value
    assert said in told["message"]["en"]
    assert told["code"] == "mended"
    assert [layer.neurons for layer in task.setup.layers] == (
        [7] if isinstance(given, dict) else [4, 4]
    )


def test_a_link_that_is_damaged_is_told_and_a_control_that_is_wrong_refused():
    session = Session()
    answers = session.handle({"type": "hello", "setup": {"data": {"noise": 7}}})
    assert [one["type"] for one, _ in answers] == ["welcome", "error", "run"]
    damaged = {"type": "setup", "setup": {"data": {"kind": "xor", "noise": 9}}}
    assert [one["type"] for one, _ in session.handle(damaged)] == ["error"]
    assert session.run.task.setup.data.kind == "circles"
    answers = session.handle({**damaged, "address": True})
    assert [one.get("code") for one, _ in answers] == ["mended", None]
    assert session.run.task.setup.data.kind == "xor"
    session.close()


def test_lists_within_lists_are_answered():
    deep = []
    for _ in range(900):
        deep = [deep]
    session = Session()
    for setup in (deep, {"data": deep}):
        answers = session.handle({"type": "hello", "setup": setup})
        assert "error" in [one["type"] for one, _ in answers]
    session.close()
    assert nearest({})[0].setup == Setup()
