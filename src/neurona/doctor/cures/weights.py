"""Cures that change the initial weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurona.doctor.case import Case
from neurona.doctor.cures.changes import cure, each_layer, with_fields, with_net
from neurona.engine.initializers import Initializer, Shape, find_initializer, zeros
from neurona.engine.parameters import mapped
from neurona.engine.types import Array


def _drawn(case: Case, initializer: str) -> Case | None:
    """Return the case with weights of an initializer, and biases of zero."""
    find, nothing = find_initializer(initializer), zeros
    net = each_layer(
        case.net, lambda layer: with_fields(layer, initializer=find, bias_initializer=nothing)
    )
    return None if net == case.net and case.params is None else replace(case, net=net, params=None)


@cure("orthogonal-weights", "orthogonal initial weights", "pesos iniciales ortogonales")
def _(case: Case) -> Case | None:
    return _drawn(case, "orthogonal")


@cure("glorot-weights", "initial weights by Glorot's rule", "pesos iniciales según Glorot")
def _(case: Case) -> Case | None:
    return _drawn(case, "glorot_uniform")


@cure("he-weights", "initial weights by He's rule", "pesos iniciales según He")
def _(case: Case) -> Case | None:
    return _drawn(case, "he_normal")


@dataclass(frozen=True)
class _Silenced:
    """An initializer whose numbers are drawn, and then not used: the weights stay what they were.

    >>> _Silenced(zeros)(np.random.default_rng(0), (2,), 1.0)
    array([0., 0.])
    """

    initializer: Initializer

    def __call__(self, rng: np.random.Generator, shape: Shape, gain: float) -> Array:
        return 0 * self.initializer(rng, shape, gain)


@cure("zero-biases", "initial biases of zero", "sesgos iniciales nulos")
def _(case: Case) -> Case | None:
    if case.params is not None:
        params = mapped(lambda a: a if np.ndim(a) > 1 else 0 * a, case.params)
        return replace(case, params=params)

    def silenced(layer: Any) -> Any:
        its = getattr(layer, "bias_initializer", zeros)
        return layer if its is zeros else with_fields(layer, bias_initializer=_Silenced(its))

    return with_net(case, each_layer(case.net, silenced))


@dataclass(frozen=True)
class _Another:
    """An initializer's second draw."""

    initializer: Initializer

    def __call__(self, rng: np.random.Generator, shape: Shape, gain: float) -> Array:
        self.initializer(rng, shape, gain)
        return self.initializer(rng, shape, gain)


@cure(
    "another-draw",
    "another draw of the same initial weights",
    "otro sorteo de los mismos pesos iniciales",
)
def _(case: Case) -> Case | None:
    if case.params is not None:
        return None

    def again(layer: Any) -> Any:
        names = ("initializer", "bias_initializer")
        return with_fields(
            layer, **{k: _Another(getattr(layer, k)) for k in names if hasattr(layer, k)}
        )

    return with_net(case, each_layer(case.net, again))
