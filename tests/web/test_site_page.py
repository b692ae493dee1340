"""The static site in a browser, from a plain web host and from a folder."""

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from neurona.web import site
from tests.support.pages import needs_chromium

pytestmark = needs_chromium


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    site.write(folder, ["xor"])
    return folder


@pytest.fixture(scope="module")
def host(folder):
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["host", pytest.param("folder", marks=pytest.mark.long)])
def page(request, browser, folder, host):
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="es-ES")
    page = context.new_page()
    said = []
    page.on("pageerror", lambda one: said.append(str(one)))
    page.goto(host if request.param == "host" else (folder / "index.html").as_uri())
    page.wait_for_selector(".diagram canvas")
    yield page
    context.close()
    assert said == []


def test_the_failure_plays_and_time_can_be_scrubbed(page):
    page.locator(".speed select").select_option("full")
    page.get_by_role("button", name="Entrenar", exact=True).click()
    expect(page.locator(".clock .step")).to_have_text("1.500", timeout=20_000)
    slider = page.get_by_label("Tiempo")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator(".clock .step")).to_have_text("0")


@pytest.mark.long
def test_the_doctor_was_recorded_and_a_cure_opens_its_recording(browser, tmp_path):
    site.write(tmp_path, ["gradient"])
    assert sum(path.stat().st_size for path in tmp_path.rglob("gradient*")) < site.MOST_BYTES
    page = browser.new_page(locale="es-ES")
    page.goto((tmp_path / "index.html").as_uri())
    page.get_by_role("button", name="Doctor", exact=True).click()
    expect(page.locator(".doctor .says")).to_contain_text("señal")
    page.get_by_role("button", name="Probar las curas").click()
    orthogonal = page.locator(".doctor article", has_text="ortogonales")
    orthogonal.get_by_role("button", name="Probar esta cura").click()
    page.locator(".speed select").select_option("full")
    expect(page.locator(".clock .step")).to_have_text("2.500", timeout=20_000)
    page.close()


def test_the_microscope_opens_at_a_recorded_step(page):
    page.get_by_role("button", name="Microscopio").click()
    expect(page.locator(".microscope math").first).to_be_visible()


def test_what_needs_an_engine_says_so_with_the_command(page):
    page.get_by_role("button", name="Ajustes").click()
    page.get_by_label("Tasa de aprendizaje", exact=False).first.fill("0,7")
    page.keyboard.press("Enter")
    expect(page.get_by_text("make play")).to_be_visible()


def test_the_first_picture_is_there_within_a_second(browser, host):
    opened = browser.new_page()
    opened.goto(host)
    opened.wait_for_selector(".diagram canvas")
    shown = opened.evaluate("performance.now()")
    opened.close()
    assert shown < 1000 * 3  # three times, on a busy machine
