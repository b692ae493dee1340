"""``neurona train table.csv --target species``: a model from a table, and its score."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from itertools import chain
from math import inf
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from neurona.commands import FAILED, INTERRUPTED, NotWritten, interrupts, tables
from neurona.commands.progress import BestEffort, progress
from neurona.commands.report_page import Subject, page
from neurona.engine import distributed, processes
from neurona.engine.costs import Pinball
from neurona.engine.divergence import TrainingDiverged
from neurona.estimators import NeuralNetClassifier, NeuralNetRegressor
from neurona.estimators.defaults import training_plan
from neurona.estimators.report import in_order, judge, split
from neurona.extras import MissingExtra, require
from neurona.files.checkpoint import SECONDS, resumable
from neurona.saving import is_stream
from neurona.tables.categories import Categories
from neurona.tables.cells import same_number
from neurona.tables.file import TableError, listed, nearest
from neurona.tables.identifiers import looks_like_identifiers
from neurona.tables.parts import expanded, read_parts

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Generator, Iterator

    from numpy.typing import NDArray

    from neurona.engine.state import State
    from neurona.estimators.base import NeuralNet
    from neurona.tables.file import TableFile, Target, TargetKind
    from neurona.tables.table import Columns

VALIDATION = 0.15  # of the rows to learn from: they tell one network when to stop
FEWEST_TO_VALIDATE = 40  # rows, of which some may be held out for that, if nobody asks for it
FEWEST = 4  # rows that can be split and learned from
PATIENCE = 0.2  # of all epochs: so long a better score is waited for
UNLEARNED = "neurona: interrupted before it learned: nothing is written"
KINDS = {True: "classes", False: "numbers"}  # of a target: say --kind where processes disagree
BESIDE = (".png", ".html")  # the model: the picture of its costs, and the page
SETTINGS = (
    "optimizer",
    "learning_rate",
    "weight_decay",
    "batch_size",
    "l1",
    "l2",
    "initializer",
    "dropout",
    "normalization",
    "clip",
    "label_smoothing",
    "ramps",
    "networks",
    "cv",
    "quick",
    "engine",
    "devices",
)
LONGEST_WAIT = 60.0  # seconds, for another process

COSTS: dict[TargetKind, tuple[str, ...]] = {
    "classes": ("cross_entropy", "mse"),
    "numbers": ("mse", "mae", "huber", "poisson", "pinball"),
}


def run(given: Namespace) -> int:
    """Train, write the model, report, draw its curves and a page, and return the exit code.

    Nothing is lost because it cannot be printed: that is told at the end, by the exit code.
    """
    with (
        redirect_stdout(BestEffort(sys.stdout)) as out,
        redirect_stderr(BestEffort(sys.stderr)),
    ):
        code = _run(given)
    if out.failure is not None:
        raise out.failure
    return code


def _run(given: Namespace) -> int:
    interrupts.at_once(UNLEARNED)
    _check(given)
    _connect(given)
    try:
        with processes.staying():  # or the others learn why this process goes
            return _trained(given)
    except processes.ProcessMissing as error:
        print(f"neurona: {error}", file=sys.stderr)
        return FAILED


def _trained(given: Namespace) -> int:
    cost, kind = _cost(given)
    output = _output(given)
    require("safetensors", extra="files")  # now, and not when the training is over
    file, target, table, y = _read(given, cost, kind)
    quiet = given.quiet or not processes.is_first()
    say = _printer(quiet)
    if len(y) < len(file):
        say(tables.left_out(len(file) - len(y), repr(given.target)))
    learn, watched, test = _parts(given, target, y)
    estimator = _estimator(given, target, cost, len(learn), early=len(watched) > 0)
    goes_on = given.checkpoint is not None and Path(given.checkpoint).exists()
    states = _states(given, estimator, table, y, learn, watched)  # checks it all
    if goes_on:
        say(f"going on from {given.checkpoint}")
    what = "numbers"
    if target.is_classes:
        known = np.unique(y) if given.coordinator is None else estimator.classes_
        what = f"{len(known)} classes"
        what += _may_be_numbers(given, known)
    rows = [
        ("in the table", len(file)),
        (f"left out: they have no {given.target}", len(file) - len(y)),
        ("to learn from", len(learn)),
        *([("to tell when to stop", len(watched))] if len(watched) else []),
        ("held out for the test", len(test)),
    ]
    tested = f"{len(test):,} rows that were held out"
    if given.coordinator is not None:
        each = np.array(processes.gathered([count for _, count in rows]))
        rows = [(of, int(n)) for (of, _), n in zip(rows, each.sum(axis=0), strict=True)]
        tested += " by the first process"
    count = dict(rows)
    stopping = f"{len(watched)} to tell when to stop, " if len(watched) else ""
    say(
        f"{given.target}: {what}; {count['to learn from']} rows to learn from, {stopping}"
        f"{count['held out for the test']} for the test"
    )
    if given.coordinator is not None:
        say(f"{given.processes} processes; the test is on {tested}")
    for line in (*_of_layout(file, table), *_remarks(estimator, table, y, y[test]), ""):
        say(line)
    code = _fit(estimator, states, quiet)
    if code == FAILED or not processes.is_first():
        return code
    if not estimator.loss_curve_:
        print(UNLEARNED, file=sys.stderr)
        return code
    _save(estimator, output, {**_notes(given), "rows": count["to learn from"]})
    interrupts.at_once(f"neurona: interrupted; the model is in {output}, its report is not written")
    scores = estimator.validation_scores_
    if scores and not code:
        best = int(np.argmax(scores)) + 1
        say(f"the best weights are those of epoch {best}, of {len(scores)} that were run")
    findings = judge(estimator, table[test], y[test]) if len(test) else None
    if findings is not None:
        for line in ("", *tables.report(findings)):
            say(line)
    say()
    subject = _subject(given, what, rows, tested, estimator.n_features_in_)
    for path in chain([output], _show(estimator, subject, findings, output)):
        print(path, flush=True)
    return code


def _printer(quiet: bool) -> Callable[..., None]:
    """Return what prints a line, or nothing."""

    def say(text: str = "") -> None:
        if not quiet:
            print(text, flush=True)

    return say


def _connect(given: Namespace) -> None:
    """Connect this process with the others, where there are some."""
    if given.coordinator is None:
        return
    given.devices = given.devices or "all"
    given.engine = given.engine or "jax"
    timeout = LONGEST_WAIT if given.timeout is None else given.timeout
    numbers = {"processes": given.processes, "process_id": given.process_id}
    try:
        distributed.connect(given.coordinator, timeout=timeout, **numbers)
    except processes.ProcessMissing as error:
        raise NotWritten(str(error)) from error


def _name(given: Namespace) -> str:
    """Return the name of the table."""
    first, *others = given.table
    return f"{first} and {len(others)} more" if others else str(first)


def _read(
    given: Namespace, cost: Any, kind: TargetKind
) -> tuple[TableFile, Target, Columns, NDArray[Any]]:
    """Read the table, of several processes this one's part: its target, and the examples."""

    def read(path: str) -> TableFile:
        return tables.read_table(path, given.encoding, given.dates, given.max_memory)

    shared = given.coordinator is not None
    file = read_parts(given.table, read, shared)
    with tables.about(_name(given)):
        target = file.target(given.target, kind)
        if shared:
            processes.agreed({"--target": given.target, "the target": KINDS[target.is_classes]})
        if cost == "poisson":
            _check_counts(file, given.target, target)
        table, y = _examples(given, file, target)
    if not target.is_classes:
        _check_numbers(given)
    return file, target, table, y


def _parts(given: Namespace, target: Target, y: NDArray[Any]) -> tuple[NDArray[np.int64], ...]:
    """Return the rows to learn from, those to tell when to stop, and those for the test."""
    rng = np.random.default_rng(given.seed)
    learn, test = split(y if target.is_classes else None, len(y), given.test_size, rng)
    if len(learn) < _fewest_to_validate(given):
        return learn, learn[:0], test
    mine, its = split(y[learn] if target.is_classes else None, len(learn), VALIDATION, rng)
    return learn[mine], learn[its], test


def _states(
    given: Namespace,
    estimator: NeuralNet,
    table: Columns,
    y: NDArray[Any],
    learn: NDArray[np.int64],
    watched: NDArray[np.int64],
) -> Iterator[State]:
    """Begin the fit, or go on with it."""
    validation: dict[str, Any] = {}
    if len(watched):
        validation = {"X_val": table[watched], "y_val": y[watched]}
    if given.checkpoint is None:
        return estimator.iter_fit(table[learn], y[learn], **validation)
    every = SECONDS if given.checkpoint_every is None else given.checkpoint_every
    run = given.checkpoint, estimator, table[learn], y[learn]
    return resumable(*run, seconds=every, **validation)


def _check(given: Namespace) -> None:
    if not 0 <= given.test_size < 1:
        raise ValueError(f"--test-size is {given.test_size}: give a share from 0 to below 1")
    if not 0 <= given.seed < 2**32:
        raise ValueError(f"--seed is {given.seed}: give a number from 0 to {2**32 - 1}")
    if given.cv is not None:
        _check_folds(given)
    apart = {"--processes": given.processes, "--process-id": given.process_id}
    for option, value in apart.items():
        if (value is None) != (given.coordinator is None):
            raise ValueError(
                "--coordinator, --processes and --process-id belong together: "
                + (f"give {option}" if value is None else f"{option} is {value}, give the others")
            )
    if given.timeout is not None and given.coordinator is None:
        raise ValueError("--timeout is a wait for other processes: give --coordinator, too")
    if given.coordinator is not None and given.patience is not None:
        raise ValueError("--patience is for one process: several train for all their epochs")
    if given.devices is not None and given.engine is None:
        given.engine = "jax"
    if given.checkpoint is None and given.checkpoint_every is not None:
        raise ValueError("--checkpoint-every is of a file: give --checkpoint FILE, too")


def _check_folds(given: Namespace) -> None:
    if given.cv < 2:
        raise ValueError(
            f"--folds is {given.cv}: one is left out by each network, so give 2 or more"
        )
    if given.networks not in (None, given.cv):
        raise ValueError(
            f"--networks is {given.networks} and --folds {given.cv}: each network leaves a fold "
            "out, so give one of the two"
        )
    if given.patience is not None:
        raise ValueError("--folds and --patience both leave rows out: give one of the two")


def _output(given: Namespace) -> Path:
    """Return the model's path, once it and the files beside it can surely be written."""
    output = Path(given.output)
    if given.output == "-" or output.suffix in BESIDE:
        raise ValueError(f"--output is {given.output}: give a model's name, model.safetensors, say")
    if not processes.is_first():
        return output
    tables.check_writable(output, *expanded(given.table))
    if not is_stream(output):  # as /dev/stdout
        for suffix in BESIDE:
            tables.check_writable(output.with_suffix(suffix), *expanded(given.table))
    if given.checkpoint is not None:
        checkpoint = Path(given.checkpoint)
        tables.check_writable(checkpoint, *expanded(given.table))
        own = [output, *map(output.with_suffix, BESIDE)]
        if os.path.realpath(checkpoint) in map(os.path.realpath, own):
            raise ValueError(f"--checkpoint is {checkpoint}, and --output too: give another name")
    return output


def _cost(given: Namespace) -> tuple[Any, TargetKind]:
    """Return the cost, and the kind of target, which the cost may tell."""
    kinds = [kind for kind, costs in COSTS.items() if given.cost is None or given.cost in costs]
    if given.kind not in ("auto", *kinds):
        raise ValueError(
            f"--cost {given.cost} is for {kinds[0]}, and --kind is {given.kind}: "
            f"give one of {', '.join(COSTS[given.kind])}"
        )
    if given.quantile is not None and given.cost != "pinball":
        raise ValueError("--quantile is what --cost pinball learns: give both")
    cost = given.cost if given.quantile is None else Pinball(given.quantile)
    return cost, given.kind if len(kinds) > 1 else kinds[0]


def _may_be_numbers(given: Namespace, classes: NDArray[Any]) -> str:
    """Return how numbers are predicted that were taken for classes, since they are few."""
    few = given.kind == "auto" and len(classes) > 2
    whole = few and np.char.isdecimal(classes.astype(str)).all()
    return " (--kind numbers predicts numbers)" if whole else ""


def _check_numbers(given: Namespace) -> None:
    for option, asked in (
        ("--label-smoothing", given.label_smoothing is not None),
        ("--balanced", given.balanced),
    ):
        if asked:
            raise ValueError(f"{option} is for classes, and {given.target} is numbers")


def _check_counts(file: TableFile, name: str, target: Target) -> None:
    below = np.flatnonzero(target.y.astype(np.float64) < 0)
    if len(below):
        raise file.error(name, int(target.rows[below[0]]), "is below 0, and poisson is for counts")


def _subject(
    given: Namespace, what: str, rows: list[tuple[str, int]], tested: str, columns: int
) -> Subject:
    """Return what the page is about."""
    name = "the standard input" if given.table == ["-"] else Path(_name(given)).name
    count = dict(rows)
    return Subject(
        title=f"{given.target}, from {name}",
        lead=f"A neural network learned to tell {given.target} ({what}) by {columns} other "
        f"{'column' if columns == 1 else 'columns'}, from {count['to learn from']:,} rows.",
        table=name,
        model=str(given.output),
        target=given.target,
        about_rows="Training data",
        rows=rows,
        tested_on=tested,
    )


def _features(given: Namespace, file: TableFile) -> list[str]:
    """Return the names of the columns to learn from: those chosen, or all but the target."""
    option, chosen = ("--only", given.only) if given.only else ("--drop", given.drop or [])
    for name in chosen:
        if name not in file.names:
            meant = nearest(name, file.names) or f"its columns are {listed(file.names)}"
            problem = f"has no column {name!r}, which {option} names; {meant}"
            raise TableError("no_column", problem, column=name)
        if name == given.target:
            raise ValueError(f"{option} names {name!r}, the target: leave it out of that list")
    if given.only:
        return [name for name in file.names if name in chosen]
    no = {given.target, *chosen, *file.counting}
    names = [name for name in file.names if name not in no]
    if not names:
        but = ", but for those left out" if chosen or file.counting else ""
        problem = f"has the column {given.target!r} alone{but}: nothing to predict it by"
        raise TableError("few_columns", problem)
    return names


def _examples(given: Namespace, file: TableFile, target: Target) -> tuple[Columns, NDArray[Any]]:
    """Return the columns to learn from and the target, in the rows where it is known."""
    name, names = given.target, _features(given, file)
    y = target.y
    tables.check_target(name, y, FEWEST)
    if given.coordinator is not None:  # the rows of the others count
        processes.agreed({"the list of columns to learn from": names})
        return file.select(names)[target.rows], y
    tables.check_varied(name, target)
    return file.select(names)[target.rows], y


def _fewest_to_validate(given: Namespace) -> float:
    """Return from how many rows on some are held out to tell when to stop.

    An ensemble learns from them: each of its networks is judged by those that it leaves out.
    """
    if given.patience is not None:
        return FEWEST
    if given.coordinator is not None:
        return inf
    return FEWEST_TO_VALIDATE if given.networks == 1 else inf


def _estimator(given: Namespace, target: Target, cost: Any, n: int, early: bool) -> NeuralNet:
    kind = NeuralNetClassifier if target.is_classes else NeuralNetRegressor
    epochs: Any = "auto" if given.epochs is None else given.epochs
    patience = given.patience
    if patience is None:
        patience = 20
        if given.coordinator is None:  # it is the same in all processes, whose rows are not
            patience = max(20, round(PATIENCE * training_plan(n, "auto", epochs, True).epochs))
    given_activation = given.activation
    settings = {name: value for name in SETTINGS if (value := getattr(given, name)) is not None}
    if given.balanced:
        settings["class_weight"] = "balanced"
    made: NeuralNet = kind(
        "auto" if given.hidden is None else tuple(given.hidden),
        given_activation[0] if len(given_activation) == 1 else tuple(given_activation),
        epochs=epochs,
        cost=cost,
        early_stopping=early,
        patience=patience,
        random_state=given.seed,
        **settings,
    )
    return made


def _remarks(
    estimator: NeuralNet, table: Columns, y: NDArray[Any], tested: NDArray[Any]
) -> Iterator[str]:
    """Tell of classes and columns that do not count, which a person may not expect."""
    if len(tested) and y.dtype.kind == "U":
        untested = in_order(list({*y.tolist()} - {*tested.tolist()}))
        if untested:
            yield f"of too few rows to be in the test: {tables.listed(untested)}"
    if y.dtype.kind == "U":
        yield from _written_twice(in_order(list({*y.tolist()})))
    assert estimator.preparation_ is not None
    used = {place for place, _ in estimator.preparation_.steps}
    left_out = [column.name for place, column in enumerate(table) if place not in used]
    if left_out:
        yield f"left out: {tables.listed(left_out)} (one value, or another in each row)"
    for place, step in estimator.preparation_.steps:
        if isinstance(step, Categories) and step.merged > 1:
            name = table.columns[place].name
            yield f"column {name!r}: {tables.indicators(step)}; the others share one"
    for column in table:
        yield from (f"column {column.name!r} {remark}" for remark in column.remarks)


def _written_twice(classes: list[str]) -> Iterator[str]:
    """Tell of classes that are one number, written in several ways."""
    spellings: dict[str, list[str]] = {}
    for name in classes:
        spellings.setdefault(same_number(name), []).append(name)
    for names in spellings.values():
        if len(names) > 1:
            yield f"{tables.listed(names)} are one number, and {len(names)} classes as written"


def _of_layout(file: TableFile, table: Columns) -> Iterator[str]:
    """Tell of columns that were left out, and of those that may be identifiers."""
    yield from file.notes
    for name in file.counting:
        if name not in table.names:
            yield f"column {name!r} is an index without a name: it is left out"
    for column in table:
        why = looks_like_identifiers(column, file.written(column.name))
        if why:
            drop = f"--drop {quote(column.name)}"
            yield f"column {column.name!r} {why}: {drop} if it holds identifiers"


def _fit(estimator: NeuralNet, states: Iterator[State], quiet: bool) -> int:
    """Train with a bar or some lines, and return the exit code; Ctrl-C waits from the end on."""
    try:
        with progress(estimator, quiet) as show:
            for state in interrupts.until_raised(states):
                show(state)
        interrupts.later()
    except KeyboardInterrupt:
        cast("Generator[State]", states).close()  # now it has the best weights so far
        if estimator.loss_curve_:
            print(
                f"neurona: interrupted; the weights are {_kept(estimator)}. "
                "Ctrl-C again writes nothing",
                file=sys.stderr,
            )
        return INTERRUPTED
    except TrainingDiverged as error:
        print(f"neurona: {error}", file=sys.stderr)
        return FAILED
    except OSError as error:  # of the checkpoint: nothing else is written yet
        raise NotWritten(error.strerror or str(error)) from error
    return 0


def _kept(estimator: NeuralNet) -> str:
    """Say which weights an interrupted training has left."""
    if estimator.trials_:
        number = [one.kept for one in estimator.trials_].index(True) + 1
        return f"those of setting {number}, the best of {len(estimator.trials_)}"
    which = "the best so far, of" if estimator.validation_scores_ else "those of"
    return f"{which} epoch {estimator.state_.epoch}"


def _notes(given: Namespace) -> dict[str, Any]:
    notes = {"target": given.target, "seed": given.seed}
    if given.dates is not None:
        notes["dates"] = given.dates  # new tables will write them so, too
    return notes


def _save(estimator: NeuralNet, output: Path, notes: dict[str, Any]) -> None:
    try:
        estimator.save(output, notes=notes)
    except OSError as error:
        raise NotWritten(f"{output} could not be written ({error.strerror})") from error


def _show(estimator: NeuralNet, subject: Subject, findings: Any, output: Path) -> Iterator[Path]:
    """Leave the picture of the costs and the page beside the model; yield their paths."""
    if is_stream(output):  # which has nothing beside it
        return
    picture, report = map(output.with_suffix, BESIDE)
    if _draw(estimator, picture):
        yield picture
    tables.write(str(report), page(estimator, subject, findings).encode())
    yield report


def _draw(estimator: NeuralNet, picture: Path) -> bool:
    """Draw the costs, if Matplotlib is there, and tell whether it is."""
    try:
        pyplot = require("matplotlib.pyplot", extra="plot")
    except MissingExtra:
        return False
    from neurona.observe.figures import cost_curve, png

    # A figure of its own, drawn without a screen.
    pyplot.switch_backend("agg")
    costs, held_out = estimator.loss_curve_, estimator.validation_loss_curve_
    last = max(1, estimator.n_iter_)
    epochs = np.linspace(last / len(costs), last, len(costs)).tolist()
    mean = f"mean of {count} networks: " if (count := tables.networks_of(estimator)) > 1 else ""
    axes = cost_curve(epochs, costs, label=f"{mean}the rows it learns from, with the penalty")
    if held_out:
        cost_curve(epochs, held_out, axes, label="rows held out")
    axes.set_xlabel("epoch")
    figure = axes.get_figure(root=True)
    try:
        tables.write(str(picture), png(figure, dpi=160, bbox_inches="tight"))
    finally:
        pyplot.close(figure)
    return True
