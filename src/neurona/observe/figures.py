"""Draw pictures with Matplotlib; this module is ``neurona.plot``.

Every function draws on the axes it is given, or on those of a new figure, and returns them: at the
end of a notebook's cell the picture shows, and in a script ``.figure.savefig("name.png")`` saves
it. The functions leave the user's style alone. The first picture imports Matplotlib.

>>> import neurona
>>> ax = neurona.plot.activation("tanh")
>>> ax.get_xlabel()
'z'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.checks import check_array
from neurona.extras import require
from neurona.observe import numbers, scores
from neurona.observe.colors import (
    Scheme,
    class_colors,
    confusion_colors,
    diverging,
    scheme_of,
    scheme_of_numbers,
)
from neurona.observe.layer_figures import attention, feature_maps, filters, pooling, states
from neurona.observe.style import (
    FAINT,
    GRAY,
    INK,
    LEGEND,
    NEGATIVE,
    POSITIVE,
    axes_of,
    png,
    series_color,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from neurona.engine.activations import Activation
    from neurona.engine.network import Network
    from neurona.engine.types import Array, Params
    from neurona.observe.numbers import Features, Limits, Surface

__all__ = [
    "FAINT", "GRAY", "INK", "LEGEND", "NEGATIVE", "POSITIVE", "activation", "attention",
    "confusion", "cost_curve", "feature_maps", "filters", "gradient_sizes", "network", "png",
    "points", "pooling", "states", "surface", "tidy",
]  # fmt: skip

# ------------------------------------------------------------------------------- the plane


def surface(
    net: Network,
    params: Params,
    X: ArrayLike,
    y: ArrayLike,
    ax: Axes | None = None,
    *,
    resolution: int = 100,
    limits: Limits | None = None,
    features: Features | None = None,
) -> Axes:
    """Draw the predictions of a network of two inputs over the plane, and the points on it.

    With two classes, orange is 0 and blue is 1, and the line is where the output is one half. With
    several, each region has the color of its most probable class, paler where that is less certain.
    In a regression, points and plane share one scale, shown by a color bar.

    Parameters
    ----------
    net, params
        The network and its parameters, such as ``state.params``.
    X : (n, 2)
        The points.
    y : (n,) or (n, n_out)
        Their targets, as for :func:`neurona.train`.
    ax
        Axes to draw on; by default those of a new figure.
    resolution
        Points of the grid on each side.
    limits
        The rectangle ``(left, right, bottom, top)``; by default it holds the points and a margin.
    features
        A function from points ``(n, 2)`` to the network's inputs ``(n, n_in)``, if these are not
        the points themselves.

    Returns
    -------
    The axes.

    Raises
    ------
    ValueError
        If the inputs do not fit the network.
    MissingExtra
        If Matplotlib is not installed.

    Examples
    --------
    >>> import neurona
    >>> X, y = neurona.datasets.circles(rng=0)
    >>> net = neurona.network([2, 4, 8, 1])
    >>> ax = surface(net, net.init(rng=0), X, y)
    >>> ax.figure.savefig("surface.png")  # doctest: +SKIP
    """
    scheme = scheme_of(net, y)
    plane = numbers.surface(net, params, X, limits=limits, resolution=resolution, features=features)
    ax = axes_of(ax, 4.6, 4.6)
    ax.imshow(scheme.surface(plane.values), **image_options(plane))
    if scheme.n_classes is not None:
        draw_boundaries(ax, plane)
    draw_points(ax, X, scheme.points(y))
    frame_plane(ax, plane.limits)
    if scheme.n_classes is None:
        _color_bar(ax, scheme)
    return ax


def points(X: ArrayLike, y: ArrayLike, ax: Axes | None = None) -> Axes:
    """Draw a cloud of points, colored by class, or by value if ``y`` are not whole numbers.

    Parameters
    ----------
    X : (n, 2)
        The points.
    y : (n,) or (n, n_classes)
        Labels, one-hot rows, or numbers.
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If ``X`` does not have two columns.
    MissingExtra
        If Matplotlib is not installed.

    Examples
    --------
    >>> ax = points([[0, 0], [1, 1]], [0, 1])
    >>> len(ax.collections[0].get_offsets())
    2
    """
    limits = numbers.limits_of(X)
    values = check_array("y", y)
    if (values == np.round(values)).all() and values.min() >= 0:
        labels = scores.labels_of(values)
        colors = class_colors(max(int(labels.max()) + 1, 2))[labels]
    else:
        colors = scheme_of_numbers(values).points(values)
    ax = axes_of(ax, 4.6, 4.6)
    draw_points(ax, X, colors)
    frame_plane(ax, limits)
    return ax


def image_options(plane: Surface) -> dict[str, Any]:
    """Return the arguments of ``imshow`` that put each value of a surface at its point."""
    left, right, bottom, top = plane.limits
    half_x, half_y = (plane.x1[1] - plane.x1[0]) / 2, (plane.x2[1] - plane.x2[0]) / 2
    return {
        "extent": (left - half_x, right + half_x, bottom - half_y, top + half_y),
        "origin": "lower",
        "interpolation": "bilinear",
        "zorder": 0,
    }


def draw_boundaries(ax: Axes, plane: Surface, ink: str = INK) -> list[Any]:
    """Draw the lines where the predicted class changes; return them, for a later removal."""
    if plane.values.shape[-1] == 1:
        fields = [plane.values[..., 0] - 0.5]
    else:  # the lead of each class over the best of the others
        fields = [
            plane.values[..., k] - np.delete(plane.values, k, axis=-1).max(axis=-1)
            for k in range(plane.values.shape[-1])
        ]
    return [
        ax.contour(plane.x1, plane.x2, field, levels=[0], colors=ink, linewidths=1.1, zorder=1)
        for field in fields
        if field.min() < 0 < field.max()
    ]


def draw_points(ax: Axes, X: ArrayLike, colors: Array, edge: str = "white") -> None:
    """Draw points, (n, 2), in their colors, (n, 3), each with an edge."""
    X = np.asarray(X)
    size = float(np.clip(9000 / len(X), 8, 36))  # a thousand points still leave the plane visible
    ax.scatter(X[:, 0], X[:, 1], s=size, c=colors, edgecolors=edge, linewidths=0.5, zorder=2)


def frame_plane(ax: Axes, limits: Limits) -> None:
    """Show a rectangle of the plane, with equal axes if it is a square."""
    left, right, bottom, top = limits
    square = np.isclose(right - left, top - bottom)
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="$x_1$", ylabel="$x_2$")
    ax.set_aspect("equal" if square else "auto")
    tidy(ax)
    ax.spines[["left", "bottom"]].set_visible(False)


def _color_bar(ax: Axes, scheme: Scheme) -> None:
    colormap = require("matplotlib.colors", extra="plot").LinearSegmentedColormap.from_list(
        "neurona", list(diverging([0.0, 0.5, 1.0]))
    )
    mappable = require("matplotlib.cm", extra="plot").ScalarMappable(cmap=colormap)
    mappable.set_clim(scheme.low, scheme.high)
    bar = ax.figure.colorbar(mappable, ax=ax, fraction=0.046, pad=0.03)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, colors=GRAY, labelsize=9)


# ------------------------------------------------------------------------------- training


def cost_curve(
    steps: Iterable[Any],
    costs: ArrayLike | None = None,
    ax: Axes | None = None,
    *,
    log: bool = False,
    label: str | None = None,
) -> Axes:
    """Draw the cost against the step.

    Parameters
    ----------
    steps, costs
        Two sequences of numbers, or just the states of a training.
    ax
        Axes to draw on, which may hold other curves; by default those of a new figure.
    log
        Whether the cost axis is logarithmic: on it, exponential decay is a straight line.
    label
        The curve's name in the legend.

    Raises
    ------
    ValueError
        If there are no steps, or not as many as costs.
    MissingExtra
        If Matplotlib is not installed.

    Examples
    --------
    >>> ax = cost_curve([0, 100, 200], [0.25, 0.06, 0.01], log=True)
    >>> ax.get_yscale()
    'log'
    """
    if costs is None:
        try:
            states = list(steps)
            steps, costs = [state.step for state in states], [state.cost for state in states]
        except (AttributeError, TypeError):
            raise ValueError(
                "give the costs beside the steps, or the states of a training: "
                "cost_curve(list(train(...)))"
            ) from None
    steps, costs = list(steps), np.asarray(costs, dtype=np.float64)
    if len(steps) != len(costs) or not steps:
        raise ValueError(f"{len(steps)} steps and {len(costs)} costs: give one cost per step")
    ax = axes_of(ax, 5.6, 3.6)
    color = series_color(len(ax.lines))
    ax.plot(steps, costs, color=color, linewidth=1.8, label=label, solid_capstyle="round")
    ax.set(xlabel="step", ylabel="cost")
    if log:
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=min(0.0, float(costs.min())))
    ax.set_xlim(left=min(steps))
    tidy(ax, grid="y")
    if label is not None:
        ax.legend(**LEGEND, fontsize=9)
    return ax


def gradient_sizes(
    sizes: ArrayLike | Mapping[str, ArrayLike],
    ax: Axes | None = None,
) -> Axes:
    """Draw the size of the gradient in each layer as bars on a logarithmic axis.

    If the bars of the first layers are far shorter than those of the last, the gradient vanishes:
    these layers hardly learn.

    Parameters
    ----------
    sizes : (n_layers,)
        The result of :func:`neurona.observe.numbers.gradient_norms`; or, to compare several, a
        mapping from names to arrays of the same length.
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If the arrays differ in length, or a size is not positive.
    MissingExtra
        If Matplotlib is not installed.

    Examples
    --------
    >>> ax = gradient_sizes({"uniform": [1e-6, 1e-3], "glorot": [0.02, 0.03]})
    >>> [float(bar.get_height()) for bar in ax.containers[0]]
    [1e-06, 0.001]
    """
    named = sizes if isinstance(sizes, Mapping) else {"": sizes}
    series = {name: np.asarray(values, dtype=np.float64) for name, values in named.items()}
    lengths = {len(values) for values in series.values()}
    if len(lengths) != 1:
        raise ValueError(f"sizes of {sorted(lengths)} layers: give as many for each name")
    if not all((values > 0).all() for values in series.values()):
        raise ValueError("sizes must be positive for a logarithmic axis")
    n_layers = lengths.pop()
    ax = axes_of(ax, 5.6, 3.6)
    width = 0.72 / len(series)
    for k, (name, values) in enumerate(series.items()):
        places = np.arange(1, n_layers + 1) + (k - (len(series) - 1) / 2) * width
        ax.bar(places, values, width * 0.92, color=series_color(k), label=name or None)
    ax.set_yscale("log")
    ax.set_ylim(bottom=min(values.min() for values in series.values()) / 5)
    ax.set_xticks(range(1, n_layers + 1))
    ax.set(xlabel="layer", ylabel="size of dW (root mean square)")
    tidy(ax, grid="y")
    if len(series) > 1:
        ax.legend(**LEGEND, fontsize=9)
    return ax


def confusion(
    matrix: ArrayLike, classes: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw a confusion matrix: right predictions in blue, wrong ones in orange.

    Each row is shaded by its shares, so that rare classes show as well as frequent ones.

    Parameters
    ----------
    matrix : (n_classes, n_classes)
        Counts: a row for each true class, a column for each predicted one.
    classes
        Their names; by default their numbers.
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If the matrix is not square, or the names are not one per class.
    MissingExtra
        If Matplotlib is not installed.

    Examples
    --------
    >>> ax = confusion([[9, 1], [0, 10]], ["cat", "dog"])
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['cat', 'dog']
    """
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"the matrix has shape {counts.shape}: it must be square")
    names = [str(k) for k in range(len(counts))] if classes is None else [*map(str, classes)]
    if len(names) != len(counts):
        raise ValueError(f"{len(names)} names for {len(counts)} classes: give one per class")
    side = float(np.clip(1.6 + 0.42 * len(counts), 3.2, 7.5))
    ax = axes_of(ax, side, side)
    ax.imshow(confusion_colors(counts), interpolation="nearest")
    draw_counts(ax, counts)
    ticks = range(len(counts))
    long = max(map(len, names)) > 4
    ax.set_xticks(ticks, names, rotation=40 if long else 0, ha="right" if long else "center")
    ax.set_yticks(ticks, names)
    ax.set(xlabel="predicted class", ylabel="true class")
    tidy(ax)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.set_xticks(np.arange(len(counts) - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(len(counts) - 1) + 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=1.5)
    ax.tick_params(which="minor", length=0)
    return ax


def draw_counts(ax: Axes, counts: Array) -> list[Any]:
    """Write the counts of a confusion matrix that are not zero; return the texts."""
    totals = counts.sum(axis=1)
    size = 9 if len(counts) < 12 else 7
    return [
        ax.text(
            column, row, f"{counts[row, column]:g}", ha="center", va="center", fontsize=size,
            color="white" if counts[row, column] > 0.6 * totals[row] else INK,
        )
        for row, column in np.argwhere(counts)
    ]  # fmt: skip


# ------------------------------------------------------------------------------- the network


def activation(which: str | Activation, ax: Axes | None = None) -> Axes:
    """Draw an activation function and its derivative, for z from -5 to 5.

    The derivative comes from the function's own pullback, not from a second formula.

    Parameters
    ----------
    which
        An activation or its name.
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If there is no activation of that name.
    MissingExtra
        If Matplotlib is not installed.

    Examples
    --------
    >>> [line.get_label() for line in activation("relu").lines[:2]]
    ['relu', 'derivative']
    """
    z, a, slope = numbers.activation_curve(which)
    name = which if isinstance(which, str) else which.name
    ax = axes_of(ax, 5.0, 3.4)
    ax.plot(z, a, color=INK, linewidth=2.2, label=name, zorder=3)
    ax.plot(
        z, slope, color=GRAY, linewidth=1.6, linestyle=(0, (4, 2)), label="derivative", zorder=2
    )
    ax.axhline(0, color=GRAY, linewidth=0.6, zorder=1)
    ax.axvline(0, color=GRAY, linewidth=0.6, zorder=1)
    ax.set(xlabel="z", xlim=(z[0], z[-1]))
    tidy(ax, grid="both")
    ax.legend(**LEGEND, fontsize=10, loc="upper left")
    return ax


def network(net: Network, params: Params, ax: Axes | None = None, *, most: int = 10) -> Axes:
    """Draw the network: inputs on the left, outputs on the right, a line for every weight.

    Blue weights and biases are positive, orange ones negative. The width of a line is the size of
    its weight, relative to the largest of its layer. A neuron has the color of its bias.

    Parameters
    ----------
    net, params
        The network and its parameters.
    ax
        Axes to draw on; by default those of a new figure.
    most
        Neurons of a layer to show; a wider layer shows its first and last ones and an ellipsis.

    Raises
    ------
    ValueError
        If ``most`` leaves no neurons beside the ellipsis, or a layer is not dense.
    MissingExtra
        If Matplotlib is not installed.

    Examples
    --------
    >>> import neurona
    >>> net = neurona.network([2, 4, 1])
    >>> ax = network(net, net.init(rng=0))
    >>> [text.get_text() for text in ax.texts]
    ['2 inputs', '4 sigmoid', '1 sigmoid']
    """
    numbers.dense_layers(net, "the weights of a network")
    net.check_params(params)
    if most < 2:
        raise ValueError(f"most is {most}: show at least 2 neurons of each layer")
    line_collection = require("matplotlib.collections", extra="plot").LineCollection
    columns = [_visible(width, most) for width in net.topology]
    top = float(max(places[0] for _, places in columns))
    ax = axes_of(ax, 1.6 + 1.5 * len(net.layers), float(np.clip(1.4 + 0.84 * top, 2.6, 5.4)))
    for k, (W, _) in enumerate(params):
        (sources, source_places), (targets, target_places) = columns[k], columns[k + 1]
        weights = W[np.ix_(sources, targets)] / max(float(np.abs(W).max()), 1e-12)
        order = np.argsort(np.abs(weights), axis=None)  # the strongest on top
        rows, cols = np.unravel_index(order, weights.shape)
        strength = np.abs(weights[rows, cols])
        ends = [
            [(k, source_places[i]), (k + 1, target_places[j])]
            for i, j in zip(rows, cols, strict=True)
        ]
        rgb = diverging(0.5 + 0.5 * np.sign(weights[rows, cols]))
        colors = np.column_stack([rgb, 0.15 + 0.75 * strength])
        ax.add_collection(
            line_collection(ends, colors=colors, linewidths=0.3 + 2.7 * strength, zorder=1)
        )
    largest = max(*(float(np.abs(b).max()) for _, b in params), 1e-12)
    for k, (shown, places) in enumerate(columns):
        fill: Any = "white" if k == 0 else diverging(0.5 + 0.5 * params[k - 1][1][shown] / largest)
        ax.scatter(
            np.full(len(places), k), places, s=190, c=fill, edgecolors=INK, linewidths=1.1, zorder=2
        )
        width = net.topology[k]
        if len(shown) < width:
            ax.scatter([k] * 3, [-0.22, 0, 0.22], s=5, color=INK, zorder=2)
        kind = (
            ("input" if width == 1 else "inputs") if k == 0 else net.layers[k - 1].activation.name
        )
        ax.text(
            k, -top - 0.75, f"{width} {kind}",
            ha="center", va="top", color=GRAY, fontsize=10,
        )  # fmt: skip
    ax.set(xlim=(-0.4, len(net.layers) + 0.4), ylim=(-top - 1.3, top + 0.6))
    ax.set_axis_off()
    line = require("matplotlib.lines", extra="plot").Line2D
    dot = {"marker": "o", "linestyle": "none", "markersize": 7, "markeredgecolor": INK}
    ax.legend(
        handles=[
            line([], [], color=POSITIVE, linewidth=2.2, label="positive weight"),
            line([], [], color=NEGATIVE, linewidth=2.2, label="negative weight"),
            line([], [], markerfacecolor=POSITIVE, **dot, label="bias"),
        ],
        loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=3, frameon=False,
        labelcolor=GRAY, fontsize=9, handlelength=1.4, columnspacing=1.6,
    )  # fmt: skip
    return ax


def _visible(width: int, most: int) -> tuple[Array, Array]:
    """Return the neurons of a layer to show, and their heights around the middle."""
    if width <= most:
        return np.arange(width), (width - 1) / 2 - np.arange(width)
    first, last = (most + 1) // 2, most // 2
    shown = np.concatenate([np.arange(first), np.arange(width - last, width)])
    upper = np.arange(first)[::-1] + 1.0
    return shown, np.concatenate([upper, -np.arange(last) - 1.0])
