"""The server: the page, its files, and a WebSocket for each page's training."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
import re
import secrets
import threading
from collections import deque
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Mapping,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from neurona.extras import MissingExtra
from neurona.web import cures, sweep
from neurona.web.connections import report_seldom
from neurona.web.encoding import encoded
from neurona.web.errors import PlaygroundError
from neurona.web.links import MOST_LETTERS, Links, qr_rows
from neurona.web.security import Guard
from neurona.web.session import SLOW, Message, Session, error_message
from neurona.web.task import Task
from neurona.web.worker import BEAT, WorkerRun

PAGE = Path(__file__).parent / "page"
STATIC = Path(__file__).parent / "static"
MOST_PAGES = 64  # open at once, unless `--most` says otherwise
MOST_BYTES = 262_144  # of one message from the page: 2,000 points are 60,000
HELLO_SECONDS = 10.0  # until a training has begun
IDLE_SECONDS = 1800.0  # without a word from the page
# A page that leaves may come back: it is loaded again, or its network fails for a while.
REST_SECONDS = 20.0  # until the training of a page that has left is paused
KEEP_SECONDS = 600.0  # until it is forgotten
# A screen shows 60 frames a second; many pages share a rate that leaves time for their training.
MOST_PICTURES = 66.0  # a second, of one page: a screen shows 60
ALL_PICTURES = 200.0 * (os.cpu_count() or 1)  # a second, of all pages: most without the network
LEAST_PICTURES = 5.0  # of one page, as far as the machine can
MOST_AHEAD = 2  # frames in flight: frontend/src/server/frame-pacing.ts says why
MAKERS_OF_FILES = 4  # threads: frames and commands do not wait for a GIF
PROVERS = max(1, (os.cpu_count() or 1) // 2)  # proofs at once: each takes a core for seconds
SWEEPERS = max(1, (os.cpu_count() or 1) // 4)  # sweeps at once: each takes a core for minutes
POLICY_VIOLATION, TOO_BIG, TRY_AGAIN = 1008, 1009, 1013


def application(
    token: str, hosts: Collection[str], links: Links | None = None, most: int = MOST_PAGES
) -> ASGIApp:
    """Return the playground as an ASGI application, protected by its guard.

    Parameters
    ----------
    token, hosts
        See :class:`neurona.web.security.Guard`.
    links
        The short links for a class.
    most
        How many pages may be open at once.
    """
    links = Links(token) if links is None else links
    sockets = Sockets(links, most)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        report_seldom(asyncio.get_running_loop())
        yield
        sockets.close()

    app = Starlette(
        routes=[
            Route("/", page),
            WebSocketRoute("/socket", sockets.serve),
            *([Mount("/static", StaticFiles(directory=STATIC))] if STATIC.is_dir() else []),
        ],
        lifespan=lifespan,
    )
    return Guard(app, token, hosts, links)


async def page(request: Request) -> Response:
    """Return the page, or say that it was not built."""
    if not (STATIC / "page.js").exists():
        return PlainTextResponse(
            "The page is not built: npm ci && npm run build, in frontend/.\n", status_code=503
        )
    return FileResponse(PAGE / "index.html")


class Sockets:
    """All open WebSockets, and the pages at them; a page that has left is kept for a while.

    Parameters
    ----------
    links
        The short links for a class.
    most
        How many pages may be open at once; those that are kept take the places that are left.
    """

    def __init__(self, links: Links, most: int = MOST_PAGES) -> None:
        self.links = links
        self.most = most
        self.open: set[WebSocket] = set()
        self.pages: dict[str, SocketSession] = {}  # by their keys, those that have left first
        self.makers = ThreadPoolExecutor(MAKERS_OF_FILES, thread_name_prefix="neurona-files")
        self.provers = ThreadPoolExecutor(PROVERS, thread_name_prefix="neurona-cures")
        self.sweepers = ThreadPoolExecutor(SWEEPERS, thread_name_prefix="neurona-sweeps")

    def close(self) -> None:
        """End every training."""
        for pool in (self.makers, self.provers, self.sweepers):
            pool.shutdown(wait=False, cancel_futures=True)
        for page in list(self.pages.values()):
            page.leave()
            page.session.close()

    def pause(self) -> float:
        """Return the minimum seconds between two frames of one page."""
        return min(1 / LEAST_PICTURES, max(1 / MOST_PICTURES, len(self.open) / ALL_PICTURES))

    def crowd(self) -> float:
        """Return how many trainings share each processor."""
        return sum(page.session.trains for page in self.pages.values()) / (os.cpu_count() or 1)

    async def serve(self, socket: WebSocket) -> None:
        """Serve one page until it leaves."""
        await socket.accept()
        if len(self.open) >= self.most:
            await _say(socket, [error_message(full(self.most))])
            await socket.close(TRY_AGAIN, f"{self.most} pages are open already")
            return
        self.open.add(socket)
        page: SocketSession | None = None
        try:
            hello = await _hello(socket)
            page = await self._page_of(hello, socket)
            await page.listen(socket, hello)
        except (WebSocketDisconnect, KeyError):  # KeyError: bytes, where text is spoken
            pass
        except _TooBig:
            await socket.close(TOO_BIG, f"a message has {MOST_BYTES} bytes at most")
        except _Silent as silence:
            await socket.close(POLICY_VIOLATION, str(silence))
        finally:
            self.open.discard(socket)
            if page is not None and page.socket is socket:
                self._keep(page)

    async def _page_of(self, hello: dict[str, Any], socket: WebSocket) -> SocketSession:
        """Return the page that comes back with its key, or a new one.

        The key is in the browser's storage for the tab, and a tab that is duplicated has it too:
        so a page that is still here is left to its socket, unless that has said that it is lost.
        """
        page = self.pages.get(str(hello.get("resume")))
        if page is None or (page.socket is not None and not hello.get("again")):
            page = SocketSession(self)
            self._make_room()
        self.pages[page.key] = page
        left = page.socket
        await page.join(socket)
        if left is not None:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await left.close(POLICY_VIOLATION, "the page has come back on another connection")
        return page

    def _make_room(self) -> None:
        """Forget the pages that left first, where there would be too many trainings."""
        left = [page for page in self.pages.values() if page.socket is None]
        for page in left[: max(0, len(self.pages) + 1 - self.most)]:
            self._forget(page)

    def _keep(self, page: SocketSession) -> None:
        """Keep a page that has left, and its training, for when it comes back."""
        page.leave()
        if not page.session.has_begun:
            self._forget(page)
            return
        self.pages[page.key] = self.pages.pop(page.key)  # the last that has left
        page.waiting = asyncio.create_task(self._wait_for(page))

    async def _wait_for(self, page: SocketSession) -> None:
        await asyncio.sleep(REST_SECONDS)
        await page.rest()
        await asyncio.sleep(KEEP_SECONDS - REST_SECONDS)
        self._forget(page)

    def _forget(self, page: SocketSession) -> None:
        """End the training of a page."""
        self.pages.pop(page.key, None)
        page.leave()
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, page.session.close)  # not awaited: this may be cancelled


def full(most: int) -> PlaygroundError:
    """Return the error where so many pages are open already.

    Examples
    --------
    >>> full(64).message["es"].partition(".")[0]
    'No queda sitio: hay 64 páginas abiertas'
    """
    return PlaygroundError(
        "full",
        f"The room is full: {most} pages are open. Tell your teacher: a page that is closed makes "
        f"room, and neurona play --most {2 * most} starts a larger room.",
        f"No queda sitio: hay {most} páginas abiertas. Díselo a tu profesor o profesora: cada "
        f"página que se cierra deja un sitio, y neurona play --most {2 * most} arranca con más.",
    )


ONE_AT_A_TIME = PlaygroundError(
    "busy",
    "The last file or diagnosis is still being made; ask again when it is here.",
    "Todavía se está haciendo el último archivo o diagnóstico; vuelve a pedirlo cuando llegue.",
)

NOT_MADE = PlaygroundError(
    "download",
    "The file could not be made; the server's output says why.",
    "No se ha podido hacer el archivo; la salida del servidor dice por qué.",
)


NO_LINK = PlaygroundError(
    "class",
    "This set-up is too large for a class link: use fewer points.",
    "Esta configuración es demasiado grande para un enlace de clase: usa menos puntos.",
)


@lru_cache(maxsize=1000)  # the desk asks again and again
def _qr_rows(text: str) -> list[str]:
    try:
        return qr_rows(text)
    except MissingExtra:  # an older installation: the link is there without it
        return []


NOTHING: Mapping[str, Any] = {}
FRAGMENT = re.compile(r"#[!-~]*")


class SocketSession:
    """A page's session over a WebSocket, in which nothing waits for frames or files.

    The page may leave and come back on another WebSocket: the session goes on.
    """

    def __init__(self, room: Sockets) -> None:
        self.room = room
        self.socket: WebSocket | None = None
        self.key = secrets.token_urlsafe(16)
        self.loop = asyncio.get_running_loop()
        self.changed = asyncio.Event()
        self.session = Session(lambda: self._call(self.changed.set), self._train, self.key)
        self.worker: WorkerRun | None = None
        self.waiting: asyncio.Task[None] | None = None  # for the page to come back
        self._rests = False  # its training was paused, since nobody looked
        self._code: str | None = None  # of its class link
        self._due = 0.0  # when the next frame may be drawn, by the loop's clock
        self._wanted: deque[dict[str, Any]] = deque(maxlen=MOST_AHEAD)
        self._tasks: set[asyncio.Task[None]] = set()
        self.picture: asyncio.Future[Any] = self.loop.create_future()
        self.slow: dict[str, asyncio.Future[Any]] = {}  # the last of each kind
        self.proof: asyncio.Future[Any] = self.loop.create_future()
        self.map: asyncio.Future[Any] = self.loop.create_future()
        self._turn = asyncio.Lock()  # one message at a time

    async def join(self, socket: WebSocket) -> None:
        """Speak over a WebSocket from now on."""
        self.leave()
        self.socket = socket
        self.picture = self.loop.create_future()
        self.picture.set_result(None)
        self.slow = {}
        self._start(self._watch())
        if self._rests:
            self._rests = False
            with contextlib.suppress(PlaygroundError):  # it says so again, once it is asked
                self.session.run.play()

    def leave(self) -> None:
        """Stop everything that waits."""
        self.socket = None
        self._wanted.clear()
        for task in (*self._tasks, *([self.waiting] if self.waiting else [])):
            if task is not asyncio.current_task(self.loop):
                task.cancel()
        self.waiting = None

    async def rest(self) -> None:
        """Pause the training, until the page comes back."""
        with contextlib.suppress(PlaygroundError, TimeoutError):
            self._rests = (await asyncio.to_thread(self.session.run.settle)).playing
            self.session.run.pause()

    async def listen(self, socket: WebSocket, hello: dict[str, Any]) -> None:
        """Handle one message after the other, until the page leaves."""
        message: Any = hello
        while socket.application_state is WebSocketState.CONNECTED:  # a response may notice
            await self._handle(message)
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    message = _read(await socket.receive_text())
            except TimeoutError:
                raise _Silent("nothing was said for half an hour") from None

    async def _handle(self, message: Any) -> None:
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "frame" and self.session.has_begun:
            self._wanted.append(message)
            if self.picture.done():
                self.picture = self._start(self._draw())
        elif kind in SLOW and self.session.has_begun:
            if kind in self.slow and not self.slow[kind].done():
                await self._say([error_message(ONE_AT_A_TIME)])
            else:
                self.slow[kind] = self._start(self._download(message))
        elif kind == "cures" and self.session.has_begun:
            self.proof.cancel()  # a newer question takes the place of the older
            self.proof = self._start(self._prove())
        elif kind == "sweep" and self.session.has_begun:
            self.map.cancel()  # one at a time
            self.map = self._start(self._sweep(message))
        elif kind == "stop_sweep":
            self.map.cancel()
        elif kind == "restart" and self.worker is not None:
            self.worker.restart()
        elif kind == "class":
            await self._say([self._class_link(message)])
        else:
            await self._answer(message)
            self.changed.set()

    def _class_link(self, message: dict[str, Any]) -> Message:
        """Tell the links to a set-up, and who is here.

        With ``keep`` the page's short link leads there from now on.
        """
        links, fragment, at = self.room.links, message.get("fragment"), message.get("at")
        if not (isinstance(fragment, str) and FRAGMENT.fullmatch(fragment)):
            fragment = "#"
        if len(fragment) > MOST_LETTERS:
            return error_message(NO_LINK)
        keep = message.get("keep") is True
        self._code = links.keep(self._code, fragment) if keep else self._code
        base = at if at in links.addresses else (*links.addresses, links.here)[0]
        short = links.short(base, self._code) if keep and self._code else ""
        content = {
            "type": "class",
            "kept": keep,
            "short": short,
            "long": links.long(base, fragment),
            "qr": _qr_rows(short) if short else [],
            "addresses": list(links.addresses),
            "inside": len(self.room.open),
            "most": self.room.most,
        }
        return content, {}

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _train(self, task: Task, on_change: Callable[[], None]) -> WorkerRun:
        """Train in a process, and tell the page when it is in trouble."""
        self.worker = WorkerRun(task, on_change, lambda trouble: self._call(self._notify, trouble))
        return self.worker

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            if self.worker is not None:
                self.worker.watch()

    def _notify(self, trouble: PlaygroundError | None) -> None:
        """Tell of a trouble, or that it is over: the page takes the run for that."""
        told = self.session.told() if trouble is None else [error_message(trouble)]
        self._start(self._say(told))

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        """Call a function in the loop's thread, from any other."""
        with contextlib.suppress(RuntimeError):  # the loop may end before the training
            self.loop.call_soon_threadsafe(function, *arguments)

    async def _draw(self) -> None:
        """Send each requested frame as soon as there is something new to see."""
        clock = self.loop.time
        while self._wanted:
            await asyncio.sleep(self._due - clock())
            # Counted from when it was due: a late frame delays no other.
            pause = self.room.pause()
            self._due = max(self._due, clock() - pause) + pause
            self.session.look(self.room.crowd())
            while not self.session.news:
                self.changed.clear()
                if not self.session.news:  # it may have come between the two lines above
                    await self.changed.wait()
            await self._answer(self._wanted.popleft(), {"pages": len(self.room.open)})

    async def _download(self, message: dict[str, Any]) -> None:
        """Send a file: capturing the state waits its turn, making the file does not."""
        async with self._turn:
            make = await asyncio.to_thread(self.session.prepare, message)
        await self._say(await _made(self.loop.run_in_executor(self.room.makers, make)))

    async def _prove(self) -> None:
        """Send what cures the run; meanwhile, each second, how much of the time is over."""
        async with self._turn:
            make = await asyncio.to_thread(self.session.prepare_cures)
        left = threading.Event()
        proving = self.loop.run_in_executor(self.room.provers, make, left.is_set)
        try:
            for second in itertools.count(1):
                done, _ = await asyncio.wait([proving], timeout=1)
                if done:
                    break
                share = min(second / cures.SECONDS, 0.95)
                await self._say([({"type": "cures", "done": False, "share": share}, {})])
        except asyncio.CancelledError:
            left.set()
            proving.cancel()
            raise
        await self._say(await _made(proving))

    async def _sweep(self, message: dict[str, Any]) -> None:
        """Send a map as it fills: it waits its turn, and ends with the page."""
        left, news = threading.Event(), asyncio.Queue[dict[str, Any] | None]()

        def work(request: sweep.Request) -> None:
            if left.is_set():  # the page has left meanwhile
                return
            try:
                for content in sweep.apart_from(request, left.is_set):
                    self._call(news.put_nowait, content)
            except PlaygroundError:
                if not left.is_set():
                    raise

        async def say(content: dict[str, Any]) -> None:
            # Two maps can be told apart, and an error of theirs from others.
            await self._say([({**content, "sweep": message.get("asked")}, {})])

        try:
            request = await asyncio.to_thread(sweep.request_of, message)
            working = self.loop.run_in_executor(self.room.sweepers, work, request)
            working.add_done_callback(lambda _: news.put_nowait(None))
            await say({"type": "sweep", "state": "waiting"})
            while (content := await news.get()) is not None:
                await say(content)
            await working
        except PlaygroundError as error:
            await say(error_message(error)[0])
        except Exception:  # the page always waits for a response
            logging.getLogger(__name__).exception("a map could not be drawn")
            await say(error_message(NOT_MADE)[0])
        finally:
            left.set()

    async def _answer(self, message: Any, more: Mapping[str, Any] = NOTHING) -> None:
        """Send the responses to a message, each with some more content."""
        async with self._turn:
            answers = await asyncio.to_thread(self.session.handle, message)
        await self._say([({**content, **more}, arrays) for content, arrays in answers])

    async def _say(self, answers: Sequence[Message]) -> None:
        if self.socket is not None:
            await _say(self.socket, answers)


async def _made(making: Awaitable[list[Message]]) -> list[Message]:
    """Return what is made: the page always waits for a response."""
    try:
        return await making
    except Exception:
        logging.getLogger(__name__).exception("a response could not be made")
        return [error_message(NOT_MADE)]


async def _hello(socket: WebSocket) -> dict[str, Any]:
    """Return a page's first message that says hello."""
    nobody = Session()
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            while True:
                message = _read(await socket.receive_text())
                if isinstance(message, dict) and message.get("type") == "hello":
                    return message
                await _say(socket, nobody.handle(message))
    except TimeoutError:
        raise _Silent(f"hello was not said within {HELLO_SECONDS:g} seconds") from None


async def _say(socket: WebSocket, answers: Sequence[Message]) -> None:
    for content, arrays in answers:
        if socket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it has just left
                await socket.send_bytes(encoded(content, arrays))


class _Silent(Exception):
    pass


class _TooBig(Exception):
    pass


def _read(text: str) -> Any:
    """Return a message, or None for invalid JSON."""
    if len(text) > MOST_BYTES:
        raise _TooBig
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
