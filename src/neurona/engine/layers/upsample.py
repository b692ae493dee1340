"""Upsampling: an image made larger."""

from __future__ import annotations

from dataclasses import dataclass

from neurona.engine.layers.base import Layer, Nothing, Train, check_axes
from neurona.engine.types import Array, Pullback, Shape
from neurona.engine.windows import check_each


@dataclass(frozen=True, repr=False)
class Upsample2D(Layer):
    """Each pixel n m times, the nearest neighbor: y[r, c] = x[⌊r / n⌋, ⌊c / m⌋].

    So dx is the sum of dy over each block of n x m pixels.

    Parameters
    ----------
    size
        n and m; one number for both.

    Raises
    ------
    ValueError
        If a size is not a positive whole number; from :meth:`out_shape`, if examples are not
        images.

    Examples
    --------
    >>> import numpy as np
    >>> y, pullback = Upsample2D((1, 2)).forward(Nothing(), np.array([[[[3.0], [4.0]]]]))
    >>> y.ravel(), pullback(np.arange(4.0).reshape(1, 1, 4, 1))[0].ravel()
    (array([3., 3., 4., 4.]), array([1., 5.]))
    """

    size: tuple[int, int] = (2, 2)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "size", check_each("size", self.size, 2))

    def out_shape(self, shape: Shape) -> Shape:
        """Return ``(height n, width m, channels)``."""
        check_axes(self, shape, 3)
        (n, m), (height, width, channels) = self.size, shape
        return height * n, width * m, channels

    def forward(
        self, params: Nothing, x: Array, train: Train | None = None
    ) -> tuple[Array, Pullback]:
        """Return ``y (batch, height n, width m, channels)`` and its pullback."""
        xp = x.__array_namespace__()
        (n, m), (height, width, channels) = self.size, x.shape[-3:]

        def pullback(dy: Array, need_dx: bool = True) -> tuple[Array | None, Nothing]:
            if not need_dx:
                return None, Nothing()
            blocks = dy.reshape(*dy.shape[:-3], height, n, width, m, channels)
            return blocks.sum(axis=(-4, -2)), Nothing()

        return xp.repeat(xp.repeat(x, n, axis=-3), m, axis=-2), pullback
