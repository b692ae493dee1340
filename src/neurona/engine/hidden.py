"""Hidden layers with more to them: dense, then normalized, then thinned out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from neurona.checks import check_dropout
from neurona.engine.activations import linear
from neurona.engine.layers.dense import Dense
from neurona.engine.layers.dropout import Dropout
from neurona.engine.layers.normalization import BatchNormalization, LayerNormalization
from neurona.engine.types import Layer
from neurona.registry import lookup

NORMALIZATIONS: dict[str, Any] = {"batch": BatchNormalization, "layer": LayerNormalization}


def check_layers(layers: Sequence[Any]) -> None:
    """Say what is wrong with a row of layers, if something is.

    What a network takes and what its numbers mean is asked of dense layers: they are at both ends.
    """
    for end, layer in (("first", layers[:1]), ("last", layers[-1:])):
        if not (layer and isinstance(layer[0], Dense)):
            kind = f"is a {type(layer[0]).__name__}" if layer else "is missing"
            raise ValueError(
                f"the {end} layer {kind}: a network begins and ends with a Dense layer"
            )
    for i, (before, after) in enumerate(pairwise(layers), start=1):
        if before.n_out != after.n_in:
            raise ValueError(
                f"layer {i} has {before.n_out} neurons, and layer {i + 1} takes {after.n_in} inputs"
            )


def interleaved(layers: Sequence[Dense], dropout: Any, normalization: str | None) -> list[Layer]:
    """Return the layers, each hidden one followed by what is asked for.

    ``Dense(f)`` becomes ``Dense(linear)``, normalization ``(f)``, ``Dropout``; the last stays.

    Raises
    ------
    ValueError
        If a rate is not in [0, 1), there are not as many as hidden layers, or the normalization is
        none.

    Examples
    --------
    >>> layers = [Dense(2, 8), Dense(8, 1)]
    >>> [type(one).__name__ for one in interleaved(layers, 0.1, "batch")]
    ['Dense', 'BatchNormalization', 'Dropout', 'Dense']
    """
    *hidden, last = layers
    several = isinstance(dropout, Iterable) and not isinstance(dropout, str)
    rates = list(map(check_dropout, dropout if several else [dropout] * len(hidden)))
    if len(rates) != len(hidden):
        raise ValueError(
            f"{len(rates)} rates of dropout for {len(hidden)} hidden layers: give one number, or "
            "one for each hidden layer"
        )
    kind = None
    if normalization is not None:
        kind = lookup("normalization", normalization, NORMALIZATIONS)
    made: list[Layer] = []
    for dense, rate in zip(hidden, rates, strict=True):
        if kind is None:
            made.append(dense)
        else:
            # Its weights are drawn with linear's gain, 1: a factor would be normalized away.
            made += [replace(dense, activation=linear), kind(dense.n_out, dense.activation)]
        if rate:
            made.append(Dropout(dense.n_out, rate))
    return [*made, last]
