"""Layers one after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from neurona.engine.activations import Activation, linear
from neurona.engine.layers.base import Stage, Train, in_words
from neurona.engine.layers.composition import Composition
from neurona.engine.layers.contract import out_shape_of
from neurona.engine.types import Array, LayerParams, Noise, Pullback, Shape, Weight


@dataclass(frozen=True, repr=False)
class Sequential(Composition):
    """Layers in a row: y = fₙ(… f₂(f₁(x))); the output of each is the input of the next.

    Parameters
    ----------
    layers
        The layers, first layer first; a network may be one of them.

    Raises
    ------
    ValueError
        If there are none; from :meth:`out_shape`, if two layers do not fit.

    Examples
    --------
    >>> from neurona.engine.layers.dense import Dense
    >>> row = Sequential([Dense(3, "tanh"), Dense(1)])
    >>> row.shapes((2,))
    (DenseParams(W=(2, 3), b=(3,)), DenseParams(W=(3, 1), b=(1,)))
    """

    def in_shapes(self, shape: Shape) -> list[Shape]:
        """Return what each layer gets, of examples of this shape."""
        return self._flow(shape)[:-1]

    def out_shape(self, shape: Shape) -> Shape:
        """Return the shape of the last layer's output."""
        return self._flow(shape)[-1]

    def _flow(self, shape: Shape) -> list[Shape]:
        """Return the shape before each layer, and that after the last."""
        shapes = [shape]
        for i, layer in enumerate(self.layers):
            try:
                if layer.takes_indices and not all(one.only_moves for one in self.layers[:i]):
                    raise ValueError(f"{layer!r} takes the whole numbers of X: put it first")
                shapes.append(out_shape_of(layer, shapes[-1]))
            except ValueError as error:
                before = (
                    f"layer {i}, {self.layers[i - 1]!r}, gives {in_words(shapes[-1])}, and "
                    if i
                    else ""
                )
                raise ValueError(f"{before}layer {i + 1}: {error}") from None
        return shapes

    def check(self, X: Array) -> None:
        """Refuse examples that the first layer cannot take."""
        self.layers[0].check(X)

    def mask(self, x: Array) -> Array | None:
        """Return the first layer's mask."""
        return self.layers[0].mask(x)

    @property
    def activation(self) -> Activation:  # type: ignore[override]
        """The activation that the last layer ends with."""
        return self.layers[-1].ends_with

    @property
    def logits(self) -> Sequential:
        """The same without the last layer's activation."""
        return replace(self, layers=(*self.layers[:-1], self.layers[-1].logits))

    def forward(self, params: Any, x: Array, train: Train | None = None) -> tuple[Array, Pullback]:
        """Return the output and its pullback, by the chain rule.

        In training, the derivative by a bias is 0 where a batch normalization follows, which takes
        it off again. Rounding would leave some 1e-9 of it, and Adam takes full steps of that.
        """
        pullbacks: list[Pullback] = []
        for layer, own, mode in zip(self.layers, params, self.modes(train), strict=True):
            x, layer_pullback = layer.forward(own, x, mode)
            pullbacks.append(layer_pullback)

        def pullback(dy: Array, need_dx: bool = True) -> tuple[Array | None, LayerParams]:
            d: Any = dy
            grads: list[Any] = [None] * len(pullbacks)
            for i in range(len(pullbacks) - 1, -1, -1):
                d, grads[i] = pullbacks[i](d, need_dx or i > 0)
                if train is not None and (name := self._without_effect(i)):
                    grads[i] = grads[i]._replace(**{name: 0 * getattr(grads[i], name)})
            return d, tuple(grads)

        return x, pullback

    def _without_effect(self, i: int) -> str:
        """Return the name of what a layer adds last and the next one takes off; or an empty one."""
        layer, after = self.layers[i], self.layers[i + 1 : i + 2]
        is_taken_off = layer.ends_with is linear and any(one.takes_off_mean for one in after)
        return layer.adds_last if is_taken_off else ""

    def calibrate(self, params: Any, x: Array, weight: Weight = None) -> LayerParams:
        """Calibrate one layer after the other, each on the predictions of those before it.

        Ioffe & Szegedy, "Batch normalization", 2015, algorithm 2.
        """
        made = list(params)
        last = max((i for i, one in enumerate(self.layers) if one.has_training_mode), default=-1)
        for i, layer in enumerate(self.layers[: last + 1]):
            made[i] = layer.calibrate(made[i], x, weight)
            if i < last:
                x = layer.forward(made[i], x)[0]
        return tuple(made)

    def stages(self, params: Any, noise: Noise = None) -> list[Stage]:
        """Return the stages of all layers."""
        each = zip(self.layers, params, self.modes(Train(None, noise)), strict=True)
        return [stage for one, own, mode in each for stage in one.stages(own, mode.noise)]  # type: ignore[union-attr]
