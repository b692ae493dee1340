"""Optional packages: imported where they are used, their extra named when they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class MissingExtra(ImportError):
    """An optional package is not installed; the message says which extra brings it."""


def require(module: str, extra: str) -> Any:
    """Import an optional module, or say which extra to install.

    Parameters
    ----------
    module
        The dotted name to import, for example ``"matplotlib.pyplot"``.
    extra
        The extra of neurona that brings it, for example ``"plot"``.

    Raises
    ------
    MissingExtra
        If the package is not installed.

    Examples
    --------
    >>> require("math", extra="demo").sqrt(9.0)
    3.0
    >>> require("a_package_that_nobody_has", extra="demo")
    Traceback (most recent call last):
    neurona.extras.MissingExtra: a_package_that_nobody_has is not installed: \
pip install "neurona[demo]"
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name != package:  # it is there, but broken: hide nothing
            raise
        raise MissingExtra(
            f'{package} is not installed: pip install "neurona[{extra}]"', name=package
        ) from error
