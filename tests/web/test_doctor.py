"""The doctor on the page: a sentence in each frame, and the findings of a run."""

import json
import time

from neurona.web.doctor import Speaker
from neurona.web.session import Session

DEEP = {
    "layers": [{"neurons": n, "activation": "sigmoid"} for n in (4, 8, 16, 8, 4)],
    "training": {
        "initializer": "uniform", "optimizer": "sgd", "learning_rate": 5, "cost": "mse", "seed": 1,
    },
}  # fmt: skip


def stepped(session, steps):
    session.run.step(steps)
    session.run.settle()
    return session


def said(session):
    [(content, _)] = session.handle({"type": "frame"})
    return content["sentence"]


def examined(session):
    [(content, _)] = session.handle({"type": "doctor"})
    json.dumps(content, allow_nan=False)
    return content


def test_each_frame_says_what_is_happening(session_of):
    session = session_of(DEEP)
    first = said(session)
    assert first["kind"] is None
    assert first["en"].startswith("Press Train")
    assert first["es"].startswith("Pulsa Entrenar")
    session.run.step(400)
    session.run.settle()
    then = said(session)
    assert (then["kind"], then["tone"]) == ("fading-signal", "bad")
    assert "(0.2500)" in then["en"]
    assert "(0,2500)" in then["es"]


def test_the_doctor_finds_why_the_lessons_network_does_not_learn(session_of):
    found = examined(stepped(session_of(DEEP), 600))
    assert (found["type"], found["healthy"], found["run"]) == ("doctor", False, 1)
    assert found["steps"] == 600
    assert found["seconds"] < 2
    first = found["findings"][0]
    assert first["kind"] == "fading-signal"
    assert first["value"] > first["threshold"]
    assert first["measure"]["es"].startswith("Señal")
    assert set(first["text"]) == {"en", "es"}
    assert "orthogonal-weights" in first["cures"]


def test_the_default_run_is_healthy(session_of):
    session = stepped(session_of(None), 1000)
    found = examined(session)
    assert found["healthy"]
    assert found["findings"] == []
    assert said(session)["tone"] == "good"


def test_a_run_that_has_not_begun_is_trained_for_the_doctor(session_of):
    session = session_of(None)
    found = examined(session)
    assert found["healthy"]
    assert found["steps"] == 1000
    assert session.run.view.state.step == 0


def test_a_rate_that_diverges(session_of):
    setup = {
        "data": {"kind": "wave"},
        "training": {"optimizer": "sgd", "learning_rate": 100},
        "layers": [{"neurons": 8, "activation": "relu"}, {"neurons": 8, "activation": "relu"}],
    }
    session = stepped(session_of(setup), 300)
    if session.run.view.diverged is not None:
        assert said(session)["kind"] == "diverged"
    kinds = [one["kind"] for one in examined(session)["findings"]]
    assert "rate-too-high" in kinds


def test_a_branch_and_a_batch_are_examined_too(session_of):
    setup = {"training": {"batch_size": 20, "optimizer": "adam"}}
    session = stepped(session_of(setup), 100)
    session.run.seek(5)
    session.run.branch()
    session.run.step(50)
    session.run.settle()
    assert examined(session)["type"] == "doctor"


def test_nobody_is_examined_before_hello():
    [(content, _)] = Session().handle({"type": "doctor"})
    assert (content["type"], content["code"]) == ("error", "hello")


def test_a_sentence_stays_while_it_is_read(session_of):
    session = stepped(session_of(None), 5)
    session.run.play()
    session.run.settle()
    speaker = Speaker(session.run.task)
    first = speaker.say(session.run.view)
    began = time.process_time()
    again = [speaker.say(session.run.view) for _ in range(50)]
    assert time.process_time() - began < 0.5
    assert first["en"] in [one["en"] for one in again]
