"""Healthy trainings get a clean bill; the lesson's network is diagnosed soon."""

import time
from dataclasses import replace

import numpy as np
import pytest

import neurona
from neurona.demos import DEMOS, data_of, outputs_for
from neurona.doctor.case import Case
from neurona.doctor.diagnosis import diagnose_case
from neurona.doctor.training import OfPredictions, cost_of, is_refused, states


def demo(name, seed):
    chosen, (X, y) = DEMOS[name], data_of(name, seed)
    held_out = {}
    if chosen.held_out:
        X, X_val, y, y_val = neurona.datasets.train_test_split(
            X, y, test_size=chosen.held_out, rng=seed
        )
        held_out = {"X_val": X_val, "y_val": y_val}
    n_out, output = outputs_for(y)
    settings = {name: value for name, value in chosen.training.items() if name != "every"}
    if chosen.optimizer:
        settings["optimizer"] = chosen.optimizer(settings["steps"])
    net = neurona.network([X.shape[1], *chosen.hidden, n_out], chosen.activation, output=output)
    return Case(net, X, y, seed=seed, **settings, **held_out)


@pytest.mark.parametrize("name", DEMOS)
def test_the_demonstrations_are_healthy(name):
    diagnosis = diagnose_case(demo(name, seed=3))
    assert diagnosis.healthy, diagnosis.say()
    assert diagnosis.say("es").startswith("No hay nada que objetar")


@pytest.mark.parametrize("name", ["iris", "breast_cancer", "diabetes", "wine"])
def test_tables_with_standardized_columns_are_healthy(name):
    datasets = pytest.importorskip("sklearn.datasets")
    table = getattr(datasets, f"load_{name}")()
    X = (table.data - table.data.mean(axis=0)) / table.data.std(axis=0)
    y = np.asarray(table.target, float)
    if name == "diabetes":
        net, y = neurona.network([10, 16, 1], ["tanh", "linear"]), (y - y.mean()) / y.std()
    else:
        n_out, output = outputs_for(y)
        net = neurona.network([X.shape[1], 16, n_out], "tanh", output=output)
    diagnosis = neurona.diagnose(net, X, y, steps=1000)
    assert diagnosis.healthy, diagnosis.say()


def lesson(**options):
    X, y = neurona.datasets.circles(n=500, rng=1)
    net = neurona.network(
        [2, 4, 8, 16, 8, 4, 1], "sigmoid", initializer="uniform", bias_initializer="uniform"
    )
    chosen = {"cost": "mse", "optimizer": neurona.sgd(5), "steps": 2500, "rng": 1, **options}
    return neurona.diagnose(net, X, y, **chosen)


def test_the_lessons_network_is_diagnosed_within_two_seconds():
    began = time.process_time()  # of this process: other tests may run beside
    diagnosis = lesson()
    assert time.process_time() - began < 2
    assert not diagnosis.healthy
    assert "The signal fades on its way. From layer 1 to the output it shrinks" in str(diagnosis)
    assert "La red predice 0,50 en todas partes." in diagnosis.say("es")
    assert "(0.2500)" in str(diagnosis)
    assert repr(diagnosis) == str(diagnosis)  # and not all that was measured
    fading = diagnosis.findings[0]
    assert fading.numbers["value"] > fading.numbers["threshold"] == 100
    assert fading.cures[0] == "orthogonal-weights"
    assert [one.step for one in diagnosis.signs][:: len(diagnosis.signs) - 1] == [0, 2500]
    assert diagnosis.case.seed == 1


def test_a_diagnosis_is_the_same_again_and_does_not_touch_what_it_is_given():
    first, second = lesson(steps=60), lesson(steps=60)
    assert str(first) == str(second)
    X, y = neurona.datasets.circles(n=50, rng=1)
    net = neurona.network([2, 3, 1])
    start = net.init(4)
    kept = [np.array(layer.W) for layer in start]
    diagnosis = neurona.diagnose(net, X, y, steps=20, start=start)
    assert all((a == layer.W).all() for a, layer in zip(kept, start, strict=True))
    assert np.array_equal(diagnosis.evidence.first_params[0].W, start[0].W)


def test_a_case_trains_as_train_does():
    X, y = neurona.datasets.moons(n=100, rng=0)
    net = neurona.network([2, 4, 1], ["tanh", "sigmoid"])
    case = Case(net, X, y, steps=30, batch_size=20, seed=3)
    *_, ours = states(case)
    *_, theirs = neurona.train(net, X, y, steps=30, batch_size=20, rng=3)
    assert np.array_equal(ours.params[0].W, theirs.params[0].W)
    *_, stack = states(case, seeds=[3, 4])
    assert np.allclose(stack[0].params[0].W, theirs.params[0].W, atol=1e-5)


def test_what_train_refuses_is_trained_too():
    X, y = neurona.datasets.moons(n=100, rng=0)
    case = Case(neurona.network([2, 4, 1], ["tanh", "softmax"]), X, y, steps=9)
    case = replace(case, cost="binary_cross_entropy")
    assert is_refused(case)
    assert isinstance(cost_of(case), OfPredictions)
    *_, last = states(case)
    assert last.step == 9
    assert (case.net.predict(last.params, X) == 1).all()


@pytest.mark.parametrize("categorical", [False, True])
def test_the_cross_entropy_of_predictions_has_its_derivative(categorical):
    rng = np.random.default_rng(0)
    cost, p, t = OfPredictions(categorical), rng.uniform(0.1, 0.9, (4, 3)), rng.random((4, 3))
    _, d = cost(p, t)
    v = rng.normal(size=p.shape)
    difference = (cost(p + 1e-6 * v, t)[0] - cost(p - 1e-6 * v, t)[0]) / 2e-6
    assert difference == pytest.approx((d * v).sum(), rel=1e-6)
    weight = np.array([1.0, 0.0, 0.0, 1.0])
    alone, _ = cost(p[[0, 3]], t[[0, 3]])
    assert cost(p, t, weight)[0] == pytest.approx(alone)


def test_batches_in_a_fixed_order_are_the_same_each_epoch():
    X = np.arange(6.0)[:, None]
    net = neurona.network([1, 1], "linear")
    case = Case(net, X, X[:, 0], steps=6, batch_size=2, shuffle=False, optimizer=neurona.sgd(0.01))
    *_, ours = states(case)
    batches = [(X[k : k + 2], X[k : k + 2, 0]) for k in (0, 2, 4)]
    *_, theirs = neurona.train(net, batches=batches, steps=6, rng=0, optimizer=neurona.sgd(0.01))
    assert np.array_equal(ours.params[0].W, theirs.params[0].W)
