"""The widget in a real notebook page: a Jupyter server, a kernel, a browser."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import nbformat
import pytest
from playwright.sync_api import expect

from tests.support.pages import AXE, needs_axe, needs_chromium, pressed, speak

TOKEN = "a-token-of-the-tests"
PATIENCE = 60_000  # milliseconds: a kernel imports NumPy and scikit-learn first
CELLS = [
    "import neurona\np = neurona.Playground()\np",
    "print('step', p.state.step)",
    "p.params = [(0 * W, 0 * b) for W, b in p.params]\nprint('set', abs(p.params[0].W).sum())",
    "p.network = neurona.network([2, 7, 1], 'relu', output='sigmoid')",
    "q = neurona.Playground(data='blobs')\nq",
    "import threading\np.close()\nq.close()\n"
    "print('left', [t.name for t in threading.enumerate() if t.name.startswith('neurona')])",
]

pytestmark = needs_chromium


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Return the address of a notebook on a server of its own, that knows nothing of this user."""
    home = tmp_path_factory.mktemp("jupyter")
    settings = home / "config" / "labconfig" / "page_config.json"
    settings.parent.mkdir(parents=True)
    asks_for_news = "@jupyterlab/apputils-extension:announcements"
    settings.write_text(json.dumps({"disabledExtensions": {asks_for_news: True}}))
    work = home / "work"
    work.mkdir()
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in CELLS],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(book, work / "book.ipynb")
    port = free_port()
    places = {
        "HOME": home,
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "IPYTHONDIR": home / "ipython",
    }
    log = (home / "log").open("w")
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "notebook", "--no-browser", "--allow-root"),
            *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.root_dir={work}",
            "--LabServerApp.extension_manager=readonly",
        ],
        env={**os.environ, **{name: str(path) for name, path in places.items()}},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_for_server(server, port, home / "log")
        yield f"http://127.0.0.1:{port}/notebooks/book.ipynb?token={TOKEN}"
    finally:
        server.terminate()  # it ends its kernels
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def wait_for_server(server, port, log):
    end = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.2)


def kernel_waits(address):
    """Tell whether the notebook is connected to a kernel that has nothing to do."""
    root = address.partition("/notebooks")[0]
    try:
        with urllib.request.urlopen(f"{root}/api/kernels?token={TOKEN}", timeout=10) as answer:
            kernels = json.load(answer)
    except urllib.error.HTTPError as error:  # while one is being started it may not be listed
        error.close()
        return False
    return any(one["execution_state"] == "idle" and one["connections"] for one in kernels)


@pytest.fixture(scope="module")
def page(browser, address):
    """Open the notebook, run its first cell, and see the view draw."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000}, locale="en-GB")
    page.set_default_timeout(PATIENCE)
    asked = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(address)
    page.wait_for_selector(".jp-CodeCell")
    until(lambda: kernel_waits(address))
    run(page, 0)
    page.wait_for_selector(".neurona .diagram canvas")
    expect(page.locator(".neurona .scores .cost")).not_to_have_text("–", timeout=PATIENCE)
    yield page
    page.close()
    root = address.partition("/notebooks")[0]
    own = (root, root.replace("http", "ws"), "data:", "blob:")
    assert [url for url in asked if not url.startswith(own)] == []


def cell(page, index):
    return page.locator(".jp-CodeCell").nth(index)


def run(page, index):
    """Run a cell as a person does."""
    cell(page, index).locator(".jp-InputArea .cm-content").click()
    page.keyboard.press("Control+Enter")


def said(page, index, pattern):
    """Run a cell, and return what it says."""
    run(page, index)
    output = cell(page, index).locator(".jp-OutputArea-output")
    expect(output).to_have_text(re.compile(pattern), timeout=PATIENCE)
    return re.search(pattern, output.inner_text()).group(1)


def step_of(page):
    return int(re.sub(r"\D", "", page.locator(".neurona .clock .step").first.inner_text()))


def picture(page):
    """Return a checksum of the surface."""
    return page.locator(".neurona .surface .answers").first.evaluate(
        "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data"
        ".reduce((sum, one, i) => (sum * 31 + one) % 1000003, 7)"
    )


def until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


# One notebook, told from top to bottom: each test goes on where the one before stood.


def test_play_in_the_page_and_read_in_python(page):
    before = picture(page)
    page.locator(".neurona button.main").click()
    until(lambda: step_of(page) > 300)
    assert picture(page) != before
    first = int(said(page, 1, r"step (\d+)"))
    assert first > 300
    page.locator(".neurona button.main").click()
    expect(page.locator(".neurona button.main")).to_have_text("Train")
    assert int(said(page, 1, rf"step ({step_of(page)})\b")) >= first


def test_what_python_sets_is_seen(page):
    before = picture(page)
    assert said(page, 2, r"set (\S+)") == "0.0"
    until(lambda: picture(page) != before)
    run(page, 3)
    expect(page.locator(".neurona .facts").first).to_contain_text("2–7–1 · 29", timeout=PATIENCE)
    expect(page.locator(".neurona .neuron")).to_have_count(10)
    until(lambda: step_of(page) == 0)  # the new network begins


def test_keys_belong_to_the_notebook_unless_the_view_has_the_focus(page):
    cells = page.locator(".jp-CodeCell").count()
    stood = step_of(page)
    cell(page, 0).locator(".jp-InputPrompt").first.click()  # command mode
    page.keyboard.press("ArrowRight")
    page.keyboard.press("n")
    page.wait_for_timeout(500)
    assert step_of(page) == stood
    page.locator(".neurona .neuron").first.focus()
    page.keyboard.press("ArrowRight")
    until(lambda: step_of(page) == stood + 1)
    page.keyboard.press("r")  # a cell would become a raw one
    until(lambda: step_of(page) == 0)
    page.keyboard.press("b")  # a cell would come below
    page.wait_for_timeout(500)
    assert page.locator(".jp-CodeCell").count() == cells


def test_two_widgets_do_not_disturb_each_other(page):
    run(page, 4)
    expect(page.locator(".neurona")).to_have_count(2, timeout=PATIENCE)
    first, second = page.locator(".neurona").all()
    expect(second.locator(".facts")).to_contain_text("2–4–4–3", timeout=PATIENCE)
    expect(first.locator(".facts")).to_contain_text("2–7–1")
    speak(second, "es")
    pressed(second, re.compile("^(Theme|Tema)"))
    expect(second.locator("button.main")).to_have_text("Entrenar")
    expect(first.locator("button.main")).to_have_text("Train")
    themes = [one.get_attribute("data-theme") for one in (first, second)]
    assert themes == ["light", "dark"]
    second.locator(".neuron").first.focus()
    page.keyboard.press("ArrowRight")
    expect(second.locator(".clock .step")).to_have_text("1")
    expect(first.locator(".clock .step")).to_have_text("0")
    twice = "() => { const ids = [...document.querySelectorAll('.neurona [id]')].map(e => e.id);"
    assert page.evaluate(twice + " return ids.length - new Set(ids).size; }") == 0
    kept = page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('neurona'))")
    assert kept == []
    assert "#" not in page.url


def test_the_notebook_keeps_its_own_look(page):
    page_of_jupyter = (
        "() => [document.documentElement.dataset.theme, document.documentElement.lang]"
    )
    assert page.evaluate(page_of_jupyter)[0] is None
    # Where a rule of the widget's style sheet reaches beyond the widget, it has a selector for it.
    beyond = page.evaluate(
        """() => [...document.styleSheets].flatMap(sheet => {
            const inner = rule =>
              rule.selectorText ? [rule] : [...(rule.cssRules ?? [])].flatMap(inner);
            let rules = [];
            try { rules = [...sheet.cssRules]; } catch { return []; }
            const all = rules.flatMap(inner).map(rule => rule.selectorText);
            return all.some(one => one.startsWith(".neurona")) ? all : [];
        }).flatMap(one => one.split(/,(?![^(]*\\))/)).map(one => one.trim())
          .filter(one => !/^\\.(neurona|uplot|u-)/.test(one))"""
    )
    assert beyond == []


def test_it_follows_the_theme_around_it(page):
    first = page.locator(".neurona").first
    page.evaluate(
        """() => { document.querySelector(".jp-Notebook").style.background = "#111";
            const behind = ".jp-WindowedPanel-outer, .jp-WindowedPanel-viewport, .jp-Cell";
            document.querySelectorAll(behind)
              .forEach(one => { one.style.background = "#111"; });
            document.body.dataset.jpThemeLight = "false"; }"""
    )
    expect(first).to_have_attribute("data-theme", "dark")


def test_a_narrow_cell(page):
    first = page.locator(".neurona").first
    first.evaluate("el => { el.style.width = '390px'; }")
    picture, network = (first.locator(one).bounding_box() for one in (".surface", ".network"))
    assert picture["x"] == network["x"]  # one below the other
    assert picture["width"] <= 390
    assert first.evaluate("el => el.scrollWidth <= 390")


@needs_axe
def test_axe_finds_nothing_in_the_widget(page):
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document.querySelector('.neurona')).then(r => r.violations)")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_a_view_that_is_taken_away_pauses_and_close_ends_it(page):
    first = page.locator(".neurona").first
    first.locator("button.main").click()
    until(lambda: int(said(page, 1, r"step (\d+)")) > 10)
    run(page, 3)  # anew, and it stands
    assert said(page, 5, r"left (\[.*\])") == "[]"
    expect(page.locator(".neurona")).to_have_count(0, timeout=PATIENCE)
