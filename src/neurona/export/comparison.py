"""Whether an import predicts as the original does: every import goes through this at the end.

Rounding is measured, not guessed: the import is computed in float64 and in float32, and the
original may be some times as far from the first as the second is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from math import prod
from typing import Any

import numpy as np

from neurona.engine.layers import Embedding, Masked
from neurona.engine.network import Network
from neurona.engine.parameters import mapped
from neurona.engine.types import Array, Params

SIZES = (1e-2, 1.0, 10.0, 1e3)  # of inputs of both signs
ROWS = 16  # of each size
SLACK = 16  # how much farther rounding leads where sums are taken in another order
MOST = 0.1  # and no farther than this share of the largest number
HUGE = 1e36  # near the end of float32, one may be infinite where the other is not yet
SINGLE = np.finfo(np.float32)


def confirmed(
    net: Network,
    params: Params,
    original: Callable[[Array], Any],
    what: str,
    dtype: Any = np.float32,
    precision: Any = SINGLE,
) -> tuple[Network, Params]:
    """Return the network and its parameters in a dtype, if it predicts as the original does.

    Parameters
    ----------
    net, params
        The import, in float64.
    original
        From inputs ``(n, *in_shape)`` to outputs ``(n, numbers)``, in the network's order.
    what
        How the original is called in an error.
    dtype
        In which the import will be.
    precision
        How coarsely the original computes, and how far: an ``eps`` and a ``max``.

    Raises
    ------
    ValueError
        If it predicts something else on random inputs, small and large, alone or among others, or
        where the input is NaN; or if the original can't be run on random inputs.

    Examples
    --------
    >>> from neurona.engine.network import network
    >>> net = network([1, 1], "relu")
    >>> params = ((np.ones((1, 1)), np.zeros(1)),)
    >>> confirmed(net, params, lambda X: X * (X > 0), "ReLU")[1][0][0].dtype
    dtype('float32')
    >>> confirmed(net, params, lambda X: 5 * X * (X > 0), "the model")
    Traceback (most recent call last):
    ValueError: the import predicts something else than the model: inputs of size 0.01 give \
0.013 where they should give 0.0652; the model computes something that the import does not see, \
or weights are lost in float32
    """
    rounded = mapped(lambda array: array.astype(dtype), params)
    single = mapped(lambda array: array.astype(np.float32), params)
    coarse = max(float(precision.eps), float(np.finfo(dtype).eps)) / float(SINGLE.eps)
    rng = np.random.default_rng(0)
    compared = 0
    # With larger inputs gates are all open or all closed, and a state may be zeros, as padding is.
    for size in SIZES[:3] if _masks(net) else SIZES:
        X = _examples(net, size, rng)
        theirs = np.concatenate([_outputs(original, x, what) for x in (X, X[-1:])])
        X = np.concatenate([X, X[-1:]])
        with np.errstate(all="ignore"):
            exact, ours, near = (
                net.predict(one, X).reshape(len(X), -1) for one in (params, rounded, single)
            )
            if theirs.shape != exact.shape:
                raise ValueError(
                    f"{what} gives {theirs.shape[1]} numbers for an example, and the import "
                    f"{exact.shape[1]}"
                )
            if size <= 1 and (np.isfinite(theirs) & ~np.isfinite(ours)).any():
                raise ValueError(
                    f"{what} predicts finite numbers where {np.dtype(dtype)}, in which its import "
                    "computes, has none: its weights are too large together"
                )
            known = (abs(exact) < min(HUGE, float(precision.max) / 100)) & np.isfinite(near)
            known &= _meant(net, X)
            if _masks(net):  # a step that float32 rounds to zeros is padding to it alone
                known &= abs(near - exact) <= MOST / 10 * abs(exact[known]).max(initial=0)
            if precision.max < HUGE:  # half: a sum on the way may be beyond it
                known &= np.isfinite(theirs)
            if not known.any():
                continue
            scale = abs(exact[known]).max()
            spread = abs(near - exact)[known].max()
            limit = SLACK * coarse * (spread + 2 * float(SINGLE.eps) * scale)
            off = np.maximum(abs(theirs - exact), abs(ours - exact))
            strange = known & ~(off <= min(limit, MOST * scale) + 1e-30)
        if strange.any():
            again = np.concatenate([_outputs(original, x, what) for x in (X[:-1], X[-1:])])
            if not np.array_equal(theirs[known], again[known], equal_nan=True):
                raise ValueError(
                    f"{what} gives another output each time for the same input: a network of "
                    "neurona gives one"
                )
            most = np.where(strange, np.nan_to_num(off, nan=np.inf), -1).argmax()
            raise ValueError(
                f"the import predicts something else than {what}: inputs of size {size:g} give "
                f"{ours.flat[most]:.3g} where they should give {theirs.flat[most]:.3g}; {what} "
                "computes something that the import does not see, or weights are lost in "
                f"{np.dtype(dtype)}"
            )
        compared += int(known.sum())
    if not compared:
        raise ValueError(f"{what} gives no finite numbers for random inputs: check its weights")
    if _indices(net):
        return net, rounded
    missing = np.full_like(X, np.nan)
    with np.errstate(all="ignore"), suppress(_NotRun):
        filled = np.isfinite(_outputs(original, missing, what))
        if filled[np.isnan(net.predict(rounded, missing).reshape(len(X), -1))].any():
            raise ValueError(
                f"{what} predicts numbers where its input is NaN, and its import NaN: fill what is "
                "missing before, and import the rest"
            )
    return net, rounded


def _examples(net: Network, size: float, rng: np.random.Generator) -> Array:
    """Return random examples; series have padding at their end, if the network knows it."""
    shape, n = (ROWS, *net.in_shape), _indices(net)
    X = rng.integers(n, size=shape) if n else size * rng.normal(size=shape)
    if not _masks(net):
        X[0] = 0
        return X.astype(np.float32)
    if n > 1:
        X[:, 0] = np.maximum(X[:, 0], 1)
    for k in range(ROWS // 2):
        X[k, 1 + k % shape[1] :] = 0
    return X.astype(np.float32)


def _meant(net: Network, X: Array) -> Array:
    """Return for which numbers of its output the network means something: not for padding."""
    steps, *rest = net.out_shape()
    if not _masks(net) or not rest or steps != net.in_shape[0]:
        return np.ones((len(X), 1), bool)
    return np.repeat(X.reshape(len(X), steps, -1).any(axis=2), prod(rest), axis=1)


def _within(layer: Any) -> Iterator[Any]:
    yield layer
    for one in getattr(layer, "layers", ()):
        yield from _within(one)


def _masks(net: Network) -> bool:
    return any(isinstance(one, Masked) or getattr(one, "mask_zero", False) for one in _within(net))


def _indices(net: Network) -> int:
    """Return how many indices there are, if the network takes indices."""
    kinds = (one for one in _within(net) if isinstance(one, Embedding))
    return min((one.n_in for one in kinds), default=0)


class _NotRun(ValueError):
    """The original can't be run."""


def _outputs(original: Callable[[Array], Any], X: Array, what: str) -> Array:
    """Return what the original gives, ``(n, numbers)``, or say why it gives nothing."""
    try:
        outputs = np.asarray(original(X.copy()), dtype=np.float64)
    except Exception as error:
        raise _NotRun(
            f"{what} can't be run on inputs of shape {X.shape}, with which its import is compared: "
            f"{error}"
        ) from error
    return outputs.reshape(len(X), -1)
