"""Cures that change the layers: their number, their width, and what holds the weights back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields, replace
from itertools import count
from typing import Any

from neurona.doctor.case import Case
from neurona.doctor.cures.changes import (
    cure,
    each_layer,
    learns,
    normalizes,
    with_fields,
    with_net,
)
from neurona.engine.activations import find_activation, linear
from neurona.engine.layers.base import Activate, Layer
from neurona.engine.layers.composition import Composition
from neurona.engine.layers.convolution import Conv1D, Conv2D
from neurona.engine.layers.dense import Dense
from neurona.engine.layers.dropout import Dropout
from neurona.engine.layers.gru import GRU
from neurona.engine.layers.normalization import BatchNormalization
from neurona.engine.layers.simple_rnn import SimpleRNN
from neurona.engine.optimizers import find_optimizer


def _widths(case: Case, change: Callable[[int], int]) -> Case | None:
    def changed(layer: Any) -> Any:
        wider = learns(layer) and getattr(layer, "groups", 1) == 1
        return replace(layer, n_out=change(layer.n_out)) if wider else layer

    net = case.net
    for k in range(len(_leaves(net))):  # one by one: a layer after it may ask for just these
        numbers = count()

        def one(layer: Any, k: int = k, numbers: Iterator[int] = numbers) -> Any:
            return changed(layer) if next(numbers) == k else layer

        with suppress(ValueError):
            net = each_layer(net, one, last=False)
    return with_net(case, net, params=None)


def _leaves(layer: Any) -> list[Layer]:
    """Return the layers that are not compositions."""
    if isinstance(layer, Composition):
        return [leaf for one in layer.layers for leaf in _leaves(one)]
    return [layer]


@cure("more-neurons", "four times as many neurons", "cuatro veces más neuronas")
def _(case: Case) -> Case | None:
    return _widths(case, lambda n: max(n, min(4 * n, 256)))


@cure("fewer-neurons", "a quarter of the neurons", "la cuarta parte de las neuronas")
def _(case: Case) -> Case | None:
    return _widths(case, lambda n: max(2, n // 4))


@cure("more-layers", "one more hidden layer", "una capa oculta más")
def _(case: Case) -> Case | None:
    *hidden, last = case.net.layers
    dense = [k for k, layer in enumerate(hidden) if isinstance(layer, Dense)]
    if isinstance(last, Dense) and not dense:
        added: list[Any] = [Dense(16, find_activation("tanh"))]
    elif dense:
        added = hidden[dense[-1] :]  # with what follows it
    else:
        return None
    return replace(case, net=replace(case.net, layers=(*hidden, *added, last)), params=None)


@cure("batch-norm", "batch normalization", "normalización por lotes")
def _(case: Case) -> Case | None:
    *hidden, last = case.net.layers
    layers: list[Any] = []
    for layer, after in zip(hidden, case.net.layers[1:], strict=True):
        if isinstance(layer, Dense | Conv1D | Conv2D) and not normalizes(after):
            normal = BatchNormalization(layer.activation)
            layers += [replace(layer, activation=linear), normal]
        else:
            layers.append(layer)
    net = replace(case.net, layers=(*layers, last))
    return with_net(case, net, params=None)


@cure(
    "gates",
    "gated recurrences (GRU) in the place of simple ones",
    "recurrencias con puertas (GRU) en vez de simples",
)
def _(case: Case) -> Case | None:
    def gated(layer: Any) -> Any:
        if not isinstance(layer, SimpleRNN):
            return layer
        own = {one.name: getattr(layer, one.name) for one in fields(GRU)}
        return GRU(**own)

    return with_net(case, each_layer(case.net, gated), params=None)


@cure("drop-dropout", "no dropout", "sin dropout")
def _(case: Case) -> Case | None:
    def kept(layer: Any) -> Any:
        return Activate(linear) if isinstance(layer, Dropout) else layer  # as many parameters

    return with_net(case, each_layer(case.net, kept))


@cure("l2", "weight decay (l2 of 0.001)", "decaimiento de los pesos (l2 de 0,001)")
def _(case: Case) -> Case | None:
    return replace(case, l2=max(0.001, 10 * case.l2))


@cure("no-penalty", "no penalty on the weights", "sin penalización de los pesos")
def _(case: Case) -> Case | None:
    optimizer = find_optimizer(case.optimizer)
    if getattr(optimizer, "weight_decay", 0.0):
        return replace(case, l1=0.0, l2=0.0, optimizer=with_fields(optimizer, weight_decay=0.0))
    return replace(case, l1=0.0, l2=0.0) if case.l1 or case.l2 else None


@cure(
    "early-stop",
    "stopping early, where held-out examples are predicted best",
    "parar antes, donde mejor se predicen ejemplos apartados",
)
def _(case: Case) -> Case | None:
    return None if case.early_stop or len(case.X) < 20 else replace(case, early_stop=True)
