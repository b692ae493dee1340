"""A Parquet file: its columns are of the types that the file says, and nothing is guessed.

Numbers of any width and durations (in seconds) are numbers; texts, dictionaries and booleans are
categories; dates and times of day with a date are dates. What is nested, or bytes, is refused where
it is to be learnt from, and kept where the table is written again.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.extras import require
from neurona.tables.columns import Column, Kind, Table, read_column
from neurona.tables.csv import Kind as TargetKind
from neurona.tables.csv import TableError, place_of
from neurona.tables.csv_table import Target, look_like_classes, shortest

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAGIC = b"PAR1\x15"  # how a file begins; a CSV has no such sign after its first letters
KINDS = {"number": "numbers", "category": "texts", "date": "dates"}


@dataclass(frozen=True, eq=False)
class ParquetTable:
    """The columns of a Parquet file; each is read when it is asked for."""

    arrow: Any  # a pyarrow.Table

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    @property
    def names(self) -> list[str]:
        """The columns' names."""
        return list(self.arrow.column_names)

    def table(self, names: Iterable[str], kinds: Mapping[str, Kind] | None = None) -> Table:
        """Return some columns, of the kinds that are given, or of those that they are.

        Raises
        ------
        TableError
            If there is no such column, or it is of another kind; the message says which.
        """
        kinds = kinds or {}
        return Table(tuple(self.column(name, kinds.get(name)) for name in names))

    def column(self, name: str, kind: Kind | None = None) -> Column:
        """Return one column; numbers, dates and texts can all be categories."""
        values = self._values(name)
        if values.dtype.kind == "f" and np.isinf(values).any():
            row = int(np.argmax(np.isinf(values)))
            raise self.refusal(name, row, "is no finite number: mend it, or leave it empty")
        read = read_column(name, values)
        if kind in (None, "empty", read.kind) or read.kind == "empty":
            return read
        if kind == "category":
            missing = read.missing.tolist()
            cells = [None if no else cell for cell, no in zip(values, missing, strict=True)]
            return Column(name, "category", _objects(cells, text=True))
        raise TableError(
            "not_number",
            f"column {name!r} holds {KINDS[read.kind]} ({self.arrow.schema.field(name).type}), and "
            f"the network learnt {KINDS[str(kind)]} from it",
            column=name,
        )

    def target(self, name: str, kind: TargetKind = "auto") -> Target:
        """Return the target, in the rows where it is known.

        Raises
        ------
        TableError
            If there is no such column, nothing in it, or no numbers where they are asked for.
        """
        column = self.column(name)
        rows = np.flatnonzero(~column.missing)
        if not len(rows):
            raise TableError("missing", f"column {name!r} is empty: there is nothing to predict")
        if column.kind == "number":
            numbers = column.values[rows]
            if kind == "numbers" or (kind == "auto" and not look_like_classes(numbers)):
                return Target(numbers, rows, False)
        elif kind == "numbers":
            problem = "is not a number; mend it, or predict classes"
            raise self.refusal(name, int(rows[0]), problem)
        return Target(self.class_names(name)[rows], rows, True)

    def class_names(self, name: str) -> NDArray[np.str_]:
        """Return a column's cells as names of classes, 1.0 as 1; the empty text where missing."""
        cells = self.column(name, "category").values
        return np.array([cell or "" for cell in cells], dtype=np.str_)

    def refusal(self, name: str, row: int, problem: str) -> TableError:
        """Return the error of a cell."""
        cell = self.arrow.column(name)[row].as_py()
        text = f"row {row + 1}, column {name!r}: {str(cell)[:60]!r} {problem}"
        return TableError("not_number", text, line=row + 1, column=name, cell=cell)

    def with_columns(self, added: Mapping[str, Sequence[Any] | NDArray[Any]]) -> ParquetTable:
        """Return the table with columns more, whose types are those of the cells."""
        pyarrow = _pyarrow()
        arrow = self.arrow
        for name, cells in added.items():
            arrow = arrow.append_column(name, pyarrow.array(np.asarray(cells).tolist()))
        return ParquetTable(arrow)

    def encoded(self) -> bytes:
        """Return the bytes of the file."""
        out = io.BytesIO()
        require("pyarrow.parquet", extra="parquet").write_table(self.arrow, out)
        return out.getvalue()

    def rows(self) -> Iterator[list[str]]:
        """Yield each row as texts, as a CSV file has them.

        Raises
        ------
        TableError
            If a column is nested, or holds bytes.
        """
        types = _pyarrow().types
        for field in self.arrow.schema:
            if types.is_nested(field.type) or _is_bytes(types, field.type):
                raise TableError(
                    "not_number",
                    f"column {field.name!r} is of type {field.type}, which a CSV file cannot hold: "
                    "give the output a name that ends in .parquet",
                    column=field.name,
                )
        for batch in self.arrow.to_batches():
            columns = [column.to_pylist() for column in batch.columns]
            for row in zip(*columns, strict=True):
                yield ["" if cell is None else str(cell) for cell in row]

    def _values(self, name: str) -> NDArray[Any]:
        """Return a column's cells as NumPy has them."""
        types = _pyarrow().types
        column = self.arrow.column(place_of(self.names, name))
        if types.is_dictionary(column.type):
            return _objects(column.to_pylist(), text=True)
        if types.is_decimal(column.type):
            return np.array([np.nan if c is None else float(c) for c in column.to_pylist()])
        if types.is_string(column.type) or types.is_large_string(column.type):
            return _objects(column.to_pylist())
        known = (
            types.is_boolean, types.is_integer, types.is_floating, types.is_date,
            types.is_timestamp, types.is_duration, types.is_null,
        )  # fmt: skip
        if not any(is_one(column.type) for is_one in known):
            raise TableError(
                "not_number",
                f"column {name!r} is of type {column.type}: delete it, or make numbers, texts, "
                "dates or true and false of it",
                column=name,
            )
        values: NDArray[Any] = column.to_numpy()
        return values


def parse(data: bytes) -> ParquetTable:
    """Read a Parquet file from its bytes.

    Raises
    ------
    TableError
        If it is none or damaged, has no rows, or two columns of one name.
    MissingExtra
        If pyarrow is not installed.
    """
    pyarrow = _pyarrow()
    parquet = require("pyarrow.parquet", extra="parquet")
    try:
        file = parquet.ParquetFile(pyarrow.BufferReader(data))
        names = file.schema_arrow.names
        twice = [name for name in names if names.count(name) > 1]
        arrow = file.read()
        arrow.validate(full=True)
    except (pyarrow.ArrowException, OSError, OverflowError, MemoryError, UnicodeError) as error:
        said = " ".join(str(error).split())  # a library's message may have lines
        raise TableError("encoding", f"is no Parquet file, or damaged ({said[:200]})") from None
    if twice:
        raise TableError("twice", f"has two columns of the name {twice[0]!r}: rename one of them")
    if not arrow.num_rows:
        raise TableError("no_rows", "has columns and no rows: expected a row for each example")
    return ParquetTable(arrow)


def of_columns(columns: Iterable[Column]) -> ParquetTable:
    """Make a Parquet table of columns: whole numbers as such, and dates without a time as days.

    >>> columns = [Column("n", "number", np.array([1.0, np.nan])), ]
    >>> [str(field.type) for field in of_columns(columns).arrow.schema]
    ['int64']
    """
    pyarrow = _pyarrow()
    return ParquetTable(pyarrow.table({one.name: _arrow(pyarrow, one) for one in columns}))


def _arrow(pyarrow: Any, column: Column) -> Any:
    values = column.values
    if column.kind == "number":
        known = values[~np.isnan(values)]
        if (known % 1 == 0).all() and (abs(known) < 2**53).all():
            cells = [None if np.isnan(cell) else int(cell) for cell in values]
            return pyarrow.array(cells, pyarrow.int64())
        return pyarrow.array(values, from_pandas=True)  # NaN becomes null
    if column.kind == "date":
        days = values.astype("datetime64[D]")
        has_time = (days != values) & ~np.isnat(values)
        return pyarrow.array(values if has_time.any() else days)
    return pyarrow.array(values.tolist(), pyarrow.string())


def _pyarrow() -> Any:
    return require("pyarrow", extra="parquet")


def _is_bytes(types: Any, kind: Any) -> bool:
    return bool(
        types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    )


def _objects(cells: list[Any], text: bool = False) -> NDArray[Any]:
    """Return an array of objects, whatever they are; as texts where it is asked for."""
    given = [None if cell is None else _text(cell) for cell in cells] if text else cells
    return np.array([*given, None], dtype=object)[:-1]


def _text(cell: Any) -> str:
    """Return the name of a category, the same for 1 and 1.0."""
    return shortest(float(cell)) if isinstance(cell, float | np.floating) else str(cell)
