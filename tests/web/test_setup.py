"""Set-ups: what each of their parts becomes, what is refused, and the weights that they bring."""

import math

import numpy as np
import pytest

from neurona.engine.parameters import flatten
from neurona.web.errors import PlaygroundError
from neurona.web.frames import FrameRenderer
from neurona.web.run import Run
from neurona.web.session import Session
from neurona.web.setup import INPUTS, KINDS, Setup, limits
from neurona.web.task import FEATURES, features, make_task
from tests.support.runs import SMALL, setup_of


@pytest.mark.parametrize("kind", KINDS)
def test_every_data_set_can_be_trained(kind):
    own = [[0, 0, 0], [1, 1, 1], [0, 1, 2], [1, 0, 0]]
    task = make_task(setup_of(data={"kind": kind, "n": 30, "points": own}))
    run = Run(task)
    run.step()
    view = run.settle()
    content, arrays = FrameRenderer(task).frame(view, 12, 8)
    assert content["step"] == 1
    seen = "surface" if task.planar else "maps"
    assert seen in arrays
    assert not task.planar or arrays["surface"].shape == (task.net.n_out, 12, 12)
    assert ("confusion" in arrays) == (task.classes > 0)
    run.close()


def test_every_input_is_a_feature():
    assert set(FEATURES) == set(INPUTS)
    shown = features(INPUTS, np.array([[0.5, -2.0]]))[0]
    np.testing.assert_allclose(shown, [0.5, -2, 0.25, 4, -1, 1, 0], atol=1e-6)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"layers": [{"neurons": 0}]}, "layers[0].neurons"),
        ({"layers": [{"neurons": 4}] * 7}, "layers"),
        ({"layers": [{"activation": "softmax"}]}, "layers[0].activation"),
        ({"layers": [{"activation": "exp"}]}, "layers[0].activation"),
        ({"output": {"activation": "exp"}}, "output.activation"),
        ({"inputs": []}, "inputs"),
        ({"inputs": ["x3"]}, "inputs[0]"),
        ({"training": {"learning_rate": -1}}, "training.learning_rate"),
        ({"training": {"learning_rate": 0}}, "training.learning_rate"),
        ({"training": {"learning_rate": float("nan")}}, "training.learning_rate"),
        ({"training": {"optimizer": "magic"}}, "training.optimizer"),
        ({"training": {"batch_size": 0}}, "training.batch_size"),
        ({"training": {"seed": True}}, "training.seed"),
        ({"data": {"kind": "own", "points": [[0, 0, 0]] * 2001}}, "data.points"),
        ({"data": {"kind": "own", "points": [[0, 0, 0]]}}, "data.points"),
        ({"data": {"kind": "own", "points": [["a", 0, 0]]}}, "data.points[0]"),
        ({"data": {"file": "/etc/passwd"}}, "data.file"),
        (
            {"data": {"kind": "wave"}, "output": {"activation": "softmax"}},
            "output.activation",
        ),
        (
            {"training": {"cost": "cross_entropy"}, "output": {"activation": "tanh"}},
            "training.cost",
        ),
        ({"version": 2}, "version"),
        (["circles"], "setup"),
    ],
)  # fmt: skip
def test_a_set_up_that_does_not_fit_is_refused_in_both_languages(given, field):
    with pytest.raises(PlaygroundError) as refused:
        make_task(Setup.from_json(given))
    assert refused.value.field == field
    assert refused.value.message["en"]
    assert refused.value.message["es"] != refused.value.message["en"]


# Where each number may be, both ends included, unless it is above the first.
RANGES = {
    "data.n": (20, 2000),
    "data.noise": (0, 0.5),
    "data.arms": (2, 5),
    "data.classes": (2, 5),
    "data.test_share": (0, 0.9),
    "data.seed": (0, 2147483647),
    "layers.neurons": (1, 16),
    "layers.learning_rate": (0, 1000),
    "output.learning_rate": (0, 1000),
    "training.learning_rate": (0, 1000),
    "training.batch_size": (1, 2000),
    "training.l1": (0, 10),
    "training.l2": (0, 10),
    "training.seed": (0, 2147483647),
}


def setup_with(path, value):
    part, name = path.split(".")
    return {part: [{name: value}] if part == "layers" else {name: value}}


@pytest.mark.parametrize("path", RANGES)
def test_each_number_is_read_up_to_its_limits_and_not_beyond(path):
    low, high = RANGES[path]
    above = "learning_rate" in path
    for value in (*([] if above else [low]), (low + high) // 2 or high, high):
        Setup.from_json(setup_with(path, value))
    outside = [low - 1, math.nextafter(low, -1), math.nextafter(high, math.inf), high + 1]
    for value in [*outside, *([low] if above else [])]:
        with pytest.raises(PlaygroundError) as refused:
            Setup.from_json(setup_with(path, value))
        assert refused.value.field == path.replace("layers", "layers[0]")


def test_the_limits_that_the_page_gets_are_those_that_are_read():
    told = limits()
    told["layers"] = told["layers"]["each"]
    ranges = {
        f"{part}.{name}": (one["min"], one["max"])
        for part in ("data", "layers", "output", "training")
        for name, one in told[part].items()
        if isinstance(one, dict) and "min" in one
    }
    assert ranges == RANGES
    assert limits()["layers"]["most"] == 6
    assert limits()["weights"]["most"] == 400
    assert limits()["table"]["most"] == 200_000


def test_what_is_not_given_has_its_default():
    assert Setup.from_json({}) == Setup()
    assert Setup().to_json() == {
        "data": {
            "kind": "circles", "n": 300, "noise": 0.05, "arms": 2, "classes": 3, "test_share": 0.3,
            "seed": 0, "points": (), "regression": False, "columns": (), "class_names": (),
        },
        "inputs": ("x1", "x2"),
        "layers": (
            {"neurons": 4, "activation": "tanh", "learning_rate": None, "kind": "dense"},
        ) * 2,
        "output": {"activation": "auto", "learning_rate": None},
        "training": {
            "learning_rate": 0.01, "optimizer": "adam", "cost": "auto", "batch_size": None,
            "l1": 0.0, "l2": 0.0, "initializer": "orthogonal", "seed": 0,
        },
        "weights": None,
        "frozen": (),
        "bug": None,
        "version": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"layers": [{}] * 6}, True),
        ({"layers": [{}] * 7}, False),
        ({"inputs": ["x2", "x1", "x2"]}, True),
        ({"data": {"columns": ["a" * 40] * 3}}, True),
        ({"data": {"columns": ["a" * 41]}}, False),
        ({"data": {"columns": ["a"] * 4}}, False),
        ({"data": {"class_names": ["a"] * 5}}, True),
        ({"data": {"class_names": ["a"] * 6}}, False),
        ({"data": {"points": [[1000, -1000, 0]] * 2000}}, True),
        ({"data": {"points": [[1000.1, 0, 0]]}}, False),
        ({"data": {"points": [[0, 0]]}}, False),
        ({"data": {"points": [[0, 0, 0, 0]]}}, False),
        ({"weights": [1e30] * 400}, True),
        ({"weights": [1.1e30]}, False),
        ({"frozen": [0, 399]}, True),
        ({"frozen": [400]}, False),
        ({"frozen": [-1]}, False),
    ],
)
def test_lists_are_read_up_to_their_limits(given, read):
    if read:
        Setup.from_json(given)
    else:
        with pytest.raises(PlaygroundError):
            Setup.from_json(given)


def test_a_refused_set_up_leaves_the_training_as_it_was():
    session = Session()
    session.handle({"type": "hello", "setup": SMALL})
    run = session.run
    ((content, _),) = session.handle({"type": "setup", "setup": {"layers": [{"neurons": 99}]}})
    assert content["type"] == "error"
    assert session.run is run
    session.close()


WEIGHTS = [round(0.1 * k - 0.6, 2) for k in range(13)]  # of 2-3-1


def test_a_run_begins_from_the_weights_of_its_set_up_and_goes_back_to_them():
    session = Session()
    session.handle({"type": "hello", "setup": {**SMALL, "weights": WEIGHTS}})
    assert session.run.view.task.setup.to_json()["weights"] == tuple(WEIGHTS)
    np.testing.assert_allclose(flatten(session.run.view.state.params), WEIGHTS, atol=1e-7)
    session.handle({"type": "step"})
    assert (flatten(session.run.settle().state.params) != np.float32(WEIGHTS)).any()
    training = {"optimizer": "sgd", "learning_rate": 0.5}
    changed = {**SMALL, "weights": WEIGHTS, "training": training}
    assert session.handle({"type": "setup", "setup": changed}) == []  # a rate: it goes on
    assert session.run.settle().state.step == 1
    session.handle({"type": "reset"})
    np.testing.assert_allclose(flatten(session.run.settle().state.params), WEIGHTS, atol=1e-7)
    ((content, _),) = session.handle({"type": "reseed"})
    assert content["setup"]["weights"] is None
    session.close()


def test_the_weights_stay_with_another_point_and_go_with_another_network():
    session = Session()
    session.handle({"type": "hello", "setup": {**SMALL, "weights": WEIGHTS}})
    ((content, _),) = session.handle({"type": "point", "x": 0.5, "y": 0.5, "label": 1})
    assert content["setup"]["weights"] == tuple(WEIGHTS)
    np.testing.assert_allclose(flatten(session.run.settle().state.params), WEIGHTS, atol=1e-7)
    ((content, _),) = session.handle({"type": "point", "x": 0.5, "y": 0.5, "label": 2})
    assert content["setup"]["weights"] is None
    assert content["topology"] == [2, 3, 3]
    session.close()


@pytest.mark.parametrize(
    ("weights", "field"),
    [
        (WEIGHTS[:-1], "weights"),
        ([*WEIGHTS, 0], "weights"),
        ([], "weights"),
        ([0] * 401, "weights"),
        ("0.5", "weights"),
        ([*WEIGHTS[:-1], "1"], "weights[12]"),
        ([*WEIGHTS[:-1], None], "weights[12]"),
        ([float("nan"), *WEIGHTS[1:]], "weights[0]"),
        ([float("inf"), *WEIGHTS[1:]], "weights[0]"),
        ([1e39, *WEIGHTS[1:]], "weights[0]"),
        ([10**400, *WEIGHTS[1:]], "weights[0]"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights, field):
    with pytest.raises(PlaygroundError) as refused:
        make_task(Setup.from_json({**SMALL, "weights": weights}))
    assert refused.value.field == field
    assert refused.value.message["es"] != refused.value.message["en"]


def test_what_is_frozen_in_a_set_up_stands_still_and_is_frozen_again_by_a_reset():
    session = Session()
    session.handle(
        {"type": "hello", "setup": {**SMALL, "weights": WEIGHTS, "frozen": [12, 0, 12, 5.0]}}
    )
    assert session.run.view.task.setup.frozen == (0, 5, 12)
    ((content, arrays),) = session.handle({"type": "frame"})
    assert list(np.flatnonzero(arrays["frozen"])) == [0, 5, 12]
    for _ in range(3):
        session.handle({"type": "step"})
    view = session.run.settle()
    moved = flatten(view.state.params) != np.float32(WEIGHTS)
    assert list(np.flatnonzero(~moved)) == [0, 5, 12]
    assert not view.steered  # the set-up tells all of it
    session.handle({"type": "weight", "layer": 0, "row": 0, "column": 0, "frozen": False})
    assert not session.run.settle().frozen[0]
    session.handle({"type": "reset"})
    assert list(np.flatnonzero(session.run.settle().frozen)) == [0, 5, 12]
    ((content, _),) = session.handle({"type": "reseed"})
    assert content["setup"]["frozen"] == ()
    assert not session.run.settle().frozen.any()
    session.close()


def test_what_is_frozen_needs_no_weights_and_goes_with_another_network():
    session = Session()
    session.handle({"type": "hello", "setup": {**SMALL, "frozen": [1]}})
    before = flatten(session.run.view.state.params)
    session.handle({"type": "step"})
    after = flatten(session.run.settle().state.params)
    assert list(np.flatnonzero(before == after)) == [1]
    ((content, _),) = session.handle({"type": "point", "x": 0.5, "y": 0.5, "label": 1})
    assert content["setup"]["frozen"] == (1,)
    ((content, _),) = session.handle({"type": "point", "x": 0.5, "y": 0.5, "label": 2})
    assert content["setup"]["frozen"] == ()
    session.close()


@pytest.mark.parametrize(
    ("frozen", "field"),
    [
        ([13], "frozen"),  # 2-3-1 has 13, from 0 to 12
        ([0, 399], "frozen"),
        ([400], "frozen[0]"),
        ([0, -1], "frozen[1]"),
        ([0.5], "frozen[0]"),
        ([True], "frozen[0]"),
        (["0"], "frozen[0]"),
        ([None], "frozen[0]"),
        ("0", "frozen"),
        ({"0": True}, "frozen"),
        ([0] * 401, "frozen"),
    ],
)
def test_what_can_not_be_frozen_is_refused(frozen, field):
    with pytest.raises(PlaygroundError) as refused:
        make_task(Setup.from_json({**SMALL, "weights": WEIGHTS, "frozen": frozen}))
    assert refused.value.field == field
    assert refused.value.message["es"] != refused.value.message["en"]


def test_weights_so_large_that_nothing_finite_comes_of_them_break_nothing():
    session = Session()
    session.handle(
        {"type": "hello", "setup": {**SMALL, "weights": [1e30] * 13, "inputs": ["x1", "x2"]}}
    )
    ((content, _),) = session.handle({"type": "frame", "resolution": 5, "neurons": 5})
    assert content["step"] == 0
    session.handle({"type": "step"})
    ((content, _),) = session.handle({"type": "frame", "resolution": 5, "neurons": 5})
    assert content["type"] == "frame"
    session.close()


def test_two_classes_have_one_output_or_two():
    one = make_task(Setup())
    two = make_task(Setup.from_json({"output": {"activation": "softmax"}}))
    assert one.net.topology == (2, 4, 4, 1)
    assert two.net.topology == (2, 4, 4, 2)
    assert two.train.target.shape == (len(two.train.x), 2)
    run = Run(two)
    run.step(200)
    assert run.settle().state.cost < 0.5
    run.close()
