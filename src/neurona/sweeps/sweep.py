"""``neurona.sweep``: where a network learns, and how often.

A sweep is an iterator, as a training is: each step is the map as far as it is filled. The units of
work are joblib's tasks, so that they run on all cores, or wherever ``joblib.parallel_config`` says:
on a cluster of Dask or Ray, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import reduce
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from threading import Condition, Event
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.checks import check_array, check_count, check_finite
from neurona.doctor.case import Case
from neurona.engine.data import check_data, check_two_classes
from neurona.engine.network import network
from neurona.engine.types import Array
from neurona.extras import require
from neurona.registry import lookup
from neurona.sweeps import record
from neurona.sweeps.axes import Axis, Cell
from neurona.sweeps.fits import Fits, fitted
from neurona.sweeps.networks import Networks, engine_here, trained
from neurona.sweeps.result import Sweep
from neurona.sweeps.settings import ORDER, SETTINGS, changed, widths_of

if TYPE_CHECKING:
    import os

__all__ = ["Sweep", "sweep", "sweep_case"]


def sweep(
    X: Any,
    y: Any,
    grid: Mapping[str, Any],
    *,
    estimator: Any = None,
    seeds: int | Sequence[int] = 20,
    steps: int = 2500,
    below: float | None = None,
    X_val: Any = None,
    y_val: Any = None,
    file: str | os.PathLike[str] | None = None,
    engine: str | None = None,
    n_jobs: int | None = None,
    **settings: Any,
) -> Iterator[Sweep]:
    """Train a network at each value of each setting, from several seeds: a map that fills.

    Parameters
    ----------
    X, y
        The examples, as :func:`neurona.train` takes them; for an estimator, as that does.
    grid
        The values of each setting that varies, such as ``{"learning_rate": "0.001:10",
        "topology": [[4, 8], [4, 8, 16, 8, 4]]}``. A text of two numbers is a range of 20 at equal
        ratios. The settings of a network are topology (of the hidden layers), depth, activation,
        initializer, optimizer, learning_rate, batch_size, l1, l2 and cost.
    estimator
        In place of a network, an estimator whose parameters vary.
    seeds
        How many, or which: of the initial weights and the mini-batches.
    steps
        How long each network is trained.
    below
        The cost below which a seed has succeeded. By default, a tenth of the cost of the best
        constant; of an estimator, the median cost of the estimator as it is.
    X_val, y_val
        Examples that judge in place of those of the training; for an estimator, in place of a fifth
        of the rows, another one for each seed.
    file
        Where the sweep is kept: one that was interrupted goes on from it.
    engine
        By default the compiled one, if JAX is installed.
    n_jobs
        As in scikit-learn: how many tasks at once, -1 for all cores. Without it, one, or as
        ``joblib.parallel_config`` has it.
    **settings
        The settings that do not vary, and ``output``, the last activation. Nothing said, they are
        hidden layers of (4, 8) sigmoids, and what :func:`neurona.train` does by itself. The
        optimizer ``"lesson"`` takes the lesson's step.

    Yields
    ------
    Sweep
        The map as far as it is filled, some cells more each time; first one that is empty.

    Raises
    ------
    ValueError
        At the call, if there is no such setting, or a value does not fit; the message says what
        would.
    OSError
        If the file can't be written.

    Examples
    --------
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> grid = {"learning_rate": [0.01, 3.0], "topology": [[4], [8]]}
    >>> *_, found = sweep(X, y, grid, seeds=5, steps=500, activation="tanh", optimizer="sgd")
    >>> found.share
    array([[0., 0.],
           [1., 1.]])
    """
    numbers = _seeds(seeds)
    if (X_val is None) != (y_val is None):
        raise ValueError("give X_val and y_val, or neither")
    if twice := [name for name in settings if isinstance(grid, Mapping) and name in grid]:
        raise ValueError(f"{twice[0]} varies in the grid, and has a value beside it: give one")
    if estimator is not None:
        if settings:
            raise ValueError(f"give {', '.join(settings)} to the estimator")
        axes = _axes(grid)
        fits = Fits(estimator, X, y, axes, numbers, X_val, y_val)
        return _running(fits, fitted, below, file, n_jobs, "processes")
    case = _case(X, y, steps, X_val, y_val, settings)
    return sweep_case(
        case, grid, seeds=numbers, below=below, file=file, engine=engine, n_jobs=n_jobs
    )


def sweep_case(
    case: Case,
    grid: Mapping[str, Any],
    *,
    seeds: int | Sequence[int] = 20,
    below: float | None = None,
    file: str | os.PathLike[str] | None = None,
    engine: str | None = None,
    n_jobs: int | None = None,
) -> Iterator[Sweep]:
    """Sweep over settings of a case, as :func:`sweep` does.

    Its initial parameters and its seed are not used: each seed draws its own.
    """
    axes = _axes(grid)
    for axis in axes:
        lookup("setting of a sweep", axis.name, SETTINGS)
    chosen = engine_here() if engine is None else engine
    networks = Networks(replace(case, params=None), axes, _seeds(seeds), chosen)
    where = "threads" if chosen == "jax" else "processes"  # compiled steps do not hold the GIL
    return _running(networks, trained, below, file, n_jobs, where)


def _case(X: Any, y: Any, steps: int, X_val: Any, y_val: Any, settings: Mapping[str, Any]) -> Case:
    """Return the case that all cells share."""
    given = {"topology": (4, 8), "activation": "sigmoid", **settings}
    output = given.pop("output", None)
    for name in given:
        lookup("setting of a sweep", name, SETTINGS)
    X, y = check_array("X", X), check_array("y", y)
    if X.ndim != 2:
        raise ValueError(f"X has shape {X.shape}: give a row of numbers for each example")
    n_out, usual = _output_for(y)
    net = network(
        [X.shape[-1], *widths_of(given.pop("topology")), n_out],
        given.pop("activation"),
        output=usual if output is None else output,
    )
    case = Case(net, X, y, steps=check_count("steps", steps), X_val=X_val, y_val=y_val)
    check_two_classes(net, check_data(net, X, y).target)
    if X_val is not None:
        check_data(net, X_val, y_val)
    return reduce(
        lambda made, name: changed(made, name, given[name]), sorted(given, key=ORDER.index), case
    )


def _output_for(y: Array) -> tuple[int, str]:
    """Return the width and the activation of the output layer for a target."""
    if y.ndim > 1:
        one = np.isin(y, (0, 1)).all()
        return y.shape[1], "linear" if not one else "softmax" if y.shape[1] > 1 else "sigmoid"
    if y.dtype.kind not in "biu" and not np.isin(y, (0, 1)).all():
        return 1, "linear"
    classes = int(y.max(initial=1)) + 1
    if classes > max(2, len(y)):
        raise ValueError(
            f"y holds the label {classes - 1} in {len(y)} rows, and labels are 0, 1, 2 …: recode y "
            "(np.unique(y, return_inverse=True)[1]), or give numbers to be predicted as floats"
        )
    return (1, "sigmoid") if classes == 2 else (classes, "softmax")


def _axes(grid: Mapping[str, Any]) -> tuple[Axis, ...]:
    if not isinstance(grid, Mapping) or not grid:
        raise ValueError(
            'the grid is a mapping of settings to their values, such as {"learning_rate": '
            f'"0.001:10"}}, and not {grid!r}'
        )
    return tuple(Axis.read(name, given) for name, given in grid.items())


def _seeds(seeds: int | Sequence[int]) -> tuple[int, ...]:
    if isinstance(seeds, str) or not isinstance(seeds, Iterable):
        return tuple(range(check_count("seeds", seeds)))
    each = [0 if seed == 0 else check_count("a seed", seed) for seed in seeds]
    if not each or len({*each}) < len(each):
        raise ValueError(f"seeds are {each}: give a number, or some that differ")
    return tuple(each)


def _running(
    subject: Any,
    function: Any,
    below: float | None,
    file: Any,
    n_jobs: int | None,
    where: str,
) -> Iterator[Sweep]:
    """Check all that can be wrong, and return the iterator of the sweep."""
    path = None if file is None else Path(file)
    if n_jobs == 0:
        raise ValueError("n_jobs is 0: give how many are trained at once, or -1 for all cores")
    found = Sweep.empty(subject, np.nan if below is None else check_finite("below", below))
    if path is not None:
        found = record.read(path, found, subject.told())
    return _filled(subject, function, found, path, n_jobs, where)


def _filled(
    subject: Any, function: Any, found: Sweep, path: Path | None, n_jobs: Any, where: str
) -> Iterator[Sweep]:
    if np.isnan(found.below):
        found = replace(found, below=subject.below())
    yield found
    said = {} if path is None else subject.told()
    left = [cell for cell in coarse_to_fine(subject.axes) if not found.done[cell]]
    units = [*subject.units(left)]
    calls = ((unit, subject.task(unit)) for unit in units)
    with closing(_called(function, calls, n_jobs, where)) as results:
        for unit, (costs, curves) in results:
            found = found.with_results(unit, costs, curves)
            if path is not None:
                record.write(path, found, said)
            yield found


def _called(function: Any, calls: Iterator[Any], n_jobs: int | None, where: str) -> Any:
    """Yield each unit and what the function returned for it, as they come."""
    left = Left()
    if n_jobs is None and not find_spec("joblib"):
        yield from (left.one(function, *call) for call in calls)
        return
    joblib = require("joblib", extra="learn")
    tasks = (joblib.delayed(left.one)(function, *call) for call in calls)
    try:
        parallel = joblib.Parallel(n_jobs, return_as="generator_unordered", prefer=where)
    except ValueError:  # Ray's returns lists: some tasks for each of its processes at a time
        with joblib.Parallel(n_jobs, prefer=where) as parallel:
            while some := list(islice(tasks, 2 * joblib.effective_n_jobs(n_jobs))):
                yield from parallel(some)
        return
    with left, closing(parallel(tasks)) as results:
        yield from results


class Left:
    """Whether a sweep was left while threads still train for it: they are waited for.

    Python would end with an abort while one of them is within JAX. In another process, it never is
    left.
    """

    def __init__(self) -> None:
        self.event, self.running = Event(), 0
        self.lock = Condition()

    def __reduce__(self) -> Any:
        """Return another one, for another process."""
        return Left, ()

    def one(self, function: Any, unit: Any, task: Any) -> Any:
        """Return a unit, and what the function returned for it."""
        with self.lock:
            self.running += 1
        try:
            return unit, function(*task, self.event.is_set)
        finally:
            with self.lock:
                self.running -= 1
                self.lock.notify()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        self.event.set()
        with self.lock:
            self.lock.wait_for(lambda: not self.running)


def coarse_to_fine(axes: Sequence[Axis]) -> list[Cell]:
    """Return all cells, so that the first ones already show the whole map.

    Along an axis of numbers the ends come first, then the middle, and so on.

    >>> coarse_to_fine([Axis("learning_rate", (1, 2, 3, 4, 5))])
    [(0,), (4,), (2,), (1,), (3,)]
    """

    def level(k: int, n: int) -> int:
        """Return how often the axis is halved until k is there."""
        if k in (0, n - 1):
            return 0
        low, high, halved = 0, n - 1, 0
        while True:
            middle, halved = (low + high) // 2, halved + 1
            if k == middle:
                return halved
            low, high = (low, middle) if k < middle else (middle, high)

    sizes = [len(axis.values) for axis in axes]
    levels = [
        [level(k, n) if axis.is_of_numbers else 0 for k in range(n)]
        for axis, n in zip(axes, sizes, strict=True)
    ]
    cells = list(np.ndindex(*sizes))
    return sorted(cells, key=lambda cell: max(one[k] for one, k in zip(levels, cell, strict=True)))
