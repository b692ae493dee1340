"""The values of options: what reads one refuses another with what it expects.

argparse is imported in functions, as in :mod:`neurona.commands.options`.
"""

from __future__ import annotations

import re

from neurona.language import read_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from neurona.language import Language


def size(text: str) -> int:
    """Return a size such as 8GB in bytes."""
    import argparse

    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT]?)i?B?", text.strip(), re.IGNORECASE)
    if not found or not float(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r}: give a size such as 500MB or 8GB")
    return int(float(found[1]) * 1000 ** " KMGT".index(found[2].upper() or " "))


def devices(text: str) -> str | int:
    """Return how many devices there are to be, or ``"all"``."""
    import argparse

    if text != "all" and not re.fullmatch("[1-9][0-9]*", text):
        raise argparse.ArgumentTypeError(f"{text!r}: give all, or how many, such as 2")
    return text if text == "all" else int(text)


def encoding(name: str) -> str:
    """Return the name of an encoding, if it exists."""
    import argparse

    try:
        "a".encode(name)
    except LookupError:
        raise argparse.ArgumentTypeError(
            f"there is no encoding {name!r}: give one such as cp1252, latin-1 or utf-16"
        ) from None
    return name


def numbers(kind: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    """Return a parser of numbers separated by commas."""
    import argparse

    def read(text: str) -> list[Any]:
        try:
            return [kind(part) for part in text.split(",")]
        except ValueError:
            whole = "whole " if kind is int else ""
            raise argparse.ArgumentTypeError(
                f"{text!r}: give {whole}numbers separated by commas, such as "
                + ("4,8" if kind is int else "0.1 or 0.1,0.05")
            ) from None

    return read


def decimal(language: Language) -> Callable[[str], float]:
    """Return a parser of a number with the decimal sign of either language."""
    import argparse

    def read(text: str) -> float:
        try:
            return read_number(text, language)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None

    return read


def decimals(language: Language) -> Callable[[str], list[float]]:
    """Return a parser of numbers: semicolons separate them, or commas that are not decimal signs.

    >>> decimals("es")("0,5; 0,2"), decimals("es")("0.5,0.2"), decimals("en")("1,2")
    ([0.5, 0.2], [0.5, 0.2], [1.0, 2.0])
    >>> decimals("es")("1,5"), decimals("en")("0,05")
    ([1.5], [0.05])
    """

    def read(text: str) -> list[float]:
        has_decimal_comma = r"\d+,\d+" if language == "es" else r"0,\d+"
        if ";" in text or re.fullmatch(has_decimal_comma, text.strip()):
            return [decimal(language)(part) for part in text.split(";")]
        each: list[float] = numbers(float)(text)
        return each

    return read


def names(text: str) -> list[str]:
    """Return names separated by commas."""
    return [part.strip() for part in text.split(",")]
