"""The playground as static pages: the same view over recordings, for any web host or folder."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from neurona.web.examples import EXAMPLES, example
from neurona.web.recording import Plan, Recording, catalog, growing_steps, record
from neurona.web.setup import Setup

STATIC = Path(__file__).parent / "static"
MOST_BYTES = 3_000_000  # of a lesson
STEPS = {"spiral": 1000, "flat": 300, "heart": 5000}  # of an example; else:
USUAL_STEPS = 1500
FAILURE = "stuck"
FAILURE_STEPS = 2500
QUESTIONS: tuple[str, ...] = ()
CURES = {
    "orthogonal": "stuck-orthogonal",
    "glorot_uniform": "stuck-glorot",
    "he_normal": "stuck-he",
}

PAGE = """\
<!doctype html>
<html lang="en" class="neurona">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>neurona</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
<script src="recordings/catalog.js" defer></script>
<script src="site.js" defer></script>
</head>
<body>
<div id="neurona"></div>
<noscript>neurona needs JavaScript. / neurona necesita JavaScript.</noscript>
</body>
</html>
"""


def plans(names: Sequence[str] = tuple(EXAMPLES)) -> Iterator[Plan]:
    """Yield what is recorded of the examples: each, and the failure with its cures.

    Raises
    ------
    ValueError
        If there is no example of a name.
    """
    for name in names:
        if name not in EXAMPLES:
            raise ValueError(f"there is no example {name!r}: choose among {', '.join(EXAMPLES)}")
    for name in names:
        setup = example(name)
        if name != FAILURE:
            yield _plan(name, setup, STEPS.get(name, USUAL_STEPS))
            continue
        yield _plan(name, setup, FAILURE_STEPS, questions=QUESTIONS)
        for initializer, cured in CURES.items():
            training = replace(setup.training, initializer=initializer)
            yield _plan(cured, replace(setup, training=training), FAILURE_STEPS, count=40)


def _plan(
    name: str, setup: Setup, last: int, count: int = 60, questions: tuple[str, ...] = ()
) -> Plan:
    steps = growing_steps(last, count)
    dissected = (0, steps[len(steps) // 2], last)
    return Plan(name, setup, steps, dissected, points=(0, 1, 2), questions=questions)


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
    every = list(plans(names))
    recordings = folder / "recordings"
    recordings.mkdir(parents=True, exist_ok=True)
    for file in ("page.css", "site.js"):
        shutil.copyfile(STATIC / file, folder / file)
    entries = []
    for plan in every:
        recording = record(plan)
        for part, data in recording.parts.items():
            name = f"{plan.name}.{part}"
            text = base64.b64encode(data).decode("ascii")
            (recordings / f"{name}.js").write_text(f'neuronaPart("{name}","{text}")\n')
        entries.append((plan, plan.setup.to_json(), [*recording.parts]))
        tell(recording)
    (recordings / "catalog.js").write_text(f"window.neuronaCatalog={catalog(entries)}\n")
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
