"""Images on the page: a digit is drawn, runs through the layers, and its windows are opened."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.pages import (
    AXE,
    changed,
    close_tool,
    hash_of,
    needs_axe,
    needs_chromium,
    open_tool,
    opened,
    painted,
    picture,
    put_hints_away,
    wait_for_step,
)
from tests.support.strokes import DIGITS

pytestmark = needs_chromium

SETUP = {
    "data": {"kind": "digits", "n": 300, "noise": 0},
    "layers": [
        {"neurons": 8, "activation": "relu", "kind": "conv+pool"},
        {"neurons": 6, "activation": "relu", "kind": "conv"},
    ],
    "training": {"batch_size": 32},
}
MAPS, PAD = ".maps .scene", ".pad canvas"


def go_to_digits(page):
    page.evaluate("hash => { location.hash = hash }", hash_of(SETUP))
    page.wait_for_selector(".chances li")


@pytest.fixture
def digits(page):
    """The page with digits, and a training of 60 steps that stands."""
    go_to_digits(page)
    page.locator("button.main").click()
    wait_for_step(page, 60)
    page.locator("button.main").click()
    expect(page.locator("button.main")).to_have_text("Train")
    return page


def places_of(page, points):
    area = page.locator(".pad").bounding_box()
    return [(area["x"] + x * area["width"], area["y"] + y * area["height"]) for x, y in points]


def chances(page):
    """Return the output of each class in percent."""
    return [int(re.sub(r"\D", "", one)) for one in page.locator(".chances small").all_inner_texts()]


def test_a_digit_drawn_with_the_mouse_runs_through_the_layers(digits):
    page = digits
    shown, maps, said = picture(page, PAD), picture(page, MAPS), chances(page)
    assert len(said) == 10
    assert 97 <= sum(said) <= 103
    expect(page.locator(".chances .true")).to_have_count(1)  # an image of the data has a class
    (stroke,) = DIGITS[7]
    first, *rest = places_of(page, stroke)
    page.mouse.move(*first)
    page.mouse.down()
    for place in rest:
        page.mouse.move(*place, steps=4)
        maps = changed(page, MAPS, maps)  # while one draws
    page.mouse.up()
    expect(page.locator(".whose")).to_have_text("Your drawing")
    expect(page.locator(".chances .true")).to_have_count(0)
    shown = changed(page, PAD, shown)
    assert chances(page) != said
    page.locator(".image-key .clear").click()
    changed(page, MAPS, maps)
    expect(page.locator(".invites")).to_be_visible()
    expect(page.locator(".prediction")).to_have_count(0)


@pytest.mark.long
def test_a_digit_drawn_by_a_finger(browser, address):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="en-GB", has_touch=True, is_mobile=True
    )
    put_hints_away(context)
    page = context.new_page()
    opened(page, address)
    go_to_digits(page)
    maps, before = picture(page, MAPS), chances_of_bars(page)
    cdp = context.new_cdp_session(page)
    (stroke,) = DIGITS[7]
    for k, (x, y) in enumerate(places_of(page, stroke)):
        kind = "touchMove" if k else "touchStart"
        points = [{"x": x, "y": y}]
        cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        maps = changed(page, MAPS, maps) if k else maps
    cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator(".whose")).to_have_text("Your drawing")
    assert page.evaluate("scrollY") == 0  # the finger draws, and does not scroll
    assert chances_of_bars(page) != before
    context.close()


def chances_of_bars(page):
    return page.eval_on_selector_all(".chances .bar i", "all => all.map((one) => one.style.width)")


@pytest.mark.long
def test_a_digit_drawn_by_the_keyboard(digits):
    page = digits
    step = page.inner_text(".clock .step")
    pad = page.locator(".pad")
    pad.focus()
    pad.press("Space")
    maps = picture(page, MAPS)
    for key in ["ArrowRight"] * 3 + ["ArrowDown"] * 6:
        pad.press(key)
    changed(page, MAPS, maps)
    expect(page.locator(".pad .pen.down")).to_be_visible()
    pad.press("Space")
    expect(page.locator(".pad .pen.down")).to_have_count(0)
    pad.press("Delete")
    expect(page.locator(".invites")).to_be_visible()
    assert page.inner_text(".clock .step") == step  # an arrow takes no step here


@pytest.mark.long
def test_a_map_is_shown_large_and_opened_window_by_window(digits):
    page = digits
    shown = picture(page, PAD)
    first = page.get_by_role("button", name="Map 1.2", exact=True)
    first.hover()
    shown = changed(page, PAD, shown)
    expect(page.locator(".seen")).to_have_text("Map 1.2")
    first.click()
    panel = page.locator(".tool.window")
    expect(panel.locator(".patch .cell")).to_have_count(18)
    expect(panel.locator(".large-map .marked")).to_have_count(1)

    def place():
        cells = panel.locator(".large-map .cell")
        return cells.evaluate_all("all => all.findIndex((one) => one.matches('.marked'))")

    at = place()
    expect(panel.locator(".sum")).to_contain_text("z")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert place() == at + 9
    panel.locator(".large-map .cell").nth(0).click(force=True)
    expect(panel.locator(".cell.padding")).to_have_count(5)  # a corner of the image
    panel.locator(".patch button.cell").nth(4).click()
    expect(panel.locator(".note").first).to_contain_text("by finite differences")
    panel.get_by_label("Layer", exact=True).select_option(label="Layer 1: pooling")
    expect(panel.locator(".patch .cell")).to_have_count(4)
    expect(panel.locator(".sum")).to_contain_text("max")
    panel.get_by_label("Layer", exact=True).select_option(label="Layer 2: convolution")
    expect(panel.locator(".patch")).to_have_count(8)
    panel.get_by_label("Layer", exact=True).select_option(label="Output")
    expect(panel.locator(".workings")).to_contain_text("the 12 largest of 97 terms")
    close_tool(page)


@pytest.mark.long
def test_what_images_do_not_have_is_away_and_comes_back(digits):
    page = digits
    tools = page.locator(".mast nav button")
    assert "Map" not in tools.all_inner_texts()
    settings = open_tool(page, "Settings")
    expect(settings.get_by_text("Bugs on purpose")).to_have_count(0)
    expect(settings.get_by_text("Noise")).to_have_count(0)
    page.get_by_role("button", name="Moons").click()
    page.wait_for_selector(".surface .answers")
    expect(settings.get_by_text("Noise")).to_have_count(1)
    expect(page.locator(".pad")).to_have_count(0)
    assert "Map" in tools.all_inner_texts()
    page.get_by_role("button", name="Undo", exact=True).first.click()
    page.wait_for_selector(".pad")
    expect(page.locator(".clock .step")).not_to_have_text("0")  # with its training
    for name in ("Doctor", "Class", "Take home"):
        open_tool(page, name)
        painted(page)
    expect(page.locator(".tool")).not_to_contain_text("lesson's way")
    open_tool(page, "Tour")  # which begins with circles
    page.wait_for_selector(".surface .answers")


@pytest.mark.long
def test_the_layers_are_changed_and_the_link_holds_them(digits):
    page = digits
    page.get_by_label("Kind: Layer 2").select_option(label="dense")
    expect(page.locator(".facts")).to_contain_text("8×8×1 → 8×8×8 → 4×4×8 → 6 → 10")
    page.get_by_role("button", name="Add a neuron: Layer 1").click()
    expect(page.locator(".facts")).to_contain_text("8×8×9")
    facts = page.inner_text(".facts")
    page.wait_for_timeout(600)  # until the address has it
    page.reload()
    expect(page.locator(".facts")).to_have_text(facts)
    page.get_by_label("Kind: Layer 1").select_option(label="dense")
    page.get_by_label("Kind: Layer 2").select_option(label="3×3")
    expect(page.locator(".banner")).to_contain_text("put convolutions first")


@pytest.mark.long
@needs_axe
@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("es", "light")])
def test_axe_finds_nothing_on_images(browser, address, language, theme):
    context = browser.new_context(bypass_csp=True, locale=language, color_scheme=theme)
    put_hints_away(context)
    page = context.new_page()
    opened(page, address)
    go_to_digits(page)
    page.evaluate(AXE.read_text())
    assert violations(page) == []
    page.locator("button.map").nth(20).click()
    page.wait_for_selector(".patch")
    assert violations(page) == []  # with the microscope
    page.locator(".image-key .clear").click()
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def violations(page):
    painted(page)
    found = page.evaluate("axe.run().then((found) => found.violations)")
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]
