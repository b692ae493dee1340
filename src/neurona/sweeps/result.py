"""The map of a sweep: of each cell, how many of its seeds succeed, and the band of their curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.doctor.diagnosis import Diagnosis, diagnose_case
from neurona.engine.types import Array
from neurona.sweeps.axes import Axis, Cell, between, settings_of
from neurona.sweeps.figure import draw
from neurona.sweeps.networks import Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from neurona.language import Language

BAND = (10, 50, 90)  # percentiles


@dataclass(frozen=True, eq=False)
class Sweep:
    """How often each cell of a grid succeeds, as far as the sweep has come.

    Attributes
    ----------
    axes
        What varies: a setting and its values each.
    seeds
        The random seeds of each cell.
    measure
        What ``costs`` are, such as ``"cost"`` or ``"1 - accuracy"``: the lower the better.
    below
        The cost below which a seed has succeeded.
    moments
        The steps after which the curves were looked at.
    costs : (..., seeds)
        The last cost; NaN where it is not there yet, inf where the training diverged.
    curves : (..., seeds, moments)
        The costs on the way.
    subject
        What is trained; :meth:`case` takes a cell's from it.
    """

    axes: tuple[Axis, ...]
    seeds: tuple[int, ...]
    measure: str
    below: float
    moments: tuple[int, ...]
    costs: Array
    curves: Array
    subject: Any

    @classmethod
    def empty(cls, subject: Any, below: float) -> Sweep:
        """Return the map of a sweep before its first cell."""
        shape = *(len(axis.values) for axis in subject.axes), len(subject.seeds)
        moments = subject.moments
        costs = np.full(shape, np.nan)
        curves = np.full((*shape, len(moments)), np.nan, np.float32)
        return cls(
            subject.axes, subject.seeds, subject.measure, below, moments, costs, curves, subject
        )

    def __repr__(self) -> str:
        """Return what varies, and the share of the seeds that succeed in each cell."""
        varies = " x ".join(f"{len(axis.values)} of {axis.name}" for axis in self.axes)
        return f"Sweep: {varies}, {len(self.seeds)} seeds; share that succeeds:\n{self.share}"

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of values of each axis."""
        return self.costs.shape[:-1]

    @property
    def done(self) -> Array:
        """Where all seeds of a cell are there ``(*shape)``."""
        there: Array = np.asarray(~np.isnan(self.costs).any(axis=-1))
        return there

    @property
    def succeeded(self) -> Array:
        """Where a seed has succeeded ``(*shape, seeds)``."""
        # Nothing is better than no error: where an estimator as it is makes none, seeds equal it.
        reached: Array = (self.costs < self.below) | (self.costs == 0)
        return reached

    @property
    def share(self) -> Array:
        """The share of the seeds that succeed, of those that are there ``(*shape)``; else NaN."""
        known = (~np.isnan(self.costs)).sum(axis=-1)
        return np.where(known > 0, self.succeeded.sum(axis=-1) / np.maximum(known, 1), np.nan)

    @property
    def medians(self) -> Array:
        """The median of each cell's costs ``(*shape)``; NaN where none is there."""
        return _percentiles(self.costs[..., None], (50,))[..., 0, 0]

    def band(self, cell: Cell) -> Array:
        """Return the 10th, 50th and 90th percentiles of a cell's curves: ``(3, moments)``."""
        return np.moveaxis(_percentiles(self.curves[cell], BAND), -1, 0)

    def settings(self, cell: Cell) -> dict[str, Any]:
        """Return the values of a cell by the names of their settings."""
        return settings_of(self.axes, cell)

    def case(self, cell: Cell, k: int = 0) -> Any:
        """Return what decides the training of a cell at the k-th of its seeds.

        It is a :class:`~neurona.doctor.case.Case`, or the estimator that is to be fitted.
        """
        return self.subject.of(cell, self.seeds[k])

    def diagnose(self, cell: Cell, k: int = 0) -> Diagnosis:
        """Train the network of a cell from its k-th seed again, and say what is wrong with it."""
        return diagnose_case(self.case(cell, k))

    def zoomed(self, axis: str = "learning_rate", count: int | None = None) -> dict[str, Any]:
        """Return the grid of a closer look at where the share passes a half along an axis.

        It reaches from the value before the first such place to the value after the last one, of
        all rows. The other axes stay as they are.

        Raises
        ------
        ValueError
            If the axis is not of numbers, or there is no such place.
        """
        names = [one.name for one in self.axes]
        if axis not in names or not self.axes[k := names.index(axis)].is_of_numbers:
            raise ValueError(f"{axis} is not an axis of numbers of this sweep: {', '.join(names)}")
        values = self.axes[k].values
        learned = np.moveaxis(self.share, k, 0).reshape(len(values), -1) >= 0.5
        places = np.flatnonzero((learned[1:] != learned[:-1]).any(axis=1))
        if not len(places):
            raise ValueError(f"there is no border along {axis}: all cells of a row are alike")
        low, high = values[places[0]], values[places[-1] + 1]
        finer = between(low, high, count or len(values))
        return {one.name: finer if one.name == axis else list(one.values) for one in self.axes}

    def plot(self, ax: Axes | None = None, *, language: Language = "en") -> Axes:
        """Draw the map with Matplotlib: the first axis from left to right, the others down.

        A cell's color and number are the seeds that succeed; in it is the band of their curves.
        """
        bands = np.stack([self.band(cell) for cell in np.ndindex(*self.shape)])
        about = {"seeds": len(self.seeds), "measure": self.measure, "below": self.below}
        curves = bands.reshape(*self.shape, *bands.shape[1:])
        return draw(self.axes, self.costs, self.share, curves, about, ax, language)

    def with_results(self, unit: Unit, costs: Array, curves: Array) -> Sweep:
        """Return the map with what was found of some networks."""
        all_costs, all_curves = self.costs.copy(), self.curves.copy()
        for cell, own, curve in zip(unit.cells, costs, curves, strict=True):
            all_costs[cell][list(unit.seeds)] = own
            all_curves[cell][list(unit.seeds)] = curve
        return replace(self, costs=all_costs, curves=all_curves)

    def to_json(self) -> Mapping[str, Any]:
        """Return the map as JSON: a diverged cost is ``"inf"``, and one that is missing null."""
        return {
            "axes": [
                {"name": one.name, "values": [*map(_plain, one.values)], "labels": one.labels}
                for one in self.axes
            ],
            "seeds": list(self.seeds),
            "measure": self.measure,
            "below": self.below,
            "moments": list(self.moments),
            "costs": _numbers(self.costs),
            "share": _numbers(self.share),
        }

    def __str__(self) -> str:
        """Return a line on each cell: its settings, its share, and the median cost."""
        lines = []
        for cell in np.ndindex(*self.shape):
            known = int((~np.isnan(self.costs[cell])).sum())
            if known:
                what = ", ".join(
                    f"{axis.name} {axis.labels[k]}" for axis, k in zip(self.axes, cell, strict=True)
                )
                count = int(self.succeeded[cell].sum())
                median = self.medians[cell]
                lines.append(f"{what}: {count} of {known}, median {self.measure} {median:.3g}")
        return "\n".join(lines)


def _percentiles(values: Array, which: Any) -> Array:
    """Return percentiles over the axis before the last, which comes last; of numbers or inf."""
    at = np.array(which) / 100
    order = np.sort(values, axis=-2)  # NaN come last
    known = (~np.isnan(order)).sum(axis=-2)
    last = np.maximum(known - 1, 0)
    places = np.round(at * last[..., None]).astype(int)
    taken = np.take_along_axis(np.swapaxes(order, -1, -2), places, axis=-1)
    made: Array = np.where(known[..., None] > 0, taken, np.nan)
    return made


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value if _is_json(value) else str(value)


def _is_json(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _numbers(values: Array) -> Any:
    if values.ndim:
        return [_numbers(one) for one in values]
    value = float(values)
    return None if np.isnan(value) else "inf" if value == inf else value
