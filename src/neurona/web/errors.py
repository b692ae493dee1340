"""Errors of the playground, in English and Spanish."""

from __future__ import annotations


class PlaygroundError(ValueError):
    """A request that cannot be fulfilled; the message says what is possible.

    Parameters
    ----------
    code
        A short name, for programs.
    en, es
        The message.
    field
        The part of the set-up that is wrong.
    """

    def __init__(self, code: str, en: str, es: str, field: str | None = None) -> None:
        super().__init__(en)
        self.code = code
        self.message = {"en": en, "es": es}
        self.field = field


def no_answer(code: str) -> PlaygroundError:
    """Return the error of a training that is too busy to answer a request."""
    return PlaygroundError(
        code,
        "The training does not answer; try again.",
        "El entrenamiento no responde; inténtalo de nuevo.",
    )
