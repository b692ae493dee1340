"""Layers side by side, whose outputs are added up: a residual connection, for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurona.engine.layers.base import Train
from neurona.engine.layers.composition import Composition
from neurona.engine.types import Array, LayerParams, Pullback, Shape, Weight


@dataclass(frozen=True, repr=False)
class Add(Composition):
    """Layers that see the same input: y = f₁(x) + f₂(x) + …, so each gets dy whole.

    A residual connection is ``Add([Activate("linear"), Sequential([...])])``: He et al., "Deep
    residual learning for image recognition", 2016, equation 1.

    Parameters
    ----------
    layers
        The layers; their outputs have the same shape.

    Raises
    ------
    ValueError
        If there are none; from :meth:`out_shape`, if two outputs are not of the same shape.

    Examples
    --------
    >>> import numpy as np
    >>> from neurona.engine.layers.base import Activate
    >>> both = Add([Activate("linear"), Activate("relu")])
    >>> y, pullback = both.forward(both.shapes((1,)), np.array([[3.0]]))
    >>> y, pullback(np.array([[1.0]]))[0]
    (array([[6.]]), array([[2.]]))
    """

    def out_shape(self, shape: Shape) -> Shape:
        """Return the shape that all outputs have."""
        shapes = self.together(shape)
        for i, one in enumerate(shapes):
            if one != shapes[0]:
                raise self.mismatch(i, shapes)
        return shapes[0]

    def forward(self, params: Any, x: Array, train: Train | None = None) -> tuple[Array, Pullback]:
        """Return the sum of the outputs, and its pullback."""
        each = zip(self.layers, params, self.modes(train), strict=True)
        pairs = [layer.forward(own, x, mode) for layer, own, mode in each]
        outputs, pullbacks = zip(*pairs, strict=True)

        def pullback(dy: Array, need_dx: bool = True) -> tuple[Array | None, LayerParams]:
            pulled = [back(dy, need_dx) for back in pullbacks]
            dx = sum(d for d, _ in pulled) if need_dx else None
            return dx, tuple(grads for _, grads in pulled)

        return sum(outputs[1:], outputs[0]), pullback

    def calibrate(self, params: Any, x: Array, weight: Weight = None) -> LayerParams:
        """Calibrate each layer on the same input."""
        each = zip(self.layers, params, strict=True)
        return tuple(one.calibrate(own, x, weight) for one, own in each)
