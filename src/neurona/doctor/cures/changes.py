"""A change of a case, by name and words; and the changes of a network that cures are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from neurona.doctor.case import Case, Cure
from neurona.doctor.skill import Measure
from neurona.doctor.training import by_place, examples
from neurona.engine.activations import linear
from neurona.engine.layers.base import Activate, Layer
from neurona.engine.layers.composition import Composition
from neurona.engine.layers.normalization import BatchNormalization, LayerNormalization
from neurona.engine.layers.sequential import Sequential
from neurona.engine.network import Network
from neurona.language import Text

CURES: dict[str, Cure] = {}
Change = Callable[[Case], Case | None]


def cure(name: str, en: str, es: str) -> Callable[[Change], Change]:
    """Register a change of a case under a name and its words."""

    def register(change: Change) -> Change:
        CURES[name] = Cure(name, Text(en, es), change)
        return change

    return register


def with_fields(layer: Any, **changes: Any) -> Any:
    """Return the layer with those of the fields that it has."""
    own = getattr(layer, "__dataclass_fields__", {})
    return replace(layer, **{name: value for name, value in changes.items() if name in own})


def each_layer(net: Any, change: Callable[[Any], Any], last: bool = True) -> Any:
    """Return the network with each layer changed, within compositions too; the output's or not."""
    *hidden, end = net.layers
    changed = [_within(layer, change) for layer in hidden]
    if last:
        end = _within(end, change)
    elif isinstance(end, Sequential):
        end = each_layer(end, change, last)
    return replace(net, layers=(*changed, end))


def _within(layer: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(layer, Composition):
        return replace(layer, layers=tuple(_within(one, change) for one in layer.layers))
    return change(layer)


def with_net(case: Case, net: Network, **changes: Any) -> Case | None:
    """Return the case with another network, or None if it is the same."""
    return None if net == case.net else replace(case, net=net, **changes)


def learns(layer: Layer) -> bool:
    """Return whether a layer has neurons, or filters, of its own."""
    return hasattr(layer, "n_out")


def normalizes(layer: Layer | None) -> bool:
    """Return whether a layer brings the activation, or is the end, which needs none."""
    normal = isinstance(layer, BatchNormalization | LayerNormalization)
    return (
        layer is None or normal or (isinstance(layer, Activate) and layer.activation is not linear)
    )


def measure(case: Case) -> Measure:
    """Return how the predictions of a case are measured."""
    return Measure.of(by_place(case.net, examples(case).target))
