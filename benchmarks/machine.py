"""The facts of the machine that affect a figure; no names of hosts, people or folders."""

from __future__ import annotations

import datetime
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("neurona", "numpy", "scikit-learn", "torch", "keras", "jax")


def facts() -> dict[str, str]:
    """Return the facts for the line above a table of measurements."""
    return {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "threads": os.environ.get("OMP_NUM_THREADS", "as many as cores"),
        "load before": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "nan",
        "Python": platform.python_version(),
        **{package: version_of(package) for package in PACKAGES},
    }


def _processor() -> str:
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def version_of(package: str) -> str:
    """Return the installed version of a package."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
