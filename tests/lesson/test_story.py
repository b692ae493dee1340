"""One story: the page, the notebooks, the READMEs and the documents tell the same figures."""

import json
import re
from pathlib import Path

import pytest

from neurona.lesson import cure
from neurona.web.examples import EXAMPLES, example

ROOT = Path(__file__).parent.parent.parent


def text_of(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    if name.endswith(".ipynb"):
        text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    return " ".join(text.split())


def draws(step, rate):
    """Return how many of 10 draws learn, by their initial weights, as the measurements say."""
    text = (ROOT / "docs" / "measurements.md").read_text(encoding="utf-8")
    section = text.partition("<!-- failure:begin -->")[2].partition("<!-- failure:end -->")[0]
    (row,) = re.findall(rf"^\| {step}, {rate:g} +\|(.*) of 10 \|$", section, re.MULTILINE)
    counts = map(int, row.replace(" of 10 ", "").split("|"))
    return dict(zip(cure.WEIGHTS, counts, strict=True))


TRUE = draws("true gradient", cure.TRUE_RATE)
LESSON = draws("the lesson's", cure.LESSON_RATE)


@pytest.mark.parametrize("name", ["stuck", "gradient"])
def test_the_examples_of_the_page_are_the_measured_case(name):
    setup = example(name)
    training = setup.training
    assert (setup.data.kind, setup.data.n, setup.data.noise, setup.data.seed) == (
        "circles", 500, 0.05, 0,
    )  # fmt: skip
    assert setup.data.test_share == 0
    assert [2, *(layer.neurons for layer in setup.layers), 1] == [*cure.DEEP]
    assert {layer.activation for layer in setup.layers} == {"sigmoid"}
    assert (training.initializer, training.seed, training.cost) == ("uniform", cure.DRAW, "mse")
    own = {"stuck": ("lesson", cure.LESSON_RATE), "gradient": ("sgd", cure.TRUE_RATE)}
    assert (training.optimizer, training.learning_rate) == own[name]
    assert name in EXAMPLES


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("README.md", "{lesson} of {n} draws of its weights learn, and {cured} of {n} orthogonal"),
        ("README.es.md", "aprenden {lesson} de {n} sorteos de sus pesos, y {cured} de {n}"),
        ("docs/lesson.md", "{lesson} of {n} draws of the lesson's weights get below 0.01"),
        ("docs/lesson.md", "and {cured} of {n} orthogonal ones"),
        ("docs/lesson.md", "at rate 0.01, {own} of {n} and {own_cured} of {n} do"),
        ("docs/lesson.md", "random seed {draw}"),
        ("notebooks/lesson.en.ipynb", "learn in {lesson} draws of {n}, and orthogonal ones in"),
        ("notebooks/lesson.en.ipynb", "number {draw}: it stays at 0.25"),
        ("notebooks/leccion.es.ipynb", "aprenden {lesson} sorteos de {n}, y con los ortogonales"),
        ("notebooks/leccion.es.ipynb", "fallan, el {draw}: se queda en 0,25"),
        ("docs/measurements.md", "Random seed {draw}:"),
    ],
)
def test_the_figures_are_the_same_everywhere(name, words):
    said = words.format(
        lesson=TRUE["uniform"], cured=TRUE["orthogonal"], own=LESSON["uniform"],
        own_cured=LESSON["orthogonal"], n=cure.DRAWS, draw=cure.DRAW,
    )  # fmt: skip
    assert said in text_of(name)
