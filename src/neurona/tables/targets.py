"""Targets, as the network learns them, and back: classes, labels, numbers, counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Classes:
    """One class a row: 0 and 1 for two, an indicator a class for more.

    >>> kinds = Classes(np.array(["cat", "dog"]))
    >>> kinds.encode(np.array(["dog", "cat"]))
    array([[1.],
           [0.]])
    >>> kinds.probabilities(np.array([[0.9]]))
    array([[0.1, 0.9]])
    >>> kinds.decide(np.array([[0.9]]))
    array(['dog'], dtype='<U3')
    """

    classes: NDArray[Any]

    @property
    def n_out(self) -> int:
        """The network's outputs."""
        return 1 if len(self.classes) == 2 else len(self.classes)

    @property
    def output(self) -> str:
        """The network's last activation."""
        return "sigmoid" if len(self.classes) == 2 else "softmax"

    def confirm(self, classes: NDArray[Any]) -> None:
        """Refuse sorted classes that differ from these."""
        if not np.array_equal(classes, self.classes):
            raise ValueError(
                f"classes are {classes.tolist()}, and were {self.classes.tolist()} before"
            )

    def index(self, y: NDArray[Any]) -> NDArray[np.int64]:
        """Return which of the classes each is.

        Raises
        ------
        ValueError
            If a class is not one of these.
        """
        which: NDArray[np.int64] = np.searchsorted(self.classes, y).clip(max=len(self.classes) - 1)
        strange = np.unique(y[self.classes[which] != y])
        if len(strange):
            raise ValueError(
                f"y has the class {strange.tolist()[0]!r}; the classes are {self.classes.tolist()}"
            )
        return which

    def encode(self, y: NDArray[Any]) -> NDArray[np.float64]:
        """Return the network's target, ``(n, n_out)``; refuse a class that is not one of these."""
        which = self.index(y)
        if self.n_out == 1:
            return which[:, None].astype(np.float64)
        target: NDArray[np.float64] = np.eye(self.n_out)[which]
        return target

    def other(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return another class for each."""
        other: NDArray[Any] = self.classes[(self.index(y) + 1) % len(self.classes)]
        return other

    def probabilities(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each class's probability, ``(n, classes)``."""
        return np.concatenate([1 - outputs, outputs], axis=1) if self.n_out == 1 else outputs

    def decide(self, outputs: NDArray[np.float64]) -> NDArray[Any]:
        """Return the class that is most likely, ``(n,)``."""
        chosen: NDArray[Any] = self.classes[self.probabilities(outputs).argmax(axis=1)]
        return chosen


@dataclass(frozen=True, eq=False)
class Labels:
    """Any number of labels a row, each 0 or 1.

    >>> Labels(np.arange(2)).decide(np.array([[0.9, 0.4]]))
    array([[1, 0]])
    """

    classes: NDArray[Any]
    output: ClassVar[str] = "sigmoid"

    @property
    def n_out(self) -> int:
        """The network's outputs."""
        return len(self.classes)

    def encode(self, y: NDArray[Any]) -> NDArray[np.float64]:
        """Return the network's target, ``(n, n_out)``.

        Raises
        ------
        ValueError
            If there are not as many labels, or one is neither 0 nor 1.
        """
        if y.shape[1:] != (self.n_out,):
            raise ValueError(f"y has shape {y.shape}, and there are {self.n_out} labels")
        strange = (y != 0) & (y != 1)
        if strange.any():
            row, label = np.argwhere(strange)[0].tolist()
            raise ValueError(f"y[{row}, {label}] is {y[row, label]}: a label is 0 or 1")
        return y.astype(np.float64)

    def other(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return the other labels for each."""
        return 1 - y

    def probabilities(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each label's probability, ``(n, labels)``."""
        return outputs

    def decide(self, outputs: NDArray[np.float64]) -> NDArray[Any]:
        """Return which labels are more likely than not, ``(n, labels)``."""
        return (outputs > 0.5).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Quantities:
    """Numbers, learned with mean 0 and standard deviation 1.

    >>> prices = Quantities.fit(np.array([10.0, 30.0]), None)
    >>> prices.encode(np.array([10.0, 30.0])).ravel()
    array([-1.,  1.])
    >>> prices.decide(np.array([[0.0], [1.0]]))
    array([20., 30.])
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    single: bool
    output: ClassVar[str] = "linear"

    @classmethod
    def fit(cls, y: NDArray[np.float64], weight: NDArray[np.float64] | None) -> Quantities:
        """Learn mean and deviation of each column, the rows counting by their weights."""
        columns = y.reshape(len(y), -1)
        size = abs(columns).max(axis=0)  # so that no square overflows, or comes to nothing
        size[size == 0] = 1.0
        columns = columns / size
        mean = np.average(columns, axis=0, weights=weight)
        deviation = np.sqrt(np.average((columns - mean) ** 2, axis=0, weights=weight))
        # But for the rounding of the mean it may be 0: then the mean is always predicted.
        constant = deviation <= 1e-12 * np.maximum(abs(mean), 1e-300)
        return cls(mean * size, np.where(constant, 0.0, deviation * size), y.ndim == 1)

    @property
    def scale(self) -> NDArray[np.float64]:
        """The factor, ``(n_out,)``, from the network's outputs to the target's units."""
        return self.deviation

    @property
    def shift(self) -> NDArray[np.float64]:
        """The number, ``(n_out,)``, that is added then."""
        return self.mean

    @property
    def n_out(self) -> int:
        """The network's outputs."""
        return len(self.mean)

    def encode(self, y: NDArray[Any]) -> NDArray[np.float64]:
        """Return the network's target, ``(n, n_out)``."""
        columns = _as_many(y, self.n_out)
        deviation = np.where(self.deviation == 0, np.inf, self.deviation)
        return (columns / 2 - self.mean / 2) / (deviation / 2)  # halves have a difference always

    def decide(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the numbers, ``(n,)`` or ``(n, n_out)`` as y was."""
        numbers = outputs * self.scale + self.shift
        return numbers[:, 0] if self.single else numbers


@dataclass(frozen=True, eq=False)
class Counts:
    """Numbers from 0 on, learned as shares of their mean: the network predicts a rate, e^z.

    They are neither shifted nor standardized, since 0 has to stay 0. In the Poisson cost another
    unit is only a factor and a constant, so the same weights are best. From z = 0, where a network
    starts, it is never far, whether the counts are ones or millions.

    >>> visitors = Counts.fit(np.array([0.0, 10.0, 50.0]), None)
    >>> visitors.encode(np.array([0.0, 10.0, 50.0])).ravel()
    array([0. , 0.5, 2.5])
    >>> visitors.decide(np.array([[1.0], [2.0]]))
    array([20., 40.])
    """

    mean: NDArray[np.float64]
    single: bool
    output: ClassVar[str] = "exp"

    @classmethod
    def fit(cls, y: NDArray[np.float64], weight: NDArray[np.float64] | None) -> Counts:
        """Learn the mean of each column, the rows counting by their weights.

        Raises
        ------
        ValueError
            If a number is negative.
        """
        columns = _not_negative(y.reshape(len(y), -1))
        size = np.maximum(columns.max(axis=0), 1e-300)  # so that no sum overflows
        return cls(np.average(columns / size, axis=0, weights=weight) * size, y.ndim == 1)

    @property
    def scale(self) -> NDArray[np.float64]:
        """The factor, ``(n_out,)``, from the network's outputs to the target's units."""
        return self.mean

    @property
    def shift(self) -> NDArray[np.float64]:
        """The number, ``(n_out,)``, that is added then: 0."""
        return np.zeros_like(self.mean)

    @property
    def n_out(self) -> int:
        """The network's outputs."""
        return len(self.mean)

    def encode(self, y: NDArray[Any]) -> NDArray[np.float64]:
        """Return the network's target, ``(n, n_out)``.

        Raises
        ------
        ValueError
            If a number is negative.
        """
        columns = _as_many(y, self.n_out)
        return _not_negative(columns) / np.where(self.mean == 0, np.inf, self.mean)

    def decide(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the rates, ``(n,)`` or ``(n, n_out)`` as y was."""
        with np.errstate(over="ignore"):  # e^z may be so large that it is infinite
            rates = np.where(self.mean == 0, 0.0, outputs) * self.mean
        return rates[:, 0] if self.single else rates


def _as_many(y: NDArray[Any], n_out: int) -> NDArray[Any]:
    """Return the target's columns, which must be as many as before."""
    columns = y.reshape(len(y), -1)
    if columns.shape[1] != n_out:
        raise ValueError(f"y has {columns.shape[1]} columns, and had {n_out} before")
    return columns


def _not_negative(columns: NDArray[Any]) -> NDArray[Any]:
    if (columns < 0).any():
        row = int(np.argmax((columns < 0).any(axis=1)))
        raise ValueError(
            f"y[{row}] holds {columns[row].min():g}, and the Poisson cost is for counts: give "
            "numbers of 0 or more, or another cost"
        )
    return columns
