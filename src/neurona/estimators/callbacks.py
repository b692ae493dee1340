"""scikit-learn's callbacks on a fit, of which every epoch is a task.

>>> from sklearn.datasets import load_iris
>>> from neurona import NeuralNetClassifier
>>> class Enough:
...     def setup(self, estimator, context): ...
...     def teardown(self, estimator, context): ...
...     def on_fit_task_begin(self, estimator, context): ...
...     def on_fit_task_end(self, estimator, context):
...         return context.task_name == "epoch" and estimator.loss_ < 0.2
>>> net = NeuralNetClassifier(networks=1, random_state=0)
>>> if hasattr(net, "set_callbacks"):  # scikit-learn 1.9 and later
...     net = net.set_callbacks(Enough())
>>> net.fit(*load_iris(return_X_y=True)).loss_ < 0.25
True

scikit-learn has them from version 1.9 on (:mod:`sklearn.callback`). With an older one an estimator
has no ``set_callbacks``; all else works.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from sklearn.utils import _safe_indexing

from neurona.tables.table import Table

if TYPE_CHECKING:
    from neurona.engine.state import State

__all__ = ["CallbackSupportMixin", "is_watched", "tell_callbacks", "with_callbacks"]

Method = TypeVar("Method", bound=Callable[..., Any])

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ModuleNotFoundError:  # scikit-learn before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing: there are no callbacks to be set."""

    def with_callbacks(method: Method) -> Method:
        """Return the method: there is nothing to be torn down after it."""
        return method


def is_watched(estimator: Any) -> bool:
    """Tell whether callbacks were set, or handed down by a search or a pipeline."""
    return bool(getattr(estimator, "_skl_callbacks", ()))


def tell_callbacks(
    estimator: Any,
    states: Generator[State],
    most: int,
    X: Any,
    y: Any,
    weight: Any,
    rows: Any,
) -> Iterator[State]:
    """Hand on the states of a fit, one an epoch, and tell callbacks of them.

    The fit is a task, and in it each epoch of each trial is one. A callback that asks for them gets
    the rows that are learned from, as the person gave them, and an estimator with the weights of
    that epoch, not of the best one so far. It may end the fit after its epoch. There are ``most``
    epochs at most.
    """
    given = {
        "X": partial(_some, X, rows),
        "y": partial(_some, y, rows),
        "metadata": None if weight is None else partial(_sample_weight, weight, rows),
    }
    fit = estimator._init_callback_context(max_subtasks=most)
    fit.call_on_fit_task_begin(estimator=estimator, **given)
    given_back = {**given, "reconstruction_attributes": partial(_curves, estimator)}
    with closing(states):  # then the estimator has the weights that are kept
        stop = False
        while not stop and (first := next(states, None)) is not None:  # of a trial, before any step
            yield first
            for _ in range(estimator._plan.epochs):
                epoch = fit.subcontext(task_name="epoch")
                epoch.call_on_fit_task_begin(estimator=estimator, **given)
                state = next(states, None)
                stop = epoch.call_on_fit_task_end(estimator=estimator, **given_back)
                if state is not None:
                    yield state
                if stop or state is None or estimator.should_stop_:  # None: the trial diverged
                    break
    fit.call_on_fit_task_end(estimator=estimator, **given_back)


def _some(given: Any, rows: Any) -> Any:
    """Return some rows of a table or a target; all of them as they were given."""
    if hasattr(given, "tocsr"):
        return given.tocsr()[rows]
    if isinstance(given, Mapping):  # columns
        return {name: _some(cells, rows) for name, cells in given.items()}
    n = given.shape[0] if hasattr(given, "shape") else len(given)
    if len(rows) == n:
        return given
    return given[rows] if isinstance(given, Table) else _safe_indexing(given, rows)


def _sample_weight(weight: Any, rows: Any) -> dict[str, Any]:
    """Return the weights of some rows, by the name that a scorer knows."""
    return {"sample_weight": np.asarray(_some(weight, rows))}


def _curves(estimator: Any) -> dict[str, Any]:
    """Return copies of the lists that grow: a copy of the estimator must not share them."""
    names = ("loss_curve_", "validation_scores_", "validation_loss_curve_")
    return {name: list(getattr(estimator, name)) for name in names}
