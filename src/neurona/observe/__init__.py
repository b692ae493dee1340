"""Watch a network: turn a state of the training into numbers, pictures, a terminal view or a film.

`numbers` turns a state into arrays and `scores` measures predictions; both need NumPy alone.
`figures` (which is `neurona.plot`) and `film` draw with Matplotlib, `terminal` with Rich; `colors`
is their common palette. Each imports its drawing package on first use: importing this package
costs nothing.
"""

from __future__ import annotations

from neurona.observe.numbers import activations, gradients, surface
from neurona.observe.scores import accuracy, confusion_matrix

__all__ = ["accuracy", "activations", "confusion_matrix", "gradients", "surface"]
