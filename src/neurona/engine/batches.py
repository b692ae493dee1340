"""Where the batches of a training come from: arrays in memory, a file, or batches made elsewhere.

Arrays in memory are drawn from by row numbers, in a new order each epoch. Data that may be larger
than memory is a :class:`Stream`: batches are read as the training comes to them, and a few dozen
megabytes are held at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, inf
from typing import Any

import numpy as np

from neurona.checks import check_count
from neurona.engine.augmentation import Augment, check_augmentation
from neurona.engine.data import LARGE, Data, check_data, check_two_classes, rows_at_once, unfilled
from neurona.engine.network import Network
from neurona.engine.orders import epoch_of_batches
from neurona.engine.randomness import Generators, Place, Randomness
from neurona.engine.statistics import POPULATION
from neurona.engine.streams import BATCH, Rows, Stream, length_of
from neurona.engine.types import Array


class Draws:
    """Mini-batches of rows in memory, each epoch in a new order; or all the rows in each step.

    Several generators, one for each network of a stack, give each network an order of its own.
    Where the ``randomness`` of a state is given, its epoch goes on.
    """

    in_parts = False
    seen: Sequence[Data] = ()  # all of the data is there
    as_they_are = True

    def __init__(
        self,
        data: Data,
        size: int,
        generators: Generators,
        randomness: Randomness | None = None,
        most: int = POPULATION,
    ) -> None:
        n = data.n
        self.data = data
        self.size = size
        self.whole = self.as_they_are and size == n  # the same examples in each step
        self.steps_an_epoch: int = ceil(n / size)
        self._place = Place(generators)
        self._epoch: Any = np.empty((0, size), int)  # the batches that are left of this epoch
        self._population = population(data, most)
        self._before = 0  # batches of the first epoch that were taken before
        if randomness and not self.whole and (randomness.rows, randomness.size) == (n, size):
            epochs, self._before = divmod(randomness.taken, self.steps_an_epoch)
            for _ in range(epochs + bool(self._before)):
                self._begin()
            self._epoch = self._epoch[self._before or len(self._epoch) :]

    def steps(self, epochs: int | None) -> float:
        """Return how many steps so many epochs have, or 1,000."""
        return 1000 if epochs is None else epochs * self.steps_an_epoch

    def chunks(self, count: float, most: float = inf) -> Iterator[tuple[int, Any, bool]]:
        """Yield some numbers of the next steps, their rows, and whether these are the last."""
        while count > 0:
            now = int(min(count, most))
            count -= now
            yield now, None if self.whole else self._rows(now), count == 0

    def _rows(self, count: int) -> Array:
        parts = []
        while count:
            if not len(self._epoch):
                self._begin()
            parts.append(self._epoch[:count])
            self._epoch = self._epoch[count:]
            count -= len(parts[-1])
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _begin(self) -> None:
        """Draw the batches of an epoch."""
        self._place.begin()
        n, generators = self.data.n, self._place.generators
        each = [epoch_of_batches(n, self.size, rng) for rng in generators]
        self._epoch = each[0] if len(each) == 1 else np.stack(each, axis=1)

    def randomness(self, noise: tuple[int, ...]) -> Randomness:
        """Return where the drawing stands."""
        left = len(self._epoch)
        if not (left or self.whole):
            self._place.begin()
        taken = self.steps_an_epoch - left if left else 0
        return Randomness(self._place.states(), noise, taken, self.data.n, self.size)

    def epochs(self, steps: int) -> int:
        """Return how many epochs are over after so many steps."""
        return (self._before + steps) // self.steps_an_epoch

    def first(self) -> Data:
        """Return the examples that the first state's cost is of: all of them."""
        return self.data

    def examples(self, seen: Sequence[Any]) -> Data:
        """Return the examples that layers are calibrated on."""
        return self._population


class AugmentedDraws(Draws):
    """Mini-batches whose examples are changed at random when they are drawn.

    They are made on the host, for either engine. The number of an epoch's batch and a seed, which
    is drawn with the epoch's order, decide how, so that a training that goes on changes them as it
    would have without a stop. The first cost, and calibrations, see the examples as they were.
    """

    as_they_are = False

    def __init__(
        self,
        augment: Augment,
        data: Data,
        size: int,
        generators: Generators,
        randomness: Randomness | None = None,
        most: int = POPULATION,
    ) -> None:
        self.augment = augment
        super().__init__(data, size, generators, randomness, most)
        self._most = max(1, LARGE // (size * max(1, data.x.nbytes // data.n)))

    def chunks(self, count: float, most: float = inf) -> Iterator[tuple[int, list[Data], bool]]:
        """Yield some numbers of the next steps and their batches, 64 MB of them at a time."""
        while count > 0:
            now = int(min(count, most, self._most))
            count -= now
            yield now, [self._next() for _ in range(now)], count == 0

    def _begin(self) -> None:
        super()._begin()
        self._seeds = [int(rng.integers(2**63)) for rng in self._place.generators]

    def _next(self) -> Data:
        (rows,) = self._rows(1)
        number = self.steps_an_epoch - len(self._epoch)
        data = self.data.rows(unfilled(rows))
        each = [np.random.default_rng([seed, number]) for seed in self._seeds]
        if len(each) == 1:
            return data._replace(x=self._augmented(data.x, each[0]))
        pairs = zip(data.x, each, strict=True)
        return data._replace(x=np.stack([self._augmented(x, rng) for x, rng in pairs]))

    def _augmented(self, x: Array, rng: np.random.Generator) -> Array:
        made = np.asarray(self.augment(x, rng))
        if made.shape != x.shape:
            raise ValueError(
                f"the augmentation makes {made.shape} of a batch of shape {x.shape}: it must "
                "return as many examples of the same shape"
            )
        return made.astype(x.dtype, copy=False)


def most_calibrated(net: Network) -> int:
    """Return how many examples layers are calibrated on: of images fewer, which have many places.

    >>> from neurona.engine.network import network
    >>> most_calibrated(network([784, 64, 10]))
    10000
    >>> most_calibrated(network("28x28x1, conv 16, flatten, 10"))
    3096
    """
    return min(POPULATION, 8 * rows_at_once(net))


def population(data: Data, most: int = POPULATION) -> Data:
    """Return the examples with a weight, and of more than 10,000 as many at even distances.

    An estimate from 10,000 is good to one or two hundredths of a standard deviation, and a state
    that is handed out after each epoch must not cost another epoch.
    """
    rows = np.arange(data.n)
    if data.weight is not None:
        rows = np.flatnonzero(data.weight.reshape(-1, data.n).any(axis=0))
    if len(rows) > most:
        rows = rows[np.linspace(0, len(rows) - 1, most).astype(int)]
    return data.rows(rows)


def source_of(
    net: Network,
    X: Any,
    y: Any,
    sample_weight: Any,
    batches: Any,
    batch_size: Any,
    dtype: Any,
    generators: Generators,
    networks: int | None = None,
    randomness: Randomness | None = None,
    stream: type[Stream] = Stream,
    augmentation: Augment | None = None,
) -> Draws | Stream:
    """Return where the batches of a training come from; check what can be checked beforehand.

    The generators are one, or one for each of the ``networks`` of a stack; the epoch of a state's
    ``randomness`` goes on.

    Raises
    ------
    ValueError
        If the examples do not fit the network, or both arrays and batches are given.
    """
    if batches is not None:
        for name, given in {"X": X, "y": y, "sample_weight": sample_weight}.items():
            if given is not None:
                raise ValueError(f"give {name} within the batches, (X, y, weight), or no batches")
        if batch_size is not None:
            raise ValueError("batches are taken as they come: leave batch_size out")
        if augmentation is not None:
            raise ValueError("batches are taken as they come: augment them where they are made")
        return stream(net, batches, dtype, generators, randomness, length_of(batches))
    size = None if batch_size is None else check_count("batch_size", batch_size)
    if augmentation is not None:
        check_augmentation(augmentation, net.in_shape)
    elif isinstance(X, np.memmap) and X.nbytes > LARGE and (size or BATCH) < len(X):
        rows = Rows.of(net, X, y, sample_weight, dtype, size or BATCH)
        return Stream(net, rows, dtype, generators, randomness, len(X), size or BATCH)
    data = check_data(net, X, y, sample_weight, dtype, networks=networks)
    check_two_classes(net, data.target)
    size = data.n if size is None else min(size, data.n)
    most = most_calibrated(net)
    if augmentation is None:
        return Draws(data, size, generators, randomness, most)
    return AugmentedDraws(augmentation, data, size, generators, randomness, most)
