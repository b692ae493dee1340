"""A short program that trains a dense network with NumPy alone, as text that is executed.

It is the correct one of the bug lab: each bug changes one line of it (:mod:`.catalog`). It holds
the activations and the cost of one network and no others: pairs, as in the lesson.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from neurona.engine.types import Array
from neurona.language import Language

FILE = "<the program>"  # its name in a traceback

_ACTIVATIONS = {
    "linear": ("z", "error"),
    "sigmoid": ("1 / (1 + np.exp(-z))", "error * a * (1 - a)"),
    "tanh": ("np.tanh(z)", "error * (1 - a**2)"),
    "relu": ("np.maximum(z, 0)", "error * (a > 0)"),
    "leaky_relu": ("np.maximum(z, 0.01 * z)", "error * np.where(a > 0, 1, 0.01)"),
    "elu": ("np.where(z > 0, z, np.expm1(np.minimum(z, 0)))", "error * np.where(a > 0, 1, a + 1)"),
    "selu": (
        "1.0507009873 * np.where(z > 0, z, 1.6732632423 * np.expm1(np.minimum(z, 0)))",
        "error * np.where(a > 0, 1.0507009873, a + 1.0507009873 * 1.6732632423)",
    ),
    "softsign": ("z / (1 + abs(z))", "error * (1 - abs(a)) ** 2"),
    "softplus": ("np.logaddexp(0, z)", "error * (1 - np.exp(-a))"),
    "softmax": (
        "np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True))",
        "a * (error - (error * a).sum(axis=1, keepdims=True))",
    ),
}
# The others have slopes that are not functions of a alone.
WRITTEN = frozenset(_ACTIVATIONS)
# Their slope at z is that at a: to take one for the other changes nothing.
SAME_SLOPE = frozenset({"linear", "relu", "leaky_relu"})

_COSTS = {
    "SquaredError": ("np.mean((A - Y) ** 2)", "2 * (A - Y) / A.size"),
    "AbsoluteError": ("np.mean(abs(A - Y))", "np.sign(A - Y) / A.size"),
    "Huber": (
        "np.mean(np.clip(A - Y, -1, 1) * (A - Y - np.clip(A - Y, -1, 1) / 2))",
        "np.clip(A - Y, -1, 1) / A.size",
    ),
    # The small number keeps log from 0, where a prediction has been rounded to 0 or 1.
    "BinaryCrossEntropy": (
        "-np.mean(Y * np.log(A + 1e-16) + (1 - Y) * np.log(1 - A + 1e-16))",
        "((1 - Y) / (1 - A + 1e-16) - Y / (A + 1e-16)) / A.size",
    ),
    "CategoricalCrossEntropy": (
        "-np.sum(Y * np.log(A + 1e-300)) / len(Y)",
        "-Y / (A + 1e-300) / len(Y)",
    ),
}

_TEXT = """\
import numpy as np

# Activations, each a pair: a = f(z), and from the derivative by a that by z.
{activations}
# The cost, a pair too: of the predictions A, and its derivative by them.
cost = (
    lambda A, Y: {cost},
    lambda A, Y: {cost_back},
)


class Layer:
    def __init__(self, W, b, f):
        self.W, self.b, self.f = W, b, f


def start(draw):
    layers, topology = [], {topology}
    functions = {functions}
    for n_in, n_out, f in zip(topology, topology[1:], functions):
        W, b = draw(n_in, n_out)
        layers.append(Layer(W, b, f))
    return layers


def split(held_out):
    test = np.flatnonzero(held_out)
    train = np.flatnonzero(~held_out)
    return train, test


def batches(rows, size, rng):
    order = rng.permutation(rows)
    for first in range(0, len(order), size):
        yield order[first : first + size]


def step(layers, X, Y, update):
    # Forward: z and a of each layer.
    out = [(None, X)]
    for layer in layers:
        z = out[-1][1] @ layer.W + layer.b
        a = layer.f[0](z)
        out.append((z, a))

    # Backward: delta is the cost's derivative by z, error that by a.
    error = cost[1](a, Y)
    for i in reversed(range(len(layers))):
        layer, W = layers[i], layers[i].W
        a_prev, (z, a) = out[i][1], out[i + 1]
        delta = layer.f[1](a, error)
        dW = a_prev.T @ delta
        db = delta.sum(axis=0)
        layer.W, layer.b = update(i, W, layer.b, dW, db)
        error = delta @ W.T
    return cost[0](out[-1][1], Y)


def train(layers, X, Y, held_out, update, size, rng):
    rows, test = split(held_out)
    while True:
        for batch in batches(rows, size, rng):
            yield step(layers, X[batch], Y[batch], update)


# Plain gradient descent, and weights that suit the width of a layer.
def descent(rate):
    def update(i, W, b, dW, db):
        return W - rate * dW, b - rate * db

    return update


def scaled(rng):
    def draw(n_in, n_out):
        limit = 2 * np.sqrt(3 / n_in)
        return rng.uniform(-limit, limit, (n_in, n_out)), np.zeros(n_out)

    return draw
"""

_PAIR = """\
{name} = (
    lambda z: {function},
    lambda a, error: {back},
)
"""

_SPANISH = {
    "# Activations, each a pair: a = f(z), and from the derivative by a that by z.": (
        "# Activaciones, cada una un par: a = f(z), y de la derivada por a, la de z."
    ),
    "# The cost, a pair too: of the predictions A, and its derivative by them.": (
        "# El coste, otro par: el de las predicciones A, y su derivada por ellas."
    ),
    "# Forward: z and a of each layer.": "# Hacia delante: z y a de cada capa.",
    "# Backward: delta is the cost's derivative by z, error that by a.": (
        "# Hacia atrás: delta es la derivada del coste por z; error, la de a."
    ),
    "# Plain gradient descent, and weights that suit the width of a layer.": (
        "# Descenso de gradiente sin más, y pesos que van con el ancho de la capa."
    ),
}


@dataclass(frozen=True)
class Program:
    """A program's lines, which may hold a bug.

    Attributes
    ----------
    lines
        Its lines, the comments in English.
    topology
        The inputs, and the neurons of each layer.

    Examples
    --------
    >>> program = write([2, 3, 1], ["tanh", "sigmoid"], "SquaredError")
    >>> program.lines[program.line("step", "db =") - 1].strip()
    'db = delta.sum(axis=0)'
    >>> import numpy as np
    >>> parts = program.parts
    >>> layers = parts["start"](parts["scaled"](np.random.default_rng(0)))
    >>> X, Y = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0.0], [1.0]])
    >>> training = parts["train"](
    ...     layers, X, Y, np.array([False, False]), parts["descent"](1.0), 2,
    ...     np.random.default_rng(0),
    ... )
    >>> costs = [next(training) for _ in range(100)]
    >>> bool(costs[-1] < costs[0] / 10)
    True
    """

    lines: tuple[str, ...]
    topology: tuple[int, ...]

    def text(self, language: Language = "en") -> str:
        """Return the program with its comments in a language."""
        return "\n".join(self.lines_in(language)) + "\n"

    def lines_in(self, language: Language) -> list[str]:
        """Return its lines with the comments in a language; their numbers are the same."""
        if language == "en":
            return list(self.lines)
        return [
            line.replace(line.strip(), _SPANISH.get(line.strip(), line.strip()))
            for line in self.lines
        ]

    @cached_property
    def parts(self) -> dict[str, Any]:
        """Its definitions, by name: it is executed once."""
        made: dict[str, Any] = {}
        exec(compile(self.text(), FILE, "exec"), made)
        return made

    def start(self, params: Sequence[tuple[Array, Array]]) -> list[Any]:
        """Return the program's layers, which draw ``(W, b)`` in turn from given ones."""
        drawn = iter(params)
        layers: list[Any] = self.parts["start"](lambda n_in, n_out: next(drawn))
        return layers

    @property
    def functions(self) -> list[str]:
        """The name of each layer's activation."""
        line = self.lines[self.line("start", "functions = ") - 1]
        return line.split("[")[1].rstrip("]").split(", ")

    def numbers_of(self, block: str) -> list[int]:
        """Return the numbers of the lines of a function or a pair."""
        numbers, inside = [], False
        for number, line in enumerate(self.lines, start=1):
            if line and line[0] not in " )":
                inside = line.startswith((f"def {block}(", f"{block} = ("))
            if inside:
                numbers.append(number)
        return numbers

    def line(self, block: str, start: str) -> int:
        """Return the number of the first line in a function or a pair that begins so."""
        for number in self.numbers_of(block):
            if self.lines[number - 1].strip().startswith(start):
                return number
        raise ValueError(f"{block} has no line that begins with {start}")

    def with_line(self, number: int, line: str) -> Program:
        """Return the program with another line in one place."""
        lines = list(self.lines)
        lines[number - 1] = line
        return Program(tuple(lines), self.topology)


def write(topology: Sequence[int], activations: Sequence[str], cost: str) -> Program:
    """Write the correct program for a dense network.

    Parameters
    ----------
    topology
        The inputs, and the neurons of each layer.
    activations
        The name of each layer's activation, of :data:`WRITTEN`.
    cost
        The name of the cost's class, such as ``"SquaredError"``.

    Raises
    ------
    ValueError
        If an activation's slope is not a function of ``a`` alone, or the cost is another.
    """
    for name in activations:
        if name not in WRITTEN:
            raise ValueError(
                f"the program has no {name}: it has {', '.join(sorted(WRITTEN))}, and none whose "
                "slope is not a function of a alone"
            )
    if cost not in _COSTS:
        raise ValueError(f"the cost is {cost!r}: the program has {', '.join(sorted(_COSTS))}")
    pairs = [
        _PAIR.format(name=name, function=_ACTIVATIONS[name][0], back=_ACTIVATIONS[name][1])
        for name in dict.fromkeys(activations)
    ]
    function, back = _COSTS[cost]
    text = _TEXT.format(
        activations="".join(pairs),
        cost=function,
        cost_back=back,
        topology=list(topology),
        functions=f"[{', '.join(activations)}]",
    )
    return Program(tuple(text.splitlines()), tuple(topology))
