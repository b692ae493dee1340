"""One palette for every picture, built on the tutorial's two colors.

Class 0 is sky blue and class 1 salmon, on a surface that goes from blue through white to red. More
classes have colors that color-blind people can tell apart. All colors are RGB arrays from 0 to 1,
so Matplotlib, a terminal and a GIF show the same picture.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from neurona.observe.scores import is_classification, labels_of

if TYPE_CHECKING:
    from neurona.engine.network import Network

Colors: TypeAlias = npt.NDArray[np.float64]  # (..., 3), red, green and blue from 0 to 1


def _parse(*codes: str) -> Colors:
    return np.array([list(bytes.fromhex(code)) for code in codes]) / 255


SKYBLUE, SALMON = _parse("87ceeb", "fa8072")
DIVERGING = _parse("3573b9", "74abd9", "b9d6ec", "f5f4f2", "f6c4b8", "e88b78", "c2423a")
# Paul Tol's "bright" scheme, gray left out, and his "muted" one for more classes:
# https://personal.sron.nl/~pault/
BRIGHT = _parse("4477aa", "ee6677", "228833", "ccbb44", "66ccee", "aa3377")
MUTED = _parse(
    "88ccee", "cc6677", "117733", "ddcc77", "332288", "aa4499", "44aa99", "882255", "999933"
)
GOLDEN_RATIO = 0.618033988749895
WHITE = np.ones(3)


def diverging(values: npt.ArrayLike) -> Colors:
    """Color numbers from 0 (blue) through 0.5 (white) to 1 (red); values outside are clipped.

    Parameters
    ----------
    values
        Numbers of any shape.

    Returns
    -------
    (..., 3) array of colors.

    Examples
    --------
    >>> diverging([0.5]).round(2)
    array([[0.96, 0.96, 0.95]])
    """
    values = np.asarray(values, dtype=np.float64)
    stops = np.linspace(0, 1, len(DIVERGING))
    return np.stack([np.interp(values, stops, channel) for channel in DIVERGING.T], axis=-1)


def class_colors(n_classes: int) -> Colors:
    """Return the color of each class's points, (n_classes, 3).

    Two classes have the tutorial's colors, and up to nine have Paul Tol's. Beyond that, hues step
    by the golden ratio, which keeps neighbors apart for any number of classes.

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
    """Mix the colors of the classes in proportion to their probabilities.

    Parameters
    ----------
    probabilities
        (..., n_classes); each row is divided by its sum, so one sigmoid per class works too.
    strength
        The share of the classes' color, from 0 to 1; the rest is white. Regions stay paler than the
        points on them.

    Returns
    -------
    (..., 3) array of colors.

    Examples
    --------
    >>> blend(np.array([[1.0, 0.0]]), strength=1.0).round(2)
    array([[0.53, 0.81, 0.92]])
    """
    shares = np.clip(probabilities, 0, None)
    totals = shares.sum(axis=-1, keepdims=True)
    n_classes = shares.shape[-1]
    shares = np.where(totals > 0, shares / np.where(totals > 0, totals, 1), 1 / n_classes)
    mixed: Colors = strength * (shares @ class_colors(n_classes)) + (1 - strength) * WHITE
    return mixed


def confusion_colors(counts: npt.ArrayLike) -> Colors:
    """Color a confusion matrix, (n, n) to (n, n, 3): right predictions blue, wrong ones red.

    Each row is shaded by its shares, so that rare classes show as well as frequent ones. Mistakes
    are shaded by the square root of their share, so that a single one is visible.

    Examples
    --------
    >>> confusion_colors([[4, 0], [0, 0]])[0, 1].round(2)
    array([0.96, 0.96, 0.95])
    """
    counts = np.asarray(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    right = np.eye(len(counts), dtype=bool)
    return diverging(np.where(right, 0.5 - shares / 2, 0.5 + np.sqrt(shares) / 2))


@dataclass(frozen=True)
class Scheme:
    """The colors of a network's predictions and of the points that it learns from.

    Parameters
    ----------
    n_classes
        The number of classes, or None for a regression.
    low, high
        The bluest and the reddest value, when one number is shown.
    """

    n_classes: int | None
    low: float = 0.0
    high: float = 1.0

    def surface(self, values: npt.ArrayLike, levels: int | None = None) -> Colors:
        """Color a network's outputs, (..., n_out) to (..., 3); in a regression, the first.

        With ``levels``, the outputs are rounded to that many steps, which show as bands.
        """
        values = np.asarray(values, dtype=np.float64)
        if self.n_classes is not None and values.shape[-1] > 1:
            return blend(values if levels is None else np.round(values * levels) / levels)
        share = (values[..., 0] - self.low) / (self.high - self.low)
        if levels is None:
            return diverging(share)
        bands = diverging(np.linspace(0, 1, levels + 1))
        colors: Colors = bands[np.clip(np.round(share * levels), 0, levels).astype(int)]
        return colors

    def points(self, y: npt.ArrayLike) -> Colors:
        """Color targets, (n,) or (n, n_out) to (n, 3)."""
        if self.n_classes is not None:
            return class_colors(self.n_classes)[labels_of(y)]
        y = np.asarray(y, dtype=np.float64)
        return diverging((y.reshape(len(y), -1)[:, 0] - self.low) / (self.high - self.low))


def scheme_of(net: Network, y: npt.ArrayLike) -> Scheme:
    """Choose the colors for a network and its targets: by class, or over the range of the numbers.

    A range with both signs becomes symmetric, so that zero is white.

    Examples
    --------
    >>> from neurona import network
    >>> scheme_of(network([2, 3, 1]), [0, 1, 1])
    Scheme(n_classes=2, low=0.0, high=1.0)
    >>> scheme_of(network([2, 1], "linear"), [-0.5, 2.0])
    Scheme(n_classes=None, low=-2.0, high=2.0)
    """
    return Scheme(max(net.n_out, 2)) if is_classification(net, y) else scheme_of_numbers(y)


def scheme_of_numbers(y: npt.ArrayLike) -> Scheme:
    """Choose the colors of a regression from its targets.

    Examples
    --------
    >>> scheme_of_numbers([1.0, 3.0])
    Scheme(n_classes=None, low=1.0, high=3.0)
    """
    y = np.asarray(y, dtype=np.float64)
    low, high = float(y.min()), float(y.max())
    if low < 0 < high:
        low, high = -max(-low, high), max(-low, high)
    return Scheme(None, low, high if high > low else low + 1)
