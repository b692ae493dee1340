"""Pooling: of each patch of an image, the largest number."""

from __future__ import annotations

from dataclasses import dataclass

from neurona.engine.layers.base import Layer, Nothing, Train, check_image, in_words
from neurona.engine.layers.convolution import check_sides
from neurona.engine.types import Array, Pullback, Shape


@dataclass(frozen=True, repr=False)
class MaxPool2D(Layer):
    """The maximum of each patch: y[r, c] = max x[r n + i, c m + j] over 0 ≤ i < n, 0 ≤ j < m.

    Patches do not overlap; rows and columns that fill no patch are left out. The derivative goes
    to the largest number, and in equal parts to several.

    Parameters
    ----------
    size
        Height n and width m of a patch; one number for both.

    Raises
    ------
    ValueError
        If a size is not a positive whole number; from :meth:`out_shape`, if examples are not images
        or smaller than a patch.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.array([[1.0, 7.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    >>> y, pullback = MaxPool2D().forward(Nothing(), image)
    >>> y.ravel(), pullback(np.ones((1, 1, 1, 1)))[0].ravel()
    (array([7.]), array([0., 1., 0., 0.]))
    """

    size: tuple[int, int] = (2, 2)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "size", check_sides("size", self.size))

    def out_shape(self, shape: Shape) -> Shape:
        """Return ``(height // n, width // m, channels)``."""
        check_image(self, shape)
        height, width, channels = shape
        n, m = self.size
        if height < n or width < m:
            raise ValueError(
                f"{self!r} has a patch of {in_words(self.size)}, and gets images of "
                f"{in_words(shape)}: the patch must fit into the image"
            )
        return (height // n, width // m, channels)

    def forward(
        self, params: Nothing, x: Array, train: Train | None = None
    ) -> tuple[Array, Pullback]:
        """Return ``y (batch, height // n, width // m, channels)`` and its pullback."""
        xp = x.__array_namespace__()
        n, m = self.size
        *batch, height, width, channels = x.shape
        rows, columns = height // n, width // m
        whole = x[..., : rows * n, : columns * m, :]
        patches = whole.reshape(*batch, rows, n, columns, m, channels)
        largest = patches.max(axis=(-4, -2), keepdims=True)

        def pullback(dy: Array, need_dx: bool = True) -> tuple[Array | None, Nothing]:
            if not need_dx:
                return None, Nothing()
            is_largest = patches == largest
            share = is_largest / is_largest.sum(axis=(-4, -2), keepdims=True)
            d = share.astype(dy.dtype) * dy[..., :, None, :, None, :]
            d = d.reshape(*dy.shape[:-3], rows * n, columns * m, channels)
            rest = [(0, height - rows * n), (0, width - columns * m), (0, 0)]
            return xp.pad(d, [(0, 0)] * (dy.ndim - 3) + rest), Nothing()

        return largest.reshape(*batch, rows, columns, channels), pullback
