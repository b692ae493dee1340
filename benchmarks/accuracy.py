"""How right the estimators are with their default settings, on functions and on tables.

Each task is kept as soon as it is measured, so that an interrupted run can go on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from . import machine
from .data import Missing
from .groups import GROUPS
from .race import note
from .splits import problem
from .table_models import MODELS, PACKAGES, TOO_LONG, installed
from .trials import results_of

QUICK_TASKS = ("sin x", "XOR, 4 points", "iris", "penguins: sex", "ad_data", "car_prices")


def measure(
    quick: bool = False,
    *,
    only: str | None = None,
    contestants: Sequence[str] = tuple(MODELS),
    resume: bool = False,
    before: dict | None = None,
    keep: Callable[[dict], None] = lambda measured: None,
) -> dict:
    """Measure the tasks in whose names ``only`` is found, a regular expression.

    Results ``before`` of other tasks and contestants stay. ``resume`` lets those of the selected
    ones stay too, and measures what is missing. ``keep`` gets all results after each task.
    """
    if before is None or before.get("quick") is not quick:  # with other folds
        before = {"tables": {}}
    titles = [title for title in contestants if installed(title)]
    measured = {
        "machine": machine.facts() | _versions(titles),
        "quick": quick,
        "missing": {
            title: f"pip install {PACKAGES[title]}" for title in contestants if title not in titles
        },
        "tables": before["tables"],
    }
    tasks = dict(_selected(quick, only))
    if not tasks:
        names = ", ".join(name for group in GROUPS.values() for name in group.tasks)
        raise ValueError(f"{only!r} is in none of the names: {names}")
    if not resume:
        _forget(measured["tables"], tasks, titles)
    for name, group in tasks.items():
        found = measured["tables"].get(name, {"results": {}})["results"]
        todo = [t for t in titles if "scores" not in found.get(t, {}) and not _too_long(t, name)]
        if not todo:
            continue
        note(f"{name}: {', '.join(todo)}")
        try:
            task = problem(GROUPS[group].tasks[name], quick)
        except Missing as package:
            measured["missing"][name] = str(package)
            continue
        found |= results_of(task, todo, by_skill=GROUPS[group].by_skill)
        measured["tables"][name] = {**task.facts(), "results": found}
        keep(measured)
    return measured


def _selected(quick: bool, only: str | None) -> Iterator[tuple[str, str]]:
    """Yield the tasks' names with their groups."""
    for key, group in GROUPS.items():
        for name in group.tasks:
            if re.search(only, name) if only else not quick or name in QUICK_TASKS:
                yield name, key


def _too_long(title: str, name: str) -> bool:
    return name in TOO_LONG.get(title, ())


def _forget(tables: dict[str, dict], names: Iterable[str], titles: Sequence[str]) -> None:
    """Remove the results that are to be measured anew."""
    for name in names:
        for title in titles:
            if name in tables:
                tables[name]["results"].pop(title, None)


def _versions(titles: Sequence[str]) -> dict[str, str]:
    packages = [PACKAGES[title] for title in titles if title in PACKAGES]
    return {package: machine.version_of(package) for package in packages}
