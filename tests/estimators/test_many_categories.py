"""Columns of hundreds of categories: learned, not invented, and the same wherever they go."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import neurona
from neurona import NeuralNetClassifier, NeuralNetRegressor, export
from neurona.export.estimator_numpy import program

LEARNED = 4000


def table(levels, n, seed=0, numbers=0):
    """Return a frame with a column of that many categories, each with its effect, and the sum."""
    rng = np.random.default_rng(seed)
    which, effect = rng.integers(0, levels, n), rng.normal(size=levels)
    frame = pd.DataFrame({"town": [f"town {i:04}" for i in which]})
    for k in range(numbers):
        frame[f"x{k}"] = rng.normal(size=n)
    return frame, effect[which] + 0.1 * rng.normal(size=n)


def score(net, X, y):
    return net.fit(X[:LEARNED], y[:LEARNED]).score(X[LEARNED:], y[LEARNED:])


def test_200_categories_are_all_learned():
    X, y = table(200, 6000)
    assert score(NeuralNetRegressor(networks=1, random_state=0), X, y) > 0.97


def test_of_400_those_that_tell_most_are_learned():
    """Two thirds have hardly an effect, and can share an indicator."""
    X, y = table(400, 6000)
    numbers = X["town"].str[5:].astype(int)
    y = np.where(numbers % 3 == 0, y, np.sign(y) * 0.02)
    net = NeuralNetRegressor(networks=1, random_state=0)
    assert score(net, X, y) > 0.93
    (_, step), *_ = net.preparation_.steps
    told = {f"town {i:04}" for i in range(0, 400, 3)}
    assert step.merged == 400 - 256
    assert len(told - {*step.levels}) < 0.1 * len(told)  # whose effect is near the mean


def test_classes_are_told_by_200_categories():
    X, y = table(200, 6000)
    kinds = np.array(["low", "middle", "high"])[np.digitize(y, [-0.6, 0.6])]
    assert score(NeuralNetClassifier(networks=1, random_state=0), X, kinds) > 0.92


def test_2000_categories_that_tell_nothing_take_nothing_from_the_score():
    X, _ = table(2000, 6000, numbers=3)
    rng = np.random.default_rng(1)
    y = np.sin(X[["x0", "x1", "x2"]]).sum(axis=1) + 0.3 * rng.normal(size=6000)
    with_them = score(NeuralNetRegressor(networks=1, random_state=0), X, y)
    without = score(NeuralNetRegressor(networks=1, random_state=0), X.drop(columns="town"), y)
    assert with_them > without - 0.01


@pytest.mark.parametrize("class_", [NeuralNetRegressor, NeuralNetClassifier])
def test_rows_that_weigh_choose_the_categories(class_):
    """Where half of the rows weigh nothing, what they say of their towns is not heard."""
    X, y = table(300, 3000)
    rng = np.random.default_rng(2)
    heard = rng.random(3000) < 0.5
    y = np.where(heard, y, 100 * rng.normal(size=3000))
    y = y > 0 if class_ is NeuralNetClassifier else y
    weight = heard.astype(float)
    net = class_(epochs=2, random_state=0).fit(X, y, weight)
    alone = class_(epochs=2, random_state=0).fit(X[heard], y[heard])
    assert net.preparation_.steps[0][1].levels == alone.preparation_.steps[0][1].levels


# Wherever they go


@pytest.fixture(scope="module")
def fitted():
    X, y = table(400, 3000, numbers=1)
    X.loc[::50, "town"] = None
    return NeuralNetRegressor(4, epochs=2, networks=1, random_state=0).fit(X, y)


@pytest.fixture(scope="module")
def fresh():
    X, _ = table(500, 200, seed=1, numbers=1)  # a hundred of them were never seen
    X.loc[::7, "town"] = None
    return X


def test_a_file_keeps_which_and_how_many(fitted, fresh, tmp_path):
    neurona.save(tmp_path / "m", fitted)
    again = neurona.load(tmp_path / "m")
    assert again.preparation_ == fitted.preparation_
    assert again.preparation_.steps[0][1].merged == 400 - 256
    np.testing.assert_array_equal(again.predict(fresh), fitted.predict(fresh))


def test_an_onnx_model_and_the_page_predict_the_same(fitted, fresh):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    wanted = fitted.predict(fresh)
    session = runtime.InferenceSession(export.to_onnx(fitted).SerializeToString())
    cells = fresh["town"].fillna("").to_numpy(dtype=object)[:, None]
    feed = {"town": cells, "x0": fresh[["x0"]].to_numpy(np.float64)}
    np.testing.assert_allclose(session.run(None, feed)[0].ravel(), wanted, atol=1e-5)
    page = {}
    exec(program(fitted), page)
    towns = [None if pd.isna(town) else town for town in fresh["town"]]
    np.testing.assert_allclose(
        page["predict"]({"town": towns, "x0": fresh["x0"].tolist()}), wanted, atol=1e-12
    )


def test_the_page_writes_256_categories_in_few_lines(fitted):
    code = program(fitted)
    levels = code[code.index("levels=[") :].partition("]")[0]
    assert len(json.loads(levels.removeprefix("levels=").rstrip(" \n,") + "]")) == 256
    assert len(levels.splitlines()) < 60
    assert max(map(len, levels.splitlines())) <= 100
