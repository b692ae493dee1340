"""One pair of colors for every picture: class 0 is orange, class 1 is blue.

A color means what a network predicts, or the sign of a weight; all else is ink. Points have a
class's color, and the plane has its ground: paler on light paper, darker on dark paper, so that
points of a class stand out on their own ground. Both pairs, and the three further classes, stay
apart for color-blind eyes. All colors are RGB arrays from 0 to 1, so Matplotlib, a terminal and a
GIF show the same picture; the page's style sheet has the same ones.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from neurona.observe.scores import is_classification, labels_of

if TYPE_CHECKING:
    from neurona.engine.network import Network

Colors: TypeAlias = npt.NDArray[np.float64]  # (..., 3), red, green and blue from 0 to 1

GOLDEN_RATIO = 0.618033988749895


def _parse(*codes: str) -> Colors:
    return np.array([list(bytes.fromhex(code.removeprefix("#"))) for code in codes]) / 255


@dataclass(frozen=True, eq=False)
class Palette:
    """The colors on light or on dark paper, as in a style sheet.

    Parameters
    ----------
    paper, ink, soft, line
        The paper; lines and words; words of less weight; hairlines.
    undecided
        The ground where no class is more probable than another.
    classes, grounds
        The color of each class's points, and of the plane where that class is certain.
    """

    paper: str
    ink: str
    soft: str
    line: str
    undecided: str
    classes: tuple[str, ...]
    grounds: tuple[str, ...]

    def class_colors(self, n_classes: int) -> Colors:
        """Return the color of each class's points, (n_classes, 3)."""
        return np.concatenate([_parse(*self.classes), _more_hues(n_classes)])[:n_classes]

    def class_grounds(self, n_classes: int) -> Colors:
        """Return the color of the plane where each class is certain, (n_classes, 3)."""
        undecided = _parse(self.undecided)
        mixed = undecided + 0.25 * (_more_hues(n_classes) - undecided)
        return np.concatenate([_parse(*self.grounds), mixed])[:n_classes]


def _more_hues(n_classes: int) -> Colors:
    """Return colors for the classes after the fifth: their hues step by the golden ratio."""
    hues = 0.2 + np.arange(max(n_classes - 5, 0)) * GOLDEN_RATIO
    return np.array([colorsys.hsv_to_rgb(hue % 1, 0.6, 0.6) for hue in hues]).reshape(-1, 3)


LIGHT = Palette(
    paper="#fcfcfa", ink="#1a1d21", soft="#565d66", line="#dfe1e3", undecided="#f1f1ee",
    classes=("#b84a00", "#0a5c9e", "#00472a", "#5c1566", "#a044f0"),
    grounds=("#f5d5bb", "#c3dcf0", "#c4e3d0", "#e8d1eb", "#e0d4f1"),
)  # fmt: skip
DARK = Palette(
    paper="#141618", ink="#e9ebed", soft="#a5adb6", line="#30353a", undecided="#26292c",
    classes=("#ff9a57", "#69b5f2", "#5eeaa0", "#f2c9ff", "#bc86a1"),
    grounds=("#55300f", "#153a58", "#1a422c", "#462e4d", "#4f2b3e"),
)  # fmt: skip


def mixed(first: str, second: str, share: npt.ArrayLike) -> Colors:
    """Mix two colors: shares from 0 (the first) to 1 (the second), of any shape.

    Examples
    --------
    >>> mixed("#ffffff", "#000000", [0.0, 0.2])
    array([[1. , 1. , 1. ],
           [0.8, 0.8, 0.8]])
    """
    ends = _parse(first, second)
    colors: Colors = ends[0] + np.asarray(share)[..., None] * (ends[1] - ends[0])
    return colors


def diverging(values: npt.ArrayLike, palette: Palette = LIGHT) -> Colors:
    """Color numbers from 0 (class 0) through 0.5 (undecided) to 1 (class 1), clipped to these.

    So are signs: a negative weight has the color of class 0, a positive one that of class 1.

    Parameters
    ----------
    values
        Numbers of any shape.
    palette
        The colors.

    Returns
    -------
    (..., 3) array of colors.

    Examples
    --------
    >>> (255 * diverging([0.0, 0.5, 1.0])).round().tolist()
    [[184.0, 74.0, 0.0], [241.0, 241.0, 238.0], [10.0, 92.0, 158.0]]
    """
    return _through_undecided(values, palette.class_colors(2), palette)


def ground(values: npt.ArrayLike, palette: Palette = LIGHT) -> Colors:
    """Color the plane by numbers from 0 to 1, as :func:`diverging` colors what stands on it.

    Examples
    --------
    >>> (255 * ground([0.0, 1.0])).round().tolist()
    [[245.0, 213.0, 187.0], [195.0, 220.0, 240.0]]
    """
    return _through_undecided(values, palette.class_grounds(2), palette)


def _through_undecided(values: npt.ArrayLike, ends: Colors, palette: Palette) -> Colors:
    stops = np.stack([ends[0], _parse(palette.undecided)[0], ends[1]])
    values = np.asarray(values, dtype=np.float64)
    return np.stack([np.interp(values, (0, 0.5, 1), channel) for channel in stops.T], axis=-1)


def class_colors(n_classes: int) -> Colors:
    """Return the color of each class's points on light paper, (n_classes, 3).

    Examples
    --------
    >>> (class_colors(2) * 255).round().astype(int).tolist()
    [[184, 74, 0], [10, 92, 158]]
    """
    return LIGHT.class_colors(n_classes)


def regions(probabilities: npt.NDArray[np.floating], palette: Palette = LIGHT) -> Colors:
    """Color the plane by its most probable class, the paler the less certain it is.

    Parameters
    ----------
    probabilities
        (..., n_classes); each row is divided by its sum, so one sigmoid per class works too.
    palette
        The colors.

    Returns
    -------
    (..., 3) array of colors.

    Examples
    --------
    >>> (255 * regions(np.array([[1.0, 0.0], [0.5, 0.5]]))).round().tolist()
    [[245.0, 213.0, 187.0], [241.0, 241.0, 238.0]]
    """
    shares = np.clip(probabilities, 0, None)
    n_classes = shares.shape[-1]
    totals = shares.sum(axis=-1)
    largest = np.where(totals > 0, shares.max(axis=-1) / np.where(totals > 0, totals, 1), 0)
    certain = np.clip((largest - 1 / n_classes) / (1 - 1 / n_classes), 0, 1)[..., None]
    undecided = _parse(palette.undecided)[0]
    likeliest = palette.class_grounds(n_classes)[shares.argmax(axis=-1)]
    colors: Colors = undecided + certain * (likeliest - undecided)
    return colors


def confusion_colors(counts: npt.ArrayLike) -> Colors:
    """Color a confusion matrix, (n, n) to (n, n, 3): right predictions blue, wrong ones orange.

    Each row is shaded by its shares, so that rare classes show as well as frequent ones. Mistakes
    are shaded by the square root of their share, so that a single one is visible.

    Examples
    --------
    >>> confusion_colors([[4, 0], [0, 0]])[0, 1].round(2)
    array([0.95, 0.95, 0.93])
    """
    counts = np.asarray(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    right = np.eye(len(counts), dtype=bool)
    return diverging(np.where(right, 0.5 + shares / 2, 0.5 - np.sqrt(shares) / 2))


@dataclass(frozen=True)
class Scheme:
    """The colors of a network's predictions and of the points that it learns from.

    Parameters
    ----------
    n_classes
        The number of classes, or None for a regression.
    low, high
        The values with the colors of class 0 and of class 1, when one number is shown.
    palette
        The colors.
    """

    n_classes: int | None
    low: float = 0.0
    high: float = 1.0
    palette: Palette = field(default=LIGHT, repr=False)

    def surface(self, values: npt.ArrayLike, levels: int | None = None) -> Colors:
        """Color a network's outputs, (..., n_out) to (..., 3); in a regression, the first.

        With ``levels``, the outputs are rounded to that many steps, which show as bands.
        """
        values = np.asarray(values, dtype=np.float64)
        if self.n_classes is not None and values.shape[-1] > 1:
            banded = values if levels is None else np.round(values * levels) / levels
            return regions(banded, self.palette)
        share = (values[..., 0] - self.low) / (self.high - self.low)
        if levels is None:
            return ground(share, self.palette)
        bands = ground(np.linspace(0, 1, levels + 1), self.palette)
        colors: Colors = bands[np.clip(np.round(share * levels), 0, levels).astype(int)]
        return colors

    def points(self, y: npt.ArrayLike) -> Colors:
        """Color targets, (n,) or (n, n_out) to (n, 3)."""
        if self.n_classes is not None:
            return self.palette.class_colors(self.n_classes)[labels_of(y)]
        y = np.asarray(y, dtype=np.float64)
        share = (y.reshape(len(y), -1)[:, 0] - self.low) / (self.high - self.low)
        return diverging(share, self.palette)


def scheme_of(net: Network, y: npt.ArrayLike, palette: Palette = LIGHT) -> Scheme:
    """Choose the colors for a network and its targets: by class, or over the range of the numbers.

    A range with both signs becomes symmetric, so that zero has no color.

    Examples
    --------
    >>> from neurona import network
    >>> scheme_of(network([2, 3, 1]), [0, 1, 1])
    Scheme(n_classes=2, low=0.0, high=1.0)
    >>> scheme_of(network([2, 1], "linear"), [-0.5, 2.0])
    Scheme(n_classes=None, low=-2.0, high=2.0)
    """
    if is_classification(net, y):
        return Scheme(max(net.n_out, 2), palette=palette)
    return scheme_of_numbers(y, palette)


def scheme_of_numbers(y: npt.ArrayLike, palette: Palette = LIGHT) -> Scheme:
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
    return Scheme(None, low, high if high > low else low + 1, palette)
