"""The convolution of images: the same weighted sum at every place."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product as pairs
from typing import Any, ClassVar, NamedTuple

from neurona.checks import check_count
from neurona.engine.activations import Activation, linear
from neurona.engine.initializers import Initializer, orthogonal, zeros
from neurona.engine.layers.base import Layer, Train, check_image, in_words
from neurona.engine.layers.dense import Dense, DenseParams
from neurona.engine.types import Array, Pullback, Shape


class Conv2DParams(NamedTuple):
    """The parameters: ``W (height, width, channels, n_out)`` and ``b (n_out,)``."""

    W: Array
    b: Array


@dataclass(frozen=True, repr=False)
class Conv2D(Layer):
    """A convolution without padding: a = f(z), z[r, c] = Σᵢⱼ x[r + i, c + j] W[i, j] + b.

    It is a dense layer on the patch around each place. (Strictly it is a cross-correlation, as in
    PyTorch and Keras: W is not turned over.)

    Parameters
    ----------
    n_out
        Channels of the output.
    size
        Height and width of W; one number for both.
    activation
        f, from :mod:`neurona.activations`, or its name.
    initializer, bias_initializer, gain
        As in :class:`~neurona.Dense`; the inputs of a sum are the numbers of a patch.

    Raises
    ------
    ValueError
        If a size is not a positive whole number; from :meth:`out_shape`, if examples are not images
        or smaller than W.

    References
    ----------
    LeCun et al., "Backpropagation applied to handwritten zip code recognition", 1989.

    Examples
    --------
    >>> import numpy as np
    >>> edge = Conv2DParams(np.array([-1.0, 1.0]).reshape(1, 2, 1, 1), np.zeros(1))
    >>> image = np.array([[0.0, 0.0, 5.0]]).reshape(1, 1, 3, 1)
    >>> Conv2D(1, size=(1, 2)).forward(edge, image)[0].ravel()
    array([0., 5.])
    """

    Params: ClassVar[Any] = Conv2DParams

    n_out: int
    size: tuple[int, int] = (3, 3)
    activation: Activation = linear
    initializer: Initializer = orthogonal
    bias_initializer: Initializer = zeros
    gain: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("n_out", self.n_out)
        object.__setattr__(self, "size", check_sides("size", self.size))

    def out_shape(self, shape: Shape) -> Shape:
        """Return ``(height - size[0] + 1, width - size[1] + 1, n_out)``."""
        check_image(self, shape)
        sides = tuple(side - own + 1 for side, own in zip(shape, self.size, strict=False))
        if min(sides) < 1:
            raise ValueError(
                f"{self!r} has a patch of {in_words(self.size)}, and gets images of "
                f"{in_words(shape)}: the patch must fit into the image"
            )
        return (*sides, self.n_out)

    def shapes(self, shape: Shape) -> Conv2DParams:
        """Return the shapes of ``W`` and ``b``, for images ``(height, width, channels)``."""
        return Conv2DParams((*self.size, shape[-1], self.n_out), (self.n_out,))  # type: ignore[arg-type]

    def forward(
        self, params: Conv2DParams, x: Array, train: Train | None = None
    ) -> tuple[Array, Pullback]:
        """Return ``a (batch, height', width', n_out)`` and its pullback.

        The patches are the rows of a dense layer; going back, each number of the image gathers what
        all its patches say of it.
        """
        xp = x.__array_namespace__()
        W, b = params
        n, m = self.size
        height, width = x.shape[-3] - n + 1, x.shape[-2] - m + 1
        corners = list(pairs(range(n), range(m)))
        patches = xp.concatenate(
            [x[..., i : i + height, j : j + width, :] for i, j in corners], axis=-1
        )
        rows = patches.reshape(*x.shape[:-4], -1, patches.shape[-1])
        as_rows = DenseParams(W.reshape(*W.shape[:-4], -1, self.n_out), b)
        a, dense_pullback = Dense(self.n_out, self.activation).forward(as_rows, rows)
        a = a.reshape(*a.shape[:-2], *x.shape[-4:-3], height, width, self.n_out)

        def pullback(da: Array, need_dx: bool = True) -> tuple[Array | None, Conv2DParams]:
            dy = da.reshape(*da.shape[:-4], -1, self.n_out)
            d_rows, (dW, db) = dense_pullback(dy, need_dx)
            grads = Conv2DParams(dW.reshape(W.shape), db)
            if d_rows is None:
                return None, grads
            by_corner = d_rows.reshape(*da.shape[:-1], len(corners), -1)
            dx: Any = 0
            for k, (i, j) in enumerate(corners):
                around = [(0, 0)] * (da.ndim - 3)
                frame = [*around, (i, n - 1 - i), (j, m - 1 - j), (0, 0)]
                dx = dx + xp.pad(by_corner[..., k, :], frame)
            return dx, grads

        return a, pullback


def check_sides(name: str, given: Any) -> tuple[int, int]:
    """Return height and width of a patch; one number is both."""
    sides = given if isinstance(given, tuple | list) else (given, given)
    if len(sides) != 2:
        raise ValueError(f"{name} is {given!r}: give (height, width), or one number for both")
    height, width = (check_count(name, side) for side in sides)
    return height, width
