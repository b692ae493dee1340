"""One sentence that says what is happening right now in a training that runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from neurona.doctor.evidence import CERTAIN, LEARNED, SLACK
from neurona.doctor.findings.layers import DEAD, FADING
from neurona.doctor.findings.output import SPREAD
from neurona.doctor.findings.size import GAP, RISEN
from neurona.doctor.findings.steps import SWING
from neurona.doctor.findings.words import cost_text, fixed, percent
from neurona.engine.types import Shape
from neurona.language import LANGUAGES, Text

Tone = Literal["ready", "good", "busy", "bad"]

PATIENCE = 50  # steps before a constant prediction or a plateau is one
FELL = 0.02  # of the cost: less is a plateau
LATE = 0.8  # the last fifth of the steps is now


@dataclass(frozen=True)
class Sentence:
    """A sentence about what is happening.

    Attributes
    ----------
    text
        The sentence, with its numbers, in both languages.
    kind
        The kind of finding that it tells of; None if all is well.
    tone
        ``"ready"``, ``"good"``, ``"busy"`` or ``"bad"``.
    """

    text: Text
    kind: str | None
    tone: Tone


@dataclass(frozen=True, eq=False)
class Instant:
    """A moment of a running training; a page's frame has all of it already.

    Attributes
    ----------
    step, cost, playing
        Of the state, and whether the training goes on.
    outputs
        The predictions for the training examples.
    target_spread
        The standard deviation of their targets.
    trivial_cost
        The cost of the best constant.
    skill, squares
        Of the network on the training examples; see :mod:`neurona.doctor.signs`.
    achievable, achievable_squares
        Those of neighbors or a straight line.
    right, tested
        The share of test examples that are right, or of training examples if there is no test; and
        which of the two it is. None in a regression.
    steps, costs, test_costs
        Of the past, in order; a test cost may be NaN.
    fading
        How many times the signal shrinks from layer 1 to the output, at step 0.
    dead
        The place of the layer with the largest share of dead neurons, and that share.
    gap
        The skill on the training examples minus that on the test; None without a test.
    whole
        Whether each step takes all examples.
    in_shape
        The shape of one example.
    diverged, rate, suggested_rate
        Whether the training diverged, at which rate, and one that would hold.
    """

    step: int
    cost: float
    playing: bool
    outputs: np.ndarray
    target_spread: float
    trivial_cost: float
    skill: float
    squares: float
    achievable: float
    achievable_squares: float
    right: float | None
    tested: bool
    steps: np.ndarray
    costs: np.ndarray
    test_costs: np.ndarray
    fading: float = 1.0
    dead: tuple[str, float] = ("1", 0.0)
    gap: float | None = None
    whole: bool = True
    in_shape: Shape = (2,)
    diverged: bool = False
    rate: float = 0.0
    suggested_rate: float = 0.0


def sentence(now: Instant) -> Sentence:
    """Return the one thing to say of this instant: a fault before its effect, else the progress."""
    for say in (_diverged, _ready, _dead, _constant, _memorizing, _learned, _swinging):
        if (said := say(now)) is not None:
            return said
    return _progress(now)


def _diverged(now: Instant) -> Sentence | None:
    if not now.diverged and np.isfinite(now.cost):
        return None
    if now.suggested_rate:
        return _of(
            "The training has diverged at step {step}: the rate of {rate} is too high. Try "
            "{other}.",
            "El entrenamiento divergió en el paso {step}: la tasa de {rate} es demasiado alta. "
            "Prueba con {other}.",
            "diverged",
            "bad",
            step=now.step,
            rate=now.rate,
            other=float(f"{now.suggested_rate:.2g}"),
        )
    return _of(
        "The training has diverged: at step {step} the cost is no longer a number.",
        "El entrenamiento divergió: en el paso {step} el coste ya no es un número.",
        "diverged",
        "bad",
        step=now.step,
    )


def _ready(now: Instant) -> Sentence | None:
    if now.step:
        return None
    if now.outputs.shape[1] > 1:
        return _of(
            "Press Train: with the weights it drew, the network gets {right} % right."
            if now.right is not None
            else "Press Train: the network has the weights it drew.",
            "Pulsa Entrenar: con los pesos que le han tocado, la red acierta el {right} %."
            if now.right is not None
            else "Pulsa Entrenar: la red tiene los pesos que le han tocado.",
            None,
            "ready",
            right=percent(now.right or 0.0),
        )
    low, high = float(now.outputs.min()), float(now.outputs.max())
    if high - low < 0.01:
        return _of(
            "Press Train: with the weights it drew, the network predicts {low} everywhere.",
            "Pulsa Entrenar: con los pesos que le han tocado, la red predice {low} en todas "
            "partes.",
            None,
            "ready",
            low=fixed((low + high) / 2, 2),
        )
    return _of(
        "Press Train: with the weights it drew, the network predicts from {low} to {high}.",
        "Pulsa Entrenar: con los pesos que le han tocado, la red predice de {low} a {high}.",
        None,
        "ready",
        low=fixed(low, 2),
        high=fixed(high, 2),
    )


def _is_constant(now: Instant) -> bool:
    spread = float(np.sqrt(now.outputs.var(axis=0, dtype=np.float64).mean()))
    return now.step >= PATIENCE and spread <= SPREAD * now.target_spread


def _dead(now: Instant) -> Sentence | None:
    layer, share = now.dead
    if share <= DEAD or now.step == 0 or _has_learned(now):
        return None
    return _of(
        "{percent} % of the neurons of layer {layer} are dead: they give 0 everywhere, and learn "
        "nothing more.",
        "El {percent} % de las neuronas de la capa {layer} están muertas: dan 0 en todas partes y "
        "ya no aprenden.",
        "dead-layer",
        "bad",
        percent=percent(share),
        layer=layer,
    )


def _constant(now: Instant) -> Sentence | None:
    if not _is_constant(now):
        return None
    several = now.outputs.shape[1] > 1
    numbers = {
        "cost": cost_text(now.cost),
        "trivial": cost_text(now.trivial_cost),
        "where": Text("the same", "lo mismo") if several else fixed(float(now.outputs.mean()), 2),
    }
    if now.fading > FADING:
        return _of(
            "The network predicts {where} everywhere: its signal shrinks {times} times from layer "
            "1 to the output. Its cost, {cost}, is that of the best constant ({trivial}).",
            "La red predice {where} en todas partes: su señal se reduce {times} veces de la capa 1 "
            "a la salida. Su coste, {cost}, es el de la mejor constante ({trivial}).",
            "fading-signal",
            "bad",
            times=round(now.fading),
            **numbers,
        )
    if now.cost > 1.05 * now.trivial_cost:
        return _of(
            "The network predicts {where} everywhere. Its cost, {cost}, is above that of the best "
            "constant ({trivial}).",
            "La red predice {where} en todas partes. Su coste, {cost}, supera el de la mejor "
            "constante ({trivial}).",
            "constant-output",
            "bad",
            **numbers,
        )
    return _of(
        "The network predicts {where} everywhere. Its cost, {cost}, is that of always giving one "
        "answer without looking at the data ({trivial}).",
        "La red predice {where} en todas partes. Su coste, {cost}, es el de dar siempre la misma "
        "respuesta sin mirar los datos ({trivial}).",
        "constant-output",
        "bad",
        **numbers,
    )


def _memorizing(now: Instant) -> Sentence | None:
    tests = now.test_costs[np.isfinite(now.test_costs)]
    if now.gap is None or now.gap < GAP or len(tests) < 3 or not tests.min() > 0:
        return None
    value = float(tests[-1] / tests.min())
    if value < RISEN:
        return None
    return _of(
        "The network learns its {them} by heart: on the test {them} the cost is {value} times what "
        "it was at best.",
        "La red se aprende {them} de memoria: en {tested} el coste es {value} veces el mejor que "
        "tuvo.",
        "memorizing",
        "bad",
        value=round(value, 2),
        them=_examples(now),
        tested=f"{_examples(now).es[:3]} de prueba",
    )


def _has_learned(now: Instant) -> bool:
    return (
        now.skill >= LEARNED * now.achievable - SLACK
        and now.squares >= CERTAIN * now.achievable_squares - SLACK
        and max(now.skill, now.squares) > SLACK
    )


def _learned(now: Instant) -> Sentence | None:
    if not _has_learned(now):
        return None
    if now.right is None:
        return _of(
            "It has learned: it explains {share} % of how the values vary.",
            "Ha aprendido: explica el {share} % de cómo varían los valores.",
            None,
            "good",
            share=percent(max(now.squares, 0.0)),
        )
    them = _examples(now)
    return _of(
        "It has learned: it gets {right} % of the {them} right.",
        "Ha aprendido: acierta el {right} % de {them}.",
        None,
        "good",
        right=percent(now.right),
        them=Text(f"test {them.en}", f"{them.es} de prueba") if now.tested else them,
    )


def _examples(now: Instant) -> Text:
    """Return what the examples are called, in Spanish with their article."""
    if now.in_shape == (2,):
        return Text("points", "los puntos")
    return _OF_AXES.get(len(now.in_shape), Text("examples", "los ejemplos"))


_OF_AXES = {2: Text("series", "las series"), 3: Text("images", "las imágenes")}


def _swinging(now: Instant) -> Sentence | None:
    costs = now.costs[-12:]
    change = np.diff(costs)
    if len(change) < 8 or not now.whole or np.mean(change[1:] * change[:-1] < 0) <= 0.5:
        return None
    size = float(abs(change).mean() / abs(costs).mean()) if costs.any() else 0.0
    if size < SWING:
        return None
    return _of(
        "The cost goes up and down by {size} %: the rate of {rate} is too high.",
        "El coste sube y baja un {size} %: la tasa de {rate} es demasiado alta.",
        "rate-too-high",
        "bad",
        size=percent(size),
        rate=now.rate,
    )


def _progress(now: Instant) -> Sentence:
    """Say how the cost went in the last fifth of the steps."""
    past = np.flatnonzero(now.steps <= LATE * now.step)
    k = int(past[-1]) if len(past) else 0
    since, before = (
        (int(now.steps[k]), float(now.costs[k])) if len(now.steps) else (now.step, now.cost)
    )
    numbers = {
        "cost": cost_text(now.cost),
        "before": cost_text(before),
        "last": _last(max(now.step - since, 1)),
        "step": now.step,
    }
    fell = before - now.cost > FELL * abs(before)
    if now.playing and (fell or now.step < PATIENCE):
        return _of(
            "It is learning: in {last} the cost fell from {before} to {cost}."
            if fell
            else "It has begun: after {step:step|steps} the cost is {cost}.",
            "Está aprendiendo: en {last} el coste bajó de {before} a {cost}."
            if fell
            else "Ha empezado: tras {step:paso|pasos} el coste es {cost}.",
            None,
            "busy",
            **numbers,
        )
    if not now.playing and (fell or now.step < PATIENCE):
        return _of(
            "It is paused at step {step}, with a cost of {cost}: press Train to go on.",
            "Está en pausa en el paso {step}, con un coste de {cost}: pulsa Entrenar para seguir.",
            None,
            "ready",
            **numbers,
        )
    return _of(
        "The cost stands still: in {last} it went from {before} to {cost}.",
        "El coste no avanza: en {last} pasó de {before} a {cost}.",
        "too-small",
        "bad",
        **numbers,
    )


def _last(n: int) -> Text:
    if n == 1:
        return Text("the last step", "el último paso")
    many = Text("the last {n} steps", "los últimos {n} pasos")
    return Text(*(many.say(language, n=n) for language in LANGUAGES))


def _of(en: str, es: str, kind: str | None, tone: Tone, **values: float | str | Text) -> Sentence:
    text = Text(en, es)
    return Sentence(Text(*(text.say(language, **values) for language in LANGUAGES)), kind, tone)
