"""Report a comparison: a table, a picture, and a page with the notes and the code of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurona.extras import require
from neurona.language import Language, Text, localize
from neurona.lesson.comparison.lineup import LINEUP
from neurona.lesson.comparison.measuring import Comparison, Outcome
from neurona.lesson.comparison.problem import PROBLEMS
from neurona.observe.figures import GRAY, INK, tidy
from neurona.observe.scores import format_cost

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FLAT = 0.95  # of the cost of always predicting the mean: no more was learned than that
MORE, REACHED = 5000, 0.0075  # steps with a linear output, and its cost after them, with seed 0
PARTED = 1e-4  # a relative difference above float32's rounding
COLORS = {
    "neurona": "#b9d3ee",
    "lesson": "#c9483f",
    "corrected": "#1f5fa8",
    "compiled": "#e08a1e",
    "scikit-learn": "#5b9a5b",
    "keras": "#7a4fa3",
    "pytorch": "#e3b81c",
}

TEXTS = {
    "who": Text("library", "biblioteca"),
    "numbers": Text("numbers", "números"),
    "difference": Text("largest difference", "mayor diferencia"),
    "cost": Text("last cost", "último coste"),
    "seconds": Text("seconds", "segundos"),
    "lines": Text("lines", "líneas"),
    "reference": Text("reference", "referencia"),
    "left out": Text("left out", "no participa"),
    "title": Text(
        "One network, the same initial weights, {steps:step|steps} of gradient descent",
        "Una red, los mismos pesos iniciales, {steps:paso|pasos} de descenso del gradiente",
    ),
    "about": Text(
        "2-4-8-1 on the circles, 500 points in each step, seed {seed}. The difference is the "
        "largest relative one at any step, from neurona's cost in float64. float64 has 16 digits "
        "and float32 has seven. The seconds are for building, compiling and training, with the "
        "cost at every step. Lines are lines of code; the lesson's programs include the network "
        "itself.",
        "2-4-8-1 en los círculos, 500 puntos en cada paso, semilla {seed}. La diferencia es "
        "la mayor en cualquier paso, relativa al coste de neurona en float64. float64 guarda 16 "
        "cifras y float32, siete. Los segundos son los de construir, compilar y entrenar, con el "
        "coste en cada paso. Las líneas son de código; los programas de la lección incluyen la "
        "propia red.",
    ),
    "parted": Text(
        "From step {step} on, float32 takes another path ({names}). The formulas are the "
        "same, but the steps are now longer than the valley is wide, and each jump across it "
        "multiplies the rounding errors.",
        "Desde el paso {step}, float32 toma otro camino ({names}). Las fórmulas son las "
        "mismas, pero los pasos ya son más largos que el ancho del valle, y cada salto multiplica "
        "los errores de redondeo.",
    ),
    "duration": Text(
        "It takes about half a minute with every library installed, and a few minutes on a "
        "slow machine; Keras takes the longest.",
        "Tarda alrededor de medio minuto con todas las bibliotecas instaladas, y unos "
        "minutos en una máquina lenta; la que más tarda es Keras.",
    ),
    "flat": Text(
        "Nobody has learned yet: the cost of always predicting the mean is {trivial}. The "
        "curves agree all the same. A linear output needs more steps: with seed 0, the cost is "
        "{reached} after {more}.",
        "Nadie ha aprendido todavía: predecir siempre la media cuesta {trivial}. Las curvas "
        "coinciden igual. Una salida lineal necesita más pasos: con la semilla 0, el coste es "
        "{reached} tras {more}.",
    ),
    "notes": Text("The differences", "Las diferencias"),
    "code": Text("The code of each", "El código de cada uno"),
    "curves": Text(
        "Left: the costs, one over the other. Right: the difference from neurona's cost",
        "A la izquierda, los costes, uno sobre otro. A la derecha, la diferencia con el "
        "coste de neurona",
    ),
    "step": Text("step", "paso"),
    "cost axis": Text("cost", "coste"),
    "apart": Text("relative difference", "diferencia relativa"),
}


def table(comparison: Comparison, language: Language = "en") -> list[list[str]]:
    """Return the header of the table and a row for each contestant.

    Examples
    --------
    >>> from neurona.lesson.comparison import LINEUP, compare
    >>> head, neurona = table(compare(steps=20, lineup=LINEUP[:1]))
    >>> head[:3], neurona[:3]
    (['library', 'numbers', 'largest difference'], ['neurona, NumPy', 'float64', 'reference'])
    """
    columns = ("who", "numbers", "difference", "cost", "seconds", "lines")
    rows = [[TEXTS[column].say(language) for column in columns]]
    for outcome in comparison.outcomes:
        entry = outcome.entry
        is_reference = outcome is comparison.outcomes[0]
        rows.append(
            [
                entry.title[language],
                entry.numbers,
                TEXTS["reference"].say(language)
                if is_reference
                else localize(f"{outcome.largest:.1e}", language),
                localize(format_cost(float(outcome.costs[-1])), language),
                localize(f"{outcome.seconds:.2f}", language),
                str(entry.lines),
            ]
        )
    return rows


def markdown_table(comparison: Comparison, language: Language = "en") -> str:
    """Return the table as Markdown, with numbers aligned to the right."""
    head, *rows = table(comparison, language)
    rule = ["---", "---", *["---:"] * (len(head) - 2)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def title(comparisons: Sequence[Comparison], language: Language = "en") -> str:
    """Return a title for the comparison."""
    return TEXTS["title"].say(language, steps=comparisons[0].problem.steps)


def about(seed: int, language: Language = "en") -> str:
    """Return an explanation of the table."""
    return TEXTS["about"].say(language, seed=str(seed))


def remarks(comparison: Comparison, language: Language = "en") -> list[str]:
    """Return the absent contestants with the reason, and what is odd about the curves.

    That is a cost which has hardly fallen, and the step where float32 parts.
    """
    lines = [
        f"{TEXTS['left out'].say(language)}: {entry.title[language]} ({reason[language]})"
        for entry, reason in comparison.left_out
    ]
    given = comparison.problem
    trivial = float(np.var(given.Y))
    if given.output == "linear" and comparison.outcomes[0].costs[-1] > FLAT * trivial:
        numbers = {"trivial": trivial, "reached": REACHED, "more": MORE}
        lines.append(TEXTS["flat"].say(language, **numbers))
    parted = [
        outcome
        for outcome in comparison.outcomes
        if outcome.entry.numbers == "float32" and not outcome.largest < PARTED
    ]
    if parted:
        step = min(int(np.argmax(~(outcome.differences < PARTED))) for outcome in parted)
        names = ", ".join(outcome.entry.title[language] for outcome in parted)
        lines.append(TEXTS["parted"].say(language, step=step, names=names))
    return lines


def notes(comparisons: Sequence[Comparison], language: Language = "en") -> list[tuple[str, str]]:
    """Return the contestants with their versions, and what each does differently."""
    return [
        (f"{outcome.entry.title[language]} ({outcome.version})", outcome.entry.notes[language])
        for outcome in took_part(comparisons)
    ]


def took_part(comparisons: Sequence[Comparison]) -> list[Outcome]:
    """Return the first outcome of each contestant that took part, in the order of the lineup."""
    outcomes = [outcome for comparison in comparisons for outcome in comparison.outcomes]
    found = {outcome.entry.key: outcome for outcome in reversed(outcomes)}
    order = [entry.key for entry in LINEUP]
    return [found[key] for key in sorted(found, key=order.index)]


def report(
    comparisons: Sequence[Comparison], seed: int, picture: str, language: Language = "en"
) -> str:
    """Write a page in Markdown: the tables, the picture, the notes and the code of each.

    Parameters
    ----------
    comparisons
        One for each problem.
    seed
        Random seed of the points and the weights.
    picture
        The picture's path, relative to the page.
    language
        ``"en"`` or ``"es"``.
    """
    parts = [f"# {title(comparisons, language)}", about(seed, language)]
    for comparison in comparisons:
        parts.append(f"## {PROBLEMS[comparison.problem.name].title[language]}")
        parts.append(markdown_table(comparison, language))
        parts += remarks(comparison, language)
    parts.append(f"![{TEXTS['curves'].say(language)}]({picture})")
    parts.append(f"## {TEXTS['notes'].say(language)}")
    parts += [f"**{who}.** {what}" for who, what in notes(comparisons, language)]
    parts.append(f"## {TEXTS['code'].say(language)}")
    for outcome in took_part(comparisons):
        parts.append(f"### {outcome.entry.title[language]}")
        parts.append(f"```python\n{outcome.entry.source}\n```")
    return "\n\n".join(parts) + "\n"


def figure(comparisons: Sequence[Comparison], language: Language = "en") -> Figure:
    """Draw the costs, one over the other, and beside them each difference from neurona's.

    Each curve is thinner than those below it, so that equal curves show as stripes.

    Raises
    ------
    MissingExtra
        If Matplotlib is not installed.
    """
    pyplot = require("matplotlib.pyplot", extra="plot")
    rows = len(comparisons)
    drawn: Figure = pyplot.figure(figsize=(11, 3.1 * rows + 0.5), layout="constrained")
    axes = drawn.subplots(rows, 2, squeeze=False, sharex=True)
    for (left, right), comparison in zip(axes, comparisons, strict=True):
        _curves(left, comparison, language)
        _differences(right, comparison, language)
        left.set_title(
            PROBLEMS[comparison.problem.name].title[language], loc="left", fontsize=10, color=INK
        )
    for ax in axes[-1]:
        ax.set_xlabel(TEXTS["step"].say(language), color=GRAY)
    _legend(drawn, comparisons, language)
    return drawn


def _curves(ax: Axes, comparison: Comparison, language: Language) -> None:
    ticker = require("matplotlib.ticker", extra="plot")
    widths = np.linspace(13, 1.5, len(comparison.outcomes))
    for width, outcome in zip(widths, _drawing_order(comparison), strict=True):
        ax.semilogy(outcome.costs, color=COLORS[outcome.entry.key], lw=width)
    ax.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(ticker.NullLocator())
    ax.set_ylabel(TEXTS["cost axis"].say(language), color=GRAY)
    tidy(ax, "y")


def _drawing_order(comparison: Comparison) -> list[Outcome]:
    """Return the outcomes, the lesson's last, since its curve is a different one."""
    return sorted(comparison.outcomes, key=lambda outcome: outcome.entry.key == "lesson")


def _differences(ax: Axes, comparison: Comparison, language: Language) -> None:
    for outcome in comparison.outcomes[1:]:
        shown = np.maximum.accumulate(outcome.differences)  # the largest so far: a clear line
        ax.semilogy(np.maximum(shown, 1e-18), color=COLORS[outcome.entry.key], lw=1.6)
    for digits, name in ((6e-8, "float32"), (1.1e-16, "float64")):  # half an ulp of 1
        ax.axhline(digits, color=GRAY, lw=0.8, ls=":", zorder=0)
        ax.annotate(
            name, (1, digits), (-2, -10), xycoords=("axes fraction", "data"), fontsize=8,
            textcoords="offset points", ha="right", color=GRAY,
        )  # fmt: skip
    ax.set_ylim(3e-18, 1e3)
    ax.set_ylabel(TEXTS["apart"].say(language), color=GRAY)
    tidy(ax, "y")


def _legend(drawn: Figure, comparisons: Sequence[Comparison], language: Language) -> None:
    line = require("matplotlib.lines", extra="plot").Line2D
    entries = [outcome.entry for outcome in took_part(comparisons)]
    drawn.legend(
        [line([], [], color=COLORS[entry.key], lw=4) for entry in entries],
        [entry.title[language] for entry in entries],
        loc="outside lower center", ncols=4, frameon=False, fontsize=9,
    )  # fmt: skip
