"""The command: ``python -m benchmarks speed | learning | playground | accuracy | big | report``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

# The contest is about CPUs: without this, JAX alone would use a GPU if there is one.
os.environ.setdefault("JAX_PLATFORMS", "cpu")

from . import accuracy, big, learning, playground, report, speed, tables

MEASURES = {
    "speed": speed.measure,
    "learning": learning.measure,
    "playground": playground.measure,
    "accuracy": accuracy.measure,
    "big": big.measure,
}
TABLES = {
    "speed": tables.speed,
    "learning": tables.learning,
    "playground": tables.playground,
    "accuracy": tables.accuracy,
    "big": tables.big,
}


def main(arguments: list[str] | None = None) -> None:
    """Measure and print, or write the measurements into the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", choices=[*MEASURES, "report"])
    parser.add_argument("--quick", action="store_true", help="only check that it runs")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="the JSON file")
    parser.add_argument("--page", type=Path, default=report.PAGE, help="the page to write into")
    given = parser.parse_args(arguments)
    if given.what == "report":
        sections = report.write(TABLES, given.results, given.page)
        print(f"{given.page.name}: wrote {' and '.join(sections) or 'nothing: measure first'}")
        return
    measured = MEASURES[given.what](quick=given.quick)
    report.keep(given.what, measured, given.results)
    print(TABLES[given.what](measured))


if __name__ == "__main__":
    main()
