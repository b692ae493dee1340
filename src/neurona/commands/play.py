"""``neurona play``: the playground in the browser."""

from __future__ import annotations

import contextlib
import re
import secrets
import socket
import webbrowser
from typing import TYPE_CHECKING

from neurona.commands import interrupts
from neurona.commands.spanish import in_language
from neurona.extras import require
from neurona.language import Language, Text

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Collection

TOKEN = re.compile(r"[A-Za-z0-9_-]{8,128}")
EVERYWHERE = ("0.0.0.0", "::")

ADDRESS = Text("The playground is at {address}", "El laboratorio está en {address}")
OTHERS = Text(
    "From other machines, with the token:", "Desde otras máquinas, con la contraseña (token):"
)
STOP = Text("Press Ctrl-C to stop.", "Para pararlo, pulsa Ctrl-C.")
BAD_TOKEN = Text(
    "--token takes 8 to 128 letters, digits, - and _",
    "--token admite de 8 a 128 letras, cifras, - y _",
)
BAD_PORT = Text(
    "--port is {port}: give a number from 0 to 65535",
    "--port es {port}: indica un número de 0 a 65535",
)
NOT_FREE = Text(
    "can't listen on {host}, port {port} ({reason}): choose another with --port, or --host",
    "no se puede escuchar en {host}, puerto {port} ({reason}): elige otro con --port, o --host",
)


def run(given: Namespace) -> int:
    """Serve the playground until Ctrl-C, and return the exit code."""
    language: Language = given.language
    require("starlette", extra="play")
    uvicorn = require("uvicorn", extra="play")
    require("websockets", extra="play")
    from neurona.web.connections import BACKLOG, BoundedHTTP, BoundedWebSocket, allow_files
    from neurona.web.links import Links
    from neurona.web.server import MOST_BYTES, application
    from neurona.web.worker import process_context

    if given.most < 1:
        raise ValueError(f"--most is {given.most}: give how many pages may be open, 1 at least")
    allow_files(given.most)
    process_context()
    require("sklearn.datasets", extra="play")  # takes about a second: now, before a page waits

    token = given.token or secrets.token_urlsafe(24)
    if not TOKEN.fullmatch(token):
        raise ValueError(BAD_TOKEN.say(language))
    if not 0 <= given.port <= 65535:
        raise ValueError(BAD_PORT.say(language, port=str(given.port)))
    with listening(given.host, given.port, language) as listener:
        port = listener.getsockname()[1]
        names = hosts(given.host)
        own = "127.0.0.1" if given.host in EVERYWHERE else _bracketed(given.host)
        others = reachable(names)
        here = f"http://{own}:{port}"
        address = f"{here}/?token={token}"
        links = Links(token, [f"http://{name}:{port}" for name in others], here)
        server = uvicorn.Server(
            uvicorn.Config(
                application(token, {f"{name}:{port}" for name in names}, links, given.most),
                log_level="error",  # strangers could fill a terminal with warnings
                http=BoundedHTTP,
                backlog=BACKLOG,
                ws=BoundedWebSocket,
                ws_max_size=4 * MOST_BYTES,
                ws_per_message_deflate=False,  # it would take longer than a picture to draw
                timeout_graceful_shutdown=1,
            )
        )
        print(ADDRESS.say(language, address=address))
        if given.host in EVERYWHERE:
            print(OTHERS.say(language))
            for name in others:
                print(f"  http://{name}:{port}/?token={token}")
        print(STOP.say(language), flush=True)
        if not given.no_browser:
            webbrowser.open(address)
        interrupts.raised()  # the server has a way of its own to end
        server.run(sockets=[listener])
    return 0


def listening(host: str, port: int, language: Language = "en") -> socket.socket:
    """Return a socket that listens on a host and port; port 0 takes a free one.

    Raises
    ------
    OSError
        If the port is taken, or the host is not one of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        reason = in_language(error.strerror or str(error), language)
        said = NOT_FREE.say(language, host=host, port=str(port), reason=reason)
        raise OSError(said) from error
    return listener


def hosts(host: str) -> set[str]:
    """Return the names of this machine that a browser may send as Host, without the port.

    For a server that listens everywhere, these are all known names and addresses.

    Examples
    --------
    >>> sorted(hosts("127.0.0.1"))
    ['127.0.0.1', 'localhost']
    """
    if host in ("127.0.0.1", "::1"):
        return {_bracketed(host), "127.0.0.1", "localhost"}
    if host not in EVERYWHERE:
        return {_bracketed(host).lower()}
    name = socket.gethostname().lower()
    addresses = {_outward()}
    with contextlib.suppress(OSError):  # a machine may not know its own name
        addresses |= {str(found[4][0]) for found in socket.getaddrinfo(name, None)}
    if host == "0.0.0.0":
        addresses = {one for one in addresses if ":" not in one}
    return {"127.0.0.1", "localhost", name, *map(_bracketed, addresses)}


def reachable(names: Collection[str]) -> list[str]:
    """Return the names and addresses that other machines can reach, the likeliest first.

    Examples
    --------
    >>> reachable({"127.0.0.1", "localhost", "192.0.2.7"})
    ['192.0.2.7']
    """
    local = ("localhost", "127.", "[::1]", "[fe80:")
    others = [name for name in names if not name.startswith(local)]
    first = _bracketed(_outward())
    return sorted(others, key=lambda name: (name != first, not name[0].isdigit(), name))


def _outward() -> str:
    """Return this machine's address as others see it; this sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address that documentation may use, RFC 5737
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
