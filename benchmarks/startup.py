"""What a start costs: importing neurona once NumPy is there, the command's help, and the peers."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import time
from importlib.util import find_spec
from pathlib import Path

from .race import summary

IMPORT = "import neurona, over import numpy"
FIRST_USE = "import neurona and look up network and train, over import numpy"
HELP = "neurona --help"

# Each statement is timed in a new interpreter, after those before the bar.
IMPORTS = {
    "import numpy": "|import numpy",
    IMPORT: "import numpy|import neurona",
    FIRST_USE: "import numpy|import neurona; neurona.network; neurona.train",
    "import sklearn.neural_network, over import numpy": "import numpy|import sklearn.neural_network",
    "import jax, over import numpy": "import numpy|import jax",
    "import torch, over import numpy": "import numpy|import torch",
}


def run(times: int, peers: bool) -> dict[str, dict]:
    """Return seconds, each statement in as many new interpreters, in turns."""
    statements = {
        title: statement
        for title, statement in IMPORTS.items()
        if "neurona" in statement or (peers and find_spec(statement.split()[-1].split(".")[0]))
    }
    command = Path(sysconfig.get_path("scripts")) / "neurona"
    seconds: dict[str, list[float]] = {title: [] for title in [*statements, HELP]}
    for _ in range(times + 1):
        for title, statement in statements.items():
            seconds[title].append(_import(statement))
        seconds[HELP].append(_command([str(command), "--help"]))
    return {title: summary(values[1:]) for title, values in seconds.items()}  # the first warms up


def _import(statement: str) -> float:
    before, _, timed = statement.partition("|")
    code = f"import time\n{before}\nt = time.perf_counter()\n{timed}\nprint(time.perf_counter() - t)"
    return float(subprocess.check_output([sys.executable, "-c", code], text=True))


def _command(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
