"""What a person takes home from the playground: a file, made of what is on the screen."""

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
from neurona.observe.film import ENGLISH, Film
from neurona.web.code import program
from neurona.web.colors import LOOKS
from neurona.web.notebook import notebook
from neurona.web.refusal import Refusal
from neurona.web.remote import RemoteRun
from neurona.web.run import Run, View

LANGUAGES = ("en", "es")
THEMES = tuple(LOOKS)
PICTURES = 60  # of a film, at most
MOMENTS = 240  # of which they are chosen

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": ENGLISH,
    "es": {"step": "paso", "cost": "coste", "accuracy": "aciertos"},
}
_one_film = threading.Lock()  # Matplotlib draws in one thread at a time


class File(NamedTuple):
    """A file to be saved by the page."""

    name: str
    mime: str
    data: bytes


def order(
    run: Run | RemoteRun, what: str, language: str, theme: str = "light"
) -> Callable[[], File]:
    """Note what is on the screen, and return what makes a file of it.

    Noting takes an instant, during which the run must not be exchanged for another; making may
    take seconds, and needs the run no more.

    Parameters
    ----------
    run
        The training.
    what
        One of `MAKERS`: ``"code"``, ``"notebook"``, ``"model"`` or ``"gif"``.
    language
        Of the texts in the file: ``"en"`` or ``"es"``.
    theme
        Of the pictures in it: ``"light"`` or ``"dark"``.

    Raises
    ------
    Refusal
        Here or by what is returned, if the training doesn't answer, or a package is missing.
    """
    try:
        view = run.settle()
        way = run.moments(MOMENTS) if what == "gif" else []
    except TimeoutError as error:
        raise Refusal(
            "take",
            "The training does not answer; try again.",
            "El entrenamiento no responde; inténtalo de nuevo.",
        ) from error

    def make() -> File:
        try:
            return MAKERS[what](view, way, language, theme)
        except MissingExtra as error:
            raise Refusal(
                "take",
                str(error),
                f"{error.name} no está instalado: pip install {str(error).rpartition(' ')[2]}",
            ) from error

    return make


def _code(view: View, way: Sequence[State], language: str, theme: str) -> File:
    """Write the program; as neurona.py it would be what `import neurona` finds."""
    return File("playground.py", "text/x-python", program(view, language).encode())


def _notebook(view: View, way: Sequence[State], language: str, theme: str) -> File:
    return File("neurona.ipynb", "application/x-ipynb+json", notebook(view, language).encode())


def _model(view: View, way: Sequence[State], language: str, theme: str) -> File:
    """Write the network; the notes tell its inputs, its frozen parameters, and its training."""
    problem, buffer = view.problem, BytesIO()
    notes = {
        "inputs": list(problem.setup.inputs),
        "step": view.state.step,
        "frozen": np.flatnonzero(view.frozen).tolist(),
        "setup": problem.setup.to_json(),
    }
    files.save(buffer, problem.net, view.state.params, cost=problem.cost, notes=notes)
    return File("neurona.safetensors", "application/octet-stream", buffer.getvalue())


def _gif(view: View, way: Sequence[State], language: str, theme: str) -> File:
    """Paint the way to what is on the screen in its colours, over the plane whatever the inputs."""
    require("matplotlib", extra="plot")
    require("PIL", extra="plot")
    problem = view.problem
    states = [state for state in way if isfinite(state.cost)]
    if not states:
        raise Refusal(
            "take",
            "The cost is no finite number: there is nothing to make a film of.",
            "El coste no es un número finito: no hay de qué hacer una película.",
        )
    film = Film(
        problem.net,
        problem.points,
        problem.labels,
        log=all(state.cost > 0 for state in states),
        features=problem.features,
        words=_WORDS[language],
        look=LOOKS[theme],
    )
    for state in states:
        film.add(state)
    with _one_film, np.errstate(all="ignore"):
        return File("neurona.gif", "image/gif", film.gif(most=PICTURES))


MAKERS: Mapping[str, Callable[[View, Sequence[State], str, str], File]] = {
    "code": _code,
    "notebook": _notebook,
    "model": _model,
    "gif": _gif,
}
