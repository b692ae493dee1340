"""Keras: code with a model, and the weights beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from textwrap import indent
from typing import Any, TypeAlias

from neurona.engine.network import Network
from neurona.engine.types import Array
from neurona.export.estimator_numpy import USE_KERAS, preparation_code
from neurona.export.folder import SIGN, WEIGHTS, beside, write_folder
from neurona.export.model import fitted, in_units, takes_arrays
from neurona.export.parts import Part, every, form_of, parts_of, topology_of

# Keras's own name where that is neurona's function, or else a function of the code's.
ACTIVATIONS = {
    "linear": '"linear"',
    "sigmoid": '"sigmoid"',
    "tanh": '"tanh"',
    "softsign": '"softsign"',
    "relu": '"relu"',
    "leaky_relu": "leaky_relu",
    "elu": '"elu"',
    "selu": '"selu"',
    "gelu": "gelu",
    "silu": '"silu"',
    "softplus": '"softplus"',
    "mish": '"mish"',
    "softmax": '"softmax"',
    "exp": '"exponential"',
}

FUNCTIONS = {
    "leaky_relu": '''@keras.saving.register_keras_serializable("neurona")
def leaky_relu(z):
    """z where z > 0, and 0.01 z elsewhere: Keras's own leaks 0.2."""
    return keras.activations.leaky_relu(z, negative_slope=0.01)


''',
    "gelu": '''@keras.saving.register_keras_serializable("neurona")
def gelu(z):
    """The approximation of z Φ(z) by tanh: Keras's own is the exact one."""
    return keras.activations.gelu(z, approximate=True)


''',
}

CODE = '''"""A network {topology}, {sign}, in Keras.

Its weights are in {weights}, beside this file. It needs keras, one of its backends
(JAX, PyTorch, TensorFlow), and safetensors:

    from model import load

    net = load()
    outputs = net.predict(X)  # X: float32 (n, {n_in}); outputs: (n, {n_out})
{beside}"""

from pathlib import Path

import keras
from safetensors.numpy import load_file

WEIGHTS = Path(__file__).with_name("{weights}")


{functions}def build():
    """Return the network as Keras draws it, without its weights."""
    return keras.Sequential(
        [
            keras.Input({shape}),
{layers}
        ]
    )


def load(path=WEIGHTS):
    """Return the network with its weights, ready to predict."""
    net = build()
    weights = load_file(path)
    for layer in {every}:
{weights_of_layer}    return net
'''

DENSE = """        layer.set_weights([weights[layer.name + ".W"], weights[layer.name + ".b"]])
"""
OTHERS = """        ends = [".gamma", ".beta"] if layer.name.startswith("normal") else [".W", ".b"]
        if layer.weights:
            layer.set_weights([weights[layer.name + end] for end in ends])
"""

EVERY = '''def every(model):
    """Yield each layer, and those within it."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from every(layer)
        else:
            yield layer


'''
SIDE_BY_SIDE = '''def side_by_side(shape, merge, branches):
    """Return a layer of branches that take the same input, and what puts their outputs together."""
    x = keras.Input(shape)
    return keras.Model(x, merge([keras.Sequential(branch)(x) for branch in branches]))


'''

# From a part, its name and the argument that says its activation, to a call and the weights.
Layered: TypeAlias = tuple[str, dict[str, Array]]
Row: TypeAlias = Callable[[Any, str, str], Layered]


def _call(class_: str, *given: str) -> str:
    return f"keras.layers.{class_}({', '.join(filter(None, given))})"


def _weighted(class_: str, *given: Callable[[Any], str]) -> Row:
    def make(part: Any, i: str, activation: str) -> Layered:
        arrays = {f"layer{i}.{key}": array for key, array in part.params._asdict().items()}
        said = [one(part) for one in given]
        return _call(class_, *said, activation, f'name="layer{i}"'), arrays

    return make


def _normalization(part: Any, i: str, activation: str) -> Layered:
    gamma, beta = part.params
    name = f'name="normal{i}"'
    weights = {f"normal{i}.gamma": gamma, f"normal{i}.beta": beta}
    return _call("LayerNormalization", f"epsilon={part.layer.epsilon!r}", name), weights


def _side_by_side(merge: str) -> Row:
    def make(part: Any, i: str, activation: str) -> Layered:
        weights: dict[str, Array] = {}
        branches = []
        for k, branch in enumerate(part.branches, start=1):
            lines, its = _layers(branch, f"{i}_{k}_")
            weights |= its
            text = "\n".join(lines) or "keras.layers.Identity(),"
            branches.append("[\n" + indent(text, " " * 4) + "\n],")
        listed = "[\n" + indent("\n".join(branches), " " * 4) + "\n],"
        arguments = f"{part.shape},\nkeras.layers.{merge},\n{listed}"
        return "side_by_side(\n" + indent(arguments, " " * 4) + "\n)", weights

    return make


ROWS: dict[str, Row] = {
    "Dense": _weighted("Dense", lambda part: str(part.n_out)),
    "LayerNormalization": _normalization,
    "Conv2D": _weighted(
        "Conv2D", lambda part: str(part.layer.n_out), lambda part: str(part.layer.size)
    ),
    "MaxPool2D": lambda part, i, activation: (_call("MaxPooling2D", str(part.layer.size)), {}),
    "Flatten": lambda part, i, activation: (_call("Flatten"), {}),
    "Activate": lambda part, i, activation: (_call("Identity"), {}),
    "Concatenate": _side_by_side("Concatenate()"),
    "Add": _side_by_side("Add()"),
}


def _layers(parts: Sequence[Part], prefix: str = "") -> tuple[list[str], dict[str, Array]]:
    """Return the lines of a Sequential, and the weights by the names of its layers."""
    lines: list[str] = []
    weights: dict[str, Array] = {}
    for i, part in enumerate(parts, start=1):
        function = form_of(part.activation, ACTIVATIONS, "Keras")
        row = form_of(part.kind, ROWS, "Keras")
        call, own = row(part, f"{prefix}{i}", f"activation={function}")
        weights |= own
        inside = part.kind in ("Dense", "Conv2D")
        if part.activation == "linear" or part.kind != "Activate":
            lines.append(f"{call},")
        if part.activation != "linear" and not inside:
            lines.append(f"{_call('Activation', function)},")
    return lines, weights


def to_keras(
    model: Any,
    params: Any = None,
    folder: str | PathLike[str] | None = None,
    *,
    preparation: str | None = None,
) -> Path:
    """Write the network as code for Keras 3, ``model.py``, and its weights beside it.

    The code can be read and changed; its ``load()`` returns a ``keras.Sequential`` with the weights
    of ``model.safetensors``. Keras is not needed to write it.

    An estimator's network goes with its preparation: ``preparation.py``, in NumPy, has
    ``prepare(table)``, which makes the network's input, and ``decide(outputs)``, which turns the
    network's outputs into classes or numbers. Its text says how the two go together. Images and
    series need none: their scaling is a layer of the network, which takes them as they are, with
    the channel, and gives probabilities in the order of ``classes_``, or numbers in the target's
    units.

    Parameters
    ----------
    model, params
        A network and its parameters, which are taken to float32; or a fitted estimator alone.
    folder
        Where to; it is made if it is not there, and an earlier export in it is replaced.
    preparation
        Code that is put beside a network, as ``preparation.py``.

    Returns
    -------
    pathlib.Path
        The path of ``model.py``.

    Raises
    ------
    ValueError
        If neurona has no export for a layer or an activation, or the parameters don't fit the
        network.
    sklearn.exceptions.NotFittedError
        If the estimator has not been fitted.
    FileExistsError
        If the folder has a ``model.py`` or a ``preparation.py`` that is not an export.
    MissingExtra
        If safetensors is not installed.

    Examples
    --------
    >>> import neurona, tempfile
    >>> net = neurona.network([2, 3, 1], "tanh", output="sigmoid")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     code = to_keras(net, net.init(rng=0), folder).read_text()
    >>> print(code[code.index("    return keras.Seq"):code.index("def load")].strip())
    return keras.Sequential(
            [
                keras.Input((2,)),
                keras.layers.Dense(3, activation="tanh", name="layer1"),
                keras.layers.Dense(1, activation="sigmoid", name="layer2"),
            ]
        )
    """
    if not isinstance(model, Network):
        estimator, folder = fitted(model), params if folder is None else folder
        if takes_arrays(estimator):
            model, params = in_units(estimator)
        else:
            model, params = estimator.network_, estimator.params_
            preparation = preparation_code(estimator, USE_KERAS)
    if folder is None:
        raise ValueError("give the folder to write to: to_keras(net, params, folder)")
    parts = parts_of(model, params)
    lines, weights = _layers(parts)
    used = dict.fromkeys(one for part in every(parts) for one in (part.kind, part.activation))
    branched = "Concatenate" in used or "Add" in used
    code = CODE.format(
        topology=topology_of(parts),
        sign=SIGN,
        weights=WEIGHTS,
        beside=beside(preparation),
        shape=model.in_shape,
        n_in=", ".join(map(str, model.in_shape)),
        n_out=", ".join(map(str, model.out_shape())),
        every="every(net)" if branched else "net.layers",
        weights_of_layer=DENSE if {part.kind for part in parts} == {"Dense"} else OTHERS,
        functions="".join(FUNCTIONS.get(one, "") for one in used)
        + (EVERY + SIDE_BY_SIDE if branched else ""),
        layers=indent("\n".join(lines), " " * 12),
    )
    return write_folder(folder, code, weights, preparation)
