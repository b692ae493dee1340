"""A graph of ONNX, put together step by step, and the model that holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurona.engine.types import Array, Shape
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

    def node(
        self,
        operation: str,
        *more: str,
        result: str,
        results: Sequence[str] = (),
        **attributes: Any,
    ) -> Graph:
        """Apply an operation to the end, and to other values if it takes more; go on from there.

        An operation with several results gets names for all of them.
        """
        made = require("onnx.helper", "export").make_node(
            operation, [self.end, *more], list(results) or [result], name=result, **attributes
        )
        return replace(self, end=result, nodes=(*self.nodes, made))

    def reduce(
        self, operation: str, axes: Sequence[int], result: str, *, keepdims: bool = True
    ) -> Graph:
        """Apply ReduceMean, ReduceMax or ReduceSum over axes, an input of theirs from 18 on."""
        if self.opset < 18 and operation != "ReduceSum":
            return self.node(operation, result=result, axes=list(axes), keepdims=int(keepdims))
        name = f"{result}.axes"
        return self.whole(name, axes).node(operation, name, result=result, keepdims=int(keepdims))

    def at(self, end: str) -> Graph:
        """Go on from another value, which may be one of the inputs."""
        return replace(self, end=end)

    def constant(self, name: str, given: Array | float) -> Graph:
        """Add an array that operations can use by its name; one number is a float32."""
        array = given if isinstance(given, np.ndarray) else np.array(given, np.float32)
        made = require("onnx.numpy_helper", "export").from_array(array, name)
        return replace(self, constants=(*self.constants, made))

    def whole(self, name: str, numbers: int | Sequence[int]) -> Graph:
        """Add whole numbers, such as a shape or axes."""
        return self.constant(name, np.array(numbers, np.int64))


def rows(shape: int | Shape, name: str = "X") -> Graph:
    """Begin a graph with any number of rows of n numbers, or of examples of another shape."""
    onnx = require("onnx", "export")
    each = ["rows", *(shape if isinstance(shape, tuple) else (shape,))]
    described = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, each)
    return Graph((described,), name)


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
