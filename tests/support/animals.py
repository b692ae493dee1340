"""A table as people have them: numbers on two scales, categories, dates and missing cells."""

import numpy as np

QUICK = {"random_state": 0, "epochs": 40}


def animals(n=240, seed=0):
    """Return a table with numbers on two scales, categories, dates and missing cells."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["cat", "dog", "fox"], n)
    kilos = {"cat": 4.0, "dog": 20.0, "fox": 6.0}
    born = np.datetime64("2015-01-01") + rng.integers(0, 2000, n).astype("timedelta64[D]")
    table = {
        "kilos": np.array([kilos[k] for k in kind]) * rng.uniform(0.8, 1.2, n),
        "micrograms": rng.normal(size=n) * 1e9,
        "colour": np.where(kind == "fox", "red", rng.choice(["black", "white", "red"], n)),
        "tame": (kind != "fox") | (rng.random(n) < 0.1),
        "born": born,
    }
    holes = rng.random((2, n)) < 0.1
    table["kilos"] = np.where(holes[0], np.nan, table["kilos"])
    table["colour"] = [
        None if hole else c for hole, c in zip(holes[1], table["colour"], strict=True)
    ]
    return table, kind
