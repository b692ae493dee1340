"""The sweep: what its networks learn, how its cells are put together, and its file."""

import errno
import os
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import neurona
from neurona import datasets
from neurona.doctor.case import Case
from neurona.lesson.cure import BELOW, RATES, circles
from neurona.sweeps import networks
from neurona.sweeps.axes import Axis
from neurona.sweeps.networks import Networks
from neurona.sweeps.result import Sweep
from neurona.sweeps.sweep import coarse_to_fine, sweep_case

X, Y = datasets.circles(n=100, rng=0)
GRID = {"learning_rate": [0.5, 5.0], "topology": [(4,), (4, 8)]}
SETTINGS = {"optimizer": "sgd", "cost": "mse", "steps": 60}


def last(*given, **options):
    *_, found = neurona.sweep(*given, **options)
    return found


@pytest.mark.parametrize("engine", ["numpy", "jax"])
def test_each_network_is_what_it_is_by_itself(engine):
    found = last(X, Y, GRID, seeds=[3, 8], engine=engine, **SETTINGS)
    for cell in np.ndindex(2, 2):
        for k, seed in enumerate(found.seeds):
            settings = found.settings(cell)
            net = neurona.network([2, *settings["topology"], 1], "sigmoid")
            *_, state = neurona.train(
                net, X, Y, cost="mse", optimizer=neurona.sgd(settings["learning_rate"]),
                steps=60, rng=seed,
            )  # fmt: skip
            assert found.costs[(*cell, k)] == pytest.approx(state.cost, rel=1e-4)
            assert found.curves[(*cell, k)][-1] == pytest.approx(state.cost, rel=1e-4)


@pytest.mark.long
def test_the_lessons_map():
    """No rate of the lesson's teaches its deep network; its shallow one learns at some."""
    points, target = circles(0)
    grid = {"learning_rate": RATES, "topology": [(4, 8), (4, 8, 16, 8, 4)]}
    found = last(
        points, target, grid, seeds=3, steps=1200, below=BELOW, optimizer="lesson",
        initializer="uniform", cost="mse",
    )  # fmt: skip
    assert found.share[:, 0].max() >= 0.5
    assert repr(found).endswith(str(found.share))
    assert (found.share[:, 1] == 0).all()
    assert not found.diagnose((1, 1), 2).healthy


def test_the_map_fills_and_its_first_cells_are_the_corners():
    grid = {"learning_rate": "0.1:10:5", "activation": "tanh,relu"}
    maps = list(neurona.sweep(X, Y, grid, seeds=12, engine="numpy", **SETTINGS))
    assert not maps[0].done.any()
    assert np.isnan(maps[0].share).all()
    counts = [found.done.sum() for found in maps]
    assert counts == sorted(counts)
    assert maps[-1].done.all()
    half = next(found for found in maps if found.done.sum() >= 4)
    assert half.done[[0, 0, -1, -1], [0, 1, 0, 1]].all()
    assert str(half).count("\n") == half.done.sum() - 1


def test_a_network_that_diverges_is_a_result():
    grid = {"learning_rate": [0.01, 1e30], "activation": ["relu"]}
    for engine in ("numpy", "jax"):
        found = last(X, X[:, 0], grid, seeds=2, engine=engine, optimizer="sgd", steps=30)
        assert np.isfinite(found.costs[0]).all()
        assert np.isinf(found.costs[1]).all()
        assert found.done.all()
        assert found.share[1, 0] == 0
        assert np.isinf(found.band((1, 0))[:, -1]).all()
        assert found.to_json()["costs"][1][0] == ["inf", "inf"]


def test_validation_examples_judge():
    given = {"seeds": 2, "topology": (4,), **SETTINGS}
    found = last(X, Y, {"learning_rate": [5.0]}, X_val=X[:10], y_val=1 - Y[:10], **given)
    assert found.measure == "cost of validation"
    assert (found.costs > 0.25).all()  # the labels of validation are the wrong ones


def test_stacks_fit_into_memory(monkeypatch):
    whole = last(X, Y, GRID, seeds=5, engine="numpy", **SETTINGS)
    monkeypatch.setattr(networks, "CACHED", 100 * 8 * 2)
    case = Case(neurona.network([2, 4, 8, 1]), X, Y, optimizer=neurona.sgd(1.0))
    subject = Networks(case, (Axis.read("l2", [0.0]),), (0, 1, 2, 3, 4), "numpy")
    units = [unit.seeds for unit in subject.units([(0,)])]
    assert units == [(0, 1), (2, 3), (4,)]
    assert np.allclose(last(X, Y, GRID, seeds=5, engine="numpy", **SETTINGS).costs, whole.costs)
    monkeypatch.setattr(networks, "HELD", 1)
    assert len(list(Networks(case, subject.axes, subject.seeds, "jax").units([(0,)]))) == 5


def test_rates_and_seeds_of_a_topology_are_one_stack():
    case = Case(neurona.network([2, 4, 1]), X, Y, optimizer=neurona.sgd(1.0))
    axes = (Axis.read("learning_rate", "0.1:1:4"), Axis.read("topology", [(4,), (3,)]))
    units = list(Networks(case, axes, (0, 1), "numpy").units(list(np.ndindex(4, 2))))
    assert [unit.cells for unit in units] == [
        ((0, 0), (1, 0), (2, 0), (3, 0)), ((0, 1), (1, 1), (2, 1), (3, 1)),
    ]  # fmt: skip


# ------------------------------------------------------------------------------------- the file


def test_an_interrupted_sweep_goes_on_from_its_file(tmp_path, monkeypatch):
    given = {"seeds": 2, "engine": "numpy", "file": tmp_path / "map.npz", **SETTINGS}
    running = neurona.sweep(X, Y, GRID, **given)
    for found in running:
        if found.done.any():
            break
    running.close()
    there = found.done
    calls = []
    monkeypatch.setattr(
        "neurona.sweeps.sweep.trained", lambda *task: calls.append(task) or networks.trained(*task)
    )
    whole = last(X, Y, GRID, **given)
    assert sum(len(task[1]) for task in calls) == (~there).sum()
    assert np.array_equal(whole.costs, last(X, Y, GRID, **{**given, "file": None}).costs)
    calls.clear()
    assert np.array_equal(last(X, Y, GRID, **given).curves, whole.curves)
    assert not calls


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"steps": 61}, "steps is 60, and here 61"),
        ({"topology": (3,)}, "network is"),
        ({"seeds": 3}, "seeds is 0, 1, and here 0, 1, 2"),
        ({"cost": "mae"}, "cost is"),
    ],
)
def test_the_file_of_another_sweep_is_refused(tmp_path, change, named):
    given = {"seeds": 2, "file": tmp_path / "map.npz", **SETTINGS, "steps": 60}
    last(X, Y, {"learning_rate": [1.0]}, **given)
    with pytest.raises(ValueError, match=named):
        neurona.sweep(X, Y, {"learning_rate": [1.0]}, **{**given, **change})
    with pytest.raises(ValueError, match="X is 100 x 2"):
        neurona.sweep(X + 1, Y, {"learning_rate": [1.0]}, **given)
    with pytest.raises(ValueError, match=r"learning_rate is 1\.0, and here 2\.0"):
        neurona.sweep(X, Y, {"learning_rate": [2.0]}, **given)


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "map.npz"
    given = {"seeds": 2, "file": path, **SETTINGS}
    last(X, Y, {"learning_rate": [1.0]}, **given)
    whole = path.read_bytes()
    for damaged in (b"", b"nothing", whole[: len(whole) // 2], b"\x93NUMPY" + whole):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="is not the file of a sweep, or is damaged"):
            neurona.sweep(X, Y, {"learning_rate": [1.0]}, **given)


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "map.npz"
    running = neurona.sweep(
        X, Y, {"activation": ["tanh", "relu", "silu"]}, seeds=2, file=path, **SETTINGS
    )
    next(running), next(running)
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        next(running)
    assert path.read_bytes() == before


# ------------------------------------------------------------------------------ zoom, estimators


def test_a_percentile_is_the_number_at_the_nearest_place():
    curves = np.arange(7.0)[None, ::-1, None]
    seven = Sweep(
        (Axis("l1", (0.1,)),), tuple(range(7)), "cost", 0.1, (0,), curves[..., 0], curves, None
    )
    np.testing.assert_array_equal(seven.band((0,)), [[1], [3], [5]])  # 0.6, 3 and 5.4
    assert seven.medians == [3.0]


def test_a_closer_look_is_at_the_border_between_learning_and_not():
    given = {"seeds": 3, "cost": "mse", "optimizer": "sgd", "steps": 300, "activation": "tanh"}
    found = last(X, Y, {"learning_rate": "0.001:10:5", "topology": [(8,)]}, **given)
    assert found.share[0, 0] == 0
    assert found.share[-1, 0] == 1
    closer = found.zoomed()
    rates = closer["learning_rate"]
    first = np.flatnonzero(found.share[:, 0] >= 0.5)[0]
    assert rates[0] == found.axes[0].values[first - 1]
    assert rates[-1] == found.axes[0].values[first]
    assert len(rates) == 5
    assert closer["topology"] == [(8,)]
    with pytest.raises(ValueError, match="no border along learning_rate"):
        last(X, Y, {"learning_rate": [1e-6, 1e-5]}, **given).zoomed()
    with pytest.raises(ValueError, match="topology is not an axis of numbers"):
        found.zoomed("topology")


def test_the_settings_of_an_estimator():
    estimator = neurona.NeuralNetClassifier(quick=True, epochs=3)
    grid = {"learning_rate": [1e-9, 0.05], "hidden_layer_sizes": [(4,)]}
    found = last(X, Y, grid, estimator=estimator, seeds=2)
    assert found.measure == "1 - accuracy"
    assert found.costs.shape == (2, 1, 2)
    assert found.case((1, 0), 1).get_params()["random_state"] == 1
    assert found.plot().get_xlabel() == "learning rate"
    perfect = replace(found, costs=np.array([[[0.0, 0.1]], [[0.0, np.nan]]]), below=0.0)
    assert perfect.share.tolist() == [[0.5], [1.0]]
    with pytest.raises(ValueError, match="has no parameter 'rate'"):
        neurona.sweep(X, Y, {"rate": [1]}, estimator=estimator)
    with pytest.raises(ValueError, match="is the class NeuralNetClassifier: give one"):
        neurona.sweep(X, Y, grid, estimator=neurona.NeuralNetClassifier)
    with pytest.raises(ValueError, match="X has 100 rows, and y 5"):
        neurona.sweep(X, Y[:5], grid, estimator=estimator)
    with pytest.raises(ValueError, match="give seeds, and not random_state"):
        neurona.sweep(X, Y, {"random_state": [1, 2]}, estimator=estimator)
    with pytest.raises(ValueError, match="give topology to the estimator"):
        neurona.sweep(X, Y, grid, estimator=estimator, topology=(3,))


def test_an_estimator_without_a_random_seed_is_judged_on_rows_held_out():
    found = last(X, Y, {"C": [1e-9, 1e3]}, estimator=LogisticRegression(), seeds=[1, 2])
    assert np.isfinite(found.costs).all()


def test_a_class_with_one_row_and_fits_that_diverge_are_judged_too():
    class Diverges(LogisticRegression):
        def fit(self, X, y):
            raise FloatingPointError

    alone = np.r_[Y[:-1], 7]
    assert np.isfinite(last(X, alone, {"C": [1.0]}, estimator=LogisticRegression(), seeds=1).costs)
    assert np.isinf(last(X, Y, {"C": [1.0]}, estimator=Diverges(), seeds=1).costs)


def test_a_sweep_shows_what_varies_and_diagnoses_a_cell():
    found = last(X, Y, {"learning_rate": [1e-6, 5.0], "depth": [1, 2]}, seeds=3, **SETTINGS)
    assert repr(found).startswith("Sweep: 2 of learning_rate x 2 of depth, 3 seeds; share that")
    assert repr(found).endswith(str(found.share))
    assert found.diagnose((0, 1), 2).findings[0].kind == "rate-too-low"


def test_several_processes_find_the_same():
    whole = last(X, Y, GRID, seeds=2, engine="numpy", **SETTINGS)
    assert np.array_equal(
        last(X, Y, GRID, seeds=2, engine="numpy", n_jobs=2, **SETTINGS).costs, whole.costs
    )


# ------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("grid", "named"),
    [
        ({}, "the grid is a mapping"),
        ([0.1], "the grid is a mapping"),
        ({"learning_rates": [0.1]}, "did you mean"),
        ({"learning_rate": []}, "learning_rate has no values"),
        ({"learning_rate": 0.1}, "a sweep takes several values"),
        ({"learning_rate": "1:0.1"}, "the range from 1 to 0.1 is empty"),
        ({"learning_rate": "1:1"}, "the range from 1 to 1 is empty"),
        ({"learning_rate": "-1:1"}, "it must be a positive number"),
        ({"learning_rate": "0:1"}, "it must be a positive number"),
        ({"learning_rate": "0.1:1:1"}, "a range has two at least"),
        ({"learning_rate": "0.1:1:1001"}, "two at least, and 1000 at most"),
        ({"learning_rate": "0.1:1:1000000000"}, "two at least, and 1000 at most"),
        ({"topology": [4, 8]}, "topology is 4: give the widths of the hidden layers"),
        ({"topology": [(10**9,)]}, "a network has 4,000,000,001 parameters"),
        ({"learning_rate": "fast"}, "'fast' is not a number"),
        ({"learning_rate": [0.1, -0.1]}, "-0.1"),
        ({"learning_rate": [0.1, 0.1]}, "learning_rate has a value twice"),
        ({"topology": [(4, 0)]}, "a layer's width is 0"),
        ({"topology": "4,x"}, "'x' is not a whole number"),
        ({"activation": "tanh,sigmod"}, "did you mean 'sigmoid'"),
        ({"batch_size": "all,0"}, "batch_size is 0"),
        ({"cost": ["mse", "nonsense"]}, "there is no cost 'nonsense'"),
    ],
)
def test_what_does_not_fit_is_said_at_the_call(grid, named):
    with pytest.raises(ValueError, match=named):
        neurona.sweep(X, Y, grid)


def test_other_settings_that_do_not_fit():
    grid = {"learning_rate": [0.1]}
    with pytest.raises(ValueError, match="seeds is 0"):
        neurona.sweep(X, Y, grid, seeds=0)
    with pytest.raises(ValueError, match="some that differ"):
        neurona.sweep(X, Y, grid, seeds=[1, 1])
    with pytest.raises(ValueError, match="steps is -1"):
        neurona.sweep(X, Y, grid, steps=-1)
    with pytest.raises(ValueError, match="there is no setting of a sweep 'rate'"):
        neurona.sweep(X, Y, grid, rate=1)
    with pytest.raises(ValueError, match="X has 3 rows"):
        neurona.sweep(X[:3], Y[:2], grid)
    with pytest.raises(ValueError, match=r"seeds is 3\.5: it must be"):
        neurona.sweep(X, Y, grid, seeds=3.5)
    with pytest.raises(ValueError, match="a seed is -1"):
        neurona.sweep(X, Y, grid, seeds=[-1, 1])
    with pytest.raises(ValueError, match="y holds -1, and a sigmoid output"):
        neurona.sweep(X, 2 * Y - 1, grid)
    with pytest.raises(ValueError, match="y holds the label 1000000 in 100 rows"):
        neurona.sweep(X, 1_000_000 * Y, grid)
    with pytest.raises(ValueError, match=r"X has shape \(100,\): give a row"):
        neurona.sweep(X[:, 0], Y, grid)
    with pytest.raises(ValueError, match="there is no engine 'torch'"):
        neurona.sweep(X, Y, grid, engine="torch")
    with pytest.raises(ValueError, match="below is nan"):
        neurona.sweep(X, Y, grid, below=np.nan)
    with pytest.raises(ValueError, match="learning_rate varies in the grid"):
        neurona.sweep(X, Y, grid, learning_rate=0.1)
    with pytest.raises(ValueError, match="give X_val and y_val, or neither"):
        neurona.sweep(X, Y, grid, X_val=X)
    dropped = neurona.network([2, 4, 1], dropout=0.1)
    with pytest.raises(ValueError, match="dense layers only"):
        sweep_case(Case(dropped, X, Y), {"topology": [(3,)]})


def test_no_hidden_layer_is_labelled_0():
    assert Axis.read("topology", [(), (4,), (4, 8)]).labels == ("0", "4", "4-8")


@pytest.mark.parametrize("count", [2, 1000])
def test_a_range_of_the_fewest_and_of_the_most_values(count):
    assert len(Axis.read("learning_rate", f"0.1:1:{count}").values) == count


def test_cells_come_coarse_to_fine():
    axes = [Axis("learning_rate", tuple(range(1, 10))), Axis("activation", ("tanh", "relu"))]
    cells = coarse_to_fine(axes)
    assert sorted(cells) == list(np.ndindex(9, 2))
    assert cells[:6] == [(0, 0), (0, 1), (8, 0), (8, 1), (4, 0), (4, 1)]
