"""The microscope's answers: the numbers of one step, from the view that is shown."""

import json

import numpy as np
import pytest

import neurona
from neurona.engine.parameters import flatten
from neurona.observe.microscope import dissect
from neurona.web.encoding import encoded
from neurona.web.run import Run
from neurona.web.session import Session
from neurona.web.worker import WorkerRun

SMALL = {"data": {"n": 40}, "layers": [{"neurons": 3}, {"neurons": 2, "activation": "gelu"}]}


@pytest.fixture
def made(session_of):
    """Return what begins a session with parts of the set-up as given."""
    return lambda trainer=Run, **parts: session_of({**SMALL, **parts}, trainer=trainer)


@pytest.fixture
def session(made):
    return made()


def look(session, point=None, layer=0, unit=0):
    ((content, arrays),) = session.handle(
        {"type": "microscope", "point": point, "layer": layer, "unit": unit}
    )
    assert content["type"] == "microscope", content
    encoded(content, arrays)  # the page can read it
    json.dumps(content, allow_nan=False)
    return content, arrays


# The numbers


@pytest.mark.parametrize("point", [0, 7, 39])
def test_a_point_is_the_only_example(session, point):
    task, view = session.run.task, session.run.view
    content, arrays = look(session, point)
    assert content["examples"] == 1
    assert content["test"] == task.held_out[point]
    np.testing.assert_array_equal(arrays["inputs"], task.features(task.points)[point])
    np.testing.assert_array_equal(arrays["target"], [task.labels[point]])
    x = arrays["inputs"]
    for k, (W, b) in enumerate(view.state.params):
        np.testing.assert_array_equal(arrays[f"W{k}"], W)
        np.testing.assert_allclose(arrays[f"z{k}"], x @ W + b, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(arrays[f"dW{k}"], np.outer(x, arrays[f"delta{k}"]), rtol=1e-5)
        np.testing.assert_allclose(arrays[f"db{k}"], arrays[f"delta{k}"], rtol=1e-6)
        x = arrays[f"a{k}"]
    np.testing.assert_allclose(arrays["a0"], np.tanh(arrays["z0"]), rtol=1e-5)
    assert content["data_cost"] == pytest.approx(
        -np.log(x[0] if arrays["target"][0] else 1 - x[0]), rel=1e-4
    )
    assert content["penalty"] == 0


def test_the_whole_batch_is_what_training_takes_and_its_step_the_next(session):
    for _ in range(3):
        session.handle({"type": "step"})
    content, arrays = look(session)
    task, view = session.run.task, session.run.view
    assert (content["step"], content["examples"]) == (3, len(task.train.x))
    assert content["cost"] == pytest.approx(view.state.cost, rel=1e-5)
    step = dissect(task.net, view.state.params, *task.train[:2], task.cost)
    np.testing.assert_allclose(arrays["z1"], step.layers[1].z.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(arrays["delta0"], step.layers[0].delta.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(arrays["dW1"], step.layers[1].dW, rtol=1e-6)
    session.handle({"type": "step"})
    then = flatten(session.run.settle().state.params)
    said = [arrays[f"{name}_next{k}"].ravel() for k in range(3) for name in "Wb"]
    np.testing.assert_allclose(np.concatenate(said), then, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("layer", "unit"), [(0, 0), (0, 2), (1, 1), (2, 0)])
def test_differences_stand_beside_the_derivatives_of_one_neuron(session, layer, unit):
    content, arrays = look(session, 3, layer, unit)
    exact = np.append(arrays[f"dW{layer}"][:, unit], arrays[f"db{layer}"][unit])
    assert (content["layer"], content["unit"]) == (layer, unit)
    np.testing.assert_allclose(arrays["differences"], exact, rtol=1e-5, atol=1e-7)
    assert (abs(arrays["gaps"]) < 1e-8).all()


def test_frozen_weights_and_own_rates_are_part_of_the_update(made):
    session = made(
        layers=[{"neurons": 3, "learning_rate": 0.5}],
        training={"optimizer": "sgd", "learning_rate": 0.1, "l2": 0.3},
    )
    session.handle({"type": "weight", "layer": 0, "row": 1, "column": 2, "frozen": True})
    content, arrays = look(session, 5)  # without any frame between: it waits for what was said
    moving = np.ones((2, 3))
    moving[1, 2] = 0
    np.testing.assert_allclose(arrays["W_change0"], -0.5 * arrays["dW0"] * moving, rtol=1e-6)
    np.testing.assert_allclose(arrays["W_change1"], -0.1 * arrays["dW1"], rtol=1e-6)
    assert arrays["frozen"].tolist().index(1) == 5
    assert content["rates"] == [0.5, 0.1]
    own = np.outer(arrays["inputs"], arrays["delta0"])
    np.testing.assert_allclose(arrays["dW0"], own + 0.3 * arrays["W0"], rtol=1e-5)
    assert content["penalty"] == pytest.approx(content["cost"] - content["data_cost"])
    assert content["penalty"] > 0


def test_it_looks_at_the_moment_that_is_shown(session):
    first = flatten(session.run.view.state.params)
    for _ in range(5):
        session.handle({"type": "step"})
    session.handle({"type": "seek", "index": 0})
    content, arrays = look(session)
    assert content["step"] == 0
    np.testing.assert_array_equal(arrays["W0"].ravel(), first[:6])


def test_a_training_that_goes_on_is_looked_at_too(session):
    session.handle({"type": "play"})
    steps = [look(session)[0]["step"] for _ in range(5)]
    session.handle({"type": "pause"})
    assert steps == sorted(steps)


def test_a_process_is_looked_at_like_a_thread(made):
    there, here = made(WorkerRun), made()
    for one in (there, here):
        one.handle({"type": "step"})
    (far, far_arrays), (near, near_arrays) = look(there, 4), look(here, 4)
    assert far == near
    for name, array in near_arrays.items():
        np.testing.assert_array_equal(far_arrays[name], array)


@pytest.mark.parametrize("cost", ["auto", "mse", "mae", "huber"])
def test_all_costs_of_several_classes_and_of_numbers(cost, made):
    for kind in ("blobs", "wave"):
        session = made(data={"n": 40, "kind": kind}, training={"cost": cost})
        for point in (None, 0):
            content, arrays = look(session, point, layer=2)
            assert (abs(arrays["gaps"]) < 1e-6).all()
            assert np.isfinite(content["cost"])


# The lesson beside it


def test_the_lessons_lines_come_with_what_changes(session):
    content, arrays = look(session, 2)
    told = content["lesson"]
    assert told["source"][0]["text"] == "def train("
    known = {}
    for moment in told["moments"]:
        known.update({one["name"]: one for one in moment["variables"]})
        if (moment["phase"], moment["layer"]) == ("update", 0) and "layer.b =" in next(
            line["text"] for line in told["source"] if line["number"] == moment["number"]
        ):
            np.testing.assert_allclose(known["layer.W"]["values"], arrays["W0"])
            assert known["delta"]["shape"] == (1, 3)
    assert known["a"]["shape"] == (1, 3)
    np.testing.assert_allclose(known["a"]["values"][0], arrays["a0"], rtol=1e-6)
    np.testing.assert_allclose(known["Yp"]["values"][0], arrays["a2"], rtol=1e-6)
    assert len(json.dumps(content)) < 100_000


def test_how_the_lessons_step_differs(session, made):
    told = look(session)[0]["lesson"]["differences"]
    assert (told["W"], told["b"]) == (14.0, 0.5)  # 28 of 40 points, one output
    assert told["cost"] == "BinaryCrossEntropy"
    assert told["optimizer"] == "adam"
    assert told["lent"] == ["gelu"]
    assert not told["rates"] | told["penalty"] | told["frozen"]
    same = made(
        layers=[{"neurons": 2, "activation": "sigmoid"}],
        training={"optimizer": "sgd", "cost": "mse"},
    )
    told = look(same, 0)[0]["lesson"]["differences"]
    assert (told["W"], told["b"], told["cost"], told["optimizer"]) == (0.5, 0.5, None, None)
    assert told["lent"] == []


def test_a_softmax_is_not_the_lessons_and_that_is_said(made):
    session = made(data={"n": 40, "kind": "blobs"})
    told = look(session)[0]["lesson"]
    assert told["moments"] == []
    assert "softmax" in told["refusal"]["en"]
    assert "softmax" in told["refusal"]["es"]


# Wrong input


@pytest.mark.parametrize(
    "wrong",
    [
        {"point": 40}, {"point": -1}, {"point": "a"}, {"point": True}, {"point": 1.5},
        {"point": []}, {"layer": 3}, {"layer": -1}, {"layer": None}, {"unit": 3}, {"unit": None},
        {"layer": 2, "unit": 1}, {"unit": float("nan")},
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused_in_both_languages(session, wrong):
    ((content, arrays),) = session.handle({"type": "microscope", "layer": 0, "unit": 0, **wrong})
    assert (content["type"], content["code"], arrays) == ("error", "value", {})
    assert content["field"] in wrong
    assert "whole number" in content["message"]["en"]
    assert "número entero" in content["message"]["es"]


def test_nothing_is_seen_before_hello():
    assert Session().handle({"type": "microscope"})[0][0]["code"] == "hello"


def test_weights_beyond_all_measure_are_shown_as_far_as_numbers_go(made):
    session = made(layers=[{"neurons": 2, "activation": "relu"}] * 6, data={"kind": "wave"})
    for layer in range(6):
        for column in range(2):
            session.handle(
                {"type": "weight", "layer": layer, "row": 0, "column": column, "value": 1e6}
            )
    for point in (None, 0):
        look(session, point)


def test_the_numbers_are_of_the_run_and_leave_it_as_it_was(session):
    before = session.run.settle().state
    look(session, 1)
    look(session)
    after = session.run.settle().state
    assert after.step == before.step
    np.testing.assert_array_equal(flatten(after.params), flatten(before.params))
    *_, state = neurona.train(
        session.run.task.net, *session.run.task.train[:2], steps=1, start=before
    )
    session.handle({"type": "step"})
    np.testing.assert_array_equal(flatten(session.run.settle().state.params), flatten(state.params))
