"""The scores of the estimators with their default settings, on unprepared tables."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from neurona import NeuralNetClassifier, NeuralNetRegressor

from . import machine
from .data import Dataset
from .first_tables import FIRST_TABLES
from .race import note

FOLDS, REPEATS = 5, 4
LARGE = 1000  # from this number of rows on, one round of folds is enough
OWN = "neurona"
MLPS = ("MLP, raw columns", "MLP, scaled")


def contestants(data: Dataset, seed: int) -> dict[str, BaseEstimator]:
    """Return each contestant with its default settings."""
    if data.regression:
        own, mlp, linear = NeuralNetRegressor, MLPRegressor, Ridge()
        trees = HistGradientBoostingRegressor(random_state=seed)
    else:
        own, mlp, linear = NeuralNetClassifier, MLPClassifier, LogisticRegression(max_iter=1000)
        trees = HistGradientBoostingClassifier(random_state=seed)
    raw, scaled = MLPS
    return {
        OWN: own(random_state=seed),
        raw: make_pipeline(*_numbers(data), mlp(random_state=seed)),
        scaled: make_pipeline(*_numbers(data, StandardScaler()), mlp(random_state=seed)),
        "linear, scaled": make_pipeline(*_numbers(data, StandardScaler()), linear),
        "boosted trees": make_pipeline(*_numbers(data), trees),
    }


def _numbers(data: Dataset, *scaler: Any) -> list[Any]:
    """Return the preparation that the others need: missing cells filled, categories one-hot."""
    if isinstance(data.X, np.ndarray):
        return list(scaler)
    numeric = make_pipeline(SimpleImputer(strategy="median"), *scaler)
    return [
        ColumnTransformer(
            [
                ("numbers", numeric, make_column_selector(dtype_include="number")),
                (
                    "categories",
                    OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                    make_column_selector(dtype_exclude="number"),
                ),
            ]
        )
    ]


def _for_the_others(X: Any) -> Any:
    """Return the table with its dates split into year, month and day, which the others need."""
    if isinstance(X, np.ndarray):
        return X
    dates = [name for name in X.columns if X[name].dtype.kind == "M"]
    made = {f"{name}, {part}": getattr(X[name].dt, part) for name in dates for part in PARTS}
    return X.drop(columns=dates).assign(**made)


PARTS = ("year", "month", "day")


def measure(quick: bool = False) -> dict:
    """Cross-validate all in turns, so that other load on the machine hits them alike."""
    facts = machine.facts()
    names = ("iris", "penguins: sex") if quick else tuple(FIRST_TABLES)
    return {"machine": facts, "tables": {name: _validated(name, quick) for name in names}}


def _validated(name: str, quick: bool) -> dict:
    note(name)
    data = FIRST_TABLES[name]()
    n = len(data.y)
    repeats = 1 if quick or n >= LARGE else REPEATS
    folds = RepeatedKFold if data.regression else RepeatedStratifiedKFold
    splits = folds(n_splits=2 if quick else FOLDS, n_repeats=repeats, random_state=0)
    plain = _for_the_others(data.X)
    scores: dict[str, list[float]] = {}
    seconds: dict[str, float] = {}
    for seed, (learn, test) in enumerate(splits.split(np.zeros(n), data.y)):
        for title, estimator in contestants(data, seed).items():
            X = data.X if title == OWN else plain
            start = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # it stops at 200 epochs
                estimator.fit(_rows(X, learn), data.y[learn])
            seconds[title] = seconds.get(title, 0.0) + time.perf_counter() - start
            score = estimator.score(_rows(X, test), data.y[test])
            scores.setdefault(title, []).append(float(score))
    return {
        "rows": n,
        "columns": data.X.shape[1],
        "regression": data.regression,
        "folds": len(scores[OWN]),
        "seconds": seconds,
        "scores": {
            title: {"mean": float(np.mean(each)), "error": float(np.std(each) / len(each) ** 0.5)}
            for title, each in scores.items()
        },
    }


def _rows(X: Any, which: np.ndarray) -> Any:
    return X[which] if isinstance(X, np.ndarray) else X.iloc[which]
