"""The compiled engine: the same formulas under ``jit`` and ``lax.scan``, on CPU, GPU or TPU.

A whole chunk of steps, from one state to the next, is one compiled call: a call costs about 35
microseconds, as much as three steps of a small network. Parameters stay apart, one array each: XLA
on a CPU slows down by an order of magnitude when weights are slices of one flat vector.

This is the only module that imports JAX.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import is_dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

import jax
import numpy as np
from jax import lax

from neurona.engine.data import HELD, LARGE, NOTHING, Data
from neurona.engine.filled import filled, length
from neurona.engine.objective import Objective
from neurona.engine.optimizers import Optimizer
from neurona.engine.practice import noise_of
from neurona.engine.state import Batch, Rates
from neurona.engine.training import clip_factor
from neurona.engine.types import Params


@partial(jax.jit, static_argnames=("objective", "optimizer", "clip"))
def advance(
    objective: Objective,
    optimizer: Optimizer,
    clip: float | None,
    params: Params,
    states: list[Any],
    data: Data,
    batches: Any,
    weights: Any,
    rates: Any,
    noise: Any,
) -> Any:
    """Take a chunk of steps; return parameters, optimizer's states and costs.

    ``batches (steps, batch)`` are rows of the data, or None for all of it; ``weights`` are theirs,
    0 for those that only fill up the last batch of an epoch; ``rates (steps, 1 or layers)``;
    ``noise`` is each layer's ``(steps, batch, n)``.
    """
    columns = transposed(data)  # as a layer wants them: once a chunk, not once a step
    layer_of = [i for i, layer in enumerate(params) for _ in layer]

    def step(carry: Any, inputs: Any) -> Any:
        params, states = carry
        batch, weight, rate, drawn = inputs
        x, target, own_weight = transposed(columns) if batch is None else data.rows(batch)
        weight = own_weight if weight is None else weight
        value, grads = objective.value_and_gradient(params, x, target, weight, drawn)
        gradients = jax.tree.leaves(grads)
        if clip is not None:
            factor = clip_factor(gradients, clip)
            gradients = [factor * gradient for gradient in gradients]
        thetas, next_states = [], []
        for i, theta in enumerate(jax.tree.leaves(params)):
            eta = rate[layer_of[i] if len(rate) > 1 else 0]
            change, state = optimizer.update(gradients[i], states[i], theta, eta)
            thetas.append(theta + change)
            next_states.append(state)
        return (jax.tree.unflatten(jax.tree.structure(params), thetas), next_states), value

    with jax.default_matmul_precision("highest"):  # some GPUs would round factors to 11 bits
        (params, states), costs = lax.scan(step, (params, states), (batches, weights, rates, noise))
        if batches is None and noise is None:
            costs = jax.numpy.append(costs, objective.value(params, *transposed(columns)))
    return params, states, costs


def transposed(tree: Any) -> Any:
    """Return every array of a tree transposed."""
    return jax.tree.map(lambda array: array.T, tree)


class JaxEngine:
    """The twin of :class:`neurona.engine.training.NumpyEngine`."""

    def __init__(
        self,
        objective: Objective,
        optimizer: Optimizer,
        clip: float | None,
        data: Data,
        params: Params,
        optimizer_state: Any,
        batch_size: int,
    ) -> None:
        self.dtype = params[0][0].dtype
        if self.dtype == np.float64 and jax.dtypes.canonicalize_dtype(np.float64) != np.float64:
            raise ValueError(
                "JAX computes in float32 unless told otherwise: use dtype=np.float32, or call "
                "jax.config.update('jax_enable_x64', True) first"
            )
        # The rate comes in with each step: it is no part of what is compiled.
        static = replace(optimizer, learning_rate=1.0) if is_dataclass(optimizer) else optimizer
        self.run = partial(advance, objective, static, clip)
        self.net = objective.net
        self.batch_size = batch_size
        self.host = data
        n, size = (0, 0) if data.x is None else (len(data.x), data.x.nbytes)
        self.even = n > 0 and data.weight is None and n % batch_size == 0
        # On a CPU a large table would be there twice: some batches at a time are copied instead.
        self.apart = size > LARGE and batch_size < n and jax.default_backend() == "cpu"
        self.at_once = max(1, HELD * n // (batch_size * size)) if self.apart else None
        self.data = jax.device_put(NOTHING if self.apart else data)
        self.params = jax.device_put(params)
        leaves = jax.tree.leaves(self.params)
        if optimizer_state is None:
            self.states = jax.jit(lambda leaves: [optimizer.init(leaf) for leaf in leaves])(leaves)
        else:
            self.states = split(optimizer_state, [leaf.shape for leaf in leaves])

    def advance(self, batches: Sequence[Batch], rates: Sequence[Rates]) -> Sequence[float]:
        """Take one step a batch, all in one compiled call, or in a few where a table is large."""
        costs: list[float] = []
        at_once = self.at_once or max(1, len(batches))
        for i in range(0, len(batches), at_once):
            part = slice(i, i + at_once)
            costs += self._advance(batches[part], rates[part])
        return costs

    def _advance(self, batches: Sequence[Batch], rates: Sequence[Rates]) -> list[float]:
        rows: Any = [self.host.rows(one.rows) if self.apart else one.rows for one in batches]
        weights: Any = None
        if rows[0] is None:
            rows = None
        else:
            if isinstance(rows[0], Data):  # which come as long as they come
                self.batch_size = max(self.batch_size, *map(length, rows))
            rows, weights = filled(rows, self.host.weight, self.batch_size, self.dtype)
            weights = None if self.even else weights
        etas = np.fromiter(chain.from_iterable(rates), self.dtype).reshape(len(rates), -1)
        self.params, self.states, costs = self.run(
            self.params, self.states, self.data, rows, weights, etas, self._noise(batches)
        )
        return list(np.asarray(costs).tolist())

    def snapshot(self) -> tuple[Params, Any]:
        """Return the parameters as NumPy arrays, and the optimizer's state over the flat vector."""
        params: Params = jax.tree.map(np.asarray, self.params)
        return params, join(self.states)

    def _noise(self, batches: Sequence[Batch]) -> Any:
        """Return the noise of each layer in all the steps; rows that only fill up have some too."""
        seeds = [batch.seed for batch in batches if batch.seed]
        each = [noise_of(self.net, seed, self.batch_size) for seed in seeds]
        return jax.tree.map(lambda *drawn: np.stack(drawn), *each) if each else None


def join(states: Sequence[Any]) -> Any:
    """Make one state over the flat vector of the states of each array."""
    parts = [
        np.concatenate(one, axis=None) if np.ndim(one[0]) else one[0].item()
        for one in zip(*states, strict=True)
    ]
    return type(states[0])(*parts) if parts else states[0]


def split(state: Any, shapes: Sequence[tuple[int, ...]]) -> list[Any]:
    """Make a state for each array of one over the flat vector: the inverse of :func:`join`."""
    if not state:
        return [state] * len(shapes)
    ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes])
    parts = [
        [part.reshape(shape) for part, shape in zip(np.split(one, ends[:-1]), shapes, strict=True)]
        if np.ndim(one)
        else [one] * len(shapes)
        for one in state
    ]
    return [type(state)(*map(jax.device_put, each)) for each in zip(*parts, strict=True)]
