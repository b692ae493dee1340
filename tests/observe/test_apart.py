"""One number taken apart: terms add up to the pass's number, and differences agree with it."""

import json
from itertools import pairwise

import numpy as np
import pytest

import neurona
from neurona.engine.costs import find_cost
from neurona.engine.data import check_data
from neurona.engine.layers import LAYERS
from neurona.engine.layers.base import Activate
from neurona.engine.network import Network
from neurona.engine.objective import Objective
from neurona.engine.parameters import arrays, mapped
from neurona.observe.apart import inside

Conv1D, Conv2D, Dense = neurona.Conv1D, neurona.Conv2D, neurona.Dense
Flatten, MaxPool2D, Sequential = neurona.Flatten, neurona.MaxPool2D, neurona.Sequential


def seen(layers, shape, examples=2, outputs=2, seed=0):
    """Return what is inside a network that ends with a softmax, on examples without zeros."""
    rng = np.random.default_rng(seed)
    net = Network([*layers, Flatten(), Dense(outputs, "softmax")], shape)
    params = mapped(lambda a: a + 0.1 * rng.normal(size=a.shape), net.init(rng, np.float64))
    return inside(net, params, rng.normal(size=(examples, *shape)), np.arange(examples) % outputs)


def agrees(apart):
    """Check that a number's terms add up to it, and a derivative with its difference."""
    if apart.terms:
        assert sum(one.product for one in apart.terms) == pytest.approx(apart.value, abs=1e-10)
    assert apart.derivative == pytest.approx(apart.difference, abs=1e-6)
    for one in apart.terms:
        assert one.product == one.left * one.right
    for gate in apart.gates:
        agrees(gate)


def everything(inside, layer, rng):
    """Take some numbers, weights and inputs of a layer apart."""
    leaf = inside.leaves[layer]

    def somewhere(shape):
        return tuple(int(rng.integers(n)) for n in shape)

    for example in range(len(inside.x)):
        place = somewhere(leaf.forward.z.shape[1:])
        number = inside.number(layer, place, example)
        assert number.terms
        assert number.value == leaf.forward.z[(example, *place)]
        agrees(number)
        place = somewhere(leaf.x.shape[1:])
        given = inside.given(layer, place, example)
        assert given.value == leaf.dx[(example, *place)]
        agrees(given)
    for name in getattr(leaf.params, "_fields", ()):
        place = somewhere(getattr(leaf.params, name).shape)
        weight = inside.weight(layer, name, place)
        assert weight.value == getattr(leaf.backward.grads, name)[place]
        assert weight.terms
        agrees(weight)


def somewhere_in(inside, layer, seeds=3):
    for seed in range(seeds):
        everything(inside, layer, np.random.default_rng(seed))


@pytest.mark.parametrize(
    "layer",
    [
        neurona.LayerNormalization(),
        neurona.LayerNormalization("tanh"),
        neurona.BatchNormalization("relu"),
        neurona.MultiHeadAttention(2),
        neurona.MultiHeadAttention(2, head_size=3, causal=True),
    ],
    ids=repr,
)
def test_normalization_and_attention(layer):
    somewhere_in(seen([Conv1D(4, 1), layer], (3, 2)), "2")
    if not isinstance(layer, neurona.MultiHeadAttention):
        somewhere_in(seen([layer], (4,)), "1")
        somewhere_in(seen([Conv2D(3, 2), layer], (3, 3, 2)), "2")


def test_the_three_paths_through_a_layer_normalization():
    found = seen([Conv1D(4, 1), neurona.LayerNormalization()], (3, 2))
    given = found.given("2", (1, 2))
    assert [one.names[0] for one in given.terms] == ["s", "1 / n", "2 (x - m) / n"]
    assert [gate.name for gate in given.gates] == ["∂J/∂m", "∂J/∂v"]
    assert [gate.name for gate in found.number("2", (1, 2)).gates] == ["h[1, 2]", "m", "v"]


def test_attention_is_the_weights_times_the_values_and_padding_is_0():
    x = np.random.default_rng(0).normal(size=(1, 3, 4))
    x[0, 2] = 0
    layer = neurona.MultiHeadAttention(2, mask_zero=True)
    net = Network([layer, Flatten(), Dense(2, "softmax")], (3, 4))
    params = mapped(lambda a: a + 0.1, net.init(0, np.float64))
    found = inside(net, params, x, [1])
    number = found.number("1", (0, 1))
    A = layer.weights(params[0], x)
    assert [one.left for one in number.terms[:3]] == A[0, 0, 0].tolist()
    assert number.terms[2].left == 0
    assert {gate.output for gate in number.gates} == {A[0, h, 0].max() for h in (0, 1)}
    assert found.number("1", (2, 1)).value == 0
    agrees(found.weight("1", "W", (1, 5)))
    agrees(found.given("1", (1, 2)))


IMAGES = [
    Conv2D(3, 3, "tanh"),
    Conv2D(3, (2, 3), padding="same", stride=2),
    Conv2D(4, 2, "gelu", dilation=(2, 1), padding=1, groups=2),
    MaxPool2D(),
    MaxPool2D(3, stride=2, padding=1),
    neurona.AveragePool2D(2, padding="same"),
    neurona.GlobalMaxPool2D(),
    neurona.GlobalAveragePool2D(),
    neurona.Upsample2D(2),
]
SERIES = [
    Conv1D(3, 3, "tanh", padding="causal", dilation=2),
    Conv1D(4, 2, stride=2, groups=2),
    neurona.MaxPool1D(3, stride=1),
    neurona.AveragePool1D(2),
    neurona.GlobalMaxPool1D(mask_zero=True),
    neurona.GlobalAveragePool1D(mask_zero=True),
]


@pytest.mark.parametrize("layer", IMAGES, ids=repr)
def test_layers_of_images(layer):
    rng = np.random.default_rng(1)
    for _ in range(3):
        everything(seen([layer], (5, 6, 2)), "1", rng)


@pytest.mark.parametrize("layer", SERIES, ids=repr)
def test_layers_of_series(layer):
    rng = np.random.default_rng(1)
    for _ in range(3):
        everything(seen([layer], (6, 2)), "1", rng)


def test_layers_within_compositions():
    skip = neurona.Add([Activate("linear"), Conv2D(2, 3, "tanh", padding="same")])
    side = neurona.Concatenate([Conv2D(1, 1), Sequential([Conv2D(2, 1, "relu"), MaxPool2D(1)])])
    found = seen([skip, side], (4, 4, 2))
    assert [*found.leaves] == ["1.1", "1.2", "2.1", "2.2.1", "2.2.2", "3", "4"]
    rng = np.random.default_rng(2)
    for place in ("1.2", "2.1", "2.2.1", "2.2.2", "4"):
        everything(found, place, rng)


def test_derivatives_are_those_of_training():
    found = seen([Conv2D(3, 3, "tanh"), MaxPool2D()], (6, 6, 2), examples=3)
    data = check_data(found.net, found.x, np.arange(3) % 2, dtype=np.float64)
    objective = Objective(found.net, find_cost(None, found.net))
    _, grads = objective.value_and_gradient(found.params, data.x, data.target)
    own = [leaf.backward.grads for leaf in found.leaves.values()]
    for one, other in zip(arrays(own), arrays(grads), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


# The terms


def test_number_is_a_window_times_the_filter():
    found = seen([Conv2D(2, 3)], (4, 5, 2))
    x, W = found.x, found.params[0].W
    apart = found.number("1", (1, 2, 1), example=1)
    *weights, bias = apart.terms
    for one in weights:
        i, j, m, k = one.parameter
        assert k == 1
        assert one.x == (1 + i, 2 + j, m)
        assert (one.left, one.right) == (x[(1, *one.x)], W[one.parameter])
        assert one.names == (f"x{[*one.x]}", f"W{[*one.parameter]}")
    assert len(weights) == 18
    assert (bias.parameter, bias.right) == ((1,), found.params[0].b[1])


def test_padding_is_no_place_of_the_input():
    found = seen([Conv2D(1, 3, padding="same")], (4, 4, 1))
    corner = found.number("1", (0, 0, 0))
    assert [one.x is None for one in corner.terms[:-1]] == [True] * 4 + [False] * 2 + [True] + [
        False
    ] * 2
    assert all(one.left == 0 for one in corner.terms[:-1] if one.x is None)
    assert "padding" in corner.say("en")
    assert "relleno" in corner.say("es")


def test_derivative_of_a_weight_goes_place_by_place():
    found = seen([Conv2D(2, 2, stride=2)], (5, 5, 1))
    dz, x = found.leaves["1"].backward.dz, found.x
    terms = found.weight("1", "W", (1, 0, 0, 1)).terms
    assert [(one.example, one.y) for one in terms] == [
        (n, (r, c, 1)) for n in range(2) for r in range(2) for c in range(2)
    ]
    for one in terms:
        r, c, k = one.y
        assert one.x == (2 * r + 1, 2 * c, 0)
        assert one.left == x[(one.example, *one.x)]
        assert one.right == dz[one.example, r, c, k]


def test_max_pooling_tells_who_won_and_where_dy_goes():
    net = Network([MaxPool2D(2, stride=1), Flatten(), Dense(1, "linear")], (2, 3, 1))
    image = np.array([[1.0, 7.0, 2.0], [3.0, 4.0, 5.0]])[..., None]
    found = inside(net, net.init(0, np.float64), [image], [0.0])
    apart = found.number("1", (0, 0, 0))
    assert (apart.operation, apart.value) == ("max", 7.0)
    assert [(one.x, one.right) for one in apart.terms] == [
        ((0, 0, 0), 0.0),
        ((0, 1, 0), 1.0),
        ((1, 0, 0), 0.0),
        ((1, 1, 0), 0.0),
    ]
    dy = found.leaves["1"].backward.dz[0, 0, :, 0]
    winner, loser = found.given("1", (0, 1, 0)), found.given("1", (1, 1, 0))
    assert [one.y for one in winner.terms] == [one.y for one in loser.terms]
    assert winner.value == pytest.approx(dy.sum())  # it wins both windows
    assert (loser.value, [one.left for one in loser.terms]) == (0.0, [0.0, 0.0])


def test_equal_numbers_share_the_derivative():
    net = Network([MaxPool2D(), Flatten(), Dense(1, "linear")], (2, 2, 1))
    found = inside(net, net.init(0, np.float64), np.zeros((1, 2, 2, 1)), [1.0])
    assert [one.right for one in found.number("1", (0, 0, 0)).terms] == [0.25] * 4


def test_layers_that_are_not_taken_apart_still_have_derivatives():
    found = seen([neurona.PositionalEncoding()], (4, 3))
    apart = found.number("1", (1, 2))
    assert (apart.operation, apart.terms) == ("other", ())
    agrees(apart)
    agrees(found.given("1", (1, 2)))


# Words


def test_text_and_json_in_both_languages():
    found = seen([Conv2D(2, 3, "tanh")], (4, 5, 2))
    apart = found.number("1", (1, 2, 1))
    content = json.loads(json.dumps(apart.as_dict(), allow_nan=False))
    assert content["says"] == {"en": apart.say("en"), "es": apart.say("es")}
    assert content["terms"][0]["x"] == [1, 2, 0]
    assert content["out_shape"] == [2, 3, 2]
    english, spanish = apart.say("en"), apart.say("es")
    assert english.startswith("Layer 1, Conv2D\nz[1, 2, 1] = Σ x W + b = ")
    assert "the 12 largest of 19 terms" in english
    assert f"a[1, 2, 1] = {apart.output:.4}"[:16] in english
    assert "by differences" in english
    assert spanish.startswith("Capa 1, Conv2D")
    assert "por diferencias" in spanish
    assert "," in spanish.splitlines()[1]
    several = found.weight("1", "b", (0,)).say("es")
    assert "ejemplo 1" in several


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda found: found.number("7", (0,)), "no layer '7'.*1, 2, 3"),
        (lambda found: found.number("1", (9, 0, 0)), r"no place \[9, 0, 0\].*2 x 3 x 2"),
        (lambda found: found.number("1", (0, 0)), "give 3 whole numbers"),
        (lambda found: found.number("1", (0, 0, 0), example=2), "no example 2"),
        (lambda found: found.weight("1", "U", (0, 0)), "no parameter 'U': it has W, b"),
        (lambda found: found.weight("2", "W", (0, 0)), "no parameter 'W': it has none"),
        (lambda found: found.given("1", (0, 0, 5)), "layer 1's input"),
    ],
)
def test_refusals(ask, message):
    with pytest.raises(ValueError, match=message):
        ask(seen([Conv2D(2, 3)], (4, 5, 2)))


# Step by step


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
@pytest.mark.parametrize(
    "options",
    [{}, {"return_sequences": True, "go_backwards": True}, {"mask_zero": True}],
    ids=["last", "sequence", "masked"],
)
def test_recurrences(kind, options):
    layer = LAYERS[kind]
    found = seen([layer(2, return_sequences=True), layer(3, **options)], (4, 2))
    found.x[1, 2:] = 0  # padding, for the one that knows it
    rng = np.random.default_rng(3)
    for place in ("1", "2"):
        leaf = found.leaves[place]
        h = leaf.layer.states(leaf.params, leaf.x)["h"]
        for t in range(4):
            one = found.number(place, (t, 1), example=1)
            assert one.value == pytest.approx(h[1, t, 1], abs=1e-12)
            agrees(one)
        for name in leaf.params._fields:
            shape = getattr(leaf.params, name).shape
            weight = found.weight(place, name, [rng.integers(n) for n in shape])
            assert {one.y[0] for one in weight.terms} == {0, 1, 2, 3}
            agrees(weight)
        agrees(found.given(place, (1, 1)))


def test_gates_by_their_names():
    found = seen([neurona.LSTM(2)], (3, 1))
    one = found.number("1", (2, 1))
    assert one.formula == "h[2, 1] = o tanh(c)"
    assert [gate.name for gate in one.gates] == [
        "z_i[2, 1]", "z_f[2, 1]", "z_o[2, 1]", "z_g[2, 1]", "c[2, 1]",
    ]  # fmt: skip
    *_, memory = one.gates
    i, f, _, g, _ = (gate.output for gate in one.gates)
    assert [(term.left, term.right) for term in memory.terms][1] == (i, g)
    assert memory.terms[0].left == f
    assert "f[2, 1] = " in one.say("es")


def test_a_gradient_vanishes_over_the_steps():
    net = Network([neurona.SimpleRNN(1), Dense(1, "linear")], (30, 1))
    params = net.init(0, np.float64)
    small = params[0]._replace(U=np.array([[0.3]]))
    found = inside(net, (small, params[1]), np.full((1, 30, 1), 0.1), [[1.0]], "mse")
    sizes = [abs(one.product) for one in found.weight("1", "W", (0, 0)).terms]
    assert all(later > 3 * before for before, later in pairwise(sizes))


def test_an_embedding_and_a_sequence_of_outputs():
    net = Network(
        [neurona.Embedding(4, 2), neurona.GRU(3, return_sequences=True), Conv1D(4, 1, "softmax")],
        (5,),
    )
    x = np.array([[0, 3, 1, 1, 2], [2, 2, 0, 1, 3]])
    found = inside(net, net.init(0, np.float64), x, (x + 1) % 4)
    number = found.number("1", (2, 1))
    assert [(one.parameter, one.right) for one in number.terms] == [((1, 1), number.value)]
    weight = found.weight("1", "W", (1, 0))
    assert [(one.example, one.y[0]) for one in weight.terms if one.left] == [(0, 2), (0, 3), (1, 3)]
    for one in (number, weight, found.number("2", (4, 0)), found.number("3", (1, 2), 1)):
        agrees(one)
