"""One forward and one backward pass, with all that is met on the way.

A layer is walked in its stages, which are finer layers that do the same: so a weighted sum and its
activation are seen apart, of whatever layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from neurona.engine.network import Network
    from neurona.engine.types import Array, LayerParams, Params, Pullback


@dataclass(frozen=True)
class Passage:
    """What a layer of a network computed, forwards.

    Attributes
    ----------
    z, a
        Its output before its activation and after it; the same where it has none.
    through, activated
        The pullbacks of the two: from the derivative by z to that by the input and the parameters,
        and from the derivative by a to that by z.
    """

    z: Array
    a: Array
    through: Pullback
    activated: Pullback


@dataclass(frozen=True)
class Return:
    """The derivatives of the cost that a layer met, backwards.

    Attributes
    ----------
    da, dz
        By its output after its activation, and before it.
    grads
        By its parameters, in their form.
    """

    da: Array
    dz: Array
    grads: LayerParams


def forwards(net: Network, params: Params, x: Array) -> list[Passage]:
    """Return what each layer computes of ``x (n, *in_shape)``, the network predicting."""
    passages = []
    for layer, own in zip(net.layers, params, strict=True):
        # The activation stands alone where it is the layer's own, and not an inner layer's.
        body = layer if hasattr(layer, "layers") else layer.logits
        z, through = body.forward(own, x)
        if body is layer:
            a, activated = z, cast("Pullback", _unchanged)
        else:
            stage = layer.stages(own)[-1]
            a, activated = stage.layer.forward(stage.params, z)
        passages.append(Passage(z, a, through, activated))
        x = a
    return passages


def backwards(passages: list[Passage], dy: Array) -> list[Return]:
    """Return what each layer meets on the way back from ``dy``, first layer first."""
    returns = []
    da: Any = dy
    for i, passage in reversed(list(enumerate(passages))):
        dz, _ = passage.activated(da)
        dx, grads = passage.through(dz, need_dx=i > 0)  # type: ignore[arg-type]
        returns.append(Return(da, dz, grads))  # type: ignore[arg-type]
        da = dx
    return returns[::-1]


def _unchanged(dy: Array, need_dx: bool = True) -> tuple[Array, tuple[()]]:
    return dy, ()
