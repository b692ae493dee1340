"""Findings in the network's size, and in what restrains it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isfinite, log

import numpy as np

from neurona.doctor.case import Finding
from neurona.doctor.data_signs import is_chance
from neurona.doctor.evidence import LEARNED, NOTHING, SLACK, Evidence
from neurona.doctor.findings.measures import MEASURES
from neurona.doctor.findings.steps import PLUNGING
from neurona.doctor.findings.words import layer_name, layer_number, percent, rounded
from neurona.doctor.skill import skill
from neurona.doctor.training import by_place, cost_of, states
from neurona.engine.layers.dropout import Dropout
from neurona.engine.layers.normalization import BatchNormalization
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
MORE = 4  # times as many steps: as the cure has
HELD_OUT = 0.2  # of the examples
MOST_STEPS = 1000  # on the others: enough to learn something of them, and soon done

ALIKE = Text(
    "All examples have the same target: there is nothing to learn.",
    "Todos los ejemplos tienen el mismo objetivo: no hay nada que aprender.",
)
UNKNOWABLE = Text(
    "Neighbors or a straight line predict the targets no better ({percent} %) than shuffled ones "
    "({chance} %): the inputs may say nothing about them.",
    "Ni los vecinos ni una recta predicen los objetivos ({percent} %) mejor que unos barajados "
    "({chance} %): puede que las entradas no digan nada de ellos.",
)
HARDLY = Text(
    "Neighbors or a straight line get only {percent} % of what can be had: the inputs may say "
    "next to nothing about the targets.",
    "Los vecinos o una recta consiguen solo el {percent} % de lo posible: puede que las entradas "
    "no digan casi nada de los objetivos.",
)
REMEMBERED = Text(
    "The network learns its examples by heart, and the inputs may say nothing about the targets: "
    "trained without a fifth of the examples, it predicts these no better than shuffled ones.",
    "La red se aprende los ejemplos de memoria, y puede que las entradas no digan nada de los "
    "objetivos: entrenada sin una quinta parte de los ejemplos, no predice estos mejor que unos "
    "barajados.",
)


def penalty(e: Evidence) -> Iterator[Finding]:
    """A penalty, or a decay of the optimizer, that outweighs the cost."""
    if e.is_sick:
        yield from _decay(e)
    if not (e.is_sick or e.knows_less) or not (e.case.l1 or e.case.l2):
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


def _decay(e: Evidence) -> Iterator[Finding]:
    """A decay λ beside steps of one size: where it is in balance with them, |W| is 1 / λ."""
    decay = getattr(e.optimizer, "weight_decay", 0.0)
    weights = [W.ravel() for _, name, W in named(e.first_params) if name == "W"]
    if not decay or not weights:
        return
    size = float(np.sqrt(np.square(np.concatenate(weights), dtype=np.float64).mean()))
    if decay * size > 1:
        yield Finding(
            "strong-penalty",
            Text(
                "The optimizer's weight decay of {decay} holds every weight below {bound}, and the "
                "first ones had a typical size of {size}.",
                "El decaimiento de {decay} del optimizador mantiene todos los pesos por debajo de "
                "{bound}, y los iniciales medían {size} de media cuadrática.",
            ),
            {
                "value": rounded(decay * size),
                "threshold": 1,
                "decay": decay,
                "bound": rounded(1 / decay),
                "size": rounded(size),
            },
            cures=("no-penalty",),
            measure=MEASURES["decay"],
        )


def small_batches(e: Evidence) -> Iterator[Finding]:
    """Batches so small that their means and variances say little of the examples'."""
    size = min(e.case.batch_size or e.data.n, e.data.n)
    normal = [one for one in e.last.layers if isinstance(one.layer, BatchNormalization)]
    if not e.is_sick or not normal or size == e.data.n or not isfinite(e.last.cost):
        return
    value = _noise_beside_signal(e, e.params, _batched(e, size))
    if value > LOUD:
        yield Finding(
            "small-batches",
            Text(
                "Batches of {size} are too small for batch normalization: a prediction differs by "
                "the others of its batch {percent} % as much as by its inputs.",
                "Los lotes de {size} son demasiado pequeños para la normalización por lotes: una "
                "predicción varía por las demás de su lote un {percent} % de lo que varía por sus "
                "entradas.",
            ),
            {"value": value, "threshold": LOUD, "percent": percent(value), "size": size},
            layer_number(normal[0]),
            cures=("larger-batches", "more-steps"),
        )


def _batched(e: Evidence, size: int) -> list[Array]:
    """Return the outputs of the sample in a few mixtures of batches."""
    net, sample, mixtures = e.case.net, e.sample, []
    objective = Objective(net, cost_of(e.case))
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(sample.n)
        each = [order[k : k + size] for k in range(0, sample.n - size + 1, size)]
        each.append(order[-size:])  # the last one may hold some rows again
        mixed: dict[int, Array] = {}
        for k, rows in enumerate(each):
            noise = noise_of(net, (seed, k), size)
            output = objective.output(e.params, sample.x[rows], noise=noise)[0]
            mixed |= dict(zip(rows.tolist(), output.reshape(size, -1), strict=True))
        mixtures.append(np.stack([mixed[k] for k in range(sample.n)]))
    return mixtures


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
    with np.errstate(all="ignore"):
        return _noise_beside_signal(e, params, _dropped(e, params))


def _noise_beside_signal(e: Evidence, params: Params, draws: list[Array]) -> float:
    """Return the spread of outputs over draws of a training's chance, by that over the examples."""
    objective = Objective(e.case.net, cost_of(e.case))
    with np.errstate(all="ignore"):
        output = objective.output(params, e.sample.x)[0]
        noise = np.stack(draws).var(axis=0, ddof=1).sum(axis=-1).mean()
        apart = output.reshape(len(draws[0]), -1).var(axis=0).sum()
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
    if not e.signs.is_chance or e.ignores_most:
        return
    if e.is_sick:
        yield _no_signal(e, UNKNOWABLE)
    elif e.validation is None and _remembers(e):
        yield _no_signal(e, REMEMBERED)


def _no_signal(e: Evidence, words: Text) -> Finding:
    value, chance = e.signs.achievable, e.signs.chance
    numbers = {
        "value": value,
        "threshold": chance if words in (UNKNOWABLE, REMEMBERED) else NOTHING,
        "percent": percent(value),
        "chance": percent(max(chance, 0.0)),
    }
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

    return is_chance(skills(test.target), test.target, skills)[0]


def too_small(e: Evidence) -> Iterator[Finding]:
    """A network that has learned what it can, and less than neighbors know."""
    if not e.is_sick or not isfinite(e.last.cost):
        return
    if e.signs.achievable < NOTHING:
        yield _no_signal(e, HARDLY)
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


def small_at_any_length(e: Evidence) -> Iterator[Finding]:
    """A network that still gets better, too slowly to get to what neighbors know.

    The cost is taken to fall as it did: by the same share whenever the steps are 5/4 as many.
    """
    left = (1 - e.skills[0]) * (1 - e.course.falling) ** (log(MORE) / log(5 / 4))
    slows = e.is_sick and e.knows_something and e.course.falling < PLUNGING
    if not slows or 1 - left >= LEARNED * e.signs.achievable - SLACK:
        return
    weighted = [layer for layer in e.last.layers[:-1] if isfinite(layer.gradient)]
    narrow = min(weighted, key=lambda layer: layer.units, default=None)
    if narrow is None:
        return
    yield Finding(
        "too-small",
        Text(
            "Even with {more} times as many steps the network would get, at this pace, only "
            "{percent} % of what can be had, and neighbors get {reference} %: its layer {layer} "
            "may be too narrow ({units:neuron|neurons}).",
            "Ni con {more} veces más pasos conseguiría la red, a este ritmo, más que el {percent} "
            "% de lo posible, y los vecinos consiguen el {reference} %: quizá su capa {layer} sea "
            "demasiado estrecha ({units:neurona|neuronas}).",
        ),
        {
            "value": 1 - left,
            "threshold": e.signs.achievable,
            "percent": percent(1 - left),
            "reference": percent(e.signs.achievable),
            "more": MORE,
            "layer": layer_name(narrow),
            "units": narrow.units,
        },
        layer_number(narrow),
        ("more-neurons", "more-layers", "adam-fast", "more-steps"),
        MEASURES["too-small"],
    )
