"""The way out of neurona, and the way in: networks as other programs have them.

====================================  ==============================================================
`numpy_code`                          a program of one page that needs NumPy alone
`to_onnx`                             a model that runs in many programs and languages
`to_pytorch`, `to_keras`              code to be read, and the weights beside it
`to_sklearn`                          a fitted MLPClassifier or MLPRegressor
`from_sklearn`, `from_keras`,         a network of neurona and its parameters, from a model made of
`from_pytorch`                        dense layers
====================================  ==============================================================

Each export takes a network and its parameters and computes the same function. What has no
counterpart on the other side is refused, and never replaced by something similar.

Each takes a fitted estimator, too, and goes out with what prepares the raw columns of its table;
:mod:`neurona.estimators.exports` says how. Pipelines that hold one become ONNX by skl2onnx, after
``neurona.export.skl2onnx.register()``.

>>> import neurona
>>> net = neurona.network([2, 3, 1], "tanh", output="sigmoid")
>>> code = neurona.export.numpy_code(net, net.init(rng=0))
>>> program = {}
>>> exec(code, program)
>>> program["predict"]([[0.0, 0.0]])
array([[0.5]], dtype=float32)
"""

from __future__ import annotations

from neurona.export.keras import from_keras, to_keras
from neurona.export.numpy_program import numpy_code
from neurona.export.onnx_graph import to_onnx
from neurona.export.pytorch import from_pytorch, to_pytorch
from neurona.export.sklearn import from_sklearn, to_sklearn

__all__ = [
    "from_keras",
    "from_pytorch",
    "from_sklearn",
    "numpy_code",
    "to_keras",
    "to_onnx",
    "to_pytorch",
    "to_sklearn",
]
