"""Estimators that learn ramps, as many as a test wants, whatever their defaults ask for."""

from contextlib import contextmanager
from unittest.mock import patch

from neurona.tables.preparation import Preparation
from neurona.tables.table import Columns


@contextmanager
def ramps(n):
    """Let each table of columns that is learned meanwhile have n ramps for a number."""
    with patch.object(
        Columns, "learn", lambda self, weight, *_, **__: Preparation.fit(self, weight, n)
    ):
        yield
