"""Augmentation: images shifted and turned a little, otherwise in each batch of a training.

A digit that lies two pixels further on is the same digit. A network that has seen it at many places
and angles need not find that out from other examples [1]_. Prediction takes images as they are.

.. [1] Simard, Steinkraus & Platt, "Best practices for convolutional neural networks applied to
   visual document analysis", 2003, section 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from math import inf
from typing import Any, TypeAlias

import numpy as np

from neurona.checks import as_number, shown
from neurona.engine.layers.base import in_words
from neurona.engine.types import Array, Shape

# From the examples of a batch and a generator to other examples of the same shape.
Augment: TypeAlias = Callable[[Array, np.random.Generator], Array]


@dataclass(frozen=True)
class Augmentation:
    """Each image turned about its middle and shifted: x'(p) = x(R p / z + s), p from the middle.

    R turns by an angle, z makes larger and s shifts. They are drawn anew for each image: angle and
    shifts evenly between the largest and its negative, log z evenly between ± log(1 + zoom).
    Between pixels x is interpolated linearly; beyond the edge it is as at the edge.

    Parameters
    ----------
    shift
        The largest shift in pixels, along each axis.
    rotation
        The largest angle in degrees.
    zoom
        The largest share by which an image becomes larger: 0.1 for a tenth, and for 1 / 1.1.

    Raises
    ------
    ValueError
        If one of them is negative or not a number, or nothing would be done; when called, or by a
        training that is given it, if examples are not images.

    Examples
    --------
    >>> x = np.zeros((2, 5, 5, 1), np.float32)
    >>> x[:, 2, 2] = 1.0
    >>> y = Augmentation(shift=1)(x, np.random.default_rng(0))
    >>> y.shape, bool((y[0] != y[1]).any()), bool(np.allclose(y.sum(axis=(1, 2, 3)), 1.0))
    ((2, 5, 5, 1), True, True)
    """

    shift: float = 0.0
    rotation: float = 0.0
    zoom: float = 0.0

    def __post_init__(self) -> None:
        for one in fields(self):
            given = getattr(self, one.name)
            if not 0 <= as_number(given) < inf:
                unit = {"shift": "pixels", "rotation": "degrees", "zoom": "as a share"}[one.name]
                raise ValueError(f"{one.name} is {shown(given)}: give the most {unit}, from 0 on")
        if not (self.shift or self.rotation or self.zoom):
            raise ValueError(
                "an Augmentation needs a shift (pixels), a rotation (degrees) or a zoom (a share)"
            )

    def check(self, shape: Shape) -> None:
        """Refuse examples that are not images of 2 x 2 pixels or more."""
        if len(shape) != 3 or min(shape[:2]) < 2:
            raise ValueError(
                f"{self} takes images (height, width, channels), and examples are of "
                f"{in_words(shape)}: leave the augmentation out, or give X of shape "
                "(n, height, width, channels)"
            )

    def __call__(self, x: Array, rng: np.random.Generator) -> Array:
        """Return images in the place of ``x (n, height, width, channels)``, in its dtype."""
        self.check(x.shape[1:])
        n, height, width, channels = x.shape
        kind = x.dtype.type
        angle = np.deg2rad(rng.uniform(-self.rotation, self.rotation, (n, 1)))
        down, right = rng.uniform(-self.shift, self.shift, (2, n, 1))
        i, j = np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2

        def places(of_row: Any, of_column: Any, shift: Any, side: int) -> tuple[Any, Any]:
            """Return along one axis the pixel before each place, and how far behind it is."""
            middle = (side - 1) / 2 + shift
            place = of_row.astype(kind)[:, :, None] + (of_column + middle).astype(kind)[:, None, :]
            np.clip(place, 0, side - 1, out=place)
            before = np.minimum(place.astype(np.int32), side - 2)
            return before, place - before

        smaller = np.exp(rng.uniform(-1, 1, (n, 1)) * -np.log1p(self.zoom))
        cos, sin = np.cos(angle) * smaller, np.sin(angle) * smaller
        row, below = places(cos * i, sin * j, down, height)
        column, beside = places(-sin * i, cos * j, right, width)
        at = (row * width + column + np.arange(n)[:, None, None] * (height * width)).ravel()
        # One channel as single numbers: they are gathered twice as fast as rows of one.
        pixels = x.reshape(-1) if channels == 1 else x.reshape(-1, channels)
        below, beside = (part.reshape(-1, *pixels.shape[1:] and (1,)) for part in (below, beside))

        def along_the_row(at: Any) -> Any:
            left, step = pixels.take(at, axis=0), pixels.take(at + 1, axis=0)
            step -= left
            step *= beside
            step += left
            return step

        upper, lower = along_the_row(at), along_the_row(at + width)
        lower -= upper
        lower *= below
        lower += upper
        return np.asarray(lower.reshape(x.shape))


def check_augmentation(augment: Any, shape: Shape) -> None:
    """Refuse what is not an augmentation, or not one for examples of this shape."""
    if not callable(augment) or isinstance(augment, type):
        raise ValueError(
            f"augmentation is {shown(augment)}: give such as neurona.Augmentation(shift=2, "
            "rotation=10), or a function from (X, rng) to examples of the same shape"
        )
    if isinstance(augment, Augmentation):
        augment.check(shape)
