"""Draw what layers hold and do: filters, feature maps, poolings, states, attention.

Signs have the two colors of all pictures: orange is negative, blue is positive. A layer is named by
its place, as :func:`neurona.observe.inside` names it: ``"1"``, or ``"2.1"`` within a composition;
without a name, it is the first of its kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.engine.layers.attention import MultiHeadAttention
from neurona.engine.layers.convolution import Conv1D, Conv2D
from neurona.engine.layers.pooling import MaxPool2D
from neurona.engine.layers.recurrent import Recurrent
from neurona.extras import require
from neurona.observe.colors import LIGHT, diverging
from neurona.observe.style import FAINT, GRAY, INK, LEGEND, axes_of, series_color, tidy
from neurona.observe.walk import Leaf, probed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from neurona.engine.network import Network
    from neurona.engine.types import Array, Params

GAP = 0.12  # between two tiles, in sides of a tile
FREE = 0.6  # between two layers
STRIP = 0.4  # the width of a row of numbers
BAR, BARS = 1.4, 2.4  # the longest bar of an output; with its name and number


def filters(
    net: Network,
    params: Params,
    ax: Axes | None = None,
    *,
    layer: str | None = None,
    most: int = 16,
) -> Axes:
    """Draw the filters of a convolution: blue weights are positive, orange ones negative.

    Each is a tile; where the input has several channels, a filter is a column with a tile for each.
    The scale is one for all, from minus the largest weight to plus the largest.

    Parameters
    ----------
    net, params
        The network and its parameters.
    ax
        Axes to draw on; by default those of a new figure.
    layer
        The convolution's place; by default the first's.
    most
        How many filters, and how many channels, to show.

    Raises
    ------
    ValueError
        If there is no such convolution.
    MissingExtra
        If Matplotlib is not installed.

    Examples
    --------
    >>> import neurona
    >>> from neurona.engine.network import Network
    >>> net = Network([neurona.Conv2D(6), neurona.Flatten(), neurona.Dense(2)], (8, 8, 1))
    >>> ax = filters(net, net.init(rng=0))
    >>> len(ax.images)
    6
    """
    leaf = _leaf(probed(net, params)[1], layer, "a convolution", (Conv1D, Conv2D))
    W = np.asarray(leaf.params.W, np.float64)
    if W.ndim == 3:  # of a series: the steps go from left to right
        W = W[None]
    channels, count = (min(n, most) for n in W.shape[2:])
    columns = count if channels > 1 else min(count, 8)
    rows = channels if channels > 1 else -(-count // columns)
    unit = 0.62 if max(rows, columns) > 8 else 0.8
    wide = W.shape[1] / max(W.shape[:2])
    tall = W.shape[0] / max(W.shape[:2])
    ax = axes_of(ax, 0.9 + unit * columns * (1 + GAP) * wide, 1.0 + unit * rows * (1 + GAP) * tall)
    largest = float(np.abs(W).max()) or 1.0
    for k in range(count):
        for m in range(channels):
            column, row = (k, m) if channels > 1 else (k % columns, k // columns)
            corner = (column * (wide + GAP), row * (tall + GAP))
            _tile(ax, diverging(0.5 + 0.5 * W[:, :, m, k] / largest), corner, (wide, tall))
    _close(ax, columns * (wide + GAP) - GAP, rows * (tall + GAP) - GAP)
    if channels > 1:
        middle = tall / 2 + np.arange(channels) * (tall + GAP)
        ax.set_yticks(middle, [str(m) for m in range(channels)])
        ax.set_ylabel(_shown("channels", channels, W.shape[2]))
    size = " x ".join(map(str, leaf.params.W.shape[:-1]))
    what = _shown(f"filters of {size}", count, W.shape[3])
    ax.set_xlabel(f"{what}, weights within ±{largest:.2g}")
    return ax


def feature_maps(
    net: Network,
    params: Params,
    x: ArrayLike,
    ax: Axes | None = None,
    *,
    classes: Sequence[str] | None = None,
    most: int = 8,
) -> Axes:
    """Draw an image on its way through all layers, from left to right.

    Each channel of a layer is a tile, and a row of numbers is a strip. In a layer one scale holds
    for all tiles: blue is positive, orange negative, and the paper's color is 0. Layers that only
    pass numbers on are left out. The output's numbers are bars.

    Parameters
    ----------
    net, params
        The network and its parameters.
    x : (height, width, channels)
        One image.
    ax
        Axes to draw on; by default those of a new figure.
    classes
        Names of the outputs; by default their numbers.
    most
        How many channels of a layer to show.

    Raises
    ------
    ValueError
        If the image does not fit the network, or the names are not one for each output.
    MissingExtra
        If Matplotlib is not installed.

    Examples
    --------
    >>> import neurona
    >>> net = neurona.network("8x8x1, conv 4, flatten, 3", output="softmax")
    >>> ax = feature_maps(net, net.init(rng=0), np.ones((8, 8, 1)))
    >>> len(ax.images), len(ax.patches)  # the image and four channels; three bars
    (5, 3)
    """
    example = _example(net, params, x)
    leaves = _passed(net, params, example)
    columns: list[tuple[str, Array]] = []
    before = example[0]
    for leaf in leaves.values():
        a = np.asarray(leaf.forward.a[0], np.float64)
        if a.size != before.size or not np.array_equal(a.ravel(), before.ravel()):
            columns.append((type(leaf.layer).__name__, a))
        before = a
    output = columns.pop()[1].ravel() if columns and columns[-1][1].ndim == 1 else None
    names = [*map(str, range(net.n_out))] if classes is None else [*map(str, classes)]
    if output is not None and len(names) != len(output):
        raise ValueError(f"{len(names)} names for {len(output)} outputs: give one for each")
    height = max([3.0, *(min(most, a.shape[-1]) for _, a in columns if a.ndim == 3)])
    height = float(min(height, max(3, -(-most // 2))))
    width = _widths(columns, height, most)
    whole = sum(width) + height + FREE * (len(width) + 1) + (BARS if output is not None else 0)
    ax = axes_of(ax, 0.85 * whole, 0.85 * height + 0.8)
    _picture(ax, example[0], (0.0, 0.0), height)
    _words(ax, height / 2, height, "image", in_words_of(example[0].shape))
    left = height + FREE
    for (name, a), own in zip(columns, width, strict=True):
        _column(ax, a, left, height, most)
        more = f"\n{most} shown" if a.ndim == 3 and most < a.shape[-1] else ""
        _words(ax, left + own / 2, height, name, in_words_of(a.shape) + more)
        left += own + FREE
    if output is not None:
        _bars(ax, output, names, left, height)
        _words(ax, left + 0.5 + BAR / 2, height, "output", net.output.name)
    ax.set(xlim=(-0.05, whole), ylim=(height + 0.05, -0.05))
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def pooling(
    net: Network,
    params: Params,
    x: ArrayLike,
    ax: Axes | None = None,
    *,
    layer: str | None = None,
    channel: int = 0,
) -> Axes:
    """Draw what a max pooling keeps: on the left a channel before it, on the right after it.

    A ring marks each number that is kept, a dot one that is as large as another of its window.

    Parameters
    ----------
    net, params
        The network and its parameters.
    x : (height, width, channels)
        One image.
    ax
        Axes to draw on; by default those of a new figure.
    layer
        The pooling's place; by default the first's.
    channel
        Which channel of it to draw.

    Raises
    ------
    ValueError
        If there is no such pooling or channel, or the image does not fit the network.
    MissingExtra
        If Matplotlib is not installed.

    Examples
    --------
    >>> import neurona
    >>> from neurona.engine.network import Network
    >>> net = Network([neurona.MaxPool2D(), neurona.Flatten(), neurona.Dense(1)], (4, 4, 1))
    >>> ax = pooling(net, net.init(rng=0), np.arange(16.0).reshape(4, 4, 1))
    >>> ax.collections[-2].get_offsets().tolist()  # column and row of each ring
    [[1.0, 1.0], [3.0, 1.0], [1.0, 3.0], [3.0, 3.0]]
    """
    leaf = _leaf(_passed(net, params, _example(net, params, x)), layer, "a max pooling", MaxPool2D)
    channels = leaf.x.shape[-1]
    if not 0 <= channel < channels:
        raise ValueError(f"channel is {channel}: the pooling has {channels}, from 0 on")
    shares, _ = leaf.forward.z_pullback(np.ones_like(leaf.forward.z))
    before, after = (np.asarray(a[0, ..., channel]) for a in (leaf.x, leaf.forward.a))
    rows, columns = before.shape
    ax = axes_of(ax, 6.4, 6.4 * rows / (2 * columns) + 0.9)
    largest = float(np.abs(before).max()) or 1.0
    free = 0.16 * columns
    right = columns + free
    for values, left in ((before, 0.0), (after, right)):
        _tile(ax, diverging(0.5 + 0.5 * values / largest), (left - 0.5, -0.5), (columns, rows))
    height, width = leaf.layer.size
    if leaf.layer.stride is None and leaf.layer.padding == "valid":  # windows side by side
        _lines(ax, range(width, columns, width), range(height, rows, height), columns, rows)
    alone, equal = (np.argwhere(own) for own in _kept(shares[0, ..., channel]))
    side = 6.4 * 72 / (2 * columns + free)  # of a number, in points
    for color, width in (("white", 2.6), (INK, 1.2)):
        ax.scatter(
            alone[:, 1], alone[:, 0], s=(0.45 * side) ** 2, facecolors="none", edgecolors=color,
            linewidths=width, zorder=3,
        )  # fmt: skip
    ax.scatter(equal[:, 1], equal[:, 0], s=(0.1 * side) ** 2, c=GRAY, linewidths=0, zorder=3)
    _close(ax, right + columns, rows, -0.5)
    ax.set_xticks(
        [columns / 2 - 0.5, right + columns / 2 - 0.5],
        [f"{in_words_of(before.shape)}, the kept ones ringed", in_words_of(after.shape)],
    )
    return ax


def _lines(ax: Axes, across: range, down: range, columns: int, rows: int) -> None:
    """Draw the borders of windows that stand side by side."""
    style: Any = {"colors": "white", "linewidths": 2.0, "zorder": 2}
    ax.vlines([k - 0.5 for k in across], -0.5, rows - 0.5, **style)
    ax.hlines([k - 0.5 for k in down], -0.5, columns - 0.5, **style)


def _kept(shares: Array) -> tuple[Array, Array]:
    """Return which numbers win a window alone, and which are as large as another one."""
    alone = np.isclose(shares, np.round(shares)) & (shares > 0)
    return alone, (shares > 0) & ~alone


def states(
    net: Network,
    params: Params,
    x: ArrayLike,
    ax: Axes | None = None,
    *,
    layer: str | None = None,
    of: str = "h",
    labels: Iterable[str] | None = None,
    features: Sequence[str] | None = None,
) -> Axes:
    """Draw the state of a recurrence over time: a row for each unit, a column for each step.

    Above it stands the input, as lines. Blue is positive, orange negative.

    Parameters
    ----------
    net, params
        The network and its parameters.
    x : (steps, features), or (steps,)
        One series, or one text as the indices of an embedding.
    ax
        Axes to draw on; by default those of a new figure.
    layer
        The recurrence's place; by default the first's.
    of
        Which of its numbers: ``"h"``, or a gate, such as ``"z"`` of a GRU or ``"f"`` of an LSTM.
    labels
        A label for each step, such as the characters of a text.
    features
        Names of the input's first features, of which four are drawn.

    Raises
    ------
    ValueError
        If there is no such recurrence or gate, the series does not fit the network, or the labels
        are not one for each step.
    MissingExtra
        If Matplotlib is not installed.
    """
    example = _example(net, params, x)
    leaf: Any = _leaf(_passed(net, params, example), layer, "a recurrence", Recurrent)
    found = leaf.layer.states(leaf.params, leaf.x)
    if of not in found:
        raise ValueError(f"of is {of!r}: {type(leaf.layer).__name__} has {', '.join(found)}")
    values = np.asarray(found[of][0], np.float64).T  # (units, steps)
    units, steps = values.shape
    ax = axes_of(ax, float(np.clip(1.2 + 0.16 * steps, 5.6, 11)), 3.8)
    largest = float(np.abs(values).max()) or 1.0
    ax.imshow(
        diverging(0.5 + 0.5 * values / largest), aspect="auto", interpolation="nearest",
        extent=(-0.5, steps - 0.5, units - 0.5, -0.5),
    )  # fmt: skip
    ax.set(xlabel="step", ylabel=f"unit, {of} within ±{largest:.2g}")
    tidy(ax)
    ax.spines[["left", "bottom"]].set_visible(False)
    _label_steps(ax, labels, steps)
    if example.ndim == 3 and example.shape[1] == steps:
        above = ax.inset_axes((0, 1.04, 1, 0.36), sharex=ax)
        for k, line in enumerate(example[0].T[:4]):
            label = features[k] if features is not None and k < len(features) else None
            above.plot(range(steps), line, color=series_color(k), linewidth=1.4, label=label)
        tidy(above, grid="y")
        above.tick_params(labelbottom=False)
        above.spines["bottom"].set_visible(False)
        above.set_ylabel("input")
        if features is not None:
            above.legend(
                **LEGEND, fontsize=9, ncols=4, loc="lower right", bbox_to_anchor=(1, 1), borderpad=0
            )
    return ax


def attention(
    net: Network,
    params: Params,
    x: ArrayLike,
    ax: Axes | None = None,
    *,
    layer: str | None = None,
    labels: Iterable[str] | None = None,
) -> Axes:
    """Draw how much each step takes of each other: a square for each head, rows are who takes.

    The darker a cell, the larger its weight; each row's weights add up to 1.

    Parameters
    ----------
    net, params
        The network and its parameters.
    x : (steps, features), or (steps,)
        One series, or one text as the indices of an embedding.
    ax
        Axes to draw on; by default those of a new figure.
    layer
        The attention's place; by default the first's.
    labels
        A label for each step, such as the words of a text.

    Raises
    ------
    ValueError
        If there is no such attention, the series does not fit the network, or the labels are not
        one for each step.
    MissingExtra
        If Matplotlib is not installed.
    """
    leaf: Any = _leaf(
        _passed(net, params, _example(net, params, x)), layer, "an attention", MultiHeadAttention
    )
    weights = np.asarray(leaf.layer.weights(leaf.params, leaf.x)[0], np.float64)
    heads, steps, _ = weights.shape
    ax = axes_of(ax, float(np.clip(2.6 * heads + 0.6, 3.4, 11)), 3.3)
    free = 0.14 * steps
    for k, head in enumerate(weights):
        left = k * (steps + free)
        _tile(ax, diverging(0.5 + 0.5 * head / weights.max()), (left - 0.5, -0.5), (steps, steps))
        ax.text(
            left + (steps - 1) / 2, -0.5 - 0.04 * steps, f"head {k + 1}",
            ha="center", va="bottom", color=GRAY, fontsize=10,
        )  # fmt: skip
    _close(ax, heads * (steps + free) - free, steps, -0.5)
    names = _names(labels, steps)
    every = max(1, steps // 30) if labels is not None else max(1, steps // 6)
    shown = range(0, steps, every)
    ax.set_yticks(shown, [names[t] for t in shown])
    ax.set_xticks(
        [k * (steps + free) + t for k in range(heads) for t in shown],
        [names[t] for _ in range(heads) for t in shown],
        rotation=90 if labels is not None and max(map(len, names)) > 1 else 0,
    )
    if labels is not None:
        ax.tick_params(labelsize=float(np.clip(150 / steps, 5, 9)))
    ax.set(xlabel="takes from", ylabel="step")
    return ax


# -------------------------------------------------------------------------------- the layers


def _example(net: Network, params: Params, x: ArrayLike) -> Array:
    """Return one example with the batch's axis, or say that it or the parameters do not fit."""
    net.check_params(params)
    given = np.asarray(x)
    if given.shape == (1, *net.in_shape):
        given = given[0]
    if given.shape != net.in_shape:
        raise ValueError(f"x has shape {given.shape}: give one example of shape {net.in_shape}")
    return given[None]


def _passed(net: Network, params: Params, example: Array) -> dict[str, Leaf]:
    """Return the layers with what passes through them in one prediction."""
    probe, leaves = probed(net, params)
    with np.errstate(all="ignore"):
        probe.forward(params, example.astype(np.float64))
    return leaves


def _leaf(leaves: dict[str, Leaf], place: str | None, what: str, kind: Any) -> Leaf:
    """Return the layer at a place, or the first of a kind."""
    fitting = [leaf for leaf in leaves.values() if isinstance(leaf.layer, kind)]
    if not fitting:
        kinds = ", ".join(type(leaf.layer).__name__ for leaf in leaves.values())
        raise ValueError(f"no layer of the network is {what}: its layers are {kinds}")
    if place is None:
        return fitting[0]
    found = [leaf for leaf in fitting if leaf.place == str(place)]
    if not found:
        places = ", ".join(leaf.place for leaf in fitting)
        raise ValueError(f"layer is {place!r}, which is not {what}: choose from {places}")
    return found[0]


# --------------------------------------------------------------------------------- the tiles


def _tile(ax: Axes, colors: Array, corner: tuple[float, float], size: tuple[float, float]) -> None:
    """Draw an image with its upper left corner at a place, y going down, and a hairline around."""
    (left, top), (width, height) = corner, size
    ax.imshow(
        colors, extent=(left, left + width, top + height, top), interpolation="nearest", zorder=1
    )
    x, y = np.array([0, 1, 1, 0, 0]), np.array([0, 0, 1, 1, 0])
    ax.plot(left + width * x, top + height * y, color=FAINT, linewidth=0.6, zorder=2)


def _close(ax: Axes, width: float, height: float, at: float = 0.0) -> None:
    """Show all tiles, and no frame."""
    ax.set(xlim=(at - 0.05, at + width + 0.05), ylim=(at + height + 0.05, at - 0.05))
    ax.set_aspect("equal")
    ax.set(xticks=[], yticks=[])
    tidy(ax)
    ax.spines[["left", "bottom"]].set_visible(False)


def _gray(image: Array) -> Array:
    """Return an image's colors: from paper to ink for one channel, as they are for three."""
    values = np.asarray(image, np.float64)
    low, high = float(values.min()), float(values.max())
    share = (values - low) / (high - low if high > low else 1)
    if image.shape[-1] == 3:
        return share
    paper, ink = (np.array([*bytes.fromhex(one[1:])]) / 255 for one in (LIGHT.undecided, LIGHT.ink))
    colors: Array = paper + share.mean(axis=-1, keepdims=True) * (ink - paper)
    return colors


def _picture(ax: Axes, image: Array, corner: tuple[float, float], side: float) -> None:
    height, width = (n / max(image.shape[:2]) * side for n in image.shape[:2])
    left, top = corner
    _tile(ax, _gray(image), (left, top + (side - height) / 2), (width, height))


def _grid(a: Array, height: float, most: int) -> tuple[int, int, float]:
    """Return the columns and rows of a layer's tiles, and a tile's side."""
    shown = min(most, a.shape[-1])
    rows = min(shown, max(1, int(height)))
    return -(-shown // rows), rows, height / (rows + GAP * (rows - 1))


def _widths(columns: list[tuple[str, Array]], height: float, most: int) -> list[float]:
    """Return the width of each layer's tiles, or of its strip."""
    grids = [_grid(a, height, most) for _, a in columns]
    return [
        (across + GAP * (across - 1)) * side if a.ndim == 3 else STRIP
        for (_, a), (across, _, side) in zip(columns, grids, strict=True)
    ]


def _column(ax: Axes, a: Array, left: float, height: float, most: int) -> None:
    """Draw the output of one layer: a tile for each channel, or a strip."""
    colors = diverging(0.5 + 0.5 * a / (float(np.abs(a).max()) or 1.0))
    if a.ndim != 3:
        _tile(ax, colors if a.ndim == 2 else colors[:, None], (left, 0.0), (STRIP, height))
        return
    across, _, side = _grid(a, height, most)
    for k in range(min(most, a.shape[-1])):
        column, row = k % across, k // across
        corner = (left + column * side * (1 + GAP), row * side * (1 + GAP))
        _tile(ax, colors[:, :, k], corner, (side, side))


def _bars(ax: Axes, output: Array, names: list[str], left: float, height: float) -> None:
    largest = max(float(np.abs(output).max()), 1e-12)
    step = height / len(output)
    patch = require("matplotlib.patches", extra="plot").Rectangle
    best = int(output.argmax())
    for k, (value, name) in enumerate(zip(output, names, strict=True)):
        y = (k + 0.5) * step
        length = BAR * abs(float(value)) / largest
        color = INK if k == best else GRAY
        ax.add_patch(patch((left + 0.5, y - 0.32 * step), length, 0.64 * step, color=color))
        ax.text(left + 0.38, y, name, ha="right", va="center", color=color, fontsize=9)
        if k == best:
            ax.text(left + 0.62 + length, y, f"{value:.2f}", va="center", color=INK, fontsize=9)


def _words(ax: Axes, x: float, height: float, name: str, shape: str) -> None:
    """Write a layer's name and shape under it."""
    for text, points, size, color in ((name, -5, 9, INK), (shape, -18, 8, GRAY)):
        ax.annotate(
            text, (x, height), (0, points), textcoords="offset points", ha="center", va="top",
            color=color, fontsize=size,
        )  # fmt: skip


def _shown(what: str, shown: int, of: int) -> str:
    return f"{of} {what}" if shown == of else f"{shown} of {of} {what}"


def _names(labels: Iterable[str] | None, steps: int) -> list[str]:
    names = [*map(str, range(steps))] if labels is None else [*map(str, labels)]
    if len(names) != steps:
        raise ValueError(f"{len(names)} labels for {steps} steps: give one for each")
    return names


def _label_steps(ax: Axes, labels: Iterable[str] | None, steps: int) -> None:
    if labels is not None:
        ax.set_xticks(range(steps), _names(labels, steps))
        ax.set_xlabel("")


def in_words_of(shape: Sequence[int]) -> str:
    """Say the shape of numbers, an image's without its single channel."""
    known = shape[:-1] if len(shape) == 3 and shape[-1] == 1 else shape
    return " x ".join(map(str, known))
