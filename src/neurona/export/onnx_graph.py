"""The network as a graph of ONNX, put together step by step from small pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from neurona.engine.activations import LEAK, SELU_ALPHA, SELU_SCALE
from neurona.engine.network import Network
from neurona.engine.types import Array
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


def rows(n: int, name: str = "X") -> Graph:
    """Begin a graph with rows of n numbers, as many rows as one likes."""
    onnx = require("onnx", "export")
    described = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["rows", n])
    return Graph((described,), name)


def dense(graph: Graph, part: Part, name: str, result: str) -> Graph:
    """Add a dense layer, z = x W + b and a = f(z), z being normalized where the part says so."""
    graph = graph.constant(f"{name}.W", part.W).constant(f"{name}.b", part.b)
    if part.normal:
        gamma, beta, epsilon = part.normal
        graph = graph.constant(f"{name}.gamma", gamma).constant(f"{name}.beta", beta)
        scale = f"{name}.gamma", f"{name}.beta"
        z = graph.node("Gemm", f"{name}.W", f"{name}.b", result=f"{name}.sum")
        if part.activation == "linear":
            return z.node("LayerNormalization", *scale, result=result, epsilon=epsilon)
        graph = z.node("LayerNormalization", *scale, result=f"{name}.z", epsilon=epsilon)
        return form_of(part.activation, ACTIVATIONS, "ONNX")(graph, result)
    if part.activation == "linear":
        return graph.node("Gemm", f"{name}.W", f"{name}.b", result=result)
    graph = graph.node("Gemm", f"{name}.W", f"{name}.b", result=f"{name}.z")
    return form_of(part.activation, ACTIVATIONS, "ONNX")(graph, result)


def layers(graph: Graph, parts: list[Part], result: str) -> Graph:
    """Add one dense layer after the other; the last leads to the name that is given."""
    last = len(parts)
    for i, part in enumerate(parts, start=1):
        graph = dense(graph, part, f"layer{i}", result if i == last else f"layer{i}.a")
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
    start = rows(net.n_in) if preparation is None else preparation
    onnx = require("onnx", "export")
    described = onnx.helper.make_tensor_value_info(
        output, onnx.TensorProto.FLOAT, ["rows", net.n_out]
    )
    about = f"A network {topology_of(parts)}, trained with neurona."
    return model(layers(start, parts, output), [described], about)
