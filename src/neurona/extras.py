"""Import optional packages on use; if one is missing, the error names its extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class MissingExtra(ImportError):
    """An optional package is not installed; the message names the extra to install."""


def require(module: str, extra: str) -> Any:
    """Import an optional module, or name the extra to install.

    Parameters
    ----------
    module
        The dotted name to import, for example ``"matplotlib.pyplot"``.
    extra
        The extra of neurona that includes it, for example ``"plot"``.

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
        if error.name != package:  # installed but broken: show the real error
            raise
        raise MissingExtra(
            f'{package} is not installed: pip install "neurona[{extra}]"', name=package
        ) from error
