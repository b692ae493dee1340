"""The meaning of one cell: missing, a number, a date or a text. All rules and words are here.

A cell comes as a text, from a CSV file, or as an object, from a frame or an array. Each function
is pure, stands alone, and names only builtins, the standard library and NumPy (``np``), so that
its source text runs in another program too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from numbers import Number
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

DateOrder: TypeAlias = Literal["dmy", "mdy", "ymd"]
DATE_ORDERS = get_args(DateOrder)
"""The part of a date that comes first: the day, the month or, which needs no telling, the year."""


def known(text: str) -> str | None:
    """Return the text of a cell, or None if it says that the cell is missing.

    >>> known("4.5"), known("N/A"), known("#N/A"), known("")
    ('4.5', None, None, None)
    """
    if len(text) > 8:  # most cells that are there are told by that
        return text
    said = {"", "na", "n/a", "#n/a", "#na", "#n/a n/a", "<na>", "nan", "-nan", "nat", "null", "\\n"}
    return None if text.casefold() in said else text


def says_missing(text: str) -> bool:
    """Tell whether a text among numbers or dates says that the cell is missing.

    Among texts it may be one of them: "none" is a grade of pain.

    >>> says_missing("?"), says_missing("unknown"), says_missing("5o.1")
    (True, True, False)
    """
    signs = {"none", "nil", "missing", "unknown", "unk", "undefined", "void", "blank", "empty"}
    signs |= {"(blank)", "(null)", "(none)", "not available", "not applicable", "not known"}
    signs |= {"n.a.", "n.a", "n.d.", "n.d", "n/d", "nd", "s/d", "s.d.", "no data", "nodata"}
    signs |= {"ninguno", "desconocido", "sin dato", "sin datos", "no disponible", "faltante"}
    signs |= {"#value!", "#ref!", "#div/0!", "#num!", "#name?", "#null!", "#error!"}
    return text.casefold() in signs or re.fullmatch(r"[^\w\s#$€£¥%]{1,4}|_+|\*+", text) is not None


def number_of(text: str, decimal: str = ".") -> float | None:
    """Return the number that a text is, or None; infinity is a number here.

    Between thousands there may be the other sign, blanks or apostrophes.

    >>> number_of("1,5", ","), number_of("1,200"), number_of("1_000"), number_of("cat")
    (1.5, 1200.0, None, None)
    """
    other = "," if decimal == "." else "."
    if "_" in text:
        return None
    if other not in text:
        try:
            return float(text if decimal == "." else text.replace(decimal, "."))
        except ValueError:
            pass
    text = text.replace("\u2212", "-")
    if not text.isascii() or " " in text or "'" in text or other in text:
        blank = rf"[{other} '\u2019\u00a0\u2009\u202f]"
        thousands = rf"[-+]?[1-9]\d{{0,2}}({blank})\d{{3}}(\1\d{{3}})*([{decimal}]\d*)?"
        text = re.sub(blank, "", text) if re.fullmatch(thousands, text) else text
    try:
        return None if other in text else float(text.replace(decimal, "."))
    except ValueError:
        return None


def decimal_of(text: str) -> str | None:
    """Return the sign that a number must have before its decimals; "" if it may have either.

    None where the text is not a number.

    >>> decimal_of("2,5"), decimal_of("1.234.567"), decimal_of("1.234"), decimal_of("cat")
    (',', ',', '', None)
    """
    point, comma = number_of(text, ".") is not None, number_of(text, ",") is not None
    if point and comma:
        return ""
    return "." if point else "," if comma else None


def decimal_in(texts: Collection[str], otherwise: str) -> str:
    """Return the sign before decimals that most texts must have; of none, ``otherwise``.

    >>> decimal_in(["1.234", "2,5"], "."), decimal_in(["1.234", "999"], ".")
    (',', '.')
    """
    other = "," if otherwise == "." else "."
    if other not in "\n".join(texts):
        return otherwise
    told = [decimal_of(text) for text in texts if "." in text or "," in text]
    return other if told.count(other) > told.count(otherwise) else otherwise


def time_of(text: str) -> str | None:
    """Return a time of day as ISO 8601 writes it, or None.

    >>> time_of("9:30"), time_of("9:30:15.5 PM"), time_of("24:30")
    ('09:30:00.000000', '21:30:15.500000', None)
    """
    clock = r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,6})\d*)?)?(?:\s*([AaPp])\.?\s?[Mm]\.?)?"
    match = re.fullmatch(clock, text)
    if match is None:
        return None
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    half = (match[5] or "").casefold()
    if half:
        hour = hour % 12 + 12 * (half == "p") if 1 <= hour <= 12 else 24
    if hour > 23 or minute > 59 or second > 59:
        return None
    return f"{hour:02}:{minute:02}:{second:02}.{match[4] or '':0<6}"


def date_of(text: str, order: str | None = None) -> datetime | None:
    """Return the date that a text is, in UTC where it names a zone, or None.

    The year is first, as in ISO 8601, or the month has a name, in English or Spanish. If an order
    is given, the day (``"dmy"``) or the month (``"mdy"``) may be first. A time may follow.

    >>> date_of("2024-12-31T18:30"), date_of("31/12/2024", "dmy"), date_of("31/12/2024")
    (datetime.datetime(2024, 12, 31, 18, 30), datetime.datetime(2024, 12, 31, 0, 0), None)
    >>> date_of("2012/1/31"), date_of("1-Feb-2023 9:30 PM UTC")
    (datetime.datetime(2012, 1, 31, 0, 0), datetime.datetime(2023, 2, 1, 21, 30))
    """
    if re.search(r"\d{4}", text) is None or len(text) > 60:
        return None
    try:
        if re.match(r"\d{4}-\d\d-\d\d", text):
            iso = re.sub(r" ?(UTC|GMT)$", "Z" if ":" in text else "", text)
            moment = datetime.fromisoformat(iso)
            return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        pass
    names = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    names += "diciembre january february march april may june july august september october "
    names += "november december"
    name, day, year = r"([^\W\d_]{3,10})\.?", r"(\d{1,2})(?:st|nd|rd|th|º)?", r"(\d{4})"
    forms = {  # where year, month and day are
        r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})": (1, 3, 4),
        rf"{day}[-/. ]+(?:de +)?{name},?[-/. ]+(?:del? +)?{year}": (3, 2, 1),
        rf"{name} +{day},? +{year}": (3, 1, 2),
        rf"{year}[-/. ]{name}[-/. ]{day}": (1, 2, 3),
    }
    if order in ("dmy", "mdy"):
        forms[r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})"] = (4, 3, 1) if order == "dmy" else (4, 1, 3)
    text = re.sub(r"^(mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +", "", text, flags=re.IGNORECASE)
    offset = r"(?<=:\d\d)[-+]\d\d:?\d\d|[-+]\d\d:\d\d"
    rest = rf"(?:(?:,? +|T)(\d{{1,2}}:\d\d.*?))?(?: *(Z|UTC|GMT|{offset}))?"
    for form, places in forms.items():
        match = re.fullmatch(form + rest, text)
        if match is None:
            continue
        year, month, day = (match[place] for place in places)
        if not month.isdecimal():
            meant = (full.startswith(month.casefold()) for full in names.split())
            month = str(next((k % 12 + 1 for k, found in enumerate(meant) if found), 13))
        clock = time_of(match[match.re.groups - 1] or "0:00")
        zone = (match[match.re.groups] or "").replace("UTC", "Z").replace("GMT", "Z")
        try:
            moment = datetime.fromisoformat(f"{year}-{month:0>2}-{day:0>2}T{clock}{zone}")
            return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
        except (ValueError, OverflowError):
            return None
    return None


def looks_like_number(text: str) -> bool:
    """Tell whether a text may be a number with thousands separators, a currency or a percent sign.

    Nothing is guessed: 1.234 is another number in Spain than in England.
    """
    number = r"[+-]?\s*[€$£¥₹]?\s*[+-]?(\d+|\d{1,3}([.,'\s]\d{3})+)([.,]\d+)?\s*[€$£¥₹%]?"
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


def is_moved(cell: object) -> bool | None:
    """Tell whether a date was moved to UTC; None if it names UTC itself, and False if no zone.

    >>> is_moved("2024-12-31T18:30+02:00"), is_moved("2024-12-31 18:30 UTC"), is_moved("2024-12-31")
    (True, None, False)
    """
    if isinstance(cell, str):
        zone = re.search(r":\d\d.*?(Z|UTC|GMT|[-+]\d\d(?::?\d\d)?)$", cell.strip())
        return False if zone is None else re.search("[1-9]", zone[1]) is not None or None
    offset = cell.utcoffset() if isinstance(cell, datetime) else None
    return False if offset is None else bool(offset) or None


def float_of(cell: object) -> float:
    """Return a number of any type; infinity for an integer beyond all floats."""
    try:
        return float(cell)  # type: ignore[arg-type]
    except OverflowError:
        return np.inf


def text_of(cell: object) -> str:
    """Return a category's text: the same for 1 and 1.0, since missing cells turn 1 into 1.0.

    Blanks around a text are not part of it, as in a CSV file.

    >>> text_of(1.0), text_of(True), text_of(" cat")
    ('1', 'True', 'cat')
    """
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))
    return str(cell).strip()


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


def same_number(text: str, decimal: str = ".") -> str:
    """Return what all texts of one number share, to its last digit; another text as it is.

    >>> same_number("1.0") == same_number("01"), same_number("9007199254740993"), same_number("cat")
    (True, '9007199254740993', 'cat')
    """
    try:
        number = Decimal(text.replace("_", "?").replace(decimal, "."))
        return str(number.normalize()) if number.is_finite() else text
    except ArithmeticError:
        return text


def number_in(cell: object, decimal: str = ".") -> float | None:
    """Return the number that a cell is, or that its text says; of a duration, its seconds.

    >>> number_in("1,5", ","), number_in(3), number_in(timedelta(hours=1)), number_in(True)
    (1.5, 3.0, 3600.0, None)
    """
    if isinstance(cell, str):
        return number_of(cell.strip(), decimal)
    if isinstance(cell, timedelta | np.timedelta64):
        return float(np.timedelta64(cell, "us").astype(np.int64)) / 1e6
    return float_of(cell) if is_number(cell) else None


def date_in(cell: object, order: str | None = None) -> np.datetime64 | None:
    """Return the date that a cell is, or that its text says."""
    day = date_of(cell.strip(), order) if isinstance(cell, str) else cell
    return moment_of(day) if is_date(day) else None


def time_in(cell: object) -> np.datetime64 | None:
    """Return the time of day that a cell is, or that its text says: that of 1 January 1970."""
    clock = cell.isoformat() if isinstance(cell, time) else None
    clock = time_of(cell.strip()) if isinstance(cell, str) else clock
    return None if clock is None else moment_of(datetime.fromisoformat(f"1970-01-01T{clock}"))


def cleared(cells: Iterable[object]) -> list[Any]:
    """Return cells with None where they are missing.

    >>> cleared(["4.5 ", " ", float("nan"), "NA", 3])
    ['4.5 ', None, None, None, 3]
    """
    cells = list(cells)
    texts = {cell for cell in cells if isinstance(cell, str)}
    gone = {text for text in texts if known(text.strip()) is None}
    return [
        (None if cell in gone else cell)
        if isinstance(cell, str)
        else (None if is_missing(cell) else cell)
        for cell in cells
    ]


def cells_as(cells: Sequence[object], read: Callable[[Any], Any]) -> tuple[list[Any], list[int]]:
    """Return what each cell is to ``read``, and the rows of those that are nothing to it.

    A missing cell is None, and so is one whose text says that it is missing.

    >>> cells_as(["1.5", None, "?", "5o.1"], number_in)
    ([1.5, None, None, None], [3])
    """
    if {*map(type, cells)} <= {str, type(None)}:
        made = {text: read(text) for text in {*cells} - {None}}
        values = [*map(made.get, cells)]
    else:
        values = [None if cell is None else read(cell) for cell in cells]
    if values.count(None) == cells.count(None):  # which is quicker than to look at each
        return values, []
    odd = [
        row
        for row, (cell, value) in enumerate(zip(cells, values, strict=True))
        if value is None and cell is not None
        if not (isinstance(cell, str) and says_missing(cell.strip()))
    ]
    return values, odd
