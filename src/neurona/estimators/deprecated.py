"""The exports as methods of an estimator, as they were before they became functions."""

from __future__ import annotations

from typing import Any

import neurona
from neurona.warn import warn


class ExportMethods:
    """Each is ``neurona.export``'s function of the same name, and goes with the next release."""

    def to_onnx(self, path: Any = None, *, missing: str = "") -> Any:
        """Use ``neurona.export.to_onnx(estimator, path)``."""
        return _export("to_onnx")(self, path, missing=missing)

    def numpy_code(self, *, written_out: float = 400) -> Any:
        """Use ``neurona.export.numpy_code(estimator)``."""
        return _export("numpy_code")(self, written_out=written_out)

    def to_pytorch(self, folder: Any) -> Any:
        """Use ``neurona.export.to_pytorch(estimator, folder)``."""
        return _export("to_pytorch")(self, folder)

    def to_keras(self, folder: Any) -> Any:
        """Use ``neurona.export.to_keras(estimator, folder)``."""
        return _export("to_keras")(self, folder)

    def to_sklearn(self) -> Any:
        """Use ``neurona.export.to_sklearn(estimator)``."""
        return _export("to_sklearn")(self)


def _export(name: str) -> Any:
    said = f"an estimator's {name} becomes a function: use neurona.export.{name}(estimator, ...)"
    warn(said, DeprecationWarning)
    return getattr(neurona.export, name)
