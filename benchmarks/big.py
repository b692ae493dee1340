"""A million rows: the time of an epoch beside PyTorch's, and the memory, each in a new process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import machine
from .race import note, per_round, summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS, COLUMNS, BATCH, HIDDEN, RATE = 1_000_000, 30, 1024, 64, 0.001
ROUNDS = 3
FEW = 4096  # rows of the warm-up, which loads each contestant's libraries

NUMPY = "neurona.train, NumPy"
COMPILED = "neurona.train, compiled"
AS_IT_IS = "NeuralNetClassifier, preprocess=None"
PREPARED = "NeuralNetClassifier, columns prepared"
LOADER = "PyTorch, eager, DataLoader"
SLICED = "PyTorch, eager, tensors sliced by hand"

# Own, peer, and the largest ratio of their seconds per epoch; then the limit of memory.
GOALS = (
    (NUMPY, LOADER, 1 / 5),
    (COMPILED, LOADER, 1 / 5),
    (NUMPY, SLICED, 1.0),
    (COMPILED, SLICED, 1.0),
)
MEMORY = 2.0  # times the table, the table included


def table(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return float32 columns and two classes that a network of this size can learn."""
    rng = np.random.default_rng(0)
    X = np.empty((rows, COLUMNS), np.float32)
    for begin in range(0, rows, 10_000):  # in parts: nothing is ever larger than the table
        part = X[begin : begin + 10_000]
        part[:] = rng.standard_normal(part.shape, np.float32)
    return X, (X[:, 0] * X[:, 1] > 0).astype(np.int64)


# Each contestant is a function from a table to an iterator with one item for each epoch.


def _train(engine: str, X: np.ndarray, y: np.ndarray) -> Iterator[float]:
    import neurona

    net = neurona.network([COLUMNS, HIDDEN, HIDDEN, 1], "relu", output="sigmoid")
    states = neurona.train(
        net,
        X,
        y,
        optimizer=neurona.adam(RATE),
        epochs=10**6,
        batch_size=BATCH,
        rng=0,
        engine=engine,
    )
    return (state.cost for state in states if state.step)


def _estimator(preprocess: Any, X: np.ndarray, y: np.ndarray) -> Iterator[float]:
    import neurona

    net = neurona.NeuralNetClassifier(
        (HIDDEN, HIDDEN),
        "relu",
        optimizer="adam",
        learning_rate=RATE,
        batch_size=BATCH,
        networks=1,
        epochs=40,  # up to 50, it yields each epoch
        preprocess=preprocess,
        dropout=0.0,
        ramps=0,
        random_state=0,
    )
    return (state.cost for state in net.iter_fit(X, y) if state.step)


def _pytorch(loader: bool, X: np.ndarray, y: np.ndarray) -> Iterator[float]:
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(COLUMNS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(),
        nn.Linear(HIDDEN, 1),
    )  # fmt: skip
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    cost = nn.BCEWithLogitsLoss()
    inputs, targets = torch.from_numpy(X), torch.from_numpy(y.astype(np.float32)[:, None])

    def sliced() -> Iterator[Any]:
        order = torch.randperm(len(inputs))
        for begin in range(0, len(order), BATCH):
            rows = order[begin : begin + BATCH]
            yield inputs[rows], targets[rows]

    data = torch.utils.data.TensorDataset(inputs, targets)
    given = torch.utils.data.DataLoader(data, batch_size=BATCH, shuffle=True)
    while True:
        total = 0.0
        batches = 0
        for x, target in given if loader else sliced():
            optimizer.zero_grad()
            value = cost(model(x), target)
            value.backward()
            optimizer.step()
            total += value.item()
            batches += 1
        yield total / batches


CONTESTANTS: dict[str, tuple[Callable[..., Iterator[float]], str]] = {
    NUMPY: (partial(_train, "numpy"), "numpy"),
    COMPILED: (partial(_train, "jax"), "jax"),
    AS_IT_IS: (partial(_estimator, None), "sklearn"),
    PREPARED: (partial(_estimator, "auto"), "sklearn"),
    SLICED: (partial(_pytorch, False), "torch"),
    LOADER: (partial(_pytorch, True), "torch"),
}


STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak(afresh: bool = False) -> int:
    """Return the largest memory of this process in bytes; on Linux, since the call with ``afresh``.

    Elsewhere, ``getrusage`` returns at least the memory of the parent process.
    """
    if STATUS.exists():
        if afresh:
            with suppress(OSError):
                CLEAR.write_text("5")  # resets the largest to the current
        lines = STATUS.read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def one(name: str, rows: int) -> dict[str, Any]:
    """Train in this process; return seconds, cost, and memory in multiples of the table."""
    few = CONTESTANTS[name][0](*table(FEW))
    for _ in range(2):
        next(few)  # loads the libraries before the table exists
    X, y = table(rows)
    before = peak(afresh=True)
    start = time.perf_counter()
    states = CONTESTANTS[name][0](X, y)
    seconds, costs = [], []
    for _ in range(2):
        costs.append(next(states))
        seconds.append(time.perf_counter() - start)
        start = time.perf_counter()
    return {
        "first": seconds[0],
        "seconds": seconds[1],
        "cost": costs[-1],
        "memory": (X.nbytes + peak() - before) / X.nbytes,
    }


def measure(quick: bool = False) -> dict:
    """Measure all in turns, for several rounds, each in a new process."""
    facts = machine.facts()
    rows, rounds = (20_000, 1) if quick else (ROWS, ROUNDS)
    names = [name for name, (_, package) in CONTESTANTS.items() if find_spec(package)]
    if quick:
        names = [NUMPY, PREPARED]
    found: dict[str, list[dict]] = {name: [] for name in names}
    for i in range(rounds):
        for name in names:
            note(f"round {i + 1} of {rounds}: {name}")
            found[name].append(_elsewhere(name, rows))
    seconds = {name: [each["seconds"] for each in all_] for name, all_ in found.items()}
    return {
        "machine": facts,
        "rows": rows,
        "rounds": rounds,
        "contestants": {
            name: {key: summary([each[key] for each in all_]) for key in all_[0]}
            for name, all_ in found.items()
        },
        "goals": [
            {
                "own": own,
                "peer": peer,
                "limit": limit,
                "ratio": summary(per_round(seconds, own, peer)),
            }
            for own, peer, limit in GOALS
            if own in seconds and peer in seconds
        ],
        "memory_goal": MEMORY,
    }


def _elsewhere(name: str, rows: int) -> dict[str, Any]:
    training = f"big.one({name!r}, {rows})"
    code = f"import json; from benchmarks import big; print(json.dumps({training}))"
    root = str(Path(__file__).parent.parent)
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
