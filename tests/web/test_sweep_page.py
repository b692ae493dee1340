"""The map on the page: chosen, drawn, opened cell by cell, zoomed into, by mouse and keyboard."""

import re

import pytest
from matplotlib import image as mpl_image
from playwright.sync_api import expect

from tests.support.pages import AXE, needs_axe, needs_chromium, open_tool, step_of, visited

pytestmark = needs_chromium
SMALL = "#map=learning_rate:0.0001~0.1~4/topology:4-4,8/5/200"


@pytest.fixture
def page(browser, address):
    """Return the page with a small map chosen, as a link opens it."""
    with visited(browser, address, width=1280, height=800) as page:
        page.evaluate("hash => { location.hash = hash }", SMALL)
        page.locator(".map-choice").wait_for()
        yield page


def drawn(page):
    page.locator(".sweep").get_by_role("button", name="Draw the map", exact=True).click()
    expect(page.locator(".map-head [role=status]")).to_contain_text("cells.")
    return page.locator(".sweep-map")


def cell(page, row, column):
    return page.locator(f'.sweep-map [data-at="{row},{column}"]')


def test_the_whole_way(page):
    sweep = page.locator(".sweep")
    expect(sweep.get_by_label("Widths")).to_have_value("4-4  8")  # the link has opened it
    drawn(page)
    expect(page.locator(".sweep-map tbody button")).to_have_count(8)
    expect(page.locator(".sweep-map .unknown")).to_have_count(0)
    with page.expect_download() as download:
        sweep.get_by_role("button", name="Save image").click()
    image = mpl_image.imread(download.value.path())
    assert download.value.suggested_filename == "neurona-map.png"
    assert image.shape[1] > 4 * 2 * 60  # four columns
    assert image[..., :3].min() < 0.2 < 0.9 < image[..., :3].max()  # cells of ink on paper
    learns = cell(page, 0, 2)
    learns.hover()
    said = learns.get_attribute("aria-label")
    assert re.fullmatch(r"Learning rate 0\.01 · Topology 4-4: \d+ %, \d of 5 seeds succeed", said)
    details = page.locator(".map-cell")
    expect(details.locator("b")).to_have_text(said.partition(", ")[2])
    expect(details.locator(".band")).to_have_attribute("d", re.compile("M0"))
    seeds = details.locator(".seeds button")
    expect(seeds).to_have_count(5)
    filled = page.locator(".seeds .succeeds").count()
    assert f"{filled} of 5" in said
    # A cell opens its network, which trains to the end of the map's steps.
    learns.click()
    expect(page.locator(".clock .step")).to_have_text("200")
    expect(page.locator(".facts, .sentence .now").first).to_contain_text("learned")
    expect(page.locator(".seeds [aria-pressed=true]")).to_have_count(1)
    seeds.nth(0).click()
    expect(seeds.nth(0)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".clock .step")).to_have_text("200")
    # The border, closer, and back.
    sweep.get_by_role("button", name="Zoom into the border").click()
    expect(page.locator(".map-head [role=status]")).to_contain_text("of 8 cells")
    expect(cell(page, 0, 1)).to_have_attribute("aria-label", re.compile(r"rate 0\.00464 "))
    sweep.get_by_role("button", name="Back").click()
    expect(cell(page, 0, 1)).to_have_attribute("aria-label", re.compile(r"rate 0\.001 "))
    undo = page.locator(".mast").get_by_role("button", name="Undo", exact=True)
    undo.click()
    expect(page.locator(".clock .step")).to_have_text("200")  # of the seed before
    undo.click()
    expect(page.locator(".clock .step")).to_have_text("0")


@pytest.mark.long
def test_a_link_to_a_map_opens_its_panel_in_a_new_page(page, browser, address):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    drawn(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".map-foot")).to_contain_text("Copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert SMALL[1:] in link
    other = browser.new_page(locale="en-GB")
    other.goto(link)
    expect(other.locator(".sweep").get_by_label("Widths")).to_have_value("4-4  8")
    expect(other.locator(".sweep").get_by_label("Seeds")).to_have_value("5")
    other.close()


@pytest.mark.long
def test_the_keyboard_walks_and_opens(page):
    drawn(page)
    first = cell(page, 0, 0)
    first.focus()
    for key, at in [
        ("ArrowRight", "0,1"), ("ArrowDown", "1,1"), ("ArrowDown", "1,1"), ("End", "1,3"),
        ("Control+Home", "0,0"), ("ArrowLeft", "0,0"), ("Control+End", "1,3"),
    ]:  # fmt: skip
        page.keyboard.press(key)
        expect(page.locator(f'[data-at="{at}"]')).to_be_focused()
    assert step_of(page) == 0  # the arrow has not stepped the training
    expect(page.locator(".sweep-map [tabindex='0']")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".clock .step")).to_have_text("200")
    expect(page.locator('[data-at="1,3"]')).to_be_focused()
    expect(page.locator('[data-at="1,3"]')).to_have_attribute("aria-current", "true")


@pytest.mark.long
def test_what_is_chosen_is_checked_as_one_types(page):
    sweep = page.locator(".sweep")
    widths = sweep.get_by_label("Widths")
    widths.fill("4-x")
    expect(sweep.get_by_role("alert")).to_contain_text("dashes")
    widths.fill(" ".join(str(k) for k in range(1, 15)))
    sweep.get_by_label("Values").fill("12")
    sweep.get_by_label("Values").press("Enter")
    expect(sweep.get_by_role("button", name="Draw the map", exact=True)).to_be_disabled()
    expect(sweep.get_by_role("status").last).to_contain_text("Too large")
    sweep.get_by_label("Rows").select_option("learning_rate")  # they change places
    expect(sweep.get_by_label("Columns")).to_have_value("topology")
    sweep.get_by_label("Columns").select_option("activation")
    chips = sweep.get_by_role("group", name="Values")
    chips.get_by_role("button", name="gelu").click()
    expect(chips.locator("[aria-pressed=true]")).to_have_count(4)


@pytest.mark.long
def test_the_lessons_map_is_one_click_and_can_be_stopped(page):
    sweep = open_tool(page, "Map")
    sweep.get_by_role("button", name="Draw the lesson's map").click()
    expect(page.locator(".example select")).to_have_value("stuck")
    expect(page.locator(".sweep-map tbody button")).to_have_count(24)
    expect(page.locator(".sweep-map .few").first).to_be_visible()
    sweep.get_by_role("button", name="Stop").click()
    expect(page.locator(".map-head [role=status]")).to_contain_text("Stopped")
    there = page.locator(".sweep-map .unknown").count()
    assert there > 0
    page.get_by_role("button", name="Train", exact=True).click()  # nothing is in its way
    expect(page.locator(".clock .step")).not_to_have_text("0")
    assert page.locator(".sweep-map .unknown").count() == there


@pytest.mark.long
@needs_axe
def test_accessible_in_both_themes_and_on_a_phone(page):
    page.evaluate(AXE.read_text())
    found = {}
    drawn(page)
    cell(page, 1, 1).hover()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            run = page.evaluate("() => axe.run('.playground')")
            found[width, theme] = [
                (one["id"], [node["html"][:100] for node in one["nodes"]])
                for one in run["violations"]
            ]
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert {place: each for place, each in found.items() if each} == {}


@pytest.mark.long
def test_a_first_touch_shows_a_cell_and_another_opens_it(browser, address):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="en-GB", has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(address + SMALL)
    drawn(page)
    learns = cell(page, 0, 2)
    learns.tap()
    expect(page.locator(".map-cell b")).to_contain_text("of 5 seeds")
    expect(learns).to_have_attribute("aria-current", "false")
    learns.tap()
    expect(learns).to_have_attribute("aria-current", "true")
    expect(page.locator(".sentence .now")).to_contain_text("learned")
    expect(page.locator(".seeds [aria-pressed=true]")).to_have_count(1)
    context.close()
