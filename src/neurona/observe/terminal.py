"""Watch a training in the terminal, with Rich: the surface in color, the cost, the time left.

>>> import neurona
>>> X, y = neurona.datasets.circles(rng=0)
>>> net = neurona.network([2, 4, 8, 1])
>>> with TerminalView(net, X, y, steps=500, name="circles", quiet=True) as view:
...     for state in neurona.train(net, X, y, steps=500, every=10, rng=0):
...         view.update(state)
"""

from __future__ import annotations

import sys
from functools import lru_cache
from itertools import groupby
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.extras import require
from neurona.language import Language, localize
from neurona.language import Text as Words
from neurona.observe import numbers, scores
from neurona.observe.colors import confusion_colors, scheme_of

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from numpy.typing import ArrayLike
    from rich.console import Console
    from rich.style import Style
    from rich.text import Text

    from neurona.engine.network import Network
    from neurona.engine.training import State
    from neurona.engine.types import Array
    from neurona.observe.colors import Scheme
    from neurona.observe.numbers import Surface

PICTURES_PER_SECOND = 12
DRAWING_SHARE = 0.2  # of the time, at most: the rest belongs to the training
LINES = 10  # in a log
LEVELS = 24  # bands of color: equal neighbors take fewer bytes
CURVE = "default"  # the terminal's own ink: colors mean classes
CURVE_POINTS = 2048
CURVE_WIDTH = 22  # columns at least, labels included
SYMBOLS = "ox+*#%&@$=123456789"  # of the classes, without color
SHADES = " ░▒▓█"

STEP, COST = Words("step", "paso"), Words("cost", "coste")
ACCURACY, TEST = Words("accuracy", "aciertos"), Words("test accuracy", "aciertos en la prueba")
PACE, EXAMPLES = Words("steps/s", "pasos/s"), Words("examples", "ejemplos")


# ------------------------------------------------------------------------------- pictures


def surface_text(
    plane: Surface,
    X: ArrayLike,
    y: ArrayLike,
    scheme: Scheme,
    *,
    width: int,
    height: int,
    color: bool = True,
) -> Text:
    """Draw a surface and the points on it with half blocks, two pixels a character.

    Parameters
    ----------
    plane
        The result of :func:`neurona.observe.numbers.surface`.
    X : (n, 2)
        Points; if there are many, only so many are drawn that the surface stays visible.
    y : (n,) or (n, n_out)
        Their targets.
    scheme
        The colors, from :func:`neurona.observe.colors.scheme_of`.
    width, height
        Columns and lines at most; the picture is the largest square that fits.
    color
        False draws regions with shades and points with symbols, for terminals without color.

    Raises
    ------
    MissingExtra
        If Rich is not installed.

    Examples
    --------
    >>> from neurona import network
    >>> net = network([2, 1])
    >>> plane = numbers.surface(net, net.init(rng=0), limits=(-1, 1, -1, 1))
    >>> text = surface_text(plane, [[0, 0]], [1], scheme_of(net, [1]), width=20, height=5)
    >>> [len(line) for line in text.split()]
    [10, 10, 10, 10, 10]
    """
    side = min(width, 2 * height) // 2 * 2
    rows, columns = (_spread(len(axis), side) for axis in (plane.x2, plane.x1))
    values = plane.values[np.ix_(rows[::-1], columns)]  # the first line is the top
    lines, places, shown = _pixels_of(plane, X, side)
    targets = np.asarray(y)[shown]
    if not color:
        return _shaded(values[::2], scheme, lines // 2, places, targets)
    pixels = _bytes(scheme.surface(values, LEVELS))
    pixels[lines, places] = _bytes(scheme.points(targets))
    return _half_blocks(pixels)


def _spread(n: int, count: int) -> Array:
    return np.linspace(0, n - 1, count).round().astype(int)


def _pixels_of(plane: Surface, X: ArrayLike, side: int) -> tuple[Array, Array, Array]:
    """Return the lines and columns of the points in a square of pixels, and which are shown."""
    x1, x2 = np.asarray(X, dtype=np.float64).T
    left, right, bottom, top = plane.limits
    places = np.round((x1 - left) / (right - left) * (side - 1)).astype(int)
    lines = np.round((top - x2) / (top - bottom) * (side - 1)).astype(int)
    inside = (places >= 0) & (places < side) & (lines >= 0) & (lines < side)
    shown = np.flatnonzero(inside)
    shown = shown[:: 1 + len(shown) * 10 // side**2]  # about one pixel in ten
    return lines[shown], places[shown], shown


def _bytes(colors: Array) -> Array:
    return np.asarray(255 * colors + 0.5, dtype=np.uint8)


def _half_blocks(pixels: Array) -> Text:
    """Write pixels, (2 lines, columns, 3) bytes, as upper half blocks on a background."""
    text = require("rich.text", extra="terminal").Text(no_wrap=True)
    for upper, lower in zip(pixels[::2].tolist(), pixels[1::2].tolist(), strict=True):
        pairs = [(tuple(above), tuple(below)) for above, below in zip(upper, lower, strict=True)]
        for (above, below), run in groupby(pairs):
            text.append("▀" * len(list(run)), _style(above, below))
        text.append("\n")
    text.right_crop(1)
    return text  # type: ignore[no-any-return]


@lru_cache(maxsize=4096)
def _style(color: tuple[int, int, int], background: tuple[int, int, int] | None = None) -> Style:
    rich_color = require("rich.color", extra="terminal").Color
    style: Style = require("rich.style", extra="terminal").Style(
        color=rich_color.from_rgb(*color),
        bgcolor=None if background is None else rich_color.from_rgb(*background),
    )
    return style


def _shaded(values: Array, scheme: Scheme, lines: Array, places: Array, targets: Array) -> Text:
    """Draw regions as shades, and the points of classes as symbols."""
    level: Array
    if scheme.n_classes is None:
        level = (values[..., 0] - scheme.low) / (scheme.high - scheme.low) * (len(SHADES) - 1)
    else:
        level = scores.classes_of(values.reshape(-1, values.shape[-1])).reshape(values.shape[:2])
    shades = np.array(list(SHADES))[np.clip(np.round(level), 0, len(SHADES) - 1).astype(int)]
    if scheme.n_classes is not None:
        labels = scores.labels_of(targets)
        shades[lines, places] = np.array(list(SYMBOLS))[labels % len(SYMBOLS)]
    text: Text = require("rich.text", extra="terminal").Text(
        "\n".join(map("".join, shades)), no_wrap=True
    )
    return text


def cost_text(
    steps: ArrayLike,
    costs: ArrayLike,
    *,
    width: int,
    height: int,
    last: int | None = None,
    log: bool = False,
    language: Language = "en",
) -> Text:
    """Draw the cost curve in braille, eight dots a character, with labeled axes.

    Parameters
    ----------
    steps, costs : (n,)
        The curve; at least one point.
    width, height
        Columns and lines, labels included.
    last
        The step at the right border; by default the last one.
    log
        Whether the cost axis is logarithmic.
    language
        The language of its words and numbers.

    Raises
    ------
    ValueError
        If there are no costs, or not as many as steps.
    MissingExtra
        If Rich is not installed.

    Examples
    --------
    >>> print(cost_text([0, 50, 100], [1.0, 0.2, 0.0], width=20, height=4).plain)
    1.00 ⠑⠢⢄
    cost    ⠉⠒⢄⡀
    0.00       ⠈⠑⠒⠒⠤⠤⠤⣀⣀
         0    step   100
    """
    steps, costs = np.asarray(steps, dtype=np.int64), np.asarray(costs, dtype=np.float64)
    if len(steps) != len(costs) or len(steps) == 0:
        raise ValueError(f"{len(steps)} steps and {len(costs)} costs: give one cost per step")
    top, bottom = float(costs.max()), min(float(costs.min()), 0.0)
    if log and costs.min() > 0:
        bottom = float(costs.min())
        heights = np.log(costs / bottom) / (np.log(top / bottom) or 1)
    else:
        heights = (costs - bottom) / ((top - bottom) or 1)
    labels = [
        localize(f"{value:.2f}" if value >= 0.01 or value == 0 else f"{value:.0e}", language)
        for value in (top, bottom)
    ]
    margin = max(map(len, labels)) + 1
    columns, lines = max(width - margin, 2), max(height - 1, 2)
    end = int(steps[-1]) if last is None else last
    rows = _braille(_polyline(steps, heights, (int(steps[0]), end), 2 * columns, 4 * lines))
    beside = [labels[0], *[COST.say(language), *[""] * lines][: lines - 2], labels[1]]
    text: Text = require("rich.text", extra="terminal").Text(no_wrap=True)
    for label, row in zip(beside, rows, strict=True):
        text.append(label.rjust(margin - 1) + " ", "dim")
        text.append(row.rstrip() + "\n", CURVE)
    left, right = (localize(f"{step:,}", language) for step in (int(steps[0]), end))
    between = STEP.say(language).center(max(columns - len(left + right), 0))
    text.append(" " * margin + left + between + right, "dim")
    return text


def _polyline(
    steps: Array, heights: Array, ends: tuple[int, int], columns: int, lines: int
) -> Array:
    """Return (lines, columns) of dots, top first, on the curve through heights from 0 to 1."""
    start, end = ends
    at = np.linspace(start, max(end, start + 1), columns)
    at = at[: max(1, int(np.searchsorted(at, steps[-1], side="right")))]
    rows = np.round((1 - np.interp(at, steps, heights)) * (lines - 1)).astype(int)
    before = np.concatenate([rows[:1], rows[:-1]])
    first = before + np.sign(rows - before)  # a steep piece fills its column without a gap
    low, high = np.minimum(first, rows), np.maximum(first, rows)
    dots = np.zeros((lines, columns), dtype=bool)
    line = np.arange(lines)[:, None]
    dots[:, : len(at)] = (line >= low) & (line <= high)
    return dots


# The dot of a braille character in each of 4 lines and 2 columns, as a bit of its code point.
BRAILLE = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])


def _braille(dots: Array) -> list[str]:
    """Write dots, (4 lines, 2 columns), as lines of braille characters."""
    height, width = dots.shape
    cells = dots.reshape(height // 4, 4, width // 2, 2).transpose(0, 2, 1, 3)
    codes = (cells * BRAILLE).sum(axis=(2, 3))
    return ["".join(chr(0x2800 + code) if code else " " for code in row) for row in codes]


def confusion_text(counts: ArrayLike) -> Text:
    """Draw a confusion matrix: a line for each true class, a column for each predicted one.

    Examples
    --------
    >>> print(confusion_text([[9, 1], [0, 12]]).plain)
       0  1
    0  9  1
    1  · 12
    """
    counts = np.asarray(counts)
    colors = _bytes(confusion_colors(counts))
    margin = len(str(len(counts) - 1))
    cell = max(len(str(counts.max())), margin) + 1
    text: Text = require("rich.text", extra="terminal").Text(no_wrap=True)
    text.append(" " * margin + "".join(str(k).rjust(cell) for k in range(len(counts))), "dim")
    for k, row in enumerate(counts.tolist()):
        text.append(f"\n{k:>{margin}}", "dim")
        for count, color in zip(row, colors[k], strict=True):
            shown = f"{count or '·':>{cell}}"
            ink = (255, 255, 255) if color.mean() < 150 else (0, 0, 0)
            text.append(shown, _style(ink, tuple(color.tolist())) if count else "dim")
    return text


def describe(net: Network) -> str:
    """Describe a network in a few words: widths, activations, and the layers between.

    Examples
    --------
    >>> from neurona import network
    >>> describe(network([2, 16, 3], "tanh", output="softmax"))
    '2-16-3 tanh, softmax'
    >>> describe(network([2, 16, 1], "tanh", dropout=0.1, normalization="layer"))
    '2-16-1 tanh, layer normalization, dropout 0.1'
    >>> describe(network("8x8x1, conv 16, pool, flatten, 10", "relu", output="softmax"))
    '8x8x1, conv2d 16, max pool2d, flatten, dense 10, softmax'
    """
    if not hasattr(net, "topology"):  # not of dense layers alone
        each = [
            f"{numbers.words_of(one)} {getattr(one, 'n_out', '')}".strip() for one in net.layers
        ]
        return ", ".join(["x".join(map(str, net.in_shape)), *each, net.output.name])
    names = [name for name, _ in groupby(numbers.activation_names(net))]
    return f"{'-'.join(map(str, net.topology))} {', '.join([*names, *numbers.between_layers(net)])}"


# ------------------------------------------------------------------------------- the view


class TrainingView:
    """Shows a training while it runs: a context manager that takes each state.

    On a terminal it redraws one picture, at most twelve times a second and for a fifth of the
    time, and leaves the last one. Elsewhere, such as in a pipe, it prints about ten lines. It
    restores the terminal, however the training ends.

    Parameters
    ----------
    net
        The network.
    steps
        The last step of the training.
    title
        What is shown above: the name of the data set, in bold, and what it has.
    log
        Whether the cost axis is logarithmic.
    console
        Rich's console to draw on; by default the standard output.
    quiet
        Show nothing.
    language
        The language of its words and numbers, ``"en"`` or ``"es"``.

    Raises
    ------
    MissingExtra
        If Rich is not installed.
    """

    def __init__(
        self,
        net: Network,
        *,
        steps: int,
        title: tuple[str, str] = ("", ""),
        log: bool = False,
        console: Console | None = None,
        quiet: bool = False,
        language: Language = "en",
    ) -> None:
        self.net, self.steps, self.title, self.log = net, steps, title, log
        self.quiet, self.language = quiet, language
        self.curve: list[tuple[int, float]] = []
        self.latest: State | None = None  # not shown yet
        self.next_picture = 0.0  # seconds
        self.next_line = 0.0  # steps
        self.live: Any = None
        self.console: Any = None
        if quiet:
            return
        # FORCE_COLOR makes Rich take a log for a terminal, but a log cannot be redrawn.
        redrawn = console is not None or sys.stdout.isatty()
        self.console = console or require("rich.console", extra="terminal").Console()
        if redrawn and self.console.is_interactive and self.console.encoding.startswith("utf"):
            self.live = require("rich.live", extra="terminal").Live(
                console=self.console, auto_refresh=False, vertical_overflow="crop"
            )
            self.progress = _progress(self.console)
            self.task = self.progress.add_task("", total=steps, speed="")

    def __enter__(self) -> Self:
        """Start drawing."""
        if self.live is not None:
            self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Show the last state and restore the terminal."""
        try:
            if self.latest is not None:
                self._show(self.latest)
        finally:
            if self.live is not None:
                self.live.stop()

    def update(self, state: State) -> None:
        """Record a state, and show it if it is time to."""
        if self.quiet:
            return
        now = perf_counter()
        if not self.curve:
            self.began, self.first_step = now, state.step
            self.next_line = state.step + (self.steps - state.step) / LINES
        self.curve.append((state.step, state.cost))
        if len(self.curve) > 2 * CURVE_POINTS:  # keep the shape, not each point
            self.curve = self.curve[::2]
        self.latest = state
        due = now >= self.next_picture if self.live is not None else state.step >= self.next_line
        if due or state.step >= self.steps:
            self._show(state)

    def score(self, state: State) -> str:
        """Say in a line how well it does."""
        return f"{COST.say(self.language)} {self._number(scores.format_cost(state.cost))}"

    def beside(self, state: State, width: int, rows: int) -> Text | None:
        """Draw what stands at the left of the cost curve, if there is room for it."""
        return None

    def rows(self, width: int, rows: int) -> int:
        """Return how many lines of so many columns the panels take."""
        return rows

    def below(self, state: State) -> str:
        """Say what comes after a line of a log."""
        return ""

    def _show(self, state: State) -> None:
        self.latest = None
        now = perf_counter()
        speed = (state.step - self.first_step) / max(now - self.began, 1e-9)
        pace = ""
        if state.step > self.first_step:
            pace = f"{self._number(f'{speed:,.0f}')} {PACE.say(self.language)}"
        if self.live is None:
            step = f"{STEP.say(self.language)} {state.step}/{self.steps}"
            line = f"{step}  {self.score(state)}  {pace}".rstrip()
            for text in filter(None, (line, self.below(state))):
                self.console.print(text, markup=False, highlight=False, soft_wrap=True)
            self.next_line = state.step + (self.steps - self.first_step) / LINES
        else:
            self.progress.update(self.task, completed=state.step, speed=pace)
            self.live.update(self._picture(state), refresh=True)
            drawing = perf_counter() - now
            pause = max(1 / PICTURES_PER_SECOND, drawing / DRAWING_SHARE)
            self.next_picture = now + pause

    def _number(self, text: str) -> str:
        return localize(text, self.language)

    def _picture(self, state: State) -> Any:
        """Arrange what fits: title, surface and cost side by side, score, progress."""
        text = require("rich.text", extra="terminal").Text
        width, height = self.console.size
        title = text(no_wrap=True, overflow="ellipsis")
        name, what = self.title
        title.append(name, "bold")
        title.append(f"{'  ' if name else ''}{describe(self.net)}  {what}".rstrip())
        step = f"{STEP.say(self.language)} {self._number(f'{state.step:,}')}"
        score = text(f"{step}  {self.score(state)}", no_wrap=True, overflow="ellipsis")
        parts: list[Any] = [title, score, self.progress.get_renderable()]
        rows = height - len(parts) - 1  # one line is left for the cursor
        if rows >= 5:
            airy = rows >= 18  # room for an empty line above and below
            panels = self._panels(state, width, min(rows - 2 * airy, 32))
            parts[1:1] = ["", panels, ""] if airy else [panels]
        return require("rich.console", extra="terminal").Group(*parts)

    def _panels(self, state: State, width: int, rows: int) -> Any:
        rows = self.rows(width, rows)
        left = self.beside(state, width, rows)
        taken = 0 if left is None else max(map(len, left.plain.splitlines())) + 3
        if left is not None and width - taken < CURVE_WIDTH:
            return left
        steps, costs = zip(*self.curve, strict=True)
        curve = cost_text(
            steps, costs, width=width - taken, height=rows, last=self.steps, log=self.log,
            language=self.language,
        )  # fmt: skip
        if left is None:
            return curve
        table = require("rich.table", extra="terminal").Table.grid(padding=(0, 3, 0, 0))
        table.add_row(left, curve)
        return table


class TerminalView(TrainingView):
    """Shows a training with its predictions: as a surface, or as a confusion matrix.

    Parameters
    ----------
    net, steps, log, console, quiet, language
        As in :class:`TrainingView`.
    X : (n, n_in)
        The training examples.
    y : (n,) or (n, n_out)
        Their targets, as for :func:`neurona.train`.
    name
        The name of the data set, shown in the title.
    test
        Test examples ``(X, y)``, whose accuracy is shown too.
    most
        How many examples to predict for a picture, and as many test examples; by default all.

    Examples
    --------
    See the example at the top of this module.
    """

    def __init__(
        self,
        net: Network,
        X: ArrayLike,
        y: ArrayLike,
        *,
        name: str = "",
        test: tuple[ArrayLike, ArrayLike] | None = None,
        most: int | None = None,
        language: Language = "en",
        **options: Any,
    ) -> None:
        X, y = np.asarray(X), np.asarray(y)
        examples = f"{localize(f'{len(X):,}', language)} {EXAMPLES.say(language)}"
        super().__init__(net, title=(name, examples), language=language, **options)
        self.X, self.y = _some(X, y, most)
        self.test = None if test is None else _some(np.asarray(test[0]), np.asarray(test[1]), most)
        self.scheme = scheme_of(net, y)
        self.limits = numbers.limits_of(self.X) if net.n_in == 2 else None

    def score(self, state: State) -> str:
        """Say the cost, and the accuracy of a classification."""
        parts = [super().score(state)]
        if self.scheme.n_classes is not None:
            say = self.language
            parts.append(f"{ACCURACY.say(say)} {self._accuracy(state, self.X, self.y)}")
            if self.test is not None:
                parts.append(f"{TEST.say(say)} {self._accuracy(state, *self.test)}")
        return "  ".join(parts)

    def _accuracy(self, state: State, X: ArrayLike, y: ArrayLike) -> str:
        share = scores.accuracy(self.net.predict(state.params, X), y)
        return self._number(f"{100 * share:.1f} %")

    def rows(self, width: int, rows: int) -> int:
        """Return the lines of a square surface that leaves room for the curve."""
        square = (width - CURVE_WIDTH - 3) // 2
        return min(rows, square) if self.limits is not None and square >= 12 else rows

    def beside(self, state: State, width: int, rows: int) -> Text | None:
        """Draw the predictions as a surface, or as a confusion matrix if it fits."""
        if self.limits is not None:
            side = min(width, 2 * rows)
            plane = numbers.surface(
                self.net, state.params, limits=self.limits, resolution=max(side, 2)
            )
            color = self.console.color_system is not None and not self.console.no_color
            return surface_text(
                plane, self.X, self.y, self.scheme, width=side, height=rows, color=color
            )
        if self.scheme.n_classes is None:
            return None
        predictions = self.net.predict(state.params, self.X)
        text = confusion_text(scores.confusion_matrix(predictions, self.y, self.scheme.n_classes))
        lines = text.plain.splitlines()
        return text if len(lines) <= rows and len(lines[0]) <= width else None


def _some(X: Array, y: Array, most: int | None) -> tuple[Array, Array]:
    """Return so many examples at most, evenly chosen."""
    if most is None or len(X) <= most:
        return X, y
    rows = _spread(len(X), most)
    return X[rows], y[rows]


def _progress(console: Any) -> Any:
    rich = require("rich.progress", extra="terminal")
    return rich.Progress(
        rich.BarColumn(bar_width=None, complete_style=CURVE, finished_style=CURVE),
        rich.TextColumn("{task.percentage:>3.0f} %  {task.fields[speed]}"),
        rich.TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        console=console,
        auto_refresh=False,
        expand=True,
    )
