"""The kind of a column, told by its type or by its cells: numbers, dates or categories.

:mod:`~neurona.tables.cells` tells what one cell is. A column whose cells are nearly all numbers, or
dates, is one of numbers, or of dates. Its odd cells are missing then, and the column says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurona.tables.cells import (
    cells_as,
    cleared,
    date_in,
    decimal_in,
    decimal_of,
    is_moved,
    is_number,
    looks_like_date,
    looks_like_number,
    number_in,
    text_of,
    time_in,
)
from neurona.tables.columns import Column, Kind, empty, look_like_classes, moved_in, objects

NEARLY = 0.9  # of the cells that are not missing
MANY = 0.75  # of them: the others may be mistakes
FEWEST_ODD = 3  # rows that an odd text has, if it is a code and no mistake
MOST_SHOWN = 5  # odd texts
LONGEST = 30  # signs of one
AS_DATES = (
    "they look like dates: write them as 2024-12-31, or give --dates dmy or mdy (in Python, "
    "pandas.to_datetime(..., dayfirst=True))"
)
AS_NUMBERS = "they look like numbers: write them bare, as 1234.5"
STRANGE = (
    bytes,
    bytearray,
    complex,
    np.complexfloating,
    list,
    tuple,
    dict,
    set,
    frozenset,
    np.ndarray,
)
TIME = "time"  # the order of times of day
NOT_DATES = {
    None: "is not a date: write it as 2024-12-31",
    "dmy": "is not a date: write it as 2024-12-31 or 31/12/2024",
    "mdy": "is not a date: write it as 2024-12-31 or 12/31/2024",
    TIME: "is not a time of day, as those that were learned from: write it as 18:30",
}


class CellError(ValueError):
    """A cell that its column cannot hold: its row, and the problem."""

    def __init__(self, name: str, row: int, cell: object, problem: str) -> None:
        super().__init__(f"column {name!r}, row {row}: {str(cell)[:60]!r} {problem}")
        self.row, self.problem = row, problem


class Reading(NamedTuple):
    """The cells of a column, read as one kind."""

    kind: Kind
    values: list[Any]  # None where missing or odd
    odd: list[int]  # rows
    order: str | None = None  # of dates

    def is_of(self, order: str | None) -> bool:
        """Tell whether these are times of day, or dates, as the order says."""
        return self.kind == "number" or (self.order == TIME) == (order == TIME)

    @property
    def fits(self) -> int:
        """How many cells are of the kind."""
        return len(self.values) - self.values.count(None)

    def share(self) -> float:
        """Return their share of those that are not missing."""
        return self.fits / max(self.fits + len(self.odd), 1)


# ------------------------------------------------------------------- by the type of an array


def read_column(
    name: str,
    values: NDArray[Any],
    kind: Kind | None = None,
    decimal: str = ".",
    order: str | None = None,
) -> Column:
    """Read one column of an array or a frame; its dtype, or else its cells, tell its kind.

    The other arguments are for texts: see :func:`read_cells`.

    Raises
    ------
    ValueError
        If a number is infinite, or the dtype holds no numbers, texts or dates.
    """
    dtype = values.dtype.kind
    if dtype in "iuf":
        return _number(name, values.astype(np.float64))
    if dtype == "b":
        return Column(name, "category", objects(map(text_of, values.tolist())))
    if dtype == "M":
        return _date(name, values)
    if dtype == "m":
        seconds = values.astype("timedelta64[us]").astype(np.float64) / 1e6
        return _number(name, np.where(np.isnat(values), np.nan, seconds))
    if dtype == "S":
        return read_column(name, np.char.decode(values, "utf-8"), kind, decimal, order)
    if dtype not in "UTO":  # T is numpy's StringDType
        raise ValueError(f"column {name!r} is of type {values.dtype}: give numbers, texts or dates")
    return read_cells(name, values.tolist(), kind, decimal, order)


def read_categories(name: str, cells: Sequence[Any]) -> Column:
    """Read a column of categories, whatever its cells are."""
    texts = (None if cell is None else text_of(cell) for cell in cleared(cells))
    return Column(name, "category", objects(texts))


# -------------------------------------------------------------------------------- by its cells


def read_cells(
    name: str,
    cells: Sequence[Any],
    kind: Kind | None = None,
    decimal: str = ".",
    order: str | None = None,
) -> Column:
    """Return a column of texts and objects, of the kind that is given, or of that of its cells.

    Parameters
    ----------
    kind
        That of the texts, where it is known; objects tell theirs.
    decimal
        The sign before decimals, if no text tells.
    order
        The part of a date that comes first, if the year does not; ``"time"`` of times of day.

    Raises
    ------
    CellError
        If the kind is given and more cells are odd than fit, if numbers are written in two ways,
        or one is infinite.

    Examples
    --------
    >>> column = read_cells("hp", ["1.5", "?", *["3"] * 18, "5o.1"])
    >>> column.kind, column.values[:3], column.remarks
    ('number', array([1.5, nan, 3. ]), \
("is read as numbers: '?' (1 of 21 cells), '5o.1' (1) are taken for missing",))
    """
    strange = [one for one in {*map(type, cells)} if issubclass(one, STRANGE)]
    if strange:
        raise ValueError(
            f"column {name!r} has cells of type {strange[0].__name__}: give each cell one number, "
            "text or date"
        )
    plain = None if kind in ("category", "date") else _plain_numbers(cells, decimal)
    if plain is not None:
        return replace(_number(name, plain), decimal=decimal)
    cells = cleared(cells)
    texts = {cell.strip() for cell in cells if isinstance(cell, str)}
    there = [cell for cell in cells if cell is not None]
    if not there:
        return empty(name, len(cells))
    if kind == "category" and not all(map(is_number, there)):
        return read_categories(name, cells)
    decimal = decimal_in(texts, decimal) if texts else decimal
    readings = _readings(cells, decimal, order)
    if kind in ("number", "date"):
        best = next(one for one in readings if one.kind == kind and one.is_of(order))
        if len(best.odd) > best.fits:
            problem = "is not a finite number: mend it, or leave it empty"
            if kind == "date":
                problem = NOT_DATES.get(order, NOT_DATES[None])
            raise CellError(name, best.odd[0], cells[best.odd[0]], problem)
        if kind == "number" and best.share() < NEARLY:
            _refuse_two_ways(name, cells, best, decimal)
        return _column(name, cells, best, decimal)
    part: Reading | None = None
    odd: list[int] = []  # among numbers
    for one in readings:
        if one.share() >= NEARLY and not _are_codes(cells, one):
            return _column(name, cells, one, decimal)
        if one.kind == "number":
            _refuse_two_ways(name, cells, one, decimal)
            odd = one.odd if one.fits else []
        if one.share() >= MANY:
            part = one
    remarks = _what_else(cells, texts, part)
    return replace(read_categories(name, cells), remarks=remarks, odd=tuple(odd))


def _plain_numbers(cells: Sequence[Any], decimal: str) -> NDArray[np.float64] | None:
    """Return the numbers of a column in which each text is one, or empty; None of any other.

    It tells what the rules of a cell tell, many times faster.
    """
    other = "," if decimal == "." else "."
    try:
        joined = "\n".join(cells)
        if "_" in joined or other in joined:
            return None
        texts = cells if decimal == "." else joined.replace(decimal, ".").split("\n")
        values = np.array([float(text or "nan") for text in texts], np.float64)
    except (TypeError, ValueError):
        return None
    return None if np.isinf(values).any() or len(values) != len(cells) else values


def _readings(cells: Sequence[Any], decimal: str, order: str | None) -> Iterator[Reading]:
    """Yield the readings that are possible, from the most likely."""
    number: Callable[[Any], Any] = partial(number_in, decimal=decimal)
    yield Reading("number", *cells_as(cells, number))
    order = None if order == TIME else order
    yield Reading("date", *cells_as(cells, partial(date_in, order=order)), order)
    yield Reading("date", *cells_as(cells, time_in), TIME)


def _are_codes(cells: Sequence[Any], one: Reading) -> bool:
    """Tell whether numbers and odd texts are codes, such as 1, 2, 3 and A: few, and each often."""
    odd = Counter(str(cells[row]) for row in one.odd)
    if one.kind != "number" or not odd or min(odd.values()) < FEWEST_ODD:
        return False
    return look_like_classes(np.array([value for value in one.values if value is not None]))


def _refuse_two_ways(name: str, cells: Sequence[Any], one: Reading, decimal: str) -> None:
    """Refuse numbers some of which have decimal points, and some decimal commas."""
    other = {"," if decimal == "." else "."}
    there = [row for row in one.odd if isinstance(cells[row], str)]
    against = [row for row in there if decimal_of(cells[row]) in other]
    if against and one.fits + len(against) >= NEARLY * (one.fits + len(one.odd)):
        for_it = (c for c in cells if isinstance(c, str) and decimal_of(c) == decimal)
        problem = (
            f"has another decimal sign than {next(for_it, '')!r} in the same column: write all "
            "numbers of a column in one way"
        )
        raise CellError(name, against[0], cells[against[0]], problem)


def _column(name: str, cells: Sequence[Any], one: Reading, decimal: str) -> Column:
    """Return the column of a reading, with what there is to say about it."""
    if one.kind == "date":
        moments = ["NaT" if value is None else value for value in one.values]
        made = _date(name, np.array(moments, "datetime64[us]"))
    else:
        values = np.array(one.values, np.float64)  # None is NaN
        for row in np.flatnonzero(np.isinf(values)).tolist():
            if isinstance(cells[row], str):
                problem = "is not a finite number: mend it, or leave it empty"
                raise CellError(name, row, cells[row], problem)
        made = _number(name, values)
    lost = Counter(
        str(cell)
        for cell, value in zip(cells, one.values, strict=True)
        if value is None and cell is not None
    )
    remarks = []
    if lost:
        are = "is" if len(lost) == 1 else "are"
        shown = counted(lost, len(cells))
        remarks.append(f"is read as {one.kind}s: {shown} {are} taken for missing")
    dates = {cell for cell, moment in zip(cells, one.values, strict=True) if moment is not None}
    moved = {*map(is_moved, dates)} if one.kind == "date" and one.order != TIME else set()
    if {True, False} <= moved:
        remarks.append("has dates with a time zone and dates without: these are read as UTC")
    group = "," if decimal == "." else "."
    grouped = [cell for cell in cells if isinstance(cell, str) and group in cell]
    if one.kind == "number" and grouped:
        texts = {cell.strip() for cell in cells if isinstance(cell, str)}
        either = next((text for text in grouped if decimal_of(text) == ""), None)
        if either is not None and decimal_in(texts, group) == group:  # no other cell tells
            remarks.append(f"has {either!r}, which is read as {number_in(either, decimal):.12g}")
    said, odd = tuple(remarks), tuple(one.odd)
    return Column(name, made.kind, made.values, decimal, one.order, said, odd, moved_in(moved))


def _what_else(cells: Sequence[Any], texts: set[str], part: Reading | None) -> tuple[str, ...]:
    """Say what a column of categories may be as well, and how to write it."""
    if texts and all(map(looks_like_date, texts)):
        return (f"is read as texts; {AS_DATES}",)
    if texts and all(map(looks_like_number, texts)):
        return (f"is read as texts; {AS_NUMBERS}",)
    truths = sum(isinstance(cell, bool | np.bool) for cell in cells)
    numbers = sum(map(is_number, cells))
    if truths and numbers:
        return (
            f"is read as categories: {truths} of {len(cells)} cells are booleans, and {numbers} "
            "numbers; write 1 and 0 for True and False if all should be numbers",
        )
    if part is None:
        return ()
    odd, there = Counter(str(cells[row]) for row in part.odd), part.fits + len(part.odd)
    return (
        f"is read as categories: {part.fits} of {there} cells are {part.kind}s, and not "
        f"{counted(odd, len(cells))}; mend these if all should be",
    )


def counted(odd: Counter[str], n: int) -> str:
    """Write texts and their rows, those of the first beside all rows.

    >>> counted(Counter(["?", "5o.1", "?"]), 20)
    "'?' (2 of 20 cells), '5o.1' (1)"
    """
    shown: list[str] = []
    for text, count in odd.most_common(MOST_SHOWN):
        short = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
        shown.append(f"{short!r} ({count}{'' if shown else f' of {n} cells'})")
    more = f" and {len(odd) - MOST_SHOWN} more" if len(odd) > MOST_SHOWN else ""
    return ", ".join(shown) + more


def _number(name: str, values: NDArray[np.float64]) -> Column:
    if np.isinf(values).any():
        row = int(np.argmax(np.isinf(values)))
        raise ValueError(
            f"Input X contains infinity: column {name!r}, row {row}; "
            "a cell that is not known may be missing (NaN)"
        )
    if len(values) and np.isnan(values).all():
        return empty(name, len(values))
    return Column(name, "number", values)


def _date(name: str, values: NDArray[Any]) -> Column:
    if len(values) and np.isnat(values).all():
        return empty(name, len(values))
    return Column(name, "date", values.astype("datetime64[us]"))
