"""Searches on workers of Dask, and tables that Dask holds."""

from __future__ import annotations

import os
from contextlib import contextmanager
from importlib.util import find_spec

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score

from tests.support.searches import RATES, found, kill_one, network, rows_of, splits_of, table

X, Y = table()
SPLITS = splits_of(X, Y)
# A worker that runs none of these tests has no need of Dask, whose import takes seconds.
pytestmark = pytest.mark.skipif(not find_spec("distributed"), reason="Dask is not installed")


@pytest.fixture(scope="module")
def client():
    """Return the client of two workers, each a process with one thread."""
    from distributed import Client, LocalCluster

    place = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with (
        LocalCluster(processes=True, n_workers=2, threads_per_worker=1, **place) as cluster,
        Client(cluster) as client,
    ):
        client.amm.stop()
        yield client


def on_dask(*data):
    return joblib.parallel_config("dask", scatter=[X, Y, *rows_of(SPLITS), *data])


@contextmanager
def counted(monkeypatch):
    """Count the bytes that this process sends, the client's and the scheduler's."""
    from distributed.comm.tcp import TCP

    send, sent = TCP.write, []

    async def write(self, message, **given):
        sent.append(await send(self, message, **given) or 0)
        return sent[-1]

    with monkeypatch.context() as patched:
        patched.setattr(TCP, "write", write)
        yield sent


def test_search_finds_what_it_finds_here(client):
    search = GridSearchCV(network(), {"learning_rate": RATES}, cv=SPLITS)
    here = found(search, X, Y)
    with on_dask():
        there = found(search, X, Y, n_jobs=-1)
    assert there == here


def test_workers_take_one_thread(client):
    def threads():
        from threadpoolctl import threadpool_info

        import neurona.estimators  # noqa: F401

        return {one["num_threads"] for one in threadpool_info()}

    assert list(client.run(threads).values()) == [{1}, {1}]


@pytest.mark.long
def test_data_is_sent_once(client, monkeypatch):
    wide, y = table(rows=4000, columns=250)  # 8 MB
    settings = {"learning_rate": list(np.geomspace(0.001, 0.1, 6))}
    search = GridSearchCV(network(epochs=1), settings, cv=4, refit=False)
    with counted(monkeypatch) as sent, joblib.parallel_config("dask", scatter=[wide, y]):
        found(search, wide, y, n_jobs=-1)
    # To the scheduler, and from it to each worker: three times, and not once for each of 24 fits.
    assert wide.nbytes < sum(sent) < 3.5 * wide.nbytes


@pytest.mark.long
def test_killed_worker_costs_its_tasks_and_not_the_search(client):
    search = GridSearchCV(
        network(epochs=150),
        {"learning_rate": [0.001, *RATES, 0.1, 0.2], "hidden_layer_sizes": [(8,), (16, 16)]},
        cv=SPLITS,
    )
    here = found(search, X, Y)
    before = list(client.run(os.getpid).values())
    killed = kill_one(lambda: any(client.processing().values()), before.copy)
    with on_dask():
        there = found(search, X, Y, n_jobs=-1)
    assert killed.is_set()
    assert there == here
    client.wait_for_workers(2, timeout=60)
    assert before[0] not in client.run(os.getpid).values()


@pytest.mark.long
@pytest.mark.parametrize("given", [{"engine": "jax"}, {"networks": 4, "quick": True}], ids=str)
def test_settings_of_the_estimators(client, given):
    if given.get("engine") == "jax":
        pytest.importorskip("jax")
    net = network().set_params(**given)
    search = GridSearchCV(net, {"learning_rate": RATES[:2]}, cv=SPLITS)
    here = found(search, X, Y)
    with on_dask():
        there = found(search, X, Y, n_jobs=-1)
    assert there == here


@pytest.mark.long
def test_other_searches(client):
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    from sklearn.model_selection import HalvingRandomSearchCV

    choice = {"learning_rate": list(np.geomspace(0.001, 0.1, 20)), "batch_size": [16, 64]}
    searches = [
        RandomizedSearchCV(network(), choice, n_iter=4, cv=SPLITS, random_state=0),
        HalvingRandomSearchCV(network(), choice, cv=2, min_resources=60, factor=2, random_state=0),
    ]
    for search in searches:
        here = found(search, X, Y)
        with on_dask():
            there = found(search, X, Y, n_jobs=-1)
        assert there == here
    here = cross_val_score(network(), X, Y, cv=4)
    with on_dask():
        assert cross_val_score(network(), X, Y, cv=4).tolist() == here.tolist()


# Tables ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def frames():
    """Return a frame of pandas and the same in three parts, with the names of the columns."""
    dd = pytest.importorskip("dask.dataframe")
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcde"))
    frame["coat"] = np.where(X[:, 0] > 0, "long", "short")
    frame["kind"] = np.where(Y, "cat", "dog")
    return frame, dd.from_pandas(frame, npartitions=3), [*"abcde", "coat"]


def test_frame_of_dask_is_computed(frames):
    frame, parts, names = frames
    here = network(epochs=5).fit(frame[names], frame["kind"])
    there = network(epochs=5).fit(parts[names], parts["kind"])
    assert there.feature_names_in_.tolist() == names
    assert there.loss_curve_ == here.loss_curve_
    assert there.predict(parts[names]).tolist() == here.predict(frame[names]).tolist()
    assert there.score(parts[names], parts["kind"]) == here.score(frame[names], frame["kind"])


def test_array_of_dask_is_computed(frames):
    import dask.array as da

    here = network(epochs=5).fit(X, Y)
    known = da.from_array(X, chunks=(100, 5))
    unknown = frames[1][list("abcde")].to_dask_array()  # of unknown length
    for blocks in (known, unknown):
        there = network(epochs=5).fit(blocks, da.from_array(Y, chunks=50))
        assert there.loss_curve_ == here.loss_curve_


def test_large_collection_is_refused(frames):
    da = pytest.importorskip("dask.array")
    blocks = da.zeros((10_000_000, 5), chunks=(1_000_000, 5))
    with pytest.raises(ValueError, match=r"X is a collection of Dask with 50,000,000 cells"):
        network().fit(blocks, blocks[:, 0])
    with pytest.raises(ValueError, match=r"give y.compute\(\).*its parts to partial_fit"):
        network().fit(X, blocks[:, 0])


def test_parts_predict_what_the_whole_does(frames):
    pd = pytest.importorskip("pandas")
    frame, parts, names = frames
    net = network(epochs=5).fit(frame[names], frame["kind"])

    def predicted(part):
        return pd.Series(net.predict(part[names]), part.index)

    there = parts.map_partitions(predicted, meta=("kind", object)).compute()
    assert there.tolist() == net.predict(frame[names]).tolist()


def test_wrappers_of_dask_ml(frames):
    wrappers = pytest.importorskip("dask_ml.wrappers")
    import dask.array as da

    blocks, classes = da.from_array(X, chunks=(80, 5)), da.from_array(Y, chunks=80)
    by_hand = network()
    for start in range(0, len(X), 80):
        rows = slice(start, start + 80)
        by_hand.partial_fit(X[rows], Y[rows], classes=[0, 1])
    wrapped = wrappers.Incremental(network(), shuffle_blocks=False)
    wrapped.fit(blocks, classes, classes=[0, 1])
    assert wrapped.estimator_.loss_curve_ == by_hand.loss_curve_
    assert wrapped.predict(blocks).compute().tolist() == by_hand.predict(X).tolist()
    assert wrapped.score(blocks, classes) == by_hand.score(X, Y)
    post = wrappers.ParallelPostFit(by_hand)
    assert post.predict_proba(blocks).compute().tolist() == by_hand.predict_proba(X).tolist()
