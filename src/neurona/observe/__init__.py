"""Watch a network: turn a state of the training into numbers, pictures, a terminal view or a film.

`numbers` turns a state into arrays, `scores` measures predictions, and `apart` says what a number
is made of; these need NumPy alone.
`figures` (which is `neurona.plot`) and `film` draw with Matplotlib, `terminal` with Rich; `colors`
is their common palette. Each imports its drawing package on first use: importing this package
costs nothing.
"""

from __future__ import annotations

from neurona.observe.apart import Apart, Inside, inside
from neurona.observe.numbers import activations, gradients, surface
from neurona.observe.scores import accuracy, confusion_matrix

__all__ = [
    "Apart", "Inside", "accuracy", "activations", "confusion_matrix", "gradients", "inside",
    "surface",
]  # fmt: skip
