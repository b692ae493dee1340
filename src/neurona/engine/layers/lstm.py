"""Long short-term memory: a state that is added to, so that its derivative need not vanish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from neurona.engine.activations import sigmoid
from neurona.engine.initializers import Initializer, orthogonal, zeros
from neurona.engine.layers.dense import product
from neurona.engine.layers.recurrent import Recurrent, gates_of, of_x
from neurona.engine.types import Array, Shape


class LSTMParams(NamedTuple):
    """``W (n_in, 4 n)``, ``U (n, 4 n)`` and ``b (4 n,)``, gates in the order i, f, o, g."""

    W: Array
    U: Array
    b: Array


@dataclass(frozen=True, repr=False)
class LSTM(Recurrent):
    """Long short-term memory: c' = f c + i g and h' = o tanh(c'), both from 0 on.

    With σ the sigmoid, the columns of W, U and b being those of i, f, o and g side by side [1]_,

        i = σ(x Wᵢ + h Uᵢ + bᵢ)                     what is written into the memory c,
        f = σ(x W_f + h U_f + b_f)                  what of it stays [2]_,
        o = σ(x Wₒ + h Uₒ + bₒ)                     what of it is shown,
        g = tanh(x W_g + h U_g + b_g)               new numbers.

    As dc = f dc', the derivative goes back through a memory that is kept (f near 1) unchanged. So
    b_f begins at 1 above the other biases [2]_ [3]_. (PyTorch and Keras hold the gates as i, f,
    g, o; here those with a sigmoid are one block.)

    Parameters
    ----------
    n_out
        Numbers of the state h, and of the memory c.
    return_sequences
        Whether the output is h after each step, ``(steps, n_out)``, or after the last one alone.
    go_backwards
        Whether the last step is read first; a sequence stays in the order of the input.
    mask_zero
        Whether a step whose numbers are all 0 is padding: h and c are carried over it, and a
        sequence has 0 there.
    initializer, bias_initializer, gain
        As in :class:`~neurona.Dense`, for each gate by itself; the gain is 1 by default.

    References
    ----------
    .. [1] Hochreiter & Schmidhuber, "Long short-term memory", 1997.
    .. [2] Gers, Schmidhuber & Cummins, "Learning to forget: continual prediction with LSTM", 2000.
    .. [3] Jozefowicz, Zaremba & Sutskever, "An empirical exploration of recurrent network
       architectures", 2015.

    Examples
    --------
    >>> layer = LSTM(1)
    >>> b = np.array([50.0, 50.0, 50.0, 0.5])  # i, f and o are 1: c adds up tanh(0.5)
    >>> params = LSTMParams(np.zeros((1, 4)), np.zeros((1, 4)), b)
    >>> np.arctanh(layer.forward(params, np.zeros((1, 3, 1)))[0]).round(3)  # 3 tanh(0.5)
    array([[1.386]])
    """

    Params: ClassVar[Any] = LSTMParams
    gates: ClassVar[int] = 4
    carried: ClassVar[int] = 2

    n_out: int
    return_sequences: bool = False
    go_backwards: bool = False
    mask_zero: bool = False
    initializer: Initializer = orthogonal
    bias_initializer: Initializer = zeros
    gain: float | None = None

    def init(self, rng: np.random.Generator, shape: Shape, dtype: Any = np.float32) -> Any:
        """Draw initial parameters, and add 1 to the forget gate's biases."""
        params: Any = super().init(rng, shape, dtype)
        params.b[self.n_out : 2 * self.n_out] += 1
        return params

    def step(self, params: LSTMParams, x: Array, state: Any) -> tuple[Any, Any]:
        """Return h' and c', and what the way back needs: the gates, g, tanh(c') and c."""
        (h, c), xp = state, x.__array_namespace__()
        z = of_x(params, x) + product(h, params.U)  # (batch, 4 n)
        *gates, z_g = gates_of(z, self.n_out)
        i, f, o = (sigmoid.function(one)[0] for one in gates)
        g = xp.tanh(z_g)
        after = f * c + i * g
        t = xp.tanh(after)
        return (o * t, after), (i, f, o, g, t, c)

    def step_back(self, params: LSTMParams, d: Any, kept: Any) -> tuple[Any, Array, Array]:
        """Return the derivatives by h and c, and by z, which is that by h U as well.

        With t = tanh(c'), dc' gets o (1 - t²) dh' more, and

            di = g dc',  df = c dc',  do = t dh',  dg = i dc',  dc = f dc',

        each gate's then times its own derivative.
        """
        (dh, dc), (i, f, o, g, t, c) = d, kept
        xp = dh.__array_namespace__()
        dc = dc + dh * o * (1 - t * t)
        di, df = dc * g * (i - i * i), dc * c * (f - f * f)
        do, dg = dh * t * (o - o * o), dc * i * (1 - g * g)
        dz = xp.concatenate([di, df, do, dg], axis=-1)
        return (product(dz, params.U.mT), dc * f), dz, dz

    def named(self, state: Any, kept: Any) -> dict[str, Array]:
        """Return the gates, the memory and the state."""
        (h, c), (i, f, o, g, _, _) = state, kept
        return {"i": i, "f": f, "o": o, "g": g, "c": c, "h": h}
