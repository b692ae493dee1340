"""Recurrences in ONNX's operations: one for the whole series, or a Scan over its steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from neurona.engine.activations import LEAK
from neurona.engine.types import Array
from neurona.export.onnx_activations import ACTIVATIONS
from neurona.export.onnx_graph import Graph
from neurona.export.onnx_series import real, where
from neurona.export.parts import Part, form_of
from neurona.extras import require

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


def _gates(graph: Graph, part: Part, of: str, *names: str) -> Graph:
    """Cut the sums of a step into those of its gates."""
    graph = graph.whole(f"{of}.widths", [len(part.params.U)] * len(names)).at(of)
    return graph.node("Split", f"{of}.widths", result=f"{of}.split", results=names, axis=-1)


def _simple_step(graph: Graph, part: Part) -> Graph:
    """h' = f(z + h U)."""
    activation = form_of(part.layer.activation.name, ACTIVATIONS, "ONNX")
    graph = graph.at("h").node("MatMul", "U", result="h U").node("Add", "z", result="sum")
    return activation(graph, "new h")


def _gru_step(graph: Graph, part: Part) -> Graph:
    """h' = (1 - u) n + u h, with n = tanh(z + r (h U + c)); u is the gate z."""
    graph = graph.constant("c", part.params.c).at("h").node("MatMul", "U", result="h U")
    for of, by in (("z", "x"), ("h U", "h")):
        graph = _gates(graph, part, of, *(f"{gate} by {by}" for gate in "run"))
    for gate in "ru":
        graph = graph.at(f"{gate} by x").node("Add", f"{gate} by h", result=f"{gate} sum")
        graph = graph.node("Sigmoid", result=gate)
    return (
        graph.at("n by h")
        .node("Add", "c", result="n by h + c")
        .node("Mul", "r", result="r (n by h + c)")
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
    graph = _gates(graph, part, "sums", *(f"{gate} sum" for gate in "ifog"))
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
    results = [f"{name}.sequence", f"{name}.last"]
    graph = (
        graph.whole(f"{name}.direction", [1 if sequences else 0])
        .node("Transpose", result=f"{name}.steps first", perm=[1, 0, 2])
        .node(
            form.operation, f"{name}.W", f"{name}.U", f"{name}.b",
            result=results[0 if sequences else 1], results=results, **attributes,
        )
    )  # fmt: skip
    squeezed = f"{name}.sequence of one direction" if sequences else result
    graph = graph.node("Squeeze", f"{name}.direction", result=squeezed)
    return graph.node("Transpose", result=result, perm=[1, 0, 2]) if sequences else graph


def _scan(graph: Graph, part: Part, name: str, result: str) -> Graph:
    """Let a graph of one step run over all steps; x W + b is computed for all of them before."""
    layer, states, x = part.layer, RECURRENCES[part.kind].states, graph.end
    graph = graph.constant(f"{name}.W", part.params.W).constant(f"{name}.b", part.params.b)
    graph = graph.node("MatMul", f"{name}.W", result=f"{name}.x W")
    graph = graph.node("Add", f"{name}.b", result=f"{name}.x W + b")
    by_steps = [graph.end]
    if layer.mask_zero:
        graph = real(graph.at(x), f"{name}.real")
        by_steps.append(graph.end)
    graph = _zeros(graph.at(x), len(part.params.U), f"{name}.zeros")
    last = [f"{name}.last {state}" for state in states]
    sequence = [result] if layer.return_sequences else [f"{name}.sequence"]
    if not layer.return_sequences:
        last[0] = result
    back = int(layer.go_backwards)
    body = require("onnx.compose", "export").add_prefix_graph(
        _body(part, graph.opset), f"{name}.step."
    )
    return graph.node(
        "Scan", *[graph.end] * (len(states) - 1), *by_steps, result=result,
        results=[*last, *sequence], body=body, num_scan_inputs=len(by_steps),
        scan_input_axes=[1] * len(by_steps), scan_input_directions=[back] * len(by_steps),
        scan_output_axes=[1], scan_output_directions=[back],
    )  # fmt: skip


def _zeros(graph: Graph, n: int, result: str) -> Graph:
    """Go on from zeros ``(rows, n)``, as many rows as there are."""
    onnx = require("onnx", "export")
    value = onnx.helper.make_tensor("0", onnx.TensorProto.FLOAT, [1], [0.0])
    return (
        graph.whole(f"{result}.first", [0])
        .whole(f"{result}.n", [n])
        .node("Shape", result=f"{result}.shape of x")
        .node("Gather", f"{result}.first", result=f"{result}.rows")
        .node("Concat", f"{result}.n", result=f"{result}.shape", axis=0)
        .node("ConstantOfShape", result=result, value=value)
    )


def _body(part: Part, opset: int) -> Any:
    """Return the graph of one step; padding leaves the states as they are, and shows zeros."""
    onnx = require("onnx", "export")
    form, n = RECURRENCES[part.kind], len(part.params.U)

    def described(value: str, width: int = n, kind: str = "FLOAT") -> Any:
        kind = getattr(onnx.TensorProto, kind)
        return onnx.helper.make_tensor_value_info(value, kind, ["rows", width])

    inputs = [*map(described, form.states), described("z", part.params.b.size)]
    if part.layer.mask_zero:
        inputs.append(described("real", 1, "BOOL"))
    step = Graph(tuple(inputs), "z", opset=opset).constant("U", part.params.U)
    step = form.step(step, part)
    if part.layer.mask_zero:
        for state in form.states:
            step = step.at("real").node("Where", f"new {state}", state, result=f"next {state}")
        step = where(step.at("new h"), "real", 0, "shown")
    else:
        for state in form.states:
            step = step.at(f"new {state}").node("Identity", result=f"next {state}")
        step = step.at("new h").node("Identity", result="shown")
    outputs = [*(f"next {state}" for state in form.states), "shown"]
    return onnx.helper.make_graph(
        step.nodes, "step", step.inputs, [*map(described, outputs)], initializer=step.constants
    )
