"""Attention taken apart: the weights times the values, and the way back to q, k and v."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from neurona.observe.parts import ONE, Inner, Operation, Part, Place, Term, term

if TYPE_CHECKING:
    from neurona.engine.types import Array


class AttentionPart(Part):
    """z[s] = Σ A[s, t] (v V)[t] + c over all heads and steps t, A being softmax of the scores S."""

    operation: ClassVar[Operation] = "sum"

    @cached_property
    def _there(self) -> Array:
        """Return whether a step is not padding, ``(batch, steps)``."""
        x = self.leaf.x
        mask = self.leaf.layer.mask(x)
        return np.ones(x.shape[:-1], bool) if mask is None else mask[..., 0] > 0

    @cached_property
    def _parts(self) -> Array:
        """Return q, k and v, each ``(batch, steps, heads, d)``."""
        params, x = self.leaf.params, self.leaf.x
        made: Array = x @ params.W + params.b
        return np.moveaxis(made.reshape(*x.shape[:-1], 3, self.leaf.layer.heads, -1), 2, 0)

    @cached_property
    def _weights(self) -> Array:
        """Return A, ``(batch, heads, steps, steps)``."""
        weights: Array = self.leaf.layer.weights(self.leaf.params, self.leaf.x)
        return weights

    @cached_property
    def _values(self) -> Array:
        """Return v V of each head by itself, ``(batch, heads, steps, n)``."""
        v = self._parts[2]
        V = self.leaf.params.V.reshape(*v.shape[-2:], -1)
        made: Array = np.einsum("bthd,hdj->bhtj", v, V)
        return made

    @cached_property
    def _heads(self) -> Array:
        """Return A v of all heads side by side, ``(batch, steps, m)``."""
        made: Array = np.einsum("bhst,bthd->bshd", self._weights, self._parts[2])
        return made.reshape(*made.shape[:2], -1)

    @cached_property
    def _back(self) -> Array:
        """Return the derivative by [q, k, v], ``(batch, steps, 3 m)``.

        It is the layer's own: where each step has an input more, which is 1 there and 0 elsewhere,
        and does nothing, the derivative by the weights of that input is the one by [q, k, v].
        """
        leaf, (batch, steps, n) = self.leaf, self.leaf.x.shape
        W, b, V, c = leaf.params
        more = np.zeros((steps, W.shape[1])), np.zeros((len(V), steps)), np.zeros(steps)
        wide = type(leaf.params)(
            np.vstack([W, more[0]]), b, np.hstack([V, more[1]]), np.append(c, more[2])
        )
        found = np.zeros((batch, steps, W.shape[1]))
        for k in range(batch):
            own = np.diag(self._there[k].astype(float))
            _, pullback = self.body.forward(wide, np.hstack([leaf.x[k], own])[None])
            grads: Any = pullback(np.hstack([leaf.backward.dz[k], 0 * own])[None])[1]
            found[k] = grads.W[n:]
        return found

    def _name(self, column: int, t: int) -> str:
        """Name a number of q, k or v: its head counts from 1."""
        _, _, _, heads, d = self._parts.shape
        part, rest = divmod(column, heads * d)
        return f"{'qkv'[part]}{rest // d + 1}[{t}, {rest % d}]"

    def formula(self, name: str) -> str:
        """Say how a number is made."""
        return f"{name} = Σ A (v V) + c"

    def weight_formula(self, name: str, parameter: str) -> str:
        """Say how the derivative by a parameter is made."""
        factor = {"W": "x ∂J/∂[q, k, v]", "b": "∂J/∂[q, k, v]", "V": "(A v) ∂J/∂z"}
        return f"{name} = Σ {factor.get(parameter, '∂J/∂z')}"

    def given_formula(self, name: str) -> str:
        """Say how the derivative by an input is made."""
        return f"{name} = Σ W ∂J/∂[q, k, v]"

    def number(self, place: Place, example: int) -> Iterator[Term]:
        """Yield the terms of a number of the output."""
        s, j = place
        if not self._there[example, s]:  # a step of padding is 0
            return
        for (h, t), weight in np.ndenumerate(self._weights[example, :, s]):
            names = f"A{h + 1}[{s}, {t}]", f"(v{h + 1} V)[{t}, {j}]"
            yield term(names[0], weight, names[1], self._values[example, h, t, j])
        yield term(ONE, 1, f"c[{j}]", self.leaf.params.c[j], None, (j,))

    def inner(self, place: Place, example: int) -> Iterator[Inner]:
        """Yield the score of each head for the step that it takes most of, with its weight."""
        s = place[0]
        if not self._there[example, s]:
            return
        q, k, _ = self._parts[:, example]
        scale = q.shape[-1] ** 0.5
        for h, weights in enumerate(self._weights[example, :, s]):
            t = int(weights.argmax())
            terms = tuple(
                term(f"q{h + 1}[{s}, {i}]", one, f"k{h + 1}[{t}, {i}] / √d", other / scale)
                for i, (one, other) in enumerate(zip(q[s, h], k[t, h], strict=True))
            )
            dA = self._values[example, h] @ self.leaf.backward.dz[example, s]
            name, value = f"S{h + 1}[{s}, {t}]", float(sum(one.product for one in terms))
            d = float(weights[t] * (dA[t] - weights @ dA))
            yield Inner(
                name, f"{name} = q k / √d", terms, value, d, (h, s, t), float(weights[t]),
                f"A{h + 1}[{s}, {t}]",
            )  # fmt: skip

    def nudged(self, nudge: Any, example: int, h: float) -> dict[str, Array]:
        """Return how much the output changes where a score does."""
        head, s, t = nudge
        weights = self._weights[example, head, s]
        moved = weights * np.exp(h * (np.arange(len(weights)) == t))
        change = np.zeros(self.leaf.forward.z.shape)
        change[example, s] = (moved / moved.sum() - weights) @ self._values[example, head]
        return {"z": change}

    def weight(self, name: str, place: Place) -> Iterator[Term]:
        """Yield the terms of the derivative by a parameter."""
        column, x, dz = place[-1], self.leaf.x, self.leaf.backward.dz
        for example, s in np.ndindex(self._there.shape):
            if name in ("W", "b"):
                right, slope = self._back[example, s, column], f"∂J/∂{self._name(column, s)}"
            else:
                right, slope = (
                    self._there[example, s] * dz[example, s, column],
                    f"∂J/∂z[{s}, {column}]",
                )
            own, left, source = ONE, 1.0, None
            if name == "W":
                own, left, source = f"x[{s}, {place[0]}]", x[example, s, place[0]], (s, place[0])
            elif name == "V":
                own, left = f"(A v)[{s}, {place[0]}]", self._heads[example, s, place[0]]
            yield term(own, left, slope, right, source, place, (s, column), example)

    def given(self, place: Place, example: int) -> Iterator[Term]:
        """Yield the terms of the derivative by a number of the input."""
        t, i = place
        for column, d in enumerate(self._back[example, t]):
            names = f"W[{i}, {column}]", f"∂J/∂{self._name(column, t)}"
            yield term(names[0], self.leaf.params.W[i, column], names[1], d, place, (i, column))
