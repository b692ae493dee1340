"""A training of an estimator, followed state by state: its curves, and the weights that answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from neurona.engine.state import State
from neurona.estimators.callbacks import Tasks
from neurona.estimators.fitting import Best

if TYPE_CHECKING:
    from neurona.estimators.base import NeuralNet


class Following:
    """What happens to an estimator while its states come: it answers with the weights of each.

    Once it ends, by itself or because whoever follows has left, the best weights answer, or the
    last where nothing judged. A training that another has overtaken changes nothing any more.

    Parameters
    ----------
    estimator
        It holds the first weights.
    running
        The engine's states; the first is before any step.
    best
        Judges them; None where no rows do.
    tasks
        Tells callbacks of each.
    """

    def __init__(
        self, estimator: NeuralNet, running: Iterator[State], best: Best | None, tasks: Tasks
    ) -> None:
        self.estimator = estimator
        self.running = running
        self.best = best
        self.tasks = tasks
        self.first_epoch = estimator.state_.epoch
        self.curves = [estimator.loss_curve_]
        if best is not None:
            self.curves += [estimator.validation_scores_, estimator.validation_loss_curve_]
        self.lengths = list(map(len, self.curves))
        estimator.should_stop_ = False
        self.token = estimator._run = object()

    def states(self) -> Iterator[State]:
        """Hand out the states, and keep the estimator up with them."""
        estimator = self.estimator
        self._check()
        estimator._show(next(self.running))
        yield estimator.state_
        try:
            for state in self.tasks.around(self.running):
                self._check()
                estimator._show(state)
                self._learn(state)
                stop = self.tasks.end()
                yield state
                if stop or estimator.should_stop_:
                    break
        finally:
            if self._is_the_latest:
                self._level()
                best = None if self.best is None else self.best.state
                estimator._show(estimator.state_ if best is None else best)
        self.tasks.close()

    @property
    def _is_the_latest(self) -> bool:
        return self.estimator._run is self.token

    def _check(self) -> None:
        """Refuse to go on where the weights are another training's by now."""
        if not self._is_the_latest:
            raise RuntimeError("another fit has begun since: go on with its states")

    def _learn(self, state: State) -> None:
        """Note what a state is worth, and say it if it is to be said."""
        judgement = () if self.best is None else self.best.see(state)
        for curve, value in zip(self.curves, (state.cost, *judgement), strict=True):
            curve.append(value)
        estimator = self.estimator
        estimator.n_iter_ = state.epoch - self.first_epoch
        estimator.should_stop_ = self.best is not None and self.best.waited_enough
        if estimator.verbose:
            judged = f", validation score {judgement[0]:.4g}" if judgement else ""
            print(f"epoch {state.epoch}: cost {state.cost:.4g}{judged}")

    def _level(self) -> None:
        """Give all curves the same states, if somebody has interrupted between two of them."""
        grown = [
            len(curve) - before for curve, before in zip(self.curves, self.lengths, strict=True)
        ]
        for curve, before in zip(self.curves, self.lengths, strict=True):
            del curve[before + min(grown) :]
