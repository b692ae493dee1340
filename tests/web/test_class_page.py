"""A class: its link and QR code, pages that come back, undo, the eraser, a room that is full."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.support.pages import hash_of, needs_chromium, opened, start, step_of, stop, wait_for_step

pytestmark = needs_chromium

TOKEN = "token-of-this-test"
WITHOUT_HINTS = "localStorage.setItem('neurona.hints', 'picture,train,network,now')"


@pytest.fixture(scope="module")
def classroom():
    """Return the address of a server that other machines can reach, with room for three."""
    process, address = start("--host", "0.0.0.0", "--token", TOKEN, "--most", "3")
    yield address
    stop(process)


@pytest.fixture
def context(browser):
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    context.add_init_script(WITHOUT_HINTS)
    yield context
    context.close()


@pytest.fixture
def page(context, address):
    page = context.new_page()
    opened(page, address)
    return page


def desk(page):
    page.get_by_role("button", name="Class", exact=True).click()
    expect(page.locator(".desk .link")).to_have_value(re.compile(r"/c/\w{8}$"))
    return page.locator(".desk")


def points(page):
    """Return how many points the set-up in the address has."""
    return page.evaluate(
        "() => JSON.parse(atob(location.hash.slice(3).replaceAll('-', '+').replaceAll('_', '/')))"
        ".data.points.length"
    )


def wait_for_hash(page, pattern):
    page.wait_for_function("pattern => new RegExp(pattern).test(location.hash)", arg=pattern)


# The link


def test_a_class_opens_what_its_teacher_has_prepared(browser, context, classroom):
    teacher = context.new_page()
    opened(teacher, classroom)
    teacher.get_by_label("Example").select_option("xor")
    panel = desk(teacher)
    panel.get_by_label(re.compile("^Microscope")).uncheck()
    panel.get_by_label("Table of their own").uncheck()
    panel.get_by_label(re.compile("^Large type")).check()
    panel.get_by_label("Goal").select_option("cost")
    panel.get_by_label("Bound").fill("0.05")
    panel.get_by_label("Bound").press("Enter")
    expect(panel.locator(".inside")).to_contain_text("1 of 3 places")
    expect(panel.locator(".preview")).not_to_contain_text("Microscope")
    teacher.wait_for_timeout(500)  # what was prepared is sent once nothing changes any more
    link = panel.locator(".link").input_value()
    assert not link.startswith("http://127.")
    student = browser.new_context(locale="es-ES").new_page()
    student.goto(link)
    student.wait_for_selector(".diagram canvas")
    expect(student.locator(".challenge")).to_contain_text("0,05")
    expect(student.get_by_role("button", name="Microscopio")).to_have_count(0)
    expect(student.get_by_role("button", name="Clase", exact=True)).to_have_count(0)
    assert student.evaluate("document.documentElement.dataset.size") == "large"
    assert "eyJkYXRhIjp7ImtpbmQiOiJ4b3Ii" in student.url  # {"data":{"kind":"xor"
    expect(panel.locator(".inside")).to_contain_text("2 of 3 places")
    student.context.close()


@pytest.mark.long
def test_the_qr_code_on_the_screen_is_the_link(context, classroom):
    cv2 = pytest.importorskip("cv2")
    page = context.new_page()
    opened(page, classroom)
    panel = desk(page)
    panel.locator(".qr").click()
    shown = page.locator(".whole-qr svg").screenshot()
    picture = cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_COLOR)
    assert cv2.QRCodeDetector().detectAndDecode(picture)[0] == panel.locator(".link").input_value()
    page.keyboard.press("Escape")
    expect(page.locator(".whole-qr")).not_to_be_visible()
    expect(panel).to_be_visible()


class Course(BaseHTTPRequestHandler):
    """Another site, with a link to a playground."""

    link = ""

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(f'<a href="{self.link}">the class</a>'.encode())

    def log_message(self, *_):
        pass


@pytest.mark.long
def test_both_links_work_from_another_site(browser, context, classroom):
    teacher = context.new_page()
    opened(teacher, classroom)
    teacher.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel = desk(teacher)
    panel.get_by_role("button", name="Copy the long link").click()
    expect(panel.get_by_role("button", name="Copied")).to_be_visible()
    long = teacher.evaluate("navigator.clipboard.readText()")
    assert f"?token={TOKEN}" in long
    with ThreadingHTTPServer(("127.0.0.1", 0), Course) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        for link in (panel.locator(".link").input_value(), long):
            Course.link = link
            student = browser.new_context().new_page()
            student.goto(f"http://localhost:{site.server_address[1]}/")
            student.get_by_role("link").click()
            student.wait_for_selector(".diagram canvas")
            assert TOKEN not in student.url
            student.context.close()
        site.shutdown()


def test_a_server_for_this_machine_alone_says_how_to_open_it(page):
    expect(desk(page).locator(".warning")).to_contain_text("neurona play --host 0.0.0.0")


@pytest.mark.parametrize(
    ("language", "said"),
    [("es-ES", ["Este enlace ya no vale"]), ("en-GB", ["This link is no longer valid"]),
     ("de-DE", ["This link is no longer valid", "Este enlace ya no vale"])],
)  # fmt: skip
def test_a_wrong_token_gets_a_page_in_words(browser, address, language, said):
    page = browser.new_context(locale=language).new_page()
    errors = []
    page.on("console", lambda one: "403" in one.text or errors.append(one.text))
    page.goto(address.replace("token=", "token=not-"))
    assert page.locator("h1").all_inner_texts() == said
    assert errors == []  # its style is allowed by its own policy
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") != "none"
    page.context.close()


@pytest.mark.long
def test_one_page_too_many_is_told_and_gets_the_place_that_becomes_free(browser, classroom):
    contexts = [browser.new_context(locale="es-ES") for _ in range(4)]
    pages = [context.new_page() for context in contexts]
    for page in pages[:3]:
        opened(page, classroom)
    pages[3].goto(classroom)
    banner = pages[3].locator(".banner.alone")
    expect(banner).to_contain_text("No queda sitio: hay 3 páginas abiertas")
    expect(banner).to_contain_text("neurona play --most 6")
    contexts[0].close()
    pages[3].wait_for_selector(".diagram canvas")  # it asks again by itself
    expect(banner).to_have_count(0)
    for context in contexts[1:]:
        context.close()


@pytest.mark.long
def test_a_page_of_another_start_asks_no_more(browser):
    process, address = start("--token", TOKEN)
    port = re.search(r":(\d+)/", address).group(1)
    page = browser.new_context(locale="en-GB").new_page()
    opened(page, address)
    stop(process)
    process, _ = start("--token", "another-token", "--port", port)
    expect(page.locator(".banner")).to_contain_text("started again, with another token")
    sockets = []
    page.on("websocket", lambda one: sockets.append(one.url))
    page.wait_for_timeout(6000)
    assert sockets == []
    page.context.close()
    stop(process)


# A page that comes back


def test_a_reload_loses_nothing(page):
    page.get_by_label("Example").select_option("xor")
    wait_for_hash(page, "^#s=")
    page.get_by_label("Speed").select_option("500")
    page.locator("button.main").click()
    wait_for_step(page, 100)
    page.reload()
    page.wait_for_selector(".diagram canvas")
    wait_for_step(page, 150)
    expect(page.locator("button.main")).to_have_text("Pause")
    assert page.get_by_label("Speed").input_value() == "500"
    page.locator("button.main").click()
    expect(page.locator("button.main")).to_have_text("Train")
    page.wait_for_timeout(300)
    stood = step_of(page)
    page.goto("about:blank")
    page.go_back()
    page.wait_for_selector(".diagram canvas")
    wait_for_step(page, stood)
    assert step_of(page) == stood


def test_back_and_forward_go_through_the_set_ups_with_their_trainings(page):
    page.get_by_role("button", name="One step").click()
    wait_for_step(page, 1)
    page.get_by_label("Example").select_option("xor")
    wait_for_hash(page, "^#s=")
    xor = page.url
    for _ in range(2):
        page.get_by_role("button", name="One step").click()
    wait_for_step(page, 2)
    page.go_back()
    page.wait_for_function("() => document.querySelector('.clock .step').innerText === '1'")
    page.wait_for_timeout(600)
    assert "#" not in page.url
    page.go_forward()
    page.wait_for_function("() => document.querySelector('.clock .step').innerText === '2'")
    assert page.url == xor


def test_a_damaged_link_is_told_and_mended(context, address):
    page = context.new_page()
    damaged = hash_of({"data": {"kind": "moons", "noise": 7}, "layers": [{"neurons": 5}]})
    opened(page, address)
    page.goto(address + damaged)
    page.wait_for_selector(".diagram canvas")
    expect(page.locator(".banner")).to_contain_text("data.noise is 7: give a number from 0 to 0.5")
    page.wait_for_function("() => location.hash.length > 10")
    page.goto("about:blank")
    page.goto(address + damaged[:-15])
    page.wait_for_selector(".diagram canvas")
    expect(page.locator(".banner")).to_contain_text("This link is damaged")


# Undo, and the eraser


def test_drawing_other_weights_is_undone_with_all_steps(page):
    page.get_by_label("Speed").select_option("full")
    page.locator("button.main").click()
    wait_for_step(page, 1000)
    page.locator("button.main").click()
    expect(page.locator("button.main")).to_have_text("Train")
    page.wait_for_timeout(300)
    stood = step_of(page)
    page.keyboard.press("n")
    page.wait_for_function("() => document.querySelector('.clock .step').innerText === '0'")
    notice = page.locator(".notice")
    expect(notice).to_contain_text("The training starts over: other first weights")
    notice.get_by_role("button", name="Undo").click()
    wait_for_step(page, stood)
    assert step_of(page) == stood
    page.keyboard.press("Control+Shift+Z")
    page.wait_for_function("() => document.querySelector('.clock .step').innerText === '0'")
    page.keyboard.press("Control+z")
    wait_for_step(page, stood)
    page.keyboard.press("r")
    page.wait_for_function("() => document.querySelector('.clock .step').innerText === '0'")
    page.locator(".mast").get_by_role("button", name="Undo").click()
    wait_for_step(page, stood)


def first_point(page):
    """Return where on the screen the first point of custom data is."""
    box = page.locator(".surface").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("way", ["eraser", "right click", "keyboard"])
def test_a_point_is_erased_and_comes_back(page, way):
    page.locator(".surface").click()  # in the middle, where no point is
    page.wait_for_function("() => location.hash.length > 1000")
    count = points(page)
    x, y = first_point(page)
    if way == "eraser":
        page.get_by_role("button", name="Erase points").click()
        page.mouse.click(x, y)
    elif way == "right click":
        page.mouse.click(x, y, button="right")
    else:
        page.locator(".surface").focus()
        page.mouse.move(2, 2)
        for key in ("ArrowLeft", "ArrowRight", "Delete"):
            page.keyboard.press(key)
    erased = lambda n: page.wait_for_function(  # noqa: E731
        "n => JSON.parse(atob(location.hash.slice(3).replaceAll('-', '+').replaceAll('_', '/')))"
        ".data.points.length === n",
        arg=n,
    )
    erased(count - 1)
    page.keyboard.press("Control+z")
    erased(count)


@pytest.mark.long
def test_a_long_press_erases(browser, address):
    context = browser.new_context(has_touch=True, viewport={"width": 390, "height": 844})
    context.add_init_script(WITHOUT_HINTS)
    page = context.new_page()
    opened(page, address)
    page.locator(".surface").tap()
    page.wait_for_function("() => location.hash.length > 1000")
    count = points(page)
    x, y = first_point(page)
    cdp = context.new_cdp_session(page)
    touch = {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}
    cdp.send("Input.dispatchTouchEvent", touch)
    page.wait_for_timeout(800)
    cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(1200)
    assert points(page) == count - 1
    context.close()
