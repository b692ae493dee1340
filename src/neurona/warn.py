"""Warnings that name the line of the caller's own code, however deep in neurona they arise."""

from __future__ import annotations

import sys
import warnings

ON_THE_WAY = ("neurona", "sklearn", "joblib")  # packages whose lines tell a caller nothing


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the first line up the stack that is in none of these packages.

    ``skip_file_prefixes`` of :func:`warnings.warn` does so from Python 3.12 on.
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in ON_THE_WAY:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
