"""Documents: their code runs and prints what they show, commands exist, links lead somewhere."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
from docutils.utils.math.latex2mathml import tex2mathml

import neurona
from neurona import cli
from tests.support.clusters import RAY_WARNS, folder_for_ray

ROOT = Path(__file__).parent.parent
READMES = ["README.md", "README.es.md"]
PAGES = [
    "guide.md",
    "layers.md",
    "playground.md",
    "tables.md",
    "export.md",
    "lesson.md",
    "sweep.md",
]
RUN = [*READMES, *(f"docs/{name}" for name in [*PAGES, "scikit-learn.md", "checkpoints.md"])]
CLUSTER = "docs/cluster.md"  # needs what is not installed everywhere
SCALE = "docs/scale.md"  # needs two machines
DOCUMENTS = sorted(
    str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
)
FORMULAS = sorted(
    str(path.relative_to(ROOT))
    for path in [*ROOT.glob("docs/*.md"), *ROOT.glob("notebooks/*.ipynb")]
    if "$" in re.sub(r"```.*?```|`[^`]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
)
ON_TABLES = ("train", "predict", "evaluate", "inspect", "export")  # run; the others open windows
MOST_WORDS = 650
WIDEST = 100
TRANSLATED = {
    "README.es.md": "README.md",
    "docs/playground.es.png": "docs/playground.en.png",
    "notebooks/leccion.es.ipynb": "notebooks/lesson.en.ipynb",
    "notebooks/comparar.es.ipynb": "notebooks/compare.en.ipynb",
    "notebooks/convolucion.es.ipynb": "notebooks/convolution.en.ipynb",
    "notebooks/recurrencia.es.ipynb": "notebooks/recurrence.en.ipynb",
    "notebooks/atencion.es.ipynb": "notebooks/attention.en.ipynb",
}


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks_of(name: str) -> list[tuple[str, str]]:
    """Return each fenced block: its language and its text."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text_of(name), re.DOTALL | re.MULTILINE)


def prose_of(name: str) -> str:
    """Return the text without its blocks of code, each of which must be closed."""
    text = text_of(name)
    assert len(re.findall(r"^```", text, re.MULTILINE)) % 2 == 0
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def links_of(name: str) -> list[str]:
    """Return where the links and pictures lead."""
    return re.findall(r"\]\(([^)]+)\)", prose_of(name))


def commands_of(name: str) -> list[list[str]]:
    """Return the words of each line of a shell, without its comment."""
    lines = [
        line
        for language, text in blocks_of(name)
        if language == "bash"
        for line in text.splitlines()
    ]
    return [shlex.split(line, comments=True) for line in lines]


@pytest.mark.parametrize("name", RUN)
def test_code_prints_the_shown_output(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)  # it writes files
    run(name, capsys)


@pytest.mark.long
@RAY_WARNS
def test_code_on_a_cluster_prints_the_shown_output(capsys):
    for library in ("distributed", "dask_ml", "ray"):
        pytest.importorskip(library)
    with folder_for_ray():
        run(CLUSTER, capsys)


def run(name, capsys):
    """Run the code of a document, and compare what it prints with what the document shows."""
    code: dict[str, Any] = {}
    printed = None  # until the block that shows it
    for language, text in blocks_of(name):
        if language == "text":
            assert printed == text
            printed = None
            continue
        assert not printed, "a block prints, and the document does not show it"
        if language == "python":
            exec(compile(text, name, "exec"), code)
            # Ray prints what its processes report, whenever that is.
            printed = re.sub(r"^.*\(raylet\).*\n", "", capsys.readouterr().out, flags=re.MULTILINE)
        elif language == "bash":
            for words in (shlex.split(line, comments=True) for line in text.splitlines()):
                if words[0] == "neurona" and words[1] in ON_TABLES:
                    assert cli.main(words[1:]) == 0
            capsys.readouterr()
        else:
            assert language == ""  # a drawing
    assert not printed
    for value in code.values():
        if isinstance(value, neurona.Playground):
            value.close()  # its threads would outlive the test


@pytest.mark.parametrize("name", [*RUN, CLUSTER, SCALE])
def test_every_command_exists(name):
    targets = re.findall(r"^([\w-]+):", text_of("Makefile"), re.MULTILINE)
    extras = tomllib.loads(text_of("pyproject.toml"))["project"]["optional-dependencies"]
    inline = [
        shlex.split(code) for code in re.findall(r"`((?:make|neurona|pip) [^`]+)`", prose_of(name))
    ]
    for words in commands_of(name) + inline:
        if words[0] == "make":
            assert set(words[1:]) <= set(targets)
        elif words[0] == "pip":
            _, install, package = words
            assert install == "install"
            assert package == "." or re.fullmatch(r"\.\[(\w+)\]", package)[1] in extras
        else:
            assert words[0] == "neurona"
            if "--help" not in words:
                cli.parser().parse_args(words[1:])


def test_extra_all_includes_every_other():
    extras = tomllib.loads(text_of("pyproject.toml"))["project"]["optional-dependencies"]

    def packages(extra: str) -> set[str]:
        """Return the requirements of an extra, and of the extras that it names."""
        found = set()
        for requirement in extras[extra]:
            inner = re.fullmatch(r"neurona\[(.*)\]", requirement)
            found |= set().union(*map(packages, inner[1].split(","))) if inner else {requirement}
        return found

    others = set(extras) - {"all", "bench", "cluster"}  # the peers and the clusters are large
    assert packages("all") == set().union(*map(packages, others))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_to_files(name):
    folder = (ROOT / name).parent
    local = [link.partition("#")[0] for link in links_of(name) if "://" not in link]
    assert [link for link in local if not (folder / link).exists()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_inline_code_is_closed(name):
    parts = re.split(r"\n\s*\n|\n\|", prose_of(name))
    assert [part for part in parts if part.count("`") % 2] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_line_is_too_long(name):
    """A command writes the tables of measurements.md, and how wide they are."""
    text = re.sub(r"<!-- (\w+):begin -->.*?<!-- \1:end -->", "", text_of(name), flags=re.DOTALL)
    rows = [line for line in text.splitlines() if not line.startswith("|")]  # of a table, one line
    assert [line for line in rows if len(line) > WIDEST] == []


@pytest.mark.parametrize("name", FORMULAS)
def test_the_site_can_draw_every_formula(name):
    texts = [prose_of(name)]
    if name.endswith(".ipynb"):
        cells = json.loads(text_of(name))["cells"]
        texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    drawn = 0
    for text in texts:
        no_code = re.sub(r"`[^`]*`", "", text)
        formulas = re.findall(r"\$\$(.+?)\$\$|\$([^\s$][^$]*?)\$(?!\w)", no_code, re.DOTALL)
        for block, inline in formulas:
            tex2mathml(block or inline, as_block=bool(block))  # or it raises
            drawn += 1
    assert drawn


@pytest.mark.parametrize("name", READMES)
def test_readme_is_short(name):
    assert len(text_of(name).split()) <= MOST_WORDS


def test_readme_begins_with_the_film_and_the_commands():
    for name in READMES:
        assert links_of(name)[:2] == [READMES[1 - READMES.index(name)], "docs/circles.gif"]
        assert [words[0] for words in commands_of(name)[:3]] == ["pip", "make", "make"]


def test_both_languages_have_the_same_sections():
    heads = [re.findall(r"^#+", prose_of(name), re.MULTILINE) for name in READMES]
    assert heads[0] == heads[1]


def test_both_languages_have_the_same_commands():
    english, spanish = map(commands_of, READMES)
    assert english == spanish


def test_both_languages_have_the_same_links():
    english, spanish = ({TRANSLATED.get(link, link) for link in links_of(name)} for name in READMES)
    assert english == spanish


def test_both_languages_run_the_same_code():
    def form(name: str) -> list[str]:
        """Return the code without its texts, which are in the language of the page."""
        return [
            re.sub(r'"[^"]*"', '""', text)
            for language, text in blocks_of(name)
            if language == "python"
        ]

    assert form("README.md") == form("README.es.md")


def test_readmes_link_to_every_page():
    for name in READMES:
        assert {f"docs/{page}" for page in PAGES} <= set(links_of(name))
