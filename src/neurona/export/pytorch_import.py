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
from typing import Any

import numpy as np

from neurona.engine import layers as ours
from neurona.engine.layers.base import in_words
from neurona.engine.network import Network
from neurona.engine.types import Array, Params, Shape
from neurona.export.calls import EXAMPLES, Call, Merge, Places, Value
from neurona.export.pytorch_functions import (
    RECURRENCES,
    Unseen,
    direction,
    numbers,
    padded,
    recurrence_values,
    step_of,
)
from neurona.export.pytorch_texts import MODULES
from neurona.export.reading import network_like
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
        return network_like(values, shape, lambda X: numbers(source.run(X)), name, precision)


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
            except Unseen:
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
            raise Unseen(
                f"{self.name} gives a {type(outputs).__name__}, and a network gives one array: "
                "wrap it in a module that gives one"
            )
        return outputs

    def values(self, shape: Shape) -> list[Value]:
        """Return the input of the module, what it makes of it, and its output, in their order."""
        if self.indices:  # a module with an embedding may take its indices, or other numbers
            try:
                return self._values(shape)
            except Unseen:
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
        except Unseen:
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
                raise Unseen(
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
                values = recurrence_values(what, function.__name__, inputs[0], args)
                self.values += values
                for one, value in zip(made, values[-len(made) :], strict=True):
                    self.seen[id(one)] = one, value, _version(one)
                return result
            for k, one in enumerate(made):
                if isinstance(one, torch.Tensor):
                    which = None if one is result else k
                    again = _again(source, function, leaves, form, list(inputs), which)
                    move = partial(_moved, source, again)
                    step = step_of(what, function, args, kwargs, given, move)
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


# --------------------------------------------------------------- modules that the export writes


@contextmanager
def _own_modules(source: _Source, tape: Any) -> Iterator[None]:
    """Write down each call of a module that the export writes as the layer that it is."""
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
            raise Unseen(f"{what}: {error}") from None
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
        call = direction(inner.mode.lower(), inner._flat_weights)
    options = {"return_sequences": module.every_step, "go_backwards": module.backwards}
    return replace(call, layer=replace(call.layer, mask_zero=True, **options))


def _simple_rnn(source: _Source, module: Any, x: Any) -> Any:
    W, U = (numbers(one.weight).T for one in (module.input, module.state))
    n = len(U)
    function = partial(_on_numbers, source, module.activation)
    layer = ours.SimpleRNN(n, recognize(function, n, "its activation"), return_sequences=True)
    return Call(layer, ours.SimpleRNN.Params(W, U, numbers(module.input.bias)))


def _own_attention(source: _Source, module: Any, x: Any) -> Any:
    layer = ours.MultiHeadAttention(module.heads, module.size, module.causal, module.padding)
    into, out = module.input, module.output
    W, V = (numbers(one.weight).T for one in (into, out))
    return Call(layer, layer.Params(W, numbers(into.bias), V, numbers(out.bias)))


def _without_padding(source: _Source, module: Any, x: Any) -> Any:
    mean, axes = module.mean, x.ndim - 2
    kind = (ours.AveragePool1D, ours.AveragePool2D)[axes - 1]
    layer = kind(mean.kernel_size, stride=mean.stride)
    return [padded(x, module.pad.padding, value=-np.inf), Call(layer)]


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
