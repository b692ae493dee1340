"""Where a finding begins: rules at their thresholds, on signs that are made up."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from types import SimpleNamespace

import numpy as np
import pytest

import neurona
from neurona.doctor.case import Case
from neurona.doctor.diagnosis import diagnose_case
from neurona.doctor.findings import layers, output, steps
from neurona.doctor.signs import LayerSigns, Moment, reach
from neurona.engine.activations import ACTIVATIONS
from neurona.engine.data import Data


def signs(place="1", **own):
    usual = {"signal": 1.0, "gradient": 1.0, "dead": 0.0, "saturated": 0.0, "units": 4}
    made = {"layer": neurona.Dense(4, "tanh"), "in_line": True, "distinct": 4, **usual, **own}
    return LayerSigns(place, **made)


def evidence(first, last=None, net=None, **own):
    """Return what a rule looks at: a sick training with the signs of some layers."""
    net = neurona.network([2, 4, 4, 1], "tanh", output="sigmoid") if net is None else net
    moments = [
        Moment(k, 1.0, np.zeros((1, 1)), tuple(one)) for k, one in ((0, first), (9, last or first))
    ]
    usual = {"is_sick": True, "signs": SimpleNamespace(task="two", trivial_cost=1.0)}
    case = SimpleNamespace(net=net, steps=9)
    return SimpleNamespace(case=case, first=moments[0], last=moments[1], **usual | own)


def kinds(found):
    return [one.kind for one in found]


@pytest.mark.parametrize(("distinct", "found"), [(2, ["symmetric-units"]), (3, [])])
def test_units_are_symmetric_where_half_of_them_at_most_are_distinct(distinct, found):
    e = evidence([signs(distinct=distinct), signs("2")])
    assert kinds(layers.symmetric(e)) == found


@pytest.mark.parametrize(("rule", "sign"), [(layers.saturated, "saturated"), (layers.dead, "dead")])
@pytest.mark.parametrize(("share", "finds"), [(0.5, False), (0.51, True)])
def test_a_layer_is_lost_where_more_than_half_of_it_is(rule, sign, share, finds):
    assert bool(kinds(rule(evidence([signs(**{sign: share}), signs("2")])))) == finds


@pytest.mark.parametrize(
    ("outputs", "faded", "finds"),
    [(1, 100, False), (1, 101, True), (10, 277, False), (10, 278, True)],
)
def test_a_signal_fades_by_more_than_100_times_what_the_slope_of_the_output_takes(
    outputs, faded, finds
):
    """Undecided among ten classes, a softmax has the slope 9 / 100, and a sigmoid 1 / 4."""
    kind = "sigmoid" if outputs == 1 else "softmax"
    net = neurona.network([2, 4, 4, outputs], "tanh", output=kind)
    e = evidence([signs(signal=faded), signs("2"), signs("3")], net=net)
    assert kinds(layers.fading_signal(e)) == ["fading-signal"] * finds


@pytest.mark.parametrize(("faded", "finds"), [(1000, False), (1001, True)])
def test_a_gradient_fades_by_more_than_1000_times(faded, finds):
    e = evidence([signs(gradient=1.0), signs("2"), signs("3", gradient=faded)])
    assert kinds(layers.fading_gradient(e)) == ["fading-gradient"] * finds
    e = evidence([signs(forgetting=faded)])
    assert kinds(layers.forgetting(e)) == ["fading-gradient"] * finds


def stepping(rate=0.1, momentum=0.0, cost=1.0, **own):
    """Return the evidence of a training by gradient descent, with the signs of its steps."""
    course = {"diverged": None, "moves": (0.0, 0.0), "swinging": 0.0}
    course |= {name: own.pop(name) for name in [*own] if name in course}
    e = evidence(
        [signs()], course=SimpleNamespace(**course), curvatures=(nan, nan), is_layer_lost=False,
        is_gradient_descent=True, has_one_rate=True, mismatches=(), rate=rate,
        stretched_rate=rate / (1 - momentum), optimizer=neurona.momentum(rate, momentum=momentum),
    )  # fmt: skip
    return SimpleNamespace(**vars(e) | {"last": replace(e.last, cost=cost)} | own)


@pytest.mark.parametrize(
    ("own", "finds"),
    [
        ({"cost": 2.0}, False), ({"cost": 2.01}, True),
        ({"swinging": 0.05}, False), ({"swinging": 0.051}, True),
        ({"moves": (1.0, 0.1)}, False), ({"moves": (1.01, 0.0)}, True),
        ({"moves": (0.0, 0.101)}, True),
        ({"rate": 1.0, "curvatures": (4.0, nan)}, False),  # on a parabola 2 / 4, and twice that
        ({"rate": 1.01, "curvatures": (4.0, nan)}, True),
        ({"rate": 1.5, "momentum": 0.5, "curvatures": (4.0, nan)}, False),
        ({"rate": 1.51, "momentum": 0.5, "curvatures": (4.0, nan)}, True),
    ],
    ids=str,
)  # fmt: skip
def test_a_rate_is_too_high(own, finds):
    assert kinds(steps.rate_too_high(stepping(**own))) == ["rate-too-high"] * finds


@pytest.mark.parametrize(
    ("own", "finds"),
    [
        ({"rate": 0.015, "curvatures": (2.0, nan)}, False),
        ({"rate": 0.0149, "curvatures": (2.0, 1.0)}, True),
        ({"rate": 0.0149, "momentum": 0.5, "curvatures": (2.0, nan)}, False),
        ({"rate": 1 / 9, "is_gradient_descent": False}, False),  # in nine steps as far as 1
        ({"rate": 0.11, "is_gradient_descent": False}, True),
    ],
    ids=str,
)
def test_a_rate_is_too_low(own, finds):
    assert kinds(steps.rate_too_low(stepping(**own))) == ["rate-too-low"] * finds


@pytest.mark.parametrize(("labels", "finds"), [(0, True), (1, False), (2, True)])
def test_a_softmax_needs_exactly_one_label(labels, finds):
    net = neurona.network([2, 3], "softmax")
    target = np.zeros((10, 3))
    target[:, :labels] = 1
    e = evidence([signs()], net=net, data=Data(np.zeros((10, 2)), target, None))
    assert kinds(output.softmax_of_labels(e)) == ["softmax-of-labels"] * finds


@pytest.mark.parametrize(("without", "finds"), [(1, False), (2, True)])
def test_one_example_of_a_hundred_without_a_label_is_an_error_of_the_table(without, finds):
    target = np.repeat([[1.0, 0.0, 0.0]], 100, axis=0)
    target[:without] = 0
    data = Data(np.zeros((100, 2)), target, None)
    e = evidence([signs()], net=neurona.network([2, 3], "softmax"), data=data)
    assert kinds(output.softmax_of_labels(e)) == ["softmax-of-labels"] * finds


REACHES = {
    "sigmoid": (0, 1), "softmax": (0, 1), "tanh": (-1, 1), "relu": (0, inf), "elu": (-1, inf),
    "linear": (-inf, inf), "leaky_relu": (-inf, inf), "exp": (0, inf), "softplus": (0, inf),
}  # fmt: skip


@pytest.mark.parametrize("name", REACHES)
def test_how_far_an_output_reaches(name):
    assert reach(ACTIVATIONS[name]) == pytest.approx(REACHES[name])


def test_a_leaky_relu_reaches_targets_far_below_0():
    x = np.linspace(-1, 1, 50)[:, None]
    net = neurona.network([1, 8, 1], "tanh", output="leaky_relu")
    case = Case(net, x, 30 * x - 20, steps=20)
    assert "output-range" not in kinds(diagnose_case(case).findings)


@pytest.mark.parametrize(
    ("cost", "spread", "signal", "is_sick", "finds"),
    [
        (5.1, 0.81, 1.0, True, True),
        (4.9, 0.81, 1.0, True, False),  # five times the best constant's cost is not more
        (5.1, 0.79, 5.0, True, False),  # nor does the signal grow by more than five times
        (5.1, 0.79, 5.1, True, True),
        (19.9, 0.81, 1.0, False, False),
        (20.1, 0.81, 1.0, False, True),
        (nan, 0.81, 1.0, True, True),
    ],
)
def test_first_weights_are_large_by_their_cost_and_their_spread_or_signal(
    cost, spread, signal, is_sick, finds
):
    told = SimpleNamespace(task="numbers", target_spread=1.0, trivial_cost=1.0, input_size=1.0)
    e = evidence([signs(), signs("2", signal=signal)], signs=told, is_sick=is_sick)
    e.case.net, e.case.cost, e.targets = neurona.network([2, 4, 1], "tanh"), "mse", np.zeros((9, 1))
    e.first = Moment(0, cost, spread * np.array([[-1.0], [1.0]]), e.first.layers)
    assert kinds(layers.too_large_weights(e)) == ["large-weights"] * finds
