"""The program of `code` as a Jupyter notebook, a cell for each part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from neurona.web.code import Part, needs, parts, title
from neurona.web.run import View

_OPENING: Mapping[str, str] = {
    "en": "# {title}\n\n{needs} Run the cells from top to bottom with `Shift + Enter`; then change "
    "a number, and see what becomes of it.",
    "es": "# {title}\n\n{needs} Ejecuta las celdas de arriba abajo con `Mayús + Intro`; después "
    "cambia un número y mira qué pasa.",
}
_ENDING: Mapping[str, str] = {
    "en": "## What next?\n\n- Give `neurona.network` more layers, or wider ones.\n"
    "- Predict a point: `net.predict(params, X[:1])`.\n"
    "- Check the gradient: `neurona.check_gradient(net, X[:20], y[:20])`.",
    "es": "## ¿Y ahora?\n\n- Dale a `neurona.network` más capas, o más anchas.\n"
    "- Predice un punto: `net.predict(params, X[:1])`.\n"
    "- Comprueba el gradiente: `neurona.check_gradient(net, X[:20], y[:20])`.",
}


def notebook(view: View, language: str = "en") -> str:
    """Return a notebook, as the text of its file, that repeats a view's training.

    It is the program of :func:`neurona.web.code.program` in cells, with its comments as text
    between them and the picture below the last.

    Parameters
    ----------
    view
        The state on the screen.
    language
        The language of the text: ``"en"`` or ``"es"``.

    Examples
    --------
    >>> from neurona.web.task import make_task
    >>> from neurona.web.run import Run
    >>> from neurona.web.setup import Setup
    >>> run = Run(make_task(Setup()))
    >>> made = json.loads(notebook(run.view))
    >>> made["nbformat"], [cell["cell_type"] for cell in made["cells"][:4]]
    (4, ['markdown', 'code', 'markdown', 'code'])
    >>> run.close()
    """
    opening = _OPENING[language].format(title=title(view, language), needs=needs(language))
    imports, *rest = parts(view, language)
    cells = [_markdown(opening), _code(imports.code)]
    for part in rest:
        cells += [_markdown(part.text), _code(_quiet(part))]
    cells.append(_markdown(_ENDING[language]))
    for k, cell in enumerate(cells):
        cell["id"] = f"neurona-{k:02}"
    whole = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _quiet(part: Part) -> str:
    """Return the code, quiet where a cell would print the axes it ends in."""
    return f"{part.code};" if part.code.startswith("neurona.plot.") else part.code


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(code: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": code.splitlines(keepends=True),
    }
