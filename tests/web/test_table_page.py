"""A table of one's own on the page: opened, dropped, named, refused."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.pages import (
    AXE,
    close_tool,
    needs_axe,
    needs_chromium,
    open_tool,
    opened,
    painted,
    picture,
    put_hints_away,
    speak,
    wait_for_step,
)

pytestmark = needs_chromium


def row(i):
    odd = i % 2
    return f"n{i},{2 + i % 5 + 20 * odd},{20.5 + i % 7 + 30 * odd},{i % 9},{('cat', 'dog')[odd]}"


TABLE = "\n".join(["name,kilos,height,age,kind", *map(row, range(60))])


def test_a_csv_file_is_opened_and_other_columns_are_chosen(page, tmp_path):
    path = tmp_path / "pets.csv"
    path.write_text(TABLE)
    before = picture(page, ".surface .points")
    open_tool(page, "Settings")
    page.set_input_files(".file input", path)
    expect(page.locator(".table .facts")).to_contain_text("pets.csv")
    expect(page.get_by_label("Target")).to_have_value("kind")
    assert picture(page, ".surface .points") != before
    page.get_by_role("button", name="Train").click()
    wait_for_step(page, 50)
    page.locator(".table select").nth(1).select_option("age")
    expect(page.locator(".table select").nth(1)).to_have_value("age")
    page.get_by_label("Target").select_option("height")
    expect(page.locator(".confusion")).to_have_count(0)  # a regression now
    page.get_by_role("button", name="Moons").click()
    expect(page.get_by_label("Target")).to_have_count(0)


def test_a_spreadsheets_own_encoding_is_read(page, tmp_path):
    path = tmp_path / "animales.csv"
    path.write_text(TABLE.replace("kilos", "tamaño"), encoding="cp1252")
    open_tool(page, "Settings")
    page.set_input_files(".file input", path)
    expect(page.locator(".table select").nth(0)).to_have_value("tamaño")


IRIS = "petal length,petal <b>width</b>,kind\n" + "".join(
    f"{i % 7},{i % 5 + k},{name}\n"
    for i in range(20)
    for k, name in enumerate(
        ["setosa", "<i>versicolor</i> of a very long name", "{x} $& virginica"]
    )
)


@pytest.mark.parametrize(("language", "placed"), [("en", "Point of class"), ("es", "Punto de la")])
def test_classes_and_axes_have_the_names_of_the_table(page, tmp_path, language, placed):
    speak(page, language)
    path = tmp_path / "iris.csv"
    path.write_text(IRIS)
    page.locator(".settings-link").click()
    page.set_input_files(".file input", path)
    names = ["<i>versicolor</i> of a very long name", "setosa", "{x} $& virginica"]
    expect(page.locator(".swatch .cut")).to_have_text(names)
    expect(page.locator(".confusion thead th")).to_have_text(names)
    expect(page.locator(".confusion tbody th")).to_have_text(names)
    expect(page.locator(".surface .axis")).to_have_text(["petal length", "petal <b>width</b>"])
    assert page.locator(".surface i:not(.cross), .confusion i, .axis b").count() == 0  # escaped
    long = page.locator(".confusion tbody th .cut").first
    assert long.get_attribute("title") == names[0]
    page.locator(".matrix summary").click()
    assert long.evaluate("e => e.scrollWidth > e.clientWidth")  # it is cut
    page.locator(".matrix summary").click()
    for k, name in enumerate(names):
        button = page.locator(".swatch").nth(k)
        expect(button).to_have_attribute("title", re.compile(re.escape(name) + "$"))
        expect(button).to_have_accessible_name(re.compile(re.escape(name) + "$"))
    close_tool(page)
    expect(page.locator(".neuron").last).to_have_attribute("title", re.compile("virginica$"))
    expect(page.locator(".neuron").first).to_have_attribute("title", re.compile("petal length$"))
    page.locator(".swatch").nth(2).click()
    page.click(".surface", position={"x": 60, "y": 60})
    expect(page.locator(".unseen[role=status]")).to_contain_text(placed)
    expect(page.locator(".unseen[role=status]")).to_contain_text(names[2])
    expect(page.locator(".swatch .cut")).to_have_text(names)  # they stay
    page.get_by_role("button", name=re.compile("Take home|Llevar")).click()
    page.get_by_role("button", name=re.compile("Copy link|Copiar enlace")).click()
    page.wait_for_function("() => location.hash.length > 50")
    other = page.context.new_page()
    opened(other, page.url)
    expect(other.locator(".swatch .cut")).to_have_text(names)
    other.close()
    page.locator(".settings-link").click()
    page.get_by_role("button", name=re.compile("Moons|Lunas")).click()
    expect(page.locator(".surface .axis")).to_have_count(0)
    expect(page.locator(".confusion tbody th")).to_have_text(["0", "1"])


@needs_axe
@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("es", "light")])
def test_axe_finds_nothing_with_a_custom_table(browser, address, tmp_path, language, theme):
    context = browser.new_context(bypass_csp=True, locale=language, color_scheme=theme)
    put_hints_away(context)
    page = context.new_page()
    opened(page, address)
    path = tmp_path / "iris.csv"
    path.write_text(IRIS)
    page.locator(".settings-link").click()
    page.set_input_files(".file input", path)
    expect(page.locator(".swatch .cut")).to_have_count(3)
    page.keyboard.press("Escape")
    for _ in range(5):
        page.get_by_role("button", name=re.compile(r"(Layer|Capa) 1$")).nth(1).click()
    expect(page.locator(".network .facts")).to_contain_text("2–9–4–3")
    page.locator(".neuron").last.click()
    painted(page)
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run().then((found) => found.violations)")
    context.close()
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def test_a_csv_file_is_dropped_on_the_page(page):
    dropped = page.evaluate_handle(
        "text => { const all = new DataTransfer();"
        " all.items.add(new File([text], 'dropped.csv')); return all; }",
        TABLE,
    )
    page.dispatch_event("main", "dragover", {"dataTransfer": dropped})
    expect(page.locator(".drop")).to_be_visible()
    page.dispatch_event("main", "drop", {"dataTransfer": dropped})
    expect(page.locator(".drop")).to_have_count(0)
    open_tool(page, "Settings")
    expect(page.locator(".table .facts")).to_contain_text("dropped.csv")


def test_a_wrong_csv_file_is_told_and_nothing_is_lost(page, tmp_path):
    facts = page.inner_text(".network .facts")
    open_tool(page, "Settings")
    path = tmp_path / "wrong.csv"
    path.write_text("a,b,c\n1,2\n")
    page.set_input_files(".file input", path)
    expect(page.locator(".banner")).to_contain_text("2 cells")
    speak(page, "es")
    expect(page.locator(".banner")).to_contain_text("2 celdas")
    path.write_text("a,b,c\n" + "1,2,0\n" * 100_000)
    page.set_input_files(".file input", path)
    expect(page.locator(".banner")).to_contain_text("600 kB")
    close_tool(page)
    assert page.inner_text(".network .facts") == facts.replace("parameters", "parámetros")
    page.locator(".settings-link").click()
    path.write_text(TABLE)
    page.set_input_files(".file input", path)
    expect(page.locator(".table .facts")).to_contain_text("wrong.csv")
    expect(page.locator(".banner")).to_have_count(0)
