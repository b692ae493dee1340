"""From PyTorch: a module predicts once, and each call that makes something of its input is read.

So hooks, shared modules, old and new weight norms, functions in a ``forward`` and a module within
a module are what they compute: the weights are those of the call.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain
from math import prod
from typing import Any

import numpy as np

from neurona.engine import layers as ours
from neurona.engine.layers.base import in_words
from neurona.engine.network import Network
from neurona.engine.types import Array, Params, Shape
from neurona.export.pytorch import MODULES
from neurona.export.reading import (
    EXAMPLES,
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
    network_like,
    padding,
    recurrence,
    transposed_convolution,
)
from neurona.export.recognition import recognize
from neurona.extras import require


def from_pytorch(
    module: Any, *, in_shape: int | Sequence[int] | None = None
) -> tuple[Network, Params]:
    """Return a network and parameters that predict as a module of PyTorch does in ``eval()``.

    Parameters
    ----------
    module
        A ``torch.nn.Module`` of layers that neurona has: ``Linear``, ``Conv1d`` and ``Conv2d``,
        maximum and mean pooling, ``BatchNorm``, ``LayerNorm``, ``GroupNorm`` of one group,
        ``ConvTranspose`` of stride 1, ``Flatten``, ``Unflatten``, ``Upsample``, ``Embedding``,
        ``RNN``, ``GRU``, ``LSTM``, ``MultiheadAttention`` of one input,
        ``TransformerEncoderLayer`` and activations; in a row or in branches that are added up or
        concatenated, as modules or as functions in a ``forward``. ``Dropout`` and ``Identity`` do
        nothing to a prediction and are left out. The module is left as it was.
    in_shape
        The shape of one example, as the module takes it: needed for images ``(channels, height,
        width)``, series and texts ``(steps,)``. By default the width of the first layer.

    Returns
    -------
    net, params
        A network, and its parameters in float32, which are copies. Where the module takes images
        ``(channels, height, width)`` or series ``(features, steps)``, the network takes
        ``(height, width, channels)`` and ``(steps, features)``.

    Raises
    ------
    ValueError
        If something in it has no counterpart in neurona, if it has no weights yet, or if the
        network does not predict as the module does on random inputs.

    Notes
    -----
    An activation is recognized by what it does: ``GELU()`` is refused, for it is the exact one, and
    ``GELU(approximate="tanh")`` is neurona's. Hooks, and whatever else changes a call, are part of
    what a module computes. A scale and a shift become part of the weights before them, or a batch
    normalization.

    Examples
    --------
    >>> from torch import nn  # doctest: +SKIP
    >>> net, params = from_pytorch(nn.Sequential(nn.Linear(2, 3), nn.Tanh()))  # doctest: +SKIP
    >>> net.topology, net.output.name  # doctest: +SKIP
    ((2, 3), 'tanh')
    """
    torch = require("torch", "bench")
    if not isinstance(module, torch.nn.Module):
        raise ValueError(
            f"{type(module).__name__} is not a module of PyTorch: give a nn.Module, such as a "
            "nn.Sequential"
        )
    name = type(module).__name__
    precision = _precision(torch, module, name)
    with _predicting(torch, module):
        source = _Source(torch, module, name)
        given = source.width() if in_shape is None else in_shape
        shape = tuple(given) if isinstance(given, Iterable) else (given,)
        if not shape or not all(isinstance(one, int | np.integer) and one > 0 for one in shape):
            raise ValueError(
                f"in_shape is {in_shape!r}: give the shape of one example as the module takes it, "
                "such as 4 for four numbers, or (3, 32, 32) for an image"
            )
        values = source.values(shape)
        return network_like(values, shape, lambda X: _numbers(source.run(X)), name, precision)


def _precision(torch: Any, module: Any, name: str) -> Any:
    """Return the coarsest type among the weights, or say why the module can't predict."""
    coarsest = torch.finfo(torch.float64)
    for path, tensor in chain(module.named_parameters(), module.named_buffers()):
        what = f"{path} of {name}"
        if torch.nn.parameter.is_lazy(tensor):
            raise ValueError(f"{what} has no weights yet: let it predict once")
        if tensor.is_meta:
            raise ValueError(f"{what} is on the device 'meta', which holds no numbers: load them")
        if tensor.is_complex():
            raise ValueError(f"{what} is complex, and neurona's weights are real numbers")
        if tensor.is_floating_point():
            coarsest = max(coarsest, torch.finfo(tensor.dtype), key=lambda one: one.eps)
    return coarsest


@contextmanager
def _predicting(torch: Any, module: Any) -> Iterator[None]:
    """Let a module predict, and leave it and the random generators as they were."""
    modules = list(module.modules())
    modes = [(one, one.training) for one in modules]
    attributes = [(vars(one), dict(vars(one))) for one in modules]
    held = [one for now, _ in attributes for one in now.values()]
    dicts = [(one, dict(one)) for one in held if isinstance(one, dict)]
    lists = [(one, list(one)) for one in held if isinstance(one, list)]
    tensors = [(one, one.detach().clone()) for one in chain(module.parameters(), module.buffers())]
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    devices = {one.device.index for one, _ in tensors if one.device.type == "cuda"}
    try:
        with torch.random.fork_rng(devices=devices), torch.no_grad():
            module.eval()
            yield
    finally:
        for now, before in (*attributes, *dicts):  # in place: others may hold them
            now.clear()
            now.update(before)
        for items, before_items in lists:
            items[:] = before_items
        for one, training in modes:
            if one.training != training:  # of TorchScript it is not among the attributes
                one.training = training
        with torch.no_grad():
            for tensor, before in tensors:
                if not torch.equal(tensor, before):
                    tensor.copy_(before)
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002


def _numbers(tensor: Any) -> Array:
    numbers: Array = tensor.detach().cpu().double().numpy()
    return numbers


class _Source:
    """A module that predicts: on numbers, or so that each call is written down."""

    def __init__(self, torch: Any, module: Any, name: str) -> None:
        self.torch, self.module, self.name = torch, module, name
        self.paths = {one: path for path, one in module.named_modules()}
        tensors = chain(module.parameters(), module.buffers())
        first = next((one for one in tensors if one.is_floating_point()), torch.zeros(0))
        self.dtype, self.device = first.dtype, first.device
        kinds = torch.nn.Embedding, torch.nn.EmbeddingBag
        embeddings = [one for one in self.paths if isinstance(one, kinds)]
        self.indices = min((one.num_embeddings for one in embeddings), default=0)

    def width(self) -> int:
        """Return the width of the rows that the module takes: that of its first layer."""
        nn = self.torch.nn
        kinds = nn.RNNBase, nn.Conv1d, nn.MultiheadAttention, nn.Embedding
        which = next((one for one in self.paths if isinstance(one, kinds)), None)
        if which is not None:
            raise ValueError(
                f"{self.name} takes series or texts, for it has a {type(which).__name__}: give "
                "in_shape, the shape of one example as the module takes it, such as (steps, "
                "features), or (steps,) for an Embedding"
            )
        tensors = [*self.module.parameters(), *self.module.buffers()]
        shapes = [tuple(one.shape) for one in tensors]
        widths = [one[-1] for one in shapes if one] + [one[0] for one in shapes if len(one) == 2]
        if not widths:
            raise ValueError(f"{self.name} has no layer with weights, such as a Linear")
        said = ""
        for width in sorted(dict.fromkeys(widths), key=lambda one: one == 1):  # 1 fits anything
            try:
                self.run(np.zeros((EXAMPLES, width)))
            except _Unseen:
                raise
            except Exception as error:
                said = said or str(error).splitlines()[0]
            else:
                return int(width)
        advice = "give in_shape, the shape of one example as the module takes it"
        if any(len(one) == 4 for one in shapes):
            raise ValueError(f"{self.name} takes images: {advice}, (channels, height, width)")
        raise ValueError(f"{self.name} can't be run on rows of numbers ({said}): {advice}")

    def tensor(self, X: Array) -> Any:
        """Return an array as the module takes it."""
        dtype = self.torch.long if self.indices else self.dtype
        return self.torch.from_numpy(X).to(dtype).to(self.device)

    def run(self, X: Array) -> Any:
        """Return what the module predicts."""
        return self.checked(self.module(self.tensor(X)))

    def checked(self, outputs: Any) -> Any:
        """Return the outputs of the module, which are to be one array."""
        if not isinstance(outputs, self.torch.Tensor):
            raise _Unseen(
                f"{self.name} gives a {type(outputs).__name__}, and a network gives one array: "
                "wrap it in a module that gives one"
            )
        return outputs

    def values(self, shape: Shape) -> list[Value]:
        """Return the input of the module, what it makes of it, and its output, in their order."""
        if self.indices:  # a module with an embedding may take its indices, or other numbers
            try:
                return self._values(shape)
            except _Unseen:
                raise
            except ValueError:
                self.indices = 0
        return self._values(shape)

    def _values(self, shape: Shape) -> list[Value]:
        rng = np.random.default_rng(0)
        size = (EXAMPLES, *shape)
        x = self.tensor(
            rng.integers(self.indices, size=size) if self.indices else rng.normal(size=size)
        )
        tape = _tape(self, x)
        try:
            with tape, _own_modules(self, tape):
                outputs = self.checked(self.module(x))
        except _Unseen:
            raise
        except Exception as error:
            raise ValueError(
                f"{self.name} can't be run on examples of {in_words(shape)}: {error}"
            ) from error
        end = tape.value_of(outputs)
        if end is None:
            raise ValueError(
                f"{self.name} makes its output in a way that an import does not see: hand over a "
                "module of PyTorch's own layers and functions"
            )
        values: list[Value] = tape.values
        return values[: values.index(end) + 1]

    def place(self, name: str, frame: Any) -> str:
        """Return where in the module a function was called, as it is said in an error."""
        while frame is not None:
            one = frame.f_locals.get("self")
            if isinstance(one, self.torch.nn.Module) and one in self.paths:
                path = self.paths[one]
                inside = [*one.children()]
                place = f"{path} {type(one).__name__ if inside else one}".strip()
                if frame.f_code.co_name in ("_call_impl", "inner"):
                    return f"{name} in a hook or custom forward of {place}"
                return place if not inside else f"{name} in {place}"
            frame = frame.f_back
        return name


class _Unseen(ValueError):
    """Something that happens to an array of the model in a way that can't be read."""


def _tape(source: _Source, x: Any) -> Any:
    """Return a context in which each function of PyTorch that gets a value is written down."""
    torch = source.torch
    tree = torch.utils._pytree

    base: Any = torch.overrides.TorchFunctionMode

    class Tape(base):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            start = Value("the input")
            self.values = [start]
            self.seen = {id(x): (x, start, _version(x))}  # which holds x, so that no other is there

        def value_of(self, tensor: Any) -> Value | None:
            if id(tensor) not in self.seen:
                return None
            _, value, version = self.seen[id(tensor)]
            if version != _version(tensor):
                raise _Unseen(
                    f"{value.what} is changed in place afterwards, which an import can't follow"
                )
            return value

        def __torch_function__(
            self, function: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            kwargs = kwargs or {}
            leaves, form = tree.tree_flatten((args, kwargs))
            tensors = [i for i, one in enumerate(leaves) if isinstance(one, torch.Tensor)]
            inputs = {i: value for i in tensors if (value := self.value_of(leaves[i])) is not None}
            given = [leaves[i] for i in inputs]
            result = function(*args, **kwargs)
            if not inputs:
                return result
            what = source.place(function.__name__, sys._getframe(1))
            made = result if isinstance(result, tuple | list) else [result]
            if function.__name__ in RECURRENCES and len(given) == 1 and given[0] is args[0]:
                values = _recurrence(what, function.__name__, inputs[0], args)
                self.values += values
                for one, value in zip(made, values[-len(made) :], strict=True):
                    self.seen[id(one)] = one, value, _version(one)
                return result
            for k, one in enumerate(made):
                if isinstance(one, torch.Tensor):
                    which = None if one is result else k
                    again = _again(source, function, leaves, form, list(inputs), which)
                    step = _step(source, what, function, args, kwargs, given, again)
                    run = partial(_on_numbers, source, again)
                    self.write(one, what, tuple(inputs.values()), step, run)
            return result

        def write(self, tensor: Any, what: str, inputs: Any, steps: Any, run: Any = None) -> None:
            """Write down how a tensor was made: by one step, or by several in a row."""
            for step in steps if isinstance(steps, list) else [steps]:
                value = Value(what, inputs, run, step)
                self.values.append(value)
                inputs = (value,)
            self.seen[id(tensor)] = tensor, value, _version(tensor)

    return Tape()


def _version(tensor: Any) -> int:
    """Return how often a tensor has been changed in place."""
    return 0 if tensor.is_inference() else int(tensor._version)


def _again(
    source: _Source, function: Any, leaves: Any, form: Any, places: list[int], which: int | None
) -> Callable[..., Any]:
    """Return the function that was called, of other tensors in the places of the values."""

    def again(*tensors: Any) -> Any:
        given = list(leaves)
        for i, tensor in zip(places, tensors, strict=True):
            given[i] = tensor
        args, kwargs = source.torch.utils._pytree.tree_unflatten(given, form)
        result = function(*args, **kwargs)
        return result if which is None else result[which]

    return again


def _on_numbers(source: _Source, function: Callable[..., Any], *arrays: Array) -> Array:
    """Apply a function to arrays: in float32, or in float64 if the module computes so."""
    torch = source.torch
    dtype = torch.float64 if source.dtype == torch.float64 else torch.float32

    def alike(tensor: Any) -> Any:
        return tensor.to(dtype) if tensor.is_floating_point() else tensor

    given = (alike(torch.from_numpy(one)).to(source.device) for one in arrays)
    numbers: Array = alike(function(*given).detach().cpu()).numpy()
    return numbers


# ------------------------------------------------------------- which function is which layer


def _given(tensor: Any, otherwise: Array) -> Array:
    """Return the numbers of a tensor that may be left out."""
    return otherwise if tensor is None else _numbers(tensor)


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    W = _numbers(weight).T
    n = W.shape[1]
    return Call(ours.Dense(n), ours.Dense.Params(W, _given(bias, np.zeros(n))), axis=None)


def _matmul(x: Any, other: Any) -> Any:
    return _linear(x, other.T) if other.ndim == 2 else None


def _convolution(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    W = _numbers(weight).transpose(*range(2, weight.ndim), 1, 0)
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


def _pad(x: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
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
    if len(sides) != 2 or not mode.startswith("nearest") or any(one % 1 for one in factors):
        raise ValueError(
            "neurona's Upsample2D repeats the pixels of images a whole number of times"
        )
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
    return batch_normalization(gamma, beta, _numbers(mean), _numbers(variance), eps, first=True)


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
    W = _numbers(weight)
    b = _given(bias, np.zeros(W.shape[1] * groups))
    W = W.transpose(*range(2, W.ndim), 1, 0)
    return transposed_convolution(W, b, stride, padding, dilation, groups, first=True)


def _embedding(
    x: Any, weight: Any, padding_idx: Any = None, max_norm: Any = None, *rest: Any, **others: Any
) -> Any:
    if max_norm is not None:
        raise ValueError("neurona's Embedding has no max_norm")
    W = _numbers(weight)
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
        mask = _numbers(attn_mask)
        seen = np.exp(mask) if attn_mask.is_floating_point() else 1 - mask
        if not np.array_equal(seen, np.tri(len(query))):
            raise ValueError("neurona's MultiHeadAttention has one mask, the causal one")
    b, c = _given(b, np.zeros(len(W))), _given(c, np.zeros(n))
    params = ours.MultiHeadAttention.Params(_numbers(W).T, b, _numbers(V).T, c)
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


def _direction(name: str, weights: Sequence[Any], **options: Any) -> Call:
    """Return a recurrence of one layer in one direction."""
    W, U, *biases = (_numbers(one).T for one in weights)
    kind, more = RECURRENCES[name]
    return recurrence(kind, W, U, biases or [np.zeros(W.shape[1])], **more, **options)


def _recurrence(what: str, name: str, start: Value, args: Any) -> list[Value]:
    """Return the values of a recurrence: of each layer, and of the states after the last step."""
    _, state, weights, _, layers, _, _, both, batch_first = args
    states = state if isinstance(state, tuple | list) else (state,)
    if any(bool(one.any()) for one in states):
        raise _Unseen(f"{what} begins with another state than 0")
    if states[0].shape[-1] != states[-1].shape[-1]:
        raise _Unseen(f"{what} has proj_size, which neurona does not have")
    directions = 2 if both else 1
    each = np.array_split(np.arange(len(weights)), layers * directions)
    values, n = [start], states[0].shape[-1]
    for i in range(0, layers * directions, directions):
        pair = [
            _direction(
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
    "pad": _pad,
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


def _step(
    source: _Source, what: str, function: Any, args: Any, kwargs: Any, given: Any, again: Any
) -> Any:
    """Return the layer, the merge or the move that a call is, if it is one."""
    name = function.__name__
    kwargs = {"x" if key == "input" else key: value for key, value in kwargs.items()}
    if name in REFUSED:
        raise _Unseen(f"{what}: {REFUSED[name]}")
    if name in MOVES and len(given) == 1:
        return Move(partial(_moved, source, again))
    if name == "multi_head_attention_forward":
        make: Callable[..., Any] = _attention
    elif len(given) == 1 and name in LAYERS and given[0] is (args[0] if args else kwargs.get("x")):
        make = LAYERS[name]
    elif name in MERGES and len(given) == (2 if MERGES[name] is _add else len(args[0])):
        make = MERGES[name]
    elif MERGES.get(name) is _cat:
        raise _Unseen(
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
        raise _Unseen(f"{what}: {error}") from None


# --------------------------------------------------------------- modules that the export writes


@contextmanager
def _own_modules(source: _Source, tape: Any) -> Iterator[None]:
    """Write down each call of a module of :mod:`neurona.export.pytorch` as the layer that it is."""
    code: dict[str, Any] = {}
    exec("\n".join([IMPORTS, *(MODULES[name] for name in OWN)]), code)

    def is_own(module: Any) -> bool:
        """Tell whether it computes as the module of that name does, wherever its code is."""
        name = type(module).__name__
        if name not in OWN or "forward" in vars(module):
            return False
        forms = (one.forward.__code__ for one in (type(module), code[name]))
        one, other = ((form.co_code, form.co_names, form.co_consts) for form in forms)
        return one == other

    def write(module: Any, args: Any, output: Any) -> None:
        start, name = tape.value_of(args[0]), type(module).__name__
        what = f"{source.paths[module]} {name}".strip()
        try:
            step = None if start is None else OWN[name](source, module, args[0])
        except ValueError as error:
            raise _Unseen(f"{what}: {error}") from None
        except (AttributeError, TypeError):  # what is within it was changed: read it call by call
            return
        if step is None:
            return
        inputs = [start]
        if isinstance(step, Merge):  # of what is within it, before the zeros
            inputs = [tape.value_of(output).inputs[0], start]
        one = output[0] if isinstance(output, tuple) else output
        tape.write(one, what, tuple(inputs), step)

    own = [one for one in source.paths if is_own(one)]
    handles = [one.register_forward_hook(write, prepend=True) for one in own]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _own_recurrence(source: _Source, module: Any, x: Any) -> Any:
    """Return the layer of a recurrence that passes over padding."""
    inner = module.layer
    if type(inner).__name__ == "SimpleRNN":
        call = _simple_rnn(source, inner, x)
    else:
        plain = inner.num_layers == 1 and inner.batch_first and not inner.proj_size
        if not plain or inner.bidirectional:
            return None
        call = _direction(inner.mode.lower(), inner._flat_weights)
    options = {"return_sequences": module.every_step, "go_backwards": module.backwards}
    return replace(call, layer=replace(call.layer, mask_zero=True, **options))


def _simple_rnn(source: _Source, module: Any, x: Any) -> Any:
    W, U = (_numbers(one.weight).T for one in (module.input, module.state))
    n = len(U)
    function = partial(_on_numbers, source, module.activation)
    layer = ours.SimpleRNN(n, recognize(function, n, "its activation"), return_sequences=True)
    return Call(layer, ours.SimpleRNN.Params(W, U, _numbers(module.input.bias)))


def _own_attention(source: _Source, module: Any, x: Any) -> Any:
    layer = ours.MultiHeadAttention(module.heads, module.size, module.causal, module.padding)
    into, out = module.input, module.output
    W, V = (_numbers(one.weight).T for one in (into, out))
    return Call(layer, layer.Params(W, _numbers(into.bias), V, _numbers(out.bias)))


def _without_padding(source: _Source, module: Any, x: Any) -> Any:
    mean, axes = module.mean, x.ndim - 2
    kind = (ours.AveragePool1D, ours.AveragePool2D)[axes - 1]
    layer = kind(mean.kernel_size, stride=mean.stride)
    return [_pad(x, module.pad.padding, value=-np.inf), Call(layer)]


IMPORTS = "import torch\nfrom torch import nn\n"  # as the export's code has them
OWN: dict[str, Callable[[_Source, Any, Any], Any]] = {
    "Masked": lambda source, module, x: Merge(ours.Masked),
    "MaskedMean": lambda source, module, x: Call(ours.GlobalAveragePool1D(mask_zero=True)),
    "MaskedMaximum": lambda source, module, x: Call(ours.GlobalMaxPool1D(mask_zero=True)),
    "MaskedRecurrence": _own_recurrence,
    "SimpleRNN": _simple_rnn,
    "Attention": _own_attention,
    "WithoutPadding": _without_padding,
}


def _moved(source: _Source, again: Callable[..., Any], places: Places) -> Places:
    """Put places where a function puts the numbers of the examples."""
    moved: Places = again(source.torch.from_numpy(places).to(source.device)).cpu().numpy()
    return moved
