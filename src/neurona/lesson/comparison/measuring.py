"""Run the contestants on a problem, one after the other, and compare their curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter

import numpy as np

from neurona.engine.types import Array
from neurona.lesson.comparison.lineup import LINEUP, Entry
from neurona.lesson.comparison.problem import STEPS, Problem, problem
from neurona.lesson.cure import global_generator_restored


@dataclass(frozen=True)
class Outcome:
    """The result of one contestant.

    Attributes
    ----------
    entry
        The contestant.
    version
        The version of its library, with Keras' backend; or NumPy's.
    costs : (steps,)
        The cost before each step.
    differences : (steps,)
        ``|cost / reference - 1|``; the reference is neurona's cost in float64.
    seconds
        The time to build, compile and train, without imports.
    """

    entry: Entry
    version: str
    costs: Array
    differences: Array
    seconds: float

    @property
    def largest(self) -> float:
        """The largest of the differences."""
        return float(self.differences.max())


@dataclass(frozen=True)
class Comparison:
    """The outcomes of a problem, neurona's first, and the absent contestants, with the reason."""

    problem: Problem
    outcomes: tuple[Outcome, ...]
    left_out: tuple[tuple[Entry, dict[str, str]], ...]

    def __getitem__(self, key: str) -> Outcome:
        """Return the outcome of a contestant, by its key."""
        return {outcome.entry.key: outcome for outcome in self.outcomes}[key]


def compare(
    name: str = "lesson", steps: int = STEPS, seed: int = 0, lineup: Sequence[Entry] = LINEUP
) -> Comparison:
    """Train the same network from the same weights with every library that is installed.

    Parameters
    ----------
    name
        The problem: ``"lesson"``, ``"linear"`` or ``"cross_entropy"``.
    steps
        Steps of gradient descent, with all the points in each.
    seed
        Random seed of the points and the initial weights.
    lineup
        The contestants; the first is the reference.

    Returns
    -------
    Comparison
        The outcomes, in the order of the lineup.

    Raises
    ------
    ValueError
        If the problem, the steps or the seed are wrong.
    MissingExtra
        If scikit-learn, which draws the circles, is not installed.

    Examples
    --------
    >>> from neurona.lesson.comparison.lineup import LINEUP
    >>> result = compare("lesson", steps=100, lineup=LINEUP[:3])
    >>> bool(result["corrected"].largest < 1e-10), bool(result["lesson"].largest > 0.01)
    (True, True)
    """
    given = problem(name, steps, seed)
    outcomes: list[Outcome] = []
    left_out: list[tuple[Entry, dict[str, str]]] = []
    for entry in lineup:
        if name not in entry.problems:
            if entry.cannot:
                left_out.append((entry, entry.cannot))
        elif package := entry.missing():
            left_out.append((entry, _not_installed(package)))
        else:
            costs, seconds = run(entry, given)
            reference = outcomes[0].costs if outcomes else costs
            differences = np.abs(costs / reference - 1)
            outcomes.append(Outcome(entry, version_of(entry), costs, differences, seconds))
    return Comparison(given, tuple(outcomes), tuple(left_out))


def run(entry: Entry, given: Problem) -> tuple[Array, float]:
    """Let a contestant train, and return its costs and its seconds."""
    entry.prepare()
    with global_generator_restored():
        start = perf_counter()
        costs = entry.train(given)
        seconds = perf_counter() - start
    return np.asarray(costs, dtype=np.float64), seconds


def version_of(entry: Entry) -> str:
    """Return the name and version of a contestant's library."""
    try:
        text = f"{entry.package} {version(entry.package)}"
    except PackageNotFoundError:  # a checkout on the path has no version
        return entry.package
    if entry.package == "keras":
        import keras

        return f"{text}, {keras.backend.backend()}"
    return text


def _not_installed(package: str) -> dict[str, str]:
    return {"en": f"{package} is not installed", "es": f"{package} no está instalado"}
