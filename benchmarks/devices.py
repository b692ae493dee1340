"""Several devices and processes: seconds per step; on accelerators too, where there are some.

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
    """Return seconds per step by place and case; `quick` only checks that it runs."""
    plan: dict[str, Any] = {
        "cases": QUICK if quick else CASES,
        "rounds": 1 if quick else ROUNDS,
        "seconds": 0.01 if quick else SECONDS,
    }
    measured: dict[str, Any] = {"machine": machine.facts(), "cases": plan["cases"], "places": {}}
    for name, (processes, devices, cores) in PLACES.items():
        note(name)
        measured["places"][name] = run(plan, processes, devices, cores)["steps"]
    there = run({"count": True}, 1, None, None)["accelerators"]
    measured[ACCELERATORS] = SKIPPED
    if there:
        note(f"{there} accelerators")
        each = {n: run(plan, 1, None, None, use=n)["steps"] for n in sorted({1, there})}
        measured[ACCELERATORS] = {f"{n} accelerators": steps for n, steps in each.items()}
    return measured


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
    return told


def seconds_per_step(given: dict, width: int, batch: int, devices: Any) -> list[float]:
    """Return the seconds of a step over the whole of so many rows, of each round."""
    import neurona
    from neurona import distributed

    rng = np.random.default_rng(0)
    X = rng.standard_normal((batch, IN), np.float32)
    y = rng.integers(0, OUT, batch)
    net = neurona.network([IN, width, width, OUT], "relu", output="softmax")
    count = [1]
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
        if seconds > given["seconds"] / 4:
            break
        count[0] *= 2
    found = []
    for _ in range(given["rounds"]):
        began = time.perf_counter()
        next(states)
        found.append((time.perf_counter() - began) / count[0])
    return found


def report(measured: dict) -> str:
    """Return the tables of a step's time and of the constants."""
    places = dict(measured["places"])
    if measured[ACCELERATORS] != SKIPPED:
        places |= measured[ACCELERATORS]
    header = ["", *(f"width {width}, {batch:,} rows" for width, batch in measured["cases"])]
    rows = [
        [name, *(f"{one['median'] * 1e3:.2f}" for one in steps)] for name, steps in places.items()
    ]
    accelerators = measured[ACCELERATORS]
    return "\n\n".join(
        [
            facts(measured["machine"]),
            f"### Milliseconds of a step, {TOPOLOGY}, on several devices",
            table(header, rows),
            f"Accelerators: {accelerators if accelerators == SKIPPED else 'see above'}.",
        ]
    )


if __name__ == "__main__":
    print(json.dumps(child(json.loads(sys.argv[1]))))
