"""The types that the engine's parts share: arrays, parameters, pullbacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

# NumPy's arrays, and JAX's arrays and tracers, which have the same operators and methods. A formula
# that needs a function asks its argument for the namespace: `xp = x.__array_namespace__()`.
Array: TypeAlias = NDArray[Any]

# The shape of one example, or of one array of parameters: (28, 28, 1).
Shape: TypeAlias = tuple[int, ...]

# Parameters are a tree of tuples. A layer's are a NamedTuple of arrays, those of a composition a
# tuple with an entry for each of its layers, and a network is a composition. In a stack of networks
# each array has one more axis, the first.
LayerParams: TypeAlias = tuple[Any, ...]
Params: TypeAlias = tuple[LayerParams, ...]

# How much each example of a batch counts, (batch,); None: all the same.
Weight: TypeAlias = Array | None

# The random numbers of one training step: an array for a layer that needs one, None for one
# that does not, and for a composition a tuple.
Noise: TypeAlias = Any

Seed: TypeAlias = int | Sequence[int] | np.random.Generator | None


class Pullback(Protocol):
    """Carry the cost's derivative back through a layer: by its output, to its input and parameters.

    ``need_dx=False`` spares the derivative by the input, which the first layer has no use for: for
    a 784 x 128 layer it is a third of the whole step.
    """

    def __call__(self, dy: Array, /, need_dx: bool = True) -> tuple[Array | None, Any]:
        """Return ``(dx, grads)``, ``grads`` being shaped like the layer's parameters."""
        ...
