"""Sparse matrices: the same network as from an array, and never all of it dense."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import neurona
from neurona import NeuralNetClassifier, NeuralNetRegressor
from neurona.estimators import base, reading
from neurona.tables import large
from neurona.tables.frames import read_array
from neurona.tables.preparation import Preparation
from neurona.tables.sparse import SparseTable

FORMS = [
    sparse.csr_array, sparse.csr_matrix, sparse.csc_array, sparse.csc_matrix, sparse.coo_array,
    sparse.coo_matrix, sparse.lil_matrix, sparse.dok_array, sparse.bsr_array,
]  # fmt: skip
FAST = {"epochs": 5, "networks": 1, "random_state": 0, "ramps": 0}


def table(n=400, p=30, seed=0):
    """Return an array that is mostly 0, but for one column, and classes that it tells."""
    rng = np.random.default_rng(seed)
    X = np.where(rng.random((n, p)) < 0.1, rng.normal(size=(n, p)), 0.0)
    X[:, 3] = rng.normal(5, 2, n)  # dense
    X[:, 4] = 0.0
    X[:, 5] = np.where(rng.random(n) < 0.4, -1.0, 0.0)
    return X, (X[:, 0] + X[:, 1] + 0.1 * (X[:, 3] - 5) > 0).astype(int)


X, Y = table()


@pytest.fixture
def always_sparse(monkeypatch):
    """Let every sparse matrix stay sparse, as a large one does."""
    monkeypatch.setattr(reading, "LARGE", 0)
    monkeypatch.setattr(large, "CELLS", 6000)


@pytest.fixture
def never_whole(monkeypatch):
    """Refuse to make more than a part of a matrix dense at once."""
    for form in (sparse.csr_array, sparse.csr_matrix, sparse.csc_array, sparse.coo_array):
        whole = form.toarray

        def toarray(self, *given, _whole=whole, **named):
            assert self.shape[0] <= 210, "more than a part is made dense at once"
            return _whole(self, *given, **named)

        monkeypatch.setattr(form, "toarray", toarray)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("preprocess", ["auto", None])
def test_a_small_matrix_is_what_the_array_is(form, preprocess):
    net = NeuralNetClassifier(4, preprocess=preprocess, **FAST)
    expected = net.fit(X, Y).predict_proba(X)
    assert np.array_equal(net.predict_proba(form(X)), expected)
    assert np.array_equal(net.fit(form(X), Y).predict_proba(form(X)), expected)
    assert np.array_equal(net.predict_proba(X), expected)
    assert net.score(form(X), Y) == net.score(X, Y)


@pytest.mark.parametrize("weight", [None, np.random.default_rng(1).integers(0, 3, 400)])
@pytest.mark.parametrize("ramps", [0, 3])
def test_a_large_matrix_is_prepared_as_the_array_is(weight, ramps, always_sparse):
    rows = np.arange(400) if weight is None else np.flatnonzero(weight)
    given = None if weight is None else weight[rows].astype(float)
    by_array = Preparation.fit(read_array(X[rows]), given, ramps)
    matrix = SparseTable.of(sparse.csr_array(X)[rows], raw=False)
    learned = matrix.learn(given, np.random.default_rng(0), ramps)
    assert learned == by_array
    dense = by_array.transform(read_array(X[rows]))
    np.testing.assert_allclose(matrix.transform(learned), dense, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(matrix[:7].transform(learned), dense[:7], rtol=1e-12, atol=1e-15)
    which = np.array([5, 3, 3])
    np.testing.assert_allclose(matrix.reader(learned)(which), dense[which], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("preprocess", ["auto", None])
def test_a_large_matrix_predicts_what_the_array_does(form, preprocess, always_sparse, tmp_path):
    net = NeuralNetClassifier(4, preprocess=preprocess, **FAST).fit(form(X), Y)
    expected = net.predict_proba(X)
    np.testing.assert_allclose(net.predict_proba(form(X)), expected, rtol=1e-9)
    np.testing.assert_allclose(net.prepare(form(X)), net.prepare(X), rtol=1e-9, atol=1e-12)
    net.save(tmp_path / "m")
    again = neurona.load(tmp_path / "m")
    np.testing.assert_allclose(again.predict_proba(form(X)), expected, rtol=1e-9)
    with pytest.raises(ValueError, match="X has 29 features"):
        net.predict(form(X[:, :29]))


def test_missing_cells_of_a_large_matrix(always_sparse):
    holes = X.copy()
    holes[::7, 0], holes[::5, 3] = np.nan, np.nan
    matrix = SparseTable.of(sparse.csr_array(holes), raw=False)
    learned = matrix.learn(None, np.random.default_rng(0))
    assert learned == Preparation.fit(read_array(holes))
    dense = learned.transform(read_array(holes))
    np.testing.assert_allclose(matrix.transform(learned), dense, rtol=1e-12, atol=1e-15)
    net = NeuralNetClassifier(4, **FAST).fit(sparse.csr_array(X), Y)  # learned from none
    np.testing.assert_allclose(
        net.predict_proba(sparse.csr_array(holes)), net.predict_proba(holes), rtol=1e-9
    )
    for preprocess, cell, message in ((None, np.nan, "NaN"), ("auto", np.inf, "infinity")):
        holes[0, 0] = cell
        with pytest.raises(ValueError, match=f"Input X contains {message}"):
            NeuralNetClassifier(preprocess=preprocess).fit(sparse.csr_array(holes), Y)


def test_cells_that_are_stored_twice_are_their_sum(always_sparse):
    data, at = np.array([1.0, 2.0, 4.0, -1.0]), np.array([0, 0, 1, 1])
    matrix = sparse.csr_array((data, at, np.array([0, 2, 3, 4])), shape=(3, 2))
    net = NeuralNetRegressor(4, **FAST).fit(matrix, [1.0, 2.0, 3.0])
    assert matrix.nnz == 4  # as it was given
    np.testing.assert_allclose(net.predict(matrix), net.predict(matrix.toarray()), rtol=1e-9)


def test_columns_that_are_all_alike_tell_nothing(always_sparse):
    with pytest.raises(ValueError, match=r"5 rows that are all alike \(n_samples=5\)"):
        NeuralNetRegressor(4).fit(sparse.csr_array((5, 3)), np.arange(5.0))


def test_all_that_learns_and_judges_goes_by_batches(always_sparse, never_whole):
    rows, y = table(3000)
    matrix, others = sparse.csr_array(rows[:2500]), sparse.csr_array(rows[2500:2700])
    y_val, y = y[2500:2700], y[:2500]
    monitored = NeuralNetClassifier(8, **FAST).fit(matrix, y, X_val=others, y_val=y_val)
    assert len(monitored.validation_scores_) == 5
    stopping = {**FAST, "early_stopping": True, "scoring": "accuracy", "validation_fraction": 0.05}
    assert NeuralNetClassifier(8, **stopping).fit(matrix, y).score(others, y_val) > 0.7
    several = NeuralNetClassifier(8, **FAST | {"networks": 3}).fit(matrix, y)
    assert len(several.state_) == 3
    assert several.trials_[0].cost is not None
    assert several.score(others, y_val) > 0.7
    stream = NeuralNetClassifier(8, **stopping)
    for begin in range(0, 2500, 500):
        part = slice(begin, begin + 500)
        stream.partial_fit(matrix[part], y[part], classes=[0, 1])
    assert stream.predict_log_proba(others).shape == (200, 2)
    assert 60 < len(stream._validation_sample) < 200
    with pytest.raises(ValueError, match="this table is too large for copies of its rows"):
        NeuralNetClassifier(cv=3).fit(matrix, y)


def test_rows_held_out_of_a_wide_stream_are_few(always_sparse, monkeypatch):
    """They are kept dense."""
    monkeypatch.setattr(base, "LARGE", 29 * 10)
    net = NeuralNetClassifier(4, early_stopping=True, validation_fraction=0.5, **FAST)
    net.partial_fit(sparse.csr_array(X), Y, classes=[0, 1])
    assert len(net._validation_sample) == 10


def test_the_default_is_one_network_where_rows_stay_sparse(always_sparse):
    assert np.ndim(NeuralNetRegressor(epochs=2).fit(sparse.csr_array(X), X[:, 0]).state_.cost) == 0


def test_folds_of_a_small_matrix_are_those_of_the_array():
    folds = NeuralNetClassifier(4, cv=3, epochs=3, random_state=0)
    expected = folds.fit(X, Y).predict_proba(X)
    assert np.array_equal(folds.fit(sparse.csr_array(X), Y).predict_proba(X), expected)
    scores = cross_val_score(NeuralNetClassifier(4, **FAST), sparse.coo_array(X), Y, cv=3)
    assert (scores > 0.4).all()


def test_texts_and_categories_of_scikit_learn(always_sparse):
    cats = ["the cat purrs", "a cat sleeps", "cats purr and sleep"] * 20
    dogs = ["the dog barks", "a dog runs", "dogs bark and run"] * 20
    texts = make_pipeline(TfidfVectorizer(), NeuralNetClassifier(8, epochs=30, random_state=0))
    texts.fit(cats + dogs, ["cat"] * 60 + ["dog"] * 60)
    assert texts.predict(["one cat", "one dog"]).tolist() == ["cat", "dog"]
    frame = pd.DataFrame({"kind": ["a", "b", "c"] * 40, "size": [1, 2] * 60})
    encoder = make_column_transformer((OneHotEncoder(), ["kind", "size"]), sparse_threshold=1)
    coded = make_pipeline(encoder, NeuralNetRegressor(8, epochs=60, random_state=0))
    y = frame["kind"].map({"a": 0.0, "b": 1.0, "c": 5.0}) + frame["size"]
    assert coded.fit(frame, y).score(frame, y) > 0.9


@pytest.mark.long
def test_a_matrix_that_would_take_two_gigabytes_trains_in_a_few_hundred_megabytes():
    program = """
        import resource
        import numpy as np
        from scipy import sparse
        from neurona import NeuralNetClassifier

        rng = np.random.default_rng(0)
        n, p, each = 5_000, 50_000, 50
        places = rng.integers(0, p, (n, each)).ravel()
        ends = np.arange(0, n * each + 1, each)
        X = sparse.csr_array((rng.random(n * each), places, ends), shape=(n, p))
        y = np.asarray(X[:, :25_000].sum(axis=1)).ravel() > 12.5
        begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        net = NeuralNetClassifier(16, epochs=1, batch_size=512, random_state=0).fit(X, y)
        assert net.predict_proba(X).shape == (n, 2)
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begin) / 1024)
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    assert float(run.stdout) < 600


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_matrix])
@pytest.mark.parametrize("cells", [X != 0, (X != 0).astype(float)], ids=["booleans", "numbers"])
@pytest.mark.parametrize("learned", ["array", "matrix"])
def test_booleans_are_the_same_in_a_matrix_and_in_an_array(cells, form, learned):
    forms = [cells, form(cells)][:: 1 if learned == "array" else -1]
    net = NeuralNetClassifier(4, **FAST).fit(forms[0], Y)
    kind = "category" if cells.dtype == bool else "number"
    assert set(net.preparation_.kinds) == {kind}
    first, second = map(net.predict_proba, forms)
    np.testing.assert_array_equal(first, second)


def test_booleans_are_numbers_to_a_network_of_numbers():
    net = NeuralNetClassifier(4, **FAST).fit((X != 0).astype(float), Y)
    wanted = net.predict_proba((X != 0).astype(float))
    np.testing.assert_array_equal(net.predict_proba(sparse.csr_array(X != 0)), wanted)


def test_a_large_matrix_of_booleans_says_that_it_is_of_numbers(always_sparse):
    with pytest.warns(UserWarning, match="booleans, and too large to be read as categories"):
        net = NeuralNetClassifier(4, **FAST).fit(sparse.csr_array(X != 0), Y)
    assert set(net.preparation_.kinds) == {"number"}
    net.predict(sparse.csr_array(X != 0))
