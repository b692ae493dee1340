"""Costs: what is to become small, each with its derivative beside it.

``cost(output, target, weight) -> (value, d_output)``: the mean over the examples, of which each
counts by its weight, and its derivative by the output. ``link`` names the activation that leads
from that output to a prediction: the cross-entropies take *logits*, before the last activation,
because there the two derivatives simplify to ``prediction - target`` and nothing overflows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from neurona.engine.activations import sigmoid, softplus
from neurona.engine.types import Array
from neurona.names import lookup

if TYPE_CHECKING:
    from neurona.engine.network import Network


class Cost(Protocol):
    """A function of what the network puts out and what it should, with its derivative."""

    link: ClassVar[str | None]

    def __call__(
        self, output: Array, target: Array, weight: Array | None = None
    ) -> tuple[Array, Array]:
        """Return ``(value, d_output)`` from ``output`` and ``target (batch, n_out)``."""
        ...


def shares(weight: Array | None, batch: int) -> Any:
    """Each example's share in the mean: 1 / batch, or its weight over their sum, as a column."""
    if weight is None:
        return 1 / batch
    total = weight.sum()
    return (weight / (total + (total == 0)))[:, None]  # a batch of zeros weighs nothing, not 0 / 0


@dataclass(frozen=True)
class SquaredError:
    """Mean squared error, (p - t)², over examples and outputs; its derivative is 2 (p - t).

    The lesson's cost. Some texts halve it, and lose the 2.

    Examples
    --------
    >>> import numpy as np
    >>> value, d = SquaredError()(np.array([[1.0], [0.0]]), np.array([[0.0], [0.0]]))
    >>> float(value), d.ravel()
    (0.5, array([1., 0.]))
    """

    link: ClassVar[str | None] = None

    def __call__(
        self, output: Array, target: Array, weight: Array | None = None
    ) -> tuple[Array, Array]:
        """Return the cost and its derivative by ``output``."""
        error = output - target
        d = (2 * shares(weight, len(error)) / error.shape[1]) * error
        return error.__array_namespace__().vdot(d, error) / 2, d


@dataclass(frozen=True)
class AbsoluteError:
    """Mean absolute error, |p - t|, over examples and outputs; its derivative is the sign."""

    link: ClassVar[str | None] = None

    def __call__(
        self, output: Array, target: Array, weight: Array | None = None
    ) -> tuple[Array, Array]:
        """Return the cost and its derivative by ``output``."""
        error = output - target
        sign = error.__array_namespace__().sign(error)
        weighted = (shares(weight, len(error)) / error.shape[1]) * sign
        return (weighted * error).sum(), weighted


@dataclass(frozen=True)
class Huber:
    """e² / 2 up to |e| = delta and delta (|e| - delta / 2) beyond; derivative: e, clipped.

    Outliers pull with a force of ``delta`` at most (Huber, 1964).

    Parameters
    ----------
    delta
        Where the parabola becomes a line, in units of the target.
    """

    delta: float = 1.0
    link: ClassVar[str | None] = None

    def __call__(
        self, output: Array, target: Array, weight: Array | None = None
    ) -> tuple[Array, Array]:
        """Return the cost and its derivative by ``output``."""
        error = output - target
        clipped = error.__array_namespace__().clip(error, -self.delta, self.delta)
        weighted = (shares(weight, len(error)) / error.shape[1]) * clipped
        # c (e - c / 2) is e² / 2 where c = e, and delta (|e| - delta / 2) where c = ± delta
        return (weighted * (error - 0.5 * clipped)).sum(), weighted


@dataclass(frozen=True)
class BinaryCrossEntropy:
    """Cross-entropy of two classes, -t log p - (1 - t) log(1 - p), with p = σ(z).

    In the logit z it is ``softplus(z) - t z``, and its derivative ``p - t``. With several outputs,
    each is a question of its own, and the mean is over them too.

    Examples
    --------
    >>> import numpy as np
    >>> value, d = BinaryCrossEntropy()(np.array([[0.0]]), np.array([[1.0]]))
    >>> round(float(value), 4), d
    (0.6931, array([[-0.5]]))
    """

    link: ClassVar[str | None] = "sigmoid"

    def __call__(
        self, output: Array, target: Array, weight: Array | None = None
    ) -> tuple[Array, Array]:
        """Return the cost and its derivative by the logits ``output``."""
        share = shares(weight, len(output)) / output.shape[1]
        value = (share * (softplus(output) - target * output)).sum()
        return value, share * (sigmoid(output) - target)


@dataclass(frozen=True)
class CategoricalCrossEntropy:
    """Cross-entropy of many classes, -Σ_k t_k log p_k, with p = softmax(z).

    In the logits z it is ``log Σ e^z - t·z``, and its derivative ``p - t``. The rows of ``target``
    add up to 1: one-hot, or probabilities.

    Examples
    --------
    >>> import numpy as np
    >>> value, d = CategoricalCrossEntropy()(np.zeros((1, 4)), np.array([[0.0, 0, 1, 0]]))
    >>> round(float(value), 4), d
    (1.3863, array([[ 0.25,  0.25, -0.75,  0.25]]))
    """

    link: ClassVar[str | None] = "softmax"

    def __call__(
        self, output: Array, target: Array, weight: Array | None = None
    ) -> tuple[Array, Array]:
        """Return the cost and its derivative by the logits ``output``."""
        xp = output.__array_namespace__()
        share = shares(weight, len(output))
        z = output - output.max(axis=1, keepdims=True)  # e^z stays below 1
        e = xp.exp(z)
        total = e.sum(axis=1, keepdims=True)
        value = (share * target * (xp.log(total) - z)).sum()
        return value, share * (e / total - target)


COSTS: dict[str, Any] = {
    "binary_cross_entropy": BinaryCrossEntropy,
    "categorical_cross_entropy": CategoricalCrossEntropy,
    "huber": Huber,
    "mae": AbsoluteError,
    "mse": SquaredError,
}
ALIASES = {"absolute_error": "mae", "squared_error": "mse"}
CROSS_ENTROPIES = {"sigmoid": BinaryCrossEntropy, "softmax": CategoricalCrossEntropy}


def find_cost(which: Any, net: Network) -> Cost:
    """Return the cost for a network: itself, by name, or what its output asks for.

    ``None`` and ``"cross_entropy"`` mean the binary one after a sigmoid and the categorical one
    after a softmax; after any other output ``None`` means the squared error.

    Raises
    ------
    ValueError
        If there is none of that name, or if it does not go with the network's last activation.
    """
    output = net.output.name
    if which is None:
        which = CROSS_ENTROPIES.get(output, SquaredError)()
    elif which == "cross_entropy":
        which = CROSS_ENTROPIES.get(output, CategoricalCrossEntropy)()
    elif isinstance(which, type) or not hasattr(which, "link"):  # a name, or what is no cost
        known = {**COSTS, "cross_entropy": None}
        which = lookup("cost", ALIASES.get(str(which), which), known)()
    link = which.link
    if link is not None and link != output:
        raise ValueError(
            f"{type(which).__name__} needs a network that ends in {link}, and this one ends in "
            f"{output}: make it with network(..., output={link!r})"
        )
    cost: Cost = which
    return cost
