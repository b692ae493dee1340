"""The bug lab in a real browser: switched on, trained, guessed, found and mended."""

import pytest
from playwright.sync_api import expect

from tests.support.pages import hash_of, needs_chromium, visited

pytestmark = needs_chromium


@pytest.fixture
def page(browser, address):
    with visited(browser, address, 1280, 800) as page:
        yield page


def lab_opened(page, setup=None):
    if setup:
        page.evaluate("hash => { location.hash = hash; }", hash_of(setup))
    page.get_by_role("button", name="Settings", exact=True).first.click()
    page.get_by_role("button", name="Bugs on purpose…").click()
    expect(
        page.locator(".bugs .bug-list li" if setup is None else ".program li").first
    ).to_be_visible()


def chosen(page, title):
    page.locator(".bug-list button", has_text=title).click()
    expect(page.get_by_role("button", name="Mend it")).to_be_visible()


def found(page):
    page.get_by_role("button", name="Find it").click()
    expect(page.locator(".bugs .says")).to_contain_text("It is line")
    return page.locator(".program li[aria-current]")


def test_a_bug_is_switched_on_trains_is_found_and_mended(page):
    lab_opened(page)
    chosen(page, "Weights overwritten before use")
    page.get_by_role("button", name="One step").click()
    expect(page.locator(".clock .step")).to_have_text("1")
    lit = found(page)
    assert lit.inner_text().strip() == "error = delta @ layer.W.T"
    assert lit.get_attribute("value") == "63"
    expect(page.locator(".bugs .says")).to_contain_text("error = delta @ W.T")
    page.get_by_role("button", name="Mend it").click()
    expect(page.locator(".bugs .bug-list li")).to_have_count(9)
    expect(page.locator(".program li[value='63']")).to_have_text("error = delta @ W.T")


def test_a_line_is_guessed_before_its_bug_is_named(page):
    lab_opened(page)
    page.evaluate("Math.random = () => 3 / 9")  # the fourth: the derivative at z
    page.locator(".at-random").click()
    says = page.locator(".bugs .says")
    expect(says).to_contain_text("One line of the program is wrong.")
    expect(says).not_to_contain_text("derivative")
    expect(page.locator(".program li[aria-current]")).to_have_count(0)
    line = page.locator(".program .line").filter(has_text="layer.f[1]")
    line.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".bugs .row")).to_contain_text("Your guess: line 59.")
    lit = found(page)
    assert lit.get_attribute("value") == "59"
    expect(says).to_contain_text("The derivative at z in place of a.")
    expect(says).to_contain_text("Your guess is right.")


def test_a_program_that_stops_says_where_and_runs_with_square_layers(page):
    lab_opened(page)
    chosen(page, "A forgotten transpose")
    page.get_by_role("button", name="One step").click()
    expect(page.locator(".now")).to_contain_text("The program has stopped at line 63")
    expect(page.locator(".bugs .says")).to_contain_text("matmul")
    assert page.locator(".program li[aria-current]").get_attribute("value") == "63"
    page.get_by_role("button", name="Make them so").click()
    expect(page.locator(".bugs .says")).not_to_contain_text("matmul")
    page.get_by_role("button", name="One step").click()
    expect(page.locator(".clock .step")).to_have_text("1")
    found(page)
    expect(page.locator(".bugs .says")).to_contain_text("finite differences")


def test_a_link_holds_its_bug(browser, address):
    setup = {"bug": "zero-start", "layers": [{"neurons": 3}]}
    with visited(browser, address, 1280, 800) as page:
        lab_opened(page, setup)
        expect(page.locator(".bugs .says")).to_contain_text("All weights start at zero.")
        lit = found(page)
        assert "np.zeros" in lit.inner_text()
