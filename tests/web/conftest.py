"""A server of the playground, in this process."""

import pytest
from starlette.testclient import TestClient

from neurona.web.security import COOKIE
from neurona.web.server import application
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
