"""The loop of a fit over the engine's states: the curves, early stopping, the best weights."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any

from neurona.engine.progress import Part, Progress
from neurona.engine.state import State
from neurona.estimators.validation import BestState


def fit_loop(
    estimator: Any,
    running: Iterator[State],
    best: BestState | None,
    progress: Progress | None = None,
    part: Part | None = None,
    more: Sequence[list[float]] = (),
) -> Generator[State]:
    """Yield the states of a training; the estimator predicts with the weights of each.

    After the last, or when the caller leaves the loop early, the estimator has the best weights,
    or the last where nothing is validated. A newer fit ends this one.

    Parameters
    ----------
    estimator
        It has the first weights.
    running
        The engine's states; the first is before any step.
    best
        Validates them; None where there is no validation set.
    progress
        Receives the curves, the best weights, and the end.
    part
        What an earlier run has done of this training.
    more
        Curves that others make of it, for progress to keep.
    """
    first_epoch = estimator.state_.epoch
    curves = [estimator.loss_curve_]
    if best is not None:
        curves += [estimator.validation_scores_, estimator.validation_loss_curve_]
    lengths = [len(curve) for curve in curves]
    estimator.should_stop_ = False
    if progress is not None:
        progress.curves, progress.best = [*curves, *more], best
    if part is not None:
        for curve, known in zip([*curves, *more], part.curves, strict=False):  # none at first
            curve.extend(known)
        if best is not None and part.best is not None:
            best.go_on(part.position.state, part.best, part.score)
            estimator.should_stop_ = best.stop
        estimator.n_iter_ = part.position.state.epoch - first_epoch
    this = estimator._current_fit = object()

    def goes_on() -> bool:
        if estimator._current_fit is not this:
            raise RuntimeError("another fit has begun since: go on with its states")
        return not estimator.should_stop_

    def record(state: State) -> None:
        evaluation = () if best is None else best.update(state)
        for curve, value in zip(curves, (estimator.loss_, *evaluation), strict=True):
            curve.append(value)
        estimator.n_iter_ = state.epoch - first_epoch
        estimator.should_stop_ = best is not None and best.stop
        if estimator.verbose:
            validated = f", validation score {evaluation[0]:.4g}" if evaluation else ""
            print(f"epoch {state.epoch}: cost {estimator.loss_:.4g}{validated}")

    def states() -> Generator[State]:
        goes_on()
        estimator._set_state(next(running))
        yield estimator.state_
        try:
            while goes_on() and (state := next(running, None)) is not None:
                goes_on()
                estimator._set_state(state)
                record(state)
                yield state
            if progress is not None:
                progress.over()
        finally:
            if estimator._current_fit is this:
                # Curves of one length, even if an interrupt came between two of them.
                grown = min(len(curve) - n for curve, n in zip(curves, lengths, strict=True))
                for curve, n in zip(curves, lengths, strict=True):
                    del curve[n + grown :]
                kept = None if best is None else best.state
                estimator._set_state(estimator.state_ if kept is None else kept)

    return states()
