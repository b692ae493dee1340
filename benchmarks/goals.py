"""The goals: the ratio of neurona's time to a peer's, and the seconds of a start."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import startup
from .contestants import COMPILED, JAX_SCAN, NUMPY, PYTORCH, SCIKIT_LEARN, TUTORIAL
from .race import per_round, summary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .race import Rounds


class Goal(NamedTuple):
    """At most `limit` times as long as the peer, in one step."""

    step: str
    own: str
    peer: str
    limit: float


GOALS = (
    Goal("tutorial", NUMPY, TUTORIAL, 1 / 2),
    Goal("tutorial", NUMPY, SCIKIT_LEARN, 1 / 3),
    Goal("tutorial", NUMPY, PYTORCH, 1 / 6),
    Goal("digits", NUMPY, SCIKIT_LEARN, 1 / 2),
    Goal("digits", NUMPY, PYTORCH, 1 / 4),
    Goal("mnist", NUMPY, PYTORCH, 3 / 4),
    Goal("tutorial", COMPILED, PYTORCH, 0.05),
    Goal("tutorial", COMPILED, JAX_SCAN, 0.65),
    Goal("digits", COMPILED, JAX_SCAN, 1.0),
    Goal("mnist", COMPILED, JAX_SCAN, 1.0),
    Goal("digits", COMPILED, PYTORCH, 0.1),
    Goal("mnist", COMPILED, PYTORCH, 0.6),
)
# The best score of other models with default settings, cross-validated on the same tables:
# scikit-learn's MLP on raw and on scaled columns, logistic regression, gradient-boosted trees, and
# RealMLP-TD-S (Holzmüller, Grinsztajn and Steinwart, "Better by default", 2024). They were measured
# once, by hand. MNIST's is the score of an MLP with 128 hidden neurons.
ACCURACY_GOALS = {
    "iris": 0.970,
    "wine": 0.983,
    "breast cancer": 0.975,
    "digits": 0.982,
    "diabetes": 0.458,
    "MNIST": 0.946,
}
START_UP_GOALS = {startup.IMPORT: 0.05, startup.HELP: 0.3}  # seconds


def judged(steps: Mapping[str, Rounds]) -> list[dict]:
    """Return each goal with the measured ratio, or None if the peer is missing."""
    return [
        {
            **goal._asdict(),
            "ratio": summary(per_round(rounds, goal.own, goal.peer))
            if goal.own in rounds and goal.peer in rounds
            else None,
        }
        for goal in GOALS
        if (rounds := steps.get(goal.step))
    ]
