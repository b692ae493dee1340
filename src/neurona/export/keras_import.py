"""From Keras: the layers of a Sequential, or the graph of a functional model, are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from neurona.engine import layers as ours
from neurona.engine.network import Network
from neurona.engine.types import Array, Params, Shape
from neurona.export.calls import (
    LARGEST,
    MEANS,
    Call,
    Merge,
    Move,
    Places,
    Pool,
    Value,
    padding,
)
from neurona.export.keras_layers import LAYERS, Found
from neurona.export.reading import network_like
from neurona.extras import require

BFLOAT16 = SimpleNamespace(eps=2.0**-7, max=3.3e38)
MASKS = ("mask", "query_mask", "value_mask", "key_mask")
RECURRENT = ("SimpleRNN", "GRU", "LSTM", "Bidirectional")
ASKING = (*RECURRENT, "MultiHeadAttention", "GlobalAveragePooling1D")  # which steps are padding
# Layers and operations of keras.ops that move the numbers of an example.
MOVES = (
    "Flatten", "Reshape", "Permute", "Transpose", "Squeeze", "ExpandDims", "GetItem", "Flip",
    "Cropping1D", "Cropping2D",
)  # fmt: skip
# Operations beside a layer in the models that the export's functions make.
BESIDE = (
    "InputLayer", "NotEqual", "Any", "GetItem", "Where", "Flip", "Pad", "OnesLike", "TrueDivide",
)  # fmt: skip


def from_keras(
    model: Any, *, in_shape: int | Sequence[int] | None = None
) -> tuple[Network, Params]:
    """Return a network and parameters that predict as a model of Keras 3 does.

    Parameters
    ----------
    model
        A ``keras.Sequential`` or a functional model that has its weights, with one input and one
        output; or with ``in_shape``, one whose ``call`` uses layers and ``keras.ops``: of
        ``Dense``, ``Conv1D``, ``Conv2D``, the depthwise and the separable of them, maximum and
        average pooling, ``ZeroPadding``, ``UpSampling2D``, ``BatchNormalization``,
        ``LayerNormalization``, ``GroupNormalization(1)``, transposed convolutions of stride 1,
        ``Flatten``, ``Reshape``, ``Embedding``, ``Masking``, ``SimpleRNN``, ``GRU``, ``LSTM``,
        ``Bidirectional``, ``MultiHeadAttention`` of one input, ``Concatenate``, ``Add`` and
        activations. Models may hold others, and layers may be shared. ``Dropout`` does nothing to a
        prediction and is left out, and so is a first ``Flatten``: the network takes rows. After a
        first ``Reshape`` to images it takes images.
    in_shape
        The shape of one example, where the model takes any number of steps: ``(steps, features)``;
        or where it is a subclass with a ``call`` of its own.

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
    An activation is recognized by what it does: Keras's ``"gelu"`` is refused, for it is the exact
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
    if not model.built:
        raise ValueError(f"{what} has no weights yet: let it predict once")
    graph = model
    if not reader.is_model(model):
        batch = None if in_shape is None else (None, *np.atleast_1d(in_shape).tolist())
        graph = None if batch is None else reader.traced(model, batch)
        if graph is None:
            raise ValueError(
                f"{kind} computes in a call of its own, which an import can't read: give a "
                "keras.Sequential or a functional model, such as one that it holds; or in_shape, "
                "if it calls layers and operations of Keras alone"
            )
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise ValueError(
            f"{what} has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs: a network of "
            "neurona has one of each"
        )
    given = graph.inputs[0].shape[1:] if in_shape is None else in_shape
    theirs: Shape = tuple(given) if isinstance(given, Iterable) else (given,)
    if None in theirs:
        raise ValueError(
            f"{what} takes examples of shape {theirs}: give it an Input of fixed size, or in_shape"
        )
    with _left_alone(keras, model):
        values = reader.values(graph)
        run = partial(reader.run, partial(model, training=False))
        return network_like(values, theirs, run, what, _precision(model), flat=True)


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
        self.masked: set[Value] = set()  # those that say which of their steps are padding
        self.asks_for_padding = False  # whether a layer of the model does

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
        self.asks_for_padding = any(type(one).__name__ in ASKING for one in model._flatten_layers())
        end = self._own("the model", model, start) or self._model(model, start)
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
                start = self._operation(layer, [start], partial(_predict, layer))
            return start
        known = {id(model.inputs[0]): start}
        for depth in sorted(model._nodes_by_depth, reverse=True):
            for node in model._nodes_by_depth[depth]:
                if not node.is_input:
                    known |= self._node(node, known)
        return known[id(model.outputs[0])]

    def _node(self, node: Any, known: dict[int, Value]) -> dict[int, Value]:
        """Return the value of a node of a graph, by the identity of its tensor."""
        operation = node.operation
        # Which steps are padding is told to each layer, and known from the layers before it; or
        # the model finds it out, as neurona does.
        given = [one for key, one in node.arguments.kwargs.items() if key in MASKS]
        masks = [one for one in given if one is not None]
        tensors = [one for one in node.input_tensors if all(one is not mask for mask in masks)]
        told = masks and known[id(tensors[0])] in self.masked
        if masks and not told and not all(_finds_zeros(one, tensors[0]) for one in masks):
            raise ValueError(
                f"{operation.name} ({type(operation).__name__}) gets a mask: neurona knows padding "
                "by its zeros; use layers.Masking, or Embedding(mask_zero=True)"
            )
        if not tensors or len(node.outputs) > 1:
            raise ValueError(
                f"{operation.name} ({type(operation).__name__}) does not make one array of the "
                "model's input: neurona has no such layer"
            )

        def call(*arrays: Any) -> Any:
            given = dict(zip(map(id, tensors), arrays, strict=True))
            args, kwargs = node.arguments.fill_in(given)
            return _predict(operation, *args, **kwargs)

        options = {k: v for k, v in node.arguments.kwargs.items() if not hasattr(v, "dtype")}
        options |= {"finds_padding": True} if masks and not told else {}
        made = self._operation(operation, [known[id(one)] for one in tensors], call, options)
        return {id(node.outputs[0]): made}

    def _operation(
        self, layer: Any, inputs: list[Value], call: Callable[..., Any], options: Any = ()
    ) -> Value:
        """Go on with a layer, a model, or an operation of ``keras.ops``."""
        what = f"{layer.name} ({type(layer).__name__})"
        if self.is_model(layer) and len(inputs) == 1:
            return self._own(what, layer, inputs[0]) or self._model(layer, inputs[0])
        if getattr(layer, "quantization_mode", None) is not None:
            raise ValueError(f"{what} is quantized: neurona's weights are float32")
        kind = type(layer).__name__
        is_layer = isinstance(layer, self.keras.layers.Layer)
        if is_layer and not type(layer).__module__.startswith("keras.") and layer._layers:
            given = layer._inbound_nodes[-1].input_tensors
            inner = self.traced(layer, given[0].shape, given[0].dtype) if len(given) == 1 else None
            if inner is not None:
                return self._model(inner, inputs[0])
        steps: Any = None
        if not is_layer or self.is_plain(layer, getattr(self.keras.layers, kind, ())):
            try:
                steps = self._steps(layer, inputs, call, dict(options))
            except ValueError as error:
                raise ValueError(f"{what}: {error}") from None
        each = steps if isinstance(steps, list) else [steps]
        value, step = self._write(what, inputs, each, call), each[-1]
        activated = layer.layer if kind == "TimeDistributed" else layer
        if isinstance(step, Call) and hasattr(activated, "activation") and kind not in RECURRENT:
            function = partial(self.run, activated.activation)
            value = Value(f"the activation of {what}", (value,), function)
            self.made.append(value)
        if is_layer and self._says_padding(layer, kind, [one in self.masked for one in inputs]):
            self.masked.add(value)
        return value

    def _steps(self, layer: Any, inputs: list[Value], call: Any, options: dict[str, Any]) -> Any:
        """Return what a plain layer or operation does, if it is known: one step, or a list."""
        kind = type(layer).__name__
        if kind in MOVES and len(inputs) == 1:
            return Move(partial(self._moved, call))
        if kind == "Pad" and layer.mode == "constant" and len(inputs) == 1:
            return padding(layer.pad_width, options.get("constant_values"))
        if kind in ("Add", "Average", "Concatenate") and len(inputs) > 1:
            own = ours.Concatenate if kind == "Concatenate" else ours.Add
            return Merge(own, getattr(layer, "axis", -1), mean=kind == "Average")
        if kind in ("Mean", "Sum", "Max") and layer.axis is not None:
            axes = tuple(np.atleast_1d(layer.axis).tolist())
            return Pool(LARGEST if kind == "Max" else MEANS, axes, layer.keepdims, kind == "Sum")
        is_layer = isinstance(layer, self.keras.layers.Layer)
        if not is_layer or kind not in LAYERS or len({*inputs}) != 1:
            return None
        told, finds = inputs[0] in self.masked, options.pop("finds_padding", False)
        steps = LAYERS[kind](Found(layer, self, told or finds, options))
        steps = _by_zeros(steps) if finds else steps
        return replace(steps, told=told) if isinstance(steps, Call) else steps

    def traced(self, layer: Any, shape: Any, dtype: Any = None) -> Any:
        """Return what a custom layer computes, as a model; None if it is not made of Keras's."""
        x = self.keras.Input(batch_shape=shape, dtype=dtype)
        try:
            return self.keras.Model(x, _predict(layer, x, call=layer.call))
        except Exception:  # it computes with functions of another library
            return None

    def _write(self, what: str, inputs: list[Value], steps: list[Any], call: Any = None) -> Value:
        """Write down a value that steps in a row lead to, and return it."""
        for step in steps:
            value = Value(what, tuple(inputs), partial(self.run, call), step)
            self.made.append(value)
            inputs = [value]
        return value

    def _own(self, what: str, model: Any, start: Value) -> Value | None:
        """Return the output of a model that a function of the export made around one layer.

        Its layer sees padding by the zeros of what it gets, or has padding around it that does not
        count; of layers in a row it is a Masked.
        """
        operations = getattr(model, "operations", ())
        kinds = {type(one).__name__ for one in operations}
        layers = [one for one in operations if type(one).__name__ not in BESIDE]
        own = {"NotEqual", "Any"} <= kinds or {"OnesLike", "TrueDivide"} <= kinds
        if not own or len(layers) != 1:
            return None
        (layer,), kind = layers, type(layers[0]).__name__
        if self.is_model(layer):
            return self._write(what, [self._model(layer, start), start], [Merge(ours.Masked)])
        if kind not in (*RECURRENT, "MultiHeadAttention") and "Pooling" not in kind:
            return None
        given = layer._inbound_nodes[-1].arguments.kwargs
        options = {k: v for k, v in given.items() if not hasattr(v, "dtype")}
        step = LAYERS[kind](Found(layer, self, "NotEqual" in kinds, options))
        if isinstance(step, list):  # the states are in the order of the steps again
            step = step[0]
        step = _by_zeros(step)
        pads = [
            padding(one.pad_width, -np.inf) for one in operations if type(one).__name__ == "Pad"
        ]
        return self._write(what, [start], [*pads[:1], step])

    def _says_padding(self, layer: Any, kind: str, given: list[bool]) -> bool:
        """Tell whether a layer passes on, or finds out, which steps are padding."""
        if kind == "Masking" or (kind == "Embedding" and layer.mask_zero):
            return True
        known = all(given) if kind == "Add" else any(given)
        if kind in RECURRENT:
            return known and layer.return_sequences
        return known and layer.supports_masking and not kind.startswith("Global")

    def weights(self, *variables: Any) -> list[Array]:
        """Return variables of a layer as arrays."""
        return [np.asarray(self.keras.ops.convert_to_numpy(one), np.float64) for one in variables]

    def _moved(self, call: Callable[..., Any], places: Places) -> Places:
        """Put places where a layer puts the numbers of the examples."""
        moved: Places = self.run(call, places.astype(np.int32))
        return moved


def _predict(operation: Any, *args: Any, call: Any = None, **options: Any) -> Any:
    """Call a layer or an operation in prediction mode, which is not the default of them all."""
    if getattr(operation, "_call_has_training_arg", False):
        options["training"] = False
    return (call or operation)(*args, **options)


def _finds_zeros(mask: Any, x: Any) -> bool:
    """Tell whether a mask was made of an array: where any of the numbers of a step is not zero."""
    for kind in ("Any", "NotEqual"):
        operation = mask._keras_history.operation
        if type(operation).__name__ != kind:
            return False
        mask = operation._inbound_nodes[mask._keras_history.node_index].input_tensors[0]
    return mask is x


def _by_zeros(steps: Any) -> Any:
    """Return the steps of a layer that knows padding by the zeros of what it gets."""
    if not isinstance(steps, Pool):
        return steps
    series: Any = type(steps.layers[0])
    return Call(series(mask_zero=True))
