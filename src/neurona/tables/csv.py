r"""A CSV file: numbers, texts and dates, and cells that are missing.

:mod:`~neurona.tables.cells` tells what a cell is. A column is of numbers, or of dates, if all its
known cells are; and of categories otherwise.

>>> table = parse_csv("kilos,coat,born\n4.5,long,2020-03-01\nNA,short,2021-06-05\n")
>>> [(column.name, column.kind) for column in table.select(table.names)]
[('kilos', 'number'), ('coat', 'category'), ('born', 'date')]
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from neurona.tables.cells import DateOrder, class_of, date_of, known, number_of
from neurona.tables.columns import Column, Kind, empty, objects
from neurona.tables.file import TableError, TableFile, place_of
from neurona.tables.layout import layout_of


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
    counting, notes, before, header, rows, line_end
        See :class:`~neurona.tables.layout.Layout`.
    """

    names: list[str]
    cells: list[list[str]]
    lines: list[int]
    delimiter: str
    decimal: str
    encoding: str = "utf-8"
    dates: DateOrder | None = None
    counting: Sequence[str] = ()
    notes: Sequence[str] = ()
    before: str = ""
    header: list[str] | None = None
    rows: list[list[str]] | None = None
    line_end: str = "\n"

    def __len__(self) -> int:
        return len(self.cells)

    def texts(self) -> list[list[str]]:
        """Return the rows, with the cells of columns that have no name."""
        return self.cells if self.rows is None else self.rows

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
        line, cell = self.lines[row], self.cells[row][place_of(self.names, name)]
        text = f"line {line}, column {name!r}: {cell[:60]!r} {problem}"
        return TableError(code, text, line=line, column=name, cell=cell)

    def written(self, name: str) -> list[str]:
        """Return a column's cells as they are written."""
        place = place_of(self.names, name)
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
    text: str,
    encoding: str = "utf-8",
    dates: DateOrder | None = None,
    fewest: int = 1,
    needed: Collection[str] = (),
) -> CsvTable:
    r"""Read a table from a text, which was in that encoding.

    :mod:`~neurona.tables.layout` finds what separates cells, and where the header is. Between
    semicolons, a comma is a decimal sign. A first line with all ``needed`` names is the header.

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
    layout = layout_of(text, fewest, needed)
    return CsvTable(**layout._asdict(), encoding=encoding, dates=dates)
