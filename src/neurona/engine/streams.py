"""Data that may be larger than memory: batches are read as the training comes to them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import inf
from typing import Any

import numpy as np

from neurona.engine.data import HELD, LARGE, NOTHING, Data, check_data, check_weights
from neurona.engine.network import Network
from neurona.engine.orders import order_of
from neurona.engine.randomness import Generators, Place, Randomness
from neurona.engine.statistics import POPULATION
from neurona.engine.types import Array

BATCH = 1024  # rows of a batch, where a file's rows are too many for one


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


def length_of(batches: Any) -> int:
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
        """Return the rows of a file, in the order of :func:`~neurona.engine.orders.blocks`.

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
