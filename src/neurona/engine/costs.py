"""Costs: what the training minimizes, each with its derivative beside it.

``cost(output, target, weight) -> (value, d_output)``: the mean over the examples, of which each
counts by its weight, and its derivative by the output. ``link`` names the activation that leads
from that output to a prediction: the cross-entropies take *logits*, before the last activation,
because there the two derivatives simplify to ``prediction - target`` and nothing overflows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from neurona.checks import check_fields, check_positive, check_share
from neurona.engine.activations import exp, sigmoid
from neurona.engine.layers.base import Layer
from neurona.engine.types import Array
from neurona.engine.weighting import shares
from neurona.registry import lookup


class Cost(Protocol):
    """A function of the network's output and its target, with its derivative."""

    link: ClassVar[str | None]

    def __call__(
        self, output: Array, target: Array, weight: Array | None = None
    ) -> tuple[Array, Array]:
        """Return ``(value, d_output)`` from ``output`` and ``target (batch, n_out)``."""
        ...


def inner(a: Array, b: Array) -> Any:
    """Return Σ a b over the last two axes: of a stack of networks, one number for each."""
    xp = a.__array_namespace__()
    return xp.vdot(a, b) if a.ndim == 2 else (a * b).sum(axis=(-2, -1))


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
        d = (2 * shares(weight, error.shape[-2]) / error.shape[-1]) * error
        return inner(d, error) / 2, d


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
        weighted = (shares(weight, error.shape[-2]) / error.shape[-1]) * sign
        return inner(weighted, error), weighted


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

    def __post_init__(self) -> None:
        check_fields(self, delta=check_positive)

    def __call__(
        self, output: Array, target: Array, weight: Array | None = None
    ) -> tuple[Array, Array]:
        """Return the cost and its derivative by ``output``."""
        error = output - target
        clipped = error.__array_namespace__().clip(error, -self.delta, self.delta)
        weighted = (shares(weight, error.shape[-2]) / error.shape[-1]) * clipped
        # c (e - c / 2) is e² / 2 where c = e, and delta (|e| - delta / 2) where c = ± delta
        return inner(weighted, error - 0.5 * clipped), weighted


@dataclass(frozen=True)
class BinaryCrossEntropy:
    """Cross-entropy of two classes, -t log p - (1 - t) log(1 - p), with p = σ(z).

    In the logit z it is ``softplus(z) - t z``, and its derivative ``p - t``. Computed as
    ``(max(z, 0) - t z) + log(1 + e^-|z|)`` it keeps the digits of a small cost. With several
    outputs, each is a question of its own, and the mean is over them too.

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
        share = shares(weight, output.shape[-2]) / output.shape[-1]
        xp = output.__array_namespace__()
        linear = xp.maximum(output, 0) - target * output
        value = (share * (linear + xp.log1p(xp.exp(-abs(output))))).sum(axis=(-2, -1))
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
        share = shares(weight, output.shape[-2])
        share = share if weight is None else share.mT
        z, t = output.mT, target.mT  # an example is a column, as in a layer
        z = z - z.max(axis=-2, keepdims=True)  # e^z stays below 1
        e = xp.exp(z)
        total = e.sum(axis=-2, keepdims=True)
        # log Σ e^z from the sum without the largest, 1: that of a certain prediction is tiny.
        largest = z == 0
        rest = xp.where(largest, 0, e).sum(axis=-2, keepdims=True)
        ties = largest.sum(axis=-2, keepdims=True, dtype=z.dtype) - 1
        value = (share * t * (xp.log1p(rest + ties) - z)).sum(axis=(-2, -1))
        return value, (share * (e / total - t)).mT


@dataclass(frozen=True)
class Poisson:
    """Poisson cost, λ - t log λ with λ = e^z: for counts, whose variance is their mean.

    In z, the logarithm of the rate, it is ``e^z - t z``, and its derivative ``e^z - t``: the
    negative log-likelihood of the counts t but for log t!, over which no network has a say. The
    target may be any number from 0 on: of counts over times that differ, give the count divided by
    its time as the target, and the time as the example's weight.

    Raises
    ------
    ValueError
        From :func:`neurona.train`, if a target is negative.

    Notes
    -----
    The value may be negative. Others differ by what does not depend on z, so that the derivative is
    the same: PyTorch's ``PoissonNLLLoss`` is this one by default, and ``full=True`` adds Stirling's
    approximation of log t!; scikit-learn's ``mean_poisson_deviance`` is twice the sum of this one
    and t log t - t, which makes it 0 where λ = t.

    References
    ----------
    McCullagh & Nelder, "Generalized linear models", 1989, section 6.2.

    Examples
    --------
    >>> import numpy as np
    >>> z, counts = np.array([[0.0], [0.0]]), np.array([[0.0], [3.0]])
    >>> value, d = Poisson()(z, counts)
    >>> float(value), d.ravel()
    (1.0, array([ 0.5, -1. ]))
    """

    link: ClassVar[str | None] = "exp"

    def __call__(
        self, output: Array, target: Array, weight: Array | None = None
    ) -> tuple[Array, Array]:
        """Return the cost and its derivative by the logarithm of the rate, ``output``."""
        share = shares(weight, output.shape[-2]) / output.shape[-1]
        rate = exp(output)  # may be infinite: training then says that it diverged
        value = (share * (rate - target * output)).sum(axis=(-2, -1))
        return value, share * (rate - target)


@dataclass(frozen=True)
class Pinball:
    """Pinball cost, q (t - p) where t > p and (1 - q)(p - t) elsewhere: for a quantile.

    It is least where a share q of the targets is below p. Its derivative by p is -q below the
    target and 1 - q above it, and at the target the middle of the two. At q = 1/2 it is half the
    absolute error.

    Parameters
    ----------
    quantile
        q, between 0 and 1: 0.9 for the 90th percentile.

    Raises
    ------
    ValueError
        If q is not a number between 0 and 1.

    References
    ----------
    Koenker & Bassett, "Regression quantiles", 1978, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> value, d = Pinball(0.9)(np.array([[1.0], [1.0]]), np.array([[3.0], [0.0]]))
    >>> round(float(value), 3), d.ravel().round(3)
    (0.95, array([-0.45,  0.05]))
    """

    quantile: float = 0.5
    link: ClassVar[str | None] = None

    def __post_init__(self) -> None:
        check_fields(self, quantile=check_share)

    def __call__(
        self, output: Array, target: Array, weight: Array | None = None
    ) -> tuple[Array, Array]:
        """Return the cost and its derivative by ``output``."""
        error = output - target
        slope = 0.5 * error.__array_namespace__().sign(error) + (0.5 - self.quantile)
        weighted = (shares(weight, error.shape[-2]) / error.shape[-1]) * slope
        return inner(weighted, error), weighted


COSTS: dict[str, Any] = {
    "binary_cross_entropy": BinaryCrossEntropy,
    "categorical_cross_entropy": CategoricalCrossEntropy,
    "huber": Huber,
    "mae": AbsoluteError,
    "mse": SquaredError,
    "pinball": Pinball,
    "poisson": Poisson,
}
ALIASES = {  # of other libraries
    "absolute_error": "mae",
    "mean_absolute_error": "mae",
    "squared_error": "mse",
    "mean_squared_error": "mse",
    "bce": "binary_cross_entropy",
    "binary_crossentropy": "binary_cross_entropy",
    "categorical_crossentropy": "categorical_cross_entropy",
    "sparse_categorical_crossentropy": "categorical_cross_entropy",
    "crossentropy": "cross_entropy",
    "log_loss": "cross_entropy",
}
CROSS_ENTROPIES = {"sigmoid": BinaryCrossEntropy, "softmax": CategoricalCrossEntropy}


CUSTOM = (
    "an object with link, None or the last activation that it includes, and __call__(output, "
    "target, weight=None), which returns the cost and its derivative by the output"
)


def find_cost(which: Any, net: Layer) -> Cost:
    """Return the cost for a network: itself, by name, or what its output asks for.

    ``None`` and ``"cross_entropy"`` mean the binary one after a sigmoid and the categorical one
    after a softmax; after any other output ``None`` means the squared error.

    Raises
    ------
    ValueError
        If there is none of that name, or if it does not go with the network's last activation.
    """
    output = net.activation.name
    which = ALIASES.get(which, which) if isinstance(which, str) else which
    if which is None:
        which = CROSS_ENTROPIES.get(output, SquaredError)()
    elif isinstance(which, str) and which == "cross_entropy":
        which = CROSS_ENTROPIES.get(output, CategoricalCrossEntropy)()
    elif not _is_cost(which):  # a name
        known = {**COSTS, "cross_entropy": None}
        which = lookup("cost", which, known, CUSTOM)()
    link = which.link
    if link is not None and link != output:
        raise ValueError(
            f"{type(which).__name__} needs a network that ends in {link}, and this one ends in "
            f"{output}: make it with network(..., output={link!r}), or give another cost"
        )
    cost: Cost = which
    return cost


def _is_cost(which: Any) -> bool:
    return hasattr(which, "link") and not isinstance(which, type)
