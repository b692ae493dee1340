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
from typing import Any

import jax
import numpy as np
from jax import lax

from neurona.engine.data import HELD, LARGE, NOTHING, Data
from neurona.engine.noise import noise_of
from neurona.engine.objective import Objective
from neurona.engine.optimizers import Optimizer, clip_factor
from neurona.engine.parameters import arrays, flatten, unflatten
from neurona.engine.state import Batch, Rates
from neurona.engine.types import Array, Params

MOST = 2**26  # numbers drawn for the steps of one compiled call: 64 MB


@partial(jax.jit, static_argnames=("objective", "optimizer", "clip", "networks", "axes"))
def advance(
    objective: Objective,
    optimizer: Optimizer,
    clip: float | None,
    networks: int | None,
    axes: tuple[int | None, int | None, int | None],
    params: Params,
    state: Any,
    data: Data,
    batches: Any,
    weights: Any,
    rates: Any,
    noise: Any,
) -> Any:
    """Take a chunk of steps; return parameters, optimizer's state and costs.

    ``params`` are turned, and ``state`` has a list of such arrays for each vector, see
    :func:`held`; ``batches (steps, batch)`` are rows of the data, or None for all of it;
    ``weights`` are theirs, 0 for those that only fill up the last batch of an epoch; ``rates
    (steps, 1 or layers)``; ``noise`` is each layer's ``(steps, batch, n)``. In a stack, ``axes``
    tell which of weight, rate and noise each network has its own of, along the axis after the
    steps'.
    """
    columns = transposed(data)  # as a layer wants them: once a chunk, not once a step
    layer_of = [i for i, layer in enumerate(params) for _ in arrays(layer)]

    def one_step(
        params: Any, state: Any, x: Any, target: Any, weight: Any, rate: Any, drawn: Any
    ) -> Any:
        value, grads = objective.value_and_gradient(turned(params), x, target, weight, drawn)
        gradients = jax.tree.leaves(turned(grads))
        if clip is not None:
            factor = clip_factor(sum((g * g).sum() for g in gradients), clip)
            gradients = [factor * gradient for gradient in gradients]
        thetas, states = [], []
        for i, theta in enumerate(jax.tree.leaves(params)):
            eta = rate[layer_of[i] if len(rate) > 1 else 0]
            change, its_state = optimizer.update(gradients[i], of_array(i, state), theta, eta)
            thetas.append(theta + change)
            states.append(its_state)
        return jax.tree.unflatten(jax.tree.structure(params), thetas), of_all(states), value

    def of_each(function: Any, out: Any, *axes: Any) -> Any:
        """Return a function of one network as one of all networks of the stack."""
        return function if networks is None else jax.vmap(function, in_axes=axes, out_axes=out)

    in_state = jax.tree.map(lambda one: 0 if np.ndim(one) else None, state)
    weight_axis, rate_axis, noise_axis = axes

    def step(carry: Any, inputs: Any) -> Any:
        batch, weight, rate, drawn = inputs
        x, target, own_weight = transposed(columns) if batch is None else data.rows(batch)
        weight = own_weight if weight is None else weight
        own = 0 if target.ndim > 2 else None
        out = (0, in_state, 0)
        taken = of_each(one_step, out, 0, in_state, own, own, weight_axis, rate_axis, noise_axis)
        params, state, value = taken(*carry, x, target, weight, rate, drawn)
        return (params, state), value

    with jax.default_matmul_precision("highest"):  # some GPUs would round factors to 11 bits
        (params, state), costs = lax.scan(step, (params, state), (batches, weights, rates, noise))
        if batches is None and noise is None:
            x, target, weight = transposed(columns)
            own = 0 if target.ndim > 2 else None
            value = of_each(
                lambda *given: objective.value(turned(given[0]), *given[1:]),
                0, 0, own, own, weight_axis,
            )  # fmt: skip
            last = value(params, x, target, weight)
            costs = jax.numpy.concatenate([costs, last[None]])
    return params, state, costs


def turned(tree: Any) -> Any:
    """Return every matrix of a tree transposed: its own inverse.

    The compiled step holds each W as ``(n_out, n_in)``: in ``W.T @ x`` no factor is then read
    against the grain, which is what XLA's products are fast at.
    """
    return jax.tree.map(lambda array: array.T if array.ndim == 2 else array, tree)


def of_array(i: int, state: Any) -> Any:
    """Return what the optimizer remembers of one array: ``(t, [m, …], [v, …])`` to ``(t, m, v)``.

    A number, such as the step, is there once for all arrays: so XLA computes once what follows
    from it.
    """
    return jax.tree.map(lambda one: one[i] if is_list(one) else one, state, is_leaf=is_list)


def of_all(states: Sequence[Any]) -> Any:
    """Return the states of all arrays as one: the inverse of :func:`of_array`."""
    return jax.tree.map(lambda *ones: list(ones) if np.ndim(ones[0]) else ones[0], *states)


def is_list(one: Any) -> bool:
    """Tell whether that is an array for each of the parameters."""
    return isinstance(one, list)


def transposed(tree: Any) -> Any:
    """Return every array of a tree transposed."""
    return jax.tree.map(lambda array: array.T, tree)


class JaxEngine:
    """The twin of :class:`neurona.engine.numpy_engine.NumpyEngine`."""

    def __init__(
        self,
        objective: Objective,
        optimizer: Optimizer,
        clip: float | None,
        data: Data,
        params: Params,
        optimizer_state: Any,
        batch_size: int,
        networks: int | None = None,
    ) -> None:
        theta = flatten(params, networks)
        self.dtype = theta.dtype
        if self.dtype == np.float64 and jax.dtypes.canonicalize_dtype(np.float64) != np.float64:
            raise ValueError(
                "JAX computes in float32 unless told otherwise: use dtype=np.float32, or call "
                "jax.config.update('jax_enable_x64', True) first"
            )
        # The rate comes in with each step: it is no part of what is compiled.
        static = replace(optimizer, learning_rate=1.0) if is_dataclass(optimizer) else optimizer
        self.run = partial(advance, objective, static, clip, networks)
        self.net = objective.net
        self.networks = networks
        self.batch_size = batch_size
        self.host = data
        n, size = (0, 0) if data.x is None else (data.n, data.x.nbytes)
        self.even = n > 0 and data.weight is None and n % batch_size == 0
        # On a CPU a large table would be there twice: some batches at a time are copied instead.
        self.apart = size > LARGE and batch_size < n and jax.default_backend() == "cpu"
        self.at_once = max(1, HELD * n // (batch_size * size)) if self.apart else None
        self.data = jax.device_put(NOTHING if self.apart else data)
        self.like = params
        self.params = self._turned(params)
        state = optimizer.init(theta) if optimizer_state is None else optimizer_state
        self.state = jax.tree.map(self._held, state)

    def advance(self, batches: Sequence[Batch], rates: Sequence[Rates]) -> Sequence[Any]:
        """Take one step a batch, all in one compiled call, or in a few where a table is large."""
        costs: list[Any] = []
        at_once = self._at_once(batches)
        for i in range(0, len(batches), at_once):
            part = slice(i, i + at_once)
            costs += self._advance(batches[part], rates[part])
            if not np.isfinite(costs[-1]).any():
                break
        return costs

    def _at_once(self, batches: Sequence[Batch]) -> int:
        """Return how many steps one compiled call takes."""
        at_once = self.at_once or max(1, len(batches))
        if self.net.is_random and batches:
            a_row = sum(one.size for one in jax.tree.leaves(noise_of(self.net, batches[0].seed, 1)))  # type: ignore[arg-type]
            at_once = min(at_once, max(1, MOST // (self.batch_size * max(1, a_row))))
        return at_once

    def _advance(self, batches: Sequence[Batch], rates: Sequence[Rates]) -> list[Any]:
        rows: Any = [self.host.rows(one.rows) if self.apart else one.rows for one in batches]
        weights: Any = None
        if rows[0] is None:
            rows = None
        else:
            if isinstance(rows[0], Data):  # which come as long as they come
                self.batch_size = max(self.batch_size, *map(length, rows))
            rows, weights = filled(rows, self.host.weight, self.batch_size, self.dtype)
            weights = None if self.even else weights
        etas = np.array(rates, self.dtype)
        noise = self._noise(batches)
        weight = self.host.weight if weights is None else weights[0]
        axes = (
            None if weight is None or weight.ndim < 2 else 0,
            None if etas.ndim < 3 else 0,
            None if noise is None or not isinstance(batches[0].seed[0], tuple) else 0,  # type: ignore[index]
        )
        self.params, self.state, costs = self.run(
            axes, self.params, self.state, self.data, rows, weights, etas, noise
        )
        costs = np.asarray(costs)
        return list(costs.tolist() if self.networks is None else costs)

    def snapshot(self) -> tuple[Params, Any]:
        """Return the parameters as NumPy arrays, and the optimizer's state over the flat vector."""
        theta = self._flat(jax.tree.leaves(self.params))
        theta.flags.writeable = False
        state = jax.tree.map(self._flat, self.state, is_leaf=is_list)
        return unflatten(theta, self.like), state

    def _noise(self, batches: Sequence[Batch]) -> Any:
        """Return the noise of each layer in all the steps; rows that only fill up have some too."""
        seeds = [batch.seed for batch in batches if batch.seed]
        each = [noise_of(self.net, seed, self.batch_size) for seed in seeds]
        return jax.tree.map(lambda *drawn: np.stack(drawn), *each) if each else None

    def _turned(self, tree: Any) -> Any:
        """Return every matrix transposed, in a stack that of each network."""
        matrix = 2 if self.networks is None else 3
        return jax.tree.map(lambda array: array.mT if array.ndim == matrix else array, tree)

    def _held(self, vector: Any) -> Any:
        """Return a vector of numbers as the compiled step holds it: arrays apart, and turned."""
        if np.ndim(vector) == 0:
            return np.asarray(vector)
        return jax.tree.leaves(self._turned(unflatten(np.asarray(vector), self.like)))

    def _flat(self, arrays: Any) -> Any:
        """Return the vector: the inverse of :meth:`_held`."""
        if not is_list(arrays):
            return arrays.item()
        return flatten(tuple(self._turned(np.asarray(one)) for one in arrays), self.networks)


def length(rows: Any) -> int:
    """Return how many examples a batch has: row numbers, or examples of its own."""
    return int(rows.n if isinstance(rows, Data) else rows.shape[-1])


def filled(
    batches: Sequence[Any], weight: Array | None, size: int, dtype: Any
) -> tuple[Any, Array]:
    """Return batches of one length, and their weights: those that fill one up weigh nothing.

    Parameters
    ----------
    batches
        Row numbers of the data each, ``(batch,)`` or a stack's ``(networks, batch)``; or examples
        of their own each, a :class:`Data`.
    weight
        How much each example of the data counts; None: all the same.
    size
        How long the longest is, at least.

    Examples
    --------
    >>> rows, weights = filled([np.array([4, 2]), np.array([3])], None, 2, np.float32)
    >>> rows.tolist(), weights.tolist()
    ([[4, 2], [3, 0]], [[1.0, 1.0], [1.0, 0.0]])
    """
    if isinstance(batches[0], Data):
        own = [np.ones(one.n, dtype) if one.weight is None else one.weight for one in batches]
        x, target = (_stacked([batch[k] for batch in batches], size) for k in (0, 1))
        return Data(x, target, None), _stacked(own, size)
    ones = [weights_of(rows, weight, dtype) for rows in batches]
    turned_rows = [np.moveaxis(rows, -1, 0).astype(np.int32) for rows in batches]
    rows = np.moveaxis(_stacked(turned_rows, size), 1, -1)
    return rows, np.moveaxis(_stacked([np.moveaxis(one, -1, 0) for one in ones], size), 1, -1)


def weights_of(rows: Array, weight: Array | None, dtype: Any) -> Array:
    """Return the weights of a batch's rows, in a stack perhaps those of each network."""
    if weight is None:
        return np.ones(rows.shape[-1], dtype)
    if weight.ndim == 1:
        return weight[rows]
    return np.take_along_axis(weight, rows, axis=1) if rows.ndim > 1 else weight[:, rows]


def _stacked(parts: Sequence[Array], size: int) -> Array:
    """Return the parts as one array, each filled up with zeros."""
    stacked = np.zeros((len(parts), size, *parts[0].shape[1:]), parts[0].dtype)
    for part, place in zip(parts, stacked, strict=True):
        place[: len(part)] = part
    return stacked
