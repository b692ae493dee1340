"""Files of the state on the screen: a program, a notebook, a model, a GIF."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from math import isfinite
from typing import NamedTuple

import numpy as np

from neurona import files
from neurona.engine.state import State
from neurona.extras import MissingExtra, require
from neurona.language import Language
from neurona.observe.colors import DARK, LIGHT, Palette, Scheme
from neurona.observe.film import ENGLISH, SPANISH, Film
from neurona.web.code import program
from neurona.web.errors import PlaygroundError, no_answer
from neurona.web.from_scratch import from_scratch
from neurona.web.notebook import notebook
from neurona.web.run import Run, View
from neurona.web.worker import WorkerRun

THEMES: Mapping[str, Palette] = {"light": LIGHT, "dark": DARK}
PICTURES = 60  # the most of one GIF
SNAPSHOTS = 240  # from which they are chosen

_WORDS: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "es": SPANISH}
_one_film = threading.Lock()  # Matplotlib draws in one thread at a time


class File(NamedTuple):
    """A file that the page saves."""

    name: str
    mime: str
    data: bytes


def prepare(
    run: Run | WorkerRun, what: str, language: Language, theme: str = "light"
) -> Callable[[], File]:
    """Capture the state on the screen, and return a function that makes a file of it.

    Capturing takes an instant, during which the run must stay the same. Making the file may take
    seconds and does not need the run.

    Parameters
    ----------
    run
        The training.
    what
        One of `MAKERS`: ``"code"``, ``"numpy"``, ``"notebook"``, ``"model"`` or ``"gif"``.
    language
        The language of the texts: ``"en"`` or ``"es"``.
    theme
        The theme of the images: ``"light"`` or ``"dark"``.

    Raises
    ------
    PlaygroundError
        If the training does not respond, or a package is missing; from the returned function too.
    """
    try:
        view = run.settle()
        way = run.snapshots(SNAPSHOTS) if what == "gif" else []
    except (TimeoutError, PlaygroundError) as error:  # the page waits for an error of this code
        raise no_answer("download") from error

    def make() -> File:
        try:
            return MAKERS[what](view, way, language, theme)
        except MissingExtra as error:
            raise PlaygroundError(
                "download",
                str(error),
                f"{error.name} no está instalado: pip install {str(error).rpartition(' ')[2]}",
            ) from error

    return make


def _code(view: View, way: Sequence[State], language: Language, theme: str) -> File:
    """Write the program, not as neurona.py, which would shadow the package."""
    return File("playground.py", "text/x-python", program(view, language).encode())


def _from_scratch(view: View, way: Sequence[State], language: Language, theme: str) -> File:
    if not view.task.planar:
        raise PlaygroundError(
            "download",
            "The lesson's program has dense layers alone: take the Python code or the model.",
            "El programa de la lección solo tiene capas densas: llévate el código o el modelo.",
        )
    return File("numpy_alone.py", "text/x-python", from_scratch(view, language).encode())


def _notebook(view: View, way: Sequence[State], language: Language, theme: str) -> File:
    return File("neurona.ipynb", "application/x-ipynb+json", notebook(view, language).encode())


def _model(view: View, way: Sequence[State], language: Language, theme: str) -> File:
    """Write the network, with its inputs, frozen parameters and set-up as notes."""
    task, buffer = view.task, BytesIO()
    notes = {
        "inputs": list(task.setup.inputs),
        "step": view.state.step,
        "frozen": np.flatnonzero(view.frozen).tolist(),
        "setup": task.setup.to_json(),
    }
    files.save(buffer, task.net, view.state.params, cost=task.cost, notes=notes)
    return File("neurona.safetensors", "application/octet-stream", buffer.getvalue())


def _gif(view: View, way: Sequence[State], language: Language, theme: str) -> File:
    """Draw the training up to the screen's state in the page's colors, over the plane."""
    require("matplotlib", extra="plot")
    require("PIL", extra="plot")
    task = view.task
    if not task.planar:
        raise PlaygroundError(
            "download",
            "A film shows the plane of the points, which images and series do not have: save the "
            "maps instead.",
            "Una animación muestra el plano de los puntos, y las imágenes y las series no lo "
            "tienen: guarda los mapas.",
        )
    states = [state for state in way if isfinite(state.cost)]
    if not states:
        raise PlaygroundError(
            "download",
            "The cost is no finite number: there is nothing to make a film of.",
            "El coste no es un número finito: no hay de qué hacer una película.",
        )
    scheme = Scheme(task.classes or None, 0 if task.classes else -1, 1, THEMES[theme])
    film = Film(
        task.net,
        task.points,
        task.labels,
        log=all(state.cost > 0 for state in states),
        features=task.features,
        words=_WORDS[language],
        scheme=scheme,
    )
    for state in states:
        film.add(state)
    with _one_film, np.errstate(all="ignore"):
        return File("neurona.gif", "image/gif", film.gif(most=PICTURES))


MAKERS: Mapping[str, Callable[[View, Sequence[State], Language, str], File]] = {
    "code": _code,
    "numpy": _from_scratch,
    "notebook": _notebook,
    "model": _model,
    "gif": _gif,
}
