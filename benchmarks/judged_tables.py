"""Fourteen real tables kept apart: no setting was chosen on them, and none is to be.

They were picked by their columns and by the scores of a linear model and of trees, before any
network was trained on them: tables of both kinds, where a line wins and where it loses.
"""

from __future__ import annotations

from .data import Load, rdataset

JUDGED_TABLES: dict[str, Load] = {
    "wa_churn": rdataset("modeldata", "wa_churn", "churn"),
    "HMDA": rdataset("AER", "HMDA", "deny"),
    "OJ": rdataset("ISLR", "OJ", "Purchase"),
    "spam7": rdataset("DAAG", "spam7", "yesno"),
    "Catsup": rdataset("Ecdat", "Catsup", "choice", drop=["id"]),
    "BEPS": rdataset("carData", "BEPS", "vote"),
    "monica": rdataset("DAAG", "monica", "outcome"),
    "Wage": rdataset("ISLR", "Wage", "wage", regression=True, drop=["logwage"]),
    "SLID": rdataset("carData", "SLID", "wages", regression=True),
    "Computers": rdataset("Ecdat", "Computers", "price", regression=True),
    "SaratogaHouses": rdataset("mosaicData", "SaratogaHouses", "price", regression=True),
    "car_prices": rdataset("modeldata", "car_prices", "Price", regression=True),
    "diamonds": rdataset("ggplot2", "diamonds", "price", regression=True, rows=5000),
    "New York: temperature": rdataset(
        "nycflights13",
        "weather",
        "temp",
        regression=True,
        rows=5000,
        drop=["year", "time_hour", "dewp"],  # the dew point and the humidity would tell it
    ),
}
