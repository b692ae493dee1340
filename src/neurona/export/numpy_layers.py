"""A network's layers as code: NumPy alone, in the style of the lesson's program."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from textwrap import fill, indent
from typing import Any, NamedTuple

import numpy as np

from neurona.engine.layers.base import in_words
from neurona.engine.network import Network
from neurona.engine.types import Array
from neurona.export.parts import Part, every, form_of, parts_of, topology_of

WIDTH = 88

FUNCTIONS = {
    "linear": '''
def linear(z):
    """a = z."""
    return z
''',
    "sigmoid": '''
def sigmoid(z):
    """a = 1 / (1 + e^-z)."""
    return 1 / (1 + np.exp(-z))
''',
    "tanh": '''
def tanh(z):
    """a = tanh(z)."""
    return np.tanh(z)
''',
    "softsign": '''
def softsign(z):
    """a = z / (1 + |z|)."""
    return z / (1 + abs(z))
''',
    "relu": '''
def relu(z):
    """a = max(0, z)."""
    return np.maximum(z, 0)
''',
    "leaky_relu": '''
def leaky_relu(z):
    """a = z where z > 0, and 0.01 z elsewhere."""
    return np.maximum(z, 0.01 * z)
''',
    "elu": '''
def elu(z):
    """a = z where z > 0, and e^z - 1 elsewhere."""
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))
''',
    "selu": '''
def selu(z):
    """a = λ z where z > 0, and λ α (e^z - 1) elsewhere."""
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return scale * np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))
''',
    "gelu": '''
def gelu(z):
    """a = z (1 + t) / 2 with t = tanh(√(2/π) (z + 0.044715 z³))."""
    root = 0.7978845608028654  # √(2/π)
    return 0.5 * z * (1 + np.tanh(root * z * (1 + 0.044715 * z * z)))
''',
    "silu": '''
def silu(z):
    """a = z / (1 + e^-z)."""
    return z * (1 / (1 + np.exp(-z)))
''',
    "softplus": '''
def softplus(z):
    """a = log(1 + e^z)."""
    return np.logaddexp(0, z)
''',
    "mish": '''
def mish(z):
    """a = z tanh(log(1 + e^z))."""
    return z * np.tanh(np.logaddexp(0, z))
''',
    "softmax": '''
def softmax(z):
    """a_i = e^z_i / Σ_j e^z_j in each row; its largest z is taken off, so that no e^z overflows."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
''',
    "exp": '''
def exp(z):
    """a = e^z."""
    return np.exp(z)
''',
}

LAYER = '''
class NeuralLayer:
    """The numbers of a layer: W (n_conn, n_neur), b (1, n_neur), and its activation function."""

    def __init__(self, W, b, act_f):
        self.W = np.array(W, dtype=np.{dtype})
        self.b = np.array(b, dtype=np.{dtype}).reshape(1, -1)
        self.act_f = act_f
'''

# In a network that is not dense layers alone, each layer is a function of the output before it.
CALL = """
    def __call__(self, a):
        return self.act_f(a @ self.W + self.b)
"""

SCALE = '''
def scale(s, t):
    """s z + t: a factor and a term for each channel, which training measured."""
    return lambda z: np.{dtype}(s) * z + np.{dtype}(t)
'''

NORMALIZATION = '''
def layer_normalization(gamma, beta, epsilon):
    """gamma h + beta, with h = (z - mean) / sqrt(variance + epsilon) over the last axis."""

    def layer(z):
        d = z - z.mean(axis=-1, keepdims=True)
        variance = (d * d).mean(axis=-1, keepdims=True)
        return np.{dtype}(gamma) * d / np.sqrt(variance + epsilon) + np.{dtype}(beta)

    return layer
'''

CONVOLUTION = '''
def convolution(W, b, size):
    """A weighted sum of the patch around each place, of height and width size: W a row a number."""
    n, m = size
    b = np.array(b, dtype=np.{dtype}).reshape(-1)
    W = np.array(W, dtype=np.{dtype}).reshape(n, m, -1, len(b))

    def layer(a):
        height, width = a.shape[1] - n + 1, a.shape[2] - m + 1
        z = b
        for i in range(n):
            for j in range(m):
                z = z + a[:, i : i + height, j : j + width] @ W[i, j]
        return z

    return layer
'''

POOLING = '''
def max_pooling(size):
    """The largest number of each patch of height and width size, in each channel."""
    n, m = size

    def layer(a):
        rows, height, width, channels = len(a), a.shape[1] // n, a.shape[2] // m, a.shape[3]
        patches = a[:, : height * n, : width * m].reshape(rows, height, n, width, m, channels)
        return patches.max(axis=(2, 4))

    return layer
'''

FLATTEN = '''
def flatten():
    """All numbers of an example in a row."""
    return lambda a: a.reshape(len(a), -1)
'''

CONCATENATE = '''
def concatenate(branches):
    """Branches that take the same input, their outputs along the last axis."""
    return lambda a: np.concatenate([run(branch, a) for branch in branches], axis=-1)
'''

ADD = '''
def add(branches):
    """Branches that take the same input, their outputs added up."""
    return lambda a: sum(run(branch, a) for branch in branches)
'''


class Row(NamedTuple):
    """A layer in a program: its name there, its code, and what it is made with."""

    name: str
    code: str
    arguments: Callable[[Part], dict[str, Any]] = lambda part: {}


def _branches(part: Part) -> dict[str, Any]:
    return {"branches": part.branches}


def _size(part: Part) -> dict[str, Any]:
    return {"size": part.layer.size}


def _convolution(part: Part) -> dict[str, Any]:
    W, b = part.params
    return {"W": W.reshape(-1, len(b)), "b": b, **_size(part)}


def _normalization(part: Part) -> dict[str, Any]:
    return {**part.params._asdict(), "epsilon": part.layer.epsilon}


ROWS: dict[str, Row] = {
    "Dense": Row(
        "NeuralLayer", LAYER + CALL, lambda part: {**part.params._asdict(), "act_f": part}
    ),
    "Scale": Row("scale", SCALE, lambda part: part.params._asdict()),
    "LayerNormalization": Row("layer_normalization", NORMALIZATION, _normalization),
    "Conv2D": Row("convolution", CONVOLUTION, _convolution),
    "MaxPool2D": Row("max_pooling", POOLING, _size),
    "Flatten": Row("flatten", FLATTEN),
    "Activate": Row("", ""),
    "Concatenate": Row("concatenate", CONCATENATE, _branches),
    "Add": Row("add", ADD, _branches),
}

RUN = '''
def run(layers, a):
    """Return the output of layers one after the other."""
    for layer in layers:
        a = layer(a)
    return a
'''

DECODE = '''
def decode(text, n_conn, n_neur):
    """Return the matrix that a text holds: {kind} numbers, row after row, in base64."""
    return np.frombuffer(base64.b64decode(text), dtype="{code}").reshape(n_conn, n_neur)
'''

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
    np.savetxt(sys.stdout, predict({rows}), delimiter=",", fmt="%.{digits}g")
'''


def network_program(net: Network, params: Any, written_out: float) -> str:
    """Return the program of a network; see :func:`neurona.export.numpy_code`."""
    parts = parts_of(net, params, dtype=None)
    kind, in_base64 = dtype_of(parts), uses_base64(parts, written_out)
    n_in, outs = (", ".join(map(str, shape)) for shape in (net.in_shape, net.out_shape()))
    images = len(net.in_shape) > 1
    inputs = f"rows of {count(net.n_in, 'number')}"
    predict = PREDICT.format(
        row="example" if images else "row",
        dtype=kind,
        n_in=n_in,
        outs=outs,
        n_out=count(net.n_out, "number"),
        inputs=f"examples of {in_words(net.in_shape)}" if images else inputs,
        loop=loop_code(parts),
        rows=f"rows.reshape(-1, {n_in})" if images else "rows",
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
    names = dict.fromkeys(part.activation for part in every(parts))
    used = dict.fromkeys(part.kind for part in every(parts))
    kind, in_base64 = dtype_of(parts), uses_base64(parts, written_out)
    code = {"float32": "<f4", "float64": "<f8"}[kind]
    blocks = [LAYER]
    if list(used) != ["Dense"]:
        blocks = [*(form_of(one, ROWS, "NumPy").code for one in used), RUN]
    return [
        *(form_of(name, FUNCTIONS, "NumPy") for name in names),
        *(block.replace("{dtype}", kind) for block in blocks if block),
        *([DECODE.format(kind=kind, code=code)] if in_base64 else []),
        "neural_net = " + _list(parts, in_base64),
    ]


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
        if isinstance(given, Part):
            return given.activation
        if isinstance(given, tuple) and isinstance(given[0], list):
            return block("[]", [_list(one, in_base64) for one in given])
        return repr(given)

    lines = []
    for part in parts:
        row = ROWS[part.kind]
        given = {key: value(one) for key, one in row.arguments(part).items()}
        if row.name:
            lines.append(row.name + block("()", [f"{key}={one}" for key, one in given.items()]))
        if "act_f" not in given and (part.activation != "linear" or not row.name):
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
