"""What training makes small: a network's cost on some examples, and a penalty on its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurona.engine.costs import Cost
from neurona.engine.network import Network
from neurona.engine.parameters import arrays
from neurona.engine.types import Array, LayerParams, Noise, Params, Weight


@dataclass(frozen=True)
class Objective:
    """J(θ) = cost(network(x), target) + l1 Σ|W| + l2/2 Σ W², biases not among the W.

    Parameters
    ----------
    net
        The network, as the user sees it.
    cost
        The cost; one that takes logits gets the network without its last activation.
    l1, l2
        The weights of the penalty.
    """

    net: Network
    cost: Cost
    l1: float = 0.0
    l2: float = 0.0

    def output(
        self, params: Params, x: Array, weight: Weight = None, noise: Noise = None
    ) -> tuple[Array, Any]:
        """Return what the cost takes, and its pullback."""
        body = self.net.logits if self.cost.link else self.net
        return body.forward(params, x, weight, noise)

    def value(
        self, params: Params, x: Array, target: Array, weight: Weight = None, noise: Noise = None
    ) -> Any:
        """Return J alone: a forward pass."""
        value, _ = self.cost(self.output(params, x, weight, noise)[0], target, weight)
        return self.penalized(value, params)

    def value_and_gradient(
        self, params: Params, x: Array, target: Array, weight: Weight = None, noise: Noise = None
    ) -> tuple[Any, Params]:
        """Return J and its gradient, shaped like the parameters: a forward and a backward pass.

        With ``noise``, J is that of a step of the training: see :meth:`Network.forward`.
        """
        output, pullback = self.output(params, x, weight, noise)
        value, d_output = self.cost(output, target, weight)
        _, grads = pullback(d_output, need_dx=False)
        if self.l1 or self.l2:
            value = self.penalized(value, params)
            grads = tuple(map(self._pull, grads, params))
        return value, grads

    def penalized(self, value: Any, params: Params) -> Any:
        """Return the cost with the penalty added."""
        for W in filter(is_weight, arrays(params)):
            if self.l1:
                value = value + self.l1 * abs(W).sum()
            if self.l2:
                value = value + self.l2 / 2 * (W * W).sum()
        return value

    def _pull(self, grads: LayerParams, params: LayerParams) -> LayerParams:
        """Add the penalty's gradient, l1 sign(W) + l2 W, to one layer's."""
        pulled = []
        for gradient, W in zip(grads, params, strict=True):
            if is_weight(W):
                sign = W.__array_namespace__().sign(W)
                gradient = gradient + self.l1 * sign + self.l2 * W  # noqa: PLW2901
            pulled.append(gradient)
        return type(grads)(*pulled)


def is_weight(array: Array) -> bool:
    """Tell weights, which are matrices, from biases."""
    return array.ndim > 1
