"""A Parquet file: its columns are of the types that it names.

Numbers of any width and durations (in seconds) are numbers; dictionaries and booleans are
categories; dates and timestamps are dates; texts are told by what they say, as in a CSV file. A
nested column, or one of bytes, is refused where the network would learn from it, and kept where the
table is written again.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.extras import require
from neurona.tables.cells import shortest
from neurona.tables.columns import Column, Kind, objects
from neurona.tables.file import MOST_BYTES, NUMBER, TEXT, TableError, TableFile, check_size
from neurona.tables.kinds import CellError, read_categories, read_column

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

MAGIC = b"PAR1\x15"  # how a file begins; a CSV has no such sign after its first letters
TEXTS = ("string", "large_string", "string_view")
KINDS = {"number": "numbers", "category": "texts", "date": "dates"}


@dataclass(frozen=True, eq=False)
class ParquetTable(TableFile):
    """The columns of a Parquet file."""

    arrow: Any  # a pyarrow.Table
    numbers: Sequence[int] | None = None  # of its rows in the file, where they are a part

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def part(self, rows: slice) -> ParquetTable:
        """Return the table of some of the rows."""
        numbers = range(len(self))[rows]
        return ParquetTable(self.arrow.take(list(numbers)), numbers)

    @property
    def names(self) -> list[str]:  # type: ignore[override]
        """The columns' names."""
        return list(self.arrow.column_names)

    @property
    def counting(self) -> list[str]:  # type: ignore[override]
        """The columns that are not data: pandas writes an index without a name so."""
        return [name for name in self.names if re.fullmatch(r"__index_level_\d+__", name)]

    def column(
        self,
        name: str,
        kind: Kind | None = None,
        decimal: str | None = None,
        order: str | None = None,
    ) -> Column:
        """Return one column; numbers, dates and texts can all be categories."""
        values = self.values(name)
        if values.dtype.kind == "f" and np.isinf(values).any():
            row = int(np.argmax(np.isinf(values)))
            raise self.error(name, row, "is not a finite number: mend it, or leave it empty")
        try:
            read = read_column(name, values, kind, decimal or ".", order)
        except CellError as error:
            raise self.error(name, error.row, error.problem) from None
        if kind in (None, "empty", read.kind) or read.kind == "empty":
            return read
        if kind == "category":
            missing = read.missing.tolist()
            cells = [None if no else cell for cell, no in zip(values, missing, strict=True)]
            return Column(name, "category", _names(cells))
        raise TableError(
            "not_number",
            f"column {name!r} holds {KINDS[read.kind]} ({self.arrow.schema.field(name).type}), and "
            f"the network learned {KINDS[str(kind)]} from it",
            column=name,
        )

    def class_names(self, name: str) -> NDArray[np.str_]:
        """Return a column's cells as names of classes, 1.0 as 1; the empty text where missing."""
        cells = [cell or "" for cell in self.column(name, "category").values]
        for row, cell in enumerate(cells):
            if cell.endswith("\0"):  # where NumPy's texts end
                raise self.error(name, row, "has a NUL byte: expected a text")
        return np.array(cells, dtype=np.str_)

    def error(self, name: str, row: int, problem: str) -> TableError:
        """Return the error of a cell."""
        cell = self.arrow.column(name)[row].as_py()
        row = (row if self.numbers is None else self.numbers[row]) + 1
        text = f"row {row}, column {name!r}: {str(cell)[:60]!r} {problem}"
        return TableError("not_number", text, line=row, column=name, cell=cell)

    def texts(self) -> Iterator[list[str]]:
        """Yield each row as texts; a nested column, or one of bytes, is refused."""
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
                yield ["" if cell is None else _text(cell) for cell in row]

    def values(self, name: str) -> NDArray[Any]:
        """Return a column's cells as NumPy has them."""
        types = _pyarrow().types
        column = self.arrow.column(self.place_of(name))
        if types.is_dictionary(column.type):
            return _names(column.to_pylist())
        if types.is_decimal(column.type):
            return np.array([np.nan if c is None else float(c) for c in column.to_pylist()])
        if types.is_time(column.type):
            column = column.cast(_pyarrow().time64("us"), safe=False)
        if types.is_time(column.type) or str(column.type) in TEXTS:  # NumPy has no times of day
            return objects(column.to_pylist())
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
        if types.is_timestamp(column.type) and column.type.tz:  # NumPy knows no zones
            moments = column.cast(_pyarrow().timestamp("us", column.type.tz), safe=False)
            return objects(moments.to_pylist())
        if types.is_integer(column.type) and column.null_count:  # NumPy would make floats of them
            return objects(column.to_pylist())
        values: NDArray[Any] = column.to_numpy()
        return values


def parse_parquet(data: bytes, most: float = MOST_BYTES) -> ParquetTable:
    """Read a Parquet file from its bytes.

    Parameters
    ----------
    data
        The file.
    most
        The bytes of memory that its table may take.

    Raises
    ------
    TableError
        If it is not one or is damaged, has no rows, two columns of one name, or takes more memory.
    MissingExtra
        If pyarrow is not installed.
    """
    pyarrow = _pyarrow()
    parquet = require("pyarrow.parquet", extra="parquet")
    try:
        file = parquet.ParquetFile(pyarrow.BufferReader(data))
        names = file.schema_arrow.names
        twice = [name for name, count in Counter(names).items() if count > 1]
        _check_memory(data, file, most)
        arrow = file.read()
        arrow.validate(full=True)
    except (pyarrow.ArrowException, OSError, OverflowError, MemoryError, UnicodeError) as error:
        said = " ".join(str(error).split())  # a library's message may have lines
        raise TableError("encoding", f"is not a Parquet file, or damaged ({said[:200]})") from None
    if twice:
        raise TableError("twice", f"has two columns of the name {twice[0]!r}: rename one of them")
    if not arrow.num_rows:
        raise TableError("no_rows", "has columns and no rows: expected a row for each example")
    return ParquetTable(arrow)


def _check_memory(data: bytes, file: Any, most: float) -> None:
    """Refuse a file whose cells take more bytes of memory than ``most``, before they do.

    A column of one value, repeated, takes a few bytes in the file. The file's end says how many
    cells each column has. A text is at most as long as all bytes of its column; where that could be
    too much, the real lengths are looked up in the column's dictionary.
    """
    size = longest = 0
    texts = []
    for group in range(file.metadata.num_row_groups):
        rows = file.metadata.row_group(group)
        for place in range(rows.num_columns):
            column = rows.column(place)
            cells = max(column.num_values, rows.num_rows)
            size += max(
                cells * _cell_size(file.schema.column(place)), column.total_uncompressed_size
            )
            if column.physical_type == "BYTE_ARRAY":
                texts.append((group, column))
                longest += cells * column.total_uncompressed_size
    check_size(size, most)
    for group, column in texts if size + 2 * longest > most else ():
        for letters in _letters(data, group, column, most):
            size += 2 * letters
            check_size(size, most)


def _cell_size(column: Any) -> int:
    """Return the bytes of a cell, without the letters of a text of any length."""
    if column.physical_type == "BYTE_ARRAY":
        return TEXT
    if column.physical_type == "FIXED_LEN_BYTE_ARRAY":
        return TEXT + 2 * int(column.length)
    return NUMBER


def _letters(data: bytes, group: int, column: Any, most: float) -> Iterator[int]:
    """Yield the bytes of a column's texts, batch after batch; its dictionary is not written out."""
    pyarrow = _pyarrow()
    parquet, compute = (require(f"pyarrow.{n}", extra="parquet") for n in ("parquet", "compute"))
    name, batch, by_dictionary = column.path_in_schema, 2**16, [column.path_in_schema]
    if "DELTA_BYTE_ARRAY" in column.encodings:  # each text is made from the one before it
        batch = int(max(1, min(batch, most // max(1, column.total_uncompressed_size))))
        by_dictionary = []
    file = parquet.ParquetFile(pyarrow.BufferReader(data), read_dictionary=by_dictionary)
    for cells in file.iter_batches(batch, row_groups=[group], columns=[name]):
        leaves = cells.column(0)
        while pyarrow.types.is_nested(leaves.type):
            leaves = leaves.field(0) if pyarrow.types.is_struct(leaves.type) else leaves.flatten()
        if pyarrow.types.is_dictionary(leaves.type):
            lengths = compute.binary_length(leaves.dictionary).take(leaves.indices)
        else:
            lengths = compute.binary_length(leaves)
        yield compute.sum(lengths).as_py() or 0


def to_parquet(table: TableFile, added: Mapping[str, NDArray[Any]]) -> bytes:
    """Return a Parquet file of a table with columns more, whose types are those of the cells."""
    pyarrow = _pyarrow()
    if isinstance(table, ParquetTable):
        arrow = table.arrow
    else:
        arrow = arrow_of(_whole(table, name) for name in table.names)
    for name, cells in added.items():
        arrow = arrow.append_column(name, pyarrow.array(np.asarray(cells).tolist()))
    out = io.BytesIO()
    require("pyarrow.parquet", extra="parquet").write_table(arrow, out)
    return out.getvalue()


def _whole(table: TableFile, name: str) -> Column:
    """Return a column whose cells lose nothing: codes such as 007 and long numbers stay texts.

    So do all cells of a column in which some are odd.
    """
    column, cells = table.column(name), table.written(name) or []
    is_code = re.compile(r"[-+]?(0\d.*|\d{16,})").fullmatch
    is_lost = column.odd or (column.kind == "number" and any(map(is_code, cells)))
    return read_categories(name, cells) if is_lost else column


def arrow_of(columns: Iterable[Column]) -> Any:
    """Return columns as a ``pyarrow.Table``: whole numbers as such, dates without a time as days.

    >>> columns = [Column("n", "number", np.array([1.0, np.nan]))]
    >>> [str(field.type) for field in arrow_of(columns).schema]
    ['int64']
    """
    pyarrow = _pyarrow()
    return pyarrow.table({one.name: _arrow(pyarrow, one) for one in columns})


def _arrow(pyarrow: Any, column: Column) -> Any:
    values = column.values
    if column.kind == "number":
        known = values[~np.isnan(values)]
        if (known % 1 == 0).all() and (abs(known) < 2**53).all():
            cells = [None if np.isnan(cell) else int(cell) for cell in values]
            return pyarrow.array(cells, pyarrow.int64())
        return pyarrow.array(values, from_pandas=True)  # NaN becomes null
    if column.kind == "date":
        if column.is_time:
            return pyarrow.array(values).cast(pyarrow.time64("us"))
        if column.moved is not False:
            return pyarrow.array(values).cast(pyarrow.timestamp("us", "UTC"))
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


def _text(cell: Any) -> str:
    """Write a cell as a CSV file has it; a duration in seconds, as the network takes it."""
    return str(cell.total_seconds() if isinstance(cell, timedelta) else cell)


def _names(cells: list[Any]) -> NDArray[Any]:
    """Return the names of categories, the same for 1 and 1.0."""
    return objects(
        cell
        if cell is None
        else shortest(float(cell))
        if isinstance(cell, float | np.floating)
        else str(cell)
        for cell in cells
    )
