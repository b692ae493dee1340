"""Costs for counts and for quantiles. They enter themselves among the core's by their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from neurona.checks import check_share
from neurona.engine.activations import exp
from neurona.engine.costs import COSTS, shares
from neurona.engine.types import Array


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
        share = shares(weight, len(output)) / output.shape[1]
        rate = exp(output)  # may be infinite: training then says that it diverged
        return (share * (rate - target * output)).sum(), share * (rate - target)


@dataclass(frozen=True)
class Pinball:
    """Pinball cost, q (t - p) where t > p and (1 - q)(p - t) elsewhere: for a quantile.

    It is least where a share q of the targets is below p. Its derivative by p is -q below the
    target and 1 - q above it, and at the target the middle of the two. At q = 1/2 it is half the
    absolute error.

    Parameters
    ----------
    quantile
        q, between 0 and 1: 0.9 for a number that nine targets of ten stay below.

    Raises
    ------
    ValueError
        If q is no number between 0 and 1.

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
        object.__setattr__(self, "quantile", check_share("quantile", self.quantile))

    def __call__(
        self, output: Array, target: Array, weight: Array | None = None
    ) -> tuple[Array, Array]:
        """Return the cost and its derivative by ``output``."""
        error = output - target
        slope = 0.5 * error.__array_namespace__().sign(error) + (0.5 - self.quantile)
        weighted = (shares(weight, len(error)) / error.shape[1]) * slope
        return (weighted * error).sum(), weighted


COSTS.update({"pinball": Pinball, "poisson": Poisson})
