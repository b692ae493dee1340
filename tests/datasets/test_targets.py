"""One-hot targets, and points kept back for a test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from neurona.datasets import digits, one_hot, train_test_split

few = settings(deadline=None, max_examples=50)
labels = st.lists(st.integers(0, 9), min_size=1, max_size=50)


@few
@given(labels, st.sampled_from([np.int64, np.uint8, np.float64]), st.booleans())
def test_one_hot_has_one_1_a_row_and_argmax_undoes_it(y, dtype, as_column):
    given = np.array(y, dtype=dtype)
    targets = one_hot(given[:, None] if as_column else given, classes=10)
    assert targets.shape == (len(y), 10)
    assert targets.dtype == np.float64
    assert targets.flags.c_contiguous
    assert np.isin(targets, (0, 1)).all()
    np.testing.assert_array_equal(targets.sum(axis=1), 1)
    np.testing.assert_array_equal(targets.argmax(axis=1), y)


def test_one_hot_counts_the_classes_by_the_largest():
    np.testing.assert_array_equal(one_hot([0, 2]), [[1, 0, 0], [0, 0, 1]])
    np.testing.assert_array_equal(one_hot(np.array([True, False])), [[0, 1], [1, 0]])


def test_one_hot_leaves_its_argument_alone():
    y = np.array([1, 0])
    one_hot(y)[:] = 5
    np.testing.assert_array_equal(y, [1, 0])


@pytest.mark.parametrize(
    ("y", "classes", "message"),
    [
        ([], None, "y has shape (0,): expected (n,) or (n, 1), a class for each example"),
        (3, None, "y has shape (): expected (n,) or (n, 1), a class for each example"),
        (
            [[0, 1], [1, 0]],
            None,
            "y has shape (2, 2): expected (n,) or (n, 1), a class for each example",
        ),
        (
            [0, 1, -1],
            None,
            "y[2] is -1: expected whole numbers from 0; "
            "number other classes with values, y = np.unique(y, return_inverse=True)",
        ),
        (
            [0, 1.5],
            None,
            "y[1] is 1.5: expected whole numbers from 0; "
            "number other classes with values, y = np.unique(y, return_inverse=True)",
        ),
        (
            [float("nan"), 1],
            None,
            "y[0] is nan: expected whole numbers from 0; "
            "number other classes with values, y = np.unique(y, return_inverse=True)",
        ),
        (
            [float("inf"), 1],
            None,
            "y[0] is inf: expected whole numbers from 0; "
            "number other classes with values, y = np.unique(y, return_inverse=True)",
        ),
        (
            ["cat", "dog"],
            None,
            "y[0] is 'cat': expected whole numbers from 0; "
            "number the names with names, y = np.unique(y, return_inverse=True)",
        ),
        (
            [0, 3],
            3,
            "y holds class 3, expected 0 to 2 with classes=3: "
            "pass classes=4, or number the classes from 0",
        ),
        (
            [0, 0],
            None,
            "y holds only class 0, so the number of classes is unknown: "
            "expected 2 classes or more; pass the number, for example classes=2",
        ),
        (
            [0, 0],
            1,
            "classes is 1: expected a whole number of at least 2 (something to tell apart), "
            "for example classes=2",
        ),
    ],
)
def test_one_hot_says_what_it_expects(y, classes, message):
    with pytest.raises(ValueError) as error:
        one_hot(y, classes)
    assert str(error.value) == message


@few
@given(st.integers(2, 60), st.floats(0.05, 0.95), st.integers(0, 2**64))
def test_a_split_loses_and_doubles_nothing(n, test_size, seed):
    X, y = np.arange(2.0 * n).reshape(n, 2), np.arange(n) + 0.5
    assume(np.ceil(test_size * n) < n)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=test_size, rng=seed)
    assert len(X_test) == np.ceil(test_size * n)
    together = np.concatenate([X_train, X_test])
    np.testing.assert_array_equal(together[np.argsort(together[:, 0])], X)
    np.testing.assert_array_equal(together[:, 0] / 2 + 0.5, np.concatenate([y_train, y_test]))
    again = train_test_split(X, y, test_size=test_size, rng=np.random.default_rng(seed))
    np.testing.assert_array_equal(again[0], X_train)


def test_another_seed_is_another_split():
    X, y = np.arange(100.0), np.arange(100) % 2
    first, second = (train_test_split(X, y, rng=seed)[1] for seed in (0, 1))
    assert not np.array_equal(first, second)


rare = np.repeat([0, 1, 2], [100, 60, 5])  # a plain draw of 33 seldom gives 20, 12 and 1


@pytest.mark.parametrize(
    "y",
    [rare, rare[:, None], rare.astype(np.uint8), np.array(["a", "b", "c"])[rare], one_hot(rare)],
    ids=["integers", "column", "bytes", "text", "one-hot"],
)
def test_classes_keep_their_shares(y):
    X = np.arange(len(y))
    for seed in range(5):
        X_train, X_test, y_train, y_test = train_test_split(X, y, rng=seed)
        np.testing.assert_array_equal(np.bincount(rare[X_train]), [80, 48, 4])
        np.testing.assert_array_equal(np.bincount(rare[X_test]), [20, 12, 1])
        np.testing.assert_array_equal(y_test, y[X_test])
        assert y_train.dtype == y.dtype
        assert y_train.shape[1:] == y.shape[1:]


@pytest.mark.parametrize("dtype", [bool, np.int64, np.float64])
def test_two_classes_of_any_type_keep_their_shares(dtype):
    y = (np.arange(100) < 10).astype(dtype)
    for seed in range(5):
        assert train_test_split(y, y, rng=seed)[3].sum() == 2


def test_numbers_are_not_stratified():
    y = np.repeat([0.0, 1.0, 2.0], [100, 60, 5])
    shares = {
        tuple(np.bincount(train_test_split(y, y, rng=seed)[3].astype(int))) for seed in range(9)
    }
    assert len(shares) > 1
    vectors = np.random.default_rng(0).normal(size=(10, 3))
    assert train_test_split(y[:10], vectors, rng=0)[3].shape == (2, 3)


def test_rows_with_several_labels_are_not_classes():
    y = np.array([[1, 1], [0, 1], [0, 0], [1, 0], [1, 1]])  # as classes, some would be too rare
    assert train_test_split(y, y, rng=0)[3].shape == (1, 2)


def test_pictures_can_be_split():
    X, y = digits()
    X_train, X_test, _, y_test = train_test_split(X.reshape(-1, 8, 8, 1), y, rng=0)
    assert X_train.shape == (1437, 8, 8, 1)
    assert X_test.shape == (360, 8, 8, 1)
    assert np.ptp(np.bincount(y_test)) <= 2


def test_a_split_copies():
    X = np.arange(10.0)
    train_test_split(X, X, rng=0)[0][:] = -1
    np.testing.assert_array_equal(X, np.arange(10.0))


@pytest.mark.parametrize(
    ("X", "y", "test_size", "message"),
    [
        (
            np.zeros((3, 2)),
            [0.1, 0.2],
            0.2,
            "X has shape (3, 2) and y has shape (2,): "
            "expected (n, ...) and (n,) or (n, k), a target for each example",
        ),
        (
            1.0,
            [0.1],
            0.2,
            "X has shape () and y has shape (1,): "
            "expected (n, ...) and (n,) or (n, k), a target for each example",
        ),
        (
            [1, 2, 3],
            [0.1, 0.2, 0.3],
            1,
            "test_size is 1: expected a number between 0 and 1, for example test_size=0.2",
        ),
        (
            [1, 2, 3],
            [0.1, 0.2, 0.3],
            0.9,
            "test_size=0.9 of 3 examples leaves 0 to train on and 3 to test on: expected at least "
            "1 each; bring more examples or choose another test_size",
        ),
        (
            [1, 2, 3],
            ["cat", "dog", "cat"],
            0.4,
            "class dog has only one example: expected two or more, one for each part; add another, "
            "leave the class out, or pass y.astype(float) if the targets are numbers and not "
            "classes",
        ),
        (
            [1, 2, 3, 4],
            [0, 0, 1, 1],
            0.2,
            "3 examples to train on and 1 to test on: expected at least one for each of the "
            "2 classes; bring more examples or choose another test_size",
        ),
    ],
)
def test_a_split_says_what_it_expects(X, y, test_size, message):
    with pytest.raises(ValueError) as error:
        train_test_split(X, y, test_size=test_size)
    assert str(error.value) == message


def test_a_split_wants_a_seed_or_a_generator():
    with pytest.raises(ValueError, match=r"^rng is 'x': expected a seed"):
        train_test_split([1, 2, 3], [0.1, 0.2, 0.3], rng="x")
