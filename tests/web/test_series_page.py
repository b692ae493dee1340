"""Series on the page: a recurrence remembers, and a step of it is taken apart."""

import pytest
from playwright.sync_api import expect

from tests.support.pages import (
    AXE,
    changed,
    needs_axe,
    needs_chromium,
    number_of,
    opened,
    picture,
    put_hints_away,
    wait_for_step,
)
from tests.web.test_images_page import violations

pytestmark = needs_chromium

PLOT = ".series canvas"


def open_memory(page):
    page.locator(".example select").select_option(label="Memory: a recurrence")
    page.wait_for_selector(PLOT)
    page.wait_for_function("() => document.querySelectorAll('button.map').length === 9")


def test_a_recurrence_learns_and_its_step_is_taken_apart(page):
    open_memory(page)
    scrolls = "(one) => [one.scrollHeight - one.clientHeight, one.scrollWidth - one.clientWidth]"
    assert page.eval_on_selector(".network .scroll", scrolls) == [0, 0]
    before = picture(page, PLOT)
    page.locator("button.main").click()
    wait_for_step(page, 40)
    page.locator("button.main").click()
    expect(page.locator("button.main")).to_have_text("Train")
    before = changed(page, PLOT, before)
    page.get_by_role("button", name="Next series").click()
    before = changed(page, PLOT, before)
    whose = page.inner_text(".whose")
    expect(page.locator(".chances .true b")).to_have_text(whose[-1])
    expect(page.locator(".chances li")).to_have_count(2)
    page.get_by_role("slider", name="Step of the series").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".axis").first).to_contain_text("t = 3")
    page.get_by_role("button", name="Unit 1.2", exact=True).click()
    panel = page.locator(".tool.window")
    rows = panel.locator(".step-numbers tbody tr")
    expect(rows).to_have_count(6)
    expect(panel.locator(".products caption")).to_contain_text("z_i[3, 1] = x W + h U + b")
    page.keyboard.press("ArrowRight")
    expect(panel.locator(".products caption")).to_contain_text("z_i[4, 1]")
    for cells in rows.all():
        exact, difference = map(number_of, cells.locator("td").all_inner_texts()[-2:])
        assert exact == pytest.approx(difference, rel=0.01)
    panel.get_by_role("button", name="U[2, 1]").click()
    summed = panel.locator(".weight-apart")
    expect(summed.locator(".products tbody tr")).to_have_count(3)
    expect(summed.locator(".products thead th")).to_have_count(17)
    exact = number_of(summed.locator(".sum b").inner_text())
    difference = number_of(summed.locator(".sum small").inner_text().partition(": ")[2])
    assert exact == pytest.approx(difference, rel=0.01)
    rows.last.get_by_role("button").click()
    expect(panel.locator(".sum").first).to_contain_text("tanh(c)")


@pytest.mark.long
def test_the_kinds_of_layers_are_those_of_series(page):
    open_memory(page)
    kind = page.get_by_label("Kind: Layer 1")
    assert kind.locator("option").all_inner_texts() == ["dense", "RNN", "GRU", "LSTM"]
    kind.select_option(label="RNN")
    expect(page.locator(".facts")).to_contain_text("89 parameters")
    page.get_by_role("button", name="Add a layer").click()
    expect(page.locator(".facts")).to_contain_text("16×1 → 16×8 → 16×8 → 1")
    kind.select_option(label="dense")
    expect(page.locator(".banner")).to_contain_text("put recurrences first")


@pytest.mark.long
@needs_axe
@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("es", "light")])
def test_axe_finds_nothing_on_series(browser, address, language, theme):
    context = browser.new_context(bypass_csp=True, locale=language, color_scheme=theme)
    put_hints_away(context)
    page = context.new_page()
    opened(page, address)
    page.locator(".example select").select_option("memory")
    page.wait_for_selector(PLOT)
    page.evaluate(AXE.read_text())
    assert violations(page) == []
    page.locator("button.map").nth(3).click()
    page.locator(".products button").first.click()
    page.wait_for_selector(".weight-apart")
    assert violations(page) == []  # with the microscope
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
