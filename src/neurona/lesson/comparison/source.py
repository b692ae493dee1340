"""The code of a contestant: the text to show, and its number of lines."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from textwrap import dedent
from types import ModuleType
from typing import Any


def source_of(function: Callable[..., Any]) -> str:
    """Return the text of a function without its docstring."""
    text = dedent(inspect.getsource(function))
    return _without_docstrings(text)


def source_of_names(module: ModuleType, names: tuple[str, ...]) -> str:
    """Return the text of functions, classes and variables of a module, without docstrings.

    Examples
    --------
    >>> from neurona import tutorial
    >>> print(source_of_names(tutorial, ("create_nn",)))
    def create_nn(topology: Sequence[int], act_f: Activation) -> list[NeuralLayer]:
        return [NeuralLayer(n_conn, n_neur, act_f) for n_conn, n_neur in pairwise(topology)]
    """
    text = inspect.getsource(module)
    found = {_name_of(node): ast.get_source_segment(text, node) for node in ast.parse(text).body}
    return "\n\n\n".join(_without_docstrings(found[name] or "") for name in names)


def _name_of(node: ast.stmt) -> str | None:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return None


def _without_docstrings(text: str) -> str:
    lines = text.splitlines()
    for node in reversed(list(ast.walk(ast.parse(text)))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            first, after = node.body[0], node.body[1:]
            end = _begin(after[0], lines) - 1 if after else first.end_lineno
            del lines[first.lineno - 1 : end]
    return "\n".join(lines)


def _begin(node: ast.stmt, lines: list[str]) -> int:
    """Return the first line of a statement, or of the comment above it."""
    line = node.lineno
    while lines[line - 2].lstrip().startswith("#"):
        line -= 1
    return line


def lines_of(text: str) -> int:
    r"""Count the lines of code, without blank lines and comments.

    Examples
    --------
    >>> lines_of("def f(x):\n    # twice\n\n    return 2 * x")
    2
    """
    lines = map(str.strip, text.splitlines())
    return sum(bool(line) and not line.startswith("#") for line in lines)
