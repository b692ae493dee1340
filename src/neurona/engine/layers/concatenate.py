"""Layers side by side, whose outputs are put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona.engine.layers.base import Train
from neurona.engine.layers.composition import Composition, broadcast
from neurona.engine.types import Array, LayerParams, Pullback, Shape, Weight


@dataclass(frozen=True, repr=False)
class Concatenate(Composition):
    """Layers that see the same input: y = [f₁(x), f₂(x), …], along the last axis.

    So dx is the sum of the layers' own, each from its part of dy.

    Parameters
    ----------
    layers
        The layers; all axes of their outputs but the last are the same.

    Raises
    ------
    ValueError
        If there are none; from :meth:`out_shape`, if two outputs do not go together.

    Examples
    --------
    >>> from neurona.engine.layers.base import Activate
    >>> both = Concatenate([Activate("linear"), Activate("relu")])
    >>> y, pullback = both.forward(both.shapes((1,)), np.array([[-3.0]]))
    >>> y, pullback(np.array([[1.0, 10.0]]))[0]
    (array([[-3.,  0.]]), array([[1.]]))
    """

    def out_shape(self, shape: Shape) -> Shape:
        """Return the shape of one output, with all of them along its last axis."""
        shapes = self.together(shape)
        for i, one in enumerate(shapes):
            if one[:-1] != shapes[0][:-1]:
                raise self.mismatch(i, shapes)
        return (*shapes[0][:-1], sum(one[-1] for one in shapes))

    def forward(self, params: Any, x: Array, train: Train | None = None) -> tuple[Array, Pullback]:
        """Return all outputs as one, and its pullback."""
        each = zip(self.layers, params, self.modes(train), strict=True)
        pairs = [layer.forward(own, x, mode) for layer, own, mode in each]
        outputs, pullbacks = zip(*pairs, strict=True)
        ends = np.cumsum([y.shape[-1] for y in outputs]).tolist()
        xp = x.__array_namespace__()

        def pullback(dy: Array, need_dx: bool = True) -> tuple[Array | None, LayerParams]:
            parts = [dy[..., i:j] for i, j in zip([0, *ends], ends, strict=False)]
            pulled = [back(part, need_dx) for back, part in zip(pullbacks, parts, strict=True)]
            dx = sum(d for d, _ in pulled) if need_dx else None
            return dx, tuple(grads for _, grads in pulled)

        return xp.concatenate(broadcast(list(outputs)), axis=-1), pullback

    def calibrate(self, params: Any, x: Array, weight: Weight = None) -> LayerParams:
        """Calibrate each layer on the same input."""
        each = zip(self.layers, params, strict=True)
        return tuple(one.calibrate(own, x, weight) for one, own in each)
