"""Save a training as a film: an animated GIF, with Matplotlib and Pillow.

>>> import neurona
>>> X, y = neurona.datasets.circles(rng=0)
>>> net = neurona.network([2, 4, 8, 1])
>>> film = Film(net, X, y)
>>> for state in neurona.train(net, X, y, steps=100, every=10, rng=0):
...     film.add(state)
>>> film.save("training.gif")  # doctest: +SKIP
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from neurona.extras import require
from neurona.language import localize
from neurona.observe import figures, numbers, scores
from neurona.observe.colors import confusion_colors, scheme_of
from neurona.saving import replace

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from neurona.engine.network import Network
    from neurona.engine.training import State
    from neurona.engine.types import Array, Params
    from neurona.observe.colors import Palette, Scheme
    from neurona.observe.numbers import Features

WIDTH, HEIGHT = 900, 420  # pixels of a frame
TOP = 372  # both panels end here; the text is above
TITLE_HEIGHT = 64  # with a title, and a conclusion below it
FRAME_MS, LAST_FRAME_MS = 60, 3000
RESOLUTION = 100  # points of a surface's grid on each side
ENGLISH = {"step": "step", "cost": "cost", "accuracy": "accuracy", "language": "en"}
SPANISH = {"step": "paso", "cost": "coste", "accuracy": "aciertos", "language": "es"}
LEVELS = 24  # bands of a surface: with smooth areas, the file would be three times as large


class Frame(NamedTuple):
    """One state of a training."""

    step: int
    cost: float
    params: Params


class Film:
    """Collects the states of a training, and writes them as a film or the last one as a picture.

    The left half shows the predictions: for two inputs, the surface with the points on it; for
    more, the confusion matrix of a classification, or the predictions of a regression against
    their targets. The right half shows the cost.

    Parameters
    ----------
    net
        The network.
    X : (n, n_in)
        The examples to show.
    y : (n,) or (n, n_out)
        Their targets, as for :func:`neurona.train`.
    log
        Whether the cost axis is logarithmic.
    features
        A function from points ``(n, 2)`` to the network's inputs ``(n, n_in)``, if these are not
        the points themselves. ``X`` then holds points, and the surface lies over their plane.
    words
        The film's words for ``step``, ``cost`` and ``accuracy``; and the ``language``, ``"en"`` or
        ``"es"``, whose signs the numbers have.
    scheme
        The colors of predictions and points, and of the paper around them; by default those of
        :func:`neurona.observe.colors.scheme_of`.
    title
        What is shown, in bold above the film; with one, the film is 484 pixels high.

    Attributes
    ----------
    conclusion
        What follows from it, under the title at the end of the film and in the picture; known once
        all states are there.
    """

    def __init__(
        self, net: Network, X: ArrayLike, y: ArrayLike, *,
        log: bool = False, features: Features | None = None, words: Mapping[str, str] = ENGLISH,
        scheme: Scheme | None = None, title: str = "",
    ) -> None:  # fmt: skip
        self.net = net
        self.X = np.asarray(X, dtype=np.float64)
        self.y = np.asarray(y)
        self.log = log
        self.features = features
        self.words = words
        self.scheme = scheme or scheme_of(net, y)
        self.title = title
        self.conclusion = ""
        self.frames: list[Frame] = []

    def add(self, state: State) -> None:
        """Keep a state of the training."""
        self.frames.append(Frame(state.step, state.cost, state.params))

    def save(self, path: str | os.PathLike[str], *, most: int = 100) -> None:
        """Write the film as an animated GIF, 900 pixels wide and 420 high, which loops forever.

        A file of that name is replaced once the new one is complete.

        Parameters
        ----------
        path
            The file; its name ends in ``.gif``.
        most
            Frames at most. From more states, it chooses those between which about the same amount
            changes, so that the film does not linger.

        Raises
        ------
        ValueError
            If no state was added, or the name does not end in ``.gif``.
        OSError
            If the file cannot be written.
        MissingExtra
            If Matplotlib or Pillow is not installed.
        """
        path = _checked(path, ".gif")
        replace(path, self.gif(most=most))

    def gif(self, *, most: int = 100) -> bytes:
        """Return the bytes of the file that :meth:`save` writes."""
        self._check_frames()
        frames = [self.frames[k] for k in self._paced(most)]
        stage = Stage(self, levels=LEVELS)
        some = np.unique(np.linspace(0, len(frames) - 1, 7).astype(int))
        palette = FilmColors(np.stack([stage.paint(frames[k]) for k in some]))
        return _gif(map(stage.paint, frames), palette, len(frames))

    def save_picture(self, path: str | os.PathLike[str], *, scale: float = 2.0) -> None:
        """Write the last state as a PNG of the same size times ``scale``.

        Raises
        ------
        ValueError
            If no state was added, or the name does not end in ``.png``.
        OSError
            If the file cannot be written.
        MissingExtra
            If Matplotlib or Pillow is not installed.
        """
        path = _checked(path, ".png")
        self._check_frames()
        stage = Stage(self, scale=scale)
        data = BytesIO()
        _image().fromarray(stage.paint(self.frames[-1])).save(data, format="PNG", optimize=True)
        replace(path, data.getvalue())

    def _check_frames(self) -> None:
        if not self.frames:
            raise ValueError("the film is empty: add the states of a training first")

    def _paced(self, most: int) -> list[int]:
        """Choose frames at equal distances, measured half in steps and half in change."""
        if len(self.frames) <= most:
            return list(range(len(self.frames)))
        rows = np.linspace(0, len(self.X) - 1, min(len(self.X), 256)).astype(int)
        inputs = _inputs(self.X[rows], self.features)
        outputs = np.stack([self.net.predict(frame.params, inputs) for frame in self.frames])
        changes = np.abs(np.diff(outputs, axis=0)).mean(axis=(1, 2))
        steps = np.diff([frame.step for frame in self.frames])
        way = np.cumsum(changes / max(changes.sum(), 1e-12) + steps / max(steps.sum(), 1))
        chosen = np.searchsorted(np.concatenate([[0], way]), np.linspace(0, way[-1], most))
        return [int(k) for k in np.unique(np.minimum(chosen, len(self.frames) - 1))]


class Stage:
    """The canvas of a film: fixed parts are drawn once, moving ones for each frame.

    Parameters
    ----------
    film
        The film, with all states of the training.
    levels
        Bands of a surface, or None for a smooth one.
    scale
        The factor on the canvas of 900 x 420 pixels.
    """

    def __init__(self, film: Film, *, levels: int | None = None, scale: float = 1.0) -> None:
        net, X, y, scheme, features = film.net, film.X, film.y, film.scheme, film.features
        height = HEIGHT + (TITLE_HEIGHT if film.title else 0)
        palette = scheme.palette
        figure = require("matplotlib.figure", extra="plot").Figure(
            figsize=(WIDTH / 100, height / 100), dpi=100 * scale, facecolor=palette.paper
        )
        canvas = require("matplotlib.backends.backend_agg", extra="plot").FigureCanvasAgg
        self.net, self.X, self.y, self.words = net, _inputs(X, features), y, film.words
        self.classifies = scores.is_classification(net, y)
        self.canvas: Any = canvas(figure)
        self.panel: Panel
        if net.n_in == 2 or features is not None:
            self.panel = PlanePanel(figure, net, X, y, levels, features, scheme)
        elif self.classifies:
            self.panel = ConfusionPanel(figure, net, X, y, palette)
        else:
            self.panel = FitPanel(figure, net, X, y, palette)
        self.curve = CostPanel(figure, film.frames, film.log, film.words, palette)
        self.step = _text(figure, self.panel.left, TOP + 24, palette, weight="bold")
        self.score = _text(figure, self.curve.left, TOP + 24, palette)
        self.conclusion = _text(figure, self.panel.left, HEIGHT + 14, palette, color=palette.soft)
        self.conclusion.set_text(film.conclusion)
        self.last = film.frames[-1].step
        if film.title:
            heading = _text(figure, self.panel.left, height - 26, palette, weight="bold")
            heading.set(text=film.title, animated=False)
        self.canvas.draw()
        self.background = self.canvas.copy_from_bbox(figure.bbox)

    def paint(self, frame: Frame) -> Array:
        """Return the picture of one state, (height, width, 3) bytes."""
        self.canvas.restore_region(self.background)
        self.step.set_text(f"{self.words['step']} {_number(f'{frame.step:,}', self.words)}")
        self.score.set_text(self._score(frame))
        texts = [self.step, self.score]
        if frame.step == self.last:
            texts.append(self.conclusion)
        for artist in (*self.panel.show(frame), *self.curve.show(frame), *texts):
            self.canvas.figure.draw_artist(artist)
        return np.asarray(self.canvas.buffer_rgba())[..., :3].copy()

    def _score(self, frame: Frame) -> str:
        text = f"{self.words['cost']} {_number(scores.format_cost(frame.cost), self.words)}"
        if self.classifies:
            share = scores.accuracy(self.net.predict(frame.params, self.X), self.y)
            text += f"     {self.words['accuracy']} {_number(f'{100 * share:.1f}', self.words)} %"
        return text


class Panel(Protocol):
    """One half of the stage, which begins ``left`` pixels from the left."""

    left: int

    def show(self, frame: Frame) -> Iterable[Any]:
        """Return what to draw for a state, from back to front."""
        ...


class CostPanel:
    """The cost curve: a faint line for all of it, and a strong one for the past."""

    left = 466

    def __init__(
        self, figure: Figure, frames: Sequence[Frame], log: bool, words: Mapping[str, str],
        palette: Palette,
    ) -> None:  # fmt: skip
        self.steps = np.array([frame.step for frame in frames])
        self.costs = np.array([frame.cost for frame in frames])
        ax = _place(figure, self.left, 56, 404)
        figures.cost_curve(self.steps, self.costs, ax, log=log)
        ax.set(xlabel=words["step"], ylabel=words["cost"])
        if words.get("language") == "es":
            if log:
                _comma(ax.yaxis.get_minor_formatter())
            for axis in (ax.xaxis,) if log else (ax.xaxis, ax.yaxis):
                axis.set_major_formatter(lambda value, _: _number(f"{value:.6g}", words))
        _inked(ax, palette)
        ax.lines[0].set(color=palette.line)
        (self.past,) = ax.plot([], [], color=palette.ink, linewidth=2, animated=True)
        (self.now,) = ax.plot(
            [], [], "o", color=palette.ink, markeredgecolor=palette.paper, markersize=8,
            clip_on=False, animated=True,
        )  # fmt: skip

    def show(self, frame: Frame) -> Iterable[Any]:
        """Draw the curve up to this state."""
        past = self.steps <= frame.step
        self.past.set_data(self.steps[past], self.costs[past])
        self.now.set_data([frame.step], [frame.cost])
        return self.past, self.now


class PlanePanel:
    """The network's predictions over the plane, with the points on it."""

    left = 28
    bottom = 28

    def __init__(
        self, figure: Figure, net: Network, X: Array, y: Array, levels: int | None,
        features: Features | None, scheme: Scheme,
    ) -> None:  # fmt: skip
        self.net, self.levels, self.features = net, levels, features
        self.scheme, self.ink = scheme, scheme.palette.ink
        self.limits = numbers.limits_of(X)
        self.ax = _place(figure, self.left, self.bottom, TOP - self.bottom)
        self.ax.patch.set_visible(False)
        figures.draw_points(self.ax, X, self.scheme.points(y), edge=scheme.palette.paper)
        (self.points,) = self.ax.collections
        self.points.set_animated(True)
        figures.frame_plane(self.ax, self.limits)
        self.ax.set(xticks=[], yticks=[], xlabel="", ylabel="", aspect="auto")
        # The surface goes pixel by pixel onto the figure: Matplotlib's resampling is slower.
        scale = figure.dpi / 100
        left, bottom = round(self.left * scale), round(self.bottom * scale)
        side = round((TOP - self.bottom) * scale)
        self.enlarge = _interpolation(side, RESOLUTION)
        self.image = figure.figimage(np.zeros((side, side, 3)), left, bottom, origin="lower")
        self.image.set_animated(True)
        self.lines: list[Any] = []

    def show(self, frame: Frame) -> Iterable[Any]:
        """Draw the surface, the boundaries, and the points."""
        plane = numbers.surface(
            self.net, frame.params,
            limits=self.limits, resolution=RESOLUTION, features=self.features,
        )  # fmt: skip
        outputs = np.moveaxis(plane.values, -1, 0)
        fine = np.moveaxis(self.enlarge @ outputs @ self.enlarge.T, 0, -1)
        self.image.set_data(np.uint8(255 * self.scheme.surface(fine, self.levels) + 0.5))
        for line in self.lines:
            line.remove()
        classes = self.scheme.n_classes is not None
        self.lines = figures.draw_boundaries(self.ax, plane, self.ink) if classes else []
        return self.image, *self.lines, self.points


class ConfusionPanel:
    """The confusion matrix, for a network with too many inputs for a plane."""

    left = 70

    def __init__(self, figure: Figure, net: Network, X: Array, y: Array, palette: Palette) -> None:
        self.net, self.X, self.y = net, X, y
        self.ax = _place(figure, self.left, 56, TOP - 56)
        self.n_classes = max(net.n_out, 2)
        figures.confusion(np.zeros((self.n_classes, self.n_classes)), ax=self.ax)
        _inked(self.ax, palette)
        (self.image,) = self.ax.images
        self.image.set_animated(True)
        self.texts: list[Any] = []

    def show(self, frame: Frame) -> Iterable[Any]:
        """Draw the matrix and its counts."""
        predictions = self.net.predict(frame.params, self.X)
        counts = scores.confusion_matrix(predictions, self.y, self.n_classes)
        self.image.set_data(confusion_colors(counts))
        for text in self.texts:
            text.remove()
        self.texts = figures.draw_counts(self.ax, counts)
        return self.image, *self.texts


class FitPanel:
    """Predictions against targets: a perfect network's points lie on the diagonal."""

    left = 70

    def __init__(self, figure: Figure, net: Network, X: Array, y: Array, palette: Palette) -> None:
        self.net, self.X = net, X
        ax = _place(figure, self.left, 56, TOP - 56)
        self.y = np.asarray(y, dtype=np.float64).reshape(len(y), -1)[:, 0]
        low, high = float(self.y.min()), float(self.y.max())
        margin = 0.1 * (high - low or 1.0)
        self.limits = low - margin, high + margin
        ax.plot(self.limits, self.limits, color=palette.soft, linewidth=0.8, zorder=1)
        ax.set(xlim=self.limits, ylim=self.limits, xlabel="target", ylabel="prediction")
        figures.tidy(ax, grid="both")
        _inked(ax, palette)
        self.points = ax.scatter(
            self.y, self.y, s=16, color=palette.ink, edgecolors=palette.paper, linewidths=0.4,
            animated=True,
        )  # fmt: skip

    def show(self, frame: Frame) -> Iterable[Any]:
        """Draw each example at its target and its prediction."""
        predictions = self.net.predict(frame.params, self.X)[:, 0]
        self.points.set_offsets(np.stack([self.y, predictions], axis=1))
        return (self.points,)


def _inputs(X: Array, features: Features | None) -> Array:
    """Return the network's inputs for the examples."""
    return X if features is None else features(X)


def _place(figure: Figure, left: float, bottom: float, width: float) -> Axes:
    """Add axes at a place given in pixels, up to the common top."""
    height = 100 * figure.get_figheight()
    return figure.add_axes((left / WIDTH, bottom / height, width / WIDTH, (TOP - bottom) / height))


def _inked(ax: Axes, palette: Palette) -> None:
    """Color everything around the data, except a matrix's grid, which is minor."""
    ax.set_facecolor(palette.paper)
    for spine in ax.spines.values():
        spine.set_color(palette.line)
    ax.tick_params(which="both", colors=palette.soft)
    ax.tick_params(which="major", grid_color=palette.line)
    for label in (ax.xaxis.label, ax.yaxis.label):
        label.set_color(palette.ink)


def _text(
    figure: Figure, left: float, bottom: float, palette: Palette,
    weight: str = "normal", color: str | None = None,
) -> Any:  # fmt: skip
    """Add a text, whose middle is so many pixels above the lower border."""
    return figure.text(
        left / WIDTH, bottom / (100 * figure.get_figheight()), "", color=color or palette.ink,
        fontsize=13, va="center", weight=weight, animated=True,
    )  # fmt: skip


def _interpolation(n: int, m: int) -> Array:
    """Return the (n, m) matrix that interpolates m evenly spaced values at n pixels."""
    place = (np.arange(n) + 0.5) / n * (m - 1)
    left = np.minimum(place.astype(int), m - 2)
    matrix = np.zeros((n, m))
    matrix[np.arange(n), left] = left + 1 - place
    matrix[np.arange(n), left + 1] = place - left
    return matrix


# ------------------------------------------------------------------------------- files


def _image() -> Any:
    return require("PIL.Image", extra="plot")


class FilmColors:
    """The colors of a film: the most frequent ones exactly, the others by a similar one.

    Pillow's own search for the nearest color is fast and rough, and turns white into gray.

    Parameters
    ----------
    sample : (..., 3)
        Pixels of some frames, bytes.
    """

    EXACT, ALIKE = 72, 56  # 128 in all, which leaves room for the index of "unchanged"

    def __init__(self, sample: Array) -> None:
        codes = _codes(sample).ravel()
        colors, counts = np.unique(codes, return_counts=True)
        exact = colors[np.argsort(-counts, kind="stable")[: self.EXACT]]
        others = sample.reshape(-1, 3)[~np.isin(codes, exact)]
        self.rgb = _colors(exact)
        if len(others):
            alike = _image().fromarray(others[None]).quantize(self.ALIKE).getpalette()
            self.rgb = np.concatenate([self.rgb, np.reshape(alike, (-1, 3)).astype(np.int32)])
        self.index_of = np.full(1 << 24, UNKNOWN, dtype=np.uint8)  # by the code of a color

    def indexed(self, picture: Array) -> Any:
        """Return a picture, (height, width, 3) bytes, as an image in this palette."""
        codes = _codes(picture)
        new = np.unique(codes[self.index_of[codes] == UNKNOWN])
        distances = ((_colors(new)[:, None] - self.rgb) ** 2).sum(axis=-1)
        self.index_of[new] = distances.argmin(axis=1)
        image = _image().fromarray(self.index_of[codes])
        image.putpalette(self.rgb.astype(np.uint8).tobytes())
        return image


UNKNOWN = 255


def _number(text: str, words: Mapping[str, str]) -> str:
    """Return a number with the signs of the words' language."""
    return localize(text, "es" if words.get("language") == "es" else "en")


def _comma(formatter: Any) -> None:
    """Let a logarithmic axis write 1,2 · 10⁻¹; the braces keep a gap from the comma."""
    written = formatter.format_ticks
    formatter.format_ticks = lambda values: [one.replace(".", "{,}") for one in written(values)]


def _codes(picture: Array) -> Array:
    """Return each color as one number, red first."""
    red, green, blue = np.moveaxis(picture.astype(np.uint32), -1, 0)
    codes: Array = red << 16 | green << 8 | blue
    return codes


def _colors(codes: Array) -> Array:
    """Undo :func:`_codes`: (n,) to (n, 3)."""
    return np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1).astype(np.int32)


def _gif(pictures: Iterator[Array], palette: FilmColors, count: int) -> bytes:
    images = map(palette.indexed, pictures)
    data = BytesIO()
    next(images).save(
        data, format="GIF", save_all=True, append_images=images, loop=0, optimize=True,
        duration=[FRAME_MS] * (count - 1) + [LAST_FRAME_MS],
    )  # fmt: skip
    return data.getvalue()


def _checked(path: str | os.PathLike[str], suffix: str) -> Path:
    path = Path(path)
    if path.suffix.lower() != suffix:
        raise ValueError(f"{path} does not end in {suffix}, the format that is written")
    return path
