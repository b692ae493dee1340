"""State -> numbers: against hand calculation, the engine itself, and central differences."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import neurona
from neurona.engine.activations import ACTIVATIONS, Activation
from neurona.engine.costs import find_cost
from neurona.engine.gradcheck import numerical_gradient
from neurona.engine.objective import Objective
from neurona.engine.parameters import flatten, unflatten
from neurona.observe import numbers, scores


@pytest.fixture
def counted():
    """Make a network of two inputs, and a list that grows with each pass through its last layer."""
    calls = []

    def function(z):
        calls.append(z.shape[1])
        return z, lambda da: da

    return neurona.network([2, 5, 3], ["tanh", Activation("counted", function, 1.0)]), calls


def test_each_step_of_series_is_an_example():
    predictions = np.eye(3)[[[0, 1], [2, 2], [1, 0]]]
    assert scores.accuracy(predictions, [[0, 1], [2, 0], [1, 1]]) == pytest.approx(4 / 6)
    assert scores.accuracy(predictions, predictions) == 1
    with pytest.raises(ValueError, match=r"targets \(3,\): give \(3, 2\) labels"):
        scores.accuracy(predictions, [0, 1, 2])


def test_limits_are_a_square_around_the_points():
    left, right, bottom, top = numbers.limits_of([[0, 0], [2, 1]], margin=0.1)
    assert (left, right) == pytest.approx((-0.2, 2.2))
    assert right - left == pytest.approx(top - bottom)
    assert (bottom + top) / 2 == pytest.approx(0.5)


def test_limits_of_very_different_columns_are_not_square():
    assert numbers.limits_of([[0, 0], [100, 1]], margin=0.1) == pytest.approx((-10, 110, -0.1, 1.1))


def test_limits_of_a_single_point_are_not_empty():
    assert numbers.limits_of([[3, 4]], margin=0.5) == pytest.approx((2, 4, 3, 5))


@pytest.mark.parametrize("X", [[[1, 2, 3]], [1, 2], np.zeros((0, 2))])
def test_limits_need_points_in_the_plane(X):
    with pytest.raises(ValueError, match=r"points of shape \(n, 2\)"):
        numbers.limits_of(X)


def test_surface_predicts_each_point_of_the_grid_at_once(counted):
    net, calls = counted
    params = net.init(0)
    plane = numbers.surface(net, params, limits=(-1, 3, 0, 2), resolution=7)
    assert len(calls) == 1  # one prediction of all 49 points
    assert calls == [49]
    assert plane.values.shape == (7, 7, 3)
    assert plane.limits == (-1, 3, 0, 2)
    point = [[plane.x1[5], plane.x2[2]]]
    np.testing.assert_allclose(plane.values[2, 5], net.predict(params, point)[0], atol=1e-6)


def test_surface_covers_the_points_by_default():
    net = neurona.network([2, 1])
    X = [[-1.0, 0.0], [1.0, 0.5]]
    assert numbers.surface(net, net.init(0), X).limits == pytest.approx(numbers.limits_of(X))


@pytest.mark.parametrize(
    ("topology", "arguments", "message"),
    [
        ([3, 1], {"limits": (0, 1, 0, 1)}, "two inputs, and this one has 3"),
        ([2, 1], {}, "give X, the points to cover, or limits"),
        ([2, 1], {"limits": (1, 0, 0, 1)}, "left < right"),
        ([2, 1], {"limits": (0, 1, 0, 1), "resolution": 1}, "resolution is 1"),
    ],
)
def test_surface_error_messages(topology, arguments, message):
    net = neurona.network(topology)
    with pytest.raises(ValueError, match=message):
        numbers.surface(net, net.init(0), **arguments)


def test_activations_by_hand():
    net = neurona.network([2, 2, 1], ["relu", "sigmoid"])
    params = (
        (np.array([[1.0, -1.0], [2.0, 0.0]]), np.array([0.5, 0.0])),
        (np.array([[1.0], [1.0]]), np.array([-3.5])),
    )
    first, last = numbers.activations(net, params, [[1.0, 1.0]])
    np.testing.assert_allclose(first.z, [[3.5, -1.0]])
    np.testing.assert_allclose(first.a, [[3.5, 0.0]])
    np.testing.assert_allclose(last.z, [[0.0]])
    np.testing.assert_allclose(last.a, [[0.5]])


@pytest.mark.parametrize(
    ("output", "cost", "y"),
    [
        ("sigmoid", "mse", [0, 1, 1, 0]),
        ("sigmoid", "cross_entropy", [0, 1, 1, 0]),
        ("softmax", "cross_entropy", [0, 2, 1, 0]),
        ("softmax", "mse", [0, 2, 1, 0]),
        ("linear", "huber", [0.3, -2.0, 1.0, 4.0]),
    ],
)
def test_gradients_equal_central_differences(output, cost, y):
    net = neurona.network([2, 3, 3 if output == "softmax" else 1], "tanh", output=output)
    params = net.init(1, np.float64)
    X = np.array([[0.1, 0.9], [-1.2, 0.3], [0.7, 0.8], [2.0, -1.0]])
    layers = numbers.gradients(net, params, X, y, cost)
    objective = Objective(net, find_cost(cost, net))
    target = np.eye(3)[y] if output == "softmax" else np.array(y, dtype=float)[:, None]
    numerical = numerical_gradient(
        lambda theta: float(objective.value(unflatten(theta, params), X, target)), flatten(params)
    )
    exact = flatten(tuple((layer.dW, layer.db) for layer in layers))
    np.testing.assert_allclose(exact, numerical, rtol=1e-6, atol=1e-9)


def test_delta_is_the_derivative_by_z_of_each_example():
    net = neurona.network([2, 3, 1], "tanh", output="sigmoid")
    params = net.init(1, np.float64)
    X, y = np.array([[0.1, 0.9], [-1.2, 0.3]]), np.array([1, 0])
    layers = numbers.gradients(net, params, X, y, "mse")
    for layer in layers:
        assert layer.delta.shape == (2, len(layer.db))
        np.testing.assert_allclose(layer.delta.sum(axis=0), layer.db)
    alone = numbers.gradients(net, params, X[:1], y[:1], "mse")
    for layer, one in zip(layers, alone, strict=True):  # each row is one n-th of its own gradient
        np.testing.assert_allclose(layer.delta[:1], one.delta / 2)


def test_gradients_error_messages():
    net = neurona.network([2, 1])
    with pytest.raises(ValueError, match="X has shape"):
        numbers.gradients(net, net.init(0), [[1.0, 2.0, 3.0]], [1])


def test_the_gradient_of_the_lesson_vanishes():
    X, y = neurona.datasets.circles(rng=0)
    net = neurona.network([2, 4, 8, 16, 8, 4, 1], initializer="uniform", bias_initializer="uniform")
    sizes = numbers.gradient_norms(numbers.gradients(net, net.init(0), X, y, "mse"))
    assert sizes.shape == (6,)
    assert sizes[0] < sizes[-1] / 100


@pytest.mark.parametrize("name", ["sigmoid", "softmax"])
def test_saturation_counts_the_flat_ends(name):
    net = neurona.network([1, 2], name)
    params = ((np.array([[1.0, 0.0]]), np.zeros(2)),)
    # of a sigmoid, z = 6 is flat and z = 0 is not; a softmax of (6, 0) is flat for both
    expected = {"sigmoid": 0.25, "softmax": 0.5}[name]
    assert numbers.saturation(net, params, [[0.0], [6.0]]).tolist() == [expected]
    assert numbers.saturation(net, params, [[0.0], [1.0]]).tolist() == [0.0]


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activation_curve_slope_equals_finite_differences(name):
    z, a, slope = numbers.activation_curve(name, -5, 5, 4001)
    between = (a[1:] - a[:-1]) / np.diff(z)
    away = np.abs(z[1:] + z[:-1]) > 0.01  # the kink of a relu is at zero
    np.testing.assert_allclose(
        ((slope[1:] + slope[:-1]) / 2)[away], between[away], rtol=1e-6, atol=1e-5
    )


def test_activation_curve_of_an_unknown_name_raises():
    with pytest.raises(ValueError, match="did you mean 'sigmoid'"):
        numbers.activation_curve("sigmoide")


@pytest.mark.parametrize(
    ("predictions", "classes"),
    [
        ([0.2, 0.5, 0.51], [0, 0, 1]),
        ([[0.2], [0.9]], [0, 1]),
        ([[0.2, 0.5, 0.3], [0.9, 0.1, 0.0]], [1, 0]),
    ],
)
def test_classes_of(predictions, classes):
    assert scores.classes_of(predictions).tolist() == classes


def test_accuracy_takes_predicted_classes_too():
    classes, labels = [0, 1, 2, 2], [0, 1, 2, 1]
    for given in (classes, [[k] for k in classes]):
        assert scores.accuracy(given, labels) == 0.75
    assert scores.confusion_matrix(classes, classes).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 2]]
    with pytest.raises(ValueError, match="predictions must be an array of numbers"):
        scores.accuracy(["cat", "dog"], ["cat", "dog"])


def test_accuracy_takes_labels_columns_and_one_hot_rows():
    predictions = [[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1]]
    labels = np.array([0, 2, 1, 1])
    for y in (labels, labels[:, None], np.eye(3)[labels]):
        assert scores.accuracy(predictions, y) == 0.75


def test_confusion_matrix_has_true_classes_in_rows():
    predictions = [[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1]]
    matrix = scores.confusion_matrix(predictions, [0, 2, 1, 1])
    assert matrix.tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    assert scores.confusion_matrix([0.1, 0.2], [0, 0]).tolist() == [[2, 0], [0, 0]]
    assert scores.confusion_matrix([0.9], [1], n_classes=3).shape == (3, 3)


def test_predictions_and_targets_must_have_the_same_length():
    with pytest.raises(ValueError, match="2 predictions for 1 targets"):
        scores.accuracy([0.1, 0.9], [1])
    with pytest.raises(ValueError, match="0 predictions for 0 targets"):
        scores.accuracy([], [])
    with pytest.raises(ValueError, match=r"y holds 0\.5: classes are whole numbers"):
        scores.accuracy([0.1], [0.5])
    with pytest.raises(ValueError, match="n_classes is 2, but there is a class 2"):
        scores.confusion_matrix([[0.0, 0.0, 1.0]], [2], n_classes=2)


@pytest.mark.parametrize(
    ("output", "y", "expected"),
    [
        ("sigmoid", [0, 1], True),
        ("sigmoid", [0.2, 0.9], False),
        ("linear", [0, 1], False),
    ],
)
def test_is_classification(output, y, expected):
    assert scores.is_classification(neurona.network([2, 1], output), y) is expected


@pytest.mark.parametrize(
    ("cost", "text"), [(2.0, "2.0000"), (0.0, "0.0000"), (9.99e-4, "1.0e-03"), (3e-9, "3.0e-09")]
)
def test_format_cost(cost, text):
    assert scores.format_cost(cost) == text


def test_import_loads_no_drawing_package():
    code = (
        "import sys, neurona.observe.figures, neurona.observe.film, neurona.observe.terminal\n"
        "print([name for name in ('matplotlib', 'PIL', 'rich') if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"


@pytest.mark.parametrize(
    ("missing", "extra", "call"),
    [
        ("matplotlib", "plot", "neurona.plot.points([[0, 0]], [0])"),
        ("matplotlib", "plot", "film.save_picture('x.png')"),
        ("rich", "terminal", "TerminalView(net, [[0, 0]], [1], steps=1)"),
    ],
)
def test_missing_package_error_names_the_extra(missing, extra, call):
    code = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(name, path=None, target=None):\n"
        f"        if name == {missing!r}: raise ModuleNotFoundError(name=name)\n"
        "sys.meta_path.insert(0, Missing)\n"
        "import neurona\n"
        "from neurona.observe.film import Film\n"
        "from neurona.observe.terminal import TerminalView\n"
        "net = neurona.network([2, 1]); film = Film(net, [[0, 0], [1, 1]], [0, 1])\n"
        "film.add(next(neurona.train(net, [[0, 0], [1, 1]], [0, 1])))\n"
        f"try: {call}\n"
        "except neurona.MissingExtra as error: print(error)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == f'{missing} is not installed: pip install "neurona[{extra}]"\n'
