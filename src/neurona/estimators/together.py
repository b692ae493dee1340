"""A fit by several processes, each of which has rows that no other has.

They learn together what the columns and the targets are, take the same steps, and each gives its
part of every batch. So each ends with the same estimator.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import __version__
from neurona.engine.batches import Rows, order_of
from neurona.engine.data import ROWS, Data
from neurona.engine.processes import ProcessesDisagree, agreed, gathered, processes
from neurona.engine.progress import digest, written
from neurona.engine.types import Array
from neurona.estimators.defaults import TrainingPlan
from neurona.estimators.examples import Examples
from neurona.tables.summaries import PartsDisagree, preparation_of

ALONE = {
    "cv": None,
    "early_stopping": False,
    "warm_start": False,
    "preprocess": "auto",
}  # what a fit by several processes has: no rows that all of them could judge by


def is_shared(estimator: Any) -> bool:
    """Tell whether several processes fit an estimator together."""
    return estimator.devices is not None and processes() > 1


def check_shared(estimator: Any, sample_weight: Any, validation: Any) -> None:
    """Refuse what several processes cannot do, and settings in which they differ.

    Raises
    ------
    ValueError
        If there is one; where they differ, it names a process, and all of them raise it.
    """
    one = estimator
    wrong = {name: getattr(one, name) for name, only in ALONE.items() if getattr(one, name) != only}
    if one.networks not in ("auto", 1):
        wrong["networks"] = one.networks
    if sample_weight is not None:
        wrong["sample_weight"] = "given"
    if validation is not None:
        wrong["X_val"] = "given"
    if isinstance(getattr(one, "class_weight", None), str):
        wrong["class_weight"] = one.class_weight
    if one.random_state is None:
        wrong["random_state"] = None
    if wrong:
        told = ", ".join(f"{name} is {written(value)}" for name, value in wrong.items())
        raise ValueError(
            f"{told}: several processes train one network, with rows of their own, the same "
            "random_state and all their rows; leave this out"
        )
    settings = {name: written(value) for name, value in one.get_params(deep=False).items()}
    agreed({"the version of neurona": __version__, **settings})


def learn_shared(estimator: Any, examples: Examples) -> list[int]:
    """Learn from the rows of all processes what columns and targets are; return their rows.

    Raises
    ------
    ValueError
        If columns or targets differ, or two processes have the same rows; all processes raise it.
    """
    one, table = estimator, examples.table
    names = getattr(one, "feature_names_in_", None)
    agreed({
        "the table": "large" if not hasattr(table, "names") else "of columns",
        "its columns": one.n_features_in_ if names is None else [str(name) for name in names],
        "the target's shape": list(examples.y.shape[1:]),
        "the target's kind": "texts" if examples.y.dtype.kind in "OUS" else "numbers",
    })  # fmt: skip
    _learn_targets(one, examples)
    rng = np.random.default_rng(0)  # of the fit's own each process must draw as much
    target = one.targets_.encode(examples.y) if table.asks_for_target else None
    told = {"rows": len(examples), "columns": table.summaries(target, rng), "y": digest(examples.y)}
    parts = gathered(told)
    _check_different(parts)
    columns = [part["columns"] for part in parts]
    labels = [f"x{i}" for i in range(one.n_features_in_)] if names is None else names
    try:
        one.preparation_ = preparation_of([*map(str, labels)], columns, table.ramps(one.ramps))
    except PartsDisagree as error:
        raise ProcessesDisagree(str(error)) from None
    return [part["rows"] for part in parts]


def _learn_targets(one: Any, examples: Examples) -> None:
    """Learn what a target is: the classes that there are, or means and deviations."""
    if hasattr(one, "predict_proba"):
        each = gathered(np.unique(examples.y.astype(np.str_ if examples.y.dtype == object else None)))
        classes = np.unique(np.concatenate(each))
        one.targets_ = one._fit_targets(examples, examples, classes)
    else:
        one.targets_ = one._merged_targets(gathered(one._summary_of_targets(examples)))


def _check_different(parts: list[dict[str, Any]]) -> None:
    """Refuse the same rows in two processes: each would learn from them as often."""
    seen: dict[str, int] = {}
    for process, part in enumerate(parts):
        cells = [digest(np.asarray(column["rows"])) for column in part["columns"]]
        key = f"{part['rows']} {part['y']} {cells}"
        if key in seen:
            raise ProcessesDisagree(
                f"processes {seen[key]} and {process} have the same {part['rows']} rows: give each "
                "a part of its own"
            )
        seen[key] = process


def own_batches(
    table: Any, data: dict[str, Any], plan: TrainingPlan, n: int
) -> dict[str, Any]:
    """Return this process's part of each step's batch, in place of the arguments about all rows.

    Each epoch has ``plan.steps_per_epoch`` of them, in a new order, whatever n is.
    """
    if "batches" in data:
        take = data["batches"].take
    else:
        x, y, weight = data["X"], data["y"], data["sample_weight"]

        def take(which: Array) -> Data:
            some = None if weight is None else weight[which].astype(np.float32)
            return Data(x[which].astype(np.float32), y[which].astype(np.float32), some)

    def order(rng: np.random.Generator) -> Iterator[Array]:
        own = np.random.default_rng(int(rng.integers(2**63)))  # processes draw equally much of rng
        each, more = divmod(n, plan.steps_per_epoch)
        sizes = [each + (k < more) for k in range(plan.steps_per_epoch)]
        return cut(order_of(getattr(table, "X", None), n, ROWS, own), [k for k in sizes if k])

    return {"batches": Rows(take, order), "dtype": np.float32}


def cut(pieces: Iterator[NDArray[Any]], sizes: list[int]) -> Iterator[NDArray[Any]]:
    """Yield parts of these sizes from arrays of others.

    >>> [part.tolist() for part in cut(iter([np.arange(3), np.arange(3, 7)]), [2, 2, 3])]
    [[0, 1], [2, 3], [4, 5, 6]]
    """
    rest: NDArray[Any] = np.empty(0, np.int64)
    for size in sizes:
        while len(rest) < size:
            rest = np.concatenate([rest, next(pieces)])
        yield rest[:size]
        rest = rest[size:]
