"""Draw the report's figures as SVG, without a package; the page's style has the colors.

Each is 420 units wide: its text is readable on a phone and not too large on a screen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from math import ceil, floor, isfinite, log10

from neurona.estimators.report import Bin

WIDTH, HEIGHT = 420, 280
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 20, 42  # margins, for the text of the axes
DECADES = 20.0  # from this ratio of the costs on, the axis is logarithmic
MOST_POINTS = 2000
SMALLEST = 1e-300  # distance that has steps in between


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers between two others, about ``most`` of them.

    >>> ticks(0, 1000), ticks(-0.3, 0.35)
    ([0.0, 200.0, 400.0, 600.0, 800.0, 1000.0], [-0.2, 0.0, 0.2])
    >>> ticks(3, 3)
    [3]
    """
    if not high - low > SMALLEST:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** floor(log10(rough))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= rough * (1 - 1e-9))
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [round(k * step, 12 - floor(log10(step))) for k in range(first, last + 1)]


def decades(low: float, high: float) -> list[float]:
    """Return the powers of ten between two numbers; if they are few, also 2 and 5 times these.

    >>> decades(0.02, 3)
    [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0]
    >>> decades(1e-6, 1)
    [1e-06, 1e-05, 0.0001, 0.001, 0.01, 0.1, 1.0]
    """
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    factors = (1, 2, 5) if log10(high / low) < 3 else (1,)
    found = [float(f"{factor}e{power}") for power in powers for factor in factors]
    return [one for one in found if low * (1 - 1e-9) <= one <= high * (1 + 1e-9)]


def curves(
    epochs: Sequence[float],
    costs: Sequence[float],
    held_out: Sequence[float] = (),
    kept: float | None = None,
) -> str:
    """Draw the costs against the epoch, and mark the epoch whose weights were kept."""
    shown = [cost for cost in (*costs, *held_out) if isfinite(cost)]
    if not shown:
        return ""
    low, high = min(shown), max(shown)
    is_log = low > 0 and high / low > DECADES
    if not is_log:
        low = min(0.0, low)
    y = _scale(low, high, HEIGHT - BOTTOM, TOP, is_log)
    x = _scale(min(0.0, epochs[0]), epochs[-1], LEFT, WIDTH - RIGHT)
    marks = decades(low, high) if is_log else ticks(low, high)
    parts = _axes(x, y, ticks(0, epochs[-1]), marks, "epoch", "")
    if kept is not None:
        at = x(kept)
        parts.append(f'<path class="ideal" d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}"/>')
        end = at > WIDTH / 2
        parts.append(
            f'<text x="{at + (4 if end else -4):.1f}" y="{TOP - 8}" '
            f'text-anchor="{"end" if end else "start"}">kept: epoch {kept:.0f}</text>'
        )
    for name, values in (("train", costs), ("held", held_out)):
        if len(values):
            parts.append(f'<path class="{name}" d="{_line(x, y, epochs, values)}"/>')
    last = [f"{costs[-1]:.3g} on the training rows"]
    last += [f"{held_out[-1]:.3g} on the validation rows"] if len(held_out) else []
    return _svg(parts, f"The cost over {epochs[-1]:.0f} epochs; at the end {', '.join(last)}.")


def scatter(truth: Sequence[float], predictions: Sequence[float], target: str) -> str:
    """Draw predictions against targets; on the dashed line a prediction is right.

    From many rows it draws evenly spaced ones. The result is empty if the numbers are too large to
    draw.
    """
    every = ceil(len(truth) / MOST_POINTS)
    pairs = list(zip(truth, predictions, strict=True))[::every]
    low = min(min(pair) for pair in pairs)
    high = max(max(pair) for pair in pairs)
    if not isfinite(high - low):
        return ""
    if low == high:
        low, high = low - 1, high + 1
    x = _scale(low, high, LEFT, WIDTH - RIGHT)
    y = _scale(low, high, HEIGHT - BOTTOM, TOP)
    parts = _axes(x, y, ticks(low, high), ticks(low, high), "target", "prediction")
    parts.append(
        f'<path class="ideal" d="M{x(low):.1f} {y(low):.1f}L{x(high):.1f} {y(high):.1f}"/>'
    )
    parts += [f'<circle class="point" cx="{x(t):.1f}" cy="{y(p):.1f}" r="3"/>' for t, p in pairs]
    return _svg(parts, f"{target}: predictions against targets, {len(pairs)} rows.")


def reliability(bins: Sequence[Bin]) -> str:
    """Draw the share of right predictions against the confidence; the dashed line is calibrated."""
    ends = [end for one in bins for end in (one.confidence, one.right.low)]
    low = floor(10 * min(ends)) / 10
    x = _scale(low, 1.0, LEFT, WIDTH - RIGHT)
    y = _scale(low, 1.0, HEIGHT - BOTTOM, TOP)
    marks = ticks(low, 1.0)
    parts = _axes(x, y, marks, marks, "probability of the predicted class", "share that is right")
    parts.append(f'<path class="ideal" d="M{x(low):.1f} {y(low):.1f}L{x(1):.1f} {y(1):.1f}"/>')
    for confidence, right in bins:
        at = x(confidence)
        parts.append(f'<path class="spread" d="M{at:.1f} {y(right.low):.1f}V{y(right.high):.1f}"/>')
        parts.append(f'<circle class="one" cx="{at:.1f}" cy="{y(right.value):.1f}" r="4"/>')
    said = "; ".join(f"{one.right.value:.0%} at {one.confidence:.0%}" for one in bins)
    return _svg(parts, f"The share of right predictions at each probability: {said}.")


def trials(costs: Sequence[float], kept: int) -> str:
    """Draw the cost of each setting on the rows left out, and mark the one that was kept."""
    known = [(number, cost) for number, cost in enumerate(costs, 1) if isfinite(cost)]
    low, high = min(cost for _, cost in known), max(cost for _, cost in known)
    room = (high - low or abs(high) or 1.0) / 4
    x = _scale(0.5, len(costs) + 0.5, LEFT, WIDTH - RIGHT)
    y = _scale(low - room, high + room, HEIGHT - BOTTOM, TOP)
    numbers, marks = range(1, len(costs) + 1), ticks(low - room, high + room)
    parts = _axes(x, y, numbers, marks, "setting", "")
    parts.append(f'<path class="train" d="{_line(x, y, *zip(*known, strict=True))}"/>')
    for number, cost in known:
        parts.append(f'<circle class="one" cx="{x(number):.1f}" cy="{y(cost):.1f}" r="4"/>')
    at, cost = x(kept), costs[kept - 1]
    parts.append(f'<circle class="ring" cx="{at:.1f}" cy="{y(cost):.1f}" r="9"/>')
    parts.append(f'<text x="{at:.1f}" y="{y(cost) + 22:.1f}" text-anchor="middle">kept</text>')
    said = ", ".join(f"{cost:.4g} of setting {number}" for number, cost in known)
    return _svg(parts, f"The cost on the rows left out: {said}; setting {kept} was kept.")


def _scale(
    low: float, high: float, start: float, end: float, is_log: bool = False
) -> Callable[[float], float]:
    """Return the function from a number to its coordinate."""
    if is_log:
        low, high = log10(low), log10(high)
    span = (high - low) or 1.0

    def place(value: float) -> float:
        value = log10(value) if is_log else value
        return start + (value - low) / span * (end - start)

    return place


def _axes(
    x: Callable[[float], float],
    y: Callable[[float], float],
    x_marks: Sequence[float],
    y_marks: Sequence[float],
    x_name: str,
    y_name: str,
) -> list[str]:
    bottom = HEIGHT - BOTTOM
    parts = [f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}"/>']
    for mark in y_marks:
        at = y(mark)
        parts.append(f'<path class="axis" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{mark:.4g}</text>')
    for mark in x_marks:
        at = x(mark)
        parts.append(f'<path class="axis" d="M{at:.1f} {bottom}v4"/>')
        parts.append(f'<text x="{at:.1f}" y="{bottom + 18}" text-anchor="middle">{mark:.4g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{x_name}</text>')
    if y_name:
        parts.append(f'<text x="{LEFT + 6}" y="{TOP + 10}">{y_name}</text>')
    return parts


def _line(
    x: Callable[[float], float],
    y: Callable[[float], float],
    xs: Sequence[float],
    ys: Sequence[float],
) -> str:
    """Return a path through the points, with a gap at each number that is not finite."""
    drawn, pen_is_down = [], False
    for one, other in zip(xs, ys, strict=True):
        if isfinite(other):
            drawn.append(f"{'L' if pen_is_down else 'M'}{x(one):.1f} {y(other):.1f}")
        pen_is_down = isfinite(other)
    return "".join(drawn)


def _svg(parts: Sequence[str], label: str) -> str:
    inside = "\n".join(parts)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">\n'
        f"{inside}\n</svg>"
    )
