"""Watch a network: from a state of the training to numbers, pictures, a terminal and a film.

`numbers` turns a state into arrays, `scores` predictions into how right they are; both need
NumPy alone. `figures` (which is `neurona.plot`) and
`film` draw them with Matplotlib, `terminal` with Rich; `colors` is the palette that all share.
Drawing packages are imported where they draw, so that importing this package costs nothing.
"""

from __future__ import annotations

from neurona.observe.numbers import activations, gradients, surface
from neurona.observe.scores import accuracy, confusion_matrix

__all__ = ["accuracy", "activations", "confusion_matrix", "gradients", "surface"]
