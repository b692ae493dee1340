"""The settings of a fit: they are tried one after the other, and the best on rows left out is kept.

A setting is tried by an ensemble, which is there when it is judged: nothing is trained again. Where
only the decay differs, its networks learn on from the weights that they have. A trial that is far
behind the best one after a third of its epochs ends there [1]_.

.. [1] Domhan, Springenberg and Hutter, "Speeding up automatic hyperparameter optimization of deep
   neural networks by extrapolation of learning curves", 2015.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from math import inf, isinf
from typing import Any

from neurona.engine.divergence import TrainingDiverged
from neurona.engine.state import State
from neurona.estimators.fit import Fit
from neurona.estimators.settings import LOWER, Setting, between

LEAST = 0.005  # of the cost: with less, a trial is not better but by chance
FAR = 0.05  # of the cost: a trial that is further behind ends early


@dataclass(frozen=True)
class Trial:
    """A setting, and what it came to on rows that were left out.

    Attributes
    ----------
    setting
        What was tried.
    cost
        The cost of the calibrated predictions for those rows, after a third of the epochs where it
        ended early; infinite where the training diverged, and None where no rows were left out.
    kept
        Whether it is the setting of the estimator.
    """

    setting: Setting
    cost: float | None
    kept: bool = False


# The attributes that a trial sets. Those of the best are put back after the last.
KEPT = (
    "setting_", "preparation_", "network_", "params_", "state_", "loss_", "n_iter_",
    "loss_curve_", "validation_scores_", "validation_loss_curve_", "temperature_",
    "residuals_", "should_stop_", "_best_state", "_member",
)  # fmt: skip


def search(
    estimator: Any, settings: Sequence[Setting], running: Generator[State], fit: Fit
) -> Generator[State]:
    """Yield the states of all trials; leave the estimator with the best of those that ended.

    A freer setting is tried as long as the one before was better, or none has learned anything. If
    the last of them is nearly as good, its networks learn on with a decay between the two. With few
    rows, as many more networks then learn with the best. If the caller leaves the loop
    early, the best so far is kept: where the first trial was not over, its last weights.

    Parameters
    ----------
    running
        The states of the first trial.
    fit
        Begins the others, and judges all by the rows that were left out.
    """
    best, early, kept, mine = inf, inf, None, estimator._current_fit
    estimator.trials_ = ()
    ahead = list(settings)
    chosen = len(ahead) > 1 and ahead[0].ramps == "auto"
    lower = ahead[:LOWER] if chosen and fit.has_ramps else []
    try:
        while ahead:
            setting = ahead.pop(0)
            cost: float | None = inf
            try:
                if kept is not None:
                    running = fit.begin(setting)
                    mine = estimator._current_fit
                # Networks that learn on would be judged early when their rate has just risen again.
                whole = len(settings) == 1 or fit.learns_on
                yield from running if whole else _followed(estimator, running, fit, best, early)
                cost = fit.judge()
            except TrainingDiverged:
                if kept is None:
                    raise
            estimator.trials_ += (Trial(setting, cost),)
            if kept is None or (cost is not None and _is_better(cost, best)):
                if fit.learns_on and cost is not None:  # as much better early as in the end
                    early += cost - best
                else:
                    early = fit.early[0] if fit.early else inf
                best = inf if cost is None else cost
                kept = {name: getattr(estimator, name) for name in KEPT}
            elif fit.has_learned(best):
                near = cost is not None and not _is_far(cost, best) and not fit.learns_on
                ahead = between(kept["setting_"], setting) if near else []
            if not ahead and kept["setting_"] in lower:
                ahead, lower = [replace(settings[0], ramps=0)], []
        if fit.has_more and kept is not None:
            running = fit.begin_others(kept["setting_"])
            mine = estimator._current_fit
            with suppress(TrainingDiverged):
                yield from running
                fit.join(kept["state_"], kept["loss_curve_"])
                fit.judge()
                kept = {name: getattr(estimator, name) for name in KEPT}
    finally:
        if kept is not None and estimator._current_fit is mine:  # and no newer fit's
            vars(estimator).update(kept)
            estimator.trials_ = tuple(
                replace(one, kept=one.setting == estimator.setting_) for one in estimator.trials_
            )


def _is_better(cost: float, best: float) -> bool:
    return cost < best and (isinf(best) or best - cost > LEAST * abs(best))


def _is_far(cost: float, best: float) -> bool:
    return cost > best + FAR * abs(best)


def _followed(
    estimator: Any, running: Generator[State], fit: Fit, best: float, early: float
) -> Generator[State]:
    """Yield the states of a trial; end it where it is far behind the best and what that was early.

    A freer setting that makes more of chance is best early, so that both costs count.
    """
    limit = max(best, early)
    with closing(running):
        for state in running:
            if not fit.early and state.epoch >= fit.plan.early:
                fit.early.append(fit.judge(over=False))
            if fit.early and _is_far(fit.early[0], limit) and fit.has_learned(best):
                estimator.should_stop_ = True
            yield state
