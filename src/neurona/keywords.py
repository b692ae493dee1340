"""Keywords of other libraries: a function that lacks one says which of its own is meant."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, signature
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


def meaning(**meant: str) -> Callable[[F], F]:
    """Let a function answer a keyword that it does not have with what to give in its place.

    Examples
    --------
    >>> @meaning(lr="optimizer=sgd(0.1)")
    ... def train(*, optimizer=None, steps=1):
    ...     return steps
    >>> train(lr=0.1)
    Traceback (most recent call last):
    TypeError: train() has no 'lr': give optimizer=sgd(0.1)
    >>> train(step=1)
    Traceback (most recent call last):
    TypeError: train() has no 'step': did you mean 'steps'?
    """

    def answering(function: F) -> F:
        own = [
            one.name
            for one in signature(function).parameters.values()
            if one.kind in (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
        ]

        @wraps(function)
        def call(*given: Any, **named: Any) -> Any:
            strange = next((one for one in named if one not in own), None)
            if strange is None:
                return function(*given, **named)
            makes = function.__name__ == "__init__"
            name = type(given[0]).__name__ if makes else function.__name__
            near = get_close_matches(strange, own, n=1)
            hint = f": give {meant[strange]}" if strange in meant else ""
            if not hint:
                hint = (
                    f": did you mean {near[0]!r}?" if near else f"; it has {', '.join(own[makes:])}"
                )
            raise TypeError(f"{name}() has no {strange!r}{hint}")

        return cast("F", call)

    return answering
