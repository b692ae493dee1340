"""The success of training with the library's default settings, over many seeds."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

import neurona
from neurona import tutorial
from neurona.demos import DEMOS, data_of, outputs_for
from neurona.observe.scores import accuracy

from . import machine
from .race import note, summary

BELOW = 0.01  # the cost to reach
WITHIN = 2500  # steps
TOPOLOGIES = ([2, 4, 8, 1], [2, 4, 8, 16, 8, 4, 1])
TUTORIAL_RATES = (0.5, 0.05, 0.01, 0.001)

# The accuracy to reach, by the number of the spiral's arms.
SPIRALS = {2: 0.99, 5: 0.98}
DIGITS = 0.975  # on a held-out fifth


def measure(quick: bool = False) -> dict:
    """Return all figures of the learning tables; `quick` takes one seed of each."""
    seeds, tutorial_seeds = (1, 1) if quick else (20, 10)
    facts = machine.facts()
    note("circles")
    circles = [_circles(topology, seeds) for topology in TOPOLOGIES]
    note("the tutorial's program")
    rates = TUTORIAL_RATES[1:2] if quick else TUTORIAL_RATES
    lesson = [_tutorial(topology, r, tutorial_seeds) for topology in TOPOLOGIES for r in rates]
    note("spirals and digits")
    return {
        "machine": facts,
        "circles": circles,
        "tutorial": lesson,
        "spirals": [_spirals(arms, goal, seeds) for arms, goal in SPIRALS.items()],
        "digits": _digits(seeds),
    }


def _circles(topology: list[int], seeds: int) -> dict:
    """Give only topology and activation; measure the default cost and the squared error."""
    first: dict[str, list[int]] = {"own cost": [], "squared error": []}
    for seed in range(seeds):
        X, y = neurona.datasets.circles(n=500, factor=0.5, noise=0.05, rng=seed)
        net = neurona.network(topology, activation="sigmoid")
        reached: dict[str, int] = {}
        for state in neurona.train(net, X, y, steps=WITHIN, every=25, rng=seed):
            error = net.predict(state.params, X)[:, 0] - y
            now = {"own cost": state.cost, "squared error": np.mean(error**2)}
            for name, value in now.items():
                if value < BELOW:
                    reached.setdefault(name, state.step)
        for name, step in reached.items():
            first[name].append(step)
    return {
        "topology": topology,
        "seeds": seeds,
        "reached": {name: len(steps) for name, steps in first.items()},
        "steps": {name: summary(steps) if steps else None for name, steps in first.items()},
    }


def _tutorial(topology: list[int], rate: float, seeds: int) -> dict:
    """Run the lesson's program, unchanged, at one of its rates."""
    costs = []
    for seed in range(seeds):
        X, y = neurona.datasets.circles(n=500, factor=0.5, noise=0.05, rng=seed)
        Y = y[:, np.newaxis]
        np.random.seed(seed)  # noqa: NPY002 - the program draws from NumPy's global generator
        network = tutorial.create_nn(topology, tutorial.sigm)
        with np.errstate(over="ignore"):  # its sigmoid overflows at the larger rates
            for _ in range(WITHIN):
                output = tutorial.train(network, X, Y, tutorial.l2_cost, lr=rate)
        costs.append(float(tutorial.l2_cost[0](output, Y)))
    return {
        "topology": topology,
        "rate": rate,
        "seeds": seeds,
        "reached": sum(cost < BELOW for cost in costs),
        "cost": summary(costs),
    }


def demonstration(
    name: str, seed: int, **settings: Any
) -> tuple[neurona.Network, np.ndarray, np.ndarray, dict[str, Any]]:
    """Return network, data and arguments of `neurona.train`, as in ``neurona demo``."""
    demo = DEMOS[name]
    X, y = data_of(name, rng=seed, **settings)
    n_out, output = outputs_for(y)
    net = neurona.network([X.shape[1], *demo.hidden, n_out], demo.activation, output=output)
    training = {**demo.training, "rng": seed}
    if demo.optimizer:
        training["optimizer"] = demo.optimizer(training["steps"])
    return net, X, y, training


def _spirals(arms: int, goal: float, seeds: int) -> dict:
    """Train as long as the demonstration does, and record when the goal is first exceeded."""
    right, steps, seconds = [], [], []
    for seed in range(seeds):
        net, X, y, training = demonstration("spirals", seed, arms=arms)
        first = None
        start = time.perf_counter()
        for state in neurona.train(net, X, y, **{**training, "every": 25}):
            share = accuracy(net.predict(state.params, X), y)
            if first is None and share > goal:
                first = state.step
                seconds.append(time.perf_counter() - start)
                steps.append(first)
        right.append(share)
    return {
        "arms": arms,
        "topology": list(net.topology),
        "goal": goal,
        "seeds": seeds,
        "reached": sum(share > goal for share in right),
        "right": summary(right),
        "steps": summary(steps) if steps else None,
        "seconds": summary(seconds) if seconds else None,
    }


def _digits(seeds: int) -> dict:
    """Train on four fifths of the digits, as long as the demonstration does; test on the rest."""
    right, seconds = [], []
    for seed in range(seeds):
        net, X, y, training = demonstration("digits", seed)
        X_train, X_test, y_train, y_test = neurona.datasets.train_test_split(
            X, y, test_size=DEMOS["digits"].held_out, rng=seed
        )
        start = time.perf_counter()
        *_, state = neurona.train(net, X_train, y_train, **training)
        seconds.append(time.perf_counter() - start)
        right.append(accuracy(net.predict(state.params, X_test), y_test))
    return {
        "topology": list(net.topology),
        "goal": DIGITS,
        "seeds": seeds,
        "reached": sum(share >= DIGITS for share in right),
        "right": summary(right),
        "seconds": summary(seconds),
    }
