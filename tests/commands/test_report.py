"""The report as a page: what it says, that a table's texts stay texts, and how it looks."""

import os
import re
import runpy
import shutil
import subprocess
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import neurona
from neurona import cli
from neurona.commands import report_figures, report_page, tables
from neurona.commands.report_page import Subject, page
from neurona.engine.parameters import arrays
from neurona.estimators import report
from neurona.tables.csv import parse_csv
from tests.support.pages import AXE, needs_axe, needs_chromium

EVIL = "<script>alert(1)</script>"
VOID = {"meta", "br", "path", "circle"}


class Elements(HTMLParser):
    """Notes every element and text, and that each is closed where it should be."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.found, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def flowers(n=90, classes=("rose", EVIL, "lily & co"), name=EVIL):
    """Return a CSV's text whose names would be HTML, if they were let."""
    rng = np.random.default_rng(0)
    lines = [f'"{name}","a""b\'c",seen,kind,height']
    for k in range(n):
        kind = k % len(classes)
        cells = [f"{kind + rng.normal() / 3:.3f}", rng.choice(["<i>x</i>", "y"])]
        day = f"2024-0{1 + k % 9}-11"
        lines.append(",".join([*cells, day, classes[kind], f"{kind * 2 + rng.normal():.3f}"]))
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a table, two models and their pages."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "flowers.csv").write_text(flowers())
    for target in ("kind", "height"):
        made = ["--output", str(folder / f"{target}.safetensors"), "--epochs", "40", "--quiet"]
        table = str(folder / "flowers.csv")
        assert cli.main(["train", table, "--target", target, *made]) == 0
    return folder


def text_of(path):
    return " ".join(" ".join(Elements(path.read_text("utf-8")).texts).split())


def test_page_loads_nothing_and_runs_no_script(folder):
    for target in ("kind", "height"):
        html = (folder / f"{target}.html").read_text("utf-8")
        elements = Elements(html)
        assert elements.all("html") == [{"lang": "en"}]
        (policy,) = [one for one in elements.all("meta") if "http-equiv" in one]
        assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        assert {tag for tag, _ in elements.found}.isdisjoint({"script", "link", "iframe", "a"})
        for _, attributes in elements.found:
            assert not any(name.startswith("on") or name in ("src", "href") for name in attributes)
        assert "url(" not in html
        assert all("scope" in one for one in elements.all("th"))
        assert all(one.get("aria-label") for one in elements.all("svg"))
        assert len(elements.all("h1")) == 1


def test_text_of_a_table_is_escaped(folder):
    html = (folder / "kind.html").read_text("utf-8")
    assert "<script" not in html
    assert "<i>x" not in html
    said = text_of(folder / "kind.html")
    assert EVIL in said
    assert "lily & co" in said
    assert "a\"b'c" in said


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=2, max_size=4, unique=True))
def test_any_text_is_escaped(names):
    counts = np.arange(len(names) ** 2).reshape(len(names), -1)
    found = report.ClassFindings(
        rows=int(counts.sum()),
        right=int(np.trace(counts)),
        score=report.wilson(int(np.trace(counts)), int(counts.sum())),
        classes=report.by_class(np.array(names), counts),
        counts=counts,
        columns=[report.Importance(name, 0.5) for name in names],
    )
    raw = parse_csv("x,y\n1,1.5\n2,2.5\n")
    net = neurona.NeuralNetRegressor(2, epochs=1).fit(raw.select(["x"]), raw.target("y").y)
    subject = Subject(*names[:2], names[0], names[1], names[0], names[1], [(names[0], 1)], names[1])
    plain = Subject("a", "b", "a", "b", "a", "b", [("a", 1)], "b")
    calm = report.ClassFindings(
        found.rows, found.right, found.score,
        report.by_class(np.array(list("abcd")[: len(names)]), counts), counts,
        [report.Importance("a", 0.5) for _ in names],
    )  # fmt: skip
    got = [tag for tag, _ in Elements(page(net, subject, found)).found]
    assert got == [tag for tag, _ in Elements(page(net, plain, calm)).found]


def test_page_and_terminal_agree(folder, capsys, tmp_path):
    table, model = str(folder / "flowers.csv"), str(folder / "kind.safetensors")
    assert cli.main(["evaluate", model, table, "--html", str(tmp_path / "r.html")]) == 0
    told = capsys.readouterr().out
    said = text_of(tmp_path / "r.html")
    share, right, low, high = re.search(
        r"accuracy (\S+): (\d+ of 90 rows) \(95 % interval (\S+) to (\S+)\)", told
    ).groups()
    assert f"{share} accuracy: {right}" in said
    assert f"between {low} and {high}" in said
    assert "would be right in 33.3%" in said
    for name in ("rose", EVIL, "lily & co"):
        assert " ".join(re.search(rf"^{re.escape(name)} .*%.*$", told, re.M)[0].split()) in said
    most, fall, _ = told.partition("shuffled\n")[2].splitlines()[0].rsplit(None, 2)
    assert f"{most} {fall}" in said
    assert "The network and its training." in said
    error = re.search(r"^calibration error (\S+): ", told, re.M)[1]
    assert f"off by {error} on average, the expected calibration error" in said
    assert (tmp_path / "r.html").read_text("utf-8").count('class="spread"') == 4  # of 90 rows
    assert "Evaluated rows The rows of flowers.csv." in said
    assert "Training data" not in said


def test_page_of_a_regression_draws_every_test_row(folder):
    html = (folder / "height.html").read_text("utf-8")
    said = text_of(folder / "height.html")
    held_out = int(re.search(r"held out for the test (\d+)", said)[1])
    assert html.count('class="point"') == held_out == 18
    assert re.search(r"0\.\d{3} R², on 18 rows", said)
    assert "The predictions are off by" in said
    assert 'class="held"' not in html  # nobody is to tell when to stop


def test_the_page_of_one_network_shows_the_validation(folder, tmp_path):
    made = ["--output", str(tmp_path / "m"), "--epochs", "9", "--networks", "1", "--quiet"]
    assert cli.main(["train", str(folder / "flowers.csv"), "--target", "height", *made]) == 0
    assert 'class="held"' in (tmp_path / "m.html").read_text("utf-8")
    said = text_of(tmp_path / "m.html")
    assert "networks 1 parameters" in said
    assert "settings that were tried" not in said
    assert "to tell when to stop 11" in said


def test_the_interval_on_the_page_covers_as_many_rows_as_it_says(folder, capsys):
    table, model = str(folder / "flowers.csv"), str(folder / "height.safetensors")
    assert cli.main(["evaluate", model, table, "--html", str(folder / "r.html")]) == 0
    told = capsys.readouterr().out
    width, share = re.search(r"90 % interval (\S+) wide: (\S+) of the rows are in", told).groups()
    said = text_of(folder / "r.html")
    assert f"An interval of {width} around each prediction is to cover 90 % of the rows" in said
    assert f"it covers {share} of these" in said
    net, raw = neurona.load(model), parse_csv(flowers())
    y = raw.target("height").y
    low, high = net.predict_interval(tables.columns_for(net, raw)).T
    assert share == f"{((low <= y) & (y <= high)).mean():.1%}"


def test_the_page_tells_what_was_tried(folder):
    net = neurona.load(folder / "kind.safetensors")
    html, said = (folder / "kind.html").read_text("utf-8"), text_of(folder / "kind.html")
    assert len(net.trials_) > 1
    for number, one in enumerate(net.trials_, 1):
        outcome = "kept" if one.kept else "worse"
        assert f"{number}: {one.setting} {one.cost:.4g} {outcome}" in said
    assert html.count('class="one"') == len(net.trials_)  # too few rows for bins
    assert "There are 4 such networks" in said
    assert f"parameters {sum(array.size for array in arrays(net.params_)):,} setting" in said


def test_without_rows_left_out_nothing_is_compared(folder, tmp_path, capsys):
    small = tmp_path / "t.csv"
    small.write_text("\n".join(flowers().splitlines()[:41]) + "\n")
    made = ["--output", str(tmp_path / "m"), "--epochs", "2"]
    assert cli.main(["train", str(small), "--target", "height", *made]) == 0
    assert "90 % interval" not in capsys.readouterr().out
    said = text_of(tmp_path / "m.html")
    assert "settings that were tried" not in said
    assert "An interval of" not in said


def test_calibration_error_is_that_of_the_bins():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 20_000)
    honest = report.calibrated(confidence, rng.random(20_000) < confidence)
    assert honest.error < 0.02
    proud = report.calibrated(confidence, rng.random(20_000) < confidence - 0.2)
    assert proud.error == pytest.approx(0.2, abs=0.02)
    assert len(proud.bins) == 10
    assert all(one.right.low < one.confidence - 0.1 for one in proud.bins)
    assert [len(report.calibrated(confidence[:n], confidence[:n] > 0).bins) for n in (40, 99)] == [
        2, 4,
    ]  # fmt: skip
    assert report.calibrated(confidence[:39], confidence[:39] > 0) is None


def test_python_code_of_the_page_predicts(folder, capsys, monkeypatch, tmp_path):
    pytest.importorskip("pandas")
    html = (folder / "kind.html").read_text("utf-8")
    code = unescape(re.findall(r"<code>(.*?)</code>", html, re.S)[1])
    assert "parse_dates=['seen']" in code
    (tmp_path / "new.csv").write_text(flowers())
    (tmp_path / "program.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    runpy.run_path("program.py")
    assert "rose" in capsys.readouterr().out


def test_a_page_without_test_rows_says_so(folder, tmp_path, capsys):
    made = ["--output", str(tmp_path / "m"), "--test-size", "0", "--epochs", "2", "--quiet"]
    assert cli.main(["train", str(folder / "flowers.csv"), "--target", "kind", *made]) == 0
    assert "No rows were held out for a test" in text_of(tmp_path / "m.html")


def test_many_classes_have_a_list_of_errors_instead_of_a_matrix():
    names = np.array([f"c{k:02}" for k in range(40)])
    counts = np.eye(40, dtype=int) * 3
    counts[3, 7] = 2
    found = report.ClassFindings(
        122, 120, report.wilson(120, 122), report.by_class(names, counts), counts, []
    )
    subject = Subject("t", "l", "t.csv", "m", "kind", "rows", [], "122 rows")
    said = " ".join("".join(report_page._test_score(subject, found)).split())
    assert '<th scope="row">c03</th><td>c07</td><td class="n">2</td>' in said
    assert "Confusion" not in said


def test_a_target_without_spread_has_no_score():
    y = np.full(60, 7.0)
    found = report.NumberFindings(
        y, y + 0.5, report.Score(report.r2(y, y + 0.5), np.nan, np.nan), 0.5, []
    )
    subject = Subject("t", "l", "t.csv", "m", "height", "rows", [], "60 rows")
    said = " ".join("".join(report_page._test_score(subject, found)).split())
    assert "R² is not defined: all 60 rows have the same target." in said
    assert "off by 0.5 on average" in said
    assert "R² is not defined: the 60 rows" in "".join(tables._of_numbers(found))


def test_without_errors_the_page_lists_none():
    names, counts = np.array(["cat", "dog"]), np.diag([4, 5])
    found = report.ClassFindings(
        9, 9, report.wilson(9, 9), report.by_class(names, counts), counts, []
    )
    assert report_page._mixed_up(found) == "<p>All predictions are right.</p>"


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
@pytest.mark.parametrize("name", [b"plain.csv", b"a b's.csv", b"caf\xe9 \\'x.csv", "é".encode()])
def test_a_name_is_quoted_for_a_shell(name):
    said = report_page._quoted(os.fsdecode(name))
    told = subprocess.run(["bash", "-c", f"printf %s {said}"], capture_output=True, check=True)
    assert told.stdout == name


def test_figure_of_extreme_numbers_is_left_out():
    assert report_figures.scatter([-1e308, 1e308], [1.0, 2.0], "y") == ""
    assert "<circle" in report_figures.scatter([0.0, 5e-324], [0.0, 5e-324], "y")
    assert report_figures.curves([1.0], [float("nan")]) == ""
    assert "NaN" not in report_figures.curves([1.0, 2.0], [float("nan"), 1.0])


@given(
    st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=30),
    st.lists(st.floats(1e-12, 1e12), min_size=1, max_size=30),
)
def test_points_lie_within_the_figure(values, costs):
    drawn = report_figures.scatter(values, values[::-1], "y")
    drawn += report_figures.curves(list(range(1, len(costs) + 1)), costs, costs[::-1], 1.0)
    for x, y in re.findall(r'(?:cx="|[ML])(-?[\d.]+)(?:" cy="| )(-?[\d.]+)', drawn):
        assert 0 <= float(x) <= report_figures.WIDTH
        assert 0 <= float(y) <= report_figures.HEIGHT
    assert not re.search(r"nan|inf", drawn)


@given(
    st.lists(st.floats(1e-6, 1e6) | st.just(np.inf), max_size=6),
    st.floats(1e-6, 1e6),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 20)), min_size=2, max_size=10),
)
def test_trials_and_bins_lie_within_the_figure(others, kept, bins):
    drawn = report_figures.trials([kept, *others], 1)
    drawn += report_figures.reliability([report.Bin(p, report.wilson(k, 20)) for p, k in bins])
    for x, y in re.findall(r'(?:cx="|[ML])(-?[\d.]+)(?:" cy="| )(-?[\d.]+)', drawn):
        assert 0 <= float(x) <= report_figures.WIDTH
        assert 0 <= float(y) <= report_figures.HEIGHT
    assert not re.search(r"nan|inf", drawn)
    costs = [one for one in (kept, *others) if np.isfinite(one)]
    assert drawn.count('class="one"') == len(costs) + len(bins)


def test_scatter_limits_the_number_of_points():
    values = list(range(10_000))
    assert report_figures.scatter(values, values, "y").count("<circle") == 2000


@needs_chromium
@pytest.mark.parametrize("target", ["kind", "height"])
@pytest.mark.parametrize("width", [390, 1100])
def test_browser_shows_the_page_without_messages(browser, folder, target, width):
    seen = browser.new_page(viewport={"width": width, "height": 900})
    said = []
    seen.on("console", lambda message: said.append(message.text))
    seen.on("pageerror", lambda error: said.append(str(error)))
    seen.goto((folder / f"{target}.html").as_uri())
    assert seen.evaluate("document.documentElement.scrollWidth") <= width
    strip = seen.locator(".strip i").bounding_box()
    assert 0 < strip["width"] < width  # its policy lets it have its own style
    assert said == []
    seen.close()


@needs_chromium
@needs_axe
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("target", ["kind", "height"])
def test_axe_finds_no_violations(browser, folder, target, theme):
    seen = browser.new_page(color_scheme=theme, bypass_csp=True)  # axe is a script
    seen.goto((folder / f"{target}.html").as_uri())
    seen.add_script_tag(path=str(AXE))
    found = seen.evaluate("axe.run().then((found) => found.violations)")
    assert [one["id"] for one in found] == []
    seen.close()


def test_findings_are_reproducible(folder):
    net = neurona.load(folder / "height.safetensors")
    raw = parse_csv(flowers())
    table = tables.columns_for(net, raw)
    y = raw.target("height").y
    one, other = (list(tables.report(report.judge(net, table, y))) for _ in range(2))
    assert one == other
