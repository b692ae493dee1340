"""Where the batches of a training come from: arrays in memory, a file, or batches made elsewhere.

Arrays in memory are drawn from by row numbers, in a new order each epoch. Data that may be larger
than memory is a :class:`Stream`: batches are read as the training comes to them, and a few dozen
megabytes are held at a time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import ceil, inf
from typing import Any

import numpy as np

from neurona.checks import check_count
from neurona.engine.augmentation import Augment, check_augmentation
from neurona.engine.data import (
    HELD,
    LARGE,
    NOTHING,
    Data,
    check_data,
    check_two_classes,
    check_weights,
    rows_at_once,
    unfilled,
)
from neurona.engine.network import Network
from neurona.engine.randomness import Generators, Place, Randomness
from neurona.engine.types import Array

WINDOW = 2**25  # bytes of a file whose rows are shuffled together
BLOCK = 2**18  # bytes of a file that are read in a row
BATCH = 1024  # rows of a batch, where a file's rows are too many for one
POPULATION = 10_000  # rows from which mean and variance are known to about 1 %, whatever follows


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


class Stream:
    """Batches that are read as the training comes to them, pass after pass.

    Each is checked as it comes, and a few megabytes of them are held. Where the ``randomness`` of a
    state is given, its pass goes on: as many batches as it has taken are left out. ``rows`` and
    ``size`` are those of its randomness; a pass of another number of batches begins anew.

    >>> import neurona
    >>> net = neurona.network([2, 1], "sigmoid")
    >>> stream = Stream(net, [([[0, 1]], [1]), ([[1, 1], [1, 0]], [0, 1])], np.float32)
    >>> stream.steps(epochs=2), [batch.n for _, [batch], _ in stream.chunks(1)]
    (inf, [1])
    >>> [batch.n for _, chunk, _ in stream.chunks(np.inf) for batch in chunk]  # to the pass's end
    [2]
    >>> stream.epochs(1), stream.epochs(2)
    (0, 1)
    """

    data = NOTHING
    size = 1
    whole = False
    in_parts = True  # some of the rows may have come before
    steps_an_epoch = inf  # nobody knows before the end of the first

    def __init__(
        self,
        net: Network,
        batches: Any,
        dtype: Any,
        generators: Generators = (),
        randomness: Randomness | None = None,
        rows: int = 0,
        size: int = 0,
    ) -> None:
        self.net = net
        self.dtype = dtype
        self._pass, self._once = passes_of(batches, generators)
        self._place = Place(generators)
        self._form = rows, size
        same = randomness and not self._once and (randomness.rows, randomness.size) == self._form
        self._before = randomness.taken if randomness and same else 0
        self._most: float = inf
        self._ends: list[int] = []  # the steps after which a pass was over
        self._drawn = 0
        self._batches = self._endless()
        self._waiting: list[Data] = []
        self.seen: Sequence[Data] = []  # the latest, as far as layers are calibrated on them

    def steps(self, epochs: int | None) -> float:
        """Remember to end after so many passes, or after one; nobody knows their steps."""
        if self._once and epochs is not None and epochs > 1:
            raise ValueError(
                f"batches is an iterator, which can be gone through once, and epochs is {epochs}: "
                "give a function that makes the iterator, or a list, or leave epochs out"
            )
        self._most = 1 if epochs is None else epochs
        return inf

    def chunks(self, count: float, most: float = inf) -> Iterator[tuple[int, list[Data], bool]]:
        """Yield some numbers of the next steps and their batches, a few megabytes at a time.

        They are fewer where the batches end, and none is then known to be the last before the next
        is asked for. Where ``count`` is infinite they go to the end of the pass.
        """
        chunk: list[Data] = []
        held = 0
        while count > 0:
            batch = self._next()
            if batch is None:
                break
            chunk.append(batch)
            held += batch.x.nbytes + batch.target.nbytes
            count -= 1
            over = self._ends and self._ends[-1] == self._drawn and not self._waiting
            if count == inf and over:
                break
            if (held >= HELD or len(chunk) >= most) and count:
                yield len(chunk), chunk, False
                chunk, held = [], 0
        if chunk:
            yield len(chunk), chunk, True

    def randomness(self, noise: tuple[int, ...]) -> Randomness:
        """Return where the pass stands."""
        begun = self._ends[-1] if self._ends else -self._before
        taken = self._drawn - len(self._waiting) - begun
        if self._ends and not taken:
            self._place.begin()
        return Randomness(self._place.states(), noise, taken, *self._form)

    def epochs(self, steps: int) -> int:
        """Return how many passes were over after so many steps."""
        return bisect_right(self._ends, steps)

    def first(self) -> Data:
        """Return the first batch, which stays the first: the first state's cost is of it."""
        batch = self._next()
        if batch is None:
            raise ValueError("batches gives no batch: give at least one, (X, y)")
        self._waiting.append(batch)
        return batch

    def examples(self, seen: Sequence[Data]) -> Data | None:
        """Return the latest examples that steps have seen, some 10,000; None before the first."""
        self.seen = latest([*self.seen, *seen])
        return together(self.seen) if self.seen else None

    def _next(self) -> Data | None:
        return self._waiting.pop() if self._waiting else next(self._batches, None)

    def _endless(self) -> Iterator[Data]:
        """Yield the batches; with the last of a pass, it is known that the pass is over."""
        before = self._before
        while len(self._ends) < self._most:
            self._place.begin()
            drawn = self._drawn
            for batch, is_last in self._each(iter(self._pass(before))):
                self._drawn += 1
                if is_last:
                    self._ends.append(self._drawn)
                yield batch
            if self._drawn == drawn and before:  # that pass was over
                before = self._before = 0
                continue
            before = 0
            if self._drawn == drawn:
                if self._ends and not self._once:
                    raise ValueError(
                        "batches gave no batch in a later pass: a function must make a new "
                        "iterator each time"
                    )
                return

    def _each(self, batches: Iterator[Any]) -> Iterator[tuple[Data, bool]]:
        """Yield the batches of a pass, checked, and whether each is the last."""
        batch = next(batches, None)
        while batch is not None:
            following = next(batches, None)
            yield self._checked(batch, self._drawn + 1), following is None
            batch = following

    def _checked(self, batch: Any, number: int) -> Data:
        if isinstance(batch, Data):
            return batch
        if not isinstance(batch, tuple | list) or len(batch) not in (2, 3):
            raise ValueError(
                f"batch {number} is a {type(batch).__name__}: each batch must be (X, y), or "
                "(X, y, weight)"
            )
        try:
            X, y, weight = (*batch, None)[:3]
            return check_data(self.net, X, y, weight, self.dtype)
        except ValueError as error:
            raise ValueError(f"batch {number}: {error}") from None


def latest(batches: list[Data], parts: int = 1) -> list[Data]:
    """Return the last batches, as many as have 10,000 rows or 64 MB: earlier ones are not held.

    Where they are one of so many ``parts`` of batches, the rows of all parts are counted.

    Examples
    --------
    >>> batches = [Data(np.ones((4_000, 1)), np.ones((4_000, 1)), None)] * 5
    >>> len(latest(batches))
    3
    """
    rows = np.cumsum([parts * batch.n for batch in reversed(batches)])
    held = np.cumsum([parts * batch.x.nbytes for batch in reversed(batches)])
    return batches[-1 - int(min(np.searchsorted(rows, POPULATION), np.searchsorted(held, LARGE))) :]


def together(batches: list[Data]) -> Data:
    """Return the examples of all the batches, and their weights."""
    x, target = (np.concatenate([batch[k] for batch in batches]) for k in (0, 1))
    if all(batch.weight is None for batch in batches):
        return Data(x, target, None)
    ones = (np.ones(one.n, x.dtype) if one.weight is None else one.weight for one in batches)
    return Data(x, target, np.concatenate(list(ones)))


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
        return stream(net, batches, dtype, generators, randomness, _length(batches))
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


def _length(batches: Any) -> int:
    """Return how many batches a pass has, 0 if nobody knows."""
    try:
        return len(batches)
    except TypeError:
        return 0


def passes_of(
    batches: Any, generators: Generators = ()
) -> tuple[Callable[[int], Iterable[Any]], bool]:
    """Return what makes a pass's batches but the first few, and whether there is only one pass.

    Raises
    ------
    ValueError
        If it is none of the things that give batches.
    """
    if callable(batches) and not hasattr(batches, "__iter__"):
        return lambda before: islice(batches(), before, None), False
    if hasattr(batches, "__next__"):
        return lambda before: batches, True
    if isinstance(batches, Rows):
        return lambda before: batches.after(before, generators[0]), False
    if hasattr(batches, "__iter__"):
        return lambda before: islice(batches, before, None), False
    if hasattr(batches, "__getitem__") and hasattr(batches, "__len__"):  # Keras' PyDataset
        return lambda before: (batches[i] for i in range(before, len(batches))), False
    raise ValueError(
        f"batches is a {type(batches).__name__}: give a list of batches (X, y), a loader, or a "
        "function without arguments that returns an iterator of them"
    )


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows that stay where they are until a batch of them is asked for.

    Attributes
    ----------
    take
        From row numbers to the examples, checked and in the engine's form.
    order
        Draws the row numbers of a pass's batches.
    """

    take: Callable[[Array], Data]
    order: Callable[[np.random.Generator], Iterator[Array]]

    def after(self, before: int, rng: np.random.Generator) -> Iterator[Data]:
        """Return the batches of a pass but the first few, which are not read."""
        return map(self.take, islice(self.order(rng), before, None))

    @classmethod
    def of(
        cls,
        net: Network,
        X: Array,
        y: Any,
        sample_weight: Any,
        dtype: Any,
        size: int,
    ) -> Rows:
        """Return the rows of a file, which come in the order of :func:`blocks`.

        The form is checked at once, by the first row; each number, when it is read.
        """
        n = len(X)
        y = np.asanyarray(y)
        if y.ndim == 0 or len(y) != n:
            raise ValueError(f"y has shape {y.shape}, but X has {n} rows: give one target a row")
        rows, targets = (
            np.asarray(X),
            np.asarray(y),
        )  # the same memory, without memmap's bookkeeping
        weight = None if sample_weight is None else check_weights(sample_weight, n, dtype)
        check_data(net, rows[:1], targets[:1], None, dtype)

        def take(which: Array) -> Data:
            data = check_data(net, rows[which], targets[which], None, dtype, numbers=which)
            return data if weight is None else data._replace(weight=weight[which])

        return cls(take, lambda rng: order_of(X, n, size, rng))


def order_of(X: Array, n: int, size: int, rng: np.random.Generator) -> Iterator[Array]:
    """Yield the row numbers of one pass's batches over n rows of X: a file's, block by block."""
    if not isinstance(X, np.memmap):
        return batches_of(rng.permutation(n), size)
    a_row = max(1, X.nbytes // len(X))
    return blocks(n, size, max(1, BLOCK // a_row), max(1, WINDOW // BLOCK), rng)


def batches_of(order: Array, size: int) -> Iterator[Array]:
    """Cut row numbers into batches; the last may be shorter."""
    return (order[begin : begin + size] for begin in range(0, len(order), size))


def epoch_of_batches(n: int, size: int, rng: np.random.Generator) -> Array:
    """Return the rows of all mini-batches of an epoch, in a new order; -1 fills up the last.

    Examples
    --------
    >>> batches = epoch_of_batches(5, 2, np.random.default_rng(0))
    >>> batches.shape, sorted(batches.ravel().tolist())
    ((3, 2), [-1, 0, 1, 2, 3, 4])
    """
    batches = np.full(ceil(n / size) * size, -1)
    batches[:n] = rng.permutation(n)
    return batches.reshape(-1, size)


def blocks(
    n: int, size: int, block: int, at_once: int, rng: np.random.Generator
) -> Iterator[Array]:
    """Yield the row numbers of one pass's batches, those of a few blocks at a time.

    The blocks, of consecutive rows, are put in a random order; so many at once are opened, and
    their rows shuffled. A disk then reads long pieces, and each row comes once [1]_.

    References
    ----------
    .. [1] Xu et al., "In-database machine learning with CorgiPile: stochastic gradient descent
       without full data shuffle", 2022, section 4.

    Examples
    --------
    >>> batches = list(blocks(10, 4, block=3, at_once=2, rng=np.random.default_rng(0)))
    >>> [len(batch) for batch in batches], sorted(np.concatenate(batches).tolist())
    ([4, 4, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    begins = rng.permutation(ceil(n / block)) * block
    rest: Array = np.empty(0, np.int64)
    for first in range(0, len(begins), at_once):
        opened = [np.arange(b, min(b + block, n)) for b in begins[first : first + at_once]]
        rows = np.concatenate([rest, rng.permutation(np.concatenate(opened))])
        whole = len(rows) - len(rows) % size
        yield from batches_of(rows[:whole], size)
        rest = rows[whole:]
    if len(rest):
        yield rest
