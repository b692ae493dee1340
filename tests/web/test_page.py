"""The page in a real browser, used as a person would use it."""

import base64
import json
import re
import time

import pytest
from playwright.sync_api import expect

from neurona.web.setup import Setup, limits
from tests.support.pages import (
    changed,
    close_tool,
    hash_of,
    needs_chromium,
    open_tool,
    opened,
    painted,
    picture,
    speak,
    step_of,
    wait_for_step,
)

pytestmark = needs_chromium


# The clock


def test_the_token_has_left_the_address(page, address):
    assert page.url == address.partition("?")[0]


def test_playing_by_the_keyboard(page):
    before = picture(page, ".surface .answers")
    page.keyboard.press("Space")
    wait_for_step(page, 300)
    expect(page.locator("button.main")).to_have_text("Pause")
    page.keyboard.press("Space")
    expect(page.locator("button.main")).to_have_text("Train")
    assert picture(page, ".surface .answers") != before
    stood = step_of(page)
    page.keyboard.press("ArrowRight")
    wait_for_step(page, stood + 1)
    assert step_of(page) == stood + 1
    page.keyboard.press("r")
    page.wait_for_function("() => document.querySelector('.clock .step').innerText === '0'")
    assert picture(page, ".surface .answers") == before  # the same weights
    page.keyboard.press("n")
    changed(page, ".surface .answers", before)


def test_a_change_of_the_rate_needs_no_reset_and_is_obeyed(page):
    open_tool(page, "Settings")
    page.get_by_label("Optimizer", exact=True).select_option("sgd")
    page.click("text=One step")
    wait_for_step(page, 1)
    page.get_by_label("Learning rate", exact=True).fill("1e-12")
    page.keyboard.press("Enter")
    page.get_by_label("A rate for each layer").check()
    close_tool(page)
    page.get_by_label("Own rate: Layer 1").fill("900")
    page.keyboard.press("Enter")
    before = weights_into(page, "Neuron 1.1"), weights_into(page, "Neuron 2.1")
    page.click("text=One step")
    wait_for_step(page, 2)
    after = weights_into(page, "Neuron 1.1"), weights_into(page, "Neuron 2.1")
    assert after[0] != before[0]  # at its own rate
    assert after[1] == before[1]  # at the common one, which moves no digit that is shown


def weights_into(page, neuron):
    """Return what the editor shows of a neuron's weights."""
    page.get_by_role("button", name=neuron).click()
    expect(page.locator(".editor h3")).to_contain_text(neuron)
    return [one.input_value() for one in page.locator(".editor input.number").all()]


# Choices


def setup_in_link(page):
    """Return the set-up that the page's own link holds."""
    open_tool(page, "Take home")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("() => location.hash.length > 3")
    close_tool(page)
    code = page.evaluate("location.hash").removeprefix("#s=")
    return json.loads(base64.urlsafe_b64decode(code + "=" * (-len(code) % 4)))


def wait_for_tested(page, count):
    """Wait until the confusion matrix is of so many points."""
    page.wait_for_function(
        "n => [...document.querySelectorAll('.confusion tbody td')]"
        ".reduce((sum, one) => sum + Number(one.textContent), 0) === n",
        arg=count,
    )


def test_sliders_draw_other_points(page):
    before = picture(page, ".surface .points")
    open_tool(page, "Settings")
    noise = page.get_by_role("slider", name=re.compile("Noise"))
    assert noise.input_value() == "0.05"
    noise.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    noisy = changed(page, ".surface .points", before)
    expect(page.locator(".field", has=noise)).to_contain_text("0.15")
    points = page.get_by_role("slider", name=re.compile("Points"))
    points.focus()
    page.keyboard.press("Home")
    changed(page, ".surface .points", noisy)
    expect(page.locator(".field", has=points)).to_contain_text("20")
    wait_for_tested(page, 6)  # of 20, with 30 % kept for the test
    page.keyboard.press("End")
    wait_for_tested(page, 600)
    data = setup_in_link(page)["data"]
    assert (data["noise"], data["n"]) == (0.15, 2000)


def limits_of(page, name):
    control = page.get_by_role("slider", name=name)
    return [float(control.get_attribute(side)) for side in ("min", "max")]


def say_limits(page, name):
    """Type what no number field takes, and return the reason beside it."""
    field = page.get_by_role("textbox", name=name, exact=True)
    field.fill("-1000000")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("-1000000")  # it is not taken back in silence
    said = page.locator(f"[id='{field.get_attribute('aria-describedby')}']").inner_text()
    field.fill("1")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "false")
    return said


def test_controls_have_the_limits_and_the_defaults_of_the_server(page):
    data, training = limits()["data"], limits()["training"]
    open_tool(page, "Settings")
    for name, key in (("Noise", "noise"), ("Points", "n"), ("Test share", "test_share")):
        assert limits_of(page, name) == [data[key]["min"], data[key]["max"]]
        value = float(page.get_by_role("slider", name=name).input_value())
        assert value == getattr(Setup().data, key)
    assert say_limits(page, "L1") == f"A number from 0 to {training['l1']['max']}"
    assert say_limits(page, "Batch") == "A whole number from 1 to 2,000"
    assert say_limits(page, "Learning rate") == "A number above 0, up to 1,000"
    for kind, name, key in (("Spirals", "Arms", "arms"), ("Blobs", "Classes", "classes")):
        page.get_by_role("button", name=kind, exact=True).click()
        expect(page.get_by_role("slider", name=name)).to_be_visible()
        assert limits_of(page, name) == [data[key]["min"], data[key]["max"]]
    for name, known in (
        ("Optimizer", training["optimizer"]),
        ("Cost", training["cost"]),
        ("Initial weights", training["initializer"]),
    ):
        options = page.locator(".settings").get_by_label(name, exact=True).locator("option")
        assert [one.get_attribute("value") for one in options.all()] == known


def test_the_most_layers_and_neurons_are_those_of_the_server(page):
    most = limits()["layers"]
    add = page.get_by_role("button", name="Add a layer")
    for _ in range(most["most"] - len(Setup().layers)):
        add.click()
    expect(add).to_be_disabled()
    more = page.get_by_role("button", name="Add a neuron: Layer 1", exact=True)
    for _ in range(most["each"]["neurons"]["max"] - Setup().layers[0].neurons):
        more.click()
    expect(more).to_be_disabled()
    expect(page.locator(".banner")).to_have_count(0)


def test_a_learning_rate_of_zero_is_not_sent(page):
    open_tool(page, "Settings")
    rate = page.get_by_label("Learning rate", exact=True)
    rate.fill("0")
    page.keyboard.press("Enter")
    expect(rate).to_have_attribute("aria-invalid", "true")
    painted(page)
    expect(page.locator(".banner")).to_have_count(0)
    rate.fill("0.0000001")  # the server takes it
    page.keyboard.press("Enter")
    assert setup_in_link(page)["training"]["learning_rate"] == 1e-7


@pytest.mark.long
def test_batch_penalties_and_first_weights_are_chosen(page):
    epoch = page.locator(".clock .epoch")
    open_tool(page, "Settings")
    page.get_by_label("Batch", exact=True).fill("21")  # 210 points to train on
    page.keyboard.press("Enter")
    for _ in range(20):
        page.get_by_role("button", name="One step").click()
    wait_for_step(page, 20)
    expect(epoch).to_have_text("2")
    cost = page.locator(".scores .cost")
    page.get_by_label("Batch", exact=True).fill("")
    page.keyboard.press("Enter")
    expect(page.locator(".clock .step")).to_have_text("0")
    plain = float(cost.inner_text())
    for name, value in (("L1", "0.5"), ("L2", "2")):  # the penalty is a part of the cost
        page.get_by_role("textbox", name=name, exact=True).fill(value)
        page.keyboard.press("Enter")
        page.wait_for_function(
            "most => Number(document.querySelector('.scores .cost').innerText) > most",
            arg=plain + 0.5,
        )
        plain = float(cost.inner_text())
    before = picture(page, ".surface .answers")
    page.get_by_label("Initial weights", exact=True).select_option("uniform")
    changed(page, ".surface .answers", before)
    page.get_by_label("Batch", exact=True).fill("0")  # which is none
    page.keyboard.press("Enter")
    training = setup_in_link(page)["training"]
    assert training == {"l1": 0.5, "l2": 2, "initializer": "uniform"}  # and all points a step


def test_the_surface_in_steps_has_one_color_a_class(page):
    def colors():
        return page.eval_on_selector(
            ".surface .answers",
            "c => new Set(new Uint32Array("
            "c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size",
        )

    page.get_by_role("button", name="Train").click()
    wait_for_step(page, 200)
    page.get_by_role("button", name="Pause").click()
    smooth = picture(page, ".surface .answers")
    assert colors() > 20
    page.get_by_label("Sharp boundary").check()
    discrete = changed(page, ".surface .answers", smooth)
    assert colors() <= 3  # a byte may say just one half
    page.get_by_label("Sharp boundary").uncheck()
    changed(page, ".surface .answers", discrete)
    assert colors() > 20


def test_the_costs_axis_is_logarithmic_or_not(page):
    page.get_by_role("button", name="Train").click()
    wait_for_step(page, 400)
    page.get_by_role("button", name="Pause").click()
    curve = ".curve canvas"
    expect(page.locator("button.main")).to_have_text("Train")  # the last frame is here
    painted(page)
    logarithmic = picture(page, curve)
    page.get_by_label("Log scale").focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("Log scale")).not_to_be_checked()
    linear = changed(page, curve, logarithmic)
    page.keyboard.press("Space")
    assert changed(page, curve, linear) == logarithmic
    expect(page.locator(".clock .step")).not_to_have_text("0")


# Steering


def test_layers_neurons_and_activations(page):
    expect(page.locator(".facts")).to_contain_text("2–4–4–1")
    page.get_by_role("button", name="Add a neuron: Layer 1").click()
    expect(page.locator(".facts")).to_contain_text("2–5–4–1")
    page.get_by_role("button", name="Add a layer").click()
    expect(page.locator(".facts")).to_contain_text("2–5–4–4–1")
    page.get_by_role("button", name="Remove a layer").click()
    open_tool(page, "Settings")
    page.get_by_role("button", name="x₁²").click()
    close_tool(page)
    expect(page.locator(".facts")).to_contain_text("3–5–4–1")
    page.get_by_label("Activation: Layer 2").select_option("relu")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Train").click()
    wait_for_step(page, 50)
    expect(page.get_by_label("Activation: Layer 2")).to_have_value("relu")


def test_other_data_have_other_outputs(page):
    open_tool(page, "Settings")
    page.get_by_role("button", name="Spirals").click()
    page.get_by_role("slider", name=re.compile("Arms")).fill("4")
    expect(page.locator(".confusion tbody tr")).to_have_count(4)
    close_tool(page)
    expect(page.locator(".facts")).to_contain_text("2–4–4–4")
    choose_data(page, "Moons")
    expect(page.locator(".facts")).to_contain_text("2–4–4–1")
    page.get_by_label("Activation: Output").select_option("softmax")
    expect(page.locator(".facts")).to_contain_text("2–4–4–2")
    page.get_by_label("Activation: Output").select_option("auto")
    choose_data(page, "Wave")
    expect(page.locator(".facts")).to_contain_text("2–4–4–1")
    expect(page.locator(".confusion")).to_have_count(0)


def choose_data(page, name):
    open_tool(page, "Settings")
    page.get_by_role("button", name=name, exact=True).click()
    close_tool(page)


def test_custom_points_are_drawn_by_mouse_and_by_keyboard(page):
    before = picture(page, ".surface .points")
    page.get_by_role("group", name="A click adds").get_by_role("button", name="1").click()
    page.click(".surface", position={"x": 20, "y": 20})
    after = changed(page, ".surface .points", before)
    page.focus(".surface")
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    changed(page, ".surface .points", after)
    open_tool(page, "Settings")
    expect(page.locator(".kind").first).to_be_visible()
    expect(page.locator(".kind[aria-pressed=true]")).to_have_count(0)


def test_a_weight_is_set_and_frozen(page):
    page.get_by_role("button", name="Neuron 1.2").click()
    editor = page.locator(".editor")
    expect(editor).to_contain_text("Neuron 1.2")
    value = editor.get_by_label("Value: x₁")
    value.fill("3")
    value.press("Enter")
    editor.get_by_label("Frozen: x₁").check()
    page.get_by_role("button", name="Train").click()
    wait_for_step(page, 100)
    expect(value).to_have_value("3")


def test_time_goes_back_and_on_as_a_branch(page):
    page.get_by_role("button", name="Train").click()
    wait_for_step(page, 500)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("button.main")).to_have_text("Train")  # the last frame is here
    last = step_of(page)
    slider = page.get_by_label("Time", exact=True)
    slider.fill("3")
    page.wait_for_function(
        "n => Number(document.querySelector('.clock .step').innerText.replace(/\\D/g, '')) < n",
        arg=last,
    )
    then = step_of(page)
    page.get_by_role("button", name="Continue from here").click()
    page.get_by_role("button", name="One step").click()
    wait_for_step(page, then + 1)
    assert step_of(page) == then + 1


# Kept state


@pytest.mark.long
def test_language_and_theme_are_kept(page):
    speak(page, "es")
    expect(page.get_by_role("button", name="Un paso")).to_be_visible()
    assert page.get_attribute("html", "lang") == "es"
    page.get_by_role("button", name=re.compile("^(Theme|Tema)")).click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    expect(page.get_by_role("button", name="Un paso")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


def test_a_link_holds_the_whole_set_up(page):
    page.get_by_label("Example").select_option("stuck")
    expect(page.locator(".facts")).to_contain_text("2–4–8–16–8–4–1")
    open_tool(page, "Take home")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("() => location.hash.length > 3")
    other = page.context.new_page()
    opened(other, page.url)
    expect(other.locator(".facts")).to_contain_text("2–4–8–16–8–4–1")
    open_tool(other, "Settings")
    expect(other.get_by_label("Optimizer", exact=True)).to_have_value("lesson")
    other.close()


def test_parts_are_hidden_by_the_address(page, address):
    page.goto("about:blank")
    opened(page, address.partition("?")[0] + "#hide=data,optimizer")
    open_tool(page, "Settings")
    expect(page.locator(".settings")).to_be_visible()
    expect(page.locator(".kinds")).to_have_count(0)
    expect(page.get_by_label("Optimizer", exact=True)).to_have_count(0)
    close_tool(page)
    expect(page.locator(".network")).to_have_count(1)


def test_the_lessons_failure_can_be_seen(page):
    page.get_by_label("Example").select_option("stuck")
    expect(page.locator(".facts")).to_contain_text("16")
    times = page.locator(".flow .fades").nth(1).locator("b")
    expect(times).to_have_text(re.compile(r"\d,\d{3}"))  # the gradient fades on its way back


# Failures


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_set_up_that_does_not_fit_is_said(page, address, language):
    speak(page, language)
    page.goto("about:blank")
    opened(page, address.partition("?")[0] + hash_of({"layers": [{"neurons": 99}]}))
    said = {"en": "a whole number from 1 to 16", "es": "un número entero de 1 a 16"}[language]
    expect(page.locator(".banner")).to_contain_text(said)


def test_a_training_that_diverges_is_said(page):
    open_tool(page, "Settings")
    page.get_by_role("button", name="Wave").click()
    page.get_by_label("Optimizer", exact=True).select_option("sgd")
    page.get_by_label("Learning rate", exact=True).fill("900")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Train").click()
    expect(page.locator(".now")).to_contain_text("has diverged")


# For everybody


def test_a_phone_needs_no_scrolling_to_the_side(page):
    page.set_viewport_size({"width": 390, "height": 844})
    painted(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_first_picture_comes_within_a_second(browser, address):
    context = browser.new_context()
    page = context.new_page()
    began = time.perf_counter()
    opened(page, address)
    seconds = time.perf_counter() - began
    context.close()
    assert seconds < 5  # the goal is 1; a busy machine that runs tests is no place to measure it


# Steering while it trains, and links


def test_a_rate_is_typed_while_it_trains(page):
    open_tool(page, "Settings")
    page.get_by_role("button", name="Train").click()
    wait_for_step(page, 50)
    rate = page.get_by_label("Learning rate", exact=True)
    rate.click()
    rate.press("Control+a")
    rate.press_sequentially("0.125", delay=120)
    expect(rate).to_have_value("0.125")
    rate.press("Enter")
    before = step_of(page)
    wait_for_step(page, before + 50)  # it goes on, with the new rate
    expect(rate).to_have_value("0.125")


def test_a_neuron_that_was_clicked_stays(page):
    page.get_by_role("button", name="Neuron 1.1").click()
    page.get_by_role("button", name="Neuron 1.3").hover()
    page.get_by_role("button", name="Neuron 2.2").focus()
    expect(page.locator(".editor h3")).to_contain_text("Neuron 1.1")
    page.locator(".editor").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Neuron 1.3").hover()
    expect(page.locator(".editor")).to_have_count(0)  # the large picture shows it; nothing moves


def test_neurons_follow_the_theme_while_the_training_stands(page):
    light = picture(page, ".diagram canvas")
    page.get_by_role("button", name=re.compile("^(Theme|Tema)")).click()
    changed(page, ".diagram canvas", light)


@pytest.mark.long
def test_the_systems_theme_is_followed(page):
    light = picture(page, ".diagram canvas")
    page.emulate_media(color_scheme="dark")
    changed(page, ".diagram canvas", light)


def test_a_link_is_followed_in_the_open_page(page):
    link = hash_of({"layers": [{"neurons": 7}]})
    page.evaluate("link => { location.hash = link; }", link)
    expect(page.locator(".facts")).to_contain_text("2–7–1")


def test_a_link_that_does_not_fit_is_said_and_the_nearest_is_opened(page):
    page.get_by_role("button", name="Add a layer").click()
    expect(page.locator(".facts")).to_contain_text("2–4–4–4–1")
    page.evaluate("link => { location.hash = link; }", hash_of({"layers": [{"neurons": 99}]}))
    expect(page.locator(".banner")).to_contain_text("a whole number from 1 to 16")
    expect(page.locator(".facts")).to_contain_text("2–16–1")


@pytest.mark.long
def test_heads_stand_over_their_columns_on_one_screen(page):
    page.set_viewport_size({"width": 1280, "height": 800})
    painted(page)
    middles = (
        "selector => [...document.querySelectorAll(selector)].map((one) => {"
        "const box = one.getBoundingClientRect(); return box.left + box.width / 2; })"
    )
    heads = page.evaluate(middles, ".layer-name")
    columns = sorted({round(x) for x in page.evaluate(middles, ".neuron")})
    assert [round(abs(a - b)) for a, b in zip(heads, columns, strict=True)] == [0, 0, 0, 0]
    assert page.evaluate("document.documentElement.scrollHeight") <= 800


@pytest.mark.long
@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, {"width": 1440, "height": 900}])
def test_layers_of_sixteen_need_no_more_room_than_layers_of_eight(page, size):
    page.set_viewport_size(size)
    heights = {}
    for count in (8, 16):
        layers = [{"neurons": count}] * 2
        page.evaluate("hash => { location.hash = hash; }", hash_of({"layers": layers}))
        expect(page.locator(".facts")).to_contain_text(f"2–{count}–{count}–1")
        heights[count] = page.evaluate("document.documentElement.scrollHeight")
    assert heights[16] <= heights[8]
    box = page.locator(".diagram").bounding_box()
    assert box["y"] + box["height"] < size["height"]
    for neuron in page.locator(".neuron").all():
        place = neuron.bounding_box()
        assert min(place["width"], place["height"]) >= 24
        assert box["y"] <= place["y"]
        assert place["y"] + place["height"] <= box["y"] + box["height"]
        neuron.click()  # and nothing covers it
        expect(neuron).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Neuron 1.16").focus()
    page.keyboard.press("Tab")  # from top to bottom, whatever the file
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Neuron 2.1", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    editor = page.locator(".editor")
    expect(editor.locator("tbody tr")).to_have_count(17)
    assert editor.bounding_box()["height"] < 520
    lines = page.locator(".diagram .touch")
    expect(lines).to_have_count(2 * 16 + 16 * 16 + 16)
    lines.nth(2 * 16 + 15 * 16).dispatch_event("click")  # from the last to the first
    lit = editor.locator(".lit")
    expect(lit).to_contain_text("1.16")
    row, seen = lit.bounding_box(), editor.locator(".scrolls").bounding_box()
    assert seen["y"] <= row["y"] < row["y"] + row["height"] <= seen["y"] + seen["height"]


# Challenges, and many changes


def test_a_challenge_is_taken_up_shared_and_solved(page, address):
    expect(page.locator(".challenge")).to_have_count(0)
    page.get_by_label("Example").select_option("flat")
    parts = page.locator(".challenge li")
    expect(parts).to_have_count(2)
    expect(page.locator(".challenge .holds")).to_contain_text("0 hidden neurons")
    open_tool(page, "Settings")
    page.get_by_role("button", name="x₁ x₂").click()  # the input that needs no hidden layer
    close_tool(page)
    page.get_by_role("button", name="Train").click()
    expect(page.locator(".challenge")).to_contain_text("Solved", timeout=15_000)
    page.get_by_role("button", name="Add a neuron").first.or_(
        page.get_by_role("button", name="Add a layer")
    ).first.click()
    expect(page.locator(".challenge")).not_to_contain_text("Solved")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator(".challenge")).to_have_count(0)
    page.goto("about:blank")
    opened(page, address.partition("?")[0] + "#challenge=spiral")
    expect(page.locator(".challenge li")).to_have_count(2)
    open_tool(page, "Settings")
    expect(page.get_by_role("button", name="Spirals")).to_have_attribute("aria-pressed", "true")


def test_changes_in_quick_succession_are_all_kept(page):
    more = page.get_by_role("button", name="Add a neuron")
    for _ in range(4):
        more.nth(0).click()
        more.nth(1).click()
    expect(page.locator(".facts").first).to_contain_text("2–8–8–1", timeout=30_000)
    # An answer that comes late, to what was asked before, takes nothing back.
    expect(page.locator(".layers .count b").first).to_have_text("8")
