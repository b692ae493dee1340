"""One sentence for each thing that may happen, in both languages."""

import time
from dataclasses import replace

import numpy as np
import pytest

from neurona.doctor.sentence import Instant, sentence

STEPS = np.arange(0, 1001, 100.0)
LEARNING = Instant(
    step=1000,
    cost=0.1,
    playing=True,
    outputs=np.linspace(0.1, 0.9, 50)[:, None],
    target_spread=0.5,
    trivial_cost=0.25,
    skill=0.5,
    squares=0.4,
    achievable=1.0,
    achievable_squares=1.0,
    right=0.75,
    tested=True,
    steps=STEPS,
    costs=np.linspace(0.25, 0.1, 11),
    test_costs=np.full(11, np.nan),
)
CONSTANT = replace(
    LEARNING, outputs=np.full((50, 1), 0.5), cost=0.2499, skill=0.0, squares=0.0,
    costs=np.full(11, 0.2499),
)  # fmt: skip
SAID = {
    "ready": (
        replace(LEARNING, step=0),
        None,
        "Press Train: with the weights it drew, the network predicts from 0.10 to 0.90.",
        "Pulsa Entrenar: con los pesos que le han tocado, la red predice de 0,10 a 0,90.",
    ),
    "learning": (
        LEARNING,
        None,
        "It is learning: in the last 200 steps the cost fell from 0.1300 to 0.1000.",
        "Está aprendiendo: en los últimos 200 pasos el coste bajó de 0,1300 a 0,1000.",
    ),
    "begun": (
        replace(LEARNING, step=1, steps=np.array([0, 1]), costs=np.array([0.25, 0.1])),
        None,
        "It is learning: in the last step the cost fell from 0.2500 to 0.1000.",
        "Está aprendiendo: en el último paso el coste bajó de 0,2500 a 0,1000.",
    ),
    "begun worse": (
        replace(LEARNING, step=1, steps=np.array([0, 1]), costs=np.array([0.1, 0.1])),
        None,
        "It has begun: after 1 step the cost is 0.1000.",
        "Ha empezado: tras 1 paso el coste es 0,1000.",
    ),
    "paused": (
        replace(LEARNING, playing=False),
        None,
        "It is paused at step 1,000, with a cost of 0.1000: press Train to go on.",
        "Está en pausa en el paso 1.000, con un coste de 0,1000: pulsa Entrenar para seguir.",
    ),
    "learned": (
        replace(LEARNING, skill=0.99, squares=0.98, right=0.996),
        None,
        "It has learned: it gets 99.6 % of the test points right.",
        "Ha aprendido: acierta el 99,6 % de los puntos de prueba.",
    ),
    "learned numbers": (
        replace(LEARNING, skill=0.97, squares=0.97, right=None),
        None,
        "It has learned: it explains 97 % of how the values vary.",
        "Ha aprendido: explica el 97 % de cómo varían los valores.",
    ),
    "constant": (
        CONSTANT,
        "constant-output",
        "The network predicts 0.50 everywhere. Its cost, 0.2499, is that of always giving one "
        "answer without looking at the data (0.2500).",
        "La red predice 0,50 en todas partes. Su coste, 0,2499, es el de dar siempre la misma "
        "respuesta sin mirar los datos (0,2500).",
    ),
    "fading": (
        replace(CONSTANT, fading=1836.2),
        "fading-signal",
        "The network predicts 0.50 everywhere: its signal shrinks 1,836 times from layer 1 to the "
        "output. Its cost, 0.2499, is that of the best constant (0.2500).",
        "La red predice 0,50 en todas partes: su señal se reduce 1.836 veces de la capa 1 a la "
        "salida. Su coste, 0,2499, es el de la mejor constante (0,2500).",
    ),
    "above": (
        replace(CONSTANT, cost=0.5),
        "constant-output",
        "The network predicts 0.50 everywhere. Its cost, 0.5000, is above that of the best "
        "constant (0.2500).",
        "La red predice 0,50 en todas partes. Su coste, 0,5000, supera el de la mejor constante "
        "(0,2500).",
    ),
    "diverged": (
        replace(LEARNING, diverged=True, rate=10.0, suggested_rate=0.1),
        "diverged",
        "The training has diverged at step 1,000: the rate of 10 is too high. Try 0.1.",
        "El entrenamiento divergió en el paso 1.000: la tasa de 10 es demasiado alta. Prueba con "
        "0,1.",
    ),
    "dead": (
        replace(CONSTANT, dead=(2, 0.75)),
        "dead-layer",
        "75 % of the neurons of layer 2 are dead: they give 0 everywhere, and learn nothing more.",
        "El 75 % de las neuronas de la capa 2 están muertas: dan 0 en todas partes y ya no "
        "aprenden.",
    ),
    "swinging": (
        replace(LEARNING, costs=np.tile([0.3, 0.2], 6)[:11], rate=8.0),
        "rate-too-high",
        "The cost goes up and down by 39.3 %: the rate of 8 is too high.",
        "El coste sube y baja un 39,3 %: la tasa de 8 es demasiado alta.",
    ),
    "memorizing": (
        replace(LEARNING, gap=0.3, test_costs=np.array([0.4, 0.2, 0.3])),
        "memorizing",
        "The network learns its points by heart: on the test points the cost is 1.5 times what it "
        "was at best.",
        "La red se aprende los puntos de memoria: en los de prueba el coste es 1,5 veces el mejor "
        "que tuvo.",
    ),
    "plateau": (
        replace(LEARNING, cost=0.2, costs=np.full(11, 0.2)),
        "too-small",
        "The cost stands still: in the last 200 steps it went from 0.2000 to 0.2000.",
        "El coste no avanza: en los últimos 200 pasos pasó de 0,2000 a 0,2000.",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_happening_is_said(name):
    now, kind, en, es = SAID[name]
    said = sentence(now)
    assert (said.kind, *said.text) == (kind, en, es)
    assert (said.tone == "bad") == (kind is not None)


def test_near_misses_are_not_said():
    assert sentence(replace(CONSTANT, step=20)).kind is None  # it has only begun
    assert sentence(replace(CONSTANT, fading=99.0)).kind == "constant-output"
    assert sentence(replace(LEARNING, dead=(1, 0.5))).kind is None
    assert sentence(replace(LEARNING, gap=0.05, test_costs=np.array([0.4, 0.2, 0.3]))).kind is None
    swinging = SAID["swinging"][0]
    assert sentence(replace(swinging, whole=False)).kind != "rate-too-high"  # batches differ
    assert sentence(replace(LEARNING, cost=np.nan)).kind == "diverged"


def test_several_outputs_and_a_constant_first_prediction():
    several = replace(LEARNING, outputs=np.full((50, 3), 1 / 3))
    assert "33.3 %" in sentence(replace(several, step=0, right=0.333)).text.en
    assert "the same everywhere" in sentence(several).text.en
    flat = replace(CONSTANT, step=0)
    assert "predicts 0.50 everywhere" in sentence(flat).text.en


def test_a_sentence_takes_less_than_a_tenth_of_a_millisecond_or_so():
    began = time.process_time()
    for _ in range(100):
        sentence(LEARNING)
    assert (time.process_time() - began) / 100 < 1e-3


@pytest.mark.parametrize(
    ("shape", "en", "es"),
    [
        ((2,), "test points", "los puntos de prueba"),
        ((4,), "test examples", "los ejemplos de prueba"),
        ((28, 1), "test series", "las series de prueba"),
        ((8, 8, 1), "test images", "las imágenes de prueba"),
    ],
)
def test_examples_have_their_name(shape, en, es):
    learned = replace(LEARNING, skill=1.0, squares=1.0, right=0.9, in_shape=shape)
    said = sentence(learned).text
    assert f"gets 90 % of the {en} right" in said.en
    assert f"acierta el 90 % de {es}" in said.es
