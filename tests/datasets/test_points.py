"""Clouds, surfaces and digits: their shapes, their randomness, and what they promise to be."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits, make_circles
from sklearn.neighbors import KNeighborsClassifier

from neurona import datasets
from neurona.datasets import POINT_CLOUDS, REGRESSIONS

EVERY = POINT_CLOUDS | REGRESSIONS
few = settings(deadline=None, max_examples=30)
clouds = st.sampled_from(sorted(POINT_CLOUDS))
every = st.sampled_from(sorted(EVERY))
noises = st.floats(0, 10)
seeds = st.integers(0, 2**64)


def test_the_registries_name_every_cloud_and_surface():
    assert list(POINT_CLOUDS) == ["circles", "moons", "xor", "gaussians", "spirals", "blobs"]
    assert list(REGRESSIONS) == ["plane", "wave"]
    assert all(getattr(datasets, name) is make for name, make in EVERY.items())


@few
@given(every, st.integers(3, 200), noises, seeds)
def test_shapes_types_and_finiteness(name, n, noise, seed):
    X, y = EVERY[name](n=n, noise=noise, rng=seed)
    assert X.shape == (n, 2)
    assert y.shape == (n,)
    assert X.dtype == np.float64
    assert X.flags.c_contiguous
    assert y.dtype == (np.int64 if name in POINT_CLOUDS else np.float64)
    assert np.isfinite(X).all()
    assert np.isfinite(y).all()


@few
@given(every, seeds)
def test_a_seed_fixes_the_numbers_and_another_gives_others(name, seed):
    X, y = EVERY[name](n=20, noise=0.1, rng=seed)
    X_again, y_again = EVERY[name](n=20, noise=0.1, rng=np.random.default_rng(seed))
    np.testing.assert_array_equal(X, X_again)
    np.testing.assert_array_equal(y, y_again)
    assert not np.array_equal(X, EVERY[name](n=20, noise=0.1, rng=seed + 1)[0])


@pytest.mark.parametrize("name", EVERY)
def test_a_generator_is_advanced(name):
    rng = np.random.default_rng(0)
    first, second = (EVERY[name](n=20, noise=0.1, rng=rng)[0] for _ in range(2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("name", EVERY)
def test_without_a_seed_every_call_differs_and_numpys_global_generator_rests(name):
    np.random.seed(0)  # noqa: NPY002 - the lesson's generator, which no data may disturb
    first, second = (EVERY[name](n=20, noise=0.1)[0] for _ in range(2))
    assert not np.array_equal(first, second)
    assert np.random.rand() == np.random.RandomState(0).rand()  # noqa: NPY002


@few
@given(clouds, st.integers(3, 100), seeds)
def test_classes_are_as_even_as_n_allows(name, n, seed):
    counts = np.bincount(POINT_CLOUDS[name](n=n, rng=seed)[1])
    assert counts.max() - counts.min() <= 1


@few
@given(st.integers(2, 9), st.integers(0, 50), st.sampled_from(["spirals", "blobs"]))
def test_any_number_of_classes_and_any_number_of_points(classes, more, name):
    keyword = {"spirals": "arms", "blobs": "classes"}[name]
    X, y = POINT_CLOUDS[name](n=classes + more, rng=0, **{keyword: classes})
    assert len(X) == len(y) == classes + more
    assert set(y) == set(range(classes))


@pytest.mark.parametrize("name", EVERY)
def test_points_are_centred_and_about_one_unit_wide(name):
    X, _ = EVERY[name](n=2000, rng=0)
    assert abs(X.mean(axis=0)).max() < 0.1
    assert 0.3 < X.std(axis=0).min() <= X.std(axis=0).max() < 0.8
    assert np.quantile(abs(X), 0.99) < 1.25


@pytest.mark.parametrize("name", POINT_CLOUDS)
def test_classes_come_in_random_order(name):
    _, y = POINT_CLOUDS[name](n=300, rng=0)
    assert len(set(y[:20])) == y.max() + 1
    assert 100 < np.count_nonzero(np.diff(y)) < 250  # sorted: 1 or 2; dealt in turn: 299


@few
@given(st.integers(2, 100), st.floats(0.01, 0.99), noises, st.integers(0, 2**32))
def test_circles_are_those_of_scikit_learn(n, factor, noise, seed):
    X, y = datasets.circles(n=n, factor=factor, noise=noise, rng=seed)
    its_seed = int(np.random.default_rng(seed).integers(2**32))
    its_X, its_y = make_circles(n, factor=factor, noise=noise, random_state=its_seed)
    np.testing.assert_array_equal(X, its_X)
    np.testing.assert_array_equal(y, its_y)


def test_moons_are_two_half_circles_of_radius_two_thirds():
    X, y = datasets.moons(n=501, noise=0.0, rng=0)
    for moon, centre, side in ((0, (-1 / 3, -1 / 6), 1), (1, (1 / 3, 1 / 6), -1)):
        arm = X[y == moon] - centre
        np.testing.assert_allclose(np.hypot(*arm.T), 2 / 3)
        assert (side * arm[:, 1] > -1e-9).all()


def test_noise_counts_in_the_units_of_the_points():
    for name, keywords in (("circles", {}), ("moons", {}), ("xor", {}), ("spirals", {})):
        clean, _ = POINT_CLOUDS[name](n=5000, noise=0.0, rng=0, **keywords)
        noisy, _ = POINT_CLOUDS[name](n=5000, noise=0.3, rng=0, **keywords)
        assert (noisy - clean).std() == pytest.approx(0.3, rel=0.05)  # same order, same seed


def test_xor_has_four_even_squares_and_a_gap():
    X, y = datasets.xor(n=400, gap=0.2, rng=0)
    np.testing.assert_array_equal(y, X.prod(axis=1) < 0)
    assert abs(X).min() >= 0.2
    assert abs(X).max() <= 1
    squares = (X > 0) @ [1, 2]
    np.testing.assert_array_equal(np.bincount(squares), [100, 100, 100, 100])


def test_xor_keeps_the_class_of_the_clean_point():
    X, y = datasets.xor(n=400, noise=0.3, rng=0)
    assert 0.02 < (y != (X.prod(axis=1) < 0)).mean() < 0.4


def test_gaussians_lie_around_their_centres():
    X, y = datasets.gaussians(n=4000, noise=0.3, rng=0)
    for label, centre in ((0, -0.5), (1, 0.5)):
        np.testing.assert_allclose(X[y == label].mean(axis=0), centre, atol=0.03)
        np.testing.assert_allclose(X[y == label].std(axis=0), 0.3, atol=0.02)


@pytest.mark.parametrize(("arms", "accuracy"), [(2, 0.999), (3, 0.998), (5, 0.995)])
def test_arms_can_be_told_apart_at_the_default_noise(arms, accuracy):
    X, y = datasets.spirals(n=100_000, arms=arms, rng=0)
    X_new, y_new = datasets.spirals(n=20_000, arms=arms, rng=1)
    assert KNeighborsClassifier(25).fit(X, y).score(X_new, y_new) > accuracy


@few
@given(st.integers(2, 7), st.floats(0.1, 4))
def test_spirals_follow_their_formula(arms, turns):
    X, y = datasets.spirals(n=100, arms=arms, turns=turns, noise=0.0, rng=0)
    radius = np.hypot(*X.T)
    np.testing.assert_allclose(np.sort(radius) ** 2, (np.arange(100) + 0.5) / 100)
    angle = 2 * np.pi * (turns * radius + y / arms)
    np.testing.assert_allclose(X, radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]))


def test_blobs_lie_on_a_ring_from_the_top():
    X, y = datasets.blobs(n=8, classes=4, noise=0.0, rng=0)
    centres = 0.75 * np.array([[0, 1], [-1, 0], [0, -1], [1, 0]])
    np.testing.assert_allclose(X, centres[y], atol=1e-12)


@pytest.mark.parametrize(
    ("name", "height"),
    [
        ("plane", lambda a, b: (a + b) / 2),
        ("wave", lambda a, b: np.cos(2 * np.pi * np.hypot(a, b))),
    ],
)
def test_surfaces_have_their_height_and_the_noise_is_on_it(name, height):
    X, y = REGRESSIONS[name](n=5000, noise=0.0, rng=0)
    np.testing.assert_allclose(y, height(*X.T), atol=1e-12)
    X_noisy, y_noisy = REGRESSIONS[name](n=5000, noise=0.3, rng=0)
    np.testing.assert_array_equal(X_noisy, X)
    assert (y_noisy - y).std() == pytest.approx(0.3, rel=0.05)


def test_a_surface_may_have_one_point():
    assert datasets.plane(n=1, rng=0)[0].shape == (1, 2)


def test_digits_are_those_of_scikit_learn_between_0_and_1():
    X, y = datasets.digits()
    its_X, its_y = load_digits(return_X_y=True)
    np.testing.assert_array_equal(X * 16, its_X)
    np.testing.assert_array_equal(y, its_y)
    assert (X.dtype, y.dtype) == (np.float64, np.int64)
    assert (X.min(), X.max()) == (0, 1)


WRONG_COUNTS = [0, 1, -5, 2.0, 2.5, True, "500", None, float("nan")]


@pytest.mark.parametrize("n", WRONG_COUNTS)
@pytest.mark.parametrize("name", POINT_CLOUDS)
def test_n_must_leave_a_point_for_each_class(name, n):
    with pytest.raises(ValueError) as error:
        POINT_CLOUDS[name](n=n)
    least = 3 if name == "blobs" else 2
    assert str(error.value) == (
        f"n is {n!r}: expected a whole number of at least {least} (a point for each class), "
        "for example n=500"
    )


@pytest.mark.parametrize("n", [0, 2.0, True])
@pytest.mark.parametrize("name", REGRESSIONS)
def test_a_surface_needs_a_point(name, n):
    with pytest.raises(ValueError, match=rf"^n is {n!r}: expected a whole number of at least 1 "):
        REGRESSIONS[name](n=n)


@pytest.mark.parametrize("noise", [-0.1, float("nan"), float("inf"), "0.1", None, True])
@pytest.mark.parametrize("name", EVERY)
def test_noise_must_be_a_number_from_0(name, noise):
    with pytest.raises(
        ValueError, match=rf"^noise is {noise!r}: expected a finite number, 0 or more, "
    ):
        EVERY[name](noise=noise)


@pytest.mark.parametrize("rng", [-1, 1.5, "seed"])
@pytest.mark.parametrize("name", EVERY)
def test_rng_must_be_a_seed_or_a_generator(name, rng):
    with pytest.raises(ValueError, match=rf"^rng is {rng!r}: expected a seed .* or None for diff"):
        EVERY[name](rng=rng)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: datasets.circles(factor=1.0),
            "factor is 1.0: expected a number between 0 and 1, for example factor=0.5",
        ),
        (
            lambda: datasets.circles(factor=0),
            "factor is 0: expected a number between 0 and 1, for example factor=0.5",
        ),
        (
            lambda: datasets.xor(gap=1.5),
            "gap is 1.5: expected a number between 0 and 1, for example gap=0.06",
        ),
        (
            lambda: datasets.spirals(arms=1),
            "arms is 1: expected a whole number of at least 2 (a class for each arm), "
            "for example arms=2",
        ),
        (
            lambda: datasets.spirals(turns=0),
            "turns is 0: expected a finite number above 0, for example turns=1.5",
        ),
        (
            lambda: datasets.spirals(turns=float("inf")),
            "turns is inf: expected a finite number above 0, for example turns=1.5",
        ),
        (
            lambda: datasets.spirals(n=4, arms=5),
            "n is 4: expected a whole number of at least 5 (a point for each class), "
            "for example n=500",
        ),
        (
            lambda: datasets.blobs(classes=1),
            "classes is 1: expected a whole number of at least 2 (something to tell apart), "
            "for example classes=3",
        ),
        (
            lambda: datasets.blobs(n=4, classes=5),
            "n is 4: expected a whole number of at least 5 (a point for each class), "
            "for example n=500",
        ),
    ],
)
def test_other_arguments_say_what_they_expect(call, message):
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value) == message


def test_numpy_numbers_are_numbers():
    X, _ = datasets.spirals(n=np.int32(9), arms=np.int64(3), noise=np.float32(0), rng=np.int64(1))
    assert X.shape == (9, 2)


def run(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_scikit_learn_is_imported_only_where_it_is_used():
    program = """
import sys
from neurona import datasets
for make in (datasets.xor, datasets.spirals, datasets.plane, datasets.wave):
    make(n=4, rng=0)
datasets.one_hot([0, 1])
print("sklearn" in sys.modules)
"""
    assert run(program) == "False"


def test_without_scikit_learn_the_message_names_the_extra():
    program = """
import sys
import neurona
class NotInstalled:
    def find_spec(self, name, path, target=None):
        if name == "sklearn":
            raise ModuleNotFoundError("No module named 'sklearn'", name="sklearn")
sys.meta_path.insert(0, NotInstalled())
calls = {name: getattr(neurona.datasets, name) for name in "circles moons gaussians blobs".split()}
calls["digits"] = neurona.datasets.digits
calls["split"] = lambda: neurona.datasets.train_test_split([[1], [2], [3]], [0.1, 0.2, 0.3])
for name, call in calls.items():
    try:
        call()
    except neurona.MissingExtra as error:
        print(name, error)
"""
    names = ["circles", "moons", "gaussians", "blobs", "digits", "split"]
    hint = 'sklearn is not installed: pip install "neurona[datasets]"'
    assert run(program).splitlines() == [f"{name} {hint}" for name in names]
