"""A network's layers as code: NumPy alone, in the style of the lesson's program."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dis import get_instructions
from textwrap import fill, indent
from types import CodeType
from typing import Any, TypeAlias

import numpy as np

from neurona.engine.layers.base import in_words
from neurona.engine.network import Network
from neurona.engine.types import Array
from neurona.export import numpy_texts as texts
from neurona.export.parts import OWN, Part, every, form_of, padding_of, parts_of, topology_of

WIDTH = 88


# The name of a layer's function in a program, and what it is called with.
Row: TypeAlias = tuple[str, Callable[[Part], dict[str, Any]]]


def _params(part: Part) -> dict[str, Any]:
    return part.params._asdict()  # type: ignore[no-any-return]


def _branches(part: Part) -> dict[str, Any]:
    return {"branches": part.branches}


def _dense(part: Part) -> dict[str, Any]:
    return {**_params(part), "act_f": OWN[part.activation]}


def _normalization(part: Part) -> dict[str, Any]:
    return {**_params(part), "epsilon": part.layer.epsilon}


def _pooling(part: Part) -> dict[str, Any]:
    """Return the size, stride and padding of windows, a number for each axis of the places."""
    windows, padding = part.layer.windows, padding_of(part)
    given = {"size": windows.size, "stride": windows.stride}
    return given | ({"padding": padding} if np.any(padding) else {})


def _convolution(part: Part) -> dict[str, Any]:
    """Return the weights, a row for each number of a window, and what is not 1 or 0."""
    (W, b), layer, given = part.params, part.layer, _pooling(part)
    given |= {"dilation": layer.windows.dilation}
    for name in ("stride", "dilation"):
        if set(given[name]) == {1}:
            del given[name]
    further = {"groups": layer.groups} if layer.groups > 1 else {}
    return {"W": W.reshape(-1, len(b)), "b": b, **given, **further}


def _flags(part: Part) -> dict[str, Any]:
    """Return what is true of a layer of series."""
    names = {
        "return_sequences": "sequences", "go_backwards": "backwards", "causal": "causal",
        "mask_zero": "masked",
    }  # fmt: skip
    return {ours: True for name, ours in names.items() if getattr(part.layer, name, False)}


def _series(part: Part) -> dict[str, Any]:
    return {**_params(part), **_flags(part)}


def _attention(part: Part) -> dict[str, Any]:
    return {**_params(part), "heads": part.layer.heads, **_flags(part)}


def _simple_rnn(part: Part) -> dict[str, Any]:
    return {**_params(part), "act_f": part.layer.activation, **_flags(part)}


ROWS: dict[str, Row] = {
    "Dense": ("NeuralLayer", _dense),
    "Scale": ("scale", _params),
    "LayerNormalization": ("layer_normalization", _normalization),
    "Conv": ("convolution", _convolution),
    "MaxPool": ("max_pooling", _pooling),
    "AveragePool": ("average_pooling", _pooling),
    "GlobalMaxPool": ("global_max_pooling", _flags),
    "GlobalAveragePool": ("global_average_pooling", _flags),
    "Flatten": ("flatten", lambda part: {}),
    "Reshape": ("reshape", lambda part: {"shape": part.layer.shape}),
    "Upsample": ("upsampling", lambda part: {"size": part.layer.size}),
    "Activate": ("", lambda part: {}),
    "SimpleRNN": ("simple_rnn", _simple_rnn),
    "GRU": ("gru", _series),
    "LSTM": ("lstm", _series),
    "Embedding": ("embedding", _params),
    "PositionalEncoding": ("positions", _series),
    "MultiHeadAttention": ("attention", _attention),
    "Concatenate": ("concatenate", _branches),
    "Add": ("add", _branches),
    "Masked": ("masked", lambda part: {"layers": part.branches[0]}),
}

LOOP = """\
        for layer in neural_net:
            z = a @ layer.W + layer.b
            a = layer.act_f(z)
    return a"""

PREDICT = '''
def predict(X):
    """Return {n_out} for each {row} of X (n, {n_in}): an array (n, {outs})."""
    a = np.asarray(X, dtype=np.{dtype})
    if a.shape[1:] != ({n_in},):
        raise ValueError(f"X has shape {{a.shape}}: give {inputs}")
    with np.errstate(over="ignore"):  # e^-z may be infinite: what is divided by it is a right 0
{loop}


if __name__ == "__main__":
    table = sys.argv[1] if sys.argv[1:] else sys.stdin
    rows = np.loadtxt(table, delimiter=",", ndmin=2)
    np.savetxt(sys.stdout, {predictions}, delimiter=",", fmt="%.{digits}g")
'''


def network_program(net: Network, params: Any, written_out: float) -> str:
    """Return the program of a network; see :func:`neurona.export.numpy_code`."""
    parts = parts_of(net, params, dtype=None)
    kind, in_base64 = dtype_of(parts), uses_base64(parts, written_out)
    n_in, outs = (", ".join(map(str, shape)) for shape in (net.in_shape, net.out_shape()))
    images = len(net.in_shape) > 1
    inputs = f"rows of {count(net.n_in, 'number')}"
    predictions = f"predict(rows.reshape(-1, {n_in}))" if images else "predict(rows)"
    if len(net.out_shape()) > 1:
        predictions += ".reshape(len(rows), -1)"
    predict = PREDICT.format(
        row="example" if images else "row",
        dtype=kind,
        n_in=n_in,
        outs=outs,
        n_out=count(net.n_out, "number"),
        inputs=f"examples of {in_words(net.in_shape)}" if images else inputs,
        loop=loop_code(parts),
        predictions=predictions,
        digits=9 if kind == "float32" else 17,
    )
    blocks = [
        _head(parts),
        ("import base64\n" if in_base64 else "") + "import sys\n\nimport numpy as np",
        *layers_code(parts, written_out),
        predict,
    ]
    return page(blocks)


def page(blocks: Sequence[str]) -> str:
    """Put blocks of code on one page: what it is, its imports, and the rest."""
    head, imports, *rest = (block.strip("\n") for block in blocks)
    return head + "\n\n" + "\n\n\n".join([imports, *rest]) + "\n"


def dtype_of(parts: Sequence[Part]) -> str:
    """Return the name of the dtype of a network's parameters."""
    return next((a.dtype.name for part in every(parts) for a in part.params), "float32")


def uses_base64(parts: Sequence[Part], written_out: float) -> bool:
    """Tell whether the parameters are too many to be written as numbers."""
    return bool(sum(a.size for part in every(parts) for a in part.params) > written_out)


def loop_code(parts: Sequence[Part]) -> str:
    """Return the loop over ``neural_net``, which stands in the function that predicts."""
    is_dense = all(part.kind == "Dense" for part in parts)
    return LOOP if is_dense else "        return run(neural_net, a)"


def layers_code(parts: list[Part], written_out: float) -> list[str]:
    """Return the blocks of code that make ``neural_net``, a list of layers with their weights."""
    kind = dtype_of(parts)
    code = {"float32": "<f4", "float64": "<f8"}[kind]
    net, available = "neural_net = " + _list(parts, uses_base64(parts, written_out)), texts.TEXTS
    called = net
    if any(part.kind != "Dense" for part in parts):
        available = {**available, "NeuralLayer": texts.LAYER + texts.CALL}
        called += "\nrun"
    written = {
        name: text.replace("{dtype}", kind).replace("{code}", code)
        for name, text in available.items()
    }
    return [*needed(called, written), net]


def needed(code: str, functions: dict[str, str]) -> list[str]:
    """Return the functions that code calls, and that these call: each calls earlier ones only.

    >>> needed("b(1)", {"a": "def a(x): return x", "b": "def b(x): return a(x)", "c": ""})
    ['def a(x): return x', 'def b(x): return a(x)']
    """
    found, names = [], names_in(code)
    for name, text in reversed(functions.items()):
        if name in names:
            found.append(text)
            names |= names_in(text)
    return found[::-1]


def names_in(code: str) -> set[str]:
    """Return the names from outside that code uses, those of its own variables left out.

    >>> sorted(names_in("def f(x): return g(x) + np.exp(x)"))
    ['g', 'np']
    """
    names, ahead = set(), [compile(code, "", "exec", dont_inherit=True)]
    while ahead:
        one = ahead.pop()
        names |= {each.argval for each in get_instructions(one) if each.opname in LOADS}
        ahead += [const for const in one.co_consts if isinstance(const, CodeType)]
    return names


LOADS = "LOAD_NAME", "LOAD_GLOBAL"


def count(n: int, what: str) -> str:
    """Say how many: ``1 number``, ``2 numbers``."""
    return f"1 {what}" if n == 1 else f"{n} {what}s"


def _head(parts: list[Part]) -> str:
    first, about = parts[0], ""
    takes = f"rows of {count(first.n_in, 'number')}"
    if len(first.shape) > 1:
        takes = f"examples of {in_words(first.shape)}"
        about = f" of {count(first.n_in, 'number')}"
    topology = topology_of(parts)
    return f'''"""A network {topology}, trained with neurona; the program needs NumPy alone.

``predict(X)`` takes {takes}. In a shell, rows{about} come from a CSV file without a header:

    python model.py rows.csv
"""'''


def _list(parts: Sequence[Part], in_base64: bool) -> str:
    """Write a list of layers, a call for each."""

    def value(given: Any) -> str:
        if isinstance(given, np.ndarray):
            return _encoded(given) if in_base64 else _written(given)
        if isinstance(given, list):
            return _list(given, in_base64)
        if isinstance(given, tuple) and isinstance(given[0], list):
            return block("[]", [_list(one, in_base64) for one in given])
        return repr(given)  # of an activation, its name

    lines = []
    for part in parts:
        name, arguments = form_of(part.kind, ROWS, "NumPy")
        given = [f"{key}={value(one)}" for key, one in arguments(part).items()]
        lines += [name + block("()", given)] if name else []
        if part.kind != "Dense" and (part.activation != "linear" or not name):
            lines.append(part.activation)
    return block("[]", lines)


def block(brackets: str, lines: Sequence[str]) -> str:
    """Write items within brackets, each in lines of its own."""
    if not lines:
        return brackets
    text = indent(",\n".join(lines) + ",", " " * 4)
    return f"{brackets[0]}\n{text}\n{brackets[1]}"


def _written(array: Array) -> str:
    """Write numbers as Python does, each with as many digits as it takes to get it back."""
    if array.ndim == 2:
        rows = "\n".join(_written(row) + "," for row in array)
        return "[\n" + indent(rows, " " * 4) + "\n]"
    numbers = ", ".join(str(number) for number in array)
    if len(numbers) + 2 <= WIDTH - 8:
        return f"[{numbers}]"
    lines = fill(numbers + ",", WIDTH - 12, break_long_words=False, break_on_hyphens=False)
    return "[\n" + indent(lines, " " * 4) + "\n]"


def _encoded(array: Array) -> str:
    text = b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode()
    n_conn, n_neur = np.atleast_2d(array).shape
    length = WIDTH - 12
    lines = indent("\n".join(text[i : i + length] for i in range(0, len(text), length)), " " * 4)
    return f'decode(\n    """\n{lines}\n    """,\n    {n_conn},\n    {n_neur},\n)'
