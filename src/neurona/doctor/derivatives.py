"""Is each layer's gradient its own? Differences along random directions tell, whatever its size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from neurona.doctor.case import Case
from neurona.doctor.training import OfPredictions, by_place, cost_of, examples, thinned
from neurona.engine.activations import ACTIVATIONS
from neurona.engine.layers.base import Layer
from neurona.engine.layers.composition import Composition
from neurona.engine.parameters import arrays, mapped, named, rebuilt
from neurona.engine.types import Array, Params
from neurona.observe.walk import Leaf, probed

ROWS = 8
DIRECTIONS = 3
STEPS = (1e-4, 1e-6)  # the smaller error counts: a kink may lie within the longer one


class Mismatch(NamedTuple):
    """A derivative that is not the function's.

    Attributes
    ----------
    place, layer
        Such as ``"2"``, or ``"2.1"`` within a composition, and what stands there; None is the cost.
    by
        What it is by: ``"W"``, ``"b"``, or ``"x"``, its input.
    error
        The largest |derivative - difference| / max of both.
    """

    place: str
    layer: Layer | None
    by: str
    error: float


def mismatches(case: Case, params: Params) -> Iterator[Mismatch]:
    """Yield the worst derivative of each layer, and of the cost, that is not neurona's own.

    Those of neurona are compared in its tests.
    """
    rng = np.random.default_rng(0)
    data = thinned(examples(case), ROWS)
    x = data.x.astype(np.float64)
    wide = mapped(lambda array: array.astype(np.float64), params)
    with np.errstate(all="ignore"):
        for place, (layer, own) in enumerate(zip(case.net.layers, wide, strict=True), start=1):
            for leaf in _foreign(str(place), layer, own, x):
                yield _of_layer(leaf, rng)
            x = np.asarray(layer.forward(own, x)[0], np.float64)
        cost = cost_of(case)
        if not isinstance(cost, OfPredictions) and not _is_ours(type(cost)):
            target = by_place(case.net, data.target).astype(np.float64)
            output = rng.uniform(0.1, 0.9, target.shape)  # where a logarithm is finite
            _, d = cost(output, target)
            error = _worst(lambda at: cost(at, target)[0], output, d, rng)
            yield Mismatch("", None, "x", error)


def _foreign(place: str, layer: Any, params: Any, x: Array) -> Iterator[Leaf]:
    """Yield the layers that are not neurona's, or whose activation is not, with their inputs."""
    if isinstance(layer, Composition) and _is_ours(type(layer)):
        probe, leaves = probed(layer, params, within=place)
        probe.forward(params, x)
        yield from (leaf for leaf in leaves.values() if _is_foreign(leaf.layer))
    elif _is_foreign(layer):
        yield Leaf(place, layer, params, x=x)


def _is_foreign(layer: Any) -> bool:
    known = ACTIVATIONS.get(layer.activation.name) is layer.activation
    return not (known and _is_ours(type(layer)))


def _is_ours(one: Any) -> bool:
    return str(one.__module__).startswith("neurona.engine.")


def _of_layer(leaf: Leaf, rng: np.random.Generator) -> Mismatch:
    """Return a layer's worst derivative, by its input or one of its parameters."""
    layer, own, x = leaf.layer, leaf.params, leaf.x
    y, pullback = layer.forward(own, x)
    dy = rng.normal(size=y.shape)
    dx, grads = pullback(dy)
    errors = [("x", _worst(lambda at: (dy * layer.forward(own, at)[0]).sum(), x, dx, rng))]
    members = arrays((own,))
    for k, (_, name, array) in enumerate(named((own,))):

        def moved(at: Array, k: int = k) -> Any:
            given = rebuilt((own,), [*members[:k], at, *members[k + 1 :]])[0]
            return (dy * layer.forward(given, x)[0]).sum()

        errors.append((name, _worst(moved, array, arrays((grads,))[k], rng)))
    by, error = max(errors, key=lambda one: one[1])
    return Mismatch(leaf.place, layer, by, error)


def _worst(
    function: Callable[[Array], Any], at: Array, derivative: Any, rng: np.random.Generator
) -> float:
    """Return the largest relative error along some directions; infinite for another shape."""
    if np.shape(derivative) != at.shape:
        return float("inf")
    errors = []
    for _ in range(DIRECTIONS):
        v = rng.normal(size=at.shape)
        exact = float((derivative * v).sum())
        found = [float(function(at + h * v) - function(at - h * v)) / (2 * h) for h in STEPS]
        largest = max(abs(exact), *map(abs, found), 1e-9)
        errors.append(min(abs(exact - one) for one in found) / largest)
    return float(np.nan_to_num(max(errors), nan=np.inf))
