"""The server: the page, its files, and a WebSocket for each page's training."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from neurona.web import cures
from neurona.web.connections import report_seldom
from neurona.web.encoding import encoded
from neurona.web.errors import PlaygroundError
from neurona.web.security import Guard
from neurona.web.session import SLOW, Message, Session, error_message
from neurona.web.task import Task
from neurona.web.worker import BEAT, WorkerRun

PAGE = Path(__file__).parent / "page"
STATIC = Path(__file__).parent / "static"
MOST_SOCKETS = 32
MOST_BYTES = 262_144  # of one message from the page: 2,000 points are 60,000
HELLO_SECONDS = 10.0  # until a training has begun
IDLE_SECONDS = 1800.0  # without a word from the page
# A screen shows 60 frames a second; many pages share a rate that leaves time for their training.
MOST_PICTURES = 60.0  # a second, of one page
ALL_PICTURES = 100.0 * (os.cpu_count() or 1)  # a second, of all pages
MOST_AHEAD = 2  # frames in flight: frontend/src/server/frame-pacing.ts says why
MAKERS_OF_FILES = 4  # threads: frames and commands do not wait for a GIF
PROVERS = max(1, (os.cpu_count() or 1) // 2)  # proofs at once: each takes a core for seconds
POLICY_VIOLATION, TOO_BIG, TRY_AGAIN = 1008, 1009, 1013


def application(token: str, hosts: Collection[str]) -> ASGIApp:
    """Return the playground as an ASGI application, protected by its guard."""
    sockets = Sockets()

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
    return Guard(app, token, hosts)


async def page(request: Request) -> Response:
    """Return the page, or say that it was not built."""
    if not (STATIC / "page.js").exists():
        return PlainTextResponse(
            "The page is not built: npm ci && npm run build, in frontend/.\n", status_code=503
        )
    return FileResponse(PAGE / "index.html")


class Sockets:
    """All open WebSockets, each with its own session."""

    def __init__(self) -> None:
        self.open: set[Session] = set()
        self.makers = ThreadPoolExecutor(MAKERS_OF_FILES, thread_name_prefix="neurona-files")
        self.provers = ThreadPoolExecutor(PROVERS, thread_name_prefix="neurona-cures")

    def close(self) -> None:
        """End every training."""
        for pool in (self.makers, self.provers):
            pool.shutdown(wait=False, cancel_futures=True)
        for session in list(self.open):
            session.close()

    def pause(self) -> float:
        """Return the minimum seconds between two frames of one page."""
        return max(1 / MOST_PICTURES, len(self.open) / ALL_PICTURES)

    async def serve(self, socket: WebSocket) -> None:
        """Serve one page until it leaves; closing the page ends its training."""
        await socket.accept()
        if len(self.open) >= MOST_SOCKETS:
            await socket.close(TRY_AGAIN, f"{MOST_SOCKETS} pages are open already")
            return
        page = SocketSession(socket, self.pause, self.makers, self.provers)
        self.open.add(page.session)
        try:
            await page.listen()
        except (WebSocketDisconnect, KeyError):  # KeyError: bytes, where text is spoken
            pass
        except _TooBig:
            await socket.close(TOO_BIG, f"a message has {MOST_BYTES} bytes at most")
        finally:
            page.cancel()
            self.open.discard(page.session)
            loop = asyncio.get_running_loop()
            loop.run_in_executor(None, page.session.close)  # not awaited: this may be cancelled


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


class SocketSession:
    """A session over a WebSocket, in which nothing waits for frames or files."""

    def __init__(
        self,
        socket: WebSocket,
        pause: Callable[[], float],
        makers: ThreadPoolExecutor,
        provers: ThreadPoolExecutor,
    ) -> None:
        self.socket = socket
        self.loop = asyncio.get_running_loop()
        self.changed = asyncio.Event()
        self.session = Session(lambda: self._call(self.changed.set), self._train)
        self.worker: WorkerRun | None = None
        self.pause = pause
        self._due = 0.0  # when the next frame may be drawn, by the loop's clock
        self._wanted: deque[dict[str, Any]] = deque(maxlen=MOST_AHEAD)
        self.makers = makers
        self.provers = provers
        self.picture = asyncio.ensure_future(asyncio.sleep(0))
        self.file = asyncio.ensure_future(asyncio.sleep(0))
        self.proof = asyncio.ensure_future(asyncio.sleep(0))
        self.watch = asyncio.create_task(self._watch())
        self.notices: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()  # one message at a time

    def cancel(self) -> None:
        """Stop everything that waits."""
        for task in (self.picture, self.file, self.proof, self.watch, *self.notices):
            task.cancel()

    async def listen(self) -> None:
        """Handle one message after the other, until the page leaves."""
        hello = self.loop.time() + HELLO_SECONDS
        greeted = False
        while self.socket.application_state is WebSocketState.CONNECTED:  # a response may notice
            try:
                async with asyncio.timeout(IDLE_SECONDS if greeted else hello - self.loop.time()):
                    text = await self.socket.receive_text()
            except TimeoutError:
                why = "nothing was said for half an hour"
                why = why if greeted else f"hello was not said within {HELLO_SECONDS:g} seconds"
                await self.socket.close(POLICY_VIOLATION, why)
                return
            message = _read(text)
            kind = message.get("type") if isinstance(message, dict) else None
            greeted = greeted or kind == "hello"
            if kind == "frame" and self.session.has_begun:
                self._wanted.append(message)
                if self.picture.done():
                    self.picture = asyncio.create_task(self._draw())
            elif kind in SLOW and self.session.has_begun:
                if self.file.done():
                    self.file = asyncio.create_task(self._download(message))
                else:
                    await self._say([error_message(ONE_AT_A_TIME)])
            elif kind == "cures" and self.session.has_begun:
                self.proof.cancel()  # a newer question takes the place of the older
                self.proof = asyncio.create_task(self._prove())
            elif kind == "restart" and self.worker is not None:
                self.worker.restart()
            else:
                await self._answer(message)
                self.changed.set()

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
        notice = asyncio.create_task(self._say(told))
        self.notices.add(notice)
        notice.add_done_callback(self.notices.discard)

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
            pause = self.pause()
            self._due = max(self._due, clock() - pause) + pause
            self.session.look()
            while not self.session.news:
                self.changed.clear()
                if not self.session.news:  # it may have come between the two lines above
                    await self.changed.wait()
            await self._answer(self._wanted.popleft())

    async def _download(self, message: dict[str, Any]) -> None:
        """Send a file: capturing the state waits its turn, making the file does not."""
        async with self._turn:
            make = await asyncio.to_thread(self.session.prepare, message)
        try:
            answers = await self.loop.run_in_executor(self.makers, make)
        except Exception:  # the page always waits for a response
            logging.getLogger(__name__).exception("a file could not be made")
            answers = [error_message(NOT_MADE)]
        await self._say(answers)

    async def _prove(self) -> None:
        """Send what cures the run; meanwhile, each second, how much of the time is over."""
        async with self._turn:
            make = await asyncio.to_thread(self.session.prepare_cures)
        left = threading.Event()
        proving = self.loop.run_in_executor(self.provers, make, left.is_set)
        try:
            for second in itertools.count(1):
                done, _ = await asyncio.wait([proving], timeout=1)
                if done:
                    break
                share = min(second / cures.SECONDS, 0.95)
                await self._say([({"type": "cures", "done": False, "share": share}, {})])
            answers = await proving
        except asyncio.CancelledError:
            left.set()
            proving.cancel()
            raise
        except Exception:  # the page always waits for a response
            logging.getLogger(__name__).exception("the cures could not be proved")
            answers = [error_message(NOT_MADE)]
        await self._say(answers)

    async def _answer(self, message: Any) -> None:
        async with self._turn:
            answers = await asyncio.to_thread(self.session.handle, message)
        await self._say(answers)

    async def _say(self, answers: Sequence[Message]) -> None:
        for content, arrays in answers:
            if self.socket.application_state is WebSocketState.CONNECTED:
                with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it has just left
                    await self.socket.send_bytes(encoded(content, arrays))


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
