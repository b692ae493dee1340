"""Downloads in a real browser: click, and look into the file that arrives."""

import re
import sys

import nbformat
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

import neurona
from neurona.files.network import read
from neurona.observe.numbers import grid
from neurona.web.setup import Setup
from neurona.web.task import make_task
from tests.support import forks
from tests.support.pages import (
    changed,
    close_tool,
    needs_chromium,
    number_of,
    open_tool,
    opened,
    painted,
    picture,
    speak,
    start,
    step_of,
    stop,
    wait_for_step,
)

pytestmark = needs_chromium


@pytest.fixture
def menu(page):
    """Return the open menu, after some training."""
    page.get_by_role("button", name="Train").click()
    wait_for_step(page, 60)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("button.main")).to_have_text("Train")  # the last picture is here
    menu = open_tool(page, "Take home")
    expect(menu).to_be_visible()
    return menu


def taken(page, menu, name, folder):
    """Click, and return the file that arrives."""
    with page.expect_download() as arriving:
        menu.get_by_role("button", name=name).click()
    path = folder / arriving.value.suggested_filename
    arriving.value.save_as(path)
    return path


def scores(page):
    """Return the cost and the accuracies that the page shows."""
    said = page.evaluate("document.querySelector('.scores')?.innerText")
    if said is None:  # the tool has its place
        close_tool(page)
        said = page.inner_text(".scores")
        open_tool(page, "Take home")
    shares = [float(text) / 100 for text in re.findall(r"([\d.]+) %", said)]
    return number_of(said.split(" · ")[0]), shares


def pixels(page, selector=".surface .answers"):
    data = page.eval_on_selector(
        selector, "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
    )
    return np.array(data)


def parameters_of(page):
    """Return how many there are, as the page says."""
    return int(re.search(r"(\d+) parameters", page.inner_text(".facts")).group(1))


# Files


def test_the_picture(page, menu, tmp_path):
    path = taken(page, menu, "Save image", tmp_path)
    assert path.name == "neurona.png"
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        width, height = picture.size  # those of the screen
        assert width == height >= 400
        colors = picture.convert("RGB").getcolors(width * height)
    assert len(colors) > 100


def test_the_film(page, menu, tmp_path):
    path = taken(page, menu, "Save animation", tmp_path)
    assert path.name == "neurona.gif"
    with Image.open(path) as film:
        assert (film.format, film.size) == ("GIF", (900, 420))
        assert 5 < film.n_frames <= 60


def test_the_model_predicts_the_same(page, menu, tmp_path):
    path = taken(page, menu, "Model file", tmp_path)
    assert path.name == "neurona.safetensors"
    net, params = neurona.load(path)
    assert net.topology == (2, 4, 4, 1)
    notes = read(path).notes
    assert notes["step"] == step_of(page)
    task = make_task(Setup.from_json(notes["setup"]))
    answers = net.predict(params, task.features(grid(task.limits, 100)[2]))
    # The page paints orange below one half, blue above.
    shown = pixels(page).reshape(100, 100, 4)[::-1]
    blue = (shown[..., 2] > shown[..., 0]).ravel()
    sure = np.abs(answers.ravel() - 0.5) > 0.05
    assert sure.any()
    np.testing.assert_array_equal(blue[sure], answers.ravel()[sure] > 0.5)
    _, (train, _) = scores(page)
    which = ~task.held_out
    right = (net.predict(params, task.train.x).ravel() > 0.5) == task.labels[which]
    assert right.mean() == pytest.approx(train, abs=6e-4)


def test_the_code_runs_and_prints_what_the_page_shows(page, menu, tmp_path):
    path = taken(page, menu, "Python code", tmp_path)
    assert path.name == "playground.py"
    done = forks.run([sys.executable, path.name], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    cost, shares = scores(page)
    printed = [float(line.rpartition(" ")[2]) for line in done.stdout.splitlines()]
    assert printed == pytest.approx([cost, *shares], rel=2e-3, abs=6e-5)  # four digits are shown
    with Image.open(tmp_path / "neurona.png") as picture:
        assert picture.format == "PNG"


@pytest.mark.long
def test_the_notebook_is_valid_and_in_the_pages_language(page, tmp_path):
    speak(page, "es")
    page.get_by_role("button", name="Un paso").click()
    menu = open_tool(page, "Llevar")
    path = taken(page, menu, "Cuaderno", tmp_path)
    assert path.name == "neurona.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert "Ejecuta las celdas" in notebook.cells[0].source
    assert [cell.cell_type for cell in notebook.cells].count("code") >= 5


def test_the_code_is_copied(page, menu):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = menu.get_by_role("button", name="Copy the code")
    button.click()
    expect(button).to_contain_text("Copied")
    code = page.evaluate("navigator.clipboard.readText()")
    assert f"steps={step_of(page)}" in code
    compile(code, "playground.py", "exec")


def test_where_copying_is_forbidden_the_code_is_saved(page, menu, tmp_path):
    page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', "
        "{ value: { writeText: () => Promise.reject(new Error('forbidden')) } });"
        "document.execCommand = () => false"
    )
    path = taken(page, menu, "Copy the code", tmp_path)
    assert "import neurona" in path.read_text()
    link = menu.get_by_role("button", name="Copy link")
    link.click()
    expect(link).to_contain_text("address bar")
    page.evaluate("document.execCommand = () => true")
    link.click()
    expect(link).to_contain_text("Copied")  # by the browser's older way, for pages over http


@pytest.mark.long
def test_a_film_keeps_nothing_waiting_and_is_made_once(page, menu, tmp_path):
    page.get_by_role("button", name="Train").click()
    arrived = []
    page.on("download", lambda one: arrived.append(one.suggested_filename))
    with page.expect_download():
        film = menu.get_by_role("button", name="Save animation")
        film.click()
        expect(film).to_contain_text("preparing")
        menu.get_by_role("button", name="Model file").dispatch_event("click")  # nothing
        film.dispatch_event("click")  # nothing: it is being made
        stood = step_of(page)
        wait_for_step(page, stood + 1)  # pictures come
    assert arrived == ["neurona.gif"]
    expect(page.locator(".unseen[role=status]")).to_contain_text("neurona.gif is saved")
    expect(page.locator(".banner")).to_have_count(0)
    assert taken(page, menu, "Model file", tmp_path).name == "neurona.safetensors"


@pytest.mark.long
def test_a_lost_line_ends_the_waiting(browser):
    process, address = start("--token", "token-of-this-test")
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    opened(page, address)
    open_tool(page, "Take home")
    stop(process)
    expect(page.locator(".banner")).to_contain_text("lost")
    film = page.get_by_role("button", name="Save animation")
    film.click()
    expect(film).to_contain_text(".gif", timeout=10_000)  # as before
    context.close()


# Links


@pytest.mark.long
def test_a_link_with_the_weights_shows_the_same_picture(page, menu):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = menu.get_by_role("button", name="Copy with the weights")
    button.click()
    expect(button).to_contain_text("Copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert re.sub(r"\?token=[^#]+", "", link) == page.url  # it lets others in
    assert len(link) < 1500
    other = page.context.new_page()
    opened(other, link)
    assert step_of(other) == 0
    difference = np.abs(pixels(other) - pixels(page))
    assert difference.max() <= 4  # five digits of each weight
    assert scores(other) == (pytest.approx(scores(page)[0], abs=2e-4), scores(page)[1])
    first, before = pixels(other), picture(other, ".surface .answers")
    other.keyboard.press("n")  # other weights leave those of the link behind
    changed(other, ".surface .answers", before)
    assert np.abs(pixels(other) - first).max() > 20
    expect(other.locator(".banner")).to_have_count(0)
    other.close()


@pytest.mark.long
def test_a_link_with_the_weights_holds_which_are_frozen(page, menu):
    close_tool(page)
    page.get_by_role("button", name="Neuron 1.2").click()
    editor = page.locator(".editor")
    editor.get_by_label("Frozen: x₁").check()
    editor.get_by_label("Frozen: Bias").check()
    page.wait_for_timeout(300)
    open_tool(page, "Take home")
    menu.get_by_role("button", name="Copy with the weights").click()
    page.wait_for_function("() => location.hash.length > 3")
    other = page.context.new_page()
    opened(other, page.url)
    other.get_by_role("button", name="Neuron 1.2").click()
    editor = other.locator(".editor")
    expect(editor.get_by_label("Frozen: x₁")).to_be_checked()
    expect(editor.get_by_label("Frozen: x₂")).not_to_be_checked()
    expect(editor.get_by_label("Frozen: Bias")).to_be_checked()
    before = editor.get_by_label("Value: x₁").input_value()
    other.get_by_label("Speed").select_option("full")
    other.get_by_role("button", name="Train").click()
    wait_for_step(other, 300)
    other.get_by_role("button", name="Pause").click()
    assert editor.get_by_label("Value: x₁").input_value() == before
    other.close()


def test_reset_goes_back_to_the_weights_of_the_link(page, menu):
    menu.get_by_role("button", name="Copy with the weights").click()
    page.wait_for_function("() => location.hash.length > 3")
    other = page.context.new_page()
    opened(other, page.url)
    first = pixels(other)
    other.get_by_label("Speed").select_option("full")
    other.get_by_role("button", name="Train").click()
    wait_for_step(other, 400)
    open_tool(other, "Settings")
    other.get_by_label("Learning rate", exact=True).fill("0.02")
    other.keyboard.press("Enter")
    close_tool(other)
    other.get_by_role("button", name="Reset").click()
    other.get_by_role("button", name="Pause").click()
    other.get_by_role("button", name="Reset").click()
    other.wait_for_function("() => document.querySelector('.clock .step').innerText === '0'")
    painted(other)
    np.testing.assert_array_equal(pixels(other), first)
    other.get_by_role("button", name="Add a neuron: Layer 1").click()  # they don't fit any more
    expect(other.locator(".facts")).to_contain_text("2–5–4–1")
    expect(other.locator(".banner")).to_have_count(0)
    other.close()


@pytest.mark.long
def test_the_plain_link_holds_no_weights(page, menu):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = menu.get_by_role("button", name="Copy link")
    button.click()
    expect(button).to_contain_text("Copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert "?token=" in link  # whoever gets it gets in
    assert link.partition("#")[2] == ""  # it is the page as it opens


@pytest.mark.long
def test_large_networks_have_no_link_with_weights(page):
    offered = page.get_by_role("button", name="Copy with the weights")
    page.get_by_label("Example").select_option("stuck")
    expect(page.locator(".facts")).to_contain_text("16")
    assert parameters_of(page) == 373
    open_tool(page, "Take home")
    expect(offered).to_have_count(1)
    close_tool(page)
    for _ in range(4):
        page.get_by_role("button", name="Add a neuron: Layer 1").click()
        page.get_by_role("button", name="Add a neuron: Layer 2").click()
    expect(page.locator(".facts")).to_contain_text("2–8–12")
    assert parameters_of(page) > 400
    open_tool(page, "Take home")
    expect(page.get_by_role("button", name="Copy link")).to_have_count(1)
    expect(offered).to_have_count(0)


# The tool


def test_the_tool_by_the_keyboard_alone(page, tmp_path):
    opener = page.get_by_role("button", name="Take home")
    opener.focus()
    expect(opener).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-pressed", "true")
    for name in ("Close", "Copy link", "Copy with the weights", "Save image"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=name)).to_be_focused()
    with page.expect_download() as arriving:
        page.keyboard.press("Space")
    assert arriving.value.suggested_filename == "neurona.png"
    expect(page.locator(".unseen[role=status]")).to_contain_text("neurona.png is saved")
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(page.get_by_role("button", name="Copy link")).to_have_count(0)
    assert step_of(page) == 0  # Space was for the button


@pytest.mark.long
def test_without_a_result_there_is_no_picture_to_save(page, address):
    page.goto("about:blank")
    page.goto(address.partition("?")[0] + "#hide=result")
    page.wait_for_selector(".diagram canvas")
    open_tool(page, "Take home")
    expect(page.get_by_role("button", name="Save animation")).to_have_count(1)
    expect(page.get_by_role("button", name="Save image")).to_have_count(0)


@pytest.mark.long
def test_a_phone_shows_all_of_it(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Menu").click()
    box = open_tool(page, "Take home").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
