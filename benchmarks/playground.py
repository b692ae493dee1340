"""The playground in a real browser: pictures and steps per second, and response times.

The browser draws on the same CPUs on which the server trains. Since ten pages are rarely open on
one machine, ten clients that request pictures without drawing are measured too.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import neurona

from . import machine
from .race import note, summary

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SIZE = {"width": 1360, "height": 900}
# Each message of the server is a picture, except a few at the start.
COUNT_PICTURES = """
window.pictures = 0;
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", () => { window.pictures += 1; });
  }
};
"""
# Clicks, and returns after how many milliseconds the page shows the effect.
RESPONSE_TIME = """
([click, shown, text]) => new Promise((resolve) => {
  const began = performance.now();
  const look = () => {
    if (document.querySelector(shown).innerText.includes(text)) resolve(performance.now() - began);
    else requestAnimationFrame(look);
  };
  document.querySelector(click).click();
  look();
})
"""
# The summary above the network, without and with another neuron.
BEFORE, AFTER = "2–4–4–1", "2–5–4–1"  # noqa: RUF001
MORE, FEWER = ".layers .count button:last-child", ".layers .count button:first-child"
CLASS = 64  # students on one server
FIRST_SPEED = 50.0  # steps per second, with which a page begins
NETWORK_SECONDS = 0.45  # between two networks, as a page of a class asks for them


def measure(quick: bool = False) -> dict:
    """Return the figures of the tables; `quick` only checks that it runs."""
    facts = machine.facts()
    if float(facts["load before"]) > 0.5:
        note("this machine is busy: the figures will be worse than on an idle one")
    seconds, many = (0.5, 2) if quick else (5.0, 10)
    students = 4 if quick else CLASS
    measured: dict[str, Any] = {"machine": facts, "pages": many, "students": students}
    alone = [_alone(seconds / 5) for _ in range(2)]
    with served() as address:
        with browser() as chromium:
            note("first picture")
            measured["first"] = summary(
                [_first(chromium, address) for _ in range(1 if quick else 7)]
            )
            note("response times")
            measured["obeyed"] = _response_times(chromium, address, times=1 if quick else 10)
        measured["one"] = {}
        for name in ("circles", "lesson"):
            note(f"one page: {name}")
            rounds = [_pages(address, 1, name, seconds) for _ in range(1 if quick else 3)]
            measured["one"][name] = {
                what: summary([value for one in rounds for value in one[what]])
                for what in ("pictures", "steps")
            }
        note(f"{many} pages")
        found = _pages(address, many, "lesson", seconds)
        measured["many"] = {what: summary(values) for what, values in found.items()}
        for name, count, pace in (("clients", many, None), ("class", students, FIRST_SPEED)):
            note(f"{count} clients without a browser")
            found = asyncio.run(_clients(address, count, seconds, pace))
            measured[name] = {what: summary(values) for what, values in found.items()}
    measured["alone"] = summary(alone + [_alone(seconds / 5) for _ in range(2)])
    return measured


def _alone(seconds: float) -> float:
    """Return the steps per second of the lesson's network without a page: the baseline.

    A shared machine may be twice as fast at one time as at another.
    """
    X, y = neurona.datasets.circles(n=500, noise=0.05, rng=0)
    net = neurona.network([2, 4, 8, 1], activation="sigmoid")
    states = neurona.train(
        net, X, y, cost="mse", optimizer=neurona.sgd(5.0), steps=10**9, every=100, rng=0
    )
    next(states)
    first, began = next(states).step, time.perf_counter()
    while True:
        step = next(states).step
        took = time.perf_counter() - began
        if took > seconds:
            return (step - first) / took


@contextlib.contextmanager
def served() -> Iterator[str]:
    """Start ``neurona play``, yield its address, and stop it at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "neurona.cli", "play", "--no-browser"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield re.search(r"http://\S+", process.stdout.readline()).group()
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Start a headless Chromium."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


def _opened(chromium: Any, address: str) -> Any:
    # Each context is a separate window; a window draws only its front page.
    page = chromium.new_context(viewport=SIZE, locale="en-GB").new_page()
    page.add_init_script(COUNT_PICTURES)
    page.goto(address)
    page.wait_for_function("() => window.pictures > 2")
    return page


def _first(chromium: Any, address: str) -> float:
    """Return the seconds from the request for the page to its first picture."""
    page = chromium.new_context(viewport=SIZE).new_page()
    began = time.perf_counter()
    page.goto(address)
    page.wait_for_function(
        "() => { const c = document.querySelector('.surface canvas');"
        " return c && c.getContext('2d').getImageData(50, 50, 1, 1).data[1] > 0; }"
    )
    seconds = time.perf_counter() - began
    page.context.close()
    return seconds


def _response_times(chromium: Any, address: str, times: int) -> dict[str, dict]:
    """Return the milliseconds until the page shows the effect of a control, while it trains."""
    page = _opened(chromium, address)
    found: dict[str, list[float]] = {"pause": [], "play": [], "one neuron more": []}
    for _ in range(times):
        found["play"].append(page.evaluate(RESPONSE_TIME, ["button.main", "button.main", "Pause"]))
        page.wait_for_timeout(300)
        found["pause"].append(page.evaluate(RESPONSE_TIME, ["button.main", "button.main", "Train"]))
        page.click("button.main")
        page.wait_for_timeout(300)
        found["one neuron more"].append(page.evaluate(RESPONSE_TIME, [MORE, ".facts", AFTER]))
        page.evaluate(RESPONSE_TIME, [FEWER, ".facts", BEFORE])
        page.wait_for_timeout(100)
    page.context.close()
    return {name: summary(values) for name, values in found.items()}


# Begins to train, waits, and resolves to the pictures and steps per second after that.
RATES = """
new Promise((resolve) => {
  const choose = (selector, value) => {
    const select = document.querySelector(selector);
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const now = () => [
    performance.now(),
    window.pictures,
    Number(document.querySelector(".clock .step").innerText.replace(/\\D/g, "")),
  ];
  if ("NAME" !== "circles") choose(".example select", "NAME"); // what a page begins with
  choose(".speed select", "full");
  setTimeout(() => document.querySelector("button.main").click(), 500);
  setTimeout(() => {
    const before = now();
    setTimeout(() => {
      const [time, pictures, steps] = now().map((one, k) => one - before[k]);
      resolve([(1000 * pictures) / time, (1000 * steps) / time]);
    }, 1000 * SECONDS);
  }, 3000);
})
"""


def _pages(address: str, count: int, name: str, seconds: float) -> dict[str, list]:
    """Return the pictures and steps per second of each of several pages at the same time.

    They measure themselves: a driver that listens to all that a page hears takes a tenth of the
    time of a picture.
    """
    code = RATES.replace("NAME", name).replace("SECONDS", str(seconds))
    with _Chromium() as chromium:
        pages = [chromium.opened(address) for _ in range(count)]
        rates = chromium.answers(pages, code)
    return {
        "pictures": [pictures for pictures, _ in rates],
        "steps": [steps for _, steps in rates],
    }


class _Chromium:
    """A Chromium that is told what to do by its own protocol, and else left alone."""

    def __enter__(self) -> _Chromium:
        from websockets.sync.client import connect

        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        path = shutil.which("chromium") or shutil.which("google-chrome")
        data = f"--user-data-dir={self.folder.name}"
        self.process = subprocess.Popen(
            [path, "--headless", "--remote-debugging-port=0", data, *FLAGS, "about:blank"],
            stderr=subprocess.PIPE,
            text=True,
        )
        for line in self.process.stderr:
            if found := re.search(r"ws://\S+", line):
                break
        self.socket = connect(found.group(), max_size=None)
        self.count = 0
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
        self.process.terminate()
        self.process.wait(timeout=20)
        self.process.stderr.close()
        self.folder.cleanup()

    def say(self, method: str, session: str | None = None, **parameters: Any) -> int:
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        self.socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        return self.count

    def answer(self, number: int) -> dict[str, Any]:
        while (message := json.loads(self.socket.recv(timeout=60))).get("id") != number:
            pass
        return message["result"]

    def opened(self, address: str) -> str:
        """Open a page in a window of its own, and wait for its first pictures."""
        context = self.answer(self.say("Target.createBrowserContext"))["browserContextId"]
        blank = {"url": "about:blank", "browserContextId": context, "newWindow": True, **SIZE}
        target = self.answer(self.say("Target.createTarget", **blank))["targetId"]
        attach = self.say("Target.attachToTarget", targetId=target, flatten=True)
        page = self.answer(attach)["sessionId"]
        self.answer(self.say("Page.enable", page))
        self.answer(self.say("Page.addScriptToEvaluateOnNewDocument", page, source=COUNT_PICTURES))
        self.answer(self.say("Page.navigate", page, url=address))
        while self.answers([page], "window.pictures ?? 0")[0] < 3:
            time.sleep(0.1)
        self.answer(self.say("Page.disable", page))
        return page

    def answers(self, pages: list[str], code: str) -> list[Any]:
        """Evaluate JavaScript in all pages at once."""
        more = {"expression": code, "awaitPromise": True, "returnByValue": True}
        asked = [self.say("Runtime.evaluate", page, **more) for page in pages]
        found: dict[int, Any] = {}
        while len(found) < len(asked):
            message = json.loads(self.socket.recv(timeout=60))
            if message.get("id") in asked:
                found[message["id"]] = message["result"]["result"].get("value")
        return [found[number] for number in asked]


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


async def _clients(address: str, count: int, seconds: float, pace: float | None) -> dict[str, list]:
    """Return the rates of several clients; each requests a picture once it has the last one.

    They ask for what a page of a class asks for, which gets few pictures, and are measured once all
    of them have some. The pace is in steps per second; None is unlimited.
    """
    from websockets.asyncio.client import connect

    parts = urlsplit(address)
    try:
        build_opener(_Stay).open(address)
        raise RuntimeError("the token should have been exchanged for a cookie")
    except HTTPError as answer:
        cookie = answer.headers["set-cookie"].partition(";")[0]
        answer.close()
    found: dict[str, list] = {"pictures": [], "steps": []}
    all_draw = asyncio.Barrier(count)

    async def client() -> None:
        headers = {"Cookie": cookie}
        origin = f"http://{parts.netloc}"
        async with connect(
            f"ws://{parts.netloc}/socket", additional_headers=headers, origin=origin
        ) as socket:
            asked = 0.0  # when a network was, last

            async def picture() -> int:
                nonlocal asked
                request = {"type": "frame", "resolution": 100, "neurons": 34, "coarse": True}
                request["network"] = time.perf_counter() >= asked + NETWORK_SECONDS
                if request["network"]:
                    asked = time.perf_counter()
                await socket.send(json.dumps(request))
                while True:
                    message = await socket.recv()
                    length = int.from_bytes(message[:4], "little")
                    told = json.loads(message[4 : 4 + length])
                    if told["type"] == "frame":
                        return told["step"]

            await socket.send(json.dumps({"type": "hello", "setup": LESSON}))
            await socket.send(json.dumps({"type": "speed", "steps_per_second": pace}))
            await picture()
            await all_draw.wait()
            await socket.send(json.dumps({"type": "play"}))
            start = time.perf_counter()
            number, first = 0, 0
            while time.perf_counter() < start + 2.0:
                first, number = await picture(), number + 1
            begin, before, step = time.perf_counter(), number, first
            while time.perf_counter() < begin + seconds:
                step, number = await picture(), number + 1
            took = time.perf_counter() - begin
            found["pictures"].append((number - before) / took)
            found["steps"].append((step - first) / took)

    await asyncio.gather(*(client() for _ in range(count)))
    return found


# The page's ready-made lesson: 500 points, 2-4-8-1, sigmoid, all points in each step.
LESSON = {
    "data": {"kind": "circles", "n": 500, "noise": 0.05, "test_share": 0},
    "layers": [{"neurons": n, "activation": "sigmoid"} for n in (4, 8)],
    "training": {"optimizer": "sgd", "cost": "mse", "learning_rate": 5},
}
