"""The network as a graph of ONNX, put together step by step from small pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import pi, sqrt
from typing import Any, TypeAlias

import numpy as np

from neurona.engine.activations import LEAK, SELU_ALPHA, SELU_SCALE
from neurona.engine.network import Network
from neurona.engine.types import Array, Shape
from neurona.export.parts import Part, form_of, parts_of, topology_of
from neurona.extras import require

# Opset 13 is the first in which axes are an input and no attribute. The default, 20, is the first
# with Gelu, and runs wherever ONNX 1.15, of 2023, does.
OLDEST, OPSET = 13, 20
# Operations that came later are written with older ones in a model of an older opset. Texts are
# compared from 19 on; before, an operation for machine learning, of a domain of its own, does it.
LEARNING, LEARNING_VERSION = "ai.onnx.ml", 2


@dataclass(frozen=True)
class Graph:
    """A graph that is being built: each step returns a longer one.

    Parameters
    ----------
    inputs
        What is fed in from outside, as ONNX describes it (``ValueInfoProto``).
    end
        The name of the value at which the graph has arrived; a network goes on from rows of
        float32.
    nodes, constants
        The operations (``NodeProto``) in their order, and the arrays (``TensorProto``) they use.
    opset
        The version of ONNX's operations.
    """

    inputs: tuple[Any, ...]
    end: str
    nodes: tuple[Any, ...] = ()
    constants: tuple[Any, ...] = ()
    opset: int = OPSET

    def node(self, operation: str, *more: str, result: str, **attributes: Any) -> Graph:
        """Apply an operation to the end, and to other values if it takes more; go on from there."""
        helper = require("onnx.helper", "export")
        made = helper.make_node(operation, [self.end, *more], [result], name=result, **attributes)
        return replace(self, end=result, nodes=(*self.nodes, made))

    def at(self, end: str) -> Graph:
        """Go on from another value, which may be one of the inputs."""
        return replace(self, end=end)

    def constant(self, name: str, array: Array) -> Graph:
        """Add an array that operations can use by its name."""
        made = require("onnx.numpy_helper", "export").from_array(array, name)
        return replace(self, constants=(*self.constants, made))


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
        graph = graph.constant(f"{result}.{name}", np.array(value, np.float32))
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


def rows(shape: int | Shape, name: str = "X") -> Graph:
    """Begin a graph with any number of rows of n numbers, or of examples of another shape."""
    onnx = require("onnx", "export")
    each = ["rows", *(shape if isinstance(shape, tuple) else (shape,))]
    described = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, each)
    return Graph((described,), name)


# From a graph, a part, the name of its constants and that of its result, to a longer graph.
Row: TypeAlias = Callable[[Graph, Part, str, str], Graph]


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
    x, epsilon = graph.end, np.array(part.layer.epsilon, np.float32)
    return (
        graph.constant(f"{name}.epsilon", epsilon)
        .node("ReduceMean", result=f"{name}.mean", axes=[-1])
        .at(x)
        .node("Sub", f"{name}.mean", result=f"{name}.d")
        .node("Mul", f"{name}.d", result=f"{name}.d²")
        .node("ReduceMean", result=f"{name}.variance", axes=[-1])
        .node("Add", f"{name}.epsilon", result=f"{name}.variance + ε")
        .node("Sqrt", result=f"{name}.deviation")
        .at(f"{name}.d")
        .node("Div", f"{name}.deviation", result=f"{name}.h")
        .node("Mul", f"{name}.gamma", result=f"{name}.gamma h")
        .node("Add", f"{name}.beta", result=result)
    )


def _channels_first(operation: str, *constants: str, **attributes: Any) -> Row:
    """Apply an operation on images: ONNX has the channels before height and width."""

    def add(graph: Graph, part: Part, name: str, result: str) -> Graph:
        more = [f"{name}.{one}" for one in constants]
        given = {key: value(part) for key, value in attributes.items()}
        graph = graph.node("Transpose", result=f"{name}.channels first", perm=[0, 3, 1, 2])
        graph = graph.node(operation, *more, result=f"{name}.images", **given)
        return graph.node("Transpose", result=result, perm=[0, 2, 3, 1])

    return add


def _convolution(graph: Graph, part: Part, name: str, result: str) -> Graph:
    W, b = part.params
    graph = graph.constant(f"{name}.W", W.transpose(3, 2, 0, 1)).constant(f"{name}.b", b)
    return _channels_first("Conv", "W", "b")(graph, part, name, result)


def _side_by_side(operation: str, **attributes: Any) -> Row:
    """Let each branch begin where the graph is, and put their ends together."""

    def add(graph: Graph, part: Part, name: str, result: str) -> Graph:
        start, ends = graph.end, []
        for i, branch in enumerate(part.branches, start=1):
            graph = layers(graph.at(start), branch, f"{name}.{i}.a", f"{name}.{i}.")
            ends.append(graph.end)
        return graph.at(ends[0]).node(operation, *ends[1:], result=result, **attributes)

    return add


ROWS: dict[str, Row] = {
    "Dense": _dense,
    "Scale": _scale,
    "LayerNormalization": _normalization,
    "Conv2D": _convolution,
    "MaxPool2D": _channels_first(
        "MaxPool",
        kernel_shape=lambda part: part.layer.size,
        strides=lambda part: part.layer.size,
    ),
    "Flatten": lambda graph, part, name, result: graph.node("Flatten", result=result, axis=1),
    "Activate": lambda graph, part, name, result: graph.node("Identity", result=result),
    "Concatenate": _side_by_side("Concat", axis=-1),
    "Add": _side_by_side("Sum"),
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


def check_opset(opset: Any) -> int:
    """Return a version of the operations that a model can be written in, or say which there are."""
    onnx = require("onnx", "export")
    newest = onnx.defs.onnx_opset_version()
    is_whole = isinstance(opset, int | np.integer) and not isinstance(opset, bool)
    if not is_whole or not OLDEST <= opset <= newest:
        raise ValueError(
            f"opset is {opset!r}: give a whole number from {OLDEST} to {newest}, which is the "
            f"newest that onnx {onnx.__version__} knows"
        )
    return int(opset)


def model(graph: Graph, outputs: Sequence[Any], about: str) -> Any:
    """Make a model of a graph, its outputs described as its inputs are, and let ONNX check it."""
    from neurona import __version__

    onnx = require("onnx", "export")
    opsets = [onnx.helper.make_opsetid("", graph.opset)]
    if any(node.domain == LEARNING for node in graph.nodes):
        opsets.append(onnx.helper.make_opsetid(LEARNING, LEARNING_VERSION))
    made = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes, "network", graph.inputs, outputs, initializer=graph.constants
        ),
        opset_imports=opsets,
        ir_version=onnx.helper.find_min_ir_version_for(opsets),
        producer_name="neurona",
        producer_version=__version__,
        doc_string=about,
    )
    onnx.checker.check_model(made, full_check=True)
    return made


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
