"""The models that are compared on tables: default settings, and the preparation that each needs.

neurona gets the table as it is. CatBoost and RealMLP get categories as such. The others get
numbers: missing cells filled with the median, categories as indicators, standardized where that is
usual. Dates are split for all others.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from neurona import NeuralNetClassifier, NeuralNetRegressor

from .data import Dataset

OWN, MLP, LINEAR, FOREST, TREES = "neurona", "MLP", "linear", "random forest", "boosted trees"
CATBOOST, REALMLP = "CatBoost", "RealMLP-TD-S"
THREADS = int(os.environ.get("OMP_NUM_THREADS", "0")) or os.cpu_count() or 1


def _neurona(data: Dataset, seed: int) -> BaseEstimator:
    return _kind(data, NeuralNetClassifier, NeuralNetRegressor)(random_state=seed)


def _mlp(data: Dataset, seed: int) -> BaseEstimator:
    model = _kind(data, MLPClassifier, MLPRegressor)(random_state=seed)
    return make_pipeline(*_numbers(data, StandardScaler()), model)


def _linear(data: Dataset, seed: int) -> BaseEstimator:
    del seed  # nothing is drawn
    model = Ridge() if data.regression else LogisticRegression(max_iter=1000)
    return make_pipeline(*_numbers(data, StandardScaler()), model)


def _forest(data: Dataset, seed: int) -> BaseEstimator:
    kind = _kind(data, RandomForestClassifier, RandomForestRegressor)
    return make_pipeline(*_numbers(data), kind(random_state=seed, n_jobs=THREADS))


def _trees(data: Dataset, seed: int) -> BaseEstimator:
    kind = _kind(data, HistGradientBoostingClassifier, HistGradientBoostingRegressor)
    return make_pipeline(*_numbers(data), kind(random_state=seed))


def _catboost(data: Dataset, seed: int) -> BaseEstimator:
    from catboost import CatBoostClassifier, CatBoostRegressor

    model = _kind(data, CatBoostClassifier, CatBoostRegressor)(
        random_seed=seed,
        cat_features=_categories(data.X),
        thread_count=THREADS,
        verbose=False,
        allow_writing_files=False,
    )
    return make_pipeline(FunctionTransformer(_categories_as_texts), model)


def _realmlp(data: Dataset, seed: int) -> BaseEstimator:
    from pytabkit import RealMLP_TD_S_Classifier, RealMLP_TD_S_Regressor

    kind = _kind(data, RealMLP_TD_S_Classifier, RealMLP_TD_S_Regressor)
    model = kind(random_state=seed, device="cpu", n_threads=THREADS)
    numbers = make_column_selector(dtype_include="number")
    fill: list[Any] = [FunctionTransformer(_categories_as_texts)]  # it takes no missing number
    if not isinstance(data.X, np.ndarray):
        filled = ColumnTransformer(
            [("numbers", SimpleImputer(strategy="median"), numbers)],
            remainder="passthrough",
            verbose_feature_names_out=False,
        )
        fill.append(filled.set_output(transform="pandas"))
    return make_pipeline(*fill, model)


MODELS: dict[str, Callable[[Dataset, int], BaseEstimator]] = {
    OWN: _neurona,
    MLP: _mlp,
    LINEAR: _linear,
    FOREST: _forest,
    TREES: _trees,
    CATBOOST: _catboost,
    REALMLP: _realmlp,
}
PACKAGES = {CATBOOST: "catboost", REALMLP: "pytabkit"}  # of the models that may be missing
# A thousand trees of CatBoost for 10 classes of 784 columns take ten minutes a fit.
TOO_LONG = {CATBOOST: ("MNIST",)}


def installed(title: str) -> bool:
    """Say whether the package of the model is there."""
    return title not in PACKAGES or find_spec(PACKAGES[title]) is not None


def table_for(title: str, data: Dataset) -> Dataset:
    """Return the table in the form that the model takes: only neurona takes dates."""
    return data if title == OWN else replace(data, X=_dates_split(data.X))


def _kind(data: Dataset, classifier: Any, regressor: Any) -> Any:
    return regressor if data.regression else classifier


def _numbers(data: Dataset, *scaler: Any) -> list[Any]:
    """Return the steps that fill missing cells and turn categories into indicators."""
    if isinstance(data.X, np.ndarray):
        return list(scaler)
    numeric = make_pipeline(SimpleImputer(strategy="median"), *scaler)
    indicators = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return [
        ColumnTransformer(
            [
                ("numbers", numeric, make_column_selector(dtype_include="number")),
                ("categories", indicators, make_column_selector(dtype_exclude="number")),
            ]
        )
    ]


def _categories(X: Any) -> list[str]:
    """Return the names of the columns that are not numbers."""
    return [] if isinstance(X, np.ndarray) else list(X.select_dtypes(exclude="number").columns)


def _categories_as_texts(X: Any) -> Any:
    """Return the table with texts for categories, a missing one being a category too."""
    if isinstance(X, np.ndarray):
        return X
    texts = {}
    for name in _categories(X):
        column = X[name].astype(object)
        texts[name] = column.where(column.notna(), "missing").astype(str).astype(object)
    return X.assign(**texts)


PARTS = ("year", "month", "day")


def _dates_split(X: Any) -> Any:
    """Return the table with year, month and day in place of each date."""
    if isinstance(X, np.ndarray):
        return X
    dates = [name for name in X.columns if X[name].dtype.kind == "M"]
    made = {f"{name}, {part}": getattr(X[name].dt, part) for name in dates for part in PARTS}
    return X.drop(columns=dates).assign(**made)
