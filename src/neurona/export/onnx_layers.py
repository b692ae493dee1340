"""Each layer and each activation function in ONNX's operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import pi, sqrt
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from neurona.engine.activations import LEAK, SELU_ALPHA, SELU_SCALE
from neurona.engine.types import Array
from neurona.export.onnx_graph import Builder, Graph, Value
from neurona.export.parts import Part, form_of, gates, padding_of
from neurona.extras import require

Row: TypeAlias = Callable[[Value, Part], Value]

LOW = -1e30  # a score that a softmax makes 0, even if it gets nothing else

# ----------------------------------------------------------------------------------- activations


def _one(operation: str, **attributes: Any) -> Callable[[Value], Value]:
    return lambda z: z.op(operation, **attributes)


def _mish(z: Value) -> Value:
    """z tanh(softplus(z)), which is one operation from opset 18 on."""
    return z.op("Mish") if z.builder.opset >= 18 else z * z.op("Softplus").op("Tanh")


def _gelu(z: Value) -> Value:
    """z (1 + tanh(√(2/π) z (1 + 0.044715 z²))) / 2, which is one operation from opset 20 on."""
    if z.builder.opset >= 20:
        return z.op("Gelu", approximate="tanh")
    t = (z * z * 0.044715 + 1) * z * sqrt(2 / pi)
    return (t.op("Tanh") + 1) * 0.5 * z


ACTIVATIONS: dict[str, Callable[[Value], Value]] = {
    "linear": lambda z: z,
    "sigmoid": _one("Sigmoid"),
    "tanh": _one("Tanh"),
    "softsign": _one("Softsign"),
    "relu": _one("Relu"),
    "leaky_relu": _one("LeakyRelu", alpha=LEAK),
    "elu": _one("Elu", alpha=1.0),
    "selu": _one("Selu", alpha=SELU_ALPHA, gamma=SELU_SCALE),
    "gelu": _gelu,
    "silu": lambda z: z.op("Sigmoid") * z,
    "softplus": _one("Softplus"),
    "mish": _mish,
    "softmax": _one("Softmax", axis=-1),
    "exp": _one("Exp"),
}

# ------------------------------------------------------------------------ rows, and any examples


def _weights(x: Value, part: Part) -> list[Value]:
    """Return the parameters of a layer, which have their names in the graph too."""
    return [x.builder.constant(array, name) for name, array in part.params._asdict().items()]


def _scale(x: Value, part: Part) -> Value:
    s, t = _weights(x, part)
    return x * s + t


def _normalization(x: Value, part: Part) -> Value:
    gamma, beta = _weights(x, part)
    if x.builder.opset >= 17:
        return x.op("LayerNormalization", gamma, beta, epsilon=part.layer.epsilon)
    d = x - x.reduce("ReduceMean", -1, keepdims=True)
    variance = (d * d).reduce("ReduceMean", -1, keepdims=True)
    return d / variance.op("Add", part.layer.epsilon).op("Sqrt") * gamma + beta


def _upsampling(x: Value, part: Part) -> Value:
    """Repeat each place; ONNX would let a number of the result choose its nearest place."""
    scales = np.array([1, *part.layer.size, 1], np.float32)
    how = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return x.op("Resize", None, scales, mode="nearest", **how)


def _side_by_side(operation: str, **attributes: Any) -> Row:
    """Let each branch begin where the graph is, and put their ends together."""

    def add(x: Value, part: Part) -> Value:
        scope = x.builder.scope
        first, *others = (
            layers(x, branch, f"{scope}.{i}.") for i, branch in enumerate(part.branches, start=1)
        )
        return first.op(operation, *others, **attributes)

    return add


# ------------------------------------------------------------------------------- images, windows


def _windows(operation: str, **attributes: Any) -> Row:
    """Apply an operation on windows: ONNX has the channels before the places."""

    def add(x: Value, part: Part) -> Value:
        layer, places = part.layer, range(1, len(part.shape))
        before, after = zip(*padding_of(part), strict=True)
        given: dict[str, Any] = {
            "kernel_shape": layer.windows.size, "strides": layer.windows.stride,
            "pads": [*before, *after],
        }  # fmt: skip
        weights = []
        if operation == "Conv":
            W, b = part.params
            W = x.builder.constant(np.moveaxis(W, (-1, -2), (0, 1)), "W")
            weights = [W, x.builder.constant(b, "b")]
            given |= {"dilations": layer.windows.dilation, "group": layer.groups}
        y = x.transpose(0, len(part.shape), *places).op(operation, *weights, **given, **attributes)
        return y.transpose(0, *(i + 1 for i in places), 1)

    return add


# ------------------------------------------------------------------- series, texts, and padding


def real(x: Value) -> Value:
    """Tell of each step whether it is more than padding: bool ``(rows, steps, 1)``."""
    return x.op("Abs").reduce("ReduceMax", -1, keepdims=True).op("Greater", 0)


def _positions(x: Value, part: Part) -> Value:
    (P,) = _weights(x, part)
    return (x + P).where(real(x), 0) if part.layer.mask_zero else x + P


def _pooled(operation: str) -> Row:
    """Reduce all places to one: ReduceMean or ReduceMax, of a series without padding."""

    def add(x: Value, part: Part) -> Value:
        if not getattr(part.layer, "mask_zero", False):
            return x.reduce(operation, *range(1, len(part.shape)))
        there = real(x)
        if operation == "ReduceMax":
            return x.where(there, -np.inf).reduce(operation, 1)
        count = there.cast("FLOAT").reduce("ReduceSum", 1).op("Max", 1)
        return x.where(there, 0).reduce("ReduceSum", 1) / count

    return add


def _attention(x: Value, part: Part) -> Value:
    """Softmax(q kᵀ / √size) v for each head, with what a step does not see at a low score."""
    layer, (steps, _) = part.layer, part.shape
    W, b, V, c = _weights(x, part)
    heads, wide = layer.heads, len(part.params.V)
    size: int = wide // heads
    each = (x @ W + b).reshape(0, steps, 3, heads, size).transpose(2, 0, 3, 1, 4)
    q, k, v = (each.op("Gather", np.int64(i), axis=0) for i in range(3))  # (rows, heads, steps, …)
    scores = q @ k.transpose(0, 1, 3, 2) / sqrt(size)
    if layer.mask_zero:
        there = real(x)
        scores = scores.where(there.reshape(0, 1, 1, steps), LOW)
    if layer.causal:
        scores = scores.where(x.builder.constant(np.tri(steps, dtype=bool), "past"), LOW)
    y = (scores.op("Softmax", axis=-1) @ v).transpose(0, 2, 1, 3).reshape(0, 0, wide) @ V + c
    return y.where(there, 0) if layer.mask_zero else y


def _masked(x: Value, part: Part) -> Value:
    y = layers(x, part.branches[0], f"{x.builder.scope}.")
    return y.where(real(x), 0)


# ------------------------------------------------------------------------------------ recurrences

# The activations that ONNX's RNN knows, with their constants alpha and beta where they have them;
# but softplus, which onnxruntime computes there as log(1 + e^z), infinite beyond 88.
RNN_ACTIVATIONS: dict[str, tuple[str, dict[str, list[float]]]] = {
    "linear": ("Affine", {"activation_alpha": [1.0], "activation_beta": [0.0]}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "softsign": ("Softsign", {}),
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"activation_alpha": [LEAK]}),
    "elu": ("Elu", {"activation_alpha": [1.0]}),
}


class Recurrence(NamedTuple):
    """A recurrent layer's form in ONNX."""

    operation: str
    order: tuple[int, ...]  # neurona's gates in ONNX's order
    # From the part, x W + b and the former states, the output first, to the new states.
    step: Callable[..., tuple[Value, ...]]


def _gates(part: Part, z: Value) -> tuple[Value, ...]:
    """Cut the sums of a step into those of its gates."""
    n, width = part.params.U.shape
    return z.ops("Split", np.full(width // n, n, np.int64), n=width // n, axis=-1)


def _simple_step(part: Part, z: Value, h: Value) -> tuple[Value]:
    """h' = f(z + h U)."""
    activation = form_of(part.layer.activation.name, ACTIVATIONS, "ONNX")
    return (activation(h @ h.builder.constant(part.params.U, "U") + z),)


def _gru_step(part: Part, z: Value, h: Value) -> tuple[Value]:
    """h' = (1 - u) n + u h, with n = tanh(z + r (h U + c)); u is the gate z."""
    U, c = part.params.U, part.params.c
    r, u, n = _gates(part, z)
    by_r, by_u, by_n = _gates(part, h @ h.builder.constant(U, "U"))
    r, u = ((one + by).op("Sigmoid") for one, by in ((r, by_r), (u, by_u)))
    n = ((by_n + c) * r + n).op("Tanh")
    return ((h - n) * u + n,)


def _lstm_step(part: Part, z: Value, h: Value, c: Value) -> tuple[Value, Value]:
    """c' = f c + i g, h' = o tanh(c')."""
    *others, g = _gates(part, h @ h.builder.constant(part.params.U, "U") + z)
    i, f, o = (one.op("Sigmoid") for one in others)
    c = f * c + i * g.op("Tanh")
    return c.op("Tanh") * o, c


RECURRENCES = {
    "SimpleRNN": Recurrence("RNN", (0,), _simple_step),
    "GRU": Recurrence("GRU", (1, 0, 2), _gru_step),
    "LSTM": Recurrence("LSTM", (0, 2, 1, 3), _lstm_step),
}


def _recurrence(x: Value, part: Part) -> Value:
    """Use ONNX's operation for the whole series where it computes the same, and else a Scan.

    A Scan runs a graph of one step. ONNX's own operations are faster; yet they know few activations
    and no padding but at the end, while here a step of zeros is padding wherever it is.
    """
    if part.layer.mask_zero or part.layer.activation.name not in RNN_ACTIVATIONS:
        return _scan(x, part)
    return _whole(x, part)


def _whole(x: Value, part: Part) -> Value:
    """Let one operation run over all steps, which ONNX has as the first axis."""
    layer, params, form = part.layer, part.params, RECURRENCES[part.kind]
    n = len(params.U)

    def ordered(array: Array) -> Array:
        return gates(array, form.order).T[None]

    by_state = np.zeros_like(params.b)
    attributes: dict[str, Any] = {"hidden_size": n}
    if part.kind == "GRU":
        by_state[2 * n :] = params.c
        attributes["linear_before_reset"] = 1
    if part.kind == "SimpleRNN":
        activation, alpha_beta = RNN_ACTIVATIONS[layer.activation.name]
        attributes |= {"activations": [activation], **alpha_beta}
    if layer.go_backwards:
        attributes["direction"] = "reverse"
    biases = np.concatenate([ordered(params.b), ordered(by_state)], axis=-1)
    weights = [
        x.builder.constant(array, name)
        for name, array in (("W", ordered(params.W)), ("U", ordered(params.U)), ("b", biases))
    ]
    sequence, last = x.transpose(1, 0, 2).ops(form.operation, *weights, n=2, **attributes)
    if layer.return_sequences:
        return sequence.op("Squeeze", np.array([1], np.int64)).transpose(1, 0, 2)
    return last.op("Squeeze", np.array([0], np.int64))


def _scan(x: Value, part: Part) -> Value:
    """Let a graph of one step run over all steps; x W + b is computed for all of them before."""
    layer, params, n = part.layer, part.params, len(part.params.U)
    states = ("h", "c") if part.kind == "LSTM" else ("h",)
    W, b = x.builder.constant(params.W, "W"), x.builder.constant(params.b, "b")
    by_steps = [x @ W + b, *([real(x)] if layer.mask_zero else [])]
    count = x.op("Shape").op("Gather", np.array([0], np.int64))
    zeros = count.op("Concat", np.array([n], np.int64), axis=0).op("ConstantOfShape")
    body = require("onnx.compose", "export").add_prefix_graph(
        _body(part, states, x.builder.opset), f"{x.builder.scope}.step."
    )
    back = int(layer.go_backwards)
    h, *_, sequence = zeros.ops(
        "Scan", *[zeros] * (len(states) - 1), *by_steps,
        n=len(states) + 1, body=body, num_scan_inputs=len(by_steps),
        scan_input_axes=[1] * len(by_steps), scan_input_directions=[back] * len(by_steps),
        scan_output_axes=[1], scan_output_directions=[back],
    )  # fmt: skip
    return sequence if layer.return_sequences else h


def _body(part: Part, names: Sequence[str], opset: int) -> Any:
    """Return the graph of one step; padding leaves the states as they are, and shows zeros."""
    onnx, n = require("onnx", "export"), len(part.params.U)

    def described(value: str, width: int = n, kind: str = "FLOAT") -> Any:
        kind = getattr(onnx.TensorProto, kind)
        return onnx.helper.make_tensor_value_info(value, kind, ["rows", width])

    inputs = [*map(described, names), described("z", part.params.b.size)]
    if part.layer.mask_zero:
        inputs.append(described("real", 1, "BOOL"))
    builder = Builder(Graph(tuple(inputs), "z", opset=opset), scope="step")
    z, there, *states = map(builder.value, ("z", "real", *names))
    new = RECURRENCES[part.kind].step(part, z, *states)
    shown = new[0]
    if part.layer.mask_zero:
        shown = shown.where(there, 0)
        new = tuple(one.where(there, old) for one, old in zip(new, states, strict=True))
    # Each output has its own value: one shown as it is would be two of them.
    outputs = [f"next {state}" for state in names]
    for one, name in zip(new, outputs, strict=True):
        builder.named(one.op("Identity"), name)
    builder.named(shown.op("Identity"), "shown")
    return onnx.helper.make_graph(
        builder.nodes, "step", inputs, [*map(described, [*outputs, "shown"])],
        initializer=builder.constants,
    )  # fmt: skip


# ----------------------------------------------------------------------------------------- table

ROWS: dict[str, Row] = {
    "Dense": lambda x, part: x.op("Gemm", *_weights(x, part)),
    "Scale": _scale,
    "LayerNormalization": _normalization,
    "Conv": _windows("Conv"),
    "MaxPool": _windows("MaxPool"),
    "AveragePool": _windows("AveragePool", count_include_pad=0),
    "GlobalMaxPool": _pooled("ReduceMax"),
    "GlobalAveragePool": _pooled("ReduceMean"),
    "Flatten": lambda x, part: x.op("Flatten", axis=1),
    "Reshape": lambda x, part: x.reshape(0, *part.layer.out_shape(part.shape)),
    "Upsample": _upsampling,
    "Activate": lambda x, part: x,
    **dict.fromkeys(RECURRENCES, _recurrence),
    "Embedding": lambda x, part: _weights(x, part)[0].op("Gather", x.cast("INT64")),
    "PositionalEncoding": _positions,
    "MultiHeadAttention": _attention,
    "Concatenate": _side_by_side("Concat", axis=-1),
    "Add": _side_by_side("Sum"),
    "Masked": _masked,
}


def layers(x: Value, parts: Sequence[Part], prefix: str = "layer") -> Value:
    """Return the output of one part after the other."""
    for i, part in enumerate(parts, start=1):
        with x.builder.within(f"{prefix}{i}"):
            x = form_of(part.kind, ROWS, "ONNX")(x, part)
            x = form_of(part.activation, ACTIVATIONS, "ONNX")(x)
    return x
