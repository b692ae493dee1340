"""Embedding: each of a number of things, such as letters, has a row of numbers that is learned."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, NamedTuple

import numpy as np

from neurona.checks import check_count
from neurona.engine.layers.base import Layer, Train, check_row
from neurona.engine.loops import sum_by_row
from neurona.engine.types import Array, Pullback, Shape


class EmbeddingParams(NamedTuple):
    """The parameters of an embedding: ``W (n_in, n_out)``, a row for each index."""

    W: Array


@dataclass(frozen=True, repr=False)
class Embedding(Layer):
    """An embedding: y = W[x], the rows of W of which x has the indices.

    It is a dense layer on one-hot rows without their product. Each row's derivative is the sum of
    dy where its index stood. By an index there is none: dx is 0.

    Parameters
    ----------
    n_in
        How many indices there are: 0 to n_in - 1.
    n_out
        Numbers of each row.
    mask_zero
        Whether index 0 is padding: y is 0 there, and row 0 of W learns nothing.

    Raises
    ------
    ValueError
        If a width is not a positive whole number; where a network is given examples, if one is
        not of whole numbers from 0 to n_in - 1.

    References
    ----------
    Bengio et al., "A neural probabilistic language model", 2003, section 2.

    Examples
    --------
    >>> layer = Embedding(3, 2)
    >>> params = EmbeddingParams(np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]))
    >>> y, pullback = layer.forward(params, np.array([[2.0, 2.0, 0.0]]))
    >>> y
    array([[[4., 5.],
            [4., 5.],
            [0., 1.]]])
    >>> pullback(np.ones((1, 3, 2)))[1].W
    array([[1., 1.],
           [0., 0.],
           [2., 2.]])
    """

    Params: ClassVar[Any] = EmbeddingParams
    takes_indices: ClassVar[bool] = True

    n_in: int
    n_out: int
    mask_zero: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("n_in", self.n_in)
        check_count("n_out", self.n_out)

    def out_shape(self, shape: Shape) -> Shape:
        """Return ``(steps, n_out)``."""
        check_row(self, shape)
        return (*shape, self.n_out)

    def shapes(self, shape: Shape) -> EmbeddingParams:
        """Return the shape of ``W``."""
        return EmbeddingParams((self.n_in, self.n_out))  # type: ignore[arg-type]

    def init(
        self, rng: np.random.Generator, shape: Shape, dtype: Any = np.float32
    ) -> EmbeddingParams:
        """Draw standard normal numbers: what a layer after it would have a column scaled to."""
        return EmbeddingParams(rng.normal(size=(self.n_in, self.n_out)).astype(dtype))

    def check(self, X: Array) -> None:
        """Refuse examples that are not of whole numbers from 0 to n_in - 1."""
        wrong = (X < 0) | (self.n_in <= X) | (X % 1 != 0)
        if wrong.any():
            example, step = np.argwhere(wrong)[0]
            raise ValueError(
                f"X[{example}] has {X[example, step]:g} at step {step}, and {self!r} takes whole "
                f"numbers from 0 to {self.n_in - 1}: its n_in is the largest index and one more"
            )
        super().check(X)

    def operations(self, shape: Shape) -> int:
        """Return 0: rows are looked up."""
        return 0

    def forward(
        self, params: EmbeddingParams, x: Array, train: Train | None = None
    ) -> tuple[Array, Pullback]:
        """Return ``y (batch, steps, n_out)`` and its pullback, from indices ``x (batch, steps)``.

        The rows of all networks of a stack are those of one long W. An index beyond the others
        counts as the last: under ``jit`` nothing can be refused, see :meth:`check`.
        """
        xp = x.__array_namespace__()
        (W,) = params
        networks = W.shape[:-2]
        index = xp.clip(x.astype(np.int32), 0, self.n_in - 1)
        first = self.n_in * xp.arange(prod(networks)).reshape(*networks, 1, 1)
        rows = index + first

        def learned(values: Array) -> Array:
            return xp.where((index > 0)[..., None], values, 0) if self.mask_zero else values

        def pullback(dy: Array, need_dx: bool = True) -> tuple[Array | None, EmbeddingParams]:
            values = learned(dy).reshape(-1, self.n_out)
            dW = sum_by_row(values, rows.reshape(-1), prod(networks) * self.n_in)
            dx = xp.zeros(rows.shape, dy.dtype) if need_dx else None
            return dx, EmbeddingParams(dW.reshape(W.shape))

        return learned(W.reshape(-1, self.n_out)[rows]), pullback
