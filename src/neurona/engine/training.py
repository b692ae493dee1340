"""Training: an iterator of immutable states. Whoever consumes it draws, logs, stops or goes back.

The loop is one for both engines. An engine holds parameters and advances them by some steps:
:class:`NumpyEngine` here, and its compiled twin in :mod:`neurona.engine.jax_engine`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from math import isfinite
from typing import Any

import numpy as np

from neurona.checks import check_clip, check_count, check_dtype, check_penalty, check_rate
from neurona.engine.batches import source_of
from neurona.engine.costs import find_cost
from neurona.engine.data import ROWS, Data, check_optimizer_state, check_params
from neurona.engine.divergence import TrainingDiverged, diagnose
from neurona.engine.layers.dense import Dense
from neurona.engine.network import Network
from neurona.engine.objective import Objective
from neurona.engine.optimizers import Optimizer, find_optimizer
from neurona.engine.parameters import flatten, unflatten
from neurona.engine.practice import noise_of, practising, seeds_of_steps
from neurona.engine.schedules import Constant
from neurona.engine.state import Batch, Engine, Rates, State
from neurona.engine.types import Array, Params, Seed
from neurona.registry import lookup

__all__ = ["NumpyEngine", "State", "TrainingDiverged", "train"]


class NumpyEngine:
    """The engine that runs anywhere: all parameters in one vector, each W and b a view of it."""

    def __init__(
        self,
        objective: Objective,
        optimizer: Optimizer,
        clip: float | None,
        data: Data,
        params: Params,
        optimizer_state: Any,
    ) -> None:
        self.objective = objective
        self.optimizer = optimizer
        self.clip = clip
        self.data = data
        self.theta = flatten(params)
        self.params = unflatten(self.theta, params)
        self.optimizer_state = optimizer_state or optimizer.init(self.theta)
        self.sizes = [sum(array.size for array in layer) for layer in params]

    def advance(self, batches: Sequence[Batch], rates: Sequence[Rates]) -> Sequence[float]:
        """Take one step a batch; stop where the cost is no longer finite."""
        costs: list[float] = []
        with np.errstate(all="ignore"):  # what overflows is found by the cost, and named
            for (rows, seed), rate in zip(batches, rates, strict=True):
                x, target, weight = self.data if rows is None else self.data.rows(rows)
                noise = noise_of(self.objective.net, seed, len(x)) if seed else None
                value, grads = self.objective.value_and_gradient(
                    self.params, x, target, weight, noise
                )
                costs.append(float(value))
                if not isfinite(value):
                    break
                gradient = flatten(grads)
                if self.clip is not None:
                    gradient = gradient * clip_factor([gradient], self.clip)
                change, self.optimizer_state = self.optimizer.update(
                    gradient, self.optimizer_state, self.theta, self._spread(rate)
                )
                self.theta += change  # in place: the views in self.params move with it
            if batches and batches[-1].rows is None and batches[-1].seed is None:
                costs.append(float(self.objective.value(self.params, *self.data)))
        return costs

    def snapshot(self) -> tuple[Params, Any]:
        """Return copies of the parameters and of the optimizer's state."""
        theta = self.theta.copy()
        theta.flags.writeable = False
        return unflatten(theta, self.params), self.optimizer_state

    def _spread(self, rates: Rates) -> Any:
        """Return one rate for all parameters, or each layer's for each of its parameters."""
        return (
            rates[0] if len(rates) == 1 else np.repeat(rates, self.sizes).astype(self.theta.dtype)
        )


def clip_factor(gradients: Sequence[Array], limit: float) -> Any:
    """Return min(1, limit / ‖g‖), the norm being that of all the gradients together.

    Pascanu et al., "On the difficulty of training recurrent neural networks", 2013, algorithm 1.
    """
    xp = gradients[0].__array_namespace__()
    norm = xp.sqrt(sum((g * g).sum() for g in gradients))
    return limit / xp.maximum(norm, limit)


def train(
    net: Network,
    X: Any = None,
    y: Any = None,
    *,
    batches: Any = None,
    cost: Any = None,
    optimizer: Any = None,
    steps: float | None = None,
    epochs: int | None = None,
    every: int | Callable[[], int] | None = None,
    batch_size: int | None = None,
    sample_weight: Any = None,
    l1: float = 0.0,
    l2: float = 0.0,
    clip: float | None = None,
    start: State | Params | None = None,
    rng: Seed = None,
    engine: str = "numpy",
    dtype: Any = np.float32,
) -> Iterator[State]:
    """Train a network: an iterator of states, the first before any step.

    Parameters
    ----------
    net
        The network, from :func:`neurona.network`.
    X : (n, n_in)
        One example a row. An array of ``dtype`` is used as it is, not copied. A ``numpy.memmap``
        of more than 64 MB is never read whole: each epoch reads its blocks in another order, and
        shuffles the rows of 32 MB at a time.
    y : (n,) or (n, n_out)
        0 and 1 for one sigmoid output; labels 0, 1, 2 … or one-hot rows for several outputs;
        numbers for linear ones; counts, from 0 on, for ``exp``.
    batches
        In place of X and y, what gives ``(X, y)`` or ``(X, y, weight)`` a step, and need not fit
        into memory: a list, a loader, or a function that makes an iterator for each epoch. The
        first state's cost is then that of the first batch.
    cost
        A cost or its name: ``"mse"``, ``"mae"``, ``"huber"``, ``"pinball"``, ``"cross_entropy"``,
        ``"poisson"`` after ``exp``. By default cross-entropy after a sigmoid or a softmax, squared
        error otherwise.
    optimizer
        An optimizer or its name; :func:`neurona.adam` by default.
    steps, epochs
        How long: updates, or passes over the data; when neither is given, 1,000 steps, or one pass
        over ``batches`` or a large file.
        ``steps=math.inf`` goes on until the loop is left.
    every
        Steps between two states: by default 1, or an epoch with mini-batches. A function is asked
        anew after each state; the compiled engine compiles each number that it gives.
    batch_size
        Examples a step, drawn anew each epoch; the whole data by default, or 1,024 of a large file.
    sample_weight : (n,)
        How much each example counts.
    l1, l2
        Penalty l1 Σ|W| + l2/2 Σ W² on the weights, added to the cost.
    clip
        The largest norm of the gradient, which is shortened to it.
    start
        A state to go on from, its optimizer's memory included, or parameters to begin with.
    rng
        Seed or generator: of the initial weights, then of the mini-batches. What a dropout drops
        is drawn from a child of it.
    engine
        ``"numpy"``, or ``"jax"`` for the compiled one (``pip install "neurona[jax]"``).
    dtype
        float32, or float64.

    Yields
    ------
    State
        Step, epoch, parameters, optimizer's state and cost.

    Raises
    ------
    ValueError
        At the call, if anything given does not fit; the message says what would.
    TrainingDiverged
        From the iterator, when the cost stops being finite.

    Examples
    --------
    >>> from neurona import network
    >>> net = network([2, 4, 1], "tanh", output="sigmoid")
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> for state in train(net, X, y, steps=400, every=200, rng=1):
    ...     print(state.step, bool(state.cost < 0.05))
    0 False
    200 False
    400 True
    >>> net.predict(state.params, X).round().ravel()
    array([0., 1., 1., 0.], dtype=float32)

    From batches, which may come from a file or a function:

    >>> batches = [(X[:2], y[:2]), (X[2:], y[2:])]
    >>> [(state.step, state.epoch) for state in train(net, batches=batches, epochs=2, rng=1)]
    [(0, 0), (2, 1), (4, 2)]
    """
    rng, dtype = np.random.default_rng(rng), check_dtype(dtype)
    source = source_of(net, X, y, sample_weight, batches, batch_size, dtype, rng)
    penalties = check_penalty("l1", l1), check_penalty("l2", l2)
    objective = Objective(net, find_cost(cost, net), *penalties)
    optimizer = find_optimizer(optimizer)
    rates, clip = rates_of_step(optimizer, net), check_clip(clip)
    if steps is not None and epochs is not None:
        raise ValueError("give steps or epochs, not both")
    if steps is None:
        steps = source.steps(None if epochs is None else check_count("epochs", epochs))
    else:
        steps = check_count("steps", steps, unlimited=True)
    if callable(every):
        counts: Iterator[float] = (check_count("every", every()) for _ in repeat(None))
    else:
        counts = repeat(source.steps_an_epoch if every is None else check_count("every", every))
    if isinstance(start, State):
        params = check_params(net, start.params, dtype)
        optimizer_state = check_optimizer_state(
            start.optimizer_state, like=optimizer.init(flatten(params)), dtype=dtype
        )
        step, epoch = start.step, start.epoch
    else:
        params = net.init(rng, dtype) if start is None else check_params(net, start, dtype)
        optimizer_state, step, epoch = None, 0, 0
    build = _engine(engine, objective, optimizer, clip, source.data, source.size)
    build = practising(build, objective, source.data)
    running = build(params, optimizer_state)
    seeds = seeds_of_steps(net, rng, step)

    def epoch_of(at: int) -> int:
        return epoch + source.epochs(at - step)

    def states() -> Iterator[State]:
        snapshot = running.snapshot()
        state = State(step, epoch, *snapshot, _cost_of(objective, snapshot[0], source.first()))
        beginning, before = state.params, None
        yield state
        while state.step < step + steps:
            seen: list[float] = []
            for rows in source.chunks(min(next(counts), step + steps - state.step)):
                chunk = list(map(Batch, rows, seeds))
                chunk_rates = [rates(state.step + i) for i in range(len(chunk))]
                costs = running.advance(chunk, chunk_rates)
                snapshot = running.snapshot()
                seen.extend(costs)
                cost = costs[-1] if source.whole else float(np.mean(seen))
                this = state, chunk, chunk_rates, costs
                if not (isfinite(cost) and np.isfinite(flatten(snapshot[0])).all()):
                    # Where even the first is not, it was the step before that went too far.
                    lost = before if before and not isfinite(costs[0]) else this
                    raise diagnose(build, beginning, *lost, epoch_of)
                before, at = this, state.step + len(chunk)
                state = State(at, epoch_of(at), *snapshot, cost)
            if not seen:  # the batches have come to their end
                return
            yield state

    return states()


def _cost_of(objective: Objective, params: Params, data: Data) -> float:
    """Return the cost of all examples; of many, part by part: activations outweigh a table."""
    cost, total = 0.0, len(data.x) if data.weight is None else data.weight.sum()
    with np.errstate(all="ignore"):
        for begin in range(0, len(data.x), ROWS):
            x, target, weight = data.rows(slice(begin, begin + ROWS))
            share = (len(x) if weight is None else weight.sum()) / total
            cost += float(share * objective.value(params, x, target, weight))
    return cost


def rates_of_step(optimizer: Optimizer, net: Network) -> Callable[[int], Rates]:
    """Return the function from a step to its learning rates, each checked at the border.

    They are one, or one for each layer: that of the dense layer before it, where it is not dense.

    Raises
    ------
    ValueError
        If a rate is not positive, or there are not as many as dense layers.
    """
    given = optimizer.learning_rate
    each = list(given) if isinstance(given, list | tuple) else [given]
    n_layers = len(net.topology) - 1
    if len(each) not in (1, n_layers):
        raise ValueError(
            f"{len(each)} learning rates for {n_layers} layers: give one, or one per layer"
        )
    if len(each) > 1:
        of = np.cumsum([isinstance(layer, Dense) for layer in net.layers]) - 1
        each = [each[i] for i in of]
    if any(callable(rate) for rate in each):
        schedules = [rate if callable(rate) else Constant(check_rate(rate)) for rate in each]
        for schedule in schedules:
            check_rate(schedule(0))
        return lambda step: tuple(float(schedule(step)) for schedule in schedules)
    constant = tuple(check_rate(rate) for rate in each)
    return lambda step: constant


def _engine(
    name: str, objective: Objective, optimizer: Optimizer, clip: float | None, data: Data, size: int
) -> Callable[[Params, Any], Engine]:
    """Return what makes an engine of that name from parameters and an optimizer's state."""

    def numpy_engine(params: Params, state: Any) -> Engine:
        return NumpyEngine(objective, optimizer, clip, data, params, state)

    def jax_engine(params: Params, state: Any) -> Engine:
        from neurona.engine.jax_engine import JaxEngine

        return JaxEngine(objective, optimizer, clip, data, params, state, size)

    if name == "jax":
        from neurona.extras import require

        require("jax", extra="jax")
    return lookup("engine", name, {"numpy": numpy_engine, "jax": jax_engine})
