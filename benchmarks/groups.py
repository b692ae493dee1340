"""The groups of tasks, each with the half that it belongs to.

Settings may be chosen on one half and are judged on the other: whoever chooses among settings by
a table's score cannot read from it any more how good they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .data import Load
from .first_tables import FIRST_TABLES
from .functions import FUNCTIONS, Function
from .judged_tables import JUDGED_TABLES
from .real_tables import REAL_TABLES

CHOSEN, JUDGED = "Settings may be chosen on", "Judged on"


class Group(NamedTuple):
    """Tasks whose scores are comparable."""

    half: str
    title: str
    tasks: Mapping[str, Load | Function]
    by_skill: bool = (
        False  # classes are scored by the skill of their probabilities, not by accuracy
    )


GROUPS = {
    "functions": Group(CHOSEN, "the functions", FUNCTIONS),
    "first": Group(CHOSEN, "the first eleven tables", FIRST_TABLES),
    "real": Group(CHOSEN, "the twelve real tables", REAL_TABLES, by_skill=True),
    "judged": Group(JUDGED, "the fourteen real tables kept apart", JUDGED_TABLES, by_skill=True),
}
