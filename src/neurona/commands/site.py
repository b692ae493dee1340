"""``neurona site``: the playground as static pages, which need no server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neurona.extras import require
from neurona.language import Text, system_language, write_number

if TYPE_CHECKING:
    from argparse import Namespace

    from neurona.web.recording import Recording

RECORDED = Text("{name}: {steps:step|steps}, {size} kB", "{name}: {steps:paso|pasos}, {size} kB")
DONE = Text(
    "Open {page} in a browser, or put the folder on any web host.",
    "Abre {page} en un navegador, o pon la carpeta en cualquier servidor web.",
)


def run(given: Namespace) -> int:
    """Record the examples, write the site, and return the exit code."""
    require("sklearn.datasets", extra="play")  # the points of the examples
    from neurona.web.examples import EXAMPLES
    from neurona.web.site import write

    language = given.language or system_language()

    def tell(recording: Recording) -> None:
        plan = recording.plan
        size = write_number(round(recording.size / 1000), language)
        print(RECORDED.say(language, name=plan.name, steps=plan.steps[-1], size=size), flush=True)

    folder = Path(given.folder)
    write(folder, given.examples or tuple(EXAMPLES), tell)
    print(DONE.say(language, page=str(folder / "index.html")))
    return 0
