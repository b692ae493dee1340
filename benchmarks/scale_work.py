"""The work of each process of the scale's benchmark: it prints its measurements as JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from .scale_model import Dense

ROWS = 2**15  # of the table that steps draw their batches from
LEAST = 0.1  # seconds of a chunk of steps that is timed


def steps_at_once(net: Dense, batch: int, processes: int) -> int:
    """Return how many steps are timed together: a power of two, the same in all processes."""
    guess = 3e-5 + 4e-9 * net.parameters + batch * (1e-10 * net.multiply_adds + 2e-9 * net.values)
    guess += (processes > 1) * (2e-4 + net.bytes / 1e9)
    at_once = 1
    while at_once < 512 and at_once * guess < LEAST:
        at_once *= 2
    return at_once


def begin(cores: list[int], processes: int, process_id: int, devices: int, port: int) -> float:
    """Keep to some cores and connect with the others; return the seconds of the latter."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)
    import jax

    jax.config.update("jax_num_cpu_devices", devices)
    from neurona import distributed

    began = time.perf_counter()
    if processes > 1:
        distributed.connect(
            f"127.0.0.1:{port}", processes=processes, process_id=process_id, timeout=60
        )
    return time.perf_counter() - began


def steps(
    cases: list[tuple[list[int], int]], repeats: int, processes: int = 1, devices: int = 1
) -> list[dict[str, float]]:
    """Return the least seconds of a step for each network and batch, and of its first chunk."""
    import numpy as np

    import neurona

    found = []
    for sizes, batch in cases:
        net = Dense(tuple(sizes))
        rng = np.random.default_rng(0)
        n = max(4 * batch, min(ROWS, 2**24 // sizes[0]))
        X = rng.standard_normal((n, sizes[0]), np.float32)
        y = (X[:, : sizes[-1]] > 0).astype(np.float32)
        y = y if sizes[-1] == 1 else np.eye(sizes[-1], dtype=np.float32)[y.argmax(axis=1)]
        at_once = steps_at_once(net, batch, processes)
        states = neurona.train(
            neurona.network(sizes, "relu", output="sigmoid" if sizes[-1] == 1 else "softmax"),
            X,
            y,
            optimizer=neurona.adam(1e-4),
            steps=at_once * (repeats + 1),
            every=at_once,
            batch_size=batch,
            rng=0,
            engine="jax",
            devices="all" if processes * devices > 1 else None,
        )
        next(states)
        seconds = []
        began = time.perf_counter()
        for _ in states:
            seconds.append((time.perf_counter() - began) / at_once)
            began = time.perf_counter()
        least = min(seconds[1:])
        found.append({"seconds": least, "compiling": (seconds[0] - least) * at_once})
    return found


def all_reduces(sums: list[tuple[int, int]], repeats: int) -> list[float]:
    """Return the least seconds in which all devices sum up so many bytes, in so many arrays."""
    import jax
    import numpy as np
    from jax import lax

    from neurona.engine.devices import AXIS, PartitionSpec, Placement, shard_map

    place = Placement(jax.devices())
    nowhere = PartitionSpec()
    found = []
    for size, arrays in sums:
        times = max(3, min(200, round(0.1 / (5e-4 * arrays + size / 1e9))))

        def some(x: Any, n: Any) -> Any:
            return lax.fori_loop(0, n, lambda _, one: lax.psum(one, AXIS), x)

        mapped = shard_map(some, mesh=place.mesh, in_specs=(nowhere, nowhere), out_specs=nowhere)
        call = jax.jit(mapped)
        each = np.zeros(max(1, size // (4 * arrays)), np.float32)  # whose sum stays zero
        x = place.everywhere([each] * arrays)
        n = place.everywhere(np.array(times, np.int32))
        jax.block_until_ready(call(x, n))
        taken = _least(lambda call=call, x=x, n=n: jax.block_until_ready(call(x, n)), repeats)
        found.append(taken / times)
    return found


def gathers(repeats: int) -> float:
    """Return the least seconds in which each process tells the others a number."""
    from neurona import distributed

    return _least(lambda: distributed.gathered({"rows": [1024] * 32, "over": False}), repeats)


def reading(rows: int, columns: int, repeats: int) -> dict[str, float]:
    """Return the seconds of a row: read from CSV and Parquet, prepared, and drawn."""
    import tempfile
    from pathlib import Path

    import numpy as np

    from neurona.engine.orders import epoch_of_batches
    from neurona.tables.csv import parse_csv
    from neurona.tables.preparation import Preparation

    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, columns)).astype(np.float32)
    names = [f"x{i}" for i in range(columns)]
    lines = [",".join(f"{cell:.6g}" for cell in row) for row in X.tolist()]
    text = "\n".join([",".join(names), *lines])
    table = parse_csv(text)
    preparation = Preparation.fit(table.column(name) for name in names)

    def prepared(table: Any) -> Any:
        return preparation.transform([table.column(name) for name in names])

    found = {"CSV": _least(lambda: prepared(parse_csv(text)), repeats) / rows}
    with tempfile.TemporaryDirectory() as folder:
        try:
            import pyarrow as pa
            from pyarrow import parquet

            from neurona.tables.parquet import parse_parquet
        except ImportError:
            pass
        else:
            path = Path(folder) / "table.parquet"
            parquet.write_table(pa.table(dict(zip(names, X.T, strict=True))), path)
            found["Parquet"] = (
                _least(lambda: prepared(parse_parquet(path.read_bytes())), repeats) / rows
            )
    n = 20 * rows
    draw = partial(epoch_of_batches, n, 1024, rng)
    found["drawn"] = _least(lambda: draw().astype(np.int32), repeats) / n
    return found


def saving(sizes: list[list[int]], repeats: int) -> list[dict[str, float]]:
    """Return the seconds in which a network and its training's state are written, by size."""
    import tempfile
    from pathlib import Path

    import numpy as np

    import neurona

    found = []
    with tempfile.TemporaryDirectory() as folder:
        for each in sizes:
            net = neurona.network(each, "relu", output="softmax")
            X = np.zeros((2, each[0]), np.float32)
            *_, state = neurona.train(net, X, [0, 1], steps=1, rng=0, optimizer="adam")
            save = partial(neurona.save, Path(folder) / "one.safetensors", net, state)
            parameters = Dense(tuple(each)).parameters
            found.append({"parameters": parameters, "seconds": _least(save, repeats)})
    return found


def _least(call: Callable[[], Any], repeats: int) -> float:
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def main(text: str) -> None:
    """Do what a JSON text says, and print the results after a mark."""
    told = json.loads(text)
    found: dict[str, Any] = {"connect": begin(**told.pop("begin"))}
    for name, its in told.items():
        found[name] = globals()[name](**its)
    print("\n" + json.dumps(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
