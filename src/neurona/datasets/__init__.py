"""Data sets: clouds of points, surfaces, handwritten digits and tables.

=============================================  ====================================================
`circles moons xor gaussians spirals blobs`    points of two or more classes, listed in POINT_CLOUDS
`plane wave`                                   points with a number each, listed in REGRESSIONS
`digits`                                       1,797 handwritten digits of 8 x 8 pixels
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
from neurona.datasets.images import digits
from neurona.datasets.points import (
    POINT_CLOUDS,
    blobs,
    circles,
    gaussians,
    moons,
    spirals,
    xor,
)
from neurona.datasets.split import train_test_split
from neurona.datasets.surfaces import REGRESSIONS, plane, wave
from neurona.datasets.targets import one_hot

__all__ = [
    "POINT_CLOUDS",
    "REGRESSIONS",
    "Table",
    "blobs",
    "circles",
    "digits",
    "gaussians",
    "moons",
    "one_hot",
    "plane",
    "read_csv",
    "spirals",
    "train_test_split",
    "wave",
    "xor",
]
