"""Is the gradient the gradient? Central differences tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from neurona.engine.costs import find_cost
from neurona.engine.data import check_data, check_network, check_params
from neurona.engine.network import Network
from neurona.engine.noise import noise_of
from neurona.engine.objective import Objective
from neurona.engine.parameters import flatten, parameter_name, unflatten
from neurona.engine.types import Array, Params, Seed

SURELY = 1e-7  # an error that rounding makes, if there is one
LONGER = (1e-3, 1e-4)  # steps of differences whose truncation is of a higher order


class GradientCheck(NamedTuple):
    """The worst relative error, and the parameter where it is."""

    error: float
    parameter: str


def numerical_gradient(
    function: Callable[[Array], float], theta: Array, step: float = 6e-6
) -> Array:
    """Return ((f(θ + h eᵢ) - f(θ - h eᵢ)) / 2h) for each i, by 2 len(θ) calls of the function.

    The step is the cube root of float64's precision: there the error of truncation, h²/6 f''', and
    that of rounding, ε/h, are of one size.

    Examples
    --------
    >>> numerical_gradient(lambda theta: (theta**2).sum(), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    gradient = np.empty(len(theta))
    for i in range(len(theta)):
        h = np.zeros(len(theta))
        h[i] = step
        gradient[i] = (function(theta + h) - function(theta - h)) / (2 * step)
    return gradient


def five_point(function: Callable[[Array], float], theta: Array, i: int, h: float) -> float:
    """Return (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h, f being along parameter i.

    Its error of truncation is h⁴/30 f⁽⁵⁾: the step may be longer, and what rounding does shrinks
    with it.

    Examples
    --------
    >>> round(five_point(lambda theta: np.exp(theta).sum(), np.zeros(2), 0, 1e-3), 12)
    1.0
    """
    along = np.zeros(len(theta))
    along[i] = h
    near, far = (function(theta + k * along) - function(theta - k * along) for k in (1, 2))
    return float((8 * near - far) / (12 * h))


def check_gradient(
    net: Network,
    X: Any,
    y: Any,
    cost: Any = None,
    *,
    params: Params | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    rng: Seed = 0,
) -> GradientCheck:
    """Compare backpropagation's gradient with central differences, in float64.

    The gradient is that of a training step: with one draw of a dropout, and with a batch
    normalization over these examples.

    Parameters
    ----------
    net
        The network.
    X, y
        Examples, as for :func:`neurona.train`; a few are enough.
    cost
        A cost or its name; by default what the network's output asks for.
    params
        Where to compare; by default at a draw from ``rng``.
    l1, l2
        The penalty, as for :func:`neurona.train`.
    rng
        Seed or generator of that draw.

    Returns
    -------
    GradientCheck
        ``error`` is the largest |g - n| / max(|g|, |n|), where derivatives below a ten-thousandth
        of the largest one are measured against that: of those, differences of float64 tell
        nothing. Above 1e-7, where rounding alone may be the cause, longer steps with differences of
        a higher order have a say too. Below 1e-6 is right; ``parameter`` says where it is, such as
        ``layer 2, W[3, 0]``.

    Examples
    --------
    >>> from neurona import network
    >>> result = check_gradient(network([2, 3, 1]), [[0.0, 1.0], [1.0, 1.0]], [0, 1], "mse")
    >>> result.error < 1e-6
    True
    """
    check_network(net)
    objective = Objective(net, find_cost(cost, net), l1, l2)
    data = check_data(net, X, y, dtype=np.float64)
    drawn = net.init(rng, np.float64)
    params = drawn if params is None else check_params(net, params, np.float64)
    noise = noise_of(net, (0, 0), len(data.x))
    with np.errstate(all="ignore"):
        _, grads = objective.value_and_gradient(params, data.x, data.target, noise=noise)
    exact = flatten(grads)

    def value(theta: Array) -> float:
        given = unflatten(theta, params)
        with np.errstate(all="ignore"):  # a sigmoid may pass through infinity
            return float(objective.value(given, data.x, data.target, noise=noise))

    theta = flatten(params)
    numerical = numerical_gradient(value, theta)
    floor = 1e-4 * max(abs(exact).max(), abs(numerical).max()) or 1.0
    with np.errstate(invalid="ignore"):
        errors = _relative(exact, numerical, floor)
        for i in np.flatnonzero(errors > SURELY).tolist():
            others = [five_point(value, theta, i, h) for h in LONGER]
            errors[i] = min(errors[i], *_relative(exact[i], np.array(others), floor))
    worst = int(errors.argmax())
    return GradientCheck(float(errors[worst]), parameter_name(params, worst))


def _relative(exact: Array, numerical: Array, floor: float) -> Array:
    """Return the relative errors, infinite where there is none."""
    errors = abs(exact - numerical) / np.maximum(np.maximum(abs(exact), abs(numerical)), floor)
    return np.where(np.isnan(errors), np.inf, errors)
