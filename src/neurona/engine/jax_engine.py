"""The compiled engine: the same formulas under ``jit``, on CPU, GPU or TPU.

A whole chunk of steps, from one state to the next, is one compiled call, or a few where it takes
long: a call costs about 35 microseconds, as much as three steps of a small network. Parameters stay
apart, one array each: XLA on a CPU slows down by an order of magnitude when weights are slices of
one flat vector.

This module and :mod:`neurona.engine.devices` import JAX; no other does at its import.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import is_dataclass, replace
from functools import lru_cache, partial
from time import perf_counter
from typing import Any, NamedTuple, TypeAlias

import jax
import numpy as np
from jax import lax

from neurona.engine.data import HELD, LARGE, NOTHING, Data
from neurona.engine.devices import Placement
from neurona.engine.layers.base import LAYERS
from neurona.engine.layers.recurrent import Recurrent
from neurona.engine.noise import noise_of
from neurona.engine.objective import Objective
from neurona.engine.optimizers import Optimizer, clip_factor
from neurona.engine.parameters import arrays, flatten, unflatten
from neurona.engine.state import Steps
from neurona.engine.types import Array, Params

AT_ONCE = 10  # networks of a stack whose steps are one operation
MOST = 2**26  # numbers drawn for the steps of one compiled call: 64 MB
KEPT = 8  # compiled steps, of 4 MB each, that are kept for the next training of such a network
PATIENCE = 0.2  # seconds of a compiled call, which Ctrl-C waits for


class Chunk(NamedTuple):
    """All steps of a chunk: the part of a compiled call that is not the network.

    In a stack, a member may have an axis more, the first, with what is each network's own.

    Attributes
    ----------
    data
        The examples.
    batches
        Rows of the data, ``(steps, batch)``, -1 filling up the last batch of an epoch; None for all
        the data. Or examples of their own, in as many rows, with the ``weights`` of the rows, 0 for
        those that only fill up.
    weights
        ``(steps, batch)``, beside examples of their own.
    rates
        ``(steps, 1 or layers)``.
    noise
        Each layer's, ``(steps, batch, n)``.
    """

    data: Data
    batches: Any
    weights: Any
    rates: Any
    noise: Any


Own: TypeAlias = tuple[bool, ...]  # of each member of a chunk, whether each network has its own


class Calls:
    """A compiled call that takes some steps, and how long each takes."""

    def __init__(self, advance: Callable[..., Any]) -> None:
        self.advance = advance
        self.is_compiled = False
        self.seconds: float | None = None  # a step's, once it has been measured

    def is_quick(self, steps: int) -> bool:
        """Tell whether so many steps are known to take one call."""
        return self.seconds is not None and steps * self.seconds <= PATIENCE


class Begun(NamedTuple):
    """Steps that were begun, whose results may be on their way."""

    calls: Calls
    n_costs: int
    costs: Any
    params: Params
    state: Any


@lru_cache(maxsize=KEPT)
def compiled(
    objective: Objective,
    optimizer: Optimizer,
    clip: float | None,
    even: bool,
    place: Placement,
    form: Any,
    shape: Any,
    own: Own | None,
    steps: int,
    batch_size: int,
) -> Calls:
    """Return what takes some steps: from parameters, optimizer's state and costs to the next ones.

    ``even`` tells that no batch is filled up; ``form`` is that of the optimizer's state. The shape
    of the data, and how many steps and rows there are, only keep compilations apart.
    ``params`` are turned, and ``state`` has each of its leaves, a list of arrays for a vector: see
    :func:`turned` and :func:`of_array`. In a stack all have one more axis, the first, and so have
    those members of the chunk that each network has its ``own`` of. Ten networks of a device take
    the chunk at a time: what they hold stays in the processor's cache, and 100 networks of the
    tutorial's take two thirds of the time that they take all at once.
    """
    gradient = place.value_and_gradient(objective) if own is None else objective.value_and_gradient
    one_chunk = partial(take, objective, gradient, optimizer, clip, even, form)

    def advance(
        params: Params, state: Any, costs: Any, chunk: Chunk, begin: Any, end: Any, last: Any
    ) -> Any:
        def one_network(mine: Any) -> Any:
            params, state, costs, *mine = mine
            members = iter(mine)
            each = [
                next(members) if its else one for its, one in zip(own or (), chunk, strict=True)
            ]
            return one_chunk(params, state, costs, Chunk(*each), begin, end, last)

        networks = len(jax.tree.leaves(params)[0])
        is_number = jax.tree.map(lambda one: np.ndim(one) == 0, state)
        spread = partial(jax.numpy.broadcast_to, shape=(networks,))
        state = jax.tree.map(lambda one, number: spread(one) if number else one, state, is_number)
        mine = [one for its, one in zip(own or (), chunk, strict=True) if its]
        params, state, costs = lax.map(
            one_network, (params, state, costs, *mine), batch_size=AT_ONCE
        )
        state = jax.tree.map(lambda one, number: one[0] if number else one, state, is_number)
        return params, state, costs

    if own is None:
        return Calls(place.compiled(one_chunk))
    return Calls(place.compiled_stack(advance, own))


def take(
    objective: Objective,
    value_and_gradient: Callable[..., Any],
    optimizer: Optimizer,
    clip: float | None,
    even: bool,
    form: Any,
    params: Params,
    state: Any,
    costs: Any,
    chunk: Chunk,
    begin: Any,
    end: Any,
    last: Any,
) -> Any:
    """Take the steps of a chunk from ``begin`` to ``end`` with one network: what is compiled.

    The compiler is not told how many they are: it would take a single step apart, and round
    otherwise than in a longer chunk. After the ``last`` comes the cost of all the data, where each
    step takes them all.
    """
    data, *inputs = chunk
    batches, _, _, noise = inputs
    columns = transposed(data)  # as a layer wants them: once a chunk, not once a step
    layer_of = [k for k, layer in enumerate(params) for _ in arrays(layer)]

    def step(i: Any, carry: Any) -> Any:
        params, state, costs = carry
        batch, weight, rate, drawn = jax.tree.map(
            lambda one: lax.dynamic_index_in_dim(one, i, keepdims=False), inputs
        )
        x, target, own_weight = transposed(columns) if batch is None else data.rows(batch)
        weight = own_weight if weight is None else weight
        if not (even or batch is None or isinstance(batch, Data)):
            there = (batch >= 0).astype(target.dtype)
            weight = there if weight is None else there * weight
        value, grads = value_and_gradient(turned(params), x, target, weight, drawn)
        gradients = jax.tree.leaves(turned(grads))
        if clip is not None:
            factor = clip_factor(sum((g * g).sum() for g in gradients), clip)
            gradients = [factor * gradient for gradient in gradients]
        thetas, states = [], []
        for k, theta in enumerate(jax.tree.leaves(params)):
            eta = rate[layer_of[k] if len(rate) > 1 else 0]
            before = jax.tree.unflatten(form, of_array(k, state))
            change, its_state = optimizer.update(gradients[k], before, theta, eta)
            thetas.append(theta + change)
            states.append(jax.tree.leaves(its_state))
        params = jax.tree.unflatten(jax.tree.structure(params), thetas)
        return params, of_all(states), written(costs, value, i)

    with jax.default_matmul_precision("highest"):  # some GPUs would round factors to 11 bits
        params, state, costs = lax.fori_loop(begin, end, step, (params, state, costs))
        if batches is None and noise is None:
            value = lax.cond(
                end == last,
                lambda: objective.value(turned(params), *transposed(columns)),
                lambda: costs[-1],
            )
            costs = written(costs, value, end)
    return params, state, costs


def written(costs: Any, value: Any, i: Any) -> Any:
    """Return the costs with one more of them."""
    return lax.dynamic_update_index_in_dim(costs, value, i, 0)


def turned(tree: Any) -> Any:
    """Return every matrix of a tree transposed: its own inverse.

    The compiled step holds each W as ``(n_out, n_in)``: in ``W.T @ x`` no factor is then read
    against the grain, which is what XLA's products are fast at.
    """
    return turned_where(2, tree)


def turned_where(ndim: int, tree: Any) -> Any:
    """Return arrays of so many axes with the last two swapped, but those read as rows.

    A recurrence multiplies rows by its matrices, step after step.
    """

    def turn(part: Any) -> Any:
        return part if are_of_rows(part) or part.ndim != ndim else part.mT

    return jax.tree.map(turn, tree, is_leaf=are_of_rows)


def are_of_rows(part: Any) -> bool:
    """Tell whether that is the parameters of a layer within which an example is a row."""
    return isinstance(part, tuple) and _is_recurrent(type(part))


@lru_cache(maxsize=64)
def _is_recurrent(params: type) -> bool:
    return params in {kind.Params for kind in LAYERS.values() if issubclass(kind, Recurrent)}


def of_array(k: int, state: Any) -> list[Any]:
    """Return what the optimizer remembers of one array: ``[t, [m, …], [v, …]]`` to ``[t, m, v]``.

    A number, such as the step, is there once for all arrays: so XLA computes once what follows
    from it.
    """
    return [one[k] if is_list(one) else one for one in state]


def of_all(states: Sequence[Any]) -> list[Any]:
    """Return the states of all arrays as one: the inverse of :func:`of_array`."""
    each = zip(*states, strict=True)
    return [list(ones) if np.ndim(ones[0]) else ones[0] for ones in each]


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
        place: Placement | None = None,
    ) -> None:
        theta = flatten(params, networks)
        self.dtype = theta.dtype
        if self.dtype == np.float64 and jax.dtypes.canonicalize_dtype(np.float64) != np.float64:
            raise ValueError(
                "JAX computes in float32 unless told otherwise: use dtype=np.float32, or call "
                "jax.config.update('jax_enable_x64', True) first"
            )
        # The rate comes in with each step: it is not compiled.
        static = replace(optimizer, learning_rate=1.0) if is_dataclass(optimizer) else optimizer
        self.net = objective.net
        self.networks = networks
        self.place = place = place or Placement()
        self.batch_size = place.filled(batch_size) if networks is None else batch_size
        self.host = data
        n, size = (0, 0) if data.x is None else (data.n, data.x.nbytes)
        even = n % batch_size == 0 and self.batch_size == batch_size
        self.kind = objective, static, clip, even, place
        self.calls: dict[Any, Calls] = {}
        # On a CPU a large table would be there twice: some batches at a time are copied instead.
        here = networks is None and place.platform == "cpu"
        self.apart = here and size > LARGE and batch_size < n
        self.at_once = max(1, HELD * n // (batch_size * size)) if self.apart else None
        if networks is None and batch_size == n:  # each step takes all: a device, its part of them
            self.data = place.split(data if even else data.filled(self.batch_size))
        else:
            self.data = self._of_networks(NOTHING if self.apart else data, self._own_data)
        self.like = params
        state = optimizer.init(theta) if optimizer_state is None else optimizer_state
        leaves, self.form = jax.tree.flatten(state)
        for one in leaves:
            if np.shape(one) not in ((), theta.shape) or np.asarray(one).dtype.kind not in "biuf":
                raise ValueError(
                    f"the optimizer remembers a {type(one).__name__} of shape {np.shape(one)}: for "
                    "the compiled engine give numbers, and arrays of the shape of the parameters, "
                    f"{theta.shape}, in tuples, lists and dicts; or use engine='numpy'"
                )
        held = self._turned(params), [*map(self._held, leaves)]
        self.params, self.state = self.reached = self._of_networks(held, networks is not None)
        self.begun: Begun | None = None

    def advance(self, steps: Steps, following: Steps | None = None) -> Sequence[Any]:
        """Take some steps in one compiled call, or in a few where a table or noise is large.

        The steps that follow begin before the results of these are waited for, if they are quick:
        the host's work, as long as a few steps of a small network, is then done meanwhile.
        """
        at_once = self._at_once(steps)
        if steps.n <= at_once:
            begun, self.begun = self.begun or self._begin(steps), None
            if following and following.n <= steps.n and begun.calls.is_quick(steps.n):
                self.begun = self._begin(following)
            return self._finish(begun)
        costs: list[Any] = []
        for i in range(0, steps.n, at_once):
            costs += self._finish(self._begin(steps.at(range(i, min(i + at_once, steps.n)))))
            if not np.isfinite(costs[-1]).any():
                break
        return costs

    def _at_once(self, steps: Steps) -> int:
        """Return how many steps one compiled call takes."""
        at_once = self.at_once or max(1, steps.n)
        if self.net.is_random and steps.seeds:
            a_row = sum(one.size for one in jax.tree.leaves(noise_of(self.net, steps.seeds[0], 1)))
            most = max(1, MOST // (self.batch_size * max(1, a_row)))
            at_once = min(at_once, 2 ** (most.bit_length() - 1))
        return at_once

    def _begin(self, steps: Steps) -> Begun:
        """Call what takes the steps; wait for it only while it is not known to be quick."""
        chunk = self._chunk(steps)
        own: Own | None = None
        if self.networks is not None:
            own = (
                self._own_data,
                _are_own(chunk.batches),
                np.ndim(chunk.weights) > 2,
                np.ndim(chunk.rates) > 2,
                steps.seeds is not None and isinstance(steps.seeds[0][0], tuple),
            )
            # The networks' axis comes after that of the steps, and must be the first.
            turn = partial(jax.tree.map, lambda array: np.moveaxis(array, 1, 0))
            rest = [turn(one) if its else one for its, one in zip(own[1:], chunk[1:], strict=True)]
            chunk = Chunk(chunk.data, *rest)
        n, whole = steps.n, chunk.batches is None and chunk.noise is None
        calls = self._calls(own, n)
        places: tuple[int, ...] = (longer(n) + whole,)
        if self.networks is not None:
            places = (self.networks, *places)
        costs: Any = np.zeros(places, self.dtype)
        if self.place.devices is not None:
            chunk = self._placed(chunk, own)
            costs = self._of_networks(costs, own is not None)
        elif n > 1 and not calls.is_quick(n):
            chunk = jax.device_put(chunk)  # once, for all calls
        begin = 0
        while begin < n:  # in calls that end soon, once it is known how long a step takes
            at_once = 1 if calls.seconds is None else max(1, int(PATIENCE / calls.seconds))
            end = min(n, begin + at_once)
            began = perf_counter()
            call = partial(calls.advance, self.params, self.state, costs, chunk, begin, end, n)
            try:
                self.params, self.state, costs = self.place.awaited(call)
            except jax.errors.JAXTypeError as error:
                raise TypeError(
                    "a custom layer, cost or optimizer asks for numbers while its step is "
                    "compiled: compute with the arrays' own operations, those of "
                    "x.__array_namespace__(), or take engine='numpy'"
                ) from error
            if not calls.is_quick(n):
                costs.block_until_ready()
                if calls.is_compiled and not (calls.seconds and self.place.is_shared):
                    calls.seconds = self.place.slowest((perf_counter() - began) / (end - begin))
            calls.is_compiled, begin = True, end
        return Begun(calls, n + whole, costs, self.params, self.state)

    def _finish(self, begun: Begun) -> list[Any]:
        """Return the costs, once they are there."""
        self.reached = begun.params, begun.state
        costs = np.asarray(self.place.whole(begun.costs))[..., : begun.n_costs]
        return list(costs.tolist() if self.networks is None else costs[: self.networks].T)

    def _placed(self, chunk: Chunk, own: Own | None) -> Chunk:
        """Put a chunk on the devices: a part of its batches, or of the networks, on each."""
        if own is not None:
            return Chunk(chunk.data, *map(self._of_networks, chunk[1:], own[1:]))
        place, in_parts = self.place, self.place.in_parts
        return Chunk(
            chunk.data,
            place.split(chunk.batches, 1, in_parts),
            place.split(chunk.weights, 1, in_parts),
            place.everywhere(chunk.rates),
            place.split(chunk.noise, 1),
        )

    @property
    def _own_data(self) -> bool:
        """Whether each network of a stack has examples of its own."""
        return self.host.target is not None and self.host.target.ndim > 2

    def _of_networks(self, tree: Any, its_own: bool) -> Any:
        """Put arrays where the networks are: each network's own to it, and others everywhere."""
        if not its_own:
            return self.place.everywhere(tree)
        more = self.place.filled(self.networks or 0) - (self.networks or 0)
        if more:  # the last network, again
            again = partial(np.pad, mode="edge")
            tree = jax.tree.map(
                lambda a: again(a, [(0, more), *[(0, 0)] * (a.ndim - 1)]) if np.ndim(a) else a, tree
            )
        return self.place.split(tree)

    def _calls(self, own: Own | None, n: int) -> Calls:
        """Return the compiled call for chunks of so many steps."""
        key = own, longer(n), self.batch_size
        if key not in self.calls:
            x = self.host.x
            there = None if x is None else (x.shape, self.host.weight is None)
            kind: Any = (*self.kind, self.form, (there, self.dtype.str, self.networks), *key)
            try:
                self.calls[key] = compiled(*kind)
            except TypeError:  # an optimizer that has no hash
                self.calls[key] = compiled.__wrapped__(*kind)
            if self.place.is_shared:  # all processes take the same calls, whatever else one did
                self.calls[key] = Calls(self.calls[key].advance)
        return self.calls[key]

    def _chunk(self, steps: Steps) -> Chunk:
        rows: Any = steps.rows
        weights: Any = None
        if self.apart:
            rows = [self.host.rows(one[one >= 0]) for one in rows]
        if isinstance(rows, list):  # which come as long as they come
            longest = max(batch.n for batch in rows) * self.place.parts
            longest = self.place.filled(longest) if self.networks is None else longest
            self.batch_size = max(self.batch_size, longest)
            rows, weights = filled(rows, self.batch_size // self.place.parts, self.dtype)
        elif rows is not None:
            rows = rows.astype(np.int32)
            more = self.batch_size - rows.shape[-1]
            if more:
                rows = np.pad(rows, ((0, 0), (0, more)), constant_values=-1)
        # Rows that only fill up have noise, too.
        each = [noise_of(self.net, seed, self.batch_size) for seed in steps.seeds or ()]
        noise = jax.tree.map(lambda *drawn: np.stack(drawn), *each) if each else None
        rates = np.array(steps.rates, self.dtype)
        return Chunk(self.data, *lengthened((rows, weights, rates, noise), steps.n))

    def snapshot(self) -> tuple[Params, Any]:
        """Return the parameters as NumPy arrays, and the optimizer's state over the flat vector."""
        params, state = self.place.whole(self.reached)
        theta = self._flat(jax.tree.leaves(params))
        theta.flags.writeable = False
        leaves = [self._flat(one) for one in state]
        return unflatten(theta, self.like), jax.tree.unflatten(self.form, leaves)

    def _turned(self, tree: Any) -> Any:
        """Return every matrix transposed, in a stack that of each network."""
        matrix = 2 if self.networks is None else 3
        return turned_where(matrix, tree)

    def _held(self, vector: Any) -> Any:
        """Return a vector of numbers as the compiled step holds it: arrays apart, and turned."""
        if np.ndim(vector) == 0:  # a Python number stays weakly typed, whatever the precision
            return vector
        return jax.tree.leaves(self._turned(unflatten(np.asarray(vector), self.like)))

    def _flat(self, arrays: Any) -> Any:
        """Return the vector: the inverse of :meth:`_held`."""
        if not is_list(arrays):
            return np.asarray(arrays).item()
        each = [*map(np.asarray, arrays)]
        if self.networks is not None:  # there may be more, that fill up the devices
            each = [one[: self.networks] for one in each]
        tree = jax.tree.unflatten(jax.tree.structure(self.like), each)
        return flatten(self._turned(tree), self.networks)


def _are_own(batches: Any) -> bool:
    """Tell whether each network of a stack has batches of its own: row numbers, or examples."""
    if isinstance(batches, Data):
        return batches.target.ndim > 3
    return np.ndim(batches) > 2


def longer(n: int) -> int:
    """Return the next power of two: chunks of as many steps share a compilation.

    >>> longer(1), longer(5)
    (1, 8)
    """
    return 1 << (n - 1).bit_length()


def lengthened(tree: Any, n: int) -> Any:
    """Return arrays that have a row for each of n steps with rows up to the next power of two."""
    more = longer(n) - n
    if not more:
        return tree
    return jax.tree.map(
        lambda a: np.concatenate([a, np.zeros((more, *a.shape[1:]), a.dtype)]), tree
    )


def filled(batches: Sequence[Data], size: int, dtype: Any) -> tuple[Data, Array]:
    """Return batches of one length, and their weights: rows that fill one up weigh nothing.

    Examples
    --------
    >>> batches = [Data(np.ones((n, 1)), np.ones((n, 1)), None) for n in (2, 1)]
    >>> data, weights = filled(batches, 2, np.float32)
    >>> data.x.shape, weights.tolist()
    ((2, 2, 1), [[1.0, 1.0], [1.0, 0.0]])
    """
    axis = batches[0].target.ndim - 2  # that of the examples: in a stack each may have its own
    ones: Any = [
        np.ones(one.target.shape[:-1], dtype) if one.weight is None else one.weight
        for one in batches
    ]
    x, target = (
        _stacked([one.x for one in batches], size, axis),
        _stacked([one.target for one in batches], size, axis),
    )
    return Data(x, target, None), _stacked(ones, size, axis)


def _stacked(parts: Sequence[Array], size: int, axis: int) -> Array:
    """Return the parts as one array, each filled up with zeros along an axis."""
    before, after = parts[0].shape[:axis], parts[0].shape[axis + 1 :]
    stacked = np.zeros((len(parts), *before, size, *after), parts[0].dtype)
    for part, place in zip(parts, stacked, strict=True):
        place[(*(slice(None),) * axis, slice(part.shape[axis]))] = part
    return stacked
