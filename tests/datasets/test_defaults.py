"""The defaults of the data sets, and how far what is drawn with them lies apart."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from neurona import datasets

DEFAULTS = {
    datasets.circles: {"n": 500, "factor": 0.5, "noise": 0.05},
    datasets.moons: {"n": 500, "noise": 0.1},
    datasets.xor: {"n": 500, "noise": 0.0, "gap": 0.06},
    datasets.gaussians: {"n": 500, "noise": 0.2},
    datasets.spirals: {"n": 500, "arms": 2, "turns": 1.5, "noise": 0.02},
    datasets.blobs: {"n": 500, "classes": 3, "noise": 0.15},
    datasets.plane: {"n": 500, "noise": 0.05},
    datasets.wave: {"n": 500, "noise": 0.05},
}
MANY = 20_000


def test_every_data_set_is_listed():
    made = [*datasets.POINT_CLOUDS.values(), *datasets.REGRESSIONS.values()]
    assert set(DEFAULTS) == set(made)


@pytest.mark.parametrize(("make", "expected"), DEFAULTS.items(), ids=lambda one: str(one)[:20])
def test_defaults(make, expected):
    parameters = inspect.signature(make).parameters
    assert {name: one.default for name, one in parameters.items()} == {**expected, "rng": None}
    named, plain = make(rng=0, **expected), make(rng=0)
    for one, other in zip(named, plain, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("noise", [0.1, 0.3])
@pytest.mark.parametrize("make", DEFAULTS, ids=lambda one: one.__name__)
def test_noise_is_a_standard_deviation_in_the_units_of_what_it_blurs(make, noise):
    (X, y), (clean_X, clean_y) = (make(MANY, noise=one, rng=0) for one in (noise, 0.0))
    if clean_y.dtype.kind == "f":
        assert (y - clean_y).std() == pytest.approx(noise, rel=0.02)
        np.testing.assert_array_equal(X, clean_X)
    else:
        np.testing.assert_array_equal(y, clean_y)
        np.testing.assert_allclose((X - clean_X).std(axis=0), noise, rtol=0.02)


def test_spirals_begin_and_end_half_a_point_from_the_middle_and_the_rim():
    X, _ = datasets.spirals(100, noise=0.0, rng=0)
    radius = np.sort(np.hypot(*X.T))
    np.testing.assert_allclose(radius[[0, -1]] ** 2, [0.005, 0.995])


def test_xor_leaves_its_cross_empty_at_the_default_gap():
    X, _ = datasets.xor(MANY, rng=0)
    assert 0.06 <= abs(X).min() < 0.0602


def test_the_first_gaussian_is_at_the_lower_left():
    X, y = datasets.gaussians(MANY, rng=0)
    np.testing.assert_allclose(X[y == 0].mean(axis=0), -0.5, atol=0.01)
    np.testing.assert_allclose(X[y == 1].mean(axis=0), 0.5, atol=0.01)


def test_blobs_go_counterclockwise_from_the_top_on_a_circle_of_three_quarters():
    X, y = datasets.blobs(MANY, classes=4, rng=0)
    centers = [X[y == k].mean(axis=0) for k in range(4)]
    np.testing.assert_allclose(centers, [[0, 0.75], [-0.75, 0], [0, -0.75], [0.75, 0]], atol=0.01)


# The split


@pytest.mark.parametrize(("n", "share", "held"), [(10, 0.25, 3), (10, 0.3, 3), (9, 0.25, 3)])
def test_a_share_is_rounded_up(n, share, held):
    X = np.arange(float(n))
    _, X_test, _, _ = datasets.train_test_split(X, X + 0.5, test_size=share, rng=0)
    assert len(X_test) == held


def test_a_share_below_one_row_is_one_row():
    _, X_test, _, _ = datasets.train_test_split([1.0, 2.0], [0.5, 0.7], test_size=0.2, rng=0)
    assert len(X_test) == 1
    parts = datasets.train_test_split(np.zeros(12), np.repeat([0, 1, 2], 4), test_size=0.2, rng=0)
    assert sorted(parts[3]) == [0, 1, 2]  # 2.4 rows, which are 3: one of each class


def test_a_fifth_is_held_out_by_default():
    X = np.arange(100.0)
    _, X_test, _, _ = datasets.train_test_split(X, X + 0.5, rng=0)
    assert len(X_test) == 20


def test_as_many_test_rows_as_classes_are_enough():
    y = np.repeat([0, 1, 2], 4)
    parts = datasets.train_test_split(np.zeros((12, 1)), y, test_size=3 / 12, rng=0)
    assert sorted(parts[3]) == [0, 1, 2]
    with pytest.raises(ValueError, match="at least one for each of the 3 classes"):
        datasets.train_test_split(np.zeros((12, 1)), y, test_size=2 / 12, rng=0)


def test_a_digits_ink_is_from_0_to_1_in_sixteenths():
    X, y = datasets.digits()
    assert sorted(np.unique(X) * 16) == list(range(17))
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
