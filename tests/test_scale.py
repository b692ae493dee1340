"""The model of docs/scale.md: its limits, its fits, and its page."""

from __future__ import annotations

import json
from dataclasses import replace
from math import ceil, floor, inf

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the constants are fitted by non-negative least squares")

NETS = [(2, 4, 8, 1), (30, 64, 64, 1), (784, 1024, 1024, 10)]


@pytest.fixture
def model(benchmarks):
    return benchmarks("scale_model")


@pytest.fixture
def cluster(model):
    """Return hosts of a core, linked by 10 Gbit/s."""
    device = model.Device(2e-5, 1e-5, 2e-9, 5e-11, 1e-9, 1e-8)
    return model.Cluster(device, model.Link(1e-4, 1.25e9), start=3.0, connect=1.0, gather=1e-3)


@pytest.mark.parametrize("sizes", NETS)
def test_dense_counts_as_the_network_does(model, sizes):
    import neurona
    from neurona.engine.parameters import flatten

    net = neurona.network(list(sizes), output="sigmoid")
    assert model.Dense(sizes).parameters == flatten(net.init(rng=0)).size


@pytest.mark.parametrize("sizes", NETS)
def test_one_host_does_not_communicate(model, cluster, sizes):
    net = model.Dense(sizes)
    slow = replace(cluster, link=model.Link(1e9, 1.0), read=1e-5)
    assert slow.link.all_reduce(1, net.bytes) == 0
    assert slow.step(net, 512) == cluster.device.compute(net, 512)
    steps = 1954 * cluster.device.compute(net, 512)
    assert slow.epoch(net, 10**6, 512) == pytest.approx(steps + 10**6 * slow.read)


@pytest.mark.parametrize("hosts", [2, 4, 10, 100])
def test_free_communication_divides_examples_perfectly(model, cluster, hosts):
    net = model.Dense((30, 64, 64, 1))
    device = replace(cluster.device, fixed=0.0, layer=0.0, parameter=0.0, drawn=0.0)
    free = replace(cluster, device=device, link=model.Link(0.0, inf), gather=0.0)
    batch, rows = 100 * hosts, 10**4 * hosts
    for read in (0.0, 1e-5):
        its = replace(free, read=read)
        speed = its.epoch(net, rows, batch) / its.epoch(net, rows, batch, hosts)
        assert speed == pytest.approx(hosts)
    assert free.batch_that_pays(net, hosts) == 0


@pytest.mark.parametrize("sizes", NETS)
def test_batch_that_pays_is_where_both_are_equally_fast(model, cluster, sizes):
    net = model.Dense(sizes)
    for hosts in (2, 4, 10, 100):
        batch = cluster.batch_that_pays(net, hosts)
        more = hosts * ceil(1.05 * batch / hosts)
        assert cluster.step(net, more, hosts) < cluster.step(net, more)
        if less := hosts * floor(0.95 * batch / hosts):
            assert cluster.step(net, less, hosts) > cluster.step(net, less)


def test_rows_that_pay_are_where_both_end_together(model, cluster):
    net = model.Dense((100, 512, 512, 1))
    for read in (0.0, 1e-5):
        its = replace(cluster, read=read, connect=300.0)
        for hosts in (2, 10):
            rows = its.rows_that_pay(net, 8192, hosts)
            assert 8192 < rows < inf
            assert its.training(net, 1.3 * rows, 8192, hosts) < its.training(net, 1.3 * rows, 8192)
            assert its.training(net, 0.7 * rows, 8192, hosts) > its.training(net, 0.7 * rows, 8192)
    assert cluster.rows_that_pay(model.Dense((2, 4, 8, 1)), 32, 10) == inf


def test_larger_batches_and_better_links_scale_better(model, cluster):
    net = model.Dense((30, 64, 64, 1))

    def speeds(its, batch):
        return np.array([its.step(net, batch) / its.step(net, batch, p) for p in range(1, 101)])

    by_batch = [speeds(cluster, 100 * 2**i) for i in range(12)]
    assert (np.diff(by_batch, axis=0) >= -1e-3).all()  # a share is rounded up to an example
    links = [model.Link(latency, 1e9) for latency in (1e-3, 1e-4, 1e-5, 0.0)]
    assert (
        np.diff([speeds(replace(cluster, link=link), 8192) for link in links], axis=0) >= 0
    ).all()
    links = [model.Link(1e-5, bandwidth) for bandwidth in (1e8, 1e9, 1e10, inf)]
    assert (
        np.diff([speeds(replace(cluster, link=link), 8192) for link in links], axis=0) >= 0
    ).all()


def test_times_grow_with_what_there_is_to_do(model, cluster):
    net = model.Dense((30, 64, 64, 1))
    rows = [cluster.epoch(net, n, 1024, 4) for n in (10**3, 10**4, 10**6, 10**9)]
    assert rows == sorted(rows)
    sizes = [cluster.step(model.Dense((30, n, n, 1)), 1024, 4) for n in (8, 64, 512)]
    assert sizes == sorted(sizes)
    rings = [cluster.link.all_reduce(p, 1e6, 7) for p in range(1, 101)]
    assert rings == sorted(rings)
    assert cluster.link.all_reduce(10**9, 1e6, 0) == pytest.approx(2 * 1e6 / 1.25e9)


def test_best_number_of_hosts(model, cluster):
    net = model.Dense((30, 64, 64, 1))
    assert cluster.best(net, 10**6, 32) == cluster.best(net, 10**6, 32, each=True) == 1
    assert replace(cluster, link=model.Link(0.0, inf)).best(net, 10**6, 10**5) == 100
    best = cluster.best(net, 10**8, 10**5)
    assert 1 < best < 100
    times = [cluster.epoch(net, 10**8, 10**5, hosts) for hosts in range(1, 101)]
    assert min(times) == times[best - 1]


def test_wire_slows_a_link_down(model):
    own = model.Link(1e-4, 2e9)
    assert own.over(model.Link(2e-4, 1e8)) == model.Link(pytest.approx(3e-4), 1e8)
    assert own.over(model.Link(0.0, 1e10)).bandwidth == 2e9


def test_fits_find_the_constants(model, cluster, benchmarks):
    cases = [(model.Dense(tuple(sizes)), batch) for sizes, batch in benchmarks("scale").FITTED]
    device = cluster.device
    measured = [(net, batch, device.compute(net, batch)) for net, batch in cases]
    found = model.fitted_device(measured, device.drawn)
    assert vars(found) == pytest.approx(vars(device), rel=1e-6)
    link = model.Link(2e-4, 1e9)
    found = model.fitted_link([(size, link.all_reduce(2, size)) for size in (10**3, 10**6, 10**8)])
    assert (found.latency, found.bandwidth) == pytest.approx((2e-4, 1e9))


def test_several_processes_take_the_same_steps_at_once(model, benchmarks):
    work = benchmarks("scale_work")
    for sizes, batch in benchmarks("scale").JUDGED:
        at_once = work.steps_at_once(model.Dense(tuple(sizes)), batch, 2)
        assert 1 <= at_once <= 512
        assert at_once & (at_once - 1) == 0


@pytest.fixture
def measured(model, cluster, benchmarks):
    """Return measurements that the model fits exactly."""
    scale, device = benchmarks("scale"), cluster.device
    link, within = model.Link(1e-4, 1e9), model.Link(1e-6, 5e9)

    def steps(case, link):
        net, batch = model.Dense(tuple(case[0])), case[1]
        return replace(cluster, link=link).step(net, batch, 2)

    return {
        "machine": {"date": "today"},
        "starts": {"neurona and JAX": 2.0, "the estimators": 3.0},
        "compiling": 1.0,
        "connect": 1.0,
        "reading": {"CSV": 5e-5, "Parquet": 1e-5, "drawn": device.drawn},
        "columns": 30,
        "saving": [{"parameters": 6000, "seconds": 0.002}],
        "gather": 0.002,
        "sharing": 1.0,
        "steps": [
            [sizes, batch, device.compute(model.Dense(tuple(sizes)), batch)]
            for sizes, batch in scale.FITTED
        ],
        "links": {
            name: [(*one, its.all_reduce(2, *one)) for one in scale.SUMS]
            for name, its in (
                (scale.A_CORE_EACH, link), (scale.BOTH_CORES, link), (scale.DEVICES, within),
            )
        },
        "judged": [
            {
                "case": case,
                "one": device.compute(model.Dense(tuple(case[0])), case[1]),
                "processes": steps(case, link),
                "devices": steps(case, within),
                "threads": 1e-3,
            }
            for case in scale.JUDGED
        ],
    }  # fmt: skip


def test_predictions_are_the_measurements_of_a_machine_that_is_the_model(measured, benchmarks):
    for its in benchmarks("scale_report").predicted(measured):
        for kind, seconds in its["predicted"].items():
            assert seconds == pytest.approx(its[kind])


def test_page_has_a_place_for_each_table(measured, benchmarks, tmp_path):
    results, page = tmp_path / "bench.json", tmp_path / "scale.md"
    made = benchmarks("scale_report").report(measured)
    own = benchmarks("__main__").PAGES["scale"].read_text(encoding="utf-8")
    for name in made:
        assert own.count(f"<!-- {name}:begin -->") == own.count(f"<!-- {name}:end -->") == 1
    page.write_text(own, encoding="utf-8")
    results.write_text(json.dumps({"scale": measured}), encoding="utf-8")
    benchmarks("__main__").main(["report", "--results", str(results), "--page", str(page)])
    text = page.read_text(encoding="utf-8")
    assert "median 1.00" in text
    assert "| CSV " in text
    assert page.with_suffix(".png").exists()


@pytest.mark.long
def test_scale_measures(benchmarks, tmp_path, capsys):
    files = ["--results", str(tmp_path / "bench.json")]
    benchmarks("__main__").main(["scale", "--quick", *files])
    measured = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["scale"]
    assert measured["judged"][0]["processes"] > 0
    assert measured["links"]["two processes on both cores"][0][-1] > 0
    assert "| two processes on both cores: bandwidth" in capsys.readouterr().out
