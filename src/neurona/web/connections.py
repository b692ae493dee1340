"""Connections with bounds: nobody without the token can keep others out.

Each connection takes one of the files that a process may have open. A *stranger*, which has not
shown the token or the cookie, has a few seconds for all that it does; where strangers are too many,
the oldest leaves. So anybody who has the token gets in, however many others say nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

SECONDS = 10.0  # for a request, and for all that a stranger does
MOST_STRANGERS = 64
BACKLOG = 100  # connections that wait to be accepted; all of them are accepted at once
FILES = 1024  # that the process may have open at least; the usual limit of macOS is 256
FILES_OF_A_PAGE = 4
REPORT_SECONDS = 60.0  # between two reports of one kind of fault
EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class BoundedHTTP(H11Protocol):
    """An HTTP connection with a deadline, among a bounded number of strangers."""

    opened = 0.0
    _deadline: asyncio.TimerHandle | None = None

    @property
    def is_known(self) -> bool:
        """Whether its last request had the token or the cookie, as the guard has found."""
        return self.scope is not None and bool(self.scope["state"].get("known"))

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; the oldest stranger leaves where they are too many."""
        super().connection_made(transport)
        self.opened = self.loop.time()
        self._wait()
        strangers = [
            one
            for one in self.connections
            if isinstance(one, BoundedHTTP | BoundedWebSocket)
            and not (one.is_known or one.transport.is_closing())
        ]
        if len(strangers) > MOST_STRANGERS:
            min(strangers, key=lambda one: one.opened).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Give another request its time; a stranger gets no more than it had."""
        super().on_response_complete()
        if self.is_known and not self.transport.is_closing():
            self._wait()

    def handle_websocket_upgrade(self, event: Any) -> None:
        """Hand over to the WebSocket, which has a deadline too."""
        self._stop_waiting()
        super().handle_websocket_upgrade(event)

    def _wait(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(SECONDS, self._expire)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()

    def _expire(self) -> None:
        if not self.is_known:
            self.transport.abort()
        elif self.cycle.response_complete:
            self.transport.close()  # once everything is sent
        else:
            self._wait()  # the page is on its way over a slow line


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """A WebSocket that is accepted or rejected soon: a handshake may be one that it cannot read."""

    opened = 0.0

    @property
    def is_known(self) -> bool:
        """Whether it was accepted, or is about to be closed."""
        return self.handshake_complete

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        super().connection_made(transport)
        self.opened = self.loop.time()
        self.loop.call_later(SECONDS, self._expire)

    def _expire(self) -> None:
        if not self.is_known:
            self.transport.abort()


def allow_files(pages: int = 0) -> None:
    """Let this process open as many files as it needs, where the system's limit can be raised."""
    wanted = max(FILES, FILES_OF_A_PAGE * pages + FILES // 2)
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if 0 <= soft < wanted:
            most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def report_seldom(loop: asyncio.AbstractEventLoop) -> None:
    """Let a loop report each kind of fault once a minute: strangers can cause some.

    It reports each connection that it cannot accept with a traceback: megabytes a second, where the
    process has as many files open as it may.
    """
    due: dict[type, float] = {}

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if loop.time() < due.get(type(error), 0.0):
            return
        due[type(error)] = loop.time() + REPORT_SECONDS
        if isinstance(error, OSError) and error.errno in EXHAUSTED:
            logging.getLogger(__name__).error(
                "a connection was not accepted (%s): close pages, or raise the limit of open files "
                "with ulimit -n",
                error,
            )
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(handle)
