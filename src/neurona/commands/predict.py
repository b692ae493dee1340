"""``neurona predict model.safetensors new.csv``: the table with a column of answers."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.commands import tables
from neurona.tables.csv import TableError
from neurona.tables.parquet_table import ParquetTable, of_columns

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

    from numpy.typing import NDArray


def run(given: Namespace) -> int:
    """Predict, write the table with its new columns, and return the exit code."""
    if given.output != "-":
        tables.check_writable(Path(given.output), given.model, given.table)
    estimator, notes = tables.read_model(given.model)
    if given.proba and not hasattr(estimator, "predict_proba"):
        raise ValueError(f"{given.model} predicts numbers: --proba is for classes")
    with tables.about(given.table):
        raw = tables.read_table(given.table, given.encoding, tables.dates_of(notes))
        table = tables.columns_for(estimator, raw)
    target = notes.get("target")
    label = target if isinstance(target, str) else "answer"
    answers = estimator.predict(table)
    added = _named(f"predicted {label}", answers.reshape(len(answers), -1))
    if given.proba:
        probabilities = estimator.predict_proba(table)
        added |= {
            f"probability {name}": column
            for name, column in zip(estimator.classes_, probabilities.T, strict=True)
        }
    twice = [name for name in added if name in raw.names]
    with tables.about(given.table):
        if twice:
            problem = f"has a column {twice[0]!r} already: rename or delete it"
            raise TableError("twice", problem, column=twice[0])
        encoded = _encoded(raw, added, tables.is_parquet(given.output))
    for text in tables.strange_cells(estimator, table):
        tables.note(text)
    tables.write(given.output, encoded)
    return 0


def _named(name: str, answers: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Return the columns of answers: one of that name, or several that are numbered."""
    if answers.shape[1] == 1:
        return {name: answers[:, 0]}
    return {f"{name} {k + 1}": column for k, column in enumerate(answers.T)}


def _encoded(raw: tables.AnyTable, added: dict[str, NDArray[Any]], as_parquet: bool) -> bytes:
    """Return the file: the table's columns as they were, and the new ones."""
    if as_parquet:
        whole = raw if isinstance(raw, ParquetTable) else of_columns(map(raw.column, raw.names))
        return whole.with_columns(added).encoded()
    if isinstance(raw, ParquetTable):
        return _csv(raw.names, raw.rows(), added, delimiter=",", decimal=".").encode()
    text = _csv(raw.names, raw.cells.rows, added, raw.cells.delimiter, raw.cells.decimal)
    try:
        return text.encode(raw.encoding)
    except UnicodeEncodeError as error:
        strange = error.object[error.start]
        raise ValueError(
            f"the model's answers have {strange!r}, and {raw.encoding} does not: give the table as "
            "UTF-8"
        ) from None


def _csv(
    names: list[str],
    rows: Iterable[list[str]],
    added: dict[str, NDArray[Any]],
    delimiter: str,
    decimal: str,
) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow([*names, *added])
    columns = [[_written(cell, decimal) for cell in one] for one in added.values()]
    for row, *new in zip(rows, *columns, strict=True):
        writer.writerow([*row, *new])
    return out.getvalue()


def _written(cell: Any, decimal: str) -> str:
    """Write a cell as the table writes its own."""
    if isinstance(cell, float | np.floating):
        return f"{cell:.7g}".replace(".", decimal)
    return str(cell)
