"""Layers, one to a file: the formula beside its derivative.

:mod:`~neurona.engine.layers.base` has the contract that all keep; each module of this folder is
imported here, so that its layers are known by their names.

>>> sorted({"Add", "Activate", "Dense"} & {*LAYERS})
['Activate', 'Add', 'Dense']
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from neurona.engine.layers.base import LAYERS, Layer, Nothing, Stage, Train
from neurona.engine.layers.recurrent import bidirectional
from neurona.engine.layers.transformer import transformer_block

for _module in iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)

__all__ = [  # noqa: PLE0604
    "LAYERS", "Layer", "Nothing", "Stage", "Train", "bidirectional", "transformer_block", *LAYERS
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in LAYERS:
        return LAYERS[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
