"""One number taken apart: the products that make it up, in any layer.

A network is run once, forward and backward, and each layer's passes are kept. Then any number of
them can be asked what it is made of: one output of a convolution is a window of its input times the
filter; the derivative by one weight is a sum over the places where the weight was used, or over
the steps of a recurrence; a pooling's number is the one that won.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from math import isnan
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from neurona.engine.costs import find_cost
from neurona.engine.data import check_data, check_params
from neurona.engine.gradcheck import numerical_gradient
from neurona.engine.layers.attention import MultiHeadAttention
from neurona.engine.layers.base import Layer, in_words
from neurona.engine.layers.normalization import BatchNormalization, LayerNormalization
from neurona.engine.layers.recurrent import Recurrent
from neurona.engine.objective import Objective
from neurona.engine.parameters import arrays, rebuilt
from neurona.language import LANGUAGES, Language, Text, write_number
from neurona.observe.attentions import AttentionPart
from neurona.observe.normalizations import NormalizedPart
from neurona.observe.parts import (
    ONE,
    PADDING,
    Inner,
    Operation,
    Part,
    Place,
    Term,
    part_of,
)
from neurona.observe.recurrences import RecurrentPart
from neurona.observe.walk import Leaf, probed, split

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from neurona.engine.costs import Cost
    from neurona.engine.network import Network
    from neurona.engine.types import Array, Params

# How the layers are made that are more than a sum or a selection.
PARTS: dict[type[Layer], type[Part]] = {
    Recurrent: RecurrentPart,
    MultiHeadAttention: AttentionPart,
    BatchNormalization: NormalizedPart,
    LayerNormalization: NormalizedPart,
}
What: TypeAlias = Literal["number", "weight", "given"]
SHOWN = 12  # terms of a text: a window of 3 x 3, and a few


@dataclass(frozen=True)
class Apart:
    """One number, and the terms that make it up.

    Attributes
    ----------
    what
        ``"number"``: of a layer's output, before its activation; ``"weight"``: the derivative of
        the cost by a parameter; ``"given"``: the derivative by a number of the layer's input.
    layer, kind, operation
        The layer's place, such as ``"2.1"``, its class, and what it does.
    name, formula
        The number's name, such as ``"z[1, 2, 0]"``, and how it is made.
    place
        Where it is, without the example.
    in_shape, out_shape
        The shapes of one example before and after the layer.
    terms
        The products, in the order of the places.
    value
        The number, as the network's own passes have it: the sum of the products.
    output, output_name
        The number after the activation, such as ``a[1, 2, 0]`` or a gate; None without one, and of
        a derivative.
    derivative, difference
        The derivative of the cost by this number, or by the parameter, and the central difference;
        NaN where there is none.
    gates
        The numbers on the way to it, each taken apart: the gates of a recurrence, the mean and
        variance of a normalization, the scores of an attention.
    """

    what: What
    layer: str
    kind: str
    operation: Operation
    name: str
    formula: str
    place: Place
    in_shape: Place
    out_shape: Place
    terms: tuple[Term, ...]
    value: float
    derivative: float
    difference: float
    output: float | None = None
    output_name: str | None = None
    gates: tuple[Apart, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it; ``"says"`` is its text in each language."""
        content = asdict(self)
        for name in ("derivative", "difference"):
            content[name] = None if isnan(content[name]) else content[name]
        content["gates"] = [gate.as_dict() for gate in self.gates]
        return {**content, "says": {language: self.say(language) for language in LANGUAGES}}

    def say(self, language: Language = "en") -> str:
        """Return the number in a line, then its largest terms, then the derivative by it."""
        head = _LAYER.say(language, layer=self.layer, kind=self.kind)
        return "\n".join([head, *self._lines(language)])

    def _lines(self, language: Language) -> Iterator[str]:
        yield f"{self.formula} = {write_number(self.value, language)}"
        shown = self.terms
        if len(shown) > SHOWN:
            shown = tuple(sorted(shown, key=lambda one: -abs(one.product))[:SHOWN])
            yield "  " + _LARGEST.say(language, shown=SHOWN, terms=len(self.terms))
        several = any(one.example for one in self.terms)
        rows = [_row(one, language, several) for one in shown]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            a, left, b, right, product = (
                cell.ljust(width) if k in (0, 2) else cell.rjust(width)
                for k, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            yield f"  {a}  {left}  ×  {b}  {right}  =  {product}"  # noqa: RUF001
        if self.output is not None:
            yield f"  → {self.output_name} = {write_number(self.output, language)}"
        if not isnan(self.difference):
            values = {"exact": self.derivative, "difference": self.difference}
            yield _DERIVATIVE.say(language, by=self.name.removeprefix("∂J/∂"), **values)
        for gate in self.gates:
            yield from gate._lines(language)


_LAYER = Text("Layer {layer}, {kind}", "Capa {layer}, {kind}")
_LARGEST = Text("the {shown} largest of {terms} terms:", "los {shown} mayores de {terms} términos:")
_DERIVATIVE = Text(
    "∂J/∂{by} = {exact}; by differences, {difference}",
    "∂J/∂{by} = {exact}; por diferencias, {difference}",
)
_PADDING = Text("padding", "relleno")


_EXAMPLE = Text("example {k}", "ejemplo {k}")


def _row(term: Term, language: Language, examples: bool) -> list[str]:
    left, right, product = (
        write_number(one, language) for one in (term.left, term.right, term.product)
    )
    name = {PADDING: _PADDING.say(language), ONE: ""}.get(term.names[0], term.names[0])
    if examples:
        name = f"{_EXAMPLE.say(language, k=term.example)}  {name}"
    return [name, left, term.names[1], right, product]


def inside(
    net: Network, params: Params, x: ArrayLike, target: ArrayLike, cost: Any = None
) -> Inside:
    r"""Run a network forward and backward, and return what each of its numbers is made of.

    Parameters
    ----------
    net, params
        The network and its parameters.
    x, target, cost
        Examples, as for :func:`neurona.train`: one, or several, over which the cost is a mean.

    Raises
    ------
    ValueError
        If the parameters, the examples or the cost do not fit the network.

    Examples
    --------
    >>> import neurona
    >>> net = neurona.engine.network.Network(
    ...     [neurona.Conv2D(1, size=(1, 2)), neurona.Flatten(), neurona.Dense(1)], (1, 3, 1)
    ... )
    >>> params = net.init(0)
    >>> edge = params[0]._replace(W=np.array([-1.0, 1.0]).reshape(1, 2, 1, 1))
    >>> seen = inside(net, (edge, *params[1:]), [[[[0.0], [2.0], [5.0]]]], [[0.0]], "mse")
    >>> one = seen.number("1", (0, 1, 0))
    >>> one.name, one.value, [term.product for term in one.terms]
    ('z[0, 1, 0]', 3.0, [-2.0, 5.0, 0.0])
    >>> print("\n".join(one.say().splitlines()[:4]))
    Layer 1, Conv2D
    z[0, 1, 0] = Σ x W + b = 3
      x[0, 1, 0]  2  ×  W[0, 0, 0, 0]  -1  =  -2
      x[0, 2, 0]  5  ×  W[0, 1, 0, 0]   1  =   5
    """
    params = check_params(net, params, np.float64)
    data = check_data(net, x, target, dtype=np.float64)
    return Inside(net, params, data.x, data.target, find_cost(cost, net))


@dataclass(frozen=True, eq=False)
class Inside:
    """The passes of a network on some examples: see :func:`inside`.

    Attributes
    ----------
    net, params, x, target, cost
        What was run.
    """

    net: Network
    params: Params
    x: Array
    target: Array
    cost: Cost

    @cached_property
    def leaves(self) -> dict[str, Leaf]:
        """The layers that are not compositions, by their places, each with its passes."""
        probe, leaves = probed(self.net, self.params)
        with np.errstate(all="ignore"):
            objective = Objective(probe, self.cost)
            output, pullback = objective.output(self.params, self.x)
            pullback(objective.judged(output, self.x, self.target)[1])
        return leaves

    def _cost_at(self, params: Params, place: str = "", nudge: Any = None) -> float:
        """Return the cost with other parameters, or with something added within a layer."""
        probe, _ = probed(self.net, self.params, {place: nudge} if nudge else None)
        with np.errstate(all="ignore"):
            return float(Objective(probe, self.cost).value(params, self.x, self.target))

    def number(self, layer: str, place: Iterable[int], example: int = 0) -> Apart:
        """Take one number of a layer's output apart, before its activation.

        Parameters
        ----------
        layer
            The layer's place, such as ``"1"``, or ``"2.1"`` within a composition.
        place
            Of the number in the output: ``(row, column, channel)`` after a convolution.
        example
            Of which example.

        Raises
        ------
        ValueError
            If there is no such layer, place or example.
        """
        leaf = self._leaf(layer)
        where = f"layer {layer}'s output"
        self._check_example(example)
        part, z = self._part(leaf), leaf.forward.z
        if isinstance(part, RecurrentPart):
            t, unit = place = _check_place(place, part.shape, where)
            return self._inner(leaf, part, [part.state(t, unit, example)], place, example)[0]
        place = _check_place(place, z.shape[1:], where)
        activated = part.body is not leaf.layer
        name = f"{'z' if activated or part.operation == 'sum' else 'y'}{[*place]}"
        at = (example, *place)
        return self._apart(
            "number", leaf, part, name, part.formula(name), place,
            part.number(place, example), float(z[at]),
            derivative=float(leaf.backward.dz[at]), difference=self._difference(leaf, "z", at),
            output=float(leaf.layer.activation(z)[at]) if activated else None,
            output_name=f"a{[*place]}" if activated else None,
            gates=self._inner(leaf, part, part.inner(place, example), place, example),
        )  # fmt: skip

    def _inner(
        self, leaf: Leaf, part: Part, each: Iterable[Inner], place: Place, example: int
    ) -> tuple[Apart, ...]:
        """Take the numbers apart that lie on the way to another one."""
        return tuple(
            self._apart(
                "number", leaf, part, one.name, one.formula, place, one.terms, one.value,
                derivative=one.derivative,
                difference=self._central(leaf, partial(part.nudged, one.nudge, example)),
                output=one.output, output_name=one.output_name,
                gates=self._inner(leaf, part, one.gates, place, example),
            )
            for one in each
        )  # fmt: skip

    def weight(self, layer: str, name: str, place: Iterable[int]) -> Apart:
        """Take the derivative of the cost by one parameter apart: where it was used, or when.

        Parameters
        ----------
        layer
            The layer's place.
        name, place
            The array, such as ``"W"``, and where the parameter stands in it.

        Raises
        ------
        ValueError
            If there is no such layer, parameter or place.
        """
        leaf = self._leaf(layer)
        fields = getattr(type(leaf.params), "_fields", ())
        if name not in fields:
            known = ", ".join(fields) or "none"
            raise ValueError(f"layer {layer} has no parameter {name!r}: it has {known}")
        own = getattr(leaf.params, name)
        place = _check_place(place, own.shape, f"{name} of layer {layer}")
        part = self._part(leaf)
        derivative = float(getattr(leaf.backward.grads, name)[place])
        members = arrays(self.params)
        k = next(i for i, one in enumerate(members) if one is own)

        def cost(theta: Array) -> float:
            moved = own.copy()
            moved[place] = theta[0]
            return self._cost_at(rebuilt(self.params, [*members[:k], moved, *members[k + 1 :]]))

        full = f"∂J/∂{name}{[*place]}"
        return self._apart(
            "weight", leaf, part, full, part.weight_formula(full, name), place,
            part.weight(name, place), derivative,
            derivative=derivative, difference=_central(cost, float(own[place])),
        )  # fmt: skip

    def given(self, layer: str, place: Iterable[int], example: int = 0) -> Apart:
        """Take the derivative by one number of a layer's input apart: what used it.

        Of a pooling it says where dy goes.

        Parameters
        ----------
        layer
            The layer's place.
        place
            Of the number in the layer's input.
        example
            Of which example.

        Raises
        ------
        ValueError
            If there is no such layer, place or example, or the input has no derivative.
        """
        leaf = self._leaf(layer)
        self._check_example(example)
        place = _check_place(place, leaf.x.shape[1:], f"layer {layer}'s input")
        if leaf.dx is None:
            raise ValueError(f"layer {layer}, {leaf.layer!r}, has no derivative by its input")
        part = self._part(leaf)
        derivative, at = float(leaf.dx[(example, *place)]), (example, *place)
        name = f"∂J/∂x{[*place]}"
        return self._apart(
            "given", leaf, part, name, part.given_formula(name), place,
            part.given(place, example), derivative,
            derivative=derivative, difference=self._difference(leaf, "x", at),
            gates=self._inner(leaf, part, part.inner_given(place, example), place, example),
        )  # fmt: skip

    def _apart(
        self, what: What, leaf: Leaf, part: Part, name: str, formula: str, place: Place,
        terms: Iterable[Term], value: float, **more: Any,
    ) -> Apart:  # fmt: skip
        return Apart(
            what, leaf.place, type(leaf.layer).__name__, part.operation, name, formula, place,
            leaf.x.shape[1:], leaf.forward.z.shape[1:], tuple(terms), value, **more,
        )  # fmt: skip

    def _part(self, leaf: Leaf) -> Part:
        body, _ = split(leaf.layer, leaf.params)
        for layer, part in PARTS.items():
            if isinstance(leaf.layer, layer):
                return part(leaf, body)
        return part_of(leaf)

    def _leaf(self, place: str) -> Leaf:
        if str(place) not in self.leaves:
            raise ValueError(
                f"there is no layer {place!r}: the layers are {', '.join(self.leaves)}"
            )
        return self.leaves[str(place)]

    def _check_example(self, example: int) -> None:
        n = len(self.x)
        if not 0 <= example < n:
            raise ValueError(f"there is no example {example}: there are {n}, from 0 on")

    def _difference(self, leaf: Leaf, where: str, at: Place) -> float:
        """Return the central difference of the cost by one number within a layer."""
        like = leaf.x if where == "x" else leaf.forward.z

        def nudged(h: float) -> dict[str, Array]:
            nudge = np.zeros(like.shape)
            nudge[at] = h
            return {where: nudge}

        return self._central(leaf, nudged)

    def _central(self, leaf: Leaf, nudged: Callable[[float], dict[str, Array]]) -> float:
        """Return the central difference of the cost by what a nudge adds within a layer."""
        return _central(lambda h: self._cost_at(self.params, leaf.place, nudged(float(h[0]))), 0.0)


def _central(cost: Any, at: float) -> float:
    return float(numerical_gradient(cost, np.array([at]))[0])


def _check_place(place: Iterable[int], shape: Place, where: str) -> Place:
    """Return a place as whole numbers, or say where it would be."""
    given = tuple(int(k) for k in place)
    fits = len(given) == len(shape)
    if not fits or not all(0 <= k < n for k, n in zip(given, shape, strict=True)):
        raise ValueError(
            f"there is no place {list(given)} in {where}, which is {in_words(shape)}: give "
            f"{len(shape)} whole numbers, each from 0 and below the size"
        )
    return given
