"""A recurrence step by step: its gates, and a weight's derivative as a sum over the steps.

The steps are the layer's own, one after the other, and so is the way back through them: so every
number between two steps can be shown, and changed for a finite difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np

from neurona.engine.layers.recurrent import where
from neurona.observe.parts import ONE, Inner, Operation, Part, Place, Term, term

if TYPE_CHECKING:
    from neurona.engine.types import Array

STATES = ("h", "c")  # of what a layer names, the states; the rest are its gates, in the order of W


class Nudge(NamedTuple):
    """Where something is added: to a sum before a gate, or to a state after a step.

    Attributes
    ----------
    what
        ``"z"``, a sum; ``"h"`` or ``"c"``, a state.
    step, row
        The step, and the sum's column of W, or the unit.
    """

    what: Literal["z", "h", "c"]
    step: int
    row: int


@dataclass(frozen=True, eq=False)
class Forth:
    """The way through the steps: each entry of a list is a step's.

    Attributes
    ----------
    output
        The layer's.
    before, after
        The states before and after each step, tuples of ``(batch, n)``.
    kept
        What the way back needs.
    there
        Whether a step is not padding, ``(batch, steps, 1)``.
    """

    output: Array
    before: list[Any]
    after: list[Any]
    kept: list[Any]
    there: Array


def reading(layer: Any, steps: int) -> list[int]:
    """Return the steps in the order in which the layer reads them."""
    return list(range(steps))[:: -1 if layer.go_backwards else 1]


def forth(
    layer: Any, params: Any, x: Array, nudge: Nudge | None = None, example: int = 0, h: float = 0.0
) -> Forth:
    """Take the layer's steps on series ``x (batch, steps, n_in)``, with h added at one place."""
    batch, steps, _ = x.shape
    mask = layer.mask(x)
    there = np.ones((batch, steps, 1), bool) if mask is None else mask > 0
    before, after, kept = ([None] * steps for _ in range(3))
    state: Any = (np.zeros((batch, layer.n_out)),) * layer.carried
    for t in reading(layer, steps):
        before[t] = state
        new, kept[t] = layer.step(params, x[:, t], state)
        here = nudge if nudge is not None and nudge.step == t else None
        if here is not None and here.what == "z":  # one example's sum, by way of the bias
            moved = params._replace(b=params.b + h * (np.arange(len(params.b)) == here.row))
            own = np.arange(batch)[:, None] == example
            new = where(own, layer.step(moved, x[:, t], state)[0], new)
        state = where(there[:, t], new, state)
        if here is not None and here.what != "z":
            state[STATES.index(here.what)][example, here.row] += h
        after[t] = state
    if layer.return_sequences:
        hs = np.stack([one[0] for one in after], axis=1)  # type: ignore[index]
        output = np.where(there, hs, 0)
    else:
        output = state[0]
    return Forth(output, before, after, kept, there)


@dataclass(frozen=True, eq=False)
class Back:
    """The derivatives on the way back, each entry of a list being a step's.

    Attributes
    ----------
    states
        By the states after the step, tuples of ``(batch, n)``.
    dz, du
        By x W + b, and by h U.
    """

    states: list[Any]
    dz: list[Array]
    du: list[Array]


def back(layer: Any, params: Any, passed: Forth, dy: Array) -> Back:
    """Go back through the layer's steps from the derivative by its output."""
    steps = len(passed.kept)
    states, dz, du = ([None] * steps for _ in range(3))
    d: Any = tuple(np.zeros_like(one) for one in passed.before[0])
    order = reading(layer, steps)[::-1]
    for t in order:
        there = passed.there[:, t]
        if layer.return_sequences:
            d = (d[0] + np.where(there, dy[:, t], 0), *d[1:])
        elif t == order[0]:
            d = (dy, *d[1:])
        states[t] = d
        before, dz[t], du[t] = layer.step_back(params, where(there, d), passed.kept[t])
        d = where(there, before, d)
    return Back(states, dz, du)  # type: ignore[arg-type]


def gates_of(layer: Any, passed: Forth) -> Iterator[tuple[str, Array]]:
    """Yield the gates of all steps, ``(steps, batch, n)``, each after its activation's name.

    New numbers, such as n of a GRU, come from a tanh; a simple recurrence has its state alone.
    """
    each = [layer.named(*one) for one in zip(passed.after, passed.kept, strict=True)]
    names = [name for name in each[0] if name not in STATES]
    for name in names or ["h"]:
        function = "tanh" if name in ("n", "g") else "sigmoid"
        own = function if names else layer.activation.name
        yield own, np.stack([one[name] for one in each])


class RecurrentPart(Part):
    """A recurrence: the sums of each step, and the state that its gates make of them."""

    operation: ClassVar[Operation] = "state"

    @property
    def shape(self) -> Place:
        """Steps and units of the state, also where the last step alone is the output."""
        return (self.leaf.x.shape[1], self._layer.n_out)

    @property
    def _layer(self) -> Any:
        return self.leaf.layer

    @cached_property
    def _forth(self) -> Forth:
        return forth(self._layer, self.leaf.params, self.leaf.x)

    @cached_property
    def _back(self) -> Back:
        return back(self._layer, self.leaf.params, self._forth, self.leaf.backward.da)

    @cached_property
    def _gates(self) -> list[str]:
        """Name the gates, in the order of their columns in W; a simple recurrence has one sum."""
        found = self._layer.named(self._forth.after[0], self._forth.kept[0])
        return [name for name in found if name not in STATES] or [""]

    def nudged(self, nudge: Nudge, example: int, h: float) -> dict[str, Array]:
        """Return how much the output changes where one of the layer's numbers does, by h."""
        moved = forth(self._layer, self.leaf.params, self.leaf.x, nudge, example, h)
        return {"z": moved.output - self.leaf.forward.z}

    def state(self, t: int, unit: int, example: int) -> Inner:
        """Return one number of the state after a step, with the gates that made it."""
        at, kind = f"[{t}, {unit}]", type(self._layer).__name__
        value, d = (
            [float(one[example, unit]) for one in each[t]]
            for each in (self._forth.after, self._back.states)
        )
        old = [float(one[example, unit]) for one in self._forth.before[t]]
        gates = [self._gate(t, name, unit, example) for name in self._gates]
        g = {name: gate.output or 0.0 for name, gate in zip(self._gates, gates, strict=True)}
        was = self._was(t)
        terms: tuple[Term, ...] = ()
        formula = f"h{at} = {getattr(self._layer.activation, 'name', 'f')}(z)"
        if kind == "GRU":
            formula = f"h{at} = (1 - z) n + z h{was}"
            terms = (
                term("1 - z", 1 - g["z"], "n", g["n"]),
                term("z", g["z"], self._before("h", t, unit), old[0]),
            )
        elif kind == "LSTM":
            formula = f"h{at} = o tanh(c)"
            memory = (
                term("f", g["f"], self._before("c", t, unit), old[1]),
                term("i", g["i"], "g", g["g"]),
            )
            terms = (term("o", g["o"], "tanh(c)", float(np.tanh(value[1]))),)
            nudge = Nudge("c", t, unit)
            name = f"c{at}"
            made = f"{name} = f c{was} + i g"
            gates.append(Inner(name, made, memory, value[1], d[1], nudge))
        if not self._forth.there[example, t, 0]:  # padding: the state is carried over
            formula, gates = f"h{at} = h{was}", []
            terms = (term(ONE, 1.0, self._before("h", t, unit), old[0]),)
        nudge = Nudge("h", t, unit)
        return Inner(f"h{at}", formula, terms, value[0], d[0], nudge, gates=tuple(gates))

    def _was(self, t: int) -> str:
        """Return the name of the step before: a number, or 0 as an index where there is none."""
        order = reading(self._layer, self.shape[0])
        k = order.index(t)
        return f"[{order[k - 1]}]" if k else "₀"

    def _before(self, symbol: str, t: int, unit: int) -> str:
        """Return the name of a unit's state before a step, such as ``h[2, 0]``."""
        was = self._was(t)
        return f"{symbol}{was[:-1]}, {unit}]" if was.endswith("]") else f"{symbol}{was}[{unit}]"

    def _gate(self, t: int, name: str, unit: int, example: int) -> Inner:
        """Return the sum before a gate; each unit has a column of W, U and b for each gate."""
        params, x = self.leaf.params, self.leaf.x[example, t]
        column = self._gates.index(name) * self._layer.n_out + unit
        h = self._forth.before[t][0][example]
        named = self._layer.named(self._forth.after[t], self._forth.kept[t])
        values = {key: float(one[example, unit]) for key, one in named.items()}
        terms = [
            term(
                f"x[{t}, {i}]", x[i], f"W[{i}, {column}]", params.W[i, column], (t, i), (i, column)
            )
            for i in range(len(x))
        ]
        r, before = 1.0, ""
        reset = name == "n" and hasattr(params, "c")
        if reset:  # of a GRU, what comes from h is multiplied by r
            r, before = values["r"], "r "
        terms += [
            term(
                before + self._before("h", t, i), r * h[i],
                f"U[{i}, {column}]", params.U[i, column], None, (i, column),
            )
            for i in range(len(h))
        ]  # fmt: skip
        terms.append(term(ONE, 1.0, f"b[{column}]", params.b[column], None, (column,)))
        if reset:
            terms.append(term("r", r, f"c[{unit}]", params.c[unit], None, (unit,)))
        value = float(sum(one.product for one in terms))
        symbol = f"z_{name}" if name else "z"
        made = "x W + b + r (h U + c)" if reset else "x W + h U + b"
        return Inner(
            f"{symbol}[{t}, {unit}]", f"{symbol}[{t}, {unit}] = {made}", tuple(terms), value,
            float(self._back.dz[t][example, column]), Nudge("z", t, column),
            values[name or "h"], f"{name or 'h'}[{t}, {unit}]",
        )  # fmt: skip

    def weight_formula(self, name: str, parameter: str) -> str:
        """Say how the derivative by a parameter is made."""
        factor = {"W": "x ", "U": "h "}.get(parameter, "")
        return f"{name} = Σ {factor}∂J/∂z"

    def weight(self, name: str, place: Place) -> Iterator[Term]:
        """Yield the terms of the derivative by a parameter."""
        n, steps = self._layer.n_out, self.shape[0]
        column = place[-1] + 2 * n if name == "c" else place[-1]
        unit, gate = column % n, self._gates[column // n]
        side = self._back.dz if name in ("W", "b") else self._back.du
        for example in range(len(self.leaf.x)):
            for t in range(steps):
                own, left = ONE, 1.0
                if name == "W":
                    own, left = f"x[{t}, {place[0]}]", self.leaf.x[example, t, place[0]]
                elif name == "U":
                    own = self._before("h", t, place[0])
                    left = self._forth.before[t][0][example, place[0]]
                source = (t, place[0]) if name == "W" else None
                slope = f"∂J/∂z{gate and '_'}{gate}[{t}, {unit}]"
                d = side[t][example, column]
                yield term(own, left, slope, d, source, place, (t, unit), example)

    def given_formula(self, name: str) -> str:
        """Say how the derivative by an input is made."""
        return f"{name} = Σ W ∂J/∂z"

    def given(self, place: Place, example: int) -> Iterator[Term]:
        """Yield the terms of the derivative by a number of the input."""
        t, i = place
        for column, d in enumerate(self._back.dz[t][example]):
            W, slope = self.leaf.params.W[i, column], f"∂J/∂z[{t}, {column}]"
            at = (i, column)
            yield term(f"W[{i}, {column}]", W, slope, d, place, at, (t, column), example)
