"""A CSV file as a person has it: what its cells are, and which are refused."""

import numpy as np
import pytest

from neurona.tables.csv import parse_csv
from neurona.tables.file import TableError


def test_a_column_is_what_its_cells_are():
    raw = parse_csv(
        "a,b,c,d,e,f\n1,x,2024-01-02,NA,1,2024-01-02T03:04:05Z\n"
        "NaN,,null,n/a,x,2024-01-02 05:04:05+02:00\n"
    )
    kinds = {column.name: column.kind for column in raw.select(raw.names)}
    assert kinds == {
        "a": "number", "b": "category", "c": "date", "d": "empty", "e": "category", "f": "date",
    }  # fmt: skip
    assert raw.column("e").values.tolist() == ["1", "x"]
    f = raw.column("f").values
    assert f.tolist()[0].hour == 3
    assert f[0] == f[1]
    assert np.isnat(raw.column("c").values).tolist() == [False, True]


def test_decimal_commas_and_kinds_that_are_given():
    raw = parse_csv("a;b\n1,5;7\n;8\n")
    np.testing.assert_array_equal(raw.column("a").values, [1.5, np.nan])
    assert raw.column("b", "category").values.tolist() == ["7", "8"]
    with pytest.raises(TableError, match="line 2, column 'b': '7' is not a date"):
        raw.column("b", "date")
    with pytest.raises(TableError, match="line 2, column 'a': 'x' is not a finite number"):
        parse_csv("a\nx\n").column("a", "number")
    with pytest.raises(TableError, match="line 3, column 'a': 'inf' is not a finite number"):
        parse_csv("a\n1\ninf\n").column("a")


def test_targets():
    def target(cells, kind="auto"):
        return parse_csv("x,y\n" + "".join(f"1,{cell}\n" for cell in cells)).target("y", kind)

    few = target(["1", "2.0", "", "1.0"])
    assert few.is_classes
    assert (few.y.tolist(), few.rows.tolist()) == (["1", "2.0", "1.0"], [0, 1, 3])
    assert target(["1.0", "2.0", "1.0"]).y.tolist() == ["1.0", "2.0", "1.0"]  # as they are written
    assert not target(["1", "2"], "numbers").is_classes
    assert not target(["1.5", "2"]).is_classes
    assert not target(map(str, range(30))).is_classes
    assert target(["1.5", "x"], "classes").y.tolist() == ["1.5", "x"]
    for cells, kind, said in (
        (["1", "x"], "auto", "line 3, column 'y': 'x' is text and other cells are numbers"),
        (["1", "x"], "numbers", "'x' is not a number"),
        (["", "NA"], "auto", "column 'y' is empty"),
    ):
        with pytest.raises(TableError, match=said):
            target(cells, kind)


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("1/2/2024", "2024-02-01T00:00:00"),
        ("01.02.2024 9:05", "2024-02-01T09:05:00"),
        ("1-2-2024T23:59:58", "2024-02-01T23:59:58"),
        ("2024-02-01", "2024-02-01T00:00:00"),
        ("1/2-2024", None),
        ("1/2/24", None),
        ("30/2/2024", None),
        ("1/2/2024 noon", None),
    ],
)
def test_a_date_with_the_day_first(cell, read):
    column = parse_csv(f"day\n{cell}\n", dates="dmy").column("day")
    assert column.kind == ("category" if read is None else "date")
    if read is not None:
        assert column.values.astype("datetime64[s]").astype(str).tolist() == [read]


def test_a_name_that_another_format_begins_with_is_a_name():
    from neurona.tables.encoding import decoded

    for name in ("ORC", "RDX", "PAR1", "Rar!"):
        assert decoded(f"{name},y\n1,2\n".encode()) == f"{name},y\n1,2\n"
    with pytest.raises(TableError, match="is an ORC file, and not a CSV file"):
        decoded(b"ORC\x00\x01")


def test_numbers_that_are_added_are_read_as_the_same_numbers():
    rng = np.random.default_rng(0)
    numbers = np.array([3.0, 0.1, 1 / 3, 1e-9, 2.5e20, *rng.normal(size=20)])
    for sign, decimal in ((",", "."), (";", ",")):
        table = parse_csv(f"a{sign}b\n" + f"1{decimal}5{sign}x\n" * len(numbers))
        for dtype in (np.float64, np.float32):
            text = table.to_csv({"c": numbers.astype(dtype)}).decode()
            read = parse_csv(text).column("c").values.astype(dtype)
            np.testing.assert_array_equal(read, numbers.astype(dtype))
        assert text.splitlines()[1].endswith(f"{sign}3")
