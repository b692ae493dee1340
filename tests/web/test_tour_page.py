"""The guided path and the way out of the failure, with nothing but what is on the screen."""

import pytest
from playwright.sync_api import expect

from tests.support.pages import needs_chromium, step_of

pytestmark = needs_chromium

# The seed in the address, which follows the training.
SEED_IS = """seed => {
  const setup = location.hash.slice(3).replaceAll("-", "+").replaceAll("_", "/");
  return setup && JSON.parse(atob(setup)).training?.seed === seed;
}"""
ANSWERS = [
    ("No: every line", "Check"),
    ("Hardly at first", "Train and see"),
    ("At 0.25", "Train and see"),
    ("Hardly any gradient", "Check"),
    ("Orthogonal initial weights.", "Train and see"),
]


def test_the_path_leads_from_the_circles_to_the_mending(page):
    page.get_by_role("button", name="Tour", exact=True).click()
    for stop, (answer, check) in enumerate(ANSWERS, start=1):
        expect(page.get_by_text(f"Stop {stop} of 5")).to_be_visible()
        tour = page.locator(".tour")
        before = tour.inner_text()
        tour.get_by_label(answer).check()
        tour.get_by_role("button", name=check, exact=True).click()
        onward = "On to the challenges" if stop == 5 else "Next"
        button = tour.get_by_role("button", name=onward, exact=True)
        expect(button).to_be_visible(timeout=30_000)
        assert len(tour.inner_text()) > len(before)  # the explanation comes after the answer
        button.click()
    expect(page.locator(".challenge")).to_be_visible()


def test_a_wrong_mending_is_refuted_by_the_network_itself(page):
    page.get_by_role("button", name="Tour", exact=True).click()
    tour = page.locator(".tour")
    tour.get_by_role("button", name="5. The mending").click()
    tour.get_by_label("A learning rate ten times larger: 50.").check()
    tour.get_by_role("button", name="Train and see").click()
    expect(tour.get_by_text("That did not mend it")).to_be_visible(timeout=30_000)
    assert step_of(page) >= 2500


def test_the_keyboard_alone_leads_on(page):
    page.get_by_role("button", name="Tour", exact=True).press("Enter")
    tour = page.locator(".tour")
    tour.get_by_label("No: every line").press("Space")
    tour.get_by_role("button", name="Check", exact=True).press("Enter")
    expect(tour.get_by_role("button", name="Next", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Stop 2 of 5")).to_be_visible()
    expect(tour.get_by_role("radio").first).to_be_focused()


def test_a_hint_is_given_when_asked(page):
    page.get_by_role("button", name="Tour", exact=True).click()
    expect(page.get_by_text("Lay a pencil")).to_have_count(0)
    page.locator(".tour").get_by_role("button", name="A hint").click()
    expect(page.get_by_text("Lay a pencil")).to_be_visible()


def test_the_doctor_looks_at_each_new_draw_and_complains_of_none(page):
    page.get_by_role("button", name="Doctor", exact=True).click()
    says = page.locator(".doctor .says")
    expect(says).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    for _ in range(3):  # faster than they are examined
        page.keyboard.press("n")
    page.wait_for_function(SEED_IS, arg=3)
    expect(says).to_be_visible()
    assert page.locator(".banner").all_inner_texts() == []


@pytest.mark.long
def test_a_newcomer_mends_the_failure_in_six_clicks(page):
    page.locator(".example select").select_option("gradient")  # two clicks
    page.locator(".speed select").select_option("500")  # not needed: it saves the test's time
    page.get_by_role("button", name="Train", exact=True).click()
    why = page.get_by_role("link", name="See why").or_(page.get_by_role("button", name="See why"))
    expect(page.locator(".sentence")).to_contain_text("0.50", timeout=30_000)
    why.click()
    doctor = page.locator(".doctor")
    expect(doctor.locator(".says")).to_contain_text("signal fades")
    doctor.get_by_role("button", name="Try the cures").click()
    cure = doctor.get_by_role("button", name="Try this cure").first
    expect(cure).to_be_visible(timeout=60_000)
    cure.click()
    expect(page.locator(".cost-block canvas").first).to_be_visible()  # both curves are in view
    expect(page.locator(".sentence")).to_contain_text("It has learned", timeout=60_000)
