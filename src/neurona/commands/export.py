"""``neurona export model.safetensors --to onnx``: a model for where neurona is not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurona import export
from neurona.export.folder import CODE, PREPARATION, WEIGHTS, check_ours
from neurona.export.onnx_graph import OPSET
from neurona.files import load
from neurona.saving import replace

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

ENDINGS = {"numpy": ".py", "onnx": ".onnx", "pytorch": "-pytorch", "keras": "-keras"}
FOLDERS: dict[str, Callable[..., Path]] = {"pytorch": export.to_pytorch, "keras": export.to_keras}


def run(given: Namespace) -> int:
    """Write the model in another form, print the paths, and return the exit code."""
    loaded = load(given.model)
    model = loaded if isinstance(loaded, tuple) else (loaded,)  # a network and its parameters
    source = Path(given.model)
    if given.opset is not None and given.to != "onnx":
        raise ValueError(f"--opset is for --to onnx, and the format is {given.to}: leave it out")
    output = given.output or str(source.with_name(source.stem + ENDINGS[given.to]))
    if given.to in FOLDERS:
        if output == "-":
            raise ValueError(f"--to {given.to} writes several files: give a folder with -o")
        code = FOLDERS[given.to](*model, output)
        for name in (CODE, WEIGHTS) if loaded is model else (CODE, WEIGHTS, PREPARATION):
            print(code.with_name(name))
        return 0
    _write(output, source, _content(given.to, model, given.opset))
    return 0


def _content(form: str, model: tuple[Any, ...], opset: int | None) -> bytes:
    if form == "numpy":
        return export.numpy_code(*model).encode()
    opset = OPSET if opset is None else opset
    content: bytes = export.to_onnx(*model, opset=opset).SerializeToString()
    return content


def _write(output: str, source: Path, data: bytes) -> None:
    """Write a file and print its path, or write to the standard output for ``-``."""
    if output == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    path = Path(output)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the name of a file")
    if path.exists() and path.samefile(source):
        raise ValueError(f"{path} is the model itself: give another name with -o")
    if path.suffix == ".py" and path.is_file():
        check_ours(path)
    try:
        replace(path, data)
    except OSError as error:
        raise OSError(f"{path} could not be written ({error.strerror})") from error
    print(path)
