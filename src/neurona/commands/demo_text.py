"""``neurona demo text``: a recurrent network learns Python's manual, character by character."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import datasets
from neurona.checks import check_count
from neurona.commands.demo import follow, refuse, training_options, writable
from neurona.engine.layers.convolution import Conv1D
from neurona.engine.layers.embedding import Embedding
from neurona.engine.layers.gru import GRU
from neurona.engine.network import Network, network
from neurona.engine.optimizers import Adam
from neurona.engine.schedules import Cosine
from neurona.engine.training import train
from neurona.extras import require
from neurona.language import Language, localize
from neurona.language import Text as Words
from neurona.observe.figures import png
from neurona.observe.style import GRAY, INK, tidy
from neurona.observe.terminal import COST, STEP, TrainingView
from neurona.saving import replace

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from rich.text import Text

    from neurona.engine.state import State
    from neurona.engine.types import Array

STEPS = 64  # characters that the network reads
EMBEDDED, UNITS = 32, 128
RATE = 0.005
TRAINING = {"steps": 600, "batch_size": 32, "every": 10}
HELD_OUT = 0.1
TESTED = 200  # pieces of the text
SAMPLE = 160  # characters
TEMPERATURE = 0.7  # below 1, the likely characters are likelier still

CHARACTERS = Words(
    "characters of Python's manual, in English", "caracteres del manual de Python, en inglés"
)
HEAD = Words(
    "cost per character, on a tenth of the text that was kept apart",
    "coste por carácter, en una décima parte del texto que no ha visto",
)
UNSURE = Words("as if among", "como entre")
WAYS = {
    0: Words("by how often each is seen", "por lo que se ve cada uno"),
    1: Words("by the one before", "por el anterior"),
    2: Words("by the two before", "por los dos anteriores"),
}
NETWORK = Words("the network", "la red")
TOLD = Words(
    "It hesitates as if among {n} characters, and one who knows the one before, among {bigram}.",
    "Duda como entre {n} caracteres; quien solo conoce el anterior, como entre {bigram}.",
)


def run(given: Namespace) -> int:
    """Train, write as it learns, and compare with counts of neighboring characters."""
    refuse(given)
    language: Language = given.language
    text = datasets.python_manual()
    alphabet = sorted(set(text))
    number = {character: k for k, character in enumerate(alphabet)}
    codes = np.array([number[character] for character in text])
    cut = int((1 - HELD_OUT) * len(codes))
    learned, kept = codes[:cut], codes[cut:]

    layers = [Embedding(len(alphabet), EMBEDDED), GRU(UNITS, return_sequences=True)]
    net = network([(STEPS,), *layers, Conv1D(len(alphabet), 1)], "linear", output="softmax")
    options: dict[str, Any] = {**TRAINING, **training_options(given)}
    options.setdefault("optimizer", Adam(Cosine(RATE, options["steps"])))
    rng, size = (
        np.random.default_rng(given.seed),
        check_count("batch_size", options.pop("batch_size")),
    )
    states = train(net, batches=lambda: pieces(learned, size, rng), rng=given.seed, **options)
    output = writable(given.output, language)
    characters = f"{localize(f'{len(text):,}', language)} {CHARACTERS.say(language)}"
    view = Writing(
        net, alphabet, kept[:STEPS], steps=options["steps"], title=("text", characters),
        quiet=given.quiet, language=language,
    )  # fmt: skip
    costs: dict[int, float] = {}
    last: dict[str, Any] = {}

    def keep(state: State) -> None:
        costs[state.step] = state.cost
        last.update(params=state.params)

    code = follow(states, view, keep, language)
    if not last:
        return code
    starts = np.linspace(0, len(kept) - STEPS - 1, TESTED).astype(int)
    cost = cost_of(net, last["params"], kept[starts[:, None] + np.arange(STEPS + 1)])
    counted = {k: ngram_cost(learned, kept, k, len(alphabet)) for k in WAYS}
    if not given.quiet:
        print("\n" + "\n".join(told(cost, counted, language)) + "\n")
    picture, written = output / "text.png", output / "text.txt"
    replace(picture, drawn(costs, counted, language))
    print(picture)
    replace(written, view.write(last["params"], 10 * SAMPLE).encode())
    print(written)
    return code


def pieces(codes: Array, size: int, rng: Any) -> Iterator[tuple[Array, Array]]:
    """Yield batches of pieces of the text, and the same moved on by a character, without end."""
    while True:
        starts = rng.integers(0, len(codes) - STEPS, size)
        rows = codes[starts[:, None] + np.arange(STEPS + 1)]
        yield rows[:, :-1], rows[:, 1:]


class Writing(TrainingView):
    """Shows what the network writes beside the cost.

    Parameters
    ----------
    net, **options
        As in :class:`~neurona.observe.terminal.TrainingView`.
    alphabet
        The character of each number.
    prompt : (STEPS,)
        The characters that it goes on from.
    """

    def __init__(self, net: Network, alphabet: list[str], prompt: Array, **options: Any) -> None:
        super().__init__(net, **options)
        self.alphabet, self.prompt = alphabet, prompt

    def write(self, params: Any, length: int = SAMPLE) -> str:
        """Return so many characters that the network draws one after the other."""
        rng, row = np.random.default_rng(0), list(self.prompt)
        for _ in range(length):
            p = self.net.predict(params, np.array([row[-STEPS:]]))[0, -1].astype(np.float64)
            p = p ** (1 / TEMPERATURE)
            row.append(int(rng.choice(len(p), p=p / p.sum())))
        return "".join(self.alphabet[k] for k in row[len(self.prompt) :])

    def beside(self, state: State, width: int, rows: int) -> Text | None:
        """Return what it writes, in lines of half the width."""
        lines = textwrap.wrap(self.write(state.params), max(20, width // 2 - 3))[:rows]
        text: Text = require("rich.text", extra="terminal").Text("\n".join(lines) or " ")
        return text

    def below(self, state: State) -> str:
        """Return what it writes, on a line."""
        return f"  {' '.join(self.write(state.params).split())}"


def cost_of(net: Network, params: Any, rows: Array) -> float:
    """Return the mean cost per character of pieces with the character that follows."""
    p = net.predict(params, rows[:, :-1])
    return float(-np.log(np.take_along_axis(p, rows[:, 1:, None], axis=-1) + 1e-12).mean())


def ngram_cost(learned: Array, kept: Array, before: int, n: int) -> float:
    """Return the cost per character of who counts what follows so many characters.

    A context that was seldom seen is helped by the shorter one: its probability counts as two
    sightings.

    Examples
    --------
    >>> turns = np.arange(300) % 3
    >>> ngram_cost(turns, turns, 0, 3) > 1, ngram_cost(turns, turns, 1, 3) < 0.05
    (True, True)
    """
    p = np.full(len(kept), 1 / n)
    for k in range(before + 1):
        (contexts, followed), (mine, wanted) = (grams(codes, k, n) for codes in (learned, kept))
        seen, both = Counter(contexts), Counter(followed)
        of = np.array([seen[one] for one in mine])
        hits = np.array([both[one] for one in wanted])
        p = (hits + 2 * p[-len(hits) :]) / (of + 2)
    return float(-np.log(p).mean())


def grams(codes: Array, before: int, n: int) -> tuple[list[int], list[int]]:
    """Return a number for each context of so many characters, and for it and what follows."""
    context = np.zeros(len(codes) - before, dtype=np.int64)
    for k in range(before):
        context = context * n + codes[k : len(codes) - before + k]
    return context.tolist(), (context * n + codes[before:]).tolist()


def told(cost: float, counted: dict[int, float], language: Language) -> list[str]:
    """Say the costs in a table, and in a sentence what they mean."""
    rows = {NETWORK: cost} | {WAYS[k]: counted[k] for k in sorted(counted, reverse=True)}
    lines = [f"{HEAD.say(language)}:"]
    for words, value in rows.items():
        number, among = (
            localize(text, language) for text in (f"{value:.2f}", f"{np.exp(value):.1f}")
        )
        lines.append(f"  {words.say(language):<28}{number}   ({UNSURE.say(language)} {among})")
    n, bigram = (round(float(np.exp(one)), 1) for one in (cost, counted[1]))
    return [*lines, TOLD.say(language, n=n, bigram=bigram)]


def drawn(costs: dict[int, float], counted: dict[int, float], language: Language) -> bytes:
    """Draw the cost, and those of the counts as lines."""
    figure = require("matplotlib.figure", extra="plot").Figure((7, 3.4), layout="constrained")
    ax = figure.subplots()
    ax.plot([*costs], [*costs.values()], color=INK, linewidth=1.5)
    for k, cost in counted.items():
        ax.axhline(cost, color=GRAY, linewidth=0.8, linestyle=":")
        ax.annotate(
            WAYS[k].say(language), (1, cost), (0, 2), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="right", fontsize=8, color=GRAY,
        )  # fmt: skip
    ax.set(xlabel=STEP.say(language), ylabel=COST.say(language), ylim=(0, None))
    tidy(ax)
    return png(figure, dpi=150)
