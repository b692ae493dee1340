"""The command ``neurona``: how it begins, and how it ends."""

from __future__ import annotations

import errno
import os
import signal
import sys
import warnings
from contextlib import suppress
from itertools import pairwise

from neurona.commands import FAILED, INTERRUPTED, READER_LEFT, WRONG, NotWritten, interrupts
from neurona.commands.options import parser
from neurona.commands.spanish import in_language
from neurona.language import system_language

# Little is imported before Ctrl-C is taken care of, and what takes longer in functions.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurona.language import Language

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code; ``neurona --help`` explains each."""
    before, is_program = signal.getsignal(signal.SIGINT), arguments is None
    interrupts.begin(is_program)
    _mend_streams()
    if is_program:
        warnings.showwarning = _warn
    try:
        return _run(arguments)
    except KeyboardInterrupt as interrupt:
        if interrupt.args:
            _complain(str(interrupt))
        return INTERRUPTED
    finally:
        # While the interpreter ends, which takes a while, Ctrl-C would only change the exit code.
        interrupts.handle(signal.SIG_IGN if is_program else before)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        given = parser(_language_of(arguments)).parse_args(arguments)
        code: int = given.run(given)
        _flush()  # here, where a closed pipe is not an error yet
    except BrokenPipeError:  # the reader has stopped, as head does
        with suppress(OSError):
            _flush()
        return READER_LEFT
    except (ValueError, OSError, ImportError) as error:
        if isinstance(error, ImportError) and type(error).__name__ != "MissingExtra":
            raise
        with suppress(OSError):
            _flush()
        failed = isinstance(error, NotWritten) or getattr(error, "errno", None) in NO_ROOM
        said = in_language(_message(error), _language_of(arguments))
        _complain(f"neurona: error: {said}")
        return FAILED if failed else WRONG
    return code


def _language_of(arguments: Sequence[str] | None) -> Language:
    """Return the language that the arguments ask for, before they are parsed; or the system's.

    >>> _language_of(["demo", "moons", "--language", "es"]), _language_of(["play", "--language=en"])
    ('es', 'en')
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    for word, following in pairwise([*words, ""]):
        name, _, value = word.partition("=")
        if name == "--language":
            return "es" if (value or following) == "es" else "en"
    return system_language()


def _complain(text: str) -> None:
    """Print a line on the standard error stream, if anybody reads it."""
    if text:
        with suppress(OSError):
            print(text, file=sys.stderr, flush=True)


def _message(error: Exception) -> str:
    """Return the error's message, and a clearer one than the system's."""
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return f"the output could not be written ({error.strerror})"
    if isinstance(error, OSError) and str(error).startswith("[Errno") and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    """Print a warning as the commands print their notes, without a place in the code."""
    _complain(f"neurona: note: {' '.join(str(message).split())}")


def _mend_streams() -> None:
    """Have streams where they were closed; names of files that are not UTF-8 can be printed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123
        elif name == "stdout" and hasattr(stream, "reconfigure"):
            is_utf = stream.encoding.lower().startswith("utf")
            stream.reconfigure(errors="surrogateescape" if is_utf else "backslashreplace")


def _flush() -> None:
    """Flush the standard output; after a failure, Python does not try again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


if __name__ == "__main__":
    sys.exit(main())
