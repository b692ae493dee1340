"""``neurona sweep``: where a network learns and how often, as a map that fills in the terminal."""

from __future__ import annotations

import hashlib
import json
import sys
from argparse import Namespace
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from neurona.commands import doctor, interrupts
from neurona.commands.demo import writable
from neurona.demos import DEMOS
from neurona.extras import MissingExtra, require
from neurona.language import Language, Text, localize, write_number
from neurona.lesson.cure import BELOW, STEPS, circles
from neurona.observe.figures import png
from neurona.saving import replace
from neurona.sweeps.axes import Axis
from neurona.sweeps.figure import MEASURES, name
from neurona.sweeps.networks import engine_here
from neurona.sweeps.settings import ORDER, changed
from neurona.sweeps.sweep import Sweep, sweep, sweep_case

LESSON = "lesson"  # the data of the lesson's experiment
LESSON_GRID = {"learning_rate": "0.001:10", "topology": "4,8/4,8,16,8,4"}
LESSON_SETTINGS = {
    "optimizer": "lesson", "initializer": "uniform", "activation": "sigmoid", "cost": "mse",
}  # fmt: skip
OPTIONS = (
    "learning_rate", "topology", "depth", "activation", "initializer", "optimizer", "batch_size",
    "l1", "l2", "cost",
)  # fmt: skip
OF_ESTIMATORS = {"topology": "hidden_layer_sizes"}  # what is named otherwise there
CURSOR = "\x1b[?25h"  # shows it again, where a map in its place has hidden it
SEEDS, SEEDS_OF_A_TABLE = 20, 5

HEAD = Text(
    "{data}: {cells} cells of {seeds} seeds; a number is how many of them succeed: {measure} below "
    "{below}",
    "{data}: {cells} casillas de {seeds} semillas; el número dice cuántas lo logran: {measure} por "
    "debajo de {below}",
)
GOES_ON = Text(
    "interrupted; the same command goes on with what is in {path}",
    "interrumpido; la misma orden continúa con lo que hay en {path}",
)
NOTHING_VARIES = Text(
    "nothing varies: give several values, such as --learning-rate 0.001:10 or --topology 4/4,8",
    "no varía nada: indica varios valores, como --learning-rate 0.001:10 o --topology 4/4,8",
)
NO_TARGET = Text(
    "{data} is a table: give the column to predict with --target",
    "{data} es una tabla: indica con --target la columna que se predice",
)
NOT_FOR_A_TABLE = Text(
    "{option} is for demonstrations, and {data} is a table",
    "{option} es para las demostraciones, y {data} es una tabla",
)


def run(given: Namespace) -> int:
    """Sweep as the options say, print and save the map, and return the exit code."""
    language: Language = given.language
    axes = read_axes(given, language)
    grid = {axis.name: axis.values for axis in axes if len(axis.values) > 1}
    fixed = {axis.name: axis.values[0] for axis in axes if len(axis.values) == 1}
    if not grid:
        raise ValueError(NOTHING_VARIES.say(language))
    if given.target is not None and given.data in (LESSON, *DEMOS):
        wrong = {"data": given.data, "target": repr(given.target)}
        raise ValueError(doctor.NO_COLUMN.say(language, **wrong))
    output = writable(given.output, language)
    require("matplotlib", extra="plot")
    maps, path = _begun(given, grid, fixed, output)
    words = f"neurona: {GOES_ON.say(language, path=str(path))}"
    try:
        with _screen(given.quiet) as show:
            # All cells so far are in the file. Within JAX no exception must come up; processes have
            # to be ended by one.
            if _is_compiled(given):
                interrupts.at_once(f"{CURSOR}\n{words}" if sys.stdout.isatty() else words)
            for found in maps if _is_compiled(given) else interrupts.until_raised(maps):
                show(report(given.data, found, language))
    except KeyboardInterrupt as interrupt:
        maps.close()
        raise KeyboardInterrupt(words) from interrupt
    interrupts.at_once()
    if not sys.stdout.isatty() and not given.quiet:
        print(report(given.data, found, language), flush=True)
    picture = path.with_suffix(".png")
    replace(picture, png(found.plot(language=language).figure, dpi=130))
    print(picture)
    print(path)
    return 0


def _is_compiled(given: Namespace) -> bool:
    """Tell whether the networks are trained by JAX, in threads of this process."""
    engine = given.engine or engine_here()
    return engine == "jax" and (given.data == LESSON or given.data in DEMOS)


def read_axes(given: Namespace, language: Language) -> list[Axis]:
    """Return an axis for each setting that was given, of one value or of several.

    Raises
    ------
    ValueError
        If a text does not say values.
    """
    texts = {one: getattr(given, one) for one in OPTIONS if getattr(given, one) is not None}
    if given.data == LESSON:
        texts = {**LESSON_GRID, **LESSON_SETTINGS, **texts}
    if language == "es":  # a decimal comma, in ranges and where semicolons separate the values
        texts = {
            one: text.replace(",", ".").replace(";", ",") if set(text) & {";", ":"} else text
            for one, text in texts.items()
        }
    return [Axis.read(one, text) for one, text in texts.items()]


def _begun(
    given: Namespace, grid: dict[str, Any], fixed: dict[str, Any], output: Path
) -> tuple[Any, Path]:
    """Return the iterator of the sweep, and the file in which it is kept.

    The file's name holds a checksum of the options, so that the same command goes on from it.
    """
    kept = {
        key: str(value)
        for key, value in sorted(vars(given).items())
        if key not in {"run", "output", "quiet", "language", "jobs"}
    }
    sum_ = hashlib.sha256(json.dumps(kept).encode()).hexdigest()[:6]
    path = output / f"sweep-{Path(given.data).stem}-{sum_}.npz"
    common: dict[str, Any] = {"below": given.below, "file": path, "n_jobs": given.jobs}
    seeds = SEEDS if given.seeds is None else given.seeds
    if given.data == LESSON:
        X, y = circles(given.seed)
        steps = given.steps or STEPS
        common["below"] = BELOW if given.below is None else given.below
        maps = sweep(X, y, grid, steps=steps, seeds=seeds, engine=given.engine, **common, **fixed)
        return maps, path
    if given.data in DEMOS:
        case = _case(given)
        for setting in sorted(fixed, key=ORDER.index):
            case = changed(case, setting, fixed[setting])
        maps = sweep_case(case, grid, seeds=seeds, engine=given.engine, **common)
        return maps, path
    for option in ("noise", "arms", "classes", "steps", "depth", "cost"):
        if getattr(given, option) is not None:
            raise ValueError(
                NOT_FOR_A_TABLE.say(given.language, option=f"--{option}", data=given.data)
            )
    X, y, estimator = _estimator(given)
    estimator.set_params(**{OF_ESTIMATORS.get(one, one): value for one, value in fixed.items()})
    grid = {OF_ESTIMATORS.get(one, one): values for one, values in grid.items()}
    seeds = SEEDS_OF_A_TABLE if given.seeds is None else given.seeds
    return sweep(X, y, grid, estimator=estimator, seeds=seeds, **common), path


def _case(given: Namespace) -> Any:
    """Return the demonstration as it is, as the doctor has it."""
    plain = dict.fromkeys((*OPTIONS, "output", "layers"))
    options = {**vars(given), **plain, "initializer": "orthogonal"}
    return doctor.case_of(Namespace(**options), given.language)


def _estimator(given: Namespace) -> tuple[Any, Any, Any]:
    """Return a table's columns, its target, and the estimator that learns it."""
    from neurona import NeuralNetClassifier, NeuralNetRegressor
    from neurona.commands import tables

    known = ", ".join([LESSON, *DEMOS])
    if given.data != "-" and not Path(given.data).exists():
        raise ValueError(doctor.UNKNOWN.say(given.language, data=given.data, known=known))
    if given.target is None:
        raise ValueError(NO_TARGET.say(given.language, data=given.data))
    with tables.about(given.data):
        file = tables.read_table(given.data, None, None)
        target = file.target(given.target, "auto")
        names = [one for one in file.names if one not in {given.target, *file.counting}]
        columns = file.select(names)[target.rows]
    kind = NeuralNetClassifier if target.is_classes else NeuralNetRegressor
    return columns, target.y, kind()


def report(data: str, found: Sweep, language: Language) -> str:
    """Return the map as text: a row for each value of the first axis, and a column for the rest."""
    rest = [
        " ".join(axis.labels[k] for axis, k in zip(found.axes[1:], cell, strict=True))
        for cell in np.ndindex(*found.shape[1:])
    ]
    share = found.share.reshape(found.shape[0], -1)
    counts = (~np.isnan(found.costs)).sum(axis=-1).reshape(found.shape[0], -1)
    flat = found.medians.reshape(found.shape[0], -1)
    # A score says more than whether it passes a threshold; a network either learns or does not.
    scores = found.measure.startswith("1 - ")
    medians = [[f" ({one:.3g})" if scores else "" for one in row] for row in flat]
    head = [name(found.axes[0].name, language), *rest]
    rows = [head]
    for k, label in enumerate(found.axes[0].labels):
        cells = [
            f"{round(part * count)}{more}" if count else "."
            for part, count, more in zip(share[k], counts[k], medians[k], strict=True)
        ]
        rows.append([localize(label, language), *cells])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    first = HEAD.say(
        language,
        data=data,
        cells=found.done.size,
        seeds=len(found.seeds),
        measure=MEASURES.get(found.measure, found.measure),
        below="…" if np.isnan(found.below) else write_number(found.below, language),
    )
    lines = ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([first, "", *lines, ""])


def _screen(quiet: bool) -> Any:
    """Return a context with a function that shows the map so far: in a terminal, in its place."""
    if not quiet and sys.stdout.isatty():
        try:
            live = require("rich.live", extra="terminal").Live(auto_refresh=False)
            text = require("rich.text", extra="terminal").Text
        except MissingExtra:
            return nullcontext(lambda text: None)
        return _Live(live, text)
    return nullcontext(lambda text: None)


class _Live:
    def __init__(self, live: Any, text: Any) -> None:
        self.live, self.text = live, text

    def __enter__(self) -> Any:
        self.live.start()
        return lambda shown: self.live.update(self.text(shown), refresh=True)

    def __exit__(self, *error: object) -> None:
        self.live.stop()
