"""The cells of a part of the rows, in few words: from those of all parts all rows are prepared.

Rows that no machine can hold are read in parts, by several processes say. A part's summary of a
column is its different cells, and how many rows each has. Together they tell what all rows would:
the preparation is the same. Where there are more than 10,000 different numbers or dates, 10,000
stay, the middle ones of equal shares of the part's sorted rows. Then a quantile, such as the
median, is that of a share of the rows which is off by 0.02 % at most, and means and deviations are
those of the cells that stayed. Extremes are exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.tables.categories import Moments, Target, Weights, places
from neurona.tables.columns import Column, Kind, moved_in, objects
from neurona.tables.preparation import (
    CYCLES,
    MICROSECONDS_A_DAY,
    PLURALS,
    Preparation,
)

KEPT = 10_000  # different cells of a part, at least
NOT_A_TIME = np.iinfo(np.int64).min


class PartsDisagree(ValueError):
    """Parts of one table whose columns do not fit together; the message names a part."""


def summary(column: Column, target: Target = None, most: int = KEPT) -> dict[str, Any]:
    """Return what is to be known of a part's column: lists, numbers and arrays.

    The ``target`` ``(n, outputs)`` tells how much categories are of use.

    >>> part = summary(Column("kilos", "number", np.array([4.5, 30.0, np.nan, 4.5])))
    >>> part["cells"], part["rows"], part["missing"]
    (array([ 4.5, 30. ]), array([2, 1]), 1)
    """
    missing = column.missing
    told: dict[str, Any] = {"kind": column.kind, "decimal": column.decimal, "order": column.order}
    told |= {"moved": column.moved, "missing": int(missing.sum())}
    told |= {"target": None, "squares": None}
    known = column.values[~missing]
    if column.kind == "category":
        counts = Counter(known.tolist())
        levels = sorted(counts)
        rows = np.array([counts[one] for one in levels], np.int64)
        if target is not None and levels:
            which = places(known, levels)
            moments = Moments.of(target[~missing])
            sums = [np.bincount(which, one) for one in (*moments.mean.T, moments.square)]
            *means, told["squares"] = np.array(sums) / rows
            told["target"] = np.array(means).T
        return {**told, "cells": levels, "rows": rows}
    if column.kind == "date":
        known = known.astype("datetime64[us]").astype(np.int64)
    elif column.kind == "empty":
        known = np.empty(0)
    cells, rows = np.unique(known, return_counts=True)
    ends = _ends_of_cycles(cells) if column.kind == "date" else []
    cells, rows = shortened(cells, rows, most, ends)
    return {**told, "cells": cells, "rows": rows}


def shortened(
    cells: NDArray[Any], rows: NDArray[np.int64], most: int = KEPT, besides: Sequence[int] = ()
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return so many of sorted cells, or some more, that stand for all rows.

    The first, the last and those at the places ``besides`` stay, each for one of their rows. Those
    of the others are cut into equal shares, of which the middle cell stays.

    >>> shortened(np.arange(9.0), np.ones(9, int), most=5)
    (array([0., 1., 4., 6., 8.]), array([1, 2, 3, 2, 1]))
    """
    if len(cells) <= most:
        return cells, rows
    kept = np.unique([0, *besides, len(cells) - 1])
    left = rows.copy()
    left[kept] -= 1
    total = np.cumsum(left)
    ends = np.rint(np.linspace(0, total[-1], max(most - len(kept), 1) + 1)).astype(np.int64)
    middles = np.searchsorted(total, (ends[:-1] + ends[1:] - 1) // 2, side="right")
    which = np.concatenate([kept, middles])
    counts = np.concatenate([np.ones(len(kept), np.int64), np.diff(ends)])
    there, where = np.unique(which, return_inverse=True)
    return cells[there], np.bincount(where, counts).astype(np.int64)


def _ends_of_cycles(moments: NDArray[np.int64]) -> list[int]:
    """Return where the first and the last moments of the year, the week and the day stand."""
    if not len(moments):
        return []
    days = moments / MICROSECONDS_A_DAY
    moments_of = {name: np.floor(days) if name != "day" else days for name in CYCLES}
    phases = (moments_of[name] % length for name, length in CYCLES.items())
    return [int(end) for phase in phases for end in (phase.argmin(), phase.argmax())]


def merged(
    name: str, parts: Sequence[dict[str, Any]]
) -> tuple[Column, NDArray[np.float64], Moments | None]:
    """Return the column that parts tell of, how many rows each cell has, and their mean target.

    Raises
    ------
    PartsDisagree
        If it has another kind in one part than in another.
    """
    kind, decimal, order = form_of_parts(name, parts)
    missing = sum(part["missing"] for part in parts)
    there = [part for part in parts if part["kind"] == kind]
    rows = np.concatenate([[], *(part["rows"] for part in there), [missing] * bool(missing)])
    values: Any
    target: Moments | None = None
    if kind == "category":
        cells = [cell for part in there for cell in part["cells"]]
        values = objects([*cells, *[None] * bool(missing)])
        of_target = [part for part in there if part["target"] is not None]
        if of_target:
            means, squares = (
                np.concatenate([part[name] for part in of_target]) for name in ("target", "squares")
            )
            if missing:  # no category has it
                means, squares = np.pad(means, [(0, 1), (0, 0)]), np.pad(squares, (0, 1))
            target = Moments(means, squares)
    elif kind == "date":
        cells = [*(part["cells"] for part in there), [NOT_A_TIME] * bool(missing)]
        values = np.concatenate(cells).astype(np.int64).astype("datetime64[us]")
    elif kind == "number":
        values = np.concatenate([*(part["cells"] for part in there), [np.nan] * bool(missing)])
    else:
        values = objects([None] * bool(missing))
    moved = moved_in(part["moved"] for part in there)
    column = Column(name, kind, values, decimal, order, moved=moved)
    return column, rows.astype(np.float64), target


def form_of_parts(
    name: str, parts: Sequence[dict[str, Any]], whose: Sequence[str] | None = None
) -> tuple[Kind, str, str | None]:
    """Return a column's kind, decimal sign and order of dates, which a part may leave open.

    ``whose`` are the parts' names for the message; they are those of processes by default.

    Raises
    ------
    PartsDisagree
        If it has another one in one part than in another; the message names both.
    """
    names = whose or [f"process {which}" for which in range(len(parts))]
    known = [(which, part) for which, part in enumerate(parts) if part["kind"] != "empty"]
    first: dict[str, tuple[int, Any]] = {}  # the part that says so, and what it says
    for which, part in known:
        clock = part["order"] == "time"
        said = {"kind": "times of day" if clock else PLURALS[part["kind"]]}
        said |= {"decimal sign": repr(part["decimal"])} if part["decimal"] != "." else {}
        said |= {"order of dates": part["order"]} if part["order"] is not None else {}
        for what, now in said.items():
            there, was = first.setdefault(what, (which, now))
            if was != now:
                holds = "holds" if what == "kind" else f"has the {what}"
                raise PartsDisagree(
                    f"column {name!r} {holds} {now} in {names[which]}, and {was} in "
                    f"{names[there]}: mend the cells, or leave the column out"
                )
    each = [part for _, part in known]
    kind: Kind = each[0]["kind"] if each else "empty"
    decimal = "," if any(part["decimal"] == "," for part in each) else "."
    order = next((part["order"] for part in each if part["order"] is not None), None)
    return kind, decimal, order


def preparation_of(
    names: Sequence[str],
    parts: Sequence[Sequence[dict[str, Any]]],
    ramps: int | str = 0,
) -> Preparation:
    """Return the preparation of all rows, from each part's summaries of its columns.

    >>> X = np.array([1.0, 2.0, 3.0, 5.0, 8.0, 13.0])
    >>> halves = [[summary(Column("x", "number", half))] for half in (X[:2], X[2:])]
    >>> preparation_of(["x"], halves) == Preparation.fit([Column("x", "number", X)])
    True
    """
    columns = [merged(name, [part[i] for part in parts]) for i, name in enumerate(names)]
    n = max((int(rows.sum()) for _, rows, _ in columns), default=0)
    each: list[tuple[Column, Weights, Moments | None]] = [*columns]
    return Preparation.of(each, n, float(n), ramps)
