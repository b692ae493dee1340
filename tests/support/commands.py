"""The commands on tables, run as a person would, and a table for them."""

import csv
import io

import numpy as np

from neurona import cli

FAILED, WRONG, INTERRUPTED = 1, 2, 130


def pets(n=60, seed=0):
    """Return a CSV's text: numbers, texts, dates, and holes in each."""
    rng = np.random.default_rng(seed)
    lines = ["kilos,coat,born,kind"]
    for k in range(n):
        kind = ("cat", "dog")[k % 2]
        kilos = f"{(4, 20)[k % 2] * rng.uniform(0.8, 1.2):.2f}"
        coat = rng.choice(["long", "short", "wiry"])
        cells = [kilos, coat, f"20{10 + k % 9}-0{1 + k % 8}-11"]
        cells = [
            hole if rng.random() < 0.1 else c for c, hole in zip(cells, ["NA", "", ""], strict=True)
        ]
        lines.append(",".join([*cells, kind]))
    return "\n".join(lines) + "\n"


def run(capsys, *arguments):
    code = cli.main([str(one) for one in arguments])
    caught = capsys.readouterr()
    return code, caught.out, caught.err


def refused(capsys, *arguments, code=WRONG):
    """Return the one line that says what is wrong."""
    exit_code, _, err = run(capsys, *arguments)
    assert exit_code == code
    assert err.startswith("neurona: error: ")
    assert len(err.splitlines()) == 1
    return err


def rows_of(text, delimiter=","):
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
