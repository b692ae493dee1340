"""The layout of a CSV text: which sign separates, which line is the header, which rows there are.

:mod:`~neurona.tables.cells` tells what a cell is.
"""

from __future__ import annotations

import codecs
import csv
import io
from typing import NamedTuple

from neurona.tables.cells import number_of
from neurona.tables.file import TableError, listed


class Layout(NamedTuple):
    """The names and the stripped cells of a text, and how they are written in it."""

    names: list[str]
    cells: list[list[str]]  # rows, each as long as the names
    lines: list[int]  # where each row begins, from 1
    delimiter: str
    decimal: str


def layout_of(text: str, fewest: int = 1) -> Layout:
    """Return the layout of a table that has that many columns or more; see ``parse_csv``."""
    delimiter, (header, *rows) = _rows(text)
    decimal = "," if delimiter == ";" else "."
    _check_names(header, decimal, fewest)
    if not rows:
        raise TableError(
            "no_rows", "has a header and nothing below it: expected a row for each example"
        )
    names = header.cells
    for row in rows:
        if len(row.cells) != len(names):
            raise TableError(
                "ragged",
                f"line {row.line} has {len(row.cells)} cells, expected {len(names)} as in the "
                "header; mend the row, and quote each cell that holds a delimiter",
                line=row.line,
                count=len(row.cells),
                expected=len(names),
            )
    return Layout(
        names, [row.cells for row in rows], [row.line for row in rows], delimiter, decimal
    )


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


class _Row(NamedTuple):
    line: int  # where it begins in the file, from 1
    cells: list[str]


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


def _check_names(header: _Row, decimal: str, fewest: int) -> None:
    where, names = f"line {header.line}", header.cells
    values = [number_of(name, decimal) for name in names]
    fractions = [n for n, value in zip(names, values, strict=True) if value and value % 1 > 0]
    if None not in values or fractions:
        raise TableError(
            "header",
            f"{where} has numbers ({listed(fractions or names)}): expected the names of the "
            "columns; add a first line with them, for example x1,x2,label",
            line=header.line,
        )
    if len(names) < fewest:
        raise TableError(
            "few_columns",
            f"{where} names {len(names)} column(s), {listed(names)}: expected two features or "
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
