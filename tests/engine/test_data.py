"""A person's mistake is said at once: what was given, and how to mend it."""

from __future__ import annotations

import math
import sys
from functools import partial

import numpy as np
import pytest

import neurona
from neurona import Flatten, MissingExtra, Network, check_gradient, network, schedules, train
from neurona.engine.activations import ACTIVATIONS
from neurona.engine.costs import COSTS, SquaredError
from neurona.engine.initializers import INITIALIZERS
from neurona.engine.optimizers import OPTIMIZERS
from neurona.observe import activations, gradients
from tests.support.ids import steady

NET = network([2, 3, 1])
SOFT = network([2, 3, 3], output="softmax")
LINEAR = network([2, 3, 1], output="linear")
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([0, 1, 1, 0])
LABELS = np.array([0, 1, 2, 0])
ROWS = np.eye(3)[LABELS]


def refused(*said, net=NET, X=X, y=Y, **settings):
    """Check that train() says so at the call, before any step, with each of the words."""
    with pytest.raises(ValueError) as caught:
        train(net, X, y, **settings)
    for words in said:
        assert words in str(caught.value)


def accepted(net=NET, X=X, y=Y, **settings):
    """Check that train() takes two steps."""
    states = [state for state, _ in zip(train(net, X, y, **settings), range(2), strict=False)]
    assert all(math.isfinite(state.cost) for state in states)
    return states


def put(values, where, value):
    """Return a copy with one number changed."""
    changed = np.array(values, float)
    changed[where] = value
    return changed


# The network


@pytest.mark.parametrize(
    ("topology", "said"),
    [
        ([], "topology []: give at least the inputs and the outputs, such as [2, 4, 8, 1]"),
        ([2], "topology [2]: give at least the inputs and the outputs, such as [2, 4, 8, 1]"),
        (2, "topology 2: give a list such as [2, 4, 8, 1]"),
        (None, "topology None: give a list such as [2, 4, 8, 1]"),
        ([2, 0, 1], "topology [2, 0, 1]: each width must be a positive whole number, and 0 is not"),
        ([2, -3, 1], "and -3 is not"),
        ([2, 1.5, 1], "and 1.5 is not"),
        ([2, 3.0, 1], "and 3.0 is not"),
        ([2, math.nan], "and nan is not"),
        ([True, 1], "and True is not"),
        ([2, "4", 1], "and '4' is not"),
        ("241", "topology [241]: give at least the inputs and the outputs"),
        ([2, None, 1], "and None is not"),
        ([[2, 3], [3, 1]], "and [2, 3] is not"),
    ],
)
def test_topology_error_messages(topology, said):
    with pytest.raises(ValueError) as caught:
        network(topology)
    assert said in str(caught.value)


def test_topology_may_be_any_sequence_of_integers():
    for topology in ((2, 3, 1), np.array([2, 3, 1]), iter([2, 3, 1]), range(3, 0, -1)):
        assert network(topology).n_out == 1


@pytest.mark.parametrize("where", ["activation", "output", "one of them"])
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("sigmoide", "there is no activation 'sigmoide': did you mean 'sigmoid'?"),
        ("ReLU", "did you mean 'relu'?"),
        ("qqq", "there is no activation 'qqq'."),
        (3, "there is no activation 3."),
        (np.tanh, "there is no activation <ufunc 'tanh'>."),
    ],
)
def test_unknown_activation_raises(where, wrong, said):
    given = {
        "activation": {"activation": wrong},
        "output": {"output": wrong},
        "one of them": {"activation": ["tanh", wrong]},
    }
    with pytest.raises(ValueError) as caught:
        network([2, 3, 1], **given[where])
    assert said in str(caught.value)
    assert f"There are: {', '.join(sorted(ACTIVATIONS))}" in str(caught.value)


@pytest.mark.parametrize("nothing", [None, [None, None], [["tanh"], "tanh"]])
def test_an_object_that_is_not_an_activation_is_refused(nothing):
    with pytest.raises(ValueError, match="there is no activation"):
        network([2, 3, 1], nothing)


@pytest.mark.parametrize("given", [[], ["tanh"], ["tanh"] * 3])
def test_number_of_activations_must_match_the_layers(given):
    said = f"{len(given)} activations for 2 layers: give one name, or 2 of them"
    with pytest.raises(ValueError, match=said):
        network([2, 3, 1], given)
    one_less = network([2, 3, 1], ["tanh"], output="sigmoid")  # the output has its own
    assert [layer.activation.name for layer in one_less.layers] == ["tanh", "sigmoid"]


@pytest.mark.parametrize("which", ["initializer", "bias_initializer"])
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("ortogonal", "there is no initializer 'ortogonal': did you mean 'orthogonal'?"),
        ("zero", "did you mean 'zeros'?"),
        (3, "there is no initializer 3."),
        (None, "there is no initializer None."),
    ],
)
def test_unknown_initializer_raises(which, wrong, said):
    with pytest.raises(ValueError) as caught:
        network([2, 3, 1], **{which: wrong})
    assert said in str(caught.value)
    assert f"There are: {', '.join(sorted(INITIALIZERS))}" in str(caught.value)


@pytest.mark.parametrize("which", ["initializer", "bias_initializer"])
@pytest.mark.parametrize("wrong", [lambda: 0, lambda shape: 2 * np.ones(shape)])
def test_an_initializer_is_called_with_a_generator_a_shape_and_a_gain(which, wrong):
    with pytest.raises(ValueError, match=r"be called with rng, shape and gain \(too many .* shape"):
        network([2, 3, 1], **{which: wrong})


@pytest.mark.parametrize("wrong", [[1.0, 2.0], [[1.0]], [[1.0, 2.0, 3.0]], 1.0])
def test_predict_error_messages(wrong):
    with pytest.raises(ValueError, match=r"give an array of shape \(n, 2\)"):
        NET.predict(NET.init(0), wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (network([2, 4, 1]).init(0), r"shapes \[\(2, 4\), .* needs \[\(2, 3\), \(3,\)"),
        (NET.init(0)[:1], r"shapes \[\(2, 3\), \(3,\)\], and"),
        (X, r"^params is <ndarray of shape \(\d+, 2\)>: .* as in predict\(state.params, X\)$"),
        ("no", "hold arrays of shapes"),
        (next(train(NET, X, Y)), "params is a State: give its params"),
        (None, "params is None: give the parameters before X"),
    ],
    ids=["wider", "fewer layers", "swapped", "text", "state", "none"],
)
def test_the_parameters_of_another_network_are_refused(wrong, said):
    for look in (NET.predict, partial(activations, NET), partial(gradients, NET, y=Y)):
        with pytest.raises(ValueError, match=said):
            look(wrong, X)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: train(NET, X, Y, cost=X), "there is no cost <ndarray of shape"),
        (lambda: train(NET, X, Y, steps=X), "steps is <ndarray of shape"),
        (lambda: neurona.datasets.circles(X), "n is <ndarray of shape"),
        (lambda: network([*X, *X]), r"topology \[array.{74} … .{17}: each width"),
        (lambda: NET.predict(X.tolist() * 9, X), r"hold arrays of shapes \[None.{75} … .*, and"),
    ],
    ids=["a name", "a count", "a number of points", "many", "shapes"],
)
def test_an_error_shows_no_more_of_a_value_than_fits(call, said):
    with pytest.raises(ValueError, match=said):
        call()


@pytest.mark.parametrize(
    "line", ["8x8x1, conv 2, flatten, 3", "8x2, conv 2 causal", "8x4, attention 2"]
)
def test_no_examples_have_no_predictions(line):
    net = network(line)
    empty = np.zeros((0, *net.in_shape))
    assert net.predict(net.init(0), empty).shape == (0, *net.out_shape())
    *_, stack = train(NET, X, Y, seeds=[0, 1], steps=1)
    assert NET.predict(stack.params, X[:0]).shape == (2, 0, 1)


@pytest.mark.parametrize(
    ("net", "said"),
    [
        ("2-3-1", "net is a str: give a network, such as neurona.network"),
        (X, "net is a ndarray"),
        (Network([Flatten()], 2), "has no parameters to learn: add a layer, such as Dense(1)"),
    ],
    ids=["text", "array", "nothing to learn"],
)
def test_only_a_network_with_parameters_is_trained(net, said):
    refused(said, net=net)
    with pytest.raises(ValueError, match=said.partition("(")[0]):
        check_gradient(net, X, Y)


# The data


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (np.ones((4, 3)), "X has shape (4, 3), but topology [2, 3, 1] takes rows of 2 numbers"),
        (np.ones((4, 3)), "change the first width of the topology, or the columns of X"),
        (np.ones(4), "X has shape (4,), but the network takes rows of 2 numbers: give an array"),
        (
            np.ones((4, 2, 1)),
            "X has shape (4, 2, 1), but the network takes rows of 2 numbers: give X.",
        ),
        (np.ones((0, 2)), "X has no rows: give at least one example"),
        (
            [[1, 2], [3], [4, 5], [6, 7]],
            "X must be an array of numbers: its rows, or the values in its cells, differ in length",
        ),
        ([["a", "b"]] * 4, "X must be an array of numbers: code text as numbers first"),
        ([["1", "2"]] * 4, "X must be an array of numbers: code text as numbers first"),
        (X * 1j, "X must be an array of numbers"),
        (X.astype("datetime64[s]"), "X must be an array of numbers"),
        (None, "X is nan"),
        (put(X, (2, 1), math.nan), "X[2, 1] is nan: X must be finite; drop these rows or fill"),
        (put(X, (0, 1), -math.inf), "X[0, 1] is -inf"),
        (put(X, (3, 0), 1e39), "X[3, 0] is 1e+39, too large for float32"),
    ],
)
def test_input_error_messages(wrong, said):
    refused(said, X=wrong)


def test_a_list_of_single_numbers_is_told_how_it_becomes_rows():
    refused("rows of 1 numbers: give X[..., None]", X=X[:, 0], net=network([1, 3, 1]))


def test_inputs_of_any_numeric_dtype():
    whole, objects = X.astype(int), X.astype(object)
    for inputs in (X.tolist(), whole, objects, X.astype(np.float16), X.astype(bool), np.asarray(X)):
        accepted(X=inputs)
    accepted(X=put(X, (3, 0), 1e39), dtype=np.float64, net=network([2, 3, 1], "tanh"))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_non_finite_targets_raise(bad):
    for net in (NET, LINEAR):
        refused(f"y[1] is {bad}: y must be finite", net=net, y=put(Y, 1, bad))
    refused(f"y[2, 1] is {bad}", net=SOFT, y=put(ROWS, (2, 1), bad))


@pytest.mark.parametrize(
    ("net", "wrong", "said"),
    [
        (NET, [-1, 1, 1, -1], "y holds -1, and a sigmoid output lies between 0 and 1"),
        (NET, [-1, 1, 1, -1], "use 0 and 1, or one output per class with output='softmax'"),
        (NET, [-1, 1, 1, -1], "or output='linear' for numbers"),
        (NET, [0, 1, 2, 0], "y holds 2, and a sigmoid output lies between 0 and 1"),
        (NET, [1, 2, 2, 1], "y holds 2"),
        (NET, list("abba"), "y must be an array of numbers: code text as numbers first"),
        (NET, list("0110"), "y must be an array of numbers: code text as numbers first"),
        (NET, [0, 1, 1], "y has shape (3,), but X has 4 rows: give one target a row"),
        (NET, 1, "y has shape (), but X has 4 rows"),
        (NET, None, "y is nan"),
        (NET, np.zeros((4, 1, 1)), "y has shape (4, 1, 1), but X has 4 rows"),
        (NET, np.eye(2)[Y], "y has 2 columns, but topology [2, 3, 1] has 1 outputs"),
        (NET, np.eye(2)[Y], "change the last width of the topology, or the columns of y"),
        (SOFT, [0, 1, 2, 3], "y holds the label 3, but the network has 3 outputs"),
        (SOFT, [0, 1, 2, 3], "for the labels 0 to 2: change the last width of the topology"),
        (SOFT, [1, 2, 3, 1], "y holds the label 3"),
        (SOFT, [-1, 0, 1, 2], "y holds the label -1"),
        (SOFT, [0, 0.5, 1, 2], "y holds the label 0.5"),
        (SOFT, np.array([["a"], ["b"], ["c"], ["a"]]), "y must be an array of numbers"),
        (SOFT, np.eye(2)[Y], "y has 2 columns, but topology [2, 3, 3] has 3 outputs"),
        (SOFT, np.eye(4), "y has 4 columns, but topology [2, 3, 3] has 3 outputs"),
        (SOFT, 0.9 * ROWS, "y[0] adds up to 0.9: after a softmax the targets of a row are one-hot"),
        (SOFT, put(ROWS, (1, 0), 1), "y[1] adds up to 2"),
        (SOFT, 2 * ROWS, "y holds 2, and a softmax output lies between 0 and 1"),
        (SOFT, put(put(ROWS, (1, 0), -1), (1, 1), 2), "y holds -1, and a softmax output"),
        (LINEAR, [1.0, 2.0, 3.0], "y has shape (3,), but X has 4 rows"),
        (LINEAR, np.ones((4, 2)), "y has 2 columns, but topology [2, 3, 1] has 1 outputs"),
    ],
)
def test_targets_must_fit_the_output(net, wrong, said):
    refused(said, net=net, y=wrong)


def test_soft_and_numeric_targets():
    accepted(y=[0.1, 0.5, 0.9, 1.0])
    accepted(net=SOFT, y=np.full((4, 3), 1 / 3) + [[0.1, -0.1, 0]] * np.arange(4)[:, None])
    accepted(net=LINEAR, y=[-1.0, 5.0, 2.5, 100.0])
    accepted(net=LINEAR, y=[3, 3, 3, 3])  # a number may be the same everywhere; a class may not
    accepted(net=network([2, 3, 2], output="sigmoid"), y=[[1, 1], [0, 0], [1, 0], [1, 1]])


@pytest.mark.parametrize(("net", "y"), [(NET, [1, 1, 1, 1]), (SOFT, [1, 1, 1, 1])])
def test_single_class(net, y):
    refused("y has one class only", "in all 4 rows", "at least two", net=net, y=y)
    refused("in all 1 rows", net=net, X=X[:1], y=y[:1])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ([1, 2, 3], "sample_weight has shape (3,): give one number a row, (4,)"),
        (np.ones((4, 1)), "sample_weight has shape (4, 1)"),
        (2.0, "sample_weight has shape ()"),
        ([-1, 1, 1, 1], "sample_weight must not be negative, nor zero everywhere"),
        ([0, 0, 0, 0], "sample_weight must not be negative, nor zero everywhere"),
        ([1, math.nan, 1, 1], "sample_weight[1] is nan: sample_weight must be finite"),
        ([1, 1, 1, math.inf], "sample_weight[3] is inf"),
        (list("abcd"), "sample_weight must be an array of numbers"),
        ([2e38] * 4, "sample_weight adds up to more than float32 holds"),
    ],
)
def test_sample_weight_error_messages(wrong, said):
    refused(said, sample_weight=wrong)


# The cost, the optimizer, the engine


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("mes", "there is no cost 'mes': did you mean 'mse'?"),
        ("cross-entropy", "did you mean 'cross_entropy'?"),
        (3, "there is no cost 3."),
        (["mse"], "there is no cost ['mse']"),
        (SquaredError, "there is no cost <class"),
        (abs, "there is no cost <built-in function abs>."),
    ],
)
def test_unknown_cost_raises(wrong, said):
    refused(said, f"There are: {', '.join(sorted([*COSTS, 'cross_entropy']))}", cost=wrong)
    with pytest.raises(ValueError, match="there is no cost"):
        check_gradient(NET, X, Y, wrong)


@pytest.mark.parametrize("cost", ["poisson", "mse"])
def test_poisson_rates_must_not_be_negative(cost):
    net = network([2, 3, 1], "tanh", output="exp")
    refused(
        "y[2] holds -0.5, and an exp output is a rate",
        "give counts or rates of 0 or more, or output='linear'",
        net=net,
        y=[0, 3, -0.5, 1],
        cost=cost,
    )
    with pytest.raises(ValueError, match=r"y\[2\] holds -0\.5"):
        check_gradient(net, X, [0, 3, -0.5, 1], cost)


@pytest.mark.parametrize(
    ("net", "cost", "needed", "has"),
    [
        (LINEAR, "poisson", "exp", "linear"),
        (network([2, 3, 1], "tanh", output="exp"), "cross_entropy", "softmax", "exp"),
        (LINEAR, "cross_entropy", "softmax", "linear"),
        (network([2, 3, 1], "tanh"), "cross_entropy", "softmax", "tanh"),
        (LINEAR, "binary_cross_entropy", "sigmoid", "linear"),
        (NET, "categorical_cross_entropy", "softmax", "sigmoid"),
        (SOFT, "binary_cross_entropy", "sigmoid", "softmax"),
    ],
)
def test_cost_must_fit_the_output(net, cost, needed, has):
    refused(
        f"needs a network that ends in {needed}, and this one ends in {has}",
        f"network(..., output='{needed}')",
        net=net,
        y=LABELS if net is SOFT else Y,
        cost=cost,
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("adan", "there is no optimizer 'adan': did you mean 'adam'?"),
        ("SGD", "did you mean 'sgd'?"),
        (0.1, "there is no optimizer 0.1."),
        ([], "there is no optimizer []."),
        (neurona.sgd, "there is no optimizer <class"),
    ],
)
def test_unknown_optimizer_raises(wrong, said):
    refused(said, f"There are: {', '.join(sorted(OPTIMIZERS))}", optimizer=wrong)


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (0, "learning rate 0: it must be a positive number, such as 0.1"),
        (-0.1, "learning rate -0.1"),
        (math.nan, "learning rate nan"),
        (math.inf, "learning rate inf"),
        ("0.1", "learning rate '0.1'"),
        ("x", "learning rate 'x'"),
        (None, "learning rate None"),
        (True, "learning rate True"),
        (1j, "learning rate 1j"),
        ([0.1, 0], "learning rate 0:"),
        ([0.1, "a"], "learning rate 'a'"),
        ([0.1, schedules.constant(0)], "learning rate 0:"),
        ([], "0 learning rates for 2 layers: give one, or one per layer"),
        ([0.1, 0.2, 0.3], "3 learning rates for 2 layers: give one, or one per layer"),
        (schedules.constant(0), "learning rate 0:"),
        (schedules.step_decay(-0.1), "learning rate -0.1"),
        (lambda step: math.nan, "learning rate nan"),
        (lambda step: "fast", "learning rate 'fast'"),
        (lambda step: None, "learning rate None"),
    ],
    ids=steady,
)
def test_learning_rate_must_be_positive(rate, said):
    for optimizer in (neurona.sgd, neurona.adam):
        refused(said, optimizer=optimizer(rate))


def test_learning_rate_of_any_numeric_type():
    for rate in (1, np.float32(0.1), [0.1], (0.1, 0.2), [0.1, schedules.constant(0.1)]):
        accepted(optimizer=neurona.sgd(rate))


@pytest.mark.parametrize("name", ["steps", "epochs", "every", "batch_size"])
@pytest.mark.parametrize("wrong", [0, -1, 1.5, 2.0, True, "3", math.nan, -math.inf, [2]])
def test_counts_must_be_positive_integers(name, wrong):
    refused(f"{name} is {wrong!r}: it must be a positive whole number", **{name: wrong})


@pytest.mark.parametrize("name", ["epochs", "every", "batch_size"])
def test_only_steps_may_be_infinite(name):
    refused(f"{name} is inf: it must be a positive whole number", **{name: math.inf})
    accepted(steps=math.inf)


def test_counts_of_any_integer_type():
    for name in ("steps", "epochs", "every", "batch_size"):
        accepted(**{name: np.int64(2)})


def test_steps_and_epochs_exclude_each_other():
    refused("give steps or epochs, not both", steps=10, epochs=2)


@pytest.mark.parametrize("wrong", [0, -1.0, math.nan, math.inf, "1", True, [1.0]])
def test_clip_must_be_positive(wrong):
    refused(f"clip is {wrong!r}: it must be a positive norm, such as 1.0", clip=wrong)


@pytest.mark.parametrize("name", ["l1", "l2"])
@pytest.mark.parametrize("wrong", [-0.1, math.nan, math.inf, "1", None, [0.1]])
def test_penalty_must_not_be_negative(name, wrong):
    refused(f"{name} is {wrong!r}: a penalty", **{name: wrong})


@pytest.mark.parametrize("wrong", ["float16", np.float16, int, complex, "wide", None, np.int32])
def test_dtype_must_be_float32_or_float64(wrong):
    refused(f"dtype is {wrong!r}: it must be np.float32 or np.float64", dtype=wrong)


def test_dtype_by_any_of_its_names():
    for dtype in ("float64", float, np.float64, np.dtype("f8")):
        assert accepted(dtype=dtype)[0].params[0].W.dtype == np.float64


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("numpi", "there is no engine 'numpi': did you mean 'numpy'?"),
        ("torch", "there is no engine 'torch'."),
        (None, "there is no engine None."),
    ],
)
def test_unknown_engine_raises(wrong, said):
    refused(said, "There are: jax, numpy", engine=wrong)


def test_engine_jax_without_jax_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(MissingExtra, match=r'jax is not installed: pip install "neurona\[jax\]"'):
        train(NET, X, Y, engine="jax")
    accepted(engine="numpy")


def test_float64_needs_jax_with_x64():
    refused("use dtype=np.float32", "'jax_enable_x64', True", engine="jax", dtype=np.float64)


# Where to go on from


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (NET.init(0)[:1], "parameters for 1 layers, but the network has 2"),
        (SOFT.init(0), "the parameters of layer 2 have shapes [(3, 3), (3,)], but the network"),
        (network([2, 4, 1]).init(0), "but the network needs [(2, 3), (3,)]"),
        (tuple((W,) for W, _ in NET.init(0)), "the parameters of layer 1 have shapes [(2, 3)]"),
        (tuple((W * np.nan, b) for W, b in NET.init(0)), "the parameters of layer 1[0, 0] is nan"),
        (3, "parameters 3: give one (W, b) a layer, such as net.init or state.params"),
        ([1, 2], "parameters [1, 2]: give one (W, b) a layer"),
        ("net.onnx", "parameters 'net.onnx': give one (W, b) a layer"),
        ([["a", "b"], ["c", "d"]], "the parameters of layer 1 must be an array of numbers"),
    ],
    ids=str,
)
def test_start_error_messages(wrong, said):
    refused(said, start=wrong)


def test_state_of_another_network_raises():
    other = next(train(network([2, 4, 1]), X, Y))
    refused("layer 1 have shapes [(2, 4), (4,)]", "needs [(2, 3), (3,)]", start=other)


@pytest.mark.parametrize("engine", ["numpy", "jax"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("momentum", "rmsprop"),
        ("rmsprop", "momentum"),
        ("sgd", "adam"),
        ("adam", "sgd"),
        ("adam", "momentum"),
    ],
)
def test_state_of_another_optimizer_raises(before, after, engine):
    *_, state = train(NET, X, Y, optimizer=before, steps=3)
    refused(
        "start holds what another optimizer remembers",
        "give start=state.params",
        start=state,
        optimizer=after,
        engine=engine,
    )
    accepted(start=state.params, optimizer=after)


def test_parameters_may_be_lists():
    lists = [[W.tolist(), b.tolist()] for W, b in NET.init(5)]
    first, _ = accepted(start=lists)
    np.testing.assert_array_equal(first.params[0].W, NET.init(5)[0].W)
    assert first.params[0]._fields == ("W", "b")
