"""The engine that runs anywhere: NumPy, one operation after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import repeat
from math import isfinite
from typing import Any

import numpy as np

from neurona.engine.data import Data, unfilled
from neurona.engine.noise import noise_of
from neurona.engine.objective import Objective
from neurona.engine.optimizers import Optimizer, clip_factor
from neurona.engine.parameters import arrays, flatten, rebuilt, unflatten
from neurona.engine.state import Rates, Steps
from neurona.engine.trees import each_of
from neurona.engine.types import Params

FLUSHING = 64  # steps, after which what an optimizer remembers has no subnormal numbers


class NumpyEngine:
    """All parameters in one vector, each W and b a view of it; of a stack, in a row a network.

    So the optimizer and the penalty are called once, and not for each array: on small networks an
    operation of NumPy takes longer to start than to run.
    """

    def __init__(
        self,
        objective: Objective,
        optimizer: Optimizer,
        clip: float | None,
        data: Data,
        params: Params,
        optimizer_state: Any,
        networks: int | None = None,
    ) -> None:
        self.objective = objective
        self.plain = replace(objective, l1=0.0, l2=0.0)
        self.optimizer = optimizer
        self.clip = clip
        self.data = data
        self.networks = networks
        self.theta = flatten(params, networks)
        self.params = unflatten(self.theta, params)
        self.is_weight: Any = None  # where there is a penalty
        if objective.l1 or objective.l2:
            each = zip(arrays(params), objective.net.weights, strict=True)
            marked = [np.full_like(one, is_weight) for one, is_weight in each]
            self.is_weight = flatten(rebuilt(params, marked), networks)
        self.optimizer_state = optimizer_state
        if optimizer_state is None:
            self.optimizer_state = optimizer.init(self.theta)
        self.taken = 0  # steps
        self.sizes = [sum(array.size for array in arrays(layer)) for layer in params]
        if networks is not None:
            self.sizes = [size // networks for size in self.sizes]

    def advance(self, steps: Steps, following: Steps | None = None) -> Sequence[Any]:
        """Take some steps; stop where the cost is no longer finite."""
        costs: list[Any] = []
        number: Any = float if self.networks is None else np.asarray
        is_finite = isfinite if self.networks is None else any_is_finite
        rows_of_steps = repeat(None) if steps.rows is None else steps.rows
        with np.errstate(all="ignore"):  # what overflows is found by the cost, and named
            for rows, seed, rate in zip(
                rows_of_steps, steps.seeds or repeat(None), steps.rates, strict=False
            ):
                x, target, weight = self.data if rows is None else self.data.rows(unfilled(rows))
                noise = noise_of(self.objective.net, seed, target.shape[-2]) if seed else None
                value, grads = self.plain.value_and_gradient(self.params, x, target, weight, noise)
                gradient = flatten(grads, self.networks)
                if self.is_weight is not None:
                    more, pull = self.objective.penalty(self.theta * self.is_weight)
                    value, gradient = value + more, gradient + pull
                cost = number(value)
                costs.append(cost)
                if not is_finite(cost):
                    break
                if self.clip is not None:
                    square = (gradient * gradient).sum(axis=-1, keepdims=True)
                    gradient = gradient * clip_factor(square, self.clip)
                change, self.optimizer_state = self.optimizer.update(
                    gradient, self.optimizer_state, self.theta, self._spread(rate)
                )
                self.theta += change  # in place: the views in self.params move with it
                self.taken += 1
                if self.taken % FLUSHING == 0:
                    self.optimizer_state = each_of(flushed, self.optimizer_state)
            if steps.n and steps.rows is None and steps.seeds is None:
                costs.append(number(self.objective.value(self.params, *self.data)))
        return costs

    def snapshot(self) -> tuple[Params, Any]:
        """Return copies of the parameters and of the optimizer's state."""
        theta = self.theta.copy()
        theta.flags.writeable = False
        return unflatten(theta, self.params), self.optimizer_state

    def _spread(self, rates: Rates) -> Any:
        """Return one rate for all parameters, or each layer's for each of its parameters."""
        if isinstance(rates, np.ndarray):
            return rates.astype(self.theta.dtype)
        if len(rates) == 1:
            return rates[0]
        return np.repeat(rates, self.sizes).astype(self.theta.dtype)


def flushed(one: Any) -> Any:
    """Return an array with 0 for each subnormal number, as XLA has it, and all else as it is.

    A processor takes ten times as long for a subnormal number. A mean of gradients shrinks to one
    where they have become 0, those of a dead neuron say, and stays there.

    Examples
    --------
    >>> flushed(np.array([1e-40, -1e-3], np.float32))
    array([ 0.   , -0.001], dtype=float32)
    """
    if not isinstance(one, np.ndarray) or one.dtype.kind != "f":
        return one
    return np.where(abs(one) < np.finfo(one.dtype).tiny, 0, one)


def any_is_finite(costs: Any) -> bool:
    """Tell whether the cost of a network of the stack is finite."""
    return bool(np.isfinite(costs).any())
