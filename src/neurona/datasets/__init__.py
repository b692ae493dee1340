"""Data sets: clouds of points, surfaces, handwritten digits, series, a text, and tables.

=============================================  ====================================================
`circles moons xor gaussians spirals blobs`    points of two or more classes, listed in POINT_CLOUDS
`plane wave`                                   points with a number each, listed in REGRESSIONS
`digits`, `mnist`                              handwritten digits: 1,797 of 8 x 8 pixels, 5,000 of
                                               28 x 28
`memory`                                       series whose first number is to be remembered
`seattle_weather`                              the weather of each day of four years
`python_manual`                                a long text in English
`read_csv`                                     a table from a CSV file
`one_hot`, `train_test_split`                  targets for a softmax, examples held out for a test
=============================================  ====================================================

Every cloud and surface is centered and extends about one unit to each side, so that a network needs
no scaling. Every ``noise`` is a standard deviation, in the units of the coordinate it blurs.

>>> from neurona.datasets import POINT_CLOUDS
>>> for name, cloud in POINT_CLOUDS.items():
...     X, y = cloud(n=300, rng=0)
...     print(name, X.shape, y.shape, y.max() + 1)
circles (300, 2) (300,) 2
moons (300, 2) (300,) 2
xor (300, 2) (300,) 2
gaussians (300, 2) (300,) 2
spirals (300, 2) (300,) 2
blobs (300, 2) (300,) 3
"""

from __future__ import annotations

from neurona.datasets.csv import Table, read_csv
from neurona.datasets.images import digits, mnist
from neurona.datasets.points import (
    POINT_CLOUDS,
    blobs,
    circles,
    gaussians,
    moons,
    spirals,
    xor,
)
from neurona.datasets.series import memory, seattle_weather
from neurona.datasets.split import train_test_split
from neurona.datasets.surfaces import REGRESSIONS, plane, wave
from neurona.datasets.targets import one_hot
from neurona.datasets.texts import python_manual

__all__ = [
    "POINT_CLOUDS",
    "REGRESSIONS",
    "Table",
    "blobs",
    "circles",
    "digits",
    "gaussians",
    "memory",
    "mnist",
    "moons",
    "one_hot",
    "plane",
    "python_manual",
    "read_csv",
    "seattle_weather",
    "spirals",
    "train_test_split",
    "wave",
    "xor",
]
