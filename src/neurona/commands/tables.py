"""The commands on tables share this: reading a table, writing a file, and the report."""

from __future__ import annotations

import math
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.commands import NotWritten
from neurona.estimators import NeuralNetClassifier
from neurona.estimators.report import (
    SECONDS,
    ClassFindings,
    Importance,
    NumberFindings,
    in_order,
)
from neurona.files.estimator import read
from neurona.saving import check_replaceable, replace
from neurona.tables import parquet
from neurona.tables.categories import Categories
from neurona.tables.cells import DATE_ORDERS, same_number, says_missing
from neurona.tables.columns import empty
from neurona.tables.csv import parse_csv
from neurona.tables.encoding import decoded, encoding_of, unpacked
from neurona.tables.file import MOST_BYTES, TableError, TableFile, nearest, read_bytes
from neurona.tables.preparation import (
    MICROSECONDS_A_DAY,
    ColumnPreparation,
    Dates,
    Numbers,
)
from neurona.tables.ramps import written
from neurona.tables.table import Columns
from neurona.tables.targets import Counts, Labels, Quantities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from neurona.estimators.base import NeuralNet
    from neurona.tables.cells import DateOrder
    from neurona.tables.file import Target

MOST_SHOWN = 10  # columns of a report
MOST_NAMES = 8  # in a list
BAR = 20
WIDEST = 14  # characters of a class's name, in the confusion matrix
MOST_CLASSES = 12  # whose confusion matrix fits in a terminal


def read_table(
    path: str,
    encoding: str | None,
    dates: DateOrder | None,
    most: float | None = None,
    needed: Sequence[str] = (),
) -> TableFile:
    """Read a CSV or Parquet file, or the standard input for ``-``; its bytes tell which it is.

    The encoding, if any is given, and the way in which dates are written, are those of a CSV file.
    A compressed table may take so many bytes of memory at most; None is the usual bound.
    """
    data = sys.stdin.buffer.read() if path == "-" else read_bytes(path)
    data = unpacked(data, most or MOST_BYTES)
    if data.startswith(parquet.MAGIC) or is_parquet(path):
        if encoding is not None:
            raise ValueError(f"{path} is a Parquet file: leave --encoding out")
        return parquet.parse_parquet(data, most or MOST_BYTES)
    return parse_csv(decoded(data, encoding), encoding or encoding_of(data), dates, needed=needed)


def dates_of(notes: Mapping[str, Any]) -> DateOrder | None:
    """Return how the dates were written that a model learned from, if it was not as ISO 8601."""
    order = notes.get("dates")
    return order if order in DATE_ORDERS else None


def read_for(
    estimator: NeuralNet,
    notes: Mapping[str, Any],
    path: str,
    encoding: str | None = None,
    most: float | None = None,
) -> TableFile:
    """Read the table that a model is to predict or to be evaluated on."""
    assert estimator.preparation_ is not None  # read_model has seen to it
    names = list(map(str, estimator.feature_names_in_))
    needed = [names[place] for place, _ in estimator.preparation_.steps]
    return read_table(path, encoding, dates_of(notes), most, needed)


def is_parquet(path: str | Path) -> bool:
    """Tell by a file's name whether it is a Parquet file."""
    return Path(path).suffix.lower() in (".parquet", ".pq")


@contextmanager
def about(path: str) -> Iterator[None]:
    """Put the file's name before the fault of its table."""
    try:
        yield
    except TableError as error:
        name = "standard input" if path == "-" else path
        raise TableError(error.code, f"{name}: {error}", **error.facts) from None


def read_model(path: str) -> tuple[NeuralNet, dict[str, Any]]:
    """Read an estimator whose columns have names."""
    estimator, notes = read(path)
    if estimator.preparation_ is None or not hasattr(estimator, "feature_names_in_"):
        raise ValueError(f"{path}: it learned from an array, and a table's columns have names")
    return estimator, notes


def columns_for(estimator: NeuralNet, file: TableFile) -> Columns:
    """Read the columns that the estimator learned from, each as the kind that it was then."""
    preparation = estimator.preparation_
    assert preparation is not None  # read_model has seen to it
    used = {place for place, _ in preparation.steps}
    columns = []
    for place, name in enumerate(map(str, estimator.feature_names_in_)):
        if place in used and name not in file.places:
            meant = nearest(name, file.names) or "its columns are found by their names"
            problem = f"has no column {name!r}, which the network learned from; {meant}"
            raise TableError("no_column", problem, column=name)
        if place in used:
            columns.append(file.column(name, **preparation.form(place)))
        else:
            columns.append(empty(name, len(file)))
    return Columns(tuple(columns))


def networks_of(estimator: NeuralNet) -> int:
    """Return how many networks predict together."""
    return len(estimator.state_) if np.ndim(estimator.state_.cost) else 1


def strange_cells(estimator: NeuralNet, table: Columns) -> Iterator[str]:
    """Tell of categories that the network has not seen, of odd cells and of empty columns."""
    assert estimator.preparation_ is not None
    yield from estimator.preparation_.of_other_zones(table)
    unseen = estimator.preparation_.unseen(table)
    for place, _ in estimator.preparation_.steps:
        column = table.columns[place]
        name = column.name
        yield from (f"column {name!r} {remark}" for remark in column.remarks)
        if column.kind == "empty":
            yield f"column {name!r} is empty: the network takes its cells for missing"
        elif name in unseen:
            yield (
                f"column {name!r}: {next(iter(unseen[name]))!r} and its like were never seen "
                f"({unseen[name].total()} of {len(table)} rows), and tell the network nothing"
            )


def note(text: str) -> None:
    """Say something that is not an error."""
    print(f"neurona: note: {text}", file=sys.stderr)


def left_out(rows: int, target: str) -> str:
    """Say how many rows are left out."""
    has, are = ("row has", "is") if rows == 1 else ("rows have", "are")
    return f"{rows} {has} no {target} and {are} left out"


def check_target(name: str, y: NDArray[Any], fewest: int) -> None:
    """Refuse a target of too few rows."""
    if len(y) < fewest:
        raise TableError("no_rows", f"has {len(y)} row(s) with a {name!r}: {fewest} are needed")


def check_varied(name: str, target: Target) -> None:
    """Refuse a target that is the same in all rows, or another class in each."""
    y, kinds = target.y, np.unique(target.y)
    if len(kinds) < 2:
        known = f"{kinds[0]!s} in all of its {len(y)} cells that are not missing"
        raise TableError("one_class", f"column {name!r} holds {known}: nothing to learn")
    if target.is_classes and len(kinds) == len(y):
        raise TableError(
            "one_class", f"column {name!r} holds another value in each row: it names no classes"
        )


def check_writable(path: Path, *read: str) -> None:
    """Find out before a training whether a file can be written, and is not one of those to read.

    Raises
    ------
    OSError
        If it cannot.
    ValueError
        If it is one of them.
    """
    try:
        check_replaceable(path)
    except OSError as error:
        raise OSError(f"{path} cannot be written ({error.strerror})") from error
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the name of a file")
    for other in read:
        if path.is_file() and Path(other).exists() and path.samefile(other):
            raise ValueError(f"{path} is to be read, and would be lost: give another name")


def write(path: str, data: bytes) -> None:
    """Write a whole file, or to the standard output for ``-``.

    Raises
    ------
    NotWritten
        If there is no room; the message says where. BrokenPipeError if the reader has gone.
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
    """Yield the lines of the report."""
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
    if found.calibration is not None:
        yield ""
        yield (
            f"calibration error {found.calibration.error:.3f}: how far the probabilities are off, "
            "on average"
        )
    if len(found.classes) <= MOST_CLASSES:
        yield ""
        yield from _matrix([one.name for one in found.classes], found.counts)


def _matrix(names: list[str], counts: NDArray[np.int64]) -> Iterator[str]:
    short = [name if len(name) <= WIDEST else name[: WIDEST - 1] + "…" for name in names]
    margin = max(map(len, short))
    cell = max(*(len(str(count)) for count in counts.ravel()), len(str(len(names))) + 1) + 2
    yield "confusion (rows: the class; columns: the prediction)"
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
    if found.interval is not None:
        covered, width = found.interval
        yield f"90 % interval {width:.4g} wide: {covered.value:.1%} of the rows are in theirs"
    if found.quantile is not None:
        quantile = f"the {found.quantile:g} quantile"
        yield f"{found.below:.1%} of the rows are below the prediction, {quantile}"


def _of_columns(findings: ClassFindings | NumberFindings) -> Iterator[str]:
    found = telling(findings)
    if found:
        what = "accuracy" if isinstance(findings, ClassFindings) else "R²"
        width = max(len(one.column) for one in found)
        yield ""
        yield f"most important columns: how far the {what} falls when one is shuffled"
    for one in found:
        bar = "█" * max(1, round(BAR * one.fall / found[0].fall))
        yield f"{one.column:<{width}}  {one.fall:>6.3f}  {bar}"
    if findings.not_shuffled:
        yield ""
        yield out_of_time(findings)


def out_of_time(findings: ClassFindings | NumberFindings) -> str:
    """Say how many columns were judged in the time allowed, and which were not."""
    done, left = len(findings.columns), findings.not_shuffled
    return (
        f"judged {done:,} of {done + len(left):,} columns within {SECONDS:.0f} seconds, the most "
        f"promising ones first; not judged: {listed([*left])}"
    )


def telling(findings: ClassFindings | NumberFindings) -> list[Importance]:
    """Return the columns that tell most, as many as a report shows."""
    return [one for one in findings.columns if one.fall > 0][:MOST_SHOWN]


def percent(share: float) -> str:
    """Write a share; a dash where there is none."""
    return "-" if math.isnan(share) else f"{share:.1%}"


def prepared(step: ColumnPreparation | None) -> str:
    """Say how a column is prepared."""
    if isinstance(step, Numbers):
        parts = [f"number: median {step.median:.6g}", f"spread {step.spread:.4g}"]
        parts += ["decimal commas"] if step.decimal == "," else []
        parts += ["missing cells marked"] if step.missing else []
        return ", ".join([*parts, *_ramps(step, written)])
    if isinstance(step, Dates):
        parts = ["date: the day", *(f"where in the {one}" for one in step.cycles)]
        return ", ".join([*parts, *_ramps(step.number, _written_days)])
    if isinstance(step, Categories):
        more = (["others"] if step.other else []) + (["missing"] if step.missing else [])
        merged = f" ({indicators(step)}; the others share one)" if step.merged else ""
        scale = "" if step.scale == 1 else f"; scale {step.scale:g}, since it tells little"
        return f"category: {listed([*step.levels, *more])}{merged}{scale}"
    return "left out: one value, or another in each row"


def _ramps(step: Numbers, write: Callable[[Sequence[float]], list[str]]) -> Iterator[str]:
    """Say how many ramps a number has, and between which knots."""
    if step.ramps is not None:
        yield f"{step.ramps.n_out - 1} ramps between {listed(write(step.ramps.knots))}"


def _written_days(days: Sequence[float]) -> list[str]:
    """Write numbers of days since the beginning of 1970 as dates."""
    moments = np.rint(np.array(days) * MICROSECONDS_A_DAY).astype("datetime64[us]")
    return [str(day) for day in moments.astype("datetime64[D]")]


def indicators(step: Categories) -> str:
    """Say how many of a column's categories have an indicator that they share with no other."""
    known, merged = len(step.levels), step.merged
    return f"{known:,} of {known + merged:,} categories have an indicator"


def listed(names: list[Any]) -> str:
    """Write a list, its first names where it is long."""
    shown = ", ".join(map(str, names[:MOST_NAMES]))
    return shown if len(names) <= MOST_NAMES else f"{shown} and {len(names) - MOST_NAMES} more"


def known_target(
    estimator: NeuralNet, notes: dict[str, Any], file: TableFile, name: str | None
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the target of a table that a model is evaluated on, and the rows that have it."""
    name = notes.get("target") if name is None else name
    if not isinstance(name, str):
        raise ValueError("the model does not say which column it predicts: give --target")
    several = isinstance(estimator.targets_, Labels) or (
        isinstance(estimator.targets_, Quantities | Counts) and not estimator.targets_.single
    )
    if several:
        raise ValueError("the model predicts several columns: a report is of one")
    is_classifier = isinstance(estimator, NeuralNetClassifier)
    target = file.target(name, "classes" if is_classifier else "numbers")
    if not is_classifier:
        return target.y, target.rows
    classes = in_order(estimator.classes_.astype(np.str_).tolist())
    numbers = [same_number(one) for one in classes]
    alike = dict(zip(numbers, classes, strict=True)) if len({*numbers}) == len(classes) else {}
    known = {one: one for one in classes}
    y = [known.get(cell, alike.get(same_number(cell))) for cell in target.y.tolist()]
    there = [i for i, one in enumerate(y) if one is not None or not says_missing(str(target.y[i]))]
    target, y = target._replace(y=target.y[there], rows=target.rows[there]), [y[i] for i in there]
    if None in y:
        shown = ", ".join(map(repr, classes[:MOST_CLASSES]))
        row = int(target.rows[y.index(None)])
        raise file.error(name, row, f"is not one of the classes it learned: {shown}")
    return np.array(y, np.str_), target.rows
