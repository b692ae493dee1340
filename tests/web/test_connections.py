"""A server among strangers, whose connections say nothing and keep nobody out."""

import asyncio
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

from neurona.web import connections, server
from tests.support.pages import start, stop

TOKEN = "token-of-this-test"
SECONDS = 1.0  # that a stranger has: ten are too long to wait for
HASTY = f"""
import sys
from neurona.cli import main
from neurona.web import connections, server
connections.SECONDS = {SECONDS}
sys.exit(main())
"""
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.fixture(scope="module")
def port():
    process, address = start("--token", TOKEN, program=("-c", HASTY), counted=True)
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


def test_a_stranger_has_ten_seconds():
    assert connections.SECONDS == 10


def test_a_stranger_has_so_many_seconds(port):
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
        time.sleep(SECONDS + 0.5)
        for name, stranger in held.items():
            assert seconds_until_closed(stranger, 5) < 1, name


def test_a_byte_now_and_then_gains_no_time(port):
    began = time.monotonic()
    with opened(port, "GET / HTTP/1.1\r\nX: ") as stranger, contextlib.suppress(OSError):
        while time.monotonic() < began + 20:
            stranger.sendall(b"a")
            time.sleep(0.1)
    assert time.monotonic() - began < SECONDS + 5


def test_a_known_page_that_says_no_more_is_let_go_too(port):
    cookie = f"Cookie: neurona={TOKEN}\r\n"
    origin = f"Origin: http://127.0.0.1:{port}\r\n"
    for text, status in (
        ("GET / HTTP/1.1\r\n{host}" + cookie + "\r\n", "200"),
        ("POST / HTTP/1.1\r\n{host}" + cookie + origin + "Content-Length: 9\r\n\r\n", "405"),
    ):
        with opened(port, text) as page:
            assert page.recv(100).decode().startswith(f"HTTP/1.1 {status}")
            assert seconds_until_closed(page, 20) < SECONDS + 5


def test_a_known_page_on_a_slow_line_gets_all_of_its_files(port):
    file = (server.STATIC / "page.js").read_bytes()
    times = 1 + 10_000_000 // len(file)  # more than the system keeps for a line
    request = (
        f"GET /static/page.js HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: neurona={TOKEN}\r\n\r\n"
    )
    with socket.socket() as page:
        page.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        page.connect(("127.0.0.1", port))
        page.sendall(times * request.encode())
        time.sleep(2 * SECONDS)
        page.settimeout(20)
        text = bytearray()
        while chunk := page.recv(1 << 16):  # until it is let go
            text += chunk
    assert text.count(file) == times


def test_a_page_that_is_open_stays(port):
    headers = {"Cookie": f"neurona={TOKEN}"}
    url, origin = f"ws://127.0.0.1:{port}/socket", f"http://127.0.0.1:{port}"
    with connect(url, origin=origin, additional_headers=headers) as page:
        time.sleep(SECONDS + 0.5)
        page.send('{"type": "hello"}')
        assert b'"welcome"' in page.recv(timeout=20)


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


def test_each_kind_of_fault_is_reported_once_a_minute(caplog, monkeypatch):
    with contextlib.closing(asyncio.new_event_loop()) as loop:
        now = 1000.0
        monkeypatch.setattr(loop, "time", lambda: now)
        connections.report_seldom(loop)
        faults = [OSError(errno.EMFILE, "no files left"), ZeroDivisionError("of a page")]
        for second, said in [(0, 2), (59, 2), (61, 4)]:
            now = 1000.0 + second
            for fault in faults:
                loop.call_exception_handler({"message": "a fault", "exception": fault})
            assert len(caplog.records) == said
    assert "ulimit -n" in caplog.records[0].getMessage()
    assert caplog.records[1].exc_info[1] is faults[1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of open files")
def test_a_low_limit_of_open_files_is_raised(monkeypatch):
    import resource

    limits = {}
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda which, both: limits.update({which: both}))
    connections.allow_files()
    assert limits == {resource.RLIMIT_NOFILE: (1024, 4096)}
