"""Networks of a sweep, trained as stacks: those that differ in their seed and learning rate alone.

A stack fits into the processor's cache: each operation runs over many networks, and finds the
arrays of the one before still there. Nothing depends on how the networks are put together, but for
the rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from importlib.util import find_spec
from math import inf, prod
from typing import Any, NamedTuple

import numpy as np

from neurona.doctor.case import Case
from neurona.doctor.skill import best_constant
from neurona.doctor.training import cost_of, examples, states, validation_examples
from neurona.engine.data import Data
from neurona.engine.divergence import TrainingDiverged
from neurona.engine.layers.base import leaves
from neurona.engine.objective import Objective
from neurona.engine.optimizers import find_optimizer
from neurona.engine.types import Array
from neurona.registry import lookup
from neurona.sweeps import told
from neurona.sweeps.axes import Axis, Cell, settings_of
from neurona.sweeps.settings import ORDER, changed

MOMENTS = 40  # of a curve
SHARE = 0.1  # of the best constant's cost, below which a network has learned
CACHED = 2**17  # numbers in the widest layer's activations, of all networks of a stack
HELD = 2**26  # parameters of all networks of a stack
LARGEST = 2**28  # of one network: with their gradient and an optimizer's memory some gigabytes
FEW = 20  # networks of a stack, where they fit: an operation has enough to do, and ends soon


class Unit(NamedTuple):
    """Networks that are trained together: their cells, and the places of their seeds."""

    cells: tuple[Cell, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Networks:
    """The networks of a sweep: a case for each cell of the grid.

    Attributes
    ----------
    case
        All that the axes leave as it is.
    axes
        What varies.
    seeds
        Random seeds of initial weights and mini-batches.
    engine
        ``"numpy"`` or ``"jax"``.
    """

    case: Case
    axes: tuple[Axis, ...]
    seeds: tuple[int, ...]
    engine: str

    def __post_init__(self) -> None:
        """Check at the beginning all that can be wrong."""
        for cell in np.ndindex(*(len(axis.values) for axis in self.axes)):
            if sum(cell) == max(cell, default=0):  # each value of each axis, once
                case = self.of(cell)
                cost_of(case)
                if (size := _parameters(case)) > LARGEST:
                    raise ValueError(
                        f"a network has {size:,} parameters, and a sweep trains some of "
                        f"{LARGEST:,} at most: give narrower layers"
                    )
        examples(self.case), _judge(self.case)
        lookup("engine", self.engine, dict.fromkeys(("numpy", "jax")))

    def of(self, cell: Cell, seed: int | None = None) -> Case:
        """Return the case of a cell, at one of the seeds."""
        own = settings_of(self.axes, cell)
        case = reduce(
            lambda made, name: changed(made, name, own[name]),
            sorted(own, key=ORDER.index),
            self.case,
        )
        return case if seed is None else replace(case, seed=seed)

    @property
    def measure(self) -> str:
        """The measure of each network."""
        return "cost" if self.case.X_val is None else "cost of validation"

    @property
    def moments(self) -> tuple[int, ...]:
        """The steps after which each network is looked at."""
        steps = self.case.steps
        return tuple(np.unique(np.linspace(0, steps, min(MOMENTS, steps) + 1).astype(int)).tolist())

    def told(self) -> dict[str, str]:
        """Return what tells this sweep from others."""
        case = self.case
        settings = {
            name: repr(getattr(case, name))
            for name in ("cost", "optimizer", "steps", "batch_size", "l1", "l2", "shuffle")
        }
        return {
            "network": repr(case.net.layers),
            **told.of_examples(case),
            **settings,
            **told.of_axes(self.axes, self.seeds),
            "engine": self.engine,
        }

    def below(self) -> float:
        """Return a tenth of the cost of the best constant: a network below it has learned."""
        return SHARE * best_constant(self.case.net, cost_of(self.case), _judge(self.case).target)[1]

    def units(self, left: Sequence[Cell]) -> Iterator[Unit]:
        """Yield what is trained together, in the order of the cells."""
        waiting: dict[Cell, list[Cell]] = {}
        all_seeds = tuple(range(len(self.seeds)))
        for cell in left:
            pairs = zip(self.axes, cell, strict=True)
            form = tuple(k for axis, k in pairs if axis.name != "learning_rate")
            each = self._at_once(self.of(cell))
            if each < len(self.seeds):
                parts = np.array_split(all_seeds, -(-len(self.seeds) // each))
                yield from (Unit((cell,), tuple(part.tolist())) for part in parts)
                continue
            together = waiting.setdefault(form, [])
            together.append(cell)
            if (len(together) + 1) * len(self.seeds) > min(FEW, each):
                yield Unit(tuple(waiting.pop(form)), all_seeds)
        yield from (Unit(tuple(together), all_seeds) for together in waiting.values())

    def _at_once(self, case: Case) -> int:
        """Return how many networks are one stack: the compiled engine takes ten at a time."""
        fit = max(1, HELD // max(1, _parameters(case)))
        if self.engine == "jax":
            return fit
        rows = min(case.batch_size or len(case.X), len(case.X))
        widest = max(one[-1] for one in leaves(case.net.shapes(case.net.in_shape)))
        return max(1, min(fit, CACHED // int(rows * widest)))

    def task(self, unit: Unit) -> tuple[Any, ...]:
        """Return what :func:`trained` takes, for another process."""
        cases = [self.of(cell) for cell in unit.cells]
        rates = [find_optimizer(case.optimizer).learning_rate for case in cases]
        seeds = [self.seeds[k] for k in unit.seeds]
        return cases[0], rates, seeds, self.moments, self.engine


def trained(
    case: Case,
    rates: Sequence[Any],
    seeds: Sequence[int],
    moments: Sequence[int],
    engine: str,
    is_left: Callable[[], bool] = lambda: False,
) -> tuple[Array, Array]:
    """Train a network at each rate from each seed, as long as the sweep is not left.

    Returns
    -------
    costs : (rates, seeds)
        At the end, without the penalty, on the validation examples if there are some; inf where the
        training diverged.
    curves : (rates, seeds, moments)
        The same after some of the steps.
    """
    networks = len(rates) * len(seeds)
    objective, judge = Objective(case.net, cost_of(case)), _judge(case)
    curves = np.full((networks, len(moments)), inf, np.float32)
    each: dict[str, Any] = {}
    if not isinstance(rates[0], list | tuple):  # one for each layer stays the optimizer's
        each["learning_rates"] = [rate for rate in rates for _ in seeds]
    between = iter(np.diff(moments).tolist())
    running = states(
        case, every=lambda: next(between), seeds=[*seeds] * len(rates), engine=engine, **each
    )
    try:
        for k, state in enumerate(running):
            with np.errstate(all="ignore"):
                costs = np.asarray(objective.value(state.params, *judge))
            lost = ~np.isfinite(costs) | ~np.isfinite(np.asarray(state.cost))
            curves[:, k] = np.where(lost, inf, costs)
            if is_left():
                break
    except TrainingDiverged:
        pass  # all of them have: the rest of their curves stays infinite
    shape = len(rates), len(seeds)
    return curves[:, -1].reshape(shape).astype(float), curves.reshape(*shape, -1)


def _parameters(case: Case) -> int:
    """Return how many numbers the network of a case learns."""
    return sum(map(prod, leaves(case.net.shapes(case.net.in_shape))))


def _judge(case: Case) -> Data:
    judge = validation_examples(case)
    return examples(case) if judge is None else judge


def engine_here() -> str:
    """Return the compiled engine if JAX is installed, which trains many networks faster."""
    return "jax" if find_spec("jax") else "numpy"
