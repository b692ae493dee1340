"""A table of numbers with one column to predict, from a CSV file."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from neurona.tables.cells import decimal_in, decimal_of, number_of
from neurona.tables.columns import look_like_classes
from neurona.tables.csv import parse_csv as parse_cells
from neurona.tables.encoding import decoded, unpacked
from neurona.tables.file import TableError, TargetKind, read_bytes

if TYPE_CHECKING:
    import os
    from collections.abc import Collection

    from numpy.typing import NDArray

    from neurona.tables.csv import CsvTable

_MEND_TARGET = "mend it, or pass kind='classes' if each is the name of a class"
_MEND_FEATURE = (
    "mend it, delete the column, pass target={!r} to predict it, "
    "or give each category a column of 0 and 1"
)


@dataclass(frozen=True, eq=False)
class Table:
    """Examples in rows, ready for a network; ``classes`` is None where the target is a number.

    >>> Table(np.zeros((2, 2)), np.array([0, 1]), ("width", "height"), "kind", ("cat", "dog"))
    Table(columns=('width', 'height'), target='kind', classes=('cat', 'dog'))
    """

    X: NDArray[np.float64] = field(repr=False)  # (n, p), a column for each of `columns`
    y: NDArray[np.int64] | NDArray[np.float64] = field(repr=False)  # (n,), int64 if classes
    columns: tuple[str, ...]
    target: str
    classes: tuple[str, ...] | None  # classes[y[i]] is the name in row i


def read_csv(
    path: str | os.PathLike[str],
    target: str | None = None,
    kind: TargetKind = "auto",
    encoding: str | None = None,
    columns: Collection[str] | None = None,
) -> Table:
    r"""Read a table of numbers with a header, one of its columns being the target.

    Cells are separated by commas, semicolons, tabs, bars or blanks, and may be quoted. A column
    has decimal points or decimal commas; the other sign, a blank or an apostrophe may stand
    between thousands. Where no number tells which, decimals have a comma between semicolons and
    a point elsewhere. Blank lines are skipped. The columns are not scaled.

    Parameters
    ----------
    path
        The file.
    target
        Name of the column to predict; by default the last.
    kind
        The kind of target: ``"classes"``, ``"numbers"`` or ``"auto"``, which takes text for
        classes, at most 20 distinct whole numbers for classes unless none comes twice, and other
        numbers for numbers.
    encoding
        Of the text, such as ``"cp1252"``; by default the one that its byte order mark names, and
        UTF-8 where it has none.
    columns
        The features to take; by default all columns but the target, and but an index that pandas
        or R wrote.

    Returns
    -------
    Table
        X (n, p) float64; y (n,), int64 for classes and float64 for numbers; the names of the
        columns, the target and the classes. Classes are sorted: by value if all are numbers.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file.
    ValueError
        If the file is not such a table; the message names the line and the column.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "pets.csv")
    ...     _ = path.write_text("kilos,height,kind\n4.5,25,cat\n30,60,dog\n4,23,cat\n")
    ...     table = read_csv(path, target="kind")
    >>> table
    Table(columns=('kilos', 'height'), target='kind', classes=('cat', 'dog'))
    >>> table.X.shape, table.y
    ((3, 2), array([0, 1, 0]))
    """
    if kind not in get_args(TargetKind):
        raise ValueError(f"kind is {kind!r}: expected one of {', '.join(get_args(TargetKind))}")
    path = Path(path)
    try:
        data = unpacked(read_bytes(path))
        return parse_csv(decoded(data, encoding), target, kind, columns)
    except TableError as error:
        raise TableError(error.code, f"{path}: {error}", **error.facts) from None


def parse_csv(
    text: str,
    target: str | None = None,
    kind: TargetKind = "auto",
    columns: Collection[str] | None = None,
) -> Table:
    r"""Read a table from a text; see :func:`read_csv`.

    Parameters
    ----------
    columns
        The features to take; by default all columns but the target and an index. The cells of the
        others may hold anything then, but none may be empty.

    Examples
    --------
    >>> parse_csv("a;b;c;kind\n1,5;x;2;0\n2,5;y;3;1\n", columns=["a", "c"])
    Table(columns=('a', 'c'), target='kind', classes=('0', '1'))
    """
    if isinstance(columns, str):
        raise ValueError(f"columns is {columns!r}: give a list of names, such as [{columns!r}]")
    table = _complete(text)
    name = table.names[-1] if target is None else target
    for needed in (name, *(columns or ())):
        table.place_of(needed)
    y, classes = _target(table, name, kind)
    if columns is None:
        columns = [one for one in table.names if one not in table.counting]
    features = [one for one in table.names if one != name and one in columns]
    if not features:
        problem = f"columns is {[*columns]}: expected a column or more beside the target {name!r}"
        raise TableError("few_columns", problem)
    X = np.column_stack([_numbers(table, one, _MEND_FEATURE.format(one)) for one in features])
    return Table(X, y, tuple(features), name, classes)


def columns_of(text: str) -> dict[str, bool]:
    r"""Return the names of a table's columns, and whether each holds numbers only.

    Examples
    --------
    >>> columns_of("kilos,height,kind\n4.5,25,cat\n30,60,dog\n")
    {'kilos': True, 'height': True, 'kind': False}
    """
    table = _complete(text)
    return {
        name: not any(_is_text(table, name)) for name in table.names if name not in table.counting
    }


def _complete(text: str) -> CsvTable:
    """Read a table of three columns or more whose cells are all filled."""
    table = parse_cells(text, fewest=3)
    for line, row in zip(table.lines, table.cells, strict=True):
        if "" in row:
            name = table.names[row.index("")]
            problem = f"line {line}, column {name!r}: the cell is empty; fill it or delete the row"
            raise TableError("missing", problem, line=line, column=name)
    return table


def _numbers(table: CsvTable, name: str, mend: str) -> NDArray[np.float64]:
    """Read every cell as a finite number; ``mend`` says what to do with text."""
    cells = table.written(name)
    values, decimal = np.empty(len(table)), decimal_in(set(cells), table.decimal)
    for i, cell in enumerate(cells):
        value = number_of(cell, decimal)
        if value is None:
            spelling = ""
            if "," in cell:
                spelling = "write decimals with a point; " if decimal == "." else ""
            raise table.error(name, i, f"is not a number; {spelling}{mend}")
        if not math.isfinite(value):
            problem = "is not finite: expected a number; mend or delete the row"
            raise table.error(name, i, problem, "not_finite")
        values[i] = value
    return values


def _is_text(table: CsvTable, name: str) -> list[bool]:
    return [decimal_of(cell) is None for cell in table.written(name)]


def _target(
    table: CsvTable, name: str, kind: TargetKind
) -> tuple[NDArray[np.int64] | NDArray[np.float64], tuple[str, ...] | None]:
    """Read the target; see ``kind`` in `read_csv`."""
    is_text = _is_text(table, name)
    if kind == "auto" and any(is_text) and not all(is_text):
        problem = f"is text and other cells are numbers; {_MEND_TARGET}"
        raise table.error(name, is_text.index(True), problem, "mixed")
    if any(is_text) and kind != "numbers":
        names, y = np.unique(table.written(name), return_inverse=True)
        classes = tuple(map(str, names))
    else:
        numbers = _numbers(table, name, _MEND_TARGET)
        if kind == "numbers" or (kind == "auto" and not look_like_classes(numbers)):
            return numbers, None
        by_value = dict(zip(table.written(name), numbers.tolist(), strict=True))
        classes = tuple(sorted(by_value, key=lambda text: (by_value[text], text)))
        y = np.array([classes.index(text) for text in table.written(name)])
    if len(classes) < 2:
        raise TableError(
            "one_class",
            f"column {name!r} holds one class only, {classes[0]!r}: expected two or more; "
            "add rows of another, or pass target= with the name of another column",
            column=name,
        )
    return y.astype(np.int64), classes
