"""The proof of a cure: a case trained with it and without it, at several seeds.

A cure counts if at every seed it is ahead of the run as it is, and of the best constant, by a
margin. All that was tried is kept, and shown with its interval.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from textwrap import wrap
from typing import Any

import numpy as np

from neurona.doctor.case import Case, Finding
from neurona.doctor.cures import CURES
from neurona.doctor.data_signs import data_signs
from neurona.doctor.skill import Kind, Measure
from neurona.doctor.training import by_place, examples
from neurona.doctor.trials import judged_by
from neurona.doctor.tries import MARGIN, Budget, Interval, NotProved, Trial, Tries, is_equal
from neurona.engine.types import Array
from neurona.language import Language, Text, write_number

__all__ = ["NotProved", "Proof", "prove"]


@dataclass(frozen=True, eq=False)
class Proof:
    """All that was tried to cure a case.

    Attributes
    ----------
    sick
        The run as it is.
    trials
        With cures, in the order in which they were tried.
    search
        Those of the random search, which trained as many networks for as many steps.
    untried
        Cures for which there was no time.
    seeds
        The seeds of all trials.
    draws
        How many of how many draws of the run as it is failed, where some learned; None otherwise.
    judged
        Which examples judge: ``"validation"``, ``"held-out"`` (a fifth, another for each seed) or
        ``"training"``, where there are too few.
    kind
        ``"classes"``, ``"labels"`` or ``"values"``: see :class:`neurona.doctor.skill.Measure`.
    seconds
        How long all of it took.
    """

    sick: Trial
    trials: tuple[Trial, ...]
    search: tuple[Trial, ...]
    untried: tuple[tuple[str, ...], ...]
    seeds: tuple[int, ...]
    draws: tuple[int, int] | None
    judged: str
    kind: Kind
    seconds: float

    @property
    def best(self) -> Trial | None:
        """The best cure: of equal ones the one that changes least; None if nothing cures."""
        cured = [trial for trial in self.trials if trial.cured]
        if not cured:
            return None
        top = max(cured, key=lambda trial: trial.mean)
        equal = [trial for trial in cured if is_equal(top, trial)]
        return min(equal, key=lambda trial: (len(trial.cures), -trial.mean))

    @property
    def found(self) -> Trial | None:
        """The best of the random search."""
        return max(self.search, key=lambda trial: trial.mean, default=None)

    @property
    def lead(self) -> Interval | None:
        """How far the best cure is ahead of the random search's best."""
        if self.best is None or self.found is None:
            return None
        return Interval.of(self.best.outcome.skill - self.found.outcome.skill)

    def is_equal(self, trial: Trial) -> bool:
        """Return whether the best cure is not shown to be better than a trial."""
        return self.best is not None and is_equal(self.best, trial)

    def say(self, language: Language = "en", width: int | None = None) -> str:
        """Return all that was tried as a table, and what it shows, in a language.

        Where so many columns are too few for the table, each trial takes lines of its own.
        """
        lines = _table(self, language, width)
        if width is not None:
            lines = (part for line in lines for part in wrap(line, width))
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON, in both languages."""
        best, found = self.best, self.found
        return {
            "sick": _json(self, self.sick),
            "trials": [_json(self, trial) for trial in self.trials],
            "search": [_json(self, trial) for trial in self.search],
            "best": None if best is None else self.trials.index(best),
            "found": None if found is None else self.search.index(found),
            "lead": None if self.lead is None else _numbers(self.lead),
            "untried": [_both(named(names)) for names in self.untried],
            "seeds": list(self.seeds),
            "draws": self.draws,
            "judged": self.judged,
            "kind": self.kind,
            "margin": MARGIN,
            "seconds": round(self.seconds, 2),
            "verdict": _both(self.verdict),
        }

    @property
    def verdict(self) -> Text:
        """One sentence: what the trials show."""
        best, sick = self.best, self.sick.mean
        values: dict[str, Any] = {"sick": sick, "count": len(self.seeds)}
        if best is not None:
            return _filled(_CURED, cure=named(best.cures), skill=best.mean, **values)
        if sick >= 1 - MARGIN:
            return _filled(_FINE, **values)
        top = max(self.trials, key=lambda trial: trial.mean, default=None)
        if top is None:
            return _filled(_NOTHING, **values)
        most: dict[str, Any] = {"cure": named(top.cures), "skill": top.mean, "wins": top.wins}
        return _filled(_NOT_CURED, **most, **values)


def prove(
    case: Case,
    findings: Iterable[Finding],
    *,
    seeds: int = 5,
    seconds: float = 20.0,
    stop: Callable[[], bool] = lambda: False,
    examine: Callable[[Case], Sequence[Finding]] = lambda _: (),
) -> Proof:
    """Try the cures of findings one at a time, then together, with a random search beside them.

    Parameters
    ----------
    case
        The training.
    findings
        What is wrong with it, as :func:`neurona.doctor.diagnose` tells.
    seeds
        How many networks each trial trains.
    seconds
        The processor's time for all of it, which may be twice as long by the clock. A trial that
        does not fit is left out, and is named.
    stop
        Asked now and then whether to leave off.
    examine
        Returns the findings in a case that is cured in part, whose cures are tried too.

    Raises
    ------
    NotProved
        If the time is over before the run as it is has been trained.

    Examples
    --------
    A learning rate that is far too low:

    >>> import neurona
    >>> from neurona import datasets
    >>> from neurona.language import Text
    >>> X, y = datasets.gaussians(200, rng=0)
    >>> case = Case(neurona.network([2, 1], "sigmoid"), X, y, None, neurona.sgd(1e-5), steps=50)
    >>> slow = Finding("slow", Text("slow", "lento"), {}, cures=("rate-up", "adam-fast"))
    >>> proof = prove(case, [slow])
    >>> "adam-fast" in proof.best.cures, proof.best.wins
    (True, 5)
    """
    findings, begun = list(findings), time.monotonic()
    balanced = any(finding.kind == "unbalanced-classes" for finding in findings)
    known = 1.0 if balanced else data_signs(case).achievable_squares or 1.0
    tries = Tries(case, seeds, balanced, Budget(seconds), stop, known)
    if tries.is_sick:
        tries.cures(findings, examine)
    return Proof(
        tries.sick,
        tuple(tries.trials),
        tuple(tries.search),
        tuple(tries.untried),
        tries.seeds.numbers,
        tries.draws,
        judged_by(case),
        Measure.of(by_place(case.net, examples(case).target)).kind,
        time.monotonic() - begun,
    )


def named(cures: Sequence[str]) -> Text:
    """Return the words of several cures.

    >>> named(("adam", "zero-biases")).en
    'Adam at a rate of 0.001 and initial biases of zero'
    """
    if not cures:
        return _AS_IT_IS
    words = [CURES[name].words for name in cures]
    return Text(_listed([one.en for one in words], "and"), _listed([one.es for one in words], "y"))


def _listed(words: Sequence[str], last: str) -> str:
    if len(words) == 1:
        return words[0]
    last = "e" if last == "y" and words[-1].startswith(("i", "hi")) else last
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _filled(words: Text, **values: float | str | Text) -> Text:
    """Return a text with its numbers as each language writes them."""
    rounded = {k: round(v, 3) if isinstance(v, float) else v for k, v in values.items()}
    return Text(words.say("en", **rounded), words.say("es", **rounded))


# ------------------------------------------------------------------------------------------ words

_AS_IT_IS = Text("as it is", "tal como está")
_CURED = Text(
    "Cured, at {count} of {count} seeds: {cure}. The skill rises from {sick} to {skill}.",
    "Curado, con {count} de {count} semillas: {cure}. La destreza sube de {sick} a {skill}.",
)
_FINE = Text(
    "The run is fine as it is: its skill is {sick}, and there is nothing to cure.",
    "El entrenamiento está bien tal como está: su destreza es {sick}, y no hay nada que curar.",
)
_NOTHING = Text(
    "No cure was tried. The skill of the run as it is is {sick}.",
    "No se probó ninguna cura. La destreza del entrenamiento tal como está es {sick}.",
)
_NOT_CURED = Text(
    "No cure is shown. The best that was tried, {cure}, reaches a skill of {skill}, and is ahead "
    "at {wins} of {count} seeds.",
    "No se ha demostrado ninguna cura. La mejor de las probadas, {cure}, llega a una destreza de "
    "{skill}, y va por delante con {wins} de {count} semillas.",
)
_JUDGED = {
    "validation": Text(
        "judged on the validation examples", "medida con los ejemplos de validación"
    ),
    "held-out": Text(
        "judged on a fifth of the examples, another at each seed, that training does not see",
        "medida con una quinta parte de los ejemplos, otra con cada semilla, que el entrenamiento "
        "no ve",
    ),
    "training": Text(
        "judged on the training examples, which are too few to hold any out",
        "medida con los ejemplos de entrenamiento, que son demasiado pocos para apartar una parte",
    ),
}
_MEASURE = {
    "classes": Text("Brier's, of the probabilities", "la de Brier, de las probabilidades"),
    "labels": Text("Brier's, of each label", "la de Brier, de cada etiqueta"),
    "values": Text("R²", "R²"),
}
_SKILL = Text(
    "Skill ({measure}): 1 is perfect, 0 is the best constant; {judged}.",
    "Destreza ({measure}): 1 es perfecta, 0 es la de la mejor constante; {judged}.",
)
_DRAWS = Text(
    "As it is, {failed} of {all} draws of the initial weights fail; these are to be cured.",
    "Tal como está, fallan {failed} de {all} sorteos de los pesos iniciales; son los que se curan.",
)
_COLUMNS = (
    Text("change", "cambio"),
    Text("skill (least to most)", "destreza (de menor a mayor)"),
    Text("accuracy", "aciertos"),
    Text("gain (95 %)", "ganancia (95 %)"),
    Text("ahead", "por delante"),
    Text("steps", "pasos"),
    Text("", ""),
)
_BEST_CONSTANT = Text("the best constant", "la mejor constante")
_SEARCH = Text(
    "random search, the best of {count}: {cure}",
    "búsqueda al azar, lo mejor de {count}: {cure}",
)
_OF = Text("{wins} of {count}", "{wins} de {count}")
_MARKS = {
    "best": Text("cures", "cura"),
    "equal": Text("cures as well", "cura igual de bien"),
    "cured": Text("cures, less well", "cura, no tan bien"),
    "same": Text("reaches as much", "llega a lo mismo"),
    "none": Text("", ""),
}
_UNTRIED = Text(
    "Not tried, for want of time: {names}.", "Sin probar, por falta de tiempo: {names}."
)


def _mark(proof: Proof, trial: Trial) -> str:
    """Return what a trial is beside the best cure."""
    if trial is proof.best:
        return "best"
    equal = proof.is_equal(trial)
    if trial.cured:
        return "equal" if equal else "cured"
    return "same" if equal else "none"


# ----------------------------------------------------------------------------- table, and as JSON


def _table(proof: Proof, language: Language, width: int | None) -> Iterator[str]:
    measure, judged = _MEASURE[proof.kind], _JUDGED[proof.judged]
    yield _SKILL.say(language, measure=measure, judged=judged)
    if proof.draws:
        failed, total = proof.draws
        yield _DRAWS.say(language, failed=failed, all=total)
    rows = [[column.say(language) for column in _COLUMNS]]
    rows.append(_row(proof, proof.sick, language))
    trivial = float(proof.sick.outcome.trivial.mean())
    accuracy = write_number(round(trivial, 3), language) if isfinite(trivial) else ""
    rows.append([_BEST_CONSTANT.say(language), "0", accuracy, "", "", "", ""])
    rows += [_row(proof, trial, language) for trial in proof.trials]
    if proof.found is not None:
        row = _row(proof, proof.found, language)
        cure = named(proof.found.cures)
        row[0] = _SEARCH.say(language, count=len(proof.search), cure=cure)
        rows.append(row)
    widths = [max(len(row[k]) for row in rows) for k in range(len(_COLUMNS))]
    widths[0] = min(widths[0], 48)
    narrow = width is not None and sum(widths) + 2 * len(widths) > width
    for row in rows[1:] if narrow else ():
        yield from wrap(row[0], width or 0, subsequent_indent="  ")
        each = zip(rows[0][1:], row[1:], strict=True)
        told = "; ".join(f"{name} {cell}".strip() for name, cell in each if cell)
        yield from wrap(told, width or 0, initial_indent="    ", subsequent_indent="    ")
    for row in () if narrow else rows:
        first, *rest = row
        while len(first) > widths[0]:  # a long name takes lines of its own
            cut = first.rfind(" ", 0, widths[0] + 1)
            cut = widths[0] if cut < 1 else cut
            yield first[:cut]
            first = f"  {first[cut:].lstrip()}"
        cells = [first, *rest]
        yield "  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip()
    yield proof.verdict.say(language)
    if proof.untried:
        names = "; ".join(named(one).say(language) for one in proof.untried)
        yield _UNTRIED.say(language, names=names)


def _row(proof: Proof, trial: Trial, language: Language) -> list[str]:
    def short(value: float) -> str:
        return write_number(round(value, 3) + 0.0, language, 3)

    outcome = trial.outcome
    skill, count = outcome.skill, len(proof.seeds)
    accuracy = float(outcome.accuracy.mean())
    gain = trial.gain
    is_sick = trial is proof.sick
    return [
        named(trial.cures).say(language),
        f"{short(trial.mean)} ({short(float(skill.min()))}; {short(float(skill.max()))})",
        short(accuracy) if isfinite(accuracy) else "",
        "" if is_sick else f"{short(gain.mean)} ({short(gain.low)}; {short(gain.high)})",
        "" if is_sick else _OF.say(language, wins=trial.wins, count=count),
        write_number(int(outcome.steps[-1]), language),
        "" if is_sick else _MARKS[_mark(proof, trial)].say(language),
    ]


def _json(proof: Proof, trial: Trial) -> dict[str, Any]:
    outcome = trial.outcome
    return {
        "cures": list(trial.cures),
        "words": _both(named(trial.cures)),
        "skill": _numbers(outcome.skill),
        "accuracy": _numbers(outcome.accuracy),
        "trivial_accuracy": _number(float(outcome.trivial.mean())),
        "mean": _number(trial.mean),
        "gain": _numbers(trial.gain),
        "wins": trial.wins,
        "cured": trial.cured,
        "mark": "sick" if trial is proof.sick else _mark(proof, trial),
        "steps": outcome.steps.tolist(),
        "skills": _band(outcome.skills),
        "costs": _band(outcome.costs),
    }


def _band(curves: Array) -> dict[str, list[float | None]]:
    """Return the median and the extremes of curves ``(moments, seeds)``."""
    known = np.where(np.isfinite(curves), curves, np.nan)
    empty = ~np.isfinite(known).any(axis=1)
    known[empty] = np.inf  # where no number is known, none is said
    each: dict[str, Any] = {"min": np.nanmin, "median": np.nanmedian, "max": np.nanmax}
    return {name: _numbers(function(known, axis=1)) for name, function in each.items()}


def _both(words: Text) -> dict[str, str]:
    return {"en": words.en, "es": words.es}


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [_number(float(value)) for value in values]


def _number(value: float) -> float | None:
    """Return a number as JSON has it, with the digits that matter."""
    return float(f"{value:.5g}") if isfinite(value) else None
