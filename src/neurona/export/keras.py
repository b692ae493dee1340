"""Keras: code with a model, and the weights beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from re import search
from textwrap import indent
from typing import Any, TypeAlias

import numpy as np

from neurona.engine.network import Network
from neurona.engine.types import Array
from neurona.export.estimator_numpy import USE_KERAS, preparation_code
from neurona.export.folder import SIGN, WEIGHTS, beside, write_folder
from neurona.export.model import fitted, in_units, takes_arrays
from neurona.export.parts import Part, form_of, parts_of, topology_of

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

# What Keras lacks: the code gets those that it names.
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
    "Scale": '''@keras.saving.register_keras_serializable("neurona")
class Scale(keras.layers.Layer):
    """y = s x + t, for each channel."""

    def build(self, shape):
        self.s = self.add_weight(shape=(shape[-1],), initializer="ones", name="s")
        self.t = self.add_weight(shape=(shape[-1],), initializer="zeros", name="t")

    def call(self, x):
        return self.s * x + self.t


''',
    "Positions": '''@keras.saving.register_keras_serializable("neurona")
class Positions(keras.layers.Layer):
    """A vector for each step, added to it."""

    def build(self, shape):
        self.vectors = self.add_weight(shape=shape[1:], initializer="zeros", name="vectors")

    def call(self, x):
        return x + self.vectors


''',
    "real": '''def real(x):
    """Return which steps are not padding, which is zeros: (examples, steps)."""
    return keras.ops.any(keras.ops.not_equal(x, 0), axis=-1)


''',
    "masked": '''def masked(shape, layers):
    """Return layers whose output is zeros where the step that they get is zeros."""
    x = keras.Input(shape)
    y = keras.Sequential(layers)(x)
    return keras.Model(x, keras.ops.where(real(x)[..., None], y, 0))


''',
    "masked_pooling": '''def masked_pooling(shape, layer):
    """Return a pooling over the steps that are not padding."""
    x = keras.Input(shape)
    if isinstance(layer, keras.layers.GlobalAveragePooling1D):
        return keras.Model(x, layer(x, mask=real(x)))
    return keras.Model(x, layer(keras.ops.where(real(x)[..., None], x, -float("inf"))))


''',
    "recurrence": '''def recurrence(shape, layer, padding=False):
    """Return a recurrence whose states are in the order of the steps, and which skips padding."""
    x = keras.Input(shape)
    h = layer(x, mask=real(x)) if padding else layer(x)
    if layer.return_sequences and layer.go_backwards:
        h = keras.ops.flip(h, axis=1)
    if layer.return_sequences and padding:
        h = keras.ops.where(real(x)[..., None], h, 0)
    return keras.Model(x, h)


''',
    "self_attention": '''def self_attention(shape, layer, causal=False):
    """Return a layer of which each step asks all steps, or those up to itself."""
    x = keras.Input(shape)
    return keras.Model(x, layer(x, x, use_causal_mask=causal))


''',
    "masked_attention": '''def masked_attention(shape, layer, causal=False):
    """The same; padding is not asked, and gives zeros."""
    x = keras.Input(shape)
    y = layer(x, x, attention_mask=real(x)[:, None, :], use_causal_mask=causal)
    return keras.Model(x, keras.ops.where(real(x)[..., None], y, 0))


''',
    "padded_maximum": '''def padded_maximum(shape, padding, pool):
    """Return a pooling of what has padding around it, which is never the maximum."""
    x = keras.Input(shape)
    around = ((0, 0), *padding, (0, 0))
    return keras.Model(x, pool(keras.ops.pad(x, around, constant_values=-float("inf"))))


''',
    "padded_average": '''def padded_average(shape, padding, pool):
    """Return a pooling of what has padding around it, which does not count."""
    x = keras.Input(shape)
    around = ((0, 0), *padding, (0, 0))
    total, share = keras.ops.pad(x, around), keras.ops.pad(keras.ops.ones_like(x), around)
    return keras.Model(x, pool(total) / pool(share))


''',
    "every": '''def every(model):
    """Yield each layer, and those within it."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from every(layer)
        else:
            yield layer


''',
    "side_by_side": '''def side_by_side(shape, merge, branches):
    """Return a layer of branches that take the same input, and what puts their outputs together."""
    x = keras.Input(shape)
    return keras.Model(x, merge([keras.Sequential(branch)(x) for branch in branches]))


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
        layer.set_weights([weights[f"{{layer.name}}.{{k}}"] for k in range(len(layer.weights))])
    return net
'''

NESTING = {name for name, code in FUNCTIONS.items() if "keras.Model(x" in code}  # models in one

# The text of a layer, and its weights in Keras's order.
Layered: TypeAlias = tuple[str, dict[str, Array]]


def _layer(class_: str, /, *given: Any, **options: Any) -> str:
    """Write a layer; options that are None are left out."""
    return _call(f"keras.layers.{class_}", *given, **options)


def _call(function: str, /, *given: Any, **options: Any) -> str:
    named = (f"{key}={one}" for key, one in options.items() if one is not None)
    return f"{function}({', '.join([*map(str, given), *named])})"


def _lines(name: str, *arguments: str) -> str:
    """Write a call with an argument to a line."""
    return f"{name}(\n" + indent(",\n".join(arguments), " " * 4) + ",\n)"


def _list(texts: Sequence[str]) -> str:
    return "[\n" + indent("\n".join(texts), " " * 4) + "\n]"


@dataclass(frozen=True)
class _Place:
    """Where a part stands: by it, layers with weights are named, which find theirs so."""

    i: str
    activation: str | None  # as an option; None: linear, or that of another layer after it

    @property
    def name(self) -> str:
        return f'"layer{self.i}"'

    def weights(self, *each: Array) -> dict[str, Array]:
        return {f"layer{self.i}.{k}": array for k, array in enumerate(each)}


Row: TypeAlias = Callable[[Any, _Place], list[Layered]]


def _dense(part: Part, at: _Place) -> list[Layered]:
    W, b = part.params
    W = W.reshape(W.shape[-2:])  # of a convolution of size 1 too
    text = _layer("Dense", len(b), activation=at.activation, name=at.name)
    return [(text, at.weights(W, b))]


def _convolution(part: Part, at: _Place) -> list[Layered]:
    (W, b), layer = part.params, part.layer
    stride, dilation = layer.stride, layer.dilation
    pads = part.layer.windows.margins(part.shape[:-1])
    pad: list[Layered] = []
    both = {*_each(stride)} != {1} and {*_each(dilation)} != {1}
    options: dict[str, Any] = {}
    if isinstance(layer.padding, str) and not both:
        options["padding"] = None if layer.padding == "valid" else f'"{layer.padding}"'
    elif any(map(sum, pads)):
        given = pads if len(pads) > 1 else pads[0]
        pad = [(_layer(f"ZeroPadding{len(pads)}D", given), {})]
    options["strides"] = None if both or {*_each(stride)} == {1} else stride
    options["dilation_rate"] = None if {*_each(dilation)} == {1} else dilation
    options["groups"] = None if layer.groups == 1 else layer.groups
    text = _layer(part.kind, len(b), layer.size, activation=at.activation, name=at.name, **options)
    made = [*pad, (text, at.weights(W, b))]
    if both:  # which Keras has not at once: every so many are left over
        made.append((_layer(f"MaxPooling{len(pads)}D", 1, strides=stride), {}))
    return made


def _each(given: Any) -> tuple[int, ...]:
    return given if isinstance(given, tuple) else (given,)


def _pooling(part: Part, at: _Place) -> list[Layered]:
    layer, pads = part.layer, part.layer.windows.margins(part.shape[:-1])
    class_ = part.kind.replace("Pool", "Pooling")
    strides = layer.stride
    if not any(map(sum, pads)):
        return [(_layer(class_, layer.size, strides=strides), {})]
    if layer.padding == "same" and part.kind.startswith("Max"):
        return [(_layer(class_, layer.size, strides=strides, padding='"same"'), {})]
    name = "padded_maximum" if part.kind.startswith("Max") else "padded_average"
    pool = _layer(class_, layer.size, strides=strides)
    return [(_lines(name, str(part.shape), str(pads), pool), {})]


def _over_all(part: Part, at: _Place) -> list[Layered]:
    text = _layer(part.kind.replace("Pool", "Pooling"))
    if getattr(part.layer, "mask_zero", False):
        text = f"masked_pooling({part.shape}, {text})"
    return [(text, {})]


def _normalization(part: Part, at: _Place) -> list[Layered]:
    text = _layer("LayerNormalization", epsilon=repr(part.layer.epsilon), name=at.name)
    return [(text, at.weights(*part.params))]


def _embedding(part: Part, at: _Place) -> list[Layered]:
    W = part.params.W
    return [(_layer("Embedding", *W.shape, name=at.name), at.weights(W))]


def _positions(part: Part, at: _Place) -> list[Layered]:
    text = f"Positions(name={at.name})"
    if part.layer.mask_zero:
        text = _lines("masked", str(part.shape), f"[{text}]")
    return [(text, at.weights(part.params[0]))]


def _recurrence(part: Part, at: _Place) -> list[Layered]:
    layer, (text, weights) = part.layer, _steps(part, at.name)
    if layer.mask_zero or (layer.return_sequences and layer.go_backwards):
        padding = ["padding=True"] if layer.mask_zero else []
        text = _lines("recurrence", str(part.shape), text, *padding)
    return [(text, at.weights(*weights))]


def _steps(part: Part, name: str | None) -> tuple[str, list[Array]]:
    """Return a recurrence, and its weights in Keras's order and with its gates in it."""
    kind, layer, params = part.kind, part.layer, part.params
    n, (W, U, b) = layer.n_out, params[:3]
    options: dict[str, Any] = {}
    if kind == "SimpleRNN" and layer.activation.name != "tanh":
        options["activation"] = form_of(layer.activation.name, ACTIVATIONS, "Keras")
    if kind != "SimpleRNN":
        gate = np.arange(W.shape[1]).reshape(-1, n)  # i, f, o, g here, and i, f, g, o there
        order = np.concatenate([gate[i] for i in ((1, 0, 2) if kind == "GRU" else (0, 1, 3, 2))])
        W, U, b = W[:, order], U[:, order], b[order]
    if kind == "GRU":
        b = np.stack([b, np.concatenate([np.zeros_like(b[: 2 * n]), params.c])])
    options |= {
        "return_sequences": layer.return_sequences or None,
        "go_backwards": layer.go_backwards or None,
        "name": name,
    }
    return _layer(kind, n, **options), [W, U, b]


def _attention(part: Part, at: _Place) -> list[Layered]:
    layer, n, (W, b, V, c) = part.layer, part.shape[-1], part.params
    heads, m = layer.heads, len(V)
    by_head = heads, m // heads
    projections = [
        array.reshape(*shape, *by_head)
        for k in range(3)
        for array, shape in ((W[:, k * m : (k + 1) * m], (n,)), (b[k * m : (k + 1) * m], ()))
    ]
    text = _layer("MultiHeadAttention", *by_head, name=at.name)
    name = "masked_attention" if layer.mask_zero else "self_attention"
    causal = ["causal=True"] if layer.causal else []
    weights = at.weights(*projections, V.reshape(*by_head, n), c)
    return [(_lines(name, str(part.shape), text, *causal), weights)]


def _masked(part: Part, at: _Place) -> list[Layered]:
    lines, weights = _layers(part.branches[0], f"{at.i}_")
    return [(_lines("masked", str(part.shape), _list(lines)), weights)]


def _side_by_side(part: Part, at: _Place) -> list[Layered]:
    if (both := _bidirectional(part, at)) is not None:
        return both
    weights: dict[str, Array] = {}
    branches = []
    for k, branch in enumerate(part.branches, start=1):
        lines, its = _layers(branch, f"{at.i}_{k}_")
        weights |= its
        branches.append(_list(lines or ["keras.layers.Identity(),"]) + ",")
    merge = _layer(part.kind)
    return [(_lines("side_by_side", str(part.shape), merge, _list(branches)), weights)]


def _bidirectional(part: Part, at: _Place) -> list[Layered] | None:
    """Return one layer for a recurrence in both directions side by side, if it is that."""
    if part.kind != "Concatenate" or [len(branch) for branch in part.branches] != [1, 1]:
        return None
    one, other = (branch[0] for branch in part.branches)
    plain = one.kind in RECURRENT and not one.layer.go_backwards and not one.layer.mask_zero
    linear = one.activation == other.activation == "linear"
    if not plain or not linear or other.layer != replace(one.layer, go_backwards=True):
        return None
    text, weights = _steps(one, None)
    text = _layer("Bidirectional", text, name=at.name)
    return [(text, at.weights(*weights, *_steps(other, None)[1]))]


RECURRENT = ("SimpleRNN", "GRU", "LSTM")
ROWS: dict[str, Row] = {
    "Dense": _dense,
    "Conv1D": _convolution,
    "Conv2D": _convolution,
    "Scale": lambda part, at: [(f"Scale(name={at.name})", at.weights(*part.params))],
    "LayerNormalization": _normalization,
    "Flatten": lambda part, at: [(_layer("Flatten"), {})],
    "Reshape": lambda part, at: [(_layer("Reshape", part.layer.shape), {})],
    "Upsample2D": lambda part, at: [(_layer("UpSampling2D", part.layer.size), {})],
    "Activate": lambda part, at: [(_layer("Identity"), {})],
    "Embedding": _embedding,
    "PositionalEncoding": _positions,
    "MultiHeadAttention": _attention,
    "Masked": _masked,
    **dict.fromkeys(("MaxPool1D", "MaxPool2D", "AveragePool1D", "AveragePool2D"), _pooling),
    **dict.fromkeys(
        ("GlobalMaxPool1D", "GlobalMaxPool2D", "GlobalAveragePool1D", "GlobalAveragePool2D"),
        _over_all,
    ),
    **dict.fromkeys(RECURRENT, _recurrence),
    **dict.fromkeys(("Concatenate", "Add"), _side_by_side),
}


def _layers(parts: Sequence[Part], prefix: str = "") -> tuple[list[str], dict[str, Array]]:
    """Return the lines of a Sequential, and the weights by the names of its layers."""
    lines: list[str] = []
    weights: dict[str, Array] = {}
    for i, part in enumerate(parts, start=1):
        function = form_of(part.activation, ACTIVATIONS, "Keras")
        inside = part.kind in ("Dense", "Conv1D", "Conv2D")
        at = _Place(f"{prefix}{i}", f"{function}" if inside else None)
        made = form_of(part.kind, ROWS, "Keras")(part, at)
        if part.activation != "linear" and not inside:
            made = [] if part.kind == "Activate" else made
            made.append((_layer("Activation", function), {}))
        for text, own in made:
            weights |= own
            lines.append(f"{text},")
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
    text = "\n".join(lines)
    used = {name for name in FUNCTIONS if search(rf"(?<![\w.\"]){name}\b(?!\")", text)}
    used |= {"every"} if used & NESTING else set()
    used |= {"real"} if any("real(x)" in FUNCTIONS[name] for name in used) else set()
    code = CODE.format(
        topology=topology_of(parts),
        sign=SIGN,
        weights=WEIGHTS,
        beside=beside(preparation),
        shape=model.in_shape,
        n_in=", ".join(map(str, model.in_shape)),
        n_out=", ".join(map(str, model.out_shape())),
        every="every(net)" if "every" in used else "net.layers",
        functions="".join(code for name, code in FUNCTIONS.items() if name in used),
        layers=indent(text, " " * 12),
    )
    return write_folder(folder, code, weights, preparation)
