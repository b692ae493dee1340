"""The server: who may speak to it, and what it answers to what makes no sense."""

import gzip
import json
import struct
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from neurona.web import cures, links, server, sweep
from neurona.web.security import COOKIE
from neurona.web.server import application

TOKEN = "a-token-of-this-test"
HOST = "127.0.0.1:8000"
ORIGIN = {"origin": f"http://{HOST}", "host": HOST}


def decoded(message):
    """Read a binary message as the page does."""
    (length,) = struct.unpack_from("<I", message)
    content = json.loads(message[4 : 4 + length])
    at, arrays = 4 + length, {}
    assert at % 8 == 0
    for one in content.pop("arrays"):
        count = int(np.prod(one["shape"]))
        arrays[one["name"]] = np.frombuffer(message, one["dtype"], count, at).reshape(one["shape"])
        at += -(-arrays[one["name"]].nbytes // 8) * 8
    assert at == len(message)
    return content, arrays


@pytest.fixture
def client():
    with TestClient(application(TOKEN, {HOST}), base_url=f"http://{HOST}") as client:
        yield client


@pytest.fixture
def known(client):
    client.cookies.set(COOKIE, TOKEN)
    return client


@pytest.fixture
def socket(known):
    with known.websocket_connect("/socket", headers=ORIGIN) as socket:
        yield Talker(socket)


class Talker:
    def __init__(self, socket):
        self.socket = socket

    def say(self, **message):
        self.socket.send_text(json.dumps(message))

    def handle(self):
        return decoded(self.socket.receive_bytes())

    def ask(self, **message):
        self.say(**message)
        return self.handle()

    def hello(self, setup=None):
        self.say(type="hello", setup=setup)
        welcome, (run, arrays) = self.handle()[0], self.handle()
        assert (welcome["type"], run["type"]) == ("welcome", "run")
        return run, arrays


# Who may speak to it


def test_the_token_is_exchanged_for_a_cookie_and_leaves_the_address(client):
    answer = client.get(f"/?token={TOKEN}", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"neurona-8000={TOKEN};")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


@pytest.mark.parametrize("path", ["/", "/static/page.js", "/anything"])
def test_without_the_cookie_nothing_is_answered(client, path):
    assert client.get(path).status_code == 403
    client.cookies.set(COOKIE, TOKEN[:-1])
    assert client.get(path).status_code == 403


@pytest.mark.parametrize(
    "token",
    ["another", TOKEN[:-1], TOKEN[:1], TOKEN[1:], TOKEN + "x", TOKEN.upper(), TOKEN + "%00"],
)
def test_a_wrong_token_gives_no_cookie(client, token):
    answer = client.get(f"/?token={token}", follow_redirects=False)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("cookie", [TOKEN[:-1], TOKEN[1:], TOKEN + "x", TOKEN.upper(), '""'])
def test_a_cookie_that_is_only_like_the_token_opens_no_socket(client, cookie):
    client.cookies.set(COOKIE, cookie)
    assert client.get("/").status_code == 403
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/socket", headers=ORIGIN):
        pass


def test_a_host_is_known_in_either_case():
    app = application(TOKEN, {"Localhost:8000"})
    with TestClient(app, base_url="http://localhost:8000", cookies={COOKIE: TOKEN}) as client:
        for host in ("localhost:8000", "LOCALHOST:8000", "LocalHost:8000"):
            assert client.get("/", headers={"host": host}).status_code == 200
            headers = {"host": host, "origin": f"http://{host}"}
            with client.websocket_connect("/socket", headers=headers) as socket:
                Talker(socket).hello()
        assert client.get("/", headers={"host": "LOCALHOST:8001"}).status_code == 400


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:8001", "", "a:b@" + HOST])
def test_another_host_is_refused(known, host):
    assert known.get("/", headers={"host": host}).status_code == 400
    with (
        pytest.raises(WebSocketDisconnect),
        known.websocket_connect("/socket", headers={**ORIGIN, "host": host}),
    ):
        pass


def test_every_port_has_its_cookie_and_other_cookies_do_not_matter(client):
    others = 'theirs={"a": [1, 2]}; neurona-8001=another; ='
    for name in ("neurona-8000", "neurona"):  # scripts may send it without the port
        headers = {"cookie": f"{others}; {name}={TOKEN}"}
        assert client.get("/", headers=headers).status_code == 200
    headers = {"cookie": f"neurona-8001={TOKEN}"}
    assert client.get("/", headers=headers).status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("origin", [None, "http://evil.example", "http://127.0.0.1:9000", "null"])
def test_another_origin_cannot_post_with_our_cookie(known, method, origin):
    headers = {} if origin is None else {"origin": origin}
    for path in ("/", "/socket", "/static/page.js"):
        assert known.request(method, path, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "", f"https://{HOST}", f"http://{HOST}.evil.example"]
)
def test_a_socket_from_another_origin_is_refused(known, origin):
    with (
        pytest.raises(WebSocketDisconnect),
        known.websocket_connect("/socket", headers={**ORIGIN, "origin": origin}),
    ):
        pass


def test_a_socket_without_origin_or_cookie_is_refused(client):
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/socket", headers=ORIGIN):
        pass
    client.cookies.set(COOKIE, TOKEN)
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/socket", headers={"host": HOST}),
    ):
        pass


def test_every_answer_has_a_strict_policy_and_no_cors(known):
    for answer in (known.get("/"), known.get("/nothing")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_nothing_outside_of_the_static_files_is_served(known):
    for path in ("/static/../server.py", "/static/%2e%2e/server.py", "/static//etc/passwd"):
        assert known.get(path).status_code == 404


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline():
    page = (Path(server.PAGE) / "index.html").read_text()
    assert "http" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count('<script type="module" src="/static/')


@pytest.mark.parametrize("name", ["page", "widget"])
def test_what_is_loaded_weighs_at_most_150_kb(name):
    files = [Path(server.STATIC) / f"{name}.{kind}" for kind in ("js", "css")]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= 150_000


# A session


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


def joined(**options):
    """Return a client that knows the token, of a server of its own."""
    app = application(TOKEN, {HOST}, **options)
    return TestClient(app, base_url=f"http://{HOST}", cookies={COOKIE: TOKEN})


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


# A class


def test_a_short_link_lets_in_and_leads_to_what_the_teacher_has_prepared(client):
    client.cookies.set(COOKIE, TOKEN)
    with client.websocket_connect("/socket", headers=ORIGIN) as socket:
        talker = Talker(socket)
        talker.hello()
        desk, _ = talker.ask(type="class", keep=True, fragment="#hide=csv&goal=cost:0.01")
        assert (desk["inside"], desk["most"], desk["addresses"]) == (1, 64, [])
        changed, _ = talker.ask(type="class", keep=True, fragment="#hide=inputs")
        assert changed["short"] == desk["short"]  # the board's link stays
        assert changed["long"].endswith(f"/?token={TOKEN}#hide=inputs")
        path = desk["short"].removeprefix("http://127.0.0.1")
        client.cookies.clear()
        for written in (path, path.upper().replace("/C/", "/c/"), f"{path[:7]}-{path[7:]}"):
            answer = client.get(written, follow_redirects=False)
            assert answer.status_code == 303
            assert answer.headers["location"] == "/#hide=inputs"
            assert "neurona-8000" in answer.headers["set-cookie"]
            client.cookies.clear()
        for wrong in (path[:-1], path + "x", "/c/", "/c/" + "2" * 8):
            assert client.get(wrong, follow_redirects=False).status_code == 403


@pytest.mark.parametrize(
    "fragment", [None, 5, "#a b", "#\r\nset-cookie: x", "//evil.example", "#é"]
)
def test_a_link_leads_nowhere_else(client, fragment):
    client.cookies.set(COOKIE, TOKEN)
    with client.websocket_connect("/socket", headers=ORIGIN) as socket:
        talker = Talker(socket)
        talker.hello()
        desk, _ = talker.ask(type="class", keep=True, fragment=fragment)
        path = desk["short"].removeprefix("http://127.0.0.1")
        assert client.get(path, follow_redirects=False).headers["location"] == "/#"
        too_long, _ = talker.ask(type="class", keep=True, fragment="#" + "a" * 200_000)
        assert too_long["code"] == "class"


def test_a_qr_code_is_read_as_the_short_link():
    cv2 = pytest.importorskip("cv2")
    pytest.importorskip("segno")
    link = "http://192.168.100.200:58080/c/k7f2m9qa"
    rows = np.array([[int(one) for one in row] for row in links.qr_rows(link)], np.uint8)
    picture = np.kron(np.pad(1 - rows, 4, constant_values=1), np.full((8, 8), 255, np.uint8))
    assert cv2.QRCodeDetector().detectAndDecode(picture.astype(np.uint8))[0] == link


@pytest.mark.parametrize(
    ("accepted", "said", "not_said"),
    [
        ("es-ES,es;q=0.9,en;q=0.8", "Este enlace ya no vale", "no longer valid"),
        ("en-GB,en;q=0.9", "This link is no longer valid", "ya no vale"),
        ("de", "This link is no longer valid", "-"),
        ("de", "Este enlace ya no vale", "-"),
    ],
)
def test_a_wrong_token_gets_a_page_in_the_language_of_the_reader(client, accepted, said, not_said):
    for path in ("/?token=another", "/c/22222222"):
        answer = client.get(path, headers={"accept-language": accepted})
        assert answer.status_code == 403
        assert answer.headers["content-type"].startswith("text/html")
        assert said in answer.text
        assert f"{not_said}<" not in answer.text
        assert "unsafe" not in answer.headers["content-security-policy"]
    assert "necesita su enlace" in client.get("/", headers={"accept-language": "es"}).text


# What makes no sense


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
