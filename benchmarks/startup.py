"""The time of a start: importing neurona after NumPy, the command's help, and the peers."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from .race import summary

IMPORT = "import neurona, over import numpy"
FIRST_USE = "import neurona and look up network and train, over import numpy"
HELP = "neurona --help"

# The statement after the bar is timed in a new interpreter, after the one before the bar.
IMPORTS = {
    "import numpy": "|import numpy",
    IMPORT: "import numpy|import neurona",
    FIRST_USE: "import numpy|import neurona; neurona.network; neurona.train",
    **{
        f"import {peer}, over import numpy": f"import numpy|import {peer}"
        for peer in ("matplotlib.pyplot", "sklearn.neural_network", "jax", "torch")
    },
}


def run(times: int, peers: bool) -> dict[str, dict]:
    """Return the seconds of each statement, in new interpreters and in turns."""
    statements = {
        title: statement
        for title, statement in IMPORTS.items()
        if "neurona" in statement or (peers and find_spec(statement.split()[-1].split(".")[0]))
    }
    measures = {title: partial(_import, statement) for title, statement in statements.items()}
    measures[HELP] = _help
    seconds: dict[str, list[float]] = {title: [] for title in measures}
    for _ in range(times + 1):
        for title, measure in measures.items():
            seconds[title].append(measure())
    return {title: summary(values[1:]) for title, values in seconds.items()}  # the first warms up


def _import(statement: str) -> float:
    before, _, timed = statement.partition("|")
    clock = "time.perf_counter()"
    code = f"import time\n{before}\nstart = {clock}\n{timed}\nprint({clock} - start)"
    return float(subprocess.check_output([sys.executable, "-c", code], text=True))


def _help() -> float:
    command = Path(sysconfig.get_path("scripts")) / "neurona"
    start = time.perf_counter()
    subprocess.run([str(command), "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
