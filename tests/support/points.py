"""Points of two classes, a network for them, and the end of its training."""

import numpy as np

import neurona

NET = neurona.network([3, 8, 1], "tanh", output="sigmoid")


def examples(n=400, seed=0, dtype=np.float32):
    X = np.random.default_rng(seed).normal(size=(n, 3)).astype(dtype)
    return X, (X[:, 0] * X[:, 1] > 0).astype(np.int64)


def last(states):
    *_, state = states
    return state
