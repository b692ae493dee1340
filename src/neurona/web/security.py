"""Access control: only the page that this server handed out may speak to it.

The command makes a random token and opens the page with it. The first request exchanges the token
for a cookie that scripts can't read, and leads to the address without it. From then on every
request, and every WebSocket before it is accepted, is asked for the cookie and for a Host that is
one of ours (against DNS rebinding).

Another site can link to the page, as webmail does, and the browser sends the cookie then
(``SameSite=Lax``); it does not for what another site embeds, fetches or posts. A browser takes all
ports of a host for one site: so a WebSocket, and any request that is not a GET, must come from our
own Origin. The cookie is named by its port, since browsers keep one set for all ports.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse

from neurona.web import refusals

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from neurona.web.links import Links
    from neurona.web.refusals import Refusal

COOKIE = "neurona"  # this, or this with the port; scripts may send it without
READING = ("GET", "HEAD")
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


class Guard:
    """An ASGI middleware that protects an application.

    Parameters
    ----------
    app
        The protected application.
    token
        The secret of the first request.
    hosts
        The accepted values of the Host header, with ports.
    links
        Short links, each of which lets in as the token does.
    """

    def __init__(self, app: ASGIApp, token: str, hosts: Collection[str], links: Links) -> None:
        self.app = app
        self.token = token
        self.links = links
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or reject it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if headers.get("host", "").lower() not in self.hosts:
            await self._refuse(scope, receive, send, refusals.OTHER_HOST)
        elif scope["type"] == "http" and (token := self._token(scope)) is not None:
            right = secrets.compare_digest(token.encode(), self.token.encode())
            await self._let_in(scope, receive, send, scope["path"] if right else None)
        elif scope["type"] == "http" and (code := self.links.code_in(scope["path"])) is not None:
            await self._let_in(scope, receive, send, self.links.target(code))
        elif not self._knows(headers):
            await self._refuse(scope, receive, send, refusals.STRANGER)
        elif scope.get("method") not in READING and not self._from_here(headers):
            await self._refuse(scope, receive, send, refusals.OTHER_ORIGIN)
        else:
            scope.setdefault("state", {})["known"] = True
            await self.app(scope, receive, _with_headers(send))

    async def _let_in(self, scope: Scope, receive: Receive, send: Send, target: str | None) -> None:
        """Exchange a token or a short link for the cookie; without a target it was wrong."""
        if target is None:
            await self._refuse(scope, receive, send, refusals.OLD_LINK)
            return
        scope.setdefault("state", {})["known"] = True
        response = RedirectResponse(target, status_code=303, headers=HEADERS)
        name = cookie_name(Headers(scope=scope)["host"])
        response.set_cookie(name, self.token, httponly=True, samesite="lax", path="/")
        await response(scope, receive, send)

    def _token(self, scope: Scope) -> str | None:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token")
        return given[0] if given else None

    def _knows(self, headers: Headers) -> bool:
        cookies = cookie_parser(headers.get("cookie", ""))
        given = (cookies.get(name, "") for name in (cookie_name(headers["host"]), COOKIE))
        return any(secrets.compare_digest(one.encode(), self.token.encode()) for one in given)

    def _from_here(self, headers: Headers) -> bool:
        return headers.get("origin", "").lower() == f"http://{headers['host'].lower()}"

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, why: Refusal) -> None:
        if scope["type"] == "websocket":  # closed before it is accepted: the response is a 403
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": why.title.en})
        else:
            await refusal(why, Headers(scope=scope))(scope, receive, send)


def refusal(why: Refusal, headers: Headers) -> HTMLResponse:
    """Return the page of a refusal, in the language of the request."""
    page = refusals.page_of(why, headers.get("accept-language", ""))
    own = {**HEADERS, "content-security-policy": refusals.POLICY}
    return HTMLResponse(page, status_code=why.status, headers=own)


def cookie_name(host: str) -> str:
    """Return the name of the cookie for a Host, by its port.

    Examples
    --------
    >>> cookie_name("127.0.0.1:8000"), cookie_name("[::1]")
    ('neurona-8000', 'neurona-80')
    """
    return f"{COOKIE}-{urlsplit(f'//{host}').port or 80}"


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [(key.encode(), value.encode()) for key, value in HEADERS.items()]
            message = {**message, "headers": [*message.get("headers", []), *own]}
        await send(message)

    return sending
