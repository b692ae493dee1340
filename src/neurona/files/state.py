"""A training's state in a file: what its optimizer remembers, and what it draws from next.

It is a part of a network's file: a few numbers in the description, and the optimizer's arrays
beside the parameters, ``optimizer.0`` and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from reprlib import repr as shown
from typing import Any

import numpy as np

from neurona.engine.optimizers import MeanSquare, Moments, Velocity
from neurona.engine.randomness import Randomness, generator_of
from neurona.engine.state import State
from neurona.engine.trees import frozen
from neurona.engine.types import Params
from neurona.files.codec import DEEPEST, LARGEST, Misfit, checked

# Optimizers' memories, by name; any other NamedTuple is kept as a tuple.
REMEMBERED: dict[str, Any] = {one.__name__: one for one in (MeanSquare, Moments, Velocity)}
MOST = 10**6  # batches that may be drawn again, to where a state stands


def described(
    state: State, dtype: Any, arrays: Callable[[str, Any], Any], finite: bool = True
) -> dict[str, Any]:
    """Return a state's description; each array of its optimizer goes to ``arrays(name, array)``.

    ``finite=False``: of a stack, whose networks may have diverged; their costs are not in it.

    Raises
    ------
    ValueError
        If the optimizer remembers something that is neither a number nor an array of ``dtype``.
    """
    count = iter(range(LARGEST))

    def write(one: Any) -> Any:
        one = one.item() if isinstance(one, np.generic) else one
        if isinstance(one, np.ndarray):
            if one.dtype != dtype or (finite and not np.isfinite(one).all()):
                raise ValueError(
                    f"the optimizer remembers an array of {one.dtype}: a file holds finite numbers "
                    f"of {dtype}, as the parameters are"
                )
            name = f"optimizer.{next(count)}"
            arrays(name, one)
            return {"array": name, "shape": list(one.shape)}
        if isinstance(one, tuple | list):
            name = type(one).__name__ if type(one) in REMEMBERED.values() else "tuple"
            return {"kind": name, "items": [write(each) for each in one]}
        if isinstance(one, dict) and all(isinstance(key, str) for key in one):
            return {"kind": "dict", "items": {key: write(one[key]) for key in sorted(one)}}
        if one is None or isinstance(one, bool | int | str):
            return one
        if isinstance(one, float) and isfinite(one):
            return one
        raise ValueError(f"the optimizer remembers {shown(one)}, which a file cannot hold")

    randomness = state.randomness
    return {
        "step": int(state.step),
        "epoch": int(state.epoch),
        "cost": float(state.cost) if finite and isfinite(state.cost) else None,
        "optimizer": write(state.optimizer_state),
        "optimizer_class": state.optimizer,
        "rows_seen": int(state.rows_seen),
        "randomness": None if randomness is None else randomness._asdict(),
    }


def shapes_of(given: Any) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of the arrays that a described state needs."""
    found: dict[str, tuple[int, ...]] = {}

    def find(one: Any, depth: int = 0) -> None:
        if not isinstance(one, dict):
            return
        if depth > DEEPEST:
            raise Misfit(f"state.optimizer is too deep: neurona reads {DEEPEST} levels")
        if one.keys() == {"array", "shape"}:
            name, shape = one["array"], one["shape"]
            if name != f"optimizer.{len(found)}" or not isinstance(shape, list):
                raise Misfit(f"state.optimizer: {shown(one)} is not an array of this file")
            found[name] = tuple(_count(n, "a shape") for n in shape)
            return
        items = one.get("items")
        items = [*items.values()] if isinstance(items, dict) else items
        for each in items if isinstance(items, list) else ():
            find(each, depth + 1)

    find(checked(given, dict, "state", "an object").get("optimizer"))
    return found


def state_of(
    given: Any, params: Params, arrays: Mapping[str, Any], networks: int | None = None
) -> State:
    """Return the state that was described, or say in a Misfit what is wrong.

    That of a stack of so many ``networks`` has the costs ``arrays["cost"]``.
    """

    def read(one: Any) -> Any:
        if not isinstance(one, dict):
            if isinstance(one, list):
                raise Misfit(f"state.optimizer: {shown(one)} has no kind")
            return one
        if one.keys() == {"array", "shape"}:
            return arrays[one["array"]]
        kind, items = str(one.get("kind")), one.get("items")
        if kind == "dict" and isinstance(items, dict):
            return {key: read(each) for key, each in items.items()}
        if not isinstance(items, list) or not (kind == "tuple" or kind in REMEMBERED):
            raise Misfit(f"state.optimizer: {shown(one)} is not known: a newer version may")
        members = [read(each) for each in items]
        make = REMEMBERED.get(kind)
        if make is None:
            return tuple(members)
        if len(members) != len(make._fields):
            raise Misfit(f"state.optimizer: {kind} has {len(members)} items")
        return make(*members)

    given = checked(given, dict, "state", "an object")
    made_by = given.get("optimizer_class")
    if made_by is not None and not isinstance(made_by, str):
        raise Misfit(f"state.optimizer_class is {shown(made_by)}: it takes a text")
    cost = given.get("cost")
    if cost is not None and not isinstance(cost, int | float):
        raise Misfit(f"state.cost is {shown(cost)}: it takes a number")
    return State(
        _count(given.get("step"), "state.step"),
        _count(given.get("epoch"), "state.epoch"),
        params,
        read(given.get("optimizer")),
        arrays["cost"] if networks else np.nan if cost is None else float(cost),
        None if given.get("randomness") is None else _randomness(given["randomness"], networks),
        made_by,
        _count(given.get("rows_seen", 0), "state.rows_seen"),
    )


def _randomness(given: Any, networks: int | None) -> Randomness:
    given = checked(given, dict, "state.randomness", "an object")
    if given.keys() != {*Randomness._fields}:
        raise Misfit(f"state.randomness has {', '.join(map(shown, given))}")
    generators, noise = given["generators"], given["noise"]
    lists = isinstance(generators, list) and isinstance(noise, list)
    if not lists or len(generators) not in (1, networks):
        whose = "generators of a stack" if networks else "generator of one network"
        raise Misfit(f"state.randomness does not hold the {whose}")
    where = "state.randomness"
    rows, size, taken = (_count(given[name], where) for name in ("rows", "size", "taken"))
    if taken > MOST:
        raise Misfit(f"{where}: {taken} batches cannot have been taken")
    roots = tuple(_count(root, where) for root in noise)
    return Randomness(tuple(map(_generator, generators)), roots, taken, rows, size)


def _generator(given: Any) -> Any:
    """Return the state of a generator, if it is one of NumPy's."""
    where = "state.randomness"
    state = checked(given, dict, where, "an object")
    seed = state.get("seed")
    if seed is not None and checked(seed, dict, where, "an object").get("pool_size") not in range(
        1, 65
    ):
        raise Misfit(f"{where} holds a seed that is not one of NumPy's")
    try:
        generator_of(state)
    except ValueError as error:
        raise Misfit(f"{where}: {error}") from error
    return frozen(state)


def _count(given: Any, where: str) -> int:
    if type(given) is not int or not 0 <= given < LARGEST:
        raise Misfit(f"{where} holds {shown(given)}: it takes a whole number of at least 0")
    return given
