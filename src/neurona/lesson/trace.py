"""Trace the lesson's ``train`` on one of our networks, line by line, with its variables.

The function is the tutorial's, unchanged: a tracer watches it run.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neurona import tutorial
from neurona.engine.layers.dense import Dense

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from neurona.engine.activations import Activation
    from neurona.engine.network import Network
    from neurona.engine.types import Array, Params

# The first line of each phase; a phase lasts until the next one begins.
BEGINNINGS = {
    "out: list": "forward",
    "if train:": "cost",
    "for i, layer in reversed": "backward",
    "layer.b =": "update",
    "return Yp": "end",
}
OWN = {"sigmoid": tutorial.sigm, "relu": tutorial.relu, "tanh": tutorial.tanh}
CORNER = 4  # rows and columns of an array that are recorded

_one_at_a_time = threading.Lock()


class Line(NamedTuple):
    """A line of the source: its number (that of ``def`` is 1), its text and its phase."""

    number: int
    text: str
    phase: str | None


class Variable(NamedTuple):
    """A variable: its shape, or None if it is not an array, and the values in its upper left."""

    name: str
    shape: tuple[int, ...] | None
    values: Any


class Moment(NamedTuple):
    """The state just before a line runs: the line, its phase and layer, and the variables.

    ``layer`` counts from 0; it is None if the line belongs to no single layer.
    """

    number: int
    phase: str
    layer: int | None
    variables: tuple[Variable, ...]


def can_tell(net: Network) -> bool:
    """Return whether the lesson's program can run every layer and activation of a network.

    Its layers are dense. Its derivatives are functions of one neuron's ``a``; a softmax needs the
    ``a`` of all neurons.
    """
    return all(
        isinstance(layer, Dense) and layer.activation.name != "softmax" for layer in net.layers
    )


@lru_cache(maxsize=1)
def source() -> tuple[Line, ...]:
    """Return the lines of the lesson's ``train`` with their phases, without its docstring.

    Examples
    --------
    >>> print(source()[0].text)
    def train(
    >>> [line.text.strip() for line in source() if line.phase == "cost"]
    ['if train:', 'error = l2_cost[1](Yp, Y)']
    """
    text = inspect.getsource(tutorial.train)
    (function,) = ast.parse(textwrap.dedent(text)).body
    docstring = function.body[0]  # type: ignore[attr-defined]
    phase, lines = None, []
    for number, line in enumerate(text.splitlines(), start=1):
        if docstring.lineno <= number <= docstring.end_lineno:
            continue
        phase = _phase(line.strip()) or phase
        said = bool(line.strip()) and not line.strip().startswith("#")
        lines.append(Line(number, line, phase if said else None))
    return tuple(lines)


def _phase(line: str) -> str | None:
    """Return the phase that begins with a line, if any."""
    return next((phase for start, phase in BEGINNINGS.items() if line.startswith(start)), None)


@lru_cache(maxsize=1)
def _in_loops() -> frozenset[int]:
    """Return the numbers of the lines that run once for each layer: the loops' bodies."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(tutorial.train)))
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For)]
    return frozenset(
        number
        for loop in loops
        for inner in loop.body
        for number in range(inner.lineno, (inner.end_lineno or inner.lineno) + 1)
    )


def trace(net: Network, params: Params, x: Array, target: Array, rate: float) -> list[Moment]:
    """Let the lesson's ``train`` take one step with its own cost, and record every line.

    Parameters
    ----------
    net, params
        A network and its parameters, which do not change.
    x, target
        Examples, ``(n, n_in)`` and ``(n, n_out)``.
    rate
        The lesson's ``lr``.

    Returns
    -------
    list of Moment
        One for each line that ran, in order.

    Raises
    ------
    ValueError
        If a layer is a softmax or not dense: see :func:`can_tell`.

    Examples
    --------
    >>> from neurona import network
    >>> net = network([2, 3, 1])
    >>> moments = trace(net, net.init(rng=0), np.zeros((5, 2)), np.ones((5, 1)), rate=0.5)
    >>> [moment.layer for moment in moments if moment.phase == "update"]
    [1, 1, 0, 0]
    >>> [one.shape for one in moments[-1].variables if one.name == "delta"]
    [(5, 3)]
    """
    if not can_tell(net):
        raise ValueError(
            "the lesson's program has only dense layers, and no softmax: its derivatives are "
            "those of one neuron"
        )
    layers = [
        _layer(layer.activation, *layer_params)
        for layer, layer_params in zip(net.layers, params, strict=True)
    ]
    moments: list[Moment] = []
    first = tutorial.train.__code__.co_firstlineno
    phases = {line.number: line.phase for line in source()}

    def each_line(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            number = frame.f_lineno - first + 1
            known = dict(frame.f_locals)
            layer = _layer_index(layers, known) if number in _in_loops() else None
            variables = tuple(_variables(known))
            moments.append(Moment(number, phases.get(number) or "forward", layer, variables))
        return each_line

    def each_call(frame: FrameType, _event: str, _: Any) -> Any:
        return each_line if frame.f_code is tutorial.train.__code__ else None

    examples = np.asarray(x, np.float64), np.asarray(target, np.float64)
    with _one_at_a_time, np.errstate(all="ignore"):
        before = sys.gettrace()
        sys.settrace(each_call)
        try:
            tutorial.train(layers, *examples, tutorial.l2_cost, lr=rate)
        finally:
            sys.settrace(before)
    return moments


def _layer(activation: Activation, W: Array, b: Array) -> Any:
    """Return one of the lesson's layers with given parameters."""
    layer: Any = object.__new__(tutorial.NeuralLayer)  # its __init__ would draw others
    layer.act_f = OWN.get(activation.name) or as_pair(activation)
    layer.W, layer.b = np.asarray(W, np.float64), np.asarray(b, np.float64)[None, :]
    return layer


def as_pair(activation: Activation) -> tuple[Any, Any]:
    """Return one of the engine's activations as the lesson's pair: ``f``, and ``f'`` of a.

    Not every slope is a function of a alone. So ``f'`` is the engine's pullback at the last z that
    ``f`` received: it is the z of this a.

    Examples
    --------
    >>> from neurona.engine.activations import softsign
    >>> f, slope = as_pair(softsign)
    >>> a = f(np.array([[-1.0, 0.0, 3.0]]))
    >>> a, slope(a)
    (array([[-0.5 ,  0.  ,  0.75]]), array([[0.25  , 1.    , 0.0625]]))
    """
    last: list[Any] = [None]

    def function(z: Array) -> Array:
        a, last[0] = activation.function(z.T)
        return a.T

    def derivative(a: Array) -> Any:
        return last[0](np.ones_like(a.T)).T

    return function, derivative


def _layer_index(layers: list[Any], known: dict[str, Any]) -> int | None:
    """Return the number of the loop's current layer."""
    return next((k for k, one in enumerate(layers) if one is known.get("layer")), None)


def _variables(known: dict[str, Any]) -> Iterator[Variable]:
    for name, value in known.items():
        if isinstance(value, np.ndarray):
            yield _array(name, value)
        elif isinstance(value, tutorial.NeuralLayer):
            yield _array(f"{name}.W", value.W)
            yield _array(f"{name}.b", value.b)
        elif isinstance(value, list):
            yield Variable(name, None, f"[{len(value)}]")
        elif isinstance(value, bool | int | float):
            yield Variable(name, None, value)


def _array(name: str, array: Array) -> Variable:
    corner = array[:CORNER, :CORNER].tolist()
    return Variable(name, array.shape, tuple(tuple(row) for row in corner))
