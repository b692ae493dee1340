"""The same numbers in another shape."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

from neurona.checks import check_count
from neurona.engine.layers.base import Layer, Nothing, Train, in_words
from neurona.engine.types import Array, Pullback, Shape


@dataclass(frozen=True, repr=False)
class Reshape(Layer):
    """The numbers of an example in another shape, row by row: y is x, and dx is dy in x's shape.

    Parameters
    ----------
    shape
        Of the output, for one example: ``(8, 8, 1)``.
    axes
        Axes of an example that comes in. A network fills it in.

    Raises
    ------
    ValueError
        If the shape is not of positive whole numbers; from :meth:`out_shape`, if an example has
        more or fewer numbers.

    Examples
    --------
    >>> import numpy as np
    >>> Reshape((2, 2)).forward(Nothing(), np.arange(4.0).reshape(1, 4))[0].tolist()
    [[[0.0, 1.0], [2.0, 3.0]]]
    """

    shape: Shape
    axes: int = 1
    only_moves: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        given = self.shape if isinstance(self.shape, tuple | list) else (self.shape,)
        object.__setattr__(self, "shape", tuple(check_count("shape", n) for n in given))
        check_count("axes", self.axes)

    def for_shape(self, shape: Shape) -> Reshape:
        """Return the layer for examples of so many axes."""
        return replace(self, axes=len(shape))

    def out_shape(self, shape: Shape) -> Shape:
        """Return the shape that was given."""
        if prod(shape) != prod(self.shape):
            raise ValueError(
                f"{self!r} gives {prod(self.shape)} numbers, and gets examples of "
                f"{in_words(shape)}, which are {prod(shape)}: the numbers stay the same"
            )
        return self.shape

    def forward(
        self, params: Nothing, x: Array, train: Train | None = None
    ) -> tuple[Array, Pullback]:
        """Return ``y (batch, *shape)`` and its pullback."""

        def pullback(dy: Array, need_dx: bool = True) -> tuple[Array | None, Nothing]:
            # dy may have the axis of a stack that x, shared by its networks, has not.
            lead = dy.shape[: -len(self.shape)]
            return dy.reshape(*lead, *x.shape[-self.axes :]) if need_dx else None, Nothing()

        return x.reshape(*x.shape[: -self.axes], *self.shape), pullback
