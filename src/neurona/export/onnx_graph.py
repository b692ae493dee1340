"""The network as a graph of ONNX, put together step by step from small pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from neurona.engine.activations import LEAK, SELU_ALPHA, SELU_SCALE
from neurona.engine.network import Network
from neurona.engine.types import Array, Shape
from neurona.export.parts import Part, form_of, parts_of, topology_of
from neurona.extras import require

# Opset 20 is the first with Gelu, and runs wherever ONNX 1.15, of 2023, does.
OPSET, IR_VERSION = 20, 9


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
    """

    inputs: tuple[Any, ...]
    end: str
    nodes: tuple[Any, ...] = ()
    constants: tuple[Any, ...] = ()

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


ACTIVATIONS: dict[str, Step] = {
    "linear": _one("Identity"),
    "sigmoid": _one("Sigmoid"),
    "tanh": _one("Tanh"),
    "softsign": _one("Softsign"),
    "relu": _one("Relu"),
    "leaky_relu": _one("LeakyRelu", alpha=LEAK),
    "elu": _one("Elu", alpha=1.0),
    "selu": _one("Selu", alpha=SELU_ALPHA, gamma=SELU_SCALE),
    "gelu": _one("Gelu", approximate="tanh"),
    "silu": _silu,
    "softplus": _one("Softplus"),
    "mish": _one("Mish"),
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


def _normalization(graph: Graph, part: Part, name: str, result: str) -> Graph:
    gamma, beta = part.params
    graph = graph.constant(f"{name}.gamma", gamma).constant(f"{name}.beta", beta)
    scale = f"{name}.gamma", f"{name}.beta"
    return graph.node("LayerNormalization", *scale, result=result, epsilon=part.layer.epsilon)


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


def model(graph: Graph, outputs: Sequence[Any], about: str) -> Any:
    """Make a model of a graph, its outputs described as its inputs are, and let ONNX check it."""
    from neurona import __version__

    onnx = require("onnx", "export")
    made = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes, "network", graph.inputs, outputs, initializer=graph.constants
        ),
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="neurona",
        producer_version=__version__,
        doc_string=about,
    )
    onnx.checker.check_model(made, full_check=True)
    return made


def network_model(net: Network, params: Any, preparation: Graph | None, output: str) -> Any:
    """Return the model of a network; see :func:`neurona.export.to_onnx`."""
    parts = parts_of(net, params)
    start = rows(net.in_shape) if preparation is None else preparation
    onnx = require("onnx", "export")
    described = onnx.helper.make_tensor_value_info(
        output, onnx.TensorProto.FLOAT, ["rows", *net.out_shape()]
    )
    about = f"A network {topology_of(parts)}, trained with neurona."
    return model(layers(start, parts, output), [described], about)
