"""The errors of the engine in Spanish, as far as a person at the command line may meet them.

The engine speaks English alone, so that its formulas are not buried in words. Each error that it
raises has a fixed text with values in it: here stands that text, with ``{}`` for each value, and
its Spanish. A test compares these texts with the sources.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from neurona.language import Language


def in_language(message: str, language: Language) -> str:
    """Return a message in a language: as it is in English."""
    return message if language == "en" else in_spanish(message)


def in_spanish(message: str) -> str:
    """Return a message in Spanish, or as it is where it is not known.

    A file's name before it stays, and so do the values in it, but for words that are known too.

    >>> in_spanish("learning rate '-1': it must be a positive number, such as 0.1")
    "tasa de aprendizaje '-1': tiene que ser un número positivo, como 0.1"
    >>> in_spanish("a.csv: line 3, column 'b': 'x' is not a number; mend it, or predict classes")
    "a.csv: línea 3, columna 'b': 'x' no es un número; corrígelo, o predice clases"
    """
    if (cell := _CELL.fullmatch(message)) is not None:
        file, where, number, name, value, problem = cell.groups()
        place = f"{file or ''}{'fila' if where == 'row' else 'línea'} {number}, columna {name}"
        return f"{place}: {value} {in_spanish(problem)}"
    for pattern, spanish in _known():
        if (found := pattern.fullmatch(message)) is not None:
            return spanish.format(*map(in_spanish, found.groups()))
    name, colon, rest = message.partition(": ")
    if colon and (said := in_spanish(rest)) != rest:
        return f"{name}: {said}"
    return message


# As in: line 3, column 'price': 'much' is not a number
_CELL = re.compile(r"(\S+: )?(line|row) (\d+), column ('.*?'): ('.*'|\".*\") (.+)", re.DOTALL)


@lru_cache(maxsize=1)
def _known() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return each text as a pattern, the longest first, with its Spanish."""
    return tuple((_pattern(en), es) for en, es in sorted(texts(), key=lambda two: -len(two[0])))


def texts() -> list[tuple[str, str]]:
    """Return the pairs of texts: two lines each, and an empty one between two pairs."""
    content = Path(__file__).with_name("spanish.txt").read_text("utf-8")
    pairs = (pair.splitlines() for pair in content.strip().split("\n\n"))
    return [(en, es) for en, es in pairs]


def _pattern(text: str) -> re.Pattern[str]:
    parts = (re.escape(part) for part in text.split("{}"))
    return re.compile("(.*?)".join(parts), re.DOTALL)
