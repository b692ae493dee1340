"""A table in several files, or of several processes: each has its part of the rows.

A column's kind is that of its cells in every file: files that disagree are refused, and one whose
cells are all missing is of the others' kind.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.engine.processes import ProcessesDisagree, agreed, gathered, process_id
from neurona.tables.columns import Column, Kind, empty, moved_in, objects
from neurona.tables.file import TableError, TableFile
from neurona.tables.summaries import PartsDisagree, form_of_parts

SEEN = 2**16  # bytes of a file, at either end, by which it is known again


class SeveralFiles(TableFile):
    """The rows of several files, one after the other, as one table.

    Parameters
    ----------
    paths, files
        The files' names, and what was read of each.
    shared
        Whether other processes have further files of the same table.

    Raises
    ------
    TableError
        If a file has other columns than the first.
    ProcessesDisagree
        If a process has other columns than the first.
    """

    def __init__(self, paths: Sequence[str], files: Sequence[TableFile], shared: bool) -> None:
        self.paths, self.files, self.shared = paths, files, shared
        first, *others = files
        self.names = first.names
        for path, file in zip(paths[1:], others, strict=True):
            for name in (*self.names, *file.names):  # those that are missing here come first
                if name not in file.places or name not in first.places:
                    where, there = (path, paths[0])[:: 1 if name in first.places else -1]
                    raise TableError(
                        "no_column", f"{where} has no column {name!r}, and {there} has"
                    )
        counting = [name for name in first.counting if all(name in f.counting for f in others)]
        if shared:
            agreed({"the list of columns": sorted(self.names)})
            self.names = gathered(list(self.names))[0]
            each = gathered(counting)
            counting = [name for name in each[0] if all(name in its for its in each)]
        self.counting = counting
        self.notes = [
            f"{path}: {note}" for path, f in zip(paths, files, strict=True) for note in f.notes
        ]
        self.begins = np.cumsum([0, *map(len, files)])

    def __len__(self) -> int:
        return int(self.begins[-1])

    def column(
        self,
        name: str,
        kind: Kind | None = None,
        decimal: str | None = None,
        order: str | None = None,
    ) -> Column:
        """Return one column; where no kind is given, all processes call this for it."""
        self.place_of(name)
        each = [self._of(k, name, kind, decimal, order) for k in range(len(self.files))]
        if kind is None:
            kind, decimal, order = self._form(name, each)
            form = kind, decimal, order
            each = [
                one if one.kind == "empty" or (one.kind, one.decimal, one.order) == form
                else self._of(k, name, *form)
                for k, one in enumerate(each)
            ]  # fmt: skip
        kinds = {one.kind for one in each} - {"empty"}
        if not kinds:
            return empty(name, len(self))
        (same,) = kinds
        values = np.concatenate([_as(one, same) for one in each])
        first = next(one for one in each if one.kind == same)
        remarks = tuple(dict.fromkeys(text for one in each for text in one.remarks))
        odd = [
            begin + row
            for begin, one in zip(self.begins.tolist(), each, strict=False)
            for row in one.odd
        ]
        moved = moved_in(one.moved for one in each if one.kind == same)
        return Column(name, same, values, first.decimal, first.order, remarks, tuple(odd), moved)

    def _form(self, name: str, each: Sequence[Column]) -> tuple[Kind, str, str | None]:
        """Return the form of a column in all files of all processes."""
        told = [
            {"kind": one.kind, "decimal": one.decimal, "order": one.order, "where": path}
            for path, one in zip(self.paths, each, strict=True)
        ]
        parts = gathered(told) if self.shared else [told]
        forms = [form for part in parts for form in part]
        whose = [
            f"{form['where']} of process {k}" if self.shared else form["where"]
            for k, part in enumerate(parts)
            for form in part
        ]
        try:
            return form_of_parts(name, forms, whose)
        except PartsDisagree as error:
            if self.shared:
                raise ProcessesDisagree(str(error)) from None
            raise TableError("mixed", str(error), column=name) from None

    def _of(self, k: int, name: str, *form: Any) -> Column:
        try:
            return self.files[k].column(name, *form)
        except TableError as error:
            raise self._named(k, error) from None

    def class_names(self, name: str) -> NDArray[np.str_]:
        """Return a column's cells as names of classes; the empty text where they are missing."""
        return np.concatenate([file.class_names(name) for file in self.files])

    def texts(self) -> Iterator[Sequence[str]]:
        """Yield the rows of all files."""
        for file in self.files:
            yield from file.texts()

    def error(self, name: str, row: int, problem: str) -> TableError:
        """Return the error of a cell, with its file's name."""
        k = int(np.searchsorted(self.begins, row, side="right")) - 1
        return self._named(k, self.files[k].error(name, row - int(self.begins[k]), problem))

    def _named(self, k: int, error: TableError) -> TableError:
        return TableError(error.code, f"{self.paths[k]}: {error}", **error.facts)

    def written(self, name: str) -> list[str] | None:
        """Return a column's cells as they are written, if all files have texts."""
        each = [file.written(name) for file in self.files]
        return None if None in each else [cell for one in each for cell in one or ()]


def _as(column: Column, kind: Kind) -> NDArray[Any]:
    """Return the cells of a column; those of an empty one as missing cells of the kind."""
    if column.kind == kind:
        return column.values
    n = len(column.values)
    if kind == "number":
        return np.full(n, np.nan)
    return np.full(n, np.datetime64("NaT", "us")) if kind == "date" else objects([None] * n)


def read_parts(
    paths: Sequence[str], read: Callable[[str], TableFile], shared: bool = False
) -> TableFile:
    """Read the files that patterns name, of several processes those that are this one's.

    Raises
    ------
    TableError, OSError, ValueError
        If there is no such file, or their columns do not fit together.
    """
    mine, rows = own_files(paths, shared)
    files = []
    for path in mine:
        try:
            file = read(path)
            files.append(file if rows is None else file.part(rows))
        except TableError as error:
            where = "standard input" if path == "-" else path
            raise TableError(error.code, f"{where}: {error}", **error.facts) from None
    return files[0] if len(files) == 1 and not shared else SeveralFiles(mine, files, shared)


def expanded(paths: Sequence[str]) -> list[str]:
    """Return the names of files; a pattern, such as ``parts/*.csv``, becomes those that it fits.

    Raises
    ------
    FileNotFoundError
        If a pattern fits no file.
    ValueError
        If a file is there twice: its rows would count twice, and be in the test as well.
    """
    found: list[str] = []
    for path in paths:
        if Path(path).exists() or not glob.has_magic(path):
            found.append(path)
            continue
        fitting = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - any folder's
        if not fitting:
            raise FileNotFoundError(f"{path}: no file has such a name")
        found += fitting
    files = [Path(path).resolve() for path in found]
    for k, path in enumerate(found):
        if files[k] in files[:k]:
            raise ValueError(f"{path} is given twice: name each file once")
    return found


def own_files(paths: Sequence[str], shared: bool = False) -> tuple[list[str], slice | None]:
    """Return the names of this process's files, and which of their rows are its own: None for all.

    Where all processes see the same files, the first of N takes the first, and each N-th after it,
    the second takes the second, and so on; of fewer files than processes, such rows of each. Where
    no process sees a file of another, each takes its own.

    Raises
    ------
    ValueError
        If processes see some files of others, not all.
    """
    there = expanded(paths)
    if not shared:
        return there, None
    known = [f"{Path(path).name}, {_known_by(path)}" for path in there]
    each = gathered(known)
    if all(its == each[0] for its in each):
        mine = slice(process_id(), None, len(each))
        return (there, mine) if len(there) < len(each) else (there[mine], None)
    seen: dict[str, int] = {}
    for process, its in enumerate(each):
        for file in its:
            if seen.setdefault(file, process) != process:
                raise ProcessesDisagree(
                    f"processes {seen[file]} and {process} both see {file.partition(',')[0]}, and "
                    "not the same files in all: give all of them the same files, or each its own"
                )
    return there, None


def _known_by(path: str) -> str:
    """Return the size of a file, and a hash of its beginning and its end."""
    if path == "-":
        raise ValueError("several processes read files: give their names, and not -")
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        begin = file.read(SEEN)
        file.seek(max(size - SEEN, 0))
        made = blake2b(begin + file.read(SEEN), digest_size=8)
    return f"{size} bytes, {made.hexdigest()}"
