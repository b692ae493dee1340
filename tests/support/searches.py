"""A search over settings of a network, small enough for a test, and what must not depend on where.

Its splits are a list, so that they can be sent to the workers of a cluster beforehand.
"""

from __future__ import annotations

import os
import signal
import time
from itertools import chain
from threading import Event, Thread

import numpy as np

RATES = [0.003, 0.01, 0.03]


def table(rows=240, columns=5):
    """Return numbers and two classes."""
    X = np.random.default_rng(0).normal(size=(rows, columns))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def network(epochs=30, **given):
    """Return a classifier that learns in some milliseconds."""
    from neurona import NeuralNetClassifier

    return NeuralNetClassifier(
        (8,), epochs=epochs, networks=1, dropout=0.0, random_state=0, **{"l1": 0.0, **given}
    )


def splits_of(X, y, folds=2):
    """Return the row numbers of each fold, to learn from and to judge by."""
    from sklearn.model_selection import StratifiedKFold

    return list(StratifiedKFold(folds).split(X, y))


def rows_of(splits):
    """Return the arrays of all splits."""
    return list(chain.from_iterable(splits))


def found(search, X, y, n_jobs=None):
    """Return what a search finds, but for the seconds."""
    search.set_params(n_jobs=n_jobs).fit(X, y)
    scores = {
        name: values.tolist()
        for name, values in search.cv_results_.items()
        if name.endswith("test_score")
    }
    return search.best_params_, scores


def kill_one(ready, pids, after=0.3):
    """Kill one of some processes, some seconds after it is ready; the event tells that it is dead.

    Parameters
    ----------
    ready
        Tells whether the work has begun.
    pids
        Returns the processes' numbers.
    """
    killed = Event()

    def work():
        while not ready():
            time.sleep(0.05)
        time.sleep(after)
        os.kill(pids()[0], signal.SIGKILL)
        killed.set()

    Thread(target=work, daemon=True).start()
    return killed
