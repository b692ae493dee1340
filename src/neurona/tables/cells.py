"""The meaning of one cell: missing, a number, a date or a text. All rules and words are here.

A cell comes as a text, from a CSV file, or as an object, from a frame or an array. Each function
is pure, stands alone, and names only builtins, the standard library and NumPy (``np``), so that
its source text runs in another program too.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from math import isfinite
from numbers import Number
from typing import Literal, TypeAlias, get_args

import numpy as np

DateOrder: TypeAlias = Literal["dmy", "mdy"]
DATE_ORDERS = get_args(DateOrder)
"""The part of a date that may come first, where it is not the year: the day or the month."""


def known(text: str) -> str | None:
    """Return the text of a cell, or None if it says that the cell is missing.

    >>> known("4.5"), known("N/A"), known("")
    ('4.5', None, None)
    """
    return None if text.casefold() in ("", "na", "n/a", "nan", "null") else text


def number_of(text: str, decimal: str = ".") -> float | None:
    """Return the number that a text is, or None; NaN and infinity are numbers here.

    >>> number_of("1,5", ","), number_of("1_000"), number_of("cat")
    (1.5, None, None)
    """
    try:
        return None if "_" in text else float(text.replace(decimal, "."))
    except ValueError:
        return None


def date_of(text: str, order: str | None = None) -> datetime | None:
    """Return the date that a text is, in UTC where it names a zone, or None.

    It is written as ISO 8601 says, or, if an order is given, with the day (``"dmy"``) or the month
    (``"mdy"``) first.

    >>> date_of("2024-12-31T18:30"), date_of("31/12/2024", "dmy"), date_of("31/12/2024")
    (datetime.datetime(2024, 12, 31, 18, 30), datetime.datetime(2024, 12, 31, 0, 0), None)
    """
    local = r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:(?: +|T)(\S.*))?"
    match = None if order is None else re.fullmatch(local, text)
    if match is not None:
        first, _, second, year, time = match.groups()
        day, month = (first, second) if order == "dmy" else (second, first)
        text = f"{year}-{month:0>2}-{day:0>2}"
        if time is not None:
            text += f"T{'0' * (time[1:2] == ':')}{time}"
    if len(text) < len("2024-01-01") or text[4] != "-":
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def looks_like_number(text: str) -> bool:
    """Tell whether a text may be a number with thousands separators, a currency or a percent sign.

    Nothing is guessed: 1.234 is another number in Spain than in England.
    """
    number = r"[€$£¥]?\s*[+-]?(\d+|\d{1,3}([.,'\s]\d{3})+)([.,]\d+)?\s*[€$£¥%]?"
    return re.fullmatch(number, text) is not None


def looks_like_date(text: str) -> bool:
    """Tell whether a text may be a date that is not written as ISO 8601 says.

    Nothing is guessed: 1/2/2024 is another day in Spain than in the United States.
    """
    day = r"\d{1,2}([/.-])\d{1,2}\2\d{4}|\d{1,2}/\d{1,2}/\d{2}|\d{4}([/.])\d{1,2}\3\d{1,2}"
    date = rf"({day})([ T].*)?"
    return re.fullmatch(date, text) is not None


def is_missing(cell: object) -> bool:
    """Tell whether a cell is None, pandas' NA, or NaN or NaT, which do not equal themselves."""
    if cell is None or type(cell).__name__ == "NAType":
        return True
    try:
        return bool(cell != cell)  # noqa: PLR0124
    except (TypeError, ValueError):  # an array, say
        return False


def is_number(cell: object) -> bool:
    """Tell whether an object is a number, and neither a boolean nor a duration."""
    others = (bool, complex, np.complexfloating, np.timedelta64)  # numbers to Python or NumPy
    return isinstance(cell, Number) and not isinstance(cell, others)


def is_date(cell: object) -> bool:
    """Tell whether an object is a date of Python or NumPy, with or without a time."""
    return isinstance(cell, date | np.datetime64)


def moment_of(cell: object) -> np.datetime64:
    """Return a date of Python or NumPy in microseconds, in UTC where it has a zone."""
    if isinstance(cell, datetime) and cell.tzinfo is not None:
        cell = cell.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(cell, "us")  # type: ignore[call-overload, no-any-return]


def float_of(cell: object) -> float:
    """Return a number of any type; infinity for an integer beyond all floats."""
    try:
        return float(cell)  # type: ignore[arg-type]
    except OverflowError:
        return np.inf


def text_of(cell: object) -> str:
    """Return a category's text: the same for 1 and 1.0, since missing cells turn 1 into 1.0.

    >>> text_of(1.0), text_of(True), text_of("cat")
    ('1', 'True', 'cat')
    """
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))
    return str(cell)


def numbers_among(levels: list[str] | tuple[str, ...]) -> dict[float, str]:
    """Return the categories that are numbers, by their numbers.

    >>> numbers_among(("A1", "7", "1.50"))
    {7.0: '7', 1.5: '1.50'}
    """
    numbers = ((number_of(level), level) for level in levels)
    return {number: level for number, level in numbers if number is not None}


def shortest(number: float) -> str:
    """Return the name of a class that is a number: without an exponent, and 1.0 as 1.

    >>> shortest(1.0), shortest(0.1)
    ('1', '0.1')
    """
    return str(np.format_float_positional(number, trim="-"))


def class_of(text: str, decimal: str = ",") -> str:
    """Return the name that all spellings of a class share; numbers have several.

    >>> class_of("1.0"), class_of("1,50"), class_of("cat")
    ('1', '1.5', 'cat')
    """
    number = number_of(text, decimal)
    return text if number is None or not isfinite(number) else shortest(number)
