"""One of each kind of layer, made from its fields: a new kind is tested without being named."""

from dataclasses import MISSING, fields

import numpy as np

from neurona.engine.layers import LAYERS, Conv1D
from neurona.engine.layers.base import Layer
from neurona.engine.layers.dense import Dense

# A value for a field of this type that has no default.
GIVEN = {
    "int": 3,
    "float": 0.4,
    "tuple[Layer, ...]": (Dense(3, "tanh"), Dense(3, "softsign")),
    "Activation": "tanh",
    "Shape": (3,),
}
WITHIN = {"Masked": (Conv1D(4, 1, "tanh"), Conv1D(3, 1, "softsign"))}  # of series
SHAPES = ((3,), (5, 6, 2), (5, 3))  # of an example: a layer takes the first that suits it
KINDS = [kind for kind in LAYERS.values() if kind.__module__.startswith("neurona.")]


def one_of(kind: type[Layer], activation="tanh") -> Layer:
    """Return a layer of this kind, with an activation where it takes one."""
    given = {
        one.name: GIVEN[one.type]
        for one in fields(kind)
        if one.default is MISSING or one.name in ("activation", "in_shape")
    }
    if "activation" in given:
        given["activation"] = activation
    if kind.__name__ in WITHIN:
        given["layers"] = WITHIN[kind.__name__]
    return kind(**given)


def shape_for(layer: Layer) -> tuple[int, ...]:
    """Return the shape of an example that the layer takes."""
    for shape in SHAPES:
        try:
            layer.out_shape(shape)
        except ValueError:
            continue
        return shape
    raise AssertionError(f"{layer!r} takes none of {SHAPES}: add one that it takes")


def anywhere(layer: Layer, rng: np.random.Generator, shape: tuple[int, ...]):
    """Return parameters that are not the first ones; a variance stays positive."""
    from neurona.engine.parameters import mapped

    params = layer.init(rng, shape, np.float64)
    return mapped(lambda array: array + rng.uniform(0, 0.5, array.shape), params)
