"""Modules are found under their public names; and under old ones, for one release, with a warning.

``neurona.costs`` is an attribute of the package, ``import neurona.costs`` needs a finder.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.machinery import ModuleSpec

TYPE_CHECKING = False  # neither typing nor importlib.abc need be imported for what stands below
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.abc import Loader, MetaPathFinder
    from types import ModuleType
else:
    Loader = MetaPathFinder = object

MOVED = {
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


class OtherNames(MetaPathFinder):
    """Finds a module by its public name or its old one, and those within it."""

    def __init__(self, public: Mapping[str, str]) -> None:
        names = {f"neurona.{name}": module for name, module in public.items()} | MOVED
        self.names = {name: module for name, module in names.items() if name != module}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to import a module that has another name; None for any other."""
        for name, module in self.names.items():
            if fullname == name or fullname.startswith(f"{name}."):
                found = module + fullname.removeprefix(name)
                if name in MOVED:  # the import machinery's own frames are not counted
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
