"""Layers of series in ONNX's operations: recurrences, attention, texts, and masks of padding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from neurona.engine.activations import LEAK
from neurona.engine.types import Array
from neurona.export.onnx_activations import ACTIVATIONS
from neurona.export.onnx_graph import Graph
from neurona.export.parts import Part, form_of
from neurona.extras import require

# From a graph, a part, the name of its constants and that of its result, to a longer graph.
Row: TypeAlias = Callable[[Graph, Part, str, str], Graph]

LOW = -1e30  # a score that a softmax makes 0, even if it gets nothing else


def real(graph: Graph, result: str) -> Graph:
    """Tell of each step whether it is more than padding: bool ``(rows, steps, 1)``."""
    graph = graph.constant(f"{result}.0", 0)
    graph = graph.node("Abs", result=f"{result}.size")
    graph = graph.reduce("ReduceMax", [-1], f"{result}.largest")
    return graph.node("Greater", f"{result}.0", result=result)


def where(graph: Graph, condition: str, otherwise: float, result: str) -> Graph:
    """Keep the numbers for which a condition holds, and put another in the place of the rest."""
    number = f"{result}.otherwise"
    graph, value = graph.constant(number, otherwise), graph.end
    return graph.at(condition).node("Where", value, number, result=result)


def embedding(graph: Graph, part: Part, name: str, result: str) -> Graph:
    """Look up a row for each index; indices come as float32."""
    whole = require("onnx", "export").TensorProto.INT64
    graph = graph.constant(f"{name}.W", part.params.W)
    graph = graph.node("Cast", result=f"{name}.index", to=whole)
    return graph.at(f"{name}.W").node("Gather", f"{name}.index", result=result)


def positions(graph: Graph, part: Part, name: str, result: str) -> Graph:
    """Add a row of the table to each step."""
    x, masked = graph.end, part.layer.mask_zero
    graph = graph.constant(f"{name}.P", part.params.P)
    graph = graph.node("Add", f"{name}.P", result=f"{name}.sum" if masked else result)
    if not masked:
        return graph
    total = graph.end
    graph = real(graph.at(x), f"{name}.real").at(total)
    return where(graph, f"{name}.real", 0, result)


def pooled(operation: str, empty: float) -> Row:
    """Reduce a series to one step: ReduceMean or ReduceMax over its steps, without padding."""

    def add(graph: Graph, part: Part, name: str, result: str) -> Graph:
        if not part.layer.mask_zero:
            return graph.reduce(operation, [1], result, keepdims=False)
        x, number = graph.end, require("onnx", "export").TensorProto.FLOAT
        graph = real(graph, f"{name}.real").at(x)
        graph = where(graph, f"{name}.real", empty, f"{name}.x")
        if operation == "ReduceMax":
            return graph.reduce(operation, [1], result, keepdims=False)
        graph = graph.reduce("ReduceSum", [1], f"{name}.sum", keepdims=False).at(f"{name}.real")
        graph = graph.node("Cast", result=f"{name}.counts", to=number)
        graph = graph.reduce("ReduceSum", [1], f"{name}.sum of steps", keepdims=False)
        graph = graph.constant(f"{name}.1", 1).node("Max", f"{name}.1", result=f"{name}.count")
        return graph.at(f"{name}.sum").node("Div", f"{name}.count", result=result)

    return add


def attention(graph: Graph, part: Part, name: str, result: str) -> Graph:
    """Softmax(q kᵀ / √size) v for each head, with what a step does not see at a low score."""
    layer, (steps, _) = part.layer, part.shape
    heads, wide = layer.heads, len(part.params.V)
    size, x = wide // heads, graph.end
    for key, array in part.params._asdict().items():
        graph = graph.constant(f"{name}.{key}", array)
    graph = graph.constant(f"{name}.√size", size**0.5)
    graph = graph.whole(f"{name}.apart", [0, steps, 3, heads, size])
    graph = graph.whole(f"{name}.together", [0, 0, wide])
    graph = (
        graph.node("MatMul", f"{name}.W", result=f"{name}.x W")
        .node("Add", f"{name}.b", result=f"{name}.x W + b")
        .node("Reshape", f"{name}.apart", result=f"{name}.heads last")
        .node("Transpose", result=f"{name}.qkv", perm=[2, 0, 3, 1, 4])
    )
    for i, which in enumerate("qkv"):  # (rows, heads, steps, size)
        graph = (
            graph.whole(f"{name}.{which}", i)
            .at(f"{name}.qkv")
            .node("Gather", f"{name}.{which}", result=f"{name}.each {which}", axis=0)
        )
    graph = (
        graph.at(f"{name}.each k")
        .node("Transpose", result=f"{name}.each kᵀ", perm=[0, 1, 3, 2])
        .at(f"{name}.each q")
        .node("MatMul", f"{name}.each kᵀ", result=f"{name}.q kᵀ")
        .node("Div", f"{name}.√size", result=f"{name}.scores")
    )
    scores = graph.end
    if layer.mask_zero:
        graph = graph.whole(f"{name}.keys", [0, 1, 1, steps])
        graph = real(graph.at(x), f"{name}.real")
        graph = graph.node("Reshape", f"{name}.keys", result=f"{name}.real keys").at(scores)
        graph = where(graph, f"{name}.real keys", LOW, f"{name}.scores of real")
    if layer.causal:
        graph = graph.constant(f"{name}.past", np.tri(steps, dtype=bool))
        graph = where(graph, f"{name}.past", LOW, f"{name}.scores of past")
    graph = (
        graph.node("Softmax", result=f"{name}.weights", axis=-1)
        .node("MatMul", f"{name}.each v", result=f"{name}.values")
        .node("Transpose", result=f"{name}.by steps", perm=[0, 2, 1, 3])
        .node("Reshape", f"{name}.together", result=f"{name}.together by steps")
        .node("MatMul", f"{name}.V", result=f"{name}.y V")
        .node("Add", f"{name}.c", result=f"{name}.y" if layer.mask_zero else result)
    )
    return where(graph, f"{name}.real", 0, result) if layer.mask_zero else graph


# ------------------------------------------------------------------------------- recurrences

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
    """A recurrent layer's form in ONNX.

    Attributes
    ----------
    operation
        ONNX's name.
    order
        Neurona's gates in ONNX's order.
    states
        What the layer hands from step to step, its output first.
    step
        From the graph of one step, with ``x W + b`` in ``z`` and the former states in ``h`` and
        ``c``, to one with the new ones in ``new h`` and ``new c``.
    """

    operation: str
    order: tuple[int, ...]
    states: str
    step: Callable[[Graph, Part], Graph]


def _gates(graph: Graph, n: int, of: str, *names: str) -> Graph:
    """Cut the sums of a step into those of its gates."""
    graph = graph.whole(f"{of}.widths", [n] * len(names)).at(of)
    return graph.node("Split", f"{of}.widths", result=f"{of}.split", results=names, axis=-1)


def _simple_step(graph: Graph, part: Part) -> Graph:
    """h' = f(z + h U)."""
    activation = form_of(part.layer.activation.name, ACTIVATIONS, "ONNX")
    graph = graph.at("h").node("MatMul", "U", result="h U").node("Add", "z", result="sum")
    return activation(graph, "new h")


def _gru_step(graph: Graph, part: Part) -> Graph:
    """h' = (1 - u) n + u h, with n = tanh(z + r (h U + c)); u is the gate z."""
    n = len(part.params.U)
    graph = graph.constant("c", np.concatenate([np.zeros(2 * n, np.float32), part.params.c]))
    graph = graph.at("h").node("MatMul", "U", result="h U").node("Add", "c", result="h U + c")
    graph = _gates(graph, n, "z", "r by x", "u by x", "n by x")
    graph = _gates(graph, n, "h U + c", "r by h", "u by h", "n by h")
    for gate in "ru":
        graph = graph.at(f"{gate} by x").node("Add", f"{gate} by h", result=f"{gate} sum")
        graph = graph.node("Sigmoid", result=gate)
    return (
        graph.at("n by h")
        .node("Mul", "r", result="r n by h")
        .node("Add", "n by x", result="n sum")
        .node("Tanh", result="n")
        .at("h")
        .node("Sub", "n", result="h - n")
        .node("Mul", "u", result="u (h - n)")
        .node("Add", "n", result="new h")
    )


def _lstm_step(graph: Graph, part: Part) -> Graph:
    """c' = f c + i g, h' = o tanh(c')."""
    graph = graph.at("h").node("MatMul", "U", result="h U").node("Add", "z", result="sums")
    graph = _gates(graph, len(part.params.U), "sums", *(f"{gate} sum" for gate in "ifog"))
    for gate in "ifog":
        activation = "Tanh" if gate == "g" else "Sigmoid"
        graph = graph.at(f"{gate} sum").node(activation, result=gate)
    return (
        graph.at("i")
        .node("Mul", "g", result="i g")
        .at("f")
        .node("Mul", "c", result="f c")
        .node("Add", "i g", result="new c")
        .node("Tanh", result="tanh c")
        .node("Mul", "o", result="new h")
    )


RECURRENCES = {
    "SimpleRNN": Recurrence("RNN", (0,), "h", _simple_step),
    "GRU": Recurrence("GRU", (1, 0, 2), "h", _gru_step),
    "LSTM": Recurrence("LSTM", (0, 2, 1, 3), "hc", _lstm_step),
}


def recurrence(graph: Graph, part: Part, name: str, result: str) -> Graph:
    """Use ONNX's operation for the whole series where it computes the same, and else a Scan.

    A Scan runs a graph of one step. ONNX's own operations are faster; yet they know few activations
    and no padding but at the end, while here a step of zeros is padding wherever it is.
    """
    if part.layer.mask_zero or part.layer.activation.name not in RNN_ACTIVATIONS:
        return _scan(graph, part, name, result)
    return _whole(graph, part, name, result)


def _whole(graph: Graph, part: Part, name: str, result: str) -> Graph:
    """Let one operation run over all steps, which ONNX has as the first axis."""
    layer, params, form = part.layer, part.params, RECURRENCES[part.kind]
    n = len(params.U)

    def ordered(array: Array) -> Array:
        gates = np.split(array, len(form.order), axis=-1)
        return np.concatenate([gates[i] for i in form.order], axis=-1).T[None]

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
    constants = {"W": ordered(params.W), "U": ordered(params.U), "b": biases}
    for key, value in constants.items():
        graph = graph.constant(f"{name}.{key}", value)
    sequences = layer.return_sequences
    graph = (
        graph.whole(f"{name}.direction", [1 if sequences else 0])
        .node("Transpose", result=f"{name}.steps first", perm=[1, 0, 2])
        .node(
            form.operation, f"{name}.W", f"{name}.U", f"{name}.b", result=f"{name}.states",
            results=[f"{name}.states"] if sequences else ["", f"{name}.states"], **attributes,
        )
    )  # fmt: skip
    squeezed = f"{name}.states by steps" if sequences else result
    graph = graph.node("Squeeze", f"{name}.direction", result=squeezed)
    return graph.node("Transpose", result=result, perm=[1, 0, 2]) if sequences else graph


def _scan(graph: Graph, part: Part, name: str, result: str) -> Graph:
    """Let a graph of one step run over all steps; padding leaves the states as they are."""
    helper, kinds = require("onnx.helper", "export"), require("onnx", "export").TensorProto
    layer, form, x, n = part.layer, RECURRENCES[part.kind], graph.end, len(part.params.U)
    for key, value in {"W": part.params.W, "b": part.params.b}.items():
        graph = graph.constant(f"{name}.{key}", value)
    graph = graph.node("MatMul", f"{name}.W", result=f"{name}.x W")
    graph = graph.node("Add", f"{name}.b", result=f"{name}.x W + b")
    by_steps = [graph.end]
    if layer.mask_zero:
        graph = real(graph.at(x), f"{name}.real")
        by_steps.append(graph.end)
    zeros = helper.make_tensor("0", kinds.FLOAT, [1], [0.0])  # the first states: (rows, n)
    graph = (
        graph.whole(f"{name}.first", [0])
        .whole(f"{name}.n", [n])
        .at(x)
        .node("Shape", result=f"{name}.shape")
        .node("Gather", f"{name}.first", result=f"{name}.rows")
        .node("Concat", f"{name}.n", result=f"{name}.rows, n", axis=0)
        .node("ConstantOfShape", result=f"{name}.zeros", value=zeros)
    )

    def described(value: str, width: int | None = n, kind: int = kinds.FLOAT) -> Any:
        return helper.make_tensor_value_info(value, kind, ["rows", width])

    inputs = [*map(described, form.states), described("z", part.params.b.size)]
    inputs += [described("real", 1, kinds.BOOL)] if layer.mask_zero else []
    step = Graph(tuple(inputs), "z", opset=graph.opset).constant("U", part.params.U)
    step = form.step(step, part)
    ends = [f"new {state}" for state in form.states]
    if layer.mask_zero:
        for state in form.states:
            step = step.at("real").node("Where", f"new {state}", state, result=f"next {state}")
        ends = [f"next {state}" for state in form.states]
        shown = where(step.at("new h"), "real", 0, "shown")
    else:
        shown = step.at("new h").node("Identity", result="shown")
    step = shown
    body = helper.make_graph(
        step.nodes, "step", step.inputs, [*map(described, [*ends, "shown"])],
        initializer=step.constants,
    )  # fmt: skip
    body = require("onnx.compose", "export").add_prefix_graph(body, f"{name}.step.")
    last = [f"{name}.last {state}" for state in form.states]
    results = [*last, result] if layer.return_sequences else [result, *last[1:], f"{name}.states"]
    back = int(layer.go_backwards)
    return graph.node(
        "Scan", *[graph.end] * (len(form.states) - 1), *by_steps, result=result, results=results,
        body=body, num_scan_inputs=len(by_steps), scan_input_axes=[1] * len(by_steps),
        scan_input_directions=[back] * len(by_steps), scan_output_axes=[1],
        scan_output_directions=[back],
    )  # fmt: skip
