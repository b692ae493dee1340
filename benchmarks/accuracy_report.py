"""Format the accuracy's measurements as Markdown tables, each half apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .comparison import corrected_error, mean_normalized, mean_ranks, verdict
from .goals import (
    ACCURACY_GOALS,
    CALIBRATION_GOAL,
    FUNCTION_GOALS,
    LOSSES_GOAL,
    RECALL_GOALS,
    TABLE_GOALS,
    TIME_GOAL,
)
from .groups import CHOSEN, GROUPS, JUDGED, Group
from .table_models import FOREST, LINEAR, MLP, MODELS, OWN, TREES
from .tables import facts, table

GOALS = FUNCTION_GOALS | TABLE_GOALS
RIVALS = (MLP, LINEAR, FOREST, TREES)  # against whom losses are counted in the goals


class Results(NamedTuple):
    """A group with its measured tables and the models that have a result on any of them."""

    group: Group
    tables: dict[str, dict]
    titles: list[str]

    def compared(self) -> tuple[list[str], dict[str, dict]]:
        """Return the models with results on most tables, and the tables that these all have."""
        most = [
            title
            for title in self.titles
            if 2 * sum(title in each["results"] for each in self.tables.values()) > len(self.tables)
        ]
        common = {
            name: each for name, each in self.tables.items() if set(most) <= set(each["results"])
        }
        return most, common


def accuracy(measured: dict) -> str:
    """Return the tables of the estimators' scores."""
    results = {key: _results(group, measured["tables"]) for key, group in GROUPS.items()}
    results = {key: each for key, each in results.items() if each.tables}
    left_out = [f"{name} ({hint})" for name, hint in measured["missing"].items()]
    parts = [facts(measured["machine"])]
    if left_out:
        parts.append(f"Not installed, and left out: {', '.join(left_out)}.")
    for half in (CHOSEN, JUDGED):
        for each in results.values():
            if each.group.half == half:
                kinds = "R² or skill" if each.group.by_skill else "accuracy or R²"
                title = f"{half}: {each.group.title}"
                parts += [f"### {title}: {kinds} ± corrected standard error", _scores(each)]
                parts += [f"### {title}: all together", _summary(each)]
    parts += ["### Goals over several tables", _goals(results)]
    parts += ["### Seconds of a fit", _seconds(results)]
    return "\n\n".join(parts)


def _results(group: Group, tables: dict[str, dict]) -> Results:
    found = {name: tables[name] for name in group.tasks if tables.get(name, {}).get("results")}
    titles = [t for t in MODELS if t == OWN or any(t in each["results"] for each in found.values())]
    return Results(group, found, titles)


def _scores(results: Results) -> str:
    own, *others = results.titles
    rows = []
    for name, found in results.tables.items():
        goal, met = _goal(name, found, results.group is GROUPS["first"])
        cells = [_score(found, title) for title in results.titles]
        title = f"{name} ({found['rows']} x {found['columns']}{', R²' * found['regression']})"
        rows.append([title, cells[0], goal, met, *cells[1:]])
        rows += _recalls(name, found, results.titles)
    return table(["", own, "goal", "met", *others], rows)


def _goal(name: str, found: dict, first: bool) -> tuple[str, str]:
    """Return the goal and whether it is met: on the first tables within one standard error."""
    scores = found["results"].get(OWN, {}).get("scores")
    others = [_mean(found, title) for title in found["results"] if title != OWN]
    goal = ACCURACY_GOALS.get(name, max(others, default=None)) if first else GOALS.get(name)
    if goal is None or scores is None:
        return "" if goal is None else f"{goal:.3f}", ""
    reached = round(float(np.mean(scores)), 3)
    if first:
        reached += corrected_error(scores, found["test_over_train"])
    return f"{goal:.3f}", _yes(reached >= goal)


def _recalls(name: str, found: dict, titles: list[str]) -> list[list[str]]:
    recalls = [found["results"].get(title, {}).get("recall") for title in titles]
    if not any(recalls):
        return []
    own, *others = (f"{np.mean(each):.3f}" if each else "" for each in recalls)
    goal = RECALL_GOALS[name]
    met = _yes(np.mean(recalls[0]) >= goal) if recalls[0] else ""
    return [[f"{name}: recall of the rare class", own, f"{goal:.3f}", met, *others]]


def _score(found: dict, title: str) -> str:
    result = found["results"].get(title)
    if result is None:
        return ""
    if "failed" in result:
        return "failed"
    error = corrected_error(result["scores"], found["test_over_train"])
    return f"{np.mean(result['scores']):.3f} ± {error:.3f}"


def _mean(found: dict, title: str) -> float:
    """Return the mean score; a model that failed is worse than all."""
    return float(np.mean(found["results"][title].get("scores", -np.inf)))


def _summary(results: Results) -> str:
    """Return each model's figures over the tables that all compared ones have."""
    titles, common = results.compared()
    if not titles or not common:
        return "No table has results of all."
    means = [{title: _mean(found, title) for title in titles} for found in common.values()]
    constants = [0.0 if results.group.by_skill else found["constant"] for found in common.values()]
    ranks, normalized = mean_ranks(means), mean_normalized(means, constants)
    rows = []
    for title in titles:
        lost, won = (_decided(results, title, sign) for sign in (-1, 1))
        rows.append(
            [
                title,
                f"{ranks[title]:.2f}",
                f"{normalized[title]:.3f}",
                *(("", "") if title == OWN else (f"{len(lost)}", f"{len(won)}")),
                _mean_of(common, title, "log_loss"),
                _mean_of(common, title, "calibration"),
                f"{_seconds_of(common, title):.1f}",
            ]
        )
    header = ["mean rank", "normalized", f"{OWN} loses", "wins", "log loss", "calibration"]
    return table([f"over {len(common)} of {len(results.tables)}", *header, "seconds"], rows)


def _decided(results: Results, peer: str, sign: int) -> list[str]:
    """Return the tables that neurona loses (-1) or wins (1) by more than a standard error."""
    names = []
    for name, found in results.tables.items():
        pair = [found["results"].get(title) for title in (OWN, peer)]
        if None in pair:
            continue
        own, other = (each.get("scores") for each in pair)
        if own and other:
            decided = verdict(own, other, found["test_over_train"])
        else:
            decided = int(bool(own)) - int(bool(other))
        if decided == sign:
            names.append(name)
    return names


def _mean_of(tables: dict[str, dict], title: str, key: str) -> str:
    """Return the mean over the tables with classes, or nothing if there are none."""
    results = [each["results"][title] for each in tables.values()]
    values = [np.mean(each[key]) for each in results if key in each]
    return f"{np.mean(values):.3f}" if values else ""


def _seconds_of(tables: dict[str, dict], title: str) -> float:
    return sum(sum(each["results"][title].get("seconds", [])) for each in tables.values())


def _goals(results: dict[str, Results]) -> str:
    rows = []
    for key in [key for key in ("real", "judged") if key in results]:
        rows += _goals_of(results[key])
    first = results["first"].tables if "first" in results else {}
    both = {name: each for name, each in first.items() if {OWN, MLP} <= set(each["results"])}
    if both:
        own, peer = (_seconds_of(both, title) for title in (OWN, MLP))
        title = f"{GROUPS['first'].title}: seconds of training over {MLP}'s"
        rows.append([title, f"{own / peer:.2f}", f"{TIME_GOAL:.2f}", _yes(own <= TIME_GOAL * peer)])
    return table(["", "", "goal", "met"], rows)


def _goals_of(results: Results) -> list[list[str]]:
    titles, common = results.compared()
    if OWN not in titles or not common:
        return []
    ranks = mean_ranks([{t: _mean(found, t) for t in titles} for found in common.values()])
    place = 1 + sum(ranks[title] < ranks[OWN] for title in titles)
    lost = sorted({name for peer in RIVALS for name in _decided(results, peer, -1)})
    calibration = _mean_of(common, OWN, "calibration")
    name = results.group.title
    rows = [
        [f"{name}: place by mean rank", f"{place} of {len(titles)}", "1", _yes(place == 1)],
        [
            f"{name}: lost by more than one error to {', '.join(RIVALS)}",
            f"{len(lost)}{': ' * bool(lost)}{', '.join(lost)}",
            f"{LOSSES_GOAL}",
            _yes(len(lost) <= LOSSES_GOAL),
        ],
    ]
    if calibration:
        met = _yes(float(calibration) <= CALIBRATION_GOAL)
        rows.append([f"{name}: calibration error", calibration, f"{CALIBRATION_GOAL}", met])
    return rows


def _seconds(results: dict[str, Results]) -> str:
    titles = [t for t in MODELS if any(t in each.titles for each in results.values())]
    rows = []
    for each in results.values():
        for name, found in each.tables.items():
            seconds = [found["results"].get(title, {}).get("seconds") for title in titles]
            rows.append([name, *(f"{np.mean(s):.2f}" if s else "" for s in seconds)])
    return table(["", *titles], rows)


def _yes(met: bool) -> str:
    return "yes" if met else "no"
