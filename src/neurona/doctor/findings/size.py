"""Findings in the network's size, and in what restrains it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isfinite

import numpy as np

from neurona.doctor.case import Finding
from neurona.doctor.evidence import NOTHING, Evidence
from neurona.doctor.findings.measures import MEASURES
from neurona.doctor.findings.words import percent, rounded
from neurona.doctor.signs import is_chance, skill
from neurona.doctor.training import by_place, cost_of, states
from neurona.engine.layers.dropout import Dropout
from neurona.engine.noise import noise_of
from neurona.engine.objective import Objective
from neurona.engine.parameters import named
from neurona.engine.types import Array, Params
from neurona.language import Text

PENALTY = 0.5  # of the cost with the penalty
DROPPED = 2.0  # times the cost without dropout
BENT = 0.1  # of skill: what neighbors know more than a straight line
RISEN = 1.25  # times the lowest cost of the validation
GAP = 0.1  # of skill, between training and validation
LOUD = 0.5  # rate of dropout: above, it changes a neuron's value by more than that value
HEARD = 0.25  # of the inputs' effect: where nothing else is wrong, that is enough
NEAR = 0.2  # of the first weights' length: all that have learned went further in the tests
HELD_OUT = 0.2  # of the examples
MOST_STEPS = 1000  # on the others: enough to learn something of them, and soon done

ALIKE = Text(
    "All examples have the same target: there is nothing to learn.",
    "Todos los ejemplos tienen el mismo objetivo: no hay nada que aprender.",
)
UNKNOWABLE = Text(
    "Neither neighbors nor a straight line predict the targets: the inputs may say nothing about "
    "them.",
    "Ni los vecinos ni una recta predicen los objetivos: puede que las entradas no digan nada de "
    "ellos.",
)
REMEMBERED = Text(
    "The network learns its examples by heart, and the inputs may say nothing about the targets: "
    "trained without a fifth of the examples, it predicts these no better than shuffled ones.",
    "La red se aprende los ejemplos de memoria, y puede que las entradas no digan nada de los "
    "objetivos: entrenada sin una quinta parte de los ejemplos, no predice estos mejor que unos "
    "barajados.",
)


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
    rates = [one.layer.rate for one in e.last.layers if isinstance(one.layer, Dropout)]
    if not e.is_sick or not rates or not isfinite(e.last.cost):
        return
    cost = cost_of(e.case)
    with np.errstate(all="ignore"):
        costs = [float(cost(output, e.targets)[0]) for output in _dropped(e, e.params)]
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
        return
    value = max(_loudness(e, e.first_params), _loudness(e, e.params))
    if max(rates) > LOUD and value > 1:
        yield _loud(value, 1, max(rates))


def some_dropout(e: Evidence) -> Iterator[Finding]:
    """A dropout that a network of this size does not seem to stand."""
    rates = [one.layer.rate for one in e.last.layers if isinstance(one.layer, Dropout)]
    if not e.is_sick or not rates or not isfinite(e.last.cost):
        return
    value = _loudness(e, e.params)
    if value > HEARD:
        yield _loud(value, HEARD, max(rates))


def _loud(value: float, threshold: float, rate: float) -> Finding:
    return Finding(
        "strong-dropout",
        Text(
            "Dropout of {rate} is too much for so few neurons: the predictions differ {value} "
            "times as much by it as by the inputs.",
            "Un dropout de {rate} es demasiado para tan pocas neuronas: las predicciones varían "
            "por él {value} veces lo que varían por las entradas.",
        ),
        {"value": rounded(value), "threshold": threshold, "rate": rate},
        cures=("drop-dropout", "more-neurons"),
        measure=MEASURES["loud-dropout"],
    )


def _dropped(e: Evidence, params: Params) -> list[Array]:
    """Return what a few training steps would have for outputs."""
    net, sample = e.case.net, e.sample
    objective = Objective(net, cost_of(e.case))
    noises = [noise_of(net, (seed, 0), sample.n) for seed in range(3)]
    return [objective.output(params, sample.x, noise=noise)[0] for noise in noises]


def _loudness(e: Evidence, params: Params) -> float:
    """Return how far dropout moves the outputs, by how far they lie apart without it."""
    objective = Objective(e.case.net, cost_of(e.case))
    with np.errstate(all="ignore"):
        output = objective.output(params, e.sample.x)[0]
        noise = np.stack(_dropped(e, params)).var(axis=0, ddof=1).sum(axis=-1).mean()
        apart = output.var(axis=0).sum()
        return float(np.sqrt(noise / apart)) if apart > 0 and isfinite(noise) else 0.0


def no_hidden_layer(e: Evidence) -> Iterator[Finding]:
    """One layer, where a straight line is not enough."""
    weighted = len({place for place, _, _ in named(e.params)})
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


def no_signal(e: Evidence) -> Iterator[Finding]:
    """Targets that are all equal, or predicted as well when they are shuffled."""
    if not e.signs.target_spread:
        yield _no_signal(e, ALIKE)
        return
    if not e.signs.is_chance:
        return
    if e.is_sick:
        yield _no_signal(e, UNKNOWABLE)
    elif e.validation is None and _remembers(e):
        yield _no_signal(e, REMEMBERED)


def _no_signal(e: Evidence, words: Text) -> Finding:
    numbers = {"value": e.signs.achievable, "threshold": NOTHING}
    return Finding("no-signal", words, numbers, cures=("check-labels",))


def _remembers(e: Evidence) -> bool:
    """Return whether the same training knows nothing of examples that are held out."""
    case, data = e.case, e.data
    rows = np.random.default_rng(0).permutation(data.n)
    few = round(HELD_OUT * data.n)
    train, test = data.rows(rows[few:]), data.rows(rows[:few])
    steps = min(case.steps, MOST_STEPS)
    y = train.target.reshape(train.n, *case.net.out_shape())
    part = replace(case, X=train.x, y=y, steps=steps, sample_weight=None)
    *_, end = states(part, every=steps)
    predicted = by_place(case.net, case.net.predict(end.params, test.x))

    def skills(target: Array) -> tuple[float]:
        return (skill(predicted, by_place(case.net, target), e.signs.task),)

    return is_chance(skills(test.target), test.target, skills)


def too_small(e: Evidence) -> Iterator[Finding]:
    """A network that has learned what it can, and less than neighbors know."""
    if not e.is_sick or not isfinite(e.last.cost):
        return
    if e.signs.achievable < NOTHING:
        yield _no_signal(e, UNKNOWABLE)
        return
    if len(e.last.layers) < 2:
        return
    if e.course.moved < NEAR:
        yield Finding(
            "too-few-steps",
            Text(
                "The training ends too early: by its last step ({steps}) the weights have changed "
                "by only {percent} % of their size.",
                "El entrenamiento acaba demasiado pronto: hasta su último paso (el {steps}) los "
                "pesos solo han cambiado un {percent} % de su tamaño.",
            ),
            {
                "value": e.course.moved,
                "threshold": NEAR,
                "percent": percent(e.course.moved),
                "steps": e.case.steps,
            },
            cures=("more-steps", "adam-fast", "rate-up", "smaller-batches"),
            measure=MEASURES["moved"],
        )
        return
    neurons = sum(layer.units for layer in e.last.layers[:-1])
    yield Finding(
        "too-small",
        Text(
            "The cost has stopped at {cost}. The network gets {percent} % of what can be had, and "
            "neighbors {reference} %: it may have too few hidden neurons ({neurons}), or these "
            "weights are stuck.",
            "El coste se ha parado en {cost}. La red consigue el {percent} % de lo posible, y los "
            "vecinos el {reference} %: quizá le falten neuronas ocultas (tiene {neurons}), o estos "
            "pesos están atascados.",
        ),
        {
            "value": e.skills[0],
            "threshold": e.signs.achievable,
            "percent": percent(max(e.skills[0], 0.0)),
            "reference": percent(e.signs.achievable),
            "cost": e.last.cost,
            "neurons": neurons,
        },
        cures=("more-neurons", "more-layers", "adam-fast", "orthogonal-weights", "more-steps"),
    )
