"""Images and series: arrays whose examples are not rows of cells, and how they are scaled.

No number of an image has a meaning by its place, as the cells of a column have. So all numbers of a
channel are scaled alike, and of a series those of a feature.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.engine.layers.base import in_words
from neurona.tables.categories import Target, Weights
from neurona.tables.table import Table, few_at_once


@dataclass(frozen=True)
class Scaling:
    """x' = (x - mean) / deviation, for each channel of images or feature of series.

    Parameters
    ----------
    shape
        That of an example: (height, width, channels) or (steps, features).
    mean, deviation
        One of each a channel; empty where the network takes the numbers as they are.
    low, high
        The least and the largest number that were learned from.
    whole
        Whether all of them were whole.
    padded
        Whether steps of zeros fill up the series: they count for nothing, and stay zeros.
    raw
        Whether ``preprocess=None`` asked for numbers as they are.

    Examples
    --------
    >>> images = np.array([0, 0, 255, 255], np.uint8).reshape(1, 2, 2, 1)
    >>> scaling = Arrays(images).learn(None, np.random.default_rng(0))
    >>> print(scaling)
    images of 2 x 2 x 1, whole numbers from 0 to 255, scaled: (x - 127.5) / 127.5
    >>> scaling(images).ravel()
    array([-1., -1.,  1.,  1.])
    """

    shape: tuple[int, ...]
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    padded: bool = False
    raw: bool = False

    @property
    def in_shape(self) -> tuple[int, ...]:
        """The shape of one example, as the network takes it."""
        return self.shape

    @property
    def plain(self) -> Scaling:
        """The scaling itself: it has no ramps."""
        return self

    @property
    def kind(self) -> str:
        """The kind of the examples."""
        return {3: "images", 2: "series", 1: "rows"}.get(len(self.shape), "arrays")

    def __call__(self, x: NDArray[Any], dtype: Any = np.float64) -> NDArray[Any]:
        """Return the network's input, from ``x (n, *shape)``."""
        if not self.mean:
            return x.astype(dtype, copy=False)
        mean, deviation = np.array(self.mean, dtype), np.array(self.deviation, dtype)
        made: NDArray[Any] = (x.astype(dtype, copy=False) - mean) / deviation
        return made * _there(x) if self.padded else made

    def __str__(self) -> str:
        """Return a sentence: what the examples are, and what is done to them."""
        numbers = f"{'whole ' if self.whole else ''}numbers from {self.low:g} to {self.high:g}"
        about = f"{self.kind} of {in_words(self.shape)}"
        if not self.mean:
            return f"{about}, taken as they are"
        if len(self.mean) > 1:
            each = "channel" if self.kind == "images" else "feature"
            return f"{about}, {numbers}, scaled to mean 0 and deviation 1 of each {each}"
        return f"{about}, {numbers}, scaled: (x - {self.mean[0]:.4g}) / {self.deviation[0]:.4g}"


@dataclass(frozen=True, eq=False)
class Arrays(Table):
    """Images or series.

    Attributes
    ----------
    x : (n, *shape)
        Their numbers, in the dtype in which they were given.
    raw
        Whether ``preprocess=None`` asks for them as they are.
    indices
        Whether they are whole numbers for an embedding, which are not scaled.
    padded
        Whether steps of zeros fill up the series.
    """

    x: NDArray[Any]
    raw: bool = False
    indices: bool = False
    padded: bool = False

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: Any) -> Arrays:
        return replace(self, x=self.x[rows])

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of all of them, for which a scorer asks."""
        return self.x.shape

    def spans(self) -> Iterator[slice]:
        """Yield the parts of the rows that are transformed together."""
        return few_at_once(self.x)

    def learn(
        self,
        weight: Weights,
        rng: np.random.Generator,
        ramps: int | str = 0,
        target: Target = None,
    ) -> Scaling:
        """Return the mean and the deviation of each channel or feature, with the weights of rows.

        Raises
        ------
        ValueError
            If all numbers are the same.
        """
        shape, low, high = self.x.shape[1:], self.x.min().item(), self.x.max().item()
        if self.raw or self.indices:
            return Scaling(shape, raw=self.raw)
        if low == high:
            raise ValueError(
                f"X holds {low:g} everywhere (n_samples={len(self)}): there is nothing to learn "
                f"from {Scaling(shape).kind} that are all alike"
            )
        count, total, square = 0.0, 0.0, 0.0
        whole = True
        for rows in self.spans():
            x = self.x[rows].astype(np.float64).reshape(-1, *shape)
            whole = whole and bool((x == np.floor(x)).all())
            ones = np.ones(len(x)) if weight is None else weight[rows]
            each = ones.reshape(-1, *(1,) * len(shape)) * (_there(x) if self.padded else 1.0)
            each = np.broadcast_to(each, (*x.shape[:-1], 1))
            axes = tuple(range(x.ndim - 1))
            # From the middle of the extremes, so that a square loses no digits.
            x = x - (low / 2 + high / 2)
            count = count + each.sum()
            total = total + (each * x).sum(axis=axes)
            square = square + (each * x * x).sum(axis=axes)
        mean = total / count
        deviation = np.sqrt(np.maximum(square / count - mean * mean, 0))
        same = deviation <= 1e-9 * (abs(low) + abs(high))  # a channel that never changes
        return Scaling(
            tuple(shape),
            tuple((mean + (low / 2 + high / 2)).tolist()),
            tuple(np.where(same, 1.0, deviation).tolist()),
            float(low),
            float(high),
            whole,
            self.padded,
        )

    def summaries(self, target: Target, rng: np.random.Generator) -> Any:
        """Refuse: the scaling is that of all examples."""
        raise ValueError("images and series are learned by one process: leave devices out")

    def transform(self, preparation: Any, dtype: Any = np.float64) -> NDArray[Any]:
        """Return the network's input, ``(n, *shape)``."""
        scaled: NDArray[Any] = preparation(self.x, dtype)
        return scaled


def _there(x: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which steps are not padding, all zeros: ``(n, steps, 1)``."""
    return np.asarray((x != 0).any(axis=-1, keepdims=True))
