"""The kind of a column, told by its cells: odd cells, decimal signs, dates, names of classes."""

from __future__ import annotations

import datetime
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from neurona.datasets import read_csv
from neurona.tables.categories import Categories
from neurona.tables.cells import date_of, known, says_missing
from neurona.tables.csv import parse_csv
from neurona.tables.frames import read_array, read_frame
from neurona.tables.kinds import CellError, read_cells

NUMBERS = [f"{k * 1.37 + 10:.2f}" for k in range(98)]
SIGNS = ["", "NA", "#N/A", "<NA>", "NULL", "NaN", "nan", "n/a", "\\N",  # missing in any column
         "?", "-", "--", ".", "..", "*", "—", "None", "missing", "Unknown", "n.a.", "#DIV/0!",
         "s/d", "desconocido", "not available"]  # fmt: skip
TYPOS = ["5o.1", "1.2.3", "abc", "$5", "12 kg", "1_000", "--5"]


def csv_column(cells):
    return parse_csv("x,y\n" + "".join(f'"{cell}",1\n' for cell in cells)).column("x")


def frame_column(cells):
    return read_frame(pd.DataFrame({"x": pd.Series(cells, dtype=object)})).columns[0]


def mixed_column(cells):
    """Return a frame's column of floats in which some cells are texts, as Excel gives it."""
    numbers = [float(cell) if cell in NUMBERS else cell for cell in cells]
    return read_frame(pd.DataFrame({"x": pd.Series(numbers, dtype=object)})).columns[0]


@pytest.mark.parametrize("read", [csv_column, frame_column, mixed_column])
@pytest.mark.parametrize("odd", SIGNS + TYPOS)
def test_two_odd_cells_leave_a_column_of_numbers(read, odd):
    column = read([*NUMBERS, odd, odd])
    assert column.kind == "number"
    np.testing.assert_allclose(column.values[:98], np.array(NUMBERS, float))
    assert np.isnan(column.values[98:]).all()
    said = known(odd) is not None
    assert [repr(odd) in remark and "(2 of 100 cells)" in remark for remark in column.remarks] == (
        [True] if said else []
    )
    assert len(column.odd) == (2 if odd in TYPOS else 0)


@pytest.mark.parametrize("read", [csv_column, frame_column])
def test_another_minus_and_thousands_are_numbers(read):
    column = read([*NUMBERS, "\u22123.2", "1,200", "1 300.5", "1'400", "+5", "1e3", "１２"])
    assert column.values[98:].tolist() == [-3.2, 1200.0, 1300.5, 1400.0, 5.0, 1000.0, 12.0]
    assert not column.odd


def test_a_column_that_is_nearly_texts_is_of_categories_and_what_could_be_either_is_said():
    assert csv_column(["a", "b", "1", "2"]).kind == "category"
    column = csv_column([*NUMBERS[:80], *["low"] * 20])
    assert column.kind == "category"
    assert column.remarks == (
        "is read as categories: 80 of 100 cells are numbers, and not 'low' (20 of 100 cells); "
        "mend these if all should be",
    )


def test_codes_are_categories_and_a_sign_among_texts_is_one_of_them():
    assert csv_column([*"1234" * 15, *"AAAA"]).kind == "category"
    assert csv_column([*"1234" * 15, "A"]).kind == "number"  # a mistake
    assert csv_column(["none", "mild", "?"] * 9).values[:3].tolist() == ["none", "mild", "?"]
    assert not any(map(says_missing, ["A", "x", "0", "$", "mild", "a?", "5"]))


def test_blanks_around_a_number_of_a_frame_are_not_part_of_it():
    column = frame_column([" 1.5", "2 ", " ", " ? "])
    assert (column.kind, column.values[:2].tolist()) == ("number", [1.5, 2.0])
    assert frame_column([" 2024-01-02 ", "2024-05-05"]).kind == "date"
    assert frame_column(["red ", "red", " "]).values.tolist() == ["red", "red", None]


def test_a_text_is_the_same_in_a_csv_a_frame_and_an_older_model():
    """A frame's "red " was another category than the "red" that a CSV file has for it."""
    cells = ["red ", " red", "blue", "blue "]
    learned = Categories.fit(csv_column(cells), None)
    assert Categories.fit(frame_column(cells), None) == learned
    older = replace(learned, levels=("blue ", "red"))
    for one in (learned, older):
        assert not one.unseen(frame_column(cells))
        assert one.transform(frame_column(cells)).ravel().tolist() == [1, 1, -1, -1]


# Decimal signs


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("a;b\n1.234;2,5\n999;3,5\n1.500;1,5\n", [1234, 999, 1500]),  # another column tells
        ("a;b\n1.234,5;0\n999;0\n", [1234.5, 999]),
        ("a;b\n1.5;0\n2.25;0\n", [1.5, 2.25]),  # decimal points between semicolons
        ("a;b\n1.5;2,5\n2.125;3,5\n", [1.5, 2.125]),  # each column has its own
        ("a\tb\n2,5\t0\n1.234,5\t0\n", [2.5, 1234.5]),
        ('a,b\n"1,234",0\n"999",0\n', [1234, 999]),
        ('a,b\n"1,5",0\n"0,234",0\n', [1.5, 0.234]),
        ("a,b\n1.234,0\n999,0\n", [1.234, 999]),
        ("a;b\n1.234.567;0\n1;0\n", [1234567, 1]),
    ],
)
def test_a_column_has_one_decimal_sign(text, numbers):
    assert parse_csv(text).column("a").values.tolist() == numbers


def test_two_conventions_in_one_column_are_named():
    with pytest.raises(ValueError, match=r"line 3, column 'a': '2,5' has another decimal sign tha"):
        parse_csv("a;b\n1.5;0\n2,5;0\n3.5;0\n").column("a")
    few = parse_csv("a\tb\n" + "1.5\t0\n" * 19 + "2,5\t0\n").column("a")
    assert few.remarks == ("is read as numbers: '2,5' (1 of 20 cells) is taken for missing",)
    frame = pd.DataFrame({"a": ["1.5", "2,5", "3.5"]})
    with pytest.raises(CellError, match="column 'a', row 1: '2,5' has another decimal sign"):
        read_frame(frame)


def test_what_is_taken_for_thousands_is_said_where_nothing_else_tells():
    assert parse_csv("a;b\n1.234;0\n999;0\n").column("a").remarks == (
        "has '1.234', which is read as 1234",
    )
    assert parse_csv("a;b\n1.234;0,5\n999;0\n").column("a").values[0] == 1234
    assert not parse_csv("a;b\n1.234,5;0\n1.999;0\n").column("a").remarks


def test_a_table_is_read_with_the_decimal_sign_that_was_learned_if_it_does_not_tell():
    column = parse_csv("betrag\n1.040\n1040\n").column("betrag", "number", ",")
    assert column.values.tolist() == [1040, 1040]
    column = parse_csv("betrag\n1.040\n1040.5\n").column("betrag", "number", ",")
    assert column.values.tolist() == [1.04, 1040.5]


def test_a_table_for_the_playground_is_read_alike(tmp_path):
    (tmp_path / "t.csv").write_text("betrag;anteil;y\n1.234;2,5;0\n999;3,5;1\n1.500;1,5;0\n")
    assert read_csv(tmp_path / "t.csv").X[:, 0].tolist() == [1234, 999, 1500]


def test_other_columns_of_a_frame_tell_the_decimal_sign_too():
    frame = pd.DataFrame({"a": ["0,19", "-0,63"], "b": ["1.234", "999"]})
    assert [column.decimal for column in read_frame(frame)] == [",", ","]
    assert read_frame(frame).columns[1].values.tolist() == [1234, 999]
    assert read_array(frame.to_numpy()).columns[1].values.tolist() == [1234, 999]


@pytest.mark.parametrize(
    "cell", [b"1.5", 1.5 + 2j, np.complex64(1), [1.5], (1, 2), {"a": 1}, {1}, np.zeros(2)], ids=str
)
def test_cells_that_hold_several_values_are_refused(cell):
    values = np.empty(3, object)
    values[:] = [cell, cell, None]
    with pytest.raises(ValueError, match=r"column 'x' has cells of type \w+: give each cell"):
        read_frame(pd.DataFrame({"x": values}))


def test_bytes_of_an_array_are_texts():
    column = read_array(np.array([["1.5"], ["2"]], "S4")).columns[0]
    assert (column.kind, column.values.tolist()) == ("number", [1.5, 2.0])


# Dates and times


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2012/01/31", "2012-01-31"),
        ("2012.1.31", "2012-01-31"),
        ("31-Jan-2012", "2012-01-31"),
        ("31 ene 2012", "2012-01-31"),
        ("31 de enero de 2012", "2012-01-31"),
        ("Jan 31, 2012", "2012-01-31"),
        ("January 31st, 2012", "2012-01-31"),
        ("30 Sept. 2012", "2012-09-30"),
        ("1 de agosto de 2012", "2012-08-01"),
        ("May 1, 2012", "2012-05-01"),
        ("2012-01-31 UTC", "2012-01-31"),
        ("2012-01-31 10:00 UTC", "2012-01-31T10"),
        ("2012-01-31 10:00:00 +0200", "2012-01-31T08"),
        ("Tue, 31 Jan 2012 10:00:00 GMT", "2012-01-31T10"),
        ("2012/01/31 9:05 PM", "2012-01-31T21:05"),
        ("2012-01-31T10:00:00.123456789Z", "2012-01-31T10:00:00.123456"),
    ],
)
def test_dates_as_people_write_them(text, day):
    assert np.datetime64(date_of(text)) == np.datetime64(day)
    assert csv_column([text, "2013-02-01"]).kind == "date"
    assert frame_column([text, "2013-02-01"]).kind == "date"


@pytest.mark.parametrize("text", ["1/2/2012", "30 Feb 2012", "2012/13/01", "2012", "20120131",
                                  "32-Jan-2012", "Model 2012", "2012-01-31 25:00",
                                  "Marble 10 2020", "Sepal 5, 2012", "12 decor 2012"])  # fmt: skip
def test_texts_that_are_no_dates(text):
    assert date_of(text) is None


def test_times_of_day_are_moments_of_one_day():
    column = csv_column(["9:30", "21:45:30", "12:05 AM", "?"])
    assert column.kind == "date"
    assert column.values.astype(str).tolist()[:3] == [
        "1970-01-01T09:30:00.000000", "1970-01-01T21:45:30.000000", "1970-01-01T00:05:00.000000",
    ]  # fmt: skip
    objects = [datetime.time(9, 30), datetime.time(21, 45), None]
    assert frame_column(objects).kind == "date"
    from neurona.tables.preparation import Dates

    assert Dates.fit(column, None).cycles == ("day",)
    assert (column.order, csv_column(["2024-01-01"]).order) == ("time", None)


@pytest.mark.parametrize(
    ("learned", "given"),
    [
        (["9:30", "10:45"], ["2024-01-01 10:00", "2024-01-02"]),
        (["2024-01-01", "2024-03-02"], ["9:30", "10:45"]),
        (["9:30", "10:45"], pd.to_datetime(["2024-01-01", "2024-01-02"])),
        (pd.to_datetime(["2024-01-01", "2024-01-02"]), [datetime.time(9), datetime.time(10)]),
    ],
    ids=["texts", "dates", "datetime64", "time"],
)
def test_times_of_day_are_not_taken_for_dates(learned, given):
    from neurona.tables.preparation import Preparation

    was = Preparation.fit(read_frame(pd.DataFrame({"t": learned})))
    with pytest.raises(ValueError, match=r"is not a|held .* when the network learned"):
        was.transform(read_frame(pd.DataFrame({"t": given}), learned=was))


def test_an_odd_date_is_missing():
    column = csv_column([*["2024-01-01", "2024-05-02"] * 10, "soon"])
    assert column.kind == "date"
    assert np.isnat(column.values[-1])
    assert column.remarks == ("is read as dates: 'soon' (1 of 21 cells) is taken for missing",)


# The kind that a column had


def test_cells_are_read_as_the_kind_that_was_learned():
    assert read_cells("x", ["1", "5o.1", "?"], "number").values[0] == 1
    assert read_cells("x", ["01", "1"], "category").values.tolist() == ["01", "1"]
    assert read_cells("x", ["?"], "number").kind == "empty"
    with pytest.raises(CellError, match="column 'x', row 0: 'red' is not a finite number"):
        read_cells("x", ["red", "1", "blue"], "number")
    with pytest.raises(CellError, match="'red' is not a date: write it as 2024-12-31 or 31/12/202"):
        read_cells("x", ["red"], "date", order="dmy")


def test_an_estimator_reads_a_frame_as_it_learned_and_says_what_is_odd():
    from neurona import NeuralNetClassifier

    x = np.arange(60.0)
    texts = pd.DataFrame({"x": [f"{a:.1f}".replace(".", ",") for a in x], "code": ["01", "2"] * 30})
    net = NeuralNetClassifier(4, epochs=5, networks=1, random_state=0).fit(texts, x > 30)
    assert [one.kind for _, one in net.preparation_.steps] == ["number", "number"]
    once = pd.DataFrame({"x": ["1.040", "1040", "oops", "3,5"], "code": "2"})
    with pytest.warns(UserWarning, match="column 'x' is read as numbers: 'oops' .1 of 4 cells. is"):
        predicted = net.predict_proba(once)
    assert (predicted[0] == predicted[1]).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.predict(texts)


# Names of classes


@pytest.mark.parametrize(
    "names",
    [["1E5", "10E4", "A7"], ["01", "1", "X"], ["1E1", "1E01"], ["1", "1.0"], ["0x1", "1"],
     ["9007199254740992", "9007199254740993"], ["1,5", "1.5"], ["none", "mild"], ["+1", "1"]],
)  # fmt: skip
def test_names_of_classes_stay_as_they_are_written(names):
    text = "x;y\n" + "".join(f"{k};{name}\n" for k, name in enumerate(names * 3))
    assert parse_csv(text).target("y", "classes").y.tolist() == names * 3
    parsed = parse_csv(f"z;{text}".replace("\n", "\n0;", 3 * len(names)), fewest=3)
    assert parsed.target("y", "classes").y.tolist() == names * 3


def test_classes_of_a_read_table_stay_as_they_are_written(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,y\n" + "1,2,01\n3,4,1\n5,6,10\n5,6,9\n")
    assert read_csv(tmp_path / "t.csv").classes == ("01", "1", "9", "10")


def test_a_number_of_the_target_that_is_odd_is_not_left_out():
    table = parse_csv("x,y\n" + "".join(f"1,{k}.5\n" for k in range(40)) + "1,4o.5\n1,?\n")
    with pytest.raises(ValueError, match=r"line 42, column 'y': '4o\.5' is text and other cells"):
        table.target("y")
    with pytest.raises(ValueError, match=r"line 42, column 'y': '4o\.5'"):
        table.target("y", "numbers")


def test_a_word_among_numbers_of_the_target_may_be_a_class():
    table = parse_csv("x,y\n" + "1,0\n1,1\n1,none\n" * 9)
    with pytest.raises(ValueError, match="line 4, column 'y': 'none' is text and other cells are"):
        table.target("y")
    assert set(table.target("y", "classes").y) == {"0", "1", "none"}
    unknown = parse_csv("x,y\n" + "1,0\n1,1\n1,?\n" * 9).target("y")
    assert (set(unknown.y), len(unknown.rows)) == ({"0", "1"}, 18)


def test_booleans_among_numbers_are_said():
    column = read_cells("a", [1.5, True, 2.5, False] * 5)
    assert column.kind == "category"
    assert column.remarks == (
        "is read as categories: 10 of 20 cells are booleans, and 10 numbers; write 1 and 0 for "
        "True and False if all should be numbers",
    )
    assert not read_cells("a", [True, False, None] * 5).remarks
    nearly = read_cells("a", [*map(float, range(50)), True])
    assert nearly.kind == "number"
    assert "'True' (1 of 51 cells) is taken for missing" in nearly.remarks[0]
