"""All speed measurements of one run: the steps, the circles to 99 % and the startup."""

from __future__ import annotations

from . import circles_to_99, goals, machine, stacks, startup
from .contest import CONTESTANTS
from .contestants import NUMPY, SCIKIT_LEARN
from .race import Effort, note, race, summary
from .tasks import STEPS


def measure(quick: bool = False) -> dict:
    """Return the figures of the tables; `quick` only checks that it runs, with two contestants."""
    effort = Effort.quick() if quick else Effort()
    names = [NUMPY, SCIKIT_LEARN] if quick else list(CONTESTANTS)
    missing = {name: CONTESTANTS[name].missing for name in names if CONTESTANTS[name].missing}
    present = [name for name in names if name not in missing]
    facts = machine.facts()
    if float(facts["load before"]) > 0.5:
        note("this machine is busy: multithreaded contestants will be slower than on an idle one")
    steps = {}
    for key, make in STEPS.items():
        task = make()
        note(task.title)
        steps[key] = race(task, [n for n in present if CONTESTANTS[n].takes(task)], effort)
    note("circles to 99 %")
    circles = circles_to_99.run(present, seeds=1 if quick else 3)
    note("stacks of networks")
    stacked = stacks.run(quick)
    note("startup")
    return {
        "machine": facts,
        "titles": {key: make().title for key, make in STEPS.items()},
        "missing": missing,
        "steps": {
            key: {name: summary(values) for name, values in rounds.items()}
            for key, rounds in steps.items()
        },
        "goals": goals.judged(steps),
        "circles": circles,
        "stacks": stacked,
        "startup": startup.run(times=1 if quick else 9, peers=not quick),
    }
