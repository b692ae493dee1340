"""Cures that change the activations of the hidden layers."""

from __future__ import annotations

from dataclasses import replace
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
from neurona.engine.layers.base import Layer
from neurona.engine.layers.sequential import Sequential


def _hidden(case: Case, name: str) -> Case | None:
    """Return the case with another activation in each hidden layer that has one."""
    found = find_activation(name)

    def changed(layer: Any) -> Any:
        return layer if layer.activation is linear else with_fields(layer, activation=found)

    return with_net(case, each_layer(case.net, changed, last=False))


@cure("tanh-hidden", "tanh in the hidden layers", "tanh en las capas ocultas")
def _(case: Case) -> Case | None:
    return _hidden(case, "tanh")


@cure("relu-hidden", "ReLU in the hidden layers", "ReLU en las capas ocultas")
def _(case: Case) -> Case | None:
    return _hidden(case, "relu")


@cure("leaky-hidden", "leaky ReLU in the hidden layers", "ReLU con fuga en las capas ocultas")
def _(case: Case) -> Case | None:
    return _hidden(case, "leaky_relu")


@cure(
    "add-hidden-activation",
    "tanh in the hidden layers that have no activation",
    "tanh en las capas ocultas que no tienen activación",
)
def _(case: Case) -> Case | None:
    def bent(row: Any, after: Layer | None) -> Any:
        layers = list(row.layers)
        for k, (layer, follows) in enumerate(zip(layers, [*layers[1:], after], strict=True)):
            if isinstance(layer, Sequential):
                layers[k] = bent(layer, follows)
            elif learns(layer) and layer.activation is linear and not normalizes(follows):
                layers[k] = with_fields(layer, activation=find_activation("tanh"))
        return replace(row, layers=tuple(layers))

    return with_net(case, bent(case.net, None))
