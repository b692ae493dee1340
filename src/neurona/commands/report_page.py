"""Write the report as one page of HTML, without scripts, external files or extra packages.

All text from a table goes through :func:`escape`. If some did not, the page's
Content-Security-Policy would still not let it run.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from math import isfinite, isnan, nan
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from neurona import __version__
from neurona.commands import report_figures, tables
from neurona.engine.costs import find_cost
from neurona.engine.optimizers import find_optimizer
from neurona.engine.parameters import arrays
from neurona.estimators.base import NeuralNet
from neurona.estimators.defaults import DEFAULT
from neurona.estimators.ensemble import member
from neurona.estimators.report import ClassFindings, NumberFindings, Score
from neurona.observe.numbers import activation_names, between_layers
from neurona.tables.preparation import Dates

MOST_IN_MATRIX = 30  # classes
MOST_MIXED_UP = 20  # pairs of classes, if there are too many classes for a matrix
SHORT = 14  # characters of a class's name above a column


@dataclass(frozen=True)
class Subject:
    """The subject of a page.

    Attributes
    ----------
    title, lead
        Its heading, and a sentence below it.
    table, model
        The names of the files.
    target
        The predicted column.
    about_rows, rows
        A heading, and the counts of rows below it, each with its description.
    tested_on
        The rows of the test, as in "12 rows held out".
    """

    title: str
    lead: str
    table: str
    model: str
    target: str
    about_rows: str
    rows: list[tuple[str, int]]
    tested_on: str


def page(
    estimator: NeuralNet, subject: Subject, findings: ClassFindings | NumberFindings | None
) -> str:
    """Return the page; ``findings`` is None if no rows were held out."""
    body = [
        f"<header><h1>{escape(subject.title)}</h1><p>{escape(subject.lead)}</p></header>",
        _section("Test score", *_test_score(subject, findings)),
    ]
    if findings is not None and (bars := _importance(findings)):
        body.append(_section("The most important columns", *bars))
    body.append(_section("Training", *_training(estimator)))
    body.append(_section(subject.about_rows, *_data(estimator, subject)))
    body.append(_section("How to use it", *_use(estimator, subject)))
    template = Template(files("neurona.commands").joinpath("report_page.html").read_text("utf-8"))
    text = template.substitute(
        title=escape(subject.title),
        body="\n".join(body),
        footer=f"Written by neurona {escape(__version__)}. The page stands alone: "
        "it loads nothing and runs no script.",
    )
    return re.sub("[\ud800-\udfff]", "\ufffd", text)  # bytes of names that are not UTF-8


def _section(heading: str, *parts: str) -> str:
    inside = "\n".join(part for part in parts if part)
    return f"<section>\n<h2>{escape(heading)}</h2>\n{inside}\n</section>"


def _table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    caption: str,
    numbers: Sequence[int] = (),
) -> str:
    """Write a table whose first column names the rows; ``numbers`` are the columns of numbers."""

    def cell(place: int, value: Any) -> str:
        kind = ' class="n"' if place in numbers else ""
        tag, scope = ("th", ' scope="row"') if place == 0 else ("td", "")
        return f"<{tag}{scope}{kind}>{escape(str(value))}</{tag}>"

    head = "".join(
        f'<th scope="col"{" class=n" * (place in numbers)}>{escape(name)}</th>'
        for place, name in enumerate(columns)
    )
    body = "\n".join(
        "<tr>" + "".join(cell(place, value) for place, value in enumerate(row)) + "</tr>"
        for row in rows
    )
    return _scrolled(
        f"<table>\n<caption>{escape(caption)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>",
        caption,
    )


def _scrolled(content: str, label: str) -> str:
    """Make wide content scroll, with the keyboard too."""
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(label)}">\n'
        f"{content}\n</div>"
    )


# --------------------------------------------------------------------------- test score


def _test_score(subject: Subject, findings: ClassFindings | NumberFindings | None) -> Iterable[str]:
    if findings is None:
        yield "<p>No rows were held out for a test, so the score on unseen rows is unknown.</p>"
    elif isinstance(findings, ClassFindings):
        yield from _of_classes(subject, findings)
    else:
        yield from _of_numbers(subject, findings)


def _of_classes(subject: Subject, found: ClassFindings) -> Iterable[str]:
    share = found.score
    yield (
        f'<p class="score"><strong>{share.value:.1%}</strong> '
        f"<span>accuracy: {found.right:,} of {found.rows:,} rows</span></p>"
    )
    yield _strip(share, "0 %", "100 %")
    commonest = max(found.classes, key=lambda one: one.rows)
    yield (
        f"<p>Measured on {escape(subject.tested_on)}. The accuracy on many more rows would lie "
        f"between {share.low:.1%} and {share.high:.1%} (95 % interval). A model that always "
        f"predicts “{escape(commonest.name)}” would be right in "
        f"{commonest.rows / found.rows:.1%}.</p>"
    )
    each = [
        (one.name, tables.percent(one.precision), tables.percent(one.recall), f"{one.rows:,}")
        for one in found.classes
    ]
    yield "<h3>Class by class</h3>"
    yield _table(
        ["class", "precision", "recall", "rows"],
        each,
        "Precision: the share of the predictions of a class that are right. Recall: the share of "
        "the rows of a class that are predicted as this class.",
        numbers=(1, 2, 3),
    )
    if len(found.classes) <= MOST_IN_MATRIX:
        yield "<h3>Confusion matrix</h3>"
        yield _matrix(found)
    else:
        yield "<h3>Errors</h3>"
        yield _mixed_up(found)
    if found.calibration is not None:
        yield "<h3>Probabilities</h3>"
        drawn = report_figures.reliability(found.calibration.bins)
        caption = (
            f"Each point is one of {len(found.calibration.bins)} equally large groups of rows, by "
            "their probability, with its 95 % interval. On the dashed line as many predictions are "
            "right as the probability says. The points are off by "
            f"{found.calibration.error:.3f} on average, the expected calibration error (Guo et "
            "al., “On calibration of modern neural networks”, 2017)."
        )
        yield f"<figure>{drawn}<figcaption>{caption}</figcaption></figure>"


def _strip(score: Score, low_end: str, high_end: str) -> str:
    """Draw a score and its interval between 0 and 1."""
    low, high = max(0.0, score.low), max(0.0, score.high)
    at = max(0.0, score.value)
    return (
        f'<div class="strip" aria-hidden="true">'
        f'<i style="left:{low:.2%};width:{high - low:.2%}"></i><b style="left:{at:.2%}"></b></div>'
        f'<div class="ends" aria-hidden="true"><span>{low_end}</span><span>{high_end}</span></div>'
    )


def _matrix(found: ClassFindings) -> str:
    names = [one.name for one in found.classes]
    shorter = [name if len(name) <= SHORT else name[: SHORT - 1] + "…" for name in names]
    head = "".join(
        f'<th scope="col" title="{escape(name)}">{escape(short)}</th>'
        for name, short in zip(names, shorter, strict=True)
    )
    rows = []
    for place, (name, counts) in enumerate(zip(names, found.counts.tolist(), strict=True)):
        total = sum(counts) or 1
        cells = "".join(
            f'<td class="{"right" if other == place else "wrong"}" '
            f'style="--share:{count / total:.3f}">{count:,}</td>'
            if count
            else '<td class="none">0</td>'
            for other, count in enumerate(counts)
        )
        rows.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
    body = "\n".join(rows)
    return (
        '<p class="soft">Rows: the true class. Columns: the predicted class. Blue is right, '
        "orange is wrong.</p>"
        + _scrolled(
            '<table class="matrix" aria-label="Confusion matrix">\n'
            f'<thead><tr><th scope="col">true ↓ predicted →</th>{head}</tr></thead>\n'
            f"<tbody>\n{body}\n</tbody>\n</table>",
            "Confusion matrix",
        )
    )


def _mixed_up(found: ClassFindings) -> str:
    """List the most frequent errors."""
    counts = found.counts - np.diag(np.diag(found.counts))
    order = np.argsort(-counts, axis=None, kind="stable")[:MOST_MIXED_UP]
    pairs = [divmod(int(one), len(counts)) for one in order]
    names = [one.name for one in found.classes]
    rows = [(names[i], names[j], f"{counts[i, j]:,}") for i, j in pairs if counts[i, j]]
    if not rows:
        return "<p>All predictions are right.</p>"
    return _table(["true", "predicted", "rows"], rows, "The most frequent errors.", numbers=(2,))


def _of_numbers(subject: Subject, found: NumberFindings) -> Iterable[str]:
    score = found.score
    if isnan(score.value):
        yield (
            f"<p>R² is not defined: all {found.rows:,} rows have the same target. The predictions "
            f"are off by {found.off:.4g} on average.</p>"
        )
        return
    yield (
        f'<p class="score"><strong>{score.value:.3f}</strong> '
        f"<span>R², on {found.rows:,} rows</span></p>"
    )
    yield _strip(score, "0: no better than the mean", "1: perfect")
    yield (
        f"<p>Measured on {escape(subject.tested_on)}. R² on many more rows would lie between "
        f"{score.low:.3f} and {score.high:.3f} (95 % interval). The predictions are off by "
        f"{found.off:.4g} on average; {escape(subject.target)} goes from {found.y.min():.4g} to "
        f"{found.y.max():.4g} there.</p>"
    )
    if found.quantile is not None:
        yield (
            f"<p>The predictions estimate the {found.quantile:g} quantile: {found.below:.1%} of "
            "the targets are below them.</p>"
        )
    if found.interval is not None:
        covered, width = found.interval
        yield (
            f"<p>An interval of {width:.4g} around each prediction is to cover 90 % of the rows: "
            f"it covers {covered.value:.1%} of these (of many more rows, {covered.low:.1%} to "
            f"{covered.high:.1%}). In Python it is <code>model.predict_interval(table)</code>.</p>"
        )
    drawn = report_figures.scatter(found.y.tolist(), found.predictions.tolist(), subject.target)
    if drawn:
        caption = "Each point is a row; on the dashed line a prediction is right."
        yield f"<figure>{drawn}<figcaption>{caption}</figcaption></figure>"


def _importance(findings: ClassFindings | NumberFindings) -> Iterable[str]:
    found = tables.telling(findings)
    rest = f"<p>Neurona {escape(tables.out_of_time(findings))}.</p>"
    more = [rest] if findings.not_shuffled else []
    if not found:
        return more
    what = "accuracy" if isinstance(findings, ClassFindings) else "R²"
    rows = "\n".join(
        f'<tr><th scope="row">{escape(one.column)}</th><td class="n">{one.fall:.3f}</td>'
        f'<td class="bar"><span style="width:{one.fall / found[0].fall:.1%}"></span></td></tr>'
        for one in found
    )
    caption = (
        f"How far the {what} falls when a column's cells are shuffled. If two columns carry the "
        "same information, neither may look important."
    )
    if len(found) < len(findings.columns) and not more:
        caption += " The other columns matter less, or not at all."
    return [
        f'<table class="bars"><caption>{escape(caption)}</caption>\n'
        '<thead><tr><th scope="col">column</th><th scope="col" class="n">fall</th>'
        '<td aria-hidden="true"></td></tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table>",
        *more,
    ]


# ----------------------------------------------------------------------------- training


def _training(estimator: NeuralNet) -> Iterable[str]:
    costs = estimator.loss_curve_
    scores, held_out = estimator.validation_scores_, estimator.validation_loss_curve_
    kept = None
    if costs:
        last = float(max(estimator.n_iter_, len(costs) if scores else 1))
        epochs = np.linspace(last / len(costs), last, len(costs)).tolist()
        if len(scores) == len(held_out) == len(costs):
            kept = epochs[int(np.argmax(scores))]
        else:
            held_out = []
        keys = '<span><i class="key"></i>training rows, with the penalty</span>'
        if held_out:
            keys += ' <span><i class="key held"></i>validation rows, for early stopping</span>'
        drawn = report_figures.curves(epochs, costs, held_out, kept)
        yield f'<figure>{drawn}<figcaption class="keys">{keys}</figcaption></figure>'
    net, networks = member(estimator.network_), tables.networks_of(estimator)
    chain = [f"{estimator.n_features_in_} columns"]
    if estimator.preparation_ is not None:
        chain.append(f"{net.n_in} numbers")
    *widths, n_out = net.topology[1:]
    names = activation_names(net)
    chain += [f"{n} neurons, {name}" for n, name in zip(widths, names, strict=False)]
    chain.append(f"{n_out} {'output' if n_out == 1 else 'outputs'}, {net.output.name}")
    items = "".join(f"<li>{escape(one)}</li>" for one in chain)
    yield f'<ol class="chain" aria-label="The network, layer by layer">{items}</ol>'
    if networks > 1:
        yield (
            f"<p>There are {networks} such networks, which have left other rows out; the mean of "
            "their outputs, before the last activation, predicts.</p>"
        )
    yield from _trials(estimator)
    given, plan = estimator.optimizer, vars(estimator).get("_plan")  # a file holds no plan
    optimizer = find_optimizer(given or (plan.optimizer if plan else DEFAULT))
    rate = estimator.learning_rate
    if rate is None and (given or plan) and isinstance(optimizer.learning_rate, int | float):
        rate = f"{optimizer.learning_rate:g}, falling to 0 along half a cosine"
    count = sum(array.size for array in arrays(estimator.params_))
    scaled = ("temperature", f"{estimator.temperature_:.4g}, by which the logits are divided")
    facts = [
        ("networks", networks),
        ("parameters", f"{count:,}"),
        ("setting", estimator.setting_),
        *([] if estimator.temperature_ == 1 else [scaled]),
        ("between the layers", ", ".join(between_layers(net)) or "nothing"),
        ("cost", type(find_cost(estimator.cost, net)).__name__),
        ("optimizer", type(optimizer).__name__),
        ("learning rate", "the optimizer's" if rate is None else rate),
        ("epochs", _epochs(estimator, kept)),
        ("random seed", estimator.random_state),
    ]
    yield _table(["setting", "value"], facts, "The network and its training.")


def _trials(estimator: NeuralNet) -> Iterable[str]:
    """Tell what was tried, and what it came to."""
    tried = estimator.trials_
    costs = [nan if one.cost is None else one.cost for one in tried]
    if len(tried) < 2 or not any(map(isfinite, costs)):
        return
    yield "<h3>The settings that were tried</h3>"
    drawn = report_figures.trials(costs, [one.kept for one in tried].index(True) + 1)
    yield f"<figure>{drawn}<figcaption>The cost on the rows left out.</figcaption></figure>"
    rows = [
        (
            f"{number}: {one.setting}",
            f"{cost:.4g}" if isfinite(cost) else "-",
            "kept" if one.kept else "worse" if isfinite(cost) else "diverged",
        )
        for number, (one, cost) in enumerate(zip(tried, costs, strict=True), 1)
    ]
    caption = "Each was judged by rows that its networks had not learned from."
    yield _table(["setting", "cost", "outcome"], rows, caption, numbers=(1,))


def _epochs(estimator: NeuralNet, kept: float | None) -> str:
    if kept is None:
        return f"{estimator.n_iter_}"
    return f"{len(estimator.validation_scores_)}; the weights of epoch {kept:.0f} were kept"


# --------------------------------------------------------------------------------- data


def _data(estimator: NeuralNet, subject: Subject) -> Iterable[str]:
    yield _table(
        ["rows", "count"],
        [(name, f"{count:,}") for name, count in subject.rows],
        f"The rows of {subject.table}.",
        numbers=(1,),
    )
    preparation = estimator.preparation_
    if preparation is not None:
        steps = dict(preparation.steps)
        names = [str(name) for name in estimator.feature_names_in_]
        yield _table(
            ["column", "preparation"],
            [(name, tables.prepared(steps.get(place))) for place, name in enumerate(names)],
            "The preparation of each column for the network.",
        )


# -------------------------------------------------------------------------- how to use it


def _use(estimator: NeuralNet, subject: Subject) -> Iterable[str]:
    end = ".parquet" if tables.is_parquet(subject.table) else ".csv"
    model = Path(subject.model)
    quoted = _quoted(str(model))
    proba = " --proba" if hasattr(estimator, "classes_") else ""
    yield "<p>In a terminal:</p>"
    yield _code(
        f"neurona predict {quoted} new{end} -o predictions{end}{proba}\n"
        f"neurona evaluate {quoted} labeled{end}\n"
        f"neurona inspect {quoted}"
    )
    yield "<p>In Python:</p>"
    yield _code(
        "import neurona\n"
        "import pandas\n\n"
        f"model = neurona.load({str(model)!r})\n"
        f"table = {_reading(estimator, end)}\n"
        "print(model.predict(table))"
    )


def _quoted(name: str) -> str:
    r"""Quote a name for a shell, which writes a byte that is not UTF-8 as ``$'caf\xe9'``."""
    try:
        name.encode()
    except UnicodeEncodeError:
        plain = range(0x20, 0x7F)
        signs = (
            chr(byte) if byte in plain and byte not in b"'\\" else f"\\x{byte:02x}"
            for byte in os.fsencode(name)
        )
        return f"$'{''.join(signs)}'"
    return shlex.quote(name)


def _reading(estimator: NeuralNet, end: str) -> str:
    """Return the line that reads a table with pandas, which must know the date columns."""
    if end == ".parquet":
        return 'pandas.read_parquet("new.parquet")'
    steps = () if estimator.preparation_ is None else estimator.preparation_.steps
    dates = [step.name for _, step in steps if isinstance(step, Dates)]
    return f'pandas.read_csv("new.csv"{f", parse_dates={dates!r}" if dates else ""})'


def _code(text: str) -> str:
    return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'
