"""One forward and one backward pass that keep every intermediate value.

A layer is walked through its stages, which are finer layers that compute the same: this separates a
weighted sum from its activation, in any layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from neurona.engine.layers.base import Activate, Layer, Nothing, Train
from neurona.engine.layers.composition import Composition
from neurona.engine.layers.sequential import Sequential

if TYPE_CHECKING:
    from neurona.engine.network import Network
    from neurona.engine.types import Array, LayerParams, Params, Pullback, Shape


@dataclass(frozen=True)
class LayerForward:
    """The forward pass of one layer.

    Attributes
    ----------
    z, a
        The output before and after the activation; the same array in a layer without one.
    z_pullback, a_pullback
        Their pullbacks: from the derivative by z to those by the input and the parameters, and from
        the derivative by a to that by z.
    """

    z: Array
    a: Array
    z_pullback: Pullback
    a_pullback: Pullback


@dataclass(frozen=True)
class LayerBackward:
    """The derivatives of the cost in one layer.

    Attributes
    ----------
    da, dz
        By the output after and before the activation.
    grads
        By the parameters, in their form.
    """

    da: Array
    dz: Array
    grads: LayerParams


def walk_forward(net: Network, params: Params, x: Array) -> list[LayerForward]:
    """Return the forward pass of each layer on ``x (n, *in_shape)``, in prediction mode."""
    passes = []
    for layer, own in zip(net.layers, params, strict=True):
        passes.append(through(layer, own, x))
        x = passes[-1].a
    return passes


def through(layer: Layer, params: LayerParams, x: Array) -> LayerForward:
    """Return the forward pass of one layer, in prediction mode."""
    body, activate = split(layer, params)
    z, z_pullback = body.forward(params, x)
    if activate is None:
        return LayerForward(z, z, z_pullback, cast("Pullback", _unchanged))
    a, a_pullback = activate.forward(Nothing(), z)
    return LayerForward(z, a, z_pullback, a_pullback)


def split(layer: Layer, params: LayerParams) -> tuple[Layer, Activate | None]:
    """Return the layer without the activation that it ends with, and that; or itself and None.

    A composition is not split: its activation belongs to an inner layer. Nor is a recurrence: its
    activation is within each step.
    """
    stages = [] if isinstance(layer, Composition) else layer.stages(params)
    if len(stages) == 2 and isinstance(stages[1].layer, Activate):
        return stages[0].layer, stages[1].layer
    return layer, None


def walk_backward(passes: list[LayerForward], dy: Array) -> list[LayerBackward]:
    """Return the derivatives in each layer on the way back from ``dy``, first layer first."""
    derivatives = []
    da: Any = dy
    for i, forward in reversed(list(enumerate(passes))):
        dz, _ = forward.a_pullback(da)
        dx, grads = forward.z_pullback(dz, need_dx=i > 0)  # type: ignore[arg-type]
        derivatives.append(LayerBackward(da, dz, grads))  # type: ignore[arg-type]
        da = dx
    return derivatives[::-1]


def _unchanged(dy: Array, need_dx: bool = True) -> tuple[Array, tuple[()]]:
    return dy, ()


# ------------------------------------------------------------------------ within compositions too


@dataclass(eq=False)
class Leaf:
    """A layer that is not a composition, wherever it stands, and what passed through it.

    Attributes
    ----------
    place
        Such as ``"2"``, or ``"2.1"`` within a composition.
    layer, params
        The layer and its parameters.
    in_line
        Whether the whole signal goes through it: it does not stand beside others.
    x, forward, backward, dx
        Its input; the two passes; the derivative by its input, None where it has none.
    """

    place: str
    layer: Any
    params: Any
    in_line: bool = True
    x: Any = None
    forward: Any = None
    backward: Any = None
    dx: Any = None


@dataclass(frozen=True, repr=False, eq=False)
class Probe(Layer, abstract=True):
    """A layer that does the same as another one, and notes what passes through it.

    Parameters
    ----------
    layer
        The layer.
    leaf
        What it notes.
    nudges
        What is added on the way, for a finite difference: to the input ``"x"``, to the output
        before the activation ``"z"``.
    """

    layer: Layer
    leaf: Leaf
    nudges: Mapping[str, Array] = field(default_factory=dict)

    @property
    def activation(self) -> Any:  # type: ignore[override]
        """The layer's."""
        return self.layer.activation

    @property
    def logits(self) -> Probe:
        """The same without the layer's activation."""
        return replace(self, layer=self.layer.logits)

    def out_shape(self, shape: Shape) -> Shape:
        """Return the shape of the layer's output."""
        return self.layer.out_shape(shape)

    def shapes(self, shape: Shape) -> Any:
        """Return the shapes of the layer's parameters."""
        return self.layer.shapes(shape)

    def forward(self, params: Any, x: Array, train: Train | None = None) -> tuple[Array, Pullback]:
        """Return the layer's output and pullback, in prediction mode; both passes are noted."""
        leaf = self.leaf
        leaf.x = x if "x" not in self.nudges else x + self.nudges["x"]
        leaf.forward = passed = through(self.layer, params, leaf.x)
        if "z" in self.nudges:
            z = passed.z + self.nudges["z"]
            _, activate = split(self.layer, params)
            return activate.forward(Nothing(), z)[0] if activate else z, passed.z_pullback

        def pullback(da: Array, need_dx: bool = True) -> tuple[Array | None, Any]:
            dz, _ = passed.a_pullback(da)
            leaf.dx, grads = passed.z_pullback(cast("Array", dz))
            leaf.backward = LayerBackward(da, cast("Array", dz), grads)
            return leaf.dx, grads

        return passed.a, pullback


def probed(
    layer: Any,
    params: Any,
    nudges: Mapping[str, Mapping[str, Array]] | None = None,
    within: str = "",
) -> tuple[Any, dict[str, Leaf]]:
    """Return a network whose layers note what passes through them, and their notes by their place.

    Parameters
    ----------
    layer, params
        The network, or a composition, and its parameters.
    nudges
        For a place, what is added on the way: see :class:`Probe`.
    within
        The place of the composition itself.

    Examples
    --------
    >>> from neurona.engine.layers.dense import Dense
    >>> from neurona.engine.network import Network
    >>> import numpy as np
    >>> net = Network([Dense(3), Network([Dense(2)], 3)], 1)
    >>> probe, leaves = probed(net, net.init(0))
    >>> y, pullback = probe.forward(net.init(0), np.ones((4, 1)))
    >>> [(place, leaf.forward.a.shape) for place, leaf in leaves.items()]
    [('1', (4, 3)), ('2.1', (4, 2))]
    """
    leaves: dict[str, Leaf] = {}

    def noting(layer: Any, params: Any, before: str, in_line: bool) -> Any:
        if isinstance(layer, Composition):
            point, in_line = (
                f"{before}." if before else "",
                in_line and isinstance(layer, Sequential),
            )
            inner = [
                noting(one, own, f"{point}{i}", in_line)
                for i, (one, own) in enumerate(zip(layer.layers, params, strict=True), start=1)
            ]
            return replace(layer, layers=tuple(inner))
        leaves[before] = Leaf(before, layer, params, in_line)
        return Probe(layer, leaves[before], (nudges or {}).get(before, {}))

    return noting(layer, params, within, True), leaves
