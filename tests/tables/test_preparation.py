"""From a table as a person has it to numbers: what a cell becomes, and what is refused."""

from __future__ import annotations

import datetime
import decimal
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest

from neurona.tables.categories import MOST_LEVELS
from neurona.tables.frames import read_array, read_frame
from neurona.tables.kinds import read_column
from neurona.tables.preparation import CLIP, Preparation

DAY = datetime.date(2024, 2, 29)
FRAMES = {
    "ints": ([1, 2, 3], "number"),
    "floats": ([1.5, None, 3.0], "number"),
    "bools": ([True, False, True], "category"),
    "texts": (["a", None, "b"], "category"),
    "dates": ([DAY, None, DAY], "date"),
    "moments": ([datetime.datetime(2024, 2, 29, 12), None, None], "date"),
    "nothing": ([None, None, None], "empty"),
}


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize("name", FRAMES)
def test_a_frames_columns_are_read_alike(frame, name):
    cells, kind = FRAMES[name]
    (column,) = read_frame(frame({name: cells}))
    assert (column.name, column.kind) == (name, kind)
    assert column.missing.tolist() == [cell is None for cell in cells]


@pytest.mark.parametrize(
    ("series", "kind", "missing"),
    [
        (pd.Series([1, None, 3], dtype="Int64"), "number", 1),
        (pd.Series([1.5, None], dtype="Float64"), "number", 1),
        (pd.Series([True, None, False], dtype="boolean"), "category", 1),
        (pd.Series(["a", None], dtype="string"), "category", 1),
        (pd.Series(["a", None, "a"], dtype="category"), "category", 1),
        (pd.Series([1, 2, None], dtype="category"), "category", 1),
        (pd.Series(pd.to_datetime(["2024-01-01", None], utc=True)), "date", 1),
        (pd.Series([decimal.Decimal("1.5"), None], dtype=object), "number", 1),
        (pd.Series(pd.to_timedelta(["1 s", None])), "number", 1),
        (pd.Series([pd.NA, pd.NA], dtype=object), "empty", 2),
        (pd.Series([datetime.timedelta(1), None], dtype=object), "number", 1),
        (pd.Series([np.timedelta64(1, "h"), pd.NaT], dtype=object), "number", 1),
        (pl.Series([1, None, 3]), "number", 1),
        (pl.Series([2**100, None, 3], dtype=pl.Int128), "number", 1),
        (pl.Series(["a", None, "a"], dtype=pl.Categorical), "category", 1),
        (pl.Series(["a", None], dtype=pl.Enum(["a", "b"])), "category", 1),
        (pl.Series([decimal.Decimal("1.5"), None]), "number", 1),
        (pl.Series([datetime.timedelta(seconds=1), None]), "number", 1),
    ],
    ids=lambda value: f"{value.dtype}" if hasattr(value, "dtype") else f"{value}",
)
def test_the_frames_own_types_are_known(series, kind, missing):
    frame = pd.DataFrame if isinstance(series, pd.Series) else pl.DataFrame
    (column,) = read_frame(frame({"it": series}))
    assert column.kind == kind
    assert column.missing.sum() == missing


def test_a_category_is_the_same_whether_its_number_was_read_with_missing_cells_or_not():
    (whole,) = read_frame(pd.DataFrame({"it": pd.Series([1, 2], dtype="category")}))
    (holes,) = read_frame(pd.DataFrame({"it": pd.Series([1, None], dtype="category")}))
    assert whole.values[0] == holes.values[0] == "1"


def test_a_list_of_mixed_cells_and_one_that_numpy_made_texts_of():
    cells = [[1.5, "cat", True], [None, "dog", False]]
    assert [c.kind for c in read_array(np.array(cells, object))] == [
        "number", "category", "category",
    ]  # fmt: skip
    assert [c.kind for c in read_array(np.array([["1", "a"], ["2", "b"]]))] == [
        "number", "category",
    ]  # fmt: skip


@pytest.mark.parametrize("frame", ["pandas", "polars"])
def test_the_other_frames_library_is_not_imported(frame):
    other = {"pandas": "polars", "polars": "pandas"}[frame]
    program = (
        f"import sys, {frame}\n"
        "from neurona.tables.frames import read_frame\n"  # and scikit-learn, and its own
        f"before = {other!r} in sys.modules\n"
        f"read_frame({frame}.DataFrame({{'a': [1, 2]}}))\n"
        f"assert before or {other!r} not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def prepared(cells, fresh=None):
    """Return what one column becomes, learned from some cells and made of these or of others."""
    column = read_column("it", np.array(cells, dtype=object))
    learned = Preparation.fit(_table(column))
    if fresh is None:
        return learned.transform(_table(column))
    return learned.transform(_table(read_column("it", np.array(fresh, dtype=object))))


def _table(*columns):
    from neurona.tables.table import Columns

    return Columns(columns)


def test_numbers_are_centred_scaled_and_clipped_by_the_formula():
    x = prepared([0.0, 10.0, 20.0, 30.0, 1e300])[:, 0]
    spread = 20.0
    plain = (np.array([0.0, 10, 20, 30]) - 20) / spread
    assert x[:4] == pytest.approx(plain / np.sqrt(1 + (plain / 3) ** 2))
    assert x[4] == pytest.approx(CLIP)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30, 1e300])
def test_the_scale_of_a_column_makes_no_difference(scale):
    x = np.random.default_rng(0).normal(size=(50, 1))
    assert prepared(list(x[:, 0] * scale)) == pytest.approx(prepared(list(x[:, 0])))


def test_a_column_that_is_nearly_always_the_same_still_tells_something():
    x = prepared([0.0] * 99 + [5.0])
    assert x.max() > 0.5
    assert (x[:99] == 0).all()


def test_a_missing_number_is_the_median_with_an_indicator():
    assert prepared([1.0, 2.0, 3.0, None])[3].tolist() == [0.0, 1.0]


def test_a_number_that_was_never_missing_may_be_so_later():
    assert prepared([1.0, 2.0, 3.0], [None, 2.0]).tolist() == [[0.0], [0.0]]


def test_two_categories_are_one_column_and_what_was_never_seen_is_in_the_middle():
    assert prepared([True, False, True, False], [True, False, None]).tolist() == [
        [1.0],
        [-1.0],
        [0.0],
    ]


def test_an_unseen_category_without_rare_ones_is_all_zero():
    assert prepared(list("abcabc"), ["z", "a"]).tolist() == [[0, 0, 0], [1, 0, 0]]


def test_many_categories_are_limited_by_how_often_they_come():
    cells = [f"c{i}" for i in range(300) for _ in range(3 + i)]
    x = prepared(cells, ["c299", "c0", "never"])
    assert x.shape[1] == MOST_LEVELS + 1
    assert x[0, -1] == 0
    assert x[0].sum() == 1
    assert x[1:, -1].tolist() == [1, 1]


def test_columns_that_tell_nothing_are_dropped():
    cells = np.array(
        [[1.0, 7.0, None, "same", "ann"], [2.0, 7.0, None, "same", "bob"]], dtype=object
    )
    assert Preparation.fit(read_array(cells)).outputs == ["x0"]


def test_a_table_that_tells_nothing_is_refused():
    with pytest.raises(ValueError, match="nothing to learn from columns that are constant"):
        Preparation.fit(read_array(np.array([[7.0, None], [7.0, None]], dtype=object)))


def test_dates_are_days_and_clocks():
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(days=i) for i in range(400)]
    x = prepared(days)
    assert x.shape == (400, 5)
    assert (np.diff(x[:, 0]) > 0).all()
    assert x[7:, 3:] == pytest.approx(x[:-7, 3:], abs=1e-9)
    hours = [datetime.datetime(2024, 1, 1, hour) for hour in (0, 6, 12)]
    assert prepared(hours)[:, -2:] == pytest.approx(np.array([[0, 1], [1, 0], [0, -1]]), abs=1e-9)


@pytest.mark.parametrize(
    ("cells", "others", "message"),
    [
        ([1.0, 2.0], ["ten", 1.0], "'it' held numbers .* holds categories now, 'ten' in row 0"),
        (["a", "b", "a", "b"], [None, 5.0], "'it' held categories .* numbers now, '5.0' in row 1"),
        ([DAY, DAY.replace(year=2020)], ["x"], "'it' held dates .* holds categories now"),
        ([1.0, 2.0], [DAY], "'it' held numbers .* holds dates now"),
    ],
)
def test_a_column_of_another_kind_is_refused(cells, others, message):
    with pytest.raises(ValueError, match=message):
        prepared(cells, others)


@pytest.mark.parametrize("cells", [[1.0, 2.0], list("abab"), [DAY, DAY.replace(year=2020)]])
def test_a_column_that_is_empty_later_is_taken_for_missing(cells):
    assert np.isfinite(prepared(cells, [None, None])).all()


def test_categories_that_are_numbers_may_come_as_numbers():
    column = pd.DataFrame({"it": pd.Series([1, 2, 3, 1, 2, 3], dtype="category")})
    learned = Preparation.fit(read_frame(column))
    again = learned.transform(read_frame(pd.DataFrame({"it": [3.0, 1.0]})))
    assert again.tolist() == [[0, 0, 1], [1, 0, 0]]


def test_categories_of_which_some_are_numbers_may_come_as_numbers_alone():
    """A column of room numbers such as 7 and A1: a few rows of it may be read as numbers."""
    rooms = pd.DataFrame({"room": ["A1", "7", "8", "A1", "7", "8"]})
    learned = Preparation.fit(read_frame(rooms))
    as_numbers = learned.transform(read_frame(pd.DataFrame({"room": [7, 8]})))
    as_texts = learned.transform(read_frame(pd.DataFrame({"room": ["7", "8"]})))
    assert np.array_equal(as_numbers, as_texts)


@pytest.mark.parametrize("infinity", [np.inf, -np.inf, 10**400])
def test_infinity_is_no_number(infinity):
    with pytest.raises(ValueError, match="infinity: column 'it', row 1"):
        prepared([1.0, infinity])


def test_a_weight_of_two_is_two_rows():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 1)).round(1).astype(object)
    x[3] = None
    cells = np.concatenate([x, rng.choice(list("abcde"), (20, 1)).astype(object)], axis=1)
    weight = rng.integers(1, 4, 20)
    weighted = Preparation.fit(read_array(cells), weight.astype(float))
    assert weighted == Preparation.fit(read_array(np.repeat(cells, weight, axis=0)))


def test_weights_that_are_no_rows_do_not_make_categories_rare():
    cells = np.array(list("ab") * 20, dtype=object)[:, None]
    plain = Preparation.fit(read_array(cells))
    for weight in (1e-6, 0.5, 1e6 + 0.5):
        assert Preparation.fit(read_array(cells), np.full(40, weight)) == plain


def test_numbers_as_far_apart_as_floats_can_be():
    assert np.isfinite(prepared([-1.7e308, 0.0, 1.7e308], [-1.7e308, 1.7e308])).all()


def test_a_span_of_time_is_its_seconds_in_a_cell_of_any_type():
    spans = pd.Series(pd.to_timedelta(["1 h", "90 s"]))
    (typed,) = read_frame(pd.DataFrame({"it": spans}))
    (cells,) = read_frame(pd.DataFrame({"it": spans.astype(object)}))
    assert typed.values.tolist() == cells.values.tolist() == [3600.0, 90.0]


def test_cells_that_hold_several_values_are_refused_by_the_columns_name():
    pairs = pl.DataFrame({"pair": pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int64, 2))})
    with pytest.raises(ValueError, match="column 'pair' holds 2 values in each cell"):
        read_frame(pairs)


LOCAL = "2024-05-{:02}T00:30"
SHIFTED = pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        (LOCAL + "+02:00", LOCAL, "a time zone when the network learned, and has none now"),
        (LOCAL, LOCAL + "-0300", "no time zone when the network learned, and has one now"),
        (LOCAL + "Z", LOCAL, None),
        (LOCAL + "+02:00", LOCAL + "Z", None),
        (LOCAL + "+02:00", LOCAL + "-03:00", None),
    ],
)


@SHIFTED
def test_dates_that_lose_or_gain_a_time_zone_are_told(then, now, said):
    def table(form):
        return [read_column("when", np.array([form.format(day) for day in range(1, 29)], object))]

    told = [*Preparation.fit(table(then)).of_other_zones(table(now))]
    assert [said in text for text in told] == ([] if said is None else [True])


def test_dates_with_and_without_a_time_zone_in_one_column_are_told():
    zone = datetime.timezone(datetime.timedelta(hours=2))
    cells = [datetime.datetime(2024, 5, day, tzinfo=zone) for day in range(1, 9)]
    column = read_column("when", np.array([*cells, datetime.datetime(2024, 5, 9)], object))
    assert column.moved
    assert column.remarks == (
        "has dates with a time zone and dates without: these are read as UTC",
    )
