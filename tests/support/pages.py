"""The playground's page in a real browser: what the tests of all its parts begin with."""

import base64
import json
import os
import re
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.support.forks import Popen

# The shell has no windows of its own to keep: a fifth of a page's seconds less.
BROWSERS = "chromium-headless-shell", "chromium", "google-chrome"
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"

needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this machine")
needs_axe = pytest.mark.skipif(not AXE.exists(), reason="axe-core comes with npm ci in frontend/")


# Where many tests share a server, the trainings that they leave behind end soon.
FORGETFUL = """
import sys
from neurona.cli import main
from neurona.web import server
server.REST_SECONDS, server.KEEP_SECONDS = 0.5, 10.0
sys.exit(main())
"""


def start(*options, program=("-m", "neurona.cli"), counted=False):
    """Start ``neurona play``; return its process and its address.

    Its own tests count its lines; where a browser waits for it, it runs at its own speed.
    """
    untraced = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_PROCESS")}
    process = Popen(
        [sys.executable, *program, "play", "--no-browser", *options],
        stdout=PIPE,
        text=True,
        env=None if counted else untraced,
    )
    return process, re.search(r"http://\S+", process.stdout.readline()).group()


def stop(process):
    process.terminate()
    process.wait(timeout=10)
    process.stdout.close()


_kept = {}  # a page of each browser, since its process takes a second to start


@contextmanager
def fresh(browser, width, height):
    """Give a blank page of that size, with nothing stored but that the callouts are closed."""
    if browser not in _kept or _kept[browser].is_closed():
        context = browser.new_context(locale="en-GB")
        put_hints_away(context)
        _kept[browser] = context.new_page()
    page = _kept[browser]
    page.set_viewport_size({"width": width, "height": height})
    yield page
    context = page.context
    for other in context.pages:
        if other is not page:
            other.close()
    if not page.is_closed():
        root = page.evaluate("location.origin")
        page.mouse.move(0, 0)
        page.goto(f"{root}/static/page.css")  # no program is there, and the same process goes on
        page.evaluate("() => { localStorage.clear(); sessionStorage.clear() }")
        page.emulate_media(media="null", color_scheme="light")
    context.clear_cookies()
    context.clear_permissions()


@contextmanager
def visited(browser, address, width=1360, height=900):
    """Open a page, and see at the end that it said nothing and asked nobody else for anything."""
    said, asked = [], []
    listeners = {
        # The tests read pixels back, which the page does not.
        "console": lambda one: "willReadFreq" in one.text or said.append(one.text),
        "pageerror": lambda one: said.append(str(one)),
        "request": lambda one: asked.append(one.url),
    }
    with fresh(browser, width, height) as page:
        for event, listener in listeners.items():
            page.on(event, listener)
        opened(page, address)
        page.get_by_label("Speed").select_option("full")  # the first speed is for eyes
        yield page
        for event, listener in listeners.items():
            page.remove_listener(event, listener)
    assert not said, said  # no error, and nothing that the content security policy forbade
    root = address.partition("/?")[0]
    assert [url for url in asked if not url.startswith((root, "data:", "blob:"))] == []


def put_hints_away(context):
    """Let the callouts of the first sight be closed, as on a second visit."""
    context.add_init_script(
        "try { localStorage.getItem('neurona.hints') === null"
        " && localStorage.setItem('neurona.hints', 'picture,train,network,now') }"
        " catch { /* an empty page has no storage */ }"
    )


def opened(page, address):
    """Go there, and wait for the first picture with its numbers."""
    from playwright.sync_api import expect

    page.goto(address)
    page.wait_for_selector(".diagram canvas")
    expect(page.locator(".scores .cost")).not_to_have_text("–")


def open_tool(page, name):
    """Open a tool of the mast, or the settings, unless it is open."""
    button = page.get_by_role("button", name=name, exact=True).first
    if button.get_attribute("aria-pressed") == "false":
        button.click()
    return page.locator(".tool")


def number_of(text):
    """Return the number that the page writes in English."""
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    return float(text.replace(",", "").replace("−", "-").replace("·10", "e").translate(raised))


def close_tool(page):
    page.locator(".tool-head .close").click()


def pressed(page, name):
    """Press a button of the mast, which a narrow page keeps in its menu."""
    button = page.get_by_role("button", name=name, include_hidden=True).first
    if not button.is_visible():
        page.locator(".mast .menu").click()
    button.click()


def speak(page, language):
    """Choose a language, by the button that names it."""
    name = {"en": "English", "es": "Español"}[language]
    if page.get_by_role("button", name=name, include_hidden=True).count():
        pressed(page, name)


def step_of(page):
    return int(re.sub(r"\D", "", page.inner_text(".clock .step")))


def wait_for_step(page, least):
    page.wait_for_function(
        "n => Number(document.querySelector('.clock .step').innerText.replace(/\\D/g, '')) >= n",
        arg=least,
    )


CHECKSUM = (
    "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data"
    ".reduce((sum, one, i) => (sum * 31 + one) % 1000003, 7)"
)


def picture(page, selector):
    """Return a checksum of what a canvas shows."""
    return page.eval_on_selector(selector, CHECKSUM)


def changed(page, selector, before):
    """Wait until a canvas shows something else, and return its checksum."""
    page.wait_for_function(
        f"([selector, before]) => ({CHECKSUM})(document.querySelector(selector)) !== before",
        arg=[selector, before],
        polling=30,
    )
    return picture(page, selector)


def painted(page):
    """Wait until the browser has drawn what has changed so far."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def hash_of(setup):
    """Return the end of an address that holds a set-up."""
    return "#s=" + base64.urlsafe_b64encode(json.dumps(setup).encode()).decode().rstrip("=")
