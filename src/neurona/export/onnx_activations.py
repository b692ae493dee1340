"""Each activation function in ONNX's operations."""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import Any, TypeAlias

from neurona.engine.activations import LEAK, SELU_ALPHA, SELU_SCALE
from neurona.export.onnx_graph import Graph

Step: TypeAlias = Callable[[Graph, str], Graph]  # from a graph, and the name of what it leads to


def _one(operation: str, **attributes: Any) -> Step:
    return lambda graph, result: graph.node(operation, result=result, **attributes)


def _silu(graph: Graph, result: str) -> Graph:
    z = graph.end
    return graph.node("Sigmoid", result=f"{result}.sigmoid").node("Mul", z, result=result)


def _mish(graph: Graph, result: str) -> Graph:
    """z tanh(softplus(z)), which is one operation from opset 18 on."""
    if graph.opset >= 18:
        return graph.node("Mish", result=result)
    z = graph.end
    graph = graph.node("Softplus", result=f"{result}.softplus")
    return graph.node("Tanh", result=f"{result}.tanh").node("Mul", z, result=result)


def _gelu(graph: Graph, result: str) -> Graph:
    """z (1 + tanh(√(2/π) z (1 + 0.044715 z²))) / 2, which is one operation from opset 20 on."""
    if graph.opset >= 20:
        return graph.node("Gelu", result=result, approximate="tanh")
    z = graph.end
    for name, value in {"c": sqrt(2 / pi), "k": 0.044715, "1": 1, "half": 0.5}.items():
        graph = graph.constant(f"{result}.{name}", value)
    return (
        graph.node("Mul", z, result=f"{result}.z²")
        .node("Mul", f"{result}.k", result=f"{result}.k z²")
        .node("Add", f"{result}.1", result=f"{result}.1 + k z²")
        .node("Mul", z, result=f"{result}.z (1 + k z²)")
        .node("Mul", f"{result}.c", result=f"{result}.t")
        .node("Tanh", result=f"{result}.tanh")
        .node("Add", f"{result}.1", result=f"{result}.1 + tanh")
        .node("Mul", f"{result}.half", result=f"{result}.share")
        .node("Mul", z, result=result)
    )


ACTIVATIONS: dict[str, Step] = {
    "linear": _one("Identity"),
    "sigmoid": _one("Sigmoid"),
    "tanh": _one("Tanh"),
    "softsign": _one("Softsign"),
    "relu": _one("Relu"),
    "leaky_relu": _one("LeakyRelu", alpha=LEAK),
    "elu": _one("Elu", alpha=1.0),
    "selu": _one("Selu", alpha=SELU_ALPHA, gamma=SELU_SCALE),
    "gelu": _gelu,
    "silu": _silu,
    "softplus": _one("Softplus"),
    "mish": _mish,
    "softmax": _one("Softmax", axis=-1),
    "exp": _one("Exp"),
}
