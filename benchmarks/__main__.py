"""The command: ``python -m benchmarks``, with what to measure, or ``report``."""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path

# The contest is about CPUs: without this, JAX alone would use a GPU if there is one.
os.environ.setdefault("JAX_PLATFORMS", "cpu")

from . import (
    accuracy,
    accuracy_report,
    big,
    bugs,
    cluster,
    devices,
    failure,
    images,
    layers,
    learning,
    playground,
    report,
    scale,
    scale_report,
    speed,
    sweeps,
    tables,
)
from .table_models import MODELS

MEASURES = {
    "speed": speed.measure,
    "learning": learning.measure,
    "failure": failure.measure,
    "playground": playground.measure,
    "accuracy": accuracy.measure,
    "big": big.measure,
    "bugs": bugs.measure,
    "images": images.measure,
    "cluster": cluster.measure,
    "sweeps": sweeps.measure,
    "scale": scale.measure,
    "devices": devices.measure,
    "layers": layers.measure,
}
TABLES = {
    "speed": tables.speed,
    "learning": tables.learning,
    "failure": tables.failure,
    "playground": tables.playground,
    "accuracy": accuracy_report.accuracy,
    "big": tables.big,
    "bugs": bugs.report,
    "images": images.report,
    "cluster": tables.cluster,
    "sweeps": tables.sweeps,
    "scale": scale_report.report,
    "devices": devices.report,
    "layers": layers.report,
}
PAGES = {"scale": report.PAGE.with_name("scale.md")}  # those with a page of their own
FIGURES = {"scale": scale_report.figure}


def main(arguments: list[str] | None = None) -> None:
    """Measure and print, or write the measurements into the page."""
    given = _parser().parse_args(arguments)
    results = given.results or (report.QUICK if given.quick else report.RESULTS)
    if given.what == "report":
        for page in [given.page] if given.page else [report.PAGE, *PAGES.values()]:
            _report(results, page, None if given.page else page)
        return
    keep = partial(report.keep, given.what, results=results)
    measure = MEASURES[given.what]
    if given.what == "accuracy":
        measure = partial(
            measure,
            only=given.only,
            contestants=given.contestants,
            resume=given.resume,
            before=report.load(results).get("accuracy"),
            keep=keep,
        )
    if given.what == "images":
        before = report.load(results).get("images")
        measure = partial(measure, only=given.only, before=before, keep=keep)
    if given.what == "bugs":
        before = report.load(results).get("bugs")
        measure = partial(measure, only=given.only, before=before)
    measured = measure(quick=given.quick)
    keep(measured)
    print("\n\n".join(report.parts(given.what, TABLES[given.what](measured)).values()))


def _report(results: Path, page: Path, only: Path | None) -> None:
    """Write the sections of a page, or only those that belong there, and draw their figures."""
    tables = {
        name: make for name, make in TABLES.items() if only in (None, PAGES.get(name, report.PAGE))
    }
    sections = report.write(tables, results, page)
    for name in sections:
        if name in FIGURES:
            drawn = FIGURES[name](report.load(results)[name])
            drawn.savefig(page.with_suffix(".png"), dpi=160)
    print(f"{page.name}: wrote {' and '.join(sections) or 'nothing: measure first'}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", choices=[*MEASURES, "report"])
    parser.add_argument("--quick", action="store_true", help="only check that it runs")
    parser.add_argument("--results", type=Path, help="the JSON file")
    parser.add_argument("--page", type=Path, help="the page to write into")
    choice = parser.add_argument_group("accuracy")
    choice.add_argument(
        "--only", metavar="NAME", help="a regular expression of names; of bugs and images, too"
    )
    choice.add_argument(
        "--contestants",
        type=_contestants,
        default=list(MODELS),
        metavar="NAME,NAME",
        help=f"some of {', '.join(MODELS)}",
    )
    choice.add_argument(
        "--resume", action="store_true", help="keep what an interrupted run has measured"
    )
    return parser


def _contestants(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in MODELS]
    if unknown:
        expected = ", ".join(MODELS)
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: expected some of {expected}")
    return names


if __name__ == "__main__":
    main()
