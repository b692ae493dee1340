"""The message of a sweep: what a page may ask for, and the map that comes, some cells at a time."""

import time
from contextlib import suppress

import numpy as np
import pytest

from neurona.sweeps.networks import Networks
from neurona.sweeps.sweep import _axes
from neurona.web import sweep
from neurona.web.cures import case_of_setup
from neurona.web.errors import PlaygroundError
from neurona.web.session import Session
from neurona.web.setup import Setup

XOR = Setup.from_json(
    {
        "data": {"kind": "circles", "n": 40, "test_share": 0},
        "layers": [{"neurons": 4, "activation": "tanh"}],
        "training": {"optimizer": "sgd", "learning_rate": 0.5, "cost": "mse"},
    }
)


def asked(axes=None, **more):
    axes = [{"name": "learning_rate", "values": [0.001, 1.0, 3.0]}] if axes is None else axes
    return {"setup": XOR.to_json(), "axes": axes, "seeds": 3, "steps": 60, **more}


def test_the_messages_fill_a_map():
    grid = [
        {"name": "learning_rate", "values": {"low": 0.001, "high": 10, "count": 3}},
        {"name": "topology", "values": [[4], [8, 4]]},
    ]
    first, *others = sweep.told(sweep.request_of(asked(grid)))
    assert first["axes"][0]["values"] == (0.001, 0.1, 10.0)
    assert first["axes"][1] == {"name": "topology", "values": ((4,), (8, 4))}
    assert (first["seeds"], first["moments"][-1]) == ((0, 1, 2), 60)
    assert first["below"] == pytest.approx(0.025)
    assert all("axes" not in content for content in others)
    last = others[-1]
    assert (last["state"], last["share"]) == ("done", 1.0)
    cells = [cell for content in (first, *others) for cell in content["cells"]]
    assert {cell["at"] for cell in cells} == {(i, j) for i in range(3) for j in range(2)}
    for cell in cells:
        assert len(cell["costs"]) == 3
        assert np.shape(cell["band"]) == (3, len(first["moments"]))


def test_the_border_is_zoomed_once_the_map_is_whole():
    *before, last = sweep.told(sweep.request_of(asked(steps=400)))
    assert all(content["zoom"] is None for content in before)
    [rates] = last["zoom"]
    assert rates["name"] == "learning_rate"
    assert 0.001 <= rates["values"][0] < rates["values"][-1] <= 3.0
    again = sweep.request_of(asked(last["zoom"]))
    assert again.grid["learning_rate"] == tuple(rates["values"])
    never = [*sweep.told(sweep.request_of(asked([{"name": "depth", "values": [1, 2]}])))]
    assert never[-1]["zoom"] is None


CELLS = [
    {"learning_rate": 0.3},
    {"topology": (3, 5, 2)},
    {"depth": 3, "learning_rate": 0.3},
    {"initializer": "uniform", "activation": "relu"},
    {"batch_size": 7},
    {"batch_size": None, "topology": (4, 4)},
]


@pytest.mark.parametrize(
    ("settings", "optimizer"),
    [
        (settings, optimizer)
        for settings in CELLS
        for optimizer in ("sgd", "adam", "lesson")
        if optimizer != "lesson" or "batch_size" not in settings  # see below
    ],
)
def test_a_cell_opens_as_what_was_trained(settings, optimizer):
    given = XOR.to_json()
    given["layers"] = [{"neurons": 4, "learning_rate": 0.1}, {"neurons": 6}]
    given["training"]["optimizer"] = optimizer
    axes = [{"name": name, "values": [value]} for name, value in settings.items()]
    request = sweep.request_of(asked(axes, setup=given))
    case = case_of_setup(request.setup, 60)
    cell = (0,) * len(axes)
    trained = Networks(case, _axes(request.grid), (5,), "numpy").of(cell, 5)
    made = sweep.setup_from({"setup": given, "settings": settings, "seed": 5})
    opened = case_of_setup(Setup.from_json(made.to_json()), 60)
    assert (opened.net, opened.cost, opened.optimizer) == (
        trained.net, trained.cost, trained.optimizer,
    )  # fmt: skip
    assert (opened.batch_size, opened.seed) == (trained.batch_size, trained.seed)


def test_a_perceptron_grows_layers():
    given = {**XOR.to_json(), "layers": []}
    [last] = [
        *sweep.told(sweep.request_of(asked([{"name": "depth", "values": [2]}], setup=given)))
    ][-1:]
    assert last["state"] == "done"
    made = sweep.setup_from({"setup": given, "settings": {"depth": 2}, "seed": 0})
    assert [layer.neurons for layer in made.layers] == [4, 4]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"axes": []}, "at least"),
        ({"axes": [{"name": "momentum", "values": [1]}]}, "momentum"),
        ({"axes": [{"name": "learning_rate", "values": []}]}, "at least"),
        ({"axes": [{"name": "learning_rate", "values": [-1.0]}]}, "-1"),
        ({"axes": [{"name": "learning_rate", "values": {"low": 10, "high": 1}}]}, "lower one"),
        ({"axes": [{"name": "topology", "values": [[40]]}]}, "40"),
        ({"axes": [{"name": "topology", "values": 4}]}, "a list"),
        ({"axes": ["learning_rate"]}, "learning_rate"),
        ({"axes": [{"name": "activation", "values": ["softmax"]}]}, "softmax"),
        ({"seeds": 21}, "seeds"),
        ({"steps": 0}, "steps"),
        ({"steps": "many"}, "steps"),
        ({"setup": {"layers": 3}}, "layers"),
        (
            {
                "axes": [
                    {"name": "learning_rate", "values": {"count": 24}},
                    {"name": "topology", "values": [[k] for k in range(1, 8)]},
                ]
            },
            "168 cells",
        ),
        ({"axes": [{"name": "learning_rate", "values": {"count": 24}},
                   {"name": "depth", "values": [1, 2, 3, 4]}], "seeds": 20, "steps": 5000},
         "too large"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_in_both_languages(more, says):
    with pytest.raises(PlaygroundError) as raised:
        sweep.request_of(asked(**more))
    assert says in raised.value.message["en"]
    assert raised.value.message["es"]


def test_the_lessons_step_has_one_batch_size():
    given = XOR.to_json()
    given["training"]["optimizer"] = "lesson"
    with pytest.raises(PlaygroundError, match="one batch size"):
        sweep.request_of(asked([{"name": "batch_size", "values": [10]}], setup=given))


def test_a_border_that_is_everywhere_is_looked_at_between_the_values():
    grid = [{"name": "learning_rate", "values": [0.001, 3.0]}]
    *_, last = sweep.told(sweep.request_of(asked(grid, steps=400)))
    [rates] = last["zoom"]
    assert rates["values"] == [0.001, pytest.approx(0.05477), 3.0]


def test_a_late_sweep_ends_with_what_is_there(monkeypatch):
    monkeypatch.setattr(sweep, "SECONDS", 0.0)
    *_, last = sweep.told(sweep.request_of(asked()))
    assert last["state"] == "late"
    assert last["share"] < 1
    assert last["zoom"] is None


def test_it_can_be_left():
    begun = time.monotonic()
    request = sweep.request_of(asked(steps=5000))
    with suppress(PlaygroundError):
        for _ in sweep.apart_from(request, lambda: time.monotonic() > begun + 0.3):
            pass
    assert time.monotonic() - begun < 5


def test_a_session_gives_the_set_up_of_a_cell_and_trains_it_from_its_beginning_to_a_step():
    session = Session()
    try:
        session.handle({"type": "hello", "setup": XOR.to_json()})
        session.run.step(5)
        cell = {"setup": XOR.to_json(), "settings": {"learning_rate": 2.0}, "seed": 0}
        [(content, _)] = session.handle({"type": "sweep_cell", **cell})
        setup = content["setup"]
        assert setup["training"]["learning_rate"] == 2.0
        # Another rate alone would go on from step 5.
        [(run, _)] = session.handle({"type": "setup", "setup": setup, "fresh": True})
        assert run["restarted"]
        assert session.run.settle().state.step == 0
        assert session.handle({"type": "play", "until": 90}) == []
        deadline = time.monotonic() + 20
        while session.run.settle().playing and time.monotonic() < deadline:
            time.sleep(0.01)
        assert session.run.settle().state.step == 90
        session.handle({"type": "undo"})
        view = session.run.settle()
        assert (view.state.step, view.task.setup.training.learning_rate) == (5, 0.5)
    finally:
        session.close()
