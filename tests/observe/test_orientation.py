"""Which way up a picture is, which axis is which, where a color or a line changes."""

from __future__ import annotations

import io
import re
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import colors as mpl_colors
from matplotlib.figure import Figure
from PIL import Image

import neurona
from neurona.engine.state import State
from neurona.observe import colors, figures, numbers, scores, terminal
from neurona.observe.film import Film, Stage, _interpolation
from tests.support.contrast import contrast, linear

UP = [(np.array([[0.0], [8.0]]), np.array([0.0]))]  # predicts 1 (blue) where x2 is large
RIGHT = [(np.array([[8.0], [0.0]]), np.array([0.0]))]  # and here where x1 is large
NET = neurona.network([2, 1], "sigmoid")
X, Y = np.array([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]]), np.array([0, 1, 1, 0])


@pytest.fixture
def ax():
    with mpl.rc_context():
        yield Figure(figsize=(4, 4)).add_subplot()


def drawn(ax):
    """Return the pixels of the axes' inside, top first."""
    ax.set_position([0, 0, 1, 1])
    ax.set_aspect("auto")
    buffer = io.BytesIO()
    ax.figure.savefig(buffer, format="png", dpi=50)
    return np.asarray(Image.open(buffer).convert("RGB")).astype(float)


def is_orange(pixel):
    return pixel[0] > pixel[2] + 20


def is_blue(pixel):
    return pixel[2] > pixel[0] + 20


def corners(pixels, at=0.03):
    height, width = pixels.shape[:2]
    top, left = int(height * at), int(width * at)
    return {
        "top left": pixels[top, left], "top right": pixels[top, -left - 1],
        "bottom left": pixels[-top - 1, left], "bottom right": pixels[-top - 1, -left - 1],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("params", "blue"), [(UP, {"top left", "top right"}), (RIGHT, {"top right", "bottom right"})]
)
def test_a_surface_stands_the_right_way_up(ax, params, blue):
    neurona.plot.surface(NET, params, X, Y, ax)
    for place, pixel in corners(drawn(ax)).items():
        assert is_blue(pixel) == (place in blue)
        assert is_orange(pixel) == (place not in blue)


def test_each_value_of_a_surface_is_the_middle_of_its_pixel(ax):
    neurona.plot.surface(NET, UP, X, Y, ax, resolution=11, limits=(-1, 1, -2, 3))
    (image,) = ax.images
    np.testing.assert_allclose(image.get_extent(), (-1.1, 1.1, -2.25, 3.25))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x_1$", "$x_2$")


def test_the_boundary_is_at_exactly_one_half(ax):
    flat = [(np.array([[1.0], [0.0]]), np.array([0.0]))]  # 0.4 would be at x1 = -0.41
    neurona.plot.surface(NET, flat, X, Y, ax)
    (line,) = [one for one in ax.collections if len(one.get_offsets()) != len(X)]
    places = np.concatenate([path.vertices for path in line.get_paths()])
    np.testing.assert_allclose(places[:, 0], 0, atol=1e-3)


def test_points_have_x1_to_the_right_and_x2_upwards(ax):
    given = np.array([[0.0, 5.0], [1.0, 6.0], [2.0, 9.0]])
    figures.draw_points(ax, given, colors.class_colors(3))
    np.testing.assert_allclose(ax.collections[0].get_offsets(), given)


# A confusion matrix


COUNTS = np.array([[90, 10, 0], [4, 5, 0], [0, 3, 1]])  # true classes in rows


def test_a_confusion_matrix_has_true_classes_downwards_and_predicted_ones_to_the_right(ax):
    neurona.plot.confusion(COUNTS, ax=ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {
        (column, row): str(COUNTS[row, column]) for row, column in np.argwhere(COUNTS)
    }
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # class 0 is at the top
    pixels = drawn(ax)
    assert is_blue(corners(pixels)["top left"])
    assert is_orange(pixels[8, 80])  # row 0, column 1: mistaken
    assert not is_orange(corners(pixels)["bottom left"])


def test_a_count_is_white_where_it_is_most_of_its_row(ax):
    texts = figures.draw_counts(ax, COUNTS)
    white = {text.get_position() for text in texts if text.get_color() == "white"}
    assert white == {(0, 0), (1, 2)}  # 90 of 100, and 3 of 4; not 5 of 9


def test_a_confusion_is_shaded_by_the_shares_of_its_rows():
    shades = colors.confusion_colors(COUNTS)
    shares = COUNTS / COUNTS.sum(axis=1, keepdims=True)
    for row, column in np.ndindex(3, 3):
        share = shares[row, column]
        value = 0.5 + share / 2 if row == column else 0.5 - np.sqrt(share) / 2
        np.testing.assert_allclose(shades[row, column], colors.diverging(value))


def test_confusion_matrices_count_true_classes_in_rows():
    predictions, y = [[0.1], [0.9], [0.9], [0.2]], [0, 0, 0, 1]
    np.testing.assert_array_equal(scores.confusion_matrix(predictions, y), [[1, 2], [1, 0]])


# Colors


@pytest.mark.parametrize("palette", [colors.LIGHT, colors.DARK])
def test_points_stand_out_on_every_ground_and_words_on_paper(palette):
    for n_classes in (2, 5):
        for point in palette.class_colors(n_classes):
            for ground in [*palette.class_grounds(n_classes), rgb(palette.undecided)]:
                assert contrast(point, ground) >= 3
    assert contrast(rgb(palette.soft), rgb(palette.paper)) >= 4.5
    for ground in palette.class_grounds(5):
        assert contrast(rgb(palette.ink), ground) >= 7


def rgb(code):
    return mpl_colors.to_rgb(code)


# The colors of color-blind eyes: Machado, Oliveira and Fernandes, 2009, at full strength.
BLIND = {
    "none": np.eye(3),
    "protan": np.array(
        [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]
    ),
    "deutan": np.array(
        [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]
    ),
    "tritan": np.array(
        [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]]
    ),
}


@pytest.mark.parametrize("palette", [colors.LIGHT, colors.DARK])
@pytest.mark.parametrize("eyes", BLIND)
def test_five_classes_are_told_apart_by_any_eyes(palette, eyes):
    seen = [oklab(np.clip(BLIND[eyes] @ linear(one), 0, 1)) for one in palette.class_colors(5)]
    apart = [np.linalg.norm(one - other) for one, other in combinations(seen, 2)]
    assert min(apart) > 0.08
    assert apart[0] > 0.2  # the pair


def oklab(color):
    """Return a linear color as lightness and two hues (Ottosson, 2020)."""
    cones = np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]])
    hues = np.array(
        [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]
    )
    return hues @ np.cbrt(cones @ color)


def test_the_colors_are_those_of_the_pages_style_sheet():
    styles = Path(__file__).parents[2] / "frontend" / "src" / "styles"
    blocks = re.findall(r"\{[^{}]*--paper:[^{}]*\}", (styles / "tokens.css").read_text())
    for block, palette in zip(blocks, (colors.LIGHT, colors.DARK), strict=True):
        said = dict(re.findall(r"--([\w-]+): (#\w+)", block))
        assert said["ground-mid"] == palette.undecided
        for name in ("paper", "ink", "soft", "line"):
            assert said[name] == getattr(palette, name)
        for name, of_classes in (("class", palette.classes), ("ground", palette.grounds)):
            assert tuple(said[f"{name}-{k}"] for k in range(5)) == of_classes


def test_a_region_is_the_paler_the_less_certain_it_is():
    certain = colors.regions(np.eye(5))
    np.testing.assert_allclose(certain, colors.LIGHT.class_grounds(5))
    undecided, half = colors.regions(np.array([[1, 1, 1], [4, 1, 1]]) / np.array([[3], [6]]))
    np.testing.assert_allclose(undecided, rgb(colors.LIGHT.undecided))
    np.testing.assert_allclose(half, (undecided + certain[0]) / 2)


@pytest.mark.parametrize(
    ("y", "scale"),
    [([-0.5, 2.0], (-2, 2)), ([-3.0, 1.0], (-3, 3)), ([0.0, 2.0], (0, 2)), ([-2.0, 0.0], (-2, 0))],
)
def test_a_scale_is_symmetric_only_where_both_signs_are(y, scale):
    scheme = colors.scheme_of_numbers(y)
    assert (scheme.low, scheme.high) == scale


# A network, a curve


def test_a_networks_lines_and_neurons_are_blue_where_they_are_positive(ax):
    net = neurona.network([2, 2, 1], "tanh")
    params = [
        (np.array([[0.1, -0.4], [0.9, -0.2]]), np.array([1.0, -1.0])),
        (np.array([[0.5], [-0.25]]), np.array([0.0])),
    ]
    neurona.plot.network(net, params, ax)
    lines = [one for one in ax.collections if hasattr(one, "get_segments")]
    for layer, (W, _) in zip(lines, params, strict=True):
        widths = layer.get_linewidths()
        assert list(widths) == sorted(widths)  # the strongest on top
        strength = np.sort(np.abs(W), axis=None)
        order = np.argsort(np.abs(W), axis=None)
        np.testing.assert_allclose(widths, 0.3 + 2.7 * strength / strength[-1])
        for color, weight in zip(layer.get_colors(), W.ravel()[order], strict=True):
            assert is_blue(255 * color) == (weight > 0)
            assert is_orange(255 * color) == (weight < 0)
    neurons = [one for one in ax.collections if not hasattr(one, "get_segments")]
    upper, lower = neurons[1].get_facecolors()
    assert is_blue(255 * upper)
    assert is_orange(255 * lower)


def test_a_curve_of_the_cost_stands_on_zero(ax):
    neurona.plot.cost_curve([0, 1, 2], [0.5, 0.4, 0.3], ax)
    assert ax.get_ylim()[0] == 0
    below = Figure().add_subplot()
    neurona.plot.cost_curve([0, 1], [0.5, -0.25], below)
    assert below.get_ylim()[0] == -0.25


def test_an_activation_is_drawn_from_minus_5_to_5(ax):
    neurona.plot.activation("tanh", ax)
    assert ax.get_xlim() == (-5, 5)


# A film


def film_of(params, net=NET, x=X, y=Y, costs=(0.5, 0.25, 0.125)):
    film = Film(net, x, y)
    for step, cost in enumerate(costs):
        film.add(State(10 * step, 0, params, None, cost))
    return film


@pytest.mark.parametrize(("params", "blue"), [(UP, "top"), (RIGHT, "right")])
def test_a_film_stands_the_right_way_up(params, blue, tmp_path):
    film_of(params).save_picture(tmp_path / "film.png", scale=1.0)
    pixels = np.asarray(Image.open(tmp_path / "film.png").convert("RGB")).astype(float)
    panel = pixels[420 - 372 : 420 - 28, 28 : 28 + 344]
    for place, pixel in corners(panel).items():
        assert is_blue(pixel) == (blue in place)
        assert is_orange(pixel) == (blue not in place)


def test_the_last_frame_of_a_film_stays_longest():
    film = Image.open(io.BytesIO(film_of(UP).gif()))
    durations = []
    for frame in range(film.n_frames):
        film.seek(frame)
        durations.append(film.info["duration"])
    assert max(durations) == durations[-1] == 3000
    assert set(durations[:-1]) <= {60, 120}  # equal frames become one


def test_the_curve_of_a_film_goes_up_to_the_moment_itself():
    film = film_of(UP)
    curve = Stage(film).curve
    past, now = curve.show(film.frames[1])
    np.testing.assert_array_equal(past.get_xdata(), [0, 10])
    np.testing.assert_array_equal(past.get_ydata(), [0.5, 0.25])
    assert (now.get_xdata(), now.get_ydata()) == ([10], [0.25])


def test_a_film_of_a_regression_has_targets_to_the_right_and_predictions_upwards():
    net = neurona.network([3, 1], "linear")
    x, y = np.eye(3), np.array([1.0, 2.0, 4.0])
    params = [(np.array([[10.0], [20.0], [30.0]]), np.array([0.0]))]
    film = film_of(params, net, x, y)
    (points,) = Stage(film).panel.show(film.frames[0])
    np.testing.assert_allclose(points.get_offsets(), [[1, 10], [2, 20], [4, 30]])


def test_frames_are_chosen_half_by_steps_and_half_by_change():
    film = Film(NET, X, Y)
    for step in range(200):  # all the change is in the first steps
        strength = min(step, 10) / 50
        film.add(State(step, 0, [(UP[0][0] * strength, UP[0][1])], None, 0.1))
    chosen = np.array(film._paced(20))
    assert (chosen <= 10).sum() == pytest.approx(10, abs=2)
    assert (chosen > 15).sum() == pytest.approx(10, abs=2)
    np.testing.assert_allclose(np.diff(chosen[chosen > 15]), 20, atol=3)


def test_a_pixel_of_a_film_is_interpolated_at_its_middle():
    n, m = 12, 4
    values = _interpolation(n, m) @ np.linspace(0, 1, m)
    np.testing.assert_allclose(values, (np.arange(n) + 0.5) / n)


# In the terminal


def test_the_upper_pixel_is_the_ink_and_the_lower_one_the_ground():
    pixels = np.array([[[255, 0, 0]], [[0, 0, 255]]], np.uint8)
    (span,) = terminal._half_blocks(pixels).spans
    assert span.style.color.triplet == (255, 0, 0)
    assert span.style.bgcolor.triplet == (0, 0, 255)


def test_a_point_at_the_top_right_stands_in_the_first_line_and_the_last_column():
    plane = numbers.surface(NET, UP, limits=(-1, 1, -1, 1), resolution=10)
    text = terminal.surface_text(
        plane, [[1.0, 1.0]], [1], colors.Scheme(2), width=10, height=5, color=False
    )
    lines = text.plain.splitlines()
    assert lines[0][-1] == terminal.SYMBOLS[1]
    assert terminal.SYMBOLS[1] not in "".join([lines[0][:-1], *lines[1:]])


def test_some_of_many_points_are_shown_and_not_the_first_ones():
    plane = numbers.surface(NET, UP, limits=(-1, 1, -1, 1), resolution=10)
    x = np.linspace(-1, 1, 1000)
    text = terminal.surface_text(
        plane, np.c_[x, x], np.arange(1000) > 500, colors.Scheme(2), width=10, height=5, color=False
    )
    assert {*terminal.SYMBOLS[:2]} <= {*text.plain}


def test_a_curve_ends_where_the_training_will():
    text = terminal.cost_text([0, 50], [1.0, 0.5], width=40, height=6, last=100)
    last = text.plain.splitlines()[-1]
    assert last.split() == ["0", "step", "100"]
    drawn = [line.rstrip() for line in text.plain.splitlines()[:-1]]
    assert max(map(len, drawn)) < 28  # half of it is still empty


def test_a_confusion_in_the_terminal_has_its_colors_where_its_counts_are():
    counts = np.array([[9, 1], [0, 12]])
    text = terminal.confusion_text(counts)
    backs = {
        text.plain[span.start : span.end].strip(): np.array(span.style.bgcolor.triplet, float)
        for span in text.spans
        if getattr(span.style, "bgcolor", None)
    }
    assert is_blue(backs["9"])
    assert is_blue(backs["12"])
    assert is_orange(backs["1"])


# Thresholds


def test_one_half_is_class_0():
    np.testing.assert_array_equal(scores.classes_of([[0.5], [0.5000001]]), [0, 1])
    assert scores.accuracy([[0.5]], [0]) == 1.0


def test_a_cost_has_four_places_from_a_thousandth_on():
    assert scores.format_cost(0.001) == "0.0010"
    assert scores.format_cost(-0.001) == "-0.0010"
    assert scores.format_cost(0.000999) == "1.0e-03"


def test_a_plane_is_a_square_unless_one_side_is_three_times_as_long():
    left, right, bottom, top = numbers.limits_of([[0, 0], [2.9, 1]])
    assert right - left == pytest.approx(top - bottom) == pytest.approx(2.9 * 1.24)
    left, right, bottom, top = numbers.limits_of([[0, 0], [3.1, 1]])
    assert (right - left, top - bottom) == pytest.approx((3.1 * 1.24, 1.24))


def test_a_sigmoid_is_saturated_beyond_4_point_4():
    one = [(np.array([[1.0]]), np.array([0.0]))]
    net = neurona.network([1, 1], "sigmoid")
    saturated = [float(numbers.saturation(net, one, [[z]])[0]) for z in (4.3, -4.3, 4.4, -4.4)]
    assert saturated == [0, 0, 1, 1]


def test_orange_and_blue_are_told_apart_by_these_tests():
    assert is_orange(255 * np.array(mpl_colors.to_rgb("orange")))
    assert is_blue(255 * np.array(mpl_colors.to_rgb("blue")))
    assert not is_orange(255 * np.ones(3))
