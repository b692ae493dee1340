"""What is learnt with the settings that the library chooses, seed after seed."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np

import neurona
from neurona import tutorial

from . import machine
from .race import note, summary

BELOW = 0.01  # the cost to reach
WITHIN = 2500  # steps
TOPOLOGIES = ([2, 4, 8, 1], [2, 4, 8, 16, 8, 4, 1])
TUTORIAL_RATES = (0.5, 0.05, 0.01, 0.001)

# What is trained from a preset of `neurona demo`, and the share of the points to get right.
CLOUDS = {"spirals": 0.99, "arms": 0.98}
DIGITS = 0.975  # of a fifth that was held out


def measure(quick: bool = False) -> dict:
    """Return all the learning table's figures; `quick` takes one seed of each."""
    seeds, tutorial_seeds = (1, 1) if quick else (20, 10)
    facts = machine.facts()
    note("circles")
    circles = [_circles(topology, seeds) for topology in TOPOLOGIES]
    note("the tutorial's program")
    rates = TUTORIAL_RATES[1:2] if quick else TUTORIAL_RATES
    lesson = [_tutorial(topology, r, tutorial_seeds) for topology in TOPOLOGIES for r in rates]
    note("presets")
    return {
        "machine": facts,
        "circles": circles,
        "tutorial": lesson,
        "clouds": [_cloud(name, goal, seeds) for name, goal in CLOUDS.items()],
        "digits": _digits(seeds),
    }


def _circles(topology: list[int], seeds: int) -> dict:
    """Give only topology and activation; the cost is the library's own, and the squared error."""
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
    """Run the lesson's program as it stands, at one of its rates."""
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


class Setting(NamedTuple):
    """A network and how it is trained: the arguments of `neurona.train`."""

    net: neurona.Network
    training: dict[str, Any]


def setting(name: str) -> Setting:
    """Return how `name` is trained."""
    network, adam = neurona.network, neurona.adam
    return {
        "spirals": Setting(
            network([2, 16, 16, 1], activation="tanh", output="sigmoid"),
            {"optimizer": adam(0.02), "steps": 1500},
        ),
        "arms": Setting(
            network([2, 32, 32, 5], activation="tanh", output="softmax"),
            {"optimizer": adam(0.02), "steps": 1500},
        ),
        "digits": Setting(
            network([64, 64, 10], activation="relu", output="softmax"),
            {"optimizer": adam(0.01), "batch_size": 32, "epochs": 30},
        ),
    }[name]


def _cloud(name: str, goal: float, seeds: int) -> dict:
    """Train until the share of right answers is reached, or for as long as the setting says."""
    net, training = setting(name)
    arms = max(2, net.n_out)
    steps, seconds = [], []
    for seed in range(seeds):
        X, y = neurona.datasets.spirals(n=250 * arms, arms=arms, turns=1.5, rng=seed)
        start = time.perf_counter()
        for state in neurona.train(net, X, y, **{**training, "every": 25, "rng": seed}):
            if _right(net, state, X, y) > goal:
                steps.append(state.step)
                seconds.append(time.perf_counter() - start)
                break
    return {
        "arms": arms,
        "topology": list(net.topology),
        "goal": goal,
        "seeds": seeds,
        "reached": len(steps),
        "steps": summary(steps) if steps else None,
        "seconds": summary(seconds) if seconds else None,
    }


def _digits(seeds: int) -> dict:
    """Train on four fifths of the digits, as long as the setting says, and ask the last fifth."""
    net, training = setting("digits")
    X, y = neurona.datasets.digits()
    right, seconds = [], []
    for seed in range(seeds):
        X_train, X_test, y_train, y_test = neurona.datasets.train_test_split(
            X, y, test_size=0.2, rng=seed
        )
        start = time.perf_counter()
        *_, state = neurona.train(net, X_train, y_train, **{**training, "rng": seed})
        seconds.append(time.perf_counter() - start)
        right.append(_right(net, state, X_test, y_test))
    return {
        "topology": list(net.topology),
        "goal": DIGITS,
        "seeds": seeds,
        "reached": sum(share >= DIGITS for share in right),
        "right": summary(right),
        "seconds": summary(seconds),
    }


def _right(net: neurona.Network, state: neurona.State, X: np.ndarray, y: np.ndarray) -> float:
    """Return the share of right answers."""
    output = net.predict(state.params, X)
    answer = output[:, 0] > 0.5 if net.n_out == 1 else output.argmax(axis=1)
    return float(np.mean(answer == y))
