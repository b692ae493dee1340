"""A search of 48 fits on workers of Dask and processes of Ray, beside one fit after the other."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from contextlib import ExitStack, contextmanager, nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from . import machine
from .race import note, per_round, summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS, COLUMNS, FOLDS = 2_000, 20, 4
ROUNDS = 3
HERE = "one after the other, no workers"
LOKY = "joblib's own processes, 2"
ONE, TWO = "Dask, 1 worker", "Dask, 2 workers"
RAY = "Ray, 2 processes"
LONG, MIDDLE, SHORT = "long", "middle", "short"  # fits: a second, tenths and hundredths of one
SEARCHES: dict[str, dict[str, Any]] = {
    LONG: {"networks": 1, "epochs": 400},
    MIDDLE: {"networks": 1, "epochs": 130},
    SHORT: {"networks": 1, "epochs": 2},
}
# Two over one, with the long fits. One process of Ray would be one of joblib's with more to send:
# without any worker there is less to do, so it is the stricter measure.
GOALS = ((TWO, ONE, 1 / 1.6), (RAY, HERE, 1 / 1.6))


def search(form: str, quick: bool) -> tuple[Any, list[np.ndarray]]:
    """Return a search of 48 fits, and what it sends to each worker."""
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    import neurona

    rng = np.random.default_rng(0)
    X = rng.normal(size=(200 if quick else ROWS, COLUMNS))
    y = (X[:, 0] * X[:, 1] + rng.normal(size=len(X)) / 2 > 0).astype(int)
    splits = list(StratifiedKFold(FOLDS).split(X, y))
    net = neurona.NeuralNetClassifier(random_state=0, dropout=0.0, **SEARCHES[form])
    grid = {
        "hidden_layer_sizes": [(32,), (32, 32)][: 1 if quick else 2],
        "learning_rate": np.geomspace(0.002, 0.06, 2 if quick else 6).tolist(),
    }
    found = GridSearchCV(net, grid, cv=splits, refit=False)
    return found, [X, y, *(rows for split in splits for rows in split)]


@contextmanager
def _dask(workers: int) -> Iterator[Callable[[list[np.ndarray]], Any]]:
    import dask
    import joblib
    from distributed import Client, LocalCluster

    # Dask's own threshold lets a worker give back memory that the next step takes again.
    dask.config.set({"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 2**27})
    place = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with (
        LocalCluster(processes=True, n_workers=workers, threads_per_worker=1, **place) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        client.amm.stop()  # each worker keeps its copy of the table
        client.run(__import__, "neurona.estimators")
        yield lambda data: joblib.parallel_config("dask", client=client, scatter=data, n_jobs=-1)


@contextmanager
def _ray(processes: int) -> Iterator[Callable[[list[np.ndarray]], Any]]:
    import joblib
    import ray
    from ray.util.joblib import register_ray

    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))  # a process reads one alone
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": "error"}
        ray.init(num_cpus=processes, _temp_dir=folder, **quiet)
        register_ray()
        arguments = {"num_cpus": 1, "max_restarts": 3, "max_task_retries": 3}
        yield lambda _: joblib.parallel_config("ray", n_jobs=processes, ray_remote_args=arguments)
        ray.shutdown()


def measure(quick: bool = False) -> dict:
    """Measure all in turns, for several rounds; check that all find the same."""
    import joblib

    facts = machine.facts() | {name: machine.version_of(name) for name in ("distributed", "ray")}
    rounds = 1 if quick else ROUNDS
    starts: dict[str, float] = {}
    with ExitStack() as clusters:

        def started(name: str, cluster: Any) -> Any:
            start = time.perf_counter()
            where = clusters.enter_context(cluster)
            starts[name] = time.perf_counter() - start
            return where

        places: dict[str, Callable[[list[np.ndarray]], Any]] = {
            HERE: lambda _: nullcontext(),
            LOKY: lambda _: joblib.parallel_config("loky", n_jobs=2),
        }
        if find_spec("distributed"):
            places[TWO] = started(TWO, _dask(2))
            places[ONE] = started(ONE, _dask(1))
        if find_spec("ray"):
            places[RAY] = started(RAY, _ray(2))
        searches = {}
        for form in SEARCHES:
            seconds: dict[str, list[float]] = {name: [] for name in places}
            for i in range(rounds):
                for name, place in places.items():
                    note(f"{form} fits, round {i + 1} of {rounds}: {name}")
                    seconds[name].append(_seconds(form, quick, place))
            searches[form] = seconds
    fits = 8 if quick else 48
    return {
        "machine": facts,
        "rows": ROWS,
        "fits": fits,
        "rounds": rounds,
        "starts": starts,
        "searches": {
            form: {
                "a fit": float(np.median(seconds[HERE])) / fits,
                "seconds": {name: summary(values) for name, values in seconds.items()},
                "over": {name: summary(per_round(seconds, name, HERE)) for name in seconds},
            }
            for form, seconds in searches.items()
        },
        "goals": [
            {
                "own": own,
                "peer": peer,
                "limit": limit,
                "ratio": summary(per_round(searches[LONG], own, peer)),
            }
            for own, peer, limit in GOALS
            if own in searches[LONG]
        ],
    }


_first: dict[str, list[float]] = {}  # the scores of the first search of a form


def _seconds(form: str, quick: bool, place: Callable[[list[np.ndarray]], Any]) -> float:
    found, data = search(form, quick)
    start = time.perf_counter()
    with place(data):
        found.fit(*data[:2])
    seconds = time.perf_counter() - start
    scores = found.cv_results_["mean_test_score"].tolist()
    assert scores == _first.setdefault(form, scores), "a worker finds other scores"
    return seconds
