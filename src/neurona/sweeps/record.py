"""A sweep in a file: what is there when it is interrupted, and goes on from.

The file is NumPy's ``.npz``, without anything that could be run: a description, and two arrays.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from neurona.saving import check_replaceable, replace
from neurona.sweeps.result import Sweep

FORMAT = 1


def write(path: Path, sweep: Sweep, said: Mapping[str, str]) -> None:
    """Write what there is of a sweep, whose ``said`` tells it from others; the file is replaced.

    Raises
    ------
    OSError
        If the file cannot be written; the one before it stays as it was.
    """
    text = json.dumps({"neurona sweep": FORMAT, "below": sweep.below, "said": dict(said)})
    file = BytesIO()
    np.savez(file, sweep=np.array(text), costs=sweep.costs, curves=sweep.curves)
    replace(path, file.getvalue())


def read(path: Path, sweep: Sweep, said: Mapping[str, str]) -> Sweep:
    """Return the sweep as far as a file has it; the sweep itself, if there is no file.

    Raises
    ------
    ValueError
        If the file is not of this sweep, or is damaged.
    OSError
        If it can't be read, or a file can't be written there.
    """
    if not path.exists():
        check_replaceable(path)
        return sweep
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            told = json.loads(str(file["sweep"]))
            known = told["said"] if told["neurona sweep"] == FORMAT else {}
            costs, curves = file["costs"], file["curves"]
    except (ValueError, KeyError, TypeError, EOFError, BadZipFile, MemoryError) as error:
        raise ValueError(
            f"{path} is not the file of a sweep, or is damaged: give another name, or remove it"
        ) from error
    for name in said:
        if known.get(name) != said[name]:
            raise ValueError(
                f"{path} is of another sweep: there, {name} is {known.get(name, 'not known')}, and "
                f"here {said[name]}. Give another name, or remove it"
            )
    if (costs.shape, curves.shape) != (sweep.costs.shape, sweep.curves.shape):
        raise ValueError(f"{path} is damaged: its arrays have other shapes than the sweep's")
    return dataclasses.replace(sweep, costs=costs, curves=curves)
