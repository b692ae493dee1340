"""Parameters as a tree of layers and as one flat vector: the same numbers, seen in two ways.

A tree is a tuple whose members are arrays or trees again. The parameters of a *stack* of networks
have one more axis, the first, and their flat form is a matrix with a row for each network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from neurona.engine.types import Array, Params


def arrays(tree: Any) -> list[Array]:
    """Return the arrays of a tree, in order: W, b, W, b, and so on.

    Examples
    --------
    >>> arrays(((1, 2), ((3,), 4), ()))
    [1, 2, 3, 4]
    """
    found: list[Array] = []
    for one in tree:
        if not isinstance(one, tuple):
            found.append(one)
        elif one and isinstance(one[0], tuple):
            found += arrays(one)
        else:  # the arrays of a layer: a call for each would be felt in every step
            found += one
    return found


def rebuilt(tree: Any, members: Iterable[Any]) -> Any:
    """Return a tree of the same form, a NamedTuple with its names, that holds other arrays.

    Examples
    --------
    >>> rebuilt(((1, 2), ((3,), 4), ()), "abcd")
    (('a', 'b'), (('c',), 'd'), ())
    """
    return _rebuilt(tree, iter(members))


# Not a function within the other: it would hold itself, and the arrays until they are collected.
def _rebuilt(tree: Any, members: Iterator[Any]) -> Any:
    if not isinstance(tree, tuple):
        return next(members)
    make = getattr(type(tree), "_make", tuple)
    return make([_rebuilt(member, members) for member in tree])


def mapped(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Return the tree with a function applied to each array, and to those at its place in others.

    Examples
    --------
    >>> mapped(lambda a, b: 10 * a + b, ((1, 2), ()), ((3, 4), ()))
    ((13, 24), ())
    """
    return rebuilt(tree, map(function, arrays(tree), *map(arrays, others)))


def flatten(params: Params, networks: int | None = None) -> Array:
    """Return a new vector with all the numbers, in order; of a stack, a row for each network.

    Examples
    --------
    >>> flatten(((np.array([[1, 2]]), np.array([3, 4])), (np.array([[5], [6]]), np.array([7]))))
    array([1, 2, 3, 4, 5, 6, 7])
    """
    if networks is None:
        return np.concatenate(arrays(params), axis=None)
    return np.concatenate([array.reshape(networks, -1) for array in arrays(params)], axis=1)


def unflatten(theta: Array, like: Params) -> Params:
    """Return views into the vector, or the matrix of a stack, shaped like other parameters.

    Examples
    --------
    >>> like = ((np.zeros((1, 2)), np.zeros(2)), (np.zeros((2, 1)), np.zeros(1)))
    >>> unflatten(np.arange(7), like)[1]
    (array([[4],
           [5]]), array([6]))
    """

    def views() -> Iterator[Array]:
        start = 0
        for array in arrays(like):
            size = array.size // (len(theta) if theta.ndim > 1 else 1)
            yield theta[..., start : start + size].reshape(array.shape)
            start += size

    params: Params = rebuilt(like, views())
    return params


def stacked(each: Iterable[Params]) -> Params:
    """Return the parameters of several networks as those of one stack.

    Examples
    --------
    >>> stacked([((np.array([1, 2]),),), ((np.array([3, 4]),),)])
    ((array([[1, 2],
           [3, 4]]),),)
    """
    params: Params = mapped(lambda *same: np.stack(same), *each)
    return params


def parameter_name(params: Params, position: int) -> str:
    """Say which parameter stands at a position of the flat vector, layers counted from 1.

    Examples
    --------
    >>> from neurona import network
    >>> parameter_name(network([2, 3, 1]).init(0), 10)
    'layer 2, W[1, 0]'
    """
    for layer, name, array in named(params):
        if position < array.size:
            place = ", ".join(str(int(k)) for k in np.unravel_index(position, array.shape))
            return f"layer {layer}, {name}[{place}]"
        position -= array.size
    raise IndexError(f"there are only {sum(a.size for a in arrays(params))} parameters")


def named(tree: Any, before: str = "") -> Iterator[tuple[str, str, Array]]:
    """Yield each array with its layer, such as 2, or 2.1 within a composition, and its name.

    Examples
    --------
    >>> from neurona.engine.layers.dense import DenseParams
    >>> [(layer, name) for layer, name, _ in named((DenseParams("W", "b"), (DenseParams(1, 2),)))]
    [('1', 'W'), ('1', 'b'), ('2.1', 'W'), ('2.1', 'b')]
    """
    for i, entry in enumerate(tree, start=1):
        if any(isinstance(one, tuple) for one in entry):
            yield from named(entry, f"{before}{i}.")
        else:
            names = getattr(entry, "_fields", range(len(entry)))
            for name, array in zip(names, entry, strict=True):
                yield f"{before}{i}", str(name), array
