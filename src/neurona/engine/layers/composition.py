"""Layers made of layers: parameters, noise and shapes are tuples with an entry for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurona.engine.layers.base import Layer, Train, in_words
from neurona.engine.layers.contract import out_shape_of
from neurona.engine.types import Array, LayerParams, Noise, Shape


@dataclass(frozen=True, repr=False)
class Composition(Layer, abstract=True):
    """Layers that together are a layer again.

    Parameters
    ----------
    layers
        The layers; a network may be one of them.

    Raises
    ------
    ValueError
        If there are none, or one of them is not a layer.
    """

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        layers = tuple(self.layers) if isinstance(self.layers, Iterable) else (self.layers,)
        name = type(self).__name__
        if not layers:
            raise ValueError(f"{name} has no layers: give one at least, such as {name}([Dense(8)])")
        for i, layer in enumerate(layers, start=1):
            if not isinstance(layer, Layer):
                raise ValueError(
                    f"layer {i} of {name} is {layer!r}: give layers, such as Dense(8), or networks"
                )
        object.__setattr__(self, "layers", layers)

    def in_shapes(self, shape: Shape) -> list[Shape]:
        """Return what each layer gets, of examples of this shape: all of them the same."""
        return [shape] * len(self.layers)

    def shapes(self, shape: Shape) -> tuple[Any, ...]:
        """Return the shapes of each layer's parameters."""
        each = zip(self.layers, self.in_shapes(shape), strict=True)
        return tuple(layer.shapes(one) for layer, one in each)

    def init(self, rng: np.random.Generator, shape: Shape, dtype: Any = np.float32) -> LayerParams:
        """Draw the parameters of one layer after the other."""
        each = zip(self.layers, self.in_shapes(shape), strict=True)
        return tuple(layer.init(rng, one, dtype) for layer, one in each)

    def noise(self, rng: np.random.Generator, x_shape: Shape) -> Noise:
        """Draw the noise of each layer, from a generator of its own."""
        batch, *shape = x_shape
        shapes, children = self.in_shapes(tuple(shape)), rng.spawn(len(self.layers))
        each = zip(self.layers, shapes, children, strict=True)
        return tuple(layer.noise(own, (batch, *one)) for layer, one, own in each)

    @property
    def is_random(self) -> bool:
        """Whether a training step needs noise."""
        return any(layer.is_random for layer in self.layers)

    @property
    def is_calibrated(self) -> bool:
        """Whether a layer takes something from the training examples."""
        return any(layer.is_calibrated for layer in self.layers)

    @property
    def has_training_mode(self) -> bool:
        """Whether a layer is trained on another function than it predicts with."""
        return any(layer.has_training_mode for layer in self.layers)

    def operations(self, shape: Shape) -> int:
        """Return those of all layers."""
        each = zip(self.layers, self.in_shapes(shape), strict=True)
        return sum(layer.operations(one) for layer, one in each)

    def check(self, X: Array) -> None:
        """Refuse examples that a layer cannot take."""
        for layer in self.layers:
            layer.check(X)

    def mask(self, x: Array) -> Array | None:
        """Return the mask of the first layer that has one."""
        return next(
            (one for one in (layer.mask(x) for layer in self.layers) if one is not None), None
        )

    def check_batch(self, size: int) -> None:
        """Refuse batches that are too small for a layer."""
        for layer in self.layers:
            layer.check_batch(size)

    def for_shape(self, shape: Shape) -> Any:
        """Return the composition with each layer for the shape that it gets."""
        each = zip(self.layers, self.in_shapes(shape), strict=True)
        return replace(self, layers=tuple(layer.for_shape(one) for layer, one in each))

    def modes(self, train: Train | None) -> list[Train | None]:
        """Return for each layer what a training step brings with it."""
        if train is None:
            return [None] * len(self.layers)
        noise = [None] * len(self.layers) if train.noise is None else train.noise
        return [Train(train.weight, one) for one in noise]

    def together(self, shape: Shape) -> list[Shape]:
        """Return the shapes of the outputs for layers side by side."""
        return [out_shape_of(layer, shape) for layer in self.layers]

    def mismatch(self, i: int, shapes: list[Shape]) -> ValueError:
        """Return the error that the outputs of layers 1 and i + 1 do not go together."""
        return ValueError(
            f"{type(self).__name__}: layer 1, {self.layers[0]!r}, gives {in_words(shapes[0])}, and "
            f"layer {i + 1}, {self.layers[i]!r}, gives {in_words(shapes[i])}"
        )


def broadcast(outputs: list[Array]) -> list[Array]:
    """Give all outputs the axis of a stack that some of them have.

    A layer without parameters, such as a skip connection, passes on examples that all networks of
    a stack share.
    """
    most = max(y.ndim for y in outputs)
    networks = next(y.shape[0] for y in outputs if y.ndim == most)
    xp = outputs[0].__array_namespace__()
    return [y if y.ndim == most else xp.broadcast_to(y, (networks, *y.shape)) for y in outputs]
