r"""The layout of a CSV text: which sign separates, which line is the header, which rows there are.

:mod:`~neurona.tables.cells` tells what a cell is; here all cells are texts. The functions name only
builtins, the standard library, :func:`known`, :func:`listed`, :class:`TableError` and each other,
so that their source text runs in another program too.

>>> layout = layout_of("sep=;\n;kilos;coat\n0;4,5;long\n1;30;short\n")
>>> layout.names, layout.cells, layout.delimiter
(['kilos', 'coat'], [['4,5', 'long'], ['30', 'short']], ';')
>>> layout.notes
['column 1 has no name and counts the rows: it is left out']
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable
from itertools import islice, pairwise, takewhile
from typing import NamedTuple

from neurona.tables.cells import known
from neurona.tables.file import TableError, listed


class Layout(NamedTuple):
    """How a text is laid out as a table.

    Attributes
    ----------
    names
        Of the columns that have one.
    cells
        Rows of stripped texts, each as long as the names.
    lines
        Where each row begins, from 1.
    delimiter, decimal
        The sign between cells, and that before decimals.
    counting
        The names of columns that count the rows, such as ``Unnamed: 0``.
    notes
        What a person may not expect, such as a column that is left out.
    before, header, rows, line_end
        The table as it is written: the text above the header, the header (shorter than the rows
        where these begin with their own names), all cells, and the end of a line.
    """

    names: list[str]
    cells: list[list[str]]
    lines: list[int]
    delimiter: str
    decimal: str
    counting: list[str]
    notes: list[str]
    before: str
    header: list[str]
    rows: list[list[str]]
    line_end: str


def layout_of(text: str, fewest: int = 1, needed: Collection[str] = ()) -> Layout:
    """Return the layout of a table that has that many columns or more.

    A first line with all names that are ``needed`` is the header, though they be numbers.

    Raises
    ------
    TableError
        If the text is not such a table; the message says where, and how to mend it.
    """
    check_is_csv(text)
    begin, commented, sign = beginning_of(text)
    sign = sign or delimiter_of(text, begin)
    records = records_of(text, begin, sign)
    if commented is not None and is_header_commented(text, commented, sign, records):
        begin, records = commented, records_of(text, commented, sign)
    if not records:
        raise TableError(
            "empty", "is empty: expected a line with the names of the columns, then the rows"
        )
    titles = titles_among([cells for _, cells in records[:200]])
    (line, header), data = records[titles], records[titles + 1 :]
    above = islice(io.StringIO(text[begin:], newline=""), line - records[0][0])
    before = text[:begin] + "".join(above)
    notes = notes_above(before, sign)
    lines = [at for at, _ in data]
    header, rows, places = without_hollow(header, [cells for _, cells in data], notes)
    first = next(islice(io.StringIO(text, newline=""), lines[0] - 1, None)) if lines else ""
    may_be_decimals = sign == "," and not first.lstrip().startswith('"')
    skipped, left = left_out(header, rows, may_be_decimals, notes)
    names, places = header[skipped:], places[skipped:]
    cells = [row[left:] for row in rows] if left else rows
    are_names = skipped > 0 or (len(needed) > 0 and {*needed} <= {*names})
    check_names(names, cells, line, places, fewest, are_names)
    check_rows(names, cells, line, lines)
    if not sign:
        sign = ","
        blank = len(re.findall(r"\r\n|\r|\n", text[len(text.rstrip()) :])) - 1
        if blank > 1:
            notes.append(f"the {blank} blank lines at the end are not rows")
    end = re.search(r"\r\n|\r|\n", text)
    counting = counting_names(names, cells)
    decimal, line_end = "," if sign == ";" else ".", "\n" if end is None else end[0]
    return Layout(
        names, cells, lines, sign, decimal, counting, notes, before, header, rows, line_end
    )


def check_is_csv(text: str) -> None:
    """Raise a TableError for a page, another format, or what is not a text."""
    if text.startswith("PK\3\4"):
        kind = "an Excel workbook or another zip archive"
        raise TableError("format", f"is {kind}, and not a CSV file: export it as CSV")
    if "\0" in text:
        line = len(re.findall(r"\r\n|\r|\n", text[: text.index("\0")])) + 1
        raise TableError("format", f"line {line} has a NUL byte: expected a text", line=line)
    kinds = {
        r"<(!doctype html|html|table|head|body)\b": "an HTML page",
        r"<(\?xml|\w+\s+xmlns)": "XML",
        r'[{\[]\s*(["{\[\]}]|$)': "JSON",
    }
    start = text[:200].lstrip("\ufeff \t\r\n").lower()
    for pattern, kind in kinds.items():
        if re.match(pattern, start, re.MULTILINE):
            raise TableError("format", f"is {kind}, and not a CSV file: export it as CSV")


def beginning_of(text: str) -> tuple[int, int | None, str | None]:
    """Return where the table begins, below blank lines, Excel's ``sep=;`` and comments.

    Returns
    -------
    begin
        A place in the text.
    commented
        The place of the first sign in the last comment, for it may be the header.
    sign
        What separates cells, if a line ``sep=`` says so.
    """
    end = r"(?:\r\n|\r|\n)"
    said = re.compile(rf'\ufeff?(?:[ \t]*{end})*(?:"?sep=([^\w"\r\n])"?[ \t]*{end})?', re.I)
    top = said.match(text)
    assert top is not None  # it may be of no letters
    comments = re.compile(rf"(?:[ \t]*(?:#+[ \t]*([^\r\n]*))?{end})*")
    above = comments.match(text, top.end())
    assert above is not None
    place = above.start(1) if above[1] else None
    return above.end(), place, top[1]


def records_of(
    text: str, begin: int, sign: str, most: int | None = None, strict: bool = True
) -> list[tuple[int, list[str]]]:
    """Return the lines where rows begin, from 1, and their stripped cells.

    Blank lines are left out. In a table of one column, which has an empty sign, a blank line is a
    missing cell, unless it is at the end.
    """
    body, line = text[begin:], 0
    if not sign:
        body = body.rstrip(" \t\r\n").replace("\r\r\n", "\r\n")  # one end of a line, written twice
    elif sign == " ":
        body = re.sub(r"(?<![ \t])[ \t]+(?=[\r\n]|\Z)", "", body)
    delimiter = sign or next(one for one in map(chr, range(0xE000, 0xF900)) if one not in body)
    first = len(re.findall(r"\r\n|\r|\n", text[:begin])) + 1
    csv.field_size_limit(max(csv.field_size_limit(), len(body)))  # 131,072 signs by default
    said = ""
    for with_blanks in (True, False):
        if not with_blanks:
            if '" ' not in body:
                break
            body = without_blanks(body, delimiter)
        file, records = io.StringIO(body, newline=""), []
        reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True, strict=strict)
        at = first
        try:
            for row in islice(reader, most):
                cells = [cell.strip() for cell in row] or [""]
                if not sign or len(cells) > 1 or cells[0]:
                    records.append((at, cells))
                at = first + reader.line_num
            return records
        except csv.Error as error:
            line, said = line or at, said or str(error).replace(f"'{delimiter}'", repr(sign))
    raise TableError(
        "quotes",
        f"line {line}: quotes out of order ({said}); a cell that begins with a quote ends with "
        "one, and a quote inside of it is doubled",
        line=line,
    )


def without_blanks(text: str, delimiter: str) -> str:
    """Return a text without the blanks behind closing quotes, which a strict reader refuses."""
    no, quoted = rf"[^{re.escape(delimiter)}\r\n]", r' *"[^"]*(?:""[^"]*)*"'
    return re.sub(rf"(?<!{no})({quoted}) *(?!{no})", r"\1", text)


def delimiter_of(text: str, begin: int) -> str:
    """Find the sign that separates cells; the empty text for one column.

    It splits the header and all rows into equally many cells, as a reader that knows quotes sees
    them. Among several such signs it takes the one that leaves the fewest quotes within cells; then
    a tab, which texts do not have; then the one with the most numbers.
    """
    signs, samples = "\t;|,", {}
    text, begin = text[begin : begin + 5_000_000], 0  # 200 rows of tables that are not very wide
    for sign in (*signs, " ", ""):
        try:
            samples[sign] = [cells for _, cells in records_of(text, begin, sign, 200)]
        except TableError:  # quotes are out of order
            continue

    def fits(sign: str, fewest: int = 2) -> bool:
        rows = samples.get(sign, [])
        _, *data = rows = rows[titles_among(rows) :] or [[]]
        header, widths = rows[0], {len(row) for row in data or rows}
        width = max(widths)
        if len(widths) > 1 or width < 2:
            return False
        if len(header) == width - 1:  # rows have names, or end with a delimiter
            return len(header) >= fewest and not is_header(data[0], data[1:])
        return len(header) == width or (len(header) == width + 1 and not header[-1])

    def faults(sign: str) -> tuple[int, bool, bool, bool, int]:
        header, *data = samples[sign][titles_among(samples[sign]) :]
        uneven = len(header) != len(data[0] if data else header)
        quotes = sum(cell.count('"') for row in samples[sign] for cell in row)
        numbers = sum(is_number(cell) for row in data for cell in row)
        return quotes, sign == " ", uneven, sign != "\t", -numbers

    has_blanks = fits(" ")
    if has_blanks:  # and is not a text of as many words in each line
        data = samples[" "][titles_among(samples[" "]) + 1 :]
        has_blanks = any(map(is_of_numbers, zip(*data, strict=True)))
    fitting = [sign for sign in signs if fits(sign)]
    if fitting:
        return min([*fitting, " "] if has_blanks else fitting, key=faults)
    loose = {
        sign: [cells for _, cells in records_of(text, begin, sign, 200, strict=False)] or [[]]
        for sign in signs
    }
    if any(len(rows[0]) > 1 and '"' not in "".join(rows[0]) for rows in loose.values()):

        def agreement(sign: str) -> tuple[bool, float, int]:
            header, *data = loose[sign]
            agreeing = sum(len(row) == len(header) for row in data)
            return len(header) > 1, agreeing / max(1, len(data)), len(header)

        return max(signs, key=agreement)
    if has_blanks:
        return " "
    if "" in samples:
        return ""
    return next((sign for sign in (*signs, " ") if fits(sign, 1)), "")


def is_number(text: str) -> bool:
    """Tell whether a text is a number, with a point or a comma before its decimals."""
    return re.fullmatch(r"[+-]?(\d+\.?|\d*[.,]\d+)([eE][+-]?\d+)?", text) is not None


def is_of_numbers(cells: Iterable[str]) -> bool:
    """Tell whether all cells that are not missing are numbers, and there are some."""
    there = [cell for cell in cells if known(cell) is not None]
    return bool(there) and all(map(is_number, there))


def is_header(names: list[str], rows: list[list[str]]) -> bool:
    """Tell whether names are certainly names: a text stands above a column of numbers or dates."""
    day = re.compile(r"(\d{4}([-/.])\d{1,2}\2\d{1,2}|\d{1,2}([-/.])\d{1,2}\3\d{4})(\D.*)?")

    def is_text(cell: str) -> bool:
        return not is_number(cell) and day.fullmatch(cell) is None

    for i, name in enumerate(names):
        if known(name) is not None and is_text(name):
            below = [row[i] for row in rows if known(row[i]) is not None]
            if below and not any(map(is_text, below)):
                return True
    return False


def is_header_commented(
    text: str, begin: int, sign: str, records: list[tuple[int, list[str]]]
) -> bool:
    """Tell whether the comment above the rows, from a place on, has the names of the columns."""
    (comment,) = re.findall(r"[^\r\n]*", text[begin:])[:1]
    try:
        ((_, names),) = records_of(comment, 0, sign)
    except (TableError, ValueError):  # quotes are out of order, or there is nothing
        return False
    rows = [cells for _, cells in records[:200]]
    if not rows or {len(row) for row in rows} != {len(names)} or is_header(rows[0], rows[1:]):
        return False
    if any(map(is_number, rows[0])):
        return True
    if len(names) == 1:
        return False
    line = len(re.findall(r"\r\n|\r|\n", text[:begin])) + 1
    raise TableError(
        "nameless",
        f"line {line} begins with #, and may be a comment or the names of the columns: delete the "
        "line, or that sign",
        line=line,
    )


def titles_among(rows: list[list[str]]) -> int:
    """Return how many rows are titles: one cell each, above what is certainly a header."""
    alone = takewhile(lambda row: row[0] and not any(row[1:]), rows[:20])
    for k in range(1, len(list(alone)) + 1):
        header, below = rows[k] if k < len(rows) else [], rows[k + 1 :]
        even = len(header) > 1 and {len(row) for row in below} == {len(header)}
        if even and is_header(header, below):
            return k
    return 0


def notes_above(before: str, sign: str) -> list[str]:
    """Tell of what stands above the header, and of blanks between cells."""
    lines = [line.strip("\ufeff# \t") for line in re.split(r"[\r\n]+", before)]
    said = " ".join(line for line in lines if not re.fullmatch('"?sep=."?|', line, re.I))
    notes = [f"what stands above the header is skipped: {said[:60]!r}"] if said else []
    return notes + (["the cells are separated by blanks"] if sign == " " else [])


def without_hollow(
    header: list[str], rows: list[list[str]], notes: list[str]
) -> tuple[list[str], list[list[str]], list[int]]:
    """Return header and rows without columns that have neither a name nor a cell, and places."""
    widths, n = {len(row) for row in rows}, len(header)
    hollow: list[int] = []
    if widths == {n + 1} and not any(row[-1] for row in rows):
        rows, hollow = [row[:-1] for row in rows], [n]
    elif widths == {n - 1} and n > 1 and not header[-1]:
        header, hollow = header[:-1], [n - 1]
    elif widths == {n}:
        hollow = [i for i in range(n) if not header[i] and not any(row[i] for row in rows)]
    places = [i for i in range(n) if i not in set(hollow)]
    if hollow:
        which = ", ".join(str(i + 1) for i in hollow[:12])
        be, it = ("s {} have", "they are") if len(hollow) > 1 else (" {} has", "it is")
        notes.append(f"column{be.format(which)} neither a name nor cells: {it} left out")
    if len(places) < len(header):
        header = [header[i] for i in places]
        rows = [[row[i] for i in places] for row in rows]
    return header, rows, places


def left_out(
    header: list[str], rows: list[list[str]], may_be_decimals: bool, notes: list[str]
) -> tuple[int, int]:
    """Return how many names, and how many cells of each row, belong to the rows' own names.

    pandas and R write an index without a name, or R's ``write.table`` no cell for it at all.
    """
    widths = {len(row) for row in rows}
    if widths == {len(header) + 1}:
        first = [row[0] for row in rows]
        kind = numbering(first)
        counts = kind == "counts the rows" and len(rows) > 1
        if may_be_decimals and is_of_numbers(first) and not counts:
            kind = ""  # a comma may be a decimal sign, and separate no cells
        if kind:
            notes.append(f"the first cell of a row has no name and {kind}: it is left out")
            return 0, 1
    n = len(list(takewhile(lambda name: not name, header)))
    if widths == {len(header)} and 0 < n < len(header):
        first = [row[0] if n == 1 else "\n".join(row[:n]) for row in rows]
        if kind := numbering(first):
            which = "column 1 has" if n == 1 else f"columns 1 to {n} have"
            kind = kind if n == 1 else kind.replace("counts", "count").replace("names", "name")
            notes.append(
                f"{which} no name and {kind}: {'it is' if n == 1 else 'they are'} left out"
            )
            return n, n
    return 0, 0


def numbering(cells: list[str]) -> str:
    """Say how a column tells rows apart; the empty text where it may hold anything else."""
    if all(re.fullmatch(r"\d{1,15}", cell) for cell in cells):
        numbers = list(map(int, cells))
        # Tables that were joined begin again.
        if all(b == a + 1 or (b < 2 and b <= numbers[0]) for a, b in pairwise(numbers)):
            return "counts the rows"
    elif any(map(is_number, cells)) and sorted(cells, key=as_float) != cells:
        return ""
    return "names the rows" if len(set(cells)) == len(cells) and all(cells) else ""


def counting_names(names: list[str], cells: list[list[str]]) -> list[str]:
    """Return the names at the left that pandas or R gave to an index that had none."""
    given = r"Unnamed: \d+(\.\d+)*(_level_\d+)?|\.\.\.\d+"
    first = takewhile(lambda name: re.fullmatch(given, name), names)
    return [name for i, name in enumerate(first) if numbering([row[i] for row in cells])]


def numbers_for_names(names: list[str], cells: list[list[str]]) -> list[str]:
    """Return the numbers among names, if these may be a row of cells.

    They are names, such as wavelengths, if another name is a text above numbers, or if they go on
    in equal steps, or if each is far from the cells below it, and no other name is one of its
    column's cells.
    """
    places = [i for i, name in enumerate(names) if is_number(name)]
    some = 0 < len(places) < len(names)
    if not places or (some and len(cells) > 1 and is_header(names, cells)):
        return []
    shown = [names[i] for i in places]
    again = any(names[i] in {row[i] for row in cells} for i in set(range(len(names))) - {*places})
    if again or len(places) == len(names):
        return shown

    def is_far(i: int) -> bool:
        below = [as_float(row[i]) for row in cells if is_number(row[i])]
        low, high = min(below, default=0), max(below, default=0)
        return len(below) > 1 and abs(as_float(names[i]) - (low + high) / 2) > high - low

    steps = [b - a for a, b in pairwise(map(as_float, shown))]
    even = len(steps) > 1 and steps[0] and all(abs(s / steps[0] - 1) < 0.05 for s in steps)
    return [] if even or all(map(is_far, places)) else shown


def as_float(text: str) -> float:
    """Return the number that a text is; 0 if it is none."""
    return float(text.replace(",", ".")) if is_number(text) else 0.0


def check_names(
    names: list[str],
    cells: list[list[str]],
    line: int,
    places: list[int],
    fewest: int,
    are_names: bool,
) -> None:
    """Raise a TableError if the names are none, or too few, or one is missing or there twice."""
    where = f"line {line}"
    uniform = [row for row in cells if len(row) == len(names)]
    numbers = [] if are_names else numbers_for_names(names, uniform)
    if numbers:
        raise TableError(
            "header",
            f"{where} has numbers ({listed(numbers)}): expected the names of the "
            "columns; add a first line with them, for example x1,x2,label",
            line=line,
        )
    if len(names) < fewest:
        raise TableError(
            "few_columns",
            f"{where} names {len(names)} column(s), {listed(names)}: expected two features or "
            "more and the target, separated by commas, semicolons or tabs",
            line=line,
            count=len(names),
        )
    if "" in names:
        place = places[names.index("")] + 1
        raise TableError(
            "unnamed",
            f"{where}: column {place} has no name; name it or delete the column",
            line=line,
            column=place,
        )
    first: dict[str, int] = {}
    for place, name in zip(places, names, strict=True):
        if name in first:
            raise TableError(
                "twice",
                f"{where}: columns {first[name] + 1} and {place + 1} are both named {name!r}; "
                "rename one of them",
                line=line,
                column=name,
            )
        first[name] = place
    if (
        len(names) > 1
        and not are_names
        and uniform
        and all(any(row[i] == name for row in uniform) for i, name in enumerate(names))
    ):
        raise TableError(
            "nameless",
            f"{where} is like the rows below it ({listed(names)}): expected the names of the "
            "columns; add a first line with them, and delete it where it is repeated",
            line=line,
        )


def check_rows(names: list[str], cells: list[list[str]], line: int, lines: list[int]) -> None:
    """Raise a TableError if there are no rows, or one is too short or too long."""
    if not cells:
        raise TableError(
            "no_rows", "has a header and nothing below it: expected a row for each example"
        )
    for at, row in zip(lines, cells, strict=True):
        if len(row) != len(names):
            raise TableError(
                "ragged",
                f"line {at} has {len(row)} cells, expected {len(names)} as in the "
                "header; mend the row, and quote each cell that holds a delimiter",
                line=at,
                count=len(row),
                expected=len(names),
            )
