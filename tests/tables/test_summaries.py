"""Rows in parts: any split of them gives the preparation that all rows give together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurona.tables.columns import Column, objects
from neurona.tables.preparation import Preparation
from neurona.tables.summaries import KEPT, PartsDisagree, preparation_of, shortened, summary

CELLS = {
    "number": st.one_of(
        st.none(), st.integers(-3, 3).map(float), st.floats(-1e300, 1e300, allow_subnormal=False)
    ),
    "category": st.one_of(st.none(), st.sampled_from("abcdefg")),
    "date": st.one_of(st.none(), st.datetimes().map(np.datetime64)),
}
MISSING = {"number": np.nan, "date": np.datetime64("NaT", "us")}


def column_of(kind, cells):
    if kind == "category":
        return Column("it", kind, objects(cells))
    values = [MISSING[kind] if cell is None else cell for cell in cells]
    return Column("it", kind, np.array(values, "datetime64[us]" if kind == "date" else float))


def part_of(column, rows):
    cells = column.values[rows]
    part = Column("it", column.kind, cells)
    return part if not part.missing.all() else Column("it", "empty", np.full(len(cells), None))


@st.composite
def tables(draw):
    kinds = draw(st.lists(st.sampled_from([*CELLS]), min_size=1, max_size=3))
    n = draw(st.integers(1, 60))
    columns = [column_of(k, draw(st.lists(CELLS[k], min_size=n, max_size=n))) for k in kinds]
    which = np.array(draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    return columns, [np.flatnonzero(which == k) for k in range(4)]


def made(prepare):
    """Return a preparation, or what it says where there is none."""
    try:
        return prepare()
    except ValueError as error:
        return str(error)


@settings(deadline=None, max_examples=300)
@given(tables(), st.sampled_from([0, 3, 16, "auto"]))
def test_any_split_gives_the_preparation_of_all_rows(table, ramps):
    columns, parts = table
    columns = [one if not one.missing.all() else part_of(one, slice(None)) for one in columns]
    target = np.arange(len(columns[0].values), dtype=float)[:, None]
    told = [[summary(part_of(one, rows), target[rows]) for one in columns] for rows in parts]
    whole = made(lambda: Preparation.fit(columns, ramps=ramps, target=target))
    assert made(lambda: preparation_of(["it"] * len(columns), told, ramps)) == whole


def test_of_too_many_categories_the_target_chooses_as_it_does_of_all_rows():
    rng = np.random.default_rng(0)
    which = rng.integers(400, size=6000)
    column = Column("it", "category", objects(f"c{k}" for k in which))
    target = np.stack([rng.normal(size=400)[which], rng.normal(size=6000)], axis=1)
    parts = np.array_split(rng.permutation(6000), 3)
    told = [[summary(part_of(column, rows), target[rows])] for rows in parts]
    whole = Preparation.fit([column], target=target)
    assert len(whole.outputs) == 257
    assert preparation_of(["it"], told) == whole


@pytest.mark.parametrize("seed", range(3))
def test_quantiles_of_many_numbers_are_off_by_two_ten_thousandths_of_the_rows(seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_cauchy(300_000) if seed else np.sort(rng.normal(size=300_000))
    column = Column("x", "number", x)
    parts = np.array_split(x, [40_000, 45_000, 260_000])
    made = preparation_of(["x"], [[summary(Column("x", "number", part))] for part in parts], 16)
    whole = Preparation.fit([column], ramps=16)
    (_, mine), (_, its) = *made.steps, *whole.steps
    x = np.sort(x)

    def rank(value):
        return np.searchsorted(x, value) / len(x)

    assert abs(rank(mine.median) - 0.5) < 2e-4
    assert abs(rank(mine.median + mine.spread) - rank(its.median + its.spread)) < 2e-3
    assert (mine.ramps.knots[0], mine.ramps.knots[-1]) == (x[0], x[-1])
    ranks = np.array([rank(knot) for knot in mine.ramps.knots])
    assert abs(ranks - [rank(knot) for knot in its.ramps.knots]).max() < 2e-4


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 50), min_size=3, max_size=300),
    st.integers(3, 40),
    st.lists(st.integers(0, 299), max_size=4),
)
def test_cells_that_stay_stand_for_all_rows(rows, most, besides):
    rows = np.array(rows)
    cells = np.arange(len(rows), dtype=float)
    besides = [one for one in besides if one < len(rows)]
    kept, counts = shortened(cells, rows, most, besides)
    assert counts.sum() == rows.sum()
    assert (counts > 0).all()
    assert (np.diff(kept) > 0).all()
    assert len(kept) <= max(most, len(besides) + 3) or len(rows) <= most
    assert (kept[0], kept[-1]) == (0, cells[-1])
    assert {*kept.tolist()} >= {*map(float, besides)}
    true = np.cumsum(rows)
    told = np.cumsum([counts[kept == cell].sum() for cell in cells])
    share = 1 + np.ceil(rows.sum() / max(most - len({0, *besides, len(rows) - 1}), 1))
    assert (abs(true - told) <= share + 2 + len(besides)).all()


def test_a_rare_time_of_day_is_not_lost_among_many_dates():
    days = np.datetime64("1950-01-01", "us") + np.arange(3 * KEPT) * np.timedelta64(1, "D")
    days[12_345] += np.timedelta64(1, "h")
    column = Column("it", "date", days)
    made = preparation_of(["it"], [[summary(part_of(column, slice(None)))]])
    assert made.outputs == Preparation.fit([column]).outputs
    assert "sin of it in the day" in made.outputs


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (("number", {}), ("category", {}), "holds categories in process 1, and numbers in process"),
        (("date", {}), ("date", {"order": "time"}), "holds times of day in process 1, and dates"),
        (
            ("date", {"order": "dmy"}), ("date", {"order": "mdy"}),
            "has the order of dates mdy in process 1, and dmy in process 0",
        ),
    ],
)  # fmt: skip
def test_parts_that_do_not_fit_together_are_named(one, other, told):
    cells = {"number": [1.0, 2.0], "category": ["a", "b"], "date": [np.datetime64("2020-01-01")]}

    def part(kind, form):
        column = column_of(kind, cells[kind])
        return [summary(Column("it", kind, column.values, **form))]

    with pytest.raises(PartsDisagree, match=told):
        preparation_of(["it"], [part(*one), part(*other)])


def test_a_decimal_comma_in_one_part_is_that_of_all():
    parts = [[summary(Column("it", "number", np.array([1.0, 2.0]), decimal=sign))] for sign in ".,"]
    assert preparation_of(["it"], parts).steps[0][1].decimal == ","
