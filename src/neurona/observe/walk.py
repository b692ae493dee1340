"""One forward and one backward pass that keep every intermediate value.

A layer is walked through its stages, which are finer layers that compute the same: this separates a
weighted sum from its activation, in any layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from neurona.engine.layers.composition import Composition

if TYPE_CHECKING:
    from neurona.engine.network import Network
    from neurona.engine.types import Array, LayerParams, Params, Pullback


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
        # A composition is not split: its activation belongs to an inner layer.
        body = layer if isinstance(layer, Composition) else layer.logits
        z, z_pullback = body.forward(own, x)
        if body is layer:
            a, a_pullback = z, cast("Pullback", _unchanged)
        else:
            stage = layer.stages(own)[-1]
            a, a_pullback = stage.layer.forward(stage.params, z)
        passes.append(LayerForward(z, a, z_pullback, a_pullback))
        x = a
    return passes


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
