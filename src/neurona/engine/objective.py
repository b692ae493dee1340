"""The objective of a training: a network's cost on some examples, and a penalty on its weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

from neurona.engine.costs import Cost
from neurona.engine.layers.base import Train
from neurona.engine.layers.padding import place_weights
from neurona.engine.network import Network
from neurona.engine.parameters import arrays, rebuilt
from neurona.engine.types import Array, Noise, Params, Weight


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

    @cached_property
    def places(self) -> tuple[int, ...]:
        """The sides of an output, such as its steps: each place is judged as an example is."""
        return self.net.out_shape()[:-1]

    def output(
        self, params: Params, x: Array, weight: Weight = None, noise: Noise = None
    ) -> tuple[Array, Any]:
        """Return what the cost takes, a row for each example and place, and its pullback.

        With ``noise`` it is that of a training step, in which each example has its ``weight``.
        """
        body = self.net.logits if self.cost.link else self.net
        y, pullback = body.forward(params, x, None if noise is None else Train(weight, noise))
        if not self.places:
            return y, pullback
        rows = y.reshape(*y.shape[: -len(self.places) - 2], -1, y.shape[-1])
        return rows, lambda dy, need_dx=True: pullback(dy.reshape(y.shape), need_dx)

    def judged(
        self, output: Array, x: Array, target: Array, weight: Weight = None
    ) -> tuple[Any, Any]:
        """Return the cost of an :meth:`output` for x, and its derivative by it.

        Steps of padding do not count, where there is an output for each step of the input.
        """
        if self.places:
            target = target.reshape(*target.shape[:-2], -1, output.shape[-1])
            mask = self.net.mask(x) if self.places == self.net.in_shape[:1] else None
            if mask is not None:
                weight = place_weights(mask, weight)
            elif weight is not None:
                weight = weight.__array_namespace__().repeat(weight, prod(self.places), axis=-1)
        return self.cost(output, target, weight)

    def value(
        self, params: Params, x: Array, target: Array, weight: Weight = None, noise: Noise = None
    ) -> Any:
        """Return J alone: a forward pass."""
        value, _ = self.judged(self.output(params, x, weight, noise)[0], x, target, weight)
        return self.penalized(value, params)

    def value_and_gradient(
        self, params: Params, x: Array, target: Array, weight: Weight = None, noise: Noise = None
    ) -> tuple[Any, Params]:
        """Return J and its gradient, shaped like the parameters: a forward and a backward pass.

        With ``noise``, J is that of a training step: see :meth:`output`.
        """
        output, pullback = self.output(params, x, weight, noise)
        value, d_output = self.judged(output, x, target, weight)
        _, grads = pullback(d_output, need_dx=False)
        return self.with_penalty(value, grads, params)

    def with_penalty(self, value: Any, grads: Params, params: Params) -> tuple[Any, Params]:
        """Return a cost and its gradient with the penalty's added."""
        if not (self.l1 or self.l2):
            return value, grads
        pulled = arrays(grads)
        for i, (W, is_weight) in enumerate(zip(arrays(params), self.net.weights, strict=True)):
            if is_weight:
                more, pull = self.penalty(W.reshape(*value.shape, -1))
                value, pulled[i] = value + more, pulled[i] + pull.reshape(W.shape)
        result: Params = rebuilt(grads, pulled)
        return value, result

    def penalized(self, value: Any, params: Params) -> Any:
        """Return the cost with the penalty added; of a stack, to each network's."""
        if self.l1 or self.l2:
            for W, is_weight in zip(arrays(params), self.net.weights, strict=True):
                if is_weight:
                    value = value + self.penalty(W.reshape(*value.shape, -1))[0]
        return value

    def penalty(self, W: Array) -> tuple[Any, Any]:
        """Return l1 Σ|W| + l2/2 Σ W² over the last axis, and its derivative by W."""
        value: Any = 0.0
        pull: Any = 0.0
        if self.l1:
            value = self.l1 * abs(W).sum(axis=-1)
            pull = self.l1 * W.__array_namespace__().sign(W)
        if self.l2:
            value, pull = value + self.l2 / 2 * (W * W).sum(axis=-1), pull + self.l2 * W
        return value, pull
