"""Where the parts of the page stand: on a screen, a projector, a phone; with any part hidden."""

from itertools import combinations

import pytest
from playwright.sync_api import expect

from tests.support.pages import (
    close_tool,
    fresh,
    needs_chromium,
    open_tool,
    opened,
    painted,
    pressed,
    put_hints_away,
    speak,
)

pytestmark = needs_chromium

# Selects that are narrower than the name of what is chosen, and boxes whose words leave them.
CLIPPED = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  const inside = (box, style) =>
    box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const cut = (box) => {
    const style = getComputedStyle(box);
    if (!box.checkVisibility({ visibilityProperty: true }) || box.clientWidth < 2) return false;
    if (box.tagName === "SELECT") {
      pen.font = style.font;
      return pen.measureText(box.selectedOptions[0]?.text ?? "").width > inside(box, style) + 0.5;
    }
    if (!box.matches("button, label, th, td, p, h1, h2, h3, dt, dd, span, b")) return false;
    if (box.matches(".cut:not(.swatch *), .unseen, .chooser")) return false; // names from a table
    const words = [...box.childNodes].filter((one) => one.nodeType === 3 && one.data.trim());
    return words.some((one) => {
      const range = document.createRange();
      range.selectNodeContents(one);
      const { left, right } = range.getBoundingClientRect();
      const page = document.querySelector(".playground").getBoundingClientRect();
      return right > page.right + 1 || left < page.left - 1 || box.scrollWidth > box.clientWidth + 1
        && style.overflowX !== "visible";
    });
  };
  return [...document.querySelectorAll(".playground *")].filter(cut)
    .map((one) => `${one.tagName}.${one.className}: ${one.textContent.slice(0, 40)}`);
}"""


@pytest.fixture
def page(browser, address):
    """Return the page as a second visit finds it, without callouts."""
    with fresh(browser, 1280, 800) as page:
        opened(page, address)
        yield page


def resize(page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    painted(page)


def box(page, selector):
    return page.locator(selector).first.bounding_box()


def bottom(place):
    return place["y"] + place["height"]


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (1280, 720),
        (1920, 1080),
        pytest.param(1280, 800, marks=pytest.mark.long),
        pytest.param(1440, 900, marks=pytest.mark.long),
        pytest.param(2560, 1440, marks=pytest.mark.long),
    ],
)
def test_the_picture_is_the_hero(page, width, height):
    resize(page, width, height)
    picture, sentence, train = (box(page, one) for one in (".surface", ".now", "button.main"))
    assert picture["width"] >= 0.4 * width - 1
    assert picture["width"] == pytest.approx(picture["height"], abs=1)
    assert bottom(sentence) <= height
    assert bottom(train) <= picture["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080)])
def test_without_a_panel_nothing_lies_below_the_fold(page, width, height):
    resize(page, width, height)
    assert page.evaluate("document.documentElement.scrollHeight") <= height


@pytest.mark.long
def test_letters_grow_with_the_window(page):
    size = "parseFloat(getComputedStyle(document.querySelector('.now')).fontSize)"
    assert page.evaluate(size) == pytest.approx(20)
    resize(page, 1920, 1080)
    assert page.evaluate(size) > 24
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('.playground :is(button, label, p, td, th)')]"
        ".filter((one) => one.checkVisibility() && !one.matches('.help'))"
        ".map((one) => parseFloat(getComputedStyle(one).fontSize)))"
    )
    assert smallest >= 15


WIDTHS = (360, 390, 640, 800, 1024, 1200, 1280, 1600, 1920, 2560)


@pytest.mark.parametrize("font", ["", pytest.param("DejaVu Sans", marks=pytest.mark.long)])
@pytest.mark.parametrize("language", ["en", "es"])
def test_no_word_is_clipped(page, language, font):
    speak(page, language)
    if font:
        page.evaluate("font => document.documentElement.style.setProperty('--sans', font)", font)
    found = {}
    for width in WIDTHS:
        resize(page, width, 844)
        found[width] = page.evaluate(CLIPPED)
    page.get_by_label("Example" if language == "en" else "Ejemplo").select_option("stuck")
    expect(page.locator(".facts")).to_contain_text("16")
    for width in WIDTHS:
        resize(page, width, 844)
        if width >= 640:  # the phone's own row cuts a long example, which its list shows whole
            found[f"six layers, {width}"] = page.evaluate(CLIPPED)
    resize(page, 1280, 800)
    page.locator(".settings-link").click()
    for width in WIDTHS:
        resize(page, width, 844)
        if width >= 640:
            found[f"settings, {width}"] = page.evaluate(CLIPPED)
    close_tool(page)
    page.get_by_label("Example" if language == "en" else "Ejemplo").select_option("xor")
    for width, height in ((1024, 768), (1280, 720), (1366, 768)):  # the key lies in the picture
        resize(page, width, height)
        found[width, height] = page.evaluate(CLIPPED) if not font else []
    assert {width: cut for width, cut in found.items() if cut} == {}


def test_a_tool_opens_in_view_in_a_narrow_window(page):
    for width, height in ((800, 900), (700, 480), (1024, 768)):
        resize(page, width, height)
        for press in (lambda: pressed(page, "Tour"), page.locator(".settings-link").click):
            press()
            painted(page)
            assert box(page, ".tool h2")["y"] < height - 40, width
            close_tool(page)


def test_panels_and_the_pointer_move_neither_picture_nor_sentence(page):
    def places():
        return [box(page, one) for one in (".surface", ".now")]

    before = places()
    network = box(page, ".network")
    for k in (0, 3, 7):
        page.locator(".neuron").nth(k).hover()
        painted(page)
        assert (places(), box(page, ".network")) == (before, network)
    for tool in [*page.locator(".mast nav button").all(), page.locator(".settings-link")]:
        tool.click()
        painted(page)
        assert places() == before
        page.locator(".tool").first.wait_for()
        close_tool(page)
    assert places() == before


PARTS = ("data", "network", "result", "optimizer", "inputs")


@pytest.mark.parametrize(
    "parts",
    [
        *combinations(PARTS, 1),
        PARTS,
        *(pytest.param(two, marks=pytest.mark.long) for two in combinations(PARTS, 2)),
    ],
)
def test_the_page_closes_up_around_what_is_hidden(browser, address, parts):
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    put_hints_away(context)
    page = context.new_page()
    page.goto(address + "#hide=" + ",".join(parts))
    page.locator("button.main").wait_for()
    painted(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    # Without the network the picture stays: the page would be empty.
    if "result" not in parts or "network" in parts:
        assert box(page, ".surface")["width"] >= 0.4 * 1280
    if "network" not in parts:
        network = box(page, ".network")
        assert network["width"] >= (1200 if "result" in parts else 600)
    assert page.evaluate(CLIPPED) == []
    if len(parts) == len(PARTS):  # nothing to set
        expect(page.locator(".settings-link")).to_have_count(0)
    else:
        page.locator(".settings-link").click()
    painted(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    context.close()


# The phone


@pytest.mark.parametrize(
    ("language", "width", "height"),
    [
        ("en", 390, 844),
        ("es", 360, 740),
        pytest.param("es", 390, 844, marks=pytest.mark.long),
        pytest.param("en", 360, 740, marks=pytest.mark.long),
    ],
)
def test_a_phones_first_screen_holds_what_one_needs(page, width, height, language):
    speak(page, language)
    resize(page, width, height)
    picture, sentence, train = (box(page, one) for one in (".surface", ".now", "button.main"))
    assert picture["width"] >= width - 40
    assert bottom(picture) <= sentence["y"]
    assert bottom(sentence) <= train["y"]
    assert bottom(train) <= height
    page.evaluate("scrollTo(0, 400)")
    painted(page)
    assert bottom(box(page, "button.main")) <= height  # the bar stays
    assert page.evaluate("document.documentElement.scrollWidth") <= width


SMALL = """() => [...document.querySelectorAll(
    ".mast button, .controls button:not(.help), .controls select, .tool-head button, .chip, .kind")]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.textContent.slice(0, 20), one.getBoundingClientRect()])
  .filter(([, { width, height }]) => Math.min(width, height) < 43.5)
  .map(([name, { width, height }]) => `${name}: ${width} x ${height}`)"""


def test_a_phones_targets_are_as_large_as_a_finger(page):
    resize(page, 390, 844)
    assert page.evaluate(SMALL) == []
    page.locator(".mast .menu").click()
    assert page.evaluate(SMALL) == []
    page.keyboard.press("Escape")
    page.locator(".mast .settings-button").click()
    assert page.evaluate(SMALL) == []


def test_a_phone_shows_settings_as_a_sheet_over_the_bar(page):
    resize(page, 390, 844)
    page.locator(".mast .settings-button").click()
    painted(page)
    sheet, train = box(page, ".settings"), box(page, "button.main")
    assert sheet["y"] > 300  # the picture is in view
    assert bottom(sheet) <= train["y"]
    assert sheet["width"] == 390
    page.get_by_label("Learning rate", exact=True).fill("0,5")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Learning rate", exact=True)).to_have_value("0.5")


def test_a_phone_keeps_the_picture_beside_its_sentence_over_a_tool(page):
    resize(page, 390, 844)
    page.locator(".mast .menu").click()
    page.get_by_role("button", name="Microscope").click()
    page.locator(".code").wait_for()
    page.evaluate("scrollTo(0, 300)")
    painted(page)
    picture, sentence = box(page, ".surface"), box(page, ".now")
    assert picture["width"] == pytest.approx(120, abs=2)
    assert 0 <= picture["y"] < 20
    assert sentence["x"] >= picture["x"] + picture["width"]


# Explanations


COVERED = """() => {
  const apart = (one, other) =>
    one.right <= other.left + 1 || other.right <= one.left + 1 ||
    one.bottom <= other.top + 1 || other.bottom <= one.top + 1;
  const visible = (which) =>
    [...document.querySelectorAll(which)].filter((one) => one.checkVisibility());
  const needed = ".key-row, .now, .neuron, .layers, .facts, .depth, .controls button, .flow canvas";
  const shown = visible(needed).filter((one) => !one.closest(".hint"));
  return visible(".hint").flatMap((hint) =>
    shown.filter((one) => !apart(hint.getBoundingClientRect(), one.getBoundingClientRect()))
      .map((one) => `${hint.className} covers ${one.className}`));
}"""


def test_callouts_come_at_first_sight_go_away_and_come_back(browser, address):
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page = context.new_page()
    opened(page, address)
    hints = page.locator(".hint")
    expect(hints).to_have_count(2)
    hints.first.get_by_role("button").click()
    expect(hints).to_have_count(1)
    page.reload()
    expect(hints).to_have_count(1)
    hints.first.get_by_role("button").click()
    expect(hints).to_have_count(2)  # those of the network and of the sentence
    button = page.get_by_role("button", name="Hints", exact=True)
    button.click()
    expect(hints).to_have_count(0)
    page.reload()
    expect(page.locator(".neuron").first).to_be_visible()
    expect(hints).to_have_count(0)
    button.click()
    expect(hints).to_have_count(2)
    context.close()


def test_callouts_cover_nothing_that_is_needed(browser, address):
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page = context.new_page()
    opened(page, address)
    found = {}
    for part in ("first", "then"):
        for language in ("en", "es"):
            speak(page, language)
            for width, height in [(1280, 800), (1280, 720), (1100, 800)]:
                resize(page, width, height)
                found[part, language, width, height] = page.evaluate(COVERED)
            resize(page, 390, 844)  # where callouts have lines of their own, too
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            resize(page, 1280, 800)
        for _ in range(2 if part == "first" else 0):
            page.locator(".hint button").first.click()
    assert {place: covered for place, covered in found.items() if covered} == {}
    context.close()


@pytest.mark.long
def test_a_words_card_explains_and_sets_up_its_experiment(page):
    settings = open_tool(page, "Settings")
    help_ = settings.locator(".field", has_text="Initial weights").locator(".help")
    help_.focus()
    page.keyboard.press("Enter")
    card = settings.get_by_role("group", name="Initial weights")
    expect(card).to_contain_text("An experiment")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    expect(help_).to_be_focused()
    help_.click()
    card.get_by_role("button", name="Set it up").click()
    expect(page.get_by_label("Initial weights", exact=True)).to_have_value("zeros")
    for one in settings.locator(".help").all():  # no card leaves the page
        one.click()
        place = page.locator(".card:visible").bounding_box()
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= 1280
        page.keyboard.press("Escape")


def test_numbers_are_written_and_read_as_the_language_does(page):
    speak(page, "es")
    page.locator(".settings-link").click()
    rate = page.get_by_label("Tasa de aprendizaje", exact=True)
    expect(rate).to_have_value("0,01")
    for typed, shown in (("0,5", "0,5"), ("0.25", "0,25"), ("1e-7", "1e-7")):
        rate.fill(typed)
        rate.press("Enter")
        expect(rate).to_have_value(shown)
    rate.fill("5000")
    rate.press("Enter")
    expect(page.locator(".settings .wrong")).to_have_text("Un número mayor que 0, hasta 1.000")
    expect(rate).to_have_value("5000")
    expect(page.get_by_label("Velocidad").locator("option").first).to_have_text("1 paso/s")


def test_a_change_that_restarts_is_told_in_one_line(page):
    page.get_by_label("Speed").select_option("full")
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_function(
        "() => Number(document.querySelector('.clock .step').innerText.replace(/\\D/g, '')) > 20"
    )
    page.get_by_role("button", name="Pause", exact=True).click()
    before = box(page, ".surface")
    page.get_by_label("Activation: Layer 1").select_option("relu")
    expect(page.locator(".notice")).to_contain_text("another activation")
    assert box(page, ".surface") == before
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(page.locator(".notice")).to_have_count(0, timeout=12_000)


@pytest.mark.long
def test_on_paper_there_is_nothing_to_press(page):
    page.emulate_media(media="print")
    for what in (".train-row", ".mast nav", ".settings-link", ".help", ".time-row"):
        assert not any(one.is_visible() for one in page.locator(what).all()), what
    for what in (".surface", ".now", ".network", ".cost-block", ".clock .step"):
        expect(page.locator(what).first).to_be_visible()


@pytest.mark.long
@pytest.mark.parametrize("scale", [2])
def test_a_zoomed_page_scrolls_only_down(page, scale):
    resize(page, 1280 // scale, 800 // scale)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280 // scale
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible()
