"""A column of more categories than it may have indicators: those that tell most keep theirs."""

from __future__ import annotations

import numpy as np
import pytest

from neurona.tables.categories import MOST_LEVELS, Categories, Moments
from neurona.tables.columns import Column, objects
from neurona.tables.preparation import Preparation
from neurona.tables.table import Columns


def column_of(cells):
    return Column("it", "category", objects(cells))


def learned(cells, target, weight=None, most=MOST_LEVELS):
    target = np.array(target, float).reshape(len(cells), -1)
    return Categories.fit(column_of(cells), weight, Moments.of(target), most)


def kept(cells, target, weight=None, most=2):
    return "".join(learned(cells, target, weight, most).levels)


def test_those_furthest_from_the_mean_are_kept():
    assert kept("aaabbbcccddd", [0, 0, 0, 5, 5, 5, 0, 0, 0, -4, -4, -4]) == "bd"


def test_many_rows_near_the_mean_tell_less_than_some_that_are_far():
    assert kept("a" * 30 + "bbbccc", [0.1] * 30 + [4] * 3 + [-5] * 3) == "bc"


def test_few_rows_count_less_than_their_sum_of_squares():
    """Of b it is the larger, 3 · 2.2² and 12 · 1²: but the mean of 12 rows is surer."""
    target = [1.0] * 12 + [2.2] * 3 + [-31 / 30] * 18
    assert kept("a" * 12 + "b" * 3 + "c" * 18, target, most=1) == "c"
    assert kept("a" * 12 + "b" * 3 + "c" * 18, target) == "ac"


def test_equal_ones_are_kept_by_their_rows_and_then_by_the_alphabet():
    cells = "dddd" + "aaabbbccc"
    assert kept(cells, np.zeros(13)) == "ad"
    assert "".join(Categories.fit(column_of(cells), None, None, 2).levels) == "ad"  # no target


def test_each_class_counts():
    """All of a and c are of the first class, all of b of the second, all of d of the third."""
    target = np.eye(3)[[0] * 3 + [1] * 3 + [0] * 3 + [2] * 3]
    assert kept("aaabbbcccddd", target) == "bd"
    assert kept("aaabbbcccddd", target[:, 1:2], most=1) == "b"
    assert kept("aaabbbcccddd", target[:, 2:], most=1) == "d"


def test_a_weight_of_two_is_two_rows():
    rng = np.random.default_rng(0)
    cells = rng.choice([f"c{i}" for i in range(20)], 120)
    target, weight = rng.integers(0, 2, (120, 2)).astype(float), rng.integers(1, 4, 120)
    weighted = learned(cells, target, weight.astype(float), 5)
    again = np.repeat(np.arange(120), weight)
    assert weighted == learned(cells[again], target[again], None, 5)
    assert weighted != learned(cells, target, None, 5)


def test_rows_without_a_category_do_not_count():
    cells = ["a"] * 3 + ["b"] * 3 + ["c"] * 3
    target = [1.0] * 3 + [0.4] * 3 + [0.0] * 3
    full = learned(cells, target, None, 2)
    holes = learned([*cells, *[None] * 9], target + [9.0] * 9, None, 2)
    assert holes.levels == full.levels == ("a", "c")
    assert (holes.missing, full.missing) == (True, False)
    letters, target = [*"abcdefghijkl"] * 4, np.random.default_rng(0).normal(size=48)
    holes = learned([*letters, *[None] * 9], [*target, *[9.0] * 9])
    assert 0.25 < holes.scale == learned(letters, target).scale < 1


@pytest.mark.parametrize("far", [1e200, -1e308, 1.7e308])
def test_a_target_that_is_far_out_warns_of_nothing(far):
    target = [far] * 3 + [-far] * 3 + [0.0] * 6
    assert kept("aaabbbcccddd", target) == "ab"


def test_how_many_share_an_indicator_is_known():
    cells = [f"{i:03}x" for i in range(MOST_LEVELS + 40) for _ in range(3)] + ["rare"]
    step = Categories.fit(column_of(cells), None)
    assert (len(step.levels), step.merged) == (MOST_LEVELS, 41)
    few = Categories.fit(column_of("aaabbb"), None)
    assert (few.other, few.merged) == (False, 0)


def test_the_rest_the_unseen_and_the_missing_ones_have_their_places():
    cells = [f"{i:03}x" for i in range(MOST_LEVELS + 1) for _ in range(3)] + [None]
    target = np.arange(len(cells), dtype=float)[:, None]  # the one in the middle tells least
    step = learned(cells, target)
    x = step.transform(column_of(["000x", "128x", "never", None, "256x"]))
    assert x.shape == (5, MOST_LEVELS + 2)
    assert x.sum(axis=1).tolist() == [1] * 5
    assert x.argmax(axis=1).tolist() == [0, 256, 256, 257, 255]


def test_few_categories_do_not_ask_for_a_target():
    rng = np.random.default_rng(0)
    table = Columns((column_of(rng.choice(list("abcdefgh"), 60)),))
    assert Preparation.fit(table, target=rng.normal(size=(60, 1))) == Preparation.fit(table)


LETTERS = [*"abcdefghijklmnopqrstuvwx"]


def scale_of(levels, per, told, seed=0):
    """Return the scale where categories' means differ by so many deviations within them."""
    rng = np.random.default_rng(seed)
    cells, means = LETTERS[:levels] * per, told * rng.normal(size=levels)
    return learned(cells, np.tile(means, per) + rng.normal(size=levels * per)).scale


def test_many_categories_that_tell_nothing_have_small_indicators():
    assert scale_of(24, 30, told=0) == pytest.approx(8 / 24, abs=0.001)
    assert scale_of(24, 30, told=3) > 0.95


@pytest.mark.parametrize("levels", [2, 3, 8])
def test_a_few_categories_have_whole_ones(levels):
    """They may matter beside another column alone."""
    assert scale_of(levels, 30, told=0) == 1


def test_the_scale_grows_with_fishers_f():
    """The means of groups of three rows are -d and d, and the variance within them is 1."""

    def learned_of(levels, d):
        cells = [letter for letter in LETTERS[:levels] for _ in range(3)]
        return learned(cells, [k % 2 * 2 * d - d + e for k in range(levels) for e in (-1, 0, 1)])

    def f(levels, d):
        return 3 * levels * d**2 / (levels - 1)

    for d in (1.0, 1.5):
        wanted = np.sqrt((f(24, d) - 1) / 10)
        assert 8 / 24 < learned_of(24, d).scale == round(wanted, 3) < 1
    assert learned_of(10, 1).scale == 0.8 > np.sqrt((f(10, 1) - 1) / 10)
    assert learned_of(24, 3).scale == 1


def test_equal_targets_tell_nothing_of_the_scale():
    assert learned(LETTERS * 2, np.ones(48)).scale == 1


def test_one_of_several_outputs_is_enough():
    rng = np.random.default_rng(0)
    cells, noise = LETTERS * 20, rng.normal(size=480)
    told = np.tile(np.arange(24.0), 20) + noise
    assert learned(cells, np.stack([noise, told], axis=1)).scale > 0.9


def test_indicators_are_as_large_as_the_scale():
    step = learned(LETTERS * 2 + [None], np.random.default_rng(0).normal(size=49))
    x = step.transform(column_of(["c", None, "a"]))
    assert step.scale < 1
    assert x.sum(axis=1).tolist() == [step.scale] * 3
    assert x.argmax(axis=1).tolist() == [2, 24, 0]
