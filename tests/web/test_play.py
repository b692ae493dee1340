"""The command ``neurona play``, as a person would start it: a process, an address, a browser."""

import json
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from neurona.commands.play import TOKEN, hosts
from tests.support import forks


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def cookie_of(address):
    opener = urllib.request.build_opener(NoRedirect)
    with pytest.raises(urllib.error.HTTPError) as answer:
        opener.open(address)
    assert answer.value.code == 303
    cookie = answer.value.headers["set-cookie"].partition(";")[0]
    answer.value.close()
    return cookie


def test_a_page_trains_and_is_forgotten(address):
    root = address.partition("/?")[0]
    headers = {"Cookie": cookie_of(address)}
    url = root.replace("http", "ws") + "/socket"
    with connect(url, origin=root, additional_headers=headers) as socket:
        socket.send(json.dumps({"type": "hello", "setup": {"data": {"n": 50}}}))
        assert b'"welcome"' in socket.recv()
        assert b'"run"' in socket.recv()
        socket.send(json.dumps({"type": "play"}))
        socket.send(json.dumps({"type": "frame"}))
        assert b'"frame"' in socket.recv(timeout=10)


def test_a_stranger_gets_nothing(address):
    root = address.partition("/?")[0]
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(root)
    assert answer.value.code == 403
    answer.value.close()
    with pytest.raises(InvalidStatus, match="403"):
        connect(root.replace("http", "ws") + "/socket", origin=root)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--port", "99999"], "--port is 99999"),
        (["--port", "-1"], "--port is -1"),
        (["--port", "65536"], "--port is 65536"),
        (["--token", "a" * 7], "--token takes 8 to 128"),
        (["--token", "a" * 129], "--token takes 8 to 128"),
        (["--token", "a token of words"], "--token takes 8 to 128"),
        (["--most", "0"], "--most is 0: give how many pages may be open"),
        (["--host", "203.0.113.1"], "can't listen on 203.0.113.1"),
    ],
)
def test_wrong_options_are_said(options, said, capsys):
    from neurona.cli import main

    assert main(["play", "--no-browser", *options]) == 2
    assert said in capsys.readouterr().err


def test_the_hosts_of_a_server():
    assert hosts("192.0.2.7") == {"192.0.2.7"}
    assert hosts("2001:DB8::7") == {"[2001:db8::7]"}
    everywhere = hosts("0.0.0.0")
    assert {"127.0.0.1", "localhost", socket.gethostname().lower()} <= everywhere
    assert not any(":" in one for one in everywhere)  # it listens on IPv4 alone
    assert everywhere <= hosts("::")


@pytest.mark.parametrize("length", [8, 128])
def test_a_token_may_be_this_long(length):
    assert TOKEN.fullmatch("a" * length)


def test_a_taken_port_is_said(address, capsys):
    from neurona.cli import main

    port = re.search(r":(\d+)/", address).group(1)
    assert main(["play", "--no-browser", "--port", port]) == 2
    assert "choose another with --port" in capsys.readouterr().err


def test_other_machines_are_let_in_where_they_were_asked_to(tmp_path):
    process = forks.Popen(
        [sys.executable, "-m", "neurona.cli", "play", "--no-browser", "--host", "0.0.0.0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        lines = [process.stdout.readline()]
        while "Ctrl-C" not in lines[-1]:
            lines.append(process.stdout.readline())
        addresses = re.findall(r"http://\S+", "".join(lines))
        assert addresses[0].startswith("http://127.0.0.1:")
        assert len(addresses) > 1
        numeric = [one for one in addresses if re.match(r"http://[\d.]+:", one)]
        for address in numeric:
            assert cookie_of(address)
        stranger = urllib.request.Request(numeric[0], headers={"Host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.urlopen(stranger)
        assert answer.value.code == 400
        answer.value.close()
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()
