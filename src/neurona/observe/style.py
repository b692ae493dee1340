"""How pictures look: inks, axes and frames, which leave the user's style alone."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from neurona.extras import require
from neurona.observe.colors import LIGHT, class_colors

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = LIGHT.ink  # text, curves, boundaries
GRAY = LIGHT.soft  # tick labels, secondary text
FAINT = LIGHT.line  # grids, frames
NEGATIVE, POSITIVE = LIGHT.classes[:2]
LEGEND: dict[str, Any] = {"labelcolor": INK, "edgecolor": "none", "framealpha": 0.9}


def png(figure: Any, **options: Any) -> bytes:
    """Return a figure as the bytes of a PNG file; the options are those of ``savefig``."""
    data = BytesIO()
    figure.savefig(data, format="png", **options)
    return data.getvalue()


def series_color(k: int) -> Any:
    """Return the color of the k-th of several curves: ink first, and none that means a class."""
    return (INK, GRAY)[k] if k < 2 else class_colors(9)[k % 7 + 2]


def axes_of(ax: Axes | None, width: float, height: float) -> Axes:
    """Return the given axes, or those of a new figure, which a notebook shows automatically."""
    pyplot = require("matplotlib.pyplot", extra="plot")
    if ax is not None:
        return ax
    new: Axes = pyplot.figure(figsize=(width, height), layout="constrained").add_subplot()
    return new


def tidy(ax: Axes, grid: Literal["both", "x", "y"] | None = None) -> None:
    """Tone down frame, ticks and grid, on these axes alone and not in the user's style."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(FAINT)
    ax.tick_params(which="both", length=0, colors=GRAY, labelsize=9)
    ax.xaxis.label.set(color=INK, fontsize=10)
    ax.yaxis.label.set(color=INK, fontsize=10)
    ax.set_axisbelow(True)
    if grid is not None:
        ax.grid(axis=grid, color=FAINT, linewidth=0.8)
