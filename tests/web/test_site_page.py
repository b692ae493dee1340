"""The static site in a browser, from a plain web host and from a folder."""

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from neurona.web.site import write
from tests.support.pages import needs_chromium

pytestmark = needs_chromium


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    write(folder, ["gradient", "lesson"])
    return folder


@pytest.fixture(scope="module")
def host(folder):
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture(params=["host", "folder"])
def site(request, browser, folder, host):
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="es-ES")
    page = context.new_page()
    said = []
    page.on("pageerror", lambda one: said.append(str(one)))
    page.goto(host if request.param == "host" else (folder / "index.html").as_uri())
    page.wait_for_selector(".diagram canvas")
    yield page
    context.close()
    assert said == []


def test_the_failure_plays_and_time_can_be_scrubbed(site):
    site.locator(".speed select").select_option("full")
    site.get_by_role("button", name="Entrenar", exact=True).click()
    expect(site.locator(".clock .step")).to_have_text("2.500", timeout=20_000)
    slider = site.get_by_label("Tiempo")
    slider.focus()
    site.keyboard.press("Home")
    expect(site.locator(".clock .step")).to_have_text("0")


def test_the_doctor_was_recorded_and_a_cure_opens_its_recording(site):
    site.get_by_role("button", name="Doctor", exact=True).click()
    expect(site.locator(".doctor .says")).to_contain_text("señal")
    site.get_by_role("button", name="Probar las curas").click()
    orthogonal = site.locator(".doctor article", has_text="ortogonales")
    orthogonal.get_by_role("button", name="Probar esta cura").click()
    site.locator(".speed select").select_option("full")
    expect(site.locator(".clock .step")).to_have_text("2.500", timeout=20_000)


def test_the_microscope_opens_at_a_recorded_step(site):
    site.get_by_role("button", name="Microscopio").click()
    expect(site.locator(".microscope math").first).to_be_visible()


def test_what_needs_an_engine_says_so_with_the_command(site):
    site.get_by_role("button", name="Ajustes").click()
    site.get_by_label("Tasa de aprendizaje", exact=False).first.fill("0,7")
    site.keyboard.press("Enter")
    expect(site.get_by_text("make play")).to_be_visible()


def test_the_first_picture_is_there_within_a_second(browser, host):
    page = browser.new_page()
    page.goto(host)
    page.wait_for_selector(".diagram canvas")
    shown = page.evaluate("performance.now()")
    page.close()
    assert shown < 1000 * 3  # three times, on a busy machine
