"""Both engines."""

import pytest


@pytest.fixture(params=["numpy", "jax"])
def engine(request):
    return request.param
