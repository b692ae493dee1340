"""The contract of a layer. A new layer is one file in this folder, with one class that keeps it.

A subclass is a frozen dataclass of hyperparameters. It writes the formula beside its derivative in
:meth:`Layer.forward`, the shape of its output in :meth:`Layer.out_shape` where that is another one,
and the shapes of its parameters in :meth:`Layer.shapes` where it learns something. Networks, both
engines, gradient checks, files, summaries, activations and gradients then know it.

>>> @dataclass(frozen=True, repr=False)
... class Scale(Layer):
...     "y = s x, for each column."
...
...     class Params(NamedTuple):
...         s: Array
...
...     def shapes(self, shape):
...         return self.Params(shape)
...
...     def forward(self, params, x, train=None):
...         s = params.s[..., None, :]  # of a stack too
...         return s * x, lambda dy, need_dx=True: (s * dy, self.Params((x * dy).sum(axis=-2)))
>>> y, pullback = Scale().forward(Scale.Params(np.array([2.0, 3.0])), np.array([[1.0, 1.0]]))
>>> y, pullback(np.array([[1.0, 10.0]]))
(array([[2., 3.]]), (array([[ 2., 30.]]), Params(s=array([ 1., 10.]))))
>>> del LAYERS["Scale"]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from inspect import get_annotations
from math import prod
from typing import Any, ClassVar, NamedTuple, TypeVar, cast

import numpy as np

from neurona.checks import check_fields, check_positive, check_truth
from neurona.engine.activations import Activation, find_activation, linear
from neurona.engine.initializers import Initializer, find_initializer, orthogonal, zeros
from neurona.engine.layers.padding import is_step
from neurona.engine.types import Array, LayerParams, Noise, Pullback, Shape, Weight

Own = TypeVar("Own", bound="Layer")

LAYERS: dict[str, type[Layer]] = {}  # by the names of the classes, which are those in files


class Nothing(NamedTuple):
    """The parameters of a layer that learns nothing."""


class Train(NamedTuple):
    """The weights and the noise of a training step; without them, a layer predicts.

    Attributes
    ----------
    weight
        How much each example counts, ``(batch,)``; None: all the same.
    noise
        What :meth:`Layer.noise` drew for this step.
    """

    weight: Weight = None
    noise: Noise = None


class Stage(NamedTuple):
    """A layer with the parameters and the noise that it runs on: see :meth:`Layer.stages`."""

    layer: Layer
    params: LayerParams
    noise: Noise = None


class Layer:
    """A function of examples with its derivative; parameters come in from outside.

    Attributes
    ----------
    Params
        The NamedTuple of the arrays that the layer learns.
    takes_indices, only_moves
        Whether it takes whole numbers alone; whether it gives the numbers that it gets.
    adds_last, takes_off_mean
        The name of the parameter that is added last, before f, to all examples alike; whether a
        training step takes off again what all examples have in common.
    mask_zero
        Whether a step whose numbers are all 0 is padding: a field of layers that tell them apart.
    activation
        f, where the layer ends with one: a field of the subclass.
    initializer, bias_initializer, gain
        How matrices and vectors are drawn, and the gain that they are told, by default the
        activation's: fields, where a person may choose them.
    """

    Params: ClassVar[Any] = Nothing
    takes_indices: ClassVar[bool] = False
    only_moves: ClassVar[bool] = False
    adds_last: ClassVar[str] = ""
    takes_off_mean: ClassVar[bool] = False
    mask_zero: bool = False
    activation: Activation = linear
    initializer: Initializer = staticmethod(orthogonal)
    bias_initializer: Initializer = staticmethod(zeros)
    gain: float | None = None

    def __init_subclass__(cls, abstract: bool = False) -> None:
        """Let the layer be known by its name."""
        super().__init_subclass__()
        if "kind" in get_annotations(cls):
            raise TypeError(f"{cls.__name__} has a field 'kind', which files use: rename it")
        if not abstract:
            known = LAYERS.get(cls.__name__, cls).__module__
            if known.startswith("neurona.") and not cls.__module__.startswith("neurona."):
                raise TypeError(
                    f"neurona has a layer {cls.__name__}, which files know by its name: give yours "
                    "another"
                )
            LAYERS[cls.__name__] = cls

    def __post_init__(self) -> None:
        """Find what was given by its name, and check truths; a subclass's own checks call this."""
        finders: dict[str, Callable[[Any], Any]] = {
            "activation": find_activation,
            "initializer": find_initializer,
            "bias_initializer": find_initializer,
        }
        for name, find in finders.items():
            given = getattr(self, name)
            if not callable(given) and not isinstance(given, Activation):
                object.__setattr__(self, name, find(given))
        if self.gain is not None:
            check_fields(self, gain=check_positive)
        truths = [one.name for one in fields(cast(Any, self)) if one.type in ("bool", bool)]
        check_fields(self, **dict.fromkeys(truths, check_truth))

    def out_shape(self, shape: Shape) -> Shape:
        """Return the shape of the output for one example of this shape, or ValueError."""
        return shape

    def shapes(self, shape: Shape) -> Any:
        """Return the shapes of the parameters, in their NamedTuple, for examples of this shape."""
        return self.Params()

    def init(self, rng: np.random.Generator, shape: Shape, dtype: Any = np.float32) -> LayerParams:
        """Draw initial parameters: the last first, which is b before W, the tutorial's order."""
        gain = self.activation.gain if self.gain is None else self.gain
        shapes = self.shapes(shape)
        drawn = []
        for one in reversed(shapes):
            initializer = self.initializer if len(one) > 1 else self.bias_initializer
            array = np.asarray(initializer(rng, one, gain), dtype)
            if array.shape != one:
                raise ValueError(
                    f"the initializer of {self!r} gives an array of shape {array.shape} where "
                    f"{one} is asked for"
                )
            drawn.append(array)
        return cast("LayerParams", type(shapes)(*reversed(drawn)))

    def noise(self, rng: np.random.Generator, x_shape: Shape) -> Noise:
        """Draw what one training step needs for a batch ``x_shape (batch, *shape)``.

        The first rows of a longer batch must get what a shorter one gets, so that an engine may
        fill a batch up.
        """
        return None

    def calibrate(self, params: Any, x: Array, weight: Weight = None) -> Any:
        """Return the parameters with what the layer takes from the training examples ``x``."""
        return params

    def forward(self, params: Any, x: Array, train: Train | None = None) -> tuple[Array, Pullback]:
        """Return the output and its pullback, from ``x (batch, *shape)``.

        In a stack of networks the parameters have one more axis, the first, and so has ``x``,
        unless all networks see the same; ``train`` is None when the layer predicts.
        """
        raise NotImplementedError

    def operations(self, shape: Shape) -> int:
        """Return the multiplications of the weights for one example: all of them at each place."""
        weights = sum(prod(one) for one in leaves(self.shapes(shape)) if len(one) > 1)
        return weights * prod(self.out_shape(shape)[:-1])

    def check(self, X: Array) -> None:
        """Refuse numbers that the layer cannot take; a network asks its first layer."""
        mask = self.mask(X)
        alone = [] if mask is None else np.flatnonzero(~mask.any(axis=(-2, -1))).tolist()
        if alone:
            raise ValueError(
                f"X[{alone[0]}] has no step but padding: {self!r} takes steps of zeros as padding; "
                "leave such series out"
            )

    def mask(self, x: Array) -> Array | None:
        """Return 1 for each step and 0 for padding, ``(batch, steps, 1)``; None: all are steps."""
        if not self.mask_zero:
            return None
        return is_step(x[..., None] if self.takes_indices else x)

    def check_batch(self, size: int) -> None:
        """Refuse to be trained on batches of so few examples."""

    def for_shape(self, shape: Shape) -> Any:
        """Return the layer with what it has to know of the shape; a network asks each layer."""
        return self

    # The rest needs no change in a new layer --------------------------------------------------

    @property
    def is_random(self) -> bool:
        """Whether a training step needs noise."""
        return type(self).noise is not Layer.noise

    @property
    def is_calibrated(self) -> bool:
        """Whether the layer takes something from the training examples."""
        return type(self).calibrate is not Layer.calibrate

    @property
    def has_training_mode(self) -> bool:
        """Whether the layer is trained on another function than it predicts with."""
        return self.is_random or self.is_calibrated

    @property
    def ends_with(self) -> Activation:
        """The activation that comes last, after all sums: what :attr:`logits` leaves out."""
        return self.activation

    @property
    def logits(self: Own) -> Own:
        """The same layer without the activation that it ends with."""
        if self.ends_with is linear:
            return self
        return cast("Own", replace(cast("Any", self), activation=linear))

    def stages(self, params: Any, noise: Noise = None) -> list[Stage]:
        """Return finer layers that do the same one after the other, for whoever looks inside.

        They are the layer without its activation, and the activation.
        """
        stages = [Stage(self.logits, params, noise)]
        if self.ends_with is not linear:
            stages.append(Stage(Activate(self.ends_with), Nothing()))
        return stages

    def __repr__(self) -> str:
        """Show what differs from the defaults, by name once a default was left out."""
        shown, skipped = [], False
        for one in fields(cast("Any", self)):
            value = getattr(self, one.name)
            if value == one.default:
                skipped = True
                continue
            text = getattr(value, "__name__", None) or repr(value)
            shown.append(f"{one.name}={text}" if skipped else text)
        return f"{type(self).__name__}({', '.join(shown)})"


@dataclass(frozen=True, repr=False)
class Activate(Layer):
    """An activation function as a layer of its own: a = f(x).

    Parameters
    ----------
    activation
        f, from :mod:`neurona.activations`, or its name.

    Examples
    --------
    >>> Activate("relu").forward(Nothing(), np.array([[-1.0, 2.0]]))[0]
    array([[0., 2.]])
    """

    activation: Activation

    def forward(
        self, params: Nothing, x: Array, train: Train | None = None
    ) -> tuple[Array, Pullback]:
        """Return ``a`` and its pullback, from ``x (batch, n)``."""
        a, activation_pullback = self.activation.function(x.mT)

        def pullback(da: Array, need_dx: bool = True) -> tuple[Array | None, Nothing]:
            return activation_pullback(da.mT).mT if need_dx else None, Nothing()

        return a.mT, pullback

    def stages(self, params: Nothing, noise: Noise = None) -> list[Stage]:
        """Return the layer itself."""
        return [Stage(self, params, noise)]


def leaves(shapes: Any) -> Iterator[Shape]:
    """Yield the shapes of all arrays, in order, of what :meth:`Layer.shapes` returned.

    Examples
    --------
    >>> list(leaves((Nothing(), (Train((2, 3), (3,)),))))
    [(2, 3), (3,)]
    """
    for one in shapes:
        if hasattr(shapes, "_fields"):
            yield one
        else:
            yield from leaves(one)


def in_words(shape: Shape) -> str:
    """Say a shape as one speaks of it.

    >>> in_words((28, 28, 1)), in_words((3,))
    ('28 x 28 x 1', '3')
    """
    return " x ".join(map(str, shape))


def check_row(layer: Layer, shape: Shape, otherwise: str = "") -> None:
    """Refuse examples that are not rows of numbers, and say what else would take them."""
    if len(shape) != 1:
        raise ValueError(
            f"{layer!r} takes rows of numbers, and gets examples of {in_words(shape)}: put a "
            f"Flatten() before it{otherwise}"
        )


KINDS = {2: "series", 3: "images"}  # of examples, by their axes
AXES = {2: "steps, features", 3: "height, width, channels"}


def check_axes(layer: Layer, shape: Shape, axes: int) -> None:
    """Refuse examples that are not series (2 axes) or images (3 axes)."""
    if len(shape) != axes:
        raise ValueError(
            f"{layer!r} takes {KINDS[axes]} ({AXES[axes]}), and gets examples of "
            f"{in_words(shape)}: give X of shape (n, {AXES[axes]})"
        )
