"""A fit by several processes, each of which has rows that no other has.

They learn together what the columns and the targets are, take the same steps, and each gives its
part of every batch. So each ends with the same estimator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import __version__
from neurona.engine import processes
from neurona.engine.data import ROWS, Data
from neurona.engine.fingerprint import digest, written
from neurona.engine.orders import order_of
from neurona.engine.processes import ProcessesDisagree, agreed, gathered
from neurona.engine.streams import Rows
from neurona.engine.types import Array
from neurona.estimators.defaults import TrainingPlan
from neurona.estimators.examples import Examples
from neurona.tables.summaries import PartsDisagree, preparation_of

# A fit by several processes has these alone: it has no rows by which all of them could judge.
ALONE = {"cv": None, "early_stopping": False, "warm_start": False, "preprocess": "auto"}


def is_shared(estimator: Any) -> bool:
    """Tell whether several processes fit an estimator together."""
    return estimator.devices is not None and processes.processes() > 1


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
    if isinstance(getattr(one, "class_weight", None), str):
        wrong["class_weight"] = one.class_weight
    told = [f"{name} is {written(value)}" for name, value in wrong.items()]
    for name, given in {"sample_weight": sample_weight, "X_val": validation}.items():
        told += [] if given is None else [f"{name} is given"]
    if told:
        raise ValueError(
            f"{', '.join(told)}: several processes train one network from all their rows, and none "
            "knows those of the others; leave it out"
        )
    if one.random_state is None:
        raise ValueError("random_state is None: give a number, the same in all processes")
    settings = {name: written(value) for name, value in one.get_params(deep=False).items()}
    agreed({"the version of neurona": __version__, **settings})


def learn_shared(estimator: Any, examples: Examples) -> list[int]:
    """Learn from the rows of all processes what columns and targets are; return how many rows.

    Raises
    ------
    ValueError
        If columns or targets differ, or two processes have the same rows; all processes raise it.
    """
    one, table = estimator, examples.table
    names = getattr(one, "feature_names_in_", None)
    labels = [f"x{i}" for i in range(one.n_features_in_)] if names is None else [*map(str, names)]
    facts = {
        "the list of columns": labels,
        "whether the table is large": not table.asks_for_target,
        "the target's further axes": list(examples.y.shape[1:]),
        "the target": "texts" if examples.y.dtype.kind in "OUS" else "numbers",
    }
    agreed(facts)
    _learn_targets(one, examples)
    target = one.targets_.encode(examples.y) if table.asks_for_target else None
    columns = table.summaries(target, np.random.default_rng(0))
    told = {"rows": len(examples), "targets": digest(examples.y), "columns": columns}
    parts = gathered(told)
    _check_different(parts)
    # As of a large table, "auto" means none: see LargeTable.learn.
    ramps = 0 if one.ramps == "auto" and not table.asks_for_target else one.ramps
    try:
        one.preparation_ = preparation_of(labels, [part["columns"] for part in parts], ramps)
    except PartsDisagree as error:
        raise ProcessesDisagree(str(error)) from None
    return [part["rows"] for part in parts]


def _learn_targets(one: Any, examples: Examples) -> None:
    """Learn what a target is: the classes that there are, or means and deviations."""
    if hasattr(one, "_merged_targets"):
        one.targets_ = one._merged_targets(gathered(one._summary_of_targets(examples)))
    else:
        y = examples.y.astype(np.str_) if examples.y.dtype == object else examples.y
        classes = np.unique(np.concatenate(gathered(np.unique(y))))
        one.targets_ = one._fit_targets(examples, examples, classes)


def _check_different(parts: list[dict[str, Any]]) -> None:
    """Refuse the same rows in two processes: they would count twice."""
    seen: dict[str, int] = {}
    for process, part in enumerate(parts):
        cells = [digest(np.asarray(column["cells"])) for column in part["columns"]]
        key = f"{part['rows']}, {part['targets']}, {cells}"
        if key in seen:
            raise ProcessesDisagree(
                f"processes {seen[key]} and {process} have the same {part['rows']} rows: give each "
                "its own part of them"
            )
        seen[key] = process


def own_batches(
    table: Any, data: dict[str, Any], plan: TrainingPlan, parts: list[int]
) -> dict[str, Any]:
    """Return this process's part of each step's batch, in place of the arguments about all rows.

    Each epoch has ``plan.steps_per_epoch`` of them, in a new order, however many rows it has of the
    ``parts`` of all.

    Raises
    ------
    ValueError
        If there are more steps than rows.
    """
    n, steps = parts[processes.process_id()], plan.steps_per_epoch
    if steps > max(parts):
        raise ValueError(
            f"batch_size is {plan.batch_size}, and there are {len(parts)} processes: give as many "
            "rows a step as processes, or more"
        )
    if "batches" in data:
        take: Callable[[Array], Data] = data["batches"].take
    else:
        x, y, weight = data["X"], data["y"], data["sample_weight"]

        def take(which: Array) -> Data:
            some = None if weight is None else weight[which].astype(np.float32)
            return Data(x[which].astype(np.float32), y[which].astype(np.float32), some)

    X: Any = getattr(table, "X", None)

    def order(rng: np.random.Generator) -> Iterator[Array]:
        own = np.random.default_rng(int(rng.integers(2**63)))  # all processes draw as much of rng
        each, more = divmod(n, steps)
        sizes = [each + (k < more) for k in range(steps)]
        return cut(order_of(X, n, ROWS, own), [size for size in sizes if size])

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
