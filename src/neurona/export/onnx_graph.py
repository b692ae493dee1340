"""A graph of ONNX, put together value by value, and the model that holds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
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

    def node(self, operation: str, *more: str, result: str, **attributes: Any) -> Graph:
        """Apply an operation to the end, and to other values if it takes more; go on from there."""
        made = require("onnx.helper", "export").make_node(
            operation, [self.end, *more], [result], name=result, **attributes
        )
        return replace(self, end=result, nodes=(*self.nodes, made))

    def constant(self, name: str, array: Array) -> Graph:
        """Add an array that operations can use by its name."""
        made = require("onnx.numpy_helper", "export").from_array(array, name)
        return replace(self, constants=(*self.constants, made))


@dataclass
class Builder:
    """A graph in the making, to which each operation on one of its values adds a node.

    >>> builder = Builder(rows(2))
    >>> x = builder.value("X")
    >>> y = builder.named(2 * x + np.float32([1, 0]), "y")
    >>> [node.op_type for node in builder.graph(y).nodes], builder.graph(y).end
    (['Mul', 'Add'], 'y')
    """

    start: Graph
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)
    scope: str = "network"
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def opset(self) -> int:
        """The version of ONNX's operations."""
        return self.start.opset

    def value(self, name: str) -> Value:
        """Return a value that the graph has already, such as an input."""
        return Value(self, name)

    @contextmanager
    def within(self, scope: str) -> Iterator[None]:
        """Let the names of what is added begin with a scope."""
        before, self.scope = self.scope, scope
        try:
            yield
        finally:
            self.scope = before

    def name(self, what: str) -> str:
        """Return a new name."""
        name = f"{self.scope}.{what}"
        self.counts[name] += 1
        return name if self.counts[name] == 1 else f"{name}.{self.counts[name]}"

    def constant(self, given: Any, what: str = "constant") -> Value:
        """Add an array, or a number: float32, unless NumPy says another type."""
        array = given if isinstance(given, np.ndarray | np.generic) else np.float32(given)
        name = self.name(what)
        made = require("onnx.numpy_helper", "export").from_array(np.asarray(array), name)
        self.constants.append(made)
        return Value(self, name)

    def named(self, value: Value, name: str) -> Value:
        """Give a value the name by which it is known outside."""
        made = {one for node in self.nodes for one in node.output}
        if value.name not in made:
            value = value.op("Identity")
        for node in self.nodes:
            for names in (node.input, node.output):
                names[:] = [name if one == value.name else one for one in names]
        return Value(self, name)

    def graph(self, end: Value) -> Graph:
        """Return the graph with all that was added."""
        start = self.start
        nodes, constants = (*start.nodes, *self.nodes), (*start.constants, *self.constants)
        return Graph(start.inputs, end.name, nodes, constants, start.opset)


@dataclass(frozen=True)
class Value:
    """A value of a graph in the making."""

    builder: Builder
    name: str
    __array_ufunc__ = None  # a number of NumPy's on the left leaves the operation to us

    def ops(self, operation: str, *more: Any, n: int = 1, **attributes: Any) -> tuple[Value, ...]:
        """Apply an operation that has ``n`` results to this value, and to more: values, arrays.

        An input that is left out is None.
        """
        builder = self.builder
        others = ["" if one is None else self._value(one).name for one in more]
        results = [builder.name(operation) for _ in range(n)]
        builder.nodes.append(
            require("onnx.helper", "export").make_node(
                operation, [self.name, *others], results, name=results[0], **attributes
            )
        )
        return tuple(Value(builder, one) for one in results)

    def op(self, operation: str, *more: Any, **attributes: Any) -> Value:
        """Apply an operation to this value, and to more."""
        (result,) = self.ops(operation, *more, **attributes)
        return result

    def _value(self, other: Any) -> Value:
        return other if isinstance(other, Value) else self.builder.constant(other)

    def __add__(self, other: Any) -> Value:
        """Return the sum."""
        return self.op("Add", other)

    def __sub__(self, other: Any) -> Value:
        """Return the difference."""
        return self.op("Sub", other)

    def __mul__(self, other: Any) -> Value:
        """Return the product, number by number."""
        return self.op("Mul", other)

    def __truediv__(self, other: Any) -> Value:
        """Return the quotient."""
        return self.op("Div", other)

    def __matmul__(self, other: Any) -> Value:
        """Return the product of matrices."""
        return self.op("MatMul", other)

    def __rsub__(self, other: Any) -> Value:
        """Return the difference."""
        return self._value(other) - self

    def __rmul__(self, other: Any) -> Value:
        """Return the product."""
        return self.op("Mul", other)

    def cast(self, type_: str) -> Value:
        """Return the numbers in another type of ONNX's: ``"FLOAT"``, ``"DOUBLE"``, ``"INT64"``."""
        return self.op("Cast", to=getattr(require("onnx", "export").TensorProto, type_))

    def reshape(self, *shape: int) -> Value:
        """Return the numbers in another shape; 0 stands for a length that stays."""
        return self.op("Reshape", np.array(shape, np.int64))

    def transpose(self, *axes: int) -> Value:
        """Return the axes in another order."""
        return self.op("Transpose", perm=axes)

    def columns(self, which: Sequence[int]) -> Value:
        """Return some of the columns of rows."""
        return self.op("Gather", np.array(which, np.int64), axis=1)

    def reduce(self, operation: str, *axes: int, keepdims: bool = False) -> Value:
        """Apply ReduceMean, ReduceMax or ReduceSum over axes, an input of theirs from 18 on."""
        if self.builder.opset < 18 and operation != "ReduceSum":
            return self.op(operation, axes=axes, keepdims=int(keepdims))
        return self.op(operation, np.array(axes, np.int64), keepdims=int(keepdims))

    def where(self, condition: Value, otherwise: Any) -> Value:
        """Keep the numbers for which a condition holds, and put another for each of the rest."""
        return condition.op("Where", self, otherwise)


def concatenated(values: Sequence[Value], axis: int) -> Value:
    """Put values side by side."""
    return values[0].op("Concat", *values[1:], axis=axis)


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
