r"""A CSV file as a person has it: numbers, texts and dates, and cells that are missing.

A cell is missing that is empty, or says NA, N/A, NaN or null. A column is of numbers, or of dates
as ISO 8601 writes them, if all its other cells are; and of categories otherwise. Dates with the day
or the month first are read where it is said which.

>>> raw = parse("kilos,coat,born\n4.5,long,2020-03-01\nNA,short,2021-06-05\n")
>>> [(column.name, column.kind) for column in raw.table(raw.names)]
[('kilos', 'number'), ('coat', 'category'), ('born', 'date')]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from neurona.tables.columns import Column, Kind, Table
from neurona.tables.csv import (
    MOST_NUMBERED_CLASSES,
    Cells,
    TableError,
    cells_of,
    number_of,
    place_of,
)
from neurona.tables.csv import Kind as TargetKind

MISSING = frozenset({"", "na", "n/a", "nan", "null"})
SHORTEST_DATE = len("2024-01-01")
_DAY_AND_MONTH_FIRST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:(?: +|T)(\S.*))?")
_LOCAL_DATE = re.compile(
    r"(\d{1,2}([/.-])\d{1,2}\2\d{4}|\d{1,2}/\d{1,2}/\d{2}|\d{4}([/.])\d{1,2}\3\d{1,2})([ T].*)?"
)
_LOCAL_NUMBER = re.compile(  # with signs between thousands, of money or per cent
    r"[€$£¥]?\s*[+-]?(\d+|\d{1,3}([.,'\s]\d{3})+)([.,]\d+)?\s*[€$£¥%]?"
)


DateOrder: TypeAlias = Literal["dmy", "mdy"]
ORDERS = get_args(DateOrder)
"""What may come first in a date: the day or the month."""


class Target(NamedTuple):
    """What is to be predicted, in the rows where it is known.

    Attributes
    ----------
    y
        Texts, the names of classes, or numbers.
    rows
        Which rows they are.
    is_classes
        Which of both.
    """

    y: NDArray[np.str_] | NDArray[np.float64]
    rows: NDArray[np.int64]
    is_classes: bool


@dataclass(frozen=True, eq=False)
class RawTable:
    """The cells of a table; its columns are read when they are asked for."""

    cells: Cells
    encoding: str = "utf-8"  # of the file they come from
    dates: DateOrder | None = None  # how dates are written, beside ISO 8601

    def __len__(self) -> int:
        return len(self.cells.rows)

    @property
    def names(self) -> list[str]:
        """The columns' names."""
        return self.cells.names

    def texts(self, name: str) -> list[str | None]:
        """Return a column's cells, None where they are missing."""
        place = place_of(self.names, name)
        given = (row[place] for row in self.cells.rows)
        return [None if cell.casefold() in MISSING else cell for cell in given]

    def table(self, names: Iterable[str], kinds: Mapping[str, Kind] | None = None) -> Table:
        """Return some columns, of the kinds that are given, or of those that their cells have.

        Raises
        ------
        TableError
            If there is no such column, or a cell is not of the kind; the message says which.
        """
        kinds = kinds or {}
        return Table(tuple(self.column(name, kinds.get(name)) for name in names))

    def column(self, name: str, kind: Kind | None = None) -> Column:
        """Return one column."""
        texts = self.texts(name)
        known = [i for i, cell in enumerate(texts) if cell is not None]
        if not known:
            return Column(name, "empty", np.full(len(texts), None))
        numbers, dates = self._numbers(texts), None
        if kind in (None, "empty"):
            if all(numbers[i] is not None for i in known):
                kind = "number"
            else:
                dates = [_date(cell, self.dates) for cell in texts]
                kind = "date" if all(dates[i] is not None for i in known) else "category"
        if kind == "number":
            return Column(name, "number", self._finite(name, texts, numbers))
        if kind == "date":
            dates = [_date(cell, self.dates) for cell in texts] if dates is None else dates
            strange = [i for i in known if dates[i] is None]
            if strange:
                other = {"dmy": " or 31/12/2024", "mdy": " or 12/31/2024"}.get(self.dates or "", "")
                problem = f"is no date: write it as 2024-12-31{other}"
                raise self.refusal(name, strange[0], problem)
            moments = np.array(
                ["NaT" if one is None else one.isoformat() for one in dates], "datetime64[us]"
            )
            return Column(name, "date", moments)
        return Column(name, "category", np.array([*texts, None], dtype=object)[:-1])

    def target(self, name: str, kind: TargetKind = "auto") -> Target:
        """Return the target, in the rows where it is known.

        Raises
        ------
        TableError
            If there is no such column, nothing in it, or texts among numbers.
        """
        texts = self.texts(name)
        rows = [i for i, cell in enumerate(texts) if cell is not None]
        if not rows:
            raise TableError("missing", f"column {name!r} is empty: there is nothing to predict")
        numbers = self._numbers(texts)
        is_text = [i for i in rows if numbers[i] is None]
        if kind == "numbers" and is_text:
            raise self.refusal(name, is_text[0], "is not a number; mend it, or predict classes")
        if kind == "auto" and 0 < len(is_text) < len(rows):
            problem = "is text and other cells are numbers; mend it, or say --kind classes"
            raise self.refusal(name, is_text[0], problem)
        if not is_text:
            values = self._finite(name, texts, numbers)[rows]
            if kind == "numbers" or (kind == "auto" and not look_like_classes(values)):
                return Target(values, np.array(rows), False)
        return Target(self.class_names(name)[rows], np.array(rows), True)

    def class_names(self, name: str) -> NDArray[np.str_]:
        """Return a column's cells as names of classes; the empty text where they are missing.

        They are as they are written, unless one number is written in several ways: then 1.0 is 1.
        """
        texts = [cell or "" for cell in self.texts(name)]
        names = {cell: class_of(cell, self.cells.decimal) for cell in set(texts)}
        if len(set(names.values())) == len(names):
            return np.array(texts, dtype=np.str_)
        return np.array([names[cell] for cell in texts], dtype=np.str_)

    def _numbers(self, texts: Sequence[str | None]) -> list[float | None]:
        decimal = self.cells.decimal
        return [None if cell is None else number_of(cell, decimal) for cell in texts]

    def _finite(
        self, name: str, texts: Sequence[str | None], numbers: Sequence[float | None]
    ) -> NDArray[np.float64]:
        values = np.full(len(texts), np.nan)
        for i, (cell, number) in enumerate(zip(texts, numbers, strict=True)):
            if cell is None:
                continue
            if number is None or not isfinite(number):
                raise self.refusal(name, i, "is no finite number: mend it, or leave it empty")
            values[i] = number
        return values

    def refusal(self, name: str, row: int, problem: str) -> TableError:
        """Return the error of a cell."""
        line, cell = self.cells.lines[row], self.cells.rows[row][place_of(self.names, name)]
        text = f"line {line}, column {name!r}: {cell[:60]!r} {problem}"
        return TableError("not_number", text, line=line, column=name, cell=cell)


def parse(text: str, encoding: str = "utf-8", dates: DateOrder | None = None) -> RawTable:
    r"""Read a table from a text, which was in that encoding.

    >>> born = parse("born\n1/3/2020 9:30\n2021-06-05\n", dates="dmy").column("born")
    >>> born.values.astype("datetime64[m]").astype(str).tolist()
    ['2020-03-01T09:30', '2021-06-05T00:00']

    Raises
    ------
    TableError
        If it is none, or has no rows; the message says where.
    """
    cells = cells_of(text)
    if not cells.rows:
        raise TableError("no_rows", "has a header and nothing below it: expected rows")
    return RawTable(cells, encoding, dates)


def _date(cell: str | None, order: DateOrder | None) -> datetime | None:
    """Read a date, or give None where the cell is none."""
    if cell is not None and order is not None:
        cell = _as_iso(cell, order)
    if cell is None or len(cell) < SHORTEST_DATE or cell[4] != "-":
        return None
    try:
        moment = datetime.fromisoformat(cell)
        return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _as_iso(cell: str, order: DateOrder) -> str:
    """Write a date of that order as ISO 8601 does; leave everything else as it is."""
    match = _DAY_AND_MONTH_FIRST.fullmatch(cell)
    if match is None:
        return cell
    first, _, second, year, time = match.groups()
    day, month = (first, second) if order == "dmy" else (second, first)
    date = f"{year}-{month:0>2}-{day:0>2}"
    return date if time is None else f"{date}T{'0' * (time[1:2] == ':')}{time}"


def look_like_classes(values: NDArray[np.float64]) -> bool:
    """Tell numbers that name classes from quantities: few of them, and whole.

    >>> look_like_classes(np.array([1.0, 2.0, 1.0])), look_like_classes(np.array([1.5, 2.0]))
    (True, False)
    """
    distinct = np.unique(values)
    return len(distinct) <= MOST_NUMBERED_CLASSES and bool((distinct % 1 == 0).all())


def class_of(text: str, decimal: str = ",") -> str:
    """Return the text that all ways to write a class share, which are many where it is a number.

    >>> class_of("1.0"), class_of("1,50"), class_of("cat")
    ('1', '1.5', 'cat')
    """
    number = number_of(text, decimal)
    return text if number is None or not isfinite(number) else shortest(number)


def shortest(number: float) -> str:
    """Return a number as a class is named by it: 1.0 as 1.

    >>> shortest(1.0), shortest(0.1)
    ('1', '0.1')
    """
    return str(np.format_float_positional(number, trim="-"))


def looks_like(column: Column) -> str:
    """Say what texts perhaps were meant to be, and how to write it; else the empty text.

    Nothing is guessed: 1.234 is another number in Spain than in England, and 1/2/2024 another day.

    >>> looks_like(Column("born", "category", np.array(["31/12/2023", "1/2/2024", None], object)))
    'they look like dates: write them as 2024-12-31, or give --dates dmy or mdy'
    """
    if column.kind != "category":
        return ""
    texts = {cell for cell in column.values if cell is not None}
    if all(map(_LOCAL_DATE.fullmatch, texts)):
        return "they look like dates: write them as 2024-12-31, or give --dates dmy or mdy"
    if all(map(_LOCAL_NUMBER.fullmatch, texts)):
        return "they look like numbers: write them bare, as 1234.5"
    return ""


def empty(name: str, n: int) -> Column:
    """Return a column of n cells that hold nothing."""
    return Column(name, "empty", np.full(n, None))
