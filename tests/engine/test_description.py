"""A network said in a line or a list; its summary; outputs that are series."""

import numpy as np
import pytest

import neurona
from neurona.engine.description import WORDS, described
from neurona.engine.layers import (
    Activate,
    Add,
    BatchNormalization,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    MaxPool2D,
)


def test_a_line_and_a_list_are_the_same_network():
    line = "28x28x1, conv 16 3x3 same, pool size 2, conv 32 stride 2, flatten, dropout 0.2, 64, 10"
    a = neurona.network(line, "relu", output="softmax")
    each = [
        (28, 28, 1), Conv2D(16, padding="same"), MaxPool2D(), Conv2D(32, stride=2), Flatten(),
        Dropout(0.2), 64, 10,
    ]  # fmt: skip
    assert a == neurona.network(each, "relu", output="softmax")
    assert [layer.activation.name for layer in a.layers] == [
        "relu", "linear", "relu", "linear", "linear", "relu", "softmax",
    ]  # fmt: skip
    assert a.layers[-1].gain == 1.0


def test_the_lessons_way_of_saying_a_network():
    assert neurona.network("2-4-8-1", "tanh") == neurona.network([2, 4, 8, 1], "tanh")
    assert neurona.network("2, 4, 1", dropout=0.1) == neurona.network([2, 4, 1], dropout=0.1)


def test_a_normalization_takes_the_activation():
    net = neurona.network("8x8x1, conv 4, batchnorm, flatten, 5 tanh, 3", "relu", output="softmax")
    conv, normalization, _, hidden, output = net.layers
    assert (conv.activation.name, normalization.activation.name) == ("linear", "relu")
    assert (hidden.activation.name, output.activation.name) == ("tanh", "softmax")


def test_an_output_follows_a_last_layer_without_activation():
    net = neurona.network([(8, 8, 1), Conv2D(3), GlobalAveragePool2D()], output="softmax")
    assert net.layers[-1] == Activate("softmax")
    again = neurona.network([(3,), Dense(2, "softmax")], output="softmax")
    assert again.layers == (Dense(2, "softmax"),)


def test_layers_that_are_said_are_drawn_as_asked():
    line = "6x8, conv 8, gru 4 all both, transformer 2, global, 2"
    net = neurona.network(line, initializer="glorot_normal", bias_initializer="uniform")

    def drawn(layer):
        inner = getattr(layer, "layers", ())
        own = [layer] if "initializer" in vars(layer) else []
        return own + [one for each in inner for one in drawn(each)]

    each = drawn(net)
    assert {type(one).__name__ for one in each} == {"Conv1D", "GRU", "MultiHeadAttention", "Dense"}
    assert {one.initializer.__name__ for one in each} == {"glorot_normal"}
    assert {one.bias_initializer.__name__ for one in each} == {"uniform"}
    own = neurona.network([(8, 8, 1), Conv2D(3), Flatten(), 2], initializer="glorot_normal")
    assert [one.initializer.__name__ for one in drawn(own)] == ["orthogonal", "glorot_normal"]
    assert neurona.network(line) == neurona.network(line, initializer="orthogonal")


def test_every_word_makes_a_layer():
    shapes = {"dense": (4,), "embedding": (4,), "reshape": (8, 8), "dropout": (4,)}
    series = {"positions", "rnn", "gru", "lstm", "attention", "transformer"}
    for name, word in WORDS.items():
        shape = shapes.get(name, (6, 8) if name in series else (9, 9, 2))
        _, (layer,) = described([shape, word.example])
        assert layer.out_shape(shape), word.example


def test_words_follow_the_shape():
    _, layers = described("20x3, conv 8 3 causal dilation 2, pool 2, average 2, global max, 1")
    assert layers[0] == Conv1D(8, 3, padding="causal", dilation=2)
    assert [type(one).__name__ for one in layers[1:4]] == [
        "MaxPool1D", "AveragePool1D", "GlobalMaxPool1D",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("28x28x1, conv 16 strid 2", "no option of 'conv' 'strid': did you mean 'stride'"),
        ("28x28x1, cov 16", "no layer 'cov': did you mean 'conv'"),
        ("28x28x1, conv", "cannot make a layer of 'conv': say it as 'conv 16 3x3"),
        ("28x28x1, conv 16 stride", "'stride' in 'conv 16 stride' wants a number after it"),
        ("28x28x1, conv 16, 10", r"layer 1, Conv2D\(16\), gives 26 x 26 x 16, and layer 2"),
        ("conv 16, 10", "the network begins with 'conv 16': give the shape of one example"),
        ("28x28x1", "has no layers"),
        ("", "give its layers, as in"),
        ("28x28x1, flatten, 10,", "there is no layer ''"),
        ([(3,), None], "None is in the place of a layer"),
        ("9x9x1, pool 2 2 2 2 2", "cannot make a layer of 'pool 2 2 2 2 2': say it as"),
        ("7, conv 3", r"layer 1: Conv2D\(3\) takes images"),
    ],
)
def test_wrong_descriptions_are_refused(given, said):
    with pytest.raises(ValueError, match=said):
        neurona.network(given)


@pytest.mark.parametrize("given", [{"dropout": 0.1}, {"normalization": "batch"}])
def test_layers_of_several_kinds_take_no_dropout_for_all(given):
    with pytest.raises(ValueError, match="put Dropout"):
        neurona.network("8x8x1, flatten, 3", **given)


def test_the_summary_tells_shapes_parameters_and_operations():
    net = neurona.network("6x6x2, conv 4 3x3 groups 2, flatten, 3", "relu")
    lines = str(net).splitlines()
    assert lines[0] == "Network: 6 x 6 x 2 -> 3, 235 parameters, 768 operations"
    assert lines[1].split() == [
        "1", "Conv2D(4,", "activation=relu,", "groups=2)", "4", "x", "4", "x", "4", "576",
        "W", "3", "x", "3", "x", "1", "x", "4,", "b", "4",
    ]  # fmt: skip
    both = neurona.Network([Add([Dense(3), Activate("linear")]), BatchNormalization()], 3)
    assert both.operations((3,)) == 9


# Outputs that are series

X = np.random.default_rng(0).normal(size=(40, 6, 3))
Y = (X.sum(axis=-1) > 0).astype(int)


def of_series(output="softmax", n_out=2):
    return neurona.network(
        [(6, 3), Conv1D(8, 3, padding="causal"), Conv1D(n_out, 1)], "tanh", output=output
    )


def test_the_cost_of_a_series_is_the_mean_over_its_steps():
    net = of_series()
    params = net.init(0, np.float64)
    first = next(neurona.train(net, X, Y, start=params, dtype=np.float64))
    p = net.predict(params, X)
    chosen = np.take_along_axis(p, Y[..., None], axis=-1)
    assert first.cost == pytest.approx(-np.log(chosen).mean())


@pytest.mark.parametrize(("output", "n_out"), [("softmax", 2), ("sigmoid", 1), ("linear", 2)])
def test_gradient_of_series_outputs(output, n_out):
    net = of_series(output, n_out)
    y = Y if output != "linear" else np.random.default_rng(0).normal(size=(40, 6, 2))
    assert neurona.check_gradient(net, X, y, rng=0).error < 1e-6


def test_series_are_learned_alike_by_both_engines_and_in_a_stack():
    given = {"optimizer": neurona.adam(0.03), "steps": 60, "every": 60, "batch_size": 16}
    *_, a = neurona.train(of_series(), X, Y, rng=0, **given)
    *_, b = neurona.train(of_series(), X, Y, rng=0, engine="jax", **given)
    assert a.cost < 0.3
    *_, weighted = neurona.train(of_series(), X, Y, rng=0, sample_weight=[1, 0] * 20, **given)
    assert weighted.cost < 0.3
    assert a.cost == pytest.approx(b.cost, rel=1e-3)
    *_, stack = neurona.train(of_series(), X, Y, seeds=[1, 2], **given)
    *_, alone = neurona.train(of_series(), X, Y, rng=1, **given)
    assert stack[0].cost == pytest.approx(alone.cost, rel=1e-4)


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (Y[:, :3], r"y has shape \(40, 3\), but X has 40 examples, and the network gives 6 places"),
        (Y[:, 0], r"y has shape \(40,\)"),
        (Y + 1, "y holds the label 2, but the network has 2 outputs"),
    ],
)
def test_targets_that_do_not_fit_a_series_are_refused(y, said):
    with pytest.raises(ValueError, match=said):
        next(neurona.train(of_series(), X, y))


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((5, 3, 8, 8), r"8 x 8 x 3, the channels last: give X.transpose\(0, 2, 3, 1\)"),
        ((5, 192), r"examples of 8 x 8 x 3: give X.reshape\(-1, 8, 8, 3\)"),
        ((5, 8, 8), r"give an array of shape \(n, 8, 8, 3\)"),
        ((8, 8, 3), r"give an array of shape \(n, 8, 8, 3\)"),
    ],
)
def test_images_of_another_shape_are_told_how_to_fit(shape, said):
    net = neurona.network("8x8x3, flatten, 1")
    with pytest.raises(ValueError, match=said):
        net.predict(net.init(0), np.ones(shape))
    with pytest.raises(ValueError, match=said):
        next(neurona.train(net, np.ones(shape), [0, 1, 0, 1, 0][: shape[0]]))


def test_images_without_channels_are_told_how_to_get_them():
    net = neurona.network("8x8x1, flatten, 1")
    with pytest.raises(ValueError, match=r"X\[..., None\]"):
        net.predict(net.init(0), np.ones((5, 8, 8)))
