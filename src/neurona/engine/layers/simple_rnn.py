"""The simple recurrent layer: a dense layer that also gets its own last output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from neurona.engine.activations import Activation, linear, tanh
from neurona.engine.initializers import Initializer, orthogonal, zeros
from neurona.engine.layers.dense import product
from neurona.engine.layers.recurrent import Recurrent, of_x
from neurona.engine.types import Array


class SimpleRNNParams(NamedTuple):
    """The parameters: ``W (n_in, n_out)``, ``U (n_out, n_out)`` and ``b (n_out,)``."""

    W: Array
    U: Array
    b: Array


@dataclass(frozen=True, repr=False)
class SimpleRNN(Recurrent):
    """A simple recurrent layer: hₜ = f(xₜ W + hₜ₋₁ U + b), and h₀ = 0.

    Going back, each step multiplies the derivative by U and f': over many steps it vanishes or
    explodes, which the gates of :class:`GRU` and :class:`LSTM` mend.

    Parameters
    ----------
    n_out
        Numbers of the state h.
    activation
        f, from :mod:`neurona.activations`, or its name.
    return_sequences
        Whether the output is h after each step, ``(steps, n_out)``, or after the last one alone.
    go_backwards
        Whether the last step is read first; a sequence stays in the order of the input.
    mask_zero
        Whether a step whose numbers are all 0 is padding: h is carried over it, and a sequence
        has 0 there.
    initializer, bias_initializer, gain
        As in :class:`~neurona.Dense`, but for the gain, which is 1 by default.

    References
    ----------
    Elman, "Finding structure in time", 1990.

    Examples
    --------
    >>> import numpy as np
    >>> sums = SimpleRNNParams(np.eye(1), np.eye(1), np.zeros(1))
    >>> x = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1)
    >>> h, pullback = SimpleRNN(1, "linear", return_sequences=True).forward(sums, x)
    >>> h.ravel(), pullback(np.ones((1, 3, 1)))[0].ravel()
    (array([1., 3., 6.]), array([3., 2., 1.]))
    """

    Params: ClassVar[Any] = SimpleRNNParams

    n_out: int
    activation: Activation = tanh
    return_sequences: bool = False
    go_backwards: bool = False
    mask_zero: bool = False
    initializer: Initializer = orthogonal
    bias_initializer: Initializer = zeros
    gain: float | None = None

    def step(self, params: SimpleRNNParams, x: Array, state: Any) -> tuple[Any, Any]:
        """Return h' = f(z), z = x W + h U + b, and z for the way back."""
        z = of_x(params, x) + product(state[0], params.U)
        return (self.activation.function(z.mT)[0].mT,), z

    def step_back(self, params: SimpleRNNParams, d: Any, kept: Any) -> tuple[Any, Array, Array]:
        """Return dh = dz Uᵀ, with dz = f'(z) dh'; that by h U is dz too."""
        dz = self.activation.function(kept.mT)[1](d[0].mT).mT
        return (product(dz, params.U.mT),), dz, dz

    def named(self, state: Any, kept: Any) -> dict[str, Array]:
        """Return the state."""
        return {"h": state[0]}

    @property
    def ends_with(self) -> Activation:
        """Linear: f is within the loop, and cannot be left out."""
        return linear
