"""Train models on the same rows in turns, and score what they predict for the others."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import r2_score

from .data import Dataset
from .race import note
from .scores import calibration_error, log_loss, skill
from .splits import Problem
from .table_models import MODELS, OWN, table_for


def results_of(task: Problem, titles: Sequence[str], *, by_skill: bool) -> dict[str, dict]:
    """Return each model's scores, seconds and more, a figure for each pair of rows.

    All train on one pair before the next, so that other load on the machine hits them alike. A
    model that raises is out, and its result says why.
    """
    trials: dict[str, list[dict]] = {title: [] for title in titles}
    failed: dict[str, dict] = {}
    for seed, (learn, test) in enumerate(task.splits):
        for title in titles:
            if title in failed:
                continue
            try:
                trials[title].append(_trial(title, learn, test, seed, task.rare, by_skill))
            except Exception as error:  # an hour of measurements must not end with one of them
                failed[title] = {"failed": f"{type(error).__name__}: {error}".splitlines()[0]}
                note(f"{title} failed: {failed[title]['failed']}")
    return {title: failed.get(title) or _joined(trials[title]) for title in titles}


def _trial(
    title: str, learn: Dataset, test: Dataset, seed: int, rare: int | None, by_skill: bool
) -> dict:
    learn, test = table_for(title, learn), table_for(title, test)
    with warnings.catch_warnings():
        # Others warn that they stopped at 200 epochs, that a category is new, or at their import.
        warnings.simplefilter("default" if title == OWN else "ignore")
        model = MODELS[title](learn, seed)
        start = time.perf_counter()
        model.fit(learn.X, learn.y)
        seconds = time.perf_counter() - start
        predicted = (model.predict if test.regression else model.predict_proba)(test.X)
    found = {"seconds": seconds}
    if test.regression:
        return found | {"scores": float(r2_score(test.y, np.ravel(predicted)))}
    return found | _of_classes(model.classes_, predicted, learn.y, test.y, rare, by_skill)


def _of_classes(
    known: np.ndarray,
    predicted: np.ndarray,
    learned: np.ndarray,
    expected: np.ndarray,
    rare: int | None,
    by_skill: bool,
) -> dict[str, Any]:
    """Return the scores of probabilities, whose columns belong to the ``known`` classes."""
    classes = np.union1d(learned, expected)
    probabilities = np.zeros((len(expected), len(classes)))
    probabilities[:, np.searchsorted(classes, known)] = predicted
    codes = np.searchsorted(classes, expected)
    shares = np.bincount(np.searchsorted(classes, learned), minlength=len(classes)) / len(learned)
    right = probabilities.argmax(axis=1) == codes
    found = {
        "scores": float(skill(probabilities, codes, shares) if by_skill else right.mean()),
        "log_loss": log_loss(probabilities, codes),
        "confidence": probabilities.max(axis=1),
        "right": right,
    }
    return found if rare is None else found | {"recall": float(right[expected == rare].mean())}


def _joined(trials: Sequence[dict]) -> dict[str, Any]:
    """Return lists of the trials' figures; the calibration is that of all their rows together."""
    joined = {key: [trial[key] for trial in trials] for key in trials[0]}
    if "right" in joined:
        right, confidence = (np.concatenate(joined.pop(key)) for key in ("right", "confidence"))
        joined["calibration"] = float(calibration_error(confidence, right))
    return joined
