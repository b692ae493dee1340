"""A run that is steered, its history, its pictures, and a session about it."""

import pickle
import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import neurona
from neurona.engine.parameters import flatten
from neurona.observe.numbers import grid
from neurona.web import downloads
from neurona.web import worker as worker_module
from neurona.web.errors import PlaygroundError
from neurona.web.frames import FrameRenderer
from neurona.web.history import History, Snapshot
from neurona.web.run import Run, parameter_index
from neurona.web.session import Session
from neurona.web.task import make_task
from neurona.web.worker import WorkerRun
from tests.support.runs import SMALL, setup_of


def until(condition, seconds=10.0):
    """Wait for what the training's thread is about to do."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


# The numbers are the engine's


def test_a_run_takes_the_steps_that_train_takes(run):
    for _ in range(3):
        run.step()
    view, task = run.settle(), run.task
    *_, state = neurona.train(
        task.net, task.train.x, task.train.target, optimizer=neurona.sgd(0.01),
        steps=3, every=1, start=task.net.init(rng=0),
    )  # fmt: skip
    assert view.state.step == 3
    np.testing.assert_array_equal(flatten(view.state.params), flatten(state.params))
    assert view.state.cost == state.cost


def test_reset_leads_back_to_the_same_weights_and_reseed_to_others():
    session = Session()
    session.handle({"type": "hello", "setup": SMALL})
    first = flatten(session.run.view.state.params)
    session.handle({"type": "step"})
    assert (flatten(session.run.settle().state.params) != first).any()
    session.handle({"type": "reset"})
    view = session.run.settle()
    assert (view.state.step, view.snapshots) == (0, 1)
    np.testing.assert_array_equal(flatten(view.state.params), first)
    ((content, _),) = session.handle({"type": "reseed"})
    assert content["setup"]["training"]["seed"] == 1
    assert (flatten(session.run.view.state.params) != first).any()
    session.close()


def test_playing_goes_on_and_pausing_stands_still(run):
    run.play()
    until(lambda: run.view.state.step > 50)
    assert run.view.playing
    run.pause()
    view = run.settle()
    time.sleep(0.05)
    assert run.view is view
    assert not view.playing


def test_a_pace_is_kept_and_steps_that_nobody_sees_are_taken_together(run):
    run.pace(100)
    run.play()
    time.sleep(0.8)
    run.pause()
    view = run.settle()
    assert 20 < view.state.step < 120
    assert view.state.step > 2 * (view.snapshots - 1)  # some five, fewer on a busy machine


def test_steps_that_are_looked_at_come_one_by_one(run):
    run.pace(20)
    run.play()
    steps = [run.settle().state.step]
    end = time.monotonic() + 0.8
    while time.monotonic() < end:
        run.look()
        time.sleep(0.01)
        steps.append(run.view.state.step)
    assert np.median(np.diff(np.unique(steps))) == 1


# Steering


def test_another_rate_needs_no_reset():
    session = Session()
    session.handle({"type": "hello", "setup": SMALL})
    session.handle({"type": "step"})
    moved = session.run.settle().state
    training = {"optimizer": "sgd", "learning_rate": 3.0}
    layers = [{"neurons": 3, "learning_rate": 0.5}]
    assert (
        session.handle(
            {"type": "setup", "setup": {**SMALL, "training": training, "layers": layers}}
        )
        == []
    )
    session.handle({"type": "step"})
    after = session.run.settle().state
    assert after.step == 2
    task = session.run.task
    gradient = neurona.observe.gradients(
        task.net, moved.params, task.train.x, task.train.target, task.cost
    )
    for before, now, own, rate in zip(
        moved.params, after.params, gradient, (0.5, 3.0), strict=True
    ):
        np.testing.assert_allclose(now.W, before.W - rate * own.dW, rtol=1e-4, atol=1e-6)
    session.close()


@pytest.mark.parametrize("change", [{"optimizer": "adam"}, {"l2": 0.1}, {"batch_size": 8}])
def test_an_invalid_rate_begins_a_new_run(change):
    session = Session()
    session.handle({"type": "hello", "setup": SMALL})
    ((content, _),) = session.handle(
        {"type": "setup", "setup": {**SMALL, "training": {"optimizer": "sgd", **change}}}
    )
    assert (content["type"], content["run"]) == ("run", 2)
    session.close()


def test_a_weight_is_set_and_frozen(run):
    index = parameter_index(run.task, layer=0, row=1, column=2)
    run.set_parameter(index, 2.5, frozen=True)
    view = run.settle()
    assert view.state.params[0].W[1, 2] == 2.5
    assert view.frozen.nonzero()[0].tolist() == [index]
    assert view.state.cost != pytest.approx(run._history.snapshots[0].state.cost)
    for _ in range(3):
        run.step()
    view = run.settle()
    assert view.state.params[0].W[1, 2] == 2.5
    assert (view.state.params[0].b != 0).all()  # the others moved
    run.set_parameter(index, None, frozen=False)
    run.step()
    assert run.settle().state.params[0].W[1, 2] != 2.5


def test_a_bias_is_row_minus_one(run):
    run.set_parameter(parameter_index(run.task, layer=1, row=-1, column=0), 0.75, None)
    assert run.settle().state.params[1].b[0] == 0.75
    with pytest.raises(PlaygroundError):
        parameter_index(run.task, layer=2, row=0, column=0)
    with pytest.raises(PlaygroundError):
        parameter_index(run.task, layer=0, row=2, column=0)


def test_a_custom_point_joins_while_it_trains():
    session = Session()
    session.handle({"type": "hello", "setup": SMALL})
    session.handle({"type": "step"})
    ((content, arrays),) = session.handle({"type": "point", "x": 0.5, "y": -2, "label": 1})
    assert content["run"] == 1
    assert content["setup"]["data"]["kind"] == "own"
    assert len(arrays["points"]) == 41
    np.testing.assert_allclose(arrays["points"][-1], [0.5, -2])
    session.handle({"type": "step"})
    assert session.run.settle().state.step == 2
    ((content, _),) = session.handle({"type": "point", "x": 0, "y": 0, "label": 2})  # a third class
    assert content["topology"][-1] == 3
    session.close()


def test_a_training_that_diverges_stands_still_and_says_where():
    wave = setup_of(
        data={"kind": "wave", "n": 40}, training={"optimizer": "sgd", "learning_rate": 900.0}
    )
    run = Run(make_task(wave))
    run.play()
    until(lambda: run.view.diverged)
    view = run.settle()
    assert not view.playing
    assert np.isfinite(view.state.cost)
    assert view.diverged["suggested_rate"] < view.diverged["rate"] == 900
    run.close()


# Time


def test_back_in_time_and_on_from_there(run):
    for _ in range(6):
        run.step()
    run.seek(2)
    view = run.settle()
    assert (view.state.step, view.at, view.snapshots) == (2, 2, 7)
    run.step()
    view = run.settle()
    assert (view.state.step, view.branch, view.at) == (3, 1, None)
    same = run._history.snapshots[3].state
    np.testing.assert_array_equal(flatten(view.state.params), flatten(same.params))
    rows = view.history
    assert rows[:, 0].tolist() == [0, 1, 2, 3, 4, 5, 6, 2, 3]
    assert rows[:, 3].tolist() == [0] * 7 + [1] * 2


def test_a_history_is_thinned_and_never_cut():
    history = History(most=100)
    for step in range(100_000):
        history.keep(Snapshot(SimpleNamespace(step=step, cost=1.0), None, branch=0))
    steps = [snapshot.state.step for snapshot in history.snapshots]
    assert 40 < len(steps) <= 101
    assert steps[0] == 0
    assert steps[-1] > 97_000
    assert len(set(np.diff(steps))) == 1


def test_the_end_of_a_branch_that_is_left_is_kept_whatever_the_stride():
    history = History(most=4)
    snapshot = snapshots_of(0, range(12))
    for one in snapshot:
        history.keep(one)
    assert history.snapshots[-1].state.step == 8  # 11 was passed over
    first = history.branch(1, end=snapshot[-1])
    assert (first.state.step, first.branch) == (4, 1)
    assert [(m.state.step, m.branch) for m in history.snapshots] == [
        (0, 0), (4, 0), (8, 0), (11, 0), (4, 1),
    ]  # fmt: skip
    np.testing.assert_array_equal(history.rows[:, 0], [0, 4, 8, 11, 4])


def snapshots_of(branch, steps):
    return [
        Snapshot(SimpleNamespace(step=step, cost=1 / (1 + step + branch)), None, branch)
        for step in steps
    ]


@given(
    commands=st.lists(
        st.one_of(
            st.integers(1, 40).map(lambda n: ("steps", n)),
            st.floats(0, 1, exclude_max=True).map(lambda share: ("branch", share)),
        ),
        max_size=60,
    )
)
def test_all_branches_together_are_bounded_and_none_loses_its_ends(commands):
    history = History(most=6, total=20)
    now = snapshots_of(0, [0])[0]
    history.keep(now)
    ends, parents = {0: [now.state, now.state]}, {}
    for what, how in commands:
        if what == "steps":
            for step in range(now.state.step + 1, now.state.step + 1 + how):
                now = snapshots_of(now.branch, [step])[0]
                history.keep(now)
            ends[now.branch][1] = now.state
        else:
            at = int(how * len(history.snapshots))
            root = history.snapshots[at]
            now = history.branch(at, end=now)
            assert now.state is root.state
            parents[now.branch] = root
            ends[now.branch] = [now.state, now.state]
        kept = {}
        for snapshot in history.snapshots:
            kept.setdefault(snapshot.branch, []).append(snapshot.state)
        assert len(history.snapshots) <= 20
        assert history.rows.tolist() == [
            [m.state.step, np.float32(m.state.cost), pytest.approx(np.nan, nan_ok=True), m.branch]
            for m in history.snapshots
        ]
        assert list(kept) == sorted(kept)  # the one that goes on is the last
        assert {0, now.branch} <= set(kept)
        if len(ends) <= 10:
            assert set(kept) == set(ends)
        for branch, states in kept.items():
            assert states[0] is ends[branch][0]
            if branch != now.branch:  # it may stand between two that are kept
                assert states[-1] is ends[branch][1]
    way = history.way(now)
    steps = [state.step for state in way]
    assert steps[-1] == now.state.step
    assert steps == sorted(set(steps))
    on_the_way, branch, end = set(), now.branch, now.state.step
    while True:  # what a state may be is told by the branches that were really left
        on_the_way |= {
            id(m.state) for m in history.snapshots if m.branch == branch and m.state.step <= end
        }
        if branch not in parents:
            break
        end, branch = min(end, parents[branch].state.step), parents[branch].branch
    assert {id(state) for state in way[:-1]} <= on_the_way


def test_hundreds_of_branches_can_be_gone_back_to_drawn_and_filmed(monkeypatch):
    monkeypatch.setattr("neurona.web.run.History", lambda: History(most=50, total=900))
    run = Run(make_task(setup_of(data={"n": 20}, layers=[{"neurons": 2}])))
    for k in range(400):
        run.step(1 + k % 3)
        run.step()
        run.seek(k)  # somewhere on the way, or on a branch that was left
        run.branch()
    run.step(3)
    view = run.settle(60)
    assert view.branch == 400
    assert view.snapshots == len(view.history) <= 900
    assert set(view.history[:, 3]) == set(range(401))
    for branch in (0, 7, 399):
        index = int(np.flatnonzero(view.history[:, 3] == branch)[-1])
        run.seek(index)
        shown = run.settle()
        assert (shown.branch, shown.state.step) == (branch, view.history[index, 0])
        assert shown.state.cost == pytest.approx(view.history[index, 1])
        steps = [state.step for state in run.snapshots(240)]
        assert steps == sorted(set(steps))
        assert (steps[0], steps[-1]) == (0, shown.state.step)
    assert downloads.prepare(run, "gif", "en")().data.startswith(b"GIF89a")
    run.close()


# Pictures


def test_pictures_are_what_the_network_answers(run):
    task, view = run.task, run.view
    content, arrays = FrameRenderer(task).frame(view, 15, 9)
    answers = task.net.predict(view.state.params, task.features(grid(task.limits, 15)[2]))
    low, high = content["span"]
    assert (low, high) == (answers.min(), answers.max())
    shown = low + (high - low) * arrays["surface"].ravel() / 255
    np.testing.assert_allclose(shown, answers.ravel(), atol=0.51 * (high - low) / 255)
    left, right, bottom, top = task.limits
    np.testing.assert_allclose(grid(task.limits, 15)[2][[0, -1]], [[left, bottom], [right, top]])
    x1 = arrays["neurons"][0].astype(int)  # the first input: dark on the left, in every row
    assert (np.diff(x1, axis=1) > 0).all()
    assert (np.diff(x1, axis=0) == 0).all()


def test_a_slow_pace_keeps_no_command_waiting(run):
    run.pace(0.2)  # a step in five seconds
    run.play()
    until(lambda: run.view.state.step == 1)
    began = time.monotonic()
    run.pause()
    assert not run.settle().playing
    assert time.monotonic() - began < 1


def test_the_way_to_what_is_shown_goes_over_its_branches(run):
    for _ in range(6):
        run.step()
    run.seek(3)
    run.branch()
    for _ in range(4):  # from step 3 to 7, on branch 1
        run.step()
    run.settle()
    index = next(
        k for k, m in enumerate(run._history.snapshots) if (m.branch, m.state.step) == (1, 5)
    )
    run.seek(index)
    run.branch()
    run.step()  # to step 6, on branch 2
    states = run.snapshots(100)
    assert [state.step for state in states] == [0, 1, 2, 3, 4, 5, 6]
    assert states[-1].params is run.settle().state.params
    kept = {(m.branch, m.state.step): m.state for m in run._history.snapshots}
    for branch, step in ((0, 2), (1, 4), (2, 5)):
        (state,) = [one for one in states if one.step == step]
        assert state.params is kept[branch, step].params
    assert [state.step for state in run.snapshots(3)] == [0, 3, 6]
    assert all(state.optimizer_state is None for state in states)
    run.seek(2)
    run.settle()
    assert [state.step for state in run.snapshots(100)] == [0, 1, 2]


def test_the_way_comes_from_the_other_process_too():
    run = WorkerRun(make_task(setup_of()))
    assert [state.step for state in run.snapshots(9)] == [0]
    for _ in range(20):
        run.step()
    states = run.snapshots(6)
    assert [state.step for state in states] == [0, 4, 8, 12, 16, 20]
    np.testing.assert_array_equal(flatten(states[-1].params), flatten(run.settle().state.params))
    run.close()


# Sessions


def test_an_answer_says_which_change_it_is_to():
    session = Session()
    session.handle({"type": "hello", "setup": None})
    for asked, told in [(7, 7), ("x", None), (None, None)]:
        message = {"type": "setup", "setup": {"layers": []}, "asked": asked}
        ((content, _),) = session.handle(message)
        assert content["asked"] == told
        session.handle({"type": "setup", "setup": {}})
    session.close()


# A run that another one goes on from


class Pipe:
    """The other side of the pipe, which keeps what is sent."""

    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent.append(message)

    def kinds(self):
        return [message[0] for message in self.sent]


def test_a_run_goes_on_from_the_memory_of_another_as_if_it_had_not_ended():
    setup = setup_of(training={"batch_size": 7})
    first, whole = Run(make_task(setup)), Run(make_task(setup))
    for run, steps in ((first, 5), (whole, 9)):
        for _ in range(steps):
            run.step()
        run.settle()
    memory = pickle.loads(pickle.dumps(first.memory()))
    first.close()
    other = Run(make_task(setup), memory=memory)
    assert other.settle().state.step == 5
    for _ in range(4):
        other.step()
    view, expected = other.settle(), whole.settle()
    np.testing.assert_array_equal(flatten(view.state.params), flatten(expected.state.params))
    np.testing.assert_array_equal(view.history, expected.history)
    other.close()
    whole.close()


def test_the_process_of_a_training_obeys_and_remembers():
    pipe = Pipe()
    worker = worker_module._Worker(pipe)
    with pytest.raises(ValueError, match="step before begin"):
        worker.obey("step", ())
    setup = setup_of()
    for name, arguments in (
        ("begin", (1, setup, None)), ("beat", ()), ("step", ()), ("settle", (1,)),
        ("snapshots", (2, 10)), ("retrain", (setup,)), ("settle", (3,)), ("look", (-1,)),
        ("begin", (2, setup, None)), ("settle", (4,)),
    ):  # fmt: skip
        assert worker.obey(name, arguments)
    assert not worker.obey("close", ())
    until(lambda: "memory" in pipe.kinds())
    worker.close()
    assert {"beat", "view", "states", "memory"} <= set(pipe.kinds())
    asked = [message[1] for message in pipe.sent if message[0] == "view"]
    assert {1, 3, 4, None} <= set(asked)
    begun = [message[1] for message in pipe.sent if message[0] == "memory"]
    assert set(begun) <= {1, 2}
