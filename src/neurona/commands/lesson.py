"""``neurona demo tutorial``: the lesson's failure, its cause and its cure, in numbers."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from neurona import datasets
from neurona.commands.demo import writable
from neurona.language import Language, Text, localize
from neurona.lesson import cure
from neurona.observe import figures
from neurona.observe.film import ENGLISH, SPANISH, Film
from neurona.observe.scores import format_cost
from neurona.saving import replace

if TYPE_CHECKING:
    from argparse import Namespace

    from neurona.engine.types import Array

BAR = 24  # columns
NOT_HERE = (
    "topology", "activation", "cost", "optimizer", "learning_rate", "batch_size", "steps", "every",
    "arms", "classes", "noise",
)  # fmt: skip
REFUSED = Text(
    "--{option} is not for the tutorial, which trains the lesson's networks unchanged: it takes "
    "--seed, --output, --language and --quiet",
    "--{option} no vale para «tutorial», que entrena las redes de la lección sin cambios: admite "
    "--seed, --output, --language y --quiet",
)
TITLE = Text(
    "The lesson's deep network, {topology}, sigmoid, on the circles",
    "La red profunda de la lección, {topology}, sigmoide, en los círculos",
)
FAILURE = Text(
    "1. The failure: the lesson's program, {steps} steps",
    "1. El fallo: el programa de la lección, {steps} pasos",
)
FAILED = Text(
    "rate {rate:<5}  cost {cost}   outputs between {low} and {high}",
    "tasa {rate:<5}  coste {cost}   salidas entre {low} y {high}",
)
QUARTER = Text(
    "A network that predicts 0.5 for every point has a cost of 0.25.",
    "Una red que predice 0,5 para todos los puntos tiene un coste de 0,25.",
)
CAUSE = Text(
    "2. The cause: the size of dW in each layer before any step (median of 20, log scale)",
    "2. La causa: el tamaño de dW en cada capa antes del primer paso (mediana de 20, escala log.)",
)
LAYER = Text("layer", "capa")
LESSONS = Text("the lesson's weights", "los pesos de la lección")
SCALED = Text("scaled to the layer's width", "a la medida de la capa")
SHRINKS = Text(
    "It shrinks {times} times from the last layer to the first: the sigmoid's slope is at most\n"
    "   1/4, and these weights don't make up for it. Weights that are scaled to the layer's width\n"
    "   make it {larger} times larger in the first layer.",
    "Encoge {times} veces de la última capa a la primera: la pendiente de la sigmoide no pasa de\n"
    "   1/4, y estos pesos no lo compensan. Con pesos a la medida de la capa es {larger} veces\n"
    "   mayor en la primera.",
)
CHECK = Text(
    "3. The gradient check of the program's step (500 points, 2-4-8-1)",
    "3. La comprobación del gradiente del programa (500 puntos, 2-4-8-1)",
)
STEP_OF_W = Text(
    "the step of W is {ratio:>8} times the gradient: it sums over the points",
    "el paso de W es {ratio:>8} veces el gradiente: suma sobre los puntos",
)
STEP_OF_B = Text(
    "the step of b is {ratio:>8} times the gradient: it averages and lacks the 2",
    "el paso de b es {ratio:>8} veces el gradiente: promedia, y le falta el 2",
)
SLOWER = Text(
    "So biases learn {times} times slower than weights.",
    "Así que los sesgos aprenden {times} veces más despacio que los pesos.",
)
CURE = Text(
    "4. The cure: the same topology, {draws} draws of initial weights, {steps} steps",
    "4. La cura: la misma topología, {draws} sorteos de pesos iniciales, {steps} pasos",
)
LESSONS_STEP = Text("the lesson's step, rate {rate}", "el paso de la lección, tasa {rate}")
TRUE_STEP = Text("the true gradient, rate {rate}", "el gradiente verdadero, tasa {rate}")
BELOW = Text(
    "below {cost} in {n} draws of {draws}", "por debajo de {cost} en {n} sorteos de {draws}"
)
CURED = Text(
    "The initial weights decide: scaled to the width, they cure it along either step. The true\n"
    "   gradient alone needs a lucky draw.",
    "Deciden los pesos iniciales: a la medida de la capa, la curan con cualquiera de los dos\n"
    "   pasos. El gradiente verdadero, él solo, necesita un sorteo afortunado.",
)
PICTURE = Text(
    "Before any step: the first layer's gradient is {times} times smaller than the last's",
    "Antes del primer paso: el gradiente de la primera capa es {times} veces menor que el de la "
    "última",
)
CONCLUSION = Text(
    "Weights scaled to the layer's width make it {larger} times larger: the network learns.",
    "Con pesos a la medida de la capa es {larger} veces mayor: la red aprende.",
)
SIZE = Text("size of dW (root mean square)", "tamaño de dW (media cuadrática)")


def run(given: Namespace) -> int:
    """Measure, report, and save a picture of the gradients and a film of the cured network."""
    language: Language = given.language

    def say(text: str = "") -> None:
        if not given.quiet:
            print(text, flush=True)

    for name in NOT_HERE:
        if getattr(given, name) is not None:
            raise ValueError(REFUSED.say(language, option=name.replace("_", "-")))
    output = writable(given.output, language)
    seed = given.seed
    say(TITLE.say(language, topology="-".join(map(str, cure.DEEP))) + "\n")

    say(FAILURE.say(language, steps=cure.STEPS))
    for failure in cure.failures(seed):
        low, high = (localize(f"{one:.3f}", language) for one in failure.outputs)
        rate = localize(f"{failure.rate:g}", language)
        cost = localize(format_cost(failure.cost), language)
        say(f"   {FAILED.say(language, rate=rate, cost=cost, low=low, high=high)}")
    say(f"   {QUARTER.say(language)}\n")

    sizes = [cure.gradient_sizes(name) for name in ("uniform", "orthogonal")]
    times = localize(f"{sizes[0][-1] / sizes[0][0]:,.0f}", language)
    larger = localize(f"{sizes[1][0] / sizes[0][0]:,.0f}", language)
    say(CAUSE.say(language))
    for line in _bars(sizes, language):
        say(f"   {line}")
    say(f"   {SHRINKS.say(language, times=times, larger=larger)}\n")

    ratio = cure.step_ratios(seed=seed)
    say(CHECK.say(language))
    for text, value in ((STEP_OF_W, ratio.W), (STEP_OF_B, ratio.b)):
        say(f"   {text.say(language, ratio=localize(f'{value:.3f}', language))}")
    slower = localize(f"{ratio.W / ratio.b:,.0f}", language)
    say(f"   {SLOWER.say(language, times=slower)}\n")

    say(CURE.say(language, draws=cure.DRAWS, steps=cure.STEPS))
    for is_lesson, rate in ((True, cure.LESSON_RATE), (False, cure.TRUE_RATE)):
        say(f"   {(LESSONS_STEP if is_lesson else TRUE_STEP).say(language, rate=rate)}")
        for weights, words in (("uniform", LESSONS), ("orthogonal", SCALED)):
            costs = cure.last_costs(weights, rate=rate, lesson=is_lesson, points=seed)
            below = sum(cost < cure.BELOW for cost in costs)
            found = BELOW.say(language, cost=cure.BELOW, n=below, draws=len(costs))
            say(f"     {words.say(language):<28} {found}")
    say(f"   {CURED.say(language)}\n")

    axes = figures.gradient_sizes(
        {words.say(language): size for words, size in zip((LESSONS, SCALED), sizes, strict=True)}
    )
    axes.set(xlabel=LAYER.say(language), ylabel=SIZE.say(language))
    figure = axes.get_figure(root=True)
    figure.suptitle(PICTURE.say(language, times=times), fontsize=10, wrap=True)
    figure.supxlabel(CONCLUSION.say(language, larger=larger), fontsize=9, wrap=True)
    picture = output / "tutorial.png"
    replace(picture, figures.png(figure, dpi=160, bbox_inches="tight"))
    print(picture)
    net, states = cure.training("orthogonal", every=5, points=seed)
    film = Film(net, *datasets.circles(rng=seed), words=ENGLISH if language == "en" else SPANISH)
    for state in states:
        film.add(state)
    film.save(output / "tutorial.gif")
    print(output / "tutorial.gif")
    return 0


def _bars(sizes: list[Array], language: Language) -> list[str]:
    """Draw the sizes of each layer's gradient as bars on a logarithmic scale, side by side."""
    low, top = min(map(min, sizes)) / 2, max(map(max, sizes))
    width = BAR + 11
    head = f"{LAYER.say(language):>5}   {LESSONS.say(language):<{width}}{SCALED.say(language)}"
    rows = [
        "   ".join(f"{_bar(size, low, top)}  {localize(f'{size:.1e}', language)}" for size in both)
        for both in zip(*sizes, strict=True)
    ]
    return [head, *(f"{i:>5}   {row}" for i, row in enumerate(rows, start=1))]


def _bar(value: float, floor: float, top: float) -> str:
    filled = round(BAR * log(value / floor) / log(top / floor))
    return ("█" * filled).ljust(BAR, "·")
