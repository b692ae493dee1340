"""Validation: rows that are held out, and the state that is best on them.

``fit`` draws them from its table. ``partial_fit`` sees a part of a stream at a time. A stream may
bring the same rows again in each pass, and a row must not be learned from in one pass and validate
in the next. So nothing is drawn there: a row is held out where its hash, a number that depends on
its cells alone, lies below a limit [1]_. However many rows come, those with the smallest hashes
stay, which are an even sample of all that are different.

.. [1] Cohen and Kaplan, "Summarizing data using bottom-k sketches", 2007, on the sample; the hash
   is BLAKE2b, RFC 7693.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from inspect import signature
from math import ceil
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from neurona.engine.state import State
from neurona.estimators.examples import Examples
from neurona.tables.table import Prepared
from neurona.warn import warn

MOST = 2_000  # rows: enough to tell 1 % of accuracy, few enough to be predicted after each part;
# of very many columns fewer, so that they take 64 MB at most


def split(
    examples: Examples,
    share: float,
    strata: Callable[[NDArray[Any], int], NDArray[Any] | None],
    seed: int,
) -> tuple[Examples, Examples]:
    """Draw the rows to hold out of one table; return the training set and the validation set.

    Parameters
    ----------
    examples
        All of them.
    share
        How many are held out, rounded up.
    strata
        Takes the targets and the number of rows to hold out; returns the groups that both sets
        shall have the same shares of.
    seed
        Decides which they are.

    Raises
    ------
    ValueError
        If the rows are too few.
    """
    n = len(examples)
    n_held_out = ceil(share * n)
    if n < 3:
        raise ValueError(
            f"X has {n} rows (n_samples={n}), and early_stopping holds out one: 3 are needed, "
            "or rows given as validation"
        )
    rows, held_out = train_test_split(
        np.arange(n),
        test_size=min(n_held_out, n - 1),
        random_state=seed,
        stratify=strata(examples.y, n_held_out),
    )
    ordered = examples.table.ordered
    return examples[ordered(rows)], examples[ordered(held_out)]


def validation_rows(together: Any, X: Any, y: Any, weight: Any) -> tuple[Any, Any, Any] | None:
    """Return the rows given to validate by, their targets and weights; None where none are given.

    Raises
    ------
    ValueError
        If rows are given without targets, or twice.
    """
    if together is None:
        if X is None and y is None and weight is None:
            return None
        if X is None or y is None:
            raise ValueError(
                f"{'X_val' if X is None else 'y_val'} is missing: rows to validate by need both, "
                "X_val and y_val"
            )
        return X, y, weight
    if not (X is None and y is None and weight is None):
        raise ValueError("validation is (X_val, y_val) together: leave one of the two out")
    if not isinstance(together, tuple | list) or len(together) not in (2, 3):
        raise ValueError(
            "validation must be (X, y), or (X, y, sample_weight), or rather X_val and y_val apart: "
            "a table of rows, their targets, and how much each counts"
        )
    warn(
        "validation=(X, y) becomes X_val=X, y_val=y: a Pipeline can transform X_val as it "
        "transforms X (transform_input=['X_val']), and leaves validation as it is",
        FutureWarning,
    )
    X, y, weight = (*together, None)[:3]
    return X, y, weight


class ValidationSample:
    """A sample of the different rows of a stream, of bounded size.

    Parameters
    ----------
    share
        Of the rows, between 0 and 1.
    most
        How many are kept.

    Attributes
    ----------
    x : (n, n_in)
        The network's input of each row held out.
    y : (n,) or (n, outputs)
        Their targets, as the person gave them.
    weight : (n,)
        How much each counts.

    Examples
    --------
    >>> sample = ValidationSample(0.2)
    >>> x, y = np.arange(1000.0)[:, None], np.zeros(1000)
    >>> held_out = sample.hold_out(x, y, None, hashes_of(x))
    >>> bool(len(sample) == held_out.sum()), 150 < len(sample) < 250
    (True, True)
    >>> again = sample.hold_out(x, y, None, hashes_of(x))
    >>> bool((again == held_out).all()), bool(len(sample) == held_out.sum())
    (True, True)
    """

    def __init__(self, share: float, most: int = MOST) -> None:
        self.limit = np.uint64(share * 2.0**64)
        self.most = most
        self.x: NDArray[np.float64] | None = None
        self.y: NDArray[Any] | None = None
        self.weight = np.empty(0)
        self.hashes = np.empty(0, np.uint64)

    def __len__(self) -> int:
        return len(self.hashes)

    def examples(self) -> Examples | None:
        """Return the rows that are held out, or None while there are none."""
        if self.x is None or self.y is None or not len(self):
            return None
        return Examples(Prepared(self.x), self.y, self.weight, np.arange(len(self)))

    def hold_out(
        self,
        x: NDArray[np.float64],
        y: NDArray[Any],
        weight: NDArray[np.float64] | None,
        hashes: NDArray[np.uint64],
    ) -> NDArray[np.bool_]:
        """Keep the rows to be held out of some, and tell which they are.

        Returns
        -------
        (n,)
            The rows that must not be learned from.
        """
        held_out: NDArray[np.bool_] = hashes < self.limit
        every, first = np.unique(
            np.concatenate([self.hashes, hashes[held_out]]), return_index=True
        )  # each row once, the smallest hashes first
        if len(every) > self.most:
            self.limit = every[self.most]
        kept = first[: self.most]
        self.hashes = every[: self.most]
        self.x = (x[held_out] if self.x is None else np.concatenate([self.x, x[held_out]]))[kept]
        self.y = (y[held_out] if self.y is None else np.concatenate([self.y, y[held_out]]))[kept]
        weight = np.ones(len(x)) if weight is None else weight
        self.weight = np.concatenate([self.weight, weight[held_out]])[kept]
        return held_out


def hashes_of(rows: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Return 64 bits for each row, the same for equal rows and else as if they were drawn.

    >>> one, other, same = hashes_of(np.array([[0.0, 1.0], [1.0, 0.0], [-0.0, 1.0]]))
    >>> bool(one == same), bool(one == other)
    (True, False)
    """
    rows = np.ascontiguousarray(rows + 0.0, np.float32)  # of -0.0 and 0.0 the same bytes
    hashes = b"".join(blake2b(row, digest_size=8).digest() for row in rows)
    return np.frombuffer(hashes, "<u8").astype(np.uint64)


class Evaluation(NamedTuple):
    """The score of some weights, of which more is better, and their cost, of which less is."""

    score: float
    cost: float


class BestState:
    """The state with the best validation score so far.

    Parameters
    ----------
    evaluate
        Returns the score and the cost of the weights of the moment.
    patience
        Epochs to wait for a better score; None to wait for ever.

    Attributes
    ----------
    state
        The best, or None before the first.
    stop
        Whether no state has beaten it for ``patience`` epochs.
    """

    def __init__(self, evaluate: Callable[[], Evaluation], patience: int | None) -> None:
        self.evaluate = evaluate
        self.patience = patience
        self.score = -np.inf
        self.state: State | None = None
        self.stop = False

    def update(self, state: State) -> Evaluation:
        """Evaluate the state, whose weights are those of the moment, and keep it if it is best."""
        evaluation = self.evaluate()
        best, score = self.state, self.score
        if best is None or evaluation.score > score or np.isnan(score):
            best, score = state, evaluation.score
        self.go_on(state, best, score)
        return evaluation

    def go_on(self, state: State, best: State, score: float) -> None:
        """Go on from a state, with the best one so far and its score."""
        self.state, self.score = best, score
        self.stop = self.patience is not None and state.epoch - best.epoch >= self.patience


def takes_weights(scorer: Callable[..., Any]) -> bool:
    """Tell whether a scorer lets rows count by ``sample_weight``: ``max_error`` for one does not.

    >>> from sklearn.metrics import get_scorer
    >>> takes_weights(get_scorer("accuracy")), takes_weights(get_scorer("neg_max_error"))
    (True, False)
    """
    return "sample_weight" in signature(getattr(scorer, "_score_func", scorer)).parameters


def normalized(weight: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    """Return the weights times a power of two, so that float32 holds them; only shares matter.

    >>> normalized(np.array([3e-300, 6e-300])).round(1)
    array([0.3, 0.5])
    """
    return None if weight is None else np.ldexp(weight, -np.frexp(weight.max())[1])
