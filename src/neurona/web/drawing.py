"""From a drawing to an image as those of the data set are.

The digits' writers wrote on forms, whose pixels of 32 x 32 were counted in squares of 4 x 4. Each
digit fills the height, and its ink is a third of the picture. Strokes are drawn in the same way:
as lines of one width, in 32 x 32, whatever their size, place and pen were.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neurona.engine.types import Array
from neurona.web.errors import PlaygroundError

SIDE, SQUARE = 32, 4  # of the fine picture, and of the pixels that one pixel counts
RADIUS = 2.8  # of the pen, in the fine picture: with it the ink is that of the data set
WIDEST = 20  # of a digit, in the fine picture
MOST_POINTS = 4000  # of all strokes


def digit_of(strokes: Sequence[Array]) -> Array:
    """Return strokes as an image ``(8, 8, 1)`` of ink, from 0 (paper) to 1.

    The drawing is scaled to fill the height, narrowed to the widest digit's width, and its center
    of mass is set into the middle, as far as all of it stays in the picture.

    Parameters
    ----------
    strokes
        At least one; each ``(n, 2)``: x to the right and y down, in any unit. A single point is a
        dot.

    Examples
    --------
    >>> one = digit_of([np.array([[0.5, 0.1], [0.5, 0.9]])])
    >>> one.shape, one[:, 3:5].sum() > 0.9 * one.sum()
    ((8, 8, 1), np.True_)
    """
    corners = np.vstack(strokes)
    low, high = corners.min(axis=0), corners.max(axis=0)
    room = np.array([WIDEST, SIDE]) - 2 * RADIUS
    wide, high_up = room / np.maximum(high - low, 1e-9 + 1e-3 * (high - low).max())
    scale = np.array([min(wide, high_up), min(2 * wide, high_up)])  # a flat stroke stays flat
    lines = [(one - (low + high) / 2) * scale for one in strokes]
    begins = np.vstack([one[: max(1, len(one) - 1)] for one in lines])
    ends = np.vstack([one[min(1, len(one) - 1) :] for one in lines])
    ink = _ink(begins, ends)
    middle = np.arange(SIDE) + 0.5 - SIDE / 2
    mass = np.array([ink.sum(axis=0) @ middle, ink.sum(axis=1) @ middle]) / ink.sum()
    free = SIDE / 2 - RADIUS - (high - low) * scale / 2
    ink = _ink(begins, ends, -np.clip(mass, -free, free))
    pixels = SIDE // SQUARE
    image: Array = ink.reshape(pixels, SQUARE, pixels, SQUARE).mean(axis=(1, 3))
    return image[..., None].astype(np.float32)


def _ink(begins: Array, ends: Array, shift: Any = 0.0) -> Array:
    """Return lines as a fine picture, whose edges are smooth."""
    middle = np.arange(SIDE) + 0.5 - SIDE / 2
    places = np.stack(np.meshgrid(middle, middle), axis=-1)[:, :, None] - shift
    along = ends - begins
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip(((places - begins) * along).sum(axis=-1) / length, 0, 1)
    nearest = begins + share[..., None] * along
    distance = np.sqrt(((places - nearest) ** 2).sum(axis=-1)).min(axis=-1)
    ink: Array = np.clip(RADIUS - distance + 0.5, 0, 1)
    return ink


def strokes_of(given: Any) -> list[Array]:
    """Return the strokes of a message, each a list of x and y in turn.

    Raises
    ------
    PlaygroundError
        If they are not lists of finite numbers in pairs, or too many.
    """
    if not isinstance(given, list) or not all(isinstance(one, list) for one in given):
        raise _wrong()
    numbers = [number for one in given for number in one]
    if len(numbers) > 2 * MOST_POINTS or any(len(one) % 2 or not one for one in given):
        raise _wrong()
    if not all(
        isinstance(number, int | float) and not isinstance(number, bool) and abs(number) <= 1e6
        for number in numbers
    ):
        raise _wrong()
    return [np.array(one, dtype=np.float64).reshape(-1, 2) for one in given]


def _wrong() -> PlaygroundError:
    return PlaygroundError(
        "strokes",
        f"A drawing is a list of strokes, each [x, y, x, y, …], of {MOST_POINTS} points at most.",
        f"Un dibujo es una lista de trazos, cada uno [x, y, x, y, …], de {MOST_POINTS} puntos como "
        "mucho.",
    )
