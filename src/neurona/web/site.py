"""The playground as static pages: the same view over recordings, for any web host or folder."""

from __future__ import annotations

import base64
import json
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from neurona.web.examples import EXAMPLES, example
from neurona.web.recording import Plan, Recording, catalog, growing_steps, record
from neurona.web.setup import Setup

STATIC = Path(__file__).parent / "static"
PAGE = Path(__file__).parent / "page" / "index.html"
MOST_BYTES = 3_000_000  # of a lesson
STEPS = {"spiral": 1000, "flat": 300, "heart": 5000}  # of an example; else:
USUAL_STEPS = 1500
FAILURES = ("stuck", "gradient")
FAILURE_STEPS = 2500
QUESTIONS = ("doctor", "cures")
MOST_CURES = 2  # of a failure that are recorded too, as the doctor's panel shows them
# A reader tries these on a failure first; and the guided path offers them on its own.
TRIED: tuple[Mapping[str, Any], ...] = (
    {"initializer": "orthogonal"},
    {"initializer": "glorot_uniform"},
)
OF_THE_PATH: tuple[Mapping[str, Any], ...] = ({"learning_rate": 50}, {"learning_rate": 0.5})


def plans(names: Sequence[str]) -> list[Plan]:
    """Return what is recorded of the examples, a plan for each.

    Raises
    ------
    ValueError
        If there is no example of a name.
    """
    for name in names:
        if name not in EXAMPLES:
            raise ValueError(f"there is no example {name!r}: choose among {', '.join(EXAMPLES)}")
    return [
        _plan(name, FAILURE_STEPS, questions=QUESTIONS)
        if name in FAILURES
        else _plan(name, STEPS.get(name, USUAL_STEPS), questions=("doctor",))
        for name in names
    ]


def _plan(name: str, last: int, questions: tuple[str, ...]) -> Plan:
    steps = growing_steps(last)
    setup = example(name)
    dissected = (0, steps[len(steps) // 2], last) if setup.data.planar else ()
    return Plan(name, setup, steps, dissected, points=(0, 1, 2), questions=questions)


def variants(recording: Recording) -> Iterator[Plan]:
    """Yield what else is recorded of a failure: what a reader tries, and what the doctor proved."""
    name, setup = recording.plan.name, recording.plan.setup
    if name not in FAILURES:
        return
    changes = (*TRIED, *OF_THE_PATH) if name == "gradient" else TRIED
    tried = [replace(setup, training=replace(setup.training, **change)) for change in changes]
    proved = [
        Setup.from_json(trial["setup"])
        for trial in sorted(recording.answers["cures"]["trials"], key=_rank)
        if trial["cured"] and trial["setup"]
    ]
    unlike = {json.dumps(one.to_json()): one for one in (*tried, *proved[:MOST_CURES])}
    for number, one in enumerate(unlike.values(), start=1):
        steps = growing_steps(FAILURE_STEPS, count=20)
        last = (FAILURE_STEPS,)
        yield Plan(f"{name}-{number}", one, steps, dissected=last, questions=("doctor",))


def _rank(trial: Mapping[str, Any]) -> tuple[int, float]:
    """Return the place of a trial in the doctor's panel: single cures first, the best first."""
    return len(trial["cures"]), -(trial["mean"] or -1.0)


def write(
    folder: Path,
    names: Sequence[str] = tuple(EXAMPLES),
    tell: Callable[[Recording], None] = lambda recording: None,
) -> None:
    """Write the site into a folder, with the recordings of some examples.

    Parameters
    ----------
    folder
        A folder, made if it is missing; files of the same names are replaced.
    names
        The examples, the first of which opens first.
    tell
        Called after each recording.

    Raises
    ------
    ValueError
        If there is no example of a name.
    FileNotFoundError
        If the page was not built.
    """
    waiting = deque(plans(names))
    recordings = folder / "recordings"
    recordings.mkdir(parents=True, exist_ok=True)
    for file in ("page.css", "site.js"):
        shutil.copyfile(STATIC / file, folder / file)
    entries = []
    while waiting:
        recording = record(waiting.popleft())
        plan = recording.plan
        waiting.extend(variants(recording))
        for part, data in recording.parts.items():
            name = f"{plan.name}.{part}"
            text = base64.b64encode(data).decode("ascii")
            (recordings / f"{name}.js").write_text(f'neuronaPart("{name}","{text}")\n')
        entries.append((plan, plan.setup.to_json(), [*recording.parts]))
        tell(recording)
    (recordings / "catalog.js").write_text(f"window.neuronaCatalog={catalog(entries)}\n")
    (folder / "index.html").write_text(_page(), encoding="utf-8")


def _page() -> str:
    """Return the server's page with the site's scripts, which no browser takes as modules here."""
    page = PAGE.read_text(encoding="utf-8").replace("/static/", "")
    scripts = "\n".join(
        f'<script src="{name}" defer></script>' for name in ("recordings/catalog.js", "site.js")
    )
    return page.replace('<script type="module" src="page.js"></script>', scripts)
