"""Several files as one table: their rows one after the other, and errors that name the file."""

import numpy as np
import pytest

from neurona.commands.tables import read_table
from neurona.tables.file import TableError
from neurona.tables.parts import read_parts


@pytest.fixture
def parts(tmp_path):
    """Return what reads texts as files of one table."""

    def made(*texts):
        paths = [tmp_path / f"{k}.csv" for k in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        return read_parts([str(path) for path in paths], lambda path: read_table(path, None, None))

    return made


def test_the_rows_of_all_files_are_one_column_and_an_empty_part_is_missing(parts):
    head = "kilos,born,coat,note\n"
    first = head + "4.5,2020-01-31,long,\n30,2021-02-01,short,\n"
    table = parts(first, head + ",,,\n", head + "7,,long,\n")
    assert len(table) == 4
    kilos = table.column("kilos")
    assert kilos.kind == "number"
    np.testing.assert_array_equal(kilos.values, [4.5, 30, np.nan, 7])
    born = table.column("born")
    assert born.kind == "date"
    assert np.isnat(born.values).tolist() == [False, False, True, True]
    assert table.column("coat").values.tolist() == ["long", "short", None, "long"]
    assert (table.column("note").kind, len(table.column("note").values)) == ("empty", 4)
    assert table.class_names("coat").tolist() == ["long", "short", "", "long"]
    assert [row[0] for row in table.texts()] == ["4.5", "30", "", "7"]
    assert table.written("kilos") == ["4.5", "30", "", "7"]


def test_an_error_names_the_file_and_its_line(parts):
    table = parts("a,b\n1,2\n3,4\n", "a,b\n5,6\n7,8\n")
    for row, file, line in [(1, "0.csv", 3), (2, "1.csv", 2), (3, "1.csv", 3)]:
        error = str(table.error("b", row, "is odd"))
        assert file in error
        assert f"{line}" in error.partition(".csv")[2]


def test_files_that_do_not_agree_are_named(parts, tmp_path):
    mixed = parts("a\n1\n2\n", "a\nx\ny\n")
    with pytest.raises(TableError, match=r"0\.csv.*1\.csv|1\.csv.*0\.csv"):
        mixed.column("a")
    with pytest.raises(TableError, match=r"1\.csv has no column 'b', and .*0\.csv has"):
        parts("a,b\n1,2\n", "a\n1\n")
    with pytest.raises(TableError, match=r"1\.csv"):
        parts("a\n1\n", "")
