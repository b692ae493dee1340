"""The common part of all recurrent layers: the way through the steps, and the way back.

A recurrent layer reads a series step by step, and carries a state h from one to the next. Each of
these layers is one formula of a step, from x and the state before it to the state after it, with
its derivative beside it. The loop is here; the way back adds up the derivatives by the parameters.

Here an example is a row: a step's numbers are ``(batch, n)``, and those of all steps ``(steps,
batch, n)``, with the networks' axis second in a stack. Columns, as in ``Dense``, would do as well
on NumPy, and XLA's loops take half as long again with them.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any, ClassVar, cast

import numpy as np

from neurona.checks import check_count
from neurona.engine.layers.base import Layer, Train, check_axes
from neurona.engine.layers.concatenate import Concatenate
from neurona.engine.layers.dense import product
from neurona.engine.loops import scan
from neurona.engine.types import Array, LayerParams, Pullback, Shape


class Recurrent(Layer, abstract=True):
    """A layer that reads a series step by step; a subclass has the fields, and a step's formula.

    Attributes
    ----------
    n_out
        Numbers of the state h.
    return_sequences
        Whether the output is the state after each step, or that after the last one alone.
    go_backwards
        Whether the last step is read first; a sequence stays in the order of the input.
    mask_zero
        Whether a step whose numbers are all 0 is padding: the state is carried over it, and a
        sequence has 0 there.
    gates
        How many sums each number of the state needs: W and U have that many times n_out columns.
    carried
        How many arrays are carried from step to step; h is the first.
    """

    gates: ClassVar[int] = 1
    carried: ClassVar[int] = 1

    n_out: int
    return_sequences: bool
    go_backwards: bool
    mask_zero: bool

    def step(self, params: Any, x: Array, state: Any) -> tuple[Any, Any]:
        """Return the state after a step, and what its way back needs.

        ``x (batch, n_in)``, and each array of the state is ``(batch, n_out)``.
        """
        raise NotImplementedError

    def step_back(self, params: Any, d: Any, kept: Any) -> tuple[Any, Array, Array]:
        """Return the derivatives by the state before the step, by x W + b and by h U."""
        raise NotImplementedError

    def gradient(self, x: Array, h: Array, dz: Array, du: Array) -> Any:
        """Return a step's part of the gradient, from the derivatives by x W + b and by h U."""
        return self.Params(product(x.mT, dz), product(h.mT, du), dz.sum(axis=-2))

    def named(self, state: Any, kept: Any) -> dict[str, Array]:
        """Return what a step computed, by the names in its formula: the gates, and the state."""
        raise NotImplementedError

    # The rest needs no change in a new layer --------------------------------------------------

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("n_out", self.n_out)

    def out_shape(self, shape: Shape) -> Shape:
        """Return ``(steps, n_out)``, or ``(n_out,)``."""
        check_axes(self, shape, 2)
        return (shape[0], self.n_out) if self.return_sequences else (self.n_out,)

    def shapes(self, shape: Shape) -> Any:
        """Return the shapes of ``W``, ``U`` and ``b``, for series ``(steps, n_in)``."""
        width = self.gates * self.n_out
        return self.Params((shape[-1], width), (self.n_out, width), (width,))

    def init(self, rng: np.random.Generator, shape: Shape, dtype: Any = np.float32) -> LayerParams:
        """Draw initial parameters, each gate's by themselves.

        The gain is 1 if none is given, whatever the activation: an orthogonal U then neither
        lengthens nor shortens what comes back over many steps.
        """
        gain = 1.0 if self.gain is None else self.gain

        def drawn(one: Shape) -> Array:
            draw = self.initializer if len(one) > 1 else self.bias_initializer
            gate = (*one[:-1], self.n_out)
            return np.concatenate(
                [draw(rng, gate, gain) for _ in range(one[-1] // self.n_out)], axis=-1
            )

        arrays = [drawn(one).astype(dtype) for one in reversed(self.shapes(shape))]
        return cast("LayerParams", self.Params(*reversed(arrays)))

    def operations(self, shape: Shape) -> int:
        """Return the multiplications of W and U at all steps."""
        W, U, *_ = self.shapes(shape)
        return int(shape[0] * (prod(W) + prod(U)))

    def forward(self, params: Any, x: Array, train: Train | None = None) -> tuple[Array, Pullback]:
        """Return the output and its pullback, from ``x (batch, steps, n_in)``.

        With dz by x W + b and du by h U, which the way back finds step by step,

            dW = Σₜ xₜᵀ dzₜ,  db = Σₜ 1ᵀ dzₜ,  dxₜ = dzₜ Wᵀ,  dU = Σₜ hₜ₋₁ᵀ duₜ.
        """
        xp = x.__array_namespace__()
        xs, there, start = self._prepared(params, x)
        whole = self.return_sequences
        last, hs, kept = self._read(params, xs, there, start, lambda h, _: h[:1] if whole else ())

        def pullback(dy: Array, need_dx: bool = True) -> tuple[Array | None, LayerParams]:
            dhs, end = None, dy
            if whole:
                dhs, end = in_steps(dy), start[0]
                if there is not None:
                    dhs = xp.where(there, dhs, 0)

            def back(state: Any, here: Any) -> tuple[Any, Any, Any]:
                d, grads = state[: self.carried], state[self.carried :]
                x, dh, (h, kept), is_there = here
                if dh is not None:
                    d = (d[0] + dh, *d[1:])
                before, dz, du = self.step_back(params, where(is_there, d), kept)
                parts = self.gradient(x, h, dz, du)
                sums = (one + part for one, part in zip(grads, parts, strict=True))
                dx = (product(dz, params.W.mT),) if need_dx else ()
                return (*where(is_there, before, d), *sums), dx, None

            first = (end, *start[1:], *map(xp.zeros_like, params))
            inputs = (xs, dhs, kept, there)
            state, dx, _ = scan(back, first, inputs, not self.go_backwards)
            grads = self.Params(*state[self.carried :])
            return of_steps(dx[0]) if need_dx else None, grads

        if not whole:
            return last[0], pullback
        return of_steps(hs[0] if there is None else xp.where(there, hs[0], 0)), pullback

    def states(self, params: Any, x: Array) -> dict[str, Array]:
        """Return what each step computes, by the names in the formula: the gates, and the state h.

        Each is ``(batch, steps, n_out)``, in the order of the input. At padding the gates are
        those that do not count, and the state is the one that is carried over.
        """
        names: list[str] = []

        def look(state: Any, kept: Any) -> tuple[Array, ...]:
            found = self.named(state, kept)
            names[:] = found
            return tuple(found.values())

        _, arrays, _ = self._read(params, *self._prepared(params, x), look)
        return {name: of_steps(one) for name, one in zip(names, arrays, strict=True)}

    def _prepared(self, params: Any, x: Array) -> tuple[Array, Array | None, Any]:
        """Return the steps of x, where they are not padding, and the first state."""
        xp = x.__array_namespace__()
        if params.W.ndim == x.ndim:  # a stack of networks that share their examples
            x = x[None]
        xs = in_steps(x)
        mask = self.mask(x)
        there = None if mask is None else in_steps(mask) > 0
        zero = xp.zeros((*params.W.shape[:-2], xs.shape[-2], self.n_out), params.W.dtype)
        return xs, there, (zero,) * self.carried

    def _read(self, params: Any, xs: Array, there: Array | None, start: Any, look: Any) -> Any:
        """Return the last state, what ``look(state, kept)`` returns of all steps, and ``kept``.

        With what a step kept goes the h before it, for the way back.
        """

        def forth(state: Any, here: Any) -> tuple[Any, Any, Any]:
            x, is_there = here
            after, kept = self.step(params, x, state)
            after = where(is_there, after, state)
            return after, look(after, kept), (state[0], kept)

        return scan(forth, start, (xs, there), self.go_backwards)


def where(is_there: Array | None, some: Any, others: Any = None) -> Any:
    """Return some arrays, and at padding the others, or 0."""
    if is_there is None:
        return some
    xp = some[0].__array_namespace__()
    others = (0,) * len(some) if others is None else others
    return tuple(xp.where(is_there, one, other) for one, other in zip(some, others, strict=True))


def in_steps(x: Array) -> Array:
    """Return series ``(batch, steps, n)`` as ``(steps, batch, n)``.

    The networks' axis of a stack, the first before, comes after that of the steps.
    """
    return x.__array_namespace__().moveaxis(x, -2, 0)  # type: ignore[no-any-return]


def of_steps(xs: Array) -> Array:
    """Return the inverse of :func:`in_steps`."""
    return xs.__array_namespace__().moveaxis(xs, 0, -2)  # type: ignore[no-any-return]


def of_x(params: Any, x: Array) -> Array:
    """Return x W + b."""
    z: Array = product(x, params.W) + params.b[..., None, :]
    return z


def gates_of(z: Array, n: int) -> list[Array]:
    """Return the parts of z, n numbers each: one for each gate."""
    return [z[..., k : k + n] for k in range(0, z.shape[-1], n)]


def bidirectional(layer: Recurrent) -> Concatenate:
    """Return the layer and, beside it, the same that reads backwards: y = [y forth, y back].

    Schuster & Paliwal, "Bidirectional recurrent neural networks", 1997. Each has parameters of its
    own; the output has twice as many numbers.

    Examples
    --------
    >>> from neurona.engine.layers.lstm import LSTM
    >>> bidirectional(LSTM(8, return_sequences=True)).out_shape((5, 3))
    (5, 16)
    """
    if not isinstance(layer, Recurrent):
        raise ValueError(f"bidirectional takes a recurrent layer, such as LSTM(8), not {layer!r}")
    return Concatenate((layer, replace(cast("Any", layer), go_backwards=not layer.go_backwards)))
