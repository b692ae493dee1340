"""The READMEs: their code runs, their links lead somewhere, and the two languages go together."""

import re
from pathlib import Path
from typing import Any

import pytest

import neurona

ROOT = Path(__file__).parent.parent
READMES = ["README.md", "README.es.md"]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose_of(name: str) -> str:
    """Return the text without its blocks of code, each of which must be closed."""
    text = text_of(name)
    assert len(re.findall(r"^```", text, re.MULTILINE)) % 2 == 0
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", READMES)
def test_the_code_runs_from_top_to_bottom(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # it writes pictures
    blocks = re.findall(r"^```python\n(.*?)^```$", text_of(name), re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 4
    code: dict[str, Any] = {}
    for block in blocks:
        exec(block, code)
    answers = code["net"].predict(
        code["state"].params, code["X"]
    )  # of the last loop, stopped early
    assert neurona.observe.accuracy(answers, code["y"]) > 0.99


@pytest.mark.parametrize("name", READMES)
def test_links_lead_to_files(name):
    links = re.findall(r"\]\(([^)]+)\)", prose_of(name))
    local = [link for link in links if "://" not in link]
    assert "docs/circles.gif" in local
    assert [link for link in local if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("name", READMES)
def test_inline_code_is_closed(name):
    assert all(line.count("`") % 2 == 0 for line in re.split(r"\n\s*\n|\n\|", prose_of(name)))


def test_both_languages_have_the_same_sections():
    heads = [re.findall(r"^#+", prose_of(name), re.MULTILINE) for name in READMES]
    assert heads[0] == heads[1]
