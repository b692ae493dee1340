"""A folder with code that a person can read and, beside it, the weights that it loads."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import numpy as np

from neurona.engine.types import Array
from neurona.extras import require
from neurona.saving import replace

SIGN = "trained with neurona"  # in the first line of the code, which may be written over
CODE, WEIGHTS = "model.py", "model.safetensors"
PREPARATION = "preparation.py"  # an estimator's work before and after the network


def write_folder(
    folder: str | PathLike[str],
    code: str,
    weights: Mapping[str, Array],
    preparation: str | None = None,
) -> Path:
    """Write ``model.py`` and ``model.safetensors`` into a folder, and return the path of the code.

    The folder is made if it is not there. An earlier export is replaced; a ``model.py`` that is
    not one is left alone. An estimator's preparation goes into ``preparation.py``.

    Raises
    ------
    FileExistsError
        If the folder has another ``model.py``, or is a file.
    MissingExtra
        If safetensors is not installed.
    """
    safetensors = require("safetensors.numpy", "export")
    path = Path(folder) / CODE
    check_ours(path)
    if preparation is not None:
        check_ours(path.with_name(PREPARATION))
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written by ourselves: the package's own save_file leaves its file to the owner alone.
    arrays = {name: np.ascontiguousarray(array) for name, array in weights.items()}
    replace(path.with_name(WEIGHTS), safetensors.save(arrays))
    replace(path, code.encode())
    if preparation is not None:
        replace(path.with_name(PREPARATION), preparation.encode())
    return path


def beside(preparation: str | None) -> str:
    """Return what the code of a network says of the preparation beside it."""
    if preparation is None:
        return ""
    return f"\n{PREPARATION} beside this file makes X of a table, and predictions of the outputs.\n"


def check_ours(path: Path) -> None:
    """Check that a file which would be replaced is an export, if it is there at all.

    Raises
    ------
    FileExistsError
        If it is another file.
    """
    if path.exists() and SIGN not in _first_line(path):
        raise FileExistsError(
            f"{path} is there already, and is not an export of neurona: choose another place"
        )


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline()
