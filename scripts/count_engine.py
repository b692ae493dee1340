"""Count the engine's lines of code, docstrings and comments apart, and hold them to their limit."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from pathlib import Path

ENGINE = Path(__file__).parent.parent / "src" / "neurona" / "engine"
LIMIT = 1117  # "about 1,000", before convolution and recurrence
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
    """Return how many lines hold code."""
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


def main() -> int:
    counts = {path.name: code_lines(path.read_text()) for path in sorted(ENGINE.glob("*.py"))}
    for name, count in counts.items():
        print(f"{count:6} {name}")
    total = sum(counts.values())
    print(f"{total:6} lines of code in the engine, of {LIMIT:,} at most")
    further = sum(code_lines(path.read_text()) for path in ENGINE.glob("further/*.py"))
    print(f"{further:6} more in further/, which a first reading leaves out")
    return int(total > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
