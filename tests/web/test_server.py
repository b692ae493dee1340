"""Pages at the server: their sessions, how they come back, and what makes no sense."""

import json
import threading
import time
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.websockets import WebSocketDisconnect

from neurona.web import cures, server, sweep
from tests.support.talking import ORIGIN, Talker, joined


def test_a_talk_from_hello_to_a_frame(socket):
    run, arrays = socket.hello({"data": {"kind": "spirals", "arms": 3, "n": 60}})
    assert run["topology"] == [2, 4, 4, 3]
    assert run["classes"] == 3
    assert arrays["points"].shape == (60, 2)
    assert arrays["points"].dtype == np.float32
    frame, arrays = socket.ask(type="frame", resolution=20, neurons=10)
    assert frame["step"] == 0
    assert arrays["surface"].shape == (3, 20, 20)
    assert arrays["neurons"].shape == (2 + 4 + 4 + 3, 10, 10)
    assert arrays["parameters"].shape == (run["parameters"],)
    assert arrays["confusion"].sum() == 18  # the test's points


def test_a_frame_comes_when_there_is_something_new(socket):
    socket.hello()
    socket.ask(type="frame", resolution=10)
    socket.say(type="frame", resolution=10)  # nothing is new: no answer yet
    socket.say(type="step")
    frame, _ = socket.handle()
    assert frame["step"] == 1


def test_two_frames_may_be_asked_for_at_once_and_each_is_answered(socket):
    socket.hello()
    socket.say(type="frame", resolution=10)
    socket.say(type="frame", resolution=12)
    assert socket.handle()[1]["surface"].shape == (1, 10, 10)
    socket.say(type="step")
    frame, arrays = socket.handle()
    assert (frame["step"], arrays["surface"].shape) == (1, (1, 12, 12))


def test_requests_for_many_frames_at_once_are_limited(socket):
    socket.hello()
    for _ in range(100):
        socket.say(type="frame", resolution=10)
    for _ in range(5):
        socket.say(type="step")
    socket.say(type="hello", setup=None)
    answers = []
    while not answers or answers[-1] != "welcome":
        answers.append(socket.handle()[0]["type"])
    assert 1 <= answers.count("frame") <= 6


def test_it_trains_between_frames_until_it_is_paused(socket):
    socket.hello()
    socket.say(type="play")
    steps = []
    while not steps or steps[-1] < 200:
        steps.append(socket.ask(type="frame", resolution=10)[0]["step"])
    assert steps == sorted(steps)
    socket.say(type="pause")
    while (frame := socket.ask(type="frame", resolution=10)[0])["playing"]:
        pass
    assert frame["step"] >= 200


@pytest.fixture
def rooms(monkeypatch):
    """Return the list of rooms that applications have made."""
    made = []

    class Room(server.Sockets):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr(server, "Sockets", Room)
    return made


def until(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_page_that_does_not_come_back_is_forgotten_and_its_training_ends(rooms, monkeypatch):
    monkeypatch.setattr(server, "REST_SECONDS", 0.0)
    monkeypatch.setattr(server, "KEEP_SECONDS", 0.1)
    with joined() as client:
        with client.websocket_connect("/socket", headers=ORIGIN) as socket:
            talker = Talker(socket)
            talker.hello()
            talker.say(type="play")
            talker.ask(type="frame", resolution=10)
            (page,) = rooms[0].pages.values()
            process = page.session.run._process
            assert process.is_alive()
        process.join(timeout=5)
        assert not process.is_alive()
        assert not rooms[0].open
        assert not rooms[0].pages


# A page that comes back


def test_a_page_that_is_loaded_again_joins_its_training(rooms):
    with joined() as client:
        connect = partial(client.websocket_connect, "/socket", headers=ORIGIN)
        with connect() as socket:
            talker = Talker(socket)
            talker.say(type="hello", setup={"data": {"n": 40}})
            welcome, (run, _) = talker.handle()[0], talker.handle()
            for _ in range(3):
                talker.say(type="step")
            talker.say(type="play")
            while talker.ask(type="frame", resolution=10)[0]["step"] < 20:
                pass
        until(lambda: not rooms[0].open)
        with connect() as socket:
            talker = Talker(socket)
            talker.say(type="hello", setup=run["setup"], resume=welcome["session"])
            again, (same, _) = talker.handle()[0], talker.handle()
            assert (again["session"], again["joined"]) == (welcome["session"], True)
            assert (same["run"], same["setup"]) == (run["run"], run["setup"])
            frame, arrays = talker.ask(type="frame", resolution=10)
            assert frame["playing"]
            assert frame["step"] >= 20
            assert arrays["history"][0, 0] == 0
            assert len(arrays["history"]) > 3
        # With another link it begins anew, and undo leads back.
        until(lambda: not rooms[0].open)
        with connect() as socket:
            talker = Talker(socket)
            talker.say(type="hello", setup={"data": {"kind": "xor"}}, resume=welcome["session"])
            talker.handle()
            other = talker.handle()[0]
            assert (other["setup"]["data"]["kind"], other["restarted"]) == ("xor", True)
            assert talker.ask(type="undo")[0]["setup"] == run["setup"]
            assert talker.ask(type="frame", resolution=10)[0]["step"] >= 20


def test_a_tab_that_is_copied_gets_a_training_of_its_own_and_a_lost_page_its_own_back(rooms):
    with joined() as client:
        connect = partial(client.websocket_connect, "/socket", headers=ORIGIN)
        with connect() as first, connect() as copy, connect() as again:
            pages = [Talker(one) for one in (first, copy, again)]
            pages[0].say(type="hello", setup=None)
            key = pages[0].handle()[0]["session"]
            pages[0].handle()
            pages[0].say(type="step")
            pages[0].ask(type="microscope", layer=0, unit=0)
            pages[1].say(type="hello", setup=None, resume=key)
            assert pages[1].handle()[0]["session"] != key
            pages[2].say(type="hello", setup=None, resume=key, again=True)
            assert pages[2].handle()[0]["session"] == key
            pages[2].handle()
            assert pages[2].ask(type="microscope", layer=0, unit=0)[0]["step"] == 1
            with pytest.raises(WebSocketDisconnect):
                first.receive_bytes()
        until(lambda: not rooms[0].open)
        assert len(rooms[0].pages) == 2


def test_a_training_rests_while_nobody_looks(rooms, monkeypatch):
    monkeypatch.setattr(server, "REST_SECONDS", 0.0)
    with joined() as client:
        connect = partial(client.websocket_connect, "/socket", headers=ORIGIN)
        with connect() as socket:
            talker = Talker(socket)
            talker.say(type="hello", setup=None)
            key = talker.handle()[0]["session"]
            talker.handle()
            talker.say(type="play")
            talker.ask(type="frame", resolution=10)
            (page,) = rooms[0].pages.values()
        until(lambda: page._rests)
        step = page.session.run.settle().state.step
        time.sleep(0.1)
        assert page.session.run.settle().state.step == step
        with connect() as socket:
            talker = Talker(socket)
            talker.say(type="hello", setup=None, resume=key)
            talker.handle(), talker.handle()
            while not (frame := talker.ask(type="frame", resolution=10)[0])["playing"]:
                pass
            assert frame["step"] >= step


def test_pages_that_have_left_make_room(rooms):
    with joined(most=2) as client:
        keys = []
        for _ in range(4):
            with client.websocket_connect("/socket", headers=ORIGIN) as socket:
                talker = Talker(socket)
                talker.say(type="hello", setup={"data": {"n": 20}, "layers": []})
                keys.append(talker.handle()[0]["session"])
                talker.handle()
            until(lambda: not rooms[0].open)
        assert list(rooms[0].pages) == keys[-2:]


# Wrong input


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", '"play"', "1e999", "NaN", '{"type": 3}', '{"type": "_begin"}',
     '{"type": "close"}', '{"type": "frame", "resolution": 1e9}', '{"type": ["play"]}',
     "[" * 100_000],
)  # fmt: skip
def test_an_invalid_message_is_answered_and_the_session_continues(socket, text):
    socket.hello()
    socket.socket.send_text(text)
    content, _ = socket.handle()
    assert content["type"] == "error"
    assert content["message"]["en"]
    assert content["message"]["es"]
    assert socket.ask(type="microscope", layer=0, unit=0)[0]["type"] == "microscope"


def test_too_long_a_message_ends_the_talk(socket):
    socket.hello()
    longest = '{"type": "fly"}'.ljust(server.MOST_BYTES)
    socket.socket.send_text(longest)
    assert socket.handle()[0]["code"] == "message"
    socket.socket.send_text(" " * (server.MOST_BYTES + 1))
    with pytest.raises(WebSocketDisconnect) as closed:
        socket.socket.receive_bytes()
    assert closed.value.code == server.TOO_BIG


def test_too_many_pages_are_refused():
    known = joined(most=2)
    connect = partial(known.websocket_connect, "/socket", headers=ORIGIN)
    with known, connect() as first, connect() as second:
        Talker(first).hello()
        Talker(second).hello()
        with connect() as third:
            content, _ = Talker(third).handle()
            assert content["code"] == "full"
            assert "neurona play --most 4" in content["message"]["es"]
            with pytest.raises(WebSocketDisconnect) as closed:
                third.receive_bytes()
            assert closed.value.code == server.TRY_AGAIN


def test_a_page_that_names_no_size_gets_the_usual_frame(socket):
    socket.hello({"layers": []})
    _, arrays = socket.ask(type="frame")
    assert arrays["surface"].shape == (1, 100, 100)
    assert arrays["neurons"].shape == (3, 34, 34)  # every third point


@pytest.mark.parametrize(("name", "most"), [("resolution", 150), ("neurons", 60)])
def test_a_frame_has_limits(socket, name, most):
    socket.hello({"data": {"n": 20}, "layers": []})
    for size, kind in ((1, "error"), (2, "frame"), (most, "frame"), (most + 1, "error")):
        socket.say(type="step")  # a frame waits for something new
        assert socket.ask(type="frame", **{name: size})[0]["type"] == kind


def test_a_silent_page_is_let_go(known, monkeypatch):
    monkeypatch.setattr(server, "IDLE_SECONDS", 0.05)
    with known.websocket_connect("/socket", headers=ORIGIN) as silent:
        Talker(silent).hello()
        with pytest.raises(WebSocketDisconnect) as closed:
            silent.receive_bytes()
        assert closed.value.code == server.POLICY_VIOLATION
        assert closed.value.reason == "nothing was said for half an hour"


def test_a_page_that_says_no_hello_is_let_go(known, monkeypatch):
    monkeypatch.setattr(server, "HELLO_SECONDS", 0.3)
    with known.websocket_connect("/socket", headers=ORIGIN) as silent:
        page = Talker(silent)
        for kind in ("frame", "play"):
            assert page.ask(type=kind)[0]["code"] == "hello"
        with pytest.raises(WebSocketDisconnect) as closed:
            silent.receive_bytes()
        assert closed.value.code == server.POLICY_VIOLATION
        assert "hello was not said" in closed.value.reason


def test_a_training_that_does_not_answer_is_not_taken_for_a_silent_page(socket, monkeypatch):
    socket.hello()

    def busy(*_):
        raise TimeoutError

    monkeypatch.setattr(server.WorkerRun, "settle", busy)
    content, _ = socket.ask(type="microscope", layer=0, unit=0)
    assert (content["type"], content["code"]) == ("error", "training")
    assert content["message"]["es"].startswith("El entrenamiento no responde")
    monkeypatch.undo()
    assert socket.ask(type="microscope", layer=0, unit=0)[0]["type"] == "microscope"


def test_each_page_is_told_of_its_own_process_at_once(known, monkeypatch):
    runs = []

    class Worker(server.WorkerRun):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            runs.append(self)

    monkeypatch.setattr(server, "WorkerRun", Worker)
    connect = partial(known.websocket_connect, "/socket", headers=ORIGIN)
    with connect() as first, connect() as second:
        pages = [Talker(first), Talker(second)]
        for page in pages:
            page.hello()
            page.say(type="step")
            page.ask(type="microscope", layer=0, unit=0)
        for run, page in zip(runs, pages, strict=True):
            run._process.kill()
            content, _ = page.handle()  # nothing was asked
            assert (content["type"], content["code"]) == ("error", "ended")
            assert "goes on from step 1" in content["message"]["en"]
            assert page.ask(type="microscope", layer=0, unit=0)[0]["step"] == 1
            page.say(type="step")
            page.say(type="frame", resolution=10)
            while (frame := page.handle()[0])["step"] < 2:
                page.say(type="frame", resolution=10)
            assert frame["type"] == "frame"


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
types = st.sampled_from(
    ["hello", "setup", "point", "weight", "speed", "seek", "microscope", "frame", "branch", "reset"]
)
keys = st.sampled_from(
    ["setup", "x", "y", "label", "layer", "row", "column", "value", "frozen", "index",
     "resolution", "neurons", "steps_per_second", "point", "unit"]
)  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(types, st.dictionaries(keys, anything, max_size=5))
def test_no_message_breaks_a_conversation(kind, rest):
    from neurona.web.session import Session

    session = Session()
    try:
        session.handle({"type": "hello", "setup": {"data": {"n": 20}}})
        for content, _ in session.handle({"type": kind, **rest}):
            json.dumps(content, allow_nan=False)
        assert session.handle({"type": "frame"})[0][0]["type"] == "frame"
    finally:
        session.close()


def test_cures_are_proved_while_frames_go_on_and_a_newer_question_replaces_an_older(
    socket, monkeypatch
):
    monkeypatch.setattr(cures, "SECONDS", 3.0)
    monkeypatch.setattr(cures, "STEPS", 200)
    slow = {"training": {"optimizer": "sgd", "learning_rate": 1e-4}}
    socket.hello(slow)
    socket.say(type="cures")
    socket.say(type="cures")
    socket.say(type="frame")
    kinds, told = [], []
    while not (told and told[-1].get("done")):
        content, _ = socket.handle()
        assert content["type"] in ("frame", "cures"), content
        kinds.append(content["type"])
        if content["type"] == "cures":
            told.append(content)
    assert kinds[0] == "frame"
    assert all(0 < one["share"] < 1 for one in told[:-1])
    assert [one["done"] for one in told].count(True) == 1
    assert told[-1]["trials"]


SMALL_MAP = {
    "type": "sweep",
    "setup": {"data": {"n": 40}},
    "axes": [
        {"name": "learning_rate", "values": [0.001, 0.1]},
        {"name": "depth", "values": [1, 2]},
    ],
    "seeds": 2,
    "steps": 20,
}


def test_a_map_fills_while_frames_go_on(socket):
    socket.hello()
    socket.say(**SMALL_MAP, asked=7)
    socket.say(type="frame")
    told, kinds = [], set()
    while not (told and told[-1]["state"] == "done"):
        content, _ = socket.handle()
        kinds.add(content["type"])
        if content["type"] == "sweep":
            told.append(content)
    assert kinds == {"sweep", "frame"}
    assert told[0]["state"] == "waiting"
    assert {content["sweep"] for content in told} == {7}
    assert sum(len(content.get("cells", ())) for content in told) >= 4


def test_a_map_is_one_at_a_time_and_can_be_stopped(socket):
    socket.hello()
    large = {**SMALL_MAP, "seeds": 20, "steps": 5000}
    socket.say(**large, asked=1)
    socket.say(**SMALL_MAP, asked=2)  # takes its place
    done = None
    while done is None:
        content, _ = socket.handle()
        if content.get("sweep") == 2 and content["state"] == "done":
            done = content
    socket.say(**large, asked=3)
    socket.say(type="stop_sweep")
    before = time.monotonic()
    told, _ = socket.ask(type="sweep", asked=4, axes=[])  # says what is wrong, of no map
    while told["type"] != "error":
        assert told["sweep"] == 3
        told, _ = socket.handle()
    assert told["sweep"] == 4
    assert "axes" in told["message"]["en"]
    assert time.monotonic() - before < 10


def test_a_map_ends_with_its_page(known, monkeypatch):
    began, left = threading.Event(), threading.Event()

    def slow(request, stop):
        began.set()
        while not stop():
            time.sleep(0.01)
        left.set()
        return iter(())

    monkeypatch.setattr(sweep, "apart_from", slow)
    with known.websocket_connect("/socket", headers=ORIGIN) as other:
        talker = Talker(other)
        talker.hello()
        talker.say(**SMALL_MAP, asked=1)
        assert began.wait(20)
    assert left.wait(20)
