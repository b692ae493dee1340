"""The gated recurrent unit: two gates decide what of the state stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from neurona.engine.activations import sigmoid, tanh
from neurona.engine.initializers import Initializer, orthogonal, zeros
from neurona.engine.layers.dense import product
from neurona.engine.layers.recurrent import Recurrent, gates_of, of_x
from neurona.engine.types import Array, Shape


class GRUParams(NamedTuple):
    """``W (n_in, 3 n)``, ``U (n, 3 n)``, ``b (3 n,)``, gates in the order r, z, n; ``c (n,)``."""

    W: Array
    U: Array
    b: Array
    c: Array


@dataclass(frozen=True, repr=False)
class GRU(Recurrent):
    """A gated recurrent unit: h' = (1 - z) n + z h, from 0 on.

    With σ the sigmoid, the columns of W, U and b being those of r, z and n side by side,

        r = σ(x Wᵣ + h Uᵣ + bᵣ)                     what of the state the new numbers see,
        z = σ(x W_z + h U_z + b_z)                  what of the state stays,
        n = tanh(x Wₙ + bₙ + r (h Uₙ + c))          new numbers.

    This is PyTorch's layer, and Keras's with ``reset_after=True``. (The paper multiplies h by r
    before Uₙ, and swaps z and 1 - z in its later versions.)

    Parameters
    ----------
    n_out
        Numbers of the state h.
    return_sequences
        Whether the output is h after each step, ``(steps, n_out)``, or after the last one alone.
    go_backwards
        Whether the last step is read first; a sequence stays in the order of the input.
    mask_zero
        Whether a step whose numbers are all 0 is padding: h is carried over it, and a sequence
        has 0 there.
    initializer, bias_initializer, gain
        As in :class:`~neurona.Dense`, for each gate by itself; the gain is 1 by default.

    References
    ----------
    Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine
    translation", 2014, equations 5 to 8.

    Examples
    --------
    >>> import numpy as np
    >>> layer = GRU(1)
    >>> W, b = np.zeros((1, 3)), np.array([0.0, -50.0, 0.5])  # z = 0: all is new
    >>> params = GRUParams(W, np.zeros((1, 3)), b, np.zeros(1))
    >>> layer.forward(params, np.zeros((1, 4, 1)))[0].round(3)  # tanh(0.5)
    array([[0.462]])
    """

    Params: ClassVar[Any] = GRUParams
    gates: ClassVar[int] = 3

    n_out: int
    return_sequences: bool = False
    go_backwards: bool = False
    mask_zero: bool = False
    initializer: Initializer = orthogonal
    bias_initializer: Initializer = zeros
    gain: float | None = None

    def shapes(self, shape: Shape) -> GRUParams:
        """Return the shapes of the parameters, for series ``(steps, n_in)``."""
        n = self.n_out
        return GRUParams((shape[-1], 3 * n), (n, 3 * n), (3 * n,), (n,))  # type: ignore[arg-type]

    def step(self, params: GRUParams, x: Array, state: Any) -> tuple[Any, Any]:
        """Return h', and what the way back needs: r, z, n, v = h Uₙ + c, and h."""
        (h,) = state
        x_r, x_z, x_n = gates_of(of_x(params, x), self.n_out)
        h_r, h_z, h_n = gates_of(product(h, params.U), self.n_out)
        (r, _), (z, _) = sigmoid.function(x_r + h_r), sigmoid.function(x_z + h_z)
        v = h_n + params.c[..., None, :]
        new, _ = tanh.function(x_n + r * v)
        return (new + z * (h - new),), (r, z, new, v, h)

    def step_back(self, params: GRUParams, d: Any, kept: Any) -> tuple[Any, Array, Array]:
        """Return the derivatives by h, by x W + b, and by h U.

        dn = (1 - z) dh', dz = (h - n) dh', dr = v dn', dn' being that by what tanh takes: the
        parts of x and of h differ in n alone, where h's is multiplied by r.
        """
        (dh,), (r, z, new, v, h) = d, kept
        xp = dh.__array_namespace__()
        dn = dh * (1 - z) * (1 - new * new)
        dr, dz = dn * v * (r - r * r), dh * (h - new) * (z - z * z)
        by_x = xp.concatenate([dr, dz, dn], axis=-1)
        by_h = xp.concatenate([dr, dz, dn * r], axis=-1)
        return (dh * z + product(by_h, params.U.mT),), by_x, by_h

    def named(self, state: Any, kept: Any) -> dict[str, Array]:
        """Return the gates, the new numbers and the state."""
        (h,), (r, z, new, _, _) = state, kept
        return {"r": r, "z": z, "n": new, "h": h}

    def gradient(self, x: Array, h: Array, dz: Array, du: Array) -> GRUParams:
        """Return a step's part of the gradient; that by c is the sum of n's part of du."""
        W, U, b = (product(x.mT, dz), product(h.mT, du), dz.sum(axis=-2))
        return GRUParams(W, U, b, du[..., 2 * self.n_out :].sum(axis=-2))
