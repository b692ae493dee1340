"""Findings within the layers: gradients, weights, signals."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import inf, isfinite

import numpy as np

from neurona.doctor.case import Finding
from neurona.doctor.evidence import ERROR, Evidence
from neurona.doctor.findings.examples import TARGET_SIZE
from neurona.doctor.findings.measures import MEASURES
from neurona.doctor.findings.words import layer_name, layer_number, percent, rounded
from neurona.doctor.signs import Moment, reach
from neurona.doctor.skill import cost_of_constant
from neurona.doctor.training import OfPredictions, cost_of
from neurona.engine.activations import linear
from neurona.engine.layers.base import Activate
from neurona.engine.layers.convolution import Conv1D, Conv2D
from neurona.engine.layers.dense import Dense
from neurona.engine.layers.dropout import Dropout
from neurona.engine.layers.flatten import Flatten
from neurona.engine.layers.global_pooling import GlobalAveragePool1D, GlobalAveragePool2D
from neurona.engine.layers.normalization import BatchNormalization
from neurona.engine.layers.pooling import AveragePool1D, AveragePool2D
from neurona.engine.layers.reshape import Reshape
from neurona.engine.layers.upsample import Upsample2D
from neurona.language import Text

DEAD = 0.5  # of a layer's units, as in TheDeepChecker (2022)
SATURATED = 0.5
FADING = 100.0  # times; of the lesson's network, draws that learn keep more than a hundredth
GRADIENT = 1e3  # times, as in AutoTrainer (2021)
WEIGHTED = (Dense, Conv1D, Conv2D)
AFFINE = (  # without an activation of their own
    *WEIGHTED, Activate, Dropout, Flatten, Reshape, BatchNormalization, AveragePool1D,
    AveragePool2D, GlobalAveragePool1D, GlobalAveragePool2D, Upsample2D,
)  # fmt: skip
UNMOVED = 1e-3  # of what the layer that moves most does, which itself moves as much of its size
LARGE = 5.0  # times the best constant's cost, before the first step; the controls have 1.5
ABSURD = 20.0  # the same, where the network learns all the same


def wrong_gradient(e: Evidence) -> Iterator[Finding]:
    """A custom layer, activation or cost whose derivative is another one's."""
    for one in e.mismatches:
        if one.error <= ERROR:
            continue
        by = Text("its input", "su entrada") if one.by == "x" else one.by
        numbers = {
            "value": one.error,
            "threshold": ERROR,
            "by": by,
            "percent": percent(min(one.error, 10)),
        }
        if one.layer is None:
            words = Text(
                "The derivative of the cost is not its own: it differs by {percent} % from what "
                "small changes of the output show.",
                "La derivada del coste no es la suya: se aparta un {percent} % de lo que muestran "
                "pequeños cambios de la salida.",
            )
        else:
            words = Text(
                "The gradient of layer {layer} by {by} is wrong: it differs by {percent} % from "
                "what small changes show.",
                "El gradiente de la capa {layer} respecto a {by} está mal: se aparta un {percent} "
                "% de lo que muestran pequeños cambios.",
            )
            numbers["layer"] = layer_name(one)
        yield Finding("wrong-gradient", words, numbers, layer_number(one), ("check-layer",))


def linear_network(e: Evidence) -> Iterator[Finding]:
    """Hidden layers without an activation, where a straight line is not enough."""
    hidden = e.first.layers[:-1]
    dense = [one for one in hidden if isinstance(one.layer, WEIGHTED)]
    straight = all(type(one.layer) in AFFINE and one.layer.activation is linear for one in hidden)
    if e.is_sick and dense and straight:
        yield Finding(
            "no-activation",
            Text(
                "The hidden layers have no activation: {value} layers in a row are as much as one, "
                "and separate only by a straight line.",
                "Las capas ocultas no tienen función de activación: {value} capas seguidas "
                "equivalen a una, y solo separan con una recta.",
            ),
            {"value": len(dense) + 1, "threshold": 1},
            layer_number(dense[0]),
            ("add-hidden-activation", "tanh-hidden", "relu-hidden"),
        )


def symmetric(e: Evidence) -> Iterator[Finding]:
    """Units of a hidden layer that have equal weights, and so will stay equal."""
    for first, layer in zip(e.first.layers[:-1], e.last.layers[:-1], strict=True):
        if layer.units > 1 and layer.distinct <= layer.units / 2 and first.distinct < first.units:
            yield Finding(
                "symmetric-units",
                Text(
                    "The {units} neurons of layer {layer} have only {value} sets of weights: equal "
                    "neurons get equal gradients, and stay equal.",
                    "Las {units} neuronas de la capa {layer} solo tienen {value} juegos de pesos: "
                    "las neuronas iguales reciben gradientes iguales y siguen siendo iguales.",
                )
                if layer.distinct > 1
                else Text(
                    "All {units} neurons of layer {layer} have the same weights: they get the same "
                    "gradient, and stay one neuron.",
                    "Las {units} neuronas de la capa {layer} tienen los mismos pesos: reciben el "
                    "mismo gradiente y siguen siendo una sola.",
                ),
                {
                    "value": layer.distinct,
                    "threshold": layer.units / 2,
                    "units": layer.units,
                    "layer": layer_name(layer),
                },
                layer_number(layer),
                ("orthogonal-weights", "glorot-weights", "he-weights"),
            )
            return  # one layer is enough to see it


def too_large_weights(e: Evidence) -> Iterator[Finding]:
    """First weights so large that the network is sure of nonsense before it has learned."""
    first, signs = e.first, e.signs
    if signs.task == "numbers" and signs.target_spread < 1 / TARGET_SIZE:
        return  # the targets are small, not the weights large
    cost, (low, high) = cost_of(e.case), reach(e.case.net.output)
    if isinstance(cost, OfPredictions) and (low < 0 or high > 1):
        return  # the cost is not of probabilities
    spread = first.spread / (signs.target_spread or 1)
    layers = first.layers
    grown = max((layer.signal for layer in layers), default=0) / max(
        layers[0].signal, signs.input_size, 1e-30
    )
    trivial = signs.trivial_cost
    if signs.task in ("two", "classes"):  # a guess costs more than naming the larger class
        n_out = e.targets.shape[1]
        guess = np.full(n_out, 1 / max(n_out, 2))
        trivial = max(trivial, cost_of_constant(cost, guess, e.targets))
    elif cost.link is None:  # targets far from 0 are not the fault of the weights
        nothing = e.case.net.output(np.zeros((1, e.targets.shape[1])))
        trivial = max(trivial, cost_of_constant(cost, nothing, e.targets))
    limit = (LARGE if e.is_sick else ABSURD) * trivial
    costly = 0 < limit < first.cost or not isfinite(first.cost)
    if costly and (spread > 0.8 or grown > LARGE):
        yield Finding(
            "large-weights",
            Text(
                "The first weights are too large: before any step the cost is {cost}, {value} "
                "times that of the best constant.",
                "Los pesos iniciales son demasiado grandes: antes del primer paso el coste es "
                "{cost}, {value} veces el de la mejor constante.",
            ),
            {
                "value": rounded(first.cost / signs.trivial_cost),
                "threshold": LARGE,
                "cost": first.cost,
            },
            None,
            ("orthogonal-weights", "glorot-weights", "he-weights", "rate-down"),
        )


def saturated(e: Evidence) -> Iterator[Finding]:
    """A hidden layer whose activations were at their flat ends before the first step."""
    yield from _saturated(e, e.first)


def saturated_later(e: Evidence) -> Iterator[Finding]:
    """A hidden layer that the steps have driven to the flat ends, so that nothing is learned.

    Where something is, a saturated neuron is one that has decided.
    """
    if not e.knows_something and not any(_saturated(e, e.first)):
        yield from _saturated(e, e.last)


def _saturated(e: Evidence, moment: Moment) -> Iterator[Finding]:
    worst = max(moment.layers[:-1], key=lambda one: one.saturated, default=None)
    if not e.is_sick or worst is None or worst.saturated <= SATURATED:
        return
    cures = ("orthogonal-weights", "glorot-weights", "standardize-inputs", "batch-norm")
    yield Finding(
        "saturated-layer",
        Text(
            "Layer {layer} is saturated: before the first step {percent} % of its activations are "
            "where the function is flat and lets no gradient through.",
            "La capa {layer} está saturada: antes del primer paso, el {percent} % de sus "
            "activaciones están donde la función es plana y no deja pasar el gradiente.",
        )
        if moment.step == 0
        else Text(
            "Layer {layer} is saturated: after {step:step|steps} {percent} % of its activations "
            "are where the function is flat and lets no gradient through.",
            "La capa {layer} está saturada: tras {step:paso|pasos}, el {percent} % de sus "
            "activaciones están donde la función es plana y no deja pasar el gradiente.",
        ),
        {
            "value": worst.saturated,
            "threshold": SATURATED,
            "percent": percent(worst.saturated),
            "layer": layer_name(worst),
            "step": moment.step,
        },
        layer_number(worst),
        cures if moment.step == 0 else ("rate-down", *cures),
    )


def dead(e: Evidence) -> Iterator[Finding]:
    """A layer whose units were 0 for all examples before the first step."""
    yield from _dead(e, e.first)


def dead_later(e: Evidence) -> Iterator[Finding]:
    """A layer whose units the steps have put out."""
    if not any(_dead(e, e.first)):
        yield from _dead(e, e.last)


def _dead(e: Evidence, moment: Moment) -> Iterator[Finding]:
    worst = max(moment.layers, key=lambda one: one.dead, default=None)
    if not e.is_sick or worst is None or worst.dead <= DEAD:
        return
    cures = ["leaky-hidden", "he-weights", "orthogonal-weights", "tanh-hidden"]
    if moment.step:
        cures = ["rate-down", *cures]
    if worst is moment.layers[-1]:
        cures = ["output-linear" if e.signs.task == "numbers" else "output-sigmoid", *cures]
    yield Finding(
        "dead-layer",
        Text(
            "{percent} % of the {units} of layer {layer} are dead from the start: they give 0 for "
            "every example, and get no gradient.",
            "El {percent} % de {units} de la capa {layer} está muerto desde el principio: da 0 con "
            "todos los ejemplos y no recibe gradiente.",
        )
        if moment.step == 0
        else Text(
            "{percent} % of the {units} of layer {layer} have died by step {step}: they give 0 for "
            "every example, and get no gradient.",
            "El {percent} % de {units} de la capa {layer} ha muerto antes del paso {step}: da 0 "
            "con todos los ejemplos y no recibe gradiente.",
        ),
        {
            "units": Text("channels", "los canales")
            if isinstance(worst.layer, WEIGHTED[1:])
            else Text("neurons", "las neuronas"),
            "value": worst.dead,
            "threshold": DEAD,
            "percent": percent(worst.dead),
            "layer": layer_name(worst),
            "step": moment.step,
        },
        layer_number(worst),
        tuple(cures),
    )


def fading_signal(e: Evidence) -> Iterator[Finding]:
    """A signal that gets lost between the first layer and the output."""
    layers = [layer for layer in e.first.layers if layer.in_line]
    if not e.is_sick or len(layers) < 3 or any(layer.dead == 1 for layer in layers):
        return
    end, n_out = layers[-1], e.case.net.out_shape()[-1]
    slope = 1.0
    if e.case.net.output.name == "softmax":
        if n_out == 1:
            end = layers[-2]
        else:  # undecided among many classes it is less steep than a sigmoid, (n - 1) / n² to 1 / 4
            slope = 4 * (n_out - 1) / n_out**2
    value = slope * layers[0].signal / end.signal if end.signal else np.inf
    if value > FADING and isfinite(value):
        yield Finding(
            "fading-signal",
            Text(
                "The signal fades on its way. From layer 1 to the output it shrinks {value} times: "
                "the network cannot tell one example from another.",
                "La señal se apaga por el camino. De la capa 1 a la salida se reduce {value} "
                "veces: la red no distingue un ejemplo de otro.",
            ),
            {"value": round(value), "threshold": FADING},
            layer_number(min(pairwise(layers), key=lambda two: two[1].signal / two[0].signal)[1]),
            ("orthogonal-weights", "glorot-weights", "tanh-hidden", "batch-norm", "relu-hidden"),
        )


def forgetting(e: Evidence) -> Iterator[Finding]:
    """A recurrence whose gradient gets lost between its last step and its first."""
    layers = [one for one in e.last.layers if isfinite(one.forgetting)]
    if not e.is_sick or not layers:
        return
    worst = max(layers, key=lambda one: one.forgetting)
    if worst.forgetting > GRADIENT:
        yield Finding(
            "fading-gradient",
            Text(
                "The gradient fades on its way back through the steps of layer {layer}: at the "
                "first step it is {value} times as small as at the last one, and of what the first "
                "steps say hardly anything is learned.",
                "El gradiente se apaga al volver por los pasos de la capa {layer}: en el primero "
                "es {value} veces menor que en el último, y de lo que dicen los primeros pasos "
                "apenas se aprende nada.",
            ),
            {"value": rounded(worst.forgetting), "threshold": GRADIENT, "layer": layer_name(worst)},
            layer_number(worst),
            ("gates", "glorot-weights", "orthogonal-weights", "more-steps", "another-draw"),
            MEASURES["forgetting"],
        )


def unmoved(e: Evidence) -> Iterator[Finding]:
    """A layer that stays as it was drawn, though the cost has a gradient by it."""
    if not e.is_sick or e.course.diverged is not None:
        return
    if any(fading_signal(e)) or any(fading_gradient(e)):
        return  # that is why
    gradients = {one.place: one.gradient for one in e.first.layers}
    moved = e.changes
    other = max(moved, key=lambda place: moved[place], default="")
    most = moved.get(other, 0.0)
    if most < UNMOVED:
        return  # none moves
    for layer in e.first.layers:
        value = moved.get(layer.place, inf)
        if value < UNMOVED * most and gradients[other] < GRADIENT * layer.gradient:
            yield Finding(
                "unmoved-layer",
                Text(
                    "Layer {layer} does not learn: in all steps its weights have changed by "
                    "{percent} % of their size, those of layer {other} by {most} %.",
                    "La capa {layer} no aprende: en todos los pasos sus pesos han cambiado un "
                    "{percent} % de su tamaño; los de la capa {other}, un {most} %.",
                ),
                {
                    "value": value / most,
                    "threshold": UNMOVED,
                    "percent": percent(value),
                    "most": percent(most),
                    "layer": layer_name(layer),
                    "other": other,
                },
                layer_number(layer),
                ("one-rate", "adam-fast"),
            )
            return


def fading_gradient(e: Evidence) -> Iterator[Finding]:
    """A gradient that gets lost between the output and the first layer."""
    weighted = [layer for layer in e.first.layers if isfinite(layer.gradient)]
    if not e.is_sick or len(weighted) < 3 or not weighted[0].gradient:
        return
    value = weighted[-1].gradient / weighted[0].gradient
    if value > GRADIENT:
        yield Finding(
            "fading-gradient",
            Text(
                "The gradient fades on its way back. In layer {layer} it is {value} times as small "
                "as in the last one: the first layers hardly learn.",
                "El gradiente se apaga en el camino de vuelta. En la capa {layer} es {value} veces "
                "menor que en la última: las primeras capas apenas aprenden.",
            ),
            {"value": round(value), "threshold": GRADIENT, "layer": layer_name(weighted[0])},
            layer_number(weighted[0]),
            ("orthogonal-weights", "glorot-weights", "relu-hidden", "adam", "batch-norm"),
        )
