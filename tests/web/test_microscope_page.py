"""The microscope in a real browser: its numbers are the engine's, and all of it can be reached."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from neurona.observe.microscope import dissect
from neurona.web.microscope import examples
from neurona.web.setup import Setup
from neurona.web.steering import optimizer_of
from neurona.web.task import make_task
from tests.support.pages import (
    hash_of,
    needs_chromium,
    number_of,
    open_tool,
    opened,
    painted,
    speak,
    visited,
)

STAGES = [
    ("Forward", 0), ("Forward", 1), ("Forward", 2), ("Cost", 2),
    ("Backward", 2), ("Backward", 1), ("Backward", 0),
    ("Update", 0), ("Update", 1), ("Update", 2),
]  # fmt: skip

pytestmark = needs_chromium


@pytest.fixture
def page(browser, address):
    with visited(browser, address, 1280, 800) as page:
        yield page


def opened_with(page, address, setup):
    opened(page, address)
    facts = page.inner_text(".facts")
    page.evaluate("hash => { location.hash = hash; }", hash_of(setup))
    expect(page.locator(".facts")).not_to_have_text(facts)
    painted(page)


def look(page, point=None):
    """Open the microscope, at a point if one is given; points are counted from 1 on the page."""
    page.get_by_role("button", name=re.compile("^Microscop")).click()
    page.wait_for_selector(".microscope .number")
    if point is not None:
        choose(page, point)


def choose(page, point):
    field = page.locator(".microscope input.number")
    field.fill(str(point))
    field.press("Enter")
    expect(page.locator(".formulas .note")).to_contain_text(
        re.compile(rf"(Point|Punto) {point} \(")
    )


def next_stage(page):
    page.get_by_role("button", name="Next", exact=True).click()


def numbers(page, selector=".formulas"):
    """Return all numbers of the formulas that are shown, as they were sent."""
    return page.eval_on_selector_all(
        f"{selector} .number", "all => all.map((one) => Number(one.dataset.value))"
    )


def lines(page):
    """Return the formulas, each as the numbers in it."""
    return page.eval_on_selector_all(
        ".equation",
        "all => all.map((one) => [...one.querySelectorAll('.number')]"
        ".map((number) => Number(number.dataset.value)))",
    )


def step_at(point, setup=None):
    """Return what the engine computes of the first step, as the page should show it."""
    setup = Setup() if setup is None else Setup.from_json(setup)
    task, training = make_task(setup), setup.training
    params = task.net.init(rng=training.seed)
    frozen = np.zeros(sum(W.size + b.size for W, b in params), dtype=bool)
    return dissect(
        task.net, params, *examples(task, point)[:2], task.cost, l1=training.l1,
        l2=training.l2, optimizer=optimizer_of(task, frozen),
    )  # fmt: skip


def close(some, others):
    np.testing.assert_allclose(some, others, rtol=1e-5, atol=1e-6)


# Opening and closing


def test_it_stops_the_training_and_closes_with_escape(page):
    page.get_by_role("button", name="Train").click()
    expect(page.locator("button.main")).to_have_text("Pause")
    look(page)
    expect(page.locator("button.main")).to_have_text("Train")
    expect(page.locator("section.microscope")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".microscope")).to_have_count(0)
    expect(page.get_by_role("button", name="Microscope")).to_be_focused()
    expect(page.locator(".overlay .values")).to_have_count(0)
    expect(page.locator(".flow")).to_be_visible()


def test_by_the_keyboard_alone(page):
    page.get_by_role("button", name="Microscope").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".microscope .number")
    place = page.locator(".microscope .top .place")
    for i in range(2, 11):
        page.keyboard.press("ArrowRight")
        expect(place).to_contain_text(f"{i} of 10")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(place).to_contain_text("9 of 10")
    assert page.inner_text(".clock .step") == "0"  # → takes a step of the training elsewhere
    page.get_by_role("tab", name="Update").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Forward")).to_be_focused()
    expect(page.get_by_role("tab", name="Forward")).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name="Next point").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator(".formulas .note")).to_contain_text("Point 2 (")
    page.get_by_role("button", name="Previous point").press("Enter")
    page.get_by_role("button", name="Previous point").press("Enter")
    expect(page.locator(".formulas .note")).to_contain_text("Point 300 (")
    number = page.locator(".formulas .number").first
    number.focus()
    page.keyboard.press("Space")
    assert page.inner_text("button.main") == "Train"  # Space would start the training elsewhere
    page.keyboard.press("Escape")
    expect(page.locator(".microscope")).to_have_count(0)


# Points


def test_a_click_takes_the_nearest_point_and_places_none(page):
    task = make_task(Setup())
    left, right, bottom, top = task.limits
    look(page)
    for i in (17, 203):
        box = page.locator(".surface").bounding_box()
        x, y = task.points[i]
        page.mouse.click(
            box["x"] + box["width"] * (x - left) / (right - left),
            box["y"] + box["height"] * (top - y) / (top - bottom),
        )
        painted(page)
        taken = int(page.locator(".microscope input.number").input_value()) - 1
        expect(page.locator(".formulas .note")).to_contain_text(f"Point {taken + 1} (")
        # Points that lie within a pixel of each other are one to a mouse.
        apart = np.abs(task.points[taken] - task.points[i]) / (right - left)
        assert (apart < 2 / box["width"]).all()
        close(numbers(page)[0], task.points[taken, 0])
        expect(page.locator(".looked-at")).to_be_visible()
    assert page.evaluate("location.hash") == ""
    open_tool(page, "Settings")
    expect(page.locator(".kind[aria-pressed=true]")).to_have_text("Circles")


@pytest.mark.long
def test_the_cross_takes_a_point_too(page):
    look(page)
    page.focus(".surface")
    for _ in range(8):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator(".formulas .note")).to_contain_text(re.compile(r"Point \d+ \("))


@pytest.mark.long
@pytest.mark.parametrize("wrong", ["0", "301", "1.5", "-3"])
def test_a_point_that_is_not_there_is_not_taken(page, wrong):
    look(page, 5)
    field = page.locator(".microscope input.number")
    field.fill(wrong)
    field.press("Enter")
    painted(page)
    expect(page.locator(".formulas .note")).to_contain_text("Point 5 (")


# The numbers


def test_all_stages_show_what_the_engine_computes(page):
    look(page, 8)
    step = step_at(7)
    before = [step.x[0], *(layer.a[0] for layer in step.layers)]
    for i, (phase, k) in enumerate(STAGES):
        expect(page.get_by_role("tab", name=phase)).to_have_attribute("aria-selected", "true")
        layer, shown = step.layers[k], lines(page)
        if phase == "Forward":
            *terms, z = shown[0]
            x, w, b = terms[:-1:2], terms[1::2], terms[-1]
            close(np.dot(x, w) + b, z)  # the numbers shown add up to the one shown
            close(x, before[k])
            close(w, layer.W[:, 0])
            close([z, *shown[1]], [layer.z[0, 0], layer.z[0, 0], layer.a[0, 0]])
        if phase == "Cost":
            p, t = step.layers[-1].a[0, 0], step.target[0, 0]
            close(shown[0], [t, p, t, p, step.cost])
            close(shown[1], [p, t, layer.delta[0, 0]])
        if phase == "Backward":
            page.wait_for_function(
                "() => [...document.querySelectorAll('.difference')]"
                ".every((one) => one.innerText !== '?')"
            )
            rows = page.locator(".parameters tbody tr").all()
            exact = [*layer.dW[:, 0], layer.db[0]]
            assert len(rows) == len(exact)
            for row, derivative in zip(rows, exact, strict=True):
                text = row.locator(".difference").inner_text()
                close(number_of(text), derivative)
                apart = number_of(row.locator(".gap").inner_text())
                assert apart < 1e-8
            close([one[-1] for one in shown[-len(exact) :]], exact)
            if k < 2:
                after = step.layers[k + 1]
                *terms, error = shown[0]
                close(np.dot(terms[::2], terms[1::2]), error)
                close(terms[1::2], after.delta[0])
                close(shown[2], [layer.slope[0, 0], layer.error[0, 0], layer.delta[0, 0]])
        if phase == "Update":
            now = [*layer.W[:, 0], layer.b[0]]
            change = [*layer.W_change[:, 0], layer.b_change[0]]
            close(shown, np.stack([now, change, np.add(now, change)], axis=1))
        if i + 1 < len(STAGES):
            next_stage(page)
    expect(page.get_by_role("button", name="Next", exact=True)).to_be_disabled()


def test_gradient_descents_own_formula_with_a_penalty_and_a_frozen_weight(page, address):
    setup = {
        "layers": [{"neurons": 2, "activation": "sigmoid", "learning_rate": 0.5}],
        "training": {"optimizer": "sgd", "cost": "mse", "l2": 0.1},
    }
    opened_with(page, address, setup)
    page.get_by_role("button", name="Neuron 1.2").click()
    page.locator(".editor").get_by_label("Frozen: x₁").check()
    look(page, 3)
    page.get_by_role("tab", name="Update").click()
    layer = step_at(2, setup).layers[0]
    expect(page.locator(".microscope select")).to_have_value("1.2")  # the one that was clicked
    expect(page.locator(".parameters tbody tr").first).to_contain_text("frozen")
    frozen, w, b = lines(page)
    close(frozen, layer.W[0, 1])
    close(w, [layer.W[1, 1], 0.5, layer.dW[1, 1], layer.W_next[1, 1]])
    close(b, [layer.b[1], 0.5, layer.db[1], layer.b_next[1]])
    page.get_by_role("tab", name="Backward").click()
    page.get_by_role("button", name="Next", exact=True).click()
    row = lines(page)[3]
    close(row[0] * row[1] + row[2] * row[3], row[4])  # δ a + λ w


def test_the_whole_batch_is_means_and_sums(page):
    look(page)
    expect(page.get_by_role("button", name="Whole batch")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".formulas .note")).to_contain_text("210 training points")
    step = step_at(None)
    *terms, z = lines(page)[0]
    close(terms[:-1:2], step.x.mean(axis=0))
    close(z, step.layers[0].z[:, 0].mean())
    page.get_by_role("tab", name="Cost").click()
    close(numbers(page), [step.cost])
    page.get_by_role("tab", name="Update").click()
    close(lines(page)[0][-1], step.layers[0].W_next[0, 0])
    page.keyboard.press("Escape")
    page.get_by_role("button", name="One step").click()  # the training makes the very same
    page.wait_for_function("() => document.querySelector('.clock .step').innerText === '1'")
    look(page)
    page.get_by_role("tab", name="Forward").click()
    close(numbers(page)[1], step.layers[0].W_next[0, 0])


@pytest.mark.long
def test_numbers_follow_the_training(page):
    look(page, 1)
    before = numbers(page)
    page.get_by_role("button", name="One step").click()
    page.wait_for_function(
        "w => Number(document.querySelectorAll('.formulas .number')[1].dataset.value) !== w",
        arg=before[1],
    )
    close(numbers(page)[1], step_at(None).layers[0].W_next[0, 0])


@pytest.mark.long
@pytest.mark.parametrize("cost", ["auto", "mse"])
def test_a_softmax_has_its_formulas_and_the_lesson_says_why_it_has_none(page, address, cost):
    setup = {"data": {"kind": "blobs"}, "training": {"cost": cost}}
    opened_with(page, address, setup)
    look(page, 4)
    layer = step_at(3, setup).layers[2]
    page.locator(".microscope select").select_option("3.2")
    close(lines(page)[1], [layer.z[0, 1], *layer.z[0], layer.a[0, 1]])
    page.get_by_role("tab", name="Backward").click()
    page.locator(".microscope select").select_option("3.2")
    close(lines(page)[0][-1], layer.delta[0, 1])
    if cost == "mse":
        a, error, *products, delta = lines(page)[0]
        close(a * (error - np.dot(products[::2], products[1::2])), delta)
    expect(page.locator(".lesson")).to_contain_text("has no softmax")
    expect(page.locator(".code [aria-current]")).to_have_count(0)


# Links


def test_a_number_leads_to_where_it_comes_from(page):
    look(page, 2)
    page.get_by_role("tab", name="Backward").click()
    next_stage(page)  # layer 2
    # In ∂C/∂w = δ a the a of neuron 1.3 comes from its forward phase.
    a = page.locator(".parameters tbody tr").nth(2).locator(".number").nth(1)
    value = float(a.get_attribute("data-value"))
    expect(a).to_have_attribute("aria-label", re.compile("neuron 1.3, forward"))
    a.hover()
    expect(page.locator(".overlay .source")).to_have_count(1)
    expect(page.locator(".overlay .source")).to_contain_text("δ")
    a.click()
    expect(page.get_by_role("tab", name="Forward")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".microscope select")).to_have_value("1.3")
    close(lines(page)[1][-1], value)
    # By the keyboard: a weight is selected, an input too.
    w = page.locator(".equation").first.locator(".number").nth(1)
    w.focus()
    expect(page.locator(".overlay path.source")).to_have_count(1)
    w.press("Enter")
    expect(page.locator(".overlay path.source")).to_have_count(1)
    page.locator(".equation").first.locator(".number").first.press("Enter")
    expect(page.locator(".overlay path.source")).to_have_count(0)
    expect(page.get_by_role("button", name="Input x₁", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


@pytest.mark.long
def test_every_number_is_a_link_that_leads_somewhere(page):
    look(page, 2)
    for i in range(len(STAGES)):
        shown = page.eval_on_selector_all(
            ".formulas math mn", "all => all.map((one) => [one.textContent, one.className])"
        )
        linked = [text for text, kind in shown if kind == "linked"]
        links = page.locator(".formulas .number").all()
        assert linked
        assert len(links) == len(linked)
        for link, text in zip(links, linked, strict=True):
            assert link.get_attribute("aria-label").startswith(f"{text}, ")
        # All else is a part of the formula: an index, 1, 2, …
        assert all(re.fullmatch(r"[\d.]{1,3}|\d→\d", text) for text, kind in shown if not kind)
        # Each button lies over its number.
        apart = page.evaluate(
            "() => [...document.querySelectorAll('.equation')].flatMap((one) => {"
            "const numbers = [...one.querySelectorAll('.linked')];"
            "return [...one.querySelectorAll('.number')].map((button, i) => {"
            "const [a, b] = [button, numbers[i]].map((it) => it.getBoundingClientRect());"
            "return Math.max(Math.abs(a.left - b.left), Math.abs(a.top - b.top)); }); })"
        )
        assert max(apart) < 1
        if i + 1 < len(STAGES):
            next_stage(page)


@pytest.mark.long
def test_the_learning_rate_leads_to_its_field(page, address):
    opened_with(page, address, {"layers": [{"neurons": 2}], "training": {"optimizer": "sgd"}})
    look(page, 2)
    page.get_by_role("tab", name="Update").click()
    page.locator(".parameters .number").nth(1).press("Enter")
    expect(page.get_by_label("Learning rate", exact=True)).to_be_focused()


@pytest.mark.long
def test_a_neuron_is_chosen_in_the_diagram(page):
    look(page, 2)
    page.get_by_role("button", name="Neuron 2.3").click()
    expect(page.locator(".microscope select")).to_have_value("2.3")
    expect(page.locator(".overlay .here")).to_have_count(1)
    step = step_at(1)
    close(lines(page)[0][-1], step.layers[1].z[0, 2])
    shown = page.locator(".overlay .here").inner_text().split()
    close(number_of(shown[1]), round(step.layers[1].z[0, 2], 3))
    expect(page.locator(".overlay .on-line")).to_have_count(4)


def test_the_diagram_shows_the_numbers_of_the_phase(page):
    look(page, 2)
    step = step_at(1)

    def beside(k, unit):
        # The layers that the phase speaks of have numbers: the one before, and its own.
        before = [2, 4, 4][k - 1]
        text = page.locator(".overlay .values").nth(before + unit).inner_text()
        return [number_of(one) for one in re.findall(r"−?[\d.]+(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?", text)]

    def on_lines():
        texts = page.locator(".overlay .on-line").all_inner_texts()
        return [number_of(one.split()[-1]) for one in texts]

    def near(some, others):
        np.testing.assert_allclose(some, others, rtol=6e-3, atol=1e-12)

    for phase, k in STAGES:
        layer = step.layers[k]
        if phase == "Forward":
            near(beside(k + 1, 0), [layer.z[0, 0], layer.a[0, 0]])
            near(on_lines(), layer.W[:, 0])
        if phase == "Cost":
            near(beside(3, 0), [layer.a[0, 0], step.target[0, 0]])
        if phase == "Backward":
            assert beside(k + 1, 0)[0] == pytest.approx(layer.delta[0, 0], rel=6e-3)
            near(on_lines(), layer.dW[:, 0])
        if phase == "Update":
            near(beside(k + 1, 0), [layer.b[0], layer.b_next[0]])
            near(on_lines(), layer.W_next[:, 0])
        if (phase, k) != STAGES[-1]:
            next_stage(page)


@pytest.mark.long
def test_it_follows_another_network(page):
    look(page, 2)
    page.get_by_role("tab", name="Update").click()
    page.get_by_label("Example").select_option("stuck")
    expect(page.locator(".microscope .top .place")).to_have_text("layer 1 · 1 of 19")
    page.wait_for_selector(".microscope .number")
    expect(page.locator(".overlay .values")).to_have_count(2 + 4)
    for _ in range(18):
        next_stage(page)
    expect(page.locator(".parameters tbody tr")).to_have_count(5)


# The lesson's code


def test_the_line_that_runs_is_lit_and_its_variables_are_shown(page):
    look(page, 8)
    lit = page.locator(".code [aria-current=step]")
    for phase, k in STAGES:
        expect(lit).to_have_count(1)
        begins = {
            "Forward": "z = out[-1][1] @ layer.W + layer.b",
            "Cost": "if train:",
            "Backward": "a_prev, a = out[i][1], out[i + 1][1]",
            "Update": "layer.b = layer.b - np.mean(delta",
        }
        expect(lit).to_contain_text(begins[phase])
        if phase == "Update" and k == 0:
            break
        next_stage(page)
    step = step_at(7)
    rows = {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts()
        for row in page.locator(".variables tbody tr").all()
    }
    assert rows["layer.W"][0] == "(2, 4)"
    assert rows["X"][0] == "(1, 2)"
    shown = [number_of(one) for one in rows["layer.W"][1].split()]
    np.testing.assert_allclose(shown, step.layers[0].W.ravel(), rtol=1e-3)
    assert rows["delta"][0] == "(1, 4)"
    expect(page.locator(".lesson .note")).to_contain_text("0.5 times the gradient")
    expect(page.locator(".lesson .note")).to_contain_text("without Adam")


@pytest.mark.long
def test_line_by_line_the_stage_follows(page):
    look(page, 8)
    lit = page.locator(".code [aria-current=step]")
    place = page.locator(".microscope .top .place")
    before = page.get_by_role("button", name="Previous line")
    after = page.get_by_role("button", name="Next line")
    before.click()
    before.click()
    expect(lit).to_contain_text("out: list")
    expect(before).to_be_disabled()
    seen = []
    while after.is_enabled():
        after.click()
        seen.append((lit.inner_text().strip(), place.inner_text()))
    assert len(seen) == 36
    assert seen[-1][0] == "return Yp"
    assert [text for text, _ in seen].count("a = layer.act_f[0](z)") == 3
    assert {at for text, at in seen if text.startswith("delta = ")} == {
        "layer 3 · 5 of 10", "layer 2 · 6 of 10", "layer 1 · 7 of 10",
    }  # fmt: skip
    box = page.locator(".code").bounding_box()
    line = lit.bounding_box()
    assert box["y"] <= line["y"] <= box["y"] + box["height"]  # it scrolls into view


# For everybody


@pytest.mark.long
def test_in_spanish(page):
    speak(page, "es")
    look(page, 3)
    expect(page.get_by_role("tab")).to_have_text(
        ["Hacia delante", "Coste", "Hacia atrás", "Actualización"]
    )
    expect(page.locator(".formulas .note")).to_contain_text("Punto 3 (entrenamiento)")
    expect(page.locator(".lesson")).to_contain_text("En qué difiere el paso de la lección")
    page.get_by_role("button", name="Todo el lote").click()
    expect(page.locator(".formulas .note")).to_contain_text("210 puntos de entrenamiento")
    said = page.locator(".microscope .top, .formulas, .variables thead").all_inner_texts()
    assert not re.search(r"\b(Back|Next|Close|Point|layer|line|Shape|Value)\b", "".join(said))


def test_picture_network_and_phase_share_a_screen_and_a_phone_scrolls_only_down(page):
    look(page, 3)
    for what in (".surface", ".now", ".diagram", ".microscope .tabs", ".microscope .top"):
        box = page.locator(what).bounding_box()
        assert box["y"] + box["height"] <= 800
    for line in page.locator(".code li").all():  # no line of the lesson is cut
        assert line.evaluate("line => line.scrollWidth <= line.clientWidth")
    page.set_viewport_size({"width": 390, "height": 844})
    for _ in STAGES:
        painted(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        if page.get_by_role("button", name="Next", exact=True).is_enabled():
            next_stage(page)
