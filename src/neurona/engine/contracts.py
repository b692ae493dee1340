"""A trial of what a person wrote: a break of its contract is named before the first step.

neurona's own parts are tested instead.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from inspect import signature
from typing import Any


def is_custom(part: Any) -> bool:
    """Return whether a person wrote this object, function or class.

    >>> is_custom(is_custom), is_custom(abs)
    (False, True)
    """
    module = getattr(part, "__module__", None) or type(part).__module__
    return not str(module).startswith("neurona.")


def tried(
    who: str, function: Callable[..., Any], given: tuple[Any, ...], takes: str, returns: str
) -> tuple[Any, Any] | None:
    """Return the pair that a function returns for a trial, or None where the trial raises.

    It may take other numbers than a trial has: the training will tell.

    Raises
    ------
    ValueError
        If it does not take so many arguments, or does not return a pair; the message has in words
        what it ``takes`` and ``returns`` by its contract.

    Examples
    --------
    >>> tried("f", lambda x: x, (1,), "x", "a pair")
    Traceback (most recent call last):
    ValueError: f returns a int: return a pair
    """
    try:
        signature(function).bind(*given)
    except TypeError:
        raise ValueError(f"{who} takes {signature(function)}: let it take ({takes})") from None
    except ValueError:  # one without a signature
        pass
    with warnings.catch_warnings(action="ignore"):
        try:
            made = function(*given)
        except Exception:
            return None
    if not (isinstance(made, tuple | list) and len(made) == 2):
        several = isinstance(made, tuple | list)
        it = f"a {type(made).__name__}" + (f" of {len(made)}" if several else "")
        raise ValueError(f"{who} returns {'nothing' if made is None else it}: return {returns}")
    return made[0], made[1]
