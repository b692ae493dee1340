"""Rows that are kept aside to judge the weights by, where early stopping is asked for.

``fit`` draws them from its table. ``partial_fit`` sees a part of a stream at a time. Whoever learns
in parts gives the same rows again in each pass, and a row must not be learnt from in one pass and
judged by in the next. So nothing is drawn there: a row is held out where its digest, a number that
what it holds decides alone, lies below a limit [1]_. However many rows come, those with the
smallest digests stay, which are an even sample of all that are different.

.. [1] Cohen and Kaplan, "Summarizing data using bottom-k sketches", 2007, on the sample; the digest
   is BLAKE2b, RFC 7693.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from neurona.checks import check_share
from neurona.estimators.examples import Examples, Prepared
from neurona.tables.large import LargeTable

MOST = 2_000  # rows: enough to tell 1 % of accuracy, few enough to be judged by after each part


def split(
    examples: Examples,
    share: Any,
    strata: Callable[[NDArray[Any], int], NDArray[Any] | None],
    seed: int,
) -> tuple[Examples, Examples]:
    """Draw the rows to hold out of one table; return those to learn from, and those to judge by.

    Parameters
    ----------
    examples
        All of them.
    share
        How many are held out, rounded up.
    strata
        Tells, of the targets and the number of rows to hold out, what to hold out like shares of.
    seed
        Decides which they are.

    Raises
    ------
    ValueError
        If the share is none, or the rows are too few.
    """
    n = len(examples)
    n_held_out = ceil(check_share("validation_fraction", share) * n)
    if n < 3:
        raise ValueError(
            f"X has {n} rows (n_samples={n}), and early_stopping holds out one: 3 are needed, "
            "or rows to judge by as validation"
        )
    rows, held_out = train_test_split(
        np.arange(n),
        test_size=min(n_held_out, n - 1),
        random_state=seed,
        stratify=strata(examples.y, n_held_out),
    )
    if isinstance(examples.table, LargeTable):  # a file is read in its order
        rows, held_out = np.sort(rows), np.sort(held_out)
    return examples[rows], examples[held_out]


class HeldOut:
    """A sample of the different rows of a stream, of bounded size.

    Parameters
    ----------
    share
        Of the rows, between 0 and 1.
    most
        How many are kept.

    Attributes
    ----------
    x : (n, p)
        The network's input of each row held out.
    y : (n,) or (n, outputs)
        Their targets, as the person gave them.
    weight : (n,)
        How much each counts.

    Examples
    --------
    >>> held_out = HeldOut(0.2)
    >>> x, y = np.arange(1000.0)[:, None], np.zeros(1000)
    >>> aside = held_out.take(x, y, None, digests_of(x))
    >>> bool(len(held_out) == aside.sum()), 150 < len(held_out) < 250
    (True, True)
    >>> again = held_out.take(x, y, None, digests_of(x))
    >>> bool((again == aside).all()), bool(len(held_out) == aside.sum())
    (True, True)
    """

    def __init__(self, share: float, most: int = MOST) -> None:
        self.limit = np.uint64(share * 2.0**64)
        self.most = most
        self.x: NDArray[np.float64] | None = None
        self.y: NDArray[Any] | None = None
        self.weight = np.empty(0)
        self.digests = np.empty(0, np.uint64)

    def __len__(self) -> int:
        return len(self.digests)

    def examples(self) -> Examples | None:
        """Return the rows that are held out, or None while there are none."""
        if self.x is None or self.y is None or not len(self):
            return None
        return Examples(Prepared(self.x), self.y, self.weight, np.arange(len(self)))

    def take(
        self,
        x: NDArray[np.float64],
        y: NDArray[Any],
        weight: NDArray[np.float64] | None,
        digests: NDArray[np.uint64],
    ) -> NDArray[np.bool_]:
        """Keep what is to be held out of some rows, and tell which of them it is.

        Returns
        -------
        (n,)
            The rows that must not be learnt from.
        """
        aside: NDArray[np.bool_] = digests < self.limit
        every, first = np.unique(
            np.concatenate([self.digests, digests[aside]]), return_index=True
        )  # each row once, the smallest digests first
        if len(every) > self.most:
            self.limit = every[self.most]
        kept = first[: self.most]
        self.digests = every[: self.most]
        self.x = (x[aside] if self.x is None else np.concatenate([self.x, x[aside]]))[kept]
        self.y = (y[aside] if self.y is None else np.concatenate([self.y, y[aside]]))[kept]
        weight = np.ones(len(x)) if weight is None else weight
        self.weight = np.concatenate([self.weight, weight[aside]])[kept]
        return aside


def digests_of(rows: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Return 64 bits for each row, the same for equal rows and else as if they were drawn.

    >>> one, other, same = digests_of(np.array([[0.0, 1.0], [1.0, 0.0], [-0.0, 1.0]]))
    >>> bool(one == same), bool(one == other)
    (True, False)
    """
    rows = np.ascontiguousarray(rows + 0.0, np.float32)  # of -0.0 and 0.0 the same bytes
    digests = b"".join(blake2b(row, digest_size=8).digest() for row in rows)
    return np.frombuffer(digests, "<u8").astype(np.uint64)
