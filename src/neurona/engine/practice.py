"""Training layers that are trained otherwise than they answer: the noise, and what is remembered.

A network of dense layers alone has none of it, and pays for none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count, repeat
from math import isfinite, nan
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from neurona.engine.data import Data
from neurona.engine.filled import length
from neurona.engine.state import Batch, Engine, Rates
from neurona.engine.types import Array, Noise, Params

if TYPE_CHECKING:
    from neurona.engine.network import Network
    from neurona.engine.objective import Objective

Build: TypeAlias = Callable[[Params, Any], Engine]

POPULATION = 10_000  # rows from which mean and variance are known to about 1 %, whatever follows
MOST = 2**26  # numbers drawn for the steps of one compiled call: 64 MB


def practises(net: Network) -> bool:
    """Tell whether a layer is trained otherwise than it answers."""
    return any(hasattr(layer, "practise") for layer in net.layers)


def seeds_of_steps(
    net: Network, rng: np.random.Generator, step: int
) -> Iterator[tuple[int, ...] | None]:
    """Yield the seed of each step's noise from a step on; None where nothing is drawn.

    They come from a child of the generator, so that initial weights and batches are those of the
    same network without noise; and each goes by the number of its step, so that a step's noise does
    not depend on how the steps are cut into chunks, nor on where a training was left and gone on.
    """
    if not practises(net):
        return repeat(None)
    root = int(rng.spawn(1)[0].integers(2**63))
    return ((root, at) for at in count(step))


def noise_of(net: Network, seed: Sequence[int], batch: int) -> Noise:
    """Return what a seed draws for a batch of so many rows: an array a layer, or None for none.

    The first rows of a longer batch have the noise of a shorter one: an engine may fill it up.

    Examples
    --------
    >>> from neurona.engine.network import network
    >>> net = network([2, 4, 1], dropout=0.5)
    >>> [None if one is None else one.shape for one in noise_of(net, (0, 0), batch=3)]
    [None, (3, 4), None]
    """
    return tuple(
        layer.noise(np.random.default_rng([*seed, place]), batch)
        if hasattr(layer, "noise")
        else None
        for place, layer in enumerate(net.layers)
    )


def remember(net: Network, params: Params, x: Array, weight: Array | None = None) -> Params:
    """Return the parameters with what layers take from the training examples ``x (n, n_in)``.

    One layer after the other, each on what those before it answer: Ioffe & Szegedy, "Batch
    normalization", 2015, algorithm 2.
    """
    made = list(params)
    last = max((i for i, one in enumerate(net.layers) if hasattr(one, "remember")), default=-1)
    for i, layer in enumerate(net.layers[: last + 1]):
        if hasattr(layer, "remember"):
            made[i] = layer.remember(made[i], x, weight)
            for array in made[i]:
                array.flags.writeable = False
        x = layer.forward(made[i], x)[0]
    return tuple(made)


def population(data: Data) -> list[Data]:
    """Return the examples that layers remember, in one piece.

    All of them, up to 10,000 with a weight. Of more, as many at even distances: an estimate from
    10,000 is good to one or two hundredths of a standard deviation, and a state that is handed out
    after each epoch must not cost another epoch.
    """
    rows = np.arange(len(data.x)) if data.weight is None else np.flatnonzero(data.weight)
    if len(rows) > POPULATION:
        rows = rows[np.linspace(0, len(rows) - 1, POPULATION).astype(int)]
    return [data.rows(rows)]


def latest(batches: list[Data]) -> list[Data]:
    """Return the last batches, as many as have 10,000 rows: of what nobody holds, no more is known.

    Examples
    --------
    >>> from neurona.engine.data import Data
    >>> batches = [Data(np.ones((4_000, 1)), np.ones((4_000, 1)), None)] * 5
    >>> len(latest(batches))
    3
    """
    rows = np.cumsum([len(batch.x) for batch in reversed(batches)])
    return batches[-1 - int(np.searchsorted(rows, POPULATION)) :]


def practising(build: Build, objective: Objective, data: Data) -> Build:
    """Return what makes an engine whose states answer right; of dense layers alone, all do."""
    if not practises(objective.net):
        return build
    examples = [] if data.x is None else population(data)

    def build_one(params: Params, state: Any) -> Engine:
        return Practising(build(params, state), objective, data, examples)

    return build_one


class Practising:
    """An engine around another: in its states the layers remember what they need to answer.

    So a state's params and its cost fit each other, and nothing that an optimizer does meanwhile to
    what is remembered, a weight decay say, is ever seen.
    """

    def __init__(
        self, engine: Engine, objective: Objective, data: Data, examples: list[Data]
    ) -> None:
        self.engine = engine
        self.objective = objective
        self.data = data
        self.examples = examples
        layers = objective.net.layers
        self.noisy = sum(layer.n_out for layer in layers if hasattr(layer, "noise"))
        self.latest: tuple[Params, Any] | None = None

    def advance(self, batches: Sequence[Batch], rates: Sequence[Rates]) -> Sequence[float]:
        """Take one step a batch, in pieces whose noise fits into memory."""
        if not batches:
            return []
        self.latest = None
        whole = batches[0].rows is None
        if self.data.x is None:  # the examples come with the batches, and go
            self.examples = latest([*self.examples, *(batch.rows for batch in batches)])
        costs: list[float] = []
        piece = self._piece(batches)
        for begin in range(0, len(batches), piece):
            part = slice(begin, begin + piece)
            some = self.engine.advance(batches[part], rates[part])
            costs += some
            if not all(map(isfinite, some)):
                break
        if whole:
            costs.append(self._cost() if all(map(isfinite, costs)) else nan)
        return costs

    def snapshot(self) -> tuple[Params, Any]:
        """Return copies of the parameters, as they answer, and of the optimizer's state."""
        if self.latest is None:
            params, state = self.engine.snapshot()
            if self.examples:
                with np.errstate(
                    all="ignore"
                ):  # what overflows is found not to be finite, and named
                    params = remember(self.objective.net, params, *together(self.examples))
            self.latest = params, state
        return self.latest

    def _piece(self, batches: Sequence[Batch]) -> int:
        """Return how many batches' noise is drawn at a time."""
        longest = max(length(self.data.x if one.rows is None else one.rows) for one in batches)
        return max(1, MOST // (longest * self.noisy)) if self.noisy else len(batches)

    def _cost(self) -> float:
        with np.errstate(all="ignore"):
            return float(self.objective.value(self.snapshot()[0], *self.data))


def together(batches: list[Data]) -> tuple[Array, Array | None]:
    """Return the examples of all the batches, and their weights."""
    x = np.concatenate([batch.x for batch in batches])
    if all(batch.weight is None for batch in batches):
        return x, None
    ones = (np.ones(len(one.x), x.dtype) if one.weight is None else one.weight for one in batches)
    return x, np.concatenate(list(ones))
