"""A folder with code that a person can read and, beside it, the weights that it loads."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import numpy as np

from neurona.engine.types import Array
from neurona.extras import require

SIGN = "trained with neurona"  # in the first line of the code: what we may write over
CODE, WEIGHTS = "model.py", "model.safetensors"


def write_folder(folder: str | PathLike[str], code: str, weights: Mapping[str, Array]) -> Path:
    """Write ``model.py`` and ``model.safetensors`` into a folder, and return the path of the code.

    The folder is made if it is not there. An earlier export is replaced; a ``model.py`` that is
    not one is left alone.

    Raises
    ------
    FileExistsError
        If the folder has a ``model.py`` of somebody else's, or is a file.
    MissingExtra
        If safetensors is not installed.
    """
    safetensors = require("safetensors.numpy", "export")
    path = Path(folder) / CODE
    if path.exists() and SIGN not in _first_line(path):
        raise FileExistsError(
            f"{path} is there already, and is no export of neurona's: choose another folder"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written by ourselves: the package's own save_file leaves its file to the owner alone.
    (path.parent / WEIGHTS).write_bytes(
        safetensors.save({name: np.ascontiguousarray(array) for name, array in weights.items()})
    )
    path.write_text(code, encoding="utf-8")
    return path


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline()
