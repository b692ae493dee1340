"""Dropout: in training, neurons fall silent at random, so that none relies on another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from neurona.checks import check_dropout
from neurona.engine.layers.base import SameWidth
from neurona.engine.types import Array, Pullback


class DropoutParams(NamedTuple):
    """Dropout learns nothing."""


@dataclass(frozen=True)
class Dropout(SameWidth):
    """Inverted dropout: in training y = k x / (1 - rate), k being 0 with probability ``rate``.

    Each number of each example has a k of its own, 0 or 1, drawn anew for each step. Because of the
    divisor E[y] = x: what follows sees inputs of the same mean, and an answer is y = x, without
    any factor. (The paper has no divisor, and multiplies the weights by 1 - rate to answer.
    Keras and PyTorch do as we do.)

    Parameters
    ----------
    n
        Numbers of an example.
    rate
        The probability to drop, from 0 to less than 1.

    Raises
    ------
    ValueError
        If ``n`` is no positive whole number, or the rate is not in [0, 1).

    References
    ----------
    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014,
    section 4.

    Examples
    --------
    >>> layer = Dropout(4, rate=0.5)
    >>> x = np.array([[1.0, 2.0, 3.0, 4.0]])
    >>> layer.forward(DropoutParams(), x)[0]
    array([[1., 2., 3., 4.]])
    >>> kept = np.array([[True, False, True, False]])
    >>> y, pullback = layer.practise(DropoutParams(), x, noise=kept)
    >>> y, pullback(np.ones((1, 4)))[0]
    (array([[2., 0., 6., 0.]]), array([[2., 0., 2., 0.]]))
    """

    rate: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_dropout(self.rate)

    def init(self, rng: np.random.Generator, dtype: Any = np.float32) -> DropoutParams:
        """Draw nothing."""
        return DropoutParams()

    def forward(self, params: DropoutParams, x: Array) -> tuple[Array, Pullback]:
        """Return ``x (batch, n)`` itself, and its pullback: how the layer answers."""
        return x, lambda dy, need_dx=True: (dy if need_dx else None, DropoutParams())

    def noise(self, rng: np.random.Generator, batch: int) -> Array:
        """Draw k ``(batch, n)`` of a step: True with probability 1 - rate."""
        kept: Array = rng.random((batch, self.n), np.float32) >= self.rate
        return kept

    def practise(
        self, params: DropoutParams, x: Array, weight: Array | None = None, noise: Any = None
    ) -> tuple[Array, Pullback]:
        """Return y of ``x (batch, n)`` and its pullback, with the k that :meth:`noise` drew."""
        xp = x.__array_namespace__()
        scale = 1 / (1 - self.rate)

        def thinned(values: Array) -> Array:
            dropped: Array = xp.where(noise, values * scale, 0)
            return dropped

        return thinned(x), lambda dy, need_dx=True: (
            thinned(dy) if need_dx else None,
            DropoutParams(),
        )
