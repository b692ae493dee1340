"""What the commands on tables share: reading one, writing, and the report."""

from __future__ import annotations

import math
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from neurona.commands import NotWritten
from neurona.estimators import NeuralNetClassifier
from neurona.estimators.report import ClassFindings, Importance, NumberFindings, in_order
from neurona.files.estimator import read
from neurona.files.storage import replace
from neurona.tables import csv_table, parquet_table
from neurona.tables.columns import Table
from neurona.tables.csv import TableError, decoded, encoding_of, nearest, read_bytes
from neurona.tables.csv_table import RawTable
from neurona.tables.parquet_table import ParquetTable
from neurona.tables.preparation import Categories, Dates, Numbers, Step
from neurona.tables.targets import Counts, Labels, Quantities

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from neurona.estimators.base import NeuralNet
    from neurona.tables.columns import Kind
    from neurona.tables.csv_table import DateOrder

AnyTable: TypeAlias = RawTable | ParquetTable

MOST_SHOWN = 10  # columns of a report
MOST_NAMES = 8  # in a list
BAR = 20
WIDEST = 14  # characters of a class's name, in the confusion matrix
MOST_CLASSES = 12  # whose confusion matrix fits in a terminal


def read_table(path: str, encoding: str | None, dates: DateOrder | None) -> AnyTable:
    """Read a CSV or Parquet file, or the standard input for ``-``; its bytes tell which it is.

    The encoding, if any is given, and the way in which dates are written, are those of a CSV file.
    """
    data = sys.stdin.buffer.read() if path == "-" else read_bytes(path)
    if data.startswith(parquet_table.MAGIC) or is_parquet(path):
        if encoding is not None:
            raise ValueError(f"{path} is a Parquet file: leave --encoding out")
        return parquet_table.parse(data)
    return csv_table.parse(decoded(data, encoding), encoding or encoding_of(data), dates)


def dates_of(notes: Mapping[str, Any]) -> DateOrder | None:
    """Return how the dates were written that a model learnt from, if it was not as ISO 8601."""
    order = notes.get("dates")
    return order if order in csv_table.ORDERS else None


def is_parquet(path: str | Path) -> bool:
    """Tell by a file's name whether it is a Parquet file."""
    return Path(path).suffix.lower() in (".parquet", ".pq")


@contextmanager
def about(path: str) -> Iterator[None]:
    """Put the file's name before what is wrong with its table."""
    try:
        yield
    except TableError as error:
        name = "standard input" if path == "-" else path
        raise TableError(error.code, f"{name}: {error}", **error.facts) from None


def read_model(path: str) -> tuple[NeuralNet, dict[str, Any]]:
    """Read an estimator whose columns have names."""
    estimator, notes = read(path)
    if estimator.preparation_ is None or not hasattr(estimator, "feature_names_in_"):
        raise ValueError(f"{path}: it learnt from an array, and a table's columns have names")
    return estimator, notes


def columns_for(estimator: NeuralNet, raw: AnyTable) -> Table:
    """Read the columns that the estimator learnt from, each as what it was then."""
    preparation = estimator.preparation_
    assert preparation is not None  # read_model has seen to it
    used = {place for place, _ in preparation.steps}
    names = [str(name) for name in estimator.feature_names_in_]
    kinds: dict[str, Kind] = dict(zip(names, preparation.kinds, strict=True))
    for place in used:
        if names[place] not in raw.names:
            meant = nearest(names[place], raw.names) or "its columns are found by their names"
            problem = f"has no column {names[place]!r}, which the network learnt from; {meant}"
            raise TableError("no_column", problem, column=names[place])
    columns = [
        raw.column(name, kinds[name]) if place in used else csv_table.empty(name, len(raw))
        for place, name in enumerate(names)
    ]
    return Table(tuple(columns))


def strange_cells(estimator: NeuralNet, table: Table) -> Iterator[str]:
    """Tell of categories that the network cannot know, and of columns that are empty now."""
    assert estimator.preparation_ is not None
    for place, step in estimator.preparation_.steps:
        column = table.columns[place]
        if column.kind == "empty":
            yield f"column {column.name!r} is empty: the network takes its cells for missing"
        elif isinstance(step, Categories) and not step.other:
            strange = [cell for cell in column.values if cell is not None]
            strange = [cell for cell in strange if cell not in step.levels]
            if strange:
                yield (
                    f"column {column.name!r}: {strange[0]!r} and its like were never seen "
                    f"({len(strange)} of {len(table)} rows), and tell the network nothing"
                )


def note(text: str) -> None:
    """Say something that is no error."""
    print(f"neurona: note: {text}", file=sys.stderr)


def check_writable(path: Path, *read: str) -> None:
    """Find out before a training whether a file can be written, and is none of those to be read.

    Raises
    ------
    OSError
        If it cannot.
    ValueError
        If it is one of them.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the name of a file")
    if path.exists() and not path.is_file():
        return
    for other in read:
        if path.exists() and Path(other).exists() and path.samefile(other):
            raise ValueError(f"{path} is to be read, and would be lost: give another name")
    try:
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise OSError(f"{path} cannot be written ({error.strerror})") from error


def write(path: str, data: bytes) -> None:
    """Write a whole file, or to the standard output for ``-``.

    Raises
    ------
    NotWritten
        If there is no room; the message says where. Where nobody reads any more, BrokenPipeError.
    """
    try:
        if path == "-":
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            replace(Path(path), data)
    except BrokenPipeError:
        raise
    except OSError as error:
        name = "the output" if path == "-" else path
        raise NotWritten(f"{name} could not be written ({error.strerror})") from error


# ---------------------------------------------------------------------------- the report


def report(findings: ClassFindings | NumberFindings) -> Iterator[str]:
    """Yield the lines that tell how right an estimator is on a table."""
    if isinstance(findings, ClassFindings):
        yield from _of_classes(findings)
    else:
        yield from _of_numbers(findings)
    yield from _of_columns(findings)


def _of_classes(found: ClassFindings) -> Iterator[str]:
    share = found.score
    yield (
        f"accuracy {share.value:.1%}: {found.right} of {found.rows} rows "
        f"(95 % interval {share.low:.1%} to {share.high:.1%})"
    )
    width = max(len("class"), *(len(one.name) for one in found.classes))
    yield ""
    yield f"{'class':<{width}}  precision  recall  rows"
    for one in found.classes:
        yield (
            f"{one.name:<{width}}  {percent(one.precision):>9}  {percent(one.recall):>6}  "
            f"{one.rows:>4}"
        )
    if len(found.classes) <= MOST_CLASSES:
        yield ""
        yield from _matrix([one.name for one in found.classes], found.counts)


def _matrix(names: list[str], counts: NDArray[np.int64]) -> Iterator[str]:
    short = [name if len(name) <= WIDEST else name[: WIDEST - 1] + "…" for name in names]
    margin = max(map(len, short))
    cell = max(*(len(str(count)) for count in counts.ravel()), len(str(len(names))) + 1) + 2
    yield "confusion (rows: what it is; columns: the answer)"
    yield " " * (margin + 4) + "".join(f"#{k + 1}".rjust(cell) for k in range(len(names)))
    for k, (name, row) in enumerate(zip(short, counts.tolist(), strict=True)):
        yield f"{name:<{margin}}  #{k + 1:<2}"[: margin + 5].ljust(margin + 4) + "".join(
            f"{count or '·':>{cell}}" for count in row
        )


def _of_numbers(found: NumberFindings) -> Iterator[str]:
    score = found.score
    if math.isnan(score.value):
        yield f"R² is not defined: the {found.rows} rows have one and the same target"
    else:
        yield (
            f"R² {score.value:.3f} on {found.rows} rows (95 % interval {score.low:.3f} to "
            f"{score.high:.3f})"
        )
    yield f"off by {found.off:.4g} on average"
    if found.quantile is not None:
        yield f"{found.below:.1%} of the rows are below the answer, the {found.quantile:g} quantile"


def _of_columns(findings: ClassFindings | NumberFindings) -> Iterator[str]:
    found = telling(findings)
    if not found:
        return
    what = "accuracy" if isinstance(findings, ClassFindings) else "R²"
    width = max(len(one.column) for one in found)
    yield ""
    yield f"what tells most: how far the {what} falls when the column is shuffled"
    for one in found:
        bar = "█" * max(1, round(BAR * one.fall / found[0].fall))
        yield f"{one.column:<{width}}  {one.fall:>6.3f}  {bar}"


def telling(findings: ClassFindings | NumberFindings) -> list[Importance]:
    """Return the columns that tell most, as many as a report shows."""
    return [one for one in findings.columns if one.fall > 0][:MOST_SHOWN]


def percent(share: float) -> str:
    """Write a share; a dash where there is none."""
    return "-" if math.isnan(share) else f"{share:.1%}"


def prepared(step: Step | None) -> str:
    """Say what becomes of a column."""
    if isinstance(step, Numbers):
        missing = ", missing cells marked" if step.missing else ""
        return f"number: median {step.median:.6g}, spread {step.spread:.4g}{missing}"
    if isinstance(step, Dates):
        return ", ".join(["date: the day", *(f"where in the {one}" for one in step.cycles)])
    if isinstance(step, Categories):
        more = (["rare ones"] if step.other else []) + (["missing"] if step.missing else [])
        return f"category: {listed([*step.levels, *more])}"
    return "left out: one value, or another in each row"


def listed(names: list[Any]) -> str:
    """Write a list, its first names where it is long."""
    shown = ", ".join(map(str, names[:MOST_NAMES]))
    return shown if len(names) <= MOST_NAMES else f"{shown} and {len(names) - MOST_NAMES} more"


def known_target(
    estimator: NeuralNet, notes: dict[str, Any], raw: AnyTable, name: str | None
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the target of a table that a model shall be judged on, and the rows that have it."""
    name = notes.get("target") if name is None else name
    if not isinstance(name, str):
        raise ValueError("the model does not say which column it predicts: give --target")
    several = isinstance(estimator.targets_, Labels) or (
        isinstance(estimator.targets_, Quantities | Counts) and not estimator.targets_.single
    )
    if several:
        raise ValueError("the model predicts several columns: a report is of one")
    is_classifier = isinstance(estimator, NeuralNetClassifier)
    target = raw.target(name, "classes" if is_classifier else "numbers")
    if not is_classifier:
        return target.y, target.rows
    classes = in_order(estimator.classes_.astype(np.str_).tolist())
    known = {csv_table.class_of(one): one for one in classes} | {one: one for one in classes}
    y = [known.get(cell, known.get(csv_table.class_of(cell))) for cell in target.y.tolist()]
    if None in y:
        shown = ", ".join(map(repr, classes[:MOST_CLASSES]))
        row = int(target.rows[y.index(None)])
        raise raw.refusal(name, row, f"is none of the classes it learnt: {shown}")
    return np.array(y, np.str_), target.rows
