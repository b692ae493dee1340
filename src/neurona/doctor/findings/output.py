"""Findings at the output: what it can predict, and the cost that judges it."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import numpy as np

from neurona.doctor.case import Finding
from neurona.doctor.evidence import Evidence
from neurona.doctor.findings.words import activation_name, cost_text, fixed, percent
from neurona.doctor.signs import reach
from neurona.doctor.training import OfPredictions, by_place, cost_of
from neurona.engine.costs import AbsoluteError, SquaredError
from neurona.language import Text

SEVERAL = 0.01  # of the rows: a few may be an error of the table
UNREACHABLE = 0.01  # of the targets' variance: noise around 0 costs a ReLU less
SUMMED = 1.5  # times the cost, with each example twice: a mean has 1, a sum 2
SPREAD = 0.05  # of the targets' spread
TRIVIAL = 0.95  # of the best constant's cost
FLAT = 0.1  # of the examples: wrong, and where the output's slope is below a twentieth


def softmax_of_one(e: Evidence) -> Iterator[Finding]:
    """A softmax over one unit, which is always 1."""
    if e.case.net.output.name == "softmax" and e.case.net.out_shape()[-1] == 1:
        yield Finding(
            "softmax-of-one",
            Text(
                "The output is a softmax over one unit: it is always 1, whatever the weights are.",
                "La salida es una softmax de una sola neurona: vale siempre 1, sean cuales sean "
                "los pesos.",
            ),
            {"value": 1, "threshold": 2},
            layer=len(e.case.net.layers),
            cures=(("output-linear",) if e.signs.task == "numbers" else ("output-sigmoid",)),
        )


def softmax_of_labels(e: Evidence) -> Iterator[Finding]:
    """A softmax where an example may have several labels, or none."""
    if e.case.net.output.name != "softmax" or e.case.net.out_shape()[-1] == 1:
        return
    off = abs(by_place(e.case.net, e.data.target).sum(axis=1) - 1) > 1e-3
    value = float(off.mean())
    if value > SEVERAL:
        yield Finding(
            "softmax-of-labels",
            Text(
                "{percent} % of the examples do not have exactly one label, and the outputs of a "
                "softmax always add up to 1.",
                "El {percent} % de los ejemplos no tienen exactamente una etiqueta, y las salidas "
                "de una softmax siempre suman 1.",
            ),
            {"value": value, "threshold": SEVERAL, "percent": percent(value)},
            layer=len(e.case.net.layers),
            cures=("output-sigmoid", "cost-cross-entropy"),
        )


def out_of_reach(e: Evidence) -> Iterator[Finding]:
    """Targets beyond the range of the output."""
    value = e.signs.unreachable
    if value <= UNREACHABLE:
        return
    low, high = reach(e.case.net.output)
    numbers: dict[str, float | str | Text] = {
        "value": value,
        "threshold": UNREACHABLE,
        "low": low,
        "high": high,
        "least": float(e.data.target.min()),
        "most": float(e.data.target.max()),
        "output": activation_name(e.case.net.output.name),
    }
    words = Text(
        "The output is {output}, between {low} and {high}, and the targets go from {least} to "
        "{most}: it cannot reach them.",
        "La salida es {output}, entre {low} y {high}, y los objetivos van de {least} a {most}: no "
        "puede alcanzarlos.",
    )
    cures = ["output-linear", "standardize-targets"]
    if low == 0 and e.data.target.min() >= -1 and e.data.target.max() <= 1:
        cures.insert(1, "output-tanh")
    if e.signs.task in ("two", "classes"):
        cures.insert(0, "output-sigmoid")
    yield Finding("output-range", words, numbers, layer=len(e.case.net.layers), cures=tuple(cures))


def unfit_cost(e: Evidence) -> Iterator[Finding]:
    """A cross-entropy of what are not probabilities of classes."""
    cost, output = cost_of(e.case), e.case.net.output.name
    if not isinstance(cost, OfPredictions) or e.case.net.out_shape()[-1] == 1 == (
        output == "softmax"
    ):
        return
    low, high = reach(e.case.net.output)
    layer = len(e.case.net.layers)
    if cost.categorical and output != "softmax":
        yield Finding(
            "cost-and-output",
            Text(
                "The categorical cross-entropy expects probabilities that add up to 1, and the "
                "outputs add up to {value} on average: they are {output}.",
                "La entropía cruzada categórica espera probabilidades que sumen 1, y las salidas "
                "suman {value} de media: son {output}.",
            ),
            {
                "value": float(np.round(e.last.outputs.sum(axis=1).mean(), 3)),
                "threshold": 1,
                "output": activation_name(output),
            },
            layer=layer,
            cures=("output-softmax", "cost-cross-entropy"),
        )
    elif low < 0 or high > 1:
        outside = float(((e.last.outputs < 0) | (e.last.outputs > 1)).mean())
        yield Finding(
            "cost-and-output",
            Text(
                "The cross-entropy expects probabilities, and the output is {output}: "
                "{percent} % of the predictions lie outside 0 to 1.",
                "La entropía cruzada espera probabilidades, y la salida es {output}: el {percent} "
                "% de las predicciones caen fuera de 0 a 1.",
            ),
            {
                "value": outside,
                "threshold": 0,
                "percent": percent(outside),
                "output": activation_name(output),
            },
            layer=layer,
            cures=("output-sigmoid", "cost-mse"),
        )


def summed_cost(e: Evidence) -> Iterator[Finding]:
    """A cost that is a sum over the examples."""
    cost = cost_of(e.case)
    target = by_place(e.case.net, e.data.rows(slice(0, 8)).target).astype(np.float64)
    output = np.random.default_rng(0).uniform(0.1, 0.9, target.shape)
    with np.errstate(all="ignore"):
        once = float(cost(output, target)[0])
        twice = float(cost(np.tile(output, (2, 1)), np.tile(target, (2, 1)))[0])
    size = min(e.case.batch_size or e.data.n, e.data.n)
    if once and twice / once > SUMMED and size > 1:
        yield Finding(
            "summed-cost",
            Text(
                "The cost is a sum over the {value} examples of a step, not their mean: the rate "
                "of {rate} acts like {product}.",
                "El coste suma los {value} ejemplos de cada paso en vez de promediarlos: la tasa "
                "de {rate} actúa como {product}.",
            ),
            {"value": size, "threshold": 1, "rate": e.rate, "product": e.rate * size},
            cures=("mean-cost", "rate-down"),
        )


def absolute_error_of_classes(e: Evidence) -> Iterator[Finding]:
    """The absolute error of classes, whose best constant is the larger class."""
    if not e.is_sick or e.signs.task == "numbers" or type(cost_of(e.case)) is not AbsoluteError:
        return
    yield Finding(
        "absolute-error-of-classes",
        Text(
            "The cost is the absolute error: a network that always predicts the larger class "
            "already pays only {value}, and whatever lies between pays no less.",
            "El coste es el error absoluto: una red que siempre predice la clase mayor ya paga "
            "solo {value}, y a medio camino no paga menos.",
        ),
        {"value": e.signs.trivial_cost, "threshold": e.signs.trivial_cost},
        cures=("cost-cross-entropy", "cost-mse"),
    )


def flat_cost(e: Evidence) -> Iterator[Finding]:
    """Errors of a sigmoid or softmax that is sure, and wrong."""
    net, cost = e.case.net, cost_of(e.case)
    if not e.is_sick or not isinstance(cost, SquaredError | AbsoluteError):
        return
    if net.out_shape()[-1] == 1 and net.output.name == "softmax":
        return
    p, target = e.last.outputs, e.targets
    if net.output.name in ("sigmoid", "softmax") and e.signs.task != "numbers":
        value = float(((abs(p - target) > 0.5) & (p * (1 - p) < 0.05 / 4)).mean())
        if value > FLAT:
            yield Finding(
                "flat-cost",
                Text(
                    "{percent} % of the outputs are sure and wrong, and there the cost after "
                    "{output} has next to no slope.",
                    "El {percent} % de las salidas están seguras y equivocadas, y ahí el coste "
                    "tras {output} casi no tiene pendiente.",
                ),
                {
                    "value": value,
                    "threshold": FLAT,
                    "percent": percent(value),
                    "output": activation_name(net.output.name),
                },
                layer=len(net.layers),
                cures=("cost-cross-entropy", "rate-down"),
            )
    elif e.signs.task in ("two", "classes") and e.signs.unreachable <= UNREACHABLE:
        yield Finding(
            "classes-as-numbers",
            Text(
                "The targets are classes, and the output is {output}: its predictions go from "
                "{least} to {value}.",
                "Los objetivos son clases, y la salida es {output}: sus predicciones van de "
                "{least} a {value}.",
            ),
            {
                "value": float(p.max()),
                "threshold": 1,
                "least": float(p.min()),
                "output": activation_name(net.output.name),
            },
            layer=len(net.layers),
            cures=(
                ("output-sigmoid", "cost-cross-entropy")
                if net.out_shape()[-1] == 1
                else ("output-softmax", "cost-cross-entropy")
            ),
        )


def constant(e: Evidence) -> Iterator[Finding]:
    """One prediction, whatever the inputs are."""
    last, signs = e.last, e.signs
    if not e.is_sick or not isfinite(last.cost) or not signs.target_spread:
        return
    value = last.spread / signs.target_spread
    if value > SPREAD:
        return
    numbers = {
        "value": value,
        "threshold": SPREAD,
        "cost": cost_text(last.cost),
        "trivial": cost_text(signs.trivial_cost),
        "prediction": fixed(float(last.outputs[:, 0].mean()), 2),
    }
    if last.outputs.shape[1] == 1:
        said = Text(
            "The network predicts {prediction} everywhere. ",
            "La red predice {prediction} en todas partes. ",
        )
    else:
        said = Text(
            "The network predicts the same everywhere. ",
            "La red predice lo mismo en todas partes. ",
        )
    if last.cost <= signs.trivial_cost / TRIVIAL:
        judged = Text(
            "Its cost, {cost}, is that of always giving one answer without looking at the data "
            "({trivial}).",
            "Su coste, {cost}, es el de dar siempre la misma respuesta sin mirar los datos "
            "({trivial}).",
        )
    else:
        judged = Text(
            "Its cost, {cost}, is above that of the best constant ({trivial}).",
            "Su coste, {cost}, está por encima del de la mejor constante ({trivial}).",
        )
    yield Finding(
        "constant-output",
        Text(said.en + judged.en, said.es + judged.es),
        numbers,
        layer=len(e.case.net.layers),
        cures=("orthogonal-weights", "adam-fast", "rate-up", "more-steps"),
    )
