"""The subcommands of ``neurona``; :mod:`neurona.commands.options` has their options."""

FAILED = 1  # during the run: a training diverged, a disk was full
WRONG = 2  # use or input, found before the work begins: an option, a table, a model, a package
INTERRUPTED = 130  # the shells' code for Ctrl-C
READER_LEFT = 141  # the shells' code for a closed pipe


class NotWritten(OSError):
    """The result could not be written, although a check had passed; the message says why.

    A path that cannot be written from the start is a plain OSError: wrong use.
    """
