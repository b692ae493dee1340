"""A training step of the layers beyond dense ones, on one core: milliseconds, and their ratios.

All contestants of a case train the same network on the same batch, in one process that has one
core, in turns. To add a case, write a function that returns each contestant's ``run(steps)``, and
let its name be known in `CASES`.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from . import machine
from .contestants import COMPILED, JAX_SCAN, JAX_STEP, NUMPY, PYTORCH
from .goals import Goal
from .race import note, per_round, summary
from .tables import facts, table

Run = Callable[[int], Any]  # takes so many steps

GOALS = (
    Goal("images", NUMPY, PYTORCH, 2.2),
    Goal("images", COMPILED, JAX_STEP, 1.0),
    Goal("images", COMPILED, PYTORCH, 2.0),
    Goal("lstm", NUMPY, PYTORCH, 2.2),
    Goal("lstm", COMPILED, JAX_SCAN, 1.0),
)
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
ONE_THREAD["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
ROUNDS, SECONDS = 15, 0.2


def lstm() -> dict[str, Run]:
    """An LSTM whose last state a dense layer reads: squared error, gradient descent."""
    import neurona

    steps, n_in, n, batch, rate = 50, 16, 64, 64, 0.01
    rng = np.random.default_rng(0)
    X = rng.normal(size=(batch, steps, n_in)).astype(np.float32)
    Y = X[:, :, :1].mean(axis=1)
    net = neurona.Network([neurona.LSTM(n), neurona.Dense(1)], in_shape=(steps, n_in))
    runs = {NUMPY: trained(net, X, Y, rate, "numpy")}
    if find_spec("jax"):
        runs[COMPILED] = trained(net, X, Y, rate, "jax")
        runs[JAX_SCAN] = lstm_in_jax(net.init(0), X, Y, rate)
    if find_spec("torch"):
        runs[PYTORCH] = lstm_in_pytorch(n_in, n, X, Y, rate)
    return runs


def images() -> dict[str, Run]:
    """Two convolutions, each with a pooling, and a dense layer: squared error, gradient descent."""
    import neurona

    rate, rng = 0.01, np.random.default_rng(0)
    X = rng.random((64, 28, 28, 1), np.float32)
    Y = np.eye(10, dtype=np.float32)[rng.integers(0, 10, 64)]
    line = "28x28x1, conv 16, pool, conv 32, pool, flatten, 10"
    net = neurona.network(line, "relu", output="linear")
    runs = {NUMPY: trained(net, X, Y, rate, "numpy")}
    if find_spec("jax"):
        runs[COMPILED] = trained(net, X, Y, rate, "jax")
        runs[JAX_STEP] = images_in_jax(net.init(0), X, Y, rate)
    if find_spec("torch"):
        runs[PYTORCH] = images_in_pytorch(X, Y, rate)
    return runs


CASES = {"images": images, "lstm": lstm}
TITLES = {
    "images": "Convolutions of 16 and 32 filters, 3 x 3, with poolings, on 64 images of 28 x 28",
    "lstm": "LSTM of 64 units, 50 steps of 16 inputs, batch 64",
}


def trained(net: Any, X: np.ndarray, Y: np.ndarray, rate: float, engine: str) -> Run:
    """Return neurona's training."""
    import neurona

    every = [1]
    states = neurona.train(
        net, X, Y, cost="mse", optimizer=neurona.sgd(rate), engine=engine, steps=10**9,
        every=lambda: every[0], rng=0,
    )  # fmt: skip
    next(states)

    def run(steps: int) -> None:
        every[0] = steps
        next(states)

    return run


def in_jax(
    loss: Callable[..., Any],
    params: Any,
    X: np.ndarray,
    Y: np.ndarray,
    rate: float,
    scanned: bool = True,
) -> Run:
    """Return a training by JAX's own derivative: all steps in a scan, or a step a call."""
    import jax

    X, Y = jax.device_put((X, Y))

    def step(params: Any, X: Any, Y: Any) -> Any:
        cost, grads = jax.value_and_grad(loss)(params, X, Y)
        return jax.tree.map(lambda p, g: p - rate * g, params, grads), cost

    @jax.jit(static_argnums=3, donate_argnums=0)
    def many(params: Any, X: Any, Y: Any, steps: int) -> Any:
        return jax.lax.scan(lambda held, _: step(held, X, Y), params, length=steps)

    one = jax.jit(step, donate_argnums=0)
    held = jax.device_put(params)

    def run(steps: int) -> None:
        nonlocal held
        if scanned:
            held, costs = many(held, X, Y, steps)
        else:
            for _ in range(steps):
                held, costs = one(held, X, Y)
        costs.block_until_ready()

    return run


def lstm_in_jax(params: Any, X: np.ndarray, Y: np.ndarray, rate: float) -> Run:
    """Return the LSTM in JAX's idiom: a scan over the steps, differentiated as a whole."""
    import jax
    import jax.numpy as jnp

    def loss(params: Any, X: Any, Y: Any) -> Any:
        (W, U, b), (V, c) = params

        def step(carry: Any, x: Any) -> Any:
            h, c = carry
            i, f, o, g = jnp.split(x @ W + h @ U + b, 4, axis=-1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), None

        zero = jnp.zeros((len(X), len(U)), X.dtype)
        (h, _), _ = jax.lax.scan(step, (zero, zero), jnp.swapaxes(X, 0, 1))
        return jnp.mean((h @ V + c - Y) ** 2)

    return in_jax(loss, tuple(map(tuple, params)), X, Y, rate)


def images_in_jax(params: Any, X: np.ndarray, Y: np.ndarray, rate: float) -> Run:
    """Return the convolutions in JAX's idiom, lax.conv, differentiated as a whole."""
    import jax.numpy as jnp
    from jax import lax

    def loss(params: Any, X: Any, Y: Any) -> Any:
        (first, second, (V, c)), a = params, X
        for W, b in (first, second):
            form = ("NHWC", "HWIO", "NHWC")
            z = lax.conv_general_dilated(a, W, (1, 1), "VALID", dimension_numbers=form) + b
            windows = (1, 2, 2, 1)
            a = lax.reduce_window(jnp.maximum(z, 0), -jnp.inf, lax.max, windows, windows, "VALID")
        return jnp.mean((a.reshape(len(a), -1) @ V + c - Y) ** 2)

    given = tuple(tuple(one) for one in params if one)
    return in_jax(loss, given, X, Y, rate, scanned=False)  # in a scan, lax.conv is six times slower


def in_pytorch(forward: Any, parameters: Any, X: np.ndarray, Y: np.ndarray, rate: float) -> Run:
    """Return PyTorch's eager training."""
    import torch

    torch.set_num_threads(1)
    optimizer = torch.optim.SGD(parameters, lr=rate)
    x, y = torch.from_numpy(X), torch.from_numpy(Y)

    def run(steps: int) -> None:
        for _ in range(steps):
            optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.mse_loss(forward(x), y).backward()
            optimizer.step()

    return run


def lstm_in_pytorch(n_in: int, n: int, X: np.ndarray, Y: np.ndarray, rate: float) -> Run:
    """Return the LSTM in PyTorch."""
    import torch

    lstm, dense = torch.nn.LSTM(n_in, n, batch_first=True), torch.nn.Linear(n, 1)
    parameters = [*lstm.parameters(), *dense.parameters()]
    return in_pytorch(lambda x: dense(lstm(x)[0][:, -1]), parameters, X, Y, rate)


def images_in_pytorch(X: np.ndarray, Y: np.ndarray, rate: float) -> Run:
    """Return the convolutions in PyTorch."""
    from torch import nn

    net = nn.Sequential(
        nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(800, 10),
    )  # fmt: skip
    return in_pytorch(net, list(net.parameters()), X.transpose(0, 3, 1, 2).copy(), Y, rate)


def measure(quick: bool = False) -> dict:
    """Return the seconds of a step by case and contestant; `quick` only checks that it runs."""
    measured: dict[str, Any] = {"machine": machine.facts(), "cases": {}, "goals": []}
    for case in CASES:
        note(TITLES[case])
        given = {"case": case, "rounds": 1 if quick else ROUNDS, "seconds": 0 if quick else SECONDS}
        command = [sys.executable, "-m", "benchmarks.layers", json.dumps(given)]
        out = subprocess.run(
            command, env={**os.environ, **ONE_THREAD}, check=True, stdout=subprocess.PIPE, text=True
        ).stdout
        rounds = json.loads(out.splitlines()[-1])
        measured["cases"][case] = {name: summary(values) for name, values in rounds.items()}
        measured["goals"] += [
            {**goal._asdict(), "ratio": summary(per_round(rounds, goal.own, goal.peer))}
            for goal in GOALS
            if goal.step == case and {goal.own, goal.peer} <= set(rounds)
        ]
    return measured


def child(case: str, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Return each contestant's seconds per step, by round, on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    runs = CASES[case]()
    counts = {name: count(run, seconds) for name, run in runs.items()}
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            began = time.perf_counter()
            run(counts[name])
            found[name].append((time.perf_counter() - began) / counts[name])
    return found


def count(run: Run, seconds: float) -> int:
    """Return how many steps take so long; all that is compiled is compiled then."""
    run(1)
    began = time.perf_counter()
    run(1)
    steps = max(1, math.ceil(seconds / (time.perf_counter() - began)))
    run(steps)
    return steps


def report(measured: dict) -> str:
    """Return the tables of the steps and of the goals."""
    parts = [facts(measured["machine"])]
    for case, found in measured["cases"].items():
        rows = [[name, f"{one['median'] * 1e3:.2f}"] for name, one in found.items()]
        parts += [f"### {TITLES[case]}", table(["one core", "milliseconds of a step"], rows)]
    goals = [
        [f"{one['own']} / {one['peer']}, {one['step']}", f"{one['ratio']['median']:.2f}",
         f"at most {one['limit']:g}"]
        for one in measured["goals"]
    ]  # fmt: skip
    return "\n\n".join([*parts, table(["ratio of times", "median", "goal"], goals)])


if __name__ == "__main__":
    print(json.dumps(child(**json.loads(sys.argv[1]))))
