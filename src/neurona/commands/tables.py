"""What the commands on CSV files share: reading one, writing, and the report."""

from __future__ import annotations

import math
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.costs import Pinball, find_cost
from neurona.datasets.tables import TableError, decoded, nearest, read_text
from neurona.estimators import NeuralNetClassifier, csv_table
from neurona.estimators import report as scores
from neurona.estimators.columns import Table
from neurona.estimators.csv_table import RawTable
from neurona.estimators.files import read
from neurona.estimators.preparation import Categories
from neurona.estimators.targets import Counts, Labels, Quantities
from neurona.files import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from neurona.estimators.base import NeuralNet
    from neurona.estimators.columns import Kind

MOST_SHOWN = 10  # columns of a report
BAR = 20
WIDEST = 14  # characters of a class's name, in the confusion matrix
MOST_CLASSES = 12  # whose confusion matrix fits in a terminal


def read_table(path: str) -> RawTable:
    """Read a CSV file, or the standard input for ``-``."""
    text = decoded(sys.stdin.buffer.read()) if path == "-" else read_text(path)
    return csv_table.parse(text)


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
        raise ValueError(f"{path}: it learnt from an array, and a CSV's columns have names")
    return estimator, notes


def columns_for(estimator: NeuralNet, raw: RawTable) -> Table:
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


def check_writable(path: Path) -> None:
    """Find out before a training whether a file can be written.

    Raises
    ------
    OSError
        If it cannot.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the name of a file")
    if path.exists() and not path.is_file():
        return
    try:
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise OSError(f"{path} cannot be written ({error.strerror})") from error


def write(path: str, data: bytes) -> None:
    """Write a whole file, or to the standard output for ``-``.

    Raises
    ------
    OSError
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
        name = "the standard output" if path == "-" else path
        raise OSError(f"{name} could not be written ({error.strerror})") from error


# ---------------------------------------------------------------------------- the report


def report(estimator: NeuralNet, table: Table, y: NDArray[Any]) -> Iterator[str]:
    """Yield the lines that tell how right an estimator is on a table."""
    is_classifier = isinstance(estimator, NeuralNetClassifier)
    answers = estimator.predict(table)
    if is_classifier:
        yield from _of_classes(estimator.classes_.astype(np.str_), y, answers.astype(np.str_))
    else:
        yield from _of_numbers(y, answers)
        cost = find_cost(estimator.cost, estimator.network_)
        if isinstance(cost, Pinball):
            below = float((y < answers).mean())
            yield f"{below:.1%} of the rows are below the answer, the {cost.quantile:g} quantile"
    if len(y) > 1:
        yield from _of_columns(estimator, table, y, "accuracy" if is_classifier else "R²")


def _of_classes(
    classes: NDArray[np.str_], y: NDArray[np.str_], answers: NDArray[np.str_]
) -> Iterator[str]:
    order = np.argsort(classes)  # numbers, as texts, have another order
    counts = scores.confusion(classes[order], y, answers)
    right, n = int(np.trace(counts)), len(y)
    share = scores.wilson(right, n)
    yield (
        f"accuracy {share.value:.1%}: {right} of {n} rows "
        f"(95 % interval {share.low:.1%} to {share.high:.1%})"
    )
    each = scores.by_class(classes[order], counts)
    width = max(len("class"), *(len(one.name) for one in each))
    yield ""
    yield f"{'class':<{width}}  precision  recall  rows"
    for one in each:
        yield (
            f"{one.name:<{width}}  {_percent(one.precision):>9}  {_percent(one.recall):>6}  "
            f"{one.rows:>4}"
        )
    if len(classes) <= MOST_CLASSES:
        yield ""
        yield from _matrix([one.name for one in each], counts)


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


def _of_numbers(y: NDArray[np.float64], answers: NDArray[np.float64]) -> Iterator[str]:
    off = float(np.abs(y - answers).mean())
    score = scores.bootstrapped_r2(y, answers)
    if math.isnan(score.value):
        yield f"R² is not defined: the {len(y)} rows have one and the same target"
    else:
        yield (
            f"R² {score.value:.3f} on {len(y)} rows (95 % interval {score.low:.3f} to "
            f"{score.high:.3f})"
        )
    yield f"off by {off:.4g} on average"


def _of_columns(estimator: NeuralNet, table: Table, y: NDArray[Any], what: str) -> Iterator[str]:
    found = [one for one in scores.importances(estimator, table, y) if one.fall > 0]
    if not found:
        return
    width = max(len(one.column) for one in found[:MOST_SHOWN])
    yield ""
    yield f"what tells most: how far the {what} falls when the column is shuffled"
    for one in found[:MOST_SHOWN]:
        bar = "█" * max(1, round(BAR * one.fall / found[0].fall))
        yield f"{one.column:<{width}}  {one.fall:>6.3f}  {bar}"


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{share:.1%}"


def known_target(
    estimator: NeuralNet, notes: dict[str, Any], raw: RawTable, name: str | None
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
    if is_classifier:
        classes = {str(one) for one in estimator.classes_}
        for row, cell in zip(target.rows, target.y, strict=True):
            if str(cell) not in classes:
                shown = ", ".join(map(repr, sorted(classes)[:MOST_CLASSES]))
                raise raw.refusal(name, int(row), f"is none of the classes it learnt: {shown}")
    return target.y, target.rows
