r"""A CSV file: numbers, texts and dates, and cells that are missing.

:mod:`~neurona.tables.kinds` tells what a column is by its cells.

>>> table = parse_csv("kilos,coat,born\n4.5,long,2020-03-01\nNA,short,2021-06-05\n")
>>> [(column.name, column.kind) for column in table.select(table.names)]
[('kilos', 'number'), ('coat', 'category'), ('born', 'date')]
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neurona.tables.cells import DateOrder, decimal_in, known
from neurona.tables.columns import Column, Kind
from neurona.tables.file import TableError, TableFile
from neurona.tables.kinds import TIME, CellError, read_cells
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
        The sign between cells, and that before decimals in most cells that tell.
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

    def part(self, rows: slice) -> CsvTable:
        """Return the table of some of the rows."""
        whole = None if self.rows is None else self.rows[rows]
        return replace(self, cells=self.cells[rows], lines=self.lines[rows], rows=whole)

    def column(
        self,
        name: str,
        kind: Kind | None = None,
        decimal: str | None = None,
        order: str | None = None,
    ) -> Column:
        """Return one column, of the kind that is given, or of that of its cells.

        ``decimal`` and ``order`` are those of a table that was read before; the signs of this one
        may be others, if its cells tell.
        """
        if decimal in (None, self.decimal) or self._tells_decimal:
            decimal = self.decimal
        try:
            order = order if order == TIME else self.dates or order
            return read_cells(name, self.written(name), kind, str(decimal), order)
        except CellError as error:
            raise self.error(name, error.row, error.problem) from None

    @cached_property
    def _tells_decimal(self) -> bool:
        """Whether a cell has decimals, or thousands, that can be read in one way only."""
        texts = {cell for row in self.cells for cell in row}
        return decimal_in(texts, ".") == decimal_in(texts, ",")

    def class_names(self, name: str) -> NDArray[np.str_]:
        """Return a column's cells as names of classes; the empty text where they are missing."""
        return np.array([known(cell) or "" for cell in self.written(name)], dtype=np.str_)

    def error(self, name: str, row: int, problem: str, code: str = "not_number") -> TableError:
        """Return the error of a cell."""
        line, cell = self.lines[row], self.cells[row][self.place_of(name)]
        text = f"line {line}, column {name!r}: {cell[:60]!r} {problem}"
        return TableError(code, text, line=line, column=name, cell=cell)

    def written(self, name: str) -> list[str]:
        """Return a column's cells as they are written."""
        place = self.place_of(name)
        return [row[place] for row in self.cells]


def parse_csv(
    text: str,
    encoding: str = "utf-8",
    dates: DateOrder | None = None,
    fewest: int = 1,
    needed: Collection[str] = (),
) -> CsvTable:
    r"""Read a table from a text, which was in that encoding.

    :mod:`~neurona.tables.layout` finds what separates cells, and where the header is. Between
    semicolons, a comma is a decimal sign, unless the numbers tell another. A first line with all
    ``needed`` names is the header.

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
    texts = {cell for row in layout.cells for cell in row}
    layout = layout._replace(decimal=decimal_in(texts, layout.decimal))
    return CsvTable(**layout._asdict(), encoding=encoding, dates=dates)
