"""Images on the page's server: digits to train on, drawings, maps, and what images do not have."""

import json

import numpy as np
import pytest

from neurona import files
from neurona.datasets import digits
from neurona.engine.parameters import flatten
from neurona.web.drawing import digit_of
from neurona.web.errors import PlaygroundError
from neurona.web.examples import example
from neurona.web.session import Session
from neurona.web.setup import Setup
from neurona.web.task import make_task
from tests.support.strokes import DIGITS, drawn

CONV = {"neurons": 3, "activation": "relu", "kind": "conv+pool"}
SMALL = {
    "data": {"kind": "digits", "n": 60},
    "layers": [CONV, {**CONV, "kind": "conv", "activation": "tanh"}, {"neurons": 5}],
    "training": {"batch_size": 16},
}


@pytest.fixture
def session(session_of):
    return session_of(SMALL)


@pytest.fixture(scope="module")
def learned():
    """The example of the digits after 500 steps."""
    session = Session()
    session.handle({"type": "hello", "setup": example("digits").to_json()})
    session.run.step(500)
    session.run.settle()
    yield session
    session.close()


def answer(session, **message):
    """Return the one answer to a message."""
    ((content, arrays),) = session.handle(message)
    return content, arrays


def as_message(strokes):
    return [np.round(stroke, 3).ravel().tolist() for stroke in strokes]


def test_a_drawing_is_an_image_as_the_data_are():
    images = digits()[0].reshape(-1, 8, 8)
    rng = np.random.default_rng(0)
    made = np.array([digit_of(drawn(k, rng))[..., 0] for k in DIGITS for _ in range(5)])
    assert made.shape == (50, 8, 8)
    assert 0 <= made.min() <= made.max() <= 1
    ink = [one.sum(axis=(1, 2)).mean() for one in (made, images)]
    assert ink[0] == pytest.approx(ink[1], rel=0.1)
    places = np.arange(8) + 0.5
    for axis in (1, 2):  # the center of mass
        mass = [(one.sum(axis=axis) @ places).sum() / one.sum() for one in (made, images)]
        assert mass[0] == pytest.approx(mass[1], abs=0.25)
    assert (made.max(axis=2) > 0.1).mean() > 0.95  # the digit fills the height


def test_neither_place_nor_size_of_a_drawing_counts():
    strokes = [np.array(one) for one in DIGITS[5]]
    once = digit_of(strokes)
    np.testing.assert_allclose(digit_of([7 + 300 * one for one in strokes]), once, atol=1e-5)
    dot = digit_of([np.array([[0.9, 0.1]])])
    assert dot.sum() == dot[2:6, 2:6].sum() > 0


def test_drawn_digits_are_recognized(learned):
    rng = np.random.default_rng(3)
    right = []
    for digit in DIGITS:
        for _ in range(6):
            _, arrays = answer(learned, type="example", strokes=as_message(drawn(digit, rng)))
            right.append(arrays["maps"][-10:].argmax() == digit)
    assert np.mean(right) > 0.8


def test_every_frame_shows_the_example_in_all_layers(session):
    (_, run), frame = session.greet(), session.handle({"type": "frame"})[0]
    layers = run[0]["layers"]
    assert [one["kind"] for one in layers] == [
        "Image", "Conv2D", "MaxPool2D", "Conv2D", "Dense", "Dense"
    ]  # fmt: skip
    assert [one["shape"] for one in layers[1:]] == [[8, 8, 3], [4, 4, 3], [4, 4, 3], [5], [10]]
    assert [one["row"] for one in layers] == [-1, 0, 0, 1, 2, 3]
    sizes = [int(np.prod(one["shape"])) for one in layers]
    content, arrays = frame
    assert arrays["maps"].size == sum(sizes)
    task, params = session.run.task, session.run.view.state.params
    shown = content["example"]
    assert task.held_out[shown["index"]] == shown["of_test"]
    assert shown["label"] == task.labels[shown["index"]]
    image = task.points[shown["index"]]
    np.testing.assert_allclose(arrays["maps"][:64], image.ravel(), atol=1e-6)
    np.testing.assert_allclose(
        arrays["maps"][-10:], task.net.predict(params, image[None])[0], atol=1e-6
    )
    at, shape = layers[3]["at"], layers[3]["weights"]
    np.testing.assert_array_equal(
        arrays["parameters"][at : at + np.prod(shape)], params[2].W.ravel()
    )


def test_a_drawing_stays_while_it_trains(session):
    content, before = answer(session, type="example", strokes=as_message(DIGITS[4]))
    assert content["index"] is None
    session.handle({"type": "step"})
    session.run.settle()
    content, arrays = answer(session, type="frame")
    assert content["example"] == {"index": None, "label": None, "of_test": False}
    np.testing.assert_array_equal(arrays["maps"][:64], before["maps"][:64])
    assert not np.array_equal(arrays["maps"][64:], before["maps"][64:])
    assert not answer(session, type="example", strokes=[])[1]["maps"][:64].any()
    assert answer(session, type="example", index=59)[0]["index"] == 59


@pytest.mark.parametrize(
    "message",
    [
        {"strokes": "1"}, {"strokes": [[0.5]]}, {"strokes": [[]]}, {"strokes": [[0.1, None]]},
        {"strokes": [[0.1, 1e300]]}, {"strokes": [[0.0] * 8002]}, {"index": 60}, {"index": None},
        {},
    ],
    ids=str,
)  # fmt: skip
def test_a_strange_example_is_refused(session, message):
    assert answer(session, type="example", **message)[0]["type"] == "error"
    assert answer(session, type="frame")[0]["example"]["index"] is not None


def test_the_microscope_takes_a_number_of_a_map_apart(session):
    layers = session.greet()[1][0]["layers"]
    maps = answer(session, type="frame")[1]["maps"]
    begin = 64 + 8 * 8 * 3 + 4 * 4 * 3
    content, _ = answer(session, type="window", layer=layers[3]["place"], place=[0, 3, 1])
    assert (content["kind"], content["operation"], len(content["terms"])) == ("Conv2D", "sum", 28)
    assert sum(one["product"] for one in content["terms"]) == pytest.approx(content["value"])
    found = maps[begin : begin + 4 * 4 * 3].reshape(4, 4, 3)[0, 3, 1]
    assert content["output"] == pytest.approx(found, rel=1e-5)
    assert content["derivative"] == pytest.approx(content["difference"], rel=1e-4, abs=1e-9)
    assert content["labelled"]
    content, _ = answer(
        session, type="window", layer=1, what="weight", name="W", place=[0, 0, 0, 2]
    )
    assert len(content["terms"]) == 64  # one weight serves all windows
    assert content["derivative"] == pytest.approx(content["difference"], rel=1e-4, abs=1e-9)
    session.handle({"type": "example", "strokes": as_message(DIGITS[1])})
    content, _ = answer(session, type="window", layer=2, place=[0, 0, 0])
    assert (content["operation"], content["labelled"]) == ("max", False)
    json.dumps(content, allow_nan=False)
    for wrong in ({"layer": 9, "place": [0]}, {"layer": 1, "place": [9, 0, 0]}, {"layer": 1}):
        assert answer(session, type="window", **wrong)[0]["type"] == "error"


@pytest.mark.parametrize("kind", ["point", "erase", "weight", "bugs", "find_bug"])
def test_what_needs_points_says_so(session, kind):
    content, _ = answer(session, type=kind, x=0, y=0, label=0, layer=0, row=0, column=0)
    assert content["code"] == "images"
    assert "points" in content["message"]["en"]


def test_points_have_no_image_to_show(session_of):
    session = session_of({"data": {"kind": "moons", "n": 20}})
    for message in ({"type": "example", "index": 0}, {"type": "window", "layer": 1, "place": [0]}):
        assert answer(session, **message)[0]["code"] == "images"


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"layers": [{"neurons": 3}, CONV]}, "layers[1].kind"),
        ({"layers": [CONV] * 4}, "layers"),
        ({"data": {"kind": "moons"}}, "layers[0].kind"),
        ({"training": {"optimizer": "lesson"}}, "training.optimizer"),
        ({"bug": "z-for-a"}, "bug"),
        ({"layers": [{"kind": "attention"}]}, "layers[0].kind"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_named(parts, field):
    with pytest.raises(PlaygroundError) as error:
        make_task(Setup.from_json({**SMALL, **parts}))
    assert error.value.field == field
    assert all(error.value.message.values())


def test_undo_brings_points_and_images_back(session):
    setup = session.run.task.setup
    assert Setup.from_json(json.loads(json.dumps(setup.to_json()))) == setup
    session.handle({"type": "setup", "setup": {"data": {"kind": "moons", "n": 40}}})
    assert "surface" in answer(session, type="frame")[1]
    assert answer(session, type="undo")[0]["setup"] == setup.to_json()
    assert "maps" in answer(session, type="frame")[1]


def test_a_table_in_place_of_images_has_dense_layers(session):
    told, _ = session.handle({"type": "table", "text": "a,b,c\n1,2,0\n2,1,1\n3,3,0\n0,1,1\n"})
    assert told[0]["topology"] == [2, 3, 3, 5, 1]


def test_the_model_is_taken_home(session, tmp_path):
    session.handle({"type": "step"})
    _, arrays = answer(session, type="download", what="model", language="en")
    (tmp_path / "model").write_bytes(arrays["bytes"].tobytes())
    net, params = files.load(tmp_path / "model")
    view = session.run.view
    assert net == view.task.net
    np.testing.assert_array_equal(flatten(params), flatten(view.state.params))
    for what in ("gif", "numpy"):
        content, _ = answer(session, type="download", what=what, language="en")
        assert content["code"] == "download"


def test_the_doctor_examines_it(learned):
    content, _ = answer(learned, type="doctor")
    assert content["healthy"]
    assert content["steps"] == 500
