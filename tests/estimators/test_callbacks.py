"""scikit-learn's callbacks on a fit: what they are told and may ask, and life without them."""

import pickle
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neurona import NeuralNetClassifier, NeuralNetRegressor
from neurona.tables.csv import parse_csv
from tests.support.plain import PLAIN

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn has it from 1.9 on")

X, Y = load_iris(return_X_y=True)


class Listener:
    """Notes what it is told, and asks to stop after some epochs."""

    def __init__(self, stop_after=None):
        self.stop_after, self.told, self.seen = stop_after, [], []

    def setup(self, estimator, context):
        self.told.append("setup")

    def teardown(self, estimator, context):
        self.told.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.told.append(f"begin {context.task_name} {context.task_id}")

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        self.told.append(f"end {context.task_name} {context.task_id}")
        if context.task_name == "epoch":
            self.seen.append((X, y, metadata, fitted_estimator))
            assert context.parent.max_subtasks == estimator.epochs
        return self.stop_after is not None and len(self.seen) >= self.stop_after


def net(**options):
    return NeuralNetClassifier(8, **{"epochs": 5, "random_state": 0, **PLAIN, **options})


def test_every_epoch_is_a_callback_task():
    listener = Listener()
    net(epochs=3).set_callbacks(listener).fit(X, Y)
    epochs = [f"{what} epoch {k}" for k in range(3) for what in ("begin", "end")]
    assert listener.told == ["setup", "begin fit 0", *epochs, "end fit 0", "teardown"]


@pytest.mark.parametrize("options", [{}, {"batch_size": 32}, {"early_stopping": True}])
def test_callbacks_do_not_change_the_fit(options):
    alone = net(epochs=200, **options).fit(X, Y)
    heard = net(epochs=200, **options).set_callbacks(Listener()).fit(X, Y)
    np.testing.assert_array_equal(alone.predict_proba(X), heard.predict_proba(X))
    assert alone.n_iter_ == heard.n_iter_


def test_a_callback_stops_the_fit_and_the_last_weights_are_kept():
    listener = Listener(stop_after=4)
    stopped = net(epochs=100).set_callbacks(listener).fit(X, Y)
    assert stopped.n_iter_ == len(stopped.loss_curve_) == 4
    assert listener.told[-3:] == ["end epoch 3", "end fit 0", "teardown"]
    states = net(epochs=100).iter_fit(X, Y)
    *_, last = (state for state in states if state.epoch <= 4)
    np.testing.assert_array_equal(stopped.params_[0].W, last.params[0].W)


def test_a_callback_stops_the_fit_and_the_best_weights_are_kept():
    rng = np.random.default_rng(0)
    noise, y = rng.normal(size=(60, 5)), rng.normal(size=60)
    listener = Listener(stop_after=60)
    made = NeuralNetRegressor(
        32, epochs=300, early_stopping=True, patience=300, random_state=0, **PLAIN
    )
    made.set_callbacks(listener).fit(noise, y)
    best = int(np.argmax(made.validation_scores_))
    assert len(made.validation_scores_) == 60
    assert best < 50
    assert made.state_.epoch == best + 1


def test_callbacks_get_the_training_rows():
    listener, weight = Listener(), np.arange(len(Y)) % 3.0  # every third row weighs nothing
    net().set_callbacks(listener).fit(X, Y, sample_weight=weight)
    rows, y, metadata, _ = listener.seen[0]
    np.testing.assert_array_equal(rows, X[weight > 0])
    np.testing.assert_array_equal(y, Y[weight > 0])
    np.testing.assert_array_equal(metadata["sample_weight"], weight[weight > 0])
    listener = Listener()
    net(early_stopping=True, validation_fraction=0.2).set_callbacks(listener).fit(X, Y)
    rows, y, metadata, fitted = listener.seen[0]
    assert (len(rows), len(y), metadata) == (120, 120, None)
    held_out = 30
    assert len(rows) + held_out == len(X)
    assert fitted.score(rows, y) >= 0
    listener = Listener()
    net().set_callbacks(listener).fit(X, Y)
    assert listener.seen[0][0] is X


def test_callbacks_get_frames_and_tables_as_they_were_given():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd"), index=np.arange(len(X)) + 1000)
    listener = Listener()
    made = net(early_stopping=True).set_callbacks(listener).fit(frame, Y)
    rows, y, _, fitted = listener.seen[-1]
    assert rows.columns.tolist() == list("abcd")
    np.testing.assert_array_equal(Y[rows.index - 1000], y)
    assert fitted.score(rows, y) == pytest.approx(made.score(rows, y), abs=0.2)
    raw = parse_csv("a,y\n" + "".join(f"{k % 2},{'uv'[k % 2]}\n" for k in range(30)))
    listener = Listener()
    net(early_stopping=True).set_callbacks(listener).fit(raw.select(["a"]), raw.target("y").y)
    rows, y, _, fitted = listener.seen[-1]
    assert len(rows) == len(y) == 27
    assert fitted.predict(rows).shape == (27,)


def test_a_callbacks_fitted_estimator_keeps_the_weights_of_its_epoch():
    listener = Listener()
    made = net(epochs=30).set_callbacks(listener).fit(X, Y)
    each = [fitted for *_, fitted in listener.seen]
    assert [one.n_iter_ for one in each] == list(range(1, 31))
    assert [len(one.loss_curve_) for one in each] == list(range(1, 31))
    assert [one.loss_ for one in each] == made.loss_curve_
    np.testing.assert_array_equal(each[-1].predict_proba(X), made.predict_proba(X))
    assert not np.array_equal(each[0].predict_proba(X), each[-1].predict_proba(X))


def test_callbacks_are_torn_down_after_a_failed_fit():
    class Failing(Listener):
        def on_fit_task_begin(self, estimator, context):
            if context.task_id == 2:
                raise RuntimeError("no more")

    listener = Failing()
    made = net().set_callbacks(listener)
    with pytest.raises(RuntimeError, match="no more"):
        made.fit(X, Y)
    assert listener.told == ["setup", "end epoch 0", "end epoch 1", "teardown"]
    assert made.set_callbacks().fit(X, Y).n_iter_ == 5
    with pytest.raises(ValueError, match="NaN"):
        made.set_callbacks(Listener()).fit(X, np.where(Y > 0, np.nan, Y))


def test_iter_fit_and_partial_fit_call_no_callbacks():
    listener = Listener()
    made = net().set_callbacks(listener)
    for _ in made.iter_fit(X, Y):
        pass
    made.partial_fit(X, Y)
    assert listener.told == []


def test_warm_start_begins_at_the_first_task_again():
    listener = Listener()
    made = net(warm_start=True, epochs=2).set_callbacks(listener)
    made.fit(X, Y).fit(X, Y)
    assert listener.told.count("begin epoch 0") == 2


def test_sklearns_progress_bar_shows_every_epoch(capfd):
    pytest.importorskip("rich")
    net().set_callbacks(callback.ProgressBar()).fit(X, Y)
    out = capfd.readouterr().out
    assert "NeuralNetClassifier - fit" in out
    assert "100%" in out


def test_sklearns_scoring_monitor_scores_every_epoch():
    monitor = callback.ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
    made = net(epochs=20).set_callbacks(monitor).fit(X, Y)
    log = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert [row["task_id"] for row in log] == list(range(20))
    assert log[-1]["accuracy"] == made.score(X, Y)
    assert log[0]["neg_log_loss"] < log[-1]["neg_log_loss"]
    monitor = callback.ScoringMonitor(scoring="accuracy")
    weight = np.linspace(0.1, 1, len(Y))
    made = net().set_callbacks(monitor).fit(X, Y, sample_weight=weight)
    log = monitor.get_logs().data
    assert {row["task_name"] for row in log} == {"fit", "epoch"}
    assert made.score(X, Y, sample_weight=weight) == pytest.approx(
        next(row["accuracy"] for row in log if row["task_name"] == "fit")
    )


def test_callbacks_work_in_a_pipeline(capfd):
    pytest.importorskip("rich")
    monitor = callback.ScoringMonitor(scoring="r2")
    final = NeuralNetRegressor(8, epochs=4, random_state=0, networks=1).set_callbacks(monitor)
    pipe = make_pipeline(StandardScaler(), final).set_callbacks(callback.ProgressBar())
    pipe.fit(*load_diabetes(return_X_y=True))
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(rows) == 4
    assert "NeuralNetRegressor" in capfd.readouterr().out


def test_callbacks_work_in_a_grid_search(capfd):
    pytest.importorskip("rich")
    monitor = callback.ScoringMonitor(scoring="accuracy")
    search = GridSearchCV(net(epochs=3).set_callbacks(monitor), {"l2": [0.0, 0.1]}, cv=2)
    search.set_callbacks(callback.ProgressBar())
    search.fit(X, Y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(rows) == 3 * (2 * 2 + 1)  # each candidate on each fold, and the best on all
    assert "NeuralNetClassifier" in capfd.readouterr().out


def test_callbacks_survive_clone_and_pickle():
    listener = Listener()
    made = net().set_callbacks(listener)
    clone(made).fit(X, Y)
    assert listener.told[-1] == "teardown"
    made.fit(X, Y)
    again = pickle.loads(pickle.dumps(made))
    np.testing.assert_array_equal(again.predict(X), made.predict(X))


def test_an_object_that_is_not_a_callback_is_refused():
    with pytest.raises(TypeError, match="FitCallback"):
        net().set_callbacks(print)


def test_estimators_work_without_sklearn_callback():
    """As with scikit-learn before 1.9."""
    program = """
    import importlib.abc, sys
    import sklearn.model_selection, sklearn.pipeline  # which need the module, where there is one

    class Older(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path, target=None):
            if name.startswith("neurona.estimators.callbacks"):
                hidden[:] = [sys.modules.pop(one, None) for one in list(sys.modules)
                             if one.startswith("sklearn.callback")]
                sys.modules["sklearn.callback"] = None
            return None

    hidden = []
    sys.meta_path.insert(0, Older())
    from neurona import NeuralNetClassifier
    from sklearn.datasets import load_iris
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(networks=1, random_state=0)
    assert not hasattr(net, "set_callbacks")
    print(net.fit(X, y).score(X, y) > 0.9, net.n_iter_)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("True 250\n", 0), done.stderr


@pytest.mark.parametrize("form", ["dict", "coo_array", "dok_array"])
def test_callbacks_get_the_training_rows_of_any_form(form):
    """They are a part of what was given, in a form that the estimator takes."""
    if form == "dict":
        given = {f"x{i}": X[:, i].tolist() for i in range(4)}
    else:
        given = getattr(sparse, form)(X)
    listener = Listener()
    made = net(early_stopping=True).set_callbacks(listener).fit(given, Y)
    rows, y, _, fitted = listener.seen[-1]
    assert len(y) == 135
    assert fitted.predict(rows).shape == (135,)
    assert made.score(rows, y) > 0.2
