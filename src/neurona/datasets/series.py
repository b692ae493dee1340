"""Series: a made one that has to be remembered, and a daily one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurona.datasets.arguments import Rng, generator, not_negative, points, whole
from neurona.extras import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEATHER = ("temp_max", "temp_min", "precipitation", "wind")


def memory(
    n: int = 500, *, steps: int = 16, noise: float = 0.3, rng: Rng = None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Draw series whose first number decides the class, with noise after it: to be remembered.

        x₀ = 1 in class 1, and -1 in class 0;  xₜ = noise · N(0, 1) for t > 0

    A network that reads step by step meets the class at the first step, and is asked for it after
    the last one.

    Parameters
    ----------
    n
        Number of series, 2 or more; half of them are of each class.
    steps
        Numbers of a series, 2 or more.
    noise
        Standard deviation of all numbers but the first.
    rng
        Seed or generator.

    Returns
    -------
    X : (n, steps, 1) float64
        The series, one number a step.
    y : (n,) int64
        Their classes, 0 or 1.

    Raises
    ------
    ValueError
        If an argument is out of the range given above.

    References
    ----------
    Bengio, Simard & Frasconi, "Learning long-term dependencies with gradient descent is
    difficult", 1994, whose latching problem it follows.

    Examples
    --------
    >>> X, y = memory(n=4, steps=3, rng=0)
    >>> X.shape, bool(((X[:, 0, 0] > 0) == y).all()), y.sum()
    ((4, 3, 1), True, np.int64(2))
    """
    n = points(n, classes=2)
    steps = whole("steps", steps, 2, "one to remember, and one to remember it over", example=16)
    noise = not_negative("noise", noise, example=0.3)
    rng = generator(rng)
    y = rng.permutation(np.arange(n) % 2)
    X = noise * rng.standard_normal((n, steps, 1))
    X[:, 0, 0] = 2 * y - 1
    return X, y


def seattle_weather() -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    """Return the weather of Seattle on each day of 2012 to 2015, which comes with vega_datasets.

    Returns
    -------
    days : (1461,) datetime64[D]
        The days, none of which is missing.
    values : (1461, 4) float64
        Highest and lowest temperature (°C), precipitation (mm), wind (m/s).

    Raises
    ------
    MissingExtra
        If vega_datasets is not installed.

    References
    ----------
    U.S. National Weather Service (NOAA), public domain.

    Examples
    --------
    >>> days, values = seattle_weather()  # doctest: +SKIP
    >>> str(days[0]), values[0]  # doctest: +SKIP
    ('2012-01-01', array([12.8,  5. ,  0. ,  4.7]))
    """
    table = require("vega_datasets", extra="samples").data.seattle_weather()
    return table["date"].to_numpy("datetime64[D]"), table[list(WEATHER)].to_numpy("float64")
