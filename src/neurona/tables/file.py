"""A table in a file, CSV or Parquet: columns that are read when they are asked for."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from neurona.tables.columns import Column, Kind, look_like_classes
from neurona.tables.table import Columns

if TYPE_CHECKING:
    import os

TargetKind: TypeAlias = Literal["auto", "classes", "numbers"]

MOST_BYTES = 2 * 10**9  # of memory, for a table that comes compressed
NUMBER, TEXT = 16, 64  # bytes of a cell: in the file's columns and in NumPy's, or as an object


class TableError(ValueError):
    """A fault of a table: a text, and a code with facts from which another text can be made.

    Attributes
    ----------
    code
        ``"encoding"``, ``"format"``, ``"too_large"``, ``"quotes"``, ``"empty"``, ``"header"``,
        ``"nameless"``, ``"few_columns"``, ``"unnamed"``, ``"twice"``, ``"no_column"``,
        ``"no_rows"``, ``"ragged"``, ``"missing"``, ``"not_number"``, ``"not_finite"``,
        ``"mixed"`` or ``"one_class"``.
    facts
        Such as the line, the column and the cell.
    """

    def __init__(self, code: str, text: str, **facts: object) -> None:
        super().__init__(text)
        self.code = code
        self.facts = facts


class Target(NamedTuple):
    """The column to predict, in the rows where it is known.

    Attributes
    ----------
    y
        Texts, the names of classes, or numbers.
    rows
        The numbers of these rows.
    is_classes
        Which of both.
    """

    y: NDArray[np.str_] | NDArray[np.float64]
    rows: NDArray[np.int64]
    is_classes: bool


class TableFile(ABC):
    """The protocol of both formats."""

    names: list[str]
    counting: Sequence[str] = ()  # the names of columns that only count the rows
    notes: Sequence[str] = ()  # what a person may not expect of how the table was read
    # The form in which a CSV file is written:
    delimiter = ","
    decimal = "."
    encoding = "utf-8"
    header: list[str] | None = None  # if it is not of the names alone
    before: str = ""  # what stands above the header
    line_end: str = "\n"

    @abstractmethod
    def __len__(self) -> int: ...

    def part(self, rows: slice) -> TableFile:
        """Return the table of some rows of a file; errors name them as the file has them."""
        raise NotImplementedError

    @abstractmethod
    def column(
        self,
        name: str,
        kind: Kind | None = None,
        decimal: str | None = None,
        order: str | None = None,
    ) -> Column:
        """Return one column, of the kind that is given, or of that of its cells.

        ``decimal`` is the sign before decimals of texts, if they do not tell; ``order`` the part of
        a date that comes first, if the year does not.

        Raises
        ------
        TableError
            If there is no such column, or a cell is not of the kind; the message says which.
        """

    @abstractmethod
    def class_names(self, name: str) -> NDArray[np.str_]:
        """Return a column's cells as names of classes; the empty text where they are missing."""

    @abstractmethod
    def texts(self) -> Iterable[Sequence[str]]:
        """Return each row as texts, as a CSV file has them.

        Raises
        ------
        TableError
            If a column holds something that a CSV file cannot.
        """

    @abstractmethod
    def error(self, name: str, row: int, problem: str) -> TableError:
        """Return the error of a cell."""

    def written(self, name: str) -> list[str] | None:
        """Return a column's cells as they are written, if the file has texts."""
        return None

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each column; looked up in the list, many columns would take a long time."""
        return {name: place for place, name in enumerate(self.names)}

    def place_of(self, name: str) -> int:
        """Return the place of a column, or suggest the one that was perhaps meant."""
        place = self.places.get(name)
        if place is None:
            raise TableError(
                "no_column",
                f"has no column {name!r}, expected one of {listed(self.names)}; "
                f"{nearest(str(name), self.names) or 'pass the name of the column to predict'}",
                column=name,
            )
        return place

    def select(self, names: Iterable[str], kinds: Mapping[str, Kind] | None = None) -> Columns:
        """Return some columns; see :meth:`column`."""
        kinds = kinds or {}
        return Columns(tuple(self.column(name, kinds.get(name)) for name in names))

    def target(self, name: str, kind: TargetKind = "auto") -> Target:
        """Return the target, in the rows where it is known.

        Raises
        ------
        TableError
            If there is no such column, nothing in it, or texts where numbers are expected.
        """
        column = self.column(name, "category" if kind == "classes" else None)
        rows = np.flatnonzero(~column.missing)
        if not len(rows):
            raise TableError("missing", f"column {name!r} is empty: there is nothing to predict")
        if column.kind == "date" and kind != "classes":
            raise self.error(
                name,
                int(rows[0]),
                "is a date, and a number or a class is expected: add a column of the days since "
                "another date and predict that, or say --kind classes",
            )
        if column.kind == "number":
            numbers = column.values[rows]
            strange = [*column.odd, *self._words(column)]
            if strange:
                problem = "is text and other cells are numbers; mend it, or say --kind classes"
                raise self.error(name, min(strange), problem)
            if kind == "numbers" or (kind == "auto" and not look_like_classes(numbers)):
                return Target(numbers, rows, False)
        elif kind != "classes":
            texts = list(column.odd) if column.kind == "category" and column.odd else rows.tolist()
            if kind == "numbers":
                raise self.error(name, texts[0], "is not a number; mend it, or predict classes")
            if len(texts) < len(rows):
                problem = "is text and other cells are numbers; mend it, or say --kind classes"
                raise self.error(name, texts[0], problem)
        return Target(self.class_names(name)[rows], rows, True)

    def _words(self, column: Column) -> Iterator[int]:
        """Yield the rows where a number is missing by a word, such as none: it may be a class."""
        if column.missing.any():
            names = self.class_names(column.name)
            for row in np.flatnonzero(column.missing).tolist():
                if any(map(str.isalpha, names[row])):
                    yield row

    def to_csv(self, added: Mapping[str, NDArray[Any]]) -> bytes:
        """Return a CSV file of the table with columns more.

        Raises
        ------
        ValueError
            If a cell cannot be written in the file's encoding.
        """
        columns = [[self._written(cell) for cell in column] for column in added.values()]
        rows = zip(self.texts(), *columns, strict=True)
        header = self.names if self.header is None else self.header
        lines = [[*header, *added], *([*row, *new] for row, *new in rows)]
        text = "".join(line_of(line, self.delimiter) + self.line_end for line in lines)
        try:
            return (self.before + text).encode(self.encoding)
        except UnicodeEncodeError as error:
            strange = error.object[error.start]
            raise ValueError(
                f"the predictions have {strange!r}, and {self.encoding} does not: give the "
                "table as UTF-8"
            ) from None

    def _written(self, cell: Any) -> str:
        """Write a number with as few digits as give the same number when they are read."""
        if isinstance(cell, float | np.floating):
            return str(cell).removesuffix(".0").replace(".", self.decimal)
        return str(cell)


def line_of(cells: Sequence[str], delimiter: str = ",") -> str:
    """Return a row as a CSV text has it, so that it is read as these cells again.

    A cell is quoted where it holds a sign that may separate cells in other tables, for readers
    guess; where it could be a comment; and where an empty one would be nothing at all.

    >>> line_of(["a;b", "4,5", ""], ";"), line_of([""])
    ('"a;b";4,5;', '""')
    """
    seen = len(cells) > 1 and delimiter != " "  # an empty cell is

    def written(cell: str) -> str:
        is_decimal = delimiter != "," and re.fullmatch(r"[+-]?\d*,\d*([eE][+-]?\d+)?", cell)
        odd = delimiter in cell or cell.startswith("#") or re.search('["\r\n\t;|,]', cell)
        if (odd and not is_decimal) or not (cell or seen):
            cell = cell.replace('"', '""')
            return f'"{cell}"'
        return cell

    return delimiter.join(map(written, cells))


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Return the bytes of a file, or say what is there in its place."""
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path}: is a folder, expected a table; pass the path of a file")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise not_there(path) from None


def not_there(path: Path) -> FileNotFoundError:
    """Return the error of a file that does not exist, with the name that was perhaps meant."""
    folder = path.parent.resolve()
    beside: list[str] = []
    with suppress(OSError):
        beside = [entry.name for entry in folder.iterdir()]
    hint = nearest(path.name, beside) or "check the name and the folder"
    return FileNotFoundError(f"{path}: there is no such file in {folder}; {hint}")


def check_size(size: float, most: float = MOST_BYTES) -> None:
    """Refuse a table that takes too much memory, before it does: a small file can hold a huge one.

    Raises
    ------
    TableError
        If it takes more bytes than ``most``; the message says how to allow more.

    Examples
    --------
    >>> check_size(5e9, most=2e9)
    Traceback (most recent call last):
    neurona.tables.file.TableError: takes 5 GB or more of memory once it is unpacked, and 2 GB are \
allowed: delete columns or rows, or allow more with --max-memory 6GB
    """
    if size > most:
        raise TableError(
            "too_large",
            f"takes {size / 1e9:.3g} GB or more of memory once it is unpacked, and "
            f"{most / 1e9:.3g} GB are allowed: delete columns or rows, or allow more with "
            f"--max-memory {size // 1e9 + 1:.0f}GB",
        )


def listed(names: Sequence[str], most: int = 12) -> str:
    """Write names as a list, the first ones where there are many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more


def nearest(word: str, possible: Iterable[str]) -> str:
    """Suggest the word that was perhaps meant; the empty string where none is near."""
    folded = {name.casefold(): name for name in possible}
    found = get_close_matches(word.casefold(), folded, n=1)
    return f"did you mean {folded[found[0]]!r}?" if found else ""
