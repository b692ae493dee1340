"""Where a column changes its nature: rare categories, numbered classes, years, lines."""

from __future__ import annotations

import numpy as np
import pytest

from neurona.datasets import read_csv
from neurona.datasets.csv import parse_csv
from neurona.tables import categories
from neurona.tables.cells import time_of
from neurona.tables.file import TableError
from neurona.tables.frames import read_array
from neurona.tables.identifiers import looks_like_identifiers
from neurona.tables.kinds import CellError, read_cells
from neurona.tables.preparation import Numbers, Preparation
from neurona.tables.targets import Classes, Counts, Labels, Quantities


def outputs_of(cells):
    """Return what becomes of a column of texts; a second one keeps the table from being empty."""
    cells = np.array([*cells], dtype=object)
    table = read_array(np.stack([cells, np.arange(len(cells))], axis=1).astype(object))
    return [name for name in Preparation.fit(table).outputs if name.startswith("x0")]


def test_three_rows_make_a_category_and_two_do_not():
    assert outputs_of("a" * 6 + "b" * 3 + "c" * 2) == ["x0 = a", "x0 = b", "x0 is another"]


def test_in_a_table_of_fewer_than_three_rows_a_category_two_are_enough():
    assert outputs_of("aabbcc" + "de") == ["x0 = a", "x0 = b", "x0 = c", "x0 is another"]
    assert outputs_of("aaabbbbcc") == ["x0 = a", "x0 = b", "x0 is another"]  # three a category


def test_256_categories_are_kept():
    letters = [f"{k:03}" + "x" for k in range(257)]
    assert len(outputs_of(letters[:256] * 3)) == 256
    assert len(outputs_of(letters * 3)) == 257  # 256 of them, and one for the last
    assert "x0 = 256x" not in outputs_of(letters * 3)
    assert "x0 is another" in outputs_of(letters * 3)


@pytest.mark.parametrize(("cells", "kept"), [(3 * 40, 40), (39, 39), (38, 38), (0, 32)])
def test_fewer_are_kept_where_their_indicators_would_not_fit_in_memory(monkeypatch, cells, kept):
    monkeypatch.setattr(categories, "MOST_CELLS", 3 * 40 * cells)
    assert len(outputs_of([f"{k:02}x" for k in range(40)] * 3)) == kept + (kept < 40)


@pytest.mark.parametrize(("numbers", "odd", "kind"), [(9, "a", "number"), (17, "ab", "category")])
def test_nine_cells_of_ten_that_are_numbers_make_a_column_of_numbers(numbers, odd, kind):
    cells = [*(f"{k}.5" for k in range(numbers)), *odd]
    assert read_cells("it", cells).kind == kind


@pytest.mark.parametrize(("numbers", "remarks"), [(3, 1), (2, 0)])
def test_three_cells_of_four_that_are_numbers_are_worth_a_remark(numbers, remarks):
    column = read_cells("it", [*(f"{k}.5" for k in range(numbers)), "low"])
    assert (column.kind, len(column.remarks)) == ("category", remarks)


@pytest.mark.parametrize(("times", "kind"), [(2, "number"), (3, "category")])
def test_a_letter_in_three_cells_is_a_code_and_in_two_a_mistake(times, kind):
    assert read_cells("it", [*"1234" * 15, *"A" * times]).kind == kind


def test_one_number_of_ten_with_another_decimal_sign_is_an_odd_cell_of_what_was_learned():
    column = read_cells("it", ["1.5"] * 9 + ["2,5"], "number")
    assert column.remarks == ("is read as numbers: '2,5' (1 of 10 cells) is taken for missing",)
    with pytest.raises(CellError, match="row 8: '2,5' has another decimal sign"):
        read_cells("it", ["1.5"] * 8 + ["2,5"], "number")


@pytest.mark.parametrize(("rows", "says"), [(19, ""), (20, "has another value in each row")])
def test_from_20_rows_on_numbers_that_are_all_distinct_are_worth_a_remark(rows, says):
    assert looks_like_identifiers(read_cells("it", [*range(rows)])) == says


@pytest.mark.parametrize(("signs", "shown"), [(30, "x" * 30), (31, "x" * 30 + "…")])
def test_of_an_odd_text_30_signs_are_shown(signs, shown):
    column = read_cells("it", [*(f"{k}.5" for k in range(9)), "x" * signs])
    assert f"'{shown}' (1 of 10 cells)" in column.remarks[0]


@pytest.mark.parametrize("clock", ["24:00", "23:60", "23:59:60", "0:30 PM", "13:00 PM"])
def test_a_clock_ends_before_24_hours_and_a_half_day_has_12(clock):
    assert time_of(clock) is None
    assert time_of("23:59:59") == "23:59:59.000000"
    assert (time_of("12:30 AM"), time_of("12:30 PM")) == ("00:30:00.000000", "12:30:00.000000")


def test_a_number_that_is_nearly_always_the_same_is_scaled_by_half_its_range():
    column = read_cells("it", [2.0] * 9 + [12.0])
    assert Numbers.fit(column, None).spread == 5.0
    assert Numbers.fit(read_cells("it", [2.0, None, 2.0]), None).spread == 1.0  # no range at all


def test_a_year_has_the_length_of_the_gregorian_calendars_mean():
    days = np.array(["2000-03-01", "2001-07-05", "2400-03-01", "2010-11-30"], "datetime64[D]")
    preparation = Preparation.fit(read_array(days[:, None]))
    place = preparation.outputs.index("sin of x0 in the year")
    waves = preparation.transform(read_array(days[:, None]))[:, place : place + 2]
    np.testing.assert_allclose(waves[0], waves[2], atol=1e-9)
    assert abs(waves[0] - waves[1]).max() > 0.5


# CSV


def test_20_whole_numbers_are_classes_and_21_are_numbers():
    def table(kinds):
        return "a,b,y\n" + "".join(f"{k},1,{k}\n" for k in range(kinds)) * 2

    assert len(parse_csv(table(20)).classes) == 20
    assert parse_csv(table(21)).classes is None


@pytest.mark.parametrize(("text", "columns"), [("a\tb,c\td,e\n1\t2\t3\n", ("a", "b,c"))])
def test_on_a_tie_the_comma_is_part_of_the_names(text, columns):
    assert parse_csv(text.replace("3\n", "x\n1\t2\ty\n")).columns == columns


def test_a_line_is_counted_where_its_row_begins():
    text = 'a,b,kind\n1,2,"x\ny"\n\n1,oops,z\n'
    with pytest.raises(TableError, match="line 5, column 'b'"):
        parse_csv(text)


def test_a_table_in_a_file_is_read_alike(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a;b;kind\n1,5;2;x\n3;4;y\n")
    np.testing.assert_array_equal(read_csv(path).X, [[1.5, 2], [3, 4]])


# Targets


def test_at_exactly_one_half_no_label_is_given_and_the_first_class_wins():
    np.testing.assert_array_equal(Labels(np.arange(2)).decide(np.array([[0.5, 0.51]])), [[0, 1]])
    kinds = Classes(np.array(["cat", "dog"]))
    assert kinds.decide(np.array([[0.5], [0.51]])).tolist() == ["cat", "dog"]
    three = Classes(np.array(["a", "b", "c"]))
    assert three.decide(np.array([[0.2, 0.4, 0.4]])).tolist() == ["b"]


def test_weights_count_in_the_scale_of_a_target():
    y, weight = np.array([0.0, 10.0]), np.array([3.0, 1.0])
    assert Counts.fit(y, weight).mean == pytest.approx(2.5)
    prices = Quantities.fit(y, weight)
    assert prices.mean == pytest.approx(2.5)
    assert prices.deviation == pytest.approx(np.sqrt(0.75 * 2.5**2 + 0.25 * 7.5**2))


def test_a_small_spread_is_not_a_constant():
    y = np.array([1000.0, 1000.5, 1001.0])
    np.testing.assert_allclose(Quantities.fit(y, None).deviation, y.std())
    assert Quantities.fit(np.full(3, 0.1), None).deviation == 0
