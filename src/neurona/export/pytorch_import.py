"""From PyTorch: a module predicts once, and each call that makes something of its input is read.

So hooks, shared modules, old and new weight norms, functions in a ``forward`` and a module within
a module are what they compute: the weights are those of the call.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any

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
from neurona.engine.layers.base import in_words
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

EXAMPLES = 3  # with which a module is read


def from_pytorch(
    module: Any, *, in_shape: int | Sequence[int] | None = None
) -> tuple[Network, Params]:
    """Return a network and parameters that predict as a module of PyTorch does in ``eval()``.

    Parameters
    ----------
    module
        A ``torch.nn.Module`` of ``Linear``, ``BatchNorm1d``, ``LayerNorm``, ``Conv2d`` and
        ``MaxPool2d`` without padding, ``Flatten`` and activations; in a row or in branches that are
        added up or concatenated, as modules or as functions in a ``forward``. ``Dropout`` and
        ``Identity`` do nothing to a prediction and are left out. The module is left as it was.
    in_shape
        The shape of one example, as the module takes it: needed for images. By default the width
        of the first layer.

    Returns
    -------
    net, params
        A network, and its parameters in float32, which are copies. Images (channels, height, width)
        of PyTorch are (height, width, channels) in neurona.

    Raises
    ------
    ValueError
        If something in it has no counterpart in neurona, if it has no weights yet, or if the
        network does not predict as the module does on random inputs.

    Notes
    -----
    An activation is recognised by what it does: ``GELU()`` is refused, for it is the exact one, and
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
        values = source.read(shape)
        net, params, starts, ends = network_of_values(values, shape)
        back = np.argsort(ends.ravel())

        def original(X: Array) -> Array:
            outputs = _numbers(source.run(X.reshape(len(X), -1)[:, starts]))
            numbers: Array = outputs.reshape(len(X), -1)
            return numbers[:, back] if numbers.shape[1] == len(back) else numbers

        return confirmed(net, params, original, name, precision=precision)


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

    def width(self) -> int:
        """Return the width of the rows that the module takes: that of its first layer."""
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
        return self.torch.from_numpy(X).to(self.dtype).to(self.device)

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

    def read(self, shape: Shape) -> list[Value]:
        """Return the input of the module, what it makes of it, and its output, in their order."""
        X = np.random.default_rng(0).normal(size=(EXAMPLES, *shape))
        x = self.tensor(X)
        tape = _tape(self, x)
        try:
            with tape:
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
            for k, one in enumerate(made):
                if isinstance(one, torch.Tensor):
                    which = None if one is result else k
                    again = _again(source, function, leaves, form, list(inputs), which)
                    step = _step(source, what, function, args, kwargs, given, again)
                    run = partial(_on_numbers, source, again)
                    value = Value(what, tuple(inputs.values()), run, step)
                    self.values.append(value)
                    self.seen[id(one)] = one, value, _version(one)
            return result

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


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    W = _numbers(weight).T
    b = np.zeros(W.shape[1]) if bias is None else _numbers(bias)
    return Call(Dense(W.shape[1]), Dense.Params(W, b))


def _matmul(x: Any, other: Any) -> Any:
    return _linear(x, other.T) if other.ndim == 2 else None


def _convolution(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    if {*_pair(stride), *_pair(dilation), groups} != {1} or {*_pair(padding)} - {0, "valid"}:
        raise ValueError("neurona's Conv2D has no padding, stride, dilation or groups")
    W = _numbers(weight).transpose(2, 3, 1, 0)
    b = np.zeros(W.shape[-1]) if bias is None else _numbers(bias)
    return Call(Conv2D(W.shape[-1], W.shape[:2]), Conv2D.Params(W, b), channels_first=True)


def _pooling(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    size = _pair(kernel_size)
    strides = size if stride is None or stride == [] else _pair(stride)
    whole = all(side % one == 0 for side, one in zip(x.shape[-2:], size, strict=True))
    if strides != size or {*_pair(padding)} != {0} or {*_pair(dilation)} != {1} or return_indices:
        raise ValueError("neurona's MaxPool2D has no padding, and its patches do not overlap")
    if ceil_mode and not whole:
        raise ValueError("neurona's MaxPool2D leaves out what fills no patch (ceil_mode=False)")
    return Call(MaxPool2D(size), channels_first=True)


def _pair(given: Any) -> tuple[Any, Any]:
    return tuple(given) * (3 - len(given)) if isinstance(given, tuple | list) else (given, given)


def _batch_norm(
    x: Any, mean: Any, variance: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: Any = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    if training or mean is None:
        raise ValueError(
            "it takes its statistics from the batch in eval() too, and neurona's has its own: "
            "set track_running_stats=True and train it on"
        )
    gamma = np.ones(len(mean)) if weight is None else _numbers(weight)
    beta = np.zeros(len(mean)) if bias is None else _numbers(bias)
    params = BatchNormalization.Params(gamma, beta, _numbers(mean), _numbers(variance))
    return Call(BatchNormalization(epsilon=eps or TINY), params, channels_first=True)


def _layer_norm(
    x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    if x.ndim != 2:
        return None
    gamma = np.ones(x.shape[1]) if weight is None else _numbers(weight)
    beta = np.zeros(x.shape[1]) if bias is None else _numbers(bias)
    return Call(LayerNormalization(epsilon=eps or TINY), LayerNormalization.Params(gamma, beta))


def _cat(tensors: Any, dim: int = 0) -> Any:
    axis = dim % tensors[0].ndim
    return Merge(Concatenate, axis - 1) if axis else None


def _add(x: Any, other: Any, *, alpha: Any = 1) -> Any:
    return Merge(Add) if alpha == 1 and x.shape == other.shape else None


LAYERS: dict[str, Callable[..., Any]] = {
    "linear": _linear,
    "matmul": _matmul,
    "__matmul__": _matmul,
    "mm": _matmul,
    "conv2d": _convolution,
    "max_pool2d": _pooling,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
}
MERGES: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("cat", "concat", "concatenate"), _cat),
    **dict.fromkeys(("add", "add_", "__add__", "__radd__", "__iadd__"), _add),
}
MOVES = (
    "flatten", "ravel", "view", "view_as", "reshape", "reshape_as", "unflatten", "squeeze",
    "unsqueeze", "permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis",
    "__getitem__",
)  # fmt: skip


def _step(
    source: _Source, what: str, function: Any, args: Any, kwargs: Any, given: Any, again: Any
) -> Any:
    """Return the layer, the merge or the move that a call is, if it is one."""
    name = function.__name__
    kwargs = {"x" if key == "input" else key: value for key, value in kwargs.items()}
    if name in MOVES and len(given) == 1:
        return Move(partial(_moved, source, what, again))
    if len(given) == 1 and name in LAYERS and given[0] is (args[0] if args else kwargs.get("x")):
        make = LAYERS[name]
    elif name in MERGES and len(given) == (2 if MERGES[name] is _add else len(args[0])):
        make = MERGES[name]
    else:
        return None
    try:
        return make(*args, **kwargs)
    except TypeError:  # another function of that name
        return None
    except ValueError as error:
        raise _Unseen(f"{what}: {error}") from None


def _moved(source: _Source, what: str, again: Callable[..., Any], places: Places) -> Places:
    """Put places where a function puts the numbers of each example."""
    each = np.broadcast_to(places, (EXAMPLES, *places.shape)).copy()
    moved: Places = again(source.torch.from_numpy(each).to(source.device)).cpu().numpy()
    if moved.shape[:1] != (EXAMPLES,) or (moved != moved[:1]).any() or moved[0].size != places.size:
        raise ValueError(f"{what} mixes the examples, or drops numbers of them")
    found: Places = moved[0]
    return found
