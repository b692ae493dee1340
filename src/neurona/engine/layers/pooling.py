"""Pooling: of each window of an image or a series one number, the largest or the mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from math import inf
from typing import Any, ClassVar

import numpy as np

from neurona.engine.layers.base import Layer, Nothing, Train, check_axes, in_words
from neurona.engine.layout import channels_first, channels_last
from neurona.engine.types import Array, Pullback, Shape
from neurona.engine.windows import Windows, check_each, check_padding, check_places


@dataclass(frozen=True, repr=False)
class _Pooling(Layer, abstract=True):
    """The layers' common part: windows along so many sides."""

    sides: ClassVar[int]

    size: Any = 2
    stride: Any = None
    padding: Any = "valid"

    def __post_init__(self) -> None:
        super().__post_init__()
        size = check_each("size", self.size, self.sides)
        stride = size if self.stride is None else check_each("stride", self.stride, self.sides)
        padding = check_padding(self.padding, self.sides, ("valid", "same"))
        for n, more in zip(size, () if isinstance(padding, str) else padding, strict=False):
            if more >= n:
                raise ValueError(
                    f"padding is {self.padding!r}, and a window {in_words(size)}: give less "
                    "padding than a window, or some windows have no number"
                )
        each: dict[str, Any] = {
            "size": size,
            "stride": None if stride == size else stride,
            "padding": padding,
        }
        for name, value in each.items():
            alone = self.sides == 1 and isinstance(value, tuple)
            object.__setattr__(self, name, value[0] if alone else value)

    @property
    def windows(self) -> Windows:
        """Where the windows stand."""
        each = [self.size, self.size if self.stride is None else self.stride, self.padding]
        size, stride, padding = ((one,) if isinstance(one, int) else one for one in each)
        return Windows(size, stride, (1,) * self.sides, padding)

    def out_shape(self, shape: Shape) -> Shape:
        """Return the number of windows along each side, and the channels."""
        check_axes(self, shape, self.sides + 1)
        return (*check_places(self, self.windows, shape), shape[-1])

    def forward(
        self, params: Nothing, x: Array, train: Train | None = None
    ) -> tuple[Array, Pullback]:
        """Return ``y (batch, *places, channels)`` and its pullback."""
        n = self.sides
        x = channels_first(x, n + 1)
        sides = x.shape[-n:]
        y, shares = self._pooled(x)

        def pullback(dy: Array, need_dx: bool = True) -> tuple[Array | None, Nothing]:
            if not need_dx:
                return None, Nothing()
            parts = shares(channels_first(dy, n + 1))
            return channels_last(self.windows.returned(parts, sides), n + 1), Nothing()

        return channels_last(y, n + 1), pullback

    def _pooled(self, x: Array) -> tuple[Array, Callable[[Array], list[Array]]]:
        """Return y, and what gives each number of a window its share of dy."""
        raise NotImplementedError


@dataclass(frozen=True, repr=False)
class _MaxPool(_Pooling, abstract=True):
    def _pooled(self, x: Array) -> tuple[Array, Callable[[Array], list[Array]]]:
        """y = max xᵢ; each of the m numbers that are the largest gets dy / m."""
        xp = x.__array_namespace__()
        taken = self.windows.taken(x, fill=-inf)
        y = reduce(xp.maximum, taken)

        def shares(dy: Array) -> list[Array]:
            largest = [(one == y).astype(dy.dtype) for one in taken]
            share = dy / reduce(xp.add, largest)
            return [share * one for one in largest]

        return y, shares


@dataclass(frozen=True, repr=False)
class _AveragePool(_Pooling, abstract=True):
    def _pooled(self, x: Array) -> tuple[Array, Callable[[Array], list[Array]]]:
        """y = Σ xᵢ / m; each of the m numbers that are not padding gets dy / m."""
        windows = self.windows
        taken = windows.taken(x)
        ones = np.ones(x.shape[-self.sides :], x.dtype)
        m = sum(windows.taken(ones))  # padding is not among them
        y = reduce(x.__array_namespace__().add, taken) / m
        return y, lambda dy: [dy / m] * len(taken)


@dataclass(frozen=True, repr=False)
class MaxPool2D(_MaxPool):
    """The maximum of each window of an image: y[r, c] = max x[r s + i, c s + j].

    Rows and columns that fill no window are left out. The derivative goes to the largest number, in
    equal parts to several; where windows overlap, a number gets the sum of what all of them give.

    Parameters
    ----------
    size
        Height n and width m of a window; one number for both, here and in the next ones.
    stride
        s, the way from one window to the next; by default the size, so that none overlap.
    padding
        ``"valid"``: none. ``"same"``: ⌈side / s⌉ windows a side. A number: so much on each side,
        less than a window. Padding is never the largest.

    Raises
    ------
    ValueError
        If a number is not a positive whole one, or the padding as large as a window; from
        :meth:`out_shape`, if examples are not images, or smaller than a window.

    References
    ----------
    Riesenhuber & Poggio, "Hierarchical models of object recognition in cortex", 1999.

    Examples
    --------
    >>> image = np.array([[1.0, 7.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    >>> y, pullback = MaxPool2D().forward(Nothing(), image)
    >>> y.ravel(), pullback(np.ones((1, 1, 1, 1)))[0].ravel()
    (array([7.]), array([0., 1., 0., 0.]))
    """

    sides: ClassVar[int] = 2

    size: tuple[int, int] = (2, 2)
    stride: tuple[int, int] | None = None
    padding: str | tuple[int, int] = "valid"


@dataclass(frozen=True, repr=False)
class AveragePool2D(_AveragePool):
    """The mean of each window of an image: y[r, c] = Σ x[r s + i, c s + j] / m over its m numbers.

    Padding is not among the m numbers, as in Keras; PyTorch counts it unless told otherwise.

    Parameters
    ----------
    size, stride, padding
        As in :class:`MaxPool2D`.

    References
    ----------
    LeCun et al., "Gradient-based learning applied to document recognition", 1998.

    Examples
    --------
    >>> image = np.array([[1.0, 7.0], [3.0, 5.0]]).reshape(1, 2, 2, 1)
    >>> AveragePool2D().forward(Nothing(), image)[0].ravel()
    array([4.])
    """

    sides: ClassVar[int] = 2

    size: tuple[int, int] = (2, 2)
    stride: tuple[int, int] | None = None
    padding: str | tuple[int, int] = "valid"


@dataclass(frozen=True, repr=False)
class MaxPool1D(_MaxPool):
    """The maximum of each window of a series: y[t] = max x[t s + i], 0 ≤ i < n.

    Parameters
    ----------
    size, stride, padding
        As in :class:`MaxPool2D`, in steps.

    Examples
    --------
    >>> series = np.array([1.0, 7.0, 3.0, 4.0, 9.0]).reshape(1, 5, 1)
    >>> MaxPool1D().forward(Nothing(), series)[0].ravel()
    array([7., 4.])
    """

    sides: ClassVar[int] = 1

    size: int = 2
    stride: int | None = None
    padding: str | int = "valid"


@dataclass(frozen=True, repr=False)
class AveragePool1D(_AveragePool):
    """The mean of each window of a series: y[t] = Σ x[t s + i] / m over its m steps.

    Parameters
    ----------
    size, stride, padding
        As in :class:`AveragePool2D`, in steps.

    Examples
    --------
    >>> series = np.array([1.0, 7.0, 3.0, 4.0, 9.0]).reshape(1, 5, 1)
    >>> AveragePool1D().forward(Nothing(), series)[0].ravel()
    array([4. , 3.5])
    """

    sides: ClassVar[int] = 1

    size: int = 2
    stride: int | None = None
    padding: str | int = "valid"
