"""The way out of neurona, and the way in: models as other programs have them.

====================================  ==============================================================
`numpy_code`, `to_numpy`              a program of one page that needs NumPy alone
`to_onnx`                             a model that runs in many programs and languages
`to_pytorch`, `to_keras`              code to be read, and the weights beside it
`to_sklearn`                          a fitted MLPClassifier or MLPRegressor
`from_sklearn`, `from_keras`,         a network of neurona and its parameters, from a model made of
`from_pytorch`                        layers that neurona has
====================================  ==============================================================

Each export takes a network and its parameters, or a fitted estimator, which goes out with the
preparation of its raw columns, and computes the same function. A layer or an activation without
a counterpart on the other side is refused, and never replaced by a similar one. Each import is
compared with the original on random inputs, and refused if it differs. skl2onnx turns
a Pipeline that holds an estimator into ONNX, after ``neurona.export.skl2onnx.register()``.

A new layer gets its name in ``parts.PARTS`` and a row in the ``ROWS`` of ``onnx_layers``,
``numpy_layers``, ``pytorch`` and ``keras``; for the way back, in the ``LAYERS`` of
``pytorch_functions`` and ``keras_layers``.

>>> import neurona
>>> net = neurona.network([2, 3, 1], "tanh", output="sigmoid")
>>> code = neurona.export.numpy_code(net, net.init(rng=0))
>>> program = {}
>>> exec(code, program)
>>> program["predict"]([[0.0, 0.0]])
array([[0.5]], dtype=float32)
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from neurona.export.keras import to_keras
from neurona.export.keras_import import from_keras
from neurona.export.numpy_program import numpy_code, to_numpy
from neurona.export.onnx import to_onnx
from neurona.export.pytorch import to_pytorch
from neurona.export.pytorch_import import from_pytorch
from neurona.export.sklearn import from_sklearn, to_sklearn

__all__ = [
    "from_keras",
    "from_pytorch",
    "from_sklearn",
    "numpy_code",
    "to_keras",
    "to_numpy",
    "to_onnx",
    "to_pytorch",
    "to_sklearn",
]


def __getattr__(name: str) -> Any:
    if name == "skl2onnx":  # the one module here that imports scikit-learn
        return import_module("neurona.export.skl2onnx")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
