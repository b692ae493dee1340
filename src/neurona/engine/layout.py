"""How images and series lie within a layer: channels first, so that an example is a column.

Layers hand on ``(batch, *sides, channels)``. Within a layer of images or series the channels come
first, ``(channels, batch, *sides)``: adding a bias, applying an activation and summing over the
batch then run along few long lines of memory, as in a dense layer. Both are views.
"""

from __future__ import annotations

from math import prod

from neurona.engine.types import Array


def channels_first(x: Array, axes: int) -> Array:
    """Return ``(…, channels, batch, *sides)`` of ``x (…, batch, *sides, channels)``.

    ``axes`` are those of an example: 1 of a row, 2 of a series, 3 of an image.

    >>> import numpy as np
    >>> channels_first(np.zeros((64, 28, 28, 3)), 3).shape
    (3, 64, 28, 28)
    """
    moved: Array = x.__array_namespace__().moveaxis(x, -1, -1 - axes)
    return moved


def channels_last(y: Array, axes: int) -> Array:
    """Return ``(…, batch, *sides, channels)``: the inverse of :func:`channels_first`."""
    moved: Array = y.__array_namespace__().moveaxis(y, -1 - axes, -1)
    return moved


def as_columns(x: Array, axes: int) -> Array:
    """Return ``(…, channels, batch · places)`` of ``x (…, batch, *sides, channels)``.

    >>> import numpy as np
    >>> as_columns(np.zeros((64, 28, 28, 3)), 3).shape
    (3, 50176)
    """
    x = channels_first(x, axes)
    return x.reshape(*x.shape[:-axes], prod(x.shape[-axes:]))


def from_columns(y: Array, sides: tuple[int, ...]) -> Array:
    """Return ``(…, batch, *sides, channels)`` of ``y (…, channels, batch · places)``.

    >>> import numpy as np
    >>> from_columns(np.zeros((16, 50176)), (28, 28)).shape
    (64, 28, 28, 16)
    """
    batch = y.shape[-1] // prod(sides)
    return channels_last(y.reshape(*y.shape[:-1], batch, *sides), len(sides) + 1)
