"""The tables and the figure of docs/scale.md: what the model says with the measured constants."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isinf
from typing import TYPE_CHECKING, Any

import numpy as np

from .scale import A_CORE_EACH, BOTH_CORES, DEVICES, device, links
from .scale_model import Cluster, Dense, Device, Link, errors
from .tables import facts, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HOSTS = (2, 4, 10, 100)
CORES = 16  # of a host on paper, each like the one that was measured
EPOCHS = 10
BATCH = 8192
GIGABIT = 1e9 / 8  # bytes per second
# Half a round trip between two machines of a data center: docs/scale.md names the sources.
WIRES = {
    "1 Gbit/s": Link(250e-6, GIGABIT),
    "10 Gbit/s": Link(108e-6, 10 * GIGABIT),
    "100 Gbit/s": Link(15e-6, 100 * GIGABIT),
}
TYPICAL = "10 Gbit/s"
# A data sheet's peaks, which no program reaches: 67 TFLOP/s of float32, 3.35 TB/s. A parameter's
# gradient, its two means and itself are read and written; a value about three times.
ACCELERATOR = Device(1e-5, 2e-5, 28 / 3.35e12, 2 / 67e12, 24 / 3.35e12)
NETWORKS = {
    "2-4-8-1": Dense((2, 4, 8, 1)),
    "30-64-64-1": Dense((30, 64, 64, 1)),
    "100-512-512-1": Dense((100, 512, 512, 1)),
    "784-2048-10": Dense((784, 2048, 10)),
}
ROWS = 10**9
FITS = (0.1, 1.0, 10.0, 60.0)  # seconds of a small fit
GOAL = 1.6  # times as fast with two workers


def report(measured: dict) -> dict[str, str]:
    """Return the tables, each by the name of its place on the page."""
    return {
        "scale_machine": facts(measured["machine"]),
        "scale_here": _here(measured),
        "scale_batch": _batches(measured),
        "scale_rows": _rows(measured),
        "scale_epoch": _epochs(measured),
        "scale_fits": _fits(measured),
        "scale_constants": _constants(measured),
        "scale_links": _links(measured),
        "scale_judged": _judged(measured),
    }


def clusters(measured: dict) -> dict[str, Cluster]:
    """Return processes of one machine, hosts of 16 cores behind each network, and accelerators."""
    host = device(measured).scaled(CORES)
    its = links(measured)
    own = its[BOTH_CORES]  # of a host, gloo has a core beside the one that waits for it
    starts = {"start": _start(measured), "connect": measured["connect"]}
    gather = measured["gather"]
    found = {
        "one machine, a core each": Cluster(
            device(measured), its[A_CORE_EACH], gather=gather, **starts
        )
    }
    found |= {
        f"{name}, {CORES} cores": Cluster(
            host, own.over(wire), gather=gather + 2 * wire.latency, **starts
        )
        for name, wire in WIRES.items()
    }
    name, wire = [*WIRES.items()][-1]
    found[f"{name}, an accelerator"] = Cluster(ACCELERATOR, wire, gather=gather, **starts)
    return found


def typical(measured: dict, read: str | None = None) -> Cluster:
    """Return hosts of 16 cores and a network of 10 Gbit/s; each reads its share of a format."""
    found = clusters(measured)[f"{TYPICAL}, {CORES} cores"]
    if read is None:
        return found
    device = replace(found.device, drawn=0.0)  # files are read in their order
    return replace(found, device=device, read=measured["reading"][read])


def predicted(measured: dict) -> list[dict[str, Any]]:
    """Return predictions beside the measured steps that no constant was fitted to."""
    one, its_links = device(measured), links(measured)
    sharing = measured["sharing"]
    busy = Device(*(sharing * value for value in vars(one).values()))
    found = []
    for its in measured["judged"]:
        net, batch = Dense(tuple(its["case"][0])), its["case"][1]
        steps = {"one": one.compute(net, batch)}
        pairs = {"processes": A_CORE_EACH, "devices": DEVICES}
        for name, link in pairs.items():
            steps[name] = Cluster(busy, its_links[link]).step(net, batch, 2)
        found.append(its | {"predicted": steps})
    return found


# ------------------------------------------------------------------------------- the tables


def _here(measured: dict) -> str:
    """Show what two cores of one machine give, in three ways."""
    rows = []
    for its in measured["judged"]:
        sizes, batch = its["case"]
        speeds = (its["one"] / its[name] for name in ("threads", "devices", "processes"))
        rows.append([_name(sizes), f"{batch:,}", _time(its["one"]), *map(_factor, speeds)])
    header = ["network", "batch", "a step on one core", "two cores, one device"]
    return table([*header, "two devices", "two processes"], rows)


def _batches(measured: dict) -> str:
    rows = []
    for name, cluster in clusters(measured).items():
        for title, net in NETWORKS.items():
            cells = [_rounded(cluster.batch_that_pays(net, hosts)) for hosts in HOSTS]
            rows.append([name, title, f"{net.parameters:,}", *cells])
    header = ["network of hosts", "neural network", "parameters"]
    return table([*header, *(f"{hosts} hosts" for hosts in HOSTS)], rows)


def _rows(measured: dict) -> str:
    rows = []
    for source, title, batch, cluster, net, each in _cases(measured):
        if each:
            found = (cluster.rows_that_pay(net, BATCH, p, EPOCHS, each) for p in HOSTS)
            cells = [
                "any" if n == BATCH * p else _rounded(n) for n, p in zip(found, HOSTS, strict=True)
            ]
            rows.append([source, title, batch, *cells])
    return table([*_CASE, *(f"{hosts} hosts" for hosts in HOSTS)], rows)


def _epochs(measured: dict) -> str:
    rows = []
    for source, title, batch, cluster, net, each in _cases(measured):
        cells = [_time(cluster.epoch(net, ROWS, BATCH, hosts, each)) for hosts in (1, *HOSTS)]
        best = cluster.best(net, ROWS, BATCH, each)
        rows.append([source, title, batch, *cells, f"{best}"])
    header = [*_CASE, "1 host", *(f"{hosts} hosts" for hosts in HOSTS), "best"]
    return table(header, rows)


_CASE = ["rows from", "neural network", f"{BATCH:,} rows"]


def _cases(measured: dict) -> Iterator[tuple[str, str, str, Cluster, Dense, bool]]:
    """Yield what is said of a case, then its hosts, its network, and whose the batch is."""
    kinds = [None, *(kind for kind in ("Parquet", "CSV") if kind in measured["reading"])]
    for kind in kinds:
        source = kind or "memory"
        for title, net in NETWORKS.items():
            for each in (False, True):
                batch = "a host" if each else "in all"
                if net.parameters > 1000:
                    yield source, title, batch, typical(measured, kind), net, each


def _fits(measured: dict) -> str:
    start = measured["starts"]["the estimators"]
    rows = []
    for seconds in FITS:
        least = (fits_that_pay(start, seconds, speed) for speed in (1.0, GOAL))
        rows.append([_time(seconds), *map(_count, least)])
    header = ["a fit takes", "fits from which 2 workers are faster", f"{GOAL} times as fast"]
    return table(header, rows)


def fits_that_pay(start: float, fit: float, speed: float = 1.0) -> float:
    """Return how many fits two workers end so many times sooner than one process, which is there.

    They start first: ``fits · fit / speed = start + fits · fit / 2``.

    >>> fits_that_pay(3.0, 1.0), fits_that_pay(3.0, 1.0, 1.6)
    (6.0, 24.0)
    """
    return max(2.0, round(start / fit / (1 / speed - 1 / 2), 6))


def _constants(measured: dict) -> str:
    one, reading = device(measured), measured["reading"]
    rows = [
        ["a step: fixed", _time(one.fixed)],
        ["a step: for each layer", _time(one.layer)],
        ["a step: for each parameter (its update)", _time(one.parameter)],
        ["an example: for each multiply-add", _time(one.multiply_add)],
        ["an example: for each value", _time(one.value)],
        ["an example: drawn, by every process", _time(one.drawn)],
    ]
    for name, link in links(measured).items():
        rows += [
            [f"{name}: latency of a message", _time(link.latency)],
            [f"{name}: bandwidth", _bandwidth(link.bandwidth)],
        ]
    rows += [
        [f"a row of {measured['columns']} numbers: {name}, read and prepared", _time(reading[name])]
        for name in ("CSV", "Parquet")
        if name in reading
    ]
    rows += [
        ["two processes tell each other a number", _time(measured["gather"])],
        *([f"start of a process: {name}", _time(its)] for name, its in measured["starts"].items()),
        ["compilation", _time(measured["compiling"])],
        ["connecting two processes", _time(measured["connect"])],
        *(
            [f"a checkpoint, {its['parameters']:,} parameters", _time(its["seconds"])]
            for its in measured["saving"]
        ),
        ["two busy cores of this machine: their time over one's", f"{measured['sharing']:.2f}"],
    ]
    return table(["", "measured"], rows)


def _links(measured: dict) -> str:
    fitted = links(measured)
    rows = []
    for each in zip(*measured["links"].values(), strict=True):
        size, arrays, _ = each[0]
        row = [_bytes(size), f"{arrays}"]
        for link, (*_, taken) in zip(fitted.values(), each, strict=True):
            row += [_time(taken), _time(link.all_reduce(2, size, arrays))]
        rows.append(row)
    header = ["in all", "arrays"]
    for name in measured["links"]:
        header += [name, "model"]
    return table(header, rows)


def _judged(measured: dict) -> str:
    kinds = {"one": "one core", "processes": "two processes", "devices": "two devices"}
    found = predicted(measured)
    rows = []
    for its in found:
        sizes, batch = its["case"]
        row = [_name(sizes), f"{batch:,}"]
        for kind in kinds:
            row += [_time(its[kind]), _time(its["predicted"][kind])]
        rows.append(row)
    last = ["factor between the two", ""]
    for kind in kinds:
        median, most = errors([(its["predicted"][kind], its[kind]) for its in found])
        last += [f"median {median:.2f}", f"at most {most:.2f}"]
    header = ["network", "batch"]
    for title in kinds.values():
        header += [title, "model"]
    return table(header, [*rows, last])


# ------------------------------------------------------------------------------- the figure


def figure(measured: dict) -> Figure:
    """Draw how an epoch's time falls with hosts, and from which batch on a step's does."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullLocator

    from neurona.observe.colors import LIGHT
    from neurona.observe.figures import GRAY, INK, tidy

    drawn = Figure(figsize=(10, 4.6), layout="constrained")
    left, right = drawn.subplots(1, 2)
    hosts, cluster = range(1, 101), typical(measured)
    nets = {name: net for name, net in NETWORKS.items() if net.parameters > 1000}

    left.plot(hosts, hosts, color=GRAY, linewidth=1)
    left.axhline(1, color=GRAY, linewidth=1)
    ends: list[tuple[str, float, Any]] = [("ideal", 100.0, GRAY)]
    for (name, net), color in zip(nets.items(), LIGHT.classes, strict=False):
        for each, dashes in ((True, "-"), (False, (0, (3, 2)))):
            seconds = [cluster.epoch(net, ROWS, BATCH, p, each) for p in hosts]
            speed = [seconds[0] / its for its in seconds]
            left.plot(hosts, speed, color=color, linewidth=2, linestyle=dashes)
            if each:
                ends.append((name, speed[-1], color))
    left.set(xlabel="hosts", ylabel="times as fast as one host", ylim=(0.01, 130))
    _end(left, 100, ends)

    sizes = 2 ** np.arange(2, 12)
    nets_30 = [Dense((30, int(n), int(n), 1)) for n in sizes]
    parameters = [net.parameters for net in nets_30]
    ends = []
    for p, width in ((2, 0.9), (10, 1.6), (100, 2.4)):
        for wire, dashes in ((TYPICAL, "-"), ("1 Gbit/s", (0, (3, 2)))):
            its = clusters(measured)[f"{wire}, {CORES} cores"]
            pays = [its.batch_that_pays(net, p) for net in nets_30]
            right.plot(parameters, pays, color=INK, linewidth=width, linestyle=dashes)
            if wire == TYPICAL:
                ends.append((f"{p} hosts", pays[-1], INK))
    right.set(xlabel="parameters of 30-n-n-1", ylabel="batch from which a step is faster")
    _end(right, parameters[-1], ends)

    for ax in (left, right):
        ax.set(xscale="log", yscale="log")
        tidy(ax, grid="both")
        if ax is left:
            ax.set_xticks([1, 2, 4, 10, 30, 100])
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
            axis.set_minor_locator(NullLocator())
    titles = (
        f"An epoch in memory, at {TYPICAL}\nsolid: a batch of {BATCH:,} a host, dashed: in all",
        f"The batch that pays\nsolid: {TYPICAL}, dashed: 1 Gbit/s",
    )
    for ax, title in zip((left, right), titles, strict=True):
        ax.set_title(title, fontsize=10, color=INK, loc="left")
    return drawn


def _end(ax: Axes, x: float, ends: list[tuple[str, float, Any]]) -> None:
    """Write the names of lines where they end, at least a line's height apart."""
    ax.set(xscale="log", yscale="log", xlim=(None, x))
    low, high = np.log(ax.get_ylim())
    apart = 0.055 * (high - low)
    height = -np.inf
    for name, value, color in sorted(ends, key=lambda end: end[1]):
        height = max(np.log(value), height + apart)
        ax.annotate(
            name, (x, np.exp(height)), (6, 0), textcoords="offset points", color=color,
            fontsize=9, va="center", annotation_clip=False,
        )  # fmt: skip


# ------------------------------------------------------------------------------- words


def _start(measured: dict) -> float:
    return measured["starts"]["neurona and JAX"] + measured["compiling"]


def _name(sizes: list[int]) -> str:
    return "-".join(map(str, sizes))


def _factor(speed: float) -> str:
    return f"{speed:.2f} x"


def _time(seconds: float) -> str:
    """Return a time to two digits or three.

    >>> _time(0.00123), _time(42.0), _time(7300), _time(3e-10), _time(2e6)
    ('1.2 ms', '42 s', '2.0 h', '0.30 ns', '23 days')
    """
    units = (
        (1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s"), (60.0, "min"), (3600.0, "h"),
        (86400.0, "days"),
    )  # fmt: skip
    if seconds == 0:
        return "0"
    scale, unit = [one for one in units if one[0] <= seconds * 1.0001 or one is units[0]][-1]
    value = seconds / scale
    if unit == "days" and value < 2:
        return f"{value * 24:.0f} h"
    return f"{value:.2f} {unit}" if value < 1 else f"{value:.{int(value < 9.95)}f} {unit}"


def _bytes(size: float) -> str:
    """Return a number of bytes.

    >>> _bytes(4000), _bytes(100_000_000)
    ('4 kB', '100 MB')
    """
    return f"{size / 1e6:g} MB" if size >= 1e6 else f"{size / 1e3:g} kB"


def _bandwidth(value: float) -> str:
    return "without a bound" if isinf(value) else f"{value / 1e9:.2f} GB/s"


def _count(value: float) -> str:
    return f"{int(np.ceil(value)):,}"


def _rounded(value: float) -> str:
    """Return a number to two digits, or words where there is none.

    >>> _rounded(1234567), _rounded(3.21), _rounded(float("inf"))
    ('1,200,000', '4', 'never')
    """
    if value == inf:
        return "never"
    if value < 10:
        return _count(value)
    return f"{float(f'{value:.1e}'):,.0f}"


def _short(value: float) -> str:
    """Return a tick's label.

    >>> _short(100), _short(20_000), _short(3e6), _short(0.5)
    ('100', '20k', '3M', '0.5')
    """
    for scale, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= scale:
            return f"{value / scale:g}{letter}"
    return f"{value:g}"
