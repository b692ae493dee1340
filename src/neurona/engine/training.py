"""Training: an iterator of immutable states. The caller's loop draws, logs, stops or goes back.

The loop is one for both engines, and for one network or a stack of them. An engine holds parameters
and advances them by some steps: :mod:`neurona.engine.numpy_engine`, and its compiled twin
:mod:`neurona.engine.jax_engine`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import chain, islice, pairwise, repeat
from math import inf, isfinite, nan
from typing import Any, NamedTuple

import numpy as np

from neurona.checks import (
    check_clip,
    check_count,
    check_dtype,
    check_penalty,
    check_rate,
    check_takes,
)
from neurona.engine.augmentation import Augment
from neurona.engine.batches import Draws, source_of
from neurona.engine.costs import find_cost
from neurona.engine.data import (
    Data,
    check_network,
    check_optimizer_state,
    check_params,
    networks_of,
    rows_at_once,
)
from neurona.engine.divergence import TrainingDiverged, diagnose
from neurona.engine.layers.base import leaves
from neurona.engine.network import Network
from neurona.engine.noise import roots_of, seeds_of_steps
from neurona.engine.numpy_engine import NumpyEngine
from neurona.engine.objective import Objective
from neurona.engine.optimizers import Optimizer, find_optimizer, whose_memory
from neurona.engine.parameters import flatten, stacked
from neurona.engine.processes import agreed, staying
from neurona.engine.progress import Position
from neurona.engine.schedules import Constant, is_fixed
from neurona.engine.stack import networks_of_a_stack
from neurona.engine.state import Engine, Rates, State, Steps
from neurona.engine.statistics import merged, rows_kept, rows_seen
from neurona.engine.streams import Stream
from neurona.engine.trees import each_of, frozen
from neurona.engine.types import Params, Seed
from neurona.extras import require
from neurona.keywords import meaning
from neurona.registry import lookup

__all__ = ["State", "TrainingDiverged", "train"]

AT_ONCE = 1000  # steps, at most, after which a training that is watched tells where it stands


@meaning(
    learning_rate="optimizer=neurona.sgd(0.1), or learning_rates=[...] for several networks",
    lr="optimizer=neurona.sgd(0.1)",
    loss="cost='mse'",
    seed="rng=0",
    random_state="rng=0",
    params="start=params",
    weights="start=params, or sample_weight= for the examples",
    max_iter="steps=",
    n_epochs="epochs=",
    verbose="nothing: train yields states, so print what you want of each",
    callbacks="nothing: train yields states, so call what you want with each",
)
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
    seeds: Sequence[Seed] | None = None,
    learning_rates: Sequence[Any] | None = None,
    augmentation: Augment | None = None,
    engine: str = "numpy",
    devices: Any = None,
    dtype: Any = np.float32,
) -> Iterator[State]:
    """Train a network, or a stack of them at once: an iterator of states, the first before a step.

    Several ``seeds``, several ``learning_rates`` or the parameters of a stack as ``start`` train as
    many networks in the same steps. Each learns what it would learn by itself, up to rounding, and
    ``state[k]`` is its state.

    Parameters
    ----------
    net
        The network, from :func:`neurona.network`.
    X : (n, n_in), or (n, height, width, channels)
        One example a row; in a stack also ``(networks, n, n_in)``, each network's own, and so with
        ``y`` and ``sample_weight``. An array of ``dtype`` is used as it is, not copied. A
        ``numpy.memmap`` of more than 64 MB is never read whole: each epoch reads its blocks in
        another order, and shuffles the rows of 32 MB at a time.
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
        anew after each state.
    batch_size
        Examples a step, drawn anew each epoch; the whole data by default, or 1,024 of a large file.
    sample_weight : (n,)
        How much each example counts.
    l1, l2
        Penalty l1 Σ|W| + l2/2 Σ W² on the weights, added to the cost.
    clip
        The largest norm of the gradient, which is shortened to it.
    start
        A state to go on from as if the training had never stopped, or parameters to begin with; of
        one network or of a stack. Its optimizer's memory, its place in the epoch and what it draws
        from are gone on with. The ``batches`` that the pass has taken are left out, which is
        exact where they come in the same order in each pass; an iterator is taken as it stands, one
        batch ahead. The statistics of a batch normalization then are of the rows seen before, too.
        The memory of another optimizer is refused: give ``state.params``.
    rng
        Seed or generator: of the initial weights, then of the mini-batches. Dropout's noise
        comes from a child of it. A state brings its own: it goes on without ``rng``, and with the
        seed or generator that it comes from, which is then not drawn from. Another seed begins
        another stream, and an epoch.
    seeds
        In place of ``rng``, one seed or generator for each network of a stack.
    learning_rates
        In place of the optimizer's, one for each network of a stack: numbers or schedules. Without
        seeds, all begin with the same weights and take the same batches.
    augmentation
        What changes the examples of each batch at random, and no others: an
        :class:`~neurona.Augmentation` of images, or a function from ``X (batch, ...)`` and a
        generator to examples of the same shape. The costs of the states are those of the changed
        ones.
    engine
        ``"numpy"``, or ``"jax"`` for the compiled one (``pip install "neurona[jax]"``).
    devices
        Of ``engine="jax"``: ``"all"``, how many, or a list of JAX's devices, over which each batch
        is split, or the networks of a stack. After :func:`neurona.distributed.connect` they are
        those of all processes: X and y are then the same in each, and of ``batches`` each gives its
        part of each step's batch. By default one device.
    dtype
        float32, or float64.

    Yields
    ------
    State
        Step, epoch, parameters, optimizer's state and cost.

    Raises
    ------
    ValueError
        At the call, if anything given does not fit; the message says what would. If processes
        that train together disagree in settings or data, all of them raise it.
    neurona.distributed.ProcessMissing
        If one of the processes that train together is missing; the message names it.
    TrainingDiverged
        From the iterator, when the cost stops being finite; in a stack, when the costs of all
        networks have. Before that, a network that diverges disturbs no other.

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

    A stack of three networks, from three seeds:

    >>> *_, stack = train(net, X, y, steps=400, seeds=[1, 2, 3])
    >>> stack.params[0].W.shape, bool((stack.cost < 0.1).all())
    ((3, 2, 4), True)
    >>> net.predict(stack[0].params, X).round().ravel()
    array([0., 1., 1., 0.], dtype=float32)
    """
    return begun(**locals()).states()


def begun(
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
    seeds: Sequence[Seed] | None = None,
    learning_rates: Sequence[Any] | None = None,
    augmentation: Augment | None = None,
    engine: str = "numpy",
    devices: Any = None,
    dtype: Any = np.float32,
) -> Training:
    """Return the training that :func:`train` hands the states of, checked and not yet begun."""
    check_network(net)
    place = _placement(engine, devices, in_parts=batches is not None)
    is_shared = place is not None and place.is_shared
    with staying() if is_shared else nullcontext():
        dtype = check_dtype(dtype)
        networks, generators, known = networks_of_a_stack(net, start, rng, seeds, learning_rates)
        if networks and place and place.in_parts:
            raise ValueError(
                "each process gives its part of the batches, and a stack takes whole ones: give "
                "X and y, or train one network at a time"
            )
        stream = Stream
        if is_shared:
            from neurona.engine.shared import Parts, facts_of

            stream = Parts
            facts = facts_of(
                net,
                *(X, y, sample_weight, generators),
                cost=cost,
                optimizer=optimizer,
                steps=steps,
                epochs=epochs,
                every=every,
                batch_size=batch_size,
                l1=l1,
                l2=l2,
                clip=clip,
                start=start,
                learning_rates=learning_rates,
                augmentation=augmentation,
                dtype=np.dtype(dtype).name,
            )
            agreed(facts | place.facts | {"batches": batches is not None})
        source = source_of(
            net,
            X,
            y,
            sample_weight,
            batches,
            batch_size,
            dtype,
            generators,
            networks,
            known,
            stream,
            augmentation,
        )
        if not isinstance(source, Stream):  # of which nobody knows how large its batches are
            net.check_batch(source.size)
        penalties = check_penalty("l1", l1), check_penalty("l2", l2)
        objective = Objective(net, find_cost(cost, net), *penalties)
        optimizer = find_optimizer(optimizer)
        rates, clip = rates_of_step(optimizer, net, learning_rates), check_clip(clip)
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
        build = _engine(
            engine, objective, optimizer, clip, source.data, source.size, networks, place
        )
        first = _first(net, start, optimizer, generators, networks, dtype)
        noise = roots_of(net, generators, known)
        # One more chunk may be begun where no caller can still change it, and no batch is read.
        fixed = map(is_fixed, each_rate(optimizer, learning_rates))
        looks_ahead = engine == "jax" and not (callable(every) or source.in_parts or is_shared)
        parts = objective, source, build, rates, noise, networks, first
        return Training(*parts, counts, steps, is_shared, looks_ahead and all(fixed))


def _told(states: Iterator[State]) -> Iterator[State]:
    """Yield the states, and report an error of this process alone to the others."""
    with staying(common=(TrainingDiverged,)):
        yield from states


def _placement(engine: str, devices: Any, in_parts: bool) -> Any:
    """Return where the arrays of the compiled engine lie; None for JAX's default device."""
    if devices is None:
        return None
    if engine != "jax":
        raise ValueError(
            f"devices is {devices!r}, and engine={engine!r} computes on the processor alone: "
            "leave devices out, or give engine='jax'"
        )
    require("jax", extra="jax")
    from neurona.engine.devices import placement

    return placement(devices, in_parts)


class Drawn(NamedTuple):
    """Steps whose batches are drawn, their place, and whether a state is handed out after them."""

    steps: Steps
    place: dict[str, Any]
    is_last: bool


class Training:
    """A training as :func:`train` has settled it, and the loop over the steps."""

    def __init__(
        self,
        objective: Objective,
        source: Draws | Stream,
        build: Callable[[Params, Any], Engine],
        rates: Callable[[int, int], list[Rates]],
        noise: tuple[int, ...],
        networks: int | None,
        first: State,
        counts: Iterator[float],
        steps: float,
        is_shared: bool = False,
        looks_ahead: bool = False,
    ) -> None:
        self.looks_ahead = looks_ahead
        self.counts = counts
        self.steps = steps
        self.is_shared = is_shared
        self.objective = objective
        self.net = objective.net
        self.at_once = rows_at_once(objective.net)
        self.source = source
        self.build = build
        self.rates = rates
        self.noise = noise
        self.seeds = seeds_of_steps(noise, first.step)
        self.networks = networks
        self.first = first
        self.engine = build(first.params, first.optimizer_state)
        self.examples: Data | None = None
        # An array is all the data there is; batches may be the next part of what was seen.
        self.rows_before = first.rows_seen if source.in_parts else 0
        self.rows_seen = first.rows_seen

    def states(
        self, position: Position | None = None, note: Callable[[Position], None] | None = None
    ) -> Iterator[State]:
        """Yield the state before any step, and one after each count of them.

        Parameters
        ----------
        position
            Where a training stood that goes on; its state is what this one was given to start from.
        note
            Called with the position at each state, and between two every thousand steps or so.
            Of several processes each has one, or none has.
        """
        states = self._states(position, note)
        return _told(states) if self.is_shared else states

    def _states(
        self, position: Position | None, note: Callable[[Position], None] | None
    ) -> Iterator[State]:
        seen: list[Any] = []
        if position is None:
            params, optimizer_state = self.snapshot([])
            cost = self.cost(params, self.source.first())
            state = self.state(self.place(self.first.step), params, optimizer_state, cost)
        else:
            state, seen = position.state, list(position.costs)
            if position.examples:
                self.source.seen, self.rows_before = list(position.examples), 0
        beginning, before = state.params, None
        yield self._noted(state, note)
        chunks = self._chunks(state.step, len(seen), inf if note is None else AT_ONCE)
        for chunk, following in self._with_following(chunks):
            if seen and note:
                note(Position(state, tuple(seen), self.source.seen))
            costs = self.engine.advance(chunk.steps, following and following.steps)
            params, optimizer_state = self.snapshot(chunk.steps.rows)
            seen.extend(costs)
            cost = self.cost_of_state(params, seen)
            this = state, chunk.steps, costs
            if not self.is_finite(cost, params):
                # Where even the first is not, it was the step before that went too far.
                lost = before if before and not np.isfinite(costs[0]).any() else this
                raise diagnose(self.build, beginning, *lost, self.epoch, self.calibrated)
            before = this
            state = self.state(chunk.place, params, optimizer_state, cost)
            if chunk.is_last:
                seen = []
                yield self._noted(state, note)
        if seen:  # the batches have come to their end
            yield self._noted(state, note)

    def _chunks(self, step: int, seen: int, most: float) -> Iterator[Drawn]:
        """Yield the steps to the next state, ``seen`` having been taken, and to all after it."""
        end = self.first.step + self.steps
        while step < end:
            before, ahead = step, min(max(1, next(self.counts) - seen), end - step)
            for count, rows, is_last in self.source.chunks(ahead, most):
                seeds = None if self.seeds is None else list(islice(self.seeds, count))
                steps = Steps(rows, self.rates(step, count), seeds)
                step += count
                yield Drawn(steps, self.place(step), is_last)
            if step == before:
                return
            seen = 0

    def _with_following(self, chunks: Iterator[Drawn]) -> Iterator[tuple[Drawn, Drawn | None]]:
        """Yield each chunk and, where nothing can change it meanwhile, the one after it.

        The first is alone: its state is there as soon as it can be.
        """
        alone = islice(chunks, 1) if self.looks_ahead else chunks
        for chunk in alone:
            yield chunk, None
        yield from pairwise(chain(chunks, [None]))

    def _noted(self, state: State, note: Callable[[Position], None] | None) -> State:
        if note:
            note(Position(state, (), self.source.seen))
        return state

    def place(self, step: int) -> dict[str, Any]:
        """Return what a state tells of its place, as far as the batches have been taken."""
        randomness = self.source.randomness(self.noise)
        return {"step": step, "epoch": self.epoch(step), "randomness": randomness}

    def state(
        self, place: Mapping[str, Any], params: Params, optimizer_state: Any, cost: Any
    ) -> State:
        """Return the state at a place."""
        by, rows = self.first.optimizer, self.rows_seen
        return State.unseen(params, optimizer_state, cost, **place, optimizer=by, rows_seen=rows)

    def epoch(self, step: int) -> int:
        """Return how many passes over the data are made after a step."""
        return self.first.epoch + self.source.epochs(step - self.first.step)

    def snapshot(self, seen: Any) -> tuple[Params, Any]:
        """Return the parameters to predict with after some batches, and the optimizer's state.

        So a state's parameters and its cost fit each other, and nothing that an optimizer does
        meanwhile to what is calibrated, a weight decay say, is ever seen.
        """
        params, state = self.engine.snapshot()
        if self.net.is_calibrated:
            self.examples = self.source.examples(seen)
            params = self.calibrated(params)
        return params, state

    def calibrated(self, params: Params) -> Any:
        """Return the parameters with what layers take from the training examples."""
        if self.examples is None:
            return params
        rows = rows_seen(self.examples)
        before = rows_kept(self.rows_before, rows)
        self.rows_seen = rows + before
        with np.errstate(all="ignore"):  # what overflows is found not to be finite, and named
            made = self.net.calibrate(params, self.examples.x, self.examples.weight)
            return frozen(merged(made, rows, self.first.params, before) if before else made)

    def cost_of_state(self, params: Params, seen: Sequence[Any]) -> Any:
        """Return the cost of a state, ``seen`` being that of each step since the one before."""
        if not self.source.whole:
            mean = np.mean(seen, axis=0)
            return mean if self.networks else float(mean)
        if self.net.has_training_mode:  # the steps' costs are those of the training mode
            return self.cost(params, self.source.data)
        return seen[-1]

    def cost(self, params: Params, data: Data) -> Any:
        """Return the cost of examples; of many, part by part: activations outweigh a table."""
        cost, total = 0.0, data.n if data.weight is None else data.weight.sum(axis=-1)
        with np.errstate(all="ignore"):
            for begin in range(0, data.n, self.at_once):
                x, target, weight = data.rows(slice(begin, begin + self.at_once))
                share = (target.shape[-2] if weight is None else weight.sum(axis=-1)) / total
                cost = cost + share * self.objective.value(params, x, target, weight)
        return cost if self.networks else float(cost)

    def is_finite(self, cost: Any, params: Params) -> bool:
        """Tell whether cost and parameters are finite; in a stack, those of any network."""
        theta = flatten(params, self.networks)
        if self.networks is None:
            return isfinite(cost) and bool(np.isfinite(theta).all())
        return bool((np.isfinite(cost) & np.isfinite(theta).all(axis=-1)).any())


def _first(
    net: Network,
    start: State | Params | None,
    optimizer: Optimizer,
    generators: Sequence[np.random.Generator],
    networks: int | None,
    dtype: Any,
) -> State:
    """Return the state to begin with, whose cost nobody knows yet."""
    if start is None:
        each = [net.init(rng, dtype) for rng in generators]
        params = each[0] if len(each) == 1 else stacked(each)
    else:
        given = start.params if isinstance(start, State) else start
        lost = isinstance(start, State) and networks is not None  # some networks may have diverged
        params = check_params(net, given, dtype, networks=networks is not None, finite=not lost)
    shared = networks if networks and networks_of(net, params) is None else None  # by all of them
    if shared:
        params = stacked([params] * shared)
    made_by = whose_memory(optimizer)
    if not isinstance(start, State):
        return State(0, 0, params, None, np.nan, optimizer=made_by)
    if start.optimizer not in (None, made_by):
        raise ValueError(
            f"start holds what another optimizer remembers, {start.optimizer}, and not {made_by}: "
            "give start=state.params, and this one begins afresh"
        )
    like = optimizer.init(flatten(params, networks))
    memory = start.optimizer_state
    if shared:
        memory = each_of(lambda one: np.stack([one] * shared) if np.ndim(one) else one, memory)
    state = check_optimizer_state(memory, like=like, dtype=dtype)
    return State(start.step, start.epoch, params, state, np.nan, None, made_by, start.rows_seen)


def each_rate(optimizer: Optimizer, learning_rates: Sequence[Any] | None) -> list[Any]:
    """Return the learning rates that are given: one, or one for each layer or network."""
    given = optimizer.learning_rate if learning_rates is None else list(learning_rates)
    return list(given) if isinstance(given, list | tuple) else [given]


def rates_of_step(
    optimizer: Optimizer, net: Network, learning_rates: Sequence[Any] | None = None
) -> Callable[[int, int], list[Rates]]:
    """Return the function from a step to the learning rates of so many steps from it on.

    Those of a step are one, one for each layer, or one for each network of a stack, where
    ``learning_rates`` are given. A layer without weights has the rate of the one before it, and
    before all others that of the first.

    Raises
    ------
    ValueError
        If a rate is not positive, or there are not as many as layers with weights.
    """
    each = each_rate(optimizer, learning_rates)
    for rate in each:
        if isinstance(rate, type):
            raise ValueError(
                f"learning rate {rate!r}, which is a class: call it, {rate.__name__}(...)"
            )
    if learning_rates is None and len(each) != 1:
        shapes = net.shapes(net.in_shape)
        weighted = [any(len(shape) > 1 for shape in leaves((layer,))) for layer in shapes]
        n_layers = sum(weighted)
        if len(each) != n_layers:
            raise ValueError(
                f"{len(each)} learning rates for {n_layers} layers: give one, or one per layer"
            )
        each = [each[i] for i in np.maximum(np.cumsum(weighted) - 1, 0)]
    schedules = [rate if callable(rate) else Constant(check_rate(rate)) for rate in each]
    for rate in each:
        if callable(rate):
            _check_schedule(rate)

    def of(step: int) -> Rates:
        rates = tuple(rate_at(step, schedule(step)) for schedule in schedules)
        return rates if learning_rates is None else np.array(rates)[:, None]

    if any(callable(rate) for rate in each):
        return lambda step, count: [of(step + i) for i in range(count)]
    constant = of(0)
    return lambda step, count: [constant] * count


def _check_schedule(schedule: Any) -> None:
    """Check that a schedule takes a step, and that its first rate is one."""
    check_takes(
        "learning rate", schedule, "a step", 1,
        "a schedule is a function of one number, such as lambda step: 0.1 / (1 + step)",
    )  # fmt: skip
    check_rate(schedule(0))


def rate_at(step: int, rate: Any) -> float:
    """Return the rate that a schedule gives for a step, which may be 0, or say that it must not."""
    try:
        value = float(rate)
    except (TypeError, ValueError):
        value = nan
    if not 0 <= value < inf:
        raise ValueError(
            f"the learning rate of step {step} is {rate!r}: a schedule must give a number of at "
            "least 0 for each step"
        )
    return value


def _engine(
    name: str,
    objective: Objective,
    optimizer: Optimizer,
    clip: float | None,
    data: Data,
    size: int,
    networks: int | None,
    place: Any = None,
) -> Callable[[Params, Any], Engine]:
    """Return what makes an engine of that name from parameters and an optimizer's state."""

    @np.errstate(all="ignore")  # of a training that has diverged, 0 · θ may be 0 · ∞
    def its_own(params: Params, state: Any) -> Any:
        """Return what a state remembers in the optimizer's own lists, dicts and arrays."""
        if state is None:
            return None
        like = optimizer.init(flatten(params, networks))
        return each_of(lambda _, one: np.array(one) if np.ndim(one) else one, like, state)

    @np.errstate(all="ignore")
    def numpy_engine(params: Params, state: Any) -> Engine:
        state = its_own(params, state)
        return NumpyEngine(objective, optimizer, clip, data, params, state, networks)

    @np.errstate(all="ignore")
    def jax_engine(params: Params, state: Any) -> Engine:
        from neurona.engine.jax_engine import JaxEngine

        state = its_own(params, state)
        return JaxEngine(objective, optimizer, clip, data, params, state, size, networks, place)

    if name == "jax":
        require("jax", extra="jax")
    return lookup("engine", name, {"numpy": numpy_engine, "jax": jax_engine})
