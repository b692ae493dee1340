"""The terminal's view: what is drawn on terminals of several kinds, and what in a log."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

import neurona
from neurona.observe import colors, numbers, terminal
from neurona.observe.terminal import TerminalView, confusion_text, cost_text, describe, surface_text

SHOW_CURSOR = "\x1b[?25h"
CLASS_0, CLASS_1 = (0xB8, 0x4A, 0x00), (0x0A, 0x5C, 0x9E)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def halves():
    """Make a network that answers 1 on the right half of the plane, and its surface."""
    net = neurona.network([2, 1])
    params = ((np.array([[50.0], [0.0]]), np.array([0.0])),)
    return net, numbers.surface(net, params, limits=(-1, 1, -1, 1), resolution=50)


def console(width=80, height=24, *, terminal=True, **options):
    # Rich measures the file where it can; a StringIO has no size but the one given
    return Console(
        file=io.StringIO(), force_terminal=terminal, width=width, height=height,
        legacy_windows=False, **options,
    )  # fmt: skip


def styles(text):
    """Return the two colors of each character, line by line."""
    lines = []
    for line in text.split("\n"):
        row = [None] * len(line)
        for span in line.spans:
            for k in range(span.start, span.end):
                row[k] = tuple(tuple(c.triplet) for c in (span.style.color, span.style.bgcolor))
        lines.append(row)
    return lines


@pytest.mark.parametrize(("width", "height", "side"), [(20, 10, 20), (80, 6, 12), (15, 30, 14)])
def test_surface_text_is_the_largest_square(halves, width, height, side):
    net, plane = halves
    text = surface_text(
        plane, [[5, 5]], [0], colors.scheme_of(net, [0, 1]), width=width, height=height
    )
    assert [line.plain for line in text.split("\n")] == ["▀" * side] * (side // 2)


def test_surface_text_has_two_pixels_a_character_and_the_points(halves):
    net, plane = halves
    X, y = [[-1, 1], [1, -1]], [1, 0]  # above left, below right: on the wrong sides
    scheme = colors.scheme_of(net, y)
    rows = styles(surface_text(plane, X, y, scheme, width=12, height=6))
    ground_0, ground_1 = (0xF5, 0xD5, 0xBB), (0xC3, 0xDC, 0xF0)
    assert rows[0][0] == (CLASS_1, ground_0)  # the upper half only
    assert rows[-1][-1] == (ground_1, CLASS_0)  # the lower half only
    assert rows[3][1] == (ground_0, ground_0)
    assert rows[3][-2] == (ground_1, ground_1)


def test_many_points_leave_the_surface_visible(halves):
    net, plane = halves
    X, y = neurona.datasets.circles(n=5000, rng=0)
    text = surface_text(plane, X, y, colors.scheme_of(net, y), width=40, height=20)
    points = {CLASS_0, CLASS_1}
    pixels = [color for row in styles(text) for pair in row for color in pair]
    assert 40 < sum(color in points for color in pixels) < len(pixels) / 5


def test_surface_text_without_color_has_shades_and_symbols(halves):
    net, plane = halves
    text = surface_text(
        plane, [[-1, 1], [1, 1]], [0, 1], colors.scheme_of(net, [0, 1]),
        width=8, height=4, color=False,
    )  # fmt: skip
    assert text.plain.split("\n") == ["o   ░░░x", *["    ░░░░"] * 3]


def test_surface_text_of_a_regression_without_color_has_shades():
    net = neurona.network([2, 1], "linear")
    params = ((np.array([[1.0], [0.0]]), np.array([0.0])),)
    plane = numbers.surface(net, params, limits=(-1, 1, -1, 1))
    scheme = colors.Scheme(None, -1.0, 1.0)
    text = surface_text(plane, [[0, 0]], [0.0], scheme, width=10, height=5, color=False)
    assert text.plain.split("\n") == ["  ░░▒▒▓▓██"] * 5


def test_cost_text_fits_and_ends_at_the_last_step():
    text = cost_text([0, 50], [0.5, 0.25], width=30, height=8, last=100)
    lines = text.plain.split("\n")
    assert len(lines) == 8
    assert max(map(len, lines)) == 30
    assert lines[0].startswith("0.50 ⠑")
    assert lines[1].startswith("cost")
    assert lines[6].startswith("0.00")
    assert lines[7].split() == ["0", "step", "100"]
    columns = [k for line in lines[:7] for k, c in enumerate(line) if ord(c) >= 0x2800]
    assert max(columns) == 5 + 12  # half of the 25 columns beside the labels


def test_a_steep_curve_has_no_gaps():
    lines = cost_text([0, 1, 100], [1.0, 0.0, 0.0], width=30, height=8).plain.split("\n")[:7]
    assert all(any(ord(c) >= 0x2800 for c in line) for line in lines)


def test_cost_text_with_log_draws_exponential_decay_as_a_line():
    steps = np.arange(0, 101, 10)
    costs = 10.0 ** (-steps / 25)
    text = cost_text(steps, costs, width=26, height=6, log=True).plain.split("\n")
    assert text[0].startswith(" 1.00")
    assert text[4].startswith("1e-04")
    starts = [min(k for k, c in enumerate(line) if ord(c) >= 0x2800) for line in text[:5]]
    assert np.ptp(np.diff(starts)) <= 1


@pytest.mark.parametrize("least", [0.0, -1.0])
def test_cost_text_of_a_cost_without_a_logarithm_is_the_usual_one(least):
    given = {"steps": [0, 1, 2], "costs": [4.0, 1.0, least], "width": 26, "height": 6}
    assert cost_text(**given, log=True).plain == cost_text(**given).plain


def test_cost_text_of_a_single_flat_or_negative_cost():
    assert "⠁" in cost_text([0], [0.5], width=20, height=5).plain
    assert cost_text([0, 1], [0.0, 0.0], width=20, height=5).plain.startswith("0.00")
    assert "-1" in cost_text([0, 1], [0.0, -1.0], width=20, height=5).plain


@pytest.mark.parametrize(("steps", "costs"), [([], []), ([1, 2], [0.5])])
def test_cost_text_needs_a_cost_per_step(steps, costs):
    with pytest.raises(ValueError, match="give one cost per step"):
        cost_text(steps, costs, width=20, height=5)


def test_confusion_text_colors_right_and_wrong_predictions():
    text = confusion_text([[120, 30], [0, 7]])
    assert text.plain.split("\n") == ["    0   1", "0 120  30", "1   ·   7"]
    by_text = {
        text.plain[span.start : span.end].strip(): span.style
        for span in text.spans
        if span.style != "dim"
    }
    right, wrong = (by_text[count].bgcolor.triplet for count in ("120", "30"))
    assert right.blue > right.red
    assert wrong.red > wrong.blue


def test_describe_names_each_activation_once():
    assert describe(neurona.network([2, 4, 8, 1])) == "2-4-8-1 sigmoid"
    assert describe(neurona.network([2, 4, 4, 1], ["relu", "relu", "linear"])) == (
        "2-4-4-1 relu, linear"
    )


def watch(view, net, X, y, *, steps=60, every=2):
    with view:
        for state in neurona.train(net, X, y, steps=steps, every=every, rng=0):
            view.update(state)
    return view.console.file.getvalue() if view.console is not None else ""


@pytest.fixture
def circles():
    X, y = neurona.datasets.circles(n=60, rng=0)
    return neurona.network([2, 4, 1], "tanh", output="sigmoid"), X, y


def last_picture(output):
    """Return the plain lines of the last picture."""
    import re

    picture = output.rsplit("\x1b[2K", 1)[-1]
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", picture).splitlines()


def test_view_uses_and_restores_a_terminal_of_80_by_24(circles):
    net, X, y = circles
    view = TerminalView(
        net, X, y, steps=60, name="circles", test=(X[:10], y[:10]), console=console()
    )
    output = watch(view, net, X, y)
    lines = [line.rstrip() for line in last_picture(output)]
    assert lines[0].endswith("circles  2-4-1 tanh, sigmoid  60 examples")
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 80
    assert sum("▀" * 20 in line for line in lines) == 18
    assert any(ord(c) >= 0x2800 for line in lines for c in line)
    score = next(line for line in lines if line.startswith("step 60"))
    assert "test accuracy" in score
    assert "100 %" in lines[-1]
    assert "steps/s" in lines[-1]
    assert output.rstrip("\n").endswith(SHOW_CURSOR)


@pytest.mark.parametrize(
    ("width", "height", "surface", "curve"),
    [(120, 40, True, True), (80, 60, True, True), (40, 18, True, False), (30, 7, False, False)],
)
def test_view_adapts_to_the_size_of_the_terminal(circles, width, height, surface, curve):
    net, X, y = circles
    view = TerminalView(net, X, y, steps=60, console=console(width, height))
    lines = last_picture(watch(view, net, X, y))
    assert len(lines) < height
    assert max(len(line.rstrip()) for line in lines) <= width
    assert any("▀" in line for line in lines) is surface
    assert any(ord(c) >= 0x2800 for line in lines for c in line) is curve


def test_drawing_takes_a_limited_share_of_the_time(circles):
    net, X, y = circles
    view = TerminalView(net, X, y, steps=2000, console=console())
    output = watch(view, net, X, y, steps=2000, every=1)
    assert len(view.curve) <= 2 * terminal.CURVE_POINTS
    assert output.count("examples") < 200  # pictures, of 2,001 states


def test_a_long_training_keeps_the_shape_of_its_curve(circles, monkeypatch):
    monkeypatch.setattr(terminal, "CURVE_POINTS", 8)
    net, X, y = circles
    view = TerminalView(net, X, y, steps=100, console=console())
    watch(view, net, X, y, steps=100, every=1)
    assert len(view.curve) <= 16
    assert view.curve[0][0] == 0
    assert view.curve[-1][0] > 90


def test_view_without_color_writes_no_colors(circles):
    net, X, y = circles
    view = TerminalView(net, X, y, steps=60, console=console(no_color=True))
    output = watch(view, net, X, y)
    assert "▀" not in output
    assert "\x1b[38" not in output
    assert "░" in output


@pytest.mark.parametrize(
    ("topology", "output", "shown"),
    [([64, 16, 10], "softmax", "·"), ([5, 1], "linear", None)],
)
def test_view_of_more_than_two_inputs(topology, output, shown):
    if shown:
        X, y = neurona.datasets.digits()
        X, y = X[:200], y[:200]
    else:
        X = np.random.default_rng(0).normal(size=(30, 5))
        y = X.sum(axis=1)
    net = neurona.network(topology, "tanh", output=output)
    view = TerminalView(net, X, y, steps=20, console=console())
    lines = last_picture(watch(view, net, X, y, steps=20))
    assert any("·" in line for line in lines) is bool(shown)
    assert any("accuracy" in line for line in lines) is bool(shown)
    assert any(ord(c) >= 0x2800 for line in lines for c in line)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_view_restores_the_terminal_after_an_error(circles, error):
    net, X, y = circles
    screen = console()
    states = neurona.train(net, X, y, steps=60, rng=0)

    def interrupted():
        with TerminalView(net, X, y, steps=60, console=screen) as view:
            view.update(next(states))
            view.update(next(states))
            raise error

    with pytest.raises(error):
        interrupted()
    output = screen.file.getvalue()
    assert output.rstrip("\n").endswith(SHOW_CURSOR)
    assert "step 1 " in "\n".join(last_picture(output))  # the last state was not lost


def test_view_restores_the_terminal_if_drawing_fails(circles):
    net, X, y = circles
    screen = console()
    state = next(neurona.train(neurona.network([3, 1]), np.zeros((2, 3)), [0, 1], rng=0))
    with pytest.raises(ValueError), TerminalView(net, X, y, steps=60, console=screen) as view:
        view.update(state)  # of another network
    assert SHOW_CURSOR in screen.file.getvalue()
    screen.print("afterwards")
    assert screen.file.getvalue().endswith("afterwards\n")


def test_log_has_about_ten_lines(circles):
    net, X, y = circles
    view = TerminalView(net, X, y, steps=500, console=console(terminal=False))
    lines = watch(view, net, X, y, steps=500, every=5).splitlines()
    assert len(lines) == 10
    assert [line.split()[1] for line in lines[::9]] == ["50/500", "500/500"]
    assert all("cost" in line and "accuracy" in line for line in lines)
    assert all(line.endswith("steps/s") for line in lines)
    assert "\x1b" not in "".join(lines)


def test_log_of_few_states_ends_with_the_last(circles):
    net, X, y = circles
    screen = console(terminal=False)
    states = neurona.train(net, X, y, steps=60, every=4, rng=0)
    with TerminalView(net, X, y, steps=60, console=screen) as view:
        for _, state in zip(range(3), states, strict=False):  # interrupted after step 8
            view.update(state)
    assert [line.split()[1] for line in screen.file.getvalue().splitlines()] == ["8/60"]


def test_log_of_a_continued_training_starts_at_its_step(circles):
    net, X, y = circles
    screen = console(terminal=False)
    *_, start = neurona.train(net, X, y, steps=1000, every=500, rng=0)
    with TerminalView(net, X, y, steps=1100, console=screen) as view:
        for state in neurona.train(net, X, y, steps=100, every=1, start=start, rng=0):
            view.update(state)
    lines = screen.file.getvalue().splitlines()
    assert [line.split()[1] for line in lines] == [f"{k}/1100" for k in range(1010, 1101, 10)]


def test_standard_output_without_a_terminal_gets_a_log(circles, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as build servers do
    net, X, y = circles
    with TerminalView(net, X, y, steps=20) as view:
        for state in neurona.train(net, X, y, steps=20, every=1, rng=0):
            view.update(state)
    assert len(capsys.readouterr().out.splitlines()) == 10


def test_quiet_prints_nothing(circles, capsys):
    net, X, y = circles
    assert watch(TerminalView(net, X, y, steps=60, quiet=True), net, X, y) == ""
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""
