"""Ray for a test: whatever it writes is gone with the test."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import contextmanager

import pytest

RAY_WARNS = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:ray",
    # JAX says so where a test before has loaded it; the child only starts a program.
    "ignore:os.fork:RuntimeWarning",
)


@contextmanager
def folder_for_ray():
    """Let Ray write into a folder for a time: its token would lie in the home folder otherwise.

    A process keeps the first token that it has read, so all of its clusters have the same.
    """
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    # A short path, since sockets are in it.
    with (
        tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setenv("RAY_TMPDIR", folder)
        yield
