"""Which function of PyTorch is which layer of neurona: from the arguments of a call to a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from neurona.engine import layers as ours
from neurona.engine.layers.base import in_words
from neurona.engine.types import Array
from neurona.export.calls import (
    GONE,
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
    padding,
    recurrence,
    repetition,
    transposed_convolution,
)


class Unseen(ValueError):
    """Something that happens to an array of the model in a way that can't be read."""


def numbers(tensor: Any) -> Array:
    """Return the numbers of a tensor, in float64."""
    own: Array = tensor.detach().cpu().double().numpy()
    return own


def _given(tensor: Any, otherwise: Array) -> Array:
    """Return the numbers of a tensor that may be left out."""
    return otherwise if tensor is None else numbers(tensor)


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    W = numbers(weight).T
    n = W.shape[1]
    return Call(ours.Dense(n), ours.Dense.Params(W, _given(bias, np.zeros(n))), axis=None)


def _matmul(x: Any, other: Any) -> Any:
    return _linear(x, other.T) if other.ndim == 2 else None


def _convolution(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    W = numbers(weight).transpose(*range(2, weight.ndim), 1, 0)
    windows = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return convolution(W, _given(bias, np.zeros(W.shape[-1])), True, **windows)


def _max_pooling(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    if return_indices or {*_pair(dilation)} != {1}:
        raise ValueError("neurona's pooling gives no indices, and has no dilation")
    return _pooling(x, (ours.MaxPool1D, ours.MaxPool2D), kernel_size, stride, padding, ceil_mode)


def _average_pooling(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: Any = None,
) -> Any:  # fmt: skip
    kinds = ours.AveragePool1D, ours.AveragePool2D
    call = _pooling(x, kinds, kernel_size, stride, padding, ceil_mode)
    layer, n = call.layer, x.shape[1]
    if divisor_override is None and not (count_include_pad and any(_pair(padding))):
        return call
    size = layer.windows.size  # the padding counts: a convolution of each channel
    W = np.full((*size, 1, n), 1 / (divisor_override or prod(size)))
    stride = layer.windows.stride
    return convolution(W, np.zeros(n), True, stride=stride, padding=layer.padding, groups=n)


def _pooling(x: Any, kinds: Any, size: Any, stride: Any, padding: Any, ceil_mode: bool) -> Any:
    axes = x.ndim - 2
    size, pads = _pair(size)[:axes], _pair(padding)[:axes]
    stride = size if stride is None or stride == [] else _pair(stride)[:axes]
    sides = zip(x.shape[2:], size, stride, pads, strict=True)
    if ceil_mode and any((side + 2 * pad - one) % step for side, one, step, pad in sides):
        raise ValueError("neurona's pooling leaves out what fills no patch: give ceil_mode=False")
    layer = kinds[axes - 1](size, stride=stride, padding=pads if any(pads) else "valid")
    return Call(layer, channels_first=True)


def _pair(given: Any) -> tuple[Any, Any]:
    return tuple(given) * (3 - len(given)) if isinstance(given, tuple | list) else (given, given)


def _adaptive(kinds: tuple[Any, Any], layers: tuple[Any, Any]) -> Callable[..., Any]:
    """Return the reader of a pooling that has so many windows: over all places, or side by side."""

    def step(x: Any, output_size: Any, return_indices: bool = False) -> Any:
        sides = tuple(x.shape[2:])
        given = zip(_pair(output_size), sides, strict=False)
        wanted = [side if n is None else n for n, side in given]
        uneven = any(side % n for side, n in zip(sides, wanted, strict=True))
        if return_indices or uneven:
            raise ValueError(
                "neurona's pooling gives no indices, and has windows of one size: output_size is "
                f"{output_size} for {in_words(sides)}"
            )
        if {*wanted} == {1}:
            return Pool(layers, tuple(range(2, x.ndim)), keeps=True)
        size = [side // n for side, n in zip(sides, wanted, strict=True)]
        return _pooling(x, kinds, size, None, 0, ceil_mode=False)

    return step


def _over(layers: tuple[Any, Any], *, total: bool = False) -> Callable[..., Any]:
    def step(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
        axes = tuple(dim) if isinstance(dim, tuple | list) else (dim,)
        return None if None in axes else Pool(layers, axes, keepdim, total)

    return step


def padded(x: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
    """Return what adds numbers around an example."""
    pairs = [tuple(pad[i : i + 2]) for i in range(0, len(pad), 2)]
    move = padding([(0, 0)] * (x.ndim - len(pairs)) + pairs[::-1], value)
    if mode != "constant" or move is None or min(pad) < 0:
        raise ValueError("neurona's padding is zeros, or -∞ before a maximum")
    return move


def _upsampled(
    x: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", *rest: Any,
    **others: Any,
) -> Any:  # fmt: skip
    sides = x.shape[2:]
    if size is not None:
        scale_factor = [to / side for to, side in zip(_pair(size), sides, strict=False)]
    factors = _pair(scale_factor)
    if len(sides) > 2 or not mode.startswith("nearest") or any(one % 1 for one in factors):
        raise ValueError(
            "neurona's Upsample2D repeats the pixels of images a whole number of times"
        )
    if len(sides) == 1:
        turned = Move(lambda places: places.swapaxes(1, 2))
        return [turned, *repetition(int(factors[0])), turned]
    return Call(ours.Upsample2D(tuple(map(int, factors))), channels_first=True)


def _batch_norm(
    x: Any, mean: Any, variance: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: Any = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    if training or mean is None:
        raise ValueError(
            "it takes its statistics from the batch in eval() too, and neurona's has its own: "
            "set track_running_stats=True and train it on"
        )
    n = len(mean)
    gamma, beta = _given(weight, np.ones(n)), _given(bias, np.zeros(n))
    return batch_normalization(gamma, beta, numbers(mean), numbers(variance), eps, first=True)


def _layer_norm(
    x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    shape = tuple(normalized_shape)
    gamma, beta = _given(weight, np.ones(shape)), _given(bias, np.zeros(shape))
    axes = range(x.ndim - len(shape), x.ndim)
    return layer_normalization(tuple(x.shape[1:]), axes, gamma, beta, eps)


def _group_norm(x: Any, groups: int, weight: Any = None, bias: Any = None, eps: Any = 1e-5) -> Any:
    shape = tuple(x.shape[1:])
    each = shape[0], *(1 for _ in shape[1:])
    gamma = _given(weight, np.ones(each)).reshape(each)
    beta = _given(bias, np.zeros(each)).reshape(each)
    return group_normalization(groups, "GroupNorm(1, channels)", shape, gamma, beta, eps)


def _transposed(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
    output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    W = numbers(weight)
    b = _given(bias, np.zeros(W.shape[1] * groups))
    W = W.transpose(*range(2, W.ndim), 1, 0)
    return transposed_convolution(W, b, stride, padding, dilation, groups, first=True)


def _embedding(
    x: Any, weight: Any, padding_idx: Any = None, max_norm: Any = None, *rest: Any, **others: Any
) -> Any:
    if max_norm is not None:
        raise ValueError("neurona's Embedding has no max_norm")
    W = numbers(weight)
    zero = padding_idx == 0 and not W[0].any()
    return Call(ours.Embedding(*W.shape, mask_zero=zero), ours.Embedding.Params(W))


def _attention(
    query: Any, key: Any, value: Any, n: int, heads: int, W: Any, b: Any, bias_k: Any, bias_v: Any,
    add_zero_attn: bool, dropout: float, V: Any, c: Any, training: bool = True,
    key_padding_mask: Any = None, need_weights: bool = True, attn_mask: Any = None,
    use_separate_proj_weight: bool = False, static_k: Any = None, static_v: Any = None,
    **others: Any,
) -> Any:  # fmt: skip
    if query is not key or key is not value or use_separate_proj_weight:
        raise ValueError(
            "neurona's MultiHeadAttention is self-attention: query, key, value are one"
        )
    rest = bias_k, bias_v, key_padding_mask, static_k, static_v
    if add_zero_attn or any(one is not None for one in rest):
        raise ValueError(
            "neurona's MultiHeadAttention has no key_padding_mask, add_bias_kv or add_zero_attn"
        )
    causal = attn_mask is not None
    if causal:
        mask = numbers(attn_mask)
        seen = np.exp(mask) if attn_mask.is_floating_point() else 1 - mask
        if not np.array_equal(seen, np.tri(len(query))):
            raise ValueError("neurona's MultiHeadAttention has one mask, the causal one")
    b, c = _given(b, np.zeros(len(W))), _given(c, np.zeros(n))
    params = ours.MultiHeadAttention.Params(numbers(W).T, b, numbers(V).T, c)
    return Call(ours.MultiHeadAttention(heads, causal=causal), params, axis=1)


def _cat(tensors: Any, dim: int = 0) -> Any:
    return Merge(ours.Concatenate, dim)


def _add(x: Any, other: Any, *, alpha: Any = 1) -> Any:
    return Merge(ours.Add) if alpha == 1 and x.shape == other.shape else None


# The kind of each function, and what else its layer takes.
RECURRENCES: dict[str, tuple[str, dict[str, Any]]] = {
    "rnn_tanh": ("SimpleRNN", {"activation": "tanh"}),
    "rnn_relu": ("SimpleRNN", {"activation": "relu"}),
    "gru": ("GRU", {}),
    "lstm": ("LSTM", {"order": (0, 1, 3, 2)}),  # from i, f, g, o
}


def direction(name: str, weights: Sequence[Any], **options: Any) -> Call:
    """Return a recurrence of one layer in one direction."""
    W, U, *biases = (numbers(one).T for one in weights)
    kind, more = RECURRENCES[name]
    return recurrence(kind, W, U, biases or [np.zeros(W.shape[1])], **more, **options)


def recurrence_values(what: str, name: str, start: Value, args: Any) -> list[Value]:
    """Return the values of a recurrence: of each layer, and of the states after the last step."""
    _, state, weights, _, layers, _, _, both, batch_first = args
    states = state if isinstance(state, tuple | list) else (state,)
    if any(bool(one.any()) for one in states):
        raise Unseen(f"{what} begins with another state than 0")
    if states[0].shape[-1] != states[-1].shape[-1]:
        raise Unseen(f"{what} has proj_size, which neurona does not have")
    directions = 2 if both else 1
    each = np.array_split(np.arange(len(weights)), layers * directions)
    values, n = [start], states[0].shape[-1]
    for i in range(0, layers * directions, directions):
        pair = [
            direction(
                name, [weights[j] for j in each[i + k]],
                return_sequences=True, go_backwards=bool(k),
            )
            for k in range(directions)
        ]  # fmt: skip
        layer, params = pair[0].layer, pair[0].params
        if both:
            layer = ours.Concatenate([one.layer for one in pair])
            params = tuple(one.params for one in pair)
        call = Call(layer, params, axis=0 if batch_first else 1)
        values.append(Value(what, (values[-1],), step=call))

    def last_states(places: Places) -> Places:
        y = places.swapaxes(0, 1) if batch_first else places
        ends = np.stack([y[-1, :, :n], y[0, :, n:]][:directions])
        below = np.full(((layers - 1) * directions, *ends.shape[1:]), GONE)
        return np.concatenate([below, ends])

    def cells(places: Places) -> Places:
        raise ValueError(f"{what} gives its cells, and neurona's LSTM its states")

    after = [Value(what, (values[-1],), step=Move(one)) for one in (last_states, cells)]
    return [*values[1:], *after[: len(states)]]


LAYERS: dict[str, Callable[..., Any]] = {
    "linear": _linear,
    **dict.fromkeys(("matmul", "__matmul__", "mm"), _matmul),
    **dict.fromkeys(("conv1d", "conv2d"), _convolution),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _transposed),
    **dict.fromkeys(("max_pool1d", "max_pool2d"), _max_pooling),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d"), _average_pooling),
    **dict.fromkeys(
        ("adaptive_avg_pool1d", "adaptive_avg_pool2d"),
        _adaptive((ours.AveragePool1D, ours.AveragePool2D), MEANS),
    ),
    **dict.fromkeys(
        ("adaptive_max_pool1d", "adaptive_max_pool2d"),
        _adaptive((ours.MaxPool1D, ours.MaxPool2D), LARGEST),
    ),
    "mean": _over(MEANS),
    "sum": _over(MEANS, total=True),
    **dict.fromkeys(("max", "amax"), _over(LARGEST)),
    "pad": padded,
    "interpolate": _upsampled,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "embedding": _embedding,
}
# Functions without a counterpart in neurona, and how to go on without them.
REFUSED = {
    "instance_norm": "neurona has no normalization of each channel by itself: train with a "
    "BatchNorm, a LayerNorm over the channels, or GroupNorm(1, channels)",
    "_pack_padded_sequence": "neurona's recurrences take padded series, and with mask_zero=True "
    "pass over steps of zeros: import the model with its recurrence on the padded series, and set "
    "mask_zero in the layer that it becomes",
    **dict.fromkeys(
        ("lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"),
        "neurona's recurrences are read from nn.LSTM, nn.GRU and nn.RNN, which take whole series: "
        "put the cell's weights into one",
    ),
    "embedding_bag": "neurona has an Embedding and a mean over the steps: use nn.Embedding, and "
    "mean(1) after it",
    "log_softmax": "it is none of neurona's activations: end the model with a softmax, or with "
    "what comes before it",
    "scaled_dot_product_attention": "neurona's MultiHeadAttention is read from "
    "nn.MultiheadAttention: put its weights into one",
}
MERGES: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("cat", "concat", "concatenate"), _cat),
    **dict.fromkeys(("add", "add_", "__add__", "__radd__", "__iadd__"), _add),
}
MOVES = (
    "flatten", "ravel", "view", "view_as", "reshape", "reshape_as", "unflatten", "squeeze",
    "unsqueeze", "permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis", "t", "flip",
    "__getitem__", "select", "narrow", "chunk", "split", "unbind", "long", "int", "__get__",
    "contiguous", "clone", "detach",
)  # fmt: skip


def step_of(
    what: str, function: Any, args: Any, kwargs: Any, given: Any, move: Callable[[Places], Places]
) -> Any:
    """Return the layer, the merge or the move that a call is, if it is one."""
    name = function.__name__
    kwargs = {"x" if key == "input" else key: value for key, value in kwargs.items()}
    if name in REFUSED:
        raise Unseen(f"{what}: {REFUSED[name]}")
    if name in MOVES and len(given) == 1:
        return Move(move)
    if name == "multi_head_attention_forward":
        make: Callable[..., Any] = _attention
    elif len(given) == 1 and name in LAYERS and given[0] is (args[0] if args else kwargs.get("x")):
        make = LAYERS[name]
    elif name in MERGES and len(given) == (2 if MERGES[name] is _add else len(args[0])):
        make = MERGES[name]
    elif MERGES.get(name) is _cat:
        raise Unseen(
            f"{what} puts numbers beside those of the example that it does not make of it: "
            "neurona's Concatenate has branches alone"
        )
    else:
        return None
    try:
        return make(*args, **kwargs)
    except TypeError:  # another function of that name
        return None
    except ValueError as error:
        raise Unseen(f"{what}: {error}") from None
