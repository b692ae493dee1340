"""Searches on processes of Ray, and data sets that Ray holds."""

from __future__ import annotations

from importlib.util import find_spec

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tests.support.clusters import RAY_WARNS, folder_for_ray
from tests.support.searches import RATES, found, kill_one, network, splits_of, table

X, Y = table()
SPLITS = splits_of(X, Y)
RESTARTING = {"num_cpus": 1, "max_restarts": 3, "max_task_retries": 3}
# A worker that runs none of these tests has no need of Ray, whose import takes seconds.
pytestmark = [RAY_WARNS, pytest.mark.skipif(not find_spec("ray"), reason="Ray is not installed")]


@pytest.fixture(scope="module")
def ray():
    """Return Ray with two processors; all that it writes goes with it."""
    import ray
    from ray.util.joblib import register_ray

    with folder_for_ray():
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="error",
            object_store_memory=100 * 2**20,
        )
        register_ray()
        yield ray
        ray.shutdown()


def on_ray(**given):
    return joblib.parallel_config("ray", ray_remote_args=RESTARTING | given)


def pids_of_actors():
    """Return the numbers of the processes that fit."""
    import psutil

    children = psutil.Process().children(recursive=True)
    return [child.pid for child in children if "PoolActor" in " ".join(child.cmdline())]


def test_search_finds_what_it_finds_here(ray):
    search = GridSearchCV(network(), {"learning_rate": RATES}, cv=SPLITS)
    here = found(search, X, Y)
    with on_ray():
        there = found(search, X, Y, n_jobs=2)
    assert there == here


@pytest.mark.long
def test_processes_take_one_thread(ray):
    def threads(_):
        from threadpoolctl import threadpool_info

        import neurona.estimators  # noqa: F401

        return {one["num_threads"] for one in threadpool_info()}

    with on_ray():
        assert joblib.Parallel(2)(joblib.delayed(threads)(k) for k in range(2)) == [{1}, {1}]


@pytest.mark.long
def test_killed_process_costs_its_tasks_and_not_the_search(ray):
    search = GridSearchCV(
        network(epochs=150),
        {"learning_rate": [0.001, *RATES, 0.1, 0.2], "hidden_layer_sizes": [(8,), (16, 16)]},
        cv=SPLITS,
    )
    here = found(search, X, Y)
    killed = kill_one(lambda: len(pids_of_actors()) == 2, pids_of_actors)
    with on_ray():
        there = found(search, X, Y, n_jobs=2)
    assert killed.is_set()
    assert there == here


@pytest.mark.long
def test_data_is_sent_once(ray, monkeypatch):
    """A table that Ray holds is read where it lies: only the numbers of its rows are sent."""
    from ray.util.multiprocessing.pool import Pool

    wide, y = table(rows=4000, columns=250)  # 8 MB
    held = ray.put(wide)

    def rows_of(numbers):
        import ray

        return ray.get(held)[numbers[:, 0]]

    run, sent = Pool._run_batch, []

    def counted(self, index, function, batch):
        sent.append(len(ray.cloudpickle.dumps((function, batch))))
        return run(self, index, function, batch)

    model = make_pipeline(FunctionTransformer(rows_of), network(epochs=1))
    settings = {"neuralnetclassifier__learning_rate": RATES[:2]}
    search = GridSearchCV(model, settings, cv=4, refit=False)
    numbers = np.arange(len(wide))[:, None]
    here = found(search, numbers, y)[1]
    plain = GridSearchCV(network(epochs=1), {"learning_rate": RATES[:2]}, cv=4, refit=False)
    assert found(plain, wide, y)[1] == here
    monkeypatch.setattr(Pool, "_run_batch", counted)
    with on_ray():
        there = found(search, numbers, y, n_jobs=2)[1]
    assert there == here
    assert len(sent) == 8
    assert max(sent) < wide.nbytes / 50


# Data sets ---------------------------------------------------------------------------------------


@pytest.fixture
def data(ray):
    """Return a data set of Ray and its frame."""
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame(X, columns=list("abcde"))
    frame["coat"] = np.where(X[:, 0] > 0, "long", "short")
    frame["kind"] = np.where(Y, "cat", "dog")
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    return ray.data.from_pandas(frame), frame


@pytest.mark.long
@pytest.mark.parametrize("form", ["numpy", "pandas"])
def test_batches_of_a_data_set_are_learned(data, form):
    given, frame = data
    here, there = network(), network()
    for start in range(0, len(frame), 80):
        part = frame[start : start + 80]
        here.partial_fit(part.drop(columns="kind"), part["kind"], classes=["cat", "dog"])
    for batch in given.iter_batches(batch_size=80, batch_format=form):
        kind = batch.pop("kind")
        there.partial_fit(batch, kind, classes=["cat", "dog"])
    assert there.loss_curve_ == here.loss_curve_

    def predicted(batch):
        batch["predicted"] = there.predict(batch)
        return batch

    shown = given.map_batches(predicted, batch_format=form).to_pandas()
    assert shown["predicted"].tolist() == here.predict(frame).tolist()


@pytest.mark.long
def test_batches_of_a_data_set_train_a_network(data):
    import neurona

    given, frame = data
    names = list("abcde")

    def batches():
        for batch in given.iter_batches(batch_size=80, batch_format="numpy"):
            yield np.stack([batch[name] for name in names], 1), batch["kind"] == "cat"

    x, y = frame[names].to_numpy(), (frame["kind"] == "cat").to_numpy()
    parts = [(x[rows], y[rows]) for rows in (slice(k, k + 80) for k in range(0, 240, 80))]
    net = neurona.network([5, 8, 1], "tanh", output="sigmoid")
    costs = [
        [state.cost for state in neurona.train(net, batches=each, epochs=3, rng=0)][1:]
        for each in (batches, parts)
    ]
    assert costs[0] == costs[1]
    assert costs[0]


@pytest.mark.long
def test_data_set_is_refused(data):
    given, frame = data
    with pytest.raises(ValueError, match="X is a data set of Ray: give partial_fit the columns"):
        network().fit(given, frame["kind"])
    with pytest.raises(ValueError, match="y is a data set of Ray"):
        network().fit(frame[["a"]], given)
