"""The picture of a sweep: in each cell its share, and the band of its curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.extras import require
from neurona.language import Language, Text
from neurona.observe.colors import LIGHT, mixed
from neurona.observe.figures import GRAY, INK, tidy
from neurona.sweeps.axes import Axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from neurona.engine.types import Array

CELL = 0.62  # inches
BORDER = 0.5  # the share where a map says that a network learns
ROOM, ABOVE = 0.12, 0.36  # of a cell, around its curves, and above them for the number
TITLE = Text(
    "Seeds that succeed, of {seeds}: {measure} below {below}",
    "Semillas que lo logran, de {seeds}: {measure} por debajo de {below}",
)
NAMES = {
    "learning_rate": Text("learning rate", "tasa de aprendizaje"),
    "topology": Text("hidden layers", "capas ocultas"),
    "hidden_layer_sizes": Text("hidden layers", "capas ocultas"),
    "depth": Text("depth", "profundidad"),
    "activation": Text("activation", "activación"),
    "initializer": Text("initial weights", "pesos iniciales"),
    "optimizer": Text("optimizer", "optimizador"),
    "batch_size": Text("batch size", "ejemplos por paso"),
    "cost": Text("cost", "coste"),
}
MEASURES = {
    "cost": Text("cost", "coste"),
    "cost of validation": Text("cost of validation", "coste de validación"),
    "1 - accuracy": Text("1 - accuracy", "1 - exactitud"),
}


def draw(
    axes: Sequence[Axis],
    costs: Array,
    share: Array,
    curves: Array,
    about: dict[str, Any],
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw the map: the first axis from left to right, all others from top to bottom.

    Parameters
    ----------
    axes, costs, share
        Those of the sweep.
    curves : (*shape, 3, moments)
        The band of each cell.
    about
        ``seeds``, ``measure`` and ``below``, for the title.
    ax
        Where to draw.
    language
        The language of the title and the axes.
    """
    columns, rest = axes[0], axes[1:]
    n_columns = len(columns.values)
    rows = list(np.ndindex(*(len(axis.values) for axis in rest)))
    shares = share.reshape(n_columns, -1).T
    counts = np.sum(~np.isnan(costs), axis=-1).reshape(n_columns, -1).T
    if ax is None:
        pyplot = require("matplotlib.pyplot", extra="plot")
        size = CELL * n_columns + 1.8, CELL * len(rows) + 1.3
        ax = pyplot.figure(figsize=size, layout="constrained").add_subplot()
    colors = np.where(np.isnan(shares)[..., None], 1.0, mixed(LIGHT.paper, INK, _inks(shares)))
    ax.imshow(colors, aspect="auto", interpolation="nearest")
    for row, column in zip(*np.nonzero(counts), strict=True):
        dark = shares[row, column] >= BORDER
        said = f"{round(shares[row, column] * counts[row, column])}"
        ax.text(
            column + 0.42, row - 0.42, said, ha="right", va="top", fontsize=8,
            color="white" if dark else INK,
        )  # fmt: skip
    _draw_curves(ax, curves.reshape(n_columns, len(rows), *curves.shape[-2:]), shares)
    for edge in range(1, n_columns):
        ax.axvline(edge - 0.5, color="white", linewidth=1.5)
    for edge in range(1, len(rows)):
        ax.axhline(edge - 0.5, color="white", linewidth=1.5)
    tidy(ax)
    ax.spines[["left", "bottom"]].set_visible(False)
    turned = max(map(len, columns.labels)) > 5
    ax.set_xticks(range(n_columns), columns.labels, rotation=45 if turned else 0,
                  ha="right" if turned else "center", rotation_mode="anchor")  # fmt: skip
    labels = [" · ".join(axis.labels[k] for axis, k in zip(rest, row, strict=True)) for row in rows]
    ax.set_yticks(range(len(rows)), labels if rest else [""] * len(rows))
    ax.set_xlabel(name(columns.name, language))
    ax.set_ylabel(" · ".join(name(axis.name, language) for axis in rest))
    measure = MEASURES.get(about["measure"], about["measure"])
    title = TITLE.say(language, **{**about, "measure": measure})
    ax.set_title(title, fontsize=10, color=INK, loc="left")
    return ax


def _inks(shares: Array) -> Array:
    """Return how dark cells are, from 0 to 1: with a leap at the border, as on the page."""
    known = np.nan_to_num(shares)
    return np.where(known < BORDER, 0.04 + 0.64 * known, 0.64 + 0.72 * (known - BORDER))


def name(setting: str, language: Language) -> str:
    """Return the words for a setting.

    >>> name("learning_rate", "es"), name("weight_decay", "en")
    ('tasa de aprendizaje', 'weight decay')
    """
    known = NAMES.get(setting)
    return setting.replace("_", " ") if known is None else known.say(language)


def _draw_curves(ax: Axes, bands: Array, shares: Array) -> None:
    """Draw the band of each cell in it, all on one logarithmic scale."""
    there = bands[np.isfinite(bands) & (bands > 0)]
    if not there.size:
        return
    low, high = np.log(there.min()), np.log(there.max())
    x = np.linspace(ROOM - 0.5, 0.5 - ROOM, bands.shape[-1])
    for column, row in np.ndindex(*bands.shape[:2]):
        band = bands[column, row]
        if np.isnan(band).all():
            continue
        with np.errstate(divide="ignore"):
            logs = np.log(np.clip(np.where(np.isnan(band), np.inf, band), 0, there.max()))
        part = np.clip((logs - low) / ((high - low) or 1), 0, 1)
        y = row + 0.5 - ROOM - part * (1 - ROOM - ABOVE)
        dark = shares[row, column] >= BORDER
        color = "white" if dark else GRAY
        ax.fill_between(column + x, y[0], y[2], color=color, alpha=0.35, linewidth=0)
        ax.plot(column + x, y[1], color=color, linewidth=1.2)
