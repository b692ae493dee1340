"""The training of a case, also of one that :func:`neurona.train` would not begin.

A doctor has to see what it speaks of. So targets that an output cannot reach are trained on, and a
cross-entropy after any output, as other libraries do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from neurona.doctor.case import Case
from neurona.engine.costs import CROSS_ENTROPIES, Cost, find_cost
from neurona.engine.data import Data, check_data, check_two_classes, unfilled
from neurona.engine.network import Network
from neurona.engine.orders import epoch_of_batches
from neurona.engine.state import State
from neurona.engine.training import train
from neurona.engine.types import Array
from neurona.engine.weighting import shares

_CLIP = 1e-7
MOST_ROWS = 500  # examples of a pass: enough for shares and sizes to one or two hundredths


@dataclass(frozen=True)
class OfPredictions:
    """Cross-entropy of the predictions p, whatever the output's activation, as in Keras.

    The binary one is -t log p - (1 - t) log(1 - p); the categorical one -Σ t log q, where q are the
    p of an example divided by their sum. p and q stay between 1e-7 and 1 - 1e-7, beyond which there
    is no gradient.

    Examples
    --------
    >>> value, d = OfPredictions(categorical=False)(np.array([[0.5]]), np.array([[1.0]]))
    >>> round(float(value), 4), d
    (0.6931, array([[-2.]]))
    """

    categorical: bool
    link: ClassVar[str | None] = None

    def __call__(
        self, output: Array, target: Array, weight: Array | None = None
    ) -> tuple[Array, Array]:
        """Return the cost and its derivative by the predictions ``output``."""
        share = shares(weight, output.shape[-2])
        total = output.sum(axis=-1, keepdims=True) if self.categorical else np.ones_like(output)
        total = np.where(abs(total) < _CLIP, _CLIP, total)
        q = output / total
        p = np.clip(q, _CLIP, 1 - _CLIP)
        inside = (q > _CLIP) & (q < 1 - _CLIP)
        if self.categorical:
            value = (share * -target * np.log(p)).sum(axis=(-2, -1))
            dq = np.where(inside, -target / p, 0)
            return value, share * (dq - (dq * q).sum(axis=-1, keepdims=True)) / total
        share = share / output.shape[-1]
        value = (share * -(target * np.log(p) + (1 - target) * np.log1p(-p))).sum(axis=(-2, -1))
        return value, share * np.where(inside, (p - target) / (p * (1 - p)), 0)


def cost_of(case: Case) -> Cost:
    """Return the cost of a case: a cross-entropy that does not fit the output is of predictions.

    Raises
    ------
    ValueError
        If there is no cost of that name.
    """
    try:
        return find_cost(case.cost, case.net)
    except ValueError:
        for activation, kind in CROSS_ENTROPIES.items():
            names = (kind, kind.__name__, _snake(kind.__name__))
            if case.cost in names or isinstance(case.cost, kind):
                return OfPredictions(categorical=activation == "softmax")
        if case.cost == "cross_entropy":
            return OfPredictions(categorical=case.net.out_shape()[-1] > 1)
        raise


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def examples(case: Case) -> Data:
    """Return the training examples as arrays, whether or not the targets suit the output.

    Raises
    ------
    ValueError
        If a shape does not fit, or a number is not finite.
    """
    return check_data(case.net.logits, case.X, case.y)


def by_place(net: Network, rows: Array) -> Array:
    """Return targets, or predictions of one network, with a row for each example and place.

    The output of a series has a place for each step, and each of them is judged as an example is.
    """
    n_out = net.out_shape()[-1]
    return rows.reshape(-1, n_out)


def validation_examples(case: Case) -> Data | None:
    """Return the examples that training does not see, as arrays; None if there are none."""
    if case.X_val is None or case.y_val is None:
        return None
    return check_data(case.net.logits, case.X_val, case.y_val)


def is_refused(case: Case) -> bool:
    """Return whether :func:`neurona.train` would not begin with these targets or this cost."""
    try:
        check_two_classes(case.net, check_data(case.net, case.X, case.y).target)
        find_cost(case.cost, case.net)
    except ValueError:
        return True
    return False


def states(
    case: Case,
    *,
    every: int | Callable[[], int] | None = None,
    seeds: Sequence[int] | None = None,
    learning_rates: Sequence[Any] | None = None,
    engine: str = "numpy",
) -> Iterator[State]:
    """Train as the case says; with several ``seeds``, a stack of networks.

    A stack may have a learning rate for each network, in place of the case's.

    The batches come from :func:`neurona.train`, or in a fixed order if the case does not shuffle.

    Raises
    ------
    TrainingDiverged
        From the iterator, when the cost stops being finite.
    """
    data = examples(case)
    size = min(case.batch_size or data.n, data.n)
    chance: dict[str, Any] = {"rng": case.seed} if seeds is None else {"seeds": seeds}
    y = data.target.reshape(data.n, *case.net.out_shape())
    source: dict[str, Any] = {"X": data.x, "y": y, "batch_size": size}
    if is_refused(case) or (size < data.n and not case.shuffle):
        source = {"batches": _batches(data, size, case)}
        every = every or -(-data.n // size)
    return train(
        case.net,
        **source,
        cost=cost_of(case),
        optimizer=case.optimizer,
        steps=case.steps,
        every=every,
        l1=case.l1,
        l2=case.l2,
        start=case.params,
        learning_rates=learning_rates,
        engine=engine,
        **chance,
    )


def _batches(data: Data, size: int, case: Case) -> Any:
    """Return what makes the batches of an epoch: examples that are not checked again."""
    if not case.shuffle or size == data.n:
        return [data.rows(slice(k, k + size)) for k in range(0, data.n, size)]
    rng = np.random.default_rng([case.seed, 1])
    return lambda: iter([data.rows(unfilled(rows)) for rows in epoch_of_batches(data.n, size, rng)])


def thinned(data: Data, most: int = MOST_ROWS) -> Data:
    """Return so many of the examples at most, at even distances."""
    return data if data.n <= most else data.rows(spread_rows(data.n, most))


def spread_rows(n: int, most: int) -> Array:
    """Return so many row numbers of n at most, at even distances."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(int))
