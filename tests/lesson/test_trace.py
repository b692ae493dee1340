"""The lesson's own lines, watched while they run on a network of ours."""

import inspect
import sys
import threading

import numpy as np
import pytest

import neurona
from neurona import tutorial
from neurona.engine.activations import ACTIVATIONS
from neurona.lesson import trace
from neurona.lesson.step import factors
from neurona.observe.microscope import dissect

X = np.random.default_rng(0).normal(size=(6, 2))
Y = np.array([[0.0], [1.0], [1.0], [0.0], [1.0], [0.0]])
NET = neurona.network([2, 3, 1])


def last(moments, name):
    """Return a variable as it is before the last line."""
    return next(one for one in moments[-1].variables if one.name == name)


# The source


def test_source_lines_are_those_of_the_file():
    text = inspect.getsource(tutorial.train).splitlines()
    lines = trace.source()
    assert [line.text for line in lines] == [text[line.number - 1] for line in lines]
    assert not any('"""' in line.text for line in lines)
    assert lines[0].text == "def train("
    assert lines[-1].text == "    return Yp"


def test_each_phase_begins_once():
    stripped = [line.text.strip() for line in trace.source()]
    for start in trace.BEGINNINGS:
        assert sum(line.startswith(start) for line in stripped) == 1
    phases = [line.phase for line in trace.source() if line.phase]
    assert list(dict.fromkeys(phases)) == ["forward", "cost", "backward", "update", "end"]


# The run


def test_moments_follow_the_layers():
    net = neurona.network([2, 4, 3, 1])
    moments = trace.trace(net, net.init(0), X, Y, 0.1)
    said = [(one.phase, one.layer) for one in moments if one.layer is not None]
    assert list(dict.fromkeys(said)) == [
        ("forward", 0), ("forward", 1), ("forward", 2),
        ("backward", 2), ("update", 2), ("backward", 1), ("update", 1),
        ("backward", 0), ("update", 0),
    ]  # fmt: skip
    numbers = {line.number for line in trace.source()}
    assert all(one.number in numbers for one in moments)
    assert moments[-1].phase == "end"


def test_variables_equal_the_lessons():
    params = NET.init(0, np.float64)
    moments = trace.trace(NET, params, X, Y, rate=0.3)
    own = tutorial.create_nn([2, 3, 1], tutorial.sigm)
    for layer, (W, b) in zip(own, params, strict=True):
        layer.W, layer.b = W, b[None]
    Yp = tutorial.train(own, X, Y, tutorial.l2_cost, lr=0.3)
    assert last(moments, "Yp").shape == (6, 1)
    np.testing.assert_array_equal(last(moments, "Yp").values, Yp[:4])
    np.testing.assert_array_equal(last(moments, "layer.W").values, own[0].W)
    np.testing.assert_array_equal(last(moments, "layer.b").values, own[0].b)
    assert last(moments, "lr").values == 0.3
    assert last(moments, "X").shape == (6, 2)
    assert len(last(moments, "X").values) == trace.CORNER


def test_variables_are_told_by_their_shapes_and_first_numbers():
    layer = tutorial.NeuralLayer(2, 3, tutorial.sigm)
    known = {
        "X": np.arange(400.0).reshape(20, 20), "layer": layer, "out": [1, 2], "lr": 0.5, "f": print
    }  # fmt: skip
    told = {one.name: one for one in trace._variables(known)}
    assert [*told] == ["X", "layer.W", "layer.b", "out", "lr"]
    assert told["X"].shape == (20, 20)
    assert told["X"].values[1][:3] == (20.0, 21.0, 22.0)
    assert len(told["X"].values) == len(told["X"].values[0]) == trace.CORNER
    np.testing.assert_array_equal(told["layer.W"].values, layer.W)
    assert told["layer.b"].shape == layer.b.shape
    assert (told["out"].values, told["lr"].values) == ("[2]", 0.5)
    assert trace._layer_index([object(), layer], known) == 1
    assert trace._layer_index([object()], known) is None


def test_moment_has_the_variables_before_its_line_runs():
    moments = trace.trace(NET, NET.init(0), X, Y, 0.1)
    first = next(one for one in moments if one.phase == "forward" and one.layer == 0)
    assert {one.name for one in first.variables} >= {"X", "Y", "lr", "out", "layer.W"}
    assert "z" not in {one.name for one in first.variables}


def test_trace_changes_neither_parameters_nor_the_global_generator():
    params = NET.init(0)
    kept = [array.copy() for layer in params for array in layer]
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the lesson draws from it
    trace.trace(NET, params, X, Y, 0.1)
    for array, was in zip((a for layer in params for a in layer), kept, strict=True):
        np.testing.assert_array_equal(array, was)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_trace_restores_the_previous_tracer():
    def other(frame, event, arg):
        return None

    before = sys.gettrace()
    sys.settrace(other)
    try:
        trace.trace(NET, NET.init(0), X, Y, 0.1)
        assert sys.gettrace() is other
        with pytest.raises(ValueError, match="matmul"):
            trace.trace(NET, NET.init(0), X[:, :1], Y, 0.1)
        assert sys.gettrace() is other
    finally:
        sys.settrace(before)


def test_trace_in_several_threads_at_once():
    found = []

    def ask():
        found.append(len(trace.trace(NET, NET.init(0), X, Y, 0.1)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


# Against the engine


@pytest.mark.parametrize("name", sorted({*ACTIVATIONS} - {"softmax"}))
@pytest.mark.parametrize("outputs", [1, 2])
def test_factors_are_the_ratio_of_step_and_gradient(name, outputs):
    net = neurona.network([2, 3, outputs], [name, "linear"])
    params, target = net.init(1, np.float64), np.hstack([Y, 1 - Y])[:, :outputs]
    moments = trace.trace(net, params, X, target, rate=1.0)
    step = dissect(net, params, X, target, "mse").layers[0]
    times = factors(len(X), outputs)
    W, b = (np.array(last(moments, f"layer.{one}").values) for one in "Wb")
    np.testing.assert_allclose(params[0].W - W, times.W * step.dW, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(params[0].b - b[0], times.b * step.db, rtol=1e-9, atol=1e-12)


def test_softmax_raises():
    net = neurona.network([2, 3, 2], "tanh", output="softmax")
    assert not trace.can_tell(net)
    with pytest.raises(ValueError, match="no softmax"):
        trace.trace(net, net.init(0), X, np.hstack([Y, 1 - Y]), 0.1)


def test_overflow_does_not_raise():
    net = neurona.network([2, 3, 1])
    params = tuple(type(one)(one.W * 1e6, one.b) for one in net.init(0, np.float64))
    assert trace.trace(net, params, X, Y, 1e300)[-1].phase == "end"


def test_every_comment_has_its_spanish():
    comments = [line for line in trace.source() if line.text.strip().startswith("#")]
    assert len(comments) == len(trace.SPANISH) == 5
    for line in comments:
        assert line.es is not None
        assert line.es.strip().startswith("# ")
        assert len(line.es) - len(line.es.lstrip()) == len(line.text) - len(line.text.lstrip())
    assert all(line.es is None for line in trace.source() if line not in comments)
