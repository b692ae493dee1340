"""How the numbers of a layer are made: the terms of each, from the layer's own passes.

No formula is written a second time. A layer that is a weighted sum tells its own terms: where its
``W`` holds numbers that count from 1, its pullback says which weight lies on which input; where
``W`` is 1 at one place and 0 elsewhere, its output is what lies under that weight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import numpy as np

from neurona.engine.layers.embedding import Embedding
from neurona.observe.walk import Leaf, split

if TYPE_CHECKING:
    from neurona.engine.layers.base import Layer
    from neurona.engine.types import Array

Place: TypeAlias = tuple[int, ...]
# A weighted sum; the largest of a window; its mean; a number passed on; one step of a recurrence;
# a layer whose numbers are not taken apart.
Operation: TypeAlias = Literal["sum", "max", "mean", "same", "state", "other"]

PADDING, ONE = "padding", "1"  # names of numbers that are not in the input


@dataclass(frozen=True)
class Term:
    """One product of a sum.

    Attributes
    ----------
    names
        Of the two factors, such as ``("x[3, 4, 0]", "W[0, 1, 0, 5]")``.
    left, right, product
        The factors and their product.
    x, parameter, y
        The places in the layer's input, in the parameter, and in the layer's output, which for a
        recurrence is the step. None where the term has none, such as the input in padding.
    example
        Which of the examples.
    """

    names: tuple[str, str]
    left: float
    right: float
    product: float
    x: Place | None = None
    parameter: Place | None = None
    y: Place | None = None
    example: int = 0


def term(
    a: str, left: Any, b: str, right: Any, x: Place | None = None, parameter: Place | None = None,
    y: Place | None = None, example: int = 0,
) -> Term:  # fmt: skip
    """Return the product of two numbers with their names."""
    left, right = float(left), float(right)
    return Term((a, b), left, right, left * right, x, parameter, y, example)


@dataclass(frozen=True)
class Inner:
    """A number on the way to another one: a state, the sum before a gate, a mean, a score.

    Attributes
    ----------
    name, formula, terms, value, derivative, output, output_name
        As of :class:`~neurona.observe.apart.Apart`.
    nudge
        Where a finite difference adds something, for :meth:`Part.nudged`.
    gates
        The numbers behind it, such as the gates of a step.
    """

    name: str
    formula: str
    terms: tuple[Term, ...]
    value: float
    derivative: float
    nudge: Any
    output: float | None = None
    output_name: str | None = None
    gates: tuple[Inner, ...] = ()


@dataclass(frozen=True, eq=False)
class Part:
    """How the numbers of one kind of layer are made; of a kind that is not known, without terms.

    Attributes
    ----------
    leaf, body
        The layer with its passes, and the layer before its activation.
    """

    leaf: Leaf
    body: Layer

    operation: ClassVar[Operation] = "other"

    def formula(self, name: str) -> str:
        """Say how a number is made."""
        return name

    def weight_formula(self, name: str, parameter: str) -> str:
        """Say how the derivative by a parameter is made."""
        return name

    def given_formula(self, name: str) -> str:
        """Say how the derivative by an input is made."""
        return name

    def number(self, place: Place, example: int) -> Iterator[Term]:
        """Yield the terms of a number of the output."""
        yield from ()

    def weight(self, name: str, place: Place) -> Iterator[Term]:
        """Yield the terms of the derivative by a parameter."""
        yield from ()

    def given(self, place: Place, example: int) -> Iterator[Term]:
        """Yield the terms of the derivative by a number of the input."""
        yield from ()

    def inner(self, place: Place, example: int) -> Iterator[Inner]:
        """Yield the numbers that a number of the output is made of, where they have a name."""
        yield from ()

    def inner_given(self, place: Place, example: int) -> Iterator[Inner]:
        """Yield the numbers that the derivative by a number of the input is made of."""
        yield from ()

    def nudged(self, nudge: Any, example: int, h: float) -> dict[str, Array]:
        """Return how much the output changes where an inner number does, by h."""
        raise NotImplementedError

    def _ran(self, params: Any, x: Array) -> Array:
        return self.body.forward(params, x)[0]

    def _pulled(self, params: Any, x: Array, at: Place) -> tuple[Any, Any]:
        """Return the derivatives of one number of the output, by the input and the parameters."""
        y, pullback = self.body.forward(params, x)
        dy = np.zeros(y.shape)
        dy[(0, *at)] = 1
        return pullback(dy)


class WeightedSum(Part):
    """z = Σ x W + b: a dense layer, a convolution, an embedding."""

    operation: ClassVar[Operation] = "sum"

    @property
    def _indexed(self) -> bool:
        """Whether the inputs are indices of rows of W, and no numbers to weigh."""
        return isinstance(self.leaf.layer, Embedding)

    def formula(self, name: str) -> str:
        """Say how a number is made."""
        if self._indexed:
            return f"{name} = W[x]"
        return f"{name} = Σ x W{' + b' * ('b' in self.leaf.params._fields)}"

    def weight_formula(self, name: str, parameter: str) -> str:
        """Say how the derivative by a parameter is made."""
        return f"{name} = Σ {'x ' if parameter == 'W' and not self._indexed else ''}∂J/∂z"

    def given_formula(self, name: str) -> str:
        """Say how the derivative by an input is made."""
        return f"{name} = Σ W ∂J/∂z"

    def _numbered(self) -> Any:
        """Return parameters that count from 1 in W, and are 0 elsewhere."""
        params = self.leaf.params
        count = np.arange(1.0, params.W.size + 1).reshape(params.W.shape)
        return self._only(count)

    def _only(self, W: Array) -> Any:
        params = self.leaf.params
        return params._replace(**{n: 0 * getattr(params, n) for n in params._fields})._replace(W=W)

    def number(self, place: Place, example: int) -> Iterator[Term]:
        """Yield the terms of a number of the output."""
        leaf, W = self.leaf, self.leaf.params.W
        x = leaf.x[example : example + 1]
        dx, grads = self._pulled(self._numbered(), x, place)
        mine = np.zeros(W.shape, bool)
        mine[..., place[-1]] = True
        source = np.full(W.size, -1)
        if self._indexed:
            mine &= grads.W != 0
        else:
            under = dx.round().astype(int).ravel()
            source[under[under > 0] - 1] = np.flatnonzero(under)
        for k in np.argwhere(mine):
            at = tuple(k.tolist())
            flat = int(source[np.ravel_multi_index(at, W.shape)])
            origin = _unravel(flat, x.shape[1:]) if flat >= 0 else None
            name = ONE if self._indexed else PADDING if origin is None else f"x{[*origin]}"
            yield term(name, grads.W[at], f"W{[*at]}", W[at], origin, at, None, example)
        if hasattr(leaf.params, "b"):
            j = place[-1]
            yield term(ONE, 1, f"b[{j}]", leaf.params.b[j], None, (j,), None, example)

    def weight(self, name: str, place: Place) -> Iterator[Term]:
        """Yield the terms of the derivative by a parameter."""
        leaf, params = self.leaf, self.leaf.params
        dz = leaf.backward.dz[..., place[-1]]
        if name == "b":
            under, source = np.ones(dz.shape), np.zeros(dz.shape, int)
        else:
            one = np.zeros(params.W.shape)
            one[place] = 1
            chosen = self._only(one)
            under = self._ran(chosen, leaf.x)[..., place[-1]]
            if self._indexed:
                source = np.zeros(dz.shape, int)
            else:
                count = np.arange(1.0, leaf.x[0].size + 1).reshape(1, *leaf.x.shape[1:])
                index = self._ran(chosen, count)[..., place[-1]].round().astype(int)
                source = np.broadcast_to(index, dz.shape)
        for k in np.ndindex(dz.shape):
            at = (*k[1:], place[-1])
            origin = _unravel(int(source[k]) - 1, leaf.x.shape[1:]) if source[k] else None
            if name == "b" or self._indexed:
                own = ONE
            else:
                own = PADDING if origin is None else f"x{[*origin]}"
            yield term(own, under[k], f"∂J/∂z{[*at]}", dz[k], origin, place, at, k[0])

    def given(self, place: Place, example: int) -> Iterator[Term]:
        """Yield the terms of the derivative by a number of the input."""
        leaf, W = self.leaf, self.leaf.params.W
        if self._indexed:
            return
        x = np.zeros((1, *leaf.x.shape[1:]))
        x[(0, *place)] = 1
        index = self._ran(self._numbered(), x)[0].round().astype(int)
        for k in np.argwhere(index):
            at = tuple(k.tolist())
            own = _unravel(int(index[at]) - 1, W.shape)
            d = leaf.backward.dz[(example, *at)]
            yield term(f"W{[*own]}", W[own], f"∂J/∂z{[*at]}", d, place, own, at, example)


class Selection(Part):
    """y = Σ s x, where s are the shares of a pooling: 1 for the largest, or 1 / n for a mean.

    Also a layer that passes numbers on, such as Flatten.
    """

    @property
    def operation(self) -> Operation:  # type: ignore[override]
        """The operation of the layer."""
        kind = type(self.leaf.layer).__name__
        return "max" if "MaxPool" in kind else "mean" if "AveragePool" in kind else "same"

    def formula(self, name: str) -> str:
        """Say how a number is made."""
        return f"{name} = {'max x' if self.operation == 'max' else 'Σ s x'}"

    def given_formula(self, name: str) -> str:
        """Say how the derivative by an input is made."""
        return f"{name} = Σ s ∂J/∂y"

    def number(self, place: Place, example: int) -> Iterator[Term]:
        """Yield the terms of a number of the output."""
        x = self.leaf.x[example : example + 1]
        shares, _ = self._pulled(self.leaf.params, x, place)
        window, _ = self._pulled(self.leaf.params, np.ones(x.shape), place)  # where all are equal
        for k in np.argwhere((window != 0) | (shares != 0)):
            at = tuple(k.tolist())
            yield term(f"x{[*at[1:]]}", x[at], "s", shares[at], at[1:], None, place, example)

    def given(self, place: Place, example: int) -> Iterator[Term]:
        """Yield the terms of the derivative by a number of the input."""
        leaf = self.leaf
        one = np.zeros((1, *leaf.x.shape[1:]))
        one[(0, *place)] = 1
        windows = np.argwhere(self._ran(leaf.params, one)[0])
        if not len(windows):
            return
        x = np.broadcast_to(leaf.x[example], (len(windows), *leaf.x.shape[1:]))
        y, pullback = self.body.forward(leaf.params, x)
        dy = np.zeros(y.shape)
        dy[(np.arange(len(windows)), *windows.T)] = 1
        shares: Any = pullback(dy)[0]
        for k, window in enumerate(windows):
            at = tuple(window.tolist())
            d = leaf.backward.dz[(example, *at)]
            yield term("s", shares[(k, *place)], f"∂J/∂y{[*at]}", d, place, None, at, example)


def _unravel(flat: int, shape: Place) -> Place:
    return tuple(int(k) for k in np.unravel_index(flat, shape))


def part_of(leaf: Leaf) -> Part:
    """Return how a layer's numbers are made: it is what its passes show that it is."""
    body, _ = split(leaf.layer, leaf.params)
    fields = set(getattr(type(leaf.params), "_fields", ()))
    if "W" in fields and fields <= {"W", "b"}:
        return WeightedSum(leaf, body)
    if not fields and body is leaf.layer and leaf.dx is not None:
        sums = (
            leaf.forward.z.sum(),
            (leaf.x * body.forward(leaf.params, leaf.x)[1](np.ones(leaf.forward.z.shape))[0]).sum(),
        )
        if np.isclose(*sums):
            return Selection(leaf, body)
    return Part(leaf, body)
