"""The random numbers of training steps, such as the neurons that a dropout drops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np

from neurona.engine.network import Network
from neurona.engine.parameters import mapped
from neurona.engine.randomness import Generators, Randomness
from neurona.engine.types import Noise

# The seed of one step's noise, (root, step); of a stack, one for each network.
StepSeed = tuple[Any, ...]


def roots_of(
    net: Network, generators: Generators, randomness: Randomness | None = None
) -> tuple[int, ...]:
    """Return the seeds that the noise of all steps goes by; none for a network without noise.

    They come from a child of the generator, so that initial weights and batches are those of the
    same network without noise. A state's are gone on with. Several generators, one for each network
    of a stack, give several.
    """
    if not net.has_training_mode:
        return ()
    if randomness and len(randomness.noise) == len(generators):
        return randomness.noise
    return tuple(int(rng.spawn(1)[0].integers(2**63)) for rng in generators)


def seeds_of_steps(roots: Sequence[int], step: int) -> Iterator[StepSeed] | None:
    """Return the seed of each step's noise from a step on; None for a network without noise.

    Each goes by the number of its step, so that a step's noise does not depend on how the steps are
    cut into chunks, nor on where a training was left and gone on.
    """
    if not roots:
        return None
    if len(roots) == 1:
        return ((roots[0], at) for at in count(step))
    return (tuple((root, at) for root in roots) for at in count(step))


def noise_of(net: Network, seed: StepSeed, batch: int) -> Noise:
    """Return what a seed draws for a batch of so many rows: an entry a layer, None for none.

    The first rows of a longer batch have the noise of a shorter one: an engine may fill it up.

    Examples
    --------
    >>> from neurona.engine.network import network
    >>> net = network([2, 4, 1], dropout=0.5)
    >>> [None if one is None else one.shape for one in noise_of(net, (0, 0), batch=3)]
    [None, (3, 4), None]
    """
    if isinstance(seed[0], tuple):
        each = [noise_of(net, one, batch) for one in seed]
        return mapped(lambda *drawn: None if drawn[0] is None else np.stack(drawn), *each)
    return tuple(
        layer.noise(_generator(*seed, place), (batch, *shape)) if layer.is_random else None
        for place, (layer, shape) in enumerate(
            zip(net.layers, net.in_shapes(net.in_shape), strict=True)
        )
    )


def _generator(*seed: int) -> np.random.Generator:
    """Return ``default_rng(seed)``, three times as fast: the seed is handed over as its words.

    >>> seed = 2**62 + 5, 7, 0
    >>> bool(_generator(*seed).random() == np.random.default_rng(seed).random())
    True
    """
    words = []
    for number in map(int, seed):
        words.append(number & 0xFFFFFFFF)
        while number := number >> 32:
            words.append(number & 0xFFFFFFFF)
    return np.random.default_rng(np.array(words, np.uint32))
