"""``neurona evaluate model.safetensors table.csv``: how right a model is on a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurona.commands import tables

if TYPE_CHECKING:
    from argparse import Namespace


def run(given: Namespace) -> int:
    """Print the report, and return the exit code."""
    estimator, notes = tables.read_model(given.model)
    with tables.about(given.table):
        raw = tables.read_table(given.table)
        table = tables.columns_for(estimator, raw)
        y, rows = tables.known_target(estimator, notes, raw, given.target)
    if len(rows) < len(raw):
        tables.note(f"{len(raw) - len(rows)} rows have no target and are left out")
    for text in tables.strange_cells(estimator, table):
        tables.note(text)
    for line in tables.report(estimator, table[rows], y):
        print(line)
    return 0
