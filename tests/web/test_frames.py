"""Frames and runs tell the page of pictures, flows and the trivial answer."""

import time

import numpy as np
import pytest

from neurona.observe import numbers
from neurona.web.encoding import encoded
from neurona.web.flow import measure, trivial
from neurona.web.frames import FrameRenderer, _spanned
from neurona.web.run import Run
from neurona.web.session import Session
from neurona.web.setup import Setup
from neurona.web.task import make_task

DEEP = {
    "data": {"kind": "circles", "n": 100, "test_share": 0},
    "layers": [{"neurons": n, "activation": "sigmoid"} for n in (4, 4, 4, 4)],
    "training": {"optimizer": "sgd", "cost": "mse", "initializer": "uniform", "learning_rate": 5},
}


@pytest.fixture
def session(session_of):
    return session_of(DEEP)


def frame(session, **request):
    ((content, arrays),) = session.handle({"type": "frame", **request})
    return content, arrays


def test_while_it_plays_a_picture_may_come_without_the_network(session):
    session.handle({"type": "play"})
    session.run.settle()
    content, arrays = frame(session, network=False, coarse=True)
    assert content["playing"]
    assert set(arrays) == {"surface", "wrong"}
    assert arrays["surface"].shape == (1, 67, 67)
    session.handle({"type": "pause"})
    session.run.settle()
    _, arrays = frame(session, network=False, coarse=True)  # the last one is whole
    assert arrays["surface"].shape == (1, 100, 100)
    assert {"neurons", "parameters", "signal", "gradients", "history", "flows"} <= set(arrays)


def test_a_neuron_is_drawn_from_its_lowest_to_its_highest_value(session):
    content, arrays = frame(session)
    pictures = arrays["neurons"].reshape(len(arrays["neurons"]), -1)
    assert (pictures.min(axis=1) == 0).all()
    assert (pictures.max(axis=1) == 255).all()
    low, high = content["span"]
    assert high - low < 0.01  # although the network predicts the same everywhere


def test_a_constant_neuron_shows_no_picture_of_rounding():
    task = make_task(Setup.from_json({**DEEP, "training": {"initializer": "zeros"}}))
    run = Run(task)
    _, arrays = FrameRenderer(task).frame(run.view, 20, 10)
    run.close()
    assert (arrays["neurons"][2:] == 128).all()


def test_the_flow_is_what_its_definition_says():
    task = make_task(Setup.from_json(DEEP))
    params = task.begin()
    flow = measure(task, params)
    layers = numbers.activations(task.net, params, task.train.x)
    spread = [np.sqrt(np.mean(layer.a.std(axis=0) ** 2)) for layer in layers]
    np.testing.assert_allclose(flow.signal, spread, rtol=1e-4)
    exact = numbers.gradient_norms(
        numbers.gradients(task.net, params, task.train.x, task.train.target, task.cost)
    )
    np.testing.assert_allclose(flow.gradient, exact, rtol=1e-4)
    assert flow.signal[0] > 50 * flow.signal[-1]
    assert flow.gradient[-1] > 50 * flow.gradient[0]


@pytest.mark.parametrize("kind", ["blobs", "wave"])
def test_the_flow_of_an_output_is_that_of_its_predictions(kind):
    task = make_task(Setup.from_json({"data": {"kind": kind, "n": 60}}))
    params = task.begin()
    predictions = task.net.predict(params, task.train.x)
    expected = np.sqrt(np.mean(predictions.std(axis=0) ** 2))
    assert measure(task, params).signal[-1] == pytest.approx(expected, rel=1e-4)


def test_the_history_keeps_the_flow_from_step_0(session):
    before = measure(session.run.task, session.run.view.state.params)
    session.handle({"type": "play"})
    deadline = time.monotonic() + 10
    while np.isfinite(session.run.view.flows[:, 0, 0]).sum() < 2 and time.monotonic() < deadline:
        time.sleep(0.05)  # a small part of its time is spent on it, however many steps that is
    session.handle({"type": "pause"})
    session.run.settle()
    _, arrays = frame(session)
    history, flows = arrays["history"], arrays["flows"]
    assert flows.shape == (len(history), 2, 5)
    np.testing.assert_allclose(flows[0], [before.signal, before.gradient], rtol=1e-5)
    known = np.isfinite(flows[:, 0, 0])
    assert known.sum() > 1
    assert not np.array_equal(flows[known][0], flows[known][-1])


def test_flows_follow_their_snapshots_into_a_branch(session):
    for _ in range(3):
        session.handle({"type": "step"})
    session.handle({"type": "seek", "index": 1})
    session.handle({"type": "branch"})
    session.run.settle()
    _, arrays = frame(session)
    rows, flows = arrays["history"], arrays["flows"]
    assert rows[-1, 3] == 1  # the branch, from where it left
    np.testing.assert_array_equal(flows[-1], flows[1])


@pytest.mark.parametrize(
    ("setup", "prediction", "cost"),
    [
        (DEEP, [0.5], 0.25),
        ({"data": {"kind": "circles", "test_share": 0}}, [0.5], np.log(2)),
        ({"data": {"kind": "blobs", "classes": 4, "test_share": 0}}, [0.25] * 4, np.log(4)),
    ],
)
def test_the_run_tells_what_the_trivial_answer_costs(setup, prediction, cost):
    task = make_task(Setup.from_json(setup))
    found = trivial(task)
    np.testing.assert_allclose(found[0], prediction, atol=1e-6)
    assert found[1] == pytest.approx(cost, abs=1e-4)
    session = Session()
    *_, (content, _) = session.handle({"type": "hello", "setup": setup})
    session.close()
    assert (content["trivial"], content["trivial_cost"]) == found


def test_numbers_that_are_not_finite_leave_a_picture_of_the_others():
    values, span = _spanned(np.array([2.0, np.inf, 4.0, np.nan, 3.0]))
    assert span == [2.0, 4.0]
    assert values[[0, 2, 4]].tolist() == [0, 255, 128]
    assert _spanned(np.full(3, np.nan))[1] == [0.0, 0.0]


def test_the_page_is_sent_no_array_that_it_cannot_read():
    with pytest.raises(TypeError, match="x is of complex128: the page reads float32"):
        encoded({}, {"x": np.zeros(2, complex)})
