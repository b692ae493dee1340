"""The progress of a training: a bar in a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from math import inf
from typing import TYPE_CHECKING, Any

from neurona.extras import MissingExtra, require

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurona.engine.state import State
    from neurona.estimators.base import NeuralNet

LINES = 5  # for each setting, of a progress that is not drawn


def progress(estimator: NeuralNet, quiet: bool) -> Any:
    """Return a context that gives a function to show a state with."""
    if quiet:
        return nullcontext(lambda state: None)
    if sys.stdout.isatty():
        try:
            return _Bar(estimator)
        except MissingExtra:
            pass
    return _Lines(estimator)


class _Lines:
    """Lines on each setting that is tried, and on some of its epochs."""

    def __init__(self, estimator: NeuralNet) -> None:
        self.estimator, self.ended, self.best = estimator, 0, inf
        self.training: object = None  # whose states are shown

    def __enter__(self) -> Any:
        return self.show

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._results()
            kept = [one.kept for one in self.estimator.trials_]
            if len(kept) > 1:
                self.say(f"setting {kept.index(True) + 1} is kept")

    def show(self, state: State) -> None:
        estimator = self.estimator
        if estimator._current_fit is not self.training:  # another one begins, or goes on
            self.training = estimator._current_fit
            self._results()
            setting, tried = estimator.setting_, [one.setting for one in estimator.trials_]
            if setting in tried:
                again = tried.index(setting) + 1
                self.say(f"setting {again} again: more networks, which leave out other rows")
            else:
                self.say(f"setting {self.ended + 1}: {setting}")
            self.begin()
        held_out = estimator.validation_loss_curve_[-1:]
        more = f", on the rows held out {held_out[0]:.4f}" if held_out else ""
        self.epoch(state.epoch, f"cost {estimator.loss_:.4f}{more}")

    def _results(self) -> None:
        """Tell the costs of the settings that are over."""
        for trial in self.estimator.trials_[self.ended :]:
            self.ended += 1
            if trial.cost == inf:
                self.say(f"setting {self.ended} diverged")
            elif trial.cost is not None:
                better = "better" if trial.cost < self.best else "not better"
                verdict = f": {better}" if self.ended > 1 else ""
                self.say(
                    f"setting {self.ended} has a cost of {trial.cost:.4f} on the rows left out"
                    f"{verdict}"
                )
                self.best = min(self.best, trial.cost)

    def say(self, text: str) -> None:
        print(text, flush=True)

    def begin(self) -> None:
        """Begin a setting."""

    def epoch(self, epoch: int, costs: str) -> None:
        epochs = self.estimator._plan.epochs
        if epoch and (epoch % max(1, epochs // LINES) == 0 or epoch == epochs):
            self.say(f"epoch {epoch}/{epochs}: {costs}")


class _Bar(_Lines):
    """Rich's progress bar, an epoch being a step; settings are told above it."""

    def __init__(self, estimator: NeuralNet) -> None:
        super().__init__(estimator)
        rich = require("rich.progress", extra="terminal")
        self.bar = rich.Progress(
            rich.BarColumn(),
            rich.TextColumn("epoch {task.completed:.0f}/{task.total:.0f}  {task.description}"),
            rich.TimeRemainingColumn(compact=True),
        )
        self.task = self.bar.add_task("")

    def __enter__(self) -> Any:
        self.bar.start()
        return self.show

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self.bar.stop()

    def say(self, text: str) -> None:
        self.bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def begin(self) -> None:
        self.bar.reset(self.task, total=self.estimator._plan.epochs)

    def epoch(self, epoch: int, costs: str) -> None:
        self.bar.update(self.task, completed=epoch, description=costs)


class BestEffort:
    """A stream on which nothing depends: after a failure nothing more is written into it.

    Attributes
    ----------
    failure
        The first one, such as that of a reader who has gone.
    """

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.failure: OSError | None = None

    def write(self, text: str) -> int:
        """Write a text."""
        self._attempt(self.stream.write, text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        self._attempt(self.stream.flush)

    def _attempt(self, act: Callable[..., object], *given: str) -> None:
        if self.failure is None:
            try:
                act(*given)
            except OSError as error:
                self.failure = error

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)
