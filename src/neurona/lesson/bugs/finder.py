"""Find the wrong line of a program, without knowing which bug it has.

Each line of the backward pass turns the cost's derivative by one variable into that by another. The
program runs one step, watched line by line, and each line's value is compared with central
differences of the cost; the first that disagrees is the culprit, as all before it are right. Where
it calls a function of the program that is wrong by itself, the line is in there.

Where every derivative is right, three checks remain: of the start, the batches and the split.
"""

from __future__ import annotations

import ast
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import isclose
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from neurona.engine.types import Array
from neurona.language import Language, Text
from neurona.lesson.bugs.program import FILE, Program

DRAWS = 3  # of weights: with some, a line may have nothing to show
ROWS = 64  # that are looked at, one by one if need be: a neuron may have one sign for a few
EPOCHS = 30  # two rows come in the same order in all of them once in 2^29 times
ENTRIES = 24  # of an array that get differences: half the largest, half at random
WRONG = 1e-4  # a relative error that no difference in float64 makes
SMALL = 1e-3  # of the largest difference: smaller ones are measured against that


@dataclass(frozen=True)
class Found:
    """A wrong line.

    Attributes
    ----------
    kind
        The name of a bug, or ``"derivative"`` for a wrong one that is none of them, or ``"error"``
        for a line that cannot run.
    line
        Its number in the program, from 1.
    words, numbers
        What was measured, and its numbers by their names.
    layer
        The layer, from 1, if it is one layer's.
    """

    kind: str
    line: int
    words: Text
    numbers: Mapping[str, float | str] = field(default_factory=dict)
    layer: int | None = None

    def say(self, language: Language = "en") -> str:
        """Return its words with their numbers, in a language."""
        return self.words.say(language, **self.numbers)


WORDS = {
    "sum-for-mean": Text(
        "This line gives {ratio} times the derivative of the cost: it adds up the {ratio} numbers "
        "that the cost averages.",
        "Esta línea da {ratio} veces la derivada del coste: suma los {ratio} números de los que "
        "el coste hace la media.",
    ),
    "lost-two": Text(
        "This line gives {ratio} times the derivative of the cost: the square's 2 is missing.",
        "Esta línea da {ratio} veces la derivada del coste: falta el 2 del cuadrado.",
    ),
    "overwritten": Text(
        "In layer {layer} this line gives {value}, and finite differences {expected}. With the "
        "weights from before the step it agrees.",
        "En la capa {layer} esta línea da {value}, y las diferencias finitas, {expected}. Con los "
        "pesos de antes del paso coincide.",
    ),
    "z-for-a": Text(
        "In layer {layer} this line gives {value}, and finite differences {expected}. With a in "
        "place of z it agrees.",
        "En la capa {layer} esta línea da {value}, y las diferencias finitas, {expected}. Con a "
        "en lugar de z coincide.",
    ),
    "transpose": Text(
        "In layer {layer} this line gives {value}, and finite differences {expected}. With the "
        "transpose of W it agrees.",
        "En la capa {layer} esta línea da {value}, y las diferencias finitas, {expected}. Con la "
        "traspuesta de W coincide.",
    ),
    "shapes": Text(
        "NumPy stops here: delta is {delta} and W is {W}. With the transpose of W the shapes fit.",
        "NumPy se para aquí: delta es {delta} y W es {W}. Con la traspuesta de W las dimensiones "
        "encajan.",
    ),
    "softmax-jacobian": Text(
        "This line gives {value}, and finite differences {expected}. With the softmax's whole "
        "Jacobian it agrees.",
        "Esta línea da {value}, y las diferencias finitas, {expected}. Con la jacobiana entera de "
        "la softmax coincide.",
    ),
    "derivative": Text(
        "This line gives {value}, and finite differences {expected}.",
        "Esta línea da {value}, y las diferencias finitas, {expected}.",
    ),
    "misshapen": Text(
        "This line gives an array of shape {value}, and the derivative has the shape {expected}.",
        "Esta línea da un array de dimensiones {value}, y la derivada tiene {expected}.",
    ),
    "ratio": Text(
        "This line gives {ratio} times what finite differences give.",
        "Esta línea da {ratio} veces lo que dan las diferencias finitas.",
    ),
    "error": Text("Python stops here: {message}.", "Python se para aquí: {message}."),
    "zero-start": Text(
        "All {units} neurons of layer {layer} begin with the same weights, so that each step "
        "moves them alike: they are worth one.",
        "Las {units} neuronas de la capa {layer} empiezan con los mismos pesos, así que cada paso "
        "las mueve igual: valen por una.",
    ),
    "zero-weight": Text(
        "All weights are 0: no error comes back to layer {layer}.",
        "Todos los pesos son 0: a la capa {layer} no le llega ningún error.",
    ),
    "no-shuffling": Text(
        "The order is the same in each epoch, and {single} of {count} batches hold one class only.",
        "El orden es el mismo en cada época, y {single} de {count} lotes son de una sola clase.",
    ),
    "test-in-training": Text(
        "{shared} of the {test} test rows are among the {rows} training rows.",
        "{shared} de las {test} filas de prueba están entre las {rows} de entrenamiento.",
    ),
}


def find_bug(
    program: Program,
    X: Any,
    Y: Any,
    held_out: Any,
    draw: Callable[[int, int], tuple[Array, Array]] | None = None,
    size: int | None = None,
    rng: int = 0,
) -> Found | None:
    """Return the first wrong line of a program, or None if nothing is found.

    Parameters
    ----------
    program
        The program, from :func:`neurona.lesson.bugs.write` and :meth:`.Bug.put_into`.
    X : (n, n_in)
        All examples.
    Y : (n, n_out)
        Their targets.
    held_out : (n,)
        Which are for the test.
    draw
        Draws the first ``W (n_in, n_out)`` and ``b (n_out,)`` of a layer; by default the program's
        own.
    size
        Rows of a mini-batch; None for all.
    rng
        Seed of the weights with which the gradient is checked.

    Examples
    --------
    >>> from neurona.lesson.bugs import BUGS, write
    >>> right = write([2, 3, 1], ["tanh", "sigmoid"], "SquaredError")
    >>> data = np.random.default_rng(0).normal(size=(20, 2)), np.repeat([[0.0], [1.0]], 10, axis=0)
    >>> find_bug(right, *data, np.zeros(20, bool))
    >>> found = find_bug(BUGS["sum-for-mean"].put_into(right), *data, np.zeros(20, bool))
    >>> right.lines[found.line - 1].strip(), found.kind
    ('lambda A, Y: 2 * (A - Y) / A.size,', 'sum-for-mean')
    >>> found.say()
    'This line gives 20 times the derivative of the cost: it adds up the 20 numbers that the cost averages.'
    """  # noqa: E501
    X, Y = np.asarray(X, np.float64), np.asarray(Y, np.float64)
    held_out = np.asarray(held_out, bool)
    rng_ = np.random.default_rng(rng)
    draw = draw or program.parts["scaled"](np.random.default_rng(rng))
    with np.errstate(all="ignore"):
        return (
            _in_derivatives(program, X[~held_out], Y[~held_out], size or len(X), rng_)
            or _in_start(program, draw)
            or _in_split(program, held_out)
            or _in_batches(program, Y, held_out, size, rng_)
        )


# ------------------------------------------------------------------------------ the backward pass


class Moment(NamedTuple):
    """A line of ``step`` that was executed: what it assigned, and all variables after it."""

    line: int
    names: tuple[str, ...]
    known: dict[str, Any]


class Gap(NamedTuple):
    """A value and the difference quotient where the two are the furthest apart.

    Attributes
    ----------
    value, expected
        Both numbers; or both shapes, where they differ.
    ratio
        Value / expected, if it is the same everywhere.
    """

    value: Any
    expected: Any
    ratio: float | None = None


def _in_derivatives(
    program: Program, X: Array, Y: Array, size: int, rng: np.random.Generator
) -> Found | None:
    """Find the first wrong line of the backward pass, at some draws of weights."""
    X = X / np.maximum(1, abs(X).max(axis=0))  # large inputs would saturate every neuron
    watched = _instrumented(program)
    for _ in range(max(DRAWS, ROWS // size)):
        rows = rng.permutation(len(X))[:size]
        try:
            moments, layers = _watched(watched, program.topology, X[rows], Y[rows], rng)
        except Exception as error:  # a program with a bug may raise anything
            return _stopped(error)
        if found := _first_wrong(program, moments, layers, Y[rows], rng):
            return found
    return None


def _watched(
    code: CodeType, topology: Sequence[int], X: Array, Y: Array, rng: np.random.Generator
) -> tuple[list[Moment], list[Any]]:
    """Run one step; return the moments after each assignment, and the layers from before it."""

    def draw(n_in: int, n_out: int) -> tuple[Array, Array]:
        limit = 2 / np.sqrt(n_in)
        return rng.uniform(-limit, limit, (n_in, n_out)), rng.uniform(-0.5, 0.5, n_out)

    def update(i: int, W: Array, b: Array, dW: Array, db: Array) -> tuple[Array, Array]:
        return W + rng.uniform(0.5, 1, W.shape), b + rng.uniform(0.5, 1, b.shape)

    moments: list[Moment] = []

    def see(line: int, names: tuple[str, ...], known: dict[str, Any]) -> None:
        moments.append(Moment(line, names, dict(known)))

    parts: dict[str, Any] = {"_see": see}
    exec(code, parts)
    layers, before = parts["start"](draw), parts["start"](draw)
    for layer, old, widths in zip(layers, before, pairwise(topology), strict=True):
        layer.W, layer.b = old.W, old.b = draw(*widths)  # whatever the program begins with
    parts["step"](layers, X, Y, update)
    return moments, before


def _instrumented(program: Program) -> CodeType:
    """Return the program with a call of ``_see`` after each assignment in ``step``."""
    tree = ast.parse(program.text())
    (step,) = (one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "step")
    for body in [step.body, *(one.body for one in ast.walk(step) if isinstance(one, ast.For))]:
        for place in reversed(range(len(body))):
            statement = body[place]
            if isinstance(statement, ast.Assign):
                names = tuple(
                    one.id
                    for target in statement.targets
                    for one in ast.walk(target)
                    if isinstance(one, ast.Name)
                )
                call = ast.parse(f"_see({statement.lineno}, {names!r}, locals())").body[0]
                body.insert(place + 1, call)
    return compile(ast.fix_missing_locations(tree), FILE, "exec")


def _first_wrong(
    program: Program, moments: list[Moment], layers: list[Any], Y: Array, rng: np.random.Generator
) -> Found | None:
    """Return the first line of the backward pass whose value finite differences refute."""
    cost, _ = program.parts["cost"]
    error: Array | None = None  # the last one: it was right
    for moment in moments:
        known = moment.known
        if error is not None:
            found = _wrong_in_layer(program, moment, layers[known["i"]], error, rng)
            if found:
                return found
        elif "error" in moment.names:
            gap = _gap(known["error"], lambda A: cost(A, Y), known["a"], rng)
            if gap:
                return _wrong_cost(program, moment, gap, known["a"], Y, rng)
        if "error" in moment.names:
            error = known["error"]
    return None


def _wrong_cost(
    program: Program, moment: Moment, gap: Gap, a: Array, Y: Array, rng: np.random.Generator
) -> Found:
    """Return what is wrong with the first error: the cost's derivative, or the line itself."""
    function, back = program.parts["cost"]
    own = _gap(back(a, Y), lambda A: function(A, Y), a, rng)
    if not own:
        return _derivative(moment.line, gap)
    line = program.line("cost", "lambda A, Y: ") + 1
    if own.ratio is not None:
        ratio = round(own.ratio, 3)
        for n in {a.size, len(Y)} - {1}:
            if isclose(own.ratio, n, rel_tol=1e-3):  # as far as differences of large costs tell
                return Found("sum-for-mean", line, WORDS["sum-for-mean"], {"ratio": n})
        if ratio == 0.5:
            return Found("lost-two", line, WORDS["lost-two"], {"ratio": ratio})
    return _derivative(line, own)


def _wrong_in_layer(
    program: Program, moment: Moment, layer: Any, error: Array, rng: np.random.Generator
) -> Found | None:
    """Return what is wrong with a line of one layer, the error of its ``a`` being right."""
    known, name = moment.known, moment.names[0]
    i = known["i"]
    if name == "delta":
        return _wrong_delta(program, moment, layer, error, rng)
    if name not in ("dW", "db", "error"):
        return None
    delta, a_prev = known["delta"], known["a_prev"]
    if name == "dW":
        gap = _gap(known["dW"], lambda W: (delta * (a_prev @ W)).sum(), layer.W, rng)
    elif name == "db":
        z = a_prev @ layer.W
        gap = _gap(known["db"], lambda b: (delta * (z + b)).sum(), layer.b, rng)
    else:
        few = slice(ROWS)
        gap = _gap(
            known["error"][few], lambda a: (delta[few] * (a @ layer.W)).sum(), a_prev[few], rng
        )
        for kind, W in (("overwritten", known["layer"].W.T), ("transpose", layer.W)):
            if gap and delta.shape[1] == len(W) and _same(delta @ W, known["error"]):
                return _of_layer(kind, moment.line, gap, i)
    return _derivative(moment.line, gap, i + 1) if gap else None


def _wrong_delta(
    program: Program, moment: Moment, layer: Any, error: Array, rng: np.random.Generator
) -> Found | None:
    """Return what is wrong with a delta: the activation's way back, or the line itself."""
    f, back = layer.f
    few = slice(ROWS)
    z, delta, error = moment.known["z"][few], moment.known["delta"][few], error[few]
    i, a = moment.known["i"], f(z)

    def function(z: Array) -> Any:
        return (error * f(z)).sum()

    gap = _gap(delta, function, z, rng)
    if not gap:
        return None
    own = _gap(back(a, error), function, z, rng)
    if not own:
        at_z = _same(back(z, error), delta)
        return _of_layer("z-for-a" if at_z else "derivative", moment.line, gap, i)
    name = program.functions[i]
    line = program.line(name, "lambda z: ") + 1
    diagonal = name == "softmax" and any(
        _same(delta, one) for one in (error * a * (1 - a), error * a, error)
    )
    return _of_layer("softmax-jacobian" if diagonal else "derivative", line, own, i)


def _of_layer(kind: str, line: int, gap: Gap, i: int) -> Found:
    if kind == "derivative":
        return _derivative(line, gap, i + 1)
    numbers = {"value": gap.value, "expected": gap.expected, "layer": i + 1}
    return Found(kind, line, WORDS[kind], numbers, i + 1)


def _derivative(line: int, gap: Gap, layer: int | None = None) -> Found:
    """Return a wrong derivative that is none of the classic ones."""
    if gap.ratio is not None:
        return Found("derivative", line, WORDS["ratio"], {"ratio": gap.ratio}, layer)
    words = WORDS["misshapen" if isinstance(gap.value, str) else "derivative"]
    return Found("derivative", line, words, {"value": gap.value, "expected": gap.expected}, layer)


def _stopped(error: Exception) -> Found:
    """Return the line at which a program stopped."""
    frames = traceback.walk_tb(error.__traceback__)
    frame, line = [one for one in frames if one[0].f_code.co_filename == FILE][-1]
    known = frame.f_locals
    delta, W = known.get("delta"), known.get("W")
    if delta is not None and W is not None and "error" in known and "db" in known:
        shapes = {"delta": str(delta.shape), "W": str(W.shape)}
        if delta.shape[1] != len(W):
            i = known["i"]
            return Found("transpose", line, WORDS["shapes"], shapes, i + 1)
    return Found("error", line, WORDS["error"], {"message": str(error)})


def _same(one: Array, other: Array) -> bool:
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-9, atol=0)


def _gap(
    value: Array, function: Callable[[Array], Any], x: Array, rng: np.random.Generator
) -> Gap | None:
    """Compare some of the entries of a derivative with central differences at x.

    Where two differences do not agree, the function has a corner, or rounding has eaten them: there
    they tell nothing.
    """
    value = np.asarray(value, np.float64)
    if value.shape != x.shape:
        return Gap(str(value.shape), str(x.shape))
    flat = value.ravel()
    half = ENTRIES // 2
    largest = np.argsort(-abs(flat))[:half]
    chosen = np.unique(np.concatenate([largest, rng.permutation(flat.size)[:half]]))
    near, nearer = (_differences(function, x, chosen, step) for step in (1e-5, 3e-6))
    floor = SMALL * np.nanmax(abs(near), initial=0)
    tells = abs(near - nearer) <= WRONG * np.maximum(abs(near), floor)
    if not tells.any():
        return None
    seen, expected = flat[chosen][tells], near[tells]
    apart = abs(seen - expected)
    if (apart <= 10 * WRONG * np.maximum(abs(expected), floor)).all():
        return None
    worst = int(np.nan_to_num(apart, nan=np.inf).argmax())
    clear = abs(expected) > floor
    ratios = seen[clear] / expected[clear]
    same = len(ratios) > 0 and np.ptp(ratios) <= 10 * WRONG * abs(ratios).max()
    ratio = float(np.median(ratios)) if same else None
    return Gap(float(seen[worst]), float(expected[worst]), ratio)


def _differences(function: Callable[[Array], Any], x: Array, entries: Array, step: float) -> Array:
    """Return central differences by some of the entries of an array."""
    made = np.empty(len(entries))
    moved = x.copy()
    flat = moved.reshape(-1)
    for place, entry in enumerate(entries):
        there = flat[entry]
        h = step * max(abs(there), 1e-2)
        flat[entry] = there + h
        above = function(moved)
        flat[entry] -= 2 * h
        made[place] = (above - function(moved)) / (2 * h)
        flat[entry] = there
    return made


# ------------------------------------------------------------------------- where no derivative sees


def _in_start(program: Program, draw: Callable[[int, int], tuple[Array, Array]]) -> Found | None:
    """Find hidden layers whose neurons begin alike."""
    layers = program.parts["start"](draw)
    line = program.line("start", "W, b = ")
    for k, layer in enumerate(layers[:-1], start=1):
        units = layer.W.shape[1]
        alike = (layer.W[:, :1] == layer.W).all() and (layer.b == layer.b[:1]).all()
        after = layers[k].W
        if alike and units > 1 and (after == after[:1]).all():
            return Found("zero-start", line, WORDS["zero-start"], {"units": units, "layer": k}, k)
        if not after.any():
            return Found("zero-start", line, WORDS["zero-weight"], {"layer": k}, k)
    return None


def _in_split(program: Program, held_out: Array) -> Found | None:
    """Find test rows among the training rows."""
    train, test = program.parts["split"](held_out)
    shared = len(np.intersect1d(train, test))
    if not shared:
        return None
    numbers = {"shared": shared, "test": len(test), "rows": len(train)}
    line = program.line("split", "train = ")
    return Found("test-in-training", line, WORDS["test-in-training"], numbers)


def _in_batches(
    program: Program, Y: Array, held_out: Array, size: int | None, rng: np.random.Generator
) -> Found | None:
    """Find epochs that come in the same order."""
    rows, _ = program.parts["split"](held_out)
    if size is None or size >= len(rows):
        return None
    epochs = [list(program.parts["batches"](rows, size, rng)) for _ in range(EPOCHS)]
    first, *others = (np.concatenate(epoch) for epoch in epochs)
    if not all(np.array_equal(first, other) for other in others):
        return None
    single = sum(len(np.unique(Y[batch], axis=0)) == 1 for batch in epochs[0])
    numbers = {"single": single, "count": len(epochs[0])}
    return Found(
        "no-shuffling", program.line("batches", "order = "), WORDS["no-shuffling"], numbers
    )
