"""A long text."""

from __future__ import annotations

from importlib import import_module


def python_manual() -> str:
    """Return the topics of Python's own help, in English, which come with Python.

    They are a part of the language reference, about half a million characters.

    Raises
    ------
    ImportError
        If this Python was installed without them.

    Examples
    --------
    >>> text = python_manual()
    >>> len(text) > 300_000, "lambda" in text
    (True, True)
    """
    try:
        topics: dict[str, str] = import_module("pydoc_data.topics").topics
    except ModuleNotFoundError as error:
        raise ImportError(
            "this Python came without pydoc_data, the text of its own help: install Python's whole "
            "standard library"
        ) from error
    return "\n\n".join(topics[name].strip() for name in sorted(topics)) + "\n"
