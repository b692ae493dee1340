"""Parameters as a tree and as a vector."""

from __future__ import annotations

import gc
from weakref import ref

import numpy as np

import neurona
from neurona.engine.parameters import flatten, unflatten


def test_arrays_are_freed_with_their_tree():
    """They waited for the collector of garbage, which large arrays do not call."""
    params = neurona.network([2, 3, 1]).init(0)
    theta = flatten(params)
    gc.disable()
    try:
        tree, watched = unflatten(theta, params), ref(theta)
        del theta
        assert watched() is not None
        del tree
        assert watched() is None
    finally:
        gc.enable()
    assert np.array_equal(flatten(params), flatten(unflatten(flatten(params), params)))
