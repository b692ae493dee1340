"""A page whose training process ends or is suspended, and a page that another site links to."""

import os
import re
import signal
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.support.pages import needs_chromium, opened, start, step_of, stop, wait_for_step

pytestmark = needs_chromium

TOKEN = "token-of-this-test"


def children(process):
    """Return the processes that a process has started, and those that these have."""
    asked = ["ps", "-A", "-o", "pid=,ppid="]
    listed = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    parents = dict(zip(map(int, listed[::2]), map(int, listed[1::2]), strict=True))
    found = {process}
    while more := {one for one, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}


@pytest.fixture(scope="module")
def server():
    process, address = start("--token", TOKEN)
    yield process, address
    stop(process)


@pytest.fixture(
    params=[
        pytest.param(("en-GB", 1360, 900), id="desktop"),
        pytest.param(("es-ES", 390, 844), id="phone", marks=pytest.mark.long),
    ]
)
def page(request, browser):
    language, width, height = request.param
    viewport = {"width": width, "height": height}
    context = browser.new_context(locale=language, viewport=viewport)
    yield context.new_page()
    context.close()


WORDS = {
    "ended": re.compile(r"Another one goes on from step \d+|Otro sigue desde el paso \d+"),
    "silent": re.compile(r"process does not answer|proceso del entrenamiento no responde"),
    "again": re.compile(r"^(Start it again|Arrancarlo de nuevo)$"),
}


def test_a_page_is_told_and_trains_on(page, server):
    process, address = server
    before = children(process.pid)
    opened(page, address)
    page.locator(".speed select").select_option("full")
    trainer = lambda: max(children(process.pid) - before)  # noqa: E731
    page.locator("button.main").click()
    wait_for_step(page, 100)
    banner = page.locator(".banner")
    page.evaluate("scrollTo(0, 600)")
    os.kill(trainer(), signal.SIGKILL)
    expect(banner).to_contain_text(WORDS["ended"])
    expect(banner).to_be_in_viewport()
    wait_for_step(page, step_of(page) + 1000)
    os.kill(trainer(), signal.SIGSTOP)
    expect(banner).to_contain_text(WORDS["silent"])
    expect(banner).to_have_count(1)
    page.get_by_role("button", name=WORDS["again"]).click()
    expect(banner).to_have_count(0)
    wait_for_step(page, step_of(page) + 1000)
    os.kill(trainer(), signal.SIGSTOP)
    expect(banner).to_contain_text(WORDS["silent"])
    os.kill(trainer(), signal.SIGCONT)
    expect(banner).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_button_works_after_the_process_has_ended(page, server):
    process, address = server
    before = children(process.pid)
    opened(page, address)
    pause = page.locator("button.main")
    step = page.get_by_role("button", name=re.compile("^(One step|Un paso)$"))
    reset = page.get_by_role("button", name=re.compile("^(Reset|Reiniciar)$"))
    pause.click()
    wait_for_step(page, 20)
    os.kill(max(children(process.pid) - before), signal.SIGKILL)
    expect(page.locator(".banner")).to_contain_text(WORDS["ended"])
    wait_for_step(page, step_of(page) + 20)
    pause.click()
    expect(pause).to_have_text(re.compile("Train|Entrenar"))
    page.wait_for_timeout(300)
    stood = step_of(page)
    step.click()
    wait_for_step(page, stood + 1)
    assert step_of(page) == stood + 1
    reset.click()
    page.wait_for_function("() => document.querySelector('.clock .step').textContent === '0'")


class Course(BaseHTTPRequestHandler):
    """Another site, with a link to a playground and a form that posts to it."""

    address = ""

    def do_GET(self):
        root = self.address.partition("?")[0]
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(
            f'<a href="{self.address}">the playground</a>'
            f'<form method="post" action="{root}"><button>post</button></form>'.encode()
        )

    def log_message(self, *_):
        pass


@pytest.fixture
def course(server):
    Course.address = server[1]
    with ThreadingHTTPServer(("127.0.0.1", 0), Course) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://localhost:{site.server_address[1]}/"  # another site than 127.0.0.1
        site.shutdown()


def test_a_link_of_another_site_leads_in_and_its_form_and_scripts_do_not(browser, server, course):
    context = browser.new_context()
    page = context.new_page()
    page.goto(course)
    page.get_by_role("link").click()
    page.wait_for_selector(".diagram canvas")
    root = server[1].partition("?")[0]
    assert page.url == root
    page.goto(course)
    with page.expect_response(lambda answer: answer.url == root) as posted:
        page.get_by_role("button").click()
    assert posted.value.status == 403
    page.goto(course)
    socket = root.replace("http", "ws") + "socket"
    opened_one = """url => new Promise((done) => {
        const socket = new WebSocket(url);
        socket.onopen = () => done(true);
        socket.onclose = () => done(false);
    })"""
    assert page.evaluate(opened_one, socket) is False
    fetched = "url => fetch(url, {credentials: 'include'}).then(() => true, () => false)"
    assert page.evaluate(fetched, root) is False
    context.close()


@pytest.mark.long
def test_two_playgrounds_of_one_host_do_not_throw_each_other_out(browser, server):
    process, other = start()
    context = browser.new_context()
    first, second = context.new_page(), context.new_page()
    opened(first, server[1])
    opened(second, other)
    for page in (first, second):
        page.reload()
        page.wait_for_selector(".diagram canvas")
    context.close()
    stop(process)
