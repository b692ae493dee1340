"""A network's layers as code: NumPy alone, in the style of the lesson's program."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from textwrap import fill, indent
from typing import Any

import numpy as np

from neurona.engine.network import Network
from neurona.engine.types import Array
from neurona.export.parts import Part, form_of, parts_of, topology_of

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
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
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

LAYER_WITH_NORMAL = '''
class LayerNormalization:
    """gamma h + beta, with h = (z - mean) / sqrt(variance + epsilon) of each example's numbers."""

    def __init__(self, gamma, beta, epsilon):
        self.gamma = np.array(gamma, dtype=np.{dtype}).reshape(1, -1)
        self.beta = np.array(beta, dtype=np.{dtype}).reshape(1, -1)
        self.epsilon = epsilon

    def __call__(self, z):
        d = z - z.mean(axis=1, keepdims=True)
        variance = (d * d).mean(axis=1, keepdims=True)
        return self.gamma * d / np.sqrt(variance + self.epsilon) + self.beta


class NeuralLayer:
    """The numbers of a layer: W (n_conn, n_neur), b (1, n_neur), and its activation function.

    Where z is normalized before the activation, that is part of the function.
    """

    def __init__(self, W, b, act_f, normal=None):
        self.W = np.array(W, dtype=np.{dtype})
        self.b = np.array(b, dtype=np.{dtype}).reshape(1, -1)
        self.act_f = act_f if normal is None else lambda z: act_f(normal(z))
'''

DECODE = '''
def decode(text, n_conn, n_neur):
    """Return the matrix that a text holds: {kind} numbers, row after row, in base64."""
    return np.frombuffer(base64.b64decode(text), dtype="{code}").reshape(n_conn, n_neur)
'''

PREDICT = '''
def predict(X):
    """Return {n_out} for each row of X (n, {n_in}): an array (n, {outs})."""
    a = np.asarray(X, dtype=np.{dtype})
    if a.ndim != 2 or a.shape[1] != {n_in}:
        raise ValueError(f"X has shape {{a.shape}}: give rows of {inputs}")
    with np.errstate(over="ignore"):  # e^-z may be infinite: what is divided by it is a right 0
        for layer in neural_net:
            z = a @ layer.W + layer.b
            a = layer.act_f(z)
    return a


if __name__ == "__main__":
    table = sys.argv[1] if sys.argv[1:] else sys.stdin
    rows = np.loadtxt(table, delimiter=",", ndmin=2)
    np.savetxt(sys.stdout, predict(rows), delimiter=",", fmt="%.{digits}g")
'''


def network_program(net: Network, params: Any, written_out: float) -> str:
    """Return the program of a network; see :func:`neurona.export.numpy_code`."""
    parts = parts_of(net, params, dtype=None)
    kind = parts[0].W.dtype.name
    in_base64 = uses_base64(parts, written_out)
    blocks = [
        _head(parts),
        ("import base64\n" if in_base64 else "") + "import sys\n\nimport numpy as np",
        *layers_code(parts, written_out),
        PREDICT.format(
            dtype=kind,
            n_in=net.n_in,
            outs=net.n_out,
            n_out=_count(net.n_out, "number"),
            inputs=_count(net.n_in, "number"),
            digits=9 if kind == "float32" else 17,
        ),
    ]
    return page(blocks)


def page(blocks: Sequence[str]) -> str:
    """Put blocks of code on one page: what it is, its imports, and the rest."""
    head, imports, *rest = (block.strip("\n") for block in blocks)
    return head + "\n\n" + "\n\n\n".join([imports, *rest]) + "\n"


def uses_base64(parts: Sequence[Part], written_out: float) -> bool:
    """Tell whether the parameters are too many to be written as numbers."""
    return sum(part.W.size + part.b.size for part in parts) > written_out


def layers_code(parts: list[Part], written_out: float) -> list[str]:
    """Return the blocks of code that make ``neural_net``, a list of layers with their weights."""
    functions = [
        form_of(name, FUNCTIONS, "NumPy") for name in dict.fromkeys(p.activation for p in parts)
    ]
    kind, code = {4: ("float32", "<f4"), 8: ("float64", "<f8")}[parts[0].W.dtype.itemsize]
    in_base64 = uses_base64(parts, written_out)
    return [
        *functions,
        (LAYER_WITH_NORMAL if any(part.normal for part in parts) else LAYER).format(dtype=kind),
        *([DECODE.format(kind=kind, code=code)] if in_base64 else []),
        _layers(parts, in_base64),
    ]


def _count(n: int, what: str) -> str:
    return f"1 {what}" if n == 1 else f"{n} {what}s"


def _head(parts: list[Part]) -> str:
    topology, takes = topology_of(parts), _count(parts[0].n_in, "number")
    return f'''"""A network {topology}, trained with neurona; the program needs NumPy alone.

``predict(X)`` takes rows of {takes}. In a shell, rows come from a CSV file without a header:

    python model.py rows.csv
"""'''


def _layers(parts: list[Part], in_base64: bool) -> str:
    write = _encoded if in_base64 else _written

    def called(name: str, *arguments: str) -> str:
        return f"{name}(\n" + indent(",\n".join(arguments) + ",", " " * 4) + "\n)"

    layers = []
    for part in parts:
        arguments = [f"W={write(part.W)}", f"b={write(part.b)}", f"act_f={part.activation}"]
        if part.normal:
            gamma, beta, epsilon = part.normal
            written = f"gamma={write(gamma)}", f"beta={write(beta)}", f"epsilon={epsilon!r}"
            arguments.append(f"normal={called('LayerNormalization', *written)}")
        layers.append(called("NeuralLayer", *arguments) + ",")
    return "neural_net = [\n" + indent("\n".join(layers), " " * 4) + "\n]"


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
