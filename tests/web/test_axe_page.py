"""For everybody: axe finds nothing in any panel, whatever it shows, in any theme or language."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.pages import (
    AXE,
    close_tool,
    needs_axe,
    needs_chromium,
    opened,
    painted,
    pressed,
    speak,
)

pytestmark = [needs_chromium, needs_axe]

TOOLS = Path(__file__).parents[2] / "frontend" / "src" / "state" / "tools.ts"
NAMES = re.findall(r'"(\w+)"', re.search(r"TOOL_NAMES = \[(.*?)\]", TOOLS.read_text(), re.S)[1])
# Panels that the mast does not list, and the ways to them.
UNLISTED = {
    "settings": [".settings-link"],
    "bugs": [".settings-link", ".to-bugs button"],
}
FAULTS = """(place) => axe.run(place ?? document).then(({ violations }) =>
  violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(" ")}`))"""


@pytest.fixture
def page(browser, address):
    """Return the page as a first visit finds it, with axe in it."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-GB", color_scheme="light",
        bypass_csp=True,
    )  # fmt: skip
    page = context.new_page()
    opened(page, address)
    page.evaluate(AXE.read_text())
    yield page
    context.close()


def faults(page, place=None):
    painted(page)
    return page.evaluate(FAULTS, place)


def open_panels(page):
    """Open each panel there is, as anybody does, and yield its name."""
    opened = []
    for k in range(page.locator(".mast nav button").count()):
        button = page.locator(".mast nav button").nth(k)
        button.click()
        painted(page)
        opened.append(page.locator(".playground").get_attribute("data-tool"))
        yield opened[-1]
    for name in NAMES:
        if name not in opened:
            for way in UNLISTED[name]:
                page.locator(way).click()
                painted(page)
            assert page.locator(".playground").get_attribute("data-tool") == name
            yield name


# Panels that are used. Each yields whenever there is something new to see.


def use_doctor(page):
    page.locator(".tool .measured, .tool .says").first.wait_for()
    yield


def use_sweep(page):
    page.evaluate("location.hash = '#map=learning_rate:0.001~0.1~3/topology:4-4,8/5/100'")
    expect(page.get_by_label(re.compile("^(Widths|Anchos)"))).to_have_value("4-4  8")
    page.locator(".map-choice button[type=submit]").click()
    page.locator(".map-head b[role=status]").wait_for()
    page.locator(".sweep-map td button").nth(1).hover()
    yield


def use_microscope(page):
    page.locator(".neuron").nth(3).click()
    for tab in page.get_by_role("tab").all():
        tab.click()
        yield


def use_tour(page):
    page.locator(".tour-actions .link").click()  # a hint
    page.locator(".tour-options input").first.check()
    page.locator(".tour-actions .main").first.click()
    page.locator(".tour-verdict").wait_for()
    yield


def use_class(page):
    page.locator(".links .qr").wait_for()
    yield


def use_bugs(page):
    page.locator(".at-random").click()
    page.locator(".program .line").first.wait_for()
    yield
    page.locator(".bugs .main").click()
    page.locator(".program li[aria-current]").wait_for()
    yield


def use_settings(page):
    page.locator(".tool .help").nth(3).click()  # a word's card
    yield
    page.keyboard.press("Escape")


def use(page, name):
    return globals().get(f"use_{name}", lambda _: ())(page)


@pytest.mark.parametrize(
    ("language", "dark"),
    [
        ("en", False),
        ("es", True),
        pytest.param("en", True, marks=pytest.mark.long),
        pytest.param("es", False, marks=pytest.mark.long),
    ],
)
def test_axe_finds_nothing(page, language, dark):
    speak(page, language)
    if dark:
        pressed(page, re.compile("Theme|Tema"))
    found = [("callouts", faults(page))]
    page.locator(".mast .end button[aria-pressed=true]").click()  # which go away
    page.locator(".neuron").nth(3).click()
    found.append(("a neuron's weights", faults(page)))
    for name in open_panels(page):
        found.append((name, faults(page)))
        found += [(f"{name}, used", faults(page, ".tool")) for _ in use(page, name)]
    close_tool(page)
    page.set_viewport_size({"width": 390, "height": 844})
    found.append(("a phone", faults(page)))
    assert [one for one in found if one[1]] == []


@pytest.mark.long
def test_axe_finds_nothing_in_proved_cures(page):
    page.locator(".example select").select_option("stuck")
    page.get_by_role("button", name="Doctor").click()
    page.locator(".tool button.main").click()
    page.locator(".cures").wait_for(timeout=90_000)
    assert faults(page) == []
    pressed(page, re.compile("Theme"))
    assert faults(page) == []
