"""A recording holds what the engine's session says, message for message."""

import gzip
import json
from dataclasses import replace

import numpy as np
import pytest

from neurona.cli import main
from neurona.web.examples import EXAMPLES, example
from neurona.web.recording import Plan, Recording, growing_steps, record
from neurona.web.session import Session
from neurona.web.setup import Setup
from neurona.web.site import MOST_BYTES, plans, variants, write

SMALL = Setup.from_json({"data": {"n": 40}, "layers": [{"neurons": 3}]})
STEPS = (0, 1, 5, 20)


def unpacked(part):
    """Return the messages of a part, each as its content and the bytes after it."""
    rest, messages = gzip.decompress(part), []
    while rest:
        length = int.from_bytes(rest[:4], "little")
        message, rest = rest[4 : 4 + length], rest[4 + length :]
        json_length = int.from_bytes(message[:4], "little")
        messages.append((json.loads(message[4 : 4 + json_length]), message[4 + json_length :]))
    return messages


@pytest.fixture(scope="module")
def recording():
    return record(Plan("small", SMALL, STEPS, dissected=(0, 20), points=(7,)))


def test_the_frames_are_those_of_the_session_at_these_steps(recording):
    frames = unpacked(recording.parts["frames"])
    assert [content["step"] for content, _ in frames] == [*STEPS]
    session = Session()
    session.handle({"type": "hello", "setup": SMALL.to_json()})
    session.run.step(5)
    session.run.settle()
    session.run.step(15)
    session.run.settle()
    ((content, arrays),) = session.handle({"type": "frame", "resolution": 100, "neurons": 34})
    session.close()
    last, data = frames[-1]
    assert last["cost"] == content["cost"]
    place = [one["name"] for one in last["arrays"]].index("surface")
    assert place == 0
    size = arrays["surface"].size
    assert np.array_equal(np.frombuffer(data[:size], np.uint8), arrays["surface"].ravel())


def test_the_first_frame_brings_the_whole_history(recording):
    (first, _), (second, _) = unpacked(recording.parts["frames"])[:2]
    shapes = {one["name"]: one["shape"] for one in first["arrays"]}
    assert shapes["history"][0] == shapes["flows"][0] == len(STEPS)
    assert not {"history", "flows"} & {one["name"] for one in second["arrays"]}


def test_the_head_has_what_a_first_picture_needs(recording):
    kinds = [content["type"] for content, _ in unpacked(recording.parts["head"])]
    assert kinds == ["welcome", "run", "frame"]


def test_the_microscope_holds_every_neuron_of_the_dissected_steps(recording):
    steps = [content for content, _ in unpacked(recording.parts["microscope"])]
    neurons = [(0, 0), (0, 1), (0, 2), (1, 0)]
    assert [(one["at"], one["point"], one["layer"], one["unit"]) for one in steps] == [
        (at, point, *neuron) for at in (0, 3) for point in (None, 7) for neuron in neurons
    ]
    whole = [one for one in steps if "lesson" in one]
    assert len(whole) == 4  # one for each step and point: the rest is the same for every neuron


def test_steps_grow_from_the_first_to_the_last():
    steps = growing_steps(2500, 60)
    assert steps[0] == 0
    assert steps[-1] == 2500
    assert list(steps) == sorted(set(steps))
    assert 50 <= len(steps) <= 62


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_a_valid_set_up(name):
    assert example(name) == Setup.from_json(example(name).to_json())


@pytest.mark.long
def test_the_failure_is_recorded_with_its_cures():
    (plan,) = plans(["gradient"])
    recording = record(replace(plan, steps=(0, 2500), dissected=()))
    setups = [one.setup for one in variants(recording)]
    assert len(setups) == len(set(map(str, setups))) >= 4
    assert any(one.training.initializer == "orthogonal" for one in setups)
    trials = [one for one in recording.answers["cures"]["trials"] if one["setup"]]
    best = min(trials, key=lambda one: (len(one["cures"]), -one["mean"]))
    assert best["setup"] in [one.to_json() for one in setups]


def test_a_failure_is_recorded_with_what_is_tried_and_the_best_that_cured():
    def trial(mean, cured, *cures, **training):
        setup = example("gradient").to_json()
        setup["training"] |= training
        return {"cures": cures, "mean": mean, "cured": cured, "setup": setup if training else None}

    trials = [
        trial(0.7, True, "rate-up", learning_rate=20),
        trial(1.0, True, "two", "of them", learning_rate=30),
        trial(0.9, True, "optimizer", optimizer="adam"),
        trial(0.2, False, "rate-down", learning_rate=0.1),
        trial(0.95, True, "not of the page"),
        trial(0.6, True, "seed", seed=7),
    ]
    recording = Recording(plans(["gradient"])[0], {}, {"cures": {"trials": trials}})
    made = [*variants(recording)]
    assert [one.name for one in made] == [f"gradient-{k}" for k in range(1, len(made) + 1)]
    training = [one.setup.training for one in made]
    assert [one.learning_rate for one in training[-3:]] == [0.5, 5, 20]
    assert [one.optimizer for one in training[-3:]] == ["sgd", "adam", "sgd"]
    assert len({str(one.setup) for one in made}) == len(made)
    plan = replace(plans(["gradient"])[0], name="xor")
    assert [*variants(Recording(plan, {}, {}))] == []


def test_the_site_is_whole_and_small(tmp_path, capsys):
    assert main(["site", str(tmp_path / "site"), "--examples", "xor", "--language", "es"]) == 0
    assert "Abre" in capsys.readouterr().out
    files = {path.name: path for path in (tmp_path / "site").rglob("*") if path.is_file()}
    assert {"index.html", "page.css", "site.js", "catalog.js", "xor.head.js"} <= files.keys()
    recorded = [path for name, path in files.items() if name.startswith("xor.")]
    assert sum(path.stat().st_size for path in recorded) < MOST_BYTES
    assert "://" not in files["index.html"].read_text()


def test_an_unknown_example_is_named(tmp_path):
    with pytest.raises(ValueError, match="no example 'nothing': choose among lesson"):
        write(tmp_path, ["nothing"])
