"""The dense layer: every output is a weighted sum of all inputs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import numpy as np

from neurona.checks import check_count
from neurona.engine.activations import Activation, linear
from neurona.engine.initializers import Initializer, orthogonal, zeros
from neurona.engine.layers.base import Layer, Train, check_row
from neurona.engine.layers.deprecated import formerly_with
from neurona.engine.types import Array, Pullback, Shape


class DenseParams(NamedTuple):
    """The parameters of a dense layer: ``W (n_in, n_out)`` and ``b (n_out,)``."""

    W: Array
    b: Array


@formerly_with("n_in", before="n_out")
@dataclass(frozen=True, repr=False)
class Dense(Layer):
    """A dense layer: a = f(z), z = x W + b.

    Parameters
    ----------
    n_out
        Neurons. How many inputs there are the layer before it tells.
    activation
        f, from :mod:`neurona.activations`, or its name.
    initializer, bias_initializer
        How ``W`` and ``b`` are drawn, from :mod:`neurona.initializers`, or a name.
    gain
        The gain that the initializer is told: by default the activation's.

    Examples
    --------
    >>> layer = Dense(1)
    >>> params = DenseParams(W=np.array([[1.0], [2.0]]), b=np.array([0.5]))
    >>> a, pullback = layer.forward(params, np.array([[3.0, 4.0]]))
    >>> a
    array([[11.5]])
    >>> dx, grads = pullback(np.array([[1.0]]))
    >>> dx, grads.W.T, grads.b
    (array([[1., 2.]]), array([[3., 4.]]), array([1.]))
    """

    Params: ClassVar[Any] = DenseParams
    adds_last: ClassVar[str] = "b"

    n_out: int
    activation: Activation = linear
    initializer: Initializer = orthogonal
    bias_initializer: Initializer = zeros
    gain: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("n_out", self.n_out)

    def out_shape(self, shape: Shape) -> Shape:
        """Return ``(n_out,)``."""
        each = {2: f"step, Conv1D({self.n_out}, 1)", 3: f"place, Conv2D({self.n_out}, 1)"}
        alike = f", or take the same layer at each {each[len(shape)]}" if len(shape) in each else ""
        check_row(self, shape, alike)
        return (self.n_out,)

    def shapes(self, shape: Shape) -> DenseParams:
        """Return the shapes of ``W`` and ``b``, for rows of ``shape (n_in,)``."""
        return DenseParams((*shape, self.n_out), (self.n_out,))  # type: ignore[arg-type]

    def forward(
        self, params: DenseParams, x: Array, train: Train | None = None
    ) -> tuple[Array, Pullback]:
        """Return ``a (batch, n_out)`` and its pullback, from ``x (batch, n_in)``.

        Within the layer an example is a column, zᵀ = Wᵀ xᵀ + b: what adds a bias, applies f or sums
        over the batch then runs along few long lines, and not along many short ones.
        """
        W, b = params
        z = product(W.mT, x.mT) + b[..., None]  # (n_out, batch)
        a, activation_pullback = self.activation.function(z)

        def pullback(da: Array, need_dx: bool = True) -> tuple[Array | None, DenseParams]:
            dz = activation_pullback(da.mT)  # (n_out, batch)
            dx = product(W, dz).mT if need_dx else None
            return dx, DenseParams(product(x.mT, dz.mT), dz.dot(ones(dz.shape[-1], dz.dtype)))

        return a.mT, pullback


def product(a: Array, b: Array) -> Array:
    """Return the matrix product over the last two axes.

    For two matrices ``dot`` starts sooner: with ``@`` in its place a step of a small network is a
    tenth slower. For a stack NumPy's ``dot`` is a loop without BLAS, ten to a hundred times slower.
    """
    return a.dot(b) if a.ndim == b.ndim == 2 else a @ b


@lru_cache(maxsize=4)
def ones(n: int, dtype: Any) -> Array:
    """Return n ones, for a sum that is a product: faster than ``sum`` along a few long lines."""
    return np.ones(n, dtype)
