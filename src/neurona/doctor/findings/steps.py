"""Findings in the steps: how far each goes, and how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from neurona.doctor.case import Finding
from neurona.doctor.evidence import ERROR, SLACK, Evidence
from neurona.doctor.findings.measures import MEASURES
from neurona.doctor.findings.words import percent, rounded
from neurona.language import Text

STABLE = 2.0  # η λ: beyond, gradient descent swings ever wider on a parabola
FLUNG = 2.0  # times the cost of the start and of the best constant
LEAP = 1.0  # a step as long as the weights
MOVE = 0.1  # of the weights, in each step: TheDeepChecker (2022) has 10⁻¹ to 10⁻⁴
SWING = 0.05  # of the cost, from step to step
SLOW = 0.03  # η λ: at 1 a parabola is crossed in one step, here in thirty
FURTHEST = 1.0  # what Adam can move a weight in all steps: no more than a typical weight
FALLING = 0.03  # of the cost, in the last fifth of the steps
PLUNGING = 0.1  # the same, where the network knows what neighbors do: less is the usual late gain
GAINED = 0.05  # of what it explains, in that fifth: there a cost that falls is not yet skill


def diverged(e: Evidence) -> Iterator[Finding]:
    """A cost that is no longer finite."""
    course = e.course
    if course.diverged is None:
        return
    curve = e.curvatures[0]
    if e.is_gradient_descent and isfinite(curve) and curve > 0 and _bound(e) < e.rate:
        yield Finding(
            "rate-too-high",
            Text(
                "The training diverged after step {step}: the rate is {rate}, and where the cost "
                "curves most only rates below {bound} hold.",
                "El entrenamiento divergió tras el paso {step}: la tasa es {rate}, y donde el "
                "coste más se curva solo aguantan tasas menores que {bound}.",
            ),
            {
                "value": e.rate,
                "threshold": _bound(e),
                "rate": e.rate,
                "bound": rounded(_bound(e)),
                "step": course.diverged,
            },
            cures=("rate-from-curvature", "rate-down", "adam"),
        )
    else:
        yield Finding(
            "diverged",
            Text(
                "The training diverged: after step {step} the cost is no longer a number.",
                "El entrenamiento divergió: tras el paso {step} el coste deja de ser un número.",
            ),
            {"value": course.diverged, "threshold": e.case.steps, "step": course.diverged},
            cures=("rate-down", "cost-cross-entropy", "orthogonal-weights", "rate-from-curvature"),
        )


def _bound(e: Evidence) -> float:
    """Return the rate from which the doctor speaks: twice the stable one, 2 (1 + μ) / λ.

    The curvature is that of the first weights, and falls where a rate is a little beyond it.
    """
    return 2 * STABLE * (1 + getattr(e.optimizer, "momentum", 0.0)) / e.curvatures[0]


def _is_beyond(e: Evidence) -> bool:
    """Return whether the rate holds neither at the first weights nor, if known, at the last."""
    first, last = e.curvatures
    flattest = min(first, last) if isfinite(last) and last > 0 else first
    return isfinite(first) and first > 0 and e.rate > _bound(e) * first / flattest


def rate_too_high(e: Evidence) -> Iterator[Finding]:
    """Steps that go too far."""
    course = e.course
    if not e.is_sick or course.diverged is not None:
        return
    leap, move = course.moves
    beyond = e.is_gradient_descent and e.has_one_rate and _is_beyond(e)
    flung = e.last.cost / max(e.first.cost, e.signs.trivial_cost, 1e-30)
    if flung > FLUNG and all(one.error <= ERROR for one in e.mismatches):
        measure, value, threshold = "flung", flung, FLUNG
        words = Text(
            "The rate of {rate} is too high: the steps have led away, to {times} times the cost of "
            "the start or of the best constant.",
            "La tasa de {rate} es demasiado alta: los pasos han llevado lejos, a {times} veces el "
            "coste del comienzo o de la mejor constante.",
        )
    elif course.swinging > SWING:
        measure, value, threshold = "oscillating", course.swinging, SWING
        words = Text(
            "The rate of {rate} is too high: the cost goes up and down by {percent} % from step to "
            "step.",
            "La tasa de {rate} es demasiado alta: el coste sube y baja un {percent} % de un paso a "
            "otro.",
        )
    elif leap > LEAP:
        measure, value, threshold = "long-steps", leap, LEAP
        words = Text(
            "The rate of {rate} is too high: one of the first steps changes the weights by "
            "{percent} % of their size.",
            "La tasa de {rate} es demasiado alta: uno de los primeros pasos cambia los pesos un "
            "{percent} % de su tamaño.",
        )
    elif move > MOVE:
        measure, value, threshold = "long-steps", move, MOVE
        words = Text(
            "The rate of {rate} is too high: each step still changes the weights by {percent} % of "
            "their size.",
            "La tasa de {rate} es demasiado alta: cada paso sigue cambiando los pesos un {percent} "
            "% de su tamaño.",
        )
    elif beyond:
        measure, value, threshold = "rate-too-high", e.rate, _bound(e)
        words = Text(
            "The rate of {rate} is too high: where the cost curves most, not even {bound} holds.",
            "La tasa de {rate} es demasiado alta: donde el coste más se curva ni {bound} aguanta.",
        )
    else:
        return
    yield Finding(
        "rate-too-high",
        words,
        {
            "value": value,
            "threshold": threshold,
            "rate": e.rate,
            "percent": percent(value),
            "times": rounded(value),
            "bound": rounded(threshold),
        },
        cures=("rate-down", "rate-from-curvature", "adam"),
        measure=MEASURES[measure],
    )


def rate_too_low(e: Evidence) -> Iterator[Finding]:
    """Steps that are too short to get anywhere."""
    if not e.is_sick or e.course.diverged is not None or e.is_layer_lost:
        return
    if e.is_gradient_descent:
        curve = max((abs(c) for c in e.curvatures if isfinite(c)), default=0.0)
        value = e.stretched_rate * curve
        if 0 < value < SLOW:
            yield Finding(
                "rate-too-low",
                Text(
                    "The rate of {rate} is too low: where the cost curves most, a rate of {best} "
                    "would still hold.",
                    "La tasa de {rate} es demasiado baja: donde el coste más se curva, aún "
                    "aguantaría una de {best}.",
                ),
                {
                    "value": value,
                    "threshold": SLOW,
                    "rate": e.rate,
                    "best": rounded(1 / curve),
                },
                cures=("rate-from-curvature", "rate-up", "adam-fast", "more-steps"),
            )
        return
    yield from _short_way(e)


def rises(e: Evidence) -> Iterator[Finding]:
    """Short steps that still gain, where neighbors may know less than there is to learn."""
    if e.is_rising(SLACK) and not e.is_gradient_descent:
        yield from _short_way(e)


def _short_way(e: Evidence) -> Iterator[Finding]:
    value = e.rate * e.case.steps
    if value < FURTHEST:
        yield Finding(
            "rate-too-low",
            Text(
                "No weight gets further than {value} in all: the rate is {rate}, and the number of "
                "steps {steps}.",
                "Ningún peso se mueve más de {value} en total: la tasa es {rate}, y el número de "
                "pasos, {steps}.",
            ),
            {"value": rounded(value), "threshold": FURTHEST, "steps": e.case.steps, "rate": e.rate},
            cures=("rate-up", "adam-fast", "more-steps", "smaller-batches"),
        )


def too_few(e: Evidence) -> Iterator[Finding]:
    """A cost that still falls at the end."""
    value = e.course.falling
    if e.is_layer_lost:
        return
    limit = FALLING if e.is_sick or e.knows_less else PLUNGING
    if (e.is_sick or e.is_rising(GAINED)) and value > limit and e.last.cost < e.first.cost:
        yield Finding(
            "too-few-steps",
            Text(
                "The training ends too early: in the last fifth of its {steps} steps the cost "
                "still fell by {percent} %.",
                "El entrenamiento acaba demasiado pronto: en el último quinto de sus {steps} pasos "
                "el coste aún bajó un {percent} %.",
            ),
            {
                "value": value,
                "threshold": limit,
                "percent": percent(value),
                "steps": e.case.steps,
            },
            cures=("more-steps", "rate-up", "adam-fast", "smaller-batches"),
        )
