"""Print the size of the engine: the lines of code of all modules that ``neurona.train`` imports."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from pathlib import Path

# Only the compiled engine imports JAX; it is counted separately.
LOADED = """
import sys
import neurona.engine.training
ours = [one for name, one in sys.modules.items() if name.partition(".")[0] == "neurona"]
print(*sorted(one.__file__ for one in ours), sep="\\n")
"""
LAYOUT = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


def code_lines(source: str) -> int:
    """Count the lines of code, without docstrings and comments."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and body:
            first = body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                lines.difference_update(range(first.lineno, (first.end_lineno or 0) + 1))
    return len(lines)


def main() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    paths = [Path(line) for line in done.stdout.split()]
    root = min((path.parent for path in paths), key=lambda path: len(path.parts))
    total = 0
    for path in paths:
        count = code_lines(path.read_text())
        total += count
        if count:
            print(f"{count:6} {path.relative_to(root)}")
    print(f"{total:6} lines of code in all modules that `neurona.train` imports")
    compiled = code_lines((root / "engine" / "jax_engine.py").read_text())
    print(f"{compiled:6} more with engine='jax': engine/jax_engine.py")


if __name__ == "__main__":
    main()
