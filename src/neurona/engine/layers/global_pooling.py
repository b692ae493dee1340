"""Global pooling: of each channel one number, from all places of an image or a series."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, prod
from typing import Any, ClassVar

from neurona.engine.layers.base import Layer, Nothing, Train, check_axes
from neurona.engine.layers.padding import is_step
from neurona.engine.types import Array, Pullback, Shape


@dataclass(frozen=True, repr=False)
class _GlobalPool(Layer, abstract=True):
    sides: ClassVar[int]

    def out_shape(self, shape: Shape) -> Shape:
        """Return ``(channels,)``."""
        check_axes(self, shape, self.sides + 1)
        return shape[-1:]

    @property
    def _places(self) -> tuple[int, ...]:
        return tuple(range(-1 - self.sides, -1))


@dataclass(frozen=True, repr=False)
class _GlobalAveragePool(_GlobalPool, abstract=True):
    def forward(
        self, params: Nothing, x: Array, train: Train | None = None
    ) -> tuple[Array, Pullback]:
        """Return ``y (batch, channels)`` and its pullback: y = Σ x / m, dx = dy / m."""
        share: Any = 1 / prod(x.shape[-1 - self.sides : -1])
        if self.mask_zero:
            there = is_step(x)
            m = there.sum(axis=-2, keepdims=True)
            share = there / (m + (m == 0))

        def pullback(dy: Array, need_dx: bool = True) -> tuple[Array | None, Nothing]:
            if not need_dx:
                return None, Nothing()
            dy = dy.reshape(*dy.shape[:-1], *(1,) * self.sides, dy.shape[-1])
            zeros = 0 * x  # dy may have the axis of a stack that x, shared by its networks, has not
            return zeros + share * dy, Nothing()

        return (share * x).sum(axis=self._places), pullback


@dataclass(frozen=True, repr=False)
class _GlobalMaxPool(_GlobalPool, abstract=True):
    def forward(
        self, params: Nothing, x: Array, train: Train | None = None
    ) -> tuple[Array, Pullback]:
        """Return ``y (batch, channels)`` and its pullback: the largest number gets dy."""
        if self.mask_zero:
            x = x.__array_namespace__().where(is_step(x) > 0, x, -inf)
        y = x.max(axis=self._places, keepdims=True)
        largest = (x == y).astype(x.dtype)  # of several, each gets its part
        share = largest / largest.sum(axis=self._places, keepdims=True)

        def pullback(dy: Array, need_dx: bool = True) -> tuple[Array | None, Nothing]:
            if not need_dx:
                return None, Nothing()
            return share * dy.reshape(*dy.shape[:-1], *(1,) * self.sides, -1), Nothing()

        return y.reshape(*y.shape[: -1 - self.sides], y.shape[-1]), pullback


@dataclass(frozen=True, repr=False)
class GlobalAveragePool2D(_GlobalAveragePool):
    """The mean of each channel of an image: y = Σ x[r, c] / (height · width).

    References
    ----------
    Lin, Chen & Yan, "Network in network", 2013.

    Examples
    --------
    >>> import numpy as np
    >>> GlobalAveragePool2D().forward(Nothing(), np.arange(8.0).reshape(1, 2, 2, 2))[0]
    array([[3., 4.]])
    """

    sides: ClassVar[int] = 2


@dataclass(frozen=True, repr=False)
class GlobalMaxPool2D(_GlobalMaxPool):
    """The maximum of each channel of an image; several largest share the derivative.

    Examples
    --------
    >>> import numpy as np
    >>> GlobalMaxPool2D().forward(Nothing(), np.arange(8.0).reshape(1, 2, 2, 2))[0]
    array([[6., 7.]])
    """

    sides: ClassVar[int] = 2


@dataclass(frozen=True, repr=False)
class GlobalAveragePool1D(_GlobalAveragePool):
    """The mean of each feature of a series over its steps.

    Parameters
    ----------
    mask_zero
        Whether a step whose numbers are all 0 is padding, and does not count.

    Examples
    --------
    >>> import numpy as np
    >>> series = np.array([[[2.0], [4.0], [0.0]]])
    >>> GlobalAveragePool1D().forward(Nothing(), series)[0]
    array([[2.]])
    >>> GlobalAveragePool1D(mask_zero=True).forward(Nothing(), series)[0]
    array([[3.]])
    """

    sides: ClassVar[int] = 1

    mask_zero: bool = False


@dataclass(frozen=True, repr=False)
class GlobalMaxPool1D(_GlobalMaxPool):
    """The maximum of each feature of a series over its steps; several largest share the derivative.

    Parameters
    ----------
    mask_zero
        Whether a step whose numbers are all 0 is padding, and does not count.

    Examples
    --------
    >>> import numpy as np
    >>> series = np.array([[[-2.0], [-4.0], [0.0]]])
    >>> GlobalMaxPool1D(mask_zero=True).forward(Nothing(), series)[0]
    array([[-2.]])
    """

    sides: ClassVar[int] = 1

    mask_zero: bool = False
