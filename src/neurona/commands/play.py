"""``neurona play``: the playground in the browser."""

from __future__ import annotations

import re
import secrets
import socket
import webbrowser
from typing import TYPE_CHECKING

from neurona.extras import require

if TYPE_CHECKING:
    from argparse import Namespace

TOKEN = re.compile(r"[A-Za-z0-9_-]{8,128}")


def run(given: Namespace) -> int:
    """Serve the playground until Ctrl-C, and return the exit code."""
    require("starlette", extra="play")
    uvicorn = require("uvicorn", extra="play")
    require("websockets", extra="play")
    from neurona.web.remote import prepared
    from neurona.web.server import MOST_BYTES, application

    prepared()
    require("sklearn.datasets", extra="play")  # a second or so, before anybody waits for it

    token = given.token or secrets.token_urlsafe(24)
    if not TOKEN.fullmatch(token):
        raise ValueError("--token takes 8 to 128 letters, digits, - and _")
    if not 0 <= given.port <= 65535:
        raise ValueError(f"--port is {given.port}: give a number from 0 to 65535")
    with listening(given.host, given.port) as listener:
        port = listener.getsockname()[1]
        address = f"http://{_bracketed(given.host)}:{port}/?token={token}"
        server = uvicorn.Server(
            uvicorn.Config(
                application(token, hosts=hosts(given.host, port)),
                log_level="warning",
                ws="websockets-sansio",
                ws_max_size=4 * MOST_BYTES,
                timeout_graceful_shutdown=1,
            )
        )
        print(f"The playground is at {address}\nCtrl-C ends it.", flush=True)
        if not given.no_browser:
            webbrowser.open(address)
        server.run(sockets=[listener])
    return 0


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; port 0 takes one that is free.

    Raises
    ------
    OSError
        If the port is taken, or the host is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise OSError(
            f"can't listen on {host}, port {port} ({error.strerror or error}): "
            "choose another with --port, or --host"
        ) from error
    return listener


def hosts(host: str, port: int) -> set[str]:
    """Return what a browser may send as Host.

    Examples
    --------
    >>> sorted(hosts("127.0.0.1", 8000))
    ['127.0.0.1:8000', 'localhost:8000']
    """
    names = {_bracketed(host)}
    if host in ("127.0.0.1", "::1", "0.0.0.0", "::"):
        names |= {"127.0.0.1", "localhost"}
    if host in ("0.0.0.0", "::"):
        names |= {socket.gethostname()}
    return {f"{name}:{port}".lower() for name in names}


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
