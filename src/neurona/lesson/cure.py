"""Measure the lesson's failure, its cause and its cure, for ``neurona demo tutorial``.

Every number is measured on the spot: by the lesson's own program, the gradient check or the engine.
The constants are also those of the playground's examples, the notebooks and the measurements, so
that all of them tell the same story.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona import datasets, tutorial
from neurona.engine.costs import SquaredError
from neurona.engine.gradcheck import numerical_gradient
from neurona.engine.layers.dense import DenseParams
from neurona.engine.network import Network, network
from neurona.engine.objective import Objective
from neurona.engine.optimizers import SGD
from neurona.engine.training import State, train
from neurona.engine.types import Array, Params
from neurona.lesson.step import LessonStep
from neurona.observe.numbers import gradient_norms, gradients

DEEP = (2, 4, 8, 16, 8, 4, 1)
STEPS = 2500
BELOW = 0.01  # a network with a lower cost has learned
DRAWS = 10  # of initial weights, on the same points
RATES = (0.5, 0.05, 0.01)  # of the lesson's program
LESSON_RATE = 0.01  # of the lesson's step, at which one change cures it
TRUE_RATE = 5.0  # of the true gradient
DRAW = 232  # the initial weights that fail in the playground's examples
WEIGHTS = ("uniform", "glorot_uniform", "he_uniform", "orthogonal")


@dataclass(frozen=True)
class Failure:
    """The result of the lesson's program with the deep topology.

    Attributes
    ----------
    rate, cost
        The learning rate, and the cost after :data:`STEPS` steps.
    outputs
        The smallest and the largest output over all points: nearly the same.
    """

    rate: float
    cost: float
    outputs: tuple[float, float]


def failures(seed: int = 0, steps: int = STEPS) -> list[Failure]:
    """Run the lesson's program on the deep topology, once at each of its rates.

    Examples
    --------
    >>> [round(failure.cost, 2) for failure in failures(steps=100)]
    [0.25, 0.25, 0.25]
    """
    X, Y = circles(seed)
    results = []
    for rate in RATES:
        net = lesson_network(DEEP, seed)
        with np.errstate(over="ignore"):
            for _ in range(steps):
                tutorial.train(net, X, Y, tutorial.l2_cost, lr=rate)
            p = tutorial.train(net, X, Y, tutorial.l2_cost, train=False)
        cost = float(tutorial.l2_cost[0](p, Y))
        results.append(Failure(rate, cost, (float(p.min()), float(p.max()))))
    return results


def circles(seed: int, n: int = 500) -> tuple[Array, Array]:
    """Return the circles with the lesson's targets, a column of 0.0 and 1.0."""
    X, y = datasets.circles(n=n, rng=seed)
    return X, y[:, None].astype(np.float64)


def lesson_network(topology: tuple[int, ...], seed: int) -> list[Any]:
    """Draw the lesson's network, which comes from NumPy's global generator."""
    with global_generator_restored():
        np.random.seed(seed)  # noqa: NPY002
        return tutorial.create_nn(topology, tutorial.sigm)


@contextmanager
def global_generator_restored() -> Iterator[None]:
    """Restore NumPy's global generator at the end: the lesson's program draws from it."""
    before = np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


def gradient_sizes(initializer: str, draws: int = 20) -> Array:
    """Return the size of the gradient in each layer of the deep topology, before any step.

    The size is the root mean square of the derivatives by ``W``: its median over several draws of
    points and weights. The initializer is a name; ``"uniform"`` is the lesson's draw.

    Examples
    --------
    >>> sizes = gradient_sizes("uniform")
    >>> bool(sizes[-1] > 1000 * sizes[0])  # it almost vanishes from the last layer to the first
    True
    """
    net = _deep(initializer)
    sizes = []
    for seed in range(draws):
        X, y = datasets.circles(rng=seed)
        params = net.init(seed, np.float64)
        sizes.append(gradient_norms(gradients(net, params, X, y, "mse")))
    return np.median(sizes, axis=0)


def _deep(initializer: str) -> Network:
    bias = "uniform" if initializer == "uniform" else "zeros"
    return network(DEEP, "sigmoid", initializer=initializer, bias_initializer=bias)


@dataclass(frozen=True)
class Ratio:
    """The lesson's step divided by the true gradient: one ratio for all weights, one for biases."""

    W: float
    b: float
    spread: float  # the relative spread of the ratios of single parameters


def step_ratios(n: int = 500, seed: int = 0) -> Ratio:
    """Compare one step of the lesson's program with central differences of its own cost.

    Examples
    --------
    >>> ratio = step_ratios(n=500)
    >>> round(ratio.W, 3), round(ratio.b, 3)
    (250.0, 0.5)
    """
    X, Y = circles(seed, n)
    lesson = lesson_network((2, 4, 8, 1), seed)
    before: Params = tuple(DenseParams(layer.W, layer.b[0]) for layer in lesson)
    tutorial.train(lesson, X, Y, tutorial.l2_cost, lr=1.0)
    objective = Objective(network([2, 4, 8, 1], "sigmoid"), SquaredError())
    ratios: dict[str, list[Array]] = {"W": [], "b": []}
    for i, layer in enumerate(lesson):
        for name, after in (("W", layer.W), ("b", layer.b[0])):
            old = getattr(before[i], name)

            def cost(theta: Array, i: int = i, name: str = name, shape: Any = old.shape) -> float:
                moved = before[i]._replace(**{name: theta.reshape(shape)})  # type: ignore[attr-defined]
                return float(objective.value((*before[:i], moved, *before[i + 1 :]), X, Y))

            gradient = numerical_gradient(cost, old.ravel())
            ratios[name].append((old - after).ravel() / gradient)
    W, b = (np.concatenate(ratios[name]) for name in ("W", "b"))
    spread = max(float(np.ptp(one) / np.median(one)) for one in (W, b))
    return Ratio(float(np.median(W)), float(np.median(b)), spread)


def training(
    initializer: str,
    seed: int = 0,
    steps: int = STEPS,
    rate: float = TRUE_RATE,
    every: int = STEPS,
    *,
    lesson: bool = False,
    points: int = 0,
) -> tuple[Network, Iterator[State]]:
    """Train the deep topology by gradient descent, as the playground does.

    Parameters
    ----------
    initializer, seed
        How the initial weights are drawn; ``"uniform"`` is the lesson's draw.
    steps, rate, every
        As for :func:`neurona.train` and :func:`neurona.sgd`.
    lesson
        Whether to take the lesson's step instead of the true gradient's.
    points
        The random seed of the points.

    Returns
    -------
    net, states
        The network, and the iterator of its training.

    Examples
    --------
    >>> net, states = training("orthogonal", steps=1500)
    >>> *_, last = states
    >>> bool(last.cost < BELOW)
    True
    """
    X, y = datasets.circles(rng=points)
    net = _deep(initializer)
    optimizer = LessonStep(rate, net, len(X)) if lesson else SGD(rate)
    return net, train(
        net, X, y, cost="mse", optimizer=optimizer, steps=steps, every=every, rng=seed
    )


def last_costs(initializer: str, *, draws: int = DRAWS, **options: Any) -> list[float]:
    """Return the last cost of trainings from several draws of initial weights.

    Parameters
    ----------
    initializer, **options
        As for :func:`training`.
    draws
        How many; their random seeds are 0, 1, 2 …

    Examples
    --------
    >>> max(last_costs("orthogonal", draws=2, steps=1500)) < BELOW
    True
    """
    costs = []
    for seed in range(draws):
        *_, state = training(initializer, seed, **options)[1]
        costs.append(float(state.cost))
    return costs
