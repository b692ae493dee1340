"""Where a training stands, and what an engine is: parameters, and the way to advance them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

from neurona.engine.types import Params

# The learning rates of one step: one for all layers, or one per layer.
Rates: TypeAlias = tuple[float, ...]


class Batch(NamedTuple):
    """What one step takes: ``rows`` of the data, or None for all of it.

    Where the data is elsewhere they are its own examples, a :class:`~neurona.engine.data.Data`.

    ``seed`` is that of its noise, and None where no layer is trained otherwise than it answers.
    """

    rows: Any
    seed: tuple[int, ...] | None = None


@dataclass(frozen=True, eq=False)
class State:
    """Where a training stands; nothing in it ever changes.

    Attributes
    ----------
    step
        Updates made.
    epoch
        Whole passes over the data made.
    params
        One entry a layer, such as ``(W, b)``, read-only.
    optimizer_state
        What the optimizer remembers, over the flat vector of parameters.
    cost
        With the whole data in each step: of ``params``, on that data. With mini-batches: the mean
        over the batches since the last state, each as it was before its update, with the dropout
        and the normalization of its step. The penalty of ``l1`` and ``l2`` is part of it.
    """

    step: int
    epoch: int
    params: Params
    optimizer_state: Any
    cost: float


class Engine(Protocol):
    """Parameters, and the way to advance them."""

    def advance(self, batches: Sequence[Batch], rates: Sequence[Rates]) -> Sequence[float]:
        """Take one step a batch; return each step's cost, as it was before its update.

        Where every step takes the whole data, rows and seed None, the cost after the last follows.
        """
        ...

    def snapshot(self) -> tuple[Params, Any]:
        """Return copies of the parameters and of the optimizer's state."""
        ...
