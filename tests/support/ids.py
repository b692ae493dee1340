"""Names of parametrized tests that are the same in every process: no addresses of functions."""

import re


def steady(value):
    """Return the text of a value, functions by their names.

    >>> steady({"cost": steady})
    "{'cost': <function steady>}"
    """
    return re.sub(r"(\.<locals>\.\S+)? at 0x[0-9a-f]+", "", repr(value))
