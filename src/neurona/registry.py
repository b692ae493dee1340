"""Look up an object by its name, and suggest the nearest name after a typo."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

from neurona.checks import shown

T = TypeVar("T")


def lookup(kind: str, name: object, known: Mapping[str, T], custom: str = "") -> T:
    """Return ``known[name]``, or raise an error with the nearest name and the list of all.

    ``custom`` says what a person may give in the place of a name: it is told for a function.

    Examples
    --------
    >>> lookup("activation", "sigmoide", {"sigmoid": 1, "tanh": 2})
    Traceback (most recent call last):
    ValueError: there is no activation 'sigmoide': did you mean 'sigmoid'? There are: sigmoid, tanh
    """
    if isinstance(name, str) and name in known:
        return known[name]
    near = get_close_matches(str(name).lower(), known, n=1) if isinstance(name, str) else None
    hint = f": did you mean {near[0]!r}?" if near else "."
    if isinstance(name, type) and name.__module__.startswith("neurona."):
        hint = f", which is a class: call it, {name.__name__}(...)."
    instead = f"; or give {custom}" if custom and callable(name) else ""
    raise ValueError(
        f"there is no {kind} {shown(name)}{hint} There are: {', '.join(sorted(known))}" + instead
    )
