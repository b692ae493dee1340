"""Tables of numbers with one column to predict, read from CSV files."""

from __future__ import annotations

import codecs
import csv
import io
import math
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

Kind = Literal["auto", "classes", "numbers"]

MOST_NUMBERED_CLASSES = 20
"""Up to so many distinct whole numbers are taken for classes; more are quantities."""


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


class TableError(ValueError):
    """What is wrong with a table, as a text, and as a code with facts that can be told elsewise.

    Attributes
    ----------
    code
        ``"encoding"``, ``"quotes"``, ``"empty"``, ``"header"``, ``"few_columns"``, ``"unnamed"``,
        ``"twice"``, ``"no_column"``, ``"no_rows"``, ``"ragged"``, ``"missing"``, ``"not_number"``,
        ``"not_finite"``, ``"mixed"`` or ``"one_class"``.
    facts
        Such as the line, the column and the cell.
    """

    def __init__(self, code: str, text: str, **facts: object) -> None:
        super().__init__(text)
        self.code = code
        self.facts = facts


def read_csv(
    path: str | os.PathLike[str],
    target: str | None = None,
    kind: Kind = "auto",
    encoding: str | None = None,
) -> Table:
    r"""Read a table of numbers with a header, one of its columns being the target.

    Cells are separated by commas, semicolons or tabs, whichever splits the header into most names,
    and may be quoted. Between semicolons, a comma is a decimal sign; a sign between thousands is
    not read. Blank lines are skipped. The columns are not scaled.

    Parameters
    ----------
    path
        The file.
    target
        Name of the column to predict; by default the last.
    kind
        What the target holds: ``"classes"``, ``"numbers"`` or ``"auto"``, which takes text for
        classes, at most 20 distinct whole numbers for classes, and other numbers for numbers.
    encoding
        Of the text, such as ``"cp1252"``; by default what its byte order mark says, and UTF-8 where
        it has none.

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
    if kind not in get_args(Kind):
        raise ValueError(f"kind is {kind!r}: expected one of {', '.join(get_args(Kind))}")
    path = Path(path)
    data = read_bytes(path)
    try:
        return parse_csv(decoded(data, encoding), target, kind)
    except TableError as error:
        raise TableError(error.code, f"{path}: {error}", **error.facts) from None


def parse_csv(
    text: str,
    target: str | None = None,
    kind: Kind = "auto",
    columns: Collection[str] | None = None,
) -> Table:
    r"""Read a table from a text; see :func:`read_csv`.

    Parameters
    ----------
    columns
        The features to take; by default all columns but the target. What is in the others does not
        matter then, as long as there is something.

    Examples
    --------
    >>> parse_csv("a;b;c;kind\n1,5;x;2;0\n2,5;y;3;1\n", columns=["a", "c"])
    Table(columns=('a', 'c'), target='kind', classes=('0', '1'))
    """
    everything = _columns(text, needed=[target, *(columns or ())])
    answer = everything.pop(place_of([column.name for column in everything], target))
    chosen = [column for column in everything if columns is None or column.name in columns]
    y, classes = _answers(answer, kind)
    X = np.column_stack([column.numbers(_MEND_FEATURE.format(column.name)) for column in chosen])
    return Table(X, y, tuple(column.name for column in chosen), answer.name, classes)


def columns_of(text: str) -> dict[str, bool]:
    r"""Return the names of a table's columns, and whether each holds numbers only.

    Examples
    --------
    >>> columns_of("kilos,height,kind\n4.5,25,cat\n30,60,dog\n")
    {'kilos': True, 'height': True, 'kind': False}
    """
    return {column.name: not any(column.is_text()) for column in _columns(text)}


class Cells(NamedTuple):
    """A table as it is written: texts, some of them empty.

    Attributes
    ----------
    names
        Of the columns.
    rows
        Each as long as the names.
    lines
        Where each row begins in the file, from 1.
    delimiter, decimal
        The sign between cells, and that before decimals.
    """

    names: list[str]
    rows: list[list[str]]
    lines: list[int]
    delimiter: str
    decimal: str


def cells_of(text: str) -> Cells:
    r"""Split a table into its cells, any of which may be empty; see :func:`read_csv`.

    Raises
    ------
    TableError
        If quotes are out of order, columns are not named, or a row is too short or too long.

    Examples
    --------
    >>> cells_of("kilos;kind\n4,5;cat\n;dog\n").rows
    [['4,5', 'cat'], ['', 'dog']]
    """
    delimiter, (header, *rows) = _rows(text)
    decimal = _decimal(delimiter)
    _check_names(header, decimal, fewest=1)
    for row in rows:
        _check_length(row, header.cells)
    return Cells(
        header.cells, [row.cells for row in rows], [row.line for row in rows], delimiter, decimal
    )


_MEND_TARGET = "mend it, or pass kind='classes' if each is the name of a class"
_MEND_FEATURE = (
    "mend it, delete the column, pass target={!r} to predict it, "
    "or give each category a column of 0 and 1"
)


class _Row(NamedTuple):
    line: int  # where it begins in the file, from 1
    cells: list[str]


class _Column(NamedTuple):
    name: str
    cells: tuple[str, ...]
    lines: list[int]
    decimal: str  # the sign before the decimals: "." or ","

    def is_text(self) -> list[bool]:
        return [number_of(cell, self.decimal) is None for cell in self.cells]

    def numbers(self, otherwise: str) -> NDArray[np.float64]:
        """Read every cell as a finite number; ``otherwise`` says what to do with text."""
        values = np.empty(len(self.cells))
        for i, cell in enumerate(self.cells):
            value = number_of(cell, self.decimal)
            if value is None:
                problem = f"is not a number; {self._spelling(cell)}{otherwise}"
                raise self.refusal("not_number", i, problem)
            if not math.isfinite(value):
                problem = "is not finite: expected a number; mend or delete the row"
                raise self.refusal("not_finite", i, problem)
            values[i] = value
        return values

    def _spelling(self, cell: str) -> str:
        """Say how to write what looks like a number of another country."""
        if "," not in cell:
            return ""
        if self.decimal == ",":
            return "write no sign between thousands; "
        return "write decimals with a point; "

    def refusal(self, code: str, i: int, problem: str) -> TableError:
        line, cell = self.lines[i], self.cells[i]
        text = f"line {line}, column {self.name!r}: {cell!r} {problem}"
        return TableError(code, text, line=line, column=self.name, cell=cell)


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Return what is in a file, or say what is there in its place."""
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path}: is a folder, expected a table; pass the path of a file")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        folder = path.parent.resolve()
        beside: list[str] = []
        with suppress(OSError):
            beside = [entry.name for entry in folder.iterdir()]
        hint = nearest(path.name, beside) or "check the name and the folder"
        raise FileNotFoundError(f"{path}: there is no such file in {folder}; {hint}") from None


def encoding_of(data: bytes) -> str:
    """Return the encoding that a text's byte order mark names; UTF-8 where it has none.

    >>> encoding_of("año".encode("utf-16")), encoding_of("año".encode())
    ('utf-16', 'utf-8')
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"


def decoded(data: bytes, encoding: str | None = None) -> str:
    """Return the text of the bytes of a file, or say where they are not in its encoding."""
    name = encoding or encoding_of(data)
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line, byte = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise TableError(
            "encoding",
            f"line {line}, byte {byte}: 0x{error.object[error.start]:02x} is not "
            f"{name.removesuffix('-sig').upper()}; save the file again as UTF-8 (a spreadsheet "
            'calls it "CSV UTF-8"), or name its encoding (--encoding cp1252)',
            line=line,
        ) from None


def _columns(text: str, needed: Iterable[str | None] = ()) -> list[_Column]:
    """Return the columns; those that are needed have to be there."""
    delimiter, (header, *rows) = _rows(text)
    decimal = _decimal(delimiter)
    _check_names(header, decimal)
    names = header.cells
    for name in needed:
        place_of(names, name)
    if not rows:
        raise TableError(
            "no_rows", "has a header and nothing below it: expected a row for each example"
        )
    for row in rows:
        _check_complete(row, names)
    lines = [row.line for row in rows]
    cells = zip(*(row.cells for row in rows), strict=True)
    return [_Column(name, own, lines, decimal) for name, own in zip(names, cells, strict=True)]


def _rows(text: str) -> tuple[str, list[_Row]]:
    """Find the delimiter and the rows, which have stripped cells; blank lines are left out."""
    rows: list[_Row] = []
    line = 1
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))  # 131,072 signs by default
    try:
        delimiter = _delimiter(text)
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
        )
        for row in reader:
            cells = [cell.strip() for cell in row]
            if len(cells) > 1 or any(cells):
                rows.append(_Row(line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise TableError(
            "quotes",
            f"line {line}: quotes out of order ({error}); a cell that begins with a quote ends "
            "with one, and a quote inside of it is doubled",
            line=line,
        ) from None
    if not rows:
        raise TableError(
            "empty", "is empty: expected a line with the names of the columns, then the rows"
        )
    return delimiter, rows


def _delimiter(text: str) -> str:
    """Find the sign that splits the header into most names; on a tie the comma goes last."""

    def names(sign: str) -> int:  # not strict: the wrong sign finds quotes in odd places
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=sign, skipinitialspace=True)
        return len(next(filter(any, rows), []))

    return max("\t;,", key=names)


def _decimal(delimiter: str) -> str:
    return "," if delimiter == ";" else "."


def _check_names(header: _Row, decimal: str, fewest: int = 3) -> None:
    where, names = f"line {header.line}", header.cells
    values = [number_of(name, decimal) for name in names]
    fractions = [n for n, value in zip(names, values, strict=True) if value and value % 1 > 0]
    if None not in values or fractions:
        raise TableError(
            "header",
            f"{where} has numbers ({_listed(fractions or names)}): expected the names of the "
            "columns; add a first line with them, for example x1,x2,label",
            line=header.line,
        )
    if len(names) < fewest:
        raise TableError(
            "few_columns",
            f"{where} names {len(names)} column(s), {_listed(names)}: expected two features or "
            "more and the target, separated by commas, semicolons or tabs",
            line=header.line,
            count=len(names),
        )
    for i, name in enumerate(names):
        if not name:
            raise TableError(
                "unnamed",
                f"{where}: column {i + 1} has no name; name it or delete the column",
                line=header.line,
                column=i + 1,
            )
        if name in names[:i]:
            raise TableError(
                "twice",
                f"{where}: columns {names.index(name) + 1} and {i + 1} are both named {name!r}; "
                "rename one of them",
                line=header.line,
                column=name,
            )


def place_of(names: Sequence[str], target: str | None) -> int:
    """Return where a column stands, or suggest the one that was perhaps meant."""
    if target is None:
        return len(names) - 1
    if target not in names:
        raise TableError(
            "no_column",
            f"has no column {target!r}, expected one of {_listed(names)}; "
            f"{nearest(str(target), names) or 'pass the name of the column to predict'}",
            column=target,
        )
    return names.index(target)


def _check_length(row: _Row, names: Sequence[str]) -> None:
    if len(row.cells) != len(names):
        raise TableError(
            "ragged",
            f"line {row.line} has {len(row.cells)} cells, expected {len(names)} as in the header; "
            "mend the row, and quote each cell that holds a delimiter",
            line=row.line,
            count=len(row.cells),
            expected=len(names),
        )


def _check_complete(row: _Row, names: Sequence[str]) -> None:
    _check_length(row, names)
    if "" in row.cells:
        name = names[row.cells.index("")]
        raise TableError(
            "missing",
            f"line {row.line}, column {name!r}: the cell is empty; fill it or delete the row",
            line=row.line,
            column=name,
        )


def _answers(
    column: _Column, kind: Kind
) -> tuple[NDArray[np.int64] | NDArray[np.float64], tuple[str, ...] | None]:
    """Read the target; see ``kind`` in `read_csv`."""
    is_text = column.is_text()
    if kind == "auto" and any(is_text) and not all(is_text):
        raise column.refusal(
            "mixed",
            is_text.index(True),
            f"is text and other cells are numbers; {_MEND_TARGET}",
        )
    if any(is_text) and kind != "numbers":
        names, y = np.unique(column.cells, return_inverse=True)
        classes = tuple(str(name) for name in names)
    else:
        numbers = column.numbers(_MEND_TARGET)
        values, y = np.unique(numbers, return_inverse=True)
        few = len(values) <= MOST_NUMBERED_CLASSES
        if kind == "numbers" or (kind == "auto" and not (few and (values % 1 == 0).all())):
            return numbers, None
        classes = tuple(np.format_float_positional(value, trim="-") for value in values)
    if len(classes) < 2:
        raise TableError(
            "one_class",
            f"column {column.name!r} holds one class only, {classes[0]!r}: expected two or more; "
            "add rows of another, or pass target= with the name of another column",
            column=column.name,
        )
    return y.astype(np.int64), classes


def number_of(cell: str, decimal: str) -> float | None:
    """Read a number, or give None where the cell is text."""
    try:
        return None if "_" in cell else float(cell.replace(decimal, "."))
    except ValueError:
        return None


def _listed(names: Sequence[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more


def nearest(word: str, possible: Iterable[str]) -> str:
    """Suggest the word that was perhaps meant; the empty string where none is near."""
    folded = {name.casefold(): name for name in possible}
    found = get_close_matches(word.casefold(), folded, n=1)
    return f"did you mean {folded[found[0]]!r}?" if found else ""
