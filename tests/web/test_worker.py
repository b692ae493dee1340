"""A training whose process ends or says nothing: what is told, and where it goes on."""

import os
import queue
import signal
import sys
import time

import numpy as np
import pytest

from neurona.engine.parameters import flatten
from neurona.web import worker
from neurona.web.errors import PlaygroundError
from neurona.web.run import Run
from neurona.web.task import make_task
from neurona.web.worker import WorkerRun
from tests.support.runs import setup_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


class Watched:
    """A run in a process, which can be killed, and all that it tells of its troubles."""

    def __init__(self, **setup):
        self.troubles = queue.Queue()
        self.run = WorkerRun(make_task(setup_of(**setup)), on_trouble=self.troubles.put)

    def signal(self, which):
        os.kill(self.run._process.pid, which)

    def kill(self):
        """Kill the process; return what is told."""
        time.sleep(0.3)  # what has happened is remembered at once, but by another process
        self.signal(signal.SIGKILL)
        return self.trouble()

    def trouble(self):
        return self.troubles.get(timeout=10)

    def trouble_watched(self):
        """Watch as the server does, but faster; return what is told."""
        end = time.monotonic() + 10
        while self.troubles.empty() and time.monotonic() < end:
            self.run.watch()
            time.sleep(0.05)
        return self.trouble()


@pytest.fixture
def watched():
    watched = Watched()
    yield watched
    watched.run.close()


def steps_of(run, count):
    for _ in range(count):
        run.step()
    return run.settle()


def test_a_process_that_is_killed_is_told_at_once_and_another_goes_on(watched):
    before = steps_of(watched.run, 5)
    began = time.monotonic()
    trouble = watched.kill()
    assert time.monotonic() - began < 2
    assert trouble.code == "ended"
    assert "another one goes on from step 5" in trouble.message["en"].lower()
    assert "desde el paso 5" in trouble.message["es"]
    after = watched.run.settle()
    assert (after.state.step, after.snapshots) == (5, before.snapshots)
    assert after.version > before.version  # or no page would look at it
    np.testing.assert_array_equal(flatten(after.state.params), flatten(before.state.params))
    np.testing.assert_array_equal(after.history, before.history)


def test_steps_after_a_death_are_those_without_it(watched):
    steps_of(watched.run, 5)
    watched.kill()
    after = steps_of(watched.run, 5)
    other = Run(watched.run.task)
    undisturbed = steps_of(other, 10)
    other.close()
    assert after.state.step == 10
    np.testing.assert_array_equal(flatten(after.state.params), flatten(undisturbed.state.params))
    assert not after.steered


def test_everything_that_was_chosen_survives_a_death(watched):
    run = watched.run
    steps_of(run, 6)
    run.seek(2)
    run.branch()
    run.set_parameter(3, 0.25, True)
    run.pace(20.0)
    run.play()
    time.sleep(1.5)  # while it plays, a second may be lost
    watched.kill()
    view = run.settle()
    assert (view.branch, view.playing, view.steered) == (1, True, True)
    assert view.frozen.nonzero()[0].tolist() == [3]
    assert flatten(view.state.params)[3] == np.float32(0.25)
    assert 2 < view.state.step < 100  # the pace of 20 a second too
    run.pause()
    run.seek(4)
    before = run.settle()
    watched.kill()
    assert run.settle().at == before.at == 4


def test_a_run_plays_on_after_a_death_and_loses_a_second_at_most(watched):
    watched.run.play()
    time.sleep(2.5)
    watched.run.look()
    time.sleep(0.2)
    seen = watched.run.view.state.step
    watched.kill()
    step = watched.run.settle().state.step
    assert step > seen / 4
    time.sleep(0.5)
    assert watched.run.settle().state.step > step


def test_a_view_that_was_waited_for_comes_from_the_next_process(watched):
    seen = watched.run.settle().version
    watched.run.look()
    watched.kill()
    end = time.monotonic() + 10
    while watched.run.view.version <= seen:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_request_that_its_process_has_not_answered_is_answered_by_the_next(watched):
    steps_of(watched.run, 3)
    time.sleep(0.3)
    watched.signal(signal.SIGSTOP)
    asked = []
    thread = worker.threading.Thread(target=lambda: asked.append(watched.run.snapshots(10)))
    thread.start()
    time.sleep(0.2)
    watched.signal(signal.SIGKILL)
    thread.join(timeout=10)
    assert [state.step for state in asked[0]] == [0, 1, 2, 3]


def test_a_task_that_was_begun_last_is_gone_on_with(watched):
    steps_of(watched.run, 5)
    other = make_task(setup_of(layers=[{"neurons": 7}]))
    watched.run.begin(other)
    watched.signal(signal.SIGKILL)
    watched.trouble()
    view = watched.run.settle()
    assert (view.state.step, view.state.params[0].W.shape[1]) == (0, 7)


def test_a_process_that_dies_again_and_again_is_left_until_it_is_asked_for(watched):
    steps_of(watched.run, 4)
    told = [watched.kill() for _ in range(worker.MOST_ENDS)]
    assert [one.code for one in told] == ["ended", "ended", "stopped"]
    assert not watched.run.view.playing
    for command in (watched.run.play, watched.run.settle, lambda: watched.run.snapshots(3)):
        with pytest.raises(PlaygroundError, match="3 times within a minute"):
            command()
    watched.run.restart()
    assert watched.trouble() is None
    assert steps_of(watched.run, 1).state.step == 5


def test_a_process_that_never_starts_is_said(monkeypatch):
    monkeypatch.setattr(worker, "work", os.abort)  # it takes no argument: the process ends
    with pytest.raises(PlaygroundError, match="3 times within a minute"):
        WorkerRun(make_task(setup_of()))


def test_a_suspended_process_is_told_and_so_is_its_return(watched):
    steps_of(watched.run, 2)
    watched.signal(signal.SIGSTOP)
    trouble = watched.trouble_watched()
    assert trouble.code == "stopped"
    assert "does not answer" in trouble.message["en"]
    with pytest.raises(PlaygroundError, match="does not answer"):
        watched.run.play()
    watched.signal(signal.SIGCONT)
    assert watched.trouble() is None
    assert steps_of(watched.run, 1).state.step == 3


def test_a_suspended_process_can_be_replaced(watched):
    steps_of(watched.run, 2)
    time.sleep(0.3)
    watched.signal(signal.SIGSTOP)
    watched.trouble_watched()
    process = watched.run._process
    watched.run.restart()
    assert watched.trouble() is None
    assert steps_of(watched.run, 1).state.step == 3
    process.join(timeout=5)
    assert not process.is_alive()


def test_a_suspended_process_delays_no_command_and_no_end(watched):
    watched.run.settle()
    watched.signal(signal.SIGSTOP)
    task = make_task(
        setup_of(data={"kind": "own", "points": [[0.1, 0.2, k % 2] for k in range(2000)]})
    )
    began = time.monotonic()
    for _ in range(200):  # more than a pipe holds
        watched.run.retrain(task)
    assert time.monotonic() - began < 2
    process = watched.run._process
    watched.run.close()
    process.join(timeout=5)
    assert not process.is_alive()


def test_a_healthy_process_is_not_restarted(watched):
    process = watched.run._process
    for _ in range(20):
        watched.run.watch()
        time.sleep(0.02)
    watched.run.restart()
    assert watched.troubles.empty()
    assert watched.run._process is process


def test_a_fault_in_the_training_ends_its_process_and_is_told(watched, capfd):
    steps_of(watched.run, 2)
    time.sleep(0.3)
    watched.run.set_parameter(10**6, 1.0, None)  # no page can say so
    assert watched.trouble().code == "ended"
    assert watched.run.settle().state.step == 2
