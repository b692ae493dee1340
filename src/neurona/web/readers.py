"""Readers of JSON values: each checks a value, and tells its limits to the page's controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, fields
from math import isfinite
from typing import Any, NamedTuple

from neurona.web.errors import PlaygroundError


class Reader(NamedTuple):
    """A function that checks a value by its name, and the limits of the value as JSON."""

    read: Callable[[str, Any], Any]
    limits: Any


def choice(default: Any, reader: Reader) -> Any:
    """Return a field of a dataclass with its default and its reader."""
    return field(default=default, metadata={"reader": reader})


def part(kind: type) -> Reader:
    """Read a dataclass of choices from a JSON object; a missing one has its default."""
    readers = {one.name: one.metadata["reader"] for one in fields(kind)}

    def read(name: str, given: Any) -> Any:
        if not isinstance(given, Mapping):
            raise _wrong(name or "setup", given, "an object", "un objeto")
        for key in given:
            if key not in readers:
                raise _unknown(name, key, ", ".join(readers))
        inner = f"{name}." if name else ""
        return kind(**{key: readers[key].read(inner + key, one) for key, one in given.items()})

    return Reader(read, {name: reader.limits for name, reader in readers.items()})


def number(low: float, high: float, above: bool = False) -> Reader:
    """Read a finite number from low, or only above it, to high."""
    en, es = f"a number from {low:g} to {high:g}", f"un número de {low:g} a {high:g}"
    if above:
        en, es = f"{en}, not {low:g}", f"{es}, sin el {low:g}"

    def read(name: str, given: Any) -> float:
        fits = isinstance(given, int | float) and not isinstance(given, bool)
        if not (fits and low <= given <= high and isfinite(given)) or (above and given == low):
            raise _wrong(name, given, en, es)
        return float(given)

    return Reader(read, {"min": low, "max": high, "above": above})


def whole(low: int, high: int) -> Reader:
    """Read a whole number from low to high."""

    def read(name: str, given: Any) -> Any:
        if isinstance(given, float) and given.is_integer():  # JSON has one kind of number
            given = int(given)
        if not isinstance(given, int) or isinstance(given, bool) or not low <= given <= high:
            en, es = f"a whole number from {low} to {high}", f"un número entero de {low} a {high}"
            raise _wrong(name, given, en, es)
        return given

    return Reader(read, {"min": low, "max": high, "above": False})


def one_of(names: Sequence[str]) -> Reader:
    """Read one of several names."""
    listed = ", ".join(names)
    fits = lambda given: isinstance(given, str) and given in names  # noqa: E731
    return Reader(_checked(fits, f"one of {listed}", f"uno de {listed}"), list(names))


def text(most: int) -> Reader:
    """Read a text of so many letters at most."""
    return Reader(
        _checked(
            lambda given: isinstance(given, str) and len(given) <= most,
            f"a name of {most} letters at most",
            f"un nombre de {most} letras o menos",
        ),
        most,
    )


def truth() -> Reader:
    """Read true or false."""
    fits = lambda given: isinstance(given, bool)  # noqa: E731
    return Reader(_checked(fits, "true or false", "true o false"), [False, True])


def or_none(reader: Reader, none: Any = None) -> Reader:
    """Read a value or None, which becomes ``none``."""
    return Reader(
        lambda name, given: none if given is None else reader.read(name, given), reader.limits
    )


def list_of(
    reader: Reader, most: int, least: int = 0, order: Callable[[Any], Any] | None = None
) -> Reader:
    """Read a list as a tuple; with an order it is sorted, and holds each value once."""

    def read(name: str, given: Any) -> tuple[Any, ...]:
        if not isinstance(given, list | tuple):
            raise _wrong(name, given, "a list", "una lista")
        if len(given) > most:
            en, es = f"a list of {most} at most", f"una lista de {most} o menos"
            raise _wrong(name, f"{len(given)} long", en, es)
        if len(given) < least:
            en, es = f"a list of {least} at least", f"una lista de {least} o más"
            raise _wrong(name, given, en, es)
        values = tuple(reader.read(f"{name}[{i}]", one) for i, one in enumerate(given))
        return values if order is None else tuple(sorted(set(values), key=order))

    return Reader(read, {"most": most, "each": reader.limits})


def point(coordinate: Reader) -> Reader:
    """Read a custom point with its class, or its value in a regression."""

    def read(name: str, given: Any) -> tuple[Any, ...]:
        if not isinstance(given, list | tuple) or len(given) != 3:
            raise _wrong(name, given, "[x1, x2, class]", "[x1, x2, clase]")
        return tuple(coordinate.read(name, one) for one in given)

    return Reader(read, coordinate.limits)


def _checked(fits: Callable[[Any], bool], en: str, es: str) -> Callable[[str, Any], Any]:
    def read(name: str, given: Any) -> Any:
        if not fits(given):
            raise _wrong(name, given, en, es)
        return given

    return read


def _unknown(name: str, key: Any, names: str) -> PlaygroundError:
    shown = _shown(key)
    return PlaygroundError(
        "value",
        f"{name or 'The set-up'} has no part {shown}: it has {names}.",
        f"{name or 'La configuración'} no tiene ninguna parte {shown}: tiene {names}.",
        f"{name}.{key}" if name else str(key),
    )


def _shown(given: Any) -> str:
    shown = repr(given)
    return shown if len(shown) <= 40 else shown[:37] + "…"


def _wrong(name: str, given: Any, en: str, es: str) -> PlaygroundError:
    shown = _shown(given)
    return PlaygroundError(
        "value", f"{name} is {shown}: give {en}.", f"{name} es {shown}: indica {es}.", name
    )
