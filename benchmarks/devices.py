"""Several devices and processes: seconds per step, and the constants of a model of them.

Each measurement runs in new processes: how many devices JAX makes of a processor is settled at its
start. A process has one core of its own where there are two processes, as a machine of many has.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from typing import Any

import numpy as np

from . import machine
from .race import note, summary
from .tables import facts, table

IN, OUT = 64, 10
CASES = [(width, batch) for width in (64, 512) for batch in (256, 4096, 32768)]
QUICK = [(16, 64), (16, 128)]
REDUCED = [2**k for k in range(0, 25, 4)]  # float32 numbers of an all-reduce, up to 64 MB
ROUNDS, SECONDS, LIMIT = 5, 0.4, 600
TOPOLOGY = f"{IN}-width-width-{OUT}"

# Name: processes, devices of each, cores of each; None for all.
PLACES: dict[str, tuple[int, int, int | None]] = {
    "1 device, 1 core": (1, 1, 1),
    "1 device, all cores": (1, 1, None),
    "2 devices, all cores": (1, 2, None),
    "2 processes, 1 core each": (2, 1, 1),
}
ACCELERATORS = "accelerators"
SKIPPED = "skipped: no accelerator"


def measure(quick: bool = False) -> dict:
    """Return seconds per step by place and case, and the constants; `quick` only checks it runs."""
    plan: dict[str, Any] = {
        "cases": QUICK if quick else CASES,
        "rounds": 1 if quick else ROUNDS,
        "seconds": 0.01 if quick else SECONDS,
        "reduced": REDUCED[:2] if quick else REDUCED,
    }
    measured: dict[str, Any] = {"machine": machine.facts(), "cases": plan["cases"], "places": {}}
    for name, (processes, devices, cores) in PLACES.items():
        note(name)
        told = run(plan, processes, devices, cores)
        measured["places"][name] = told["steps"]
        if name == "1 device, 1 core":
            measured["call"] = told["call"]
        if processes > 1:
            measured["reduced"] = told["reduced"]
    there = run({"count": True}, 1, None, None)["accelerators"]
    measured[ACCELERATORS] = SKIPPED
    if there:
        note(f"{there} accelerators")
        each = {n: run(plan, 1, None, None, use=n)["steps"] for n in sorted({1, there})}
        measured[ACCELERATORS] = {f"{n} accelerators": steps for n, steps in each.items()}
    measured["constants"] = constants(measured)
    return measured


def flops(width: int, batch: int) -> int:
    """Return the operations of a step: two a weight and example forward, four backward."""
    return 6 * batch * (IN * width + width * width + width * OUT)


def numbers(width: int) -> int:
    """Return how many numbers an all-reduce of the gradient adds up."""
    return (IN + 1) * width + (width + 1) * width + (width + 1) * OUT


def constants(measured: dict) -> dict[str, float]:
    """Return what a model of the seconds per step needs, fitted by least squares.

    A step on one core takes ``step + operation * flops``, and an all-reduce between the processes
    ``latency + number * numbers``; a call, which takes some steps at once, its own seconds.
    """
    steps = [one["median"] for one in measured["places"]["1 device, 1 core"]]
    step, operation = line([flops(*case) for case in measured["cases"]], steps)
    reduced = measured["reduced"]
    sizes = [int(size) for size in reduced]
    latency, number = line(sizes, [one["median"] for one in reduced.values()])
    call = measured["call"]["median"]
    return {
        "seconds of a floating-point operation": operation,
        "seconds of a step apart from these": step,
        "seconds of a call": call,
        "seconds of an all-reduce's latency": latency,
        "seconds of an all-reduce's number": number,
    }


def line(x: list[int], y: list[float]) -> tuple[float, float]:
    """Return where a line of positive slope begins, and its slope: relative errors are least.

    >>> [round(one, 6) for one in line([0, 1, 2], [1.0, 3.0, 5.0])]
    [1.0, 2.0]
    """
    from scipy.optimize import nnls

    weight = 1 / np.array(y)
    columns = np.stack([np.ones(len(x)), np.array(x, float)], axis=1)
    scale = columns.max(axis=0)
    found, _ = nnls(columns / scale * weight[:, None], np.array(y) * weight)
    begin, slope = found / scale
    return float(begin), float(slope)


def run(
    plan: dict, processes: int, devices: int | None, cores: int | None, use: int | None = None
) -> dict:
    """Return what new processes measure; ``devices`` are those that JAX makes of the processor."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    env = dict(os.environ)
    if devices is None:
        env.pop("JAX_PLATFORMS", None)
    else:
        env |= {"JAX_PLATFORMS": "cpu"}
        env["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={devices}"
    there = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    children = []
    for me in range(processes):
        mine = [there[me % len(there)]] if cores and there else None
        given = {**plan, "address": address, "processes": processes, "me": me}
        given |= {"devices": devices, "cores": mine, "use": use}
        command = [sys.executable, "-m", "benchmarks.devices", json.dumps(given)]
        children.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env))
    try:
        outputs = [child.communicate(timeout=LIMIT)[0] for child in children]
    finally:
        for child in children:
            child.kill()
    if any(child.returncode for child in children):
        raise RuntimeError("a process of the measurement has failed: see its error above")
    return json.loads(outputs[0].splitlines()[-1])


def child(given: dict) -> dict:
    """Return what this process measures, as one of some processes."""
    if given["cores"]:
        os.sched_setaffinity(0, given["cores"])
    import jax

    if given.get("count"):
        return {"accelerators": sum(one.platform != "cpu" for one in jax.devices())}
    if given["processes"] > 1:
        from neurona import distributed

        distributed.connect(
            given["address"], processes=given["processes"], process_id=given["me"], timeout=60
        )
    several = given["processes"] > 1 or given["devices"] != 1
    devices = (given["use"] or "all") if several else None
    told: dict[str, Any] = {"steps": []}
    for width, batch in given["cases"]:
        told["steps"].append(summary(seconds_per_step(given, width, batch, devices)))
    if given["processes"] > 1:
        told["reduced"] = {n: summary(reduced(n, given["rounds"])) for n in given["reduced"]}
    else:
        tiny = given["cases"][0]
        by_one = seconds_per_step(given, *tiny, devices, every=1)
        together = told["steps"][0]["median"]
        told["call"] = summary([max(0.0, one - together) for one in by_one])
    return told


def seconds_per_step(
    given: dict, width: int, batch: int, devices: Any, every: int | None = None
) -> list[float]:
    """Return the seconds of a step over the whole of so many rows, of each round."""
    import neurona
    from neurona import distributed

    rng = np.random.default_rng(0)
    X = rng.standard_normal((batch, IN), np.float32)
    y = rng.integers(0, OUT, batch)
    net = neurona.network([IN, width, width, OUT], "relu", output="softmax")
    count = [every or 1]
    states = neurona.train(
        net, X, y, engine="jax", devices=devices, rng=0, steps=10**9, every=lambda: count[0],
        optimizer="sgd",
    )  # fmt: skip
    next(states)
    while True:  # it finds out how many steps a round has
        next(states)  # it compiles
        next(states)
        began = time.perf_counter()
        next(states)
        seconds = max(distributed.gathered(time.perf_counter() - began))
        if seconds > given["seconds"] / 4 or every:
            break
        count[0] *= 2
    calls = max(1, int(given["seconds"] / seconds)) if every else 1
    found = []
    for _ in range(given["rounds"]):
        began = time.perf_counter()
        for _ in range(calls):
            next(states)
        found.append((time.perf_counter() - began) / (calls * count[0]))
    return found


def reduced(n: int, rounds: int) -> list[float]:
    """Return the seconds of an all-reduce of so many numbers, of each round."""
    import jax
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    mesh = Mesh(np.array(jax.devices()), ("devices",))
    split = NamedSharding(mesh, PartitionSpec("devices"))
    everywhere = NamedSharding(mesh, PartitionSpec())
    parts = jax.make_array_from_callback(
        (len(jax.devices()), n), split, lambda place: np.ones((1, n), np.float32)
    )
    times = max(3, min(200, 2**22 // n))

    def many(parts: Any) -> Any:
        return jax.lax.fori_loop(0, times, lambda _, total: (parts * total).sum(0) / 2, parts[0])

    call = jax.jit(many, out_shardings=everywhere)
    call(parts).block_until_ready()
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        call(parts).block_until_ready()
        found.append((time.perf_counter() - began) / times)
    return found


def modeled(found: dict[str, float], width: int, batch: int, processes: int) -> float:
    """Return the seconds of a step that the constants foretell."""
    operation, step, _, latency, number = found.values()
    return (
        step
        + operation * flops(width, batch) / processes
        + (latency + number * numbers(width)) * (processes > 1)
    )


def report(measured: dict) -> str:
    """Return the tables of a step's time and of the constants."""
    places = dict(measured["places"])
    if measured[ACCELERATORS] != SKIPPED:
        places |= measured[ACCELERATORS]
    header = ["", *(f"width {width}, {batch:,} rows" for width, batch in measured["cases"])]
    rows = [
        [name, *(f"{one['median'] * 1e3:.2f}" for one in steps)] for name, steps in places.items()
    ]
    found = measured["constants"]
    for processes in (1, 2):
        times = [modeled(found, *case, processes) for case in measured["cases"]]
        name = f"the model, {processes} process{'es' * (processes > 1)}"
        rows.append([name, *(f"{one * 1e3:.2f}" for one in times)])
    reduced_rows = [
        [f"{int(n):,}", f"{one['median'] * 1e6:,.0f}"] for n, one in measured["reduced"].items()
    ]
    accelerators = measured[ACCELERATORS]
    return "\n\n".join(
        [
            facts(measured["machine"]),
            f"### Milliseconds of a step, {TOPOLOGY}, on several devices",
            table(header, rows),
            f"Accelerators: {accelerators if accelerators == SKIPPED else 'see above'}.",
            "### Microseconds of an all-reduce between two processes, by its numbers",
            table(["numbers", "microseconds"], reduced_rows),
            "### The constants of a model of the time",
            table(["", "seconds"], [[name, f"{value:.2e}"] for name, value in found.items()]),
        ]
    )


if __name__ == "__main__":
    print(json.dumps(child(json.loads(sys.argv[1]))))
