"""``neurona compare``: the lesson's network in other libraries, from the same initial weights."""

from __future__ import annotations

import sys
from textwrap import fill
from typing import TYPE_CHECKING

from neurona.commands.demo import writable
from neurona.extras import MissingExtra, require
from neurona.lesson.comparison import PROBLEMS, Comparison, compare, figure, problem, report, table
from neurona.lesson.comparison.report import TEXTS, about, notes, remarks, title
from neurona.observe.figures import png
from neurona.saving import replace

if TYPE_CHECKING:
    from argparse import Namespace

WIDTH = 100  # columns, without a terminal


def run(given: Namespace) -> int:
    """Compare, report, and save a picture and a page."""
    language, seed = given.language, given.seed
    problem("lesson", given.steps, seed)  # raises on wrong input, before anything is written
    require("matplotlib", extra="plot")
    output = writable(given.output, language)
    show = _printer(given.quiet)
    show.text(TEXTS["duration"].say(language))

    comparisons: list[Comparison] = []
    for name in PROBLEMS:
        comparison = compare(name, given.steps, seed)
        if not comparisons:
            show.text(title([comparison], language))
            show.text(about(seed, language))
        comparisons.append(comparison)
        show.heading(PROBLEMS[name].title[language])
        show.table(table(comparison, language))
        for remark in remarks(comparison, language):
            show.text(remark)
    show.heading(TEXTS["notes"].say(language))
    for who, what in notes(comparisons, language):
        show.text(f"{who}: {what}")

    picture, page = output / "compare.png", output / "compare.md"
    replace(picture, png(figure(comparisons, language), dpi=140))
    replace(page, report(comparisons, seed, picture.name, language).encode())
    print(picture)
    print(page)
    return 0


class _Silent:
    """Print nothing."""

    def text(self, text: str) -> None:
        """Print a paragraph."""

    def heading(self, text: str) -> None:
        """Print a heading."""

    def table(self, rows: list[list[str]]) -> None:
        """Print a table, its header first: two columns of words, and columns of numbers."""


class _Plain(_Silent):
    """Print plain lines, for a file or a pipe."""

    def text(self, text: str) -> None:
        print(fill(text, WIDTH), flush=True)

    def heading(self, text: str) -> None:
        print(f"\n{text}", flush=True)

    def table(self, rows: list[list[str]]) -> None:
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            words = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
            numbers = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
            print("  " + "  ".join(words + numbers), flush=True)


class _Terminal(_Silent):
    """Print with Rich."""

    def __init__(self) -> None:
        self.console = require("rich.console", extra="terminal").Console(highlight=False)

    def text(self, text: str) -> None:
        self.console.print(text, markup=False)

    def heading(self, text: str) -> None:
        self.console.print(f"\n{text}", style="bold", markup=False)

    def table(self, rows: list[list[str]]) -> None:
        head, *body = rows
        drawn = require("rich.table", extra="terminal").Table(
            box=require("rich.box", extra="terminal").SIMPLE_HEAD,
            collapse_padding=True,
            pad_edge=False,
        )
        for i, cell in enumerate(head):
            drawn.add_column(cell, justify="left" if i < 2 else "right", no_wrap=i == 0)
        for row in body:
            drawn.add_row(*row)
        self.console.print(drawn)


def _printer(quiet: bool) -> _Silent:
    if quiet:
        return _Silent()
    if sys.stdout.isatty():
        try:
            return _Terminal()
        except MissingExtra:
            pass
    return _Plain()
