"""Ramps: which knots a column has, what its numbers become, and columns at the edge of floats."""

from __future__ import annotations

import numpy as np
import pytest

from neurona.tables.frames import read_array
from neurona.tables.large import AllNumbers, LargeTable
from neurona.tables.preparation import Preparation
from neurona.tables.ramps import MOST_LEVELS, Ramps, ramps_for, written
from neurona.tables.table import Columns
from tests.support.columns import NUMBERS

FARTHEST = [-1.7e308, -1.0, -5e-324, 0.0, 5e-324, 1.0, 1.7e308]


def assert_right(ramps, x):
    """See that fresh numbers become what the formula says, and that nothing is infinite."""
    columns = ramps.transform(x)
    assert columns.shape == (len(x), ramps.n_out)
    assert np.isfinite(columns).all()
    assert np.isfinite(columns.astype(np.float32)).all()
    knots = ramps.knots
    assert list(knots) == sorted(set(knots))
    for ramp, low, high in zip(columns.T[1:], knots, knots[1:], strict=False):
        assert (ramp[x <= low] == 0).all()
        assert (ramp[x >= high] == 1).all()
        between = (low < x) & (x < high)
        np.testing.assert_array_equal(ramp[between], (x[between] - low) / (high - low))
    near = (knots[0] <= x) & (x <= knots[-1])
    standardized = (x[near] - ramps.mean) / ramps.deviation
    np.testing.assert_array_equal(columns[near, 0], standardized)
    order = np.argsort(x)
    assert (np.diff(columns[order], axis=0) >= 0).all()


@pytest.mark.parametrize("kind", NUMBERS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("weights", ["none", "rows", "shares"])
def test_any_column_of_numbers(kind, weights):
    made = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(3, 300))
        x = kind(rng, n, False).astype(float)
        weight = {"none": None, "rows": rng.integers(1, 4, n) * 1.0, "shares": rng.random(n)}
        ramps = Ramps.of(x, weight[weights], int(rng.integers(2, 17)))
        if ramps is not None:
            made += 1
            assert (ramps.knots[0], ramps.knots[-1]) == (x.min(), x.max())
            assert_right(ramps, np.concatenate([x, kind(rng, 50, True), FARTHEST]))
    assert made > 30


def test_as_many_ramps_as_rows_and_columns_bear():
    assert [ramps_for(rows, 10) for rows in (0, 399, 400, 600, 1e300, np.inf)] == [
        0, 0, 2, 3, 16, 16,
    ]  # fmt: skip


def test_a_column_of_one_value_takes_no_ramps_from_the_others():
    X = np.random.default_rng(0).normal(size=(200, 2))
    outputs = Preparation.fit(read_array(X), ramps="auto").outputs
    wider = np.column_stack([X, np.full(200, 5.0)])
    assert Preparation.fit(read_array(wider), ramps="auto").outputs == outputs


def test_each_hour_of_a_day_is_a_knot_and_each_of_many_numbers_is_not():
    hours = np.arange(24.0).repeat(20)
    assert Ramps.of(hours, None, 4).knots == tuple(range(24))
    assert len(Ramps.of(hours[::2], None, 4).knots) == 5  # ten rows of each are too few
    assert len(Ramps.of(hours / 2, None, 4).knots) == 5
    assert len(Ramps.of(np.arange(MOST_LEVELS + 1.0).repeat(20), None, 4).knots) == 5


def test_a_value_that_most_rows_have_is_a_knot_and_the_others_share_the_rest():
    x = np.concatenate([np.full(900, 3.0), np.linspace(2, 10, 100)])
    knots = Ramps.of(x, None, 8).knots
    assert 3.0 in knots
    assert len([knot for knot in knots if knot > 3]) >= 5


@pytest.mark.parametrize("n", [2, 16])
@pytest.mark.parametrize(
    "x", [[], [1.0], [1.0, 1.0, 2.0], [-1.7e308, 0.0, 1.7e308], [0.0, -0.0, 5e-324]]
)
def test_a_column_with_two_values_or_as_wide_as_all_floats_has_none(x, n):
    assert Ramps.of(np.array(x), None, n) is None
    assert Ramps.of(np.array(x), np.ones(len(x)), n) is None


def test_a_weight_of_two_is_two_rows():
    rng = np.random.default_rng(0)
    for seed in range(20):
        x = rng.normal(size=50).round(seed % 3)
        weight = rng.integers(0, 4, 50)
        weighted = Ramps.of(x, weight * 1.0, 5)
        repeated = Ramps.of(np.repeat(x, weight), None, 5)
        assert weighted.knots == repeated.knots
        assert weighted.mean == pytest.approx(repeated.mean)
        assert weighted.deviation == pytest.approx(repeated.deviation)


@pytest.mark.parametrize("little", [0.0, 5e-324, 1e-300, 1e-13])
def test_a_row_of_next_to_no_weight_makes_no_number_far(little):
    """Its distance, in deviations of the others, would be beyond float32."""
    x, weight = np.append(np.random.default_rng(0).normal(size=99), 1e30), np.ones(100)
    weight[-1] = little
    ramps = Ramps.of(x, weight, 5)
    assert ramps.knots == Ramps.of(x[:-1], None, 5).knots
    assert abs(ramps.transform(x)).max() < 20
    assert Ramps.of(x, np.zeros(100), 5) is None


def test_weights_of_which_all_are_whole_since_they_are_large_are_shares():
    X = np.random.default_rng(0).normal(size=(200, 1))
    weight = 1 + np.random.default_rng(1).random(200)
    plain = Preparation.fit(read_array(X), weight, "auto")
    assert plain == Preparation.fit(read_array(X), weight * 2.0**60, "auto")
    assert len(plain.outputs) == 1 + 1 + ramps_for(200, 1)


def test_a_mean_is_never_outside_the_column():
    for k in range(200):
        x = 1 + np.arange(3) * 2.0**-52
        ramps = Ramps.of(x * (1 + k / 7), np.array([1.0, 1.0, 10.0**k]), 2)
        assert ramps is None or ramps.knots[0] <= ramps.mean <= ramps.knots[-1]


def test_the_names_of_a_columns_ramps_differ():
    year = Ramps.of(1e9 + np.arange(40.0), None, 5)
    assert len(set(year.outputs("t"))) == year.n_out
    assert written([5e-324, 1e-323]) == ["4.94066e-324", "9.88131e-324"]


def test_missing_cells_have_the_ramps_of_the_median():
    X = np.array([*range(9), np.nan, np.nan])[:, None]
    preparation = Preparation.fit(read_array(X), ramps=4)
    assert preparation.outputs[:3] == ["x0", "x0 is missing", "x0 as it is"]
    rows = preparation.transform(read_array(np.array([[np.nan], [4.0]])))
    np.testing.assert_array_equal(rows[0, 2:], rows[1, 2:])


def test_a_column_of_which_no_cell_is_known_is_left_out():
    X = np.array([[np.nan, 1.0], [np.nan, 2.0], [7.0, 3.0], [8.0, 4.0]])
    known = read_array(X)[:2]
    assert Preparation.fit(known, ramps=3).outputs == ["x1"]
    days = np.array([["NaT", "2024-05-01"], ["2024-05-03", "2024-05-02"]], "datetime64[D]")
    assert Preparation.fit(read_array(days)[:1].columns + known.columns[1:]).outputs == ["x1"]


# Large tables: all columns at once


def wide(rng, n, fresh=False):
    """Return a table with columns of each kind, some of them with missing cells."""
    kinds = rng.choice(len(NUMBERS), int(rng.integers(1, 7)))
    X = np.stack([NUMBERS[k](rng, n, fresh).astype(float) for k in kinds], axis=1)
    X[:, 0] = np.append(0.5, rng.normal(size=n - 1))  # of one, something can be learned
    return np.where(rng.random(X.shape) < rng.choice([0, 0.2]) * (rng.random(len(kinds)) < 0.6),
                    np.nan, X)  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_all_columns_at_once_become_what_each_becomes(seed):
    rng = np.random.default_rng(seed)
    X = wide(rng, int(rng.integers(20, 200)))
    preparation = Preparation.fit(read_array(X), ramps=[0, 2, 7, "auto"][seed % 4])
    fresh = np.concatenate([X, X[::-1] / 3, -X, np.full((1, X.shape[1]), np.nan)])
    wanted = preparation.transform(Columns(tuple(read_array(fresh))))
    np.testing.assert_array_equal(AllNumbers(preparation)(fresh), wanted)


@pytest.mark.parametrize("ramps", [0, 5, "auto"])
def test_a_large_table_has_ramps_where_a_number_of_them_is_asked_for(ramps):
    X = np.random.default_rng(0).normal(size=(900, 3))
    X[::7, 1] = np.nan
    learned = LargeTable(X).learn(None, np.random.default_rng(0), ramps)
    assert learned == Preparation.fit(read_array(X), ramps=0 if ramps == "auto" else ramps)
    assert LargeTable(X, raw=True).learn(None, np.random.default_rng(0), ramps) is None
    rows = LargeTable(X).transform(learned)
    np.testing.assert_array_equal(rows, learned.transform(read_array(X)))


def test_knots_that_float32_takes_for_one_stay_apart():
    x = 1 + np.arange(50)[:, None] * 1e-9
    preparation = Preparation.fit(read_array(x), ramps=4)
    columns = AllNumbers(preparation)(x.astype(np.float32))
    assert columns.dtype == np.float32
    assert np.isfinite(columns).all()
