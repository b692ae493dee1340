"""A server of the playground in this process, and sessions without one."""

from contextlib import ExitStack

import pytest
from starlette.testclient import TestClient

from neurona.web.run import Run
from neurona.web.security import COOKIE
from neurona.web.server import application
from neurona.web.session import Session
from tests.support.talking import HOST, ORIGIN, TOKEN, Talker


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


@pytest.fixture
def session_of():
    """Return what begins a session with a set-up; they end with the test."""
    with ExitStack() as begun:

        def begin(setup, trainer=Run):
            session = Session(trainer=trainer)
            begun.callback(session.close)
            session.handle({"type": "hello", "setup": setup})
            return session

        yield begin
