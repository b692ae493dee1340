"""Where a training stands, and what an engine is: parameters, and the way to advance them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from operator import index
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from neurona.checks import shown
from neurona.engine.parameters import mapped
from neurona.engine.randomness import Randomness
from neurona.engine.trees import each_of, frozen
from neurona.engine.types import Array, Params

# The learning rates of one step: one for all layers, or one per layer; of a stack whose networks
# have rates of their own, an array (networks, 1).
Rates: TypeAlias = tuple[float, ...] | Array


class Steps(NamedTuple):
    """The rows, rates and seeds of some steps, one after the other.

    Attributes
    ----------
    rows
        Row numbers of the data, ``(steps, batch)``, -1 filling up a shorter batch; in a stack whose
        networks have batches of their own, ``(steps, networks, batch)``. Or a list of batches that
        bring their examples, each a :class:`~neurona.engine.data.Data`. None: all the data in each.
    rates
        The learning rates of each step.
    seeds
        That of each step's noise; None where no layer has a training mode.
    """

    rows: Any
    rates: Sequence[Rates]
    seeds: Sequence[Any] | None = None

    @property
    def n(self) -> int:
        """How many steps there are."""
        return len(self.rates)

    def at(self, places: Sequence[int]) -> Steps:
        """Return the steps at some places."""

        def those(each: Any) -> Any:
            if each is None:
                return None
            places_ = list(places)
            return each[places_] if hasattr(each, "ndim") else [each[i] for i in places_]

        return Steps(those(self.rows), those(self.rates), those(self.seeds))


@dataclass(frozen=True, eq=False)
class State:
    """Where a training stands; nothing in it ever changes.

    It may be pickled, and :func:`neurona.save` writes it into a file: a training that starts from
    it there goes on as if it had never stopped.

    That of a stack of networks has ``len(state)`` of them, and ``state[k]`` is the state of one:
    to predict with, to save, or to start from.

    Attributes
    ----------
    step
        Updates made.
    epoch
        Whole passes over the data made.
    params
        One entry a layer, such as ``(W, b)``, read-only; of a stack, each array has a first axis
        with its networks.
    optimizer_state
        What the optimizer remembers, over the flat vector of parameters; of a stack, a row for each
        network. Its lists are tuples here, as nothing can be written.
    cost
        With the whole data in each step: of ``params``, on that data. With mini-batches: the mean
        over the batches since the last state, each as it was before its update, with the dropout
        and the normalization of its step. The penalty of ``l1`` and ``l2`` is part of it. A stack
        has ``(networks,)`` of them.
    randomness
        What the next mini-batches and the next noise are drawn from, and how many batches of the
        epoch are taken; None where it is not known.
    optimizer
        The class of the optimizer whose memory ``optimizer_state`` is; None where it is not known.
    rows_seen
        How many examples the statistics of a batch normalization are of.
    """

    step: int
    epoch: int
    params: Params
    optimizer_state: Any
    cost: Any
    randomness: Randomness | None = None
    optimizer: str | None = None
    rows_seen: int = 0

    def __post_init__(self) -> None:
        for name in ("params", "optimizer_state", "cost"):
            given = getattr(self, name)
            kept = frozen(given)
            if kept is not given:
                object.__setattr__(self, name, kept)

    @classmethod
    def unseen(cls, params: Params, optimizer_state: Any, cost: Any, **rest: Any) -> State:
        """Return a state of parameters that cannot be written already, without a look at them.

        Each step may have a state, and a look at all arrays takes a fiftieth of a small one.
        """
        made = object.__new__(cls)
        vars(made).update(
            rest, params=params, optimizer_state=frozen(optimizer_state), cost=frozen(cost)
        )
        return made

    def __setstate__(self, given: Mapping[str, Any]) -> None:
        """Take the fields of a pickle or a copy, and make its arrays read-only again."""
        known = {one.name for one in fields(self)}
        self.__init__(**{name: given[name] for name in known & given.keys()})  # type: ignore[misc]

    def __repr__(self) -> str:
        """Return where the training stands, without its arrays, which may be large."""
        cost = np.array2string(np.asarray(self.cost), precision=4, separator=", ", threshold=6)
        return f"State(step={self.step}, epoch={self.epoch}, cost={cost})"

    def __len__(self) -> int:
        """Return how many networks the stack has."""
        if np.ndim(self.cost) == 0:
            raise TypeError("this is the state of one network, and not of a stack")
        return len(self.cost)

    def __getitem__(self, network: int) -> State:
        """Return the state of one network of the stack.

        Raises
        ------
        IndexError
            If the stack has no network of that number; a TypeError if it is not a whole number.
        """
        n = len(self)
        try:
            k = range(n)[index(network)]
        except (IndexError, TypeError) as error:
            raise type(error)(
                f"state[{shown(network)}]: the stack has {n} networks, so give a whole number from "
                f"0 to {n - 1}, or a negative one to count from the end"
            ) from None
        remembered = each_of(lambda one: one[k] if np.ndim(one) else one, self.optimizer_state)
        params = mapped(lambda array: array[k], self.params)
        own = self.randomness and self.randomness.of(k)
        cost = float(self.cost[k])
        return replace(self, params=params, optimizer_state=remembered, cost=cost, randomness=own)

    def __bool__(self) -> bool:
        """Return True: there is a state."""
        return True


class Engine(Protocol):
    """Parameters, and the way to advance them."""

    def advance(self, steps: Steps, following: Steps | None = None) -> Sequence[Any]:
        """Take some steps; return each one's cost, as it was before its update.

        Where every step takes the whole data, without noise, the cost after the last follows. The
        steps ``following`` come next, where they are given, and may be begun already.
        """
        ...

    def snapshot(self) -> tuple[Params, Any]:
        """Return copies of the parameters and of the optimizer's state."""
        ...
