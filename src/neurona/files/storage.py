"""A model file on the disk: *safetensors*, with a description and a checksum in the header."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.engine.trees import frozen
from neurona.extras import require
from neurona.tables.file import not_there

if TYPE_CHECKING:
    from numpy.typing import NDArray

DTYPES = {"F32": "float32", "F64": "float64"}
DESCRIPTION, CHECKSUM = "neurona", "sha256"  # the keys of the header's metadata


class ModelFileError(ValueError):
    """A file that does not hold a model of neurona, or not all of it; the message says why."""


def packed(text: str, arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the bytes of a file: a description and arrays, in the order of their checksum."""
    # The library writes an array as it lies in memory, and a W may lie there by columns.
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    metadata = {DESCRIPTION: text, CHECKSUM: _checksum(text, arrays)}
    data: bytes = require("safetensors.numpy", extra="files").save(arrays, metadata=metadata)
    return data


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, dict[str, str]]]:
    """Open a file that neurona wrote; hand out its arrays, which are not read yet, and metadata."""
    safetensors = require("safetensors", extra="files")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the name of a model file")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if DESCRIPTION not in metadata:
                raise ModelFileError(f"{path} is a safetensors file, but neurona did not write it")
            yield file, metadata
    except FileNotFoundError:
        raise not_there(path) from None
    except safetensors.SafetensorError as error:
        raise ModelFileError(f"{path} is not a safetensors file, or was cut: {error}") from error


def read_arrays(
    path: Path, file: Any, metadata: Mapping[str, str], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, NDArray[Any]]:
    """Return the arrays; their sizes are compared before anything of that size is made.

    Raises
    ------
    ModelFileError
        If they are not those that the description needs, or do not have the checksum.
    """
    if set(file.keys()) != set(shapes):
        raise ModelFileError(
            f"{path} should hold {', '.join(shapes)}, and holds {', '.join(sorted(file.keys()))}"
        )
    slices = {name: file.get_slice(name) for name in shapes}
    for name, shape in shapes.items():
        given = tuple(slices[name].get_shape())
        if given != shape:
            raise ModelFileError(
                f"{path}: {name} has shape {given}, and the layer that is described needs {shape}"
            )
    dtypes = {given.get_dtype() for given in slices.values()}
    if len(dtypes) > 1 or not dtypes <= DTYPES.keys():
        raise ModelFileError(
            f"{path}: its numbers are of {', '.join(sorted(dtypes))}; they should be all of "
            f"{' or '.join(DTYPES)}"
        )
    arrays = {}
    for name in shapes:
        array = file.get_tensor(name)
        if not np.isfinite(array).all():
            raise ModelFileError(f"{path}: {name} holds a number that is not finite")
        if name.endswith(".variance") and (array < 0).any():
            raise ModelFileError(f"{path}: {name} holds a negative number")
        arrays[name] = frozen(array)
    if metadata.get(CHECKSUM) != _checksum(metadata[DESCRIPTION], arrays):
        raise ModelFileError(f"{path} was altered since neurona wrote it: its checksum is another")
    return arrays


def read_all(path: Path, file: Any, metadata: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """Return all arrays of a file, in the order of their names, whatever numbers they hold.

    Raises
    ------
    ModelFileError
        If they do not have the checksum.
    """
    arrays = {name: frozen(file.get_tensor(name)) for name in sorted(file.keys())}
    if metadata.get(CHECKSUM) != _checksum(metadata[DESCRIPTION], arrays):
        raise ModelFileError(f"{path} was altered since neurona wrote it: its checksum is another")
    return arrays


def _checksum(text: str, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return the SHA-256 of the description and of all numbers, array by array."""
    sum_ = hashlib.sha256(text.encode())
    for array in arrays.values():
        sum_.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
    return sum_.hexdigest()
