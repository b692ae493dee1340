"""Which layer of Keras is which of neurona's: from a layer and its weights to a step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from neurona.engine import layers as ours
from neurona.engine.types import Array
from neurona.export.calls import (
    Call,
    Move,
    Pool,
    batch_normalization,
    convolution,
    group_normalization,
    layer_normalization,
    padding,
    recurrence,
    repetition,
    transposed_convolution,
)
from neurona.export.keras import GATES
from neurona.export.recognition import recognize


class Found(NamedTuple):
    """A layer of a model, and what it is called with."""

    layer: Any
    reader: Any  # which can run the library
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


def _dense(found: Found) -> Any:
    n = found.layer.units
    return Call(
        ours.Dense(n), ours.Dense.Params(found.array("kernel"), found.array("bias", np.zeros(n)))
    )


def _convolution(found: Found) -> Any:
    layer, W = found.layer, found.array("kernel")
    return _filters(found, W, found.array("bias", np.zeros(W.shape[-1])), layer.groups)


def _depthwise(found: Found, kernel: str = "kernel", bias: str = "bias") -> Any:
    W = found.array(kernel)
    *size, channels, each = W.shape
    b = found.array(bias, np.zeros(channels * each))
    return _filters(found, W.reshape(*size, 1, channels * each), b, channels)


def _separable(found: Found) -> Any:
    W = found.array("pointwise_kernel")
    each = _depthwise(found, "depthwise_kernel", bias="which it does not have")
    b = found.array("bias", np.zeros(W.shape[-1]))
    return [each, convolution(W, b, found.first, padding="valid")]


def _filters(found: Found, W: Array, b: Array, groups: int) -> Any:
    """Return a convolution with these parameters and the layer's windows."""
    layer = found.layer
    windows = {"stride": layer.strides, "padding": layer.padding, "dilation": layer.dilation_rate}
    return convolution(W, b, found.first, **windows, groups=groups)


def _transposed(found: Found) -> Any:
    layer, W = found.layer, found.array("kernel")
    size = np.array(W.shape[:-2])
    if layer.padding == "same" and (size % 2 == 0).any():
        raise ValueError("neurona has its padding 'same' for odd sizes of the kernel alone")
    if layer.output_padding is not None:
        raise ValueError("neurona has no output_padding: leave it out")
    padding = layer.dilation_rate * (size // 2) if layer.padding == "same" else 0
    b = found.array("bias", np.zeros(W.shape[-2]))
    return transposed_convolution(W, b, layer.strides, padding, layer.dilation_rate, 1, found.first)


def _pooling(found: Found) -> Any:
    layer, name = found.layer, type(found.layer).__name__.replace("Pooling", "Pool")
    made = getattr(ours, name)(layer.pool_size, stride=layer.strides, padding=layer.padding)
    return Call(made, (), found.first)


def _pooling_of_all(found: Found) -> Any:
    name = type(found.layer).__name__.replace("Pooling", "Pool")
    axes, stem = int(name[-2]), name[:-2]
    series, images = getattr(ours, f"{stem}1D"), getattr(ours, f"{stem}2D")
    padded = axes == 1 and stem == "GlobalAveragePool" and found.masked
    over = range(2, axes + 2) if found.first else range(1, axes + 1)
    return Pool((series(mask_zero=padded), images()), tuple(over), found.layer.keepdims)


def _zeros(found: Found) -> Any:
    given = found.layer.padding
    pairs = [tuple(given)] if isinstance(given[0], int) else [tuple(one) for one in given]
    first = getattr(found.layer, "data_format", None) == "channels_first"
    widths = [(0, 0), (0, 0), *pairs] if first else [(0, 0), *pairs, (0, 0)]
    return padding(widths)


def _upsampling(found: Found) -> Any:
    if found.layer.interpolation != "nearest":
        raise ValueError("neurona's Upsample2D repeats pixels: give interpolation='nearest'")
    return Call(ours.Upsample2D(tuple(found.layer.size)), (), found.first)


def _repeated(found: Found) -> Any:
    layer = found.layer
    return repetition(layer.n if type(layer).__name__ == "RepeatVector" else layer.size)


def _batch_normalization(found: Found) -> Any:
    layer = found.layer
    mean, variance = found.array("moving_mean"), found.array("moving_variance")
    gamma, beta = found.array("gamma", np.ones_like(mean)), found.array("beta", 0 * mean)
    last = layer.input_spec.ndim - 1
    if layer.axis not in (-1, 1, last):
        raise ValueError("neurona's BatchNormalization is along the last axis")
    first = layer.axis == 1 != last
    return batch_normalization(gamma, beta, mean, variance, layer.epsilon, first)


def _layer_normalization(found: Found) -> Any:
    layer = found.layer
    if getattr(layer, "rms_scaling", False):
        raise ValueError("neurona's LayerNormalization takes the mean from each number")
    shape = layer.get_build_config()["input_shape"]
    axes = [layer.axis] if isinstance(layer.axis, int) else layer.axis
    axes = sorted(one % len(shape) for one in axes)
    each = [shape[axis] for axis in axes]
    gamma, beta = found.array("gamma", np.ones(each)), found.array("beta", np.zeros(each))
    return layer_normalization(tuple(shape[1:]), axes, gamma, beta, layer.epsilon)


def _group_normalization(found: Found) -> Any:
    layer = found.layer
    shape = layer.get_build_config()["input_shape"]
    each = [n if axis == layer.axis % len(shape) else 1 for axis, n in enumerate(shape)][1:]
    gamma = np.reshape(found.array("gamma", np.ones(each)), each)
    beta = np.reshape(found.array("beta", np.zeros(each)), each)
    alone = "GroupNormalization(1)"
    return group_normalization(layer.groups, alone, tuple(shape[1:]), gamma, beta, layer.epsilon)


def _embedding(found: Found) -> Any:
    W, zero = found.array("embeddings"), found.layer.mask_zero and found.reader.asks_for_padding
    if zero:  # of padding, whose vector no layer that knows it looks at
        W = np.concatenate([0 * W[:1], W[1:]])
    return Call(ours.Embedding(*W.shape, mask_zero=zero), ours.Embedding.Params(W))


def _masking(found: Found) -> Any:
    if found.layer.mask_value != 0:
        raise ValueError("neurona's padding is steps of zeros: give mask_value=0")
    return Move(lambda places: places)


def _recurrence(found: Found) -> Any:
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


def _bidirectional(found: Found) -> Any:
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


def _attention(found: Found) -> Any:
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


def _time_distributed(found: Found) -> Any:
    inner = found.layer.layer
    if not found.reader.is_plain(inner, found.reader.keras.layers.Dense):
        raise ValueError(f"it has a {type(inner).__name__}: neurona applies a Dense to each step")
    return _dense(found._replace(layer=inner))


LAYERS: dict[str, Callable[[Found], Any]] = {
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
    **dict.fromkeys(("RepeatVector", "UpSampling1D"), _repeated),
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
