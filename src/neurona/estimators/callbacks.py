"""scikit-learn's callbacks on a fit, of which every epoch is a task.

>>> from sklearn.datasets import load_iris
>>> from neurona import NeuralNetClassifier
>>> class Enough:
...     def setup(self, estimator, context): ...
...     def teardown(self, estimator, context): ...
...     def on_fit_task_begin(self, estimator, context): ...
...     def on_fit_task_end(self, estimator, context):
...         return context.task_name == "epoch" and estimator.loss_ < 0.2
>>> net = NeuralNetClassifier(random_state=0)
>>> if hasattr(net, "set_callbacks"):  # scikit-learn 1.9 and later
...     net = net.set_callbacks(Enough())
>>> net.fit(*load_iris(return_X_y=True)).loss_ < 0.25
True

scikit-learn has them from version 1.9 on (:mod:`sklearn.callback`). With an older one an estimator
has no ``set_callbacks``; all else works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from sklearn.utils import _safe_indexing

from neurona.tables.table import Table

if TYPE_CHECKING:
    from neurona.engine.state import State

__all__ = ["CallbackSupportMixin", "EpochTasks", "is_watched", "with_callbacks"]

Method = TypeVar("Method", bound=Callable[..., Any])

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ModuleNotFoundError:  # scikit-learn before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing: there are no callbacks to be set."""

    def with_callbacks(method: Method) -> Method:
        """Return the method: there is nothing to be torn down after it."""
        return method


class EpochTasks:
    """The tasks of a fit: one for the whole, and in it one for each epoch.

    A callback that asks for them gets the training rows as the person gave them, without those
    that are held out, and an estimator with the weights of that epoch, not of the best one so far.
    """

    def __init__(self, estimator: Any, rows: Any, X: Any, y: Any, weight: Any, epochs: int) -> None:
        self.estimator = estimator
        self.told = {
            "X": _Taken(X, rows),
            "y": _Taken(y, rows),
            "metadata": None if weight is None else _Weights(weight, rows),
        }
        self.epochs = epochs
        self.whole = estimator._init_callback_context(max_subtasks=epochs)
        self.whole.call_on_fit_task_begin(estimator=estimator, **self.told)
        self.epoch: Any = None

    def around(self, states: Iterator[State]) -> Iterator[State]:
        """Hand on the states, one an epoch, and tell before each that its epoch begins."""
        for _ in range(self.epochs):
            self.epoch = self.whole.subcontext(task_name="epoch")
            self.epoch.call_on_fit_task_begin(estimator=self.estimator, **self.told)
            yield next(states)

    def end(self) -> bool:
        """Tell that the epoch has ended; return whether a callback asks to stop."""
        stop: bool = self.epoch.call_on_fit_task_end(
            estimator=self.estimator, **self.told, reconstruction_attributes=self._curves
        )
        return stop

    def close(self) -> None:
        """Tell that the fit has ended; the estimator holds the weights that are kept."""
        self.whole.call_on_fit_task_end(
            estimator=self.estimator, **self.told, reconstruction_attributes=self._curves
        )

    def _curves(self) -> dict[str, Any]:
        """Return what a copy of the estimator must not share with it: all else is replaced."""
        names = ("loss_curve_", "validation_scores_", "validation_loss_curve_")
        return {name: list(getattr(self.estimator, name)) for name in names}


class _Taken:
    """Some rows of a table or a target, taken when a callback asks for them."""

    def __init__(self, given: Any, rows: Any) -> None:
        self.given, self.rows = given, rows

    def __call__(self) -> Any:
        """Return them: what was given itself, where it is all of them."""
        given, rows = self.given, self.rows
        n = given.shape[0] if hasattr(given, "shape") else len(given)
        if len(rows) == n:
            return given
        return given[rows] if isinstance(given, Table) else _safe_indexing(given, rows)


class _Weights(_Taken):
    """The weights of those rows, by the name that a scorer knows."""

    def __call__(self) -> dict[str, Any]:
        """Return them."""
        return {"sample_weight": np.asarray(super().__call__())}


def is_watched(estimator: Any) -> bool:
    """Tell whether callbacks were set, or handed down by a search or a pipeline."""
    return bool(getattr(estimator, "_skl_callbacks", ()))
