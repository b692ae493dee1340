"""The randomness of a training: seeds and generators, and where in them a state stands.

A state remembers its generators as they were when its epoch began, and how many batches have been
taken since: a few numbers, from which the rest of the epoch's order is drawn again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from neurona.checks import check_generator
from neurona.engine.trees import frozen
from neurona.engine.types import Seed

Generators = Sequence[np.random.Generator]


class Randomness(NamedTuple):
    """Where a training stands in what it draws; nothing in it can be written.

    Attributes
    ----------
    generators
        The state of each generator when the epoch began, as :func:`remembered` gives it: of one, or
        of one for each network of a stack.
    noise
        The seed that the noise of all steps goes by, one a generator; empty where no layer has any.
    taken
        Batches that have been taken of the epoch.
    rows, size
        Of how many rows the epoch is, and how many a batch has; of batches made elsewhere, how many
        there are in a pass, 0 if nobody knows, and 0.
    """

    generators: tuple[Mapping[str, Any], ...]
    noise: tuple[int, ...] = ()
    taken: int = 0
    rows: int = 0
    size: int = 0

    def after(self, steps: int) -> Randomness:
        """Return that of so many steps later; it may lie in an epoch after this one."""
        return (
            self
            if self.size and self.size == self.rows
            else self._replace(taken=self.taken + steps)
        )

    def of(self, network: int) -> Randomness:
        """Return that of one network of a stack."""

        def own(each: tuple[Any, ...]) -> tuple[Any, ...]:
            return each[network : network + 1] if len(each) > 1 else each

        return self._replace(generators=own(self.generators), noise=own(self.noise))


class Place:
    """Some generators, and their states when an epoch began."""

    def __init__(self, generators: Generators) -> None:
        self.generators = generators
        self._raw: list[Any] | None = None
        self._seeds: list[Any] | None = None
        self._states: tuple[Mapping[str, Any], ...] | None = None

    def begin(self) -> None:
        """Note that an epoch begins now: what is drawn from here on belongs to it."""
        self._raw = [rng.bit_generator.state for rng in self.generators]
        self._states = None

    def states(self) -> tuple[Mapping[str, Any], ...]:
        """Return what was noted, as what cannot be written."""
        if self._raw is None:
            self.begin()
        if self._states is None:
            if self._seeds is None:
                self._seeds = [frozen(_seed(rng)) for rng in self.generators]
            each = zip(self._raw or (), self._seeds, strict=True)
            self._states = tuple(frozen({**_plain(raw), "seed": seed}) for raw, seed in each)
        return self._states


def remembered(rng: np.random.Generator) -> Mapping[str, Any]:
    """Return the state of a generator and of its seed, as what cannot be written.

    >>> rng = np.random.default_rng(3)
    >>> state = remembered(rng)
    >>> bool(rng.random() == generator_of(state).random())
    True
    """
    return Place([rng]).states()[0]


def _seed(rng: np.random.Generator) -> dict[str, Any] | None:
    """Return what a generator was made from, in whole numbers; None if that is not known."""
    seed = rng.bit_generator.seed_seq
    if not isinstance(seed, np.random.SeedSequence):
        return None
    entropy: Any = seed.entropy
    whole = tuple(map(int, entropy)) if np.ndim(entropy) else int(entropy)
    return {**seed.state, "entropy": whole}


def _plain(raw: Any) -> Any:
    """Return the state of a bit generator with tuples of whole numbers for its arrays."""
    if isinstance(raw, dict):
        return {key: _plain(one) for key, one in raw.items()}
    return tuple(raw.tolist()) if isinstance(raw, np.ndarray) else raw


def generator_of(state: Mapping[str, Any]) -> np.random.Generator:
    """Return a new generator that goes on from what :func:`remembered` gave.

    Raises
    ------
    ValueError
        If it is not the state of one of NumPy's generators.
    """
    kinds = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")
    own, kind = dict(state), state.get("bit_generator")
    seed = own.pop("seed", None)
    if kind not in kinds:
        raise ValueError(f"{kind!r} is not one of {', '.join(kinds)}")
    try:
        bits = getattr(np.random, kind)(np.random.SeedSequence(**(seed or {})))
        bits.state = own
    except (TypeError, KeyError, IndexError, OverflowError) as error:
        raise ValueError(f"that is not the state of a {kind} ({error!r})") from error
    return np.random.Generator(bits)


def going_on(
    randomness: Randomness | None, rng: Seed, seeds: Sequence[Seed] | None
) -> tuple[list[np.random.Generator], Randomness | None]:
    """Return the generators of a training, and where a state stands in them, if they are its own.

    They are the state's own where neither ``rng`` nor ``seeds`` is given, or the seeds are those
    that the state comes from. Others begin a new stream.
    """
    given = None
    if seeds is not None:
        given = [check_generator(f"seeds[{i}]", seed) for i, seed in enumerate(seeds)]
    elif rng is not None or randomness is None:
        given = [check_generator("rng", rng)]
    if randomness is None or (given and not _are_its_own(given, randomness)):
        return given or [], None
    return [*map(generator_of, randomness.generators)], randomness


def _are_its_own(given: Generators, randomness: Randomness) -> bool:
    """Tell whether generators were made from the same seeds as a state's."""

    def key(seed: Any) -> Any:
        return seed and (seed["entropy"], seed["spawn_key"])

    seeds = [key(_seed(rng)) for rng in given]
    return None not in seeds and seeds == [key(one["seed"]) for one in randomness.generators]
