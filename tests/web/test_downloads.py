"""Downloads: files of what is on the screen, made while everything else goes on."""

import io
import json
import re
import sys
import threading
import time
from functools import partial

import nbformat
import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from neurona.engine.parameters import flatten
from neurona.files.network import read
from neurona.web import downloads
from neurona.web.run import Run
from neurona.web.security import COOKIE
from neurona.web.server import application
from neurona.web.session import Session
from neurona.web.setup import KINDS, LAYERS
from neurona.web.worker import WorkerRun

SMALL = {"data": {"n": 40}, "layers": [{"neurons": 3}]}
OWN = [[0, 0, 0], [1, 1, 1], [0, 1, 2], [1, 0, 0], [-1, 0, 1], [2, 1, 2]]
TOKEN, HOST = "a-token-of-this-test", "127.0.0.1:8000"


@pytest.fixture
def session(session_of):
    session = session_of(SMALL)
    for _ in range(9):
        session.handle({"type": "step"})
    return session


def taken(session, what, language="en"):
    ((content, arrays),) = session.handle({"type": "download", "what": what, "language": language})
    assert (content["type"], content["what"]) == ("file", what)
    assert arrays["bytes"].dtype == np.uint8
    return content, arrays["bytes"].tobytes()


def model_of(data, folder):
    path = folder / "model.safetensors"
    path.write_bytes(data)
    return read(path)


def test_the_code_runs_and_finds_what_is_shown(session, tmp_path, monkeypatch):
    content, data = taken(session, "code")
    assert (content["name"], content["mime"]) == ("playground.py", "text/x-python")
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(data.decode(), names)
    view = session.run.view
    np.testing.assert_allclose(flatten(names["params"]), flatten(view.state.params), rtol=1e-4)
    assert names["state"].cost == pytest.approx(view.state.cost, rel=1e-4)


def test_the_code_is_of_what_is_shown_when_it_is_asked_for(session):
    make = session.prepare({"type": "download", "what": "code", "language": "es"})
    for _ in range(3):
        session.handle({"type": "step"})
    ((_, arrays),) = make()
    assert "paso 9" in arrays["bytes"].tobytes().decode()


def test_the_notebook_is_valid_and_in_the_language(session):
    content, data = taken(session, "notebook", "es")
    assert content["name"] == "neurona.ipynb"
    nbformat.validate(nbformat.reads(data.decode(), as_version=4))
    assert "Ejecuta las celdas" in data.decode()


def test_the_downloaded_model_predicts_as_the_page_does(session, tmp_path):
    content, data = taken(session, "model")
    assert content["name"] == "neurona.safetensors"
    model = model_of(data, tmp_path)
    task, params = session.run.task, session.run.view.state.params
    X = task.features(task.points)
    np.testing.assert_array_equal(model.net.predict(model.params, X), task.net.predict(params, X))
    assert model.cost == task.cost
    assert model.notes["step"] == 9
    assert model.notes["inputs"] == ["x1", "x2"]
    assert model.notes["setup"]["data"]["n"] == 40


def test_the_model_file_notes_what_is_frozen(session, tmp_path):
    assert model_of(taken(session, "model")[1], tmp_path).notes["frozen"] == []
    session.handle({"type": "weight", "layer": 1, "row": -1, "column": 0, "frozen": True})
    assert model_of(taken(session, "model")[1], tmp_path).notes["frozen"] == [12]


def test_a_moment_gone_back_to_is_what_is_taken(session, tmp_path):
    session.handle({"type": "seek", "index": 4})
    assert model_of(taken(session, "model")[1], tmp_path).notes["step"] == 4
    with Image.open(io.BytesIO(taken(session, "gif")[1])) as film:
        assert film.n_frames == 5


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in LAYERS])
def test_every_data_set_of_points_has_a_film(kind, session_of):
    setup = {**SMALL, "data": {"kind": kind, "n": 40, "points": OWN}, "inputs": ["x2", "x1*x2"]}
    session = session_of(setup)
    content, data = taken(session, "gif")
    with Image.open(io.BytesIO(data)) as film:
        assert (film.format, film.n_frames, film.size) == ("GIF", 1, (900, 420))
    for _ in range(4):
        session.handle({"type": "step"})
    content, data = taken(session, "gif", "es")
    assert (content["name"], content["mime"]) == ("neurona.gif", "image/gif")
    with Image.open(io.BytesIO(data)) as film:
        assert film.n_frames == 5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["circles", "blobs", "wave"])
def test_a_film_has_the_theme_of_the_page(kind, theme, session_of):
    session = session_of({**SMALL, "data": {"kind": kind, "n": 40}})
    session.handle({"type": "step"})
    ((_, arrays),) = session.handle(
        {"type": "download", "what": "gif", "language": "en", "theme": theme}
    )
    with Image.open(io.BytesIO(arrays["bytes"].tobytes())) as film:
        picture = np.asarray(film.convert("RGB")).astype(int)
    paper = [int(downloads.THEMES[theme].paper[i : i + 2], 16) for i in (1, 3, 5)]
    assert (picture[:8] == paper).all()
    assert (picture[396:, :440] == paper).all()
    contrast = abs(picture[10:40] - paper).max(axis=(0, 1))  # of the words above
    assert (contrast > 150).all()


def test_a_long_run_has_a_film_of_sixty_pictures_at_most(session_of):
    session = session_of(SMALL)
    for _ in range(90):
        session.handle({"type": "step"})
    with Image.open(io.BytesIO(taken(session, "gif")[1])) as film:
        assert 30 < film.n_frames <= 60


def test_a_film_of_nothing_finite_is_refused(session_of):
    session = session_of({**SMALL, "weights": [1e30] * 13, "training": {"l2": 1}})
    assert not np.isfinite(session.run.view.state.cost)
    ((content, _),) = session.handle({"type": "download", "what": "gif", "language": "en"})
    assert (content["type"], content["code"]) == ("error", "download")


@pytest.mark.parametrize(
    ("what", "package", "extra"),
    [("gif", "matplotlib", "plot"), ("gif", "PIL", "plot"), ("model", "safetensors", "files")],
)
def test_a_missing_package_is_said_in_both_languages(session, what, package, extra, monkeypatch):
    for name in [one for one in sys.modules if one.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Missing(package), *sys.meta_path])
    ((content, _),) = session.handle({"type": "download", "what": what, "language": "es"})
    assert (content["type"], content["code"]) == ("error", "download")
    for said in content["message"].values():
        assert f'pip install "neurona[{extra}]"' in said
    assert content["message"]["es"] != content["message"]["en"]
    session.handle({"type": "step"})
    assert session.run.settle().state.step == 10  # and all goes on


class Missing:
    """An import system in which a package is not installed."""

    def __init__(self, package):
        self.package = package

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == self.package:
            raise ModuleNotFoundError(f"No module named {self.package!r}", name=self.package)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"what": "everything", "language": "en"},
        {"what": ["code"], "language": "en"},
        {"what": "code"},
        {"what": "code", "language": "fr"},
        {"what": "code", "language": {}},
        {"what": "gif", "language": "en", "theme": "auto"},
        {"what": "gif", "language": "en", "theme": ["dark"]},
    ],
)
def test_what_makes_no_sense_is_said(session, message):
    ((content, _),) = session.handle({"type": "download", **message})
    assert (content["type"], content["code"]) == ("error", "message")


def test_before_hello_there_is_nothing_to_take():
    for answer in (
        Session().handle({"type": "download", "what": "code", "language": "en"}),
        Session().prepare({"type": "download", "what": "code", "language": "en"})(),
    ):
        assert answer[0][0]["code"] == "hello"


@pytest.mark.long
@pytest.mark.parametrize("trainer", [Run, WorkerRun])
def test_what_is_taken_while_it_trains_is_of_one_moment(trainer, tmp_path, session_of):
    session = session_of(SMALL, trainer=trainer)
    session.handle({"type": "play"})
    time.sleep(0.3)
    model = model_of(taken(session, "model")[1], tmp_path)
    _, code = taken(session, "code")
    with Image.open(io.BytesIO(taken(session, "gif")[1])) as film:
        assert film.n_frames > 3
    steps = int(re.search(r"steps=(\d+)", code.decode()).group(1))
    assert 0 < model.notes["step"] <= steps  # which was asked for later


# Over the socket


@pytest.fixture
def socket():
    with TestClient(application(TOKEN, {HOST}), base_url=f"http://{HOST}") as client:
        client.cookies.set(COOKIE, TOKEN)
        headers = {"origin": f"http://{HOST}", "host": HOST}
        with client.websocket_connect("/socket", headers=headers) as socket:
            socket.send_json({"type": "hello", "setup": SMALL})
            assert [heard(socket)["type"] for _ in range(2)] == ["welcome", "run"]
            yield socket


def heard(socket):
    message = socket.receive_bytes()
    return json.loads(message[4 : 4 + int.from_bytes(message[:4], "little")])


@pytest.fixture
def slow(monkeypatch):
    """Let a film take as long as the test wants."""
    gate = threading.Event()
    quick = downloads.MAKERS["gif"]

    def make(*arguments):
        assert gate.wait(20)
        return quick(*arguments)

    monkeypatch.setattr(downloads, "MAKERS", {**downloads.MAKERS, "gif": make})
    yield gate
    gate.set()


def test_pictures_and_commands_do_not_wait_for_a_film(socket, slow):
    socket.send_json({"type": "download", "what": "gif", "language": "en"})
    for step in (1, 2, 3):
        socket.send_json({"type": "step"})
        socket.send_json({"type": "frame", "resolution": 5, "neurons": 5})
        picture = heard(socket)
        while picture["step"] < step:
            socket.send_json({"type": "frame", "resolution": 5, "neurons": 5})
            picture = heard(socket)
        assert (picture["type"], picture["step"]) == ("frame", step)
    slow.set()
    file = heard(socket)
    assert (file["type"], file["name"]) == ("file", "neurona.gif")
    assert file["arrays"][0]["dtype"] == "uint8"


def test_a_page_gets_one_file_at_a_time(socket, slow):
    socket.send_json({"type": "download", "what": "gif", "language": "en"})
    socket.send_json({"type": "download", "what": "code", "language": "en"})
    busy = heard(socket)
    assert (busy["type"], busy["code"]) == ("error", "busy")
    socket.send_json({"type": "doctor"})  # it keeps no diagnosis waiting
    assert heard(socket)["type"] == "doctor"
    slow.set()
    assert heard(socket)["name"] == "neurona.gif"
    socket.send_json({"type": "download", "what": "code", "language": "en"})
    assert heard(socket)["name"] == "playground.py"


def test_a_file_that_fails_is_said_and_the_next_can_be_made(socket, monkeypatch, caplog):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(downloads, "MAKERS", {**downloads.MAKERS, "model": fail})
    socket.send_json({"type": "download", "what": "model", "language": "en"})
    assert heard(socket)["code"] == "download"
    assert "a response could not be made" in caplog.text
    socket.send_json({"type": "download", "what": "code", "language": "en"})
    assert heard(socket)["name"] == "playground.py"


def test_a_page_may_leave_while_its_film_is_made(slow, caplog):
    with TestClient(application(TOKEN, {HOST}), base_url=f"http://{HOST}") as client:
        client.cookies.set(COOKIE, TOKEN)
        connect = partial(
            client.websocket_connect,
            "/socket",
            headers={"origin": f"http://{HOST}", "host": HOST},
        )
        with connect() as leaving:
            leaving.send_json({"type": "hello", "setup": SMALL})
            assert [heard(leaving)["type"] for _ in range(2)] == ["welcome", "run"]
            leaving.send_json({"type": "download", "what": "gif", "language": "en"})
        slow.set()
        with connect() as other:  # which the film of the first does not reach
            other.send_json({"type": "hello", "setup": SMALL})
            assert [heard(other)["type"] for _ in range(2)] == ["welcome", "run"]
            other.send_json({"type": "download", "what": "code", "language": "en"})
            assert heard(other)["name"] == "playground.py"
    assert caplog.text == ""
