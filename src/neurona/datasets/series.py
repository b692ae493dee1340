"""A daily series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurona.extras import require

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WEATHER = ("temp_max", "temp_min", "precipitation", "wind")


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
