"""What all contestants are given: the lesson's points, one set of first weights, cost and rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from neurona.checks import check_count
from neurona.engine.types import Array
from neurona.lesson.cure import circles, lesson_network
from neurona.registry import lookup

TOPOLOGY = (2, 4, 8, 1)
STEPS = 1500


@dataclass(frozen=True)
class Problem:
    """A network to train by plain gradient descent, all the points in each step.

    Hidden layers are sigmoid. A contestant takes what it needs, and returns the cost *before* each
    step.

    Attributes
    ----------
    name
        One of :data:`PROBLEMS`.
    output, cost
        The last activation, ``"sigmoid"`` or ``"linear"``; ``"mse"`` or ``"cross_entropy"``.
    rate, steps
        By how much of the gradient of the cost a step moves, and how many there are.
    X, Y : (500, 2), (500, 1)
        The circles, and 0.0 or 1.0 for each point, as a column.
    weights
        The first ``(W, b)`` of each layer, ``(n_in, n_out)`` and ``(n_out,)``, as the lesson draws
        them.
    """

    name: str
    output: str
    cost: str
    rate: float
    steps: int
    X: Array
    Y: Array
    weights: tuple[tuple[Array, Array], ...]


Contestant: TypeAlias = Callable[[Problem], list[float]]


@dataclass(frozen=True)
class Kind:
    """What tells one problem from another.

    The rates are as large as the network bears: where a step is longer than the valley is wide, it
    jumps across, and each jump multiplies the roundings in which float32 and float64 differ.
    """

    output: str
    cost: str
    rate: float
    title: dict[str, str]


PROBLEMS = {
    "lesson": Kind(
        "sigmoid",
        "mse",
        2.0,
        {
            "en": "The lesson's: squared error behind a sigmoid",
            "es": "El de la lección: error cuadrático tras una sigmoide",
        },
    ),
    "linear": Kind(
        "linear",
        "mse",
        0.2,
        {
            "en": "A linear output, which scikit-learn's regressor has",
            "es": "Salida lineal, la que tiene el regresor de scikit-learn",
        },
    ),
    "cross_entropy": Kind(
        "sigmoid",
        "cross_entropy",
        0.8,
        {
            "en": "Cross-entropy behind a sigmoid, which scikit-learn's classifier has",
            "es": "Entropía cruzada tras una sigmoide, la del clasificador de scikit-learn",
        },
    ),
}


def problem(name: str = "lesson", steps: int = STEPS, seed: int = 0) -> Problem:
    """Draw the points and the first weights of a problem.

    Parameters
    ----------
    name
        ``"lesson"``, ``"linear"`` or ``"cross_entropy"``.
    steps
        How many steps of gradient descent.
    seed
        Of the points and of the weights, from 0 to 2³² - 1, as ``np.random.seed`` takes them.

    Raises
    ------
    ValueError
        If there is no such problem, if steps is not a positive whole number, or of a seed out of
        range.

    Examples
    --------
    >>> lesson = problem("lesson", steps=10)
    >>> lesson.X.shape, [W.shape for W, b in lesson.weights]
    ((500, 2), [(2, 4), (4, 8), (8, 1)])
    """
    kind = lookup("problem", name, PROBLEMS)
    steps = check_count("steps", steps)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"seed is {seed!r}: it must be a whole number from 0 to {2**32 - 1}")
    X, Y = circles(seed)
    weights = tuple((layer.W, layer.b[0]) for layer in lesson_network(TOPOLOGY, seed))
    return Problem(name, kind.output, kind.cost, kind.rate, steps, X, Y, weights)
