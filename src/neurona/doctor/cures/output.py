"""Cures that change the output and the cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurona.doctor.case import Case
from neurona.doctor.cures.changes import cure, measure, with_fields
from neurona.doctor.training import OfPredictions, by_place, cost_of, examples
from neurona.engine.activations import Activation, find_activation
from neurona.engine.costs import CROSS_ENTROPIES, Cost, Huber, SquaredError
from neurona.engine.network import Network
from neurona.engine.types import Array


def _is_entropy(cost: Cost) -> bool:
    return isinstance(cost, (OfPredictions, *CROSS_ENTROPIES.values()))


def _output(case: Case, name: str) -> Case | None:
    """Return the case with another output, and a cost of the same kind that goes with it."""
    output = find_activation(name)
    if case.net.output is output:
        return None
    own = cost_of(case)
    cost: Any = own
    if _is_entropy(own):
        cost = CROSS_ENTROPIES[name]() if name in CROSS_ENTROPIES else SquaredError()
    elif own.link is not None:
        cost = SquaredError()
    return replace(case, net=_last(case.net, output), cost=cost)


def _last(net: Network, output: Activation) -> Network:
    return replace(net, layers=(*net.layers[:-1], with_fields(net.layers[-1], activation=output)))


def _unsigned(case: Case) -> Case:
    """Return the case with classes 0 and 1 in the place of -1 and 1."""
    if not measure(case).signed:
        return case
    halves = [None if y is None else (np.asarray(y) > 0) * 1.0 for y in (case.y, case.y_val)]
    return replace(case, y=halves[0], y_val=halves[1])  # type: ignore[arg-type]


def _in_unit(case: Case) -> bool:
    target = examples(case).target
    return bool(target.min() >= 0 and target.max() <= 1)


@cure("output-sigmoid", "a sigmoid output", "una salida sigmoide")
def _(case: Case) -> Case | None:
    case = _unsigned(case)
    return _output(case, "sigmoid") if _in_unit(case) else None


@cure("output-linear", "a linear output", "una salida lineal")
def _(case: Case) -> Case | None:
    return _output(case, "linear")


@cure("output-softmax", "a softmax output", "una salida softmax")
def _(case: Case) -> Case | None:
    fits = case.net.out_shape()[-1] > 1 and measure(case).kind == "classes"
    return _output(case, "softmax") if fits else None


@cure("output-tanh", "a tanh output", "una salida tanh")
def _(case: Case) -> Case | None:
    return _output(case, "tanh")


@cure("cost-cross-entropy", "cross-entropy as the cost", "la entropía cruzada como coste")
def _(case: Case) -> Case | None:
    link = case.net.output.name
    fits = link in CROSS_ENTROPIES and _in_unit(case)
    if not fits or (link == "softmax" and measure(case).kind != "classes"):
        return None
    cost = CROSS_ENTROPIES[link]()
    return None if cost_of(case) == cost else replace(case, cost=cost)


@cure("cost-mse", "the mean squared error as the cost", "el error cuadrático medio como coste")
def _(case: Case) -> Case | None:
    cost = SquaredError()
    return None if cost_of(case) == cost else replace(case, cost=cost)


@cure("cost-huber", "Huber's error as the cost", "el error de Huber como coste")
def _(case: Case) -> Case | None:
    fits = measure(case).kind == "values" and isinstance(cost_of(case), SquaredError)
    return replace(case, cost=Huber()) if fits else None


@dataclass(frozen=True)
class MeanOf:
    """A cost that is a sum over the examples, divided by their number.

    Parameters
    ----------
    cost
        That cost.
    """

    cost: Cost

    @property
    def link(self) -> str | None:
        """The cost's: what it does to the output itself."""
        return self.cost.link

    def __call__(
        self, output: Array, target: Array, weight: Array | None = None
    ) -> tuple[Array, Array]:
        """Return the cost and its derivative by ``output``."""
        value, d = self.cost(output, target, weight)
        return value / output.shape[-2], d / output.shape[-2]


@cure("mean-cost", "the mean over the examples as the cost", "la media de los ejemplos como coste")
def _(case: Case) -> Case | None:
    cost = cost_of(case)
    return replace(case, cost=MeanOf(cost)) if _adds_up(case, cost) else None


def _adds_up(case: Case, cost: Cost) -> bool:
    """Return whether the cost of all the examples twice is twice their cost."""
    target = by_place(case.net, examples(case).target[:100])
    output = np.full_like(target, 0.3)
    once, twice = (
        float(cost(np.concatenate([output] * k), np.concatenate([target] * k))[0]) for k in (1, 2)
    )
    return bool(np.isclose(twice, 2 * once, rtol=1e-3) and once != 0)
