"""A server among strangers, whose connections say nothing and keep nobody out."""

import contextlib
import errno
import os
import socket
import subprocess
import sys
import tempfile
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from neurona.web import connections
from tests.support.pages import start, stop

TOKEN = "token-of-this-test"
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.fixture(scope="module")
def port():
    process, address = start("--token", TOKEN)
    yield int(address.partition("127.0.0.1:")[2].partition("/")[0])
    stop(process)


def opened(port, text="", timeout=5):
    stranger = socket.create_connection(("127.0.0.1", port), timeout=timeout)
    stranger.sendall(text.format(host=f"Host: 127.0.0.1:{port}\r\n").encode())
    return stranger


def answer(port, text, timeout=5):
    with opened(port, text, timeout) as stranger:
        return stranger.recv(100).decode()


def seconds_until_closed(one, seconds):
    """Wait until the other side closes a connection."""
    began = time.monotonic()
    one.settimeout(seconds)
    try:
        while one.recv(1000):
            pass
    except ConnectionResetError:
        pass
    return time.monotonic() - began


def test_others_get_in_while_hundreds_say_nothing(port):
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(opened(port, "GET / HTTP/1.1\r\n"))
        assert answer(port, "GET / HTTP/1.1\r\n{host}\r\n").startswith("HTTP/1.1 403")
        cookie = f"Cookie: neurona-{port}={TOKEN}\r\n"
        page = answer(port, "GET / HTTP/1.1\r\n{host}" + cookie + "\r\n")
        assert page.startswith("HTTP/1.1 200")


@pytest.mark.long
def test_a_stranger_has_ten_seconds(port):
    texts = {
        "nothing": "",
        "half a header": "GET / HTTP/1.1\r\nX: ",
        "a slow body": "GET / HTTP/1.1\r\n{host}Content-Length: 100\r\n\r\nslow",
        "half a handshake": "GET /socket HTTP/1.1\r\n{host}" + UPGRADE,
        # The WebSocket's own parser reads no header of this length, and says nothing about it:
        "a long header": "GET /socket HTTP/1.1\r\n{host}" + UPGRADE + f"X: {'a' * 9000}\r\n\r\n",
    }
    with contextlib.ExitStack() as stack:
        held = {name: stack.enter_context(opened(port, text)) for name, text in texts.items()}
        time.sleep(connections.SECONDS + 1)
        for name, stranger in held.items():
            assert seconds_until_closed(stranger, 5) < 1, name


@pytest.mark.long
def test_a_byte_now_and_then_gains_no_time(port):
    began = time.monotonic()
    with opened(port, "GET / HTTP/1.1\r\nX: ") as stranger, contextlib.suppress(OSError):
        while time.monotonic() < began + 3 * connections.SECONDS:
            stranger.sendall(b"a")
            time.sleep(0.5)
    assert time.monotonic() - began < connections.SECONDS + 5


@pytest.mark.long
def test_a_known_page_that_sends_no_end_of_its_request_is_let_go_too(port):
    text = "POST / HTTP/1.1\r\n{host}" + f"Cookie: neurona={TOKEN}\r\nContent-Length: 9\r\n\r\n"
    with opened(port, text) as page:
        assert page.recv(100).startswith(b"HTTP/1.1 403")
        assert seconds_until_closed(page, 3 * connections.SECONDS) < connections.SECONDS + 5


def test_messages_are_not_compressed_and_one_that_is_too_long_ends_the_talk(port):
    headers = {"Cookie": f"neurona={TOKEN}"}
    origin = f"http://127.0.0.1:{port}"
    url = f"ws://127.0.0.1:{port}/socket"
    with connect(url, origin=origin, additional_headers=headers) as page:
        assert page.protocol.extensions == []  # a small one could unpack to anything
        page.send("a" * 2_000_000)
        with pytest.raises(ConnectionClosed) as closed:
            page.recv(timeout=20)
        assert closed.value.rcvd.code == 1009


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of open files")
def test_a_process_without_files_left_says_so_once():
    code = (
        "import resource, neurona.cli as cli; from neurona.web import connections as c\n"
        "c.allow_files = lambda *_: resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))\n"
        f"cli.main(['play', '--no-browser', '--token', {TOKEN!r}])"
    )
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=said, text=True
        )
        port = int(process.stdout.readline().rpartition(":")[2].partition("/")[0])
        try:
            with contextlib.ExitStack() as stack:
                for _ in range(40):
                    stack.enter_context(opened(port, "GET / HTTP/1.1\r\n"))
                time.sleep(4)
        finally:
            stop(process)
        said.seek(0)
        text = said.read().decode()
    assert text.count(os.strerror(errno.EMFILE)) == 1
    assert len(text) < 4000


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of open files")
def test_a_low_limit_of_open_files_is_raised(monkeypatch):
    import resource

    limits = {}
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda which, both: limits.update({which: both}))
    connections.allow_files()
    assert limits == {resource.RLIMIT_NOFILE: (1024, 4096)}
