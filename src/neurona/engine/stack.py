"""A stack of networks: how many there are, and what each draws from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neurona.engine.data import networks_of
from neurona.engine.network import Network
from neurona.engine.randomness import Randomness, going_on
from neurona.engine.state import State
from neurona.engine.types import Seed


def networks_of_a_stack(
    net: Network,
    start: Any,
    rng: Seed,
    seeds: Sequence[Seed] | None,
    learning_rates: Sequence[Any] | None,
) -> tuple[int | None, list[np.random.Generator], Randomness | None]:
    """Return how many networks are trained at once, and their generators: one each, or one for all.

    The number is None for one network, which is not a stack. The third is where a state stands in
    these generators, if they are its own: see :func:`~neurona.engine.randomness.going_on`.

    Raises
    ------
    ValueError
        If seeds, learning rates and parameters do not agree in number.
    """
    counts: dict[str, int] = {}
    given = start.params if isinstance(start, State) else start
    for name, values in {"seeds": seeds, "learning_rates": learning_rates}.items():
        if values is None:
            continue
        if isinstance(values, str | bytes) or not hasattr(values, "__len__") or not len(values):
            raise ValueError(
                f"{name} is {values!r}: give one for each network, such as {name}=[1, 2, 3]"
            )
        counts[name] = len(values)
    if given is not None and (own := networks_of(net, given)) is not None:
        counts["start"] = own
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{count} in {name}" for name, count in counts.items())
        raise ValueError(f"the networks of the stack do not agree in number: {told}")
    if seeds is not None and rng is not None:
        raise ValueError("give rng, for all networks alike, or seeds, one for each: not both")
    networks = next(iter(counts.values()), None)
    known = start.randomness if isinstance(start, State) else None
    return networks, *going_on(known, rng, seeds)
