"""Series on the page's server: a recurrence, its states, and its numbers step by step."""

import json

import numpy as np
import pytest

from neurona.datasets import memory
from neurona.engine.layers.lstm import LSTM
from neurona.web.errors import PlaygroundError
from neurona.web.examples import example
from neurona.web.setup import Setup
from neurona.web.task import make_task
from tests.web.test_images import answer

STEPS = 16
SMALL = {
    "data": {"kind": "memory", "n": 40, "noise": 0.2},
    "layers": [{"neurons": 4, "kind": "gru"}, {"neurons": 3, "kind": "lstm"}, {"neurons": 2}],
    "training": {"batch_size": 16},
}


@pytest.fixture
def session(session_of):
    return session_of(SMALL)


def test_the_first_number_decides_the_class():
    X, y = memory(n=50, steps=5, noise=0.1, rng=1)
    np.testing.assert_array_equal(X[:, 0, 0], 2 * y - 1)
    assert y.sum() == 25
    assert 0.08 < X[:, 1:].std() < 0.12
    with pytest.raises(ValueError, match="steps is 1"):
        memory(steps=1)


def test_the_example_learns_to_remember(session_of):
    session = session_of(example("memory").to_json())
    layers = session.greet()[1][0]["layers"]
    assert [one["kind"] for one in layers] == ["Series", "LSTM", "Dense"]
    assert [one["shape"] for one in layers] == [[STEPS, 1], [STEPS, 8], [1]]
    session.run.step(300)
    session.run.settle()
    content, _ = answer(session, type="frame")
    assert content["test_accuracy"] > 0.95
    assert answer(session, type="doctor")[0]["steps"] == 300


def test_every_frame_shows_the_states_after_all_steps(session):
    (_, run), (content, arrays) = session.greet(), answer(session, type="frame")
    layers = run[0]["layers"]
    assert [one["kind"] for one in layers] == ["Series", "GRU", "LSTM", "Dense", "Dense"]
    assert [one["shape"] for one in layers[1:3]] == [[STEPS, 4], [STEPS, 3]]
    task, params = session.run.task, session.run.view.state.params
    series = task.points[content["example"]["index"]]
    h = task.net.layers[0].forward(params[0], series[None])[0]
    states = LSTM(3, return_sequences=True).forward(params[1], h)[0]
    parts = np.split(arrays["maps"], np.cumsum([np.prod(one["shape"]) for one in layers[:-1]]))
    for part, one in zip(parts[:3], (series, h, states), strict=True):
        np.testing.assert_allclose(part, one.ravel(), atol=1e-6)
    np.testing.assert_allclose(parts[4], task.net.predict(params, series[None])[0], atol=1e-6)
    assert answer(session, type="example", index=7)[0]["label"] == task.labels[7]
    assert answer(session, type="example", strokes=[[0.1, 0.1]])[0]["code"] == "images"


def test_a_drawing_of_other_data_is_not_shown(session):
    digits = {"data": {"kind": "digits", "n": 40}, "layers": []}
    session.handle({"type": "setup", "setup": digits})
    answer(session, type="example", strokes=[[0.1, 0.1, 0.5, 0.9]])
    session.handle({"type": "undo"})
    content, arrays = answer(session, type="frame")
    assert content["example"]["index"] is not None
    assert arrays["maps"].size == STEPS * (1 + 4 + 3) + 2 + 1


def test_the_microscope_takes_a_step_apart(session):
    """Each number on the way to a state has its derivative, and a difference that agrees."""
    for layer, gates in ((1, ["z_r", "z_z", "z_n"]), (2, ["z_i", "z_f", "z_o", "z_g", "c"])):
        content, _ = answer(session, type="window", layer=layer, place=[5, 1])
        assert (content["operation"], content["labelled"]) == ("state", True)
        assert [one["name"].partition("[")[0] for one in content["gates"]] == gates
        for one in (content, *content["gates"]):
            assert one["derivative"] == pytest.approx(one["difference"], rel=1e-4, abs=1e-9)
            assert sum(term["product"] for term in one["terms"]) == pytest.approx(one["value"])
        json.dumps(content, allow_nan=False)
    for name, place in (("U", [0, 2]), ("W", [1, 5]), ("b", [3])):
        message = {"layer": 2, "what": "weight", "name": name, "place": place}
        content, _ = answer(session, type="window", **message)
        assert [term["y"][0] for term in content["terms"]] == list(range(STEPS))
        assert sum(term["product"] for term in content["terms"]) == pytest.approx(content["value"])
        assert content["derivative"] == pytest.approx(content["difference"], rel=1e-4, abs=1e-9)
    for wrong in ({"layer": 1, "place": [STEPS, 0]}, {"layer": 1, "place": [0, 4]}):
        assert answer(session, type="window", **wrong)[0]["code"] == "window"


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"layers": [{"kind": "conv"}]}, "layers[0].kind"),
        ({"layers": [{"kind": "dense"}, {"kind": "lstm"}]}, "layers[1].kind"),
        ({"layers": [{"kind": "rnn"}, {"kind": "dense"}, {"kind": "rnn"}]}, "layers[2].kind"),
        ({"data": {"kind": "moons"}}, "layers[0].kind"),
        ({"data": {"kind": "digits"}}, "layers[0].kind"),
        ({"training": {"optimizer": "lesson"}}, "training.optimizer"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_named(parts, field):
    with pytest.raises(PlaygroundError) as error:
        make_task(Setup.from_json({**SMALL, **parts}))
    assert error.value.field == field
    assert all(error.value.message.values())


def test_two_outputs_of_a_softmax_have_a_class_each(session_of):
    session = session_of({**SMALL, "output": {"activation": "softmax"}})
    content, _ = answer(session, type="window", layer=4, place=[1])
    assert content["target"] in (0, 1)
