"""Keras, with the backend that tests/conftest.py chooses."""

from importlib.util import find_spec

import pytest


@pytest.fixture(scope="session")
def keras():
    if not any(map(find_spec, ("torch", "jax"))):
        pytest.skip("no backend of Keras is installed")
    return pytest.importorskip("keras")
