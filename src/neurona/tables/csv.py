r"""A CSV file: numbers, texts and dates, and cells that are missing.

:mod:`~neurona.tables.cells` tells what a cell is. A column is of numbers, or of dates, if all its
known cells are; and of categories otherwise.

>>> table = parse_csv("kilos,coat,born\n4.5,long,2020-03-01\nNA,short,2021-06-05\n")
>>> [(column.name, column.kind) for column in table.select(table.names)]
[('kilos', 'number'), ('coat', 'category'), ('born', 'date')]
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurona.tables.cells import DateOrder, class_of, date_of, known, number_of
from neurona.tables.columns import Column, Kind, empty, objects
from neurona.tables.file import TableError, TableFile, listed


@dataclass(frozen=True, eq=False)
class CsvTable(TableFile):
    """The cells of a table as they are written.

    Attributes
    ----------
    names
        Of the columns.
    cells
        Rows of texts, each as long as the names.
    lines
        Where each row begins in the file, from 1.
    delimiter, decimal
        The sign between cells, and that before decimals.
    encoding
        Of the file.
    dates
        The order of day and month, where dates are not all written as ISO 8601 says.
    """

    names: list[str]
    cells: list[list[str]]
    lines: list[int]
    delimiter: str
    decimal: str
    encoding: str = "utf-8"
    dates: DateOrder | None = None

    def __len__(self) -> int:
        return len(self.cells)

    def texts(self) -> list[list[str]]:
        """Return the rows."""
        return self.cells

    def column(self, name: str, kind: Kind | None = None) -> Column:
        """Return one column, of the kind that is given, or of that of its cells."""
        texts = self._known(name)
        rows = [i for i, cell in enumerate(texts) if cell is not None]
        if not rows:
            return empty(name, len(texts))
        if kind in (None, "empty", "number"):
            numbers = self._numbers(texts)
            if kind == "number" or all(numbers[i] is not None for i in rows):
                return Column(name, "number", self._finite(name, texts, numbers))
        if kind != "category":
            dates = [None if cell is None else date_of(cell, self.dates) for cell in texts]
            strange = next((i for i in rows if dates[i] is None), None)
            if strange is None:
                moments = ["NaT" if one is None else one.isoformat() for one in dates]
                return Column(name, "date", np.array(moments, "datetime64[us]"))
            if kind == "date":
                other = {"dmy": " or 31/12/2024", "mdy": " or 12/31/2024"}.get(self.dates or "", "")
                raise self.error(name, strange, f"is not a date: write it as 2024-12-31{other}")
        return Column(name, "category", objects(texts))

    def class_names(self, name: str) -> NDArray[np.str_]:
        """Return a column's cells as names of classes; the empty text where they are missing.

        They are as they are written, unless one number is written in several ways: then 1.0 is 1.
        """
        texts = [cell or "" for cell in self._known(name)]
        names = {cell: class_of(cell, self.decimal) for cell in set(texts)}
        if len(set(names.values())) == len(names):
            return np.array(texts, dtype=np.str_)
        return np.array([names[cell] for cell in texts], dtype=np.str_)

    def error(self, name: str, row: int, problem: str, code: str = "not_number") -> TableError:
        """Return the error of a cell."""
        line, cell = self.lines[row], self.cells[row][self.place_of(name)]
        text = f"line {line}, column {name!r}: {cell[:60]!r} {problem}"
        return TableError(code, text, line=line, column=name, cell=cell)

    def written(self, name: str) -> list[str]:
        """Return a column's cells as they are written."""
        place = self.place_of(name)
        return [row[place] for row in self.cells]

    def _known(self, name: str) -> list[str | None]:
        return [known(cell) for cell in self.written(name)]

    def _numbers(self, texts: Sequence[str | None]) -> list[float | None]:
        return [None if cell is None else number_of(cell, self.decimal) for cell in texts]

    def _finite(
        self, name: str, texts: Sequence[str | None], numbers: Sequence[float | None]
    ) -> NDArray[np.float64]:
        values = np.full(len(texts), np.nan)
        for i, (cell, number) in enumerate(zip(texts, numbers, strict=True)):
            if cell is None:
                continue
            if number is None or not isfinite(number):
                raise self.error(name, i, "is not a finite number: mend it, or leave it empty")
            values[i] = number
        return values

    def _rows_of_text(self, column: Column, rows: NDArray[np.int64]) -> list[int]:
        numbers = self._numbers(self._known(column.name))
        return [row for row in rows.tolist() if numbers[row] is None]


def parse_csv(
    text: str, encoding: str = "utf-8", dates: DateOrder | None = None, fewest: int = 1
) -> CsvTable:
    r"""Read a table from a text, which was in that encoding.

    Cells are separated by commas, semicolons or tabs, whichever splits the header into most names.
    Between semicolons, a comma is a decimal sign. Blank lines are skipped.

    Raises
    ------
    TableError
        If quotes are out of order, columns are not named or fewer than ``fewest``, a row is too
        short or too long, or there is none.

    Examples
    --------
    >>> born = parse_csv("born\n1/3/2020 9:30\n2021-06-05\n", dates="dmy").column("born")
    >>> born.values.astype("datetime64[m]").astype(str).tolist()
    ['2020-03-01T09:30', '2021-06-05T00:00']
    """
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
    cells, lines = [row.cells for row in rows], [row.line for row in rows]
    return CsvTable(names, cells, lines, delimiter, decimal, encoding, dates)


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
    first: dict[str, int] = {}  # where each name stands
    for i, name in enumerate(names):
        if not name:
            raise TableError(
                "unnamed",
                f"{where}: column {i + 1} has no name; name it or delete the column",
                line=header.line,
                column=i + 1,
            )
        if first.setdefault(name, i) != i:
            raise TableError(
                "twice",
                f"{where}: columns {first[name] + 1} and {i + 1} are both named {name!r}; "
                "rename one of them",
                line=header.line,
                column=name,
            )
