"""Two languages: a text in English and in Spanish, and numbers as each of them writes them."""

from __future__ import annotations

import math
import os
import re
from typing import Literal, NamedTuple, TypeAlias, get_args

Language: TypeAlias = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_EXCHANGED = str.maketrans(".,", ",.")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*")


class Text(NamedTuple):
    """One text in both languages, with ``{name}`` in the place of each number or word.

    ``{n:step|steps}`` is a number with the noun that it counts.

    Examples
    --------
    >>> Text("The cost is {cost}.", "El coste es {cost}.").say("es", cost=0.2499)
    'El coste es 0,2499.'
    >>> steps = Text("after {n:step|steps}", "tras {n:paso|pasos}")
    >>> steps.say("en", n=1), steps.say("es", n=1500)
    ('after 1 step', 'tras 1.500 pasos')
    """

    en: str
    es: str

    def say(self, language: Language, **values: float | str | Text) -> str:
        """Return the text in a language, with its values as that language writes them."""
        if language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise ValueError(f"there is no language {language!r}. There are: {known}")
        words = self.en if language == "en" else self.es
        return words.format_map(
            {name: _Value(_written(value, language)) for name, value in values.items()}
        )


class _Value(str):
    """A value as a language writes it."""

    __slots__ = ()

    def __format__(self, form: str) -> str:
        """Return the value, and after a 1 the first noun of the form, else the second."""
        one, bar, several = form.partition("|")
        return f"{self!s} {one if self == '1' else several}" if bar else super().__format__(form)


def _written(value: float | str | Text, language: Language) -> str:
    if isinstance(value, Text):
        return value.en if language == "en" else value.es
    return value if isinstance(value, str) else write_number(value, language)


def write_number(value: float, language: Language, digits: int = 4) -> str:
    """Return a number with so many significant digits, as a language writes it.

    Whole numbers keep all their digits. Below 0.001 and from a million on, a power of ten follows.

    Examples
    --------
    >>> write_number(2500, "en"), write_number(2500, "es")
    ('2,500', '2.500')
    >>> write_number(0.2499, "en"), write_number(0.2499, "es")
    ('0.2499', '0,2499')
    >>> write_number(3.8e-5, "en"), write_number(-3.8e-5, "es")
    ('3.8·10⁻⁵', '-3,8·10⁻⁵')
    """
    if not math.isfinite(value):
        return {"en": "not a number", "es": "no es un número"}[language] if math.isnan(value) else (
            "∞" if value > 0 else "-∞"
        )  # fmt: skip
    if value == int(value) and abs(value) < 1e6:
        text = f"{int(value):,}"
    elif 1e-3 <= abs(value) < 1e6:
        places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{places}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        mantissa, power = f"{value:.{digits - 1}e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        text = f"{mantissa}·10{str(int(power)).translate(_RAISED)}"
    return localize(text, language)


def localize(text: str, language: Language) -> str:
    """Return a number that Python wrote, with the signs of a language.

    >>> localize("1,234.50", "es"), localize("1.2e-04", "en")
    ('1.234,50', '1.2e-04')
    """
    return text if language == "en" else text.translate(_EXCHANGED)


def read_number(text: str, language: Language) -> float:
    """Return the number that a person wrote, with the decimal sign of either language.

    One sign before groups of three digits is read as the language writes it: ``2.500`` is two
    thousand five hundred in Spanish and two and a half in English. A leading zero makes any sign
    a decimal sign.

    Raises
    ------
    ValueError
        If it is not a number.

    Examples
    --------
    >>> read_number("0,5", "es"), read_number("0.5", "es"), read_number("2.500", "es")
    (0.5, 0.5, 2500.0)
    >>> read_number("2,500", "en"), read_number("0,5", "en")
    (2500.0, 0.5)
    """
    given = text.strip()
    groups = "," if language == "en" else "."
    decimal = "." if language == "en" else ","
    whole = given.split(decimal)[0] if given.count(decimal) == 1 else given
    if (found := _THOUSANDS.fullmatch(whole)) and found[1] == groups:
        given = given.replace(groups, "")
    return float(given.replace(",", "."))


def system_language() -> Language:
    """Return the language of the terminal, from ``LC_ALL``, ``LC_MESSAGES`` or ``LANG``."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if chosen := os.environ.get(name):
            return "es" if chosen.lower().startswith("es") else "en"
    return "en"
