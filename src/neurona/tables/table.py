"""The rows that a network learns from or predicts, whatever they lie in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from neurona.engine.data import ROWS
from neurona.tables.categories import Target, Weights
from neurona.tables.columns import Column
from neurona.tables.preparation import Preparation
from neurona.tables.summaries import summary

AT_ONCE = 2**18  # numbers of images that are looked at together: a layer makes many of each

Encode: TypeAlias = Callable[[NDArray[Any]], NDArray[np.float64]]


class Table(ABC):
    """Rows of cells or numbers; ``table[rows]`` takes some of them.

    Attributes
    ----------
    may_be_of_one_class
        Whether the engine trains a classifier on rows that are all of one class.
    asks_for_target
        Whether :meth:`learn` looks at the target.
    """

    may_be_of_one_class: ClassVar[bool] = False
    asks_for_target: ClassVar[bool] = False

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __getitem__(self, rows: Any) -> Table: ...

    def spans(self) -> Iterator[slice]:
        """Yield the parts of the rows that are transformed together."""
        return spans(len(self))

    @abstractmethod
    def learn(
        self,
        weight: Weights,
        rng: np.random.Generator,
        ramps: int | str = 0,
        target: Target = None,
    ) -> Any:
        """Return what the columns hold; None where the network takes them as they are.

        ``ramps`` and ``target`` are those of :meth:`Preparation.fit`.
        """

    def summaries(self, target: Target, rng: np.random.Generator) -> list[dict[str, Any]]:
        """Return what is to be known of each column where this is a part of a table.

        Raises
        ------
        ValueError
            If the rows must be all of them.
        """
        raise ValueError("a sparse matrix is learned by one process: give arrays or frames")

    @abstractmethod
    def transform(self, preparation: Preparation | None, dtype: Any = np.float64) -> NDArray[Any]:
        """Return the network's input ``(n, n_in)``; many rows may be of that dtype, else float64.

        Raises
        ------
        ValueError
            If a column holds something else than it did.
        """

    def prepared(self, preparation: Preparation | None) -> Table:
        """Return the rows in the form in which they can be transformed again and again."""
        return Prepared(self.transform(preparation))

    def ordered(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return numbers of rows in the order in which the rows are best read."""
        return rows

    def training_data(
        self,
        preparation: Preparation | None,
        encode: Encode,
        y: NDArray[Any],
        weight: Weights,
        batch_size: int,
        dtype: Any,
    ) -> dict[str, Any]:
        """Return the arguments of :func:`neurona.train` that are about the data.

        ``encode`` turns targets into the network's.
        """
        data = {"X": self.transform(preparation, dtype), "y": encode(y), "sample_weight": weight}
        return {**data, "batch_size": batch_size, "dtype": dtype}


@dataclass(frozen=True, eq=False)
class Columns(Table):
    """Columns of equal length.

    >>> table = Columns((Column("kilos", "number", np.array([4.5, 30.0])),))
    >>> table.names, len(table), table[1:].columns[0].values
    (['kilos'], 2, array([30.]))
    """

    asks_for_target: ClassVar[bool] = True
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.columns[0].values) if self.columns else 0

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __getitem__(self, rows: Any) -> Columns:
        return Columns(tuple(replace(one, values=one.values[rows]) for one in self.columns))

    @property
    def names(self) -> list[str]:
        """The columns' names."""
        return [column.name for column in self.columns]

    def select(self, names: Iterable[str]) -> Columns:
        """Return some columns, in that order."""
        by_name = dict(zip(self.names, self.columns, strict=True))
        return Columns(tuple(by_name[name] for name in names))

    def learn(
        self,
        weight: Weights,
        rng: np.random.Generator,
        ramps: int | str = 0,
        target: Target = None,
    ) -> Preparation:
        """Return what the columns hold."""
        return Preparation.fit(self, weight, ramps, target)

    def summaries(self, target: Target, rng: np.random.Generator) -> list[dict[str, Any]]:
        """Return each column's cells, the different ones with how many rows they have."""
        return [summary(column, target) for column in self.columns]

    def transform(self, preparation: Preparation | None, dtype: Any = np.float64) -> NDArray[Any]:
        """Return the network's input; many rows are prepared part by part."""
        assert preparation is not None
        if len(self) <= ROWS:
            return preparation.transform(self)
        x = np.empty((len(self), len(preparation.outputs)), dtype)
        for rows in spans(len(self)):
            x[rows] = preparation.transform(self[rows])
        return x


@dataclass(frozen=True, eq=False)
class Prepared(Table):
    """Rows that are the network's input already.

    Attributes
    ----------
    x : (n, n_in), or (n, *shape)
        Their numbers.
    """

    x: NDArray[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """The numbers of rows and of the network's inputs, for which a scorer asks."""
        return self.x.shape

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: Any) -> Prepared:
        return Prepared(self.x[rows])

    def spans(self) -> Iterator[slice]:
        """Yield the parts of the rows that are transformed together."""
        return spans(len(self)) if self.x.ndim == 2 else few_at_once(self.x)

    def learn(
        self,
        weight: Weights,
        rng: np.random.Generator,
        ramps: int | str = 0,
        target: Target = None,
    ) -> None:
        """Return None: nothing is to be prepared."""

    def transform(self, preparation: Preparation | None, dtype: Any = np.float64) -> NDArray[Any]:
        """Return the numbers."""
        return self.x


def spans(n: int, most: int = ROWS) -> Iterator[slice]:
    """Yield the parts of n rows that are looked at together."""
    return (slice(begin, min(begin + most, n)) for begin in range(0, max(n, 1), most))


def few_at_once(x: NDArray[Any]) -> Iterator[slice]:
    """Yield the parts of images or series that a network sees together."""
    return spans(len(x), max(1, AT_ONCE // prod(x.shape[1:])))
