"""The message of the cures: what the page can train of them, and what it is told meanwhile."""

import time
from contextlib import suppress

import pytest

from neurona.doctor.cures import CURES
from neurona.web import cures
from neurona.web.errors import PlaygroundError
from neurona.web.examples import example
from neurona.web.run import Run
from neurona.web.session import Session
from neurona.web.setup import Setup
from neurona.web.task import make_task
from neurona.web.worker import WorkerRun

LESSON = Setup.from_json(
    {
        "data": {"kind": "circles", "n": 60, "test_share": 0.3},
        "layers": [{"neurons": n, "activation": "sigmoid"} for n in (4, 8)],
        "output": {"activation": "sigmoid"},
        "training": {"optimizer": "sgd", "learning_rate": 0.01, "cost": "mse",
                     "initializer": "uniform"},
    }
)  # fmt: skip


def with_cures(*names, setup=LESSON):
    return cures.setup_with(names, setup, cures.case_of_setup(setup, 100))


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(cures, "SECONDS", 2.0)
    monkeypatch.setattr(cures, "STEPS", 100)


@pytest.mark.parametrize("name", ["digits", "memory"])
def test_a_cure_on_images_or_series_keeps_their_layers(name):
    setup = example(name)
    made = with_cures("rate-up", setup=setup)
    assert made["training"]["learning_rate"] > setup.training.learning_rate
    assert made["layers"] == setup.to_json()["layers"]
    assert with_cures("early-stop", setup=setup) is None  # the page has none


def test_a_cure_becomes_the_pages_set_up():
    made = with_cures("orthogonal-weights", "adam-fast", "tanh-hidden")
    assert made["training"]["initializer"] == "orthogonal"
    assert (made["training"]["optimizer"], made["training"]["learning_rate"]) == ("adam", 0.01)
    assert [layer["activation"] for layer in made["layers"]] == ["tanh", "tanh"]
    fewer = with_cures("fewer-neurons")
    assert [layer["neurons"] for layer in fewer["layers"]] == [2, 2]
    assert with_cures() == LESSON.to_json()
    assert with_cures("cost-cross-entropy")["training"]["cost"] == "cross_entropy"
    assert with_cures("rate-up")["training"]["learning_rate"] == pytest.approx(0.1)
    assert with_cures("l2")["training"]["l2"] == 0.001
    assert len(with_cures("more-layers")["layers"]) == 3
    assert with_cures("output-tanh")["output"]["activation"] == "tanh"


@pytest.mark.parametrize("name", ["batch-norm", "zero-biases", "early-stop"])
def test_what_the_page_cannot_train_has_no_set_up(name):
    assert CURES[name].apply(cures.case_of_setup(LESSON, 100)) is not None
    assert with_cures(name) is None


def test_beyond_the_pages_limits_there_is_no_set_up():
    assert with_cures("more-neurons") is None  # 8 would become 32
    given = LESSON.to_json()
    given["layers"][1]["neurons"] = 4
    made = with_cures("more-neurons", setup=Setup.from_json(given))
    assert [layer["neurons"] for layer in made["layers"]] == [16, 16]


def test_each_cures_set_up_is_what_was_tried():
    case = cures.case_of_setup(LESSON, 100)
    for name in CURES:
        changed = CURES[name].apply(case)
        made = None if changed is None else with_cures(name)
        if made is not None:
            again = cures.case_of_setup(Setup.from_json(made), 100)
            pairs = zip(again.net.init(3), changed.net.init(3), strict=True)
            assert all((a.W == b.W).all() and (a.b == b.b).all() for a, b in pairs)


def test_rates_of_layers_and_given_weights_stay():
    given = LESSON.to_json()
    given["layers"][1]["learning_rate"] = 0.5
    setup = Setup.from_json(given)
    made = with_cures("rate-up", setup=setup)
    # All rates grow; the common one is kept, and each layer has its own.
    assert [layer["learning_rate"] for layer in made["layers"]] == pytest.approx([0.1, 5.0])
    count = sum(a.size for layer in make_task(LESSON).net.init(0) for a in layer)
    weights = [0.1 * k for k in range(count)]
    setup = Setup.from_json({**LESSON.to_json(), "weights": weights})
    assert with_cures("rate-up", setup=setup)["weights"] == pytest.approx(weights)
    assert with_cures("orthogonal-weights", setup=setup)["weights"] is None


def test_the_message_in_one_process(short):
    session = Session()
    try:
        session.handle({"type": "hello", "setup": LESSON.to_json()})
        [(content, arrays)] = session.handle({"type": "cures"})
        assert content["type"] == "cures"
        assert content["done"]
        assert content["run"] == 1
        assert content["trials"]
        assert content["trivial_cost"] == pytest.approx(0.25, abs=0.01)
        assert not arrays
        assert all("setup" in trial for trial in content["trials"])
        assert content["sick"]["setup"] == LESSON.to_json()
        assert content["sick"]["costs"]["median"]
    finally:
        session.close()


@pytest.mark.parametrize("trainer", [Run, WorkerRun])
def test_it_can_be_left(trainer):
    run = trainer(make_task(LESSON))
    try:
        make = cures.prepare(run)
        begun = time.monotonic()
        with suppress(PlaygroundError):
            make(lambda: time.monotonic() > begun + 0.5)
        assert time.monotonic() - begun < 5
    finally:
        run.close()


def test_too_little_time_is_an_error(monkeypatch):
    monkeypatch.setattr(cures, "SECONDS", 0.0)
    with pytest.raises(PlaygroundError, match="within 0 seconds"):
        cures.told(LESSON, 100, (), lambda: False)


def test_steps_are_those_of_the_run_only_where_they_are_what_is_wrong():
    class Few:
        kind = "too-few-steps"

    run = Run(make_task(LESSON))
    try:
        run.step(60)
        view = run.settle()
        assert cures.steps_of(view, (Few(),)) == 60
        assert cures.steps_of(view, ()) == cures.STEPS
    finally:
        run.close()
