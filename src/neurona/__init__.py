"""neurona: a neural network from scratch that you can read, watch and use.

>>> import neurona
>>> X, y = neurona.datasets.circles(n=500, factor=0.5, noise=0.05, rng=0)
>>> net = neurona.network([2, 4, 8, 1], activation="sigmoid")
>>> for state in neurona.train(net, X, y, steps=1000, every=500, rng=0):
...     print(state.step, bool(state.cost < 0.1))
0 False
500 True
1000 True
"""

from __future__ import annotations

import sys
from importlib import import_module

from neurona._moved import OtherNames

TYPE_CHECKING = False  # typing takes longer to import than all of this
if TYPE_CHECKING:
    from typing import Any

__version__ = "0.1.0"

# Each public name is imported on first use, so that `import neurona` costs nothing.
_MODULES = {
    "activations": "neurona.engine.activations",
    "comparison": "neurona.lesson.comparison",
    "costs": "neurona.engine.costs",
    "datasets": "neurona.datasets",
    "distributed": "neurona.engine.distributed",
    "engine": "neurona.engine",
    "export": "neurona.export",
    "initializers": "neurona.engine.initializers",
    "layers": "neurona.engine.layers",
    "observe": "neurona.observe",
    "optimizers": "neurona.engine.optimizers",
    "plot": "neurona.observe.figures",
    "schedules": "neurona.engine.schedules",
    "tutorial": "neurona.tutorial",
}
_NAMES = {
    "Layer": "neurona.engine.layers.base",
    "Activate": "neurona.engine.layers.base",
    "Sequential": "neurona.engine.layers.sequential",
    "AveragePool1D": "neurona.engine.layers.pooling",
    "AveragePool2D": "neurona.engine.layers.pooling",
    "MaxPool1D": "neurona.engine.layers.pooling",
    "Conv1D": "neurona.engine.layers.convolution",
    "GlobalAveragePool1D": "neurona.engine.layers.global_pooling",
    "GlobalAveragePool2D": "neurona.engine.layers.global_pooling",
    "GlobalMaxPool1D": "neurona.engine.layers.global_pooling",
    "GlobalMaxPool2D": "neurona.engine.layers.global_pooling",
    "Masked": "neurona.engine.layers.masked",
    "Reshape": "neurona.engine.layers.reshape",
    "Upsample2D": "neurona.engine.layers.upsample",
    "MaxPool2D": "neurona.engine.layers.pooling",
    "Flatten": "neurona.engine.layers.flatten",
    "Conv2D": "neurona.engine.layers.convolution",
    "Concatenate": "neurona.engine.layers.concatenate",
    "Add": "neurona.engine.layers.add",
    "activation": "neurona.engine.activations",
    "adam": "neurona.engine.optimizers",
    "adamw": "neurona.engine.optimizers",
    "Augmentation": "neurona.engine.augmentation",
    "bidirectional": "neurona.engine.layers.recurrent",
    "Embedding": "neurona.engine.layers.embedding",
    "GRU": "neurona.engine.layers.gru",
    "LSTM": "neurona.engine.layers.lstm",
    "MultiHeadAttention": "neurona.engine.layers.attention",
    "PositionalEncoding": "neurona.engine.layers.positions",
    "SimpleRNN": "neurona.engine.layers.simple_rnn",
    "transformer_block": "neurona.engine.layers.transformer",
    "BatchNormalization": "neurona.engine.layers.normalization",
    "check_gradient": "neurona.engine.gradcheck",
    "diagnose": "neurona.doctor.diagnosis",
    "Dense": "neurona.engine.layers.dense",
    "Dropout": "neurona.engine.layers.dropout",
    "LayerNormalization": "neurona.engine.layers.normalization",
    "load": "neurona.files",
    "load_state": "neurona.files",
    "MissingExtra": "neurona.extras",
    "ModelFileError": "neurona.files",
    "momentum": "neurona.engine.optimizers",
    "nadam": "neurona.engine.optimizers",
    "Network": "neurona.engine.network",
    "network": "neurona.engine.network",
    "resumable": "neurona.files.checkpoint",
    "rmsprop": "neurona.engine.optimizers",
    "save": "neurona.files",
    "sgd": "neurona.engine.optimizers",
    "Sweep": "neurona.sweeps.result",
    "sweep": "neurona.sweeps.sweep",
    "State": "neurona.engine.state",
    "train": "neurona.engine.training",
    "TrainingDiverged": "neurona.engine.divergence",
}
# A star import must work with NumPy alone; these names need an extra.
_NAMES_OF_EXTRAS = {
    "NeuralNetClassifier": "neurona.estimators",
    "NeuralNetRegressor": "neurona.estimators",
    "Playground": "neurona.web.widget",
}


sys.meta_path.insert(0, OtherNames(_MODULES))


def __getattr__(name: str) -> Any:
    value: Any
    if name == "__all__":  # for a star import: the estimators too, where scikit-learn is installed
        found = import_module("importlib.util").find_spec("sklearn") is not None
        estimators = [one for one in _NAMES_OF_EXTRAS if found and one.startswith("NeuralNet")]
        value = sorted([*_MODULES, *_NAMES, *estimators])
    elif name in _MODULES:
        value = import_module(_MODULES[name])
    elif name in _NAMES or name in _NAMES_OF_EXTRAS:
        value = getattr(import_module({**_NAMES, **_NAMES_OF_EXTRAS}[name]), name)
    else:
        raise AttributeError(f"module 'neurona' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*{*globals(), *_MODULES, *_NAMES, *_NAMES_OF_EXTRAS}]
