"""The convolution of images and series: the same weighted sum at every place."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, NamedTuple

from neurona.checks import check_count
from neurona.engine.activations import Activation, linear
from neurona.engine.initializers import Initializer, orthogonal, zeros
from neurona.engine.layers.base import Layer, Train, check_axes
from neurona.engine.layers.dense import ones
from neurona.engine.layout import channels_first, channels_last
from neurona.engine.types import Array, Pullback, Shape
from neurona.engine.windows import Windows, check_each, check_padding, check_places


class Conv1DParams(NamedTuple):
    """The parameters: ``W (size, features / groups, n_out)`` and ``b (n_out,)``."""

    W: Array
    b: Array


class Conv2DParams(NamedTuple):
    """The parameters: ``W (height, width, channels / groups, n_out)`` and ``b (n_out,)``."""

    W: Array
    b: Array


@dataclass(frozen=True, repr=False)
class _Convolution(Layer, abstract=True):
    """The layers' common part: all but how many axes a window has."""

    adds_last: ClassVar[str] = "b"
    sides: ClassVar[int]  # axes that windows slide along
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    n_out: int
    size: Any = 3
    activation: Activation = linear
    initializer: Initializer = orthogonal
    bias_initializer: Initializer = zeros
    gain: float | None = None
    stride: Any = 1
    padding: Any = "valid"
    dilation: Any = 1
    groups: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("n_out", self.n_out)
        check_count("groups", self.groups)
        for name in ("size", "stride", "dilation"):
            self._set(name, check_each(name, getattr(self, name), self.sides))
        self._set("padding", check_padding(self.padding, self.sides, self.paddings))
        if self.n_out % self.groups:
            raise ValueError(
                f"n_out is {self.n_out}, and groups {self.groups}: each group gives equally many "
                "channels, so n_out must be a multiple of groups"
            )

    def _set(self, name: str, value: Any) -> None:
        alone = self.sides == 1 and not isinstance(value, str)
        object.__setattr__(self, name, value[0] if alone else value)

    @property
    def windows(self) -> Windows:
        """Where the weights lie on an example."""
        each: list[Any] = [self.size, self.stride, self.dilation, self.padding]
        if self.sides == 1:
            each = [(one,) if isinstance(one, int) else one for one in each]
        return Windows(*each)

    def out_shape(self, shape: Shape) -> Shape:
        """Return the number of places along each side, and ``n_out``."""
        check_axes(self, shape, self.sides + 1)
        places, channels = check_places(self, self.windows, shape), shape[-1]
        if channels % self.groups:
            raise ValueError(
                f"{self!r} gets {channels} channels, and parts them into {self.groups} groups: "
                "the channels must be a multiple of groups"
            )
        return (*places, self.n_out)

    def shapes(self, shape: Shape) -> Any:
        """Return the shapes of ``W`` and ``b``."""
        return self.Params(
            (*self.windows.size, shape[-1] // self.groups, self.n_out), (self.n_out,)
        )

    def forward(self, params: Any, x: Array, train: Train | None = None) -> tuple[Array, Pullback]:
        """Return ``a (batch, *places, n_out)`` and its pullback.

        A dense layer on patches: each column of p is one, z = Wᵀ p + b, dW = p dzᵀ and dp = W dz.
        Going back, each number of the example gathers what all its patches say of it. Groups are
        such layers side by side.
        """
        xp = x.__array_namespace__()
        n, windows = self.sides, self.windows
        W, b = params
        filters = W.reshape(*W.shape[: -n - 2], -1, self.groups, self.n_out // self.groups)
        filters = xp.moveaxis(filters, -2, -3)  # (groups, numbers of a patch, n_out / groups)
        x = channels_first(x, n + 1)
        *lead, _, batch = x.shape[:-n]
        sides = x.shape[-n:]
        places = batch, *windows.places(sides)
        taken = windows.taken(x.reshape(*lead, self.groups, -1, batch, *sides))
        p = xp.concatenate(taken, axis=-n - 2)
        p = p.reshape(*p.shape[: -n - 1], prod(places))  # (groups, numbers of a patch, places)
        z = filters.mT @ p
        z = z.reshape(*z.shape[:-3], self.n_out, prod(places)) + b[..., None]
        a, activation_pullback = self.activation.function(z)

        def pullback(da: Array, need_dx: bool = True) -> tuple[Array | None, Any]:
            da = channels_first(da, n + 1)
            dz = activation_pullback(da.reshape(*da.shape[: -n - 1], prod(places)))
            db = dz.dot(ones(dz.shape[-1], dz.dtype))
            dz = dz.reshape(*dz.shape[:-2], self.groups, -1, prod(places))
            d_filters = p @ dz.mT
            dW = xp.moveaxis(d_filters, -3, -2)
            grads = self.Params(dW.reshape(*dW.shape[:-3], *W.shape[-n - 2 :]), db)
            if not need_dx:
                return None, grads
            dp = filters @ dz
            parts = dp.reshape(*dp.shape[:-2], len(taken), -1, *places)
            each = [parts[(..., k, *(slice(None),) * (n + 2))] for k in range(len(taken))]
            dx = windows.returned(each, sides)
            dx = dx.reshape(*dx.shape[: -n - 3], -1, batch, *sides)
            return channels_last(dx, n + 1), grads

        return channels_last(a.reshape(*a.shape[:-1], *places), n + 1), pullback


@dataclass(frozen=True, repr=False)
class Conv2D(_Convolution):
    """A convolution of images: a = f(z), z[r, c] = Σᵢⱼ x[r s + i d, c s + j d] W[i, j] + b.

    It is a dense layer on the patch around each place. (Strictly it is a cross-correlation, as in
    PyTorch and Keras: W is not turned over.)

    Parameters
    ----------
    n_out
        Channels of the output.
    size
        Height and width of W; one number for both, here and in the next ones.
    activation
        f, from :mod:`neurona.activations`, or its name.
    initializer, bias_initializer, gain
        As in :class:`~neurona.Dense`; the inputs of a sum are the numbers of a patch.
    stride
        s, the way from one place to the next.
    padding
        ``"valid"``: none. ``"same"``: zeros around the image, so that the output has ⌈side / s⌉
        places a side; where their number is odd, one more after than before. A number: that many
        zeros on each side.
    dilation
        d, the way from one number of a patch to the next.
    groups
        The channels are parted into so many groups, and each gives its part of the output; as many
        groups as channels make a depthwise convolution.

    Raises
    ------
    ValueError
        If a number is not a positive whole one, or ``n_out`` not a multiple of ``groups``; from
        :meth:`out_shape`, if examples are not images, smaller than a patch, or their channels not a
        multiple of ``groups``.

    References
    ----------
    LeCun et al., "Backpropagation applied to handwritten zip code recognition", 1989. Dumoulin &
    Visin, "A guide to convolution arithmetic for deep learning", 2016.

    Examples
    --------
    >>> import numpy as np
    >>> edge = Conv2DParams(np.array([-1.0, 1.0]).reshape(1, 2, 1, 1), np.zeros(1))
    >>> image = np.array([[0.0, 0.0, 5.0]]).reshape(1, 1, 3, 1)
    >>> Conv2D(1, size=(1, 2)).forward(edge, image)[0].ravel()
    array([0., 5.])
    >>> Conv2D(8, 3, stride=2, padding="same").out_shape((28, 28, 1))
    (14, 14, 8)
    """

    Params: ClassVar[Any] = Conv2DParams
    sides: ClassVar[int] = 2

    size: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    padding: str | tuple[int, int] = "valid"
    dilation: tuple[int, int] = (1, 1)


@dataclass(frozen=True, repr=False)
class Conv1D(_Convolution):
    """A convolution of series: a = f(z), z[t] = Σᵢ x[t s + i d] W[i] + b.

    With ``size=1`` it is a dense layer at each step.

    Parameters
    ----------
    n_out
        Features of the output.
    size
        Steps of W.
    activation, initializer, bias_initializer, gain, stride, dilation, groups
        As in :class:`Conv2D`.
    padding
        ``"valid"``, ``"same"`` or a number, as in :class:`Conv2D`; ``"causal"``: all zeros before
        the first step, so that no output sees a later step than its own.

    Raises
    ------
    ValueError
        As from :class:`Conv2D`.

    References
    ----------
    Waibel et al., "Phoneme recognition using time-delay neural networks", 1989. Causal and dilated:
    van den Oord et al., "WaveNet", 2016.

    Examples
    --------
    >>> import numpy as np
    >>> change = Conv1DParams(np.array([-1.0, 1.0]).reshape(2, 1, 1), np.zeros(1))
    >>> series = np.array([3.0, 4.0, 6.0]).reshape(1, 3, 1)
    >>> Conv1D(1, size=2, padding="causal").forward(change, series)[0].ravel()
    array([3., 1., 2.])
    """

    Params: ClassVar[Any] = Conv1DParams
    sides: ClassVar[int] = 1
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same", "causal")

    size: int = 3
    stride: int = 1
    padding: str | int = "valid"
    dilation: int = 1
