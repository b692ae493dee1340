"""``neurona evaluate model.safetensors table.csv``: the score of a model on a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neurona.commands import tables
from neurona.commands.report_page import Subject, page
from neurona.estimators.report import judge

if TYPE_CHECKING:
    from argparse import Namespace


def run(given: Namespace) -> int:
    """Print the report, and return the exit code."""
    if given.html is not None:
        tables.check_writable(Path(given.html), given.model, given.table)
    estimator, notes = tables.read_model(given.model)
    target = notes.get("target") if given.target is None else given.target
    with tables.about(given.table):
        file = tables.read_for(estimator, notes, given.table, given.encoding, given.max_memory)
        table = tables.columns_for(estimator, file)
        y, rows = tables.known_target(estimator, notes, file, given.target)
    if len(rows) < len(file):
        tables.note(tables.left_out(len(file) - len(rows), "target"))
    for text in (*file.notes, *tables.strange_cells(estimator, table)):
        tables.note(text)
    findings = judge(estimator, table[rows], y)
    if given.html is not None:
        subject = _subject(given, str(target), len(file), len(rows))
        tables.write(given.html, page(estimator, subject, findings).encode())
    for line in tables.report(findings):
        print(line)
    return 0


def _subject(given: Namespace, target: str, all_rows: int, rows: int) -> Subject:
    """Return what the page is about."""
    name = "the standard input" if given.table == "-" else Path(given.table).name
    model = Path(given.model).name
    return Subject(
        title=f"{target}: {model} on {name}",
        lead=f"The predictions of the network in {model}, beside the values of the table.",
        table=name,
        model=given.model,
        target=target,
        about_rows="Evaluated rows",
        rows=[("in the table", all_rows), (f"left out: they have no {target}", all_rows - rows)],
        tested_on=f"the {rows:,} rows of {name} that have the target",
    )
