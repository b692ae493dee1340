"""For one release, modules are found under their old names, with a warning that has the new one."""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.machinery import ModuleSpec

TYPE_CHECKING = False  # neither typing nor importlib.abc need be imported for what stands below
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader, MetaPathFinder
    from types import ModuleType
else:
    Loader = MetaPathFinder = object

MOVED = {
    "neurona.comparison": "neurona.lesson.comparison",
    "neurona.costs": "neurona.engine.costs",
    "neurona.datasets.tables": "neurona.datasets.csv",
    "neurona.engine.compiled": "neurona.engine.jax_engine",
    "neurona.engine.further": "neurona.engine.layers",
    "neurona.estimators.skl2onnx": "neurona.export.skl2onnx",
    "neurona.mending": "neurona.lesson.cure",
    "neurona.models": "neurona.files",
    "neurona.names": "neurona.registry",
    "neurona.observe.lesson": "neurona.lesson.trace",
    "neurona.sources": "neurona.engine.batches",
}


class OldNames(MetaPathFinder):
    """Finds a module that has moved, and those within it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to import a module that has moved; None for any other."""
        for old, new in MOVED.items():
            if fullname == old or fullname.startswith(f"{old}."):
                found = new + fullname.removeprefix(old)
                # The import machinery's own frames are not counted.
                message = f"{fullname} has moved: import {found}"
                warnings.warn(message, DeprecationWarning, stacklevel=2)
                return ModuleSpec(fullname, Alias(found))
        return None


class Alias(Loader):
    """Loads a module under its new name, and hands it out under the old one too."""

    def __init__(self, new: str) -> None:
        self.new = new

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module itself."""
        module = import_module(self.new)
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own description back, which the import has replaced."""
        module.__spec__ = self.spec
