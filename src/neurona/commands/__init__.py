"""What the subcommands of ``neurona`` do; :mod:`neurona.cli` reads their options."""

FAILED = 1  # while it ran: a training diverged, a disk was full
WRONG = 2  # use or input, found before anything is made: an option, a table, a model, a package
INTERRUPTED = 130  # what shells expect after Ctrl-C
READER_LEFT = 141  # what they expect of a command whose pipe was closed


class NotWritten(OSError):
    """What was made could not be written, although it looked as if it could; the message says why.

    What cannot be written from the start is an OSError like any other: wrong use.
    """
