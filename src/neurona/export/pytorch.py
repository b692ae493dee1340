"""PyTorch: code with a module, and the weights beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from textwrap import indent
from typing import Any, TypeAlias

import numpy as np

from neurona.engine.network import Network
from neurona.engine.types import Array
from neurona.export.frameworks import call, export_code, listed
from neurona.export.numpy_layers import block, needed
from neurona.export.parts import RECURRENT, Part, both_directions, form_of, gates, padding_of
from neurona.export.pytorch_texts import MODULES

ACTIVATIONS = {
    "linear": "nn.Identity()",
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "softsign": "nn.Softsign()",
    "relu": "nn.ReLU()",
    "leaky_relu": "nn.LeakyReLU(0.01)",
    "elu": "nn.ELU()",
    "selu": "nn.SELU()",
    "gelu": 'nn.GELU(approximate="tanh")',
    "silu": "nn.SiLU()",
    "softplus": "nn.Softplus()",
    "mish": "nn.Mish()",
    "softmax": "nn.Softmax(dim=-1)",
    "exp": "Exp()",
}

# The text of a module, and its weights by the names that it has for them.
Module: TypeAlias = tuple[str, dict[str, Array]]


def _side_by_side(part: Part) -> list[Module]:
    if (both := _bidirectional(part)) is not None:
        return both
    texts: list[str] = []
    weights: dict[str, Array] = {}
    for i, branch in enumerate(part.branches):
        lines, inner = _modules(branch)
        texts.append("nn.Sequential" + block("()", lines))
        weights |= {f"{i}.{key}": array for key, array in inner.items()}
    return [(f"{part.kind}({block('[]', texts)})", weights)]


def _masked(part: Part) -> list[Module]:
    lines, weights = _modules(part.branches[0])
    return [("Masked" + block("()", lines), weights)]


def _dense(part: Part) -> list[Module]:
    (W, b) = part.params
    W = W.reshape(W.shape[-2:])  # of a convolution of size 1 too
    return [(call("nn.Linear", *W.shape), {"weight": W.T, "bias": b})]


def _convolution(part: Part) -> list[Module]:
    (W, b), layer, channels = part.params, part.layer, part.shape[-1]
    at_each_step = part.axes == 1 and W.shape[:2] == (1, channels)
    if at_each_step and part.n_out == part.shape[0] * len(b):
        return _dense(part)
    options = {
        key: given
        for key in ("stride", "dilation", "groups")
        if np.any(np.not_equal(given := getattr(layer, key), 1))
    }
    pads, pad = padding_of(part), []
    if any(before != after for before, after in pads):
        pad = [_pad(pads, 0.0)]
    elif layer.padding == "same" and "stride" not in options:
        options["padding"] = '"same"'
    elif any(before for before, _ in pads):
        options["padding"] = tuple(before for before, _ in pads)
    text = call(f"Convolution{_axes(part)}", channels, len(b), layer.size, **options)
    return [*pad, (text, {"weight": np.moveaxis(W, (-1, -2), (0, 1)), "bias": b})]


def _axes(part: Part) -> str:
    """Return the end of a module's name: images have none."""
    return "1D" if part.axes == 1 else ""


def _pad(pads: Any, value: float) -> Module:
    """Return padding before and after on each side, which has the channels after it."""
    pairs = [(0, 0), *reversed(pads)]
    number = 'float("-inf")' if value else "0.0"
    flat = tuple(one for pair in pairs for one in pair)
    return f"nn.ConstantPad{len(pairs)}d({flat}, {number})", {}


def _pooling(part: Part) -> list[Module]:
    layer, pads, size = part.layer, padding_of(part), part.layer.windows.size
    options: dict[str, Any] = {"stride": layer.stride}
    mean, padded = part.kind == "AveragePool", any(map(sum, pads))
    fits = all(before == after <= one // 2 for (before, after), one in zip(pads, size, strict=True))
    if padded and fits:
        options["padding"] = tuple(before for before, _ in pads)
        options["count_include_pad"] = False if mean else None
    pool = call(f"{part.kind}ing{_axes(part)}", layer.size, **options)
    if not padded or fits:
        return [(pool, {})]
    pad = _pad(pads, 0.0 if mean else -1.0)
    return [(f"WithoutPadding({pad[0]}, {pool})", {})] if mean else [pad, (pool, {})]


def _over_all(part: Part) -> list[Module]:
    masked = "Masked" if getattr(part.layer, "mask_zero", False) else ""
    name = "Mean" if part.kind == "GlobalAveragePool" else "Maximum"
    return [(f"{masked}{name}()", {})]


def _reshape(part: Part) -> list[Module]:
    flat: list[Module] = [("nn.Flatten()", {})] if len(part.shape) > 1 else []
    return [*flat, (f"nn.Unflatten(1, {part.layer.shape})", {})]


def _recurrence(part: Part) -> list[Module]:
    layer, (text, weights) = part.layer, _steps(part)
    name = "MaskedRecurrence" if layer.mask_zero else "Recurrence"
    sequences, backwards = layer.return_sequences or None, layer.go_backwards or None
    text = call(name, text, every_step=sequences, backwards=backwards)
    return [(text, {f"layer.{key}": array for key, array in weights.items()})]


def _bidirectional(part: Part) -> list[Module] | None:
    """Return one module for a recurrence in both directions side by side, if it is that."""
    both = both_directions(part)
    if both is None or not (made := _steps(both[0]))[0].startswith("nn."):
        return None
    text, weights = made
    weights |= {f"{key}_reverse": array for key, array in _steps(both[1])[1].items()}
    text = f"{text[:-1]}, bidirectional=True)"
    text = call("Bidirectional", text, every_step=both[0].layer.return_sequences or None)
    return [(text, {f"layer.{key}": array for key, array in weights.items()})]


def _steps(part: Part) -> Module:
    """Return a module from a series to its states, and other things."""
    kind, layer, params = part.kind, part.layer, part.params
    given, n, (W, U, b) = part.shape[-1], layer.n_out, params[:3]
    options: dict[str, Any] = {"batch_first": True}
    if kind == "SimpleRNN" and layer.activation.name not in ("tanh", "relu"):
        function = form_of(layer.activation.name, ACTIVATIONS, "PyTorch")
        weights = {"input.weight": W.T, "input.bias": b, "state.weight": U.T}
        return call("SimpleRNN", given, n, function), weights
    if kind == "SimpleRNN" and layer.activation.name == "relu":
        options = {"nonlinearity": '"relu"', **options}
    c = np.zeros_like(b)
    if kind == "GRU":
        c[2 * n :] = params.c
    if kind == "LSTM":  # the order of the gates there is i, f, g, o
        W, U, b = (gates(array, (0, 1, 3, 2)) for array in (W, U, b))
    names = "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"
    text = call("nn.RNN" if kind == "SimpleRNN" else f"nn.{kind}", given, n, **options)
    return text, dict(zip(names, (W.T, U.T, b, c), strict=True))


def _attention(part: Part) -> list[Module]:
    layer, n, (W, b, V, c) = part.layer, part.shape[-1], part.params
    m, causal, padding = len(V), layer.causal or None, layer.mask_zero or None
    if m == n and not padding:
        names = "in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"
        text = call("SelfAttention", n, layer.heads, causal=causal)
    else:
        names = "input.weight", "input.bias", "output.weight", "output.bias"
        size = m // layer.heads
        text = call("Attention", n, layer.heads, size, causal=causal, padding=padding)
    return [(text, dict(zip(names, (W.T, b, V.T, c), strict=True)))]


def _embedding(part: Part) -> list[Module]:
    padding = 0 if part.layer.mask_zero else None
    text = call("Embedding", *part.params.W.shape, padding_idx=padding)
    return [(text, {"weight": part.params.W})]


def _positions(part: Part) -> list[Module]:
    text, vectors = f"Positions{part.shape}", part.params[0]
    if part.layer.mask_zero:
        return [(f"Masked({text})", {"0.vectors": vectors})]
    return [(text, {"vectors": vectors})]


def _normalization(part: Part) -> list[Module]:
    text = call("nn.LayerNorm", part.shape[-1], eps=part.layer.epsilon)
    return [(text, {"weight": part.params.gamma, "bias": part.params.beta})]


ROWS: dict[str, Callable[[Any], list[Module]]] = {
    "Dense": _dense,
    "Scale": lambda part: [(f"Scale({len(part.params.s)})", part.params._asdict())],
    "LayerNormalization": _normalization,
    "Conv": _convolution,
    "MaxPool": _pooling,
    "AveragePool": _pooling,
    "GlobalMaxPool": _over_all,
    "GlobalAveragePool": _over_all,
    "Flatten": lambda part: [("nn.Flatten()", {})],
    "Reshape": _reshape,
    "Upsample": lambda part: [(f"Upsampling(scale_factor={part.layer.size})", {})],
    "Activate": lambda part: [] if part.activation != "linear" else [("nn.Identity()", {})],
    "Embedding": _embedding,
    "PositionalEncoding": _positions,
    **dict.fromkeys(RECURRENT, _recurrence),
    "MultiHeadAttention": _attention,
    "Concatenate": _side_by_side,
    "Add": _side_by_side,
    "Masked": _masked,
}


def _modules(parts: Sequence[Part]) -> tuple[list[str], dict[str, Array]]:
    """Return the texts of a Sequential's modules, and its weights by their names in its state."""
    texts: list[str] = []
    weights: dict[str, Array] = {}
    for part in parts:
        made = form_of(part.kind, ROWS, "PyTorch")(part)
        if part.activation != "linear":
            made.append((form_of(part.activation, ACTIVATIONS, "PyTorch"), {}))
        for text, own in made:
            weights |= {f"{len(texts)}.{key}": array for key, array in own.items()}
            texts.append(text)
    return texts, weights


CODE = '''"""A network {topology}, {sign}, in PyTorch.

Its weights are in {weights}, beside this file. It needs torch and safetensors:

    from model import load

    net = load()
    outputs = net(X)  # X: a float32 tensor (n, {n_in}); outputs: (n, {n_out})
{beside}"""

from pathlib import Path

{torch}from safetensors.torch import load_file
from torch import nn

WEIGHTS = Path(__file__).with_name("{weights}")
{modules}

class Net(nn.Sequential):
    def __init__(self):
        super().__init__(
{layers}
        )


def load(path=WEIGHTS):
    """Return the network with its weights, ready to predict."""
    net = Net()
    net.load_state_dict(load_file(path))
    return net.eval()
'''


USE = """\
    import torch
    from model import load
    from preparation import decide, prepare

    net = load()
    with torch.no_grad():
        outputs = net(torch.from_numpy(prepare({table}))).numpy()
    print(decide(outputs))
"""


def to_pytorch(
    model: Any,
    params: Any = None,
    folder: str | PathLike[str] | None = None,
    *,
    preparation: str | None = None,
) -> Path:
    """Write the network as code for PyTorch, ``model.py``, and its weights beside it.

    The code can be read and changed; its ``load()`` returns a ``torch.nn.Module`` with the weights
    of ``model.safetensors``. PyTorch is not needed to write it.

    An estimator's network goes with its preparation: ``preparation.py``, in NumPy, has
    ``prepare(table)``, which makes the network's input, and ``decide(outputs)``, which turns the
    network's outputs into classes or numbers. Its text says how the two go together. Images and
    series need none: their scaling is a layer of the network, which takes them as they are, with
    the channel, and gives probabilities in the order of ``classes_``, or numbers in the target's
    units.

    Parameters
    ----------
    model, params
        A network and its parameters, which are taken to float32; or a fitted estimator alone.
    folder
        Where to; it is made if it is not there, and an earlier export in it is replaced.
    preparation
        Code that is put beside a network, as ``preparation.py``.

    Returns
    -------
    pathlib.Path
        The path of ``model.py``.

    Raises
    ------
    ValueError
        If neurona has no export for a layer or an activation, or the parameters don't fit the
        network.
    sklearn.exceptions.NotFittedError
        If the estimator has not been fitted.
    FileExistsError
        If the folder has a ``model.py`` or a ``preparation.py`` that is not an export.
    MissingExtra
        If safetensors is not installed.

    Examples
    --------
    >>> import neurona, tempfile
    >>> net = neurona.network([2, 3, 1], "gelu", output="sigmoid")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     code = to_pytorch(net, net.init(rng=0), folder).read_text()
    >>> print(code[code.index("class"):code.index("def load")].strip())
    class Net(nn.Sequential):
        def __init__(self):
            super().__init__(
                nn.Linear(2, 3),
                nn.GELU(approximate="tanh"),
                nn.Linear(3, 1),
                nn.Sigmoid(),
            )
    """
    return export_code(model, params, folder, preparation, USE, _code)


def _code(net: Network, parts: list[Part]) -> tuple[str, dict[str, Array], dict[str, str]]:
    texts, weights = _modules(parts)
    layers = listed(texts)
    modules = "".join(f"\n\n{text}" for text in needed(f"[{layers}]", MODULES))
    torch = "import torch\n" if "torch." in modules else ""
    return CODE, weights, {"torch": torch, "modules": modules, "layers": indent(layers, " " * 12)}
