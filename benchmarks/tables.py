"""Format measurements as Markdown tables, for a terminal and a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurona.observe.scores import format_cost

from . import stacks
from . import sweeps as swept
from .goals import START_UP_GOALS
from .tasks import STEPS

if TYPE_CHECKING:
    from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with aligned columns: the first to the left, the others to the right.

    >>> print(table(["", "seconds"], [["a", "1.0"], ["bcd", "12.5"]]))
    |     | seconds |
    | --- | ------: |
    | a   |     1.0 |
    | bcd |    12.5 |
    """
    widths = [max(3, *map(len, column)) for column in zip(header, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
        return f"| {' | '.join(padded)} |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(map(line, [header, rule, *rows]))


def facts(machine: dict) -> str:
    """Return the machine's facts as one sentence."""
    return "Measured on " + "; ".join(f"{key} {value}" for key, value in machine.items()) + "."


def speed(measured: dict) -> str:
    """Return all tables of speed."""
    return "\n\n".join(
        [
            facts(measured["machine"]),
            "### Microseconds per step: median (fastest to slowest round)",
            _steps(measured),
            "\n".join(f"- {title}" for title in measured["titles"].values()),
            "### Goals: neurona's time over the peer's, in the same round",
            _goals(measured),
            "### Seconds to 99 % of the circles: 2-4-8-1, median over seeds",
            _circles(measured),
            "### Stacks of networks, and a second training",
            _stacks(measured),
            "### Startup",
            _startup(measured),
        ]
    )


def _steps(measured: dict) -> str:
    names = dict.fromkeys(name for step in measured["steps"].values() for name in step)
    rows = []
    for name in names:
        cells = []
        for key in STEPS:
            found = measured["steps"][key].get(name)
            cells.append(_spread(found, scale=1e6, digits=0 if key == "mnist" else 1))
        rows.append([name, *cells])
    rows += [[name, *["not installed"] * len(STEPS)] for name in measured["missing"]]
    return table(["", *STEPS], rows)


def _goals(measured: dict) -> str:
    rows = []
    for goal in measured["goals"]:
        ratio, limit = goal["ratio"], goal["limit"]
        rows.append(
            [
                f"{goal['own']}: {goal['step']} step",
                goal["peer"],
                _spread(ratio, digits=3) if ratio else "not installed",
                f"{limit:.3f}",
                verdict(ratio and ratio["median"], limit),
            ]
        )
    return table(["", "over", "ratio", "goal", "met"], rows)


def _ratios(goals: list[dict], measure: str) -> str:
    rows = [
        [
            goal["own"],
            goal["peer"],
            _spread(goal["ratio"], digits=3),
            f"{goal['limit']:.3f}",
            verdict(goal["ratio"]["median"], goal["limit"]),
        ]
        for goal in goals
    ]
    return table(["", "over", measure, "goal", "met"], rows)


def _circles(measured: dict) -> str:
    rows = [
        [
            name,
            _spread(found.get("seconds"), digits=3),
            _spread(found.get("first"), digits=3),
            _spread(found.get("steps"), digits=0),
            f"{found['reached']} of {found['seeds']}",
        ]
        for name, found in measured["circles"].items()
    ]
    return table(["", "seconds", "the first 25 steps", "steps", "reached"], rows)


def _stacks(measured: dict) -> str:
    rows = []
    for title, found in measured["stacks"].items():
        limit = stacks.GOALS[title]
        digits = 4 if limit < 1 else 2
        goal = [f"{limit:g}", verdict(found["median"], limit)]
        rows.append([title, _spread(found, digits=digits), *goal])
    return table(["", "median (lowest to highest)", "goal", "met"], rows)


def sweeps(measured: dict) -> str:
    """Return the table of the sweeps."""
    rows = []
    for title in swept.TITLES:
        found, limit = measured["seconds"][title], swept.GOALS.get(title)
        goal = [f"{limit:g}", verdict(found["median"], limit)] if limit else ["", ""]
        rows.append([title, _spread(found, digits=1), *goal])
    shown = table(["", "seconds", "goal", "met"], rows)
    return f"{facts(measured['machine'])}\n\n{shown}"


def _startup(measured: dict) -> str:
    rows = []
    for title, seconds in measured["startup"].items():
        limit = START_UP_GOALS.get(title)
        goal = [f"{limit:.2f}", verdict(seconds["median"], limit)] if limit else ["", ""]
        rows.append([title, _spread(seconds, digits=3), *goal])
    return table(["", "seconds", "goal", "met"], rows)


def learning(measured: dict) -> str:
    """Return all tables of the learning section."""
    return "\n\n".join(
        [
            facts(measured["machine"]),
            "### The circles: a cost below 0.01 within 2,500 full-batch steps, sigmoid",
            _learned_circles(measured),
            "### The tutorial's program, unchanged, on the same circles",
            _learned_by_the_tutorial(measured),
            "### Spirals of a turn and a half",
            _learned_spirals(measured),
            "### The digits: a fifth held out",
            _learned_digits(measured),
        ]
    )


def failure(measured: dict) -> str:
    """Return the tables of the lesson's failure and its cure."""
    within = f"within {measured['steps']:,} steps"
    weights = list(measured["table"][0]["below"])
    draws = [
        [f"{one['step']}, {one['rate']:g}"]
        + [f"{one['below'][name]} of {measured['draws']}" for name in weights]
        for one in measured["table"]
    ]
    ones = [
        [f"{one['step']}, {one['rate']:g}"] + [_one_draw(one["weights"][name]) for name in weights]
        for one in measured["one"]
    ]
    return "\n\n".join(
        [
            facts(measured["machine"]),
            f"### Draws of initial weights with a cost below 0.01 {within}",
            table(["step, rate", *weights], draws),
            f"### Random seed {measured['draw']}: the cost after {measured['steps']:,} steps, and "
            "the step at which it is below 0.01",
            table(["step, rate", *weights], ones),
        ]
    )


def _one_draw(found: dict) -> str:
    reached = f"{found['reached']:,}" if found["reached"] else "never"
    return f"{format_cost(found['cost'])} ({reached})"


def _learned_circles(measured: dict) -> str:
    rows = [
        [
            _topology(found),
            name,
            f"{found['reached'][name]} of {found['seeds']}",
            _spread(found["steps"][name], digits=0),
        ]
        for found in measured["circles"]
        for name in found["reached"]
    ]
    return table(["topology", "which cost", "seeds", "steps"], rows)


def _learned_by_the_tutorial(measured: dict) -> str:
    rows = [
        [
            _topology(found),
            f"{found['rate']:g}",
            f"{found['reached']} of {found['seeds']}",
            _spread(found["cost"], digits=4),
        ]
        for found in measured["tutorial"]
    ]
    return table(["topology", "rate", "seeds", "last cost"], rows)


def _learned_spirals(measured: dict) -> str:
    rows = [
        [
            f"{found['arms']} arms, {_topology(found)}",
            _spread(found["right"], scale=100, digits=1),
            f"{found['reached']} of {found['seeds']}, > {found['goal']:.0%}",
            _spread(found["steps"], digits=0),
            _spread(found["seconds"], digits=2),
        ]
        for found in measured["spirals"]
    ]
    return table(
        ["", "% right at the end", "seeds", "steps until there", "seconds until there"], rows
    )


def _learned_digits(measured: dict) -> str:
    found = measured["digits"]
    row = [
        _topology(found),
        _spread(found["right"], scale=100, digits=1),
        f"{found['reached']} of {found['seeds']}",
        _spread(found["seconds"], digits=2),
    ]
    return table(["", "% right", f"splits with {found['goal']:.1%} or more", "seconds"], [row])


def playground(measured: dict) -> str:
    """Return all tables of the playground."""
    one, many = measured["one"], measured["pages"]
    names = {"circles": "the page's own start", "lesson": "the lesson's network"}
    flows = [
        *((f"1 page, {names[name]}", one[name], 60) for name in one),
        (f"{many} pages in one browser, {names['lesson']}", measured["many"], 15),
        (f"{many} clients that draw nothing, {names['lesson']}", measured["clients"], 15),
        (f"{measured['students']} of them at 50 steps/s, as a page begins", measured["class"], 5),
        (f"no page: only the engine, {names['lesson']}", {"steps": measured["alone"]}, ""),
    ]
    waits = [
        ("first picture after the request for the page", measured["first"], 1000, 1000),
        *((f"response to {name}", found, 1, 100) for name, found in measured["obeyed"].items()),
    ]
    return "\n\n".join(
        [
            facts(measured["machine"]),
            "### Pictures and steps per second of each page",
            table(
                ["", "pictures", "goal", "steps"],
                [
                    [
                        title,
                        _spread(found.get("pictures")),
                        f"{goal}",
                        _spread(found["steps"], digits=0),
                    ]
                    for title, found, goal in flows
                ],
            ),
            "### Milliseconds",
            table(
                ["", "median (shortest to longest)", "goal"],
                [
                    [title, _spread(found, scale=scale, digits=0), f"{goal}"]
                    for title, found, scale, goal in waits
                ],
            ),
        ]
    )


def big(measured: dict) -> str:
    """Return the tables of a million rows."""
    rows, memory = measured["rows"], measured["memory_goal"]
    return "\n\n".join(
        [
            facts(measured["machine"]),
            f"### {rows:,} rows: seconds and memory (rounds: {measured['rounds']})",
            table(
                ["", "an epoch", "the first", "last cost", "memory, in tables", "goal", "met"],
                [
                    [
                        name,
                        _spread(found["seconds"], digits=2),
                        _spread(found["first"], digits=2),
                        f"{found['cost']['median']:.3f}",
                        _spread(found["memory"], digits=2),
                        *(
                            (f"{memory:.1f}", verdict(found["memory"]["high"], memory))
                            if not name.startswith("PyTorch")
                            else ("", "")
                        ),
                    ]
                    for name, found in measured["contestants"].items()
                ],
            ),
            "### Goals: seconds per epoch over the peer's, in the same round",
            _ratios(measured["goals"], "ratio"),
        ]
    )


def cluster(measured: dict) -> str:
    """Return the tables of a search on a cluster."""
    fits = measured["fits"]
    rows = [
        [
            name,
            f"{1000 * found['a fit']:.0f}",
            _spread(found["seconds"][name]),
            f"{1 / found['over'][name]['median']:.2f}",
        ]
        for found in measured["searches"].values()
        for name in found["seconds"]
    ]
    return "\n\n".join(
        [
            facts(measured["machine"]),
            f"### A search of {fits} fits (rounds: {measured['rounds']})",
            table(["", "a fit, ms", "seconds", "times as fast as one after the other"], rows),
            "### Seconds of a start, with the import of neurona in each worker of Dask",
            table(["", "seconds"], [[k, f"{s:.1f}"] for k, s in measured["starts"].items()]),
            "### Goals: two over one, in the same round, with the long fits",
            _ratios(measured["goals"], "ratio of seconds"),
        ]
    )


def _topology(found: dict) -> str:
    return "-".join(map(str, found["topology"]))


def verdict(value: float | None, limit: float) -> str:
    """Say whether a value is at most its limit; nothing for no value."""
    if value is None:
        return ""
    return "yes" if value <= limit else "no"


def _spread(found: dict | None, scale: float = 1.0, digits: int = 1) -> str:
    if found is None:
        return ""
    median, low, high = (f"{found[key] * scale:.{digits}f}" for key in ("median", "low", "high"))
    return f"{median} ({low}-{high})"
