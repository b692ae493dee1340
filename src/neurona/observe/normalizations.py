"""A normalization taken apart: mean, variance, and the three ways on which a derivative returns."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from neurona.engine.layers.normalization import LayerNormalization
from neurona.observe.parts import ONE, Inner, Operation, Part, Place, Term, term

if TYPE_CHECKING:
    from neurona.engine.types import Array


class NormalizedPart(Part):
    """z = γ h + β, h = (x - m) s, s = 1 / √(v + ε).

    A layer normalization takes m and v from the numbers of one place, so that each number acts on
    the others too. To predict, a batch normalization has them from the training examples.
    """

    operation: ClassVar[Operation] = "sum"

    @property
    def _is_of_places(self) -> bool:
        return isinstance(self.leaf.layer, LayerNormalization)

    @cached_property
    def _statistics(self) -> tuple[Array, Array, Array, Array]:
        """Return m, v, s and h, each in the shape of x."""
        leaf, x = self.leaf, self.leaf.x
        if self._is_of_places:
            m, v = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
        else:
            m, v = leaf.params.mean, leaf.params.variance
        m, v = np.broadcast_to(m, x.shape), np.broadcast_to(v, x.shape)
        s = 1 / np.sqrt(v + leaf.layer.epsilon)
        return m, v, s, (x - m) * s

    @property
    def _dh(self) -> Array:
        dh: Array = self.leaf.params.gamma * self.leaf.backward.dz
        return dh

    def formula(self, name: str) -> str:
        """Say how a number is made."""
        return f"{name} = gamma h + beta"

    def weight_formula(self, name: str, parameter: str) -> str:
        """Say how the derivative by a parameter is made."""
        factor = {"gamma": "h ", "mean": "-gamma s ", "variance": "-gamma h s² / 2 "}.get(
            parameter, ""
        )
        return f"{name} = Σ {factor}∂J/∂z"

    def given_formula(self, name: str) -> str:
        """Say how the derivative by an input is made."""
        more = " + (1 / n) ∂J/∂m + (2 (x - m) / n) ∂J/∂v" if self._is_of_places else ""
        return f"{name} = s ∂J/∂h{more}"

    def number(self, place: Place, example: int) -> Iterator[Term]:
        """Yield the terms of a number of the output."""
        j, h = place[-1], self._statistics[3][(example, *place)]
        gamma, beta = self.leaf.params.gamma[j], self.leaf.params.beta[j]
        yield term(f"h{[*place]}", h, f"gamma[{j}]", gamma, place, (j,))
        yield term(ONE, 1, f"beta[{j}]", beta, None, (j,))

    def inner(self, place: Place, example: int) -> Iterator[Inner]:
        """Yield h; of a layer normalization, m and v too."""
        at = (example, *place)
        x, dh = self.leaf.x[at], self._dh[at]
        m, _, s, h = (float(one[at]) for one in self._statistics)
        terms = (term(f"x{[*place]}", x, "s", s, place), term("-m", -m, "s", s))
        name = f"h{[*place]}"
        yield Inner(name, f"{name} = (x - m) s", terms, h, float(dh), ("h", place))
        if self._is_of_places:
            row, n = self.leaf.x[at[:-1]], self.leaf.x.shape[-1]
            names = [f"x{[*place[:-1], i]}" for i in range(n)]
            of_m = [term(name, one, "1 / n", 1 / n) for name, one in zip(names, row, strict=True)]
            of_v = [
                term(f"({name} - m)²", (one - m) ** 2, "1 / n", 1 / n)
                for name, one in zip(names, row, strict=True)
            ]
            for symbol, own in (("m", of_m), ("v", of_v)):
                value = float(sum(one.product for one in own))
                d = sum(one.product for one in self._through(symbol, place, example))
                yield Inner(symbol, symbol, tuple(own), value, float(d), (symbol, place))

    def nudged(self, nudge: Any, example: int, h: float) -> dict[str, Array]:
        """Return how much the output changes where h, m or v does."""
        what, place = nudge
        moved = np.zeros(self.leaf.forward.z.shape)
        m, v, s, _ = self._statistics
        at = (example, *place) if what == "h" else (example, *place[:-1])
        if what == "h":
            change = h
        elif what == "m":
            change = -h * s[at]
        else:
            change = (self.leaf.x - m)[at] * (
                1 / np.sqrt(v[at] + h + self.leaf.layer.epsilon) - s[at]
            )
        moved[at] = self.leaf.params.gamma[place[-1] if what == "h" else slice(None)] * change
        return {"z": moved}

    def _through(self, symbol: str, place: Place, example: int) -> Iterator[Term]:
        """Yield the terms of ∂J/∂m or ∂J/∂v at a place, one for each number that it acts on."""
        at = (example, *place[:-1])
        m, _, s, _ = (one[at] for one in self._statistics)
        name, factor = "-s", -s
        if symbol == "v":
            name, factor = "-(x - m) s³ / 2", -(self.leaf.x[at] - m) * s**3 / 2
        for i, dh in enumerate(self._dh[at]):
            own = (*place[:-1], i)
            yield term(name, factor[i], f"∂J/∂h{[*own]}", dh, own)

    def given(self, place: Place, example: int) -> Iterator[Term]:
        """Yield the terms of the derivative by a number of the input."""
        at, n = (example, *place), self.leaf.x.shape[-1]
        m, _, s, _ = (float(one[at]) for one in self._statistics)
        yield term("s", s, f"∂J/∂h{[*place]}", self._dh[at], place)
        for one in self.inner_given(place, example):
            factor = ("1 / n", 1 / n) if one.name == "∂J/∂m" else (
                "2 (x - m) / n", 2 * (self.leaf.x[at] - m) / n
            )  # fmt: skip
            yield term(*factor, one.name, one.value, place)

    def inner_given(self, place: Place, example: int) -> Iterator[Inner]:
        """Yield ∂J/∂m and ∂J/∂v, by which a number acts on the others of its place."""
        for symbol in ("m", "v") if self._is_of_places else ():
            terms = tuple(self._through(symbol, place, example))
            value = sum(one.product for one in terms)
            name, made = f"∂J/∂{symbol}", f"∂J/∂{symbol} = Σ {terms[0].names[0]} ∂J/∂h"
            yield Inner(name, made, terms, value, value, (symbol, place))

    def weight(self, name: str, place: Place) -> Iterator[Term]:
        """Yield the terms of the derivative by a parameter."""
        j = place[-1]
        gamma, dz = self.leaf.params.gamma[j], self.leaf.backward.dz[..., j]
        _, _, s, h = (one[..., j] for one in self._statistics)
        left = {
            "gamma": h, "beta": np.ones(h.shape), "mean": -gamma * s,
            "variance": -gamma * h * s * s / 2,
        }[name]  # fmt: skip
        for k in np.ndindex(dz.shape):
            at = (*k[1:], j)
            own = {"gamma": f"h{[*at]}", "beta": ONE}.get(name, "s")
            yield term(own, left[k], f"∂J/∂z{[*at]}", dz[k], at, place, at, k[0])
