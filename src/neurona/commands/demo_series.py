"""``neurona demo series``: the temperature of the next days, beside what needs no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neurona import datasets
from neurona.commands.demo import follow, refuse, training_options, writable
from neurona.engine.layers.gru import GRU
from neurona.engine.network import network
from neurona.engine.optimizers import Adam
from neurona.engine.schedules import Cosine
from neurona.engine.training import train
from neurona.extras import require
from neurona.language import Language, Text, localize
from neurona.observe.figures import png
from neurona.observe.style import GRAY, INK, series_color, tidy
from neurona.observe.terminal import TrainingView
from neurona.saving import replace

if TYPE_CHECKING:
    from argparse import Namespace

    from numpy.typing import NDArray

    from neurona.engine.types import Array

PAST, AHEAD = 21, 7  # days that the network reads, and predicts
YEAR = 365
NEAR = 7  # days: the season of a day
UNITS = 16
RATE = 0.005
# Chosen on 2014, after training on 2012 and 2013: of four penalties the best, with GRU and LSTM.
TRAINING = {"steps": 600, "batch_size": 32, "every": 10, "l2": 0.01}

TITLE = Text(
    "Seattle, highest temperature of the next {ahead} days, from the last {past}",
    "Seattle, máxima de los próximos {ahead} días, a partir de los {past} últimos",
)
HEAD = Text("mean error in °C, days ahead", "error medio en °C, días vista")
WAYS = {
    "network": Text("the network", "la red"),
    "yesterday": Text("as on the last day", "como el último día"),
    "year": Text("as a year ago", "como hace un año"),
    "season": Text("as usual for the season", "lo normal en la época"),
}
BETTER = Text(
    "{when}: the network's error is {share} below the best of the three, “{way}”.",
    "{when}: el error de la red es un {share} menor que el del mejor de los tres, «{way}».",
)
NO_BETTER = Text(
    "{when}: the network is no better than “{way}”.", "{when}: la red no mejora a «{way}»."
)
FIRST = Text("One day ahead", "A un día vista")
LAST = Text("{n} days ahead", "A {n} días vista")
KEPT = Text(
    "It learned from {first} to {last}, and is judged on {year}, which it has not seen.",
    "Ha aprendido de {first} a {last}, y se la juzga en {year}, que no ha visto.",
)
MEASURED, PREDICTED = (
    Text("measured", "medida"),
    Text("predicted a day before", "predicha la víspera"),
)
ERROR, DAYS = Text("mean error (°C)", "error medio (°C)"), Text("days ahead", "días vista")


class Windows(NamedTuple):
    """Examples of a daily series: what is read, and the temperatures of the days that follow."""

    x: Array  # (n, PAST, features), standardized
    y: Array  # (n, AHEAD), °C
    first: NDArray[np.datetime64]  # (n,), the first day that is predicted
    naive: dict[str, Array]  # (n, AHEAD) by way


def run(given: Namespace) -> int:
    """Train on all years but the last, and compare on the last."""
    refuse(given)
    language: Language = given.language
    days, values = datasets.seattle_weather()
    whole = windows_of(days, values)
    last_year = days[-1].astype("datetime64[Y]")
    learned = whole.first + AHEAD <= last_year.astype("datetime64[D]")
    tested = whole.first.astype("datetime64[Y]") == last_year
    # The network predicts how much warmer than the last day it will be, in standard deviations.
    before, scale = (
        whole.naive["yesterday"],
        float(values[days.astype("datetime64[Y]") < last_year, 0].std()),
    )
    changes = (whole.y - before) / scale

    net = network([whole.x.shape[1:], GRU(UNITS), AHEAD], "linear")
    options: dict[str, Any] = {**TRAINING, **training_options(given)}
    options.setdefault("optimizer", Adam(Cosine(RATE, options["steps"])))
    states = train(net, whole.x[learned], changes[learned], rng=given.seed, **options)
    output = writable(given.output, language)
    view = TrainingView(
        net, steps=options["steps"], title=("series", ""), quiet=given.quiet, language=language
    )
    last: dict[str, Any] = {}
    code = follow(states, view, lambda state: last.update(params=state.params), language)
    if not last:
        return code
    predicted = before[tested] + scale * net.predict(last["params"], whole.x[tested])
    ways = {"network": predicted} | {name: one[tested] for name, one in whole.naive.items()}
    errors = {name: np.abs(one - whole.y[tested]).mean(axis=0) for name, one in ways.items()}
    if not given.quiet:
        print("\n" + TITLE.say(language, ahead=AHEAD, past=PAST))
        years = {"first": str(days[0])[:4], "last": str(int(str(last_year)) - 1)}
        print(KEPT.say(language, **years, year=str(last_year)) + "\n")
        print("\n".join(told(errors, language)) + "\n")
    picture = output / "series.png"
    replace(picture, drawn(whole.first[tested], whole.y[tested], predicted, errors, language))
    print(picture)
    return code


def windows_of(days: NDArray[np.datetime64], values: Array) -> Windows:
    """Cut the series into examples; a feature is scaled by the years before the last.

    The days of a season are those of earlier years than the last, near the same date.
    """
    learned = days.astype("datetime64[Y]") < days[-1].astype("datetime64[Y]")
    date = (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(int)
    numbers = values.copy()
    numbers[:, 2] = np.log1p(numbers[:, 2])  # rain: most days have none, and few have much
    numbers = (numbers - numbers[learned].mean(axis=0)) / numbers[learned].std(axis=0)
    turn = 2 * np.pi * date / (YEAR + 0.25)
    features = np.column_stack([numbers, np.sin(turn), np.cos(turn)])

    warm = values[:, 0]
    apart = np.abs(np.arange(YEAR + 1)[:, None] - date[learned])
    near = np.minimum(apart, YEAR - apart) <= NEAR
    season = (near * warm[learned]).sum(axis=1) / near.sum(axis=1)
    first = np.arange(PAST, len(days) - AHEAD + 1)
    following = first[:, None] + np.arange(AHEAD)
    year_ago = np.where(following >= YEAR, warm[following - YEAR], np.nan)
    return Windows(
        features[first[:, None] + np.arange(-PAST, 0)],
        warm[following],
        days[first],
        {
            "yesterday": np.repeat(warm[first - 1][:, None], AHEAD, axis=1),
            "year": year_ago,
            "season": season[date[following]],
        },
    )


def told(errors: dict[str, Array], language: Language) -> list[str]:
    """Say the errors in a table, and in two sentences how much better the network is.

    Examples
    --------
    >>> errors = {"network": np.array([2.0, 3.3]), "yesterday": np.array([2.5, 4.0])}
    >>> for line in told({**errors, "season": np.array([3.2, 3.2])}, "en"):
    ...     print(line)
    mean error in °C, days ahead       1       2
    the network                     2.00    3.30
    as on the last day              2.50    4.00
    as usual for the season         3.20    3.20
    One day ahead: the network's error is 20 % below the best of the three, “as on the last day”.
    2 days ahead: the network is no better than “as usual for the season”.
    """
    width = len(HEAD.say(language))
    lines = [HEAD.say(language) + "".join(f"{k + 1:>8}" for k in range(len(errors["network"])))]
    for name, each in errors.items():
        cells = "".join(f"{localize(f'{one:.2f}', language):>8}" for one in each)
        lines.append(f"{WAYS[name].say(language):<{width}}{cells}")
    for k, when in ((0, FIRST), (-1, LAST)):
        naive = min((name for name in errors if name != "network"), key=lambda one: errors[one][k])
        less = 1 - errors["network"][k] / errors[naive][k]
        said = BETTER if less > 0 else NO_BETTER
        share = localize(f"{100 * less:.0f} %", language)
        days = when.say(language, n=len(errors["network"]))
        lines.append(said.say(language, when=days, share=share, way=WAYS[naive]))
    return lines


def drawn(
    first: NDArray[np.datetime64], y: Array, predicted: Array, errors: dict[str, Array],
    language: Language,
) -> bytes:  # fmt: skip
    """Draw the year that it has not seen, and the errors by day."""
    figure = require("matplotlib.figure", extra="plot").Figure((10, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    left.plot(first, y[:, 0], color=GRAY, alpha=0.5, linewidth=1, label=MEASURED.say(language))
    left.plot(first, predicted[:, 0], color=INK, linewidth=1.2, label=PREDICTED.say(language))
    left.set(ylabel="°C")
    left.xaxis.set_major_formatter(lambda day, _: str(np.datetime64(int(day), "D"))[:7])
    left.tick_params(axis="x", labelsize=8)
    left.legend(frameon=False, fontsize=8)
    ahead = np.arange(1, y.shape[1] + 1)
    for k, (name, each) in enumerate(errors.items()):
        width = 2.0 if name == "network" else 1.2
        right.plot(
            ahead, each, color=series_color(k), linewidth=width, label=WAYS[name].say(language)
        )
    right.set(ylim=(0, None), xlabel=DAYS.say(language), ylabel=ERROR.say(language))
    right.yaxis.set_major_formatter(lambda value, _: localize(f"{value:.1f}", language))
    right.legend(frameon=False, fontsize=8, loc="lower right")
    for ax in (left, right):
        tidy(ax, grid="y")
    figure.suptitle(TITLE.say(language, ahead=AHEAD, past=PAST), fontsize=10)
    return png(figure, dpi=150)
