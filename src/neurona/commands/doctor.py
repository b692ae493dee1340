"""``neurona doctor``: train, measure, and say what is wrong, and with ``--cures`` what mends it."""

from __future__ import annotations

import sys
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import datasets
from neurona.checks import check_count
from neurona.demos import DEMOS, data_of, outputs_for
from neurona.doctor.case import Case
from neurona.doctor.diagnosis import Diagnosis, diagnose_case
from neurona.doctor.proof import NotProved
from neurona.engine.network import network
from neurona.engine.optimizers import OPTIMIZERS
from neurona.language import Language, Text, read_number
from neurona.registry import lookup

if TYPE_CHECKING:
    from argparse import Namespace

HIDDEN = (16,)  # of a table, if nothing else is said
STEPS = 1000
FEWEST = 2  # rows of a table

HEAD = Text(
    "{data}: {n:example|examples}, network {topology}, {steps:step|steps} in {seconds} s; the cost "
    "went from {first} to {last}.",
    "{data}: {n:ejemplo|ejemplos}, red {topology}, {steps:paso|pasos} en {seconds} s; el coste "
    "pasó de {first} a {last}.",
)
ROW = Text(
    "   {measure}: {value} (threshold: {threshold})",
    "   {measure}: {value} (umbral: {threshold})",
)
UNKNOWN = Text(
    "{data} is neither a demonstration ({known}) nor a file: give a demonstration, or a table and "
    "the column to predict",
    "{data} no es una demostración ({known}) ni un archivo: indica una demostración, o una tabla y "
    "la columna que se predice",
)
NO_TARGET = Text(
    "{data} is a table: give the column to predict after it",
    "{data} es una tabla: indica después la columna que se predice",
)
TWO_TARGETS = Text(
    "the column to predict is {target}, and --target is {other}: give one of the two",
    "la columna que se predice es {target}, y --target es {other}: da una de las dos",
)
NO_COLUMN = Text(
    "{data} is a demonstration, which has no column {target}: leave it out",
    "{data} es una demostración, que no tiene una columna {target}: quítala",
)
NO_TIME = Text(
    "No cure was tried: not even the run as it is came to its end at five seeds within the time. "
    "Give fewer --steps, or fewer rows.",
    "No se ha probado ninguna cura: ni siquiera el entrenamiento tal como está acabó con cinco "
    "semillas a tiempo. Indica menos pasos con --steps, o menos filas.",
)
NOT_A_NUMBER = Text(
    "{option} is {given}, which is not a number", "{option} es {given}, que no es un número"
)
NO_SUCH_OPTION = Text(
    "{option} is for demonstrations, and {data} is a table",
    "{option} es para las demostraciones, y {data} es una tabla",
)


def run(given: Namespace) -> int:
    """Diagnose what the options ask for, print it, and return the exit code."""
    language: Language = given.language
    given.target = _target(given)
    case = case_of(given, language)
    diagnosis = diagnose_case(case)
    print("\n".join(report(given.data, diagnosis, language)), flush=True)
    if given.cures and not diagnosis.healthy:
        try:
            width = get_terminal_size().columns if sys.stdout.isatty() else None
            said = diagnosis.cures().say(language, width)
        except NotProved:
            said = NO_TIME.say(language)
        print(f"\n{said}", flush=True)
    return 0


def _target(given: Namespace) -> str | None:
    """Return the column to predict, which a demonstration does not have."""
    target: str | None = given.target or given.named_target
    if given.named_target not in (None, target):
        said = TWO_TARGETS.say(given.language, target=repr(target), other=repr(given.named_target))
        raise ValueError(said)
    if target is not None and given.data in DEMOS:
        raise ValueError(NO_COLUMN.say(given.language, data=given.data, target=repr(target)))
    return target


def report(data: str, diagnosis: Diagnosis, language: Language) -> list[str]:
    """Return the lines on a diagnosis: what was trained, and each finding with its numbers."""
    evidence = diagnosis.evidence
    widths = [evidence.case.net.n_in, *(layer.units for layer in evidence.last.layers)]
    lines = [
        HEAD.say(
            language,
            data=data,
            n=evidence.signs.n,
            topology="-".join(map(str, widths)),
            steps=evidence.last.step,
            seconds=round(diagnosis.seconds, 1),
            first=evidence.first.cost,
            last=evidence.last.cost,
        ),
        "",
        *([diagnosis.say(language)] if diagnosis.healthy else []),
    ]
    for k, finding in enumerate(diagnosis.findings, start=1):
        lines.append(f"{k}. {finding.say(language)}")
        if finding.measure is not None:
            value, threshold = (_number(finding.numbers[name]) for name in ("value", "threshold"))
            lines.append(
                ROW.say(language, measure=finding.measure, value=value, threshold=threshold)
            )
    return lines


def _number(value: Any) -> float:
    return float(f"{value:.4g}")


def case_of(given: Namespace, language: Language) -> Case:
    """Return the training that the options ask for.

    Raises
    ------
    ValueError
        If an option is wrong.
    """

    def number(option: str) -> float | None:
        text = getattr(given, option.strip("-").replace("-", "_"))
        if text is None:
            return None
        try:
            return read_number(text, language)
        except ValueError:
            said = NOT_A_NUMBER.say(language, option=option, given=repr(text))
            raise ValueError(said) from None

    settings: dict[str, Any] = {}
    if given.data in DEMOS:
        X, y, held_out, usual = _demo(given, number("--noise"))
        n_out, output = outputs_for(y)
        settings = {**usual["training"]}
        hidden, activation = usual["hidden"], usual["activation"]
    else:
        for option in ("noise", "arms", "classes"):
            if getattr(given, option) is not None:
                raise ValueError(
                    NO_SUCH_OPTION.say(language, option=f"--{option}", data=given.data)
                )
        X, y, n_out, output = _table(given, language)
        held_out, hidden, activation = {}, HIDDEN, "tanh"
    for name in ("cost", "steps", "batch_size"):
        value = getattr(given, name)
        if value is not None:
            settings[name] = value if name == "cost" else check_count(name, value)
    for name in ("l1", "l2"):
        if (size := number(f"--{name}")) is not None:
            settings[name] = size
    rate = number("--learning-rate")
    if given.optimizer is not None or rate is not None:
        kind = lookup("optimizer", given.optimizer or "adam", OPTIMIZERS)
        settings["optimizer"] = kind() if rate is None else kind(rate)
    net = network(
        [X.shape[1], *(hidden if given.layers is None else given.layers), n_out],
        given.activation or activation,
        output=given.output or output,
        initializer=given.initializer,
        # The tutorial draws its biases as it draws its weights.
        bias_initializer="uniform" if given.initializer == "uniform" else "zeros",
    )
    return Case(net, X, y, seed=given.seed, **{"steps": STEPS, **settings}, **held_out)


def _demo(given: Namespace, noise: float | None) -> tuple[Any, Any, dict[str, Any], dict[str, Any]]:
    """Return a demonstration's examples, those of its validation, and its usual settings."""
    demo = DEMOS[given.data]
    X, y = data_of(given.data, given.seed, noise=noise, arms=given.arms, classes=given.classes)
    held_out: dict[str, Any] = {}
    if demo.held_out:
        X, X_val, y, y_val = datasets.train_test_split(
            X, y, test_size=demo.held_out, rng=given.seed
        )
        held_out = {"X_val": X_val, "y_val": y_val}
    training = {name: value for name, value in demo.training.items() if name != "every"}
    if demo.optimizer:
        training["optimizer"] = demo.optimizer(given.steps or training["steps"])
    usual = {"training": training, "hidden": demo.hidden, "activation": demo.activation}
    return X, y, held_out, usual


def _table(given: Namespace, language: Language) -> tuple[Any, Any, int, str]:
    """Return a table's inputs, prepared as the estimators do, its targets and the output."""
    from pathlib import Path

    if given.data != "-" and not Path(given.data).exists():
        known = ", ".join(DEMOS)
        raise ValueError(UNKNOWN.say(language, data=given.data, known=known))
    if given.target is None:
        raise ValueError(NO_TARGET.say(language, data=given.data))
    from neurona.commands import tables
    from neurona.tables.file import TableError
    from neurona.tables.preparation import Preparation
    from neurona.tables.targets import Classes

    with tables.about(given.data):
        file = tables.read_table(given.data, None, None)
        target = file.target(given.target, "auto")
        names = [name for name in file.names if name not in {given.target, *file.counting}]
        if not names:
            problem = f"has the column {given.target!r} alone: nothing to predict it by"
            raise TableError("few_columns", problem)
        tables.check_target(given.target, target.y, FEWEST)
        tables.check_varied(given.target, target)
        columns = file.select(names)[target.rows]
        try:
            X = Preparation.fit(columns).transform(columns)
        except ValueError as error:
            raise TableError("alike", str(error)) from None
        if target.is_classes:
            classes = Classes(np.unique(target.y))
            return X, classes.encode(target.y), classes.n_out, classes.output
        y = np.asarray(target.y, np.float64)
        return X, (y - y.mean()) / (y.std() or 1.0), 1, "linear"
