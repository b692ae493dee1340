"""Keras: code with a model, and the weights beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from textwrap import indent
from typing import Any, TypeAlias

import numpy as np

from neurona.engine.network import Network
from neurona.engine.types import Array
from neurona.export.frameworks import call, export_code, listed
from neurona.export.keras_texts import EVERY, FUNCTIONS
from neurona.export.numpy_layers import block, needed
from neurona.export.parts import RECURRENT, Part, both_directions, form_of, gates, padding_of

# Keras's own name where that is neurona's function, or else a function of the code's.
ACTIVATIONS = {
    **{
        name: f'"{name}"'
        for name in (
            "linear", "sigmoid", "tanh", "softsign", "relu", "elu", "selu", "silu", "softplus",
            "mish", "softmax",
        )
    },
    "leaky_relu": "leaky_relu",
    "gelu": "gelu",
    "exp": '"exponential"',
}  # fmt: skip

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
{functions}

def build():
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

# The text of a layer, and its weights in Keras's order.
Layered: TypeAlias = tuple[str, dict[str, Array]]


def _layer(class_: str, /, *given: Any, name: str | None = None, **options: Any) -> str:
    """Write a layer; options that are None are left out."""
    name = None if name is None else f'"{name}"'
    return call(f"keras.layers.{class_}", *given, **options, name=name)


def _activation(part: Part) -> str:
    return form_of(part.activation, ACTIVATIONS, "Keras")


# From a part and its name, by which layers with weights find theirs, to layers.
Row: TypeAlias = Callable[[Any, str], list[Layered]]


def _weights(name: str, *each: Array) -> dict[str, Array]:
    return {f"{name}.{k}": array for k, array in enumerate(each)}


def _dense(part: Part, name: str) -> list[Layered]:
    W, b = part.params
    W = W.reshape(W.shape[-2:])  # of a convolution of size 1 too
    text = _layer("Dense", len(b), activation=_activation(part), name=name)
    return [(text, _weights(name, W, b))]


def _convolution(part: Part, name: str) -> list[Layered]:
    (W, b), layer = part.params, part.layer
    pads = padding_of(part)
    pad: list[Layered] = []
    stride, dilation, groups = (
        given if np.any(np.not_equal(given, 1)) else None
        for given in (layer.stride, layer.dilation, layer.groups)
    )
    both = stride is not None and dilation is not None
    options: dict[str, Any] = {}
    if isinstance(layer.padding, str) and not both:
        options["padding"] = None if layer.padding == "valid" else f'"{layer.padding}"'
    elif any(map(sum, pads)):
        given = pads if len(pads) > 1 else pads[0]
        pad = [(_layer(f"ZeroPadding{len(pads)}D", given), {})]
    options["strides"] = None if both else stride
    options |= {"dilation_rate": dilation, "groups": groups}
    text = _layer(
        f"Conv{part.axes}D", len(b), layer.size, activation=_activation(part), name=name, **options
    )
    made = [*pad, (text, _weights(name, W, b))]
    if both:  # which Keras does not have at once: every so many are left over
        made.append((_layer(f"MaxPooling{len(pads)}D", 1, strides=stride), {}))
    return made


def _pooling(part: Part, name: str) -> list[Layered]:
    layer, pads = part.layer, padding_of(part)
    padded, largest = any(map(sum, pads)), part.kind == "MaxPool"
    same = padded and largest and layer.padding == "same"
    pool = _layer(
        f"{part.kind}ing{part.axes}D", layer.size, strides=layer.stride,
        padding='"same"' if same else None,
    )  # fmt: skip
    if padded and not same:
        function = "padded_maximum" if largest else "padded_average"
        pool = function + block("()", [str(part.shape), str(pads), pool])
    return [(pool, {})]


def _over_all(part: Part, name: str) -> list[Layered]:
    text = _layer(f"{part.kind}ing{part.axes}D")
    if getattr(part.layer, "mask_zero", False):
        text = f"masked_pooling({part.shape}, {text})"
    return [(text, {})]


def _normalization(part: Part, name: str) -> list[Layered]:
    text = _layer("LayerNormalization", epsilon=repr(part.layer.epsilon), name=name)
    return [(text, _weights(name, *part.params))]


def _embedding(part: Part, name: str) -> list[Layered]:
    W = part.params.W
    return [(_layer("Embedding", *W.shape, name=name), _weights(name, W))]


def _positions(part: Part, name: str) -> list[Layered]:
    text = f'Positions(name="{name}")'
    if part.layer.mask_zero:
        text = "masked" + block("()", [str(part.shape), f"[{text}]"])
    return [(text, _weights(name, part.params[0]))]


def _recurrence(part: Part, name: str) -> list[Layered]:
    layer, (text, weights) = part.layer, _steps(part, name)
    if layer.mask_zero or (layer.return_sequences and layer.go_backwards):
        padding = ["padding=True"] if layer.mask_zero else []
        text = "recurrence" + block("()", [str(part.shape), text, *padding])
    return [(text, _weights(name, *weights))]


def _steps(part: Part, name: str | None) -> tuple[str, list[Array]]:
    """Return a recurrence, and its weights in Keras's order and with its gates in it."""
    kind, layer, params = part.kind, part.layer, part.params
    n, (W, U, b) = layer.n_out, params[:3]
    options: dict[str, Any] = {}
    if kind == "SimpleRNN" and layer.activation.name != "tanh":
        options["activation"] = form_of(layer.activation.name, ACTIVATIONS, "Keras")
    if kind != "SimpleRNN":
        W, U, b = (gates(array, GATES[kind]) for array in (W, U, b))
    if kind == "GRU":
        b = np.stack([b, np.concatenate([np.zeros_like(b[: 2 * n]), params.c])])
    options |= {
        "return_sequences": layer.return_sequences or None,
        "go_backwards": layer.go_backwards or None,
        "name": name,
    }
    return _layer(kind, n, **options), [W, U, b]


GATES = {"GRU": (1, 0, 2), "LSTM": (0, 1, 3, 2)}  # u, r, n and i, f, g, o there


def _attention(part: Part, name: str) -> list[Layered]:
    layer, n, (W, b, V, c) = part.layer, part.shape[-1], part.params
    heads, m = layer.heads, len(V)
    by_head = heads, m // heads
    projections = [
        array.reshape(*shape, *by_head)
        for k in range(3)
        for array, shape in ((W[:, k * m : (k + 1) * m], (n,)), (b[k * m : (k + 1) * m], ()))
    ]
    text = _layer("MultiHeadAttention", *by_head, name=name)
    function = "masked_attention" if layer.mask_zero else "self_attention"
    causal = ["causal=True"] if layer.causal else []
    weights = _weights(name, *projections, V.reshape(*by_head, n), c)
    return [(function + block("()", [str(part.shape), text, *causal]), weights)]


def _masked(part: Part, name: str) -> list[Layered]:
    lines, weights = _layers(part.branches[0], f"{name}_")
    return [("masked" + block("()", [str(part.shape), block("[]", lines)]), weights)]


def _side_by_side(part: Part, name: str) -> list[Layered]:
    if (both := _bidirectional(part, name)) is not None:
        return both
    weights: dict[str, Array] = {}
    branches = []
    for k, branch in enumerate(part.branches, start=1):
        lines, its = _layers(branch, f"{name}_{k}_")
        weights |= its
        branches.append(block("[]", lines or [_layer("Identity")]))
    arguments = [str(part.shape), _layer(part.kind), block("[]", branches)]
    return [("side_by_side" + block("()", arguments), weights)]


def _bidirectional(part: Part, name: str) -> list[Layered] | None:
    """Return one layer for a recurrence in both directions side by side, if it is that."""
    both = both_directions(part)
    if both is None:
        return None
    text, weights = _steps(both[0], None)
    text = _layer("Bidirectional", text, name=name)
    return [(text, _weights(name, *weights, *_steps(both[1], None)[1]))]


ROWS: dict[str, Row] = {
    "Dense": _dense,
    "Conv": _convolution,
    "MaxPool": _pooling,
    "AveragePool": _pooling,
    "GlobalMaxPool": _over_all,
    "GlobalAveragePool": _over_all,
    "Scale": lambda part, name: [(f'Scale(name="{name}")', _weights(name, *part.params))],
    "LayerNormalization": _normalization,
    "Flatten": lambda part, name: [(_layer("Flatten"), {})],
    "Reshape": lambda part, name: [(_layer("Reshape", part.layer.shape), {})],
    "Upsample": lambda part, name: [(_layer("UpSampling2D", part.layer.size), {})],
    "Activate": lambda part, name: (
        [(_layer("Identity"), {})] if part.activation == "linear" else []
    ),
    "Embedding": _embedding,
    "PositionalEncoding": _positions,
    "MultiHeadAttention": _attention,
    "Masked": _masked,
    **dict.fromkeys(RECURRENT, _recurrence),
    **dict.fromkeys(("Concatenate", "Add"), _side_by_side),
}


def _layers(parts: Sequence[Part], prefix: str = "layer") -> tuple[list[str], dict[str, Array]]:
    """Return the lines of a Sequential, and the weights by the names of its layers."""
    lines: list[str] = []
    weights: dict[str, Array] = {}
    for i, part in enumerate(parts, start=1):
        made = form_of(part.kind, ROWS, "Keras")(part, f"{prefix}{i}")
        if part.activation != "linear" and part.kind not in ("Dense", "Conv"):
            made.append((_layer("Activation", _activation(part)), {}))
        for text, own in made:
            weights |= own
            lines.append(text)
    return lines, weights


USE = """\
    from model import load
    from preparation import decide, prepare

    net = load()
    print(decide(net.predict(prepare({table}))))
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

    An estimator's network goes with its preparation, as that of
    :func:`~neurona.export.to_pytorch`.

    Parameters
    ----------
    model, params, folder, preparation
        As for :func:`~neurona.export.to_pytorch`, whose errors it raises.

    Returns
    -------
    pathlib.Path
        The path of ``model.py``.

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
    return export_code(model, params, folder, preparation, USE, _code)


def _code(net: Network, parts: list[Part]) -> tuple[str, dict[str, Array], dict[str, str]]:
    lines, weights = _layers(parts)
    text = listed(lines)
    functions = needed(f"[{text}]", FUNCTIONS)
    every = "net.layers"
    if any("keras.Model(x" in one for one in functions):  # models within the model
        functions, every = [*functions, EVERY], "every(net)"
    own = {
        "shape": str(net.in_shape),
        "every": every,
        "functions": "".join(f"\n\n{one}" for one in functions),
        "layers": indent(text, " " * 12),
    }
    return CODE, weights, own
