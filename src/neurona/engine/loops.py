"""Loops whose text is one for both engines: Python's on NumPy's arrays, XLA's under ``jit``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from neurona.engine.types import Array

State = TypeVar("State", bound=tuple[Any, ...])


def scan(
    step: Callable[[State, Any], tuple[State, tuple[Array, ...], Any]],
    state: State,
    inputs: tuple[Any, ...],
    reverse: bool = False,
) -> tuple[State, tuple[Array, ...], Any]:
    """Take one step after the other: ``step(state, inputs[t]) -> (state, outputs, kept)``.

    Parameters
    ----------
    step
        A function of the state and of a tuple with each input's entry.
    state
        The first state, a tuple of arrays.
    inputs
        Arrays, whose first axis is that of the steps; another scan's ``kept``; or None, which
        each step gets as it is.
    reverse
        Whether the last step comes first; outputs stand at their inputs' places all the same.

    Returns
    -------
    state, outputs, kept
        The last state; each output of all steps in one array; and what each step kept, which is
        for another scan and nothing else: a list of NumPy's engine, a tuple of arrays of JAX's.

    Examples
    --------
    >>> def running_sum(state, inputs):
    ...     s = state[0] + inputs[0]
    ...     return (s,), (s,), None
    >>> scan(running_sum, (np.zeros(()),), (np.array([1.0, 2.0, 3.0]),), reverse=True)[1]
    (array([6., 5., 3.]),)
    """
    if not all(isinstance(one, np.ndarray | np.generic) for one in state):
        from jax import lax

        def body(state: State, here: Any) -> tuple[State, Any]:
            state, *rest = step(state, here)
            return state, tuple(rest)

        state, (outputs, kept) = lax.scan(body, state, inputs, reverse=reverse)
        return state, outputs, kept

    n = next(len(one) for one in inputs if one is not None)
    each: list[Any] = [None] * n
    kept = [None] * n
    for t in reversed(range(n)) if reverse else range(n):
        here = tuple(None if one is None else one[t] for one in inputs)
        state, each[t], kept[t] = step(state, here)
    return state, tuple(np.stack(ones) for ones in zip(*each, strict=True)), kept


def sum_by_row(values: Array, rows: Array, n: int) -> Array:
    """Return ``sums (n, k)``: each of the ``values (m, k)`` is added to its row of n.

    Examples
    --------
    >>> sum_by_row(np.array([[1.0], [2.0], [4.0]]), np.array([2, 0, 2]), 3)
    array([[2.],
           [0.],
           [5.]])
    """
    sums: Array = values.__array_namespace__().zeros((n, values.shape[-1]), values.dtype)
    if not isinstance(sums, np.ndarray):
        return sums.at[rows].add(values)
    order = np.argsort(rows, kind="stable")  # np.add.at takes ten times as long
    found, first = np.unique(rows[order], return_index=True)
    sums[found] = np.add.reduceat(values[order], first, axis=0)
    return sums
