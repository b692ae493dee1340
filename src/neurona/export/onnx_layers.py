"""The network as a graph of ONNX: a row for each layer, and the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from neurona.engine.network import Network
from neurona.export import onnx_series as series
from neurona.export.onnx_activations import ACTIVATIONS
from neurona.export.onnx_graph import Graph, model, rows
from neurona.export.onnx_recurrent import RECURRENCES, recurrence
from neurona.export.onnx_series import Row
from neurona.export.parts import Part, form_of, padding_of, parts_of, topology_of
from neurona.extras import require


def _dense(graph: Graph, part: Part, name: str, result: str) -> Graph:
    W, b = part.params
    graph = graph.constant(f"{name}.W", W).constant(f"{name}.b", b)
    return graph.node("Gemm", f"{name}.W", f"{name}.b", result=result)


def _scale(graph: Graph, part: Part, name: str, result: str) -> Graph:
    s, t = part.params
    graph = graph.constant(f"{name}.s", s).constant(f"{name}.t", t)
    return graph.node("Mul", f"{name}.s", result=f"{name}.s x").node(
        "Add", f"{name}.t", result=result
    )


def _normalization(graph: Graph, part: Part, name: str, result: str) -> Graph:
    gamma, beta = part.params
    graph = graph.constant(f"{name}.gamma", gamma).constant(f"{name}.beta", beta)
    scale = f"{name}.gamma", f"{name}.beta"
    if graph.opset >= 17:
        return graph.node("LayerNormalization", *scale, result=result, epsilon=part.layer.epsilon)
    x = graph.end
    return (
        graph.constant(f"{name}.epsilon", part.layer.epsilon)
        .reduce("ReduceMean", [-1], f"{name}.mean")
        .at(x)
        .node("Sub", f"{name}.mean", result=f"{name}.d")
        .node("Mul", f"{name}.d", result=f"{name}.d²")
        .reduce("ReduceMean", [-1], f"{name}.variance")
        .node("Add", f"{name}.epsilon", result=f"{name}.variance + ε")
        .node("Sqrt", result=f"{name}.deviation")
        .at(f"{name}.d")
        .node("Div", f"{name}.deviation", result=f"{name}.h")
        .node("Mul", f"{name}.gamma", result=f"{name}.gamma h")
        .node("Add", f"{name}.beta", result=result)
    )


def _windows(
    graph: Graph, part: Part, operation: str, name: str, result: str, *more: str, **attributes: Any
) -> Graph:
    """Apply an operation on windows: ONNX has the channels before the places."""
    places, windows = list(range(1, len(part.shape))), part.layer.windows
    before, after = zip(*padding_of(part), strict=True)
    graph = graph.node(
        "Transpose", result=f"{name}.channels first", perm=[0, len(places) + 1, *places]
    )
    graph = graph.node(
        operation, *more, result=f"{name}.windows", kernel_shape=windows.size,
        strides=windows.stride, pads=[*before, *after],
        **attributes,
    )  # fmt: skip
    return graph.node("Transpose", result=result, perm=[0, *(i + 1 for i in places), 1])


def _convolution(graph: Graph, part: Part, name: str, result: str) -> Graph:
    (W, b), layer = part.params, part.layer
    graph = graph.constant(f"{name}.W", np.moveaxis(W, (-1, -2), (0, 1))).constant(f"{name}.b", b)
    given = {"dilations": layer.windows.dilation, "group": layer.groups}
    return _windows(graph, part, "Conv", name, result, f"{name}.W", f"{name}.b", **given)


def _pooling(operation: str, **attributes: Any) -> Row:
    def add(graph: Graph, part: Part, name: str, result: str) -> Graph:
        return _windows(graph, part, operation, name, result, **attributes)

    return add


def _reshape(graph: Graph, part: Part, name: str, result: str) -> Graph:
    shape = [0, *part.layer.out_shape(part.shape)]  # 0: as many rows as there are
    return graph.whole(f"{name}.shape", shape).node("Reshape", f"{name}.shape", result=result)


def _upsampling(graph: Graph, part: Part, name: str, result: str) -> Graph:
    """Repeat each place; ONNX would let a number of the result choose its nearest place."""
    scales = np.array([1, *part.layer.size, 1], np.float32)
    graph = graph.constant(f"{name}.scales", scales)
    how = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return graph.node("Resize", "", f"{name}.scales", result=result, mode="nearest", **how)


def _masked(graph: Graph, part: Part, name: str, result: str) -> Graph:
    x = graph.end
    graph = series.real(graph, f"{name}.real").at(x)
    graph = layers(graph, part.branches[0], f"{name}.y", f"{name}.")
    return series.where(graph, f"{name}.real", 0, result)


def _side_by_side(operation: str, **attributes: Any) -> Row:
    """Let each branch begin where the graph is, and put their ends together."""

    def add(graph: Graph, part: Part, name: str, result: str) -> Graph:
        start, ends = graph.end, []
        for i, branch in enumerate(part.branches, start=1):
            graph = layers(graph.at(start), branch, f"{name}.{i}.a", f"{name}.{i}.")
            ends.append(graph.end)
        return graph.at(ends[0]).node(operation, *ends[1:], result=result, **attributes)

    return add


def _over_places(operation: str) -> Row:
    return lambda graph, part, name, result: graph.reduce(operation, [1, 2], result, keepdims=False)


ROWS: dict[str, Row] = {
    "Dense": _dense,
    "Scale": _scale,
    "LayerNormalization": _normalization,
    **dict.fromkeys(["Conv1D", "Conv2D"], _convolution),
    **dict.fromkeys(["MaxPool1D", "MaxPool2D"], _pooling("MaxPool")),
    **dict.fromkeys(
        ["AveragePool1D", "AveragePool2D"], _pooling("AveragePool", count_include_pad=0)
    ),
    "GlobalMaxPool1D": series.pooled("ReduceMax", -np.inf),
    "GlobalMaxPool2D": _over_places("ReduceMax"),
    "GlobalAveragePool1D": series.pooled("ReduceMean", 0),
    "GlobalAveragePool2D": _over_places("ReduceMean"),
    "Flatten": lambda graph, part, name, result: graph.node("Flatten", result=result, axis=1),
    "Reshape": _reshape,
    "Upsample2D": _upsampling,
    "Activate": lambda graph, part, name, result: graph.node("Identity", result=result),
    **dict.fromkeys(RECURRENCES, recurrence),
    "Embedding": series.embedding,
    "PositionalEncoding": series.positions,
    "MultiHeadAttention": series.attention,
    "Concatenate": _side_by_side("Concat", axis=-1),
    "Add": _side_by_side("Sum"),
    "Masked": _masked,
}


def layers(graph: Graph, parts: Sequence[Part], result: str, prefix: str = "layer") -> Graph:
    """Add one part after the other; the last leads to the name that is given."""
    if not parts:
        return graph.node("Identity", result=result)
    last = len(parts)
    for i, part in enumerate(parts, start=1):
        name = f"{prefix}{i}"
        end = result if i == last else f"{name}.a"
        row = form_of(part.kind, ROWS, "ONNX")
        activation = form_of(part.activation, ACTIVATIONS, "ONNX")
        if part.activation == "linear":
            graph = row(graph, part, name, end)
        elif part.kind == "Activate":
            graph = activation(graph, end)
        else:
            graph = activation(row(graph, part, name, f"{name}.z"), end)
    return graph


def network_model(
    net: Network, params: Any, preparation: Graph | None, output: str, opset: int
) -> Any:
    """Return the model of a network; see :func:`neurona.export.to_onnx`."""
    parts = parts_of(net, params)
    start = replace(rows(net.in_shape) if preparation is None else preparation, opset=opset)
    onnx = require("onnx", "export")
    described = onnx.helper.make_tensor_value_info(
        output, onnx.TensorProto.FLOAT, ["rows", *net.out_shape()]
    )
    about = f"A network {topology_of(parts)}, trained with neurona."
    return model(layers(start, parts, output), [described], about)
