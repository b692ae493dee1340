"""The nearest valid set-up: a link may be damaged on its way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from math import isfinite
from typing import Any

from neurona.web.errors import PlaygroundError
from neurona.web.setup import Setup, limits
from neurona.web.task import Task, make_task

MOST_REPAIRS = 50
MOST_NAMED = 3
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def nearest(given: Any) -> tuple[Task, list[Any]]:
    """Return the task of a set-up, mended where it is damaged, and the messages that say so.

    Each wrong number is clipped to its limits, and each other wrong part is left out, so that it
    has its default.

    Examples
    --------
    >>> task, (message,) = nearest({"data": {"kind": "moons", "noise": 9}, "colour": 1})
    >>> task.setup.data.kind, task.setup.data.noise
    ('moons', 0.5)
    >>> message[0]["message"]["en"].partition(":")[0]
    'This set-up is damaged, and the nearest valid one is here'
    >>> nearest({"data": {"kind": "moons"}})[1]
    []
    """
    mended, errors = deepcopy(given), []
    for _ in range(MOST_REPAIRS):
        try:
            task = make_task(Setup.from_json(mended))
            break
        except PlaygroundError as error:
            errors.append(error)
            if not (isinstance(mended, dict) and error.field and _mend(mended, error.field)):
                mended = {}
    else:
        task = make_task(Setup())
    return task, [(_told(errors), {})] if errors else []


def _told(errors: list[PlaygroundError]) -> dict[str, Any]:
    begin = {
        "en": "This set-up is damaged, and the nearest valid one is here: ",
        "es": "Esta configuración está dañada, y aquí está la válida más cercana: ",
    }
    message = {
        language: words + " ".join(error.message[language] for error in errors[:MOST_NAMED])
        for language, words in begin.items()
    }
    return {"type": "error", "code": "mended", "message": message, "field": errors[0].field}


def _mend(setup: dict[str, Any], field: str) -> bool:
    """Clip the number at a field, or leave the field out; return whether anything changed."""
    way: list[Any] = [int(i) if i else name for i, name in _STEP.findall(field)]
    place: Any = setup
    known: Any = limits()
    try:
        for step in way[:-1]:
            place, known = place[step], _within(known, step)
        clipped = _clipped(place[way[-1]], _within(known, way[-1]))
        if clipped is None:
            del place[way[-1]]
        else:
            place[way[-1]] = clipped
    except (KeyError, IndexError, TypeError):  # the field is not there as such
        return setup.pop(way[0], None) is not None
    return True


def _within(known: Any, step: Any) -> Any:
    """Return the limits of a part or of an element."""
    if not isinstance(known, Mapping):
        return None
    return known.get("each" if isinstance(step, int) else step)


def _clipped(value: Any, known: Any) -> Any:
    """Return the nearest value within the limits; None if there is none."""
    if not isinstance(known, Mapping):
        return None
    if isinstance(value, list) and len(value) > known.get("most", len(value)):
        return value[: known["most"]]
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    if "min" not in known or (known["above"] and value <= known["min"]):
        return None
    if known["min"] <= value <= known["max"]:  # it should be whole, or fits but not beside others
        return round(value) if round(value) != value else None
    return min(max(value, known["min"]), known["max"])
