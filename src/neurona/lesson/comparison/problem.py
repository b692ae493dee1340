"""The input of all contestants: the lesson's points, the same initial weights, cost and rate."""

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
    """A network to train by plain gradient descent, with all the points in each step.

    Hidden layers are sigmoid. A contestant takes what it needs and returns the cost *before* each
    step.

    Attributes
    ----------
    name
        One of :data:`PROBLEMS`.
    output, cost
        The last activation, ``"sigmoid"`` or ``"linear"``; ``"mse"`` or ``"cross_entropy"``.
    rate, steps
        The learning rate and the number of steps.
    X, Y : (500, 2), (500, 1)
        The circles, and a column with 0.0 or 1.0 for each point.
    weights
        The initial ``(W, b)`` of each layer, ``(n_in, n_out)`` and ``(n_out,)``, as the lesson
        draws them.
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
class Settings:
    """The differences between the problems.

    The rates are as large as the network tolerates. A step that is longer than the valley is wide
    jumps across it, and each jump multiplies the rounding errors that separate float32 from
    float64.
    """

    output: str
    cost: str
    rate: float
    title: dict[str, str]


PROBLEMS = {
    "lesson": Settings(
        "sigmoid",
        "mse",
        2.0,
        {
            "en": "The lesson's: squared error after a sigmoid",
            "es": "El de la lección: error cuadrático tras una sigmoide",
        },
    ),
    "linear": Settings(
        "linear",
        "mse",
        0.2,
        {
            "en": "A linear output, as in scikit-learn's regressor",
            "es": "Salida lineal, como la del regresor de scikit-learn",
        },
    ),
    "cross_entropy": Settings(
        "sigmoid",
        "cross_entropy",
        0.8,
        {
            "en": "Cross-entropy after a sigmoid, as in scikit-learn's classifier",
            "es": "Entropía cruzada tras una sigmoide, como en el clasificador de scikit-learn",
        },
    ),
}


def problem(name: str = "lesson", steps: int = STEPS, seed: int = 0) -> Problem:
    """Draw the points and the initial weights of a problem.

    Parameters
    ----------
    name
        ``"lesson"``, ``"linear"`` or ``"cross_entropy"``.
    steps
        The number of steps of gradient descent.
    seed
        Random seed of the points and the weights, from 0 to 2³² - 1, as for ``np.random.seed``.

    Raises
    ------
    ValueError
        If there is no such problem, if ``steps`` is not a positive whole number, or if the seed is
        out of range.

    Examples
    --------
    >>> lesson = problem("lesson", steps=10)
    >>> lesson.X.shape, [W.shape for W, b in lesson.weights]
    ((500, 2), [(2, 4), (4, 8), (8, 1)])
    """
    settings = lookup("problem", name, PROBLEMS)
    steps = check_count("steps", steps)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"seed is {seed!r}: it must be a whole number from 0 to {2**32 - 1}")
    X, Y = circles(seed)
    weights = tuple((layer.W, layer.b[0]) for layer in lesson_network(TOPOLOGY, seed))
    return Problem(name, settings.output, settings.cost, settings.rate, steps, X, Y, weights)
