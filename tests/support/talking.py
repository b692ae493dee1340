"""Talks with a playground's server, without a browser: what a page says, and what it hears."""

import json
import struct

import numpy as np
from starlette.testclient import TestClient

from neurona.web.security import COOKIE
from neurona.web.server import application

TOKEN = "a-token-of-this-test"
HOST = "127.0.0.1:8000"
ORIGIN = {"origin": f"http://{HOST}", "host": HOST}


def joined(**options):
    """Return a client that knows the token, of a server of its own."""
    app = application(TOKEN, {HOST}, **options)
    return TestClient(app, base_url=f"http://{HOST}", cookies={COOKIE: TOKEN})


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
