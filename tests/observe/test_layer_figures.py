"""Figures of layers hold their numbers: in their colors, at their places, with their names."""

import numpy as np
import pytest

import neurona
from neurona.engine.network import Network
from neurona.observe import numbers
from neurona.observe.colors import diverging

pytestmark = pytest.mark.usefixtures("headless")
plot = neurona.plot
RNG = np.random.default_rng(0)
IMAGE = RNG.random((6, 6, 1))
SERIES = RNG.normal(size=(7, 2))
LETTERS = np.array([0, 3, 1, 1, 2])


@pytest.fixture(scope="module")
def images():
    net = neurona.network(
        "6x6x1, conv 3 same, pool, conv 5 2x2, flatten, 4", "tanh", output="softmax"
    )
    return net, net.init(0, np.float64)


def colors_of(values, largest):
    return diverging(0.5 + 0.5 * np.asarray(values) / largest)


def drawn(ax):
    """Return the images from left to right, and from top to bottom."""
    found = sorted(ax.images, key=lambda one: (round(one.get_extent()[0], 3), one.get_extent()[3]))
    return [np.asarray(one.get_array()) for one in found]


def test_filters_on_one_scale(ax, images):
    net, params = images
    assert plot.filters(net, params, ax) is ax
    W = params[0].W
    for k, tile in enumerate(drawn(ax)):
        np.testing.assert_allclose(tile, colors_of(W[:, :, 0, k], abs(W).max()))
    assert ax.get_xlabel() == f"3 filters of 3 x 3 x 1, weights within ±{abs(W).max():.2g}"


def test_filters_of_several_channels_are_columns(ax, images):
    net, params = images
    plot.filters(net, params, ax, layer="3", most=4)
    W = params[2].W
    tiles = drawn(ax)
    assert len(tiles) == 3 * 4
    np.testing.assert_allclose(tiles[5], colors_of(W[:, :, 2, 1], abs(W).max()))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "1", "2"]
    assert ax.get_xlabel().startswith("4 of 5 filters of 2 x 2 x 3")


def test_filters_of_a_series(ax):
    net = Network([neurona.Conv1D(4, 3), neurona.Flatten(), neurona.Dense(1)], (7, 2))
    params = net.init(0, np.float64)
    plot.filters(net, params, ax)
    assert [tile.shape for tile in drawn(ax)] == [(1, 3, 3)] * 8


def test_feature_maps_of_all_layers(ax, images):
    net, params = images
    plot.feature_maps(net, params, IMAGE, ax, classes="abcd", most=4)
    each = [one.a[0] for one in numbers.activations(net, params, IMAGE[None])]
    image, *tiles = drawn(ax)
    low, high = IMAGE.min(), IMAGE.max()
    assert image.shape == (6, 6, 3)
    assert image.argmax() // 3 == (IMAGE.ravel()).argmin()  # the paper is bright
    assert high > low
    expected = [
        colors_of(a[:, :, k], abs(a).max()) for a in each[:3] for k in range(min(4, a.shape[-1]))
    ]
    assert len(tiles) == len(expected)
    unmatched = [t for t in tiles if not any(np.array_equal(t, one) for one in expected)]
    assert not unmatched
    bars = [patch.get_width() for patch in ax.patches]
    np.testing.assert_allclose(np.array(bars) / max(bars), each[-1] / each[-1].max())
    words = [text.get_text() for text in ax.texts]
    assert {*"abcd", "image", "6 x 6", "Conv2D", "6 x 6 x 3", "MaxPool2D", "softmax"} <= {*words}
    assert "2 x 2 x 5\n4 shown" in words
    assert f"{each[-1].max():.2f}" in words
    assert "Flatten" not in words  # it passes its numbers on


def test_pooling_marks_what_is_kept(ax):
    image = np.array([[1, 2, 0, 0], [4, 3, 0, 0], [9, 9, 5, 6], [1, 1, 8, 7]])[..., None] / 9
    net = Network([neurona.MaxPool2D(), neurona.Flatten(), neurona.Dense(1)], (4, 4, 1))
    plot.pooling(net, net.init(0), image, ax)
    before, after = drawn(ax)
    np.testing.assert_allclose(before, colors_of(image[..., 0], 1))
    np.testing.assert_allclose(after, colors_of([[4 / 9, 0], [1, 8 / 9]], 1))
    *_, rings, dots = ax.collections
    assert rings.get_offsets().tolist() == [[0, 1], [2, 3]]
    assert dots.get_offsets().tolist() == [[2, 0], [3, 0], [2, 1], [3, 1], [0, 2], [1, 2]]


def test_overlapping_windows_keep_a_number_twice(ax):
    net = Network([neurona.MaxPool2D(2, stride=1), neurona.Flatten(), neurona.Dense(1)], (3, 3, 1))
    image = np.zeros((3, 3, 1))
    image[1, 1] = 1
    plot.pooling(net, net.init(0), image, ax)
    *_, rings, dots = ax.collections
    assert rings.get_offsets().tolist() == [[1, 1]]
    assert len(dots.get_offsets()) == 0


@pytest.mark.parametrize("of", ["h", "z"])
def test_states_over_time(ax, of):
    net = Network([neurona.GRU(3), neurona.Dense(1)], (7, 2))
    params = net.init(0, np.float64)
    plot.states(net, params, SERIES, ax, of=of, features=["warm", "wet"])
    (image,) = ax.images
    values = net.layers[0].states(params[0], SERIES[None])[of][0].T
    np.testing.assert_allclose(image.get_array(), colors_of(values, abs(values).max()))
    (above,) = ax.child_axes
    for line, own in zip(above.lines, SERIES.T, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), own)
    assert [text.get_text() for text in above.get_legend().get_texts()] == ["warm", "wet"]


def test_states_of_a_text_have_its_letters(ax):
    net = Network([neurona.Embedding(4, 2), neurona.LSTM(3), neurona.Dense(1)], (5,))
    plot.states(net, net.init(0), LETTERS, ax, labels="hello")
    assert [label.get_text() for label in ax.get_xticklabels()] == [*"hello"]
    assert not ax.child_axes


def test_attention_of_each_head(ax):
    net = Network(
        [
            neurona.Embedding(4, 4),
            neurona.MultiHeadAttention(2),
            neurona.Flatten(),
            neurona.Dense(1),
        ],
        (5,),
    )
    params = net.init(0, np.float64)
    plot.attention(net, params, LETTERS, ax, labels="hello")
    x = params[0].W[LETTERS][None]
    weights = net.layers[1].weights(params[1], x)[0]
    np.testing.assert_allclose(weights.sum(axis=-1), 1)
    for head, tile in zip(weights, drawn(ax), strict=True):
        np.testing.assert_allclose(tile, colors_of(head, weights.max()))
    assert [text.get_text() for text in ax.texts] == ["head 1", "head 2"]
    assert [label.get_text() for label in ax.get_xticklabels()] == [*"hellohello"]
    assert [label.get_text() for label in ax.get_yticklabels()] == [*"hello"]


def test_layers_within_compositions_have_their_places(ax):
    inner = neurona.Sequential([neurona.Conv2D(2, 2), neurona.Conv2D(3, 1)])
    net = Network([inner, neurona.Flatten(), neurona.Dense(1)], (3, 3, 1))
    plot.filters(net, net.init(0), ax, layer="1.2")
    assert ax.get_xlabel().startswith("3 filters of 1 x 1 x 2")


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda net, params: plot.filters(net, params, layer="2"), "'2'.*choose from 1, 3"),
        (lambda net, params: plot.states(net, params, IMAGE), "is a recurrence: its layers are"),
        (lambda net, params: plot.pooling(net, params, IMAGE, channel=3), "channel is 3.*has 3"),
        (lambda net, params: plot.pooling(net, params, IMAGE[:5]), r"\(5, 6, 1\).*\(6, 6, 1\)"),
        (lambda net, params: plot.feature_maps(net, params, IMAGE, classes="ab"), "2 names for 4"),
    ],
)
def test_refusals(images, draw, message):
    with pytest.raises(ValueError, match=message):
        draw(*images)


def test_refusals_of_series():
    net = Network([neurona.GRU(3), neurona.Dense(1)], (7, 2))
    with pytest.raises(ValueError, match="of is 'q': GRU has r, z, n, h"):
        plot.states(net, net.init(0), SERIES, of="q")
    with pytest.raises(ValueError, match="3 labels for 7 steps"):
        plot.states(net, net.init(0), SERIES, labels="abc")
