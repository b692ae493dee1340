"""Dropout: in training, neurons fall silent at random, so that none relies on another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurona.checks import check_dropout
from neurona.engine.layers.base import Layer, Nothing, Train
from neurona.engine.layers.deprecated import formerly_with
from neurona.engine.types import Array, Pullback, Shape


@formerly_with("n", before="rate")
@dataclass(frozen=True, repr=False)
class Dropout(Layer):
    """Inverted dropout: in training y = k x / (1 - rate), k being 0 with probability ``rate``.

    Each number of each example has a k of its own, 0 or 1, drawn anew for each step. Because of the
    divisor E[y] = x: what follows sees inputs of the same mean, and a prediction is y = x, without
    any factor. (The paper has no divisor, and multiplies the weights by 1 - rate to predict.
    Keras and PyTorch do as we do.)

    Parameters
    ----------
    rate
        The probability to drop, from 0 to less than 1.

    Raises
    ------
    ValueError
        If the rate is not in [0, 1).

    References
    ----------
    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014,
    section 4.

    Examples
    --------
    >>> layer = Dropout(0.5)
    >>> x = np.array([[1.0, 2.0, 3.0, 4.0]])
    >>> layer.forward(Nothing(), x)[0]
    array([[1., 2., 3., 4.]])
    >>> kept = np.array([[True, False, True, False]])
    >>> y, pullback = layer.forward(Nothing(), x, Train(noise=kept))
    >>> y, pullback(np.ones((1, 4)))[0]
    (array([[2., 0., 6., 0.]]), array([[2., 0., 2., 0.]]))
    """

    rate: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_dropout(self.rate)

    def noise(self, rng: np.random.Generator, x_shape: Shape) -> Array:
        """Draw k of a step, shaped as x: True with probability 1 - rate."""
        kept: Array = rng.random(x_shape, np.float32) >= self.rate
        return kept

    def forward(
        self, params: Nothing, x: Array, train: Train | None = None
    ) -> tuple[Array, Pullback]:
        """Return y and its pullback, with the k that :meth:`noise` drew."""
        if train is None:
            return x, lambda dy, need_dx=True: (dy if need_dx else None, Nothing())
        kept = train.noise * x.dtype.type(1 / (1 - self.rate))

        return x * kept, lambda dy, need_dx=True: (dy * kept if need_dx else None, Nothing())
