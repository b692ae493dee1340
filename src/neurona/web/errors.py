"""What the playground says when it can't do what it is asked, in both of its languages."""

from __future__ import annotations


class PlaygroundError(ValueError):
    """A wish that can't be granted; the message says what would be possible.

    Parameters
    ----------
    code
        A short name, for programs.
    en, es
        The message.
    field
        The part of the set-up that it is about.
    """

    def __init__(self, code: str, en: str, es: str, field: str | None = None) -> None:
        super().__init__(en)
        self.code = code
        self.message = {"en": en, "es": es}
        self.field = field
