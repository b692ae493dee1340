"""Scale: the constants of the model of :mod:`.scale_model`, measured, and what it is worth.

A device is one core: each process keeps to one of its own, so that two of them are two hosts with
a network that is as fast as memory. The sizes that the model is judged by are not those that its
constants are fitted to.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from . import machine
from .race import note
from .scale_model import Dense, Device, Link, fitted_device, fitted_link

Case = tuple[list[int], int]  # a network's sizes, and a batch

FITTED: list[Case] = [
    ([2, 4, 8, 1], 512),
    ([10, 16, 16, 1], 32),
    ([10, 16, 16, 1], 4096),
    ([30, 64, 64, 1], 32),
    ([30, 64, 64, 1], 1024),
    ([30, 64, 64, 1], 8192),
    ([30, 64, 64, 64, 64, 1], 256),
    ([64, 256, 256, 10], 64),
    ([64, 256, 256, 10], 1024),
    ([100, 512, 512, 512, 1], 16),
    ([100, 512, 512, 512, 1], 512),
    ([784, 1024, 1024, 10], 128),
]
JUDGED: list[Case] = [
    ([4, 8, 8, 1], 1024),
    ([20, 32, 32, 1], 256),
    ([20, 32, 32, 1], 8192),
    ([30, 128, 128, 1], 512),
    ([30, 128, 128, 1], 4096),
    ([100, 384, 384, 5], 200),
    ([784, 512, 10], 64),
    ([784, 512, 10], 1024),
]
SHARED: list[Case] = [([30, 64, 64, 1], 1024), ([64, 256, 256, 10], 1024)]
# Bytes that are summed up, and in how many arrays; links are fitted to those of one array.
SUMS = [
    (1_000, 1),
    (4_000, 1),
    (20_000, 1),
    (100_000, 1),
    (400_000, 1),
    (2_000_000, 1),
    (10_000_000, 1),
    (100_000_000, 1),
    (7_000, 7),
    (1_000_000, 7),
]
SAVED = [[30, 64, 64, 2], [784, 1024, 1024, 10]]
ROWS, COLUMNS = 20_000, 30
A_CORE_EACH, BOTH_CORES, DEVICES = (
    "two processes, a core each",
    "two processes on both cores",
    "two devices of a process",
)
IMPORTS = {
    "neurona and JAX": "import neurona, jax; neurona.train; jax.devices()",
    "the estimators": "import neurona; neurona.NeuralNetClassifier",
}


def measure(quick: bool = False) -> dict:
    """Return the constants, and the model's predictions beside measurements."""
    facts = machine.facts()
    fitted, judged, shared, sums, repeats = FITTED, JUDGED, SHARED, SUMS, 5
    if quick:
        fitted, judged, shared = FITTED[:2], JUDGED[:1], SHARED[:1]
        sums, repeats = SUMS[:3], 2
    cores = _cores()
    note("start of a process")
    starts = {name: _start(code, 1 if quick else 3) for name, code in IMPORTS.items()}
    note(f"one core: {len(fitted) + len(judged)} networks and batches, reading, saving")
    reading = {"rows": ROWS // 100 if quick else ROWS, "columns": COLUMNS}
    [one] = _together(
        [{"cores": cores[:1]}],
        steps={"cases": fitted + judged, "repeats": repeats},
        reading=reading | {"repeats": min(repeats, 3)},
        saving={"sizes": SAVED[: 1 if quick else None], "repeats": repeats},
    )
    note("two processes that know nothing of each other")
    apart = _together(
        [{"cores": cores[:1]}, {"cores": cores[-1:]}],
        steps={"cases": shared, "repeats": 2 * repeats},
    )
    note(f"two processes, linked by gloo: {len(sums)} sums, {len(judged)} networks and batches")
    linked = _together(
        [{"cores": cores[:1]}, {"cores": cores[-1:]}],
        connect=True,
        all_reduces={"sums": sums, "repeats": repeats},
        gathers={"repeats": 10 * repeats},
        steps={"cases": judged, "repeats": repeats, "processes": 2},
    )
    note(f"two processes on both cores, linked by gloo: {len(sums)} sums")
    free = _together(
        [{"cores": cores}] * 2,
        connect=True,
        all_reduces={"sums": sums, "repeats": repeats},
    )
    note(f"two devices of one process: {len(sums)} sums, {len(judged)} networks and batches")
    [within] = _together(
        [{"cores": cores, "devices": 2}],
        all_reduces={"sums": sums, "repeats": repeats},
        steps={"cases": judged, "repeats": repeats, "devices": 2},
    )
    note("one device that has all cores")
    [threads] = _together([{"cores": cores}], steps={"cases": judged, "repeats": repeats})

    def seconds(found: dict, begin: int = 0) -> list[float]:
        return [its["seconds"] for its in found["steps"][begin:]]

    alone = dict(zip(map(str, fitted), seconds(one), strict=False))
    both = np.maximum(*(seconds(each) for each in apart))
    sharing = [
        float(taken / alone[str(case)])
        for case, taken in zip(shared, both, strict=True)
        if str(case) in alone
    ]
    return {
        "machine": facts | {"cores": f"{len(cores)}, a process or device on each"},
        "starts": starts,
        "compiling": float(np.median([its["compiling"] for its in one["steps"]])),
        "connect": max(each["connect"] for each in linked),
        "reading": one["reading"],
        "columns": COLUMNS,
        "saving": one["saving"],
        "gather": max(each["gathers"] for each in linked),
        "sharing": max(1.0, *sharing) if sharing else 1.0,
        "steps": [[*case, taken] for case, taken in zip(fitted, seconds(one), strict=False)],
        "links": {
            name: [(*one, max(taken)) for one, *taken in zip(sums, *its, strict=True)]
            for name, its in {
                A_CORE_EACH: [each["all_reduces"] for each in linked],
                BOTH_CORES: [each["all_reduces"] for each in free],
                DEVICES: [within["all_reduces"]],
            }.items()
        },
        "judged": [
            {
                "case": case,
                "one": alone_,
                "processes": max(of_each),
                "devices": of_devices,
                "threads": of_threads,
            }
            for case, alone_, *of_each, of_devices, of_threads in zip(
                judged,
                seconds(one, len(fitted)),
                *map(seconds, linked),
                seconds(within),
                seconds(threads),
                strict=True,
            )
        ],
    }


def device(measured: dict) -> Device:
    """Return the device whose constants fit the measurements."""
    cases = [(Dense(tuple(sizes)), batch, taken) for sizes, batch, taken in measured["steps"]]
    return fitted_device(cases, measured["reading"]["drawn"])


def links(measured: dict) -> dict[str, Link]:
    """Return the links that fit the measurements."""
    return {
        name: fitted_link([(size, taken) for size, arrays, taken in its if arrays == 1])
        for name, its in measured["links"].items()
    }


def _cores() -> list[int]:
    """Return two cores, or the only one."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))[:2]
    return [0, 1][: os.cpu_count()]


def _start(code: str, times: int) -> float:
    """Return the least seconds of a new interpreter that imports something."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, env=_environment())
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def _together(begins: list[dict[str, Any]], connect: bool = False, **work: Any) -> list[dict]:
    """Return what processes measure that run at once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = []
    for i, its in enumerate(begins):
        begin = {"devices": 1, **its, "process_id": i, "port": port}
        begin["processes"] = len(begins) if connect else 1
        told = json.dumps({"begin": begin, **work})
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.scale_work", told],
                env=_environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    ended = [process.communicate() for process in started]
    for process, (_, problems) in zip(started, ended, strict=True):
        if process.returncode:
            raise RuntimeError(f"a process of the benchmark failed:\n{problems}")
    return [json.loads(out.splitlines()[-1]) for out, _ in ended]


def _environment() -> dict[str, str]:
    """Return the environment of a process that finds the benchmarks, and has JAX on CPUs."""
    root = str(Path(__file__).parent.parent)
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "JAX_PLATFORMS": "cpu"}
