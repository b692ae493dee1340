"""Findings in the network's size, and in what restrains it."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import numpy as np

from neurona.doctor.case import Finding
from neurona.doctor.evidence import NOTHING, Evidence
from neurona.doctor.findings.words import percent
from neurona.doctor.training import cost_of
from neurona.engine.layers.dropout import Dropout
from neurona.engine.noise import noise_of
from neurona.engine.objective import Objective
from neurona.engine.parameters import arrays
from neurona.language import Text

PENALTY = 0.5  # of the cost with the penalty
DROPPED = 2.0  # times the cost without dropout
BENT = 0.1  # of skill: what neighbors know more than a straight line
RISEN = 1.25  # times the lowest cost of the validation
GAP = 0.1  # of skill, between training and validation


def penalty(e: Evidence) -> Iterator[Finding]:
    """A penalty that outweighs the cost."""
    if not e.is_sick or not (e.case.l1 or e.case.l2):
        return
    objective = Objective(e.case.net, cost_of(e.case), e.case.l1, e.case.l2)
    with np.errstate(all="ignore"):
        more = float(objective.penalized(np.zeros(()), e.params))
    at_first = float(objective.penalized(np.zeros(()), e.first_params))
    value = max(more / (more + abs(e.last.cost)), at_first / (at_first + abs(e.first.cost)))
    if isfinite(value) and value > PENALTY:
        yield Finding(
            "strong-penalty",
            Text(
                "The penalty on the weights outweighs the examples: it is {percent} % of the cost.",
                "La penalización de los pesos puede más que los ejemplos: es el {percent} % del "
                "coste.",
            ),
            {"value": value, "threshold": PENALTY, "percent": percent(value)},
            cures=("no-penalty",),
        )


def dropout(e: Evidence) -> Iterator[Finding]:
    """A dropout that takes more than the network can spare."""
    rates = [layer.rate for layer in e.case.net.layers if isinstance(layer, Dropout)]
    if not e.is_sick or not rates or not isfinite(e.last.cost):
        return
    objective = Objective(e.case.net, cost_of(e.case))
    with np.errstate(all="ignore"):
        costs = [
            float(
                objective.value(
                    e.params,
                    e.sample.x,
                    e.sample.target,
                    noise=noise_of(e.case.net, (seed, 0), e.sample.n),
                )
            )
            for seed in range(3)
        ]
    value = float(np.mean(costs)) / (abs(e.last.cost) or 1.0)
    if value > DROPPED:
        yield Finding(
            "strong-dropout",
            Text(
                "Dropout of {rate} is too much for so few neurons: with it the cost is {value} "
                "times that without.",
                "Un dropout de {rate} es demasiado para tan pocas neuronas: con él, el coste es "
                "{value} veces el de sin él.",
            ),
            {"value": round(value, 2), "threshold": DROPPED, "rate": max(rates)},
            cures=("drop-dropout", "more-neurons"),
        )


def no_hidden_layer(e: Evidence) -> Iterator[Finding]:
    """One layer, where a straight line is not enough."""
    weighted = sum(bool(arrays((own,))) for own in e.params)
    value = e.signs.achievable - e.signs.linear
    if e.is_sick and weighted == 1 and value > BENT:
        yield Finding(
            "no-hidden-layer",
            Text(
                "The network has no hidden layer, and a straight line is not enough: it gets "
                "{line} % of what can be had, neighbors {percent} %.",
                "La red no tiene capa oculta, y una recta no basta: consigue el {line} % de lo "
                "posible; los vecinos, el {percent} %.",
            ),
            {
                "value": value,
                "threshold": BENT,
                "line": percent(max(e.signs.linear, 0.0)),
                "percent": percent(e.signs.achievable),
            },
            cures=("more-layers",),
        )


def memorizing(e: Evidence) -> Iterator[Finding]:
    """A network that gets better on the rows it knows, and worse on others."""
    train, other = e.skills
    if other is None or not e.best_validation > 0:
        return
    value = e.last_validation / e.best_validation
    if value > RISEN and train - other > GAP:
        yield Finding(
            "memorizing",
            Text(
                "The network learns its examples by heart: on the validation rows the cost is "
                "{value} times as large as it was at best.",
                "La red se aprende los ejemplos de memoria: en las filas de validación el coste es "
                "{value} veces el mejor que tuvo.",
            ),
            {"value": round(value, 2), "threshold": RISEN},
            cures=("early-stop", "l2", "fewer-neurons"),
        )


def too_small(e: Evidence) -> Iterator[Finding]:
    """A network that has learned what it can, and less than neighbors know."""
    if not e.is_sick or not isfinite(e.last.cost):
        return
    if e.signs.achievable < NOTHING:
        yield Finding(
            "no-signal",
            Text(
                "Neither neighbors nor a straight line predict better than one constant: the "
                "inputs may say nothing about the targets.",
                "Ni los vecinos ni una recta predicen mejor que una constante: puede que las "
                "entradas no digan nada de los objetivos.",
            ),
            {"value": e.signs.achievable, "threshold": NOTHING},
            cures=("check-labels",),
        )
        return
    if len(e.last.layers) < 2:
        return
    neurons = sum(layer.units for layer in e.last.layers[:-1])
    yield Finding(
        "too-small",
        Text(
            "The cost has stopped at {cost}. The network gets {percent} % of what can be had, and "
            "neighbors {reference} %: {neurons} hidden neurons may be too few, or these weights "
            "are stuck.",
            "El coste se ha parado en {cost}. La red consigue el {percent} % de lo posible, y los "
            "vecinos el {reference} %: quizá {neurons} neuronas ocultas sean pocas, o estos pesos "
            "están atascados.",
        ),
        {
            "value": e.skills[0],
            "threshold": e.signs.achievable,
            "percent": percent(max(e.skills[0], 0.0)),
            "reference": percent(e.signs.achievable),
            "cost": e.last.cost,
            "neurons": neurons,
        },
        cures=("more-neurons", "more-layers", "adam-fast", "orthogonal-weights"),
    )
