"""Save measurements as JSON, and write them as tables into the page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "output" / "bench.json"
QUICK = ROOT / "output" / "quick.json"  # a check that it runs must not replace measurements
PAGE = ROOT / "docs" / "measurements.md"


def keep(section: str, measured: dict, results: Path = RESULTS) -> None:
    """Save one section's measurements in the JSON file, beside the other sections."""
    everything = load(results)
    everything[section] = measured
    results.parent.mkdir(parents=True, exist_ok=True)
    part = results.with_name(results.name + ".part")
    part.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    part.replace(results)  # in one step: whoever interrupts finds the old file or the new one


def load(results: Path = RESULTS) -> dict:
    """Return the measurements so far, by section."""
    return json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}


def write(
    tables: dict[str, Callable[[dict], str | dict[str, str]]], results: Path, page: Path
) -> list[str]:
    """Write each measured section's tables between its markers; return the sections written.

    A section of several parts has markers for each.

    Raises
    ------
    ValueError
        If the page lacks the markers of a section.
    """
    measured = load(results)
    written = [section for section in tables if section in measured]
    text = page.read_text(encoding="utf-8")
    for section in written:
        for name, content in parts(section, tables[section](measured[section])).items():
            text = between_markers(text, name, content)
    page.write_text(text, encoding="utf-8")
    return written


def parts(section: str, made: str | dict[str, str]) -> dict[str, str]:
    """Return a section's tables by the names of their markers."""
    return made if isinstance(made, dict) else {section: made}


def between_markers(text: str, section: str, content: str) -> str:
    """Replace the text between ``<!-- section:begin -->`` and ``<!-- section:end -->``.

    >>> between_markers("a <!-- x:begin --> old <!-- x:end --> z", "x", "new").split()
    ['a', '<!--', 'x:begin', '-->', 'new', '<!--', 'x:end', '-->', 'z']
    """
    begin, end = f"<!-- {section}:begin -->", f"<!-- {section}:end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    text, found = pattern.subn(lambda _: f"{begin}\n\n{content}\n\n{end}", text)
    if found != 1:
        raise ValueError(f"expected the markers {begin} and {end} once, found them {found} times")
    return text
