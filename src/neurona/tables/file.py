"""A table in a file, CSV or Parquet: columns that are read when they are asked for."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
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
        ``"encoding"``, ``"quotes"``, ``"empty"``, ``"header"``, ``"few_columns"``, ``"unnamed"``,
        ``"twice"``, ``"no_column"``, ``"no_rows"``, ``"ragged"``, ``"missing"``, ``"not_number"``,
        ``"not_finite"``, ``"mixed"``, ``"one_class"`` or ``"too_large"``.
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
    # The form in which a CSV file is written:
    delimiter = ","
    decimal = "."
    encoding = "utf-8"

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def column(self, name: str, kind: Kind | None = None) -> Column:
        """Return one column, of the kind that is given, or of that of its cells.

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
        column = self.column(name)
        rows = np.flatnonzero(~column.missing)
        if not len(rows):
            raise TableError("missing", f"column {name!r} is empty: there is nothing to predict")
        if column.kind == "number":
            numbers = column.values[rows]
            if kind == "numbers" or (kind == "auto" and not look_like_classes(numbers)):
                return Target(numbers, rows, False)
        elif kind != "classes":
            texts = self._rows_of_text(column, rows)
            if kind == "numbers":
                raise self.error(name, texts[0], "is not a number; mend it, or predict classes")
            if len(texts) < len(rows):
                problem = "is text and other cells are numbers; mend it, or say --kind classes"
                raise self.error(name, texts[0], problem)
        return Target(self.class_names(name)[rows], rows, True)

    def _rows_of_text(self, column: Column, rows: NDArray[np.int64]) -> list[int]:
        """Return which of the rows of a column that is not of numbers hold none."""
        return [int(row) for row in rows]

    def to_csv(self, added: Mapping[str, NDArray[Any]]) -> bytes:
        """Return a CSV file of the table with columns more.

        Raises
        ------
        ValueError
            If a cell cannot be written in the file's encoding.
        """
        out = io.StringIO()
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator="\n")
        writer.writerow([*self.names, *added])
        columns = [[self._written(cell) for cell in column] for column in added.values()]
        for row, *new in zip(self.texts(), *columns, strict=True):
            writer.writerow([*row, *new])
        try:
            return out.getvalue().encode(self.encoding)
        except UnicodeEncodeError as error:
            strange = error.object[error.start]
            raise ValueError(
                f"the predictions have {strange!r}, and {self.encoding} does not: give the "
                "table as UTF-8"
            ) from None

    def _written(self, cell: Any) -> str:
        if isinstance(cell, float | np.floating):
            return f"{cell:.7g}".replace(".", self.decimal)
        return str(cell)


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Return the bytes of a file, or say what is there in its place."""
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path}: is a folder, expected a table; pass the path of a file")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        folder = path.parent.resolve()
        beside: list[str] = []
        with suppress(OSError):
            beside = [entry.name for entry in folder.iterdir()]
        hint = nearest(path.name, beside) or "check the name and the folder"
        raise FileNotFoundError(f"{path}: there is no such file in {folder}; {hint}") from None


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


def unzipped(data: bytes, most: float = MOST_BYTES) -> bytes:
    """Return the text in a gzip file, if the table in it takes no more memory than ``most``.

    Raises
    ------
    TableError
        If it does, or if the file is damaged.
    """
    parts: list[bytes] = []
    size = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            while part := file.read(2**20):
                cells = part.count(b"\n") + max(map(part.count, (b",", b";", b"\t", b"|", b" ")))
                size += len(part) + TEXT * cells
                check_size(size, most)
                parts.append(part)
    except (OSError, EOFError, zlib.error) as error:
        raise TableError("encoding", f"is not a gzip file, or damaged ({error})") from None
    return b"".join(parts)


def place_of(names: Sequence[str], name: str) -> int:
    """Return the place of a column, or suggest the one that was perhaps meant."""
    if name not in names:
        raise TableError(
            "no_column",
            f"has no column {name!r}, expected one of {listed(names)}; "
            f"{nearest(str(name), names) or 'pass the name of the column to predict'}",
            column=name,
        )
    return names.index(name)


def listed(names: Sequence[str], most: int = 12) -> str:
    """Write names as a list, the first ones where there are many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more


def nearest(word: str, possible: Iterable[str]) -> str:
    """Suggest the word that was perhaps meant; the empty string where none is near."""
    folded = {name.casefold(): name for name in possible}
    found = get_close_matches(word.casefold(), folded, n=1)
    return f"did you mean {folded[found[0]]!r}?" if found else ""
