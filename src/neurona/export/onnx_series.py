"""Layers of series in ONNX's operations: texts, positions, attention, and masks of padding."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from neurona.export.onnx_graph import Graph
from neurona.export.parts import Part
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
