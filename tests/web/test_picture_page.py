"""The page's drawings, read from its pixels."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.support.contrast import contrast
from tests.support.pages import changed, hash_of, needs_chromium, picture, step_of, wait_for_step

pytestmark = needs_chromium

STUCK = {
    "data": {"kind": "circles", "n": 100, "noise": 0.05, "test_share": 0},
    "layers": [{"neurons": n, "activation": "sigmoid"} for n in (4, 8, 16, 8, 4)],
    "training": {"optimizer": "sgd", "cost": "mse", "learning_rate": 5, "initializer": "uniform"},
}
BLOBS = {"data": {"kind": "blobs", "n": 200, "classes": 5}}
BOXES = (".surface", ".now", ".diagram", ".curve")


def pixels(page, selector):
    """Return what a canvas shows, (height, width, 4) bytes."""
    shown = page.eval_on_selector(
        selector,
        "c => [c.width, c.height, ...c.getContext('2d')"
        ".getImageData(0, 0, c.width, c.height).data]",
    )
    return np.array(shown[2:], dtype=int).reshape(shown[1], shown[0], 4)


def token(page, name):
    """Return a color of the style sheet, three bytes."""
    code = page.eval_on_selector(
        ".playground", "(e, name) => getComputedStyle(e).getPropertyValue('--' + name)", name
    )
    return np.array(list(bytes.fromhex(code.strip().removeprefix("#"))))


def has(shown, color, within=3):
    """Tell whether opaque pixels have a color."""
    near = abs(shown[..., :3] - color).max(axis=-1) <= within
    return bool((near & (shown[..., 3] == 255)).any())


def trained(page, steps):
    """Train at full speed, and stop."""
    page.locator(".speed select").select_option("full")
    page.locator("button.main").click()
    wait_for_step(page, steps)
    page.locator("button.main").click()
    expect(page.locator("button.main")).to_have_text("Train")


def go_to(page, setup):
    before = picture(page, ".surface .answers")
    page.evaluate("hash => { location.hash = hash }", hash_of(setup))
    changed(page, ".surface .answers", before)


@pytest.mark.long
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_points_stand_out_on_both_grounds(page, theme):
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    if theme == "dark":
        page.emulate_media(color_scheme="dark")
    trained(page, 1500)
    ground = pixels(page, ".surface .answers")[..., :3]
    outside, inside = ground[0, 0], ground[50, 50]
    for k in (0, 1):
        color = token(page, f"class-{k}")
        assert has(pixels(page, ".surface .points"), color)
        for behind in (outside, inside):
            assert contrast(color / 255, behind / 255) >= 3
    np.testing.assert_allclose(outside, token(page, "ground-0"), atol=4)
    np.testing.assert_allclose(inside, token(page, "ground-1"), atol=4)


@pytest.mark.long
def test_nothing_is_wrong_before_the_network_decides(page):
    go_to(page, STUCK)
    ink = token(page, "ink")
    assert not has(pixels(page, ".surface .points"), ink)  # neither a ring nor a boundary
    expect(page.locator(".key-row")).not_to_contain_text("wrong")
    go_to(page, {"data": {"kind": "circles"}})
    trained(page, 30)
    assert has(pixels(page, ".surface .points"), ink, within=12)
    expect(page.locator(".key-row")).to_contain_text("wrong")


def test_a_neuron_under_the_pointer_is_shown_in_the_picture_and_nothing_moves(page):
    trained(page, 100)
    boxes = [page.locator(one).first.bounding_box() for one in BOXES]
    before = picture(page, ".surface .answers")
    page.get_by_role("button", name="Neuron 1.2").hover()
    changed(page, ".surface .answers", before)
    expect(page.locator(".surface .seen")).to_have_text("Neuron 1.2: on its own scale")
    assert boxes == [page.locator(one).first.bounding_box() for one in BOXES]
    page.mouse.move(2, 2)
    page.wait_for_function("() => !document.querySelector('.surface .seen')")
    assert picture(page, ".surface .answers") == before


def test_the_value_under_the_pointer_is_the_networks(page):
    trained(page, 1500)
    box = page.locator(".surface").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".readout")).to_have_text(re.compile(r"^(0\.9\d*|1)$"))
    page.mouse.move(box["x"] + 3, box["y"] + 3)
    expect(page.locator(".readout")).to_have_text(re.compile(r"^(0\.0\d*|.*10⁻.*|0)$"))


@pytest.mark.long
def test_each_of_five_outputs_has_the_color_of_its_class(page):
    go_to(page, BLOBS)
    trained(page, 1000)
    page.wait_for_timeout(300)
    shown = pixels(page, ".diagram canvas")
    undecided = token(page, "ground-mid")
    for k in range(5):
        certain = undecided + 0.62 * (token(page, f"class-{k}") - undecided)
        assert has(shown, certain, within=6), k


def test_the_flow_tells_how_it_fades_and_what_it_is_now(page):
    go_to(page, STUCK)
    strips = page.locator(".strip")
    for k in (0, 1):
        fades = strips.nth(k).locator(".fades")
        expect(fades).to_have_text(re.compile(r"At step 0 it fades [\d,]+ times\."))
        times = int(re.sub(r"\D", "", fades.locator("b").inner_text()))
        assert times > 100
        dark = pixels(page, f".strip:nth-child({k + 1}) canvas")
        expect(strips.nth(k).locator(".numbers li")).to_have_count(6)
        rows = dark[:: len(dark) // 6, 2, :3].sum(axis=-1)[:6]
        assert (rows[0] < rows[5]) == (
            k == 0
        )  # ink where it is large: first forward, last backward


def test_the_trivial_answers_cost_is_on_the_curve(page):
    go_to(page, STUCK)
    curve = page.get_by_role("img", name=re.compile("Cost by step"))
    expect(curve).to_have_attribute("aria-label", re.compile("trivial answer: 0.25"))


def test_the_slider_keeps_its_length_and_goes_to_each_moment(page):
    for _ in range(4):
        page.get_by_role("button", name="One step").click()
    wait_for_step(page, 4)
    slider = page.get_by_role("slider", name="Time")
    box = slider.bounding_box()
    slider.press("ArrowLeft")
    page.wait_for_function("() => document.querySelector('.clock .step').innerText === '3'")
    slider.press("ArrowLeft")
    page.wait_for_function("() => document.querySelector('.clock .step').innerText === '2'")
    assert slider.bounding_box() == box
    page.get_by_role("button", name="Continue from here").click()
    page.get_by_role("button", name="One step").click()
    wait_for_step(page, 3)
    assert step_of(page) == 3


def test_the_last_run_stays_and_can_be_compared_with(page):
    trained(page, 50)
    page.get_by_role("button", name="Reset").click()
    expect(page.locator(".comparison")).to_contain_text("Last run: the same set-up.")
    page.get_by_role("combobox", name="Compare with…").select_option(index=2)
    expect(page.locator(".miniature canvas")).to_be_visible()
    expect(page.locator(".comparison")).to_contain_text("At step 0:")
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".miniature canvas")).to_have_count(0)
    go_to(page, {"training": {"initializer": "uniform"}})
    expect(page.locator(".comparison")).to_contain_text("→ uniform")
