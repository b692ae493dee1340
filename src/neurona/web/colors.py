"""The page's colors, for the GIF that it downloads.

They are those of ``drawing/colors.ts`` and ``styles/app.css`` in ``frontend/src``: orange to blue
through the background, and for classes the palette of Okabe and Ito, which color-blind people can
tell apart (https://jfly.uni-koeln.de/color/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from neurona.engine.network import Network
from neurona.observe.colors import Colors
from neurona.observe.film import Look
from neurona.observe.scores import is_classification, labels_of

NEGATIVE, POSITIVE = (213, 94, 0), (0, 114, 178)
CLASSES = (NEGATIVE, POSITIVE, (0, 158, 115), (204, 121, 167), (230, 159, 0))
GROUNDS = {"light": (247, 247, 245), "dark": (32, 36, 40)}


@dataclass(frozen=True)
class PageScheme:
    """The page's colors of predictions and points.

    Parameters
    ----------
    n_classes
        The number of classes, or None for a regression with values from -1 to 1.
    ground
        The color of an undecided prediction, in bytes.

    Examples
    --------
    >>> scheme = PageScheme(2, ground=(255, 255, 255))
    >>> (255 * scheme.surface([[0.5], [1.0]])).round().tolist()  # to blue, and not all the way
    [[255.0, 255.0, 255.0], [92.0, 165.0, 206.0]]
    """

    n_classes: int | None
    ground: tuple[int, int, int]

    def surface(self, values: npt.ArrayLike, levels: int | None = None) -> Colors:
        """Color a network's outputs, (..., n_out) to (..., 3); levels make bands."""
        values = np.asarray(values, dtype=np.float64)
        if levels is not None:
            values = np.round(values * levels) / levels
        if values.shape[-1] == 1:
            signed = values[..., 0] if self.n_classes is None else 2 * values[..., 0] - 1
            return self._diverging(0.75 * np.clip(signed, -1, 1))
        even = 1 / values.shape[-1]
        sure = np.clip((values.max(axis=-1) - even) / (1 - even), 0, 1)
        return self._mixed(np.array(CLASSES)[values.argmax(axis=-1)], 0.1 + 0.55 * sure)

    def points(self, y: npt.ArrayLike) -> Colors:
        """Color targets, (n,) or (n, n_out) to (n, 3)."""
        if self.n_classes is not None:
            return np.array(CLASSES)[labels_of(y)] / 255
        y = np.asarray(y, dtype=np.float64)
        return self._diverging(y.reshape(len(y), -1)[:, 0])

    def _diverging(self, values: Colors) -> Colors:
        """Color numbers from -1 (orange) through the background to 1 (blue)."""
        ends = np.where(values[..., None] < 0, NEGATIVE, POSITIVE)
        return self._mixed(ends, 0.85 * np.minimum(abs(values), 1))

    def _mixed(self, colors: Colors, share: Colors) -> Colors:
        ground = np.array(self.ground)
        mixed: Colors = (ground + (colors - ground) * share[..., None]) / 255
        return mixed


def _scheme(ground: tuple[int, int, int], net: Network, y: npt.ArrayLike) -> PageScheme:
    return PageScheme(max(net.n_out, 2) if is_classification(net, y) else None, ground)


LOOKS: Mapping[str, Look] = {
    "light": Look(
        scheme=partial(_scheme, GROUNDS["light"]),
        paper="#ffffff", ink="#1d2126", soft="#5a626c", faint="#d9dcdf", line="#1d2126",
    ),
    "dark": Look(
        scheme=partial(_scheme, GROUNDS["dark"]),
        paper="#1b1f23", ink="#e8eaec", soft="#a2abb4", faint="#343b42", line="#e8eaec",
    ),
}  # fmt: skip
