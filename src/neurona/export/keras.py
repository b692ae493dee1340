"""Keras: code with a model and the weights beside it; and back from a Sequential."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from neurona.engine.network import Network
from neurona.engine.types import Array, Params
from neurona.export.estimator_numpy import USE_KERAS, preparation_code
from neurona.export.folder import SIGN, WEIGHTS, beside, write_folder
from neurona.export.model import fitted
from neurona.export.parts import form_of, network_of, parts_of, topology_of
from neurona.export.recognition import Chain
from neurona.extras import require

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
    answers = net.predict(X)  # X: float32 rows (n, {n_in}); answers: (n, {n_out})
{beside}"""

from pathlib import Path

import keras
from safetensors.numpy import load_file

WEIGHTS = Path(__file__).with_name("{weights}")


{functions}def build():
    """Return the network as Keras draws it, without what it has learnt."""
    return keras.Sequential(
        [
            keras.Input((2,)),
{layers}
        ]
    )


def load(path=WEIGHTS):
    """Return the network with its weights, ready to answer."""
    net = build()
    weights = load_file(path)
    for layer in net.layers:
{weights_of_layer}    return net
'''.replace("(2,)", "({n_in},)")

DENSE = """        layer.set_weights([weights[layer.name + ".W"], weights[layer.name + ".b"]])
"""
DENSE_OR_NORMAL = """        dense = isinstance(layer, keras.layers.Dense)
        names = [layer.name + end for end in ((".W", ".b") if dense else (".gamma", ".beta"))]
        if layer.weights:
            layer.set_weights([weights[name] for name in names])
"""


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
    network's outputs into classes or numbers. Its text says how the two go together.

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
        model, params = estimator.network_, estimator.params_
        preparation = preparation_code(estimator, USE_KERAS)
    if folder is None:
        raise ValueError("give the folder to write to: to_keras(net, params, folder)")
    parts = parts_of(model, params)
    used = dict.fromkeys(part.activation for part in parts)
    weights: dict[str, Array] = {}
    lines = []
    for i, part in enumerate(parts, start=1):
        weights[f"layer{i}.W"], weights[f"layer{i}.b"] = part.W, part.b
        function = form_of(part.activation, ACTIVATIONS, "Keras")
        if part.normal:
            name, (gamma, beta, epsilon) = f"normal{i}", part.normal
            weights[f"{name}.gamma"], weights[f"{name}.beta"] = gamma, beta
            lines.append(f'keras.layers.Dense({part.n_out}, name="layer{i}"),')
            lines.append(f'keras.layers.LayerNormalization(epsilon={epsilon!r}, name="{name}"),')
            lines.append(f"keras.layers.Activation({function}),")
            continue
        lines.append(f'keras.layers.Dense({part.n_out}, activation={function}, name="layer{i}"),')
    code = CODE.format(
        topology=topology_of(parts),
        sign=SIGN,
        weights=WEIGHTS,
        beside=beside(preparation),
        n_in=model.n_in,
        n_out=model.n_out,
        weights_of_layer=DENSE_OR_NORMAL if any(part.normal for part in parts) else DENSE,
        functions="".join(FUNCTIONS.get(name, "") for name in used),
        layers="\n".join(" " * 12 + line for line in lines),
    )
    return write_folder(folder, code, weights, preparation)


def from_keras(model: Any) -> tuple[Network, Params]:
    """Return a network and parameters that answer as a model of Keras 3 does.

    Parameters
    ----------
    model
        A ``keras.Sequential`` of ``Dense`` layers and activations that has its weights. Sequentials
        may hold others. ``Dropout`` does nothing to an answer and is left out, and so is a first
        ``Flatten``: the network takes rows.

    Returns
    -------
    net, params
        A network, and its parameters in float32, which are copies.

    Raises
    ------
    ValueError
        If something in it is neither dense nor one of neurona's activations, if an activation
        stands where neurona has no place for it, or if the model has no weights yet.

    Notes
    -----
    An activation is recognised by what it does: Keras's ``"gelu"`` is refused, for it is the exact
    one, and ``lambda z: keras.activations.gelu(z, approximate=True)`` is neurona's.

    Examples
    --------
    >>> import keras  # doctest: +SKIP
    >>> model = keras.Sequential(
    ...     [keras.Input((2,)), keras.layers.Dense(3, "tanh")]
    ... )  # doctest: +SKIP
    >>> net, params = from_keras(model)  # doctest: +SKIP
    >>> net.topology, net.output.name  # doctest: +SKIP
    ((2, 3), 'tanh')
    """
    keras = require("keras", "bench")
    if not _is_plain(model, keras.Sequential):
        kind = type(model).__name__
        raise ValueError(f"{kind} is no keras.Sequential: give one, of Dense layers")
    if not model.built:
        raise ValueError(f"the model {model.name!r} has no weights yet: let it answer once")
    chain = Chain()
    for layer in _flat(model, keras.Sequential):
        what = f"{layer.name} ({type(layer).__name__})"
        if _is_plain(layer, keras.layers.Dense):
            if not chain.parts and len(model.input_shape) != 2 and not _flattens(keras, model):
                raise ValueError(
                    f"the model takes examples of shape {model.input_shape[1:]}: "
                    "neurona takes rows; begin with a Flatten"
                )
            if layer.quantization_mode is not None:
                raise ValueError(f"{what} is quantized: neurona's weights are float32")
            numbers = keras.ops.convert_to_numpy
            chain.dense(
                numbers(layer.kernel), numbers(layer.bias) if layer.use_bias else None, what
            )
            chain.activation(_answer(keras, layer.activation), f"the activation of {what}")
        elif layer.weights:
            raise ValueError(f"{what} is not dense: neurona takes a Sequential of Dense layers")
        else:
            chain.activation(_answer(keras, layer), what)
    return network_of(chain.finished(f"the model {model.name!r}"))


def _is_plain(layer: Any, kind: Any) -> bool:
    """Tell whether it is a layer of that kind, and computes as the kind does."""
    return isinstance(layer, kind) and type(layer).call is kind.call


def _flat(model: Any, sequential: Any) -> Iterator[Any]:
    for layer in model.layers:
        if _is_plain(layer, sequential):
            yield from _flat(layer, sequential)
        else:
            yield layer


def _flattens(keras: Any, model: Any) -> bool:
    """Tell whether examples become rows at first, their numbers in their order."""
    first = next(_flat(model, keras.Sequential))
    return isinstance(first, keras.layers.Flatten) and first.data_format == "channels_last"


def _answer(keras: Any, function: Any) -> Any:
    return lambda z: np.asarray(
        keras.ops.convert_to_numpy(function(keras.ops.convert_to_tensor(z)))
    )
