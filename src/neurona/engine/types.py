"""What the engine's parts are to one another: arrays, pullbacks, layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

# NumPy's arrays, and JAX's arrays and tracers, which have the same operators and methods. A formula
# that needs a function asks its argument for the namespace: `xp = x.__array_namespace__()`.
Array: TypeAlias = NDArray[Any]

# The parameters of one layer (a NamedTuple of arrays), and of a network: one entry a layer.
LayerParams: TypeAlias = tuple[Array, ...]
Params: TypeAlias = tuple[LayerParams, ...]

# How much each example of a batch counts, (batch,); None: all the same.
Weight: TypeAlias = Array | None

# What chance has drawn for one step of the training: an array for each layer that has some, and
# None for the others. None instead of all that: the layers answer, and are not being trained.
Noise: TypeAlias = tuple[Array | None, ...] | None

Seed: TypeAlias = int | Sequence[int] | np.random.Generator | None


class Pullback(Protocol):
    """Carry the cost's derivative back through a layer: by its output, to its input and parameters.

    ``need_dx=False`` spares the derivative by the input, which the first layer has no use for: for
    a 784 x 128 layer it is a third of the whole step.
    """

    def __call__(self, dy: Array, /, need_dx: bool = True) -> tuple[Array | None, Any]:
        """Return ``(dx, grads)``, ``grads`` being shaped like the layer's parameters."""
        ...


class Layer(Protocol):
    """Hyperparameters, and a function with its derivative; parameters come in from outside.

    A layer that is trained otherwise than it answers has another function for that, with its
    derivative too: ``practise(params, x, weight, noise) -> (y, pullback)``, ``weight`` being the
    examples' weights, or None, and ``noise`` what its method ``noise(rng, batch)`` drew, if it has
    one. If it also has ``remember(params, x, weight) -> params``, it takes from the training
    examples what it needs to know when it answers.
    """

    @property
    def n_in(self) -> int:
        """Columns of the input."""
        ...

    @property
    def n_out(self) -> int:
        """Columns of the output."""
        ...

    def init(self, rng: np.random.Generator, dtype: Any = np.float32) -> LayerParams:
        """Draw initial parameters."""
        ...

    def forward(self, params: Any, x: Array) -> tuple[Array, Pullback]:
        """Return the output and its pullback."""
        ...
