"""The order in which examples come: anew in each epoch, in a large file by blocks."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

import numpy as np

from neurona.engine.types import Array

WINDOW = 2**25  # bytes of a file whose rows are shuffled together
BLOCK = 2**18  # bytes of a file that are read in a row


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
