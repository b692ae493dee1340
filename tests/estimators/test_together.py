"""Several processes fit one estimator, each with rows that no other has."""

from __future__ import annotations

import numpy as np
import pytest

import neurona
from neurona.engine.processes import ProcessesDisagree
from neurona.estimators.together import _check_different, check_shared, cut, own_batches
from tests.support.processes import connected

pytest.importorskip("jax")

DATA = """
import numpy as np
from hashlib import sha256

rng = np.random.default_rng(0)
X = np.empty((300, 3), object)
X[:, 0], X[:, 1], X[:, 2] = rng.normal(size=300), rng.choice([*"abc"], 300), rng.integers(0, 5, 300)
X[::7, 2] = None
y = np.where((X[:, 0].astype(float) > 0) ^ (X[:, 1] == "a"), "yes", "no")
z = X[:, 0].astype(float) + (X[:, 1] == "b")
"""
FIT = """
mine = [slice(0, 90), slice(90, None)][me]
settings = {
    "engine": "jax", "devices": "all", "random_state": 0, "epochs": 8, "batch_size": 32,
    "hidden_layer_sizes": 8, "dropout": 0.1, "normalization": "batch",
}

def digest(net):
    return [sha256(one.tobytes()).hexdigest() for layer in net.params_ for one in layer]
"""
EXACT = """
def fit(run=None, states=None):
    net = neurona.NeuralNetClassifier(**settings)
    if run is None:
        return net.fit(X[mine], y[mine])
    running = neurona.resumable(run, net, X[mine], y[mine], seconds=0)
    for k, state in enumerate(running, start=1):
        if k == states:
            break
    running.close()
    return net

net = fit()
tell(preparation=repr(net.preparation_), classes=net.classes_.tolist(), W=digest(net))
tell(score=net.score(X, y), step=net.state_.step, curve=net.loss_curve_)
run = os.path.join(os.environ["FOLDER"], f"run-{me}.safetensors")  # the first process's alone
fit(run, states=4)
tell(there=os.path.exists(run))
again = fit(run)
tell(again=digest(again), again_curve=again.loss_curve_)
reg = neurona.NeuralNetRegressor(**settings).fit(X[mine], z[mine])
tell(mean=reg.targets_.mean.tolist(), deviation=reg.targets_.deviation.tolist())
"""


def test_two_processes_fit_one_estimator_and_go_on(tmp_path):
    first, other = connected(DATA + FIT + EXACT, FOLDER=str(tmp_path))
    assert (first.code, other.code) == (0, 0), first.err + other.err
    told = first.told
    assert other.told == told | {"there": False}
    known: dict = {}
    exec(DATA, known)
    X, y, z = known["X"], known["y"], known["z"]
    whole = neurona.NeuralNetClassifier(epochs=1, networks=1).fit(X, y)
    assert told["preparation"] == repr(whole.preparation_)
    assert told["classes"] == ["no", "yes"]
    assert told["score"] > 0.9
    assert told["step"] == 8 * 10
    assert told["there"]
    assert (told["again"], told["again_curve"]) == (told["W"], told["curve"])
    np.testing.assert_allclose(told["mean"], z.mean(), rtol=1e-12)
    np.testing.assert_allclose(told["deviation"], z.std(), rtol=1e-12)


@pytest.mark.long
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("settings['epochs'] = 8 + me", "the processes disagree: epochs is 9 in process 1, and"),
        (
            "X = X[:, :3 - me]",
            "the list of columns is ['x0', 'x1'] in process 1, and ['x0', 'x1', 'x2']",
        ),
        ("X[:, 0] = np.where(me, 'a', X[:, 0])", "column 'x0' holds categories in process 1, and"),
        ("y = np.arange(300) % 2 if me else y", "the target is numbers in process 1, and texts in"),
        ("mine = slice(0, 100)", "processes 0 and 1 have the same 100 rows"),
        ("settings['networks'] = 3", "networks is 3: several processes train one network"),
        ("settings['batch_size'] = 1", "batch_size is 1, and there are 2 processes"),
        ("settings['random_state'] = None", "random_state is None: give a number, the same in all"),
        ("y[:] = 'yes'", "y has one class only, 'yes'"),
        ("mine = [slice(0, 0), slice(0, None)][me]", "Found array with 0 sample(s)"),
    ],
)
def test_what_does_not_fit_together_is_told_before_the_first_step(change, told):
    program = """
try:
    neurona.NeuralNetClassifier(**settings).fit(X[mine], y[mine])
except (ValueError, distributed.ProcessMissing) as error:
    tell(error=str(error))
"""
    first, other = connected(DATA + FIT + change + program, timeout=15)
    assert told in first.told["error"], first.told
    if told.startswith("Found"):
        assert "process 0 is missing" in other.told["error"]
        assert told in other.told["error"]
    else:
        assert other.told == first.told


class _Plan:
    batch_size, steps_per_epoch = 10, 4


@pytest.mark.parametrize("n", [3, 4, 17, 40])
def test_each_process_gives_a_part_of_every_step(n):
    x = np.arange(n)[:, None]
    data = {"X": x, "y": x, "sample_weight": None}
    rows = own_batches(None, data, _Plan, [n, 40])["batches"]
    rng = np.random.default_rng(0)
    each = [batch.x.ravel() for batch in rows.after(0, rng)]
    assert len(each) == min(n, 4)
    assert {len(one) for one in each} <= {n // 4, n // 4 + 1}
    assert sorted(np.concatenate(each)) == [*range(n)]
    again = np.random.default_rng(0)
    again.integers(2**63)
    assert rng.random() == again.random()  # whatever n is


def test_more_steps_than_rows_are_refused():
    rows = {"X": np.zeros((3, 1)), "y": np.zeros((3, 1)), "sample_weight": None}
    with pytest.raises(ValueError, match="batch_size is 10, and there are 2 processes"):
        own_batches(None, rows, _Plan, [3, 3])


@pytest.mark.parametrize(
    ("settings", "given", "told"),
    [
        ({"networks": 3}, (None, None), "networks is 3: several processes train one network"),
        ({"class_weight": "balanced"}, (None, None), "class_weight is 'balanced': several"),
        ({}, (np.ones(3), None), "sample_weight is given: several"),
        ({"networks": 2}, (None, ([], [])), "networks is 2, X_val is given: several"),
        ({"random_state": None}, (None, None), "random_state is None: give a number"),
    ],
)
def test_what_none_of_several_processes_can_know_is_refused(settings, given, told):
    one = neurona.NeuralNetClassifier(**{"random_state": 0, **settings})
    with pytest.raises(ValueError, match=told):
        check_shared(one, *given)


def test_the_same_rows_in_two_processes_are_refused():
    def part(*cells):
        return {"rows": 3, "targets": "a hash", "columns": [{"cells": np.array(cells)}]}

    _check_different([part(1, 2), part(1, 3)])
    with pytest.raises(ProcessesDisagree, match="processes 0 and 2 have the same 3 rows"):
        _check_different([part(1, 2), part(1, 3), part(1, 2)])


def test_cutting_keeps_the_order():
    pieces = (np.arange(k, k + 3) for k in range(0, 12, 3))
    assert [one.tolist() for one in cut(pieces, [1, 4, 7])] == [[0], [1, 2, 3, 4], [*range(5, 12)]]


@pytest.mark.long
def test_large_tables_are_parts_too():
    program = """
from neurona.tables import large
large.LARGE = 100
X = np.stack([rng.normal(size=300), rng.integers(0, 5, 300), np.full(300, 7.0)], axis=1)
X[::7, 1] = np.nan
y = (X[:, 0] > 0).astype(int)
del settings["normalization"], settings["dropout"]
net = neurona.NeuralNetClassifier(**settings).fit(X[mine], y[mine])
tell(same=net.preparation_ == neurona.NeuralNetClassifier(epochs=1).fit(X, y).preparation_)
tell(score=net.score(X, y), W=digest(net), step=net.state_.step)
"""
    first, other = connected(DATA + FIT + program)
    assert (first.code, other.code) == (0, 0), first.err + other.err
    assert other.told == first.told
    assert first.told["same"]
    assert first.told["score"] > 0.9
    assert first.told["step"] == 80


@pytest.mark.long
def test_a_network_of_several_processes_goes_on(tmp_path):
    program = """
x = rng.normal(size=(300, 2)).astype(np.float32)
t = (x[:, 0] * x[:, 1] > 0).astype(np.float32)
net = neurona.network([2, 8, 1], "tanh", output="sigmoid", dropout=0.2, normalization="batch")
mine = [slice(0, 90), slice(90, None)][me]
own = [(x[mine][k : k + 16], t[mine][k : k + 16]) for k in range(0, 210, 16)]
own = [batch for batch in own if len(batch[0])]
for name, data, settings in (
    ("rows", (x, t), {"batch_size": 32}), ("parts", (), {"batches": own})
):
    settings |= {"engine": "jax", "devices": "all", "rng": 0, "steps": 90, "every": 7}
    run = os.path.join(os.environ["FOLDER"], f"{name}.safetensors")
    *_, whole = neurona.train(net, *data, **settings)
    for state in neurona.resumable(run, net, *data, seconds=0, **settings):
        if state.step > 40:
            break
    distributed.gathered(None)  # the file is written
    first, *_, last = neurona.resumable(run, net, *data, **settings)
    same = [bool((a == b).all()) for k in (0, 1) for a, b in zip(last.params[k], whole.params[k])]
    tell(**{name: [first.step, last.step, all(same), last.cost == whole.cost]})
"""
    first, other = connected(DATA + program, FOLDER=str(tmp_path))
    assert (first.code, other.code) == (0, 0), first.err + other.err
    assert first.told == other.told
    assert first.told == {"rows": [42, 90, True, True], "parts": [42, 90, True, True]}
