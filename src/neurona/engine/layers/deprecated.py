"""For one release, layers may be told their width as they were before shapes flowed.

``Dense(2, 8)``, ``Dropout(8, 0.5)`` and ``BatchNormalization(8)`` warn, and are ``Dense(8)``,
``Dropout(0.5)`` and ``BatchNormalization()``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from neurona.warn import warn

T = TypeVar("T", bound=type)


def formerly_with(name: str, before: str | None = None) -> Callable[[T], T]:
    """Let a layer still be told a width, which came first and was called ``name``.

    ``before`` names the argument after it, where that is required: the width is then the first of
    two. Where it is not, the width is a first whole number.
    """

    def whole(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    def is_old(given: tuple[Any, ...], named: dict[str, Any]) -> bool:
        if before is None:
            return bool(given) and whole(given[0])
        rest = len(given) > 1 and isinstance(given[1], int | float)
        return rest or (bool(given) and before in named)

    def decorate(cls: T) -> T:
        init = cls.__init__  # type: ignore[misc]

        @wraps(init)
        def wrapped(self: Any, *given: Any, **named: Any) -> None:
            if name in named:
                width = named.pop(name)
            elif is_old(given, named):
                width, *rest = given
                given = tuple(rest)
            else:
                init(self, *given, **named)
                return
            warn(
                f"{cls.__name__} takes no {name} any more, which the layer before it tells: leave "
                "it out, and give Network its in_shape",
                DeprecationWarning,
            )
            init(self, *given, **named)
            object.__setattr__(self, "formerly", (width,))

        cls.__init__ = wrapped  # type: ignore[misc]
        return cls

    return decorate
