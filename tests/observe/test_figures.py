"""Figures hold what they should: artists, labels, colors and data."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import colors as mpl_colors
from matplotlib import pyplot
from matplotlib.figure import Figure

import neurona
from neurona.observe import colors, numbers

pytestmark = pytest.mark.usefixtures("headless")
plot = neurona.plot


@pytest.fixture(scope="module")
def circles():
    X, y = neurona.datasets.circles(n=80, rng=0)
    net = neurona.network([2, 4, 1], "tanh", output="sigmoid")
    states = list(
        neurona.train(net, X, y, optimizer=neurona.adam(0.05), steps=150, every=50, rng=0)
    )
    return net, X, y, states


def test_surface_with_two_classes(ax, circles):
    net, X, y, states = circles
    assert plot.surface(net, states[-1].params, X, y, ax, resolution=40) is ax
    (points,) = [c for c in ax.collections if len(c.get_offsets()) == len(X)]
    np.testing.assert_allclose(points.get_offsets(), X)
    expected = np.array([mpl_colors.to_rgb(code) for code in ("#b84a00", "#0a5c9e")])[y]
    np.testing.assert_allclose(points.get_facecolors()[:, :3], expected)
    np.testing.assert_allclose(points.get_edgecolors(), [[1, 1, 1, 1]])
    (image,) = ax.images
    plane = numbers.surface(net, states[-1].params, X, resolution=40)
    np.testing.assert_allclose(image.get_array(), colors.ground(plane.values[..., 0]))
    assert (ax.get_xlim(), ax.get_ylim()) == (plane.limits[:2], plane.limits[2:])
    assert ax.get_aspect() == 1
    assert "x_1" in ax.get_xlabel()
    assert "x_2" in ax.get_ylabel()


def test_boundary_is_where_the_output_is_one_half(ax, circles):
    net, X, y, states = circles
    plot.surface(net, states[-1].params, X, y, ax)
    (line,) = [c for c in ax.collections if len(c.get_offsets()) != len(X)]
    places = np.concatenate([path.vertices for path in line.get_paths()])
    answers = net.predict(states[-1].params, places)
    np.testing.assert_allclose(answers, 0.5, atol=0.05)


def test_no_boundary_if_all_points_have_one_class(ax):
    net = neurona.network([2, 1])
    params = ((np.zeros((2, 1)), np.array([5.0])),)
    plot.surface(net, params, [[0, 0], [1, 1]], [0, 1], ax)
    assert len(ax.collections) == 1  # the points


def test_surface_with_several_classes_shows_the_most_probable(ax):
    X, y = neurona.datasets.blobs(n=30, classes=3, rng=0)
    net = neurona.network([2, 3], "softmax")
    params = net.init(0)
    plot.surface(net, params, X, y, ax, resolution=20)
    plane = numbers.surface(net, params, X, resolution=20)
    np.testing.assert_allclose(ax.images[0].get_array(), colors.regions(plane.values))
    (points,) = [c for c in ax.collections if len(c.get_offsets()) == len(X)]
    np.testing.assert_allclose(points.get_facecolors()[:, :3], colors.class_colors(3)[y])


def test_surface_of_a_regression_has_one_scale_and_a_color_bar(ax):
    X, y = [[0, 0], [1, 0], [0, 1]], [-1.0, 0.5, 2.0]
    net = neurona.network([2, 1], "linear")
    plot.surface(net, net.init(0), X, y, ax)
    bar = ax.figure.axes[1]
    assert bar.get_ylim() == (-2, 2)  # symmetric, so that zero has no color
    np.testing.assert_allclose(
        ax.collections[0].get_facecolors()[:, :3], colors.diverging([0.25, 0.625, 1.0])
    )


def test_surface_needs_two_inputs():
    net = neurona.network([3, 1])
    with pytest.raises(ValueError, match="two inputs"):
        plot.surface(net, net.init(0), np.zeros((2, 3)), [0, 1])
    assert pyplot.get_fignums() == []  # no empty figure is left behind


def test_without_axes_a_function_creates_a_figure(circles, tmp_path):
    net, X, y, states = circles
    ax = plot.surface(net, states[-1].params, X, y)
    assert pyplot.get_fignums() == [ax.figure.number]
    ax.figure.savefig(tmp_path / "surface.png")
    assert (tmp_path / "surface.png").stat().st_size > 5000
    assert plot.cost_curve(states).figure is not ax.figure


def test_points_of_classes_and_of_numbers(ax):
    plot.points([[0, 0], [1, 2], [2, 1]], [0, 1, 2], ax)
    np.testing.assert_allclose(ax.collections[0].get_facecolors()[:, :3], colors.class_colors(3))
    other = Figure().add_subplot()
    plot.points([[0, 0], [1, 2]], [0.5, 1.5], other)
    np.testing.assert_allclose(
        other.collections[0].get_facecolors()[:, :3], colors.diverging([0, 1])
    )
    below = Figure().add_subplot()
    plot.points([[0, 0], [1, 2], [2, 1]], [-1, 0, 1], below)  # no class is negative
    np.testing.assert_allclose(
        below.collections[0].get_facecolors()[:, :3], colors.diverging([0, 0.5, 1])
    )
    with pytest.raises(ValueError, match="points of shape"):
        plot.points([[0, 0, 0]], [1])


def test_cost_curve_takes_states_or_numbers(ax, circles):
    *_, states = circles
    plot.cost_curve(states, ax=ax)
    (line,) = ax.lines
    assert line.get_xdata().tolist() == [0, 50, 100, 150]
    assert line.get_ydata().tolist() == [state.cost for state in states]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "cost")
    assert ax.get_ylim()[0] == 0
    plot.cost_curve([0, 50], [0.5, 0.2], ax, log=True, label="another")
    assert ax.get_yscale() == "log"
    assert ax.lines[1].get_color() is not ax.lines[0].get_color()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["another"]


@pytest.mark.parametrize(("steps", "costs"), [([0, 1], [0.5]), ([], [])])
def test_cost_curve_needs_a_cost_per_step(steps, costs):
    with pytest.raises(ValueError, match="give one cost per step"):
        plot.cost_curve(steps, costs)
    with pytest.raises(ValueError, match=r"or the states of a training: cost_curve\(list"):
        plot.cost_curve(steps or 1)


def test_activation_draws_the_function_and_the_pullback(ax):
    plot.activation("tanh", ax)
    value, derivative = ax.lines[:2]
    z = value.get_xdata()
    assert (z[0], z[-1]) == (-5, 5)
    np.testing.assert_allclose(value.get_ydata(), np.tanh(z))
    np.testing.assert_allclose(derivative.get_ydata(), 1 - np.tanh(z) ** 2, atol=1e-12)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["tanh", "derivative"]
    with pytest.raises(ValueError, match="there is no activation"):
        plot.activation("tan")


def test_network_draws_each_weight_by_sign_and_size(ax):
    net = neurona.network([2, 2, 1], "tanh")
    params = (
        (np.array([[1.0, -0.5], [0.25, 0.0]]), np.array([0.0, -2.0])),
        (np.array([[3.0], [-1.5]]), np.array([1.0])),
    )
    plot.network(net, params, ax)
    first, second, *columns = ax.collections
    assert len(first.get_segments()) == 4
    widths, paints = first.get_linewidths(), first.get_colors()
    assert np.all(np.diff(widths) > 0)  # the strongest is drawn last
    assert paints[-1][2] > paints[-1][0]  # 1.0 is blue
    assert paints[-2][0] > paints[-2][2]  # -0.5 is orange
    assert [segment[0].tolist() for segment in second.get_segments()] == [[1, -0.5], [1, 0.5]]
    assert [len(column.get_offsets()) for column in columns] == [2, 2, 1]
    no_bias, negative = columns[1].get_facecolors()[:, :3]
    np.testing.assert_allclose(no_bias, colors.diverging(0.5))
    np.testing.assert_allclose(negative, colors.diverging(0.0))
    assert [text.get_text() for text in ax.texts] == ["2 inputs", "2 tanh", "1 tanh"]
    assert "bias" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_network_abbreviates_wide_layers(ax):
    net = neurona.network([64, 30, 10], "relu", output="softmax")
    plot.network(net, net.init(0), ax, most=6)
    assert len(ax.collections[0].get_segments()) == 36
    dots = [c for c in ax.collections[2:] if len(c.get_offsets()) == 3]
    assert len(dots) == 3  # an ellipsis in each layer
    assert ax.texts[0].get_text() == "64 inputs"
    with pytest.raises(ValueError, match="most is 1"):
        plot.network(net, net.init(0), most=1)
    net = neurona.network([2, 3, 1], dropout=0.5)
    with pytest.raises(ValueError, match="weights of a network need dense layers only"):
        plot.network(net, net.init(0))


def test_confusion_shows_counts_and_names(ax):
    plot.confusion([[8, 2], [0, 5]], ["cat", "dog"], ax)
    assert [text.get_text() for text in ax.texts] == ["8", "2", "5"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cat", "dog"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    right, wrong = ax.images[0].get_array()[0]
    assert right[2] > right[0]  # blue
    assert wrong[0] > wrong[2]  # orange


@pytest.mark.parametrize(
    ("matrix", "classes", "message"),
    [
        ([[1, 2, 3]], None, "must be square"),
        ([[1, 0], [0, 1]], ["one"], "1 names for 2 classes"),
    ],
)
def test_confusion_error_messages(matrix, classes, message):
    with pytest.raises(ValueError, match=message):
        plot.confusion(matrix, classes)


def test_gradient_sizes_compares_arrays_on_a_logarithmic_axis(ax):
    plot.gradient_sizes({"before": [1e-6, 1e-3], "after": [0.01, 0.02]}, ax)
    assert ax.get_yscale() == "log"
    heights = [[float(bar.get_height()) for bar in bars] for bars in ax.containers]
    assert heights == [[1e-6, 1e-3], [0.01, 0.02]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["before", "after"]
    assert ax.get_xlabel() == "layer"
    assert ax.get_ylim()[0] < 1e-6


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"a": [1.0], "b": [1.0, 2.0]}, r"sizes of \[1, 2\] layers"),
        ([0.0, 1.0], "must be positive"),
    ],
)
def test_gradient_sizes_error_messages(sizes, message):
    with pytest.raises(ValueError, match=message):
        plot.gradient_sizes(sizes)


@pytest.mark.parametrize("n_classes", [1, 2, 3, 6, 7, 9, 10, 40])
def test_class_colors_are_distinct(n_classes):
    palette = colors.class_colors(n_classes)
    assert palette.shape == (n_classes, 3)
    assert len(np.unique(palette.round(3), axis=0)) == n_classes


def test_a_region_of_zero_probabilities_is_undecided():
    nothing, even = colors.regions(np.array([[0.0, 0.0], [0.5, 0.5]]))
    np.testing.assert_allclose(nothing, even)


def test_levels_show_as_bands():
    scheme = colors.Scheme(None, 0.0, 10.0)
    values = np.linspace(-5, 15, 200)[:, None]
    assert len(np.unique(scheme.surface(values, levels=4), axis=0)) == 5
    assert len(np.unique(scheme.surface(values), axis=0)) > 90


def test_scheme_of_constant_targets_has_a_range():
    scheme = colors.scheme_of(neurona.network([2, 1], "linear"), [0.5, 0.5])
    assert (scheme.low, scheme.high) == (0.5, 1.5)
    assert scheme == colors.scheme_of_numbers([0.5])
