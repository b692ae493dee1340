"""A page whose server has gone: what it says, what it keeps, and what comes back."""

import re
import time

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


def test_a_killed_server_is_said_and_the_set_up_kept(browser):
    process, address = start("--token", "token-of-this-test")
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    opened(page, address)
    page.get_by_role("button", name="Add a layer").click()
    expect(page.locator(".facts")).to_contain_text("2 – 4 – 4 – 4 – 1")
    page.get_by_role("button", name="One step").click()
    stop(process)
    expect(page.locator(".banner")).to_contain_text("The line to neurona is lost")
    port = re.search(r":(\d+)/", address).group(1)
    process, _ = start("--token", "token-of-this-test", "--port", port)
    expect(page.locator(".banner")).to_have_count(0, timeout=15_000)
    expect(page.locator(".facts")).to_contain_text("2 – 4 – 4 – 4 – 1")
    context.close()
    stop(process)


def test_the_speed_survives_a_lost_line(browser):
    process, address = start("--token", "token-of-this-test")
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    opened(page, address)
    page.get_by_label("Speed").select_option("10")
    stop(process)
    expect(page.locator(".banner")).to_contain_text("lost")
    port = re.search(r":(\d+)/", address).group(1)
    process, _ = start("--token", "token-of-this-test", "--port", port)
    expect(page.locator(".banner")).to_have_count(0, timeout=15_000)
    before = time.monotonic()  # a busy machine may take seconds for a click, or to be read
    page.get_by_role("button", name="Play").click()
    wait_for_step(page, 10)
    page.wait_for_timeout(1000)
    step, seconds = step_of(page), time.monotonic() - before
    context.close()
    stop(process)
    assert step / seconds < 50  # 10 were chosen; unhindered it is thousands


def test_a_bad_link_is_not_what_comes_back_after_a_lost_line(browser):
    process, address = start("--token", "token-of-this-test")
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    opened(page, address)
    page.get_by_role("button", name="Add a layer").click()
    expect(page.locator(".facts")).to_contain_text("2 – 4 – 4 – 4 – 1")
    page.evaluate("link => { location.hash = link; }", hash_of({"layers": [{"neurons": 99}]}))
    page.get_by_role("button", name="Dismiss").click()
    stop(process)
    expect(page.locator(".banner")).to_contain_text("lost")
    port = re.search(r":(\d+)/", address).group(1)
    process, _ = start("--token", "token-of-this-test", "--port", port)
    expect(page.locator(".banner")).to_have_count(0, timeout=15_000)
    page.get_by_role("button", name="One step").click()
    wait_for_step(page, 1)
    facts = page.inner_text(".facts")
    context.close()
    stop(process)
    assert facts.startswith("2 – 4 – 4 – 4 – 1")
