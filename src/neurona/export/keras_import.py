"""From Keras: the layers of a Sequential, or the graph of a functional model, are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from neurona.engine import layers as ours
from neurona.engine.network import Network
from neurona.engine.types import Array, Params, Shape
from neurona.export.keras import GATES
from neurona.export.reading import (
    LARGEST,
    MEANS,
    Call,
    Merge,
    Move,
    Places,
    Pool,
    Value,
    batch_normalization,
    convolution,
    group_normalization,
    layer_normalization,
    network_like,
    padding,
    recurrence,
    transposed_convolution,
)
from neurona.export.recognition import recognize
from neurona.extras import require

BFLOAT16 = SimpleNamespace(eps=2.0**-7, max=3.3e38)
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
        output: of ``Dense``, ``Conv1D``, ``Conv2D``, the depthwise and the separable of them,
        maximum and average pooling, ``ZeroPadding``, ``UpSampling2D``, ``BatchNormalization``,
        ``LayerNormalization``, ``GroupNormalization(1)``, transposed convolutions of stride 1,
        ``Flatten``, ``Reshape``,
        ``Embedding``, ``Masking``, ``SimpleRNN``, ``GRU``, ``LSTM``, ``Bidirectional``,
        ``MultiHeadAttention`` of one input, ``Concatenate``, ``Add`` and activations. Models may
        hold others, and layers may be shared. ``Dropout`` does nothing to a prediction and is left
        out, and so is a first ``Flatten``: the network takes rows. After a first ``Reshape`` to
        images it takes images.
    in_shape
        The shape of one example, where the model takes any number of steps: ``(steps, features)``.

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
    given = model.inputs[0].shape[1:] if in_shape is None else in_shape
    theirs: Shape = tuple(given) if isinstance(given, Iterable) else (given,)
    if None in theirs:
        raise ValueError(
            f"{what} takes examples of shape {theirs}: give it an Input of fixed size, or in_shape"
        )
    with _left_alone(keras, model):
        values = reader.values(model)
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
            return operation(*args, **kwargs)

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
        steps = LAYERS[kind](_Found(layer, self, told or finds, options))
        steps = _by_zeros(steps) if finds else steps
        return replace(steps, told=told) if isinstance(steps, Call) else steps

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
        step = LAYERS[kind](_Found(layer, self, "NotEqual" in kinds, options))
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


class _Found(NamedTuple):
    """A layer of a model, and what it is called with."""

    layer: Any
    reader: _Reader
    masked: bool  # its input says which steps are padding
    options: dict[str, Any]

    @property
    def first(self) -> bool:
        """Whether the channels are before the other axes of an example."""
        return bool(self.layer.data_format == "channels_first")

    def array(self, name: str, otherwise: Any = 0.0) -> Array:
        """Return a weight as an array, or what it is where the layer has none."""
        variable = getattr(self.layer, name, None)
        return np.asarray(otherwise) if variable is None else self.reader.weights(variable)[0]

    def function(self, function: Any, n: int) -> str:
        """Return the name of an activation."""
        return recognize(partial(self.reader.run, function), n, "its activation")


# ------------------------------------------------------------- which layer is which of neurona's


def _dense(found: _Found) -> Any:
    n = found.layer.units
    return Call(
        ours.Dense(n), ours.Dense.Params(found.array("kernel"), found.array("bias", np.zeros(n)))
    )


def _convolution(found: _Found) -> Any:
    layer, W = found.layer, found.array("kernel")
    return _filters(found, W, found.array("bias", np.zeros(W.shape[-1])), layer.groups)


def _depthwise(found: _Found, kernel: str = "kernel", bias: str = "bias") -> Any:
    W = found.array(kernel)
    *size, channels, each = W.shape
    b = found.array(bias, np.zeros(channels * each))
    return _filters(found, W.reshape(*size, 1, channels * each), b, channels)


def _separable(found: _Found) -> Any:
    W = found.array("pointwise_kernel")
    each = _depthwise(found, "depthwise_kernel", bias="which it does not have")
    b = found.array("bias", np.zeros(W.shape[-1]))
    return [each, convolution(W, b, found.first, padding="valid")]


def _filters(found: _Found, W: Array, b: Array, groups: int) -> Any:
    """Return a convolution with these parameters and the layer's windows."""
    layer = found.layer
    windows = {"stride": layer.strides, "padding": layer.padding, "dilation": layer.dilation_rate}
    return convolution(W, b, found.first, **windows, groups=groups)


def _transposed(found: _Found) -> Any:
    layer, W = found.layer, found.array("kernel")
    size = np.array(W.shape[:-2])
    if layer.padding == "same" and (size % 2 == 0).any():
        raise ValueError("neurona has its padding 'same' for odd sizes of the kernel alone")
    if layer.output_padding is not None:
        raise ValueError("neurona has no output_padding: leave it out")
    padding = layer.dilation_rate * (size // 2) if layer.padding == "same" else 0
    b = found.array("bias", np.zeros(W.shape[-2]))
    return transposed_convolution(W, b, layer.strides, padding, layer.dilation_rate, 1, found.first)


def _pooling(found: _Found) -> Any:
    layer, name = found.layer, type(found.layer).__name__.replace("Pooling", "Pool")
    made = getattr(ours, name)(layer.pool_size, stride=layer.strides, padding=layer.padding)
    return Call(made, (), found.first)


def _pooling_of_all(found: _Found) -> Any:
    name = type(found.layer).__name__.replace("Pooling", "Pool")
    axes, stem = int(name[-2]), name[:-2]
    series, images = getattr(ours, f"{stem}1D"), getattr(ours, f"{stem}2D")
    padded = axes == 1 and stem == "GlobalAveragePool" and found.masked
    over = range(2, axes + 2) if found.first else range(1, axes + 1)
    return Pool((series(mask_zero=padded), images()), tuple(over), found.layer.keepdims)


def _zeros(found: _Found) -> Any:
    given = found.layer.padding
    pairs = [tuple(given)] if isinstance(given[0], int) else [tuple(one) for one in given]
    first = getattr(found.layer, "data_format", None) == "channels_first"
    widths = [(0, 0), (0, 0), *pairs] if first else [(0, 0), *pairs, (0, 0)]
    return padding(widths)


def _upsampling(found: _Found) -> Any:
    if found.layer.interpolation != "nearest":
        raise ValueError("neurona's Upsample2D repeats pixels: give interpolation='nearest'")
    return Call(ours.Upsample2D(tuple(found.layer.size)), (), found.first)


def _batch_normalization(found: _Found) -> Any:
    layer = found.layer
    mean, variance = found.array("moving_mean"), found.array("moving_variance")
    gamma, beta = found.array("gamma", np.ones_like(mean)), found.array("beta", 0 * mean)
    last = layer.input_spec.ndim - 1
    if layer.axis not in (-1, 1, last):
        raise ValueError("neurona's BatchNormalization is along the last axis")
    first = layer.axis == 1 != last
    return batch_normalization(gamma, beta, mean, variance, layer.epsilon, first)


def _layer_normalization(found: _Found) -> Any:
    layer = found.layer
    if getattr(layer, "rms_scaling", False):
        raise ValueError("neurona's LayerNormalization takes the mean from each number")
    shape = layer.get_build_config()["input_shape"]
    axes = [layer.axis] if isinstance(layer.axis, int) else layer.axis
    axes = sorted(one % len(shape) for one in axes)
    each = [shape[axis] for axis in axes]
    gamma, beta = found.array("gamma", np.ones(each)), found.array("beta", np.zeros(each))
    return layer_normalization(tuple(shape[1:]), axes, gamma, beta, layer.epsilon)


def _group_normalization(found: _Found) -> Any:
    layer = found.layer
    shape = layer.get_build_config()["input_shape"]
    each = [n if axis == layer.axis % len(shape) else 1 for axis, n in enumerate(shape)][1:]
    gamma = np.reshape(found.array("gamma", np.ones(each)), each)
    beta = np.reshape(found.array("beta", np.zeros(each)), each)
    alone = "GroupNormalization(1)"
    return group_normalization(layer.groups, alone, tuple(shape[1:]), gamma, beta, layer.epsilon)


def _embedding(found: _Found) -> Any:
    W, zero = found.array("embeddings"), found.layer.mask_zero
    if zero:  # of padding, whose vector no layer that knows it looks at
        W = np.concatenate([0 * W[:1], W[1:]])
    return Call(ours.Embedding(*W.shape, mask_zero=zero), ours.Embedding.Params(W))


def _masking(found: _Found) -> Any:
    if found.layer.mask_value != 0:
        raise ValueError("neurona's padding is steps of zeros: give mask_value=0")
    return Move(lambda places: places)


def _recurrence(found: _Found) -> Any:
    """Return the layer; the reader of outputs in the order of the input turns them around."""
    layer = found.layer
    n, cell, kind = layer.units, layer.cell, type(layer).__name__
    if layer.stateful:
        raise ValueError("neurona's recurrences begin with 0: give stateful=False")
    inner = found._replace(layer=cell)
    W, U = inner.array("kernel"), inner.array("recurrent_kernel")
    b = inner.array("bias", np.zeros(W.shape[1]))
    options = {
        "return_sequences": layer.return_sequences, "go_backwards": layer.go_backwards,
        "mask_zero": found.masked,
    }  # fmt: skip
    activation = found.function(cell.activation, n)
    if kind == "SimpleRNN":
        options["activation"] = activation
    else:
        options["order"] = GATES[kind]  # which is its own inverse
        at_gates = found.function(cell.recurrent_activation, n)
        if (activation, at_gates) != ("tanh", "sigmoid"):
            raise ValueError(
                f"its activation is {activation} and its recurrent_activation {at_gates}: "
                "neurona's are tanh and sigmoid"
            )
    if kind == "GRU" and not cell.reset_after:
        raise ValueError("neurona's GRU resets after the product: give reset_after=True")
    made = recurrence(kind, W, U, [*np.atleast_2d(b)], **options)
    turned = Move(lambda places: places[:, ::-1])
    return [made, turned] if layer.return_sequences and layer.go_backwards else made


def _bidirectional(found: _Found) -> Any:
    layer = found.layer
    pair = []
    for one in (layer.forward_layer, layer.backward_layer):
        if type(one).__name__ not in ("SimpleRNN", "GRU", "LSTM"):
            raise ValueError(f"it has a {type(one).__name__}: neurona has SimpleRNN, GRU and LSTM")
        step = _recurrence(found._replace(layer=one))
        pair.append(step[0] if isinstance(step, list) else step)
    if layer.merge_mode not in ("concat", "sum"):
        raise ValueError(f"merge_mode is {layer.merge_mode!r}: neurona has 'concat' and 'sum'")
    kind = ours.Concatenate if layer.merge_mode == "concat" else ours.Add
    return Call(kind(tuple(one.layer for one in pair)), tuple(one.params for one in pair))


def _attention(found: _Found) -> Any:
    layer, options = found.layer, found.options
    causal = bool(options.pop("use_causal_mask", False))
    options.pop("training", None)
    if any(one not in (None, False) for one in options.values()):
        raise ValueError(f"neurona's MultiHeadAttention has no {', '.join(options)}")
    if layer.value_dim != layer.key_dim or layer._attention_axes not in (None, (1,)):
        raise ValueError("neurona's MultiHeadAttention has one size of a head, along the steps")
    if getattr(layer, "_use_gate", False) or getattr(layer, "_sliding_window", None):
        raise ValueError("neurona's MultiHeadAttention has no gate and no sliding window")
    heads, size = layer.num_heads, layer.key_dim
    inner = [found._replace(layer=one) for one in (
        layer.query_dense, layer.key_dense, layer.value_dense
    )]  # fmt: skip
    m = heads * size
    W = np.concatenate([one.array("kernel").reshape(-1, m) for one in inner], axis=1)
    b = np.concatenate([one.array("bias", np.zeros(m)).ravel() for one in inner])
    last = found._replace(layer=layer.output_dense)
    V = last.array("kernel").reshape(m, -1)
    c = last.array("bias", np.zeros(V.shape[1]))
    if V.shape[1] != W.shape[0]:
        raise ValueError("neurona's MultiHeadAttention gives as many numbers as it gets")
    made = ours.MultiHeadAttention(heads, size, causal, found.masked)
    return Call(made, ours.MultiHeadAttention.Params(W, b, V, c))


def _time_distributed(found: _Found) -> Any:
    inner = found.layer.layer
    if not found.reader.is_plain(inner, found.reader.keras.layers.Dense):
        raise ValueError(f"it has a {type(inner).__name__}: neurona applies a Dense to each step")
    return _dense(found._replace(layer=inner))


LAYERS: dict[str, Callable[[_Found], Any]] = {
    "Dense": _dense,
    **dict.fromkeys(("Conv1D", "Conv2D"), _convolution),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), _depthwise),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), _separable),
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), _transposed),
    **dict.fromkeys(
        ("MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D"), _pooling
    ),
    **dict.fromkeys(
        (
            "GlobalMaxPooling1D", "GlobalMaxPooling2D",
            "GlobalAveragePooling1D", "GlobalAveragePooling2D",
        ),
        _pooling_of_all,
    ),
    **dict.fromkeys(("ZeroPadding1D", "ZeroPadding2D"), _zeros),
    "UpSampling2D": _upsampling,
    "BatchNormalization": _batch_normalization,
    "GroupNormalization": _group_normalization,
    "LayerNormalization": _layer_normalization,
    "Embedding": _embedding,
    "Masking": _masking,
    **dict.fromkeys(("SimpleRNN", "GRU", "LSTM"), _recurrence),
    "Bidirectional": _bidirectional,
    "MultiHeadAttention": _attention,
    "TimeDistributed": _time_distributed,
}  # fmt: skip
MASKS = ("mask", "query_mask", "value_mask", "key_mask")
RECURRENT = ("SimpleRNN", "GRU", "LSTM", "Bidirectional")
