"""A page that loses its server: its message, the set-up that it keeps, and its return."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.support.pages import (
    hash_of,
    needs_chromium,
    opened,
    start,
    step_of,
    stop,
    wait_for_step,
)

pytestmark = needs_chromium


class Server:
    """A playground that can be lost, and comes back at the same address."""

    def __init__(self):
        self.process, self.address = start("--token", "token-of-this-test")

    def restart(self):
        port = re.search(r":(\d+)/", self.address).group(1)
        self.process, address = start("--token", "token-of-this-test", "--port", port)
        assert address == self.address

    def stop(self):
        stop(self.process)


@pytest.fixture(scope="module")
def server():
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def page(browser, server):
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    opened(page, server.address)
    yield page
    context.close()


def lose_and_find(page, server):
    """Lose the server, and wait until the page is connected to the next one."""
    server.stop()
    expect(page.locator(".banner")).to_contain_text("The connection to neurona is lost")
    server.restart()
    expect(page.locator(".banner")).to_have_count(0, timeout=15_000)


def test_a_page_keeps_its_setup_when_the_server_is_killed(page, server):
    page.get_by_role("button", name="Add a layer").click()
    expect(page.locator(".facts")).to_contain_text("2–4–4–4–1")
    page.get_by_role("button", name="One step").click()
    lose_and_find(page, server)
    expect(page.locator(".facts")).to_contain_text("2–4–4–4–1")


@pytest.mark.long
def test_a_page_keeps_its_speed_when_the_server_is_killed(page, server):
    page.get_by_label("Speed").select_option("10")
    lose_and_find(page, server)
    before = time.monotonic()  # a busy machine may take seconds for a click, or to be read
    page.get_by_role("button", name="Train").click()
    wait_for_step(page, 10)
    step, seconds = step_of(page), time.monotonic() - before
    assert step / seconds < 50  # 10 were chosen; unhindered it is thousands


@pytest.mark.long
def test_a_bad_link_comes_back_mended_when_the_server_is_killed(page, server):
    page.evaluate("link => { location.hash = link; }", hash_of({"layers": [{"neurons": 99}]}))
    page.get_by_role("button", name="Dismiss").click()
    lose_and_find(page, server)
    page.get_by_role("button", name="One step").click()
    wait_for_step(page, 1)
    expect(page.locator(".banner")).to_have_count(0)
    expect(page.locator(".facts")).to_contain_text("2–16–1")
