"""What is to be predicted, as the network learns it, and back: classes, labels, numbers."""

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

    def encode(self, y: NDArray[Any]) -> NDArray[np.float64]:
        """Return the network's target, ``(n, n_out)``.

        Raises
        ------
        ValueError
            If there is a class that is none of these.
        """
        which = np.searchsorted(self.classes, y).clip(max=len(self.classes) - 1)
        strange = np.unique(y[self.classes[which] != y])
        if len(strange):
            raise ValueError(
                f"y has the class {strange.tolist()[0]!r}; the classes are {self.classes.tolist()}"
            )
        if self.n_out == 1:
            return which[:, None].astype(np.float64)
        target: NDArray[np.float64] = np.eye(self.n_out)[which]
        return target

    def probabilities(self, answers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each class's probability, ``(n, classes)``."""
        return np.concatenate([1 - answers, answers], axis=1) if self.n_out == 1 else answers

    def decide(self, answers: NDArray[np.float64]) -> NDArray[Any]:
        """Return the class that is most likely, ``(n,)``."""
        chosen: NDArray[Any] = self.classes[self.probabilities(answers).argmax(axis=1)]
        return chosen


@dataclass(frozen=True, eq=False)
class Labels:
    """Any number of labels a row, each a question of its own: 0 or 1.

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
        """Return the network's target, ``(n, n_out)``."""
        if y.shape[1:] != (self.n_out,):
            raise ValueError(f"y has shape {y.shape}, and there are {self.n_out} labels")
        return y.astype(np.float64)

    def probabilities(self, answers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each label's probability, ``(n, labels)``."""
        return answers

    def decide(self, answers: NDArray[np.float64]) -> NDArray[Any]:
        """Return which labels are more likely than not, ``(n, labels)``."""
        return (answers > 0.5).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Quantities:
    """Numbers, learnt with mean 0 and standard deviation 1.

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
        # But for the rounding of the mean it may be 0: then the mean is always the answer.
        constant = deviation <= 1e-12 * np.maximum(abs(mean), 1e-300)
        return cls(mean * size, np.where(constant, 0.0, deviation * size), y.ndim == 1)

    @property
    def n_out(self) -> int:
        """The network's outputs."""
        return len(self.mean)

    def encode(self, y: NDArray[Any]) -> NDArray[np.float64]:
        """Return the network's target, ``(n, n_out)``."""
        columns = y.reshape(len(y), -1)
        if columns.shape[1] != self.n_out:
            raise ValueError(f"y has {columns.shape[1]} columns, and had {self.n_out} before")
        return (columns - self.mean) / np.where(self.deviation == 0, np.inf, self.deviation)

    def decide(self, answers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the numbers, ``(n,)`` or ``(n, n_out)`` as y was."""
        numbers = answers * self.deviation + self.mean
        return numbers[:, 0] if self.single else numbers
