"""Series of different length: steps of zeros are padding, and stay so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurona.engine.activations import Activation, linear
from neurona.engine.layers.base import Stage, Train, check_axes, in_words
from neurona.engine.layers.padding import is_step
from neurona.engine.layers.sequential import Sequential
from neurona.engine.types import Array, Noise, Pullback, Shape


@dataclass(frozen=True, repr=False)
class Masked(Sequential):
    """Layers in a row whose output is 0 at each step of padding: y = m f(x), m = [x ≠ 0].

    A step whose numbers are all 0 is padding. Layers with ``mask_zero=True`` pass over such steps
    and give zeros there; others, such as a normalization or a convolution, add numbers to them.
    Within a ``Masked`` they don't, so that a later layer still knows which steps are padding.

    Parameters
    ----------
    layers
        The layers, first layer first; together they keep the number of steps.

    Raises
    ------
    ValueError
        If there are none; from :meth:`out_shape`, if they change the number of steps.

    Examples
    --------
    >>> import numpy as np
    >>> from neurona.engine.layers.base import Activate, Nothing
    >>> series = np.array([[[1.0], [0.0]]])
    >>> Activate("sigmoid").forward(Nothing(), series)[0].round(2).ravel()
    array([0.73, 0.5 ])
    >>> Masked([Activate("sigmoid")]).forward((Nothing(),), series)[0].round(2).ravel()
    array([0.73, 0.  ])
    """

    def out_shape(self, shape: Shape) -> Shape:
        """Return the shape of the last layer's output, which has as many steps."""
        check_axes(self, shape, 2)
        out = super().out_shape(shape)
        if len(out) != 2 or out[0] != shape[0]:
            raise ValueError(
                f"{self!r} makes {in_words(out)} of series of {in_words(shape)}: within Masked the "
                "number of steps stays the same"
            )
        return out

    def forward(self, params: Any, x: Array, train: Train | None = None) -> tuple[Array, Pullback]:
        """Return the output and its pullback."""
        there = is_step(x)
        y, inner_pullback = super().forward(params, x, train)
        return there * y, lambda dy, need_dx=True: inner_pullback(there * dy, need_dx)

    def mask(self, x: Array) -> Array:
        """Return 1 for each step and 0 for padding."""
        return is_step(x)

    @property
    def activation(self) -> Activation:  # type: ignore[override]
        """None that could be left out: the zeros come after it."""
        return linear

    @property
    def logits(self) -> Any:
        """The same layer."""
        return self

    def stages(self, params: Any, noise: Noise = None) -> list[Stage]:
        """Return the layer itself."""
        return [Stage(self, params, noise)]
