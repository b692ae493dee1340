"""From Keras: the layers of a Sequential, or the graph of a functional model, are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np

from neurona.engine.layers import (
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    LayerNormalization,
    MaxPool2D,
)
from neurona.engine.network import Network
from neurona.engine.types import Array, Params, Shape
from neurona.export.comparison import confirmed
from neurona.export.reading import (
    TINY,
    Call,
    Merge,
    Move,
    Places,
    Value,
    network_of_values,
)
from neurona.extras import require

EXAMPLES = 3  # with which it is found where a layer puts numbers
BFLOAT16 = SimpleNamespace(eps=2.0**-7, max=3.3e38)
# Layers and operations of keras.ops that move the numbers of an example.
MOVES = ("Flatten", "Reshape", "Permute", "Transpose", "Squeeze", "ExpandDims")


def from_keras(model: Any) -> tuple[Network, Params]:
    """Return a network and parameters that predict as a model of Keras 3 does.

    Parameters
    ----------
    model
        A ``keras.Sequential`` or a functional model that has its weights, with one input and one
        output: of ``Dense``, ``BatchNormalization``, ``LayerNormalization``, ``Conv2D`` and
        ``MaxPooling2D`` without padding, ``Flatten``, ``Concatenate``, ``Add`` and activations.
        Models may hold others, and layers may be shared. ``Dropout`` does nothing to a prediction
        and is left out, and so is a first ``Flatten``: the network takes rows. After a first
        ``Reshape`` to images it takes images.

    Returns
    -------
    net, params
        A network, and its parameters in float32, which are copies.

    Raises
    ------
    ValueError
        If something in it has no counterpart in neurona, if the model has no weights yet, or if the
        network does not predict as the model does on random inputs.

    Notes
    -----
    An activation is recognised by what it does: Keras's ``"gelu"`` is refused, for it is the exact
    one, and ``lambda z: keras.activations.gelu(z, approximate=True)`` is neurona's. A scale and a
    shift, such as ``Rescaling`` and ``Normalization``, become part of the weights before them, or a
    batch normalization.

    Examples
    --------
    >>> import keras  # doctest: +SKIP
    >>> model = keras.Sequential(
    ...     [keras.Input((2,)), keras.layers.Dense(3, "tanh")]
    ... )  # doctest: +SKIP
    >>> net, params = from_keras(model)  # doctest: +SKIP
    >>> net.topology, net.output.name  # doctest: +SKIP
    ((2, 3), 'tanh')
    """
    keras = require("keras", "bench")
    kind = type(model).__name__
    if not isinstance(model, keras.Model):
        raise ValueError(f"{kind} is not a model of Keras: give a keras.Sequential or keras.Model")
    what = f"the model {model.name!r}"
    reader = _Reader(keras)
    if not reader.is_model(model):
        raise ValueError(
            f"{kind} computes in a call of its own, which an import can't read: give a "
            "keras.Sequential or a functional model, such as one that it holds"
        )
    if not model.built:
        raise ValueError(f"{what} has no weights yet: let it predict once")
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError(
            f"{what} has {len(model.inputs)} inputs and {len(model.outputs)} outputs: a network of "
            "neurona has one of each"
        )
    theirs: Shape = tuple(model.inputs[0].shape[1:])
    if None in theirs:
        raise ValueError(f"{what} takes examples of shape {theirs}: give it an Input of fixed size")
    with _left_alone(keras, model):
        values = reader.values(model)
        net, params, starts, ends = network_of_values(values, theirs, flat=True)
        back = np.argsort(ends.ravel())

        def original(X: Array) -> Array:
            given = X.reshape(len(X), -1)[:, starts]
            outputs = reader.run(partial(model, training=False), given)
            numbers: Array = outputs.reshape(len(X), -1)
            return numbers[:, back] if numbers.shape[1] == len(back) else numbers

        return confirmed(net, params, original, what, precision=_precision(model))


def _precision(model: Any) -> Any:
    """Return the coarsest type in which a layer computes."""
    types = {layer.compute_dtype for layer in model._flatten_layers()}
    known: list[Any] = [np.finfo(one) for one in types & {"float16", "float32", "float64"}]
    return max([*known, *([BFLOAT16] if "bfloat16" in types else [])], key=lambda one: one.eps)


@contextmanager
def _left_alone(keras: Any, model: Any) -> Iterator[None]:
    """Let a model predict, and leave its variables as they were."""
    before = [(one, keras.ops.convert_to_numpy(one.value).copy()) for one in model.variables]
    try:
        yield
    finally:
        for one, value in before:
            if not np.array_equal(keras.ops.convert_to_numpy(one.value), value):
                one.assign(value)


class _Reader:
    """Writes down what a model makes of its input: a value for each layer or operation."""

    def __init__(self, keras: Any) -> None:
        self.keras = keras
        self.made: list[Value] = []

    def is_plain(self, layer: Any, kind: Any) -> bool:
        """Tell whether it is a layer of that kind, and computes as the kind does."""
        own = "call" in vars(layer) or "__call__" in vars(layer)
        return isinstance(layer, kind) and type(layer).call is kind.call and not own

    def is_sequential(self, model: Any) -> bool:
        """Tell whether layers run one after the other."""
        return self.is_plain(model, self.keras.Sequential)

    def is_model(self, model: Any) -> bool:
        """Tell whether it computes its layers, or its graph, and no more."""
        functional = require("keras.src.models.functional", "bench").Functional
        return self.is_sequential(model) or self.is_plain(model, functional)

    def values(self, model: Any) -> list[Value]:
        """Return the input of a model, what it makes of it, and its output, in their order."""
        start = Value("the input")
        self.made = [start]
        end = self._model(model, start)
        return self.made[: self.made.index(end) + 1]

    def run(self, function: Callable[..., Any], *arrays: Array) -> Array:
        """Apply a function of tensors to arrays."""
        ops = self.keras.ops
        result = function(*(ops.convert_to_tensor(one) for one in arrays))
        return np.asarray(ops.convert_to_numpy(result))

    def _model(self, model: Any, start: Value) -> Value:
        """Go on with the layers of a model, and return its output."""
        if self.is_sequential(model):
            for layer in model.layers:
                start = self._operation(layer, [start], layer)
            return start
        known = {id(model.inputs[0]): start}
        for depth in sorted(model._nodes_by_depth, reverse=True):
            for node in model._nodes_by_depth[depth]:
                if not node.is_input:
                    known |= self._node(node, known)
        return known[id(model.outputs[0])]

    def _node(self, node: Any, known: dict[int, Value]) -> dict[int, Value]:
        """Return the value of a node of a graph, by the identity of its tensor."""
        operation, tensors = node.operation, node.input_tensors
        if not tensors or len(node.outputs) > 1:
            raise ValueError(
                f"{operation.name} ({type(operation).__name__}) does not make one array of the "
                "model's input: neurona has no such layer"
            )

        def call(*arrays: Any) -> Any:
            given = dict(zip(map(id, tensors), arrays, strict=True))
            args, kwargs = node.arguments.fill_in(given)
            return operation(*args, **kwargs)

        made = self._operation(operation, [known[id(one)] for one in tensors], call)
        return {id(node.outputs[0]): made}

    def _operation(self, layer: Any, inputs: list[Value], call: Callable[..., Any]) -> Value:
        """Go on with a layer, a model, or an operation of ``keras.ops``."""
        if self.is_model(layer) and len(inputs) == 1:
            return self._model(layer, inputs[0])
        what = f"{layer.name} ({type(layer).__name__})"
        if getattr(layer, "quantization_mode", None) is not None:
            raise ValueError(f"{what} is quantized: neurona's weights are float32")
        kind = type(layer).__name__
        is_layer = isinstance(layer, self.keras.layers.Layer)
        step: Any = None
        if not is_layer or self.is_plain(layer, getattr(self.keras.layers, kind, ())):
            if kind in MOVES and len(inputs) == 1:
                step = Move(partial(self._moved, what, call))
            elif kind in ("Add", "Concatenate") and len(inputs) > 1:
                step = Merge(Add) if kind == "Add" else Merge(Concatenate, _axis(layer))
            elif is_layer and kind in LAYERS and len(inputs) == 1:
                try:
                    step = LAYERS[kind](layer, self._weights)
                except ValueError as error:
                    raise ValueError(f"{what}: {error}") from None
        value = Value(what, tuple(inputs), partial(self.run, call), step)
        self.made.append(value)
        if isinstance(step, Call) and hasattr(layer, "activation"):
            function = partial(self.run, layer.activation)
            value = Value(f"the activation of {what}", (value,), function)
            self.made.append(value)
        return value

    def _weights(self, *variables: Any) -> list[Array]:
        return [np.asarray(self.keras.ops.convert_to_numpy(one), np.float64) for one in variables]

    def _moved(self, what: str, call: Callable[..., Any], places: Places) -> Places:
        """Put places where a layer puts the numbers of each example."""
        moved = self.run(call, np.stack([places] * EXAMPLES).astype(np.int32))
        if len(moved) != EXAMPLES or (moved != moved[:1]).any() or moved[0].size != places.size:
            raise ValueError(f"{what} mixes the examples, or drops numbers of them")
        found: Places = moved[0]
        return found


# ------------------------------------------------------------- which layer is which of neurona's

Weights: TypeAlias = Callable[..., list[Array]]


def _dense(layer: Any, weights: Weights) -> Call:
    W, *b = weights(layer.kernel, *([layer.bias] if layer.use_bias else []))
    return Call(Dense(layer.units), Dense.Params(W, *(b or [np.zeros(layer.units)])))


def _convolution(layer: Any, weights: Weights) -> Call:
    plain = {*layer.strides, *layer.dilation_rate, layer.groups} == {1}
    if not plain or layer.padding != "valid":
        raise ValueError("neurona's Conv2D has no padding, strides, dilation or groups")
    W, *b = weights(layer.kernel, *([layer.bias] if layer.use_bias else []))
    n_out = layer.filters
    params = Conv2D.Params(W, *(b or [np.zeros(n_out)]))
    return Call(Conv2D(n_out, W.shape[:2]), params, layer.data_format == "channels_first")


def _pooling(layer: Any, weights: Weights) -> Call:
    size = tuple(layer.pool_size)
    if tuple(layer.strides) != size or layer.padding != "valid":
        raise ValueError(
            "neurona's MaxPool2D takes patches side by side, without padding: strides is "
            f"{tuple(layer.strides)} and padding {layer.padding!r}; give strides={size}, which is "
            "pool_size, and padding='valid'"
        )
    return Call(MaxPool2D(size), channels_first=layer.data_format == "channels_first")


def _batch_normalization(layer: Any, weights: Weights) -> Call:
    mean, variance = weights(layer.moving_mean, layer.moving_variance)
    gamma = weights(layer.gamma)[0] if layer.scale else np.ones_like(mean)
    beta = weights(layer.beta)[0] if layer.center else np.zeros_like(mean)
    params = BatchNormalization.Params(gamma, beta, mean, variance)
    first = layer.axis == 1 and layer.input_spec.ndim == 4
    if not first and layer.axis not in (-1, layer.input_spec.ndim - 1):
        raise ValueError("neurona's BatchNormalization is along the last axis")
    return Call(BatchNormalization(epsilon=layer.epsilon or TINY), params, first)


def _layer_normalization(layer: Any, weights: Weights) -> Call:
    if getattr(layer, "rms_scaling", False):
        raise ValueError("neurona's LayerNormalization takes the mean from each number")
    n = layer.get_build_config()["input_shape"][-1]
    gamma = weights(layer.gamma)[0] if layer.scale else np.ones(n)
    beta = weights(layer.beta)[0] if layer.center else np.zeros(n)
    params = LayerNormalization.Params(gamma, beta)
    return Call(LayerNormalization(epsilon=layer.epsilon or TINY), params)


LAYERS: dict[str, Callable[[Any, Weights], Call]] = {
    "Dense": _dense,
    "Conv2D": _convolution,
    "MaxPooling2D": _pooling,
    "BatchNormalization": _batch_normalization,
    "LayerNormalization": _layer_normalization,
}


def _axis(layer: Any) -> int:
    """Return the axis of an example along which a layer concatenates."""
    axis: int = layer.axis
    if axis == 0:
        raise ValueError(f"{layer.name} puts examples together: neurona has no such layer")
    return axis - 1 if axis > 0 else axis
