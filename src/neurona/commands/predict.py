"""``neurona predict model.safetensors new.csv``: adds a prediction column to the table."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurona.checks import check_share
from neurona.commands import tables
from neurona.tables.file import TableError
from neurona.tables.parquet import to_parquet

if TYPE_CHECKING:
    from argparse import Namespace

    from numpy.typing import NDArray


def run(given: Namespace) -> int:
    """Predict, write the table with its new columns, and return the exit code."""
    if given.output != "-":
        tables.check_writable(Path(given.output), given.model, given.table)
    estimator, notes = tables.read_model(given.model)
    if given.proba and not hasattr(estimator, "predict_proba"):
        raise ValueError(f"{given.model} predicts numbers: --proba is for classes")
    if given.interval is not None and not hasattr(estimator, "predict_interval"):
        raise ValueError(f"{given.model} predicts classes: --interval is for numbers")
    if given.interval is not None:
        check_share("--interval", given.interval)
    with tables.about(given.table):
        file = tables.read_for(estimator, notes, given.table, given.encoding, given.max_memory)
        table = tables.columns_for(estimator, file)
    target = notes.get("target")  # that of an array has no name
    label, name = "prediction", "prediction"
    if isinstance(target, str):
        label, name = target, f"predicted {target}"
    predictions = estimator.predict(table)
    added = _named(name, predictions.reshape(len(predictions), -1))
    if given.proba:
        probabilities = estimator.predict_proba(table)
        added |= {
            f"probability {name}": column
            for name, column in zip(estimator.classes_, probabilities.T, strict=True)
        }
    if given.interval is not None:
        ends = estimator.predict_interval(table, given.interval)
        for end, values in zip(("lower", "upper"), ends.swapaxes(0, 1), strict=True):
            added |= _named(f"{end} end of {label}", values.reshape(len(values), -1))
    twice = [name for name in added if name in file.names]
    with tables.about(given.table):
        if twice:
            problem = f"has a column {twice[0]!r} already: rename or delete it"
            raise TableError("twice", problem, column=twice[0])
        as_parquet = tables.is_parquet(given.output)
        data = to_parquet(file, added) if as_parquet else file.to_csv(added)
    for text in (*file.notes, *tables.strange_cells(estimator, table)):
        tables.note(text)
    if given.output.endswith(".gz"):
        data = gzip.compress(data, mtime=0)
    tables.write(given.output, data)
    return 0


def _named(name: str, predictions: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Return the columns of predictions: one of that name, or several that are numbered."""
    if predictions.shape[1] == 1:
        return {name: predictions[:, 0]}
    return {f"{name} {k + 1}": column for k, column in enumerate(predictions.T)}
