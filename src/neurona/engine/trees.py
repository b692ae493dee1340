"""An optimizer's memory as a tree: numbers and arrays in tuples, lists and mappings."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, NoReturn

import numpy as np

SIMPLE = frozenset({int, float, bool, str, type(None)})  # of what can never be written


class FrozenDict(dict[Any, Any]):
    """A dict that cannot be written."""

    def _refuse(self, *given: Any, **named: Any) -> NoReturn:
        raise TypeError("nothing in a state can be written: make a dict(...) of it")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> Any:
        """Return how to make a copy, whose arrays pickle gives back as writable ones."""
        return frozen, (dict(self),)


def frozen(tree: Any) -> Any:  # noqa: PLR0911 - one for each type
    """Return the tree as one that cannot be written; the tree itself, if that is so already.

    >>> tree = frozen({"v": [np.zeros(2)]})
    >>> tree["v"][0][0] = 1
    Traceback (most recent call last):
    ValueError: assignment destination is read-only
    >>> frozen(tree) is tree
    True
    """
    kind = type(tree)
    if kind in SIMPLE:
        return tree
    if kind is np.ndarray:
        return _read_only(tree) if _may_be_written(tree) else tree
    if isinstance(tree, tuple):
        each = [frozen(one) for one in tree]
        for one, its in zip(each, tree):  # noqa: B905 - one call for each state: it is felt
            if one is not its:
                return _rebuilt(tree, each)
        return tree
    if isinstance(tree, np.generic | FrozenDict):
        return tree
    if isinstance(tree, list):
        return tuple(map(frozen, tree))
    if isinstance(tree, dict):
        return FrozenDict({key: frozen(one) for key, one in tree.items()})
    return deepcopy(tree)


def _may_be_written(array: Any) -> bool:
    """Tell whether an array is writable, or ``setflags(write=True)`` would make it so."""
    flags, base = array.flags, array.base
    return flags.writeable or flags.owndata or (type(base) is np.ndarray and base.flags.writeable)


def _read_only(array: Any) -> Any:
    """Return a view of a copy: whoever has it cannot make it writable again."""
    copy = array.copy()
    copy.flags.writeable = False
    return copy[...]


def _rebuilt(tree: Any, members: Any) -> Any:
    """Return a tuple of the same type, a NamedTuple with its names."""
    return getattr(type(tree), "_make", tuple)(members)


def each_of(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Return the tree with a function applied to each leaf, and to those at its place in others.

    The other trees may hold a tuple where this one has a list, as what is frozen does.

    Raises
    ------
    ValueError
        If the trees are not of one form.

    Examples
    --------
    >>> each_of(lambda a, b: a + b, {"t": 1, "v": [2, 3]}, {"t": 10, "v": (20, 30)})
    {'t': 11, 'v': [22, 33]}
    """
    if isinstance(tree, dict):
        if any(not isinstance(one, dict) or one.keys() != tree.keys() for one in others):
            raise ValueError("mappings of other keys")
        members = (each_of(function, tree[k], *(one[k] for one in others)) for k in tree)
        return dict(zip(tree, members, strict=True))
    if isinstance(tree, tuple | list):
        for one in others:
            named = {type(each) for each in (tree, one) if hasattr(each, "_fields")}
            if not isinstance(one, tuple | list) or len(one) != len(tree) or len(named) > 1:
                raise ValueError("tuples of other forms")
        made = [each_of(function, *each) for each in zip(tree, *others, strict=True)]
        return made if isinstance(tree, list) else _rebuilt(tree, made)
    if any(isinstance(one, dict | tuple | list) for one in others):
        raise ValueError("one where others are several")
    return function(tree, *others)
