"""One palette for every picture: the tutorial's two colours, and what they grow into.

Class 0 is sky blue and class 1 salmon, on a surface that goes from blue through white to red. More
classes take colours that the colour-blind can tell apart. All colours are RGB arrays from 0 to 1, so
that Matplotlib, a terminal and a GIF show the same picture.
"""

from __future__ import annotations

import colorsys

import numpy as np
import numpy.typing as npt

Colors = npt.NDArray[np.float64]  # (..., 3), red, green and blue from 0 to 1


def _parse(*codes: str) -> Colors:
    return np.array([list(bytes.fromhex(code)) for code in codes]) / 255


SKYBLUE, SALMON = _parse("87ceeb", "fa8072")
DIVERGING = _parse("2c69b0", "6da7d8", "b9d6ec", "f5f4f2", "f6c4b8", "e58672", "b8352f")
# Paul Tol's "bright" scheme, grey left out, and his "muted" one for more classes:
# https://personal.sron.nl/~pault/
BRIGHT = _parse("4477aa", "ee6677", "228833", "ccbb44", "66ccee", "aa3377")
MUTED = _parse(
    "88ccee", "cc6677", "117733", "ddcc77", "332288", "aa4499", "44aa99", "882255", "999933"
)
GOLDEN_RATIO = 0.618033988749895
WHITE = np.ones(3)


def diverging(values: npt.ArrayLike) -> Colors:
    """Colour numbers from 0 (blue) through 0.5 (white) to 1 (red); the ends catch what is outside.

    Parameters
    ----------
    values
        Numbers of any shape.

    Returns
    -------
    (..., 3) array of colours.

    Examples
    --------
    >>> diverging([0.5]).round(2)
    array([[0.96, 0.96, 0.95]])
    """
    values = np.asarray(values, dtype=np.float64)
    stops = np.linspace(0, 1, len(DIVERGING))
    return np.stack([np.interp(values, stops, channel) for channel in DIVERGING.T], axis=-1)


def class_colors(n_classes: int) -> Colors:
    """Colours of the points of each class, (n_classes, 3).

    Two classes have the tutorial's colours, up to nine have Paul Tol's, and beyond that the hues
    step by the golden ratio, which keeps neighbours apart for any number of classes.

    Examples
    --------
    >>> (class_colors(2) * 255).round().astype(int).tolist()
    [[135, 206, 235], [250, 128, 114]]
    """
    if n_classes <= 2:
        return np.stack([SKYBLUE, SALMON])[:n_classes]
    if n_classes <= len(BRIGHT):
        return BRIGHT[:n_classes]
    if n_classes <= len(MUTED):
        return MUTED[:n_classes]
    hues = np.arange(n_classes) * GOLDEN_RATIO % 1
    return np.array([colorsys.hsv_to_rgb(hue, 0.55, 0.82) for hue in hues])


def blend(probabilities: npt.NDArray[np.floating], strength: float = 0.5) -> Colors:
    """Mix the colours of the classes in proportion to their probabilities.

    Parameters
    ----------
    probabilities
        (..., n_classes); each row is divided by its sum, so one sigmoid per class serves too.
    strength
        How much of the classes' colour is left beside white, from 0 to 1: regions stay paler
        than the points on them.

    Returns
    -------
    (..., 3) array of colours.

    Examples
    --------
    >>> blend(np.array([[1.0, 0.0]]), strength=1.0).round(2)
    array([[0.53, 0.81, 0.92]])
    """
    shares = np.clip(probabilities, 0, None)
    totals = shares.sum(axis=-1, keepdims=True)
    n_classes = shares.shape[-1]
    shares = np.where(totals > 0, shares / np.where(totals > 0, totals, 1), 1 / n_classes)
    return strength * (shares @ class_colors(n_classes)) + (1 - strength) * WHITE
