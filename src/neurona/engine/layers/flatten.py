"""From images to rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

from neurona.checks import check_count
from neurona.engine.layers.base import Layer, Nothing, Train, in_words
from neurona.engine.types import Array, Pullback, Shape


@dataclass(frozen=True, repr=False)
class Flatten(Layer):
    """All numbers of an example in a row: y is x in another shape, and dx is dy in x's.

    Parameters
    ----------
    axes
        Axes of an example: 3 for images ``(height, width, channels)``. A network fills it in.

    Raises
    ------
    ValueError
        From :meth:`out_shape`, where no network fills it in and examples have more or fewer axes.

    Examples
    --------
    >>> import numpy as np
    >>> Flatten().forward(Nothing(), np.arange(4.0).reshape(1, 2, 2, 1))[0]
    array([[0., 1., 2., 3.]])
    """

    axes: int = 3
    only_moves: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("axes", self.axes)

    def for_shape(self, shape: Shape) -> Flatten:
        """Return the layer for examples of so many axes."""
        return replace(self, axes=len(shape))

    def out_shape(self, shape: Shape) -> Shape:
        """Return ``(numbers,)``."""
        if len(shape) != self.axes:
            raise ValueError(
                f"{self!r} takes examples of {self.axes} axes, and gets {in_words(shape)}: "
                f"say Flatten(axes={len(shape)})"
            )
        return (prod(shape),)

    def forward(
        self, params: Nothing, x: Array, train: Train | None = None
    ) -> tuple[Array, Pullback]:
        """Return ``y (batch, numbers)`` and its pullback."""

        def pullback(dy: Array, need_dx: bool = True) -> tuple[Array | None, Nothing]:
            # dy may have the axis of a stack that x, shared by its networks, has not.
            dx = dy.reshape(*dy.shape[:-1], *x.shape[-self.axes :]) if need_dx else None
            return dx, Nothing()

        return x.reshape(*x.shape[: -self.axes], -1), pullback
